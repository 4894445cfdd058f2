"""Few values that stand for many: the commonest, points at equal steps of rank, and a sample.

All is a function of values and counts alone; nothing is drawn at random.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.hashes import Hashes, hashed_with
from ..data.columns import Column
from .summary import Five, five_of, summed

Counts = NDArray[np.intp]
Mask = NDArray[np.bool_]


class Size(NamedTuple):
    """How much a sketch of numbers keeps: commonest values, points, and sampled values."""

    values: int = 1 << 13
    points: int = 1 << 12
    sampled: int = 1 << 12


def size_in_vectors(width: int) -> Size:
    """What is kept of each place of vectors: few points where there are many places.

    Vectors of 768 numbers have 1365 points a place, and quartiles within 0.2 % of the cells.
    """
    n = min(max((1 << 20) // width, 256), 1 << 12)
    return Size(values=n, points=n, sampled=1)


def counts_in(values: Column, counts: Counts, sought: Column) -> Counts:
    """The count of each of the numbers sought, by sorted values; 0 for one that is not there."""
    if not len(values):
        return np.zeros(len(sought), np.intp)
    place = np.minimum(np.searchsorted(values, sought), len(values) - 1)
    found: Counts = np.where(values[place] == sought, counts[place], 0)
    return found


def five_of_points(values: Column, weights: Counts) -> Five:
    """Lowest, quartiles and highest of cells, by sorted values and how many cells hold each."""
    ends = np.cumsum(weights)
    return five_of(
        lambda place: float(values[np.searchsorted(ends, place, "right")]), int(ends[-1])
    )


def n_different(n_cells: int, counts: Counts) -> int:
    """How many different values so many cells hold, by the cells of some of the values."""
    n_seen = int(counts.sum())
    return n_cells * len(counts) // n_seen if n_seen else 0


def added(values: Column, counts: Counts) -> tuple[Column, Counts]:
    """Different values, sorted, each with the sum of its counts."""
    if (values[1:] > values[:-1]).all():  # as those of one part are
        return values, counts
    distinct, place = np.unique(values, return_inverse=True)
    return distinct, summed(counts, place, len(distinct))


def commonest(counts: Counts, n_beside: int, most: int) -> Mask:
    """Which values are the commonest, of all cells that hold them and of ``n_beside`` others.

    Each holds more than 1 / ``most`` of the cells that commoner ones leave, and there are ``most``
    of them at most.  Of values with equal counts the first are taken.
    """
    common = np.zeros(len(counts), bool)
    if not len(counts) or counts.max() <= (n_beside + int(counts.sum())) // most:
        return common  # as of numbers that hardly ever repeat
    order = np.argsort(-counts, kind="stable")
    own = counts[order]
    left = n_beside + int(own.sum()) - np.cumsum(own) + own
    fails = np.flatnonzero(own <= left // most)
    n = min(int(fails[0]) if len(fails) else len(own), most)
    common[order[:n]] = True
    return common


def thinned(values: Column, weights: Counts, most: int) -> tuple[Column, Counts]:
    """Sorted values as points at equal steps of rank, with the first and the last among them.

    A rank changes by half a step at most.
    """
    if len(values) <= most:
        return values, weights
    inner = weights.copy()
    inner[[0, -1]] -= 1
    n, n_steps = int(inner.sum()), most - 2
    bounds = np.array([n * j // n_steps for j in range(n_steps + 1)], np.intp)
    middles = (bounds[:-1] + bounds[1:]) // 2  # the cell in the middle of each step
    chosen = np.searchsorted(np.cumsum(inner), middles, "right")
    places = np.concatenate([[0], chosen, [len(values) - 1]])
    return added(values[places], np.concatenate([[1], np.diff(bounds), [1]]))


def hashes_of_numbers(values: Column) -> Hashes:
    """The hash of each number, by its bits."""
    return hashed_with(np.zeros(len(values), np.uint64), values.view(np.uint64))


def below_bar(hashes: Hashes, bar: int, most: int) -> tuple[Mask, int]:
    """Which hashes are the lowest ones up to a bar, and the bar, lower where they are too many."""
    kept = hashes <= np.uint64(bar)
    if np.count_nonzero(kept) > most:
        bar = int(np.partition(hashes[kept], most - 1)[most - 1])
        kept = hashes <= np.uint64(bar)
    return kept, bar


def hashes_of_words(words: Sequence[str]) -> Hashes:
    """The hash of each word, the same in any process."""
    digests = [blake2b(w.encode("utf-8", "surrogatepass"), digest_size=8).digest() for w in words]
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)


def shared(n: int, counts: Counts) -> Counts:
    """Cells shared out in proportion to counts, as whole numbers."""
    total, before, seen, shares = int(counts.sum()), 0, 0, []
    for count in counts.tolist():  # in Python's numbers, as products may be beyond 64 bits
        seen += count
        until = n * seen // total
        shares.append(until - before)
        before = until
    return np.array(shares, np.intp)
