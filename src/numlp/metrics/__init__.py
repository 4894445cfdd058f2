"""How good predictions are: scores, curves and intervals.

Names are scikit-learn's where it has one.  The curves take labels of two values and the scores of
one class, as scikit-learn's do.  The scores take class numbers, 0, 1, ..., and the probabilities of
all classes, as ``predict_proba`` gives them.

>>> import numpy as np
>>> from numlp.metrics import evaluate, intervals, roc_curve
>>> y, P = np.array([0, 1] * 50), np.array([[0.8, 0.2], [0.4, 0.6]] * 45 + [[0.5, 0.5]] * 10)
>>> scores = evaluate(y, P)
>>> scores.accuracy, [round(value, 2) for value in intervals(scores)["accuracy"]]
(0.95, [0.89, 0.98])
>>> roc_curve(y, P[:, 1]).thresholds.tolist()
[inf, 0.6, 0.5, 0.2]
"""

from .aim import Aim
from .bootstrap import intervals
from .curves import (
    ROC,
    Calibration,
    PrecisionRecall,
    auc,
    average_precision,
    calibration_curve,
    precision_recall_curve,
    roc_curve,
)
from .scores import (
    ClassCounts,
    Estimate,
    Scores,
    accuracy_score,
    brier_score_loss,
    calibration_error,
    confusion_matrix,
    evaluate,
    evaluate_blocks,
    log_loss,
    roc_auc_score,
    wilson_interval,
)

__all__ = [
    "ROC",
    "Aim",
    "Calibration",
    "ClassCounts",
    "Estimate",
    "PrecisionRecall",
    "Scores",
    "accuracy_score",
    "auc",
    "average_precision",
    "brier_score_loss",
    "calibration_curve",
    "calibration_error",
    "confusion_matrix",
    "evaluate",
    "evaluate_blocks",
    "intervals",
    "log_loss",
    "precision_recall_curve",
    "roc_auc_score",
    "roc_curve",
    "wilson_interval",
]
