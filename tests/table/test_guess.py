"""What each column is taken for by itself, and what a caller may ask for instead."""

import datetime as dt
import math
import uuid
from typing import Any

import numpy as np
import pytest

from numlp.data.objects import EXACT
from numlp.errors import DataError
from numlp.table.guess import FEW, ID_NAME, ONE_HOT_MAX
from numlp.table.reasons import MayBe, reasons_of
from numlp.table.table import Table

NAN = math.nan
NOON = dt.datetime(2020, 1, 2, 12)
RNG = np.random.default_rng(0)
INCOMES = RNG.choice(10**7, 200, replace=False).tolist()
TICKETS = RNG.permutation(np.arange(1000, 1700))[:200].tolist()
# Chance would repeat 30 of 10,000 numbers from this range, and so may leave it at 5.
FEW_REPEATS = [0, 1_666_667, *RNG.choice(np.arange(1, 1_666_667), 9_993, replace=False).tolist()]
FEW_REPEATS = RNG.permutation(FEW_REPEATS + FEW_REPEATS[:5]).tolist()
WORDS = RNG.choice(["alpha", "beta", "gamma"], 200).tolist()
PROSE = [f"a tale of {i} words, {'and more ' * (i % 4)}no less" for i in range(60)]
DATES = [str(dt.date(2020, 1, 1) + dt.timedelta(i)) for i in range(40)]
JOBS = [f"senior manager of the {w} department" for w in ("sales", "planning", "tax")]
HASHES = [uuid.UUID(int=i).hex for i in range(60)]
URLS = [f"https://example.org/{'x' * (i % 9)}/page/{i}" for i in range(60)]

GUESSES: dict[str, tuple[Any, str, str]] = {
    # name: (cells, kind, part of the reason)
    "numbers": ([1.0, 2.0, 4.0], "number", "numbers"),
    "holes": ([1, 2, 3, None, None], "number", "numbers; 2 cells missing in all"),
    "one number and holes": ([1, 1, None], "number", "1 cell missing in all"),
    "numbers as text": (["1.5", " 2 ", "-3e2"], "number", "numbers written as text"),
    "holes as words": (["1", "?", "NA", "", "2", "3"], "number", "2 cells '?', 'NA' missing"),
    "a stray word": (["1", "2", "3"] * 20 + ["12O"], "number", "1 cell no number: '12O'"),
    "two stray words": (["1"] * 30 + ["x", "y"], "category", "3 distinct words"),
    "few numbers": ([0, 1, 2] * 5, "number", "3 distinct values, a flag for each"),
    "few, but too few rows": ([0, 1, 2] * 4, "number", "numbers"),
    "few as text": (["0", "1", "2"] * 5, "number", "3 distinct values, a flag for each"),
    "booleans": ([True, False], "boolean", "numbers; 0 and 1 alone"),
    "booleans and holes": ([True, None, False], "boolean", "1 cell missing in all"),
    "booleans as text": (["True", "false", "?"], "boolean", "true and false as text"),
    "0 and 1": (["0", "1"], "boolean", "0 and 1 alone"),
    "two numbers": ([2.5, 7], "category", "2.5 and 7 alone"),
    "truths and words": (["true", "false", "maybe"] * 2, "category", "3 distinct words"),
    "codes with zeros": (["007", "008"] * 5, "category", "2 distinct words"),
    "words": (["a", "b", "a", "b"], "category", "2 distinct words"),
    "a rare word": (["a", "b", "a"], "category", "2 distinct words, 1 of them too rare to be"),
    "one word and holes": (["a", None, "a"], "category", "1 distinct word"),
    "blanks around": (["a", " a", "a ", "b", "b"], "category", "2 distinct words"),
    "many words": ([f"w{i}" for i in range(50)] * 2, "category", "looked up by code"),
    "long words again and again": (JOBS * 10, "category", "3 distinct words"),
    "words, 5 % repeated": ([f"id{i}" for i in range(95)] + ["id0"] * 5, "category",
                            "95 distinct words, 94 of them too rare to be learned"),
    "times": ([NOON, NOON + dt.timedelta(1), None], "date",
              "times; 1 cell missing in all; days since 1970, weekday, day"),
    "dates as text": (DATES, "date", "times written as text; days since 1970, month"),
    "a stray word among dates": ([*DATES, "soon"], "date", "1 cell no time: 'soon'"),
    "holes as words among dates": ([*DATES, "n/a", None], "date", "1 cell 'n/a' missing"),
    "dates and too many strays": (["2020-01-02", "x"] * 3, "category", "2 distinct words"),
    "dates of another form": (["01/02/2020", "02/02/2020"] * 3, "category", "2 distinct words"),
    "ranges": (["10-19", "20-29"] * 3, "category", "2 distinct words"),
    "free text": (PROSE, "text", "its words are not read"),
    "free text and holes": ([*PROSE, None], "text", "characters on average"),
    "long texts in one word": (URLS, "text", "free text"),
    "nothing": ([None, None], "set aside", "every cell is empty"),
    "blanks": (["", " "], "set aside", "every cell is empty"),
    "NaN": ([NAN, NAN], "set aside", "every cell is empty"),
    "NaT": (np.array(["NaT", "NaT"], "M8[s]"), "set aside", "every cell is empty"),
    "holes as words alone": (["?", "?"], "set aside", "every cell is '?'"),
    "one number": ([7, 7], "set aside", "every cell is 7"),
    "one number as text": (["7", "7.0"], "set aside", "every cell is 7"),
    "one truth": (["true", "True"], "set aside", "every cell is 'True'"),
    "one word": (["a", "a "], "set aside", "every cell is 'a'"),
    "one time": ([NOON, NOON], "set aside", "every cell is the same"),
    "few distinct words": (["a", "b", "c"], "set aside", "no word stands there twice"),
    "distinct words": ([f"id{i}" for i in range(20)], "set aside",
                       "20 distinct values in 20 rows name the rows"),
    "nearly distinct words": ([f"id{i}" for i in range(98)] + ["id0"] * 2, "set aside",
                              "98 distinct values in 100 rows name the rows"),
    "hashes": (HASHES, "set aside", "60 distinct values in 60 rows name the rows"),
    "big distinct numbers": ([EXACT + i for i in range(100)], "set aside",
                             "100 distinct values in 100 rows name the rows"),
    "big numbers as text": ([str(EXACT + i) for i in range(100)], "set aside",
                            "100 distinct values in 100 rows name the rows"),
    "a big number among small": ([*range(100), 10**17], "set aside", "name the rows"),
    "large floats as text": (["1e200", "2e200", "3e200"], "number", "numbers written as text"),
    "an index": (list(range(50)), "set aside", "50 distinct whole numbers from a range of 50"),
    "an index as text": ([str(i) for i in range(50)], "set aside", "name the rows"),
    "an index by tens, shuffled": ((10 * RNG.permutation(60)).tolist(), "set aside",
                                   "60 distinct whole numbers from a range of 60 name the rows"),
    "an index of fewer rows": (list(range(49)), "number", "numbers"),
    "part of an index": (TICKETS, "set aside", "200 distinct whole numbers from a range of"),
    "numbers in order": (sorted(INCOMES), "number", "numbers"),
    "numbers in order, falling": (sorted(INCOMES)[::-1], "number", "numbers"),
    "an index in any order": (RNG.permutation(50).tolist(), "set aside", "from a range of 50"),
    "distinct incomes": (INCOMES, "number", "numbers"),
    "distinct floats": ((np.arange(200) / 7).tolist(), "number", "numbers"),
    "distinct halves": ((np.arange(200) / 2).tolist(), "number", "numbers"),
    "as few repeats as by chance": (FEW_REPEATS, "number", "numbers"),
    "dense, with repeats": ([*range(100), 3, 5], "number", "numbers"),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "kind", "why"), GUESSES.values(), ids=GUESSES)
def test_a_column_is_taken_for(cells: Any, kind: str, why: str) -> None:
    row = Table.fit({"a": cells}).audit()[0]
    assert (row["name"], row["kind"]) == ("a", kind)
    assert why in row["why"]


@pytest.mark.parametrize(("n_words", "one_hot"), [(ONE_HOT_MAX, True), (ONE_HOT_MAX + 1, False)])
def test_so_many_words_get_a_flag_each(n_words: int, one_hot: bool) -> None:
    table = Table.fit({"a": [f"w{i}" for i in range(n_words)] * 2})
    assert (table.n_flags == n_words) is one_hot
    assert table.cardinalities == ([] if one_hot else [n_words + 1])


@pytest.mark.parametrize(("n_values", "flags"), [(FEW, FEW), (FEW + 1, 0)])
def test_so_many_numbers_get_a_flag_each(n_values: int, flags: int) -> None:
    assert len(Table.fit({"a": [*range(n_values)] * 5}).encoders[0].flags) == flags


def test_halves_are_no_whole_numbers_and_get_no_flags() -> None:
    assert Table.fit({"a": [0.5, 1, 1.5] * 9}).encoders[0].flags == []


@pytest.mark.parametrize(
    "name",
    ["id", "ID", "Id", "customer_id", "customer id", "CustomerId", "userID", "row.id", "uuid",
     "index", "key", "rownum", "row_number", "phone number", "Unnamed: 0", "Record No"],
)  # fmt: skip
def test_distinct_numbers_of_this_name_are_an_id(name: str) -> None:
    row = Table.fit({name: INCOMES}).audit()[0]
    assert row["kind"] == "set aside"
    assert "and its name, say that it is an ID; columns={" in row["why"]


@pytest.mark.parametrize(
    "name", ["income", "acid", "humid", "body mass index", "paid", "IDLE", "keyboard", "rows", ""]
)
def test_no_name_of_an_id(name: str) -> None:
    assert not ID_NAME.fullmatch(name)


def test_an_id_that_comes_again_is_no_name_of_a_row() -> None:
    assert Table.fit({"shop_id": INCOMES * 2}).audit()[0]["kind"] == "number"


# As asked

ASKED: dict[str, tuple[Any, str, str, list[str]]] = {
    # name: (cells, kind asked for, kind it becomes, features)
    "a number for a category": ([3, 1.5, 3, 1.5, 2, 2], "category", "category",
                                ["a=1.5", "a=2", "a=3"]),
    "an index for a number": (list(range(100)), "number", "number", ["a"]),
    "few numbers for a number": ([1, 2, 3] * 5, "number", "number", ["a"]),
    "two numbers for a number": ([1, 2] * 5, "number", "number", ["a"]),
    "text of numbers for a category": (["1", "2", "3"] * 5, "category", "category",
                                       ["a=1", "a=2", "a=3"]),
    "mostly words for a number": (["x", "y"] * 9 + ["1", "2", "3"], "number", "number",
                                  ["a", "a is missing"]),
    "big wholes for a number": ([2**60, 2**61, 2**62], "number", "number", ["a"]),
    "words that name rows for a category": ([*"abcdefghijklmnopqrstuvw", "a", "b"], "category",
                                            "category", ["a=b"]),
    "a category for a text": (["a b", "c"] * 9, "text", "text", ["a length", "a words"]),
    "prose for a category": ([*PROSE, PROSE[0]], "category", "category",
                             [f"a={PROSE[0]}"]),
    "mostly words for dates": (["x", "y"] * 9 + ["2020-01-02", "2020-01-03"], "date", "date",
                               ["a", "a weekday sin", "a weekday cos", "a day", "a is missing"]),
    "times for a category": ([NOON, NOON, NOON + dt.timedelta(1)], "category", "category",
                             ["a=2020-01-02T12:00:00.000"]),
    "times for a date": ([NOON, NOON + dt.timedelta(hours=1)], "date", "date",
                         ["a", "a hour sin", "a hour cos"]),
    "anything to ignore": (WORDS, "ignore", "set aside", []),
    "one number": ([5, 5], "number", "set aside", []),
    "no number": ([NAN, NAN], "number", "set aside", []),
    "no word": ([None, ""], "date", "set aside", []),
    "one length": (["abc", "xyz"], "text", "set aside", []),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "asked", "kind", "features"), ASKED.values(), ids=ASKED)
def test_a_column_is_taken_as_asked(cells: Any, asked: str, kind: str, features: list[str]) -> None:
    part = Table.fit({"a": cells}, columns={"a": asked}).encoders[0]
    assert (part.kind, part.features) == (kind, features)
    assert "as asked" in part.why or "every cell is" in part.why


def test_numbers_asked_to_be_a_category_are_found_in_any_spelling() -> None:
    for training in ([8001, 8002, 8003] * 2, ["8001", "8002.0", "8003"] * 2):
        table = Table.fit({"a": training}, columns={"a": "category"})
        assert table.features == ["a=8001", "a=8002", "a=8003"]
        for later in ([8002, 8003, 1], [8002.0, 8003.0, NAN], [" 8002.0", "8003", "x"]):
            assert table.transform({"a": later}).tolist() == [[0, 1, 0], [0, 0, 1], [0, 0, 0]]


REFUSED: dict[str, tuple[Any, str, str]] = {
    # name: (cells, kind asked for, the message)
    "words for a number": (
        WORDS,
        "number",
        "column 'a' was asked to be 'number', but 0 of 200 "
        "cells hold a number, others such as .*'beta'.*'category', 'text'",
    ),
    "a few numbers": (["1", "x"] + ["y"] * 40, "number", "1 of 42 cells holds a number"),
    "words for dates": (WORDS, "date", "0 of 200 cells hold a time such as 2024-03-01"),
    "holes for a number": (["?", "NA"], "number", "0 of 0 cells hold a number"),
    "numbers for a date": ([1, 2], "date", "it holds numbers: allowed are 'number', 'category'"),
    "numbers for text": ([1, 2], "text", "it holds numbers: allowed are 'number', 'category'"),
    "times for a number": ([NOON, NOON], "number", "it holds times: allowed are 'date', 'cat"),
    "times for text": ([NOON, NOON], "text", "it holds times: allowed are 'date', 'category'"),
}


@pytest.mark.parametrize(("cells", "asked", "message"), REFUSED.values(), ids=REFUSED)
def test_what_a_column_cannot_be_is_refused(cells: Any, asked: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Table.fit({"a": cells}, columns={"a": asked})


@pytest.mark.parametrize(
    ("name", "low", "kind"),
    [
        ("day", 20_240_301, "date:%Y%m%d"), ("amount", 1000, None), ("area", 1000, None),
        ("stores", 1000, None), ("day", 20_240_341, None),
    ],
)  # fmt: skip
def test_whole_numbers_that_may_be_dates_are_noted_and_stay_numbers(
    name: str, low: int, kind: str | None
) -> None:
    row = Table.fit({name: [low + i % 25 for i in range(100)]}).audit()[0]
    assert row["kind"] == "number"
    told = [reason for reason in reasons_of(row["why"]) if isinstance(reason, MayBe)]
    assert [reason.kind for reason in told] == [kind] * (kind is not None)
    if kind is not None:
        assert f"columns={{{name!r}: {kind!r}}} takes it so" in row["why"]
        asked = Table.fit({name: [low + i % 25 for i in range(100)]}, {name: kind})
        assert asked.audit()[0]["kind"] == kind.partition(":")[0]
