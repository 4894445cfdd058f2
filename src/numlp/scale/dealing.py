"""Which rows each net of a run in partitions learns from, told by a row itself.

What a task knows of a row is its place, its group and its time.  So rows are held out by a hash of
their place, by the fold of their group, or by their stretch of time, without a look at other rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..common.hashes import Hashes, hashed_with
from ..data.columns import Column
from ..ensemble.holding_out import GROUP, TIME
from ..ensemble.recipe import Recipe
from ..table.summary import WordSummary
from ..table.thinning import hashes_of_words


@dataclass(frozen=True)
class Net:
    """A net of the ensemble: which deal and which fold of it the net holds out.

    Attributes
    ----------
    band : int
        Its place in ``Recipe.frequency_bands``.
    deal, fold : int
        The fold that it holds out, of the rows as they are dealt into folds for that time; a fold
        of -1 stands for none.
    is_kept : bool
        Whether its snapshots may be of the model; else they are for choosing and scoring alone.
    """

    band: int
    deal: int
    fold: int
    is_kept: bool = True


@dataclass(frozen=True)
class Dealing:
    """How rows are dealt to nets.

    Attributes
    ----------
    n_folds, n_deals : int
    salt : int
        Of the seed: another one deals the rows in another way.
    by : "", "group" or "time"
        What decides beside the place of a row.
    column : str
        The column of groups or times.
    fold_of : dict of str to int
        The fold of each group; empty where they are so many that a hash deals them evenly.
    cuts : array of shape (n_stretches,)
        The first time of each stretch that is held out, as ``in_order`` gives it.
    asked : float
        Share of the rows held out that are answered: the others are held out and no more.
    """

    n_folds: int
    n_deals: int
    salt: int
    by: str = ""
    column: str = ""
    fold_of: Mapping[str, int] = field(default_factory=dict)
    cuts: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    asked: float = 1.0

    def folds(self, hashes: Hashes, cells: Column | None) -> NDArray[np.int16]:
        """The fold of each row in each deal, (n_deals, n): by time the number of its stretch.

        Parameters
        ----------
        hashes : array of shape (n,)
            Of the places of the rows.
        cells : array of shape (n,), or None
            The groups, as words, or the times, where they decide.
        """
        if self.by == TIME and cells is not None:
            stretch = np.searchsorted(self.cuts, in_order(cells), "right")
            return stretch.astype(np.int16)[None]
        if self.by == GROUP and cells is not None:
            different, where = np.unique(cells, return_inverse=True)
            if self.fold_of:
                known = [self.fold_of[group] for group in different.tolist()]
                return np.tile(np.array(known, np.int16)[where], (self.n_deals, 1))
            hashes = hashes_of_words(different.tolist())[where]
        salted = [
            hashed_with(hashes, np.full(len(hashes), self.salt + deal, np.uint64))
            for deal in range(self.n_deals)
        ]
        return np.array([h % np.uint64(self.n_folds) for h in salted]).astype(np.int16)

    def are_asked(self, hashes: Hashes) -> NDArray[np.bool_]:
        """Which rows are answered where they are held out."""
        drawn = hashed_with(hashes, np.full(len(hashes), self.salt + self.n_deals, np.uint64))
        return drawn < np.uint64(min(int(self.asked * 2.0**64), 2**64 - 1))

    def learns(self, net: Net, folds: NDArray[np.int16]) -> NDArray[np.bool_]:
        """Which rows a net learns from: none that it holds out; by time earlier ones alone."""
        own = folds[net.deal]
        if net.fold < 0:
            return np.ones(len(own), bool)
        return np.asarray(own < net.fold if self.by == TIME else own != net.fold)

    def holds_out(self, net: Net, folds: NDArray[np.int16]) -> NDArray[np.bool_]:
        """Which rows a net answers, in training."""
        return np.asarray(folds[net.deal] == net.fold)


def in_order(cells: Column) -> NDArray[np.float64]:
    """Times as numbers in their order: milliseconds since 1970; numbers stay as they are."""
    return (
        cells.astype("datetime64[ms]").astype(np.int64).astype(float)
        if cells.dtype.kind == "M"
        else cells
    )


def fold_of_groups(words: WordSummary, n_folds: int) -> dict[str, int]:
    """A fold for each group, the largest first, each into the fold that has fewest rows so far."""
    sizes = np.zeros(n_folds, np.int64)
    folds = {}
    for n, word in sorted(zip((-words.counts).tolist(), words.distinct, strict=True)):
        folds[word] = int(sizes.argmin())
        sizes[folds[word]] -= n
    return folds


def nets_of(recipe: Recipe, by: str, n_stretches: int) -> list[Net]:
    """The nets of each band: some hold out a fold each, the others learn from all rows."""
    nets = []
    for band in range(len(recipe.frequency_bands)):
        for m in range(recipe.n_bagged):
            if by == TIME:
                nets.append(Net(band, 0, m % n_stretches + 1, is_kept=False))
            else:
                nets.append(Net(band, m // recipe.n_folds, m % recipe.n_folds))
        nets += [Net(band, 0, -1)] * recipe.n_refit
    return nets
