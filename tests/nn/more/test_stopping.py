"""Early stopping: the best weights, and when to give up."""

import math

import numpy as np
import pytest

from numlp.nn import EarlyStopping
from numlp.nn.arrays import Array


def watched(stopping: EarlyStopping, scores: list[float]) -> tuple[list[bool], Array]:
    """Whether each score was the best so far; theta is the number of the epoch."""
    theta, best = np.zeros(2), []
    for score in scores:
        theta += 1
        best.append(stopping.update(score, theta))
    return best, theta


def test_the_best_parameters_are_a_copy() -> None:
    stopping = EarlyStopping()
    _, theta = watched(stopping, [3, 1, 2])
    theta[:] = 99
    np.testing.assert_array_equal(stopping.best_theta, [2, 2])


def test_restoring_writes_into_theta_and_keeps_the_copy_apart() -> None:
    stopping = EarlyStopping()
    _, theta = watched(stopping, [3, 1, 2])
    assert stopping.restore(theta) is None
    np.testing.assert_array_equal(theta, [2, 2])
    theta += 5
    np.testing.assert_array_equal(stopping.best_theta, [2, 2])


def test_the_first_of_equal_scores_is_the_best() -> None:
    stopping = EarlyStopping()
    best, _ = watched(stopping, [2, 1, 1, 1])
    assert best == [True, True, False, False]
    assert (stopping.best_score, stopping.best_epoch) == (1, 2)


def test_higher_is_better_when_maximizing() -> None:
    stopping = EarlyStopping(maximize=True)
    best, _ = watched(stopping, [0.5, 0.4, 0.7, -1])
    assert best == [True, False, True, False]
    assert (stopping.best_score, stopping.best_epoch) == (0.7, 3)


@pytest.mark.parametrize("maximize", [False, True])
def test_nan_is_no_gain(maximize: bool) -> None:
    stopping = EarlyStopping(patience=2, maximize=maximize)
    best, _ = watched(stopping, [math.nan, 1.0, math.nan, math.nan])
    assert best == [False, True, False, False]
    assert (stopping.best_score, stopping.best_epoch) == (1, 2)
    assert stopping.should_stop


@pytest.mark.parametrize("patience", [1, 2, 5])
def test_it_stops_after_patience_epochs_without_progress(patience: int) -> None:
    stopping = EarlyStopping(patience=patience)
    stops = []
    for score in [3.0, 2.0, *[2.5] * 6]:
        stopping.update(score, np.zeros(1))
        stops.append(stopping.should_stop)
    assert stops.index(True) == 1 + patience


def test_progress_starts_the_patience_anew() -> None:
    stopping = EarlyStopping(patience=2)
    watched(stopping, [3, 4, 2, 4])
    assert not stopping.should_stop
    watched(stopping, [4])
    assert stopping.should_stop


@pytest.mark.parametrize("sign", [1, -1])
def test_a_gain_within_min_delta_is_the_best_but_no_progress(sign: int) -> None:
    stopping = EarlyStopping(patience=2, min_delta=0.5, maximize=sign < 0)
    best, _ = watched(stopping, [sign * score for score in (3.0, 2.75, 2.5)])
    assert best == [True, True, True]
    assert stopping.best_score == sign * 2.5
    assert stopping.should_stop


def test_without_a_best_there_is_nothing_to_restore() -> None:
    theta = np.ones(2)
    EarlyStopping().restore(theta)
    np.testing.assert_array_equal(theta, 1)
