"""Any table in, the same plain columns out; nothing but a DataError where there is no table."""

import datetime as dt
import math
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numlp.common.missing import is_missing
from numlp.data.columns import Columns, LazyColumns, as_array, as_columns, is_dask
from numlp.data.objects import EXACT, naive_utc, spell
from numlp.errors import DataError

NAN = math.nan
UTC = dt.UTC
NOON = dt.datetime(2020, 1, 2, 12)
IN_ROME = dt.timezone(dt.timedelta(hours=1))


def same(a: np.ndarray[Any, Any], b: list[Any]) -> bool:
    """Say whether a column has these cells, NaN for NaN."""
    expected = np.array(b, dtype=a.dtype)
    if a.dtype == object:
        return a.tolist() == b
    return np.array_equal(a, expected, equal_nan=True)


# Every kind of table gives the same columns

NUMBERS: dict[str, Any] = {
    "list of lists": [[1, 4], [2, 5]],
    "tuples": ((1, 4), (2, 5)),
    "int8": np.array([[1, 4], [2, 5]], np.int8),
    "uint64": np.array([[1, 4], [2, 5]], np.uint64),
    "float16": np.array([[1, 4], [2, 5]], np.float16),
    "float32": np.array([[1, 4], [2, 5]], np.float32),
    "long double": np.array([[1, 4], [2, 5]], np.longdouble),
    "big-endian": np.array([[1, 4], [2, 5]], ">f4"),
    "objects": np.array([[1, 4], [np.int8(2), 5.0]], object),
    "F order": np.asfortranarray([[1.0, 4], [2, 5]]),
    "negative strides": np.array([[5.0, 2], [4, 1]])[::-1, ::-1],
    "masked, without a mask": np.ma.masked_array([[1, 4], [2, 5]]),
    "dict": {"x0": [1, 2], "x1": [4.0, 5.0]},
    "dict of arrays": {"x0": np.array([1, 2]), "x1": (4, 5)},
    "dict of pandas": {"x0": pd.Series([1, 2], dtype="Int64"), "x1": pd.Series([4, 5])},
    "dict of polars": {"x0": pl.Series([1, 2]), "x1": pl.Series([4, 5])},
    "dict of pyarrow": {"x0": pa.array([1, 2]), "x1": pa.chunked_array([[4], [5]])},
    "pandas": pd.DataFrame({"x0": [1, 2], "x1": [4, 5]}),
    "pandas Int64": pd.DataFrame({"x0": [1, 2], "x1": [4, 5]}, dtype="Int64"),
    "pandas pyarrow": pd.DataFrame({"x0": [1, 2], "x1": [4, 5]}, dtype=pd.ArrowDtype(pa.int32())),
    "pandas categories": pd.DataFrame({"x0": [1, 2], "x1": [4, 5]}, dtype="category"),
    "pandas sparse": pd.DataFrame({"x0": pd.arrays.SparseArray([1, 2]), "x1": [4, 5]}),
    "polars": pl.DataFrame({"x0": [1, 2], "x1": [4, 5]}),
    "polars lazy": pl.LazyFrame({"x0": [1, 2], "x1": [4, 5]}),
    "polars decimal": pl.DataFrame({"x0": [1, 2], "x1": [4, 5]}).cast(pl.Decimal(10, 2)),
    "pyarrow": pa.table({"x0": [1, 2], "x1": [4, 5]}),
}


@pytest.mark.parametrize("X", NUMBERS.values(), ids=NUMBERS)
def test_every_table_of_numbers_gives_the_same_float64_columns(X: Any) -> None:
    columns = as_columns(X)
    assert columns.names == ["x0", "x1"]
    assert columns.n_rows == 2
    assert columns.named == (not isinstance(X, list | tuple | np.ndarray))
    for name, cells in (("x0", [1.0, 2.0]), ("x1", [4.0, 5.0])):
        assert columns[name].dtype == np.float64
        assert same(columns[name], cells)


@pytest.mark.parametrize("form", ["csr_matrix", "csc_array", "coo_array", "dok_array"])
def test_a_sparse_matrix_is_a_table_of_numbers(form: str) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    columns = as_columns(getattr(sparse, form)(np.array([[0, 2], [3, 0]])))
    assert same(columns["x0"], [0, 3])
    assert same(columns["x1"], [2, 0])


CELLS: dict[str, tuple[Any, list[Any], str]] = {
    # name: (a column, the cells it becomes, the kind of their dtype)
    "booleans": ([True, False, None], [1, 0, NAN], "f"),
    "numbers and None": ([1, None, 2.5], [1, NAN, 2.5], "f"),
    "pandas' NA": ([pd.NA, 1], [NAN, 1], "f"),
    "NaT beside numbers": ([pd.NaT, 1], [NAN, 1], "f"),
    "pandas Int64": (pd.array([1, None], dtype="Int64"), [1, NAN], "f"),
    "pandas boolean": (pd.array([True, None], dtype="boolean"), [1, NAN], "f"),
    "text": (["a", "", None, " b "], ["a", "", None, " b "], "O"),
    "text and NaN in a list": (["a", NAN], ["a", None], "O"),
    "text and numbers in a list": ([1, 2.0, 2.5, "a"], ["1", "2", "2.5", "a"], "O"),
    "fixed-width text": (np.array(["a", "bc"]), ["a", "bc"], "O"),
    "variable-width text": (np.array(["a", None], np.dtypes.StringDType(na_object=None)),
                            ["a", None], "O"),
    "pandas string": (pd.array(["a", None], dtype="string"), ["a", None], "O"),
    "pandas categories": (pd.Categorical(["a", None]), ["a", None], "O"),
    "pyarrow text": (pa.array(["a", None]), ["a", None], "O"),
    "decimals": ([Decimal("1.5"), None], [1.5, NAN], "f"),
    "decimals and numbers": ([Decimal("1.5"), 2, 0.5], [1.5, 2, 0.5], "f"),
    "whole decimals": ([Decimal(3), Decimal("4.00"), Decimal("1E+2")], [3, 4, 100], "f"),
    "decimals of Arrow": (pa.array([Decimal("0.35"), None]), [0.35, NAN], "f"),
    "decimals of 256 bits": (pa.array([Decimal("0.35"), None], pa.decimal256(50, 2)),
                             [0.35, NAN], "f"),
    "whole decimals beyond float64": ([Decimal(EXACT + 1), None], [str(EXACT + 1), None], "O"),
    "other decimals beyond float64": ([Decimal(f"{EXACT + 1}.5"), None], [EXACT + 2, NAN], "f"),
    "polars Int128": (pl.Series([2, None], dtype=pl.Int128), [2, NAN], "f"),
    "polars Int128 beyond float64": (pl.Series([2**70, None], dtype=pl.Int128),
                                     [str(2**70), None], "O"),
    "polars wholes beyond float64": (pl.Series([EXACT + 1, None]), [str(EXACT + 1), None], "O"),
    "arrow wholes beyond float64": (pa.array([EXACT + 1, None]), [str(EXACT + 1), None], "O"),
    "arrow chunks beyond float64": (pa.chunked_array([[EXACT + 1], [None]]),
                                    [str(EXACT + 1), None], "O"),
    "pandas wholes beyond float64": (
        pd.Series([EXACT + 1, None], dtype=pd.ArrowDtype(pa.int64())), [str(EXACT + 1), None], "O"),
    "floats beyond 2**53 in pandas": (pd.Series([1e20, NAN]), [1e20, NAN], "f"),
    "float32 beyond 2**53 in polars": (pl.Series([2.0**60, None], dtype=pl.Float32),
                                       [2.0**60, NAN], "f"),
    "float16 in Arrow": (pa.array([np.float16(1.5), None], pa.float16()), [1.5, NAN], "f"),
    "a NUL at the end in polars": (pl.Series(["a\0", "a"]), ["a\0", "a"], "O"),
    "wholes within float64": ([EXACT, -EXACT], [EXACT, -EXACT], "f"),
    "wholes beyond float64": ([EXACT + 1, None], [str(EXACT + 1), None], "O"),
    "int64 beyond float64": (np.array([2**62 + 1, 0]), [str(2**62 + 1), "0"], "O"),
    "wholes of any size": ([10**40, 1], [str(10**40), "1"], "O"),
    "nothing": ([None, None], [None, None], "O"),
    "times": ([NOON, None], ["2020-01-02T12", "NaT"], "M"),
    "dates beside times": ([NOON.date(), NOON], ["2020-01-02", "2020-01-02T12"], "M"),
    "times of zones": ([NOON.replace(tzinfo=IN_ROME), NOON.replace(tzinfo=UTC)],
                       ["2020-01-02T11", "2020-01-02T12"], "M"),
    "pandas of a zone": (pd.Series([NOON, None]).dt.tz_localize("Europe/Rome"),
                         ["2020-01-02T11", "NaT"], "M"),
    "datetime64 in years": (np.array(["2020", "NaT"], "M8[Y]"), ["2020-01-01", "NaT"], "M"),
    "long before 1970": ([dt.date(1, 1, 1)], ["0001-01-01"], "M"),
    "durations": ([dt.timedelta(minutes=1), None, np.timedelta64(5, "ms")], [60, NAN, 0.005], "f"),
    "timedelta64 objects": (np.array([np.timedelta64(5, "m"), None], object), [300, NAN], "f"),
    "timedelta64": (np.array([1500, "NaT"], "m8[ms]"), [1.5, NAN], "f"),
    "masked": (np.ma.masked_array([1, 2], [False, True]), [1, NAN], "f"),
    "infinity under a mask": (np.ma.masked_array([1, np.inf], [False, True]), [1, NAN], "f"),
    "big wholes under a mask": (np.ma.masked_array([1, 2**62], [False, True]), [1, NAN], "f"),
    "masked text": (np.ma.masked_array(["a", "b"], [True, False]), [None, "b"], "O"),
    "masked objects": (np.ma.masked_array(np.array([NOON, 3], object), [False, True]),
                       ["2020-01-02T12", "NaT"], "M"),
    "masked times": (np.ma.masked_array(np.array(["2020", "2021"], "M8[Y]"), [True, False]),
                     ["NaT", "2021-01-01"], "M"),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "expected", "kind"), CELLS.values(), ids=CELLS)
def test_a_column_of_a_dict_becomes(cells: Any, expected: list[Any], kind: str) -> None:
    column = as_columns({"a": cells})["a"]
    assert column.dtype.kind == kind
    assert same(column, expected)


FRAMES: dict[str, tuple[Any, list[Any]]] = {
    "pandas NaN": (pd.DataFrame({"a": [1.5, NAN]}), [1.5, NAN]),
    "pandas float and NA": (pd.DataFrame({"a": pd.array([1.5, None], "Float64")}), [1.5, NAN]),
    "pandas objects": (pd.DataFrame({"a": [1, "b"]}), ["1", "b"]),
    "pandas text": (pd.DataFrame({"a": ["x", None]}), ["x", None]),
    "pandas intervals": (pd.DataFrame({"a": pd.cut([1, 2], [0, 1, 2])}), ["(0, 1]", "(1, 2]"]),
    "pandas months": (pd.DataFrame({"a": pd.PeriodIndex(["2020-01"], freq="M")}), ["2020-01"]),
    "pandas durations": (pd.DataFrame({"a": pd.to_timedelta([5, None], unit="ms")}), [0.005, NAN]),
    "pandas zone": (pd.DataFrame({"a": pd.Series([NOON]).dt.tz_localize(IN_ROME)}),
                    ["2020-01-02T11"]),
    "pandas dates as objects": (pd.DataFrame({"a": [NOON.date(), None]}), ["2020-01-02", "NaT"]),
    "pandas NA alone": (pd.DataFrame({"a": pd.array([None, None], dtype="Int64")}), [NAN, NAN]),
    "pandas big and NA": (pd.DataFrame({"a": pd.array([2**60 + 1, None], dtype="Int64")}),
                          [str(2**60 + 1), None]),
    "polars null": (pl.DataFrame({"a": [1, None]}), [1, NAN]),
    "polars NaN": (pl.DataFrame({"a": [1.0, NAN]}), [1, NAN]),
    "polars text": (pl.DataFrame({"a": ["x", None]}), ["x", None]),
    "polars Categorical": (pl.DataFrame({"a": pl.Series(["x", None], dtype=pl.Categorical)}),
                           ["x", None]),
    "polars Enum": (pl.DataFrame({"a": pl.Series(["x", None], dtype=pl.Enum(["x"]))}),
                    ["x", None]),
    "polars Date": (pl.DataFrame({"a": [NOON.date(), None]}), ["2020-01-02", "NaT"]),
    "polars Datetime": (pl.DataFrame({"a": [NOON, None]}), ["2020-01-02T12", "NaT"]),
    "polars zone": (pl.DataFrame({"a": pl.Series([NOON], dtype=pl.Datetime("ns", "UTC"))
                                  .dt.convert_time_zone("Europe/Rome")}), ["2020-01-02T12"]),
    "polars durations": (pl.DataFrame({"a": [dt.timedelta(milliseconds=5), None]}), [0.005, NAN]),
    "polars big": (pl.DataFrame({"a": pl.Series([2**64 - 1, None], dtype=pl.UInt64)}),
                   [str(2**64 - 1), None]),
    "polars nothing": (pl.DataFrame({"a": [None, None]}), [None, None]),
    "polars decimals": (pl.DataFrame({"a": [Decimal("0.35"), None]}), [0.35, NAN]),
    "polars whole decimals": (pl.DataFrame({"a": [Decimal(EXACT + 1), None]}),
                              [str(EXACT + 1), None]),
    "pyarrow decimals": (pa.table({"a": [Decimal("0.35"), None]}), [0.35, NAN]),
    "pyarrow small decimals": (pa.table({"a": [Decimal("1E-9"), None]}), [1e-9, NAN]),
    "pyarrow whole decimals": (pa.table({"a": [Decimal(EXACT + 1), None]}),
                               [str(EXACT + 1), None]),
    "pandas pyarrow decimals": (
        pd.DataFrame({"a": pd.array([Decimal("0.35"), None], pd.ArrowDtype(pa.decimal128(5, 2)))}),
        [0.35, NAN]),
    "a batch of pyarrow": (pa.RecordBatch.from_pydict({"a": [1, None]}), [1, NAN]),
    "pyarrow null": (pa.table({"a": [1, None]}), [1, NAN]),
    "pyarrow big and null": (pa.table({"a": [2**60 + 1, None]}), [str(2**60 + 1), None]),
    "pyarrow text": (pa.table({"a": ["x", None]}), ["x", None]),
    "pyarrow dictionary": (pa.table({"a": pa.array(["x", None]).dictionary_encode()}),
                           ["x", None]),
    "pyarrow dates": (pa.table({"a": [NOON.date(), None]}), ["2020-01-02", "NaT"]),
}  # fmt: skip


@pytest.mark.parametrize(("frame", "expected"), FRAMES.values(), ids=FRAMES)
def test_a_column_of_a_frame_becomes(frame: Any, expected: list[Any]) -> None:
    column = as_columns(frame)["a"]
    assert same(column, expected)
    assert column.dtype.kind != "f" or not any(isinstance(cell, str) for cell in expected)


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(
        st.lists(st.none() | st.integers(-(2**60), 2**60), min_size=1),
        st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=1),
        st.lists(st.none() | st.text(st.characters(codec="utf-8")), min_size=1),
        st.lists(st.none() | st.booleans(), min_size=1),
    )
)
def test_pandas_polars_and_pyarrow_agree_with_a_dict(cells: list[Any]) -> None:
    plain = as_columns({"a": cells})["a"]
    if any(isinstance(cell, int) for cell in cells):
        # As floats, which pandas makes of [1, None] by itself, big numbers would be rounded.
        pandas = pd.DataFrame({"a": pd.array(cells, dtype=pd.array(cells).dtype)})
    else:
        pandas = pd.DataFrame({"a": cells})
    for frame in (pandas, pl.DataFrame({"a": cells}), pa.table({"a": cells})):
        column = as_columns(frame)["a"]
        if all(cell is None for cell in cells):  # of no type, or of the one declared
            assert all(map(is_missing, column.tolist()))
            continue
        assert column.dtype == plain.dtype
        assert same(column, plain.tolist())


# Names

HOSTILE_NAMES = ["", " ", "ä\u0301\u202e", '"quoted"', "it's", "a\nb", "<script>", "x" * 5000, "0"]


@pytest.mark.parametrize("frame", [dict, pd.DataFrame, pl.DataFrame, pa.table])
def test_any_text_is_a_name(frame: Callable[[Any], Any]) -> None:
    columns = as_columns(frame({name: [j] for j, name in enumerate(HOSTILE_NAMES)}))
    assert columns.names == HOSTILE_NAMES
    assert [cells.tolist() for cells in columns.columns.values()] == [
        [j] for j in range(len(HOSTILE_NAMES))
    ]


def test_pandas_names_of_any_type_become_text() -> None:
    names = [0, 1.5, ("a", 1), "b"]
    frame = pd.DataFrame([[1, 2, 3, 4]], columns=pd.Index(names, tupleize_cols=False))
    assert as_columns(frame).names == ["0", "1.5", "('a', 1)", "b"]


# What is no table

NO_TABLES: dict[str, tuple[Any, str]] = {
    "None": (None, "NoneType is not a table"),
    "a number": (3, "int is not a table"),
    "text": ("abc", "got 0D array"),
    "a set": ({1, 2}, "set is not a table"),
    "a generator": ((i for i in [[1]]), "generator is not a table"),
    "one dimension": (np.ones(3), "got 1D array"),
    "a pandas Series": (pd.Series([1]), "got 1D array"),
    "a polars Series": (pl.Series([1]), "got 1D array"),
    "three dimensions": (np.ones((2, 2, 2)), r"got 3D array instead, of shape \(2, 2, 2\)"),
    "rows that differ in length": ([[1, 2], [3]], "rows differ in length"),
    "columns that differ in length": ({"a": [1, 2], "b": [3]}, "'a' 2, 'b' 1"),
    "three dimensions in a column": ({"a": np.ones((2, 2, 2))}, r"'a' has shape \(2, 2, 2\)"),
    "a number for a column": ({"a": 3}, r"'a' has shape \(\)"),
    "a list in one cell": ({"a": [1, [2, 3]]}, "'a' is not an array"),
    "a list in one cell, pandas": (pd.DataFrame({"a": [1, [2, 3]]}), "has a cell of the type list"),
    "records in cells, polars": (pl.DataFrame({"a": [{"b": 1}]}), r"'a' has Struct"),
    "bytes": ({"a": [b"x", b"y"]}, "'a' has a cell of the type bytes"),
    "bytes, pyarrow": (pa.table({"a": [b"x"]}), "'a' has Binary"),
    "objects": ({"a": [object()]}, "'a' has a cell of the type object"),
    "raw memory": (np.zeros((2, 2), "V4"), r"'x0' has \|V4"),
    "complex": (np.ones((2, 2), complex), "Complex data not supported: column 'x0'"),
    "complex, pandas": (pd.DataFrame({"a": [1j]}), "Complex data not supported: column 'a'"),
    "complex in a list": ({"a": [1j, None]}, "Complex data not supported: column 'a'"),
    "NumPy's complex": (
        {"a": np.array([np.complex128(1j), 1.0], object)}, "Complex data not supported"),
    "inf": (np.array([[1, 1], [2, np.inf]]), "column 'x1' has inf in row 2"),
    "-inf, float32": (np.array([[-np.inf]], np.float32), "column 'x0' has -inf in row 1"),
    "inf in a list": ({"a": [None, 1, math.inf]}, "column 'a' has inf in row 3"),
    "inf, pandas": (pd.DataFrame({"a": [NAN, math.inf]}), "column 'a' has inf in row 2"),
    "inf, polars": (pl.DataFrame({"a": [None, math.inf]}), "column 'a' has inf in row 2"),
    "inf, pyarrow": (pa.table({"a": [None, math.inf]}), "column 'a' has inf in row 2"),
    "inf after a masked cell": (
        {"a": np.ma.masked_array([0, np.inf], [True, False])}, "column 'a' has inf in row 2"),
    "a long double too long": (np.array([[np.longdouble("1e400")]]), "'x0' has inf in row 1"),
    "an infinite decimal": ({"a": [Decimal("Infinity")]}, "column 'a' has inf in row 1"),
    "a decimal too large": ({"a": [Decimal("1E+999999")]}, "column 'a' has inf in row 1"),
    "a reader, which is read once": (
        pa.table({"a": [1]}).to_reader(), r"RecordBatchReader is not a table: .* its read_all\(\)"),
    "a connection of DuckDB": (
        duckdb.connect().execute("select 1 as a"), r"DuckDBPyConnection.*give con\.sql\(query\)"),
    "a dataset": (
        pa.dataset.dataset(pa.table({"a": [1]})), r"Dataset is not a table.*to_table\(\)"),
    "a query that fails": (
        duckdb.sql("SELECT a::INT AS a FROM (VALUES ('x')) t(a)"), "cannot be read: .*'x'"),
    "two equal names, pandas": (pd.DataFrame([[1, 2]], columns=["a", "a"]), "unique.*a"),
    "two equal names, pyarrow": (pa.table([[1], [2]], names=["a", "a"]), "unique.*a"),
    "names equal as text": (pd.DataFrame([[1, 2]], columns=[1, "1"]), "two columns are called '1'"),
    "names equal as text, dict": ({1: [1], "1": [2]}, "two columns are called '1'"),
}  # fmt: skip


@pytest.mark.parametrize(("X", "message"), NO_TABLES.values(), ids=NO_TABLES)
def test_what_is_no_table_is_refused_by_name(X: Any, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        as_columns(X)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("X", "n_rows", "n_columns"),
    [
        (np.ones((0, 3)), 0, 3),
        (np.ones((3, 0)), 3, 0),
        ([[], []], 2, 0),
        ({}, 0, 0),
        (pd.DataFrame(index=range(3)), 3, 0),
        (pd.DataFrame({"a": pd.array([], dtype="int64")}), 0, 1),
        (pl.DataFrame(), 0, 0),
        (pl.DataFrame(schema={"a": pl.Int64, "b": pl.String, "c": pl.Date}), 0, 3),
        (pa.table({"a": pa.array([], pa.int64())}), 0, 1),
    ],
)
def test_a_table_may_be_empty(X: Any, n_rows: int, n_columns: int) -> None:
    columns = as_columns(X)
    assert (columns.n_rows, len(columns.names)) == (n_rows, n_columns)
    assert all(len(cells) == n_rows for cells in columns.columns.values())


# What was given stays as it is


def test_the_columns_share_no_memory_with_the_table() -> None:
    for X in (np.ones((3, 2)), np.asfortranarray(np.ones((3, 2)))):
        for cells in as_columns(X).columns.values():
            assert not np.shares_memory(cells, X)
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    as_columns(frame)["a"][:] = 7
    assert frame["a"].tolist() == [1, 2]


def test_columns_stay_columns() -> None:
    columns = as_columns({"a": [1]})
    assert as_columns(columns) is columns


@pytest.mark.parametrize("rows", [np.array([2, 0]), np.array([True, False, True])])
def test_rows_are_taken_by_number_or_mask(rows: np.ndarray[Any, Any]) -> None:
    taken = as_columns({"a": [1, 2, 3], "b": ["x", "y", "z"]}).rows(rows)
    assert isinstance(taken, Columns)
    assert taken.n_rows == 2
    assert sorted(taken["a"]) == [1, 3]
    assert sorted(taken["b"]) == ["x", "z"]


# The parts


@pytest.mark.parametrize(
    "cell", [None, NAN, np.nan, np.float16("nan"), pd.NaT, pd.NA, np.datetime64("NaT", "ms")]
)
def test_a_hole_is_missing(cell: Any) -> None:
    assert is_missing(cell)


@pytest.mark.parametrize("cell", [0, "", " ", "nan", False, math.inf, NOON, [], np.array([1, 2])])
def test_a_cell_is_not_missing(cell: Any) -> None:
    assert not is_missing(cell)


def test_a_number_among_words_is_spelled_as_a_whole_number_is() -> None:
    assert [spell(x) for x in (3.0, -0.0, 0.1, 1e20)] == ["3", "0", "0.1", "100000000000000000000"]


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the clock's zone cannot be set")
def test_the_zone_of_this_machine_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert naive_utc(NOON) == NOON
        assert naive_utc(NOON.replace(tzinfo=IN_ROME)) == dt.datetime(2020, 1, 2, 11)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_list_of_numbers_is_no_array_of_objects() -> None:
    assert as_array([1, 2.5], "x").dtype == np.float64
    assert as_array(["a", 1], "x").tolist() == ["a", 1]


@pytest.mark.parametrize("graph", [None, {"a": 1}])
def test_what_may_be_of_dask_is_where_it_has_a_graph(graph: dict[str, int] | None) -> None:
    class Labelled(np.ndarray):  # as xarray's arrays, which may hold those of Dask
        def __dask_graph__(self) -> dict[str, int] | None:
            return graph

    X = np.arange(6.0).reshape(3, 2).view(Labelled)
    assert is_dask(X) == (graph is not None)
    assert not is_dask(Labelled)
    if graph is None:
        assert as_columns(X)["x1"].tolist() == [1, 3, 5]
    else:
        with pytest.raises(DataError, match="X is a collection of Dask"):
            as_columns(X)


# Giving a table away


@pytest.mark.parametrize("lazy", [False, True])
def test_a_table_is_emptied_where_its_owner_gave_it_away_and_nowhere_else(lazy: bool) -> None:
    cells = {"a": np.arange(3.0), "b": np.arange(3.0)}
    table = Columns(LazyColumns(cells) if lazy else dict(cells), 3, named=True)
    part = table.rows(np.array([0, 2]))
    table.let_go()
    assert table.names == ["a", "b"]
    given = table.give_away()
    assert given["b"].tolist() == [0, 1, 2]
    given.let_go()
    assert table.names == given.names == []
    assert part["b"].tolist() == [0, 2]  # what was taken before is there
    assert list(cells) == ["a", "b"]
    assert not given.rows(np.array([0])).given_away


# Tables that are handed over by Arrow's interface, and without PyArrow


class Handed:
    """A table of a library that nobody here knows."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_stream__(self, schema: Any = None) -> Any:
        return self.table.__arrow_c_stream__(schema)


def test_any_table_with_the_interface_of_arrow_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    handed = Handed(pa.table({"a": [1, None], "b": ["x", "y"]}))
    for _ in range(2):  # by PyArrow, then by polars
        columns = as_columns(handed)
        assert columns.names == ["a", "b"]
        assert same(columns["a"], [1, NAN])
        monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(DataError, match="Handed is not a table"):
        as_columns(handed)


def test_a_relation_of_duckdb_says_that_it_needs_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    relation = duckdb.sql("SELECT 1 AS a")
    assert as_columns(relation)["a"].tolist() == [1]
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DataError, match="DuckDBPyRelation, cannot be read without pyarrow"):
        as_columns(relation)


def test_a_column_may_be_named_as_a_method_of_other_tables() -> None:
    assert as_columns(pd.DataFrame({"to_arrow_table": [1.0, 2.0]})).names == ["to_arrow_table"]
