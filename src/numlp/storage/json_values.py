"""Values of Python as JSON takes them, and back; what a document may hold in their place."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np


def to_json(name: str, value: Any) -> Any:
    """A value as JSON takes it, or a ValueError that calls it ``name``.

    >>> to_json("class_weight", {0: np.float64("inf")})
    {'items': [[0, {'number': 'inf'}]]}
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Mapping):
        return {"items": [[to_json(name, key), to_json(name, item)] for key, item in value.items()]}
    if isinstance(value, list | tuple | np.ndarray):
        return [to_json(name, item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": str(value)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ValueError(f"{name}={value!r} is of a kind that no file can hold")


def from_json(value: Any) -> Any:
    """What ``to_json`` was given, but for a sequence, which is a list.

    >>> from_json({"items": [[0, {"number": "inf"}]]})
    {0: inf}
    """
    if isinstance(value, dict) and "items" in value:
        return {key: from_json(item) for key, item in value["items"]}
    return float(value["number"]) if isinstance(value, dict) else value


def number_or_none(name: str, value: Any) -> float | None:
    """The number in a document, if it is one or None."""
    number: Any = from_json(value)
    if number is not None and type(number) not in (int, float):
        raise ValueError(f"{name}={number!r}")
    return None if number is None else float(number)


def mapping(value: Any) -> Mapping[str, Any]:
    """What stands in a document, if it is an object; else an empty one."""
    return value if isinstance(value, Mapping) else {}


def is_json_number(value: Any) -> bool:
    """Whether JSON gave a finite number that float64 holds."""
    if type(value) is int:
        return abs(value) < 1 << 63
    return type(value) is float and math.isfinite(value)
