#!/usr/bin/env bash
# duckdb 2.0.1 and polars 2.1.0 (Python 3.11), seen on 2026-11-30.
#
# Expected: a column of days such as 17.02.25 and 28.02.25 is read as days of February 2025, since the
# same days with 2025 are read day first by both, or it stays text.
# Seen: DuckDB reads it year first: 2017-02-25 and 2028-02-25. It tries %y.%m.%d before %d.%m.%y, and
# until 2031 every day of a month is a year and every year a day. One row of 1999 in the column turns
# all the others right. It is the same with - and /, and from the sniffer nothing is heard.
# polars, asked to parse dates, takes the year as it stands: 0025-02-17, the first century.
#
# Why it matters: both are dates, sorted, counted and joined without an error. Days of one month become
# the same month of a dozen years, so whatever is split by time, or aged in days, is another table. What
# helps is the format: dateformat='%d.%m.%y' in DuckDB, text and str.to_date("%d.%m.%y") in polars.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'duckdb==2.0.1' 'polars==2.1.0'
cat > "$work/seen.py" <<'PYTHON'
import pathlib
import sys
from datetime import date

import duckdb
import polars as pl

path = pathlib.Path(sys.argv[1], "days.csv")


def read(days, options=""):
    path.write_text("day,n\n" + "".join(f"{day},1\n" for day in days))
    rows = duckdb.sql(f"SELECT day FROM read_csv('{path}'{options})").fetchall()
    return [day for (day,) in rows], pl.read_csv(path, try_parse_dates=True)["day"].to_list()


true = [date(2025, 2, 17), date(2025, 2, 28), date(2025, 3, 3)]
assert read([f"{day:%d.%m.%Y}" for day in true]) == (true, true), "four digits are read day first"
for mark in ".-/":
    short = [f"{day:%d{mark}%m{mark}%y}" for day in true]
    duck, polars = read(short)
    print(*short, "| DuckDB:", *duck, "| polars:", *polars)
    assert duck == [date(2017, 2, 25), date(2028, 2, 25), date(2003, 3, 25)], "DuckDB reads otherwise"
    assert polars == [day.replace(year=25) for day in true], "polars reads otherwise"
short = [f"{day:%d.%m.%y}" for day in true]
duck, _ = read([*short, "28.02.99"])
print(*short, "28.02.99 | DuckDB:", *duck)
assert duck[:3] == true, "a row of 1999 does not help now"
assert read(short, ", dateformat='%d.%m.%y'")[0] == true
assert pl.Series(short).str.to_date("%d.%m.%y").to_list() == true
PYTHON
"$work/venv/bin/python" "$work/seen.py" "$work"
