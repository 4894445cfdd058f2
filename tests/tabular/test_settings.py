"""Arguments of TabularClassifier: each is checked, and becomes part of the recipe."""

import inspect
from typing import Any

import numpy as np
import pytest

from numlp import TabularClassifier
from numlp.ensemble.recipe import RECIPES, Recipe, recipe_for
from numlp.tabular.settings import RULES, check, find_recipe

DEFAULTS = TabularClassifier().get_params()
COUNTS = np.array([60, 40])


def test_every_argument_has_a_rule() -> None:
    assert list(RULES) == list(inspect.signature(TabularClassifier).parameters)
    check(DEFAULTS)


ALLOWED: list[tuple[str, Any]] = [
    ("quality", "best"), ("time_limit", 1), ("time_limit", 1e-9), ("time_limit", np.float32(3)),
    ("hidden_layer_sizes", 8), ("hidden_layer_sizes", [8]),
    ("hidden_layer_sizes", np.array([4, 5])),
    ("epochs", 1), ("epochs", np.int64(3)), ("ensemble_size", 1), ("validation", 2),
    ("validation", 0.5), ("validation", 1e-320), ("class_weight", {}), ("class_weight", "balanced"),
    ("recipe", None), ("recipe", {}), ("recipe", {"dropout": 0, "learning_rate": 1}),
    ("metric", "f1"), ("n_jobs", -1), ("n_jobs", 3), ("random_state", 0),
    ("random_state", np.random.default_rng(0)), ("verbose", True), ("verbose", "plot"),
    ("callbacks", [print]), ("callbacks", ()),
]  # fmt: skip
REFUSED: list[tuple[str, Any]] = [
    ("quality", "good"), ("quality", None), ("quality", 1), ("time_limit", 0), ("time_limit", -1),
    ("time_limit", "auto"), ("time_limit", float("inf")), ("time_limit", float("nan")),
    ("time_limit", True), ("hidden_layer_sizes", 0), ("hidden_layer_sizes", [8, 0]),
    ("hidden_layer_sizes", "8"), ("hidden_layer_sizes", 8.0), ("epochs", 0), ("epochs", 1.5),
    ("epochs", None), ("ensemble_size", 0), ("ensemble_size", True), ("validation", 1),
    ("validation", 0), ("validation", 0.6), ("validation", 1.0), ("validation", -3),
    ("recipe", {"dropout": 1.0}), ("recipe", {"epochs": 3}), ("recipe", {"dropout": "0.1"}),
    ("recipe", []), ("validation", True), ("class_weight", "heavy"), ("class_weight", [1, 2]),
    ("class_weight", np.array(["balanced"] * 2)), ("metric", "roc"), ("n_jobs", 0), ("n_jobs", -2),
    ("n_jobs", 1.0), ("random_state", -1), ("random_state", "x"), ("random_state", 1.0),
    ("verbose", 2), ("verbose", "text"), ("callbacks", print), ("callbacks", [1]),
    ("callbacks", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), ALLOWED, ids=str)
def test_what_is_allowed_passes(name: str, value: Any) -> None:
    check(DEFAULTS | {name: value})
    recipe = find_recipe(DEFAULTS | {name: value}, COUNTS)
    assert recipe.n_bagged >= 1
    assert 2 <= recipe.n_folds <= 100


@pytest.mark.parametrize(("name", "value"), REFUSED, ids=str)
def test_what_is_not_allowed_is_named(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{name}=.* has to be"):
        check(DEFAULTS | {name: value})


@pytest.mark.parametrize(("name", "value"), REFUSED[::5], ids=str)
def test_fitting_checks_first(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{name}=.* has to be"):
        TabularClassifier(**{name: value}).fit(object(), object())


def found(counts: Any = COUNTS, **params: Any) -> Recipe:
    return find_recipe(DEFAULTS | {"quality": "fast"} | params, np.array(counts))


@pytest.mark.parametrize("quality", RECIPES)
def test_by_default_it_is_the_recipe_of_the_quality(quality: str) -> None:
    assert found(quality=quality) == recipe_for(quality, 100)


def test_widths_and_epochs_are_as_asked() -> None:
    recipe = found(hidden_layer_sizes=7, epochs=3)
    assert (recipe.hidden, recipe.epochs) == ((7,), 3)
    assert found([10**6, 10**6], epochs=3).epochs == 3  # and not cut as usual for many rows
    assert found(hidden_layer_sizes=[3, np.int64(4)]).hidden == (3, 4)


def shares(recipe: Recipe) -> tuple[int, int, int]:
    assert recipe.n_members == (recipe.n_bagged + recipe.n_refit) * len(recipe.waves)
    return recipe.n_folds, recipe.n_members - recipe.n_refit, recipe.n_refit


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"ensemble_size": 1, "quality": "balanced"}, (10, 1, 0)),  # of few rows
        ({"ensemble_size": 7, "quality": "balanced"}, (10, 7, 0)),
        ({"validation": 0.2}, (5, 1, 1)),
        ({"validation": 0.2, "ensemble_size": 1}, (5, 1, 0)),
        ({"validation": 0.2, "ensemble_size": 6}, (5, 1, 5)),
        ({"validation": 0.5}, (2, 1, 1)),
        ({"validation": 0.33}, (3, 1, 1)),
        ({"validation": 0.1, "quality": "balanced"}, (10, 1, 1)),
        ({"validation": 7, "ensemble_size": 14}, (7, 14, 0)),
        ({"validation": 7, "ensemble_size": 14, "quality": "balanced"}, (7, 14, 0)),
        ({"validation": 100, "ensemble_size": 3}, (100, 3, 0)),  # as many folds as rows
        ({"validation": 1000, "ensemble_size": 3}, (100, 3, 0)),
        ({"validation": 1e-320}, (100, 1, 1)),
    ],
)
def test_rows_are_held_out_as_asked(params: dict[str, Any], expected: tuple[int, int, int]) -> None:
    assert shares(found(**params)) == expected


@pytest.mark.parametrize(
    ("counts", "n_folds"), [([2, 1], 2), ([2, 0, 1], 2), ([2, 2], 4), ([1, 1, 3], 3), ([9, 1], 5)]
)
def test_there_are_no_more_folds_than_rows_to_deal(counts: list[int], n_folds: int) -> None:
    assert found(counts, quality="balanced", validation=5).n_folds == n_folds
