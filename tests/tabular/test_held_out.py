"""What is said of classes that hardly any row held out has: decisions stay neutral, scores tell."""

import warnings
from typing import Any

import numpy as np
import pytest

from numlp import TabularClassifier, load
from numlp.tabular import cross_validate

RNG = np.random.default_rng(0)
N = 300
X = RNG.normal(size=(N, 2))


def rare(n_rare: int, labels: tuple[Any, Any] = ("fair", "rare")) -> Any:
    """Labels, the second of which the first rows have."""
    y = np.array([labels[0]] * N, dtype=object)
    y[:n_rare] = labels[1]
    return y.tolist()


def fitted(y: Any, quality: str = "fast", **more: Any) -> tuple[TabularClassifier, list[str]]:
    weight = more.pop("sample_weight", None)
    clf = TabularClassifier(quality, epochs=2, hidden_layer_sizes=4, random_state=0, **more)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        clf.fit(X + 2 * np.array([[label in ("rare", 1, 2)] for label in y]), y, weight)
    texts = [str(warning.message) for warning in said]
    return clf, [text for text in texts if "did not learn" not in text]


@pytest.mark.parametrize("metric", ["f1", "balanced_accuracy"])
@pytest.mark.parametrize("labels", [("fair", "rare"), (0, 1), (False, True)], ids=str)
def test_a_threshold_is_neutral_without_rows_of_the_class_and_both_are_said(
    metric: str, labels: tuple[Any, Any]
) -> None:
    clf, said = fitted(rare(4, labels), metric=metric)
    scores = clf.validation_scores_
    assert not (scores.y == clf.classes_.tolist().index(labels[1])).any()
    assert clf.threshold_ == 0.5
    name = repr(labels[1])
    covered, chosen = said
    assert f"none of the 150 rows held out is of class {name}, so the scores say nothing" in covered
    assert f"choose decisions for metric={metric!r}: 0 of class {name}, where 3" in chosen
    assert "so the threshold stays at 0.5" in chosen
    assert np.isnan([scores.balanced_accuracy, scores.f1, scores.roc_auc]).all()
    assert scores.absent.tolist() == [clf.classes_.tolist().index(labels[1])]


def test_for_accuracy_and_costs_the_scores_alone_say_nothing() -> None:
    for more, threshold in (({}, 0.5), ({"cost_fn": 4.0, "pos_label": "rare"}, 0.2)):
        clf, said = fitted(rare(4), **more)
        assert clf.threshold_ == threshold
        (covered,) = said
        assert "so the scores say nothing of such rows" in covered


@pytest.mark.parametrize("quality", ["balanced", "best"])
def test_where_all_rows_are_held_out_few_rows_are_told_by_their_number(quality: str) -> None:
    _, said = fitted(rare(2), quality, metric="f1")
    (chosen,) = said
    assert "2 of class 'rare'" in chosen
    assert chosen.endswith("the threshold stays at 0.5: give more of its rows")
    clf, said = fitted(rare(5), quality, metric="f1")
    assert said == []
    assert clf.threshold_ != 0.5


def test_of_more_classes_the_factor_of_one_is_neutral() -> None:
    y = ["rare"] * 4 + ["other"] * 60 + ["fair"] * (N - 64)
    clf, said = fitted(y, metric="balanced_accuracy")
    factors = dict(zip(clf.classes_.tolist(), clf.model_.factors, strict=True))
    (chosen,) = [text for text in said if "choose decisions" in text]
    assert chosen.endswith(
        "so class 'rare' is answered by its probability alone: give more of its rows, or hold out "
        "more, as quality='balanced' does"
    )
    assert factors["rare"] == factors["fair"] == 1
    assert factors["other"] > 1
    assert "0 of class 'rare', where 3 rows of a class are needed; so class" in chosen
    assert clf.validation_scores_.absent.tolist() == [2]


def test_rows_of_weight_zero_are_not_held_out() -> None:
    weight = np.ones(N)
    weight[2:40] = 0  # two are left, fewer than are needed in whichever folds they are
    clf, said = fitted(rare(40), metric="f1", sample_weight=weight)
    assert clf.threshold_ == 0.5
    assert "of class 'rare', where 3 rows" in said[-1]


def test_the_only_row_of_a_class_is_told_once_before_training() -> None:
    _, said = fitted(rare(1))
    (single,) = said
    assert "have a single row" in single


def test_of_many_classes_the_first_are_named() -> None:
    y = np.array(rare(0))
    y[:16] = np.repeat([f"c{i}" for i in range(8)], 2)
    _, said = fitted(y, metric="f1")
    assert len(said[-1]) < 400
    assert "of class 'c0'" in said[-1]
    assert "more, where 3 rows" in said[-1]


def test_cross_validation_goes_on_and_says_it() -> None:
    def make(_: int, fold: int) -> TabularClassifier:
        return TabularClassifier(
            "fast", epochs=1, hidden_layer_sizes=4, metric="f1", random_state=fold
        )

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert len([*cross_validate(make, X, rare(4), folds=2)]) == 2
    assert any("so the threshold stays at 0.5" in str(warning.message) for warning in said)


def test_a_file_keeps_how_many_rows_of_each_class_were_held_out(tmp_path: Any) -> None:
    clf, _ = fitted(rare(4))
    clf.save(tmp_path / "m.numlp")
    opened: Any = load(tmp_path / "m.numlp")
    assert opened.info["validation"]["class_rows"] == [150, 0]


# Prediction sets that say nothing


def test_full_sets_are_told_once_a_call_with_the_rows_that_it_takes(tmp_path: Any) -> None:
    clf, _ = fitted(np.where(X[:, 0] > 0, "rare", "fair"))
    clf.save(tmp_path / "m.numlp")
    for model in (clf, clf.model_, load(tmp_path / "m.numlp")):
        with pytest.warns(match="each set has all classes") as said:
            assert model.predict_set(X, coverage=0.999).all()  # type: ignore[union-attr]
        (warning,) = said
        assert "coverage=0.999 takes 999 rows held out in training, and 150 were" in str(
            warning.message
        )
        assert warning.filename == __file__


def test_sets_that_leave_classes_out_are_not_told() -> None:
    clf, _ = fitted(np.where(X[:, 0] > 0, "rare", "fair"), "balanced")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not clf.predict_set(X, coverage=0.8).all()
        assert clf.predict_set(X[:0], coverage=0.999).shape == (0, 2)


def test_a_model_that_can_hardly_tell_classes_apart_says_so() -> None:
    clf = TabularClassifier("balanced", epochs=2, hidden_layer_sizes=4, random_state=0)
    noise = RNG.normal(size=(N, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clf.fit(noise, RNG.integers(0, 2, N))
    with pytest.warns(match="for coverage=0.99 the model can leave none out"):
        assert clf.predict_set(noise, coverage=0.99).all()
