"""The commands, and the exit codes of their faults.

=====  ==============================================
code   meaning
=====  ==============================================
0      done
2      the command was used wrongly
3      the data cannot be read, learned or predicted
4      the model file or checkpoint is damaged, none, or of another run
5      reading or writing failed
6      training diverged
130    interrupted
=====  ==============================================
"""

import csv
import math
import os
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

import click
import numpy as np

from .. import __version__, metrics
from ..atomic import remove_leftovers
from ..decision import METRICS
from ..errors import CheckpointError, DataError, DivergenceError, ModelFileError
from ..guess import KINDS
from ..recipe import RECIPES
from . import interrupt, show

EXIT_CODES: list[tuple[type[BaseException], int]] = [
    (click.UsageError, 2),
    (DivergenceError, 6),
    (ModelFileError, 4),
    (CheckpointError, 4),
    (DataError, 3),
    (OSError, 5),
    (KeyboardInterrupt, 130),
    (click.Abort, 130),
]


def run(arguments: list[str]) -> int:
    """Run one command line; return its exit code.  A fault is one line on stderr."""
    options = {"debug": False, "arguments": arguments}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", UserWarning)
            warnings.showwarning = lambda message, *_: show.note(f"warning: {message}")
            # click's own handling is off, so that every fault passes here.
            code = cli.main(arguments, prog_name="numlp", standalone_mode=False, obj=options)
        sys.stdout.flush()
    # The reader, such as `head`, has had enough; SystemExit is what click makes of it.
    except (BrokenPipeError, SystemExit):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except (Exception, KeyboardInterrupt) as error:
        found = [code for kind, code in EXIT_CODES if isinstance(error, kind)]
        if options["debug"] or not found:
            traceback.print_exc()
            return found[0] if found else 1
        show.fault(error)
        return found[0]
    return code if isinstance(code, int) else 0


def _set_debug(context: click.Context, _: click.Parameter, value: bool) -> None:
    context.obj["debug"] = value


debug_option = click.option(
    "--debug",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_set_debug,
    help="Show the traceback of an error.",
)
FILE = click.Path(path_type=Path)


def _reading_options(command: Any) -> Any:
    command = click.option("--encoding", help="The file's encoding; UTF-8 by default.")(command)
    return click.option("--delimiter", help="What stands between columns; found by default.")(
        command
    )


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", "-V", message="numlp %(version)s")
def cli() -> None:
    """Learn to classify the rows of a table with a neural net.

    \b
    numlp train animals.csv --target species     learn; writes animals.numlp
    numlp evaluate animals.numlp more.csv        how good is it on other rows?
    numlp predict animals.numlp new.csv          a class for each row, as CSV
    numlp inspect animals.numlp                  what is in the file; nothing in it is run

    Exit codes: 0 done, 2 wrong usage, 3 data, 4 model file, 5 reading or writing, 6 diverged,
    130 interrupted.
    """  # noqa: D301 - the backslash marks lines that click must not wrap


_nets = ", ".join(f"{recipe.n_members} nets for {name}" for name, recipe in RECIPES.items())


def _kinds(_: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """``NAME=KIND``, again and again, as a dict; a name may hold a "=" itself."""
    kinds = {}
    for value in values:
        name, _equals, kind = value.rpartition("=")
        if not name or kind not in KINDS:
            allowed = f"{', '.join(KINDS[:-1])} or {KINDS[-1]}"
            raise click.BadParameter(
                f"{value!r} is not NAME=KIND, where KIND is {allowed}", param=param
            )
        kinds[name] = kind
    return kinds


def _seconds(_: click.Context, param: click.Parameter, value: float | None) -> float | None:
    if value is not None and not 0 < value < math.inf:
        raise click.BadParameter(f"{value:g} is not a number of seconds above 0", param=param)
    return value


@cli.command(short_help="Learn to predict a column of a table.")
@click.argument("file", type=FILE)
@click.option("--target", "-t", required=True, help="The column to predict.")
@click.option("--output", "-o", type=FILE, help="The model file.  [default: FILE's name.numlp]")
@click.option(
    "--quality",
    type=click.Choice(list(RECIPES)),
    default="balanced",
    show_default=True,
    help=f"How much work to put in: {_nets}.",
)
@click.option(
    "--time-limit",
    type=float,
    callback=_seconds,
    metavar="SECONDS",
    help="Most time to train for; the model then depends on the machine.",
)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Passes over the rows.  [default: by quality and rows]",
)
@click.option(
    "--column",
    "kinds",
    multiple=True,
    callback=_kinds,
    metavar="NAME=KIND",
    help=f"What a column is, where the guess is wrong: KIND is {', '.join(KINDS)}.  Repeatable.",
)
@click.option(
    "--metric",
    type=click.Choice(list(METRICS)),
    default="accuracy",
    show_default=True,
    help="What the answers are to be good at.",
)
@click.option(
    "--class-weight",
    type=click.Choice(["balanced"]),
    help="Let rare classes weigh as much as frequent ones.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--jobs",
    "-j",
    type=click.IntRange(min=1),
    metavar="N",
    help="Threads; the model does not depend on it.  [default: one for each core]",
)
@click.option(
    "--checkpoint",
    type=FILE,
    metavar="FILE",
    help="Keep the state of the run in FILE; --resume goes on from it.  It is removed once the "
    "model is saved.",
)
@click.option(
    "--resume",
    type=FILE,
    metavar="FILE",
    help="Go on from the checkpoint FILE: same table, same settings, and the same model as if the "
    "run had never been stopped.",
)
@click.option(
    "--checkpoint-every",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Write it no more often; 0 is after every epoch.  [default: a tenth of the time]",
)
@click.option("--verbose", "-v", is_flag=True, help="List what each column was taken for, and why.")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@_reading_options
@debug_option
@click.pass_context
def train(
    context: click.Context,
    /,
    file: Path,
    target: str,
    output: Path | None,
    kinds: dict[str, str],
    seed: int,
    jobs: int | None,
    checkpoint: Path | None,
    resume: Path | None,
    checkpoint_every: float | None,
    verbose: bool,
    quiet: bool,
    delimiter: str | None,
    encoding: str | None,
    **settings: Any,
) -> None:
    """Learn to predict the TARGET column of FILE, a CSV, Parquet or JSON table.

    Several nets learn, each without a part of the rows; on those parts it is chosen how to mix
    the nets, and measured how good the model is.  Rows whose TARGET is blank are left out.
    """
    with interrupt.to_go_on(resume or checkpoint, context.obj["arguments"]):
        from ..tabular import TabularClassifier
        from .data import check_asked, check_writable, read_labelled, warn_of_numbers
        from .progress import Progress

        output = output or Path(f"{file.stem}.numlp")
        check_writable(output, "-o")
        checkpoint = _checkpoint(checkpoint, resume)
        columns, labels = read_labelled(file, target, delimiter, encoding)
        check_asked(file, kinds, columns, target)
        warn_of_numbers(labels, target)
        if settings["epochs"] is None:
            settings["epochs"] = "auto"
        clf = TabularClassifier(random_state=seed, n_jobs=jobs, **settings)
        with (
            Progress(quiet=quiet) as progress,
            interrupt.Interrupt(checkpoint).listening() as asked,
        ):
            clf.set_params(callbacks=[progress.update, asked.update])
            clf.fit(
                columns,
                labels,
                columns=kinds,
                checkpoint=checkpoint,
                checkpoint_every=checkpoint_every,
            )
            seconds = progress.seconds
        remove_leftovers(output)
        clf.model_.target = target
        clf.save(output)
        if checkpoint is not None:
            checkpoint.unlink(missing_ok=True)
    show.trained(clf, len(labels), seconds, output, verbose=verbose)


def _checkpoint(checkpoint: Path | None, resume: Path | None) -> Path | None:
    """The file for the state of the run; a new one, unless it is to be gone on from."""
    from .data import check_writable

    if resume is not None:
        if checkpoint not in (None, resume):
            raise click.UsageError("--resume writes its file too: leave --checkpoint out.")
        if not resume.exists():
            raise FileNotFoundError(f"there is no checkpoint {resume}: start with --checkpoint")
    elif checkpoint is not None:
        check_writable(checkpoint, "--checkpoint")
        if checkpoint.exists():
            raise click.UsageError(
                f"{checkpoint} is there already: go on from it with --resume, or remove it."
            )
    return resume or checkpoint


@cli.command(short_help="Predict a class for each row.")
@click.argument("model", type=FILE)
@click.argument("file", type=FILE)
@click.option("--proba", is_flag=True, help="Add the probability of each class.")
@click.option(
    "--raw",
    is_flag=True,
    help="Write text that a spreadsheet would run, such as =1+1, without an apostrophe before it.",
)
@_reading_options
@debug_option
def predict(
    model: Path, file: Path, proba: bool, raw: bool, delimiter: str | None, encoding: str | None
) -> None:
    """Predict the class of each row of FILE; writes CSV to standard output.

    The columns are found by name, in any order; others are ignored.
    """
    from .. import files
    from ..model import Model

    loaded = Model.load(model)
    sheet = files.read(file, delimiter=delimiter, encoding=encoding)
    notes = [*sheet.notes]
    P = loaded.predict_proba(sheet.columns, notes)
    show.notes(notes)
    spelled = [label if raw else show.no_formula(label) for label in loaded.classes.tolist()]
    target = loaded.target or "prediction"
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(
        [target if raw else show.no_formula(target)]
        + [f"proba_{label}" for label in loaded.classes.tolist()] * proba
    )
    for code, row in zip(loaded.decide(P).tolist(), P.tolist(), strict=True):
        writer.writerow([spelled[code]] + [f"{p:.6g}" for p in row] * proba)


@cli.command(short_help="Score a model on rows whose class is known.")
@click.argument("model", type=FILE)
@click.argument("file", type=FILE)
@click.option(
    "--target", "-t", help="The column with the classes.  [default: the one trained to predict]"
)
@_reading_options
@debug_option
def evaluate(
    model: Path, file: Path, target: str | None, delimiter: str | None, encoding: str | None
) -> None:
    """Score the model on FILE, whose rows have the target column too."""
    from ..model import Model
    from .data import codes_of, read_known

    loaded = Model.load(model)
    target = target or loaded.target
    if not target:  # it was saved from Python, where labels have no name
        raise click.UsageError("The model does not know the name of its target: give --target.")
    columns, labels = read_known(file, target, delimiter, encoding)
    codes = codes_of(labels, loaded.classes, target)
    notes: list[str] = []
    P = loaded.predict_proba(columns, notes)
    show.notes(notes)
    scores = metrics.evaluate(codes, P, np.array(loaded.factors))
    where = f"{scores.n_rows:,} rows of {file.name}"
    show.scores(scores, loaded.classes.tolist(), where, _metric_of(loaded.info))


@cli.command(short_help="Show what a model file or a checkpoint holds.")
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@debug_option
def inspect(file: Path, as_json: bool) -> None:
    """Show what FILE, a model or a checkpoint, is and holds.

    Its checksum and its sizes are verified first.  Nothing in it is run.
    """
    from . import facts

    found = facts.of(file)
    click.echo(facts.as_json(found) if as_json else facts.as_text(found))


def _metric_of(info: dict[str, Any]) -> str:
    """What a model's answers are to be good at, as its file tells; a file may tell anything."""
    settings = info.get("settings")
    metric = settings.get("metric") if isinstance(settings, dict) else None
    return metric if isinstance(metric, str) and metric in METRICS else "accuracy"
