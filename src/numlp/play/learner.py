"""The learner: one net in training, a step at a time; no thread, no socket, no clock but one."""

import copy
import math
import time
from typing import Any

import numpy as np

from ..nn import Network, ReLU
from ..nn.arrays import Array, Labels
from ..nn.network import PREDICT_ROWS
from ..nn.training import EXPLOSION
from .code import program
from .lessons import lessons_as_json
from .messages import Frame, as_bytes, number
from .nets import (
    PLANNED_EPOCHS,
    answers,
    dense_layers,
    network_of,
    optimizer_of,
    schedule_of,
    start,
)
from .planes import Matrix, UserTable, plane_of, split
from .settings import Settings, limits
from .toys import Classes, Points
from .traced import step_as_json

GRID, BOUNDARY = 32, 64  # squares along each axis, of units and of the answer
MOST_EDITED = 1e6  # largest weight that may be set by hand


class Learner:
    """One net in training, on data that follows from the settings.

    After whole epochs the weights have the bits of ``numlp.nn.train`` with the same seed, as long
    as no weight was set by hand and no single row was learned.

    Parameters
    ----------
    settings : Settings
    table : UserTable, optional
        For the data "table".
    points : pair of arrays, optional
        For the data "points": points and classes, as ``points_from`` reads them.

    Attributes
    ----------
    stopped : str or None
        One sentence on where and why training diverged; then steps do nothing.
    """

    def __init__(
        self,
        settings: Settings,
        table: UserTable | None = None,
        points: tuple[Points, Classes] | None = None,
    ) -> None:
        self.settings, self._table = settings, table
        self._plane = plane = plane_of(settings, table, points)
        self._rows, self._held_out = split(plane.y, settings)
        self._center, self._spread = scaling(plane.X[self._rows], settings.scaled)
        X = self._scale(plane.X)
        self._X, self._y = X[self._rows], plane.y[self._rows]
        self._test_X, self._test_y = X[self._held_out], plane.y[self._held_out]
        grids = [self._scale(plane.grid(n)).astype(np.float32) for n in (GRID, BOUNDARY)]
        self._unit_grid, self._answer_grid = grids
        self.reset()

    def _scale(self, X: Matrix) -> Matrix:
        scaled: Matrix = (X - self._center) / self._spread
        return scaled

    def reset(self) -> None:
        """Begin again at epoch 0, with the same data and the same start."""
        settings, n = self.settings, len(self._X)
        self._rng = np.random.default_rng(settings.seed)
        self._network = network_of(settings, self._X.shape[1], len(self._plane.classes))
        start(self._network, settings, self._rng)
        # Workspaces of their own: looking disturbs no dropout.
        self._viewer = self._network.replica()
        self._painter = painter_of(self._network)
        self._optimizer = optimizer_of(settings)
        self._optimizer.groups = self._network.groups()
        self._batch_size = min(settings.batch, n)
        self._batches = math.ceil(n / self._batch_size)
        self._schedule = schedule_of(settings, self._batches)
        self._optimizer.lr = self._schedule(0)
        self._order = np.arange(n)
        self._place = n  # of the next row in the order: at its end a new epoch begins
        self._epoch = self._batch = 0
        self._total, self._best_loss, self._last_loss = 0.0, math.nan, math.nan
        self._traced: int | None = None  # rows of the step that was traced
        self._by_hand: list[str] = []
        self.stopped: str | None = None

    # Steps

    def batch(self) -> None:
        """Make one step on the next batch."""
        self._step(self._batch_size)

    def sample(self) -> None:
        """Make one step on the next row alone."""
        self._note("steps on single rows")
        self._step(1)

    def epoch(self) -> None:
        """Make the steps that remain of this epoch, or those of a whole one."""
        number_now = self._epoch
        while self._epoch == number_now and not self.stopped:
            self._step(self._batch_size)

    def run_for(self, seconds: float) -> None:
        """Make steps until the time is over, at least one."""
        end = time.perf_counter() + seconds
        while not self.stopped:
            self._step(self._batch_size)
            if time.perf_counter() >= end:
                return

    def apply(self) -> None:
        """Make the step that was traced."""
        if self._traced is None:
            raise ValueError("There is no traced step to make: trace one first.")
        if self._traced != self._batch_size:
            self._note("steps on single rows")
        self._step(self._traced)

    def edit(self, layer: int, name: str, row: int, column: int, value: float) -> None:
        """Set one weight, "W", or one bias, "b", of a Dense layer; ``row`` is of W alone.

        Raises
        ------
        ValueError
            In one sentence, if there is no such parameter or the value is out of bounds.
        """
        dense = dense_layers(self._network)
        if name not in ("W", "b"):
            raise ValueError("name has to be 'W' or 'b'.")
        if not 0 <= layer < len(dense):
            raise ValueError(f"layer is {layer}, but it has to be from 0 to {len(dense) - 1}.")
        array = getattr(dense[layer], name)
        place = (row, column) if name == "W" else (column,)
        for what, at, size in zip(("column", "row"), place[::-1], array.shape[::-1], strict=False):
            if not 0 <= at < size:
                raise ValueError(f"{what} is {at}, but it has to be from 0 to {size - 1}.")
        if not abs(value) <= MOST_EDITED:
            raise ValueError(f"value has to be a number from {-MOST_EDITED:g} to {MOST_EDITED:g}.")
        array[place] = value
        self._note("weights set by hand")
        self._traced = None

    def _note(self, what: str) -> None:
        if what not in self._by_hand:
            self._by_hand.append(what)

    def _begin_epoch(self) -> None:
        """Shuffle the rows as ``numlp.nn.train`` does; nothing, within an epoch."""
        if self._place < len(self._order):
            return
        self._rng.shuffle(self._order)
        self._network.bind_batch(0)  # dropout draws new masks
        self._place, self._batch, self._total = 0, 0, 0.0

    def _step(self, n_rows: int) -> None:
        if self.stopped:
            return
        self._begin_epoch()
        self._traced = None
        rows = self._order[self._place : self._place + n_rows]
        self._optimizer.lr = self._schedule(self._optimizer.t)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            loss = self._network.loss_and_grad(self._X[rows], self._y[rows])
            if self._has_diverged(loss):
                return
            self._optimizer.step(self._network.theta, self._network.grad)
            if not np.isfinite(self._network.theta).all():
                self._stop("a weight became infinite")
                return
        self._total += len(rows) * loss
        self._last_loss = loss
        self._batch += 1
        self._place += len(rows)
        if self._place == len(self._order):
            self._epoch += 1
            self._batch = 0
            self._best_loss = min(self._best_loss, self._total / len(self._order))

    def _has_diverged(self, loss: float) -> bool:
        if math.isnan(self._best_loss):  # the very first batch: a run may start as high as it likes
            self._best_loss = loss
        if not math.isfinite(loss):
            self._stop(f"the loss became {'infinite' if math.isinf(loss) else 'NaN'}")
        elif loss > EXPLOSION * max(self._best_loss, 1.0):
            self._stop(f"the loss rose to {loss:.3g}")
        return self.stopped is not None

    def _stop(self, what: str) -> None:
        self.stopped = (
            f"Training diverged: {what} in epoch {self._epoch + 1}, batch {self._batch + 1}, at "
            f"learning rate {self._optimizer.lr:g}: each step went too far and made the next one "
            "larger, so choose a smaller rate or scale the inputs, and start again."
        )

    # What is seen

    def trace(self, rows: str = "batch") -> dict[str, Any]:
        """The next step on a "batch" or on a "sample", number by number; it is not made."""
        if rows not in ("batch", "sample"):
            raise ValueError("rows has to be 'batch' or 'sample'.")
        if self.stopped:
            raise ValueError("Training has stopped: start again to trace a step.")
        self._begin_epoch()
        n_rows = 1 if rows == "sample" else self._batch_size
        numbers = self._order[self._place : self._place + n_rows]
        optimizer = copy.deepcopy(self._optimizer)
        optimizer.lr = self._schedule(optimizer.t)
        with np.errstate(all="ignore"):
            traced = step_as_json(self._network, optimizer, self._X[numbers], self._y[numbers])
        self._traced = n_rows
        return {"is": "trace", "rows": self._rows[numbers].tolist(), **traced}

    def setup(self) -> dict[str, Any]:
        """What the page has to know before the first frame, as JSON."""
        plane = self._plane
        held_out = np.zeros(len(plane.y), np.int64)
        held_out[self._held_out] = 1
        dense = dense_layers(self._network)
        last = "sigmoid" if self._network.n_out == 1 else "softmax"
        trained = [p.stop - p.start for layer, name, p in self._network.parameters
                   if name not in layer.statistics]  # fmt: skip
        return {
            "is": "setup",
            "settings": self.settings.to_json(),
            "classes": plane.classes,
            "inputs": plane.inputs,
            "axes": plane.axes,
            "extent": list(plane.extent),
            "points": [
                [*point, k, out]
                for point, k, out in zip(
                    plane.points.tolist(), plane.y.tolist(), held_out.tolist(), strict=True
                )
            ],
            "layers": [
                {"kind": "dense", "n_in": d.n_in, "n_out": d.n_out, "activation": activation}
                for d, activation in zip(dense, [*self.settings.activations, last], strict=True)
            ],
            "grid": GRID,
            "boundary": BOUNDARY,
            "n_rows": len(self._X),
            "n_held_out": len(self._test_X),
            "n_parameters": sum(trained),
            "projection": plane.projection,
            "note": " ".join(filter(None, [plane.note, self._end_of_schedule()])) or None,
            "lessons": lessons_as_json(),
            "limits": {**limits(), "planned_epochs": PLANNED_EPOCHS},
            "table": None if self._table is None else self._table.facts(),
        }

    def _end_of_schedule(self) -> str:
        """What is to be known of a schedule that ends."""
        if self.settings.schedule == "constant":
            return ""
        return f"The rate comes down to almost 0 at epoch {PLANNED_EPOCHS}, where learning ends."

    def frame(self) -> Frame:
        """All that is drawn now; it does not disturb the training."""
        with np.errstate(all="ignore"):
            return self._frame()

    def _frame(self) -> Frame:
        np.copyto(self._painter.theta, self._network.theta, casting="same_kind")
        units, _, _ = forward(self._painter, self._unit_grid)
        of_units = np.concatenate([A.T for A in units] or [np.empty((0, GRID**2), np.float32)])
        of_units = of_units.reshape(-1, GRID, GRID)
        low, high = (f(of_units, axis=(1, 2), keepdims=True) for f in (np.min, np.max))
        _, answer, _ = forward(self._painter, self._answer_grid)
        hidden, P, train_loss = forward(self._viewer, self._X, self._y)
        _, test_P, test_loss = forward(self._viewer, self._test_X, self._test_y)
        dense = dense_layers(self._network)
        n_test = len(self._test_X)
        theta = [getattr(layer, name).ravel() for layer in dense for name in ("W", "b")]
        facts = {
            "epoch": self._epoch,
            "batch": self._batch,
            "batches": self._batches,
            "train_loss": number(train_loss),
            "test_loss": number(test_loss),
            "train_accuracy": number(np.mean(answer_of(P) == self._y)),
            "test_accuracy": number(np.mean(answer_of(test_P) == self._test_y)) if n_test else None,
            "grad_norms": [
                number(math.hypot(np.linalg.norm(d.dW), np.linalg.norm(d.db))) for d in dense
            ],
            "dead": self._dead(hidden),
            "rate": number(self._optimizer.lr),
            "ranges": [
                [number(a), number(b)] for a, b in zip(low.ravel(), high.ravel(), strict=True)
            ],
        }
        boundary = answer.T.reshape(-1, BOUNDARY, BOUNDARY)
        return Frame(
            facts,
            [
                ("theta", np.concatenate(theta).astype(np.float32)),
                ("units", as_bytes(of_units, low, high)),
                ("boundary", as_bytes(boundary)),
            ],
        )

    def _dead(self, hidden: list[Array]) -> list[list[int]]:
        """Per hidden layer the units with ReLU that are 0 for every training row."""
        acts = [layer for layer in self._network.layers if answers(layer)]
        return [
            np.flatnonzero((A <= 0).all(axis=0)).tolist() if isinstance(layer, ReLU) else []
            for layer, A in zip(acts, hidden, strict=True)
        ]

    def python(self) -> str:
        """The run as Python, which prints the losses that the page shows after whole epochs."""
        by_hand = list(self._by_hand)
        if self._batch:
            batches = "1 batch" if self._batch == 1 else f"{self._batch} batches"
            by_hand.append(f"{batches} of epoch {self._epoch + 1}")
        return program(
            self.settings, self._plane, self._network, self._optimizer, self._schedule,
            self._epoch, by_hand,
        )  # fmt: skip


def scaling(X: Matrix, scaled: bool) -> tuple[Matrix, Matrix]:
    """What is taken off each column, and what it is divided by."""
    if not scaled:
        return np.zeros(X.shape[1]), np.ones(X.shape[1])
    spread = X.std(axis=0)
    spread[spread == 0] = 1
    return X.mean(axis=0), spread


def painter_of(network: Network) -> Network:
    """A network of the same layers in float32, half the time of float64 and enough for pictures."""
    layers = [copy.copy(layer) for layer in network.layers]
    return Network(layers, n_in=network.n_in, loss=network.loss, max_batch=PREDICT_ROWS)


def forward(
    network: Network, X: Array, y: Labels | None = None
) -> tuple[list[Array], Array, float]:
    """What a net makes of rows at inference; it does so in blocks whose activations fit in cache.

    Returns
    -------
    hidden : list of arrays of shape (n, n_units)
        The answers of the units of each hidden layer.
    P : array of shape (n, n_out)
        Probabilities.
    loss : float
        The mean loss, where y is given, with the bits of ``network.evaluate``; else NaN.
    """
    acting = [layer for layer in network.layers if answers(layer)]
    hidden = [np.empty((len(X), layer.n_out), network.dtype) for layer in acting]
    P = np.empty((len(X), network.n_out), network.dtype)
    total = 0.0
    for rows in network.blocks(len(X)):
        Y = X[rows]
        network.bind_batch(len(Y))
        places = iter(hidden)
        for layer in network.layers:
            Y_in, Y = Y, np.empty((len(Y), layer.n_out), network.dtype)
            layer.predict(Y_in, Y)
            if answers(layer):
                next(places)[rows] = Y
        if y is None:
            network.loss.activate(Y)
        else:
            total += len(Y) * network.loss.forward(Y, y[rows], None)  # which makes P of Y
        P[rows] = Y
    return hidden, P, math.nan if y is None or not len(X) else total / len(X)


def answer_of(P: Array) -> Any:
    """The class of each row: with one output the second, where its probability is above a half."""
    return (P[:, 0] > 0.5).astype(np.int64) if P.shape[1] == 1 else P.argmax(axis=1)
