"""History: the numbers of a run, epoch by epoch, as columns for a plot, a table or a file."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


class History:
    """Columns of numbers, with one entry for each epoch.

    ``history[name]`` is a column as an array of shape (n_epochs,), ``len(history)`` the number of
    epochs, and a loop over a history gives a dict for each of them.

    Parameters
    ----------
    columns : dict of str to list of float, optional
        Columns to go on from, by their names; none by default.

    Raises
    ------
    ValueError
        If the columns have different lengths.

    Examples
    --------
    >>> history = History()
    >>> history.append(epoch=1, train_loss=0.7, validation_loss=0.8)
    >>> history.append(epoch=2, train_loss=0.5, validation_loss=0.6)
    >>> history["validation_loss"]
    array([0.8, 0.6])
    >>> history.columns
    ('epoch', 'train_loss', 'validation_loss')
    """

    def __init__(self, columns: dict[str, list[float]] | None = None) -> None:
        self._columns = {} if columns is None else {k: list(v) for k, v in columns.items()}
        if len({len(values) for values in self._columns.values()}) > 1:
            lengths = {name: len(values) for name, values in self._columns.items()}
            raise ValueError(f"the columns have different lengths, {lengths}: give equal ones")

    def append(self, **values: float) -> None:
        """Add an epoch; every epoch needs the columns of the first.

        Parameters
        ----------
        **values : float
            The number of each column.

        Raises
        ------
        ValueError
            If a column is missing, or new.
        """
        if not self._columns:
            self._columns = {name: [] for name in values}
        if values.keys() != self._columns.keys():
            raise ValueError(
                f"an epoch has the columns {sorted(values)}, but the epochs before have "
                f"{sorted(self._columns)}"
            )
        for name, value in values.items():
            self._columns[name].append(value)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, a tuple of str."""
        return tuple(self._columns)

    def __getitem__(self, column: str) -> NDArray[np.float64]:
        return np.array(self._columns[column], dtype=np.float64)

    def __len__(self) -> int:
        return len(next(iter(self._columns.values()), []))

    def __iter__(self) -> Iterator[dict[str, float]]:
        for values in zip(*self._columns.values(), strict=True):
            yield dict(zip(self._columns, values, strict=True))

    def to_dict(self) -> dict[str, list[float]]:
        """Return plain lists by column, for JSON; ``History(d)`` reads them back.

        Returns
        -------
        dict of str to list of float
            A copy.
        """
        return {name: list(values) for name, values in self._columns.items()}

    def __repr__(self) -> str:
        return f"History({len(self)} epochs: {', '.join(self._columns)})"

    def _repr_html_(self) -> str:
        """Return the losses as lines, and all numbers of the last epoch."""
        from html import escape  # here, as training does without

        from .display import losses_svg

        last = ", ".join(
            f"{escape(name)} {values[-1]:.4g}" for name, values in self._columns.items() if values
        )
        told = f"<p>{len(self)} epochs{f'; the last: {last}' if last else ''}</p>"
        return f"<div>{losses_svg(self._columns)}{told}</div>"
