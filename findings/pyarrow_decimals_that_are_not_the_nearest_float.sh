#!/usr/bin/env bash
# pyarrow 26.0.1, polars 2.1.0, duckdb 2.0.1 (Python 3.11, Linux), seen on 2026-11-30.
#
# Expected: casting a decimal to a double gives the double nearest to it, which is what reading the
# same digits as a double gives, as in Python's float(Decimal(...)), polars and SQL.
# Seen: pyarrow's cast from decimal128 to float64 is off in the last bit for about one in eight values
# with two decimals, such as prices; polars is exact, and so is DuckDB's own cast.
#
# Why it matters: a price that went through a decimal column is no longer equal to the same price that
# was read as a double: a join or a set of known values misses it, a threshold of a tree that was learned
# from the one sorts the other to its other side, and two fits on the same table differ in their bits.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'pyarrow==26.0.1' 'polars==2.1.0' 'duckdb==2.0.1'
cat > "$work/seen.py" <<'PYTHON'
from decimal import Decimal

import duckdb
import polars as pl
import pyarrow as pa

prices = [Decimal(cents).scaleb(-2) for cents in range(100_000)]  # 0.00 to 999.99
nearest = [float(price) for price in prices]
assert nearest == [float(str(price)) for price in prices]

table = pa.table({"price": pa.array(prices, pa.decimal128(10, 2))})
seen = {
    "pyarrow": table["price"].cast(pa.float64()).to_pylist(),
    "polars": pl.from_arrow(table)["price"].cast(pl.Float64).to_list(),
    "duckdb": [x for (x,) in duckdb.from_arrow(table).project("price::double").fetchall()],
}
for name, values in seen.items():
    off = sum(a != b for a, b in zip(values, nearest, strict=True))
    print(f"{name}: {off} of {len(prices)} are not the nearest double")
example = next(i for i, (a, b) in enumerate(zip(seen["pyarrow"], nearest, strict=True)) if a != b)
print("for example", prices[example], "is", repr(seen["pyarrow"][example]))
assert 10_000 < sum(a != b for a, b in zip(seen["pyarrow"], nearest, strict=True)) < 16_000
assert seen["polars"] == nearest
assert seen["duckdb"] == nearest
PYTHON
"$work/venv/bin/python" "$work/seen.py"
