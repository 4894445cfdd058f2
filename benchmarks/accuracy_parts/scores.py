"""How good a table of probabilities is; ``P`` is (n, K), ``codes`` are the true columns of it."""

import numpy as np
from numpy.typing import NDArray

from numlp.metrics import calibration_error, roc_auc_score

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

FLOOR = 1e-7  # least probability in the log-loss: one sure mistake costs 16.1 nats


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


def score(P: Floats, codes: Codes) -> dict[str, float]:
    """The two above, the area under the ROC curve and the calibration error, by name."""
    columns = list(range(P.shape[1]))  # a test fold may lack a class
    return {
        "error": error_rate(P, codes),
        "log_loss": log_loss(P, codes),
        "auc": roc_auc_score(codes, P, labels=columns),
        "ece": calibration_error(codes, P, labels=columns),
    }
