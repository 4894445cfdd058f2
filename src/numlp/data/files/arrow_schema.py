"""What a Parquet file says of its columns beside Parquet's own types: categories and durations.

Arrow, polars and pandas keep their types in the metadata of the file: Arrow's schema as a message
of flatbuffers (https://arrow.apache.org/docs/format/Columnar.html), and pandas' types as JSON.
A file may hold anything there, and what cannot be read says nothing.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

PER_SECOND = (1, 10**3, 10**6, 10**9)  # the units of Arrow's durations, by their numbers
_POLARS = "_PL_ENUM_VALUES2"  # under which polars notes down the categories of an Enum
_DURATION = 18  # the number of its type


@dataclass(frozen=True)
class Meanings:
    """What the metadata of a file say of its columns.

    Attributes
    ----------
    categories : set of str
        The columns that hold categories.
    ordered : set of str
        Those of them whose categories have an order.
    levels : dict of str to tuple of str
        The categories of those of them whose categories polars has noted down, the lowest first.
    durations : dict of str to int
        The columns that hold durations, each with how many of its units are a second.
    """

    categories: set[str] = field(default_factory=set)
    ordered: set[str] = field(default_factory=set)
    levels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    durations: dict[str, int] = field(default_factory=dict)


def meanings_of(metadata: Iterable[tuple[bytes, bytes]]) -> Meanings:
    """What the keys and values in the metadata of a Parquet file say of its columns.

    >>> columns = [{"name": "shop", "pandas_type": "categorical"}]
    >>> meanings_of([(b"pandas", json.dumps({"columns": columns}).encode())]).categories
    {'shop'}
    """
    found = Meanings()
    for key, value in metadata:
        try:
            if key == b"ARROW:schema":
                _read_arrow(base64.b64decode(value), found)
            elif key == b"pandas":
                _read_pandas(json.loads(value), found)
        except (struct.error, ValueError, TypeError, KeyError, IndexError, RecursionError):
            continue
    return found


def _read_pandas(document: dict[str, list[dict[str, object]]], found: Meanings) -> None:
    for column in document["columns"]:
        if column["pandas_type"] == "categorical" and isinstance(column["name"], str):
            found.categories.add(column["name"])


def _read_arrow(message: bytes, found: Meanings) -> None:
    # Behind the size, which may have a mark before it.
    start = 8 if message[:4] == b"\xff\xff\xff\xff" else 4
    head = _Table(message, start + _int(message, start))
    for column in head.table(2).tables(1):
        name = column.text(0)
        if column.place(4):
            found.categories.add(name)
            if column.table(4).number(2, "B"):
                found.ordered.add(name)
                told = {each.text(0): each for each in column.tables(6)} if column.place(6) else {}
                if _POLARS in told:
                    found.levels[name] = _read_levels(told[_POLARS].text(1))
        if column.number(2, "B") == _DURATION:
            found.durations[name] = PER_SECOND[column.table(3).number(0, "h", 1)]


def _read_levels(text: str) -> tuple[str, ...]:
    """Texts that stand one behind the other, each after its number of bytes: "1;S2;XL"."""
    data, levels = text.encode(), []
    while data:
        size, _, rest = data.partition(b";")
        if not 0 <= int(size) <= len(rest):
            raise ValueError("a level that is cut short")
        levels.append(rest[: int(size)].decode())
        data = rest[int(size) :]
    return tuple(levels)


class _Table:
    """A table of flatbuffers: its fields are found by number in a list of places before it."""

    def __init__(self, data: bytes, start: int) -> None:
        self._data, self._start = data, start

    def place(self, number: int) -> int:
        """Where a field begins; 0 where the table does not have it."""
        places = self._start - _int(self._data, self._start)
        (size,) = struct.unpack_from("<H", self._data, places)
        if 4 + 2 * number >= size:
            return 0
        (offset,) = struct.unpack_from("<H", self._data, places + 4 + 2 * number)
        return self._start + int(offset) if offset else 0

    def number(self, number: int, form: str, default: int = 0) -> int:
        """A field that is a whole number."""
        place = self.place(number)
        return int(struct.unpack_from(f"<{form}", self._data, place)[0]) if place else default

    def _followed(self, number: int) -> int:
        """The place that a field points to."""
        place = self.place(number)
        if not place:
            raise ValueError(f"field {number} is not there")
        return place + _int(self._data, place)

    def table(self, number: int) -> _Table:
        """A field that is a table."""
        return _Table(self._data, self._followed(number))

    def tables(self, number: int) -> Iterator[_Table]:
        """A field that is a list of tables."""
        start = self._followed(number)
        for i in range(_int(self._data, start)):
            place = start + 4 + 4 * i
            yield _Table(self._data, place + _int(self._data, place))

    def text(self, number: int) -> str:
        """A field that is a text."""
        start = self._followed(number)
        return self._data[start + 4 : start + 4 + _int(self._data, start)].decode()


def _int(data: bytes, place: int) -> int:
    if place < 0:  # which Python would count from the end
        raise ValueError("a place before the data")
    (value,) = struct.unpack_from("<i", data, place)
    return int(value)
