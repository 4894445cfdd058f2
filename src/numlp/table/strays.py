"""Words among numbers or times: cells that hold no value, and how many are to be expected."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..common.wording import CellNote
from ..data.columns import Column
from .words import is_missing_word, read_words


def parse_all(
    name: str,
    cells: Column,
    parse: Callable[[str], Any],
    hole: Any,
    notes: list[str] | None,
    strays: float | None,
    what: str,
    cause_of: Callable[[Sequence[str]], str] | None = None,
) -> Column:
    """The value that ``parse`` finds in each cell; a word without a value is missing, and noted.

    ``strays`` is the share of such words in training, ``what`` the name of such a value;
    ``cause_of`` says of the words without a value why they have none, if it can.
    """
    column = read_words(cells)
    values = np.array([*map(parse, column.words), hole])
    stray = np.array([v != v for v in values[:-1]], dtype=bool)
    given = np.array([not is_missing_word(word) for word in column.words], dtype=bool)
    stray &= given
    n_stray, n_given = (int(column.counts[mask].sum()) for mask in (stray, given))
    words = column.chosen(stray) if n_stray else []
    cause = cause_of(words) if cause_of and n_stray else ""
    note_strays(notes, name, what, n_stray, n_given, strays, words, cause)
    return values[column.codes]


def note_strays(
    notes: list[str] | None,
    name: str,
    what: str,
    n_stray: int,
    n_given: int,
    strays: float | None,
    words: Sequence[str] = (),
    cause: str = "",
) -> None:
    """Add a note on cells without a value, if there are any and notes are taken.

    ``n_given`` cells say something, and ``n_stray`` of them hold no ``what``: these ``words``, for
    this ``cause``, if it is known.
    """
    if notes is not None and n_stray:
        told = f"no {what}, taken as missing"
        usual = expected(n_stray, n_given, strays or 0.0)
        notes.append(CellNote(name, n_stray, told, words, usual=usual, cause=cause))


def expected(
    n_found: int,
    n_cells: int,
    share: float,
    *,
    deviations: float = 3,
    n_learned: float = math.inf,
) -> bool:
    """Whether so many of the cells are no more than the share lets expect.

    Parameters
    ----------
    n_found, n_cells : int
    share : float
        The share of such cells.
    deviations : float, default 3
        How many standard deviations more than expected are allowed.
    n_learned : float, default inf
        The cells from which the share is known, which makes it vary as well; inf where it is sure.

    Examples
    --------
    >>> expected(1, 900, 1 / 900), expected(3, 900, 1 / 900), expected(4, 900, 1 / 900)
    (True, True, False)
    """
    variance = n_cells * share * (1 - share) * (1 + n_cells / n_learned)
    return n_found <= n_cells * share + deviations * math.sqrt(variance)
