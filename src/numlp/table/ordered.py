"""Ordered categories: S < M < L, each a word; what counts is how far a cell is up."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np

from ..common.wording import count, name_list
from ..data.columns import Column
from ..errors import DataError
from .asked import MOST_LEVELS
from .category import MAX_SPELLINGS, numbered
from .encoders import Encoder, Odd, Slots, missing_flag, scaling, squash
from .reasons import StrayCells, Why
from .strays import expected
from .summary import WordSummary
from .words import as_words, by_value, factorize


def levels_by_value(levels: Sequence[str]) -> list[str]:
    """The categories of an ordered type as levels; none where they are too many, or not distinct.

    A category that spells a missing cell is no level.

    >>> levels_by_value(["None", "low", "high"]), levels_by_value(["1", "1.0", "2"])
    (['low', 'high'], [])
    """
    given = {level: value for level in levels if (value := by_value(level))}
    distinct = len(set(given.values())) == len(given)
    return [*given] if distinct and 2 <= len(given) <= MOST_LEVELS else []


@dataclass
class Ordered(Encoder):
    """A column of levels: the place of each, scaled as a column of numbers is.

    One number did as well as any other encoding that was tried, or better: a flag for each level,
    a flag for each level that is reached (a thermometer), and either of them beside the number
    (docs/tables.md).

    Levels are compared by value, as the words of a ``Category`` are.

    Attributes
    ----------
    levels : list of str
        The lowest first, and those too that no cell of training had.
    center, scale : float
        Median and distance of the quartiles, in levels; a scale of 0 where all cells have one.
    missing : bool
        Whether a cell was missing in training, or no level, so that there is a flag for it.
    spellings : dict of str to str
        Other spellings that training had of these levels, each with its level.
    strays : float, optional
        The share of the cells given in training that were no level; None where all were.
    """

    tag: ClassVar[str] = "ordered"
    unknown: ClassVar[str] = "with a word that is no level"
    levels: list[str]
    center: float
    scale: float
    missing: bool
    spellings: dict[str, str]
    strays: float | None = None

    @classmethod
    def fit(cls, column: WordSummary, levels: Sequence[str], why: Why) -> Self:
        """Learn which of the levels a column has; at least one cell is given.

        Raises
        ------
        DataError
            Two of the levels are one word by value.
        """
        values = [by_value(level) for level in levels]
        for level, value in zip(levels, values, strict=True):
            if not value or values.count(value) > 1:
                what = "is a word for a missing cell" if not value else "is there twice, by value"
                raise DataError(f"column {column.name!r} has the level {level!r}, which {what}")
        known = {value: i for i, value in enumerate(values)}
        place = np.array([known.get(by_value(word), -1) for word in column.distinct])
        odd = place < 0
        n_odd = int(column.counts[odd].sum())
        why = why.also(f"{count(len(levels), 'level')}, from {levels[0]!r} to {levels[-1]!r}")
        if unused := [level for i, level in enumerate(levels) if i not in place]:
            why = why.also(f"no cell is {name_list(unused)}")
        if n_odd:
            why = why.also(StrayCells.of("level", n_odd, column.commonest(odd)))
        strays = n_odd / column.n_given if n_odd else None
        places = column.numbers(np.where(odd, np.nan, place))
        center, scale = scaling(places.five()) if places.n_given else (0.0, 0.0)
        missing = places.n_missing > 0
        spelled = sorted({*column.distinct, *column.spellings} - {*levels})
        own = {word: known[by_value(word)] for word in spelled if by_value(word) in known}
        spellings = {word: levels[i] for word, i in [*own.items()][:MAX_SPELLINGS]}
        return cls(column.name, why, list(levels), center, scale, missing, spellings, strays)

    @property
    def asked_as(self) -> str:
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(self.levels)
        return f"{self.kind}:{line.getvalue()}"

    @property
    def numbers(self) -> list[str]:
        return [self.name] if self.scale else []

    @property
    def flags(self) -> list[str]:
        return missing_flag(self)

    @property
    def had_holes(self) -> bool:
        return self.missing

    @cached_property
    def known(self) -> dict[str, int]:
        """The place of each level, from 0, by all spellings that are at hand."""
        return numbered(self.levels, self.spellings, first=0)

    def place_of(self, word: str) -> int:
        """The place of the level that a word is; -1 where it is none, -2 where it is missing."""
        if (place := self.known.get(word)) is not None:
            return place
        value = by_value(word)
        return self.known.get(value, -1) if value else -2

    def read(self, cells: Column, notes: list[str] | None) -> Column:
        return as_words(cells)

    @property
    def file_format(self) -> int:
        return 2

    def encode(self, cells: Column, out: Slots) -> Odd:
        words, codes = factorize(cells)
        place = np.array([*map(self.place_of, words), -2])[codes]  # code -1 is the last entry
        if self.scale:
            x = np.where(place < 0, np.nan, place)
            out.numbers[:, 0] = squash(x, self.center, self.scale)
        if self.missing:
            out.flags[:, 0] = place < 0
        return Odd(int(np.count_nonzero(place == -1)), int(np.count_nonzero(place == -2)))

    def is_usual(self, n_unknown: int, n_cells: int) -> bool:
        """Whether so many cells that are no level were to be expected after training."""
        return expected(n_unknown, n_cells, self.strays or 0.0)

    def check(self) -> None:
        super().check()
        self.check_distinct(self.levels)
        self.check_texts(*self.levels)
        self.check_scaling(self.center, self.scale)
        self.check_bools(self.missing)
        self.check_strays(self.strays)
        if not 2 <= len(levels_by_value(self.levels)) == len(self.levels):
            raise ValueError(f"column {self.name!r}: there are not 2 to {MOST_LEVELS} levels")
        if not isinstance(self.spellings, dict) or not {*self.spellings.values()} <= {*self.levels}:
            raise ValueError(f"column {self.name!r}: a spelling is of no level")
