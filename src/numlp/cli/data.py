"""From files and the name of their target column to columns and labels."""

import difflib
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
from ..words import count, name_list
from . import say
from .doubts import doubts, told_quantity
from .sources import Files, opened, told


def read_labelled(
    file: Files, target: str, delimiter: str | None, encoding: str | None
) -> tuple[Columns, NDArray[Any]]:
    """A table to learn from: its columns without its target, and the labels as they are written.

    Rows whose target is blank are left out, and counted in a note.  What looks as if it were not
    meant is told.
    """
    columns, labels = read_known(file, target, delimiter, encoding)
    table = as_table(columns)
    say.notes([*doubts(table.columns, labels, target)])
    return table, labels


def read_known(
    file: Files, target: str, delimiter: str | None, encoding: str | None
) -> tuple[dict[str, NDArray[Any]], NDArray[Any]]:
    """The columns of a file without its target, and the labels of the rows that have one."""
    columns, notes = read_columns(file, delimiter, encoding, target)
    say.notes(notes)
    labels, notes = take_labels(file, columns, target)
    say.notes(notes)
    return columns, labels


def read_columns(
    file: Files, delimiter: str | None, encoding: str | None, target: str | None = None
) -> tuple[dict[str, NDArray[Any]], list[str]]:
    """The columns of a table, its target as it is spelled, and what was decided on the way."""
    text = [] if target is None else [target]
    with opened(file) as source:
        sheet = files.read(
            source.paths, delimiter=delimiter, encoding=encoding, text=text, called=source.called
        )
    return sheet.columns, sheet.notes


def take_labels(
    file: Files, columns: dict[str, NDArray[Any]], target: str
) -> tuple[NDArray[Any], list[str]]:
    """Take the target out of the columns, with the rows where it is blank; its labels, and notes.

    Raises
    ------
    DataError
        It is not there, blank throughout, or all that there is.
    """
    if target not in columns:
        raise DataError(f"{told(file)} has no column {target!r}: {_hint(target, columns)}")
    labels, notes = columns.pop(target), []
    blank = missing_labels(labels)
    if blank.all():
        raise DataError(f"{told(file)}: every cell of the target column {target!r} is blank")
    if blank.any():
        notes.append(f"{blank.sum():,} of {len(blank):,} rows left out: their {target!r} is blank")
        for name in columns:
            columns[name] = columns[name][~blank]
        labels = labels[~blank]
    if not columns:
        raise DataError(f"{told(file)} has no column beside the target {target!r} to learn from")
    bare = [label.strip() for label in labels.tolist()]
    if blanks := sum(map(operator.ne, bare, labels)):
        notes.append(f"blanks around {count(blanks, 'label')} of {target!r} removed")
    return np.array(bare), notes


def as_table(columns: dict[str, NDArray[Any]]) -> Columns:
    """The columns, plain, each used up: a second copy of all would double the memory."""
    n_rows = len(next(iter(columns.values())))
    plain = {name: as_columns({name: columns.pop(name)})[name] for name in list(columns)}
    return Columns(plain, n_rows, named=True)


def _hint(name: str, columns: Collection[str]) -> str:
    """What may have been meant by a name that is not there."""
    near = difflib.get_close_matches(name, columns, n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(map(repr, near))}?"
    return f"it has {name_list(list(columns), most=20)}"


def check_asked(
    file: Files, asked: Collection[str], names: Collection[str], target: str | None
) -> None:
    """Raise a DataError for a ``--column`` that the table does not have, or that is the target."""
    for name in asked:
        if name == target:
            raise DataError(f"--column {name}: it is the target, whose cells are the classes")
        if name not in names:
            raise DataError(f"{told(file)} has no column {name!r}: {_hint(name, names)}")


def warn_of_numbers(labels: NDArray[Any], target: str) -> None:
    """Say where the target looks like a quantity."""
    if warning := told_quantity(labels, target):
        say.note(f"warning: {warning}")


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
