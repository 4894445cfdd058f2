"""The command line that the benchmarks of accuracy share: what to run, where to keep it."""

import argparse
import json
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from .cells import Cell, Record, read_results, run_cell, run_cells
from .machine import command, processor
from .methods import Method
from .tables import find_tables

RESULTS = Path(__file__).parents[1] / "results"


@dataclass(frozen=True)
class Outcome:
    """What was asked for and what the file of results holds of it."""

    cells: list[Cell]
    records: list[Record]
    reference: str = ""

    def of_methods(self) -> list[str]:
        """The methods with at least one finished cell, in the order in which they were asked."""
        finished = {r["method"] for r in self.records if "failed" not in r}
        return [name for name in dict.fromkeys(c.name for c in self.cells) if name in finished]


def build_parser(
    description: str, name: str, reference: str | None, first_split: int = 0
) -> argparse.ArgumentParser:
    """The options of a benchmark on tables of files, and those of ``build_cell_parser``."""
    parser = build_cell_parser(description, name, reference, first_split)
    add = parser.add_argument
    add("--data", type=Path, help="directory of CSVs, last column the target (or NUMLP_DATA)")
    add("--tables", type=_names, help="only these, divided by commas")
    add("--max-train-rows", type=int, default=3000, help="default 3000")
    return parser


def build_cell_parser(
    description: str, name: str, reference: str | None, first_split: int = 0
) -> argparse.ArgumentParser:
    """The options of cells; results go to ``results/{name}.jsonl`` unless told otherwise.

    Without a ``reference`` there is no option for another one.
    """
    parser = argparse.ArgumentParser(description=description)
    add = parser.add_argument
    add("--methods", type=_names, help="only these, divided by commas")
    add("--splits", type=int, default=3, help="random splits of each table (default %(default)s)")
    add("--first-split", type=int, default=first_split, help=f"its seed (default {first_split})")
    add("--jobs", type=int, default=2, help="cells at a time (default %(default)s)")
    add("--again", type=_names, default=[], metavar="METHODS", help="run anew what is there")
    if reference is None:
        parser.set_defaults(reference="")
    else:
        add("--reference", default=reference, help=f"what ratios are against (default {reference})")
    add("--results", type=Path, default=RESULTS / f"{name}.jsonl", help="the file of cells")
    add("--out", type=Path, default=RESULTS / f"{name.upper()}.md", help="the report")
    add("--only-report", action="store_true", help="run nothing: report what is there")
    return parser


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def run(arguments: argparse.Namespace, methods: dict[str, Method]) -> Outcome:
    """Run the cells that are not in the file yet; return all that the file then holds."""
    chosen = choose_methods(arguments, methods)
    sources = _choose_tables(arguments)
    cells = [
        Cell(table, split, name, method, arguments.max_train_rows)
        for name, method in chosen.items()
        for table in sources
        for split in range(arguments.first_split, arguments.first_split + arguments.splits)
    ]
    return run_missing(arguments, cells, partial(run_cell, sources=sources))


def run_missing(
    arguments: argparse.Namespace, cells: list[Cell], run_one: Callable[[Cell], Record]
) -> Outcome:
    """Run those of the cells that are not in the file yet; return what it then holds of them."""
    if not arguments.only_report:
        known = read_results(arguments.results)
        to_do = [c for c in cells if c.name in arguments.again or not _is_done(c, known)]
        print(f"{len(cells)} cells, {len(to_do)} of them to run", flush=True)
        run_cells(to_do, run_one, arguments.results, arguments.jobs)
    results = read_results(arguments.results)
    records = [results[cell.key] for cell in cells if cell.key in results]
    return Outcome(cells, records, arguments.reference)


def _is_done(cell: Cell, known: dict[tuple[str, int, str, str, int], Record]) -> bool:
    """A failed cell is tried again by the next command."""
    return cell.key in known and "failed" not in known[cell.key]


def choose_methods(arguments: argparse.Namespace, methods: dict[str, Method]) -> dict[str, Method]:
    """The methods asked for, or those that run by default, in the order of ``methods``."""
    names = arguments.methods
    if names is None:
        names = [name for name, method in methods.items() if method.by_default]
    unknown = [n for n in [*names, *arguments.again] if n not in methods]
    if unknown:
        raise SystemExit(f"no method {unknown[0]!r}; there are {', '.join(methods)}")
    return {name: method for name, method in methods.items() if name in names}


def _choose_tables(arguments: argparse.Namespace) -> dict[str, Path | None]:
    if arguments.only_report:
        known = sorted({table for table, *_ in read_results(arguments.results)})
        sources: dict[str, Path | None] = dict.fromkeys(known)
    else:
        directory = arguments.data or os.environ.get("NUMLP_DATA")
        if not directory and arguments.tables is None:
            raise SystemExit(
                "no tables: give --data a directory of CSVs whose last column is the target, or "
                "set NUMLP_DATA; --tables iris,wine,breast_cancer,digits needs neither"
            )
        sources = find_tables(Path(directory) if directory else None)
    for name in arguments.tables or ():
        if name not in sources:
            raise SystemExit(f"no table {name!r}; there are {', '.join(sources)}")
    return {n: p for n, p in sources.items() if arguments.tables is None or n in arguments.tables}


def write_report(path: Path, text: str, rows: list[Record]) -> None:
    """Print the report and write it, with its rows of figures as JSON beside it."""
    print(text)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.with_suffix(".json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def describe_run(outcome: Outcome) -> list[str]:
    """Date, machine, versions and command, as lines; nothing that is private to the machine."""
    versions: dict[str, set[str]] = {}
    for record in outcome.records:
        for name, number in record.get("versions", {}).items():
            versions.setdefault(name, set()).add(number)
    listed = ", ".join(f"{name} {' / '.join(sorted(n))}" for name, n in sorted(versions.items()))
    dates = sorted(record["date"][:10] for record in outcome.records)
    return [
        f"Report of {datetime.now(UTC):%Y-%m-%d}, cells run from {dates[0]} to {dates[-1]}.",
        f"Machine: {processor()}, {os.cpu_count()} cores, {platform.system()}; "
        "every fit on one thread.",
        f"Versions: {listed}.",
        f"Command: `{command()}`",
    ]
