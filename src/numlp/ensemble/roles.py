"""Columns that say how to learn: which rows belong together, when each was, how much it weighs.

A role is given as an array, one value for each row, or as the name of a column of X, which is then
no feature unless its owner asks for a kind of it.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.warning import warn
from ..data.columns import Column, Columns, as_columns, check_there, refuse_dask
from ..data.labels import name_of
from ..data.splits import RowNumbers
from ..errors import DataError
from ..table.asked import Asked
from ..table.decimals import DecimalSigns, numbers_of
from ..table.guess import Options, find_encoder
from ..table.summary import summarize
from ..table.words import HOLES, factorize, is_missing_word, read_number, shown
from .holding_out import GROUP, TIME, HoldingOut

ROLES = {  # by the argument of ``fit``: what becomes of a column that has the role
    "groups": "says which rows belong together",
    "time": "says which rows are later",
    "sample_weight": "says how much each row weighs",
}


class Roles(NamedTuple):
    """What the roles of a table come to.

    Attributes
    ----------
    holding : HoldingOut or None
        How rows are held out, where groups or times say so.
    weight : array of shape (n,), number or None
        The weights, not checked yet.
    columns : dict of str to str
        The names of the columns of X that have a role, by the argument.
    aside : dict of str to str
        The columns that are no features for it, and why.
    """

    holding: HoldingOut | None
    weight: Any
    columns: dict[str, str]
    aside: dict[str, str]


def roles_of(
    table: Columns,
    columns: Mapping[Any, str] | None,
    *,
    groups: Any = None,
    time: Any = None,
    sample_weight: Any = None,
    decimal: str | None = None,
    rows: RowNumbers | None = None,
) -> Roles:
    """What the arguments of ``fit`` that are a role come to.

    Parameters
    ----------
    table : Columns
    columns : mapping of column to kind, optional
        The kinds that were asked for, whose columns stay features; they are checked with the table.
    groups, time, sample_weight, decimal
        As for ``TabularClassifier.fit``.
    rows : array of shape (n,), optional
        What messages call the rows; by default 1, 2, ....

    Raises
    ------
    DataError
        There is no such column, a cell is missing, there is not a value for each row, or all rows
        are of one group or one time.
    ValueError
        Groups and time are both given.

    Examples
    --------
    >>> pets = as_columns({"owner": ["Bo", "Al", "Bo"], "kilos": [4, 31, 5]})
    >>> roles = roles_of(pets, {}, groups="owner")
    >>> roles.holding.numbers, roles.aside
    (array([0, 1, 0]), {'owner': 'says which rows belong together'})
    """
    check_one_of(groups, time)
    given = {"groups": groups, "time": time, "sample_weight": sample_weight}
    named = {role: value for role, value in given.items() if isinstance(value, str)}
    asked = {str(n): kind for n, kind in columns.items()} if isinstance(columns, Mapping) else {}
    signs = DecimalSigns(decimal, table.decimal)
    holding = None
    rows = np.arange(1, table.n_rows + 1) if rows is None else rows
    if groups is not None:
        holding = _by_group(table, groups, rows)
    elif time is not None:
        holding = HoldingOut(TIME, *_ranked(table, time, asked, signs, rows))
    weight = sample_weight
    refuse_dask("sample_weight", weight)
    if isinstance(weight, str):
        weight = _weights(weight, column_of(table, weight, "sample_weight"), signs, rows)
    aside = {name: ROLES[role] for role, name in named.items() if name not in asked}
    return Roles(holding, weight, named, aside)


def check_one_of(groups: Any, time: Any) -> None:
    """Raise a ValueError where groups and time both say which rows to hold out."""
    if groups is not None and time is not None:
        raise ValueError(
            "groups and time are both given: each says which rows to hold out; give one of them"
        )


def column_of(table: Columns, name: str, role: str) -> Column:
    """The cells of the column that has a role."""
    if not table.named:
        raise DataError(
            f"{role}={name!r} names a column, but the table has no names: give the values, one "
            "for each row"
        )
    check_there(name, table.names)
    return table[name]


def part(role: Any, rows: Any) -> Any:
    """A role for these rows, given by number or by a mask; the name of a column stays as it is."""
    if role is None or isinstance(role, str) or np.ndim(role) == 0:
        return role
    return as_columns({"role": role})["role"][rows]


def _cells(table: Columns, value: Any, role: str) -> tuple[str, str, Column]:
    """The cells of a role, the name of their column or Series, and what messages call them."""
    if isinstance(value, str):
        return value, f"column {value!r}", column_of(table, value, role)
    cells = as_columns({role: value})[role]
    if cells.ndim > 1 and cells.shape[1] == 1:
        cells = cells[:, 0]
    if cells.ndim > 1:
        raise DataError(
            f"{role} has {cells.shape[1]} values for each row, and one is needed: join them, or "
            "number the rows that are alike"
        )
    if len(cells) != table.n_rows:
        raise DataError(
            f"{role} has {len(cells):,} values, and the table {table.n_rows:,} rows: give one for "
            "each row"
        )
    return name_of(value), role, cells


def _refuse_missing(what: str, missing: Any, role: str, rows: RowNumbers) -> None:
    if missing.any():
        n = int(missing.sum())
        more = f", and in {n - 1:,} other row{'s' * (n > 2)}" if n > 1 else ""
        do = {
            "groups": "give each row a group; a row that belongs with no other gets one of its own",
            "time": "give each row a time, or leave such rows out",
        }[role]
        raise DataError(f"{what} is missing in row {rows[missing.argmax()]:,}{more}: {do}")


def _by_group(table: Columns, groups: Any, rows: RowNumbers) -> HoldingOut | None:
    """The group of each row; None where each row is a group, which is said."""
    column, what, cells = _cells(table, groups, "groups")
    if cells.dtype.kind == "O":
        words, numbers = factorize(cells)
        holes = np.array([word in HOLES for word in words] + [True])
        _refuse_missing(what, holes[numbers], "groups", rows)
    else:
        _refuse_missing(what, cells != cells, "groups", rows)
        numbers = np.unique(cells, return_inverse=True)[1]
    numbers = np.unique(numbers, return_inverse=True)[1]
    n_groups = int(numbers.max()) + 1 if len(numbers) else 0
    if n_groups < 2:
        raise DataError(
            f"{what} has one group, {shown(cells[0])!r}, in all rows: rows of two groups or more "
            "are needed, so that one can be held out"
            if n_groups
            else f"{what} has no row"
        )
    if n_groups == len(numbers):
        warn(f"{what} has a group of its own for each row: rows are held out as without groups")
        return None
    return HoldingOut(GROUP, numbers, column)


def _ranked(
    table: Columns, time: Any, asked: Mapping[str, str], signs: DecimalSigns, rows: RowNumbers
) -> tuple[RowNumbers, str]:
    """The rank of the time of each row, equal for equal times, and the name of the column."""
    column, what, cells = _cells(table, time, "time")
    if cells.dtype.kind == "O":
        cells = _spelled_times(what, column, cells, asked.get(column), signs, rows)
    _refuse_missing(what, cells != cells, "time", rows)
    found, ranks = np.unique(cells, return_inverse=True)
    if len(found) < 2:
        raise DataError(
            f"{what} has one time, {shown(cells[0])!r}, in all rows: no row is later than another"
            if len(found)
            else f"{what} has no row"
        )
    return ranks, column


def _spelled_times(
    what: str,
    column: str,
    cells: Column,
    kind: str | None,
    signs: DecimalSigns,
    rows: RowNumbers,
) -> Column:
    """The numbers, or the times, that words spell; missing where a word is one for that."""
    words, codes = factorize(cells)
    given = [not is_missing_word(word) for word in words]
    numbers = _spelled_numbers(column or what, words, codes, signs)
    if words and not np.isnan(numbers[:-1][given]).any():
        return numbers[codes]
    asked = Asked.of(kind if isinstance(kind, str) and kind.startswith("date") else "date")
    if not any(map(_has_digit, words)):
        raise DataError(
            f"{what} cannot be put in the order of time: its cells are words without a digit, such "
            f"as {shown(words[0])!r}: give times, or numbers in the order of time"
        )
    try:
        encoder = find_encoder(summarize(column or what, cells), asked, Options())
        times = encoder.read(cells, None) if encoder.width else cells
    except DataError as error:
        raise DataError(f"{what} cannot be put in the order of time: {error}") from None
    if times.dtype.kind != "M":
        raise DataError(f"{what} has one time in all rows: no row is later than another")
    unread = np.isnat(times) & np.append(given, False)[codes]
    if unread.any():
        row = int(unread.argmax())
        raise DataError(
            f"{what} has {shown(cells[row])!r} in row {rows[row]:,}, which is no time or number: "
            "correct it, or leave the row out"
        )
    return times


def _spelled_numbers(
    name: str, words: list[str], codes: NDArray[np.intp], signs: DecimalSigns
) -> NDArray[np.float64]:
    """The number of each word, in the form that the column has, and NaN at the end for none."""
    plain = np.array([*map(read_number, words)])
    if not np.isnan(plain).any():
        return np.append(plain, np.nan)
    counts = np.bincount(codes[codes >= 0], minlength=len(words))
    written = numbers_of(name, words, counts, signs)
    more = np.isnan(written).sum() < np.isnan(plain).sum()
    return np.append(written if more else plain, np.nan)


def _has_digit(word: str) -> bool:
    return any(map(str.isdecimal, word))


def _weights(name: str, cells: Column, signs: DecimalSigns, rows: RowNumbers) -> Column:
    """The weights in a column of numbers, which may be spelled."""
    if cells.dtype.kind == "M":
        raise DataError(f"column {name!r} has times: a weight is a number, 0 or more")
    if cells.dtype.kind == "O":
        words, codes = factorize(cells)
        weights = _spelled_numbers(name, words, codes, signs)[codes]
    else:
        weights = cells
    bad = ~(weights >= 0)
    if bad.any():
        row = int(bad.argmax())
        raise DataError(
            f"column {name!r} has {shown(cells[row])!r} in row {rows[row]:,}: a weight is a "
            "number, 0 or more"
        )
    if not weights.any():
        raise DataError(
            f"column {name!r} has a weight of zero in every row: nothing can be learned"
        )
    return weights
