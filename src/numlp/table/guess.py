"""What is this column?  The rules that decide, and what a caller may ask for instead."""

import math
import re
from typing import NamedTuple

import numpy as np

from ..common.wording import count, name_list
from ..data.columns import EXACT, Column
from ..errors import DataError
from .dates import Date
from .encoders import (
    MIN_COUNT,
    Category,
    Encoder,
    Number,
    SetAside,
    Text,
    TwoValues,
    filled,
    respell,
)
from .words import TRUTHS, Words, as_words, is_missing_word, parse_number, parse_time, read_words

KINDS = ("number", "category", "date", "text", "ignore")  # what a caller may ask for

STRAY_SHARE = 0.05  # of the cells of a number or date column that may be none
UNIQUE_SHARE = 0.95  # a column of words with more distinct ones than this names its rows
MIN_ROWS_FOR_ID = 20  # below, distinct values are no sign of an identifier
TEXT_SHARE = 0.5  # a column of long words with more distinct ones than this is free text
TEXT_BLANKS, TEXT_LENGTH = 3, 25  # mean number of either in a cell that make its word long
FEW = 12  # distinct whole numbers, at most, that get a flag each
FEW_ROWS = 5  # rows that each of them needs in the mean
ONE_HOT_MAX = 24  # words that get a flag each; of more, a code is looked up
# Whole numbers without a repeat, where chance would have had this many, were given out.
EXPECTED_REPEATS = 25
ID_NAME = re.compile(
    r"(?i:(.*[\s_.-])?(id|uuid|guid)|index|idx|key|row|rownum|(row|phone|record)[\s_.-]?(no|number)"
    r"|phone|unnamed: 0)|.*[a-z0-9]I[dD]"
)


class Options(NamedTuple):
    """What a caller may change of the rules."""

    one_hot_max: int = ONE_HOT_MAX
    few_as_flags: bool = True


def find_encoder(name: str, cells: Column, asked: str | None, options: Options) -> Encoder:
    """What the column becomes: by the rules, or as asked, one of ``KINDS``.

    Raises
    ------
    DataError
        The cells cannot be what was asked for.
    """
    if asked == "ignore":
        return SetAside(name, "ignored, as asked")
    if asked is not None:
        return _obey(name, cells, asked, options)
    if cells.dtype.kind == "M":
        return _dates(name, cells, "times")
    if cells.dtype.kind == "f":
        return _numbers(name, cells, "numbers", options)
    column = read_words(cells)
    if not column.words:
        return _empty(name)
    return (
        _written_truths(name, column)
        or _written_numbers(name, column, options)
        or _written_dates(name, column)
        or _prose_or_names(name, column)
        or _category(name, column, options)
    )


def _obey(name: str, cells: Column, asked: str, options: Options) -> Encoder:
    """What the column becomes where a caller asked for a kind."""
    as_asked = "as asked"
    found = {"M": "times", "f": "numbers"}.get(cells.dtype.kind, "words")
    if found == "times" and asked == "date":
        return _dates(name, cells, as_asked)
    if found == "numbers" and asked == "number":
        return _plain_number(name, cells, as_asked)
    if asked != "category" and found != "words":
        allowed = {"times": "'date'", "numbers": "'number'"}[found]
        raise _refusal(
            name, asked, f"it holds {found}: allowed are {allowed}, 'category', 'ignore'"
        )
    column = read_words(as_words(cells))
    if not column.words:
        return _empty(name)
    if asked == "text":
        return _text(name, column, as_asked)
    if asked == "category":
        return _asked_category(name, column, options)
    values = np.array([*map({"number": parse_number, "date": parse_time}[asked], column.words)])
    absent, stray = _holes(column, values)
    n_given, n_stray = int(column.counts[~absent].sum()), int(column.counts[stray].sum())
    if n_given - n_stray < STRAY_SHARE * max(n_given, 1):
        what = "a number" if asked == "number" else "a time such as 2024-03-01 or 2024-03-01T10:22"
        raise _refusal(
            name,
            asked,
            f"{n_given - n_stray:,} of {count(n_given, 'cell')} holds {what}, others such as "
            f"{name_list(column.chosen(stray))}: allowed are 'category', 'text', 'ignore'",
        )
    why = as_asked + _strays(column, absent, stray, asked)
    if asked == "number":
        return _plain_number(name, np.append(values, math.nan)[column.codes], why)
    return _dates(name, np.append(values, np.datetime64("NaT"))[column.codes], why)


def _refusal(name: str, asked: str, why: str) -> DataError:
    return DataError(f"column {name!r} was asked to be {asked!r}, but {why}")


def _empty(name: str) -> SetAside:
    return SetAside(name, "every cell is empty")


# Numbers


def _numbers(name: str, x: Column, why: str, options: Options) -> Encoder:
    """A column of numbers x, (n,), NaN where missing."""
    given = filled(x)
    if not given.size:
        return _empty(name)
    values = _distinct(given)
    n_missing = x.size - given.size
    if len(values) == 1 and not n_missing:
        return SetAside(name, f"every cell is {values[0]:g}")
    if n_missing:
        why += f"; {count(n_missing, 'cell')} missing in all"
    if len(values) == 2:
        return TwoValues.fit(name, x, f"{why}; {values[0]:g} and {values[1]:g} alone")
    whole = bool((values == np.floor(values)).all()) and abs(values).max() <= EXACT
    if whole and (reason := _names_rows(name, given, values)):
        return SetAside(name, f"{reason}; columns={{{name!r}: 'number'}} keeps it")
    few = 2 < len(values) <= FEW and given.size >= FEW_ROWS * len(values)
    if whole and few and options.few_as_flags:
        why += f"; {len(values)} distinct values, a flag for each"
        counts = np.bincount(np.searchsorted(values, given))
        return Number.fit(name, x, why, values[counts >= MIN_COUNT].tolist())
    return Number.fit(name, x, why)


def _distinct(given: Column) -> Column:
    """As ``np.unique``, in half of its memory."""
    ordered = np.sort(given)
    first = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    distinct: Column = ordered[first]
    return distinct


def _plain_number(name: str, x: Column, why: str) -> Encoder:
    """A column of numbers that a caller asked for: no more than the numbers themselves."""
    given = filled(x)
    if not given.size:
        return _empty(name)
    if given.size == x.size and given.min() == given.max():
        return SetAside(name, f"every cell is {given[0]:g}")
    return Number.fit(name, x, why)


def _names_rows(name: str, given: Column, values: Column) -> str:
    """Why whole numbers name the rows rather than measure something; "" if they do not."""
    n, n_repeats = len(given), len(given) - len(values)
    if n < MIN_ROWS_FOR_ID or n_repeats > 0.001 * n:
        return ""
    if ID_NAME.fullmatch(name):
        return f"{len(values):,} distinct numbers in {n:,} rows, and its name, say that it is an ID"
    step = np.gcd.reduce(np.diff(values).astype(np.int64))
    room = (values[-1] - values[0]) / step + 1
    expected = n * n / 2 / room  # repeats, were the numbers drawn from that room at random
    if expected < EXPECTED_REPEATS:
        return _in_order(given)
    if n_repeats * 10 > expected:
        return ""
    return f"{len(values):,} distinct whole numbers from a range of {room:,.0f} name the rows"


def _in_order(given: Column) -> str:
    steps = np.diff(given)
    if len(given) < 2 * EXPECTED_REPEATS or not ((steps > 0).all() or (steps < 0).all()):
        return ""
    return f"{len(given):,} whole numbers in the order of the rows name them"


def _written_truths(name: str, column: Words) -> Encoder | None:
    """A column of "true" and "false"; None if it has any other word."""
    truths = np.array([TRUTHS.get(word.lower(), math.nan) for word in column.words])
    absent, stray = _holes(column, truths)
    if stray.any() or len(np.unique(truths[~absent])) != 2:
        return None
    return TwoValues.fit(name, np.append(truths, math.nan)[column.codes], "true and false as text")


def _written_numbers(name: str, column: Words, options: Options) -> Encoder | None:
    """A column of words that are numbers, but for a few; None if they are not, or too long ones."""
    values = np.array([*map(parse_number, column.words)])
    absent, stray = _holes(column, values)
    n_numbers = int(column.counts[~np.isnan(values)].sum())
    whole = [w.lstrip("+-").isdigit() for w in column.words]
    if (
        (np.abs(values[whole]) > EXACT).any()
        or not n_numbers
        or column.counts[stray].sum() > STRAY_SHARE * n_numbers
    ):
        return None
    why = "numbers written as text" + _strays(column, absent, stray, "number")
    return _numbers(name, np.append(values, math.nan)[column.codes], why, options)


def _holes(column: Words, values: Column) -> tuple[Column, Column]:
    """Which words say that a value is missing, and which others have none."""
    absent = np.array([is_missing_word(word) for word in column.words], dtype=bool)
    return absent, (values != values) & ~absent  # NaN and NaT differ from themselves


def _strays(column: Words, absent: Column, stray: Column, what: str) -> str:
    """What to tell of words that are taken as missing."""
    told = ""
    if n_absent := int(column.counts[absent].sum()):
        told += f"; {count(n_absent, 'cell')} {name_list(column.chosen(absent))} missing"
    if n_stray := int(column.counts[stray].sum()):
        told += f"; {count(n_stray, 'cell')} no {what}: {name_list(column.chosen(stray))}"
    return told


# Times


def _dates(name: str, times: Column, why: str) -> Encoder:
    """A column of times of datetime64, NaT where missing."""
    times = times.astype("datetime64[ms]")
    given = times[~np.isnat(times)]
    if not given.size:
        return _empty(name)
    if given.size == times.size and given.min() == given.max():
        return SetAside(name, "every cell is the same")
    encoder = Date.fit(name, times, why)
    if n_missing := times.size - given.size:
        encoder.why += f"; {count(n_missing, 'cell')} missing in all"
    encoder.why += f"; days since 1970{''.join(', ' + key for key in encoder.calendar)}"
    return encoder


def _written_dates(name: str, column: Words) -> Encoder | None:
    """A column of words that are times in ISO 8601, but for a few; None if they are not."""
    values = np.array([*map(parse_time, column.words)], dtype="datetime64[ms]")
    absent, stray = _holes(column, values)
    n_times = int(column.counts[~np.isnat(values)].sum())
    if not n_times or column.counts[stray].sum() > STRAY_SHARE * n_times:
        return None
    why = "times written as text" + _strays(column, absent, stray, "time")
    return _dates(name, np.append(values, np.datetime64("NaT"))[column.codes], why)


# Words


def _prose_or_names(name: str, column: Words) -> Encoder | None:
    """Free text, or words that name the rows; None where words come again and again."""
    n_given, n_words = column.n_given, len(column.words)
    if n_given < MIN_ROWS_FOR_ID:
        return None
    lengths = [len(word) for word in column.words]
    blanks = column.mean([len(word.split()) - 1 for word in column.words])
    length = column.mean(lengths)
    # Long words all of one length are hashes and the like.
    is_long = length >= TEXT_LENGTH and len(set(lengths)) > 1
    if n_words > TEXT_SHARE * n_given and (blanks >= TEXT_BLANKS or is_long):
        return _text(name, column, f"free text, {length:.0f} characters in the mean")
    if n_words > UNIQUE_SHARE * n_given:
        return SetAside(name, f"{n_words:,} distinct values in {n_given:,} rows name the rows")
    return None


def _text(name: str, column: Words, why: str) -> Encoder:
    encoder = Text.fit(name, column, f"{why}; its length counts, its words are not read")
    return (
        encoder
        if encoder.width
        else SetAside(name, f"{why}; its words are not read, its length is one")
    )


def _category(name: str, column: Words, options: Options, why: str = "") -> Encoder:
    if len(column.words) == 1 and not column.n_missing:
        return SetAside(name, f"every cell is {column.words[0]!r}")
    why += count(len(column.words), "distinct word")
    encoder = Category.fit(name, column, why, options.one_hot_max)
    return encoder if encoder.width else SetAside(name, "no word stands there twice")


def _asked_category(name: str, column: Words, options: Options) -> Encoder:
    numeric = all(abs(parse_number(w)) <= EXACT or is_missing_word(w) for w in column.words)
    if numeric:
        cells = np.array([*map(respell, column.words), None], dtype=object)[column.codes]
        column = read_words(cells)
    encoder = _category(name, column, options, "as asked; ")
    if isinstance(encoder, Category):
        encoder.numeric = numeric
    return encoder
