"""Findings on a table as data: the kind, how much it matters, the columns, and what to say."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ..data import quantity

LEVELS = ("fault", "warning", "note")  # what matters most first
LEVEL_OF = {
    "column": "fault",
    "labels": "fault",
    "numeric target": "fault",
    "classes": "fault",
    "leak": "warning",
    "labels alike": "warning",
    "quantity": "warning",
    "contradictions": "warning",
    "single rows": "warning",
    "rare classes": "warning",
    "cells": "warning",
    "dates": "warning",
    "vectors": "warning",
    "numbers": "warning",
    "lopsided": "note",
    "duplicates": "note",
    "set aside": "note",
    "kind": "note",
    "codes": "note",
    "missing word": "note",  # a class may be called so
    "groups": "note",  # a warning once it is measured
    "time": "note",
}


class Finding(NamedTuple):
    """Something that the owner of a table should know.

    Attributes
    ----------
    kind : str
        What was found, a key of ``LEVEL_OF``.
    columns : list of str
        The columns that it is about; none where it is about whole rows.
    text : str
        What there is to say, in a sentence or two.
    classes : sequence of str
        The classes that a leak tells from all others, none where it tells all classes apart; of a
        "missing word" those that are called so.  None in findings of other kinds.
    measured : mapping, optional
        For "groups" and "time" the accuracy of quick fits: of rows held out by row, and by the
        column, with the 95 % interval of the latter.
    """

    kind: str
    columns: list[str]
    text: str
    classes: Sequence[str] = ()
    measured: Mapping[str, Any] | None = None

    @property
    def level(self) -> str:
        """How much the finding matters: training refuses a "fault"; else "warning" or "note"."""
        return "warning" if self.measured else LEVEL_OF[self.kind]

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON takes it."""
        found = {"level": self.level, **self._asdict(), "classes": [*self.classes]}
        for name in ("classes", "measured"):
            if not found[name]:
                del found[name]
        return found


class Advice(NamedTuple):
    """How the reader of a sentence asks for what it advises: in Python, or in a command.

    Attributes
    ----------
    column : function of a name and a kind
        What to write so that a column is taken for a kind.
    metrics : str
        What to write so that answers are not to be good at accuracy alone.
    ranges : function of a number, or of None
        What to do with a target that is a quantity, of which the number is about the middle; None
        stands for a target of dates.
    decimal : function of a sign
        What to write so that numbers in columns of words have this decimal sign.
    role : function of an argument of ``fit`` and a name
        What to write so that a column says which rows belong together, or are later.
    missing : function of words
        What to do so that rows with one of these labels are left out.
    """

    column: Callable[[str, str], str]
    metrics: str
    ranges: Callable[[str | None], str] = lambda _: quantity.IN_PYTHON
    decimal: Callable[[str], str] = "decimal={!r}".format
    role: Callable[[str, str], str] = "{}={!r}".format
    missing: Callable[[Sequence[str]], str] = lambda _: "drop these rows to leave them out"


IN_PYTHON = Advice(
    lambda name, kind: f"columns={{{name!r}: {kind!r}}}",
    "metric='balanced_accuracy' or 'f1'",
)
