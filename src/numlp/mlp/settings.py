"""What each argument of MLPClassifier may be."""

import math
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np

from ..common.arguments import ArgumentRule, either, flag, number_in, one_of, whole
from ..models.mlp_network import DEFAULTS, check_argument, check_together
from ..models.mlp_network import RULES as RULES_OF_THE_NET

SOLVERS = ("lbfgs", "sgd", "adam", "adamw", "rmsprop")
PLANNED = ("cosine", "one_cycle")  # learning rates that come to their end at max_iter
LEARNING_RATES = ("constant", "invscaling", "adaptive", *PLANNED)
METRIC_NAMES = ("accuracy", "balanced_accuracy", "neg_log_loss")


def optimizer_arguments(params: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that an optimizer is made with."""
    names = ("solver", "learning_rate_init", "momentum", "nesterovs_momentum", "weight_decay")
    return {name: params[name] for name in (*names, "beta_1", "beta_2", "epsilon")}


_INF = math.inf
_MAYBE_POSITIVE = either(number_in(0, _INF, ends="()"), one_of(None))

RULES: dict[str, ArgumentRule] = {
    **RULES_OF_THE_NET,
    "solver": one_of(*SOLVERS),
    "alpha": number_in(0, _INF, ends="[)"),
    "batch_size": either(one_of("auto"), whole(1)),
    "learning_rate": one_of(*LEARNING_RATES),
    "learning_rate_init": number_in(0, _INF, ends="()"),
    "power_t": number_in(0, _INF, ends="[)"),
    "max_iter": whole(1),
    "shuffle": flag(),
    "random_state": ArgumentRule(
        lambda v: v is None or isinstance(v, Integral | np.random.RandomState),
        "None, a whole number or a numpy RandomState",
    ),
    "tol": number_in(0, _INF, ends="[)"),
    "verbose": either(flag(), whole(0), one_of("plot")),
    "warm_start": flag(),
    "momentum": number_in(0, 1, ends="[]"),
    "nesterovs_momentum": flag(),
    "early_stopping": flag(),
    "validation_fraction": number_in(0, 1, ends="[)"),
    "beta_1": number_in(0, 1, ends="[)"),
    "beta_2": number_in(0, 1, ends="[)"),
    "epsilon": number_in(0, _INF, ends="()"),
    "n_iter_no_change": either(whole(1), ArgumentRule(lambda v: v == _INF, "inf")),
    "max_fun": whole(1),
    "class_weight": ArgumentRule(
        lambda v: v is None or v == "balanced" or isinstance(v, dict),
        "None, 'balanced' or a dict of class to weight",
    ),
    "weight_decay": either(number_in(0, _INF, ends="[)"), one_of(None)),
    "warm_up": whole(0),
    "max_grad_norm": _MAYBE_POSITIVE,
    "validation_metric": ArgumentRule(
        lambda v: callable(v) or (isinstance(v, str) and v in METRIC_NAMES),
        "one of 'accuracy', 'balanced_accuracy', 'neg_log_loss', or a callable (y, P) -> float",
    ),
    "callbacks": ArgumentRule(
        lambda v: callable(v) or (isinstance(v, Sequence) and all(map(callable, v))),
        "a callable or a sequence of callables",
    ),
}


def of(clf: Any) -> dict[str, Any]:
    """The arguments by name, also of a subclass whose own ``__init__`` has others."""
    return {name: getattr(clf, name) for name in DEFAULTS}


def storable(params: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that a file can keep: no callables, and no generator."""
    kept = {
        name: value for name, value in params.items() if name != "callbacks" and not callable(value)
    }
    if isinstance(params["random_state"], np.random.RandomState):
        kept["random_state"] = None
    return kept


def check(params: Mapping[str, Any]) -> None:
    """Raise a ValueError that names the first argument out of bounds, and what is allowed."""
    for name, value in params.items():
        check_argument(name, value, RULES[name])
    check_together(params)
    if params["solver"] == "lbfgs" and params["dropout"]:
        raise ValueError(
            "solver='lbfgs' takes no dropout: its line search needs the same loss at every look"
        )
