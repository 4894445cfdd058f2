"""Figures by group, for a person or as JSON: what ``numlp evaluate --by COLUMN`` adds."""

import math
from collections.abc import Iterator
from typing import Any

from ..common.wording import count, shortened
from ..metrics.by_group import Figure, GroupScores, scores_by_group
from ..table.grouping import Grouping
from .figures import IN_PERCENT, LABELS, Figures

MOST_GROUPS = 20  # told by themselves, those with the most rows
MOST_IN_JSON = 1000
MOST_NAME = 40  # characters of a group's name
MISSING = "(missing)"
WIDTH = 16  # of an interval


class ByGroup:
    """The figures of each group of rows, beside those of all.

    Parameters
    ----------
    found : Figures
        Of all rows.
    column : str
        The column that says which group a row is in.
    grouping : Grouping
    """

    def __init__(self, found: Figures, column: str, grouping: Grouping) -> None:
        self.found, self.column, self.grouping = found, column, grouping

    def _groups(self, most: int) -> tuple[list[GroupScores], GroupScores | None]:
        """The groups to tell, and the others as one, each with its number among the names."""
        *told, last = scores_by_group(self.found.scores, self.grouping.codes, most=most)
        if isinstance(last.group, tuple):
            return told, last
        return [*told, last], None

    def _name(self, group: int) -> str | None:
        return self.grouping.names[group]

    def document(self) -> dict[str, Any]:
        """The groups, the one with the most rows first, as JSON takes them."""
        told, others = self._groups(MOST_IN_JSON)
        groups = [{"group": self._name(each.group), **_document(each)} for each in told]
        rest = None if others is None else {"groups": len(others.group), **_document(others)}
        return {"column": self.column, "groups": groups, "others": rest}

    def lines(self) -> Iterator[str]:
        """A table of the groups: ranges in their order, others with the surely worst first."""
        told, others = self._groups(MOST_GROUPS)
        metric = self.found.aim.figure
        if self.grouping.in_order:
            told.sort(key=lambda each: int(each.group))
        else:
            told.sort(key=lambda each: _badness(each.figures[metric], metric))
        rows = [(shortened(self._name(g.group) or MISSING, MOST_NAME), g) for g in told]
        if others is not None:
            rows.append((count(len(others.group), "other"), others))
        whole = (self.found.scores.n_rows, self.found.scores.majority)
        names = ["accuracy", *([] if metric == "accuracy" else [metric])]
        all_figures = {
            name: Figure(self.found.value(name), *self.found.intervals[name]) for name in names
        }
        rows.append(("all", GroupScores(None, *whole, all_figures)))
        title = f"by {shortened(self.column, MOST_NAME)}"
        width = max(len(title), *(len(name) for name, _ in rows))
        heads = "".join(f"  {LABELS.get(n, n.split('_')[-1]):>8}  {'95% interval':{WIDTH}}"
                        for n in names)  # fmt: skip
        yield f"{title:<{width}}  {'rows':>7}{heads}  {'majority':>8}"
        for name, group in rows:
            told_figures = "".join(_told(n, group.figures[n]) for n in names)
            yield f"{name:<{width}}  {group.n_rows:>7,}{told_figures}  {group.majority:>8.1%}"
        if not self.grouping.in_order and len(told) > 1:
            end = "lower" if metric == "mean_cost" else "upper"
            why = "few rows may be wrong by chance"
            yield f"worst first, by the {end} end of the interval: {why}"


def _document(group: GroupScores) -> dict[str, Any]:
    figures = {
        name: {key: None if math.isnan(value) else value for key, value in f._asdict().items()}
        for name, f in group.figures.items()
    }
    return {"rows": group.n_rows, "majority": group.majority, "figures": figures}


def _badness(figure: Figure, metric: str) -> tuple[bool, float, float]:
    """A key by which the worst groups come first, and those without a figure last."""
    if math.isnan(figure.value):
        return True, 0.0, 0.0
    if metric == "mean_cost":
        return False, -figure.low, -figure.value
    return False, figure.high, figure.value


def _told(name: str, figure: Figure) -> str:
    value, interval = "-", ""
    if not math.isnan(figure.value):
        form = ".1%" if name in IN_PERCENT else ".3g"
        value = f"{figure.value:{form}}"
        if not math.isnan(figure.low):
            interval = f"{figure.low:{form}} to {figure.high:{form}}"
    return f"  {value:>8}  {interval:{WIDTH}}"
