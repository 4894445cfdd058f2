"""What each column of a table becomes: learned from the training rows, by the rules that guess."""

from collections.abc import Callable, Collection, Mapping, Sequence
from numbers import Integral
from typing import Any, NamedTuple

from ..common.stage import each
from ..data.columns import Column, Columns
from ..errors import DataError
from .asked import Asked, asked_kinds
from .copies import sample_of, tell_copies
from .decimals import DecimalSigns
from .encoders import Encoder, Number, SetAside
from .guess import Options, find_encoder, ignored
from .number_forms import COMMA, SIGNS, NumberForm
from .reasons import Why
from .summary import ColumnSummary, WordSummary, summarize
from .unread import refusal
from .vectors import as_vectors


class Wishes(NamedTuple):
    """What a caller asks of a table; arguments and errors are those of ``Table.fit``."""

    columns: Mapping[Any, str] | None
    decimal: str | None
    one_hot_max: int
    few_as_flags: bool
    aside: Mapping[str, str]
    labels: Sequence[str] = ()

    def check(self) -> None:
        """Raise a ValueError where an option has a value that is not allowed."""
        n, flags, sign = self.one_hot_max, self.few_as_flags, self.decimal
        if not isinstance(n, Integral) or isinstance(n, bool) or n < 0:
            raise ValueError(f"one_hot_max={n!r}, but it has to be a whole number, 0 or more")
        if not isinstance(flags, bool):
            raise ValueError(f"few_as_flags={flags!r}, but it has to be True or False")
        if sign not in (None, *SIGNS):
            raise ValueError(f"decimal={sign!r}, but it has to be None, ',' or '.'")


def fitted_encoders(X: Columns, wishes: Wishes) -> list[Encoder]:
    """An encoder for each column of a table that is at hand."""

    def summary_of(name: str, cells: Column, asked: Asked | None) -> ColumnSummary:
        if asked is not None and asked.kind == "vector":
            cells = as_vectors(name, cells)  # which may be written as text
        return summarize(name, cells)

    wishes.check()
    check_cells(X)
    return _fitted(X, wishes, summary_of)


def encoders_of_summaries(
    summaries: Mapping[str, ColumnSummary], sample: Columns, wishes: Wishes
) -> list[Encoder]:
    """An encoder for each column of a table that is not at hand, but for some of its rows."""

    def summary_of(name: str, _: Column, asked: Asked | None) -> ColumnSummary:
        if name not in summaries:
            raise ValueError(f"there is no summary of the column {name!r}")
        column = summaries[name]
        is_text = isinstance(column, WordSummary) and column.n_given
        if asked is not None and asked.kind == "vector" and is_text:
            raise refusal(
                column, asked, "its vectors are written as text, which is not read where a table "
                "lies in parts: give a column of lists of numbers",
            )  # fmt: skip
        return column

    wishes.check()
    check_cells(sample)
    return _fitted(sample, wishes, summary_of)


def _fitted(
    X: Columns,
    wishes: Wishes,
    summary_of: Callable[[str, Column, Asked | None], ColumnSummary],
) -> list[Encoder]:
    """An encoder for each column; columns are told to be copies by the rows of X."""
    asked, signs = asked_kinds(wishes.columns, X), DecimalSigns(wishes.decimal, X.decimal)
    options = Options(int(wishes.one_hot_max), wishes.few_as_flags, wishes.labels, signs)
    given = each("looking at column", X.columns.items(), len(X.columns))

    def encoder_of(name: str, cells: Column) -> Encoder:
        wish = asked.get(name)
        if name in wishes.aside:
            return SetAside(name, Why(wishes.aside[name]))
        if wish is not None and wish.kind == "ignore":
            return ignored(name)  # without a look at its cells
        # The summary, as large as the column, is gone before there is one of the next.
        return find_encoder(
            summary_of(name, cells, wish),
            wish,
            options,
            is_category=name in X.categories,
            levels=X.levels.get(name, ()),
        )

    found = {name: encoder_of(name, cells) for name, cells in given}
    for name in signs.settle():
        found[name] = encoder_of(name, X[name])
    encoders = [*found.values()]
    if X.decimal and signs.sign == COMMA:
        _learn_commas(encoders, signs.whole)
    tell_copies(encoders, asked, sample_of(X, encoders), X)
    return encoders


def check_cells(X: Columns) -> None:
    """Raise a DataError where a table has no cell to learn from."""
    if not X.columns:
        raise DataError(f"0 feature(s) (shape=({X.n_rows}, 0)) while a minimum of 1 is required.")
    if not X.n_rows:
        raise DataError("0 sample(s) while a minimum of 1 is required: the table has no row")


def _learn_commas(encoders: Sequence[Encoder], names: Collection[str]) -> None:
    """Let these columns of whole numbers have decimal commas in further files of a table."""
    for encoder in encoders:
        if isinstance(encoder, Number) and encoder.name in set(names) and not encoder.written:
            encoder.written = NumberForm(COMMA).state()
