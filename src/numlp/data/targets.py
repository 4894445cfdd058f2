"""The labels of MLPClassifier -> targets of a network.

Two classes need one output (binary), more need one each (multiclass); an indicator matrix of 0 and
1 says which of several labels each row has (multilabel).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import sklearn_class
from ..common.warning import warn
from ..errors import DataError
from .labels import encode_labels


class Targets:
    """The classes that the first fit met, and how labels become targets of a network.

    Attributes
    ----------
    kind : "binary", "multiclass" or "multilabel"
    classes : array of shape (n_classes,)
        The labels, sorted; for multilabel the numbers of the columns.
    n_outputs : int
        How many outputs the network needs.
    """

    def __init__(self, y: Any) -> None:
        labels = as_targets(y)
        self.sparse = hasattr(y, "toarray")
        if labels.ndim == 2:
            self.kind, self.classes = "multilabel", np.arange(labels.shape[1])
        else:
            self.classes = encode_labels(labels)[0]
            self.kind = "binary" if len(self.classes) == 2 else "multiclass"

    @classmethod
    def restored(cls, kind: str, classes: NDArray[Any], sparse: bool) -> "Targets":
        """The targets that a file tells of.

        Raises
        ------
        ValueError
            No labels could have led to such targets.
        """
        binary = len(classes) == 2
        if kind not in ("binary", "multiclass", "multilabel") or type(sparse) is not bool:
            raise ValueError(f"the targets are of an unknown kind: {kind!r}, sparse={sparse!r}")
        if kind != "multilabel" and (kind == "binary") != binary:
            raise ValueError(f"the targets are {kind}, but have {len(classes)} classes")
        targets = cls.__new__(cls)
        targets.kind, targets.classes, targets.sparse = kind, classes, sparse
        return targets

    @property
    def n_outputs(self) -> int:
        return 1 if self.kind == "binary" else len(self.classes)

    def encode(self, y: Any) -> NDArray[Any]:
        """The class numbers (n,), or for multilabel the indicator matrix (n, n_outputs)."""
        labels = as_targets(y)
        if (labels.ndim == 2) != (self.kind == "multilabel"):
            raise DataError(f"y has shape {labels.shape}, but the targets are {self.kind}")
        if self.kind == "multilabel":
            if labels.shape[1] != len(self.classes):
                raise DataError(
                    f"y has {labels.shape[1]} labels, but the net has {len(self.classes)} outputs"
                )
            return labels
        classes, y, _ = encode_labels(labels)
        # As sets, since NumPy would compare the text "1" and the number 1 as equal.
        if not set(classes.tolist()) <= set(self.classes.tolist()):
            raise DataError(
                "`y` has classes not in `self.classes_`. `self.classes_` has "
                f"{self.classes}. 'y' has {classes}."
            )
        numbers: NDArray[np.intp] = np.searchsorted(self.classes, classes)[y]
        return numbers


def as_targets(y: Any) -> NDArray[Any]:
    """Labels as an array: (n,), or an indicator matrix of 0 and 1.

    Raises
    ------
    DataError
        y is None, has masked labels or several dimensions, or is a matrix of other numbers than 0
        and 1.
    """
    if y is None:
        raise DataError(
            "This MLPClassifier estimator requires y to be passed, but the target y is None."
        )
    if hasattr(y, "toarray"):
        y = y.toarray()
    if np.ma.is_masked(y):
        raise DataError("Input y has masked labels: drop these rows")
    labels = np.asarray(y.to_numpy() if hasattr(y, "to_numpy") else y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        warn(
            "A column-vector y was passed when a 1d array was expected. Please change the shape of "
            f"y to (n_samples,), for example using ravel(): it has {labels.shape}",
            sklearn_class("sklearn.exceptions", "DataConversionWarning", UserWarning),
        )
        return labels.ravel()
    if labels.ndim == 2:
        if labels.dtype.kind not in "biuf" or not np.isin(labels, (0, 1)).all():
            raise DataError(
                "Multioutput target data is not supported with label binarization: y of shape "
                f"{labels.shape} is not an indicator matrix of 0 and 1"
            )
        return labels.astype(bool)
    made_text = labels.dtype.kind == "U" and isinstance(y, list | tuple)
    if made_text and not all(isinstance(label, str) for label in y):
        return np.array(y, dtype=object)  # not the text that NumPy made of NaN or a number
    if labels.ndim != 1:
        raise DataError(f"y should be a 1d array, got an array of shape {labels.shape} instead.")
    return labels
