"""The net, its optimizer and its schedule, as the settings ask for them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..nn import (
    ACTIVATIONS,
    INITIALIZERS,
    OPTIMIZERS,
    SGD,
    BatchNorm,
    Constant,
    Cosine,
    Dense,
    Dropout,
    Layer,
    Loss,
    Network,
    OneCycle,
    Optimizer,
    Schedule,
    SigmoidCrossEntropy,
    SigmoidSquaredError,
    SoftmaxCrossEntropy,
    SoftmaxSquaredError,
)
from ..nn.arrays import Array, Labels
from .settings import Settings
from .toys import lesson_start

PLANNED_EPOCHS = 200  # at which the schedules "cosine" and "onecycle" come to their end
MOMENTUM = 0.9


class L1Network(Network):
    """A network whose training loss also has ``l1 Σ |W|`` over all matrices.

    ::

        dW ← dW + l1 sign(W)
    """

    def __init__(self, layers: Sequence[Layer], *, l1: float, **settings: Any) -> None:
        self.l1 = l1
        super().__init__(layers, **settings)

    def loss_and_grad(self, X: Array, y: Labels, weight: Array | None = None) -> float:
        return super().loss_and_grad(X, y, weight) + self.add_l1(self.grad)

    def add_l1(self, grad: Array) -> float:
        """Add l1 sign(W) to the gradients of the matrices; return ``l1 Σ |W|``."""
        W = self.theta[: self.n_decayed]
        grad[: self.n_decayed] += self.l1 * np.sign(W)
        return self.l1 * float(np.abs(W).sum())

    def _settings(self) -> dict[str, Any]:
        return {**super()._settings(), "l1": self.l1}


def network_of(settings: Settings, n_in: int, n_classes: int) -> Network:
    """The network, not yet started: one output and a sigmoid for two classes, else a softmax."""
    rule = settings.initializer if settings.initializer in INITIALIZERS else "he_normal"
    layers: list[Layer] = []
    for n_units, activation in zip(settings.layers, settings.activations, strict=True):
        layers.append(Dense(n_in, n_units, rule))
        if settings.batch_norm:
            layers.append(BatchNorm())
        layers.append(ACTIVATIONS[activation]())
        if settings.dropout:
            layers.append(Dropout(settings.dropout))
        n_in = n_units
    layers.append(Dense(n_in, 1 if n_classes == 2 else n_classes, rule))
    # float64, so that the numbers are the lesson's to the last digit that the page shows
    given: dict[str, Any] = {"l2": settings.l2, "dtype": np.float64}
    given["loss"] = loss_of(settings, n_classes)
    return L1Network(layers, l1=settings.l1, **given) if settings.l1 else Network(layers, **given)


def loss_of(settings: Settings, n_classes: int) -> Loss:
    """The loss, which has the sigmoid or the softmax in it."""
    if n_classes == 2:
        two = {"cross_entropy": SigmoidCrossEntropy, "squared_error": SigmoidSquaredError}
        return two[settings.loss]()
    more = {"cross_entropy": SoftmaxCrossEntropy, "squared_error": SoftmaxSquaredError}
    return more[settings.loss]()


def start(network: Network, settings: Settings, rng: np.random.Generator) -> None:
    """Fill the network's parameters with their starting values."""
    network.init(rng)
    dense = dense_layers(network)
    if settings.initializer == "lesson":
        for layer, W in zip(dense, lesson_start(), strict=True):
            layer.W[:] = W
    elif settings.initializer == "zeros":
        for layer in dense:
            layer.W.fill(0.0)


def optimizer_of(settings: Settings) -> Optimizer:
    """The optimizer, with its own defaults beside the rate."""
    if settings.optimizer == "momentum":
        return SGD(settings.rate, momentum=MOMENTUM)
    return OPTIMIZERS[settings.optimizer](settings.rate)


def schedule_of(settings: Settings, n_batches: int) -> Schedule:
    """The schedule, for so many batches an epoch; none but "constant" goes on for ever."""
    if settings.schedule == "constant":
        return Constant(settings.rate)
    kinds: dict[str, type[Cosine] | type[OneCycle]] = {"cosine": Cosine, "onecycle": OneCycle}
    return kinds[settings.schedule](settings.rate, n_steps=PLANNED_EPOCHS * n_batches)


def dense_layers(network: Network) -> list[Dense]:
    """The layers of weights and biases, in their order."""
    return [layer for layer in network.layers if isinstance(layer, Dense)]


def answers(layer: Layer) -> bool:
    """Whether a layer's output is what its units answer: an activation, before any dropout."""
    return not isinstance(layer, Dense | BatchNorm | Dropout)
