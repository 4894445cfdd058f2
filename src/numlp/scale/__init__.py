"""Predictions on a Dask cluster; ``TabularClassifier.fit`` trains on one."""

from .predict import predict, predict_proba

__all__ = ["predict", "predict_proba"]
