"""Several files read as one table: their columns, the kind of each, and its cells."""

from __future__ import annotations

import contextlib
import itertools
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...common.missing import is_missing
from ...common.wording import nearest
from ...errors import DataError
from ..vectors import are_vectors, from_cells
from .cells import SELECT, TYPED, Stored, converted, fetch
from .relation import (
    COMMA,
    FLOAT,
    INT,
    NAN,
    NUMBER,
    THREE,
    VECTOR,
    ZERO,
    Relation,
    connection,
    kind_of,
)
from .text_file import TextFile, fault, long_cells, show

# Where files differ in format, the times of all become UTC without a zone.  Fetched one by one as
# Python's objects, times with a zone would need pytz.
_AS_UTC = "make_timestamp(epoch_us(@))"
_EPOCH = "epoch_us(@)"


@dataclass(frozen=True, eq=False)
class Sheet:
    """The columns of one table file, columns and rows in the file's order.

    Attributes
    ----------
    columns : mapping of str to ndarray
        Name -> 1-d array; of a large file each is fetched anew whenever it is asked for.
        Numbers: int64 or float64; with cells missing, float64 with NaN, but integers of 2**53 or
        more stay exact in an object array with None, as do integers beyond int64. ISO 8601 dates
        and times: datetime64, NaT where missing. bool: from Parquet and JSON alone (object with
        None where missing). Lists of numbers, from Parquet and JSON: an object array of lists or
        arrays, None where missing. All else: an object array of str, spelled as in the file, None
        where blank.
    n_rows : int
        Rows of data.
    notes : list of str
        What was decided on the way that a reader may want to know.
    source : str
        The path as it was given; for several files what messages call them.
    categories : frozenset of str
        The names of the columns whose type in the file says that they hold categories.
    levels : mapping of str to tuple of str
        Of those among them that have an order, all categories, the lowest first.
    spelled : mapping of str to ndarray
        Columns that were asked for as they are spelled in the file, beside ``columns``: an object
        array of str each, None where blank.
    decimal : str
        The decimal sign that a text file suggests for words in doubt: a point where a column has
        numbers with points, or where commas part the columns, a comma where semicolons do; "" else.
    """

    columns: Mapping[str, NDArray[Any]]
    n_rows: int
    notes: list[str]
    source: str
    categories: frozenset[str] = frozenset()
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    spelled: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    decimal: str = ""
    _text: TextFile | None = field(default=None, repr=False)

    def line(self, row: int) -> int | None:
        """The line of the file, counted from 1, on which data row ``row`` (from 0) begins.

        None where there is no answer: for Parquet, JSON and several files, and where the file has
        changed or been removed since.  The file is read again up to that row: this is for messages.
        """
        return _record(self._text, row)[0] if 0 <= row < self.n_rows else None


class Joined:
    """Files that are one table.

    Attributes
    ----------
    relations : list of Relation
        The files.
    names : list of str
        The names of the columns, in the order of the first file.
    spelled : list of str
        The names of the columns that are given as they are spelled too.
    kinds : list of str
        The kind of each of ``names``, then of each of ``spelled``: a key of ``SELECT``.
    places : list of list of int
        For each file, the places of these columns in it.
    notes : list of str
        What was decided on the way.
    decimal : str
        As in ``Sheet``.
    """

    def __init__(self, relations: Sequence[Relation], scratch: Path) -> None:
        self.relations, self.names = list(relations), relations[0].names
        self.places = [_places(relation, relations[0]) for relation in relations]
        self.kinds: list[str] = []
        self.spelled: list[str] = []
        self.decimal = ""
        self.source, self._scratch = all_of(relations), scratch
        self.notes = [f"{len(relations):,} files, one table"] if len(relations) > 1 else []
        self.notes += dict.fromkeys(note for each in relations for note in each.notes)

    def decide(
        self,
        spelled: Collection[str] = (),
        words: Collection[str] = (),
        decimal: str | None = None,
    ) -> None:
        """Decide the kind of each column by its cells in all files; arguments are ``read``'s."""
        holds = [0] * len(self.names)
        for relation, places in zip(self.relations, self.places, strict=True):
            for i, place in enumerate(places):
                holds[i] |= relation.holds[place]
        found = list(zip(self.names, holds, strict=True))
        self.kinds = ["spelled" if n in spelled else kind_of(bits) for n, bits in found]
        for name, bits in found:
            if bits & VECTOR and name in spelled:
                what = f"column {show(name)} has vectors, and labels are words, numbers or truths"
                raise fault(self.source, f"{what}; name another column")
            if bits & VECTOR and bits != VECTOR:
                what = f"column {show(name)} has vectors in one file and other cells in another"
                raise fault(self.source, f"{what}; give the column one type in all files")
        if all(each.text is not None for each in self.relations):  # others have types
            self._doubt(found, words, decimal)
        read = [(n, kind, bits) for (n, bits), kind in zip(found, self.kinds, strict=True)]
        zeros = [n for n, kind, bits in read if kind == "text" and bits & ~NUMBER == ZERO]
        nans = [n for n, kind, bits in read if kind not in ("text", "spelled") and bits & NAN]
        self.notes += [f"kept as text for leading zeros: {show(*zeros)}"] if zeros else []
        self.notes += [f"nan taken as a missing cell: {show(*nans)}"] if nans else []

    def _doubt(
        self, found: list[tuple[str, int]], words: Collection[str], decimal: str | None
    ) -> None:
        """Leave columns of a text file as words whose points may part thousands."""
        delimiters = {each.text.delimiter for each in self.relations if each.text is not None}
        points, commas = (any(bits & each for _, bits in found) for each in (FLOAT, COMMA))
        self.decimal = "." if points or "," in delimiters else "," * (delimiters == {";"})
        for i, (name, bits) in enumerate(found):
            is_doubted = commas if decimal is None else decimal == ","
            is_doubted |= name in words and not points
            # Alone, 1.234 may be a measurement; beside 567, semicolons suggest that it is 1234.
            is_doubted |= decimal is None and self.decimal == "," and bool(bits & INT)
            # A column with clear points is words where it contradicts the caller.
            is_open = bits & (FLOAT | THREE) if decimal else bits & THREE and not bits & FLOAT
            if is_doubted and is_open and self.kinds[i] != "spelled":
                self.kinds[i] = "text"

    def keep(self, only: Collection[str], spelled: Collection[str]) -> None:
        """Leave out all but these columns, if all are there, and add those that are to be spelled.

        Raises
        ------
        DataError
            A column that is to be spelled is not there.
        """
        lacking = [name for name in spelled if not name or name not in self.names]
        if lacking:
            there = nearest(lacking[0], [name for name in self.names if name])
            raise fault(self.source, f"no column {show(lacking[0])}; {there}")
        kept = list(range(len(self.names)))
        if only and set(only) <= set(self.names):
            kept = [i for i in kept if self.names[i] in only]
        added = [self.names.index(name) for name in spelled]
        self.spelled = list(spelled)
        self.names = [self.names[i] for i in kept]
        self.kinds = [self.kinds[i] for i in kept] + ["spelled"] * len(added)
        self.places = [[places[i] for i in kept + added] for places in self.places]

    def fetch(self) -> tuple[int, Mapping[int, NDArray[Any]]]:
        """Fetch the number of rows, and the columns by their numbers."""
        n_rows = sum(relation.n_rows for relation in self.relations)
        with self._connected() as opened:
            return n_rows, fetch(opened, self._query(), n_rows, self.kinds, self._scratch)

    def records(self, rows: int) -> Iterator[list[tuple[Any, ...]]]:
        """The cells of so many rows at a time; each row ends with the z of ``_query``."""
        kept = self.relations[0].opened if len(self.relations) == 1 else None
        with self._connected() if kept is None else contextlib.nullcontext(kept) as opened:
            cursor = opened.execute(self._query(streamed=True))
            while found := cursor.fetchmany(rows):
                yield found

    def _connected(self) -> contextlib.AbstractContextManager[Any]:
        return connection([relation.path for relation in self.relations], self._scratch)

    def _query(self, *, streamed: bool = False) -> str:
        """The SQL that selects the columns c0, c1, ... of all files, and a constant z."""
        selects = []
        for relation, places in zip(self.relations, self.places, strict=True):
            cells = [
                self._cell(relation, place, kind, streamed)
                for place, kind in zip(places, self.kinds, strict=True)
            ]
            selected = ", ".join(f"{cell} AS c{i}" for i, cell in enumerate(cells))
            # z, since duckdb takes casts alone for the types of the file, and a cell that cannot be
            # cast for a fault.
            selects.append(f"SELECT {selected}, false AS z FROM {relation.sql}")  # noqa: S608 - quoted names
        return " UNION ALL ".join(selects)

    def _cell(self, relation: Relation, place: int, kind: str, streamed: bool) -> str:
        """The SQL that selects one column of one file, converted to its kind."""
        convert = SELECT if relation.text is not None else TYPED
        cell = convert[kind].replace("@", relation.cells[place])
        if kind == "date" and streamed:
            return _EPOCH.replace("@", cell)
        if kind == "date" and len(self.relations) > 1:
            return _AS_UTC.replace("@", cell)
        return cell

    def sheet(
        self, n_rows: int, cells: Mapping[int, NDArray[Any]], first: int | None = None
    ) -> Sheet:
        """Make a sheet of the columns of all rows, or of a block that begins with row ``first``."""
        if not n_rows:
            raise fault(self.source, "has column names but no rows; add rows below them")
        numbers: dict[str, int] = {}
        hollow: list[str] = []
        infinite: list[tuple[str, int]] = []
        for number, name in enumerate(self.names):
            values = cells[number]
            if self.kinds[number] == "vector" and are_vectors(values):
                found = self._vectors(name, values, first or 0)
                if isinstance(cells, dict):  # else it is made again when it is asked for
                    values = cells[number] = found
            empty = values.dtype.kind in "OfM" and all(map(is_missing, values))
            hollow += [name or f"column {number + 1}"] if empty else []
            if name:
                numbers[name] = number
            elif not empty:  # where it is empty, every line ends with a delimiter
                what = f"column {number + 1} has no name; give it one"
                if 2 * self.names.count("") >= len(self.names):  # below a title, for instance
                    what += ", or delete what stands above the names of the columns"
                raise fault(self.source, what)
            if values.dtype.kind == "f" and np.isinf(values).any():
                infinite.append((name, int(np.argmax(np.isinf(values)))))
        for name, row in infinite:
            raise self._infinite(name, (first or 0) + row)
        notes = [] if first else [*self.notes]
        notes += [f"no cell filled: {show(*hollow)}"] if hollow and first is None else []
        text = self.relations[0].text if len(self.relations) == 1 and not first else None
        columns: Mapping[str, NDArray[Any]] = (
            cells.named(numbers)
            if isinstance(cells, Stored)
            else {name: cells[number] for name, number in numbers.items()}
        )
        categories = frozenset().union(*(each.categories for each in self.relations))
        levels = {
            name: own
            for name, own in self.relations[0].levels.items()
            if name in columns and all(each.levels.get(name) == own for each in self.relations)
        }
        categories = categories.intersection(columns)
        spelled = {name: cells[len(self.names) + i] for i, name in enumerate(self.spelled)}
        return Sheet(
            columns,
            n_rows,
            notes,
            self.source,
            categories,
            levels,
            spelled,
            self.decimal,
            text,
        )

    def _vectors(self, name: str, cells: NDArray[Any], first: int) -> NDArray[Any]:
        try:
            return from_cells(name, cells, first)
        except DataError as error:
            raise fault(self.source, str(error)) from None

    def _infinite(self, name: str, row: int) -> DataError:
        """The error for an infinite cell, with its line and spelling where they can be found."""
        for relation in self.relations:
            if row < relation.n_rows:
                break
            row -= relation.n_rows
        line, cells = _record(relation.text, row)
        place = f"row {row + 1}" if line is None else f"line {line}"
        cell = show(cells[relation.names.index(name)].strip()) if cells else "inf"
        what = f"{place}, column {show(name)}: {cell} is infinite or too large for a number"
        return fault(relation.source, f"{what}; correct the cell or empty it")


def all_of(relations: Sequence[Relation]) -> str:
    """The name of several files in messages."""
    more = len(relations) - 1
    return relations[0].source + (f" and {more:,} more" if more else "")


def _places(relation: Relation, first: Relation) -> list[int]:
    """The places in a file of the columns of the first file."""
    lacking = [name for name in first.names if name not in relation.names]
    beyond = [name for name in relation.names if name not in first.names]
    if lacking or beyond:
        what = f"has no column {show(*lacking)}" if lacking else f"has a column {show(*beyond)}"
        others = f"which {first.source} {'has' if lacking else 'does not have'}"
        raise fault(relation.source, f"{what}, {others}; files read as one need the same columns")
    if len(relation.names) != len(first.names):  # "" may stand there again and again
        raise fault(relation.source, "has more or fewer columns without a name than the first file")
    if relation.names == first.names:
        return list(range(len(first.names)))
    unnamed = iter(i for i, name in enumerate(relation.names) if not name)
    place = {name: i for i, name in enumerate(relation.names)}
    return [place[name] if name else next(unnamed) for name in first.names]


def from_tuple(cells: tuple[Any, ...], kind: str) -> NDArray[Any]:
    """A column made of cells that came one by one, None where missing."""
    if kind == "float":
        values = np.array(cells, float)  # None is NaN, which is as good as missing
        return converted(values, np.isnan(values), kind)
    missing = np.array([cell is None for cell in cells], bool)
    if kind in ("int", "date", "bool"):
        known = [0 if cell is None else cell for cell in cells] if missing.any() else cells
        values = np.array(known, bool if kind == "bool" else np.int64)
        return converted(values.view("M8[us]") if kind == "date" else values, missing, kind)
    if kind == "vector":  # of which NumPy would make an array of two dimensions
        vectors = np.empty(len(cells), object)
        vectors[:] = cells
        return vectors
    return converted(np.array(cells, object), missing, kind)


def _record(text: TextFile | None, row: int) -> tuple[int | None, list[str]]:
    """The first line of a row of data, and its cells; None and no cell where they are not found."""
    with contextlib.suppress(OSError, UnicodeError, EOFError, zlib.error, DataError):
        if text is not None:
            with long_cells():
                records = itertools.islice(text.records(), row + 1, None)
                return next(records, (None, []))
    return None, []
