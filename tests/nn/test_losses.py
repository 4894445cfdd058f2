"""Losses against their formulas, and where formulas overflow."""

import math

import numpy as np
import pytest

from numlp.nn import (
    Loss,
    SigmoidCrossEntropy,
    SigmoidFocal,
    SigmoidSquaredError,
    SoftmaxCrossEntropy,
)
from numlp.nn.arrays import Array, DType, Labels

from .cases import LOSSES, LossCase, smoothed_onehot

LOSS = pytest.mark.parametrize("case", LOSSES.values(), ids=LOSSES)
PRECISION = pytest.mark.parametrize(
    ("dtype", "tol"), [(np.float64, 1e-14), (np.float32, 2e-6)], ids=["float64", "float32"]
)


def loss_and_gradient(
    loss: Loss, Z: Array, y: Labels, weight: Array | None = None
) -> tuple[float, Array, Array]:
    """The loss, P and dZ, in memory bound as a network would."""
    for name, (shape, dtype) in loss.scratch(*Z.shape).items():
        setattr(loss, name, np.zeros(shape, dtype or Z.dtype))
    loss.fill_scratch()
    P, dZ = Z.copy(), np.full_like(Z, np.nan)
    value = loss.forward(P, y, weight)
    loss.backward(P.copy(), y, dZ)
    return value, P, dZ


def problem(case: LossCase, n: int = 50) -> tuple[Array, Labels, Array]:
    rng = np.random.default_rng(0)
    return 3 * rng.standard_normal((n, case.n_out)), case.targets(rng, n), rng.uniform(0, 2, n)


@PRECISION
@LOSS
def test_every_loss_is_the_mean_of_its_formula(case: LossCase, dtype: DType, tol: float) -> None:
    Z, y, _ = problem(case)
    Z = Z.astype(dtype)
    value, _, dZ = loss_and_gradient(case.make(), Z, y)
    Z = Z.astype(float)
    assert value == pytest.approx(case.formula(Z, y).mean(), rel=tol)
    np.testing.assert_allclose(dZ, case.gradient(Z, y) / len(Z), rtol=tol, atol=tol)


@PRECISION
@LOSS
def test_every_loss_is_a_weighted_mean_with_weights(
    case: LossCase, dtype: DType, tol: float
) -> None:
    Z, y, weight = problem(case)
    Z, weight = Z.astype(dtype), weight.astype(dtype)
    value, _, dZ = loss_and_gradient(case.make(), Z, y, weight)
    Z, u = Z.astype(float), weight.astype(float) / weight.sum(dtype=float)
    assert value == pytest.approx(u @ case.formula(Z, y), rel=tol)
    np.testing.assert_allclose(dZ, u[:, None] * case.gradient(Z, y), rtol=tol, atol=tol)


@LOSS
def test_a_weight_of_two_is_the_row_twice(case: LossCase) -> None:
    Z, y, _ = problem(case, 6)
    weight = np.array([1.0, 2, 1, 1, 2, 1])
    rows = np.array([0, 1, 1, 2, 3, 4, 4, 5])
    value, _, dZ = loss_and_gradient(case.make(), Z, y, weight)
    repeated, _, dZ_repeated = loss_and_gradient(case.make(), Z[rows], y[rows])
    assert value == pytest.approx(repeated, rel=1e-14)
    np.testing.assert_allclose((dZ / weight[:, None])[rows], dZ_repeated, rtol=1e-14)


@LOSS
def test_weights_that_are_all_zero_give_a_loss_and_gradient_of_zero(case: LossCase) -> None:
    Z, y, _ = problem(case)
    value, _, dZ = loss_and_gradient(case.make(), Z, y, np.zeros(len(Z)))
    assert value == 0
    np.testing.assert_array_equal(dZ, 0)


@LOSS
def test_forgetting_the_weights_takes_them_back(case: LossCase) -> None:
    Z, y, weight = problem(case)
    loss = case.make()
    loss_and_gradient(loss, Z, y, weight)
    value, _, dZ = loss_and_gradient(loss, Z, y)
    assert value == pytest.approx(case.formula(Z, y).mean(), rel=1e-14)
    np.testing.assert_allclose(dZ, case.gradient(Z, y) / len(Z), rtol=1e-12)


@LOSS
def test_activating_gives_what_training_sees(case: LossCase) -> None:
    Z, y, _ = problem(case)
    loss = case.make()
    _, P, _ = loss_and_gradient(loss, Z, y)
    activated = Z.copy()
    loss.activate(activated)
    if case.cls is not LOSSES["squared"].cls:
        np.testing.assert_array_equal(activated, P)
    else:
        np.testing.assert_array_equal(activated, Z)


@pytest.mark.parametrize("name", ["softmax-2", "softmax-3"])
def test_softmax_gives_probabilities(name: str) -> None:
    Z, y, _ = problem(LOSSES[name])
    _, P, _ = loss_and_gradient(SoftmaxCrossEntropy(), Z, y)
    np.testing.assert_allclose(P, np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True), rtol=1e-14)
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_probabilities_are_exact_in_both_tails(dtype: DType) -> None:
    Z = np.array([[-1e4], [-80], [0], [80], [1e4]], dtype)
    _, P, _ = loss_and_gradient(SigmoidCrossEntropy(), Z, np.zeros(5))
    np.testing.assert_allclose(P[:, 0], [0, math.exp(-80), 0.5, 1, 1], rtol=1e-5, atol=0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("z", "y", "expected", "slope"),
    [(-1e4, 1, 1e4, -1), (1e4, 0, 1e4, 1), (-1e4, 0, 0, 0), (1e4, 1, 0, 0), (1e30, 0, 1e30, 1)],
)
def test_sigmoid_cross_entropy_is_exact_far_out(
    z: float, y: int, expected: float, slope: float, dtype: DType
) -> None:
    value, _, dZ = loss_and_gradient(SigmoidCrossEntropy(), np.array([[z]], dtype), np.array([y]))
    assert (value, float(dZ[0, 0])) == (float(dtype(expected)), slope)


@pytest.mark.parametrize(("z", "y"), [(40.0, 1), (-40.0, 0), (80.0, 1)])
def test_sigmoid_cross_entropy_is_exact_where_it_is_almost_zero(z: float, y: int) -> None:
    value, _, _ = loss_and_gradient(SigmoidCrossEntropy(), np.array([[z]]), np.array([y]))
    assert value == pytest.approx(math.exp(-abs(z)), rel=1e-12, abs=0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_cross_entropy_is_exact_far_out(dtype: DType) -> None:
    Z = np.array([[1e4, -1e4, 0.0]], dtype)
    value, P, dZ = loss_and_gradient(SoftmaxCrossEntropy(), Z, np.array([1]))
    assert value == 2e4
    np.testing.assert_array_equal(P, [[1, 0, 0]])
    np.testing.assert_array_equal(dZ, [[1, -1, 0]])


@pytest.mark.parametrize(
    ("row", "y", "expected", "P"),
    [
        ([1e308, 0, 0], 0, 0.0, [1, 0, 0]),
        ([1e308, 0, 0], 1, 1e308, [1, 0, 0]),
        ([1e308, 1e308, 0], 0, math.log(2), [0.5, 0.5, 0]),
        ([-1e308, -1e308, -1e308], 0, math.log(3), [1 / 3, 1 / 3, 1 / 3]),
        ([1e308, -1e308, 0], 0, 0.0, [1, 0, 0]),
    ],
)
def test_softmax_survives_the_largest_numbers(
    row: list[float], y: int, expected: float, P: list[float]
) -> None:
    value, probabilities, dZ = loss_and_gradient(
        SoftmaxCrossEntropy(), np.array([row]), np.array([y])
    )
    assert value == pytest.approx(expected, rel=1e-14, abs=0)
    np.testing.assert_allclose(probabilities, [P], rtol=1e-14)
    np.testing.assert_allclose(dZ, np.array([P]) - np.eye(3)[[y]], rtol=1e-14)


def test_smoothed_softmax_survives_the_largest_numbers() -> None:
    Z = np.array([[1e308, 0.0, 0.0]])
    value, _, dZ = loss_and_gradient(SoftmaxCrossEntropy(0.1), Z, np.array([0]))
    assert value == pytest.approx(0.1 / 3 * 2 * 1e308, rel=1e-12)
    np.testing.assert_allclose(dZ, [[0.1 * 2 / 3, -0.1 / 3, -0.1 / 3]], rtol=1e-12)


def test_smoothed_targets_of_softmax_are_as_written_out() -> None:
    """At equal logits P is 1/K, so P - n dZ is the target itself."""
    y = np.array([0, 2, 1])
    _, P, dZ = loss_and_gradient(SoftmaxCrossEntropy(0.3), np.zeros((3, 4)), y)
    target = [
        [0.775, 0.075, 0.075, 0.075],
        [0.075, 0.075, 0.775, 0.075],
        [0.075, 0.775, 0.075, 0.075],
    ]
    np.testing.assert_allclose(P - 3 * dZ, target, rtol=1e-14)
    np.testing.assert_allclose(smoothed_onehot(y, 4, 0.3), target, rtol=1e-14)


def test_smoothed_targets_of_sigmoid_are_as_written_out() -> None:
    _, P, dZ = loss_and_gradient(SigmoidCrossEntropy(0.3), np.zeros((2, 1)), np.array([0, 1]))
    np.testing.assert_allclose(P - 2 * dZ, [[0.15], [0.85]], rtol=1e-14)


@pytest.mark.parametrize("kind", [bool, np.int8, np.uint8, np.int64, np.float32])
def test_binary_targets_may_be_of_any_type(kind: type) -> None:
    Z = np.array([[0.3], [-2.0]])
    expected = loss_and_gradient(SigmoidCrossEntropy(0.1), Z, np.array([0.0, 1.0]))
    value, P, dZ = loss_and_gradient(SigmoidCrossEntropy(0.1), Z, np.array([0, 1], kind))
    assert value == pytest.approx(expected[0], rel=1e-7)
    np.testing.assert_allclose([P, dZ], expected[1:], rtol=1e-6)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int32, np.uint64])
def test_classes_may_be_of_any_type_of_integer(kind: type) -> None:
    Z = np.array([[0.3, 1.0, 2.0], [-2.0, 0.0, 1.0]])
    expected = loss_and_gradient(SoftmaxCrossEntropy(), Z, np.array([2, 1]))
    value, P, dZ = loss_and_gradient(SoftmaxCrossEntropy(), Z, np.array([2, 1], kind))
    assert value == expected[0]
    np.testing.assert_array_equal([P, dZ], expected[1:])


@LOSS
def test_every_loss_takes_its_own_targets(case: LossCase) -> None:
    case.make().check_targets(case.targets(np.random.default_rng(0), 5), case.n_out)


@pytest.mark.parametrize(
    ("name", "y", "n_out", "message"),
    [
        ("softmax-3", np.array([0, 1, 3]), 3, r"classes 0 to 3, but there are 0 to 2"),
        ("softmax-3", np.array([-1, 1]), 3, r"classes -1 to 1, but there are 0 to 2"),
        ("softmax-3", np.array([0.0, 1.0]), 3, r"dtype float64.* integers of shape \(n,\)"),
        ("softmax-3", np.array([[0], [1]]), 3, r"shape \(2, 1\).* integers of shape \(n,\)"),
        ("sigmoid-3", np.zeros(6), 3, r"shape \(6,\).*SigmoidCrossEntropy.*\(n, 3\)"),
        ("sigmoid", np.zeros((6, 2)), 1, r"shape \(6, 2\).*\(n, 1\) or \(n,\)"),
        ("squared-3", np.zeros((6, 2)), 3, r"shape \(6, 2\).*SquaredError.*\(n, 3\)"),
        ("squared", np.zeros((6, 1, 1)), 1, r"shape \(6, 1, 1\)"),
    ],
)
def test_targets_that_do_not_fit_are_refused(
    name: str, y: Labels, n_out: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        LOSSES[name].make().check_targets(y, n_out)


@pytest.mark.parametrize("y", [[-1, 1], [0, 2], [-0.01, 1], [0, 1.01], [0.0, np.nan]], ids=str)
@pytest.mark.parametrize("cls", [SigmoidCrossEntropy, SigmoidFocal, SigmoidSquaredError])
def test_binary_targets_outside_zero_to_one_are_refused(cls: type[Loss], y: list[float]) -> None:
    with pytest.raises(ValueError, match=r"0 (and|to) 1"):
        cls().check_targets(np.array(y), 1)


@pytest.mark.parametrize("cls", [SoftmaxCrossEntropy, SigmoidCrossEntropy])
@pytest.mark.parametrize("s", [-0.1, 1.0, math.nan])
def test_a_label_smoothing_out_of_range_is_refused(
    cls: type[SoftmaxCrossEntropy | SigmoidCrossEntropy], s: float
) -> None:
    with pytest.raises(ValueError, match=rf"label_smoothing={s}.*\[0, 1\)"):
        cls(s)
