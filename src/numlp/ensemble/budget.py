"""Fitting the recipe into a time limit: measure a few steps, then cut what costs most."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from .recipe import Recipe

MARGIN = 0.85  # of the time that is left; the rest is for what cannot be foreseen
CHECKS = 0.15  # of it at most for looking at the rows held out
FEWEST = 1 / 3  # of the epochs, before nets are given up instead
LONGEST_EPOCH = 1 / 25  # of the time: the run can only be stopped between two epochs


@dataclass(frozen=True)
class Speed:
    """What training costs, in seconds of wall time.

    Attributes
    ----------
    step : float
        One batch of every member.
    check : float
        One look at the rows held out.
    """

    step: float
    check: float


def fit_to_time(
    recipe: Recipe, seconds: float, n_rows: int, measure: Callable[[Recipe], Speed]
) -> Recipe:
    """The recipe, cut as far as it has to be to end in time.

    First there are fewer looks at the rows held out, then fewer epochs, down to a third, then
    fewer nets, then fewer epochs again.  An epoch that would take too long has fewer rows.

    Parameters
    ----------
    recipe : Recipe
    seconds : float
        Left for training.
    n_rows : int
        That each net learns from.
    measure : callable
        Tries a recipe; it takes a moment too.

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
    n_checks = max(1, min(recipe.n_checkpoints, int(CHECKS * seconds / max(speed.check, 1e-9))))
    left = max(MARGIN * seconds - n_checks * speed.check, 0.0)
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
        n_checkpoints=min(n_checks, epochs),
    )
