#!/usr/bin/env bash
# onnxruntime 1.32.0 and onnx 1.23.2 (numpy 2.4.6, Python 3.11), seen on 2026-11-30.
#
# Expected: StringSplit without a delimiter splits at runs of whitespace and drops it at both ends, as
# its schema says and as Python's str.split does.
# Seen: onnxruntime splits at the space (U+0020) alone. "a<tab>b" and "a<newline>b" are one word with the
# tab or newline in it, and "a <tab> b" is three words, of which the second is a tab. The no-break space
# and other Unicode spaces do not split either.
# The reference evaluator of onnx splits at all of these; but with maxsplit=1 it gives "b " as the last
# word of "a b ", where the schema says that whitespace at the end is removed, and onnxruntime does so.
#
# Why it matters: texts of more than one line, or from a table whose cells hold tabs, become other words
# in the deployed graph than in the reference or in Python: the last word of each line and the first of
# the next are one, which no vocabulary has. The counts of words are others too; nothing is raised.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'onnxruntime==1.32.0' 'onnx==1.23.2' 'numpy==2.4.6'
cat > "$work/seen.py" <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, defs, helper
from onnx.reference import ReferenceEvaluator


def split(text, **attributes):
    """The words of a text, by onnxruntime and by the reference."""
    node = helper.make_node("StringSplit", ["x"], ["y", "n"], **attributes)
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.STRING, [None])],
        [
            helper.make_tensor_value_info("y", TensorProto.STRING, [None, None]),
            helper.make_tensor_value_info("n", TensorProto.INT64, [None]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    x = {"x": np.array([text], dtype=object)}
    results = [by.run(None, x) for by in (session, ReferenceEvaluator(model))]
    assert all(words.shape == (1, count[0]) for words, count in results)
    return [words[0].tolist() for words, _ in results]


promise = " ".join(defs.get_schema("StringSplit", 20).doc.split())
assert "consecutive whitespace characters are regarded as a single separator" in promise
assert "leading or trailing whitespace is removed" in promise
assert split("  a  b ") == [["a", "b"]] * 2, "spaces are split at otherwise"

seen = {
    "a\tb": ["a\tb"],
    "a\nb": ["a\nb"],
    "a \t b": ["a", "\t", "b"],
    "a b\r\n": ["a", "b\r\n"],
    "a\u00a0b": ["a\u00a0b"],
    "a\u3000b": ["a\u3000b"],
}
for text, words in seen.items():
    for attributes in ({}, {"delimiter": ""}):
        found, reference = split(text, **attributes)
        assert found == words, f"{text!r} is split otherwise now"
        assert reference == text.split()
    print(f"{text!r}: onnxruntime {found}, reference {reference}")

for text, end in (("a b ", "b"), (" a  b c ", "b c")):
    found, reference = split(text, maxsplit=1)
    print(f"{text!r} with maxsplit=1: onnxruntime {found}, reference {reference}")
    assert found == ["a", end], "onnxruntime keeps the end now"
    assert reference == ["a", end + " "], "the reference drops the end now"
PYTHON
"$work/venv/bin/python" "$work/seen.py"
