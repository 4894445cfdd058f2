"""The report of text.py: numlp beside the best of its rivals on each table."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from .command import Outcome, describe_run
from .comparison import Record, finished_cells
from .report import failures, markdown_table

Floats = NDArray[np.float64]
FIGURES = (("error", "Error in percent", 100.0, 2), ("log_loss", "Log-loss", 1.0, 4))

NOTES = """\
A quarter of the rows is held out, or all but 3,000 where that is more. `words` is logistic
regression on scikit-learn's `TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)`,
`pieces` the same on `analyzer="char_wb", ngram_range=(2, 5), min_df=3`; the number is C. The rival
of a table is that of the four with the least mean error over the splits, for log-loss that with
the least mean log-loss: chosen by the rows held out, which is generous to it. Differences are
numlp's figure less the rival's on the same splits, below 0 is better; in brackets the 95 %
interval of the mean over the splits (Student's t, with the variance of Nadeau and Bengio, 2003, as
splits share rows). CPU seconds are of one fit, all threads, from the table to the model."""


class TextSummary:
    """The finished cells, by method and table; figures are over splits, in their order."""

    def __init__(self, outcome: Outcome, rivals: list[str], qualities: list[str]) -> None:
        self.outcome = outcome
        self.cells = finished_cells(outcome.records)
        if not self.cells:
            raise SystemExit("there is no finished cell to report")
        self.rivals = [name for name in rivals if name in self.cells]
        self.qualities = qualities
        self.tables = list(dict.fromkeys(cell.table for cell in outcome.cells))
        self.methods = outcome.of_methods()

    def splits(self, table: str, *methods: str) -> list[int]:
        """The splits of a table that all these methods have finished."""
        sets = [{s for t, s in self.cells.get(name, {}) if t == table} for name in methods]
        return sorted(set.intersection(*sets)) if sets else []

    def figures(self, table: str, method: str, field: str, splits: Sequence[int]) -> Floats:
        """One figure a split."""
        return np.array([self.cells[method][table, split][field] for split in splits])

    def mean(self, table: str, method: str, field: str) -> float:
        """The mean over the splits that there are; not a number where there is none."""
        splits = self.splits(table, method)
        return float(self.figures(table, method, field, splits).mean()) if splits else np.nan

    def best(self, table: str, methods: Sequence[str], field: str) -> str | None:
        """Of these methods, the one with the least mean; None where none has finished a cell."""
        means = {name: self.mean(table, name, field) for name in methods}
        means = {name: value for name, value in means.items() if not np.isnan(value)}
        return min(means, key=means.__getitem__) if means else None

    def difference(self, table: str, a: str, b: str, field: str) -> tuple[float, float] | None:
        """Mean of ``a`` less ``b``, and the half width of its 95 % interval."""
        splits = self.splits(table, a, b)
        if not splits:
            return None
        values = self.figures(table, a, field, splits) - self.figures(table, b, field, splits)
        record = self.cells[a][table, splits[0]]
        return float(values.mean()), half_width(values, record["train_rows"], record["test_rows"])

    def rows(self) -> list[Record]:
        """The means of each method on each table, for the file of figures."""
        fields = ("error", "log_loss", "fit_cpu", "predict_cpu", "peak_mib")
        return [
            {"table": table, "method": method, "splits": len(splits)}
            | {field: self.mean(table, method, field) for field in fields}
            for table in self.tables
            for method in self.methods
            if (splits := self.splits(table, method))
        ]


def half_width(values: Floats, train_rows: int, test_rows: int) -> float:
    """Half of the 95 % interval of a mean over random splits, whose rows overlap.

    t * sd * sqrt(1 / n + test / train) (Nadeau and Bengio, 2003): the plain sd / sqrt(n) takes the
    splits for independent, and is too small.  Infinite for a single split.
    """
    n = len(values)
    if n < 2:
        return np.inf
    scale = np.sqrt(1 / n + test_rows / train_rows)
    return float(stats.t.ppf(0.975, n - 1) * values.std(ddof=1) * scale)


def text(summary: TextSummary) -> str:
    """The report of text.py."""
    parts = ["# Text, beside words and pieces of words", *describe_run(summary.outcome), NOTES]
    parts.append("# Text alone")
    on_text = [name for name in summary.methods if _is_on_text(name)]
    for field, title, unit, digits in FIGURES:
        parts += [f"## {title}", _means(summary, on_text, field, unit, digits)]
    shown = [f"numlp-{quality}-text" for quality in summary.qualities]
    shown = [name for name in shown if name in summary.methods]
    if shown and summary.rivals:
        parts += ["## Against the best of the four", _differences(summary, shown)]
    if summary.rivals:
        parts += ["## CPU seconds of a fit", _costs(summary, shown)]
    for quality in summary.qualities:
        beside = _beside(summary, quality)
        if beside:
            parts += [f"# Text beside other columns: {quality}", beside]
    return "\n\n".join([*parts, *failures(summary.outcome.records)]) + "\n"


def _is_on_text(method: str) -> bool:
    return not method.startswith("numlp") or method.endswith("-text")


def _means(summary: TextSummary, methods: list[str], field: str, unit: float, digits: int) -> str:
    lines = []
    for table in summary.tables:
        line = [table]
        best = summary.best(table, methods, field)
        for method in methods:
            value = _number(unit * summary.mean(table, method, field), digits)
            line.append(f"**{value}**" if method == best else value)
        lines.append(line)
    means = [[summary.mean(table, m, field) for m in methods] for table in summary.tables]
    lines.append(["mean", *(_number(unit * v, digits) for v in np.mean(means, axis=0))])
    return markdown_table(["table", *(f"`{name}`" for name in methods)], lines)


def _differences(summary: TextSummary, shown: list[str]) -> str:
    header = ["table"]
    for _, title, _, _ in FIGURES:
        header += [f"{title}: rival", "its", *(f"`{name}` less it" for name in shown)]
    lines = []
    for table in summary.tables:
        line = [table]
        for field, _, unit, digits in FIGURES:
            rival = summary.best(table, summary.rivals, field)
            if rival is None:
                line += ["-"] * (2 + len(shown))
                continue
            line += [f"`{rival}`", _number(unit * summary.mean(table, rival, field), digits)]
            line += [
                _with_interval(summary.difference(table, name, rival, field), unit, digits)
                for name in shown
            ]
        lines.append(line)
    return markdown_table(header, lines)


def _costs(summary: TextSummary, shown: list[str]) -> str:
    header = ["table", "rival by error", "its fit", "all four fits"]
    for name in shown:
        header += [f"`{name}`", "by the rival's fit", "by all four"]
    lines = []
    for table in summary.tables:
        rival = summary.best(table, summary.rivals, "error")
        if rival is None:
            continue
        one = summary.mean(table, rival, "fit_cpu")
        four = sum(summary.mean(table, name, "fit_cpu") for name in summary.rivals)
        line = [table, f"`{rival}`", _number(one, 2), _number(four, 2)]
        for name in shown:
            cost = summary.mean(table, name, "fit_cpu")
            line += [_number(cost, 2), _number(cost / one, 2), _number(cost / four, 2)]
        lines.append(line)
    return markdown_table(header, lines)


def _beside(summary: TextSummary, quality: str) -> str:
    """Error of the whole table against the better of its text alone and what is beside it."""
    whole, text_alone, others = (f"numlp-{quality}{part}" for part in ("", "-text", "-others"))
    header = ["table", "rival on the text", "numlp on the text", "without the text", "all of it"]
    header += ["change of error against the better", "difference", "CPU by that without the text"]
    lines = []
    for table in summary.tables:
        if not summary.splits(table, whole):
            continue
        alone = summary.best(table, [*summary.rivals, text_alone, others], "error")
        rival = summary.best(table, summary.rivals, "error")
        line = [table, _error(summary, table, rival), _error(summary, table, text_alone)]
        line += [_error(summary, table, others), _error(summary, table, whole)]
        if alone is None:
            line += ["-"] * 2
        else:
            change = summary.mean(table, whole, "error") / summary.mean(table, alone, "error") - 1
            line += [f"{100 * change:+.1f} %"]
            line += [_with_interval(summary.difference(table, whole, alone, "error"), 100, 2)]
        ratio = summary.mean(table, whole, "fit_cpu") / summary.mean(table, others, "fit_cpu")
        lines.append([*line, _number(ratio, 2)])
    return markdown_table(header, lines) if lines else ""


def _error(summary: TextSummary, table: str, method: str | None) -> str:
    if method is None:
        return "-"
    return _number(100 * summary.mean(table, method, "error"), 2)


def _number(value: float, digits: int) -> str:
    return "-" if np.isnan(value) else f"{value:.{digits}f}"


def _with_interval(difference: tuple[float, float] | None, unit: float, digits: int) -> str:
    if difference is None:
        return "-"
    mean, half = unit * difference[0], unit * difference[1]
    if np.isinf(half):
        return f"{mean:+.{digits}f}"
    return f"{mean:+.{digits}f} [{mean - half:+.{digits}f}, {mean + half:+.{digits}f}]"
