"""What each part of numlp's classifier is worth: the full method against variants that lack one.

    python benchmarks/ablation.py --data DIR

The tables, splits, scores and options are those of ``accuracy.py``; finished cells are kept in
``results/ablation.jsonl`` by variant and settings, so a variant whose settings change runs anew.
"""

import os

for _library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"  # read when NumPy is loaded, here and by workers

from typing import Any  # noqa: E402

from accuracy_parts import report  # noqa: E402
from accuracy_parts.command import build_parser, run, write_report  # noqa: E402
from accuracy_parts.methods import Method  # noqa: E402

# What each variant changes of the full method's ``numlp.ensemble.recipe.Recipe``, under the names
# that files keep (``numlp.storage.stored_names``): finished cells are found by them.
PARTS: dict[str, dict[str, Any]] = {
    "full": {},
    # the columns
    "no flags for few values": {"few_as_flags": False},
    "no embedding of categories": {"one_hot_max": 1_000_000},
    # the first layers
    "no periodic embedding": {"periodic_outputs": 0},
    "slow waves only": {"waves": [[0.1, 0.1]]},
    "fast waves only": {"waves": [[1.0, 1.0]]},
    "no scaling layer": {"scale_lr": 0.0},
    # the net
    "SELU for ReLU": {"activation": "selu"},
    "start not fitted to the data": {"adapt": False},
    # training
    "no dropout": {"dropout": 0.0},
    "no weight decay": {"weight_decay": 0.0},
    "no label smoothing": {"label_smoothing": 0.0},
    "one wave of the learning rate": {"n_waves": 1},
    # after training
    "last checkpoint alone": {"mixture": False},
    "no temperature": {"temperature": False},
    "a net of each family on all rows too": {"n_refit": 1},
}
FIRST_SPLIT = 100  # what is decided here is decided on other splits than accuracy.py reports


def main() -> None:
    """Run what is missing, then write the report and its figures as JSON."""
    description = (__doc__ or "").partition("\n")[0]
    parser = build_parser(description, "ablation", "full", FIRST_SPLIT)
    parser.add_argument("--quality", default="fast", help="of the full method (default fast)")
    arguments = parser.parse_args()
    full = {"quality": arguments.quality, "n_jobs": 1}
    methods = {
        name: Method("numlp", full | {"recipe": change} if change else full)
        for name, change in PARTS.items()
    }
    summary = report.Summary(run(arguments, methods))
    write_report(arguments.out, report.ablation(summary), summary.rows)


if __name__ == "__main__":
    main()
