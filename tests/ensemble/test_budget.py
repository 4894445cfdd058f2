"""A recipe fitted into a time limit: by a clock that is made up, so that nothing is timed."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from numlp.ensemble.budget import LEAST_LEARNED, MARGIN, Speed, fit_to_time, words_in_time
from numlp.ensemble.recipe import RECIPES, Recipe

PLAIN = Recipe(epochs=60, batch_size=10, n_bagged=5, n_refit=0, n_snapshots=20)


def cost(recipe: Recipe, n_rows: int, step: float, check: float) -> float:
    """Seconds that a run takes where a net needs ``step`` for a batch, and ``check`` for a look."""
    rows = n_rows if recipe.epoch_rows is None else min(recipe.epoch_rows, n_rows)
    steps = recipe.epochs * max(1, rows // recipe.batch_size)
    return recipe.n_members * step * steps + recipe.n_snapshots * check


def clock(step: float, check: float) -> Callable[[Recipe], Speed]:
    """What measures a recipe: nets take equally long."""
    return lambda recipe: Speed(step * recipe.n_members, check)


@settings(deadline=None, max_examples=300)
@given(
    st.floats(0.01, 1e5),
    st.integers(1, 10**6),
    st.floats(1e-6, 10),
    st.floats(0, 1),
    st.sampled_from([*RECIPES.values(), PLAIN]),
)
@example(1.0, 100, 1e-3, 0.0, PLAIN)
@example(1.0, 10_000, 1e-3, 0.84, PLAIN)
def test_a_run_ends_in_time_wherever_one_net_and_one_batch_do(
    seconds: float, n_rows: int, step: float, check: float, recipe: Recipe
) -> None:
    assume(step + check < MARGIN * seconds)
    cut = fit_to_time(recipe, seconds, n_rows, clock(step, check))
    assert cost(cut, n_rows, step, check) <= MARGIN * seconds * (1 + 1e-9)
    assert cut.epochs >= 1
    assert cut.n_bagged >= 1
    assert 1 <= cut.n_snapshots <= cut.epochs
    assert cut.epoch_rows is None or cut.batch_size <= cut.epoch_rows < n_rows


@settings(deadline=None)
@given(st.integers(1, 5000), st.floats(1e-6, 1e-3), st.floats(0, 1e-3),
       st.sampled_from([*RECIPES.values(), PLAIN]))  # fmt: skip
def test_what_fits_is_left_as_it_is(n_rows: int, step: float, check: float, recipe: Recipe) -> None:
    seconds = 30 * cost(recipe, n_rows, step, check) + 30 * check * recipe.n_snapshots
    cut = fit_to_time(recipe, seconds, n_rows, clock(step, check))
    assert replace(cut, n_snapshots=0) == replace(recipe, n_snapshots=0)
    assert cut.n_snapshots == min(recipe.n_snapshots, recipe.epochs)


@pytest.mark.parametrize("seconds", [0.0, -5.0, 1e-9])
@pytest.mark.parametrize("speed", [(1.0, 1.0), (0.0, 0.0), (1e-9, 5.0)])
def test_with_no_time_left_one_net_takes_one_step(
    seconds: float, speed: tuple[float, float]
) -> None:
    cut = fit_to_time(PLAIN, seconds, 1000, clock(*speed))
    assert cut.n_snapshots == 1
    if speed[0]:
        assert (cut.epochs, cut.epoch_rows, cut.n_members) == (1, 10, 1)


def test_looks_are_given_up_first_then_epochs_then_nets() -> None:
    def fitted(seconds: float, check: float = 0.0) -> tuple[int, int, int]:
        cut = fit_to_time(PLAIN, seconds, 100, clock(1e-3, check))  # 3 s in all
        return cut.n_snapshots, cut.epochs, cut.n_bagged

    members = PLAIN.n_members
    whole = PLAIN.epochs * 10 * 1e-3 * members
    assert fitted(2 * whole) == (20, 60, 5)
    looks, epochs, nets = fitted(2 * whole, check=whole / 10)
    assert (looks, epochs, nets) == (3, 60, 5)
    _, epochs, nets = fitted(whole / 2)
    assert nets == 5
    assert 20 <= epochs < 60
    cut = fit_to_time(PLAIN, whole / 10, 100, clock(1e-3, 0.0))
    assert cut.n_members < members
    assert whole / 20 < cost(cut, 100, 1e-3, 0.0) <= whole / 10


def test_a_long_epoch_has_fewer_rows_so_that_the_run_can_be_stopped() -> None:
    recipe = replace(PLAIN, n_bagged=1, epochs=8)
    n_rows = 10_000  # 1,000 steps of an epoch
    step = 1e-3 * recipe.n_members / PLAIN.n_members
    cut = fit_to_time(recipe, 20 * recipe.n_members, n_rows, clock(1e-3, 0.0))
    assert step > 0
    assert cut.epoch_rows is not None
    assert cut.epoch_rows / 10 * 1e-3 * cut.n_members <= 20 * recipe.n_members / 25
    steps = cut.epochs * cut.epoch_rows // 10
    assert 7_000 < steps <= 8_000  # of as many: what is lost is less than an epoch


def test_refitted_nets_are_the_first_to_go() -> None:
    recipe = replace(PLAIN, n_bagged=2, n_refit=3)
    cut = fit_to_time(recipe, 0.1, 100, clock(1e-3, 0.0))
    assert cut.n_refit == 0
    assert cut.n_bagged >= 1


def test_the_recipe_is_tried_once() -> None:
    tried: list[Recipe] = []

    def measure(recipe: Recipe) -> Speed:
        tried.append(recipe)
        return Speed(math.inf, 0.0)

    assert fit_to_time(PLAIN, 1.0, 100, measure).epochs == 1
    assert tried == [PLAIN]


@pytest.mark.parametrize(
    ("seconds", "words", "share", "left"),
    [(100.0, 30.0, 1.0, 70.0), (100.0, 80.0, 0.5, 60.0), (-3.0, 80.0, None, 0.0)],
)
def test_words_take_two_fifths_of_the_time_and_are_learned_from_some_rows(
    seconds: float, words: float, share: float | None, left: float
) -> None:
    recipe, rest = words_in_time(PLAIN, seconds, 10 * LEAST_LEARNED, words)
    assert (recipe.word_share, rest) == (0.1 if share is None else share, left)
    assert replace(recipe, word_share=1.0) == PLAIN


def test_a_few_rows_are_all_learned_from() -> None:
    assert words_in_time(PLAIN, 0.0, LEAST_LEARNED // 2, 9.0)[0].word_share == 1
