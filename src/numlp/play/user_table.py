"""The user's own table as the playground takes it: few classes, few enough rows to be drawn."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.wording import name_list
from ..data.columns import Columns
from ..data.labels import EncodedLabels
from ..data.splits import stratified_split
from ..errors import DataError
from .axes import has_axis
from .planes import Plane, split
from .settings import LONGEST_NAME, Settings
from .table_plane import MOST_INPUTS, AllColumns, TwoColumns, chosen, fitted, learned

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
        The columns that can be an axis, in order.
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

    def facts(self) -> dict[str, Any]:
        """Its name, its columns and its target, as JSON."""
        return {"name": self.name, "columns": self.names, "target": self.target}

    def plane(self, settings: Settings) -> Plane:
        """The plane of the two columns that the settings name, or of all.

        Raises
        ------
        ValueError
            In one sentence, why there is none.
        """
        training, _ = split(self.y, settings)
        same = self.kinds, self.decimal
        made: Plane
        if settings.columns is None:
            made = AllColumns(self.columns, self.y, self.classes, training, *same)
        else:
            first, second = settings.columns
            for column in (first, second):
                if column not in self.names:
                    raise ValueError(
                        f"columns has {column!r}, which is none of the columns that can be drawn: "
                        f"{name_list(self.names)}."
                    )
            if first == second:
                raise ValueError(f"columns has {first!r} twice: choose two columns.")
            made = TwoColumns(self.columns, self.y, self.classes, (first, second), training, *same)
        if self.note:
            made.note = " ".join(filter(None, [f"{self.note}.", made.note]))
        return made


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
    # In memory, and away from the file: pages ask for columns from threads of their own.
    columns = chosen(columns, columns.names)
    table = fitted(columns, columns.names, kinds or {}, decimal)
    usable = [encoder for encoder in table.encoders if learned(encoder)]
    if len(usable) < 2:
        names = [encoder.name for encoder in usable]
        raise DataError(
            f"{told} has {name_list(names) if names else 'no column'} to learn from beside the "
            f"target {target!r}, and the playground draws two columns"
        )
    width = sum(encoder.width for encoder in usable)
    if width > MOST_INPUTS:
        widest = max(usable, key=lambda encoder: encoder.width).name
        raise DataError(
            f"{told} becomes {width:,} numbers a row, and the playground takes {MOST_INPUTS}: "
            f"leave columns out, such as {shlex.join(['--column', f'{widest}=ignore'])}"
        )
    names = [
        encoder.name
        for encoder in usable
        if has_axis(encoder) and len(encoder.name) <= LONGEST_NAME
    ]
    return UserTable(name, target, columns, y, classes, names, kinds or {}, decimal, note)
