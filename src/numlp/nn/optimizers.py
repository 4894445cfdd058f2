"""Optimizers: each class is one update rule on the flat parameter vector.

Notation:

    θ, g        parameters and their gradient, ``theta`` and ``grad``
    lr          learning rate; a schedule sets it before each step
    t           number of this step, from 1
    λ           ``weight_decay``, decoupled: θ ← (1 - lr λ) θ before the update
                (Loshchilov & Hutter 2019)

Each ``Group`` of parameters may scale lr and λ.

``more/optimizers.py`` has RMSprop and AdamW, and all of them by name; ``more/lbfgs.py`` has L-BFGS,
which needs more than one gradient a step; ``more/schedules.py`` has the schedules.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import numpy as np

from .arrays import Array
from .described import Described, check_share

F = TypeVar("F")  # one factor, or several
BLOCK = 32_768  # elements; a block of theta, grad, two moments and scratch fits in a 2 MB L2


class Schedule:
    """A learning rate for each update.

    ``train`` calls ``schedule(step)`` before update number ``step``, counted from 0, and tells the
    schedule the loss once an epoch.

    Examples
    --------
    >>> class Halving(Schedule):  # every thousand updates
    ...     def __call__(self, step):
    ...         return 0.1 * 0.5 ** (step // 1000)
    >>> Halving()(2500)
    0.025
    """

    def __call__(self, step: int) -> float:
        """Return the learning rate of update number ``step``.

        Parameters
        ----------
        step : int
            Number of the update in the run, from 0; not of the epoch.

        Returns
        -------
        float
            The learning rate.
        """
        raise NotImplementedError

    def observe(self, loss: float) -> None:
        """Take note of the loss of an epoch; most schedules ignore it.

        Parameters
        ----------
        loss : float
            Mean loss of the epoch that is over.
        """


@dataclass
class Constant(Schedule):
    """The same learning rate at every step.

    Parameters
    ----------
    lr : float
        The learning rate.

    Examples
    --------
    >>> Constant(0.1)(1000)
    0.1
    """

    lr: float

    def __call__(self, step: int) -> float:
        return self.lr


@dataclass(frozen=True)
class Group:
    """A stretch of theta with factors of its own on lr and λ; it starts where the last group ends.

    ::

        θ ← (1 - lr · f_lr · λ · f_wd) θ      then the optimizer's rule with lr · f_lr for lr

    Attributes
    ----------
    stop : int
        Where the stretch ends; the last group ends where theta ends.
    lr, weight_decay : float, default 1.0 and 1.0
        f_lr and f_wd, factors on the learning rate and on λ; f_wd = 0 means no decay.

    Examples
    --------
    The bias of a layer with four inputs and one output is not decayed:

    >>> [Group(4), Group(5, weight_decay=0.0)]
    [Group(stop=4, lr=1.0, weight_decay=1.0), Group(stop=5, lr=1.0, weight_decay=0.0)]
    """

    stop: int
    lr: float = 1.0
    weight_decay: float = 1.0


class Optimizer(Described):
    """An update rule: this base class keeps the state, the groups, and blocks that fit in cache.

    Parameters
    ----------
    lr : float
        Learning rate.  It may change between steps, and so may ``weight_decay``.
    weight_decay : float, default 0.0
        λ of decoupled weight decay.
    groups : sequence of Group, optional
        By default one group of all parameters; ``train`` puts ``network.groups()`` in its place,
        which decays the matrices and leaves the vectors alone.

    Attributes
    ----------
    t : int
        Steps taken.
    state : dict of str to Array of shape (n_params,)
        The moments, each a vector like theta.  A resumed run needs these and ``t``, no more.

    Examples
    --------
    The first two of three parameters learn ten times as slowly; the third is not decayed:

    >>> theta = np.ones(3)
    >>> optimizer = SGD(lr=0.1, weight_decay=0.5, groups=[Group(2, lr=0.1), Group(3, 1, 0)])
    >>> optimizer.step(theta, grad=np.ones(3))
    >>> theta
    array([0.985, 0.985, 0.9  ])
    """

    moments: ClassVar[tuple[str, ...]] = ()
    _scratch: Array | None = None  # a copy or a pickle leaves it out

    def __init__(
        self, lr: float, weight_decay: float = 0.0, groups: Sequence[Group] | None = None
    ) -> None:
        self.lr, self.weight_decay, self.groups = lr, weight_decay, groups
        self.t = 0
        self.state: dict[str, Array] = {}
        self._planned: Sequence[Group] | None = None  # the groups that made _decays and _blocks
        self._decays: list[tuple[slice, float]] = []
        self._blocks: list[tuple[slice, float]] = []

    def step(self, theta: Array, grad: Array) -> None:
        """Update theta in place; grad stays as it is.

        Parameters
        ----------
        theta : Array of shape (n_params,)
            Parameters, the same ones at every step.
        grad : Array of shape (n_params,)
            Their gradient.

        Raises
        ------
        ValueError
            If the groups do not go up to the last parameter.
        """
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
        decays = [(group.stop, group.lr * group.weight_decay) for group in groups]
        for start, stop, factor in joined(decays):
            if factor:
                self._decays.append((slice(start, stop), factor))
        for start, stop, factor in joined([(group.stop, group.lr) for group in groups]):
            for first in range(start, stop, BLOCK):
                self._blocks.append((slice(first, min(first + BLOCK, stop)), factor))

    def _prepare(self) -> None:
        """Compute the factors of this step that all parameters share."""

    def _update(self, f_lr: float, p: Array, g: Array, s: Array, *moments: Array) -> None:
        """Apply the rule to a block: p of θ, g of the gradient, s scratch, then the moments."""
        raise NotImplementedError


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum and Nesterov's look-ahead on request.

    ::

        θ ← θ - lr g                      without momentum

        v ← μ v - lr g                    μ: momentum
        θ ← θ + v                         or, with nesterov, θ ← θ + μ v - lr g

    (Sutskever et al. 2013.)

    Parameters
    ----------
    lr : float, default 0.1
        Learning rate.
    momentum : float, default 0.0
        μ, 0 <= μ <= 1.
    nesterov : bool, default False
        Whether to look ahead; without momentum it changes nothing.
    weight_decay : float, default 0.0
        λ of decoupled weight decay.
    groups : sequence of Group, optional
        Factors on ``lr`` and λ, as in ``Optimizer``.

    Raises
    ------
    ValueError
        If ``momentum`` is not in [0, 1].

    Examples
    --------
    >>> theta, optimizer = np.ones(2), SGD(lr=0.1)
    >>> optimizer.step(theta, grad=np.array([1.0, -2.0]))
    >>> theta.round(3)
    array([0.9, 1.2])
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


class Adam(Optimizer):
    """Adam (Kingma & Ba 2015).

    ::

        m ← β₁ m + (1 - β₁) g                m̂ = m / (1 - β₁ᵗ)
        v ← β₂ v + (1 - β₂) g²               v̂ = v / (1 - β₂ᵗ)
        θ ← θ - lr m̂ / (√v̂ + ε)

    ``state`` holds moments without the constant factors, M = m / (1 - β₁) and V = v / (1 - β₂),
    which saves two passes over memory::

        M ← β₁ M + g
        V ← β₂ V + g²                        c = √((1 - β₂) / (1 - β₂ᵗ)), so that √v̂ = c √V
        θ ← θ - lr (1 - β₁) / (1 - β₁ᵗ) / c · M / (√V + ε / c)

    Parameters
    ----------
    lr : float, default 1e-3
        Learning rate: about the length of a step in each parameter.
    beta1, beta2 : float, default 0.9 and 0.999
        β₁ and β₂, the shares of the moments that a step keeps; in [0, 1).
    eps : float, default 1e-8
        ε, which keeps the divisor from 0.
    weight_decay : float, default 0.0
        λ of decoupled weight decay.
    groups : sequence of Group, optional
        Factors on ``lr`` and λ, as in ``Optimizer``.
    correct_eps : bool, default True
        False adds ε to √v before the correction of the bias, as Kingma & Ba do at the end of
        their section 2, and scikit-learn.

    Raises
    ------
    ValueError
        If ``beta1`` or ``beta2`` is not in [0, 1).

    Examples
    --------
    >>> theta, optimizer = np.ones(2), Adam(lr=0.1)
    >>> optimizer.step(theta, grad=np.array([1.0, -2.0]))
    >>> theta.round(3)
    array([0.9, 1.1])
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
        self.beta1, self.beta2 = check_share("beta1", beta1), check_share("beta2", beta2)
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


def joined(ends: Sequence[tuple[int, F]]) -> list[tuple[int, int, F]]:
    """Turn (stop, factor) into (start, stop, factor), with equal neighbours joined into one.

    >>> joined([(3, 1.0), (5, 1.0), (8, 0.0)])
    [(0, 5, 1.0), (5, 8, 0.0)]
    """
    stretches: list[tuple[int, int, F]] = []
    start = 0
    for stop, factor in ends:
        if stretches and stretches[-1][2] == factor:
            start = stretches.pop()[0]
        stretches.append((start, stop, factor))
        start = stop
    return stretches


def clip_by_norm(grad: Array | list[Array], max_norm: float) -> float:
    """Scale grad in place so that its Euclidean norm is at most max_norm; return the old norm.

    ::

        g ← g · min(1, max_norm / |g|)       (Pascanu, Mikolov & Bengio 2013)

    Parameters
    ----------
    grad : Array of shape (n_params,), or list of such
        A list of arrays is one gradient, cut in parts.
    max_norm : float
        The longest norm.

    Returns
    -------
    float
        The norm before, of all parts together.

    Examples
    --------
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
        norm = largest * float(np.linalg.norm(grad / largest))  # only the squares overflow
    return norm
