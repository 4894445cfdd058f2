"""The arithmetic of the benchmark of speed; what it measures is nobody's test."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

# Its parts import one another as they do when it runs: from its own folder.
sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from speed_parts import training
from speed_parts.workers import Key, Outcome, Timing


def timing(wall: list[float]) -> Timing:
    return Timing(0.0, None, cpu=[2 * w for w in wall], wall=wall)


def test_a_ratio_is_the_median_of_the_ratios_within_a_round() -> None:
    ours, theirs = timing([1.0, 10.0, 100.0]), timing([4.0, 20.0, 300.0])
    assert theirs.ratio(ours, "wall") == 3.0
    assert theirs.median("wall") == 20.0
    assert theirs.median("cpu") == 40.0


def test_the_best_number_of_threads_is_the_fastest_by_the_wall() -> None:
    slow, fast = timing([3.0, 3.0]), timing([2.0, 2.0])
    outcome = Outcome({Key("numlp", 1, "step"): slow, Key("numlp", 2, "step"): fast})
    assert outcome.best("numlp", "step") is fast
    assert outcome.contenders() == ["numlp"]


@pytest.mark.parametrize("name", [n for n in training.CASES if "1024" not in n])
def test_a_step_of_numlp_is_that_of_the_bare_products_and_more(name: str) -> None:
    case = training.CASES[name]
    network = training.make_network(case)
    weights = sum(math.prod(shape) for shape in zip(case.sizes, case.sizes[1:], strict=False))
    assert network.n_decayed == weights * (case.members or 1)
    X, y = case.data()
    assert X.shape == (case.batch * case.batches, case.sizes[0])
    assert set(np.unique(y)) == set(range(case.classes))
    training.products(case)()
