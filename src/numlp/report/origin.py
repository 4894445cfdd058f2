"""What the page says of where the model comes from: training, architecture, commands, files.

A model file may tell anything of itself, so what it tells is looked at before it is shown.
"""

import hashlib
import math
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..common.wording import shortened
from ..models import FittedModel, MLPModel, Model
from ..models.facts import unit_of
from ..models.fitted import held_out_of, history_of
from ..models.mlp_network import DEFAULTS
from ..nn import Layer
from ..storage.json_values import mapping
from ..table.asked import joined
from ..table.reasons import IGNORED, was_asked
from ..version import __version__
from . import charts

MOST_LAYERS = 60
MOST_NAME = 100  # characters of one
MOST_EPOCHS = 40  # in the table behind the curve
MOST_OPTIONS = 30  # --column of a command
MOST_COMMAND = 2000  # characters
# Arguments of TabularClassifier that the command has too, and the option each is.
OPTIONS = {
    "quality": "--quality",
    "time_limit": "--time-limit",
    "epochs": "--epochs",
    "metric": "--metric",
    "class_weight": "--class-weight",
    "cost_fp": "--cost-fp",
    "cost_fn": "--cost-fn",
    "pos_label": "--positive",
    "random_state": "--seed",
    "decimal": "--decimal",
    "bins": "--bins",
    "above": "--above",
    "as_classes": "--as-classes",
    "missing": "--missing",
    "delimiter": "--delimiter",
    "encoding": "--encoding",
    "sheet": "--sheet",
    "groups": "--group",
    "time": "--time",
    "sample_weight": "--weight",
}
# What the classifier has no arguments for; its method ``fit`` has the second.
OF_THE_FILE = ("delimiter", "encoding", "sheet", "bins", "above", "as_classes", "missing")
OF_FIT = ("decimal", "groups", "time", "sample_weight")  # the roles name a column
GIVEN = {"group": ["groups"], "time": ["time"], "X_val": ["X_val", "y_val"]}
USUAL = (None, "auto", "accuracy")  # what need not be said

Content = dict[str, Any]


def training(model: FittedModel) -> Content | None:
    """The losses by epoch, or by round of a cluster, if the model tells them."""
    history = history_of(model).to_dict()
    curves = {
        name: history[key]
        for name, key in (("training", "train_loss"), ("held out", "validation_loss"))
        if key in history
    }
    unit = unit_of(model.info)
    chart = charts.losses_chart(f"Losses by {unit}", curves, unit)
    if chart is None:
        return None
    n_epochs = max(map(len, curves.values()))
    shown = sorted({*range(0, n_epochs, math.ceil(n_epochs / MOST_EPOCHS)), n_epochs - 1})
    rows = [[str(i + 1), *(_loss(curve, i) for curve in curves.values())] for i in shown]
    last = ", ".join(f"{name} {_loss(curve, n_epochs - 1)}" for name, curve in curves.items())
    return {
        "chart": charts.Chart(
            f"Loss after each of {n_epochs} {unit}s; last: {last}", chart.x, chart.y, chart.lines
        ),
        "names": list(curves),
        "rows": rows,
        "n_epochs": n_epochs,
        "unit": unit,
        "stop_reason": _text(model.info.get("stop_reason")),
    }


def _loss(curve: Sequence[float], i: int) -> str:
    return f"{curve[i]:.4f}" if abs(curve[i]) < charts.MOST_LOSS else "–"


def architecture(model: FittedModel) -> Content:
    """The layers of the nets, and how their answers become one."""
    network = model.network
    copies = network.n_nets
    layers = [_layer(layer, copies) for layer in network.layers[:MOST_LAYERS]]
    return {
        "layers": layers,
        "left_out": len(network.layers) - len(layers),
        "n_nets": copies,
        "n_inputs": network.n_in,
        "n_classes": len(model.classes),
        "n_params": network.n_params,
        "tempered": _tempered(model),
        "threshold": None if model.threshold is None else f"{model.threshold:.3g}",
        "positive": repr(shortened(str(model.classes.tolist()[model.aim.positive]), MOST_NAME)),
        "factors": len(set(model.factors)) > 1,
    }


def _tempered(model: FittedModel) -> str:
    """What is done to the probabilities of the nets, if anything can be."""
    if not isinstance(model, Model):
        return ""
    how = "sharpened" if model.temperature < 1 else "softened"
    return f"{how} by a temperature of {model.temperature:.3g}"


def _layer(layer: Layer, copies: int) -> Content:
    settings = ", ".join(f"{name}={value}" for name, value in layer.settings.items())
    n_params = copies * sum(math.prod(shape) for shape in layer.shapes.values())
    return {
        "name": type(layer).__name__,
        "settings": shortened(settings, MOST_NAME),
        "n_out": layer.n_out,
        "n_params": n_params,
    }


def reproduction(model: FittedModel, files: Mapping[str, Path], target: str) -> Content:
    """How to make the model and this page again, and which files they are of."""
    versions = mapping(model.info.get("versions"))
    made = [
        f"{name} {_text(versions[key])}"
        for name, key in (("numlp", "numlp"), ("NumPy", "numpy"))
        if key in versions
    ]
    return {
        "train": _how_trained(model, target),
        "report": _report_command(files, target, model.target),
        "files": [
            {"what": what, "name": shortened(path.name, MOST_NAME), "bytes": path.stat().st_size,
             "sha256": _sha256(path)}
            for what, path in files.items()
        ],
        "made": ", ".join(made),
        "version": __version__,
    }  # fmt: skip


def _how_trained(model: FittedModel, target: str) -> str | None:
    """The command, or where that has no option for a setting, the call in Python."""
    settings = mapping(model.info.get("settings"))
    said = {name: value for name, value in settings.items() if value not in USUAL}
    if isinstance(model, MLPModel):
        return _call("MLPClassifier", _unusual(said)) if settings else None
    if "quality" not in settings or not isinstance(model, Model):
        return None
    said.pop("columns", None)  # the table tells them
    kinds = _kinds(model)
    how = held_out_of(model.info)
    # What was given as an array, and not as the name of a column, is not in the file.
    given = [] if how is None else [name for name in GIVEN[how["by"]] if name not in said]
    by_command = model.target and said.keys() <= OPTIONS.keys() and "random_state" in said
    if given or not by_command or said.get("class_weight") not in (None, "balanced"):
        for name in ("class_weight", "recipe"):
            pairs = said.get(name)  # as a file keeps a dict
            if isinstance(pairs, list) and all(isinstance(p, list) and len(p) == 2 for p in pairs):
                said[name] = {str(key): value for key, value in pairs}
        asked = {n: value for n, value in said.items() if n not in (*OF_THE_FILE, *OF_FIT)}
        more = [f"columns={kinds!r}"] * bool(kinds)
        more += [f"{name}={said[name]!r}" for name in OF_FIT if name in said]
        more += [f"{name}={name}" for name in given]
        return _call("TabularClassifier", asked, "".join(f", {each}" for each in more))
    on_cluster = unit_of(model.info) == "round"
    words = ["numlp", "train", "PART-*.parquet" if on_cluster else "TABLE.csv", "--target", target]
    for name, value in said.items():
        for each in value if isinstance(value, list) else [value]:
            words += [OPTIONS[name]] + ([] if each is True else [str(each)])
    for name, kind in kinds.items():
        words += ["--column", joined(name, kind)]
    return _command(words + ["--cluster", "local"] * on_cluster)


def _unusual(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of an MLPClassifier that differ from their defaults."""
    return {
        name: value
        for name, value in settings.items()
        if name not in DEFAULTS or _plain(value) != _plain(DEFAULTS[name])
    }


def _plain(value: Any) -> Any:
    """The value, a tuple as a list, as a file has it."""
    return list(value) if isinstance(value, tuple) else value


def _call(name: str, arguments: Mapping[str, Any], more: str = "") -> str:
    """The call in Python that makes a classifier of these arguments and fits it."""
    told = ", ".join(f"{name}={_spelled(value)}" for name, value in arguments.items())
    return shortened(f"{name}({told}).fit(X, y{more})", MOST_COMMAND)


def _spelled(value: Any) -> str:
    """An argument as Python reads it; a file knows tuples as lists."""
    if isinstance(value, tuple):
        value = list(value)
    return "math.inf" if value == math.inf else repr(value)


def _kinds(model: Model) -> dict[str, str]:
    """What each column was asked to be, of those that were not guessed."""
    kinds = {
        encoder.name: "ignore" if encoder.why == IGNORED else encoder.asked_as
        for encoder in model.table.encoders
        if was_asked(encoder.why)
    }
    return dict(list(kinds.items())[:MOST_OPTIONS])


def _report_command(files: Mapping[str, Path], target: str, usual: str) -> str | None:
    if len(files) < 2:
        return None
    words = ["numlp", "report", *(path.name for path in files.values())]
    return _command(words + (["--target", target] if target != usual else []))


def _command(words: Sequence[str]) -> str:
    return shortened(" ".join(shlex.quote(word) for word in words), MOST_COMMAND)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _text(value: Any) -> str:
    return shortened(value, MOST_NAME) if isinstance(value, str) else ""
