"""The first step of a fit: a table and labels become a matrix to learn from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.blas import on_one_blas_thread
from ..common.estimator import check_same_length
from ..common.weights import check_sample_weight, weights_by_class
from ..common.wording import name_list
from ..data.columns import as_columns
from ..data.labels import check_classes, check_type, encode_labels, truths_as_words
from ..data.samples import Samples
from ..decisions.thresholds import aim_of, check_aim
from ..errors import DataError
from ..metrics.aim import Aim
from ..metrics.scores import prior_entropy
from ..models.cells import warn_of_cells
from ..table.table import Table
from .holding_out import OWN_ROWS, HoldingOut
from .recipe import Recipe, recipe_of
from .roles import roles_of
from .texts import LogOdds, TextColumn, text_columns


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
    holding : HoldingOut or None
        How rows are held out; None where they are dealt one by one.
    roles : dict of str to str
        The columns that say how to learn, by the argument of ``fit`` that named each.
    last_log_odds : dict of float to LogOdds
        What ``log_odds`` gave last, by its share.
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
    holding: HoldingOut | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    last_log_odds: dict[float, LogOdds] = field(default_factory=dict)

    def recipe(self, settings: Mapping[str, Any]) -> Recipe:
        """The recipe that the settings ask for, as it is for these rows."""
        recipe = recipe_of(settings, self.counts)
        if self.holding is None:
            return recipe
        return self.holding.recipe(recipe, is_asked=settings["validation"] != "auto")

    def log_odds(self, share: float) -> LogOdds | None:
        """What the words of texts say, learned from a share of the rows; None where none are read.

        The last is kept, so that the trials of a search learn it once.
        """
        if not self.texts:
            return None
        if share not in self.last_log_odds:
            self.last_log_odds.clear()
            self.last_log_odds[share] = LogOdds(
                self.texts, self.samples.y, self.samples.weight, self.holding, share=share
            )
        return self.last_log_odds[share]


@on_one_blas_thread  # whose number would show in the last digits
def prepare(
    X: Any,
    y: Any,
    settings: Mapping[str, Any],
    *,
    sample_weight: Any = None,
    columns: Mapping[Any, str] | None = None,
    decimal: str | None = None,
    groups: Any = None,
    time: Any = None,
    X_val: Any = None,
    y_val: Any = None,
) -> Prepared:
    """Check labels and weights, find out what the columns are, and encode them.

    Columns that their owner gave away (``Columns.give_away``) are emptied once the matrix is there.

    Parameters
    ----------
    X, y, sample_weight, columns, decimal, groups, time, X_val, y_val
        As for ``TabularClassifier.fit``.
    settings : mapping of str to value
        All arguments of TabularClassifier, each of which has been checked.

    Raises
    ------
    DataError
        The table or the labels cannot be learned from.
    """
    check_own_rows(X_val, y_val, groups, time, settings)
    data = as_columns(X)
    classes, y, target = encode_labels(y)
    check_same_length(data.n_rows, len(y))
    roles = roles_of(
        data, columns, groups=groups, time=time, sample_weight=sample_weight, decimal=decimal
    )
    weight = row_weights(settings["class_weight"], roles.weight, classes, y)
    holding, n_given, kept_rows = roles.holding, len(y), None
    if weight is not None and not weight.all():
        kept_rows = np.flatnonzero(weight)
        given, y, weight = data, y[kept_rows], weight[kept_rows]
        data = given.rows(kept_rows)
        given.let_go()
        holding = None if holding is None else holding.rows(kept_rows)
        if holding is not None and holding.n_different < 2:
            raise DataError(
                f"the rows with a weight above zero are all of one {holding.by}: rows of two or "
                "more are needed, so that one can be held out"
            )
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
        aside=roles.aside,
    )
    samples = Samples(table.transform(data), y, weight)
    texts = text_columns(table, data)
    data.let_go()  # of no use beside the matrix, and twice its size
    if X_val is not None:
        own, own_texts = _own_rows(X_val, y_val, table, classes, settings["class_weight"])
        samples, holding = _with_own_rows(samples, own)
        texts = [text.above(own) for text, own in zip(texts, own_texts, strict=True)]
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
        holding,
        roles.columns,
    )


def check_own_rows(
    X_val: Any, y_val: Any, groups: Any, time: Any, settings: Mapping[str, Any]
) -> None:
    """Raise a ValueError where rows of one's own to choose by contradict other arguments."""
    if (X_val is None) != (y_val is None):
        raise ValueError("X_val and y_val belong together: give both or neither")
    if X_val is None:
        return
    others = {"groups": groups, "time": time}
    others |= {"validation": None if settings["validation"] == "auto" else settings["validation"]}
    for name, value in others.items():
        if value is not None:
            raise ValueError(
                f"X_val and {name} are both given: each says which rows to choose by; give one"
            )


def _own_rows(
    X_val: Any,
    y_val: Any,
    table: Table,
    classes: NDArray[Any],
    class_weight: Mapping[Any, float] | str | None,
) -> tuple[Samples, list[TextColumn]]:
    """The rows to choose by, encoded like those to learn from, and their texts."""
    columns = table.columns_of(X_val)
    if not columns.n_rows:
        raise DataError("X_val has no row: give rows to choose by, or leave X_val and y_val out")
    labels = truths_as_words(encode_labels(y_val), classes)
    if len(labels.y) != columns.n_rows:
        raise DataError(f"X_val has {columns.n_rows:,} rows, and y_val {len(labels.y):,} labels")
    check_type(labels, classes, "y_val")
    known = np.isin(labels.classes, classes)[labels.y]
    if not known.all():
        row = int(known.argmin())
        raise DataError(
            f"y_val has {labels.classes[labels.y[row]].item()!r} in row {row + 1:,}, a class that "
            f"y has not: the classes are {name_list(classes.tolist())}"
        )
    y = np.searchsorted(classes, labels.classes)[labels.y]
    notes: list[str] = []
    try:
        matrix = table.transform(columns, notes)
    except DataError as error:
        raise DataError(f"X_val: {error}") from None
    warn_of_cells(notes)
    samples = Samples(matrix, y, row_weights(class_weight, None, classes, y))
    return samples, text_columns(table, columns)


def _with_own_rows(samples: Samples, own: Samples) -> tuple[Samples, HoldingOut]:
    """All rows together, and which of them are held out by every net: the last ones."""
    weight = None
    if samples.weight is not None or own.weight is not None:
        weights = [
            np.ones(len(part), np.float32) if part.weight is None else part.weight
            for part in (samples, own)
        ]
        weight = np.concatenate(weights)
    together = Samples(
        np.concatenate([samples.X, own.X]), np.concatenate([samples.y, own.y]), weight
    )
    is_own = np.repeat(np.array([0, 1]), [len(samples), len(own)])
    return together, HoldingOut(OWN_ROWS, is_own)


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
