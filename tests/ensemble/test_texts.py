"""What the words of a text say, for nets that must not know the labels of what they hold out."""

import itertools
from typing import Any

import numpy as np
import pytest

from numlp.data.columns import as_columns
from numlp.ensemble import texts as module
from numlp.ensemble.blending import learn_factors
from numlp.ensemble.recipe import Recipe
from numlp.ensemble.texts import (
    STRENGTHS,
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


def learned_odds(
    columns: list[TextColumn],
    y: np.ndarray[Any, Any],
    weight: np.ndarray[Any, Any] | None,
    nets: list[np.ndarray[Any, Any]],
) -> list[np.ndarray[Any, Any]]:
    odds = LogOdds(columns, y, weight)
    odds.learn(nets)
    return odds.of_nets(nets)


def of_nets(
    y: np.ndarray[Any, Any],
    labels: list[str],
    sets: list[np.ndarray[Any, Any]],
    weight: np.ndarray[Any, Any] | None = None,
) -> list[np.ndarray[Any, Any]]:
    columns, _ = columns_of(labels)
    return learned_odds(columns, y, weight, nets=sets)


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


def said_of(
    columns: list[TextColumn], y: np.ndarray[Any, Any], rows: np.ndarray[Any, Any]
) -> list[np.ndarray[Any, Any]]:
    """What models of these rows say of all rows: for each column (n_models, n, n_labels)."""
    found = []
    for column in columns:
        n_labels = len(column.reading.labels)
        said = [
            log_odds(S, W)
            for S in column.rows
            for W in learn_weights(S, y, n_labels, rows.astype(np.float32))
        ]
        found.append(np.stack(said))
    return found


@CLASSES
def test_the_label_of_a_row_changes_nothing_in_what_models_say_of_that_row(
    labels: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the factors that the models have in the blend, which all rows choose together."""

    def halves(Z: Any, *_: Any) -> Any:
        return np.full(len(Z), 0.5), np.zeros(Z.shape[2])

    monkeypatch.setattr(module, "learn_factors", halves)
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
    before = of_nets(y, labels, [np.arange(N)])[0]
    columns, _ = columns_of(labels)
    LogOdds(columns, y, None).learn([np.arange(N)])
    text = columns[0]
    seen = as_numbers(log_odds(text.reading.vocabulary.rows(drawn(labels)[0]["text"]), kept(text)))
    assert not np.array_equal(before[:, :1], seen)
    margin = np.where(y == 1, 1, -1)
    assert (margin * seen[:, 0]).mean() > (margin * before[:, 0]).mean() + 0.1


def kept(column: TextColumn) -> np.ndarray[Any, Any]:
    weights = column.reading.weights
    assert weights is not None
    return weights


@CLASSES
def test_each_row_is_read_by_the_models_that_the_formula_names(labels: list[str]) -> None:
    columns, y = columns_of(labels)
    found = learned_odds(columns, y, None, nets=trained())
    ones = np.ones(N, np.float32)
    for i in range(K):
        said = said_of(columns, y, fold_of != i)
        for j in set(range(K)) - {i}:
            pair = said_of(columns, y, (fold_of != i) & (fold_of != j))
            for whole, own in zip(said, pair, strict=True):
                whole[:, fold_of == j] = own[:, fold_of == j]
        own = fold_of != i
        expected = []
        for Z in said:
            factors, prior = learn_factors(Z[:, own], y[own], ones[own])
            blend = sum(a * z for a, z in zip(factors, Z, strict=True)) + prior
            expected.append(as_numbers(blend.astype(np.float32)))
        np.testing.assert_allclose(found[i], np.concatenate(expected, axis=1), atol=1e-5)


@pytest.mark.parametrize("n_bands", [1, 2])
def test_models_are_shared_by_nets(n_bands: int, monkeypatch: pytest.MonkeyPatch) -> None:
    learned = []

    def counted(*given: Any) -> Any:
        learned.append(given)
        return learn_weights(*given)

    monkeypatch.setattr(module, "learn_weights", counted)
    columns, y = columns_of(LABELS["two"], "text")
    learned_odds(columns, y, None, nets=trained() * n_bands)
    n_sets = K + len([*itertools.combinations(range(K), 2)]) + 1  # of all rows: what is kept
    assert len(learned) == 2 * n_sets  # of words, and of pieces


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
    odds.learn(nets)
    odds.of_nets(nets)
    most = n_models(Recipe(n_folds=K, n_bagged=n_bagged, n_refit=n_refit))
    assert most / 2 <= len(learned) / 2 <= most  # each of words, and of pieces


def test_a_share_of_the_rows_is_learned_from_where_there_is_no_time_for_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    used = seen_by_learn_weights(monkeypatch)
    columns, y = columns_of(LABELS["two"], "text")
    LogOdds(columns, y, None, share=0.4).learn([np.arange(N)])
    third = np.sort(np.argsort(y, kind="stable")[::3])
    for S, own, _ in used:
        assert np.array_equal(own, y[third])
        assert len(S) == N // 3


def seen_by_learn_weights(monkeypatch: pytest.MonkeyPatch) -> list[tuple[SparseMatrix, Any, int]]:
    used = []

    def seen(S: SparseMatrix, y: Any, n_labels: int, *rest: Any) -> Any:
        used.append((S, y, n_labels))
        return learn_weights(S, y, n_labels, *rest)

    monkeypatch.setattr(module, "learn_weights", seen)
    return used


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
    found = learned_odds(columns, y, None, nets=[np.arange(N), *trained()])
    assert all(np.isfinite(Z).all() for Z in found)


def test_many_elements_are_learned_from_by_every_kth_row_of_each_class(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    columns, y = columns_of(LABELS["two"], "text")
    monkeypatch.setattr(module, "MOST_LEARNED", columns[0].n_elements // 3)
    used = seen_by_learn_weights(monkeypatch)
    odds = LogOdds(columns, y, None)
    odds.learn([np.arange(len(y))])
    for S, own, _ in used:
        assert len(S) == len(own) == N // 4
        assert abs(own.mean() - y.mean()) < 0.1
    assert odds.of_nets([np.arange(len(y))])[0].shape == (N, 1)  # of all rows


@CLASSES
def test_what_is_kept_is_the_blend_of_models_of_all_rows(labels: list[str]) -> None:
    columns, y = columns_of(labels)
    LogOdds(columns, y, None).learn(trained())
    ones = np.ones(N, np.float32)
    unseen = [np.empty_like(z) for z in said_of(columns, y, fold_of >= 0)]
    for j in range(K):
        for z, own in zip(unseen, said_of(columns, y, fold_of != j), strict=True):
            z[:, fold_of == j] = own[:, fold_of == j]
    X, _ = drawn(labels)
    everything = said_of(columns, y, np.ones(N, bool))
    for column, Z, said in zip(columns, unseen, everything, strict=True):
        factors, prior = learn_factors(Z, y, ones)
        expected = sum(a * z for a, z in zip(factors, said, strict=True)) + prior
        texts = [text or "" for text in X[column.name]]
        found, _ = column.reading.log_odds(texts)
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_it_is_kept_how_many_texts_are_strange() -> None:
    columns, y = columns_of(LABELS["two"])
    LogOdds(columns, y, None).learn([np.arange(len(y))])
    for column in columns:
        n_given = int(column.given.sum())
        assert column.reading.strange == 1 / (n_given + 2)  # every text has "says"
    assert [int(column.given.sum()) for column in columns] == [N, N - 9]


def test_a_vocabulary_of_pieces_alone_has_their_models(monkeypatch: pytest.MonkeyPatch) -> None:
    used = seen_by_learn_weights(monkeypatch)
    y = np.arange(N) // K % 2  # each fold has both
    data = as_columns({"text": [f"{'pre' if k else 'anti'}{i:02}" for i, k in enumerate(y)]})
    table = Table.fit(data, columns={"text": "text"}, labels=["no", "yes"])
    [column] = text_columns(table, data)
    assert not column.reading.vocabulary.words
    assert len(column.rows) == 1
    found = learned_odds([column], y, None, nets=trained())
    assert ((found[0][:, 0] > 0) == y).all()
    assert {S.shape[1] for S, *_ in used} == {len(column.reading.vocabulary.pieces)}


def test_weights_are_those_of_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    monkeypatch.setattr(module, "TOLERANCE", 1e-7)
    for labels in LABELS.values():
        columns, y = columns_of(labels, "text")
        for S in columns[0].rows:
            X = np.zeros(S.shape)
            X[np.repeat(np.arange(N), np.diff(S.indptr)), S.indices] = S.data
            learned = learn_weights(S, y, len(columns[0].reading.labels), None, most_steps=500)
            for C, W in zip(STRENGTHS, learned, strict=True):
                expected = linear.LogisticRegression(C=C, tol=1e-10, max_iter=10_000).fit(X, y)
                Z_expected = expected.decision_function(X).reshape(N, -1)
                np.testing.assert_allclose(log_odds(S, W), Z_expected, atol=0.03)


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
