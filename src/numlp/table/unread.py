"""Cells that say nothing in the column they stand in: missing ones, and words without a value."""

from ..common.wording import count, name_list
from ..data.columns import Column
from ..errors import DataError
from .asked import Asked
from .dates import Date
from .decimals import STRAY_SHARE
from .encoders import Encoder, Number, SetAside, TwoValues
from .reasons import Reason, StrayCells, Why
from .summary import ColumnSummary, WordSummary


def empty(column: ColumnSummary) -> SetAside:
    """Set aside a column without a cell that says anything."""
    return SetAside(column.name, Why("every cell is empty"))


def refusal(column: ColumnSummary, asked: Asked, why: str) -> DataError:
    """The error for a column that cannot be what a caller asked for."""
    return DataError(f"column {column.name!r} was asked to be {str(asked)!r}, but {why}")


def check_read(
    words: WordSummary, asked: Asked, stray: Column, n_given: int, what: str, hint: str = ""
) -> None:
    """Raise a DataError where hardly a cell is what a caller asked the column to be."""
    if (n_read := n_given - int(words.counts[stray].sum())) < STRAY_SHARE * max(n_given, 1):
        verb = "holds" if 1 in (n_read, n_given) else "hold"
        raise refusal(
            words,
            asked,
            f"{n_read:,} of {count(n_given, 'cell')} {verb} {what}, others such as "
            f"{name_list(words.commonest(stray))}: {hint}allowed are 'category', 'text', 'ignore'",
        )


def holes(column: WordSummary, values: Column) -> tuple[Column, Column]:
    """Which words say that a value is missing, and which others have no value."""
    return column.absent, (values != values) & ~column.absent  # NaN and NaT differ from themselves


def with_strays(encoder: Encoder, n_stray: int, n_given: int) -> Encoder:
    """The encoder, which learns how many of the cells given were words without a value."""
    if n_stray and isinstance(encoder, Number | TwoValues | Date):
        encoder.strays = float(n_stray / n_given)
    return encoder


def unread(column: WordSummary, absent: Column, stray: Column, what: str) -> list[Reason]:
    """The reasons to add about words that are taken as missing."""
    reasons: list[Reason] = []
    if n_absent := int(column.counts[absent].sum()):
        reasons.append(f"{count(n_absent, 'cell')} {name_list(column.commonest(absent))} missing")
    if n_stray := int(column.counts[stray].sum()):
        reasons.append(StrayCells.of(what, n_stray, column.commonest(stray)))
    return reasons
