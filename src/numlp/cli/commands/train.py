"""``numlp train``: learn to predict a column of a table."""

import contextlib
import math
from pathlib import Path
from typing import Any

import click

from ...storage.whole_file import remove_leftovers
from .. import interrupt
from ..clustered import cluster_option, refuse_on_cluster
from ..config import config_option
from ..learning import (
    Cut,
    as_given,
    check_together,
    learning_options,
    target_option,
)
from ..memory import give_back_large_arrays
from ..options import FILE, Reading, debug_option, files_argument, quiet_option, reading_options
from ..progress import Progress


def _seconds(_: click.Context, param: click.Parameter, value: float | None) -> float | None:
    if value is not None and not 0 < value < math.inf:
        raise click.BadParameter(f"{value:g} is not a number of seconds above 0", param=param)
    return value


@click.command()
@files_argument
@target_option
@click.option("--output", "-o", type=FILE, help="The model file.  [default: FILE's name.numlp]")
@learning_options
@click.option(
    "--time-limit",
    type=float,
    callback=_seconds,
    metavar="SECONDS",
    help="Most time to train for; it may cost epochs or nets, and the report says so.",
)
@click.option(
    "--checkpoint",
    type=FILE,
    metavar="FILE",
    help="Keep the state of the run in FILE, for --resume.  It is removed once the model is saved.",
)
@click.option(
    "--resume",
    type=FILE,
    metavar="FILE",
    help="Resume the run of the checkpoint FILE, with the same table and the same options.  The "
    "model is the same as if the run had never been stopped.",
)
@click.option(
    "--checkpoint-every",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Least time between two writes of the checkpoint; 0 writes after every epoch.  [default: "
    "writing takes at most a tenth of the time]",
)
@cluster_option
@click.option("--verbose", "-v", is_flag=True, help="List what each column was taken for, and why.")
@quiet_option
@reading_options
@config_option
@debug_option
@click.pass_context
def train(
    context: click.Context,
    /,
    files: tuple[Path, ...],
    target: str,
    output: Path | None,
    kinds: dict[str, str],
    decimal: str | None,
    roles: dict[str, str],
    missing: tuple[str, ...],
    cut: Cut,
    seed: int,
    jobs: int | None,
    checkpoint: Path | None,
    resume: Path | None,
    checkpoint_every: float | None,
    cluster: str | None,
    verbose: bool,
    quiet: bool,
    reading: Reading,
    **settings: Any,
) -> None:
    """Learn to predict the TARGET column of FILE, a CSV, Parquet or JSON table.

    \b
    numlp train animals.csv --target species           writes animals.numlp
    numlp train animals.csv -t species --quality fast  a first look, in seconds
    numlp train 'day-*.csv' -t species -o pets.numlp   many files, one table
    numlp train animals.csv -t species --column zip=category --time-limit 600
    numlp train houses.csv -t price --bins 4           four ranges of a number
    numlp train 'part-*.parquet' -t species --cluster tcp://scheduler:8786

    Several nets learn, each without a part of the rows.  Those parts decide how to mix the nets,
    and measure how good the model is.  Rows whose TARGET is blank, or a word of --missing,
    are left out.  The report ends with the next command.
    """  # noqa: D301 - the backslash marks lines that click must not wrap
    arguments = context.obj["arguments"]
    if cluster is not None:
        refuse_on_cluster(context)
    with (
        interrupt.telling_how_to_resume(resume or checkpoint, arguments),
        Progress(quiet=quiet, began=context.obj["began"]) as progress,
        contextlib.ExitStack() as stack,
    ):
        from ...tabular.classifier import TabularClassifier
        from ..figures import Figures
        from ..outputs import MODEL, check_output, say_written
        from ..sources import expanded, model_name
        from ..taught import in_memory, on_cluster
        from ..trained import report_training

        give_back_large_arrays()
        check_together(settings)
        output = output or model_name(files)
        tables = {"a table to read": expanded(files)}
        run = {"the checkpoint": [checkpoint, resume]}
        replaced = check_output(output, "-o", {**tables, **run}, MODEL)
        checkpoint = _checkpoint(checkpoint, resume, tables)
        asked: interrupt.Interrupt = context.obj["interrupt"]
        if cluster is None:
            taught = in_memory(
                files, target, reading, cut, kinds, decimal, roles, missing, settings, jobs
            )
        else:
            taught = on_cluster(
                stack, cluster, files, target, cut, kinds, roles, missing, settings, quiet=quiet
            )
            progress.unit = asked.unit = "round"
        settings["pos_label"] = taught.positive
        callbacks = [progress.update, asked.update]
        clf = TabularClassifier(random_state=seed, n_jobs=jobs, callbacks=callbacks, **settings)
        if settings["time_limit"] is None:  # with one an epoch may visit fewer
            progress.rows = taught.n_rows if cluster is None else None
            progress.rows_of_all = taught.rows_of_all(clf)
        with asked.keeping(checkpoint, arguments), taught.naming:
            clf.fit(
                taught.X,
                taught.y,
                columns=kinds,
                decimal=decimal,
                **roles,
                checkpoint=checkpoint,
                checkpoint_every=checkpoint_every,
            )
        remove_leftovers(output)
        clf.model_.info["settings"] |= as_given(kinds, missing, reading, cut)
        clf.model_.ranges = taught.ranges
        clf.save(output)
        say_written(output)
        if checkpoint is not None:
            checkpoint.unlink(missing_ok=True)
        found = Figures(clf.validation_scores_, clf.model_)
    report_training(
        clf,
        taught.n_rows,
        found,
        progress,
        output,
        reading,
        arguments=arguments,
        split=taught.split,
        unnamed=clf.pos_label is None and taught.ranges is None,
        verbose=verbose,
        replaced=replaced,
    )


def _checkpoint(checkpoint: Path | None, resume: Path | None, tables: Any) -> Path | None:
    """The file for the state of the run: a new one, unless a run is to be resumed."""
    from ..outputs import check_output

    if resume is not None:
        if checkpoint not in (None, resume):
            raise click.UsageError(
                "--resume goes on writing its own file: leave --checkpoint out, or name that file."
            )
        if not resume.exists():
            raise FileNotFoundError(
                f"there is no checkpoint {resume}: start a run with --checkpoint"
            )
        check_output(resume, "--resume", tables)
    elif checkpoint is not None:
        check_output(checkpoint, "--checkpoint", tables)
        if checkpoint.exists():
            raise click.UsageError(
                f"{checkpoint} exists already: resume its run with --resume, or remove it."
            )
    return resume or checkpoint
