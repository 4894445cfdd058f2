"""The columns of an MLPClassifier: numbers alone, and as many names as there are of them."""

from typing import Any

import numpy as np

from ..common.wording import shortened
from ..data.columns import Column
from ..errors import DataError
from ..table.words import read_number, read_words
from .mlp_network import OWNER

MOST_TEXT = 60  # characters of a cell, in a message


def as_numbers(name: str, cells: Column) -> Column:
    """The numbers in a column, each cell of which has to be a number.

    Raises
    ------
    DataError
        A cell is missing, or has a word or a time; the message names the column and what it has.
    """
    if cells.dtype.kind == "O":
        found = read_words(cells)
        numbers = np.array([read_number(word) for word in found.words] + [np.nan])
        if (wrong := np.isnan(numbers[:-1])).any():
            word = shortened(found.chosen(wrong)[0], MOST_TEXT)
            raise DataError(
                f"column {name!r} has {word!r}, which is not a number: an {OWNER} takes numbers "
                "alone. Encode the column as for training, or train a TabularClassifier, which "
                "takes words as they are"
            )
        cells = numbers[found.codes]  # -1, where a cell is missing, is the last of them
    if cells.dtype.kind == "M":
        raise DataError(
            f"column {name!r} has times: an {OWNER} takes numbers alone. Encode the column as for "
            "training, or train a TabularClassifier, which takes times as they are"
        )
    if cells.ndim == 2:
        raise DataError(
            f"column {name!r} has vectors: an {OWNER} takes one number in a cell. Give each number "
            "of the vectors as a column, or train a TabularClassifier, which takes vectors"
        )
    if n_missing := int(np.isnan(cells).sum()):
        raise DataError(
            f"column {name!r} has {n_missing:,} of {len(cells):,} cells without a number: an "
            f"{OWNER} takes no gaps. Fill them as for training, or train a TabularClassifier, "
            "which takes missing cells as they are"
        )
    return cells


def check_columns(n: Any, names: Any) -> None:
    """Raise a ValueError unless there are n different names, or none, and n is 1 or more."""
    if type(n) is not int or n < 1:
        raise ValueError(f"{n!r} columns")
    if names is not None and not (
        isinstance(names, list)
        and all(isinstance(name, str) for name in names)
        and len(names) == len(set(names)) == n
    ):
        raise ValueError(f"the names of the columns are not a list of {n} different texts")
