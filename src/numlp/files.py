"""A table file (CSV, Parquet or JSON) -> named NumPy columns; nothing here knows of neural nets.

duckdb parses and converts, millions of cells a second. What it lets pass is caught here, and
Python's csv module, slower but counting lines, says where a file is broken. The traps that the
comments name were met with duckdb 1.4 and 2.0.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import dataclasses
import gzip
import importlib
import io
import itertools
import math
import os
import re
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TextIO

import numpy as np
from numpy.typing import NDArray

from .errors import DataError

__all__ = ["Sheet", "read"]

_BLOCK = 1 << 20
_OBJECT = 1 << 27  # bytes of one JSON record; duckdb's own limit is 16 MB
_DELIMITERS = {",": "','", ";": "';'", "\t": "tab", "|": "'|'"}
_FOREIGN = {  # first bytes, whatever the file is called -> what it is and what to do
    rb"PK\x03\x04|\xd0\xcf\x11\xe0": "an Excel workbook or a zip archive; save the table as CSV",
    rb"\x28\xb5\x2f\xfd|BZh\d|\xfd7zXZ": "compressed; decompress it, or use gzip",
    rb"\s*<(?i:!doctype|html|\?xml)": "a web page or XML; save the table as CSV",
    rb"PAR1": "compressed Parquet; decompress it",  # bare Parquet has been read by then
}

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
    _text: _Text | None = field(default=None, repr=False)

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
            if _head(file).startswith(b"PAR1"):
                return _read_parquet(duckdb, source, file, text)
            opened, notes = _open_text(source, file, encoding)
            try:
                if _is_json(opened):
                    sheet = _read_json(duckdb, opened, scratch, text)
                else:
                    sheet = _read_csv(duckdb, opened, delimiter, scratch, text)
            except UnicodeError:
                raise _undecodable(opened) from None
            return dataclasses.replace(sheet, notes=notes + sheet.notes)
    except duckdb.Error as error:
        what = re.sub(r"^[\w ]+ Error: ", "", str(error)).split("\n")[0].strip()
        raise _fault(source, re.sub(r"""(in )?file ["'][^"']*["'],? ?""", "", what)) from None
    except (EOFError, zlib.error) as error:
        raise _fault(source, f"gzip data damaged or cut short ({error})") from None
    except OSError as error:  # without strerror: bytes that are no gzip data
        raise _fault(source, f"cannot be read: {error.strerror or error}") from None


def _duckdb() -> Any:
    try:
        return importlib.import_module("duckdb")
    except ModuleNotFoundError as error:
        error.msg = "table files are read with duckdb: pip install 'numlp[cli]'"
        raise


def _fault(source: str, what: str) -> DataError:
    """One line, whatever stands in the names and cells it quotes."""
    return DataError(re.sub(r"[\x00-\x1f\x7f]+", " ", f"{source}: {what}"))


def _show(*cells: str) -> str:
    shown = [repr(cell if len(cell) <= 40 else cell[:37] + "...") for cell in cells[:5]]
    return ", ".join(shown) + (f" and {len(cells) - 5} more" if len(cells) > 5 else "")


def _regular_file(source: str) -> Path:
    file = Path(source)
    if "\0" in source or not file.exists():
        raise _fault(source, "no such file")
    if not file.is_file():
        raise _fault(source, "is a directory, a pipe or a device; give a file")
    if file.stat().st_size == 0:
        raise _fault(source, "is empty (0 bytes)")
    file = file.resolve()
    if re.search("[\ud800-\udfff]", str(file)):  # what Python makes of other bytes in a path
        raise _fault(ascii(source), "duckdb takes no path that is not UTF-8; rename the file")
    return file


def _head(file: Path, opener: Callable[..., Any] = open) -> bytes:
    with opener(file, "rb") as stream:
        head: bytes = stream.read(4096)
    return head


# Text: from bytes to rows of cells ---------------------------------------------------------


@dataclass(frozen=True)
class _Text:
    """How the bytes of a text file become rows: the slow reader, which knows its lines."""

    source: str
    path: Path
    opener: Callable[..., Any] = open
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    skip: int = 0  # lines above the header

    def open(self, newline: str | None = "") -> TextIO:
        stream: IO[bytes] = self.opener(self.path, "rb")
        return io.TextIOWrapper(stream, self.encoding, newline=newline)

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """First line and cells of every record but blank lines, the header first."""
        with self.open() as stream:
            start = self.skip + 1
            lines = itertools.islice(stream, self.skip, None)
            # A quote after blanks opens a quoted cell, as it does for duckdb.
            reader = csv.reader(lines, delimiter=self.delimiter, skipinitialspace=True, strict=True)
            try:
                for cells in reader:
                    if cells:
                        yield start, cells
                    start = self.skip + reader.line_num + 1
            except csv.Error:
                what = f"line {start}: a quote opened in this row is not closed where its cell ends"
                raise _fault(self.source, f"{what}; write a quote within quotes twice") from None

    def check(self) -> None:
        """Raise for the first row that is longer or shorter than the header."""
        width = 0
        for line, cells in self.records():
            width = width or len(cells)
            if len(cells) != width:
                what = "correct the line, or quote the cells that hold the delimiter"
                if any("\n" in cell or "\r" in cell for cell in cells):
                    what = "a cell runs over several lines: is a quote not closed?"
                elif len(cells) > width and not any(cells[width:]):
                    what = "remove the delimiter at the end of the line"
                found = f"line {line} has {len(cells)} cells, the header has {width} names"
                raise _fault(self.source, f"{found}; {what}")

    def is_plain(self) -> bool:
        """Whether duckdb can take the file as it is."""
        return self.encoding == "utf-8-sig" and self.opener is open and not self.skip

    def copied(self, scratch: str) -> Path:
        """Copy from the header on: UTF-8, every line ended by LF, under a name of our own."""
        target = Path(scratch, "table")
        with self.open(newline=None) as text, target.open("w", encoding="utf-8", newline="") as out:
            for _ in range(self.skip):
                text.readline()
            for block in iter(lambda: text.read(_BLOCK), ""):
                out.write(block)
        return target


def _open_text(source: str, file: Path, encoding: str | None) -> tuple[_Text, list[str]]:
    opener: Callable[..., Any] = open
    head, notes = _head(file), []
    if head.startswith(b"\x1f\x8b"):
        opener, notes = gzip.open, ["gzip"]
        head = _head(file, opener)
    for pattern, what in _FOREIGN.items():
        if re.match(pattern, head):
            raise _fault(source, f"is {what}")
    found = _encoding(source, head, encoding)
    notes += [f"encoding {found}"] if found != "utf-8-sig" else []
    return _Text(source, file, opener, found), notes


def _encoding(source: str, head: bytes, given: str | None) -> str:
    if given is not None:
        try:
            "".encode(given)  # refuses what is no text encoding, such as 'zip'
            name = codecs.lookup(given).name
        except (LookupError, ValueError):
            raise _fault(source, f"encoding {given!r} is unknown; try utf-8 or latin-1") from None
        return "utf-8-sig" if name == "utf-8" else name
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in head:
        what = f"not text (byte 0 at offset {head.index(0)}), or UTF-16 without its mark"
        raise _fault(source, f"{what}; if so, give --encoding utf-16-le or utf-16-be")
    return "utf-8-sig"


def _undecodable(text: _Text) -> DataError:
    """Say where the first byte is that is not UTF-8, reading again from the start."""
    offset = 0
    with text.opener(text.path, "rb") as stream:
        for line, raw in enumerate(stream if text.encoding == "utf-8-sig" else [], start=1):
            try:
                raw.decode()
            except UnicodeDecodeError as error:
                what = f"byte 0x{raw[error.start]:02x} at offset {offset + error.start}"
                what += f" (line {line}) is not UTF-8; give --encoding latin-1, or what it is in"
                return _fault(text.source, what)
            offset += len(raw)
    return _fault(text.source, f"is not {text.encoding}, or cut short; give another --encoding")


def _is_json(text: _Text) -> bool:
    if re.search(r"\.(json|jsonl|ndjson)(\.\w+)?$", text.source, re.IGNORECASE):
        return True
    with text.open() as stream:
        return re.match(r'\s*(\{\s*"|\[\s*\{)', stream.read(4096)) is not None


def _dialect(text: _Text, given: str | None) -> tuple[_Text, list[str]]:
    """Find delimiter and header; duckdb's sniffer takes a small ragged file for one column."""
    with text.open() as stream:  # two whole lines at least, however wide
        sample = stream.read(_BLOCK) + stream.readline() + stream.readline()
    lines = list(io.StringIO(sample, newline=""))
    above = itertools.takewhile(lambda line: re.match(r"\s*$|#+\s", line), lines)
    skip = sum(1 for _ in above)  # "# made by x" is a comment, "#id,name" a header
    body = "".join(lines[skip:])
    if not body:
        raise _fault(text.source, "holds no header line")
    tried = "".join(_DELIMITERS) if given is None else {"tab": "\t", "\\t": "\t"}.get(given, given)
    if given is not None and (len(tried) != 1 or tried in '"\r\n'):
        raise _fault(text.source, f"--delimiter {given!r} is not one character")
    delimiter = max(tried, key=lambda each: _fit(body, each))
    if not any(_fit(body, delimiter)):
        names = ", ".join(_DELIMITERS.get(each, repr(each)) for each in tried)
        what = f"line {skip + 1}, {_show(lines[skip].strip())}, is one column: tried {names}"
        raise _fault(text.source, f"{what}; give --delimiter, or remove lines above the header")
    notes = [] if delimiter == "," else [f"delimiter {_DELIMITERS.get(delimiter, repr(delimiter))}"]
    notes += [f"lines above the header left out: {skip}"] if skip else []
    return dataclasses.replace(text, delimiter=delimiter, skip=skip), notes


def _fit(sample: str, delimiter: str) -> tuple[float, int]:
    """Share of rows as long as the header, and that length; nothing for a single column."""
    lengths: list[int] = []
    rows = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, skipinitialspace=True)
    with contextlib.suppress(csv.Error):  # a cell beyond the limit of csv: what came before counts
        lengths.extend(len(cells) for cells in itertools.islice(rows, 200) if cells)
    if not lengths or lengths[0] < 2:
        return (0, 0)
    return (lengths.count(lengths[0]) / len(lengths), lengths[0])


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def _names(source: str, header: list[str]) -> tuple[list[str], list[str]]:
    """Check the names: duckdb would rename a second 'a' to 'a_1' without a word."""
    names, notes = [name.strip() for name in header], []
    numbers = [float(name) for name in names if _is_number(name)]
    # 0, 1, 2 or 2019, 2020 may be names; 5.1, 3.5 are data
    if len(numbers) == 1 or set(np.diff(numbers)) - {1.0}:
        notes.append(f"warning: {len(numbers)} of {len(names)} names are numbers: no header line?")
    for name, count in Counter(names).items():
        if name and count > 1:
            where = ", ".join(str(i) for i, other in enumerate(names, start=1) if other == name)
            what = f"columns {where} are all called {_show(name)}; rename them"
            raise _fault(source, what + (", or add the missing header line" if numbers else ""))
    notes += ["blanks around column names removed"] if names != header else []
    if not names[0]:  # pandas writes its index so
        names[0] = next(f"column {i}" for i in itertools.count(1) if f"column {i}" not in names)
        notes.append(f"the first column has no name: called {names[0]!r}")
    return names, notes


# duckdb: from a file to columns ------------------------------------------------------------


@contextlib.contextmanager
def _connection(duckdb: Any, path: Path) -> Iterator[Any]:
    """Open a database of its own that can read this one file, and nothing else anywhere."""
    config = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "python_enable_replacements": "false",
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
    duckdb: Any, text: _Text, delimiter: str | None, scratch: str, spelled: Collection[str]
) -> Sheet:
    text, notes = _dialect(text, delimiter)
    names, more = _names(text.source, next(text.records())[1])
    notes += more
    path = text.path if text.is_plain() else text.copied(scratch)
    lone_cr, ends = _oddities(path, text.delimiter.encode())
    if ends:
        text.check()
    if not lone_cr:
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
        for block in iter(lambda: stream.read(_BLOCK) + stream.readline(_BLOCK), b""):
            lone_cr |= block.count(b"\r") != block.count(b"\r\n")
            ends |= any(delimiter + end in block for end in (b"\n", b"\r"))
            ends |= block.endswith(delimiter)
    return lone_cr, ends


def _load_csv(
    duckdb: Any,
    text: _Text,
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
    # One lambda for all columns: an expression for each took 98 s at 5,000 columns, this 4 s.
    each = f"list_transform([{', '.join(cells)}], lambda v: {_KIND.replace('@', 'v')})"
    bits = ", ".join(f"bit_or(k[{i + 1}])" for i in range(len(cells)))
    tally = f"SELECT [{bits}] FROM (SELECT {each} AS k FROM {relation})"  # noqa: S608 - our own names
    with _connection(duckdb, path) as connection:
        held = [each or 0 for each in connection.execute(tally).fetchone()[0]]
        kinds = [_kind(bits) for bits in held]
        arrays = _fetch(connection, relation, cells, _respelled(names, kinds, spelled))
    zeros = [n for n, bits in zip(names, held, strict=True) if bits & ~_NUMBER == _ZERO]
    words = [
        n for n, bits in zip(names, held, strict=True) if bits & _NAN and _kind(bits) != "text"
    ]
    more = [f"kept as text for leading zeros: {_show(*zeros)}"] if zeros else []
    more += [f"nan taken as a missing cell: {_show(*words)}"] if words else []
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
        names, notes = _names(source, header)
        cells = [_identifier(name) for name in types]
        kinds = _respelled(types, [kind for _, kind in types.values()], spelled)
        arrays = _fetch(connection, relation, cells, kinds)
    return _sheet(source, names, arrays, ["Parquet", *notes])


def _read_json(duckdb: Any, text: _Text, scratch: str, spelled: Collection[str]) -> Sheet:
    path = text.copied(scratch)  # also says where a byte is no UTF-8
    place = f"{_pattern(path)}, maximum_object_size={_OBJECT}"
    keys = f"SELECT DISTINCT unnest(json_keys(json)) FROM read_json_objects({place})"  # noqa: S608 - a quoted literal
    with _connection(duckdb, path) as connection:
        folded = Counter(key.lower() for (key,) in connection.execute(keys).fetchall())
        twice = [key for key, count in folded.items() if count > 1]
        if twice or not folded:  # duckdb would leave one of the two columns empty
            what = f"names that differ by case alone: {_show(*twice)}" if twice else "no records"
            raise _fault(text.source, f'JSON with {what}; write records such as {{"a": 1}}')
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
    names, notes = _names(text.source, list(types))
    return _sheet(text.source, names, arrays, ["JSON", *notes])


def _types(connection: Any, source: str, relation: str) -> dict[str, tuple[str, str]]:
    """Name -> what duckdb calls its type, and the kind of column it is here."""
    types: dict[str, tuple[str, str]] = {}
    for name, type_, *_ in connection.execute(f"DESCRIBE FROM {relation}").fetchall():
        kinds = (kind for pattern, kind in _KIND_OF_TYPE.items() if re.fullmatch(pattern, type_))
        types[name] = (type_, next(kinds, "nested"))
    nested = [name for name, (_, kind) in types.items() if kind == "nested"]
    if nested:
        raise _fault(source, f"lists or records in column {_show(*nested)}; flatten or drop it")
    return types


def _respelled(names: Iterable[str], kinds: list[str], spelled: Collection[str]) -> list[str]:
    """The kinds, but for the columns that are to stay as they are spelled."""
    return ["spelled" if n in spelled else k for n, k in zip(names, kinds, strict=True)]


def _fetch(
    connection: Any, relation: str, cells: list[str], kinds: list[str]
) -> list[NDArray[Any]]:
    selected = ", ".join(
        f"{_SELECT[kind].replace('@', cell)} AS c{i}"
        for i, (cell, kind) in enumerate(zip(cells, kinds, strict=True))
    )
    fetched = connection.execute(f"SELECT {selected} FROM {relation}").fetchnumpy()  # noqa: S608 - quoted names
    return [_column(fetched[f"c{i}"], kind) for i, kind in enumerate(kinds)]


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
    text: _Text | None = None,
) -> Sheet:
    if not arrays or not len(arrays[0]):
        raise _fault(source, "has column names but no rows; add rows below them")
    columns: dict[str, NDArray[Any]] = {}
    hollow: list[str] = []
    for number, (name, values) in enumerate(zip(names, arrays, strict=True), start=1):
        # Stops at the first cell filled: None, NaN and NaT are what is not equal to itself.
        empty = values.dtype.kind in "OfM" and all(v is None or v != v for v in values)
        hollow += [name or f"column {number}"] if empty else []
        if name:
            columns[name] = values
        elif not empty:  # where it is empty, every line ends with a delimiter
            raise _fault(source, f"column {number} has no name; give it one")
    notes += [f"no cell filled: {_show(*hollow)}"] if hollow else []
    sheet = Sheet(columns, len(arrays[0]), notes, source, text)
    for number, values in enumerate(arrays):
        if values.dtype.kind == "f" and np.isinf(values).any():
            raise _infinite(sheet, names[number], number, int(np.argmax(np.isinf(values))))
    return sheet


def _infinite(sheet: Sheet, name: str, column: int, row: int) -> DataError:
    line, cells = sheet._record(row)
    place = f"row {row + 1}" if line is None else f"line {line}"
    cell = _show(cells[column].strip()) if cells else "inf"
    what = f"{place}, column {_show(name)}: {cell} is infinite or too large for a number"
    return _fault(sheet.source, f"{what}; correct the cell or empty it")
