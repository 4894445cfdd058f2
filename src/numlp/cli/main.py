"""The command line as a whole: its commands, and the exit codes.

=====  ==========================================================================
code   meaning
=====  ==========================================================================
0      done
2      the command was used wrongly
3      the data cannot be read, learned or predicted, or takes more memory than there is
4      the file is damaged, not a model or checkpoint, or of another run
5      reading or writing failed
6      training diverged
7      evaluate: a figure is not as good as was asked
8      --cluster: it has no workers, was lost, or a task failed there for good
130    interrupted
=====  ==========================================================================
"""

import gc
import importlib
import os
import sys
import time
import traceback
import warnings
from typing import Any

import click
from click.shell_completion import CompletionItem

from ..common.wording import guesses
from ..version import __version__
from . import interrupt, say
from .typed import typed

# The commands in the order of their use, and what each is for.  The module of a command is imported
# when it is called, since help and completion should not wait for NumPy.
COMMANDS = {
    "check": "Look at a table: columns, faults, and what training would do.",
    "train": "Learn to predict a column of a table.",
    "evaluate": "Score a model on rows whose class is known.",
    "report": "Write a page on how good a model is.",
    "explain": "Show which columns matter, or what one answer rests on.",
    "predict": "Predict a class for each row.",
    "cv": "Cross-validate: how good are models of this table, and how sure is that?",
    "tune": "Search for better settings in a given time, and train with them.",
    "play": "Open a page on which a net learns before your eyes.",
    "inspect": "Show what a model file or a checkpoint holds.",
    "export": "Write a model as ONNX, for programs without numlp.",
    "completion": "Print a script with which bash, zsh or fish complete commands.",
}


def run(arguments: list[str]) -> int:
    """Run one command line; return its exit code.  A fault is one line on stderr."""
    began, asked = time.monotonic(), interrupt.Interrupt()
    options = {"debug": False, "arguments": arguments, "interrupt": asked, "began": began}
    try:
        with asked.listening(), say.cleaned_terminal(), warnings.catch_warnings():
            warnings.simplefilter("always", UserWarning)
            warnings.showwarning = lambda message, *_: say.note(f"warning: {message}")
            # click's own handling is off, so that every fault passes here.
            code = cli.main(arguments, prog_name="numlp", standalone_mode=False, obj=options)
        sys.stdout.flush()
    # The reader, such as `head`, was closed; click turns that into a SystemExit.
    except (BrokenPipeError, SystemExit):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except (Exception, KeyboardInterrupt) as error:
        found = exit_code(error)
        if options["debug"] or found is None:
            say.trace(traceback.format_exc())
        else:
            say.fault(error)
        return 1 if found is None else found
    return code if isinstance(code, int) else 0


def exit_code(error: BaseException) -> int | None:
    """The exit code of a fault; None for any other error, which is a defect of the program."""
    codes: list[tuple[type[BaseException], int]] = [
        (click.UsageError, 2),
        (OSError, 5),
        (KeyboardInterrupt, 130),
        (click.Abort, 130),
    ]
    if say.is_lack_of_memory(error):
        return 3
    if isinstance(error, RuntimeError):
        from ..errors import ClusterError

        codes.append((ClusterError, 8))
    if isinstance(error, ValueError):
        # Not before: an interrupt may have come while NumPy, which these need, was being imported.
        from ..errors import CheckpointError, DataError, ModelFileError
        from ..nn import DivergenceError

        codes = [(DivergenceError, 6), (ModelFileError, 4), (CheckpointError, 4), (DataError, 3)]
    return next((code for kind, code in codes if isinstance(error, kind)), None)


class Commands(click.Group):
    """The commands of ``COMMANDS``, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f".commands.{cmd_name}", __package__)
        if not gc.isenabled():  # as ``start`` has left it: what there is now is never garbage
            gc.freeze()
            gc.enable()
        command: click.Command = getattr(module, cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:  # of which click would make an empty line
            asked: interrupt.Interrupt = ctx.obj["interrupt"]
            raise click.Abort from KeyboardInterrupt(str(error) or asked.told)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is asked for, or an error that says what may have been meant."""
        if args[0] in COMMANDS or args[0].startswith("-"):
            return super().resolve_command(ctx, args)
        near = guesses(args[0], COMMANDS)
        meant = f"numlp {near[0]}" if near else ""
        if os.path.exists(args[0]):  # noqa: PTH110 - pathlib takes its time
            meant = typed("check", args[0])
        hint = f": did you mean {meant!r}?" * bool(meant)
        raise click.UsageError(f"There is no command {args[0]!r}{hint}", ctx)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands, which are not imported for it, or the options."""
        found = [CompletionItem(n, help=h) for n, h in COMMANDS.items() if n.startswith(incomplete)]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def all_commands() -> dict[str, click.Command]:
    """Every command by its name."""
    context = click.Context(cli)
    found = {name: cli.get_command(context, name) for name in COMMANDS}
    return {name: command for name, command in found.items() if command is not None}


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", "-V", message="numlp %(version)s")
def cli() -> None:
    """Learn to classify the rows of a table with a neural net.

    \b
    numlp check animals.csv                      what is in it? what could be predicted?
    numlp train animals.csv --target species     learn; writes animals.numlp
    numlp evaluate animals.numlp more.csv        how good is it on other rows?
    numlp report animals.numlp more.csv          the same as a page, with charts
    numlp explain animals.numlp more.csv         which columns matter?
    numlp predict animals.numlp new.csv          a class for each row, as CSV

    Start with check: every command ends with the next one to type.  `numlp COMMAND --help` has
    examples.  FILE is CSV, TSV, Parquet, JSON lines or an Excel workbook, a pattern such as
    'day-*.csv', or - for standard input.

    Exit codes: 0 done, 2 wrong usage, 3 data, 4 model file, 5 reading or writing, 6 diverged,
    7 evaluate --fail-under, 8 --cluster, 130 interrupted.
    """  # noqa: D301 - the backslash marks lines that click must not wrap
