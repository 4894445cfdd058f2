"""Excel workbooks: read as the CSV that Excel would save, or refused in one line."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numlp import DataError
from numlp.data.files import sheet as files
from numlp.data.files import workbook

from . import books
from .books import error, styled, write

pytest.importorskip("python_calamine")

OLD = Path(__file__).parent / "old.xls"  # written by xlwt
DAY = 45352  # 2024-03-01
ROWS: list[list[Any]] = [
    ["id", "n", "mixed", "day", "at", "clock", "hours", "ok", "fails", "note", "none"],
    ["007", 1, 1, styled(DAY, 1), styled(DAY + 0.5, 3), styled(0.25, 2), styled(1.5, 4), True,
     error("#N/A"), "a\tb", None],
    ["08", 2.5, "x", styled(DAY + 1, 1), None, styled(0.75, 2), styled(0.5, 4), False, 3,
     ' say "hi"\nthere ', None],
    [None, -1e21, True, None, styled(DAY + 0.75, 3), None, None, True, error("#DIV/0!"), "", None],
]  # fmt: skip


def read(path: Path, **options: Any) -> files.Sheet:
    return files.read(path, **options)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return write(tmp_path / "t.xlsx", {"Data": ROWS})


def test_cells_are_what_their_csv_would_make_of_them(book: Path) -> None:
    found = read(book)
    expected: dict[str, list[Any]] = {
        "id": ["007", "08", None],
        "n": [1.0, 2.5, -1e21],
        "mixed": ["1", "x", "TRUE"],
        "clock": ["06:00:00", "18:00:00", None],
        "ok": ["TRUE", "FALSE", "TRUE"],
        "note": ["a\tb", ' say "hi"\nthere ', None],
        "none": [None] * 3,
    }
    for name, cells in expected.items():
        assert found.columns[name].tolist() == cells, name
    np.testing.assert_array_equal(found.columns["hours"], [129600, 43200, np.nan])
    np.testing.assert_array_equal(found.columns["fails"], [np.nan, 3, np.nan])
    day = np.array(["2024-03-01", "2024-03-02", "NaT"], "M8[us]")
    np.testing.assert_array_equal(found.columns["day"], day)
    at = np.array(["2024-03-01T12", "NaT", "2024-03-01T18"], "M8[us]")
    np.testing.assert_array_equal(found.columns["at"], at)
    assert found.notes == ["kept as text for leading zeros: 'id'", "no cell filled: 'none'"]


def test_a_cell_in_percent_is_a_share(tmp_path: Path) -> None:
    book = write(tmp_path / "t.xlsx", {"Data": [["rate"], [styled(0.12, 5)], [styled(1.5, 5)]]})
    assert read(book).columns["rate"].tolist() == [0.12, 1.5]


def test_blocks_are_those_of_a_csv(book: Path) -> None:
    blocks = list(files.read_blocks(book, 2, only=["n"], spelled=["id", "n"]))
    assert [block.n_rows for block in blocks] == [2, 1]
    assert [*blocks[0].columns] == ["n"]
    assert [block.spelled["id"].tolist() for block in blocks] == [["007", "08"], [None]]
    assert [block.spelled["n"].tolist() for block in blocks] == [["1", "2.5"], ["-1e+21"]]


def test_the_first_sheet_that_is_not_hidden_is_read_and_told(tmp_path: Path) -> None:
    sheets = {name: [[name], [1], [2]] for name in ("secret", "a", "b")}
    book = write(tmp_path / "t.xlsx", sheets, hidden=["secret"])
    found = read(book)
    assert [*found.columns] == ["a"]
    assert found.notes == ["sheet 'a', the first of 'secret', 'a', 'b'; --sheet reads another"]
    for name in sheets:
        found = read(book, sheet=name)
        assert ([*found.columns], found.notes) == ([name], [])


def test_rows_without_a_cell_are_none_and_lines_are_those_of_the_sheet(tmp_path: Path) -> None:
    rows = [[], [], ["a", "b"], [1, "x"], [], ["1e999", "y"], [None, ""], []]
    book = write(tmp_path / "t.xlsx", {"s": rows})
    with pytest.raises(DataError, match="line 6, column 'a': '1e999' is infinite"):
        read(book)
    rows[5][0] = 3
    found = read(write(book, {"s": rows}))
    assert found.columns["a"].tolist() == [1, 3]
    assert found.columns["b"].tolist() == ["x", "y"]


def test_one_column_alone_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    for name in ("a,b;c|d", "sep=;", "# a", "a\tb"):
        found = read(write(tmp_path / "t.xlsx", {"s": [[name], ["x"], ["y, z"]]}))
        assert found.columns[name].tolist() == ["x", "y, z"]


def test_workbooks_and_other_files_are_one_table(tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text("day,n\n2024-03-05,7\n")
    days = write(tmp_path / "d.xlsx", {"s": [["n", "day"], [1, styled(DAY, 1)]]})
    found = files.read([days, tmp_path / "more.csv"])
    assert found.columns["n"].tolist() == [1, 7]
    assert found.columns["day"].astype("M8[D]").astype(str).tolist() == ["2024-03-01", "2024-03-05"]


def test_an_old_workbook_is_read_too() -> None:
    found = read(OLD)
    assert found.columns["id"].tolist() == ["01", "02", "03"]
    assert found.columns["x"].tolist() == [1.5, 3, 4.5]
    assert found.columns["when"].astype("M8[D]").astype(str)[0] == "2024-03-01"
    assert found.columns["ok"].tolist() == ["FALSE", "TRUE", "TRUE"]


def _far(path: Path) -> None:
    places = ("A1", "XFD1048576")
    cells = "".join(f'<row><c r = "{place}"><v>1</v></c></row>' for place in places)
    write(path, {"s": f"<worksheet {books.MAIN}><sheetData>{cells}</sheetData></worksheet>"})


def _bomb(path: Path) -> None:
    text = b"<sst><si><t>" + b"a" * (workbook.FEW_BYTES + 1)
    write(path, {"s": [["a"], [1]]}, **{"xl__sharedStrings.xml": text})


def _cut(path: Path) -> None:
    write(path, {"s": ROWS})
    path.write_bytes(path.read_bytes()[:-400])


def _flipped(path: Path) -> None:
    write(path, {"s": ROWS})
    data = bytearray(path.read_bytes())
    data[data.index(b"xl/worksheets") + 60] ^= 255
    path.write_bytes(data)


def _locked(path: Path) -> None:
    path.write_bytes(workbook.OLE + bytes(500) + "EncryptedPackage".encode("utf-16-le"))


HARMFUL: dict[str, tuple[Callable[[Path], Any], str]] = {
    "cells far apart": (_far, "cells lie far apart: 2 in 1,048,576 rows and 16,384 columns; del"),
    "a bomb": (_bomb, "unpacks to far more than a table of its size does; save the table as CSV"),
    "cut short": (_cut, "is a workbook damaged or cut short"),
    "a bit flipped": (_flipped, "is a workbook damaged or cut short"),
    "a password": (_locked, "is encrypted: open it with its password"),
    "an old file of noise": (
        lambda path: path.write_bytes(workbook.OLE + bytes(range(256)) * 20),
        "cannot be read as a workbook",
    ),
    "broken XML": (lambda path: write(path, {"s": "<worksheet><sheetData><row"}), ""),
    "no cells": (lambda path: write(path, {"s": [], "t": [["a"]]}), "'s' is empty; --sheet"),
    "a header alone": (lambda path: write(path, {"s": [["a", "b"]]}), "but no rows"),
    "two columns of one name": (
        lambda path: write(path, {"s": [["a", "a"], [1, 2]]}), "columns 1, 2 are all called 'a'",
    ),
    "a title above": (
        lambda path: write(path, {"s": [["Report"], ["a", "b"], [1, 2]]}), "column 2 has no name",
    ),
    "an archive": (
        lambda path: books.zipfile.ZipFile(path, "w").writestr("a.txt", "x"), "is a zip archive",
    ),
    "a binary workbook": (
        lambda path: write(path, {"s": ROWS}, **{"xl__workbook.bin": "x"}), "(.xlsb); save it as",
    ),
    "OpenDocument": (
        lambda path: write(path, {"s": ROWS}, **{"content.xml": "x"}), "OpenDocument file; save",
    ),
}  # fmt: skip


@pytest.mark.heavy
@pytest.mark.parametrize("name", HARMFUL)
def test_what_cannot_be_read_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    make, told = HARMFUL[name]
    make(tmp_path / "t.xlsx")
    with pytest.raises(DataError) as refusal:
        read(tmp_path / "t.xlsx")
    assert told in str(refusal.value)
    assert str(refusal.value).startswith(f"{tmp_path / 't.xlsx'}: ")
    assert "\n" not in str(refusal.value)


def test_a_sheet_that_is_not_there_is_named(book: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no sheet 'dota': did you mean 'Data'"):
        read(book, sheet="dota")
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="is not an Excel workbook, and --sheet 'x' names a sheet"):
        read(tmp_path / "t.csv", sheet="x")


def test_places_across_the_ends_of_blocks_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "BLOCK", 50)
    _far(tmp_path / "t.xlsx")
    with pytest.raises(DataError, match="1,048,576 rows and 16,384 columns"):
        read(tmp_path / "t.xlsx")


def test_without_the_reader_it_is_said_what_to_install(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(DataError, match=r"python-calamine reads: pip install 'numlp\[xlsx\]'"):
        read(book)


def test_a_panic_of_the_reader_is_a_fault_of_the_file(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PanicException(BaseException):
        """As Rust's is called in Python."""

    def panics(_: Any) -> None:
        raise PanicException("index out of range")

    calamine = importlib.import_module("python_calamine")

    class Panics:
        CalamineError, PasswordError = calamine.CalamineError, calamine.PasswordError
        CalamineWorkbook = type("Book", (), {"from_filelike": staticmethod(panics)})

    monkeypatch.setitem(sys.modules, "python_calamine", Panics)
    with pytest.raises(DataError, match=r"workbook \(index out of range\); save it anew"):
        read(book)
