"""What each part of reading a text is worth: the whole of it against variants that lack one.

    python benchmarks/text_tables.py DIR             writes tables to DIR; add those of your own
    python benchmarks/text_ablation.py --data DIR

Each variant gets the text alone.  Splits, scores and options are those of ``text.py``; finished
cells are kept in ``results/text-ablation.jsonl``.
"""

import os

for _library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"  # read when NumPy is loaded, here and by workers

from typing import Any  # noqa: E402

from accuracy_parts import report  # noqa: E402
from accuracy_parts.command import build_parser, run, write_report  # noqa: E402
from accuracy_parts.methods import Method  # noqa: E402
from text import TEXT_ALONE, TEXT_BESIDE_OTHERS  # noqa: E402

# What each variant gets of the text, and what it changes of how that is read
# (``accuracy_parts.text.change_reading``).
PARTS: dict[str, dict[str, Any]] = {
    "full": {"part": "text"},
    "length of the text alone": {"part": "length"},
    "words alone": {"part": "text", "reading": {"pieces": False}},
    "pieces alone": {"part": "text", "reading": {"words": False}},
    "strength 2 alone": {"part": "text", "reading": {"strengths": [2.0]}},
    "strength 32 alone": {"part": "text", "reading": {"strengths": [32.0]}},
    "strength 8 alone": {"part": "text", "reading": {"strengths": [8.0]}},
    "one model of words and pieces": {
        "part": "text",
        "reading": {"strengths": [16.0], "together": True},
    },
}
FIRST_SPLIT = 100  # what is decided here is decided on other splits than text.py reports


def main() -> None:
    """Run what is missing, then write the report and its figures as JSON."""
    description = (__doc__ or "").partition("\n")[0]
    parser = build_parser(description, "text-ablation", "full", FIRST_SPLIT)
    parser.add_argument("--quality", default="balanced", help="of all variants (default balanced)")
    arguments = parser.parse_args()
    arguments.tables = arguments.tables or [*TEXT_ALONE, *TEXT_BESIDE_OTHERS]
    every = {"quality": arguments.quality, "n_jobs": 1}
    methods = {name: Method("numlp", every | change) for name, change in PARTS.items()}
    summary = report.Summary(run(arguments, methods))
    write_report(arguments.out, report.ablation(summary), summary.rows)


if __name__ == "__main__":
    main()
