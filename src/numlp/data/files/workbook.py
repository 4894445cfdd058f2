"""An Excel workbook -> a sheet of it as a text file, as Excel would save it.

python-calamine reads, in memory and fast.  It takes memory for each cell between the first and the
last, and for all that a zip archive unpacks to, and ends the process where there is not enough.  So
a copy of the archive is made first, of bounded size, whose cells are counted on the way.
"""

from __future__ import annotations

import csv
import datetime as dt
import importlib
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

from ...common.wording import name_list, nearest
from ...errors import DataError
from .text_file import BLOCK, OLE, ZIP, TextFile, fault, first_bytes, show

_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # an entry of .xlsx that has a password
LOCKED = "is encrypted: open it with its password, and save it without one or as CSV"
DELIMITER = "\t"
# Of the unpacked parts: pictures are not unpacked, and tables are packed 5 to 50 times smaller.
MOST_BYTES, FEW_BYTES, TIMES_LARGER = 1 << 32, 1 << 26, 200
# Cells between the first and the last of a sheet, each of 64 bytes, of which most are empty.
FEW_CELLS, LEAST_SHARE = 1 << 22, 1 / 16
_CELL = re.compile(rb"""\sr\s*=\s*["']\s*([A-Za-z]{1,9})([0-9]{1,9})\s*["']""")
_LONGEST = 64  # bytes of such a place
_KINDS = {  # what is in an archive -> what it is and what to do
    "xl/workbook.bin": "a binary workbook (.xlsb); save it as .xlsx or CSV",
    "content.xml": "an OpenDocument file; save the table as .xlsx or CSV",
    "word/document.xml": "a Word document; save the table as .xlsx or CSV",
}


def open_sheet(
    source: str, file: Path, name: str | None, scratch: Path
) -> tuple[TextFile, list[str]]:
    """Write a sheet as text into a folder; return that file, and notes.

    Lines are those of the sheet, as long as no cell has several.  Dates and times are spelled in
    ISO 8601, durations in seconds, truths as TRUE and FALSE; a cell of an error is empty.  The
    reader does not tell how a number is shown, so a cell in percent is the share in it.

    Parameters
    ----------
    source : str
        What messages call the file.
    file : Path
    name : str or None
        The name of the sheet; by default the first that is not hidden.
    scratch : Path
        An empty folder.

    Raises
    ------
    DataError
        The file is not a workbook that can be read, or has no such sheet, or no cell in it; or
        python-calamine is not installed.
    """
    if first_bytes(file).startswith(OLE) and _ENCRYPTED in file.read_bytes():
        raise fault(source, LOCKED)
    if first_bytes(file).startswith(ZIP):
        file = _checked_copy(source, file, scratch / "workbook.xlsx")
    try:
        calamine: Any = importlib.import_module("python_calamine")
    except ModuleNotFoundError:
        what = "is an Excel workbook, which python-calamine reads: pip install 'numlp[xlsx]'"
        raise fault(source, f"{what}, or save the table as CSV") from None
    try:
        # Of an open file the kind is told by its bytes, of a path by the name.
        with file.open("rb") as stream, calamine.CalamineWorkbook.from_filelike(stream) as book:
            chosen, notes = _chosen(source, book, name)
            sheet = book.get_sheet_by_name(chosen)
            if sheet.start is None:
                raise fault(source, f"sheet {show(chosen)} is empty{_others(book, chosen)}")
            called = f"{source}, sheet {show(chosen)}" if len(book.sheet_names) > 1 else source
            return _written(called, sheet, scratch / "sheet.txt"), notes
    except BaseException as error:
        if isinstance(error, calamine.PasswordError):
            raise fault(source, LOCKED) from None
        # The second is a defect of the reader, which shows itself at a file that is damaged.
        if isinstance(error, calamine.CalamineError) or type(error).__name__ == "PanicException":
            what = " ".join(str(error).split())
            raise fault(source, f"cannot be read as a workbook ({what}); save it anew") from None
        raise


def _chosen(source: str, book: Any, name: str | None) -> tuple[str, list[str]]:
    """The name of the sheet to read, and a note where another could have been meant."""
    there = [
        sheet for sheet in book.sheets_metadata if str(sheet.typ).rpartition(".")[2] == "WorkSheet"
    ]
    names = [sheet.name for sheet in there]
    if not names:
        raise fault(source, "has no sheet of cells")
    if name is not None:
        if name not in names:
            raise fault(source, f"has no sheet {show(name)}: {nearest(name, names)}")
        return name, []
    shown = [sheet.name for sheet in there if str(sheet.visible).rpartition(".")[2] == "Visible"]
    first = (shown or names)[0]
    told = f"sheet {show(first)}, the first of {name_list(names)}; --sheet reads another"
    return first, [told] if len(names) > 1 else []


def _others(book: Any, name: str) -> str:
    others = [each for each in book.sheet_names if each != name]
    return f"; --sheet reads another: {name_list(others)}" if others else ""


def _written(source: str, sheet: Any, path: Path) -> TextFile:
    """The text of a sheet: a line for each row, from the first row on."""
    blank, above = 0, None
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=DELIMITER, lineterminator="\n")
        for row in sheet.iter_rows():
            cells = [_spelled(cell) for cell in row]
            if not any(cells):
                blank += 1  # those at the end are left out
                continue
            above = blank if above is None else above
            out.write("\n" * blank)
            writer.writerow(cells)
            blank = 0
    return TextFile(source, path, open, "utf-8-sig", DELIMITER, above or 0, sheet.width == 1)


def _spelled(cell: Any) -> str:
    """A cell as text."""
    if isinstance(cell, str):
        return cell.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, dt.timedelta):
        cell = cell.total_seconds()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return cell.isoformat(" ") if isinstance(cell, dt.datetime) else str(cell)


def _checked_copy(source: str, file: Path, copy: Path) -> Path:
    """A copy of the parts of a workbook that hold text, unpacked, if it is such and not too large.

    The reader gets what was looked at here: an archive may tell two readers different things.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            names = packed.namelist()
            for part, what in _KINDS.items():
                if part in names:
                    raise fault(source, f"is {what}")
            if not any(name.startswith("xl/") for name in names):
                raise fault(source, "is a zip archive; unpack it, and give the table in it")
            left = min(MOST_BYTES, max(FEW_BYTES, TIMES_LARGER * file.stat().st_size))
            with zipfile.ZipFile(copy, "w") as unpacked:
                for name in dict.fromkeys(names):
                    if name.endswith((".xml", ".rels")):
                        left -= _copy_part(source, packed, name, unpacked, left)
    except DataError:
        raise
    # What zipfile raises for bytes that are not as they should be: encrypted, packed in other ways.
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, KeyError) as error:
        raise fault(source, f"is a workbook damaged or cut short ({error})") from None
    return copy


def _copy_part(
    source: str, packed: zipfile.ZipFile, name: str, unpacked: zipfile.ZipFile, most: int
) -> int:
    """Copy one part; return how many bytes it has.

    Raises
    ------
    DataError
        It has more bytes than ``most``, or is a sheet whose cells lie far apart.
    """
    size = cells = rows = columns = 0
    letters: set[bytes] = set()
    is_sheet, end = False, b""
    with packed.open(name) as part, unpacked.open(name, "w", force_zip64=True) as out:
        while block := part.read(BLOCK):
            size += len(block)
            if size > most:
                what = "unpacks to far more than a table of its size does"
                raise fault(source, f"{what}; save the table as CSV")
            out.write(block)
            looked_at = end + block
            is_sheet = is_sheet or b"sheetData" in looked_at
            # A place across two blocks is found with the second; some are found twice.
            end = looked_at[-_LONGEST:]
            if found := _CELL.findall(looked_at):
                cells += len(found)
                rows = max(rows, max(int(row) for _, row in found))
                letters.update(column for column, _ in found)
    columns = max(map(_column, letters), default=0)
    if is_sheet and rows * columns > FEW_CELLS and cells < LEAST_SHARE * rows * columns:
        what = f"a sheet whose cells lie far apart: {cells:,} in {rows:,} rows and {columns:,}"
        raise fault(source, f"{what} columns; delete the rows and columns outside of the table")
    return size


def _column(letters: bytes) -> int:
    """The number of a column.

    >>> _column(b"A"), _column(b"AB")
    (1, 28)
    """
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number
