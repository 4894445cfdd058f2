"""One small table in every form that a library writes it in: ``docs/tables-in.md`` has its rows.

The table has numbers, whole numbers and truths with and without missing cells, words, days, prices
and a column of nothing.
"""

from __future__ import annotations

import datetime as dt
import random
import sqlite3
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute
import pyarrow.dataset

N = 48
DUCK = duckdb.connect()  # kept, as relations do not keep it in every version
FILE = "the same file"
NET = "the same net"
OTHER = "another net"
ERROR = "an error"

_random = random.Random(0)  # noqa: S311 - of nothing secret; the same on every platform


def _with_holes(cells: list[Any], every: int, first: int) -> list[Any]:
    return [None if i % every == first else cell for i, cell in enumerate(cells)]


# Numbers of ``mass`` are halves, which float16 holds; a price such as 12.10 is none that a binary
# number holds, so that a wrong last bit would show.
CELLS: dict[str, list[Any]] = {
    "mass": _with_holes([_random.randrange(400) / 2 for _ in range(N)], 7, 3),
    "rings": _with_holes([_random.randrange(100) for _ in range(N)], 11, 5),
    "legs": [_random.choice([2, 4, 6, 8]) for _ in range(N)],
    "wild": [_random.random() < 0.5 for _ in range(N)],
    "tame": _with_holes([_random.random() < 0.5 for _ in range(N)], 9, 2),
    "hue": _with_holes([_random.choice(["red", "grey", "sky blue"]) for _ in range(N)], 8, 6),
    "born": _with_holes(
        [dt.date(2019, 1, 1) + dt.timedelta(_random.randrange(1500)) for _ in range(N)], 10, 7
    ),
    "price": _with_holes([_random.randrange(3000) / 100 for _ in range(N)], 12, 4),
    "note": [None] * N,
}
LABELS = ["big" if (m or 0) + 30 * (h == "red") > 105 else "small"
          for m, h in zip(CELLS["mass"], CELLS["hue"], strict=True)]  # fmt: skip
DECIMALS = [None if x is None else Decimal(f"{x:.2f}") for x in CELLS["price"]]
TIMES = [None if d is None else dt.datetime(d.year, d.month, d.day) for d in CELLS["born"]]
ROWS = [*zip(*CELLS.values(), strict=True)]
Animal = namedtuple("Animal", [*CELLS])


@dataclass(frozen=True)
class Form:
    """A form of the table, and what a fit of it gives.

    Attributes
    ----------
    library, name : str
        The first two columns of the page.
    make : function that returns a table
    gives : FILE, NET, OTHER or ERROR
        Beside what the dict of lists gives: the same file to the byte; the same weights and
        probabilities to the bit, and a file that differs in names or in the reasons of the audit;
        another net; or an error.
    says : str
        A pattern that the error matches.
    """

    library: str
    name: str
    make: Callable[[], Any]
    gives: str = FILE
    says: str = ""

    def __str__(self) -> str:
        return f"{self.library}: {self.name}"


def cells(**other: Any) -> dict[str, Any]:
    """The columns, some in another form."""
    return CELLS | other


def numpy_columns() -> dict[str, Any]:
    """The columns as arrays of the types that NumPy has, text and truths with holes as objects."""
    floats = {n: np.array(CELLS[n], np.float64) for n in ("mass", "rings", "price")}
    objects = {n: np.array(CELLS[n], object) for n in ("tame", "hue", "note")}
    whole = {"legs": np.array(CELLS["legs"]), "wild": np.array(CELLS["wild"])}
    found = floats | objects | whole | {"born": np.array(CELLS["born"], "M8[D]")}
    return {name: found[name] for name in CELLS}


def sqlite_rows() -> list[sqlite3.Row]:
    """The rows as SQLite has them: days as text, truths as 0 and 1."""
    con = sqlite3.connect(":memory:")
    con.row_factory = sqlite3.Row
    con.execute(f"CREATE TABLE animals ({', '.join(CELLS)})")
    rows = [[str(c) if isinstance(c, dt.date) else c for c in row] for row in ROWS]
    con.executemany("INSERT INTO animals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    found = con.execute("SELECT * FROM animals ORDER BY rowid").fetchall()
    con.close()
    return found


def structured() -> Any:
    columns = numpy_columns()
    table = np.empty(N, [(name, column.dtype) for name, column in columns.items()])
    for name, column in columns.items():
        table[name] = column
    return table


def masked() -> dict[str, Any]:
    """Masked arrays, with something else under the mask."""
    under = {"mass": 9e99, "rings": -1, "tame": True, "hue": "no hue", "price": 0.0,
             "born": dt.date(1, 1, 1)}  # fmt: skip
    made = {}
    for name, column in CELLS.items():
        hole = under.get(name)
        filled = [hole if cell is None else cell for cell in column]
        made[name] = np.ma.masked_array(
            np.array(filled, "M8[D]" if name == "born" else None), [c is None for c in column]
        )
    return made


def pandas(**types: Any) -> pd.DataFrame:
    """A frame of pandas as it makes it of lists, some columns of another type."""
    frame = pd.DataFrame(CELLS)
    return frame.assign(**{name: pd.Series(CELLS[name], dtype=t) for name, t in types.items()})


def pandas_times(dtype: Any, zone: str | None = None) -> pd.DataFrame:
    born = pd.Series(pd.to_datetime(pd.Series(TIMES)).astype(dtype))
    if zone:
        born = born.dt.tz_localize("UTC").dt.tz_convert(zone)
    return pd.DataFrame(CELLS).assign(born=born)


def pandas_arrow() -> pd.DataFrame:
    table = arrow()
    return pd.DataFrame(
        {name: pd.Series(pd.arrays.ArrowExtensionArray(table[name])) for name in CELLS}
    )


def pandas_renamed(columns: Any) -> pd.DataFrame:
    frame = pd.DataFrame(CELLS)
    frame.columns = columns
    return frame


def polars(**types: Any) -> pl.DataFrame:
    return pl.DataFrame(cells()).with_columns(
        pl.Series(name, CELLS[name], dtype=t) for name, t in types.items()
    )


def polars_times(unit: Any, zone: str | None = None) -> pl.DataFrame:
    born = pl.Series("born", TIMES, dtype=pl.Datetime(unit))
    if zone:
        born = born.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    return pl.DataFrame(CELLS).with_columns(born)


def arrow(**types: Any) -> pa.Table:
    return arrow_columns(**{name: pa.array(CELLS[name], t) for name, t in types.items()})


def arrow_columns(**columns: Any) -> pa.Table:
    return pa.table(cells(**columns))


def duck(select: str = "*") -> Any:
    """A relation with the rows in their order."""
    DUCK.register("animals", arrow())
    return DUCK.sql(f"SELECT {select} FROM animals")  # noqa: S608


def duck_replaced(column: str, expression: str) -> Any:
    return duck(f"* REPLACE ({expression} AS {column})")


FORMS = [
    Form("Python", "dict of lists", cells),
    Form("Python", "dict of tuples", lambda: {n: tuple(c) for n, c in CELLS.items()}),
    Form("Python", "`Decimal` in a list", lambda: cells(price=DECIMALS)),
    Form("Python", "`datetime` in a list", lambda: cells(born=TIMES)),
    Form("Python", "dates as text", lambda: cells(
        born=[d and str(d) for d in CELLS["born"]]), NET),
    Form("Python", "list of dicts", lambda: [dict(zip(CELLS, r, strict=True)) for r in ROWS]),
    Form("Python", "list of named tuples", lambda: [Animal(*row) for row in ROWS]),
    Form("Python", "list of `sqlite3.Row`", sqlite_rows, NET),
    Form("Python", "list of lists", lambda: [[*row] for row in ROWS], NET),
    Form("NumPy", "dict of arrays", numpy_columns),
    Form("NumPy", "dict of masked arrays", masked),
    Form("NumPy", "`StringDType`", lambda: cells(
        hue=np.array(CELLS["hue"], np.dtypes.StringDType(na_object=None)))),
    Form("NumPy", "structured array", structured),
    Form("NumPy", "record array", lambda: structured().view(np.recarray)),
    Form("NumPy", "masked structured array", lambda: np.ma.masked_array(structured(), [
        tuple(c is None for c in row) for row in ROWS])),
    Form("NumPy", "2-d array of objects", lambda: np.array(ROWS, object), NET),
    Form("NumPy", "2-d array of text", lambda: np.array(ROWS, str), NET),
    Form("pandas", "frame of lists", pandas),
    Form("pandas", "all columns `object`", lambda: pandas().astype(object)),
    Form("pandas", "`object` text", lambda: pandas(hue=object)),
    Form("pandas", "`string` of Python", lambda: pandas(hue="string[python]")),
    Form("pandas", "`string` of PyArrow", lambda: pandas(hue="string[pyarrow]")),
    Form("pandas", "nullable types", lambda: pandas(
        mass="Float64", rings="Int64", legs="Int64", wild="boolean", tame="boolean",
        price="Float64")),
    Form("pandas", "`convert_dtypes()`", lambda: pandas().convert_dtypes()),
    Form("pandas", "`ArrowDtype`", pandas_arrow),
    Form("pandas", "`category` of words", lambda: pandas(hue="category"), NET),
    Form("pandas", "`category` of words, ordered", lambda: pandas(
        hue=pd.CategoricalDtype(["red", "grey", "sky blue"], ordered=True)), OTHER),
    Form("pandas", "`Sparse`", lambda: pandas(
        mass=pd.SparseDtype(float), legs=pd.SparseDtype(int), wild=pd.SparseDtype(bool))),
    Form("pandas", "`datetime64[ns]`", lambda: pandas_times("datetime64[ns]")),
    Form("pandas", "`datetime64[us]`", lambda: pandas_times("datetime64[us]")),
    Form("pandas", "`datetime64[s]`", lambda: pandas_times("datetime64[s]")),
    Form("pandas", "`datetime64` in UTC", lambda: pandas_times("datetime64[ns]", "UTC")),
    Form("pandas", "`datetime64` of a zone", lambda: pandas_times("datetime64[ns]", "Asia/Tokyo")),
    Form("pandas", "periods of days", lambda: pandas().assign(
        born=pd.PeriodIndex(pd.to_datetime(pd.Series(TIMES)), freq="D"))),
    Form("pandas", "`Decimal` objects", lambda: pandas().assign(price=DECIMALS)),
    Form("pandas", "`float16`, `float32`", lambda: pandas(mass="float16", rings="float32")),
    Form("pandas", "`int8`, `uint8`", lambda: pandas(legs="int8").assign(
        wild=np.array(CELLS["wild"], np.uint8))),
    Form("pandas", "an index of its own", lambda: pandas().set_axis([7, "a", 7, None] * 12)),
    Form("pandas", "`MultiIndex` for rows", lambda: pandas().set_axis(
        pd.MultiIndex.from_product([range(8), range(6)]))),
    Form("pandas", "`MultiIndex` for columns", lambda: pandas_renamed(
        pd.MultiIndex.from_product([["animal"], CELLS])), NET),
    Form("pandas", "numbers for names", lambda: pandas_renamed(range(len(CELLS))), NET),
    Form("pandas", "two columns of one name", lambda: pandas_renamed(
        ["mass", "mass", *[*CELLS][2:]]), ERROR, "unique"),
    Form("polars", "`DataFrame`", polars),
    Form("polars", "`LazyFrame`", lambda: polars().lazy()),
    Form("polars", "`Categorical`", lambda: polars(hue=pl.Categorical), NET),
    Form("polars", "`Enum`", lambda: polars(hue=pl.Enum(["red", "grey", "sky blue"])), OTHER),
    Form("polars", "`Decimal`", lambda: polars().with_columns(
        pl.Series("price", DECIMALS, dtype=pl.Decimal(8, 2)))),
    Form("polars", "`Int8`, `UInt16`, `Int128`", lambda: polars(
        legs=pl.Int8, rings=pl.UInt16).with_columns(pl.col("wild").cast(pl.Int128))),
    Form("polars", "`Float32`", lambda: polars(mass=pl.Float32)),
    Form("polars", "`Datetime` of ms", lambda: polars_times("ms")),
    Form("polars", "`Datetime` of us", lambda: polars_times("us")),
    Form("polars", "`Datetime` of ns", lambda: polars_times("ns")),
    Form("polars", "`Datetime` of a zone", lambda: polars_times("us", "Asia/Tokyo")),
    Form("polars", "`Object`", lambda: polars().with_columns(
        pl.Series(n, CELLS[n], dtype=pl.Object) for n in ("hue", "mass"))),
    Form("polars", "several chunks", lambda: pl.concat(
        [polars()[:20], polars()[20:23], polars()[23:]], rechunk=False)),
    Form("polars", "`Struct`", lambda: polars().select(pl.struct("mass", "hue").alias("animal")),
         ERROR, "column 'animal' has Struct"),
    Form("PyArrow", "`Table`", arrow),
    Form("PyArrow", "`RecordBatch`", lambda: pa.RecordBatch.from_pydict(CELLS)),
    Form("PyArrow", "`RecordBatchReader`", lambda: arrow().to_reader(), ERROR,
         r"RecordBatchReader is not a table: .* its read_all\(\) may give one"),
    Form("PyArrow", "`Dataset`", lambda: pa.dataset.dataset(arrow()), ERROR,
         r"Dataset is not a table: .* its to_table\(\) may give one"),
    Form("PyArrow", "dictionary", lambda: arrow_columns(
        hue=pa.array(CELLS["hue"]).dictionary_encode()), NET),
    Form("PyArrow", "`large_string`", lambda: arrow(hue=pa.large_string())),
    Form("PyArrow", "`string_view`", lambda: arrow(hue=pa.string_view())),
    Form("PyArrow", "`decimal128`", lambda: arrow_columns(
        price=pa.array(DECIMALS, pa.decimal128(12, 2)))),
    Form("PyArrow", "`decimal256`", lambda: arrow_columns(
        price=pa.array(DECIMALS, pa.decimal256(50, 2)))),
    Form("PyArrow", "half float", lambda: arrow_columns(
        mass=pa.array(np.array(CELLS["mass"], np.float16), pa.float16(), from_pandas=True))),
    Form("PyArrow", "`int8`, `uint16`, `float32`", lambda: arrow(
        legs=pa.int8(), rings=pa.uint16(), mass=pa.float32())),
    Form("PyArrow", "run-end encoded", lambda: arrow_columns(**{
        n: pa.compute.run_end_encode(pa.array(CELLS[n])) for n in ("legs", "hue", "mass")})),
    Form("PyArrow", "`date32`", lambda: arrow(born=pa.date32())),
    Form("PyArrow", "`date64`", lambda: arrow(born=pa.date64())),
    Form("PyArrow", "`timestamp` of s", lambda: arrow_columns(
        born=pa.array(TIMES, pa.timestamp("s")))),
    Form("PyArrow", "`timestamp` of ns", lambda: arrow_columns(
        born=pa.array(TIMES, pa.timestamp("ns")))),
    Form("PyArrow", "`timestamp` of a zone", lambda: arrow_columns(
        born=pa.array(TIMES, pa.timestamp("ms", "Asia/Tokyo")))),
    Form("PyArrow", "several chunks", lambda: pa.concat_tables(
        [arrow()[:20], arrow()[20:23], arrow()[23:]])),
    Form("DuckDB", "relation", duck),
    Form("DuckDB", "`to_arrow_table()`", lambda: duck().to_arrow_table()),
    Form("DuckDB", "`df()`", lambda: duck().df()),
    Form("DuckDB", "`pl()`", lambda: duck().pl()),
    Form("DuckDB", "`fetchnumpy()`", lambda: duck().fetchnumpy()),
    Form("DuckDB", "`fetchall()`", lambda: duck().fetchall(), NET),
    Form("DuckDB", "`ENUM`", lambda: duck_replaced(
        "hue", "hue::ENUM('red', 'grey', 'sky blue')"), NET),
    Form("DuckDB", "`DECIMAL`", lambda: duck_replaced("price", "price::DECIMAL(8, 2)")),
    Form("DuckDB", "`HUGEINT`", lambda: duck_replaced("rings", "rings::HUGEINT")),
    Form("DuckDB", "`TIMESTAMP`", lambda: duck_replaced("born", "born::TIMESTAMP")),
    Form("narwhals", "`DataFrame`", lambda: nw.from_native(polars())),
    Form("narwhals", "`LazyFrame`", lambda: nw.from_native(polars().lazy())),
]  # fmt: skip
