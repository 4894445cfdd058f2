"""Forms of dates beside ISO 8601: strptime's directives, checked, compiled once, and read.

A form such as ``%d/%m/%Y`` says how the words of a column spell dates.  Where it has no clock, a
clock may stand behind the date, and a weekday before it.  Nothing depends on the locale.  Words in
ISO 8601 are read beside any form, since a reader of files makes times of them.
"""

import datetime as dt
import math
import re
from calendar import isleap
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import numpy as np

from ..data.columns import Column
from .number_forms import spelled
from .times import DAY
from .words import parse_number, parse_time

MOST_IN_FORM = 64  # characters of a form
MOST_IN_WORD = 100  # characters of a word that can spell a date
PIVOT = 69  # years of two digits from here on are of the 20th century, as POSIX has it
NOT_A_TIME = np.datetime64("NaT", "ms")
LAST = 253_402_300_800_000  # milliseconds from 1970 to the year 10000
FIRST = -62_135_596_800_000  # and to the year 1
DIRECTIVES = {
    "Y": "[0-9]{4}", "y": "[0-9]{2}", "m": "[0-9]{1,2}", "d": "[0-9]{1,2}", "j": "[0-9]{1,3}",
    "b": r"[^\W\d_]{3,10}\.?", "B": r"[^\W\d_]{3,10}\.?", "a": r"[^\W\d_]{2,10}\.?",
    "A": r"[^\W\d_]{2,10}\.?", "H": "[0-9]{1,2}", "I": "[0-9]{1,2}", "M": "[0-9]{2}",
    "S": "[0-9]{2}", "f": "[0-9]{1,9}", "p": r"[AaPp]\.?[Mm]\.?",
    "z": r"(?:Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)",
}  # fmt: skip
# What makes no sense without one of others.
_NEEDED = {"d": "mbB", "p": "I", "I": "p", "M": "HI", "S": "M", "f": "S", "z": "HI"}
_DIGITS = "YymdjHIMSf"
# What may stand behind a date: 10:22, 10.22:05.123, 3:05 PM, 3pm, each with an offset from UTC.
_CLOCK = (
    r"(?:(?:T|,? {1,9})(?=[0-9]{1,2}(?:[:.][0-9]{2}| ?[AaPp]))"
    r"(?P<H>[0-9]{1,2})(?:[:.](?P<M>[0-9]{2})(?:[:.](?P<S>[0-9]{2})"
    rf"(?:[.,](?P<f>[0-9]{{1,9}}))?)?)?(?: ?(?P<p>{DIRECTIVES['p']}))?"
    rf"(?: ?(?P<z>{DIRECTIVES['z']}))?)?"
)
# In the languages of the months below; "mar" is a month.
_WEEKDAYS = """
    mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag
    lun mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche
    mié mie jue vie sáb sab dom lunes martes miércoles miercoles jueves viernes sábado sabado
    domingo
    gio lunedì martedì mercoledì giovedì venerdì sabato domenica
    ma wo vr za zo maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
    mon tue tues wed thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday
    sunday
"""
WEEKDAY = rf"(?:(?i:{'|'.join(_WEEKDAYS.split())})\.?,? {{1,9}})?"
# English, German, French, Spanish, Italian, Portuguese, Dutch; a word of two months is in none.
_MONTHS = [
    "jan january januar jänner janvier janv ene enero gen gennaio janeiro januari",
    "feb february februar février févr fév febrero febbraio fevereiro fev februari",
    "mar march märz mär mrz mars marzo março maart mrt",
    "apr april avril avr abr abril aprile",
    "may mai mayo mag maggio maio mei",
    "jun june juni juin junio giu giugno junho",
    "jul july juli juillet juil julio lug luglio julho",
    "aug august août aoû ago agosto augustus",
    "sep sept september septembre septiembre set settembre setembro",
    "oct october okt oktober octobre octubre ott ottobre out outubro",
    "nov november novembre noviembre novembro",
    "dec december dez dezember déc décembre dic diciembre dicembre dezembro",
]
_MONTH_OF = {name: number for number, row in enumerate(_MONTHS, 1) for name in row.split()}


class Form:
    """A form of dates.

    Attributes
    ----------
    text : str
        As it was given: strptime's directives, or one of ``NUMBER_FORMS``.
    takes_numbers : bool
        Whether a number can spell a date in this form: 20240301 by ``%Y%m%d``.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._of_number = NUMBER_FORMS.get(text)
        self._pattern = None if self._of_number else _compiled(text)
        self.takes_numbers = bool(self._of_number) or not re.sub(f"%[{_DIGITS}]", "", text)

    def parse(self, word: str) -> np.datetime64:
        """The time, in UTC, that a word spells in this form or in ISO 8601, or NaT."""
        time = self.parse_alone(word)
        return parse_time(word) if np.isnat(time) else time

    def parse_alone(self, word: str) -> np.datetime64:
        """The time, in UTC, that a word spells in this form, or NaT.

        >>> form = form_of("%d/%m/%Y")
        >>> [str(form.parse_alone(w)) for w in ("31/01/2024", "31/01/2024 1:05 pm", "2024-01-31")]
        ['2024-01-31T00:00:00.000', '2024-01-31T13:05:00.000', 'NaT']
        """
        if self._pattern is None:
            return np.datetime64(self.times(np.array([_number(word)]))[0])
        found = self._pattern.fullmatch(word) if len(word) <= MOST_IN_WORD else None
        time = _time_of(found.groupdict()) if found else None
        return NOT_A_TIME if time is None else np.datetime64(time, "ms")

    def fits(self, word: str) -> bool:
        """Whether a word looks as words in this form do, whatever its numbers and names are."""
        return self._pattern is not None and self._pattern.fullmatch(word) is not None

    def times(self, x: Column) -> Column:
        """The times that numbers x, (n,), spell in this form; NaT for those that spell none.

        >>> form_of("excel").times(np.array([45352.5, np.nan])).astype(str).tolist()
        ['2024-03-01T12:00:00.000', 'NaT']
        """
        if self._of_number:
            with np.errstate(invalid="ignore", over="ignore"):
                ms = np.round(self._of_number(x))
                known = (ms >= FIRST) & (ms < LAST)
            return np.where(known, np.where(known, ms, 0).astype("M8[ms]"), NOT_A_TIME)
        values, places = np.unique(x, return_inverse=True)
        spelled = (f"{value:.0f}" if value == np.floor(value) else "" for value in values.tolist())
        times = np.array([*map(self.parse_alone, spelled)], "datetime64[ms]")
        found: Column = times[places]
        return found


@lru_cache(maxsize=256)
def form_of(text: str) -> Form:
    """The form that a text describes; a ValueError as of ``check_form`` where it describes none."""
    return Form(text)


def check_form(text: str) -> None:
    """Raise a ValueError, of one line, unless a text describes a form of dates.

    >>> check_form("%d.%m.%Y %H:%M")
    >>> check_form("%d.%m.%Q")
    Traceback (most recent call last):
        ...
    ValueError: %Q is no directive of a date: known are %Y %y %m %d %j %b %B %a %A %H %I %M ...
    """
    form_of(text)


def times_in(form: Form, words: Iterable[str]) -> Column:
    """The times that words spell in a form, and in it alone; NaT for those that spell none."""
    return np.array([*map(form.parse_alone, words)], "datetime64[ms]")


def has_clock(text: str) -> bool:
    """Whether a form says itself where the clock stands, so that none may follow the date."""
    return bool(re.search("%[HI]", text.replace("%%", "")))


def _number(word: str) -> float:
    """The number that a word spells by a decimal point, or by a comma that can be nothing else."""
    number = parse_number(word)
    if math.isnan(number) and (found := spelled(word)) and not found.unit:
        return found.comma if math.isnan(found.point) else math.nan
    return number


def _of_excel(x: Column) -> Column:
    """Milliseconds since 1970 of Excel's days; it counts a day 60, 29 February 1900, too many."""
    days = np.where(x < 60, x + 1, x) - 25_569
    return np.where(x >= 0, days * DAY, np.nan)


# Forms of numbers: milliseconds since 1970 by what stands in the cells.
NUMBER_FORMS: dict[str, Callable[[Column], Column]] = {
    "excel": _of_excel,
    "unix": lambda x: x * 1000,
    "unix_ms": lambda x: x,
}


def _compiled(text: str) -> re.Pattern[str]:
    """The pattern of a form; every repeat in it is bounded, so a hostile word takes no time."""
    if len(text) > MOST_IN_FORM:
        raise ValueError(f"a form of dates has at most {MOST_IN_FORM} characters")
    parts = re.findall(r"%.?| +|[^% ]", text, re.DOTALL)
    found = [part[1:] for part in parts if part[0] == "%" and part != "%%"]
    for letter in found:
        if letter not in DIRECTIVES:
            known = " ".join(f"%{each}" for each in DIRECTIVES)
            raise ValueError(f"%{letter} is no directive of a date: known are {known}, and %%")
    _check_together(text, found)
    pieces = []
    for i, part in enumerate(parts):
        letter = part[1:] if part[0] == "%" and part != "%%" else ""
        beside = [p for p in (*parts[max(i - 1, 0) : i], *parts[i + 1 : i + 2]) if p[0] == "%"]
        if letter in ("m", "d", "H", "I") and any(p[1:] in _DIGITS for p in beside if p != "%%"):
            pieces.append(f"(?P<{letter}>[0-9]{{2}})")  # or where a number ends would be open
        elif letter:
            pieces.append(f"(?P<{letter}>{DIRECTIVES[letter]})")
        else:
            pieces.append(" {1,9}" if part[0] == " " else re.escape(part[-1]))
    if text.startswith("%Y-%d-%m"):
        raise ValueError(
            f"{text!r} is ISO 8601 with month and day swapped, and readers of files take such "
            "words for %Y-%m-%d: write the dates otherwise"
        )
    before = "" if {"a", "A"} & {*found} else WEEKDAY
    return re.compile(before + "".join(pieces) + ("" if has_clock(text) else _CLOCK))


def _check_together(text: str, found: Sequence[str]) -> None:
    """Raise a ValueError where a form says a thing twice, or leaves out what another needs."""
    for group in ("Yy", "mbBj", "HI", "aA", "dj", *DIRECTIVES):
        same = [letter for letter in found if letter in group]
        if len(same) > 1:
            raise ValueError(f"{text!r} has %{same[0]} and %{same[1]}, where one of them is enough")
    if not {"Y", "y"} & {*found}:
        raise ValueError(
            f"{text!r} has no year: write strptime's directives, such as %d/%m/%Y, or one of "
            f"{', '.join(NUMBER_FORMS)}"
        )
    for letter, needed in _NEEDED.items():
        if letter in found and not {*needed} & {*found}:
            others = " or ".join(f"%{each}" for each in needed)
            raise ValueError(f"{text!r} has %{letter}, which needs {others} beside it")


def _time_of(found: dict[str, str | None]) -> dt.datetime | None:
    """The time in UTC by the pieces of a word, each by its directive; None where it is no time."""
    try:
        day = int(found.get("d") or 1)
        time = dt.datetime(_year(found), _month(found), day, *_clock(found))
        if of_year := found.get("j"):
            if not 1 <= int(of_year) <= 365 + isleap(time.year):
                return None
            time += dt.timedelta(int(of_year) - 1)
        zone = found.get("z")
        return time - _offset(zone) if zone else time
    except (ValueError, OverflowError):
        return None


def _year(found: dict[str, str | None]) -> int:
    short = found.get("y")
    return int(found["Y"] or 0) if short is None else int(short) + (1900, 2000)[int(short) < PIVOT]


def _month(found: dict[str, str | None]) -> int:
    name = found.get("b") or found.get("B")
    return _MONTH_OF.get(name.rstrip(".").casefold(), 0) if name else int(found.get("m") or 1)


def _clock(found: dict[str, str | None]) -> tuple[int, int, int, int]:
    """Hour, minute, second and microsecond; a ValueError for an hour that no half day has."""
    hour = int(found.get("H") or found.get("I") or 0)
    if half := found.get("p"):
        if not 1 <= hour <= 12:
            raise ValueError("12-hour clocks have the hours 1 to 12")
        hour = hour % 12 + 12 * (half[0] in "pP")
    part = int((found.get("f") or "").ljust(6, "0")[:6])
    return hour, int(found.get("M") or 0), int(found.get("S") or 0), part


def _offset(zone: str) -> dt.timedelta:
    if zone[0] not in "+-":
        return dt.timedelta()
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    if hours > 23 or minutes > 59:
        raise ValueError("no such offset")
    return dt.timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
