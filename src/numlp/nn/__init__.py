"""The engine: layers, losses, optimizers, a network and the loop that trains it.  NumPy only.

>>> import numpy as np
>>> from numlp.nn import Adam, Dense, Network, ReLU, train
>>> rng = np.random.default_rng(0)
>>> X = rng.standard_normal((100, 2), dtype=np.float32)
>>> y = (X.sum(axis=1) > 0).astype(int)
>>> network = Network([Dense(2, 8), ReLU(), Dense(8, 2)])
>>> network.init(rng)
>>> for epoch in train(network, Adam(lr=0.01), X, y, batch_size=10, rng=rng):
...     if epoch.number == 30:
...         break
>>> bool((network.predict(X).argmax(axis=1) == y).mean() > 0.95)
True
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .more.names import *  # noqa: F403 - its __all__ says which
    from .more.names import __all__ as __all__


def __getattr__(name: str) -> Any:
    # Loaded when a name is first asked for: what reads a model loads nothing that trains one.
    names = import_module("numlp.nn.more.names")
    if name != "__all__" and name not in names.__all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return globals().setdefault(name, getattr(names, name))


def __dir__() -> list[str]:
    return sorted(import_module("numlp.nn.more.names").__all__)
