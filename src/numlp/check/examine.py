"""What a table is, before anything is learned from it: its columns, and what to look at twice."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import check_same_length
from ..common.hashes import hashed_with
from ..common.wording import count, name_list
from ..data.columns import Column, Columns, as_columns, part_target
from ..data.labels import (
    EncodedLabels,
    as_labels,
    check_classes,
    check_quantity,
    encode_labels,
    missing_labels,
    spelled,
)
from ..data.vectors import missing_vectors
from ..errors import DataError
from ..table.asked import asked_kinds
from ..table.fitting import check_cells
from ..table.reasons import UnreadTimes, UnsureDates, WrittenVectors
from ..table.summary import NumberSummary, TimeSummary, summarize
from ..table.table import Audit, Table
from ..table.words import as_words, factorize, is_missing_word, shown
from . import doubts
from .candidates import candidates
from .findings import IN_PYTHON, LEVELS, Advice, Finding
from .remarks import remarks, told_remark, told_why
from .targets import likely_targets

FEW_OF_CLASS = 10  # rows below which a class can hardly be learned
MOST_EXAMPLES = 3
ROWS_FOR_EXAMPLES = 1000  # looked at for them first
TWO_CLASSES = ("0", "1")  # that the words of a text are taken to speak for, without a target
LOPSIDED = 0.9  # share of one class from which accuracy says little

Facts = dict[str, Any]


def columns_of(table: Columns, audit: Audit, advice: Advice) -> list[Facts]:
    """What is in each column, and what training does with it where that is known."""
    found = []
    for (name, cells), treatment in zip(table.columns.items(), audit, strict=True):
        n_missing, n_distinct = _counts(name, cells, treatment["kind"])
        why = treatment["why"]
        found.append(
            {
                "name": name,
                "kind": treatment["kind"],
                "missing": n_missing / len(cells),
                "distinct": n_distinct,
                "examples": _examples(cells),
                "features": treatment["features"],
                "why": None if why is None else told_why(why, advice),
            }
        )
    return found


def _counts(name: str, cells: Column, kind: str | None) -> tuple[int, int]:
    """How many cells are missing, and how many different values the others hold."""
    if cells.ndim == 2:
        given = ~missing_vectors(cells)
        return len(cells) - int(given.sum()), len(np.unique(row_hashes([cells[given]])))
    column = summarize(name, cells)
    if isinstance(column, NumberSummary | TimeSummary):
        return column.n_missing, column.n_distinct if column.n_given else 0
    of_words = column.words()
    if kind not in ("number", "date"):
        of_words = of_words.merged()
        return of_words.n_missing, len(of_words.distinct)
    absent = of_words.absent
    n_absent = int(of_words.counts[absent].sum())
    return of_words.n_missing + n_absent, int(np.count_nonzero(~absent))


def _examples(cells: Column) -> list[str]:
    """The first few different values that are not missing."""
    if cells.ndim == 2:
        return [shown(vector) for vector in cells[~missing_vectors(cells)][:MOST_EXAMPLES]]
    for some in (cells[:ROWS_FOR_EXAMPLES], cells):
        words = [word for word in factorize(as_words(some))[0] if not is_missing_word(word)]
        if words:
            chosen = words[:MOST_EXAMPLES]
            times = cells.dtype.kind == "M"  # 2024-03-01 in place of 2024-03-01T00:00:00.000
            return [shown(np.datetime64(word)) for word in chosen] if times else chosen
    return []


def audit_of(
    table: Columns,
    kinds: Mapping[str, str],
    labels: Sequence[str] = TWO_CLASSES,
    decimal: str | None = None,
) -> tuple[Audit, list[Finding]]:
    """What training would make of each column, and the faults of those that it would refuse.

    The labels are those that the words of a text would speak for; without a target two.

    A column with a fault has no kind, no features and no reason.
    """
    try:
        return Table.fit(table, kinds, decimal=decimal, labels=labels).audit(), []
    except DataError as error:
        refusal = error
    faults = [*_faulty(table, kinds, decimal)]
    faulty = {finding.columns[0] for finding in faults}
    sound = {name: cells for name, cells in table.columns.items() if name not in faulty}
    treated: list[dict[str, Any]] = []
    if faults and sound:
        asked = {name: kind for name, kind in kinds.items() if name in sound}
        part = _part(table, sound)
        treated = Table.fit(part, asked, decimal=decimal, labels=labels).audit()
    rest = iter(treated)
    unknown = {"kind": None, "features": None, "why": None}
    rows = (
        {"name": name, **unknown} if name in faulty or not faults else next(rest)
        for name in table.names
    )
    return Audit(rows), faults or [Finding("column", [], str(refusal))]


def _part(table: Columns, columns: dict[str, Column]) -> Columns:
    """The table with some of its columns."""
    return replace(table, columns=columns, named=True, categories=frozenset())


def _faulty(table: Columns, kinds: Mapping[str, str], decimal: str | None) -> Iterator[Finding]:
    """The columns that training would refuse by themselves."""
    for name, cells in table.columns.items():
        try:
            asked = {name: kinds[name]} if name in kinds else {}
            Table.fit(_part(table, {name: cells}), asked, decimal=decimal)
        except DataError as error:
            yield Finding("column", [name], str(error))


# Findings; of one level in the order of what matters most


def findings(
    table: Columns,
    labels: EncodedLabels,
    target: str,
    audit: Audit,
    kinds: Mapping[str, str],
    advice: Advice,
    *,
    numeric: bool = False,
    proposes: bool = True,
) -> Iterator[Finding]:
    """What to look at twice before the labels are learned from the table.

    A ``numeric`` target is a fault by itself: that it has many classes, and few rows of each, need
    not be said again.  Columns to hold rows out by are named unless not ``proposes``.
    """
    classes, y = labels.classes, labels.y
    try:
        if not numeric:
            check_classes(classes, len(y))
    except DataError as error:
        yield Finding("classes", [target], str(error))
    yield from doubts.giving_away(table.columns, labels, target, kinds)
    yield from doubts.spelled_alike(labels, target)
    if not numeric:
        yield from doubts.missing_words(classes.tolist(), np.bincount(y), target, advice)
        yield from doubts.quantity(labels, target)
    if proposes and not numeric:
        for candidate in candidates(table.columns, y, kinds, target):
            yield candidate.finding(advice)
    used = [column["name"] for column in audit if column["features"]]
    yield from _repeated(table, y, target, used)
    if not numeric:
        yield from _rare(classes, np.bincount(y), target, advice)
    yield from _of_columns(audit, advice)


def _rare(
    classes: NDArray[np.str_], counts: NDArray[np.intp], target: str, advice: Advice
) -> Iterator[Finding]:
    """Findings on classes with few rows, and on one with nearly all."""
    single, few = classes[counts == 1].tolist(), classes[(counts > 1) & (counts < FEW_OF_CLASS)]
    if single:
        yield Finding(
            "single rows",
            [target],
            f"{count(len(single), 'label')} of {target!r} in a single row each, which is learned "
            f"from and never held out, so that no score covers them: {name_list(single)}",
        )
    if len(few):
        yield Finding(
            "rare classes",
            [target],
            f"{count(len(few), 'label')} of {target!r} in fewer than {FEW_OF_CLASS} rows each, "
            f"too few to be learned or scored well: {name_list(few.tolist())}",
        )
    share, most = counts.max() / counts.sum(), str(classes[counts.argmax()])
    if len(classes) > 1 and share >= LOPSIDED:
        yield Finding(
            "lopsided",
            [target],
            f"{share:.1%} of the rows are {most!r}, so a model that always answers it has that "
            f"accuracy: {advice.metrics} makes the model look for the other classes",
        )


def _repeated(
    table: Columns, y: NDArray[Any], target: str, used: Sequence[str]
) -> Iterator[Finding]:
    """Findings on rows that repeat an earlier row, with the same label or another."""
    if not used:
        return
    rows = row_hashes([table[name] for name in used])
    group = np.unique(rows, return_inverse=True)[1]
    n_groups = int(group.max()) + 1
    pairs, times = np.unique(group * (int(y.max()) + 1) + y, return_counts=True)
    of_pair = pairs // (y.max() + 1)
    best = np.zeros(n_groups, np.intp)
    np.maximum.at(best, of_pair, times)
    mixed = np.bincount(of_pair, minlength=n_groups) > 1
    n_mixed = int(np.bincount(group, minlength=n_groups)[mixed].sum())
    if n_mixed:
        yield Finding(
            "contradictions",
            [target],
            f"{count(n_mixed, 'row')} are like another row in every column that is learned from, "
            f"but have another {target!r}: no model can be right on more than "
            f"{best.sum() / len(y):.1%} of the rows",
        )
    if n_same := len(y) - len(pairs):
        yield Finding(
            "duplicates",
            [],
            f"{count(n_same, 'row')} {'repeats' if n_same == 1 else 'repeat'} an earlier one, "
            "label and all: where one of the two is learned from and the other held out, the score "
            "is too good. Leave the repeated rows out, unless they stand for different cases",
        )


def row_hashes(columns: Sequence[Column]) -> NDArray[np.uint64]:
    """A number for each row: equal for equal rows, and hardly ever for others among millions.

    >>> a, b, c = row_hashes([np.array([1.0, 2.0, 1.0]), np.array(["x", "x", "x"], object)])
    >>> bool(a == c), bool(a == b)
    (True, False)
    """
    hashes = np.zeros(len(columns[0]), np.uint64)
    for cells in columns:
        if cells.ndim == 2:
            for x in cells.T:
                hashes = hashed_with(hashes, row_hashes([x.astype(np.float64)]))
            continue
        if cells.dtype.kind == "O":
            own = factorize(cells)[1].astype(np.uint64)
        elif cells.dtype.kind == "M":
            own = cells.view(np.uint64)
        else:
            own = np.where(np.isnan(cells), np.nan, cells + 0.0).view(np.uint64)  # -0 is 0
        hashes = hashed_with(hashes, own)
    return hashes


def _of_columns(audit: Audit, advice: Advice) -> Iterator[Finding]:
    """Findings on single columns: cells taken as missing, copies, IDs, open dates, vectors."""
    for remark in remarks(column for column in audit if column["kind"] is not None):
        unsure = any(isinstance(r, UnsureDates | UnreadTimes) for r in remark.reasons)
        kind = remark.kind if remark.kind in ("set aside", "kind", "numbers", "codes") else "cells"
        if any(isinstance(reason, WrittenVectors) for reason in remark.reasons):
            kind = "vectors"
        yield Finding("dates" if unsure else kind, [remark.column], told_remark(remark, advice))


# All of it


def examine(
    table: Columns,
    labels: EncodedLabels | None,
    target: str | None,
    kinds: Mapping[str, str],
    advice: Advice = IN_PYTHON,
    faults: Sequence[Finding] = (),
    *,
    decimal: str | None = None,
    proposes: bool = True,
) -> Facts:
    """The facts of a table, as JSON takes them; ``check_table`` says what they are.

    Parameters
    ----------
    table : Columns
        Without its target, where that is given.
    labels : EncodedLabels, optional
        Text; None where there is no target, or where its cells cannot be classes.
    target : str, optional
        The name of the column of the labels.
    kinds : mapping of column to kind
        The kinds that a caller asked for.
    advice : Advice
        How the reader of the facts asks for what they advise.
    faults : sequence of Finding
        What was found on the way to the labels.
    decimal : str, optional
        The decimal sign that a caller gives for columns of words.
    proposes : bool
        Whether columns to hold rows out by are named: not where a caller has named one.
    """
    n_rows = table.n_rows
    classes = TWO_CLASSES if labels is None else [*map(str, labels.classes.tolist())]
    audit, of_columns = audit_of(table, kinds, classes, decimal)
    facts: Facts = {"rows": n_rows, "target": target, "columns": columns_of(table, audit, advice)}
    found = [*faults, *of_columns]
    if labels is None or target is None:
        found += _of_columns(audit, advice)
        facts["classes"], facts["targets"] = None, likely_targets(n_rows, facts["columns"])
    else:
        numeric = any(finding.kind == "numeric target" for finding in faults)
        found += findings(
            table, labels, target, audit, kinds, advice, numeric=numeric, proposes=proposes
        )
        names, counts = labels.classes, np.bincount(labels.y)
        order = np.argsort(-counts, kind="stable")
        facts["classes"] = [
            {"label": str(names[k]), "rows": int(counts[k]), "share": float(counts[k] / n_rows)}
            for k in order
        ]
    facts["findings"] = []
    with_findings(facts, found)
    return facts


def with_findings(facts: Facts, found: Iterable[Finding]) -> None:
    """Add findings to the facts, of one level behind those that are there, and judge anew."""
    facts["findings"] += [finding.as_dict() for finding in found]
    facts["findings"].sort(key=lambda finding: LEVELS.index(finding["level"]))
    levels = [finding["level"] for finding in facts["findings"]]
    facts["verdict"] = next((each for each in LEVELS[:2] if each in levels), "ready")


def check_table(
    frame: Any,
    *,
    target: Any = None,
    columns: Mapping[Any, str] | None = None,
    decimal: str | None = None,
) -> dict[str, Any]:
    """Look at a table before learning from it, as ``numlp check`` does: nothing is trained.

    Parameters
    ----------
    frame : DataFrame, mapping of name to column, or array of shape (n_rows, n_columns)
        The whole table, the target among its columns: whatever ``TabularClassifier`` takes.
    target : str, optional
        The name of the column to predict; in an array its position, from 0.  Without it, columns
        that could be the target are named.
    columns : mapping of column to kind, optional
        What to take a column for, as for ``TabularClassifier.fit``.
    decimal : "," or ".", optional
        The decimal sign of numbers in columns of words, as for ``TabularClassifier.fit``.

    Returns
    -------
    dict
        What ``numlp check --json`` prints of a table, as JSON takes it:

        rows : int
            Rows, of which every one has a label where there is a target.
        target : str or None
            The column to predict.
        columns : list of dict
            For each column beside the target its name, the kind that training takes it for and
            why, the share of its cells that are missing, how many distinct values it has, a few
            examples, and how many features it becomes.  Kind, why and features are None of a
            column that training would refuse.
        classes : list of dict, or None
            For each class, the most frequent first, its label, its rows and their share; None
            where there is no target, or where its cells cannot be classes.
        targets : list of str
            Columns that could be the target, the likeliest first, none where no guess is sound;
            only where ``classes`` is None.
        findings : list of dict
            What to look at twice, what matters most first: its level ("fault", "warning" or
            "note"), its kind, the columns that it is about, and a text; where a column gives some
            classes away and not all, or classes are called as missing values often are ("NA"), also
            these classes.  A label that is missing, or a text of
            blanks, is a fault: ``fit`` refuses it.  ``numlp check`` goes by the same rule, and
            leaves such rows out, as ``numlp train`` does.
        verdict : str
            "fault" where training would refuse the table, "warning" where there is something to
            look at first, else "ready".

    Raises
    ------
    DataError
        The frame is not a table that can be read, there is no row, no column beside the target or
        no label, or ``target`` or ``columns`` names a column that is not there.
    ValueError
        ``columns`` asks for an unknown kind.

    Examples
    --------
    >>> pets = {"kilos": [4, 31, 5, 28] * 20, "hue": [*"rrgg"] * 20, "pet": ["cat", "dog"] * 40}
    >>> found = check_table(pets, target="pet")
    >>> found["verdict"]
    'warning'
    >>> [(finding["level"], finding["kind"], finding["columns"]) for finding in found["findings"]]
    [('warning', 'leak', ['kilos']), ('note', 'duplicates', [])]
    >>> check_table(pets)["targets"]
    ['pet']
    """
    if target is None:
        table = as_columns(frame)
        check_cells(table)
        return examine(table, None, None, _kinds(columns, table), decimal=decimal)
    table, name, cells = part_target(frame, target)
    if not table.columns:
        raise DataError(f"the table has no column beside the target {name!r} to learn from")
    if isinstance(columns, Mapping):
        names = {_key(key, table): kind for key, kind in columns.items()}
        if name in names:
            raise DataError(f"columns asks for {name!r}, but the cells of the target are classes")
        columns = names
    labels = as_labels(cells)
    check_same_length(table.n_rows, len(labels))
    check_cells(table)
    kinds, missing = _kinds(columns, table), missing_labels(labels)
    if missing.all():
        raise DataError(f"every cell of the target column {name!r} is missing")
    faults = []
    if missing.any():
        table, labels = table.rows(~missing), labels[~missing]
        text = (
            f"{count(int(missing.sum()), 'label')} of {name!r} missing, the first in row "
            f"{int(missing.argmax()) + 1}: training takes rows that have one, so drop the others"
        )
        faults.append(Finding("labels", [name], text))
    encoded: EncodedLabels | None = None
    try:
        classes, y, _ = encode_labels(labels)
    except DataError as error:
        faults.append(Finding("labels", [name], str(error)))
    else:
        try:
            check_quantity(classes, len(y))
        except DataError as error:
            faults.append(Finding("numeric target", [name], str(error)))
        encoded = spelled(EncodedLabels(classes, y))
    return examine(table, encoded, name, kinds, faults=faults, decimal=decimal)


def _kinds(columns: Mapping[Any, str] | None, table: Columns) -> dict[str, str]:
    return {name: str(kind) for name, kind in asked_kinds(columns, table).items()}


def _key(key: Any, table: Columns) -> str:
    """The name of a column that is given by its name, or in an array by its position."""
    return f"x{key}" if isinstance(key, Integral) and not table.named else str(key)
