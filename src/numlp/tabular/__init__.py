"""TabularClassifier, and cross-validation and tuning of it."""

from .classifier import TabularClassifier
from .crossval import Fold, Mean, cross_validate, mean_of
from .tuning import Search, Trial, Verdict

__all__ = [
    "Fold",
    "Mean",
    "Search",
    "TabularClassifier",
    "Trial",
    "Verdict",
    "cross_validate",
    "mean_of",
]
