"""A start fitted to the data: layer by layer, for each member as for a network by itself."""

from collections.abc import Sequence

import numpy as np
import pytest

from numlp.nn import (
    BatchNorm,
    CategoryEmbedding,
    Dense,
    Dropout,
    Layer,
    MixedSELU,
    Network,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    ReLU,
    Scale,
    adapt,
)
from numlp.nn.arrays import Array, DType
from numlp.nn.more.adapt import adapt_layer

from ..cases import LAYERS, WIDTH, LayerCase, in_a_row, one_or_many

K = 3
LAYER = pytest.mark.parametrize("case", LAYERS.values(), ids=LAYERS)


def generators(k: int = K, seed: int = 0) -> list[np.random.Generator]:
    return [np.random.default_rng(seed + m) for m in range(k)]


def rows(*shape: int, dtype: DType = np.float64) -> Array:
    return (3 * np.random.default_rng(7).standard_normal(shape) + 2).astype(dtype)


def adapted(layers: Sequence[Layer], X: Array, seed: int = 1) -> Network:
    network = Network(layers, n_in=X.shape[-1], dtype=X.dtype.type, max_batch=8)
    network.init(np.random.default_rng(0))
    adapt(network, X, np.random.default_rng(seed))
    return network


def hidden(dtype: DType = np.float64) -> tuple[Network, Array]:
    """A network, and 300 rows that it was adapted to."""
    X = rows(300, 6, dtype=dtype)
    return adapted([Dense(6, 20), ReLU(), Dense(20, 15), ReLU(), Dense(15, 3)], X), X


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_goes_into_every_activation_spreads_by_one(dtype: DType) -> None:
    network, H = hidden(dtype)
    for layer in network.layers:
        if isinstance(layer, Dense):
            H = H @ layer.W + layer.b
            np.testing.assert_allclose(H.std(axis=0), 1, rtol=1e-4)
        else:
            H = np.maximum(H, 0)


def test_the_kink_of_every_unit_lies_among_the_data_and_not_always_at_one_place() -> None:
    network, X = hidden()
    first, _, second, _, _ = network.layers
    Y = X @ first.W + first.b
    Y2 = np.maximum(Y, 0) @ second.W + second.b
    for Z in (Y, Y2):
        assert (Z.min(axis=0) < 0).all()
        assert (Z.max(axis=0) > 0).all()
        below = (Z < 0).mean(axis=0)  # of the rows, for each unit
        assert below.std() > 0.05


def test_the_bias_is_a_mixture_of_five_rows() -> None:
    """Y's mean over the rows is that of one row less that of five: a variance of about 1/3."""
    X = rows(400, 6)
    layer = adapted([Dense(6, 4000), ReLU(), Dense(4000, 2)], X).layers[0]
    Y = X @ layer.W + layer.b
    # Σⱼ cⱼ² is 1/3 on average for cⱼ uniform on the simplex of five.
    assert Y.mean(axis=0).var() == pytest.approx(1 / 3, abs=0.03)


def test_the_outputs_keep_a_bias_of_zero_and_spread_by_one() -> None:
    network, X = hidden()
    last = network.layers[-1]
    np.testing.assert_array_equal(last.b, 0)
    np.testing.assert_allclose(network.logits(X).std(axis=0), 1, rtol=1e-10)
    behind = adapted([Dense(6, 4), ReLU()], X).layers[0]
    assert behind.b.all()


def test_the_directions_of_the_weights_stay() -> None:
    X = rows(300, 6)
    network = Network([Dense(6, 20), ReLU(), Dense(20, 3)], dtype=np.float64)
    network.init(np.random.default_rng(0))
    W = network.layers[0].W.copy()
    adapt(network, X, np.random.default_rng(1))
    ratio = network.layers[0].W / W
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[0], ratio.shape), rtol=1e-12)
    assert (ratio > 0).all()


def test_a_unit_that_is_the_same_for_all_rows_keeps_its_weights() -> None:
    X = np.full((50, 3), 2.0)
    X[:, 0] = rows(50)
    network = Network([Dense(3, 4), ReLU(), Dense(4, 2)], dtype=np.float64)
    network.init(np.random.default_rng(0))
    first = network.layers[0]
    first.W[0, :2] = 0  # the first two units see the constants alone
    W = first.W.copy()
    adapt(network, X, np.random.default_rng(1))
    np.testing.assert_array_equal(first.W[:, :2], W[:, :2])
    np.testing.assert_allclose(X @ first.W[:, :2] + first.b[:2], 0, atol=1e-12)
    np.testing.assert_allclose((X @ first.W)[:, 2:].std(axis=0), 1)
    assert np.isfinite(network.theta).all()


def test_constant_data_leave_the_network_finite() -> None:
    network = adapted([PiecewiseLinearEmbedding(3, 4), Dense(15, 4), ReLU(), Dense(4, 2)],
                      np.zeros((20, 3)))  # fmt: skip
    assert np.isfinite(network.theta).all()


def test_bins_lie_at_the_quantiles_of_the_rows() -> None:
    X = rows(101, 3)
    layer = adapted([PiecewiseLinearEmbedding(2, 4), Dense(11, 2)], X).layers[0]
    edges = np.quantile(X[:, :2], [0, 0.25, 0.5, 0.75, 1], axis=0).T
    np.testing.assert_allclose(layer.low, edges[:, :-1], rtol=1e-12)
    np.testing.assert_allclose(layer.slope, 1 / np.diff(edges), rtol=1e-12)


def test_bins_are_placed_anew_by_another_adaptation() -> None:
    X = rows(60, 2)
    network = adapted([PiecewiseLinearEmbedding(2, 4), Dense(10, 2)], X)
    adapt(network, np.zeros((60, 2)), np.random.default_rng(1))
    assert not network.layers[0].low.any()
    assert not network.layers[0].slope.any()


def test_a_layer_sees_what_those_before_it_make_of_the_rows() -> None:
    """At inference: nothing is dropped."""
    X = rows(200, 4)
    network = adapted([Dropout(0.5), PiecewiseLinearEmbedding(4, 3), Dense(16, 5), Scale()], X)
    np.testing.assert_allclose(network.layers[1].low[:, 0], X.min(axis=0), rtol=1e-12)
    np.testing.assert_allclose(network.logits(X).std(axis=0), 1, rtol=1e-10)


# Members


def for_tables(members: int | None, dtype: DType = np.float64) -> Network:
    layers: list[Layer] = [CategoryEmbedding([3, 4], 2), PeriodicEmbedding(2, 2, 4), Scale()]
    layers += [PiecewiseLinearEmbedding(3, 4), Dense(22, 8), MixedSELU(), Dropout(0.2)]
    layers += [Dense(8, 6), BatchNorm(), ReLU(), Dense(6, 3)]
    network = one_or_many(layers, members, n_in=4, dtype=dtype)
    network.init(generators(members or 1))
    return network


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("own", [False, True], ids=["same-rows", "own-rows"])
def test_members_are_adapted_bit_for_bit_as_they_would_be_alone(own: bool, dtype: DType) -> None:
    X = rows(K, 60, 4, dtype=dtype) if own else rows(60, 4, dtype=dtype)
    X[..., 2:] = np.random.default_rng(3).integers(0, 4, (*X.shape[:-1], 2))
    network = for_tables(K, dtype)
    adapt(network, X, generators(seed=10))
    for m in range(K):
        single = for_tables(None, dtype)
        single.init(generators()[m])
        adapt(single, X[m] if own else X, generators(seed=10)[m])
        np.testing.assert_array_equal(network.member(m), single.theta)


@LAYER
def test_every_layer_is_adapted_for_each_member_as_alone(case: LayerCase) -> None:
    X = rows(30, WIDTH)
    thetas = []
    for members in (K, None, None, None):
        layers, width = in_a_row(case)
        layers.append(Dense(width, 3))
        network = one_or_many(layers, members, n_in=WIDTH, dtype=np.float64)
        m = len(thetas) - 1
        network.init(generators() if members else generators()[m])
        adapt(network, X, generators(seed=10) if members else generators(seed=10)[m])
        thetas.append(network)
    for m, single in enumerate(thetas[1:]):
        np.testing.assert_array_equal(thetas[0].member(m), single.theta)


def test_a_member_depends_on_its_own_generator_alone() -> None:
    X = rows(60, 4)
    networks = [for_tables(K) for _ in range(2)]
    adapt(networks[0], X, generators(seed=10))
    adapt(networks[1], X, [np.random.default_rng(seed) for seed in (10, 99, 12)])
    same = [(networks[0].member(m) == networks[1].member(m)).all() for m in range(K)]
    assert same == [True, False, True]


class Centred(Scale):
    """A layer of another's making."""


@adapt_layer.register
def centre(layer: Centred, X: Array, *_: np.random.Generator) -> None:
    layer.s[...] = X.mean(axis=-2, keepdims=X.ndim == 3)


def test_a_layer_of_ones_own_may_be_fitted_too() -> None:
    X = rows(30, 4)
    layer = adapted([Centred(), Dense(4, 3)], X).layers[0]
    np.testing.assert_allclose(layer.s, X.mean(axis=0), rtol=1e-12)


def test_an_adaptation_reads_its_rows_and_its_generator_only() -> None:
    X = rows(60, 4)
    before = X.copy()
    X.flags.writeable = False
    networks = [for_tables(None) for _ in range(2)]
    for network in networks:
        adapt(network, X, np.random.default_rng(1))
        np.random.default_rng().random()
    np.testing.assert_array_equal(networks[0].theta, networks[1].theta)
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize(("members", "n"), [(None, 2), (K, 1), (K, 4)])
def test_each_member_needs_a_generator(members: int | None, n: int) -> None:
    with pytest.raises(ValueError, match=rf"adapt got {n} generators, but needs {members or 1}"):
        adapt(for_tables(members), rows(60, 4), generators(n))


# How many inputs


def test_the_first_dense_says_how_many_inputs_there_are_unless_told() -> None:
    assert Network([Scale(), Dense(4, 2)]).n_in == 4
    network = Network([PeriodicEmbedding(3, 2), Dense(10, 2)], n_in=4)
    assert (network.n_in, network.n_out, network.predict(np.zeros((5, 4))).shape) == (4, 2, (5, 2))
    with pytest.raises(ValueError, match="takes 10 inputs, but what comes before gives 16"):
        Network([PeriodicEmbedding(3, 2), Dense(10, 2)])


def test_a_replica_has_as_many_inputs() -> None:
    network = Network([PeriodicEmbedding(3, 2), Dense(10, 2)], n_in=4)
    assert network.replica().n_in == 4
