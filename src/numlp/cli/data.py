"""Columns and labels out of table files and the name of their target column."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import click
import numpy as np
from numpy.typing import NDArray

from ..common.stage import at
from ..common.wording import count, nearest
from ..data.columns import Columns
from ..data.files import sheet as files
from ..data.labels import EncodedLabels, encode_labels
from ..data.quantity import Ranges
from ..errors import DataError
from ..metrics.scores import ClassNumbers
from ..models import FittedModel
from ..models.label_words import known_numbers, left_out_words
from ..table.decimals import DecimalSigns
from ..table.grouping import Grouping, grouped
from ..table.words import factorize, is_missing_word
from . import say
from .options import Reading
from .sources import Files, named, opened, told
from .tables import lone_of, table_of, words_of
from .unlabelled import Labels, Missing, advised, left_out, none_left


class Known(NamedTuple):
    """Rows whose labels are known.

    Attributes
    ----------
    columns : Columns
        All columns but the target.
    labels : EncodedLabels
        Named like the target: its words, without the blanks around them.
    rows : array of int
        The number of each of these rows in the file: 1 is below the header.
    notes : list of str
    ranges : Ranges or None
        Where the labels are ranges of a quantity.
    """

    columns: Columns
    labels: EncodedLabels
    rows: NDArray[np.intp]
    notes: list[str]
    ranges: Ranges | None = None


def read_known(
    file: Files, target: str, reading: Reading, model: FittedModel, missing: Sequence[str] = ()
) -> tuple[Columns, ClassNumbers, NDArray[np.intp]]:
    """The rows of a file that have a label: the columns without the target, and the classes.

    Each class is its number in the model.  The last result is the number of each row in the file:
    1 is below the header.  Rows whose label is one of ``missing``, or was left out in training, are
    left out.
    """
    ranges = model.ranges
    known = read_with_labels(
        file,
        target,
        reading,
        Missing(missing, left_out_words(model.info)),
        in_ranges=ranges is not None,
        lone=lone_of(model),
        words=words_of(model),
    )
    commas = "," if words_of(model) else known.columns.decimal
    signs = DecimalSigns(hint=commas)
    try:
        y = known_numbers(known.labels, model.classes, ranges, f"column {target!r}", signs)
    except DataError as error:
        classes = {*map(str, model.classes.tolist())}
        words = [word for word in known.labels.classes.tolist() if is_missing_word(word)]
        if unknown := [word for word in words if word not in classes]:
            raise DataError(f"{error}. {advised(unknown)}") from error
        raise
    return known.columns, y, known.rows


def read_with_labels(
    file: Files,
    target: str,
    reading: Reading,
    missing: Missing,
    *,
    in_ranges: bool,
    lone: files.Lone = False,
    words: Collection[str] = (),
    decimal: str | None = None,
) -> Known:
    """The rows of a file that have a label; what there is to note is said."""
    sheet = read_sheet(file, reading, target, lone, words=words, decimal=decimal)
    say.how_read(sheet.notes)
    known = take_labels(file, sheet, target, missing, in_ranges=in_ranges)
    say.notes(known.notes)
    return known


def read_sheet(
    file: Files,
    reading: Reading,
    target: str | None = None,
    lone: files.Lone = False,
    *,
    words: Collection[str] = (),
    decimal: str | None = None,
) -> files.Sheet:
    """The table in a file, in several, or in standard input; the target is read as text.

    ``lone`` names the columns one of which a file may have alone: the target may be, too.
    ``words`` and ``decimal`` are those of ``data.files.sheet.read``.
    """
    text = [] if target is None else [target]
    at(f"reading {named(file)}")
    with opened(file) as source:
        return files.read(
            source.paths,
            **reading._asdict(),
            text=text,
            words=words,
            decimal=decimal,
            called=source.called,
            lone=lone if isinstance(lone, bool) and lone else [*text, *(lone or ())],
        )


def take_labels(
    file: Files, sheet: files.Sheet, target: str, missing: Missing, *, in_ranges: bool = False
) -> Known:
    """The columns and labels of the rows whose target is not blank, nor one of ``missing``.

    Where the classes are ranges of numbers, "NA" and its like are blanks too.

    Raises
    ------
    DataError
        There is no such column, it is blank in every row, or there is no other column; or no row
        has a word that is to be left out.
    """
    if target not in sheet.columns:
        raise DataError(
            f"{sheet.source} has no column {target!r}: {nearest(target, [*sheet.columns])}"
        )
    labels = sheet.columns[target]
    names = [name for name in sheet.columns if name != target]
    columns = table_of(sheet, names)
    words, places = factorize(labels)  # without the blanks around them; -1 is a blank cell
    is_blank = [*(in_ranges and is_missing_word(word) for word in words), True]
    blank = np.array(is_blank)[places]
    if blank.all():
        raise DataError(f"{told(file)}: every cell of the target column {target!r} is blank")
    n_empty = int((places < 0).sum())
    counts = np.bincount(places[places >= 0], minlength=len(words))
    is_asked, notes = left_out(missing, Labels(words, counts, n_empty, target, told(file)))
    asked = np.array([*is_asked, False])[places]
    if n_blank := int((blank & ~asked).sum()):
        or_na = ", or NA or its like" * in_ranges
        notes.append(
            f"{n_blank:,} of {len(blank):,} rows left out: their {target!r} is blank{or_na}"
        )
    kept = ~(blank | asked)
    if not kept.any():
        raise none_left(target, told(file))
    if not kept.all():
        columns, labels = columns.rows(kept), labels[kept]
        words, places = factorize(labels)
    if not names:
        raise DataError(f"{told(file)} has no column beside the target {target!r} to learn from")
    if blanks := int((np.array(words, dtype=object)[places] != labels).sum()):
        notes.append(f"blanks around {count(blanks, 'label')} of {target!r} removed")
    classes, y, _ = encode_labels(words)
    known = EncodedLabels(classes, y.astype(np.int32)[places], target)
    return Known(columns, known, np.flatnonzero(kept) + 1, notes)


def check_by(file: Files, by: str, names: Sequence[str], target: str) -> None:
    """Raise a DataError for a column to group by that is not there, or that is the target."""
    if by == target:
        raise DataError(f"--by {by}: it is the target, and each class has its figures already")
    if by not in names:
        raise DataError(f"--by: {told(file)} has no column {by!r}: {nearest(by, names)}")


def grouping_of(columns: Columns, by: str, model: FittedModel) -> Grouping:
    """The rows of a table grouped by one of its columns; the codes of a category are names."""
    kinds = {column["name"]: column["kind"] for column in model.audit()} if model.named else {}
    is_category = by in columns.categories or kinds.get(by) == "category"
    return grouped(by, columns[by], is_category=is_category)


def target_of(model: FittedModel, given: str | None) -> str:
    """The name of the target column: the one that is given, else the one that the model knows."""
    target = given or model.target
    if not target:  # it was trained in Python, with labels that have no name
        raise click.UsageError("The model does not know the name of its target: give --target.")
    return target


def target_option(model: FittedModel, target: str) -> list[str]:
    """What a next command needs to know of the target, beside what the model knows."""
    return [] if target == model.target else ["--target", target]
