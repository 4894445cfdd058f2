"""numlp: a neural-network classifier written from scratch in NumPy.

>>> import numlp
>>> clf = numlp.TabularClassifier(random_state=0, epochs=5)
>>> clf = clf.fit({"size": [1.0, 1.5, 3.0, 3.5] * 5}, ["small", "small", "large", "large"] * 5)
>>> clf.predict({"size": [1.2, 3.2]}).tolist()
['small', 'large']
"""

import importlib
from typing import TYPE_CHECKING, Any

from .common.moved import tell_of_moved_modules
from .version import __version__ as __version__

if TYPE_CHECKING:
    from . import check as check
    from . import explain as explain
    from . import export as export
    from . import metrics as metrics
    from . import nn as nn
    from . import plots as plots
    from . import report as report
    from . import tabular as tabular
    from .errors import CheckpointError, ClusterError, DataError, ModelFileError
    from .loading import load
    from .mlp.classifier import MLPClassifier
    from .models.mlp_model import MLPModel
    from .models.model import Model
    from .nn import DivergenceError
    from .tabular.classifier import TabularClassifier

__all__ = [
    "CheckpointError",
    "ClusterError",
    "DataError",
    "DivergenceError",
    "MLPClassifier",
    "MLPModel",
    "Model",
    "ModelFileError",
    "TabularClassifier",
    "load",
]

# Public rooms, beside the names of ``__all__``: what they need is not loaded by ``import *``.
_ROOMS = ("check", "explain", "export", "metrics", "nn", "plots", "report", "tabular")

# Loaded when first asked for: who serves a model need not wait for what trains one.
_MODULES = {
    **{room: room for room in _ROOMS},
    "CheckpointError": "errors",
    "ClusterError": "errors",
    "DataError": "errors",
    "DivergenceError": "nn",
    "MLPClassifier": "mlp.classifier",
    "MLPModel": "models.mlp_model",
    "Model": "models.model",
    "ModelFileError": "errors",
    "TabularClassifier": "tabular.classifier",
    "load": "loading",
}


tell_of_moved_modules()


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f".{_MODULES[name]}", __name__)
    value = module if name in _ROOMS else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, *_ROOMS, "__version__"])
