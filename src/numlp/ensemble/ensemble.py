"""An ensemble of nets on one table: which rows each learns from, and their training in step.

Each net is a *member*: it holds a part of the rows out, or learns from all.  Members train side by
side in networks with a members' axis, one network for each thread.  What a member learns depends on
its own generator alone, so the result is the same for any number of threads.

The members of one *band* start their embeddings with the frequencies of that band
(``Recipe.frequency_bands``).  A *snapshot* holds the weights of all members after an epoch.
"""

import itertools
import math
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..common.blas import on_one_blas_thread, one_blas_thread
from ..common.signals import signals_waiting
from ..common.stage import at
from ..data.samples import Samples
from ..data.splits import RowNumbers, row_numbers
from ..metrics.scores import losses
from ..nn import (
    CosLog,
    DivergenceError,
    Dropout,
    Epoch,
    FlatCosine,
    Members,
    PeriodicEmbedding,
    Schedule,
    adapt,
    train,
)
from ..storage.stored_names import SNAPSHOTS, snapshot_array
from ..table.table import Table
from .budget import Speed
from .holding_out import HoldingOut
from .recipe import Recipe, build_network, build_optimizer
from .shares import Member, row_bytes, share_rows, snapshot_bytes
from .texts import LogOdds, OwnColumns

Array = NDArray[np.float32]

ADAPT_ROWS = 1000  # of a net's training rows, to which its starting weights are fitted
TRIED_STEPS = 3  # batches of an epoch whose time is taken
PREDICTED_ROWS = 1024  # of all members together that are predicted at a time: they fit in cache
MOST_PREDICTED = 512  # of each member, since they are copied


@dataclass(frozen=True)
class Snapshot:
    """The members after one epoch.

    Attributes
    ----------
    epoch : int
    theta : list of array
        Parameters of each network.
    P : list of array of shape (n_held_out, n_classes)
        For each band, probabilities of the rows held out: of a row the mean over the members that
        hold it out.
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
        Number of networks that train side by side, each with its share of the members.
    log_odds : LogOdds, optional
        What the words of texts say, where any are read.
    n_rows : int, optional
        Number of rows that each member visits in an epoch, some of them again where it has fewer;
        by default as many as the member has that learns from fewest.

    Attributes
    ----------
    held_out : array of row numbers
        Rows that at least one member holds out, sorted.
    snapshots : list of Snapshot
        Those taken so far.
    epoch : int
        The last epoch that all members have been through.
    """

    def __init__(
        self,
        recipe: Recipe,
        table: Table,
        n_classes: int,
        samples: Samples,
        members: Sequence[Member],
        n_threads: int,
        n_rows: int | None = None,
        log_odds: LogOdds | None = None,
    ) -> None:
        self.recipe, self.samples, self.n_classes = recipe, samples, n_classes
        self.members, self.n_bands = list(members), len(recipe.frequency_bands)
        self.n_kept = sum(member.is_kept for member in members)
        times = np.zeros(len(samples.y), np.int16)  # that a row is held out, in each band
        for member in members:
            times[member.held_out] += member.band == 0  # other bands hold out the same
        self.held_out = row_numbers(len(times))[times > 0]
        self._times = times[self.held_out, None].astype(np.float32)
        self.n_snapshots = self._affordable_snapshots()
        # All members visit as many rows, and predict as many, whatever group they are in: the last
        # bits of a product depend on how many rows it has.
        self.n_held_out = max(len(member.held_out) for member in members)
        self.predicted_rows = min(max(PREDICTED_ROWS // len(members), 1), MOST_PREDICTED)
        self.n_fewest = min(len(member.training) for member in members)
        self.n_rows = self.n_fewest if n_rows is None else n_rows
        if recipe.epoch_rows is not None:
            self.n_rows = min(self.n_rows, recipe.epoch_rows)
        n_groups = min(n_threads, len(members))
        bounds = [len(members) * g // n_groups for g in range(n_groups + 1)]
        matrices: list[Any] = [samples.X] * n_groups
        if log_odds is not None:
            own = log_odds.of_nets([member.training for member in members])
            matrices = [
                OwnColumns(samples.X, log_odds.places, own[start:stop])
                for start, stop in itertools.pairwise(bounds)
            ]
        self._groups = [
            _Group(self, table, members[start:stop], X)
            for (start, stop), X in zip(itertools.pairwise(bounds), matrices, strict=True)
        ]
        self.snapshots: list[Snapshot] = []
        self.epoch = 0

    def _affordable_snapshots(self) -> int:
        """The number of snapshots of the recipe, or as many as there is memory for."""
        each = len(self.held_out) * row_bytes(self.n_classes, self.recipe)
        affordable = snapshot_bytes(self.samples) // max(each, 1)
        return max(1, min(self.recipe.n_snapshots, affordable))

    def epochs(self) -> Generator[Epoch, None, None]:
        """Train all members, epoch by epoch; the validation loss is that of the last snapshot."""
        spread = np.linspace(0, self.recipe.epochs, self.n_snapshots + 1)[1:]
        marks = set(np.ceil(spread).astype(int).tolist())  # epochs after which one is taken
        loss = self._held_out_loss() if self.snapshots else None
        with ThreadPoolExecutor(len(self._groups)) as pool, _Stop() as stop:
            runs = [_limited(group.epochs(stop)) for group in self._groups]
            at(f"training, epoch {self.epoch + 1} of {self.recipe.epochs}")
            for number in range(self.epoch + 1, self.recipe.epochs + 1):
                start = time.perf_counter()
                with one_blas_thread():  # left before the yield
                    with signals_waiting():  # the pool knows each thread that was started
                        done = pool.map(next, runs)
                    lr = [epoch.lr for epoch in done][-1]  # of all that run, which have one rate
                    self.epoch = number
                    # The mean is over members, not over groups: it has the same last digits with
                    # any number of groups.
                    losses = np.concatenate([group.member_losses for group in self._groups])
                    train_loss = float(losses.mean())
                    if number in marks:
                        self._take_snapshot(number, pool, stop)
                        loss = self._held_out_loss()
                if loss is not None and not math.isfinite(loss):
                    del self.snapshots[-1]
                    what = f"the loss of the rows held out became {loss}"
                    raise DivergenceError(what, number, 1, lr, train_loss)
                seconds = time.perf_counter() - start
                try:
                    yield Epoch(number, train_loss, lr, seconds, loss, self.recipe.epochs)
                except GeneratorExit:  # the caller has seen enough: keep what there is by now
                    if number not in marks:
                        self._take_snapshot(number, pool, stop)
                    raise

    def _take_snapshot(self, number: int, pool: ThreadPoolExecutor, stop: "_Stop") -> None:
        """Keep the weights of all members, and their probabilities of the rows held out."""
        P = np.zeros((self.n_bands, len(self.held_out), self.n_classes), np.float32)
        for predicted in pool.map(lambda group: group.predict_held_out(stop), self._groups):
            for member, own in predicted:
                P[member.band, np.searchsorted(self.held_out, member.held_out)] += own
        P /= self._times
        theta = [group.network.theta.copy() for group in self._groups]
        self.snapshots.append(Snapshot(number, theta, list(P)))

    def _held_out_loss(self) -> float:
        """Log-loss of the rows held out, by the last snapshot."""
        P = np.mean(self.snapshots[-1].P, axis=0)
        return float(losses(self.samples.y[self.held_out], P).mean())

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """All that is needed to resume training, with any number of threads: document, arrays."""
        groups = self._groups
        arrays: dict[str, NDArray[Any]] = {
            "theta": self._by_member([group.network.theta for group in groups]),
            "losses": np.array([group.losses for group in groups]),
        }
        for name in groups[0].optimizer.state:
            arrays[name] = self._by_member([group.optimizer.state[name] for group in groups])
        for i, snapshot in enumerate(self.snapshots):
            arrays[snapshot_array(i, "theta")] = self._by_member(snapshot.theta)
            arrays[snapshot_array(i, "P")] = np.stack(snapshot.P)
        document = {
            "epoch": self.epoch,
            "steps": groups[0].optimizer.t,
            SNAPSHOTS: [snapshot.epoch for snapshot in self.snapshots],
            "generators": [dict(member.rng.bit_generator.state) for member in self.members],
        }
        return document, arrays

    def restore(self, document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over the ``state`` of an ensemble of the same recipe, samples and members."""
        self.epoch, steps, losses = document["epoch"], document["steps"], arrays["losses"]
        if type(steps) is not int or steps < 1 or losses.shape[1:] != (self.epoch,):
            raise ValueError(f"{steps!r} steps, and losses of shape {losses.shape}")
        for member, state in zip(self.members, document["generators"], strict=True):
            member.rng.bit_generator.state = state
        if len(losses) != len(self._groups):  # another number of threads makes other groups
            losses = np.tile(losses.mean(axis=0), (len(self._groups), 1))
        thetas = self._by_group(arrays["theta"])
        for g, group in enumerate(self._groups):
            np.copyto(group.network.theta, thetas[g])
            group.losses, group.optimizer.t = losses[g].tolist(), steps
        for name in self._groups[0].optimizer.moments:
            for group, moment in zip(self._groups, self._by_group(arrays[name]), strict=True):
                group.optimizer.state[name] = moment
        for i, number in enumerate(document[SNAPSHOTS]):
            theta = self._by_group(arrays[snapshot_array(i, "theta")])
            P = arrays[name := snapshot_array(i, "P")]
            if P.shape != (self.n_bands, len(self.held_out), self.n_classes):
                raise ValueError(f"{name} has shape {P.shape}")
            self.snapshots.append(Snapshot(number, theta, list(P)))

    def _by_member(self, thetas: Sequence[Array]) -> Array:
        """Gather one row a member from vectors like each network's theta."""
        rows = [
            group.network.member(m, theta)
            for group, theta in zip(self._groups, thetas, strict=True)
            for m in range(len(group.members))
        ]
        return np.stack(rows)

    def _by_group(self, rows: Array) -> list[Array]:
        """Scatter one row a member into vectors like each theta: the inverse of ``_by_member``."""
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
    def predictions(self) -> list[Array]:
        """Probabilities of the rows held out: for each snapshot, one array for each band."""
        return [P for snapshot in self.snapshots for P in snapshot.P]

    def mixed(self, table: Table, shares: NDArray[np.float64]) -> tuple[Members, list[float]]:
        """The members that a mixture is made of, in one network, and their shares.

        Parameters
        ----------
        table : Table
        shares : array of shape (len(predictions),)
            The share of each of ``predictions`` in the mixture.
        """
        thetas: list[Array] = []
        weights: list[float] = []
        by_snapshot = shares.reshape(len(self.snapshots), self.n_bands)
        for snapshot, by_band in zip(self.snapshots, by_snapshot, strict=True):
            for group, theta in zip(self._groups, snapshot.theta, strict=True):
                for m, member in enumerate(group.members):
                    if member.is_kept and (share := float(by_band[member.band])):
                        thetas.append(group.network.member(m, theta))
                        weights.append(share * self.n_bands / self.n_kept)
        recipe = replace(self.recipe, batch_size=1)
        network = build_network(recipe, table, self.n_classes, members=len(thetas))
        for m, theta in enumerate(thetas):
            network.set_member(m, theta)
        return network, weights


class _Stop:
    """Ends the threads that train between two batches, once its ``with`` block is left.

    Else who leaves the block, above all by Ctrl-C, would wait for the end of their epoch.
    """

    def __init__(self) -> None:
        self._asked = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._asked = True

    def check(self) -> None:
        """Raise CancelledError where the block was left."""
        if self._asked:
            raise CancelledError


@dataclass
class _UntilStopped(Schedule):
    """A schedule that ends the training where it asks for the learning rate of a batch."""

    schedule: Schedule
    stop: _Stop

    def __call__(self, step: int) -> float:
        self.stop.check()
        return self.schedule(step)


class _Group:
    """Members that train in one network."""

    def __init__(self, ensemble: Ensemble, table: Table, members: Sequence[Member], X: Any) -> None:
        self.recipe, self.samples, self.X = ensemble.recipe, ensemble.samples, X
        self.members, self.n_rows = list(members), ensemble.n_rows
        self.n_fewest = ensemble.n_fewest
        self.n_held_out, self.predicted_rows = ensemble.n_held_out, ensemble.predicted_rows
        self.network = build_network(self.recipe, table, ensemble.n_classes, members=len(members))
        self.optimizer = build_optimizer(self.recipe, self.network)
        self.losses: list[float] = []  # of the epochs done
        self.member_losses = np.zeros(len(members))  # of the last epoch
        rngs = [member.rng for member in members]
        self.network.init(rngs)
        self._set_frequencies()
        if self.recipe.adapt:
            n = min(self.n_rows, self.n_fewest, ADAPT_ROWS)
            rows = np.stack([m.rng.permutation(m.training)[:n] for m in members])
            adapt(self.network, self.X[rows], rngs)

    def _set_frequencies(self) -> None:
        """Stretch the frequencies that the embeddings drew over each member's frequency band."""
        for layer in self.network.layers:
            if isinstance(layer, PeriodicEmbedding):
                for w, member in zip(layer.w, self.members, strict=True):
                    slowest, fastest = self.recipe.frequency_bands[member.band]
                    w *= np.geomspace(slowest, fastest, layer.n_frequencies) / layer.sigma

    def epochs(self, stop: _Stop) -> Iterator[Epoch]:
        """Train without an end; the caller stops asking for epochs, or stops one under way."""
        recipe, samples = self.recipe, self.samples
        steps = max(1, self.n_rows // recipe.batch_size)
        self._regularize(len(self.losses))
        self.network.losses.fill(0.0)
        schedule = CosLog(recipe.learning_rate, recipe.epochs * steps, recipe.lr_cycles)
        for epoch in train(
            self.network,
            self.optimizer,
            self.X,
            samples.y,
            batch_size=recipe.batch_size,
            orders=self._orders(),
            drop_last=True,
            schedule=_UntilStopped(schedule, stop),
            weight=samples.weight,
            past=tuple(self.losses),
        ):
            self.losses.append(epoch.train_loss)
            self.member_losses = self.network.losses / steps
            self.network.losses.fill(0.0)
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
        """Shuffled rows of each member for each epoch, as many for one member as for another."""
        most = max(len(member.training) for member in self.members)
        width = max(most, self.n_rows)
        order = np.empty((len(self.members), width), self.members[0].training.dtype)
        while True:
            for own, member in zip(order, self.members, strict=True):
                n = len(member.training)
                own[:n] = member.training
                member.rng.shuffle(own[:n])
                for start in range(n, self.n_rows, n):  # rows that are visited again
                    again = member.rng.permutation(member.training)
                    own[start : start + n] = again[: width - start]
            yield order[:, : self.n_rows]

    @on_one_blas_thread
    def predict_held_out(self, stop: _Stop) -> list[tuple[Member, Array]]:
        """Each member with its probabilities of the rows that it holds out."""
        if not any(len(member.held_out) for member in self.members):
            return []
        n = self.n_held_out
        rows = np.zeros((len(self.members), n), np.intp)  # row 0 fills the shorter lists
        for own, member in zip(rows, self.members, strict=True):
            own[: len(member.held_out)] = member.held_out
        P = np.empty((*rows.shape, self.network.n_out), np.float32)
        for start in range(0, n, self.predicted_rows):
            stop.check()
            block = slice(start, start + self.predicted_rows)
            with np.errstate(over="ignore", invalid="ignore"):  # ``epochs`` checks
                P[:, block] = self.network.predict(self.X[rows[:, block]])
        return [
            (member, own[: len(member.held_out)])
            for own, member in zip(P, self.members, strict=True)
        ]


def _limited(epochs: Iterator[Epoch]) -> Iterator[Epoch]:
    """Yield the epochs, each of which is computed within the limit on BLAS of its own thread."""
    while True:
        with one_blas_thread():
            epoch = next(epochs)
        yield epoch


def measure_speed(
    recipe: Recipe,
    table: Table,
    n_classes: int,
    samples: Samples,
    n_threads: int,
    holding: HoldingOut | None = None,
) -> Speed:
    """Seconds of a step and of a snapshot, by training a net on each thread for a few batches.

    The nets are thrown away.  The time of all members is computed from theirs: to try all would
    take seconds where they are many.
    """
    rng = np.random.default_rng(0)
    members = share_rows(samples, n_classes, recipe, rng, holding)
    share = min(n_threads, len(members)) / len(members)
    members = members[: min(n_threads, len(members))]
    rows = TRIED_STEPS * recipe.batch_size
    trial = replace(recipe, epochs=3, epoch_rows=rows, n_snapshots=1, adapt=False)
    ensemble = Ensemble(trial, table, n_classes, samples, members, n_threads)
    _, usual, last = (epoch.seconds for epoch in ensemble.epochs())  # the first one warms up
    steps = max(1, ensemble.n_rows // recipe.batch_size)
    return Speed(usual / steps / share, max(0.0, last - usual) / share)
