"""Advice as options of the commands."""

import shlex

from ..check.findings import Advice
from .options import kinds_as_options, roles_as_options
from .unlabelled import advised


def column_advice(name: str, kind: str) -> str:
    """The option that takes a column for a kind.

    >>> column_advice("my id", "ignore")
    "--column 'my id=ignore'"
    """
    return shlex.join(kinds_as_options({name: kind}))


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
    column_advice,
    "--metric balanced_accuracy or f1",
    ranges_options,
    "--decimal {}".format,
    lambda role, name: shlex.join(roles_as_options({role: name})),
    advised,
)
