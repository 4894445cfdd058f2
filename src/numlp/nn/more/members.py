"""Members: k nets of the same layers that train in one pass."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays import Array, Labels
from ..layers import Layer
from ..losses import Loss
from ..network import Network, penalize
from ..optimizers import clip_by_norm


class Members(Network):
    """k nets of the same layers, an ensemble, that train in one pass.

    Each member trains on its own mean loss, as if it were alone.  An array that has a row for each
    sample has one more axis in front, (k, n, …): ``predict`` returns (k, n, n_out).  What is given
    without that axis, X of shape (n, n_in), is the same for all members.  In ``theta`` the members
    stand side by side in each parameter::

        theta = [ W₁ of all | W₂ of all | … | b₁ of all | b₂ of all | … ]

    and ``member`` gathers the parameters of one of them.

    Parameters
    ----------
    layers : sequence of Layer
        The layers of one net.
    k : int
        Number of members.
    **settings
        The other arguments of ``Network``.

    Attributes
    ----------
    losses : Array of shape (k,)
        The loss of each member, added up over all batches since its owner filled it with zeros.

    Raises
    ------
    ValueError
        If ``k`` is below 1, and where ``Network`` raises it.

    Examples
    --------
    Five members, and the third by itself:

    >>> from numlp.nn import Dense, ReLU
    >>> layers = [Dense(2, 8), ReLU(), Dense(8, 3)]
    >>> members = Members(layers, k=5)
    >>> members.init([np.random.default_rng(seed) for seed in range(5)])
    >>> X = np.zeros((4, 2), np.float32)
    >>> members.predict(X).shape
    (5, 4, 3)
    >>> network = Network([Dense(2, 8), ReLU(), Dense(8, 3)])
    >>> network.theta[:] = members.member(2)
    >>> bool((network.predict(X) == members.predict(X)[2]).all())
    True
    """

    def __init__(self, layers: Sequence[Layer], k: int, **settings: Any) -> None:
        if k < 1:
            raise ValueError(f"Members: k={k}, but it has to be at least 1")
        self.k, self.front = k, (k,)
        self.losses = np.zeros(k)
        self._y_buffer: Labels = np.empty((0, 0))  # of targets that all members share
        super().__init__(layers, **settings)

    def _bind_parameters(self, theta: Array | None) -> None:
        super()._bind_parameters(theta)
        for layer, name, _ in self.parameters:
            if len(layer.shapes[name]) == 1:  # (k, 1, n_out): a vector broadcasts over the rows
                setattr(layer, name, getattr(layer, name)[:, None])

    # One member

    def member(self, m: int, theta: Array | None = None) -> Array:
        """Return the parameters of member m, in the order of a ``Network``.

        Parameters
        ----------
        m : int
            Number of the member, from 0.
        theta : Array of shape (n_params,), optional
            Take them from this copy of the network's (the best epoch, a checkpoint).

        Returns
        -------
        Array of shape (n_params / k,)
            A new vector.
        """
        return np.concatenate(self.member_views(m, self.theta if theta is None else theta))

    def set_member(self, m: int, theta: Array, into: Array | None = None) -> None:
        """Make ``theta`` the parameters of member m, here or in ``into``; see ``member``.

        Parameters
        ----------
        m : int
            Number of the member, from 0.
        theta : Array of shape (n_params / k,)
            Parameters in the order of a ``Network``.
        into : Array of shape (n_params,), optional
            Write into this vector; by default into the network's own.

        Raises
        ------
        ValueError
            If ``theta`` has another shape.
        """
        size = self.n_params // self.k
        if theta.shape != (size,):
            raise ValueError(f"theta has shape {theta.shape}, but a member has {size} parameters")
        start = 0
        for own in self.member_views(m, self.theta if into is None else into):
            own[:] = theta[start : start + len(own)]
            start += len(own)

    def member_views(self, m: int, vector: Array) -> list[Array]:
        """Return views of member m's share of ``theta``, ``grad`` or the like, one a parameter.

        Parameters
        ----------
        m : int
            Number of the member, from 0.
        vector : Array of shape (n_params,), or (n_decayed,)
            The first ``n_decayed`` elements give views of the matrices alone.

        Returns
        -------
        list of Array of shape (size,)
            Flat views, in the order of ``parameters``.
        """
        slices = (part for _, _, part in self.parameters if part.stop <= len(vector))
        return [vector[part].reshape(self.k, -1)[m] for part in slices]

    # Training

    def loss_and_grad(self, X: Array, y: Labels, weight: Array | None = None) -> float:
        """Return the mean of the members' losses; ``grad`` becomes each one's own gradient.

        Parameters
        ----------
        X : Array of shape (n, n_in), or (k, n, n_in)
            The same rows for all members, or rows for each.
        y : Array of shape (n,) or (n, n_out), or (k, n) or (k, n, n_out)
            Targets as the loss takes them.
        weight : Array of shape (n,), or (k, n), optional
            Weight of each sample in its member's mean; equal by default.

        Returns
        -------
        float
            L2 included; a member whose weights are all 0 counts with a loss of 0.
        """
        return super().loss_and_grad(self._for_each(X), y, weight)

    def _for_each(self, X: Array) -> Array:
        """Return rows as (k, n, n_in); shared rows are seen k times, not copied."""
        return X if X.ndim == 3 else np.broadcast_to(X, (self.k, *X.shape))

    def _loss_and_gradient(self, P: Array, y: Labels, weight: Array | None, dZ: Array) -> float:
        # The loss sees the rows of all members as one batch, of which each member has an equal
        # share.  Then u becomes each member's own: 1/n in place of 1/(k n).
        n = P.shape[-2]
        P, dZ = P.reshape(-1, self.n_out), dZ.reshape(-1, self.n_out)
        y = self._y_rows(y, has_own(y, self.k, n, self.n_out, self.loss))
        share = None if weight is None else shares_of(weight, self.k, n).reshape(-1)
        self.loss.forward(P, y, share)
        # Each member's rows are added up by themselves: so its loss has the same bits beside any
        # number of others.
        each = self.loss.each if share is None else self.loss.each * share
        losses = each.reshape(self.k, n).astype(np.float64).sum(axis=1)
        if share is None:
            losses /= n
        self.losses += losses
        self.loss.u = 1 / n if share is None else share[:, None]
        self.loss.backward(P, y, dZ)
        return float(losses.mean())  # a member without weight has a loss of 0, and counts

    def _y_rows(self, y: Labels, own: bool) -> Labels:
        """Return the targets of all members' rows, one member below the other."""
        if not own:
            if self._y_buffer.shape[1:] != y.shape or self._y_buffer.dtype != y.dtype:
                self._y_buffer = np.empty((self.k, *y.shape), y.dtype)
            self._y_buffer[:] = y
            y = self._y_buffer
        return y.reshape(-1, *y.shape[2:])

    def add_l2(self, n: int, weight: Array | None) -> float:
        if not self.l2_of_sum or weight is None or weight.ndim == 1:
            return super().add_l2(n, weight) / self.k
        W, dW = self.theta[: self.n_decayed], self.grad[: self.n_decayed]
        penalty = 0.0
        for m, total in enumerate(weight.sum(axis=-1).tolist()):
            if total:
                pairs = zip(self.member_views(m, W), self.member_views(m, dW), strict=True)
                penalty += sum(penalize(*pair, self.l2 / total) for pair in pairs)
        return penalty / self.k

    def clip_grad(self, max_norm: float) -> None:
        """Scale the gradient of each member down to the length ``max_norm``, if it is longer.

        Parameters
        ----------
        max_norm : float
            Longest Euclidean norm of one member's gradient.
        """
        for m in range(self.k):
            clip_by_norm(self.member_views(m, self.grad), max_norm)

    # Inference

    def _rows(self, X: Array, block: slice) -> Array:
        return X[:, block] if X.ndim == 3 else self._for_each(X[block])

    def evaluate(self, X: Array, y: Labels, weight: Array | None = None) -> float:
        """Return the mean of the members' losses at inference, without L2.

        Parameters
        ----------
        X, y, weight : Array, optional for weight
            As in ``loss_and_grad``, in shape and meaning, with any number of rows.

        Returns
        -------
        float
            A member whose weights are all 0 counts with a loss of 0.
        """
        n = X.shape[-2]
        shares = shares_of(np.ones(n, self.dtype) if weight is None else weight, self.k, n)
        own = has_own(y, self.k, n, self.n_out, self.loss)
        total = 0.0
        for block in self.blocks(n):
            Z = self.pass_through(self._rows(X, block), activate=False).reshape(-1, self.n_out)
            share = shares[:, block].ravel()
            targets = self._y_rows(y[:, block] if own else y[block], own)
            total += float(share.sum()) * self.loss.forward(Z, targets, share)
        return total / self.k

    def _settings(self) -> dict[str, Any]:
        return {**super()._settings(), "k": self.k}

    def __repr__(self) -> str:
        return f"Members({self.layers!r}, k={self.k}, loss={self.loss!r}, l2={self.l2!r})"


def has_own(y: Labels, k: int, n: int, n_out: int, loss: Loss) -> bool:
    """Whether each member has targets of its own, (k, n) or (k, n, n_out)."""
    return y.shape[:2] == (k, n) and (loss.of_classes or y.shape != (n, n_out))


def shares_of(weight: Array, k: int, n: int) -> Array:
    """Return the share of each row in its member's mean, (k, n): a row of shares sums to 1, or 0.

    >>> shares_of(np.array([[1.0, 3.0], [0.0, 0.0]]), 2, 2)
    array([[0.25, 0.75],
           [0.  , 0.  ]])
    """
    total = weight.sum(axis=-1, keepdims=True)
    total[total == 0] = 1
    return np.broadcast_to(weight / total, (k, n))
