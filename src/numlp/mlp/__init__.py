"""MLPClassifier, scikit-learn's drop-in."""
