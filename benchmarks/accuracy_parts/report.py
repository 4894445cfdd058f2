"""The figures as Markdown."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from numlp.metrics.scores import N_BINS

from .command import Outcome, describe_run
from .comparison import SHIFT, ByMethod, Record, common_cells, finished_cells, summarise
from .scores import FLOOR

NOTES = f"""\
All means are over tables, each table being the mean over its splits. Error is the share of test
rows whose most probable class is wrong. SGM is the shifted geometric mean of errors,
exp(mean log(e + {SHIFT})) - {SHIFT}: it weighs easy and hard tables alike. A ratio is to
`{{reference}}`, below 1 is better; in brackets its 95 % interval by paired bootstrap over tables
and splits. Won / tied / lost counts tables by error against it. Log-loss is in nats, probabilities
clipped to at least {FLOOR:g} and renormalised. AUC is one class against the rest, mean over
classes. ECE is the calibration error of the top class in {N_BINS} bins of equal width, as a mean
over tables and weighted by test rows. CPU seconds are of one fit, all threads, preparation
included; predicting is CPU milliseconds for 1000 rows; memory is the peak of the process, Python
and data included."""


class Summary:
    """What the reports are made of: the methods to compare and their rows of figures.

    Methods with cells still to run are left out of the comparison, and named; where that leaves
    none, all that have finished a cell are compared.
    """

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.cells: ByMethod = finished_cells(outcome.records)
        self.started = outcome.of_methods()
        if not self.started:
            raise SystemExit("there is no finished cell to report")
        seen = Counter(record["method"] for record in outcome.records)
        wanted = Counter(cell.name for cell in outcome.cells)
        self.progress = {m: (seen[m], wanted[m]) for m in wanted if seen[m] < wanted[m]}
        complete = [m for m in self.started if m not in self.progress]
        self.methods = complete or self.started
        self.tables = common_cells(self.cells, self.methods)
        if not self.tables:
            raise SystemExit("no cell was finished by every method; choose some with --methods")
        wish = outcome.reference
        self.reference = wish if wish in self.methods else self.methods[0]
        self.rows = summarise(self.cells, self.methods, self.reference, self.tables)

    def caveats(self) -> list[str]:
        """What a reader has to know before believing the means."""
        n_cells = sum(len(splits) for splits in self.tables.values())
        lines = [
            f"{len(self.methods)} methods on the same {n_cells} splits of "
            f"{len(self.tables)} tables."
        ]
        if self.reference != self.outcome.reference:
            lines.append(
                f"`{self.outcome.reference}` has not been run on all of them; "
                f"ratios are to `{self.reference}`."
            )
        lines += [
            f"Still running, and not in the means: `{method}` ({done} of {wanted} cells)."
            for method, (done, wanted) in self.progress.items()
            if method in self.started and method not in self.methods
        ]
        unrun = [f"`{m}`" for m in self.progress if m not in self.started]
        if unrun:
            lines.append(f"Not run yet: {', '.join(unrun)}.")
        unfinished = Counter(
            record["method"] for record in self.outcome.records if "failed" in record
        )
        if unfinished:
            named = ", ".join(f"`{method}` {n}" for method, n in unfinished.items())
            lines.append(
                f"FAILED CELLS: {named} (listed below); the means leave these splits out for all."
            )
        return lines


def accuracy(summary: Summary) -> str:
    """The report of accuracy.py."""
    parts = [
        "# Accuracy of untuned classifiers on real tables",
        *describe_run(summary.outcome),
        " ".join(summary.caveats()),
        "## Over all tables",
        markdown_table(*_errors(summary.rows)),
        markdown_table(*_probabilities(summary.rows)),
        markdown_table(*_costs(summary.rows)),
        NOTES.format(reference=summary.reference),
        "## Error in percent, table by table",
        "Mean over the splits ± its standard error; the best of each table in bold.",
        _by_table(summary, "error", 100, 2),
        "## Log-loss, table by table",
        _by_table(summary, "log_loss", 1, 3),
        *failures(summary.outcome.records),
        *_unconverged(summary.outcome.records),
    ]
    return "\n\n".join(parts) + "\n"


def ablation(summary: Summary) -> str:
    """The report of ablation.py: what each change does to the full method."""
    header = ["variant", "SGM error", "95 % interval", "won / tied / lost"]
    header += ["log-loss", "95 % interval", "ECE", "CPU"]
    lines = [
        [
            f"`{row['method']}`",
            _change(row["sgm_ratio"]),
            _change_interval(row["sgm_ratio_interval"]),
            _won_tied_lost(row),
            _change(row["log_loss_ratio"]),
            _change_interval(row["log_loss_ratio_interval"]),
            f"{row['ece']:.3f}",
            f"x {row['fit_cpu_ratio']:.2f}",
        ]
        for row in summary.rows
    ]
    settings = {c.name: c.method.settings for c in summary.outcome.cells}
    parts = [
        "# What each part of the method is worth",
        *describe_run(summary.outcome),
        " ".join(summary.caveats()),
        f"Each row is a variant of `{summary.reference}`; changes are against it, and a plus is "
        "worse. An interval that holds zero says that the part made no difference that this many "
        "tables could show.",
        markdown_table(header, lines),
        NOTES.format(reference=summary.reference),
        "## The variants",
        "\n".join(f"- `{name}`: `{settings[name]}`" for name in summary.methods),
        "## Error in percent, table by table",
        _by_table(summary, "error", 100, 2),
        *failures(summary.outcome.records),
    ]
    return "\n\n".join(parts) + "\n"


Lines = tuple[list[str], list[list[str]]]


def _errors(rows: Sequence[Record]) -> Lines:
    header = ["method", "mean error %", "mean rank", "SGM error %", "SGM ratio"]
    return [*header, "won / tied / lost"], [
        [
            f"`{row['method']}`",
            f"{100 * row['mean_error']:.2f}",
            f"{row['mean_rank']:.2f}",
            f"{100 * row['sgm_error']:.2f}",
            _ratio(row["sgm_ratio"], row["sgm_ratio_interval"]),
            _won_tied_lost(row),
        ]
        for row in rows
    ]


def _probabilities(rows: Sequence[Record]) -> Lines:
    return ["method", "log-loss", "log-loss ratio", "AUC", "ECE", "ECE by rows"], [
        [
            f"`{row['method']}`",
            f"{row['log_loss']:.3f}",
            _ratio(row["log_loss_ratio"], row["log_loss_ratio_interval"]),
            f"{row['auc']:.4f}",
            f"{row['ece']:.3f}",
            f"{row['ece_by_rows']:.3f}",
        ]
        for row in rows
    ]


def _costs(rows: Sequence[Record]) -> Lines:
    header = ["method", "CPU s, mean", "median", "ratio", "predicting, ms", "peak MiB"]
    return header, [
        [
            f"`{row['method']}`",
            f"{row['fit_cpu_mean']:.2f}",
            f"{row['fit_cpu_median']:.2f}",
            f"{row['fit_cpu_ratio']:.3g}",
            f"{1000 * row['predict_cpu_per_1000_rows']:.1f}",
            f"{row['peak_mib']:.0f}",
        ]
        for row in rows
    ]


def _by_table(summary: Summary, field: str, unit: float, digits: int) -> str:
    """A row a table, a column a method; a cell that not all splits have is marked."""
    tables = sorted({table for cells in summary.cells.values() for table, _ in cells})
    lines = []
    for table in tables:
        found = {
            method: np.array(
                [record[field] for (t, _), record in summary.cells[method].items() if t == table]
            )
            for method in summary.started
        }
        n_splits = max(len(values) for values in found.values())
        best = min(v.mean() for v in found.values() if len(v) == n_splits)
        line = [table]
        for values in found.values():
            if not len(values):
                line.append("-")
                continue
            text = f"{unit * values.mean():.{digits}f}"
            if len(values) > 1:
                deviation = values.std(ddof=1) / np.sqrt(len(values))
                text += f" ± {unit * deviation:.{digits}f}"
            bold = "**" if len(values) == n_splits and values.mean() <= best + 1e-12 else ""
            line.append(bold + text + bold + "\\*" * (len(values) < n_splits))
        lines.append(line)
    text = markdown_table(["table", *(f"`{method}`" for method in summary.started)], lines)
    return text + "\n\n\\* not all splits are there" * ("\\*" in text)


def failures(records: Sequence[Record]) -> list[str]:
    """The part of a report that lists the failed cells; nothing where there are none."""
    failed = [r for r in records if "failed" in r]
    if not failed:
        return []
    lines = [
        f"- `{r['method']}` on {r['table']}, split {r['split']}, "
        f"at most {r['max_train_rows']:,} rows: {r['failed']}"
        for r in failed
    ]
    return ["## Failed cells", "\n".join(lines)]


def _unconverged(records: Sequence[Record]) -> list[str]:
    counts = Counter(r["method"] for r in records if "ConvergenceWarning" in r.get("warnings", ()))
    named = ", ".join(f"`{method}` in {n} cells" for method, n in counts.items())
    return [f"Stopped by its limit of iterations before it converged: {named}."] * bool(counts)


def markdown_table(header: list[str], lines: list[list[str]]) -> str:
    """A table whose first column is text and whose others are figures."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in [header, rule, *lines])


def _won_tied_lost(row: Record) -> str:
    if not row["won"] + row["lost"]:
        return "-"
    return f"{row['won']} / {row['tied']} / {row['lost']}"


def _ratio(ratio: float, interval: tuple[float, float]) -> str:
    if interval[0] == interval[1] == 1:
        return "1"
    return f"{ratio:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]"


def _change(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.1f} %"


def _change_interval(interval: tuple[float, float]) -> str:
    return f"[{100 * (interval[0] - 1):+.1f}, {100 * (interval[1] - 1):+.1f}]"
