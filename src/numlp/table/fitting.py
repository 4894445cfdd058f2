"""What each column of a table becomes: learned from the training rows, by the rules that guess."""

from collections.abc import Collection, Mapping, Sequence
from numbers import Integral
from typing import Any

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
from .summary import summarize
from .vectors import as_vectors


def fitted_encoders(
    X: Columns,
    columns: Mapping[Any, str] | None,
    decimal: str | None,
    one_hot_max: int,
    few_as_flags: bool,
    labels: Sequence[str],
    aside: Mapping[str, str],
) -> list[Encoder]:
    """An encoder for each column; arguments and errors are those of ``Table.fit``."""
    if not isinstance(one_hot_max, Integral) or isinstance(one_hot_max, bool) or one_hot_max < 0:
        raise ValueError(f"one_hot_max={one_hot_max!r}, but it has to be a whole number, 0 or more")
    if not isinstance(few_as_flags, bool):
        raise ValueError(f"few_as_flags={few_as_flags!r}, but it has to be True or False")
    if decimal not in (None, *SIGNS):
        raise ValueError(f"decimal={decimal!r}, but it has to be None, ',' or '.'")
    check_cells(X)
    asked, signs = asked_kinds(columns, X), DecimalSigns(decimal, X.decimal)
    options = Options(int(one_hot_max), few_as_flags, labels, signs)
    given = each("looking at column", X.columns.items(), len(X.columns))

    def encoder_of(name: str, cells: Column) -> Encoder:
        if name in aside:
            return SetAside(name, Why(aside[name]))
        return _encoder_of(name, cells, asked.get(name), options, X)

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


def _encoder_of(
    name: str, cells: Column, asked: Asked | None, options: Options, X: Columns
) -> Encoder:
    if asked is not None and asked.kind == "ignore":
        return ignored(name)  # without a look at its cells
    if asked is not None and asked.kind == "vector":
        cells = as_vectors(name, cells)  # which may be written as text
    # The summary, as large as the column, is gone before there is one of the next.
    return find_encoder(
        summarize(name, cells),
        asked,
        options,
        is_category=name in X.categories,
        levels=X.levels.get(name, ()),
    )
