"""Rows with their targets and weights."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Samples:
    """Rows to learn from, or to score on.

    Attributes
    ----------
    X : array or SparseRows of shape (n, n_features)
    y : array of shape (n,) or (n, n_outputs)
        The targets of the rows, as the loss takes them: class numbers, or indicators.
    weight : array of shape (n,), or None
        The weight of each row; None where all weigh the same.
    """

    X: Any
    y: NDArray[Any]
    weight: NDArray[Any] | None

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, rows: NDArray[np.intp]) -> "Samples":
        weight = None if self.weight is None else self.weight[rows]
        return Samples(self.X[rows], self.y[rows], weight)
