"""numlp: a neural-network classifier written from scratch in NumPy.

>>> import numlp
>>> clf = numlp.TabularClassifier(random_state=0, epochs=5)
>>> clf = clf.fit({"size": [1.0, 1.5, 3.0, 3.5] * 5}, ["small", "small", "large", "large"] * 5)
>>> clf.predict({"size": [1.2, 3.2]}).tolist()
['small', 'large']
"""

__version__ = "0.1.0"

from .errors import CheckpointError, DataError, DivergenceError, ModelFileError
from .mlp import MLPClassifier
from .model import Model, load
from .tabular import TabularClassifier

__all__ = [
    "CheckpointError",
    "DataError",
    "DivergenceError",
    "MLPClassifier",
    "Model",
    "ModelFileError",
    "TabularClassifier",
    "load",
]
