"""``numlp play``: a page on which a net learns before one's eyes."""

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import say
from ..complete import complete_column
from ..config import config_option
from ..learning import Cut, cut_options
from ..memory import give_back_large_arrays
from ..options import (
    FILE,
    Reading,
    column_option,
    debug_option,
    decimal_option,
    missing_option,
    reading_options,
)
from ..progress import Progress

if TYPE_CHECKING:
    from ...play.user_table import UserTable

NEEDS = ("starlette", "uvicorn", "websockets", "anyio", "h11")
NO_TARGET = (
    "Missing option '--target', the column to predict: 'numlp check FILE' names columns that could "
    "be."
)


@click.command()
@click.argument("files", metavar="[FILE]...", nargs=-1, type=FILE)
@click.option(
    "--target",
    "-t",
    shell_complete=complete_column,
    help="The column to predict, where FILE is given: its 2 to 5 classes are the colours.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    help="Where to listen; 0 takes any free port.  [default: 8765, or a free one if that is taken]",
)
@click.option("--no-browser", is_flag=True, help="Print the link, and open no browser.")
@missing_option
@column_option
@decimal_option
@cut_options
@reading_options
@config_option
@debug_option
def play(
    files: tuple[Path, ...],
    target: str | None,
    port: int | None,
    no_browser: bool,
    missing: tuple[str, ...],
    kinds: dict[str, str],
    decimal: str | None,
    cut: Cut,
    reading: Reading,
) -> None:
    """Open a page on which a net learns while you watch: toy data, or FILE.

    \b
    numlp play                               circles, spirals, points you draw
    numlp play animals.csv --target species  your own table
    numlp play --no-browser --port 8765      print the link alone

    The page shows the net, its weights, what each unit answers, and every number of a step.  The
    server is for this machine alone, and the link for you: it has a secret in it.  Ctrl-C ends it.
    """  # noqa: D301 - the backslash marks lines that click must not wrap
    give_back_large_arrays()
    _check_together(files, target, missing, kinds, decimal, cut, reading)
    try:
        from ...play.server import serve
    except ModuleNotFoundError as error:
        lacking = (error.name or "").partition(".")[0]
        if lacking not in NEEDS:
            raise
        raise click.UsageError(
            f"the playground needs {lacking}: pip install 'numlp[play]'"
        ) from error
    table = None
    if files and target is not None:
        table = _table(files, target, missing, kinds, decimal, cut, reading)

    def told(link: str) -> None:
        click.echo(link)
        say.note("the playground is open at this link, on this machine alone; Ctrl-C ends it")

    serve(port, table, None if no_browser else webbrowser.open, told)


def _check_together(
    files: tuple[Path, ...],
    target: str | None,
    missing: tuple[str, ...],
    kinds: dict[str, str],
    decimal: str | None,
    cut: Cut,
    reading: Reading,
) -> None:
    """Raise a UsageError for a file without a target, or for options of a file without one."""
    if files:
        if target is None:
            raise click.UsageError(NO_TARGET)
        return
    given = {"--target": target, "--missing": missing, "--column": kinds, "--decimal": decimal}
    options = [name for name, value in given.items() if value]
    options += [*cut.options(), *reading.options()]
    if options:
        raise click.UsageError(f"{options[0]} says something of a FILE, and none is given.")


def _table(
    files: tuple[Path, ...],
    target: str,
    missing: tuple[str, ...],
    kinds: dict[str, str],
    decimal: str | None,
    cut: Cut,
    reading: Reading,
) -> "UserTable":
    """The table of the files, as the page takes it."""
    from ...play.user_table import user_table
    from ..labelled import read_labelled
    from ..sources import named, told

    with Progress(trains=False):
        known = read_labelled(files, target, reading, cut, kinds, decimal, {}, missing)
        table = user_table(
            known.columns,
            known.labels,
            name=named(files),
            told=told(files),
            target=target,
            kinds=kinds,
            decimal=decimal,
        )
    if table.note:
        say.note(table.note)
    return table
