"""``numlp predict``: a class for each row."""

import csv
import sys
from pathlib import Path

import click

from ... import files
from ...model import Model
from .. import say, show
from ..options import FILE, debug_option, reading_options


@click.command()
@click.argument("model", type=FILE)
@click.argument("file", type=FILE)
@click.option("--proba", is_flag=True, help="Add the probability of each class.")
@click.option(
    "--raw",
    is_flag=True,
    help="Write text that a spreadsheet would run, such as =1+1, without an apostrophe before it.",
)
@reading_options
@debug_option
def predict(
    model: Path, file: Path, proba: bool, raw: bool, delimiter: str | None, encoding: str | None
) -> None:
    """Predict the class of each row of FILE; writes CSV to standard output.

    The columns are found by name, in any order; others are ignored.
    """
    loaded = Model.load(model)
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
    )
    for code, row in zip(loaded.decide(P).tolist(), P.tolist(), strict=True):
        writer.writerow([spelled[code]] + [f"{p:.6g}" for p in row] * proba)
