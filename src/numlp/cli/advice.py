"""Advice as options of the commands."""

import shlex
from collections.abc import Mapping

from ..check.findings import Advice
from ..table.asked import joined
from .options import ROLES, chosen_sheet


def as_column_option(name: str, kind: str) -> str:
    """The option that takes a column for a kind.

    >>> as_column_option("my id", "ignore")
    "--column 'my id=ignore'"
    """
    return f"--column {shlex.quote(joined(name, kind))}"


def reading_as_options(delimiter: str | None, encoding: str | None) -> str:
    """The options by which a next command reads a file as this one did, after a blank each.

    ``--sheet`` is among them where this command has it.

    >>> reading_as_options(";", "latin-1"), reading_as_options(None, None)
    (" --delimiter ';' --encoding latin-1", '')
    """
    given = {
        "--delimiter": "tab" if delimiter == "\t" else delimiter,
        "--encoding": encoding,
        "--sheet": chosen_sheet(),
    }
    return "".join(f" {name} {shlex.quote(value)}" for name, value in given.items() if value)


def decimal_as_option(decimal: str | None) -> str:
    """The option that gives the decimal sign again, after a blank.

    >>> decimal_as_option(","), decimal_as_option(None)
    (' --decimal ,', '')
    """
    return "" if decimal is None else f" --decimal {decimal}"


def roles_as_options(roles: Mapping[str, str]) -> str:
    """The options that give columns their roles, after a blank each.

    >>> roles_as_options({"groups": "customer", "sample_weight": "w"})
    ' --group customer --weight w'
    """
    return "".join(f" {ROLES[role]} {shlex.quote(name)}" for role, name in roles.items())


def ranges_options(middle: str | None) -> str:
    """The options for a target that is a quantity, of which ``middle`` is about the middle.

    >>> ranges_options(None)
    '--as-classes takes each for a class; or make a column of what is to be predicted'
    """
    if middle is None:
        return "--as-classes takes each for a class; or make a column of what is to be predicted"
    return (
        f"--bins 4 makes four ranges of it with as many rows in each, --above {middle} two; "
        "--as-classes takes each number for a class"
    )


AS_OPTIONS = Advice(
    as_column_option,
    "--metric balanced_accuracy or f1",
    ranges_options,
    lambda sign: decimal_as_option(sign).strip(),
    lambda role, name: roles_as_options({role: name}).strip(),
)
