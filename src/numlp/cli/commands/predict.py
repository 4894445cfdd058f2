"""``numlp predict``: a class for each row."""

import csv
import json
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from ... import files
from ...conformal import prediction_sets
from ...decision import factors_of
from ...model import Model
from .. import say, show
from ..figures import aim_of_model
from ..options import FILE, debug_option, reading_options


def _share(_: click.Context, param: click.Parameter, value: float | None) -> float | None:
    if value is not None and not 0 < value < 1:
        raise click.BadParameter(f"{value:g} is not between 0 and 1", param=param)
    return value


@click.command()
@click.argument("model", type=FILE)
@click.argument("file", type=FILE)
@click.option("--proba", is_flag=True, help="Add the probability of each class.")
@click.option(
    "--threshold",
    type=float,
    callback=_share,
    metavar="P",
    help="Answer the positive one of two classes from this probability on.  [default: the model's]",
)
@click.option(
    "--coverage",
    type=float,
    callback=_share,
    metavar="SHARE",
    help="Add the classes that the row may have, likeliest first, as a JSON list: such lists have "
    "the true class in this share of rows.",
)
@click.option(
    "--raw",
    is_flag=True,
    help="Write text that a spreadsheet would run, such as =1+1, without an apostrophe before it.",
)
@reading_options
@debug_option
def predict(
    model: Path,
    file: Path,
    proba: bool,
    threshold: float | None,
    coverage: float | None,
    raw: bool,
    delimiter: str | None,
    encoding: str | None,
) -> None:
    """Predict the class of each row of FILE; writes CSV to standard output.

    The columns are found by name, in any order; others are ignored.
    """
    loaded = Model.load(model)
    if threshold is not None:
        _move_threshold(loaded, threshold)
    cut = None if coverage is None else _set_threshold(loaded, coverage)
    sheet = files.read(file, delimiter=delimiter, encoding=encoding)
    notes = [*sheet.notes]
    P = loaded.predict_proba(sheet.columns, notes)
    say.notes(notes)
    spelled = [label if raw else show.no_formula(label) for label in loaded.classes.tolist()]
    target = loaded.target or "prediction"
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(
        [target if raw else show.no_formula(target)]
        + [f"proba_{label}" for label in loaded.classes.tolist()] * proba
        + ["set"] * (cut is not None)
    )
    for code, row in zip(loaded.decide(P).tolist(), P, strict=True):
        writer.writerow(
            [spelled[code]]
            + [f"{p:.6g}" for p in row.tolist()] * proba
            + ([] if cut is None else [_spelled_set(row, cut, loaded.classes)])
        )


def _move_threshold(model: Model, threshold: float) -> None:
    """Let the model answer the positive class from another probability on."""
    if len(model.classes) != 2:
        raise click.UsageError(
            f"--threshold is for two classes, and this model tells {len(model.classes):,} apart."
        )
    model.factors = factors_of(threshold, aim_of_model(model).positive).tolist()


def _set_threshold(model: Model, coverage: float) -> float:
    """The probability from which on a class is in a set; told where it is 0."""
    cut = model.set_threshold(coverage)
    if not cut:
        say.note(
            "warning: each set has all classes: for this coverage too few rows were held out in "
            "training, or too many of them had a class that the model gave no probability"
        )
    return cut


def _spelled_set(p: NDArray[np.float64], cut: float, classes: NDArray[Any]) -> str:
    """The classes in the set of a row, likeliest first, as a JSON list.

    It begins with a bracket, so no spreadsheet takes it for a formula, and its quotes part labels
    whatever they hold.
    """
    there = np.flatnonzero(prediction_sets(p[None], cut)[0])
    order = there[np.argsort(-p[there], kind="stable")]
    return json.dumps(classes[order].tolist(), ensure_ascii=False)
