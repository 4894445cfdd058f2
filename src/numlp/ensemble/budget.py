"""A recipe cut to a time limit: a few steps are measured, then what costs most is made less."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from .recipe import Recipe

MARGIN = 0.85  # share of the time left that is planned; the rest is for what cannot be foreseen
SNAPSHOTS = 0.15  # largest share of the time left that snapshots may take
FEWEST = 1 / 3  # smallest share of the epochs; below it nets are given up instead
WORDS = 0.4  # largest share of the time left that models of words may take
LEAST_LEARNED = 500  # rows that words are learned from, however little time there is
LONGEST_EPOCH = 1 / 25  # largest share of the time: a run can only be stopped between two epochs


@dataclass(frozen=True)
class Speed:
    """What training costs, in seconds of wall time.

    Attributes
    ----------
    step : float
        For one batch of every member.
    snapshot : float
        For one snapshot, for which all rows held out are predicted.
    """

    step: float
    snapshot: float


def fit_to_time(
    recipe: Recipe, seconds: float, n_rows: int, measure: Callable[[Recipe], Speed]
) -> Recipe:
    """The recipe, cut as far as it has to be to end in time.

    First there are fewer snapshots, then fewer epochs, down to a third, then fewer nets, then
    fewer epochs again.  An epoch that would take too long visits fewer rows.

    Parameters
    ----------
    recipe : Recipe
    seconds : float
        Time left for training.
    n_rows : int
        Number of rows that each net learns from.
    measure : callable
        Takes a recipe, tries it for a short time and returns its Speed.

    Examples
    --------
    100 epochs of 10 steps, 2 ms for each of 10 nets, are 20 s; in 12 s there is time for half:

    >>> recipe = Recipe(epochs=100, batch_size=10, n_bagged=5)
    >>> cut = fit_to_time(recipe, 12.0, 100, lambda r: Speed(0.002 * r.n_members, 0.0))
    >>> cut.epochs, cut.n_members
    (50, 10)
    """
    speed = measure(recipe)
    step = max(speed.step, 1e-9)  # a clock may stand still
    most = int(SNAPSHOTS * seconds / max(speed.snapshot, 1e-9))
    n_snapshots = max(1, min(recipe.n_snapshots, most))
    left = max(MARGIN * seconds - n_snapshots * speed.snapshot, 0.0)
    per_epoch = max(1, n_rows // recipe.batch_size)
    wanted = recipe.epochs * per_epoch
    n_members = recipe.n_members
    if left < FEWEST * wanted * step:
        n_members = max(1, math.floor(n_members * left / (FEWEST * wanted * step)))
        step *= n_members / recipe.n_members
    n_steps = max(1, min(wanted, math.floor(left / step)))
    epoch = min(per_epoch, n_steps, max(1, math.floor(LONGEST_EPOCH * seconds / step)))
    epochs = n_steps // epoch
    if n_members < recipe.n_members:
        recipe = recipe.with_members(n_members)
    return replace(
        recipe,
        epochs=epochs,
        epoch_rows=epoch * recipe.batch_size if epoch < per_epoch else None,
        n_snapshots=min(n_snapshots, epochs),
    )


def words_in_time(
    recipe: Recipe, seconds: float, n_rows: int, words_seconds: float
) -> tuple[Recipe, float]:
    """The recipe, whose words are learned from as many rows as there is time for, and the rest.

    Parameters
    ----------
    recipe : Recipe
    seconds : float
        Time left for words and training.
    n_rows : int
        Number of rows of the table.
    words_seconds : float
        What all models of words would take.

    Examples
    --------
    Of 10 s words may take 4; all rows would take 8:

    >>> recipe, left = words_in_time(Recipe(), 10.0, 5000, 8.0)
    >>> recipe.word_share, left
    (0.5, 6.0)
    """
    share = min(1.0, WORDS * max(seconds, 0.0) / max(words_seconds, 1e-9))
    share = min(1.0, max(share, LEAST_LEARNED / n_rows))
    return replace(recipe, word_share=share), max(seconds - share * words_seconds, 0.0)
