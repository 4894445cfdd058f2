"""Early stopping: when to stop, and a copy of the best parameters to go back to."""

import math

from ..arrays import Array


class EarlyStopping:
    """A watch on one score, with a *copy* of the parameters that had the best score.

    Parameters
    ----------
    patience : int, default 10
        Number of updates without progress after which ``should_stop`` is true.
    min_delta : float, default 0.0
        A score is progress when it beats the best so far by more than this.
    maximize : bool, default False
        Whether higher scores are better (accuracy), or lower ones (a loss).

    Attributes
    ----------
    best_score : float
        The best score so far; infinite before the first.
    best_epoch, epoch : int
        The number of the update, from 1, that gave it, and that of the last update; 0 before.
    best_theta : Array of shape (n_params,), or None
        A copy of the parameters that gave it.

    Examples
    --------
    >>> import numpy as np
    >>> theta, stopping = np.array([0.0]), EarlyStopping(patience=2)
    >>> for loss in (3.0, 1.0, 2.0, 2.0, 2.0):
    ...     theta += 1  # stands for an epoch of training
    ...     is_best = stopping.update(loss, theta)
    ...     if stopping.should_stop:
    ...         break
    >>> stopping.epoch, theta  # two epochs brought nothing better than the second
    (4, array([4.]))
    >>> stopping.restore(theta)
    >>> stopping.best_epoch, stopping.best_score, theta
    (2, 1.0, array([2.]))
    """

    def __init__(
        self, patience: int = 10, *, min_delta: float = 0.0, maximize: bool = False
    ) -> None:
        self.patience, self.min_delta, self.maximize = patience, min_delta, maximize
        self.best_score = -math.inf if maximize else math.inf
        self.best_epoch = self.epoch = self._progress_epoch = 0
        self.best_theta: Array | None = None

    def update(self, score: float, theta: Array) -> bool:
        """Note the score of one more epoch; return whether it is the best so far.

        Parameters
        ----------
        score : float
            NaN is not progress.
        theta : Array of shape (n_params,)
            The parameters that gave it; they are copied if it is the best.

        Returns
        -------
        bool
            Whether it is the best so far, by however little.
        """
        self.epoch += 1
        gain = score - self.best_score if self.maximize else self.best_score - score
        if gain > self.min_delta:
            self._progress_epoch = self.epoch
        if not gain > 0:  # NaN is not progress
            return False
        self.best_score, self.best_epoch = score, self.epoch
        if self.best_theta is None:
            self.best_theta = theta.copy()
        else:
            self.best_theta[:] = theta
        return True

    @property
    def should_stop(self) -> bool:
        """Whether the last ``patience`` epochs brought no progress."""
        return self.epoch - self._progress_epoch >= self.patience

    def restore(self, theta: Array) -> None:
        """Write the best parameters back into theta, if there were any.

        Parameters
        ----------
        theta : Array of shape (n_params,)
            Parameters to write over.
        """
        if self.best_theta is not None:
            theta[:] = self.best_theta
