"""The run of an ensemble: epochs until there is a reason to stop, and the file it is kept in."""

import contextlib
import math
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..nn import DivergenceError, Epoch, History
from ..storage.checkpoint import CheckpointFile, State
from ..storage.stored_names import from_stored, to_stored
from .judged import JudgedEnsemble
from .recipe import Recipe

Callback = Callable[[Epoch], bool | None]

RESERVE = 0.05  # share of the time limit that is left for mixing and scoring at the end
COLUMNS = ("epoch", "train_loss", "validation_loss", "lr", "seconds")


class Run:
    """One run, which may resume one that was stopped before its end.

    Parameters
    ----------
    random_state : int, numpy Generator or None
        A Generator cannot be used with a file, which could not hold its state before the run.
    time_limit : float, optional
        Seconds of wall time, from now on.
    file : CheckpointFile, optional
        Where the run keeps its state.

    Attributes
    ----------
    seed : int or numpy Generator
        The source of all that is random in the run.
    history : History
    stop_reason : str
    fault : DivergenceError or None
        The error, where training diverged after there were snapshots to make a model of.
    """

    def __init__(
        self,
        random_state: int | np.random.Generator | None,
        time_limit: float | None,
        file: CheckpointFile | None,
    ) -> None:
        self.seed: int | np.random.Generator
        if not isinstance(random_state, np.random.Generator):
            # A number for None too: a file can hold it.
            self.seed = secrets.randbits(128) if random_state is None else int(random_state)
        elif file is None:
            self.seed = random_state
        else:
            raise ValueError(
                f"random_state={random_state!r}, but a run with a checkpoint needs a number or None"
            )
        self.history = History({name: [] for name in COLUMNS})
        self.stop_reason = ""
        self.fault: DivergenceError | None = None
        self._is_drawn = random_state is None
        self._start, self._limit, self._file = time.perf_counter(), time_limit, file
        self._spent = 0.0  # seconds that earlier runs took, where this one resumes them
        self._saved: State | None = None

    @property
    def is_kept(self) -> bool:
        """Whether the run keeps its state in a file."""
        return self._file is not None

    @property
    def seconds_left(self) -> float:
        """Seconds left for training; a share of the time limit is kept for the end of the run."""
        if self._limit is None:
            return math.inf
        return self._limit * (1 - RESERVE) - self._seconds

    @property
    def _seconds(self) -> float:
        return self._spent + time.perf_counter() - self._start

    def take_seed(self) -> None:
        """Where the seed is drawn, take that of an earlier run in the file.

        For a run whose rows are dealt by the seed before all is known that ``find`` asks for.
        """
        if self._is_drawn and self._file is not None:
            seed = self._file.glance().get("seed")
            if type(seed) is int and seed >= 0:  # else ``find`` refuses it
                self.seed = seed

    def find(self, identity: Mapping[str, Mapping[str, Any]], recipe: Recipe) -> Recipe | None:
        """The recipe of an earlier run in the file, as it was cut to its time; None without one.

        Parameters
        ----------
        identity : mapping
            As for ``CheckpointFile.open``, whose errors are raised here too.
        recipe : Recipe
            The recipe without a time limit.
        """
        self._saved = None if self._file is None else self._file.open(identity)
        if self._file is None or self._saved is None:
            return None
        document, arrays = self._saved
        with self._file.restoring():
            self.seed, self._spent = document["seed"], float(document["seconds"])
            if type(self.seed) is not int or self.seed < 0:
                raise ValueError(f"seed={self.seed!r}")
            columns = {name: arrays[f"history.{name}"].tolist() for name in COLUMNS}
            self.history = History(columns)
            return _cut(recipe, from_stored(document["cut"]))

    def train(self, ensemble: JudgedEnsemble, callbacks: Sequence[Callback]) -> None:
        """Run the epochs of the recipe, or as many as there is time for.

        Raises
        ------
        DivergenceError
            The loss exploded before there was a snapshot.
        """
        if self._file is not None and self._saved is not None:
            document, arrays = self._saved
            with self._file.restoring():
                ensemble.restore(document["ensemble"], arrays)
                if not 0 < ensemble.epoch == len(self.history) <= ensemble.recipe.epochs:
                    raise ValueError(
                        f"its history has {len(self.history)} epochs and its nets {ensemble.epoch}"
                    )
            self._saved = None  # its arrays are in the ensemble now
        with contextlib.closing(ensemble.epochs()) as epochs:
            try:
                for epoch in epochs:
                    if self._is_last(epoch, ensemble, callbacks):
                        return
                last, n = ensemble.epoch, ensemble.recipe.epochs
                self.stop_reason = f"its {n} {ensemble.unit} were over"
                if ensemble.is_over:
                    self.stop_reason = (
                        f"by {ensemble.unit[:-1]} {last} of {n} it had stopped getting better"
                    )
            except DivergenceError as error:
                if not ensemble.snapshots:
                    raise
                self.stop_reason, self.fault = str(error), error

    def _is_last(
        self, epoch: Epoch, ensemble: JudgedEnsemble, callbacks: Sequence[Callback]
    ) -> bool:
        """Note an epoch, call the callbacks, keep the state; return whether to stop."""
        loss = epoch.validation_loss
        self.history.append(
            epoch=epoch.number,
            train_loss=epoch.train_loss,
            validation_loss=math.nan if loss is None else loss,
            lr=epoch.lr,
            seconds=epoch.seconds,
        )
        try:
            answers = [callback(epoch) for callback in callbacks]  # all called
        except BaseException:  # Ctrl-C above all
            self._save(ensemble)
            raise
        is_over = self.seconds_left <= 0
        if is_over:
            self.stop_reason = f"its time, {self._limit:g} s, was over"
        if any(answers):
            self.stop_reason = "a callback asked for it"
        is_done = ensemble.is_over or epoch.number == ensemble.recipe.epochs
        if self.stop_reason or is_done or self._is_due:
            self._save(ensemble)
        return bool(self.stop_reason)

    @property
    def _is_due(self) -> bool:
        return self._file is not None and self._file.due

    def _save(self, ensemble: JudgedEnsemble) -> None:
        if self._file is None:
            return
        document, arrays = ensemble.state()
        for name, values in self.history.to_dict().items():  # whole numbers, or float64
            arrays[f"history.{name}"] = np.array(values)
        recipe = ensemble.recipe
        cut = {
            "epochs": recipe.epochs,
            "epoch_rows": recipe.epoch_rows,
            "n_snapshots": recipe.n_snapshots,
            "n_members": recipe.n_members,
            "word_share": recipe.word_share,
        }
        state = {
            "seed": self.seed,
            "seconds": self._seconds,
            "cut": to_stored(cut),
            "ensemble": document,
        }
        self._file.save((state, arrays))


def _cut(recipe: Recipe, cut: Mapping[str, Any]) -> Recipe:
    """The recipe as an earlier run cut it; a ValueError where that is larger than the recipe."""
    n_members = cut["n_members"]
    if type(n_members) is int and 1 <= n_members < recipe.n_members:
        recipe = recipe.with_members(n_members)
    found = replace(recipe, **{name: cut[name] for name in ("epochs", "epoch_rows", "n_snapshots")})
    for name in ("epochs", "n_snapshots", "n_members"):
        value = getattr(found, name) if name != "n_members" else n_members
        if type(value) is not int or not 1 <= value <= getattr(recipe, name):
            raise ValueError(f"{name}={value!r}")
    rows = found.epoch_rows
    if rows is not None and (type(rows) is not int or rows < 1):
        raise ValueError(f"epoch_rows={rows!r}")
    share = cut.get("word_share", 1.0)  # absent in checkpoints of before
    if type(share) is not float or not 0 < share <= 1:
        raise ValueError(f"word_share={share!r}")
    return replace(found, word_share=share)
