"""Lists of numbers in Parquet and JSON are vectors, in one piece and in blocks."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from numlp.data.columns import as_columns
from numlp.data.files import cells
from numlp.data.files.sheet import read, read_blocks
from numlp.errors import DataError

E = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
CELLS: list[Any] = [None if i == 4 else v.tolist() for i, v in enumerate(E)]
Y = [*range(50)]


def parquet_lists(path: Path) -> None:
    pq.write_table(pa.table({"e": CELLS, "y": Y}), path)


def parquet_fixed(path: Path) -> None:
    fixed = pa.array(CELLS, pa.list_(pa.float32(), 3))
    try:
        pq.write_table(pa.table({"e": fixed, "y": Y}), path)
    except pa.ArrowNotImplementedError:
        pytest.skip("this pyarrow writes no lists of a fixed length with missing ones among them")


def parquet_polars(path: Path) -> None:
    e = pl.Series(CELLS, dtype=pl.Array(pl.Float32, 3))
    pl.DataFrame({"e": e, "y": Y}).write_parquet(path)


def json_lines(path: Path) -> None:
    path.write_text("\n".join(json.dumps({"e": e, "y": y}) for e, y in zip(CELLS, Y, strict=True)))


WRITERS = [parquet_lists, parquet_fixed, parquet_polars, json_lines]
EXPECTED = np.where(np.arange(50)[:, None] == 4, np.nan, E)


@pytest.mark.parametrize("write", WRITERS)
def test_lists_of_numbers_in_a_file_are_vectors(write: Any, tmp_path: Path) -> None:
    write(tmp_path / "t")
    sheet = read(tmp_path / "t")
    np.testing.assert_array_equal(as_columns(sheet.columns)["e"], EXPECTED)
    assert sheet.columns["y"].tolist() == Y


@pytest.mark.parametrize("write", WRITERS)
def test_blocks_have_the_vectors_of_the_whole_file(write: Any, tmp_path: Path) -> None:
    write(tmp_path / "t")
    blocks = [as_columns(each.columns)["e"] for each in read_blocks(tmp_path / "t", 15)]
    assert [len(block) for block in blocks] == [15, 15, 15, 5]
    np.testing.assert_array_equal(np.concatenate(blocks), EXPECTED)


@pytest.mark.parametrize("write", WRITERS)
def test_a_large_table_keeps_its_vectors_in_a_file(
    write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "FEW_CELLS", 10)
    monkeypatch.setattr(cells, "FEW_ROWS", 10)
    monkeypatch.setattr(cells, "FETCHED_ROWS", 20)
    write(tmp_path / "t")
    sheet = read(tmp_path / "t")
    assert isinstance(sheet.columns, cells.Stored)
    np.testing.assert_array_equal(as_columns(sheet.columns)["e"], EXPECTED)


def test_files_of_several_formats_are_one_column_of_vectors(tmp_path: Path) -> None:
    parquet_fixed(tmp_path / "a")
    json_lines(tmp_path / "b")
    found = as_columns(read([tmp_path / "a", tmp_path / "b"]).columns)["e"]
    np.testing.assert_array_equal(found, np.concatenate([EXPECTED] * 2))


def test_vectors_in_one_file_and_words_in_another_are_refused(tmp_path: Path) -> None:
    parquet_lists(tmp_path / "a")
    (tmp_path / "b").write_text('e,y\n"[1, 2, 3]",1\n')
    with pytest.raises(DataError, match="'e' has vectors in one file and other cells in another"):
        read([tmp_path / "a", tmp_path / "b"])


def test_labels_cannot_be_vectors(tmp_path: Path) -> None:
    parquet_lists(tmp_path / "a")
    with pytest.raises(DataError, match="'e' has vectors, and labels are words, numbers or truths"):
        read(tmp_path / "a", text=["e"])


@pytest.mark.parametrize(
    ("odd", "message"),
    [
        ([1.0], "t: column 'e' has a vector of 1 number in row 41, and most others have 3"),
        ([], "t: column 'e' has no number in row 41, and most others have 3"),
        ([1.0, 2.0, 1e39], "t: column 'e' has a vector with a number that is infinite, .* row 41"),
    ],
)
def test_a_vector_of_another_length_is_named_with_its_file_and_row(
    odd: Any, message: str, tmp_path: Path
) -> None:
    rows = [{"e": odd if i == 40 else v} for i, v in enumerate(CELLS)]
    (tmp_path / "t").write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(DataError, match=message):
        read(tmp_path / "t")
    with pytest.raises(DataError, match=message):
        list(read_blocks(tmp_path / "t", 15))


def test_names_of_parquet_are_those_of_its_columns_whatever_lies_in_them(tmp_path: Path) -> None:
    table = pa.table({"a": [1], "e": [[1.0, 2.0]], "b": ["x"], "f": [[3]], "c": [True]})
    pq.write_table(table, tmp_path / "t")
    assert [*read(tmp_path / "t").columns] == ["a", "e", "b", "f", "c"]
