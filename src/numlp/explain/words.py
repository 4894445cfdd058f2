"""The words of a text that speak for a class: in one row, and in the rows of a table.

A column of text becomes log-odds by a linear model of its words and of pieces of words
(``table.text``), so what each of them adds is exact: its weight in the text times its weight for
the class.  What the pieces of a word add is credited to that word, and a pair of words that follow
each other is a word of its own; so the words add up to the log-odds of the text, but for a bias.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.stage import each
from ..data.columns import Column, Columns, as_columns
from ..models import Model, model_of
from ..table.text import Text
from ..table.vocabulary import MOST_READ

MOST_TEXTS = 2000  # looked at
MOST_CHARACTERS = 1_000_000  # about, of all texts of all columns that are looked at
FEWEST_ROWS = 3  # that have a word, before it is named
MOST_WORDS = 10  # of a class


@dataclass(frozen=True)
class Word:
    """A word, and how much it speaks for a class.

    Attributes
    ----------
    word : str
        In small letters; also a pair of words, or a piece of what is longer than a word.
    log_odds : float
        What it adds to the log-odds of the class: of two classes against the other one, of more
        against the average of all.  Below 0 it speaks against the class.
    n_rows : int, default 1
        In how many of the rows that were looked at it stands.

    Examples
    --------
    >>> Word("good", 1.5, 40)
    Word(word='good', log_odds=1.5, n_rows=40)
    """

    word: str
    log_odds: float
    n_rows: int = 1


def texts_of(model: Any) -> dict[str, Text]:
    """The columns of a model whose words are read, by name."""
    if not isinstance(model, Model):
        return {}
    n_labels = 1 if len(model.classes) == 2 else len(model.classes)
    return {
        encoder.name: encoder
        for encoder in model.table.encoders
        if isinstance(encoder, Text)
        and encoder.reading is not None
        and len(encoder.reading.labels) == n_labels
    }


def places_of(model: Any, columns: Columns) -> dict[str, str]:
    """Where each column of the training table stands in a table; those of an array by position."""
    if model.named and columns.named:
        return {name: name for name in columns.names}
    return dict(zip(model.feature_names, columns.names, strict=True))


def words_of_cell(encoder: Text, cells: Column, label: int) -> list[Word]:
    """The words of the first cell, those that speak most for the class or against it first."""
    texts, codes = encoder.texts(cells[:1])
    if encoder.reading is None or codes[0] < 0:
        return []
    said = _toward(encoder.reading.by_word(texts[codes[0]]), label)
    return sorted((Word(word, z) for word, z in said.items()), key=_by_strength)


def words_by_class(
    model: Any, X: Any, *, max_words: int = MOST_WORDS
) -> dict[str, dict[Any, list[Word]]]:
    """The words that speak most for each class in the texts of some rows.

    ::

        z √n          z: what a word adds, on average over the n rows in which it stands

    so by how much it says, and by how often it stands there.  Words that stand in fewer than 3 of
    the rows are not named.  Up to 2,000 rows, of about a million characters in all, are looked at,
    spread over the table.

    Parameters
    ----------
    model : fitted classifier of numlp, or its model
        The model whose words are told.
    X : table with the columns of the training table
        The rows whose words are looked at.
    max_words : int, default 10
        Most words of a class.

    Returns
    -------
    dict
        For each column whose words are read its classes, and for each class a list of ``Word``, by
        what they add, which is the mean over the rows that have the word.

    Raises
    ------
    ValueError
        ``max_words`` is not a whole number, 1 or more.

    Examples
    --------
    >>> from numlp import TabularClassifier
    >>> notes = [f"{'good' if i % 2 else 'bad'} soup, served at {i % 23 + 1}" for i in range(80)]
    >>> clf = TabularClassifier("fast", epochs=2, random_state=0)
    >>> clf = clf.fit({"note": notes}, ["no", "yes"] * 40, columns={"note": "text"})
    >>> found = words_by_class(clf, {"note": notes})
    >>> {label: (words[0].word, words[0].n_rows) for label, words in found["note"].items()}
    {'no': ('bad', 40), 'yes': ('good', 40)}
    """
    if type(max_words) is not int or max_words < 1:
        raise ValueError(f"max_words={max_words!r}, but it has to be a whole number, 1 or more")
    model = model_of(model)
    encoders = texts_of(model)
    if not encoders:
        return {}
    columns = as_columns(X, set(model.feature_names) if model.named else None)
    places, labels = places_of(model, columns), model.classes.tolist()
    found = {}
    for name, encoder in encoders.items():
        cells, most = columns[places[name]], MOST_CHARACTERS // len(encoders)
        words = _words_by_class(encoder, cells, len(labels), max_words, most)
        found[name] = dict(zip(labels, words, strict=True))
    return found


def _words_by_class(
    encoder: Text, cells: Column, n_classes: int, max_words: int, most_characters: int
) -> list[list[Word]]:
    rows = np.linspace(0, len(cells) - 1, min(len(cells), MOST_TEXTS)).astype(np.intp)
    texts, codes = encoder.texts(cells[rows])
    sizes = np.array([*(min(len(text), MOST_READ) for text in texts), 0])[codes]
    if (step := int(sizes.sum()) // most_characters) > 0:
        texts, codes = encoder.texts(cells[rows[:: step + 1]])
    times = np.bincount(codes[codes >= 0], minlength=len(texts)).tolist()
    total: defaultdict[str, Any] = defaultdict(float)
    n_rows: defaultdict[str, int] = defaultdict(int)
    given = zip(texts, times, strict=True)
    for text, n in each("reading the words of row", given, len(texts)):
        for word, said in encoder.reading.by_word(text).items() if encoder.reading else ():
            total[word] += n * said
            n_rows[word] += n
    frequent = {word: total[word] for word, n in n_rows.items() if n >= FEWEST_ROWS}
    found = []
    for label in range(n_classes):
        toward = _toward(frequent, label)
        words = [Word(word, z / n_rows[word], n_rows[word]) for word, z in toward.items() if z > 0]
        words.sort(key=lambda word: (-word.log_odds * math.sqrt(word.n_rows), word.word))
        found.append(sorted(words[:max_words], key=_by_strength))
    return found


def _toward(said: Mapping[str, NDArray[np.float64]], label: int) -> dict[str, float]:
    """What each word adds to the log-odds of a class; one column is those of the second of two."""
    return {
        word: float(z[label]) if len(z) > 1 else float(z[0] if label == 1 else -z[0])
        for word, z in said.items()
    }


def _by_strength(word: Word) -> tuple[float, str]:
    return -abs(word.log_odds), word.word
