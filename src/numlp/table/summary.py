"""A column without its cells: counts, quantiles, words, all that decides what it becomes.

The rules that guess, and the encoders, see summaries alone.  A summary is exact, and summaries of
parts of a column merge, so that a table may lie in parts: ``merge`` of the summaries equals
``summarize`` of the whole column.  The order of the rows is not in it: words alone stand in the
order in which they appear, which decides nothing.

A summary of numbers takes as much memory as the column, so only one is in memory at a time.
Outside this module nothing reads ``ordered`` but ``sketches``, whose summaries of bounded memory
answer the same methods and can take the place of exact ones.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..data.columns import Column
from ..data.objects import EXACT, spell
from ..data.vectors import missing_vectors
from ..errors import DataError
from .times import CALENDAR, days_since_1970
from .words import by_value, is_missing_word, read_words

BLOCK = 1 << 16  # numbers that are looked at at a time

# The lowest, the lower quartile, the median, the upper quartile, the highest.
Five = tuple[float, float, float, float, float]
Ends = tuple[float, float]


@dataclass(frozen=True, eq=False)
class ColumnSummary:
    """The base of the summaries, with what all of them have.

    Attributes
    ----------
    holds : str
        What stands in the cells: "numbers", "times", "words" or "vectors".
    name : str
        The name of the column.
    n_rows : int
        Cells, missing ones too.
    """

    holds: ClassVar[str]
    name: str
    n_rows: int

    @property
    def n_given(self) -> int:
        """Number of cells that are not missing."""
        raise NotImplementedError

    @property
    def n_missing(self) -> int:
        """Number of missing cells; in a column of words, also of cells of blanks alone."""
        return self.n_rows - self.n_given

    @property
    def is_constant(self) -> bool:
        """Whether all given cells hold the same value; at least one has to be given."""
        raise NotImplementedError

    def words(self) -> "WordSummary":
        """The column as words: each number or time as it is spelled among words."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class NumberSummary(ColumnSummary):
    """A column of numbers.

    Attributes
    ----------
    ordered : array of shape (n_given,)
        The numbers that are given, from the lowest to the highest, 0 for -0.
    """

    holds = "numbers"
    ordered: Column

    @property
    def n_given(self) -> int:
        return len(self.ordered)

    @property
    def is_constant(self) -> bool:
        return self.low == self.high

    @property
    def low(self) -> float:
        """The lowest number; here and below at least one has to be given."""
        return float(self.ordered[0])

    @property
    def high(self) -> float:
        """The highest number."""
        return float(self.ordered[-1])

    @property
    def n_distinct(self) -> int:
        """How many different numbers there are."""
        return _n_distinct(self.ordered)

    def distinct(self) -> Column:
        """The different numbers, from the lowest to the highest; a column may have many."""
        first = np.ones(self.n_given, bool)
        np.not_equal(self.ordered[1:], self.ordered[:-1], out=first[1:])
        distinct: Column = self.ordered[first]
        return distinct

    def are_whole(self) -> bool:
        """Whether all numbers are whole, and small enough for a float64 to be exact."""
        blocks = _blocks(self.ordered)
        return -EXACT <= self.low <= self.high <= EXACT and all(
            (block == np.floor(block)).all() for block in blocks
        )

    def step(self) -> int:
        """The largest number that divides all distances of whole numbers; 0 if all are the same."""
        step = 0
        for block in _blocks(self.ordered):
            step = math.gcd(step, int(np.gcd.reduce(np.diff(block).astype(np.int64))))
            if step == 1:
                break
        return step

    def counts(self, values: Column | Sequence[float]) -> NDArray[np.intp]:
        """How many cells hold each of these numbers."""
        after = np.searchsorted(self.ordered, values, "right")
        counts: NDArray[np.intp] = after - np.searchsorted(self.ordered, values, "left")
        return counts

    def five(self) -> Five:
        """Lowest number, quartiles and highest."""
        return five_of(lambda place: float(self.ordered[place]), self.n_given)

    def five_beside(self, value: float) -> Five:
        """Lowest, quartiles and highest of the numbers that differ from ``value``: at least one."""
        start, n_equal = int(np.searchsorted(self.ordered, value)), int(self.counts([value])[0])
        return five_of(
            lambda place: float(self.ordered[place if place < start else place + n_equal]),
            self.n_given - n_equal,
        )

    def words(self) -> "WordSummary":
        values = self.distinct()
        spelled = [*map(spell, values.tolist())]
        return WordSummary(self.name, self.n_rows, spelled, self.counts(values))


@dataclass(frozen=True, eq=False)
class TimeSummary(ColumnSummary):
    """A column of times.

    Attributes
    ----------
    ordered : array of datetime64[ms], of shape (n_given,)
        The times that are given, from the first to the last.
    calendar : dict of str to pair of float
        The lowest and the highest value of each part in ``CALENDAR``; empty where no time is given.
    """

    holds = "times"
    ordered: Column
    calendar: dict[str, Ends]

    @property
    def n_given(self) -> int:
        return len(self.ordered)

    @property
    def n_distinct(self) -> int:
        """How many different times there are; at least one has to be given."""
        return _n_distinct(self.ordered)

    @property
    def is_constant(self) -> bool:
        return bool(self.ordered[0] == self.ordered[-1])

    def five(self) -> Five:
        """First time, quartiles and last, in days since 1970; at least one has to be given."""
        return five_of(
            lambda place: float(days_since_1970(self.ordered[place : place + 1])[0]), self.n_given
        )

    def words(self) -> "WordSummary":
        values, counts = np.unique(self.ordered, return_counts=True)
        return WordSummary(self.name, self.n_rows, values.astype(str).tolist(), counts)


@dataclass(frozen=True, eq=False)
class WordSummary(ColumnSummary):
    """A column of words.

    Attributes
    ----------
    distinct : list of str
        The words in order of appearance, each once, without the blanks around them.
    counts : array of shape (len(distinct),)
        Cells that hold each word.
    spellings : dict of str to str
        Other spellings of these words, each with its word, where words of equal value were merged.
    """

    holds = "words"
    distinct: list[str]
    counts: NDArray[np.intp]
    spellings: dict[str, str] = field(default_factory=dict)

    @property
    def n_given(self) -> int:
        return int(self.counts.sum())

    @property
    def n_distinct(self) -> int:
        """How many different words there are."""
        return len(self.distinct)

    @property
    def held(self) -> NDArray[np.intp]:
        """How many cells are known to hold each word: ``counts``, but in a sketch."""
        return self.counts

    @property
    def is_constant(self) -> bool:
        return self.n_distinct == 1

    @cached_property
    def absent(self) -> NDArray[np.bool_]:
        """Which of the words say that a cell is missing."""
        return np.array([*map(is_missing_word, self.distinct)], bool)

    def words(self) -> "WordSummary":
        return self

    def commonest(self, mask: NDArray[np.bool_]) -> list[str]:
        """The words where the mask is true, the most frequent first."""
        found = zip(self.held[mask].tolist(), itertools.compress(self.distinct, mask), strict=True)
        return [word for _, word in sorted((-n, word) for n, word in found)]

    def mean(self, of_words: Sequence[float]) -> float:
        """The mean over the cells of a quantity that is given for each word."""
        return float(np.average(of_words, weights=self.counts))

    def five(self, of_words: Column) -> Five:
        """Lowest, quartiles and highest, over the cells, of a quantity given for each word."""
        order = np.argsort(of_words, kind="stable")
        places = np.cumsum(self.counts[order])
        return five_of(
            lambda place: float(of_words[order[np.searchsorted(places, place, "right")]]),
            self.n_given,
        )

    def numbers(self, values: Column) -> NumberSummary:
        """The column as numbers, by the number that each word spells; NaN is a missing cell."""
        given = ~np.isnan(values)
        counts, once = self.counts[given], values[given] + 0.0  # -0 becomes 0
        ordered = np.repeat(once, counts)
        ordered.sort()
        return NumberSummary(self.name, self.n_rows, ordered)

    def times(self, values: Column) -> TimeSummary:
        """The column as times, by the time that each word spells; NaT is a missing cell."""
        values = values.astype("datetime64[ms]")
        given = ~np.isnat(values)
        return _of_times(self.name, self.n_rows, np.repeat(values[given], self.counts[given]))

    def merged(self) -> "WordSummary":
        """The column with words of equal value as one word, in the spelling of most of its cells.

        Of spellings that are equally frequent it is the first in the order of text.  Words that
        say that a cell is missing are missing cells.

        >>> column = summarize("a", np.array(["1.50", "x", "1.5", "1.50", "NA"], dtype=object))
        >>> one = column.words().merged()
        >>> one.distinct, one.counts, one.spellings
        (['1.50', 'x'], array([3, 1]), {'1.5': '1.50'})
        """
        groups: dict[str, list[tuple[int, str]]] = {}
        for word, n in zip(self.distinct, self.held.tolist(), strict=True):
            groups.setdefault(by_value(word), []).append((-n, word))
        missing = {word for _, word in groups.pop("", [])}
        shown = [min(group)[1] for group in groups.values()]
        of_word = {word: j for j, group in enumerate(groups.values()) for _, word in group}
        spellings = {word: shown[j] for word, j in of_word.items() if word != shown[j]}
        kept = np.array([word not in missing for word in self.distinct], bool)
        group_of = np.array([of_word[word] for word in self.distinct if word in of_word], np.intp)
        return self._of_groups(shown, spellings, kept, group_of)

    def _of_groups(
        self,
        shown: list[str],
        spellings: dict[str, str],
        kept: NDArray[np.bool_],
        group_of: NDArray[np.intp],
    ) -> "WordSummary":
        """The words as groups, each shown by one: ``group_of`` has the group of each kept word."""
        counts = summed(self.counts[kept], group_of, len(shown))
        return WordSummary(self.name, self.n_rows, shown, counts, spellings)

    def as_numbers_are_spelled(self) -> "WordSummary":
        """The column with each word in the spelling of its value: "1.0" is "1"."""
        values = {word: by_value(word) for word in [*self.distinct, *self.spellings]}
        others = {word: value for word, value in values.items() if word != value}
        return replace(self, distinct=[values[word] for word in self.distinct], spellings=others)


@dataclass(frozen=True, eq=False)
class VectorSummary(ColumnSummary):
    """A column of vectors: a summary of numbers for each of their places.

    Attributes
    ----------
    n_vectors : int
        Vectors that are given.
    places : list of NumberSummary
        The numbers that stand first in the vectors, second, and so on.
    """

    holds = "vectors"
    n_vectors: int
    places: list[NumberSummary]

    @property
    def n_given(self) -> int:
        return self.n_vectors

    @property
    def is_constant(self) -> bool:
        return all(place.is_constant for place in self.places if place.n_given)


def summarize(name: str, cells: Column) -> ColumnSummary:
    """What a column holds.

    Parameters
    ----------
    name : str
    cells : array of shape (n_rows,), or (n_rows, width)
        A column as ``as_columns`` makes it: float64, datetime64[ms], objects, or vectors of
        float32.

    Examples
    --------
    >>> column = summarize("size", np.array([3.0, np.nan, 1.0, 3.0]))
    >>> column.n_rows, column.n_missing, column.ordered
    (4, 1, array([1., 3., 3.]))
    >>> summarize("hue", np.array(["red", None, "red "], dtype=object)).distinct
    ['red']
    """
    if cells.ndim == 2:
        n_given = len(cells) - int(np.count_nonzero(missing_vectors(cells)))
        return VectorSummary(name, len(cells), n_given, [_of_numbers(name, x) for x in cells.T])
    if cells.dtype.kind == "f":
        return _of_numbers(name, cells)
    if cells.dtype.kind == "M":
        cells = cells.astype("datetime64[ms]", copy=False)
        return _of_times(name, len(cells), cells[~np.isnat(cells)])
    words, _, counts = read_words(cells)
    return WordSummary(name, len(cells), words, counts)


def merge(a: ColumnSummary, b: ColumnSummary) -> ColumnSummary:
    """Merge the summaries of one column's first rows, ``a``, and of its other rows, ``b``.

    A part in which every cell is missing may be of any kind.

    Raises
    ------
    ValueError
        The summaries are of two columns.
    DataError
        One part has numbers, times or words, and the other something else.

    Examples
    --------
    >>> parts = [np.array([1.0, 5.0]), np.array([2.0, np.nan])]
    >>> both = merge(*(summarize("size", cells) for cells in parts))
    >>> both.n_rows, both.ordered
    (4, array([1., 2., 5.]))
    """
    if a.name != b.name:
        raise ValueError(f"summaries of two columns, {a.name!r} and {b.name!r}, cannot be merged")
    name, n_rows = a.name, a.n_rows + b.n_rows
    if isinstance(a, NumberSummary) and isinstance(b, NumberSummary):
        ordered = np.concatenate([a.ordered, b.ordered])
        ordered.sort(kind="stable")  # which takes two sorted runs as they are
        return NumberSummary(name, n_rows, ordered)
    if isinstance(a, TimeSummary) and isinstance(b, TimeSummary):
        ordered = np.concatenate([a.ordered, b.ordered])
        ordered.sort(kind="stable")
        return TimeSummary(name, n_rows, ordered, joined_calendar(a.calendar, b.calendar))
    if isinstance(a, VectorSummary) and isinstance(b, VectorSummary):
        if len(a.places) != len(b.places):
            raise DataError(
                f"column {name!r} has vectors of {len(a.places):,} numbers in one part of the "
                f"table and of {len(b.places):,} in another: give them one length"
            )
        places = [merge(x, y) for x, y in zip(a.places, b.places, strict=True)]
        numbers = [place for place in places if isinstance(place, NumberSummary)]
        return VectorSummary(name, n_rows, a.n_vectors + b.n_vectors, numbers)
    if isinstance(a, WordSummary) and isinstance(b, WordSummary):
        counts = dict(zip(a.distinct, a.counts.tolist(), strict=True))
        for word, n in zip(b.distinct, b.counts.tolist(), strict=True):
            counts[word] = counts.get(word, 0) + n
        return WordSummary(name, n_rows, [*counts], np.array([*counts.values()], np.intp))
    if a.n_given and b.n_given:
        raise unlike(a, b)
    return replace(a if a.n_given else b, n_rows=n_rows)  # the other part is all missing


def unlike(a: ColumnSummary, b: ColumnSummary) -> DataError:
    """The error for two parts of a column that hold different things."""
    return DataError(
        f"column {a.name!r} holds {a.holds} in one part of the table and {b.holds} in another: "
        "give the column one type in all parts"
    )


def summed(counts: NDArray[np.intp], group_of: NDArray[np.intp], n: int) -> NDArray[np.intp]:
    """The sums of counts by their group, of which there are n."""
    sums = np.zeros(n, np.intp)
    np.add.at(sums, group_of, counts)
    return sums


def five_of(at: Callable[[int], float], n: int) -> Five:
    """Lowest, quartiles and highest of n values, where ``at`` gives the value at a place."""
    low, lower, median, upper, high = (at((n - 1) * k // 4) for k in range(5))
    return low, lower, median, upper, high


def _n_distinct(ordered: Column) -> int:
    return int(np.count_nonzero(ordered[1:] != ordered[:-1])) + 1


def _of_numbers(name: str, cells: Column) -> NumberSummary:
    given = cells[~np.isnan(cells)]
    given += 0.0  # -0 becomes 0: chance would decide which of the two is sorted first
    given.sort()
    return NumberSummary(name, len(cells), given)


def _of_times(name: str, n_rows: int, given: Column) -> TimeSummary:
    """The summary of given times, which are sorted in place and kept."""
    calendar = calendar_of(given)
    given.sort()
    return TimeSummary(name, n_rows, given, calendar)


def _blocks(x: Column) -> Iterator[Column]:
    """The column in short pieces, so that what is made of each is small.

    A piece ends with the first number of the next one.
    """
    for start in range(0, len(x), BLOCK):
        yield x[start : start + BLOCK + 1]


def calendar_of(times: Column) -> dict[str, Ends]:
    """The lowest and the highest value of each part of the calendar; {} where there is no time."""
    calendar = {}
    for key, (part, _) in CALENDAR.items() if len(times) else ():
        values = part(times)
        calendar[key] = float(values.min()), float(values.max())
    return calendar


def joined_calendar(a: dict[str, Ends], b: dict[str, Ends]) -> dict[str, Ends]:
    """The calendar of two parts of a column, either of which may be without a time."""
    if not (a and b):
        return a or b
    return {key: (min(a[key][0], b[key][0]), max(a[key][1], b[key][1])) for key in a}
