"""What the words of a text say, for nets that must not know the labels of the rows they hold out.

The log-odds of a text come from a linear model (``table.text.WordModel``).  A net that learned from
log-odds of texts whose labels that model has seen would trust them too much.  So each text of the
rows that a net learns from is read by a model that has seen neither this row nor the rows that the
net holds out; each text that the net holds out by a model of all the rows that the net learns
from::

    net i, rows of part j       model of all rows without the parts i and j      (stacking:
    net i, rows of part i       model of all rows without part i                  Wolpert 1992)
    the model that is kept      model of all rows

A model is a blend of four: of words, and of pieces of words, each held back strongly and weakly.
Their factors come from what they say of rows that they have not seen, among those that the net
learns from (``blending``).
"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

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
from .blending import learn_factors
from .holding_out import GROUP, HoldingOut
from .recipe import Recipe

Array = NDArray[np.float32]

# Of the labels against L2 on the weights, the least first.  Half of each is C of a logistic
# regression on rows of length 1: those of words, and of pieces, have the length 1/√2.
STRENGTHS = (2.0, 32.0)
INNER_FOLDS = 5  # of rows that no net holds out
TOLERANCE = 3e-4  # of the mean loss: where the search for weights ends
MOST_STEPS = 30
# Elements that weights are learned from, and these times classes: of more, those of every k-th row.
MOST_LEARNED, MOST_PRODUCTS = 1 << 25, 1 << 27
USUAL_STEPS = 20  # that a search for weights takes, give or take
TRIED_STEPS, TRIED_ELEMENTS = 2, 1 << 18  # by which it is measured how long one takes


@dataclass(frozen=True)
class TextColumn:
    """The texts of the rows that are learned from.

    Attributes
    ----------
    name : str
        The name of the column.
    reading : WordModel
    rows : list of SparseMatrix
        The words of each row, and the pieces.
    places : array of int
        Where the log-odds stand in the matrix.
    given : array of bool
        Whether the cell of each row has a text.
    """

    name: str
    reading: WordModel
    rows: list[SparseMatrix]
    places: NDArray[np.intp]
    given: NDArray[np.bool_]

    def above(self, other: "TextColumn") -> "TextColumn":
        """The texts of both, one below the other."""
        pairs = zip(self.rows, other.rows, strict=True)
        rows = [SparseMatrix.stacked(pair, pair[0].shape[1]) for pair in pairs]
        return replace(self, rows=rows, given=np.concatenate([self.given, other.given]))

    @property
    def n_elements(self) -> int:
        """Number of words and pieces of all rows."""
        return sum(len(rows.data) for rows in self.rows)


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

    def take(
        self, rows: RowNumbers, axis: int, out: Array, mode: Literal["raise", "clip"]
    ) -> Array:
        """The rows of each net, (k, n, width), for row numbers (k, n)."""
        np.take(self._X, rows, axis=axis, out=out, mode=mode)
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
) -> list[Array]:
    """For each of STRENGTHS the weights of terms that tell the classes of rows best.

    ::

        L = Σᵢ uᵢ loss(S W + b)[i] / Σᵢ uᵢ + ‖W‖² / (2 n strength)

    Each search begins where the last one ended.

    Parameters
    ----------
    S : SparseMatrix of shape (n, n_terms)
    y : array of shape (n,)
        Class of each row.
    n_labels : int
        Number of classes; 1 stands for two, of which the weights are those of the second.
    weight : array of shape (n,), optional
        Weight u of each row; 0 where a row is not to be learned from.
    most_steps : int
        Steps after which a search ends, wherever it is.

    Returns
    -------
    list of arrays of shape (n_terms + 1, n_labels)
        The last row is the bias.
    """
    loss: Loss = SigmoidCrossEntropy() if n_labels == 1 else SoftmaxCrossEntropy()
    layer = SparseInput(S.shape[1], n_labels)
    network = Network([layer], loss=loss, max_batch=len(S))
    targets, X = y[:, None] if n_labels == 1 else y, cast(Any, S)  # which has what is asked of X
    learned = []
    for strength in STRENGTHS:
        network.l2 = 1 / (strength * len(S))
        lbfgs = LBFGS(memory=8, tol_grad=0.0, tol_loss=TOLERANCE)
        for epoch in train_full_batch(network, lbfgs, X, targets, weight=weight):
            if epoch.number == most_steps:
                break
        learned.append(np.concatenate([layer.W, layer.b[None, :]]))
    return learned


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
        n_labels, n_elements = len(column.reading.labels), column.n_elements
        step = n_elements * n_labels // TRIED_ELEMENTS + 1
        tried = 0.0
        for rows in column.rows:
            S = rows[::step]
            _ = S.transposed  # made once, however many models there are
            start = time.perf_counter()
            learn_weights(S, y[::step], n_labels, None, TRIED_STEPS)
            tried += time.perf_counter() - start
        share = step / _step_of_learned(n_elements, n_labels)
        seconds += tried * share * USUAL_STEPS / TRIED_STEPS
    return seconds


def _step_of_learned(n_elements: int, n_labels: int) -> int:
    """Of which rows weights are learned: of all, or of every second, third and so on."""
    return max(n_elements // MOST_LEARNED, n_elements * n_labels // MOST_PRODUCTS) + 1


def _said(S: SparseMatrix, rows: RowNumbers, learned: Sequence[Array], out: Array) -> None:
    """The log-odds that each of some weights gives to some rows, a block of them at a time."""
    for start in range(0, len(rows), ROWS_TAKEN):
        block = slice(start, start + ROWS_TAKEN)
        taken = S[rows[block]]  # a copy
        for weights, z in zip(learned, out, strict=True):
            z[block] = log_odds(taken, weights)


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
        # For each column what its models say of the rows that they have not learned from, by the
        # rows that they have.
        self._known: dict[bytes, list[Array]] = {}
        # The last answers, which the trials of a search all ask for: by the rows of a net.
        self._found: dict[bytes, Array] = {}
        self.places = np.concatenate([column.places for column in columns])

    def learn(self, trained: Sequence[RowNumbers]) -> None:
        """Learn what nets need that learn from these rows, and what is kept, of all their rows."""
        masks = [_mask(rows, len(self._y)) for rows in trained]
        sets = {mask.tobytes(): mask for mask in masks}
        if [*sets] == [*self._found]:
            return
        at(f"reading the words of {count(len(self._columns), 'column')}")
        self._found = {}
        for key, mask in sets.items():
            said = self._unseen(mask, [*sets.values()])
            factors = self._factors(said, mask)
            self._found[key] = self._blended(said, factors)
        self._keep(np.any([*sets.values()], axis=0), [*sets.values()])
        self._known.clear()

    def of_nets(self, trained: Sequence[RowNumbers]) -> list[Array]:
        """For each of the nets that were learned for, by its rows, the log-odds of all rows."""
        return [self._found[_mask(rows, len(self._y)).tobytes()] for rows in trained]

    def _unseen(self, own: NDArray[np.bool_], all_sets: Sequence[NDArray[np.bool_]]) -> list[Array]:
        """For each column what models say of all rows that have not seen them, nor others' own."""
        part = np.full(len(own), -1)  # the part of each row that the net learns from
        for j, other in enumerate(all_sets):
            part[own & ~other & (part < 0)] = j
        rest = np.flatnonzero(own & (part < 0))
        if len(rest):
            part[rest] = len(all_sets) + self._folds(rest)
        said = [self._empty(column, len(own)) for column in self._columns]
        if not own.all():
            for z, known in zip(said, self._by(own), strict=True):
                z[:, ~own] = known
        for j in np.unique(part[own]):
            rows = part == j
            learned = own & ~rows
            for z, known in zip(said, self._by(learned), strict=True):
                z[:, rows] = known[:, rows[~learned]]
        return said

    def _folds(self, rows: RowNumbers) -> RowNumbers:
        """The fold of rows that no net holds out: those of a group are all in one fold."""
        rng = np.random.default_rng(0)
        if self._holding is not None and self._holding.by == GROUP:
            groups = np.unique(self._holding.numbers[rows], return_inverse=True)[1]
            n_folds = min(INNER_FOLDS, int(groups.max()) + 1)
            return group_folds(self._y[rows], groups, n_folds, rng)
        folds = stratified_folds(self._y[rows], INNER_FOLDS, rng)
        return np.maximum(folds, 0)  # -1: the only row of its class

    def _by(self, rows: NDArray[np.bool_]) -> list[Array]:
        """For each column what models of these rows say of all others."""
        key = np.packbits(rows).tobytes()
        if key not in self._known:
            others = np.flatnonzero(~rows)
            found = []
            for column, learned in zip(self._columns, self._weights(rows), strict=True):
                found.append(self._empty(column, len(others)))
                parts = np.split(found[-1], len(column.rows))
                for S, own, z in zip(column.rows, learned, parts, strict=True):
                    _said(S, others, own, z)
            self._known[key] = found
        return self._known[key]

    @staticmethod
    def _empty(column: TextColumn, n_rows: int) -> Array:
        """Memory for what all models of a column say: of words, then of pieces."""
        n_models = len(column.rows) * len(STRENGTHS)
        return np.empty((n_models, n_rows, len(column.reading.labels)), np.float32)

    def _learned_from(self, column: TextColumn) -> tuple[list[SparseMatrix], RowNumbers]:
        """The rows that a column's weights are learned from, and their numbers."""
        step = _step_of_learned(column.n_elements, len(column.reading.labels))
        if self._share < 1:
            step = math.ceil(step / self._share)
        if step == 1:
            return column.rows, np.arange(len(self._y))
        numbers = np.sort(np.argsort(self._y, kind="stable")[::step])  # of every class its share
        return [rows[numbers] for rows in column.rows], numbers

    def _weights(self, rows: NDArray[np.bool_]) -> Iterator[list[list[Array]]]:
        """The weights that these rows teach: for each column those of words, and those of pieces.

        There are as many of each as STRENGTHS.
        """
        weight = np.where(rows, self._weight, np.float32(0))
        for column, (parts, numbers) in zip(self._columns, self._learned, strict=True):
            y, own, n_labels = self._y[numbers], weight[numbers], len(column.reading.labels)
            yield [learn_weights(S, y, n_labels, own) for S in parts]

    def _factors(self, said: Sequence[Array], own: NDArray[np.bool_]) -> list[tuple[Any, Any]]:
        """For each column the factors of its models, and the prior, that these rows teach."""
        return [learn_factors(z[:, own], self._y[own], self._weight[own]) for z in said]

    @staticmethod
    def _blended(said: Sequence[Array], factors: Sequence[tuple[Any, Any]]) -> Array:
        """The log-odds of all columns as numbers of the matrix, (n, n_places)."""
        blends = [
            as_numbers(np.tensordot(a.astype(np.float32), z, 1) + prior.astype(np.float32))
            for z, (a, prior) in zip(said, factors, strict=True)
        ]
        return np.concatenate(blends, axis=1)

    def _keep(self, learned: NDArray[np.bool_], all_sets: Sequence[NDArray[np.bool_]]) -> None:
        """Give each column the blend of the weights that all rows teach which any net learns from.

        The blend of linear models is one: its weights are those of the models, times their factors.
        """
        factors = self._factors(self._unseen(learned, all_sets), learned)
        given = zip(self._columns, self._weights(learned), factors, strict=True)
        for column, weights, (a, prior) in given:
            blends = [
                np.tensordot(own, np.stack(models), 1)
                for own, models in zip(np.split(a, len(weights)), weights, strict=True)
            ]
            bias = np.sum([W[-1] for W in blends], axis=0) + prior
            whole = [*(W[:-1] for W in blends), bias[None]]
            column.reading.weights = np.concatenate(whole).astype(np.float32)
            known = column.reading.vocabulary.knows(column.rows[0], own=True)[column.given]
            # One more of each kind: what is in no row of many may be in a later one.
            column.reading.strange = (len(known) - known.sum() + 1).item() / (len(known) + 2)


def _mask(rows: RowNumbers, n_rows: int) -> NDArray[np.bool_]:
    mask = np.zeros(n_rows, bool)
    mask[rows] = True
    return mask


def text_columns(table: Table, X: Columns) -> list[TextColumn]:
    """The columns of a table whose words are read, with the words of its rows."""
    positions = np.arange(table.width, dtype=np.float32)[None]
    found = []
    for encoder, slots in table.slots(positions):
        if isinstance(encoder, Text) and encoder.reading is not None:
            reading = encoder.reading
            places = slots.numbers[0, -len(reading.labels) :].astype(np.intp)
            texts, codes = encoder.texts(X[encoder.name])
            rows = reading.vocabulary.halves(reading.vocabulary.rows_of(texts, codes))
            found.append(TextColumn(encoder.name, reading, rows, places, codes >= 0))
    return found
