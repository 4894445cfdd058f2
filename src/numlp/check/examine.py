"""What a table is, before anything is learned from it: its columns, and what to look at twice."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..cli.show import as_option, remarks
from ..common.wording import count, name_list
from ..data.columns import Column, Columns
from ..data.labels import EncodedLabels, check_classes
from ..errors import DataError
from ..table.table import Audit, Table
from ..table.words import as_words, factorize, is_missing_word, read_words
from . import doubts

FEW_OF_CLASS = 10  # rows below which a class can hardly be learned
MOST_EXAMPLES = 3
MOST_NAMED = 20  # findings of one kind
MOST_TARGETS = 3  # columns suggested
ROWS_FOR_EXAMPLES = 1000  # looked at for them first
LOPSIDED = 0.9  # share of one class from which accuracy says little
TARGET_NAME = re.compile(
    r"(?i)y|target|label|class|outcome|response|result|churn(ed)?|species|category|diagnosis"
    r"|quality|default|income|status|survived|is[ _-].*|has[ _-].*"
)

LEVELS = ("fault", "warning", "note")  # what matters most first

Facts = dict[str, Any]


class Finding(NamedTuple):
    """Something that the owner of a table should know.

    Attributes
    ----------
    level : "fault", "warning" or "note"
        With a fault there is no training.
    kind : str
    columns : list of str
        That it is about.
    text : str
    """

    level: str
    kind: str
    columns: list[str]
    text: str


def columns_of(table: Columns, audit: Audit | None) -> list[Facts]:
    """For each column what is in it, and what training does with it where that is known."""
    untreated: Facts = {"kind": None, "features": None, "why": None}
    treated = [untreated] * len(table.columns) if audit is None else audit
    found = []
    for (name, cells), treatment in zip(table.columns.items(), treated, strict=True):
        n_missing, values = _values(cells, treatment["kind"])
        found.append(
            {
                "name": name,
                "kind": treatment["kind"],
                "missing": n_missing / len(cells),
                "distinct": len(values),
                "examples": _examples(cells),
                "features": treatment["features"],
                "why": as_option(treatment | {"name": name}),
            }
        )
    return found


def _values(cells: Column, kind: str | None) -> tuple[int, Sequence[Any] | Column]:
    """How many cells are missing, and the values of the others, each once."""
    if cells.dtype.kind == "O":
        column = read_words(cells)
        # Among numbers and times "NA" is no value; among words it may be one.
        absent = [kind in ("number", "date") and is_missing_word(w) for w in column.words]
        n_absent = int(column.counts[np.array(absent, bool)].sum())
        return column.n_missing + n_absent, column.chosen(~np.array(absent, bool))
    missing = cells != cells  # NaN and NaT differ from themselves
    return int(missing.sum()), np.unique(cells[~missing])


def _examples(cells: Column) -> list[str]:
    """The first few values."""
    for some in (cells[:ROWS_FOR_EXAMPLES], cells):
        words = factorize(as_words(some))[0][:MOST_EXAMPLES]
        if words:
            return words
    return []


def audit_of(table: Columns, kinds: Mapping[str, str]) -> tuple[Audit | None, list[Finding]]:
    """What training would make of each column, or why it would not."""
    try:
        fitted = Table.fit(table, kinds)
    except DataError as error:
        return None, [Finding("fault", "column", [], str(error))]
    return fitted.audit(), []


# Findings; of one level in the order of what matters most


def findings(
    table: Columns, labels: EncodedLabels, target: str, audit: Audit | None
) -> Iterator[Finding]:
    """What to look at twice before the labels are learned from the table."""
    classes, codes = labels.classes, labels.y
    try:
        check_classes(classes, len(codes))
    except DataError as error:
        yield Finding("fault", "classes", [target], str(error))
    for name, alone in doubts.leaks(table.columns, doubts.as_meant(labels)):
        text = f"{doubts.told_leak(name, alone, target)}?"
        yield Finding("warning", "leak", [name], text)
    for names in doubts.alike(classes)[:MOST_NAMED]:
        yield Finding("warning", "labels alike", [target], doubts.told_alike(names, target))
    if told := doubts.told_quantity(labels, target):
        yield Finding("warning", "quantity", [target], told)
    used = [column["name"] for column in audit or [] if column["features"]]
    yield from _repeated(table, codes, target, used)
    yield from _rare(classes, np.bincount(codes), target)
    yield from _remarks(audit or Audit())


def _rare(classes: NDArray[np.str_], counts: NDArray[np.intp], target: str) -> Iterator[Finding]:
    """Classes with few rows, and one with nearly all."""
    single, few = classes[counts == 1].tolist(), classes[(counts > 1) & (counts < FEW_OF_CLASS)]
    if single:
        yield Finding(
            "warning",
            "single rows",
            [target],
            f"{count(len(single), 'label')} of {target!r} in a single row, which is learned from "
            f"but never held out: {name_list(single)}",
        )
    if len(few):
        yield Finding(
            "warning",
            "rare classes",
            [target],
            f"{count(len(few), 'label')} of {target!r} in fewer than {FEW_OF_CLASS} rows, too few "
            f"to learn or score well: {name_list(few.tolist())}",
        )
    share, most = counts.max() / counts.sum(), str(classes[counts.argmax()])
    if len(classes) > 1 and share >= LOPSIDED:
        yield Finding(
            "note",
            "lopsided",
            [target],
            f"{share:.1%} of the rows are {most!r}, which accuracy rewards to "
            "answer always: --metric balanced_accuracy or f1 looks for the others",
        )


def _repeated(
    table: Columns, codes: NDArray[Any], target: str, used: Sequence[str]
) -> Iterator[Finding]:
    """Rows that are there again, with the same label or another."""
    if not used:
        return
    rows = row_hashes([table[name] for name in used])
    group = np.unique(rows, return_inverse=True)[1]
    n_groups = int(group.max()) + 1
    pairs, times = np.unique(group * (int(codes.max()) + 1) + codes, return_counts=True)
    of_pair = pairs // (codes.max() + 1)
    best = np.zeros(n_groups, np.intp)
    np.maximum.at(best, of_pair, times)
    mixed = np.bincount(of_pair, minlength=n_groups) > 1
    n_mixed = int(np.bincount(group, minlength=n_groups)[mixed].sum())
    if n_mixed:
        yield Finding(
            "warning",
            "contradictions",
            [target],
            f"{count(n_mixed, 'row')} are like another in all that is learned from, but not in "
            f"{target!r}: no model is right on more than {best.sum() / len(codes):.1%} of the rows",
        )
    if n_same := len(codes) - len(pairs):
        yield Finding(
            "note",
            "duplicates",
            [],
            f"{count(n_same, 'row')} repeat an earlier one, label and all: held out beside it, "
            "they make a score too good; leave them out unless they were met again",
        )


def row_hashes(columns: Sequence[Column]) -> NDArray[np.uint64]:
    """A number for each row, equal where all cells are; among a million rows none else is.

    >>> a, b, c = row_hashes([np.array([1.0, 2.0, 1.0]), np.array(["x", "x", "x"], object)])
    >>> bool(a == c), bool(a == b)
    (True, False)
    """
    hashes = np.zeros(len(columns[0]), np.uint64)
    for cells in columns:
        if cells.dtype.kind == "O":
            own = factorize(cells)[1].astype(np.uint64)
        elif cells.dtype.kind == "M":
            own = cells.view(np.uint64)
        else:
            own = np.where(np.isnan(cells), np.nan, cells + 0.0).view(np.uint64)  # -0 is 0
        # The finalizer of splitmix64 (Steele, Lea & Flood 2014).
        hashes = (hashes ^ own) + np.uint64(0x9E3779B97F4A7C15)
        hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        hashes ^= hashes >> np.uint64(31)
    return hashes


def _remarks(audit: Audit) -> Iterator[Finding]:
    """What is told of single columns: cells that are taken as missing, copies, IDs, constants."""
    for name, text, aside in remarks(audit):
        level, kind = ("note", "set aside") if aside else ("warning", "cells")
        yield Finding(level, kind, [name], text)


# Without a target


def likely_targets(table: Columns, columns: Sequence[Facts]) -> list[str]:
    """Columns that could be what is to be predicted, the likeliest first."""
    ranked = []
    for place, column in enumerate(columns):
        if column["missing"] > 0.5 or not 2 <= column["distinct"] <= doubts.MAX_CLASSES:
            continue
        if column["distinct"] * doubts.MIN_OF_CLASS > table.n_rows:
            continue
        named = TARGET_NAME.fullmatch(column["name"]) is not None
        last = place == len(columns) - 1
        ranked.append((-named, -last, column["distinct"], place, column["name"]))
    return [name for *_, name in sorted(ranked)[:MOST_TARGETS]]


# All of it


def examine(
    table: Columns, labels: EncodedLabels | None, target: str | None, kinds: Mapping[str, str]
) -> Facts:
    """The facts of a table, as JSON takes them.

    Parameters
    ----------
    table : Columns
        Without its target, where that is given.
    labels : EncodedLabels, optional
        Text.
    target : str, optional
        The name of their column.
    kinds : mapping of column to kind
        What was asked for.
    """
    n_rows = table.n_rows
    audit, faults = audit_of(table, kinds)
    facts: Facts = {"rows": n_rows, "target": target, "columns": columns_of(table, audit)}
    if labels is None or target is None:
        found = [*faults, *_remarks(audit or Audit())]
        facts["classes"], facts["targets"] = None, likely_targets(table, facts["columns"])
    else:
        found = [*faults, *findings(table, labels, target, audit)]
        names, counts = labels.classes, np.bincount(labels.y)
        order = np.argsort(-counts, kind="stable")
        facts["classes"] = [
            {"label": str(names[k]), "rows": int(counts[k]), "share": counts[k] / n_rows}
            for k in order
        ]
    found.sort(key=lambda finding: LEVELS.index(finding.level))
    facts["findings"] = [finding._asdict() for finding in found]
    levels = [finding.level for finding in found]
    facts["verdict"] = next((each for each in LEVELS[:2] if each in levels), "ready")
    return facts


def options_for(facts: Facts) -> str:
    """The options that train should be given for what was found."""
    leaking = [c for f in facts["findings"] if f["kind"] == "leak" for c in f["columns"]]
    return "".join(f" --column {shlex.quote(f'{name}=ignore')}" for name in leaking)
