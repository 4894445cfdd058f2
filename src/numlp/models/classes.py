"""The labels of a classifier to JSON and back, checked: a file may say anything."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_WIDTH = 1000  # characters of a label in an array of text: each answer takes 4 bytes for each
MAX_BYTES = 1 << 26  # of all classes as an array; text is as wide as NumPy made it
DTYPE = re.compile(r"[<>|](b1|[iu][1248]|f[248]|O|U\d{1,8})")


def classes_state(classes: NDArray[Any]) -> dict[str, Any]:
    """The labels as JSON takes them.

    Raises
    ------
    ValueError
        No file can hold labels of this type.

    Examples
    --------
    >>> classes_state(np.array(["no", "yes"]))
    {'dtype': '<U3', 'values': ['no', 'yes']}
    """
    _checked_dtype(classes.dtype.str, len(classes))
    return {"dtype": classes.dtype.str, "values": classes.tolist()}


def classes_from_state(state: Mapping[str, Any]) -> NDArray[Any]:
    """The labels that ``classes_state`` described.

    Text that is declared wider than ``MAX_WIDTH`` becomes an array of objects: an array of answers
    then holds references, and not each answer at the width that was declared.

    Raises
    ------
    KeyError, TypeError, ValueError
        The state does not describe two or more different labels of one plain type.
    """
    name, values = state["dtype"], state["values"]
    dtype = _checked_dtype(name, len(values))
    expected = {"b": bool, "i": int, "u": int, "f": float, "U": str, "O": str}[dtype.kind]
    if not isinstance(values, list) or not all(type(v) is expected for v in values):
        raise TypeError(f"the classes are not a list of {expected.__name__}")
    if len(set(values)) != len(values) or len(values) < 2:
        raise ValueError("the classes are not two or more, all different")
    if _is_wide(dtype) and max(map(len, values)) <= dtype.itemsize // 4:
        return np.array(values, dtype=object)
    with np.errstate(over="ignore"):
        classes = np.array(values, dtype=dtype)
    if classes.tolist() != values:
        raise ValueError(f"a class does not fit into {name}")
    return classes


def _is_wide(dtype: np.dtype[Any]) -> bool:
    return dtype.kind == "U" and dtype.itemsize > 4 * MAX_WIDTH


def _checked_dtype(name: str, n_classes: int) -> np.dtype[Any]:
    """The dtype of this name, unless labels never have it or it takes too much memory."""
    if not DTYPE.fullmatch(name):
        raise ValueError(f"no labels have the dtype {name!r}")
    dtype = np.dtype(name)
    if dtype.itemsize * n_classes > MAX_BYTES:
        raise ValueError(f"{n_classes:,} classes of dtype {name} take too much memory")
    return dtype
