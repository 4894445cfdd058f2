#!/usr/bin/env bash
# onnxruntime 1.32.0 (onnx 1.23.2, numpy 2.4.6, Python 3.11), seen on 2026-11-30.
#
# Expected: Cast from text to a number raises what is no number, as it does for "", "-" and "n/a", and as
# the reference evaluator of onnx does; "1e3" is a thousand, since the operator's text takes the
# scientific form for all numeric types.
# Seen: it reads as far as it can and drops the rest. "1,5" is 1, "1.234,50" is 1.234, "12:30" is 12,
# "1/2" is 1, and the day "2025-01-05" is 2025. A word that begins with nan or inf is one: "nanny" is
# NaN and "information" is infinite. As int64 "1e3" is 1.
#
# Why it matters: a model that takes text and makes numbers of it (so that it can be fed rows as they
# come) answers for another row, without an error, once a column has commas, units or days in it. Cells
# must be checked before, since the graph cannot.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'onnxruntime==1.32.0' 'onnx==1.23.2' 'numpy==2.4.6'
cat > "$work/seen.py" <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator


def cast(text, to, by=None):
    """The number that is made of the text, or None where an error is raised."""
    inputs = [helper.make_tensor_value_info("x", TensorProto.STRING, [None])]
    outputs = [helper.make_tensor_value_info("y", to, None)]
    graph = helper.make_graph([helper.make_node("Cast", ["x"], ["y"], to=to)], "g", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    by = by or onnxruntime.InferenceSession(model.SerializeToString(), options)
    by = ReferenceEvaluator(model) if by is ReferenceEvaluator else by
    try:
        return by.run(None, {"x": np.array([text], dtype=object)})[0].item()
    except Exception:  # each runtime has its own
        return None


seen = {
    "1,5": 1.0,
    "1.234,50": 1.234,
    "12:30": 12.0,
    "1/2": 1.0,
    "5 EUR": 5.0,
    "2025-01-05": 2025.0,
    "nanny": float("nan"),
    "information": float("inf"),
}
for text, number in seen.items():
    found, reference = cast(text, TensorProto.DOUBLE), cast(text, TensorProto.DOUBLE, ReferenceEvaluator)
    print(f"{text!r} as float64: {found} (reference: {reference})")
    assert reference is None
    assert found is not None and np.isclose(found, number, equal_nan=True), "it is otherwise now"
for text in ("", "-", "n/a", "about 5"):
    assert cast(text, TensorProto.DOUBLE) is None, f"{text!r} is a number now"
print(f"'1e3' as float64: {cast('1e3', TensorProto.DOUBLE)}, as int64: {cast('1e3', TensorProto.INT64)}")
assert cast("1e3", TensorProto.DOUBLE) == 1000
assert cast("1e3", TensorProto.INT64) == 1, "it is otherwise now"
PYTHON
"$work/venv/bin/python" "$work/seen.py"
