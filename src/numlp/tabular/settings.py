"""What each argument of TabularClassifier may be, and the recipe that they ask for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Integral, Number
from typing import Any

import numpy as np

from ..common.arguments import ArgumentRule, either, flag, number_in, one_of, sizes, whole
from ..common.wording import name_list
from ..decisions.thresholds import COST, METRICS
from ..ensemble.recipe import RECIPES, Recipe, recipe_for
from ..errors import DataError
from ..mlp.settings import hidden_sizes

AUTO = one_of("auto")
# Of the recipe, what may be set otherwise: the few numbers on which it can depend how well a net
# learns.
TUNABLE: dict[str, ArgumentRule] = {
    "learning_rate": number_in(0, 1, ends="(]"),
    "weight_decay": number_in(0, 1, ends="[]"),
    "dropout": number_in(0, 1, ends="[)"),
    "label_smoothing": number_in(0, 1, ends="[)"),
}


def _is_recipe(value: Any) -> bool:
    return value is None or (
        isinstance(value, Mapping)
        and all(name in TUNABLE and TUNABLE[name].allows(v) for name, v in value.items())
    )


RULES: dict[str, ArgumentRule] = {
    "quality": one_of(*RECIPES),
    "time_limit": either(one_of(None), number_in(0, float("inf"), ends="()")),
    "hidden_layer_sizes": either(
        AUTO, ArgumentRule(sizes, "widths of layers, each a whole number, 1 or more")
    ),
    "epochs": either(AUTO, whole(1)),
    "ensemble_size": either(AUTO, whole(1)),
    "validation": either(AUTO, whole(2), number_in(0, 0.5, ends="(]")),
    "recipe": ArgumentRule(
        _is_recipe,
        "None, or a dict with any of "
        + ", ".join(f"{name!r} ({what})" for name, (_, what) in TUNABLE.items()),
    ),
    "class_weight": ArgumentRule(
        lambda v: v is None or (isinstance(v, str) and v == "balanced") or isinstance(v, dict),
        "None, 'balanced' or a dict of class to weight",
    ),
    "metric": one_of(*METRICS),
    "cost_fp": either(one_of(None), COST),
    "cost_fn": either(one_of(None), COST),
    "pos_label": ArgumentRule(
        lambda v: v is None or isinstance(v, str | Number | np.generic),
        "a label of the target",
    ),
    "n_jobs": either(
        one_of(None),
        whole(1),
        ArgumentRule(lambda v: isinstance(v, Integral) and int(v) == -1, "-1"),
    ),
    "random_state": either(
        one_of(None),
        whole(0),
        ArgumentRule(lambda v: isinstance(v, np.random.Generator), "a numpy Generator"),
    ),
    "verbose": either(flag(), one_of("plot")),
    "callbacks": ArgumentRule(
        lambda v: isinstance(v, Sequence) and all(map(callable, v)),
        "a sequence of callables",
    ),
}


def check(params: dict[str, Any]) -> None:
    """Raise a ValueError that names the first argument out of bounds, and what is allowed."""
    for name, value in params.items():
        rule = RULES[name]
        if not rule.allows(value):
            raise ValueError(f"{name}={value!r}, but it has to be {rule.says}")
    costs = {name: params[name] for name in ("cost_fp", "cost_fn") if params[name] is not None}
    if not costs:
        return
    given = ", ".join(f"{name}={value!r}" for name, value in costs.items())
    for name, usual in (("metric", "accuracy"), ("class_weight", None)):
        if params[name] != usual:
            raise ValueError(
                f"{name}={params[name]!r} and {given}: both say what mistakes weigh; give one of "
                "them"
            )


def check_two_classes(params: dict[str, Any], classes: list[Any]) -> None:
    """Raise a DataError for an argument that is about two classes, if the target has not those."""
    for name in ("cost_fp", "cost_fn", "pos_label"):
        if params[name] is not None and len(classes) != 2:
            raise DataError(
                f"{name}={params[name]!r} is for a target of two classes, and this one has "
                f"{len(classes):,}: {name_list(classes)}"
            )
    label = params["pos_label"]
    if label is not None and label not in classes:
        raise DataError(
            f"the positive class, pos_label={label!r}, is none of the target: it has {classes}"
        )


def find_recipe(params: dict[str, Any], counts: np.ndarray[Any, Any]) -> Recipe:
    """The recipe of these arguments for a table with so many rows of each class."""
    recipe = recipe_for(params["quality"], int(counts.sum()))
    changes: dict[str, Any] = {}
    if not isinstance(params["hidden_layer_sizes"], str):
        changes["hidden"] = tuple(hidden_sizes(params["hidden_layer_sizes"]))
    if params["epochs"] != "auto":
        changes["epochs"] = int(params["epochs"])
    changes |= {name: float(value) for name, value in (params["recipe"] or {}).items()}
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
