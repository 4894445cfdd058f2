"""What a model or a checkpoint holds, as JSON takes it.

A file may say anything of itself, and these facts repeat it: check each before it is shown.
"""

import math
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from ..common.wording import count, name_list, shortened
from ..nn.layers import Layer
from ..storage.json_values import mapping
from .fitted import held_out_told, validation_of

MOST_SHOWN = 5  # classes that are named
MOST_LETTERS = 30  # of one name

MOST_COLUMNS = 50_000  # that are told one by one

Facts = dict[str, Any]


def shared_facts(model: Any) -> Facts:
    """The facts that every ``FittedModel`` has."""
    versions, network = mapping(model.info.get("versions")), model.network
    n_nets, classes = network.n_nets, model.classes.tolist()
    return {
        "numlp": versions.get("numlp"),
        "numpy": versions.get("numpy"),
        "estimator": None,
        "target": model.target or None,
        "classes": classes,
        "multilabel": model.multilabel,
        "n_features": model.n_features,
        # Columns with names are fewer; of an array there may be as many as weights.
        "columns": list(model.audit(MOST_COLUMNS)),
        "nets": n_nets,
        "parameters": network.n_params,
        "layers": [layer_facts(layer, n_nets) for layer in network.layers],
        "positive": None if model.threshold is None else classes[model.aim.positive],
        "threshold": model.threshold,
    }


def told_in_a_line(model: Any) -> str:
    """What a ``FittedModel`` answers, from what, by how many nets, and how good it is."""
    labels = model.classes.tolist()
    what = "labels" if model.multilabel else "classes"
    of = f" of {shortened(model.target, MOST_LETTERS)!r}" if model.target else ""
    shown = [shortened(str(label), MOST_LETTERS) for label in labels[:MOST_SHOWN]]
    told = [
        f"{len(labels):,} {what}{of} ({name_list(shown, most=MOST_SHOWN, n_names=len(labels))}) "
        f"from {count(model.n_features, 'column')}",
        f"{count(model.network.n_nets, 'net')}, {count(model.network.n_params, 'parameter')}",
    ]
    validation = validation_of(model.info)
    if validation is not None:
        n_rows = count(validation["rows"], "row")
        how = held_out_told(model.info)
        told.append(f"accuracy {validation['accuracy']:.1%} on {n_rows} {how}")
    return "; ".join(told)


def layer_facts(layer: Layer, n_nets: int) -> Facts:
    """The type and the settings of a layer, and the parameters that all nets have in it."""
    n_params = n_nets * sum(math.prod(shape) for shape in layer.shapes.values())
    return {"type": type(layer).__name__, **layer.settings, "parameters": n_params}


def unit_of(document: Mapping[str, Any]) -> str:
    """What an epoch is called, by what a file says of how its model came to be.

    >>> unit_of({"epochs": 8}), unit_of({"epochs": 64, "partitions": 16})
    ('epoch', 'round')
    """
    return "round" if "partitions" in document else "epoch"


def checkpoint_facts(document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Facts:
    """What run a checkpoint is of, and how far the run has come."""
    data, state = mapping(document.get("data")), mapping(document.get("state"))
    settings = mapping(document.get("settings"))
    # Of a TabularClassifier; the state of an MLPClassifier is one net's.
    cut, ensemble = mapping(state.get("cut")), mapping(state.get("ensemble"))
    theta = arrays.get("theta")
    return {
        "numlp": document.get("numlp"),
        "settings": dict(settings),
        "rows": data.get("rows"),
        "columns": list(mapping(data.get("columns"))),
        "epoch": ensemble.get("epoch", state.get("n_iter_")),
        "epochs": cut.get("epochs", settings.get("max_iter")),
        "unit": unit_of(data),
        "seconds": state.get("seconds"),
        "seed": state.get("seed", settings.get("random_state")),
        "nets": cut.get("n_members", 1),
        "parameters": None if theta is None else theta.size,
        "train_loss": _last(arrays.get("history.train_loss")),
        "validation_loss": _last(arrays.get("history.validation_loss")),
    }


def _last(values: Any) -> float | None:
    """The last of a curve, if there is one and it is finite."""
    if values is None or not values.size:
        return None
    value = float(values.reshape(-1)[-1])
    return value if math.isfinite(value) else None
