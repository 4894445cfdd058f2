"""Options that several commands have."""

from pathlib import Path
from typing import Any

import click

from ..table.asked import KINDS, parted


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


known_target_option = click.option(
    "--target", "-t", help="The column with the classes.  [default: the target of the model]"
)
quiet_option = click.option(
    "--quiet", "-q", is_flag=True, help="No progress, and no next command on stderr."
)


def reading_options(command: Any) -> Any:
    """Add the options that say how a table file is read."""
    command = click.option(
        "--encoding", help="How the text of the file is encoded, such as latin-1.  [default: UTF-8]"
    )(command)
    return click.option(
        "--delimiter",
        help="What stands between the columns of a CSV: a character, or tab.  [default: found]",
    )(command)
