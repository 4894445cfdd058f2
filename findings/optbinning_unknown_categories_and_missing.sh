#!/usr/bin/env bash
# optbinning 1.0.0 (pandas 3.1.1, numpy 2.4.6, Python 3.11), seen on 2026-11-30.
#
# Expected: a category that was not in the training gets, as the documentation of cat_unknown says for the
# default, the mean event rate, or the weight of evidence (woe) of the mean event rate, which is 0.
# Seen: it does only if no value was missing in the training. Otherwise all events are divided by the
# rows that are not missing. With as many rows missing as not, an unknown category gets an event rate of
# 1.05, and its woe, the default of transform, is NaN; with an eleventh missing, its woe is -0.19.
# Special codes count as missing does. With metric_missing="empirical" it is right, though that changes
# what missing values get, and not what unknown ones should.
#
# Why it matters: an unknown category is what the option is for, and neutral is what one relies on. In a
# score card it moves the score towards the events, by more the more was missing in the training; or
# NaN goes on to the model. BinningProcess does the same. cat_unknown=0.0 sets the woe by hand.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'optbinning==1.0.0' 'pandas==3.1.1' 'numpy==2.4.6'
cat > "$work/seen.py" <<'PYTHON'
import warnings

import numpy as np
import pandas as pd
from optbinning import BinningProcess, OptimalBinning

warnings.simplefilter("ignore")  # of other things: the solver's and scikit-learn's


def table(missing, mark=None):
    """1000 rows of a and 1000 of b with 20 % and 70 % events, and missing ones with 60 %."""
    groups = (("a", 1000, 200), ("b", 1000, 700), (mark, missing, missing * 6 // 10))
    x = np.array([name for name, rows, _ in groups for _ in range(rows)], dtype=object)
    y = np.concatenate([np.arange(rows) < events for _, rows, events in groups]).astype(int)
    return x, y


new = np.array(["unknown"], dtype=object)
for missing, rate, woe in ((0, 0.45, 0), (200, 0.51, -0.186), (2000, 1.05, np.nan)):
    x, y = table(missing)
    binning = OptimalBinning(dtype="categorical").fit(x, y)
    found = binning.transform(new, metric="event_rate")[0], binning.transform(new)[0]
    print(f"{missing} rows missing: event rate {found[0]:.3f} (mean {y.mean():.3f}), woe {found[1]:.3f}")
    assert np.isclose(found[0], rate), "the event rate is otherwise now"
    assert np.isclose(found[1], woe, equal_nan=True, atol=0.01), "the woe is otherwise now"

    empirical = {"metric_missing": "empirical"}
    assert np.isclose(binning.transform(new, metric="event_rate", **empirical), y.mean())
    assert np.isclose(binning.transform(new, **empirical), 0)

    special, y = table(missing, "-")
    binning = OptimalBinning(dtype="categorical", special_codes=["-"]).fit(special, y)
    assert np.isclose(binning.transform(new, metric="event_rate")[0], rate), "of codes it is otherwise now"
    by_hand = OptimalBinning(dtype="categorical", cat_unknown=0.0).fit(x, y)
    assert by_hand.transform(new)[0] == 0, "cat_unknown=0.0 does not help"

process = BinningProcess(["x"]).fit(pd.DataFrame({"x": x}), y)
assert process.transform(pd.DataFrame({"x": new}), metric="woe")["x"].isna().all(), "of BinningProcess"
PYTHON
"$work/venv/bin/python" "$work/seen.py"
