"""Ordered categories: S < M < L, each a word; what counts is how far a cell is up."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

import numpy as np

from ..common.wording import count, name_list
from ..data.columns import Column
from ..errors import DataError
from .encoders import Encoder, Odd, Slots, missing_flag
from .reasons import StrayCells, Why
from .strays import expected
from .summary import WordSummary
from .words import as_words, by_value, factorize

MOST_LEVELS = 100


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
    """A column of levels: for each but the lowest a flag, 1 at this level and above, -1 below.

    So two levels beside each other differ in one flag, and the lowest and the highest in all
    (a thermometer).  A cell that is missing, or no level, has 0 in all of them, and in a flag of
    its own 1 where training had such cells.

    Levels are compared by value, as the words of a ``Category`` are.

    Attributes
    ----------
    levels : list of str
        The lowest first, and those too that no cell of training had.
    missing : bool
        Whether a cell was missing in training, or no level, so that there is a flag for it.
    strays : float, optional
        The share of the cells given in training that were no level; None where all were.
    """

    tag: ClassVar[str] = "ordered"
    levels: list[str]
    missing: bool
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
        return cls(column.name, why, list(levels), column.n_missing + n_odd > 0, strays)

    @property
    def flags(self) -> list[str]:
        return [f"{self.name}>={level}" for level in self.levels[1:]] + missing_flag(self)

    @property
    def had_holes(self) -> bool:
        return self.missing

    @cached_property
    def known(self) -> dict[str, int]:
        """The place of each level, from 0, as it is spelled and by its value."""
        places = {level: i for i, level in enumerate(self.levels)}
        return {by_value(level): i for level, i in places.items()} | places

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
        n_steps = len(self.levels) - 1
        steps = np.where(place[:, None] > np.arange(n_steps), np.float32(1), np.float32(-1))
        out.flags[:, :n_steps] = np.where(place[:, None] < 0, np.float32(0), steps)
        if self.missing:
            out.flags[:, -1] = place < 0
        return Odd(int(np.count_nonzero(place == -1)), int(np.count_nonzero(place == -2)))

    def is_usual(self, n_unknown: int, n_cells: int) -> bool:
        """Whether so many cells that are no level were to be expected after training."""
        return expected(n_unknown, n_cells, self.strays or 0.0)

    def check(self) -> None:
        super().check()
        self.check_distinct(self.levels)
        self.check_texts(*self.levels)
        self.check_bools(self.missing)
        self.check_strays(self.strays)
        if not 2 <= len(self.levels) <= MOST_LEVELS or len(self.known) < len(self.levels):
            raise ValueError(f"column {self.name!r}: there are not 2 to {MOST_LEVELS} levels")
