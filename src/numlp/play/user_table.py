"""The user's own table as the playground takes it: few classes, and no more rows than can be drawn."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..common.wording import name_list
from ..data.columns import Columns
from ..data.labels import EncodedLabels
from ..data.splits import stratified_split
from ..errors import DataError
from ..table.table import Table

FEWEST_CLASSES, MOST_CLASSES = 2, 5
MOST_ROWS = 5000
SAMPLE_SEED = 0


@dataclass(frozen=True)
class UserTable:
    """A table to play with.

    Attributes
    ----------
    name : str
        What the page calls it.
    target : str
        The name of the column of classes, which is not among the columns.
    columns : Columns
    y : array of shape (n_rows,)
        The class of each row as its number.
    classes : list of str
    names : list of str
        The columns that say something, in order.
    kinds : mapping of str to str
        What columns are, where that was asked for.
    decimal : "," or ".", optional
        The decimal sign of numbers that are words.
    note : str
        What was left out of the file, in a sentence; empty where nothing was.
    """

    name: str
    target: str
    columns: Columns
    y: NDArray[np.intp]
    classes: list[str]
    names: list[str]
    kinds: Mapping[str, str] = field(default_factory=dict)
    decimal: str | None = None
    note: str = ""


def user_table(
    columns: Columns,
    labels: EncodedLabels,
    *,
    name: str,
    target: str,
    told: str | None = None,
    kinds: Mapping[str, str] | None = None,
    decimal: str | None = None,
) -> UserTable:
    """A table to play with, of the columns and labels of a file.

    Parameters
    ----------
    columns : Columns
        All columns but the target.
    labels : EncodedLabels
    name, target : str
        What the page calls the table, and the name of its target.
    told : str, optional
        What messages call the table; by default its name.
    kinds, decimal
        As ``columns`` and ``decimal`` of ``Table.fit``.

    Raises
    ------
    DataError
        There are fewer than 2 classes or more than 5, or fewer than two columns say something.
    """
    told = told or name
    classes = [str(each) for each in labels.classes.tolist()]
    if not FEWEST_CLASSES <= len(classes) <= MOST_CLASSES:
        found = f"one class, {classes[0]!r}" if len(classes) == 1 else f"{len(classes):,} classes"
        raise DataError(
            f"{told}: the target {target!r} has {found}, and the playground draws "
            f"{FEWEST_CLASSES} to {MOST_CLASSES}"
        )
    y = labels.y.astype(np.intp)
    note = ""
    if columns.n_rows > MOST_ROWS:
        n_all, rng = columns.n_rows, np.random.default_rng(SAMPLE_SEED)
        rows, _ = stratified_split(y, 1 - MOST_ROWS / n_all, rng)
        columns, y = columns.rows(rows), y[rows]
        note = (
            f"{len(y):,} of the {n_all:,} rows of {name}, drawn at random with the seed "
            f"{SAMPLE_SEED}, each class in its share"
        )
    names = _saying_something(columns, kinds, decimal)
    if len(names) < 2:
        raise DataError(
            f"{told} has {name_list(names) if names else 'no column'} to learn from beside the "
            f"target {target!r}, and the playground draws two columns"
        )
    return UserTable(name, target, columns, y, classes, names, kinds or {}, decimal, note)


def _saying_something(
    columns: Columns, kinds: Mapping[str, str] | None, decimal: str | None
) -> list[str]:
    """The names of the columns that a net can learn from."""
    fitted = Table.fit(columns, kinds, decimal=decimal)
    return [encoder.name for encoder in fitted.encoders if encoder.width]
