"""TabularClassifier, and cross-validation and tuning of it."""

from .classifier import TabularClassifier

__all__ = ["TabularClassifier"]
