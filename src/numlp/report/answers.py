"""What the page says of the answers: how many are right, which are not, and how sure they were."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.wording import name_list, shortened
from ..metrics.bootstrap import MOST_AUC, Interval, intervals
from ..metrics.curves import (
    auc,
    calibration_curve,
    precision_recall_curve,
    roc_curve,
)
from ..metrics.evaluation import evaluate
from ..metrics.scores import (
    ClassCounts,
    ClassNumbers,
    Probabilities,
    Scores,
    prior_entropy,
    wilson_interval,
)
from ..models import FittedModel
from ..models.fitted import validation_of
from . import charts

MOST_NAME = 60  # characters of a class
MOST_CLASSES = 20  # in the table by class
MOST_IN_MATRIX = 12  # classes of which every pair is shown
MOST_CURVES = 6  # classes with a curve of their own
MOST_PAIRS = 20  # of classes taken for each other, where the matrix is too large
MOST_MISTAKES = 10
HEAT = 10  # shades of a cell
BINS = 10  # of probabilities
THRESHOLDS = np.arange(1, 10) / 10
MIN_ROWS = 2  # of a class, for a curve

Content = dict[str, Any]


@dataclass(frozen=True)
class Answers:
    """What a model answers for rows whose classes are known.

    Attributes
    ----------
    model : FittedModel
    y : array of shape (n,)
        The class of each row.
    P : array of shape (n, n_classes)
    """

    model: FittedModel
    y: ClassNumbers
    P: Probabilities

    @cached_property
    def scores(self) -> Scores:
        """The scores on all rows."""
        return evaluate(self.y, self.P, np.array(self.model.factors), self.model.aim)

    @cached_property
    def intervals(self) -> dict[str, Interval]:
        """The interval of each figure."""
        return intervals(self.scores)

    @cached_property
    def names(self) -> list[str]:
        """The classes as the page shows them, no two alike."""
        labels = self.model.classes.tolist()
        short = [shortened(str(label), MOST_NAME) or "(blank)" for label in labels]
        times = Counter(short)
        return [
            name if times[name] == 1 else f"{name} ({k})" for k, name in enumerate(short, start=1)
        ]

    def quoted(self, k: int) -> str:
        """A class as sentences name it, so that one called 0 or no is not taken for a word."""
        return repr(self.names[k])

    @property
    def counts(self) -> NDArray[np.intp]:
        """Rows of each class."""
        return self.scores.counts.true

    @cached_property
    def frequent(self) -> list[int]:
        """The classes that have rows, the most frequent first."""
        order = np.argsort(-self.counts, kind="stable")
        return [int(k) for k in order if self.counts[k]]

    @property
    def binary(self) -> bool:
        """Whether there are two classes."""
        return len(self.names) == 2

    @property
    def positive(self) -> int:
        """The number of the positive one of two classes."""
        return self.scores.aim.positive


def verdict(answers: Answers) -> Content:
    """One sentence that says whether the model is of use, and what it rests on."""
    scores = answers.scores
    low, high = answers.intervals["accuracy"]
    always, asked = answers.quoted(answers.frequent[0]), _asked(answers)
    shares = [scores.accuracy, low, high, scores.majority]
    return {
        "accuracy": scores.accuracy,
        "low": low,
        "high": high,
        "baseline": scores.majority,
        "always": always,
        "n_rows": scores.n_rows,
        "judgement": _judgement(scores.accuracy, low, scores.majority),
        "asked": asked,
        "bars": asked["bars"]
        if asked
        else _bars("accuracy", always, shares, _percent, is_cost=False),
        "learned": _are_learned(answers, low),
        "absent": name_list([answers.names[k] for k in answers.scores.absent]),
        "n_absent": len(answers.scores.absent),
    }


def _judgement(score: float, low: float, guess: float) -> str:
    if low > guess:
        return "better"
    return "perhaps" if score > guess else "no better"


def _bars(
    name: str, always: str, values: list[float], text: Callable[[float], str], *, is_cost: bool
) -> Content:
    """Bars of the model and of a guess, as shares of an axis that ends at 100 % or a largest cost.

    The values are the model's, the ends of its interval, and the guess's.
    """
    full = (max(values) or 1.0) if is_cost else 1.0
    score, low, high, guess = (value / full for value in values)
    said = dict(zip(("score", "low", "high", "guess"), map(text, values), strict=True))
    return {
        "name": name,
        "is_cost": is_cost,
        "always": always,
        "score": score,
        "low": low,
        "high": high,
        "guess": guess,
        "ticks": [
            (share, text(share * full) if is_cost else f"{share:.0%}")
            for share in (0, 0.25, 0.5, 0.75, 1)
        ],
        "label": f"{name}: {said['score']}, interval {said['low']} to {said['high']}; "
        f"always answering {always}: {said['guess']}",
    }


def _asked(answers: Answers) -> Content | None:
    """What the answers were to be good at, if not accuracy, against the best single answer."""
    scores, aim = answers.scores, answers.scores.aim
    if aim.costs is not None:
        best, cost = scores.best_constant()
        low, high = answers.intervals["mean_cost"]
        judgement = _judgement(-scores.mean_cost, -high, -cost)
        values = [scores.mean_cost, low, high, cost]
        name = "mean cost of a row"
    elif aim.metric != "accuracy":
        of_one = aim.metric == "f1" and answers.binary
        best = aim.positive if of_one else answers.frequent[0]
        score = scores.f1 if aim.metric == "f1" else scores.balanced_accuracy
        guess = _always(answers, best)
        found = guess.f1(aim.positive) if aim.metric == "f1" else guess.balanced_accuracy
        if math.isnan(score):  # of one class alone
            return None
        low, high = answers.intervals[aim.metric]
        judgement = _judgement(score, low, found)
        values = [score, low, high, found]
        name = {"f1": "mean F1 of the classes"}.get(aim.metric, "balanced accuracy")
        name = f"F1 of {answers.quoted(best)}" if of_one else name
    else:
        return None
    keys = ("score", "low", "high", "guess")
    always = answers.quoted(best)
    told: Content = {"name": name, "always": always, "judgement": judgement}
    is_cost = aim.costs is not None
    text = _number if is_cost else _percent
    told["bars"] = _bars(name, always, values, text, is_cost=is_cost)
    return told | dict(zip(keys, map(text, values), strict=True))


def _number(value: float) -> str:
    return f"{value:.3g}"


def _always(answers: Answers, k: int) -> ClassCounts:
    """The counts if class ``k`` were the answer for all rows."""
    predicted, right = np.zeros_like(answers.counts), np.zeros_like(answers.counts)
    predicted[k], right[k] = len(answers.y), answers.counts[k]
    return ClassCounts(answers.counts, predicted, right)


def _are_learned(answers: Answers, low: float) -> bool:
    """Whether these rows look as if the model had learned from them."""
    told = validation_of(answers.model.info)
    return told is not None and low > told["high"]


def figures(answers: Answers) -> list[Content]:
    """The figures of all rows, with their intervals and what a guess would have."""
    scores, names = answers.scores, answers.names
    guess = prior_entropy(answers.y, len(names))
    of = answers.quoted(answers.positive) if answers.binary else "the classes, mean"
    one = _always(answers, answers.frequent[0])
    n_there = len(answers.frequent)
    which = f"the {n_there:,} of {len(names):,} classes that have rows"
    which = "the classes" if n_there == len(names) else which
    told = [
        ("accuracy", "Accuracy", _percent, "share of the rows answered right",
         f"always one answer: {scores.majority:.1%}"),
        ("balanced_accuracy", "Balanced accuracy", _percent, f"mean recall of {which}",
         f"always one answer: {one.balanced_accuracy:.1%}"),
        ("f1", f"F1 of {of}", _percent, "harmonic mean of precision and recall", ""),
        ("roc_auc", "ROC AUC", _decimal, "chance that a row of a class gets a higher probability "
         "than another row" + ("" if answers.binary else ", mean of the classes"),
         "guesses: 0.500"),
        ("log_loss", "Log-loss", _decimal, "mean of -log of the probability of the true class; 0 "
         "is best", f"the classes' shares: {guess:.3f}"),
        ("brier_score", "Brier score", _decimal, "mean squared error of the probabilities; 0 is "
         "best", ""),
        ("calibration_error", "Calibration error", _percent, "how far the probability of an answer "
         "is from the share that came true, on average", ""),
        ("mean_cost", "Mean cost", _decimal, "of a row, by the costs of mistakes", ""),
    ]  # fmt: skip
    found = []
    for key, name, written, what, beside in told:
        if key == "roc_auc" and (len(answers.y) + 1000) * len(names) > MOST_AUC:
            continue
        value = getattr(scores, key)
        if not math.isnan(value):
            bounds = answers.intervals.get(key, (math.nan, math.nan))
            low, high = ("" if math.isnan(bound) else written(bound) for bound in bounds)
            found.append(
                {"name": name, "value": written(value), "low": low, "high": high, "what": what,
                 "beside": beside, "key": key}
            )  # fmt: skip
    return found


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{share:.1%}"


def _decimal(value: float) -> str:
    return f"{value:.3f}"


def by_class(answers: Answers) -> Content:
    """Precision and recall of each class."""
    scores = answers.scores
    precision, recall, predicted = scores.precision, scores.recall, scores.counts.predicted
    shown = sorted(answers.frequent[:MOST_CLASSES])
    rows = [
        {
            "name": answers.names[k],
            "rows": int(answers.counts[k]),
            "predicted": int(predicted[k]),
            "precision": _percent(float(precision[k])),
            "recall": _percent(float(recall[k])),
            "f1": _percent(2 * int(scores.counts.right[k]) / int(answers.counts[k] + predicted[k])),
        }
        for k in shown
    ]  # fmt: skip
    return {"rows": rows, "left_out": len(answers.names) - len(shown)}


def confusion(answers: Answers) -> Content:
    """The matrix, or with many classes the pairs that are most often taken for each other."""
    scores, names = answers.scores, answers.names
    wrong = scores.y != scores.predicted
    pairs = scores.y[wrong] * len(names) + scores.predicted[wrong]
    found, times = np.unique(pairs, return_counts=True)
    order = np.argsort(-times, kind="stable")[:MOST_PAIRS]
    mistaken = [
        {
            "true": names[found[i] // len(names)],
            "predicted": names[found[i] % len(names)],
            "times": int(times[i]),
            "of": int(answers.counts[found[i] // len(names)]),
        }
        for i in order
    ]
    if len(names) > MOST_IN_MATRIX:
        return {"matrix": None, "pairs": mistaken, "more": max(len(found) - MOST_PAIRS, 0)}
    matrix = scores.confusion
    totals = np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    shares = matrix / totals
    rows = [
        {
            "name": name,
            "cells": [
                {
                    "times": int(matrix[i, j]),
                    "share": _percent(float(shares[i, j])),
                    "heat": math.ceil(HEAT * float(shares[i, j])),
                    "right": i == j,
                }
                for j in range(len(names))
            ],
        }
        for i, name in enumerate(names)
    ]
    return {"matrix": rows, "classes": names, "pairs": mistaken}


def _positive(answers: Answers, k: int) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    return answers.y == k, answers.P[:, k].astype(np.float64)


def _has_curve(answers: Answers, k: int) -> bool:
    return bool(MIN_ROWS <= answers.counts[k] <= len(answers.y) - MIN_ROWS)


def curves(answers: Answers) -> Content | None:
    """ROC and precision over recall, of two classes for the positive one, of more for each."""
    among = [answers.positive] if answers.binary else sorted(answers.frequent[:MOST_CURVES])
    chosen = [k for k in among if _has_curve(answers, k)]
    if not chosen:
        return None
    found = {}
    for k in chosen:
        positive, p = _positive(answers, k)
        roc, pr = roc_curve(positive, p), precision_recall_curve(positive, p)
        # Where the class is never answered, precision is 1 by convention: no row says so.
        found[k] = roc, (pr.recall[:-1], pr.precision[:-1]), pr.average_precision
    areas = [
        {
            "name": answers.names[k],
            "auc": f"{auc(roc.fpr, roc.tpr):.3f}",
            "ap": f"{precision:.3f}",
            "share": f"{answers.counts[k] / len(answers.y):.1%}",
        }
        for k, (roc, _, precision) in found.items()
    ]
    told = "; ".join(f"{a['name']}: area {a['auc']}" for a in areas)
    precisions = "; ".join(f"{a['name']}: average precision {a['ap']}" for a in areas)
    names = answers.names
    return {
        "roc": charts.shares_chart(
            f"ROC curve. {told}",
            "false positive rate",
            "true positive rate",
            {names[k]: (roc.fpr, roc.tpr) for k, (roc, _, _) in found.items()},
            diagonal=True,
        ),
        "pr": charts.shares_chart(
            f"Precision over recall. {precisions}",
            "recall",
            "precision",
            {names[k]: line for k, (_, line, _) in found.items()},
            diagonal=False,
        ),
        "areas": areas,
        "of": answers.quoted(answers.positive) if answers.binary else None,
        "left_out": 0 if answers.binary else len(answers.frequent) - len(chosen),
        "thresholds": list(_by_threshold(answers)) if answers.binary else [],
        "threshold": answers.model.threshold,
    }


def _by_threshold(answers: Answers) -> Iterator[Content]:
    positive, p = _positive(answers, answers.positive)
    for threshold in THRESHOLDS:
        answered = p >= threshold
        hits = float((answered & positive).sum())
        yield {
            "threshold": f"{threshold:.0%}",
            "answered": f"{int(answered.sum()):,}",
            "precision": _percent(hits / answered.sum()) if answered.any() else "–",
            "recall": _percent(hits / positive.sum()),
            "fpr": _percent(float((answered & ~positive).sum() / (~positive).sum())),
        }


def calibration(answers: Answers) -> Content:
    """How often answers came true by their probability; of two classes, the positive one."""
    if answers.binary:
        so, p = _positive(answers, answers.positive)
    else:
        likeliest = answers.P.argmax(axis=1)
        so, p = likeliest == answers.y, answers.P[np.arange(len(likeliest)), likeliest]
    found = calibration_curve(so, p, n_bins=BINS)
    bounds = [
        wilson_interval(share, n)
        for share, n in zip(found.prob_true.tolist(), found.counts.tolist(), strict=True)
    ]
    lows, highs = (np.array(side) for side in zip(*bounds, strict=True))
    rows = [
        {
            "said": f"{said:.1%}",
            "true": f"{true:.1%}",
            "low": f"{low:.1%}",
            "high": f"{high:.1%}",
            "rows": n,
        }
        for said, true, (low, high), n in zip(
            found.prob_pred.tolist(), found.prob_true.tolist(), bounds, found.counts.tolist(),
            strict=True,
        )
    ]  # fmt: skip
    label = "Calibration: the share that came true over the probability given, by bins"
    return {
        "chart": charts.calibration_chart(
            label, found.prob_pred, found.prob_true, lows, highs, found.counts
        ),
        "rows": rows,
        "of": answers.quoted(answers.positive) if answers.binary else None,
    }


def surest_mistakes(answers: Answers) -> NDArray[np.intp]:
    """The rows answered wrong with the highest probabilities, the surest first."""
    scores = answers.scores
    wrong = np.flatnonzero(scores.y != scores.predicted)
    sure = answers.P[wrong, scores.predicted[wrong]]
    return np.asarray(wrong[np.argsort(-sure, kind="stable")[:MOST_MISTAKES]])


def mistakes(
    answers: Answers, cells: Sequence[tuple[str, Mapping[int, str]]], numbers: NDArray[np.intp]
) -> Content:
    """The wrong answers that the model was surest of.

    Parameters
    ----------
    cells : sequence of (str, mapping)
        The name of each column shown, and its cells in these rows as text.
    numbers : array of shape (n,)
        What each row is called.
    """
    scores, P = answers.scores, answers.P
    rows = [
        {
            "number": f"{numbers[i]:,}",
            "true": answers.names[scores.y[i]],
            "predicted": answers.names[scores.predicted[i]],
            "p_predicted": f"{P[i, scores.predicted[i]]:.1%}",
            "p_true": f"{P[i, scores.y[i]]:.1%}",
            "cells": [column[i] for _, column in cells],
        }
        for i in surest_mistakes(answers).tolist()
    ]
    n_wrong = int((scores.y != scores.predicted).sum())
    return {"rows": rows, "columns": [name for name, _ in cells], "n_wrong": n_wrong}
