"""How good predictions are: scores, curves and intervals.

Names and arguments are scikit-learn's where it has them: labels first, of any type, then what was
predicted.  ``evaluate`` gives all scores at once; it takes class numbers, 0, 1, ..., and the
probabilities of all classes, as ``predict_proba`` gives them.

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
from .by_group import Figure, GroupScores, scores_by_group
from .curves import (
    ROC,
    Calibration,
    PrecisionRecall,
    auc,
    average_precision,
    average_precision_score,
    calibration_curve,
    precision_recall_curve,
    roc_curve,
)
from .from_labels import (
    accuracy_score,
    brier_score_loss,
    calibration_error,
    confusion_matrix,
    log_loss,
    roc_auc_score,
)
from .scores import (
    ClassCounts,
    Estimate,
    Scores,
    evaluate,
    evaluate_blocks,
    wilson_interval,
)

__all__ = [
    "ROC",
    "Aim",
    "Calibration",
    "ClassCounts",
    "Estimate",
    "Figure",
    "GroupScores",
    "PrecisionRecall",
    "Scores",
    "accuracy_score",
    "auc",
    "average_precision",
    "average_precision_score",
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
    "scores_by_group",
    "wilson_interval",
]
