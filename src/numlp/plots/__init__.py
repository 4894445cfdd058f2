"""Pictures of a classifier, drawn with matplotlib on an axis of yours or on one of their own.

Every function takes ``ax`` and returns it; a title says what is to be seen.  Lines and letters are
of a grey and of colours that show on a light and on a dark ground, and the ground is left as it is.
"""

from .answers import plot_calibration, plot_confusion, plot_precision_recall, plot_roc
from .pictures import plot_boundary, plot_history, plot_importance, plot_network

__all__ = [
    "plot_boundary",
    "plot_calibration",
    "plot_confusion",
    "plot_history",
    "plot_importance",
    "plot_network",
    "plot_precision_recall",
    "plot_roc",
]
