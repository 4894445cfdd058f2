"""What a search has tried, and what came of it."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

Settings = dict[str, Any]


@dataclass(frozen=True)
class Trial:
    """Settings that were tried.

    Attributes
    ----------
    number : int
        The number of the settings; 0 stands for the usual settings.
    rung : int
        The rung, counted from 1.
    settings : dict
        Arguments of TabularClassifier that differ from the usual.
    epochs : int
        Number of epochs of the fit.
    log_loss, accuracy : float or None
        On rows held out, the log-loss in nats; None where training diverged.
    seconds, epoch_seconds : float
        Seconds of a fit with these settings, preparing the table included, and the median
        seconds of an epoch.

    Examples
    --------
    >>> trial = Trial(0, 1, {}, 10, 0.3, 0.9, seconds=3.0, epoch_seconds=0.25)
    >>> trial.seconds_with(epochs=20)
    5.5
    """

    number: int
    rung: int
    settings: Settings
    epochs: int
    log_loss: float | None
    accuracy: float | None
    seconds: float
    epoch_seconds: float

    @property
    def rank(self) -> tuple[float, int]:
        """The key by which the trials of a rung are sorted, the best first."""
        return (math.inf if self.log_loss is None else self.log_loss), self.number

    def seconds_with(self, epochs: int) -> float:
        """How long this trial would take with another number of epochs.

        Parameters
        ----------
        epochs : int
            Number of epochs.

        Returns
        -------
        float
            Seconds, preparing the table included.
        """
        once = max(0.0, self.seconds - self.epochs * self.epoch_seconds)
        return once + epochs * self.epoch_seconds


class Verdict(NamedTuple):
    """The best settings against the usual ones, on rows that neither has seen.

    Attributes
    ----------
    best : Trial
        The best settings on the last rung.
    n_rows : int
        Number of rows compared.
    log_loss, usual_log_loss : float
        Of the best settings and of the usual ones, in nats.
    accuracy, usual_accuracy : float
        Shares of the rows predicted right.
    gain, low, high : float
        By how much the log-loss is lower, and the 95 % interval of this gain, from the differences
        of the rows.

    Examples
    --------
    >>> best = Trial(3, 3, {"epochs": 40}, 40, 0.28, 0.92, seconds=9.0, epoch_seconds=0.2)
    >>> Verdict(best, 200, 0.29, 0.31, 0.91, 0.9, gain=0.02, low=0.01, high=0.03).is_better
    True
    """

    best: Trial
    n_rows: int
    log_loss: float
    usual_log_loss: float
    accuracy: float
    usual_accuracy: float
    gain: float
    low: float
    high: float

    @property
    def is_better(self) -> bool:
        """Whether the best settings beat the usual ones by more than chance."""
        return self.low > 0
