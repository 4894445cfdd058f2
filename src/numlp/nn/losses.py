"""Losses: each class turns the network's last outputs into one number and its gradient.

Notation, beside that of ``layers.py``:

    Z           logits (n, n_classes), the outputs of the last layer
    P           predictions: probabilities, or Z itself for squared error
    u           weight of each sample in the mean, wᵢ / Σⱼ wⱼ, or 1/n without weights

Softmax and cross-entropy are one class, sigmoid and binary cross-entropy another: apart they
overflow, together they simplify.  A batch whose weights are all zero has loss 0 and gradient 0.

``more/losses.py`` has the Brier score and the focal loss.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from .arrays import Array, Labels, Shape
from .described import Described, check_share

FEW_CLASSES = 64  # up to so many, copying Z transposed costs less than working on short rows


class Loss(Described):
    """A loss: the weighted mean of one number for each sample.

    Like a layer it owns no arrays: the network binds the ``scratch`` that it asks for.  It sees one
    batch of rows, whether they are of one net or of many.

    Attributes
    ----------
    of_classes : bool
        Whether y is one class for each row; else, and by default, a target for each output.
    u : Array of shape (n, 1), or float
        Weight of each sample, or 1/n; set by ``forward``, read by ``backward``.
    each : Array of shape (n,)
        The loss of each row, without its weight; set by ``forward``.

    Examples
    --------
    >>> class AbsoluteError(Loss):  # L = Σᵢ uᵢ |P[i] - y[i]|, of one output
    ...     def activate(self, Z):
    ...         pass  # P is Z
    ...     def forward(self, Z, y, weight):
    ...         return self.mean_loss(np.abs(Z[:, 0] - y), weight)
    ...     def backward(self, P, y, dZ):
    ...         dZ[:] = self.u * np.sign(P - y[:, None])
    >>> from numlp.nn import Dense, Network
    >>> network = Network([Dense(1, 1)], loss=AbsoluteError())
    >>> network.evaluate(np.zeros((2, 1), np.float32), np.array([1.0, 3.0]))
    2.0
    """

    of_classes: ClassVar[bool] = False  # is y one class for each row, or a target for each output?
    u: Array | float  # (n, 1), or 1/n; set by forward, read by backward
    each: Array  # (n,), the loss of each row; set by forward

    def scratch(self, n: int, n_out: int) -> Mapping[str, tuple[Shape, type | None]]:
        """Buffer name -> (shape for a batch of n rows, dtype); None is the network's dtype.

        Parameters
        ----------
        n, n_out : int
            Rows of the batch, of all nets together, and outputs.

        Returns
        -------
        mapping of str to (shape, dtype)
            What the network binds as attributes of these names; empty by default.
        """
        return {}

    def fill_scratch(self) -> None:
        """Fill the scratch that is the same for every batch; called whenever it is bound."""

    def activate(self, Z: Array) -> None:
        """Turn the logits Z into P, in place.

        Parameters
        ----------
        Z : Array of shape (n, n_out)
            Logits, which become P.
        """
        raise NotImplementedError

    def forward(self, Z: Array, y: Labels, weight: Array | None) -> float:
        """Turn the logits Z into P, in place, and return the mean loss.

        Parameters
        ----------
        Z : Array of shape (n, n_out)
            Logits, which become P.
        y : Array of shape (n,) or (n, n_out)
            Targets, as ``check_targets`` takes them.
        weight : Array of shape (n,), or None
            Weight of each sample in the mean, 0 or more; None weighs all alike.

        Returns
        -------
        float
            Σᵢ uᵢ times the loss of sample i.
        """
        raise NotImplementedError

    def backward(self, P: Array, y: Labels, dZ: Array) -> None:
        """Fill dZ, the gradient with respect to the logits that ``forward`` got.

        Parameters
        ----------
        P : Array of shape (n, n_out)
            What ``forward`` made of the logits.
        y : Array of shape (n,) or (n, n_out)
            The targets that ``forward`` got.
        dZ : Array of shape (n, n_out)
            Filled with the gradient.
        """
        raise NotImplementedError

    def check_targets(self, y: Labels, n_out: int) -> None:
        """Raise a ValueError if y cannot be the target of a network with n_out outputs.

        Parameters
        ----------
        y : Array of shape (n,) or (n, n_out)
            Class indices, or a target for each output, as the loss takes them.
        n_out : int
            Outputs of the network.

        Raises
        ------
        ValueError
            If y has another shape, dtype or range.
        """
        if y.ndim not in (1, 2) or (y.size != len(y) * n_out):
            raise ValueError(
                f"y has shape {y.shape}, but {type(self).__name__} of {n_out} outputs takes "
                f"(n, {n_out})" + (" or (n,)" if n_out == 1 else "")
            )

    def mean_loss(self, sample_loss: Array, weight: Array | None) -> float:
        """Return Σᵢ uᵢ sample_lossᵢ, and keep u for ``backward``.

        Parameters
        ----------
        sample_loss : Array of shape (n,)
            The loss of each row.
        weight : Array of shape (n,), or None
            Weight of each sample; None weighs all alike.

        Returns
        -------
        float
            The mean; 0 if all weights are 0.
        """
        self.each = sample_loss
        if weight is None:
            self.u = 1 / len(sample_loss)
            return float(np.add.reduce(sample_loss)) * self.u
        total = float(weight.sum())
        self.u = (weight / total if total else np.zeros_like(weight))[:, None]
        return float(self.u[:, 0] @ sample_loss)


class SquaredError(Loss):
    """Mean squared error over samples and outputs.

    ::

        P = Z
        L = Σᵢ uᵢ (1/n_out) Σₖ (P[i, k] - y[i, k])²
        dZ = u ⊙ (2/n_out) (P - y)

    y is (n, n_out), or (n,) where there is one output.

    Examples
    --------
    >>> from numlp.nn import Dense, Network
    >>> network = Network([Dense(2, 2)], loss=SquaredError())
    >>> network.layers[0].W[:] = np.eye(2)
    >>> Z = np.array([[2, 1]], np.float32)  # logits
    >>> round(network.evaluate(Z, np.array([[0.0, 2.0]])), 3)
    2.5
    """

    D: Array
    sample_loss: Array

    def scratch(self, n: int, n_out: int) -> Mapping[str, tuple[Shape, type | None]]:
        return {"D": ((n, n_out), None), "sample_loss": ((n,), None)}

    def activate(self, Z: Array) -> None:
        """Leave Z as it is: P is Z.

        Parameters
        ----------
        Z : Array of shape (n, n_out)
            Outputs of the last layer.
        """

    def forward(self, Z: Array, y: Labels, weight: Array | None) -> float:
        np.subtract(Z, y.reshape(Z.shape), out=self.D)
        np.einsum("ik,ik->i", self.D, self.D, out=self.sample_loss)
        self.sample_loss /= Z.shape[1]
        return self.mean_loss(self.sample_loss, weight)

    def backward(self, P: Array, y: Labels, dZ: Array) -> None:
        np.multiply(self.D, 2 / P.shape[1], out=dZ)
        dZ *= self.u


class SigmoidCrossEntropy(Loss):
    """Binary cross-entropy of one output, or of several independent ones (multilabel).

    ::

        P = σ(Z)
        t = (1 - s) y + s/2                                   s: label smoothing
        L = Σᵢ uᵢ Σₖ -(t log P + (1 - t) log(1 - P))[i, k]
        dZ = u ⊙ (P - t)

    Computed as ``max(Z, 0) - t Z + log(1 + exp(-|Z|))``, so that exp never overflows and log
    never meets 0.  y is (n, n_out) of 0 and 1, or (n,) where there is one output.  The outputs'
    losses are summed: the negative log-likelihood of the sample's labels.

    Parameters
    ----------
    label_smoothing : float, default 0.0
        s, in [0, 1): how far the targets move from 0 and 1 towards a half (Szegedy et al. 2016).

    Raises
    ------
    ValueError
        If ``label_smoothing`` is not in [0, 1).

    Examples
    --------
    >>> from numlp.nn import Dense, Network
    >>> network = Network([Dense(2, 2)], loss=SigmoidCrossEntropy())
    >>> network.layers[0].W[:] = np.eye(2)
    >>> Z = np.array([[2, 1]], np.float32)  # logits
    >>> round(network.evaluate(Z, np.array([[1, 0]])), 3)
    1.44
    """

    E: Array
    S: Array
    D: Array
    t: Array
    sample_loss: Array

    def __init__(self, label_smoothing: float = 0.0) -> None:
        self.label_smoothing = check_share("label_smoothing", label_smoothing)

    def scratch(self, n: int, n_out: int) -> Mapping[str, tuple[Shape, type | None]]:
        full = ((n, n_out), None)
        return {"E": full, "S": full, "D": full, "t": full, "sample_loss": ((n,), None)}

    def check_targets(self, y: Labels, n_out: int) -> None:
        super().check_targets(y, n_out)
        check_indicators(y)

    def activate(self, Z: Array) -> None:
        """Turn Z into ``P = exp(min(Z, 0)) / (1 + E)``, with ``E = exp(-|Z|)``.

        Parameters
        ----------
        Z : Array of shape (n, n_out)
            Logits, which become P.
        """
        np.copysign(Z, -1, out=self.E)
        np.exp(self.E, out=self.E)
        self._divide(Z)

    def _divide(self, Z: Array) -> None:
        """Turn Z into P, given E; E becomes 1 + E."""
        np.minimum(Z, 0, out=Z)
        np.exp(Z, out=Z)
        self.E += 1
        Z /= self.E

    def forward(self, Z: Array, y: Labels, weight: Array | None) -> float:
        E, S, D, t = self.E, self.S, self.D, self.t
        np.copyto(t, y.reshape(Z.shape))
        if s := self.label_smoothing:
            t *= 1 - s
            t += s / 2
        np.maximum(Z, 0, out=S)
        S -= np.multiply(t, Z, out=D)
        np.copysign(Z, -1, out=E)
        np.exp(E, out=E)
        S += np.log1p(E, out=D)
        np.add.reduce(S, axis=1, out=self.sample_loss)
        self._divide(Z)
        return self.mean_loss(self.sample_loss, weight)

    def backward(self, P: Array, y: Labels, dZ: Array) -> None:
        np.subtract(P, self.t, out=dZ)
        dZ *= self.u


class SoftmaxLoss(Loss):
    """A loss of one class out of several: the softmax, and the targets that it takes.

    ::

        P = softmax(Z)                    P[i, k] = exp(Z[i, k] - maxᵢ) / totalᵢ
        totalᵢ = Σⱼ exp(Z[i, j] - maxᵢ)

    Subtracting the largest logit of its row changes no P, and exp never overflows then.

    y is (n,), integers in [0, K), with K the number of classes.
    """

    of_classes = True
    rows: NDArray[np.intp]
    row_max: Array
    total: Array
    T: Array

    def scratch(self, n: int, n_out: int) -> Mapping[str, tuple[Shape, type | None]]:
        transposed = (n_out, n) if n_out <= FEW_CLASSES else (0, 0)
        each = ((n,), None)
        return {"rows": ((n,), np.intp), "row_max": each, "total": each, "T": (transposed, None)}

    def fill_scratch(self) -> None:
        self.rows[:] = np.arange(len(self.rows))

    def check_targets(self, y: Labels, n_out: int) -> None:
        if y.ndim != 1 or not np.issubdtype(y.dtype, np.integer):
            raise ValueError(
                f"y has shape {y.shape} and dtype {y.dtype}, but {type(self).__name__} takes "
                "class indices: integers of shape (n,)"
            )
        if y.size and not 0 <= y.min() <= y.max() < n_out:
            raise ValueError(
                f"y has classes {y.min()} to {y.max()}, but there are 0 to {n_out - 1}"
            )

    def activate(self, Z: Array) -> None:
        self._to_probabilities(self._less_max(Z), Z)

    def _less_max(self, Z: Array) -> Array:
        """Return T = (Z - max)ᵀ, (K, n): a copy where classes are few, else a view of Z.

        NumPy is slow on rows of few numbers: K rows of n are faster than n rows of a small K.
        """
        T = Z.T
        if Z.shape[1] <= FEW_CLASSES and len(Z) > 1:
            np.copyto(self.T, T)
            T = self.T
        np.maximum.reduce(T, axis=0, out=self.row_max)
        with np.errstate(over="ignore"):  # -inf is fine: its exp is 0
            T -= self.row_max
        return T

    def _to_probabilities(self, T: Array, Z: Array) -> None:
        """Turn T, as ``_less_max`` returns it, into P; Z becomes P too."""
        np.exp(T, out=T)
        np.add.reduce(T, axis=0, out=self.total)
        T /= self.total
        if T is self.T:
            np.copyto(Z, T.T)


class SoftmaxCrossEntropy(SoftmaxLoss):
    """Cross-entropy of one class out of several.

    ::

        P = softmax(Z)                    P[i, k] = exp(Z[i, k]) / Σⱼ exp(Z[i, j])
        t = (1 - s) onehot(y) + s/K       s: label smoothing, K: number of classes
        L = Σᵢ uᵢ Σₖ -(t log P)[i, k]
        dZ = u ⊙ (P - t)

    Computed as ``log Σⱼ exp(Z[i, j] - maxᵢ) - Σₖ t[i, k] (Z[i, k] - maxᵢ)``, so that exp never
    overflows and log never meets 0; onehot(y) is never built.  y is (n,), integers in [0, K).

    Parameters
    ----------
    label_smoothing : float, default 0.0
        s, in [0, 1): how far the targets move towards 1/K (Szegedy et al. 2016).

    Raises
    ------
    ValueError
        If ``label_smoothing`` is not in [0, 1).

    Examples
    --------
    >>> from numlp.nn import Dense, Network
    >>> network = Network([Dense(2, 2)], loss=SoftmaxCrossEntropy())
    >>> network.layers[0].W[:] = np.eye(2)
    >>> Z = np.array([[2, 1]], np.float32)  # logits
    >>> round(network.evaluate(Z, np.array([0])), 3)
    0.313
    """

    def __init__(self, label_smoothing: float = 0.0) -> None:
        self.label_smoothing = check_share("label_smoothing", label_smoothing)

    def forward(self, Z: Array, y: Labels, weight: Array | None) -> float:
        s, total = self.label_smoothing, self.total
        T = self._less_max(Z)
        target = T[y, self.rows]  # Σₖ t (Z - max), where s is 0
        if s:
            target *= 1 - s
            target += np.full(len(T), s / len(T), T.dtype) @ T
        self._to_probabilities(T, Z)
        np.log(total, out=total)
        return self.mean_loss(np.subtract(total, target, out=target), weight)

    def backward(self, P: Array, y: Labels, dZ: Array) -> None:
        np.copyto(dZ, P)
        dZ[self.rows, y] -= 1 - self.label_smoothing
        if self.label_smoothing:
            dZ -= self.label_smoothing / P.shape[1]
        dZ *= self.u


def check_indicators(y: Labels) -> None:
    """Raise a ValueError unless every target is from 0 to 1."""
    if y.size and not (y.min() >= 0 and y.max() <= 1):
        raise ValueError(f"y goes from {y.min()} to {y.max()}, but has to be from 0 to 1")
