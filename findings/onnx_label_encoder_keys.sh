#!/usr/bin/env bash
# onnx 1.23.2 and onnxruntime 1.32.0 (numpy 2.4.6, Python 3.11), seen on 2026-11-30.
#
# Expected: LabelEncoder (ai.onnx.ml, version 4) does what its schema says: a key that is NaN matches any
# NaN, and where a key is repeated, the last one takes precedence.
# Seen: the reference evaluator of onnx keeps the second rule and not the first: NaN is never found, the
# row gets the default. onnxruntime keeps the first and not the second: the first of two equal keys
# counts, for texts, integers and floats.
#
# Why it matters: the level "missing" of a column of numbers is a key NaN, and two keys become equal when
# float64 is written to keys_floats, or when names are folded to lower case. No error is raised, so a
# graph that was checked by the reference answers otherwise where it is deployed: NaN gets the default
# in one and its level in the other, a repeated key its last value in one and its first in the other.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'onnx==1.23.2' 'onnxruntime==1.32.0' 'numpy==2.4.6'
cat > "$work/seen.py" <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, defs, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

ML = "ai.onnx.ml"
NAN = float("nan")


def encode(values, kind, **attributes):
    """The codes of the values, by onnxruntime and by the reference."""
    node = helper.make_node("LabelEncoder", ["x"], ["y"], domain=ML, **attributes)
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("x", kind, [None])],
        [helper.make_tensor_value_info("y", TensorProto.INT64, [None])],
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid(ML, 4)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return [by.run(None, {"x": values})[0].tolist() for by in (session, ReferenceEvaluator(model))]


promise = " ".join(defs.get_schema("LabelEncoder", 4, ML).doc.split())
assert "'NaN' match any input 'NaN'" in promise and "the last key takes precedence" in promise

floats = np.array([1, NAN, 2], np.float32)
found, reference = encode(
    floats, TensorProto.FLOAT, keys_floats=[1.0, NAN], values_int64s=[10, 20], default_int64=-1
)
print(f"keys 1 and NaN, of 1, NaN, 2: onnxruntime {found}, reference {reference}")
assert found == [10, 20, -1], "onnxruntime does not find NaN now"
assert reference == [10, -1, -1], "the reference finds NaN now"

for dtype, kind in ((np.float32, TensorProto.FLOAT), (np.float64, TensorProto.DOUBLE)):
    tensors = {
        "keys_tensor": numpy_helper.from_array(np.array([1, NAN], dtype)),
        "values_tensor": numpy_helper.from_array(np.array([10, 20])),
        "default_tensor": numpy_helper.from_array(np.array([-1])),
    }
    both = encode(floats.astype(dtype), kind, **tensors)
    assert both == [[10, 20, -1], [10, -1, -1]], "keys of a tensor are found otherwise now"

repeated = {
    "keys_strings": (TensorProto.STRING, ["a", "b", "a"], np.array(["a", "b"], object)),
    "keys_int64s": (TensorProto.INT64, [7, 8, 7], np.array([7, 8])),
    "keys_floats": (TensorProto.FLOAT, [0.1, 0.2, 0.1 + 1e-10], np.array([0.1, 0.2], np.float32)),
}
for name, (kind, keys, values) in repeated.items():
    found, reference = encode(values, kind, values_int64s=[1, 2, 3], **{name: keys})
    print(f"keys {keys}, values 1, 2, 3: onnxruntime {found}, reference {reference}")
    assert found == [1, 2], "the last key takes precedence in onnxruntime now"
    assert reference == [3, 2], "the last key does not take precedence in the reference now"
PYTHON
"$work/venv/bin/python" "$work/seen.py"
