"""Learning-rate schedules: each is one formula of the step, called before every update.

``schedule(step)`` gives the learning rate of update number ``step``, counted from 0.  ``Adaptive``
also follows the loss, which ``observe`` tells it once an epoch.
"""

import math
from dataclasses import dataclass, field

from ..optimizers import Schedule


@dataclass
class InverseScaling(Schedule):
    """``lr / (step + 1) ** power``.

    Parameters
    ----------
    lr : float
        Learning rate of the first update.
    power : float, default 0.5
        How fast it falls; at 0 it stays.

    Examples
    --------
    >>> InverseScaling(0.1, power=0.5)(3)
    0.05
    """

    lr: float
    power: float = 0.5

    def __call__(self, step: int) -> float:
        return self.lr / math.pow(step + 1, self.power)


@dataclass
class Adaptive(Schedule):
    """Constant until more than ``patience`` epochs in a row bring no progress; then cut.

    An epoch is progress when its loss is below the best so far by more than ``tol``.  At each cut
    ``lr ← lr · factor``, and the count of epochs without progress starts anew; once lr is at most
    ``min_lr`` it is cut no more, and ``exhausted`` is true.

    Parameters
    ----------
    lr : float
        Learning rate, which each cut changes.
    factor : float, default 0.2
        What a cut multiplies lr by.
    patience : int, default 10
        Epochs in a row without progress that bring no cut yet.
    tol : float, default 1e-4
        Least fall of the loss that is progress.
    min_lr : float, default 1e-6
        lr that is cut no more.

    Examples
    --------
    >>> schedule = Adaptive(0.1, patience=1)
    >>> for loss in (1.0, 0.5, 0.5, 0.5):
    ...     schedule.observe(loss)
    >>> round(schedule(0), 3)
    0.02
    """

    lr: float
    factor: float = 0.2
    patience: int = 10
    tol: float = 1e-4
    min_lr: float = 1e-6
    _best: float = field(default=math.inf, repr=False)
    _waited: int = field(default=0, repr=False)

    def __call__(self, step: int) -> float:
        return self.lr

    @property
    def exhausted(self) -> bool:
        """Whether the learning rate is so low that it is cut no more."""
        return self.lr <= self.min_lr

    def observe(self, loss: float) -> None:
        self._waited = 0 if loss < self._best - self.tol else self._waited + 1
        self._best = min(self._best, loss)
        if self._waited > self.patience and not self.exhausted:
            self.lr *= self.factor
            self._waited = 0


@dataclass
class Cosine(Schedule):
    """Half a cosine from ``lr`` down to ``final_lr`` (Loshchilov & Hutter 2017), then ``final_lr``.

    ``final_lr + (lr - final_lr) (1 + cos(π step / n_steps)) / 2``

    Parameters
    ----------
    lr : float
        Learning rate of the first update.
    n_steps : int
        Updates, not epochs, until ``final_lr``.
    final_lr : float, default 0.0
        Learning rate from there on.

    Examples
    --------
    >>> schedule = Cosine(0.1, n_steps=100)
    >>> [round(schedule(step), 3) for step in (0, 50, 100, 200)]
    [0.1, 0.05, 0.0, 0.0]
    """

    lr: float
    n_steps: int
    final_lr: float = 0.0

    def __call__(self, step: int) -> float:
        return _cosine(self.lr, self.final_lr, step / max(self.n_steps, 1))


@dataclass
class OneCycle(Schedule):
    """A rise to ``lr`` in the first ``rise`` of the run, then a fall to almost 0 (Smith 2018).

    It goes from ``lr / start_div`` to ``lr``, then to ``lr / end_div``, each time by half a cosine.

    Parameters
    ----------
    lr : float
        The highest learning rate.
    n_steps : int
        Updates, not epochs, of the run.
    rise : float, default 0.3
        Share of the run, from 0 to 1, in which the learning rate rises.
    start_div, end_div : float, default 25.0 and 1e4
        How many times lower than ``lr`` it is at the start, and at the end.

    Examples
    --------
    >>> schedule = OneCycle(0.1, n_steps=100, rise=0.3)
    >>> [round(schedule(step), 3) for step in (0, 30, 65, 100)]
    [0.004, 0.1, 0.05, 0.0]
    """

    lr: float
    n_steps: int
    rise: float = 0.3
    start_div: float = 25.0
    end_div: float = 1e4

    def __call__(self, step: int) -> float:
        top = self.rise * self.n_steps
        if step < top:
            return _cosine(self.lr / self.start_div, self.lr, step / top)
        t = (step - top) / max(self.n_steps - top, 1)
        return _cosine(self.lr, self.lr / self.end_div, t)


@dataclass
class WarmUp(Schedule):
    """A linear rise over the first ``n_steps`` updates, then another schedule from its start.

    ``after(0) (step + 1) / (n_steps + 1)`` for step < n_steps, then ``after(step - n_steps)``.

    Parameters
    ----------
    after : Schedule
        The schedule that follows; it is told the losses from the first epoch on.
    n_steps : int
        Updates, not epochs, of the rise.

    Examples
    --------
    >>> schedule = WarmUp(Cosine(0.1, n_steps=100), n_steps=4)
    >>> [round(schedule(step), 3) for step in (0, 1, 3, 4, 54)]
    [0.02, 0.04, 0.08, 0.1, 0.05]
    """

    after: Schedule
    n_steps: int

    def __call__(self, step: int) -> float:
        if step < self.n_steps:
            return self.after(0) * (step + 1) / (self.n_steps + 1)
        return self.after(step - self.n_steps)

    def observe(self, loss: float) -> None:
        self.after.observe(loss)


@dataclass
class CosLog(Schedule):
    """Waves from 0 to ``lr`` and back, each about twice as long as the one before.

    ``lr (1 - cos(2π log₂(1 + (2ⁿ - 1) t))) / 2``, with t = step / n_steps and n = n_waves.
    At the foot of each wave the weights have come to rest and make a usable net (Holzmüller et al.
    2024).

    Parameters
    ----------
    lr : float
        Learning rate at the top of each wave.
    n_steps : int
        Updates, not epochs, of the run; then the learning rate is 0.
    n_waves : int, default 4
        Number of waves.

    Examples
    --------
    >>> schedule = CosLog(0.1, n_steps=150)
    >>> [round(schedule(step), 3) for step in (0, 4, 10, 30, 70, 150)]
    [0.0, 0.1, 0.0, 0.0, 0.0, 0.0]
    """

    lr: float
    n_steps: int
    n_waves: int = 4

    def __call__(self, step: int) -> float:
        t = min(step / max(self.n_steps, 1), 1.0)
        wave = math.log2(1 + (2**self.n_waves - 1) * t)
        return self.lr * (1 - math.cos(2 * math.pi * wave)) / 2


@dataclass
class FlatCosine(Schedule):
    """``lr`` for the first half of the run, then half a cosine down to 0.

    Parameters
    ----------
    lr : float
        Learning rate of the first half.
    n_steps : int
        Updates, not epochs, of the run; then the learning rate is 0.

    Examples
    --------
    >>> schedule = FlatCosine(0.1, n_steps=100)
    >>> [round(schedule(step), 3) for step in (0, 50, 75, 100)]
    [0.1, 0.1, 0.05, 0.0]
    """

    lr: float
    n_steps: int

    def __call__(self, step: int) -> float:
        return _cosine(self.lr, 0.0, max(0.0, 2 * step / max(self.n_steps, 1) - 1))


def _cosine(start: float, end: float, t: float) -> float:
    """Go from start at t = 0 to end at t = 1 by half a cosine, and stay at end."""
    return end + (start - end) * (1 + math.cos(math.pi * min(t, 1.0))) / 2
