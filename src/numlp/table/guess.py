"""What is this column?  The rules that decide, and what a caller may ask for instead.

The rules see a summary of the column, never its cells, so that a table may lie anywhere.
"""

import math
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ..common.wording import count, name_list
from ..data.columns import Column
from ..data.objects import EXACT
from ..errors import DataError
from .asked import Asked, parse_levels
from .category import Category
from .date_forms import NUMBER_FORMS, form_of, times_in
from .date_readings import FoundForm, find_form
from .dates import Date
from .encoders import MIN_COUNT, Encoder, Number, SetAside, TwoValues
from .ordered import Ordered, levels_by_value
from .reasons import (
    AS_ASKED,
    BY_ORDERED_TYPE,
    BY_TYPE,
    IGNORED,
    KeptAs,
    MayBe,
    Reason,
    StrayCells,
    UnsureDates,
    Why,
    reasons_of,
)
from .summary import ColumnSummary, NumberSummary, TimeSummary, WordSummary
from .text import Text
from .words import TRUTHS, is_missing_word, parse_number, parse_time, read_number

STRAY_SHARE = 0.05  # of the cells of a column of numbers or dates that may hold another word
UNIQUE_SHARE = 0.95  # a column of words with more distinct ones than this names its rows
MIN_ROWS_FOR_ID = 20  # with fewer, distinct values do not say that they are identifiers
TEXT_SHARE = 0.5  # a column of long words with more distinct ones than this is free text
TEXT_BLANKS, TEXT_LENGTH = 3, 25  # mean number of either in a cell that make its word long
DATE_OF_DIGITS = (
    "%Y%m%d"  # the form that numbers have which were asked to be dates, such as 20240301
)
FEW = 12  # distinct whole numbers, at most, that get a flag each
FEW_ROWS = 5  # rows that each of them needs in the mean
ONE_HOT_MAX = 24  # words that get a flag each; of more, a code is looked up
# Whole numbers without a repeat, where chance would have had this many, were given out.
EXPECTED_REPEATS = 25
ID_NAME = re.compile(
    r"(?i:(.*[\s_.-])?(id|uuid|guid)|index|idx|key|row|rownum|(row|phone|record)[\s_.-]?(no|number)"
    r"|phone|unnamed: 0)|.*[a-z0-9]I[dD]"
)
# Whole numbers that are called so name places or things, and are no quantity.
CODE_NAME = re.compile(
    r"(?i:(.*[\s_.-])?(zip|plz|postcode|(zip|post|postal|area|region|country|product|vendor|supplier)"
    r"[\s_.-]?code|(branch|store|shop|outlet|station|dept|department)[\s_.-]?(code|no|nr|number)?))"
)


class Options(NamedTuple):
    """The rules that a caller may change."""

    one_hot_max: int = ONE_HOT_MAX
    few_as_flags: bool = True
    labels: Sequence[str] = ()  # the classes that the words of a text may speak for


def ignored(name: str) -> SetAside:
    """Set the column aside as a caller asked, whatever it holds."""
    return SetAside(name, Why(IGNORED))


def find_encoder(
    column: ColumnSummary,
    asked: Asked | None,
    options: Options,
    *,
    is_category: bool = False,
    levels: Sequence[str] = (),
) -> Encoder:
    """What a column becomes: as asked, or by its type, or by the rules.

    ``levels`` are those of a type whose categories have an order, the lowest first.

    Raises
    ------
    DataError
        The cells cannot be what was asked for.
    """
    if asked is not None and asked.kind == "ignore":
        return ignored(column.name)
    if asked is not None:
        return _obey(column, asked, options)
    if levels := levels_by_value(levels):
        return _ordered(column.words(), levels, Why(BY_ORDERED_TYPE))
    if is_category:
        return _told_category(column.words(), Why(BY_TYPE), options)
    if isinstance(column, TimeSummary):
        return _dates(column, Why("times"))
    if isinstance(column, NumberSummary):
        return _numbers(column, Why("numbers"), options)
    words = column.words()
    found = _written_truths(words) or _written_numbers(words, options) or _written_dates(words)
    if isinstance(found, Encoder):
        return found
    why = Why() if found is None else Why(found)
    words = words.merged()
    if not words.n_given:
        return _empty(column)
    return _prose_or_names(words, why, options) or _category(words, why, options)


def _obey(column: ColumnSummary, wish: Asked, options: Options) -> Encoder:
    """What the column becomes where a caller asked for a kind."""
    asked = wish.kind
    if asked == "date":
        return _asked_dates(column, wish)
    if isinstance(column, NumberSummary) and asked == "number":
        return _plain_number(column, Why(AS_ASKED))
    if asked == "ordered":
        return _asked_order(column.words(), wish)
    if asked != "category" and not isinstance(column, WordSummary):
        allowed = {"times": "'date'", "numbers": "'number'"}[column.holds]
        raise _refusal(
            column, wish, f"it holds {column.holds}: allowed are {allowed}, 'category', 'ignore'"
        )
    words = column.words()
    if not words.n_given:
        return _empty(column)
    if asked == "text":
        words = words.merged()
        if wish.detail:
            options = options._replace(labels=())
        return _text(words, AS_ASKED, options) if words.n_given else _empty(column)
    if asked == "category":
        return _told_category(words, Why(AS_ASKED), options)
    values = np.array([*map(read_number, words.distinct)])
    absent, stray = _holes(words, values)
    n_given, n_stray = int(words.counts[~absent].sum()), int(words.counts[stray].sum())
    _check_read(words, wish, stray, n_given, "a number")
    why = Why(AS_ASKED, *_unread(words, absent, stray, asked))
    return _with_strays(_plain_number(words.numbers(values), why), n_stray, n_given)


def _check_read(
    words: WordSummary, asked: Asked, stray: Column, n_given: int, what: str, hint: str = ""
) -> None:
    """Raise a DataError where hardly a cell is what a caller asked the column to be."""
    if (n_read := n_given - int(words.counts[stray].sum())) < STRAY_SHARE * max(n_given, 1):
        verb = "holds" if 1 in (n_read, n_given) else "hold"
        raise _refusal(
            words,
            asked,
            f"{n_read:,} of {count(n_given, 'cell')} {verb} {what}, others such as "
            f"{name_list(words.commonest(stray))}: {hint}allowed are 'category', 'text', 'ignore'",
        )


def _refusal(column: ColumnSummary, asked: Asked, why: str) -> DataError:
    return DataError(f"column {column.name!r} was asked to be {str(asked)!r}, but {why}")


def _empty(column: ColumnSummary) -> SetAside:
    return SetAside(column.name, Why("every cell is empty"))


# Numbers


def _numbers(column: NumberSummary, why: Why, options: Options) -> Encoder:
    """What a column of numbers becomes by the rules."""
    if not column.n_given:
        return _empty(column)
    name, n_given, n_missing = column.name, column.n_given, column.n_missing
    n_distinct = column.n_distinct
    if n_distinct == 1 and not n_missing:
        return SetAside(name, Why(f"every cell is {column.low:g}"))
    if n_missing:
        why = why.also(f"{count(n_missing, 'cell')} missing in all")
    if n_distinct == 2:
        return TwoValues.fit(column, why.also(f"{column.low:g} and {column.high:g} alone"))
    whole = column.are_whole()
    if whole and (reason := _names_rows(column, n_distinct)):
        return SetAside(name, Why(reason, KeptAs(name, "number")))
    few = 2 < n_distinct <= FEW and n_given >= FEW_ROWS * n_distinct
    if whole and few and options.few_as_flags:
        values = column.distinct()
        why = why.also(f"{n_distinct} distinct values, a flag for each")
        return Number.fit(column, why, values[column.counts(values) >= MIN_COUNT].tolist())
    return Number.fit(column, why.also(*_may_be(column) if whole else ()))


def _may_be(column: NumberSummary) -> Iterator[Reason]:
    """What whole numbers may be beside a quantity: names of places and things, or dates."""
    name = column.name
    if CODE_NAME.fullmatch(name):
        yield MayBe(name, "category", "its name says that these numbers name places or things")
    elif column.low >= 19_000_101 and column.high <= 20_991_231:
        times = form_of(DATE_OF_DIGITS).times(column.distinct())
        if not np.isnat(times).any():
            yield MayBe(
                name, f"date:{DATE_OF_DIGITS}", f"each number is a date, as {times[0]!s:.10}"
            )


def _plain_number(column: NumberSummary, why: Why) -> Encoder:
    """What a column becomes that a caller asked to be numbers: no flags for single values."""
    if not column.n_given:
        return _empty(column)
    if not column.n_missing and column.is_constant:
        return SetAside(column.name, Why(f"every cell is {column.low:g}"))
    return Number.fit(column, why)


def _names_rows(column: NumberSummary, n_distinct: int) -> str:
    """Why whole numbers name the rows rather than measure something; "" if they do not."""
    n, n_repeats = column.n_given, column.n_given - n_distinct
    if n < MIN_ROWS_FOR_ID or n_repeats > 0.001 * n:
        return ""
    if ID_NAME.fullmatch(column.name):
        return f"{n_distinct:,} distinct numbers in {n:,} rows, and its name, say that it is an ID"
    room = (column.high - column.low) / column.step() + 1
    expected = n * n / 2 / room  # repeats, were the numbers drawn from that room at random
    if expected < EXPECTED_REPEATS or n_repeats * 10 > expected:
        return ""
    return f"{n_distinct:,} distinct whole numbers from a range of {room:,.0f} name the rows"


def _written_truths(column: WordSummary) -> Encoder | None:
    """A column of "true" and "false"; None if it has any other word."""
    truths = np.array([TRUTHS.get(word.lower(), math.nan) for word in column.distinct])
    absent, stray = _holes(column, truths)
    if stray.any() or len(np.unique(truths[~absent])) != 2:
        return None
    return TwoValues.fit(column.numbers(truths), Why("true and false as text"))


def _written_numbers(column: WordSummary, options: Options) -> Encoder | None:
    """A column of words that spell numbers, but for a few.

    None if they do not, or if one is a whole number too long for float64.  "007" and "true" speak
    against numbers; but if the column is one of numbers, they are 7 and 1 in it.
    """
    spelled = np.array([*map(parse_number, column.distinct)])
    values = np.array([*map(read_number, column.distinct)])
    absent, stray = _holes(column, spelled)
    n_numbers = int(column.counts[~np.isnan(spelled)].sum())
    whole = [w.lstrip("+-").isdigit() for w in column.distinct]
    if (
        (np.abs(values[whole]) > EXACT).any()
        or not n_numbers
        or column.counts[stray].sum() > STRAY_SHARE * n_numbers
    ):
        return None
    absent, stray = _holes(column, values)
    why = Why("numbers written as text", *_unread(column, absent, stray, "number"))
    found = _numbers(column.numbers(values), why, options)
    return _with_strays(found, column.counts[stray].sum(), column.counts[~absent].sum())


def _holes(column: WordSummary, values: Column) -> tuple[Column, Column]:
    """Which words say that a value is missing, and which others have no value."""
    absent = np.array([is_missing_word(word) for word in column.distinct], dtype=bool)
    return absent, (values != values) & ~absent  # NaN and NaT differ from themselves


def _with_strays(encoder: Encoder, n_stray: int, n_given: int) -> Encoder:
    """The encoder, which learns how many of the cells given were words without a value."""
    if n_stray and isinstance(encoder, Number | TwoValues | Date):
        encoder.strays = float(n_stray / n_given)
    return encoder


def _unread(column: WordSummary, absent: Column, stray: Column, what: str) -> list[Reason]:
    """The reasons to add about words that are taken as missing."""
    reasons: list[Reason] = []
    if n_absent := int(column.counts[absent].sum()):
        reasons.append(f"{count(n_absent, 'cell')} {name_list(column.commonest(absent))} missing")
    if n_stray := int(column.counts[stray].sum()):
        reasons.append(StrayCells.of(what, n_stray, column.commonest(stray)))
    return reasons


# Times


def _dates(column: TimeSummary, why: Why) -> Encoder:
    """What a column of times becomes."""
    if not column.n_given:
        return _empty(column)
    if not column.n_missing and column.is_constant:
        return SetAside(column.name, Why("every cell is the same"))
    return Date.fit(column, why)


def _written_dates(column: WordSummary) -> Encoder | UnsureDates | None:
    """A column of words that spell times in one form, but for a few; None if they do not."""
    values = np.array([*map(parse_time, column.distinct)], dtype="datetime64[ms]")
    absent, stray = _holes(column, values)
    n_times = int(column.counts[~np.isnat(values)].sum())
    if n_times and column.counts[stray].sum() <= STRAY_SHARE * n_times:
        why = Why("times written as text", *_unread(column, absent, stray, "time"))
        found = _dates(column.times(values), why)
        return _with_strays(found, column.counts[stray].sum(), column.counts[~absent].sum())
    form = find_form(column, values, absent, STRAY_SHARE)
    if not isinstance(form, FoundForm):
        return form
    shown = f", as {form.word!r} shows" if form.word else ""
    why = Why(f"times written as {form.form}{shown}")
    return _dates_in_form(column, form.form, form.values, why, n_times)


def _dates_in_form(
    column: WordSummary, form: str, values: Column, why: Why, n_iso: int = 0
) -> Encoder:
    """The dates that words spell in a form, or in ISO 8601, with what is said of other words."""
    absent, stray = _holes(column, values)
    if n_iso:
        why = why.also(f"{count(n_iso, 'cell')} in ISO 8601")
    found = _dates(column.times(values), why.also(*_unread(column, absent, stray, "time")))
    if isinstance(found, Date):
        found.form = form
    return _with_strays(found, column.counts[stray].sum(), column.counts[~absent].sum())


def _asked_dates(column: ColumnSummary, asked: Asked) -> Encoder:
    """What a column becomes that a caller asked to be dates, in a form or in any."""
    if isinstance(column, TimeSummary):
        return _dates(column, Why(AS_ASKED))
    if not column.n_given:
        return _empty(column)
    if isinstance(column, NumberSummary):
        return _dates_of_numbers(column, asked)
    words, form = column.words(), asked.detail
    iso = np.array([*map(parse_time, words.distinct)], dtype="datetime64[ms]")
    absent, odd = _holes(words, iso)
    n_given, n_odd = int(words.counts[~absent].sum()), int(words.counts[odd].sum())
    n_iso = n_given - n_odd
    values, hint, what = iso, "", "a time such as 2024-03-01 or 2024-03-01T10:22"
    found: FoundForm | UnsureDates | None = None
    if n_odd > STRAY_SHARE * n_iso:
        found = find_form(words, iso, absent, STRAY_SHARE, strays=1 / STRAY_SHARE - 1)
        digits = _in_digits(times_in(form_of(DATE_OF_DIGITS), words.distinct))
        if int(words.counts[~absent & np.isnat(digits)].sum()) <= STRAY_SHARE * n_given:
            found = FoundForm(DATE_OF_DIGITS, digits, "")
    if form:
        own = times_in(form_of(form), words.distinct)
        values, what = np.where(np.isnat(own), iso, own), f"a time written as {form}"
        if isinstance(found, FoundForm):
            hint = f"they look like 'date:{found.form}'; "
    elif isinstance(found, FoundForm):
        form, values = found.form, found.values
    elif found is not None and found.readings[0].n_cells > n_iso:
        raise _refusal(column, asked, f"{found.found}: ask for {name_list(found.kinds)}")
    absent, stray = _holes(words, values)
    _check_read(words, asked, stray, n_given, what, hint)
    if form:
        return _dates_in_form(words, form, values, Why(AS_ASKED, f"written as {form}"), n_iso)
    why = Why(AS_ASKED, *_unread(words, absent, stray, "date"))
    return _with_strays(_dates(words.times(values), why), n_odd, n_given)


def _in_digits(times: Column) -> Column:
    """Times that numbers spell as 20240301 does; 12340301 would hardly be one."""
    known = (times >= np.datetime64("1900")) & (times < np.datetime64("2100"))
    return np.where(known, times, np.datetime64("NaT", "ms"))


def _dates_of_numbers(column: NumberSummary, asked: Asked) -> Encoder:
    """What a column of numbers becomes that a caller asked to be dates."""
    numbers, form = column.distinct(), asked.detail or DATE_OF_DIGITS
    if not form_of(form).takes_numbers:
        raise _refusal(column, asked, "it holds numbers, which have no such form")
    values = form_of(form).times(numbers)
    if not asked.detail:
        values = _in_digits(values)
    read, words = ~np.isnat(values), column.words()
    if not asked.detail and int(words.counts[~read].sum()) > STRAY_SHARE * column.n_given:
        kinds = ", ".join(f"'date:{each}'" for each in (DATE_OF_DIGITS, *NUMBER_FORMS))
        raise _refusal(
            column,
            asked,
            "it holds numbers: allowed are 'number', 'category', 'ignore', and where they are "
            f"dates {kinds}",
        )
    _check_read(words, asked, ~read, column.n_given, f"a time written as {form}")
    return _dates_in_form(words, form, values, Why(AS_ASKED, f"written as {form}"))


# Words


def _prose_or_names(column: WordSummary, why: Why, options: Options) -> Encoder | None:
    """Free text, or words that name the rows; None where words come again and again."""
    n_given, n_words = column.n_given, len(column.distinct)
    if n_given < MIN_ROWS_FOR_ID:
        return None
    lengths = [len(word) for word in column.distinct]
    blanks = column.mean([len(word.split()) - 1 for word in column.distinct])
    length = column.mean(lengths)
    # Long words all of one length are hashes and the like.
    is_long = length >= TEXT_LENGTH and len(set(lengths)) > 1
    if n_words > TEXT_SHARE * n_given and (blanks >= TEXT_BLANKS or is_long):
        return _text(column, f"free text, {length:.0f} characters in the mean", options)
    if n_words > UNIQUE_SHARE * n_given:
        reason = f"{n_words:,} distinct values in {n_given:,} rows name the rows"
        return SetAside(column.name, Why(reason, *why.reasons))
    return None


def _text(column: WordSummary, reason: str, options: Options) -> Encoder:
    encoder = Text.fit(column, Why(reason), options.labels)
    if encoder.width:
        return encoder
    return SetAside(column.name, Why(reason, "its words are not read, its length is one"))


def _category(column: WordSummary, why: Why, options: Options, *, numeric: bool = False) -> Encoder:
    if not column.n_missing and column.is_constant:
        return SetAside(column.name, Why(f"every cell is {column.distinct[0]!r}"))
    encoder = Category.fit(column, why, options.one_hot_max, numeric=numeric)
    return encoder if encoder.width else SetAside(column.name, Why("no word stands there twice"))


def _asked_order(column: WordSummary, asked: Asked) -> Encoder:
    """A column of the levels that a caller named, but for a few cells."""
    encoder = _ordered(column, parse_levels(asked.detail), Why(AS_ASKED))
    if isinstance(encoder, Ordered) and (encoder.strays or 0) > STRAY_SHARE:
        odd = next(reason for reason in reasons_of(encoder.why) if isinstance(reason, StrayCells))
        raise _refusal(
            column,
            asked,
            f"{odd.n_cells:,} of {count(column.merged().n_given, 'cell')} are no level: "
            f"{name_list(odd.words, n_names=odd.n_words)}. Name these too, or ask for 'category'",
        )
    return encoder


def _ordered(column: WordSummary, levels: Sequence[str], why: Why) -> Encoder:
    column = column.merged()
    if not column.n_given:
        return _empty(column)
    if not column.n_missing and column.is_constant:
        return SetAside(column.name, Why(f"every cell is {column.distinct[0]!r}"))
    return Ordered.fit(column, levels, why)


def _told_category(column: WordSummary, why: Why, options: Options) -> Encoder:
    """A column that is a category as its owner says, whatever its words spell."""
    numeric = all(abs(parse_number(w)) <= EXACT or is_missing_word(w) for w in column.distinct)
    column = column.merged()
    if not column.n_given:
        return _empty(column)
    if numeric:
        column = column.as_numbers_are_spelled()
    return _category(column, why, options, numeric=numeric)
