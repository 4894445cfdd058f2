"""What ``numlp check`` found, as lines for a person."""

from collections.abc import Iterator, Sequence
from typing import Any

from ..common.wording import count, printable
from .figures import MOST_CLASSES, labelled

MOST_COLUMNS = 50  # JSON has them all
MOST_FINDINGS = 30
MOST_CELL = 24  # characters of a name or an example
MOST_WHY = 100

Facts = dict[str, Any]

VERDICTS = {
    "fault": "not ready: training would refuse it, as said above",
    "warning": "training would go through; look at the warnings first",
    "ready": "ready to learn from",
}


def as_text(facts: Facts) -> str:
    """The facts as lines."""
    lines = [labelled("file", f"{printable(facts['file'])}: {_size(facts)}")]
    lines += [labelled("read as", printable(note)) for note in facts["notes"]]
    if facts["classes"] is not None:
        lines += _classes(facts)
    lines += ["", *_columns(facts["columns"]), "", *_findings(facts["findings"]), ""]
    if facts["classes"] is None:
        names = [printable(repr(name)) for name in facts["targets"]]
        told = (
            f"could be {' or '.join(names)}"
            if names
            else "no column looks like one; name it with --target"
        )
        lines.append(labelled("target", told))
    else:
        lines.append(labelled("verdict", VERDICTS[facts["verdict"]]))
    lines.append(labelled("next", printable(facts["next"])))
    return "\n".join(lines)


def _size(facts: Facts) -> str:
    n_columns = len(facts["columns"])
    beside = "" if facts["target"] is None else " beside the target"
    return f"{count(facts['rows'], 'row')}, {count(n_columns, 'column')}{beside}"


def _classes(facts: Facts) -> Iterator[str]:
    classes = facts["classes"]
    if any(finding["kind"] == "numeric target" for finding in facts["findings"]):
        told = f"{len(classes):,} different values"
        yield labelled("target", f"{printable(repr(facts['target']))}: {told}")
        return
    told = "1 class" if len(classes) == 1 else f"{len(classes):,} classes"
    yield labelled("target", f"{printable(repr(facts['target']))}: {told}")
    width = max(len(_cut(entry["label"])) for entry in classes[:MOST_CLASSES])
    for entry in classes[:MOST_CLASSES]:
        label = _cut(entry["label"])
        yield labelled("", f"{label:<{width}}  {entry['rows']:>9,}  {entry['share']:>6.1%}")
    if len(classes) > MOST_CLASSES:
        yield labelled("", f"... and {len(classes) - MOST_CLASSES:,} rarer ones")


def _columns(columns: Sequence[Facts]) -> Iterator[str]:
    rows = [("column", "is", "missing", "distinct", "such as", "why")]
    rows += [
        (
            _cut(column["name"]),
            column["kind"] or "?",
            f"{column['missing']:.1%}" if column["missing"] else "-",
            f"{column['distinct']:,}",
            _cut(_listed(column["examples"])),
            _cut(column["why"] or "", MOST_WHY),
        )
        for column in columns[:MOST_COLUMNS]
    ]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for name, kind, missing, distinct, examples, why in rows:
        yield (
            f"{name:<{widths[0]}}  {kind:<{widths[1]}}  {missing:>{widths[2]}}  "
            f"{distinct:>{widths[3]}}  {examples:<{widths[4]}}  {why}"
        ).rstrip()
    if len(columns) > MOST_COLUMNS:
        yield f"... and {len(columns) - MOST_COLUMNS:,} more columns, which --json shows"


def _findings(findings: Sequence[Facts]) -> Iterator[str]:
    if not findings:
        yield "nothing to look at twice"
    for number, finding in enumerate(findings[:MOST_FINDINGS], start=1):
        about = ""
        if finding["kind"] in (
            "cells",
            "dates",
            "numbers",
            "kind",
            "codes",
            "set aside",
            "vectors",
        ):
            aside = "set aside: " if finding["kind"] == "set aside" else ""
            about = f"{aside}{_cut(finding['columns'][0])}: "
        yield f"{number:>2}. {finding['level']}: {about}{printable(finding['text'])}"
    if len(findings) > MOST_FINDINGS:
        yield f"... and {len(findings) - MOST_FINDINGS:,} more, which --json shows"


def _listed(cells: Sequence[str]) -> str:
    """The cells in a row, told apart by what none of them has: 7,0 and 6,3 are two numbers."""
    return ("; " if any("," in cell for cell in cells) else ", ").join(cells)


def _cut(text: str, most: int = MOST_CELL) -> str:
    told = printable(text)
    return told if len(told) <= most else told[: most - 3] + "..."
