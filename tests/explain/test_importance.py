"""What is said of columns is what shuffling them brings, by brute force."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from numlp import DataError, MLPClassifier, TabularClassifier
from numlp.explain import explain_row, permutation_importance
from numlp.explain.encoded import Encoded
from numlp.explain.importance import _importance, _likely_columns, _shuffles
from numlp.metrics.scores import losses
from numlp.models import open_model

from .conftest import N, make_table, rows_of


def test_importances_name_the_columns_learned_from_and_the_most_important_first(
    fitted: TabularClassifier,
) -> None:
    found = permutation_importance(fitted, *make_table(), n_repeats=4)
    assert [c.name for c in found[:2]] == ["size", "hue"]
    assert {c.name for c in found} == {"size", "hue", "noise", "day"}
    assert found[0].low > 0.1
    assert found[0].accuracy > 0.2
    for column in found:
        assert column.values.shape == (4,)
        assert column.mean == pytest.approx(column.values.mean())
        assert column.low < column.mean < column.high


def test_an_importance_is_the_loss_of_the_table_with_that_column_shuffled(
    fitted: TabularClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, y = make_table()
    codes = np.searchsorted(fitted.classes_, y)
    made: list[Any] = []

    def noted(*arguments: Any) -> Any:
        made.append(_shuffles(*arguments))
        return made[-1]

    monkeypatch.setattr("numlp.explain.importance._shuffles", noted)
    found = {c.name: c for c in permutation_importance(fitted, table, y, n_repeats=3)}
    shuffled = dict(zip(fitted.model_.matrix_columns(), made, strict=True))

    def loss(table: dict[str, Any]) -> float:
        return float(-np.log(fitted.predict_proba(table)[np.arange(N), codes]).mean())

    for name in ("size", "hue", "day"):
        changed = [table | {name: np.array(table[name])[shuffle]} for shuffle in shuffled[name]]
        expected = [loss(t) - loss(table) for t in changed]
        # The nets compute in float32, whose last bits depend on the rows beside a row: 6e-8 of each
        # loss, less in their mean.
        np.testing.assert_allclose(found[name].values, expected, rtol=1e-6, atol=1e-8)
        right = [np.mean(fitted.predict(t) == y) for t in changed]
        assert found[name].accuracy == pytest.approx(
            np.mean(fitted.predict(table) == y) - np.mean(right)
        )


@pytest.mark.parametrize(("n", "n_repeats"), [(90, 3), (10, 4), (2, 3), (7, 1)])
def test_each_shuffle_is_one_of_all_rows_and_all_of_them_reach_every_part_of_the_cells(
    n: int, n_repeats: int
) -> None:
    rng = np.random.default_rng(0)
    cells = rng.permutation(n).astype(np.float32)[:, None]
    shuffles = _shuffles(cells, n_repeats, rng)
    for shuffle in shuffles:
        assert sorted(shuffle.tolist()) == list(range(n))
    got = np.sort(cells[shuffles, 0] * n_repeats // n, axis=0)
    whole = n % n_repeats == 0
    assert not whole or (got == np.arange(n_repeats)[:, None]).all()


def test_answers_are_asked_for_once_for_each_row_and_other_cell() -> None:
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, size=(60, 1)).astype(np.float64)
    asked = []

    def predict(Z: Any) -> Any:
        asked.append(len(Z))
        return np.column_stack([1 - 0.3 - 0.4 * Z[:, 0], 0.3 + 0.4 * Z[:, 0]])

    y = X[:, 0].astype(np.intp)
    question = Encoded(X, {"a": np.array([0])}, predict, lambda P: P.argmax(1), np.arange(2), 1)
    before = losses(y, predict(X))
    shuffles = _shuffles(X, 20, rng)
    asked.clear()
    found = _importance("a", question, y, before, before < math.log(2), shuffles)
    assert sum(asked) == 60
    worse = [(losses(y, predict(X[shuffle])) - before).mean() for shuffle in shuffles]
    np.testing.assert_allclose(found.values, worse)


def test_importances_agree_with_scikit_learns() -> None:
    inspection = pytest.importorskip("sklearn.inspection")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    y = (2 * X[:, 0] + X[:, 1] > 0).astype(int)
    clf = MLPClassifier((8,), max_iter=60, random_state=0, early_stopping=True).fit(X, y)
    ours = {c.name: c for c in permutation_importance(clf, X, y, n_repeats=20)}
    theirs = inspection.permutation_importance(
        clf, X, y, scoring="neg_log_loss", n_repeats=20, random_state=1
    )
    for j, name in enumerate(("x0", "x1", "x2")):
        spread = 4 * theirs.importances_std[j] + 1e-3
        assert ours[name].mean == pytest.approx(theirs.importances_mean[j], abs=spread)


def test_the_interval_holds_for_other_rows_of_the_same_kind() -> None:
    rng = np.random.default_rng(0)

    def predict(X: Any) -> Any:
        p = 1 / (1 + np.exp(-(2 * X[:, 0] + X[:, 1])))
        return np.column_stack([1 - p, p])

    def importance(n: int, repeats: int) -> Any:
        X = rng.normal(size=(n, 2))
        y = (rng.random(n) < predict(X)[:, 1]).astype(np.intp)
        question = Encoded(X, {"a": np.array([0])}, predict, lambda P: P.argmax(1), np.arange(2), 1)
        shuffles = [rng.permutation(n) for _ in range(repeats)]
        before = losses(y, predict(X))
        return _importance("a", question, y, before, before < math.log(2), shuffles)

    truth = importance(300_000, 1).mean
    held = [found.low <= truth <= found.high for found in (importance(200, 4) for _ in range(300))]
    assert 0.91 < np.mean(held) < 0.99


def test_near_copies_of_a_column_share_its_importance() -> None:
    table, y = make_table()
    copy = table | {"again": table["size"] + np.random.default_rng(1).normal(0, 0.02, N)}
    clf = TabularClassifier("fast", epochs=20, ensemble_size=2, random_state=0).fit(copy, y)
    alone = {c.name: c.mean for c in permutation_importance(clf, copy, y)}
    before = TabularClassifier("fast", epochs=20, ensemble_size=2, random_state=0).fit(table, y)
    assert (
        max(alone["size"], alone["again"]) < 0.7 * permutation_importance(before, table, y)[0].mean
    )


def test_the_same_seed_gives_the_same_importances_and_another_others(
    fitted: TabularClassifier,
) -> None:
    table, y = make_table()
    a, b, c = (
        permutation_importance(fitted, table, y, n_repeats=2, max_samples=100, random_state=seed)
        for seed in (1, 1, 2)
    )
    assert a == b
    assert a != c
    assert a[0].n_rows == 100


def test_the_columns_that_matter_are_found_among_many_by_halving() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 1000))
    names = [f"c{j}" for j in range(1000)]
    calls = []

    def predict(Z: Any) -> Any:
        calls.append(len(Z))
        p = 1 / (1 + np.exp(-(3 * Z[:, 17] - 3 * Z[:, 600] + 2 * Z[:, 601])))
        return np.column_stack([1 - p, p])

    y = (predict(X)[:, 1] > 0.5).astype(np.intp)
    groups = {name: np.array([j]) for j, name in enumerate(names)}
    question = Encoded(X.copy(), groups, predict, lambda P: P.argmax(1), np.arange(2), 1)
    found = _likely_columns(question, y, rng.permutation(300), 20)
    assert set(found[:3]) == {"c17", "c600", "c601"}
    assert len(set(found)) == 20
    assert len(calls) < 150
    np.testing.assert_array_equal(question.X, X)


def test_of_many_columns_so_many_are_looked_at_one_by_one(fitted: TabularClassifier) -> None:
    found = permutation_importance(fitted, *make_table(), n_repeats=1, max_columns=2)
    assert [c.name for c in found] == ["size", "hue"]


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_a_classifier_of_a_matrix_is_explained_by_names_or_positions() -> None:
    table, y = make_table()
    X = np.column_stack([table["size"], table["noise"]]).astype(np.float32)
    X.setflags(write=False)  # what is shuffled is a copy
    clf = MLPClassifier((8,), max_iter=100, random_state=0).fit(X, y)
    assert permutation_importance(clf, X, y, n_repeats=2)[0].name == "x0"
    assert explain_row(clf, X[2:3], X).contributions[0].name == "x0"
    frame = pd.DataFrame(X, columns=["size", "noise"])
    clf = MLPClassifier((8,), max_iter=100, random_state=0).fit(frame, y)
    assert permutation_importance(clf, frame, y, n_repeats=2)[0].name == "size"
    assert explain_row(clf, frame[2:3], frame).contributions[0].cell == pytest.approx(X[2, 0])


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_what_cannot_be_asked_is_refused_by_name(fitted: TabularClassifier) -> None:
    table, y = make_table()
    with pytest.raises(ValueError, match="n_repeats=0"):
        permutation_importance(fitted, table, y, n_repeats=0)
    with pytest.raises(ValueError, match="max_samples='many'"):
        permutation_importance(fitted, table, y, max_samples="many")
    with pytest.raises(TypeError, match="object is not a model: give a fitted classifier"):
        permutation_importance(object(), table, y)
    with pytest.raises(DataError, match="y has 'perhaps', which the classifier was not trained on"):
        permutation_importance(fitted, table, ["perhaps", *y[1:]])
    with pytest.raises(DataError, match="X has 240 rows, but y has 239"):
        permutation_importance(fitted, table, y[1:])
    with pytest.raises(DataError, match="to shuffle a column takes two"):
        permutation_importance(fitted, rows_of(table, slice(1)), y[:1])
    with pytest.raises(ValueError, match="not fitted"):
        permutation_importance(TabularClassifier(), table, y)
    X = np.random.default_rng(0).normal(size=(60, 3))
    many = MLPClassifier((4,), max_iter=5, early_stopping=True).fit(X, (X > 0).astype(int))
    with pytest.raises(ValueError, match="multilabel"):
        permutation_importance(many, X, np.zeros(60))
    with pytest.raises(DataError, match="row has 2 rows"):
        explain_row(fitted, rows_of(table, slice(2)), table)
    with pytest.raises(DataError, match="background has no row"):
        explain_row(fitted, rows_of(table, slice(1)), rows_of(table, slice(0)))


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_a_model_from_a_file_is_explained_as_the_classifier_that_saved_it(
    fitted: TabularClassifier, tmp_path: Path
) -> None:
    table, y = make_table()
    X = np.column_stack([table["size"], table["noise"]])
    net = MLPClassifier((4,), max_iter=20, random_state=0).fit(X, y)
    for clf, rows in ((fitted, table), (net, X)):
        clf.save(tmp_path / "m")
        model = open_model(tmp_path / "m")
        one, others = (rows_of(rows, s) if rows is table else rows[s] for s in (slice(1), slice(9)))
        assert permutation_importance(model, rows, y) == permutation_importance(clf, rows, y)
        assert explain_row(model, one, others) == explain_row(clf, one, others)
        assert explain_row(model, one, others).label == clf.predict(one)[0]
