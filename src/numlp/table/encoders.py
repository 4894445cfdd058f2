"""What a column can become: the kinds of encoder, how each is fitted, used and kept in a file.

An encoder fills columns of up to four roles: *numbers* (continuous, to be embedded), *plain*
numbers (those of vectors), *flags* (0 and 1, or -1 and 1) and *codes* (whole numbers to look up).
With `median`, `q₂₅` and `q₇₅` of the training rows, numbers are centred, scaled and smoothly
clipped::

    z = (x - median) / (q₇₅ - q₂₅)            half the range where the quartiles meet
    x ← z / √(1 + (z/3)²)                     close to z near 0, never beyond ±3
"""

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ..common.wording import CellNote, count
from ..data.columns import Column
from ..data.objects import spell
from ..errors import DataError
from ..storage.json_values import is_json_number, is_share
from .number_forms import PERCENT, NumberForm, checked_form
from .strays import parse_all
from .words import read_number

if TYPE_CHECKING:  # what fits alone needs
    from .reasons import Why
    from .summary import Five, NumberSummary

Matrix = NDArray[np.float32]

ONE_HOT_MAX = 24  # words that get a flag each; of more, a code is looked up
MIN_COUNT = 2  # rows a value needs to get a column or a code of its own
MISSING_SHARE, MISSING_ROWS = 0.01, 5  # missing cells a category needs for a flag of their own
TIMES_SMALLER = 30  # numbers than in training, from where percents may have become shares
TIE = 1e-6  # of their distance: how far a number may be from one of two values (float32's error)


class Odd(NamedTuple):
    """How many cells have a value that was not learned, and how many none."""

    unknown: int
    missing: int


class Slots(NamedTuple):
    """The columns of the matrix that one encoder fills, by role; all zero before it does."""

    numbers: Matrix
    plain: Matrix
    flags: Matrix
    codes: Matrix


@dataclass
class Encoder:
    """What one column of the table becomes.

    Attributes
    ----------
    tag : str
        The kind of encoder in a file.
    unknown : str
        What a cell is like that ``encode`` counts as unknown, for messages.
    name : str
        The name of the column.
    why : str
        Why the column was taken for what it was; after a fit a ``Why``, which knows its reasons.
    """

    tag: ClassVar[str] = ""
    unknown: ClassVar[str] = "with a number that was rare in training, or never seen there"
    name: str
    why: str

    @property
    def kind(self) -> str:
        """What the column was taken for, in the words of the audit."""
        return self.tag

    @property
    def asked_as(self) -> str:
        """What a caller asks for, so that the column becomes this again."""
        return self.kind

    @property
    def numbers(self) -> list[str]:
        """Names of the continuous columns that the encoder fills, which the net embeds."""
        return []

    @property
    def plain(self) -> list[str]:
        """Names of the continuous columns that the net takes as they are."""
        return []

    @property
    def flags(self) -> list[str]:
        """Names of the columns of flags that the encoder fills."""
        return []

    @property
    def cardinality(self) -> int:
        """How many codes the column of codes may hold; 0 where the encoder fills no such column."""
        return 0

    @property
    def features(self) -> list[str]:
        """Names of all columns that the encoder fills."""
        codes = [self.name] * bool(self.cardinality)
        return self.numbers + self.plain + self.flags + codes

    @cached_property
    def widths(self) -> tuple[int, int, int, bool]:
        """How many columns of each role the encoder fills, in the order of ``Slots``."""
        unnamed = copy.copy(self)  # or a long name would be written out for each of many words
        unnamed.name = ""
        n_numbers, n_plain, n_flags = map(len, (unnamed.numbers, unnamed.plain, unnamed.flags))
        return n_numbers, n_plain, n_flags, bool(self.cardinality)

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}  # nothing cached

    @property
    def width(self) -> int:
        """How many columns the encoder fills."""
        return sum(self.widths)

    @property
    def had_holes(self) -> bool:
        """Whether a cell was missing in training; true also where a file does not say."""
        return True

    def read(self, cells: Column, notes: list[str] | None) -> Column:
        """The cells in the form that ``encode`` takes, whatever form they have in this table."""
        raise NotImplementedError

    def encode(self, cells: Column, out: Slots) -> Odd:
        """Fill the slots; return how many cells are unknown, and how many missing."""
        raise NotImplementedError

    def doubts(self, cells: Column, read: Column) -> list[CellNote]:
        """What speaks against these cells, and what ``read`` made of them, being what they were."""
        return []

    def is_usual(self, n_unknown: int, n_cells: int) -> bool:
        """Whether so many of these cells were to be expected to be unknown after training."""
        return False

    @property
    def file_format(self) -> int:
        """The oldest format of model files whose readers know the encoder as it is."""
        return 1

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What a model file keeps of the encoder beside its ``state``, by name."""
        return {}

    def state(self) -> dict[str, Any]:
        """All that was learned, as JSON takes it, but for ``arrays``; ``why`` is plain text."""
        # None is left out, as in files that older versions wrote.
        learned = {name: value for name, value in asdict(self).items() if value is not None}
        return {"kind": self.tag, **learned, "why": str(self.why)}

    @classmethod
    def from_state(cls, settings: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The encoder that ``state``, without its kind, and ``arrays`` describe."""
        if arrays:
            raise ValueError(f"arrays {sorted(arrays)} of a column that has none")
        return cls(**settings)

    def check(self) -> None:
        """Raise a TypeError or ValueError unless every field is what ``fit`` could make."""
        self.check_texts(self.name, self.why)

    def check_texts(self, *values: Any) -> None:
        """Raise a TypeError unless all of these fields are text."""
        if not all(isinstance(value, str) for value in values):
            raise TypeError(f"column {self.name!r}: a name, reason or value is not text")

    def check_bools(self, *values: Any) -> None:
        """Raise a TypeError unless all of these fields are true or false."""
        if not all(isinstance(value, bool) for value in values):
            raise TypeError(f"column {self.name!r}: a field is neither true nor false")

    def check_scaling(self, center: Any, scale: Any) -> None:
        """Raise a ValueError unless numbers can be centred and scaled by these fields."""
        if not (is_json_number(center) and is_json_number(scale) and scale >= 0):
            raise ValueError(f"column {self.name!r}: center and scale are not finite numbers")

    def check_strays(self, share: Any) -> None:
        """Raise a ValueError unless the field is a share of cells, or None."""
        if share is not None and not is_share(share):
            raise ValueError(f"column {self.name!r}: the share of words is not from 0 to 1")

    def check_written(self, written: Any) -> None:
        """Raise a TypeError or ValueError unless the field is a form of numbers, or None."""
        if written is not None:
            try:
                checked_form(written)
            except (TypeError, ValueError) as error:
                raise type(error)(f"column {self.name!r}: {error}") from error

    def check_distinct(self, values: Any) -> None:
        """Raise a ValueError unless the field is a list in which no value stands twice."""
        if not isinstance(values, list) or len(set(values)) != len(values):
            raise ValueError(
                f"column {self.name!r}: the values are not a list, or one stands twice"
            )


@dataclass
class Number(Encoder):
    """A column of numbers, with a flag for each of its values where they are few.

    Where half of the cells or more are one number, such as the zeros of a capital gain, that number
    has a flag, and the others alone decide the scale: over all cells they would hardly count.  If
    some of the others stand out, such as lump sums, the commonest have a flag each too.

    A cell that is missing although no cell was in training becomes the median, and has no flag.

    Attributes
    ----------
    center, scale : float
        Median and distance of the quartiles; a scale of 0 where all numbers are equal.
    missing : bool
        Whether a cell was missing in training, so that missing has a flag.
    values : list of float
        The numbers with a flag each.
    strays : float, optional
        The share of the cells given in training that held a word without a value; None where there
        was none, or where an older version wrote the file.
    written : dict of str to str, optional
        How its words spell numbers, as ``NumberForm.state`` has it; None for plain numbers.
    """

    tag: ClassVar[str] = "number"
    center: float
    scale: float
    missing: bool
    values: list[float]
    strays: float | None = None
    written: dict[str, str] | None = None

    @classmethod
    def fit(cls, column: "NumberSummary", why: "Why", values: Sequence[float] = ()) -> Self:
        """Learn where the numbers of a column lie; at least one is given."""
        from .spikes import amounts_beside, numbers_beside  # here, as predicting does without

        center, scale = scaling(column.five())
        if not values and (others := numbers_beside(column, center)):
            amounts = amounts_beside(column, center)
            more = f", and so have {count(len(amounts), 'other')}" if amounts else ""
            why = why.also(f"{spell(center)} has a flag, as half of the cells or more{more}")
            values, (center, scale) = [center, *amounts], scaling(others)
        return cls(column.name, why, center, scale, column.n_missing > 0, list(values))

    @property
    def numbers(self) -> list[str]:
        return [self.name] if self.scale else []

    @property
    def flags(self) -> list[str]:
        return [f"{self.name}={spell(v)}" for v in self.values] + missing_flag(self)

    @property
    def had_holes(self) -> bool:
        return self.missing

    def forms_of(self, value: float) -> list[float]:
        """One of ``values``, and what a table of float32 has for it, unless that is another one."""
        in_table = in_float32(value)
        return [value] if in_table in self._known else [value, in_table]

    @cached_property
    def _known(self) -> frozenset[float]:
        return frozenset(self.values)

    @cached_property
    def _forms(self) -> tuple[Column, NDArray[np.intp]]:
        """All forms of ``values``, sorted, and the flag of each."""
        forms = [(form, j) for j, v in enumerate(self.values) for form in self.forms_of(v)]
        forms.sort()
        return np.array([f for f, _ in forms], np.float64), np.array([j for _, j in forms], np.intp)

    def read(self, cells: Column, notes: list[str] | None) -> Column:
        return _as_numbers(self, cells, notes)

    def doubts(self, cells: Column, read: Column) -> list[CellNote]:
        if self.written is None or self.written["unit"] != PERCENT:
            return []
        if cells.dtype.kind == "O" and any(PERCENT in cell for cell in cells if cell is not None):
            return []
        size = np.abs(read[(read != 0) & ~np.isnan(read) & ~np.isin(read, self.values)])
        usual = abs(self.center) + self.scale
        if not len(size) or np.quantile(size, 0.75) >= usual / TIMES_SMALLER:
            return []
        told = "far smaller than in training, and without a percent sign"
        cause = "shares such as 0.12, where training had 12%: multiply them by 100"
        return [CellNote(self.name, len(size), told, cause=cause)]

    @property
    def file_format(self) -> int:
        return 1 if self.written is None else 2

    def encode(self, x: Column, out: Slots) -> Odd:
        if self.scale:
            out.numbers[:, 0] = squash(x, self.center, self.scale)
        forms, flags = self._forms
        if len(forms):
            place = np.minimum(np.searchsorted(forms, x), len(forms) - 1)
            rows = np.flatnonzero(forms[place] == x)
            out.flags[rows, flags[place[rows]]] = 1
        absent = np.isnan(x)
        if self.missing:
            out.flags[:, -1] = absent
        return Odd(0, int(np.count_nonzero(absent)))

    def check(self) -> None:
        super().check()
        self.check_scaling(self.center, self.scale)
        self.check_bools(self.missing)
        self.check_strays(self.strays)
        self.check_written(self.written)
        self.check_distinct(self.values)
        if not all(is_json_number(v) for v in self.values):
            raise ValueError(f"column {self.name!r}: a value is not a number")
        self.values = [*map(float, self.values)]


@dataclass
class TwoValues(Encoder):
    """A column of two numbers, such as booleans: one flag, -1 and 1; 0 for any other number.

    Attributes
    ----------
    values : list of two floats
        The lower and the higher number.
    missing : bool
        Whether missing has a flag.
    holes : bool, optional
        Whether a cell was missing in training; None where an older version wrote the file.
    strays : float, optional
    written : dict of str to str, optional
        As in ``Number``.
    """

    tag: ClassVar[str] = "pair"
    values: list[float]
    missing: bool
    holes: bool | None = None
    strays: float | None = None
    written: dict[str, str] | None = None

    @classmethod
    def fit(cls, column: "NumberSummary", why: "Why") -> Self:
        """Learn the two numbers of a column that holds two."""
        low, high = column.distinct().tolist()
        n_missing = column.n_missing
        missing = frequent(n_missing, column.n_rows)
        return cls(column.name, why, [low, high], missing, n_missing > 0)

    @property
    def kind(self) -> str:
        return "boolean" if self.values == [0, 1] else "category"

    @property
    def flags(self) -> list[str]:
        return [f"{self.name}={spell(self.values[1])}", *missing_flag(self)]

    def read(self, cells: Column, notes: list[str] | None) -> Column:
        return _as_numbers(self, cells, notes)

    @property
    def file_format(self) -> int:
        return 1 if self.written is None else 2

    @property
    def had_holes(self) -> bool:
        return self.missing or self.holes is not False

    def encode(self, x: Column, out: Slots) -> Odd:
        low, high = (v / 2 for v in self.values)  # halves, so that no difference overflows
        near = (high - low) * TIE
        is_low, is_high = abs(x / 2 - low) <= near, abs(x / 2 - high) <= near
        out.flags[:, 0] = is_high.astype(np.int8) - is_low.astype(np.int8)
        absent = np.isnan(x)
        if self.missing:
            out.flags[:, 1] = absent
        return Odd(
            int(np.count_nonzero(~(is_low | is_high | absent))), int(np.count_nonzero(absent))
        )

    def check(self) -> None:
        super().check()
        self.check_bools(self.missing, *([] if self.holes is None else [self.holes]))
        self.check_strays(self.strays)
        self.check_written(self.written)
        self.check_distinct(self.values)
        if (
            not all(map(is_json_number, self.values))
            or len(self.values) != 2
            or self.values[0] > self.values[1]
        ):
            raise ValueError(f"column {self.name!r}: the values are not two numbers in order")
        self.values = [*map(float, self.values)]


@dataclass
class SetAside(Encoder):
    """A column that is not learned from; ``why`` says for which reason."""

    tag: ClassVar[str] = "set aside"

    def read(self, cells: Column, notes: list[str] | None) -> Column:
        return cells

    def encode(self, cells: Column, out: Slots) -> Odd:
        return Odd(0, 0)


def scaling(five: "Five") -> tuple[float, float]:
    """Median and scale of numbers, by lowest, quartiles and highest; a scale of 0 if all are equal.

    >>> scaling((0.0, 1.0, 2.0, 5.0, 9.0)), scaling((0.0, 1.0, 1.0, 1.0, 3.0))
    ((2.0, 2.0), (1.0, 0.75))
    """
    low, q25, median, q75, high = five
    scale = q75 / 2 - q25 / 2  # halves, so that 1e308 - -1e308 does not overflow
    return median, scale or high / 4 - low / 4


def squash(x: Column, center: float | Column, scale: float | Column) -> Column:
    """Numbers x, (n,), centred, scaled and clipped; 0 where NaN.

    Of vectors x, (n, width), center and scale are arrays of shape (width,).
    """
    with np.errstate(over="ignore"):  # beyond the clip anyway
        z = np.clip((x / 2 - center / 2) / scale, -1e6, 1e6)
    z /= np.sqrt(1 + (z / 3) ** 2)
    z[np.isnan(z)] = 0
    return z


def frequent(n_missing: int, n_rows: int) -> bool:
    """Whether missing is frequent enough for a flag of its own."""
    return n_missing >= max(MISSING_ROWS, MISSING_SHARE * n_rows)


def in_float32(value: float) -> float:
    """The number that a table of float32 has for this one; itself where it is out of their range.

    >>> in_float32(0.5), in_float32(0.1)
    (0.5, 0.10000000149011612)
    """
    with np.errstate(over="ignore"):
        rounded = float(np.float32(value))
    return rounded if math.isfinite(rounded) else value


def missing_flag(encoder: Any) -> list[str]:
    """The name of the flag for missing cells, in a list that is empty where there is no flag."""
    return [f"{encoder.name} is missing"] if encoder.missing else []


def _as_numbers(encoder: Number | TwoValues, cells: Column, notes: list[str] | None) -> Column:
    name = encoder.name
    if cells.dtype.kind == "O":
        form = NumberForm(**(encoder.written or {}))
        read = read_number if encoder.written is None else form.read
        return parse_all(name, cells, read, math.nan, notes, encoder.strays, "number", form.cause)
    if cells.dtype.kind == "f":
        return cells
    if not np.isnat(cells).all():
        raise DataError(f"column {name!r} had numbers in training, and has times now")
    return np.full(len(cells), math.nan)
