"""What to try where a class is hardly ever answered: lines, and options to train with."""

import numpy as np

from ..data.labels import EncodedLabels
from ..decisions.overlooked import overlooked_classes, rarer_than_positive
from .figures import Figures

ALL_ALIKE = ["--metric", "balanced_accuracy"]
RARE_ONE = ["--metric", "f1", "--positive"]


def rare_lines(found: Figures, *, unnamed: bool) -> tuple[list[str], list[str]]:
    """What to say of a class that is hardly ever answered, and the options to train with instead.

    Parameters
    ----------
    found : Figures
        Of rows held out.
    unnamed : bool
        Whether the positive of two classes was left to the order of the alphabet.
    """
    counts, classes = found.scores.counts, found.classes
    rarer = rarer_than_positive(found.scores) if unnamed else None
    if rarer is not None:
        label, frequent = str(classes[rarer]), str(classes[1 - rarer])
        line = f"{frequent!r}, the frequent class, is the positive one, since none was named"
        return [line], ["--positive", label]
    overlooked = overlooked_classes(found.scores, found.intervals)
    if not overlooked:
        return [], []
    k, more = overlooked[0], len(overlooked) - 1
    others = f" (and {more:,} other {'class' if more == 1 else 'classes'} as seldom)" * (more > 0)
    label = str(classes[k])
    told = f"{label!r} is found in {counts.right[k]:,} of its {counts.true[k]:,} rows{others}"
    lines = [
        f"{told}: accuracy hardly counts them",
        "the probabilities tell them from others, so more can be found, with more false alarms:",
    ]
    if len(classes) > 2:
        lines.append("--metric balanced_accuracy, or --class-weight balanced")
        return lines, ALL_ALIKE
    lines.append("--metric f1 or balanced_accuracy; or --cost-fn, what a missed one costs")
    return lines, [*RARE_ONE, label]


def for_rare(labels: EncodedLabels) -> list[str]:
    """The options by which training looks for the classes beside one that is far more frequent."""
    if len(labels.classes) > 2:
        return ALL_ALIKE
    return [*RARE_ONE, str(labels.classes[np.bincount(labels.y).argmin()])]
