"""Partitions as they are learned from: encoded, with what is held out of each told row by row."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.columns import Column, Columns
from ..ensemble.holding_out import GROUP
from ..errors import DataError
from ..storage.checkpoint import digest
from ..table.table import Table
from ..table.words import as_words
from .dealing import Dealing, Net
from .look import encoded_labels, hashes_of
from .partitions import Reading, give_back, read_part
from .sizes import Sized

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Encoding:
    """How every partition becomes a shard.

    Attributes
    ----------
    table : Table
    classes : array of shape (n_classes,)
    class_weights : array of shape (n_classes,), or None
        The weight of a row of each class, by which its own is multiplied; None where all rows weigh
        the same.
    dealing : Dealing
    nets : list of Net
    """

    table: Table
    classes: NDArray[Any]
    class_weights: NDArray[np.float64] | None
    dealing: Dealing
    nets: list[Net]


@dataclass(frozen=True)
class Shard(Sized):
    """An encoded partition.

    Attributes
    ----------
    number : int
        The number of the partition.
    X : array of float32, of shape (n, width)
    y : array of shape (n,)
        Class numbers.
    weight : array of float32, of shape (n,), or None
    folds : array of shape (n_deals, n)
        As ``Dealing.folds`` gives them.
    asked : array of shape (n,)
        Which rows are answered where they are held out.
    cells : array of shape (n,), or None
        Groups or times.
    """

    number: int
    X: Matrix
    y: NDArray[np.int32]
    weight: Matrix | None
    folds: NDArray[np.int16]
    asked: NDArray[np.bool_]
    cells: Column | None

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True)
class HeldOut(Sized):
    """The rows of some shards that are held out and answered, one shard below the other.

    Attributes
    ----------
    X, y, weight, folds, cells
        Of these rows, as in ``Shard``.
    learned : array of shape (n_nets, n_classes)
        How many rows of each class each net learns from.
    digests : list of str
        One for each shard, of all of its rows.
    rows : list of int
        The number of rows of each.
    """

    X: Matrix
    y: NDArray[np.int32]
    weight: Matrix | None
    folds: NDArray[np.int16]
    cells: Column | None
    learned: NDArray[np.int64]
    digests: list[str] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.y)


def encode(frame: Any, labels: Any, reading: Reading, encoding: Encoding, partition: int) -> Shard:
    """Encode one partition: a task."""
    give_back()
    part = read_part(frame, labels, reading)
    n_rows, dealing = part.table.n_rows, encoding.dealing
    X = np.zeros((0, encoding.table.width), np.float32)
    y = np.zeros(0, np.int32)
    if n_rows:
        X = encoding.table.transform(part.table)
        y = encoded_labels(part.labels, encoding.classes).astype(np.int32)
    weight = None
    if encoding.class_weights is not None:
        own = encoding.class_weights[y]
        weight = (own if part.weight is None else own * part.weight).astype(np.float32)
    cells = cells_of(part.table, dealing)
    hashes = hashes_of(partition, part.places)
    folds = dealing.folds(hashes, cells)
    return Shard(partition, X, y, weight, folds, dealing.are_asked(hashes), cells)


def cells_of(table: Columns, dealing: Dealing) -> Column | None:
    """Groups as words, or times, where these deal the rows; a DataError where one is missing."""
    if not dealing.column:
        return None
    cells = table[dealing.column]
    words = as_words(cells) if dealing.by == GROUP else cells
    missing = words != words
    if words.dtype.kind == "O":
        missing = np.array([cell is None for cell in words], bool)
    if missing.any():
        row = int(missing.argmax()) + 1
        raise DataError(
            f"column {dealing.column!r}, which says which rows to hold out, is missing in row "
            f"{row:,}: give each row a {dealing.by}, or leave such rows out"
        )
    return words


def held_out_of(shard: Shard, encoding: Encoding) -> HeldOut:
    """The rows of a shard that any net holds out and answers: a task."""
    give_back()  # the frame of the shard is gone by now
    dealing, n_classes = encoding.dealing, len(encoding.classes)
    is_held = np.zeros(len(shard), bool)
    learned = np.zeros((len(encoding.nets), n_classes), np.int64)
    for m, net in enumerate(encoding.nets):
        is_held |= dealing.holds_out(net, shard.folds)
        own = shard.y[dealing.learns(net, shard.folds)]
        learned[m] = np.bincount(own, minlength=n_classes)
    rows = np.flatnonzero(is_held & shard.asked)
    whole: list[NDArray[Any]] = [shard.X, shard.y, shard.folds]
    if shard.weight is not None:
        whole.append(shard.weight)
    return HeldOut(
        shard.X[rows],
        shard.y[rows],
        None if shard.weight is None else shard.weight[rows],
        shard.folds[:, rows],
        None if shard.cells is None else shard.cells[rows],
        learned,
        [digest(*whole)],
        [len(shard)],
    )


def joined_held_out(*parts: HeldOut) -> HeldOut:
    """The rows held out of several shards, one below the other: a task."""
    weights = [part.weight for part in parts if part.weight is not None]
    cells = [part.cells for part in parts if part.cells is not None]
    return HeldOut(
        np.concatenate([part.X for part in parts]),
        np.concatenate([part.y for part in parts]),
        np.concatenate(weights) if weights else None,
        np.concatenate([part.folds for part in parts], axis=1),
        np.concatenate(cells) if cells else None,
        np.sum([part.learned for part in parts], axis=0),
        [own for part in parts for own in part.digests],
        [own for part in parts for own in part.rows],
    )


def without_rows(held: HeldOut) -> HeldOut:
    """The same without its matrix, which stays with the workers: a task."""
    return replace(held, X=held.X[:0])
