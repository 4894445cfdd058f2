"""The characters and words of a text, counted by regular expressions, are Python's."""

import functools
import re
import sys
from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto

from numlp.export.graph import DOUBLE, STRING, Graph
from numlp.export.text import BLANKS, MODULI, MOST, sizes

from .runs import with_outputs

ALPHABET = list("abc é日😀 \n\t\u00a0\u3000\x1f")


@functools.cache
def session() -> onnxruntime.InferenceSession:
    graph = Graph(["text"])
    graph.input("text", STRING, 1, "")
    kinds = (DOUBLE, DOUBLE, TensorProto.BOOL)
    return with_outputs(graph, dict(zip(sizes(graph, "text"), kinds, strict=True)))


def counted(texts: list[str]) -> list[list[Any]]:
    """Characters, words, and whether it is blank, of each text."""
    found = session().run(None, {"text": np.array(texts, dtype=object)[:, None]})
    return [column[:, 0].tolist() for column in found]


def check(texts: list[str]) -> None:
    characters, words, blank = counted(texts)
    assert characters == [len(text.strip()) for text in texts]
    assert words == [len(text.split()) for text in texts]
    assert blank == [not text.strip() for text in texts]


def test_random_texts_with_blanks_of_all_kinds_are_counted_as_python_does() -> None:
    rng = np.random.default_rng(0)
    check(["".join(rng.choice(ALPHABET, int(n))) for n in rng.integers(0, 400, 200)])


def test_every_small_count_is_right() -> None:
    check(["x" * n for n in range(140)] + ["x " * n for n in range(140)])


@pytest.mark.parametrize("n", [*MODULI, 61 * 63, 61 * 64, 63 * 64])
def test_counts_around_the_moduli_are_right(n: int) -> None:
    check(["é" * (n + step) for step in (-1, 0, 1, 2, 3)])
    check([" é" * (n + step) for step in (-1, 0, 1, 2)])


def test_the_longest_text_that_is_counted_is_as_long_as_the_module_says() -> None:
    assert counted(["x" * (MOST + 1)])[0] == [MOST + 1]
    assert counted(["x" * (MOST + 2)])[0] == [2]


def test_the_blanks_are_those_of_python() -> None:
    blank = re.compile(f"[{BLANKS}]")
    wrong = [c for c in map(chr, range(sys.maxunicode + 1)) if bool(blank.match(c)) != c.isspace()]
    assert wrong == []
