"""The tables that drive the tests of the engine.

A new layer, loss, optimizer or schedule is tested by being listed here, with its formula written
out naively beside it; ``test_cases.py`` fails where one is missing.
"""

import copy
import math
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from numlp.nn import (
    ELU,
    GELU,
    INITIALIZERS,
    SELU,
    SGD,
    Adam,
    AdamW,
    Adaptive,
    BatchNorm,
    CategoryEmbedding,
    Constant,
    Cosine,
    CosLog,
    Dense,
    Dropout,
    FixedWaves,
    FlatCosine,
    GELUTanh,
    Group,
    Identity,
    InverseScaling,
    Layer,
    LayerNorm,
    LeakyReLU,
    Loss,
    Members,
    Mish,
    MixedSELU,
    Network,
    OneCycle,
    Optimizer,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    ReLU,
    RMSprop,
    Scale,
    ScaledDense,
    Schedule,
    Sigmoid,
    SigmoidCrossEntropy,
    SigmoidFocal,
    SigmoidSquaredError,
    SiLU,
    SoftmaxCrossEntropy,
    SoftmaxFocal,
    SoftmaxSquaredError,
    SquaredError,
    Tanh,
    WarmUp,
)
from numlp.nn.arrays import Array, DType, Labels

WIDTH = 4  # of the layers of the table, unless asked otherwise
Formula = Callable[[float], float]
Copy = Callable[[Any], Any]


# Layers


class FixedDropout(Dropout):
    """Dropout that draws the same mask for every batch of the same size."""

    def forward(self, X: Array, Y: Array) -> None:
        self.rngs = tuple(np.random.default_rng(3) for _ in self.rngs)
        self.fill_scratch()
        super().forward(X, Y)


@dataclass(frozen=True)
class LayerCase:
    cls: type[Layer]
    settings: Mapping[str, Any] = field(default_factory=dict)
    formula: Formula | None = None  # of an activation: y = f(x)
    derivative: Formula | None = None
    of_width: Callable[[int], Mapping[str, Any]] = lambda _: {}  # settings that follow from it

    def make(self, width: int = WIDTH) -> Layer:
        """The layer for ``width`` inputs."""
        return self.cls(**self.of_width(width), **self.settings)


def in_a_row(*cases: LayerCase, width: int = WIDTH) -> tuple[list[Layer], int]:
    """A layer of each case, one after another, and how wide the last one's outputs are."""
    layers = []
    for case in cases:
        layers.append(case.make(width))
        width = layers[-1].build(width)
    return layers, width


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def mish_gate(x: float) -> float:
    return math.tanh(math.log1p(math.exp(x))) if x < 100 else 1.0


def normal_cdf(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2


def normal_density(x: float) -> float:
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def gelu_gate(x: float) -> float:
    return math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))


def gelu_gate_slope(x: float) -> float:
    return (1 - gelu_gate(x) ** 2) * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)


def elu(alpha: float, scale: float = 1.0) -> tuple[Formula, Formula]:
    return (
        lambda x: scale * (x if x > 0 else alpha * math.expm1(x)),
        lambda x: scale * (1.0 if x > 0 else alpha * math.exp(x)),
    )


ACTIVATION_LAYERS: dict[str, LayerCase] = {
    "identity": LayerCase(Identity, {}, lambda x: x, lambda x: x**0),
    "relu": LayerCase(ReLU, {}, lambda x: max(x, 0.0), lambda x: float(x > 0)),
    "leaky_relu": LayerCase(
        LeakyReLU, {}, lambda x: x if x > 0 else 0.01 * x, lambda x: 1.0 if x > 0 else 0.01
    ),
    "leaky_relu-0.3": LayerCase(
        LeakyReLU, {"slope": 0.3}, lambda x: max(x, 0.3 * x), lambda x: 1.0 if x > 0 else 0.3
    ),
    "elu": LayerCase(ELU, {}, *elu(1.0)),
    "elu-1.7": LayerCase(ELU, {"alpha": 1.7}, *elu(1.7)),
    "elu-0.3": LayerCase(ELU, {"alpha": 0.3}, *elu(0.3)),
    "selu": LayerCase(SELU, {}, *elu(1.6732632423543772, 1.0507009873554805)),
    "tanh": LayerCase(Tanh, {}, math.tanh, lambda x: 1 - math.tanh(x) ** 2),
    "sigmoid": LayerCase(Sigmoid, {}, sigmoid, lambda x: sigmoid(x) * sigmoid(-x)),
    "silu": LayerCase(
        SiLU,
        {},
        lambda x: x * sigmoid(x),
        lambda x: sigmoid(x) * (1 + x * (1 - sigmoid(x))),
    ),
    "mish": LayerCase(
        Mish,
        {},
        lambda x: x * mish_gate(x),
        lambda x: mish_gate(x) + x * (1 - mish_gate(x) ** 2) * sigmoid(x),
    ),
    "gelu": LayerCase(
        GELU,
        {},
        lambda x: x * normal_cdf(x),
        lambda x: normal_cdf(x) + x * normal_density(x),
    ),
    "gelu_tanh": LayerCase(
        GELUTanh,
        {},
        lambda x: x * (1 + gelu_gate(x)) / 2,
        lambda x: (1 + gelu_gate(x)) / 2 + x * gelu_gate_slope(x) / 2,
    ),
}

LAYERS: dict[str, LayerCase] = {
    **ACTIVATION_LAYERS,
    **{
        f"dense-{name}": LayerCase(
            Dense, {"initializer": name}, of_width=lambda width: {"n_in": width, "n_out": width}
        )
        for name in INITIALIZERS
    },
    "dropout": LayerCase(FixedDropout, {"rate": 0.4}),
    "batch_norm": LayerCase(BatchNorm),
    "batch_norm-0.3": LayerCase(BatchNorm, {"momentum": 0.3, "eps": 1e-2}),
    "layer_norm": LayerCase(LayerNorm),
    "layer_norm-0.1": LayerCase(LayerNorm, {"eps": 0.1}),
    "scale": LayerCase(Scale),
    "scaled_dense": LayerCase(ScaledDense, of_width=lambda width: {"n_in": width, "n_out": width}),
    "mixed_selu": LayerCase(MixedSELU),
    # The embeddings read half of the columns and let the others pass.
    "periodic": LayerCase(
        PeriodicEmbedding,
        {"n_outputs": 2, "n_frequencies": 3, "sigma": 0.3},
        of_width=lambda width: {"n_numbers": (width + 1) // 2},
    ),
    "periodic-1-1": LayerCase(
        PeriodicEmbedding,
        {"n_outputs": 1, "n_frequencies": 1},
        of_width=lambda width: {"n_numbers": width},
    ),
    "fixed_waves": LayerCase(
        FixedWaves,
        {"n_outputs": 2, "n_frequencies": 3, "sigma": 0.3},
        of_width=lambda width: {"n_numbers": (width + 1) // 2},
    ),
    "piecewise_linear": LayerCase(
        PiecewiseLinearEmbedding,
        {"n_bins": 3},
        of_width=lambda width: {"n_numbers": (width + 1) // 2},
    ),
    "category": LayerCase(  # of any numbers, rounded and clipped: a step, with a slope of 0
        CategoryEmbedding,
        {"width": 3},
        of_width=lambda width: {"cardinalities": [2 + j % 3 for j in range((width + 1) // 2)]},
    ),
    "category-1": LayerCase(
        CategoryEmbedding, {"width": 1}, of_width=lambda width: {"cardinalities": [3] * width}
    ),
}


# Losses


def softmax(Z: Array) -> Array:
    E = np.exp(Z)
    return E / E.sum(axis=1, keepdims=True)


def columns(y: Labels, Z: Array) -> Array:
    return y.reshape(Z.shape).astype(float)


def smoothed_onehot(y: Labels, K: int, s: float) -> Array:
    return (1 - s) * np.eye(K)[y] + s / K


def binary_cross_entropy(s: float) -> Callable[[Array, Labels], Array]:
    def loss(Z: Array, y: Labels) -> Array:
        t, P = (1 - s) * columns(y, Z) + s / 2, 1 / (1 + np.exp(-Z))
        return -(t * np.log(P) + (1 - t) * np.log(1 - P)).sum(axis=1)

    return loss


def binary_cross_entropy_gradient(s: float) -> Callable[[Array, Labels], Array]:
    return lambda Z, y: 1 / (1 + np.exp(-Z)) - ((1 - s) * columns(y, Z) + s / 2)


def cross_entropy(s: float) -> Callable[[Array, Labels], Array]:
    return lambda Z, y: -(smoothed_onehot(y, Z.shape[1], s) * np.log(softmax(Z))).sum(axis=1)


def cross_entropy_gradient(s: float) -> Callable[[Array, Labels], Array]:
    return lambda Z, y: softmax(Z) - smoothed_onehot(y, Z.shape[1], s)


def sigmoids(Z: Array) -> Array:
    return 1 / (1 + np.exp(-Z))


def brier(s: float) -> Callable[[Array, Labels], Array]:
    return lambda Z, y: ((sigmoids(Z) - (1 - s) * columns(y, Z) - s / 2) ** 2).sum(axis=1)


def brier_gradient(s: float) -> Callable[[Array, Labels], Array]:
    def gradient(Z: Array, y: Labels) -> Array:
        P = sigmoids(Z)
        return 2 * (P - (1 - s) * columns(y, Z) - s / 2) * P * (1 - P)

    return gradient


def brier_of_classes(s: float) -> Callable[[Array, Labels], Array]:
    return lambda Z, y: ((softmax(Z) - smoothed_onehot(y, Z.shape[1], s)) ** 2).sum(axis=1)


def brier_of_classes_gradient(s: float) -> Callable[[Array, Labels], Array]:
    """The squares' derivative times softmax's Jacobian, row by row."""

    def gradient(Z: Array, y: Labels) -> Array:
        P, T = softmax(Z), smoothed_onehot(y, Z.shape[1], s)
        rows = [(np.diag(p) - np.outer(p, p)) @ (2 * (p - t)) for p, t in zip(P, T, strict=True)]
        return np.array(rows)

    return gradient


def focal(gamma: float) -> Callable[[Array, Labels], Array]:
    def loss(Z: Array, y: Labels) -> Array:
        q = sigmoids(np.where(columns(y, Z) == 1, Z, -Z))
        return -((1 - q) ** gamma * np.log(q)).sum(axis=1)

    return loss


def focal_gradient(gamma: float) -> Callable[[Array, Labels], Array]:
    def gradient(Z: Array, y: Labels) -> Array:
        sign = np.where(columns(y, Z) == 1, 1.0, -1.0)
        q = sigmoids(sign * Z)
        dq = gamma * (1 - q) ** (gamma - 1) * np.log(q) - (1 - q) ** gamma / q
        return sign * q * (1 - q) * dq

    return gradient


def focal_of_classes(gamma: float) -> Callable[[Array, Labels], Array]:
    def loss(Z: Array, y: Labels) -> Array:
        q = softmax(Z)[np.arange(len(y)), y]
        return -((1 - q) ** gamma) * np.log(q)

    return loss


def focal_of_classes_gradient(gamma: float) -> Callable[[Array, Labels], Array]:
    def gradient(Z: Array, y: Labels) -> Array:
        P = softmax(Z)
        q = P[np.arange(len(y)), y][:, None]
        dq = gamma * (1 - q) ** (gamma - 1) * np.log(q) - (1 - q) ** gamma / q
        return dq * q * (np.eye(Z.shape[1])[y] - P)

    return gradient


@dataclass(frozen=True)
class LossCase:
    cls: type[Loss]
    n_out: int
    targets: Callable[[np.random.Generator, int], Labels]
    formula: Callable[[Array, Labels], Array]  # what each sample costs, (n,)
    gradient: Callable[[Array, Labels], Array]  # and its gradient, (n, n_out)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def make(self) -> Loss:
        return self.cls(**self.settings)


def _squared(n_out: int, *shape: int) -> LossCase:
    return LossCase(
        SquaredError,
        n_out,
        lambda rng, n: rng.standard_normal((n, *shape)),
        lambda Z, y: ((Z - columns(y, Z)) ** 2).sum(axis=1) / n_out,
        lambda Z, y: 2 / n_out * (Z - columns(y, Z)),
    )


def _binary(n_out: int, s: float, *shape: int) -> LossCase:
    return LossCase(
        SigmoidCrossEntropy,
        n_out,
        lambda rng, n: rng.integers(2, size=(n, *shape)),
        binary_cross_entropy(s),
        binary_cross_entropy_gradient(s),
        {"label_smoothing": s},
    )


def _multiclass(n_classes: int, s: float) -> LossCase:
    return LossCase(
        SoftmaxCrossEntropy,
        n_classes,
        lambda rng, n: rng.integers(n_classes, size=n),
        cross_entropy(s),
        cross_entropy_gradient(s),
        {"label_smoothing": s},
    )


def _outputs(
    cls: type[Loss], n_out: int, make: Any, make_gradient: Any, name: str, value: float
) -> LossCase:
    """A loss of independent outputs with one setting."""
    return LossCase(
        cls,
        n_out,
        lambda rng, n: rng.integers(2, size=n if n_out == 1 else (n, n_out)),
        make(value),
        make_gradient(value),
        {name: value},
    )


def _classes(cls: type[Loss], make: Any, make_gradient: Any, name: str, value: float) -> LossCase:
    """A loss of one class out of three with one setting."""
    return LossCase(
        cls,
        3,
        lambda rng, n: rng.integers(3, size=n),
        make(value),
        make_gradient(value),
        {name: value},
    )


LOSSES: dict[str, LossCase] = {
    "squared": _squared(1),
    "squared-column": _squared(1, 1),
    "squared-3": _squared(3, 3),
    "sigmoid": _binary(1, 0.0),
    "sigmoid-column": _binary(1, 0.0, 1),
    "sigmoid-smoothed": _binary(1, 0.2),
    "sigmoid-3": _binary(3, 0.0, 3),
    "sigmoid-3-smoothed": _binary(3, 0.2, 3),
    "softmax-2": _multiclass(2, 0.0),
    "softmax-3": _multiclass(3, 0.0),
    "softmax-3-smoothed": _multiclass(3, 0.2),
    "brier": _outputs(SigmoidSquaredError, 1, brier, brier_gradient, "label_smoothing", 0.0),
    "brier-3": _outputs(SigmoidSquaredError, 3, brier, brier_gradient, "label_smoothing", 0.2),
    **{
        f"brier-classes-{s}": _classes(
            SoftmaxSquaredError,
            brier_of_classes,
            brier_of_classes_gradient,
            "label_smoothing",
            s,
        )
        for s in (0.0, 0.2)
    },
    "focal": _outputs(SigmoidFocal, 1, focal, focal_gradient, "gamma", 2.0),
    "focal-3": _outputs(SigmoidFocal, 3, focal, focal_gradient, "gamma", 0.5),
    **{
        f"focal-classes-{gamma}": _classes(
            SoftmaxFocal, focal_of_classes, focal_of_classes_gradient, "gamma", gamma
        )
        for gamma in (0.0, 1.0, 2.0, 3.5)
    },
}


# The same loss for any number of outputs.
LOSSES_OF: dict[str, Callable[[int], LossCase]] = {
    "squared": lambda n_out: _squared(n_out, n_out),
    "sigmoid": lambda n_out: _binary(n_out, 0.0, n_out),
    "softmax-smoothed": lambda n_out: _multiclass(n_out, 0.2),
}


# Optimizers

Rule = Callable[[Any, float, float, dict[str, float]], float]


@dataclass(frozen=True)
class OptimizerCase:
    cls: type[Optimizer]
    rule: Rule  # of one parameter, without weight decay: (settings, p, g, memory) -> p
    rosenbrock: tuple[float, int, float]  # the loss it reaches: lr, steps, loss
    settings: Mapping[str, Any] = field(default_factory=dict)

    def make(self, **more: Any) -> Optimizer:
        return self.cls(**{**self.settings, **more})


def sgd(o: Any, p: float, g: float, memory: dict[str, float]) -> float:
    if not o.momentum:
        return p - o.lr * g
    v = memory["v"] = o.momentum * memory.get("v", 0.0) - o.lr * g
    return p + o.momentum * v - o.lr * g if o.nesterov else p + v


def rmsprop(o: Any, p: float, g: float, memory: dict[str, float]) -> float:
    v = memory["v"] = o.rho * memory.get("v", 0.0) + (1 - o.rho) * g**2
    return p - o.lr * g / (math.sqrt(v) + o.eps)


def adam(o: Any, p: float, g: float, memory: dict[str, float]) -> float:
    t = memory["t"] = memory.get("t", 0) + 1
    m = memory["m"] = o.beta1 * memory.get("m", 0.0) + (1 - o.beta1) * g
    v = memory["v"] = o.beta2 * memory.get("v", 0.0) + (1 - o.beta2) * g**2
    m_hat, v_hat = m / (1 - o.beta1**t), v / (1 - o.beta2**t)
    if o.correct_eps:
        return p - o.lr * m_hat / (math.sqrt(v_hat) + o.eps)
    return p - o.lr * m_hat * math.sqrt(1 - o.beta2**t) / (math.sqrt(v) + o.eps)


def naive_step(
    o: Any, theta: Sequence[float], grad: Sequence[float], memory: list[dict[str, float]]
) -> list[float]:
    """One step of the optimizer's rule, with decoupled weight decay before it."""
    rule = next(case.rule for case in OPTIMIZERS.values() if case.cls is type(o))
    stepped = []
    for i, (p, g, m) in enumerate(zip(theta, grad, memory, strict=True)):
        group = next(group for group in o.groups or [Group(len(theta))] if i < group.stop)
        own = copy.copy(o)
        own.lr = o.lr * group.lr
        stepped.append(rule(own, p * (1 - own.lr * o.weight_decay * group.weight_decay), g, m))
    return stepped


OPTIMIZERS: dict[str, OptimizerCase] = {
    "sgd": OptimizerCase(SGD, sgd, (1e-3, 10_000, 1e-3)),
    "momentum": OptimizerCase(SGD, sgd, (1e-3, 2500, 1e-9), {"momentum": 0.9}),
    "nesterov": OptimizerCase(SGD, sgd, (1e-3, 2500, 1e-9), {"momentum": 0.9, "nesterov": True}),
    "sgd-decay": OptimizerCase(SGD, sgd, (1e-3, 10_000, 1e-3), {"weight_decay": 0.1}),
    "rmsprop": OptimizerCase(RMSprop, rmsprop, (3e-3, 3000, 1e-2)),
    "rmsprop-0.9": OptimizerCase(RMSprop, rmsprop, (3e-3, 3000, 1e-2), {"rho": 0.9, "eps": 1e-4}),
    "adam": OptimizerCase(Adam, adam, (1e-2, 5000, 1e-5)),
    "adam-0.8": OptimizerCase(
        Adam, adam, (3e-3, 3000, 1e-5), {"beta1": 0.8, "beta2": 0.99, "eps": 1e-3}
    ),
    "adam-uncorrected": OptimizerCase(
        Adam, adam, (1e-2, 5000, 1e-5), {"eps": 1e-3, "correct_eps": False}
    ),
    "adamw": OptimizerCase(AdamW, adam, (1e-2, 5000, 1e-5)),
    "adamw-0.3": OptimizerCase(AdamW, adam, (1e-2, 5000, 1e-5), {"weight_decay": 0.3}),
}


# Schedules


@dataclass(frozen=True)
class ScheduleCase:
    make: Callable[[], Schedule]
    formula: Formula


def _half_cosine(start: float, end: float, t: float) -> float:
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * t))


def one_cycle(lr: float, n: int, rise: float, start_div: float, end_div: float) -> Formula:
    def formula(step: float) -> float:
        if step < rise * n:
            return _half_cosine(lr / start_div, lr, step / (rise * n))
        return _half_cosine(lr, lr / end_div, min(1.0, (step - rise * n) / (n - rise * n)))

    return formula


def waves(lr: float, n: int, n_waves: int) -> Formula:
    """Wave after wave, each twice as long as the one before; inside one, time in logarithms."""

    def formula(step: float) -> float:
        first = n / (2**n_waves - 1)
        start, length = 0.0, first
        for _ in range(n_waves - 1):
            if step < start + length:
                break
            start, length = start + length, 2 * length
        u = math.log2(1 + min(step - start, length) / length)
        return lr * math.sin(math.pi * u) ** 2

    return formula


SCHEDULES: dict[str, ScheduleCase] = {
    "constant": ScheduleCase(lambda: Constant(0.1), lambda step: 0.1 * step**0),
    "inverse_scaling": ScheduleCase(
        lambda: InverseScaling(0.1), lambda step: 0.1 / math.sqrt(step + 1)
    ),
    "inverse_scaling-2": ScheduleCase(
        lambda: InverseScaling(0.1, power=2), lambda step: 0.1 / (step + 1) ** 2
    ),
    "adaptive": ScheduleCase(lambda: Adaptive(0.1), lambda step: 0.1 * step**0),
    "cosine": ScheduleCase(
        lambda: Cosine(0.1, n_steps=60), lambda step: _half_cosine(0.1, 0.0, min(step / 60, 1))
    ),
    "cosine-final": ScheduleCase(
        lambda: Cosine(0.1, n_steps=60, final_lr=0.02),
        lambda step: _half_cosine(0.1, 0.02, min(step / 60, 1)),
    ),
    "one_cycle": ScheduleCase(lambda: OneCycle(0.1, n_steps=60), one_cycle(0.1, 60, 0.3, 25, 1e4)),
    "one_cycle-0.5": ScheduleCase(
        lambda: OneCycle(0.1, n_steps=60, rise=0.5, start_div=10, end_div=100),
        one_cycle(0.1, 60, 0.5, 10, 100),
    ),
    "one_cycle-0": ScheduleCase(
        lambda: OneCycle(0.1, n_steps=60, rise=0), one_cycle(0.1, 60, 0, 25, 1e4)
    ),
    "coslog": ScheduleCase(lambda: CosLog(0.1, n_steps=60), waves(0.1, 60, 4)),
    "coslog-2": ScheduleCase(lambda: CosLog(0.1, n_steps=60, n_waves=2), waves(0.1, 60, 2)),
    "flat_cosine": ScheduleCase(
        lambda: FlatCosine(0.1, n_steps=60),
        lambda step: 0.1 if step <= 30 else _half_cosine(0.1, 0.0, min(step - 30, 30) / 30),
    ),
    "warm_up": ScheduleCase(
        lambda: WarmUp(Constant(0.1), n_steps=5), lambda step: 0.1 * min(1, (step + 1) / 6)
    ),
}


# Networks and gradients


def network_of(
    layers: Sequence[Layer],
    loss: Loss | None = None,
    *,
    n_in: int | None = None,
    l2: float = 0.0,
    max_batch: int = 5,
    dtype: DType = np.float64,
) -> Network:
    """A network with every parameter away from where ``init`` puts it: no γ is 1, no bias 0."""
    network = Network(layers, n_in=n_in, loss=loss, l2=l2, max_batch=max_batch, dtype=dtype)
    rng = np.random.default_rng(0)
    network.init(rng)
    network.theta += rng.uniform(-0.3, 0.3, network.n_params).astype(dtype)
    return network


def one_or_many(layers: Sequence[Layer], k: int | None, **settings: Any) -> Network:
    """A network, or with a number k as many members."""
    return Network(layers, **settings) if k is None else Members(layers, k, **settings)


def batch_of(n: int, n_in: int, n_classes: int, dtype: DType = np.float64) -> tuple[Array, Labels]:
    rng = np.random.default_rng(1)
    return rng.standard_normal((n, n_in)).astype(dtype), rng.integers(n_classes, size=n)


def central_differences(f: Callable[[], float], theta: Array, eps: float = 1e-6) -> Array:
    """Gradient of f with respect to theta, by f at theta ± eps in each coordinate."""
    grad = np.empty_like(theta)
    for i, value in enumerate(theta):
        theta[i] = value + eps
        above = f()
        theta[i] = value - eps
        below = f()
        theta[i] = value
        grad[i] = (above - below) / (2 * eps)
    return grad


def assert_gradient_is_right(
    network: Network, X: Array, y: Labels, weight: Array | None = None, then: str = ""
) -> None:
    """Compare each coordinate of the gradient; an error says what layer comes ``then``."""
    network.grad.fill(np.nan)  # backward overwrites, so nothing of this may stay ...
    for layer in network.layers:
        for name in layer.statistics:  # ... but in what is not trained, which stays at zero
            getattr(layer, "d" + name).fill(0.0)
    network.loss_and_grad(X, y, weight)
    grad = network.grad.copy()
    expected = central_differences(lambda: network.loss_and_grad(X, y, weight), network.theta)
    expected = without_statistics(network, expected)
    np.testing.assert_allclose(grad, expected, rtol=1e-6, atol=1e-8, err_msg=then)


def without_statistics(network: Network, slopes: Array) -> Array:
    """The slopes, but 0 where theta is not trained, though the loss may depend on it."""
    network.grad[:] = slopes
    for layer in network.layers:
        for name in layer.statistics:
            getattr(layer, "d" + name).fill(0.0)
    return network.grad.copy()


def pickled(thing: Any) -> Any:
    """A copy by way of pickle."""
    return pickle.loads(pickle.dumps(thing))  # noqa: S301 - our own bytes


# One layer by itself


def bound(layer: Layer, n_in: int, n: int, dtype: DType = np.float64) -> Layer:
    """The layer with memory of its own, for batches of n rows, as a network would bind it."""
    layer.build(n_in)
    for name, shape in layer.shapes.items():
        setattr(layer, name, np.zeros(shape, dtype))
        setattr(layer, "d" + name, np.zeros(shape, dtype))
    for name, (shape, own_dtype) in layer.scratch(n).items():
        setattr(layer, name, np.zeros(shape, own_dtype or dtype))
    layer.fill_scratch()
    layer.init(np.random.default_rng(0))
    return layer


def forward(layer: Layer, X: Array) -> Array:
    Y = np.full((len(X), layer.n_out), np.nan, X.dtype)
    layer.forward(X, Y)
    return Y


def backward(layer: Layer, X: Array, Y: Array, dY: Array) -> Array:
    """dX, from copies: the layer may use Y and dY as working memory."""
    dX = np.full_like(X, np.nan)
    layer.backward(X, Y.copy(), dY.copy(), dX)
    return dX
