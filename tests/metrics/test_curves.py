"""Curves against numbers worked out by hand, and against scikit-learn's."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from numlp.errors import DataError
from numlp.metrics.curves import (
    auc,
    average_precision_score,
    calibration_curve,
    precision_recall_curve,
    roc_curve,
)

Y = [0, 0, 1, 1]
SCORES = [0.1, 0.4, 0.35, 0.8]


def drawn(seed: int, n: int = 300) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Labels, probabilities with many ties, and weights, some of them 0."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    p = np.round(np.clip(0.3 * y + 0.7 * rng.random(n), 0, 1), seed % 3 + 1)
    return y, p, rng.integers(0, 4, n).astype(float)


def test_a_threshold_answers_for_the_rows_at_it_or_above() -> None:
    fpr, tpr, thresholds = roc_curve(Y, SCORES, drop_intermediate=False)
    for f, t, threshold in zip(fpr, tpr, thresholds, strict=True):
        answered = np.array(SCORES) >= threshold
        assert (f, t) == (answered[:2].mean(), answered[2:].mean())
    assert (fpr[0], tpr[0], thresholds[0]) == (0, 0, np.inf)
    assert (fpr[-1], tpr[-1]) == (1, 1)


def test_the_area_is_the_share_of_pairs_in_the_right_order() -> None:
    y, p, _ = drawn(0)
    pairs = p[y == 1][:, None] - p[y == 0]
    curve = roc_curve(y, p)
    share = ((pairs > 0) + (pairs == 0) / 2).mean()
    assert auc(curve.fpr, curve.tpr) == pytest.approx(share, abs=1e-12)


def test_the_area_of_a_falling_x_is_positive() -> None:
    assert auc([1, 0.5, 0], [1, 1, 0]) == auc([0, 0.5, 1], [0, 1, 1]) == 0.75
    with pytest.raises(ValueError, match="which all rise or all fall"):
        auc([0, 2, 1], [0, 1, 1])
    with pytest.raises(
        ValueError, match=r"x has shape \(2,\) and y \(3,\): give one dimension of the same length"
    ):
        auc([0, 1], [0, 1, 1])


def test_calibration_counts_the_rows_of_each_bin_and_leaves_out_empty_ones() -> None:
    curve = calibration_curve([0, 1, 1, 1], [0.05, 0.1, 0.95, 0.91], n_bins=10)
    assert curve.counts.tolist() == [2, 2]
    assert curve.prob_true.tolist() == [0.5, 1]
    assert curve.prob_pred.tolist() == pytest.approx([0.075, 0.93])
    assert curve.error == pytest.approx((0.425 + 0.07) / 2)


def test_quantile_bins_have_as_many_rows_each() -> None:
    y, p, _ = drawn(2, 1000)
    counts = calibration_curve(y, p + np.arange(1000) * 1e-9 * (p < 1), strategy="quantile").counts
    assert counts.tolist() == [200] * 5


LABELS: dict[str, dict[str, Any]] = {
    "0 and 1": {"values": [0, 1]},
    "-1 and 1": {"values": [-1, 1]},
    "bool": {"values": [False, True]},
    "words": {"values": ["no", "yes"], "pos_label": "yes"},
    "the first": {"values": ["no", "yes"], "pos_label": "no"},
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
@pytest.mark.parametrize("drop", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_curves_are_scikit_learns(
    labels: dict[str, Any], seed: int, drop: bool, weighted: bool
) -> None:
    peer = pytest.importorskip("sklearn.metrics")
    y, p, weight = drawn(seed)
    y = np.array(labels["values"])[y]
    options = {"pos_label": labels.get("pos_label"), "drop_intermediate": drop}
    if weighted:
        options["sample_weight"] = weight
    for name, ours in (
        ("roc_curve", roc_curve),
        ("precision_recall_curve", precision_recall_curve),
    ):
        theirs = getattr(peer, name)(y, p, **options)
        for mine, expected in zip(ours(y, p, **options), theirs, strict=True):
            np.testing.assert_allclose(mine, expected, rtol=0, atol=1e-12)


def test_areas_are_scikit_learns() -> None:
    peer = pytest.importorskip("sklearn.metrics")
    y, p, weight = drawn(1)
    for given in ({}, {"sample_weight": weight}):
        roc, pr = roc_curve(y, p, **given), precision_recall_curve(y, p, **given)
        assert auc(roc.fpr, roc.tpr) == pytest.approx(peer.roc_auc_score(y, p, **given), abs=1e-12)
        ours = average_precision_score(y, p, **given)
        assert ours == pr.average_precision
        assert ours == pytest.approx(peer.average_precision_score(y, p, **given), abs=1e-12)


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
@pytest.mark.parametrize("n_bins", [1, 5, 13])
@pytest.mark.parametrize("seed", range(3))
def test_calibration_is_scikit_learns(seed: int, n_bins: int, strategy: str) -> None:
    peer = pytest.importorskip("sklearn.calibration").calibration_curve
    y, p, _ = drawn(seed)
    ours = calibration_curve(y, p, n_bins=n_bins, strategy=strategy)
    for mine, theirs in zip(ours[:2], peer(y, p, n_bins=n_bins, strategy=strategy), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-12)
    assert ours.counts.sum() == len(y)


REFUSED: list[tuple[Any, Any, dict[str, Any], str]] = [
    ([0, 1, 2], [0.1, 0.2, 0.3], {}, "3 classes: compare one of them with the rest"),
    (["a", "b"], [0.1, 0.2], {}, "say with pos_label"),
    ([0, 0], [0.1, 0.2], {}, "2 rows, none of them"),
    ([1, 1, 0], [0.1, 0.2, 0.3], {"sample_weight": [1, 1, 0]}, "2 rows, all of them"),
    ([0, 1], [0.1, float("nan")], {}, "y_score is not finite in row 2"),
    ([0, 1], [0.1], {}, "inconsistent numbers of samples"),
    ([0, 1], [[0.1, 0.9], [0.2, 0.8]], {}, "the score of one class for each row"),
    ([], [], {}, "no row"),
    ([0, 1, float("nan")], [0.1, 0.2, 0.3], {}, "y_true has nan in row 3, which is not a label"),
    (np.ma.masked_array([0, 1], [0, 1]), [0.1, 0.2], {}, "y_true is masked in row 2"),
    ([0, np.ma.masked], [0.1, 0.2], {}, "y_true has no label in row 2"),
    ([0, 1], np.ma.masked_array([0.1, 0.2], [1, 0]), {}, "y_score is masked in row 1"),
    ([None, 1], [0.1, 0.2], {}, "y_true has no label in row 1"),
]  # fmt: skip


@pytest.mark.parametrize(("y", "score", "options", "message"), REFUSED)
@pytest.mark.parametrize("curve", [roc_curve, precision_recall_curve])
def test_what_has_no_curve_is_refused(
    curve: Any, y: Any, score: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        curve(y, score, **options)


def test_calibration_refuses_what_is_no_probability_and_no_bin() -> None:
    with pytest.raises(DataError, match=r"1\.5 in row 2, outside"):
        calibration_curve([0, 1], [0.1, 1.5])
    with pytest.raises(ValueError, match="strategy='even'"):
        calibration_curve([0, 1], [0.1, 0.5], strategy="even")
    for n_bins in (0, 2.5):
        options: dict[str, Any] = {"n_bins": n_bins}
        with pytest.raises(ValueError, match=f"n_bins={n_bins}, but it has to be a whole number"):
            calibration_curve([0, 1], [0.1, 0.5], **options)
