"""What duckdb finds in a file -> NumPy columns: all at once, or each when it is asked for."""

from __future__ import annotations

import contextlib
import importlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLANK = "(@ < '!' AND trim(@, ' ' || chr(9)) = '')"  # compared sooner than trimmed
SELECT = {
    "float": "TRY_CAST(@ AS DOUBLE)",
    "int": "TRY_CAST(@ AS BIGINT)",
    "huge": "@::VARCHAR",
    "date": "TRY_CAST(@ AS TIMESTAMP)",
    "bool": "@",
    "spelled": "CAST(@ AS VARCHAR)",
    "text": f"CASE WHEN {BLANK.replace('@', '@::VARCHAR')} THEN NULL ELSE @::VARCHAR END",
}
TYPED = SELECT | {"date": "@", "vector": "@"}  # a cast would move it to the local time zone
# Up to so many cells are all held in memory, and so are those of a table of few rows, whose columns
# may be many; of a larger table each column is fetched when it is asked for.
FEW_CELLS, FEW_ROWS = 1 << 20, 50_000
FETCHED_ROWS = 1 << 17  # rows of such a column that are fetched at a time
MANY_WORDS = 1 << 16  # distinct words; a list of more would take more memory than it saves
MIB_OF_TABLE, MIB_OF_COLUMN = 24, 4  # MiB that duckdb may take to write a file, at first


def literal(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name as an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def fetch(
    connection: Any, query: str, n_rows: int, kinds: list[str], scratch: Path
) -> Mapping[int, NDArray[Any]]:
    """Fetch the columns that a query finds, by their numbers.

    Parameters
    ----------
    query : str
        A query for columns c0, c1, ..., each converted as ``SELECT`` has it.
    n_rows : int
        The number of its rows.
    kinds : list of str
        The kind of each column, a key of ``SELECT``.
    scratch : Path
        A folder that the connection may write into.
    """
    if n_rows * len(kinds) > FEW_CELLS and n_rows > FEW_ROWS:
        return Stored.of(connection, query, kinds, n_rows, scratch)
    found = connection.execute(query).fetchnumpy()
    return {
        i: converted(*_parted(found.pop(f"c{i}"), _words_of(kind)), kind)
        for i, kind in enumerate(kinds)
    }


class Stored(Mapping[Any, NDArray[Any]]):
    """Columns in a file of duckdb, which keeps each apart: asking for one does not read all.

    In the memory of duckdb or of NumPy, a large table takes many times the size of its file.

    Parameters
    ----------
    connection
        A connection to the file.
    kinds : list of str
        The kinds of all columns of the file, by their numbers.
    n_rows : int
    numbers : mapping of key to int
        The number of each column in the mapping.
    """

    def __init__(
        self, connection: Any, kinds: list[str], n_rows: int, numbers: Mapping[Any, int]
    ) -> None:
        self._connection, self._kinds, self._n_rows = connection, kinds, n_rows
        self._numbers = dict(numbers)

    @classmethod
    def of(
        cls,
        connection: Any,
        query: str,
        kinds: list[str],
        n_rows: int,
        scratch: Path,
    ) -> Stored:
        """Keep what a query finds in a file in the folder ``scratch``."""
        duckdb = importlib.import_module("duckdb")
        path = scratch / "cells.duckdb"
        connection.execute("SET threads = 1")
        connection.execute(f"ATTACH {literal(str(path))} AS stored")
        usual = connection.execute("SELECT current_setting('memory_limit')").fetchone()[0]
        connection.execute(f"SET memory_limit = '{MIB_OF_TABLE + MIB_OF_COLUMN * len(kinds)}MiB'")
        try:
            connection.execute(f"CREATE TABLE stored.cells AS {query}")
        except duckdb.OutOfMemoryException:  # long lines, or long records of JSON
            # RESET would not do: duckdb 1 keeps the lower limit then.
            connection.execute(f"SET memory_limit = {literal(str(usual))}")
            connection.execute(f"CREATE TABLE stored.cells AS {query}")
        connection.execute("DETACH stored")
        opened = duckdb.connect(
            path, read_only=True, config={"threads": "1", "memory_limit": f"{MIB_OF_TABLE}MiB"}
        )
        # Where an open file can be removed, nothing of it is left whatever happens.
        with contextlib.suppress(OSError):
            path.unlink()
        return cls(opened, kinds, n_rows, {i: i for i in range(len(kinds))})

    def named(self, numbers: Mapping[str, int]) -> Stored:
        """The columns of these numbers, by name."""
        return Stored(self._connection, self._kinds, self._n_rows, numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._numbers)

    def __contains__(self, key: object) -> bool:
        return key in self._numbers  # without fetching it

    def __getitem__(self, key: Any) -> NDArray[Any]:
        number = self._numbers[key]
        words = _words_of(self._kinds[number])
        values, missing = np.empty(0), np.zeros(self._n_rows, bool)
        for start in range(0, self._n_rows, FETCHED_ROWS):
            rows = slice(start, start + FETCHED_ROWS)
            where = f"rowid >= {start} AND rowid < {rows.stop}"
            query = f"SELECT c{number} FROM cells WHERE {where}"  # noqa: S608 - numbers
            found = self._connection.execute(query).fetchnumpy()[f"c{number}"]
            if not start:
                values = np.empty(self._n_rows, found.dtype)
            values[rows], missing[rows] = _parted(found, words)
        return converted(values, missing, self._kinds[number])


def _words_of(kind: str) -> dict[str, str] | None:
    """An index for the words of a column of this kind; a vector has none."""
    return None if kind == "vector" else {}


def _parted(
    found: NDArray[Any], words: dict[str, str] | None
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The values, and where they are missing; equal words are made one object, to save memory.

    ``words`` is None for a column of vectors.
    """
    values, missing = np.ma.getdata(found), np.ma.getmaskarray(found)
    if values.dtype == object and words is not None:
        for i, word in enumerate(values):
            values[i] = words.setdefault(word, word)
            if len(words) > MANY_WORDS:
                break
    return values, missing


def converted(values: NDArray[Any], missing: NDArray[np.bool_], kind: str) -> NDArray[Any]:
    """Fill what is missing, and keep integers exact."""
    if kind == "huge":
        missing = missing | [not re.search(r"\d", word or "") for word in values]  # nan, blank
        values = np.array(
            [0 if no else int(w) for w, no in zip(values, missing, strict=True)], object
        )
        with contextlib.suppress(OverflowError):
            values = values.astype(np.int64)
    if not missing.any():
        return values
    if values.dtype == np.int64:
        known = values[~missing]
        if known.min(initial=0) > -(2**53) and known.max(initial=0) < 2**53:
            values = values.astype(float)
    if values.dtype.kind == "f":
        values[missing] = np.nan
    elif values.dtype.kind == "M":
        values[missing] = np.datetime64("NaT", "ms")
    else:
        values = values.astype(object)
        values[missing] = None
    return values
