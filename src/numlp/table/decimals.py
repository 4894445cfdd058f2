"""Which numbers a column of words holds: the decimal sign and the unit, by all of its cells.

Cells that are a number by one decimal sign alone decide it: "1,5" has a decimal comma, "1.234,50"
too, "1,234,567" a decimal point.  Where every cell could be either, such as "1,234", these decide
in turn: what the caller says, the other columns of the table, a file whose columns are parted by
semicolons, the shape of the digits.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.wording import count
from ..data.columns import Column
from ..data.objects import EXACT, spell
from ..errors import DataError
from .codes import FEW
from .number_forms import COMMA, MEASURES, PERCENT, POINT, NumberForm, Spelled, spelled
from .reasons import OTHER_COLUMNS, MayBe, NumberDoubt, Reason, TwoReadings
from .summary import WordSummary
from .words import is_missing_word, parse_number

STRAY_SHARE = 0.05  # of the cells of a column of numbers or dates that may hold another word
MOST_SAMPLED = 512  # words that are looked at first, spread over all
SAMPLE_SHARE = 0.5  # of their cells that has to be numbers, or the other words are not looked at
DIGITS_OF_CODE = 8  # from here on, numbers of as many digits each, parted by blanks, are codes
GRADES = frozenset(map(float, range(-9, 10)))
# A whole number whose thousands, if it has any, are parted by a point.
_PARTED = re.compile(r"[+-]?(?:0|[1-9]\d{0,2}(?:\.\d{3})?)", re.ASCII)
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}", re.ASCII)
_BETWEEN = {COMMA: "commas", POINT: "points", "'": "apostrophes", " ": "blanks"}

Mask = NDArray[np.bool_]


@dataclass
class DecimalSigns:
    """What is known of the decimal signs of a table.

    Attributes
    ----------
    asked : str, optional
        The sign that the caller says all columns of words have.
    hint : str
        The sign that the file suggests; "" where it suggests none.
    votes : dict of str to str
        The sign of each column that is clear by itself.
    doubted : list of str
        The columns that the other columns may decide.
    whole : list of str
        The columns of whole numbers alone.
    settled : str
        The sign of most clear columns, once all have been looked at; "" before, and where there is
        none.
    """

    asked: str | None = None
    hint: str = ""
    votes: dict[str, str] = field(default_factory=dict)
    doubted: list[str] = field(default_factory=list)
    whole: list[str] = field(default_factory=list)
    settled: str = ""

    def settle(self) -> list[str]:
        """The columns to look at again, now that all have been looked at."""
        most = Counter(self.votes.values()).most_common()
        if self.asked or not most or (len(most) == 2 and most[0][1] == most[1][1]):
            return []
        self.settled = most[0][0]
        return [*dict.fromkeys(self.doubted)]

    @property
    def sign(self) -> str:
        """The sign of the table, as far as it is known."""
        return self.asked or self.settled

    def may_part(self, words: Sequence[str]) -> bool:
        """Whether a point in words that look like plain numbers may part thousands.

        In a file that suggests commas it may where whole numbers below 1000 stand beside it.

        >>> DecimalSigns(hint=",").may_part(["1.234", "567"]), DecimalSigns().may_part(["1.234"])
        (True, False)
        """
        if self.sign:
            return self.sign == COMMA
        given = [word for word in words if not is_missing_word(word)]
        return (
            self.hint == COMMA
            and all(map(_PARTED.fullmatch, given))
            and len({POINT in word for word in given}) == 2
        )


class NumberReading(NamedTuple):
    """A column of words as numbers.

    Attributes
    ----------
    form : NumberForm
    values : array of shape (n_words,)
        The number of each word; NaN where it has none.
    reasons : list of str or Reason
        What there is to say of the form.
    """

    form: NumberForm
    values: NDArray[np.float64]
    reasons: list[Reason]


class Cells(NamedTuple):
    """The words of a column, each with what it spells.

    Attributes
    ----------
    words : list of str
    counts : array of shape (n_words,)
        How many cells hold each word.
    spelled : list of Spelled or None
    absent : array of bool, of shape (n_words,)
        Which words say that a cell is missing.
    strays : float
        How many cells of a column of numbers may hold another word, as a share of the numbers.
    """

    words: list[str]
    counts: NDArray[np.intp]
    spelled: list[Spelled | None]
    absent: Mask
    strays: float

    @classmethod
    def of(cls, column: WordSummary, strays: float) -> "Cells":
        words = column.distinct
        return cls(words, column.counts, [*map(spelled, words)], column.absent, strays)

    def number(self, mask: Mask) -> int:
        """How many cells hold the words where the mask is true."""
        return int(self.counts[mask].sum())

    def commonest(self, mask: Mask) -> str:
        """The most frequent word where the mask is true, of equally frequent ones the first."""
        return min((-self.counts[i], self.words[i]) for i in np.flatnonzero(mask))[1]

    def are_numbers(self, mask: Mask) -> bool:
        """Whether the column is one of numbers, but for a few, if these words are numbers."""
        return self.number(~mask & ~self.absent) <= self.strays * self.number(mask)


def may_hold_numbers(column: WordSummary) -> bool:
    """Whether a look at some of the words says that the column may hold numbers in some form."""
    step = -(-len(column.distinct) // MOST_SAMPLED) or 1
    some = zip(column.distinct[::step], column.counts[::step].tolist(), strict=True)
    found = given = 0
    for word, n in some:
        if spelled(word) is not None:
            found += n
        elif is_missing_word(word):
            continue
        given += n
    return found > 0 and found >= SAMPLE_SHARE * given


def read_column(
    column: WordSummary, signs: DecimalSigns, *, asked: bool = False
) -> NumberReading | NumberDoubt | MayBe | None:
    """The numbers that a column of words spells, but for a few.

    A doubt says why a column that is nearly one of numbers is none; None stands for any other one.
    Where numbers were ``asked`` for, most of its cells may hold other words.
    """
    if not asked and not may_hold_numbers(column):
        return None
    cells = Cells.of(column, 1 / STRAY_SHARE - 1 if asked else STRAY_SHARE)
    is_any = np.array([cell is not None for cell in cells.spelled], bool)
    if not is_any.any() or _are_codes(cells, is_any):
        return None
    if not cells.are_numbers(is_any):
        return _but_for_words(column.name, cells, is_any)
    unit, doubt = _unit(cells)
    fits = np.array([cell is not None and cell.unit in ("", unit) for cell in cells.spelled], bool)
    if not cells.are_numbers(fits):
        return doubt
    point, comma = (
        np.array([math.nan if cell is None else cell[i] for cell in cells.spelled]) for i in (0, 1)
    )
    point[~fits] = comma[~fits] = math.nan
    decimal, reasons = _decimal(cells, point, comma, signs)
    values = comma if decimal == COMMA else point
    given = ~np.isnan(values)
    if not cells.are_numbers(given):
        return _refused(column.name, cells, point, comma, signs)
    known = values[given]
    if (np.abs(known[known == np.floor(known)]) > EXACT).any():
        return None
    chosen = [cell for cell, number in zip(cells.spelled, given, strict=True) if cell and number]
    is_marked = [cell.marked for cell in chosen]
    # "(1)" and "(2)" alone are marks, and "2-" among "1", "2" and "3" is a grade.
    if all(is_marked) or (any(is_marked) and set(known) <= GRADES):
        return None
    if reasons:
        signs.doubted.append(column.name)
    elif _n_clear(cells, point, comma) != (0, 0):
        signs.votes[column.name] = decimal
    form = NumberForm(decimal, unit)
    n_bare = cells.number(given & _with_unit(cells, "")) if unit == PERCENT else 0
    told = [*_told(form, chosen, n_bare), *reasons]
    for i in np.flatnonzero(~given):  # of "007" and "true" the column makes numbers
        values[i] = form.read(cells.words[i])
    return NumberReading(form, values, told)


def _but_for_words(name: str, cells: Cells, is_any: Mask) -> MayBe | None:
    """What to say of numbers beside a few words that come too often to be left out unasked."""
    is_other = ~is_any & ~cells.absent
    if is_any.sum() <= FEW or not 0 < is_other.sum() <= max(1, STRAY_SHARE * is_any.sum()):
        return None
    n, n_given = cells.number(is_any), cells.number(~cells.absent)
    told = f"{n:,} of {count(n_given, 'cell')} are numbers, others {cells.commonest(is_other)!r}"
    return MayBe(name, "number", told)


def numbers_of(
    name: str,
    words: list[str],
    counts: NDArray[np.intp],
    signs: DecimalSigns,
    *,
    measures: bool = True,
) -> NDArray[np.float64]:
    """The numbers that words spell, in another form than plain ones where not all are plain.

    Without ``measures``, those with a unit such as "m" are words.

    >>> numbers_of("price", ["1,5", "2"], np.array([3, 1]), DecimalSigns())
    array([1.5, 2. ])
    """
    values = np.array([*map(parse_number, words)])
    if not np.isnan(values).any() and not signs.may_part(words):
        return values
    read = read_column(WordSummary(name, int(counts.sum()), words, counts), signs)
    if not isinstance(read, NumberReading) or (read.form.unit in MEASURES and not measures):
        return values
    return read.values


def _are_codes(cells: Cells, is_any: Mask) -> bool:
    """Whether the words are addresses of computers, or numbers of telephones and the like."""
    words = [word for word, number in zip(cells.words, is_any, strict=True) if number]
    if all(_ADDRESS.fullmatch(word) and max(map(int, word.split("."))) < 256 for word in words):
        return True
    digits = {len(word.replace(" ", "")) for word in words}
    return (
        len(digits) == 1
        and digits.pop() >= DIGITS_OF_CODE
        and all(word.replace(" ", "").isdigit() for word in words)
    )


def _unit(cells: Cells) -> tuple[str, NumberDoubt | None]:
    """The unit that most cells with a unit have, and what speaks against numbers of one scale."""
    by_unit: Counter[str] = Counter()
    for cell, n in zip(cells.spelled, cells.counts.tolist(), strict=True):
        if cell is not None:
            by_unit[cell.unit] += n
    n_bare = by_unit.pop("", 0)
    if not by_unit:
        return "", None
    unit = min(by_unit, key=lambda unit: (-by_unit[unit], unit))
    if len(by_unit) > 1:
        named = " and ".join(repr(cells.commonest(_with_unit(cells, u))) for u in sorted(by_unit))
        return unit, NumberDoubt(f"numbers of several units, {named}: give them one unit")
    if unit == PERCENT and by_unit[unit] < n_bare:
        shown = [repr(cells.commonest(_with_unit(cells, u))) for u in (PERCENT, "")]
        told = f"numbers with and without a percent sign, {' and '.join(shown)}"
        return "", NumberDoubt(f"{told}: write them alike")
    return unit, None


def _with_unit(cells: Cells, unit: str) -> Mask:
    return np.array([cell is not None and cell.unit == unit for cell in cells.spelled], bool)


def _n_clear(cells: Cells, point: Column, comma: Column) -> tuple[int, int]:
    """How many cells are numbers by a decimal point alone, and by a decimal comma alone."""
    with_point, with_comma = ~np.isnan(point), ~np.isnan(comma)
    return cells.number(with_point & ~with_comma), cells.number(with_comma & ~with_point)


def _decimal(
    cells: Cells, point: Column, comma: Column, signs: DecimalSigns
) -> tuple[str, list[Reason]]:
    """The decimal sign of a column, and what there is to say of it where the cells leave it open.

    ``point`` and ``comma`` are the numbers that its words spell by each of the signs.
    """
    if signs.asked:
        return signs.asked, []
    n_point, n_comma = _n_clear(cells, point, comma)
    if n_point or n_comma:
        return COMMA if n_comma > n_point else POINT, []
    is_open = ~np.isnan(point) & (point != comma)
    if not is_open.any():
        return signs.settled or signs.hint or POINT, []
    decimal, by = _of_open(cells, point, is_open, signs)
    word = cells.commonest(is_open)
    both = [spell(float(values[cells.words.index(word)])) for values in (point, comma)]
    read, other = both if decimal == POINT else both[::-1]
    return decimal, [TwoReadings(word, read, other, by, COMMA if decimal == POINT else POINT)]


def _of_open(cells: Cells, point: Column, is_open: Mask, signs: DecimalSigns) -> tuple[str, str]:
    """The decimal sign of a column of which every cell could be two numbers, and what decides."""
    if signs.settled:
        return signs.settled, OTHER_COLUMNS
    if signs.hint == COMMA:
        return COMMA, "as in files with semicolons"
    shown = {cell.between for cell, o in zip(cells.spelled, is_open, strict=True) if cell and o}
    other = {COMMA: POINT, POINT: COMMA}
    rest = [
        (cell, abs(value))
        for cell, value, o in zip(cells.spelled, point.tolist(), is_open, strict=True)
        if cell and not o and value == value
    ]
    if len(shown) == 1 and rest:
        sign = shown.pop()
        if any(cell.between or value >= 1000 for cell, value in rest):
            return sign, "as other thousands are not parted so"
        return other[sign], "as the cells without it are below 1000"
    return POINT, "as nothing else decides"


def _refused(
    name: str, cells: Cells, point: Column, comma: Column, signs: DecimalSigns
) -> NumberDoubt | None:
    """What to say of a column that is not one of numbers by the decimal sign that it should have.

    Raises
    ------
    DataError
        The caller gave the sign.
    """
    by_point, by_comma = ~np.isnan(point), ~np.isnan(comma)
    if signs.asked:
        read, other = (by_comma, by_point) if signs.asked == COMMA else (by_point, by_comma)
        if cells.are_numbers(other):
            raise against_asked(name, cells.commonest(other & ~read), signs.asked)
    if not (by_point & ~by_comma).any() or not (by_comma & ~by_point).any():
        return None
    words = [cells.commonest(by_comma & ~by_point), cells.commonest(by_point & ~by_comma)]
    told = " and ".join(map(repr, words))
    return NumberDoubt(f"decimal commas and decimal points, {told}: write all numbers alike")


def against_asked(name: str, word: str, asked: str) -> DataError:
    """The error for a column of numbers that has another decimal sign than the caller says."""
    return DataError(
        f"column {name!r} has {word!r}, which is not a number with the decimal sign {asked!r}: "
        "leave the sign out, or say that the column is a 'category', 'text' or to 'ignore'"
    )


def _told(form: NumberForm, chosen: Sequence[Spelled], n_bare: int) -> list[str]:
    """What is unlike plain numbers in the form of a column."""
    between = sorted({cell.between for cell in chosen} - {"", form.decimal})
    broken = form.decimal == COMMA and any(cell.point != cell.comma for cell in chosen)
    told = ["decimal commas"] if broken else []
    told += [f"{_BETWEEN[sign]} between thousands" for sign in between]
    if any(cell.marked for cell in chosen):
        told.append("negative in parentheses or by a sign behind")
    told += [f"in {form.unit}"] if form.unit else []
    return told + ([f"{count(n_bare, 'cell')} without % taken as percent too"] if n_bare else [])
