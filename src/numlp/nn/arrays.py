"""The types of arrays in the engine."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Labels = NDArray[Any]  # class indices (n,), or the targets of each output (n, n_out)
DType = type[np.floating[Any]]
Shape = tuple[int, ...]
