"""What a run in partitions is to be, decided by a look at them: the table, the nets, their rows."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.warning import warn
from ..common.weights import weights_by_class
from ..common.wording import name_list
from ..data.labels import check_classes
from ..data.splits import later_stretches
from ..decisions.thresholds import check_aim
from ..ensemble.holding_out import GROUP, TIME, HoldingOut
from ..ensemble.recipe import Recipe, recipe_of
from ..ensemble.roles import ROLES
from ..ensemble.shares import MOST_ASKED, SNAPSHOT_BYTES, row_bytes
from ..errors import DataError
from ..table.summary import NumberSummary, TimeSummary
from ..table.table import Table
from .dealing import Dealing, fold_of_groups, in_order, nets_of
from .look import Look
from .shards import Encoding

MOST_GROUPS = 10_000  # of so many each is dealt to a fold; of more a hash deals them evenly


class Decided(NamedTuple):
    """What was decided before a row is encoded.

    Attributes
    ----------
    recipe : Recipe
        As it is for a table in memory of as many rows.
    encoding : Encoding
    holding : HoldingOut or None
        How rows are held out, where groups or times say so: its numbers are of the groups alone, or
        of a sample of the times.
    """

    recipe: Recipe
    encoding: Encoding
    holding: HoldingOut | None

    def held_out_told(self, found: Look) -> dict[str, Any]:
        """What a model file keeps of how rows were held out; empty where one by one."""
        if self.holding is None:
            return {}
        told = self.holding.told()
        times = found.summaries[self.holding.column]
        if self.holding.by == TIME and isinstance(times, NumberSummary | TimeSummary):
            told["n_times"] = times.n_distinct
        return {"held_out": told}


def decide(
    found: Look,
    settings: Mapping[str, Any],
    roles: Mapping[str, str],
    seed: int,
    *,
    columns: Mapping[Any, str] | None,
    decimal: str | None,
) -> Decided:
    """Decide what each column becomes, which nets there are, and which rows they hold out.

    Raises
    ------
    DataError
        The labels, a column, groups, times or weights cannot be learned from.
    """
    check_classes(found.classes, found.n_rows)
    check_aim(settings, found.classes.tolist())
    table = _table(found, settings, roles, columns, decimal)
    recipe, holding = recipe_of(settings, found.counts), _holding(found, roles)
    if holding is not None:
        recipe = holding.recipe(recipe, is_asked=settings["validation"] != "auto")
    dealing = _dealing(found, recipe, holding, seed)
    nets = nets_of(recipe, dealing.by, max(1, len(dealing.cuts)))
    class_weights = _class_weights(found, settings["class_weight"], roles)
    return Decided(recipe, Encoding(table, found.classes, class_weights, dealing, nets), holding)


def _table(
    found: Look,
    settings: Mapping[str, Any],
    roles: Mapping[str, str],
    columns: Mapping[Any, str] | None,
    decimal: str | None,
) -> Table:
    """The table, fitted to the summaries of all partitions."""
    recipe = recipe_of(settings, found.counts)
    asked = {str(name) for name in columns} if isinstance(columns, Mapping) else set()
    sample = replace(found.sample, categories=found.categories, levels=found.levels)
    table = Table.of_summaries(
        found.summaries,
        sample,
        columns,
        decimal=decimal,
        one_hot_max=recipe.one_hot_max,
        few_as_flags=recipe.few_as_flags,
        aside={name: ROLES[role] for role, name in roles.items() if name not in asked},
    )
    texts = [encoder.name for encoder in table.encoders if encoder.tag == "text"]
    if texts:
        warn(
            f"the words of {name_list(texts)} are not read from a Dask DataFrame, where a text "
            "counts by its length alone: make numbers of the texts by an embedding of your own"
        )
    return table


def _holding(found: Look, roles: Mapping[str, str]) -> HoldingOut | None:
    """Which rows are held out, as far as all groups, or a sample of the times, tell it."""
    if "groups" in roles:
        summary = found.summaries[roles["groups"]]
        n_groups = summary.words().n_distinct
        if n_groups < 2:
            raise DataError(
                f"column {roles['groups']!r} has one group in all rows: rows of two groups or more "
                "are needed, so that one can be held out"
            )
        return HoldingOut(GROUP, np.arange(n_groups), roles["groups"])
    if "time" in roles:
        name = roles["time"]
        summary = found.summaries[name]
        if not isinstance(summary, NumberSummary | TimeSummary):
            raise DataError(
                f"time={name!r} names a column of {summary.holds}, and X is a Dask DataFrame: make "
                "times of it by dask.dataframe.to_datetime"
            )
        times = found.sample[name]
        different, ranks = np.unique(times[times == times], return_inverse=True)
        if len(different) < 2:
            raise DataError(f"column {name!r} has one time in all rows: no row is later")
        return HoldingOut(TIME, ranks, name)
    return None


def _dealing(found: Look, recipe: Recipe, holding: HoldingOut | None, seed: int) -> Dealing:
    """How rows are dealt, of which at most ``MOST_ASKED`` are answered where they are held out."""
    share = min(1.0, recipe.n_bagged / recipe.n_folds)
    affordable = min(MOST_ASKED, SNAPSHOT_BYTES // row_bytes(len(found.classes), recipe))
    n_deals = math.ceil(recipe.n_bagged / recipe.n_folds)
    dealing = Dealing(
        recipe.n_folds, n_deals, seed, asked=min(1.0, affordable / (share * found.n_rows))
    )
    if holding is None:
        return dealing
    dealing = replace(dealing, by=holding.by, column=holding.column)
    if holding.by == GROUP:
        words = found.summaries[holding.column].words()
        if words.n_distinct == len(words.distinct) <= MOST_GROUPS:
            return replace(dealing, fold_of=fold_of_groups(words, recipe.n_folds))
        return dealing
    cells = found.sample[holding.column]
    times = in_order(cells[cells == cells])
    stretch = later_stretches(holding.numbers, 1 / recipe.n_folds, recipe.n_bagged)
    cuts = [times[stretch == k].min() for k in range(1, int(stretch.max()) + 1)]
    return replace(dealing, n_deals=1, cuts=np.array(cuts))


def _class_weights(
    found: Look, class_weight: Any, roles: Mapping[str, str]
) -> NDArray[np.float64] | None:
    """The weight of a row of each class, so that all rows have a mean of 1; None for equal ones."""
    if class_weight is None and "sample_weight" not in roles:
        return None
    n_classes = len(found.classes)
    weights = np.ones(n_classes)
    if class_weight is not None:
        # By a row of each class that weighs as much as all rows of the class.
        weights = weights_by_class(
            class_weight, np.arange(n_classes), found.classes.tolist(), found.weights
        )
    total = float(weights @ found.weights)
    if not total:
        raise DataError(
            f"class_weight={class_weight!r} leaves nothing to learn from: the weight of every row "
            "is zero"
        )
    return np.asarray(weights * (found.n_rows / total))
