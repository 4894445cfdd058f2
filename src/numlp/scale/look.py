"""What is seen of a table in partitions before it is learned from: small, and made of its parts.

A ``Look`` at each partition is a pure task; looks are joined in the order of the partitions, by a
tree that does not depend on the workers, so that the same partitions give the same bits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.hashes import Hashes, hashed_with
from ..data.columns import Column, Columns
from ..data.labels import EncodedLabels, encode_labels
from ..errors import DataError
from ..table.sketches import merge_all, sketched
from ..table.summary import ColumnSummary, summarize
from ..table.words import as_words
from .partitions import Reading, give_back, read_part
from .sizes import Sized

MOST_SAMPLED = 1000  # rows of the whole table that are kept to be looked at
MOST_LABELS = 100_000  # different labels: more are no classes


@dataclass(frozen=True)
class Look(Sized):
    """What some partitions of a table hold.

    Attributes
    ----------
    rows : list of int
        Number of rows of each partition.
    summaries : dict of str to ColumnSummary
        For each column what is in it.
    categories : frozenset of str
    levels : dict of str to tuple of str
        As in ``Columns``.
    classes : array of shape (n_classes,)
        The labels, sorted.
    counts : array of shape (n_classes,)
        Number of rows of each.
    weights : array of shape (n_classes,)
        The sum of their weights.
    sample : Columns
        Some rows: those whose places have the lowest hashes.
    hashes : array of shape (n_sampled,)
        The hashes of these places.
    """

    rows: list[int]
    summaries: dict[str, ColumnSummary]
    categories: frozenset[str]
    levels: Mapping[str, tuple[str, ...]]
    classes: NDArray[Any]
    counts: NDArray[np.intp]
    weights: NDArray[np.float64]
    sample: Columns
    hashes: Hashes

    @property
    def n_rows(self) -> int:
        """Number of rows of all partitions."""
        return sum(self.rows)


def hashes_of(partition: int, places: NDArray[np.intp]) -> Hashes:
    """A hash of where each row stands, by which rows are held out and sampled."""
    of_partition = hashed_with(np.zeros(1, np.uint64), np.array([partition], np.uint64))
    return hashed_with(np.repeat(of_partition, len(places)), places.astype(np.uint64))


def look_at(frame: Any, labels: Any, reading: Reading, partition: int) -> Look:
    """Look at one partition: a task."""
    give_back()
    table, found, weight, places = read_part(frame, labels, reading)
    _check_number(len(found.classes))
    counts = np.bincount(found.y, minlength=len(found.classes))
    hashes = hashes_of(partition, places)
    lowest = np.argsort(hashes, kind="stable")[:MOST_SAMPLED]
    return Look(
        [table.n_rows],
        {name: sketched(summarize(name, table[name])) for name in reading.names},
        table.categories,
        table.levels,
        found.classes,
        counts,
        np.bincount(found.y, weight, minlength=len(counts)).astype(float),
        table.rows(lowest),
        hashes[lowest],
    )


def joined(*looks: Look) -> Look:
    """Join looks at partitions that follow each other: a task."""
    classes, counts, weights = _joined_labels(looks)
    hashes = np.concatenate([look.hashes for look in looks])
    lowest = np.argsort(hashes, kind="stable")[:MOST_SAMPLED]
    names = list(looks[0].summaries)
    return Look(
        [n for look in looks for n in look.rows],
        {name: merge_all([look.summaries[name] for look in looks]) for name in names},
        frozenset().union(*(look.categories for look in looks)),
        _joined_levels(looks),
        classes,
        counts,
        weights,
        _joined_rows([look.sample for look in looks], lowest),
        hashes[lowest],
    )


def _joined_labels(
    looks: Sequence[Look],
) -> tuple[NDArray[Any], NDArray[np.intp], NDArray[np.float64]]:
    given = [look for look in looks if len(look.classes)]
    if not given:
        return looks[0].classes, looks[0].counts, looks[0].weights
    kinds = {"text" if look.classes.dtype.kind in "OU" else "numbers" for look in given}
    if len(kinds) > 1:
        raise DataError(
            "the labels are text in some partitions and numbers in others: turn all of them into "
            "text, or all into whole numbers"
        )
    labels = np.concatenate([look.classes for look in given])
    together = encode_labels(labels)
    _check_number(len(together.classes))
    counts, weights = np.zeros(len(together.classes), np.intp), np.zeros(len(together.classes))
    np.add.at(counts, together.y, np.concatenate([look.counts for look in given]))
    np.add.at(weights, together.y, np.concatenate([look.weights for look in given]))
    return together.classes, counts, weights


def _check_number(n_classes: int) -> None:
    if n_classes > MOST_LABELS:
        raise DataError(
            f"the labels have over {MOST_LABELS:,} different values, which are no classes: name "
            "another target, or make ranges of it"
        )


def _joined_levels(looks: Sequence[Look]) -> Mapping[str, tuple[str, ...]]:
    """The levels of each ordered column, which have to be the same in all partitions."""
    levels: dict[str, tuple[str, ...]] = {}
    for look in looks:
        for name, own in look.levels.items():
            if levels.setdefault(name, own) != own:
                raise DataError(
                    f"column {name!r} has the levels {', '.join(levels[name])} in one partition, "
                    f"and {', '.join(own)} in another: give the column one type"
                )
    return levels


def _joined_rows(parts: Sequence[Columns], rows: NDArray[np.intp]) -> Columns:
    """Some rows of tables that stand one below the other."""
    first = max(parts, key=lambda part: part.n_rows)
    columns = {name: _joined_cells([p[name] for p in parts])[rows] for name in first.names}
    return Columns(columns, len(rows), first.named)


def _joined_cells(cells: Sequence[Column]) -> Column:
    """The cells of a column, one part below the other; words where its parts are of many types."""
    given = [part for part in cells if len(part)] or [cells[0]]
    if width := max(part.shape[1] if part.ndim == 2 else 0 for part in given):
        # The summaries would not have merged if other parts than those of vectors held a cell.
        none = np.full((1, width), np.nan, np.float32)
        return np.concatenate(
            [part if part.ndim == 2 else none.repeat(len(part), axis=0) for part in given]
        )
    if len({part.dtype.kind for part in given}) == 1:
        return np.concatenate(given)
    return np.concatenate([as_words(part) for part in given])


def encoded_labels(labels: EncodedLabels, classes: NDArray[Any]) -> NDArray[np.intp]:
    """The number that each label has among the classes of all partitions."""
    found = np.searchsorted(classes, labels.classes)
    return np.asarray(found[labels.y], np.intp)
