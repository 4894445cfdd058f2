"""Metrics against numbers written out, and against scikit-learn's."""

import math
import tracemalloc
from typing import Any

import numpy as np
import pytest

from numlp.errors import DataError
from numlp.metrics import (
    accuracy_score,
    brier_score_loss,
    calibration_error,
    confusion_matrix,
    evaluate,
    evaluate_blocks,
    evaluation,
    log_loss,
    roc_auc_score,
)
from numlp.metrics.aim import Aim
from numlp.metrics.bootstrap import intervals
from numlp.metrics.scores import (
    Scores,
    prior_entropy,
    rank_auc,
    row_costs,
    wilson_interval,
)

Y = np.array([0, 0, 0, 1, 1, 2])
P = np.array(
    [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.5, 0.3, 0.2], [0.3, 0.4, 0.3], [0.6, 0.3, 0.1],
     [0.3, 0.3, 0.4]]
)  # fmt: skip


NAN = float("nan")


def test_scores_are_the_numbers_worked_out_by_hand() -> None:
    scores = evaluate(Y, P)
    assert scores.n_rows == 6
    assert scores.accuracy == pytest.approx(4 / 6)
    assert scores.majority == 3 / 6
    assert scores.log_loss == pytest.approx(-math.log(0.7 * 0.1 * 0.5 * 0.4 * 0.3 * 0.4) / 6)
    assert scores.confusion.tolist() == [[2, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert scores.precision.tolist() == pytest.approx([2 / 3, 1 / 2, 1])
    assert scores.recall.tolist() == pytest.approx([2 / 3, 1 / 2, 1])


def test_a_class_without_rows_or_predictions_has_no_recall_or_precision() -> None:
    scores = evaluate(np.array([0, 0]), np.array([[0.4, 0.6, 0], [1, 0, 0]]))
    assert np.isnan(scores.recall).tolist() == [False, True, True]
    assert scores.recall[0] == 0.5
    assert np.isnan(scores.precision).tolist() == [False, False, True]
    assert scores.precision[:2].tolist() == [1, 0]


def test_a_probability_of_zero_costs_much_and_not_everything() -> None:
    y, certain = np.array([0]), np.array([[0.0, 1.0]])
    cost = log_loss(y, certain, labels=[0, 1])
    assert cost == pytest.approx(-math.log(2.2250738585072014e-308))
    assert log_loss(y, certain.astype(np.float32), labels=[0, 1]) == cost
    assert log_loss(1 - y, certain, labels=[0, 1]) == 0


def test_prior_entropy_is_the_log_loss_of_the_shares() -> None:
    y = np.array([0, 0, 0, 1])
    shares = np.tile([0.75, 0.25, 0.0], (4, 1))
    assert prior_entropy(y, 3) == pytest.approx(log_loss(y, shares, labels=[0, 1, 2]))


def test_weights_count_as_rows_in_the_prior_entropy() -> None:
    y, weight = np.array([0, 1, 2]), np.array([3, 1, 0], np.float32)
    assert prior_entropy(y, 3, weight) == pytest.approx(prior_entropy(np.array([0, 0, 0, 1]), 3))


def test_weights_count_as_rows_in_the_log_loss() -> None:
    weight, rows = np.array([2, 1, 3, 0, 1, 1]), [0, 0, 1, 2, 2, 2, 4, 5]
    assert log_loss(Y, P, sample_weight=weight) == pytest.approx(log_loss(Y[rows], P[rows]))
    assert log_loss(Y, P, sample_weight=np.full(6, 0.3, np.float32)) == pytest.approx(
        log_loss(Y, P)
    )


def test_factors_decide_and_leave_the_probabilities_alone() -> None:
    scores = evaluate(Y, P, np.array([1.0, 1.0, 2.0]))
    # Doubled, the third class wins the last row, and draws level in none.
    assert (
        scores.predicted.tolist() == (P * [1, 1, 2]).argmax(axis=1).tolist() == [0, 1, 0, 2, 0, 2]
    )
    assert scores.log_loss == log_loss(Y, P)


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [  # Newcombe (1998), table I: Wilson's interval without continuity correction
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (29, 29, 0.8830, 1.0),
    ],
)
def test_wilson_intervals_are_those_published(right: int, n: int, low: float, high: float) -> None:
    assert wilson_interval(right / n, n) == pytest.approx((low, high), abs=5e-5)


def test_the_ends_of_a_wilson_interval_solve_its_equation() -> None:
    for share in (0.1, 0.5, 0.93):
        for end in wilson_interval(share, 57):
            assert abs(share - end) == pytest.approx(1.959964 * math.sqrt(end * (1 - end) / 57))


def test_no_rows_are_refused() -> None:
    with pytest.raises(DataError, match="no row to score"):
        evaluate(np.array([], dtype=int), np.ones((0, 2)))


@pytest.mark.parametrize(("n_classes", "n"), [(2, 1), (2, 40), (3, 7), (5, 60), (4, 3)])
def test_scikit_learn_agrees(n_classes: int, n: int) -> None:
    oracle = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(n)
    y, labels = rng.integers(n_classes, size=n), np.arange(n_classes)
    probabilities = rng.dirichlet(np.ones(n_classes), n)
    predicted = probabilities.argmax(axis=1)
    scores = evaluate(y, probabilities)

    assert accuracy_score(y, predicted) == pytest.approx(oracle.accuracy_score(y, predicted))
    assert scores.accuracy == accuracy_score(y, predicted)
    expected = oracle.confusion_matrix(y, predicted, labels=labels)
    assert confusion_matrix(y, predicted, labels=range(n_classes)).tolist() == expected.tolist()
    assert scores.confusion.tolist() == expected.tolist()
    assert scores.log_loss == pytest.approx(oracle.log_loss(y, probabilities, labels=labels))
    for ours, name in ((scores.precision, "precision"), (scores.recall, "recall")):
        theirs = getattr(oracle, f"{name}_score")(
            y, predicted, labels=labels, average=None, zero_division=np.nan
        )
        np.testing.assert_allclose(ours, theirs)


# Of the probabilities


def tied(n_classes: int, n: int = 200, seed: int = 0) -> tuple[Any, Any]:
    """Classes and probabilities, each row of which is there twice, so that there are ties."""
    rng = np.random.default_rng(seed)
    return rng.integers(n_classes, size=n), np.repeat(
        rng.dirichlet(np.ones(n_classes), n // 2), 2, axis=0
    )


def by_pairs(x: Any, positive: Any) -> float:
    return float(np.mean([(p > q) + (p == q) / 2 for p in x[positive] for q in x[~positive]]))


def test_auc_is_the_chance_that_a_positive_row_ranks_above_a_negative_one() -> None:
    y, P = tied(3)
    expected = [by_pairs(P[:, k], y == k) for k in range(3)]
    assert [rank_auc(P[:, k], y == k) for k in range(3)] == pytest.approx(expected, rel=1e-12)
    assert roc_auc_score(y, P) == pytest.approx(np.mean(expected), rel=1e-12)


def test_auc_of_two_classes_is_of_the_second() -> None:
    y, P = tied(2)
    P[:, 0] = 0.5  # which is not looked at
    assert roc_auc_score(y, P) == pytest.approx(by_pairs(P[:, 1], y == 1), rel=1e-12)


def test_classes_without_rows_do_not_count_in_the_auc() -> None:
    y, P = tied(3)
    y[y == 2] = 0
    expected = np.mean([by_pairs(P[:, k], y == k) for k in (0, 1)])
    assert roc_auc_score(y, P, labels=[0, 1, 2]) == pytest.approx(expected, rel=1e-12)
    assert math.isnan(roc_auc_score(np.zeros(200, int), P, labels=[0, 1, 2]))
    assert math.isnan(roc_auc_score(np.zeros(200, int), P[:, :2]))


def test_calibration_error_is_the_gap_of_each_bin_weighted_by_its_rows() -> None:
    y, P = tied(3)
    top, right = P.max(axis=1), P.argmax(axis=1) == y
    expected = 0.0
    for low in np.arange(10) / 10:
        inside = (top >= low) & ((top < low + 0.1) | (low == 0.9))
        if inside.any():
            expected += inside.mean() * abs(top[inside].mean() - right[inside].mean())
    assert calibration_error(y, P) == pytest.approx(expected, rel=1e-12)
    sure = np.eye(3)[y]
    assert calibration_error(y, sure) == 0
    assert calibration_error((y + 1) % 3, sure) == 1


@pytest.mark.parametrize("n_classes", [2, 3, 7])
def test_the_brier_score_is_its_formula(n_classes: int) -> None:
    y, P = tied(n_classes)
    sums = ((P - np.eye(n_classes)[y]) ** 2).sum(axis=1)
    expected = sums.mean() / 2 if n_classes == 2 else sums.mean()
    assert brier_score_loss(y, P) == pytest.approx(expected, rel=1e-12)
    assert brier_score_loss(y, np.eye(n_classes)[y]) == 0


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_scikit_learn_agrees_on_probabilities(n_classes: int, dtype: Any) -> None:
    oracle = pytest.importorskip("sklearn.metrics")
    y, P = tied(n_classes, 300)
    scores = evaluate(y, P.astype(dtype), aim=Aim(positive=0))
    rel = 1e-12 if dtype == np.float64 else 1e-6
    if n_classes == 2:
        assert scores.roc_auc == pytest.approx(oracle.roc_auc_score(y, P[:, 1]), rel=rel)
        assert scores.brier_score == pytest.approx(oracle.brier_score_loss(y, P[:, 1]), rel=rel)
        f1 = oracle.f1_score(y, scores.predicted, pos_label=0)
    else:
        expected = oracle.roc_auc_score(y, P, multi_class="ovr", average="macro")
        assert scores.roc_auc == pytest.approx(expected, rel=rel)
        f1 = oracle.f1_score(y, scores.predicted, average="macro")
    assert scores.f1 == pytest.approx(f1)
    assert scores.balanced_accuracy == pytest.approx(
        oracle.balanced_accuracy_score(y, scores.predicted)
    )


def test_figures_of_many_classes_copy_no_probabilities() -> None:
    rng = np.random.default_rng(0)
    n, n_classes = 3000, 1000
    P = rng.random((n, n_classes), np.float32)
    y = rng.integers(n_classes, size=n)
    tracemalloc.start()
    try:
        scores = evaluate(y, P, np.linspace(1, 2, n_classes))
        figures = (
            scores.brier_score,
            scores.calibration_error,
            scores.balanced_accuracy,
            scores.f1,
        )
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert np.isfinite(figures).all()
    assert scores.P is P
    assert peak < P.nbytes / 10


@pytest.mark.parametrize("is_kept", [True, False])
def test_scores_of_blocks_are_those_of_the_whole(
    is_kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    y, P = tied(3)
    factors, aim = np.array([1.0, 2, 3]), Aim("f1")
    monkeypatch.setattr(evaluation, "MOST_CELLS", P.size - (not is_kept))
    blocks = ((slice(i, i + 60), P[i : i + 60]) for i in range(0, len(y), 60))
    found, expected = evaluate_blocks(y, blocks, 3, factors, aim), evaluate(y, P, factors, aim)
    assert found.predicted.tolist() == expected.predicted.tolist()
    assert found.losses.tolist() == expected.losses.tolist()
    assert (found.aim, found.n_classes) == (aim, 3)
    for name in ("log_loss", "brier_score", "calibration_error", "balanced_accuracy", "f1"):
        assert getattr(found, name) == getattr(expected, name), name
    if is_kept:
        np.testing.assert_array_equal(found.P, P)
        assert found.roc_auc == expected.roc_auc
        assert intervals(found, 20) == intervals(expected, 20)
    else:
        assert found.P.shape == (0, 3)
        assert math.isnan(found.roc_auc)
        given = {name: ends for name, ends in intervals(expected, 20).items() if name != "roc_auc"}
        assert intervals(found, 20) == given | {"roc_auc": pytest.approx((NAN, NAN), nan_ok=True)}


def test_no_block_has_no_score() -> None:
    with pytest.raises(DataError, match="no row to score"):
        evaluate_blocks(np.empty(0, int), [], 2)


# What mistakes cost


COSTLY = Aim(costs=(1.0, 5.0), positive=0)


def test_costs_are_those_of_the_mistakes() -> None:
    y, predicted = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 0, 0, 1])
    assert row_costs(y, predicted, COSTLY).tolist() == [0, 5, 1, 1, 0]
    scores = Scores(y, predicted, np.full((5, 2), 0.5), np.zeros(5), COSTLY)
    assert scores.mean_cost == 7 / 5
    assert [scores.cost_of(np.array(k)) for k in (0, 1)] == [3 / 5, 10 / 5]
    assert scores.cost_of(y) == 0


def test_without_costs_there_is_no_mean_cost() -> None:
    assert math.isnan(evaluate(Y, P).mean_cost)
    with pytest.raises(ValueError, match="no costs"):
        row_costs(Y, Y, Aim())


@pytest.mark.parametrize(
    "score", [log_loss, brier_score_loss, calibration_error, roc_auc_score, evaluate]
)
def test_masked_classes_and_probabilities_are_refused_with_their_row(score: Any) -> None:
    with pytest.raises(DataError, match=r"^y(_true)? is masked in row 2"):
        score(_masked(Y), P)
    with pytest.raises(
        DataError, match=r"^(what was predicted|y_proba|y_pred|y_score) is masked in row 2"
    ):
        score(Y, _masked(P))


def test_masked_answers_are_refused_with_their_row() -> None:
    for call in (
        lambda: accuracy_score(_masked(Y), Y),
        lambda: accuracy_score(Y, _masked(Y)),
        lambda: confusion_matrix(Y, _masked(Y)),
        lambda: prior_entropy(_masked(Y), 3),
    ):
        with pytest.raises(DataError, match="masked in row 2"):
            call()


def _masked(values: Any) -> Any:
    mask = np.zeros(values.shape, bool)
    mask[1] = True
    return np.ma.masked_array(values, mask)
