"""What any classifier answers for rows whose classes are known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import check_same_length
from ..common.wording import count, name_list
from ..data.labels import EncodedLabels, check_type, encode_labels, truths_as_words, typed_labels
from ..data.quantity import Ranges
from ..errors import DataError
from ..metrics.scores import ClassNumbers, Probabilities, Scores
from .fitted import classes_of, ranges_of
from .fitted_model import FittedModel


@dataclass(frozen=True)
class Predictions:
    """Rows with their true classes and the predicted ones.

    Attributes
    ----------
    classes : array of shape (n_classes,)
    y, predicted : array of shape (n_rows,)
        Class of each row, and the one predicted, as its number in ``classes``.
    P : array of shape (n_rows, n_classes)
        Without columns where probabilities are not needed.
    where : str
        What the rows are, in words.
    """

    classes: NDArray[Any]
    y: ClassNumbers
    predicted: ClassNumbers
    P: Probabilities
    where: str


def predictions_of(
    classifier: Any, X: Any = None, y: Any = None, *, proba: bool = True
) -> Predictions:
    """The predictions for the rows of X, whose labels are y.

    Parameters
    ----------
    classifier : fitted classifier of numlp, its model, or any fitted classifier of scikit-learn's
    X, y : table and labels, optional
        By default the rows that a classifier has held out in training, as the nets that had not
        seen them answered (out of fold): a TabularClassifier has such rows.
    proba : bool, default True
        Whether probabilities are needed.

    Raises
    ------
    DataError
        y has labels that the classifier was not trained on, of another type or missing, or is not
        as long as X; or the classifier gives a row several labels.
    ValueError, TypeError
        X or y is missing, or the classifier has no probabilities where they are needed.

    Examples
    --------
    >>> class Coin:
    ...     classes_ = np.array(["head", "tail"])
    ...     def predict_proba(self, X):
    ...         return np.full((len(X), 2), 0.5)
    ...     def predict(self, X):
    ...         return np.repeat("head", len(X))
    >>> found = predictions_of(Coin(), [[1], [2]], ["tail", "head"])
    >>> found.y, found.predicted, found.where
    (array([1, 0]), array([0, 0]), '2 rows')
    """
    classes = classes_of(classifier)
    if X is None and y is None:
        return _out_of_fold(classifier, classes, proba=proba)
    if X is None or y is None:
        raise ValueError("X and y belong together: give both or neither")
    check_single_label(classifier, "a plot of its answers")
    if not hasattr(classifier, "predict"):
        raise TypeError(f"{type(classifier).__name__} does not predict: give a classifier")
    known = class_numbers(y, classes, ranges_of(classifier))
    if not len(known):
        raise DataError("there is no row to predict")
    model = getattr(classifier, "model_", classifier)
    P: Probabilities = np.empty((len(known), 0))
    if isinstance(model, FittedModel):  # encoded once, and warned of once
        matrix = model.encode(X)
        check_same_length(len(matrix), len(known))
        predicted = model.answers(matrix)
        P = model.probabilities(matrix) if proba else P
        return Predictions(classes, known, predicted, P, count(len(known), "row"))
    predicted = class_numbers(classifier.predict(X), classes)
    check_same_length(len(predicted), len(known))
    P = probabilities_of(classifier, X) if proba else P
    return Predictions(classes, known, predicted, P, count(len(known), "row"))


def check_single_label(classifier: Any, what: str) -> None:
    """Raise a DataError for a classifier of ours whose rows may have several labels."""
    model = getattr(classifier, "model_", classifier)
    if isinstance(model, FittedModel):
        model.check_single_label(what)


def probabilities_of(classifier: Any, X: Any) -> Probabilities:
    """The classifier's probability of each class, (n, n_classes), or a TypeError without any."""
    if not hasattr(classifier, "predict_proba"):
        raise TypeError(f"{type(classifier).__name__} has no predict_proba, which this needs")
    return np.asarray(classifier.predict_proba(X))


def _out_of_fold(classifier: Any, classes: NDArray[Any], *, proba: bool) -> Predictions:
    scores = getattr(classifier, "validation_scores_", None)
    if not isinstance(scores, Scores):
        raise ValueError(
            f"give X and y: {type(classifier).__name__} keeps no rows held out, as a fitted "
            "TabularClassifier does"
        )
    P = scores.P if proba else scores.P[:, :0]
    where = f"{count(scores.n_rows, 'row')} held out"
    return Predictions(classes, scores.y, scores.predicted, P, where)


def class_numbers(labels: Any, classes: NDArray[Any], ranges: Ranges | None = None) -> ClassNumbers:
    """The number of each label among the classes, (n,).

    Parameters
    ----------
    labels : labels of shape (n,)
        Booleans are ``truths_as_words``.
    classes : array of shape (n_classes,)
    ranges : Ranges, optional
        Where the classes are ranges of a quantity: the labels may then be its numbers.

    Raises
    ------
    DataError
        A label is missing, of another type, or not among the classes.

    Examples
    --------
    >>> class_numbers([True, False], np.array(["false", "true"]))
    array([1, 0])
    >>> class_numbers([99.5, 100.5], np.array(["up to 100", "above 100"]), Ranges((100.0,)))
    array([0, 1])
    """
    if ranges is not None and (given := typed_labels(labels)).dtype.kind in "iuf":
        numbers = given.astype(np.float64)
        if not np.isfinite(numbers).all():
            row = int(np.isfinite(numbers).argmin()) + 1
            raise DataError(f"Input y contains NaN or infinity, the first in row {row}")
        return ranges.of(numbers)
    encoded = truths_as_words(encode_labels(labels), classes)
    check_type(encoded, classes, "y")
    return numbers_among(encoded, classes.tolist(), "y", "classifier")


def numbers_among(
    labels: EncodedLabels, known: Sequence[Any], where: str, trained: str
) -> ClassNumbers:
    """The number of each label among those that something trained knows, (n,).

    Parameters
    ----------
    labels : EncodedLabels
    known : sequence of label
    where : str
        Where the labels stand, for the message.
    trained : str
        What was trained on the known labels, such as "model".

    Raises
    ------
    DataError
        A label is not among them.
    """
    found, index = labels.classes.tolist(), {label: code for code, label in enumerate(known)}
    unknown = [label for label in found if label not in index]
    if unknown:
        raise DataError(
            f"{where} has {name_list(unknown)}, which the {trained} was not trained on: it knows "
            f"{name_list(known, most=20)}"
        )
    y: ClassNumbers = np.array([index[label] for label in found], np.intp)[labels.y]
    return y
