#!/usr/bin/env bash
# formulaic 1.2.2 (pandas 3.1.1, polars 2.1.0, pyarrow 26.0.1, Python 3.11), seen on 2026-11-30.
#
# Expected: a model spec builds the matrix of new rows by the same encoding as that of the first ones. If a
# column had levels then and holds numbers now, they are taken as levels or an error is raised: the
# materializer has one for this ("expects factor ... to have values of kind ..."), with a test.
# Seen: the numbers themselves are written into each of the dummy columns. After levels "1", "2", "3" and
# "x", a row with the integer 3 is 3, 3, 3 where it should be 0, 1, 0. It is the same for pandas' category of
# integers, for True and False, in interactions, and for all three kinds of output; polars is the same too.
# Nothing is raised or warned of. The error is out of reach: the spec that is asked for the kinds is a
# new one without them. The other way round (numbers first, texts later) is caught by the count of columns.
#
# Why it matters: codes of shops or diagnoses are texts in the training file, as one of them has a letter,
# and integers in the file of today, where none has; or a category is written to CSV and read again. The
# matrix has the right shape and names, and a model of it answers with a multiple of all effects at once.
# C(g) in the formula, or a cast of the column before, helps.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'formulaic==1.2.2' 'pandas==3.1.1' 'polars==2.1.0' \
  'pyarrow==26.0.1' 'numpy==2.4.6'
cat > "$work/seen.py" <<'PYTHON'
import warnings

import numpy as np
import pandas as pd
import polars as pl
from formulaic import model_matrix
from formulaic.errors import FactorEncodingError

warnings.simplefilter("error")


def later(formula, first, rows, output="pandas", frame=pd.DataFrame):
    """The columns of the first table, and the matrix of the rows by its spec."""
    spec = model_matrix(formula, frame(first), output=output).model_spec
    matrix = spec.get_model_matrix(frame(rows))
    matrix = matrix.toarray() if output == "sparse" else np.asarray(matrix)
    return spec.column_names, matrix.tolist()


codes = ["1", "2", "3", "x"]
names, right = later("g", {"g": codes}, {"g": ["1", "2", "3"]})
assert list(names) == ["Intercept", "g[T.2]", "g[T.3]", "g[T.x]"]
assert right == [[1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0]]
for output in ("pandas", "numpy", "sparse"):
    _, found = later("g", {"g": codes}, {"g": [1, 2, 3]}, output)
    assert found == [[1, 1, 1, 1], [1, 2, 2, 2], [1, 3, 3, 3]], f"{output} is otherwise now"
_, found = later("g", {"g": codes}, {"g": [1, 2, 3]}, "numpy", pl.DataFrame)
assert found == [[1, 1, 1, 1], [1, 2, 2, 2], [1, 3, 3, 3]], "polars is otherwise now"
print(f"{', '.join(names)}: {right[2]} of '3', {found[2]} of 3")

names, found = later("g", {"g": pd.Categorical([1, 2, 3])}, {"g": [1, 2, 3]})
print(f"{', '.join(names)}, of a category of integers: {found[0]} of 1")
assert found == [[1, 1, 1], [1, 2, 2], [1, 3, 3]], "a category of integers is otherwise now"
names, found = later("g", {"g": ["False", "True", "maybe"]}, {"g": [True, False]})
assert found == [[1, 1, 1], [1, 0, 0]], "True and False are otherwise now"
first = {"g": ["1", "2", "x"] * 2, "x": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]}
names, found = later("x * g", first, {"g": [2], "x": [10.0]})
print(f"{', '.join(names)}: {found[0]} of x = 10 and g = 2")
assert found == [[1, 10, 2, 2, 20, 20]], "an interaction is otherwise now"

_, found = later("C(g)", {"g": pd.Categorical([1, 2, 3])}, {"g": [1, 2, 3]})
assert found == [[1, 0, 0], [1, 1, 0], [1, 0, 1]], "C(g) does not help"
try:
    later("x", {"x": [1.0, 2.0, 3.0]}, {"x": ["1", "2"]})
except FactorEncodingError:
    pass
else:
    raise AssertionError("texts in place of numbers are not noticed")
PYTHON
"$work/venv/bin/python" "$work/seen.py"
