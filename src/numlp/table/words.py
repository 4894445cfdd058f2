"""Columns of words: which words there are, and what numbers, times and truths they spell.

Of a file in which all cells of a column spell numbers, times or truths, a reader hands over these
and not the words.  So words are compared by value: ``by_value`` gives one spelling to all words of
equal value, the one that ``as_words`` gives to numbers and times.
"""

import datetime as dt
import math
import re
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.missing import is_missing
from ..common.wording import shortened
from ..data.columns import Column
from ..data.objects import naive_utc, spell

# What pandas and PyArrow read as a missing cell, and so is one in a column of words too.
HOLES = frozenset(
    {
        "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
        "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
    }
)  # fmt: skip
# What people write for a missing number beside these.  In a column of words they stay words.
MISSING_WORDS = frozenset(
    {
        "", "na", "n/a", "nan", "null", "none", "?", "-", ".", "#n/a", "missing",
        "--", "---", "\N{EN DASH}", "\N{EM DASH}", "n.a.", "n. a.",
        "k.a.", "k. a.", "n.d.", "s.o.", "nil",
        # Errors of Excel, in English, German, French and Spanish.
        "#nv", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!", "#wert!", "#bezug!",
        "#zahl!", "#valeur!", "#nombre!", "#nom?", "#valor!",
        "#\N{INVERTED EXCLAMATION MARK}valor!",
        # No date, as databases write it.
        "00/00/0000", "00.00.0000", "00-00-0000", "0000/00/00", "0000-00-00", "0000-00-00 00:00:00",
    }
)  # fmt: skip
MOST_NUMBERS = 3  # of a vector that is shown
TRUTHS = {"true": 1.0, "false": 0.0}
_LEADING = re.compile(r"^([+-]?)0+(?=\d)", re.ASCII)  # zeros of a code such as 007
_WHOLE = re.compile(r"([+-]?)(\d+)(\.0*)?", re.ASCII)
_HEX = re.compile(r"0[xX][0-9a-fA-F]{1,16}")
_PARTS_OF_NAME = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_CLOCK = re.compile(r"\d\d:\d\d.*", re.ASCII)
MOST_SPELLED = 64  # characters of a word that can spell a time, or a number that is not whole


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


def read_number(word: str) -> float:
    """The number that a word has in a column of numbers, or NaN: truths and codes count too.

    A column of truths is 1 and 0, and a reader that takes a column for numbers makes 7 of "007".

    >>> [read_number(w) for w in ("True", "FALSE", "1.0", "007", "0x10", "yes")]
    [1.0, 0.0, 1.0, 7.0, 16.0, nan]
    """
    number = parse_number(word)  # first, as most cells of such a column spell one
    if not math.isnan(number):
        return number
    truth = TRUTHS.get(word.lower())
    if truth is not None:
        return truth
    if _HEX.fullmatch(word):  # which PyArrow reads as a number
        return float(int(word, 16))
    return parse_number(_LEADING.sub(r"\1", word))


def parse_time(word: str) -> np.datetime64:
    """The time, in UTC, that a word spells in ISO 8601 with hyphens, or NaT.

    >>> [str(parse_time(w)) for w in ("2024-03-01", "2024-03-01T10:22+01:00", "20240301")]
    ['2024-03-01T00:00:00.000', '2024-03-01T09:22:00.000', 'NaT']
    """
    try:
        time = naive_utc(dt.datetime.fromisoformat(word)) if "-" in word else None
    except (ValueError, OverflowError):  # overflow: it leaves the year 1 or 9999 on its way to UTC
        time = None
    return np.datetime64("NaT", "ms") if time is None else np.datetime64(time, "ms")


def by_value(word: str) -> str:
    """A word as all words of its value are spelled: numbers, times and truths as ``as_words`` does.

    A word that spells none of these stays as it is, and a word for a missing cell becomes "".
    Whole numbers are exact, however long.

    >>> [by_value(w) for w in ("1.50", "1e3", "007", "True", "1,5", "12345678901234567890", "NA")]
    ['1.5', '1000', '7', '1', '1,5', '12345678901234567890', '']
    >>> [by_value(w) for w in ("2024-03-01", "2024-03-01T01:00+01:00", "10:22")]
    ['2024-03-01T00:00:00.000', '2024-03-01T00:00:00.000', '10:22:00']
    """
    if word in HOLES:
        return ""
    if whole := _WHOLE.fullmatch(word):
        sign, digits = whole[1], whole[2].lstrip("0") or "0"
        return f"-{digits}" if sign == "-" and digits != "0" else digits
    if len(word) > MOST_SPELLED:
        return word
    number = read_number(word)
    if not math.isnan(number):
        return spell(number)
    if _CLOCK.fullmatch(word):
        return _clock(word)
    time = parse_time(word)
    return word if np.isnat(time) else str(time)


def valued(words: list[str], codes: NDArray[np.intp]) -> tuple[list[str], NDArray[np.intp]]:
    """What ``factorize`` gives, with the words ``by_value``; those for a missing cell are none.

    >>> valued(["b", "NA", "1.0"], np.array([1, 0, 2]))
    (['b', '1'], array([-1,  0,  1]))
    """
    index: dict[str, int] = {"": -1}
    place = [index.setdefault(by_value(word), len(index) - 1) for word in words] + [-1]
    return list(index)[1:], np.array(place, np.intp)[codes]


def _clock(word: str) -> str:
    try:
        return dt.time.fromisoformat(word).isoformat()
    except ValueError:
        return word


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


def words_of_name(name: str) -> list[str]:
    """The words that the name of a column is made of, without capitals; numbers are not among them.

    >>> words_of_name("StoreNo"), words_of_name("zip_code2"), words_of_name("customerID")
    (['store', 'no'], ['zip', 'code'], ['customer', 'id'])
    """
    return [part.lower() for part in _PARTS_OF_NAME.findall(name)]


def is_missing_word(word: str) -> bool:
    """Whether people write this for a missing number or time."""
    return word in HOLES or word.lower() in MISSING_WORDS


def shown(cell: Any, most: int = 40) -> str:
    r"""A cell as a person reads it, in one short line.

    >>> shown(12345678.0), shown(2 / 3), shown(math.nan), shown("a\nb")
    ('12345678', '0.666667', 'missing', 'a b')
    >>> shown(np.datetime64("2024-03-01T00:00", "ms"))
    '2024-03-01'
    >>> shown(np.array([0.5, 1, 2, 3], np.float32)), shown([math.nan, math.nan])
    ('[0.5, 1, 2, ...]', 'missing')
    """
    if isinstance(cell, np.ndarray | list):  # a vector
        numbers = [shown(float(x)) for x in cell[:MOST_NUMBERS]]
        if np.isnan(cell).all():
            return "missing"
        more = ["..."] * (len(cell) > MOST_NUMBERS)
        return shortened(f"[{', '.join([*numbers, *more])}]", most)
    if is_missing(cell):
        return "missing"
    if isinstance(cell, float):
        return spell(float(cell)) if abs(cell) < 1e15 and cell == int(cell) else f"{cell:.6g}"
    if isinstance(cell, np.datetime64):
        cell = cell.astype("datetime64[ms]").item()
    if isinstance(cell, dt.datetime):
        cell = str(cell).removesuffix(" 00:00:00")
    return shortened(str(cell), most)
