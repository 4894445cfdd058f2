"""MixedSELU; ``../test_activations.py`` tests the other activations by their tables."""

import numpy as np
import pytest

from numlp.nn import SELU, MixedSELU
from numlp.nn.arrays import DType

from ..cases import ACTIVATION_LAYERS, backward, bound, forward


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 2e-5), (np.float64, 1e-12)])
def test_mixed_selu_follows_its_formulas(dtype: DType, rtol: float) -> None:
    selu, slope = ACTIVATION_LAYERS["selu"].formula, ACTIVATION_LAYERS["selu"].derivative
    X = np.append(np.linspace(-20, 20, 200), [1e-30, -1e-30, 80, -500]).astype(dtype)[:, None]
    X, dY = (
        np.repeat(X, 3, axis=1),
        np.random.default_rng(0).standard_normal((204, 3)).astype(dtype),
    )
    layer = bound(MixedSELU(), 3, 204, dtype)
    layer.a[:] = a = np.array([1.0, 0.0, -0.7])
    Y = forward(layer, X)
    dX = backward(layer, X, Y, dY)
    S = np.array([[selu(float(x)) for x in row] for row in X])
    dS = np.array([[slope(float(x)) for x in row] for row in X])
    like = {"rtol": rtol, "atol": rtol / 10}
    np.testing.assert_allclose(Y, X + a * (S - X), **like)
    np.testing.assert_allclose(dX, dY * (1 + a * (dS - 1)), **like)
    np.testing.assert_allclose(layer.da, ((S - X) * dY).sum(axis=0), rtol=10 * rtol)


def test_mixed_selu_starts_as_selu() -> None:
    X = np.linspace(-8, 8, 90).reshape(30, 3)
    layer, selu = bound(MixedSELU(), 3, 30), bound(SELU(), 3, 30)
    np.testing.assert_array_equal(layer.a, 1)
    Y, expected = forward(layer, X), forward(selu, X)
    np.testing.assert_allclose(Y, expected, rtol=1e-13, atol=1e-15)
    dX = backward(layer, X, Y, np.ones_like(X))
    expected = backward(selu, X, expected, np.ones_like(X))
    np.testing.assert_allclose(dX, expected, rtol=1e-13, atol=1e-15)
