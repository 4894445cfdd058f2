"""From files and the name of their target column to columns and labels."""

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
from numpy.typing import NDArray

from ..check.doubts import doubts, quantity
from ..common.wording import count, nearest
from ..data.columns import Columns, LazyColumns
from ..data.files import sheet as files
from ..data.labels import EncodedLabels, encode_labels, missing_labels
from ..errors import DataError
from ..models.model import Model
from ..models.predictions import codes_among
from ..table.words import factorize
from . import say
from .advice import column_option
from .sources import Files, opened, told


def read_labelled(
    file: Files, target: str, delimiter: str | None, encoding: str | None
) -> tuple[Columns, EncodedLabels]:
    """A table to learn from: its columns without its target, and its labels.

    Rows whose target is blank are left out, and counted in a note.  What looks as if it were not
    meant is told.
    """
    columns, labels = read_known(file, target, delimiter, encoding)
    for finding in doubts(columns.columns, labels, target):
        advice = ""
        if finding.kind == "leak":
            ignored = " ".join(column_option(name, "ignore") for name in finding.columns)
            advice = f" If not, leave it out with {ignored}"
        say.note(f"{finding.level}: {finding.text}{advice}")
    return columns, labels


def read_known(
    file: Files, target: str, delimiter: str | None, encoding: str | None
) -> tuple[Columns, EncodedLabels]:
    """The columns of a table without its target, and the labels of the rows that have one.

    Labels stay as they are written, but for blanks around them.
    """
    known = _read(file, target, delimiter, encoding)
    return known.columns, known.labels


def read_numbered(
    file: Files, target: str, delimiter: str | None, encoding: str | None
) -> tuple[Columns, EncodedLabels, NDArray[np.intp]]:
    """As ``read_known``, and the number of each row in the file, the first below the header 1."""
    known = _read(file, target, delimiter, encoding)
    return known.columns, known.labels, np.flatnonzero(known.labelled) + 1


class Known(NamedTuple):
    """Rows whose labels are known.

    Attributes
    ----------
    columns : Columns
        Without the target.
    labels : EncodedLabels
    labelled : array of bool
        Of all rows, which these are.
    notes : list of str
    """

    columns: Columns
    labels: EncodedLabels
    labelled: NDArray[np.bool_]
    notes: list[str]


def _read(file: Files, target: str, delimiter: str | None, encoding: str | None) -> Known:
    sheet = read_sheet(file, delimiter, encoding, target)
    say.notes(sheet.notes)
    known = take_labels(file, sheet, target)
    say.notes(known.notes)
    return known


def read_sheet(
    file: Files, delimiter: str | None, encoding: str | None, target: str | None = None
) -> files.Sheet:
    """What a file, several or standard input hold, the target as it is spelled."""
    text = [] if target is None else [target]
    with opened(file) as source:
        return files.read(
            source.paths, delimiter=delimiter, encoding=encoding, text=text, called=source.called
        )


def table_of(sheet: files.Sheet, names: Sequence[str] | None = None) -> Columns:
    """The columns of a sheet, or those of these names, as a table."""
    return Columns(LazyColumns(sheet.columns, names), sheet.n_rows, named=True)


def take_labels(file: Files, sheet: files.Sheet, target: str) -> Known:
    """The columns and labels of the rows whose target is not blank.

    Raises
    ------
    DataError
        The target is not there, blank throughout, or all that there is.
    """
    notes = []
    if target not in sheet.columns:
        raise DataError(
            f"{told(file)} has no column {target!r}: {nearest(target, [*sheet.columns])}"
        )
    labels = sheet.columns[target]
    names = [name for name in sheet.columns if name != target]
    columns = table_of(sheet, names)
    blank = missing_labels(labels)
    if blank.all():
        raise DataError(f"{told(file)}: every cell of the target column {target!r} is blank")
    if blank.any():
        notes.append(f"{blank.sum():,} of {len(blank):,} rows left out: their {target!r} is blank")
        columns, labels = columns.rows(~blank), labels[~blank]
    if not names:
        raise DataError(f"{told(file)} has no column beside the target {target!r} to learn from")
    words, places = factorize(labels)  # without the blanks around them
    if blanks := int((np.array(words, dtype=object)[places] != labels).sum()):
        notes.append(f"blanks around {count(blanks, 'label')} of {target!r} removed")
    classes, codes = encode_labels(words)
    return Known(columns, EncodedLabels(classes, codes.astype(np.int32)[places]), ~blank, notes)


def check_asked(
    file: Files, asked: Collection[str], names: Sequence[str], target: str | None
) -> None:
    """Raise a DataError for a ``--column`` that the table does not have, or that is the target."""
    for name in asked:
        if name == target:
            raise DataError(f"--column {name}: it is the target, whose cells are the classes")
        if name not in names:
            raise DataError(f"{told(file)} has no column {name!r}: {nearest(name, names)}")


def warn_of_numbers(labels: EncodedLabels, target: str) -> None:
    """Say where the target looks like a quantity."""
    for finding in quantity(labels, target):
        say.note(f"{finding.level}: {finding.text}")


def codes_of(labels: EncodedLabels, classes: NDArray[Any], target: str) -> NDArray[np.intp]:
    """Index of each label among the classes of a model, which need not be text as labels are."""
    known = [str(label) for label in classes.tolist()]
    return codes_among(labels, known, f"column {target!r}", "model")


def target_of(model: Model, given: str | None) -> str:
    """The name of the column that a model predicts, if nobody gives another."""
    target = given or model.target
    if not target:  # it was saved from Python, where labels have no name
        raise click.UsageError("The model does not know the name of its target: give --target.")
    return target


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
