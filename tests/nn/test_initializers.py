"""Starting weights: their variance, their shape, their seed."""

import math

import numpy as np
import pytest

from numlp.nn import INITIALIZERS
from numlp.nn.arrays import Array, DType
from numlp.nn.initializers import initialize

N_IN, N_OUT = 500, 200
VARIANCES = {"he": 2 / N_IN, "glorot": 2 / (N_IN + N_OUT), "lecun": 1 / N_IN}
INITIALIZER = pytest.mark.parametrize("name", INITIALIZERS)


def drawn(name: str, dtype: DType = np.float64, seed: int = 0) -> Array:
    W = np.empty((N_IN, N_OUT), dtype)
    initialize(W, name, np.random.default_rng(seed))
    return W


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@INITIALIZER
def test_every_initializer_has_the_mean_and_variance_it_names(name: str, dtype: DType) -> None:
    W, variance = drawn(name, dtype), VARIANCES[name.split("_")[0]]
    sd = math.sqrt(variance / W.size)
    assert W.mean() == pytest.approx(0, abs=5 * sd)
    assert W.var() == pytest.approx(variance, rel=5 * math.sqrt(2 / W.size))


@INITIALIZER
def test_every_initializer_has_the_shape_of_distribution_it_names(name: str) -> None:
    rule, shape = name.split("_")
    z = drawn(name) / math.sqrt(VARIANCES[rule])
    kurtosis = (z**4).mean()
    assert kurtosis == pytest.approx({"normal": 3.0, "uniform": 1.8}[shape], abs=0.1)
    if shape == "uniform":
        assert np.abs(z).max() == pytest.approx(math.sqrt(3), rel=1e-3)


@INITIALIZER
def test_every_initializer_repeats_with_its_seed(name: str) -> None:
    np.testing.assert_array_equal(drawn(name), drawn(name))
    assert (drawn(name, seed=1) != drawn(name)).all()
