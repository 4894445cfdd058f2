"""Notes and faults on stderr, each in one line."""

import contextlib
import sys
from collections.abc import Sequence

import click

from ..common.wording import guesses, printable


def note(text: str) -> None:
    """Write one line to stderr; a terminal that was closed does not stop the command."""
    with contextlib.suppress(OSError):
        click.echo(f"numlp: {printable(text)}", err=True)


def notes(texts: Sequence[str]) -> None:
    """Write each text to stderr, in a line of its own."""
    for text in texts:
        note(text)


def clear_line() -> None:
    """Clear a live line on a terminal, whose cursor it may have hidden."""
    with contextlib.suppress(OSError):
        if sys.stderr.isatty():
            click.echo("\r\x1b[2K\x1b[?25h", err=True, nl=False)


def next_command(command: str) -> None:
    """Name the next useful command on stderr, for commands that write data to stdout."""
    note(f"next: {command}")


def interrupted(what: str = "") -> None:
    """Write that the command was interrupted, and what is there to be said of that."""
    note(f"interrupted; {what or 'nothing was written'}")


def fault(error: BaseException) -> None:
    """Write one line that says what went wrong."""
    if isinstance(error, KeyboardInterrupt | click.Abort):
        interrupted(str(error.__cause__ or ""))  # of click's Abort
    elif isinstance(error, click.UsageError):
        if isinstance(error, click.NoSuchOption) and error.ctx is not None:
            options = [name for param in error.ctx.command.params for name in param.opts]
            near = guesses(error.option_name, (name for name in options if name.startswith("--")))
            # click's own guesses are often wrong
            error = click.NoSuchOption(error.option_name, possibilities=near, ctx=error.ctx)
        where = "numlp" if error.ctx is None else error.ctx.command_path
        what = error.format_message().rstrip(".")
        if (
            isinstance(error, click.MissingParameter)
            and error.param
            and error.param.name == "target"
        ):
            what += ", the column to predict: 'numlp check FILE' names columns that could be"
        note(f"{what}{'' if what.endswith('?') else '.'} See '{where} --help'.")
    elif isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        note(f"{where}{error.strerror}")
    else:
        note(str(error))
