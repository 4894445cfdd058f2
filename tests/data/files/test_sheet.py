"""Reading table files: one table of hostile files, then what no single file can show."""

from __future__ import annotations

import contextlib
import csv
import datetime
import gzip
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from numlp.data.files import cells as numlp_cells
from numlp.data.files import relation
from numlp.data.files.sheet import Sheet, read, read_blocks
from numlp.errors import DataError

pytest.importorskip("duckdb")

NAN = float("nan")
FUZZ = 30  # raise it to look harder
TABLE = b"a,b\n1,x\n2,y\n"
SAME = {"a": [1, 2], "b": ["x", "y"]}


class Case(NamedTuple):
    """Bytes of a file, and either its columns and notes, or what the error must say."""

    content: bytes
    columns: dict[str, list[Any]] | None = None
    notes: list[str] | None = None
    error: str = ""
    options: Mapping[str, str] = MappingProxyType({})
    name: str = "t.csv"


def utf16(text: bytes, mark: bytes = b"\xff\xfe", codec: str = "utf-16-le") -> bytes:
    return mark + text.decode().encode(codec)


DELIMITERS = {
    "semicolons": Case(TABLE.replace(b",", b";"), SAME, ["delimiter ';'"]),
    "tabs": Case(TABLE.replace(b",", b"\t"), SAME, ["delimiter tab"], name="t.tsv"),
    "bars": Case(TABLE.replace(b",", b"|"), SAME, ["delimiter '|'"]),
    "semicolons and decimal commas": Case(
        b"a;b\n1,5;x\n2,5;y\n", {"a": ["1,5", "2,5"], "b": ["x", "y"]}, ["delimiter ';'"]
    ),
    "semicolons and commas in the names": Case(
        b"a, m;b, m;c\n1;2;3\n", {"a, m": [1], "b, m": [2], "c": [3]}, ["delimiter ';'"]
    ),
    "commas, and semicolons in the cells": Case(
        b'a,b;c\n"1,5",x;y\n"2,5",z;w\n', {"a": ["1,5", "2,5"], "b;c": ["x;y", "z;w"]}, []
    ),
    "semicolons, and line ends in the cells": Case(
        b'a,p;b\n1,2;"x\ny"\n3,4;"z\nw"\n',
        {"a,p": ["1,2", "3,4"], "b": ["x\ny", "z\nw"]},
        ["delimiter ';'"],
    ),
    "a delimiter as given": Case(
        TABLE.replace(b",", b" "), SAME, ["delimiter ' '"], options={"delimiter": " "}
    ),
    "a delimiter of two bytes": Case(
        "a§b\n1§x\n2§y\n".encode(), SAME, ["delimiter '§'"], options={"delimiter": "§"}
    ),
    "a tab given by name": Case(
        TABLE.replace(b",", b"\t"), SAME, ["delimiter tab"], options={"delimiter": "tab"}
    ),
    "a tab given by its escape": Case(
        TABLE.replace(b",", b"\t"), SAME, ["delimiter tab"], options={"delimiter": r"\t"}
    ),
    "one column": Case(
        b"a\n1\n2\n", error=r"line 1, 'a', is one column: tried ',', ';', tab, '\|'; give --delim"
    ),
    "a delimiter wrongly given": Case(
        TABLE, error="line 1, 'a,b', is one column: tried ';'; give --d", options={"delimiter": ";"}
    ),
    "a delimiter of two characters": Case(
        TABLE, error="--delimiter ';;' is not one character", options={"delimiter": ";;"}
    ),
    "no delimiter at all given": Case(
        TABLE, error="--delimiter '' is not one character", options={"delimiter": ""}
    ),
}
BYTES = {
    "nothing": Case(b"", error=r"empty \(0 bytes\)"),
    "a byte order mark": Case(b"\xef\xbb\xbf" + TABLE, SAME, []),
    "a byte order mark before a quote": Case(
        b'\xef\xbb\xbf"a,1",b\n1,x\n2,y\n', {"a,1": [1, 2], "b": ["x", "y"]}, []
    ),
    "little-endian UTF-16": Case(utf16(TABLE), SAME, ["encoding utf-16"]),
    "big-endian UTF-16": Case(utf16(TABLE, b"\xfe\xff", "utf-16-be"), SAME, ["encoding utf-16"]),
    "UTF-16 without its mark": Case(
        utf16(TABLE, b""), error=r"byte 0 at offset 1.*--encoding utf-16-le"
    ),
    "UTF-16 without its mark, as given": Case(
        utf16(TABLE, b""), SAME, ["encoding utf-16-le"], options={"encoding": "utf-16-le"}
    ),
    "UTF-16 cut short": Case(utf16(TABLE)[:-1], error="is not utf-16, or cut short; .*--encoding"),
    "lines ended by CR": Case(TABLE.replace(b"\n", b"\r"), SAME, []),
    "lines ended by CR LF": Case(TABLE.replace(b"\n", b"\r\n"), SAME, []),
    "lines ended in several ways": Case(b"a,b\r\n1,x\n2,y\r\n", SAME, []),
    "a lone CR among CR LF": Case(b"a,b\r\n\r x,y\r\n", {"a": [" x"], "b": ["y"]}, []),
    "no end of the last line": Case(TABLE[:-1], SAME, []),
    "blank lines": Case(b"a,b\n\n1,x\n\n\n2,y\n\n", SAME, []),
    "gzip under another name": Case(gzip.compress(TABLE), SAME, ["gzip"]),
    "gzip under its name": Case(gzip.compress(TABLE), SAME, ["gzip"], name="t.csv.gz"),
    "gzip of UTF-16": Case(gzip.compress(utf16(TABLE)), SAME, ["gzip", "encoding utf-16"]),
    "gzip cut short": Case(gzip.compress(TABLE)[:-6], error="gzip data damaged or cut short"),
    "gzip with a wrong checksum": Case(
        gzip.compress(TABLE)[:-8] + bytes(4) + gzip.compress(TABLE)[-4:], error="CRC check failed"
    ),
    "gzip of nothing": Case(gzip.compress(b""), error="no header"),
    "latin-1": Case(
        b"a,b\n1,x\n2,caf\xe9\n",
        error=r"byte 0xe9 at offset 13 \(line 3\) is not UTF-8; give --encoding cp1252",
    ),
    "latin-1 after a byte order mark": Case(
        b"\xef\xbb\xbfa,b\n1,\xe9\n", error=r"byte 0xe9 at offset 9 \(line 2\)"
    ),
    "latin-1 in the header": Case(b"a,\xe9\n1,x\n", error=r"byte 0xe9 at offset 2 \(line 1\)"),
    "UTF-8, as given": Case(b"\xef\xbb\xbf" + TABLE, SAME, [], options={"encoding": "UTF8"}),
    "latin-1, as given": Case(
        b"a,caf\xe9\n1,\xe9\n",
        {"a": [1], "café": ["é"]},
        ["encoding iso8859-1"],
        options={"encoding": "latin-1"},
    ),
    "an encoding that is wrongly given": Case(
        b"a,b\n1,\x81\n", error="is not cp1252", options={"encoding": "cp1252"}
    ),
    "an unknown encoding": Case(
        TABLE, error="'klingon' is unknown", options={"encoding": "klingon"}
    ),
    "an encoding of no text": Case(TABLE, error="'zip' is unknown", options={"encoding": "zip"}),
    "bytes of no text": Case(
        b"a,b\n1,x\0\n",
        error=r"csv: not text \(byte 0 at offset 7\), or UTF-16 without its mark; if so, give --",
    ),
    "a workbook": Case(b"PK\x03\x04abc", error="is a workbook damaged or cut short"),
    "zstd": Case(b"\x28\xb5\x2f\xfdabc", error="compressed; decompress it"),
    "a web page": Case(b"\n<!DOCTYPE html>\n<p>a,b", error="a web page"),
    "Parquet cut short": Case(b"PAR1abcdPAR1", error=r"t\.csv: Footer length error"),
    "compressed Parquet": Case(gzip.compress(b"PAR1abcdPAR1"), error="compressed Parquet"),
}
ROWS = {
    "a header alone": Case(b"a,b\n", error="column names but no rows"),
    "a header alone, no line end": Case(b"a,b", error="column names but no rows"),
    "blank lines alone": Case(b"\n\n\n", error="no header"),
    "a short row": Case(b"a,b,c\n1,2,3\n4,5\n", error="line 3 has 2 cells, the header has 3 names"),
    "a long row": Case(
        b"a,b\n1,2\n3,4,5\n", error="line 3 has 3 cells, the header has 2 names; cor"
    ),
    "a delimiter after every row": Case(
        b"a,b\n1,2,\n3,4,\n", error="line 2 has 3 cells.*remove the delimiter at the end"
    ),
    "a delimiter after one row": Case(b"a,b\n1,2\n3,4,\n5,6", error="line 3 has 3 cells.*remove"),
    "a delimiter after one row ended by CR LF": Case(
        b"a,b\r\n1,2,\r\n3,4\r\n", error="line 2 has 3 cells.*remove"
    ),
    "a delimiter after one row ended by CR": Case(
        b"a,b\r1,2,\r3,4\r", error="line 2 has 3 cells.*remove"
    ),
    "delimiters after the last row": Case(b"a,b\n1,2\n3,4,,", error="line 3 has 4 cells.*remove"),
    "a delimiter after every line": Case(
        b"a,b,\n1,x,\n2,y,\n", SAME, ["no cell filled: 'column 3'"]
    ),
    "delimiters after every line": Case(
        b"a,b,,\n1,x,,\n2,y,,\n", SAME, ["no cell filled: 'column 3', 'column 4'"]
    ),
    "a header one name short": Case(b"a,b\n1,2,3\n4,5,6\n", error="line 2 has 3 cells, the header"),
    "a short row after a blank line and a quoted line end": Case(
        b'a,b\n\n"1\n1",2\n3\n', error="line 5 has 1 cells"
    ),
    "a quoted line end": Case(b'a,b\n"x\ny",1\nz,2\n', {"a": ["x\ny", "z"], "b": [1, 2]}, []),
    "a quoted LF among CR LF": Case(
        b'a,b\r\n1,"x\ny"\r\n2,z\r\n', {"a": [1, 2], "b": ["x\ny", "z"]}, []
    ),
    "a line end in a name": Case(b'"a\n1",b\n1,x\n', {"a\n1": [1], "b": ["x"]}, []),
    "doubled quotes": Case(b'a,b\n1,"say ""x"""\n', {"a": [1], "b": ['say "x"']}, []),
    "a quote inside a bare cell": Case(b'a,b\n1,5" pipe\n', {"a": [1], "b": ['5" pipe']}, []),
    "a blank before a quote": Case(b'a, b\n1, "x, y"\n', {"a": [1], "b": ["x, y"]}, None),
    "an unclosed quote": Case(b'a,b\n1,x\n2,"y\n3,z\n', error="line 3: a quote opened"),
    "an unclosed quote in the header, below a comment": Case(
        b'# x\na,"b\n1,2\n', error="line 2: a quote opened"
    ),
    "an unclosed quote before a quoted cell": Case(
        b'a,b\n1,x\n2,"y\n3,"z"\n4,w\n', error="line 3: a quote opened"
    ),
    "an unclosed quote that takes a row in": Case(
        b'a,b,c\n1,"x,y\n2,z"\n', error=r"line 2 has 2 cells.*is a quote not closed\?"
    ),
    "quotes escaped with a backslash": Case(b'a,b\n1,"x \\"y\\" z"\n', error="line 2: a quote"),
    "comments above the header": Case(
        b'# it\'s "made" by x\n#\n\n' + TABLE, SAME, ["lines above the header left out: 3"]
    ),
    "a blank line above the header": Case(
        b"\n" + TABLE, SAME, ["lines above the header left out: 1"]
    ),
    "a name that begins with #": Case(b"#id,b\n1,x\n", {"#id": [1], "b": ["x"]}, []),
    "a title above the header": Case(
        b"Report 2024\n" + TABLE, error="'Report 2024', is one column"
    ),
    "a comment among the rows": Case(b"a,b\n1,x\n# no\n2,y\n", error="line 3 has 1 cells"),
    "a line of blanks": Case(b"a,b\n1,x\n  \n2,y\n", error="line 3 has 1 cells"),
    "a row of blanks": Case(b"a,b\n1,x\n,\n", {"a": [1.0, NAN], "b": ["x", None]}, []),
    "a cell of a million characters": Case(
        b"a,b\n1," + b"x" * 10**6 + b"\n", {"a": [1], "b": ["x" * 10**6]}, []
    ),
}
NAMES = {
    "a name twice": Case(b"a,b,a\n1,2,3\n", error="columns 1, 3 are all called 'a'; rename"),
    "a name twice but for blanks": Case(b"a, a\n1,2\n", error="columns 1, 2 are all called 'a'"),
    "names that differ by case": Case(b"a,A\n1,2\n", {"a": [1], "A": [2]}, []),
    "blanks around names": Case(
        b" a ,\tb\n1,x\n2,y\n", SAME, ["blanks around column names removed"]
    ),
    "no name for the first column": Case(
        b",a\n7,1\n",
        {"column 1": [7], "a": [1]},
        ["the first column has no name: called 'column 1'"],
    ),
    "no name for the first column, and its name taken": Case(
        b",column 1\n7,1\n", {"column 2": [7], "column 1": [1]}, None
    ),
    "no name for another column": Case(b"a,,b\n1,2,3\n", error="column 2 has no name; give it one"),
    "lines within names, as Excel writes them": Case(
        b'"a\nb",c\r\n1,"x\ny"\r\n2,z\r\n', {"a\nb": [1, 2], "c": ["x\ny", "z"]}, []
    ),
    "a title above the names": Case(
        b"Report,,,\na,b,c,d\n1,2,3,4\n", error="or delete what stands above the names"
    ),
    "data for a header": Case(
        b"5.1,3.5,cat\n4.9,3.0,dog\n",
        {"5.1": [4.9], "3.5": [3.0], "cat": ["dog"]},
        ["warning: 2 of 3 names are numbers: no header line?"],
    ),
    "data for a header, with one number": Case(
        b"39,male,yes\n50,male,no\n",
        {"39": [50], "male": ["male"], "yes": ["no"]},
        ["warning: 1 of 3 names are numbers: no header line?"],
    ),
    "the same data twice for a header": Case(
        b"1.5,1.5,cat\n4.9,3.0,dog\n", error="'1.5'; rename them, or add the missing header"
    ),
    "names that count": Case(b"0,1,y\n5,6,x\n", {"0": [5], "1": [6], "y": ["x"]}, []),
    "the name of a query": Case(b"a\"'); DROP,@\n1,x\n", {"a\"'); DROP": [1], "@": ["x"]}, []),
}
CELLS = {
    "classes called NA, None and null": Case(
        b"a,b\n1,NA\n2,None\n3,null\n4,\n5,N/A\n",
        {"a": [1, 2, 3, 4, 5], "b": ["NA", "None", "null", None, "N/A"]},
        [],
    ),
    "NA among numbers": Case(b"a,b\n1,x\nNA,y\n", {"a": ["1", "NA"], "b": ["x", "y"]}, []),
    "quoted cells of nothing": Case(b'a,b\n"",x\n2,""\n', {"a": [NAN, 2.0], "b": ["x", None]}, []),
    "blanks around cells": Case(
        b"a,b\n 1 , x \n2,  \n\t3,\t\n", {"a": [1, 2, 3], "b": [" x ", None, None]}, []
    ),
    "leading zeros": Case(
        b"a,b\n007,x\n12,y\n",
        {"a": ["007", "12"], "b": ["x", "y"]},
        ["kept as text for leading zeros: 'a'"],
    ),
    "zero, its signs and its decimals": Case(
        b"a,b,c\n0,-0,0.5\n+5,7,00.5\n", {"a": [0, 5], "b": [0, 7], "c": [0.5, 0.5]}, []
    ),
    "integers beside a blank": Case(b"a,b\n5,x\n,y\n", {"a": [5.0, NAN], "b": ["x", "y"]}, []),
    "big integers beside a blank": Case(
        b"a,b\n9007199254740993,x\n,y\n", {"a": [2**53 + 1, None], "b": ["x", "y"]}, []
    ),
    "big negative integers beside a blank": Case(
        b"a,b\n-9223372036854775808,x\n,y\n", {"a": [-(2**63), None], "b": ["x", "y"]}, []
    ),
    "integers beyond 64 bits": Case(
        b"a,b\n18446744073709551616,1\n1,99999999999999999999\n,nan\n",
        {"a": [2**64, 1, None], "b": [1, 10**20 - 1, None]},
        ["nan taken as a missing cell: 'b'"],
    ),
    "an integer beyond all floats": Case(
        b"a,b\n1,x\n" + b"9" * 5000 + b",y\n", error="line 3, column 'a': '9999"
    ),
    "integers and decimals": Case(
        b"a,b\n1,1e3\n2.5,-.5\n", {"a": [1.0, 2.5], "b": [1e3, -0.5]}, []
    ),
    "nan among numbers": Case(
        b"a,b\n1,x\nnan,y\nNaN,z\n",
        {"a": [1.0, NAN, NAN], "b": ["x", "y", "z"]},
        ["nan taken as a missing cell: 'a'"],
    ),
    "nan where all columns are numbers": Case(
        b"a,b\n1,0.5\nnan,2\n3,nan\n", {"a": [1.0, NAN, 3.0], "b": [0.5, 2.0, NAN]}, None
    ),
    "blanks where all columns are numbers": Case(
        b"a,b\n1,2\n ,4\n5,\n", {"a": [1.0, NAN, 5.0], "b": [2.0, 4.0, NAN]}, []
    ),
    "nan and inf among words": Case(
        b"a,b\nnan,inf\nNaN,sup\n", {"a": ["nan", "NaN"], "b": ["inf", "sup"]}, []
    ),
    "what only a cast takes for a number": Case(
        b"a,b,c\n1_000,0x1F,1.5.2\n2,3,4\n",
        {"a": ["1_000", "2"], "b": ["0x1F", "3"], "c": ["1.5.2", "4"]},
        [],
    ),
    "truth values as written": Case(
        b"a,b\ntrue,Yes\nFalse,yes\n", {"a": ["true", "False"], "b": ["Yes", "yes"]}, []
    ),
    "dates and times": Case(
        b"a,b\n2020-01-02,2020-01-02 03:04\n,2020-01-02T03:04:05.25Z\n",
        {
            "a": [datetime.datetime(2020, 1, 2), None],
            "b": [
                datetime.datetime(2020, 1, 2, 3, 4),
                datetime.datetime(2020, 1, 2, 3, 4, 5, 250000),
            ],
        },
        [],
    ),
    "dates that are none": Case(
        b"a,b,c,d\n2020-02-30,epoch,2020/01/02,2020-01-02 03:04:05+02:00\n",
        {
            "a": ["2020-02-30"],
            "b": ["epoch"],
            "c": ["2020/01/02"],
            "d": ["2020-01-02 03:04:05+02:00"],
        },
        [],
    ),
    "a column of nothing": Case(
        b"a,b,c\n1,,x\n2, ,y\n",
        {"a": [1, 2], "b": [None, None], "c": ["x", "y"]},
        ["no cell filled: 'b'"],
    ),
    "letters of many scripts": Case(
        "größe,名\n1,γάτα\n2,猫\n".encode(), {"größe": [1, 2], "名": ["γάτα", "猫"]}, []
    ),
    **{
        f"{word[:9]} among numbers": Case(
            b"a,b\nx,1.5\n\nx,%b\n" % word.encode(),
            error=f"line 4, column 'b': '{re.escape(word[:9])}",
        )
        for word in ("inf", "Infinity", "-inf", "+INF", "1e400", "-1.5e999", "9" * 400)
    },
}
JSON = {
    "a JSON array under another name": Case(
        b'[{"a": 1, "b": "x"},\n {"a": 2, "b": "y"}]', SAME, ["JSON"]
    ),
    "lines of JSON": Case(
        b'{"a": 1, "b": "x"}\n{"b": "y", "a": 2}\n', SAME, ["JSON"], name="t.jsonl"
    ),
    "JSON in UTF-16": Case(
        utf16(b'{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}'), SAME, ["encoding utf-16", "JSON"]
    ),
    "gzipped lines of JSON": Case(
        gzip.compress(b'{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}'),
        SAME,
        ["gzip", "JSON"],
        name="t.jsonl.gz",
    ),
    "JSON text that looks like something else": Case(
        b'{"a": "5:10", "b": "007", "c": "true", "d": "1"}',
        {"a": ["5:10"], "b": ["007"], "c": ["true"], "d": ["1"]},
        None,
    ),
    "JSON of several types": Case(
        b'{"a": 1, "b": true, "c": true, "d": null}\n{"a": "x", "b": false, "c": null, "d": 2}',
        {"a": ["1", "x"], "b": [True, False], "c": [True, None], "d": [NAN, 2.0]},
        None,
    ),
    "JSON with a key missing": Case(
        b'{"a": 1}\n{"b": ""}', {"a": [1.0, NAN], "b": [None, None]}, None
    ),
    "big integers in JSON": Case(
        b'{"a": 9007199254740993, "b": 1}\n{"a": null, "b": 2}',
        {"a": [2**53 + 1, None], "b": [1, 2]},
        None,
    ),
    "infinity in JSON": Case(b'{"a": 1}\n{"a": 1e400}', error="row 2, column 'a': inf"),
    "nested JSON": Case(
        b'{"a": {"b": 1}, "c": ["x"], "d": [1]}', error="lists or records in column 'a', 'c', where"
    ),
    "keys that differ by case": Case(b'{"a": 1, "A": 2}', error="differ by case alone: 'a'"),
    "a key twice": Case(b'{"a": 1, "a": 2}', error="'?\"?a"),
    "JSON cut short": Case(b'{"a": 1}\n{"a": 2, "b"', error="Malformed JSON.*line"),
    "JSON without records": Case(b"[1, 2]", error="JSON with no records", name="t.json"),
    "JSON in latin-1": Case(b'{"a": "\xe9"}', error="byte 0xe9 at offset 7 .line 1."),
}
CASES = {**DELIMITERS, **BYTES, **ROWS, **NAMES, **CELLS, **JSON}


def same(found: Any, expected: Any) -> bool:
    """Whether two cells are equal and of one type, NaN equal to NaN."""
    both_nan = found != found and expected != expected
    return type(found) is type(expected) and (both_nan or found == expected)


def put(folder: Path, content: bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.heavy
@pytest.mark.parametrize("case", [pytest.param(case, id=key) for key, case in CASES.items()])
def test_a_hostile_file_is_read_as_written_or_refused_in_one_line(
    case: Case, tmp_path: Path
) -> None:
    path = put(tmp_path, case.content, case.name)
    if case.error:
        with pytest.raises(DataError, match=case.error) as caught:
            read(path, **case.options)
        message = str(caught.value)
        assert message.startswith(f"{path}: ")
        assert "\n" not in message
        assert "Error:" not in message
        assert message.count(str(tmp_path)) == 1
        assert len(message) < len(str(path)) + 200
        return
    sheet = read(path, **case.options)
    assert case.columns is not None
    found = {name: values.tolist() for name, values in sheet.columns.items()}
    assert list(found) == list(case.columns)
    for name, expected in case.columns.items():
        assert len(found[name]) == len(expected) == sheet.n_rows
        assert all(map(same, found[name], expected)), (name, found[name], expected)
    if case.notes is not None:
        assert sheet.notes == case.notes
    assert list(tmp_path.iterdir()) == [path]


SAID = {
    "a workbook": (
        b"PK\x03\x04abc", "is a workbook damaged or cut short (File is not a zip file)",
    ),
    "bzip2": (b"BZh9abc", "is compressed; decompress it, or use gzip"),
    "a web page": (b"<html>a,b", "is a web page or XML; save the table as CSV"),
    "gzipped Parquet": (
        gzip.compress(b"PAR1abcdPAR1"), "is compressed Parquet; decompress it",
    ),
    "a long row": (
        b"a,b\n1,2\n3,4,5\n", "line 3 has 3 cells, the header has 2 names; "
        "correct the line, or quote the cells that hold the delimiter",
    ),
    "a cell over two lines": (
        b'a,b,c\n1,"x,y\n2,z"\n', "line 2 has 2 cells, the header has 3 names; "
        "a cell runs over several lines: is a quote not closed?",
    ),
    "a cell over two lines ended by CR": (
        b'a,b,c\r1,"x,y\r2,z"\r', "line 2 has 2 cells, the header has 3 names; "
        "a cell runs over several lines: is a quote not closed?",
    ),
    "a delimiter too many": (
        b"a,b\n1,2,\n", "line 2 has 3 cells, the header has 2 names; "
        "remove the delimiter at the end of the line",
    ),
    "an unclosed quote": (
        b'a,b\n1,"x\n', "line 2: a quote opened in this row is not closed where its cell ends; "
        "write a quote within quotes twice",
    ),
    "one column": (
        b"\na\n1\n", "line 2, 'a', is one column: tried ',', ';', tab, '|'; "
        "give --delimiter, or remove lines above the header",
    ),
    "latin-1": (
        b"a,b\n1,\xe9\n", "byte 0xe9 at offset 6 (line 2) is not UTF-8; "
        "give --encoding cp1252, or what it is in",
    ),
    "UTF-16 cut short": (
        utf16(TABLE)[:-1], "is not utf-16, or cut short; give another --encoding",
    ),
    "a name twice": (b"a,b,a\n1,2,3\n", "columns 1, 3 are all called 'a'; rename them"),
    "a number twice for a name": (
        b"1.5,1.5\n4.9,3.0\n",
        "columns 1, 2 are all called '1.5'; rename them, or add the missing header line",
    ),
    "infinity": (
        b"a,b\nx, inf\n", "line 2, column 'b': 'inf' is infinite or too large for a number; "
        "correct the cell or empty it",
    ),
    "infinity in JSON": (
        b'{"a": 1}\n{"a": 1e400}', "row 2, column 'a': inf is infinite or too large for a number; "
        "correct the cell or empty it",
    ),
    "keys that differ by case": (
        b'{"a": 1, "A": 2}',
        "JSON with names that differ by case alone: 'a'; write records such as {\"a\": 1}",
    ),
    "JSON without a key": (b'[{}]', "JSON with no records; write records such as {\"a\": 1}"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "said"), SAID.values(), ids=SAID)
def test_a_fault_is_told_with_its_place_and_its_remedy(
    content: bytes, said: str, tmp_path: Path
) -> None:
    path = put(tmp_path, content)
    with pytest.raises(DataError) as caught:
        read(path)
    assert str(caught.value) == f"{path}: {said}"


def test_there_are_enough_hostile_files() -> None:
    assert len(CASES) >= 45


@pytest.mark.parametrize(
    ("make", "error"),
    [
        pytest.param(lambda _: None, "no such file", id="nothing"),
        pytest.param(lambda path: path.mkdir(), "is a directory", id="directory"),
        pytest.param(lambda path: path.symlink_to("gone"), "no such file", id="dangling link"),
        pytest.param(lambda path: path.symlink_to(path), "no such file", id="looping link"),
        pytest.param(lambda path: os.mkfifo(path), "a pipe", id="pipe"),
    ],
)
def test_what_is_no_file_is_refused(make: Any, error: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    make(path)
    with pytest.raises(DataError, match=error):
        read(path)


@pytest.mark.parametrize(
    "path",
    [
        "http://127.0.0.1:1/t.csv",
        "s3://bucket/t.csv",
        "*.csv",
        "range(3)",
        ":memory:",
        "t\0.csv",
        "/dev/null",
        "",
    ],
)
def test_an_address_a_pattern_or_a_query_is_only_a_path(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    put(tmp_path, TABLE)
    with pytest.raises(DataError, match=r"no such file|is a directory, a pipe or a device"):
        read(path)


@pytest.mark.parametrize(
    "name",
    [
        "*.csv",
        "a?.csv",
        "[ab].csv",
        "a]b[.csv",
        "it's.csv",
        "k=1.csv",
        "a\nb.csv",
        "x; DROP",
        "{a}.csv",
    ],
)
def test_a_name_with_signs_that_duckdb_expands_is_read_and_none_beside_it(
    name: str, tmp_path: Path
) -> None:
    put(tmp_path, b"other,b\n1,2\n", "ab.csv")
    put(tmp_path, b"other,b\n1,2\n", "a.csv")
    sheet = read(put(tmp_path, TABLE, name))
    assert list(sheet.columns) == ["a", "b"]
    assert sheet.n_rows == 2


def test_parquet_under_a_name_that_duckdb_expands_is_read(tmp_path: Path) -> None:
    put(tmp_path, parquet({"a": [1]}), "ab.parquet")
    sheet = read(put(tmp_path, parquet({"a": [2]}), "a?.parquet"))
    assert sheet.columns["a"].tolist() == [2]


def test_a_folder_called_key_equals_value_adds_no_column(tmp_path: Path) -> None:
    folder = tmp_path / "k=1"
    folder.mkdir()
    assert list(read(put(folder, parquet({"a": [1]}))).columns) == ["a"]
    assert list(read(put(folder, TABLE)).columns) == ["a", "b"]


def test_a_name_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.csv")
    Path(path).write_bytes(TABLE)
    with pytest.raises(DataError, match="rename the file"):
        read(path)


def test_the_database_can_open_the_one_file_and_nothing_else(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    duckdb = pytest.importorskip("duckdb")
    path, other = put(tmp_path, TABLE), put(tmp_path, TABLE, "other.csv")
    scratch = tmp_path_factory.mktemp("scratch")
    with relation.connection([path], scratch) as connection:
        assert connection.execute(f"FROM read_csv('{path}')").fetchall() == [(1, "x"), (2, "y")]
        for query in (
            f"FROM read_csv('{other}')",
            f"FROM '{tmp_path}/*.csv'",
            "FROM read_csv('http://127.0.0.1:1/t.csv')",
            f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
            f"ATTACH '{tmp_path}/x.db'",
            "INSTALL httpfs",
            "LOAD httpfs",
            "SET enable_external_access = true",
            "FROM other",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(query)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["other.csv", "t.csv"]


def test_line_counts_blank_lines_comments_and_quoted_line_ends(tmp_path: Path) -> None:
    sheet = read(put(tmp_path, b'# x\na,b\n1,x\n\n2,"y\nz"\n3,w\n'))
    assert [sheet.line(row) for row in range(-1, 4)] == [None, 3, 5, 7, None]
    zipped = read(put(tmp_path, gzip.compress(utf16(TABLE))))
    assert [zipped.line(row) for row in range(2)] == [2, 3]


def test_line_is_none_once_the_file_is_gone(tmp_path: Path) -> None:
    sheet = read(put(tmp_path, TABLE))
    (tmp_path / "t.csv").unlink()
    assert sheet.line(0) is None


def test_a_sheet_is_equal_to_itself_alone_and_prints_what_it_holds(tmp_path: Path) -> None:
    path = put(tmp_path, TABLE)
    assert len({read(path), read(path)}) == 2
    assert "TextFile" not in repr(read(path))


def test_a_stray_word_beyond_any_sample_makes_the_column_text(tmp_path: Path) -> None:
    numbers = [b"%d,%d.5" % (i, i) for i in range(60_000)]
    numbers[50_000] = b"12O,7.5"
    sheet = read(put(tmp_path, b"a,b\n" + b"\n".join(numbers)))
    assert sheet.columns["a"].dtype == object
    assert sheet.columns["a"][[0, 50_000, 59_999]].tolist() == ["0", "12O", "59999"]
    np.testing.assert_array_equal(sheet.columns["b"][[0, 49_999, 50_000]], [0.5, 49_999.5, 7.5])


@pytest.mark.parametrize("fault", [b"1", b"1,2,3", b"1,2,", b'1,"x'])
def test_a_fault_far_down_a_large_file_is_found_with_its_line(fault: bytes, tmp_path: Path) -> None:
    rows = [b"%d,x" % i for i in range(60_000)]
    rows[50_000] = fault
    with pytest.raises(DataError, match=r"line 50002\b"):
        read(put(tmp_path, b"a,b\n" + b"\n".join(rows)))


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (
            b"a,b,c\n1.0,inf,2020-01-01\n1e3,nan,\n",
            [["1.0", "1e3"], ["inf", "nan"], ["2020-01-01", None]],
        ),
        (
            b'{"a": 1, "b": "x", "c": true}\n{"a": 2, "b": " ", "c": false}',
            [["1", "2"], ["x", " "], ["true", "false"]],
        ),
    ],
)
def test_columns_wanted_as_text_stay_as_they_are_spelled(
    content: bytes, found: Any, tmp_path: Path
) -> None:
    sheet = read(put(tmp_path, content), text=["a", "b", "c", "none of them"])
    assert [values.tolist() for values in sheet.columns.values()] == found
    assert set(sheet.notes) <= {"JSON"}


def test_a_column_of_parquet_wanted_as_text_is_text(tmp_path: Path) -> None:
    path = put(tmp_path, parquet({"a": [True, None], "b": [1, 2]}))
    columns = read(path, text=["a"]).columns
    assert columns["a"].tolist() == ["true", None]
    assert columns["b"].tolist() == [1, 2]


@pytest.mark.parametrize("sign", [1, -1])
def test_whole_numbers_beside_a_hole_are_floats_as_long_as_those_are_exact(
    sign: int, tmp_path: Path
) -> None:
    for number, dtype in ((200, float), (2**53 - 1, float), (2**53, object)):
        values = read(put(tmp_path, f"a,b\n{sign * number},x\n,y\n".encode())).columns["a"]
        assert (values.dtype, values[0]) == (dtype, sign * number)


def test_a_word_is_one_object_however_often_it_stands_there(tmp_path: Path) -> None:
    values = read(put(tmp_path, b"a,b\nsome word,1\nanother,2\nsome word,3\n")).columns["a"]
    assert values[0] is values[2]


def test_dates_beside_a_hole_stay_dates(tmp_path: Path) -> None:
    values = read(put(tmp_path, b"a,b\n2020-01-02,x\n,y\n")).columns["a"]
    assert values.dtype.kind == "M"
    assert np.isnat(values).tolist() == [False, True]


def test_rows_keep_the_order_of_the_file(tmp_path: Path) -> None:
    n = 100_000
    body = "".join(f"{i},{'word' * (i % 9)}\n" for i in range(n))
    sheet = read(put(tmp_path, b"a,b\n" + body.encode()))
    np.testing.assert_array_equal(sheet.columns["a"], np.arange(n))
    assert sheet.columns["b"][-5:].tolist() == [("word" * (i % 9)) or None for i in range(n - 5, n)]


def test_thousands_of_columns_are_read(tmp_path: Path) -> None:
    width = 2_000
    head = ",".join(f"gene {i:0200d}" for i in range(width))  # wider than any sniffer's sample
    row = ",".join(str(i) for i in range(width))
    sheet = read(put(tmp_path, f"{head}\n{row}\n{row}\n".encode()))
    assert [values[1] for values in sheet.columns.values()] == list(range(width))


def test_notes_on_many_columns_stay_short(tmp_path: Path) -> None:
    names = [f"n{i}" for i in range(9)]
    sheet = read(put(tmp_path, f"y,{','.join(names)}\nx{',' * 9}\n".encode()))
    assert sheet.notes == ["no cell filled: 'n0', 'n1', 'n2', 'n3', 'n4' and 4 more"]


def test_control_characters_do_not_reach_a_message(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'a\\x1b\[31m'") as caught:
        read(put(tmp_path, b"a\x1b[31m,a\x1b[31m\n1,2\n", "t\x1b[31m\n.csv"))
    assert str(caught.value).isprintable()


def test_threads_read_side_by_side(tmp_path: Path) -> None:
    paths = [put(tmp_path, b"a,b\n%d,x\n" % i, f"{i}.csv") for i in range(8)]
    found: dict[int, Sheet] = {}
    threads = [
        threading.Thread(target=lambda i=i, path=path: found.update({i: read(path)}))
        for i, path in enumerate(paths)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[i].columns["a"].tolist() for i in range(8)] == [[i] for i in range(8)]


CELL = st.text(alphabet="ab1.,;\"\n\r #'\\é", max_size=6)


@pytest.mark.heavy
@settings(
    max_examples=FUZZ, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=4),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_every_table_that_csv_writes_is_read_back(
    rows: list[tuple[str, str, str]], delimiter: str, end: str, quoting: Any, tmp_path: Path
) -> None:
    # Before Python 3.13 csv leaves a CR bare when it quotes as little as it can.
    assume(quoting == csv.QUOTE_ALL or not any("\r" in cell for row in rows for cell in row))
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    # The first row makes every column text, so that each cell must come back as it was.
    writer.writerows([("u", "v", "w"), ("word", "word", "word"), *rows])
    path = put(tmp_path, text.getvalue().encode())
    try:
        sheet = read(path, delimiter=delimiter)
    except DataError:
        # csv leaves a cell of blanks and a quote bare, which duckdb takes for a quoted one.
        assert any(re.match(r" +", cell) for row in rows for cell in row)
        return
    # Where line ends differ, or a CR stands alone, they all come back as LF.
    exact = (
        not re.search("\r(?!\n)", text.getvalue())
        and len(set(re.findall("\r?\n", text.getvalue()))) == 1
    )
    for name, cells in zip("uvw", zip(*rows, strict=True), strict=True):
        expected = [None if not cell.strip(" \t") else cell for cell in cells]
        found = sheet.columns[name][1:].tolist()
        if not exact:
            expected, found = (
                [c and re.sub("\r\n?", "\n", c) for c in each] for each in (expected, found)
            )
        assert found == expected


@settings(
    max_examples=FUZZ, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    content=st.one_of(
        st.binary(min_size=1, max_size=60),
        st.text(alphabet='ab,;"\n\r\t\0 #[{}]:1é', min_size=1, max_size=40).map(str.encode),
        st.tuples(st.sampled_from([c.content for c in CASES.values() if c.content]), st.data()),
    ),
    name=st.sampled_from(["t.csv", "t.json"]),
)
def test_whatever_the_bytes_there_is_a_sheet_or_a_data_error(
    content: Any, name: str, tmp_path: Path
) -> None:
    if isinstance(content, tuple):
        whole, data = content
        at = data.draw(st.integers(0, min(len(whole), 200) - 1))
        content = whole[:at] + data.draw(st.binary(max_size=2)) + whole[at + 1 :]
        assume(content)
    with contextlib.suppress(DataError):
        sheet = read(put(tmp_path, content, name))
        assert sheet.n_rows > 0
        assert {len(values) for values in sheet.columns.values()} == {sheet.n_rows}


def parquet(columns: dict[str, Any], names: list[str] | None = None) -> bytes:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    table = pa.table(columns)
    sink = io.BytesIO()
    pyarrow.parquet.write_table(table.rename_columns(names) if names else table, sink)
    return sink.getvalue()


@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
def test_parquet_is_known_by_its_bytes_and_keeps_its_types(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")  # a time zone must not move anything
    pa = pytest.importorskip("pyarrow")
    time = datetime.datetime(2020, 1, 2, 3, 4, 5)
    content = parquet(
        {
            "int": [1, 2],
            "gap": [1, None],
            "big": [2**53 + 1, None],
            "huge": pa.array([1, 2**64 - 1], pa.uint64()),
            "small": pa.array([1, 2], pa.uint64()),
            "whole decimal": pa.array([2**53 + 1, 5], pa.decimal128(18, 0)),
            "huge decimal": pa.array([2**64 - 1, None], pa.decimal128(38, 0)),
            "price": pa.array([Decimal("0.35"), None], pa.decimal128(38, 2)),
            "float": pa.array([1.5, None], pa.float32()),
            "nan": [1.5, NAN],
            "bool": [True, False],
            "maybe": [True, None],
            "text": ["007", " "],
            "bytes": [b"x", b"y"],
            "category": pa.array(["x", "y"]).dictionary_encode(),
            "date": [datetime.date(2020, 1, 2), None],
            "zone": pa.array([time, None], pa.timestamp("us", tz="Europe/Berlin")),
            "none": pa.nulls(2, pa.int64()),
        }
    )
    sheet = read(put(tmp_path, content, name))
    expected = {
        "int": [1, 2],
        "gap": [1.0, NAN],
        "big": [2**53 + 1, None],
        "huge": [1, 2**64 - 1],
        "small": [1, 2],
        "whole decimal": [2**53 + 1, 5],
        "huge decimal": [2**64 - 1, None],
        "price": [0.35, NAN],
        "float": [1.5, NAN],
        "nan": [1.5, NAN],
        "bool": [True, False],
        "maybe": [True, None],
        "text": ["007", None],
        "bytes": ["x", "y"],
        "category": ["x", "y"],
        "date": [datetime.datetime(2020, 1, 2), None],
        "zone": [time, None],
        "none": [NAN, NAN],
    }
    assert list(sheet.columns) == list(expected)
    for key, cells in expected.items():
        assert all(map(same, sheet.columns[key].tolist(), cells)), key
    assert sheet.columns["small"].dtype == np.int64
    assert sheet.notes == ["Parquet", "no cell filled: 'none'"]
    assert sheet.line(0) is None


@pytest.mark.parametrize(
    ("columns", "names", "error"),
    [
        ({"a": [1], "b": [2]}, ["a", "a"], "columns 1, 2 are all called 'a'"),
        ({"a": [["x"]], "b": [{"x": 1}], "c": [[1]]}, None, "lists or records in column 'a', 'b',"),
        ({"a": [1.0, float("-inf")]}, None, "row 2, column 'a'"),
        ({"a": []}, None, "no rows"),
        ({}, None, r"t\.parquet: "),
        ({"a": [1], "b": [2]}, ["a", ""], "column 2 has no name"),
    ],
)
def test_parquet_that_is_no_flat_table_is_refused(
    columns: dict[str, Any], names: list[str] | None, error: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=error):
        read(put(tmp_path, parquet(columns, names), "t.parquet"))


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_reading_needs_neither_pandas_nor_pyarrow_nor_polars(tmp_path: Path) -> None:
    code = """
import sys
for name in ("pandas", "pyarrow", "polars", "pytz"):
    sys.modules[name] = None
from numlp.data.files.sheet import read
assert "duckdb" not in sys.modules
print(read(sys.argv[1]).columns)
"""
    done = run(code, str(put(tmp_path, b"a,b,c\n1,x,2020-01-01\n,,\n")))
    assert "'x', None" in done.stdout, done.stderr


def test_without_duckdb_the_message_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['duckdb'] = None\n"
        "from numlp.data.files.sheet import read; read(sys.argv[1])"
    )
    done = run(code, str(put(tmp_path, TABLE)))
    assert done.returncode == 1
    assert "pip install 'numlp[cli]'" in done.stderr.splitlines()[-1]


@pytest.mark.heavy
@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_a_large_table_is_kept_in_a_file_and_gives_the_same_columns(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = pd.DataFrame(
        {
            "n": [0.1, None, 1e9, -0.0] * 25,
            "i": range(100),
            "big": [2**60, None, 7, 8] * 25,
            "when": [*pd.date_range("2024-01-01", periods=99, freq="h"), None],
            "word": ["a", "b", None, "longer"] * 25,
            "label": ["yes", "no"] * 50,
        }
    )
    frame["big"] = frame["big"].astype("Int64")
    path = tmp_path / f"t{suffix}"
    if suffix == ".csv":
        frame.to_csv(path, index=False)
    elif suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_json(path, orient="records", lines=True, date_format="iso")
    held = read(path, text=["label"])
    monkeypatch.setattr(numlp_cells, "FEW_CELLS", 10)
    monkeypatch.setattr(numlp_cells, "FEW_ROWS", 10)
    monkeypatch.setattr(numlp_cells, "FETCHED_ROWS", 7)
    stored = read(path, text=["label"])
    assert isinstance(held.columns, dict)
    assert not isinstance(stored.columns, dict)
    assert list(stored.columns) == list(held.columns) == list(frame.columns)
    assert "n" in stored.columns
    assert "x" not in stored.columns
    for name, expected in held.columns.items():
        found = stored.columns[name]
        assert found.dtype == expected.dtype
        assert [*map(repr, found.tolist())] == [*map(repr, expected.tolist())]
    assert sorted(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="signals cannot be kept back")
def test_a_signal_waits_until_duckdb_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def slow(name: str) -> str:
        signal.raise_signal(signal.SIGINT)
        told.append(f"{name} is imported")
        return name

    monkeypatch.setattr(relation.importlib, "import_module", slow)
    # What a shell starts in the background ignores the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            relation.import_duckdb()
    finally:
        signal.signal(signal.SIGINT, before)
    assert told == ["duckdb is imported"]


def test_ctrl_c_is_a_keyboard_interrupt(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), relation.connection([], tmp_path):
        raise RuntimeError("Query interrupted")
    with pytest.raises(RuntimeError, match="another"), relation.connection([], tmp_path):
        raise RuntimeError("another")


def test_a_small_csv_is_read_in_blocks_by_the_connection_that_looked_at_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    duckdb = pytest.importorskip("duckdb")
    made: list[Any] = []
    connect = duckdb.connect

    def counted(*args: Any, **options: Any) -> Any:
        made.append(connect(*args, **options))
        return made[-1]

    monkeypatch.setattr(duckdb, "connect", counted)
    first, second = put(tmp_path, TABLE), put(tmp_path, TABLE, "second.csv")
    for paths, n_rows, n_connections in (([first], 2, 1), ([first, second], 4, 3)):
        made.clear()
        assert sum(sheet.n_rows for sheet in read_blocks(paths, 1)) == n_rows
        assert len(made) == n_connections
    monkeypatch.setattr(relation, "_CSV_BUFFER", len(TABLE) - 1)  # a large file
    assert sum(sheet.n_rows for sheet in read_blocks(first, 1)) == 2
    assert len(made) == n_connections + 2
    for each in made:
        with pytest.raises(duckdb.ConnectionException):  # it is closed
            each.execute("SELECT 1")


def test_ctrl_c_is_a_keyboard_interrupt_between_blocks_too(tmp_path: Path) -> None:
    blocks = read_blocks(put(tmp_path, TABLE), 1)
    next(blocks)
    with pytest.raises(KeyboardInterrupt):
        blocks.throw(RuntimeError("Query interrupted"))


def test_json_that_changes_beyond_any_sample_is_read(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"a": i} for i in range(30_000)]
    rows[29_000] = {"a": "12O", "b": 5}
    sheet = read(put(tmp_path, "\n".join(map(json.dumps, rows)).encode(), "t.jsonl"))
    assert sheet.columns["a"][[0, 29_000]].tolist() == ["0", "12O"]
    assert sheet.columns["b"][29_000] == 5


def test_a_json_record_of_many_megabytes_is_read(tmp_path: Path) -> None:
    long = "x" * (relation.JSON_RECORDS[0] + 1000)
    rows = [{"a": 1, "b": "short"}, {"a": 2, "b": long}]
    sheet = read(put(tmp_path, "\n".join(map(json.dumps, rows)).encode(), "t.jsonl"))
    assert sheet.columns["a"].tolist() == [1, 2]
    assert sheet.columns["b"].tolist() == ["short", long]


def test_json_with_many_keys_is_a_table(tmp_path: Path) -> None:
    row = {f"k{i}": i for i in range(500)}
    sheet = read(put(tmp_path, json.dumps([row] * 3).encode(), "t.json"))
    assert [values[2] for values in sheet.columns.values()] == list(range(500))


@pytest.mark.heavy
@pytest.mark.parametrize(
    "word",
    ["2024-3-1", "epoch", "infinity", "2024-3-1 1:2:3", "  2024-3-1", "2024-03-01",
     "2024-03-01T10:22:00Z"],
)  # fmt: skip
def test_text_of_json_is_itself_whatever_stands_beside_it(word: str, tmp_path: Path) -> None:
    alone = read(put(tmp_path, json.dumps([{"a": word}] * 2).encode(), "1.json"))
    assert alone.columns["a"].tolist() == [word, word]
    beside = read(put(tmp_path, json.dumps([{"a": word}, {"a": "x"}]).encode(), "2.json"))
    assert beside.columns["a"].tolist() == [word, "x"]


def test_json_of_python_comes_back(tmp_path: Path) -> None:
    rows = [{"a": i, "b": i / 3, "c": f"x{i}"} for i in range(3_000)]
    sheet = read(put(tmp_path, json.dumps(rows).encode(), "t.json"))
    assert {name: values.tolist() for name, values in sheet.columns.items()} == {
        name: [row[name] for row in rows] for name in rows[0]
    }


@pytest.mark.parametrize(
    "word",
    ["+-1", " +-1.5", "+-0", "+-inf", "2024-03-01T24:00:00", "2024-03-01 24:00", "0000-01-01"],
)
def test_a_spelling_that_is_no_number_or_time_is_text_where_a_column_has_no_other(
    word: str, tmp_path: Path
) -> None:
    sheet = read(put(tmp_path, f"a,b\n{word},1\n{word},2\n".encode()))
    assert sheet.columns["a"].tolist() == [word, word]


# Several files as one table


def assert_same_columns(found: Sheet, wanted: Sheet) -> None:
    assert list(found.columns) == list(wanted.columns)
    for name, cells in found.columns.items():
        expected = wanted.columns[name]
        assert cells.dtype == expected.dtype, name
        assert [str(c) for c in cells] == [str(c) for c in expected], name


PARTS = {
    "numbers": ["1", "2.5"],
    "a number in one, text in another": ["1.0", "x"],
    "leading zeros in one": ["7", "007"],
    "text in one, infinite in another": ["x", "1e400"],
    "blank in one": ["", "3"],
    "beyond 2**53 beside a blank": ["9007199254740993", ""],
    "beyond 64 bits in one": ["1", "123456789012345678901234567890"],
    "a date and a time": ["2024-01-01", "2024-01-01 10:20"],
    "a date and a word": ["2024-01-01", "soon"],
    "nan in one": ["nan", "1"],
}


@pytest.mark.heavy
@pytest.mark.parametrize("name", PARTS)
def test_several_files_are_as_one_file_of_all_their_rows(name: str, tmp_path: Path) -> None:
    first, second = PARTS[name]
    rows = [f"{first},a\n{first},b\n", f"{second},c\n"]
    parts = [put(tmp_path, f"v,w\n{r}".encode(), f"{i}.csv") for i, r in enumerate(rows)]
    whole = put(tmp_path, f"v,w\n{''.join(rows)}".encode())
    assert_same_columns(read(parts), read(whole))


def test_columns_of_several_files_are_found_by_name(tmp_path: Path) -> None:
    parts = [put(tmp_path, TABLE, "1.csv"), put(tmp_path, b"b;a\nz;3\n", "2.csv")]
    sheet = read(parts)
    assert sheet.columns["a"].tolist() == [1, 2, 3]
    assert sheet.columns["b"].tolist() == ["x", "y", "z"]
    assert sheet.notes == ["2 files, one table", "delimiter ';'"]
    assert sheet.source == f"{parts[0]} and 1 more"
    assert sheet.line(0) is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,c\n1,x\n", ["2.csv: has no column 'b', which", "1.csv has"]),
        (b"a,b,c\n1,x,y\n", ["2.csv: has a column 'c', which", "1.csv does not have"]),
        (b"a,b\n1\n", ["2.csv: line 2 has 1 cells"]),
        (b"a,b\ninf,x\n", ["2.csv: line 2, column 'a': 'inf' is infinite"]),
    ],
)
def test_a_fault_of_one_of_several_files_names_it(
    content: bytes, words: list[str], tmp_path: Path
) -> None:
    parts = [put(tmp_path, TABLE, "1.csv"), put(tmp_path, content, "2.csv")]
    with pytest.raises(DataError) as error:
        read(parts)
    for word in words:
        assert word in str(error.value)


def test_files_of_several_formats_are_one_table(tmp_path: Path) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = {
        "i": [1, None], "f": [0.5, 2.0], "s": ["x", "y"], "z": [7, 8],
        "t": [datetime.datetime(2024, 1, 1, 10), None],
    }  # fmt: skip
    pq.write_table(pa.table(table), tmp_path / "1.parquet")
    csv_part = put(tmp_path, b"i,f,s,z,t\n3,1,z,007,2024-01-02\n", "2.csv")
    record = b'{"i": null, "f": 3, "s": "w", "z": 1, "t": "2024-01-03 01:02:03"}\n'
    json_part = put(tmp_path, record, "3.jsonl")
    sheet = read([tmp_path / "1.parquet", csv_part, json_part])
    assert sheet.columns["f"].tolist() == [0.5, 2, 1, 3]
    assert sheet.columns["s"].tolist() == ["x", "y", "z", "w"]
    assert sheet.columns["z"].tolist() == ["7", "8", "007", "1"]
    np.testing.assert_array_equal(sheet.columns["i"], [1, NAN, 3, NAN])
    assert sheet.columns["t"].astype("M8[s]").astype(str).tolist() == [
        "2024-01-01T10:00:00", "NaT", "2024-01-02T00:00:00", "2024-01-03T01:02:03",
    ]  # fmt: skip


def test_a_file_of_several_may_have_no_rows_but_not_all(tmp_path: Path) -> None:
    parts = [put(tmp_path, b"a,b\n", "1.csv"), put(tmp_path, TABLE, "2.csv")]
    assert read(parts).columns["a"].tolist() == [1, 2]
    with pytest.raises(DataError, match="no rows"):
        read([parts[0], parts[0]])


# Blocks


BLOCKED = {
    "numbers and words": "\n".join(["a,b,c", *(f"{i},{i / 7},{'xyz'[i % 3]}" for i in range(25))]),
    "a word late": "\n".join(["a,b", *(f"{i},1.0" for i in range(20)), "x,2"]),
    "leading zeros late": "\n".join(["a,b", *(f"{i},y" for i in range(1, 20)), "007,y"]),
    "blanks and dates": "\n".join(
        ["a,b,c", *(f"{i if i % 4 else ''},2024-01-{i % 28 + 1:02},{'' if i % 5 else 'u'}"
         for i in range(25))]
    ),
    "big integers beside a blank": "\n".join(
        ["a,b", *(f"{2**53 + i if i % 6 else ''},x" for i in range(25))]
    ),
    "beyond 64 bits": "\n".join(["a,b", *(f"{2**70 + i if i == 17 else i},x" for i in range(25))]),
}  # fmt: skip


def as_cells(values: Any) -> list[str]:
    """Each cell as a category would spell it, and whether it is a number, time or text."""
    from numlp.data.columns import as_columns
    from numlp.table.words import as_words

    return [str(cell) for cell in as_words(as_columns({"v": values})["v"])]


@pytest.mark.heavy
@pytest.mark.parametrize("name", BLOCKED)
def test_blocks_have_the_cells_that_the_table_has_in_one_piece(name: str, tmp_path: Path) -> None:
    path = put(tmp_path, BLOCKED[name].encode() + b"\n")
    whole = read(path)
    for rows in (1, 7, 25, 1000):
        blocks = list(read_blocks(path, rows))
        assert [block.n_rows for block in blocks[:-1]] == [rows] * (len(blocks) - 1)
        assert blocks[0].notes == whole.notes
        assert all(block.notes == [] for block in blocks[1:])
        for column, cells in whole.columns.items():
            found = [cell for block in blocks for cell in as_cells(block.columns[column])]
            assert found == as_cells(cells), (rows, column)


def test_blocks_run_on_across_files(tmp_path: Path) -> None:
    parts = [put(tmp_path, TABLE, "1.csv"), put(tmp_path, b"b,a\nz,3\nw,4\n", "2.csv")]
    blocks = list(read_blocks(parts, 3))
    assert [block.columns["a"].tolist() for block in blocks] == [[1, 2, 3], [4]]
    assert blocks[1].columns["b"].tolist() == ["w"]


@pytest.mark.parametrize("format_", ["parquet", "jsonl"])
def test_blocks_of_parquet_and_json_are_as_in_one_piece(format_: str, tmp_path: Path) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    zone = datetime.timezone(datetime.timedelta(hours=2))
    times = [datetime.datetime(2024, 1, 1 + i % 9, 10, 11, 12, 345678, zone) for i in range(20)]
    table = {
        "i": [None if i % 6 == 1 else i for i in range(20)], "f": [i / 7 for i in range(20)],
        "s": [None if i % 5 == 2 else f"w{i % 3}" for i in range(20)],
        "b": [None if i == 3 else i % 2 == 0 for i in range(20)], "t": [*times[:19], None],
        "d": [datetime.date(1969, 12, 1 + i) for i in range(20)],
    }  # fmt: skip
    path = tmp_path / f"t.{format_}"
    if format_ == "parquet":
        pq.write_table(pa.table(table), path)
    else:
        rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
        path.write_text("\n".join(json.dumps(row, default=str) for row in rows))
    whole = read(path)
    blocks = list(read_blocks(path, 6))
    for column, cells in whole.columns.items():
        found = [cell for block in blocks for cell in as_cells(block.columns[column])]
        assert found == as_cells(cells), column


def test_blocks_have_the_columns_asked_for_where_all_are_there(tmp_path: Path) -> None:
    path = put(tmp_path, b"a,b,c\n1,2,inf\n")
    (block,) = read_blocks(path, 10, only=["b", "a"])
    assert list(block.columns) == ["a", "b"]
    with pytest.raises(DataError, match="'c'"):
        next(read_blocks(path, 10, only=["a", "x"]))


def test_a_fault_in_a_later_block_names_file_and_line(tmp_path: Path) -> None:
    rows = b"".join(b"%d,x\n" % i for i in range(10))
    parts = [put(tmp_path, b"a,b\n" + rows, "1.csv")]
    parts.append(put(tmp_path, b"a,b\n" + rows + b"inf,x\n", "2.csv"))
    blocks = read_blocks(parts, 4)
    assert next(blocks).n_rows == 4
    with pytest.raises(DataError, match=r"2\.csv: line 12, column 'a': 'inf' is infinite"):
        list(blocks)
    parts.append(put(tmp_path, b"a,b\n1,x\n1\n", "3.csv"))
    with pytest.raises(DataError, match=r"3\.csv: line 3 has 1 cells"):
        next(read_blocks(parts, 4))


def test_no_block_is_empty(tmp_path: Path) -> None:
    assert [b.n_rows for b in read_blocks(put(tmp_path, TABLE), 2)] == [2]
    with pytest.raises(DataError, match="no rows"):
        next(read_blocks(put(tmp_path, b"a,b\n"), 2))


def kinds(content: str, tmp_path: Path, **options: Any) -> str:
    """The kind of each column, and the decimal sign that the file suggests."""
    sheet = read(put(tmp_path, content.encode()), **options)
    return "".join(column.dtype.kind for column in sheet.columns.values()) + sheet.decimal


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("content", "options", "found"),
    [
        ("a;b\n1;x\n", {}, "iO,"),  # as a spreadsheet parts columns where commas are decimal
        ("a,b\n1,x\n", {}, "iO."),
        ("a\tb\n1\tx\n", {}, "iO"),
        ("a;b\n1.5;x\n", {}, "fO."),
        ("a;b\n1.234;x\n", {}, "fO,"),
        ("a;b\n1.234;1,5\n", {}, "OO,"),  # 1234, as likely as not
        ("a;b\n1.234;1,5\n567;2\n", {}, "OO,"),
        ("a;b\n1.234;1,5 EUR\n", {}, "OO,"),
        ("a;b\n1.234;1.000,5\n", {}, "OO,"),
        ('a,b\n1.234,"1,5"\n', {}, "OO."),
        ("a;b\n1.234;1,5\n5.5;2\n", {}, "fO."),
        ("a;b\n0.234;1,5\n", {}, "fO."),
        ("a;b\n1.234;1,5,6\n", {}, "fO,"),
        ("a;b\n567;1,5\n", {}, "iO,"),
        ("a;b\n1.234;x\n567;x\n", {}, "OO,"),
        ("a,b\n1.234,x\n567,x\n", {}, "fO."),
        ("a;b;c\n1.234;x;1.5\n567;x;1\n", {}, "fOf."),
        ("a;b\n1.234;x\n", {"decimal": ","}, "OO,"),
        ("a;b\n1.5;x\n", {"decimal": ","}, "OO."),
        ("a;b\n1;x\n", {"decimal": ","}, "iO,"),
        ("a;b\n1.234;1,5\n", {"decimal": "."}, "fO,"),
        ("a;b\n1.234;x\n", {"words": ["a"]}, "OO,"),
        ("a,b\n1.234,x\n", {"words": ["a"]}, "OO."),
        ("a;b\n1.234;x\n", {"words": ["b"]}, "fO,"),
        ("a;b\n1.5;x\n", {"words": ["a"]}, "fO."),
        ("a;b;c\n1.234;x;1.5\n", {"words": ["a"]}, "fOf."),
        ("a;b;c\n1.234;x;1.5\n2.345;1,5;1\n", {"words": ["a"]}, "OOf."),
    ],
)
def test_a_point_that_may_part_thousands_is_left_to_who_sees_the_whole_table(
    content: str, options: dict[str, Any], found: str, tmp_path: Path
) -> None:
    assert kinds(content, tmp_path, **options) == found
    if "decimal" not in options:  # which is for training alone
        (block,) = read_blocks(put(tmp_path, content.encode()), 9, **options)
        in_blocks = "".join(column.dtype.kind for column in block.columns.values())
        assert in_blocks + block.decimal == found


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("a;b\n5.5;2\n1.234;1,5\n", "fO."),
        ("a;b\n1.234;2\n5.5;1,5\n", "fO."),  # the first rows do not tell
        ("a;b\n1.234;2\n2.345;1,5\n", "OO,"),
        ("a;b;c\nx;1.5;2\ny;1.234;3\n", "Ofi."),
        ("a;b\n1.5;0.234\n1.234;2.345\n", "ff."),
        ("a;b;c\n1.5;2.345;3\n1.234;3.456;1,5\n", "fOO."),
        ("a;b\n0.5;1.5\nx;1.234\n", "Of."),
        ("a;b\n", ""),
    ],
)
def test_first_rows_that_settle_a_column_change_no_answer(
    content: str, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relation, "FIRST_ROWS", 1)
    for least in (0, 100_000):  # bytes a column from which on they are looked at
        monkeypatch.setattr(relation, "LONG_COLUMN", least)
        if found:
            assert kinds(content, tmp_path) == found
        else:
            with pytest.raises(DataError, match="no rows"):
                kinds(content, tmp_path)


def test_types_of_a_file_are_taken_at_their_word(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pd.DataFrame({"a": [1.234, 2.345], "b": ["1,5", "2,5"]}).to_parquet(path)
    for options in ({}, {"words": ["a"]}, {"decimal": ","}):
        sheet = read(path, **options)  # type: ignore[arg-type]
        assert sheet.columns["a"].tolist() == [1.234, 2.345]
        assert sheet.decimal == ""
