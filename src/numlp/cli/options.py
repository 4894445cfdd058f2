"""Options that several commands have."""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

from ..table.asked import KINDS, joined, parted
from .complete import complete_column

Command = TypeVar("Command", bound=Callable[..., Any])


def gathered(command: Any, name: str, make: Callable[..., Any], options: Iterable[str]) -> Any:
    """The command, which gets ``name=make(...)`` in place of these options by their names."""

    @functools.wraps(command)
    def taking(*args: Any, **params: Any) -> Any:
        made = make(**{option: params.pop(option) for option in options})
        return command(*args, **params, **{name: made})

    return taking


def added(command: Any, options: Sequence[Any]) -> Any:
    """The command with these options, in their order."""
    for option in reversed(options):
        command = option(command)
    return command


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


def kinds_as_options(kinds: Mapping[str, str]) -> list[str]:
    """The options that say what columns are, as they are typed.

    >>> kinds_as_options({"id": "ignore"})
    ['--column', 'id=ignore']
    """
    return [word for each in kinds.items() for word in ("--column", joined(*each))]


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


def roles_given(groups: str | None, time: str | None, sample_weight: str | None) -> dict[str, str]:
    """The columns that were given a role, by the argument of ``fit``."""
    if groups is not None and time is not None:
        raise click.UsageError(
            "--group and --time: each says which rows are held out; give one of them."
        )
    given = {"groups": groups, "time": time, "sample_weight": sample_weight}
    return {role: column for role, column in given.items() if column is not None}


def role_options(command: Any) -> Any:
    """Add the options that name a column of a role; the command gets them as ``roles``."""
    return added(gathered(command, "roles", roles_given, ROLES), ROLE_OPTIONS)


def roles_as_options(roles: Mapping[str, str]) -> list[str]:
    """The options that give columns their roles, as they are typed.

    >>> roles_as_options({"groups": "customer", "sample_weight": "w"})
    ['--group', 'customer', '--weight', 'w']
    """
    return [word for role, name in roles.items() for word in (ROLES[role], name)]


known_target_option = click.option(
    "--target", "-t", help="The column with the classes.  [default: the target of the model]"
)


def _words(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Each word once, without the blanks around it; an empty label is left out unasked."""
    return tuple(dict.fromkeys(word for value in values if (word := value.strip())))


def _missing_option(more: str) -> Callable[[Command], Command]:
    return click.option(
        "--missing",
        multiple=True,
        callback=_words,
        metavar="WORD",
        help="A word in the target column, such as NA, that means that the label is missing: its "
        "rows are left out, as rows without a label are.  No other column is looked at."
        f"{more}  Repeatable.",
    )


missing_option = _missing_option("")
known_missing_option = _missing_option("  Words given in training need not be given again.")


def missing_as_options(words: Iterable[str]) -> list[str]:
    """The options that say which labels stand for none, as they are typed.

    >>> missing_as_options(["NA", "?"])
    ['--missing', 'NA', '--missing', '?']
    """
    return [word for each in words for word in ("--missing", each)]


quiet_option = click.option(
    "--quiet", "-q", is_flag=True, help="No progress, and no next command on stderr."
)


class Reading(NamedTuple):
    """How a table file is read.

    Attributes
    ----------
    delimiter, encoding : str or None
        None where they are to be found in the file.
    sheet : str or None
        The sheet of an Excel workbook; None for the first that is not hidden.
    """

    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None

    def options(self) -> list[str]:
        """The options that are given, as they are typed, for a command that reads the same file.

        >>> Reading(";", "latin-1").options()
        ['--delimiter', ';', '--encoding', 'latin-1']
        """
        delimiter = "tab" if self.delimiter == "\t" else self.delimiter
        given = {"--delimiter": delimiter, "--encoding": self.encoding, "--sheet": self.sheet}
        return [word for option, value in given.items() if value for word in (option, value)]


def reading_options(command: Any) -> Any:
    """Add the options that say how a table file is read; the command gets them as ``reading``."""
    command = gathered(command, "reading", Reading, Reading._fields)
    command = click.option(
        "--sheet",
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
