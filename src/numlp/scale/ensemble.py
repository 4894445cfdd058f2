"""An ensemble whose nets learn from a table in partitions, in rounds on a cluster."""

import math
import time
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.stage import at
from ..ensemble.judged import JudgedEnsemble, Snapshot
from ..ensemble.recipe import Recipe
from ..ensemble.shares import SNAPSHOT_BYTES, row_bytes
from ..errors import DataError
from ..nn import DivergenceError, Epoch
from . import rounds
from .cluster import results, submit
from .rounds import Parameters, Stretch, Task
from .shards import HeldOut

Array = NDArray[np.float32]

FEWEST_IN_BATCH = 128  # rows of one replica's batch
USUAL_IN_BATCH = 512  # so many or more learn as fast as any number
USUAL_REPLICAS = 4  # where batches are large enough
STEPS = 64  # batches of a stretch: a round then takes far longer than it costs to begin one
FAN_IN = 16  # parts that one task joins or averages
MOST_AHEAD = 16  # rounds that are submitted together
SAME_ROUNDS = 2  # before a time limit is looked at: the first round warms up


@dataclass(frozen=True)
class Plan:
    """How many rows a task learns from, and how many tasks are in a round.

    Attributes
    ----------
    n_passes : int
        Passes over all rows.
    n_replicas : int
        Most stretches in a round.
    stretch_rows : int
        About as many rows are learned from in a task.
    parts : list of int
        The number of stretches that each shard has in a pass; 0 of an empty one.
    """

    n_passes: int
    n_replicas: int
    stretch_rows: int
    parts: list[int]

    @property
    def rounds_a_pass(self) -> int:
        """Rounds in which all rows are learned from once."""
        return max(1, math.ceil(sum(self.parts) / self.n_replicas))

    @property
    def n_rounds(self) -> int:
        """Rounds of the whole run."""
        return self.n_passes * self.rounds_a_pass

    def stretches(self, number: int, seed: int) -> list[Stretch]:
        """The stretches of a round, counted from 1: a pass goes through all of them, shuffled."""
        n_pass, place = divmod(number - 1, self.rounds_a_pass)
        ends = np.cumsum(self.parts)  # of the stretches of each shard, were all in one row
        order = np.random.default_rng([seed, n_pass]).permutation(int(ends[-1]))
        own = np.array_split(order, self.rounds_a_pass)[place]
        stretches = []
        shards = np.searchsorted(ends, own, "right")
        for i, shard in zip(own.tolist(), shards.tolist(), strict=True):
            n_parts = self.parts[shard]
            stretches.append(Stretch(shard, n_pass, i - int(ends[shard]) + n_parts, n_parts))
        return stretches


class Encoded(NamedTuple):
    """A table on a cluster.

    Attributes
    ----------
    shards : list of Future
        The encoded partitions.
    held : list of Future
        The rows that are held out and answered, in parts.
    answers : HeldOut
        The same rows without their matrix.
    """

    shards: list[Any]
    held: list[Any]
    answers: HeldOut


class PartitionedEnsemble(JudgedEnsemble):
    """Members that learn from partitions.

    Parameters
    ----------
    client : Client
    task : Task
    plan : Plan
    encoded : Encoded
    beginning : Future
        The nets before the first round.
    seconds_left : callable
        Gives the seconds left for training.

    Attributes
    ----------
    is_known : array of shape (n_held,)
        Which of the rows held out are of a class that the net that answers them has learned.
    """

    unit = "rounds"

    def __init__(
        self,
        client: Any,
        task: Task,
        plan: Plan,
        encoded: Encoded,
        beginning: Any,
        seconds_left: Callable[[], float],
    ) -> None:
        answers = encoded.answers
        recipe, known = task.recipe, _are_known(task, answers)
        if not known.any():
            raise DataError("no row is held out to choose by: give more rows")
        affordable = SNAPSHOT_BYTES // (int(known.sum()) * row_bytes(task.n_classes, recipe))
        n_snapshots = max(1, min(recipe.n_snapshots, plan.n_passes, affordable))
        super().__init__(
            recipe,
            task.table,
            task.n_classes,
            task.nets,
            answers.y[known].astype(np.intp),
            None if answers.weight is None else answers.weight[known],
            max(1, plan.stretch_rows // recipe.batch_size),
            n_snapshots,
        )
        self.held_out, self.is_known = np.arange(int(known.sum())), known
        self.plan, self.task = plan, task
        self._client, self._shards, self._held = client, encoded.shards, encoded.held
        self._seconds_left = seconds_left
        self._coming: deque[Any] = deque()  # the mean after each of the rounds under way
        (self._parameters,) = results(client, [beginning])

    def epochs(self) -> Generator[Epoch, None, None]:
        """Train all nets, round by round; the validation loss is that of the last snapshot."""
        loss = self.held_out_loss() if self.snapshots else None
        for number in range(self.epoch + 1, self.recipe.epochs + 1):
            if self.is_over or number > self.recipe.epochs:
                return
            at(f"training, round {number:,} of {self.recipe.epochs:,}")
            start = time.perf_counter()
            if not self._coming:
                self._send_rounds(number)
            (self._parameters,) = results(self._client, [self._coming.popleft()])
            self.epoch = number
            train_loss = float(self._parameters.losses.mean())
            if number in self.marks:
                self._take_snapshot(number)
                loss = self.held_out_loss()
                if math.isfinite(loss) and (band := self.judge()) is not None:
                    self._go_on_with(band)
            if loss is not None and not math.isfinite(loss):
                del self.snapshots[-1]
                what = f"the loss of the rows held out became {loss}"
                raise DivergenceError(what, number, 1, self.recipe.learning_rate, train_loss)
            seconds = time.perf_counter() - start
            self._fit_to_time(number, seconds)
            rate = rounds.rate_after(self.recipe, number)
            try:
                yield Epoch(number, train_loss, rate, seconds, loss, self.recipe.epochs)
            except GeneratorExit:  # the caller has seen enough: keep what there is by now
                if number not in self.marks:
                    self._take_snapshot(number)
                raise

    def _submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return submit(self._client, function, *arguments)

    def _given(self) -> tuple[Any, Any]:
        """What all tasks need, as futures: held by the scheduler, in no worker's memory alone."""
        return self._submit(rounds.same, self.task), self._submit(rounds.same, self._parameters)

    def _send_rounds(self, first: int) -> None:
        """Submit rounds up to the next snapshot, so that none waits for this process.

        What they come to is kept until it was had, so that what a lost worker held is computed anew
        from the first of these rounds at most.
        """
        last = min([mark for mark in self.marks if mark >= first] or [self.recipe.epochs])
        if first <= SAME_ROUNDS:
            last = min(last, SAME_ROUNDS)
        task, mean = self._given()
        for number in range(first, min(last, first + MOST_AHEAD - 1) + 1):
            learned = [
                self._submit(
                    rounds.learn_stretch, task, number, mean, stretch, self._shards[stretch.shard]
                )
                for stretch in self.plan.stretches(number, self.task.seed)
            ]
            while len(learned) > FAN_IN:  # or one worker would have the parameters of all replicas
                learned = [
                    self._submit(rounds.average, mean, *learned[start : start + FAN_IN])
                    for start in range(0, len(learned), FAN_IN)
                ]
            mean = self._submit(rounds.average, mean, *learned)
            self._coming.append(mean)

    def _take_snapshot(self, number: int) -> None:
        """Keep the weights of all nets, and their probabilities of the rows held out."""
        task, parameters = self._given()
        answers = [self._submit(rounds.answer, task, parameters, held) for held in self._held]
        P = np.concatenate(results(self._client, answers), axis=1)[:, self.is_known]
        by_band = dict(zip(self.bands, P, strict=True))
        self.snapshots.append(Snapshot(number, self._parameters.arrays["theta"], by_band))

    def _go_on_with(self, band: int) -> None:
        """Let the nets of one band train on alone."""
        kept = [net.band == band for net in self.trained]
        arrays = {name: rows[kept] for name, rows in self._parameters.arrays.items()}
        before = self._parameters
        self._parameters = Parameters(arrays, before.losses[kept], before.n_rows[kept])
        self.bands = [band]
        self.task = replace(self.task, nets=self.trained)

    def _fit_to_time(self, number: int, seconds: float) -> None:
        """Cut the run to the rounds that there is time for, judged by one that was typical."""
        if number != SAME_ROUNDS or not math.isfinite(self._seconds_left()):
            return
        affordable = number + max(0, int(self._seconds_left() / seconds))
        if affordable < self.recipe.epochs:
            self.cut(affordable)

    def cut(self, n_rounds: int) -> None:
        """Let the run have fewer rounds."""
        self.recipe = replace(self.recipe, epochs=n_rounds)
        self.task = replace(self.task, recipe=self.recipe)
        self.mark(min(self.n_snapshots, n_rounds))

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """All that is needed to resume training, with any number of workers: document, arrays."""
        taken, arrays = self.snapshots_state()
        document = {"epoch": self.epoch, **taken}
        return document, arrays | self._parameters.arrays | {"losses": self._parameters.losses}

    def restore(self, document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over the ``state`` of an ensemble of the same recipe and partitions."""
        self.epoch = document["epoch"]
        self.restore_snapshots(document, arrays)
        self.task = replace(self.task, nets=self.trained)
        shape = (len(self.trained), self._parameters.arrays["theta"].shape[1])
        own = {name: arrays[name] for name in self._parameters.arrays}
        for name, rows in own.items():
            if rows.shape != shape or rows.dtype != np.float32:
                raise ValueError(f"{name} has shape {rows.shape} and {rows.dtype}")
        nothing = np.zeros(len(self.trained), np.int64)
        self._parameters = Parameters(own, arrays["losses"], nothing)


def _are_known(task: Task, answers: HeldOut) -> NDArray[np.bool_]:
    """Which rows are of a class that each net that holds them out has learned a row of."""
    known = np.ones(len(answers), bool)
    for net, learned in zip(task.nets, answers.learned, strict=True):
        own = task.dealing.holds_out(net, answers.folds)
        known[own] &= learned[answers.y[own]] > 0
    return known


def planned(recipe: Recipe, rows: Sequence[int]) -> tuple[Recipe, Plan]:
    """The recipe of one replica, whose epochs are rounds, and the plan of the run.

    The batches of all replicas together are a batch of the recipe, so that the nets take as many
    steps one after the other as on one machine.

    Parameters
    ----------
    recipe : Recipe
        Of a table in memory with as many rows.
    rows : sequence of int
        Rows of each shard.
    """
    n_replicas = max(
        1,
        recipe.batch_size // USUAL_IN_BATCH,
        min(USUAL_REPLICAS, recipe.batch_size // FEWEST_IN_BATCH),
    )
    batch_size = recipe.batch_size // n_replicas
    stretch_rows = STEPS * batch_size
    parts = [math.ceil(n / stretch_rows) for n in rows]
    n_replicas = max(1, min(n_replicas, sum(parts)))
    plan = Plan(recipe.epochs, n_replicas, stretch_rows, parts)
    # Adam divides by the root of the mean square of gradients, which noise rules: in batches that
    # are R times smaller it is R times larger.  So steps would be √R times shorter, though the mean
    # of R replicas has no more noise than a whole batch.  What decays, decays as it would have.
    factor = math.sqrt(n_replicas)
    recipe = replace(
        recipe,
        learning_rate=recipe.learning_rate * factor,
        weight_decay=recipe.weight_decay / factor,
    )
    return replace(recipe, epochs=plan.n_rounds, batch_size=batch_size), plan
