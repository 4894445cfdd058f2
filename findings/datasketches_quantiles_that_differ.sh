#!/usr/bin/env bash
# datasketches 5.2.0 with NumPy 2.4.6 (Python 3.11), seen on 2026-11-29.
#
# Expected: the quantiles of the same numbers in the same order are the same, or can be made so by a
# seed, as those of other sketches of the package (theta, frequent items) and of its t-digest are.
# Seen: a KLL sketch answers differently each time it is made, and so does REQ; neither takes a seed.
# A t-digest is reproducible, but at its default size 16 of them that are merged, each of a sorted
# stretch of the numbers, give a first quartile over .5 % of the rows off, where one of all has .1 %.
#
# Why it matters: whatever is decided by such a quantile (a bin, a threshold, the scale of a feature)
# differs from run to run on the same data, in distributed preprocessing above all, where sketches of
# partitions are what there is; tests that compare two runs fail now and then.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'datasketches==5.2.0' 'numpy==2.4.6'
cat > "$work/seen.py" <<'PYTHON'
import datasketches as ds
import numpy as np

X = np.random.default_rng(0).standard_normal(200_000)
TIMES = 5


def kll() -> float:
    sketch = ds.kll_doubles_sketch(200)
    sketch.update(X)
    return sketch.get_quantile(0.25)


def req() -> float:
    sketch = ds.req_floats_sketch(12)
    sketch.update(X.astype(np.float32))
    return sketch.get_quantile(0.25)


def digest(parts: list[np.ndarray]) -> float:
    whole = ds.tdigest_double(200)
    for part in parts:
        one = ds.tdigest_double(200)
        one.update(part)
        whole.merge(one)
    return whole.get_quantile(0.25)


def rank(quantile: float) -> float:
    """How far from a quarter of the rows, in percent."""
    return abs(float((X <= quantile).mean()) - 0.25) * 100


for name, sketch in {"KLL": kll, "REQ": req}.items():
    found = [sketch() for _ in range(TIMES)]
    print(f"{name}: first quartile of {TIMES} sketches of the same numbers: {found}")
    assert len(set(found)) > 1, f"{name} is reproducible now"
one = digest([X])
merged = [digest(np.array_split(np.sort(X), 16)) for _ in range(TIMES)]
print(f"t-digest: {rank(one):.2f} % of the rows off by one, {rank(merged[0]):.2f} % by 16 merged")
assert len(set(merged)) == 1, "a t-digest is not reproducible now"
assert rank(merged[0]) > 5 * rank(one), "merged t-digests are as good as one now"
PYTHON
"$work/venv/bin/python" "$work/seen.py"
