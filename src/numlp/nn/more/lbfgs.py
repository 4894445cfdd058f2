"""L-BFGS: a quasi-Newton method for full batches, with a strong-Wolfe line search."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ..arrays import Array, Labels
from ..described import Described
from ..network import Network
from ..training import DivergenceError, Epoch, check_data

Evaluate = Callable[[], float]


class LBFGS(Described):
    """Limited-memory BFGS (Nocedal 1980; Liu & Nocedal 1989).

    Each step goes along d = -H g, where H, the inverse of the curvature, is rebuilt from the last
    ``memory`` steps s = Δθ and changes y = Δg by the two-loop recursion::

        q ← g
        for i from the newest to the oldest:    aᵢ = sᵢ·q / yᵢ·sᵢ      q ← q - aᵢ yᵢ
        q ← q · (s·y / y·y of the newest)
        for i from the oldest to the newest:    bᵢ = yᵢ·q / yᵢ·sᵢ      q ← q + (aᵢ - bᵢ) sᵢ
        d ← -q

    and as far as ``strong_wolfe`` finds good.  A pair is left out unless y·s is clearly positive.

    Parameters
    ----------
    memory : int, default 10
        Number of pairs (s, y) kept.
    tol_grad : float, default 1e-5
        Converged when no element of the gradient is larger in size.
    tol_loss : float, default 2.2e-9
        Converged when a step lowers the loss by less than this, relative to the larger of the
        losses and 1.
    max_evaluations : int, default 20
        Evaluations of loss and gradient in one line search.

    Attributes
    ----------
    t : int
        Steps taken.
    n_evaluations : int
        Evaluations of loss and gradient.
    finished : str
        Why another step would not help; empty until then.

    Examples
    --------
    >>> theta, grad = np.array([3.0, -2.0]), np.empty(2)
    >>> def evaluate():                       # a parabola with its minimum at (1, 1)
    ...     grad[:] = 2 * (theta - 1)
    ...     return float(((theta - 1) ** 2).sum())
    >>> lbfgs = LBFGS()
    >>> while not lbfgs.finished:
    ...     loss = lbfgs.step(theta, grad, evaluate)
    >>> theta.round(6), lbfgs.finished
    (array([1., 1.]), 'the gradient is zero within tol_grad')
    """

    def __init__(
        self,
        memory: int = 10,
        tol_grad: float = 1e-5,
        tol_loss: float = 2.2e-9,
        max_evaluations: int = 20,
    ) -> None:
        self.memory, self.tol_grad, self.tol_loss = memory, tol_grad, tol_loss
        self.max_evaluations = max_evaluations
        self.t = self.n_evaluations = 0
        self.finished = ""
        self._pairs: list[tuple[Array, Array, float]] = []  # s, y, y·s; the newest last
        self._loss = math.nan

    def step(self, theta: Array, grad: Array, evaluate: Evaluate) -> float:
        """Move theta, in place, one step down; return the loss there.

        Parameters
        ----------
        theta : Array of shape (n_params,)
            Parameters, as the last step left them.
        grad : Array of shape (n_params,)
            Where ``evaluate`` puts the gradient.
        evaluate : callable
            ``evaluate()`` returns the loss at theta and fills grad.

        Returns
        -------
        float
            The loss at the new theta, or at the old one where no step was found.
        """
        if not self.t:
            self._loss = self._count(evaluate)
            if self._gradient_is_zero(grad):
                return self._loss
        self.t += 1
        start, g, loss = theta.copy(), grad.copy(), self._loss
        d = self._direction(g)
        # The first step has unit length; later H knows the scale.
        first_step = 1 / float(np.linalg.norm(d)) if self.t == 1 else 1.0

        def along(step: float) -> tuple[float, float]:
            np.multiply(d, step, out=theta)
            np.add(theta, start, out=theta)
            value = self._count(evaluate)
            return value, float(grad @ d)

        step, self._loss, found = strong_wolfe(
            along, loss, float(g @ d), first_step, max_evaluations=self.max_evaluations
        )
        if not found and not self._loss < loss:
            theta[:], grad[:], self._loss = start, g, loss
            if not self._pairs:
                self.finished = "the line search found no lower loss"
            self._pairs.clear()  # try again along the steepest descent
            return loss
        # s from the direction, not from theta: running statistics, whose gradient is zero, have
        # moved in theta too, and must not enter H.
        s, y = step * d, grad - g
        curvature = float(y @ s)
        if curvature > np.finfo(theta.dtype).eps * -step * float(g @ d):
            self._pairs = [*self._pairs, (s, y, curvature)][-self.memory :]
        least = self.tol_loss * max(abs(loss), abs(self._loss), 1.0)
        if not self._gradient_is_zero(grad) and loss - self._loss <= least:
            self.finished = "the loss no longer falls by more than tol_loss"
        return self._loss

    def _count(self, evaluate: Evaluate) -> float:
        self.n_evaluations += 1
        return evaluate()

    def _gradient_is_zero(self, grad: Array) -> bool:
        zero = float(np.abs(grad).max()) <= self.tol_grad
        if zero:
            self.finished = "the gradient is zero within tol_grad"
        return zero

    def _direction(self, g: Array) -> Array:
        q = g.copy()
        a = []
        for s, y, curvature in reversed(self._pairs):
            a.append(float(s @ q) / curvature)
            q -= a[-1] * y
        if self._pairs:
            _, y, curvature = self._pairs[-1]
            q *= curvature / float(y @ y)
        for s, y, curvature in self._pairs:
            q += (a.pop() - float(y @ q) / curvature) * s
        return np.negative(q, out=q)


def train_full_batch(
    network: Network, lbfgs: LBFGS, X: Array, y: Labels, *, weight: Array | None = None
) -> Iterator[Epoch]:
    """Train by L-BFGS: every epoch is one step on all rows, and the last one has converged.

    Parameters
    ----------
    network : Network
        One net with its starting parameters; it is trained in place.
    lbfgs : LBFGS
        A new one; its ``finished`` says why the training ended.
    X : Array of shape (n_samples, n_in), of the network's dtype
        Rows.
    y : Array of shape (n_samples,) or (n_samples, n_out)
        Targets as the network's loss takes them: class indices, or one for each output.
    weight : Array of shape (n_samples,), optional
        Weight of each sample in the mean loss; equal by default.

    Yields
    ------
    Epoch
        ``train_loss`` is the loss *after* the step, L2 included, and ``lr`` is 1.

    Raises
    ------
    ValueError
        If the network is ``Members``, or the arrays do not fit it or one another.
    DivergenceError
        If a loss is not finite.

    Examples
    --------
    >>> from numlp.nn import mlp
    >>> X = np.array([[-2], [-1], [1], [2]], np.float32)
    >>> network, lbfgs = mlp([1, 2], l2=0.01), LBFGS()
    >>> for epoch in train_full_batch(network, lbfgs, X, np.array([0, 0, 1, 1])):
    ...     pass
    >>> bool(epoch.train_loss < 0.1), network.predict(X).argmax(axis=1)
    (True, array([0, 0, 1, 1]))
    """
    check_data(network, X, y, weight)
    if network.front:
        raise ValueError("L-BFGS trains one Network, not Members: they would share a line search")

    def evaluate() -> float:
        return network.loss_and_grad(X, y, weight)

    number, last_good_loss = 0, math.nan
    while not lbfgs.finished:
        number += 1
        start = time.perf_counter()
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            loss = lbfgs.step(network.theta, network.grad, evaluate)
        if not math.isfinite(loss):
            raise DivergenceError(f"the loss became {loss}", number, 1, 1.0, last_good_loss)
        last_good_loss = loss
        yield Epoch(number, loss, 1.0, time.perf_counter() - start)


@dataclass
class _Point:
    """A step along the direction, the function there, and its slope."""

    step: float
    value: float
    slope: float


def strong_wolfe(
    along: Callable[[float], tuple[float, float]],
    value: float,
    slope: float,
    step: float,
    *,
    c1: float = 1e-3,
    c2: float = 0.9,
    max_evaluations: int = 20,
    min_interval: float = 0.1,
) -> tuple[float, float, bool]:
    """Find a step that fulfils the strong Wolfe conditions (Moré & Thuente 1994).

    ::

        f(step) <= f(0) + c1 step f'(0)         enough descent
        |f'(step)| <= c2 |f'(0)|                flat enough

    The search first finds an interval around the minimum, then narrows it, by cubic and quadratic
    interpolation.  Until it meets a step with enough descent and a rising slope, it searches the
    function minus the line of enough descent.

    Parameters
    ----------
    along : callable
        ``along(step)`` gives the function and its slope at a step >= 0.
    value, slope : float
        The function and its slope at 0; the slope is negative.
    step : float
        The first step to try.
    min_interval : float, default 0.1
        Ends the search when the interval is narrower than this share of its upper end.

    Returns
    -------
    step, value, found
        The step where the search ended, which is the last that ``along`` was called with; the
        function there; and whether the conditions hold there.
    """
    if not slope < 0:
        return 0.0, value, False
    descent = c1 * slope
    best = _Point(0.0, value, slope)  # the lowest so far
    other = _Point(0.0, value, slope)  # the other end of the interval
    bracketed, on_line = False, True
    low, high, edge = 0.0, 5 * step, math.inf  # the function is finite below edge
    width, width_before = math.inf, math.inf
    for evaluation in range(max_evaluations):
        if step >= edge:
            step = best.step + (edge - best.step) / 2
        here = _Point(step, *along(step))
        if not math.isfinite(here.value) or not math.isfinite(here.slope):
            edge = step
            step = best.step + (step - best.step) / 10
            continue
        enough = here.value <= value + step * descent
        if enough and abs(here.slope) <= -c2 * slope:
            return step, here.value, True
        stuck = bracketed and (not low < step < high or high - low <= min_interval * high)
        if stuck or evaluation == max_evaluations - 1:
            break
        if on_line and enough and here.slope >= 0:
            on_line = False
        if on_line and here.value <= best.value and not enough:
            tilted = (
                _Point(p.step, p.value - p.step * descent, p.slope - descent)
                for p in (best, other, here)
            )
            a, b, c = tilted
            step, a, b, bracketed = _interpolate(a, b, c, bracketed, low, high)
            best, other = (
                _Point(p.step, p.value + p.step * descent, p.slope + descent) for p in (a, b)
            )
        else:
            step, best, other, bracketed = _interpolate(best, other, here, bracketed, low, high)
        if bracketed:
            if abs(other.step - best.step) >= 0.66 * width_before:
                step = best.step + (other.step - best.step) / 2
            width_before, width = width, abs(other.step - best.step)
            low, high = sorted((best.step, other.step))
            if not low < step < high or high - low <= min_interval * high:
                step = best.step
        else:
            low = step + 1.1 * (step - best.step)
            high = step + 4 * (step - best.step)
    if here.step != best.step:
        here = _Point(best.step, *along(best.step))
    return here.step, here.value, False


def _interpolate(
    best: _Point, other: _Point, here: _Point, bracketed: bool, low: float, high: float
) -> tuple[float, _Point, _Point, bool]:
    """Return the next step to try and the interval that takes in ``here``: the paper's 4 cases."""
    opposite = here.slope * math.copysign(1, best.slope) < 0
    if here.value > best.value:  # 1: higher: the minimum lies between
        cubic, quadratic = _cubic(best, here), _quadratic(best, here)
        closer = abs(cubic - best.step) < abs(quadratic - best.step)
        step = cubic if closer else cubic + (quadratic - cubic) / 2
        bracketed = True
    elif opposite:  # 2: lower, slope of the other sign: the minimum lies between
        cubic, secant = _cubic(here, best), _secant(here, best)
        step = cubic if abs(cubic - here.step) > abs(secant - here.step) else secant
        bracketed = True
    elif abs(here.slope) < abs(best.slope):  # 3: lower, flatter: further on
        cubic, secant = _cubic_beyond(best, here, low, high), _secant(here, best)
        cubic_closer = abs(cubic - here.step) < abs(secant - here.step)
        if bracketed:
            step = cubic if cubic_closer else secant
            limit = here.step + 0.66 * (other.step - here.step)
            step = min(limit, step) if here.step > best.step else max(limit, step)
        else:
            step = min(max(secant if cubic_closer else cubic, low), high)
    elif bracketed:  # 4: lower, no flatter
        step = _cubic(here, other)
    else:
        step = high if here.step > best.step else low
    if here.value > best.value:
        return step, best, here, bracketed
    return step, here, best if opposite else other, bracketed


def _cubic(a: _Point, b: _Point) -> float:
    """Return the minimum of the cubic with the values and slopes of a and b."""
    theta = 3 * (a.value - b.value) / (b.step - a.step) + a.slope + b.slope
    scale = max(abs(theta), abs(a.slope), abs(b.slope))
    root = (theta / scale) ** 2 - (a.slope / scale) * (b.slope / scale)
    gamma = math.copysign(scale * math.sqrt(max(root, 0.0)), b.step - a.step)
    r = (gamma - a.slope + theta) / (2 * gamma - a.slope + b.slope)
    return a.step + r * (b.step - a.step)


def _cubic_beyond(best: _Point, here: _Point, low: float, high: float) -> float:
    """Return the cubic's minimum if it lies beyond ``here``, else an end of the interval."""
    theta = 3 * (best.value - here.value) / (here.step - best.step) + best.slope + here.slope
    scale = max(abs(theta), abs(best.slope), abs(here.slope))
    root = (theta / scale) ** 2 - (best.slope / scale) * (here.slope / scale)
    gamma = math.copysign(scale * math.sqrt(max(root, 0.0)), best.step - here.step)
    r = (gamma - here.slope + theta) / (2 * gamma + best.slope - here.slope)
    if r < 0 and gamma != 0:
        return here.step + r * (best.step - here.step)
    return high if here.step > best.step else low


def _quadratic(a: _Point, b: _Point) -> float:
    """Return the minimum of the parabola with both values and the slope of a."""
    r = a.slope / ((a.value - b.value) / (b.step - a.step) + a.slope) / 2
    return a.step + r * (b.step - a.step)


def _secant(a: _Point, b: _Point) -> float:
    """Return the step where the slope is zero, interpolated linearly between a and b."""
    return a.step + a.slope / (a.slope - b.slope) * (b.step - a.step)
