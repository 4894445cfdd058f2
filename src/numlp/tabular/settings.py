"""What each argument of TabularClassifier may be."""

from collections.abc import Mapping, Sequence
from numbers import Integral, Number
from typing import Any

import numpy as np

from ..common.arguments import ArgumentRule, either, flag, number_in, one_of, sizes, whole
from ..decisions.thresholds import COST, METRICS
from ..ensemble.recipe import RECIPES

AUTO = one_of("auto")
# The numbers of a recipe that may be set: the few that can decide how well a net learns.
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


def of(clf: Any) -> dict[str, Any]:
    """The arguments by name, also of a subclass whose own ``__init__`` has others."""
    return {name: getattr(clf, name) for name in RULES}


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
                f"{name}={params[name]!r} and {given}: both say how much a mistake weighs; give "
                "one of them"
            )
