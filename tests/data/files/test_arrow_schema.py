"""What the metadata of a Parquet file say of its columns, whatever bytes stand there."""

import base64
import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from numlp.data.columns import Columns, LazyColumns
from numlp.data.files.arrow_schema import meanings_of
from numlp.data.files.sheet import read, read_blocks
from numlp.table.table import Table

SHOPS = np.random.default_rng(0).integers(0, 30, 90)
TEXT = SHOPS.astype(str)
FILES: dict[str, Any] = {
    "pandas of int": lambda path: pd.DataFrame({"a": pd.Categorical(SHOPS)}).to_parquet(path),
    "pandas of text": lambda path: pd.DataFrame({"a": pd.Categorical(TEXT)}).to_parquet(path),
    "pandas of truths": lambda path: pd.DataFrame(
        {"a": pd.Categorical(SHOPS > 9)}).to_parquet(path),
    "pandas of days": lambda path: pd.DataFrame(
        {"a": pd.Categorical(SHOPS.astype("M8[D]"))}).to_parquet(path),
    "polars": lambda path: pl.DataFrame({"a": TEXT}).cast(
        {"a": pl.Categorical}).write_parquet(path),
    "polars enum": lambda path: pl.DataFrame({"a": TEXT}).cast(
        {"a": pl.Enum([*map(str, range(30))])}).write_parquet(path),
    "arrow": lambda path: parquet.write_table(
        pa.table({"a": pa.array(TEXT).dictionary_encode()}), path),
}  # fmt: skip


@pytest.mark.heavy
@pytest.mark.parametrize("write", FILES.values(), ids=FILES)
def test_a_category_is_one_in_parquet_too(write: Any, tmp_path: Path) -> None:
    write(tmp_path / "t.parquet")
    sheet = read(tmp_path / "t.parquet")
    assert sheet.categories == {"a"}
    table = Columns(LazyColumns(sheet.columns), sheet.n_rows, True, categories=sheet.categories)
    assert Table.fit(table).audit()[0]["kind"] == "category"
    assert next(read_blocks(tmp_path / "t.parquet", 50)).categories == {"a"}


def test_other_columns_are_no_categories(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": SHOPS, "b": TEXT, "c": pd.Categorical(TEXT), "d": SHOPS / 2})
    frame.to_parquet(tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet").categories == {"c"}


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_duration_is_seconds_as_it_is_in_a_frame(unit: str, tmp_path: Path) -> None:
    times = pa.array([90, None, 3], pa.duration("s")).cast(pa.duration(unit))
    parquet.write_table(pa.table({"a": times}), tmp_path / "t.parquet")
    np.testing.assert_equal(read(tmp_path / "t.parquet").columns["a"], [90, np.nan, 3])


def test_durations_of_polars_and_pandas_are_seconds(tmp_path: Path) -> None:
    long = [dt.timedelta(seconds=1.5), dt.timedelta(days=1)]
    pl.DataFrame({"a": long}).write_parquet(tmp_path / "pl.parquet")
    pd.DataFrame({"a": long}).to_parquet(tmp_path / "pd.parquet")
    for name in ("pl", "pd"):
        assert read(tmp_path / f"{name}.parquet").columns["a"].tolist() == [1.5, 86400]


def schema() -> bytes:
    """Arrow's schema of a table with a category and a duration, as a file has it."""
    fields = {"a": pa.dictionary(pa.int8(), pa.string()), "b": pa.duration("us"), "c": pa.int64()}
    return pa.schema(fields).serialize().to_pybytes()


SCHEMA = schema()


def test_arrows_schema_is_read() -> None:
    found = meanings_of([(b"ARROW:schema", base64.b64encode(SCHEMA)), (b"other", b"x")])
    assert (found.categories, found.durations) == ({"a"}, {"b": 10**6})


@pytest.mark.parametrize(
    ("noted", "levels"),
    {"1;S2;XL": ("S", "XL"), "2;é3;a;b": ("é", "a;b"), "": (), "9;S": None, "x;S": None}.items(),
)
def test_the_levels_that_polars_notes_down_are_read(noted: str, levels: Any) -> None:
    kind = pa.dictionary(pa.int8(), pa.string(), ordered=True)
    field = pa.field("a", kind, metadata={"_PL_ENUM_VALUES2": noted, "other": "x"})
    bare = pa.field("b", kind)
    message = base64.b64encode(pa.schema([field, bare]).serialize().to_pybytes())
    found = meanings_of([(b"ARROW:schema", message)])
    if levels is None:
        assert found.levels == {}
    else:
        assert (found.levels, found.ordered) == ({"a": levels}, {"a", "b"})


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.integers(0, len(SCHEMA) - 1), st.integers(0, 255)), max_size=4),
       st.integers(0, len(SCHEMA)))  # fmt: skip
def test_any_bytes_for_a_schema_say_something_or_nothing(
    changes: list[tuple[int, int]], length: int
) -> None:
    data = bytearray(SCHEMA)
    for place, value in changes:
        data[place] = value
    found = meanings_of([(b"ARROW:schema", base64.b64encode(bytes(data[:length])))])
    assert len(found.categories) + len(found.durations) < len(SCHEMA)


@pytest.mark.parametrize(
    "value",
    [b"", b"{", b"[]", b"null", b"\xff", b'{"columns": 1}', b'{"columns": [1]}',
     b'{"columns": [{"pandas_type": "categorical"}]}', b"[" * 10**5,
     json.dumps({"columns": [{"pandas_type": "categorical", "name": None}]}).encode()],
)  # fmt: skip
def test_any_text_of_pandas_says_something_or_nothing(value: bytes) -> None:
    for key in (b"pandas", b"ARROW:schema"):
        assert meanings_of([(key, value)]).categories == set()
