"""Optimizers: each class is one update rule on the flat parameter vector.

Notation:

    θ, g        parameters and their gradient, ``theta`` and ``grad``
    lr          learning rate, set before each step by a schedule
    t           number of this step, from 1
    λ           ``weight_decay``, decoupled: θ ← (1 - lr λ) θ before the update
                (Loshchilov & Hutter 2019)

lr and λ may be scaled in each ``Group`` of parameters.

``L-BFGS``, which needs more than one gradient a step, is in ``lbfgs.py``.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .arrays import Array
from .layers import Layer

BLOCK = 32_768  # elements; a block of theta, grad, two moments and scratch fits in a 2 MB L2


@dataclass(frozen=True)
class Group:
    """A stretch of theta that learns at its own pace: from the end of the group before to stop.

    ::

        θ ← (1 - lr · f_lr · λ · f_wd) θ      then the optimizer's rule with lr · f_lr for lr

    Attributes
    ----------
    stop : int
        Where it ends; the last group ends with theta.
    lr : float, default 1.0
        f_lr, a factor on the learning rate.
    weight_decay : float, default 1.0
        f_wd, a factor on λ; 0 is no decay.
    """

    stop: int
    lr: float = 1.0
    weight_decay: float = 1.0


class Optimizer:
    """What all update rules share: their state, groups, and blocks that stay in cache.

    Parameters
    ----------
    lr : float
        Learning rate.  It may be changed between steps, and so may ``weight_decay``.
    weight_decay : float, default 0.0
        λ of decoupled weight decay.
    groups : sequence of Group, optional
        By default one of all parameters; ``train`` makes it ``network.groups()``, where the
        matrices are decayed and the vectors are not.

    Attributes
    ----------
    t : int
        Steps taken.
    state : dict of str to Array
        The moments, each a vector like theta; with ``t`` all that a resumed run needs.

    Examples
    --------
    Of three parameters, the first two learn ten times as slowly, the last is not decayed:

    >>> theta = np.ones(3)
    >>> optimizer = SGD(lr=0.1, weight_decay=0.5, groups=[Group(2, lr=0.1), Group(3, 1, 0)])
    >>> optimizer.step(theta, grad=np.ones(3))
    >>> theta
    array([0.985, 0.985, 0.9  ])
    """

    moments: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self, lr: float, weight_decay: float = 0.0, groups: Sequence[Group] | None = None
    ) -> None:
        self.lr, self.weight_decay, self.groups = lr, weight_decay, groups
        self.t = 0
        self.state: dict[str, Array] = {}
        self._scratch: Array | None = None
        self._planned: Sequence[Group] | None = None  # the groups that _decays and _blocks are of
        self._decays: list[tuple[slice, float]] = []
        self._blocks: list[tuple[slice, float]] = []

    def step(self, theta: Array, grad: Array) -> None:
        """Update theta in place; grad is left as it is."""
        if not self.t:
            self.state = {name: np.zeros_like(theta) for name in self.moments}
        if self._scratch is None:
            self._scratch = np.empty_like(theta[:BLOCK])
        if not self._blocks or self._planned is not self.groups:
            self._plan(len(theta))
        self.t += 1
        if self.weight_decay:
            for stretch, factor in self._decays:
                theta[stretch] *= 1 - self.lr * self.weight_decay * factor
        moments = [self.state[name] for name in self.moments]
        self._prepare()
        for block, factor in self._blocks:
            p = theta[block]
            scratch = self._scratch[: len(p)]
            self._update(factor, p, grad[block], scratch, *[m[block] for m in moments])

    def _plan(self, size: int) -> None:
        """Cut theta where the factor of λ changes, and into blocks where that of lr changes."""
        groups = [Group(size)] if self.groups is None else self.groups
        stops = [group.stop for group in groups]
        if stops != sorted(stops) or stops[-1:] != [size]:
            raise ValueError(f"groups end at {stops}, but have to go up to {size}, the parameters")
        self._planned, self._decays, self._blocks = self.groups, [], []
        ends = joined([(group.stop, group.lr * group.weight_decay) for group in groups])
        for start, stop, factor in ends:
            if factor:
                self._decays.append((slice(start, stop), factor))
        for start, stop, factor in joined([(group.stop, group.lr) for group in groups]):
            for first in range(start, stop, BLOCK):
                self._blocks.append((slice(first, min(first + BLOCK, stop)), factor))

    def _prepare(self) -> None:
        """Work out what is the same for all parameters at this step."""

    def _update(self, f_lr: float, p: Array, g: Array, s: Array, *moments: Array) -> None:
        """The rule on a block: p of θ, g of the gradient, s scratch, then the moments."""
        raise NotImplementedError

    settings = Layer.settings
    __repr__ = Layer.__repr__


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum and Nesterov's look-ahead if asked for.

    ::

        θ ← θ - lr g                      without momentum

        v ← μ v - lr g                    μ: momentum
        θ ← θ + v                         or, with nesterov, θ ← θ + μ v - lr g

    (Sutskever et al. 2013.)

    Parameters
    ----------
    lr : float, default 0.1
    momentum : float, default 0.0
        μ, 0 <= μ <= 1.
    nesterov : bool, default False
    weight_decay, groups
        As in ``Optimizer``.

    Examples
    --------
    >>> theta = np.array([3.0])
    >>> SGD(lr=0.1).step(theta, grad=np.array([10.0]))
    >>> theta
    array([2.])
    """

    def __init__(
        self,
        lr: float = 0.1,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        groups: Sequence[Group] | None = None,
    ) -> None:
        super().__init__(lr, weight_decay, groups)
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum={momentum}, but it has to be in [0, 1]")
        self.momentum, self.nesterov = momentum, nesterov

    @property
    def moments(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("v",) if self.momentum else ()

    def _update(self, f_lr: float, p: Array, g: Array, s: Array, *moments: Array) -> None:
        np.multiply(g, self.lr * f_lr, out=s)
        if not self.momentum:
            p -= s
            return
        (v,) = moments
        v *= self.momentum
        v -= s
        if not self.nesterov:
            p += v
            return
        p -= s
        np.multiply(v, self.momentum, out=s)
        p += s


class RMSprop(Optimizer):
    """Gradient divided by a running root mean square of itself (Tieleman & Hinton 2012).

    ::

        v ← ρ v + (1 - ρ) g²
        θ ← θ - lr g / (√v + ε)

    Parameters
    ----------
    lr : float, default 1e-3
    rho : float, default 0.99
        ρ, 0 <= ρ < 1: how long v remembers.
    eps : float, default 1e-8
    weight_decay, groups
        As in ``Optimizer``.
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
        self.rho, self.eps = _share("rho", rho), eps

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


class Adam(Optimizer):
    """Adam (Kingma & Ba 2015).

    ::

        m ← β₁ m + (1 - β₁) g                m̂ = m / (1 - β₁ᵗ)
        v ← β₂ v + (1 - β₂) g²               v̂ = v / (1 - β₂ᵗ)
        θ ← θ - lr m̂ / (√v̂ + ε)

    Computed with moments that leave out the constant factors, which saves two passes over
    memory: M = m / (1 - β₁) and V = v / (1 - β₂) are what ``state`` holds, and ::

        M ← β₁ M + g
        V ← β₂ V + g²                        c = √((1 - β₂) / (1 - β₂ᵗ)), so that √v̂ = c √V
        θ ← θ - lr (1 - β₁) / (1 - β₁ᵗ) / c · M / (√V + ε / c)

    Parameters
    ----------
    lr : float, default 1e-3
    beta1, beta2 : float, default 0.9 and 0.999
        β₁ and β₂, how long the moments remember.
    eps : float, default 1e-8
    weight_decay, groups
        As in ``Optimizer``.
    correct_eps : bool, default True
        False adds ε to √v itself, before the correction of its bias: the order that Kingma & Ba
        give at the end of their section 2, and scikit-learn's.
    """

    moments = ("M", "V")

    def __init__(
        self,
        lr: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        groups: Sequence[Group] | None = None,
        correct_eps: bool = True,
    ) -> None:
        super().__init__(lr, weight_decay, groups)
        self.beta1, self.beta2 = _share("beta1", beta1), _share("beta2", beta2)
        self.eps, self.correct_eps = eps, correct_eps

    def _prepare(self) -> None:
        c = math.sqrt((1 - self.beta2) / (1 - self.beta2**self.t))
        self._factor = self.lr * (1 - self.beta1) / (1 - self.beta1**self.t) / c
        self._eps = self.eps / (c if self.correct_eps else math.sqrt(1 - self.beta2))

    def _update(self, f_lr: float, p: Array, g: Array, s: Array, *moments: Array) -> None:
        M, V = moments
        M *= self.beta1
        M += g
        np.multiply(g, g, out=s)
        V *= self.beta2
        V += s
        np.sqrt(V, out=s)
        s += self._eps
        np.divide(M, s, out=s)
        s *= self._factor * f_lr
        p -= s


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019), on by default.

    ::

        θ ← θ - lr λ θ                       then as Adam

    Parameters
    ----------
    lr, beta1, beta2, eps
        As in ``Adam``.
    weight_decay : float, default 0.01
        λ.
    groups : sequence of Group, optional
        As in ``Optimizer``.
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


def _share(name: str, value: float) -> float:
    """Return how much of a moment a step keeps, if it is in [0, 1)."""
    if not 0 <= value < 1:
        raise ValueError(f"{name}={value}, but it has to be in [0, 1)")
    return value


def joined(ends: Sequence[tuple[int, float]]) -> list[tuple[int, int, float]]:
    """(start, stop, factor) of each stretch, from (stop, factor), neighbours alike made one.

    >>> joined([(3, 1.0), (5, 1.0), (8, 0.0)])
    [(0, 5, 1.0), (5, 8, 0.0)]
    """
    stretches: list[tuple[int, int, float]] = []
    start = 0
    for stop, factor in ends:
        if stretches and stretches[-1][2] == factor:
            start = stretches.pop()[0]
        stretches.append((start, stop, factor))
        start = stop
    return stretches


def clip_by_norm(grad: Array | list[Array], max_norm: float) -> float:
    """Scale grad, in place, so that its Euclidean norm is at most max_norm; return the old norm.

    A list of arrays is one gradient in parts.

    ::

        g ← g · min(1, max_norm / |g|)       (Pascanu, Mikolov & Bengio 2013)

    >>> g = np.array([3.0, 4.0])
    >>> clip_by_norm(g, 1.0), g
    (5.0, array([0.6, 0.8]))
    """
    parts = grad if isinstance(grad, list) else [grad]
    norm = math.hypot(*[_norm(part) for part in parts])
    if norm > max_norm:
        for part in parts:
            part *= max_norm / norm
    return norm


def _norm(grad: Array) -> float:
    norm = math.sqrt(float(grad @ grad))
    if math.isinf(norm) and math.isfinite(largest := float(np.abs(grad).max())):
        norm = largest * float(np.linalg.norm(grad / largest))  # only the squares overflowed
    return norm


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
}
