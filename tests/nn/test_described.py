"""Described: an object is printed, copied and pickled by the arguments that made it."""

import copy

import numpy as np
import pytest

from numlp.nn import LBFGS, Adam, Dense, Network, SoftmaxCrossEntropy
from numlp.nn.described import Described, check_share

from .cases import Copy, pickled

COPIED = pytest.mark.parametrize("copied", [copy.copy, pickled], ids=["copy", "pickle"])


class Line(Described):
    def __init__(self, slope: float, through: float = 0.0) -> None:
        self.slope, self.through = slope, through
        self.points = np.zeros(1000)
        self.n_asked = 3


def test_the_settings_are_the_arguments_with_their_values() -> None:
    line = Line(2.0)
    line.slope = 3.0
    assert line.settings == {"slope": 3.0, "through": 0.0}
    assert repr(line) == "Line(slope=3.0, through=0.0)"
    assert repr(LBFGS(memory=3)).startswith("LBFGS(memory=3, tol_grad=")


@COPIED
def test_a_copy_leaves_out_the_arrays_and_nothing_else(copied: Copy) -> None:
    twin = copied(Line(2.0, through=1.0))
    assert vars(twin) == {"slope": 2.0, "through": 1.0, "n_asked": 3}


@COPIED
def test_a_layer_and_a_loss_are_copied_without_the_memory_of_their_network(copied: Copy) -> None:
    network = Network([Dense(3, 2)], loss=SoftmaxCrossEntropy(0.1))
    network.loss_and_grad(np.ones((4, 3), np.float32), np.array([0, 1, 0, 1]))
    for part in (network.layers[0], network.loss):
        twin = copied(part)
        assert twin.settings == part.settings
        assert not any(isinstance(value, np.ndarray) for value in vars(twin).values())


def test_a_pickled_optimizer_has_its_moments_and_no_scratch() -> None:
    theta, optimizer = np.ones(5), Adam()
    optimizer.step(theta, np.ones(5))
    twin = pickled(optimizer)
    np.testing.assert_array_equal(twin.state["M"], optimizer.state["M"])
    assert "_scratch" not in vars(twin)


@pytest.mark.parametrize("value", [0.0, 0.5, 1 - 1e-9])
def test_a_share_from_zero_to_below_one_is_returned(value: float) -> None:
    assert check_share("rho", value) == value


@pytest.mark.parametrize("value", [-1e-9, 1.0, float("nan")])
def test_any_other_share_is_refused_by_the_name_of_its_argument(value: float) -> None:
    with pytest.raises(ValueError, match=r"rho=.*, but it has to be in \[0, 1\)"):
        check_share("rho", value)
