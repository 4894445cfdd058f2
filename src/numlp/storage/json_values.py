"""Values of Python as JSON takes them, and back; and checks of values that came out of JSON."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np


def to_json(name: str, value: Any) -> Any:
    """A value as JSON takes it, or a ValueError that calls it ``name``.

    >>> to_json("class_weight", {0: np.float64("inf")})
    {'items': [[0, {'number': 'inf'}]]}
    """
    return _converted(name, value, lambda pairs: {"items": pairs})


def pairs_to_json(name: str, value: Any) -> Any:
    """A value that is only shown, as JSON takes it: a mapping becomes a plain list of pairs.

    ``from_json`` does not make a mapping of it again.  Model files of tables keep settings so.

    >>> pairs_to_json("class_weight", {"no": np.float64(2)})
    [['no', 2.0]]
    """
    return _converted(name, value, lambda pairs: pairs)


def _converted(name: str, value: Any, mapping: Callable[[list[Any]], Any]) -> Any:
    """A value as JSON takes it; ``mapping`` says what the pairs of a mapping become."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Mapping):
        return mapping(
            [[_converted(name, each, mapping) for each in pair] for pair in value.items()]
        )
    if isinstance(value, Sequence | np.ndarray) and not isinstance(value, str | bytes):
        return [_converted(name, item, mapping) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": str(value)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ValueError(f"{name}={value!r} is of a type that no file can hold")


def from_json(value: Any) -> Any:
    """The value that ``to_json`` was given; a sequence comes back as a list.

    >>> from_json({"items": [[0, {"number": "inf"}]]})
    {0: inf}
    """
    if isinstance(value, dict) and "items" in value:
        return {key: from_json(item) for key, item in value["items"]}
    return float(value["number"]) if isinstance(value, dict) else value


def number_or_none(name: str, value: Any) -> float | None:
    """The number that a document holds, or None; a ValueError where it holds anything else."""
    number: Any = from_json(value)
    if number is not None and type(number) not in (int, float):
        raise ValueError(f"{name}={number!r}")
    return None if number is None else float(number)


def mapping(value: Any) -> Mapping[str, Any]:
    """A value of a document if it is a JSON object, else an empty mapping."""
    return value if isinstance(value, Mapping) else {}


def is_json_number(value: Any) -> bool:
    """Whether a value out of JSON is a finite number that float64 holds."""
    if type(value) is int:
        return abs(value) < 1 << 63
    return type(value) is float and math.isfinite(value)


def is_share(value: Any) -> bool:
    """Whether a value out of JSON is a number from 0 to 1.

    >>> is_share(0.5), is_share(1.5), is_share(True)
    (True, False, False)
    """
    return is_json_number(value) and 0 <= value <= 1
