"""Summaries of bounded memory: what a column holds, where its rows lie in many parts.

A part is summarized where it lies (``summarize``), its summary made small (``sketched``), and small
summaries are merged into a small one (``merge_all``), over as many levels as there are.  What is
small anyway stays exact.  All is a function of the parts and their order alone, so that the same
parts give the same bytes.

Of more different values than are kept, a sketch has

- the commonest, each with the number of its cells.  A value is one of these that holds more than
  1 / 8192 of the cells that commoner ones leave, of words 1 / 16384, so each level of merging loses
  at most that share of the cells;
- a sample of the different values, those of the lowest hashes, each with all of its cells counted
  (Gibbons 2001): from their mean number follows how many different values there are, exactly so
  where no value stands twice;
- of numbers, the others as 4096 points at equal steps of rank, each of which stands for the cells
  around it.  A level adds at most half a step to the error of a rank, so five levels, the first
  summary and four levels of merging, keep quartiles within 0.07 % of the cells.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

import numpy as np

from ..data.columns import Column
from ..data.objects import spell
from .summary import (
    ColumnSummary,
    Ends,
    Five,
    NumberSummary,
    TimeSummary,
    VectorSummary,
    WordSummary,
    calendar_of,
    joined_calendar,
    merge,
    summed,
    unlike,
)
from .thinning import (
    Counts,
    Mask,
    Size,
    added,
    below_bar,
    commonest,
    counts_in,
    five_of_points,
    hashes_of_numbers,
    hashes_of_words,
    n_different,
    shared,
    size_in_vectors,
    thinned,
)
from .times import DAY

MOST_WORDS = 1 << 16  # different words up to which a column of them is exact
MOST_CHARACTERS = 1 << 23  # of these words, and of those that a sketch keeps
MOST_CELLS = 1 << 16  # of words that are kept as if in memory
COMMONEST = 1 << 14  # of the words that a sketch keeps: more than a category has codes
SAMPLED = 1 << 14  # different words, or whole numbers, that are sampled: one repeat in 1,000 shows
ALL = 2**64 - 1  # the highest hash


# Numbers


@dataclass(frozen=True, eq=False)
class NumberSketch(NumberSummary):
    """A column of numbers by some of them.

    Attributes
    ----------
    ordered : array of shape (n_points,)
        The points: numbers of the column, from the lowest to the highest, both among them.
    weights : array of shape (n_points,)
        Cells that each point stands for; they add up to all that are given.
    alone : array of bool, of shape (n_points,)
        Which of the points stand for no number but their own.
    sampled, n_sampled : arrays of shape (n_sampled_numbers,)
        The different numbers of the lowest hashes, from the lowest number, and the cells of each;
        empty where all points stand alone, as then these are all the numbers there are.
    whole : bool
        Whether all numbers of the column are whole, and small enough to be exact.
    divisor : int
        The largest number that divides all distances of whole numbers.
    """

    weights: Counts
    alone: Mask
    sampled: Column
    n_sampled: Counts
    whole: bool
    divisor: int

    @property
    def n_given(self) -> int:
        return int(self.weights.sum())

    @property
    def is_exact(self) -> bool:
        """Whether the sketch has each number of the column, and how often it is there."""
        return bool(self.alone.all())

    @property
    def n_distinct(self) -> int:
        if self.is_exact:
            return len(self.ordered)
        light = ~np.isin(self.sampled, self.ordered[self.alone])
        n_light = int(self.weights[~self.alone].sum())
        n_known = int(np.count_nonzero(self.alone))
        return n_known + n_different(n_light, self.n_sampled[light])

    def distinct(self) -> Column:
        """The numbers that are the commonest, or sampled; all of them where there are few."""
        common: Column = self.ordered[self.alone]
        return common if self.is_exact else np.union1d(common, self.sampled)

    def are_whole(self) -> bool:
        return self.whole

    def step(self) -> int:
        return self.divisor

    def counts(self, values: Column | Sequence[float]) -> Counts:
        """How many cells hold each of these numbers; 0 for one that is not kept."""
        values = np.asarray(values, np.float64)
        common = counts_in(self.ordered[self.alone], self.weights[self.alone], values)
        sampled = counts_in(self.sampled, self.n_sampled, values)
        return np.maximum(common, sampled)

    def five(self) -> Five:
        return five_of_points(self.ordered, self.weights)

    def five_beside(self, value: float) -> Five:
        others = ~(self.alone & (self.ordered == value))
        return five_of_points(self.ordered[others], self.weights[others])

    def words(self) -> WordSummary:
        """The numbers of ``distinct`` as words, which stand for all the others."""
        values = self.distinct()
        light = ~np.isin(values, self.ordered[self.alone])
        spelled, n = [*map(spell, values.tolist())], self.n_given
        return WordSketch.of(self.name, self.n_rows, n, spelled, self.counts(values), light)


def _as_sketch(column: NumberSummary) -> NumberSketch:
    """A summary of numbers as an exact sketch; one that is a sketch as it is."""
    if isinstance(column, NumberSketch):
        return column
    ordered = column.ordered.astype(np.float64)
    changes = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    starts = np.concatenate([np.zeros(min(len(ordered), 1), np.intp), changes])
    counts = np.diff(np.append(starts, len(ordered)))
    return _exact_sketch(column.name, column.n_rows, ordered[starts], counts)


def _exact_sketch(name: str, n_rows: int, values: Column, counts: Counts) -> NumberSketch:
    """A sketch of different numbers, sorted and each with its cells, however many there are."""
    plain = NumberSummary(name, n_rows, values)
    whole = bool(len(values)) and plain.are_whole()
    return NumberSketch(
        name, n_rows, values, counts, np.ones(len(values), bool), *_NO_SAMPLE,
        whole, plain.step() if whole else 0,
    )  # fmt: skip


_NO_SAMPLE = np.zeros(0), np.zeros(0, np.intp)


def _joined(parts: Sequence[NumberSketch], n_rows: int, size: Size) -> NumberSketch:
    """One sketch, of bounded size, of parts that all have numbers."""
    alone = np.concatenate([part.alone for part in parts])
    points = np.concatenate([part.ordered for part in parts])
    weights = np.concatenate([part.weights for part in parts])
    values, counts = added(points[alone], weights[alone])
    light, n_light = points[~alone], weights[~alone]
    whole = all(part.whole for part in parts)
    divisor = 0
    for part in parts if whole else ():
        divisor = math.gcd(divisor, part.divisor, int(part.low) - int(parts[0].low))
    name = parts[0].name
    if not len(light) and len(values) <= size.values:
        own = np.ones(len(values), bool)
        return NumberSketch(name, n_rows, values, counts, own, *_NO_SAMPLE, whole, divisor)
    common = commonest(counts, int(n_light.sum()), size.values)
    light = np.concatenate([light, values[~common]])
    light, n_light = thinned(*added(light, np.append(n_light, counts[~common])), size.points)
    sampled = _sample_of(parts, SAMPLED if whole and size.sampled > 1 else size.sampled)
    points = np.concatenate([values[common], light])
    order = np.argsort(points, kind="stable")
    own = np.arange(len(points)) < np.count_nonzero(common)
    weights = np.concatenate([counts[common], n_light])
    return NumberSketch(
        name, n_rows, points[order], weights[order], own[order], *sampled, whole, divisor
    )


def _sample_of(parts: Sequence[NumberSketch], most: int) -> tuple[Column, Counts]:
    """The different numbers of the lowest hashes, and the cells of each.

    Parts have sampled as many, or more, so that the lowest of all are among theirs.
    """
    pairs = [
        (part.ordered, part.weights) if part.is_exact else (part.sampled, part.n_sampled)
        for part in parts
    ]
    values, counts = added(*(np.concatenate(each) for each in zip(*pairs, strict=True)))
    kept, _ = below_bar(hashes_of_numbers(values), ALL, most)
    return values[kept], counts[kept]


# Times


@dataclass(frozen=True, eq=False)
class TimeSketch(TimeSummary):
    """A column of times by some of them, as numbers of milliseconds since 1970.

    Attributes
    ----------
    ordered : array of datetime64[ms]
        The points of ``stamps``.
    stamps : NumberSketch
    """

    stamps: NumberSketch

    @classmethod
    def of(cls, stamps: NumberSketch, n_rows: int, calendar: dict[str, Ends]) -> "TimeSketch":
        """The times of a sketch of their milliseconds."""
        return cls(stamps.name, n_rows, _as_times(stamps.ordered), calendar, stamps)

    @property
    def n_given(self) -> int:
        return self.stamps.n_given

    @property
    def n_distinct(self) -> int:
        return self.stamps.n_distinct

    @property
    def is_constant(self) -> bool:
        return self.stamps.is_constant

    def five(self) -> Five:
        low, lower, median, upper, high = self.stamps.five()
        return low / DAY, lower / DAY, median / DAY, upper / DAY, high / DAY

    def words(self) -> WordSummary:
        """The times that are the commonest, or sampled, as words, which stand for the others."""
        numbers = self.stamps.words()
        spelled = _as_times(self.stamps.distinct()).astype(str).tolist()
        return replace(numbers, distinct=spelled)


def _as_times(stamps: Column) -> Column:
    return stamps.astype(np.int64).astype("datetime64[ms]")


def _stamps(column: TimeSummary) -> NumberSketch:
    """The milliseconds of a summary of times; a float64 has them exactly up to the year 287,000."""
    if isinstance(column, TimeSketch):
        return column.stamps
    numbers = column.ordered.astype(np.int64).astype(np.float64)
    return _as_sketch(NumberSummary(column.name, column.n_rows, numbers))


# Words


@dataclass(frozen=True, eq=False)
class WordSketch(WordSummary):
    """A column of words by some of them.

    Attributes
    ----------
    distinct : list of str
        The commonest words, and sampled ones, in order of appearance.
    counts : array of shape (len(distinct),)
        Cells that each word stands for: a sampled one that is not common for others as well.
    certain : array of shape (len(distinct),)
        Cells that hold each word.
    light : array of bool, of shape (len(distinct),)
        Which words stand for others as well.
    bar : int
        The highest hash of a word that is sampled.
    """

    certain: Counts = field(kw_only=True)
    light: Mask = field(kw_only=True)
    bar: int = field(kw_only=True, default=ALL)

    @classmethod
    def of(
        cls, name: str, n_rows: int, n_given: int, words: list[str], certain: Counts, light: Mask,
        bar: int = ALL,
    ) -> "WordSketch":  # fmt: skip
        """A sketch of words, of which the light ones stand for all cells that hold no other."""
        counts = certain.copy()
        own = light if light.any() else ~light  # all of them where no rare word was sampled
        counts[own] = shared(n_given - int(certain[~own].sum()), certain[own])
        return cls(name, n_rows, words, counts, certain=certain, light=light, bar=bar)

    @property
    def held(self) -> Counts:
        return self.certain

    @property
    def is_exact(self) -> bool:
        """Whether the sketch has each word of the column, and how often it is there."""
        return bool((self.counts == self.certain).all()) and not self.light.any()

    @property
    def n_distinct(self) -> int:
        n_light = int(self.counts[self.light].sum())
        n_known = int(np.count_nonzero(~self.light))
        return n_known + n_different(n_light, self.certain[self.light])

    def numbers(self, values: Column) -> NumberSummary:
        given = ~np.isnan(values)
        return _weighted(self, given, values[given] + 0.0)  # -0 becomes 0

    def times(self, values: Column) -> TimeSummary:
        values = values.astype("datetime64[ms]")
        given = ~np.isnat(values)
        times = values[given]
        stamps = _weighted(self, given, times.astype(np.int64).astype(np.float64))
        return TimeSketch.of(stamps, self.n_rows, calendar_of(times))

    def _of_groups(
        self, shown: list[str], spellings: dict[str, str], kept: Mask, group_of: Counts
    ) -> WordSummary:
        n = len(shown)
        common = summed((~self.light[kept]).astype(np.intp), group_of, n)
        return WordSketch(
            self.name, self.n_rows, shown, summed(self.counts[kept], group_of, n), spellings,
            certain=summed(self.certain[kept], group_of, n), light=common == 0,
        )  # fmt: skip


def _weighted(words: WordSketch, given: Mask, values: Column) -> NumberSketch:
    """The numbers that words spell: the light words' numbers are points and the sample."""
    light, counts, certain = words.light[given], words.counts[given], words.certain[given]
    own, n_own = added(values[~light], counts[~light])
    exact = _exact_sketch(words.name, words.n_rows, own, n_own)
    if not light.any():
        return _joined([exact], words.n_rows, Size()) if len(own) else exact
    points, weights = added(values[light], counts[light])
    sampled, n_sampled = added(values[light], certain[light])
    every = NumberSummary(words.name, words.n_rows, np.unique(values))
    whole = every.are_whole()
    part = NumberSketch(
        words.name, words.n_rows, points, weights, np.zeros(len(points), bool), sampled, n_sampled,
        whole, every.step() if whole else 0,
    )  # fmt: skip
    return _joined([part, exact] if len(own) else [part], words.n_rows, Size())


def _joined_words(parts: Sequence[WordSummary], n_rows: int) -> WordSummary:
    """One summary of bounded size of parts that all have words."""
    certain: dict[str, int] = {}
    for part in parts:
        for word, n in zip(part.distinct, part.held.tolist(), strict=True):
            certain[word] = certain.get(word, 0) + n
    name, words, held = parts[0].name, [*certain], np.array([*certain.values()], np.intp)
    n_given = sum(part.n_given for part in parts)
    lengths = np.array([*map(len, words)], np.intp)
    are_all = all(not isinstance(part, WordSketch) or part.is_exact for part in parts)
    if are_all and len(words) <= MOST_WORDS and int(lengths.sum()) <= MOST_CHARACTERS:
        if n_given <= MOST_CELLS:
            return WordSummary(name, n_rows, words, held)
        return WordSketch.of(name, n_rows, n_given, words, held, np.zeros(len(words), bool))
    common = commonest(held, n_given - int(held.sum()), COMMONEST) & (held > 1)
    order = np.flatnonzero(common)[np.argsort(-held[common], kind="stable")]
    common[order[np.cumsum(lengths[order]) > MOST_CHARACTERS // 2]] = False
    hashes = hashes_of_words(words)
    bars = [part.bar for part in parts if isinstance(part, WordSketch)]
    by_hash = np.argsort(hashes, kind="stable")
    room = int(np.count_nonzero(np.cumsum(lengths[by_hash]) <= MOST_CHARACTERS // 2))
    sampled, bar = below_bar(hashes, min([ALL, *bars]), min(max(room, 1), SAMPLED))
    kept = common | sampled
    return WordSketch.of(
        name, n_rows, n_given, [words[i] for i in np.flatnonzero(kept).tolist()], held[kept],
        (~common)[kept], bar,
    )  # fmt: skip


# Any column


def sketched(summary: ColumnSummary) -> ColumnSummary:
    """A summary of bounded memory: itself where it is small, else a sketch.

    Examples
    --------
    >>> from .summary import summarize
    >>> column = sketched(summarize("id", np.arange(100_000.0)))
    >>> column.n_given, column.n_distinct, column.low, column.high, len(column.ordered)
    (100000, 100000, 0.0, 99999.0, 4096)
    """
    return merge_all([summary])


def merge_all(parts: Sequence[ColumnSummary]) -> ColumnSummary:
    """One summary of bounded memory of the parts of a column, in their order.

    Where it is small it is what ``merge`` of all of them gives, and else answers as that would, but
    for the tolerances of a sketch.  Numbers or times in one part are words beside words in another.

    Raises
    ------
    ValueError
        The summaries are of several columns.
    DataError
        One part has numbers, times, words or vectors, and another something else that cannot be
        words beside them.

    Examples
    --------
    >>> from .summary import summarize
    >>> parts = [np.array([1.0, 5.0]), np.array(["x"], dtype=object)]
    >>> merge_all([summarize("size", cells) for cells in parts]).distinct
    ['1', '5', 'x']
    """
    if other := next((part.name for part in parts if part.name != parts[0].name), None):
        names = f"{parts[0].name!r} and {other!r}"
        raise ValueError(f"summaries of two columns, {names}, cannot be merged")
    given = [part for part in parts if part.n_given]
    if not given:
        return reduce(merge, parts)
    n_rows = sum(part.n_rows for part in parts)
    if len({part.holds for part in given}) > 1:
        given = _as_words(given)
    first = given[0]
    if _are_small(given):
        return replace(reduce(merge, given), n_rows=n_rows)
    if isinstance(first, WordSummary):
        return _joined_words([part for part in given if isinstance(part, WordSummary)], n_rows)
    if isinstance(first, NumberSummary):
        numbers = [_as_sketch(part) for part in given if isinstance(part, NumberSummary)]
        return _joined(numbers, n_rows, Size())
    if isinstance(first, TimeSummary):
        times = [part for part in given if isinstance(part, TimeSummary)]
        stamps = _joined([*map(_stamps, times)], n_rows, Size())
        calendar = reduce(joined_calendar, [part.calendar for part in times])
        return TimeSketch.of(stamps, n_rows, calendar)
    return _joined_vectors([part for part in given if isinstance(part, VectorSummary)], n_rows)


def _are_small(given: Sequence[ColumnSummary]) -> bool:
    """Whether parts of one kind are exact, and so small that they stay as they are in memory."""
    n_given = sum(part.n_given for part in given)
    if isinstance(given[0], WordSummary):
        return False  # which words there are in all decides
    if isinstance(given[0], VectorSummary):
        return n_given <= size_in_vectors(len(given[0].places)).values
    return n_given <= Size().values


def _as_words(given: Sequence[ColumnSummary]) -> list[ColumnSummary]:
    """Parts that hold different things, all as words; a DataError where that cannot be."""
    words = next((part for part in given if isinstance(part, WordSummary)), None)
    other = next(part for part in given if part.holds != given[0].holds)
    if words is None or any(isinstance(part, VectorSummary) for part in given):
        raise unlike(given[0], other)
    for part in given:
        own = part.stamps if isinstance(part, TimeSketch) else part
        if isinstance(own, NumberSketch) and not own.is_exact:
            raise unlike(given[0], other)
    return [part.words() for part in given]


def _joined_vectors(parts: Sequence[VectorSummary], n_rows: int) -> VectorSummary:
    """One summary of bounded size of parts that all have vectors."""
    first = parts[0]
    for part in parts:
        if len(part.places) != len(first.places):
            merge(first, part)  # which says what is wrong
    size, places = size_in_vectors(len(first.places)), []
    for own in zip(*(part.places for part in parts), strict=True):
        numbers = [_as_sketch(place) for place in own if place.n_given]
        places.append(_joined(numbers, n_rows, size) if numbers else replace(own[0], n_rows=n_rows))
    return VectorSummary(first.name, n_rows, sum(part.n_vectors for part in parts), places)
