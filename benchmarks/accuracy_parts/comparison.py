"""From many scores to one figure with an interval.

A method's result on a table is its mean over the splits.  Ratios are of one method to a reference
on the same splits of the same tables; their intervals come from drawing the tables anew, with
replacement, and the splits within each, for both methods at once.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Record = dict[str, Any]
ByMethod = dict[str, dict[tuple[str, int], Record]]  # method -> (table, split) -> record
Ratio = Callable[[Floats, Floats], Floats]  # of figures by table, tables on the last axis

SHIFT = 0.01  # one percent of the rows
DRAWS = 4000


def shifted_geometric_mean(errors: Floats, shift: float = SHIFT) -> Floats:
    """exp(mean log(e + shift)) - shift over the last axis: it weighs easy and hard tables alike."""
    return np.asarray(np.exp(np.log(errors + shift).mean(axis=-1)) - shift)


def sgm_ratio(a: Floats, b: Floats) -> Floats:
    """The ratio of shifted geometric means."""
    return shifted_geometric_mean(a) / shifted_geometric_mean(b)


def mean_ratio(a: Floats, b: Floats) -> Floats:
    """The ratio of plain means."""
    return np.asarray(a.mean(axis=-1) / b.mean(axis=-1))


def bootstrap_interval(
    a: Sequence[Floats], b: Sequence[Floats], ratio: Ratio, seed: int = 0, draws: int = DRAWS
) -> tuple[float, float]:
    """The central 95 % of ``ratio`` over draws of tables and, within each, of splits.

    ``a[t]`` and ``b[t]`` hold the figures of the two methods on the splits of table t, in the same
    order: a draw takes the same splits of both.
    """
    rng = np.random.default_rng(seed)
    counts = np.array([len(splits) for splits in a])
    padded = np.zeros((2, len(a), counts.max()))
    for t, (a_splits, b_splits) in enumerate(zip(a, b, strict=True)):
        padded[0, t, : counts[t]] = a_splits
        padded[1, t, : counts[t]] = b_splits
    tables = rng.integers(len(a), size=(draws, len(a)))
    drawn = counts[tables][..., None]  # splits to draw from each table drawn
    splits = (rng.random((*tables.shape, counts.max())) * drawn).astype(int)
    used = np.arange(counts.max()) < drawn
    means = (padded[:, tables[..., None], splits] * used).sum(axis=-1) / drawn[..., 0]
    low, high = np.quantile(ratio(means[0], means[1]), [0.025, 0.975])
    return float(low), float(high)


def mean_ranks(errors: Floats) -> Floats:
    """Mean rank of each method, best 1, over tables; ``errors`` is (methods, tables).

    Equal errors share the mean of their ranks.
    """
    less = (errors[None] < errors[:, None]).sum(axis=1)
    equal = (errors[None] == errors[:, None]).sum(axis=1)
    return np.asarray((less + (equal + 1) / 2).mean(axis=1))


def finished_cells(records: Sequence[Record]) -> ByMethod:
    """The records that are not failures, by method and then by table and split."""
    cells: ByMethod = {}
    for record in records:
        if "failed" not in record:
            cells.setdefault(record["method"], {})[record["table"], record["split"]] = record
    return cells


def common_cells(cells: ByMethod, methods: Sequence[str]) -> dict[str, list[int]]:
    """Tables, and the splits of each, that all of these methods have finished."""
    shared = set.intersection(*(set(cells[method]) for method in methods))
    tables: dict[str, list[int]] = {}
    for table, split in sorted(shared):
        tables.setdefault(table, []).append(split)
    return tables


def summarise(
    cells: ByMethod, methods: Sequence[str], reference: str, tables: dict[str, list[int]]
) -> list[Record]:
    """One row of figures a method, all on the same cells, ratios against ``reference``."""

    def figures(method: str, field: str) -> list[Floats]:
        of = cells[method]
        return [np.array([of[t, s][field] for s in splits]) for t, splits in tables.items()]

    def by_table(method: str, field: str) -> Floats:
        return np.array([splits.mean() for splits in figures(method, field)])

    ranks = mean_ranks(np.array([by_table(method, "error") for method in methods]))
    reference_error = by_table(reference, "error")
    reference_loss = by_table(reference, "log_loss")
    reference_cpu = by_table(reference, "fit_cpu")
    test_rows = by_table(reference, "test_rows")
    rows: list[Record] = []
    for method, rank in zip(methods, ranks, strict=True):
        error, loss = by_table(method, "error"), by_table(method, "log_loss")
        cpu = by_table(method, "fit_cpu")
        tied = np.isclose(error, reference_error, rtol=0, atol=1e-12)
        intervals = {
            field: bootstrap_interval(figures(method, field), figures(reference, field), ratio)
            for field, ratio in (("error", sgm_ratio), ("log_loss", mean_ratio))
        }
        rows.append(
            {
                "method": method,
                "mean_error": float(error.mean()),
                "mean_rank": float(rank),
                "sgm_error": float(shifted_geometric_mean(error)),
                "sgm_ratio": float(sgm_ratio(error, reference_error)),
                "sgm_ratio_interval": intervals["error"],
                "won": int((error < reference_error)[~tied].sum()),
                "tied": int(tied.sum()),
                "lost": int((error > reference_error)[~tied].sum()),
                "log_loss": float(loss.mean()),
                "log_loss_ratio": float(mean_ratio(loss, reference_loss)),
                "log_loss_ratio_interval": intervals["log_loss"],
                "auc": float(np.nanmean(by_table(method, "auc"))),
                "ece": float(by_table(method, "ece").mean()),
                "ece_by_rows": float(np.average(by_table(method, "ece"), weights=test_rows)),
                "fit_cpu_mean": float(cpu.mean()),
                "fit_cpu_median": float(np.median(cpu)),
                "fit_cpu_ratio": float(mean_ratio(cpu, reference_cpu)),
                "predict_cpu_per_1000_rows": float(
                    1000 * by_table(method, "predict_cpu").sum() / test_rows.sum()
                ),
                "peak_mib": float(max(splits.max() for splits in figures(method, "peak_mib"))),
            }
        )
    return rows
