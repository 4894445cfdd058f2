"""What a run of MLPClassifier has at hand between two epochs, beside its net and its results."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..nn import LBFGS, Constant, Optimizer
from .building import RowOrders


@dataclass
class TrainingState:
    """What training needs to resume where it stopped.

    Attributes
    ----------
    random_state : RandomState
        Draws the orders of the rows and the validation split.
    no_improvement_count : int
        Epochs in a row without progress.
    optimizer : Optimizer or LBFGS, optional
    optimizer_arguments : dict
        The arguments that the optimizer was made with.
    base_lr : Constant, optional
        What "adaptive" has made of the learning rate.
    orders : RowOrders, optional
    held_out : array of bool of shape (n_samples,), optional
        Which rows are held out.
    best_theta : array of shape (n_params,), optional
        The parameters of the best epoch, with early stopping.
    last_theta : array of shape (n_params,), optional
        The parameters of the last epoch, where the best epoch's were put back.
    """

    random_state: np.random.RandomState
    no_improvement_count: int = 0
    optimizer: Optimizer | LBFGS | None = None
    optimizer_arguments: dict[str, Any] = field(default_factory=dict)
    base_lr: Constant | None = None
    orders: RowOrders | None = None
    held_out: NDArray[np.bool_] | None = None
    best_theta: NDArray[Any] | None = None
    last_theta: NDArray[Any] | None = None

    def without_memory(self) -> "TrainingState":
        """The state after a fit that is over: a pickle of it is small beside the weights."""
        return TrainingState(self.random_state, self.no_improvement_count)


@contextmanager
def put_back_on_error(attributes: dict[str, Any]) -> Iterator[None]:
    """Put a classifier's last fit back where what is done here, before an epoch, fails.

    ``attributes`` are those of the classifier.  A run that goes on may have drawn which rows to
    hold out: the draws are put back too.
    """
    before = attributes.copy()
    state = attributes.get("_state")
    drawn: tuple[Any, Any] | None = None
    if isinstance(state, TrainingState):
        drawn = vars(state).copy(), state.random_state.get_state()
    try:
        yield
    except BaseException:
        goes_on = attributes.get("_state") is state
        if isinstance(state, TrainingState) and drawn and goes_on:
            vars(state).update(drawn[0])
            state.random_state.set_state(drawn[1])
        attributes.clear()
        attributes.update(before)
        raise
