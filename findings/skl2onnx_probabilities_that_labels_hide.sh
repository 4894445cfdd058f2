#!/usr/bin/env bash
# skl2onnx 1.20.0 (scikit-learn 1.9.1, onnxruntime 1.32.0, numpy 2.4.6, Python 3.11), seen on 2026-11-30.
#
# Expected: what is converted without an error or a warning gives the probabilities of scikit-learn to
# some 1e-5, or at least the same model.
# Seen, on rows that are held out:
#   - LinearDiscriminantAnalysis of two classes: the log-odds are twice what they should be (with three
#     classes they are right);
#   - KNeighborsClassifier(weights="distance"): the distances count nothing, the answer is that of
#     weights="uniform" to the last digit;
#   - CalibratedClassifierCV(method="isotonic"): the value of the nearest knot is taken, where
#     scikit-learn draws a line between two; method="sigmoid" is right.
# The labels are the same, but for a row or two, so that a test of predict finds nothing.
#
# Why it matters: thresholds, expected costs, rankings and whatever reads the probabilities as such work
# with others than were validated: of LDA a row of 88 % is 98 % sure.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'skl2onnx==1.20.0' 'scikit-learn==1.9.1' 'onnx==1.23.2' \
    'onnxruntime==1.32.0' 'numpy==2.4.6'
cat > "$work/seen.py" <<'PYTHON'
import warnings

import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

warnings.simplefilter("error", UserWarning)


def rows(data, n):
    X = StandardScaler().fit_transform(data.data).astype(np.float32)
    order = np.random.default_rng(0).permutation(len(X))
    return X[order[:n]], data.target[order[:n]], X[order[n:]]


def both(model, X, y, new):
    """Probabilities of new rows, by scikit-learn and by onnxruntime; at most two labels differ."""
    model.fit(X, y)
    exported = to_onnx(model, X[:1], options={"zipmap": False}).SerializeToString()
    session = onnxruntime.InferenceSession(exported)
    labels, found = session.run(None, {session.get_inputs()[0].name: new})
    true = model.predict_proba(new)
    off = np.abs(found - true).max(axis=1)
    other = int((labels != model.predict(new)).sum())
    name = " ".join(str(model).split())
    print(f"{name}: {other} labels differ; probabilities by up to {off.max():.3f}")
    assert other <= 2
    return true, found


two, three = rows(load_breast_cancer(), 400), rows(load_wine(), 100)
true, found = both(LinearDiscriminantAnalysis(), *two)
doubled = true**2 / (true**2).sum(axis=1, keepdims=True)
assert np.abs(found - true).max() > 0.1, "LDA of two classes is right now"
assert np.allclose(found, doubled, atol=1e-4)
true, found = both(LinearDiscriminantAnalysis(), *three)
assert np.allclose(found, true, atol=1e-4), "LDA of three classes is off too"
true, found = both(KNeighborsClassifier(5, weights="distance"), *two)
assert np.abs(found - true).max() > 0.01, "distances count now"
assert np.allclose(found, KNeighborsClassifier(5).fit(*two[:2]).predict_proba(two[2]), atol=1e-6)
base = LogisticRegression()
true, found = both(CalibratedClassifierCV(base, method="isotonic", cv=3), *two)
assert np.abs(found - true).max() > 0.01, "isotonic calibration is right now"
true, found = both(CalibratedClassifierCV(base, method="sigmoid", cv=3), *two)
assert np.allclose(found, true, atol=1e-4), "sigmoid calibration is off too"
PYTHON
"$work/venv/bin/python" "$work/seen.py"
