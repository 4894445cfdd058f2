"""An ensemble of nets on one table: which rows each learns from, and their training in step.

Each net, a *member*, holds rows out or none.  Members train side by side in networks with a
members' axis, one network for each thread; what a member learns depends on its own generator
alone, so the result is the same for any number of threads.
"""

import itertools
import math
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.samples import Samples
from ..data.splits import RowNumbers, row_numbers, stratified_folds
from ..metrics.scores import log_loss
from ..nn import (
    CosLog,
    DivergenceError,
    Dropout,
    Epoch,
    FlatCosine,
    Members,
    PeriodicEmbedding,
    adapt,
    train,
)
from ..table.table import Table
from .budget import Speed
from .recipe import Recipe, build_network, build_optimizer

Array = NDArray[np.float32]

ADAPT_ROWS = 1000  # of its own that a net's starting weights are fitted to
TRIED_STEPS = 3  # batches of an epoch whose time is taken
PREDICTED_ROWS = 512  # of each member at a time: a copy of the rows held out
MOST_ASKED = 100_000  # rows held out: enough to choose by, and to score to a third of a percent
CHECKPOINT_BYTES = 1 << 26  # or the matrix's own, if more: of all checkpoints' probabilities


@dataclass(frozen=True)
class Member:
    """One net's share of the rows, its family and its generator.

    Attributes
    ----------
    training : array of row numbers
    held_out : array of row numbers
        Of those it does not learn from, the ones that it is asked for.
    """

    training: RowNumbers
    held_out: RowNumbers
    family: int
    rng: np.random.Generator


def share_rows(
    samples: Samples, n_classes: int, recipe: Recipe, rng: np.random.Generator
) -> list[Member]:
    """Of each family, members that hold out one fold each, and members that learn from all rows.

    With more of the first than folds, the rows are parted anew.  A class of a single row is
    always learned from.  Where they hold out very many rows, or there are so many classes that
    there is no memory for the probabilities of all, they are asked for a random part of them.
    """
    codes, shares = samples.y, []
    rows, asked = row_numbers(len(codes)), np.ones(len(codes), bool)
    share = min(recipe.n_bagged / recipe.n_folds, 1)  # of the rows, that some net holds out
    affordable = min(MOST_ASKED, _checkpoint_bytes(samples) // _row_bytes(n_classes, recipe))
    if affordable < share * len(codes):
        asked[rng.permutation(rows)[int(affordable / share) :]] = False
    for m in range(recipe.n_bagged):
        if m % recipe.n_folds == 0:
            folds = stratified_folds(codes, recipe.n_folds, rng)
        held_out = folds == m % recipe.n_folds
        shares.append((rows[~held_out], rows[held_out & asked]))
    shares += [(rows, rows[:0])] * recipe.n_refit
    families = range(len(recipe.waves))
    members = [(*rows, family) for family in families for rows in shares]
    return [Member(*own, r) for own, r in zip(members, rng.spawn(len(members)), strict=True)]


def _checkpoint_bytes(samples: Samples) -> int:
    """Most memory that the probabilities of all checkpoints may take."""
    return max(CHECKPOINT_BYTES, int(samples.X.nbytes))


def _row_bytes(n_classes: int, recipe: Recipe) -> int:
    """Memory of a row's probabilities at one checkpoint."""
    return 4 * n_classes * len(recipe.waves)


@dataclass(frozen=True)
class Checkpoint:
    """The members at one moment.

    Attributes
    ----------
    epoch : int
    theta : list of array
        Parameters of each network.
    P : list of array of shape (len(rows held out by any), n_classes)
        For each family, probabilities of the rows held out, from those that held them out.
    """

    epoch: int
    theta: list[Array]
    P: list[Array]


class Ensemble:
    """Members in training.

    Parameters
    ----------
    recipe : Recipe
    table : Table
    n_classes : int
    samples : Samples
    members : sequence of Member
    n_threads : int
        Networks that train side by side, each with its share of the members.

    Attributes
    ----------
    held_out : array of row numbers
        Rows that at least one member holds out, sorted.
    checkpoints : list of Checkpoint
        Those so far.
    """

    def __init__(
        self,
        recipe: Recipe,
        table: Table,
        n_classes: int,
        samples: Samples,
        members: Sequence[Member],
        n_threads: int,
    ) -> None:
        self.recipe, self.samples, self.n_classes = recipe, samples, n_classes
        self.members, self.n_families = list(members), len(recipe.waves)
        times = np.zeros(len(samples.y), np.int16)
        for member in members:
            times[member.held_out] += member.family == 0  # the others hold out the same
        self.held_out = row_numbers(len(times))[times > 0]
        self._times = times[self.held_out, None].astype(np.float32)
        self.n_checkpoints = self._affordable_checkpoints()
        # Of one size: a network visits as many rows, and holds out as many, of each member,
        # whatever its group: the last bits of a product depend on how many rows it has.
        self.n_held_out = max(len(member.held_out) for member in members)
        self.n_rows = min(len(member.training) for member in members)
        if recipe.epoch_rows is not None:
            self.n_rows = min(self.n_rows, recipe.epoch_rows)
        n_groups = min(n_threads, len(members))
        bounds = [len(members) * g // n_groups for g in range(n_groups + 1)]
        self._groups = [
            _Group(self, table, members[start:stop]) for start, stop in itertools.pairwise(bounds)
        ]
        self.checkpoints: list[Checkpoint] = []
        self.epoch = 0  # that all members have been through

    def _affordable_checkpoints(self) -> int:
        """Those of the recipe, or as many as there is memory for."""
        each = len(self.held_out) * _row_bytes(self.n_classes, self.recipe)
        affordable = _checkpoint_bytes(self.samples) // max(each, 1)
        return max(1, min(self.recipe.n_checkpoints, affordable))

    def epochs(self) -> Generator[Epoch, None, None]:
        """Train, all members an epoch at a time; its validation loss is of the last checkpoint."""
        from threadpoolctl import threadpool_limits  # here, as predicting needs NumPy alone

        spread = np.linspace(0, self.recipe.epochs, self.n_checkpoints + 1)[1:]
        marks = set(np.ceil(spread).astype(int).tolist())
        loss = self._held_out_loss() if self.checkpoints else None
        with (
            # BLAS with threads of its own would fight with ours, and spin while small nets wait.
            threadpool_limits(limits=1, user_api="blas"),
            ThreadPoolExecutor(len(self._groups)) as pool,
        ):
            runs = [group.epochs() for group in self._groups]
            sizes = [len(group.members) for group in self._groups]
            for number in range(self.epoch + 1, self.recipe.epochs + 1):
                start = time.perf_counter()
                done = list(pool.map(next, runs))
                self.epoch = number
                train_loss = float(np.average([e.train_loss for e in done], weights=sizes))
                if number in marks:
                    self._check(number, pool)
                    loss = self._held_out_loss()
                    if not math.isfinite(loss):
                        del self.checkpoints[-1]
                        what = f"the loss of the rows held out became {loss}"
                        raise DivergenceError(what, number, 1, done[0].lr, train_loss)
                seconds = time.perf_counter() - start
                try:
                    yield Epoch(number, train_loss, done[0].lr, seconds, loss, self.recipe.epochs)
                except GeneratorExit:  # the caller has seen enough: keep what there is by now
                    if number not in marks:
                        self._check(number, pool)
                    raise

    def _check(self, number: int, pool: ThreadPoolExecutor) -> None:
        """Keep what all members are now."""
        P = np.zeros((self.n_families, len(self.held_out), self.n_classes), np.float32)
        for parts in pool.map(_Group.predict_held_out, self._groups):
            for member, own in parts:
                P[member.family, np.searchsorted(self.held_out, member.held_out)] += own
        P /= self._times
        theta = [group.network.theta.copy() for group in self._groups]
        self.checkpoints.append(Checkpoint(number, theta, list(P)))

    def _held_out_loss(self) -> float:
        """Log-loss of the rows held out, at the last checkpoint."""
        P = np.mean(self.checkpoints[-1].P, axis=0)
        return log_loss(self.samples.y[self.held_out], P)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """All that going on from here needs, for any number of threads: document and arrays."""
        groups = self._groups
        arrays: dict[str, NDArray[Any]] = {
            "theta": self._by_member([group.network.theta for group in groups]),
            "losses": np.array([group.losses for group in groups]),
        }
        for name in groups[0].optimizer.state:
            arrays[name] = self._by_member([group.optimizer.state[name] for group in groups])
        for i, checkpoint in enumerate(self.checkpoints):
            arrays[f"checkpoint.{i}.theta"] = self._by_member(checkpoint.theta)
            arrays[f"checkpoint.{i}.P"] = np.stack(checkpoint.P)
        document = {
            "epoch": self.epoch,
            "steps": groups[0].optimizer.t,
            "checkpoints": [checkpoint.epoch for checkpoint in self.checkpoints],
            "generators": [dict(member.rng.bit_generator.state) for member in self.members],
        }
        return document, arrays

    def restore(self, document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Be as an ensemble of the same recipe, samples and members was at its ``state``."""
        self.epoch, steps, losses = document["epoch"], document["steps"], arrays["losses"]
        if type(steps) is not int or steps < 1 or losses.shape[1:] != (self.epoch,):
            raise ValueError(f"{steps!r} steps, and losses of shape {losses.shape}")
        for member, state in zip(self.members, document["generators"], strict=True):
            member.rng.bit_generator.state = state
        if len(losses) != len(self._groups):  # by another number of threads, which parts them anew
            losses = np.tile(losses.mean(axis=0), (len(self._groups), 1))
        thetas = self._by_group(arrays["theta"])
        for g, group in enumerate(self._groups):
            np.copyto(group.network.theta, thetas[g])
            group.losses, group.optimizer.t = losses[g].tolist(), steps
        for name in self._groups[0].optimizer.moments:
            for group, moment in zip(self._groups, self._by_group(arrays[name]), strict=True):
                group.optimizer.state[name] = moment
        for i, number in enumerate(document["checkpoints"]):
            theta = self._by_group(arrays[f"checkpoint.{i}.theta"])
            P = arrays[f"checkpoint.{i}.P"]
            if P.shape != (self.n_families, len(self.held_out), self.n_classes):
                raise ValueError(f"checkpoint.{i}.P has shape {P.shape}")
            self.checkpoints.append(Checkpoint(number, theta, list(P)))

    def _by_member(self, thetas: Sequence[Array]) -> Array:
        """Vectors like each network's theta as (members, parameters)."""
        rows = [
            group.network.member(m, theta)
            for group, theta in zip(self._groups, thetas, strict=True)
            for m in range(len(group.members))
        ]
        return np.stack(rows)

    def _by_group(self, rows: Array) -> list[Array]:
        """Its inverse."""
        if len(rows) != len(self.members):
            raise ValueError(f"parameters of {len(rows)} nets, not of {len(self.members)}")
        thetas, own = [], iter(rows)
        for group in self._groups:
            theta = np.empty_like(group.network.theta)
            for m in range(len(group.members)):
                group.network.set_member(m, next(own), into=theta)
            thetas.append(theta)
        return thetas

    @property
    def candidates(self) -> list[Array]:
        """Probabilities of the rows held out: of each checkpoint, one family after the other."""
        return [P for checkpoint in self.checkpoints for P in checkpoint.P]

    def mixed(self, table: Table, shares: NDArray[np.float64]) -> tuple[Members, list[float]]:
        """The members that a mixture is made of, in one network, and their shares.

        Parameters
        ----------
        table : Table
        shares : array of shape (len(candidates),)
        """
        thetas: list[Array] = []
        weights: list[float] = []
        by_checkpoint = shares.reshape(len(self.checkpoints), self.n_families)
        for checkpoint, by_family in zip(self.checkpoints, by_checkpoint, strict=True):
            for group, theta in zip(self._groups, checkpoint.theta, strict=True):
                for m, member in enumerate(group.members):
                    if share := float(by_family[member.family]):
                        thetas.append(group.network.member(m, theta))
                        weights.append(share * self.n_families / len(self.members))
        recipe = replace(self.recipe, batch_size=1)
        network = build_network(recipe, table, self.n_classes, members=len(thetas))
        for m, theta in enumerate(thetas):
            network.set_member(m, theta)
        return network, weights


class _Group:
    """Members that train in one network."""

    def __init__(self, ensemble: Ensemble, table: Table, members: Sequence[Member]) -> None:
        self.recipe, self.samples = ensemble.recipe, ensemble.samples
        self.members, self.n_rows = list(members), ensemble.n_rows
        self.n_held_out = ensemble.n_held_out
        self.network = build_network(self.recipe, table, ensemble.n_classes, members=len(members))
        self.optimizer = build_optimizer(self.recipe, self.network)
        self.losses: list[float] = []  # of the epochs so far
        rngs = [member.rng for member in members]
        self.network.init(rngs)
        self._set_waves()
        if self.recipe.adapt:
            n = min(self.n_rows, ADAPT_ROWS)
            rows = np.stack([m.rng.permutation(m.training)[:n] for m in members])
            adapt(self.network, self.samples.X[rows], rngs)

    def _set_waves(self) -> None:
        """Stretch the frequencies that the embeddings drew, from a member's slowest to fastest."""
        for layer in self.network.layers:
            if isinstance(layer, PeriodicEmbedding):
                for w, member in zip(layer.w, self.members, strict=True):
                    slowest, fastest = self.recipe.waves[member.family]
                    w *= np.geomspace(slowest, fastest, layer.n_frequencies) / layer.sigma

    def epochs(self) -> Iterator[Epoch]:
        """Train for ever."""
        recipe, samples = self.recipe, self.samples
        steps = max(1, self.n_rows // recipe.batch_size)
        self._regularize(len(self.losses))
        for epoch in train(
            self.network,
            self.optimizer,
            samples.X,
            samples.y,
            batch_size=recipe.batch_size,
            orders=self._orders(),
            drop_last=True,
            schedule=CosLog(recipe.learning_rate, recipe.epochs * steps, recipe.n_waves),
            weight=samples.weight,
            past=tuple(self.losses),
        ):
            self.losses.append(epoch.train_loss)
            self._regularize(epoch.number)
            yield epoch

    def _regularize(self, number: int) -> None:
        """Set weight decay and dropout for the epoch after this one."""
        recipe = self.recipe
        self.optimizer.weight_decay = FlatCosine(recipe.weight_decay, recipe.epochs)(number)
        for layer in self.network.layers:
            if isinstance(layer, Dropout):
                layer.rate = FlatCosine(recipe.dropout, recipe.epochs)(number)

    def _orders(self) -> Iterator[RowNumbers]:
        """For each epoch, rows of each member, shuffled, as many of one as of the other."""
        most = max(len(member.training) for member in self.members)
        order = np.empty((len(self.members), most), self.members[0].training.dtype)
        while True:
            for own, member in zip(order, self.members, strict=True):
                own[: len(member.training)] = member.training
                member.rng.shuffle(own[: len(member.training)])
            yield order[:, : self.n_rows]

    def predict_held_out(self) -> list[tuple[Member, Array]]:
        """Of each member the probabilities of the rows it holds out."""
        if not any(len(member.held_out) for member in self.members):
            return []
        n = self.n_held_out
        rows = np.zeros((len(self.members), n), np.intp)  # what is lacking is filled by row 0
        for own, member in zip(rows, self.members, strict=True):
            own[: len(member.held_out)] = member.held_out
        P = np.empty((*rows.shape, self.network.n_out), np.float32)
        for start in range(0, n, PREDICTED_ROWS):
            block = slice(start, start + PREDICTED_ROWS)
            with np.errstate(over="ignore", invalid="ignore"):  # looked at by ``Ensemble.epochs``
                P[:, block] = self.network.predict(self.samples.X[rows[:, block]])
        return [
            (member, own[: len(member.held_out)])
            for own, member in zip(P, self.members, strict=True)
        ]


def measure_speed(
    recipe: Recipe, table: Table, n_classes: int, samples: Samples, n_threads: int
) -> Speed:
    """Train a net on each thread for a few batches, look at the rows held out, throw them away.

    Of all members that is their share: to try them all would take seconds where they are many.
    """
    rng = np.random.default_rng(0)
    members = share_rows(samples, n_classes, recipe, rng)
    share = min(n_threads, len(members)) / len(members)
    members = members[: min(n_threads, len(members))]
    rows = TRIED_STEPS * recipe.batch_size
    trial = replace(recipe, epochs=3, epoch_rows=rows, n_checkpoints=1, adapt=False)
    ensemble = Ensemble(trial, table, n_classes, samples, members, n_threads)
    _, usual, checked = (epoch.seconds for epoch in ensemble.epochs())  # the first one warms up
    steps = max(1, ensemble.n_rows // recipe.batch_size)
    return Speed(usual / steps / share, max(0.0, checked - usual) / share)
