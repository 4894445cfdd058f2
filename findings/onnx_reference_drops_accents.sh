#!/usr/bin/env bash
# onnx 1.23.2 (onnxruntime 1.32.0, numpy 2.4.6, Python 3.11), seen on 2026-11-30.
#
# Expected: StringNormalizer removes stop words and changes the case, as its schema says. With
# case_change_action="NONE" and no stop words, each text comes back as it was.
# Seen: the reference evaluator of onnx decomposes every text that is not ASCII and drops the marks. "für"
# is "fur", "m²" is "m2", the Japanese "が" is "か", Hindi words lose a sign, and Korean syllables fall
# apart into their letters. No attribute turns that off. It is done before the stop words: "über" is not
# removed by a stop word "über", and "für" is by "fur". onnxruntime returns the texts as they are.
#
# Why it matters: a vectoriser that was converted to ONNX without strip_accents begins with this
# operator. By the reference, words of its vocabulary with an accent are never found and their counts
# are 0; a converter that is right fails its test, or one that is wrong passes. Nothing is raised.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'onnx==1.23.2' 'onnxruntime==1.32.0' 'numpy==2.4.6'
cat > "$work/seen.py" <<'PYTHON'
import unicodedata
import warnings

import numpy as np
import onnxruntime
from onnx import TensorProto, defs, helper
from onnx.reference import ReferenceEvaluator

warnings.simplefilter("ignore")  # of locales that are not installed


def normalized(texts, **attributes):
    """The texts, by onnxruntime and by the reference."""
    node = helper.make_node("StringNormalizer", ["x"], ["y"], case_change_action="NONE", **attributes)
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.STRING, [None])],
        [helper.make_tensor_value_info("y", TensorProto.STRING, [None])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    x = {"x": np.array(texts, dtype=object)}
    return [by.run(None, x)[0].tolist() for by in (session, ReferenceEvaluator(model))]


schema = defs.get_schema("StringNormalizer")
said = " ".join([schema.doc, *(each.description for each in schema.attributes.values())]).lower()
assert not any(word in said for word in ("accent", "diacritic", "decompos", "unicode")), "it is said now"

seen = {
    "cat": "cat",
    "für": "fur",
    "café": "cafe",
    "m²": "m2",
    "½": "1\u20442",
    "が": "か",
    "नमस्ते": "नमसते",
    "한국": unicodedata.normalize("NFD", "한국"),
}
assert len(seen["한국"]) == 6
found, reference = normalized(list(seen))
print(f"{list(seen)}: onnxruntime {found}, reference {reference}")
assert found == list(seen), "onnxruntime changes texts now"
assert reference == list(seen.values()), "the reference is otherwise now"

found, reference = normalized(["über", "für", "cat"], stopwords=["über", "fur"], is_case_sensitive=1)
print(f"stop words über and fur: onnxruntime {found}, reference {reference}")
assert found == ["für", "cat"], "onnxruntime is otherwise now"
assert reference == ["uber", "cat"], "the reference is otherwise now"
PYTHON
"$work/venv/bin/python" "$work/seen.py"
