"""``numlp evaluate``: how good a model is on rows whose class is known."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from ...common.stage import at
from ...common.wording import count
from ...explain.since_training import since_training
from ...metrics.evaluation import evaluate_blocks
from ...models import open_model, warn_of_cells
from .. import say, show
from ..by_group import ByGroup
from ..complete import complete_column
from ..data import check_by, grouping_of, read_known, target_of, target_option
from ..figures import LESS_IS_BETTER, MORE_IS_BETTER, Figures
from ..options import (
    FILE,
    Reading,
    debug_option,
    files_argument,
    known_missing_option,
    known_target_option,
    missing_as_options,
    reading_options,
)
from ..outputs import check_stdout
from ..progress import Progress
from ..sources import expanded, named, told
from ..typed import typed

NOT_REACHED = 7  # exit code: a figure is not as good as was asked
Bounds = dict[str, float]
Block = tuple[slice, NDArray[Any]]  # rows, and their probabilities


def _bounds(
    names: tuple[str, ...],
) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], Bounds]:
    """Make a reader that turns every ``METRIC=VALUE`` of an option into an entry of a dict."""

    def read(_: click.Context, param: click.Parameter, values: tuple[str, ...]) -> Bounds:
        bounds = {}
        for value in values:
            name, _equals, number = value.partition("=")
            try:
                bounds[name] = float(number)
            except ValueError:
                bounds[name] = math.nan
            if name not in names or not math.isfinite(bounds[name]):
                raise click.BadParameter(
                    f"{value!r} is not METRIC=NUMBER, where METRIC is {_either(names)}",
                    param=param,
                )
        return bounds

    return read


def _either(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


@click.command()
@click.argument("model", type=FILE)
@files_argument
@known_target_option
@known_missing_option
@click.option(
    "--by",
    shell_complete=complete_column,
    metavar="COLUMN",
    help="The figures of each group of rows too: by the words of this column, or by ranges of its "
    "numbers or dates.  It need not be one that the model learned from.",
)
@click.option("--json", "as_json", is_flag=True, help="All figures and intervals, as JSON.")
@click.option(
    "--fail-under",
    multiple=True,
    callback=_bounds(MORE_IS_BETTER),
    metavar="METRIC=NUMBER",
    help=f"End with exit code {NOT_REACHED} where METRIC is less: {_either(MORE_IS_BETTER)}.  "
    "Repeatable.",
)
@click.option(
    "--fail-over",
    multiple=True,
    callback=_bounds(LESS_IS_BETTER),
    metavar="METRIC=NUMBER",
    help=f"The same where METRIC is more: {_either(LESS_IS_BETTER)}.  Repeatable.",
)
@reading_options
@debug_option
def evaluate(
    model: Path,
    files: tuple[Path, ...],
    target: str | None,
    missing: tuple[str, ...],
    by: str | None,
    as_json: bool,
    fail_under: Bounds,
    fail_over: Bounds,
    reading: Reading,
) -> int:
    """Score MODEL on FILE, whose rows have the target column too.

    \b
    numlp evaluate animals.numlp more.csv
    numlp evaluate animals.numlp 'day-*.csv' --json > scores.json
    numlp evaluate animals.numlp more.csv --by keeper
    numlp evaluate animals.numlp more.csv --fail-under accuracy=0.8

    Every figure has its 95% interval, and what training found on rows held out stands beside it.
    Give rows that the model did not learn from.
    """  # noqa: D301 - the backslash marks lines that click must not wrap
    check_stdout({"the model": [model], "a table to read": expanded(files)})
    loaded = open_model(model)
    loaded.check_single_label("evaluate")
    target = target_of(loaded, target)
    if "mean_cost" in fail_over and loaded.aim.costs is None:
        raise click.UsageError("mean_cost: the model was trained without --cost-fp and --cost-fn.")
    with Progress(trains=False):
        columns, y, _ = read_known(files, target, reading, loaded, missing)
        if by is not None:
            check_by(files, by, columns.names, target)
        notes: list[str] = []
        matrix = loaded.encode(columns, notes)
        blocks = loaded.probability_blocks(matrix)
        warn_of_cells(notes)
        factors, n_classes = np.array(loaded.factors), len(loaded.classes)
        telling = _telling(blocks, len(y))
        scores = evaluate_blocks(y, telling, n_classes, factors, loaded.aim)
        since = since_training(loaded, scores, matrix, notes)
        at("finding the intervals")
        found = Figures(scores, loaded, since)
        groups = None if by is None else ByGroup(found, by, grouping_of(columns, by, loaded))
    if as_json:
        about = {"model": str(model), "file": told(files), "target": target}
        told_of_groups = {} if groups is None else {"by": groups.document()}
        click.echo(found.as_json({**about, **told_of_groups}))
    else:
        asked = [*target_option(loaded, target), *missing_as_options(missing)]
        following = typed("report", model, *files, *asked, *reading.options())
        where = f"{count(len(y), 'row')} of {named(files)}"
        by_group = () if groups is None else ("", *groups.lines())
        show.evaluated(found, where, following, by_group)
    missed = _missed(found, fail_under, fail_over)
    say.notes(missed)
    return NOT_REACHED if missed else 0


def _telling(blocks: Iterator[Block], n_rows: int) -> Iterator[Block]:
    """The blocks; before each it is told how many rows are done."""
    for rows, P in blocks:
        at("answering row", rows.start, n_rows)
        yield rows, P


def _missed(found: Figures, under: Bounds, over: Bounds) -> list[str]:
    """A line for each figure that is not as good as was asked, or that these rows cannot give."""
    missed = []
    for bounds, word, sign in ((under, "under", 1), (over, "over", -1)):
        for name, bound in bounds.items():
            value = found.value(name)
            if math.isnan(value):
                missed.append(f"{name} has no value on these rows, and {bound:g} was asked for")
            elif sign * value < sign * bound:
                missed.append(f"{name} is {value:.6g}, {word} {bound:g}")
    return missed
