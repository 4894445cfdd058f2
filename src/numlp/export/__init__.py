"""A fitted classifier as ONNX: raw columns in, label and probabilities out, without Python.

>>> from numlp import TabularClassifier
>>> clf = TabularClassifier("fast", epochs=5, random_state=0)
>>> clf = clf.fit({"size": [1.0, 1.2, 3.1, 3.3] * 20}, ["wren", "wren", "rook", "rook"] * 20)
>>> [put.name for put in to_onnx(clf).graph.output]
['label', 'probabilities']
"""

from .onnx_model import to_onnx

__all__ = ["to_onnx"]
