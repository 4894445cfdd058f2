"""Activations against their formulas, evaluated number by number."""

import numpy as np
import pytest

from numlp.nn.arrays import Array, DType

from .cases import ACTIVATION_LAYERS, LayerCase, backward, bound, forward

ACTIVATION = pytest.mark.parametrize(
    "case", ACTIVATION_LAYERS.values(), ids=list(ACTIVATION_LAYERS)
)
PRECISION = pytest.mark.parametrize(
    ("dtype", "tol"), [(np.float64, 1e-14), (np.float32, 1e-6)], ids=["float64", "float32"]
)
FAR = [1e-30, 1e-7, 1e-3, 20.0, 87.0, 88.7, 100.0, 709.0, 746.0, 1e4, 1e30]


def grid(dtype: DType) -> Array:
    """One column: a fine grid, zero, and what is far from everything."""
    x = np.concatenate([np.linspace(-20, 20, 4001), np.linspace(-0.1, 0.1, 401), FAR])
    return np.unique(np.concatenate([x, -x])).astype(dtype)[:, None]


def naive(formula, X: Array) -> Array:  # type: ignore[no-untyped-def]
    return np.array([formula(float(x)) for x in X.ravel()])[:, None]


@PRECISION
@ACTIVATION
def test_every_activation_follows_its_formula(case: LayerCase, dtype: DType, tol: float) -> None:
    X = grid(dtype)
    Y, expected = forward(bound(case.make(), 1, len(X), dtype), X), naive(case.formula, X)
    assert Y.dtype == dtype
    size = np.abs(expected) + np.minimum(np.abs(X), 1)  # relative to the result or to x near 0
    assert (np.abs(Y - expected) <= tol * size).all()


@PRECISION
@ACTIVATION
def test_every_derivative_follows_its_formula(case: LayerCase, dtype: DType, tol: float) -> None:
    X = grid(dtype)
    layer = bound(case.make(), 1, len(X), dtype)
    dX = backward(layer, X, forward(layer, X), np.ones_like(X))
    expected = naive(case.derivative, X)
    assert dX.dtype == dtype
    assert (np.abs(dX - expected) <= 3 * tol * (1 + np.abs(expected))).all()


@ACTIVATION
def test_the_derivative_multiplies_what_comes_from_above(case: LayerCase) -> None:
    X = np.linspace(-3, 3, 60).reshape(20, 3)
    dY = np.random.default_rng(0).standard_normal(X.shape)
    layer = bound(case.make(), 3, 20)
    expected = backward(layer, X, forward(layer, X), np.ones_like(X)) * dY
    np.testing.assert_allclose(backward(layer, X, forward(layer, X), dY), expected, rtol=1e-14)


IN_PLACE = {name: case for name, case in ACTIVATION_LAYERS.items() if case.cls.in_place}


@pytest.mark.parametrize("case", IN_PLACE.values(), ids=IN_PLACE)
def test_an_activation_that_says_it_works_in_place_does(case: LayerCase) -> None:
    X = np.linspace(-3, 3, 60).reshape(20, 3)
    dY = np.random.default_rng(0).standard_normal(X.shape)
    layer = bound(case.make(), 3, 20)
    Y = forward(layer, X)
    expected = backward(layer, X, Y, dY)
    in_place, dX = X.copy(), dY.copy()
    layer.forward(in_place, in_place)
    np.testing.assert_array_equal(in_place, Y)
    layer.backward(in_place, in_place, dX, dX)
    np.testing.assert_array_equal(dX, expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["relu", "gelu", "gelu_tanh", "silu", "mish"])
def test_activations_that_vanish_on_the_left_do_so_however_far(name: str, dtype: DType) -> None:
    X = np.array([[-1e4], [-1e30], [-np.finfo(dtype).max / 4]], dtype)
    layer = bound(ACTIVATION_LAYERS[name].make(), 1, 3, dtype)
    Y = forward(layer, X)
    np.testing.assert_allclose(Y, 0, atol=1e-15)
    np.testing.assert_allclose(backward(layer, X, Y, np.ones_like(X)), 0, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["relu", "gelu", "gelu_tanh", "silu", "mish", "elu"])
def test_activations_that_are_the_identity_on_the_right_are_so_however_far(
    name: str, dtype: DType
) -> None:
    X = np.array([[1e4], [1e30], [np.finfo(dtype).max / 4]], dtype)
    layer = bound(ACTIVATION_LAYERS[name].make(), 1, 3, dtype)
    Y = forward(layer, X)
    np.testing.assert_array_equal(Y, X)
    np.testing.assert_array_equal(backward(layer, X, Y, np.ones_like(X)), 1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_saturates_without_overflow(dtype: DType) -> None:
    X = np.array([[-1e30], [-1e4], [0], [1e4], [1e30]], dtype)
    Y = forward(bound(ACTIVATION_LAYERS["sigmoid"].make(), 1, 5, dtype), X)
    np.testing.assert_allclose(Y[:, 0], [0, 0, 0.5, 1, 1], rtol=0, atol=1e-37)


@ACTIVATION
def test_a_nan_stays_a_nan(case: LayerCase) -> None:
    with np.errstate(invalid="ignore"):  # as in training
        Y = forward(bound(case.make(), 2, 1), np.array([[np.nan, 1.0]]))
    assert np.isnan(Y[0, 0])
    assert Y[0, 1] == pytest.approx(case.formula(1.0))  # type: ignore[misc]
