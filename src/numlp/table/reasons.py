"""Why a column was taken for what it was: facts that render to the sentence a model file keeps.

A model file holds the sentence alone, as text, and so does a table made from its ``state``: only
a fresh fit knows the facts behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ..common.wording import count, name_list

AS_ASKED = "as asked"
BY_TYPE = "a category by its type"
BY_ORDERED_TYPE = "an ordered category by its type"
IGNORED = "ignored, as asked"
OTHER_COLUMNS = "as in other columns"
MOST_WORDS = 5  # of the words that could not be read; a column may hold any number of them


@dataclass(frozen=True)
class StrayCells:
    """Cells that hold neither what the column holds nor a word for "missing".

    Attributes
    ----------
    what : str
        What their words do not spell: "number", "date" or "time".
    n_cells, n_words : int
        How many cells there are, and how many distinct words in them.
    words : tuple of str
        The first of these words.
    """

    what: str
    n_cells: int
    n_words: int
    words: tuple[str, ...]

    @classmethod
    def of(cls, what: str, n_cells: int, words: Sequence[str]) -> "StrayCells":
        """Stray cells with these distinct words, of which the first are kept."""
        return cls(what, n_cells, len(words), tuple(words[:MOST_WORDS]))

    def __str__(self) -> str:
        words = name_list(self.words, n_names=self.n_words)
        return f"{count(self.n_cells, 'cell')} no {self.what}: {words}"


@dataclass(frozen=True)
class SameNumbers:
    """An earlier column carries the same numbers, or nearly the same.

    Attributes
    ----------
    earlier : str
        The name of the other column.
    exactly : bool
        Whether the numbers are equal once scaled, so that the column is set aside.
    """

    earlier: str
    exactly: bool

    def __str__(self) -> str:
        if self.exactly:
            return f"carries the same numbers as {self.earlier!r}"
        return f"carries nearly the same numbers as {self.earlier!r}, but for scale"


@dataclass(frozen=True)
class LengthAlone:
    """Free text counts by its length; its words are not read.

    Attributes
    ----------
    because : str
        Why not; empty where nobody asked for it.
    differs : bool
        Whether not all texts are of one length, which teaches nothing.
    """

    because: str = ""
    differs: bool = True

    def __str__(self) -> str:
        because = self.because and f": {self.because}"
        length = "its length counts" if self.differs else "its length is one"
        return f"{length}, its words are not read{because}"


@dataclass(frozen=True)
class KeptAs:
    """The column is set aside unless its owner asks for a kind.

    Attributes
    ----------
    column, kind : str
        The column, and the kind to ask for.
    """

    column: str
    kind: str

    def __str__(self) -> str:
        return f"columns={{{self.column!r}: {self.kind!r}}} keeps it"


@dataclass(frozen=True)
class WrittenVectors:
    """The words of a column spell vectors, which are read where its owner asks for them.

    Attributes
    ----------
    column : str
        The name of the column.
    """

    column: str

    def __str__(self) -> str:
        return f"columns={{{self.column!r}: 'vector'}} reads its cells as vectors"


@dataclass(frozen=True)
class MayBe:
    """The column is taken for one kind, and may be meant as another.

    Attributes
    ----------
    column, kind : str
        The column, and the other kind to ask for.
    sign : str
        What says so.
    """

    column: str
    kind: str
    sign: str

    def __str__(self) -> str:
        return self.told(f"columns={{{self.column!r}: {self.kind!r}}}")

    def told(self, advice: str) -> str:
        """The sentence with advice as its reader can follow it."""
        return f"{self.sign}: {advice} takes it so"


@dataclass(frozen=True)
class DateReading:
    """A form that cells of a column may have.

    Attributes
    ----------
    form : str
    word : str
        A word, in most cells of those that have it.
    time : str
        What the word is in this form, in ISO 8601.
    n_cells : int
        How many cells are dates in this form.
    """

    form: str
    word: str
    time: str
    n_cells: int


@dataclass(frozen=True)
class UnsureDates:
    """A column looks like dates, but what they are is open.

    Attributes
    ----------
    column : str
        The name of the column.
    readings : tuple of DateReading
        The forms that the cells may have, the likeliest first.
    mixed : bool
        Whether some cells have one form and others another; else all have several readings.
    """

    column: str
    readings: tuple[DateReading, ...]
    mixed: bool

    @property
    def kinds(self) -> list[str]:
        """What to ask for: the column takes each of these kinds."""
        return [f"date:{reading.form}" for reading in self.readings]

    def __str__(self) -> str:
        return f"{self.found}; {self.what_to_do(f'columns={{{self.column!r}: {self.kinds[0]!r}}}')}"

    @property
    def found(self) -> str:
        """What was found in the column."""
        if self.mixed:
            told = " and ".join(
                f"{count(r.n_cells, 'cell')} such as {r.word!r} as {r.form}" for r in self.readings
            )
            return f"its dates have two forms, {told}"
        word = self.readings[0].word
        told = " or ".join(f"{r.time} as {r.form}" for r in self.readings)
        return f"its dates have two readings: {word!r} is {told}, and no other cell decides"

    def what_to_do(self, advice: str) -> str:
        """The end of the sentence: which advice, for the first reading, settles it."""
        end = "takes the other cells as missing" if self.mixed else "does"
        return f"{advice} {end}"


@dataclass(frozen=True)
class UnreadTimes:
    """The cells of a column look like times that are not read, so that they stay words.

    Attributes
    ----------
    what : str
        Which times.
    word : str
        One of them.
    instead : str
        How to give them.
    """

    what: str
    word: str
    instead: str

    def __str__(self) -> str:
        return (
            f"its cells look like {self.what}, such as {self.word!r}, which are not read and stay "
            f"words: {self.instead}"
        )


@dataclass(frozen=True)
class NumberDoubt:
    """Why a column is not one of numbers, although nearly all of its words are numbers.

    Attributes
    ----------
    told : str
    """

    told: str

    def __str__(self) -> str:
        return self.told


@dataclass(frozen=True)
class TwoReadings:
    """The words of a column are numbers by a decimal comma and by a decimal point.

    Attributes
    ----------
    word : str
        One of them.
    read, other : str
        The number that it was read as, and the number that it is by the other sign.
    by : str
        What decided.
    sign : str
        The other sign.
    """

    word: str
    read: str
    other: str
    by: str
    sign: str

    @property
    def is_sure(self) -> bool:
        """Whether cells of the table decided."""
        return self.by == OTHER_COLUMNS

    def told(self, option: str) -> str:
        """What there is to say, with the option that asks for the other sign."""
        return f"{self.word!r} is read as {self.read}, {self.by}; {option} reads it as {self.other}"

    def __str__(self) -> str:
        return self.told(f"decimal={self.sign!r}")


@dataclass(frozen=True)
class MayBeCodes:
    """The numbers of a column may be codes; nothing in the sentence of a model file says so.

    Attributes
    ----------
    column : str
        The name of the column.
    found : str
        Which numbers.
    """

    column: str
    found: str

    def told(self, option: str) -> str:
        """What there is to say, with the option that asks for a category."""
        return f"if its {self.found} are codes, {option}"

    def __str__(self) -> str:
        return ""


Reason = (
    str
    | StrayCells
    | SameNumbers
    | LengthAlone
    | KeptAs
    | MayBe
    | MayBeCodes
    | NumberDoubt
    | TwoReadings
    | UnreadTimes
    | UnsureDates
    | WrittenVectors
)


class Why(str):
    """Why a column was taken for what it was: a sentence that knows the reasons it is made of.

    Parameters
    ----------
    *reasons : str, or a fact of this module
        In the order of the sentence; a plain text is a reason that nobody has to act on.

    Examples
    --------
    >>> why = Why("numbers written as text", StrayCells.of("number", 3, ["a", "b"]))
    >>> why
    "numbers written as text; 3 cells no number: 'a', 'b'"
    >>> why.reasons[1].n_cells
    3
    """

    reasons: tuple[Reason, ...]

    def __new__(cls, *reasons: Reason) -> "Why":
        why = super().__new__(cls, "; ".join(filter(None, map(str, reasons))))
        why.reasons = reasons
        return why

    def __getnewargs__(self) -> tuple[Reason, ...]:  # type: ignore[override]
        return self.reasons

    def also(self, *reasons: Reason) -> "Why":
        """The sentence with these reasons added at its end."""
        return Why(*self.reasons, *reasons)


def reasons_of(why: str) -> tuple[Reason, ...]:
    """The reasons that a sentence is made of; a sentence from a model file is one reason."""
    return why.reasons if isinstance(why, Why) else (why,)


def was_asked(why: str) -> bool:
    """Whether a caller asked for the kind of the column.

    A model file keeps nothing but the sentence, so the answer is read from the sentence.

    >>> was_asked("ignored, as asked"), was_asked("as asked; 3 distinct words"), was_asked("times")
    (True, True, False)
    """
    return why == IGNORED or why.partition("; ")[0] == AS_ASKED
