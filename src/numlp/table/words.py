"""Columns of words: which words there are, and what numbers and times they spell."""

import datetime as dt
import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.wording import shortened
from ..data.columns import Column, is_missing, naive_utc, spell

# What people write for a missing number.  In a column of words they stay words.
MISSING_WORDS = frozenset(
    {"", "na", "n/a", "nan", "null", "none", "?", "-", ".", "#n/a", "missing"}
)
TRUTHS = {"true": 1.0, "false": 0.0}


class Words(NamedTuple):
    """A column of words: each word once, and where it stands.

    Attributes
    ----------
    words : list of str
        The words in order of appearance, without the blanks around them.
    codes : array of shape (n_rows,)
        For each cell the index of its word; -1 where the cell is missing, or of blanks alone.
    counts : array of shape (len(words),)
        How many cells hold each word.
    """

    words: list[str]
    codes: NDArray[np.intp]
    counts: NDArray[np.intp]

    def chosen(self, mask: NDArray[np.bool_]) -> list[str]:
        """The words where the mask is true."""
        return [word for word, keep in zip(self.words, mask, strict=True) if keep]


def read_words(cells: Column) -> Words:
    """The words of a column of text.

    >>> read_words(np.array(["b", None, "a ", "b"], dtype=object))
    Words(words=['b', 'a'], codes=array([ 0, -1,  1,  0]), counts=array([2, 1]))
    """
    words, codes = factorize(cells)
    return Words(words, codes, np.bincount(codes[codes >= 0], minlength=len(words)))


def factorize(cells: Column) -> tuple[list[str], NDArray[np.intp]]:
    """Distinct words in order of appearance, surrounding blanks stripped, and each cell's index.

    A missing cell, or one of blanks alone, has index -1.

    >>> factorize(np.array(["b", None, "a ", "b"], dtype=object))
    (['b', 'a'], array([ 0, -1,  1,  0]))
    """
    index: dict[str | None, int] = {None: -1, "": -1}
    words: list[str] = []
    codes = np.empty(len(cells), np.intp)
    for i, cell in enumerate(cells):
        code = index.get(cell)
        if code is None:
            word = cell.strip()
            code = index.get(word)
            if code is None:
                code = index[word] = len(words)
                words.append(word)
            index[cell] = code
        codes[i] = code
    return words, codes


def parse_number(word: str) -> float:
    """The number that a word spells, or NaN; "007" is a code, not a number.

    >>> [parse_number(w) for w in ("1.5", "-2e3", "007", "0.7", "inf", "12O", "1_000")]
    [1.5, -2000.0, nan, 0.7, nan, nan, nan]
    """
    digits = word.lstrip("+-")
    if "_" in word or (len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()):
        return math.nan
    try:
        value = float(word)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def parse_truth(word: str) -> float:
    """1 for true, 0 for false, in letters of any case; else the number that the word spells.

    >>> [parse_truth(w) for w in ("True", "FALSE", "1", "yes")]
    [1.0, 0.0, 1.0, nan]
    """
    truth = TRUTHS.get(word.lower())
    return parse_number(word) if truth is None else truth


def parse_time(word: str) -> np.datetime64:
    """The time, in UTC, that a word spells in ISO 8601 with hyphens, or NaT.

    >>> [str(parse_time(w)) for w in ("2024-03-01", "2024-03-01T10:22+01:00", "20240301")]
    ['2024-03-01T00:00:00.000', '2024-03-01T09:22:00.000', 'NaT']
    """
    try:
        time = naive_utc(dt.datetime.fromisoformat(word)) if "-" in word else None
    except (ValueError, OverflowError):  # overflow: it leaves the year 1 or 9999 on its way to UTC
        time = None
    return np.datetime64("NaT") if time is None else np.datetime64(time, "ms")


def as_words(cells: Column) -> Column:
    """The cells as words, numbers and times as they are spelled among words."""
    if cells.dtype.kind == "O":
        return cells
    words = np.empty(len(cells), dtype=object)
    if cells.dtype.kind == "f":
        words[:] = [None if math.isnan(x) else spell(x) for x in cells.tolist()]
    else:
        words[:] = [None if t == "NaT" else t for t in cells.astype(str).tolist()]
    return words


def is_missing_word(word: str) -> bool:
    """Whether people write this for a missing number or time."""
    return word.lower() in MISSING_WORDS


def shown(cell: Any, most: int = 40) -> str:
    r"""A cell as a person reads it, in one short line.

    >>> shown(12345678.0), shown(2 / 3), shown(math.nan), shown("a\nb")
    ('12345678', '0.666667', 'missing', 'a b')
    >>> shown(np.datetime64("2024-03-01T00:00", "ms"))
    '2024-03-01'
    """
    if is_missing(cell):
        return "missing"
    if isinstance(cell, float):
        return spell(float(cell)) if abs(cell) < 1e15 and cell == int(cell) else f"{cell:.6g}"
    if isinstance(cell, np.datetime64):
        cell = cell.astype("datetime64[ms]").item()
    if isinstance(cell, dt.datetime):
        cell = str(cell).removesuffix(" 00:00:00")
    return shortened(str(cell), most)
