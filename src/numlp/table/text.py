"""Columns of free text: how long each text is, and for which class its words speak."""

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ..data.columns import Column
from ..nn.more.sparse_matrix import SparseMatrix
from .asked import LENGTH
from .encoders import Encoder, Matrix, Odd, Slots, missing_flag, scaling, squash
from .reasons import LengthAlone, Why
from .strays import expected
from .summary import WordSummary
from .vocabulary import (
    MIN_ROWS_OF_PIECE,
    MIN_ROWS_OF_WORD,
    MOST_LETTERS,
    MOST_TERMS,
    Vocabulary,
)
from .words import as_words, by_value, factorize, valued

LOG_ODDS_SCALE = 2.0  # half a unit of a number: log-odds of 4, that is 98 %, are one
_RANGES = {"idf": (1.0, 100.0), "weights": (-1e9, 1e9)}  # far beyond what is ever learned
MOST_LABELS = 100  # classes that words speak for: each word has a weight for each of them


@dataclass
class WordModel:
    """What the words of a column of text say: a linear model of its own.

    ::

        Z = S W + b           S has the words and pieces of each text, as ``Vocabulary`` weighs them
        Z ← Z - mean(Z)       over the classes; of two classes Z is the log-odds of the second

    Attributes
    ----------
    labels : list of str
        The classes that the words speak for; of two the second alone.
    vocabulary : Vocabulary
    weights : array of float32, of shape (vocabulary.size + 1, n_labels), or None
        W, and b as its last row; None until they are learned (``ensemble.texts``).
    strange : float
        The share of the texts given in training that have no word of the vocabulary.
    """

    labels: list[str]
    vocabulary: Vocabulary
    weights: Matrix | None = None
    strange: float = 0.0

    @classmethod
    def fit(
        cls, texts: Sequence[str], counts: NDArray[np.intp], labels: Sequence[str]
    ) -> Self | None:
        """The vocabulary of different texts, each of which ``counts`` cells hold.

        None where no word or piece is frequent enough.
        """
        vocabulary = Vocabulary.fit(texts, counts)
        labels = labels[1:] if len(labels) == 2 else labels
        return cls([*labels], vocabulary) if vocabulary.size else None

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Words, pieces and what is known of each, as a model file keeps them."""
        vocabulary = self.vocabulary
        found: dict[str, NDArray[Any]] = {
            "words": _as_bytes(vocabulary.words),
            "pieces": _as_bytes(vocabulary.pieces),
            "idf": vocabulary.idf,
        }
        if self.weights is not None:
            found["weights"] = self.weights
        return found

    @classmethod
    def from_state(cls, state: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The reading that a model file describes.

        Raises
        ------
        KeyError, TypeError, ValueError
            The state or the arrays were not made by a ``WordModel``.
        """
        labels, strange = state["labels"], state["strange"]
        if not isinstance(labels, list) or not 1 <= len(labels) <= MOST_LABELS:
            raise ValueError(f"the words of a text speak for 1 to {MOST_LABELS} classes")
        if sorted(arrays) != ["idf", "pieces", "weights", "words"]:
            raise ValueError(f"the words of a text are kept in {sorted(arrays)}")
        words, pieces = (_as_terms(arrays[name]) for name in ("words", "pieces"))
        size = len(words) + len(pieces)
        shapes = {"idf": (size,), "weights": (size + 1, len(labels))}
        for name, shape in shapes.items():
            array, (low, high) = arrays[name], _RANGES[name]
            if array.dtype != np.float32 or array.shape != shape:
                raise ValueError(f"{name} of a text is {array.dtype} of {array.shape}, not {shape}")
            if not ((array >= low) & (array <= high)).all():
                raise ValueError(f"{name} of a text is not from {low:g} to {high:g}")
        vocabulary = Vocabulary(words, pieces, arrays["idf"])
        return cls(labels, vocabulary, arrays["weights"], strange)

    def log_odds(self, texts: Sequence[str]) -> tuple[Matrix, NDArray[np.bool_]]:
        """For each text the log-odds, (n, n_labels), and whether it has a word of the vocabulary.

        Without weights, or without a word or piece that is known, log-odds are those of no text.
        """
        Z = np.zeros((len(texts), len(self.labels)), np.float32)
        known = np.ones(len(texts), bool)
        if self.weights is not None:
            start = 0
            for S in self.vocabulary.blocks(texts):
                rows = slice(start, start + len(S))
                Z[rows], known[rows] = log_odds(S, self.weights), self.vocabulary.knows(S)
                start += len(S)
        return Z, known

    def by_word(self, text: str) -> dict[str, NDArray[np.float64]]:
        """What each word of a text adds to its log-odds, (n_labels,).

        The words are those of ``Vocabulary.columns_by_word``.  With the bias they add up to
        ``log_odds``; what stands several times in the text speaks in all of its places alike.
        """
        if self.weights is None:
            return {}
        S = self.vocabulary.rows([text])
        said = _centred(S.data[:, None] * self.weights[S.indices].astype(np.float64))
        of_column = dict(zip(S.indices.tolist(), said, strict=True))
        by_word = self.vocabulary.columns_by_word(text)
        times = Counter(itertools.chain.from_iterable(by_word.values()))
        return {
            word: np.sum([of_column[j] / times[j] for j in columns], axis=0)
            for word, columns in by_word.items()
        }


def _as_bytes(terms: Sequence[str]) -> NDArray[np.uint8]:
    """Terms in UTF-8, a line each: none has the end of a line in it."""
    return np.frombuffer("\n".join(terms).encode(), np.uint8)


def _as_terms(lines: NDArray[Any]) -> list[str]:
    """The terms that ``_as_bytes`` wrote; a ValueError where it did not."""
    if lines.dtype != np.uint8 or lines.ndim != 1:
        raise ValueError(f"words of a text are {lines.dtype} of {lines.shape}, not bytes")
    # Before anything is made of them: a term is two words at most, a character four bytes.
    if len(lines) > 8 * (MOST_LETTERS + 1) * MOST_TERMS:
        raise ValueError(f"the words of a text take {len(lines):,} bytes")
    if (n := np.count_nonzero(lines == ord("\n"))) >= MOST_TERMS:
        raise ValueError(f"a text has {n + 1:,} words, and {MOST_TERMS:,} are allowed")
    terms = lines.tobytes().decode().split("\n") if len(lines) else []
    if len(set(terms)) < len(terms):
        raise ValueError("a word of a text stands twice")
    return terms


def log_odds(S: SparseMatrix, weights: Matrix) -> Matrix:
    """The log-odds that weights and the bias below them give to sparse rows, (n, n_labels)."""
    return _centred(S.times(weights[:-1]) + weights[-1])


def _centred(Z: NDArray[Any]) -> NDArray[Any]:
    """Log-odds of more than two classes less their mean, in place."""
    if Z.shape[1] > 1:
        Z -= Z.mean(axis=1, keepdims=True)
    return Z


def as_numbers(Z: Matrix) -> Matrix:
    """Log-odds as numbers of the table's matrix: scaled, and smoothly clipped."""
    return np.asarray(squash(Z, 0.0, LOG_ODDS_SCALE), np.float32)


@dataclass
class Text(Encoder):
    """A column of free text: how long each is, and for which class its words speak.

    Attributes
    ----------
    length, words : list of two floats
        Center and scale of ``log(1 + n)``, where n counts characters, or words.
    missing : bool
        Whether a cell was missing in training, so that missing has a flag.
    valued : bool, optional
        Whether a text that spells a number, time or truth is as long as ``by_value`` spells it;
        None where an older version wrote the file, which took texts as they are.
    reading : WordModel, optional
        What the words say; None where they are not read.
    """

    tag: ClassVar[str] = "text"
    unknown: ClassVar[str] = "without any word that was frequent in training: another language?"
    length: list[float]
    words: list[float]
    missing: bool
    valued: bool | None = None
    reading: WordModel | None = None

    @classmethod
    def fit(cls, column: WordSummary, why: Why, labels: Sequence[str] = ()) -> Self:
        """Learn how long the texts of a column are, at least one, and which words they have.

        The words may speak for the classes ``labels``; of none or one they are not read, nor of
        more than ``MOST_LABELS``.
        """
        texts = [*map(by_value, column.distinct)]
        length, words = ([*scaling(column.five(x[:-1]))] for x in _sizes(texts))
        reading, unread = None, ""
        if len(labels) > MOST_LABELS:
            unread = f"there are {len(labels):,} classes, and {MOST_LABELS} are allowed"
        elif len(labels) > 1:
            reading = WordModel.fit(texts, column.counts, labels)
            unread = f"no word is in {MIN_ROWS_OF_WORD} rows, no piece in {MIN_ROWS_OF_PIECE}"
        if reading is None:
            why = why.also(LengthAlone(unread))
        else:
            n_words, n_pieces = len(reading.vocabulary.words), len(reading.vocabulary.pieces)
            why = why.also(f"{n_words:,} words and {n_pieces:,} pieces of words are read")
        missing = column.n_missing > 0
        return cls(column.name, why, length, words, missing, valued=True, reading=reading)

    @property
    def asked_as(self) -> str:
        return f"{self.tag}:{LENGTH}" if self.reading is None else self.tag

    @property
    def numbers(self) -> list[str]:
        ends = {"length": self.length[1], "words": self.words[1]}
        sizes = [f"{self.name} {end}" for end, scale in ends.items() if scale]
        return sizes + [f"{self.name} says {label}" for label in self._labels]

    @property
    def _labels(self) -> list[str]:
        return [] if self.reading is None else self.reading.labels

    @property
    def flags(self) -> list[str]:
        return missing_flag(self)

    def read(self, cells: Column, notes: list[str] | None) -> Column:
        return as_words(cells)

    @property
    def had_holes(self) -> bool:
        return self.missing

    def encode(self, cells: Column, out: Slots) -> Odd:
        texts, codes = self.texts(cells)
        j = 0
        for x, (center, scale) in zip(_sizes(texts), (self.length, self.words), strict=True):
            if scale:
                out.numbers[:, j] = squash(x[codes], center, scale)
                j += 1
        absent = codes < 0
        if self.missing:
            out.flags[:, 0] = absent
        n_strange = 0
        if self.reading is not None:
            Z, known = self.reading.log_odds([*texts, ""])  # the last for a missing cell
            out.numbers[:, j:] = as_numbers(Z)[codes]
            n_strange = int(np.count_nonzero(~known[codes] & ~absent))
        return Odd(n_strange, int(np.count_nonzero(absent)))

    def texts(self, cells: Column) -> tuple[list[str], NDArray[np.intp]]:
        """The different texts of a column, and which of them each cell has; -1 is none."""
        texts, codes = factorize(as_words(cells))
        return valued(texts, codes) if self.valued else (texts, codes)

    def is_usual(self, n_unknown: int, n_cells: int) -> bool:
        """Whether so many texts without a known word were to be expected after training."""
        strange = 0.0 if self.reading is None else self.reading.strange
        return expected(n_unknown, n_cells, strange, deviations=4)

    def state(self) -> dict[str, Any]:
        state = super(Text, replace(self, reading=None)).state()
        if self.reading is not None:
            state["reading"] = {"labels": self.reading.labels, "strange": self.reading.strange}
        return state

    @property
    def file_format(self) -> int:
        return 1 if self.reading is None else 2

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {} if self.reading is None else self.reading.arrays()

    @classmethod
    def from_state(cls, settings: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Self:
        state = settings.get("reading")
        if state is None:
            return super().from_state(settings, arrays)
        return cls(**{**settings, "reading": WordModel.from_state(state, arrays)})

    def check(self) -> None:
        super().check()
        for pair in (self.length, self.words):
            if not isinstance(pair, list) or len(pair) != 2:
                raise ValueError(f"column {self.name!r}: a length is not a center and a scale")
            self.check_scaling(*pair)
        self.check_bools(self.missing, *([] if self.valued is None else [self.valued]))
        if self.reading is not None:
            self.check_texts(*self.reading.labels)
            self.check_strays(self.reading.strange)
            if self.reading.strange is None:
                raise TypeError(f"column {self.name!r}: a share of texts is missing")


def _sizes(texts: list[str]) -> list[Column]:
    """``log(1 + n)`` of the characters and the words of each text; NaN at the end, for no text."""
    sizes = [[len(text) for text in texts], [len(text.split()) for text in texts]]
    return [np.append(np.log1p(np.array(n, float)), math.nan) for n in sizes]
