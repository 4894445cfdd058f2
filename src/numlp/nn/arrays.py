"""The types of arrays, and of what draws them, in the engine."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Labels = NDArray[Any]  # class indices (n,), or the targets of each output (n, n_out)
DType = type[np.floating[Any]]
Shape = tuple[int, ...]

# In quotes, since numpy.random is loaded when it is named, and who predicts draws nothing.
Generator: TypeAlias = "np.random.Generator"
Generators: TypeAlias = "np.random.Generator | Sequence[np.random.Generator]"
