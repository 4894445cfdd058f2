"""Arguments of TabularClassifier: each is checked, and what is allowed makes a recipe."""

import inspect
from typing import Any

import numpy as np
import pytest

from numlp import TabularClassifier
from numlp.ensemble.recipe import recipe_of
from numlp.tabular.settings import RULES, check

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
    recipe = recipe_of(DEFAULTS | {name: value}, COUNTS)
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
