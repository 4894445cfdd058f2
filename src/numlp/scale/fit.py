"""A table in partitions, in; a model like any other, out: the three steps of a fit on a cluster."""

import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.stage import at
from ..common.wording import count
from ..data.samples import Samples
from ..decisions.thresholds import aim_of
from ..ensemble.conclusion import Conclusion, conclude
from ..ensemble.holding_out import HoldingOut
from ..ensemble.learning import Learned, info_of, settings_to_json
from ..ensemble.preparation import Prepared
from ..ensemble.recipe import build_network
from ..ensemble.roles import check_one_of
from ..ensemble.run import Run
from ..errors import DataError
from ..models.live import Watch
from ..models.model import Model
from ..storage.checkpoint import digest
from ..table.table import Table
from ..version import __version__
from . import rounds
from .cluster import active_client, check_workers, compute, results, submit, wait_for
from .deciding import decide
from .ensemble import FAN_IN, Encoded, PartitionedEnsemble, planned
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

    Raises
    ------
    DataError
        The table cannot be learned from; the message names a partition where one is at fault.
    ClusterError
        There is no client or no worker, or the cluster was lost.
    """
    client = active_client()
    roles = _roles(groups=groups, time=time, sample_weight=sample_weight)
    parts = partitions_of(X, y)
    for role, name in roles.items():
        if name not in parts.names:
            raise DataError(f"{role}={name!r} names a column that X has not, or that is y")
    check_workers(client)
    reading = Reading(tuple(parts.names), parts.target, roles.get("sample_weight", ""), __version__)
    at(f"looking at {count(len(parts), 'partition')}")
    found = _looked_at(client, parts, reading)
    if not found.n_rows:
        what = "a row of a weight above 0" if "sample_weight" in roles else "a row"
        raise DataError(f"0 sample(s) while a minimum of 1 is required: no partition has {what}")
    run.take_seed()
    seed = int(np.random.default_rng(run.seed).integers(2**62))
    decided = decide(found, settings, roles, seed, columns=columns, decimal=decimal)
    try:
        given = settings_to_json(settings) | roles
    except ValueError as error:
        raise DataError(f"no model file can hold the settings: {error}") from error
    info = info_of(estimator, given, decided.recipe, None) | decided.held_out_told(found)
    info["partitions"] = len(parts)
    table, classes = decided.encoding.table, found.classes
    network = build_network(decided.recipe, table, len(classes))
    Model(table, network, classes, target=parts.target, info=info).check_savable()
    at(f"encoding {count(len(parts), 'partition')}")
    encoded = _encoded(client, parts, reading, decided.encoding, found.rows)
    recipe, plan = planned(decided.recipe, encoded.answers.rows)
    identity = {"settings": given, "data": _identity(table, found, encoded.answers, roles)}
    recipe = run.find(identity, recipe) or recipe
    at(f"starting {count(len(decided.encoding.nets), 'net')}")
    dealing = decided.encoding.dealing
    task = Task(recipe, table, len(classes), dealing, decided.encoding.nets, seed)
    folds = dealing.folds(found.hashes, cells_of(found.sample, dealing))
    beginning = submit(client, rounds.start, task, table.transform(found.sample), folds)
    ensemble = PartitionedEnsemble(client, task, plan, encoded, beginning, lambda: run.seconds_left)
    with Watch(settings["verbose"], run.history) as watch:
        run.train(ensemble, [*settings["callbacks"], watch])
    answers, known = encoded.answers, ensemble.is_known
    prepared = Prepared(
        table,
        Samples(answers.X, answers.y[known], None),  # rows held out, whose cells are elsewhere
        [],
        classes,
        parts.target,
        aim_of(settings, classes.tolist()),
        found.counts,
        _prior_loss(found, decided.encoding),
        found.n_rows,
        None,
        _of_rows_held_out(decided.holding, answers, known),
        roles,
    )
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
    check_one_of(given["groups"], given["time"])
    return {role: name for role, name in given.items() if name is not None}


def _looked_at(client: Any, parts: Partitions, reading: Reading) -> Look:
    """A look at all partitions, joined in their order."""
    looks = compute(client, parts.each(look_at, reading))
    each = deque(looks)
    while len(looks) > 1:
        looks = [
            submit(client, joined, *looks[start : start + FAN_IN], soon=True)
            for start in range(0, len(looks), FAN_IN)
        ]
    for number in range(len(parts)):
        wait_for(client, each.popleft(), number, parts.named)  # once joined, a look is dropped
    (found,) = results(client, looks)
    return found  # type: ignore[no-any-return]


def _encoded(
    client: Any, parts: Partitions, reading: Reading, encoding: Encoding, rows: Sequence[int]
) -> Encoded:
    """Encode all partitions; what is held out of them is in parts of some size."""
    shared = submit(client, rounds.same, encoding)
    shards = compute(client, parts.each(encode, reading, shared))
    each = [submit(client, held_out_of, shard, shared, soon=True) for shard in shards]
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
            held.append(submit(client, joined_held_out, *together, soon=True))
            together, n_rows = [], 0.0
    for number, shard in enumerate(shards):
        wait_for(client, shard, number, parts.named)
    small = [submit(client, without_rows, part) for part in held]
    return Encoded(shards, held, joined_held_out(*results(client, small)))


def _prior_loss(found: Look, encoding: Encoding) -> float:
    """Log-loss of always answering the shares of the classes, by weight."""
    weights = found.weights
    if encoding.class_weights is not None:
        weights = weights * encoding.class_weights
    shares = weights[weights > 0] / weights.sum()
    return float(-(shares * np.log(shares)).sum()) + 0.0  # no -0.0 of one class


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
        "rows": found.n_rows,
        "columns": {e.name: digest(json.dumps(e.state())) for e in table.encoders},
        "labels": digest(json.dumps(found.classes.tolist())),
        "partitions": digest(*answers.digests),
        "roles": dict(roles),
    }
