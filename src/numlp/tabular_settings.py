"""What each argument of TabularClassifier may be, and the recipe that they ask for."""

from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np

from .decision import METRICS
from .mlp_settings import hidden_sizes
from .recipe import RECIPES, Recipe, recipe_for
from .rules import Rule, either, flag, one_of, real, sizes, whole

AUTO = one_of("auto")

RULES: dict[str, Rule] = {
    "quality": one_of(*RECIPES),
    "time_limit": either(one_of(None), real(0, float("inf"), ends="()")),
    "hidden_layer_sizes": either(AUTO, (sizes, "widths of layers, each a whole number, 1 or more")),
    "epochs": either(AUTO, whole(1)),
    "ensemble_size": either(AUTO, whole(1)),
    "validation": either(AUTO, whole(2), real(0, 0.5, ends="(]")),
    "class_weight": (
        lambda v: v is None or (isinstance(v, str) and v == "balanced") or isinstance(v, dict),
        "None, 'balanced' or a dict of class to weight",
    ),
    "metric": one_of(*METRICS),
    "n_jobs": either(
        one_of(None),
        whole(1),
        (lambda v: isinstance(v, Integral) and int(v) == -1, "-1"),
    ),
    "random_state": either(
        one_of(None),
        whole(0),
        (lambda v: isinstance(v, np.random.Generator), "a numpy Generator"),
    ),
    "verbose": either(flag(), one_of("plot")),
    "callbacks": (
        lambda v: isinstance(v, Sequence) and all(map(callable, v)),
        "a sequence of callables",
    ),
}


def check(params: dict[str, Any]) -> None:
    """Raise a ValueError that names the first argument out of bounds, and what is allowed."""
    for name, value in params.items():
        allowed, what = RULES[name]
        if not allowed(value):
            raise ValueError(f"{name}={value!r}, but it has to be {what}")


def find_recipe(params: dict[str, Any], counts: np.ndarray[Any, Any]) -> Recipe:
    """The recipe of these arguments for a table with so many rows of each class."""
    recipe = recipe_for(params["quality"], int(counts.sum()))
    changes: dict[str, Any] = {}
    if not isinstance(params["hidden_layer_sizes"], str):
        changes["hidden"] = tuple(hidden_sizes(params["hidden_layer_sizes"]))
    if params["epochs"] != "auto":
        changes["epochs"] = int(params["epochs"])
    recipe = replace(recipe, **changes)
    validation, size = params["validation"], params["ensemble_size"]
    if isinstance(validation, Integral):  # folds: every net holds one of them out
        n = recipe.n_members if size == "auto" else int(size)
        recipe = replace(recipe, n_folds=int(validation)).with_members(n)
    elif validation != "auto":  # a share: one net chooses, the others learn from all rows
        n = 2 if size == "auto" else int(size)
        recipe = replace(recipe.with_members(1), n_folds=_parts(validation), n_refit=n - 1)
    elif size != "auto":
        recipe = recipe.with_members(int(size))
    n_dealt = int(counts[counts > 1].sum())  # more folds than rows would be empty
    return replace(recipe, n_folds=max(2, min(recipe.n_folds, n_dealt)))


def _parts(share: float) -> int:
    """Of how many equal parts the share is one, about."""
    return round(min(1 / share, 1e9))
