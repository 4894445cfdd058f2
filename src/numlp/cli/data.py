"""Columns and labels out of table files and the name of their target column."""

import warnings
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import click
import numpy as np
from numpy.typing import NDArray

from ..check.doubts import doubts, numeric_target, quantity
from ..common.stage import at
from ..common.wording import count, name_list, nearest
from ..data.columns import Columns, LazyColumns
from ..data.files import sheet as files
from ..data.labels import EncodedLabels, encode_labels, missing_labels, spelled
from ..data.quantity import Ranges
from ..ensemble.roles import roles_of
from ..errors import DataError
from ..metrics.scores import ClassNumbers
from ..models import FittedModel, Model
from ..models.label_words import cut_in_ranges, known_numbers, learned_classes
from ..table.decimals import DecimalSigns
from ..table.grouping import Grouping, grouped
from ..table.words import factorize, is_missing_word
from . import say
from .advice import AS_OPTIONS, as_column_option
from .learning import Cut
from .options import ROLES, chosen_sheet
from .sources import Files, named, opened, told


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


def read_labelled(
    file: Files,
    target: str,
    delimiter: str | None,
    encoding: str | None,
    cut: Cut,
    kinds: Mapping[str, str],
    decimal: str | None,
    roles: Mapping[str, str],
) -> Known:
    """A table to learn from: the columns without the target, and the classes of its rows.

    Rows whose target is blank are left out, and counted in a note.  Other notes tell of what looks
    like a mistake; columns that are to be ignored by ``kinds``, or have one of the ``roles``, are
    not looked at.

    Raises
    ------
    DataError
        The target is plainly a quantity, and ``cut`` does not say what to do with it; or it is not
        one, and cannot be cut.
    """
    known = with_classes(
        _read(file, target, delimiter, encoding, in_ranges=cut.in_ranges, decimal=decimal),
        target,
        cut,
        decimal,
    )
    say.notes(known.notes)
    columns, labels = known.columns, spelled(known.labels)
    if not (cut.in_ranges or cut.as_classes):
        signs = DecimalSigns(decimal, columns.decimal)
        for finding in numeric_target(labels, target, AS_OPTIONS, signs):
            raise DataError(finding.text)
    check_roles(file, roles, columns.names, target)
    with warnings.catch_warnings():  # what there is to warn of, the fit says too
        warnings.simplefilter("ignore")
        # Which names the rows of the file.
        roles_of(columns, kinds, decimal=decimal, rows=known.rows, **roles)
    for finding in doubts(columns.columns, labels, target, not_learned(kinds, roles)):
        advice = ""
        if finding.kind == "leak":
            ignored = " ".join(as_column_option(name, "ignore") for name in finding.columns)
            advice = f" If not, leave it out with {ignored}"
        say.note(f"{finding.level}: {finding.text}{advice}")
    if not cut.in_ranges:
        for finding in quantity(labels, target):
            say.note(f"{finding.level}: {finding.text}")
    return known


def read_known(
    file: Files, target: str, delimiter: str | None, encoding: str | None, model: FittedModel
) -> tuple[Columns, ClassNumbers, NDArray[np.intp]]:
    """The rows of a file that have a label: the columns without the target, and the classes.

    Each class is its number in the model.  The last result is the number of each row in the file:
    1 is below the header.
    """
    ranges = model.ranges
    known = _read(
        file,
        target,
        delimiter,
        encoding,
        in_ranges=ranges is not None,
        lone=lone_of(model),
        words=words_of(model),
    )
    commas = "," if words_of(model) else known.columns.decimal
    signs = DecimalSigns(hint=commas)
    y = known_numbers(known.labels, model.classes, ranges, f"column {target!r}", signs)
    return known.columns, y, known.rows


def _read(
    file: Files,
    target: str,
    delimiter: str | None,
    encoding: str | None,
    *,
    in_ranges: bool,
    lone: files.Lone = False,
    words: Collection[str] = (),
    decimal: str | None = None,
) -> Known:
    sheet = read_sheet(file, delimiter, encoding, target, lone, words=words, decimal=decimal)
    say.how_read(sheet.notes)
    known = take_labels(file, sheet, target, in_ranges=in_ranges)
    say.notes(known.notes)
    return known


def with_classes(known: Known, target: str, cut: Cut, decimal: str | None) -> Known:
    """The rows with classes to learn in place of the words of a file; the notes are new ones."""
    words = known.labels
    if cut.in_ranges:
        signs = DecimalSigns(decimal, known.columns.decimal)
        labels, ranges = cut_in_ranges(
            words, known.rows, bins=cut.bins, above=cut.above, signs=signs
        )
        notes = []
        if cut.bins is not None and len(ranges.names) < cut.bins:
            notes.append(
                f"{len(ranges.names)} ranges of {target!r} in place of {cut.bins}: so many rows "
                "have the same number"
            )
        return known._replace(labels=labels, ranges=ranges, notes=notes)
    labels = learned_classes(words)
    merged = len(words.classes) - len(labels.classes)
    notes = []
    if merged:
        told = name_list(words.classes.tolist(), most=6)
        notes.append(f"{target!r} spells a value in several ways, taken for one: {told}")
    return known._replace(labels=labels, notes=notes)


def read_sheet(
    file: Files,
    delimiter: str | None,
    encoding: str | None,
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
            delimiter=delimiter,
            encoding=encoding,
            text=text,
            words=words,
            decimal=decimal,
            called=source.called,
            lone=lone if isinstance(lone, bool) and lone else [*text, *(lone or ())],
            sheet=chosen_sheet(),
        )


def lone_of(model: FittedModel) -> files.Lone:
    """The columns of a model one of which a file may have alone; True where they have no names."""
    return model.feature_names if model.named else model.n_features == 1


def words_of(model: FittedModel) -> list[str]:
    """The columns of a model in which a point is no decimal sign."""
    return model.table.with_commas if isinstance(model, Model) and model.named else []


def table_of(sheet: files.Sheet, names: Sequence[str] | None = None) -> Columns:
    """All columns of a sheet as a table, or those of these names."""
    cells = LazyColumns(sheet.columns, names)
    return Columns(
        cells,
        sheet.n_rows,
        named=True,
        categories=sheet.categories,
        levels=sheet.levels,
        decimal=sheet.decimal,
    )


def take_labels(file: Files, sheet: files.Sheet, target: str, *, in_ranges: bool = False) -> Known:
    """The columns and labels of the rows whose target is not blank.

    Where the classes are ranges of numbers, "NA" and its like are blanks too.

    Raises
    ------
    DataError
        There is no such column, it is blank in every row, or there is no other column.
    """
    notes = []
    if target not in sheet.columns:
        raise DataError(
            f"{sheet.source} has no column {target!r}: {nearest(target, [*sheet.columns])}"
        )
    labels = sheet.columns[target]
    names = [name for name in sheet.columns if name != target]
    columns = table_of(sheet, names)
    blank = missing_labels(labels)
    or_na = ""
    if in_ranges:
        or_na = ", or NA or its like"
        blank |= [word is not None and is_missing_word(word.strip()) for word in labels]
    if blank.all():
        raise DataError(f"{told(file)}: every cell of the target column {target!r} is blank")
    if blank.any():
        notes.append(
            f"{blank.sum():,} of {len(blank):,} rows left out: their {target!r} is blank{or_na}"
        )
        columns, labels = columns.rows(~blank), labels[~blank]
    if not names:
        raise DataError(f"{told(file)} has no column beside the target {target!r} to learn from")
    words, places = factorize(labels)  # without the blanks around them
    if blanks := int((np.array(words, dtype=object)[places] != labels).sum()):
        notes.append(f"blanks around {count(blanks, 'label')} of {target!r} removed")
    classes, y, _ = encode_labels(words)
    known = EncodedLabels(classes, y.astype(np.int32)[places], target)
    return Known(columns, known, np.flatnonzero(~blank) + 1, notes)


def check_asked(
    file: Files, asked: Collection[str], names: Sequence[str], target: str | None
) -> None:
    """Raise a DataError for a ``--column`` that the table does not have, or that is the target."""
    for name in asked:
        if name == target:
            raise DataError(f"--column {name}: it is the target, whose cells are the classes")
        if name not in names:
            raise DataError(f"{told(file)} has no column {name!r}: {nearest(name, names)}")


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


def check_roles(
    file: Files, roles: Mapping[str, str], names: Sequence[str], target: str | None
) -> None:
    """Raise a DataError for a ``--group`` or its like that is no column, or that is the target."""
    for role, name in roles.items():
        if name == target:
            raise DataError(f"{ROLES[role]} {name}: it is the target, whose cells are the classes")
        if name not in names:
            raise DataError(
                f"{ROLES[role]} {name}: {told(file)} has no such column: {nearest(name, names)}"
            )


def not_learned(kinds: Mapping[str, str], roles: Mapping[str, str]) -> dict[str, str]:
    """The kinds that were asked for; a column with a role alone is to be ignored.

    >>> not_learned({"zip": "category"}, {"groups": "customer"})
    {'customer': 'ignore', 'zip': 'category'}
    """
    return dict.fromkeys(roles.values(), "ignore") | dict(kinds)


def target_of(model: FittedModel, given: str | None) -> str:
    """The name of the target column: the one that is given, else the one that the model knows."""
    target = given or model.target
    if not target:  # it was trained in Python, with labels that have no name
        raise click.UsageError("The model does not know the name of its target: give --target.")
    return target


def target_option(model: FittedModel, target: str) -> list[str]:
    """What a next command needs to know of the target, beside what the model knows."""
    return [] if target == model.target else ["--target", target]
