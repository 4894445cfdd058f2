"""``numlp train``: learn to predict a column of a table."""

import math
from pathlib import Path
from typing import Any

import click

from ...atomic import remove_leftovers
from ...decision import METRICS
from ...guess import KINDS
from ...recipe import RECIPES
from .. import interrupt, show
from ..memory import give_back_large_arrays
from ..options import FILE, debug_option, reading_options

COST = click.FloatRange(0, math.inf, min_open=True, max_open=True)
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


@click.command()
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
    "--cost-fp",
    type=COST,
    metavar="COST",
    help="Of two classes, what it costs to answer the positive one wrongly; answers are then those "
    "that cost least.  [default: 1, where --cost-fn is given]",
)
@click.option(
    "--cost-fn",
    type=COST,
    metavar="COST",
    help="What it costs to miss the positive class.  [default: 1, where --cost-fp is given]",
)
@click.option(
    "--positive",
    "pos_label",
    metavar="CLASS",
    help="The one of two classes that the costs and --metric f1 are about.  [default: the second "
    "in the order of the alphabet]",
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
@reading_options
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
        from ...tabular import TabularClassifier
        from ..data import check_asked, check_writable, read_labelled, warn_of_numbers
        from ..progress import Progress

        give_back_large_arrays()
        if settings["epochs"] is None:
            settings["epochs"] = "auto"
        clf = TabularClassifier(random_state=seed, n_jobs=jobs, **settings)
        _check_together(clf.get_params())
        output = output or Path(f"{file.stem}.numlp")
        check_writable(output, "-o")
        checkpoint = _checkpoint(checkpoint, resume)
        columns, labels = read_labelled(file, target, delimiter, encoding)
        check_asked(file, kinds, columns, target)
        warn_of_numbers(labels, target)
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
    show.trained(clf, len(labels.codes), seconds, output, verbose=verbose)


def _check_together(params: dict[str, Any]) -> None:
    """Refuse options that say the same twice; each alone click has looked at."""
    from ...tabular_settings import check

    try:
        check(params)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _checkpoint(checkpoint: Path | None, resume: Path | None) -> Path | None:
    """The file for the state of the run; a new one, unless it is to be gone on from."""
    from ..data import check_writable

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
