"""Class labels of any type -> codes 0, 1, ..., and the classes to turn codes back into labels."""

import math
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import DataError


def encode_labels(y: Any) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """The sorted classes of y, and for each row the index of its class.

    Parameters
    ----------
    y : sequence, array or Series of shape (n,)
        Text, whole numbers or booleans; they come back from a prediction as they are here.

    Raises
    ------
    DataError
        y is None, not one column, has a missing label, mixes text and numbers, or holds numbers
        with a fractional part, as a regression's target does.

    Examples
    --------
    >>> encode_labels(["no", "yes", "no"])
    (array(['no', 'yes'], dtype='<U3'), array([0, 1, 0]))
    """
    labels = _one_column(y)
    if labels.dtype.kind == "O":
        labels = _plain(labels)
    if labels.dtype.kind == "f":
        _check_whole(labels)
    elif labels.dtype.kind not in "biuOUT":
        raise DataError(f"Unknown label type: y has {labels.dtype}; give text or whole numbers")
    classes, codes = np.unique(labels, return_inverse=True)
    return classes, codes.astype(np.intp)


def check_classes(classes: NDArray[Any], n_rows: int) -> None:
    """Raise a DataError where there is nothing to tell apart."""
    if len(classes) < 2:
        raise DataError(
            f"the target has one class only, {classes.tolist()[0]!r}, in all {n_rows:,} rows: a "
            "classifier needs rows of at least two classes"
        )


def missing_labels(y: Any) -> NDArray[np.bool_]:
    """Which labels are missing: None, NaN, or a text of blanks."""
    labels = _one_column(y)
    if labels.dtype.kind == "f":
        return np.array(np.isnan(labels))
    if labels.dtype.kind in "OUT":
        return np.array([_is_missing(label) or not str(label).strip() for label in labels], bool)
    return np.zeros(len(labels), bool)


def _one_column(y: Any) -> NDArray[Any]:
    if y is None:
        raise DataError("This classifier requires y to be passed, but the target y is None.")
    labels = np.asarray(y.to_numpy() if hasattr(y, "to_numpy") else y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        warnings.warn(
            f"A column-vector y was passed when a 1d array was expected: y of shape {labels.shape} "
            "is taken as y.ravel()",
            stacklevel=4,
        )
        labels = labels.ravel()
    if labels.ndim != 1:
        raise DataError(f"y should be a 1d array, got an array of shape {labels.shape} instead.")
    if labels.dtype.kind == "c":
        raise DataError("Complex data not supported: y has complex numbers")
    return labels


def _plain(labels: NDArray[Any]) -> NDArray[Any]:
    """Labels held as Python objects: text stays so, numbers and booleans get their own type."""
    missing = np.flatnonzero([_is_missing(label) for label in labels])
    if missing.size:
        raise DataError(
            f"Input y contains NaN: {missing.size:,} of {len(labels):,} labels are missing, the "
            f"first in row {missing[0] + 1}. Drop these rows"
        )
    kinds = {type(label) for label in labels.tolist()}
    if all(issubclass(kind, str) for kind in kinds):
        return labels
    if all(issubclass(kind, bool | np.bool_) for kind in kinds):
        return labels.astype(bool)
    if all(issubclass(kind, int | np.integer) and kind is not bool for kind in kinds):
        return labels.astype(np.int64)
    if all(issubclass(kind, float | np.floating | int | np.integer) for kind in kinds):
        return labels.astype(np.float64)
    names = ", ".join(sorted(kind.__name__ for kind in kinds))
    raise DataError(
        f"Unknown label type: y mixes {names}. Turn all labels into text, or all into numbers"
    )


def _check_whole(labels: NDArray[Any]) -> None:
    finite = np.isfinite(labels)
    if not finite.all():
        row = int(np.argmin(finite))
        raise DataError(
            f"Input y contains NaN or infinity: {(~finite).sum():,} of {len(labels):,} labels, the "
            f"first in row {row + 1}. Drop these rows"
        )
    broken = labels != np.rint(labels)
    if broken.any():
        raise DataError(
            f"Unknown label type: continuous. y has {labels[broken][0]:g} in row "
            f"{int(broken.argmax()) + 1}, which looks like regression; a classifier takes classes: "
            "text, or whole numbers"
        )


def _is_missing(label: Any) -> bool:
    return (
        label is None
        or (isinstance(label, float | np.floating) and math.isnan(label))
        or type(label).__name__ in ("NAType", "NaTType")
    )
