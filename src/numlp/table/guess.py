"""What is this column?  The rules that decide, and what a caller may ask for instead.

The rules see a summary of the column, never its cells, so that a table may lie anywhere.
"""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..common.wording import count, name_list
from ..data.objects import EXACT
from .asked import LENGTH, Asked, parse_levels
from .category import Category
from .codes import FEW, codes_by_name, codes_by_zeros
from .decimals import STRAY_SHARE, DecimalSigns, NumberReading, read_column
from .encoders import MIN_COUNT, ONE_HOT_MAX, Encoder, Number, SetAside, TwoValues
from .guess_dates import asked_dates, found_dates, may_be_dates, written_dates
from .number_forms import NumberForm
from .ordered import Ordered, levels_by_value
from .reasons import (
    AS_ASKED,
    BY_ORDERED_TYPE,
    BY_TYPE,
    IGNORED,
    KeptAs,
    LengthAlone,
    MayBe,
    StrayCells,
    UnreadTimes,
    UnsureDates,
    Why,
    WrittenVectors,
    reasons_of,
)
from .summary import ColumnSummary, NumberSummary, TimeSummary, VectorSummary, WordSummary
from .text import Text
from .unread import Spelled, empty, refusal
from .vectors import Vector, parse_vector
from .words import TRUTHS, is_missing_word, parse_number, read_number

WRITTEN = "numbers written as text"
UNIQUE_SHARE = 0.95  # a column of words with more distinct ones than this names its rows
MIN_ROWS_FOR_ID = 20  # with fewer, distinct values do not say that they are identifiers
TEXT_SHARE = 0.5  # a column of long words with more distinct ones than this is free text
TEXT_BLANKS, TEXT_LENGTH = 3, 25  # mean number of either in a cell that make its word long
FEW_ROWS = 5  # rows that each of them needs on average
# Whole numbers without a repeat, where chance would have had this many, were given out.
EXPECTED_REPEATS = 25
ID_NAME = re.compile(
    r"(?i:(.*[\s_.-])?(id|uuid|guid)|index|idx|key|row|rownum|(row|phone|record)[\s_.-]?(no|number)"
    r"|phone|unnamed: 0)|.*[a-z0-9]I[dD]"
)


class Options(NamedTuple):
    """The rules that a caller may change, and what is known of the table beside the column."""

    one_hot_max: int = ONE_HOT_MAX
    few_as_flags: bool = True
    labels: Sequence[str] = ()  # the classes that the words of a text may speak for
    decimals: DecimalSigns | None = None


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
    if isinstance(column, VectorSummary):
        return _vectors(column, Why())
    if is_category:
        return _told_category(column.words(), Why(BY_TYPE), options)
    if isinstance(column, TimeSummary):
        return found_dates(column, Why("times"))
    if isinstance(column, NumberSummary):
        return _numbers(column, Why("numbers"), options)
    words = column.words()
    found = _written_truths(words) or _written_numbers(words, options) or written_dates(words)
    if isinstance(found, Encoder):
        return found
    why = Why() if found is None else Why(found)
    read = read_column(words, options.decimals or DecimalSigns())
    if isinstance(read, NumberReading):
        return _read_numbers(words, read, Why(WRITTEN), options)
    if read is not None:
        why = why.also(read)
    words = words.merged()
    if not words.n_given:
        return empty(column)
    found = _prose_or_names(words, why, options)
    if found and all(parse_vector(word) for word in words.distinct):
        found.why = Why(*reasons_of(found.why), WrittenVectors(column.name))
    return found or _category(words, why, options)


def _obey(column: ColumnSummary, wish: Asked, options: Options) -> Encoder:
    """What the column becomes where a caller asked for a kind."""
    asked = wish.kind
    if isinstance(column, VectorSummary):
        if asked == "vector":
            return _vectors(column, Why(AS_ASKED))
        raise refusal(column, wish, "it holds vectors: allowed are 'vector', 'ignore'")
    if asked == "date":
        return asked_dates(column, wish)
    if isinstance(column, NumberSummary) and asked == "number":
        return _plain_number(column, Why(AS_ASKED))
    if asked == "ordered":
        return _asked_order(column.words(), wish)
    if asked != "category" and not isinstance(column, WordSummary):
        allowed = {"times": "'date'", "numbers": "'number'"}[column.holds]
        raise refusal(
            column, wish, f"it holds {column.holds}: allowed are {allowed}, 'category', 'ignore'"
        )
    words = column.words()
    if not words.n_given or asked == "vector":  # whose words would be vectors here
        return empty(column)
    if asked == "text":
        words = words.merged()
        options = options._replace(labels=()) if wish.detail == LENGTH else options
        return _text(words, AS_ASKED, options) if words.n_given else empty(column)
    if asked == "category":
        return _told_category(words, Why(AS_ASKED), options)
    values = np.array([*map(read_number, words.distinct)])
    plain = Spelled(words, values)
    if asked == "number" and (read := _in_form(plain, options, asked=True)):
        return _read_numbers(words, read, Why(AS_ASKED), options)
    plain.check(wish, "a number")
    why = Why(AS_ASKED, *plain.reasons(asked))
    return plain.told(_plain_number(words.numbers(values), why))


# Numbers


def _numbers(column: NumberSummary, why: Why, options: Options) -> Encoder:
    """What a column of numbers becomes by the rules."""
    if not column.n_given:
        return empty(column)
    name, n_given, n_missing = column.name, column.n_given, column.n_missing
    n_distinct = column.n_distinct
    if n_distinct == 1 and not n_missing:
        return SetAside(name, Why(f"every cell is {column.low:g}"))
    if n_missing:
        why = why.also(f"{count(n_missing, 'cell')} missing in all")
    if n_distinct == 2:
        return TwoValues.fit(column, why.also(f"{column.low:g} and {column.high:g} alone"))
    whole = column.are_whole()
    if whole and options.decimals is not None:
        options.decimals.whole.append(name)
    if whole and (reason := _names_rows(column, n_distinct)):
        return SetAside(name, Why(reason, KeptAs(name, "number")))
    if whole:
        why = why.also(*codes_by_name(column))
    few = 2 < n_distinct <= FEW and n_given >= FEW_ROWS * n_distinct
    if whole and few and options.few_as_flags:
        values = column.distinct()
        why = why.also(f"{n_distinct} distinct values, a flag for each")
        return Number.fit(column, why, values[column.counts(values) >= MIN_COUNT].tolist())
    return Number.fit(column, why.also(*may_be_dates(column) if whole else ()))


def _plain_number(column: NumberSummary, why: Why) -> Encoder:
    """What a column becomes that a caller asked to be numbers: no flags for single values."""
    if not column.n_given:
        return empty(column)
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
    spelled = Spelled(column, truths)
    if spelled.n_stray or len(np.unique(truths[~spelled.absent])) != 2:
        return None
    return TwoValues.fit(column.numbers(truths), Why("true and false as text"))


def _written_numbers(column: WordSummary, options: Options) -> Encoder | None:
    """A column of words that spell numbers, but for a few.

    None if they do not, or if one is a whole number too long for float64.  "007" and "true" speak
    against numbers; but if the column is one of numbers, they are 7 and 1 in it.
    """
    strict = Spelled(column, np.array([*map(parse_number, column.distinct)]))
    if not strict.n_read or strict.n_stray > STRAY_SHARE * strict.n_read:
        return None
    values = np.array([*map(read_number, column.distinct)])
    whole = [w.lstrip("+-").isdigit() for w in column.distinct]
    if (np.abs(values[whole]) > EXACT).any():
        return None
    plain = Spelled(column, values)
    if options.decimals is not None:
        options.decimals.doubted.append(column.name)
    if read := _in_form(plain, options):
        return _read_numbers(column, read, Why(WRITTEN), options)
    why = Why(WRITTEN, *plain.reasons("number"), *codes_by_zeros(column))
    return plain.told(_numbers(column.numbers(values), why, options))


def _in_form(plain: Spelled, options: Options, *, asked: bool = False) -> NumberReading | None:
    """The numbers of a column in another form than plain ones, if that reads more of its cells.

    In a table with decimal commas it is enough if the form reads as many.
    """
    column, signs = plain.words, options.decimals or DecimalSigns()
    if not plain.n_stray and not signs.may_part(column.distinct):
        return None
    read = read_column(column, signs)
    if asked and (read is None or isinstance(read, MayBe)):
        read = read_column(column, signs, asked=True)
    if not isinstance(read, NumberReading) or read.form == NumberForm():
        return None
    n_left = Spelled(column, read.values).n_stray
    return read if n_left < plain.n_stray + signs.may_part(column.distinct) else None


def _read_numbers(column: WordSummary, read: NumberReading, why: Why, options: Options) -> Encoder:
    """What a column becomes whose numbers are written in another form than plain ones."""
    spelled = Spelled(column, read.values)
    why = why.also(*read.reasons, *spelled.reasons("number"))
    numbers = column.numbers(read.values)
    asked = AS_ASKED in why.reasons
    found = _plain_number(numbers, why) if asked else _numbers(numbers, why, options)
    if isinstance(found, Number | TwoValues):
        found.written = read.form.state()
    return spelled.told(found)


# Words


def _prose_or_names(column: WordSummary, why: Why, options: Options) -> Encoder | None:
    """Free text, or words that name the rows; None where words come again and again."""
    n_given, n_words = column.n_given, column.n_distinct
    if n_given < MIN_ROWS_FOR_ID:
        return None
    lengths = [len(word) for word in column.distinct]
    blanks = column.mean([len(word.split()) - 1 for word in column.distinct])
    length = column.mean(lengths)
    # Long words all of one length are hashes and the like.
    is_long = length >= TEXT_LENGTH and len(set(lengths)) > 1
    if n_words > TEXT_SHARE * n_given and (blanks >= TEXT_BLANKS or is_long):
        found = _text(column, f"free text, {length:.0f} characters on average", options)
        times = [reason for reason in why.reasons if isinstance(reason, UnreadTimes)]
        found.why = Why(*reasons_of(found.why), *times)
        return found
    if n_words > UNIQUE_SHARE * n_given:
        reason = f"{n_words:,} distinct values in {n_given:,} rows name the rows"
        return SetAside(column.name, Why(reason, *why.reasons))
    return None


def _text(column: WordSummary, reason: str, options: Options) -> Encoder:
    encoder = Text.fit(column, Why(reason), options.labels)
    if encoder.width:
        return encoder
    because = [more.because for more in reasons_of(encoder.why) if isinstance(more, LengthAlone)]
    return SetAside(column.name, Why(reason, LengthAlone("".join(because), differs=False)))


def _category(column: WordSummary, why: Why, options: Options, *, numeric: bool = False) -> Encoder:
    if not column.n_missing and column.is_constant:
        return SetAside(column.name, Why(f"every cell is {column.distinct[0]!r}"))
    encoder = Category.fit(column, why, options.one_hot_max, numeric=numeric)
    if encoder.width:
        return encoder
    times = [reason for reason in why.reasons if isinstance(reason, UnsureDates | UnreadTimes)]
    return SetAside(column.name, Why("no word stands there twice", *times))


def _asked_order(column: WordSummary, asked: Asked) -> Encoder:
    """A column of the levels that a caller named, but for a few cells."""
    encoder = _ordered(column, parse_levels(asked.detail), Why(AS_ASKED))
    if isinstance(encoder, Ordered) and (encoder.strays or 0) > STRAY_SHARE:
        odd = next(reason for reason in reasons_of(encoder.why) if isinstance(reason, StrayCells))
        raise refusal(
            column,
            asked,
            f"{odd.n_cells:,} of {count(column.merged().n_given, 'cell')} are no level: "
            f"{name_list(odd.words, n_names=odd.n_words)}. Name these too, or ask for 'category'",
        )
    return encoder


def _ordered(column: WordSummary, levels: Sequence[str], why: Why) -> Encoder:
    column = column.merged()
    if not column.n_given:
        return empty(column)
    if not column.n_missing and column.is_constant:
        return SetAside(column.name, Why(f"every cell is {column.distinct[0]!r}"))
    return Ordered.fit(column, levels, why)


def _told_category(column: WordSummary, why: Why, options: Options) -> Encoder:
    """A column that is a category as its owner says, whatever its words spell."""
    numeric = all(abs(parse_number(w)) <= EXACT or is_missing_word(w) for w in column.distinct)
    column = column.merged()
    if not column.n_given:
        return empty(column)
    if numeric:
        column = column.as_numbers_are_spelled()
    return _category(column, why, options, numeric=numeric)


# Vectors


def _vectors(column: VectorSummary, why: Why) -> Encoder:
    """What a column of vectors becomes."""
    if not column.n_given:
        return empty(column)
    why = why.also(f"vectors of {count(len(column.places), 'number')}")
    if not column.n_missing and column.is_constant:
        return SetAside(column.name, why.also("all are the same"))
    if column.n_missing:
        why = why.also(f"{count(column.n_missing, 'cell')} missing in all")
    n_holes = sum(column.n_given - place.n_given for place in column.places)
    if n_holes:
        why = why.also(f"{count(n_holes, 'number')} missing within vectors")
    return Vector.fit(column, why)
