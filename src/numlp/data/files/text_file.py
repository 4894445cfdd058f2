"""A text file -> rows of cells: its packing, encoding, delimiter and header, by looking at it.

Python's csv module does the reading, slower than a database but counting lines, so that it can say
where a file is broken.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import dataclasses
import gzip
import io
import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TextIO

import numpy as np

from ...errors import DataError

BLOCK = 1 << 20
MOST_CELL = 1 << 27  # characters of a cell that Python's csv module is asked to take

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"  # how .xlsx and .xls begin

Lone = Collection[str] | bool  # names that the only column of a file may have; True for any name

_DELIMITERS = {",": "','", ";": "';'", "\t": "tab", "|": "'|'"}

# The line above the header by which Excel is told the delimiter; Excel may add more of them.
_SEP = re.compile(r'("?)sep=([^\w"])\1\2*', re.IGNORECASE)
_LIKE_SEP = re.compile(r'("?)sep=\1\s*(\W|$)', re.IGNORECASE)
_BARE_RETURN = re.compile(r"\r(?!\n)")

_FOREIGN = {  # first bytes, whatever the file is called -> what it is and what to do
    # Bare ones have been looked into by then, and so has bare Parquet.
    rb"PK\x03\x04|\xd0\xcf\x11\xe0": "a compressed workbook or zip archive; decompress it",
    rb"\x28\xb5\x2f\xfd|BZh\d|\xfd7zXZ": "compressed; decompress it, or use gzip",
    rb"\s*<(?i:!doctype|html|\?xml)": "a web page or XML; save the table as CSV",
    rb"PAR1": "compressed Parquet; decompress it",
}


def fault(source: str, what: str) -> DataError:
    """A DataError of one line, whatever stands in the names and cells that it quotes."""
    return DataError(re.sub(r"[\x00-\x1f\x7f]+", " ", f"{source}: {what}"))


def show(*cells: str) -> str:
    """The first few cells, quoted and cut, for a message."""
    shown = [repr(cell if len(cell) <= 40 else cell[:37] + "...") for cell in cells[:5]]
    return ", ".join(shown) + (f" and {len(cells) - 5} more" if len(cells) > 5 else "")


def first_bytes(file: Path, opener: Callable[..., Any] = open) -> bytes:
    """The first bytes of a file, unpacked if ``opener`` unpacks it."""
    with opener(file, "rb") as stream:
        head: bytes = stream.read(4096)
    return head


def is_workbook(file: Path) -> bool:
    """Whether a file is an Excel workbook, or an archive of another kind, by its first bytes."""
    return first_bytes(file).startswith((ZIP, OLE))


@dataclass(frozen=True)
class TextFile:
    """A text file and how its bytes become rows: the slow reader, which counts lines."""

    source: str
    path: Path
    opener: Callable[..., Any]
    encoding: str
    delimiter: str = ","
    skip: int = 0  # lines above the header
    lone: bool = False  # whether there is one column alone: then a blank line is a missing cell

    def open(self, newline: str | None = "") -> TextIO:
        stream: IO[bytes] = self.opener(self.path, "rb")
        return io.TextIOWrapper(stream, self.encoding, newline=newline)

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """The first line and the cells of each record, header first.

        Blank lines are left out, unless there is one column alone.
        """
        with self.open() as stream:
            start = self.skip + 1
            lines = itertools.islice(stream, self.skip, None)
            # A quote after blanks opens a quoted cell, as it does for duckdb.
            reader = csv.reader(lines, delimiter=self.delimiter, skipinitialspace=True, strict=True)
            try:
                for cells in reader:
                    if cells or self.lone:
                        yield start, cells or [""]
                    start = self.skip + reader.line_num + 1
            except csv.Error as error:
                if "field limit" in str(error):
                    what = f"line {start}: a cell of over {csv.field_size_limit():,} characters"
                    raise fault(self.source, f"{what}; shorten it, or leave it out") from None
                what = f"line {start}: a quote opened in this row is not closed where its cell ends"
                raise fault(self.source, f"{what}; write a quote within quotes twice") from None

    def check(self) -> None:
        """Raise for the first row that is longer or shorter than the header."""
        with long_cells():
            self._check()

    def _check(self) -> None:
        width = 0
        for line, cells in self.records():
            width = width or len(cells)
            if len(cells) != width:
                what = "correct the line, or quote the cells that hold the delimiter"
                if torn := self._torn(line):
                    what = (
                        f"a carriage return (CR) ends line {torn}, LF ends others: does it stand "
                    )
                    what += "in a cell? Remove it, or quote the cell"
                elif any("\n" in cell or "\r" in cell for cell in cells):
                    what = "a cell runs over several lines: is a quote not closed?"
                elif len(cells) > width and not any(cells[width:]):
                    what = "remove the delimiter at the end of the line"
                found = f"line {line} has {len(cells)} cells, the header has {width} names"
                raise fault(self.source, f"{found}; {what}")

    def _torn(self, line: int) -> int | None:
        """Which of this line and the one before ends with a CR alone, though others end with LF."""
        lf, torn = False, None
        with self.open() as stream:
            for number, text in enumerate(itertools.islice(stream, self.skip, None), self.skip + 1):
                lf |= text.endswith("\n")
                if number in (line - 1, line) and text.endswith("\r"):
                    torn = torn or number
                if number > line and lf:
                    break
        return torn if lf else None

    def check_returns(self) -> list[str]:
        """A note on the first cell with a CR alone in a file whose lines end with LF.

        Such a CR, in quotes, is read as the end of a line within the cell.

        Raises
        ------
        DataError
            There is one column alone: nothing tells whether the CR ends a row.
        """
        with long_cells():
            for line, cells in self.records():
                if any(_BARE_RETURN.search(cell) for cell in cells):
                    return [f"line {line}: a carriage return (CR) in a cell, read as a line end"]
                if self.lone and self._torn(line) == line:
                    what = f"line {line} ends with a carriage return (CR), others with LF"
                    raise fault(self.source, f"{what}; remove it, or quote the cell")
        return []

    def is_plain(self) -> bool:
        """Whether duckdb can read the file as it is."""
        return self.encoding == "utf-8-sig" and self.opener is open and not self.skip

    def copied(self, scratch: Path) -> Path:
        """A copy from the header on, in UTF-8, with LF at the end of each line."""
        target = scratch / "table"
        with self.open(newline=None) as text, target.open("w", encoding="utf-8", newline="") as out:
            for _ in range(self.skip):
                text.readline()
            for block in iter(lambda: text.read(BLOCK), ""):
                out.write(block)
        return target


@contextlib.contextmanager
def long_cells() -> Iterator[None]:
    """Have Python's csv module take cells of any length that a table may have."""
    usual = csv.field_size_limit(MOST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(usual)


def open_text(source: str, file: Path, encoding: str | None) -> tuple[TextFile, list[str]]:
    """Look at the first bytes: how the file is packed and encoded, and notes on that."""
    opener: Callable[..., Any] = open
    head, notes = first_bytes(file), []
    if head.startswith(b"\x1f\x8b"):
        opener, notes = gzip.open, ["gzip"]
        head = first_bytes(file, opener)
    for pattern, what in _FOREIGN.items():
        if re.match(pattern, head):
            raise fault(source, f"is {what}")
    found = _encoding(source, head, encoding)
    notes += [f"encoding {found}"] if found != "utf-8-sig" else []
    return TextFile(source, file, opener, found), notes


def _encoding(source: str, head: bytes, given: str | None) -> str:
    if given is not None:
        try:
            "".encode(given)  # refuses an encoding that is not one of text, such as 'zip'
            name = codecs.lookup(given).name
        except (LookupError, ValueError):
            raise fault(source, f"encoding {given!r} is unknown; try utf-8 or cp1252") from None
        return "utf-8-sig" if name == "utf-8" else name
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in head:
        what = f"not text (byte 0 at offset {head.index(0)}), or UTF-16 without its mark"
        raise fault(source, f"{what}; if so, give --encoding utf-16-le or utf-16-be")
    return "utf-8-sig"


def undecodable(text: TextFile) -> DataError:
    """The error that says where the first byte is that is not UTF-8; reads the file again."""
    offset = 0
    with text.opener(text.path, "rb") as stream:
        for line, raw in enumerate(stream if text.encoding == "utf-8-sig" else [], start=1):
            try:
                raw.decode()
            except UnicodeDecodeError as error:
                what = f"byte 0x{raw[error.start]:02x} at offset {offset + error.start}"
                what += f" (line {line}) is not UTF-8; give --encoding cp1252, or what it is in"
                return fault(text.source, what)
            offset += len(raw)
    return fault(text.source, f"is not {text.encoding}, or cut short; give another --encoding")


def is_json(text: TextFile) -> bool:
    """Whether a file is JSON, by its name or by how it begins."""
    if re.search(r"\.(json|jsonl|ndjson)(\.\w+)?$", text.source, re.IGNORECASE):
        return True
    with text.open() as stream:
        return re.match(r'\s*(\{\s*"|\[\s*\{)', stream.read(4096)) is not None


def find_dialect(
    text: TextFile, given: str | None, lone: Lone = False
) -> tuple[TextFile, list[str]]:
    """Find delimiter and header; duckdb's sniffer takes a small ragged file for one column."""
    with text.open() as stream:
        sample = stream.read(BLOCK)
    lines = list(io.StringIO(sample, newline=""))
    skip = _lines_above(lines)
    declared, notes = _declared(text, lines[skip:], skip), []
    if declared is not None:
        notes = [f"delimiter {_DELIMITERS.get(declared, repr(declared))}, by line {skip + 1}"]
        skip += 1 + _lines_above(lines[skip + 1 :])
    body = "".join(lines[skip:])
    if not body:
        raise fault(text.source, "has no header line")
    tried = "".join(_DELIMITERS) if given is None else {"tab": "\t", "\\t": "\t"}.get(given, given)
    if given is not None and (len(tried) != 1 or tried in '"\r\n'):
        raise fault(text.source, f"--delimiter {given!r} is not one character")
    if given is None and declared is not None:
        tried = declared
    delimiter = max(tried, key=lambda each: _fit(body, each))
    fits, header = any(_fit(body, delimiter)), lines[skip].strip()
    is_lone = not fits and (lone is True or given is not None)
    if given is not None and any(any(_fit(body, each)) for each in _DELIMITERS):
        is_lone = False  # another delimiter parts the header
    if not isinstance(lone, bool) and (header in lone or _unquoted(header) in lone):
        is_lone = True
    if is_lone and len(tried) > 1:
        # One that stands nowhere, so that no cell is cut; else the row that is cut will be named.
        delimiter = next((each for each in tried if each not in body), delimiter)
    if not fits and not is_lone:
        names = ", ".join(_DELIMITERS.get(each, repr(each)) for each in tried)
        what = f"line {skip + 1}, {show(header)}, is one column: tried {names}"
        if declared is not None:
            what += ", as the line sep= above it says"
        raise fault(text.source, f"{what}; give --delimiter, or remove lines above the header")
    if not notes and delimiter != "," and not is_lone:
        notes = [f"delimiter {_DELIMITERS.get(delimiter, repr(delimiter))}"]
    above = skip - (declared is not None)
    notes += [f"lines above the header left out: {above}"] if above else []
    return dataclasses.replace(text, delimiter=delimiter, skip=skip, lone=is_lone), notes


def _lines_above(lines: list[str]) -> int:
    """How many lines are blank or a comment: "# made by x" is one, "#id,name" a header."""
    return sum(1 for _ in itertools.takewhile(lambda line: re.match(r"\s*$|#+\s", line), lines))


def _declared(text: TextFile, lines: list[str], skip: int) -> str | None:
    """The delimiter that the first of these lines tells Excel, if it is such a line."""
    first = lines[0].rstrip("\r\n") if lines else ""
    if found := _SEP.fullmatch(first):
        return found[2]
    if _LIKE_SEP.match(first):
        what = f"line {skip + 1}, {show(first)}, begins as the line that tells Excel the delimiter"
        raise fault(
            text.source, f"{what}; correct it to sep=; or the like, or rename the column 'sep='"
        )
    return None


def _unquoted(cell: str) -> str:
    """A cell without the quotes around it."""
    quoted = len(cell) > 1 and cell[0] == cell[-1] == '"'
    return cell[1:-1].replace('""', '"').strip() if quoted else cell


def _fit(sample: str, delimiter: str) -> tuple[float, int]:
    """The share of rows as long as the header, and its length; zeros for a single column."""
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


def check_names(source: str, header: list[str]) -> tuple[list[str], list[str]]:
    """The names of the columns, and notes on them.

    A name that stands twice is a DataError: duckdb would rename a second 'a' to 'a_1' silently.
    """
    names, notes = [name.strip() for name in header], []
    numbers = [float(name) for name in names if _is_number(name)]
    # 0, 1, 2 or 2019, 2020 may be names; 5.1, 3.5 are data
    if len(numbers) == 1 or set(np.diff(numbers)) - {1.0}:
        notes.append(f"warning: {len(numbers)} of {len(names)} names are numbers: no header line?")
    for name, count in Counter(names).items():
        if name and count > 1:
            where = ", ".join(str(i) for i, other in enumerate(names, start=1) if other == name)
            what = f"columns {where} are all called {show(name)}; rename them"
            raise fault(source, what + (", or add the missing header line" if numbers else ""))
    notes += ["blanks around column names removed"] if names != header else []
    if not names[0]:  # pandas writes its index so
        names[0] = next(f"column {i}" for i in itertools.count(1) if f"column {i}" not in names)
        notes.append(f"the first column has no name: called {names[0]!r}")
    return names, notes
