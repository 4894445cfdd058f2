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
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
_BLANK = "trim(@, ' ' || chr(9)) = ''"
# The casts take too much: 1_000 as a number, 1.5 as a BIGINT, 'epoch' and 2020/1/2 as a
# TIMESTAMP, and the offset +02:00 they drop without applying it. Commonest cells come first.
_KIND = f"""CASE WHEN @ IS NULL THEN 0
    WHEN TRY_CAST(@ AS DOUBLE) IS NULL OR contains(@, '_') THEN
        CASE WHEN regexp_full_match(@, '\\d{{4}}-\\d\\d-\\d\\d([ T]\\d\\d:\\d\\d'
            || '(:\\d\\d([.]\\d{{1,6}})?)?Z?)?') AND TRY_CAST(@ AS TIMESTAMP) IS NOT NULL
        THEN {_DATE} WHEN {_BLANK} THEN 0 ELSE {_TEXT} END
    WHEN contains(@, '.') THEN {_FLOAT}
    WHEN isnan(TRY_CAST(@ AS DOUBLE)) THEN {_NAN}
    WHEN NOT regexp_full_match(@, '\\s*[+-]?\\d+\\s*') THEN {_FLOAT}
    WHEN regexp_full_match(@, '\\s*[+-]?0\\d+\\s*') THEN {_ZERO}
    WHEN TRY_CAST(@ AS BIGINT) IS NOT NULL THEN {_INT}
    WHEN isinf(TRY_CAST(@ AS DOUBLE)) THEN {_FLOAT} ELSE {_HUGE} END"""
_SELECT = {
    "float": "TRY_CAST(@ AS DOUBLE)",
    "int": "TRY_CAST(@ AS BIGINT)",
    "huge": "@::VARCHAR",
    "date": "TRY_CAST(@ AS TIMESTAMP)",
    "stamp": "@",  # a cast would move it to the local time zone
    "bool": "@",
    "spelled": "CAST(@ AS VARCHAR)",
    "text": f"CASE WHEN {_BLANK.replace('@', '@::VARCHAR')} THEN NULL ELSE @::VARCHAR END",
}
_PLAIN = ("float", "int", "date", "stamp")  # what NumPy holds without Python's objects
_MANY_WORDS = 1 << 16
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
    columns : dict of str to ndarray
        Name -> 1-d array. Numbers: int64 or float64; with cells missing, float64 with NaN, but
        integers of 2**53 or more stay exact in an object array with None, as do integers beyond
        int64. ISO 8601 dates and times: datetime64, NaT where missing. bool: from Parquet and
        JSON alone (object with None where missing). All else: an object array of str, spelled
        as in the file, None where blank.
    n_rows : int
        Rows of data.
    notes : list of str
        What was decided on the way that a reader may want to know.
    source : str
        The path as it was given.
    """

    columns: dict[str, NDArray[Any]]
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
        with tempfile.TemporaryDirectory(prefix="numlp-") as scratch:
            if first_bytes(file).startswith(b"PAR1"):
                return _read_parquet(duckdb, source, file, text)
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
def _connection(duckdb: Any, path: Path) -> Iterator[Any]:
    """Open a database of its own that can read this one file, and nothing else anywhere."""
    config = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "temp_directory": "",
    }
    connection = duckdb.connect(":memory:", config=config)
    try:
        connection.execute(f"SET allowed_paths = [{_literal(str(path))}, {_pattern(path)}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET enable_progress_bar = false")
        yield connection
    except RuntimeError as error:  # what duckdb makes of Ctrl-C
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from None
        raise
    finally:
        connection.close()


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _pattern(path: Path) -> str:
    """Return the pattern that matches this path alone: duckdb expands *, ? and [ in names."""
    return _literal(re.sub(r"([*?\[])", r"[\1]", str(path)))


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


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
    if lone_cr:
        path = text.copied(scratch)
    try:
        return _load_csv(duckdb, text, path, names, notes, spelled)
    except duckdb.Error:
        text.check()  # tells the line; silent, it was the mixture of line ends
    return _load_csv(duckdb, text, text.copied(scratch), names, notes, spelled)


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
    spelled: Collection[str],
) -> Sheet:
    cells = [f"c{i}" for i in range(len(names))]
    relation = f"""read_csv({_pattern(path)}, auto_detect=false, header=true, strict_mode=true,
        null_padding=false, ignore_errors=false, compression='none', hive_partitioning=false,
        delim={_literal(text.delimiter)}, quote='"', escape='"', nullstr='',
        columns={{{", ".join(f"'{cell}': 'VARCHAR'" for cell in cells)}}})"""
    # One lambda for all columns: with an expression for each, 5,000 columns took 16 s, not 2 s.
    each = f"list_transform([{', '.join(cells)}], lambda v: {_KIND.replace('@', 'v')})"
    bits = ", ".join(f"bit_or(k[{i + 1}])" for i in range(len(cells)))
    tally = f"SELECT [{bits}] FROM (SELECT {each} AS k FROM {relation})"  # noqa: S608 - our own names
    with _connection(duckdb, path) as connection:
        held = [each or 0 for each in connection.execute(tally).fetchone()[0]]
        kinds = _respelled(names, [_kind(bits) for bits in held], spelled)
        arrays = _fetch(connection, relation, cells, kinds)
    found = list(zip(names, kinds, held, strict=True))
    zeros = [n for n, kind, bits in found if kind == "text" and bits & ~_NUMBER == _ZERO]
    words = [n for n, kind, bits in found if kind not in ("text", "spelled") and bits & _NAN]
    more = [f"kept as text for leading zeros: {show(*zeros)}"] if zeros else []
    more += [f"nan taken as a missing cell: {show(*words)}"] if words else []
    return _sheet(text.source, names, arrays, notes + more, text)


def _kind(bits: int) -> str:
    if bits == _DATE:
        return "date"
    if bits in (0, _NAN) or bits & ~_NUMBER:
        return "text"
    return "float" if bits & _FLOAT else "huge" if bits & _HUGE else "int"


def _read_parquet(duckdb: Any, source: str, file: Path, spelled: Collection[str]) -> Sheet:
    relation = f"read_parquet({_pattern(file)}, hive_partitioning=false, binary_as_string=true)"
    schema = f"SELECT name FROM parquet_schema({_pattern(file)})"  # noqa: S608 - a quoted literal
    with _connection(duckdb, file) as connection:
        types = _types(connection, source, relation)
        header = [name for (name,) in connection.execute(schema).fetchall()[1:]]
        names, notes = check_names(source, header)
        cells = [_identifier(name) for name in types]
        kinds = _respelled(types, [kind for _, kind in types.values()], spelled)
        arrays = _fetch(connection, relation, cells, kinds)
    return _sheet(source, names, arrays, ["Parquet", *notes])


def _read_json(duckdb: Any, text: TextFile, scratch: str, spelled: Collection[str]) -> Sheet:
    path = text.copied(scratch)  # also says where a byte is no UTF-8
    place = f"{_pattern(path)}, maximum_object_size={_OBJECT}"
    keys = f"SELECT DISTINCT unnest(json_keys(json)) FROM read_json_objects({place})"  # noqa: S608 - a quoted literal
    with _connection(duckdb, path) as connection:
        folded = Counter(key.lower() for (key,) in connection.execute(keys).fetchall())
        twice = [key for key, count in folded.items() if count > 1]
        if twice or not folded:  # duckdb would leave one of the two columns empty
            what = f"names that differ by case alone: {show(*twice)}" if twice else "no records"
            raise fault(text.source, f'JSON with {what}; write records such as {{"a": 1}}')
        relation = f"read_json({place}, sample_size=-1, map_inference_threshold=-1)"
        types = _types(connection, text.source, relation)
        # Text as text: duckdb would make a TIME of '5:10', and print it as '05:10:00'.
        columns = ", ".join(
            f"{_literal(name)}: {_literal('VARCHAR' if kind == 'text' else type_)}"
            for name, (type_, kind) in types.items()
        )
        relation = f"read_json({place}, columns={{{columns}}})"
        cells = [_identifier(name) for name in types]
        kinds = _respelled(types, [kind for _, kind in types.values()], spelled)
        arrays = _fetch(connection, relation, cells, kinds)
    names, notes = check_names(text.source, list(types))
    return _sheet(text.source, names, arrays, ["JSON", *notes])


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


def _fetch(
    connection: Any, relation: str, cells: list[str], kinds: list[str]
) -> list[NDArray[Any]]:
    """The columns; the file is read once for numbers and times, and once for all else.

    Together they would be in memory as duckdb and NumPy have them, and each word again and again.
    """
    arrays: dict[int, NDArray[Any]] = {}
    for plain in (False, True):
        chosen = {i: kind for i, kind in enumerate(kinds) if (kind in _PLAIN) is plain}
        if not chosen:
            continue
        selected = ", ".join(
            f"{_SELECT[kind].replace('@', cells[i])} AS c{i}" for i, kind in chosen.items()
        )
        # z, since of casts alone duckdb makes types of the file, and a cell that is none a fault.
        query = f"SELECT {selected}, false AS z FROM {relation}"  # noqa: S608 - quoted names
        fetched = connection.execute(query).fetchnumpy()
        for i, kind in chosen.items():
            arrays[i] = _column(fetched.pop(f"c{i}"), kind)
    return [arrays[i] for i in range(len(kinds))]


def _column(fetched: NDArray[Any], kind: str) -> NDArray[Any]:
    """Fill what is missing, and keep integers exact."""
    values, missing = np.ma.getdata(fetched), np.ma.getmaskarray(fetched)
    if kind == "huge":
        missing = missing | [not re.search(r"\d", word or "") for word in values]  # nan, blank
        values = np.array(
            [0 if no else int(w) for w, no in zip(values, missing, strict=True)], object
        )
        with contextlib.suppress(OverflowError):
            values = values.astype(np.int64)
    if kind in ("text", "spelled"):
        same: dict[str, str] = {}  # one object for each word, however often it stands there
        for i, word in enumerate(values):
            values[i] = same.setdefault(word, word)
            if len(same) > _MANY_WORDS:  # the table of them would outweigh what it saves
                break
    if not missing.any():
        return values
    if values.dtype == np.int64:
        known = values[~missing]
        if known.min(initial=0) > -(2**53) and known.max(initial=0) < 2**53:
            values = values.astype(float)
    if values.dtype.kind == "f":
        values[missing] = np.nan
    elif values.dtype.kind == "M":
        values[missing] = np.datetime64("NaT")
    else:
        values = values.astype(object)
        values[missing] = None
    return values


def _sheet(
    source: str,
    names: list[str],
    arrays: list[NDArray[Any]],
    notes: list[str],
    text: TextFile | None = None,
) -> Sheet:
    if not arrays or not len(arrays[0]):
        raise fault(source, "has column names but no rows; add rows below them")
    columns: dict[str, NDArray[Any]] = {}
    hollow: list[str] = []
    for number, (name, values) in enumerate(zip(names, arrays, strict=True), start=1):
        # Stops at the first cell filled: None, NaN and NaT are what is not equal to itself.
        empty = values.dtype.kind in "OfM" and all(v is None or v != v for v in values)
        hollow += [name or f"column {number}"] if empty else []
        if name:
            columns[name] = values
        elif not empty:  # where it is empty, every line ends with a delimiter
            raise fault(source, f"column {number} has no name; give it one")
    notes += [f"no cell filled: {show(*hollow)}"] if hollow else []
    sheet = Sheet(columns, len(arrays[0]), notes, source, text)
    for number, values in enumerate(arrays):
        if values.dtype.kind == "f" and np.isinf(values).any():
            raise _infinite(sheet, names[number], number, int(np.argmax(np.isinf(values))))
    return sheet


def _infinite(sheet: Sheet, name: str, column: int, row: int) -> DataError:
    line, cells = sheet._record(row)
    place = f"row {row + 1}" if line is None else f"line {line}"
    cell = show(cells[column].strip()) if cells else "inf"
    what = f"{place}, column {show(name)}: {cell} is infinite or too large for a number"
    return fault(sheet.source, f"{what}; correct the cell or empty it")
