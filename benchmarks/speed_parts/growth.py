"""How the cost of an epoch grows with each size of the problem."""

import math
from collections.abc import Mapping
from dataclasses import replace

from . import training
from .options import Options, say
from .report import Section, figure, table
from .training import Case
from .workers import Contender, Key, Outcome, Work, measure

BATCH, BATCHES = 200, 50
SIZES = (100, 100, 10)
BASE = Case(SIZES, BATCH, BATCHES)
ABOUT = f"""\
One epoch of `numlp.nn.train`, one thread, in CPU microseconds a row. Each series changes one size
of a base of {BATCH * BATCHES:,} rows, {"-".join(map(str, SIZES))}, batches of {BATCH}.
The exponent is that of the cost of a row between one line and the next: 0 where an epoch is linear
in the rows, 1 where a row costs in proportion to the size. Bare products are those of the same
epoch."""


def _layers(n_in: int = SIZES[0], hidden: int = SIZES[1], n_out: int = SIZES[2]) -> Case:
    return replace(BASE, sizes=(n_in, hidden, n_out))


SERIES: dict[str, dict[int, Case]] = {
    "rows": {n: replace(BASE, batches=n // BATCH) for n in (1000, 10_000, 100_000)},
    "features": {n: _layers(n_in=n) for n in (10, 100, 1000)},
    "classes": {n: _layers(n_out=n) for n in (100, 1000, 10_000)},
    "hidden units": {n: _layers(hidden=n) for n in (10, 100, 1000)},
    "members": {n: replace(BASE, members=n) for n in (1, 10, 100)},
}
CASES = {f"{series} {n}": case for series, sizes in SERIES.items() for n, case in sizes.items()}


def _bare(case: Case, threads: int) -> Mapping[str, Work]:  # noqa: ARG001
    step = training.products(case)

    def epoch() -> None:
        for _ in range(case.batches):
            step()

    return {"epoch": epoch}


def _numlp(case: Case, threads: int) -> Mapping[str, Work]:  # noqa: ARG001
    return {"epoch": training.numlp_epoch(case)}


CONTENDERS: dict[str, Contender] = {"numlp": _numlp, "bare products": _bare}


def run(options: Options) -> Section:
    """Measure every size of every series, and make a table of each series."""
    section = Section("Growth")
    chosen = options.choose(CASES)
    for series, sizes in SERIES.items():
        costs: dict[int, list[float]] = {}
        for n, case in sizes.items():
            name = f"{series} {n}"
            if name not in chosen:
                continue
            say(f"growth: {name}")
            outcome = measure(CONTENDERS, case, (1,), options)
            costs[n] = _costs(outcome, case)
            section.records += outcome.records(name)
        if costs:
            if not section.text:
                section.add(ABOUT)
            section.add(_table(series, costs))
    return section


def _costs(outcome: Outcome, case: Case) -> list[float]:
    """CPU microseconds of a row, of each contender."""
    timings = (outcome.timings[Key(name, 1, "epoch")] for name in CONTENDERS)
    return [timing.median("cpu") / case.rows for timing in timings]


def _table(series: str, costs: dict[int, list[float]]) -> str:
    header = [series]
    for name in CONTENDERS:
        header += [f"{name}, µs a row", "exponent"]
    rows = []
    before: tuple[int, list[float]] | None = None
    for n, own in costs.items():
        row = [f"{n:,}"]
        for i, cost in enumerate(own):
            exponent = "-"
            if before is not None:
                exponent = f"{math.log(cost / before[1][i]) / math.log(n / before[0]):.2f}"
            row += [figure(cost), exponent]
        rows.append([*row, f"{own[0] / own[1]:.2f}"])
        before = n, own
    return table([*header, "numlp × bare"], rows)
