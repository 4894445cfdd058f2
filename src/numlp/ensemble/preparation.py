"""The first step of a fit: a table and labels become a matrix to learn from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.blas import on_one_blas_thread
from ..common.estimator import check_same_length
from ..common.weights import check_sample_weight, weights_by_class
from ..data.columns import as_columns
from ..data.labels import check_classes, encode_labels
from ..data.samples import Samples
from ..decisions.thresholds import aim_of, check_aim
from ..errors import DataError
from ..metrics.aim import Aim
from ..metrics.scores import prior_entropy
from ..table.table import Table
from .recipe import recipe_of
from .texts import TextColumn, text_columns


@dataclass(frozen=True)
class Prepared:
    """A table that is ready to be learned from.

    Attributes
    ----------
    table : Table
        How the columns are encoded.
    samples : Samples
        The matrix, the classes and the weights of the rows that are learned from.
    texts : list of TextColumn
        The columns whose words are read; their log-odds are not in the matrix yet.
    classes : array of shape (n_classes,)
        The labels, sorted.
    target : str
        The name of the labels; empty where they have none.
    aim : Aim
        What the answers are to be good at.
    counts : array of shape (n_classes,)
        Number of rows of each class.
    prior_loss : float
        Log-loss of always answering the classes' shares.
    n_given : int
        Number of rows that were given.
    kept_rows : array of row numbers, or None
        Which of them are learned from; None stands for all.
    """

    table: Table
    samples: Samples
    texts: list[TextColumn]
    classes: NDArray[Any]
    target: str
    aim: Aim
    counts: NDArray[np.intp]
    prior_loss: float
    n_given: int
    kept_rows: NDArray[np.intp] | None


@on_one_blas_thread  # whose number would show in the last digits
def prepare(
    X: Any,
    y: Any,
    settings: Mapping[str, Any],
    *,
    sample_weight: Any = None,
    columns: Mapping[Any, str] | None = None,
    decimal: str | None = None,
) -> Prepared:
    """Check labels and weights, find out what the columns are, and encode them.

    Columns that their owner gave away (``Columns.give_away``) are emptied once the matrix is there.

    Parameters
    ----------
    X, y, sample_weight, columns, decimal
        As for ``TabularClassifier.fit``.
    settings : mapping of str to value
        All arguments of TabularClassifier, each of which has been checked.

    Raises
    ------
    DataError
        The table or the labels cannot be learned from.
    """
    data = as_columns(X)
    classes, y, target = encode_labels(y)
    check_same_length(data.n_rows, len(y))
    weight = row_weights(settings["class_weight"], sample_weight, classes, y)
    n_given, kept_rows = len(y), None
    if weight is not None and not weight.all():
        kept_rows = np.flatnonzero(weight)
        given, y, weight = data, y[kept_rows], weight[kept_rows]
        data = given.rows(kept_rows)
        given.let_go()
    labels = classes.tolist()
    check_classes(classes[np.unique(y)], len(y))
    check_aim(settings, labels)
    counts = np.bincount(y, minlength=len(classes))
    # Computed here and not at the end, when there is a matrix beside what this takes.
    prior_loss = prior_entropy(y, len(classes), weight)
    recipe = recipe_of(settings, counts)
    table = Table.fit(
        data,
        columns,
        decimal=decimal,
        one_hot_max=recipe.one_hot_max,
        few_as_flags=recipe.few_as_flags,
        labels=[*map(str, labels)],
    )
    samples = Samples(table.transform(data), y, weight)
    texts = text_columns(table, data)
    data.let_go()  # of no use beside the matrix, and twice its size
    return Prepared(
        table,
        samples,
        texts,
        classes,
        target,
        aim_of(settings, labels),
        counts,
        prior_loss,
        n_given,
        kept_rows,
    )


def row_weights(
    class_weight: Mapping[Any, float] | str | None,
    sample_weight: Any,
    classes: NDArray[Any],
    y: NDArray[np.intp],
) -> NDArray[np.float32] | None:
    """The weight of each row times its class's weight; weights above 0 have a mean of 1.

    None stands for equal weights.

    >>> row_weights({"b": 3.0}, [1, 1, 0], np.array(["a", "b"]), np.array([0, 1, 1]))
    array([0.5, 1.5, 0. ], dtype=float32)
    """
    weight = check_sample_weight(sample_weight, len(y))
    if weight is not None:
        weight = weight / weight.max()  # first, so that their sum is finite
    if class_weight is not None:
        by_row = weights_by_class(class_weight, y, classes.tolist(), weight)
        if not by_row.any():
            raise DataError(
                f"class_weight={class_weight!r} leaves nothing to learn from: the weight of every "
                "row is zero"
            )
        by_row = by_row / by_row.max()
        weight = by_row if weight is None else weight * by_row
    if weight is None:
        return None
    if not weight.any():
        raise DataError(
            "every row has a weight of zero: its sample_weight, or the class_weight of its class"
        )
    weight = (weight / weight.max()).astype(np.float32).astype(np.float64)
    return np.asarray(weight / weight[weight > 0].mean(), dtype=np.float32)
