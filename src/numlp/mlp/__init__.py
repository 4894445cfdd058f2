"""MLPClassifier, scikit-learn's drop-in."""

from .classifier import MLPClassifier

__all__ = ["MLPClassifier"]
