"""A grid over two columns, with the others at their middle, in the kind of table it came from."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from numlp.data.columns import as_columns
from numlp.plots.grid import grid_over

TABLE: dict[str, list[Any]] = {
    "size": [1.0, 2.0, 4.0, None, 3.0],
    "hue": ["red", None, "blue", "blue", "<b>"],
    "age": [30, 10, 20, 20, 50],
    "on": [True, False, True, True, False],
    "far": [7.0, 1.0, 2.0, None, 100.0],
}
KINDS = {"dict": dict, "pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_it_is_a_table_of_the_kind_given_with_the_others_at_their_middle(kind: Any) -> None:
    grid = grid_over(kind(TABLE), ("size", "age"), n=3)
    assert type(grid.table) is type(kind(TABLE))
    columns = as_columns(grid.table)
    assert columns.names == list(TABLE)
    assert columns["size"].tolist() == pytest.approx([0.85, 2.5, 4.15] * 3)
    assert columns["age"].tolist() == pytest.approx([8] * 3 + [30] * 3 + [52] * 3)
    assert set(columns["hue"]) == {"blue"}
    assert set(columns["on"]) == {1.0}
    assert set(columns["far"]) == {2.0}  # the lower of the two in the middle
    np.testing.assert_array_equal(grid.rows[:, 1], TABLE["age"])
    assert np.isnan(grid.rows[3, 0])


def test_types_of_columns_are_kept() -> None:
    frame = pd.DataFrame(
        {
            "a": [1, 2, 3],
            "b": [1, 2, 3],
            "c": pd.Categorical(["x", "y", "y"]),
            "d": pd.to_datetime(["2020-01-01", "2021-01-01", "2022-01-01"]),
            "e": [None] * 3,
        },
        index=[5, 5, 7],
    )
    table = grid_over(frame, n=2).table
    assert table.dtypes.tolist()[2:] == frame.dtypes.tolist()[2:]
    assert set(table["d"]) == {pd.Timestamp("2021-01-01")}


@pytest.mark.parametrize("dtype", [int, np.float32, object])
def test_an_array_gives_an_array(dtype: Any) -> None:
    X = np.array([[1, 5, 2], [3, 5, 8], [2, 6, 4]], dtype)
    grid = grid_over(X, (2, 0), n=2)
    assert grid.names == ("x2", "x0")
    np.testing.assert_allclose(
        grid.table.astype(float),
        [[0.9, 5, 1.7], [0.9, 5, 8.3], [3.1, 5, 1.7], [3.1, 5, 8.3]],
        rtol=1e-6,
    )


def test_a_sparse_matrix_and_a_list_are_arrays() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    X = [[0.0, 1.0], [2.0, 0.0]]
    for table in (X, sparse.csr_array(X)):
        assert grid_over(table, n=2).table.tolist() == grid_over(np.array(X), n=2).table.tolist()


def test_a_column_with_nothing_in_it_stays_empty() -> None:
    table = grid_over({"a": [1, 2], "b": [1, 2], "c": [None, None], "d": [np.nan] * 2}, n=2).table
    assert table["c"] == [None] * 4
    assert np.isnan(table["d"]).all()


def test_a_constant_column_has_room_around_it() -> None:
    assert grid_over([[1.0, 2.0], [1.0, 3.0]], n=2).x.tolist() == [0.5, 1.5]


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ((0,), "has to be two columns"),
        ("ab", "has to be two columns"),
        (("size", "size"), "one column twice"),
        (("size", 0), "one column twice"),
        (("size", "zone"), "'zone', no column of the table: choose two .* 'size', 'age'"),
        ((0, 99), "99, no column"),
        ((0, 1), "'hue', which has no numbers"),
    ],
)
def test_what_is_no_two_columns_of_numbers_is_refused(features: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        grid_over(TABLE, features)
