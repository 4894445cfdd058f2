"""Axes of a column's raw values: where each cell lies, and which cell a place stands for."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..common.wording import shortened
from ..data.columns import Column
from ..table.category import Category
from ..table.dates import Date
from ..table.encoders import Encoder, Number, TwoValues
from ..table.ordered import Ordered

DAYS_A_YEAR = 365.2425
MS_A_DAY = 86_400_000
MARGIN, INSET = 0.1, 0.02  # shares of an axis: beside the outermost cells, and before its end
LONGEST = 20  # characters of a word beside an axis

Places = NDArray[np.float64]


@dataclass(frozen=True)
class Axis:
    """One axis of the picture.

    Attributes
    ----------
    label : str
        The name of the column, and what its numbers stand for where they are not its own.
    places : array of shape (n,)
        Where each cell lies; NaN where it is missing, or a word that was not learned.
    low, high : float
        The ends of the axis.
    cells_at : callable
        The raw cells that places stand for.
    """

    label: str
    places: Places
    low: float
    high: float
    cells_at: Callable[[Places], Column]

    @property
    def drawn(self) -> Places:
        """Where each cell is drawn: one without a place just inside the lower end."""
        edge = self.low + INSET * (self.high - self.low)
        return np.where(np.isnan(self.places), edge, self.places)


def has_axis(encoder: Encoder) -> bool:
    """Whether the cells of a column have places on a line: texts and vectors have none."""
    if isinstance(encoder, Category):
        return not encoder.embedded and bool(encoder.values)
    return isinstance(encoder, Number | TwoValues | Ordered | Date) and encoder.width > 0


def axis_of(encoder: Encoder, cells: Column) -> Axis:
    """The axis of a column.

    Parameters
    ----------
    encoder : Encoder
        What the column was taken for; ``has_axis`` is true for it.
    cells : array of shape (n,)

    Examples
    --------
    >>> from ..table.table import Table
    >>> hues = np.array(["red", "blue", "red", "blue", None], dtype=object)
    >>> axis = axis_of(Table.fit({"hue": hues}).encoders[0], hues)
    >>> axis.label, axis.places.tolist()
    ('hue (0 blue, 1 red)', [1.0, 0.0, 1.0, 0.0, nan])
    >>> axis.cells_at(np.array([-0.4, 0.4, 0.6])).tolist()
    ['blue', 'blue', 'red']
    """
    read = encoder.read(cells, None)
    if isinstance(encoder, Category):
        numbers = [0 if word is None else encoder.number_of(word) for word in read.tolist()]
        return _of_words(encoder.name, encoder.values, np.array(numbers, np.float64) - 1)
    if isinstance(encoder, Ordered):
        found = [-1 if word is None else encoder.place_of(word) for word in read.tolist()]
        return _of_words(encoder.name, encoder.levels, np.array(found, np.float64))
    if isinstance(encoder, Date):
        return _of_times(encoder.name, read)
    places = read.astype(np.float64)
    low, high = _ends(places)
    if isinstance(encoder, TwoValues):
        lower, higher = encoder.values

        def nearer(at: Places) -> Column:
            found: Column = np.where(at > lower / 2 + higher / 2, higher, lower)
            return found

        return Axis(encoder.name, places, low, high, nearer)
    return Axis(encoder.name, places, low, high, lambda at: at)


def _of_words(name: str, words: list[str], places: Places) -> Axis:
    """The axis of words, each at a whole number from 0; a place below 0 is none."""
    told = ", ".join(f"{number} {shortened(word, LONGEST)}" for number, word in enumerate(words))
    cells = np.array(words, dtype=object)

    def nearest(at: Places) -> Column:
        found: Column = cells[np.clip(np.rint(at), 0, len(words) - 1).astype(np.intp)]
        return found

    places = np.where(places < 0, np.nan, places)
    return Axis(f"{name} ({told})", places, -0.5, len(words) - 0.5, nearest)


def _of_times(name: str, times: Column) -> Axis:
    """The axis of times, in years."""
    days = times.astype("datetime64[ms]").astype(np.int64) / MS_A_DAY
    places = np.where(np.isnat(times), np.nan, 1970 + days / DAYS_A_YEAR)
    low, high = _ends(places)

    def at_years(at: Places) -> Column:
        ms = np.rint((at - 1970) * DAYS_A_YEAR * MS_A_DAY)
        return ms.astype(np.int64).astype("datetime64[ms]")

    return Axis(f"{name} (years)", places, low, high, at_years)


def _ends(places: Places) -> tuple[float, float]:
    """The ends of an axis that has all places inside, with a margin."""
    known = places[~np.isnan(places)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    # Halves, as a difference of two numbers near the largest is infinite.
    room = 2 * MARGIN * (high / 2 - low / 2) or 1.0
    return low - room, high + room
