"""TabularClassifier, and cross-validation and tuning of it."""
