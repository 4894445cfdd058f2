"""Contenders of one case, side by side: what they cost, and how many times what others do."""

from collections.abc import Mapping, Sequence

from .report import figure, table, times
from .workers import Key, Outcome

BARE = "bare products"
COLUMNS = """\
Columns: CPU and wall microseconds with one thread, and wall microseconds with two; × bare products:
CPU time with one thread, by that of the bare products; × numlp, 1 thread: how many times as much
CPU time as numlp, both with one thread (above 1 is slower than numlp); × numlp, best: the same of
wall time, each with the number of threads, one or two, that is the faster for it."""
AGAINST = ["× numlp, 1 thread", "× numlp, best"]


def against(outcome: Outcome, name: str, ours: str, quantity: str) -> list[str]:
    """CPU time with one thread, and wall time with the best number of threads, by ours."""
    if Key(name, 1, quantity) not in outcome.timings:
        return ["-"]
    one, reference = (outcome.timings[Key(n, 1, quantity)] for n in (name, ours))
    best, reference_best = (outcome.best(n, quantity) for n in (name, ours))
    return [times(one.ratio(reference, "cpu")), times(best.ratio(reference_best, "wall"))]


def costs(
    outcome: Outcome, quantity: str, ours: str, more: Mapping[str, Mapping[str, str]] | None = None
) -> str:
    """A table with a line for each contender; ``more`` columns are by title and contender."""
    more = more or {}
    rows: list[Sequence[str]] = []
    for name in outcome.contenders():
        one, two = (outcome.timings.get(Key(name, n, quantity)) for n in (1, 2))
        if one is None:
            continue
        bare = outcome.timings[Key(BARE, 1, quantity)]
        row = [name, figure(one.median("cpu")), figure(one.median("wall"))]
        row.append("-" if two is None else figure(two.median("wall")))
        row += [times(one.ratio(bare, "cpu")), *against(outcome, name, ours, quantity)]
        rows.append([*row, *(column[name] for column in more.values())])
    header = [quantity, "CPU µs", "wall µs", "wall µs, 2 threads", "× bare products", *AGAINST]
    return table([*header, *more], rows)
