"""The training loop, as a generator: it yields after every epoch, the caller decides."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import Array, Labels
from .more.lbfgs import LBFGS
from .more.schedules import Constant, Schedule
from .network import Network
from .optimizers import Optimizer, clip_by_norm

EXPLOSION = 1e3  # a batch's loss this many times the best epoch's, and one nat, is divergence


class DivergenceError(ValueError):
    """Training left the finite numbers, or the loss exploded.

    Attributes
    ----------
    epoch, batch : int
        Where, counted from 1.
    lr : float
        The learning rate there.
    last_good_loss : float
        Mean loss of the last whole epoch, or of the first batch.
    """

    def __init__(self, what: str, epoch: int, batch: int, lr: float, last_good_loss: float) -> None:
        super().__init__(
            f"training diverged: {what} in epoch {epoch}, batch {batch}, at learning rate {lr:g}; "
            f"the last good loss was {last_good_loss:.4g}. Lower the learning rate, scale the "
            "features, or clip the gradient (max_grad_norm)"
        )
        self.epoch, self.batch, self.lr, self.last_good_loss = epoch, batch, lr, last_good_loss

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        what = str(self).partition(": ")[2].partition(" in epoch")[0]
        return type(self), (what, self.epoch, self.batch, self.lr, self.last_good_loss)


_Samples = tuple[Array, Labels, Array | None]  # X, y and weight of a batch


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one pass over the data did.

    Attributes
    ----------
    number : int
        From 1.
    train_loss : float
        Mean loss of the batches, each before its update and counted by its rows.
    lr : float
        Learning rate of the last update.
    seconds : float
        Wall time of this epoch.
    validation_loss : float, optional
        Mean loss on rows held out, where the caller has worked it out and added it.
    planned : int, optional
        How many epochs the run will have if nothing stops it, where the caller knows.
    """

    number: int
    train_loss: float
    lr: float
    seconds: float
    validation_loss: float | None = None
    planned: int | None = None


def train(
    network: Network,
    optimizer: Optimizer,
    X: Array,
    y: Labels,
    *,
    batch_size: int,
    rng: np.random.Generator | Sequence[np.random.Generator] | None = None,
    orders: Iterator[Labels] | None = None,
    drop_last: bool = False,
    schedule: Schedule | None = None,
    weight: Array | None = None,
    max_grad_norm: float | None = None,
    past: Sequence[float] = (),
) -> Iterator[Epoch]:
    """Train for ever, one epoch per iteration.

    A progress bar, early stopping, a checkpoint, a report: each is a line in the caller's ``for``
    loop, so the loop itself needs no callbacks.

    Parameters
    ----------
    X : Array of shape (n_samples, n_in), of the network's dtype
        Or what takes rows as an array does, ``X.take(rows, axis=0, out=..., mode="clip")``.
    y : targets as the network's loss takes them
    batch_size : int
        Rows of a batch; the last of an epoch has what remains.
    rng : numpy Generator, optional
        Shuffles the rows for each epoch; hand over the one that ``network.init`` had.  Without it
        they are visited as they stand.  For a network with members a sequence of one for each
        lets every member visit them in its own order.
    orders : iterator of arrays of row numbers, optional
        The rows of each epoch in their order, (n,), in place of ``rng``; or (members, n), rows of
        its own for each member.  An epoch may leave rows out, and visit some twice.
    drop_last : bool, default False
        Leave out the rows that remain at the end of an epoch, unless they are its only batch.
    schedule : Schedule, default Constant(optimizer.lr)
        Sets ``optimizer.lr`` before every update.
    weight : Array of shape (n_samples,), optional
        Weight of each sample in the mean loss.
    max_grad_norm : float, optional
        Longest gradient, of each member: longer ones are scaled down to it.
    past : sequence of float, default ()
        Mean losses of the epochs before, where a run goes on: numbers go on from there, and the
        watch for divergence too.

    Raises
    ------
    DivergenceError
        At the batch whose loss is not finite, or is over 1000 and over 1000 times the best epoch's
        loss (in the first epoch, what the batch cost at the start); at the epoch after which a
        weight is not finite.

    Examples
    --------
    >>> from numlp.nn import Adam, mlp
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((200, 2), dtype=np.float32)
    >>> y = (X[:, 0] * X[:, 1] > 0).astype(int)              # exclusive or
    >>> network = mlp([2, 16, 2])
    >>> network.init(rng)
    >>> for epoch in train(network, Adam(lr=0.01), X, y, batch_size=20, rng=rng):
    ...     if epoch.number == 50:
    ...         break
    >>> bool(epoch.train_loss < 0.2)
    True
    """
    _check(network, X, y, weight)
    if batch_size < 1:
        raise ValueError(f"batch_size={batch_size}, but a batch has at least 1 row")
    schedule = Constant(optimizer.lr) if schedule is None else schedule
    run = _Run(network, optimizer, X, y, weight, batch_size, schedule, max_grad_norm, drop_last)
    run.go_on_from(past)
    for number, order in enumerate(orders or _orders(len(X), rng), len(past) + 1):
        start = time.perf_counter()
        # NumPy's warnings are replaced by the checks; not held across the yield, where the
        # setting would leak into the caller.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            loss = run.epoch(number, order)
        schedule.observe(loss)
        yield Epoch(number, loss, optimizer.lr, time.perf_counter() - start)


def _orders(
    n_samples: int, rng: np.random.Generator | Sequence[np.random.Generator] | None
) -> Iterator[Labels]:
    """Orders of the rows for ever: shuffled, each from the one before, or as they stand.

    One order (n_samples,), or as many as there are generators in a sequence.
    """
    rngs = rng if isinstance(rng, Sequence) else [rng]
    orders = np.tile(np.arange(n_samples), (len(rngs), 1))
    while True:
        for order, generator in zip(orders, rngs, strict=True):
            if generator is not None:
                generator.shuffle(order)
        yield orders if isinstance(rng, Sequence) else orders[0]


class _Run:
    """One pass after another: the batch buffers, and the watch for divergence."""

    def __init__(
        self,
        network: Network,
        optimizer: Optimizer,
        X: Array,
        y: Labels,
        weight: Array | None,
        batch_size: int,
        schedule: Schedule,
        max_grad_norm: float | None,
        drop_last: bool,
    ) -> None:
        self.network, self.optimizer, self.schedule = network, optimizer, schedule
        self.max_grad_norm, self.drop_last = max_grad_norm, drop_last
        self.X, self.y, self.weight = X, y, weight
        self.batch_size = min(batch_size, len(X))
        if optimizer.groups is None:
            optimizer.groups = network.groups()
        self._allocate_batch(self.batch_size)
        self.best_loss = 0.0  # of the epochs
        self.last_good_loss = math.nan
        self.start: Array | None = network.theta.copy()  # until the first epoch is over

    def go_on_from(self, past: Sequence[float]) -> None:
        """Judge divergence as if the epochs before had been of this run."""
        if past:
            self.best_loss, self.last_good_loss, self.start = min(past), past[-1], None

    def _allocate_batch(self, n_rows: int) -> None:
        X, y, weight = self.X, self.y, self.weight
        self.batch_X = np.empty((n_rows, X.shape[1]), X.dtype)
        self.batch_y = np.empty((n_rows, *y.shape[1:]), y.dtype)
        self.batch_weight = None if weight is None else np.empty(n_rows, weight.dtype)

    def epoch(self, number: int, order: Labels) -> float:
        """Visit the rows in the given order; return their mean loss."""
        if not 0 <= order.min() <= order.max() < len(self.X):  # take() would clip them silently
            raise ValueError(
                f"orders has rows {order.min()} to {order.max()}, but X has 0 to {len(self.X) - 1}"
            )
        if order.ndim > 1 and len(order) != self.network.members:
            raise ValueError(
                f"orders has rows for {len(order)} members, but the network has "
                f"members={self.network.members}"
            )
        n = int(order.shape[-1])
        if self.drop_last and n > self.batch_size:
            n -= n % self.batch_size
        if order.ndim > 1 and len(self.batch_X) < len(order) * self.batch_size:
            self._allocate_batch(len(order) * self.batch_size)
        total = 0.0
        for batch, start in enumerate(range(0, n, self.batch_size), 1):
            rows = order[..., start : start + self.batch_size]
            samples = self._gather(rows)
            self.optimizer.lr = self.schedule(self.optimizer.t)
            loss = self.network.loss_and_grad(*samples)
            self._check_loss(loss, samples, number, batch)
            if self.max_grad_norm is not None:
                self._clip(self.max_grad_norm)
            self.optimizer.step(self.network.theta, self.network.grad)
            total += rows.shape[-1] * loss
        mean = total / n
        self._check_weights(number, batch)
        self.best_loss = mean if self.start is not None else min(self.best_loss, mean)
        self.last_good_loss, self.start = mean, None
        return mean

    def _clip(self, max_norm: float) -> None:
        network, grad = self.network, self.network.grad
        if network.members is None:
            clip_by_norm(grad, max_norm)
            return
        for m in range(network.members):
            clip_by_norm(network.parts(m, grad), max_norm)

    def _gather(self, rows: Labels) -> _Samples:
        if rows.ndim > 1:  # rows of its own for each member: gathered one below the other
            X, y, weight = self._gather(rows.ravel())
            own_weight = None if weight is None else weight.reshape(rows.shape)
            return X.reshape(*rows.shape, -1), y.reshape(*rows.shape, *y.shape[1:]), own_weight
        n = len(rows)
        # mode="clip" writes straight into out; "raise" would buffer a copy first
        X = self.X.take(rows, axis=0, out=self.batch_X[:n], mode="clip")
        y = np.take(self.y, rows, axis=0, out=self.batch_y[:n], mode="clip")
        if self.weight is None or self.batch_weight is None:
            return X, y, None
        return X, y, np.take(self.weight, rows, out=self.batch_weight[:n], mode="clip")

    def _check_loss(self, loss: float, samples: _Samples, number: int, batch: int) -> None:
        if not math.isfinite(loss):
            raise self._diverged(f"the loss became {loss}", number, batch)
        if loss > EXPLOSION * max(self.best_loss, 1.0):
            if number == batch == 1:
                self.best_loss = loss  # where it starts is no leap
            elif self.start is not None:  # before an epoch is over, the batch itself is the measure
                self.best_loss = max(self.best_loss, self._loss_at(self.start, *samples))
            if loss > EXPLOSION * max(self.best_loss, 1.0):
                raise self._diverged(f"the loss rose to {loss:.4g}", number, batch)
        if math.isnan(self.last_good_loss):
            self.last_good_loss = loss  # the first batch's, until an epoch is over

    def _loss_at(self, start: Array, X: Array, y: Labels, weight: Array | None) -> float:
        theta = self.network.theta
        now = theta.copy()
        np.copyto(theta, start)
        loss = self.network.evaluate(X, y, weight)
        np.copyto(theta, now)
        return loss

    def _diverged(self, what: str, number: int, batch: int) -> DivergenceError:
        return DivergenceError(what, number, batch, self.optimizer.lr, self.last_good_loss)

    def _check_weights(self, number: int, batch: int) -> None:
        theta = self.network.theta
        if not math.isfinite(float(np.dot(theta, theta))) and not np.isfinite(theta).all():
            raise self._diverged("a weight became infinite or NaN", number, batch)


def train_full_batch(
    network: Network, lbfgs: LBFGS, X: Array, y: Labels, *, weight: Array | None = None
) -> Iterator[Epoch]:
    """Train by L-BFGS: every epoch is one step on all rows; ends when it has converged.

    Parameters and errors as in ``train``; ``lbfgs.finished`` says why it ended.
    ``train_loss`` is the loss *after* the step.
    """
    _check(network, X, y, weight)
    if network.members is not None:
        raise ValueError("L-BFGS trains one net: members would share its line search")

    def evaluate() -> float:
        return network.loss_and_grad(X, y, weight)

    number, last_good_loss = 0, math.nan
    while not lbfgs.finished:
        number += 1
        start = time.perf_counter()
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            loss = lbfgs.step(network.theta, network.grad, evaluate)
        if not math.isfinite(loss):
            raise DivergenceError(f"the loss became {loss}", number, 1, 1.0, last_good_loss)
        last_good_loss = loss
        yield Epoch(number, loss, 1.0, time.perf_counter() - start)


def _check(network: Network, X: Array, y: Labels, weight: Array | None) -> None:
    """Raise a ValueError where the arrays do not fit the network or one another."""
    if X.ndim != 2 or X.shape[1] != network.n_in or not len(X):
        raise ValueError(
            f"X has shape {X.shape}, but this network takes (n, {network.n_in}), n > 0"
        )
    if X.dtype != network.dtype:
        raise ValueError(
            f"X has dtype {X.dtype}, but this network computes in {np.dtype(network.dtype)}: "
            f"give it X.astype({np.dtype(network.dtype).name!r})"
        )
    if len(y) != len(X):
        raise ValueError(f"X has {len(X)} rows, but y has {len(y)}")
    network.loss.check_targets(y, network.n_out)
    if weight is None:
        return
    if weight.shape != (len(X),) or weight.dtype != network.dtype:
        raise ValueError(
            f"weight has shape {weight.shape} and dtype {weight.dtype}, but ({len(X)},) of "
            f"{np.dtype(network.dtype)} is needed"
        )
    if not (np.isfinite(weight).all() and (weight >= 0).all()):
        raise ValueError("weight has a negative, infinite or NaN value: weights are 0 or more")
