"""The labels of MLPClassifier: one place reads them, whatever they are held in."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from numlp.data.labels import EncodedLabels
from numlp.data.targets import Targets, as_targets
from numlp.errors import DataError

PAIRS = [[0, 1], [1, 1], [1, 0]]


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        (pa.array(["b", "a"]), ["a", "b"]),
        (pa.array([True, False]), [False, True]),
        (pa.chunked_array([["b"], ["a"]]).dictionary_encode(), ["a", "b"]),
        (pl.Series([True, False]), [False, True]),
        (pd.Series([1, 0], dtype="Int64"), [0, 1]),
        (["b", "a"], ["a", "b"]),
    ],
)
def test_labels_of_every_library_are_read(y: Any, classes: list[Any]) -> None:
    targets = Targets(y)
    assert targets.kind == "binary"
    assert targets.classes.tolist() == classes
    assert targets.encode(y).tolist() == [1, 0]


@pytest.mark.parametrize(
    "y",
    [
        PAIRS,
        np.array(PAIRS, float),
        np.ma.masked_array(PAIRS),
        pd.DataFrame(PAIRS).astype("Int64"),
        pl.DataFrame(PAIRS, orient="row"),
        np.array(PAIRS, object),
    ],
)
def test_an_indicator_matrix_may_be_held_in_anything(y: Any) -> None:
    found = as_targets(y)
    assert not isinstance(found, EncodedLabels)
    assert found.dtype == bool
    assert found.tolist() == [[bool(cell) for cell in row] for row in PAIRS]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.ma.masked_array(PAIRS, [[0, 0], [0, 1], [0, 0]]), "a label of row 2 is missing"),
        (np.array([[0, 1], [0, np.nan]]), "a label of row 2 is missing"),
        ([[None, 1]], "a label of row 1 is missing"),
        (pd.DataFrame([[0, 1], [None, 1]], dtype="Int64"), "a label of row 2 is missing"),
        ([["0", "1"]], "not an indicator matrix"),
        ([[0, 2]], "not an indicator matrix"),
        (np.zeros((2, 2, 2)), "1d array"),
    ],
)
def test_a_matrix_of_other_cells_is_refused(y: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        as_targets(y)


def test_a_row_of_several_labels_is_right_where_all_are() -> None:
    targets = Targets(PAIRS)
    assert targets.right(np.array(PAIRS), [[0, 1], [1, 0], [1, 0]]).tolist() == [True, False, True]
    for y, message in (
        ([0, 1, 1], "give a matrix of 0 and 1 with 2 columns"),
        ([[0, 1, 1]] * 3, "y has 3 labels"),
        ([[0, 1]], "inconsistent numbers"),
    ):
        with pytest.raises(DataError, match=message):
            targets.right(np.array(PAIRS), y)
    with pytest.raises(DataError, match="but the targets are binary"):
        Targets([0, 1]).encode(PAIRS)
