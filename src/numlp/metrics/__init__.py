"""How good predictions are: scores, curves, intervals."""
