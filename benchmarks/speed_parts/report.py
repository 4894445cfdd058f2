"""The figures as Markdown and JSON."""

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from accuracy_parts.machine import command, processor

from .options import Options

LIBRARIES = ("numlp", "numpy", "scikit-learn", "torch", "onnxruntime")
HOW = """\
Every contender is a process of its own for each number of threads; they take turns of
{seconds:g} s, one at a time, {rounds} times in all. A figure is the median over these rounds, a
ratio the median of the ratios within a round. CPU time is of all threads of the process; ratios
with one thread are of CPU time, which other load on the machine disturbs least, all others of wall
time."""


@dataclass
class Section:
    """A part of the report.

    Attributes
    ----------
    title, text : its heading, and its Markdown
    records : its figures for the JSON
    """

    title: str
    text: list[str] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)

    def add(self, *paragraphs: str) -> None:
        """Add paragraphs, or whole tables."""
        self.text += paragraphs

    def say_left_out(self, left_out: Mapping[str, str]) -> None:
        """Add a line for each contender that did not run."""
        self.text += [f"Left out: {name} ({why})." for name, why in left_out.items()]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table: the first column is text, the others are numbers.

    >>> print(table(["a", "b"], [["x", "1"]]))
    | a | b |
    | --- | ---: |
    | x | 1 |
    """
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (header, rule, *rows))


def figure(value: float) -> str:
    """A number with about three significant digits, and all those before the point.

    >>> [figure(v) for v in (1234.5, 12.345, 0.12345, 0.0)]
    ['1,234', '12.3', '0.123', '0']
    """
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.{1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3}f}"


def times(value: float) -> str:
    """A ratio."""
    return f"{value:.2f}"


def write(path: Path, sections: Sequence[Section], options: Options, load: float) -> None:
    """Print the report and write it, with its figures as JSON beside it."""
    about = _describe_run(load)
    parts = ["# Speed", *about, HOW.format(rounds=options.rounds, seconds=options.seconds)]
    for section in sections:
        parts += [f"## {section.title}", *section.text]
    text = "\n\n".join(parts) + "\n"
    print(text)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    record = {"about": about, "sections": {s.title: s.records for s in sections}}
    path.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _describe_run(load: float) -> list[str]:
    """Date, machine, versions and command; nothing that is private to the machine."""
    versions = [f"python {platform.python_version()}"]
    for name in LIBRARIES:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            versions.append(f"{name} not installed")
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return [
        f"Report of {datetime.now(UTC):%Y-%m-%d}.",
        f"Machine: {processor()}, {os.cpu_count()} cores, {platform.system()}; load average "
        f"{load:.1f} before the run.",
        f"Versions: {', '.join(versions)}; BLAS of NumPy: {blas['name']} {blas['version']}.",
        f"Command: `{command()}`",
    ]
