"""L-BFGS and its line search."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest

from numlp.nn import (
    LBFGS,
    BatchNorm,
    Dense,
    DivergenceError,
    Dropout,
    Network,
    SoftmaxCrossEntropy,
    Tanh,
    mlp,
    train_full_batch,
)
from numlp.nn.arrays import Array, DType
from numlp.nn.more.lbfgs import strong_wolfe

from ..cases import network_of
from ..runs import blobs, drawn, first

Line = Callable[[float], tuple[float, float]]  # step -> the function and its slope


# The line search


def more_thuente_1(a: float, beta: float = 2.0) -> tuple[float, float]:
    return -a / (a * a + beta), (a * a - beta) / (a * a + beta) ** 2


def more_thuente_2(a: float, beta: float = 0.004) -> tuple[float, float]:
    return (a + beta) ** 5 - 2 * (a + beta) ** 4, 5 * (a + beta) ** 4 - 8 * (a + beta) ** 3


def more_thuente_3(a: float, beta: float = 0.01, waves: int = 39) -> tuple[float, float]:
    if a <= 1 - beta:
        value, slope = 1 - a, -1.0
    elif a >= 1 + beta:
        value, slope = a - 1, 1.0
    else:
        value, slope = (a - 1) ** 2 / (2 * beta) + beta / 2, (a - 1) / beta
    angle = waves * math.pi / 2
    value += 2 * (1 - beta) / (waves * math.pi) * math.sin(angle * a)
    return value, slope + (1 - beta) * math.cos(angle * a)


def yanai(a: float, beta1: float, beta2: float) -> tuple[float, float]:
    """Functions 4 to 6 of Moré and Thuente."""

    def root(x: float, beta: float) -> float:
        return math.sqrt(x * x + beta * beta)

    def gamma(beta: float) -> float:
        return math.sqrt(1 + beta * beta) - beta

    value = gamma(beta1) * root(1 - a, beta2) + gamma(beta2) * root(a, beta1)
    slope = gamma(beta1) * (a - 1) / root(1 - a, beta2) + gamma(beta2) * a / root(a, beta1)
    return value, slope


# The functions of Moré & Thuente (1994), with the constants of their tables.
MORE_THUENTE: dict[str, tuple[Line, float, float]] = {
    "1": (more_thuente_1, 1e-3, 0.1),
    "2": (more_thuente_2, 0.1, 0.1),
    "3": (more_thuente_3, 0.1, 0.1),
    "4": (lambda a: yanai(a, 1e-3, 1e-3), 1e-3, 1e-3),
    "5": (lambda a: yanai(a, 1e-2, 1e-3), 1e-3, 1e-3),
    "6": (lambda a: yanai(a, 1e-3, 1e-2), 1e-3, 1e-3),
}


FIRST = (1e-3, 1e-1, 1e1, 1e3)  # the first step
# What the paper has for each: how many evaluations, and the step where they end.
TABLES: dict[str, list[tuple[int, float]]] = {
    "1": [(6, 1.4), (3, 1.4), (1, 10), (4, 37)],
    "2": [(12, 1.6), (8, 1.6), (8, 1.6), (11, 1.6)],
    "3": [(12, 1.0), (12, 1.0), (10, 1.0), (13, 1.0)],
    "4": [(4, 0.085), (1, 0.10), (3, 0.35), (4, 0.83)],
    "5": [(6, 0.075), (3, 0.078), (7, 0.073), (8, 0.076)],
    "6": [(13, 0.93), (11, 0.93), (8, 0.92), (11, 0.92)],
}


@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("name", MORE_THUENTE)
def test_the_search_evaluates_as_often_and_ends_where_the_paper_says(
    name: str, first: float
) -> None:
    line, c1, c2 = MORE_THUENTE[name]
    value, slope = line(0.0)
    asked: list[float] = []

    def along(step: float) -> tuple[float, float]:
        asked.append(step)
        return line(step)

    step, found_value, found = strong_wolfe(
        along, value, slope, first, c1=c1, c2=c2, min_interval=1e-10
    )
    assert found
    assert (asked[-1], line(step)[0]) == (step, found_value)
    assert found_value <= value + c1 * step * slope
    assert abs(line(step)[1]) <= c2 * abs(slope)
    n_evaluations, end = TABLES[name][FIRST.index(first)]
    assert (len(asked), float(f"{step:.2g}")) == (n_evaluations, end)


@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("name", MORE_THUENTE)
def test_the_search_says_whether_the_conditions_hold(name: str, first: float) -> None:
    """With the settings of ``LBFGS``, where a narrow interval ends it early."""
    line, _, _ = MORE_THUENTE[name]
    value, slope = line(0.0)
    step, found_value, found = strong_wolfe(line, value, slope, first)
    holds = found_value <= value + 1e-3 * step * slope and abs(line(step)[1]) <= 0.9 * abs(slope)
    assert found == holds
    assert found_value <= value


@pytest.mark.parametrize("edge", [1.5, 3.0, 50.0])
@pytest.mark.parametrize("beyond", [math.inf, math.nan])
def test_the_search_survives_a_function_that_ends_somewhere(edge: float, beyond: float) -> None:
    def along(step: float) -> tuple[float, float]:
        if step >= edge:
            return beyond, beyond
        return -math.log(edge - step) - 2 * step, 1 / (edge - step) - 2  # minimum at edge - 1/2

    value, slope = along(0.0)
    for first_step in (0.1, 1.0, 1e3, 1e9):
        step, found_value, found = strong_wolfe(along, value, slope, first_step)
        assert 0 < step < edge
        assert found_value == along(step)[0] <= value + 1e-3 * step * slope
        assert found == (abs(along(step)[1]) <= 0.9 * abs(slope))


def test_the_search_survives_a_function_that_is_nowhere_finite() -> None:
    asked = []

    def along(step: float) -> tuple[float, float]:
        asked.append(step)
        return (1.0, -1.0) if step == 0 else (math.inf, math.nan)

    assert strong_wolfe(along, 1.0, -1.0, 1.0) == (0.0, 1.0, False)
    assert asked[-1] == 0  # what the caller sees is where it ended


def test_the_search_goes_nowhere_along_a_direction_that_rises() -> None:
    step, value, found = strong_wolfe(lambda step: (1 + step, 1.0), 1.0, 1.0, 1.0)
    assert (step, value, found) == (0.0, 1.0, False)


def test_the_search_ends_on_a_function_without_a_bottom() -> None:
    step, value, found = strong_wolfe(lambda step: (-step, -1.0), 0.0, -1.0, 1.0)
    assert not found
    assert value == -step < 0


@pytest.mark.parametrize(("first", "asked"), [(0.05, 2), (0.15, 1), (1.0, 1), (1.85, 1), (1.95, 2)])
def test_a_step_that_is_good_enough_is_taken_at_once(first: float, asked: int) -> None:
    """Along (1 - step)²: between 0.1 and 1.9 it is flat enough for c2 = 0.9."""
    steps = []

    def along(step: float) -> tuple[float, float]:
        steps.append(step)
        return (1 - step) ** 2, -2 * (1 - step)

    assert strong_wolfe(along, 1.0, -2.0, first)[2]
    assert len(steps) == asked


@pytest.mark.parametrize("first", [10.0, 100.0, 1e3])
def test_the_search_comes_back_from_where_the_function_is_lower_but_not_low_enough(
    first: float,
) -> None:
    """exp(-step) - 1 falls everywhere, but ever less: far out the line of descent is below it."""
    asked = []

    def along(step: float) -> tuple[float, float]:
        asked.append(step)
        return math.exp(-step) - 1, -math.exp(-step)

    step, value, found = strong_wolfe(along, 0.0, -1.0, first, c1=0.1, c2=0.1)
    assert found
    assert value <= -0.1 * step
    assert math.exp(-step) <= 0.1
    assert len(asked) <= 6


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_the_search_asks_no_more_often_than_it_may(limit: int) -> None:
    asked = []

    def along(step: float) -> tuple[float, float]:
        asked.append(step)
        return more_thuente_3(step)

    strong_wolfe(along, *more_thuente_3(0.0), 1e-3, c1=0.1, c2=1e-9, max_evaluations=limit)
    assert len(asked) <= limit + 1  # once more to go back to the lowest


# The optimizer


def rosenbrock(x: Array) -> tuple[float, Array]:
    head, tail = x[:-1], x[1:]
    grad = np.zeros_like(x)
    grad[:-1] = -400 * head * (tail - head**2) - 2 * (1 - head)
    grad[1:] += 200 * (tail - head**2)
    return float((100 * (tail - head**2) ** 2 + (1 - head) ** 2).sum()), grad


def quadratic(condition: float, size: int = 20) -> Callable[[Array], tuple[float, Array]]:
    scale = np.geomspace(1, condition, size)
    return lambda x: (float(scale @ (x - 1) ** 2 / 2), scale * (x - 1))


def beale(x: Array) -> tuple[float, Array]:
    powers = np.arange(1, 4)
    residual = np.array([1.5, 2.25, 2.625]) - x[0] * (1 - x[1] ** powers)
    slopes = np.stack([x[1] ** powers - 1, x[0] * powers * x[1] ** (powers - 1)])
    return float(residual @ residual), 2 * slopes @ residual


def himmelblau(x: Array) -> tuple[float, Array]:
    a, b = x[0] ** 2 + x[1] - 11, x[0] + x[1] ** 2 - 7
    return float(a * a + b * b), np.array([4 * a * x[0] + 2 * b, 2 * a + 4 * b * x[1]])


def powell(x: Array) -> tuple[float, Array]:
    a, b, c, d = x[0] + 10 * x[1], x[2] - x[3], x[1] - 2 * x[2], x[0] - x[3]
    grad = [
        2 * a + 40 * d**3,
        20 * a + 4 * c**3,
        10 * b - 8 * c**3,
        -10 * b - 40 * d**3,
    ]
    return float(a**2 + 5 * b**2 + c**4 + 10 * d**4), np.array(grad)


def logistic(x: Array) -> tuple[float, Array]:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, len(x)))
    y = np.where(X[:, 0] + rng.standard_normal(60) > 0, 1.0, -1.0)
    margin = y * (X @ x)
    slope = -y / (1 + np.exp(margin))
    return float(np.log1p(np.exp(-margin)).sum() + x @ x / 2), X.T @ slope + x


def broyden(x: Array) -> tuple[float, Array]:
    padded = np.concatenate([[0], x, [0]])
    r = (3 - 2 * x) * x - padded[:-2] - 2 * padded[2:] + 1
    grad = 2 * r * (3 - 4 * x)
    grad[:-1] -= 2 * r[1:]
    grad[1:] -= 4 * r[:-1]
    return float(r @ r), grad


def network(x: Array) -> tuple[float, Array]:
    net = mlp([3, 5, 2], activation="tanh", l2=0.01, dtype=np.float64)
    net.theta[:] = x
    X = np.random.default_rng(0).standard_normal((40, 3))
    loss = net.loss_and_grad(X, (X[:, 0] * X[:, 1] > 0).astype(int))
    return loss, net.grad.copy()


PROBLEMS: dict[str, tuple[Callable[[Array], tuple[float, Array]], Array, float]] = {
    "rosenbrock": (rosenbrock, np.array([-1.2, 1.0]), 1e-9),
    "rosenbrock-10": (rosenbrock, np.full(10, -1.0), 4.0),  # a second minimum lies at 3.99
    "quadratic": (quadratic(10), np.zeros(20), 1e-9),
    "quadratic-1000": (quadratic(1000), np.zeros(20), 1e-6),
    "beale": (beale, np.array([1.0, 1.0]), 1e-9),
    "himmelblau": (himmelblau, np.array([0.0, 0.0]), 1e-9),
    "powell": (powell, np.array([3.0, -1.0, 0.0, 1.0]), 1e-6),
    "logistic": (logistic, np.zeros(8), 40.0),
    "broyden": (broyden, np.full(10, -1.0), 1e-9),
    "network": (network, np.random.default_rng(1).standard_normal(32), 0.7),
}


def minimize(name: str, lbfgs: LBFGS) -> tuple[float, Array, Array]:
    function, start, _ = PROBLEMS[name]
    theta, grad = start.copy(), np.empty_like(start)

    def evaluate() -> float:
        loss, grad[:] = function(theta)
        return loss

    while not lbfgs.finished:
        loss = lbfgs.step(theta, grad, evaluate)
    return loss, theta, grad


@pytest.mark.parametrize("name", PROBLEMS)
def test_lbfgs_reaches_the_minimum(name: str) -> None:
    function, _, expected = PROBLEMS[name]
    loss, theta, grad = minimize(name, LBFGS())
    assert loss <= expected
    assert function(theta)[0] == loss  # theta, loss and grad belong together
    np.testing.assert_array_equal(function(theta)[1], grad)


@pytest.mark.parametrize("name", PROBLEMS)
def test_lbfgs_lowers_the_loss_at_every_step(name: str) -> None:
    function, start, _ = PROBLEMS[name]
    theta, grad, lbfgs, losses = start.copy(), np.empty_like(start), LBFGS(), []

    def evaluate() -> float:
        loss, grad[:] = function(theta)
        return loss

    while not lbfgs.finished:
        losses.append(lbfgs.step(theta, grad, evaluate))
    assert losses == sorted(losses, reverse=True)
    assert lbfgs.t == len(losses)


def test_lbfgs_needs_about_as_many_evaluations_as_scipy_and_finds_minima_as_low() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    ours = theirs = 0
    for name, (function, start, _) in PROBLEMS.items():
        lbfgs = LBFGS()
        loss, _, _ = minimize(name, lbfgs)
        result = optimize.minimize(
            function,
            start,
            jac=True,
            method="L-BFGS-B",
            options={"maxcor": 10, "ftol": 2.2e-9, "gtol": 1e-5},
        )
        assert loss <= result.fun + 1e-6 * max(1, result.fun), name
        ours, theirs = ours + lbfgs.n_evaluations, theirs + result.nfev
    assert ours <= 1.5 * theirs


def test_evaluations_are_counted() -> None:
    count = 0
    theta, grad, lbfgs = np.array([-1.2, 1.0]), np.empty(2), LBFGS()

    def evaluate() -> float:
        nonlocal count
        count += 1
        loss, grad[:] = rosenbrock(theta)
        return loss

    while not lbfgs.finished:
        lbfgs.step(theta, grad, evaluate)
    assert lbfgs.n_evaluations == count


def test_lbfgs_keeps_no_more_pairs_than_its_memory() -> None:
    lbfgs = LBFGS(memory=3)
    minimize("quadratic-1000", lbfgs)
    assert len(lbfgs._pairs) == 3


def test_a_pair_along_which_the_curve_bends_down_is_left_out() -> None:
    theta, grad, lbfgs = np.array([0.2]), np.empty(1), LBFGS(max_evaluations=2)

    def evaluate() -> float:
        grad[:] = -np.sin(theta)
        return float(np.cos(theta[0]))

    before = evaluate()
    assert lbfgs.step(theta, grad, evaluate) < before
    assert theta[0] < np.pi / 2  # where cosine is concave
    assert not lbfgs._pairs


def test_a_start_at_the_minimum_is_recognised() -> None:
    theta, grad, lbfgs = np.ones(2), np.empty(2), LBFGS()

    def evaluate() -> float:
        loss, grad[:] = rosenbrock(theta)
        return loss

    assert lbfgs.step(theta, grad, evaluate) == 0
    assert "gradient is zero" in lbfgs.finished
    assert lbfgs.n_evaluations == 1


@pytest.mark.parametrize(
    ("settings", "reason"),
    [({"tol_loss": 0.0}, "gradient is zero"), ({"tol_grad": 0.0}, "no longer falls")],
)
def test_lbfgs_says_why_it_ended(settings: dict[str, float], reason: str) -> None:
    lbfgs = LBFGS(**settings)  # type: ignore[arg-type]
    minimize("himmelblau", lbfgs)
    assert reason in lbfgs.finished


def test_lbfgs_ends_where_the_gradient_lies() -> None:
    """Minus the gradient leads uphill: no step is lower, and theta stays where it was."""
    theta, grad, lbfgs = np.array([1.0, 2.0]), np.empty(2), LBFGS()

    def evaluate() -> float:
        grad[:] = -theta
        return float(theta @ theta) / 2

    loss = lbfgs.step(theta, grad, evaluate)
    assert loss == 2.5
    np.testing.assert_array_equal(theta, [1, 2])
    assert "no lower loss" in lbfgs.finished


def test_running_statistics_follow_the_data_and_stay_out_of_the_direction() -> None:
    rng = np.random.default_rng(0)
    X = 3 * rng.standard_normal((60, 2)) + 5
    y = (X[:, 0] * X[:, 1] > 25).astype(int)
    network = network_of([BatchNorm(), Dense(2, 6), BatchNorm(), Tanh(), Dense(6, 2)], l2=1e-3)
    network.init(rng)
    norm = network.layers[0]
    for steps in (1, 40):
        epochs = list(zip(range(steps), train_full_batch(network, LBFGS(), X, y), strict=False))
        # The first step also looks where it stands.
        share = 1 - 0.9**2 if steps == 1 else 1.0
        np.testing.assert_allclose(norm.running_mean, share * X.mean(axis=0), rtol=0.02)
    np.testing.assert_allclose(norm.running_var, X.var(axis=0, ddof=1), rtol=0.02)
    assert epochs[-1][1].train_loss < 0.1  # of the batch's own statistics: the running ones lag
    assert np.isfinite(network.theta).all()


def test_lbfgs_ends_on_a_loss_that_is_noisy() -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 3))
    y = (X[:, 0] > 0).astype(int)
    network = network_of([Dense(3, 8), Tanh(), Dropout(0.5), Dense(8, 2)])
    epochs = list(zip(range(200), train_full_batch(network, LBFGS(), X, y), strict=False))
    assert all(math.isfinite(epoch.train_loss) for _, epoch in epochs)
    assert network.evaluate(X, y) < 0.6


# Full batches


@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
def test_full_batches_reach_the_optimum_of_a_convex_problem(weighted: bool) -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, y = blobs(80)
    weight = np.random.default_rng(1).uniform(0, 2, 80) if weighted else None
    total = 80 if weight is None else weight.sum()
    reference = linear_model.LogisticRegression(C=1 / (0.1 * total), tol=1e-10, max_iter=10_000)
    reference.fit(X, y, sample_weight=weight)
    network = Network([Dense(4, 3)], l2=0.1, dtype=np.float64)
    lbfgs = LBFGS(tol_grad=1e-8, tol_loss=0.0)
    epochs = list(train_full_batch(network, lbfgs, X, y, weight=weight))
    W = network.layers[0].W
    np.testing.assert_allclose(W, reference.coef_.T, atol=1e-5)
    np.testing.assert_allclose(network.predict(X), reference.predict_proba(X), atol=1e-5)
    assert lbfgs.finished
    assert epochs[-1].number == lbfgs.t


def test_full_batches_report_the_loss_after_each_step() -> None:
    X, y = blobs()
    network = drawn()
    epochs = train_full_batch(network, LBFGS(), X, y)
    losses = []
    for epoch in itertools.islice(epochs, 10):
        assert network.evaluate(X, y) == pytest.approx(epoch.train_loss, rel=1e-12)
        losses.append(epoch.train_loss)
    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_full_batches_end_by_themselves(dtype: DType) -> None:
    X, y = blobs(dtype=dtype)
    network, lbfgs = drawn(dtype, l2=0.01), LBFGS()
    epochs = first(1000, train_full_batch(network, lbfgs, X, y))
    assert len(epochs) < 1000
    assert lbfgs.finished
    assert epochs[-1].train_loss < 0.5


def test_full_batches_of_a_loss_that_is_not_finite_are_divergence() -> None:
    X, y = blobs()
    X[0, 0] = np.nan
    with pytest.raises(DivergenceError, match="the loss became nan in epoch 1, batch 1"):
        next(train_full_batch(drawn(), LBFGS(), X, y))


def test_full_batches_remember_the_last_good_loss() -> None:
    losses = iter([0.5, 0.25, math.nan])

    class Breaking(LBFGS):
        def step(self, theta: Array, grad: Array, evaluate: Callable[[], float]) -> float:
            return next(losses)

    X, y = blobs()
    with pytest.raises(DivergenceError) as caught:
        list(train_full_batch(drawn(), Breaking(), X, y))
    assert (caught.value.epoch, caught.value.last_good_loss) == (3, 0.25)


def test_full_batches_with_statistics_and_masks_stay_finite() -> None:
    X, y = blobs()
    layers = [Dense(4, 8), BatchNorm(), Tanh(), Dropout(0.2), Dense(8, 3)]
    network = Network(layers, loss=SoftmaxCrossEntropy(0.1), dtype=np.float64)
    network.init(np.random.default_rng(0))
    before = network.evaluate(X, y)
    first(50, train_full_batch(network, LBFGS(), X, y))
    assert network.evaluate(X, y) < before


def test_a_full_batch_is_checked_too() -> None:
    X, y = blobs()
    with pytest.raises(ValueError, match="X has 50 rows, but y has 49"):
        next(train_full_batch(drawn(), LBFGS(), X, y[1:]))
