"""The results of an MLPClassifier that its file has, checked: counts, curves and losses."""

from collections.abc import Mapping
from typing import Any

from ..storage.json_values import number_or_none

# The results in a file, by their names in MLPClassifier.
COUNTS = ("n_iter_", "t_")
CURVES = ("loss_curve_", "validation_scores_", "validation_loss_curve_")
NUMBERS = ("loss_", "best_loss_", "best_validation_score_")  # None or infinite, for some
OPTIONAL = ("validation_rows_",)  # counts that older files lack


def held_out(results: Mapping[str, Any]) -> bool | None:
    """Whether training held rows out; None where the results do not tell."""
    if not results.get("loss_curve_"):
        return None
    return any(results.get(name) for name in ("validation_loss_curve_", "validation_scores_"))


def checked_results(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The results in a document, or a ValueError where training cannot have left them."""
    results: dict[str, Any] = {}
    for name in COUNTS:
        if type(entry[name]) is not int or entry[name] < 0:
            raise ValueError(f"{name}={entry[name]!r}")
        results[name] = entry[name]
    for name in CURVES:
        curve = entry[name]
        if curve is not None:
            curve = [number_or_none(name, loss) for loss in curve]
            if None in curve:
                raise ValueError(f"{name} is not a list of numbers")
        results[name] = curve
    if not results["loss_curve_"]:
        raise ValueError("it is of a classifier that has not learned")
    if any(len(results[name] or ()) > len(results["loss_curve_"]) for name in CURVES):
        raise ValueError("a curve has more epochs than loss_curve_")
    for name in NUMBERS:
        results[name] = number_or_none(name, entry[name])
    for name in OPTIONAL:
        results[name] = rows = entry.get(name)
        if rows is not None and (type(rows) is not int or not 0 < rows < 1 << 53):
            raise ValueError(f"{name}={rows!r}")
    return results
