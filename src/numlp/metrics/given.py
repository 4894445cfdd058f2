"""Labels, scores and probabilities as callers give them, checked: ours go by other ways."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import check_same_length
from ..common.masks import refuse_masked, with_mask
from ..common.missing import is_missing
from ..common.wording import name_list
from ..errors import DataError

Floats = NDArray[np.float64]

SUM_OFF = 1e-3  # how far the probabilities of a row may be off 1: they may have been rounded
FIRST = "labels come first, then what was predicted"


def given_labels(labels: Any, name: str) -> NDArray[Any]:
    """Labels of any type as an array of shape (n,): one for each row, none missing.

    Raises
    ------
    DataError
        There is no label, they are not one for each row, one is missing, blank or a fraction, or
        they are of several types, or neither text, whole numbers nor booleans.
    """
    labels = with_mask(labels)
    found = np.asarray(labels)
    if isinstance(labels, list | tuple) and found.dtype.kind == "U":
        found = np.array(labels, dtype=object)  # NumPy makes text of ["a", 1, None]
    if found.ndim == 2 and found.shape[1] == 1:
        found = found.ravel()
    if found.ndim != 1:
        raise DataError(f"{name} has the shape {found.shape}: give one label for each row; {FIRST}")
    if not len(found):
        raise DataError(f"{name} has no rows")
    refuse_masked(name, labels)
    if found.dtype.kind in "OT":
        found = _of_one_type(found.astype(object), name)
    if found.dtype.kind not in "biufU":
        raise DataError(
            f"{name} has labels of the type {_type_told(found)}: give text, whole numbers or "
            "booleans"
        )
    if found.dtype.kind == "U":
        blank = np.char.strip(found) == ""
        if blank.any():
            raise DataError(
                f"{name} has a blank label in row {int(blank.argmax()) + 1}, and a blank label is "
                "a missing one"
            )
    if found.dtype.kind == "f":
        broken = ~np.isfinite(found) | (found != np.rint(found))
        if broken.any():
            row = int(broken.argmax())
            raise DataError(
                f"{name} has {found[row]:g} in row {row + 1}, which is not a label: {FIRST}"
            )
    return found


def _of_one_type(labels: NDArray[Any], name: str) -> NDArray[Any]:
    kinds = []
    for row, label in enumerate(labels.tolist()):
        if is_missing(label):
            raise DataError(f"{name} has no label in row {row + 1}: it is missing")
        kinds.append("text" if isinstance(label, str) else "numbers")
    if len(set(kinds)) > 1:
        raise DataError(f"{name} has labels of several types: text and others")
    return labels.astype(str) if kinds[0] == "text" else np.array(labels.tolist())


def _type_told(labels: NDArray[Any]) -> str:
    return type(labels[0]).__name__ if labels.dtype.kind == "O" else str(labels.dtype)


def given_numbers(values: Any, name: str) -> Floats:
    """Finite numbers, of at least one row, or a DataError."""
    values = with_mask(values)
    refuse_masked(name, values)
    try:
        found = np.asarray(values)
        if found.dtype.kind not in "biufO":
            raise TypeError(str(found.dtype))
        found = found.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} has a value that is not a number: {FIRST}") from error
    if not found.ndim:
        raise DataError(f"{name} is one number: give one for each row")
    if found.ndim == 2 and found.shape[1] == 1:
        found = found.ravel()
    if not np.isfinite(found).all():
        row = int(np.isfinite(found).reshape(len(found), -1).all(axis=1).argmin())
        raise DataError(f"{name} is not finite in row {row + 1}: give finite numbers")
    return found


def given_scores(values: Any, name: str, labels: NDArray[Any]) -> Floats:
    """A finite score for each label, (n,), or a DataError."""
    score = given_numbers(values, name)
    if score.ndim != 1:
        raise DataError(
            f"{name} has the shape {score.shape}: give one label and the score of one class for "
            "each row, such as P[:, 1]"
        )
    check_same_length(len(score), len(labels))
    return score


def given_columns(values: Any, name: str, labels: NDArray[Any]) -> Floats:
    """A row of numbers for each label, (n, n_classes), or a DataError.

    One number for each row is that of the second of two classes, and stays alone.
    """
    P = given_numbers(values, name)
    if P.ndim not in (1, 2) or (P.ndim == 2 and P.shape[1] < 2):
        raise DataError(
            f"{name} has the shape {P.shape}: give the probability of the second of two classes "
            "for each row, (n,), or those of all classes, (n, n_classes)"
        )
    check_same_length(len(P), len(labels))
    return P


def given_probabilities(values: Any, name: str, labels: NDArray[Any]) -> Floats:
    """The probabilities of all classes for each label, (n, n_classes), or a DataError."""
    P = given_columns(values, name, labels)
    if P.min() < 0 or P.max() > 1:
        row = int(np.abs(P - 0.5).reshape(len(P), -1).max(axis=1).argmax())
        raise DataError(
            f"{name} has {P[row].tolist()} in row {row + 1}, outside [0, 1]: give probabilities, "
            "as predict_proba gives them"
        )
    if P.ndim == 1:
        return np.column_stack([1 - P, P])
    off = np.abs(P.sum(axis=1) - 1)
    if off.max() > SUM_OFF:
        row = int(off.argmax())
        raise DataError(
            f"the probabilities in row {row + 1} of {name} add up to {P[row].sum():g}, not to 1: "
            "give those of all classes, as predict_proba gives them"
        )
    return P


def class_numbers_of(
    labels: NDArray[Any], name: str, n_classes: int, known: Any = None
) -> NDArray[np.intp]:
    """The column of each label, (n,).

    ``known`` are the labels in the order of the columns.  Without them the columns are the labels
    of the rows, sorted.  Where a class has no row, no column can be told from the labels: 1 may be
    the second of 0 and 1, or the first of 1 and 2.

    >>> class_numbers_of(np.array(["b", "a"]), "y_true", 2)
    array([1, 0])
    """
    if known is None:
        if labels.dtype.kind == "b" and n_classes == 2:
            return labels.astype(np.intp)
        found, y = np.unique(labels, return_inverse=True)
        if len(found) != n_classes:
            raise DataError(
                f"{name} has {len(found):,} different labels, {name_list(found.tolist())}, and "
                f"there are {n_classes:,} columns: say with labels=clf.classes_ what each column is"
            )
        return y.astype(np.intp)
    columns = given_labels(known, "labels").tolist()
    if len(columns) != n_classes or len(set(columns)) != n_classes:
        raise DataError(
            f"labels={columns[:5]}: give {n_classes:,} different labels, one for each column"
        )
    place = {label: k for k, label in enumerate(columns)}
    unknown = [label for label in dict.fromkeys(labels.tolist()) if label not in place]
    if unknown:
        raise DataError(f"{name} has {name_list(unknown)}, which is not among the labels {columns}")
    return np.array([place[label] for label in labels.tolist()], np.intp)
