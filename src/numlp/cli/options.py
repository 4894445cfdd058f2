"""Options that several commands have."""

from pathlib import Path
from typing import Any

import click


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


def reading_options(command: Any) -> Any:
    """Add the options that say how a table file is to be read."""
    command = click.option("--encoding", help="The file's encoding; UTF-8 by default.")(command)
    return click.option("--delimiter", help="What stands between columns; found by default.")(
        command
    )
