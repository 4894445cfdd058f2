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
from accuracy_parts.command import parse_arguments, run, write_report  # noqa: E402
from accuracy_parts.methods import Method  # noqa: E402

# Each variant is what is changed of the full method: arguments of TabularClassifier, and under
# "recipe" fields of ``numlp.recipe.Recipe``.  Two nets are enough to see what a part of them is
# worth, and cheap.
FULL: dict[str, Any] = {"quality": "fast", "n_jobs": 1}
PARTS: dict[str, dict[str, Any]] = {
    "full": {},
    # the columns
    "no flags for few values": {"few_as_flags": False},
    "no embedding of categories": {"one_hot_max": 1_000_000},
    # the first layers
    "no periodic embedding": {"periodic_outputs": 0},
    "slow waves only": {"waves": [[0.1, 0.1]]},
    "fast waves only": {"waves": [[1.0, 1.0]]},
    "piecewise-linear bins too": {"bins": 16},
    "bins for waves": {"bins": 16, "periodic_outputs": 0},
    "no scaling layer": {"scale_lr": 0.0},
    # the net
    "SELU unmixed": {"activation": "selu"},
    "ReLU": {"activation": "relu"},
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
VARIANTS = {name: {"recipe": change} if change else {} for name, change in PARTS.items()}


def main() -> None:
    """Run what is missing, then write the report and its figures as JSON."""
    description = (__doc__ or "").partition("\n")[0]
    arguments = parse_arguments(description, "ablation", reference="full")
    methods = {name: Method("numlp", FULL | change) for name, change in VARIANTS.items()}
    summary = report.Summary(run(arguments, methods))
    write_report(arguments.out, report.ablation(summary), summary.rows)


if __name__ == "__main__":
    main()
