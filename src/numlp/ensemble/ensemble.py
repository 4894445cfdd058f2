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
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.blas import one_blas_thread
from ..common.signals import signals_waiting
from ..common.stage import at
from ..data.samples import Samples
from ..data.splits import row_numbers
from ..nn import DivergenceError, Epoch
from ..table.table import Table
from .budget import Speed
from .group import MemberGroup, Stop, Visits, limited
from .holding_out import HoldingOut
from .judged import JudgedEnsemble, Snapshot
from .recipe import Recipe
from .shares import Member, row_bytes, share_rows, snapshot_bytes
from .texts import LogOdds, OwnColumns

Array = NDArray[np.float32]

TRIED_STEPS = 3  # batches of an epoch whose time is taken
PREDICTED_ROWS = 1024  # of all members together that are predicted at a time: they fit in cache
MOST_PREDICTED = 512  # of each member, since they are copied


class Ensemble(JudgedEnsemble):
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
        self.samples, self._n_threads = samples, n_threads
        times = np.zeros(len(samples.y), np.int16)  # that a row is held out, in each band
        for member in members:
            times[member.held_out] += member.band == 0  # other bands hold out the same
        self.held_out = row_numbers(len(times))[times > 0]
        self._times = times[self.held_out, None].astype(np.float32)
        n_fewest = min(len(member.training) for member in members)
        self.n_rows = n_fewest if n_rows is None else n_rows
        if recipe.epoch_rows is not None:
            self.n_rows = min(self.n_rows, recipe.epoch_rows)
        each = len(self.held_out) * row_bytes(n_classes, recipe)
        affordable = snapshot_bytes(samples) // max(each, 1)
        super().__init__(
            recipe,
            table,
            n_classes,
            members,
            samples.y[self.held_out].astype(np.intp),
            None if samples.weight is None else samples.weight[self.held_out],
            max(1, self.n_rows // recipe.batch_size),
            max(1, min(recipe.n_snapshots, affordable)),
        )
        self._visits = Visits(
            self.n_rows,
            n_fewest,
            max(len(member.held_out) for member in members),
            min(max(PREDICTED_ROWS // len(members), 1), MOST_PREDICTED),
        )
        self._log_odds = log_odds
        self._groups = self._grouped(is_new=True)

    def _grouped(self, *, is_new: bool) -> list[MemberGroup]:
        """The members that train, in a group for each thread."""
        trained, groups = self.trained, []
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
                    self.table,
                    self.n_classes,
                    self.samples,
                    members,
                    X,
                    self._visits,
                    is_new=is_new,
                )
            )
        return groups

    def epochs(self) -> Generator[Epoch, None, None]:
        """Train all members, epoch by epoch; the validation loss is that of the last snapshot."""
        loss = self.held_out_loss() if self.snapshots else None
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
                    if number in self.marks:
                        self._take_snapshot(number, pool, stop)
                        loss = self.held_out_loss()
                        if math.isfinite(loss) and (band := self.judge()) is not None:
                            self._go_on_with(band)
                            runs = []
                if loss is not None and not math.isfinite(loss):
                    del self.snapshots[-1]
                    what = f"the loss of the rows held out became {loss}"
                    raise DivergenceError(what, number, 1, lr, train_loss)
                seconds = time.perf_counter() - start
                try:
                    yield Epoch(number, train_loss, lr, seconds, loss, self.recipe.epochs)
                except GeneratorExit:  # the caller has seen enough: keep what there is by now
                    if number not in self.marks:
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
        theta = np.concatenate([group.theta for group in self._groups])
        self.snapshots.append(Snapshot(number, theta, P))

    def _go_on_with(self, band: int) -> None:
        """Let the members of one band train on alone."""
        kept = [member.band == band for member in self.trained]
        arrays = {name: rows[kept] for name, rows in self._by_members().items()}
        steps = self._groups[0].optimizer.t
        losses = np.array([group.losses for group in self._groups])
        self.bands = [band]
        self._groups = self._grouped(is_new=False)
        self._set(steps, losses, arrays)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """All that is needed to resume training, with any number of threads: document, arrays."""
        arrays: dict[str, NDArray[Any]] = dict(self._by_members())
        arrays["losses"] = np.array([group.losses for group in self._groups])
        taken, of_snapshots = self.snapshots_state()
        document = {
            "epoch": self.epoch,
            "steps": self._groups[0].optimizer.t,
            **taken,
            "generators": [dict(member.rng.bit_generator.state) for member in self.members],
        }
        return document, arrays | of_snapshots

    def restore(self, document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over the ``state`` of an ensemble of the same recipe, samples and members."""
        self.epoch, steps, losses = document["epoch"], document["steps"], arrays["losses"]
        if type(steps) is not int or steps < 1 or losses.shape[1:] != (self.epoch,):
            raise ValueError(f"{steps!r} steps, and losses of shape {losses.shape}")
        n_trained = len(self.trained)
        self.restore_snapshots(document, arrays)
        if len(self.trained) < n_trained:
            self._groups = self._grouped(is_new=False)
        for member, state in zip(self.members, document["generators"], strict=True):
            member.rng.bit_generator.state = state
        names = ("theta", *self._groups[0].optimizer.moments)
        self._set(steps, losses, {name: arrays[name] for name in names})

    def _set(self, steps: int, losses: NDArray[Any], arrays: Mapping[str, Array]) -> None:
        """Give the members that train what others of their number had after some steps."""
        if len(losses) != len(self._groups):  # another number of threads makes other groups
            losses = np.tile(losses.mean(axis=0), (len(self._groups), 1))
        if len(arrays["theta"]) != len(self.trained):
            raise ValueError(
                f"parameters of {len(arrays['theta'])} nets, not of {len(self.trained)}"
            )
        start = 0
        for group, own_losses in zip(self._groups, losses.tolist(), strict=True):
            stop = start + len(group.members)
            own = {name: rows[start:stop] for name, rows in arrays.items()}
            group.take_over(own, steps, own_losses)
            start = stop

    def _by_members(self) -> dict[str, Array]:
        """The parameters of the members that train, and their moments: a row each."""
        of_groups = [group.parameters() for group in self._groups]
        return {name: np.concatenate([own[name] for own in of_groups]) for name in of_groups[0]}


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
