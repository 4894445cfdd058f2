#!/usr/bin/env bash
# polars 2.1.0 (Python 3.11), seen on 2026-11-30.
#
# Expected: mean_horizontal, whose answer is a float, is the mean of the columns whatever integers
# they hold, as mean is down a column, in a group and in a list.
# Seen: the columns are added up in their own type first, which wraps: three columns of UInt8 that
# all hold 200 have a mean of 29.33, and three of Int8 with 100 one of 14.67. Int16, Int32 and the
# others wrap at their own ends. sum_horizontal gives what was wrapped, in the small type, where
# sum and list.sum make Int64 of the small ones. Nothing is raised or warned of.
#
# Why it matters: pixels, ratings, percentages and months' counts are kept as UInt8 or Int16 to save
# memory, and a mean over columns is an everyday feature. Rows with small numbers are right, so that
# tests pass and the wrong ones, a mean below each of its parts, look like real ones. To cast to
# Float64 first, or concat_list(...).list.mean(), is right.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'polars==2.1.0'
cat > "$work/seen.py" <<'PYTHON'
import polars as pl

CASES = {
    pl.Int8: (100, 44),
    pl.UInt8: (200, 88),
    pl.Int16: (30_000, 24_464),
    pl.UInt16: (60_000, 48_928),
    pl.Int32: (2_000_000_000, 1_705_032_704),
}
columns = ["jan", "feb", "mar"]
for dtype, (value, wrapped) in CASES.items():
    frame = pl.DataFrame({name: [value] for name in columns}, schema=dict.fromkeys(columns, dtype))
    seen = frame.select(
        mean=pl.mean_horizontal(columns),
        sum=pl.sum_horizontal(columns),
        cast=pl.mean_horizontal(pl.col(columns).cast(pl.Float64)),
        list=pl.concat_list(columns).list.mean(),
    )
    row = seen.row(0, named=True)
    print(f"{dtype}: three of {value}: {row}")
    assert seen.schema["mean"] == pl.Float64
    assert abs(row["mean"] - wrapped / 3) < 1e-6, "mean_horizontal does not wrap now"
    assert frame.mean_horizontal().to_list() == [row["mean"]]
    assert row["sum"] == wrapped and seen.schema["sum"] == dtype, "sum_horizontal is wider now"
    assert row["cast"] == row["list"] == value
    down = frame.unpivot()["value"]
    assert down.mean() == value, "the mean down a column wraps too"
PYTHON
"$work/venv/bin/python" "$work/seen.py"
