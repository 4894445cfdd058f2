"""Labels of any type become codes and come back as they went in; nothing else is let in."""

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from numlp.data.labels import (
    as_labels,
    check_classes,
    encode_labels,
    labels_right,
    missing_labels,
    name_of,
)
from numlp.errors import DataError

NAN = math.nan
WIDE = np.array(["b", "a", "b"], "<U9")

LABELS: dict[str, tuple[Any, Any]] = {
    # name: (y, a dtype)
    "text": (["b", "a", "b"], "<U1"),
    "text of a tuple": (("no", "yes", "no"), "<U3"),
    "wide text": (WIDE, "<U9"),
    "objects": (np.array(["b", "a", "b"], object), object),
    "StringDType": (np.array(["b", "a", "b"], np.dtypes.StringDType()), object),
    "accents": (["é", "e", "e\u0301"], "<U2"),
    "booleans": ([True, False, True], bool),
    "booleans as objects": (np.array([True, False, np.False_], object), bool),
    "0 and 5": ([0, 5, 0], np.int64),
    "-1 and 1": (np.array([1, -1, 1], np.int8), np.int8),
    "uint64": (np.array([2**64 - 1, 0], np.uint64), np.uint64),
    "big-endian": (np.array([3, 1], ">i4"), ">i4"),
    "whole floats": ([1.0, 2.0, 1.0], np.float64),
    "float16": (np.array([1, 2], np.float16), np.float16),
    "wholes of several types": ([np.int8(1), 2, np.uint16(3)], np.int64),
    "wholes and whole floats": ([1, 2.0], np.float64),
    "read-only": (np.frombuffer(b"\1\0\1", np.uint8), np.uint8),
    "negative strides": (np.arange(4)[::-2], np.int64),
    "pandas text": (pd.Series(["b", "a"]), object),
    "pandas string": (pd.Series(["b", "a"], dtype="string"), object),
    "pandas pyarrow": (pd.Series(["b", "a"], dtype=pd.ArrowDtype(pa.string())), object),
    "pandas categories": (pd.Series(["b", "a"], dtype="category"), object),
    "pandas number categories": (pd.Series([3, 1], dtype="category"), np.int64),
    "pandas Int64": (pd.Series([3, 1], dtype="Int64"), np.int64),
    "pandas array Int64": (pd.array([3, 1], dtype="Int64"), np.int64),
    "pandas boolean": (pd.Series([True, False], dtype="boolean"), bool),
    "pandas pyarrow wholes": (pd.Series([3, 1], dtype=pd.ArrowDtype(pa.int32())), np.int32),
    "polars wholes": (pl.Series([3, 1], dtype=pl.Int16), np.int16),
    "polars Int128": (pl.Series([3, 1], dtype=pl.Int128), np.int64),
    "polars text": (pl.Series(["b", "a"]), object),
    "polars text with a NUL": (pl.Series(["a\0", "a"]), object),
    "polars booleans": (pl.Series([True, False]), bool),
    "polars Enum": (pl.Series(["b", "a"], dtype=pl.Enum(["a", "b"])), object),
    "pyarrow text": (pa.array(["b", "a"]), object),
    "pyarrow chunks": (pa.chunked_array([["b"], ["a"]]), object),
    "pyarrow booleans": (pa.array([True, False]), bool),
    "pyarrow boolean dictionary": (pa.array([True, False]).dictionary_encode(), bool),
    "pyarrow dictionary": (pa.chunked_array([["b"], ["a"]]).dictionary_encode(), object),
    "pandas pyarrow booleans": (pd.Series([True, False], dtype="bool[pyarrow]"), bool),
    "narwhals": (nw.from_native(pl.Series([True, False]), series_only=True), bool),
    "masked, without a mask": (np.ma.masked_array([3, 1]), np.int64),
}


@pytest.mark.parametrize(("y", "dtype"), LABELS.values(), ids=LABELS)
def test_labels_come_back_as_they_went_in(y: Any, dtype: Any) -> None:
    classes, numbers, name = encode_labels(y)
    assert classes.dtype == dtype
    assert classes.tolist() == sorted(set(classes.tolist()))
    given = y.to_list() if isinstance(y, pl.Series) else np.asarray(y).tolist()
    assert classes[numbers].tolist() == given
    assert numbers.dtype == np.intp
    assert name == ""


@settings(deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8")).filter(str.strip), min_size=1))
@example(["a", "a\0", "a"])  # NumPy's own text drops what is at the end
def test_any_text_but_blanks_is_a_label(words: list[str]) -> None:
    classes, y, _ = encode_labels(words)
    assert classes[y].tolist() == words


TWO = ["b", "a"]
NAMED: dict[str, tuple[Any, str]] = {
    "pandas": (pd.Series(TWO, name="kind"), "kind"),
    "pandas categories": (pd.Series(TWO, name="kind", dtype="category"), "kind"),
    "pandas index": (pd.Index(TWO, name="kind"), "kind"),
    "pandas without a name": (pd.Series(TWO), ""),
    "pandas by number": (pd.Series(TWO, name=3), ""),
    "pandas frame": (pd.DataFrame({"kind": TWO}), "kind"),
    "pandas frame whose column is called name": (pd.DataFrame({"name": TWO}), "name"),
    "pandas frame by number": (pd.DataFrame(TWO), ""),
    "polars": (pl.Series("kind", TWO), "kind"),
    "polars without a name": (pl.Series(TWO), ""),
    "polars frame": (pl.DataFrame({"kind": TWO}), "kind"),
    "pyarrow table": (pa.table({"kind": TWO}), "kind"),
    "pyarrow array": (pa.array(TWO), ""),
    "a list": (TWO, ""),
    "an array": (np.array(TWO), ""),
}


@pytest.mark.filterwarnings("ignore:A column-vector y was passed")
@pytest.mark.parametrize(("y", "name"), NAMED.values(), ids=NAMED)
def test_labels_keep_the_name_of_their_series_or_column(y: Any, name: str) -> None:
    assert name_of(y) == encode_labels(y).name == name
    assert type(name_of(y)) is str
    assert encode_labels(encode_labels(y)).name == name


def test_a_frame_of_several_columns_has_no_name() -> None:
    assert name_of(pd.DataFrame({"a": [1], "b": [2]})) == ""


NO_LABELS: dict[str, tuple[Any, str]] = {
    "None": (None, "requires y to be passed, but the target y is None"),
    "a number": (3, "y should be a 1d array"),
    "text": ("abc", r"y should be a 1d array.* give the labels, X\['abc'\], and X without"),
    "a reader": (pa.table({"a": [1]}).to_reader(), r"RecordBatchReader: its read_all\(\) may give"),
    "a dict": ({"a": 1}, r"y should be a 1d array.* give the labels, such as y\['a'\]"),
    "two columns": ([[1, 2], [3, 4]], r"of shape \(2, 2\)"),
    "rows that differ in length": ([[1], [2, 3]], "type list"),
    "None among text": (["a", None, "b", None], "2 of 4 labels are missing, the first in row 2"),
    "NaN among text": (["a", NAN], "1 of 2 labels are missing, the first in row 2"),
    "NaN": (np.array([1, 2, NAN]), "NaN or infinity: 1 of 3 labels, the first in row 3"),
    "inf": ([math.inf, 1.0], "NaN or infinity: 1 of 2 labels, the first in row 1"),
    "pandas NA": (pd.Series([1, None], dtype="Int64"), "1 of 2 labels.* row 2"),
    "pandas text NA": (pd.Series([None, "a"]), "1 of 2 labels are missing, the first in row 1"),
    "pandas category NA": (pd.Series(["a", None], dtype="category"), "row 2"),
    "polars null": (pl.Series(["a", None]), "1 of 2 labels are missing, the first in row 2"),
    "pyarrow null": (pa.array(["a", None]), "1 of 2 labels are missing, the first in row 2"),
    "StringDType null": (np.array(["a", None], np.dtypes.StringDType(na_object=None)), "row 2"),
    "masked": (np.ma.masked_array([0, 1], [False, True]), "1 of 2 labels are missing.* row 2"),
    "blank text": (["a", "", " "], "2 of 3 labels are blank, the first in row 2"),
    "a blank array": (np.array(["a", "\t"]), "1 of 2 labels are blank, the first in row 2"),
    "blank objects": (pd.Series([" ", "a"]), "1 of 2 labels are blank, the first in row 1"),
    "a masked cell of a list": ([0, np.ma.masked], "1 of 2 labels are missing.* row 2"),
    "masked text": (np.ma.masked_array(["a", "b"], [True, False]), "missing, the first in row 1"),
    "masked records": (np.ma.masked_array(np.zeros(2, "i4,i4"), [(0, 1)] * 2), "y has"),
    "pyarrow dictionary null": (
        pa.chunked_array([["a"], ["b", None]]).dictionary_encode(),
        "1 of 3 labels are missing, the first in row 3",
    ),
    "pyarrow boolean null": (pa.array([True, None]), "1 of 2 labels are missing.* row 2"),
    "polars boolean null": (pl.Series([True, None]), "1 of 2 labels are missing.* row 2"),
    "pandas boolean NA": (pd.Series([True, None], dtype="boolean"), "1 of 2 labels.* row 2"),
    "text and numbers": (["a", 1], "int, str; the first of another type than row 1 is in row 2"),
    "text and numbers as objects": (np.array(["a", 1], object), "labels of type int, str"),
    "True beside 5": ([True, 5], "labels of type bool, int"),
    "continuous": ([0.5, 1.0, 2.25], "continuous. y has 0.5 in row 1, which looks like regression"),
    "continuous as objects": (np.array([1, 2.5], object), "y has 2.5 in row 2"),
    "complex": (np.array([1j, 2]), "Complex data not supported"),
    "times": (np.array(["2020"], "M8[D]"), "y has datetime64"),
    "dates": ([dt.date(2020, 1, 1)], "labels of type date"),
    "decimals": ([Decimal(1)], "labels of type Decimal"),
    "bytes": ([b"a", b"b"], "labels of type bytes"),
    "a bytes array": (np.array([b"a", b"b"]), r"y has \|S1"),
    "raw memory": (np.zeros(2, "V4"), r"y has \|V4"),
    "beyond 64 bits": ([2**70, 1], "beyond 64 bits"),
}


@pytest.mark.parametrize(("y", "message"), NO_LABELS.values(), ids=NO_LABELS)
def test_what_is_no_label_is_refused_with_its_row(y: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        encode_labels(y)


@pytest.mark.parametrize("y", [np.array([["a"], ["b"]]), pl.DataFrame({"y": ["a", "b"]})])
def test_a_single_column_is_taken_with_a_warning(y: Any) -> None:
    with pytest.warns(UserWarning, match="column-vector y"):
        assert as_labels(y).tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("classes", "n_rows", "message"),
    [
        ([], 0, "0 sample"),
        (["a"], 1, "one class only, 'a', in all 1 rows"),
        ([7], 1000, "one class only, 7, in all 1,000 rows"),
        ([0, 1, 2], 3, "as many classes as rows, 3"),
    ],
)
def test_there_has_to_be_something_to_tell_apart(
    classes: list[Any], n_rows: int, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        check_classes(np.array(classes), n_rows)


def test_two_classes_in_three_rows_are_enough() -> None:
    check_classes(np.array(["a", "b"]), 3)


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        (["a", " ", "", None, NAN], [False, True, True, True, True]),
        (np.array(["a", "\t"]), [False, True]),
        ([1.0, NAN], [False, True]),
        (np.array([1, 0]), [False, False]),
        (pd.Series([1, None], dtype="Int64"), [False, True]),
        (["NA", "None", "null"], [False, False, False]),
        (np.ma.masked_array([1, 2], [False, True]), [False, True]),
        (np.array(["2024-01-01", "NaT"], "M8[D]"), [False, True]),
    ],
)
def test_a_missing_label_is_none_nan_or_blank(y: Any, expected: list[bool]) -> None:
    missing = missing_labels(y)
    assert missing.dtype == bool
    assert missing.tolist() == expected


# Labels compared with those of training

NUMBERS, WORDS, TRUTHS = np.array([0, 1]), np.array(["no", "yes"]), np.array([False, True])
OF_ANOTHER_TYPE: dict[str, tuple[Any, Any, str]] = {
    "text for numbers": (["0", "1"], NUMBERS, "y has text, such as '0' in row 1.* whole numbers"),
    "objects for numbers": (np.array(["1", "0"], object), NUMBERS, "such as '1' in row 1"),
    "numbers for text": ([1, 0], WORDS, "whole numbers, such as 1 in row 1.* text: 'no', 'yes'"),
    "booleans for text": ([True, False], WORDS, "booleans, such as True in row 1"),
    "booleans for one word of theirs": ([True, False], np.array(["maybe", "true"]), "booleans, su"),
    "text for booleans": (["True", "False"], TRUTHS, "are booleans: False, True"),
    "text among numbers": ([1, "0"], NUMBERS, "the first of another type than row 1 is in row 2"),
    "fractions": ([0.5, 1.0], NUMBERS, "y has 0.5 in row 1"),
    "missing": ([0, None], NUMBERS, "1 of 2 labels are missing, the first in row 2"),
    "blank": (["no", ""], WORDS, "1 of 2 labels are blank, the first in row 2"),
    "dates": (np.array(["2024", "2025"], "M8[Y]"), NUMBERS, "y has datetime64"),
    "too few": ([0], NUMBERS, "X has 2 rows, but y has 1"),
}


@pytest.mark.parametrize(("y", "classes", "message"), OF_ANOTHER_TYPE.values(), ids=OF_ANOTHER_TYPE)
def test_labels_that_cannot_be_compared_are_refused(y: Any, classes: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        labels_right(classes, y, classes)


@pytest.mark.parametrize(
    ("y", "classes", "right"),
    [
        ([0, 7], NUMBERS, [True, False]),
        (["maybe", "yes"], WORDS, [False, True]),
        ([0.0, 1.0], NUMBERS, [True, True]),
        ([True, True], NUMBERS, [False, True]),  # as NumPy compares them
        ([0, 1], TRUTHS, [True, True]),
        ([False, False], np.array(["False", "True"], object), [True, False]),
        (pd.Series([True, True]), np.array(["FALSE", "TRUE"]), [False, True]),
        (pa.array([False, True]), TRUTHS, [True, True]),
    ],
)
def test_a_label_of_the_right_type_that_training_did_not_see_is_wrong(
    y: Any, classes: Any, right: list[bool]
) -> None:
    assert labels_right(classes, y, classes).tolist() == right


def test_numbers_that_are_plainly_a_quantity_are_not_classes() -> None:
    price = np.arange(100) * 250
    with pytest.raises(DataError, match=r"100 different numbers in 300 rows.*numpy\.digitize"):
        check_classes(price, 300)
    check_classes(price.astype(str), 300)  # as the message advises
    quarters = np.digitize(price, np.quantile(price, [0.25, 0.5, 0.75]))
    assert np.bincount(quarters).tolist() == [25, 25, 25, 25]
