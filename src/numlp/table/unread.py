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


class Spelled:
    """The values that the words of a column spell, and the words that spell none.

    Parameters
    ----------
    words : WordSummary
    values : array of shape (n_words,)
        NaN or NaT where a word has no value.

    Attributes
    ----------
    absent, stray : array of bool
        Which words say that a value is missing, and which others have no value.
    n_given, n_stray : int
        Cells with any other word, and those of the stray ones.
    """

    def __init__(self, words: WordSummary, values: Column) -> None:
        self.words, self.values, self.absent = words, values, words.absent
        self.stray = (values != values) & ~self.absent  # NaN and NaT differ from themselves
        self.n_given = int(words.counts[~self.absent].sum())
        self.n_stray = int(words.counts[self.stray].sum())

    @property
    def n_read(self) -> int:
        """Cells whose words have a value."""
        return self.n_given - self.n_stray

    def reasons(self, what: str) -> list[Reason]:
        """The reasons to add about words that are taken as missing."""
        reasons: list[Reason] = []
        if n_absent := int(self.words.counts[self.absent].sum()):
            missing = name_list(self.words.commonest(self.absent))
            reasons.append(f"{count(n_absent, 'cell')} {missing} missing")
        if self.n_stray:
            reasons.append(StrayCells.of(what, self.n_stray, self.words.commonest(self.stray)))
        return reasons

    def check(self, asked: Asked, what: str, hint: str = "") -> None:
        """Raise a DataError where hardly a cell is what a caller asked the column to be."""
        if self.n_read < STRAY_SHARE * max(self.n_given, 1):
            verb = "holds" if 1 in (self.n_read, self.n_given) else "hold"
            raise refusal(
                self.words,
                asked,
                f"{self.n_read:,} of {count(self.n_given, 'cell')} {verb} {what}, others such as "
                f"{name_list(self.words.commonest(self.stray))}: {hint}allowed are 'category', "
                "'text', 'ignore'",
            )

    def told(self, encoder: Encoder) -> Encoder:
        """The encoder, which learns how many of the cells given were words without a value."""
        if self.n_stray and isinstance(encoder, Number | TwoValues | Date):
            encoder.strays = self.n_stray / self.n_given
        return encoder
