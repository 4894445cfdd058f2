"""What the commands say on stderr: notes and faults, each in one line."""

import contextlib
from collections.abc import Sequence

import click

from ..common.wording import printable


def note(text: str) -> None:
    """One line on stderr; a terminal that has gone away is no reason to stop."""
    with contextlib.suppress(OSError):
        click.echo(f"numlp: {printable(text)}", err=True)


def notes(texts: Sequence[str]) -> None:
    """A line on stderr for each."""
    for text in texts:
        note(text)


def next_command(command: str) -> None:
    """Name the next useful command, where stdout has data."""
    note(f"next: {command}")


def fault(error: BaseException) -> None:
    """The one line that says what went wrong."""
    if isinstance(error, KeyboardInterrupt | click.Abort):
        reason = str(error.__cause__ or "")  # of click's Abort, which hides the KeyboardInterrupt
        note(f"interrupted; {reason or 'nothing was written'}")
    elif isinstance(error, click.UsageError):
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
