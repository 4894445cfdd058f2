"""What ``numlp train`` learns from: a table in memory, or one on a cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..common.stage import at
from .clustered import check_columns, client_of, labelled, parquet_of
from .labelled import read_labelled
from .learning import Cut, positive_class
from .options import Reading
from .proposals import Proposal, proposals
from .sources import expanded, named

if TYPE_CHECKING:
    from ..data.quantity import Ranges
    from ..tabular.classifier import TabularClassifier


class Taught(NamedTuple):
    """What a fit gets, and what the command knows of it.

    Attributes
    ----------
    X, y
        Arguments of ``fit``.
    n_rows : int
    positive : label
        The class that ``--positive`` names.
    ranges : Ranges or None
        Where the classes are ranges of a quantity.
    split : sequence of Proposal
        Columns to hold rows out by.
    counts : array of shape (n_classes,), or None
        On a cluster, how many rows each class has.
    naming : context manager
        In it a fault of a partition names its file.
    """

    X: Any
    y: Any
    n_rows: int
    positive: Any
    ranges: Ranges | None = None
    split: Sequence[Proposal] = ()
    counts: Any = None
    naming: contextlib.AbstractContextManager[None] = contextlib.nullcontext()

    def rows_of_all(self, clf: TabularClassifier) -> float | None:
        """Rows that all rounds on a cluster visit, a row once for each time; None in memory."""
        if self.counts is None:
            return None
        from ..ensemble.recipe import recipe_of

        return float(self.n_rows * recipe_of(clf.get_params(), self.counts).epochs)


def in_memory(
    files: Sequence[Path],
    target: str,
    reading: Reading,
    cut: Cut,
    kinds: dict[str, str],
    decimal: str | None,
    roles: dict[str, str],
    missing: Sequence[str],
    settings: dict[str, Any],
    jobs: int | None,
) -> Taught:
    """A table that is read here; quick fits tell of columns to hold rows out by."""
    columns, labels, _, _, ranges = read_labelled(
        files, target, reading, cut, kinds, decimal, roles, missing
    )
    positive = positive_class(settings, labels.classes, ranges)
    split = proposals(
        columns,
        labels,
        target,
        kinds,
        roles,
        decimal,
        n_jobs=jobs,
        measures=settings["time_limit"] is None,  # which is for the fit alone
    )
    return Taught(columns.give_away(), labels, len(labels.y), positive, ranges, split)


def on_cluster(
    stack: contextlib.ExitStack,
    address: str,
    files: Sequence[Path],
    target: str,
    cut: Cut,
    kinds: dict[str, str],
    roles: dict[str, str],
    missing: Sequence[str],
    settings: dict[str, Any],
    *,
    quiet: bool,
) -> Taught:
    """A table that is read on the workers of a cluster, whose client is active in the stack."""
    at(f"looking at {named(expanded(files))}")
    table = parquet_of(files)
    check_columns(table, files, target, kinds, roles)
    client = stack.enter_context(client_of(address, quiet=quiet))
    at(f"reading {target!r} of {table}")
    found = labelled(client, table, files, target, missing, as_classes=cut.as_classes)
    return Taught(
        found.frame,
        target,
        found.n_rows,
        positive_class(settings, found.classes, None),
        counts=found.counts,
        naming=table.naming_files(),
    )
