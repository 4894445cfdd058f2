r"""How long a text is, counted by regular expressions: ONNX has no operator for it.

An expression tells whether a text has so many units modulo m, so a few of them spell the
remainder r in binary.  The remainders by 61, 63 and 64, which have no divisor in common, give the
count, up to 245,951 (Chinese remainder theorem)::

    count = Σ_m r_m a_m  mod M          M = 61 · 63 · 64,  a_m = 1 mod m and 0 mod the others

Small moduli keep the automaton of an expression small, and each is one pass over the text.
"""

import itertools
import math

import numpy as np

from .graph import DOUBLE, INT64, Graph

MODULI = (61, 63, 64)
MOST = math.prod(MODULI)  # counts wrap round here
# What Python takes for a blank.  Those beyond ASCII stand as they are: by number, RE2 and Python's
# re, which the reference evaluator of onnx uses, spell them differently.
BLANKS = (
    r"\x09-\x0d\x1c-\x20"
    "\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
)
_S, _N = f"[{BLANKS}]", f"[^{BLANKS}]"


def sizes(graph: Graph, texts: str) -> tuple[str, str, str]:
    """The characters and words of texts (n, c), as doubles, and whether the texts are blank.

    Blanks around a text do not count, as in ``encoders.Text``.
    """
    some = _matches(graph, texts, f"{_S}*{_N}.*")
    several = _matches(graph, texts, f"{_S}*{_N}.*{_N}{_S}*")
    # between the first and the last character, and before the last word
    inner = _count(graph, texts, f"{_S}*{_N}", ".", f"{_N}{_S}*")
    before = _count(graph, texts, f"{_S}*", f"{_N}+{_S}+", f"{_N}+{_S}*")
    one = graph.cast(some, DOUBLE)
    characters = graph.op("Add", graph.op("Add", one, graph.cast(several, DOUBLE)), inner)
    return characters, graph.op("Add", one, before), graph.op("Not", some)


def _count(graph: Graph, texts: str, start: str, unit: str, end: str) -> str:
    """How many units stand between start and end, (n, c); 0 where a text has no start and end."""
    terms = []
    for m in MODULI:
        others = MOST // m
        weight = others * pow(others, -1, m)  # 1 modulo m, and 0 modulo the others
        for bit in range((m - 1).bit_length()):
            rest = _one_of([r for r in range(m) if r >> bit & 1], unit)
            found = _matches(graph, texts, f"{start}(?:(?:{unit}){{{m}}})*{rest}{end}")
            terms.append(graph.op("Mul", graph.cast(found, INT64), np.int64(weight << bit)))
    total = terms[0]
    for term in terms[1:]:
        total = graph.op("Add", total, term)
    return graph.cast(graph.op("Mod", total, np.int64(MOST)), DOUBLE)


def _one_of(numbers: list[int], unit: str) -> str:
    """An expression that matches as many units as one of the numbers says; the numbers rise.

    Each number continues the expression of the one before: alternatives would take too much memory.

    >>> _one_of([1, 3], "a")
    '(?:a){1}(?:(?:a){2})?'
    """
    pattern = ""
    for number, before in itertools.pairwise([*numbers[::-1], 0]):
        pattern = f"(?:{unit}){{{number - before}}}" + (f"(?:{pattern})?" if pattern else "")
    return pattern


def _matches(graph: Graph, texts: str, pattern: str) -> str:
    return graph.op("RegexFullMatch", texts, pattern=f"(?s){pattern}")
