"""onnxruntime and onnx's reference evaluator answer an exported model as numlp itself does.

``docs/models-out.md`` shows the figures; its tables name what is tried here.
"""

import functools
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper
from onnx.reference import ReferenceEvaluator

from numlp import MLPClassifier, Model, TabularClassifier
from numlp.data.columns import as_columns
from numlp.export import to_onnx
from numlp.export.graph import ML, STRING, Graph
from numlp.export.table import input_of
from numlp.nn import ACTIVATIONS, mlp
from numlp.table.table import Table

from .runs import session_of

PAGE = (Path(__file__).parents[2] / "docs" / "models-out.md").read_text(encoding="utf-8")
N = 120
Cells = dict[str, NDArray[Any]]
Answer = tuple[NDArray[Any], NDArray[Any]]

RNG = np.random.default_rng(0)
HOLE = RNG.random(N) < 0.1
DAY = RNG.integers(-40_000, 40_000, N)


def words(*values: str | None) -> NDArray[Any]:
    return RNG.choice(np.array(values, dtype=object), N)


def with_holes(cells: NDArray[Any], hole: Any = np.nan) -> NDArray[Any]:
    return np.where(HOLE, hole, cells)


def euros(amount: float) -> str:
    return f"{amount:,.2f} €".translate(str.maketrans(",.", ".,"))


TRAINING: Cells = {
    "numbers with holes": with_holes(RNG.normal(5, 1e3, N)),
    "whole numbers": RNG.integers(-5, 10**6, N),
    "few whole numbers": RNG.integers(0, 4, N).astype(float),
    "mostly zero": np.where(RNG.random(N) < 0.7, 0, RNG.gamma(1, 1e4, N)),
    "true and false": with_holes(RNG.random(N) < 0.5, None),
    "two numbers": with_holes(RNG.choice([0.1, 0.7], N)),
    "two words": words("yes", "no"),
    "words": words("red", "green", "dark blue", None),
    "many words": words(*[f"w{i}" for i in range(30)], None),
    "numbers as a category": with_holes(RNG.choice([0, 16777216, 16777217, 2.5, 7], N)),
    "many numbers as a category": with_holes(RNG.choice(np.arange(40) * 0.5, N)),
    "ordered category": words("low", "mid", "high", None),
    "dates": with_holes(DAY.astype("datetime64[D]"), np.datetime64("NaT", "ms")),
    "dates and times": (DAY * 86_400_000 + RNG.integers(0, 86_400_000, N)).astype("datetime64[ms]"),
    "written numbers": with_holes(np.array([euros(a) for a in RNG.normal(2000, 900, N)]), None),
    "vectors": np.where(np.arange(3) == 1, 1, RNG.normal(size=(N, 3))).astype(np.float32),
    "length of a text": np.array([None if i % 9 == 0 else "só, " * (i % 7) + "x" * i
                                  for i in range(N)], object),
}  # fmt: skip
ASKED = {
    "numbers as a category": "category",
    "many numbers as a category": "category",
    "ordered category": "ordered:low,mid,high",
    "length of a text": "text:length",
}

NUMBERS: Any = [
    np.nan, 0, -0.0, 1e300, -1e300, 5e-324, 16777216, 16777217, 2.0**53 + 2, 1e39, -1e39, 0.1, 0.7,
    float(np.float32(0.1)), 8000, 2.5,
]  # fmt: skip
TIMES = [
    "NaT", "0001-01-01", "1900-02-28", "1969-12-31T23:59:59.999", "1970-01-01", "2000-02-29",
    "2100-03-01", "9999-12-31T23:59:59.999", "-0004-02-29", "292277026-08-17",
]  # fmt: skip
# Cells that a later row may have, beside those of training; where nothing stands, NUMBERS or TIMES.
LATER: dict[str, Any] = {
    "true and false": [True, False, None],
    "two words": ["yes", None, "", "  ", " yes", "yes ", "Yes", "nope"],
    "words": ["red", "pink", None, "dark blue", " dark blue", "dark  blue", "red  ", "é 日"],
    "many words": ["w1", "w99", None, "  w2 ", "w1 w2"],
    "ordered category": ["low", "huge", None, " mid ", ""],
    "written numbers": ["1.234,50 €", "-0,00 €", None, "999.999.999,00 €", "2,00 €"],
    "vectors": [[0, 0, 0], [np.nan] * 3, [np.nan, 0, 1], [3e38, -3e38, 3e38], [-1e-40, 1, -0.0]],
    "length of a text": ["a", "", None, " x y ", "ä ö ü" * 50, "a\u00a0b", "x\n", "日\u3000"],
}


def later(name: str) -> NDArray[Any]:
    if TRAINING[name].dtype.kind == "M":
        return np.array(TIMES, "datetime64[ms]")
    dtype = {"vectors": np.float32}.get(name, object if name in LATER else float)
    return np.array(LATER.get(name, NUMBERS), dtype)


def missing(name: str) -> NDArray[Any]:
    cells = TRAINING[name]
    nothing = {"O": None, "M": np.datetime64("NaT", "ms")}.get(cells.dtype.kind, np.nan)
    return np.full(
        (3, *cells.shape[1:]), nothing, cells.dtype if cells.dtype.kind != "i" else float
    )


def drawn(names: list[str], n_classes: int = 3, members: int = 2, **options: Any) -> Model:
    """An untrained model of some of the columns."""
    asked = {name: ASKED[name] for name in names if name in ASKED}
    table = Table.fit({name: TRAINING[name] for name in names}, asked)
    network = mlp([table.width, 6, n_classes], members=members)
    network.init([np.random.default_rng(seed) for seed in range(members)])
    network.theta *= 2
    classes = np.array(["hen", "owl", "rök"][:n_classes])
    return Model(table, network, classes, **options)


def inputs_of(table: Table, X: Cells) -> Cells:
    """The inputs of a model, as ``docs/onnx.md`` says what goes in."""
    columns = as_columns(X)
    return {
        encoder.name: np.asarray(X[encoder.name])
        if encoder.tag == "vector"
        else _cells(encoder.read(columns[encoder.name], None), input_of(encoder)[0])[:, None]
        for encoder in table.encoders
    }


def _cells(cells: NDArray[Any], kind: int) -> NDArray[Any]:
    if kind == STRING:
        return np.array(["" if cell is None else cell for cell in cells], dtype=object)
    if cells.dtype.kind == "M":
        return np.where(np.isnat(cells), np.nan, cells.astype(np.int64).astype(float))
    return np.array([np.nan if cell is None else float(cell) for cell in cells], float)


@functools.cache
def reads_expressions() -> bool:
    """Whether the reference evaluator has regular expressions: that of onnx 1.17 needs re2."""
    graph = Graph(["x", "y"])
    x = graph.input("x", STRING, 1, "")
    graph.output("y", graph.op("RegexFullMatch", x, pattern="a"), TensorProto.BOOL, 1)
    try:
        ReferenceEvaluator(graph.model("", {}, "0")).run(None, {"x": np.array([["a"]])})
    except ImportError:
        return False
    return True


def answers(made: onnx.ModelProto, inputs: Cells) -> Iterator[Answer]:
    """Labels and probabilities by onnxruntime, and by the reference evaluator."""
    outputs = ["label", "probabilities"]
    yield tuple(session_of(made).run(outputs, inputs))
    if reads_expressions() or not any(n.op_type == "RegexFullMatch" for n in made.graph.node):
        with np.errstate(all="ignore"):  # it computes by NumPy, also what Where then drops
            yield tuple(ReferenceEvaluator(made).run(outputs, inputs))


def check(model: Model, X: Cells) -> None:
    with warnings.catch_warnings(action="ignore"):  # of cells unlike those of training
        P, labels = model.predict_proba(X), model.predict(X)
    for found, probabilities in answers(to_onnx(model), inputs_of(model.table, X)):
        np.testing.assert_allclose(probabilities, P, rtol=0, atol=1e-6)
        assert found.tolist() == labels.tolist()


# Columns


@pytest.mark.parametrize("name", TRAINING)
@pytest.mark.parametrize("rows", [lambda name: TRAINING[name], missing, later],
                         ids=["of training", "missing", "odd"])  # fmt: skip
def test_a_column_alone_is_answered_alike(name: str, rows: Any) -> None:
    check(drawn([name]), {name: rows(name)})


SETTINGS: list[dict[str, Any]] = [
    {}, {"members": 1}, {"shares": [0.9, 0.1]}, {"n_classes": 2}, {"temperature": 0.3},
    {"n_classes": 2, "factors": [1, 5]}, {"temperature": 4, "factors": [3, 1, 1]},
]  # fmt: skip


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_all_columns_together_are_answered_alike_by_every_decision(
    settings: dict[str, Any],
) -> None:
    rng = np.random.default_rng(1)
    names = [name for name in TRAINING if reads_expressions() or name != "length of a text"]
    rows = {name: rng.choice(later(name), 40) for name in names}
    model = drawn(names, **settings)
    check(model, {name: TRAINING[name][:40] for name in names})
    check(model, rows)
    check(model, {name: cells[:0] for name, cells in rows.items()})


@functools.cache
def learned() -> tuple[TabularClassifier, Cells]:
    X = {name: TRAINING[name] for name in ("numbers with holes", "words", "written numbers")}
    y = np.nan_to_num(X["numbers with holes"]) > 300
    clf = TabularClassifier("fast", epochs=3, ensemble_size=2, cost_fp=1, cost_fn=5, random_state=0)
    with warnings.catch_warnings(action="ignore"):  # of a net that did not learn
        return clf.fit(X, y), X


def test_a_model_that_was_learned_with_costs_is_answered_alike() -> None:
    clf, X = learned()
    assert clf.threshold_ == pytest.approx(1 / 6)
    check(clf.model_, X)


HARM: Any = [np.inf, -np.inf, 1e308, -1e308, np.nan, -(2.0**63), 2.0**63, 1e20]


def test_no_number_that_goes_into_a_table_makes_a_probability_that_is_nan() -> None:
    names = [name for name in TRAINING if input_of(drawn([name]).table.encoders[0])[0] != STRING]
    assert len(names) == 12
    for name in names:
        model = drawn([name])
        width = TRAINING[name].shape[1:] or (1,)
        kind = np.float32 if name == "vectors" else float
        with np.errstate(over="ignore"):
            X = np.repeat(np.array(HARM)[:, None], width[0], axis=1).astype(kind)
        (labels, P), (others, Q) = answers(to_onnx(model), {name: X})
        assert np.isfinite(P).all(), name
        np.testing.assert_allclose(P, Q, rtol=0, atol=1e-6, err_msg=name)
        assert labels.tolist() == others.tolist()


# MLPClassifier


TARGETS: dict[str, Any] = {
    "two": lambda X: np.where(X[:, 0] > 0, "yes", "no"),
    "three": lambda X: np.digitize(X[:, 0] + X[:, 1], [-1, 1]),
    "labels": lambda X: (X[:, :3] > 0).astype(int),
}


@functools.cache
def net(activation: str, dtype: Any, kind: str) -> MLPClassifier:
    X = np.random.default_rng(0).normal(size=(60, 4)).astype(dtype)
    clf = MLPClassifier((5,), activation=activation, max_iter=2, random_state=0)
    with pytest.warns(UserWarning, match="hasn't converged"):
        return clf.fit(X, TARGETS[kind](X))


every_net = pytest.mark.parametrize(
    ("activation", "dtype", "kind"),
    [(a, d, k) for a in ACTIVATIONS for d in (np.float32, np.float64) for k in TARGETS],
)


@every_net
def test_an_mlp_is_answered_alike(activation: str, dtype: Any, kind: str) -> None:
    clf = net(activation, dtype, kind)
    X = np.random.default_rng(1).normal(size=(30, 4)).astype(dtype)
    X[10:20] *= 1000
    X[20], X[21], X[22, 0], X[23] = 0, -0.0, 16777217, 1e-42
    bound = 1e-12 if dtype == np.float64 and activation != "gelu" else 1e-6
    for labels, P in answers(to_onnx(clf), {"X": X}):
        assert P.dtype == dtype
        np.testing.assert_allclose(P, clf.predict_proba(X), rtol=0, atol=bound)
        assert np.array_equal(labels, clf.predict(X))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_gap_in_a_row_of_an_mlp_is_nan_throughout_and_the_first_class(activation: str) -> None:
    clf = net(activation, np.float64, "three")
    X = np.array([[np.nan, 1, 1, 1], [1, 1, 1, np.nan], [1, 1, 1, 1]])
    for labels, P in answers(to_onnx(clf), {"X": X}):
        assert np.isnan(P).all(axis=1).tolist() == [True, True, False]
        assert labels[:2].tolist() == [0, 0]  # so no NaN stands beside a number, where they differ


# The graph


def of_every_kind() -> Iterator[onnx.ModelProto]:
    yield to_onnx(learned()[0])
    yield to_onnx(drawn([*TRAINING], temperature=0.5, factors=[1, 2, 3]))
    for activation in ACTIVATIONS:
        for dtype in (np.float32, np.float64):
            for kind in TARGETS:
                yield to_onnx(net(activation, dtype, kind))


NUMERIC = {TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT64, TensorProto.BOOL}


def test_the_graph_keeps_clear_of_what_evaluators_do_differently() -> None:
    left_out = rows_of(PAGE, "### Operators that numlp leaves out")
    avoided = {op for cell, _ in left_out for op in cell.split(", ")}
    assert {"`Sigmoid`", "`Scaler`", "`Unique`"} <= avoided
    seen = set()
    for made in of_every_kind():
        typed = onnx.shape_inference.infer_shapes(made).graph
        kinds = {v.name: v.type.tensor_type.elem_type for v in [*typed.value_info, *typed.input]}
        kinds |= {array.name: array.data_type for array in typed.initializer}
        for node in typed.node:
            seen.add(node.op_type)
            of = kinds[node.input[0]]
            given = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            assert f"`{node.op_type}`" not in avoided
            assert node.domain == "" or (node.domain, node.op_type) == (ML, "LabelEncoder")
            if node.op_type in ("Cast", "CastLike"):
                assert {of, kinds[node.output[0]]} <= NUMERIC
            if node.op_type == "LabelEncoder" and "keys_tensor" in given:
                assert np.isfinite(numpy_helper.to_array(given["keys_tensor"])).all()
            if node.op_type == "RegexFullMatch":
                re.compile(given["pattern"].decode())  # RE2 reads it in another test
            if node.op_type in ("Erf", "Cos"):
                assert of == TensorProto.FLOAT
            if node.op_type == "ArgMax":
                before = next(n.op_type for n in typed.node if node.input[0] in n.output)
                assert before in ("Mul", "Softmax")
    assert {"ArgMax", "LabelEncoder", "RegexFullMatch", "StringSplit", "Cast", "Erf", "Cos"} <= seen


# The page


def rows_of(page: str, heading: str) -> list[tuple[str, str]]:
    """The first cell and the rest of each row of the table below a heading."""
    text = page.partition(f"{heading}\n")[2].partition("\n#")[0]
    rows = re.findall(r"^\| (.*?) \| (.*) \|$", text, re.MULTILINE)
    assert len(rows) > 2, heading
    return rows[2:]


def test_the_page_shows_every_column_that_is_tried_and_no_difference_beyond_the_bound() -> None:
    shown = rows_of(PAGE, "## Column by column")
    assert [name for name, _ in shown] == [*TRAINING, "all together"]
    for _, figures in shown:
        found = [float(f) for f in re.findall(r"\d(?:\.\d)?e-\d+", figures)]
        assert len(found) == 2
        assert max(found) < 1e-6
