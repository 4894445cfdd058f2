"""What the page says of the answers: how many are right, which are not, and how sure they were."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..curves import auc, average_precision, calibration_curve, precision_recall_curve, roc_curve
from ..decision import METRICS, threshold_of
from ..metrics import Codes, Probabilities, Scores, evaluate, prior_entropy, wilson_interval
from ..model import Model
from ..plain import mapping
from ..text import shortened
from . import charts

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
    model : Model
    y : array of shape (n,)
        The class of each row.
    P : array of shape (n, n_classes)
    """

    model: Model
    y: Codes
    P: Probabilities

    @cached_property
    def scores(self) -> Scores:
        """Of all rows."""
        return evaluate(self.y, self.P, np.array(self.model.factors))

    @cached_property
    def names(self) -> list[str]:
        """The classes as they are shown."""
        return [shortened(label, 60) for label in self.model.classes.tolist()]

    @cached_property
    def counts(self) -> NDArray[np.intp]:
        """Rows of each class."""
        return np.bincount(self.y, minlength=len(self.names))

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
    def metric(self) -> str:
        """What the answers are to be good at, as the model tells; a file may tell anything."""
        found = mapping(self.model.info.get("settings")).get("metric")
        return found if isinstance(found, str) and found in METRICS else "accuracy"


def verdict(answers: Answers) -> Content:
    """One sentence that says whether the model is of use, and what it rests on."""
    scores, best = answers.scores, answers.names[answers.frequent[0]]
    low, high = wilson_interval(scores.accuracy, scores.n_rows)
    found = {
        "accuracy": scores.accuracy,
        "low": low,
        "high": high,
        "baseline": scores.majority,
        "always": best,
        "n_rows": scores.n_rows,
        "judgement": _judgement(low, scores.accuracy, scores.majority),
        "asked": None,
    }
    if answers.metric != "accuracy":
        found["asked"] = _asked(answers)
    return found | _beside_training(answers, low)


def _judgement(low: float, score: float, guess: float) -> str:
    if low > guess:
        return "better"
    return "perhaps" if score > guess else "no better"


def _asked(answers: Answers) -> Content:
    """The metric that was asked for, against the one answer that is best for it."""
    confusion, counts = answers.scores.confusion.astype(np.float64), answers.counts
    of_one = answers.metric == "f1" and answers.binary
    best = 1 if of_one else answers.frequent[0]
    constant = np.zeros_like(confusion)
    constant[:, best] = counts
    score = METRICS[answers.metric]
    found, guess = score(confusion), score(constant)
    name = {"f1": "F1", "balanced_accuracy": "balanced accuracy"}[answers.metric]
    if of_one:
        name = f"F1 of {answers.names[1]}"
    return {
        "name": name,
        "score": found,
        "guess": guess,
        "always": answers.names[best],
        "judgement": "better" if found > guess else "no better",
    }


def _beside_training(answers: Answers, low: float) -> Content:
    """What training found on rows held out; whether these rows look as if learned from."""
    told = mapping(answers.model.info.get("validation"))
    share: Any = told.get("accuracy")
    n_rows = told.get("n_rows")
    if type(share) not in (int, float) or not 0 <= share <= 1 or type(n_rows) is not int:
        return {"held_out": None, "learned": False}
    if not 0 < n_rows < 1 << 53:
        return {"held_out": None, "learned": False}
    _, most = wilson_interval(float(share), n_rows)
    return {"held_out": {"accuracy": float(share), "n_rows": n_rows}, "learned": low > most}


def figures(answers: Answers) -> list[Content]:
    """The numbers of all rows, each with what a guess would have."""
    scores, P = answers.scores, answers.P
    guess = prior_entropy(answers.y, len(answers.names))
    found = [
        _figure("Log-loss", f"{scores.log_loss:.3f}", "mean of -log of the probability given to "
                "the true class; 0 is best", f"the classes' shares: {guess:.3f}"),
    ]  # fmt: skip
    recall = scores.recall[np.isfinite(scores.recall)]
    found.append(
        _figure("Balanced accuracy", _percent(float(recall.mean())), "mean of the classes' recalls",
                f"always one answer: {1 / len(recall):.1%}")
    )  # fmt: skip
    areas = [
        area for k in answers.frequent[:MOST_CLASSES] if (area := _area(answers, k)) is not None
    ]
    if answers.binary:
        areas = [area for area in [_area(answers, 1)] if area is not None]
    if areas:
        what = "chance that a row of the class gets a higher probability than another row"
        if not answers.binary:
            what += "; mean of the classes shown below, each against the rest"
        found.append(_figure("ROC AUC", f"{np.mean(areas):.3f}", what, "guessing: 0.500"))
    brier = float(((P**2).sum(axis=1) - 2 * P[np.arange(len(P)), answers.y] + 1).mean())
    found.append(
        _figure("Brier score", f"{brier:.3f}", "mean squared distance of the probabilities from "
                "the truth, over all classes; 0 is best", "")
    )  # fmt: skip
    error = _calibration(answers).error
    found.append(
        _figure("Calibration error", _percent(error), "how far the probabilities given are from "
                "what came true, in the mean", "")
    )  # fmt: skip
    return found


def _figure(name: str, value: str, what: str, beside: str) -> Content:
    return {"name": name, "value": value, "what": what, "beside": beside}


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{share:.1%}"


def by_class(answers: Answers) -> Content:
    """Precision and recall of each class."""
    scores = answers.scores
    predicted = np.bincount(scores.predicted, minlength=len(answers.names))
    precision, recall = scores.precision, scores.recall
    shown = sorted(answers.frequent[:MOST_CLASSES])
    rows = [
        {
            "name": answers.names[k],
            "rows": int(answers.counts[k]),
            "predicted": int(predicted[k]),
            "precision": _percent(float(precision[k])),
            "recall": _percent(float(recall[k])),
            "f1": _percent(2 * float(np.sum((scores.y == k) & (scores.predicted == k)))
                           / float(answers.counts[k] + predicted[k])),
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


def _area(answers: Answers, k: int) -> float | None:
    if not _has_curve(answers, k):
        return None
    curve = roc_curve(*_positive(answers, k))
    return auc(curve.fpr, curve.tpr)


def curves(answers: Answers) -> Content | None:
    """ROC and precision over recall: of two classes the second, of more each against the rest."""
    among = [1] if answers.binary else sorted(answers.frequent[:MOST_CURVES])
    chosen = [k for k in among if _has_curve(answers, k)]
    if not chosen:
        return None
    found = {}
    for k in chosen:
        positive, p = _positive(answers, k)
        roc, pr = roc_curve(positive, p), precision_recall_curve(positive, p)
        # At no answer at all precision is 1 by convention: no row says so.
        found[k] = roc, (pr.recall[:-1], pr.precision[:-1]), average_precision(*pr[:2])
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
        "of": names[1] if answers.binary else None,
        "left_out": 0 if answers.binary else len(answers.frequent) - len(chosen),
        "thresholds": list(_by_threshold(answers)) if answers.binary else [],
        "threshold": threshold_of(np.array(answers.model.factors)) if answers.binary else None,
    }


def _by_threshold(answers: Answers) -> Iterator[Content]:
    positive, p = _positive(answers, 1)
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


def _calibration(answers: Answers) -> Any:
    if answers.binary:
        return calibration_curve(*_positive(answers, 1), n_bins=BINS)
    likeliest = answers.P.argmax(axis=1)
    p = answers.P[np.arange(len(likeliest)), likeliest]
    return calibration_curve(likeliest == answers.y, p, n_bins=BINS)


def calibration(answers: Answers) -> Content:
    """How often what was given a probability came true."""
    found = _calibration(answers)
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
    label = f"Calibration: dots on the diagonal are best. Mean distance {found.error:.1%}"
    return {
        "chart": charts.calibration_chart(
            label, found.prob_pred, found.prob_true, lows, highs, found.counts
        ),
        "rows": rows,
        "of": answers.names[1] if answers.binary else None,
        "error": f"{found.error:.1%}",
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
        Of some columns the name, and the cells of these rows as they are shown.
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
