"""Notes and faults on stderr, each in one line; and what a terminal is shown."""

import contextlib
import errno
import sys
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

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


def how_read(texts: Sequence[str]) -> None:
    """Write how a table was read, in one line; each warning has its own."""
    warnings = [text for text in texts if text.startswith("warning: ")]
    notes(warnings)
    if told := "; ".join(text for text in texts if text not in warnings):
        note(f"the table was read so: {told}")


def clear_line() -> None:
    """Clear a live line on a terminal, whose cursor it may have hidden."""
    with contextlib.suppress(OSError):
        if sys.stderr.isatty():
            click.echo("\r\x1b[2K\x1b[?25h", err=True, nl=False)


def next_command(command: str) -> None:
    """Name the next useful command on stderr, for commands that write data to stdout."""
    note(f"next: {command}")


class Cleaned:
    """A stream to a terminal that leaves out the control characters of what is written to it.

    Names, labels and cells come out of files: an escape sequence among them could steer the
    terminal.  Ends of lines stay.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text without its control characters."""
        if not isinstance(text, str):  # by this click tells that the stream is one of text
            raise TypeError(f"write needs text, not {type(text).__name__}")
        self._stream.write("".join(c for c in text if c == "\n" or c.isprintable()))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def cleaned_terminal() -> Iterator[None]:
    """Have standard output cleaned where it is a terminal; a pipe or a file gets it as it is."""
    stream = sys.stdout
    if stream is None or not stream.isatty():
        yield
        return
    with contextlib.redirect_stdout(Cleaned(stream)):
        yield


def trace(text: str) -> None:
    """Write a traceback to stderr, in which a message may quote a file, without what could harm."""
    with contextlib.suppress(OSError):
        Cleaned(sys.stderr).write(text.expandtabs())


def is_lack_of_memory(error: BaseException) -> bool:
    """Whether an error says that there is no memory left, in whichever thread it came up.

    NumPy and Python raise a MemoryError, the system ENOMEM, or no thread can be started; duckdb
    fetches columns of a large table when they are asked for, and has an error of its own.
    """
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    duckdb = sys.modules.get("duckdb")
    of_duckdb = duckdb is not None and isinstance(error, duckdb.OutOfMemoryException)
    no_thread = isinstance(error, RuntimeError) and "can't start new thread" in str(error)
    return isinstance(error, MemoryError) or of_duckdb or no_thread


def interrupted(what: str = "") -> None:
    """Write that the command was interrupted, and what is there to be said of that."""
    note(f"interrupted; {what or 'nothing was written'}")


def fault(error: BaseException) -> None:
    """Write one line that says what went wrong."""
    if is_lack_of_memory(error):
        what = str(error).partition("\n")[0].rstrip(".")
        told = f" ({what})" * bool(what)
        note(
            f"not enough memory{told}: close other programs, give fewer rows or columns, or, in "
            "training, --jobs 1 or --quality fast"
        )
        return
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
