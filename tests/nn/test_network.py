"""The network: its memory, its views, its copies and its messages."""

import copy
import math
import pickle
import re
from collections.abc import Callable

import numpy as np
import pytest

from numlp.nn import (
    ELU,
    BatchNorm,
    CategoryEmbedding,
    Dense,
    Dropout,
    Group,
    Layer,
    LayerNorm,
    LeakyReLU,
    Network,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    ReLU,
    SigmoidCrossEntropy,
    SoftmaxCrossEntropy,
    Tanh,
    mlp,
)
from numlp.nn.arrays import Array
from numlp.nn.network import PENALTY_BLOCK, PREDICT_ROWS

from .cases import (
    LAYERS,
    LOSSES,
    WIDTH,
    Copy,
    LayerCase,
    LossCase,
    batch_of,
    in_a_row,
    network_of,
    pickled,
)

LAYER = pytest.mark.parametrize("case", LAYERS.values(), ids=LAYERS)
COPIED = pytest.mark.parametrize("copied", [copy.deepcopy, pickled], ids=["deepcopy", "pickle"])


def between(case: LayerCase) -> Network:
    layers, width = in_a_row(case)
    return network_of([Dense(3, WIDTH), *layers, Dense(width, 3)])


# Parameters


def test_matrices_come_first_and_vectors_follow_in_the_order_of_the_layers() -> None:
    network = network_of([Dense(2, 3), LayerNorm(), Dense(3, 4)])
    first, norm, last = network.layers
    parts = [first.W.ravel(), last.W.ravel(), first.b, norm.gamma, norm.beta, last.b]
    np.testing.assert_array_equal(network.theta, np.concatenate(parts))
    assert network.n_decayed == 6 + 12
    assert network.n_params == 6 + 12 + 3 + 3 + 3 + 4


def test_a_matrix_that_is_not_trained_is_not_decayed() -> None:
    class Given(Dense):
        statistics = frozenset({"W"})

    network = network_of([Given(3, 4), Dense(4, 2)])
    assert network.n_decayed == 8
    assert network.groups() == [Group(8), Group(8 + 12 + 4 + 2, 1, 0)]
    np.testing.assert_array_equal(network.theta[:8], network.layers[1].W.ravel())


def test_groups_follow_a_rule_and_neighbours_alike_are_one() -> None:
    network = mlp([2, 3, 4, 5])
    first, *_, last = network.layers
    factors = {first: 0.1, last: 10.0}
    groups = network.groups(lambda layer, name: (factors.get(layer, 1.0), float(name == "W")))
    stops = np.cumsum([6, 12, 20, 3, 4, 5]).tolist()
    lrs = [0.1, 1.0, 10.0]
    assert groups == [
        Group(stop, lr, decay)
        for stop, lr, decay in zip(stops, 2 * lrs, 3 * [1.0] + 3 * [0.0], strict=True)
    ]
    assert network.groups(lambda _, __: (1.0, 1.0)) == [Group(network.n_params)]


@LAYER
def test_every_parameter_and_gradient_is_a_view(case: LayerCase) -> None:
    network = between(case)
    for vector, prefix in ((network.theta, ""), (network.grad, "d")):
        vector[:] = np.arange(network.n_params)
        views = [getattr(layer, prefix + name) for layer in network.layers for name in layer.shapes]
        seen = np.sort(np.concatenate([view.ravel() for view in views]))
        np.testing.assert_array_equal(seen, vector)


def test_a_shared_theta_is_worked_on_in_place() -> None:
    memory = np.linspace(-1, 1, 60)
    theta = memory[9:36]
    network = Network([Dense(4, 3), Tanh(), Dense(3, 3)], dtype=np.float64, theta=theta)
    assert network.theta is theta
    np.testing.assert_array_equal(network.layers[0].W.ravel(), theta[:12])
    network.layers[2].b[:] = 7
    np.testing.assert_array_equal(memory[33:36], 7)


def test_new_parameters_are_zero_until_drawn_and_the_same_for_the_same_seed() -> None:
    first, second = mlp([4, 5, 3]), mlp([4, 5, 3])
    assert not first.theta.any()
    first.init(np.random.default_rng(3))
    second.init(np.random.default_rng(3))
    assert first.theta.any()
    np.testing.assert_array_equal(first.theta, second.theta)


# Loss and gradient


def test_l2_adds_half_the_sum_of_squares_of_the_matrices_alone() -> None:
    network = mlp([30, 40, 250], l2=0.3, dtype=np.float64)
    assert network.n_decayed > PENALTY_BLOCK
    network.theta[:] = np.random.default_rng(0).standard_normal(network.n_params)
    X, y = batch_of(5, 30, 250)
    loss = network.loss_and_grad(X, y)
    grad = network.grad.copy()
    network.l2 = 0.0
    W = network.theta[: network.n_decayed]
    assert loss == pytest.approx(network.loss_and_grad(X, y) + 0.15 * (W**2).sum(), rel=1e-12)
    extra = grad - network.grad
    np.testing.assert_allclose(extra[: network.n_decayed], 0.3 * W, atol=1e-12)
    np.testing.assert_array_equal(extra[network.n_decayed :], 0)


@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
def test_l2_of_the_sum_is_divided_by_the_rows_or_their_weight(weighted: bool) -> None:
    X, y = batch_of(5, 3, 3)
    weight = np.array([0.5, 2.0, 0.0, 1.0, 3.0]) if weighted else None
    total = 6.5 if weighted else 5
    mean, of_sum = (
        Network([Dense(3, 3)], l2=l2, l2_of_sum=of_sum, dtype=np.float64)
        for l2, of_sum in ((0.3 / total, False), (0.3, True))
    )
    mean.theta[:] = of_sum.theta[:] = np.linspace(-1, 1, 12)
    expected = mean.loss_and_grad(X, y, weight)
    assert of_sum.loss_and_grad(X, y, weight) == pytest.approx(expected, rel=1e-14)
    np.testing.assert_allclose(of_sum.grad, mean.grad, rtol=1e-12)


def test_l2_of_the_sum_of_nothing_is_nothing() -> None:
    network = Network([Dense(3, 3)], l2=0.3, l2_of_sum=True, dtype=np.float64)
    network.theta[:] = 1
    X, y = batch_of(5, 3, 3)
    assert network.loss_and_grad(X, y, np.zeros(5)) == 0
    np.testing.assert_array_equal(network.grad, 0)


@LAYER
def test_a_batch_grows_beyond_max_batch(case: LayerCase) -> None:
    small, large = between(case), between(case)
    large._allocate_workspace(100)
    small.theta[:] = large.theta
    X, y = batch_of(37, 3, 3)
    assert small.max_batch < 37
    assert small.loss_and_grad(X, y) == large.loss_and_grad(X, y)
    np.testing.assert_array_equal(small.grad, large.grad)


@LAYER
def test_training_and_inference_agree_where_they_should(case: LayerCase) -> None:
    if case.cls.predict is not ReLU.predict:
        assert case.make().predict.__func__ is not ReLU.predict  # Dropout and BatchNorm differ
        return
    network = between(case)
    X, y = batch_of(5, 3, 3)
    assert network.loss_and_grad(X, y) == pytest.approx(network.evaluate(X, y), rel=1e-12)


def test_nobody_computes_a_gradient_below_the_first_layer_with_parameters() -> None:
    asked = []

    class Listening(Dense):
        def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
            asked.append(dX is not None)
            super().backward(X, Y, dY, dX)

    class Untouched(Tanh):
        def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
            raise AssertionError

    X, y = batch_of(5, 3, 3)
    network_of([Untouched(), Listening(3, 4), Listening(4, 3)]).loss_and_grad(X, y)
    network_of([Listening(3, 3)]).loss_and_grad(X, y)
    assert asked == [True, False, False]


def test_two_networks_may_share_a_loss() -> None:
    loss = SigmoidCrossEntropy()
    first = network_of([Dense(3, 1)], loss)
    second = network_of([Dense(3, 1)], loss)
    X, y = batch_of(8, 3, 2)
    expected = first.loss_and_grad(X[:5], y[:5])
    second.loss_and_grad(X, y)
    assert first.loss_and_grad(X[:5], y[:5]) == expected


# Inference


@LAYER
def test_a_batch_is_predicted_as_its_rows_are_one_by_one(case: LayerCase) -> None:
    network = between(case)
    X, _ = batch_of(7, 3, 3)
    rows = np.concatenate([network.predict(X[i : i + 1]) for i in range(7)])
    np.testing.assert_allclose(network.predict(X), rows, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("n", [0, 1, PREDICT_ROWS, PREDICT_ROWS + 1, 3000])
def test_any_number_of_rows_is_predicted(n: int) -> None:
    network = network_of([Dense(3, 8), BatchNorm(), Tanh(), Dropout(0.3), Dense(8, 4)])
    X, _ = batch_of(n, 3, 4)
    P = network.predict(X)
    assert P.shape == (n, 4)
    hidden, norm, _, _, last = network.layers
    Z = X @ hidden.W + hidden.b
    Z = (Z - norm.running_mean) / np.sqrt(norm.running_var + norm.eps) * norm.gamma + norm.beta
    Z = np.tanh(Z) @ last.W + last.b
    np.testing.assert_allclose(network.logits(X), Z, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(
        P, np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True), rtol=1e-12, atol=1e-12
    )


def test_a_prediction_is_a_new_array() -> None:
    network = network_of([Dense(3, 4)])
    X, y = batch_of(5, 3, 4)
    P, Z = network.predict(X), network.logits(X)
    before = P.copy(), Z.copy()
    network.loss_and_grad(-X, y)
    network.predict(-X)
    np.testing.assert_array_equal((P, Z), before)


@pytest.mark.parametrize("n", [1, 5, PREDICT_ROWS + 1])
@pytest.mark.parametrize("case", LOSSES.values(), ids=LOSSES)
def test_evaluate_is_the_weighted_mean_over_all_rows(case: LossCase, n: int) -> None:
    network = network_of([Dense(3, 4), Dropout(0.5), Dense(4, case.n_out)], case.make(), l2=0.5)
    rng = np.random.default_rng(0)
    X, y, weight = rng.standard_normal((n, 3)), case.targets(rng, n), rng.uniform(0, 2, n)
    sample_loss = case.formula(network.logits(X), y)
    assert network.evaluate(X, y) == pytest.approx(sample_loss.mean(), rel=1e-12)
    expected = weight @ sample_loss / weight.sum()
    assert network.evaluate(X, y, weight) == pytest.approx(expected, rel=1e-12)


def test_evaluate_skips_a_block_without_weight() -> None:
    network = network_of([Dense(3, 4)])
    X, y = batch_of(PREDICT_ROWS + 5, 3, 4)
    weight = np.repeat([0.0, 1.0], [PREDICT_ROWS, 5])
    assert network.evaluate(X, y, weight) == pytest.approx(
        network.evaluate(X[-5:], y[-5:]), rel=1e-12
    )


def test_evaluating_nothing_gives_zero() -> None:
    network = network_of([Dense(3, 4)])
    X, y = batch_of(5, 3, 4)
    assert network.evaluate(X[:0], y[:0]) == 0
    assert network.evaluate(X, y, np.zeros(5)) == 0


@pytest.mark.parametrize("order", ["F", "strided", "reversed", "read-only"])
def test_the_layout_of_the_input_does_not_matter(order: str) -> None:
    network = network_of([ReLU(), Dense(3, 4), Tanh(), Dense(4, 3)])
    X, y = batch_of(5, 3, 3)
    laid = {
        "F": np.asfortranarray(X),
        "strided": np.repeat(X, 2, axis=1)[:, ::2],
        "reversed": X[::-1].copy()[::-1],
        "read-only": X.copy(),
    }[order]
    laid.flags.writeable = False
    loss = network.loss_and_grad(X, y)
    grad = network.grad.copy()
    assert network.loss_and_grad(laid, y) == pytest.approx(loss, rel=1e-14)
    np.testing.assert_allclose(network.grad, grad, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(network.predict(laid), network.predict(X), rtol=1e-12)


@LAYER
@pytest.mark.parametrize("order", ["F", "strided"])
def test_the_layout_of_the_input_does_not_matter_to_any_first_layer(
    case: LayerCase, order: str
) -> None:
    layers, width = in_a_row(case)
    network = network_of([*layers, Dense(width, 3)], n_in=WIDTH)
    X, y = batch_of(5, WIDTH, 3)
    laid = np.asfortranarray(X) if order == "F" else np.repeat(X, 2, axis=1)[:, ::2]
    loss = network.loss_and_grad(X, y)
    grad = network.grad.copy()
    assert network.loss_and_grad(laid, y) == pytest.approx(loss, rel=1e-14)
    np.testing.assert_allclose(network.grad, grad, rtol=1e-12, atol=1e-15)


# Copies


@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
def test_replicas_average_to_the_full_batch_gradient(weighted: bool) -> None:
    network = network_of([Dense(6, 5), LayerNorm(), Tanh(), Dense(5, 4)])
    X, y = batch_of(32, 6, 4)
    weight = np.random.default_rng(0).uniform(0, 2, 32) if weighted else np.ones(32)
    network.loss_and_grad(X, y, weight)
    average = np.zeros(network.n_params)
    for k in range(4):
        worker, part = network.replica(), slice(8 * k, 8 * k + 8)
        worker.loss_and_grad(X[part], y[part], weight[part])
        average += worker.grad * weight[part].sum() / weight.sum()
    np.testing.assert_allclose(average, network.grad, rtol=0, atol=1e-15)


@LAYER
def test_a_replica_shares_theta_and_nothing_else(case: LayerCase) -> None:
    network = between(case)
    X, y = batch_of(5, 3, 3)
    network.loss_and_grad(X, y)
    grad, P = network.grad.copy(), network.predict(X)
    worker = network.replica()
    assert worker.theta is network.theta
    worker.loss_and_grad(-3 * X[:3], y[:3])
    np.testing.assert_array_equal(network.grad, grad)
    for mine, other in zip(network.layers, worker.layers, strict=True):
        arrays = [v for k, v in vars(other).items() if isinstance(v, np.ndarray)]
        shared = [v for v in arrays if np.shares_memory(v, network.theta)]
        assert len(shared) == len(mine.shapes)
        own = [v for v in vars(mine).values() if isinstance(v, np.ndarray)]
        assert not any(
            np.shares_memory(a, b)
            for a in arrays
            for b in own
            if not np.shares_memory(a, network.theta)
        )
    if not any(layer.statistics for layer in network.layers):
        np.testing.assert_array_equal(network.predict(X), P)


@COPIED
@LAYER
def test_a_copied_network_is_the_same_and_its_own(case: LayerCase, copied: Copy) -> None:
    network = between(case)
    X, y = batch_of(5, 3, 3)
    loss, P = network.loss_and_grad(X, y), network.predict(X)
    twin = copied(network)
    np.testing.assert_array_equal(twin.predict(X), P)
    assert twin.loss_and_grad(X, y) == loss
    np.testing.assert_array_equal(twin.grad, network.grad)
    for layer in twin.layers:
        for name in layer.shapes:
            assert np.shares_memory(getattr(layer, name), twin.theta)
            assert np.shares_memory(getattr(layer, "d" + name), twin.grad)
    assert not np.shares_memory(twin.theta, network.theta)
    twin.theta += 1
    assert (twin.predict(X) != P).any()


def test_a_copied_network_keeps_its_settings() -> None:
    network = mlp([4, 5, 3], loss=SoftmaxCrossEntropy(0.1), l2=0.2, max_batch=7, dtype=np.float64)
    twin = pickled(network)
    assert repr(twin) == repr(network)
    assert (twin.max_batch, twin.dtype, twin.theta.dtype) == (7, np.float64, np.float64)


def test_a_pickle_holds_little_more_than_the_parameters() -> None:
    network = mlp([100, 50, 10], dropout=0.5, normalization="batch")
    network.init(np.random.default_rng(0))
    X, y = batch_of(256, 100, 10, np.float32)
    network.loss_and_grad(X, y)
    assert len(pickle.dumps(network)) < network.theta.nbytes + 3000


# What is refused


def twice() -> Network:
    layer = ReLU()
    return Network([Dense(2, 2), layer, Dense(2, 2), layer])


def with_theta(theta: Array) -> Network:
    return Network([Dense(2, 3)], theta=theta)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dense(0, 3), "n_in=0, but .* at least 1"),
        (lambda: Dense(3, -1), "n_out=-1, but .* at least 1"),
        (lambda: Dense(2, 3, "xavier"), "'xavier': choose one of he_normal, he_uniform, glorot"),
        (lambda: Dropout(1.0), r"rate=1.0, .*\[0, 1\)"),
        (lambda: Dropout(-0.1), r"rate=-0.1, .*\[0, 1\)"),
        (lambda: LeakyReLU(1.0), r"slope=1.0, .*\[0, 1\)"),
        (lambda: ELU(0.0), "alpha=0.0, .*positive"),
        (lambda: BatchNorm(eps=0.0), "BatchNorm: eps=0.0, .*positive"),
        (lambda: LayerNorm(eps=-1.0), "LayerNorm: eps=-1.0, .*positive"),
        (lambda: PeriodicEmbedding(0), "PeriodicEmbedding: n_numbers=0, .*at least 1"),
        (lambda: PeriodicEmbedding(2, n_outputs=0), "n_outputs=0, .*at least 1"),
        (lambda: PeriodicEmbedding(2, n_frequencies=-1), "n_frequencies=-1, .*at least 1"),
        (lambda: PeriodicEmbedding(2, sigma=0.0), "sigma=0.0, .*positive"),
        (lambda: PeriodicEmbedding(2, sigma=math.inf), "sigma=inf, .*positive"),
        (lambda: PiecewiseLinearEmbedding(0), "PiecewiseLinear.*: n_numbers=0, .*at least 1"),
        (lambda: PiecewiseLinearEmbedding(2, 0), "n_bins=0, .*at least 1"),
        (lambda: CategoryEmbedding([]), r"cardinalities=\[\], .* a column"),
        (lambda: CategoryEmbedding([3, 0]), "CategoryEmbedding: a cardinality=0, .*at least 1"),
        (lambda: CategoryEmbedding([3], width=0), "CategoryEmbedding: width=0, .*at least 1"),
        (
            lambda: Network([PeriodicEmbedding(3), Dense(11, 2)], n_in=2),
            "reads 3 columns, but what comes before gives 2",
        ),
        (
            lambda: Network([PiecewiseLinearEmbedding(3), Dense(11, 2)], n_in=2),
            "reads 3 columns, but what comes before gives 2",
        ),
        (
            lambda: Network([CategoryEmbedding([3, 4]), Dense(16, 2)], n_in=1),
            "reads 2 columns, but what comes before gives 1",
        ),
        (
            lambda: Network([PeriodicEmbedding(2), Dense(7, 2)], n_in=3),
            "takes 7 inputs, but what comes before gives 9",
        ),
        (lambda: BatchNorm(momentum=1.5), r"momentum=1.5, .*\(0, 1\]"),
        (lambda: Network([]), "at least one Dense"),
        (lambda: Network([ReLU()]), "at least one Dense"),
        (lambda: Network([Dense(2, 3), Dense(4, 2)]), "takes 4 inputs, .* gives 3"),
        (twice, "stands in the network twice"),
        (lambda: with_theta(np.zeros(8, np.float32)), r"shape \(8,\) .* 9 parameters of float32"),
        (lambda: with_theta(np.zeros(9)), "dtype float64, .* 9 parameters of float32"),
    ],
)
def test_what_cannot_be_built_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_an_unknown_initializer_is_answered_with_all_there_are() -> None:
    names = ["he_normal", "he_uniform", "glorot_normal", "glorot_uniform", "lecun_normal"]
    with pytest.raises(ValueError, match=re.escape(", ".join([*names, "lecun_uniform"]))):
        Dense(2, 3, "he")


def test_a_method_that_moved_says_where_it_is_now() -> None:
    network = Network([Dense(2, 2)])
    with pytest.raises(AttributeError, match=r"numlp\.nn\.adapt\(network, X, rng\)"):
        network.adapt(np.zeros((3, 2)), np.random.default_rng(0))


class Doubled(Layer):
    """Y = [X, X]: a layer of one's own that tells by ``build`` alone how many outputs it has."""

    def build(self, n_in: int) -> int:
        return 2 * super().build(n_in)

    def forward(self, X: Array, Y: Array) -> None:
        np.concatenate([X, X], axis=-1, out=Y)

    def backward(self, X: Array, Y: Array, dY: Array, dX: Array | None) -> None:
        if dX is not None:
            np.add(dY[..., : self.n_in], dY[..., self.n_in :], out=dX)


def test_a_layer_of_ones_own_may_have_more_outputs_than_inputs() -> None:
    network = Network([Dense(3, 4), Doubled(), Dense(8, 2)], dtype=np.float64)
    network.init(np.random.default_rng(0))
    X, y = np.random.default_rng(1).normal(size=(5, 3)), np.array([0, 1, 1, 0, 1])
    network.loss_and_grad(X, y)
    nudge = np.zeros_like(network.theta)
    nudge[0] = 1e-6
    slope = network.grad[0]
    network.theta += nudge
    above = network.loss_and_grad(X, y)
    network.theta -= 2 * nudge
    assert (above - network.loss_and_grad(X, y)) / 2e-6 == pytest.approx(slope, rel=1e-5)
