"""TabularClassifier, and cross-validation and tuning of it."""

from .classifier import TabularClassifier
from .crossval import Fold, Mean, cross_validate, mean_of
from .estimates import Estimates, compare_estimates
from .trials import Trial, Verdict
from .tuning import Search

__all__ = [
    "Estimates",
    "Fold",
    "Mean",
    "Search",
    "TabularClassifier",
    "Trial",
    "Verdict",
    "compare_estimates",
    "cross_validate",
    "mean_of",
]
