"""Which rows each net of an ensemble learns from, and which it holds out."""

from dataclasses import dataclass

import numpy as np

from ..data.samples import Samples
from ..data.splits import RowNumbers, row_numbers, stratified_folds
from .holding_out import TIME, HoldingOut
from .recipe import Recipe

MOST_ASKED = 100_000  # rows held out: enough to choose by, and to score to a third of a percent
SNAPSHOT_BYTES = 1 << 26  # of all snapshots' probabilities, or as many as the matrix has, if more


@dataclass(frozen=True)
class Member:
    """One net's share of the rows, its frequency band and its generator.

    Attributes
    ----------
    training : array of row numbers
    held_out : array of row numbers
        Rows that the member predicts: all that it does not learn from, or a random part of them.
    band : int
        Its place in ``Recipe.frequency_bands``.
    rng : Generator
    is_kept : bool
        Whether its snapshots may be of the model; else they are for choosing and scoring alone.
    """

    training: RowNumbers
    held_out: RowNumbers
    band: int
    rng: np.random.Generator
    is_kept: bool = True


def share_rows(
    samples: Samples,
    n_classes: int,
    recipe: Recipe,
    rng: np.random.Generator,
    holding: HoldingOut | None = None,
) -> list[Member]:
    """The members of each band: some hold out one fold each, the others learn from all rows.

    Where more members hold a fold out than there are folds, the rows are dealt into folds again.
    A class of a single row is always learned from.  Members predict a random part of the rows that
    they hold out where these are very many, or where there are so many classes that the
    probabilities of all rows would not fit into memory.

    Where rows are not dealt one by one, ``holding`` says which rows are held out.
    """
    y, shares = samples.y, []
    rows, asked = row_numbers(len(y)), np.ones(len(y), bool)
    affordable = min(MOST_ASKED, snapshot_bytes(samples) // row_bytes(n_classes, recipe))
    if holding is not None:
        shares = holding.shares(y, recipe, rng)
        scored = np.unique(np.concatenate([held_out for _, held_out in shares]))
        if affordable < len(scored):
            asked[rng.permutation(scored)[max(1, affordable) :]] = False
        shares = [(own, held_out[asked[held_out]]) for own, held_out in shares]
    else:
        share = min(recipe.n_bagged / recipe.n_folds, 1)  # of the rows that a net or more holds out
        if affordable < share * len(y):
            asked[rng.permutation(rows)[int(affordable / share) :]] = False
        for m in range(recipe.n_bagged):
            if m % recipe.n_folds == 0:
                folds = stratified_folds(y, recipe.n_folds, rng)
            held_out = folds == m % recipe.n_folds
            shares.append((rows[~held_out], rows[held_out & asked]))
    kept = [holding is None or holding.by != TIME] * len(shares) + [True] * recipe.n_refit
    shares += [(rows, rows[:0])] * recipe.n_refit
    bands = range(len(recipe.frequency_bands))
    members = [(*own, band, keep) for band in bands for own, keep in zip(shares, kept, strict=True)]
    return [
        Member(training, held_out, band, own_rng, keep)
        for (training, held_out, band, keep), own_rng in zip(
            members, rng.spawn(len(members)), strict=True
        )
    ]


def snapshot_bytes(samples: Samples) -> int:
    """Most memory that the probabilities of all snapshots may take."""
    return max(SNAPSHOT_BYTES, int(samples.X.nbytes))


def row_bytes(n_classes: int, recipe: Recipe) -> int:
    """Memory that the probabilities of a row take in one snapshot."""
    return 4 * n_classes * len(recipe.frequency_bands)
