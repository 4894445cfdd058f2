"""Columns of vectors: lists and arrays of any library, and what is no vector."""

import array
from collections import namedtuple
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from numlp import MLPClassifier
from numlp.data.columns import as_columns
from numlp.data.vectors import from_cells
from numlp.errors import DataError

NAN = np.nan
WHOLE = [[0.5, 1.0], [2.0, -3.0], [4.0, 5.5]]
HOLEY = [[0.5, 1.0], None, [4.0, None]]
AS_WHOLE = np.array(WHOLE, np.float32)
AS_HOLEY = np.array([[0.5, 1.0], [NAN, NAN], [4.0, NAN]], np.float32)
FIXED = pa.list_(pa.float32(), 2)

TABLES: dict[str, tuple[Any, Any]] = {
    "an array of two dimensions": ({"a": np.array(WHOLE)}, AS_WHOLE),
    "lists": ({"a": WHOLE}, AS_WHOLE),
    "tuples": ({"a": [*map(tuple, WHOLE)]}, AS_WHOLE),
    "arrays": ({"a": [*AS_WHOLE]}, AS_WHOLE),
    "arrays of the standard library": ({"a": [array.array("f", v) for v in WHOLE]}, AS_WHOLE),
    "whole numbers": ({"a": [[1, 2], [3, 4]]}, np.array([[1, 2], [3, 4]], np.float32)),
    "truths": ({"a": [[True, False]]}, np.array([[1, 0]], np.float32)),
    "decimals": ({"a": [[Decimal("0.5"), Decimal(1)]]}, AS_WHOLE[:1]),
    "a structured array": (
        np.array([(v, 1) for v in WHOLE], [("a", "f4", 2), ("b", "f4")]), AS_WHOLE),
    "lists with holes": ({"a": HOLEY}, AS_HOLEY),
    "masked rows": (
        {"a": [np.ma.array([0.5, 1.0]), np.ma.array([1.0, 2], mask=True)]}, AS_HOLEY[:2]),
    "a masked array": (
        {"a": np.ma.array([[0.5, 1], [0, 0]], mask=[[0, 0], [1, 1]])}, AS_HOLEY[:2]),
    "rows by name": ([{"a": [0.5, 1.0]}, {"b": 1}, {"a": [4.0, None]}], AS_HOLEY),
    "pandas": (pd.DataFrame({"a": HOLEY}), AS_HOLEY),
    "pandas, arrays": (pd.DataFrame({"a": [*AS_WHOLE]}), AS_WHOLE),
    "pandas, Arrow's lists": (
        pd.DataFrame({"a": pd.Series(HOLEY, dtype=pd.ArrowDtype(pa.list_(pa.float64())))}),
        AS_HOLEY),
    "pandas, Arrow's fixed lists": (
        pd.DataFrame({"a": pd.Series(HOLEY, dtype=pd.ArrowDtype(FIXED))}), AS_HOLEY),
    "a Series in a dict": ({"a": pd.Series(HOLEY)}, AS_HOLEY),
    "polars, lists": (pl.DataFrame({"a": HOLEY}), AS_HOLEY),
    "polars, lists of whole numbers": (
        pl.DataFrame({"a": [[1, 2], None]}), np.array([[1, 2], [NAN, NAN]], np.float32)),
    "polars, arrays": (pl.DataFrame({"a": HOLEY}, schema={"a": pl.Array(pl.Float32, 2)}), AS_HOLEY),
    "polars, lazy": (pl.LazyFrame({"a": HOLEY}), AS_HOLEY),
    "pyarrow, lists": (pa.table({"a": HOLEY}), AS_HOLEY),
    "pyarrow, large lists": (
        pa.table({"a": pa.array(HOLEY, pa.large_list(pa.float32()))}), AS_HOLEY),
    "pyarrow, fixed lists": (pa.table({"a": pa.array(HOLEY, FIXED)}), AS_HOLEY),
    "pyarrow, sliced": (pa.table({"a": pa.array(HOLEY, FIXED)}).slice(1), AS_HOLEY[1:]),
    "pyarrow, chunks": (
        pa.concat_tables([pa.table({"a": pa.array(HOLEY, FIXED)}).slice(1)] * 2),
        np.concatenate([AS_HOLEY[1:]] * 2)),
    "pyarrow's array in a dict": ({"a": pa.array(HOLEY, FIXED)}, AS_HOLEY),
    "a vector of one number": ({"a": [[1.0], [2.0]]}, np.array([[1], [2]], np.float32)),
}  # fmt: skip


@pytest.mark.parametrize(("table", "expected"), TABLES.values(), ids=TABLES)
def test_vectors_of_any_library_are_one_array_of_float32(table: Any, expected: Any) -> None:
    found = as_columns(table)["a"]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)


def test_the_rows_of_a_table_are_rows_of_its_vectors() -> None:
    table = as_columns({"a": WHOLE, "b": [1, 2, 3]}).rows(np.array([2, 0]))
    np.testing.assert_array_equal(table["a"], AS_WHOLE[[2, 0]])


@pytest.mark.parametrize("kind", ["polars", "pyarrow"])
def test_a_column_without_any_vector_is_empty(kind: str) -> None:
    table = (
        pl.DataFrame({"a": [None, None]}, schema={"a": pl.List(pl.Float32)})
        if kind == "polars"
        else pa.table({"a": pa.array([None, None], FIXED)})
    )
    assert as_columns(table)["a"].tolist() == [None, None]


NO_VECTORS: dict[str, tuple[Any, str]] = {
    "another length": (
        [[1.0, 2.0], None, [3.0], [4.0, 5.0]],
        "'a' has a vector of 1 number in row 3, and most others have 2: give vectors of"),
    "an empty list": ([[1.0, 2.0], []], "'a' has no number in row 2, and most others have 2"),
    "empty lists alone": ([[], []], "'a' has vectors without a number: leave the column out"),
    "words": ([["x", "y"], ["z"]], "'a' has a list with 'x' in row 1: a list has to be a vector"),
    "words in a later row": ([[1.0], ["z"]], "'a' has a list with 'z' in row 2"),
    "words that spell numbers": ([["1"]], "'a' has a list with '1' in row 1"),
    "times": ([[np.datetime64("2024-01-01")]], "'a' has a list with datetime.date"),
    "complex numbers": ([[1j]], "'a' has a list with 1j in row 1"),
    "a record among vectors": (
        [[1.0, 2.0], namedtuple("Point", "x y")(1, 2)], r"Point\(x=1, y=2\) in row 2, and vectors"),
    "lists in lists": ([[[1.0], [2.0, 3.0]]], r"'a' has a list with \[1.0\] in row 1"),
    "a number among vectors": ([[1.0], 2.0], "'a' has 2.0 in row 2, and vectors in other rows"),
    "infinity": ([[1.0], [np.inf]], "infinite, or too large for float32, in row 2"),
    "a number too large for float32": ([[1.0], [1e39]], "too large for float32, in row 2"),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "message"), NO_VECTORS.values(), ids=NO_VECTORS)
def test_what_is_no_vector_is_refused_with_column_and_row(cells: Any, message: str) -> None:
    of_list = {"a": cells}
    objects = np.empty(len(cells), object)
    objects[:] = cells
    for table in (of_list, {"a": objects}, pd.DataFrame({"a": objects})):
        with pytest.raises(DataError, match=message) as caught:
            as_columns(table)
        assert "\n" not in str(caught.value)


def test_a_row_is_counted_from_the_first_row_of_a_block() -> None:
    with pytest.raises(DataError, match="in row 1,003, and most"):
        from_cells("a", [[1.0], [2.0], [3.0, 4.0], [5.0]], first=1000)
    with pytest.raises(DataError, match="'z' in row 1,002"):
        from_cells("a", [[1.0], ["z"]], first=1000)


def test_many_vectors_are_made_block_by_block_and_stay_in_order() -> None:
    cells: list[Any] = [[float(i), -float(i)] for i in range(10_000)]
    cells[7] = None
    found = from_cells("a", cells)
    assert np.isnan(found[7]).all()
    np.testing.assert_array_equal(found[8:, 0], np.arange(8, 10_000))
    np.testing.assert_array_equal(found[8:, 1], -found[8:, 0])


def test_mlp_classifier_says_that_it_takes_no_vectors() -> None:
    rows = [{"a": [1.0, 2.0]}, {"a": [3.0, 4.0]}]
    with pytest.raises(DataError, match="column 'a' has words, times or vectors, not numbers"):
        MLPClassifier().fit(rows, [0, 1])


def test_a_cell_of_which_numpy_makes_no_vector_is_named_with_its_row() -> None:
    class OnDevice:
        def __len__(self) -> int:
            return 2

        def __getitem__(self, place: int) -> float:
            return [0.5, 1.0][place]

        @property
        def shape(self) -> tuple[int]:
            return (2,)

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            raise RuntimeError("call detach() first")

    with pytest.raises(
        DataError, match=r"'a' has .* OnDevice in row 2, .* \(call detach\(\) first"
    ):
        as_columns({"a": [[0.5, 1.0], OnDevice()]})
