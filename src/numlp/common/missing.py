"""Which cells and labels are missing, whatever their type."""

from decimal import Decimal
from typing import Any

import numpy as np

from .masks import is_masked_cell


def is_missing(cell: Any) -> bool:
    """Whether a cell is None, masked, NaN of any type of number, NaT or pandas' NA."""
    if cell is None or is_masked_cell(cell):
        return True
    try:
        same = cell == cell
    except Exception:  # a cell may be of any type
        return isinstance(cell, Decimal)  # the signalling NaN, which cannot be compared
    if isinstance(same, bool | np.bool_):
        return not same  # NaN is what differs from itself
    return type(cell).__name__ == "NAType"  # neither true nor false, as is an array
