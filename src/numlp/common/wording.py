"""How things are told: counts and lists in words, and foreign text as it may be shown."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Self

MOST_GUESSES = 3  # names that are as near: of more, none is a guess
FEWEST_LETTERS = 3  # of a part of a name
LETTERS_A_SLIP = 3
A_PART = 1000  # as many slips as this counts for: any slip is nearer
MOST_WORDS = 1000  # words of a column that the notes of many blocks remember


def printable(text: str) -> str:
    r"""The text in one line, without the control characters that could steer a terminal.

    >>> printable("a\x1b[2Jb\nc")
    'a[2Jb c'
    """
    return "".join(c for c in " ".join(text.split()) if c.isprintable())


def shortened(text: str, most: int) -> str:
    """The text in one line as ``printable`` makes it, cut to so many characters.

    >>> shortened("an interesting name", 12)
    'an interest…'
    """
    text = printable(text)
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def escaped(value: object, most: int) -> str:
    r"""A value of a file or a table as text, cut to so many characters, control characters escaped.

    >>> escaped("a\x1b[2J" + 99 * "b", 12)
    'a\\x1b[2Jbbb…'
    """
    text = str(value)
    # Only what is shown is worked on: a file may hold names of gigabytes.
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[:most])
    return shown if max(len(text), len(shown)) <= most else shown[: most - 1] + "…"


def folded(text: str) -> str:
    """The text without what people do not mean: capitals, and blanks around and between words.

    >>> folded(" Yes,  MAYBE ")
    'yes, maybe'
    """
    return " ".join(text.split()).casefold()


def count(n: int, what: str) -> str:
    """A number of things in words.

    >>> count(1, "cell"), count(2000, "cell"), count(2, "category")
    ('1 cell', '2,000 cells', '2 categories')
    """
    return f"{n:,} {what if n == 1 else what[:-1] + 'ies' if what.endswith('y') else what + 's'}"


def with_interval(value: float, low: float, high: float, form: str = ".1%") -> str:
    """A figure and its interval in words.

    >>> with_interval(0.912, 0.88, 0.93), with_interval(0.4567, 0.4, 0.5, ".3f")
    ('91.2% (95% interval 88.0% to 93.0%)', '0.457 (95% interval 0.400 to 0.500)')
    """
    return f"{value:{form}} (95% interval {low:{form}} to {high:{form}})"


def name_list(names: Sequence[object], most: int = 5, n_names: int | None = None) -> str:
    """The first of the names, for a message, and how many more there are.

    Parameters
    ----------
    names : sequence
    most : int
        How many are shown.
    n_names : int, optional
        How many names there are, where ``names`` has the first of them alone.

    Examples
    --------
    >>> name_list(["a", "b"]), name_list(range(9), most=2), name_list(["a"], n_names=7)
    ("'a', 'b'", '0, 1 and 7 more', "'a' and 6 more")
    """
    shown = names[:most]
    told = ", ".join(repr(name) for name in shown)
    more = (len(names) if n_names is None else n_names) - len(shown)
    return f"{told} and {more} more" if more else told


def guesses(name: str, names: Iterable[str]) -> list[str]:
    """The names that may have been meant by one that is not among them, the nearest ones alone.

    No guess is better than a wrong one, so it has to be a slip: capitals, blanks and dashes; a
    letter wrong, missing, too much or swapped with the next one for every three letters; or one
    name is the beginning, or the last words, of the other.  Numbers have to be the same: x1 is not
    x2.

    >>> guesses("--ouput", ["--output", "--target"]), guesses("--group", ["--output", "--target"])
    (['--output'], [])
    >>> guesses("Bill length", ["bill_length_mm", "bill_depth_mm"]), guesses("x11", ["x10", "x12"])
    (['bill_length_mm'], [])
    """
    by_distance: dict[int, list[str]] = {}
    for each in dict.fromkeys(names):
        distance = _slips(_words(name), _words(each))
        if distance is not None:
            by_distance.setdefault(distance, []).append(each)
    near = by_distance[min(by_distance)] if by_distance else []
    return near if len(near) <= MOST_GUESSES else []


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", name.casefold())


def _slips(one: Sequence[str], other: Sequence[str]) -> int | None:
    """How many slips lie between two names, or None where they are too many for a guess."""
    a, b = "".join(one), "".join(other)
    if a == b:
        return 0
    short, long = sorted((a, b), key=len)
    if len(short) >= FEWEST_LETTERS and (one[-len(other) :] == other or other[-len(one) :] == one):
        return A_PART
    most, more = len(short) // LETTERS_A_SLIP, len(long) - len(short)
    if more > most:
        return A_PART if len(short) >= FEWEST_LETTERS and long.startswith(short) else None
    differing = (Counter(a) - Counter(b)).total(), (Counter(b) - Counter(a)).total()
    if max(differing) > most or re.findall(r"\d+", a) != re.findall(r"\d+", b):
        return None
    # Optimal string alignment: rows of the table of distances between the beginnings of both.
    before, row = [0] * (len(b) + 1), list(range(len(b) + 1))
    for i, letter in enumerate(a, start=1):
        last, before, row = before, row, [i]
        for j, beside in enumerate(b, start=1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != beside))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == beside:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1] if row[-1] <= most else None


def nearest(name: str, names: Sequence[str], else_told: str = "") -> str:
    """What may have been meant by a name that is not among these, or what there is instead.

    Parameters
    ----------
    name : str
    names : sequence of str
    else_told : str, optional
        What is said where no name is near; by default all names, or the first 20.

    Examples
    --------
    >>> nearest("specie", ["species", "island"]), nearest("x", ["species", "island"])
    ("did you mean 'species'?", "it has 'species', 'island'")
    """
    near = guesses(name, names)
    if near:
        return f"did you mean {' or '.join(map(repr, near))}?"
    return else_told or f"it has {name_list(names, most=20)}"


class CellNote(str):
    """A note on cells of one column that knows their number, so that notes of blocks can be added.

    Parameters
    ----------
    column : str
    n_cells : int
    what : str
        What is said of the cells.
    words : sequence of str
        The words in the cells, if they are told.
    usual : bool, default False
        Whether so many such cells were to be expected, so that nobody has to be warned.
    cause : str, optional
        What the cells look like, and what to do.

    Examples
    --------
    >>> note = CellNote("size", 3, "no number, taken as missing", ["big", "?"])
    >>> note
    "size: 3 cells no number, taken as missing: 'big', '?'"
    >>> print(*CellNote.added([note, "delimiter tab", note]), sep="; ")
    size: 6 cells no number, taken as missing: 'big', '?'; delimiter tab
    """

    column: str
    n_cells: int
    what: str
    words: Sequence[str]
    usual: bool
    cause: str

    def __new__(
        cls,
        column: str,
        n_cells: int,
        what: str,
        words: Sequence[str] = (),
        *,
        usual: bool = False,
        cause: str = "",
    ) -> Self:
        told = f"{column}: {count(n_cells, 'cell')} {what}{cause and f' ({cause})'}"
        note = super().__new__(cls, f"{told}: {name_list(words)}" if words else told)
        note.column, note.n_cells, note.what, note.words = column, n_cells, what, words
        note.usual, note.cause = usual, cause
        return note

    @property
    def said(self) -> str:
        """What is said of the cells, with the cause."""
        return self.what + (self.cause and f" ({self.cause})")

    @property
    def brief(self) -> str:
        """The note without the words in the cells."""
        return f"{self.column}: {count(self.n_cells, 'cell')} {self.said}"

    @staticmethod
    def added(notes: Iterable[str]) -> list[str]:
        """The notes, with those that say the same of cells of one column added up to one note."""
        found: dict[Any, str] = {}
        for note in notes:
            key = (note.column, note.what) if isinstance(note, CellNote) else note
            before = found.get(key)
            if isinstance(note, CellNote) and isinstance(before, CellNote):
                words = list(dict.fromkeys([*before.words, *note.words]))[:MOST_WORDS]
                n_cells = before.n_cells + note.n_cells
                usual, cause = before.usual and note.usual, before.cause or note.cause
                found[key] = CellNote(
                    note.column, n_cells, note.what, words, usual=usual, cause=cause
                )
            else:
                found[key] = note
        return list(found.values())
