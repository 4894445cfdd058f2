"""What a model file or a checkpoint holds, for a person or as JSON.

A file may say anything of itself, so whatever the reader has not verified is looked at before it
is shown: a number that is none is left out, and a text is one short line.
"""

import json
import math
import os
import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..common.wording import shortened
from ..errors import ModelFileError
from ..models.fitted import validation_of
from ..models.model import Model
from ..nn import Layer
from ..storage import container
from ..storage.json_values import mapping
from .figures import MOST_CLASSES, aim_of_model, threshold_of_model

MOST_COLUMNS = 50  # in the text; JSON has them all
MOST_TEXT = 100  # characters of one name or setting
WIDTH = 11  # of the labels
Facts = dict[str, Any]


def of(path: Path) -> Facts:
    """What a file holds, as JSON takes it.

    Raises
    ------
    ModelFileError
        It is damaged, or neither a model nor a checkpoint.
    OSError
        It cannot be read.
    """
    head = container.head(path)
    if head.kind not in _READERS:
        raise ModelFileError(
            f"{path} is a numlp {head.kind}, which this command does not know: give a model or a "
            "checkpoint"
        )
    found = _READERS[head.kind](path)
    start = {
        "file": os.fspath(path),
        "bytes": head.size,
        "kind": head.kind,
        "format": head.version,
        "checksum": "fits",  # or it would not have been read
    }
    return start | found


def _of_model(path: Path) -> Facts:
    model = Model.load(path)
    info, network, aim = model.info, model.network, aim_of_model(model)
    versions = mapping(info.get("versions"))
    copies = network.n_nets
    return {
        "numlp": versions.get("numlp"),
        "numpy": versions.get("numpy"),
        "estimator": info.get("estimator"),
        "target": model.target or None,
        "classes": model.classes.tolist(),
        "columns": list(model.table.audit()),
        "nets": copies,
        "parameters": network.n_params,
        "layers": [_of_layer(layer, copies) for layer in network.layers],
        "shares": model.shares,
        "temperature": model.temperature,
        "factors": model.factors,
        "positive": model.classes.tolist()[aim.positive] if len(model.classes) == 2 else None,
        "threshold": threshold_of_model(model, aim),
        "rows_of_sets": None if model.conformal is None else model.conformal.n_rows,
        "settings": dict(mapping(info.get("settings"))),
        "recipe": dict(mapping(info.get("recipe"))),
        "epochs": info.get("epochs"),
        "stop_reason": info.get("stop_reason"),
        "validation": validation_of(info),
    }


def _of_mlp(path: Path) -> Facts:
    from ..mlp import file as mlp_file  # here, as a model of a table does without
    from ..mlp.classifier import MLPClassifier

    document, arrays = container.read(path, kind=mlp_file.KIND)
    clf = mlp_file.restored(MLPClassifier, path, document, arrays)
    versions, columns = mapping(document.get("versions")), mapping(document.get("columns"))
    names = columns.get("names") or map(str, range(clf.n_features_in_))
    network = clf._network
    return {
        "numlp": versions.get("numlp"),
        "numpy": versions.get("numpy"),
        "estimator": "MLPClassifier",
        "target": None,
        "classes": document["targets"]["classes"]["values"],
        "columns": [{"name": name, "kind": "number"} for name in names],
        "nets": 1,
        "parameters": network.n_params,
        "layers": [_of_layer(layer, 1) for layer in network.layers],
        "settings": dict(mapping(document.get("settings"))),
        "epochs": clf.n_iter_,
        "stop_reason": None,
        "validation": None,
    }


def _of_layer(layer: Layer, copies: int) -> Facts:
    n_params = copies * sum(math.prod(shape) for shape in layer.shapes.values())
    return {"type": type(layer).__name__, **layer.settings, "parameters": n_params}


def _of_checkpoint(path: Path) -> Facts:
    document, arrays = container.read(path, kind="checkpoint")
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
        "seconds": state.get("seconds"),
        "seed": state.get("seed", settings.get("random_state")),
        "nets": cut.get("n_members", 1),
        "parameters": None if theta is None else theta.size,
        "train_loss": _last(arrays.get("history.train_loss")),
        "validation_loss": _last(arrays.get("history.validation_loss")),
    }


_READERS = {"model": _of_model, "mlp": _of_mlp, "checkpoint": _of_checkpoint}
_NAMES = {"mlp": "MLPClassifier"}


def _last(values: Any) -> float | None:
    """The last of a curve, if there is one and it is finite."""
    if values is None or not values.size:
        return None
    value = float(values.reshape(-1)[-1])
    return value if math.isfinite(value) else None


# For a program


def as_json(facts: Facts) -> str:
    """The facts as JSON in ASCII, without a control character but the ends of the lines."""
    return json.dumps(facts, indent=2)


# For a person


def as_text(facts: Facts) -> str:
    """The facts as lines."""
    lines = _checkpoint_lines if facts["kind"] == "checkpoint" else _model_lines
    return "\n".join([*_file_lines(facts), *lines(facts)])


def _file_lines(facts: Facts) -> list[str]:
    made = [f"{name} {_text(facts.get(key))}" for name, key in (("numlp", "numlp"),
            ("NumPy", "numpy")) if facts.get(key) is not None]  # fmt: skip
    kind = _NAMES.get(facts["kind"], facts["kind"])
    return [
        _line("file", f"{_text(facts['file'], 5000)}, {facts['bytes']:,} bytes"),
        _line("is", f"numlp {kind} in format {facts['format']}; its checksum fits"),
        _line("made by", ", ".join(made) or "unknown"),
    ]


def _model_lines(facts: Facts) -> list[str]:
    columns, classes = facts["columns"], facts["classes"]
    kinds = Counter(column["kind"] for column in columns)
    told = ", ".join(f"{n:,} as {kind}" for kind, n in kinds.items())
    width = min(max(len(_text(column["name"])) for column in columns), 40)
    shown = [
        _line("", f"{_text(column['name']):<{width}}  {column['kind']}")
        for column in columns[:MOST_COLUMNS]
    ]
    if len(columns) > MOST_COLUMNS:
        shown.append(_line("", f"... and {len(columns) - MOST_COLUMNS:,} more, which --json shows"))
    layers = [
        _line("", f"{_layer(layer)}, {layer['parameters']:,} parameters")
        for layer in facts["layers"]
    ]
    nets = f"{facts['nets']:,} of {len(layers)} layers, {facts['parameters']:,} parameters in all"
    return [
        _line("target", _text(facts["target"]) if facts["target"] else "without a name"),
        _line("classes", f"{len(classes):,}: {_names(classes)}"),
        _line("columns", f"{len(columns):,}: {told}"),
        *shown,
        _line("nets", nets),
        *layers,
        *_settings_lines(facts),
        _line("trained", _trained(facts)),
        *_decision_lines(facts),
        *_validation_lines(facts["validation"]),
        *([] if facts["kind"] == "mlp" else [_next(facts["file"])]),
    ]


def _next(file: str) -> str:
    return _line("next", f"numlp predict {_text(shlex.quote(file), 5000)} NEW_ROWS.csv")


def _trained(facts: Facts) -> str:
    told = f"{_text(facts['epochs'])} epochs"
    return told if facts["stop_reason"] is None else f"{told}; {_text(facts['stop_reason'])}"


def _validation_lines(validation: Facts | None) -> list[str]:
    if validation is None:
        return [_line("validation", "unknown")]
    accuracy = (
        f"{validation['accuracy']:.1%} (95% interval {validation['low']:.1%} to "
        f"{validation['high']:.1%}) on {validation['rows']:,} rows held out"
    )
    return [
        _line("accuracy", accuracy),
        _line("", f"always answering the majority class: {validation['majority']:.1%}"),
        _line("log-loss", f"{validation['log_loss']:.3f}"),
    ]


def _decision_lines(facts: Facts) -> list[str]:
    """From which probability a class is answered, and whether there are prediction sets."""
    lines = []
    if facts.get("threshold") not in (None, 0.5):
        told = f"'{_text(facts['positive'])}' is answered from a probability of"
        lines.append(_line("threshold", f"{told} {facts['threshold']:.1%} on"))
    if facts.get("rows_of_sets") is not None:
        told = f"{facts['rows_of_sets']:,} rows held out, for any coverage (predict --coverage)"
        lines.append(_line("sets by", told))
    return lines


def _checkpoint_lines(facts: Facts) -> list[str]:
    columns = facts["columns"]
    of = f"a table of {_text(facts['rows'])} rows, {len(columns):,} columns: {_names(columns)}"
    losses = [
        f"{name} {facts[key]:.4f}"
        for name, key in (("train", "train_loss"), ("held out", "validation_loss"))
        if facts[key] is not None
    ]
    so_far = f"epoch {_text(facts['epoch'])} of {_text(facts['epochs'])}"
    if type(facts["seconds"]) in (int, float):
        so_far += f" in {facts['seconds']:.1f} s"
    lines = [
        _line("run on", of),
        *_settings_lines(facts),
        _line("seed", _text(str(facts["seed"]))),
        _line("nets", f"{_text(facts['nets'])}, {_text(facts['parameters'])} parameters in all"),
        _line("so far", "; ".join([so_far, *losses])),
    ]
    if "quality" in facts["settings"]:  # else it is not of this command
        file = _text(shlex.quote(facts["file"]), 5000)
        lines.append(_line("next", f"numlp train TABLE --target NAME --resume {file}"))
    return lines


def _settings_lines(facts: Facts) -> list[str]:
    settings = facts["settings"].items()
    told = [f"{_text(name)}={_text(str(value))}" for name, value in settings if value is not None]
    return [_line("settings", ", ".join(told[:MOST_COLUMNS]) or "unknown")]


def _layer(layer: Facts) -> str:
    settings = ", ".join(
        f"{name}={value}" for name, value in layer.items() if name not in ("type", "parameters")
    )
    return _text(f"{layer['type']}({settings})")


def _names(values: Sequence[object]) -> str:
    told = ", ".join(_text(value) for value in values[:MOST_CLASSES])
    more = len(values) - MOST_CLASSES
    return f"{told} and {more:,} more" if more > 0 else told


def _text(value: object, most: int = MOST_TEXT) -> str:
    """What a file says, in one short line without control characters."""
    if value is None:
        return "unknown"
    return shortened(f"{value:,}" if type(value) is int else str(value), most)


def _line(label: str, text: str) -> str:
    return f"{label:<{WIDTH}}{text}"
