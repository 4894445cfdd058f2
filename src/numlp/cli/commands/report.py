"""``numlp report``: a page on how good a model is, on rows whose class is known."""

from pathlib import Path

import click

from ...common.wording import count
from ...models import open_model
from ...report import write_report
from ...storage.whole_file import remove_leftovers
from .. import show
from ..data import read_known, target_of
from ..options import (
    FILE,
    Reading,
    debug_option,
    files_argument,
    known_missing_option,
    known_target_option,
    reading_options,
)
from ..outputs import PAGE, check_output, say_written
from ..progress import Progress
from ..sources import expanded, named


@click.command()
@click.argument("model", type=FILE)
@files_argument
@click.option(
    "--output",
    "-o",
    type=FILE,
    default="report.html",
    show_default=True,
    help="The page, one file of HTML.",
)
@known_target_option
@known_missing_option
@reading_options
@debug_option
def report(
    model: Path,
    files: tuple[Path, ...],
    output: Path,
    target: str | None,
    missing: tuple[str, ...],
    reading: Reading,
) -> None:
    """Write a page on how MODEL does on FILE, whose rows have the target column too.

    \b
    numlp report animals.numlp more.csv
    numlp report animals.numlp more.csv -o animals.html

    Give rows that the model did not learn from.  The page has no scripts, asks for
    nothing from anywhere, and may be sent and printed; it shows cells of the rows that are
    answered wrong.
    """  # noqa: D301 - the backslash marks lines that click must not wrap
    check_output(output, "-o", {"the model": [model], "a table to read": expanded(files)}, PAGE)
    loaded = open_model(model)
    loaded.check_single_label("report")
    target = target_of(loaded, target)
    with Progress(trains=False):
        columns, y, numbers = read_known(files, target, reading, loaded, missing)
        remove_leftovers(output)
        write_report(
            loaded,
            columns,
            loaded.classes[y],
            output,
            files={"model": model, **({"table": files[0]} if _is_one(files) else {})},
            target=target,
            numbers=numbers,
        )
    say_written(output)
    show.written(output, f"{count(len(y), 'row')} of {named(files)}")


def _is_one(files: tuple[Path, ...]) -> bool:
    """Whether the files are a single one given by name, not a pattern or standard input."""
    return len(files) == 1 and files[0].is_file()
