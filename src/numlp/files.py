"""A table file (CSV, Parquet or JSON) -> named NumPy columns; nothing here knows of neural nets.

duckdb parses and converts, millions of cells a second. What it lets pass is caught here, and
Python's csv module, slower but counting lines, says where a file is broken. The traps that the
comments name were met with duckdb 1.4 and 2.0.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import itertools
import os
import re
import tempfile
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cells import BLANK, Stored, fetch, identifier, literal
from .errors import DataError
from .textfile import (
    BLOCK,
    TextFile,
    check_names,
    fault,
    find_dialect,
    first_bytes,
    is_json,
    open_text,
    show,
    undecodable,
)

__all__ = ["Sheet", "read"]

_OBJECT = 1 << 27  # bytes of one JSON record; duckdb's own limit is 16 MB

# What a cell (@) is, as a bit; bit_or over a column is the set of what the column holds.
_TEXT, _INT, _FLOAT, _HUGE, _ZERO, _NAN, _DATE = (1 << i for i in range(7))
_NUMBER = _INT | _FLOAT | _HUGE | _NAN
# The casts take too much: 1_000 as a number, 1.5 as a BIGINT, 'epoch' and 2020/1/2 as a
# TIMESTAMP, and the offset +02:00 they drop without applying it. Commonest cells come first.
_KIND = f"""CASE WHEN @ IS NULL THEN 0
    WHEN TRY_CAST(@ AS DOUBLE) IS NULL OR contains(@, '_') THEN
        CASE WHEN regexp_full_match(@, '\\d{{4}}-\\d\\d-\\d\\d([ T]\\d\\d:\\d\\d'
            || '(:\\d\\d([.]\\d{{1,6}})?)?Z?)?') AND TRY_CAST(@ AS TIMESTAMP) IS NOT NULL
        THEN {_DATE} WHEN {BLANK} THEN 0 ELSE {_TEXT} END
    WHEN contains(@, '.') THEN {_FLOAT}
    WHEN isnan(TRY_CAST(@ AS DOUBLE)) THEN {_NAN}
    WHEN NOT regexp_full_match(@, '\\s*[+-]?\\d+\\s*') THEN {_FLOAT}
    WHEN regexp_full_match(@, '\\s*[+-]?0\\d+\\s*') THEN {_ZERO}
    WHEN TRY_CAST(@ AS BIGINT) IS NOT NULL THEN {_INT}
    WHEN isinf(TRY_CAST(@ AS DOUBLE)) THEN {_FLOAT} ELSE {_HUGE} END"""
_CSV_BUFFER = 4_000_000  # bytes that duckdb reads at a time; a line has 2 MB at most
_KIND_OF_TYPE = {
    r"BOOLEAN": "bool",
    r"U?(TINY|SMALL)INT|U?INTEGER|BIGINT": "int",
    r"UBIGINT|U?HUGEINT": "huge",
    r"FLOAT|DOUBLE|DECIMAL\(\d+,\d+\)": "float",
    r"(DATE|TIMESTAMP[A-Z_ ]*)": "stamp",
    r"VARCHAR|UUID|TIME[A-Z_ ]*|INTERVAL|JSON|\"NULL\"": "text",
}


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
        None where missing). All else: an object array of str, spelled as in the file, None where
        blank.
    n_rows : int
        Rows of data.
    notes : list of str
        What was decided on the way that a reader may want to know.
    source : str
        The path as it was given.
    """

    columns: Mapping[str, NDArray[Any]]
    n_rows: int
    notes: list[str]
    source: str
    _text: TextFile | None = field(default=None, repr=False)

    def line(self, row: int) -> int | None:
        """Line of the file, counted from 1, on which data row ``row`` (from 0) begins.

        None where there is no answer: Parquet, JSON, a file changed or gone since. The file is
        read again up to that row: this is for messages.
        """
        return self._record(row)[0]

    def _record(self, row: int) -> tuple[int | None, list[str]]:
        with contextlib.suppress(OSError, UnicodeError, EOFError, zlib.error, DataError):
            if self._text is not None and 0 <= row < self.n_rows:
                records = itertools.islice(self._text.records(), row + 1, None)
                return next(records, (None, []))
        return None, []


def read(
    path: str | os.PathLike[str],
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    text: Collection[str] = (),
) -> Sheet:
    r"""Read a CSV, Parquet or JSON file, gzipped or not, told apart by its bytes.

    Parameters
    ----------
    path : str or path-like
        A file, and only that: never a pattern, an address or a query.
    delimiter : str, optional
        One character, or ``"tab"``; by default the best of comma, semicolon, tab and bar.
    encoding : str, optional
        A codec of Python; by default UTF-8, or what the byte order mark says.
    text : collection of str, default ()
        Columns to leave as they are spelled, whatever they hold: labels, for instance.

    Returns
    -------
    Sheet

    Raises
    ------
    numlp.errors.DataError
        The file is no table that can be read: one line with the place and the remedy.
    ModuleNotFoundError
        duckdb is not installed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "pets.csv")
    ...     _ = path.write_text("size;kind\n1;cat\n;NA\n")
    ...     sheet = read(path)
    >>> sheet.columns
    {'size': array([ 1., nan]), 'kind': array(['cat', 'NA'], dtype=object)}
    >>> sheet.notes
    ["delimiter ';'"]
    """
    duckdb, source = _duckdb(), os.fspath(path)
    try:
        file = _regular_file(source)
        with tempfile.TemporaryDirectory(prefix="numlp-", ignore_cleanup_errors=True) as scratch:
            if first_bytes(file).startswith(b"PAR1"):
                return _read_parquet(duckdb, source, file, scratch, text)
            opened, notes = open_text(source, file, encoding)
            try:
                if is_json(opened):
                    sheet = _read_json(duckdb, opened, scratch, text)
                else:
                    sheet = _read_csv(duckdb, opened, delimiter, scratch, text)
            except UnicodeError:
                raise undecodable(opened) from None
            return dataclasses.replace(sheet, notes=notes + sheet.notes)
    except duckdb.Error as error:
        what = re.sub(r"^[\w ]+ Error: ", "", str(error)).split("\n")[0].strip()
        raise fault(source, re.sub(r"""(in )?file ["'][^"']*["'],? ?""", "", what)) from None
    except (EOFError, zlib.error) as error:
        raise fault(source, f"gzip data damaged or cut short ({error})") from None
    except OSError as error:  # without strerror: bytes that are no gzip data
        raise fault(source, f"cannot be read: {error.strerror or error}") from None


def _duckdb() -> Any:
    try:
        return importlib.import_module("duckdb")
    except ModuleNotFoundError as error:
        error.msg = "table files are read with duckdb: pip install 'numlp[cli]'"
        raise


def _regular_file(source: str) -> Path:
    file = Path(source)
    if "\0" in source or not file.exists():
        raise fault(source, "no such file")
    if not file.is_file():
        raise fault(source, "is a directory, a pipe or a device; give a file")
    if file.stat().st_size == 0:
        raise fault(source, "is empty (0 bytes)")
    file = file.resolve()
    if re.search("[\ud800-\udfff]", str(file)):  # what Python makes of other bytes in a path
        raise fault(ascii(source), "duckdb takes no path that is not UTF-8; rename the file")
    return file


@contextlib.contextmanager
def _connection(duckdb: Any, path: Path, scratch: str) -> Iterator[Any]:
    """Open a database of its own that can read this one file, and write into a folder for it."""
    config = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "temp_directory": "",
    }
    connection = duckdb.connect(":memory:", config=config)
    try:
        connection.execute(f"SET allowed_paths = [{literal(str(path))}, {_pattern(path)}]")
        connection.execute(f"SET allowed_directories = [{literal(scratch)}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET enable_progress_bar = false")
        yield connection
    except RuntimeError as error:  # what duckdb makes of Ctrl-C
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from None
        raise
    finally:
        connection.close()


def _pattern(path: Path) -> str:
    """Return the pattern that matches this path alone: duckdb expands *, ? and [ in names."""
    return literal(re.sub(r"([*?\[])", r"[\1]", str(path)))


def _read_csv(
    duckdb: Any, text: TextFile, delimiter: str | None, scratch: str, spelled: Collection[str]
) -> Sheet:
    text, notes = find_dialect(text, delimiter)
    names, more = check_names(text.source, next(text.records())[1])
    notes += more
    path = text.path if text.is_plain() else text.copied(scratch)
    lone_cr, ends = _oddities(path, text.delimiter.encode())
    if ends:
        text.check()
    if not lone_cr:
        try:
            return _load_csv(duckdb, text, path, names, notes, scratch, spelled)
        except duckdb.Error:
            text.check()  # tells the line; silent, it was the mixture of line ends
    return _load_csv(duckdb, text, text.copied(scratch), names, notes, scratch, spelled)


def _oddities(path: Path, delimiter: bytes) -> tuple[bool, bool]:
    """Whether there is a CR without LF, and a line that ends with a delimiter.

    duckdb may lose the character after the one, and lets any number of the other pass.
    """
    lone_cr = ends = False
    with path.open("rb") as stream:
        # Blocks end with a line, so that nothing looked for lies across two of them.
        for block in iter(lambda: stream.read(BLOCK) + stream.readline(BLOCK), b""):
            lone_cr |= block.count(b"\r") != block.count(b"\r\n")
            ends |= any(delimiter + end in block for end in (b"\n", b"\r"))
            ends |= block.endswith(delimiter)
    return lone_cr, ends


def _load_csv(
    duckdb: Any,
    text: TextFile,
    path: Path,
    names: list[str],
    notes: list[str],
    scratch: str,
    spelled: Collection[str],
) -> Sheet:
    cells = [f"c{i}" for i in range(len(names))]
    # For a large file memory counts, for a small one the time to read it in one piece.
    buffer = f"buffer_size={_CSV_BUFFER}," if path.stat().st_size > _CSV_BUFFER else ""
    relation = f"""read_csv({_pattern(path)}, auto_detect=false, header=true, strict_mode=true,
        null_padding=false, ignore_errors=false, compression='none', hive_partitioning=false,
        delim={literal(text.delimiter)}, quote='"', escape='"', nullstr='', {buffer}
        columns={{{", ".join(f"'{cell}': 'VARCHAR'" for cell in cells)}}})"""
    # One lambda for all columns: with an expression for each, 5,000 columns took 16 s, not 2 s.
    each = f"list_transform([{', '.join(cells)}], lambda v: {_KIND.replace('@', 'v')})"
    bits = ", ".join(f"bit_or(k[{i + 1}])" for i in range(len(cells)))
    tally = f"SELECT [{bits}] FROM (SELECT {each} AS k FROM {relation})"  # noqa: S608 - our own names
    with _connection(duckdb, path, scratch) as connection:
        held = [each or 0 for each in connection.execute(tally).fetchone()[0]]
        kinds = _respelled(names, [_kind(bits) for bits in held], spelled)
        fetched = fetch(duckdb, connection, relation, cells, kinds, scratch)
    found = list(zip(names, kinds, held, strict=True))
    zeros = [n for n, kind, bits in found if kind == "text" and bits & ~_NUMBER == _ZERO]
    words = [n for n, kind, bits in found if kind not in ("text", "spelled") and bits & _NAN]
    more = [f"kept as text for leading zeros: {show(*zeros)}"] if zeros else []
    more += [f"nan taken as a missing cell: {show(*words)}"] if words else []
    return _sheet(text.source, names, fetched, notes + more, text)


def _kind(bits: int) -> str:
    if bits == _DATE:
        return "date"
    if bits in (0, _NAN) or bits & ~_NUMBER:
        return "text"
    return "float" if bits & _FLOAT else "huge" if bits & _HUGE else "int"


def _read_parquet(
    duckdb: Any, source: str, file: Path, scratch: str, spelled: Collection[str]
) -> Sheet:
    relation = f"read_parquet({_pattern(file)}, hive_partitioning=false, binary_as_string=true)"
    schema = f"SELECT name FROM parquet_schema({_pattern(file)})"  # noqa: S608 - a quoted literal
    with _connection(duckdb, file, scratch) as connection:
        types = _types(connection, source, relation)
        header = [name for (name,) in connection.execute(schema).fetchall()[1:]]
        names, notes = check_names(source, header)
        cells = [identifier(name) for name in types]
        kinds = _respelled(types, [kind for _, kind in types.values()], spelled)
        fetched = fetch(duckdb, connection, relation, cells, kinds, scratch)
    return _sheet(source, names, fetched, ["Parquet", *notes])


def _read_json(duckdb: Any, text: TextFile, scratch: str, spelled: Collection[str]) -> Sheet:
    path = text.copied(scratch)  # also says where a byte is no UTF-8
    place = f"{_pattern(path)}, maximum_object_size={_OBJECT}"
    keys = f"SELECT DISTINCT unnest(json_keys(json)) FROM read_json_objects({place})"  # noqa: S608 - a quoted literal
    with _connection(duckdb, path, scratch) as connection:
        folded = Counter(key.lower() for (key,) in connection.execute(keys).fetchall())
        twice = [key for key, count in folded.items() if count > 1]
        if twice or not folded:  # duckdb would leave one of the two columns empty
            what = f"names that differ by case alone: {show(*twice)}" if twice else "no records"
            raise fault(text.source, f'JSON with {what}; write records such as {{"a": 1}}')
        relation = f"read_json({place}, sample_size=-1, map_inference_threshold=-1)"
        types = _types(connection, text.source, relation)
        # Text as text: duckdb would make a TIME of '5:10', and print it as '05:10:00'.
        columns = ", ".join(
            f"{literal(name)}: {literal('VARCHAR' if kind == 'text' else type_)}"
            for name, (type_, kind) in types.items()
        )
        relation = f"read_json({place}, columns={{{columns}}})"
        cells = [identifier(name) for name in types]
        kinds = _respelled(types, [kind for _, kind in types.values()], spelled)
        fetched = fetch(duckdb, connection, relation, cells, kinds, scratch)
    names, notes = check_names(text.source, list(types))
    return _sheet(text.source, names, fetched, ["JSON", *notes])


def _types(connection: Any, source: str, relation: str) -> dict[str, tuple[str, str]]:
    """Name -> what duckdb calls its type, and the kind of column it is here."""
    types: dict[str, tuple[str, str]] = {}
    for name, type_, *_ in connection.execute(f"DESCRIBE FROM {relation}").fetchall():
        kinds = (kind for pattern, kind in _KIND_OF_TYPE.items() if re.fullmatch(pattern, type_))
        types[name] = (type_, next(kinds, "nested"))
    nested = [name for name, (_, kind) in types.items() if kind == "nested"]
    if nested:
        raise fault(source, f"lists or records in column {show(*nested)}; flatten or drop it")
    return types


def _respelled(names: Iterable[str], kinds: list[str], spelled: Collection[str]) -> list[str]:
    """The kinds, but for the columns that are to stay as they are spelled."""
    return ["spelled" if n in spelled else k for n, k in zip(names, kinds, strict=True)]


def _sheet(
    source: str,
    names: list[str],
    fetched: tuple[int, Mapping[int, NDArray[Any]]],
    notes: list[str],
    text: TextFile | None = None,
) -> Sheet:
    n_rows, cells = fetched
    if not n_rows:
        raise fault(source, "has column names but no rows; add rows below them")
    numbers: dict[str, int] = {}
    hollow: list[str] = []
    infinite: list[tuple[int, int]] = []
    for number, name in enumerate(names):
        values = cells[number]
        # Stops at the first cell filled: None, NaN and NaT are what is not equal to itself.
        empty = values.dtype.kind in "OfM" and all(v is None or v != v for v in values)
        hollow += [name or f"column {number + 1}"] if empty else []
        if name:
            numbers[name] = number
        elif not empty:  # where it is empty, every line ends with a delimiter
            raise fault(source, f"column {number + 1} has no name; give it one")
        if values.dtype.kind == "f" and np.isinf(values).any():
            infinite.append((number, int(np.argmax(np.isinf(values)))))
    notes += [f"no cell filled: {show(*hollow)}"] if hollow else []
    columns: Mapping[str, NDArray[Any]] = (
        cells.named(numbers)
        if isinstance(cells, Stored)
        else {name: cells[number] for name, number in numbers.items()}
    )
    sheet = Sheet(columns, n_rows, notes, source, text)
    for number, row in infinite:
        raise _infinite(sheet, names[number], number, row)
    return sheet


def _infinite(sheet: Sheet, name: str, column: int, row: int) -> DataError:
    line, cells = sheet._record(row)
    place = f"row {row + 1}" if line is None else f"line {line}"
    cell = show(cells[column].strip()) if cells else "inf"
    what = f"{place}, column {show(name)}: {cell} is infinite or too large for a number"
    return fault(sheet.source, f"{what}; correct the cell or empty it")
