"""Options of all commands that train models."""

import math
from typing import Any

import click

from ..decisions.thresholds import METRICS
from ..ensemble.recipe import RECIPES
from .complete import complete_column
from .options import column_option

COST = click.FloatRange(0, math.inf, min_open=True, max_open=True)
_nets = ", ".join(f"{recipe.n_members} nets for {name}" for name, recipe in RECIPES.items())

target_option = click.option(
    "--target",
    "-t",
    required=True,
    shell_complete=complete_column,
    help="The column to predict.",
)

LEARNING = [
    click.option(
        "--quality",
        type=click.Choice(list(RECIPES)),
        default="balanced",
        show_default=True,
        help=f"How much work to put in: {_nets}.",
    ),
    click.option(
        "--epochs",
        type=click.IntRange(min=1),
        metavar="N",
        help="Passes over the rows.  [default: by quality and rows]",
    ),
    column_option,
    click.option(
        "--metric",
        type=click.Choice(list(METRICS)),
        default="accuracy",
        show_default=True,
        help="What the answers are to be good at.",
    ),
    click.option(
        "--cost-fp",
        type=COST,
        metavar="COST",
        help="For two classes, the cost of answering the positive one wrongly; the answers are "
        "then those that cost least.  [default: 1, where --cost-fn is given]",
    ),
    click.option(
        "--cost-fn",
        type=COST,
        metavar="COST",
        help="The cost of missing the positive class.  [default: 1, where --cost-fp is given]",
    ),
    click.option(
        "--positive",
        "pos_label",
        metavar="CLASS",
        help="Which of two classes the costs and --metric f1 are about.  [default: the second in "
        "alphabetical order]",
    ),
    click.option(
        "--class-weight",
        type=click.Choice(["balanced"]),
        help="Let rare classes weigh as much as frequent ones.",
    ),
    click.option(
        "--seed",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        metavar="N",
        help="Seed of all that is random: the same seed gives the same model.",
    ),
    click.option(
        "--jobs",
        "-j",
        type=click.IntRange(min=1),
        metavar="N",
        help="Number of threads; the model does not depend on it.  [default: one for each core]",
    ),
]


def learning_options(command: Any) -> Any:
    """Add the options that a TabularClassifier depends on, in the order of ``LEARNING``."""
    for option in reversed(LEARNING):
        command = option(command)
    return command


def check_together(params: dict[str, Any]) -> None:
    """Refuse options that contradict each other; click has checked each of them alone."""
    from ..tabular.settings import check

    try:
        check(params)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
