"""How a model does on new rows, beside what its training found: much worse, and likely why."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numlp import MLPClassifier, TabularClassifier, load
from numlp.data.labels import EncodedLabels
from numlp.data.quantity import Ranges
from numlp.decisions.mixing import temper
from numlp.errors import DataError
from numlp.explain import SinceTraining, compare_with_training
from numlp.explain.since_training import since_training
from numlp.metrics import evaluate
from numlp.models import model_of

N = 400


def rows(seed: int, n: int = N) -> tuple[dict[str, Any], Any]:
    rng = np.random.default_rng(seed)
    size, hue = rng.normal(size=n), rng.choice(["red", "blue"], n)
    y = np.where(size + (hue == "red") + 0.5 * rng.normal(size=n) > 0.5, "rook", "wren")
    return {"size": size, "hue": hue.tolist(), "noise": rng.normal(size=n)}, y


X, Y = rows(12)  # as hard as the new ones, so that none are worse by chance
NEW, NEW_Y = rows(1)
CLF = TabularClassifier("fast", epochs=15, random_state=0).fit(X, Y)
WRONG: dict[str, tuple[dict[str, Any], Any, str]] = {
    "another unit": (
        NEW | {"size": 100 * (NEW["size"] + 2)},
        NEW_Y,
        "numbers are much higher than in training in 'size': is it another unit",
    ),
    "cells that cannot be read": (
        NEW | {"size": ["?!"] * N},
        NEW_Y,
        "cells are not as they were in training: 'size': 400 of 400 cells",
    ),
    "words not seen": (NEW | {"hue": ["pink"] * N, "size": -NEW["size"]}, NEW_Y, "'hue': 400 of"),
    "columns swapped": (NEW | {"size": NEW["noise"] - 3}, NEW_Y, "much lower than in training"),
    "other classes": (
        {name: np.array(cells)[: N // 2] for name, cells in NEW.items()},
        np.where(np.array(NEW["hue"][: N // 2]) == "red", "wren", "wren"),
        "the classes have other shares: 'rook' ",
    ),
    "another world": (NEW, NEW_Y[::-1], "rows of another time, place or source"),
}


UNLIKE = "ignore:some cells are unlike those of training"


@pytest.mark.filterwarnings(UNLIKE)
@pytest.mark.parametrize("name", WRONG)
def test_much_worse_is_said_with_its_likely_reason(name: str) -> None:
    found = compare_with_training(CLF, *WRONG[name][:2])
    assert found.is_worse
    assert any(WRONG[name][2] in reason for reason in found.reasons), found.reasons


def test_rows_of_the_same_kind_and_those_of_training_are_not_worse() -> None:
    for table, y in ((X, Y), (NEW, NEW_Y), rows(2, 40), rows(3, 1)):
        found = compare_with_training(CLF, table, y)
        assert (found.is_worse, found.reasons) == (False, [])
    assert found.held_out is not None
    assert found.held_out.accuracy == CLF.score_.accuracy
    assert (found.held_out.low, found.held_out.high) == (CLF.score_.low, CLF.score_.high)
    assert (found.held_out.rows, found.held_out.log_loss) == (
        CLF.score_.n_rows, CLF.score_.log_loss,
    )  # fmt: skip
    perfect = np.where(np.array(NEW["size"]) > 0, "rook", "wren")
    sure = {"size": 9 * np.sign(NEW["size"]), "hue": NEW["hue"], "noise": NEW["noise"]}
    assert compare_with_training(CLF, sure, perfect).verdict == "better"


def test_few_rows_below_the_interval_may_be_chance() -> None:
    table, y = rows(4, 3)
    other = np.where(y == "rook", "wren", "rook")
    one_wrong = np.array([other[0], *y[1:]])
    assert not compare_with_training(CLF, table, one_wrong).is_worse
    assert compare_with_training(CLF, table, other).is_worse


def test_probabilities_may_be_worse_where_answers_are_not() -> None:
    model = model_of(CLF)
    matrix: Any = model.encode(NEW)
    P, y = model.probabilities(matrix), np.searchsorted(model.classes, NEW_Y)
    honest, sure = evaluate(y, P), evaluate(y, temper(P, 0.1))
    assert honest.accuracy == sure.accuracy
    assert not since_training(model, honest, matrix, []).is_worse
    assert since_training(model, sure, matrix, []).is_worse


def test_numbers_stand_for_the_ranges_that_are_the_classes() -> None:
    ranges = Ranges((0.0,))
    classes = np.array(ranges.names)
    labels = EncodedLabels(classes, ranges.of(X["noise"]))
    clf = TabularClassifier("fast", epochs=5, random_state=0).fit(X, labels)
    clf.model_.ranges = ranges
    by_name = compare_with_training(clf, NEW, classes[ranges.of(NEW["noise"])])
    assert compare_with_training(clf, NEW, NEW["noise"]) == by_name


@pytest.mark.parametrize(
    ("class_rows", "is_worse"), [([18, 2], False), ([17, 3], True), ([20, 0], False), (None, True)]
)
def test_the_log_loss_of_few_rows_of_a_class_is_no_verdict(class_rows: Any, is_worse: bool) -> None:
    model = model_of(CLF)
    matrix: Any = model.encode(NEW)
    y = np.searchsorted(model.classes, NEW_Y)
    sure = evaluate(y, temper(model.probabilities(matrix), 0.1))
    kept = model.info["validation"]
    few = {"n_rows": 20, "accuracy": sure.accuracy, "class_rows": class_rows}
    model.info["validation"] = kept | few
    found = since_training(model, sure, matrix, [])
    if class_rows is None:  # as in files of numlp 0.1
        model.info["validation"] |= {"n_rows": 5}
        assert not since_training(model, sure, matrix, []).is_worse
    model.info["validation"] = kept
    assert found.is_worse == is_worse


@pytest.mark.filterwarnings(UNLIKE)
def test_a_file_tells_as_much_and_an_old_one_has_less(tmp_path: Path) -> None:
    CLF.save(tmp_path / "m.numlp")
    opened: Any = load(tmp_path / "m.numlp")
    for table, y, _ in WRONG.values():
        assert compare_with_training(opened, table, y) == compare_with_training(CLF, table, y)
    del opened.info["validation"]["class_rows"]
    assert compare_with_training(opened, *WRONG["other classes"][:2]).is_worse
    for broken in ({}, {"accuracy": 2.0}, {"class_rows": ["x"]}):
        opened.info["validation"] = broken
        found = compare_with_training(opened, *WRONG["another world"][:2])
        assert found == SinceTraining("unknown", None, None, [])
    assert json.loads(json.dumps(found.as_dict())) == found.as_dict()


@pytest.mark.parametrize("class_rows", [[3], [0, 0], [1.5, 2], [-1, 2], "xy", None])
def test_what_a_file_says_of_its_classes_that_cannot_be_is_no_reason(class_rows: Any) -> None:
    model = model_of(CLF)
    kept = model.info["validation"]
    model.info["validation"] = kept | {"class_rows": class_rows}
    found = compare_with_training(model, *WRONG["other classes"][:2])
    model.info["validation"] = kept
    assert found.is_worse
    assert not any("shares" in reason for reason in found.reasons)


def net(**arguments: Any) -> tuple[MLPClassifier, Any, Any]:
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(300, 4))
    y = np.where(Z[:, 0] + 0.3 * rng.normal(size=300) > 0, "rook", "wren")
    settings = {"max_iter": 60, "learning_rate_init": 0.02, "tol": 0, "n_iter_no_change": 60}
    clf = MLPClassifier(8, random_state=0, **settings, **arguments)
    with pytest.warns(match="hasn't converged"):
        clf.fit(Z[:200], y[:200])
    return clf, Z, y


def test_a_net_that_held_rows_out_is_compared_with_its_accuracy_there(tmp_path: Path) -> None:
    clf, Z, y = net(early_stopping=True)
    clf.save(tmp_path / "m.numlp")
    for fitted in (clf, load(tmp_path / "m.numlp")):
        found = compare_with_training(fitted, Z[200:], y[200:])
        assert found.held_out is not None
        assert (found.held_out.accuracy, found.held_out.rows) == (clf.best_validation_score_, 20)
        assert found.held_out.log_loss is None
        assert found.verdict == "as in training"
        assert compare_with_training(fitted, Z[:200], y[:200]).verdict != "much worse"
        assert compare_with_training(fitted, -Z[200:], y[200:]).is_worse


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_a_net_tells_how_many_rows_its_last_score_was_found_on(tmp_path: Path) -> None:
    clf, Z, y = net(early_stopping=True)
    info = model_of(clf).info
    for rows in (None, 0, -3, True, 2.5, "20"):  # a file of numlp 0.1 has none
        info["results"]["validation_rows_"] = rows
        assert compare_with_training(clf, Z[200:], y[200:]).held_out is None

    def rows_of(**given: Any) -> int | None:
        clf.set_params(max_iter=2).fit(Z[:200], y[:200], **given)
        clf.save(tmp_path / "m.numlp")
        opened: Any = load(tmp_path / "m.numlp")
        found = compare_with_training(opened, Z[200:], y[200:]).held_out
        assert opened.validation_rows_ == clf.validation_rows_
        return None if found is None else found.rows

    assert rows_of(X_val=Z[200:250], y_val=y[200:250]) == 50
    assert rows_of(sample_weight=np.full(200, 0.1)) == 20
    assert rows_of(sample_weight=np.r_[np.full(100, 1e-9), np.ones(100)]) in range(5, 16)
    clf.set_params(warm_start=True)
    assert rows_of() is None  # the best score may be that of either
    clf.set_params(warm_start=False)
    assert rows_of() == 20
    clf.set_params(warm_start=True)
    assert rows_of() == 20
    assert rows_of(X_val=Z[200:250], y_val=y[200:250]) is None


def test_a_net_that_held_none_out_is_worse_where_a_guess_is_better() -> None:
    clf, Z, y = net()
    assert compare_with_training(clf, Z[200:], y[200:]).verdict == "unknown"
    found = compare_with_training(clf, -Z[200:], y[200:])
    assert (found.verdict, found.held_out, found.training_loss) == ("much worse", None, clf.loss_)
    assert "learned its training rows by heart" in found.reasons[0]


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(DataError, match="no row to compare"):
        compare_with_training(CLF, {name: [] for name in X}, np.array([], str))
    with pytest.raises(DataError, match="not trained on"):
        compare_with_training(CLF, NEW, ["crow"] * N)
    with pytest.raises(DataError, match="inconsistent"):
        compare_with_training(CLF, NEW, Y[:3])
    with pytest.raises(TypeError, match="is not a model"):
        compare_with_training(NEW, CLF, Y)
