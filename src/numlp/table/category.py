"""Columns of words: a flag for each word, or a code to look up; words are compared by value."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ..common.wording import count
from ..data.columns import Column
from ..data.objects import EXACT, spell
from ..storage.json_values import is_share
from .encoders import MIN_COUNT, Encoder, Odd, Slots, frequent, in_float32, missing_flag
from .strays import expected
from .words import as_words, by_value, factorize, parse_number, read_number

if TYPE_CHECKING:  # what fits alone needs
    from .reasons import Why
    from .summary import WordSummary

MAX_CODES = 10_000  # words that are told apart; the others count as rare
MAX_SPELLINGS = 10_000  # other spellings of these that a model keeps, for other programs


@dataclass
class Category(Encoder):
    """A column of words: a flag for each; of two words one flag; of many words a code.

    A cell that is missing, or whose word is rare or unknown, is zero in all of these columns;
    missing has a flag of its own where it was frequent.

    Words of equal value are one word (``words.by_value``), so that "1.50", "1.5" and the number
    1.5 are the same in any table.

    Attributes
    ----------
    values : list of str
        The words seen at least twice, sorted, each as most of its cells in training spelled it.
    embedded : bool
        Whether cells become codes: 0, or the number of the word in ``values``, from 1.
    missing : bool
        Whether missing has a flag.
    numeric : bool
        Whether the words spell numbers, and stand in ``values`` as these numbers are spelled.
    spellings : dict of str to str, optional
        Other spellings that training had of these words, each with its word.  None where an older
        version wrote the file: such a model compares words as they are spelled.
    holes : bool, optional
        Whether a cell was missing in training; None where an older version wrote the file.
    rare : float, optional
        The share of cells with a word outside of ``values`` that is to be expected of other rows;
        None as above.
    n_given : int, optional
        The cells in training that were not missing, by which ``rare`` was found; None as above.
    """

    tag: ClassVar[str] = "category"
    unknown: ClassVar[str] = "with a word that was rare in training, or never seen there"
    values: list[str]
    embedded: bool
    missing: bool
    numeric: bool
    spellings: dict[str, str] | None = None
    holes: bool | None = None
    rare: float | None = None
    n_given: int | None = None

    @classmethod
    def fit(
        cls, column: "WordSummary", why: "Why", one_hot_max: int, *, numeric: bool = False
    ) -> Self:
        """Learn which words of a column, merged by value, are there often enough."""
        words, counts = column.distinct, column.held
        order = sorted(range(len(words)), key=lambda i: (-counts[i], words[i]))
        chosen = [i for i in order[:MAX_CODES] if counts[i] >= MIN_COUNT]
        kept = sorted(words[i] for i in chosen)
        n_words = column.n_distinct
        told = count(n_words, "distinct word")
        if n_words > len(words):  # a sketch: the others are rare, and were not all seen
            told = f"about {told}"
        if n_rare := n_words - len(kept):
            told += f", {n_rare:,} of them too rare to be learned"
        why = why.also(told)
        if embedded := len(kept) > max(2, one_hot_max):
            why = why.also("looked up by code")
        n_missing, among = column.n_missing, set(kept)
        others = sorted(word for word, own in column.spellings.items() if own in among)
        return cls(
            column.name,
            why,
            kept,
            embedded,
            frequent(n_missing, column.n_rows),
            numeric,
            {word: column.spellings[word] for word in others[:MAX_SPELLINGS]},
            n_missing > 0,
            _expected_rare(counts[order], column.n_given, len(chosen)),
            column.n_given,
        )

    @property
    def flags(self) -> list[str]:
        shown = [] if self.embedded else self.values[-1:] if self._paired else self.values
        return [f"{self.name}={v}" for v in shown] + missing_flag(self)

    @property
    def cardinality(self) -> int:
        return len(self.values) + 1 if self.embedded else 0

    @property
    def had_holes(self) -> bool:
        return self.missing or self.holes is not False

    @property
    def _paired(self) -> bool:
        return len(self.values) == 2

    @property
    def takes_numbers(self) -> bool:
        """Whether every word is a number that a float64 has exactly."""
        return self.numeric and all(abs(parse_number(word)) <= EXACT for word in self.values)

    @cached_property
    def known(self) -> dict[str, int]:
        """The number of each word in ``values``, from 1, by all spellings that are at hand."""
        if self.spellings is None:
            return {word: j for j, word in enumerate(self.values, start=1)}
        return numbered(self.values, self.spellings, first=1)

    @cached_property
    def rounded(self) -> dict[float, int]:
        """The number of each word that has no exact float64, or float32, by the one it has there.

        A number that two words round to is not among them.
        """
        found: dict[float, int] = {}
        for j, word in enumerate(self.values, start=1):
            exact = read_number(word)
            for value in {exact, in_float32(exact)}:
                if not math.isnan(value):
                    found[value] = 0 if value in found else j
        return {value: j for value, j in found.items() if j and spell(value) not in self.known}

    def read(self, cells: Column, notes: list[str] | None) -> Column:
        words = as_words(cells)
        if cells.dtype.kind != "f" or self.spellings is None or not self.rounded:
            return words
        for i in np.flatnonzero(np.isin(cells, [*self.rounded])).tolist():
            words[i] = self.values[self.rounded[float(cells[i])] - 1]
        return words

    def number_of(self, word: str) -> int:
        """The number of a word in ``values``, from 1; 0 where it is unknown, -1 where missing."""
        if (number := self.known.get(word)) is not None:
            return number
        if self.spellings is None:
            return self.known.get(_respelled(word), 0) if self.numeric else 0
        value = by_value(word)
        return self.known.get(value, 0) if value else -1

    def encode(self, cells: Column, out: Slots) -> Odd:
        words, codes = factorize(cells)
        # Code -1, missing, is the last entry.
        found = np.array([*map(self.number_of, words), -1])[codes]
        absent = found < 0
        if self.embedded:
            out.codes[:, 0] = np.maximum(found, 0)
        elif self._paired:
            out.flags[:, 0] = np.array([0, -1, 1, 0], np.float32)[found]
        else:
            known = np.flatnonzero(found > 0)
            out.flags[known, found[known] - 1] = 1
        if self.missing:
            out.flags[:, -1] = absent
        return Odd(int(np.count_nonzero(found == 0)), int(np.count_nonzero(absent)))

    def is_usual(self, n_unknown: int, n_cells: int) -> bool:
        """Whether so many unknown cells were to be expected, at four standard deviations.

        The share itself is known from the cells of training alone, so it varies as well.
        """
        learned = self.n_given or math.inf
        return expected(n_unknown, n_cells, self.rare or 0.0, deviations=4, n_learned=learned)

    def check(self) -> None:
        super().check()
        self.check_distinct(self.values)
        self.check_texts(*self.values)
        self.check_bools(self.embedded, self.missing, self.numeric)
        self.check_bools(*([] if self.holes is None else [self.holes]))
        if self.embedded and not self.values:
            raise ValueError(f"column {self.name!r} has codes, but no value to give one to")
        if self.spellings is not None and not (
            isinstance(self.spellings, dict) and set(self.spellings.values()) <= set(self.values)
        ):
            raise ValueError(f"column {self.name!r}: a spelling is of no value")
        if self.rare is not None and not is_share(self.rare):
            raise ValueError(f"column {self.name!r}: the share of rare cells is not from 0 to 1")
        if self.n_given is not None and not (type(self.n_given) is int and self.n_given > 0):
            raise ValueError(f"column {self.name!r}: the number of cells is not above 0")


def numbered(words: Sequence[str], spellings: Mapping[str, str], first: int) -> dict[str, int]:
    """The number of each word, from ``first``, by the word, its value, and its other spellings.

    >>> numbered(["1.50", "x"], {"1.500": "1.50"}, first=1)
    {'1.5': 1, 'x': 2, '1.500': 1, '1.50': 1}
    """
    number_of = {word: j for j, word in enumerate(words, first)}
    of_value = {by_value(word): j for word, j in number_of.items()}
    return of_value | {word: number_of[own] for word, own in spellings.items()} | number_of


def _expected_rare(counts: NDArray[np.intp], n_given: int, n_chosen: int) -> float:
    """The share of cells of other rows whose word is none of the chosen ones.

    Of words that training had r times, other rows have about the share that the words which it had
    r + 1 times take up in training (Good 1953).  Words are unknown that it had never or once, or
    up to as often as the first one that there was no number for.  One cell is added since a word
    can come up although training had no rare one (Laplace's rule).

    Parameters
    ----------
    counts : array of int
        How often training had each word, the most frequent first.
    n_given : int
        Cells that were given: of a sketch more than ``counts`` add up to, the others rare.
    n_chosen : int
    """
    most = max([MIN_COUNT, *counts[n_chosen : n_chosen + 1].tolist()])
    n_rare = n_given - int(counts[counts > most].sum())
    return min(1.0, float(n_rare + 1) / float(n_given))


def _respelled(word: str) -> str:
    """A word that is a number as that number is spelled, as older versions did: "1.0" is "1"."""
    value = parse_number(word)
    return spell(value) if abs(value) <= EXACT else word
