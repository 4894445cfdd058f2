"""Figures: how good a model is on rows whose class is known, for a person or as JSON."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..common.wording import name_list, printable, with_interval
from ..explain import SinceTraining
from ..metrics.bootstrap import intervals
from ..metrics.scores import ClassCounts, Scores, prior_entropy
from ..models import FittedModel
from ..models.fitted import held_out_told

MOST_CLASSES = 20  # in the table by class, and in a confusion matrix
MORE_IS_BETTER = ("accuracy", "balanced_accuracy", "f1", "roc_auc")
LESS_IS_BETTER = ("log_loss", "brier_score", "calibration_error", "mean_cost")
LABELS = {
    "balanced_accuracy": "balanced", "f1": "f1", "roc_auc": "AUC", "log_loss": "log-loss",
    "brier_score": "Brier", "calibration_error": "ECE",
}  # fmt: skip
WORDS = {
    "balanced_accuracy": "mean recall of the classes",
    "f1": "mean of the classes",
    "roc_auc": "0.5 is chance, 1 is perfect",
    "brier_score": "squared error of the probabilities",
    "calibration_error": "how far the probabilities are off",
}
IN_PERCENT = ("accuracy", "balanced_accuracy", "f1", "calibration_error")


class Figures:
    """The figures of a model on some rows, and their 95 % intervals.

    Parameters
    ----------
    scores : Scores
    model : FittedModel
        The model that gave the answers.
    since : SinceTraining, optional
        What training found, to stand beside the figures; none where the rows are those of training.
    """

    def __init__(
        self, scores: Scores, model: FittedModel, since: SinceTraining | None = None
    ) -> None:
        self.since = since
        self.scores, self.classes = scores, model.classes.tolist()
        self.aim, self.threshold = scores.aim, model.threshold
        self.intervals, self.how = intervals(scores), held_out_told(model.info)

    def value(self, name: str) -> float:
        """A figure by its name."""
        return float(getattr(self.scores, name))

    # For a program

    def as_json(self, about: Mapping[str, Any]) -> str:
        """All figures as JSON in ASCII; what is given about the rows comes first."""
        return json.dumps({**about, **self._document()}, indent=2)

    def _document(self) -> dict[str, Any]:
        scores, counts = self.scores, self.scores.counts
        per_class = zip(self.classes, *counts, counts.precision, counts.recall, strict=True)
        names = ("class", "rows", "predicted", "right", "precision", "recall")
        return {
            "rows": scores.n_rows,
            "figures": {
                name: {"value": _plain(self.value(name)), "low": _plain(low), "high": _plain(high)}
                for name, (low, high) in self.intervals.items()
            },
            "majority": {"class": self.classes[self._majority], "accuracy": scores.majority},
            "without_rows": [self.classes[k] for k in self.scores.absent],
            "aim": self._aim(),
            "threshold": self.threshold,
            "classes": [dict(zip(names, map(_plain, row), strict=True)) for row in per_class],
            "confusion": scores.confusion.tolist() if self._is_small else None,
            **({} if self.since is None else {"training": self.since.as_dict()}),
        }

    def _aim(self) -> dict[str, Any]:
        if self.aim.costs is None:
            told: dict[str, Any] = {"metric": self.aim.metric}
        else:
            best, cost = self.scores.best_constant()
            told = {
                "metric": "mean_cost",
                "cost_fp": self.aim.costs[0],
                "cost_fn": self.aim.costs[1],
                "best_constant": {"class": self.classes[best], "mean_cost": cost},
                "likeliest": {"mean_cost": self._cost_of_likeliest()},
            }
        return told | ({"positive": self._positive} if len(self.classes) == 2 else {})

    # For a person

    def lines(self) -> Iterator[str]:
        """The figures, compared with those of a constant answer, and a table of the classes."""
        yield from self._accuracy_lines()
        yield from self._training_lines()
        absent = [self._name(k) for k in self.scores.absent]
        if absent:
            told = f"no row of {name_list(absent)} is here: no figure says anything of it"
            yield labelled("", told if len(absent) == 1 else told.removesuffix("it") + "them")
        for name, label in LABELS.items():
            if name != "f1" or self.aim.metric == "f1":
                yield from self._figure_lines(name, label)
        if self.aim.costs is not None:
            yield from self._cost_lines(self.aim.costs)
        if self.threshold is not None and not (self._of_accuracy and self.threshold == 0.5):
            told = f"{self._name(self.aim.positive)!r} is answered from a probability of"
            yield labelled("threshold", f"{told} {self.threshold:.1%} on")
        yield ""
        yield from self._class_lines()
        yield from self._worst_confusion()

    def _accuracy_lines(self) -> Iterator[str]:
        scores = self.scores
        told = with_interval(scores.accuracy, *self.intervals["accuracy"])
        yield labelled("accuracy", told)
        name = self._name(self._majority)
        yield labelled("", f"always answering {name!r}: {scores.majority:.1%}")
        if self._of_accuracy and scores.accuracy <= scores.majority:
            yield labelled("", f"not better than always answering {name!r}")

    def _training_lines(self) -> Iterator[str]:
        """What training found, and why these rows are answered much worse where they are."""
        if self.since is None:
            return
        held_out, loss = self.since.held_out, self.since.training_loss
        if held_out is not None:
            told = with_interval(held_out.accuracy, held_out.low, held_out.high)
            yield labelled("", f"in training: {told} on {held_out.rows:,} rows {self.how}")
        elif loss is not None:
            told = "in training no rows were held out to compare with; the loss on the rows learned"
            yield labelled("", f"{told} from was {loss:.3f}")
        if self.since.is_worse:
            yield labelled("warning", "much worse than in training; what may be behind it:")
            for reason in self.since.reasons:
                yield labelled("", f"- {printable(reason)}")

    def _figure_lines(self, name: str, label: str) -> Iterator[str]:
        value, (low, high) = self.value(name), self.intervals[name]
        if math.isnan(value):
            return
        percent = name in IN_PERCENT
        told = _spelled(value, percent)
        if not math.isnan(low):
            told += f" ({_spelled(low, percent)} to {_spelled(high, percent)})"
        yield labelled(label, f"{told:<24}  {self._words(name)}")
        held_out = None if self.since is None else self.since.held_out
        if name == "log_loss" and held_out is not None and held_out.log_loss is not None:
            yield labelled("", f"in training: {held_out.log_loss:.3f}")
        if name == self.aim.figure:
            best = self.aim.positive if self._of_positive else self._majority
            guess = self._guess(best)
            yield labelled("", f"always answering {self._name(best)!r}: {guess:.1%}")
            if value <= guess:
                yield labelled("", f"not better than always answering {self._name(best)!r}")

    def _cost_lines(self, costs: tuple[float, float]) -> Iterator[str]:
        value, (low, high) = self.scores.mean_cost, self.intervals["mean_cost"]
        name, (best, guess) = self._name(self.aim.positive), self.scores.best_constant()
        of = f"{costs[0]:g} for a wrong {name!r}, {costs[1]:g} for a missed one"
        yield labelled("cost", f"{value:.3g} a row ({low:.3g} to {high:.3g}): {of}")
        yield labelled("", f"always answering {self._name(best)!r}: {guess:.3g}")
        yield labelled("", f"answering the likelier class: {self._cost_of_likeliest():.3g}")
        if value >= guess:
            yield labelled("", f"not better than always answering {self._name(best)!r}")

    def _class_lines(self) -> Iterator[str]:
        rows, _, _ = counts = self.scores.counts
        shown = np.sort(np.argsort(-rows, kind="stable")[:MOST_CLASSES])
        width = max(5, *(len(self._name(k)) for k in shown))
        yield f"{'class':<{width}}  {'rows':>7}  {'precision':>9}  {'recall':>6}"
        precision, recall = counts.precision, counts.recall
        for k in shown:
            yield (
                f"{self._name(k):<{width}}  {rows[k]:>7,}  {_share(precision[k]):>9}  "
                f"{_share(recall[k]):>6}"
            )
        if len(rows) > len(shown):
            yield f"... and {len(rows) - len(shown):,} rarer classes"

    def _worst_confusion(self) -> Iterator[str]:
        y, predicted = self.scores.y, self.scores.predicted
        wrong = y != predicted
        if not wrong.any():
            return
        # Pairs are counted: a confusion matrix of thousands of classes would not fit into memory.
        pairs = y[wrong] * len(self.classes) + predicted[wrong]
        found, times = np.unique(pairs, return_counts=True)
        i, j = divmod(int(found[times.argmax()]), len(self.classes))
        yield (
            f"most often mistaken: {self._name(i)!r} taken for {self._name(j)!r}, "
            f"{times.max():,} of {self.scores.counts.true[i]:,}"
        )

    # For both

    @property
    def _majority(self) -> int:
        return int(self.scores.counts.true.argmax())

    @property
    def _positive(self) -> Any:
        return self.classes[self.aim.positive]

    @property
    def _is_small(self) -> bool:
        return len(self.classes) <= MOST_CLASSES

    @property
    def _of_accuracy(self) -> bool:
        return self.aim.figure == "accuracy"

    @property
    def _of_positive(self) -> bool:
        return self.aim.metric == "f1" and len(self.classes) == 2

    def _cost_of_likeliest(self) -> float:
        return self.scores.cost_of(self.scores.by_row.likeliest)

    def _name(self, k: int) -> str:
        return printable(str(self.classes[k])) or "(blank)"

    def _words(self, name: str) -> str:
        """A few words on a figure: what it is, or what to compare it with."""
        if name == "log_loss":
            shares = prior_entropy(self.scores.y, len(self.classes))
            return f"answering the classes' shares: {shares:.3f}"
        if name == "f1" and self._of_positive:
            return f"of {self._name(self.aim.positive)!r}"
        n, n_there = len(self.classes), len(self.classes) - len(self.scores.absent)
        of = f"the {n_there:,} of {n:,} classes that have rows" if n_there < n else "the classes"
        return WORDS[name].replace("the classes", of)

    def _guess(self, best: int) -> float:
        """The metric of a model that always answers one class."""
        true = self.scores.counts.true
        of_best = np.arange(len(true)) == best
        counts = ClassCounts(true, of_best * self.scores.n_rows, of_best * true)
        if self.aim.metric == "f1":
            return counts.f1(self.aim.positive)
        return counts.balanced_accuracy


def _plain(value: Any) -> Any:
    """A figure as JSON takes it; None for NaN."""
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and math.isnan(value) else value


def _spelled(value: float, percent: bool) -> str:
    return f"{value:.1%}" if percent else f"{value:.3f}"


def _share(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.1%}"


def labelled(label: str, text: str) -> str:
    """A line of a report: a label and a text."""
    return f"{label:<10} {text}"
