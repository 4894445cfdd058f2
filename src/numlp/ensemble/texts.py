"""What the words of a text say, for nets that must not know the labels of the rows they hold out.

The log-odds of a text come from a linear model (``table.text.WordModel``).  A net that learned from
log-odds of texts whose labels that model has seen would trust them too much.  So each text of the
rows that a net learns from is read by a model that has seen neither this row nor the rows that the
net holds out; each text that the net holds out by a model of all the rows that the net learns
from::

    net i, rows of part j       model of all rows without the parts i and j      (stacking:
    net i, rows of part i       model of all rows without part i                  Wolpert 1992)
    the model that is kept      model of all rows
"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ..common.stage import at
from ..common.wording import count
from ..data.columns import Columns
from ..data.splits import RowNumbers, group_folds, stratified_folds
from ..nn import (
    LBFGS,
    Loss,
    Network,
    SigmoidCrossEntropy,
    SoftmaxCrossEntropy,
    SparseInput,
    SparseMatrix,
    train_full_batch,
)
from ..table.table import Table
from ..table.text import Text, WordModel, as_numbers, log_odds
from ..table.vocabulary import ROWS_TAKEN
from .holding_out import GROUP, HoldingOut
from .recipe import Recipe

Array = NDArray[np.float32]

STRENGTH = 16.0  # of the labels against L2 on the weights: C of LogisticRegression
INNER_FOLDS = 5  # of rows that no net holds out
TOLERANCE = 1e-4  # of the mean loss: where the search for weights ends
MOST_STEPS = 200
MOST_LEARNED = 1 << 25  # elements that weights are learned from, times classes: of every k-th row
USUAL_STEPS = 40  # that a search for weights takes, give or take
TRIED_STEPS, TRIED_ELEMENTS = 2, 1 << 18  # by which it is measured how long one takes


@dataclass(frozen=True)
class TextColumn:
    """The texts of the rows that are learned from.

    Attributes
    ----------
    name : str
        The name of the column.
    reading : WordModel
    rows : SparseMatrix
        The words and pieces of each row.
    places : array of int
        Where the log-odds stand in the matrix.
    given : array of bool
        Whether the cell of each row has a text.
    """

    name: str
    reading: WordModel
    rows: SparseMatrix
    places: NDArray[np.intp]
    given: NDArray[np.bool_]

    def above(self, other: "TextColumn") -> "TextColumn":
        """The texts of both, one below the other."""
        rows = SparseMatrix.stacked([self.rows, other.rows], self.rows.shape[1])
        return replace(self, rows=rows, given=np.concatenate([self.given, other.given]))


class OwnColumns:
    """A matrix of which a few columns differ from net to net.

    Parameters
    ----------
    X : array of shape (n, width)
    places : array of int
        The columns that differ.
    own : sequence of arrays of shape (n, len(places))
        These columns, for each net.
    """

    ndim = 2

    def __init__(self, X: Array, places: NDArray[np.intp], own: Sequence[Array]) -> None:
        self._X, self._places, self._own = X, places, own
        self.shape, self.dtype = X.shape, X.dtype

    def __len__(self) -> int:
        return len(self._X)

    def take(self, rows: RowNumbers, axis: int, out: Array, mode: str) -> Array:
        """The rows of each net, (k, n, width), for row numbers (k, n)."""
        np.take(self._X, rows, axis=axis, out=out, mode="clip" if mode == "clip" else "raise")
        for own, numbers, matrix in zip(self._own, rows, out, strict=True):
            matrix[:, self._places] = own[numbers]
        return out

    def __getitem__(self, rows: RowNumbers) -> Array:
        return self.take(rows, 0, np.empty((*rows.shape, self.shape[1]), self.dtype), "raise")


def learn_weights(
    S: SparseMatrix,
    y: NDArray[Any],
    n_labels: int,
    weight: Array | None,
    most_steps: int = MOST_STEPS,
) -> Array:
    """The weights of words and, in the last row, the bias, that tell the classes of rows best.

    ::

        L = Σᵢ uᵢ loss(S W + b)[i] / Σᵢ uᵢ + ‖W‖² / (2 n STRENGTH)

    Parameters
    ----------
    S : SparseMatrix of shape (n, n_words)
    y : array of shape (n,)
        Class of each row.
    n_labels : int
        Number of classes; 1 stands for two, of which the weights are those of the second.
    weight : array of shape (n,), optional
        Weight u of each row; 0 where a row is not to be learned from.
    most_steps : int
        Steps after which the search ends, wherever it is.
    """
    loss: Loss = SigmoidCrossEntropy() if n_labels == 1 else SoftmaxCrossEntropy()
    layer = SparseInput(S.shape[1], n_labels)
    network = Network(
        [layer],
        loss=loss,
        l2=1 / (STRENGTH * len(S)),
        max_batch=len(S),
    )
    targets, X = y[:, None] if n_labels == 1 else y, cast(Any, S)  # which has what is asked of X
    lbfgs = LBFGS(memory=8, tol_grad=0.0, tol_loss=TOLERANCE)
    for epoch in train_full_batch(network, lbfgs, X, targets, weight=weight):
        if epoch.number == most_steps:
            break
    return np.concatenate([layer.W, layer.b[None, :]])


def n_models(recipe: Recipe) -> int:
    """The number of models of words that the nets of a recipe need."""
    n_parts = min(recipe.n_bagged, recipe.n_folds)
    pairs = n_parts * (n_parts - 1) // 2
    rest = 0 if n_parts == recipe.n_folds else INNER_FOLDS * (n_parts + 1)
    return pairs + n_parts + rest + 1


def seconds_of_model(columns: Sequence[TextColumn], y: NDArray[Any]) -> float:
    """Seconds that the weights of all columns take, from a few steps on some of the rows."""
    seconds = 0.0
    for column in columns:
        n_labels, n_elements = len(column.reading.labels), len(column.rows.data)
        step = n_elements * n_labels // TRIED_ELEMENTS + 1
        S = column.rows[::step]
        _ = S.transposed  # made once, however many models there are
        start = time.perf_counter()
        learn_weights(S, y[::step], n_labels, None, TRIED_STEPS)
        tried = time.perf_counter() - start
        share = min(1.0, MOST_LEARNED / max(n_elements * n_labels, 1)) * step
        seconds += tried * share * USUAL_STEPS / TRIED_STEPS
    return seconds


def _read(S: SparseMatrix, rows: RowNumbers, weights: Array) -> Array:
    """The log-odds of some rows, a block of them at a time: each is copied."""
    Z = np.empty((len(rows), weights.shape[1]), np.float32)
    for start in range(0, len(rows), ROWS_TAKEN):
        block = slice(start, start + ROWS_TAKEN)
        Z[block] = log_odds(S[rows[block]], weights)
    return Z


class LogOdds:
    """The log-odds of all texts, for each net by models that have not seen what they must not.

    Parameters
    ----------
    columns : sequence of TextColumn
        At least one.
    y : array of shape (n,)
        Class of each row.
    weight : array of shape (n,), or None
    holding : HoldingOut, optional
        How rows are held out, where they are not dealt one by one.
    share : float
        Of the rows that weights would be learned from, the share that they are learned from.
    """

    def __init__(
        self,
        columns: Sequence[TextColumn],
        y: NDArray[Any],
        weight: Array | None,
        holding: HoldingOut | None = None,
        share: float = 1.0,
    ) -> None:
        self._columns, self._y, self._holding, self._share = columns, y, holding, share
        self._learned = [*map(self._learned_from, columns)]
        self._weight = np.ones(len(y), np.float32) if weight is None else weight
        # The rows that a model has not learned from, and their log-odds, by the rows of the model.
        self._known: dict[bytes, Array] = {}
        # The last answers, which the trials of a search all ask for: by the rows of a net, and of
        # all nets.
        self._found: dict[bytes, Array] = {}
        self._kept = b""
        self.places = np.concatenate([column.places for column in columns])

    def of_nets(self, trained: Sequence[RowNumbers]) -> list[Array]:
        """For each net, by the rows that it learns from, the log-odds of all rows."""
        sets: dict[bytes, NDArray[np.bool_]] = {}
        keys = []
        for rows in trained:
            mask = np.zeros(len(self._y), bool)
            mask[rows] = True
            keys.append(mask.tobytes())
            sets.setdefault(keys[-1], mask)
        if [*sets] != [*self._found]:
            masks = [*sets.values()]
            at(f"reading the words of {count(len(self._columns), 'column')}")
            self._found = {key: self._of_net(mask, masks) for key, mask in sets.items()}
            self._known.clear()
        return [self._found[key] for key in keys]

    def _of_net(self, own: NDArray[np.bool_], all_sets: list[NDArray[np.bool_]]) -> Array:
        part = np.full(len(own), -1)  # the part of each row that the net learns from
        for j, other in enumerate(all_sets):
            part[own & ~other & (part < 0)] = j
        rest = np.flatnonzero(own & (part < 0))
        if len(rest):
            part[rest] = len(all_sets) + self._folds(rest)
        Z = np.empty((len(own), len(self.places)), np.float32)
        if not own.all():
            Z[~own] = self._by(own)
        for j in np.unique(part[own]):
            rows = part == j
            learned = own & ~rows
            Z[rows] = self._by(learned)[rows[~learned]]
        return Z

    def _folds(self, rows: RowNumbers) -> RowNumbers:
        """The fold of rows that no net holds out: those of a group are all in one fold."""
        rng = np.random.default_rng(0)
        if self._holding is not None and self._holding.by == GROUP:
            groups = np.unique(self._holding.numbers[rows], return_inverse=True)[1]
            n_folds = min(INNER_FOLDS, int(groups.max()) + 1)
            return group_folds(self._y[rows], groups, n_folds, rng)
        folds = stratified_folds(self._y[rows], INNER_FOLDS, rng)
        return np.maximum(folds, 0)  # -1: the only row of its class

    def _by(self, rows: NDArray[np.bool_]) -> Array:
        """The log-odds of all other rows by a model of these rows."""
        key = np.packbits(rows).tobytes()
        if key not in self._known:
            others = np.flatnonzero(~rows)
            self._known[key] = np.concatenate(
                [
                    as_numbers(_read(column.rows, others, W))
                    for column, W in zip(self._columns, self._weights(rows), strict=True)
                ],
                axis=1,
            )
        return self._known[key]

    def _learned_from(self, column: TextColumn) -> tuple[SparseMatrix, RowNumbers]:
        """The rows that a column's weights are learned from, and their numbers."""
        n_labels = len(column.reading.labels)
        step = len(column.rows.data) * n_labels // MOST_LEARNED + 1
        if self._share < 1:
            step = math.ceil(step / self._share)
        if step == 1:
            return column.rows, np.arange(len(self._y))
        numbers = np.sort(np.argsort(self._y, kind="stable")[::step])  # of every class its share
        return column.rows[numbers], numbers

    def _weights(self, rows: NDArray[np.bool_]) -> Iterator[Array]:
        """The weights that these rows teach, for each column."""
        weight = np.where(rows, self._weight, np.float32(0))
        for column, (S, numbers) in zip(self._columns, self._learned, strict=True):
            n_labels = len(column.reading.labels)
            yield learn_weights(S, self._y[numbers], n_labels, weight[numbers])

    def keep(self, trained: Sequence[RowNumbers]) -> None:
        """Give each column the weights that all rows teach which any net learns from."""
        learned = np.zeros(len(self._y), bool)
        for rows in trained:
            learned[rows] = True
        if (key := learned.tobytes()) == self._kept:
            return
        self._kept = key
        for column, W in zip(self._columns, self._weights(learned), strict=True):
            column.reading.weights = W
            known = column.reading.vocabulary.knows(column.rows, own=True)[column.given]
            # One more of each kind: what is in no row of many may be in a later one.
            column.reading.strange = (len(known) - known.sum() + 1).item() / (len(known) + 2)


def text_columns(table: Table, X: Columns) -> list[TextColumn]:
    """The columns of a table whose words are read, with the words of its rows."""
    positions = np.arange(table.width, dtype=np.float32)[None]
    found = []
    for encoder, slots in table.slots(positions):
        if isinstance(encoder, Text) and encoder.reading is not None:
            reading = encoder.reading
            places = slots.numbers[0, -len(reading.labels) :].astype(np.intp)
            texts, codes = encoder.texts(X[encoder.name])
            rows = reading.vocabulary.rows_of(texts, codes)
            found.append(TextColumn(encoder.name, reading, rows, places, codes >= 0))
    return found
