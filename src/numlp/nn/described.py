"""What layers, losses and optimizers share: their arguments describe them."""

import inspect
from typing import Any

import numpy as np


class Described:
    """An object that is printed, copied and pickled by the arguments that made it.

    ``__init__`` keeps each argument as an attribute of the same name.
    """

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments that make the same object again: ``type(self)(**self.settings)``."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.settings.items())
        return f"{type(self).__name__}({arguments})"

    def __getstate__(self) -> dict[str, Any]:
        # A copy or a pickle leaves out the arrays: they are views into a network, or scratch.
        return {k: v for k, v in vars(self).items() if not isinstance(v, np.ndarray)}


def check_share(name: str, value: float) -> float:
    """Return ``value``, the argument called ``name``, if it is in [0, 1)."""
    if not 0 <= value < 1:
        raise ValueError(f"{name}={value}, but it has to be in [0, 1)")
    return value
