"""The report of a cluster beside one process."""

from collections import defaultdict
from statistics import median
from typing import Any

from accuracy_parts.machine import command, processor

WAYS = {"0": "one process", "1": "one worker", "2": "two workers", "4": "four workers"}
Record = dict[str, Any]


def of(records: list[Record], n_rows: int, part_rows: int) -> str:
    """The report, as Markdown."""
    lines = [
        "# A cluster beside one process",
        "",
        f"A table of {n_rows:,} rows and 28 numbers, two classes, in parts of {part_rows:,} rows "
        f"(`cluster_parts/waves.py`).  {processor()}, 2 cores; every process on one thread.",
        "",
        f"Command: `{command()}`.",
        "",
    ]
    by = defaultdict(list)
    for record in records:
        by[record["fit"], record["quality"], record["way"]].append(record)
    qualities = list(dict.fromkeys(record["quality"] for record in records))
    if any(record["fit"] == "speed" for record in records):
        lines += _speed(by, qualities)
    if any(record["fit"] != "speed" for record in records):
        lines += _whole(records)
    return "\n".join(lines) + "\n"


def rate(record: Record) -> float:
    """Rows a second that all nets learned from in training: rows by passes."""
    return float(record["rows"] * record["passes"] / record["training"])


def _speed(by: Any, qualities: list[str]) -> list[str]:
    lines = [
        "## Rows a second",
        "",
        "Two passes; of training alone, with what is averaged, sent and answered in it.  Medians",
        "of interleaved rounds, and the ratio to one process in the same round.",
        "",
        "| quality | way | rows/s | ratio, median | least, most | rounds |",
        "| --- | --- | ---: | ---: | --- | ---: |",
    ]
    for quality in qualities:
        base = [rate(record) for record in by["speed", quality, "0"]]
        for way, name in WAYS.items():
            rates = [rate(record) for record in by["speed", quality, way]]
            if not rates:
                continue
            ratios = [own / one for own, one in zip(rates, base, strict=True)]
            lines.append(
                f"| {quality} | {name} | {median(rates):,.0f} | {median(ratios):.2f} | "
                f"{min(ratios):.2f} to {max(ratios):.2f} | {len(rates)} |"
            )
    return [*lines, ""]


def _whole(records: list[Record]) -> list[str]:
    lines = [
        "## All passes",
        "",
        "| quality | way | wall s | in training | log-loss | error % | rounds | bits | "
        "a worker's peak MiB, and before |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- | --- |",
    ]
    for record in records:
        if record["fit"] == "speed":
            continue
        peak = "-"
        if record["peak_worker"]:
            peak = f"{record['peak_worker']:,.0f}, {record['idle_worker']:,.0f}"
        lines.append(
            f"| {record['quality']} | {WAYS.get(record['way'], record['way'])} | "
            f"{record['wall']:.1f} | {record['training'] / record['wall']:.1%} | "
            f"{record['log_loss']:.4f} | {100 * record['error']:.2f} | {record['rounds']} | "
            f"`{record['bits']}` | {peak} |"
        )
    return [*lines, ""]
