"""Which form the dates in a column of words have: decided by all of its words together.

``03/04/2024`` has two readings.  A day over 12 anywhere in the column decides between them; where
nothing decides, or where two forms are mixed, the column stays what its words make it, and the
reasons say so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..data.columns import Column
from .date_forms import MOST_IN_WORD, WEEKDAY, form_of, times_in
from .reasons import DateReading, UnsureDates
from .summary import WordSummary

MOST_READINGS = 3  # that are told of one column
YEARS = np.array(["1900", "2100"], "M8[ms]")  # between which a month without a day is one
_BY_NUMBER = [
    form.replace("/", sep)
    for sep in "/-."
    for form in ("%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d/%m/%y", "%m/%d/%y", "%y/%m/%d")
]
_BY_NAME = [
    *(f"%d{sep}%b{sep}%{year}" for sep in ("-", " ", "/", ".", "") for year in "Yy"),
    *(f"%Y{sep}%b{sep}%d" for sep in "- /."), "%d de %b de %Y",
    "%d. %b %Y", "%d. %b %y", "%d %b, %Y", "%b %d, %Y", "%b %d %Y", "%b. %d, %Y", "%b %Y", "%b-%Y",
]  # fmt: skip
_MONTHS_ALONE = ["%Y-%m", "%Y/%m", "%m/%Y"]
FORMS = (*_BY_NUMBER, *_BY_NAME, *_MONTHS_ALONE)
_SHORT = {form for form in _BY_NUMBER if "%y" in form and "/" not in form}
_SHORT_DAY = re.compile(r"00\D00\D00(?!0)")  # 1.2.10 is rather a version than a day
_ONE_DIGIT = re.compile(r"([0-9]{1,2})([.-])([0-9]{1,2})\2([0-9]{2})(?![0-9])")
_START, _NAME = re.compile(WEEKDAY), re.compile(r"(?!UTC|GMT)[^\W\d_]{3,}")
_ZEROS = str.maketrans("123456789", "0" * 9)


@dataclass(frozen=True)
class FoundForm:
    """The form that the dates of a column have.

    Attributes
    ----------
    form : str
    values : array of datetime64[ms]
        The time that each word spells, NaT where it spells none.
    word : str
        A word that shows the form and no other; empty where no other form was in question.
    """

    form: str
    values: Column
    word: str


def find_form(
    words: WordSummary, iso: Column, absent: NDArray[np.bool_], share: float, *, strays: float = 0
) -> FoundForm | UnsureDates | None:
    """The form of the dates that the words of a column spell; None where they spell no dates.

    Parameters
    ----------
    words : WordSummary
    iso : array of datetime64[ms]
        What each word spells in ISO 8601, NaT where it spells none.
    absent : array of bool
        Which words say that a cell is missing.
    share : float
        How many cells may have another form alone, as a share of those that have this one alone.
    strays : float, optional
        How many cells that are no dates there may be, as a share of those that are; ``share`` by
        default.
    """
    counts, strays = words.counts, strays or share
    n_given = int(counts[~absent].sum())
    by_form = _forms_of_short_days(words, absent)
    if not by_form:
        by_form = _forms_of_words(words, iso, absent, n_given * strays / (1 + strays))
    if not by_form:
        return None
    found = [_Candidate(form, words, iso, fits) for form, fits in by_form.items()]
    found.sort(key=lambda candidate: -candidate.n_cells)  # stable: the order of FORMS
    found = [candidate for candidate in found if candidate.is_likely()]
    if not found or not found[0].n_alone:
        return None
    best = found[0]
    if n_given - best.n_cells > strays * best.n_cells:
        return _mixture(words, found, n_given, strays)
    rivals = [other for other in found[1:] if best.contradicts(other)]
    open_ = [other for other in rivals if not best.beats(other, share)]
    if open_:
        return UnsureDates(
            words.name, tuple(best.readings([best, *open_][:MOST_READINGS])), mixed=False
        )
    telling = best.alone.copy()
    for other in rivals:
        telling &= ~other.alone
    shown = words.commonest(telling) if rivals else []
    return FoundForm(best.form, best.values, shown[0] if shown else "")


class _Candidate:
    """A form that some words of a column have.

    Attributes
    ----------
    alone : array of bool
        Which words are dates in the form; ``values`` counts those in ISO 8601 too.
    n_alone, n_cells : int
        Cells that are dates in the form, and those that are dates at all.
    """

    def __init__(self, form: str, words: WordSummary, iso: Column, fits: NDArray[np.bool_]) -> None:
        self.form, self._words = form, words
        own = np.full(len(iso), np.datetime64("NaT", "ms"))
        rows = np.flatnonzero(fits & np.isnat(iso))
        own[rows] = times_in(form_of(form), [words.distinct[i] for i in rows.tolist()])
        if "%d" not in form:
            own[~((own >= YEARS[0]) & (own < YEARS[1]))] = np.datetime64("NaT", "ms")
        self.alone = ~np.isnat(own)
        self.values = np.where(self.alone, own, iso)
        self.n_alone = int(words.counts[self.alone].sum())
        self.n_cells = int(words.counts[~np.isnat(self.values)].sum())

    def is_likely(self) -> bool:
        """Whether people write so: the year of two digits stands first where days vary more."""
        if not self.form.startswith("%y"):
            return True
        shown = [self._words.distinct[i][:8] for i in np.flatnonzero(self.alone).tolist()]
        return len({word[:2] for word in shown}) < len({word[6:8] for word in shown})

    def contradicts(self, other: "_Candidate") -> bool:
        """Whether a word is one time in this form and another time in the other."""
        both = self.alone & other.alone
        return bool((self.values[both] != other.values[both]).any())

    def beats(self, other: "_Candidate", share: float) -> bool:
        """Whether enough cells have this form and not the other, and hardly any the other alone."""
        counts = self._words.counts
        for_this = int(counts[self.alone & ~other.alone].sum())
        for_other = int(counts[other.alone & ~self.alone].sum())
        return for_this > 0 and for_other <= share * for_this

    def readings(self, of: "list[_Candidate]") -> Iterator[DateReading]:
        """What one word, a date in all of these forms, is in each of them."""
        common = np.logical_and.reduce([each.alone for each in of])
        differing = [each.values != self.values for each in of[1:]]
        telling = common & np.logical_or.reduce(differing)
        word = self._words.commonest(telling if telling.any() else self.alone)[0]
        i = self._words.distinct.index(word)
        for each in of:
            yield DateReading(each.form, word, _told(each.values[i]), each.n_cells)


def _mixture(
    words: WordSummary, found: list[_Candidate], n_given: int, strays: float
) -> UnsureDates | None:
    """The two commonest forms of a column that has several; None where it is none of dates."""
    known = np.logical_or.reduce([~np.isnat(each.values) for each in found])
    n_known = int(words.counts[known].sum())
    if n_given - n_known > strays * n_known:
        return None
    readings: list[DateReading] = []
    left = np.ones(len(words.distinct), bool)
    while len(readings) < 2:
        best = max(found, key=lambda each: int(words.counts[each.alone & left].sum()))
        own = best.alone & left
        if not own.any():
            break
        word = words.commonest(own)[0]
        time = _told(best.values[words.distinct.index(word)])
        readings.append(DateReading(best.form, word, time, int(words.counts[own].sum())))
        left &= ~own
    return UnsureDates(words.name, tuple(readings), mixed=True) if len(readings) == 2 else None


def _told(time: np.datetime64) -> str:
    return str(time).removesuffix(".000").removesuffix(":00").removesuffix("T00:00")


def _forms_of_words(
    words: WordSummary, iso: Column, absent: NDArray[np.bool_], most: float
) -> dict[str, NDArray[np.bool_]]:
    """For each form that a word may have by its looks, which words look so; {} if too few do.

    ``most`` cells may look like no date.
    """
    is_iso, n_odd = ~np.isnat(iso), 0
    places: dict[tuple[str, ...], list[int]] = {}
    for i, (word, n) in enumerate(zip(words.distinct, words.counts.tolist(), strict=True)):
        if absent[i] or is_iso[i]:
            continue
        forms = _forms_of(word.translate(_ZEROS)) if len(word) <= MOST_IN_WORD else ()
        if forms:
            places.setdefault(forms, []).append(i)
        elif (n_odd := n_odd + n) > most:
            return {}
    found = {}
    for form in FORMS:
        own = [i for forms, rows in places.items() if form in forms for i in rows]
        if own:
            found[form] = np.zeros(len(iso), bool)
            found[form][own] = True
    return found


def _forms_of_short_days(
    words: WordSummary, absent: NDArray[np.bool_]
) -> dict[str, NDArray[np.bool_]]:
    """The forms of a column of days such as 2.1.24; {} where a word with digits is none.

    A version looks so too, and its last number varies most: the year has to vary less than the day.
    """
    numbers: list[tuple[str, ...]] = []
    fits = np.zeros(len(absent), bool)
    for i in np.flatnonzero(~absent).tolist():
        word = words.distinct[i]
        if found := _ONE_DIGIT.match(word):
            numbers.append(found.groups())
            fits[i] = True
        elif any(map(str.isdigit, word)):
            return {}
    if all(len(first) == len(second) == 2 for first, _, second, _ in numbers):
        return {}  # whose words tell by themselves
    first, seps, second, years = map(set, zip(*numbers, strict=True))
    sep = seps.pop()
    forms = [
        form
        for form, days, months in (
            (f"%d{sep}%m{sep}%y", first, second),
            (f"%m{sep}%d{sep}%y", second, first),
        )
        if len(years) < len(days) and max(map(int, days)) <= 31 and max(map(int, months)) <= 12
    ]
    return {} if seps else dict.fromkeys(forms, fits)


@lru_cache(maxsize=1024)
def _forms_of(zeros: str) -> tuple[str, ...]:
    """The forms that a word may have, given with 0 in place of each digit."""
    # Whichever weekday and month it is; the end of "marzo" is no short Sunday.
    looks = _NAME.sub("jan", _START.sub("", zeros, count=1))
    return tuple(form for form in FORMS if _may_have(looks, form))


def _may_have(looks: str, form: str) -> bool:
    if form in _SHORT and not _SHORT_DAY.match(looks):
        return False
    return form_of(form).fits(looks)
