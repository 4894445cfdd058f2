"""The training loop, a generator: it yields after every epoch, and the caller decides."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import InitVar, dataclass

import numpy as np

from .arrays import Array, Generators, Labels, Shape
from .network import Network
from .optimizers import Constant, Optimizer, Schedule

EXPLOSION = 1e3  # a loss over so many times the best epoch's (or 1, if larger) is divergence

Batch = tuple[Array, Labels, Array | None]  # X, y and weight of some rows


class DivergenceError(ValueError):
    """A loss or a weight became infinite or NaN, or the loss exploded.

    Attributes
    ----------
    what : str
        What became of the loss or a weight.
    epoch, batch : int
        Where it happened, counted from 1.
    lr : float
        The learning rate there.
    last_good_loss : float
        Mean loss of the last whole epoch, or of the first batch.
    """

    def __init__(self, what: str, epoch: int, batch: int, lr: float, last_good_loss: float) -> None:
        super().__init__(what, epoch, batch, lr, last_good_loss)  # a pickle calls with these again
        self.what, self.epoch, self.batch = what, epoch, batch
        self.lr, self.last_good_loss = lr, last_good_loss

    def __str__(self) -> str:
        return (
            f"training diverged: {self.what} in epoch {self.epoch}, batch {self.batch}, at learning"
            f" rate {self.lr:g}; the last good loss was {self.last_good_loss:.4g}. Lower the "
            "learning rate, scale the features, or clip the gradient (max_grad_norm)"
        )


@dataclass(frozen=True, slots=True)
class Epoch:
    """The result of one pass over the data.

    Attributes
    ----------
    number : int
        Counted from 1.
    train_loss : float
        Mean loss of the batches, each before its update and counted by its rows.
    lr : float
        Learning rate of the last update.
    seconds : float
        Wall time of this epoch, in seconds.
    validation_loss : float, optional
        Mean loss on rows held out; the caller adds it.
    planned : int, optional
        Epochs of the run if nothing stops it; the caller adds it.

    Examples
    --------
    >>> Epoch(number=1, train_loss=0.5, lr=0.1, seconds=0.02)
    Epoch(number=1, train_loss=0.5, lr=0.1, seconds=0.02, validation_loss=None, planned=None)
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
    rng: "Generators | None" = None,
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
    network : Network
        A net, or ``Members``, with its starting parameters; it is trained in place.
    optimizer : Optimizer
        Without groups it gets ``network.groups()``.
    X : Array of shape (n_samples, n_in), of the network's dtype
        Or an object with the method ``take(rows, axis=0, out=..., mode="clip")`` of an array.
    y : Array of shape (n_samples,) or (n_samples, n_out)
        Targets as the network's loss takes them: class indices, or one for each output.
    batch_size : int
        Rows of a batch; the last batch of an epoch has the rows that remain.
    rng : numpy Generator, optional
        Shuffles the rows for each epoch; hand over the one that ``network.init`` had.  Without it
        the rows are visited in their order.  ``Members`` also take a sequence of k generators: then
        each member visits the rows in an order of its own.
    orders : iterator of Array, each of shape (n,) or (k, n), optional
        The numbers of the rows of each epoch in their order, in place of ``rng``; (k, n), for
        ``Members``, are rows of its own for each member.  An epoch may leave rows out, and visit
        some twice.
    drop_last : bool, default False
        Leave out the rows that remain at the end of an epoch, unless they are its only batch.
    schedule : Schedule, default Constant(optimizer.lr)
        Sets ``optimizer.lr`` before every update, and is told the loss of each epoch.
    weight : Array of shape (n_samples,), optional
        Weight of each sample in the mean loss.
    max_grad_norm : float, optional
        Longest gradient: a longer one is scaled down to it, for each member by itself.
    past : sequence of float, default ()
        Mean losses of the epochs so far, if a run is resumed: the epochs are numbered, and
        divergence is judged, as if this run had had them.

    Yields
    ------
    Epoch
        After each pass over the data; the network and the optimizer then have what it made of them.

    Raises
    ------
    ValueError
        At the first epoch, if the arrays do not fit the network or one another, or ``batch_size``
        is below 1; at any epoch, if ``orders`` has the number of a row that X does not have, or
        gives orders to more or fewer nets than the network has.
    DivergenceError
        At the batch whose loss is not finite, or is over 1000 and over 1000 times the best epoch's
        loss (in the first epoch, what the batch cost at the start); at the end of an epoch, if a
        weight is not finite by then.

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
    check_data(network, X, y, weight)
    if batch_size < 1:
        raise ValueError(f"batch_size={batch_size}, but it has to be at least 1")
    schedule = Constant(optimizer.lr) if schedule is None else schedule
    run = _Run(
        network, optimizer, X, y, weight, batch_size, schedule, max_grad_norm, drop_last, past
    )
    for number, order in enumerate(orders or _orders(len(X), rng), len(past) + 1):
        start = time.perf_counter()
        # The checks for divergence replace NumPy's warnings.  The setting must end before the
        # yield: it would leak into the caller.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            loss = run.epoch(number, order)
        schedule.observe(loss)
        yield Epoch(number, loss, optimizer.lr, time.perf_counter() - start)


def _orders(n_samples: int, rng: "Generators | None") -> Iterator[Labels]:
    """Yield an order of the rows for each epoch, for ever: the last one shuffled, or 0, 1, 2, ….

    An order is (n_samples,), or (k, n_samples) for a sequence of k generators.
    """
    rngs = rng if isinstance(rng, Sequence) else [rng]
    orders = np.tile(np.arange(n_samples), (len(rngs), 1))
    while True:
        for order, generator in zip(orders, rngs, strict=True):
            if generator is not None:
                generator.shuffle(order)
        yield orders if isinstance(rng, Sequence) else orders[0]


@dataclass
class _Run:
    """The epochs of one call of ``train``: the memory of a batch, and the watch for divergence."""

    network: Network
    optimizer: Optimizer
    X: Array
    y: Labels
    weight: Array | None
    batch_size: int
    schedule: Schedule
    max_grad_norm: float | None
    drop_last: bool
    past: InitVar[Sequence[float]]

    def __post_init__(self, past: Sequence[float]) -> None:
        self.batch_size = min(self.batch_size, len(self.X))
        if self.optimizer.groups is None:
            self.optimizer.groups = self.network.groups()
        self.capacity = 0
        self.rows_shape: Shape = ()
        self.best_loss, self.last_good_loss = min(past, default=0.0), past[-1] if past else math.nan
        # The parameters at the start, until the first epoch is over.
        self.start: Array | None = None if past else self.network.theta.copy()

    def epoch(self, number: int, order: Labels) -> float:
        """Visit the rows in the given order; return their mean loss."""
        if not 0 <= order.min() <= order.max() < len(self.X):  # take() would clip them silently
            raise ValueError(
                f"orders has rows {order.min()} to {order.max()}, but X has 0 to {len(self.X) - 1}"
            )
        if order.ndim > 1 and order.shape[:-1] != self.network.front:
            has = (
                f"the network has {self.network.n_nets}" if self.network.front else "it is one net"
            )
            raise ValueError(f"orders, or rng, has rows for {len(order)} members, but {has}")
        self.network.bind_batch(0)  # a resumed epoch has nothing that layers kept from the last one
        n = int(order.shape[-1])
        if self.drop_last and n > self.batch_size:
            n -= n % self.batch_size
        total = 0.0
        for batch, start in enumerate(range(0, n, self.batch_size), 1):
            rows = order[..., start : start + self.batch_size]
            samples = self._gather(rows)
            self.optimizer.lr = self.schedule(self.optimizer.t)
            loss = self.network.loss_and_grad(*samples)
            self._check_loss(loss, samples, number, batch)
            if self.max_grad_norm is not None:
                self.network.clip_grad(self.max_grad_norm)
            self.optimizer.step(self.network.theta, self.network.grad)
            total += rows.shape[-1] * loss
        mean = total / n
        self._check_weights(number, batch)
        self.best_loss = mean if self.start is not None else min(self.best_loss, mean)
        self.last_good_loss, self.start = mean, None
        return mean

    def _gather(self, rows: Labels) -> Batch:
        """Copy the rows, (n,) or (k, n), into the memory of a batch."""
        if rows.shape != self.rows_shape:  # twice an epoch at most
            self._bind_batch(rows.shape)
        # mode="clip" writes straight into out; "raise" would buffer a copy first
        X = self.X.take(rows, axis=0, out=self.out[0], mode="clip")
        y = np.take(self.y, rows, axis=0, out=self.out[1], mode="clip")
        if self.weight is None:
            return X, y, None
        return X, y, np.take(self.weight, rows, out=self.out[2], mode="clip")

    def _bind_batch(self, shape: Shape) -> None:
        """Cut views for rows of this shape out of the memory of a batch, which grows at need."""
        n = math.prod(shape)
        if n > self.capacity:
            self.capacity = self.batch_size * math.prod(shape[:-1])
            data = [array for array in (self.X, self.y, self.weight) if array is not None]
            self.memory = [np.empty((self.capacity, *a.shape[1:]), a.dtype) for a in data]
        self.out = [memory[:n].reshape(*shape, *memory.shape[1:]) for memory in self.memory]
        self.rows_shape = shape

    def _check_loss(self, loss: float, samples: Batch, number: int, batch: int) -> None:
        if not math.isfinite(loss):
            raise self._diverged(f"the loss became {loss}", number, batch)
        if loss > EXPLOSION * max(self.best_loss, 1.0):
            if number == batch == 1:
                self.best_loss = loss  # a run may start as high as it likes
            elif self.start is not None:  # in the first epoch, compare with the batch at the start
                self.best_loss = max(self.best_loss, self._loss_at(self.start, *samples))
            if loss > EXPLOSION * max(self.best_loss, 1.0):
                raise self._diverged(f"the loss rose to {loss:.4g}", number, batch)
        if math.isnan(self.last_good_loss):
            self.last_good_loss = loss  # until the first epoch is over

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


def check_data(network: Network, X: Array, y: Labels, weight: Array | None) -> None:
    """Raise a ValueError unless the arrays fit the network and one another."""
    if X.ndim != 2 or X.shape[1] != network.n_in or not len(X):
        raise ValueError(f"X has shape {X.shape}, but the network takes (n, {network.n_in}), n > 0")
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
            f"weight has shape {weight.shape} and dtype {weight.dtype}, but it has to be "
            f"({len(X)},) of {np.dtype(network.dtype)}"
        )
    if not (np.isfinite(weight).all() and (weight >= 0).all()):
        raise ValueError("weight has a negative, infinite or NaN value: weights are 0 or more")
