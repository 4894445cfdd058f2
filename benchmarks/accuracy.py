"""Classifiers on real tables: error, log-loss, ranking, calibration and CPU time, side by side.

    python benchmarks/accuracy.py --data DIR     every CSV of DIR, and scikit-learn's own tables
    python benchmarks/accuracy.py --only-report  what has been run so far

Every method gets the same raw rows of the same splits, on one thread, untuned.  Finished cells are
kept in ``results/accuracy.jsonl``: stop it when you like, and the same command goes on.
"""

import os

for _library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"  # read when NumPy is loaded, here and by workers

from accuracy_parts import plot, report  # noqa: E402
from accuracy_parts.command import build_parser, run, write_report  # noqa: E402
from accuracy_parts.methods import METHODS  # noqa: E402


def main() -> None:
    """Run what is missing, then write the report, its figures as JSON, and the picture."""
    description = (__doc__ or "").partition("\n")[0]
    arguments = build_parser(description, "accuracy", "numlp-balanced").parse_args()
    summary = report.Summary(run(arguments, METHODS))
    write_report(arguments.out, report.accuracy(summary), summary.rows)
    plot.error_against_cpu(summary.rows, arguments.out.with_name("accuracy.png"))


if __name__ == "__main__":
    main()
