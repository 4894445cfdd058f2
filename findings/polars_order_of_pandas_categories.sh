#!/usr/bin/env bash
# polars 2.1.0 with pandas 3.1.1 and pyarrow 26.0.1 (Python 3.11), seen on 2026-11-29.
#
# Expected: an ordered categorical of pandas (small < medium < large) keeps its order in polars,
# which has a type for that, Enum; or its loss is told.
# Seen: from_pandas makes it a Categorical, whose order is that of the alphabet. Sorting, min, max
# and comparisons then answer by the alphabet, and nothing is raised or warned of. By way of
# pyarrow, whose dictionary says `ordered`, it is the same.
#
# Why it matters: "the largest size of an order", or every row above "medium", is another one after
# a frame was handed from one library to the other.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'polars==2.1.0' 'pandas==3.1.1' 'pyarrow==26.0.1'
cat > "$work/seen.py" <<'PYTHON'
import warnings

import pandas as pd
import polars as pl
import pyarrow as pa

warnings.simplefilter("error")
LEVELS = ["small", "medium", "large"]
sizes = pd.Series(pd.Categorical(["medium", "large", "small"], LEVELS, ordered=True), name="size")
assert list(sizes.sort_values()) == LEVELS
assert sizes.max() == "large"
arrow = pa.Array.from_pandas(sizes)
assert arrow.type.ordered
for way, found in {"from_pandas": pl.from_pandas(sizes), "from_arrow": pl.from_arrow(arrow)}.items():
    print(f"{way}: {found.dtype}, sorted {found.sort().to_list()}, max {found.max()!r}")
    assert found.dtype == pl.Categorical, "it is another type now"
    assert found.sort().to_list() == ["large", "medium", "small"], "the order is kept now"
kept = pl.Series(sizes.astype(str).tolist(), dtype=pl.Enum(LEVELS))
print(f"as Enum: sorted {kept.sort().to_list()}, max {kept.max()!r}")
assert kept.sort().to_list() == LEVELS
PYTHON
"$work/venv/bin/python" "$work/seen.py"
