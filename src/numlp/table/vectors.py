"""A column of vectors of one length, such as embeddings made elsewhere: each number a plain one."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from ..common.wording import shortened
from ..data.columns import Column
from ..data.vectors import Vectors, from_cells, missing_vectors
from ..errors import DataError
from .encoders import Encoder, Odd, Slots, missing_flag, scaling, squash
from .words import is_missing_word, parse_number

if TYPE_CHECKING:  # what fits alone needs
    from .reasons import Why
    from .summary import VectorSummary

MOST_WIDTH = 1 << 16  # numbers of a vector
MOST_APART = 100.0  # times that the widest of a vector's numbers may spread as far as a narrow one
BLOCK = 1 << 20  # numbers scaled at a time
MOST_SHOWN = 40  # characters of a cell


@dataclass
class Vector(Encoder):
    """A column of vectors; the net takes their numbers as they are scaled, without an embedding.

    All numbers have one scale, the root of the mean square of their own, since in an embedding how
    far a number spreads says how much it counts: some of all-MiniLM-L6-v2 vary by 1e-8 alone, where
    others vary by 0.05.  Where the widest spreads over 100 times as far as a quarter of the numbers
    do, as in a list of unlike measurements, each has its own.

    A vector that is missing is all 0, the medians; so is a number that is missing within a vector.

    Attributes
    ----------
    centers, scales : list of float
        Median and scale of each number; a scale of 0 of a number that was the same in all rows,
        which stays 0.
    missing : bool
        Whether a cell was missing in training, so that missing has a flag.
    """

    tag: ClassVar[str] = "vector"
    centers: list[float]
    scales: list[float]
    missing: bool

    @classmethod
    def fit(cls, column: "VectorSummary", why: "Why") -> Self:
        """Learn where the numbers of a column's vectors lie; at least one vector is given.

        Raises
        ------
        DataError
            The vectors are too long.
        """
        if (width := len(column.places)) > MOST_WIDTH:
            raise DataError(
                f"column {column.name!r} has vectors of {width:,} numbers, and {MOST_WIDTH:,} are "
                "allowed: make them shorter, by principal components for instance"
            )
        found = [scaling(place.five()) if place.n_given else (0.0, 0.0) for place in column.places]
        spread = sorted(scale for _, scale in found if scale)
        common = 0.0
        if spread and spread[-1] <= MOST_APART * spread[(len(spread) - 1) // 4]:
            common = spread[-1] * math.sqrt(np.mean(np.square(np.array(spread) / spread[-1])))
        scales = [scale and (common or scale) for _, scale in found]
        return cls(column.name, why, [center for center, _ in found], scales, column.n_missing > 0)

    @property
    def plain(self) -> list[str]:
        return [f"{self.name}[{j}]" for j in range(len(self.centers))]

    @property
    def flags(self) -> list[str]:
        return missing_flag(self)

    @property
    def had_holes(self) -> bool:
        return self.missing

    def read(self, cells: Column, notes: list[str] | None) -> Column:
        vectors, width = as_vectors(self.name, cells), len(self.centers)
        if vectors.ndim == 1:
            if not all(cell is None or cell != cell for cell in vectors.tolist()):
                what = {"f": "numbers", "M": "times"}[vectors.dtype.kind]
                raise DataError(f"column {self.name!r} had vectors in training, and has {what} now")
            return np.full((len(cells), width), np.nan, np.float32)
        if vectors.shape[1] != width:
            raise DataError(
                f"column {self.name!r} has vectors of {vectors.shape[1]:,} numbers, and had "
                f"{width:,} in training: make them as those of training were made"
            )
        return vectors

    @property
    def file_format(self) -> int:
        return 2

    def encode(self, x: Column, out: Slots) -> Odd:
        centers, scales = np.array(self.centers), np.array(self.scales)
        scales[scales == 0] = math.inf
        step = max(1, BLOCK // len(centers))
        for start in range(0, len(x), step):
            rows = slice(start, start + step)
            out.plain[rows] = squash(x[rows].astype(np.float64), centers, scales)
        absent = missing_vectors(x)
        if self.missing:
            out.flags[:, 0] = absent
        return Odd(0, int(np.count_nonzero(absent)))

    def check(self) -> None:
        super().check()
        lists = self.centers, self.scales
        if not all(isinstance(numbers, list) for numbers in lists):
            raise TypeError(f"column {self.name!r}: centers or scales are not a list")
        if not 1 <= len(self.centers) == len(self.scales) <= MOST_WIDTH:
            raise ValueError(f"column {self.name!r}: as many centers as scales are not there")
        for center, scale in zip(*lists, strict=True):
            self.check_scaling(center, scale)
        self.centers, self.scales = ([*map(float, numbers)] for numbers in lists)
        self.check_bools(self.missing)


def as_vectors(name: str, cells: Column) -> Column:
    """A column with the vectors that its words spell; one of anything else as it is.

    Raises
    ------
    DataError
        A word spells no vector, or vectors differ in length.

    Examples
    --------
    >>> as_vectors("emb", np.array(["[0.5, 1]", None, "[1.5 2]"], dtype=object))
    array([[0.5, 1. ],
           [nan, nan],
           [1.5, 2. ]], dtype=float32)
    """
    if cells.dtype.kind != "O":
        return cells
    vectors: list[list[float] | None] = []
    for row, word in enumerate(cells.tolist(), start=1):
        vector = None
        if word is not None and not is_missing_word(word.strip()):
            vector = parse_vector(word)
            if vector is None:
                raise DataError(
                    f"column {name!r} has {shortened(repr(word), MOST_SHOWN)} in row {row:,}, "
                    "which is no vector: write its numbers in brackets, such as [0.5, 1.2]"
                )
        vectors.append(vector)
    if all(vector is None for vector in vectors):
        return cells
    found: Vectors = from_cells(name, vectors)
    return found


def parse_vector(word: str) -> list[float] | None:
    """The numbers of a vector as Python, JSON and NumPy write it; None if the word spells none.

    >>> parse_vector("[0.5, nan, 1e3]"), parse_vector("[ 1.  2.5]"), parse_vector("[0.1 ... 0.2]")
    ([0.5, nan, 1000.0], [1.0, 2.5], None)
    """
    word = word.strip()
    if not (word.startswith("[") and word.endswith("]")):
        return None
    parts = word[1:-1].replace(",", " ").split()
    numbers = [parse_number(part) for part in parts]
    if any(math.isnan(x) and not is_missing_word(p) for x, p in zip(numbers, parts, strict=True)):
        return None
    return numbers
