"""Members that train in one network: an ensemble has such a group for each thread."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..common.blas import on_one_blas_thread, one_blas_thread
from ..data.samples import Samples
from ..data.splits import RowNumbers
from ..nn import (
    CosLog,
    Dropout,
    Epoch,
    FlatCosine,
    PeriodicEmbedding,
    Schedule,
    adapt,
    train,
)
from ..table.table import Table
from .recipe import Recipe, build_network, build_optimizer
from .shares import Member

Array = NDArray[np.float32]

ADAPT_ROWS = 1000  # of a net's training rows, to which its starting weights are fitted


@dataclass(frozen=True)
class Visits:
    """How many rows each member visits, and predicts at a time, whatever group it is in.

    The last bits of a product depend on how many rows it has.

    Attributes
    ----------
    n_rows : int
        In an epoch.
    n_fewest : int
        That the member learns from which has fewest.
    n_held_out : int
        That the member holds out which has most.
    predicted_rows : int
        At a time.
    """

    n_rows: int
    n_fewest: int
    n_held_out: int
    predicted_rows: int


class Stop:
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
    stop: Stop

    def __call__(self, step: int) -> float:
        self.stop.check()
        return self.schedule(step)


class MemberGroup:
    """Members that train in one network.

    Parameters
    ----------
    recipe : Recipe
    table : Table
    n_classes : int
    samples : Samples
    members : sequence of Member
    X : array of shape (n, width), or OwnColumns
        The rows that the members learn from.
    visits : Visits
    is_new : bool
        Whether they start to learn; else they get parameters that others had, and their generators
        are at their place.
    """

    def __init__(
        self,
        recipe: Recipe,
        table: Table,
        n_classes: int,
        samples: Samples,
        members: Sequence[Member],
        X: Any,
        visits: Visits,
        *,
        is_new: bool,
    ) -> None:
        self.recipe, self.samples, self.X = recipe, samples, X
        self.members, self.visits = list(members), visits
        self.network = build_network(recipe, table, n_classes, members=len(members), trains=True)
        self.optimizer = build_optimizer(recipe, self.network)
        self.losses: list[float] = []  # of the epochs done
        self.member_losses = np.zeros(len(members))  # of the last epoch
        rngs = [member.rng for member in members]
        states = [rng.bit_generator.state for rng in rngs]
        self.network.init(rngs)
        if not is_new:
            for rng, state in zip(rngs, states, strict=True):
                rng.bit_generator.state = state
            return
        self._set_frequencies()
        if recipe.adapt:
            n = min(visits.n_rows, visits.n_fewest, ADAPT_ROWS)
            rows = np.stack([m.rng.permutation(m.training)[:n] for m in members])
            adapt(self.network, self.X[rows], rngs)

    def _set_frequencies(self) -> None:
        """Stretch the frequencies that the embeddings drew over each member's frequency band."""
        for layer in self.network.layers:
            if isinstance(layer, PeriodicEmbedding):
                for w, member in zip(layer.w, self.members, strict=True):
                    slowest, fastest = self.recipe.frequency_bands[member.band]
                    w *= np.geomspace(slowest, fastest, layer.n_frequencies) / layer.sigma

    @property
    def theta(self) -> Array:
        """The parameters of the members: a row for each member."""
        return self._by_member(self.network.theta)

    def parameters(self) -> dict[str, Array]:
        """The same as ``theta``, and the moments beside it."""
        moments = {name: self._by_member(vector) for name, vector in self.optimizer.state.items()}
        return {"theta": self.theta, **moments}

    def _by_member(self, vector: Array) -> Array:
        return np.stack([self.network.member(m, vector) for m in range(len(self.members))])

    def take_over(self, arrays: Mapping[str, Array], steps: int, losses: Sequence[float]) -> None:
        """Go on from the ``parameters`` of members after some steps, and the losses of epochs."""
        for name in ("theta", *self.optimizer.moments):
            rows = arrays[name]
            if len(rows) != len(self.members):
                raise ValueError(f"parameters of {len(rows)} nets, not of {len(self.members)}")
            vector = np.empty_like(self.network.theta)
            for m, row in enumerate(rows):
                self.network.set_member(m, row, into=vector)
            if name == "theta":
                np.copyto(self.network.theta, vector)
            else:
                self.optimizer.state[name] = vector
        self.optimizer.t, self.losses = steps, [*losses]

    def epochs(self, stop: Stop) -> Iterator[Epoch]:
        """Train without an end; the caller stops asking for epochs, or stops one under way."""
        recipe, samples = self.recipe, self.samples
        steps = max(1, self.visits.n_rows // recipe.batch_size)
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
        width = max(most, self.visits.n_rows)
        order = np.empty((len(self.members), width), self.members[0].training.dtype)
        while True:
            for own, member in zip(order, self.members, strict=True):
                n = len(member.training)
                own[:n] = member.training
                member.rng.shuffle(own[:n])
                for start in range(n, self.visits.n_rows, n):  # rows that are visited again
                    again = member.rng.permutation(member.training)
                    own[start : start + n] = again[: width - start]
            yield order[:, : self.visits.n_rows]

    @on_one_blas_thread
    def predict_held_out(self, stop: Stop) -> list[tuple[Member, Array]]:
        """Each member with its probabilities of the rows that it holds out."""
        if not any(len(member.held_out) for member in self.members):
            return []
        n, at_a_time = self.visits.n_held_out, self.visits.predicted_rows
        rows = np.zeros((len(self.members), n), np.intp)  # row 0 fills the shorter lists
        for own, member in zip(rows, self.members, strict=True):
            own[: len(member.held_out)] = member.held_out
        P = np.empty((*rows.shape, self.network.n_out), np.float32)
        for start in range(0, n, at_a_time):
            stop.check()
            block = slice(start, start + at_a_time)
            with np.errstate(over="ignore", invalid="ignore"):  # the ensemble checks
                P[:, block] = self.network.predict(self.X[rows[:, block]])
        return [
            (member, own[: len(member.held_out)])
            for own, member in zip(P, self.members, strict=True)
        ]


def limited(epochs: Iterator[Epoch]) -> Iterator[Epoch]:
    """Yield the epochs, each of which is computed within the limit on BLAS of its own thread."""
    while True:
        with one_blas_thread():
            epoch = next(epochs)
        yield epoch
