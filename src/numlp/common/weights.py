"""Weights of rows and of classes, checked."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .masks import refuse_masked, with_mask


def check_sample_weight(sample_weight: Any, n_rows: int) -> NDArray[np.float64] | None:
    """The weights as an array of shape (n_rows,), or None; a single number is for each row.

    Raises
    ------
    DataError
        The weights are not numbers, not one for each row, negative, not finite, missing under a
        mask, or all zero.
    """
    if sample_weight is None:
        return None
    sample_weight = with_mask(sample_weight)
    refuse_masked("sample_weight", sample_weight)
    try:
        weight = np.array(sample_weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"sample_weight has a value that is not a number: {error}") from error
    if weight.ndim == 0:
        weight = np.full(n_rows, float(weight))
    if weight.ndim != 1:
        raise DataError(
            f"Sample weights must be 1D array or scalar, got {weight.ndim}D array of shape "
            f"{weight.shape}"
        )
    if weight.shape != (n_rows,):
        raise DataError(
            f"sample_weight.shape == {weight.shape}, expected ({n_rows},)! Give one weight for "
            "each row"
        )
    if not np.isfinite(weight).all():
        row = int(np.isfinite(weight).argmin())
        raise DataError(
            f"Input sample_weight contains NaN or infinity: {weight[row]} in row {row + 1}"
        )
    if (weight < 0).any():
        row = int(weight.argmin())
        raise DataError(
            f"Negative values in sample_weight: {weight[row]:g} in row {row + 1}; weights are 0 "
            "or more"
        )
    if not weight.any():
        raise DataError("every sample weight is zero: there is nothing to learn from")
    return weight


def weights_by_class(
    class_weight: Mapping[Any, float] | str,
    y: NDArray[Any],
    classes: Sequence[Any],
    weight: NDArray[Any] | None,
) -> NDArray[Any]:
    """The weight of the class of each row: "balanced", or as given.

    Parameters
    ----------
    class_weight : mapping of class to float, or "balanced"
    y : array of shape (n,)
        The class number of each row.
    classes : sequence
        The labels of the classes.
    weight : array of shape (n,), or None
        The weights of the rows, by which "balanced" counts them.

    Examples
    --------
    >>> weights_by_class({"b": 3.0}, np.array([0, 1, 1]), ["a", "b"], None)
    array([1., 3., 3.])
    """
    if isinstance(class_weight, str):
        return balanced(y, len(classes), weight)
    return np.asarray(given_weights(class_weight, classes)[y])


def balanced(y: NDArray[Any], n_classes: int, weight: NDArray[Any] | None) -> NDArray[Any]:
    """``n_samples / (n_classes * count)`` for each row, where rows count by their weight.

    >>> balanced(np.array([0, 0, 0, 1]), 2, None)
    array([0.66666667, 0.66666667, 0.66666667, 2.        ])
    """
    counts = np.bincount(y, minlength=n_classes, weights=weight)
    by_class = counts.sum() / (np.count_nonzero(counts) * np.where(counts, counts, np.inf))
    return np.asarray(by_class[y])


def given_weights(class_weight: Mapping[Any, float], classes: Sequence[Any]) -> NDArray[Any]:
    """The weight of each class, 1 where none is given.

    Raises
    ------
    ValueError
        A label is not among the classes, or a weight is negative or not finite.
    """
    unknown = [label for label in class_weight if label not in classes]
    if unknown:
        raise ValueError(
            f"class_weight has {unknown[0]!r}, which is not a class of y: the classes are {classes}"
        )
    try:
        by_class = np.array([float(class_weight.get(label, 1.0)) for label in classes])
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"class_weight={class_weight!r}: {error}") from error
    if not (np.isfinite(by_class).all() and (by_class >= 0).all()):
        raise ValueError(f"class_weight={class_weight!r}: weights are finite and not negative")
    return by_class
