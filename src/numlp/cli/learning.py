"""Options of all commands that train models."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from click.core import ParameterSource

from ..data.objects import spell
from ..decisions.thresholds import AS_ARGUMENTS, METRICS, check_aim
from ..ensemble.recipe import RECIPES, SMALL_ROWS, recipe_for
from .complete import complete_column
from .options import (
    ROLE_OPTIONS,
    ROLES,
    Reading,
    added,
    column_option,
    decimal_option,
    gathered,
    kinds_as_options,
    missing_option,
    roles_given,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..data.quantity import Ranges

MOST_BINS = 100
_AS_OPTIONS = {name: f"--{name.replace('_', '-')} " for name in AS_ARGUMENTS} | {
    "pos_label": "--positive "
}
HELD_OUT_BY = {"groups", "time"}  # the roles that say which rows are held out
COST = click.FloatRange(0, math.inf, min_open=True, max_open=True)
_few = f"{recipe_for('fast', SMALL_ROWS - 1).n_members} small ones below {SMALL_ROWS:,} rows"
_nets = ", ".join(
    f"{recipe.n_members} nets for {name}" + (f" ({_few})" if name == "fast" else "")
    for name, recipe in RECIPES.items()
)

target_option = click.option(
    "--target",
    "-t",
    required=True,
    shell_complete=complete_column,
    help="The column to predict.",
)


class Cut(NamedTuple):
    """What a command is to do with a target of numbers.

    Attributes
    ----------
    bins : int or None
        How many ranges to make of them, with as many rows in each.
    above : float or None
        Where to part two ranges.
    as_classes : bool
        Whether each number, or date, is a class, however many there are.
    """

    bins: int | None = None
    above: float | None = None
    as_classes: bool = False

    @property
    def in_ranges(self) -> bool:
        """Whether the classes are ranges of numbers."""
        return self.bins is not None or self.above is not None

    def given(self) -> dict[str, Any]:
        """The options that are given, as a model file keeps them."""
        return {name: value for name, value in self._asdict().items() if value not in (None, False)}

    def options(self) -> list[str]:
        """The options that are given, as they are typed."""
        if self.bins is not None:
            return ["--bins", str(self.bins)]
        if self.above is not None:
            return ["--above", spell(self.above)]
        return ["--as-classes"] if self.as_classes else []


def cut_of(bins: int | None, above: float | None, as_classes: bool) -> Cut:
    """The three options together; a UsageError where they contradict each other."""
    cut = Cut(bins, above, as_classes)
    if len(cut.given()) > 1:
        raise click.UsageError("--bins, --above and --as-classes: give one of them.")
    return cut


def as_given(
    kinds: dict[str, str], missing: Sequence[str], reading: Reading, cut: Cut
) -> dict[str, Any]:
    """The options that are not the classifier's, as a model file keeps them."""
    given = {"columns": kinds or None, "missing": [*missing] or None, **reading._asdict()}
    return {name: value for name, value in given.items() if value is not None} | cut.given()


def _finite(_: click.Context, param: click.Parameter, value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value:g} is not a finite number", param=param)
    return value


CUT = [
    click.option(
        "--bins",
        type=click.IntRange(min=2, max=MOST_BINS),
        metavar="N",
        help="For a target of numbers: make N ranges of it, with as many rows in each, and learn "
        "to tell these apart.",
    ),
    click.option(
        "--above",
        type=float,
        callback=_finite,
        metavar="NUMBER",
        help="For a target of numbers: learn to tell those above NUMBER from those up to it.",
    ),
    click.option(
        "--as-classes",
        is_flag=True,
        help="For a target of numbers or dates: each is a class, however many there are.",
    ),
]


def cut_options(command: Any) -> Any:
    """Add the options for a target of numbers; the command gets them as ``cut``."""
    return added(gathered(command, "cut", cut_of, Cut._fields), CUT)


LEARNING = [
    missing_option,
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
        callback=lambda _, __, value: value or "auto",
        metavar="N",
        help="Passes over the rows.  [default: by quality and rows]",
    ),
    column_option,
    decimal_option,
    *ROLE_OPTIONS,
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
        "alphabetical order; with --above the numbers above]",
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
    """Add the options that a model depends on: ``CUT``, then ``LEARNING``, in their order.

    The command gets those of columns with a role as ``roles``.
    """
    return cut_options(added(gathered(command, "roles", roles_given, ROLES), LEARNING))


def given_options(context: click.Context) -> list[str]:
    """The options that a model depends on and that were given, as they are typed.

    They may have been given on the command line or in a file of ``--config``.
    """
    told: list[str] = []
    values = context.params
    with_value = {param.name: param for param in context.command.params}
    for name in _names([*CUT, *LEARNING]):
        if context.get_parameter_source(name) is ParameterSource.DEFAULT:
            continue
        option = max(with_value[name].opts, key=len)
        if name == "kinds":
            told += kinds_as_options(values[name])
        elif values[name] is True:
            told.append(option)
        elif isinstance(values[name], tuple):
            told += [word for value in values[name] for word in (option, value)]
        elif values[name] not in (None, False):
            value = values[name]
            told += [option, spell(value) if type(value) is float else str(value)]
    return told


def _names(options: Sequence[Any]) -> list[str]:
    """The names of the parameters that these decorators add."""

    def bare() -> None:
        """Get the options."""

    for option in options:
        option(bare)
    return [param.name for param in bare.__click_params__]  # type: ignore[attr-defined]


def positive_class(
    settings: Mapping[str, Any], classes: NDArray[Any], ranges: Ranges | None
) -> Any:
    """The class that ``--positive`` names; a DataError that names the option where there is none.

    ``settings`` are those of a TabularClassifier; options for two classes are refused for more.
    """
    from ..models.label_words import class_named

    label = class_named(settings["pos_label"], classes, ranges)
    if len(classes) > 1:  # of fewer something else is said
        check_aim({**settings, "pos_label": label}, classes.tolist(), _AS_OPTIONS)
    return label


def check_together(settings: dict[str, Any]) -> None:
    """Refuse options that contradict each other; click has checked each of them alone."""
    from ..tabular.classifier import TabularClassifier
    from ..tabular.settings import check

    try:
        check(TabularClassifier(**settings).get_params())
    except ValueError as error:
        raise click.UsageError(str(error)) from error
