"""The training loop: what it computes, that it repeats, and how it ends when it diverges."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from numlp.nn import (
    SGD,
    Adam,
    Constant,
    Cosine,
    Dense,
    DivergenceError,
    Network,
    Optimizer,
    Schedule,
    SquaredError,
    clip_by_norm,
    mlp,
    train,
)
from numlp.nn.arrays import Array, DType, Labels

from .cases import OPTIMIZERS, OptimizerCase, pickled
from .runs import blobs, drawn, first

# What it computes


def by_hand(
    network: Network,
    optimizer: Optimizer,
    X: Array,
    y: Labels,
    order: Labels,
    batch_size: int,
    *,
    schedule: Schedule | None = None,
    weight: Array | None = None,
    max_grad_norm: float = math.inf,
) -> float:
    """One epoch, written out; its mean loss, every batch counted by its rows."""
    losses, rows = [], []
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        if schedule is not None:
            optimizer.lr = schedule(optimizer.t)
        w = None if weight is None else weight[batch]
        losses.append(network.loss_and_grad(X[batch], y[batch], w))
        rows.append(len(batch))
        clip_by_norm(network.grad, max_grad_norm)
        optimizer.step(network.theta, network.grad)
    return float(np.average(losses, weights=rows))


SETTINGS: dict[str, Callable[[], dict[str, Any]]] = {
    "plain": dict,
    "weighted": lambda: {"weight": np.random.default_rng(1).uniform(0, 2, 50)},
    "scheduled": lambda: {"schedule": Cosine(0.2, n_steps=17)},
    "clipped": lambda: {"max_grad_norm": 0.05},
}


@pytest.mark.parametrize("batch_size", [1, 10, 16, 50, 80])
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_training_is_the_loop_written_out(
    settings: Callable[[], dict[str, Any]], batch_size: int
) -> None:
    """Batch sizes that divide the 50 rows, leave a remainder, and are more than there are."""
    X, y = blobs()
    network, twin = drawn(l2=0.01), drawn(l2=0.01)
    epochs = first(
        3, train(network, SGD(0.1, momentum=0.9), X, y, batch_size=batch_size, **settings())
    )
    optimizer = SGD(0.1, momentum=0.9)
    losses = [
        by_hand(twin, optimizer, X, y, np.arange(50), batch_size, **settings()) for _ in range(3)
    ]
    np.testing.assert_allclose([epoch.train_loss for epoch in epochs], losses, rtol=1e-13)
    np.testing.assert_array_equal(network.theta, twin.theta)
    assert [epoch.number for epoch in epochs] == [1, 2, 3]
    assert epochs[-1].lr == optimizer.lr


@pytest.mark.parametrize("case", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_every_optimizer_learns(case: OptimizerCase) -> None:
    X, y = blobs()
    network = drawn()
    epochs = first(
        60, train(network, case.make(lr=0.05), X, y, batch_size=10, rng=np.random.default_rng(0))
    )
    assert epochs[-1].train_loss < 0.75 * epochs[0].train_loss


@dataclass
class Recorder(Network):
    """A network that notes which rows it is given; y is the number of the row."""

    def __init__(self) -> None:
        super().__init__([Dense(1, 1)], loss=SquaredError(), dtype=np.float64)
        self.seen: list[list[int]] = []

    def loss_and_grad(self, X: Array, y: Labels, weight: Array | None = None) -> float:
        self.seen.append([int(i) for i in y])
        assert (X[:, 0] == y).all()
        assert weight is None or (weight == y).all()
        return 0.0


def rows_seen(n_epochs: int, **settings: Any) -> list[list[int]]:
    network = Recorder()
    rows = np.arange(10.0)
    epochs = train(
        network, SGD(), rows[:, None], rows, batch_size=4, **{"weight": rows, **settings}
    )
    first(n_epochs, epochs)
    return network.seen


def test_without_a_generator_the_rows_come_as_they_stand() -> None:
    assert rows_seen(2) == 2 * [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_with_a_generator_every_row_comes_once_an_epoch_in_a_new_order() -> None:
    seen = rows_seen(2, rng=np.random.default_rng(0))
    assert [len(batch) for batch in seen] == [4, 4, 2, 4, 4, 2]
    epochs = [[*itertools.chain(*seen[:3])], [*itertools.chain(*seen[3:])]]
    assert [sorted(epoch) for epoch in epochs] == 2 * [list(range(10))]
    assert epochs[0] != epochs[1] != list(range(10)) != epochs[0]


def test_the_rows_that_remain_can_be_left_out() -> None:
    seen = rows_seen(2, drop_last=True, rng=np.random.default_rng(0))
    assert [len(batch) for batch in seen] == [4, 4, 4, 4]
    assert rows_seen(1, drop_last=True) == [[0, 1, 2, 3], [4, 5, 6, 7]]


@pytest.mark.parametrize("n", [1, 3, 4, 8])
def test_no_row_is_left_out_of_an_only_batch_or_of_whole_ones(n: int) -> None:
    seen = rows_seen(1, drop_last=True, orders=iter([np.arange(n)]))
    assert list(itertools.chain(*seen)) == list(range(n))


def test_the_loss_of_an_epoch_is_the_mean_over_the_rows_it_visits() -> None:
    X, y = blobs()
    network, twin = drawn(), drawn()
    orders = iter([np.arange(45)])
    (epoch,) = train(network, SGD(), X, y, batch_size=20, orders=orders, drop_last=True)
    assert epoch.train_loss == by_hand(twin, SGD(), X, y, np.arange(40), 20)
    np.testing.assert_array_equal(network.theta, twin.theta)


def test_orders_are_followed_and_their_end_is_the_end() -> None:
    orders = [np.arange(10)[::-1], np.array([3, 3, 1, 1, 7])]
    seen = rows_seen(9, orders=iter(orders))
    assert seen == [[9, 8, 7, 6], [5, 4, 3, 2], [1, 0], [3, 3, 1, 1], [7]]


def test_epochs_may_grow_and_shrink() -> None:
    orders = [np.array([5]), np.arange(10), np.array([2, 2]), np.arange(6)]
    seen = rows_seen(4, orders=iter(orders))
    assert seen == [[5], [0, 1, 2, 3], [4, 5, 6, 7], [8, 9], [2, 2], [0, 1, 2, 3], [4, 5]]


def test_a_schedule_sets_the_learning_rate_before_every_update() -> None:
    asked = []

    class Listening(Schedule):
        def __call__(self, step: int) -> float:
            asked.append(step)
            return 0.1 / (step + 1)

        def observe(self, loss: float) -> None:
            asked.append(-1)

    X, y = blobs()
    epochs = first(2, train(drawn(), SGD(7.0), X, y, batch_size=20, schedule=Listening()))
    assert asked == [0, 1, 2, -1, 3, 4, 5, -1]
    assert [epoch.lr for epoch in epochs] == [0.1 / 3, 0.1 / 6]


def test_a_schedule_hears_the_mean_loss() -> None:
    heard = []

    class Listening(Constant):
        def observe(self, loss: float) -> None:
            heard.append(loss)

    X, y = blobs()
    epochs = first(3, train(drawn(), SGD(), X, y, batch_size=20, schedule=Listening(0.1)))
    assert heard == [epoch.train_loss for epoch in epochs]


def test_the_gradient_is_clipped_before_the_update() -> None:
    X, y = blobs()
    network = drawn()
    before = network.theta.copy()
    first(1, train(network, SGD(1.0), X, y, batch_size=50, max_grad_norm=1e-3))
    assert np.linalg.norm(network.theta - before) == pytest.approx(1e-3, rel=1e-10)


def test_a_weight_of_two_trains_like_the_row_twice() -> None:
    X, y = blobs()
    weighted, repeated = drawn(), drawn()
    twice = np.concatenate([np.arange(50), np.arange(20)])
    weight = np.repeat([2.0, 1.0], [20, 30])
    first(5, train(weighted, SGD(0.5), X, y, batch_size=50, weight=weight))
    first(5, train(repeated, SGD(0.5), X[twice], y[twice], batch_size=70))
    np.testing.assert_allclose(weighted.theta, repeated.theta, rtol=1e-12, atol=1e-14)


def test_a_row_of_weight_zero_teaches_nothing() -> None:
    X, y = blobs()
    with_rows, without = drawn(), drawn()
    weight = np.repeat([1.0, 0.0], [30, 20])
    first(5, train(with_rows, SGD(0.5), X, y, batch_size=50, weight=weight))
    first(5, train(without, SGD(0.5), X[:30], y[:30], batch_size=30))
    np.testing.assert_allclose(with_rows.theta, without.theta, rtol=1e-12, atol=1e-14)


def test_a_batch_whose_weights_are_all_zero_changes_nothing() -> None:
    X, y = blobs()
    network, without = drawn(), drawn()
    weight = np.repeat([1.0, 0.0, 1.0], [20, 10, 20])
    first(3, train(network, SGD(0.5), X, y, batch_size=10, weight=weight))
    kept = np.flatnonzero(weight)
    first(3, train(without, SGD(0.5), X[kept], y[kept], batch_size=10))
    np.testing.assert_array_equal(network.theta, without.theta)


def test_a_first_batch_without_weight_is_no_measure_of_divergence() -> None:
    X, y = np.ones((8, 1)), np.full(8, 100.0)
    network = Network([Dense(1, 1)], loss=SquaredError(), dtype=np.float64)
    weight = np.repeat([0.0, 1.0], 4)
    epochs = first(20, train(network, SGD(0.1), X, y, batch_size=4, weight=weight))
    assert epochs[-1].train_loss < epochs[0].train_loss


def test_a_first_batch_that_is_easy_is_no_measure_of_divergence() -> None:
    """Zeros first, then targets of a hundred: a loss of 0, then one of 10,000."""
    X, y = np.ones((8, 1)), np.repeat([0.0, 100.0], 4)
    network, twin = (
        Network([Dense(1, 1)], loss=SquaredError(), dtype=np.float64) for _ in range(2)
    )
    network.theta[:] = twin.theta[:] = 0.01, 0.0
    (epoch,) = first(1, train(network, SGD(0.01), X, y, batch_size=4))
    assert epoch.train_loss == by_hand(twin, SGD(0.01), X, y, np.arange(8), 4)
    np.testing.assert_array_equal(network.theta, twin.theta)


def test_a_heavy_penalty_is_no_divergence() -> None:
    X, y = blobs()
    network = mlp([4, 300, 3], l2=10.0, dtype=np.float64)
    network.init(np.random.default_rng(0))
    epochs = first(5, train(network, SGD(0.01), X, y, batch_size=10))
    assert epochs[-1].train_loss < 0.1 * epochs[0].train_loss


# That it repeats


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_same_seed_gives_the_same_bits(dtype: DType) -> None:
    def trained() -> tuple[Array, list[float]]:
        rng = np.random.default_rng(7)
        network = mlp([4, 8, 8, 3], dropout=0.3, normalization="batch", dtype=dtype)
        network.init(rng)
        X, y = blobs(dtype=dtype)
        epochs = first(5, train(network, Adam(0.01), X, y, batch_size=16, rng=rng))
        return network.theta, [epoch.train_loss for epoch in epochs]

    (theta, losses), (theta_again, losses_again) = trained(), trained()
    np.testing.assert_array_equal(theta, theta_again)
    assert losses == losses_again


def test_a_run_taken_up_again_gives_the_same_bits_as_one_that_went_on() -> None:
    X, y = blobs()
    orders = [np.random.default_rng(k).permutation(50) for k in range(6)]
    schedule = Cosine(0.2, n_steps=20)
    whole, parts = drawn(), drawn()
    first(6, train(whole, Adam(), X, y, batch_size=16, orders=iter(orders), schedule=schedule))
    optimizer = Adam()
    for some in (orders[:2], orders[2:]):
        epochs = train(parts, optimizer, X, y, batch_size=16, orders=iter(some), schedule=schedule)
        first(6, epochs)
    np.testing.assert_array_equal(parts.theta, whole.theta)


def test_training_leaves_the_data_alone() -> None:
    X, y = blobs()
    weight = np.random.default_rng(1).uniform(0, 2, 50)
    before = X.copy(), y.copy(), weight.copy()
    for array in (X, y, weight):
        array.flags.writeable = False
    rng = np.random.default_rng(0)
    first(2, train(drawn(), SGD(), X, y, batch_size=16, weight=weight, rng=rng))
    for array, copied in zip((X, y, weight), before, strict=True):
        np.testing.assert_array_equal(array, copied)


def test_float32_and_float64_give_the_same_losses_and_labels() -> None:
    losses, labels = [], []
    theta = drawn().theta
    for dtype in (np.float32, np.float64):
        X, y = blobs(100, dtype, spread=0.5)
        network = drawn(dtype, l2=1e-3)
        network.theta[:] = theta
        epochs = train(network, SGD(0.05, momentum=0.9), X, y, batch_size=20)
        losses.append([epoch.train_loss for epoch in first(200, epochs)])
        labels.append(network.predict(X).argmax(axis=1))
    assert losses[1][-1] < 0.2 * losses[1][0]
    np.testing.assert_allclose(losses[0], losses[1], rtol=0, atol=1e-5)
    np.testing.assert_array_equal(labels[0], labels[1])


# Divergence


DIVERGING = {
    "adam-1e3": lambda: Adam(lr=1e3),
    "sgd-10": lambda: SGD(lr=10.0),
    "sgd-1e10": lambda: SGD(lr=1e10),
    "sgd-1e150": lambda: SGD(lr=1e150),
    "momentum-1e10": lambda: SGD(lr=1e10, momentum=0.9),
}


def steep(dtype: DType) -> tuple[Network, Array, Labels]:
    X, y = blobs(dtype=dtype)
    network = mlp([4, 16, 3], l2=0.0, dtype=dtype)
    network.init(np.random.default_rng(0))
    return network, 10 * X, y


def where_it_diverges(optimizer: Optimizer, dtype: DType) -> tuple[int, int, float]:
    """Epoch, batch and last good loss of a loop written out."""
    network, X, y = steep(dtype)
    start = pickled(network)
    good = best = math.nan
    with np.errstate(all="ignore"):
        for epoch in itertools.count(1):
            losses = []
            for batch in range(5):
                rows = slice(10 * batch, 10 * batch + 10)
                loss = network.loss_and_grad(X[rows], y[rows])
                measure = start.evaluate(X[rows], y[rows]) if epoch == 1 else best
                if not math.isfinite(loss) or loss > 1e3 * max(1, measure):
                    return epoch, batch + 1, good
                losses.append(loss)
                good = loss if len(losses) == epoch == 1 else good
                optimizer.step(network.theta, network.grad)
            if not np.isfinite(network.theta).all():
                return epoch, 5, good
            good = float(np.mean(losses))
            best = good if epoch == 1 else min(best, good)
    raise AssertionError


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("make", DIVERGING.values(), ids=DIVERGING)
def test_a_learning_rate_far_too_high_is_divergence(
    make: Callable[[], Optimizer], dtype: DType
) -> None:
    network, X, y = steep(dtype)
    epoch, batch, good = where_it_diverges(make(), dtype)
    with pytest.raises(DivergenceError) as caught:
        first(500, train(network, make(), X, y, batch_size=10))
    error = caught.value
    assert (error.epoch, error.batch, error.lr) == (epoch, batch, make().lr)
    assert error.last_good_loss == pytest.approx(good, rel=1e-5)
    message = str(error)
    assert f"in epoch {epoch}, batch {batch}, at learning rate {make().lr:g}" in message
    assert f"the last good loss was {error.last_good_loss:.4g}" in message
    assert "Lower the learning rate" in message
    assert "max_grad_norm" in message


class Jump(Schedule):
    """A small learning rate, and from one step on another."""

    def __init__(self, at: int, lr: float) -> None:
        self.at, self.lr = at, lr

    def __call__(self, step: int) -> float:
        return self.lr if step >= self.at else 1e-3


def test_the_error_names_the_epoch_and_batch_after_the_leap() -> None:
    network, X, y = steep(np.float64)
    epochs = train(network, SGD(), X, y, batch_size=10, schedule=Jump(11, 1e10))
    good = first(2, epochs)[-1].train_loss
    with pytest.raises(DivergenceError, match="the loss rose to") as caught:
        next(epochs)  # step 11 is the second of the third epoch; the third sees what it did
    error = caught.value
    assert (error.epoch, error.batch, error.lr) == (3, 3, 1e10)
    assert error.last_good_loss == pytest.approx(good, rel=1e-12)


def test_the_last_good_loss_is_that_of_the_last_whole_epoch_even_if_it_has_risen() -> None:
    network, X, y = steep(np.float64)
    epochs = train(network, SGD(), X, y, batch_size=10, schedule=Jump(10, 0.2))
    losses = [epoch.train_loss for epoch in first(3, epochs)]
    assert losses[2] > losses[1]
    network.theta.fill(np.nan)
    with pytest.raises(DivergenceError) as caught:
        next(epochs)
    assert caught.value.last_good_loss == pytest.approx(losses[2], rel=1e-12)


def test_weights_that_become_infinite_are_noticed_at_the_end_of_the_epoch() -> None:
    network, X, y = steep(np.float32)
    epochs = train(network, SGD(), X, y, batch_size=10, schedule=Jump(4, 1e39))
    with pytest.raises(DivergenceError, match="a weight became infinite or NaN") as caught:
        next(epochs)
    assert (caught.value.epoch, caught.value.batch) == (1, 5)


def test_a_loss_that_is_not_finite_from_the_start_is_divergence() -> None:
    X, y = blobs()
    X[3, 2] = np.nan
    with pytest.raises(DivergenceError, match="in epoch 1, batch 1") as caught:
        next(train(drawn(), SGD(), X, y, batch_size=10))
    assert math.isnan(caught.value.last_good_loss)


def test_a_bounce_from_almost_nothing_is_no_divergence() -> None:
    X, y = np.ones((4, 1)), np.zeros(4)
    network = Network([Dense(1, 1)], loss=SquaredError(), dtype=np.float64)
    epochs = train(network, SGD(lr=1e-30), X, y, batch_size=4)
    losses = []
    for loss in (1e-9, 1e-9, 1e-4, 1.0, 900.0):
        network.theta[:] = math.sqrt(loss), 0
        losses.append(next(epochs).train_loss)
    np.testing.assert_allclose(losses, [1e-9, 1e-9, 1e-4, 1.0, 900.0])
    network.theta[:] = math.sqrt(1100), 0
    with pytest.raises(DivergenceError, match="the loss rose to 1100"):
        next(epochs)


def test_large_targets_raise_the_limit() -> None:
    X, y = np.ones((4, 1)), np.full(4, 1e6)
    network = Network([Dense(1, 1)], loss=SquaredError(), dtype=np.float64)
    epochs = first(50, train(network, SGD(lr=0.1), X, y, batch_size=4))
    assert epochs[0].train_loss == 1e12
    assert epochs[-1].train_loss < 1e6


def test_a_divergence_error_survives_pickle() -> None:
    error = DivergenceError("the loss rose to 1e+05", 3, 7, 0.1, 0.25)
    twin = pickled(error)
    assert type(twin) is DivergenceError
    assert str(twin) == str(error)
    assert vars(twin) == vars(error)
    assert isinstance(error, ValueError)


@pytest.mark.parametrize("lr", [0.1, 1e150])
def test_the_callers_floating_point_settings_are_left_alone(lr: float) -> None:
    network, X, y = steep(np.float32)
    outside = np.geterr()
    with np.errstate(over="raise", under="ignore"):
        inside = np.geterr()
        try:
            for epoch in train(network, SGD(lr), X, y, batch_size=10):
                assert np.geterr() == inside
                if epoch.number == 3:
                    break
        except DivergenceError:
            assert lr == 1e150
        assert np.geterr() == inside
    assert np.geterr() == outside


# What is refused


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": np.zeros((50, 5))}, r"X has shape \(50, 5\), .* takes \(n, 4\)"),
        ({"X": np.zeros(50)}, r"X has shape \(50,\)"),
        ({"X": np.zeros((0, 4)), "y": np.zeros(0, int)}, r"X has shape \(0, 4\).* n > 0"),
        ({"X": np.zeros((50, 4), np.float32)}, r"dtype float32, .* float64: .*astype\('float64'\)"),
        ({"y": np.zeros(49, int)}, "X has 50 rows, but y has 49"),
        ({"y": np.full(50, 3)}, "classes 3 to 3, but there are 0 to 2"),
        ({"y": np.zeros(50)}, "integers of shape"),
        ({"weight": np.ones(49)}, r"weight has shape \(49,\) .* \(50,\) of float64"),
        ({"weight": np.ones(50, int)}, "dtype int64, .* float64"),
        ({"weight": np.full(50, -1.0)}, "weight has a negative, infinite or NaN"),
        ({"weight": np.full(50, np.nan)}, "weight has a negative, infinite or NaN"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"batch_size": -5}, "batch_size=-5"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(change: dict[str, Any], message: str) -> None:
    X, y = blobs()
    arguments = {"X": X, "y": y, "batch_size": 10, **change}
    with pytest.raises(ValueError, match=message):
        next(train(drawn(), SGD(), **arguments))


@pytest.mark.parametrize("row", [-1, 50])
def test_orders_with_rows_that_are_not_there_are_refused(row: int) -> None:
    X, y = blobs()
    orders = iter([np.array([0, row, 3])])
    with pytest.raises(ValueError, match=f"orders has rows .*{row}.*, but X has 0 to 49"):
        next(train(drawn(), SGD(), X, y, batch_size=10, orders=orders))
