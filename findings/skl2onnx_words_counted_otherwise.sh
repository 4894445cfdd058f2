#!/usr/bin/env bash
# skl2onnx 1.20.0 (scikit-learn 1.9.1, onnxruntime 1.32.0, numpy 2.4.6, Python 3.11), seen on 2026-11-30.
#
# Expected: a text vectoriser that is converted without an error or a warning gives the numbers that
# scikit-learn gives for the very texts it was fitted to.
# Seen (with lowercase=False, which needs no locale of the system):
#   - sublinear_tf=True: a word that is there n times weighs log(1 + n), where it is 1 + log(n): .69 for
#     1, 1.39 for 3 where it is 2.10;
#   - stop_words: they stay where they were, so that the bigrams over them, which are among the features
#     ("cat dog" of "cat and dog"), are never found;
#   - the default token_pattern becomes [a-zA-Z0-9_]+ without a word: "Straße", "schön" and "école" are
#     features, and are 0 in every text.
# Words of plain letters, counted one by one, are right.
#
# Why it matters: the columns have the same names and mostly the same values, and English texts pass a
# quick check. A classifier of German or French texts lost the words with a letter of their own; one with
# bigrams and stop words, the columns that it was given them for.
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
from skl2onnx.common.data_types import StringTensorType
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

warnings.simplefilter("error", UserWarning)


def both(vectoriser, text):
    """The features of the one text it is fitted to: name to (scikit-learn's, onnxruntime's)."""
    vectoriser.set_params(lowercase=False).fit([text])
    exported = to_onnx(vectoriser, initial_types=[("text", StringTensorType([None]))])
    session = onnxruntime.InferenceSession(exported.SerializeToString())
    (found,) = session.run(None, {"text": np.array([text], dtype=object)})
    true = vectoriser.transform([text]).toarray()
    seen = {
        name: (round(float(t), 2), round(float(f), 2))
        for name, t, f in zip(vectoriser.get_feature_names_out(), true[0], found[0], strict=True)
    }
    print(seen)
    return seen


assert both(CountVectorizer(), "one two two") == {"one": (1, 1), "two": (2, 2)}
weights = both(TfidfVectorizer(sublinear_tf=True, use_idf=False, norm=None), "one two two two")
assert weights == {"one": (1, 0.69), "two": (2.1, 1.39)}, "sublinear_tf is otherwise now"
bigrams = both(CountVectorizer(ngram_range=(1, 2), stop_words="english"), "cat and dog")
assert bigrams == {"cat": (1, 1), "cat dog": (1, 0), "dog": (1, 1)}, "stop words are otherwise now"
words = both(CountVectorizer(), "Die Straße ist schön")
assert words == {"Die": (1, 1), "ist": (1, 1), "Straße": (1, 0), "schön": (1, 0)}, "letters are otherwise now"
assert both(CountVectorizer(), "à école")["école"] == (1, 0)
PYTHON
"$work/venv/bin/python" "$work/seen.py"
