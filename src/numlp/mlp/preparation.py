"""Before the first epoch: the labels, and whether training may go on with the net there is."""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..data.labels import encode_labels
from ..data.targets import Targets
from ..errors import DataError
from ..models.mlp_model import MLPModel
from ..models.mlp_network import net_arguments
from ..nn import Dropout
from .building import draw_weights
from .state import TrainingState


def first_targets(y: Any, classes: Any, *, partial: bool) -> Targets:
    """The targets of a new net, by the labels of y; for ``partial_fit`` by ``classes``.

    Raises
    ------
    DataError
        There is one class alone.
    ValueError
        The first call to ``partial_fit`` was not given the classes.
    """
    if partial and classes is None:
        raise ValueError("classes must be passed on the first call to partial_fit.")
    targets, what = Targets(y), "y has"
    if partial and targets.kind != "multilabel":
        targets, what = Targets(classes), "classes are"
    if len(targets.classes) < 2 and targets.kind != "multilabel":
        raise DataError(
            f"{what} one class only, {targets.classes.tolist()[0]!r}: a classifier needs rows "
            "of at least two classes"
        )
    return targets


def check_stochastic(clf: Any) -> None:
    """Raise an AttributeError for "lbfgs", which has no ``partial_fit``."""
    if clf.solver == "lbfgs":
        raise AttributeError(
            "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic."
        )


def check_targets(model: MLPModel, y: Any, classes: Any, *, partial: bool) -> None:
    """Raise an error where y or ``classes`` are not those that the net was made for."""
    known = model.classes
    if classes is not None and not np.array_equal(encode_labels(classes).classes, known):
        raise ValueError(
            f"`classes={classes!r}` is not the same as on last call to partial_fit, was: {known!r}"
        )
    if partial or model.multilabel:
        return
    found = Targets(y).classes
    if set(found.tolist()) != set(known.tolist()):
        raise DataError(
            "warm_start can only be used where `y` has the same classes as in the previous "
            f"call to fit. Previously got {known}, `y` has {found}"
        )


def check_same_net(model: MLPModel, params: Mapping[str, Any]) -> None:
    """Raise a DataError where the arguments ask for another net than there is."""
    made_with = net_arguments(model.made_with)
    for name, value in net_arguments(params).items():
        if value != made_with[name]:
            raise DataError(
                f"{name}={params[name]!r}, but training goes on with a net made with "
                f"{made_with[name]!r}: set warm_start=False to start afresh"
            )


def random_state_of(given: Any) -> np.random.RandomState:
    """The generator itself, or a new one from a seed or from None."""
    return given if isinstance(given, np.random.RandomState) else np.random.RandomState(given)


def state_of_loaded(model: MLPModel) -> TrainingState:
    """The state as it was when the starting weights had been drawn, for a net from a file.

    The draws are made again, in a copy of the net, so that what is drawn next does not depend on
    whether a net was loaded or made.
    """
    params = model.info["settings"]
    random_state = random_state_of(params["random_state"])
    drawn = copy.deepcopy(model.network)
    draw_weights(drawn, params, random_state)
    for layer, other in zip(model.network.layers, drawn.layers, strict=True):
        if isinstance(layer, Dropout) and isinstance(other, Dropout):
            layer.rngs = other.rngs
    return TrainingState(random_state)
