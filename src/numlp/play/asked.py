"""A message of the page, read with distrust: an object with a ``do``, and its numbers in bounds."""

import json
import math
from typing import Any

PLAIN = ("reset", "run", "pause", "epoch", "batch", "sample", "apply", "python", "drawn")
KINDS = (*PLAIN, "settings", "trace", "edit", "points")


def read(text: str) -> dict[str, Any]:
    """The message that a text holds.

    Raises
    ------
    ValueError
        It is not JSON, or not an object with a ``do`` that there is.

    Examples
    --------
    >>> read('{"do": "run"}')
    {'do': 'run'}
    """
    try:
        message = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ValueError("the message is not JSON") from None
    if not isinstance(message, dict):
        raise ValueError('a message is an object, such as {"do": "run"}')
    if message.get("do") not in KINDS:
        raise ValueError(f"a message says in 'do' what is wanted: {', '.join(KINDS)}")
    return message


def rows_of(message: dict[str, Any]) -> str:
    """Of which rows a trace is wanted: those of a batch, or a single one."""
    rows = message.get("rows", "batch")
    if rows not in ("batch", "sample"):
        raise ValueError("trace: rows is 'batch' or 'sample'")
    return str(rows)


def edit_of(message: dict[str, Any]) -> tuple[int, str, int, int, float]:
    """Layer, name, row, column and value of the parameter that is to be changed."""
    layer, row, column = (_whole(message.get(key, 0), key) for key in ("layer", "row", "column"))
    if message.get("name") not in ("W", "b"):
        raise ValueError("edit: name is 'W' or 'b'")
    return layer, str(message["name"]), row, column, _number(message.get("value"), "value")


def _number(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{what} is not a number")
    if not abs(value) <= 1e30 or not math.isfinite(value):
        raise ValueError(f"{what} is not a number that can be learned with")
    return float(value)


def _whole(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 31:
        raise ValueError(f"{what} is not a whole number of 0 or more")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
