"""A spike: one number that half of the cells of a column or more are, such as no capital gain."""

import numpy as np

from .summary import Five, NumberSummary

MIN_OTHERS = 10  # numbers beside the spike, to take a scale from
MOST_AMOUNTS = 64  # numbers beside it that may have a flag each
AMOUNT_ROWS = 5  # cells that such a number needs
STANDING_OUT = 0.25  # of the cells beside the spike: those of numbers that stand out, at least
COMMONEST, COMMONEST_SHARE = 10, 0.4  # numbers beside it, and the cells that they hold, at least
TIMES_NEIGHBOURS = 3  # as many cells as its neighbours has a number that stands out
N_NEIGHBOURS = 2  # on either side


def numbers_beside(column: NumberSummary, median: float) -> Five | None:
    """The spread of the numbers beside the median, if it is a spike; None if they are too few."""
    n_spike = int(column.counts([median])[0])
    if 2 * n_spike < column.n_given or column.n_given - n_spike < MIN_OTHERS:
        return None
    others = column.five_beside(median)
    return None if others[0] == others[-1] else others


def amounts_beside(column: NumberSummary, spike: float) -> list[float]:
    """The commonest of the numbers beside a spike, if some of them stand out, such as lump sums.

    A number stands out that is far commoner than its neighbours.  Where few do, or where all are
    about as common as each other, the numbers measure something, such as messages sent or a share
    of payments in time, and on real tables a flag for each made the answers worse.

    Examples
    --------
    Five thousand is paid again and again, the sums around it once each:

    >>> sums = [0.0] * 40 + [5000.0] * 12 + [4700.0, 4800.0, 4900.0, 5100.0, 5200.0, 5300.0]
    >>> amounts_beside(NumberSummary("gain", 58, np.sort(sums)), 0.0)
    [5000.0]
    """
    values = column.distinct()
    values = values[values != spike]
    if len(values) <= 2 * N_NEIGHBOURS:
        return []
    counts, n_beside = column.counts(values), column.n_given - int(column.counts([spike])[0])
    padded = np.pad(counts, N_NEIGHBOURS, mode="reflect")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * N_NEIGHBOURS + 1)
    usual = np.median(np.delete(around, N_NEIGHBOURS, axis=1), axis=1)
    stands_out = (counts >= AMOUNT_ROWS) & (counts >= TIMES_NEIGHBOURS * usual)
    commonest = np.argsort(-counts, kind="stable")[:MOST_AMOUNTS]
    if (
        counts[stands_out].sum() < STANDING_OUT * n_beside
        or counts[commonest[:COMMONEST]].sum() < COMMONEST_SHARE * n_beside
    ):
        return []
    amounts: list[float] = np.sort(values[commonest[counts[commonest] >= AMOUNT_ROWS]]).tolist()
    return amounts
