"""Warnings that name the line of the caller's, however deep in the package they arise."""

import os
import sys
import warnings
from pathlib import Path

PACKAGE = f"{Path(__file__).parents[1]}{os.sep}"


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn as ``warnings.warn`` does, at the line outside the package that led here.

    A fixed ``stacklevel`` names another line for each method that comes to the same warning.
    """
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
