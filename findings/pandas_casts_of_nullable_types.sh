#!/usr/bin/env bash
# pandas 3.1.1 with NumPy 2.4.6 and pyarrow 26.0.1 (Python 3.11), seen on 2026-11-30.
#
# Expected: a cast to a nullable integer of pandas raises when a value does not fit, as it does from
# a NumPy column (int64 or float64), from a list and, for a cast to Arrow's types, from anywhere.
# Seen: it does not when the column is nullable already. From Int64, 300 becomes 44 as Int8 and -1
# becomes 255 as UInt8; from Float64, 2.5 becomes 2 as Int64; and 5 becomes True as boolean. Nothing
# is raised or warned of. A value that is set into such a column later is checked.
#
# Why it matters: the check is what one casts for. A pipeline that is strict on NumPy's types loses
# that by a convert_dtypes or a read with dtype_backend="numpy_nullable" further up: amounts lose
# their cents, and codes or ages that do not fit become others that look right.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'pandas==3.1.1' 'numpy==2.4.6' 'pyarrow==26.0.1'
cat > "$work/seen.py" <<'PYTHON'
import warnings

import pandas as pd

warnings.simplefilter("error")


def cast(values: list, dtype: str, to: str):
    try:
        return pd.Series(values, dtype=dtype).astype(to).tolist()
    except (TypeError, ValueError, OverflowError) as error:  # ArrowInvalid is a ValueError
        return type(error).__name__


cases = [
    ([300], "int64", "Int64", "Int8", [44]),
    ([-1], "int64", "Int64", "UInt8", [255]),
    ([2.5], "float64", "Float64", "Int64", [2]),
    ([5], "int64", "Int64", "boolean", [True]),
]
for values, numpys, nullable, to, wrong in cases:
    strict, loose = cast(values, numpys, to), cast(values, nullable, to)
    print(f"{values} to {to}: {strict} from {numpys}, {loose} from {nullable}")
    assert isinstance(strict, str), f"{numpys} is cast without a check too"
    assert loose == wrong, f"{nullable} is cast otherwise now"
for values, nullable, to in (([300], "Int64", "int8"), ([2.5], "Float64", "int64")):
    arrow = cast(values, nullable, f"{to}[pyarrow]")
    assert isinstance(arrow, str), "Arrow's types are cast to without a check too"
found = pd.Series([2.5, None]).convert_dtypes().astype("Int64").tolist()
assert found[0] == 2 and found[1] is pd.NA, "after convert_dtypes it is checked now"
late = pd.Series([1], dtype="Int8")
try:
    late[0] = 300
except (TypeError, OverflowError):
    pass
else:
    raise AssertionError("a value that does not fit is set")
PYTHON
"$work/venv/bin/python" "$work/seen.py"
