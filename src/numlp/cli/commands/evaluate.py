"""``numlp evaluate``: how good a model is on rows whose class is known."""

from pathlib import Path
from typing import Any

import click
import numpy as np

from ... import metrics
from ...decision import METRICS
from ...model import Model
from .. import say, show
from ..data import codes_of, read_known
from ..options import FILE, debug_option, reading_options


@click.command()
@click.argument("model", type=FILE)
@click.argument("file", type=FILE)
@click.option(
    "--target", "-t", help="The column with the classes.  [default: the one trained to predict]"
)
@reading_options
@debug_option
def evaluate(
    model: Path, file: Path, target: str | None, delimiter: str | None, encoding: str | None
) -> None:
    """Score the model on FILE, whose rows have the target column too."""
    loaded = Model.load(model)
    target = target or loaded.target
    if not target:  # it was saved from Python, where labels have no name
        raise click.UsageError("The model does not know the name of its target: give --target.")
    columns, labels = read_known(file, target, delimiter, encoding)
    codes = codes_of(labels, loaded.classes, target)
    notes: list[str] = []
    P = loaded.predict_proba(columns, notes)
    say.notes(notes)
    scores = metrics.evaluate(codes, P, np.array(loaded.factors))
    where = f"{scores.n_rows:,} rows of {file.name}"
    show.scores(scores, loaded.classes.tolist(), where, _metric_of(loaded.info))


def _metric_of(info: dict[str, Any]) -> str:
    """What a model's answers are to be good at, as its file tells; a file may tell anything."""
    settings = info.get("settings")
    metric = settings.get("metric") if isinstance(settings, dict) else None
    return metric if isinstance(metric, str) and metric in METRICS else "accuracy"
