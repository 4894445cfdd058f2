"""Members: nets of one architecture in one pass, each as it would be alone."""

import copy
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from numlp.nn import (
    LBFGS,
    SGD,
    AdamW,
    BatchNorm,
    Dense,
    DivergenceError,
    Dropout,
    Group,
    LayerNorm,
    Loss,
    Members,
    Network,
    SigmoidCrossEntropy,
    SoftmaxCrossEntropy,
    SquaredError,
    Tanh,
    clip_by_norm,
    mlp,
    train,
    train_full_batch,
)
from numlp.nn.arrays import Array, DType, Labels
from numlp.nn.more.members import has_own
from numlp.nn.network import PREDICT_ROWS

from ..cases import (
    LAYERS,
    LOSSES,
    WIDTH,
    Copy,
    LayerCase,
    LossCase,
    central_differences,
    in_a_row,
    one_or_many,
    pickled,
    without_statistics,
)
from ..runs import drawn

K = 3
LAYER = pytest.mark.parametrize("case", LAYERS.values(), ids=LAYERS)
OWN_X = pytest.mark.parametrize("own", [False, True], ids=["shared", "own"])
WEIGHTED = pytest.mark.parametrize("weighted", ["equal", "shared", "own"])
LIKE = {"rtol": 1e-12, "atol": 1e-14}  # where a sum may be taken in another order


def between(case: LayerCase, **settings: Any) -> Members:
    layers, width = in_a_row(case)
    layers = [Dense(3, WIDTH), *layers, Dense(width, 3)]
    return Members(layers, K, dtype=np.float64, max_batch=5, **settings)


def generators(k: int = K, seed: int = 0) -> list[np.random.Generator]:
    return [np.random.default_rng(seed + m) for m in range(k)]


def moved(network: Members) -> Members:
    """Drawn, and away from there: no γ is 1, no bias 0, no member like another."""
    network.init(generators(network.k))
    network.theta += np.random.default_rng(9).uniform(-0.3, 0.3, network.n_params)
    return network


def alone(network: Members) -> list[Network]:
    """Each member as a network of its own."""
    singles = []
    for m in range(network.k):
        settings = network._settings()
        del settings["k"]
        single = Network([copy.copy(layer) for layer in network.layers], **settings)
        single.init(generators()[m])
        single.theta[:] = network.member(m)
        singles.append(single)
    return singles


def of(m: int, array: Array | None, own: bool) -> Any:
    return array[m] if own and array is not None else array


def weights(kind: str, n: int, rng: np.random.Generator) -> Array | None:
    if kind == "equal":
        return None
    weight = rng.uniform(0, 2, (K, n) if kind == "own" else n)
    weight[..., 1] = 0
    return weight


def assert_each_is_as_if_alone(
    network: Members, X: Array, y: Labels, weight: Array | None, own_y: bool
) -> None:
    singles = alone(network)
    loss = network.loss_and_grad(X, y, weight)
    P, losses = network.predict(X), []
    for m, single in enumerate(singles):
        its_X, its_y = of(m, X, X.ndim == 3), of(m, y, own_y)
        its_weight = of(m, weight, weight is not None and weight.ndim == 2)
        losses.append(single.loss_and_grad(its_X, its_y, its_weight))
        np.testing.assert_allclose(network.member(m, network.grad), single.grad, **LIKE)
        np.testing.assert_allclose(network.member(m), single.theta, **LIKE)  # running statistics
        np.testing.assert_allclose(P[m], single.predict(its_X), **LIKE)
    assert loss == pytest.approx(np.mean(losses), rel=1e-12)
    assert P.shape == (K, X.shape[-2], network.n_out)
    means = [
        single.evaluate(
            of(m, X, X.ndim == 3),
            of(m, y, own_y),
            of(m, weight, weight is not None and weight.ndim == 2),
        )
        for m, single in enumerate(singles)
    ]
    assert network.evaluate(X, y, weight) == pytest.approx(np.mean(means), rel=1e-12)


@OWN_X
@LAYER
def test_every_layer_gives_each_member_what_it_has_alone(case: LayerCase, own: bool) -> None:
    rng = np.random.default_rng(1)
    network = moved(between(case))
    for n in (5, 3, 8, 3):  # 8 are more than there is memory for
        X = rng.standard_normal((K, n, 3) if own else (n, 3))
        y = rng.integers(3, size=(K, n) if own else n)
        assert_each_is_as_if_alone(network, X, y, None, own)


@OWN_X
@LAYER
def test_every_layer_gives_each_member_what_it_has_alone_as_the_first(
    case: LayerCase, own: bool
) -> None:
    rng = np.random.default_rng(1)
    layers, width = in_a_row(case)
    layers.append(Dense(width, 3))
    network = moved(Members(layers, K, n_in=WIDTH, dtype=np.float64))
    X = rng.standard_normal((K, 5, WIDTH) if own else (5, WIDTH))
    before = X.copy()
    assert_each_is_as_if_alone(network, X, rng.integers(3, size=5), None, False)
    np.testing.assert_array_equal(X, before)


@LAYER
def test_every_layer_gives_each_member_what_it_has_alone_as_the_last(case: LayerCase) -> None:
    rng = np.random.default_rng(1)
    network = moved(Members([Dense(3, WIDTH), case.make()], K, dtype=np.float64))
    X, y = rng.standard_normal((5, 3)), rng.integers(WIDTH, size=5)
    assert_each_is_as_if_alone(network, X, y, None, False)


@OWN_X
@WEIGHTED
@pytest.mark.parametrize("case", LOSSES.values(), ids=LOSSES)
def test_every_loss_gives_each_member_what_it_has_alone(
    case: LossCase, weighted: str, own: bool
) -> None:
    """Three members, three outputs, and once three rows: shapes alone do not tell them apart."""
    rng = np.random.default_rng(2)
    layers = [Dense(3, 4), Tanh(), Dense(4, case.n_out)]
    network = moved(Members(layers, K, loss=case.make(), dtype=np.float64, l2=0.1))
    for n in (5, 3, 8):
        X = rng.standard_normal((n, 3))
        y = np.array([case.targets(rng, n) for _ in range(K)]) if own else case.targets(rng, n)
        assert_each_is_as_if_alone(network, X, y, weights(weighted, n, rng), own)


@WEIGHTED
@pytest.mark.parametrize("of_sum", [False, True], ids=["of-mean", "of-sum"])
def test_l2_acts_on_each_member_as_if_alone(of_sum: bool, weighted: str) -> None:
    rng = np.random.default_rng(3)
    network = moved(mlp([3, 4, 3], dtype=np.float64, members=K))
    network.l2, network.l2_of_sum = 0.7, of_sum
    X, y = rng.standard_normal((6, 3)), rng.integers(3, size=6)
    weight = weights(weighted, 6, rng)
    assert_each_is_as_if_alone(network, X, y, weight, False)


@pytest.mark.parametrize("of_sum", [False, True], ids=["of-mean", "of-sum"])
def test_a_member_without_weight_has_a_loss_of_zero_that_counts(of_sum: bool) -> None:
    rng = np.random.default_rng(3)
    network = moved(mlp([3, 4, 3], dtype=np.float64, l2=0.1, members=K))
    network.l2_of_sum = of_sum
    X, y, weight = rng.standard_normal((6, 3)), rng.integers(3, size=6), rng.random((K, 6))
    weight[1] = 0
    assert_each_is_as_if_alone(network, X, y, weight, False)


@OWN_X
def test_blocks_of_many_rows_are_predicted_and_evaluated(own: bool) -> None:
    rng = np.random.default_rng(4)
    n = 2 * PREDICT_ROWS + 7
    network = moved(mlp([3, 4, 3], normalization="batch", dtype=np.float64, members=K))
    X = rng.standard_normal((K, n, 3) if own else (n, 3))
    y, weight = rng.integers(3, size=(K, n) if own else n), rng.random((K, n) if own else n)
    for w in (None, weight):
        losses = []
        for m, single in enumerate(alone(network)):
            x, t, v = (of(m, array, own) for array in (X, y, w))
            losses.append(single.evaluate(x, t, v))
            np.testing.assert_allclose(network.logits(X)[m], single.logits(x), **LIKE)
        assert network.evaluate(X, y, w) == pytest.approx(np.mean(losses), rel=1e-12)


def test_nothing_is_predicted_and_evaluated_too() -> None:
    network = moved(mlp([3, 4, 3], dtype=np.float64, members=K))
    assert network.predict(np.empty((0, 3))).shape == (K, 0, 3)
    assert network.evaluate(np.empty((0, 3)), np.empty(0, int)) == 0


@OWN_X
@LAYER
def test_gradient_of_every_layer_with_members(case: LayerCase, own: bool) -> None:
    """The loss is the mean of the members', the gradient each one's own: K times as long."""
    rng = np.random.default_rng(5)
    network = moved(between(case, l2=0.1))
    X = rng.standard_normal((K, 5, 3) if own else (5, 3))
    y, weight = rng.integers(3, size=5), rng.uniform(0, 2, (K, 5))
    network.grad.fill(np.nan)
    for layer in network.layers:
        for name in layer.statistics:
            getattr(layer, "d" + name).fill(0.0)
    network.loss_and_grad(X, y, weight)
    grad = network.grad.copy()
    slopes = central_differences(lambda: network.loss_and_grad(X, y, weight), network.theta)
    slopes = without_statistics(network, slopes)
    np.testing.assert_allclose(grad, K * slopes, rtol=1e-6, atol=1e-8)


# Training


def data(n: int = 50, dtype: DType = np.float64) -> tuple[Array, Labels, Array]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, 4)).astype(dtype), rng.integers(3, size=n), rng.random(n, dtype)


def ensemble(k: int | None = K, dtype: DType = np.float64) -> Any:
    layers = [Dense(4, 8), BatchNorm(), Tanh(), Dropout(0.3), Dense(8, 8), LayerNorm()]
    return one_or_many([*layers, Tanh(), Dropout(0.2), Dense(8, 3)], k, dtype=dtype)


def own_orders(epoch: int) -> Labels:
    """For each member rows of its own: 37 of the 50, some of them twice."""
    return np.array([np.random.default_rng([epoch, m]).integers(50, size=37) for m in range(K)])


def same_order(epoch: int) -> Labels:
    return np.random.default_rng(epoch).permutation(50)[:37]


Rows = Callable[[list[np.random.Generator], Any], dict[str, Any]]  # of a member, or of all: ``...``
ROWS: dict[str, Rows] = {
    "as-they-stand": lambda _, __: {},
    "shuffled": lambda rngs, m: {"rng": rngs if m is ... else rngs[m]},
    "same-orders": lambda _, __: {"orders": map(same_order, itertools.count())},
    "own-orders": lambda _, m: {"orders": (own_orders(e)[m] for e in itertools.count())},
}


@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
def test_members_train_in_one_pass_as_they_would_alone(
    rows: Rows, dtype: DType, weighted: bool
) -> None:
    """20 steps with dropout and running statistics, and not one bit of difference."""
    X, y, w = data(dtype=dtype)
    more = {"batch_size": 16, "weight": w if weighted else None}
    network, rngs = ensemble(dtype=dtype), generators()
    network.init(rngs)
    optimizer = AdamW(0.01, weight_decay=0.1)
    epochs = train(network, optimizer, X, y, **more, **rows(rngs, ...))
    losses = [next(epochs).train_loss for _ in range(5)]
    assert optimizer.t >= 15
    singles = []
    for m in range(K):
        single, rngs = ensemble(None, dtype), generators()
        single.init(rngs[m])
        epochs = train(single, AdamW(0.01, weight_decay=0.1), X, y, **more, **rows(rngs, m))
        singles.append([next(epochs).train_loss for _ in range(5)])
        np.testing.assert_array_equal(network.member(m), single.theta)
    np.testing.assert_allclose(losses, np.mean(singles, axis=0), rtol=1e-5)


def test_epochs_of_shared_rows_and_of_own_rows_may_alternate() -> None:
    X, y, w = data()
    network = moved(mlp([4, 8, 3], dtype=np.float64, members=K))
    singles = alone(network)
    orders = [same_order(0), own_orders(1), same_order(2)[:5], own_orders(3)]
    assert (
        len(list(train(network, SGD(0.1), X, y, batch_size=16, orders=iter(orders), weight=w))) == 4
    )
    for m, single in enumerate(singles):
        own = iter([order[m] if order.ndim == 2 else order for order in orders])
        list(train(single, SGD(0.1), X, y, batch_size=16, orders=own, weight=w))
        np.testing.assert_allclose(network.member(m), single.theta, **LIKE)


def test_targets_of_many_columns_follow_the_rows_of_each_member() -> None:
    X, y, _ = data()
    Y = np.eye(3)[y]
    network = moved(mlp([4, 8, 3], loss=SquaredError(), dtype=np.float64, members=K))
    singles = alone(network)
    next(train(network, SGD(0.1), X, Y, batch_size=16, orders=iter([own_orders(0)])))
    for m, single in enumerate(singles):
        next(train(single, SGD(0.1), X, Y, batch_size=16, orders=iter([own_orders(0)[m]])))
        np.testing.assert_allclose(network.member(m), single.theta, **LIKE)


def test_a_member_does_not_depend_on_who_trains_beside_it() -> None:
    X, y, _ = data()
    thetas = []
    for seeds in ([7, 1], [2, 3, 7]):
        network, rngs = ensemble(len(seeds)), [np.random.default_rng(seed) for seed in seeds]
        network.init(rngs)
        list(itertools.islice(train(network, SGD(0.1), X, y, batch_size=16, rng=rngs), 3))
        thetas.append(network.member(seeds.index(7)))
    np.testing.assert_array_equal(*thetas)


def test_the_gradient_of_each_member_is_clipped_by_its_own_norm() -> None:
    X, y, _ = data()
    network = moved(mlp([4, 8, 3], dtype=np.float64, members=K))
    network.set_member(1, 3 * network.member(1))  # a longer gradient than the others'
    singles = alone(network)
    settings: dict[str, Any] = {"batch_size": 16, "max_grad_norm": 1.0}
    longest = []
    for m in range(K):
        singles[m].loss_and_grad(X, y)
        longest.append(np.linalg.norm(singles[m].grad))
        list(itertools.islice(train(singles[m], SGD(0.1), X, y, **settings), 3))
    assert min(longest) < 1.0 < max(longest)
    list(itertools.islice(train(network, SGD(0.1), X, y, **settings), 3))
    for m in range(K):
        np.testing.assert_allclose(network.member(m), singles[m].theta, rtol=1e-10)


def test_a_gradient_in_parts_is_clipped_as_one() -> None:
    whole = np.random.default_rng(0).standard_normal(9)
    parts = [whole[:4].copy(), whole[4:].copy()]
    assert clip_by_norm(parts, 0.1) == pytest.approx(clip_by_norm(whole, 0.1), rel=1e-15)
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-14)


def test_a_member_that_explodes_is_divergence() -> None:
    X, y, _ = data()
    network = moved(mlp([4, 8, 3], dtype=np.float64, members=K))
    epochs = train(network, SGD(1e-3), X, y, batch_size=16, rng=generators())
    next(epochs)
    network.set_member(1, 1e4 * network.member(1))
    with pytest.raises(DivergenceError, match="the loss rose"):
        next(epochs)


# Parameters


def test_theta_holds_each_parameter_of_all_members_in_turn() -> None:
    network = moved(Members([Dense(2, 3), LayerNorm(), Dense(3, 4)], K, dtype=np.float64))
    first, norm, last = network.layers
    parts = [first.W, last.W, first.b, norm.gamma, norm.beta, last.b]
    np.testing.assert_array_equal(network.theta, np.concatenate([part.ravel() for part in parts]))
    assert (network.n_params, network.n_decayed) == (K * (6 + 12 + 3 + 3 + 3 + 4), K * 18)
    expected = [part[1].ravel() for part in parts]
    np.testing.assert_array_equal(network.member(1), np.concatenate(expected))


@LAYER
def test_members_are_taken_out_and_put_back(case: LayerCase) -> None:
    network = moved(between(case))
    before = network.theta.copy()
    parts = [network.member(m) for m in range(K)]
    assert all(part.base is None for part in parts)
    network.set_member(0, parts[1])
    np.testing.assert_array_equal(network.member(0), parts[1])
    np.testing.assert_array_equal(network.member(0, before), parts[0])
    np.testing.assert_array_equal(network.member(2), parts[2])
    network.set_member(0, parts[0])
    np.testing.assert_array_equal(network.theta, before)


def test_an_only_member_has_the_parameters_of_a_network_in_their_order() -> None:
    network = mlp([3, 4, 2], members=1)
    network.set_member(0, np.arange(network.n_params, dtype=np.float32))
    np.testing.assert_array_equal(network.theta, np.arange(network.n_params))
    np.testing.assert_array_equal(network.member(0), network.theta)


@LAYER
def test_each_member_starts_as_it_would_alone(case: LayerCase) -> None:
    network = between(case)
    network.init(generators())
    for m, rng in enumerate(generators()):
        layers = [copy.copy(layer) for layer in network.layers]
        single = Network(layers, dtype=np.float64, max_batch=5)
        single.init(rng)
        np.testing.assert_array_equal(network.member(m), single.theta)


def test_one_member_is_still_a_member() -> None:
    network = mlp([3, 4, 2], members=1)
    network.init([np.random.default_rng(0)])
    single = mlp([3, 4, 2])
    single.init(np.random.default_rng(0))
    X = np.ones((5, 3), np.float32)
    np.testing.assert_array_equal(network.predict(X), single.predict(X)[None])


# Copies, and how it looks


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, pickled, Network.replica], ids=["deepcopy", "pickle", "replica"]
)
@LAYER
def test_a_copy_has_the_members_too(case: LayerCase, copied: Copy) -> None:
    network = moved(between(case))
    X, y = np.random.default_rng(0).standard_normal((5, 3)), np.array([0, 1, 2, 0, 1])
    twin = copied(network)
    assert (type(twin), twin.k) == (Members, K)
    np.testing.assert_array_equal(twin.predict(X), network.predict(X))
    assert twin.loss_and_grad(X, y) == network.loss_and_grad(X, y)
    np.testing.assert_array_equal(twin.grad, network.grad)


def test_a_summary_counts_the_members() -> None:
    network = mlp([4, 10, 3], normalization="batch", dtype=np.float64, members=5)
    lines = str(network).splitlines()
    assert lines[2].split() == ["input", "(5,", "n,", "4)", "0"]
    assert lines[3].endswith("(5, n, 10)           250")
    assert lines[-1] == (
        "515 trained parameters and 100 running statistics of 5 members, 4.8 KiB of float64"
    )
    assert repr(network).startswith("Members([Dense(n_in=4, n_out=10, ")
    assert "], k=5, loss=SoftmaxCrossEntropy(" in repr(network)


# Groups


def test_groups_reach_over_all_members() -> None:
    network = moved(mlp([3, 4, 2], dtype=np.float64, members=K))
    assert network.groups() == [Group(K * 20, 1, 1), Group(K * 26, 1, 0)]
    first = network.layers[0]
    groups = network.groups(lambda layer, name: (0.1 if layer is first else 1.0, name == "W"))
    assert groups == [
        Group(K * 12, 0.1, 1),
        Group(K * 20, 1, 1),
        Group(K * 24, 0.1, 0),
        Group(K * 26, 1, 0),
    ]


# What is refused


def small() -> Members:
    return mlp([4, 8, 3], dtype=np.float64, members=K)


def trained(network: Network, **settings: Any) -> None:
    X, y, _ = data()
    next(train(network, SGD(), X, y, batch_size=16, **settings))


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: mlp([4, 3], members=0), "Members: k=0, but it has to be at least 1"),
        (lambda: Members([Dense(4, 3)], -2), "Members: k=-2, but it has to be at least 1"),
        (lambda: small().init(np.random.default_rng(0)), "1 generators, but needs 3"),
        (lambda: small().init(generators(4)), "4 generators, but needs 3"),
        (lambda: mlp([4, 3]).init(generators(2)), "2 generators, but needs 1"),
        (lambda: small().set_member(0, np.zeros(5)), r"shape \(5,\), but a member has 67"),
        (
            lambda: trained(small(), orders=iter([np.zeros((2, 50), int)])),
            "rows for 2 members, but the network has 3",
        ),
        (
            lambda: trained(drawn(), orders=iter([np.zeros((3, 50), int)])),
            "rows for 3 members, but it is one net",
        ),
        (lambda: trained(small(), rng=generators(2)), "rows for 2 members"),
        (lambda: next(train_full_batch(small(), LBFGS(), *data()[:2])), "one Network, not Members"),
    ],
)
def test_what_does_not_fit_the_members_is_refused(
    attempt: Callable[[], object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        attempt()


def test_a_network_asked_for_members_names_the_class_that_has_them() -> None:
    with pytest.raises(TypeError, match=r"one net: write Members\(layers, k=5\)"):
        Network([Dense(4, 3)], members=5)


def test_members_take_the_other_arguments_of_a_network_and_no_others() -> None:
    network = Members([Dense(4, 3)], 2, l2=0.5, max_batch=7, dtype=np.float64)
    assert (network.l2, network.max_batch, network.dtype) == (0.5, 7, np.float64)
    with pytest.raises(TypeError, match="unexpected keyword argument 'l3'"):
        Members([Dense(4, 3)], 2, l3=0.5)


def test_a_network_is_one_net_without_an_axis_and_members_are_k_with_one() -> None:
    assert (Network([Dense(4, 3)]).n_nets, Network([Dense(4, 3)]).front) == (1, ())
    assert (small().n_nets, small().front) == (K, (K,))


@pytest.mark.parametrize("loss", [SoftmaxCrossEntropy(), SquaredError(), SigmoidCrossEntropy()])
def test_targets_of_three_rows_three_outputs_and_three_members_are_told_apart(loss: Loss) -> None:
    assert has_own(np.zeros((3, 3)), 3, 3, 3, loss) == loss.of_classes
    assert has_own(np.zeros((3, 3, 3)), 3, 3, 3, loss)
    assert not has_own(np.zeros(3), 3, 3, 3, loss)
