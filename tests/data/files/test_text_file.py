"""CSV files in forms of their own: one column, a line for Excel, long cells, stray returns."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from numlp.data.files import relation
from numlp.data.files.sheet import read, read_blocks
from numlp.errors import DataError


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "t.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# One column

ONE = {
    "a number": ("x\n1\n2\n", [1, 2]),
    "CRLF": ("x\r\n1\r\n2\r\n", [1, 2]),
    "a byte order mark": ("\ufeffx\n1\n2", [1, 2]),
    "in quotes": ('"x"\n"1"\n"2"\n', [1, 2]),
    "blanks around the name": (" x \n1\n2\n", [1, 2]),
    "commas in the cells": ("x\none, two\nthree\n", ["one, two", "three"]),
    "commas in quotes": ('x\n"1, 2"\n3\n', ["1, 2", "3"]),
    "a comment above": ("# made by x\n\nx\n1\n2\n", [1, 2]),
    "a blank line, a missing cell": ("x\na\n\nb\n", ["a", None, "b"]),
}


@pytest.mark.heavy
@pytest.mark.parametrize("name", ONE)
def test_a_file_of_one_column_is_read_where_its_name_is_expected(name: str, tmp_path: Path) -> None:
    content, cells = ONE[name]
    path = write(tmp_path, content)
    for lone in (["w", "x"], True):
        sheet = read(path, lone=lone)
        assert list(sheet.columns) == ["x"]
        assert sheet.columns["x"].tolist() == cells
        assert not [note for note in sheet.notes if "delimiter" in note]


def test_a_file_of_one_column_is_read_where_a_delimiter_is_given(tmp_path: Path) -> None:
    path = write(tmp_path, "x\n1\n2\n")
    for given in (",", ";", "tab"):
        assert read(path, delimiter=given).columns["x"].tolist() == [1, 2]
    blocks = [sheet.columns["x"].tolist() for sheet in read_blocks(path, 1, delimiter=",")]
    assert blocks == [[1], [2]]


def test_a_file_of_one_column_that_nobody_expects_is_refused_with_what_to_do(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, "x\n1\n2\n")
    for lone in ((), ["y"], False):
        with pytest.raises(DataError, match=r"is one column.*give --delimiter"):
            read(path, lone=lone)


def test_a_name_that_is_expected_makes_no_table_of_one_column(tmp_path: Path) -> None:
    path = write(tmp_path, "x,y\n1,2\n")
    assert list(read(path, lone=["x"]).columns) == ["x", "y"]
    assert list(read(path, lone=True).columns) == ["x", "y"]


def test_a_line_of_one_column_is_found_although_blank_lines_stand_above(tmp_path: Path) -> None:
    sheet = read(write(tmp_path, "x\na\n\nb\n"), lone=True)
    assert [sheet.line(row) for row in range(3)] == [2, 3, 4]


# The line that tells Excel the delimiter

DELIMITERS = [",", ";", "\t", "|", ":", "^", " ", "~", "§"]


@pytest.mark.heavy
@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_for_excel_names_the_delimiter(delimiter: str, end: str, tmp_path: Path) -> None:
    body = "".join(delimiter.join(row) + end for row in (["x", "k"], ["1", "a,b;c"], ["3", "d"]))
    body = body.replace("a,b;c", f'"a{delimiter}b"')
    d = delimiter
    for first in (f"sep={d}", f"SEP={d}", f'"sep={d}"', f"sep={d}{d}{d}", f"\ufeffsep={d}"):
        sheet = read(write(tmp_path, first + end + body))
        assert list(sheet.columns) == ["x", "k"]
        assert sheet.columns["k"].tolist() == [f"a{d}b", "d"]
        assert "by line 1" in sheet.notes[0]
        assert sheet.line(1) == 4


def test_a_line_for_excel_is_read_in_other_encodings_and_packed(tmp_path: Path) -> None:
    content = "sep=;\nx;k\n1;ü\n"
    for raw in (content.encode("utf-16"), gzip.compress(content.encode())):
        assert read(write(tmp_path, raw)).columns["k"].tolist() == ["ü"]
    path = write(tmp_path, content.encode("latin-1"))
    assert read(path, encoding="latin-1").columns["k"].tolist() == ["ü"]


def test_a_line_for_excel_may_stand_between_comments(tmp_path: Path) -> None:
    sheet = read(write(tmp_path, "# made by x\nsep=;\n\nx;k\n1;2\n"))
    assert list(sheet.columns) == ["x", "k"]
    assert "lines above the header left out: 2" in sheet.notes


def test_a_delimiter_that_is_given_counts_more_than_the_line_for_excel(tmp_path: Path) -> None:
    path = write(tmp_path, "sep=;\nx,k\n1,2\n")
    assert list(read(path, delimiter=",").columns) == ["x", "k"]
    with pytest.raises(DataError, match=r"line 2, 'x,k', is one column.*line sep= above it"):
        read(path)


@pytest.mark.parametrize(
    "first",
    ["sep=,a,b", '"sep=",a,b', "sep=", "Sep= ;x", "sep=;x", "sep==a,b"],
)
def test_what_only_looks_like_the_line_for_excel_is_named(first: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"line 1, .*sep=.*rename the column"):
        read(write(tmp_path, f"{first}\n1,2,3\n"))


@pytest.mark.parametrize("header", ["x,sep=", "sepal,x", "sep=5,x", "sep,x"])
def test_a_name_that_has_sep_in_it_is_a_name(header: str, tmp_path: Path) -> None:
    assert list(read(write(tmp_path, f"{header}\n1,2\n")).columns) == header.split(",")


# Long cells


@pytest.mark.heavy
@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_cell_of_megabytes_is_read(quote: str, pack: type[bytes], tmp_path: Path) -> None:
    long = f"{quote}{'w' * 2_500_000}{quote}"
    rows = "".join(f"{i},{long if i == 5 else 'www'}\n" for i in range(9))
    sheet = read(write(tmp_path, pack(f"a,t\n{rows}".encode())))
    assert len(sheet.columns["t"][5]) == 2_500_000
    assert sheet.columns["a"].tolist() == list(range(9))
    assert sheet.line(8) == 10


def test_a_fault_beside_a_long_cell_is_the_one_that_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, f"a,t\n1,{'w' * 200_000}\n2\n")
    with pytest.raises(DataError, match="line 3 has 1 cells, the header has 2 names"):
        read(path)
    path = write(tmp_path, f"a,t\n1,{'w' * 2_500_000}\n2\n")
    with pytest.raises(DataError, match="line 3 has 1 cells, the header has 2 names"):
        read(path)
    assert csv.field_size_limit() == 131_072  # of everybody's csv module


def test_a_line_beyond_the_limit_is_refused_with_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relation, "CSV_LINES", (1 << 12, 1 << 21))
    path = write(tmp_path, f"a,t\n1,{'w' * (1 << 22)}\n")
    with pytest.raises(DataError, match="a line has more than 2 MiB, the most that is read"):
        read(path)


@pytest.mark.parametrize("place", ["last", "alone", "first"])
def test_a_line_longer_than_a_buffer_is_not_lost(place: str, tmp_path: Path) -> None:
    long, short = f"1,{'w' * 4_200_000}\n", "2,z\n"
    rows = {"last": short + long, "alone": long, "first": long + short}[place]
    sheet = read(write(tmp_path, "a,t\n" + rows))
    assert max(map(len, sheet.columns["t"])) == 4_200_000
    assert sheet.n_rows == rows.count("\n")


def test_a_cell_of_megabytes_over_many_lines_is_read(tmp_path: Path) -> None:
    cell = "www\n" * 1_100_000
    assert read(write(tmp_path, f'a,t\n1,"{cell}"\n2,z\n')).columns["t"][0] == cell


# Carriage returns


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_bare_carriage_return_in_a_cell_is_named_with_its_line(end: str, tmp_path: Path) -> None:
    path = write(tmp_path, end.join(["x,k", "1,a", "2,b\rc", "3,d", ""]))
    with pytest.raises(DataError, match=r"t\.csv: line 4 has 1 cells.*\(CR\) ends line 3"):
        read(path)
    path = write(tmp_path, end.join(["x,k", "1,a", "2\r2,b", "3,d", ""]))
    with pytest.raises(DataError, match=r"t\.csv: line 3 has 1 cells.*\(CR\) ends line 3"):
        read(path)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_carriage_return_in_quotes_is_read_and_said(end: str, tmp_path: Path) -> None:
    sheet = read(write(tmp_path, end.join(["x,k", "1,a", '2,"b\rc"', "3,d", ""])))
    assert sheet.columns["k"].tolist() == ["a", "b\nc", "d"]
    assert sheet.notes == ["line 3: a carriage return (CR) in a cell, read as a line end"]


def test_a_bare_carriage_return_in_a_file_of_one_column_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "x\na\nb\rc\nd\n")
    with pytest.raises(DataError, match="line 3 ends with a carriage return"):
        read(path, lone=True)
    path = write(tmp_path, "x\ra\rb\rc\rd\r")
    assert read(path, lone=True).columns["x"].tolist() == ["a", "b", "c", "d"]


def test_rows_that_end_in_two_ways_are_rows(tmp_path: Path) -> None:
    sheet = read(write(tmp_path, "x,k\n1,a\r2,b\n3,c\r\n"))
    assert sheet.columns["x"].tolist() == [1, 2, 3]
