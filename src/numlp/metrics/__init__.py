"""How good predictions are: scores, curves and intervals.

Names and arguments are scikit-learn's where it has them: labels first, of any type, then what was
predicted.  ``evaluate`` gives all scores at once; it takes class numbers, 0, 1, ..., and the
probabilities of all classes, as ``predict_proba`` gives them.

>>> import numpy as np
>>> from numlp.metrics import evaluate, intervals, roc_curve
>>> y, P = np.array([0, 1] * 50), np.array([[0.8, 0.2], [0.4, 0.6]] * 45 + [[0.5, 0.5]] * 10)
>>> scores = evaluate(y, P)
>>> scores.accuracy, [round(value, 2) for value in intervals(scores)["accuracy"]]
(0.95, [0.89, 0.98])
>>> roc_curve(y, P[:, 1]).thresholds.tolist()
[inf, 0.6, 0.5, 0.2]
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .names import *  # noqa: F403 - its __all__ says which
    from .names import __all__ as __all__


def __getattr__(name: str) -> Any:
    # Loaded when a name is first asked for: what predicts scores nothing.
    names = import_module("numlp.metrics.names")
    if name != "__all__" and name not in names.__all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return globals().setdefault(name, getattr(names, name))


def __dir__() -> list[str]:
    return sorted(import_module("numlp.metrics.names").__all__)
