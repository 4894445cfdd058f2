"""What a model's answers rest on, told by the columns of the table as it is.

``permutation_importance`` is about a model: how much worse it is without what a column says.
``explain_row`` is about one decision: how much each cell of a row moved its probability.

A column of the table fills several columns of the matrix that a net takes (numbers, flags, codes).
Those of one are moved together, so the words of a table are read once, whatever is asked.
"""

import heapq
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .columns import as_columns
from .errors import DataError
from .estimator import check_same_length
from .metrics import Codes, Probabilities, losses
from .mlp import MLPClassifier
from .mlp_parts import probabilities
from .model import Model
from .predictions import class_codes

Rows = NDArray[Any]
Predict = Callable[[Rows], Probabilities]

# Multiplications of all nets that an answer may cost, about; the rows looked at follow from it.
WORK, WORK_ROW = 1e11, 2e10
N_REPEATS = 10  # of a shuffled column, if nothing else is asked
MOST_ROWS, FEWEST_ROWS = 2000, 50  # looked at for importances
MOST_BACKGROUND, FEWEST_BACKGROUND = 100, 10  # that a row is compared with
MOST_COLUMNS = 100  # whose importance is looked for one by one
MOST_EXACT = 8  # columns of which all sets are looked at
BLOCK = 4096  # rows of a matrix made at a time
Z95 = 1.959964


@dataclass(frozen=True)
class Importance:
    """How much worse a model is when a column is shuffled.

    Attributes
    ----------
    name : str
        Of the column.
    mean : float
        Increase of the log-loss, in nats.
    low, high : float
        95 % interval of it, for other rows of the same kind and other shuffles.
    accuracy : float
        Decrease of the accuracy.
    values : array of shape (n_repeats,)
        Increase of the log-loss in each repeat.
    """

    name: str
    mean: float
    low: float
    high: float
    accuracy: float
    values: NDArray[np.float64] = field(repr=False, compare=False)


@dataclass(frozen=True)
class Contribution:
    """How much one cell moved a probability.

    Attributes
    ----------
    name : str
        Of the column.
    cell : object
        What stands there in the row: a number, a text, a time, or None where it is missing.
    mean : float
        By how much the probability is higher for it.
    low, high : float
        95 % interval of it, for other orders of the columns; equal to it where all were taken.
    """

    name: str
    cell: object
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Explanation:
    """What one decision rests on.

    Attributes
    ----------
    label : object
        The class that the model answers.
    probability : float
        Of that class.
    base : float
        Mean probability of that class in the background rows.
    n_background : int
        How many rows those are.
    contributions : list of Contribution
        One for each column learned from, the strongest first; their means add up to
        ``probability - base``.
    """

    label: Any
    probability: float
    base: float
    n_background: int
    contributions: list[Contribution]


class _Question(NamedTuple):
    """A table as the nets of a classifier take it.

    Attributes
    ----------
    X : array of shape (n, width)
    names : list of str
        Of all columns of the table.
    groups : dict of str to array
        Of each column that is learned from, the columns of X that it fills.
    predict : callable
        From rows such as those of X to probabilities.
    decide : callable
        From probabilities to the index of the class that is answered.
    classes : array of shape (n_classes,)
    work : int
        Multiplications, about, for each row.
    """

    X: Rows
    names: list[str]
    groups: dict[str, NDArray[np.intp]]
    predict: Predict
    decide: Callable[[Probabilities], Codes]
    classes: NDArray[Any]
    work: int

    def rows_within(self, work: float, per_row: int, most: int, fewest: int) -> int:
        """So many rows that the work is bounded, with so many predictions for each."""
        return int(min(max(work / (self.work * max(per_row, 1)), fewest), most))


def permutation_importance(
    model: Any,
    X: Any,
    y: Any,
    *,
    n_repeats: int = N_REPEATS,
    max_samples: int | str = "auto",
    max_columns: int = MOST_COLUMNS,
    random_state: int = 0,
) -> list[Importance]:
    """How much worse a model answers when the cells of one column are shuffled among the rows.

    With `π` a permutation of the rows, and `x[j ← π]` the rows with column j taken from `π`::

        importance of j  =  mean of  log-loss(y, P(x[j ← π])) - log-loss(y, P(x))

    The interval is that of a mean over rows, each of which counts where its own cell is replaced
    and where its cell replaces another's; so it holds for other rows too, not only for other
    shuffles of these.

    Parameters
    ----------
    model : fitted TabularClassifier, Model or MLPClassifier
    X : table with the columns of the training table
        Best of rows that were not learned from.
    y : labels of shape (n,)
    n_repeats : int, default 10
        How often each column is shuffled.
    max_samples : int or "auto", default "auto"
        Rows looked at, drawn at random from X; "auto" is up to 2,000, fewer where the net or the
        table is large.
    max_columns : int, default 100
        Columns shuffled one by one.  Where there are more, they are found by shuffling half of all
        together, and halving again and again the set that makes the answers worst.
    random_state : int, default 0

    Returns
    -------
    list of Importance
        The most important first; columns that are not learned from are not in it.

    Raises
    ------
    DataError
        The table does not fit the model, a label is not one of its classes, or there are fewer
        than two rows.
    ValueError
        An argument has no such value, or the classifier is multilabel.

    Notes
    -----
    A column that carries much the same as another is hardly missed: near-copies share what they
    are worth, and each alone may look useless.  A shuffled column also makes rows that never occur
    (a pregnant man), on which the answer is a guess.  And importance is to the model, not a cause.

    References
    ----------
    Breiman (2001), "Random forests"; Fisher, Rudin & Dominici (2019), "All models are wrong, but
    many are useful".

    Examples
    --------
    >>> from numlp import TabularClassifier
    >>> table = {"size": [1.0, 1.2, 1.4, 3.1, 3.3, 2.9] * 20, "hue": list("rgb") * 40}
    >>> y = ["wren", "wren", "wren", "rook", "rook", "rook"] * 20
    >>> clf = TabularClassifier("fast", epochs=20, random_state=0).fit(table, y)
    >>> [column.name for column in permutation_importance(clf, table, y)]
    ['size', 'hue']
    """
    _check_counts(n_repeats=n_repeats, max_columns=max_columns, max_samples=max_samples)
    rng = np.random.default_rng(random_state)
    question = _ask(model, X)
    check_same_length(len(question.X), len(y))
    codes = class_codes(y, question.classes)
    if len(codes) < 2:
        raise DataError(f"{len(codes)} row(s): to shuffle a column takes two at least")
    per_row = n_repeats * min(len(question.groups), max_columns)
    most = (
        question.rows_within(WORK, per_row, MOST_ROWS, FEWEST_ROWS)
        if isinstance(max_samples, str)
        else max_samples
    )
    if most < len(codes):
        rows = np.sort(rng.choice(len(codes), most, replace=False))
        question, codes = question._replace(X=question.X[rows]), codes[rows]
    shuffles = [rng.permutation(len(codes)) for _ in range(n_repeats)]
    with _one_thread():
        names = list(question.groups)
        if len(names) > max_columns:
            names = _likely_columns(question, codes, shuffles[0], max_columns)
        P = question.predict(question.X)
        before, right = losses(codes, P), question.decide(P) == codes
        found = [_importance(name, question, codes, before, right, shuffles) for name in names]
    return sorted(found, key=lambda column: -column.mean)


def explain_row(
    model: Any,
    row: Any,
    background: Any,
    *,
    n_repeats: int = 10,
    max_samples: int | str = "auto",
    random_state: int = 0,
) -> Explanation:
    """How much each cell of a row moved the probability of the class that is answered.

    The cells of a background row are replaced by those of the row, one after the other; the
    changes of the probability on the way, in the mean over orders of the columns and background
    rows, are the columns' Shapley values::

        φ_j  =  mean of  P(row up to and with j, else background) - P(row before j, else background)
        Σ_j φ_j  =  P(row) - mean P(background)

    Of up to 8 columns all sets are looked at, and the values are exact for the background; of
    more, orders are drawn at random, each with its reverse.

    Parameters
    ----------
    model : fitted TabularClassifier, Model or MLPClassifier
    row : table of one row
    background : table
        What the row is compared with, such as other rows of its table.  Training rows are not in
        a model.
    n_repeats : int, default 10
        Pairs of orders for each background row, where they are drawn.
    max_samples : int or "auto", default "auto"
        Background rows looked at, drawn at random; "auto" is up to 100, fewer where the net or the
        table is large.
    random_state : int, default 0

    Returns
    -------
    Explanation

    Raises
    ------
    DataError
        A table does not fit the model, ``row`` has not one row, or the background has none.
    ValueError
        An argument has no such value, or the classifier is multilabel.

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
    _check_counts(n_repeats=n_repeats, max_samples=max_samples)
    rng = np.random.default_rng(random_state)
    one, question = _ask(model, row), _ask(model, background)
    if len(one.X) != 1:
        raise DataError(f"row has {len(one.X):,} rows: give a table of one")
    if not len(question.X):
        raise DataError("background has no row to compare with")
    n_columns = len(question.groups)
    n_sets = 2**n_columns if n_columns <= MOST_EXACT else 2 * n_repeats * n_columns
    most = (
        question.rows_within(WORK_ROW, n_sets, MOST_BACKGROUND, FEWEST_BACKGROUND)
        if isinstance(max_samples, str)
        else max_samples
    )
    B = question.X
    if most < len(B):
        B = B[np.sort(rng.choice(len(B), most, replace=False))]
    P = question.predict(one.X)
    label = int(question.decide(P)[0])

    def of_label(Z: Rows) -> NDArray[np.float64]:
        return question.predict(Z)[:, label].astype(np.float64)

    with _one_thread():
        values, margins = _shapley(
            one.X[0], B, list(question.groups.values()), of_label, n_repeats, rng
        )
        base = float(of_label(B).mean())
    cells = _cells(row, one.names)
    contributions = [
        Contribution(name, cells[name], float(v), float(v - m), float(v + m))
        for name, v, m in zip(question.groups, values, margins, strict=True)
    ]
    return Explanation(
        label=question.classes[label : label + 1].tolist()[0],
        probability=float(P[0, label]),
        base=base,
        n_background=len(B),
        contributions=sorted(contributions, key=lambda c: -abs(c.mean)),
    )


def _one_thread() -> AbstractContextManager[Any]:
    """Many small products: threads of BLAS would wait for each other longer than these take."""
    from threadpoolctl import threadpool_limits  # here, as predicting needs NumPy alone

    limits: AbstractContextManager[Any] = threadpool_limits(limits=1, user_api="blas")
    return limits


# A classifier and a table


def _ask(model: Any, X: Any) -> _Question:
    """The table as the classifier's nets take it, and the classifier as a function of that."""
    if isinstance(model, MLPClassifier):
        return _ask_mlp(model, X)
    if hasattr(model, "_check_fitted"):
        model._check_fitted()
        model = model.model_
    if not isinstance(model, Model):
        raise ValueError(
            f"model={model!r}, but it has to be a TabularClassifier, Model or MLPClassifier"
        )
    table, network = model.table, model.network

    def predict(Z: Rows) -> Probabilities:
        return np.concatenate([P for _, P in model.probabilities(Z)])

    positions = np.arange(table.width)[None, :].astype(np.float32)
    groups = {
        part.name: np.concatenate([slot[0] for slot in slots]).astype(np.intp)
        for part, slots in table.slots(positions)
        if part.width
    }
    return _Question(
        table.transform(X),
        table.names,
        groups,
        predict,
        lambda P: model.decide(P.astype(np.float64, copy=False)),
        model.classes,
        network.n_params,
    )


def _ask_mlp(clf: MLPClassifier, X: Any) -> _Question:
    rows = clf._rows(X)
    network, targets = clf._network, clf._targets
    if targets.kind == "multilabel":
        raise ValueError("the classifier is multilabel: one with a single label a row is explained")

    def predict(Z: Rows) -> Probabilities:
        return probabilities(network.predict(Z), targets)

    names = getattr(clf, "feature_names_in_", None)
    names = [f"x{j}" for j in range(rows.shape[1])] if names is None else names.tolist()
    return _Question(
        np.array(rows[0 : len(rows)]),  # dense where they are sparse, and not the caller's own
        names,
        {name: np.array([j]) for j, name in enumerate(names)},
        predict,
        lambda P: P.argmax(axis=1),
        clf.classes_,
        network.n_params,
    )


def _cells(row: Any, names: Sequence[str]) -> dict[str, object]:
    """The cells of a table of one row by name; those of an array have the names of training."""
    columns = as_columns(row)
    found = (
        columns.columns.items()
        if columns.named
        else zip(names, columns.columns.values(), strict=True)
    )
    return {name: _cell(cells) for name, cells in found}


def _check_counts(**counts: int | str) -> None:
    for name, value in counts.items():
        auto = name == "max_samples" and value == "auto"
        if not auto and (type(value) is not int or value < 1):
            raise ValueError(f"{name}={value!r}, but it has to be a whole number, 1 or more")


# Importances


def _shuffled(question: _Question, columns: Rows, shuffle: Codes) -> Probabilities:
    """Probabilities with some columns of the matrix taken from other rows; X is as it was."""
    X = question.X
    kept = X[:, columns]
    X[:, columns] = kept[shuffle]
    P = question.predict(X)
    X[:, columns] = kept
    return P


def _importance(
    name: str,
    question: _Question,
    codes: Codes,
    before: NDArray[np.float64],
    right: NDArray[np.bool_],
    shuffles: Sequence[Codes],
) -> Importance:
    n = len(codes)
    values, drops = [], []
    influence = np.zeros(n)
    for shuffle in shuffles:
        P = _shuffled(question, question.groups[name], shuffle)
        worse = losses(codes, P) - before
        values.append(worse.mean())
        drops.append(right.mean() - (question.decide(P) == codes).mean())
        influence += worse
        influence[shuffle] += worse  # of the row whose cell it was
    mean = float(np.mean(values))
    margin = Z95 * float((influence / len(shuffles)).std(ddof=1)) / math.sqrt(n)
    return Importance(
        name, mean, mean - margin, mean + margin, float(np.mean(drops)), np.array(values)
    )


def _likely_columns(question: _Question, codes: Codes, shuffle: Codes, most: int) -> list[str]:
    """The columns that matter most, by shuffling sets of them: the worst set is halved.

    As many sets are looked at as it takes to single out so many columns.
    """
    names = list(question.groups)
    before = losses(codes, question.predict(question.X)).mean()
    found: list[str] = []
    sets: list[tuple[float, int, int, list[str]]] = [(0.0, len(names), 0, names)]
    number = itertools.count(1)  # of sets equally bad the smaller is first, then the earlier
    while sets and len(found) < most:
        *_, worst = heapq.heappop(sets)
        if len(worst) == 1:
            found += worst
            continue
        half = len(worst) // 2
        for part in (worst[:half], worst[half:]):
            columns = np.concatenate([question.groups[name] for name in part])
            after = losses(codes, _shuffled(question, columns, shuffle)).mean()
            heapq.heappush(sets, (before - after, len(part), next(number), part))
    return found


# One decision


def _shapley(
    x: Rows,
    B: Rows,
    groups: Sequence[NDArray[np.intp]],
    of_label: Callable[[Rows], NDArray[np.float64]],
    n_repeats: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The values of the columns, and half the widths of their intervals."""
    if len(groups) <= MOST_EXACT:
        return _over_all_sets(x, B, groups, of_label), np.zeros(len(groups))
    pairs = np.concatenate([*_over_orders(x, B, groups, of_label, n_repeats, rng)])
    return pairs.mean(axis=0), Z95 * pairs.std(axis=0) / math.sqrt(len(pairs))


def _over_all_sets(
    x: Rows,
    B: Rows,
    groups: Sequence[NDArray[np.intp]],
    of_label: Callable[[Rows], NDArray[np.float64]],
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
    x: Rows,
    B: Rows,
    groups: Sequence[NDArray[np.intp]],
    of_label: Callable[[Rows], NDArray[np.float64]],
    n_repeats: int,
    rng: np.random.Generator,
) -> Iterator[NDArray[np.float64]]:
    """Changes on the way from background rows to x, (pairs, columns), each pair's mean.

    Every background row is left equally often, so the sum of their means is exact.
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


def _cell(cells: NDArray[Any]) -> object:
    """The first cell as Python has it; None where it is missing."""
    if not len(cells):
        return None
    cell = cells.tolist()[0]
    return None if cell is None or cell != cell else cell  # NaN is not itself
