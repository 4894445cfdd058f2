"""Schedules against their formulas over a whole run."""

import copy
import itertools

import numpy as np
import pytest

from numlp.nn import Adaptive, Constant, Cosine, CosLog, FlatCosine, OneCycle, Schedule, WarmUp

from ..cases import SCHEDULES, Copy, ScheduleCase, pickled

SCHEDULE = pytest.mark.parametrize("case", SCHEDULES.values(), ids=SCHEDULES)
RUN = range(80)  # longer than the 60 steps of those that end


@SCHEDULE
def test_every_schedule_follows_its_formula(case: ScheduleCase) -> None:
    schedule = case.make()
    expected = [case.formula(step) for step in RUN]
    np.testing.assert_allclose([schedule(step) for step in RUN], expected, rtol=1e-12, atol=1e-18)


@SCHEDULE
def test_every_schedule_is_positive_until_its_end(case: ScheduleCase) -> None:
    """But for the feet of the waves of CosLog, a step or two each."""
    schedule = case.make()
    rates = np.array([schedule(step) for step in range(60)])
    assert (rates >= 0).all()
    feet = getattr(schedule, "n_waves", 0)
    assert (rates <= 1e-15).sum() <= feet


@SCHEDULE
def test_a_warm_up_leads_straight_into_every_schedule(case: ScheduleCase) -> None:
    schedule = WarmUp(case.make(), n_steps=4)
    first = case.formula(0)
    rise = [first * k / 5 for k in (1, 2, 3, 4)]
    expected = rise + [case.formula(step) for step in RUN]
    rates = [schedule(step) for step in range(84)]
    np.testing.assert_allclose(rates, expected, rtol=1e-12, atol=1e-18)


@SCHEDULE
def test_a_schedule_gives_the_same_rate_in_any_order(case: ScheduleCase) -> None:
    schedule = case.make()
    forwards = [schedule(step) for step in RUN]
    assert [schedule(step) for step in reversed(RUN)] == forwards[::-1]


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled], ids=["deepcopy", "pickle"])
@SCHEDULE
def test_a_copied_schedule_is_the_same(case: ScheduleCase, copied: Copy) -> None:
    schedule = case.make()
    schedule.observe(1.0)
    assert copied(schedule) == schedule


def rates(schedule: Adaptive | WarmUp, losses: list[float]) -> list[float]:
    seen = []
    for loss in losses:
        schedule.observe(loss)
        seen.append(schedule(10))
    return seen


def test_adaptive_cuts_after_more_than_patience_epochs_on_a_plateau() -> None:
    seen = rates(Adaptive(1.0, factor=0.5, patience=2), [3, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1])
    np.testing.assert_allclose(seen, [1] * 4 + [0.5] * 3 + [0.25] * 4 + [0.125])


def test_adaptive_takes_no_gain_within_tol_for_progress() -> None:
    seen = rates(Adaptive(1.0, factor=0.5, patience=1, tol=0.2), [3.0, 2.9, 2.8, 2.5, 2.4])
    np.testing.assert_allclose(seen, [1, 1, 0.5, 0.5, 0.5])


def test_adaptive_measures_progress_from_the_best_not_from_the_last() -> None:
    seen = rates(Adaptive(1.0, factor=0.5, patience=1), [1.0, 3.0, 2.0, 1.5])
    np.testing.assert_allclose(seen, [1, 1, 0.5, 0.5])


def test_adaptive_takes_nan_for_no_progress() -> None:
    schedule = Adaptive(1.0, factor=0.5, patience=1)
    np.testing.assert_allclose(rates(schedule, [2.0, np.nan, np.nan, 1.0]), [1, 1, 0.5, 0.5])
    assert schedule(0) == 0.5


def test_adaptive_stops_cutting_at_its_least_rate() -> None:
    schedule = Adaptive(1.0, factor=0.1, patience=0, min_lr=0.05)
    assert not schedule.exhausted
    np.testing.assert_allclose(rates(schedule, [1.0] * 5), [1, 0.1, 0.01, 0.01, 0.01])
    assert schedule.exhausted


@pytest.mark.parametrize("n_waves", [1, 2, 4])
def test_each_wave_of_coslog_is_twice_as_long_as_the_one_before(n_waves: int) -> None:
    """From foot to foot, with a crest of ``lr`` between, and a last foot at the end."""
    n_steps = 100 * (2**n_waves - 1)
    schedule = CosLog(0.3, n_steps, n_waves)
    rates = np.array([schedule(step) for step in range(n_steps + 1)])
    feet = np.flatnonzero(rates < 1e-12)
    np.testing.assert_array_equal(feet, [100 * (2**k - 1) for k in range(n_waves + 1)])
    for start, end in itertools.pairwise(feet):
        rising = np.diff(rates[start : end + 1]) > 0
        assert (np.diff(rising.astype(int)) != 0).sum() == 1  # up, then down
        assert rates[start:end].max() == pytest.approx(0.3, rel=1e-3)
    assert schedule(10 * n_steps) == pytest.approx(0, abs=1e-12)


def test_flat_cosine_turns_at_the_middle() -> None:
    schedule = FlatCosine(0.3, n_steps=100)
    assert [schedule(step) for step in range(51)] == [0.3] * 51
    falling = [schedule(step) for step in range(50, 101)]
    assert all(a > b for a, b in itertools.pairwise(falling))
    assert schedule(75) == pytest.approx(0.15, rel=1e-12)
    assert schedule(100) == schedule(1000) == 0


@pytest.mark.parametrize("cls", [CosLog, FlatCosine])
def test_a_run_of_no_steps_has_a_rate_too(cls: type[CosLog | FlatCosine]) -> None:
    assert 0 <= cls(0.3, n_steps=0)(0) <= 0.3


@pytest.mark.parametrize(
    "schedule", [Cosine(0.3, 1), CosLog(0.3, 1), FlatCosine(0.3, 1), OneCycle(0.3, 2)]
)
def test_the_shortest_run_ends_at_the_end_of_its_schedule(schedule: Schedule) -> None:
    assert schedule(vars(schedule)["n_steps"]) == pytest.approx(0, abs=1e-4)


def test_a_warm_up_passes_the_loss_on() -> None:
    seen = rates(WarmUp(Adaptive(1.0, factor=0.5, patience=0), n_steps=2), [1, 1, 1])
    np.testing.assert_allclose(seen, [1, 0.5, 0.25])


def test_a_warm_up_of_no_steps_changes_nothing() -> None:
    assert WarmUp(Constant(0.3), n_steps=0)(0) == 0.3
