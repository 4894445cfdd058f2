"""Columns and labels out of table files and the name of their target column."""

import os
from collections.abc import Collection, Mapping, Sequence
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
from ..models import FittedModel
from ..models.predictions import numbers_among
from ..table.words import factorize
from . import say
from .advice import as_column_option
from .sources import Files, opened, told


def read_labelled(
    file: Files,
    target: str,
    delimiter: str | None,
    encoding: str | None,
    kinds: Mapping[str, str],
) -> tuple[Columns, EncodedLabels]:
    """A table to learn from: the columns without the target, and the labels.

    Rows whose target is blank are left out, and counted in a note.  Other notes tell of what looks
    like a mistake; columns that are to be ignored by ``kinds`` are not looked at.
    """
    columns, labels = read_known(file, target, delimiter, encoding)
    for finding in doubts(columns.columns, labels, target, kinds):
        advice = ""
        if finding.kind == "leak":
            ignored = " ".join(as_column_option(name, "ignore") for name in finding.columns)
            advice = f" If not, leave it out with {ignored}"
        say.note(f"{finding.level}: {finding.text}{advice}")
    return columns, labels


def read_known(
    file: Files, target: str, delimiter: str | None, encoding: str | None
) -> tuple[Columns, EncodedLabels]:
    """The columns and the labels of the rows that have a label; the columns without the target.

    Labels stay as they are written, except that blanks around them are removed.
    """
    known = _read(file, target, delimiter, encoding)
    return known.columns, known.labels


def read_numbered(
    file: Files, target: str, delimiter: str | None, encoding: str | None
) -> tuple[Columns, EncodedLabels, NDArray[np.intp]]:
    """What ``read_known`` gives, and each row's number in the file: 1 is below the header."""
    known = _read(file, target, delimiter, encoding)
    return known.columns, known.labels, np.flatnonzero(known.labelled) + 1


class Known(NamedTuple):
    """Rows whose labels are known.

    Attributes
    ----------
    columns : Columns
        All columns but the target.
    labels : EncodedLabels
        Named like the target.
    labelled : array of bool
        For each row of the table, whether it has a label.
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
    """The table in a file, in several, or in standard input; the target is read as text."""
    text = [] if target is None else [target]
    with opened(file) as source:
        return files.read(
            source.paths, delimiter=delimiter, encoding=encoding, text=text, called=source.called
        )


def table_of(sheet: files.Sheet, names: Sequence[str] | None = None) -> Columns:
    """All columns of a sheet as a table, or those of these names."""
    return Columns(LazyColumns(sheet.columns, names), sheet.n_rows, named=True)


def take_labels(file: Files, sheet: files.Sheet, target: str) -> Known:
    """The columns and labels of the rows whose target is not blank.

    Raises
    ------
    DataError
        There is no such column, it is blank in every row, or there is no other column.
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
    classes, y, _ = encode_labels(words)
    known = EncodedLabels(classes, y.astype(np.int32)[places], target)
    return Known(columns, known, ~blank, notes)


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
    """Warn where the target looks like a quantity."""
    for finding in quantity(labels, target):
        say.note(f"{finding.level}: {finding.text}")


def numbers_of(labels: EncodedLabels, classes: NDArray[Any], target: str) -> NDArray[np.intp]:
    """The class number of each label in a model, whose classes need not be text as labels are."""
    known = [str(label) for label in classes.tolist()]
    return numbers_among(labels, known, f"column {target!r}", "model")


def target_of(model: FittedModel, given: str | None) -> str:
    """The name of the target column: the one that is given, else the one that the model knows."""
    target = given or model.target
    if not target:  # it was trained in Python, with labels that have no name
        raise click.UsageError("The model does not know the name of its target: give --target.")
    return target


def target_option(model: FittedModel, target: str) -> list[str]:
    """What a next command needs to know of the target, beside what the model knows."""
    return [] if target == model.target else ["--target", target]


def check_writable(path: Path, option: str) -> None:
    """Raise an OSError now where a file could not be written after hours of training."""
    folder = path.resolve().parent
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: give the name of a file with {option}")
    if not folder.is_dir():
        raise FileNotFoundError(
            f"the folder {folder} does not exist: make it, or choose another with {option}"
        )
    if not os.access(folder, os.W_OK):
        raise PermissionError(
            f"the folder {folder} may not be written to: choose another with {option}"
        )
