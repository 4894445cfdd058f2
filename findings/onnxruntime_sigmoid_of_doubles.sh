#!/usr/bin/env bash
# onnxruntime 1.32.0 (onnx 1.23.2, numpy 2.4.6, Python 3.11, x86-64), seen on 2026-11-28.
#
# Expected: Sigmoid of float64 is right to some 1e-15 of its value, as exp of float64 is there, and
# Softmax over (0, x) in the same runtime.
# Seen: it is right to about 1e-17 absolutely: at x = -30 a thousandth of the value is wrong, and
# from about -38 on the answer is exactly 0 (the true values go down to 1e-308 at -709). Softmax of
# the same two logits is right to the last digits.
#
# Why it matters: a classifier of two classes that is exported with Sigmoid, in float64 to be safe,
# gives probabilities of exactly 0: a log-loss is then infinite, and a ranking of rare cases has
# ties that the model does not have. Softmax over (0, x) does not.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'onnxruntime==1.32.0' 'onnx==1.23.2' 'numpy==2.4.6'
cat > "$work/seen.py" <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper


def run(op, x):
    inputs = [helper.make_tensor_value_info("x", TensorProto.DOUBLE, [None, None])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.DOUBLE, None)]
    graph = helper.make_graph([helper.make_node(op, ["x"], ["y"])], "g", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, {"x": x})[0]


x = np.array([-5.0, -20.0, -30.0, -50.0, -700.0])
true = np.exp(x) / (1 + np.exp(x))
sigmoid = run("Sigmoid", x[None])[0]
softmax = run("Softmax", np.stack([np.zeros_like(x), x], axis=1))[:, 1]
for name, found in (("true", true), ("Sigmoid", sigmoid), ("Softmax", softmax)):
    print(f"{name:8}", found)
off = np.abs(sigmoid / true - 1)
assert off[0] < 1e-12, "near 0 it is right"
assert off[2] > 1e-5, "at -30 it is right now"
assert (sigmoid[3:] == 0).all(), "far out it is not 0 any more"
assert np.allclose(softmax, true, rtol=1e-12, atol=0), "Softmax is off too"
PYTHON
"$work/venv/bin/python" "$work/seen.py"
