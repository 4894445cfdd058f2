"""Words are counted, and numbers and times read out of them, or not at all."""

import math

import numpy as np
import pytest

from numlp.common.wording import count, name_list
from numlp.storage.json_values import is_json_number
from numlp.table.words import (
    factorize,
    parse_number,
    parse_time,
    read_number,
    read_words,
)


def test_words_are_numbered_as_they_appear() -> None:
    cells = np.array(["b", None, " a", "b ", "", "a", "\t"], dtype=object)
    words, codes = factorize(cells)
    assert words == ["b", "a"]
    assert codes.tolist() == [0, -1, 1, 0, -1, 1, -1]


def test_words_are_counted() -> None:
    column = read_words(np.array(["b", None, " a", "b ", ""], dtype=object))
    assert column.words == ["b", "a"]
    assert column.counts.tolist() == [2, 1]
    assert column.codes.tolist() == [0, -1, 1, 0, -1]
    assert column.chosen(np.array([False, True])) == ["a"]


@pytest.mark.parametrize(
    ("word", "value"),
    [("1.5", 1.5), ("-2e3", -2000), ("+.5", 0.5), ("0", 0), ("-0.7", -0.7), ("1e308", 1e308)],
)
def test_a_word_spells_a_number(word: str, value: float) -> None:
    assert parse_number(word) == value


@pytest.mark.parametrize(
    "word", ["", "007", "-01", "1_000", "1,5", "12O", "inf", "nan", "1e400", "0x10", "1 2", "."]
)
def test_a_word_spells_no_number(word: str) -> None:
    assert math.isnan(parse_number(word))


def test_truth_is_a_number() -> None:
    assert [read_number(w) for w in ("True", "false", "FALSE", "0", "1.0")] == [1, 0, 0, 0, 1]
    assert math.isnan(read_number("yes"))


@pytest.mark.parametrize(
    ("word", "time"),
    [
        ("2024-03-01", "2024-03-01T00:00"),
        ("2024-03-01 10:22", "2024-03-01T10:22"),
        ("2024-03-01T10:22:01.5", "2024-03-01T10:22:01.500"),
        ("2024-03-01T00:30+01:00", "2024-02-29T23:30"),
        ("2024-03-01T10:22Z", "2024-03-01T10:22"),
        ("0001-01-01", "0001-01-01"),
    ],
)
def test_a_word_spells_a_time(word: str, time: str) -> None:
    assert parse_time(word) == np.datetime64(time, "ms")


@pytest.mark.parametrize(
    "word",
    ["", "-", "20240301", "40-49", "2024-13-01", "01-03-2024", "2024/03/01", "noon", "2024-02-30",
     "0001-01-01T00:00+01:00", "9999-12-31T23:59-01:00"],
)  # fmt: skip
def test_a_word_spells_no_time(word: str) -> None:
    assert np.isnat(parse_time(word))


def test_a_list_of_names_is_short() -> None:
    assert name_list(["a", 1]) == "'a', 1"
    assert name_list(range(8)) == "0, 1, 2, 3, 4 and 3 more"


def test_a_count_is_said_in_words() -> None:
    assert [count(n, "cell") for n in (0, 1, 2000)] == ["0 cells", "1 cell", "2,000 cells"]


@pytest.mark.parametrize("value", [True, "1", None, math.nan, math.inf, 10**400, 1 << 63, [1.0]])
def test_what_is_no_real_number(value: object) -> None:
    assert not is_json_number(value)


@pytest.mark.parametrize("value", [0, -3, 1.5, 1e308, (1 << 63) - 1])
def test_a_real_number(value: object) -> None:
    assert is_json_number(value)
