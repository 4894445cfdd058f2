"""Advice as options of the commands."""

import shlex

from ..check.findings import Advice


def as_column_option(name: str, kind: str) -> str:
    """The option that takes a column for a kind.

    >>> as_column_option("my id", "ignore")
    "--column 'my id=ignore'"
    """
    return f"--column {shlex.quote(f'{name}={kind}')}"


AS_OPTIONS = Advice(as_column_option, "--metric balanced_accuracy or f1")
