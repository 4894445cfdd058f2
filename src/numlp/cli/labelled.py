"""Tables to learn from: their columns and classes, and what to look at twice."""

import shlex
import warnings
from collections.abc import Collection, Mapping, Sequence
from itertools import chain

import numpy as np

from ..check.doubts import doubts, missing_words, numeric_target, quantity
from ..common.wording import name_list, nearest
from ..data.labels import spelled
from ..ensemble.roles import roles_of
from ..errors import DataError
from ..models.label_words import cut_in_ranges, learned_classes
from ..table.decimals import DecimalSigns
from . import say
from .advice import AS_OPTIONS
from .data import Known, read_with_labels
from .learning import Cut
from .options import ROLES, Reading, kinds_as_options
from .sources import Files, told
from .unlabelled import Missing


def read_labelled(
    file: Files,
    target: str,
    reading: Reading,
    cut: Cut,
    kinds: Mapping[str, str],
    decimal: str | None,
    roles: Mapping[str, str],
    missing: Sequence[str] = (),
) -> Known:
    """A table to learn from: the columns without the target, and the classes of its rows.

    Rows whose target is blank, or one of ``missing``, are left out, and counted in notes.  Other
    notes tell of what looks like a mistake; columns that are to be ignored by ``kinds``, or have
    one of the ``roles``, are not looked at.

    Raises
    ------
    DataError
        The target is plainly a quantity, and ``cut`` does not say what to do with it; or it is not
        one, and cannot be cut.  Or no row has a word that is to be left out.
    """
    known = with_classes(
        read_with_labels(
            file, target, reading, Missing(missing), in_ranges=cut.in_ranges, decimal=decimal
        ),
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
    check_asked(file, kinds, columns.names, target)
    check_roles(file, roles, columns.names, target)
    with warnings.catch_warnings():  # what there is to warn of, the fit says too
        warnings.simplefilter("ignore")
        # The fit knows no rows of the file: here its faults are told with their numbers.
        roles_of(columns, kinds, decimal=decimal, rows=known.rows, **roles)
    found = doubts(columns.columns, labels, target, not_learned(kinds, roles))
    words, counts = labels.classes.tolist(), np.bincount(labels.y)
    found = chain(found, missing_words(words, counts, target, AS_OPTIONS))
    for finding in chain(found, () if cut.in_ranges else quantity(labels, target)):
        advice = ""
        if finding.kind == "leak":
            ignored = shlex.join(kinds_as_options(dict.fromkeys(finding.columns, "ignore")))
            advice = f" If not, leave it out with {ignored}"
        say.note(f"{finding.level}: {finding.text}{advice}")
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


def check_asked(
    file: Files, asked: Collection[str], names: Sequence[str], target: str | None
) -> None:
    """Raise a DataError for a ``--column`` that the table does not have, or that is the target."""
    for name in asked:
        if name == target:
            raise DataError(f"--column {name}: it is the target, whose cells are the classes")
        if name not in names:
            raise DataError(f"{told(file)} has no column {name!r}: {nearest(name, names)}")


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
