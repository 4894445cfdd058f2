"""A table as the nets of a classifier take it, to be changed a column of the table at a time."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..metrics.scores import ClassNumbers, Probabilities
from ..mlp.building import probabilities
from ..mlp.classifier import MLPClassifier
from ..models.model import Model

Matrix = NDArray[Any]
Predict = Callable[[Matrix], Probabilities]


class Encoded(NamedTuple):
    """A table as the nets of a classifier take it.

    Attributes
    ----------
    X : array of shape (n, width)
    names : list of str
        Of all columns of the table.
    groups : dict of str to array
        Of each column that is learned from, the columns of X that it fills.
    predict : callable
        From rows such as those of X to probabilities.
    decide : callable
        From probabilities to the index of the class that is answered.
    classes : array of shape (n_classes,)
    work : int
        Multiplications, about, for each row.
    """

    X: Matrix
    names: list[str]
    groups: dict[str, NDArray[np.intp]]
    predict: Predict
    decide: Callable[[Probabilities], ClassNumbers]
    classes: NDArray[Any]
    work: int

    def rows_within(self, work: float, per_row: int, most: int, fewest: int) -> int:
        """So many rows that the work is bounded, with so many predictions for each."""
        return int(min(max(work / (self.work * max(per_row, 1)), fewest), most))


def encode(model: Any, X: Any) -> Encoded:
    """The table as the classifier's nets take it, and the classifier as a function of that."""
    if isinstance(model, MLPClassifier):
        return _encode_mlp(model, X)
    if hasattr(model, "_check_fitted"):
        model._check_fitted()
        model = model.model_
    if not isinstance(model, Model):
        raise ValueError(
            f"model={model!r}, but it has to be a TabularClassifier, Model or MLPClassifier"
        )
    table, network = model.table, model.network

    def predict(Z: Matrix) -> Probabilities:
        return np.concatenate([P for _, P in model.probabilities(Z)])

    positions = np.arange(table.width)[None, :].astype(np.float32)
    groups = {
        part.name: np.concatenate([slot[0] for slot in slots]).astype(np.intp)
        for part, slots in table.slots(positions)
        if part.width
    }
    return Encoded(
        table.transform(X),
        table.names,
        groups,
        predict,
        lambda P: model.decide(P.astype(np.float64, copy=False)),
        model.classes,
        network.n_params,
    )


def _encode_mlp(clf: MLPClassifier, X: Any) -> Encoded:
    rows = clf._rows(X)
    network, targets = clf._network, clf._targets
    if targets.kind == "multilabel":
        raise ValueError("the classifier is multilabel: one with a single label a row is explained")

    def predict(Z: Matrix) -> Probabilities:
        return probabilities(network.predict(Z), targets)

    names = getattr(clf, "feature_names_in_", None)
    names = [f"x{j}" for j in range(rows.shape[1])] if names is None else names.tolist()
    return Encoded(
        np.array(rows[0 : len(rows)]),  # dense where they are sparse, and not the caller's own
        names,
        {name: np.array([j]) for j, name in enumerate(names)},
        predict,
        lambda P: P.argmax(axis=1),
        clf.classes_,
        network.n_params,
    )


def one_thread() -> AbstractContextManager[Any]:
    """Many small products: threads of BLAS would wait for each other longer than these take."""
    from threadpoolctl import threadpool_limits  # here, as predicting needs NumPy alone

    limits: AbstractContextManager[Any] = threadpool_limits(limits=1, user_api="blas")
    return limits


def check_counts(**counts: int | str) -> None:
    """Raise a ValueError for an argument that is no number of things, by its name."""
    for name, value in counts.items():
        auto = name == "max_samples" and value == "auto"
        if not auto and (type(value) is not int or value < 1):
            raise ValueError(f"{name}={value!r}, but it has to be a whole number, 1 or more")
