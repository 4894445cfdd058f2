#!/usr/bin/env bash
# ml_dtypes 0.6.0 with NumPy 2.4.6 (Python 3.11), seen on 2026-11-30.
#
# Expected: NumPy sorts arrays of bfloat16 and of the eight-bit floats as it sorts float16: NaN goes
# to the end, and the numbers before it are in order.
# Seen: NaN compares as equal to any number there, so it stays about where it is, and the numbers on
# its two sides are not put in order: with a single NaN in the middle of 1000 rows, a stable argsort
# sorts each half for itself. With 50 of them np.sort steps down more than a dozen times, np.unique
# gives over 300 values where there are 198, and np.median, which looks for NaN at the end, gives a
# number and not NaN, another than that of the numbers alone. Nothing is raised or warned of.
# isnan, max and argmax do know NaN.
#
# Why it matters: weights and embeddings come in bfloat16. The best ten by argsort, the distinct
# values of a column, a median or a threshold of a tree are others than those of the same numbers in
# float32 as soon as one is missing. To cast to float32 first is enough, and loses nothing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'ml_dtypes==0.6.0' 'numpy==2.4.6'
cat > "$work/seen.py" <<'PYTHON'
import warnings

import ml_dtypes
import numpy as np

warnings.simplefilter("error")
numbers = np.random.default_rng(0).integers(0, 200, 1000) / 16  # bfloat16 has all of these
one, many = numbers.copy(), numbers.copy()
one[500] = np.nan
many[np.random.default_rng(1).choice(1000, 50, replace=False)] = np.nan


def down(x: np.ndarray) -> int:
    """How often a number follows that is lower than the one before it, NaN left out."""
    x = x.astype(np.float32)
    x = x[~np.isnan(x)]
    return int((x[1:] < x[:-1]).sum())


for dtype in (np.float16, ml_dtypes.bfloat16):
    x, y = one.astype(dtype), many.astype(dtype)
    by_index = x[np.argsort(x, kind="stable")]
    distinct = np.unique(y)
    median, alone = float(np.median(y)), float(np.median(y[~np.isnan(y)]))
    print(
        f"{np.dtype(dtype).name}: one NaN: {down(by_index)} steps down by argsort; 50 of them: "
        f"{down(np.sort(y))} by sort, {distinct.size} distinct, median {median} (numbers {alone})"
    )
    if dtype is np.float16:
        assert down(by_index) == down(np.sort(y)) == 0 and np.isnan(median)
        right = distinct.size
    else:
        assert down(by_index) == 1, "one NaN is sorted to the end now"
        assert down(np.sort(y)) > 12, "many are sorted to the end now"
        assert distinct.size > right + 100, "np.unique is right now"
        assert not np.isnan(median) and median != alone, "np.median is right now"
    assert x.argmax() == 500 and np.isnan(x).sum() == 1
assert down(np.sort(numbers.astype(ml_dtypes.bfloat16))) == 0, "without NaN it is not sorted"
small = many.astype(ml_dtypes.float8_e5m2)
assert down(small[np.argsort(small, kind="stable")]) > 12, "eight bits are sorted now"
PYTHON
"$work/venv/bin/python" "$work/seen.py"
