"""An ensemble of nets on one table: which rows each learns from, and their training in step.

Each net is a *member*: it holds a part of the rows out, or learns from all.  Members train side by
side in networks with a members' axis, one network for each thread.  What a member learns depends on
its own generator alone, so the result is the same for any number of threads.

The members of one *band* start their embeddings with the frequencies of that band
(``Recipe.frequency_bands``).  A *snapshot* holds the weights of all members after an epoch.  At
some points of a run (``Recipe.judged_at``) the best band goes on alone, where the others are hardly
needed, and the run ends where it gains nothing more.
"""

import itertools
import math
import time
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.blas import one_blas_thread
from ..common.signals import signals_waiting
from ..common.stage import at
from ..data.samples import Samples
from ..data.splits import row_numbers
from ..metrics.scores import losses
from ..nn import DivergenceError, Epoch, Members
from ..storage.stored_names import SNAPSHOTS, snapshot_array
from ..table.table import Table
from .bands import best_alone, mixture_loss
from .budget import Speed
from .group import MemberGroup, Stop, Visits, limited
from .holding_out import HoldingOut
from .recipe import Recipe, as_trained
from .shares import Member, row_bytes, share_rows, snapshot_bytes
from .texts import LogOdds, OwnColumns

Array = NDArray[np.float32]

TRIED_STEPS = 3  # batches of an epoch whose time is taken
FEWEST_JUDGING = 500  # rows held out by which it is judged what to go on with
FEWEST_STEPS = 200  # before it is: at first slow frequencies are always better
PREDICTED_ROWS = 1024  # of all members together that are predicted at a time: they fit in cache
MOST_PREDICTED = 512  # of each member, since they are copied


@dataclass(frozen=True)
class Snapshot:
    """The members after one epoch.

    Attributes
    ----------
    epoch : int
    theta : array of shape (n_members, n_params)
        Parameters of each member that trained.
    P : dict of int to array of shape (n_held_out, n_classes)
        For each band that trained, probabilities of the rows held out: of a row the mean over the
        members that hold it out.
    """

    epoch: int
    theta: Array
    P: dict[int, Array]


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
    bands : list of int
        Those whose members train.
    held_out : array of row numbers
        Rows that at least one member holds out, sorted.
    snapshots : list of Snapshot
        Those taken so far.
    epoch : int
        The last epoch that all members have been through.
    is_over : bool
        Whether the run has ended, as it gained nothing more.
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
        self.members, self.bands = list(members), [*range(len(recipe.frequency_bands))]
        self._table, self._n_threads = table, n_threads
        times = np.zeros(len(samples.y), np.int16)  # that a row is held out, in each band
        for member in members:
            times[member.held_out] += member.band == 0  # other bands hold out the same
        self.held_out = row_numbers(len(times))[times > 0]
        self._times = times[self.held_out, None].astype(np.float32)
        self.n_snapshots = self._affordable_snapshots()
        n_fewest = min(len(member.training) for member in members)
        self.n_rows = n_fewest if n_rows is None else n_rows
        if recipe.epoch_rows is not None:
            self.n_rows = min(self.n_rows, recipe.epoch_rows)
        self._visits = Visits(
            self.n_rows,
            n_fewest,
            max(len(member.held_out) for member in members),
            min(max(PREDICTED_ROWS // len(members), 1), MOST_PREDICTED),
        )
        self._log_odds = log_odds
        self._groups = self._grouped(is_new=True)
        self.snapshots: list[Snapshot] = []
        self.epoch, self.is_over = 0, False

    def _grouped(self, *, is_new: bool) -> list[MemberGroup]:
        """The members that train, in a group for each thread."""
        trained, groups = self._trained, []
        n_groups = min(self._n_threads, len(trained))
        bounds = [len(trained) * g // n_groups for g in range(n_groups + 1)]
        for start, stop in itertools.pairwise(bounds):
            members, X = trained[start:stop], self.samples.X
            if self._log_odds is not None:
                own = self._log_odds.of_nets([member.training for member in members])
                X = OwnColumns(X, self._log_odds.places, own)
            groups.append(
                MemberGroup(
                    self.recipe,
                    self._table,
                    self.n_classes,
                    self.samples,
                    members,
                    X,
                    self._visits,
                    is_new=is_new,
                )
            )
        return groups

    def _affordable_snapshots(self) -> int:
        """The number of snapshots of the recipe, or as many as there is memory for."""
        each = len(self.held_out) * row_bytes(self.n_classes, self.recipe)
        affordable = snapshot_bytes(self.samples) // max(each, 1)
        return max(1, min(self.recipe.n_snapshots, affordable))

    def epochs(self) -> Generator[Epoch, None, None]:
        """Train all members, epoch by epoch; the validation loss is that of the last snapshot."""
        spread = np.linspace(0, self.recipe.epochs, self.n_snapshots + 1)[1:]
        marks = set(np.ceil(spread).astype(int).tolist())  # epochs after which one is taken
        feet = self._feet(marks)
        loss = self._held_out_loss() if self.snapshots else None
        with ThreadPoolExecutor(len(self._groups)) as pool, Stop() as stop:
            runs: list[Iterator[Epoch]] = []
            at(f"training, epoch {self.epoch + 1} of {self.recipe.epochs}")
            for number in range(self.epoch + 1, self.recipe.epochs + 1):
                if self.is_over:
                    return
                start = time.perf_counter()
                runs = runs or [limited(group.epochs(stop)) for group in self._groups]
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
                        if number in feet[1:] and math.isfinite(loss) and self._judge(feet):
                            runs = []
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

    def _take_snapshot(self, number: int, pool: ThreadPoolExecutor, stop: Stop) -> None:
        """Keep the weights of all members, and their probabilities of the rows held out."""
        shape = len(self.held_out), self.n_classes
        P = {band: np.zeros(shape, np.float32) for band in self.bands}
        for predicted in pool.map(lambda group: group.predict_held_out(stop), self._groups):
            for member, own in predicted:
                P[member.band][np.searchsorted(self.held_out, member.held_out)] += own
        for own in P.values():
            own /= self._times
        theta = self._by_member([group.network.theta for group in self._groups])
        self.snapshots.append(Snapshot(number, theta, P))

    def _held_out_loss(self) -> float:
        """Log-loss of the rows held out, by the last snapshot."""
        P = np.mean([*self.snapshots[-1].P.values()], axis=0)
        return float(losses(self.samples.y[self.held_out], P).mean())

    def _feet(self, marks: Set[int]) -> list[int]:
        """The epochs at which it is judged what to go on with: those of the last snapshots before.

        The first is there to be compared with; there are none where too little is known to judge.
        """
        recipe, steps = self.recipe, max(1, self.n_rows // self.recipe.batch_size)
        ends = [share * recipe.epochs for share in recipe.judged_at]
        feet = [max((mark for mark in marks if mark <= end), default=0) for end in ends]
        if len(self.held_out) < FEWEST_JUDGING or 0 in feet or len(set(feet)) < len(feet):
            return []
        return [foot for foot in feet if foot == feet[0] or foot * steps >= FEWEST_STEPS]

    def _judge(self, feet: Sequence[int]) -> bool:
        """End the run if it gains nothing more; return whether other members go on than before."""
        y, weight = self.answers_held_out
        foot = feet.index(self.epoch)
        earlier = [P for s in self.snapshots if s.epoch <= feet[foot - 1] for P in s.P.values()]
        before, now = (mixture_loss(P, y, weight) for P in (earlier, self.predictions))
        self.is_over = now > (1 - self.recipe.end_gain) * before
        if self.is_over:
            return False
        by_band = {band: [snap.P[band] for snap in self.snapshots] for band in self.bands}
        gain = self.recipe.drop_gains[foot - len(feet)]  # the last for the last
        best = best_alone(by_band, y, weight, gain)
        if best is None:
            return False
        kept = [member.band == best for member in self._trained]
        arrays = {name: rows[kept] for name, rows in self._by_members().items()}
        steps = self._groups[0].optimizer.t
        losses = np.array([group.losses for group in self._groups])
        self.bands = [best]
        self._groups = self._grouped(is_new=False)
        self._set(steps, losses, arrays)
        return True

    @property
    def answers_held_out(self) -> tuple[NDArray[np.intp], Array | None]:
        """The class, and the weight if there are any, of each of the rows held out."""
        weight = self.samples.weight
        y = self.samples.y[self.held_out].astype(np.intp)
        return y, None if weight is None else weight[self.held_out]

    @property
    def _trained(self) -> list[Member]:
        """The members that train, in their order."""
        return [member for member in self.members if member.band in self.bands]

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """All that is needed to resume training, with any number of threads: document, arrays."""
        arrays: dict[str, NDArray[Any]] = dict(self._by_members())
        arrays["losses"] = np.array([group.losses for group in self._groups])
        for i, snapshot in enumerate(self.snapshots):
            arrays[snapshot_array(i, "theta")] = snapshot.theta
            arrays[snapshot_array(i, "P")] = np.stack([*snapshot.P.values()])
        document = {
            "epoch": self.epoch,
            "steps": self._groups[0].optimizer.t,
            "bands": self.bands,
            "is_over": self.is_over,
            SNAPSHOTS: [snapshot.epoch for snapshot in self.snapshots],
            "snapshot_bands": [[*snapshot.P] for snapshot in self.snapshots],
            "generators": [dict(member.rng.bit_generator.state) for member in self.members],
        }
        return document, arrays

    def restore(self, document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over the ``state`` of an ensemble of the same recipe, samples and members."""
        self.epoch, steps, losses = document["epoch"], document["steps"], arrays["losses"]
        if type(steps) is not int or steps < 1 or losses.shape[1:] != (self.epoch,):
            raise ValueError(f"{steps!r} steps, and losses of shape {losses.shape}")
        all_bands, self.is_over = self.bands, bool(document["is_over"])
        if document["bands"] != all_bands:
            self.bands = _some_of(all_bands, document["bands"])
            self._groups = self._grouped(is_new=False)
        for member, state in zip(self.members, document["generators"], strict=True):
            member.rng.bit_generator.state = state
        names = ("theta", *self._groups[0].optimizer.moments)
        self._set(steps, losses, {name: arrays[name] for name in names})
        numbers = zip(document[SNAPSHOTS], document["snapshot_bands"], strict=True)
        for i, (number, found) in enumerate(numbers):
            bands = _some_of(all_bands, found)
            n_trained = sum(member.band in bands for member in self.members)
            for what, shape in (
                ("theta", (n_trained, arrays["theta"].shape[1])),
                ("P", (len(bands), len(self.held_out), self.n_classes)),
            ):
                if arrays[name := snapshot_array(i, what)].shape != shape:
                    raise ValueError(f"{name} has shape {arrays[name].shape}")
            P = dict(zip(bands, arrays[snapshot_array(i, "P")], strict=True))
            self.snapshots.append(Snapshot(number, arrays[snapshot_array(i, "theta")], P))

    def _set(self, steps: int, losses: NDArray[Any], arrays: Mapping[str, Array]) -> None:
        """Give the members that train what others of their number had after some steps."""
        if len(losses) != len(self._groups):  # another number of threads makes other groups
            losses = np.tile(losses.mean(axis=0), (len(self._groups), 1))
        for g, (group, theta) in enumerate(
            zip(self._groups, self._by_group(arrays["theta"]), strict=True)
        ):
            np.copyto(group.network.theta, theta)
            group.losses, group.optimizer.t = losses[g].tolist(), steps
        for name in self._groups[0].optimizer.moments:
            for group, moment in zip(self._groups, self._by_group(arrays[name]), strict=True):
                group.optimizer.state[name] = moment

    def _by_members(self) -> dict[str, Array]:
        """The parameters of the members that train, and their moments: a row each."""
        arrays = {"theta": self._by_member([group.network.theta for group in self._groups])}
        for name in self._groups[0].optimizer.state:
            arrays[name] = self._by_member([group.optimizer.state[name] for group in self._groups])
        return arrays

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
        if len(rows) != len(self._trained):
            raise ValueError(f"parameters of {len(rows)} nets, not of {len(self._trained)}")
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
        return [P for snapshot in self.snapshots for P in snapshot.P.values()]

    def by_snapshot(
        self, shares: NDArray[np.float64]
    ) -> Iterator[tuple[Snapshot, dict[int, float]]]:
        """Each snapshot, with the share that each of its bands has in a mixture of all.

        Parameters
        ----------
        shares : array of shape (len(predictions),)
            The share of each of ``predictions`` in the mixture.
        """
        left = iter(shares.tolist())
        for snapshot in self.snapshots:
            yield snapshot, dict(zip(snapshot.P, left, strict=False))

    def mixed(self, shares: NDArray[np.float64]) -> tuple[Members, list[float]]:
        """The members that a mixture is made of, in one network, and their shares.

        Parameters
        ----------
        shares : array of shape (len(predictions),)
            The share of each of ``predictions`` in the mixture.
        """
        thetas: list[Array] = []
        weights: list[float] = []
        n_kept = Counter(member.band for member in self.members if member.is_kept)
        for snapshot, by_band in self.by_snapshot(shares):
            trained = [member for member in self.members if member.band in by_band]
            for member, theta in zip(trained, snapshot.theta, strict=True):
                if member.is_kept and (share := by_band[member.band]):
                    thetas.append(theta)
                    weights.append(share / n_kept[member.band])
        recipe = replace(self.recipe, batch_size=1)
        return as_trained(recipe, self._table, self.n_classes, thetas), weights


def _some_of(bands: Sequence[int], found: Any) -> list[int]:
    """Some of the bands, in their order, as a file has them; a ValueError for others."""
    if not isinstance(found, list) or not found or found != [b for b in bands if b in found]:
        raise ValueError(f"bands {found!r} of {bands!r}")
    return found


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
