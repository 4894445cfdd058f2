"""PyTorch, in float64, as the judge of losses, gradients and updates."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from numlp.nn import (
    LBFGS,
    SGD,
    AdamW,
    BatchNorm,
    CategoryEmbedding,
    Dense,
    Dropout,
    FixedWaves,
    Layer,
    LayerNorm,
    MixedSELU,
    Network,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Scale,
    ScaledDense,
    Tanh,
    clip_by_norm,
    mlp,
    train_full_batch,
)
from numlp.nn.arrays import Array, Labels

from .cases import (
    ACTIVATION_LAYERS,
    LAYERS,
    LOSSES,
    OPTIMIZERS,
    WIDTH,
    LayerCase,
    LossCase,
    OptimizerCase,
    batch_of,
    in_a_row,
    network_of,
)

torch = pytest.importorskip("torch")
torch.set_num_threads(1)  # beside another OpenMP, its threads would spin: ten times slower
F = torch.nn.functional
Tensor = Any

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda X: X,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "leaky_relu-0.3": lambda X: F.leaky_relu(X, 0.3),
    "elu": F.elu,
    "elu-1.7": lambda X: F.elu(X, 1.7),
    "elu-0.3": lambda X: F.elu(X, 0.3),
    "selu": F.selu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "silu": F.silu,
    "mish": F.mish,
    "gelu": F.gelu,
    "gelu_tanh": lambda X: F.gelu(X, approximate="tanh"),
}
BY_SETTINGS = {repr(case.make()): ACTIVATIONS[name] for name, case in ACTIVATION_LAYERS.items()}


class Twin:
    """The network in PyTorch, on leaves of its own: the matrices, and the vectors."""

    def __init__(self, network: Network) -> None:
        self.layers = network.layers
        theta = torch.tensor(network.theta)
        self.matrices = theta[: network.n_decayed].clone().requires_grad_()
        self.vectors = theta[network.n_decayed :].clone().requires_grad_()
        positions = copy.deepcopy(network)  # where in theta each parameter lies
        positions.theta[:] = np.arange(network.n_params)
        self.positions = [
            {name: torch.tensor(getattr(layer, name).astype(int)) for name in layer.shapes}
            for layer in positions.layers
        ]

    @property
    def theta(self) -> Tensor:
        return torch.cat([self.matrices, self.vectors])

    @property
    def grad(self) -> Array:
        leaves = [self.matrices, self.vectors]
        # What is not trained, running statistics, gets no gradient from PyTorch; here it is 0.
        return np.concatenate(
            [np.zeros(len(t)) if t.grad is None else t.grad.numpy() for t in leaves]
        )

    def __call__(self, X: Array, *, training: bool = True) -> Tensor:
        theta, Z = self.theta, torch.tensor(X)
        for layer, positions in zip(self.layers, self.positions, strict=True):
            Z = self.through(layer, {k: theta[at] for k, at in positions.items()}, Z, training)
        return Z

    def through(self, layer: Layer, p: dict[str, Tensor], X: Tensor, training: bool) -> Tensor:
        if isinstance(layer, ScaledDense):
            return X @ (p["s"][:, None] * p["W"]) + p["b"]
        if isinstance(layer, Dense):
            return X @ p["W"] + p["b"]
        if isinstance(layer, LayerNorm):
            return F.layer_norm(X, X.shape[1:], p["gamma"], p["beta"], layer.eps)
        if isinstance(layer, BatchNorm):
            self.running = [p[name].detach().clone() for name in ("running_mean", "running_var")]
            return F.batch_norm(
                X, *self.running, p["gamma"], p["beta"], training, layer.momentum, layer.eps
            )
        if isinstance(layer, Scale):
            return X * p["s"]
        if isinstance(layer, MixedSELU):
            return X + p["a"] * (F.selu(X) - X)
        if isinstance(layer, PeriodicEmbedding):
            x = X[:, : layer.n_numbers, None]  # (n, n_numbers, 1)
            w, b = p["w"], p["b"]
            if isinstance(layer, FixedWaves):
                w, b = w.detach(), b.detach()  # not trained
            C = torch.cos(x * w + b)  # (n, n_numbers, n_frequencies)
            E = torch.einsum("nfq,fqm->nfm", C, p["V"]) + p["c"]
            return torch.cat([X, E.flatten(1)], dim=1)
        if isinstance(layer, PiecewiseLinearEmbedding):
            low, slope = p["low"].detach(), p["slope"].detach()  # not trained
            E = torch.clip((X[:, : layer.n_numbers, None] - low) * slope, 0, 1)
            return torch.cat([X, E.flatten(1)], dim=1)
        if isinstance(layer, CategoryEmbedding):
            kept, codes = X.tensor_split([X.shape[1] - len(layer.cardinalities)], dim=1)
            tables = p["T"].split(layer.cardinalities)
            vectors = [
                F.embedding(code.long().clamp(0, len(T) - 1), T)
                for code, T in zip(codes.T, tables, strict=True)
            ]
            return torch.cat([kept, *vectors], dim=1)
        return BY_SETTINGS[repr(layer)](X)


def squared_error(Z: Tensor, y: Tensor, _: float) -> Tensor:
    return F.mse_loss(Z, y.reshape(Z.shape), reduction="none").mean(dim=1)


def sigmoid_cross_entropy(Z: Tensor, y: Tensor, smoothing: float) -> Tensor:
    """PyTorch smooths no binary targets and averages over outputs; here they are summed."""
    t = y.reshape(Z.shape) * (1 - smoothing) + smoothing / 2
    return F.binary_cross_entropy_with_logits(Z, t, reduction="none").sum(dim=1)


def softmax_cross_entropy(Z: Tensor, y: Tensor, smoothing: float) -> Tensor:
    """PyTorch divides by the sum of class weights, never of sample weights: that is done here."""
    return F.cross_entropy(Z, y, reduction="none", label_smoothing=smoothing)


def sigmoid_squared_error(Z: Tensor, y: Tensor, smoothing: float) -> Tensor:
    t = y.reshape(Z.shape) * (1 - smoothing) + smoothing / 2
    return ((torch.sigmoid(Z) - t) ** 2).sum(dim=1)


def softmax_squared_error(Z: Tensor, y: Tensor, smoothing: float) -> Tensor:
    t = F.one_hot(y, Z.shape[1]).to(Z) * (1 - smoothing) + smoothing / Z.shape[1]
    return ((torch.softmax(Z, dim=1) - t) ** 2).sum(dim=1)


def sigmoid_focal(Z: Tensor, y: Tensor, gamma: float) -> Tensor:
    log_q = F.logsigmoid(torch.where(y.reshape(Z.shape) == 1, Z, -Z))
    return -((1 - log_q.exp()) ** gamma * log_q).sum(dim=1)


def softmax_focal(Z: Tensor, y: Tensor, gamma: float) -> Tensor:
    log_q = -F.cross_entropy(Z, y, reduction="none")
    return -((1 - log_q.exp()) ** gamma) * log_q


LOSS_FUNCTIONS: dict[str, Callable[[Tensor, Tensor, float], Tensor]] = {
    "SquaredError": squared_error,
    "SigmoidCrossEntropy": sigmoid_cross_entropy,
    "SoftmaxCrossEntropy": softmax_cross_entropy,
    "SigmoidSquaredError": sigmoid_squared_error,
    "SoftmaxSquaredError": softmax_squared_error,
    "SigmoidFocal": sigmoid_focal,
    "SoftmaxFocal": softmax_focal,
}


def loss_of(case: LossCase, Z: Tensor, y: Labels, weight: Array | None = None) -> Tensor:
    name = case.cls.__name__
    target = torch.tensor(y if name.startswith("Softmax") else y.astype(float))
    setting = next(iter(case.settings.values()), 0.0)
    sample_loss = LOSS_FUNCTIONS[name](Z, target, setting)
    u = torch.ones(len(y), dtype=torch.float64) if weight is None else torch.tensor(weight)
    return (u * sample_loss).sum() / u.sum()


def assert_same(
    network: Network,
    X: Array,
    y: Labels,
    weight: Array | None = None,
    case: LossCase = LOSSES["softmax-3"],
) -> Twin:
    twin = Twin(network)
    loss = loss_of(case, twin(X), y, weight)
    loss.backward()
    assert network.loss_and_grad(X, y, weight) == pytest.approx(loss.item(), rel=1e-10)
    np.testing.assert_allclose(network.grad, twin.grad, rtol=1e-10, atol=1e-12)
    return twin


def test_every_activation_has_its_counterpart() -> None:
    assert ACTIVATIONS.keys() == ACTIVATION_LAYERS.keys()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_agrees(name: str) -> None:
    case: LayerCase = ACTIVATION_LAYERS[name]
    layers = [Dense(3, WIDTH), case.make(), Dense(WIDTH, WIDTH), case.make(), Dense(WIDTH, 3)]
    X, y = batch_of(20, 3, 3)
    assert_same(network_of(layers), 3 * X, y)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_agrees_value_by_value(name: str) -> None:
    X = np.linspace(-30, 30, 601)[:, None]
    X = X[np.abs(X[:, 0]) > 1e-9]  # at 0 a kink has no one derivative
    layer = Network([ACTIVATION_LAYERS[name].make(), Dense(1, 1)], dtype=np.float64)
    layer.theta[:] = 1, 0
    inputs = torch.tensor(X, requires_grad=True)
    outputs = ACTIVATIONS[name](inputs)
    np.testing.assert_allclose(layer.logits(X), outputs.detach(), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("norm", [BatchNorm(), BatchNorm(0.3, 1e-2), LayerNorm(), LayerNorm(0.1)])
def test_every_normalization_agrees(norm: Layer) -> None:
    layers = [Dense(3, WIDTH), copy.deepcopy(norm), Tanh(), Dense(WIDTH, 3)]
    X, y = batch_of(20, 3, 3)
    assert_same(network_of(layers), X + 2, y)


@pytest.mark.parametrize("norm", [BatchNorm(), BatchNorm(0.3, 1e-2), LayerNorm(), LayerNorm(0.1)])
def test_every_normalization_agrees_at_inference(norm: Layer) -> None:
    network = network_of([Dense(3, WIDTH), copy.deepcopy(norm), Tanh(), Dense(WIDTH, 3)])
    X, y = batch_of(20, 3, 3)
    for part in (X[:7] + 2, X[7:]):
        network.loss_and_grad(part, y[: len(part)])
    expected = Twin(network)(X, training=False).softmax(dim=1).detach()
    np.testing.assert_allclose(network.predict(X), expected, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("momentum", [0.1, 0.3, 1.0])
def test_running_statistics_agree(momentum: float) -> None:
    network = network_of([BatchNorm(momentum), Dense(3, 3)])
    X, y = batch_of(20, 3, 3)
    for start, stop in ((0, 5), (5, 13), (13, 15), (15, 20)):
        twin = assert_same(network, X[start:stop] + 2, y[start:stop])
        norm = network.layers[0]
        np.testing.assert_allclose(norm.running_mean, twin.running[0], rtol=1e-12)
        np.testing.assert_allclose(norm.running_var, twin.running[1], rtol=1e-12)


WITH_TWIN = (
    Scale,
    ScaledDense,
    MixedSELU,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    CategoryEmbedding,
)
TABULAR = {name: case for name, case in LAYERS.items() if issubclass(case.cls, WITH_TWIN)}


@pytest.mark.parametrize("hidden", [False, True], ids=["first", "hidden"])
@pytest.mark.parametrize("case", TABULAR.values(), ids=TABULAR)
def test_every_layer_for_tables_agrees(case: LayerCase, hidden: bool) -> None:
    layers, width = in_a_row(case)
    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((40, WIDTH)), rng.integers(3, size=40)
    if case.cls is CategoryEmbedding:
        X[:, -2:] = rng.integers(-1, 6, (40, 2))  # and some that no table has
    front: list[Layer] = [Dense(WIDTH, WIDTH), Tanh()] if hidden else []
    layers = [*front, *layers, Dense(width, 3)]
    assert_same(network_of(layers, n_in=WIDTH), X, y)


@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
@pytest.mark.parametrize("case", LOSSES.values(), ids=LOSSES)
def test_every_loss_agrees(case: LossCase, weighted: bool) -> None:
    network = network_of([Dense(3, 5), Tanh(), Dense(5, case.n_out)], case.make())
    rng = np.random.default_rng(0)
    weight = rng.uniform(0, 2, 20) if weighted else None
    X, y = 3 * rng.standard_normal((20, 3)), case.targets(rng, 20)
    assert_same(network, X, y, weight, case)


def test_a_deep_network_without_dropout_agrees() -> None:
    network = mlp([6, 9, 8, 7, 3], activation="gelu", normalization="batch", dtype=np.float64)
    network.init(np.random.default_rng(0))
    assert_same(network, *batch_of(40, 6, 3))


def test_dropout_at_rate_zero_agrees() -> None:
    X, y = batch_of(20, 3, 3)
    network = network_of([Dense(3, WIDTH), Tanh(), Dropout(0.0), Dense(WIDTH, 3)])
    twin = Twin(network_of([Dense(3, WIDTH), Tanh(), Dense(WIDTH, 3)]))
    loss = loss_of(LOSSES["softmax-3"], twin(X), y)
    assert network.loss_and_grad(X, y) == pytest.approx(loss.item(), rel=1e-12)


# Updates

Optimizers = dict[str, tuple[Any, dict[str, Any]]]
TORCH_OPTIMIZERS: Optimizers = {
    "sgd": (torch.optim.SGD, {}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "rmsprop": (torch.optim.RMSprop, {"alpha": 0.99}),
    "rmsprop-0.9": (torch.optim.RMSprop, {"alpha": 0.9, "eps": 1e-4}),
    "adam": (torch.optim.Adam, {}),
    "adam-0.8": (torch.optim.Adam, {"betas": (0.8, 0.99), "eps": 1e-3}),
    "adamw": (torch.optim.AdamW, {"weight_decay": 0.01}),
    "adamw-0.3": (torch.optim.AdamW, {"weight_decay": 0.3}),
}
# PyTorch has neither decoupled decay for SGD nor an ε before Adam's correction.
WITHOUT_COUNTERPART = {"sgd-decay", "adam-uncorrected"}


def test_every_optimizer_has_its_counterpart() -> None:
    assert TORCH_OPTIMIZERS.keys() | WITHOUT_COUNTERPART == OPTIMIZERS.keys()


def fifty_steps(
    network: Network, optimizer: Any, twin: Twin, other: Any, max_norm: float | None = None
) -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        X, y = rng.standard_normal((16, 3)), rng.integers(3, size=16)
        network.loss_and_grad(X, y)
        if max_norm is not None:
            clip_by_norm(network.grad, max_norm)
        optimizer.step(network.theta, network.grad)
        other.zero_grad()
        loss_of(LOSSES["softmax-3"], twin(X), y).backward()
        if max_norm is not None:
            torch.nn.utils.clip_grad_norm_([twin.matrices, twin.vectors], max_norm)
        other.step()


def network_and_twin(l2: float = 0.0) -> tuple[Network, Twin]:
    network = network_of([Dense(3, 8), Tanh(), LayerNorm(), Dense(8, 3)], l2=l2)
    return network, Twin(network)


@pytest.mark.parametrize("name", TORCH_OPTIMIZERS)
def test_fifty_steps_of_every_optimizer_agree(name: str) -> None:
    network, twin = network_and_twin()
    case: OptimizerCase = OPTIMIZERS[name]
    cls, settings = TORCH_OPTIMIZERS[name]
    groups = [{"params": [twin.matrices]}, {"params": [twin.vectors], "weight_decay": 0.0}]
    other = cls(groups, lr=0.02, **settings)
    before = network.theta.copy()
    fifty_steps(network, case.make(lr=0.02, groups=network.groups()), twin, other)
    assert np.abs(network.theta - before).max() > 0.01
    np.testing.assert_allclose(network.theta, twin.theta.detach(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", TORCH_OPTIMIZERS)
def test_groups_agree(name: str) -> None:
    network, twin = network_and_twin()
    cls, settings = TORCH_OPTIMIZERS[name]
    groups = [
        {"params": [twin.matrices], "lr": 0.01},
        {"params": [twin.vectors], "lr": 0.04, "weight_decay": 0.0},
    ]
    other = cls(groups, lr=0.02, **settings)
    of_matrices = network.groups(lambda _, name: (0.5, 1.0) if name == "W" else (2.0, 0.0))
    fifty_steps(network, OPTIMIZERS[name].make(lr=0.02, groups=of_matrices), twin, other)
    np.testing.assert_allclose(network.theta, twin.theta.detach(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_the_decay_of_groups_agrees(name: str) -> None:
    """Both by AdamW, whose decay is decoupled as every optimizer's here is."""
    network, twin = network_and_twin()
    groups = [
        {"params": [twin.matrices], "weight_decay": 0.03},
        {"params": [twin.vectors], "lr": 0.04, "weight_decay": 0.2},
    ]
    other = torch.optim.AdamW(groups, lr=0.02)
    ours = network.groups(lambda _, name: (1.0, 0.3) if name == "W" else (2.0, 2.0))
    optimizer = OPTIMIZERS[name].make(lr=0.02, weight_decay=0.1, groups=ours)
    fifty_steps(network, optimizer, twin, other)
    np.testing.assert_allclose(network.theta, twin.theta.detach(), rtol=1e-10, atol=1e-10)


def test_weight_decay_of_everything_agrees() -> None:
    network, twin = network_and_twin()
    other = torch.optim.AdamW([twin.matrices, twin.vectors], lr=0.02, weight_decay=0.1)
    fifty_steps(network, AdamW(lr=0.02, weight_decay=0.1), twin, other)
    np.testing.assert_allclose(network.theta, twin.theta.detach(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_l2_agrees_with_the_weight_decay_of_sgd(momentum: float) -> None:
    """PyTorch adds λ θ to the gradient: that is the l2 of the network, not ``weight_decay``."""
    network, twin = network_and_twin(l2=0.1)
    groups = [{"params": [twin.matrices], "weight_decay": 0.1}, {"params": [twin.vectors]}]
    other = torch.optim.SGD(groups, lr=0.05, momentum=momentum)
    fifty_steps(network, SGD(0.05, momentum=momentum), twin, other)
    np.testing.assert_allclose(network.theta, twin.theta.detach(), rtol=1e-10, atol=1e-10)


def test_clipping_agrees() -> None:
    """Within 1e-5: PyTorch divides by the norm plus 1e-6."""
    network, twin = network_and_twin()
    other = torch.optim.SGD([twin.matrices, twin.vectors], lr=0.1)
    fifty_steps(network, SGD(0.1), twin, other, max_norm=0.2)
    np.testing.assert_allclose(network.theta, twin.theta.detach(), rtol=1e-5, atol=1e-5)


def test_lbfgs_reaches_as_low_a_minimum() -> None:
    X, y = batch_of(60, 4, 3)
    network = network_of([Dense(4, 3)], l2=0.05)
    twin = Twin(network)
    other = torch.optim.LBFGS(
        [twin.matrices, twin.vectors],
        max_iter=500,
        tolerance_grad=1e-10,
        tolerance_change=1e-14,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        other.zero_grad()
        loss = loss_of(LOSSES["softmax-3"], twin(X), y) + 0.025 * (twin.matrices**2).sum()
        loss.backward()
        return loss

    other.step(closure)
    lbfgs = LBFGS(tol_grad=1e-10, tol_loss=0.0)
    *_, last = train_full_batch(network, lbfgs, X, y)
    assert last.train_loss == pytest.approx(closure().item(), rel=1e-10)
    # The biases may move together; the matrices have one minimum.
    np.testing.assert_allclose(
        network.theta[: network.n_decayed], twin.matrices.detach(), atol=1e-6
    )
