"""The public names of ``metrics``, which its face fetches from here when one is asked for."""

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
from .evaluation import evaluate, evaluate_blocks
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
