"""How much memory the results of tasks take, which Dask would not see.

Dask asks an object for its size by ``sys.getsizeof``, which does not look into the arrays that a
dataclass holds.  By the sizes it decides what to write to the disk, and where to run a task.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

OBJECT = 64  # bytes of a small object, such as a word


class Sized:
    """A base for dataclasses whose arrays count in their size."""

    def __sizeof__(self) -> int:
        return object.__sizeof__(self) + size_of(vars(self))


def size_of(value: Any) -> int:
    """Bytes of the arrays in a value, and of the words.

    >>> size_of({"X": np.zeros(10), "names": ["a", "b"]})
    208
    """
    if isinstance(value, np.ndarray):
        return int(value.nbytes) + (OBJECT * value.size if value.dtype == object else 0)
    if isinstance(value, Mapping):
        return sum(map(size_of, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(size_of, value))
    if is_dataclass(value):
        return sum(size_of(getattr(value, field.name)) for field in fields(value))
    return OBJECT if isinstance(value, str) else 0
