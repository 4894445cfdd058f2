#!/usr/bin/env bash
# onnxruntime 1.32.0 (onnx 1.23.2, numpy 2.4.6, Python 3.11), seen on 2026-11-30.
#
# Expected: ArgMax, ArgMin, ReduceMax and ReduceMin treat a missing number (NaN) alike wherever it is
# in the row. The schema of ReduceMax says "similar to numpy", which finds NaN; the reference evaluator
# of onnx finds it in all four, and TopK and Max of onnxruntime itself do too.
# Seen: NaN counts where it is the first of the row, and is left out everywhere else. ArgMax of NaN, 1, 2
# is 0 and ReduceMax is NaN; of 1, NaN, 2 they are 2 and 2, and of 1, 2, NaN they are 1 and 2. It is the
# same for float32 and float64, along rows and along columns. Hardmax, which marks the first maximum of a
# row with 1, marks none at all where NaN comes first.
#
# Why it matters: a net gives one logit that is NaN. ArgMax of the logits gives class 0 if it is that of
# class 0, and otherwise the best of the others; ArgMax of their Softmax, which is NaN throughout, gives
# class 0. So the label of a row depends on where in the graph it is taken and on the order of the
# classes, and a check by ReduceMax that no number is missing passes.
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

NAN = float("nan")
KINDS = {np.float32: TensorProto.FLOAT, np.float64: TensorProto.DOUBLE}


def run(nodes, result, values, dtype=np.float32):
    """What the last node gives, by onnxruntime and by the reference."""
    used = {name for node in nodes for name in node.input}
    one = [helper.make_tensor("one", TensorProto.INT64, [1], [1])] if "one" in used else []
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", KINDS[dtype], [None, None])],
        [helper.make_tensor_value_info("y", result, None)],
        one,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    x = {"x": np.array(values, dtype)}
    return [by.run(None, x)[0].ravel().tolist() for by in (session, ReferenceEvaluator(model))]


def index(op, values, dtype, axis=1):
    node = helper.make_node(op, ["x"], ["y"], axis=axis, keepdims=0)
    return run([node], TensorProto.INT64, values, dtype)


def extreme(op, values, dtype):
    return run([helper.make_node(op, ["x", "one"], ["y"], keepdims=0)], KINDS[dtype], values, dtype)


first, middle, last = [NAN, 1, 2], [1, NAN, 2], [1, 2, NAN]
for dtype in KINDS:
    for values, most, least in ((middle, 2, 0), (last, 1, 0)):
        place = int(np.argmax(values))  # of NaN
        assert index("ArgMax", [values], dtype) == [[most], [place]], "ArgMax is otherwise now"
        assert index("ArgMin", [values], dtype) == [[least], [place]], "ArgMin is otherwise now"
        columns = np.array([values, values]).T
        assert index("ArgMax", columns, dtype, axis=0)[0] == [most, most], "along columns it is otherwise"
        for op, number in (("ReduceMax", 2), ("ReduceMin", 1)):
            found, reference = extreme(op, [values], dtype)
            assert found == [number], f"{op} is otherwise now"
            assert np.isnan(reference).all()
        top = [helper.make_node("TopK", ["x", "one"], ["most", "y"])]
        assert run(top, TensorProto.INT64, [values], dtype) == [[place], [place]]
    assert index("ArgMax", [first], dtype) == index("ArgMin", [first], dtype) == [[0], [0]]
    assert np.isnan(extreme("ReduceMax", [first], dtype)).all()

marked = [helper.make_node("Hardmax", ["x"], ["y"], axis=1)]
assert run(marked, KINDS[np.float32], [first]) == [[0, 0, 0], [1, 0, 0]], "Hardmax is otherwise now"
assert run(marked, KINDS[np.float32], [middle]) == [[0, 0, 1], [0, 1, 0]], "Hardmax is otherwise now"
larger = [helper.make_node("Max", ["x", "x"], ["y"])]
assert np.isnan(run(larger, KINDS[np.float32], [middle])[0][1]), "Max drops NaN now"
softmax = [
    helper.make_node("Softmax", ["x"], ["p"], axis=1),
    helper.make_node("ArgMax", ["p"], ["y"], axis=1),
]
for values in (first, middle, last):
    (label,), (reference,) = index("ArgMax", [values], np.float32)
    (after,), _ = run(softmax, TensorProto.INT64, [values])
    most = extreme("ReduceMax", [values], np.float32)[0][0]
    print(f"{values}: ArgMax {label} (reference: {reference}), after Softmax {after}; ReduceMax {most}")
    assert after == 0, "after Softmax it is otherwise now"
PYTHON
"$work/venv/bin/python" "$work/seen.py"
