"""95 % intervals of the figures of a model, by resampling the rows that it was scored on."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from .scores import ClassCounts, Floats, Scores, auc_classes, row_costs

Interval = tuple[float, float]
Counts = NDArray[np.intp]

NO_INTERVAL: Interval = (math.nan, math.nan)
MOST_RESAMPLES, FEWEST_RESAMPLES = 1000, 200
MOST_DRAWN = 100_000_000  # rows in all resamples together, which take some seconds
MOST_AUC = 1_000_000  # (rows + 1,000) times classes: beyond, the AUC's interval takes many seconds


def intervals(scores: Scores, n_resamples: int | None = None, seed: int = 0) -> dict[str, Interval]:
    """95 % intervals of the figures of Scores, by the bootstrap (Efron 1979).

    Rows are drawn with replacement, as many as there are, and each figure is computed from the
    rows drawn; 95 % of the results lie in the interval.  It says what other rows of the same kind
    would give, not what a model of other training rows would.

    Where the rows are of clusters (``Scores.clusters``), whole clusters are drawn with replacement,
    as many as there are (Davison & Hinkley 1997, 3.8).

    The interval of the accuracy is Wilson's, which holds near 0 and 1 too.  The calibration error
    is a sum of absolute values, which chance makes larger, and resampling once more; so its
    interval is the reversed one (Davison & Hinkley 1997, 5.2), never below 0 and with the figure in
    it.  In a simulation where the probabilities were right, the interval of the percentiles never
    had the true value in it.

    Parameters
    ----------
    scores : Scores
        As ``evaluate`` gives them.
    n_resamples : int, optional
        How often rows are drawn, 1 or more.  By default 1,000; beyond 100,000 rows fewer, for
        time, but at least 200.
    seed : int, default 0
        Starts the random draws.

    Returns
    -------
    intervals : dict of str to (float, float)
        For ``accuracy``, ``balanced_accuracy``, ``f1``, ``roc_auc``, ``log_loss``,
        ``brier_score``, ``calibration_error``, and ``mean_cost`` where the aim has costs.  NaN
        where a figure has no interval, such as one of several classes where one alone has rows, or
        the AUC of too many.

    Raises
    ------
    ValueError
        ``n_resamples`` is below 1.

    Examples
    --------
    >>> from numlp.metrics import evaluate
    >>> y, P = np.array([0, 1] * 50), np.array([[0.8, 0.2], [0.4, 0.6]] * 45 + [[0.5, 0.5]] * 10)
    >>> low, high = intervals(evaluate(y, P))["log_loss"]
    >>> round(low, 2), round(high, 2)
    (0.37, 0.43)
    """
    if n_resamples is None:
        affordable = MOST_DRAWN // scores.n_rows
        n_resamples = min(MOST_RESAMPLES, max(FEWEST_RESAMPLES, affordable))
    if n_resamples < 1:
        raise ValueError(f"n_resamples={n_resamples}, but it has to be 1 or more")
    drawn: dict[str, list[float]] = {}
    resampling = _Resampling(scores)
    for figures in resampling.draw(n_resamples, np.random.default_rng(seed)):
        for name, value in figures.items():
            drawn.setdefault(name, []).append(value)
    found = {"accuracy": scores.accuracy_interval}
    found |= {name: percentiles(values) for name, values in drawn.items()}
    # A figure of several classes has no value where one alone has rows, and so no interval.
    found |= {name: NO_INTERVAL for name in found if math.isnan(getattr(scores, name))}
    low, high = found["calibration_error"]
    error = scores.calibration_error
    found["calibration_error"] = max(0.0, 2 * error - high), max(error, 2 * error - low)
    return found


def percentiles(values: Sequence[float] | Floats) -> Interval:
    """The middle 95 % of the values, NaN left out: a resample may lack a class."""
    given = np.array(values)[~np.isnan(values)]
    if not len(given):
        return NO_INTERVAL
    low, high = np.percentile(given, [2.5, 97.5])
    return float(low), float(high)


class _Resampling:
    """What the figures need of each row, so that a resample costs a few passes over the rows."""

    def __init__(self, scores: Scores) -> None:
        y, P, by_row = scores.y, scores.P, scores.by_row
        self.n, self.n_classes, self.positive = scores.n_rows, P.shape[1], scores.aim.positive
        self.clusters = scores.clusters
        self.means = {"log_loss": scores.losses, "brier_score": by_row.squared_errors}
        if scores.aim.costs is not None:
            self.means["mean_cost"] = row_costs(y, scores.predicted, scores.aim)
        bins, self.gaps = by_row.calibration_gaps(y)
        # Rows of a bin, and of a pair of classes, stand together, so that sums are over slices.
        self.by_bin = np.argsort(bins, kind="stable")
        self.gaps = self.gaps[self.by_bin]
        self.bin_starts = np.flatnonzero(np.diff(bins[self.by_bin], prepend=-1))
        pairs, self.pair = np.unique(y * self.n_classes + scores.predicted, return_inverse=True)
        self.pair_true, self.pair_predicted = np.divmod(pairs, self.n_classes)
        classes = auc_classes(y, self.n_classes)
        if not len(P) or (self.n + 1000) * len(classes) > MOST_AUC:
            classes = classes[:0]
        self.ranks = [_Ranks(P[:, k], y == k) for k in classes]

    def draw(self, n_resamples: int, rng: np.random.Generator) -> Iterator[dict[str, float]]:
        """The figures of each resample."""
        for _ in range(n_resamples):
            rows, times = self._drawn(rng)
            weight = times.astype(np.float64)
            counts = self._class_counts(rows)
            figures = {
                "balanced_accuracy": counts.balanced_accuracy if counts.compares else math.nan,
                "f1": counts.f1(self.positive) if counts.compares else math.nan,
                "roc_auc": self._roc_auc(times),
            }
            # Not a product of BLAS, whose threads wait for each other longer than this takes.
            figures |= {
                name: float(np.einsum("i,i->", own, weight)) / len(rows)
                for name, own in self.means.items()
            }
            sums = np.add.reduceat(self.gaps * weight[self.by_bin], self.bin_starts)
            figures["calibration_error"] = float(np.abs(sums).sum() / len(rows))
            yield figures

    def _drawn(self, rng: np.random.Generator) -> tuple[Counts, Counts]:
        """The rows of a resample, and how often each row was drawn."""
        if self.clusters is None:
            rows = rng.integers(self.n, size=self.n)
            return rows, np.bincount(rows, minlength=self.n)
        n_clusters = int(self.clusters.max()) + 1
        drawn = rng.integers(n_clusters, size=n_clusters)
        times = np.bincount(drawn, minlength=n_clusters)[self.clusters]
        return np.repeat(np.arange(self.n), times), times

    def _class_counts(self, rows: Counts) -> ClassCounts:
        by_pair = np.bincount(self.pair[rows], minlength=len(self.pair_true))
        right = np.where(self.pair_true == self.pair_predicted, by_pair, 0)
        return ClassCounts(
            np.bincount(self.pair_true, by_pair, self.n_classes),
            np.bincount(self.pair_predicted, by_pair, self.n_classes),
            np.bincount(self.pair_true, right, self.n_classes),
        )

    def _roc_auc(self, times: Counts) -> float:
        found = [auc for ranks in self.ranks if not math.isnan(auc := ranks.auc(times))]
        return sum(found) / len(found) if found else math.nan


class _Ranks:
    """The AUC of a score, where each row counts any number of times.

    With rows in the order of the score, the rank of a positive row is the number of rows below it
    and half the number of rows that tie with it, the row itself included.  The ranks that the
    positive rows have among themselves add up to half the square of their number::

        AUC = (Σ_positive c_i rank_i - n₊² / 2) / (n₊ n₋)
    """

    def __init__(self, x: NDArray[np.floating], positive: NDArray[np.bool_]) -> None:
        self.order = np.argsort(x, kind="stable")
        x = x[self.order]
        rows = np.flatnonzero(positive[self.order])
        self.positive = self.order[rows]
        self.first = np.searchsorted(x, x[rows], "left")  # of the rows that tie with one
        self.end = np.searchsorted(x, x[rows], "right")

    def auc(self, times: Counts) -> float:
        """The AUC; NaN where the rows that count are all positive, or none of them is."""
        below = np.zeros(len(times) + 1, np.intp)
        np.cumsum(times[self.order], out=below[1:])
        own = times[self.positive]
        n_positive = int(own.sum())
        n_negative = int(below[-1]) - n_positive
        if not n_positive or not n_negative:
            return math.nan
        ranks_twice = int(own @ (below[self.first] + below[self.end]))  # exact: whole numbers
        return (ranks_twice - n_positive**2) / (2 * n_positive * n_negative)
