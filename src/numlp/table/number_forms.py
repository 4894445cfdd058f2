"""Numbers as people write them: decimal commas, thousands, percent, currencies, units and signs.

A word may spell two numbers: "1,234" is 1234 where a point is the decimal sign, and 1.234 where a
comma is.  So a ``Spelled`` has both, and which one is meant is decided for a whole column, in
``decimals.read_column``.
"""

import math
import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from .words import MOST_SPELLED, read_number

POINT, COMMA = ".", ","
SIGNS = (POINT, COMMA)

# Blanks, minus signs and apostrophes of every kind as those of a keyboard.
_AS_TYPED = str.maketrans(
    {**dict.fromkeys("\u00a0\u2007\u2008\u2009\u200a\u202f", " "), "\u2212": "-", "\u2013": "-",
     "\u2014": "-", "\u2019": "'", "\u02bc": "'"}
)  # fmt: skip

PERCENT = "%"
MOST_EXPLAINED = 512  # words of a column that a cause is looked for in
# What may stand before or after a number, with the name that it is compared by: a currency.
_SIGNS = {
    "$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₽": "RUB",
    "₩": "KRW", "₺": "TRY", "₪": "ILS", "₫": "VND", "฿": "THB", "₴": "UAH", "₦": "NGN", "₱": "PHP",
    "R$": "BRL", "A$": "AUD", "C$": "CAD", "HK$": "HKD", "S$": "SGD", "NZ$": "NZD", "Fr.": "CHF",
    "SFr.": "CHF", "zł": "PLN", "Kč": "CZK", "Rs": "INR", "Rs.": "INR", "kr": "kr", "kr.": "kr",
    "Ft": "HUF", "lei": "RON",
}  # fmt: skip
_CODES = re.findall(
    r"\w+",
    """AED AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KES KRW
    MAD MXN MYR NGN NOK NZD PEN PHP PKR PLN RON RSD RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR""",
)
_CURRENCIES = _SIGNS | dict(zip(_CODES, _CODES, strict=True))
# What may stand after a number alone: a measure.
MEASURES = re.findall(
    r"\S+",
    """‰ °C °F ° kg g mg t lb oz km m cm mm mi ft in km² m² cm² ha m³ km2 m2 m3 l L ml kWh kW W MB
    GB TB h min s ms km/h mph pcs""",
)
UNITS = _CURRENCIES | {PERCENT: PERCENT, "lbs": "lb"} | dict(zip(MEASURES, MEASURES, strict=True))


def _any_of(words: list[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


# Compiled when first asked for: a model with plain numbers alone does without.
@cache
def _number() -> re.Pattern[str]:
    return re.compile(
        rf"""(?:(?P<outside>{_any_of([*_CURRENCIES])})\ *(?=\())? (?P<open>\()?
    (?P<sign>[+-])? \ ? (?P<before>{_any_of([*_CURRENCIES, PERCENT])})? \ *
    (?P<inner>[+-])? (?P<digits>\d[\d\ .,']*|[.,]\d+) (?P<exponent>[eE][+-]?\d{{1,3}})?
    (?P<trailing>-)? \ ? (?P<after>{_any_of([*UNITS])})? \ ? (?P<last>-)? (?P<close>\))?""",
        re.VERBOSE | re.ASCII,
    )


@cache
def _nothing() -> re.Pattern[str]:
    """Zero, in a spreadsheet's format for accounts: "$ -"."""
    return re.compile(
        rf"(?P<before>{_any_of([*_CURRENCIES])}) *-|- *(?P<after>{_any_of([*_CURRENCIES])})"
    )


@cache
def _digits(decimal: str) -> re.Pattern[str]:
    """The digits, by the decimal sign: whole ones in threes, all with one separator, or in one."""
    other = COMMA if decimal == POINT else POINT
    return re.compile(
        rf"(?:[1-9]\d{{0,2}}(?P<between>[{other} '])\d{{3}}(?:(?P=between)\d{{3}})*|0|[1-9]\d*)"
        rf"(?:[{decimal}]\d*)?|[{decimal}]\d+",
        re.ASCII,
    )


# A decimal comma that cannot part thousands.
_PLAIN_COMMA = re.compile(r"-?(?:0,\d+|[1-9]\d*,(?:\d{1,2}|\d{4,})|[1-9]\d{3,},\d{3})", re.ASCII)


class Spelled(NamedTuple):
    """What a word spells.

    Attributes
    ----------
    point, comma : float
        The number by each decimal sign; NaN where the word has none by it.
    between : str
        What stands between the thousands: "", or one of ``. , '`` and a blank.
    unit : str
        The percent sign, currency or measure beside the number, by its name in ``UNITS``.
    marked : bool
        Whether the number is negative by parentheses or by a sign behind it.
    """

    point: float
    comma: float
    between: str
    unit: str
    marked: bool

    @property
    def is_open(self) -> bool:
        """Whether the decimal sign decides which of two numbers it is."""
        return self.point == self.point and self.comma == self.comma and self.point != self.comma


def spelled(word: str) -> Spelled | None:
    """What a word spells; None where it is no number in any form.

    >>> spelled("1.234,50 \N{EURO SIGN}")
    Spelled(point=nan, comma=1234.5, between='.', unit='EUR', marked=False)
    >>> spelled("(1,234)")
    Spelled(point=-1234.0, comma=-1.234, between=',', unit='', marked=True)
    >>> [spelled(word) for word in ("007", "1.2.3", "10-20", "1/2", "12:30", "12.03.2024", "5 x")]
    [None, None, None, None, None, None, None]
    """
    if len(word) > MOST_SPELLED:
        return None
    if _PLAIN_COMMA.fullmatch(word):  # as most are; six times as fast
        return Spelled(math.nan, float(word.replace(COMMA, POINT)), "", "", False)
    word = word.translate(_AS_TYPED)
    if nothing := _nothing().fullmatch(word):
        return Spelled(0.0, 0.0, "", UNITS[nothing["before"] or nothing["after"]], False)
    if not (found := _number().fullmatch(word)):
        return None
    digits, trailing = found["digits"].rstrip(" "), found["trailing"]
    if trailing and digits[-1] in SIGNS:  # "12.-" is twelve francs
        trailing = None
    signs = [sign for sign in (found["sign"], found["inner"], trailing, found["last"]) if sign]
    is_enclosed = found["open"] is not None
    units = [unit for unit in found.group("outside", "before", "after") if unit]
    if (
        is_enclosed != (found["close"] is not None)
        or len(signs) + is_enclosed > 1
        or len(units) > 1
    ):
        return None
    point, comma = (_value(digits, found["exponent"] or "", sign) for sign in SIGNS)
    if math.isnan(point) and math.isnan(comma):
        return None
    if is_enclosed or "-" in signs:
        point, comma = -point, -comma
    grouped = [m["between"] for sign in SIGNS if (m := _digits(sign).fullmatch(digits))]
    return Spelled(
        point,
        comma,
        next(filter(None, grouped), ""),
        UNITS[units[0]] if units else "",
        is_enclosed or bool(trailing or found["last"]),
    )


def _value(digits: str, exponent: str, decimal: str) -> float:
    """The number that digits spell by a decimal sign; NaN where they spell none."""
    found = _digits(decimal).fullmatch(digits)
    if found is None:
        return math.nan
    if found["between"]:
        digits = digits.replace(found["between"], "")
    value = float(digits.replace(COMMA, POINT) + exponent)
    return value if math.isfinite(value) else math.nan


class NumberForm(NamedTuple):
    """How the numbers of a column are written.

    Attributes
    ----------
    decimal : str
        The decimal sign, "." or ",".  The other one, a blank or an apostrophe may part thousands.
    unit : str
        What stands beside the numbers, by its name in ``UNITS``; "" where nothing does.
    """

    decimal: str = POINT
    unit: str = ""

    def read(self, word: str) -> float:
        """The number that a word has in the column, or NaN; truths and codes count too.

        >>> [NumberForm(",", "EUR").read(w) for w in ("1.234,5", "-3 EUR", "007", "1.5", "$ 5")]
        [1234.5, -3.0, 7.0, nan, nan]
        """
        found = spelled(word)
        if found is not None and found.unit in ("", self.unit):
            return found.point if self.decimal == POINT else found.comma
        if found is not None or (self.decimal == COMMA and POINT in word):
            return math.nan
        return read_number(word)

    def cause(self, words: Sequence[str]) -> str:
        """Why most of these words have no number in the column, and what to do; "" if unknown.

        >>> NumberForm().cause(["1,5", "1,234", "low"])
        'decimal commas, where the model reads points: convert them'
        >>> NumberForm().cause(["1,234", "low"]), NumberForm(",").cause(["1,5 EUR"])
        ('', '')
        """
        found = [each for each in map(spelled, words[:MOST_EXPLAINED]) if each is not None]
        least = min(len(words), MOST_EXPLAINED) / 2
        n_points, n_commas = (sum(each[i] == each[i] for each in found) for i in (0, 1))
        # Of "1,234", which may have parted thousands, both signs make a number.
        if self.decimal == POINT and n_commas > n_points and n_commas >= least:
            return "decimal commas, where the model reads points: convert them"
        if self.decimal == COMMA and n_points > n_commas and n_points >= least:
            return "decimal points, where the model reads commas: convert them"
        if self.unit != PERCENT and sum(each.unit == PERCENT for each in found) >= least:
            return "percent signs, where training had none: write 12% as 0.12 or as 12, as there"
        return ""

    def state(self) -> dict[str, str]:
        """The form as JSON takes it."""
        return self._asdict()


def checked_form(state: object) -> NumberForm:
    """The form that ``NumberForm.state`` described, in a file that may say anything.

    Raises
    ------
    TypeError, ValueError
        The state is not that of a form.
    """
    if not isinstance(state, dict) or not all(isinstance(v, str) for v in state.values()):
        raise TypeError("the form of the numbers is not a dict of texts")
    form = NumberForm(**state)
    if form.decimal not in SIGNS or form.unit not in {"", *UNITS.values()}:
        raise ValueError(f"the form of the numbers is {state!r:.60}, which there is not")
    return form
