"""What each argument of MLPClassifier may be."""

import math
from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np

from ..common.arguments import ArgumentRule, either, flag, number_in, one_of, sizes, whole
from ..common.arguments import hidden_sizes as hidden_sizes
from ..nn import ACTIVATIONS

SOLVERS = ("lbfgs", "sgd", "adam", "adamw", "rmsprop")
PLANNED = ("cosine", "one_cycle")  # learning rates that come to their end at max_iter
LEARNING_RATES = ("constant", "invscaling", "adaptive", *PLANNED)
LOSSES = ("log_loss", "mse", "focal")
METRIC_NAMES = ("accuracy", "balanced_accuracy", "neg_log_loss")
# scikit-learn's name of the sigmoid, beside our own
ACTIVATION_NAMES = ("logistic", *ACTIVATIONS)


def activation_names(value: str | Sequence[str], n_hidden: int) -> list[str]:
    """The engine's name of the activation of each hidden layer."""
    names = [value] * n_hidden if isinstance(value, str) else list(value)
    return ["sigmoid" if name == "logistic" else name for name in names]


def of_the_net(params: dict[str, Any]) -> dict[str, Any]:
    """The arguments that a net is made with, each value in one form for comparison."""
    names = ("dropout", "batch_norm", "layer_norm", "loss", "label_smoothing")
    hidden = hidden_sizes(params["hidden_layer_sizes"])
    return {
        "hidden_layer_sizes": hidden,
        "activation": activation_names(params["activation"], len(hidden)),
        **{name: params[name] for name in names},
    }


def of_the_optimizer(params: dict[str, Any]) -> dict[str, Any]:
    """The arguments that an optimizer is made with."""
    names = ("solver", "learning_rate_init", "momentum", "nesterovs_momentum", "weight_decay")
    return {name: params[name] for name in (*names, "beta_1", "beta_2", "epsilon")}


def _activations(value: Any) -> bool:
    names = [value] if isinstance(value, str) else value
    return hasattr(names, "__iter__") and all(name in ACTIVATION_NAMES for name in names)


_INF = math.inf
_MAYBE_POSITIVE = either(number_in(0, _INF, ends="()"), one_of(None))

RULES: dict[str, ArgumentRule] = {
    "hidden_layer_sizes": ArgumentRule(
        sizes,
        "widths of layers, each a whole number, 1 or more (must be > 0)",
    ),
    "activation": ArgumentRule(
        _activations,
        f"one of {', '.join(map(repr, ACTIVATION_NAMES))}, or one of them for each hidden layer",
    ),
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
    "dropout": number_in(0, 1, ends="[)"),
    "batch_norm": flag(),
    "layer_norm": flag(),
    "loss": one_of(*LOSSES),
    "label_smoothing": number_in(0, 1, ends="[)"),
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


def check(params: dict[str, Any]) -> None:
    """Raise a ValueError that names the first argument out of bounds, and what is allowed."""
    for name, value in params.items():
        rule = RULES[name]
        if not rule.allows(value):
            raise ValueError(
                f"The {name!r} parameter of MLPClassifier must be {rule.says}. Got {value!r} "
                "instead."
            )
    n_hidden = len(hidden_sizes(params["hidden_layer_sizes"]))
    n_names = len(activation_names(params["activation"], n_hidden))
    if n_names != n_hidden:
        raise ValueError(
            f"The 'activation' parameter of MLPClassifier must be one name, or one for each hidden "
            f"layer. Got {n_names} for {n_hidden} hidden layers instead."
        )
    if params["solver"] == "lbfgs" and params["dropout"]:
        raise ValueError(
            "solver='lbfgs' takes no dropout: its line search needs the same loss at every look"
        )
    if params["loss"] == "focal" and params["label_smoothing"]:
        raise ValueError("loss='focal' takes no label_smoothing: set it to 0")
    if params["batch_norm"] and params["layer_norm"]:
        raise ValueError("batch_norm=True and layer_norm=True: choose one of them")
