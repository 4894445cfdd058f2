"""Vocabulary: the words and pieces of words of a column of text, and what each text has of them.

A text becomes a sparse row (Salton & Buckley 1988), its words and its pieces each for themselves::

    w = (1 + log n) · idf          n: how often the text has the word, or the piece
    idf = 1 + log((1 + N) / (1 + m))       m of N texts have it
    row = w / ‖w‖ / √2

Words are runs of two or more letters, digits or underscores, and pairs of words that follow each
other; a run of more than 50 is no word.  Pieces are the runs of 2 to 5 characters within what
stands between two blanks, with a blank at its start and its end: they know endings, slips of the
keys, and languages without blanks.  Capitals and small letters are the same.  No term has the end
of a line in it, which is a blank to words and pieces.
"""

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ..nn.more.sparse_matrix import SparseMatrix

MOST_READ = 10_000  # characters of a text; what follows is not read
MOST_LETTERS = 50  # of a word
MIN_ROWS_OF_WORD, MIN_ROWS_OF_PIECE = 2, 3  # rows that a word or piece needs, to be learned from
MOST_TERMS = 1 << 15  # words, and pieces, that are learned from: those of most rows
MOST_CHARACTERS = 1 << 23  # of all texts that the vocabulary is taken from
PIECE_LENGTHS = range(2, 6)
LONGEST_WORD = 24  # characters; longer ones are sentences of a language without blanks, or links
BLOCK = 1 << 19  # characters that are taken apart at a time
ROWS_TAKEN = 1 << 12  # rows of a matrix that are copied at a time
_WORD = re.compile(r"\w\w+")
_AROUND = re.compile(r"^\W+|\W+$")

Numbering = Callable[[str], int]


class _Numbers(dict[str, int]):
    """The number of each term, in the order in which they are asked for."""

    def __missing__(self, term: str) -> int:
        number = self[term] = len(self)
        return number


class Counted(NamedTuple):
    """How often texts have terms: for each text and each of its terms an element, text by text."""

    texts: NDArray[np.intp]
    terms: NDArray[np.intp]
    counts: NDArray[np.intp]


def words_of(text: str) -> list[str]:
    """The words of a text, and then each two that follow each other.

    >>> words_of("not bad, not bad at all")
    ['not', 'bad', 'not', 'bad', 'at', 'all', 'not bad', 'bad not', 'not bad', 'bad at', 'at all']
    """
    words = [word for word in _WORD.findall(text) if len(word) <= MOST_LETTERS]
    return words + [f"{a} {b}" for a, b in itertools.pairwise(words)]


def pieces_of(token: str) -> list[str]:
    """The pieces of what stands between two blanks; what is shorter than a piece is one itself.

    >>> pieces_of("ab")
    [' a', 'ab', 'b ', ' ab', 'ab ', ' ab ']
    """
    token = f" {token} "
    return [
        token[start : start + n]
        for n in PIECE_LENGTHS
        for start in range(max(len(token) - n + 1, 0))
    ]


def _small(text: str) -> str:
    """What is read of a text, in small letters; half of a surrogate pair is a question mark."""
    return text[:MOST_READ].lower().encode(errors="replace").decode()


def _word_counts(texts: Sequence[str], number: Numbering) -> Counted:
    """How often each text has each word."""
    return _counted([[*map(number, words_of(_small(text)))] for text in texts])


def _piece_counts(texts: Sequence[str], number: Numbering) -> Counted:
    """How often each text has each piece."""
    of_token: dict[str, list[int]] = {}  # tokens come again and again
    of_text = []
    for text in texts:
        pieces: list[int] = []
        for token in _small(text).split():
            if token not in of_token:
                of_token[token] = [*map(number, pieces_of(token))]
            pieces += of_token[token]
        of_text.append(pieces)
    return _counted(of_text)


COUNTERS = (_word_counts, _piece_counts)


def _counted(of_texts: Sequence[Sequence[int]]) -> Counted:
    """How often each text has each term, by the numbers of its terms; -1 is none."""
    n = [*map(len, of_texts)]
    terms = np.fromiter(itertools.chain.from_iterable(of_texts), np.intp, sum(n))
    texts = np.repeat(np.arange(len(of_texts)), n)
    known = terms >= 0
    base = int(terms.max(initial=0)) + 1
    pairs, counts = np.unique(texts[known] * base + terms[known], return_counts=True)
    return Counted(pairs // base, pairs % base, counts)


@dataclass
class Vocabulary:
    """The words and pieces that are learned from, and the weight of each.

    Attributes
    ----------
    words, pieces : list of str
        In the order of text; each became a column of the rows, the words first.
    idf : array of float32, of shape (n_words + n_pieces,)
        The weight of each column.

    Examples
    --------
    >>> vocabulary = Vocabulary.fit(["good food", "bad food", "food"], np.array([1, 1, 1]))
    >>> vocabulary.words, vocabulary.pieces[:4]
    (['food'], [' f', ' fo', ' foo', ' food'])
    >>> vocabulary.rows(["Food!", "none"]).times(np.ones(vocabulary.size, np.float32))[1]
    np.float32(0.0)
    """

    words: list[str]
    pieces: list[str]
    idf: NDArray[np.float32]

    @classmethod
    def fit(cls, texts: Sequence[str], counts: NDArray[np.intp]) -> Self:
        """The vocabulary of different texts, each of which ``counts`` cells hold."""
        n_characters = sum(map(_n_read, texts))
        if n_characters > MOST_CHARACTERS:  # every k-th in the order of text
            step = n_characters // MOST_CHARACTERS + 1
            order = sorted(range(len(texts)), key=texts.__getitem__)[::step]
            texts, counts = [texts[i] for i in order], counts[order]
        words, words_in = _frequent(_word_counts, texts, counts, MIN_ROWS_OF_WORD)
        pieces, pieces_in = _frequent(_piece_counts, texts, counts, MIN_ROWS_OF_PIECE)
        n_rows = int(counts.sum())
        idf = 1 + np.log((1 + n_rows) / (1 + np.concatenate([words_in, pieces_in])))
        return cls(words, pieces, idf.astype(np.float32))

    @property
    def size(self) -> int:
        """Number of columns of the rows."""
        return len(self.words) + len(self.pieces)

    @cached_property
    def _numbers(self) -> tuple[dict[str, int], dict[str, int]]:
        """The number of each word, and of each piece."""
        words, pieces = ({t: i for i, t in enumerate(own)} for own in (self.words, self.pieces))
        return words, pieces

    def knows(self, S: SparseMatrix, *, own: bool = False) -> NDArray[np.bool_]:
        """Whether each of the rows has a word; a piece alone is in the texts of any language.

        Of the vocabulary's ``own`` rows, each is asked whether the others alone would make it so.
        """
        is_word = S.indices < len(self.words)
        if own:
            n_rows = np.bincount(S.indices, minlength=self.size)
            is_word &= n_rows[S.indices] > MIN_ROWS_OF_WORD
        return (
            SparseMatrix(is_word.astype(np.float32), S.indices, S.indptr, S.shape[1])
            .times(np.ones(S.shape[1], np.float32))
            .astype(bool)
        )

    def columns_by_word(self, text: str) -> dict[str, list[int]]:
        """The columns of what a text has, for each word the columns of all that stands in it.

        A word is here what stands between two blanks, without the signs around it, and has the
        columns of its pieces.  A pair of words is a word of its own, and so are the pieces of what
        is too long for a word.  A column stands there as often as the text has it.

        >>> vocabulary = Vocabulary.fit(["good food", "bad food", "food"], np.array([1, 1, 1]))
        >>> columns = vocabulary.columns_by_word("Good 'Food'!")
        >>> {word: len(numbers) for word, numbers in columns.items()}
        {'good': 6, 'food': 7}
        """
        words, pieces = self._numbers
        found: defaultdict[str, list[int]] = defaultdict(list)
        small = _small(text)
        for pair in words_of(small):
            if " " in pair and pair in words:
                found[pair].append(words[pair])
        for token in small.split():
            word = _AROUND.sub("", token) or token
            is_long = len(word) > LONGEST_WORD
            for part in words_of(token):
                if " " not in part and part in words:
                    found[part if is_long else word].append(words[part])
            for piece in pieces_of(token):
                if piece in pieces:
                    own = piece.strip() if is_long else word
                    found[own].append(len(words) + pieces[piece])
        return dict(found)

    def rows(self, texts: Sequence[str]) -> SparseMatrix:
        """Texts as sparse rows, (n, size)."""
        return SparseMatrix.stacked([*self.blocks(texts)], self.size)

    def rows_of(self, texts: Sequence[str], codes: NDArray[np.intp]) -> SparseMatrix:
        """The rows of cells, by the number of each cell's text; -1 stands for no text."""
        if np.array_equal(codes, np.arange(len(texts))):  # as most texts are, without a copy
            return self.rows(texts)
        rows = self.rows([*texts, ""])
        steps = range(0, len(codes), ROWS_TAKEN)
        taken = [rows[codes[start : start + ROWS_TAKEN]] for start in steps]
        return SparseMatrix.stacked(taken, self.size)

    def halves(self, S: SparseMatrix) -> list[SparseMatrix]:
        """Rows by their words, and by their pieces; the half that has no column is left out."""
        n_words = len(self.words)
        bounds = [(0, n_words), (n_words, self.size)]
        return [S.columns(start, stop) for start, stop in bounds if stop > start]

    def blocks(self, texts: Sequence[str]) -> Iterator[SparseMatrix]:
        """Texts as sparse rows, a block of them at a time."""
        for block in _blocks(texts):
            yield self._block(texts[block])

    def _block(self, texts: Sequence[str]) -> SparseMatrix:
        parts = []
        start = 0
        for count, numbers in zip(COUNTERS, self._numbers, strict=True):
            found = count(texts, lambda term, own=numbers: own.get(term, -1))  # type: ignore[misc]
            w = (1 + np.log(found.counts)) * self.idf[start + found.terms]
            norms = np.sqrt(2 * np.bincount(found.texts, w * w, minlength=len(texts)))
            parts.append((found.texts, found.terms + start, w / norms[found.texts]))
            start += len(numbers)
        of_text, columns, w = (np.concatenate(part) for part in zip(*parts, strict=True))
        order = np.argsort(of_text, kind="stable")
        indptr = np.concatenate([[0], np.cumsum(np.bincount(of_text, minlength=len(texts)))])
        data = w[order].astype(np.float32)
        return SparseMatrix(data, columns[order].astype(np.int32), indptr, self.size)


def _n_read(text: str) -> int:
    return min(len(text), MOST_READ)


def _blocks(texts: Sequence[str]) -> Iterator[slice]:
    """Texts one after the other, with so few characters that they are taken apart at a time."""
    ends = np.cumsum([1 + _n_read(text) for text in texts])
    start = read = 0
    while start < len(texts):
        stop = max(start + 1, int(np.searchsorted(ends, read + BLOCK, "right")))
        yield slice(start, stop)
        start, read = stop, int(ends[stop - 1])


def _frequent(
    count: Callable[[Sequence[str], Numbering], Counted],
    texts: Sequence[str],
    cells: NDArray[np.intp],
    least: int,
) -> tuple[list[str], NDArray[np.float64]]:
    """The terms that enough cells have, in the order of text, and how many cells have each."""
    numbers = _Numbers()
    n_cells: NDArray[np.float64] = np.zeros(0)
    for block in _blocks(texts):
        found = count(texts[block], numbers.__getitem__)
        n_cells = np.append(n_cells, np.zeros(len(numbers) - len(n_cells)))
        n_cells += np.bincount(found.terms, cells[block][found.texts], len(numbers))
    terms = [*numbers]
    kept = np.flatnonzero(n_cells >= least).tolist()
    # Those of most cells; of equally frequent ones the first in the order of text.
    kept = sorted(kept, key=lambda i: (-n_cells[i], terms[i]))[:MOST_TERMS]
    kept.sort(key=terms.__getitem__)
    return [terms[i] for i in kept], n_cells[kept]
