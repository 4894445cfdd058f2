#!/usr/bin/env bash
# skops.io 0.16.0 (scikit-learn 1.9.1, numpy 2.4.6, Python 3.11), seen on 2026-11-28.
#
# Expected: what `dumps` takes without an error, `loads` gives back equal, or raises.
# Seen, with no error and no warning:
#   - a deque comes back empty, and without its maxlen;
#   - a dict with the keys 1 and "1" comes back with one entry, the other value is lost;
#   - an instance of a subclass of numpy.ndarray comes back as an array of another shape, size 0.
# A list, dict or set subclass, a Counter and a masked array do come back equal.
#
# Why it matters: skops is the format that is recommended for passing scikit-learn models on, and
# mlflow's default for them. An estimator that keeps a deque (a window, a history), a class_weight
# with labels 1 and "1", or an array subclass is written without a word and answers otherwise.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'skops==0.16.0' 'scikit-learn==1.9.1' 'numpy==2.4.6'
cat > "$work/seen.py" <<'PYTHON'
from collections import Counter, deque

import numpy as np
from skops.io import dumps, get_untrusted_types, loads


class Measured(np.ndarray):
    """An array with a name of its own."""


def back(value):
    data = dumps(value)
    return loads(data, trusted=get_untrusted_types(data=data))


window = back(deque([1, 2], maxlen=3))
weights = back({1: 0.5, "1": 2.0})
array = back(np.arange(3).view(Measured))
print("deque:", window, "| dict:", weights, "| subclass of ndarray:", array.shape)
assert len(window) == 0 and window.maxlen is None, "the deque came back otherwise"
assert len(weights) == 1, "both entries came back"
assert array.shape != (3,), "the array came back"
assert back(Counter("aab")) == Counter("aab")
assert back([1, (2, 3)]) == [1, (2, 3)]
PYTHON
"$work/venv/bin/python" "$work/seen.py"
