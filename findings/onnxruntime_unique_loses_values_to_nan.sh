#!/usr/bin/env bash
# onnxruntime 1.32.0 (onnx 1.23.2, numpy 2.4.6, Python 3.11), seen on 2026-11-30.
#
# Expected: Unique of numbers among which one is missing (NaN) gives each number that is there, and NaN
# once or as often as it is there, as numpy.unique and the reference evaluator of onnx do.
# Seen: NaN counts as equal to whatever it is compared with. Where it comes first, it is the only value:
# of NaN, 2, 3, 2 the answer is NaN, four times. Where it comes later, it is counted as one of the
# others: of 5, NaN, 3, 3 the answer is 3 and 5 with the counts of four numbers. Which it is depends on
# the order of the rows. float32 and float64, sorted or not, are the same in this.
#
# Why it matters: no error is raised, and the counts add up to the number of rows. A graph that lists
# the levels of a column, or numbers its groups by inverse_indices, gives another table for each order
# of its rows. NaN has to be taken out, or replaced, before.
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


def unique(values, dtype=np.float32, ordered=1):
    """By onnxruntime and by the reference: each the values, and the counts."""
    kind = TensorProto.FLOAT if dtype == np.float32 else TensorProto.DOUBLE
    node = helper.make_node("Unique", ["x"], ["y", "", "", "n"], sorted=ordered)
    inputs = [helper.make_tensor_value_info("x", kind, [None])]
    outputs = [
        helper.make_tensor_value_info("y", kind, [None]),
        helper.make_tensor_value_info("n", TensorProto.INT64, [None]),
    ]
    graph = helper.make_graph([node], "g", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    x = {"x": np.array(values, dtype)}
    return [[a.tolist() for a in by.run(None, x)] for by in (session, ReferenceEvaluator(model))]


def same(found, values, counts):
    return np.array_equal(found[0], values, equal_nan=True) and found[1] == counts


assert all(same(found, [2, 3], [2, 1]) for found in unique([3, 2, 2])), "without NaN they are right"
for dtype in (np.float32, np.float64):
    for ordered in (0, 1):
        first, reference = unique([NAN, 2, 3, 2], dtype, ordered)
        assert same(first, [NAN], [4]), "NaN first is otherwise now"
        assert {2.0, 3.0} < set(reference[0])
        later, reference = unique([5, NAN, 3, 3], dtype, ordered)
        assert sorted(later[0]) == [3, 5], "NaN later is otherwise now"
        assert sum(later[1]) == 4
        assert {3.0, 5.0} < set(reference[0])
for values in ([NAN, 2, 3, 2], [5, NAN, 3, 3], [3, 3, 5, NAN]):
    (found, counts), (true, times) = unique(values)
    print(f"{values}: {found}, {counts} times (reference: {true}, {times} times)")
PYTHON
"$work/venv/bin/python" "$work/seen.py"
