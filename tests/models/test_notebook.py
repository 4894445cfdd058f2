"""What a notebook shows: whole, escaped, and what was found."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numlp import MLPClassifier, TabularClassifier, load
from numlp.metrics import scores as metrics

from ..programs.markup import Page

HOSTILE = "</td></table><script>alert(1)</script><img src='//x.y/z' onerror=1>&\x1b[2J"
X = np.random.default_rng(0).normal(size=(90, 2))
Y = np.array(["a", "b", "c"])[np.digitize(X[:, 0], [-0.3, 0.7])]
# Of an MLPClassifier: few epochs, and better than a guess, or it would warn.
QUICK: dict[str, Any] = {
    "random_state": 0, "learning_rate_init": 0.1, "tol": 0.1, "n_iter_no_change": 5,
}  # fmt: skip


def tabular(**arguments: Any) -> TabularClassifier:
    return TabularClassifier(
        "fast", epochs=12, hidden_layer_sizes=4, random_state=0, **arguments
    )  # fmt: skip


CLF = tabular().fit(X, Y)


def facts(shown: Any) -> dict[str, str]:
    """What the first table says, by its labels."""
    rows = Page(shown._repr_html_().partition("</table>")[0] + "</table></div>").texts[1:]
    return dict(zip(rows[::2], rows[1::2], strict=True))


def details(shown: Any) -> list[str]:
    return [part.partition("<")[0] for part in shown._repr_html_().split("<summary>")[1:]]


def test_before_fit_it_shows_what_was_set() -> None:
    assert Page(TabularClassifier()._repr_html_()).texts == [
        "TabularClassifier", "not fitted yet", "all settings are the default",
    ]  # fmt: skip
    clf = MLPClassifier((3, 4), alpha=0.5, validation_metric="neg_log_loss")
    assert Page(clf._repr_html_()).texts[2:] == [
        "hidden_layer_sizes", "(3, 4)", "alpha", "0.5", "validation_metric", "'neg_log_loss'",
    ]  # fmt: skip


def test_after_fit_it_shows_how_good_it_is_against_the_majority() -> None:
    told = facts(CLF)
    score, scores = CLF.score_, CLF.validation_scores_
    majority = str(CLF.classes_[np.bincount(scores.y).argmax()])
    assert told["accuracy"] == (
        f"{score.accuracy:.1%} (95% interval {score.low:.1%} to {score.high:.1%}) on "
        f"{score.n_rows} rows held out"
    )
    assert told[f"always answering {majority!r}"] == f"{scores.majority:.1%}"
    guess = metrics.prior_entropy(scores.y, 3)
    assert told["log-loss"] == (
        f"{score.log_loss:.3f} (answering the classes' shares: {guess:.3f})"
    )
    assert told["classes"] == "3: 'a', 'b', 'c'"
    assert told["rows"] == "90"
    assert told["trained"] == "12 epochs; its 12 epochs were over"
    network = CLF.model_.network
    assert told["mixture"] == (
        f"{network.k} snapshots of the nets, {network.n_params:,} parameters in all"
    )
    assert not {"threshold", "cost of a row"} & set(told)


def test_there_is_the_curve_and_more_for_who_wants_to_know() -> None:
    page = Page(CLF._repr_html_())
    assert page.tags.count("polyline") == 2
    assert f"held out {CLF.history_['validation_loss'][-1]:.4g}" in page.texts
    layers = len(CLF.model_.network.layers)
    assert details(CLF) == ["2 columns: 2 number", f"{layers} layers", "4 settings"]
    assert {"x0", "x1", "output shape", "hidden_layer_sizes"} <= set(page.texts)


def test_a_threshold_is_told_where_one_was_chosen() -> None:
    clf = tabular(metric="f1").fit(X, X[:, 0] > 0.3)
    told = facts(clf)
    assert told["threshold"] == f"'True' from a probability of {clf.threshold_:.1%} on"
    assert "cost of a row" not in told


def test_the_threshold_is_told_of_the_positive_class() -> None:
    clf = tabular(metric="f1", pos_label=False).fit(X, X[:, 0] > 0.3)
    assert facts(clf)["threshold"].startswith(f"'False' from a probability of {clf.threshold_:.1%}")


def test_what_answers_cost_is_told_beside_the_cheapest_constant() -> None:
    rare = np.where(X[:, 0] > 0.8, "yes", "no")
    told = facts(tabular(cost_fp=3, cost_fn=7, pos_label="yes").fit(X, rare))
    assert told["threshold"] == "'yes' from a probability of 30.0% on"
    clf = tabular(cost_fp=3, cost_fn=70, pos_label="yes").fit(X, rare)
    scores = clf.validation_scores_
    always_yes = 3 * float((scores.y == 0).mean())
    assert facts(clf)["cost of a row"] == (
        f"{scores.mean_cost:.4g} (always answering 'yes': {always_yes:.4g})"
    )


def test_the_threshold_is_that_of_the_positive_class_where_mistakes_have_a_cost() -> None:
    clf = tabular(cost_fn=4, pos_label=False).fit(X, X[:, 0] > 0.3)
    clf.set_params(pos_label=None)  # what it was fitted with counts
    assert facts(clf)["threshold"] == "'False' from a probability of 20.0% on"


def test_a_model_tells_what_its_file_does(tmp_path: Path) -> None:
    CLF.save(tmp_path / "m.numlp")
    model: Any = load(tmp_path / "m.numlp")
    told, of_classifier = facts(model), facts(CLF)
    for label in ("classes", "accuracy", "mixture", "trained"):
        assert told[label] == of_classifier[label]
    assert told["always answering the majority"] == f"{CLF.validation_scores_.majority:.1%}"
    assert Page(model._repr_html_()).tags.count("polyline") == 2


def test_a_model_of_which_nothing_is_known_is_shown_too() -> None:
    model = tabular().fit(X, Y).model_
    for info in ({}, {"validation": [], "history": 3, "settings": "x", "epochs": [HOSTILE]}):
        model.info = info
        assert "accuracy" not in Page(model._repr_html_()).texts
        assert "classes" in facts(model)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_mlp_shows_its_loss_and_its_score_on_rows_held_out(early_stopping: bool) -> None:
    clf = MLPClassifier((4,), early_stopping=early_stopping, **QUICK).fit(X, Y)
    told = facts(clf)
    assert (told["classes"], told["features"]) == ("3: 'a', 'b', 'c'", "2")
    assert told["training loss"] == f"{clf.loss_:.4g}"
    assert told["trained"] == f"{clf.n_iter_} epochs with 'adam'"
    assert ("held out" in told) == early_stopping
    if early_stopping:
        assert told["held out"] == f"accuracy {clf.best_validation_score_:.4g} at best"
    assert Page(clf._repr_html_()).tags.count("polyline") == 1 + early_stopping


def test_a_metric_of_ones_own_is_named() -> None:
    def hits(y: Any, P: Any) -> float:
        return float((P.argmax(axis=1) == np.searchsorted(["a", "b", "c"], y)).mean())

    clf = MLPClassifier((4,), early_stopping=True, **QUICK)
    clf.set_params(validation_metric=hits).fit(X, Y)
    assert facts(clf)["held out"].startswith("hits ")


def test_whatever_is_in_a_name_or_a_file_is_text() -> None:
    clf = tabular().fit({HOSTILE: X[:, 0], "b": X[:, 1]}, np.where(Y == "a", HOSTILE, "other"))
    clf.set_params(class_weight={HOSTILE: 1.0})
    model = clf.model_
    model.target = HOSTILE
    model.info |= {"stop_reason": HOSTILE, "settings": {HOSTILE: HOSTILE}}
    mlp = MLPClassifier((4,), **QUICK).fit(X, np.where(Y == "a", HOSTILE, "other"))
    for shown in (clf, model, mlp, TabularClassifier(HOSTILE)):
        markup = shown._repr_html_()
        assert "<script" not in markup
        assert "<img" not in markup
        assert "\x1b" not in markup
        assert markup.count("alert(1)") >= 1
        Page(markup)


def test_of_very_many_columns_classes_and_settings_the_first_are_shown() -> None:
    clf = tabular()
    many = np.arange(400) % 40
    wide = np.random.default_rng(0).normal(size=(400, 230)).astype(np.float32)
    clf.fit(wide, many)
    assert facts(clf)["classes"].endswith("'9' and 30 more")
    page = Page(clf._repr_html_())
    assert "and 30 more" in page.texts
    assert ("x199" in page.texts, "x200" in page.texts) == (True, False)
    clf.model_.info["settings"] = {f"s{i}": i for i in range(1000)}
    assert details(clf.model_)[-1] == "50 settings"


def test_a_loss_that_is_none_is_no_reason_to_fail() -> None:
    clf = tabular().fit(X, Y)
    clf.model_.info["history"]["validation_loss"] = [None] * 11 + [0.5]
    clf.history_ = type(clf.history_)({"train_loss": [math.nan] * 12})
    assert Page(clf._repr_html_()).tags.count("svg") == 0
    assert Page(clf.model_._repr_html_()).tags.count("svg") == 1
