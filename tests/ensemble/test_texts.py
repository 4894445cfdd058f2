"""What the words of a text say, for nets that must not know the labels of what they hold out."""

import itertools
from typing import Any

import numpy as np
import pytest

from numlp.data.columns import as_columns
from numlp.ensemble import texts as module
from numlp.ensemble.recipe import Recipe
from numlp.ensemble.texts import (
    LogOdds,
    OwnColumns,
    TextColumn,
    learn_weights,
    n_models,
    seconds_of_model,
    text_columns,
)
from numlp.nn import SparseMatrix
from numlp.table.table import Table
from numlp.table.text import as_numbers, log_odds

N, K = 60, 4
fold_of = np.arange(N) % K
LABELS = {"two": ["no", "yes"], "three": ["a", "b", "c"]}
CLASSES = pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)


def drawn(labels: list[str]) -> tuple[dict[str, list[Any]], np.ndarray[Any, Any]]:
    """Texts that tell the class, mostly; two columns of them, one with missing cells."""
    rng = np.random.default_rng(0)
    y = rng.integers(len(labels), size=N)
    words = [f"word{i}" for i in range(12)]
    texts = []
    for k in np.where(rng.random(N) < 0.8, y, 0):
        own = rng.choice(words, 4).tolist()
        texts.append(" ".join([*own, f"says {labels[k]} of it"]))
    notes = [None if i % 7 == 0 else f"note on {text}" for i, text in enumerate(texts)]
    return {"text": texts, "size": rng.random(N).tolist(), "note": notes}, y


def columns_of(labels: list[str], *names: str) -> tuple[list[TextColumn], np.ndarray[Any, Any]]:
    X, y = drawn(labels)
    data = as_columns({name: X[name] for name in names or X})
    return text_columns(Table.fit(data, labels=labels), data), y


def trained() -> list[np.ndarray[Any, Any]]:
    return [np.flatnonzero(fold_of != k) for k in range(K)]


def of_nets(
    y: np.ndarray[Any, Any],
    labels: list[str],
    sets: list[np.ndarray[Any, Any]],
    weight: np.ndarray[Any, Any] | None = None,
) -> list[np.ndarray[Any, Any]]:
    columns, _ = columns_of(labels)
    return LogOdds(columns, y, weight).of_nets(sets)


@pytest.mark.heavy
@CLASSES
@pytest.mark.parametrize("weighted", [False, True])
def test_the_labels_of_the_rows_that_a_net_holds_out_change_nothing(
    labels: list[str], weighted: bool
) -> None:
    """To the bit: neither in what it learns from nor in what it is judged by."""
    _, y = drawn(labels)
    weight = np.random.default_rng(1).random(N, np.float32) + 0.5 if weighted else None
    before = of_nets(y, labels, trained(), weight)
    for k in range(K):
        other = np.where(fold_of == k, (y + 1) % len(labels), y)
        after = of_nets(other, labels, trained(), weight)
        assert np.array_equal(before[k], after[k])
        for m in set(range(K)) - {k}:
            assert not np.array_equal(before[m], after[m])


@CLASSES
def test_the_label_of_a_row_changes_nothing_in_what_is_learned_from_that_row(
    labels: list[str],
) -> None:
    _, y = drawn(labels)
    before = of_nets(y, labels, trained())
    for row in (0, 17):
        other = y.copy()
        other[row] = (y[row] + 1) % len(labels)
        after = of_nets(other, labels, trained())
        for m in range(K):
            assert np.array_equal(before[m][row], after[m][row])


def test_a_net_that_holds_nothing_out_does_not_learn_from_models_that_saw_the_row() -> None:
    labels = LABELS["two"]
    _, y = drawn(labels)
    everything = np.arange(N)
    before = of_nets(y, labels, [everything])[0]
    columns, _ = columns_of(labels, "text")
    own = np.ones(N, bool)
    seen = as_numbers(log_odds(columns[0].rows, _weights(columns[0], y, own)))
    assert not np.array_equal(before[:, :1], seen)
    margin = np.where(y == 1, 1, -1)
    assert (margin * seen[:, 0]).mean() > (margin * before[:, 0]).mean() + 0.1


def _weights(
    column: TextColumn, y: np.ndarray[Any, Any], rows: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    n_labels = len(column.reading.labels)
    return learn_weights(column.rows, y, n_labels, rows.astype(np.float32))


@CLASSES
def test_each_row_is_read_by_the_model_that_the_formula_names(labels: list[str]) -> None:
    columns, y = columns_of(labels)
    found = LogOdds(columns, y, None).of_nets(trained())
    for i in range(K):
        for j in range(K):
            rows = (fold_of != i) & (fold_of != j)
            expected = np.concatenate(
                [as_numbers(log_odds(c.rows, _weights(c, y, rows))) for c in columns], axis=1
            )
            assert np.array_equal(found[i][j == fold_of], expected[j == fold_of])


@pytest.mark.parametrize("n_bands", [1, 2])
def test_models_are_shared_by_nets(n_bands: int, monkeypatch: pytest.MonkeyPatch) -> None:
    learned = []

    def counted(*given: Any) -> Any:
        learned.append(given)
        return learn_weights(*given)

    monkeypatch.setattr(module, "learn_weights", counted)
    columns, y = columns_of(LABELS["two"], "text")
    LogOdds(columns, y, None).of_nets(trained() * n_bands)
    assert len(learned) == K + len([*itertools.combinations(range(K), 2)])


@pytest.mark.parametrize(("n_bagged", "n_refit"), [(K, 0), (1, 0), (1, 1), (2 * K, 0)])
def test_so_many_models_are_learned_as_a_time_limit_counts_with(
    n_bagged: int, n_refit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned = []
    monkeypatch.setattr(
        module, "learn_weights", lambda *given: learned.append(given) or learn_weights(*given)
    )
    columns, y = columns_of(LABELS["two"], "text")
    nets = (trained() * 2)[:n_bagged] + [np.arange(N)] * n_refit
    odds = LogOdds(columns, y, None)
    odds.keep(nets)
    odds.of_nets(nets)
    most = n_models(Recipe(n_folds=K, n_bagged=n_bagged, n_refit=n_refit))
    assert most / 2 <= len(learned) <= most


def test_a_share_of_the_rows_is_learned_from_where_there_is_no_time_for_all() -> None:
    columns, y = columns_of(LABELS["two"])
    LogOdds(columns, y, None, share=0.4).keep([np.arange(N)])
    third = np.sort(np.argsort(y, kind="stable")[::3])
    for column in columns:
        expected = learn_weights(column.rows[third], y[third], 1, np.ones(N // 3, np.float32))
        assert np.array_equal(column.reading.weights, expected)


def test_more_columns_take_longer_by_a_clock_that_counts_its_readings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticks = itertools.count()
    monkeypatch.setattr(module.time, "perf_counter", lambda: float(next(ticks)))
    columns, y = columns_of(LABELS["three"])
    one = seconds_of_model(columns[:1], y)
    assert one > 0
    assert seconds_of_model(columns, y) > 1.5 * one


def test_nets_of_one_set_of_rows_have_the_same_columns() -> None:
    first, again = of_nets(drawn(LABELS["two"])[1], LABELS["two"], [trained()[0]] * 2)
    assert first is again


def test_the_only_row_of_a_class_is_read_as_well() -> None:
    labels = LABELS["three"]
    columns, _ = columns_of(labels)
    y = np.arange(N) % 2
    y[5] = 2
    found = LogOdds(columns, y, None).of_nets([np.arange(N), *trained()])
    assert all(np.isfinite(Z).all() for Z in found)


def test_many_elements_are_learned_from_by_every_kth_row_of_each_class(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    columns, y = columns_of(LABELS["two"], "text")
    n_elements = len(columns[0].rows.data)
    monkeypatch.setattr(module, "MOST_LEARNED", n_elements // 3)
    used = []

    def seen(S: SparseMatrix, y: Any, *rest: Any) -> Any:
        used.append((len(S), y))
        return learn_weights(S, y, *rest)

    monkeypatch.setattr(module, "learn_weights", seen)
    odds = LogOdds(columns, y, None)
    odds.keep([np.arange(len(y))])
    [(n, own)] = used
    assert n == len(own) == N // 4
    assert abs(own.mean() - y.mean()) < 0.1
    assert odds.of_nets(trained())[0].shape == (N, 1)  # of all rows


def test_what_is_kept_is_learned_from_all_rows_and_knows_how_many_texts_are_strange() -> None:
    columns, y = columns_of(LABELS["two"])
    LogOdds(columns, y, None).keep([np.arange(len(y))])
    for column in columns:
        weights = column.reading.weights
        assert np.array_equal(weights, _weights(column, y, np.ones(N, bool)))
        n_given = int(column.given.sum())
        assert column.reading.strange == 1 / (n_given + 2)  # every text has "says"
    assert [int(column.given.sum()) for column in columns] == [N, N - 9]


def test_weights_are_those_of_scikit_learn() -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    for labels in LABELS.values():
        columns, y = columns_of(labels, "text")
        S = columns[0].rows
        X = np.zeros(S.shape)
        X[np.repeat(np.arange(N), np.diff(S.indptr)), S.indices] = S.data
        expected = linear.LogisticRegression(C=module.STRENGTH, tol=1e-10, max_iter=10_000)
        expected.fit(X, y)
        W = learn_weights(S, y, len(columns[0].reading.labels), None)
        Z = log_odds(S, W)
        Z_expected = expected.decision_function(X).reshape(N, -1)
        assert np.corrcoef(Z.ravel(), Z_expected.ravel())[0, 1] > 0.999
        np.testing.assert_allclose(Z, Z_expected, atol=0.15)


def test_a_matrix_with_own_columns_is_taken_from_as_one_array_a_net() -> None:
    rng = np.random.default_rng(0)
    X = rng.random((9, 4), np.float32)
    own = [rng.random((9, 2), np.float32) for _ in range(3)]
    places = np.array([1, 3])
    mixed = OwnColumns(X, places, own)
    rows = rng.integers(9, size=(3, 5))
    expected = np.empty((3, 5, 4), np.float32)
    for k in range(3):
        whole = X.copy()
        whole[:, places] = own[k]
        expected[k] = whole[rows[k]]
    out = np.empty_like(expected)
    assert np.array_equal(mixed.take(rows, 0, out, "clip"), expected)
    assert np.array_equal(mixed[rows], expected)
    assert (len(mixed), mixed.shape, mixed.ndim) == (9, (9, 4), 2)
