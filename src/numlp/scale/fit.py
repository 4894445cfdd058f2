"""A table in partitions, in; a model like any other, out: the three steps of a fit on a cluster."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.stage import at
from ..common.warning import warn
from ..common.weights import weights_by_class
from ..common.wording import count, name_list
from ..data.labels import check_classes
from ..data.samples import Samples
from ..data.splits import later_stretches
from ..decisions.thresholds import aim_of, check_aim
from ..ensemble.conclusion import Conclusion, conclude
from ..ensemble.holding_out import GROUP, TIME, HoldingOut
from ..ensemble.learning import Learned, settings_to_json
from ..ensemble.preparation import Prepared
from ..ensemble.recipe import Recipe, as_settings, build_network, recipe_of
from ..ensemble.roles import ROLES
from ..ensemble.run import Run
from ..ensemble.shares import MOST_ASKED, SNAPSHOT_BYTES, row_bytes
from ..errors import DataError
from ..models.live import Watch
from ..models.model import Model
from ..storage.checkpoint import digest
from ..table.summary import NumberSummary, TimeSummary
from ..table.table import Table
from ..version import __version__
from . import rounds
from .cluster import active_client, check_workers, compute, results, submit
from .dealing import Dealing, fold_of_groups, in_order, nets_of
from .ensemble import FAN_IN, PartitionedEnsemble, planned
from .look import Look, joined, look_at
from .partitions import Partitions, Reading, partitions_of
from .rounds import Task
from .shards import (
    Encoding,
    HeldOut,
    cells_of,
    encode,
    held_out_of,
    joined_held_out,
    without_rows,
)

MOST_GROUPS = 10_000  # of so many each is dealt to a fold; of more a hash deals them evenly
ANSWERED_ROWS = 1 << 13  # rows held out that one task answers, about


class Fitted(NamedTuple):
    """All that a fit on a cluster gives, as a fit in memory does."""

    prepared: Prepared
    learned: Learned
    concluded: Conclusion


def fit(
    X: Any,
    y: Any,
    settings: Mapping[str, Any],
    run: Run,
    *,
    estimator: str,
    sample_weight: Any = None,
    columns: Mapping[Any, str] | None = None,
    decimal: str | None = None,
    groups: Any = None,
    time: Any = None,
    files: Sequence[str] = (),
) -> Fitted:
    """Fit the table over its partitions, train its nets in rounds, and mix them.

    Parameters
    ----------
    X, y
        As for ``partitions_of``.
    settings : mapping of str to value
        All arguments of TabularClassifier, each of which has been checked.
    run : Run
    estimator : str
        What a model file names as the class that made it.
    sample_weight, groups, time : str, optional
        Names of columns.
    columns, decimal
        As for ``TabularClassifier.fit``.
    files : sequence of str, default ()
        The file of each partition, for messages.

    Raises
    ------
    DataError
        The table cannot be learned from; the message names a partition where one is at fault.
    ClusterError
        There is no client or no worker, or the cluster was lost.
    """
    client = active_client()
    roles = _roles(groups=groups, time=time, sample_weight=sample_weight)
    parts = partitions_of(X, y, files)
    for role, name in roles.items():
        if name not in parts.names:
            raise DataError(f"{role}={name!r} names a column that X has not, or that is y")
    check_workers(client)
    at(f"looking at {count(len(parts), 'partition')}")
    reading = Reading(tuple(parts.names), parts.target, roles.get("sample_weight", ""), __version__)
    found = _looked_at(client, parts, reading)
    if found.sample.n_rows == 0:
        what = "a row of a weight above 0" if "sample_weight" in roles else "a row"
        raise DataError(f"0 sample(s) while a minimum of 1 is required: no partition has {what}")
    labels, n_rows = found.classes.tolist(), int(found.counts.sum())
    check_classes(found.classes, n_rows)
    check_aim(settings, labels)
    table = _table(found, settings, columns, decimal, roles)
    holding = _holding(found, roles)
    recipe = recipe_of(settings, found.counts)
    if holding is not None:
        recipe = holding.recipe(recipe, is_asked=settings["validation"] != "auto")
    try:
        given = settings_to_json(settings) | roles
    except ValueError as error:
        raise DataError(f"no model file can hold the settings: {error}") from error
    info = _info(estimator, given, recipe)
    network = build_network(recipe, table, len(labels))
    Model(table, network, found.classes, target=parts.target, info=info).check_savable()
    run.take_seed()
    seed = int(np.random.default_rng(_number(run.seed)).integers(2**62))
    encoding = _encoding(found, table, recipe, settings, holding, roles, seed)
    at(f"encoding {count(len(parts), 'partition')}")
    shards, held, answers = _encoded(client, parts, reading, encoding, found.rows)
    identity = _identity(table, found, answers, roles)
    recipe, plan = planned(recipe, answers.rows)
    if (resumed := run.find({"settings": given, "data": identity}, recipe)) is not None:
        recipe = resumed
    task = Task(recipe, table, len(labels), encoding.dealing, encoding.nets, seed)
    at(f"starting {count(len(encoding.nets), 'net')}")
    folds = encoding.dealing.folds(found.hashes, _role_cells(encoding.dealing, found.sample))
    beginning = submit(client, rounds.start, task, table.transform(found.sample), folds)
    ensemble = PartitionedEnsemble(
        client, task, plan, shards, held, answers, beginning, lambda: run.seconds_left
    )
    with Watch(settings["verbose"], run.history) as watch:
        run.train(ensemble, [*settings["callbacks"], watch])
    weights = found.weights * (1 if encoding.class_weights is None else encoding.class_weights)
    shares = weights[weights > 0] / weights.sum()
    prepared = Prepared(
        table,
        Samples(answers.X, answers.y[ensemble.is_known], None),
        [],
        found.classes,
        parts.target,
        aim_of(settings, labels),
        found.counts,
        float(-(shares * np.log(shares)).sum()) + 0.0,
        n_rows,
        None,
        _of_rows_held_out(holding, answers, ensemble.is_known),
        roles,
    )
    if holding is not None:
        info["held_out"] = holding.told()
        times = found.summaries[holding.column]
        if holding.by == TIME and isinstance(times, NumberSummary | TimeSummary):
            info["held_out"]["n_times"] = times.n_distinct  # the numbers of holding: of a sample
    info["partitions"] = len(parts)
    learned = Learned(ensemble, run, info)
    return Fitted(prepared, learned, conclude(prepared, learned))


def _roles(**given: Any) -> dict[str, str]:
    """The columns that say how to learn, by role."""
    for role, value in given.items():
        if value is not None and not isinstance(value, str):
            raise DataError(
                f"{role} is {type(value).__name__}, and X is a Dask DataFrame: give the name of "
                "one of its columns"
            )
    if given["groups"] is not None and given["time"] is not None:
        raise ValueError(
            "groups and time are both given: each says which rows to hold out; give one of them"
        )
    return {role: name for role, name in given.items() if name is not None}


def _looked_at(client: Any, parts: Partitions, reading: Reading) -> Look:
    """A look at all partitions, joined in their order."""
    from dask.delayed import delayed

    task = delayed(look_at, pure=False)
    labels = parts.labels or [None] * len(parts)
    looks = compute(
        client,
        [task(*own, reading, i) for i, own in enumerate(zip(parts.frames, labels, strict=True))],
    )
    every = looks
    while len(looks) > 1:
        looks = [
            submit(client, joined, *looks[start : start + FAN_IN])
            for start in range(0, len(looks), FAN_IN)
        ]
    results(client, every, parts.named, gather=False)
    (found,) = results(client, looks)
    return found  # type: ignore[no-any-return]


def _table(
    found: Look,
    settings: Mapping[str, Any],
    columns: Mapping[Any, str] | None,
    decimal: str | None,
    roles: Mapping[str, str],
) -> Table:
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


def _encoding(
    found: Look,
    table: Table,
    recipe: Recipe,
    settings: Mapping[str, Any],
    holding: HoldingOut | None,
    roles: Mapping[str, str],
    seed: int,
) -> Encoding:
    n_stretches = recipe.n_bagged if holding is not None and holding.by == TIME else 1
    n_deals = 1 if n_stretches > 1 else math.ceil(recipe.n_bagged / recipe.n_folds)
    share = min(1.0, recipe.n_bagged / recipe.n_folds)
    affordable = min(MOST_ASKED, SNAPSHOT_BYTES // row_bytes(len(found.classes), recipe))
    asked = min(1.0, affordable / (share * int(found.counts.sum())))
    dealing = Dealing(recipe.n_folds, n_deals, seed, asked=asked)
    if holding is not None:
        dealing = replace(dealing, by=holding.by, column=holding.column)
    if holding is not None and holding.by == GROUP:
        words = found.summaries[holding.column].words()
        if words.n_distinct == len(words.distinct) <= MOST_GROUPS:
            dealing = replace(dealing, fold_of=fold_of_groups(words, recipe.n_folds))
    elif holding is not None:
        cells = found.sample[holding.column]
        times = in_order(cells[cells == cells])
        stretch = later_stretches(holding.numbers, 1 / recipe.n_folds, n_stretches)
        cuts = [times[stretch == k].min() for k in range(1, int(stretch.max()) + 1)]
        dealing, n_stretches = replace(dealing, n_deals=1, cuts=np.array(cuts)), len(cuts)
    class_weights = None
    if settings["class_weight"] is not None or "sample_weight" in roles:
        class_weights = np.ones(len(found.classes))
        if settings["class_weight"] is not None:
            numbers = np.arange(len(found.classes))
            class_weights = weights_by_class(
                settings["class_weight"], numbers, found.classes.tolist(), found.weights
            )
            if settings["class_weight"] == "balanced":
                class_weights = found.weights.sum() / (len(numbers) * found.weights)
        total = float(class_weights @ found.weights)
        if not total:
            raise DataError(
                f"class_weight={settings['class_weight']!r} leaves nothing to learn from: the "
                "weight of every row is zero"
            )
        class_weights = class_weights * (int(found.counts.sum()) / total)  # a mean of 1
    nets = nets_of(recipe, dealing.by, n_stretches)
    return Encoding(table, found.classes, class_weights, dealing, nets)


def _encoded(
    client: Any, parts: Partitions, reading: Reading, encoding: Encoding, rows: Sequence[int]
) -> tuple[list[Any], list[Any], HeldOut]:
    """The shards, what is held out of them in parts of some size, and the same without a matrix."""
    from dask.delayed import delayed

    shared = submit(client, rounds.same, encoding)
    task = delayed(encode, pure=False)
    labels = parts.labels or [None] * len(parts)
    shards = compute(
        client,
        [
            task(*own, reading, shared, i)
            for i, own in enumerate(zip(parts.frames, labels, strict=True))
        ],
    )
    each = [submit(client, held_out_of, shard, shared) for shard in shards]
    dealing = encoding.dealing
    n_parts = len({(net.deal, net.fold) for net in encoding.nets if net.fold >= 0})
    share = dealing.asked * min(1.0, n_parts / dealing.n_folds)
    held: list[Any] = []
    together: list[Any] = []
    n_rows = 0.0
    for own, n in zip(each, rows, strict=True):
        together.append(own)
        n_rows += n * share
        if n_rows >= ANSWERED_ROWS or len(together) == FAN_IN or own is each[-1]:
            held.append(submit(client, joined_held_out, *together))
            together, n_rows = [], 0.0
    results(client, shards, parts.named, gather=False)
    small = [submit(client, without_rows, part) for part in held]
    return shards, held, joined_held_out(*results(client, small))


def _role_cells(dealing: Dealing, sample: Any) -> Any:
    """The groups, or the times, of the rows of the sample."""
    return cells_of(sample[dealing.column], dealing) if dealing.column else None


def _of_rows_held_out(
    holding: HoldingOut | None, answers: HeldOut, known: NDArray[np.bool_]
) -> HoldingOut | None:
    """The groups or times of the rows held out, by which their scores are clustered."""
    if holding is None or answers.cells is None:
        return None
    cells = answers.cells[known]
    numbers = np.unique(cells, return_inverse=True)[1]
    return replace(holding, numbers=numbers)


def _identity(
    table: Table, found: Look, answers: HeldOut, roles: Mapping[str, str]
) -> dict[str, Any]:
    """A fingerprint of the table, by which a resumed run notices that its data has changed."""
    return {
        "rows": sum(found.rows),
        "columns": {e.name: digest(json.dumps(e.state())) for e in table.encoders},
        "labels": digest(json.dumps(found.classes.tolist())),
        "partitions": digest(*answers.digests),
        "roles": dict(roles),
    }


def _info(estimator: str, settings: dict[str, Any], recipe: Recipe) -> dict[str, Any]:
    """How the model came to be, as far as it is known before a row is scored."""
    return {
        "estimator": estimator,
        "settings": settings,
        "recipe": as_settings(recipe),
        "versions": {"numlp": __version__, "numpy": np.__version__},
    }


def _number(seed: int | np.random.Generator) -> int:
    return int(seed.integers(2**62)) if isinstance(seed, np.random.Generator) else seed
