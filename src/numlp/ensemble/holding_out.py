"""Which rows each net holds out, where their owner says which rows belong together, or come later.

Without a word from the owner the rows are dealt one by one.  There are three other ways:

===========  ====================================================================================
by           rows held out
===========  ====================================================================================
``group``    of whole groups, dealt into folds: no group is both learned from and held out
``time``     of the last stretches of time: a net learns from the rows before a stretch, and
             answers those in it.  These nets are thrown away.  Beside them nets of the same kind
             learn from all rows to the latest one; the model is made of their snapshots
``X_val``    those of ``X_val``, by every net; all nets learn from all rows of X
===========  ====================================================================================

A row is only scored where the net that answers it has learned from a row of its class.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..data.splits import ClassNumbers, RowNumbers, group_folds, later_stretches, row_numbers
from ..errors import DataError
from ..storage.checkpoint import digest
from .recipe import ALL_FREQUENCIES, Recipe

GROUP, TIME, OWN_ROWS = "group", "time", "X_val"  # the ways, as model files name them
FIFTH = 5  # a part held out alone is a fifth of the rows, unless ``validation`` says otherwise
STRETCHES = 2  # that are held out, where several nets of a band hold rows out
BLOCKS, BLOCK_ROWS = 10, 10  # blocks of time that count as clusters, and the fewest rows of one

Share = tuple[RowNumbers, RowNumbers]  # rows learned from, rows held out


@dataclass(frozen=True)
class HoldingOut:
    """How rows are held out.

    Attributes
    ----------
    by : "group", "time" or "X_val"
    numbers : array of shape (n,)
        For each row the number of its group, the rank of its time, or whether it is of X_val.
    column : str
        The name of the column, or of the Series, of groups or times; empty where it has none.
    """

    by: str
    numbers: RowNumbers
    column: str = ""

    def rows(self, rows: Any) -> "HoldingOut":
        """The same for these rows alone, given by number or by a mask."""
        numbers = np.unique(self.numbers[rows], return_inverse=True)[1]
        return replace(self, numbers=numbers)

    @property
    def n_different(self) -> int:
        """How many groups, or times, there are."""
        return len(np.unique(self.numbers))

    def recipe(self, recipe: Recipe, *, is_asked: bool) -> Recipe:
        """A recipe of rows that are dealt one by one, as it is for rows that are held out so.

        Groups are dealt into no more folds than there are groups; where one of ten folds would be
        held out, or five, as with quality "fast", it is one of five, or all five.  By time there
        are as many nets that learn from all rows as there would be nets in all; beside them one
        net of each band, or two, hold a fifth of the rows out each.  Where X_val is given, every
        net holds it out.

        Parameters
        ----------
        recipe : Recipe
        is_asked : bool
            Whether ``validation`` says how many folds there are, and so how long a stretch is.
        """
        if self.by == GROUP:
            n_folds = recipe.n_folds
            if recipe.n_bagged < n_folds and not is_asked:  # a part alone: of groups a larger one
                n_folds = min(n_folds, FIFTH)
            return replace(recipe, n_folds=min(n_folds, self.n_different))
        if self.by == OWN_ROWS:
            return replace(recipe, n_bagged=recipe.n_bagged + recipe.n_refit, n_refit=0)
        n_folds = recipe.n_folds if is_asked else FIFTH
        n_stretches = min(STRETCHES, recipe.n_bagged, max(1, n_folds // 2))
        n_stretches = min(n_stretches, len(np.unique(self._stretches(n_folds, n_stretches))) - 1)
        kept = recipe.n_refit or recipe.n_bagged
        return replace(recipe, n_folds=n_folds, n_bagged=n_stretches, n_refit=kept)

    def cut(self, recipe: Recipe) -> Recipe:
        """A recipe that a time limit left with nets that hold rows out alone, as it is here.

        By time one of them stays so, and the others, one at least, learn from all rows.
        """
        if self.by != TIME or recipe.n_refit:
            return recipe
        n_refit = max(1, recipe.n_members - 1)
        return replace(recipe, n_bagged=1, n_refit=n_refit, frequency_bands=(ALL_FREQUENCIES,))

    def _stretches(self, n_folds: int, n_stretches: int) -> RowNumbers:
        return later_stretches(self.numbers, 1 / n_folds, n_stretches)

    def shares(self, y: ClassNumbers, recipe: Recipe, rng: np.random.Generator) -> list[Share]:
        """What each net of a band that holds rows out learns from, and what it is scored on.

        Raises
        ------
        DataError
            No net learns from a class whose rows it holds out.
        """
        rows = row_numbers(len(y))
        shares = [
            (rows[~held_out & learned], rows[held_out & _are_known(y, learned)])
            for learned, held_out in self._masks(y, recipe, rng)
        ]
        if not any(len(held_out) for _, held_out in shares):
            where = "in one group alone" if self.by == GROUP else "new in the rows held out"
            raise DataError(
                f"{self._named} leaves nothing to choose by: each class is {where}, so that no net "
                "could learn a class of the rows that it holds out"
            )
        return shares

    def _masks(
        self, y: ClassNumbers, recipe: Recipe, rng: np.random.Generator
    ) -> Iterator[tuple[Any, Any]]:
        """The rows that each net may learn from, and those that it holds out."""
        if self.by == TIME:
            stretch = self._stretches(recipe.n_folds, recipe.n_bagged)
            last = int(stretch.max())
            for m in range(recipe.n_bagged):
                own = m % last + 1
                yield stretch < own, stretch == own
            return
        held_out = self.numbers == 1
        for m in range(recipe.n_bagged):
            if self.by == GROUP:
                if m % recipe.n_folds == 0:
                    folds = group_folds(y, self.numbers, recipe.n_folds, rng)
                held_out = folds == m % recipe.n_folds
            yield ~held_out, held_out

    @property
    def _named(self) -> str:
        what = {GROUP: "groups", TIME: "time"}.get(self.by, self.by)
        return f"{what}={self.column!r}" if self.column else what

    def split(
        self, y: ClassNumbers, share: float, rng: np.random.Generator
    ) -> tuple[RowNumbers, RowNumbers]:
        """The rows to learn from, and about a ``share`` of all, of other groups or later."""
        if self.by == GROUP:
            n_folds = min(round(1 / share), self.n_different)
            is_second = group_folds(y, self.numbers, n_folds, rng) == 0
        else:
            is_second = later_stretches(self.numbers, share, 1) == 1
        self.check_learnable(~is_second, "the search")
        return np.flatnonzero(~is_second), np.flatnonzero(is_second)

    def check_learnable(self, rows: Any, who: str, do: str = "") -> None:
        """Raise a DataError where rows are all of one group or time: a fit needs another.

        ``who`` learns from the rows; ``do`` is what to do before more groups or times are given.
        """
        if self.rows(rows).n_different < 2:
            raise DataError(
                f"the rows that {who} learns from are all of one {self.by}, and another is needed "
                f"to hold out: give {do}rows of more {self.by}s"
            )

    def clusters(self, rows: RowNumbers) -> RowNumbers | None:
        """The cluster of each of the rows held out: rows of one are answered alike right or wrong.

        A group is a cluster.  By time these are blocks that follow each other, ten of as many
        rows as can be, or fewer (batch means: what changes from block to block shows in them).
        """
        if self.by == OWN_ROWS:
            return None
        numbers = np.unique(self.numbers[rows], return_inverse=True)[1]
        if self.by == GROUP:
            return numbers
        n_blocks = min(BLOCKS, len(rows) // BLOCK_ROWS)
        if n_blocks < 2 or numbers.max() == 0:
            return None
        return later_stretches(numbers, 1 / n_blocks, n_blocks - 1)

    def digest(self) -> str:
        """A digest, by which a resumed run notices that other rows would be held out."""
        return digest(self.by, self.numbers.astype(np.int64))

    def told(self) -> dict[str, Any]:
        """What a model file keeps of it."""
        told: dict[str, Any] = {"by": self.by}
        if self.by != OWN_ROWS:
            told["column"] = self.column or None
            told["n_groups" if self.by == GROUP else "n_times"] = self.n_different
        return told


def _are_known(y: ClassNumbers, learned: Any) -> Any:
    """Whether each row is of a class that the rows learned from have."""
    return np.bincount(y[learned], minlength=int(y.max()) + 1)[y] > 0
