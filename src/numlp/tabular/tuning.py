"""A search for better settings than the usual ones, in a given time: successive halving.

Many settings are tried with few epochs, the best third of them with three times as many, the best
third of these with all (Jamieson & Talwalkar 2016)::

    rung 1     n settings       E/9 epochs
    rung 2     n/3              E/3
    rung 3     n/9, at least 2  E, as many as a model would have

A rung costs about as much as the one before, so the time determines how large n may be.  The usual
settings are tried on every rung.  All trials learn from four fifths of the rows, hold the same rows
of these out, and are ranked by the log-loss there.  No trial sees the last fifth: on it the best
settings are compared with the usual settings, which stay unless the best are better by more than
chance.
"""

import math
import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import check_same_length
from ..common.weights import check_sample_weight
from ..data.columns import Columns, as_columns
from ..data.labels import EncodedLabels, check_classes, encode_labels
from ..data.splits import stratified_split
from ..ensemble.conclusion import Conclusion, conclude
from ..ensemble.fingerprint import of_columns
from ..ensemble.learning import learn
from ..ensemble.preparation import Prepared, prepare
from ..ensemble.recipe import Recipe, recipe_of
from ..ensemble.roles import Roles, part, roles_of
from ..ensemble.run import Run
from ..errors import DataError
from ..metrics.clusters import standard_error
from ..metrics.scores import Z95
from ..models.model import Model
from ..nn import DivergenceError, Epoch
from ..storage.checkpoint import CheckpointFile, digest
from . import settings as tabular_settings
from .classifier import TabularClassifier
from .trials import Settings, Trial, Verdict

RUNGS = 3
ETA = 3  # one in so many settings of a rung is tried on the next, with as many times the epochs
MOST, FEWEST = 81, 3  # settings on the first rung
UNSEEN = 0.2  # share of the rows that no trial sees
MIN_UNSEEN = 20  # rows
MARGIN = 1.3  # how much longer trials may take than the usual settings do: some nets are larger

# What is tried: multiples of the usual widths and numbers, or other numbers.
WIDTHS = (0.5, 1.0, 2.0)
MULTIPLES = {"learning_rate": (0.3, 0.5, 1.0, 2.0), "weight_decay": (0.0, 0.3, 1.0, 3.0)}
VALUES = {"dropout": (0.0, 0.05, 0.15, 0.3, 0.45), "label_smoothing": (0.0, 0.05, 0.1)}


def _now() -> float:
    """The time, where an argument is called that."""
    return time.perf_counter()


class Search:
    """Successive halving on one table.

    Parameters
    ----------
    X : DataFrame, dict of columns, or array of shape (n, n_columns)
        As for ``TabularClassifier.fit``.
    y : array of labels, of shape (n,)
        As for ``TabularClassifier.fit``.
    seconds : float
        Wall time for the search, and for a fit on all rows after it, with the settings found.
    settings : mapping, optional
        Arguments of TabularClassifier that all trials have.
    columns : mapping of column to kind, optional
        As for ``TabularClassifier.fit``.
    decimal : "," or ".", optional
        As for ``TabularClassifier.fit``.
    groups, time, sample_weight : array of shape (n,), or name of a column of X, optional
        As for ``TabularClassifier.fit``.  The fifth that no trial sees is of groups of its own, or
        the latest.
    seed : int, default 0
        Seed of the split, of the settings drawn and of all fits.
    n_jobs : int, optional
        As for ``TabularClassifier``.
    state : path, optional
        A file for the trials that are done.  If it exists, the search is resumed from it.

    Attributes
    ----------
    trials : list of Trial
        The trials that are done, in order.

    Raises
    ------
    DataError
        There are too few rows to search on.
    CheckpointError
        The state is of another table, other settings or another version of numlp.

    Examples
    --------
    >>> table = {"size": [1.0, 1.2, None, 3.1, 3.3, 2.9] * 40}
    >>> species = ["wren", "wren", "wren", "rook", "rook", "rook"] * 40
    >>> search = Search(table, species, seconds=60, settings={"quality": "fast", "epochs": 9})
    >>> first = next(search.run())
    >>> first.number, first.settings, first.epochs
    (0, {}, 1)
    """

    def __init__(
        self,
        X: Any,
        y: Any,
        *,
        seconds: float,
        settings: Mapping[str, Any] | None = None,
        columns: Mapping[Any, str] | None = None,
        decimal: str | None = None,
        groups: Any = None,
        time: Any = None,
        sample_weight: Any = None,
        seed: int = 0,
        n_jobs: int | None = None,
        state: str | os.PathLike[str] | None = None,
    ) -> None:
        self._start, self._spent, self._seconds = _now(), 0.0, seconds
        self._base, self._columns, self._seed = dict(settings or {}), columns, seed
        self._decimal = decimal
        self._n_jobs = n_jobs
        table = as_columns(X)
        classes, y, _ = encode_labels(y)
        check_same_length(table.n_rows, len(y))
        check_classes(classes, len(y))
        rng = np.random.default_rng(seed)
        roles = {"groups": groups, "time": time, "sample_weight": sample_weight}
        found = roles_of(table, columns, decimal=decimal, **roles)
        if found.holding is None:
            seen, unseen = stratified_split(y, UNSEEN, rng)
        else:
            seen, unseen = found.holding.split(y, UNSEEN, rng)
        weight = check_sample_weight(found.weight, len(y))
        unseen = unseen if weight is None else unseen[weight[unseen] > 0]
        self._roles = {role: part(value, seen) for role, value in roles.items()}
        self._clusters = None if found.holding is None else found.holding.clusters(unseen)
        if len(unseen) < MIN_UNSEEN:
            raise DataError(
                f"{len(y):,} rows are too few to tune on: a fifth of them, {len(unseen)} rows, "
                f"would have to tell which settings are better, and at least {MIN_UNSEEN} are "
                "needed for that"
            )
        self._seen, self._unseen = table.rows(seen), table.rows(unseen)
        self._labels, self._unseen_y = EncodedLabels(classes, y[seen]), y[unseen].astype(np.intp)
        self.recipe = recipe_of(self._arguments({}), np.bincount(y[seen]))
        self._drawn = draw(self.recipe, MOST, rng)
        self.trials: list[Trial] = []
        self._n = 0  # settings on the first rung, once that is known
        # Losses and hits on the unseen rows, by the number of the settings, of the last rung.
        self._answers: dict[int, NDArray[np.float64]] = {}
        self._prepared: Prepared | None = None  # while the search runs
        self._preparing = 0.0  # seconds that it took
        self._file = None if state is None else CheckpointFile(state, 0)
        if self._file is not None:
            self._restore(self._file, table, classes, y, found)

    def epochs_of(self, rung: int) -> int:
        """Number of epochs of a trial on a rung.

        Parameters
        ----------
        rung : int
            Counted from 1.

        Returns
        -------
        int
            1 or more.
        """
        return max(1, self.recipe.epochs // int(ETA ** (RUNGS - rung)))

    @property
    def seconds_spent(self) -> float:
        """Wall time of the search, earlier runs that it resumes included."""
        return self._spent + _now() - self._start

    def run(self, callback: Callable[[Epoch], bool | None] | None = None) -> Iterator[Trial]:
        """Try settings until the search or its time is over.

        Parameters
        ----------
        callback : callable, optional
            Called with the ``Epoch`` after every epoch of a fit; returning True stops that fit.

        Yields
        ------
        Trial
            Each trial once it is done; those that are in the state already come first.
        """
        try:
            yield from self._rungs(callback)
        finally:
            self._prepared = None  # the matrix is not needed any more

    def _rungs(self, callback: Callable[[Epoch], bool | None] | None) -> Iterator[Trial]:
        done = {(trial.rung, trial.number): trial for trial in self.trials}
        first = done.get((1, 0)) or self._try(0, 1, callback)  # it tells how many there can be
        done[1, 0] = first
        numbers = list(range(self._n))
        for rung in range(1, RUNGS + 1):
            found: list[Trial] = []
            for number in numbers:
                trial = done.get((rung, number))
                if trial is None:
                    if not self._has_time(number, rung):
                        break
                    trial = self._try(number, rung, callback)
                found.append(trial)
                yield trial
            ranked = [trial.number for trial in sorted(found, key=lambda trial: trial.rank)]
            n = max(2, math.ceil(len(numbers) / ETA))
            best = [number for number in ranked if number][: n - 1]
            # On the last rung the two that are compared come first, in case time runs out.
            numbers = [*best[:1], 0, *best[1:]] if best else []

    @property
    def verdict(self) -> Verdict | None:
        """What came of the search; None where there was no time to tell."""
        last = [t for t in self.trials if t.rung == RUNGS and t.number in self._answers]
        rivals = [trial for trial in last if trial.number]
        if not rivals or 0 not in self._answers:
            return None
        best = min(rivals, key=lambda trial: trial.rank)
        (loss, right), (usual_loss, usual_right) = self._answers[best.number], self._answers[0]
        gains = usual_loss - loss
        half = Z95 * standard_error(gains, self._clusters)
        gain = float(gains.mean())
        return Verdict(
            best,
            len(gains),
            float(loss.mean()),
            float(usual_loss.mean()),
            float(right.mean()),
            float(usual_right.mean()),
            gain,
            gain - half,
            gain + half,
        )

    @property
    def settings(self) -> Settings:
        """Arguments of TabularClassifier to train with: what was found, or the usual ones."""
        verdict = self.verdict
        found = verdict.best.settings if verdict is not None and verdict.is_better else {}
        return {**self._base, **found}

    # Time

    @property
    def seconds_needed(self) -> float:
        """About how many seconds would have been enough to try a few settings."""
        first = self.trials[0]
        return first.seconds + self._cost(first, FEWEST) + self._end

    def _cost(self, first: Trial, n: int) -> float:
        """Seconds for n settings on the first rung, one of them done, and for all later rungs."""
        second = max(2, math.ceil(n / ETA))
        counts = [n - 1, second, max(2, math.ceil(second / ETA))]
        each = [self._expected(first, rung) for rung in range(1, RUNGS + 1)]
        return MARGIN * math.fsum(map(math.prod, zip(counts, each, strict=True)))

    def _affordable(self, first: Trial) -> int:
        """How many settings there is time for on the first rung; 1 where there is too little."""
        left = self._seconds - self.seconds_spent - self._end
        counts = range(min(MOST, len(self._drawn)), FEWEST - 1, -1)
        return next((n for n in counts if self._cost(first, n) <= left), 1)

    @property
    def _end(self) -> float:
        """Seconds that the fit on all rows after the search will take."""
        return self.trials[0].seconds_with(self.recipe.epochs) / (1 - UNSEEN)

    def _has_time(self, number: int, rung: int) -> bool:
        """Whether a trial, and the fit after it, would end in time."""
        own = [trial for trial in self.trials if trial.number == number] or self.trials[:1]
        return self.seconds_spent + self._expected(own[-1], rung) + self._end <= self._seconds

    def _expected(self, like: Trial, rung: int) -> float:
        """Seconds that a trial like another one will take on a rung: the table is prepared once."""
        return max(0.0, like.seconds_with(self.epochs_of(rung)) - self._preparing)

    # Trials

    def _try(
        self, number: int, rung: int, callback: Callable[[Epoch], bool | None] | None
    ) -> Trial:
        settings, epochs, each = self._drawn[number], self.epochs_of(rung), list[float]()
        fit = self._arguments(
            {
                **settings,
                "epochs": epochs,
                "callbacks": [
                    lambda epoch: each.append(epoch.seconds),
                    *([] if callback is None else [callback]),
                ],
            }
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the fit after the search has them too
            prepared = self._prepare(fit)
            start, found = _now(), self._fit(prepared, fit)
            if found is not None and rung == RUNGS:
                self._answers[number] = self._answer(found.model)
        seconds = _now() - start
        usual = float(np.median(each)) if each else seconds
        log_loss = accuracy = None
        if found is not None:
            log_loss, accuracy = found.estimate.log_loss, found.estimate.accuracy
        seconds += self._preparing
        trial = Trial(number, rung, settings, epochs, log_loss, accuracy, seconds, usual)
        self.trials.append(trial)
        self._n = self._n or self._affordable(trial)
        self._save()
        return trial

    def _arguments(self, changes: Settings) -> Settings:
        """All arguments of TabularClassifier for a trial, checked."""
        own = {"random_state": self._seed, "n_jobs": self._n_jobs}
        arguments = TabularClassifier(**{**self._base, **changes, **own}).get_params()
        tabular_settings.check(arguments)
        return arguments

    def _prepare(self, fit: Settings) -> Prepared:
        """The rows that trials see, encoded by the first of them: all trials encode alike."""
        if self._prepared is None:
            start = _now()
            self._prepared = prepare(
                self._seen, self._labels, fit, columns=self._columns, decimal=self._decimal,
                **self._roles,
            )  # fmt: skip
            self._preparing = _now() - start
        return self._prepared

    def _fit(self, prepared: Prepared, fit: Settings) -> Conclusion | None:
        """What a fit with these arguments comes to; None where training diverged."""
        run = Run(fit["random_state"], fit["time_limit"], None)
        try:
            learned = learn(prepared, fit, run, estimator=TabularClassifier.__name__)
        except DivergenceError:
            return None
        return None if run.fault else conclude(prepared, learned)

    def _answer(self, model: Model) -> NDArray[np.float64]:
        """Log-loss and hit of each row that no trial has learned from, (2, n)."""
        P = model.predict_proba(self._unseen, [])
        right = model.decide(P) == self._unseen_y
        p = P[np.arange(len(P)), self._unseen_y]
        return np.stack([-np.log(np.maximum(p, np.finfo(float).tiny)), right])

    # State

    def _restore(
        self,
        file: CheckpointFile,
        table: Columns,
        classes: NDArray[Any],
        y: NDArray[Any],
        roles: Roles,
    ) -> None:
        """Take over the trials of an earlier search, if the file has them."""
        base = {name: value for name, value in self._base.items() if value is not None}
        fit = {"fit": base, "columns": dict(self._columns or {}), "seed": self._seed}
        fit |= {} if self._decimal is None else {"decimal": self._decimal}
        weight = check_sample_weight(roles.weight, len(y))
        columns = {name: _digest(cells) for name, cells in table.columns.items()}
        identity = {
            "settings": fit | roles.columns,
            "data": of_columns(columns, classes, y, weight, roles.holding),
        }
        saved = file.open(identity)
        if saved is None:
            return
        document, arrays = saved
        with file.restoring():
            self.trials = [Trial(**entry) for entry in document["trials"]]
            self._n, self._spent = int(document["settings"]), float(document["seconds"])
            for number in document["answers"]:
                answers = arrays[f"answers.{number}"]
                if answers.shape != (2, len(self._unseen_y)):
                    raise ValueError(f"answers.{number} has shape {answers.shape}")
                self._answers[int(number)] = answers

    def _save(self) -> None:
        if self._file is None:
            return
        document = {
            "trials": [asdict(trial) for trial in self.trials],
            "settings": self._n,
            "seconds": self.seconds_spent,
            "answers": list(self._answers),
        }
        arrays = {f"answers.{number}": values for number, values in self._answers.items()}
        self._file.save((document, arrays))


def draw(recipe: Recipe, n: int, rng: np.random.Generator) -> list[Settings]:
    """Draw n settings, no two alike: the usual ones, which change nothing, and others at random.

    >>> usual, other = draw(Recipe(), 2, np.random.default_rng(0))
    >>> usual, sorted(other)
    ({}, ['hidden_layer_sizes', 'recipe'])
    """
    found: list[Settings] = [{}]
    while len(found) < n:
        width = rng.choice(WIDTHS)
        numbers = {name: getattr(recipe, name) * rng.choice(m) for name, m in MULTIPLES.items()}
        numbers |= {name: rng.choice(values) for name, values in VALUES.items()}
        changed = {k: float(f"{v:.3g}") for k, v in numbers.items() if v != getattr(recipe, k)}
        settings: Settings = {"recipe": changed} if changed else {}
        if width != 1:
            settings["hidden_layer_sizes"] = [max(1, round(h * width)) for h in recipe.hidden]
        if settings not in found:
            found.append(settings)
    return found


def _digest(cells: NDArray[Any]) -> str:
    """A digest of a column, by which it is told from others."""
    return digest("\n".join(map(str, cells))) if cells.dtype.kind in "OU" else digest(cells)


def told(settings: Mapping[str, Any]) -> Sequence[str]:
    """Settings in words.

    >>> told({"hidden_layer_sizes": [64, 64], "recipe": {"dropout": 0.3}}), told({})
    (['hidden layers 64, 64', 'dropout 0.3'], ['the usual settings'])
    """
    hidden = settings.get("hidden_layer_sizes")
    words = [] if hidden is None else [f"hidden layers {', '.join(map(str, hidden))}"]
    words += [f"{n.replace('_', ' ')} {v:g}" for n, v in settings.get("recipe", {}).items()]
    return words or ["the usual settings"]
