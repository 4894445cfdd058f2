"""Text: numlp beside logistic regression on words and on pieces of words.

    python benchmarks/text_tables.py DIR       writes tables to DIR; add those of your own
    python benchmarks/text.py --data DIR       runs what is missing and writes TEXT.md

numlp gets the text alone; where there are other columns, also the whole table, and the table
without the text.  Splits, scores and options are those of ``accuracy.py``; finished cells are kept
in ``results/text.jsonl``.
"""

import os

for _library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"  # read when NumPy is loaded, here and by workers

import argparse  # noqa: E402
from pathlib import Path  # noqa: E402

from accuracy_parts import text_report  # noqa: E402
from accuracy_parts.cells import read_results  # noqa: E402
from accuracy_parts.command import Outcome, build_parser, run, write_report  # noqa: E402
from accuracy_parts.methods import Method  # noqa: E402

TEXT_ALONE = (
    "restaurant_reviews",
    "sms_spam",
    "movie_sentences",
    "film_reviews",
    "fine_foods",
    "newsgroups",
    "reuters",
    "friends",
)
TEXT_BESIDE_OTHERS = ("alexa_reviews", "slovene_opinions", "election_tweets", "tweet_devices")

_WORDS = {"analyzer": "word", "ngram_range": [1, 2], "min_df": 2, "sublinear_tf": True}
_PIECES = {"analyzer": "char_wb", "ngram_range": [2, 5], "min_df": 3, "sublinear_tf": True}

RIVALS: dict[str, Method] = {
    f"{name}-{C}": Method("terms", {"C": C, "terms": terms})
    for name, terms in (("words", _WORDS), ("pieces", _PIECES))
    for C in (1, 10)
}
QUALITIES = ("fast", "balanced")


def _numlp(suffix: str, **settings: str) -> dict[str, Method]:
    """One method a quality, its name with ``suffix``."""
    return {
        f"numlp-{quality}{suffix}": Method("numlp", {"quality": quality, "n_jobs": 1, **settings})
        for quality in QUALITIES
    }


ON_TEXT = {"majority": Method("majority"), **RIVALS, **_numlp("-text", part="text")}
ON_TABLES = {**ON_TEXT, **_numlp("-others", part="others"), **_numlp("")}


def main() -> None:
    """Run what is missing, then write the report and its figures as JSON."""
    description = (__doc__ or "").partition("\n")[0]
    parser = build_parser(description, "text", None)
    parser.set_defaults(splits=5)
    arguments = parser.parse_args()
    unknown = sorted({*(arguments.methods or ()), *arguments.again} - ON_TABLES.keys())
    if unknown:
        raise SystemExit(f"no method {unknown[0]!r}; there are {', '.join(ON_TABLES)}")
    present = _present(arguments)
    outcomes = []
    for tables, methods in ((TEXT_ALONE, ON_TEXT), (TEXT_BESIDE_OTHERS, ON_TABLES)):
        of_kind = argparse.Namespace(**vars(arguments))
        of_kind.tables = [name for name in present if name in tables]
        of_kind.methods = [name for name in arguments.methods or methods if name in methods]
        of_kind.again = [name for name in arguments.again if name in methods]
        if of_kind.tables and of_kind.methods:
            outcomes.append(run(of_kind, methods))
    cells = [cell for outcome in outcomes for cell in outcome.cells]
    records = [record for outcome in outcomes for record in outcome.records]
    summary = text_report.TextSummary(Outcome(cells, records), list(RIVALS), list(QUALITIES))
    write_report(arguments.out, text_report.text(summary), summary.rows())


def _present(arguments: argparse.Namespace) -> list[str]:
    """The tables asked for that there are; a line for each of the others."""
    wanted = arguments.tables or [*TEXT_ALONE, *TEXT_BESIDE_OTHERS]
    for name in wanted:
        if name not in TEXT_ALONE + TEXT_BESIDE_OTHERS:
            listed = ", ".join(TEXT_ALONE + TEXT_BESIDE_OTHERS)
            raise SystemExit(f"no table {name!r}; there are {listed}")
    if arguments.only_report:
        there = {table for table, *_ in read_results(arguments.results)}
    else:
        directory = arguments.data or os.environ.get("NUMLP_DATA")
        if not directory:
            raise SystemExit("no tables: give --data the directory that text_tables.py wrote")
        there = {path.stem for path in Path(directory).glob("*.csv")}
    for name in wanted:
        if name not in there:
            print(f"skipped {name}: there is no {name}.csv among the tables", flush=True)
    return [name for name in wanted if name in there]


if __name__ == "__main__":
    main()
