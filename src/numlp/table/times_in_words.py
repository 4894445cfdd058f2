"""Columns of times that are not read, which their owner can write otherwise.

These are times of day, and dates with words that are in no form: months in other languages.
"""

import re

import numpy as np
from numpy.typing import NDArray

from .reasons import UnreadTimes
from .summary import WordSummary

MOST_IN_WORD = 60  # characters of a word that can be such a time
MOST_MONTHS = 24  # names of months in a column: each in full, and short
_TIME_OF_DAY = re.compile(
    r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{1,9})?)?(?: ?[AaPp]\.?[Mm]\.?)?"
)
_DAY = r"(?P<day>[12][0-9]|3[01]|0?[1-9])(?:\.|st|nd|rd|th)?"
_MONTH, _YEAR = r"(?P<month>[^\W\d_]{3,})\.?", r"(?:19|20)[0-9]{2}(?![0-9]).*"
_NEXT = r"[ ,/.-]{1,3}(?:[^\W\d_]{1,3}\.? )?"  # 5 de gener de 2024
_DATES = [re.compile(_DAY + _NEXT + _MONTH + _NEXT + _YEAR)]  # day, month and year
_DATES += [re.compile(_MONTH + _NEXT + _DAY + _NEXT + _YEAR)]  # month, day and year


def unread_times(words: WordSummary, absent: NDArray[np.bool_], share: float) -> UnreadTimes | None:
    """What to say of a column of such times; None where the words are something else.

    Parameters
    ----------
    words : WordSummary
    absent : array of bool
        Which words say that a cell is missing.
    share : float
        How many cells may be something else, as a share of all that are given.
    """
    for what, patterns, instead in (
        ("times of day", [_TIME_OF_DAY], "give hours since midnight, such as 12.5 for 12:30"),
        ("dates with words", _DATES, "write them in ISO 8601, such as 2024-01-31"),
    ):
        found = _matching(words, absent, patterns, share)
        if found and (patterns is not _DATES or _are_dates([*found.values()])):
            shown = words.commonest(np.isin(np.arange(len(words.distinct)), [*found]))[0]
            return UnreadTimes(what, shown, instead)
    return None


def _matching(
    words: WordSummary, absent: NDArray[np.bool_], patterns: list[re.Pattern[str]], share: float
) -> dict[int, re.Match[str]]:
    """The words that fit a pattern, by their places; none where too many cells do not."""
    found, n_left = {}, share * int(words.counts[~absent].sum())
    for i in np.flatnonzero(~absent).tolist():
        word = words.distinct[i] if len(words.distinct[i]) <= MOST_IN_WORD else ""
        match = next(filter(None, (pattern.fullmatch(word) for pattern in patterns)), None)
        if match:
            found[i] = match
        elif (n_left := n_left - int(words.counts[i])) < 0:
            return {}
    return found


def _are_dates(found: list[re.Match[str]]) -> bool:
    """Whether days and months vary as they do in dates: 5 Main 1995 is an address."""
    days, months = ({match[name].casefold() for match in found} for name in ("day", "month"))
    return len(days) > 1 and 1 < len(months) <= MOST_MONTHS
