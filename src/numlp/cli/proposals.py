"""Columns to hold rows out by: quick fits tell whether it matters, and lines say so."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..check.candidates import Candidate, candidates
from ..check.findings import Finding
from ..common.stage import at, listening
from ..data.columns import Columns
from ..data.labels import EncodedLabels
from ..errors import DataError
from ..tabular import estimates
from .advice import AS_OPTIONS
from .labelled import not_learned
from .learning import HELD_OUT_BY
from .options import ROLES

MOST_CELLS = 300_000  # of a table that a quick fit takes, to be quick
FEWEST_ROWS = 100
FOR_ROWS = {"groups": "where rows to come have other values of it", "time": "for later rows"}


class Proposal(NamedTuple):
    """A candidate, and what quick fits say of it; None where there were none."""

    candidate: Candidate
    found: estimates.Estimates | None

    @property
    def told(self) -> str:
        """What to say of it: both accuracies, and the option."""
        if self.found is None:
            return self.candidate.finding(AS_OPTIONS).text
        role, column = self.candidate.role, self.candidate.column
        by_role, by_row = self.found.by_role.accuracy, self.found.by_row.accuracy
        accuracies = f"held out by {column}: {by_role:.1%}, not {by_row:.1%} (quick fits)"
        return f"{accuracies}: {AS_OPTIONS.role(role, column)} {FOR_ROWS[role]}"

    def finding(self) -> Finding:
        """The same as ``check`` tells it, with the figures."""
        role, column = self.candidate.role, self.candidate.column
        if self.found is None:
            return self.candidate.finding(AS_OPTIONS)
        by_role = self.found.by_role
        figures = {
            "by_row": self.found.by_row.accuracy,
            "by_column": by_role.accuracy,
            "low": by_role.low,
            "high": by_role.high,
        }
        return Finding(role, [column], self.told, measured=figures)


def proposals(
    table: Columns,
    labels: EncodedLabels,
    target: str,
    kinds: Mapping[str, str],
    roles: Mapping[str, str],
    decimal: str | None = None,
    *,
    n_jobs: int | None = None,
    measures: bool = True,
) -> list[Proposal]:
    """The candidates by which a quick fit is worse, by more than chance, than by row.

    All of them, without figures, where the table is too wide for a quick fit, or not ``measures``;
    none where one of ``roles`` says which rows are held out.
    """
    if HELD_OUT_BY & {*roles}:
        return []
    kinds = not_learned(kinds, roles)
    most_rows = min(estimates.MOST_ROWS, MOST_CELLS // len(table.names))
    proposed = []
    for candidate in candidates(table.columns, labels.y, kinds, target):
        if most_rows < FEWEST_ROWS or not measures:
            proposed.append(Proposal(candidate, None))
            continue
        role, column = candidate.role, candidate.column
        at(f"quick fits, to see what {ROLES[role]} {column} changes")
        try:
            with listening(_silent):  # what they are at is of no interest
                found = estimates.compare_estimates(
                    table,
                    labels,
                    groups=column if role == "groups" else None,
                    time=column if role == "time" else None,
                    columns=kinds,
                    decimal=decimal,
                    most_rows=most_rows,
                    n_jobs=n_jobs,
                )
        except DataError:  # such as a time that is missing in a row
            continue
        if found.is_lower:
            proposed.append(Proposal(candidate, found))
    return proposed


def _silent(_: str, __: int, ___: int) -> None:
    """Listen to nothing."""


def role_of(found: Iterable[Proposal]) -> dict[str, str]:
    """The column by which the accuracy is lowest, by its role; none without figures."""
    measured = [
        (each.found.by_role.accuracy, each.candidate) for each in found if each.found is not None
    ]
    if not measured:
        return {}
    candidate = min(measured, key=lambda each: each[0])[1]
    return {candidate.role: candidate.column}
