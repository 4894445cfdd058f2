"""Words are counted, and numbers and times read out of them, or not at all."""

import math

import numpy as np
import pytest

from numlp.common.wording import count, name_list
from numlp.storage.json_values import is_json_number
from numlp.table.words import (
    by_value,
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


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["1.50", "1.5", "+1.5", "15e-1", "01.50"], "1.5"),
        (["7", "007", "7.0", "+7", "7.", "7e0"], "7"),
        (["16", "0x10", "0X10", "1.6e1"], "16"),
        (["0", "-0", "-0.0", "000", "+0", "False", "FALSE"], "0"),
        (["1", "true", "True", "TRUE", "1.0"], "1"),
        (["-2", "-02", "-2.0"], "-2"),
        (["123456789012345678901", "+123456789012345678901", "0123456789012345678901.0"],
         "123456789012345678901"),
        (["2024-03-01", "2024-03-01T00:00", "2024-03-01 00:00:00", "2024-03-01T01:00+01:00"],
         "2024-03-01T00:00:00.000"),
        (["10:22", "10:22:00"], "10:22:00"),
        (["", "NA", "N/A", "nan", "NaN", "None", "null", "NULL", "<NA>", "#N/A"], ""),
    ],
)  # fmt: skip
def test_words_of_one_value_have_one_spelling(words: list[str], value: str) -> None:
    assert [by_value(word) for word in words] == [value] * len(words)


@pytest.mark.parametrize(
    "word",
    ["1,5", "1_000", "inf", "-Infinity", "1e400", "12O", "5%", "yes", "none", "?", "-", "missing",
     "03/04/2024", "2024-13-01", "25:00", "10-19", "a" * 999],
)  # fmt: skip
def test_a_word_that_spells_nothing_stays_as_it_is(word: str) -> None:
    assert by_value(word) == word


def test_whole_numbers_of_any_length_are_exact() -> None:
    digits = "1" * 5000  # more than Python makes a number of
    assert by_value(f"00{digits}.0") == digits
    assert by_value("9007199254740993") == "9007199254740993"


def test_a_number_is_read_in_every_way_a_reader_of_tables_reads_it() -> None:
    assert [read_number(w) for w in ("007", "-01.5", "0x10", "1e3", "true")] == [
        7,
        -1.5,
        16,
        1e3,
        1,
    ]
    assert np.isnan([*map(read_number, ("1,5", "1_000", "nan", "inf", "x", ""))]).all()


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("0" * 10**6 + "x", "0" * 10**6 + "x"),
        ("0" * 10**6, "0"),
        ("-" + "0" * 10**6 + "7.0", "-7"),
        ("1." + "0" * 10**6 + "x", "1." + "0" * 10**6 + "x"),
    ],
    ids=["zeros and a letter", "zeros", "a number", "a fraction and a letter"],
)
def test_a_long_word_takes_time_in_proportion_to_its_length(word: str, value: str) -> None:
    assert by_value(word) == value  # the square of its length would be hours
