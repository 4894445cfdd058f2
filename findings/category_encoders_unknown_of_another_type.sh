#!/usr/bin/env bash
# category_encoders 2.11.2 (pandas 3.1.1, numpy 2.4.6, scikit-learn 1.9.1, Python 3.11), seen on 2026-11-30.
#
# Expected: CatBoostEncoder and LeaveOneOutEncoder treat a value that is not among the levels of the
# training by handle_unknown: "value", the default, gives the mean of the target, "error" raises.
# Seen: they do for texts among texts. A value of another type, such as the integer 9 or True where the
# levels were texts, is NaN with "value", and "error" raises nothing and gives NaN too. The cause is that
# the new values are made texts before they are looked for among the values that came. It is so for
# columns of pandas' type str, object, string and category. TargetEncoder is right in both.
#
# Why it matters: codes are texts when one of them in the file has a letter, and integers when none has.
# The option that should stop that says nothing, and the column that should be neutral is missing
# throughout: most models raise then, but those that take NaN, as boosted trees do, answer on with it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'category_encoders==2.11.2' 'pandas==3.1.1' \
  'numpy==2.4.6' 'scikit-learn==1.9.1'
cat > "$work/seen.py" <<'PYTHON'
import warnings

import numpy as np
import pandas as pd
from category_encoders import CatBoostEncoder, LeaveOneOutEncoder, TargetEncoder

warnings.simplefilter("ignore")  # of other things
y = pd.Series([0, 1, 0, 1] * 5)


def encoded(encoder, kind, values, unknown="value"):
    """The codes of the values after a training on texts, or None where an error is raised."""
    X = pd.DataFrame({"code": ["1", "2", "3", "x"] * 5}, dtype=kind)
    fitted = encoder(handle_unknown=unknown).fit(X, y)
    try:
        return fitted.transform(pd.DataFrame({"code": values}))["code"].tolist()
    except ValueError:
        return None


def missing(codes):
    return codes is not None and np.isnan(codes).all()


for kind in ("str", "object", "string", "category"):
    for encoder in (CatBoostEncoder, LeaveOneOutEncoder):
        assert encoded(encoder, kind, ["9"]) == [0.5], "unknown texts do not get the mean"
        assert encoded(encoder, kind, ["9"], "error") is None, "unknown texts do not raise"
        for values in ([1, 9], [1.5, 9.0], [True, False], pd.Series([1, 9], dtype=object)):
            assert missing(encoded(encoder, kind, values)), "other types are not missing now"
            assert missing(encoded(encoder, kind, values, "error")), "other types raise now"
    assert encoded(TargetEncoder, kind, [1, 9]) == [0.5, 0.5]
    assert encoded(TargetEncoder, kind, [1, 9], "error") is None
for encoder in (TargetEncoder, CatBoostEncoder, LeaveOneOutEncoder):
    by = {unknown: encoded(encoder, "str", [1, 9], unknown) for unknown in ("value", "error")}
    print(f"{encoder.__name__}, 1 and 9 after texts: {by}  (None: raises)")
PYTHON
"$work/venv/bin/python" "$work/seen.py"
