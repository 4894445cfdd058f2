"""``--config``: options from a TOML file; options on the command line override them.

::

    quality = "fast"            # for every command that has --quality

    [train]                     # for numlp train alone
    target = "species"
    class-weight = "balanced"
    column = { year = "category", island = "ignore" }
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from ..common.wording import name_list, nearest
from ..errors import DataError
from ..table.asked import joined

CONFIG = "numlp.config"  # the key under which a command's context keeps the path of the file
NOT_IN_FILES = ("config", "debug", "help")


def _load(context: click.Context, _: click.Parameter, path: Path | None) -> None:
    if path is None:
        return
    import tomllib  # here, as most commands have no such file

    context.meta[CONFIG] = path  # no output may replace it
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not valid TOML: {error}") from None
    context.default_map = dict(_defaults(path, document, context.command))


config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    is_eager=True,
    expose_value=False,
    callback=_load,
    help="Take options from this TOML file, by their names; options given here override it.",
)


def options_of(command: click.Command) -> dict[str, click.Option]:
    """The options of a command by their names in a file."""
    return {
        longest.lstrip("-"): param
        for param in command.params
        if isinstance(param, click.Option)
        and (longest := max(param.opts, key=len)).lstrip("-") not in NOT_IN_FILES
    }


def _defaults(
    path: Path, document: Mapping[str, Any], command: click.Command
) -> Iterator[tuple[str, Any]]:
    """Each parameter that the file sets for a command, with its value."""
    from .main import COMMANDS, all_commands

    own = options_of(command)
    for key, value in document.items():
        name = key.replace("_", "-")
        if key in COMMANDS and isinstance(value, Mapping):
            if key == command.name:
                yield from _of_table(path, f"[{key}]", value, own)
        elif name in own:
            yield from _of_table(path, "", {name: value}, own)
        elif not any(name in options_of(other) for other in all_commands().values()):
            names = [*own, *(f"[{each}]" for each in COMMANDS)]
            shown = f"[{key}]" if isinstance(value, Mapping) else name
            raise click.UsageError(f"{path}: there is no {key!r}: {_nearest(shown, names)}")


def _of_table(
    path: Path, where: str, table: Mapping[str, Any], own: Mapping[str, click.Option]
) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        name = key.replace("_", "-")
        if name not in own:
            place = f" in {where}" * bool(where)
            raise click.UsageError(f"{path}: there is no {key!r}{place}: {_nearest(name, own)}")
        option = own[name]
        if option.is_flag:
            allowed, what = isinstance(value, bool), "true or false"
        elif option.multiple:
            what = "a list of texts"
            if option.name == "kinds":
                what = 'a list such as ["zip=category"], or a table such as { zip = "category" }'
                if isinstance(value, Mapping):
                    value = [joined(name, str(kind)) for name, kind in value.items()]
            elif option.name == "missing":
                what = 'a list of texts such as ["NA"]'
            allowed = isinstance(value, list) and all(isinstance(each, str) for each in value)
        elif option.name == "pos_label" and isinstance(value, bool):
            allowed, what = True, ""  # a class that is a boolean
        else:
            allowed = isinstance(value, str | int | float) and not isinstance(value, bool)
            what = "a text or a number"
        if not allowed:
            raise click.UsageError(f"{path}: {key} is {value!r}, but it has to be {what}")
        yield str(option.name), value


def _nearest(name: str, names: Any) -> str:
    """The option that may have been meant by a name, or all options that there are."""
    return nearest(name, list(names), f"there are {name_list(list(names), most=40)}")
