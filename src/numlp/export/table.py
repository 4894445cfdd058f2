"""``Table.transform`` as ONNX operators: raw columns in, the matrix out.

Columns of one kind are put side by side and computed at once, in float64 as ``encoders`` does; the
blocks that come out are then put in the matrix's order.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from onnx.numpy_helper import from_array

from ..errors import DataError
from ..table.asked import joined
from ..table.category import Category
from ..table.dates import Date
from ..table.encoders import TIE, Encoder, Number, TwoValues
from ..table.ordered import Ordered
from ..table.table import Table
from ..table.text import Text
from ..table.times import DAY
from ..table.vectors import Vector
from ..table.words import HOLES, parse_number
from .dates import calendar_columns
from .graph import DOUBLE, FLOAT, ML, STRING, Graph
from .text import sizes

ARRAY = "X"  # the one input of a model of an array of numbers
# Milliseconds: every time of NumPy is nearer to 1970, and NaT, its missing time, is -END_OF_TIME.
END_OF_TIME = float(2**63)
MISSING = -1  # code of a missing word; 0 is one that is unknown


def input_of(encoder: Encoder) -> tuple[int, str]:
    """The type of a column's input, and what goes into it."""
    if isinstance(encoder, Vector):
        width = len(encoder.centers)
        return FLOAT, f"vector of {width} numbers; NaN throughout where missing"
    if isinstance(encoder, Date):
        return DOUBLE, "date as milliseconds since 1970 in UTC; NaN where missing"
    if isinstance(encoder, Ordered):
        return STRING, 'ordered category; "" where missing'
    if isinstance(encoder, Text):
        return STRING, 'text; "" where missing'
    if isinstance(encoder, Category) and not encoder.takes_numbers:
        return STRING, 'category; "" where missing'
    what = "a number" if isinstance(encoder, Number) else f"{encoder.kind} as a number"
    if isinstance(encoder, Number | TwoValues) and encoder.written is not None:
        what += ", not as it is written"
    return DOUBLE, f"{what}; NaN where missing"


def input_names(table: Table) -> list[str]:
    """Names of the inputs: the columns that are learned from, or ``X`` for an array of numbers."""
    learned = [encoder for encoder in table.encoders if encoder.width]
    return [ARRAY] if _is_array(table) else [encoder.name for encoder in learned]


def describe(table: Table) -> str:
    """What each input is, as JSON, for the properties of the model."""
    return json.dumps(
        [
            {"name": encoder.name, "kind": encoder.kind, "input": input_of(encoder)[1]}
            for encoder in table.encoders
            if encoder.width
        ],
        ensure_ascii=False,
    )


def add_table(graph: Graph, table: Table) -> str:
    """Append the operators that make the matrix, (n, width) of float32; return its name.

    Raises
    ------
    DataError
        No column is learned from, one has no name, or the words of one are read.
    """
    if not table.teaches:
        raise DataError("the model learned from no column: there is nothing to export")
    _check_texts(table)
    if "" in input_names(table):
        raise DataError("a column has the name '', and ONNX knows no input without a name")
    writer = _Writer(graph, table)
    for kind, write in _WRITERS.items():
        if members := [encoder for encoder in writer.encoders if isinstance(encoder, kind)]:
            write(writer, members)
    order = np.argsort(writer.filled)
    X = graph.concat(writer.blocks)
    return X if (np.diff(order) == 1).all() else graph.columns(X, order.tolist())


def _check_texts(table: Table) -> None:
    """Raise a DataError that names a column whose words are read.

    No standard operator cuts a text into its letters, so none gives the pieces of its words.
    """
    for encoder in table.encoders:
        if isinstance(encoder, Text) and encoder.reading is not None:
            raise DataError(
                f"the words of column {encoder.name!r} are read, and no operator of ONNX cuts a "
                f"text into pieces of words: train with columns={{{encoder.name!r}: 'text:length'}}"
                f" or columns={{{encoder.name!r}: 'ignore'}} (--column "
                f"{joined(encoder.name, 'text:length')}), or predict with numlp"
            )


class _Writer:
    """The inputs, the blocks written so far, and which columns of the matrix these fill."""

    def __init__(self, graph: Graph, table: Table) -> None:
        self.graph = graph
        self.encoders = [encoder for encoder in table.encoders if encoder.width]
        self.blocks: list[str] = []
        self.filled: list[int] = []
        columns = np.arange(table.width, dtype=np.float32)[None]
        self.slots = {encoder.name: slots for encoder, slots in table.slots(columns)}
        self._position = {encoder.name: j for j, encoder in enumerate(table.encoders)}
        self._is_array = _is_array(table)
        if self._is_array:
            doc = "the columns, numbers; NaN where missing"
            graph.input(ARRAY, DOUBLE, len(table.encoders), doc)
        else:
            for encoder in self.encoders:
                kind, doc = input_of(encoder)
                width = len(encoder.centers) if isinstance(encoder, Vector) else 1
                graph.input(encoder.name, kind, width, doc)

    def raw(self, encoders: list[Any]) -> str:
        """The raw columns of encoders of one type, (n, how many)."""
        if self._is_array:
            return self.graph.columns(ARRAY, [self._position[encoder.name] for encoder in encoders])
        return self.graph.concat([encoder.name for encoder in encoders])

    def fill(self, block: str, columns: list[Any]) -> None:
        """Let a block fill these columns of the matrix; without columns nothing is done."""
        if columns:
            self.blocks.append(self.graph.cast(block, FLOAT))
            self.filled += map(int, columns)

    def fill_missing(self, absent: str, encoders: list[Any]) -> None:
        """Fill the flags of missing cells; ``absent`` is 1 where a cell is missing."""
        chosen = [j for j, encoder in enumerate(encoders) if encoder.missing]
        if chosen:
            columns = [self.slots[encoders[j].name].flags[0, -1] for j in chosen]
            self.fill(self.graph.columns(absent, chosen), columns)


def _squash(graph: Graph, X: str, centers: list[float], scales: list[float]) -> str:
    """What ``encoders.squash`` computes, but NaN stays NaN."""
    half = np.array(centers) / 2
    centred = graph.op("Sub", graph.op("Mul", X, 0.5), half)
    Z = graph.op("Div", centred, np.array(scales, np.float64))
    Z = graph.op("Clip", Z, -1e6, 1e6)
    share = graph.op("Div", Z, 3.0)
    root = graph.op("Sqrt", graph.op("Add", graph.op("Mul", share, share), 1.0))
    return graph.op("Div", Z, root)


def _numbers(w: _Writer, encoders: list[Number]) -> None:
    graph, X = w.graph, w.raw(encoders)
    absent = graph.op("IsNaN", X)
    if scaled := [j for j, encoder in enumerate(encoders) if encoder.scale]:
        chosen = [encoders[j] for j in scaled]
        Z = _squash(
            graph,
            graph.columns(X, scaled),
            [encoder.center for encoder in chosen],
            [encoder.scale for encoder in chosen],
        )
        Z = graph.op("Where", graph.columns(absent, scaled), 0.0, Z)
        w.fill(Z, [w.slots[encoder.name].numbers[0, 0] for encoder in chosen])
    flagged = [
        (j, i, encoder.forms_of(v))
        for j, encoder in enumerate(encoders)
        for i, v in enumerate(encoder.values)
    ]
    if flagged:
        cells = graph.columns(X, [j for j, _, _ in flagged])
        equal = graph.op("Equal", cells, np.array([forms[0] for _, _, forms in flagged]))
        rounded = graph.op("Equal", cells, np.array([forms[-1] for _, _, forms in flagged]))
        columns = [w.slots[encoders[j].name].flags[0, i] for j, i, _ in flagged]
        w.fill(graph.op("Or", equal, rounded), columns)
    w.fill_missing(absent, encoders)


def _pairs(w: _Writer, encoders: list[TwoValues]) -> None:
    graph, X = w.graph, w.raw(encoders)
    halves = np.array([encoder.values for encoder in encoders]).T / 2
    near = (halves[1] - halves[0]) * TIE
    half = graph.op("Mul", X, 0.5)
    is_low, is_high = (
        graph.cast(
            graph.op("LessOrEqual", graph.op("Abs", graph.op("Sub", half, value)), near), FLOAT
        )
        for value in halves
    )
    w.fill(
        graph.op("Sub", is_high, is_low),
        [w.slots[encoder.name].flags[0, 0] for encoder in encoders],
    )
    w.fill_missing(graph.op("IsNaN", X), encoders)


def _categories(w: _Writer, encoders: list[Category]) -> None:
    graph = w.graph
    numeric = [encoder for encoder in encoders if encoder.takes_numbers]
    encoders = [encoder for encoder in encoders if not encoder.takes_numbers] + numeric
    codes = []
    if words := encoders[: len(encoders) - len(numeric)]:
        stripped = _strip(graph, w.raw(words))
        codes += [
            _word_codes(graph, graph.columns(stripped, [j]), encoder)
            for j, encoder in enumerate(words)
        ]
    if numeric:
        X = w.raw(numeric)
        codes += [_number_codes(graph, graph.columns(X, [j]), p) for j, p in enumerate(numeric)]
    found = graph.concat(codes)

    def equal(pairs: list[tuple[int, int]]) -> str:
        """Whether column j has code i, for each (j, i)."""
        of = graph.columns(found, [j for j, _ in pairs])
        return graph.op("Equal", of, np.array([i for _, i in pairs]))

    flags = [w.slots[encoder.name].flags[0] for encoder in encoders]
    paired = [j for j, p in enumerate(encoders) if not p.embedded and len(p.values) == 2]
    shown = [
        (j, i)
        for j, encoder in enumerate(encoders)
        if not encoder.embedded and j not in paired
        for i in range(1, len(encoder.values) + 1)
    ]
    embedded = [j for j, encoder in enumerate(encoders) if encoder.embedded]
    if paired:
        high, low = (graph.cast(equal([(j, i) for j in paired]), FLOAT) for i in (2, 1))
        w.fill(graph.op("Sub", high, low), [flags[j][0] for j in paired])
    if shown:
        w.fill(equal(shown), [flags[j][i - 1] for j, i in shown])
    if embedded:
        known = graph.op("Relu", graph.cast(graph.columns(found, embedded), FLOAT))
        w.fill(known, [w.slots[encoders[j].name].codes[0, 0] for j in embedded])
    w.fill_missing(graph.op("Equal", found, np.int64(MISSING)), encoders)


def _strip(graph: Graph, words: str) -> str:
    """Words (n, c) without the spaces around them."""
    # A split by blanks drops those at the ends.  The reference evaluator of onnx keeps those behind
    # what it leaves unsplit, so that a text without blanks inside comes from a split into two.
    two, counts = graph.ops(2, "StringSplit", words, maxsplit=1)
    whole, _ = graph.ops(2, "StringSplit", words, maxsplit=0)
    several = graph.op("Greater", counts, np.int64(1))
    text = graph.op("Where", several, _first(graph, whole, words), _first(graph, two, words))
    nothing = graph.op("Equal", counts, np.int64(0))
    return graph.op("Where", nothing, np.array("", dtype=object), text)


def _first(graph: Graph, pieces: str, words: str) -> str:
    """The first pieces, (n, c), of split words, (n, c, k), where k is 0 if all are blank."""
    either = graph.op("Concat", pieces, graph.op("Unsqueeze", words, np.array([2])), axis=2)
    return graph.op("Gather", either, np.int64(0), axis=2)


def _word_codes(graph: Graph, words: str, encoder: Category) -> str:
    """Codes of a category by all spellings that the model knows, (n, 1)."""
    holes = {""} if encoder.spellings is None else HOLES
    found = dict.fromkeys(sorted(holes), MISSING) | encoder.known
    return graph.op(
        "LabelEncoder",
        words,
        domain=ML,
        keys_strings=[*found],
        values_int64s=[*found.values()],
        default_int64=0,
    )


def _number_codes(graph: Graph, x: str, encoder: Category) -> str:
    """Codes of a category whose words spell numbers, (n, 1)."""
    found = {parse_number(word): j for j, word in enumerate(encoder.values, start=1)}
    if encoder.spellings is not None:
        found |= encoder.rounded
    codes = graph.op(
        "LabelEncoder",
        x,
        domain=ML,
        keys_tensor=from_array(np.array([*found], np.float64), "keys"),
        values_tensor=from_array(np.array([*found.values()], np.int64), "codes"),
        default_tensor=from_array(np.array([0]), "unknown"),
    )
    # NaN is no key, since the reference evaluator of onnx finds no key that is NaN.
    return graph.op("Where", graph.op("IsNaN", x), np.int64(MISSING), codes)


def _ordered(w: _Writer, encoders: list[Ordered]) -> None:
    graph, words = w.graph, _strip(w.graph, w.raw(encoders))
    absent = []
    for j, encoder in enumerate(encoders):
        place = graph.op(
            "LabelEncoder",
            graph.columns(words, [j]),
            domain=ML,
            keys_strings=[*encoder.known],
            values_int64s=[*encoder.known.values()],
            default_int64=-1,
        )
        absent.append(graph.op("Less", place, np.int64(0)))
        if encoder.scale:
            x = graph.cast(place, DOUBLE)
            Z = graph.op(
                "Where", absent[-1], 0.0, _squash(graph, x, [encoder.center], [encoder.scale])
            )
            w.fill(Z, [w.slots[encoder.name].numbers[0, 0]])
    w.fill_missing(graph.concat(absent), encoders)


def _dates(w: _Writer, encoders: list[Date]) -> None:
    graph, T = w.graph, w.raw(encoders)
    # NaN is not less either, nor are NaT and infinity: no calendar is NaN.
    absent = graph.op("Not", graph.op("Less", graph.op("Abs", T), END_OF_TIME))
    T = graph.op("Where", absent, 0.0, T)
    for j, encoder in enumerate(encoders):
        made, t = [], graph.columns(T, [j])
        if encoder.scale:
            days = graph.op("Div", t, float(DAY))
            made.append(_squash(graph, days, [encoder.center], [encoder.scale]))
        for key in encoder.calendar:
            made += calendar_columns(graph, t, key)
        if made:
            Z = graph.op("Where", graph.columns(absent, [j]), 0.0, graph.concat(made))
            w.fill(Z, w.slots[encoder.name].numbers[0].tolist())
    w.fill_missing(absent, encoders)


def _texts(w: _Writer, encoders: list[Text]) -> None:
    graph = w.graph
    characters, words, absent = sizes(graph, _without_holes(graph, w.raw(encoders), encoders))
    for counts, of in ((characters, "length"), (words, "words")):
        scaled = [j for j, encoder in enumerate(encoders) if getattr(encoder, of)[1]]
        if not scaled:
            continue
        spreads = [getattr(encoders[j], of) for j in scaled]
        logs = graph.op("Log", graph.op("Add", graph.columns(counts, scaled), 1.0))
        Z = _squash(graph, logs, [c for c, _ in spreads], [s for _, s in spreads])
        Z = graph.op("Where", graph.columns(absent, scaled), 0.0, Z)
        # The words are the last of an encoder's numbers, its length the first.
        at = 0 if of == "length" else -1
        w.fill(Z, [w.slots[encoders[j].name].numbers[0, at] for j in scaled])
    w.fill_missing(absent, encoders)


def _vectors(w: _Writer, encoders: list[Vector]) -> None:
    graph = w.graph
    for encoder in encoders:
        X, slots = graph.cast(encoder.name, DOUBLE), w.slots[encoder.name]
        absent = graph.op("IsNaN", X)
        # A number that never changed, divided by so much, is as good as 0; divided by infinity, an
        # infinite one would be NaN.
        scales = [scale or sys.float_info.max for scale in encoder.scales]
        Z = graph.op("Where", absent, 0.0, _squash(graph, X, encoder.centers, scales))
        w.fill(Z, slots.plain[0].tolist())
        if encoder.missing:
            holes = graph.op("ReduceMin", graph.cast(absent, FLOAT), np.array([1]), keepdims=1)
            w.fill(holes, slots.flags[0].tolist())


def _without_holes(graph: Graph, texts: str, encoders: list[Text]) -> str:
    """Texts (n, c) with "" for words that say that a cell is missing, but in old models."""
    is_hole = graph.op(
        "LabelEncoder",
        _strip(graph, texts),
        domain=ML,
        keys_strings=sorted(HOLES),
        values_int64s=[1] * len(HOLES),
        default_int64=0,
    )
    valued = np.array([[bool(encoder.valued) for encoder in encoders]])
    hole = graph.op("And", graph.op("Equal", is_hole, np.int64(1)), valued)
    return graph.op("Where", hole, np.array("", dtype=object), texts)


_WRITERS: dict[type[Encoder], Callable[[_Writer, list[Any]], None]] = {
    Number: _numbers,
    TwoValues: _pairs,
    Category: _categories,
    Ordered: _ordered,
    Date: _dates,
    Text: _texts,
    Vector: _vectors,
}


def _is_array(table: Table) -> bool:
    """Whether the table was an array, of which numbers alone are learned from."""
    learned = [encoder for encoder in table.encoders if encoder.width]
    return not table.named and all(
        not isinstance(encoder, Date) and input_of(encoder)[0] == DOUBLE for encoder in learned
    )
