"""Rounds of training: pure tasks on stretches of partitions, and the mean of what they learned.

In a round each *replica* of the ensemble starts with the same parameters and learns from a stretch
of rows of one partition by ordinary mini-batches; then parameters and moments are averaged,
weighted by rows (local SGD: Stich 2019; Lin et al. 2020)::

    θ ← Σ_r n_r θ_r / Σ_r n_r          r: the replicas, n_r: rows that the net learned from in r

A task is a function of its arguments alone.  So one that is lost with its worker is computed anew
elsewhere, to the same bits, and what is learned does not depend on how many workers there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.blas import one_blas_thread
from ..data.samples import Samples
from ..ensemble.group import MemberGroup, Stop, Visits
from ..ensemble.recipe import Recipe
from ..ensemble.shares import Member
from ..nn import CosLog
from ..table.table import Table
from ..version import __version__
from .dealing import Dealing, Net
from .partitions import check_version
from .shards import HeldOut, Shard

Array = NDArray[np.float32]

PREDICTED_ROWS = 512  # of each net at a time


@dataclass(frozen=True)
class Task:
    """What all tasks of a run share.

    Attributes
    ----------
    recipe : Recipe
        Its epochs are rounds, its batches those of one replica.
    table : Table
    n_classes : int
    dealing : Dealing
    nets : list of Net
        Those that train.
    seed : int
    version : str
        The version of numlp that plans the run.
    """

    recipe: Recipe
    table: Table
    n_classes: int
    dealing: Dealing
    nets: list[Net]
    seed: int
    version: str = __version__


class Parameters(NamedTuple):
    """The nets between two rounds.

    Attributes
    ----------
    arrays : dict of str to array of shape (n_nets, n_params)
        The parameters, ``theta``, and the moments of each.
    losses : array of shape (n_nets,)
        The mean loss of each in the round.
    n_rows : array of shape (n_nets,)
        Rows that each could learn from in the round.
    """

    arrays: dict[str, Array]
    losses: NDArray[np.float64]
    n_rows: NDArray[np.int64]


class Stretch(NamedTuple):
    """The rows of a shard that are learned from in one task: one of several parts of a pass.

    Attributes
    ----------
    shard : int
    n_pass : int
        The number of the pass, by which the rows are dealt to the parts.
    part, n_parts : int
    """

    shard: int
    n_pass: int
    part: int
    n_parts: int

    def rows(self, n: int, seed: int) -> NDArray[np.intp]:
        """The row numbers: chosen at random, so that the order of a partition does not matter."""
        order = np.random.default_rng([seed, self.n_pass, self.shard]).permutation(n)
        return np.sort(order[self.part :: self.n_parts])


def same(value: Any) -> Any:
    """What is given: a task whose value the scheduler keeps, to be had again if it is lost."""
    return value


def start(task: Task, X: Array, folds: NDArray[np.int16]) -> Parameters:
    """The nets before the first round, fitted to some rows of the table: a task."""
    check_version(task.version)
    samples = Samples(X, np.zeros(len(X), np.int32), None)
    members = _members(task, folds, [task.seed])
    fewest = min(len(member.training) for member in members)
    if not fewest:  # of some net all rows of the sample are held out: so none is fitted to it
        task = replace(task, recipe=replace(task.recipe, adapt=False))
    with one_blas_thread():
        group = _group(task, samples, members, Visits(fewest, fewest, 0, 1), is_new=True)
    arrays = group.parameters()  # of no step yet, so without moments
    arrays |= {name: np.zeros_like(arrays["theta"]) for name in group.optimizer.moments}
    nothing = np.zeros(len(members), np.int64)
    return Parameters(arrays, nothing.astype(float), nothing)


def learn_stretch(
    task: Task, number: int, parameters: Parameters, stretch: Stretch, shard: Shard
) -> Parameters:
    """Train all nets on a stretch of a shard, from common parameters: a task.

    Parameters
    ----------
    task : Task
    number : int
        Of the round, from 1.
    parameters : Parameters
    stretch : Stretch
    shard : Shard

    Raises
    ------
    DivergenceError
        The loss exploded.
    """
    check_version(task.version)
    rows = stretch.rows(len(shard), task.seed)
    folds = shard.folds[:, rows]
    members = _members(task, folds, [task.seed, number, stretch.shard, stretch.part])
    weight = None if shard.weight is None else shard.weight[rows]
    samples = Samples(shard.X[rows], shard.y[rows], weight)
    arrays = {name: own.copy() for name, own in parameters.arrays.items()}
    losses, n_rows = np.zeros(len(members)), np.array([len(m.training) for m in members])
    for together in _of_like_size(n_rows):
        fewest = int(n_rows[together].min())
        with one_blas_thread():
            visits = Visits(fewest, fewest, 0, 1)
            group = _group(task, samples, [members[m] for m in together], visits, is_new=False)
            steps = max(1, fewest // task.recipe.batch_size)
            # The rate of learning follows the share of the run that is over, however long a
            # stretch is.
            before = {name: rows[together] for name, rows in arrays.items()}
            group.take_over(before, (number - 1) * steps, [1.0] * (number - 1))
            next(group.epochs(Stop()))
        for name, learned in group.parameters().items():
            arrays[name][together] = learned
        losses[together] = group.member_losses
    return Parameters(arrays, losses, n_rows)


def _of_like_size(n_rows: NDArray[np.int64]) -> list[list[int]]:
    """Nets that train together, as each has half as many rows as another of them, or more.

    Where groups or times decide what is held out, a stretch may be nearly all held out by one net:
    others should not learn less for that.  A net without a row is in none of the lists.
    """
    left, lists = sorted(np.flatnonzero(n_rows).tolist(), key=lambda m: -n_rows[m]), []
    while left:
        together = [m for m in left if 2 * n_rows[m] >= n_rows[left[0]]]
        lists.append(sorted(together))
        left = left[len(together) :]
    return lists


def average(before: Parameters, *learned: Parameters) -> Parameters:
    """The mean of what the replicas learned, weighted by the rows of each net: a task.

    A net that had no row in all of them stays as it was before.
    """
    n_rows = np.sum([before.n_rows * 0, *(own.n_rows for own in learned)], axis=0)
    has_learned = n_rows > 0
    shares = [own.n_rows / np.maximum(n_rows, 1) for own in learned]
    losses = sum((share * own.losses for share, own in zip(shares, learned, strict=True)), 0.0)
    arrays = {
        name: _weighted_mean(rows, [own.arrays[name] for own in learned], shares, has_learned)
        for name, rows in before.arrays.items()
    }
    return Parameters(arrays, np.where(has_learned, losses, before.losses), n_rows)


def _weighted_mean(
    before: Array,
    arrays: Sequence[Array],
    shares: Sequence[NDArray[np.float64]],
    has_learned: NDArray[np.bool_],
) -> Array:
    total = np.zeros(before.shape)
    for array, share in zip(arrays, shares, strict=True):
        total += share[:, None] * array
    return np.where(has_learned[:, None], total.astype(np.float32), before)


def answer(task: Task, parameters: Parameters, held: HeldOut) -> Array:
    """Probabilities of rows held out, (n_bands, n, n_classes), by the nets that do so: a task.

    Of a row that several nets of a band hold out it is their mean; bands are in the order in which
    nets train, and a row that none of a band answers has zeros.
    """
    check_version(task.version)
    bands = list(dict.fromkeys(net.band for net in task.nets))
    P = np.zeros((len(bands), len(held), task.n_classes), np.float32)
    times = np.zeros((len(bands), len(held), 1), np.float32)
    if not len(held):
        return P
    members = [
        Member(np.arange(len(held)), np.flatnonzero(task.dealing.holds_out(net, held.folds)),
               net.band, np.random.default_rng(0), net.is_kept)
        for net in task.nets
    ]  # fmt: skip
    most = max(len(member.held_out) for member in members)
    with one_blas_thread():
        samples = Samples(held.X, held.y, None)
        group = _group(task, samples, members, Visits(1, 1, most, PREDICTED_ROWS), is_new=False)
        group.take_over(parameters.arrays, 1, [])
        for member, own in group.predict_held_out(Stop()):
            place = bands.index(member.band)
            P[place, member.held_out] += own
            times[place, member.held_out] += 1
    return np.divide(P, times, out=P, where=times > 0)


def _members(task: Task, folds: NDArray[np.int16], seeds: Sequence[int]) -> list[Member]:
    """The nets with the rows that they learn from, and a generator of their own."""
    none = np.zeros(0, np.intp)
    return [
        Member(
            np.flatnonzero(task.dealing.learns(net, folds)),
            none,
            net.band,
            np.random.default_rng([*seeds, m]),
            net.is_kept,
        )
        for m, net in enumerate(task.nets)
    ]


def _group(
    task: Task, samples: Samples, members: Sequence[Member], visits: Visits, *, is_new: bool
) -> MemberGroup:
    return MemberGroup(
        task.recipe, task.table, task.n_classes, samples, members, samples.X, visits, is_new=is_new
    )


def rate_after(recipe: Recipe, number: int) -> float:
    """The learning rate at the end of a round."""
    schedule = CosLog(recipe.learning_rate, recipe.epochs, recipe.lr_cycles)
    return float(schedule(number))
