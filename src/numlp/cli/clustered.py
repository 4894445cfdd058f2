"""Commands on a cluster: their option, what they refuse there, and a table to learn from."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from click.core import ParameterSource

from ..common.wording import count
from . import say

if TYPE_CHECKING:
    from ..data.labels import EncodedLabels
    from ..scale.files import ParquetTable

CELLS = "it says how a CSV is read, and a cluster reads Parquet alone"
RANGES = "ranges are made of all numbers at once: make a column of them in the files"
REFUSED = {  # options that cannot be had on a cluster, by the name of their parameter
    "jobs": "the workers of the cluster say how much is done at a time",
    "bins": RANGES,
    "above": RANGES,
    "delimiter": CELLS,
    "encoding": CELLS,
    "sheet": "it names a sheet of a workbook, and a cluster reads Parquet alone",
    "coverage": "on a cluster the answers are classes and their probabilities",
    "raw": "Parquet has values, which no spreadsheet runs",
}
ENOUGH_ROWS = 1_000_000  # as many tell what a target is

cluster_option = click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Work on a Dask cluster, on Parquet files that all of its machines see: the address of "
    "its scheduler, such as tcp://scheduler:8786 or tls://..., or local for one on this machine.",
)


class Labelled(NamedTuple):
    """A table on a cluster to learn from.

    Attributes
    ----------
    frame : Dask DataFrame
        With the target, whose cells are classes; without the rows that have none.
    classes : array of shape (n_classes,)
    counts : array of shape (n_classes,)
        How many rows have each.
    """

    frame: Any
    classes: Any
    counts: Any

    @property
    def n_rows(self) -> int:
        """How many rows have a class."""
        return int(self.counts.sum())


def refuse_on_cluster(context: click.Context) -> None:
    """Raise a UsageError for an option that was given and cannot be had on a cluster."""
    options = {param.name: param for param in context.command.params}
    for name, why in REFUSED.items():
        if name in options and context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            option = max(options[name].opts, key=len)
            raise click.UsageError(f"{option} cannot be had with --cluster: {why}")


@contextlib.contextmanager
def client_of(address: str, *, quiet: bool) -> Iterator[Any]:
    """A client of the cluster at an address; a line tells of one that is started here."""
    from ..common.stage import at

    at("connecting to the cluster")
    with contextlib.ExitStack() as stack:
        with _as_usage():
            from ..scale.clients import connected

            client = stack.enter_context(connected(address, _unsaid if quiet else say.note))
        yield client


def _unsaid(_: str) -> None:
    """Say nothing."""


def parquet_of(files: Sequence[Path]) -> ParquetTable:
    """The Parquet files that are meant, as one table."""
    from ..errors import DataError
    from .sources import STDIN, expanded

    paths = expanded(files)
    if STDIN in paths and not STDIN.exists():
        raise DataError("'-', standard input, cannot be read by a cluster: give Parquet files")
    with _as_usage():
        from ..scale.files import parquet_table

        return parquet_table(paths)


@contextlib.contextmanager
def _as_usage() -> Iterator[None]:
    """Say in a UsageError which extra is not installed, or what is no address."""
    from ..errors import DataError

    try:
        yield
    except (ImportError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise click.UsageError(f"--cluster: {error}") from error


def check_columns(
    table: ParquetTable,
    files: Sequence[Path],
    target: str,
    kinds: Mapping[str, str],
    roles: Mapping[str, str],
) -> None:
    """Raise a DataError for a target, or a column of an option, that the files do not have."""
    from ..common.wording import nearest
    from ..errors import DataError
    from .labelled import check_asked, check_roles
    from .sources import told

    names = [name for name in table.names if name != target]
    if target not in table.names:
        raise DataError(f"{told(files)} has no column {target!r}: {nearest(target, names)}")
    if not names:
        raise DataError(f"{told(files)} has no column beside the target {target!r} to learn from")
    check_asked(files, kinds, names, target)
    check_roles(files, roles, names, target)


def labelled(
    client: Any,
    table: ParquetTable,
    files: Sequence[Path],
    target: str,
    missing: Sequence[str],
    *,
    as_classes: bool,
) -> Labelled:
    """A table to learn from.

    Rows whose target is blank, or one of ``missing``, are left out, and counted in notes.
    """
    import numpy as np

    from ..check.doubts import missing_words
    from ..models.label_words import learned_classes
    from ..scale.cluster import check_workers
    from ..scale.files import labels_of
    from .advice import AS_OPTIONS
    from .sources import told
    from .unlabelled import Labels, Missing, left_out, none_left

    check_workers(client)
    words, counts, n_blank, n_stripped = labels_of(client, table, target)
    there = Labels(words.classes.tolist(), counts, n_blank, target, told(files))
    is_asked, notes = left_out(Missing(missing), there)
    if is_asked.all():
        raise none_left(target, told(files))
    say.notes(notes)
    kept = np.flatnonzero(~is_asked)  # whose rows alone have a class
    words = words._replace(classes=words.classes[kept], y=np.arange(len(kept)))
    counts = counts[kept]
    if n_blank:
        say.note(f"{n_blank:,} of {table.n_rows:,} rows left out: their {target!r} is blank")
    if n_stripped:
        say.note(f"blanks around {count(n_stripped, 'label')} of {target!r} removed")
    for finding in missing_words(words.classes.tolist(), counts, target, AS_OPTIONS):
        say.note(f"{finding.level}: {finding.text}")
    if not as_classes:
        _check_classes(words, counts, target)
    learned = learned_classes(words)
    classes, places = learned.classes.tolist(), learned.y.tolist()
    class_of = {word: classes[k] for word, k in zip(words.classes.tolist(), places, strict=True)}
    rows = np.bincount(learned.y, counts, len(classes)).astype(np.int64)
    return Labelled(table.frame(target, class_of), learned.classes, rows)


def _check_classes(words: EncodedLabels, counts: Any, target: str) -> None:
    """Refuse a target that is plainly a quantity, and note one that looks like it."""
    import numpy as np

    from ..check.doubts import numeric_target, quantity
    from ..errors import DataError
    from .advice import AS_OPTIONS

    # Of a large table a smaller one with the same shares, and rows enough for each label.
    most = max(ENOUGH_ROWS, 50 * len(counts))
    fewer = np.ceil(counts * min(1.0, most / counts.sum())).astype(np.int64)
    few = words._replace(y=np.repeat(words.y, fewer))
    advice = AS_OPTIONS._replace(
        ranges=lambda _: "make a column of ranges in the files; --as-classes takes each for a class"
    )
    for finding in numeric_target(few, target, advice):
        raise DataError(finding.text)
    for finding in quantity(few, target):
        say.note(f"{finding.level}: {finding.text}")
