"""The net of an MLPClassifier: which arguments make it, and what its outputs say.

A file keeps these arguments and not the layers, so the net is made here for a fit and for a file.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.arguments import ArgumentRule, flag, hidden_sizes, number_in, one_of, sizes
from ..data.targets import Targets
from ..nn.losses import Loss, SigmoidCrossEntropy, SoftmaxCrossEntropy
from ..nn.more.activations import ACTIVATIONS
from ..nn.more.builder import mlp
from ..nn.more.losses import SigmoidFocal, SigmoidSquaredError, SoftmaxFocal, SoftmaxSquaredError
from ..nn.network import Network
from .networks import check_number

OWNER = "MLPClassifier"  # whose arguments and features messages speak of
LOSSES = ("log_loss", "mse", "focal")
# scikit-learn's name of the sigmoid, beside our own
ACTIVATION_NAMES = ("logistic", *ACTIVATIONS)


def _are_activations(value: Any) -> bool:
    names = [value] if isinstance(value, str) else value
    return hasattr(names, "__iter__") and all(name in ACTIVATION_NAMES for name in names)


RULES: dict[str, ArgumentRule] = {
    "hidden_layer_sizes": ArgumentRule(
        sizes,
        "widths of layers, each a whole number, 1 or more (must be > 0)",
    ),
    "activation": ArgumentRule(
        _are_activations,
        f"one of {', '.join(map(repr, ACTIVATION_NAMES))}, or one of them for each hidden layer",
    ),
    "dropout": number_in(0, 1, ends="[)"),
    "batch_norm": flag(),
    "layer_norm": flag(),
    "loss": one_of(*LOSSES),
    "label_smoothing": number_in(0, 1, ends="[)"),
}

# What the arguments of MLPClassifier are if nothing else is asked: who tells how a model was made
# needs them without the classifier.
DEFAULTS: dict[str, Any] = {
    "hidden_layer_sizes": (100,),
    "activation": "relu",
    "solver": "adam",
    "alpha": 0.0001,
    "batch_size": "auto",
    "learning_rate": "constant",
    "learning_rate_init": 0.001,
    "power_t": 0.5,
    "max_iter": 200,
    "shuffle": True,
    "random_state": None,
    "tol": 1e-4,
    "verbose": False,
    "warm_start": False,
    "momentum": 0.9,
    "nesterovs_momentum": True,
    "early_stopping": False,
    "validation_fraction": 0.1,
    "beta_1": 0.9,
    "beta_2": 0.999,
    "epsilon": 1e-8,
    "n_iter_no_change": 10,
    "max_fun": 15000,
    "class_weight": None,
    "dropout": 0.0,
    "batch_norm": False,
    "layer_norm": False,
    "loss": "log_loss",
    "label_smoothing": 0.0,
    "weight_decay": None,
    "warm_up": 0,
    "max_grad_norm": None,
    "validation_metric": "accuracy",
    "callbacks": (),
}


def check_argument(name: str, value: Any, rule: ArgumentRule) -> None:
    """Raise a ValueError that names the argument, what it may be, and what it is."""
    if not rule.allows(value):
        raise ValueError(
            f"The {name!r} parameter of {OWNER} must be {rule.says}. Got {value!r} instead."
        )


def check_net(params: Mapping[str, Any]) -> None:
    """Raise a ValueError for arguments of a net, or a KeyError where one is missing."""
    for name, rule in RULES.items():
        check_argument(name, params[name], rule)
    check_together(params)


def check_together(params: Mapping[str, Any]) -> None:
    """Raise a ValueError for arguments of a net that are right alone and wrong together."""
    n_hidden = len(hidden_sizes(params["hidden_layer_sizes"]))
    n_names = len(activation_names(params["activation"], n_hidden))
    if n_names != n_hidden:
        raise ValueError(
            f"The 'activation' parameter of {OWNER} must be one name, or one for each hidden "
            f"layer. Got {n_names} for {n_hidden} hidden layers instead."
        )
    if params["loss"] == "focal" and params["label_smoothing"]:
        raise ValueError("loss='focal' takes no label_smoothing: set it to 0")
    if params["batch_norm"] and params["layer_norm"]:
        raise ValueError("batch_norm=True and layer_norm=True: choose one of them")


def activation_names(value: str | Sequence[str], n_hidden: int) -> list[str]:
    """The engine's name of the activation of each hidden layer."""
    names = [value] * n_hidden if isinstance(value, str) else list(value)
    return ["sigmoid" if name == "logistic" else name for name in names]


def net_arguments(params: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that a net is made with, each value in one form for comparison."""
    hidden = hidden_sizes(params["hidden_layer_sizes"])
    found = {name: params[name] for name in RULES}
    found["hidden_layer_sizes"] = hidden
    found["activation"] = activation_names(params["activation"], len(hidden))
    return found


def n_weights(params: Mapping[str, Any], n_features: int, targets: Targets) -> int:
    """How many weights and biases the net has, without making it."""
    widths = [n_features, *hidden_sizes(params["hidden_layer_sizes"]), targets.n_outputs]
    return sum((a + 1) * b for a, b in itertools.pairwise(widths))


def check_declared(
    params: Mapping[str, Any], n_features: int, targets: Targets, arrays: Any
) -> None:
    """Raise a ValueError where a file has fewer arrays, or weights, than the net that it declares.

    So nothing is made of layers that are only declared.
    """
    n_hidden = len(hidden_sizes(params["hidden_layer_sizes"]))
    check_number(1 + 4 * n_hidden)  # with each an activation, a normalisation and a dropout
    if len(arrays) < 2 * (n_hidden + 1):
        raise ValueError(f"{n_hidden} hidden layers, but {len(arrays)} arrays")
    needed, there = n_weights(params, n_features, targets), sum(a.size for a in arrays.values())
    if needed > there:
        raise ValueError(
            f"layers of {params['hidden_layer_sizes']} units have {needed:,} weights, more than "
            "there are"
        )


def blank_network(
    params: Mapping[str, Any],
    n_features: int,
    targets: Targets,
    dtype: Any,
    *,
    max_batch: int = 256,
) -> Network:
    """The net that these arguments make, before any weight is set."""
    hidden = hidden_sizes(params["hidden_layer_sizes"])
    network = mlp(
        [n_features, *hidden, targets.n_outputs],
        activation=activation_names(params["activation"], len(hidden)),
        dropout=params["dropout"],
        normalization="batch"
        if params["batch_norm"]
        else "layer"
        if params["layer_norm"]
        else None,
        loss=make_loss(params, targets),
        dtype=dtype,
        max_batch=max_batch,
    )
    network.l2_of_sum = True
    return network


def make_loss(params: Mapping[str, Any], targets: Targets) -> Loss:
    """The loss that goes with the argument and the kind of targets."""
    smoothing, classes = params["label_smoothing"], targets.kind == "multiclass"
    if params["loss"] == "focal":
        return SoftmaxFocal() if classes else SigmoidFocal()
    if params["loss"] == "mse":
        return SoftmaxSquaredError(smoothing) if classes else SigmoidSquaredError(smoothing)
    return SoftmaxCrossEntropy(smoothing) if classes else SigmoidCrossEntropy(smoothing)


def probabilities(P: NDArray[Any], targets: Targets) -> NDArray[Any]:
    """A column for each class, from the outputs of the net."""
    return np.concatenate([1 - P, P], axis=1) if targets.kind == "binary" else P


def log_probabilities(Z: NDArray[Any], targets: Targets) -> NDArray[Any]:
    """Logarithms of the probabilities, from the logits: finite however sure the net is."""
    if targets.kind == "multiclass":
        Z = Z - Z.max(axis=1, keepdims=True)
        return np.asarray(Z - np.log(np.exp(Z).sum(axis=1, keepdims=True)))
    log_p = -np.logaddexp(0, -Z)
    return np.hstack([-np.logaddexp(0, Z), log_p]) if targets.kind == "binary" else log_p
