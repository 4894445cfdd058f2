#!/usr/bin/env bash
# duckdb 2.0.1 (Python 3.11), seen on 2026-11-29.
#
# Expected: a CSV whose lines end in CR LF, and whose quoted header has a line feed in it, as Excel
# writes a heading that was broken with Alt+Enter, is read as the same file with other line ends is,
# or an error is raised.
# Seen: with the columns given and the sniffer off, read_csv returns no row at all, and raises
# nothing. The sniffer, asked, refuses the same file; new_line='\r\n' makes both read it, as do
# lines that end in LF, and a line feed in a cell below the header.
#
# Why it matters: whoever fixes the columns of a file, so that nothing is guessed, gets an empty
# table from it: a job that counts, joins or trains on it goes on with nothing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'duckdb==2.0.1'
cat > "$work/seen.py" <<'PYTHON'
import csv
import pathlib
import sys

import duckdb

folder = pathlib.Path(sys.argv[1])
GIVEN = "header=true, auto_detect=false, columns={'a': 'BIGINT', 'c': 'BIGINT'}"


def read(name, data, options):
    path = folder / name
    path.write_bytes(data)
    try:
        return duckdb.sql(f"SELECT * FROM read_csv('{path}', {options})").fetchall()
    except duckdb.Error as error:
        return type(error).__name__


text = '"price\nper unit",count\r\n1,2\r\n3,4\r\n'.encode()
with open(folder / "t.csv", "w", newline="") as file:
    file.write(text.decode())
with open(folder / "t.csv", newline="") as file:
    assert [*csv.reader(file)][1:] == [["1", "2"], ["3", "4"]], "the csv module reads it"
rows = [(1, 2), (3, 4)]
seen = {
    "columns given": read("a.csv", text, GIVEN),
    "sniffed": read("b.csv", text, "header=true"),
    "columns and line ends given": read("c.csv", text, GIVEN + r", new_line='\r\n'"),
    "lines that end in LF": read("d.csv", text.replace(b"\r\n", b"\n"), GIVEN),
}
for name, found in seen.items():
    print(f"{name}: {found}")
assert seen["columns given"] == [], "it is read, or refused, now"
assert seen["sniffed"] == "InvalidInputException"
assert seen["columns and line ends given"] == seen["lines that end in LF"] == rows
PYTHON
"$work/venv/bin/python" "$work/seen.py" "$work"
