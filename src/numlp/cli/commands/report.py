"""``numlp report``: a page on how good a model is, on rows whose class is known."""

from pathlib import Path

import click

from ...atomic import remove_leftovers
from ...model import Model
from ...report import write_report
from .. import say, show
from ..data import check_writable, codes_of, read_numbered
from ..options import FILE, debug_option, reading_options


@click.command()
@click.argument("model", type=FILE)
@click.argument("file", type=FILE)
@click.option(
    "--output",
    "-o",
    type=FILE,
    default="report.html",
    show_default=True,
    help="The page, one file of HTML.",
)
@click.option(
    "--target", "-t", help="The column with the classes.  [default: the one trained to predict]"
)
@reading_options
@debug_option
def report(
    model: Path,
    file: Path,
    output: Path,
    target: str | None,
    delimiter: str | None,
    encoding: str | None,
) -> None:
    """Write a page on how MODEL does on FILE, whose rows have the target column too.

    It is best of rows that the model did not learn from.  The page has no scripts, asks for
    nothing from anywhere, and may be sent and printed; it shows cells of the rows that are
    answered wrong.
    """
    loaded = Model.load(model)
    target = target or loaded.target
    if not target:  # it was saved from Python, where labels have no name
        raise click.UsageError("The model does not know the name of its target: give --target.")
    check_writable(output, "-o")
    columns, labels, numbers = read_numbered(file, target, delimiter, encoding)
    codes = codes_of(labels, loaded.classes, target)
    say.note("shuffling each column to see what it is worth")
    remove_leftovers(output)
    write_report(
        loaded,
        columns,
        loaded.classes[codes],
        output,
        files={"model": model, "table": file},
        target=target,
        numbers=numbers,
    )
    show.written(output, f"{len(codes):,} rows of {file.name}")
