"""What one decision rests on: how much each cell of a row moved its probability."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.blas import one_blas_thread
from ..data.columns import as_columns
from ..data.vectors import missing_vectors
from ..errors import DataError
from ..metrics.scores import Z95
from ..models import model_of, warn_of_cells
from .encoded import Matrix, check_counts, encode
from .words import Word, places_of, texts_of, words_of_cell

WORK = 2e10  # multiplications of all nets that an answer may cost, about; the rows follow from it
N_REPEATS = 10  # pairs of orders, if nothing else is asked
MOST_ROWS, FEWEST_ROWS = 100, 10  # of the background
MOST_EXACT = 8  # columns of which all sets are looked at
BLOCK = 4096  # rows of a matrix made at a time


@dataclass(frozen=True)
class Contribution:
    """How much one cell moved a probability.

    Attributes
    ----------
    name : str
        Name of the column.
    cell : object
        What stands there in the row: a number, a text, a time, a list of the numbers of a vector,
        or None where it is missing.
    mean : float
        By how much the cell makes the probability higher.
    low, high : float
        95 % interval of ``mean``, for other orders of the columns; both are ``mean`` where all
        orders were taken.
    words : list of Word, default []
        Of a text that is read, what each word adds to the log-odds of the class that is answered,
        the strongest first; empty otherwise.

    Examples
    --------
    >>> Contribution("size", 3.2, mean=0.4, low=0.4, high=0.4)
    Contribution(name='size', cell=3.2, mean=0.4, low=0.4, high=0.4, words=[])
    """

    name: str
    cell: object
    mean: float
    low: float
    high: float
    words: list[Word] = field(default_factory=list)


@dataclass(frozen=True)
class Explanation:
    """What one decision rests on.

    Attributes
    ----------
    label : object
        The class that the model answers.
    probability : float
        Probability of that class.
    base : float
        Mean probability of that class in the background rows.
    n_background : int
        Number of background rows.
    contributions : list of Contribution
        One for each column learned from, the strongest first; their means add up to
        ``probability - base``.

    Examples
    --------
    >>> size = Contribution("size", 3.2, mean=0.5, low=0.5, high=0.5)
    >>> found = Explanation("rook", 0.75, base=0.25, n_background=9, contributions=[size])
    >>> found.probability - found.base == found.contributions[0].mean
    True
    """

    label: Any
    probability: float
    base: float
    n_background: int
    contributions: list[Contribution]


def explain_row(
    model: Any,
    row: Any,
    background: Any,
    *,
    n_repeats: int = N_REPEATS,
    max_samples: int | str = "auto",
    random_state: int = 0,
) -> Explanation:
    """How much each cell of a row moved the probability of the class that is answered.

    The cells of a background row are replaced by those of the row, one after the other; the
    changes of the probability on the way, on average over orders of the columns and background
    rows, are the columns' Shapley values::

        φ_j  =  mean of  P(row up to and with j, else background) - P(row before j, else background)
        Σ_j φ_j  =  P(row) - mean P(background)

    With up to 8 columns all sets are looked at, and the values are exact for the background; with
    more, orders are drawn at random, each with its reverse.

    Parameters
    ----------
    model : fitted classifier of numlp, or its model
        The model that answers.
    row : table of one row
        The row to explain, with the columns of the training table.
    background : table
        What the row is compared with, such as other rows of its table.  Training rows are not in
        a model.
    n_repeats : int, default 10
        Pairs of orders for each background row, where they are drawn.
    max_samples : int or "auto", default "auto"
        Background rows looked at, drawn at random; "auto" is up to 100, fewer where the net or the
        table is large.
    random_state : int, default 0
        Starts the draw of orders and of background rows.

    Returns
    -------
    Explanation
        The answer, and what each column adds to its probability.

    Raises
    ------
    DataError
        A table does not fit the model, ``row`` is not a single row, or ``background`` has no row.
    ValueError
        An argument may not have its value, or the classifier is multilabel.

    References
    ----------
    Štrumbelj & Kononenko (2014), "Explaining prediction models and individual predictions with
    feature contributions"; Mitchell et al. (2022), "Sampling permutations for Shapley value
    estimation" (orders in pairs).

    Examples
    --------
    >>> from numlp import TabularClassifier
    >>> table = {"size": [1.0, 1.2, 1.4, 3.1, 3.3, 2.9] * 20, "hue": list("rgb") * 40}
    >>> y = ["wren", "wren", "wren", "rook", "rook", "rook"] * 20
    >>> clf = TabularClassifier("fast", epochs=20, random_state=0).fit(table, y)
    >>> found = explain_row(clf, {"size": [3.2], "hue": ["g"]}, table)
    >>> found.label, found.contributions[0].name, found.contributions[0].cell
    ('rook', 'size', 3.2)
    """
    check_counts(n_repeats=n_repeats, max_samples=max_samples)
    rng = np.random.default_rng(random_state)
    told: list[str] = []
    one, encoded = encode(model, row, told), encode(model, background, told)
    warn_of_cells(told)
    if len(one.X) != 1:
        raise DataError(f"row has {len(one.X):,} rows: give a table of one")
    if not len(encoded.X):
        raise DataError("background has no row to compare with")
    n_columns = len(encoded.groups)
    n_sets = 2**n_columns if n_columns <= MOST_EXACT else 2 * n_repeats * n_columns
    most = (
        encoded.rows_within(WORK, n_sets, MOST_ROWS, FEWEST_ROWS)
        if isinstance(max_samples, str)
        else max_samples
    )
    B = encoded.X
    if most < len(B):
        B = B[np.sort(rng.choice(len(B), most, replace=False))]
    P = encoded.predict(one.X)
    label = int(encoded.decide(P)[0])

    def of_label(Z: Matrix) -> NDArray[np.float64]:
        return encoded.predict(Z)[:, label].astype(np.float64)

    with one_blas_thread():  # for small products several would only wait
        values, margins = _shapley(
            one.X[0], B, list(encoded.groups.values()), of_label, n_repeats, rng
        )
        base = float(of_label(B).mean())
    fitted = model_of(model)
    columns = as_columns(row, set(fitted.feature_names) if fitted.named else None)
    cells = {name: columns[place] for name, place in places_of(fitted, columns).items()}
    words = {n: words_of_cell(text, cells[n], label) for n, text in texts_of(fitted).items()}
    contributions = [
        Contribution(
            name, _cell(cells[name]), float(v), float(v - m), float(v + m), words.get(name, [])
        )
        for name, v, m in zip(encoded.groups, values, margins, strict=True)
    ]
    return Explanation(
        label=encoded.classes[label : label + 1].tolist()[0],
        probability=float(P[0, label]),
        base=base,
        n_background=len(B),
        contributions=sorted(contributions, key=lambda c: -abs(c.mean)),
    )


def _cell(cells: NDArray[Any]) -> object:
    """The first cell as Python has it; None where it is missing."""
    if not len(cells):
        return None
    if cells.ndim == 2:
        return None if missing_vectors(cells)[0] else cells[0].tolist()
    cell = cells.tolist()[0]
    return None if cell is None or cell != cell else cell  # NaN is not itself


def _shapley(
    x: Matrix,
    B: Matrix,
    groups: Sequence[NDArray[np.intp]],
    of_label: Callable[[Matrix], NDArray[np.float64]],
    n_repeats: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The values of the columns, and half the widths of their intervals."""
    if len(groups) <= MOST_EXACT:
        return _over_all_sets(x, B, groups, of_label), np.zeros(len(groups))
    pairs = np.concatenate([*_over_orders(x, B, groups, of_label, n_repeats, rng)])
    return pairs.mean(axis=0), Z95 * pairs.std(axis=0) / math.sqrt(len(pairs))


def _over_all_sets(
    x: Matrix,
    B: Matrix,
    groups: Sequence[NDArray[np.intp]],
    of_label: Callable[[Matrix], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Exact Shapley values, from the value of every set of columns."""
    d = len(groups)
    value = np.empty(2**d)
    for members in range(2**d):
        Z = B.copy()
        for j, columns in enumerate(groups):
            if members >> j & 1:
                Z[:, columns] = x[columns]
        value[members] = of_label(Z).mean()
    phi = np.zeros(d)
    for members in range(2**d):
        size = members.bit_count()
        for j in range(d):
            if not members >> j & 1:
                share = 1 / (d * math.comb(d - 1, size))
                phi[j] += share * (value[members | 1 << j] - value[members])
    return phi


def _over_orders(
    x: Matrix,
    B: Matrix,
    groups: Sequence[NDArray[np.intp]],
    of_label: Callable[[Matrix], NDArray[np.float64]],
    n_repeats: int,
    rng: np.random.Generator,
) -> Iterator[NDArray[np.float64]]:
    """The mean changes by column on the way from background rows to x, (pairs, columns).

    A pair is an order and its reverse.  Every background row is the start of as many pairs, so the
    sum of the columns' means is exact.
    """
    d = len(groups)
    walks = max(BLOCK // (d + 1) // 2, 1)  # pairs at a time
    starts = np.repeat(np.arange(len(B)), n_repeats)
    for first in range(0, len(starts), walks):
        rows = starts[first : first + walks]
        orders = np.array([rng.permutation(d) for _ in rows])
        orders = np.concatenate([orders, orders[:, ::-1]])
        Z = np.repeat(B[np.concatenate([rows, rows])][:, None, :], d + 1, axis=1)
        for walk, order in zip(Z, orders, strict=True):
            for step, j in enumerate(order.tolist(), start=1):
                walk[step:, groups[j]] = x[groups[j]]
        steps = np.diff(of_label(Z.reshape(-1, Z.shape[2])).reshape(len(orders), d + 1))
        changes = np.empty_like(steps)
        np.put_along_axis(changes, orders, steps, axis=1)
        yield (changes[: len(rows)] + changes[len(rows) :]) / 2
