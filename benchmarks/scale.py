"""Growth: what a fit costs, and what it gives, as the rows of a table become more.

    python benchmarks/scale.py                  what is missing, and results/SCALE.md
    python benchmarks/scale.py --only-report    the report of what there is
    python benchmarks/scale.py --smallest       whether it runs at all

One table, invented by ``accuracy_parts.invented``; every method gets the same first rows of it, on
one thread, untuned, and is scored on the same 20,000 others.  Finished cells are kept in
``results/scale.jsonl``: stop it when you like, and the same command goes on.
"""

import os

for _library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"  # read when NumPy is loaded, here and by workers

import argparse  # noqa: E402
from dataclasses import replace  # noqa: E402

from accuracy_parts import invented, scale_report  # noqa: E402
from accuracy_parts.cells import Cell, Parts, Record, fit_and_score  # noqa: E402
from accuracy_parts.command import (  # noqa: E402
    build_cell_parser,
    choose_methods,
    run_missing,
    write_report,
)
from accuracy_parts.methods import METHODS as ALL  # noqa: E402

ROWS = (5_000, 20_000, 50_000, 200_000)
SMALLEST = (500, 1_000)
TEST_ROWS = 20_000
# The others, such as catboost, must be asked for: some take hours on the most rows.
BY_DEFAULT = ("lightgbm", "numlp-fast", "numlp-balanced")
METHODS = {name: replace(method, by_default=name in BY_DEFAULT) for name, method in ALL.items()}


def run_cell(cell: Cell) -> Record:
    """Fit the first rows of the draw of a split, score on the rows apart."""
    train = invented.draw(cell.max_train_rows, cell.split, invented.FIT)
    test = invented.draw(TEST_ROWS, cell.split, invented.TEST)
    parts = Parts(train.X, train.y, test.X, test.codes, list(invented.CLASSES))
    record, P = fit_and_score(cell, parts)
    return record | {"wrong": scale_report.pack(P.argmax(axis=1) != test.codes)}


def main() -> None:
    """Run what is missing, the fewest rows first; then write the report and its figures as JSON."""
    description = (__doc__ or "").partition("\n")[0]
    parser = build_cell_parser(description, "scale", "lightgbm")
    parser.set_defaults(splits=1, jobs=1)  # one at a time: a neighbour costs CPU time
    add = parser.add_argument
    add("--rows", type=_sizes, default=ROWS, help="to fit, divided by commas")
    add("--smallest", action="store_const", dest="rows", const=SMALLEST, help="500 rows, and 1,000")
    arguments = parser.parse_args()
    chosen = choose_methods(arguments, METHODS)
    if arguments.reference not in METHODS:
        raise SystemExit(f"no method {arguments.reference!r}; there are {', '.join(METHODS)}")
    cells = [
        Cell(invented.NAME, split, name, method, n_rows)
        for n_rows in arguments.rows
        for name, method in chosen.items()
        for split in range(arguments.first_split, arguments.first_split + arguments.splits)
    ]
    summary = scale_report.ScaleSummary(run_missing(arguments, cells, run_cell))
    write_report(arguments.out, scale_report.scale(summary), summary.rows())


def _sizes(text: str) -> tuple[int, ...]:
    try:
        sizes = tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        sizes = ()
    if not sizes or sizes[0] < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not numbers of rows, such as 5000,20000")
    return sizes


if __name__ == "__main__":
    main()
