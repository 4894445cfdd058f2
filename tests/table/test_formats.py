"""One row has one answer, whichever reader hands over the table that it stands in."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from pyarrow import csv as arrow_csv

from numlp.data.columns import Columns, LazyColumns
from numlp.data.files.sheet import read
from numlp.table.table import Table

# What stands in a column in turn. Of the last word there is no cell in the shorter files, so that
# all others may be numbers, times or truths to a reader.
COLUMNS: dict[str, tuple[list[str], str | None]] = {
    "prices": (["1.50", "2.00", "+3", "1e3", ".5", "free"], None),
    "codes": (["007", "8", "0009.50", "0x10", "x"], None),
    "truths": (["True", "FALSE", "true", "unknown"], None),
    "truths and numbers": (["True", "0", "1", "unknown"], None),
    "times": (["2024-01-01", "2024-02-01T10:00", "2024-03-01 11:00:00", "never"], None),
    "times of a zone": (["2024-01-01T10:00Z", "2024-01-01T11:00+01:00", "2024-05-01", "no"], None),
    "holes": (["NA", "1.5", "nan", "None", "2", "free"], None),
    "signs": (["-0", "0", "-1.50", "x"], None),
    "no numbers": (["1,5", "5%", "12O", "none", "x"], None),
    "asked to be a category": (["0.1", "0.70", "1", "2"], "category"),
    "long and asked": (["1152921504606846976", "1152921504606846977", "x"], "category"),
    "asked to be text": (["1.50", "TRUE", "2024-01-01", "NA", "some words"], "text"),
    "asked to be a number": (["1.50", "007", "true", "0x10", "?", "x"], "number"),
    "a number": ([f"{x:.1f}" for x in np.linspace(-2, 2, 29)] + ["12O"], None),
    "a number with a spike": (["0.1"] * 30 + [f"{x:.1f}" for x in range(15)], None),
    "few numbers": (["0", "1", "2", "3", "4"], None),
    "two numbers": (["0.1", "0.7"], None),
    "booleans": (["0", "1"], None),
    "booleans as text": (["false", "true"], None),
    "dates": ([f"2024-01-{day:02}" for day in range(1, 31)], None),
}


def of_file(path: Path) -> Columns:
    """A file as the command reads it."""
    sheet = read(path)
    return Columns(LazyColumns(sheet.columns), sheet.n_rows, True, categories=sheet.categories)


def small_floats(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype(dict.fromkeys(frame.select_dtypes("float64"), "float32"))


READERS: dict[str, Callable[[Path], Any]] = {
    "the command": of_file,
    "pandas": pd.read_csv,
    "pandas, nullable": lambda path: pd.read_csv(path, dtype_backend="numpy_nullable"),
    "pandas by pyarrow": lambda path: pd.read_csv(path, dtype_backend="pyarrow", engine="pyarrow"),
    "pandas, float32": lambda path: small_floats(pd.read_csv(path)),
    "pandas, categories": lambda path: pd.read_csv(path).astype("category"),
    "polars": lambda path: pl.read_csv(path, infer_schema_length=None),
    "polars with times": lambda path: pl.read_csv(path, infer_schema_length=None,
                                                   try_parse_dates=True),
    "pyarrow": arrow_csv.read_csv,
    "rows": lambda path: pd.read_csv(path).to_dict("records"),
    "parquet": lambda path: by_way_of(path, "parquet"),
    "json": lambda path: by_way_of(path, "jsonl"),
}  # fmt: skip


def by_way_of(path: Path, ending: str) -> Columns:
    """The CSV as pandas reads it, written in another format, as the command reads that."""
    other, frame = path.with_suffix(f".{ending}"), pd.read_csv(path)
    if ending == "parquet":
        frame.to_parquet(other)
    else:
        rows = json.loads(frame.to_json(orient="records", date_format="iso"))
        other.write_text("\n".join(map(json.dumps, rows)) + "\n")
    return of_file(other)


N = 40


def cells_of(words: list[str]) -> list[str]:
    """The cells of a column: all words, all but the last one, and the first alone."""
    return [
        words[i % n_words] for n_words in (len(words), max(len(words) - 1, 1), 1) for i in range(N)
    ]


def write(path: Path, rows: slice) -> Path:
    """Rows of a table that has all the columns."""
    table = [COLUMNS, *zip(*(cells_of(words) for words, _ in COLUMNS.values()), strict=True)]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([table[0], *table[1:][rows]])
    return path


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Table, Any]:
    """A table that learned from the rows as the command reads them, and their encoding."""
    whole = of_file(write(tmp_path_factory.mktemp("formats") / "all.csv", slice(None)))
    table = Table.fit(whole, {name: asked for name, (_, asked) in COLUMNS.items() if asked})
    assert all(encoder.width for encoder in table.encoders)
    return table, table.transform(whole)


@pytest.mark.heavy
@pytest.mark.parametrize("rows", [slice(0, None), slice(N, None), slice(2 * N, None)])
@pytest.mark.parametrize("reader", READERS)
def test_a_row_has_one_encoding_in_any_file_frame_or_format(
    reader: str, rows: slice, fitted: tuple[Table, Any], tmp_path: Path
) -> None:
    table, expected = fitted
    found = table.transform(READERS[reader](write(tmp_path / "some.csv", rows)))
    for j, name in enumerate(table.features):
        np.testing.assert_allclose(found[:, j], expected[rows, j], rtol=0, atol=1e-5, err_msg=name)
