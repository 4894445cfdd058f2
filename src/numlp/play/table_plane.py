"""The plane of a user's table: two of its columns, or all of them by principal components.

The columns are encoded by ``numlp.table``, as TabularClassifier has them, and the encoding is
learned from the training rows alone; so are the components.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from ..common.wording import name_list
from ..data.columns import Columns
from ..data.splits import RowNumbers
from ..errors import DataError
from ..table.encoders import Encoder
from ..table.table import Table
from .axes import Axis, axis_of, has_axis
from .planes import Extent, Matrix, ProjectedPlane, centres
from .toys import Classes, Points

MOST_INPUTS = 128  # columns of the matrix: the first layer has 16 units at most, but for each


def fitted(
    columns: Columns, names: Sequence[str], kinds: Mapping[str, str], decimal: str | None
) -> Table:
    """How these columns of a table are encoded, learned from its rows.

    Raises
    ------
    DataError
        A column cannot be what ``kinds`` says.
    """
    return Table.fit(
        chosen(columns, names),
        {name: kind for name, kind in kinds.items() if name in names},
        decimal=decimal,
    )


def chosen(columns: Columns, names: Sequence[str]) -> Columns:
    """The table with these columns alone."""
    return Columns(
        {name: columns[name] for name in names},
        columns.n_rows,
        named=True,
        categories=columns.categories & {*names},
        levels={name: own for name, own in columns.levels.items() if name in names},
        decimal=columns.decimal,
    )


def learned(encoder: Encoder) -> bool:
    """Whether the playground's net can take a column: it has no table to look codes up in."""
    return encoder.width > 0 and not encoder.cardinality


class TwoColumns:
    """Two columns, drawn by their raw values.

    Parameters
    ----------
    columns : Columns
    y : array of shape (n,)
    classes : list of str
    names : pair of str
        The columns of the two axes.
    training : array of row numbers
        The rows from which the encoding is learned.
    kinds, decimal
        As ``columns`` and ``decimal`` of ``Table.fit``.

    Raises
    ------
    DataError
        The training rows have nothing to learn in one of the columns, or one has no axis.
    """

    projection: str | None = None

    def __init__(
        self,
        columns: Columns,
        y: Classes,
        classes: list[str],
        names: tuple[str, str],
        training: RowNumbers,
        kinds: Mapping[str, str],
        decimal: str | None,
    ) -> None:
        columns = chosen(columns, names)
        self._table = fitted(columns.rows(training), names, kinds, decimal)
        for encoder in self._table.encoders:
            if not has_axis(encoder):
                raise DataError(
                    f"The column {encoder.name!r} has no axis, as it is taken for "
                    f"{encoder.kind!r} ({encoder.why}): choose another one."
                )
        self._axes = [axis_of(each, columns[each.name]) for each in self._table.encoders]
        self.X: Matrix = self._table.transform(columns).astype(np.float64)
        self.y, self.classes, self.inputs = y, classes, self._table.features
        self.axes = [axis.label for axis in self._axes]
        across, up = self._axes
        self.extent: Extent = (across.low, across.high, up.low, up.high)
        self.points: Points = np.stack([axis.drawn for axis in self._axes], axis=1)
        told = [_at_the_edge(*each) for each in zip(names, self._axes, EDGES, strict=True)]
        self.note: str | None = " ".join(filter(None, told)) or None

    def grid(self, n: int) -> Matrix:
        """Rows for the net at the centres of n times n squares, (n², n_in), the lowest y first."""
        places = centres(self.extent, n)
        cells = {
            encoder.name: axis.cells_at(places[:, j])
            for j, (encoder, axis) in enumerate(zip(self._table.encoders, self._axes, strict=True))
        }
        return self._table.transform(Columns(cells, n * n, named=True)).astype(np.float64)


EDGES = ("left", "lower")


def _at_the_edge(name: str, axis: Axis, edge: str) -> str:
    """What is said of cells that are drawn at the edge; nothing where there is none."""
    n = int(np.isnan(axis.places).sum())
    if not n:
        return ""
    have, they_are = ("row has", "it is") if n == 1 else ("rows have", "they are")
    return (
        f"{n:,} {have} no value of {name!r} that was learned: {they_are} drawn at the {edge} edge, "
        "and the net gets what stands for a missing value."
    )


class AllColumns(ProjectedPlane):
    """All columns of a table, seen along two principal components of the encoded matrix.

    Parameters
    ----------
    columns, y, classes, training, kinds, decimal
        As for ``TwoColumns``.

    Raises
    ------
    DataError
        The training rows have nothing to learn in any two numbers, or too many of them.
    """

    def __init__(
        self,
        columns: Columns,
        y: Classes,
        classes: list[str],
        training: RowNumbers,
        kinds: Mapping[str, str],
        decimal: str | None,
    ) -> None:
        table = fitted(columns.rows(training), columns.names, kinds, decimal)
        taken = [encoder.name for encoder in table.encoders if learned(encoder)]
        left = [e.name for e in table.encoders if e.cardinality]
        if left:
            table = fitted(columns.rows(training), taken, kinds, decimal) if taken else table
        if not taken or not 2 <= table.width <= MOST_INPUTS:
            raise DataError(
                f"The columns become {table.width if taken else 0:,} numbers a row, and the "
                f"playground takes 2 to {MOST_INPUTS}: choose two columns."
            )
        X: Matrix = table.transform(chosen(columns, taken)).astype(np.float64)
        own = X[training]
        self.project(X, own)
        self.y, self.classes, self.inputs = y, classes, table.features
        spread = own.var(axis=0).sum()
        if not spread:
            raise DataError("All training rows are alike: there is nothing to learn from them.")
        first, second = (self.points[training].var(axis=0) / spread).tolist()
        self.axes = [f"component 1 ({first:.0%})", f"component 2 ({second:.0%})"]
        self.projection: str | None = (
            f"Each row is {table.width} numbers, and the picture shows their first two principal "
            f"components, which hold {first + second:.0%} of the spread of the training rows "
            f"({first:.0%} and {second:.0%}); the net's answers are shown where all others are 0."
        )
        self.note: str | None = None
        if left:
            self.note = f"Not learned from: {name_list(left)}, with too many different words."
