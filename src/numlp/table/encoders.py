"""What a column can become: the kinds of encoder, how each is fitted, encoded and kept in a file.

An encoder fills columns of up to three roles: *numbers* (continuous), *flags* (0 and 1, or -1 and
1) and *codes* (whole numbers to look up).  With `median`, `q₂₅` and `q₇₅` of the training rows,
numbers are centred, scaled and smoothly clipped::

    z = (x - median) / (q₇₅ - q₂₅)            half the range where the quartiles meet
    x ← z / √(1 + (z/3)²)                     close to z near 0, never beyond ±3
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ..common.wording import CellNote
from ..data.columns import EXACT, Column, spell
from ..errors import DataError
from ..storage.json_values import is_json_number
from .words import (
    Words,
    as_words,
    factorize,
    is_missing_word,
    parse_number,
    parse_time,
    parse_truth,
    read_words,
)

Matrix = NDArray[np.float32]

MIN_COUNT = 2  # rows a value needs to get a column or a code of its own
MAX_CODES = 10_000  # values of a category that are told apart; the others count as rare
MISSING_SHARE, MISSING_ROWS = 0.01, 5  # missing cells a category needs for a flag of their own
MIN_BESIDE_SPIKE = 10  # numbers that differ from the commonest, to take a scale from
TIE = 1e-6  # of their distance: how far a number may be from one of two values (float32's error)


class Slots(NamedTuple):
    """The columns of the matrix that an encoder fills, zero at the start, each (n, how many)."""

    numbers: Matrix
    flags: Matrix
    codes: Matrix


@dataclass
class Encoder:
    """What one column of the table becomes.

    Attributes
    ----------
    tag : str
        The kind of encoder in a file.
    name, why : str
        Of the column, and why it was taken for what it was.
    """

    tag: ClassVar[str] = ""
    name: str
    why: str

    @property
    def kind(self) -> str:
        """What the column was taken for, as the audit says it."""
        return self.tag

    @property
    def numbers(self) -> list[str]:
        """Names of the continuous columns it fills."""
        return []

    @property
    def flags(self) -> list[str]:
        """Names of the columns of flags it fills."""
        return []

    @property
    def cardinality(self) -> int:
        """How many codes its column of codes takes; 0 if it fills none."""
        return 0

    @property
    def features(self) -> list[str]:
        """Names of all columns it fills."""
        return self.numbers + self.flags + [self.name] * bool(self.cardinality)

    @property
    def width(self) -> int:
        """How many columns it fills."""
        return len(self.features)

    def read(self, cells: Column, notes: list[str] | None) -> Column:
        """The cells in the form that ``encode`` takes, whatever form they came in this time."""
        raise NotImplementedError

    def encode(self, cells: Column, out: Slots) -> int:
        """Fill the slots; return how many cells hold a value that is new to it."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """All that was learned, as JSON takes it."""
        return {"kind": self.tag, **asdict(self)}

    def check(self) -> None:
        """Raise a TypeError or ValueError unless every field is what ``fit`` could make."""
        self._texts(self.name, self.why)

    def _texts(self, *values: Any) -> None:
        if not all(isinstance(value, str) for value in values):
            raise TypeError(f"column {self.name!r}: a name, reason or value is no text")

    def _bools(self, *values: Any) -> None:
        if not all(isinstance(value, bool) for value in values):
            raise TypeError(f"column {self.name!r}: what has to be true or false is neither")

    def _spread(self, center: Any, scale: Any) -> None:
        if not (is_json_number(center) and is_json_number(scale) and scale >= 0):
            raise ValueError(f"column {self.name!r} has no finite center and scale")

    def _distinct(self, values: Any) -> None:
        if not isinstance(values, list) or len(set(values)) != len(values):
            raise ValueError(f"column {self.name!r} has no list of distinct values")


@dataclass
class Number(Encoder):
    """A column of numbers, and a flag for each of its values where they are few.

    Where half of the cells or more are one number, such as the zeros of a capital gain, that one
    has a flag, and the scale is that of the others: in theirs, it would be all that is seen.

    A cell newly missing in a column that had no hole in training is the median, and no more.
    """

    tag: ClassVar[str] = "number"
    center: float
    scale: float
    missing: bool  # was a cell missing in training?
    values: list[float]

    @classmethod
    def fit(cls, name: str, x: Column, why: str, values: Sequence[float] = ()) -> Self:
        """Learn where the numbers lie; x, (n,), is NaN where missing, and not everywhere."""
        center, scale, n_missing = spread(x)
        if not values and (others := _beside_spike(x, center)).size:
            values, (center, scale, _) = [center], spread(others)
            why += f"; {spell(values[0])} has a flag, as half of the cells or more"
        return cls(name, why, center, scale, n_missing > 0, list(values))

    @property
    def numbers(self) -> list[str]:
        return [self.name] if self.scale else []

    @property
    def flags(self) -> list[str]:
        return [f"{self.name}={spell(v)}" for v in self.values] + missing_flag(self)

    def read(self, cells: Column, notes: list[str] | None) -> Column:
        return _as_numbers(self.name, cells, parse_number, notes)

    def encode(self, x: Column, out: Slots) -> int:
        if self.scale:
            out.numbers[:, 0] = squash(x, self.center, self.scale)
        for j, value in enumerate(self.values):
            out.flags[:, j] = x == value
        if self.missing:
            out.flags[:, -1] = np.isnan(x)
        return 0

    def check(self) -> None:
        super().check()
        self._spread(self.center, self.scale)
        self._bools(self.missing)
        self._distinct(self.values)
        if not all(is_json_number(v) for v in self.values):
            raise ValueError(f"column {self.name!r}: a value is no number")
        self.values = [*map(float, self.values)]


@dataclass
class TwoValues(Encoder):
    """A column of two numbers, booleans among them: one flag, -1 and 1; 0 for any other."""

    tag: ClassVar[str] = "pair"
    values: list[float]
    missing: bool

    @classmethod
    def fit(cls, name: str, x: Column, why: str) -> Self:
        """Learn the two numbers of x, (n,), NaN where missing."""
        absent = np.isnan(x)
        low, high = np.unique(x[~absent]).tolist()
        return cls(name, why, [low, high], frequent(int(absent.sum()), len(x)))

    @property
    def kind(self) -> str:
        return "boolean" if self.values == [0, 1] else "category"

    @property
    def flags(self) -> list[str]:
        return [f"{self.name}={spell(self.values[1])}", *missing_flag(self)]

    def read(self, cells: Column, notes: list[str] | None) -> Column:
        parse = parse_truth if self.kind == "boolean" else parse_number
        return _as_numbers(self.name, cells, parse, notes)

    def encode(self, x: Column, out: Slots) -> int:
        low, high = (v / 2 for v in self.values)  # halves, so that no difference overflows
        near = (high - low) * TIE
        is_low, is_high = abs(x / 2 - low) <= near, abs(x / 2 - high) <= near
        out.flags[:, 0] = is_high.astype(np.int8) - is_low.astype(np.int8)
        absent = np.isnan(x)
        if self.missing:
            out.flags[:, 1] = absent
        return int((~(is_low | is_high | absent)).sum())

    def check(self) -> None:
        super().check()
        self._bools(self.missing)
        self._distinct(self.values)
        if (
            not all(map(is_json_number, self.values))
            or len(self.values) != 2
            or self.values[0] > self.values[1]
        ):
            raise ValueError(f"column {self.name!r} has no two values in order")
        self.values = [*map(float, self.values)]


@dataclass
class Category(Encoder):
    """A column of words: a flag each, one flag for two, or the code of a word among many.

    Missing, rare and unknown words are all zero; missing has a flag where it was frequent.

    Attributes
    ----------
    values : list of str
        The words seen at least twice, sorted.
    embedded : bool
        Whether it gives codes: 0, or the number of the word in ``values``, from 1.
    missing : bool
        Whether missing has a flag.
    numeric : bool
        Whether the words spell numbers, so that "1.0" is "1".
    """

    tag: ClassVar[str] = "category"
    values: list[str]
    embedded: bool
    missing: bool
    numeric: bool

    @classmethod
    def fit(
        cls, name: str, column: Words, why: str, one_hot_max: int, numeric: bool = False
    ) -> Self:
        """Learn which words are there often enough."""
        words, counts = column.words, column.counts
        order = sorted(range(len(words)), key=lambda i: (-counts[i], words[i]))
        kept = sorted(words[i] for i in order[:MAX_CODES] if counts[i] >= MIN_COUNT)
        if n_rare := len(words) - len(kept):
            why += f", {n_rare:,} of them taken together as too rare"
        if embedded := len(kept) > max(2, one_hot_max):
            why += "; looked up by code"
        missing = frequent(column.n_missing, len(column.codes))
        return cls(name, why, kept, embedded, missing, numeric)

    @property
    def flags(self) -> list[str]:
        shown = [] if self.embedded else self.values[-1:] if self._paired else self.values
        return [f"{self.name}={v}" for v in shown] + missing_flag(self)

    @property
    def cardinality(self) -> int:
        return len(self.values) + 1 if self.embedded else 0

    @property
    def _paired(self) -> bool:
        return len(self.values) == 2

    def read(self, cells: Column, notes: list[str] | None) -> Column:
        return as_words(cells)

    def encode(self, cells: Column, out: Slots) -> int:
        words, codes = factorize(cells)
        if self.numeric:
            words = [*map(respell, words)]
        number_of = {word: j for j, word in enumerate(self.values, start=1)}
        # Code -1, missing, is the last entry.
        found = np.array([number_of.get(word, 0) for word in words] + [0])[codes]
        if self.embedded:
            out.codes[:, 0] = found
        elif self._paired:
            out.flags[:, 0] = np.array([0, -1, 1], np.float32)[found]
        else:
            known = np.flatnonzero(found)
            out.flags[known, found[known] - 1] = 1
        if self.missing:
            out.flags[:, -1] = codes < 0
        return int(((found == 0) & (codes >= 0)).sum())

    def check(self) -> None:
        super().check()
        self._distinct(self.values)
        self._texts(*self.values)
        self._bools(self.embedded, self.missing, self.numeric)
        if self.embedded and not self.values:
            raise ValueError(f"column {self.name!r} has codes, but for no value")


@dataclass
class Text(Encoder):
    """A column of free text: how long it is, and whether it is there; the words are not read.

    Attributes
    ----------
    length, words : list of two floats
        Center and scale of ``log(1 + n)``, where n counts characters, or words.
    """

    tag: ClassVar[str] = "text"
    length: list[float]
    words: list[float]
    missing: bool

    @classmethod
    def fit(cls, name: str, column: Words, why: str) -> Self:
        """Learn how long the texts are; there is one at least."""
        sizes = [spread(x[column.codes]) for x in _sizes(column.words)]
        length, words = ([center, scale] for center, scale, _ in sizes)
        return cls(name, why, length, words, column.n_missing > 0)

    @property
    def numbers(self) -> list[str]:
        ends = {"length": self.length[1], "words": self.words[1]}
        return [f"{self.name} {end}" for end, scale in ends.items() if scale]

    @property
    def flags(self) -> list[str]:
        return missing_flag(self)

    def read(self, cells: Column, notes: list[str] | None) -> Column:
        return as_words(cells)

    def encode(self, cells: Column, out: Slots) -> int:
        words, codes = factorize(cells)
        j = 0
        for x, (center, scale) in zip(_sizes(words), (self.length, self.words), strict=True):
            if scale:
                out.numbers[:, j] = squash(x[codes], center, scale)
                j += 1
        if self.missing:
            out.flags[:, 0] = codes < 0
        return 0

    def check(self) -> None:
        super().check()
        for pair in (self.length, self.words):
            if not isinstance(pair, list) or len(pair) != 2:
                raise ValueError(f"column {self.name!r} has no center and scale")
            self._spread(*pair)
        self._bools(self.missing)


@dataclass
class SetAside(Encoder):
    """A column that is not learned from, and why."""

    tag: ClassVar[str] = "set aside"

    def read(self, cells: Column, notes: list[str] | None) -> Column:
        return cells

    def encode(self, cells: Column, out: Slots) -> int:
        return 0


def filled(x: Column) -> Column:
    """The numbers of x, (n,), that are not NaN; x itself where none is."""
    missing = np.isnan(x)
    return x[~missing] if missing.any() else x


def spread(x: Column) -> tuple[float, float, int]:
    """Median, scale (0 where all are equal) and number of NaN of x, (n,), NaN not everywhere."""
    given = np.sort(filled(x))
    q25, median, q75 = (float(given[(len(given) - 1) * k // 4]) for k in (1, 2, 3))
    scale = q75 / 2 - q25 / 2  # halves, so that 1e308 - -1e308 does not overflow
    scale = scale or float(given[-1]) / 4 - float(given[0]) / 4
    return median, scale, len(x) - len(given)


def _beside_spike(x: Column, median: float) -> Column:
    """The numbers that are not the median, where it is half of all; none where too few differ."""
    n_spike = int((x == median).sum())
    if 2 * n_spike < len(filled(x)):
        return x[:0]
    others: Column = x[~np.isnan(x) & (x != median)]
    if len(others) < MIN_BESIDE_SPIKE or others.min() == others.max():
        return others[:0]
    return others


def squash(x: Column, center: float, scale: float) -> Column:
    """Numbers x, (n,), centred, scaled and clipped; 0 where NaN."""
    with np.errstate(over="ignore"):  # beyond the clip anyway
        z = np.clip((x / 2 - center / 2) / scale, -1e6, 1e6)
    z /= np.sqrt(1 + (z / 3) ** 2)
    z[np.isnan(z)] = 0
    return z


def frequent(n_missing: int, n_rows: int) -> bool:
    """Whether missing is frequent enough for a flag of its own."""
    return n_missing >= max(MISSING_ROWS, MISSING_SHARE * n_rows)


def respell(word: str) -> str:
    """A word as the number is spelled that it spells: "1.0" is "1".

    >>> [respell(word) for word in ("1.0", "2.50", "007", "x")]
    ['1', '2.5', '007', 'x']
    """
    value = parse_number(word)
    return spell(value) if abs(value) <= EXACT else word


def parse_all(
    name: str, cells: Column, parse: Callable[[str], Any], hole: Any, notes: list[str] | None
) -> Column:
    """What a parser makes of the words; a word it makes a hole of is missing, and noted."""
    column = read_words(cells)
    values = np.array([*map(parse, column.words), hole])
    stray = np.array([v != v for v in values[:-1]], dtype=bool)
    stray &= np.array([not is_missing_word(word) for word in column.words], dtype=bool)
    if notes is not None and stray.any():
        what = "time" if parse is parse_time else "number"
        n_stray = int(column.counts[stray].sum())
        told = f"no {what}, taken as missing"
        notes.append(CellNote(name, n_stray, told, column.chosen(stray)))
    return values[column.codes]


def missing_flag(encoder: Any) -> list[str]:
    """The name of the flag of missing cells, if the encoder has one."""
    return [f"{encoder.name} is missing"] if encoder.missing else []


def _as_numbers(
    name: str, cells: Column, parse: Callable[[str], float], notes: list[str] | None
) -> Column:
    if cells.dtype.kind == "O":
        return parse_all(name, cells, parse, math.nan, notes)
    if cells.dtype.kind == "f":
        return cells
    if not np.isnat(cells).all():
        raise DataError(f"column {name!r} had numbers in training, and has times now")
    return np.full(len(cells), math.nan)


def _sizes(words: list[str]) -> list[Column]:
    """log(1 + n) of the characters and of the words in each text, NaN at the end for no text."""
    sizes = [[len(text) for text in words], [len(text.split()) for text in words]]
    return [np.append(np.log1p(np.array(n, float)), math.nan) for n in sizes]
