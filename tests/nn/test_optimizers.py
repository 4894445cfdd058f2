"""Optimizers against their rules, parameter by parameter, and on functions with a known minimum."""

import copy

import numpy as np
import pytest

from numlp.nn import SGD, Adam, AdamW, Group, RMSprop, clip_by_norm
from numlp.nn.arrays import Array, DType
from numlp.nn.optimizers import BLOCK

from .cases import OPTIMIZERS, Copy, OptimizerCase, naive_step, pickled

OPTIMIZER = pytest.mark.parametrize("case", OPTIMIZERS.values(), ids=OPTIMIZERS)


def gradients(n: int, size: int, dtype: DType = np.float64) -> list[Array]:
    rng = np.random.default_rng(0)
    return [rng.standard_normal(size).astype(dtype) for _ in range(n)]


@pytest.mark.parametrize(
    ("dtype", "tol"), [(np.float64, 1e-13), (np.float32, 1e-5)], ids=["float64", "float32"]
)
@OPTIMIZER
def test_every_optimizer_follows_its_rule(case: OptimizerCase, dtype: DType, tol: float) -> None:
    optimizer = case.make(groups=[Group(3), Group(7, 1, 0)])
    theta = np.linspace(-1, 1, 7).astype(dtype)
    expected: list[float] = theta.tolist()
    memory: list[dict[str, float]] = [{} for _ in expected]
    for grad in gradients(20, 7, dtype):
        optimizer.step(theta, grad)
        expected = naive_step(optimizer, expected, grad.tolist(), memory)
        np.testing.assert_allclose(theta, expected, rtol=tol, atol=tol)
    assert optimizer.t == 20


@OPTIMIZER
def test_every_optimizer_follows_the_learning_rate_as_it_changes(case: OptimizerCase) -> None:
    optimizer = case.make()
    theta = np.linspace(-1, 1, 7)
    expected: list[float] = theta.tolist()
    memory: list[dict[str, float]] = [{} for _ in expected]
    for step, grad in enumerate(gradients(10, 7)):
        optimizer.lr = 0.1 / (step + 1)
        optimizer.step(theta, grad)
        expected = naive_step(optimizer, expected, grad.tolist(), memory)
    np.testing.assert_allclose(theta, expected, rtol=1e-13)


@OPTIMIZER
def test_a_vector_longer_than_a_block_is_updated_as_its_parts_are(case: OptimizerCase) -> None:
    size, part = 2 * BLOCK + 5, 1000
    theta = np.random.default_rng(1).standard_normal(size)
    parts = [theta[start : start + part].copy() for start in range(0, size, part)]
    optimizer, optimizers = case.make(), [case.make() for _ in parts]
    for grad in gradients(3, size):
        optimizer.step(theta, grad)
        for i, p in enumerate(parts):
            optimizers[i].step(p, grad[i * part : (i + 1) * part])
    np.testing.assert_array_equal(theta, np.concatenate(parts))


@OPTIMIZER
def test_every_optimizer_leaves_the_gradient_alone(case: OptimizerCase) -> None:
    theta, (grad,) = np.ones(5), gradients(1, 5)
    before = grad.copy()
    case.make().step(theta, grad)
    np.testing.assert_array_equal(grad, before)


@OPTIMIZER
def test_the_state_is_made_once(case: OptimizerCase) -> None:
    optimizer, theta = case.make(), np.ones(5)
    first, *others = gradients(20, 5)
    optimizer.step(theta, first)
    arrays = {name: id(array) for name, array in optimizer.state.items()}
    attributes = set(vars(optimizer))
    for grad in others:
        optimizer.step(theta, grad)
    assert {name: id(array) for name, array in optimizer.state.items()} == arrays
    assert set(vars(optimizer)) == attributes
    assert all(array.shape == theta.shape for array in optimizer.state.values())


def test_the_state_has_the_names_that_checkpoints_know_it_by() -> None:
    for optimizer, names in ((SGD(momentum=0.9), ["v"]), (RMSprop(), ["v"]), (Adam(), ["M", "V"])):
        optimizer.step(np.ones(5), np.ones(5))
        assert [*optimizer.state] == names


@OPTIMIZER
def test_the_state_and_t_are_all_that_a_resumed_run_needs(case: OptimizerCase) -> None:
    optimizer, theta = case.make(), np.ones(5)
    before, after = gradients(10, 5)[:5], gradients(10, 5)[5:]
    for grad in before:
        optimizer.step(theta, grad)
    resumed, theta_resumed = case.make(), theta.copy()
    resumed.t = optimizer.t
    resumed.state = {name: array.copy() for name, array in optimizer.state.items()}
    for grad in after:
        optimizer.step(theta, grad)
        resumed.step(theta_resumed, grad)
    np.testing.assert_array_equal(theta_resumed, theta)


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled], ids=["deepcopy", "pickle"])
@OPTIMIZER
def test_a_copy_goes_on_like_its_original(case: OptimizerCase, copied: Copy) -> None:
    optimizer, theta = case.make(), np.ones(5)
    before, after = gradients(10, 5)[:5], gradients(10, 5)[5:]
    for grad in before:
        optimizer.step(theta, grad)
    twin, theta_twin = copied(optimizer), theta.copy()
    for grad in after:
        optimizer.step(theta, grad)
        twin.step(theta_twin, grad)
    np.testing.assert_array_equal(theta_twin, theta)


def test_adamw_is_adam_but_for_its_weight_decay() -> None:
    assert AdamW().settings == Adam(weight_decay=0.01).settings


@pytest.mark.parametrize("cls", [AdamW, SGD], ids=["adamw", "sgd"])
@pytest.mark.parametrize(
    ("groups", "decayed"),
    [
        ([Group(2), Group(5, 1, 0)], [1, 1, 0, 0, 0]),
        ([Group(5, 1, 0)], [0, 0, 0, 0, 0]),
        (None, [1, 1, 1, 1, 1]),
        ([Group(1, 0.5), Group(3, 1, 2), Group(5, 0.5, 0)], [0.5, 2, 2, 0, 0]),
    ],
)
def test_weight_decay_acts_on_each_group_as_it_says(
    cls: type[AdamW | SGD], groups: list[Group] | None, decayed: list[float]
) -> None:
    theta = np.ones(5)
    cls(lr=0.1, weight_decay=0.5, groups=groups).step(theta, np.zeros(5))
    np.testing.assert_allclose(theta, 1 - 0.05 * np.array(decayed), rtol=1e-15)


GROUPS = [Group(2, 0.1, 1.0), Group(3, 1.0, 0.0), Group(5, 1.0, 0.5), Group(7, 3.0, 2.0)]


@pytest.mark.parametrize("weight_decay", [0.0, 0.2])
@OPTIMIZER
def test_every_optimizer_follows_its_rule_in_each_group(
    case: OptimizerCase, weight_decay: float
) -> None:
    optimizer = case.make(groups=GROUPS, weight_decay=weight_decay)
    theta = np.linspace(-1, 1, 7)
    expected: list[float] = theta.tolist()
    memory: list[dict[str, float]] = [{} for _ in expected]
    for step, grad in enumerate(gradients(20, 7)):
        optimizer.lr = 0.1 / (step + 1)
        optimizer.weight_decay = weight_decay * step
        optimizer.step(theta, grad)
        expected = naive_step(optimizer, expected, grad.tolist(), memory)
        np.testing.assert_allclose(theta, expected, rtol=1e-12, atol=1e-13)


@OPTIMIZER
def test_groups_of_equal_factors_change_nothing(case: OptimizerCase) -> None:
    theta = np.linspace(-1, 1, 7)
    grouped = theta.copy()
    plain, optimizer = case.make(), case.make(groups=[Group(3), Group(4), Group(7)])
    for grad in gradients(5, 7):
        plain.step(theta, grad)
        optimizer.step(grouped, grad)
    np.testing.assert_array_equal(grouped, theta)


@OPTIMIZER
def test_groups_longer_than_a_block_are_updated_as_optimizers_of_their_own(
    case: OptimizerCase,
) -> None:
    stops = [100, BLOCK + 7, 3 * BLOCK]
    factors = [(0.5, 1.0), (2.0, 0.0), (1.0, 3.0)]
    theta = np.random.default_rng(1).standard_normal(stops[-1])
    parts = [theta[:100].copy(), theta[100 : stops[1]].copy(), theta[stops[1] :].copy()]
    groups = [Group(stop, *factor) for stop, factor in zip(stops, factors, strict=True)]
    optimizer = case.make(lr=0.25, weight_decay=0.5, groups=groups)
    others = [case.make(lr=0.25 * f, weight_decay=0.5 * d) for f, d in factors]
    for grad in gradients(3, len(theta)):
        optimizer.step(theta, grad)
        for other, part, g in zip(others, parts, np.split(grad, stops[:-1]), strict=True):
            other.step(part, g)
    np.testing.assert_allclose(theta, np.concatenate(parts), rtol=1e-12, atol=1e-14)


def test_groups_may_be_replaced_between_steps() -> None:
    theta, optimizer = np.zeros(3), SGD(lr=1.0)
    optimizer.step(theta, np.ones(3))
    optimizer.groups = [Group(1, 0.5), Group(3, 0.0)]
    optimizer.step(theta, np.ones(3))
    np.testing.assert_array_equal(theta, [-1.5, -1, -1])


@pytest.mark.parametrize(
    "groups", [[], [Group(2)], [Group(2), Group(4)], [Group(3), Group(2), Group(3)]]
)
def test_groups_that_do_not_end_with_theta_are_refused(groups: list[Group]) -> None:
    with pytest.raises(ValueError, match="have to go up to 3, the parameters"):
        SGD(groups=groups).step(np.zeros(3), np.ones(3))


def test_a_zero_gradient_moves_nothing() -> None:
    for case in OPTIMIZERS.values():
        theta = np.ones(5)
        case.make(weight_decay=0.0).step(theta, np.zeros(5))
        np.testing.assert_array_equal(theta, 1)


def test_the_first_step_of_adam_has_the_length_of_the_learning_rate() -> None:
    theta, grad = np.zeros(3), np.array([1e-3, -1.0, 1e6])
    Adam(lr=0.1).step(theta, grad)
    np.testing.assert_allclose(theta, [-0.1, 0.1, -0.1], rtol=1e-4)


@OPTIMIZER
def test_every_optimizer_finds_the_bottom_of_a_parabola(case: OptimizerCase) -> None:
    scale, bottom = np.array([1.0, 3.0, 10.0]), np.array([1.0, -2.0, 0.5])
    theta, optimizer = np.zeros(3), case.make(weight_decay=0.0)
    for step in range(2000):
        optimizer.lr = 0.02 * (1 - step / 2000)
        optimizer.step(theta, scale * (theta - bottom))
    np.testing.assert_allclose(theta, bottom, atol=1e-4)


@OPTIMIZER
def test_every_optimizer_walks_down_the_valley_of_rosenbrock(case: OptimizerCase) -> None:
    lr, steps, expected = case.rosenbrock
    theta, grad = np.array([-1.2, 1.0]), np.empty(2)
    optimizer = case.make(lr=lr, weight_decay=0.0)
    for _ in range(steps):
        x, y = float(theta[0]), float(theta[1])
        grad[:] = -400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)
        optimizer.step(theta, grad)
    x, y = theta
    assert 100 * (y - x * x) ** 2 + (1 - x) ** 2 < expected


# Clipping


def test_a_long_gradient_is_scaled_down_to_the_limit() -> None:
    grad = np.array([3.0, -4.0])
    assert clip_by_norm(grad, 0.5) == 5
    np.testing.assert_allclose(grad, [0.3, -0.4], rtol=1e-15)


@pytest.mark.parametrize("limit", [5.0, 6.0, np.inf])
def test_a_gradient_within_the_limit_is_left_alone(limit: float) -> None:
    grad = np.array([3.0, -4.0])
    assert clip_by_norm(grad, limit) == 5
    np.testing.assert_array_equal(grad, [3, -4])


def test_a_zero_gradient_can_be_clipped() -> None:
    grad = np.zeros(3)
    assert clip_by_norm(grad, 1.0) == 0
    np.testing.assert_array_equal(grad, 0)


def test_a_gradient_whose_square_overflows_is_clipped_all_the_same() -> None:
    grad = np.array([3e25, -4e25], np.float32)
    with np.errstate(over="ignore"):  # as in training
        norm = clip_by_norm(grad, 1.0)
    assert norm == pytest.approx(5e25, rel=1e-6)
    np.testing.assert_allclose(grad, [0.6, -0.8], rtol=1e-6)
