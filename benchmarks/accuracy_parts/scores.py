"""How good a table of probabilities is; ``P`` is (n, K), ``codes`` are the true columns of it."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

FLOOR = 1e-7  # least probability in the log-loss: one sure mistake costs 16.1 nats
N_BINS = 10


def align_classes(P: NDArray[np.floating], columns: Codes, n_classes: int) -> Floats:
    """Columns of ``P`` moved to where they belong among all classes; a class it lacks gets FLOOR.

    A row is then divided by its sum, so that it still is a distribution.
    """
    full = np.full((len(P), n_classes), FLOOR)
    full[:, columns] = P
    full /= full.sum(axis=1, keepdims=True)
    return full


def error_rate(P: Floats, codes: Codes) -> float:
    """Share of the rows whose most probable class is not the true one."""
    return float(np.mean(P.argmax(axis=1) != codes))


def log_loss(P: Floats, codes: Codes) -> float:
    """Mean of -log p of the true class, P clipped to at least FLOOR and then renormalised."""
    clipped = np.clip(P, FLOOR, 1.0)
    clipped /= clipped.sum(axis=1, keepdims=True)
    return float(-np.log(clipped[np.arange(len(codes)), codes]).mean())


def auc(P: Floats, codes: Codes) -> float:
    """Area under the ROC curve; above two classes the mean of each class against the rest.

    Only classes with a row in ``codes`` count; NaN where there is just one.
    """
    present = np.unique(codes)
    if len(present) < 2:
        return float("nan")
    if P.shape[1] == 2:
        present = present[1:]
    return float(np.mean([_binary_auc(P[:, k], codes == k) for k in present]))


def _binary_auc(p: Floats, positive: NDArray[np.bool_]) -> float:
    """Chance that a positive row has a higher p than a negative one, ties counted half."""
    _, inverse, counts = np.unique(p, return_inverse=True, return_counts=True)
    rank = np.cumsum(counts) - (counts - 1) / 2  # mean of the ranks that equal values share
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    over = rank[inverse][positive].sum() - n_positive * (n_positive + 1) / 2
    return float(over / (n_positive * n_negative))


def calibration_error(P: Floats, codes: Codes) -> float:
    """Expected calibration error of the most probable class, over N_BINS bins of equal width.

    Σ_bins (n_bin / n) |mean of top p - share that is right|
    """
    top = P.max(axis=1)
    right = P.argmax(axis=1) == codes
    bins = np.minimum((top * N_BINS).astype(int), N_BINS - 1)
    gap = np.bincount(bins, weights=top - right, minlength=N_BINS)
    return float(np.abs(gap).sum() / len(codes))


def score(P: Floats, codes: Codes) -> dict[str, float]:
    """All of the above, by name."""
    return {
        "error": error_rate(P, codes),
        "log_loss": log_loss(P, codes),
        "auc": auc(P, codes),
        "ece": calibration_error(P, codes),
    }
