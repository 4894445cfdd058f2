"""From a file and the name of its target column to columns and labels."""

import difflib
import math
import operator
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import files
from ..columns import Columns, as_columns
from ..errors import DataError
from ..labels import missing_labels
from ..words import count, name_list, parse_number
from . import say
from .doubts import doubts


def read_labelled(
    file: Path, target: str, delimiter: str | None, encoding: str | None
) -> tuple[Columns, NDArray[Any]]:
    """A file to learn from: its columns without its target, and the labels as they are written.

    Rows whose target is blank are left out, and counted in a note.  What looks as if it were not
    meant is told.
    """
    columns, labels = read_known(file, target, delimiter, encoding)
    # One at a time, each giving up its cells: a second copy of all would double the memory.
    taken = {name: as_columns({name: columns.pop(name)})[name] for name in list(columns)}
    say.notes([*doubts(taken, labels, target)])
    return Columns(taken, len(labels), named=True), labels


def read_known(
    file: Path, target: str, delimiter: str | None, encoding: str | None
) -> tuple[dict[str, NDArray[Any]], NDArray[Any]]:
    """The columns of a file without its target, and the labels of the rows that have one."""
    columns, labels, _ = read_numbered(file, target, delimiter, encoding)
    return columns, labels


def read_numbered(
    file: Path, target: str, delimiter: str | None, encoding: str | None
) -> tuple[dict[str, NDArray[Any]], NDArray[Any], NDArray[np.intp]]:
    """As ``read_known``, and the number of each row in the file, the first below the header 1."""
    sheet = files.read(file, delimiter=delimiter, encoding=encoding, text=[target])
    say.notes(sheet.notes)
    columns = sheet.columns
    if target not in columns:
        raise DataError(f"{file} has no column {target!r}: {_hint(target, columns)}")
    labels = columns.pop(target)
    numbers = np.arange(1, len(labels) + 1)
    blank = missing_labels(labels)
    if blank.all():
        raise DataError(f"{file}: every cell of the target column {target!r} is blank")
    if blank.any():
        say.note(f"{blank.sum():,} of {len(blank):,} rows left out: their {target!r} is blank")
        columns = {name: columns.pop(name)[~blank] for name in list(columns)}
        labels, numbers = labels[~blank], numbers[~blank]
    if not columns:
        raise DataError(f"{file} has no column beside the target {target!r} to learn from")
    bare = [label.strip() for label in labels.tolist()]
    if blanks := sum(map(operator.ne, bare, labels)):
        say.note(f"blanks around {count(blanks, 'label')} of {target!r} removed")
    return columns, np.array(bare), numbers


def _hint(name: str, columns: Collection[str]) -> str:
    """What may have been meant by a name that is not there."""
    near = difflib.get_close_matches(name, columns, n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(map(repr, near))}?"
    return f"it has {name_list(list(columns), most=20)}"


def check_asked(file: Path, asked: Collection[str], columns: Columns, target: str) -> None:
    """Raise a DataError for a ``--column`` that the table does not have, or that is the target."""
    for name in asked:
        if name == target:
            raise DataError(f"--column {name}: it is the target, whose cells are the classes")
        if name not in columns.columns:
            raise DataError(f"{file} has no column {name!r}: {_hint(name, columns.names)}")


def warn_of_numbers(labels: NDArray[Any], target: str) -> None:
    """Say where the target looks like a quantity, which a classifier is not for."""
    classes = np.unique(labels)
    numbers = sum(not math.isnan(parse_number(label)) for label in classes.tolist())
    if len(classes) > max(20, len(labels) / 20) and numbers > 0.9 * len(classes):
        say.note(
            f"warning: {target!r} has {len(classes):,} different numbers in {len(labels):,} rows, "
            "each taken for a class; is it a quantity? A classifier is for classes"
        )


def codes_of(labels: NDArray[Any], classes: NDArray[Any], target: str) -> NDArray[np.intp]:
    """Index of each label among the classes of a model, which need not be text as labels are."""
    index = {str(label): code for code, label in enumerate(classes.tolist())}
    unknown = sorted(set(labels.tolist()) - index.keys())
    if unknown:
        raise DataError(
            f"column {target!r} has {', '.join(map(repr, unknown[:5]))}, which the model was not "
            f"trained on: it knows {', '.join(map(repr, list(index)[:20]))}"
        )
    return np.array([index[label] for label in labels.tolist()], dtype=np.intp)


def check_writable(path: Path, option: str) -> None:
    """Raise an OSError now if a file could not be written there after hours of training."""
    folder = path.resolve().parent
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: give the name of a file with {option}")
    if not folder.is_dir():
        raise FileNotFoundError(
            f"the folder {folder} is not there: make it, or choose another {option}"
        )
    if not os.access(folder, os.W_OK):
        raise PermissionError(
            f"the folder {folder} may not be written: choose another with {option}"
        )
