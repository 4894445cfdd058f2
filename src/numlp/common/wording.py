"""How things are told: counts and lists in words, and foreign text as it may be shown."""

import difflib
from collections.abc import Iterable, Sequence
from typing import Any, Self

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


def nearest(name: str, names: Sequence[str]) -> str:
    """What may have been meant by a name that is not among these, or all names where none is near.

    >>> nearest("specie", ["species", "island"]), nearest("x", ["species", "island"])
    ("did you mean 'species'?", "it has 'species', 'island'")
    """
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(map(repr, near))}?"
    return f"it has {name_list(names, most=20)}"


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

    def __new__(cls, column: str, n_cells: int, what: str, words: Sequence[str] = ()) -> Self:
        told = f"{column}: {count(n_cells, 'cell')} {what}"
        note = super().__new__(cls, f"{told}: {name_list(words)}" if words else told)
        note.column, note.n_cells, note.what, note.words = column, n_cells, what, words
        return note

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
                found[key] = CellNote(note.column, n_cells, note.what, words)
            else:
                found[key] = note
        return list(found.values())
