"""The report of scale.py: cost and error of each method by the rows it was fitted on."""

import base64
import math
from collections.abc import Sequence
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from .command import Outcome, describe_run
from .comparison import Record
from .invented import LABEL_NOISE
from .report import failures, markdown_table

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

STEEPEST = 0.5  # the goal: four times the rows for twice the time
FIGURES = ("fit_cpu", "fit_wall", "error", "log_loss", "predict_cpu", "fit_peak_mib")

NOTES = f"""\
The table is invented (`benchmarks/accuracy_parts/invented.py` says how): twelve numbers and four
categories, some of them irrelevant, some cells empty, three classes. Of the labels
{100 * LABEL_NOISE:g} % are wrong, and who knew all the rest would err on these alone. Fewer rows
are the first of the more rows; the {{test_rows:,}} rows to test on are others, the same for all.
CPU seconds are of one fit, all threads, preparation included, after one small fit that loads the
libraries; the ratio is to `{{reference}}`; memory is the peak of the process up to the end of the
fit, Python and data included. The difference is the error less that of `{{reference}}`, in points
of percent, with the half width of its 95 % interval over the rows to test on: how another fit
would come out, it does not say."""


def pack(wrong: Bools) -> str:
    """Which rows were told wrongly, a bit a row, as text; ``unpack`` reads it."""
    return base64.b64encode(np.packbits(wrong).tobytes()).decode()


def unpack(text: str, n_rows: int) -> Bools:
    """What ``pack`` was given."""
    bits = np.frombuffer(base64.b64decode(text), dtype=np.uint8)
    return np.unpackbits(bits, count=n_rows).astype(bool)


def slope(rows: Sequence[float], costs: Sequence[float]) -> float:
    """The exponent p of cost = c rows^p, by least squares of the logarithms.

    Not a number where there are fewer than two sizes.
    """
    x, y = np.log(rows), np.log(costs)
    x = x - x.mean()
    return float(x @ y / (x @ x)) if np.any(x) else math.nan


def paired_difference(pairs: Sequence[tuple[Bools, Bools]]) -> tuple[float, float]:
    """Mean of the error rates of the first less those of the second, and its 95 % half width.

    Each pair is of the same rows, pairs are of different rows.  With d = -1, 0 or 1 a row, the
    variance of a pair's difference is var(d) / n, that of the mean over k pairs the sum over k².
    """
    differences = [a.astype(float) - b for a, b in pairs]
    variance = sum(d.var() / len(d) for d in differences) / len(pairs) ** 2
    return fmean(float(d.mean()) for d in differences), 1.96 * math.sqrt(variance)


class ScaleSummary:
    """The finished cells, by method, size and split; figures are means over splits."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.cells: dict[tuple[str, int], dict[int, Record]] = {}
        for record in outcome.records:
            if "failed" not in record:
                key = record["method"], record["max_train_rows"]
                self.cells.setdefault(key, {})[record["split"]] = record
        if not self.cells:
            raise SystemExit("there is no finished cell to report")
        self.methods = outcome.of_methods()
        self.sizes = sorted({cell.max_train_rows for cell in outcome.cells})
        self.reference = outcome.reference

    def sizes_of(self, method: str) -> list[int]:
        """The sizes that a method has finished, on one split at least."""
        return [n for n in self.sizes if (method, n) in self.cells]

    def mean(self, method: str, n_rows: int, field: str) -> float:
        """The mean of a figure over the splits; not a number where there is none."""
        records = self.cells.get((method, n_rows), {}).values()
        return fmean(record[field] for record in records) if records else math.nan

    def slope(self, method: str) -> float:
        """How the CPU seconds of a fit grow with the rows: an exponent."""
        sizes = self.sizes_of(method)
        return slope(sizes, [self.mean(method, n, "fit_cpu") for n in sizes])

    def difference(self, method: str, n_rows: int) -> tuple[float, float] | None:
        """Its error less that of the reference on the splits that both have, and a half width."""
        ours = self.cells.get((method, n_rows), {})
        theirs = self.cells.get((self.reference, n_rows), {})
        pairs = [
            (_wrong(ours[split]), _wrong(theirs[split])) for split in sorted(ours.keys() & theirs)
        ]
        return paired_difference(pairs) if pairs else None

    def rows(self) -> list[Record]:
        """A record a method, for the file of figures."""
        return [
            {"method": method, "slope": _or_none(self.slope(method)), "sizes": self._sizes(method)}
            for method in self.methods
        ]

    def _sizes(self, method: str) -> list[Record]:
        sizes: list[Record] = []
        for n_rows in self.sizes_of(method):
            record: Record = {"rows": n_rows, "splits": len(self.cells[method, n_rows])}
            record |= {field: self.mean(method, n_rows, field) for field in FIGURES}
            difference = self.difference(method, n_rows)
            if difference is not None and method != self.reference:
                record |= {"difference": difference[0], "half_width": difference[1]}
            sizes.append(record)
        return sizes


def _wrong(record: Record) -> Bools:
    return unpack(record["wrong"], record["test_rows"])


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


def scale(summary: ScaleSummary) -> str:
    """The report of scale.py."""
    test_rows = next(r["test_rows"] for r in summary.outcome.records if "failed" not in r)
    text = [
        "# Growth with the rows of a table",
        *describe_run(summary.outcome),
        NOTES.format(test_rows=test_rows, reference=summary.reference),
        "## Goals",
        "\n".join(_goals(summary)),
        "## By rows",
        _by_rows(summary),
        "## CPU seconds as a power of the rows",
        "The slope of log CPU by log rows, by least squares over all sizes, and between one size "
        "and the next: 1 where twice the rows cost twice the time, 0 where they cost no more.",
        _slopes(summary),
        *failures(summary.outcome.records),
    ]
    return "\n\n".join(text) + "\n"


def _goals(summary: ScaleSummary) -> list[str]:
    """Two lines for each of our methods."""
    ours = [name for name in summary.methods if name.startswith("numlp")]
    return [
        f"- `{method}`: {line}"
        for method in ours
        for line in (_goal_of_slope(summary, method), _goal_of_error(summary, method))
    ]


def _goal_of_slope(summary: ScaleSummary, method: str) -> str:
    found, missing = summary.slope(method), _missing(summary, method)
    verdict = "met" if found <= STEEPEST else "missed"
    if math.isnan(found) or missing:
        verdict = f"open{missing}"
    return f"slope {STEEPEST:g} or less: {_number(found, 2)}, **{verdict}**"


def _goal_of_error(summary: ScaleSummary, method: str) -> str:
    differences = {n: summary.difference(method, n) for n in summary.sizes}
    above = [f"{n:,}" for n, found in differences.items() if found and found[0] > 0]
    missing = _missing(summary, method, summary.reference)
    verdict = f"open{missing}" if missing else "met"
    if above:
        verdict = f"missed at {', '.join(above)} rows"
    return f"error at or below that of `{summary.reference}` at every size: **{verdict}**"


def _missing(summary: ScaleSummary, *methods: str) -> str:
    """Which sizes not all of these methods have finished, to be put after a word."""
    left = [n for n in summary.sizes if any((m, n) not in summary.cells for m in methods)]
    return f", {', '.join(f'{n:,}' for n in left)} rows not finished" if left else ""


def _by_rows(summary: ScaleSummary) -> str:
    header = ["rows", "method", "CPU s", "ratio", "wall s", "error %", "difference", "log-loss"]
    lines = []
    for n_rows in summary.sizes:
        reference = summary.mean(summary.reference, n_rows, "fit_cpu")
        for method in summary.methods:
            if (method, n_rows) not in summary.cells:
                continue
            cpu, wall, error, log_loss, _, peak = (
                summary.mean(method, n_rows, field) for field in FIGURES
            )
            found = None if method == summary.reference else summary.difference(method, n_rows)
            line = [f"{n_rows:,}", f"`{method}`", _number(cpu, 2), _number(cpu / reference, 2)]
            line += [_number(wall, 2), f"{100 * error:.2f}"]
            line += [f"{100 * found[0]:+.2f} ± {100 * found[1]:.2f}" if found else "-"]
            lines.append([*line, f"{log_loss:.4f}", f"{peak:.0f}"])
    return markdown_table([*header, "peak MiB"], lines)


def _slopes(summary: ScaleSummary) -> str:
    steps = list(zip(summary.sizes, summary.sizes[1:], strict=False))
    header = ["method", "slope", *(f"{a:,} to {b:,}" for a, b in steps)]
    lines = []
    for method in summary.methods:
        line = [f"`{method}`", _number(summary.slope(method), 2)]
        for step in steps:
            costs = [summary.mean(method, n, "fit_cpu") for n in step]
            line.append(_number(slope(step, costs), 2))
        lines.append(line)
    return markdown_table(header, lines)


def _number(value: float, digits: int) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}"
