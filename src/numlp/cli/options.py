"""Options that several commands have."""

from pathlib import Path
from typing import Any

import click

from ..table.asked import KINDS, parted
from .complete import SHEET, complete_column


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
files_argument = click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)


def _kinds(_: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """All ``NAME=KIND`` as a dict; ``asked`` says where a name ends."""
    kinds = {}
    for value in values:
        try:
            name, kind = parted(value)
        except ValueError as error:
            raise click.BadParameter(f"{value!r} is not NAME=KIND: {error}", param=param) from None
        kinds[name] = kind
    return kinds


column_option = click.option(
    "--column",
    "kinds",
    multiple=True,
    callback=_kinds,
    metavar="NAME=KIND",
    help=f"What a column is, where the guess is wrong: KIND is {', '.join(KINDS)}; date:%d/%m/%Y "
    "says how dates are written, ordered:S,M,L which levels there are, text:length leaves "
    "words unread.  Repeatable.",
)


decimal_option = click.option(
    "--decimal",
    type=click.Choice([",", "."]),
    help="The decimal sign of numbers that are words, such as 1,5 or 1.234,50.  [default: found]",
)

ROLE_OPTIONS = [  # columns that say how to learn; each is no feature unless --column names it
    click.option(
        "--group",
        "groups",
        metavar="COLUMN",
        shell_complete=complete_column,
        help="The column that says which rows belong together, such as a customer: its rows are "
        "never both learned from and held out.  It is not learned from, unless --column says what "
        "it is.",
    ),
    click.option(
        "--time",
        metavar="COLUMN",
        shell_complete=complete_column,
        help="The column that says when each row was: rows held out are then later than those "
        "learned from.  It is not learned from, unless --column says what it is.",
    ),
    click.option(
        "--weight",
        "sample_weight",
        metavar="COLUMN",
        shell_complete=complete_column,
        help="The column that says how much each row weighs, 0 or more.  It is not learned from, "
        "unless --column says what it is.",
    ),
]
ROLES = {"groups": "--group", "time": "--time", "sample_weight": "--weight"}  # by argument of fit


def role_options(command: Any) -> Any:
    """Add the options that name a column of groups, times or weights."""
    for option in reversed(ROLE_OPTIONS):
        command = option(command)
    return command


known_target_option = click.option(
    "--target", "-t", help="The column with the classes.  [default: the target of the model]"
)
quiet_option = click.option(
    "--quiet", "-q", is_flag=True, help="No progress, and no next command on stderr."
)


def _keep_sheet(context: click.Context, _: click.Parameter, value: str | None) -> None:
    context.meta[SHEET] = value


def chosen_sheet() -> str | None:
    """The sheet of an Excel workbook that ``--sheet`` of the command at work names."""
    context = click.get_current_context(silent=True)
    return None if context is None else context.meta.get(SHEET)


def reading_options(command: Any) -> Any:
    """Add the options that say how a table file is read."""
    command = click.option(
        "--sheet",
        expose_value=False,
        callback=_keep_sheet,
        metavar="NAME",
        help="The sheet of an Excel workbook.  [default: the first that is not hidden]",
    )(command)
    command = click.option(
        "--encoding", help="How the text of the file is encoded, such as cp1252.  [default: UTF-8]"
    )(command)
    return click.option(
        "--delimiter",
        help="What stands between the columns of a CSV: a character, or tab.  [default: found]",
    )(command)
