"""A raw table -> a float32 matrix: what is learned from the training rows, and how it is applied.

Numbers (and times, in days) are centred, scaled and smoothly clipped::

    z = (x - median) / (q₇₅ - q₂₅)            half the range where the quartiles meet
    x ← z / √(1 + (z/3)²)                     close to z near 0, never beyond ±3

and a missing one becomes the median, with an indicator column that says so.  A category becomes
one column for each value that was seen at least twice, one for missing cells if there were any,
and one for all that is rare or unknown.
"""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .columns import EXACT, Column, Columns, as_columns, naive_utc, spell
from .errors import DataError

Matrix = NDArray[np.float32]

# What people write for a missing number.  In a column of words they stay words.
MISSING_WORDS = frozenset(
    {"", "na", "n/a", "nan", "null", "none", "?", "-", ".", "#n/a", "missing"}
)
MAX_CATEGORIES = 200  # the most frequent ones; the others count as rare
MIN_COUNT = 2  # rows a category needs to get a column of its own
STRAY_SHARE = 0.05  # of the cells of a number column that may be no numbers
UNIQUE_SHARE = 0.95  # a column of words with more distinct ones than this names its rows
MIN_ROWS_FOR_ID = 20  # below, distinct words are no sign of an identifier
DAY = 86_400_000.0  # milliseconds


@dataclass
class Number:
    """A column of numbers, or of times taken as days since 1970.

    A cell newly missing in a column that had no hole in training is the median, and no more.
    """

    kind: ClassVar[str] = "number"
    name: str
    center: float
    scale: float
    missing: bool  # was a cell missing in training?
    why: str
    times: bool = False

    @classmethod
    def fit(cls, name: str, x: Column, why: str, times: bool = False) -> "Number":
        given = np.sort(x[~np.isnan(x)])
        q25, median, q75 = (float(given[(len(given) - 1) * k // 4]) for k in (1, 2, 3))
        scale = q75 / 2 - q25 / 2  # halves, so that 1e308 - -1e308 does not overflow
        scale = scale or float(given[-1]) / 4 - float(given[0]) / 4
        return cls(name, median, scale, len(given) < len(x), why, times)

    @property
    def width(self) -> int:
        return 1 + self.missing

    @property
    def features(self) -> list[str]:
        return [self.name, f"{self.name} is missing"][: self.width]

    def encode(self, x: Column, out: Matrix) -> int:
        """Fill out, (n, width); return how many cells are new to it (none can be)."""
        if self.scale:
            with np.errstate(over="ignore"):  # beyond the clip anyway
                z = np.clip((x / 2 - self.center / 2) / self.scale, -1e6, 1e6)
            z /= np.sqrt(1 + (z / 3) ** 2)
            out[:, 0] = np.where(np.isnan(x), 0, z)
        else:
            out[:, 0] = 0
        if self.missing:
            out[:, 1] = np.isnan(x)
        return 0


@dataclass
class Category:
    """A column of words: one column each, then missing (if any was), then rare or unknown."""

    kind: ClassVar[str] = "category"
    name: str
    values: list[str]
    missing: bool
    why: str

    @classmethod
    def fit(
        cls, name: str, words: list[str], counts: NDArray[Any], missing: bool, why: str
    ) -> "Category":
        order = sorted(range(len(words)), key=lambda i: (-counts[i], words[i]))
        kept = [i for i in order if counts[i] >= MIN_COUNT][:MAX_CATEGORIES]
        return cls(name, sorted(words[i] for i in kept), missing, why)

    @property
    def width(self) -> int:
        return len(self.values) + self.missing + 1

    @property
    def features(self) -> list[str]:
        missing = [f"{self.name} is missing"] if self.missing else []
        return [f"{self.name}={v}" for v in self.values] + missing + [f"{self.name} is unknown"]

    def encode(self, cells: Column, out: Matrix) -> int:
        """Fill out, (n, width); return how many cells hold a word without a column of its own."""
        words, codes = factorize(cells)
        column_of = {word: j for j, word in enumerate(self.values)}
        unknown = self.width - 1
        columns = np.array([column_of.get(w, unknown) for w in words] + [len(self.values)])
        out[:] = 0
        out[np.arange(len(cells)), columns[codes]] = 1  # code -1, missing, is the last entry
        return int((columns[codes[codes >= 0]] == unknown).sum())


@dataclass
class Aside:
    """A column that is not learned from, and why."""

    kind: ClassVar[str] = "set aside"
    name: str
    why: str
    width: ClassVar[int] = 0
    features: ClassVar[list[str]] = []

    def encode(self, cells: Column, out: Matrix) -> int:
        """Nothing: the column has no width."""
        return 0


Part = Number | Category | Aside
_KINDS: dict[str, type[Number] | type[Category] | type[Aside]] = {
    cls.kind: cls for cls in (Number, Category, Aside)
}


class Table:
    """The fitted preprocessing of a table.

    Attributes
    ----------
    parts : list of Number, Category or Aside
        One for each column of the training table, in its order.
    named : bool
        Whether columns are found by name; else by position.
    width : int
        Columns of the matrix; 1, of zeros, where nothing is left to learn from.

    Examples
    --------
    >>> table = Table.fit({"age": [31, 45, None, 27], "city": ["Bern", "Rome", "Bern", "Rome"]})
    >>> table.features
    ['age', 'age is missing', 'city=Bern', 'city=Rome', 'city is unknown']
    >>> table.transform({"city": ["Bern", "Oslo"], "age": [31, None]})
    array([[0., 0., 1., 0., 0.],
           [0., 1., 0., 0., 1.]], dtype=float32)
    """

    def __init__(self, parts: Sequence[Part], *, named: bool) -> None:
        self.parts, self.named = list(parts), named
        self.width = max(1, sum(part.width for part in self.parts))

    @classmethod
    def fit(cls, X: Any) -> "Table":
        """Learn what each column is from the training rows."""
        X = as_columns(X)
        if not X.columns:
            raise DataError(
                f"0 feature(s) (shape=({X.n_rows}, 0)) while a minimum of 1 is required."
            )
        if not X.n_rows:
            raise DataError("0 sample(s) while a minimum of 1 is required: the table has no row")
        return cls([_fit_part(name, cells) for name, cells in X.columns.items()], named=X.named)

    @property
    def names(self) -> list[str]:
        """Names of the raw columns."""
        return [part.name for part in self.parts]

    @property
    def features(self) -> list[str]:
        """A name for each column of the matrix."""
        return [name for part in self.parts for name in part.features] or ["(nothing)"]

    @property
    def teaches(self) -> bool:
        """Whether any column is learned from."""
        return any(part.width for part in self.parts)

    def transform(self, X: Any, notes: list[str] | None = None) -> Matrix:
        """The matrix, (n, width), of a table with the same columns.

        Parameters
        ----------
        X : as for ``as_columns``
            Columns are found by name, in any order, where the training table had names; others
            are ignored.
        notes : list of str, optional
            Gets a line for each column with cells that could not be read as in training.

        Raises
        ------
        DataError
            Columns are missing.
        """
        learned = {part.name for part in self.parts if part.width}
        X = as_columns(X, learned if self.named and learned else None)
        columns = self._match(X, learned)
        matrix = np.zeros((X.n_rows, self.width), np.float32)
        start = 0
        for part, cells in zip(self.parts, columns, strict=True):
            out = matrix[:, start : start + part.width]
            start += part.width
            if isinstance(part, Aside):
                continue
            readable = _read_as(part, cells, notes)
            new = part.encode(readable, out)
            if new and notes is not None:
                notes.append(
                    f"{part.name}: {_count(new, 'cell')} with a word that was rare in training, or "
                    "never seen there"
                )
        return matrix

    def _match(self, X: Columns, learned: set[str]) -> list[Column]:
        if self.named and X.named:
            lacking = [name for name in self.names if name in learned and name not in X.columns]
            if lacking:
                raise DataError(
                    f"The feature names should match those that were passed during fit: "
                    f"{name_list(lacking)} {'is' if len(lacking) == 1 else 'are'} missing; the "
                    f"table has {name_list([*X.names, *X.unread]) or 'no column'}"
                )
            return [X[n] if n in X.columns else np.empty(0) for n in self.names]
        if len(X.columns) != len(self.parts):
            raise DataError(
                f"X has {len(X.columns)} features, but numlp is expecting {len(self.parts)} "
                f"features as input: {name_list(self.names)}"
            )
        return list(X.columns.values())

    def audit(self) -> list[dict[str, str]]:
        """What each column was taken for, and why: rows of name, kind, why."""
        return [{"name": p.name, "kind": p.kind, "why": p.why} for p in self.parts]

    # The model file

    def state(self) -> dict[str, Any]:
        """All that was learned, as JSON takes it."""
        parts = [{"kind": part.kind, **asdict(part)} for part in self.parts]
        return {"named": self.named, "columns": parts}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Table":
        """The table whose ``state`` this is.

        Raises
        ------
        KeyError, TypeError, ValueError
            It is none.
        """
        parts = []
        for entry in state["columns"]:
            settings = dict(entry)
            part = _KINDS[settings.pop("kind")](**settings)
            _check_part(part)
            parts.append(part)
        if not parts or len({part.name for part in parts}) < len(parts):
            raise ValueError("there is no column, or two have one name")
        if not isinstance(state["named"], bool):
            raise TypeError("named is no bool")
        return cls(parts, named=state["named"])


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
    """The number that a word spells, NaN if it spells none; "007" is a code, not a number.

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


def name_list(names: Sequence[object], most: int = 5) -> str:
    """The first of the names, for a message, and how many more there are."""
    shown = ", ".join(repr(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _fit_part(name: str, cells: Column) -> Part:
    """Decide what a column is."""
    if cells.dtype.kind == "M":
        return _fit_number(name, _days(cells), "times, as days since 1970", times=True)
    if cells.dtype.kind == "f":
        return _fit_number(name, cells, "numbers")
    words, codes = factorize(cells)
    if not words:
        return Aside(name, "every cell is empty")
    counts = np.bincount(codes[codes >= 0])
    part = _fit_written_numbers(name, words, codes, counts)
    return part or _fit_category(name, words, counts, missing=bool((codes < 0).any()))


def _fit_written_numbers(
    name: str, words: list[str], codes: NDArray[np.intp], counts: NDArray[np.intp]
) -> Number | Aside | None:
    """A column of words that are numbers, but for a few; None if they are not, or too long ones."""
    values = np.array([parse_number(w) for w in words])
    absent = np.array([w.lower() in MISSING_WORDS for w in words])
    stray = np.isnan(values) & ~absent
    n_numbers, n_stray = int(counts[~np.isnan(values)].sum()), int(counts[stray].sum())
    whole = [w.lstrip("+-").isdigit() for w in words]
    if (np.abs(values[whole]) > EXACT).any() or not n_numbers or n_stray > STRAY_SHARE * n_numbers:
        return None
    why = "numbers written as text"
    if n_absent := int(counts[absent].sum()):
        why += f"; {_count(n_absent, 'cell')} {name_list(_chosen(words, absent))} missing"
    if n_stray:
        why += f"; {_count(n_stray, 'cell')} no number: {name_list(_chosen(words, stray))}"
    return _fit_number(name, np.append(values, math.nan)[codes], why)


def _fit_category(
    name: str, words: list[str], counts: NDArray[np.intp], *, missing: bool
) -> Category | Aside:
    n_rows = int(counts.sum())
    if len(words) > UNIQUE_SHARE * n_rows and n_rows >= MIN_ROWS_FOR_ID:
        return Aside(name, f"{len(words):,} distinct values in {n_rows:,} rows name the rows")
    if len(words) == 1 and not missing:
        return Aside(name, f"every cell is {words[0]!r}")
    part = Category.fit(name, words, counts, missing, _count(len(words), "distinct word"))
    if not part.values and not missing:
        return Aside(name, "no word stands there twice")
    if n_rare := len(words) - len(part.values):
        part.why += f", {n_rare} of them taken together as too rare"
    return part


def _fit_number(name: str, x: Column, why: str, times: bool = False) -> Number | Aside:
    given = x[~np.isnan(x)]
    if not given.size:
        return Aside(name, "every cell is empty")
    if given.size == x.size and given.min() == given.max():
        return Aside(name, f"every cell is {given[0]:g}" if not times else "every cell is the same")
    part = Number.fit(name, x, why, times)
    if part.missing:
        n_missing = x.size - given.size
        part.why += f"; {_count(n_missing, 'cell')} missing in all"
    return part


def _read_as(part: Number | Category, cells: Column, notes: list[str] | None) -> Column:
    """The cells in the form that the part encodes, whatever form they came in this time."""
    if isinstance(part, Category):
        return _as_words(cells)
    if cells.dtype.kind == "O":
        return _read_numbers(part, cells, notes)
    x = _days(cells) if cells.dtype.kind == "M" else cells
    if part.times != (cells.dtype.kind == "M") and not np.isnan(x).all():
        had, has = ("times", "numbers") if part.times else ("numbers", "times")
        raise DataError(f"column {part.name!r} had {had} in training, and has {has} now")
    return x


def _read_numbers(part: Number, cells: Column, notes: list[str] | None) -> Column:
    """Numbers or times that came as text this time; what is none is missing, and noted."""
    words, codes = factorize(cells)
    values = np.array([*map(_parse_time if part.times else parse_number, words), math.nan])
    known = np.array([*(w.lower() in MISSING_WORDS for w in words), True])
    stray = np.isnan(values) & ~known
    n_stray = int(stray[codes].sum())
    if n_stray and notes is not None:
        examples = name_list(_chosen(words, stray[:-1]))
        what = "time" if part.times else "number"
        notes.append(
            f"{part.name}: {_count(n_stray, 'cell')} no {what}, taken as missing: {examples}"
        )
    return values[codes]


def _as_words(cells: Column) -> Column:
    """Numbers and times, where training saw words, spelled as they would be among words."""
    if cells.dtype.kind == "O":
        return cells
    words = np.empty(len(cells), dtype=object)
    if cells.dtype.kind == "f":
        words[:] = [None if math.isnan(x) else spell(x) for x in cells.tolist()]
    else:
        words[:] = [None if t == "NaT" else t for t in cells.astype(str).tolist()]
    return words


def _parse_time(word: str) -> float:
    try:
        time = naive_utc(dt.datetime.fromisoformat(word))
    except ValueError:
        return math.nan
    return float(_days(np.array([time], dtype="datetime64[ms]"))[0])


def _days(cells: Column) -> Column:
    days: Column = cells.astype("datetime64[ms]").astype(np.int64) / DAY
    days[np.isnat(cells)] = math.nan
    return days


def _chosen(words: list[str], mask: NDArray[np.bool_]) -> list[str]:
    return [word for word, keep in zip(words, mask, strict=True) if keep]


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def _check_part(part: Part) -> None:
    """Raise a TypeError or ValueError unless every field has the type it is declared with."""
    texts = [part.name, part.why]
    if isinstance(part, Category):
        texts += part.values
        if not isinstance(part.values, list) or len(set(part.values)) != len(part.values):
            raise ValueError(f"column {part.name!r} has no list of distinct values")
    if isinstance(part, Number):
        if not all(type(x) in (int, float) and math.isfinite(x) for x in (part.center, part.scale)):
            raise ValueError(f"column {part.name!r} has no finite center and scale")
        if not isinstance(part.times, bool):
            raise TypeError(f"column {part.name!r}: times is no bool")
    if not isinstance(part, Aside) and not isinstance(part.missing, bool):
        raise TypeError(f"column {part.name!r}: missing is no bool")
    if not all(isinstance(text, str) for text in texts):
        raise TypeError(f"column {part.name!r} has a name, reason or value that is no text")
