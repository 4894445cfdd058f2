"""The labels of MLPClassifier -> targets of a network.

Two classes need one output (binary), more need one each (multiclass); an indicator matrix of 0 and
1 says which of several labels each row has (multilabel).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import check_same_length
from ..common.missing import is_missing
from ..errors import DataError
from .labels import EncodedLabels, check_type, encode_labels, gathered, label_array, labels_right


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
        if isinstance(labels, EncodedLabels):
            self.classes = labels.classes
            self.kind = "binary" if len(self.classes) == 2 else "multiclass"
        else:
            self.kind, self.classes = "multilabel", np.arange(labels.shape[1])

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
        """The class numbers (n,), or for multilabel the indicator matrix (n, n_outputs).

        Raises
        ------
        DataError
            A label is missing, of another type than the classes, or not among them; or y is a
            matrix where labels are needed, or the other way round.
        """
        labels = as_targets(y)
        if not isinstance(labels, EncodedLabels):
            self.check_matrix(labels)
            return labels
        if self.kind == "multilabel":
            raise DataError(
                f"y has shape ({len(labels.y)},), but the targets are multilabel: give a matrix of "
                f"0 and 1 with {len(self.classes)} columns"
            )
        classes, numbers = labels.classes, labels.y
        check_type(labels, self.classes, "y")
        # As sets, since NumPy would compare the text "1" and the number 1 as equal.
        if not set(classes.tolist()) <= set(self.classes.tolist()):
            raise DataError(
                "`y` has classes not in `self.classes_`. `self.classes_` has "
                f"{self.classes}. 'y' has {classes}."
            )
        found: NDArray[np.intp] = np.searchsorted(self.classes, classes)[numbers]
        return found

    def right(self, predicted: Any, y: Any) -> NDArray[np.bool_]:
        """Which rows of what was predicted have the label of y, or for multilabel all of them.

        Errors are those of ``encode``, but that an unknown label is wrong; ``labels_right`` has
        more.
        """
        if self.kind != "multilabel":
            return labels_right(predicted, y, self.classes)
        given = self.encode(y)
        check_same_length(predicted.shape[0], len(given))
        dense = predicted.toarray() if hasattr(predicted, "toarray") else predicted
        return np.asarray((dense == given).all(axis=1))

    def check_matrix(self, labels: NDArray[Any]) -> None:
        """Raise a DataError unless an indicator matrix has a column for each label."""
        if self.kind != "multilabel":
            raise DataError(f"y has shape {labels.shape}, but the targets are {self.kind}")
        if labels.shape[1] != len(self.classes):
            raise DataError(
                f"y has {labels.shape[1]} labels, but the net has {len(self.classes)} outputs"
            )


def as_targets(y: Any) -> EncodedLabels | NDArray[np.bool_]:
    """Labels with their classes, or an indicator matrix of 0 and 1, (n, n_labels).

    Raises
    ------
    DataError
        y is None, has missing labels or several dimensions, or is a matrix of other numbers than 0
        and 1.
    """
    if isinstance(y, EncodedLabels):
        return y
    y = gathered(y)
    labels = label_array(y)
    if labels.ndim != 2 or labels.shape[1] == 1:
        return encode_labels(y.toarray() if hasattr(y, "toarray") else y)
    if labels.dtype.kind in "Of":
        for row, cells in enumerate(labels.tolist()):
            if any(map(is_missing, cells)):
                raise DataError(
                    f"Input y contains NaN: a label of row {row + 1} is missing. Drop this row"
                )
    if labels.dtype.kind == "O":
        labels = np.array(labels.tolist())
    if labels.dtype.kind not in "biuf" or not np.isin(labels, (0, 1)).all():
        raise DataError(
            "Multioutput target data is not supported with label binarization: y of shape "
            f"{labels.shape} is not an indicator matrix of 0 and 1"
        )
    return labels.astype(bool)
