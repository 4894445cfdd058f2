"""Which band goes on alone: the best one, where a mixture with the others gains next to nothing."""

import numpy as np
import pytest

from numlp.ensemble.bands import best_alone

N = 400
Y = np.arange(N) % 2


def says(share: float, seed: int, trust: float = 0.8) -> np.ndarray:
    """Probabilities that are right for a share of the rows, which ones is by chance."""
    right = np.random.default_rng(seed).random(N) < share
    P = np.full((N, 2), 1 - trust)
    P[np.arange(N), np.where(right, Y, 1 - Y)] = trust
    return P


def test_the_better_of_two_that_say_the_same_goes_on() -> None:
    good = says(0.9, 0)
    for worse in (good, 0.5 * good + 0.25):
        assert best_alone({0: [good], 1: [worse]}, Y, None, 0.02) == 0
    assert best_alone({0: [0.5 * good + 0.25], 1: [good]}, Y, None, 0.02) in (0, 1)


def test_both_go_on_where_they_know_different_things() -> None:
    by_band = {0: [says(0.85, 0)], 1: [says(0.85, 1)]}
    assert best_alone(by_band, Y, None, 0.02) is None
    assert best_alone(by_band, Y, None, 5.0) is not None


def test_a_band_alone_has_no_other_to_leave() -> None:
    assert best_alone({1: [says(0.9, 0)]}, Y, None, 0.02) is None


def test_rows_count_by_their_weight() -> None:
    first, second = np.arange(N) < N // 2, np.arange(N) >= N // 2
    knows, half = says(1.0, 0), np.full((N, 2), 0.5)
    a, b = np.where(first[:, None], knows, half), np.where(second[:, None], knows, half)
    for weight, best in ((first, 0), (second, 1)):
        assert best_alone({0: [a], 1: [b]}, Y, weight.astype(np.float32), 0.02) == best
    assert best_alone({0: [a], 1: [b]}, Y, None, 0.02) is None


@pytest.mark.filterwarnings("ignore:invalid value")
def test_where_nothing_is_known_nothing_is_left_out() -> None:
    nothing = np.full((N, 2), np.nan)
    assert best_alone({0: [nothing], 1: [nothing]}, Y, None, 0.02) is None
