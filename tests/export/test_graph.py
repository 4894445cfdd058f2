"""A graph chooses names that nobody has, and writes a constant once."""

import numpy as np
import pytest

from numlp.export.graph import DOUBLE, FLOAT, Graph

from .runs import outputs


def test_no_name_is_one_that_is_taken() -> None:
    taken = ["Add_4", "Add_5", "constant_4", "out_6", "sum"]
    graph = Graph(taken)
    for name in taken[:-1]:
        graph.input(name, DOUBLE, 1, "")
    total = graph.op("Add", graph.op("Add", "Add_4", "Add_5"), graph.op("Add", "out_6", 1.0))
    graph.output("sum", graph.op("Add", total, "constant_4"), DOUBLE, 1)
    x = np.array([[1.0], [2.0]])
    found = outputs(graph.model("", {}, "0"), dict.fromkeys(taken[:-1], x))
    assert found["sum"].tolist() == [[5], [9]]


def test_equal_constants_are_one_and_others_are_not() -> None:
    graph = Graph([])
    arrays = [
        np.array([1.0, 2.0]), np.array([[1.0, 2.0]]), np.array([1, 2]),
        np.array(["1", "2"], object), np.array(["1", "3"], object),
        np.array([1.0, -0.0]), np.array([1.0, 0.0]),
    ]  # fmt: skip
    names = [graph.constant(array) for array in arrays]
    assert len(set(names)) == len(names)
    assert [graph.constant(array.copy()) for array in arrays] == names


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_plain_number_is_a_constant_of_the_graphs_type(dtype: type) -> None:
    graph = Graph(["x", "y"])
    graph.dtype = dtype
    kind = FLOAT if dtype == np.float32 else DOUBLE
    graph.output("y", graph.op("Mul", graph.input("x", kind, 2, ""), 0.1), kind, 2)
    found = outputs(graph.model("", {}, "0"), {"x": np.ones((3, 2), dtype)})["y"]
    assert found.dtype == dtype
    assert (found == dtype(0.1)).all()


def test_a_constant_need_not_be_contiguous() -> None:
    graph = Graph(["x", "y"])
    backwards = np.arange(6.0).reshape(2, 3).T[::-1]
    graph.output("y", graph.op("Add", graph.input("x", DOUBLE, 2, ""), backwards), DOUBLE, 2)
    found = outputs(graph.model("", {}, "0"), {"x": np.zeros((3, 2))})["y"]
    assert found.tolist() == backwards.tolist()
