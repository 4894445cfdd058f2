"""What a model file or a checkpoint holds, printed for a person or as JSON.

A file may say anything of itself, so whatever the reader has not verified is looked at before it
is shown: a value of another type is left out, and a text is one short line.
"""

import json
import shlex
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..common.wording import shortened, with_interval
from ..data.objects import spell
from ..models.fitted import held_out_told
from ..table.text import Text
from .figures import MOST_CLASSES

MOST_COLUMNS = 50  # in the text; JSON has them all
MOST_TEXT = 100  # characters of one name or setting
MOST_WHY = 200  # characters of what was read of a text
WIDTH = 11  # of the labels
NAMES = {"mlp": "MLPClassifier"}  # of kinds of files that are called otherwise inside
Facts = dict[str, Any]


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
    kind = NAMES.get(facts["kind"], facts["kind"])
    return [
        _line("file", f"{_text(facts['file'], 5000)}, {facts['bytes']:,} bytes"),
        _line("is", f"numlp {kind} in format {facts['format']}; its checksum fits"),
        _line("made by", ", ".join(made) or "unknown"),
    ]


def _read(column: Facts) -> str:
    """What was read of a column of text."""
    return f": {_text(column['why'], MOST_WHY)}" if column["kind"] == Text.tag else ""


def _model_lines(facts: Facts) -> list[str]:
    columns, classes = facts["columns"], facts["classes"]
    kinds = Counter(column["kind"] for column in columns)
    told = ", ".join(f"{n:,} {kind}" for kind, n in kinds.items())
    width = min(max(len(_text(column["name"])) for column in columns), 40)
    shown = [
        _line("", f"{_text(column['name']):<{width}}  {column['kind']}{_read(column)}")
        for column in columns[:MOST_COLUMNS]
    ]
    if len(columns) > MOST_COLUMNS:
        more = facts["n_features"] - MOST_COLUMNS
        shown.append(_line("", f"... and {more:,} more, which --json shows"))
    layers = [
        _line("", f"{_layer(layer)}, {layer['parameters']:,} parameters")
        for layer in facts["layers"]
    ]
    nets = f"{facts['nets']:,} of {len(layers)} layers, {facts['parameters']:,} parameters in all"
    return [
        _line("target", _text(facts["target"]) if facts["target"] else "without a name"),
        _line("classes", f"{len(classes):,}: {_names(classes)}"),
        *_ranges_lines(facts),
        _line("columns", f"{facts['n_features']:,}: {told}"),
        *shown,
        _line("nets", nets),
        *layers,
        *_settings_lines(facts),
        _line("trained", _trained(facts)),
        *_decision_lines(facts),
        *_validation_lines(facts, classes),
        *([] if facts["multilabel"] else [_next(facts["file"])]),
    ]


def _ranges_lines(facts: Facts) -> list[str]:
    """A line on where the ranges end, if the classes are ranges."""
    if facts.get("ranges") is None:
        return []
    edges = facts["ranges"]
    return [_line("", f"ranges of numbers, parted at {_names([spell(edge) for edge in edges])}")]


def _next(file: str) -> str:
    return _line("next", f"numlp predict {_text(shlex.quote(file), 5000)} NEW_ROWS.csv")


def _trained(facts: Facts) -> str:
    told = f"{_text(facts['epochs'])} {facts.get('unit', 'epoch')}s"
    return told if facts["stop_reason"] is None else f"{told}; {_text(facts['stop_reason'])}"


def _validation_lines(facts: Facts, classes: Sequence[object]) -> list[str]:
    validation = facts["validation"]
    if validation is None:
        none = facts.get("held_out") is False
        return [_line("validation", "no rows were held out in training" if none else "unknown")]
    rows = validation["class_rows"] or []
    absent = [label for label, n in zip(classes, rows, strict=False) if not n]
    told = with_interval(*(validation[name] for name in ("accuracy", "low", "high")))
    accuracy = f"{told} on {validation['rows']:,} rows {_how(facts)}"
    return [
        _line("accuracy", accuracy),
        _line("", f"always answering the majority class: {validation['majority']:.1%}"),
        _line("log-loss", f"{validation['log_loss']:.3f}"),
        *([_line("", f"no row held out is of {_names(absent)}")] if absent else []),
    ]


def _how(facts: Facts) -> str:
    """How rows were held out."""
    return held_out_told({"held_out": facts.get("held_out_by")})


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
    so_far = f"{facts.get('unit', 'epoch')} {_text(facts['epoch'])} of {_text(facts['epochs'])}"
    if type(facts["seconds"]) in (int, float):
        so_far += f" in {facts['seconds']:.1f} s"
    lines = [
        _line("run on", of),
        *_settings_lines(facts),
        _line("seed", _text(str(facts["seed"]))),
        _line("nets", f"{_text(facts['nets'])}, {_text(facts['parameters'])} parameters in all"),
        _line("so far", "; ".join([so_far, *losses])),
    ]
    if "quality" in facts["settings"]:  # an MLPClassifier has none, and no command
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
