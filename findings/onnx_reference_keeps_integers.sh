#!/usr/bin/env bash
# onnx 1.23.2 (onnxruntime 1.32.0, numpy 2.4.6, Python 3.11), seen on 2026-11-30.
#
# Expected: the reference evaluator of onnx follows the schemas of ai.onnx.ml. Scaler and LinearRegressor take
# integers, and their result is float32 whatever comes in; OneHotEncoder takes floats, casts them to
# integers and looks these up.
# Seen: of integers, the result of Scaler is cut towards zero to integers: 1, 2, 3 times a half are 0, 1, 1.
# LinearRegressor even cuts its coefficients: with 0.5, 0.5, 0.5 and an intercept of 0.25 each row gives 0.
# OneHotEncoder does not cast: 2.9 is not found, where the schema and onnxruntime take it for 2. Floats
# into the first two and integers into the last are right.
#
# Why it matters: the reference is what a graph is tested against. A column of ages or counts that is
# standardised comes out as -1, 0 and 1, or nearly all 0, and everything after it is wrong. No error
# is raised, and the dtype of the result is not the one that the graph declares.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'onnx==1.23.2' 'onnxruntime==1.32.0' 'numpy==2.4.6'
cat > "$work/seen.py" <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, defs, helper
from onnx.reference import ReferenceEvaluator

ML = "ai.onnx.ml"


def model(op, dtype, **attributes):
    node = helper.make_node(op, ["x"], ["y"], domain=ML, **attributes)
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("x", kind, [None, None])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid(ML, 4)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def reference(op, x, **attributes):
    return ReferenceEvaluator(model(op, x.dtype, **attributes)).run(None, {"x": x})[0]


def runtime(op, x, **attributes):
    session = onnxruntime.InferenceSession(model(op, x.dtype, **attributes).SerializeToString())
    return session.run(None, {"x": x})[0]


for op in ("Scaler", "LinearRegressor"):
    schema = defs.get_schema(op, domain=ML)
    assert schema.outputs[0].type_str == "tensor(float)"
    assert "tensor(int64)" in schema.type_constraints[0].allowed_type_strs
promise = " ".join(defs.get_schema("OneHotEncoder", domain=ML).doc.split())
assert "float, int32, or double, the data will be cast to integers" in promise

half = {"offset": [0.0] * 3, "scale": [0.5] * 3}
line = {"coefficients": [0.5] * 3, "intercepts": [0.25]}
floats = np.array([[1, 2, 3]], np.float32)
assert runtime("Scaler", floats, **half).tolist() == [[0.5, 1, 1.5]]
assert reference("Scaler", floats, **half).tolist() == [[0.5, 1, 1.5]]
assert runtime("LinearRegressor", floats, **line).tolist() == [[3.25]]
assert reference("LinearRegressor", floats, **line).tolist() == [[3.25]]
for dtype in (np.int32, np.int64):
    x = floats.astype(dtype)
    assert runtime("Scaler", x, **half).tolist() == [[0.5, 1, 1.5]], "onnxruntime is otherwise now"
    scaled, summed = reference("Scaler", x, **half), reference("LinearRegressor", x, **line)
    assert scaled.tolist() == [[0, 1, 1]] and scaled.dtype == dtype, "Scaler is otherwise now"
    assert summed.tolist() == [[0]] and summed.dtype == dtype, "LinearRegressor is otherwise now"
    print(f"{dtype.__name__}: Scaler {scaled.tolist()}, LinearRegressor {summed.tolist()}")

levels = {"cats_int64s": [1, 2, 3], "zeros": 1}
for dtype in (np.float32, np.float64):
    x = np.array([[2.0, 2.9]], dtype)
    found, other = reference("OneHotEncoder", x, **levels), runtime("OneHotEncoder", x, **levels)
    row, expected = found[0, 1].tolist(), other[0, 1].tolist()
    print(f"{dtype.__name__}: OneHotEncoder of 2.9: {row} (onnxruntime: {expected})")
    assert found.tolist() == [[[0, 1, 0], [0, 0, 0]]], "OneHotEncoder is otherwise now"
    assert other.tolist() == [[[0, 1, 0], [0, 1, 0]]], "onnxruntime is otherwise now"
PYTHON
"$work/venv/bin/python" "$work/seen.py"
