#!/usr/bin/env bash
# pyarrow 26.0.1 (Python 3.11, Linux with glibc), seen on 2026-11-30.
#
# Expected: with a format given, pyarrow reads a day by it or raises, as it does where no format is
# given, and as Python's strptime, pandas, polars and DuckDB do.
# Seen: compute.strptime and the CSV reader's timestamp_parsers
#   - take 30.02.2025 for 2 March, and 31.04. for 1 May, though cast to a date refuses them;
#   - take the weeks of ISO 8601 (%G-W%V-%u) and read every one of them as 1 January 1900: the C library
#     reads those fields and does nothing with them. %Y-%U-%w and %Y-%j are read.
#
# Why it matters: error_is_null=True, meant to find the cells that are wrong, finds none. A typing error
# becomes a day of the next month; a column of weeks becomes a constant, whose model has one feature
# less, and of which a quick look at the column's type (timestamp, no nulls) tells nothing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'pyarrow==26.0.1'
cat > "$work/seen.py" <<'PYTHON'
import io
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv


def read(texts, form):
    """By strptime, which would make nulls of errors, and by the CSV reader: both the same."""
    days = pc.strptime(pa.array(texts), format=form, unit="s", error_is_null=True)
    data = io.BytesIO("\n".join(["day", *texts, ""]).encode())
    table = csv.read_csv(data, convert_options=csv.ConvertOptions(timestamp_parsers=[form]))
    assert table["day"].to_pylist() == days.to_pylist()
    print(form, *(f"{text}: {day}" for text, day in zip(texts, days.to_pylist(), strict=True)), sep=" | ")
    return days.to_pylist()


def none(texts, form):
    """Python raises for each of them."""
    for text in texts:
        try:
            datetime.strptime(text, form)
        except ValueError:
            continue
        return False
    return True


wrong = ["30.02.2025", "31.04.2025"]
assert none(wrong, "%d.%m.%Y")
assert read(wrong, "%d.%m.%Y") == [datetime(2025, 3, 2), datetime(2025, 5, 1)], "it is refused now"
assert pc.strptime(["32.01.2025"], format="%d.%m.%Y", unit="s", error_is_null=True).null_count == 1
try:
    pa.array(["2025-02-30"]).cast(pa.date32())
except pa.ArrowInvalid:
    print("cast of 2025-02-30 to a date: refused")
else:
    raise AssertionError("cast takes it too now")

weeks = ["2025-W05-1", "2024-W17-3"]
true = [datetime(2025, 1, 27), datetime(2024, 4, 24)]
assert [datetime.strptime(week, "%G-W%V-%u") for week in weeks] == true
assert read(weeks, "%G-W%V-%u") == [datetime(1900, 1, 1)] * 2, "weeks are read, or refused, now"
assert read(["2025-05-1"], "%Y-%U-%w") == [datetime(2025, 2, 3)]
assert read(["2025-050"], "%Y-%j") == [datetime(2025, 2, 19)]
PYTHON
"$work/venv/bin/python" "$work/seen.py"
