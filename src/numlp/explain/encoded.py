"""A table as the nets of a classifier take it, to be changed a column of the table at a time."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..metrics.scores import ClassNumbers, Probabilities
from ..models import model_of

Matrix = NDArray[Any]
Predict = Callable[[Matrix], Probabilities]


class Encoded(NamedTuple):
    """A table as the nets of a classifier take it.

    Attributes
    ----------
    X : array of shape (n, width)
    groups : dict of str to array
        For each column that is learned from, the columns of X that it fills.
    predict : callable
        Gives the probabilities of rows such as those of X.
    decide : callable
        Gives the index of the class that is answered by probabilities.
    classes : array of shape (n_classes,)
    work : int
        Multiplications, about, for each row.
    """

    X: Matrix
    groups: dict[str, NDArray[np.intp]]
    predict: Predict
    decide: Callable[[Probabilities], ClassNumbers]
    classes: NDArray[Any]
    work: int

    def rows_within(self, work: float, per_row: int, most: int, fewest: int) -> int:
        """How many rows keep the work within its bound, with ``per_row`` predictions for each."""
        return int(min(max(work / (self.work * max(per_row, 1)), fewest), most))


def encode(fitted: Any, X: Any, notes: list[str]) -> Encoded:
    """Encode a table as the classifier's nets take it, with functions that predict from the matrix.

    Parameters
    ----------
    fitted : fitted classifier of numlp, or its model
    X : table with the columns of the training table
    notes : list of str
        Gets a line for each column with cells that could not be read as in training.

    Raises
    ------
    TypeError
        ``fitted`` is not a model or a classifier that has one.
    ValueError
        The classifier is not fitted yet.
    DataError
        The table does not fit the model, or the classifier is multilabel.
    """
    model = model_of(fitted)
    model.check_single_label("an explanation")
    encoded = model.encode(X, notes)
    return Encoded(
        np.array(encoded[0 : len(encoded)]),  # dense where sparse, and not the caller's own
        model.matrix_columns(),
        model.probabilities,
        model.decide,
        model.classes,
        model.network.n_params,
    )


def check_counts(**counts: int | str) -> None:
    """Raise a ValueError that names an argument which is not a whole number, 1 or more."""
    for name, value in counts.items():
        auto = name == "max_samples" and value == "auto"
        if not auto and (type(value) is not int or value < 1):
            raise ValueError(f"{name}={value!r}, but it has to be a whole number, 1 or more")
