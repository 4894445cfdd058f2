"""Labels in every form that a library writes them in: ``docs/labels.md`` has these rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute

from .forms import DUCK

WORDS = ["small", "big", "big"] * 8
NUMBERS = [7, 3, 3] * 8
TRUTHS = [True, False, False] * 8
ORDER = ["small", "big"]  # unlike that of the alphabet
TEXT = "`str`"  # NumPy's text, as wide as the longest class
ERROR = "an error"


@dataclass(frozen=True)
class Form:
    """A form of labels, and what comes back.

    Attributes
    ----------
    library, name : str
        The first two columns of the page.
    make : function that returns labels
    dtype : str
        That of ``classes_`` and of what ``predict`` returns, as the page has it; or ERROR.
    equal : str
        What predictions are compared with, as the page has it: a key of ``EQUAL``.
    says : str
        A pattern that the error matches.
    """

    library: str
    name: str
    make: Callable[[], Any]
    dtype: str
    equal: str = "`y`"
    says: str = ""

    def __str__(self) -> str:
        return f"{self.library}: {self.name}"

    @property
    def truth(self) -> list[Any]:
        """The labels as Python has them."""
        if self.dtype in (TEXT, "`object`"):
            return WORDS
        return TRUTHS if self.dtype == "`bool`" else NUMBERS


EQUAL: dict[str, Callable[[Any], Any]] = {
    "`y`": lambda y: y,
    "`y.ravel()`": lambda y: y.ravel(),
    "`y.to_numpy()`": lambda y: y.to_numpy(),
    '`y["kind"]`': lambda y: y["kind"],
    '`y["kind"].to_numpy()`': lambda y: y["kind"].to_numpy(),
    '`y.collect()["kind"].to_numpy()`': lambda y: y.collect()["kind"].to_numpy(),
    '`y.fetchnumpy()["kind"]`': lambda y: y.fetchnumpy()["kind"],
    "": lambda y: y,
}


def series(cells: Any, dtype: Any) -> Any:
    return pd.Series(cells, dtype=dtype)


def arrow(cells: Any, type_: Any) -> Any:
    """A column of pandas that Arrow holds."""
    return pd.Series(cells, dtype=pd.ArrowDtype(type_))


def relation() -> Any:
    DUCK.register("labels", pa.table({"place": range(len(WORDS)), "kind": WORDS}))
    return DUCK.sql("SELECT kind FROM labels ORDER BY place")


TO_NUMPY = "`y.to_numpy()`"

FORMS = [
    Form("Python", "list of `str`", lambda: WORDS, TEXT),
    Form("Python", "list of `int`", lambda: NUMBERS, "`int64`"),
    Form("Python", "list of `bool`", lambda: TRUTHS, "`bool`"),
    Form("Python", "list of whole `float`", lambda: [float(n) for n in NUMBERS], "`float64`"),
    Form("Python", "the name of a column", lambda: "kind", ERROR, "",
         r"give the labels, X\['kind'\], and X without that column"),
    Form("Python", "dict of a column", lambda: {"kind": WORDS}, ERROR, "",
         r"give the labels, such as y\['kind'\]"),
    Form("Python", "list of `bytes`", lambda: [w.encode() for w in WORDS], ERROR, "",
         "labels of type bytes. Turn all labels into text"),
    Form("Python", "list of dates", lambda: [dt.date(2020, 1, n) for n in NUMBERS], ERROR, "",
         "labels of type date. Turn all labels into text"),
    Form("NumPy", "text", lambda: np.array(WORDS), TEXT),
    Form("NumPy", "objects that are text", lambda: np.array(WORDS, object), "`object`"),
    Form("NumPy", "`StringDType`", lambda: np.array(WORDS, np.dtypes.StringDType()), "`object`"),
    Form("NumPy", "`int8`", lambda: np.array(NUMBERS, np.int8), "`int8`"),
    Form("NumPy", "`bool`", lambda: np.array(TRUTHS), "`bool`"),
    Form("NumPy", "objects that are truths", lambda: np.array(TRUTHS, object), "`bool`"),
    Form("NumPy", "whole `float32`", lambda: np.array(NUMBERS, np.float32), "`float32`"),
    Form("NumPy", "masked array, nothing masked", lambda: np.ma.masked_array(NUMBERS), "`int64`"),
    Form("NumPy", "array of one column", lambda: np.array(WORDS)[:, None], TEXT, "`y.ravel()`"),
    Form("pandas", "`object`", lambda: series(WORDS, object), "`object`"),
    Form("pandas", "`str`", lambda: pd.Series(WORDS), "`object`"),
    Form("pandas", "`string`", lambda: series(WORDS, "string"), "`object`"),
    Form("pandas", "`category`", lambda: series(WORDS, "category"), "`object`"),
    Form("pandas", "`category` with unused ones", lambda: series(
        WORDS, pd.CategoricalDtype(["a", *ORDER])), "`object`"),
    Form("pandas", "`category`, ordered", lambda: series(
        WORDS, pd.CategoricalDtype(ORDER, ordered=True)), "`object`"),
    Form("pandas", "`category` of numbers", lambda: series(NUMBERS, "category"), "`int64`"),
    Form("pandas", "`Int64`", lambda: series(NUMBERS, "Int64"), "`int64`"),
    Form("pandas", "`boolean`", lambda: series(TRUTHS, "boolean"), "`bool`"),
    Form("pandas", "`ArrowDtype` of text", lambda: arrow(WORDS, pa.string()), "`object`"),
    Form("pandas", "`ArrowDtype` of numbers", lambda: arrow(NUMBERS, pa.int32()), "`int32`"),
    Form("pandas", "`ArrowDtype` of truths", lambda: arrow(TRUTHS, pa.bool_()), "`bool`"),
    Form("pandas", "`DataFrame` of one column", lambda: pd.DataFrame({"kind": WORDS}),
         "`object`", '`y["kind"]`'),
    Form("pandas", "`datetime64`", lambda: pd.Series(pd.to_datetime(["2020-01-01"] * 24)), ERROR,
         "", "y has datetime64.*; give text or whole numbers"),
    Form("polars", "`String`", lambda: pl.Series(WORDS), "`object`", TO_NUMPY),
    Form("polars", "`Categorical`", lambda: pl.Series(WORDS, dtype=pl.Categorical), "`object`",
         TO_NUMPY),
    Form("polars", "`Enum`", lambda: pl.Series(WORDS, dtype=pl.Enum(ORDER)), "`object`", TO_NUMPY),
    Form("polars", "`Boolean`", lambda: pl.Series(TRUTHS), "`bool`", TO_NUMPY),
    Form("polars", "`Int8`", lambda: pl.Series(NUMBERS, dtype=pl.Int8), "`int8`", TO_NUMPY),
    Form("polars", "`DataFrame` of one column", lambda: pl.DataFrame({"kind": WORDS}), "`object`",
         '`y["kind"].to_numpy()`'),
    Form("polars", "`LazyFrame` of one column", lambda: pl.LazyFrame({"kind": WORDS}), "`object`",
         '`y.collect()["kind"].to_numpy()`'),
    Form("polars", "`Decimal`", lambda: pl.Series(NUMBERS).cast(pl.Decimal(5, 0)), ERROR, "",
         "labels of type Decimal. Turn all labels into text, or all into whole numbers"),
    Form("PyArrow", "`Array` of text", lambda: pa.array(WORDS), "`object`"),
    Form("PyArrow", "`Array` of numbers", lambda: pa.array(NUMBERS, pa.int16()), "`int16`"),
    Form("PyArrow", "`Array` of truths", lambda: pa.array(TRUTHS), "`bool`"),
    Form("PyArrow", "`ChunkedArray`", lambda: pa.chunked_array([WORDS[:5], WORDS[5:]]), "`object`"),
    Form("PyArrow", "dictionary", lambda: pa.array(WORDS).dictionary_encode(), "`object`"),
    Form("PyArrow", "run-end encoded", lambda: pa.compute.run_end_encode(pa.array(WORDS)),
         "`object`"),
    Form("PyArrow", "`Table` of one column", lambda: pa.table({"kind": WORDS}), "`object`",
         '`y["kind"]`'),
    Form("DuckDB", "relation of one column", relation, "`object`", '`y.fetchnumpy()["kind"]`'),
    Form("DuckDB", "column of `fetchnumpy()`", lambda: relation().fetchnumpy()["kind"],
         "`object`"),
    Form("narwhals", "`Series`", lambda: nw.from_native(pl.Series(WORDS), series_only=True),
         "`object`", TO_NUMPY),
]  # fmt: skip

# The same with the fourth label missing.
HOLED: dict[str, Any] = {
    "list of `str`": [*WORDS[:3], None, *WORDS[4:]],
    "list of `str` with NaN": [*WORDS[:3], float("nan"), *WORDS[4:]],
    "blank text": [*WORDS[:3], " ", *WORDS[4:]],
    "NumPy floats": np.array([*NUMBERS[:3], np.nan, *NUMBERS[4:]]),
    "masked": np.ma.masked_array(NUMBERS, np.arange(24) == 3),
    "pandas str": pd.Series([*WORDS[:3], None, *WORDS[4:]]),
    "pandas category": series([*WORDS[:3], None, *WORDS[4:]], "category"),
    "pandas Int64": series([*NUMBERS[:3], None, *NUMBERS[4:]], "Int64"),
    "pandas boolean": series([*TRUTHS[:3], None, *TRUTHS[4:]], "boolean"),
    "pandas ArrowDtype": arrow([*NUMBERS[:3], None, *NUMBERS[4:]], pa.int64()),
    "polars String": pl.Series([*WORDS[:3], None, *WORDS[4:]]),
    "polars Enum": pl.Series([*WORDS[:3], None, *WORDS[4:]], dtype=pl.Enum(ORDER)),
    "polars Int8": pl.Series([*NUMBERS[:3], None, *NUMBERS[4:]], dtype=pl.Int8),
    "polars LazyFrame": pl.LazyFrame({"kind": [*TRUTHS[:3], None, *TRUTHS[4:]]}),
    "PyArrow": pa.array([*NUMBERS[:3], None, *NUMBERS[4:]]),
    "PyArrow dictionary": pa.array([*WORDS[:3], None, *WORDS[4:]]).dictionary_encode(),
}
