"""RMSprop and AdamW, and ``OPTIMIZERS``: all optimizers by name."""

from collections.abc import Sequence

import numpy as np

from ..arrays import Array
from ..described import check_share
from ..optimizers import SGD, Adam, Group, Optimizer


class RMSprop(Optimizer):
    """Gradient divided by a running root mean square of itself (Tieleman & Hinton 2012).

    ::

        v ← ρ v + (1 - ρ) g²
        θ ← θ - lr g / (√v + ε)

    Parameters
    ----------
    lr : float, default 1e-3
        Learning rate.
    rho : float, default 0.99
        ρ, 0 <= ρ < 1: the share of v that a step keeps.
    eps : float, default 1e-8
        ε, which keeps the divisor from 0.
    weight_decay : float, default 0.0
        λ of decoupled weight decay.
    groups : sequence of Group, optional
        Factors on ``lr`` and λ, as in ``Optimizer``.

    Raises
    ------
    ValueError
        If ``rho`` is not in [0, 1).

    Examples
    --------
    >>> theta, optimizer = np.ones(2), RMSprop(lr=0.01)
    >>> optimizer.step(theta, grad=np.array([1.0, -2.0]))
    >>> theta.round(3)
    array([0.9, 1.1])
    """

    moments = ("v",)

    def __init__(
        self,
        lr: float = 1e-3,
        rho: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        groups: Sequence[Group] | None = None,
    ) -> None:
        super().__init__(lr, weight_decay, groups)
        self.rho, self.eps = check_share("rho", rho), eps

    def _update(self, f_lr: float, p: Array, g: Array, s: Array, *moments: Array) -> None:
        (v,) = moments
        np.multiply(g, g, out=s)
        s *= 1 - self.rho
        v *= self.rho
        v += s
        np.sqrt(v, out=s)
        s += self.eps
        np.divide(g, s, out=s)
        s *= self.lr * f_lr
        p -= s


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019), on by default.

    ::

        θ ← θ - lr λ θ                       then as Adam

    Parameters
    ----------
    lr : float, default 1e-3
        Learning rate.
    beta1, beta2 : float, default 0.9 and 0.999
        As in ``Adam``, and so is the next one.
    eps : float, default 1e-8
        ε.
    weight_decay : float, default 0.01
        λ.
    groups : sequence of Group, optional
        Factors on ``lr`` and λ, as in ``Optimizer``.
    correct_eps : bool, default True
        As in ``Adam``.

    Raises
    ------
    ValueError
        If ``beta1`` or ``beta2`` is not in [0, 1).

    Examples
    --------
    >>> theta, optimizer = np.ones(2), AdamW(lr=0.1, weight_decay=0.5)
    >>> optimizer.step(theta, grad=np.array([1.0, -2.0]))
    >>> theta.round(3)
    array([0.85, 1.05])
    """

    def __init__(
        self,
        lr: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        groups: Sequence[Group] | None = None,
        correct_eps: bool = True,
    ) -> None:
        super().__init__(lr, beta1, beta2, eps, weight_decay, groups, correct_eps)


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
}
