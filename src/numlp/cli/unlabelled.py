"""Words of the target column that stand for no label, as ``--missing`` names them."""

import shlex
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.wording import name_list, nearest
from ..errors import DataError
from ..models.label_words import places_of
from .options import missing_as_options

MOST_COMPARED = 1000  # labels, the most frequent, among which one that was meant is looked for
MOST_SHOWN = 5


class Missing(NamedTuple):
    """The words that stand for no label.

    Attributes
    ----------
    asked : sequence of str
        Those that were given, without the blanks around them.
    of_model : sequence of str, or None
        Those that the training of a model was given; None where a model is to be trained.
    """

    asked: Sequence[str] = ()
    of_model: Sequence[str] | None = None


class Labels(NamedTuple):
    """What stands in the target column.

    Attributes
    ----------
    words : sequence of str
        The different labels, without the blanks around them.
    counts : array of shape (n_words,)
        How many rows have each.
    n_blank : int
        How many rows have none.
    target : str
        The name of the column.
    file : str
        What messages call the file.
    """

    words: Sequence[str]
    counts: NDArray[np.integer]
    n_blank: int
    target: str
    file: str


def left_out(missing: Missing, labels: Labels) -> tuple[NDArray[np.bool_], list[str]]:
    """Which of the different labels stand for none, (n_words,), and notes that count their rows.

    A word that no row has is a fault where a model is to be trained: it would learn the class that
    was meant.  Rows to be scored may well have none of it, so there a note tells of it; and of the
    words of a model nothing is said.

    Raises
    ------
    DataError
        No row has a word that was given, and a model is to be trained.
    """
    chosen, notes = np.zeros(len(labels.words), bool), []
    n_rows = int(labels.counts.sum()) + labels.n_blank
    for word in dict.fromkeys([*missing.asked, *(missing.of_model or ())]):
        meant = places_of(word, labels.words)
        if not meant and word in missing.asked:
            told = _not_there(word, labels)
            if missing.of_model is None:
                raise DataError(told)
            notes.append(told)
        new = [place for place in meant if not chosen[place]]
        if new:
            chosen[new] = True
            unasked = "" if word in missing.asked else ", as in training"
            notes.append(
                f"{labels.counts[new].sum():,} of {n_rows:,} rows left out{unasked}: their "
                f"{labels.target!r} is {word!r}"
            )
    return chosen, notes


def none_left(target: str, file: str) -> DataError:
    """What to raise where no row has a label that is not left out."""
    return DataError(
        f"{file}: every cell of the target column {target!r} is blank, or left out by --missing"
    )


def advised(words: Sequence[str]) -> str:
    """How to have the rows left out whose labels are these words.

    >>> advised(["NA", "?"])
    "--missing NA --missing '?' leaves these rows out"
    """
    return f"{shlex.join(missing_as_options(words))} leaves these rows out"


def _not_there(word: str, labels: Labels) -> str:
    """What to say of a word that no row has."""
    most = np.argsort(-labels.counts, kind="stable")[:MOST_COMPARED]
    names = [labels.words[place] for place in most]
    what = "its most frequent labels are" if len(names) > MOST_SHOWN else "its labels are"
    near = nearest(word, names, f"{what} {name_list(names, most=MOST_SHOWN)}")
    blank = " (blank ones are left out unasked)" * (labels.n_blank > 0)
    option = shlex.join(missing_as_options([word]))
    return f"{option}: no {labels.target!r} in {labels.file} is {word!r}{blank}: {near}"
