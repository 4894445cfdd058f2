"""The network: layers in a row, and all the memory they use."""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import Array, DType, Labels, Shape
from .layers import Dense, Layer
from .losses import Loss, SoftmaxCrossEntropy
from .members import generators, has_own, shares_of
from .memory import check_room
from .optimizers import Group
from .penalty import penalize
from .summary import Described

PREDICT_ROWS = 1024  # rows of one block of a prediction: the activations stay in cache

Rule = Callable[[Layer, str], tuple[float, float]]  # of a parameter: factors on lr, weight decay


class Network(Described):
    """Layers applied one after another, with every parameter in one flat vector.

    ``theta`` holds all the parameters and ``grad`` their gradients, in the same order: matrices
    first, then vectors.

    ::

        theta = [ W₁ | W₂ | … | b₁ | b₂ | … ]
                 └ n_decayed ┘

    Each layer works on views (``layer.W``, ``layer.dW``), so whatever handles the model as a
    whole is one vector operation: an optimizer step, a checkpoint, the best epoch so far, a
    gradient norm, a gradient check, an average over machines.  Write ``theta[:] = v``, never
    ``theta = v``, which would leave the layers with the old vector.

    A network serves one thread at a time: passes share its workspace.  ``replica`` makes one more.

    With ``members=k`` it is k nets of the same layers, an ensemble, that train in one pass: each
    on its own mean loss, as if it were alone.  What has a row for each sample then has one more
    axis in front, (k, n, …); without that axis it is the same for all.  In ``theta`` the members
    stand side by side in each parameter::

        theta = [ W₁ of all | W₂ of all | … | b₁ of all | b₂ of all | … ]

    and ``member`` gathers what belongs to one of them.

    Parameters
    ----------
    layers : sequence of Layer
        At least one of them Dense, which says how wide the network is.
    n_in : int, optional
        Columns of X; needed where a layer before the first Dense changes their number.
    loss : Loss, default SoftmaxCrossEntropy()
    l2 : float, default 0.0
        Adds ``l2/2 Σ W²`` over all matrices, biases excluded, to the training loss.
    l2_of_sum : bool, default False
        Whether it is added to the sum of the samples' losses instead of their mean, as
        scikit-learn does: then a larger batch weakens it.
    max_batch : int, default 256
        Rows to allocate memory for at once.  It grows when a batch has more.
    dtype : float32 (the default) to train, float64 to check gradients
    theta : Array of shape (n_params,), optional
        Work on these parameters (shared with another network, a process, a file) in place of a
        fresh vector of zeros.
    members : int, optional
        How many nets it is; by default one, and no axis for it.

    Examples
    --------
    >>> from numlp.nn import ReLU
    >>> network = Network([Dense(2, 8), ReLU(), Dense(8, 3)])
    >>> network.init(np.random.default_rng(0))
    >>> X = np.zeros((4, 2), np.float32)
    >>> network.predict(X).shape
    (4, 3)
    >>> loss = network.loss_and_grad(X, np.array([0, 1, 2, 0]))
    >>> network.theta.shape == network.grad.shape == (51,)
    True

    Five of them, and the third by itself:

    >>> ensemble = Network([Dense(2, 8), ReLU(), Dense(8, 3)], members=5)
    >>> ensemble.init([np.random.default_rng(seed) for seed in range(5)])
    >>> ensemble.predict(X).shape
    (5, 4, 3)
    >>> network.theta[:] = ensemble.member(2)
    >>> bool((network.predict(X) == ensemble.predict(X)[2]).all())
    True
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        *,
        n_in: int | None = None,
        loss: Loss | None = None,
        l2: float = 0.0,
        l2_of_sum: bool = False,
        max_batch: int = 256,
        dtype: DType = np.float32,
        theta: Array | None = None,
        members: int | None = None,
    ) -> None:
        self.layers = list(layers)
        self.loss = SoftmaxCrossEntropy() if loss is None else copy.copy(loss)
        self.l2, self.l2_of_sum = l2, l2_of_sum
        self.max_batch = max_batch
        self.dtype = np.dtype(dtype).type
        if self.dtype not in (np.float32, np.float64):
            raise ValueError(f"dtype={dtype!r}, but a network computes in float32 or float64")
        if members is not None and members < 1:
            raise ValueError(f"members={members}, but a network has at least 1")
        self.members = members
        self._front: Shape = () if members is None else (members,)  # axes in front of the rows
        self._copies = 1 if members is None else members
        self._build(n_in)
        self._bind_parameters(theta)
        self._allocate_workspace(max_batch)

    def _build(self, n_in: int | None) -> None:
        if len(set(map(id, self.layers))) < len(self.layers):
            raise ValueError("a layer stands in the network twice: make one object for each place")
        for layer in self.layers:
            if any(isinstance(value, np.ndarray) for value in vars(layer).values()):
                raise ValueError(
                    f"{layer!r} is part of another network: give this one copy.copy(layer)"
                )
        widths = [layer.n_in for layer in self.layers if isinstance(layer, Dense)]
        if not widths:
            raise ValueError("a network needs at least one Dense layer, which gives its width")
        width = self.n_in = widths[0] if n_in is None else n_in
        for layer in self.layers:
            width = layer.build(width)
        self.n_out = width

    def _bind_parameters(self, theta: Array | None) -> None:
        params = [(lay, name, s) for lay in self.layers for name, s in lay.shapes.items()]
        params.sort(key=lambda p: not _is_decayed(p[0], p[1]))  # stable: matrices, then vectors
        self.n_params = self._copies * sum(math.prod(shape) for _, _, shape in params)
        self.n_decayed = self._copies * sum(
            math.prod(s) for lay, name, s in params if _is_decayed(lay, name)
        )
        outputs = self._size(self.max_batch, sum(layer.n_out for layer in self.layers))
        check_room(self.n_params, outputs, np.dtype(self.dtype).itemsize)
        if theta is None:
            theta = np.zeros(self.n_params, self.dtype)
        if theta.shape != (self.n_params,) or theta.dtype != self.dtype:
            raise ValueError(
                f"theta has shape {theta.shape} and dtype {theta.dtype}, but this network has "
                f"{self.n_params} parameters of {np.dtype(self.dtype)}"
            )
        self.theta = theta
        self.grad = np.zeros(self.n_params, self.dtype)
        self._parameters: list[tuple[Layer, str, slice]] = []  # and where they lie in theta
        start = 0
        for layer, name, shape in params:
            part = slice(start, start + self._copies * math.prod(shape))
            # With members, a vector broadcasts over the rows; its gradient is a sum over them.
            over_rows = (1,) if self._front and len(shape) == 1 else ()
            setattr(layer, name, self.theta[part].reshape(*self._front, *over_rows, *shape))
            setattr(layer, "d" + name, self.grad[part].reshape(*self._front, *shape))
            self._parameters.append((layer, name, part))
            start = part.stop
        # Below the first layer with parameters there is nothing to compute a gradient for.
        self._first = next(i for i, layer in enumerate(self.layers) if layer.shapes)

    def _allocate_workspace(self, capacity: int) -> None:
        """Flat buffers for ``capacity`` rows; ``_bind_batch`` cuts views out of them."""
        self._capacity, self._n = capacity, -1
        self._buffers: list[tuple[Array, Array]] = []  # of each layer: its Y and its dY
        self._scratch: list[tuple[Layer | Loss, str, NDArray[Any]]] = []
        for i, layer in enumerate(self.layers):
            # i > 0: the first layer must not write over the caller's X
            if layer.in_place and i > 0 and not self.layers[i - 1].reads_Y:
                self._buffers.append(self._buffers[-1])
            else:
                size = self._size(capacity, layer.n_out)
                self._buffers.append((np.empty(size, self.dtype), np.empty(size, self.dtype)))
        for owner, name, shape, dtype in self._scratch_of(capacity):
            self._scratch.append((owner, name, np.empty(math.prod(shape), dtype)))
        # The loss turns the last outputs into P, in place, unless backward still reads them.
        self._keeps_Z = self.layers[-1].reads_Y
        self._P_buffer = self._buffers[-1][0]
        if self._keeps_Z:
            self._P_buffer = np.empty(self._size(capacity, self.n_out), self.dtype)
        self._y_buffer: Labels = np.empty((0, 0))  # of targets shared by the members

    def _size(self, n: int, width: int) -> int:
        return self._copies * n * width

    def _scratch_of(self, n: int) -> Iterator[tuple[Layer | Loss, str, Shape, type]]:
        for layer in self.layers:
            for name, (shape, dtype) in layer.scratch(n).items():
                yield layer, name, (*self._front, *shape), dtype or self.dtype
        n_rows = self._copies * n
        for name, (shape, dtype) in self.loss.scratch(n_rows, self.n_out).items():
            yield self.loss, name, shape, dtype or self.dtype

    def _bind_batch(self, n: int) -> None:
        """Make every view just n rows long; a run changes n twice an epoch at most."""
        if n == self._n:
            return
        if n > self._capacity:
            self._allocate_workspace(n)
        self._n = n
        self._Y, self._dY = [], []
        for layer, (Y, dY) in zip(self.layers, self._buffers, strict=True):
            size, shape = self._size(n, layer.n_out), (*self._front, n, layer.n_out)
            self._Y.append(Y[:size].reshape(shape))
            self._dY.append(dY[:size].reshape(shape))
        P = self._P_buffer[: self._size(n, self.n_out)]
        self._P = P.reshape(*self._front, n, self.n_out)
        self._P_rows = P.reshape(-1, self.n_out)  # the members' rows one below the other
        for (owner, name, shape, _), (_, _, buffer) in zip(
            self._scratch_of(n), self._scratch, strict=True
        ):
            setattr(owner, name, buffer[: math.prod(shape)].reshape(shape))
        for layer in self.layers:
            layer.fill_scratch()
        self.loss.fill_scratch()

    _Y: list[Array]
    _dY: list[Array]

    def init(self, rng: np.random.Generator | Sequence[np.random.Generator]) -> None:
        """Draw the starting parameters; Dropout keeps ``rng`` to draw its masks from.

        With members it is one generator for each, which starts as a network without would.
        """
        rngs = generators("init", rng, self._copies)
        for layer in self.layers:
            layer.init(*rngs)

    def adapt(self, X: Array, rng: np.random.Generator | Sequence[np.random.Generator]) -> None:
        """Fit the starting parameters to rows of the data, layer by layer; after ``init``.

        Each layer sees what those before it make of X (``Dense.adapt``, bins at quantiles, ...).
        The outputs are only made to spread by 1: no kink lies behind them, so their bias stays.

        Parameters
        ----------
        X : Array of shape (n, n_in), or (members, n, n_in)
            Some hundred rows.
        rng : as for ``init``
        """
        rngs = generators("adapt", rng, self._copies)
        self._bind_batch(X.shape[-2])
        if self.members is not None:
            X = np.broadcast_to(X, (self.members, *X.shape[-2:]))
        for layer, Y in zip(self.layers, self._Y, strict=True):
            layer.adapt(X, *rngs)
            if layer is self.layers[-1] and isinstance(layer, Dense):
                layer.b.fill(0.0)
            layer.predict(X, Y)
            X = Y

    def member(self, m: int, theta: Array | None = None) -> Array:
        """Parameters of member m, a new vector, in the order of the same network without members.

        Out of ``theta`` if given, a copy of this network's (the best epoch, a checkpoint).
        """
        return np.concatenate(self.parts(m, self.theta if theta is None else theta))

    def set_member(self, m: int, theta: Array, into: Array | None = None) -> None:
        """Make ``theta``, as ``member`` returns it, the parameters of member m, or ``into``."""
        size = self.n_params // self._copies
        if theta.shape != (size,):
            raise ValueError(f"theta has shape {theta.shape}, but a member has {size} parameters")
        start = 0
        for own in self.parts(m, self.theta if into is None else into):
            own[:] = theta[start : start + len(own)]
            start += len(own)

    def parts(self, m: int, vector: Array) -> list[Array]:
        """What belongs to member m in ``theta``, ``grad`` or their like: views, one a parameter.

        Of the first ``n_decayed`` elements alone they are those of the matrices.
        """
        slices = (part for _, _, part in self._parameters if part.stop <= len(vector))
        return [vector[part].reshape(self._copies, -1)[m] for part in slices]

    def groups(self, rule: Rule | None = None) -> list[Group]:
        """Groups of parameters for an optimizer; where neighbours are treated alike, they are one.

        Parameters
        ----------
        rule : callable, optional
            ``rule(layer, name)`` gives the factors on learning rate and weight decay of the
            parameter ``layer.name``.  By default matrices have (1, 1) and vectors (1, 0).

        Examples
        --------
        >>> network = Network([Dense(4, 8), Dense(8, 3)])
        >>> network.groups()
        [Group(stop=56, lr=1.0, weight_decay=1.0), Group(stop=67, lr=1.0, weight_decay=0.0)]
        """
        groups: list[Group] = []
        for layer, name, part in self._parameters:
            if rule is None:
                f_lr, f_decay = 1.0, float(_is_decayed(layer, name))
            else:
                f_lr, f_decay = rule(layer, name)
            if groups and (groups[-1].lr, groups[-1].weight_decay) == (f_lr, f_decay):
                groups.pop()
            groups.append(Group(part.stop, f_lr, f_decay))
        return groups

    # Training

    def loss_and_grad(self, X: Array, y: Labels, weight: Array | None = None) -> float:
        """Mean loss on a batch, L2 included; ``self.grad`` becomes its gradient.

        With members: the mean of their losses, and each one's gradient of its own.

        Parameters
        ----------
        X : Array of shape (n, n_in), or (members, n, n_in)
        y : targets as the loss takes them: class indices (n,), or (n, n_out)
            Or (members, n), or (members, n, n_out).
        weight : Array of shape (n,), or (members, n), optional
            Weight of each sample in the mean; equal by default.
        """
        n = X.shape[-2]
        self._bind_batch(n)
        if self.members is not None:
            X = np.broadcast_to(X, (self.members, n, self.n_in))
        Y, dY = self._Y, self._dY
        inputs = [X, *Y]
        for layer, X_in, Y_out in zip(self.layers, inputs, Y, strict=False):
            layer.forward(X_in, Y_out)
        P = self._P
        if self._keeps_Z:
            np.copyto(P, Y[-1])
        if self.members is None:
            loss = self.loss.forward(P, y, weight)
            self.loss.backward(P, y, dY[-1])
        else:
            loss = self._loss_of_members(y, weight, dY[-1])
        for i in range(len(self.layers) - 1, self._first - 1, -1):
            dX = dY[i - 1] if i > self._first else None
            self.layers[i].backward(inputs[i], Y[i], dY[i], dX)
        return loss + self._add_l2(n, weight) if self.l2 else loss

    def _loss_of_members(self, y: Labels, weight: Array | None, dZ: Array) -> float:
        """Mean of the members' losses; dZ becomes each one's gradient of its own.

        The loss sees the rows of all members as one batch, of which each member has an equal
        share.  Its u is then made that of each member alone: 1/n for 1/(members · n).
        """
        P, n = self._P_rows, self._n
        y = self._y_rows(y, has_own(y, self._copies, n, self.n_out, self.loss))
        share = None if weight is None else shares_of(weight, self._copies, n).reshape(-1)
        loss = self.loss.forward(P, y, share)
        self.loss.u = 1 / n if share is None else share[:, None]
        self.loss.backward(P, y, dZ.reshape(P.shape))
        # A member without weight has a loss of 0, and counts.
        return loss if share is None else loss * float(share.sum()) / self._copies

    def _y_rows(self, y: Labels, own: bool) -> Labels:
        """Targets of the members' rows one below the other."""
        if not own:
            if self._y_buffer.shape[1:] != y.shape or self._y_buffer.dtype != y.dtype:
                self._y_buffer = np.empty((*self._front, *y.shape), y.dtype)
            self._y_buffer[:] = y
            y = self._y_buffer
        return y.reshape(-1, *y.shape[2:])

    def _add_l2(self, n: int, weight: Array | None) -> float:
        """``grad += l2 W`` on the matrices; returns ``l2/2 Σ W²``, the mean over the members.

        l2 of the sum of losses is divided by the rows of the batch, or their weight.
        """
        W, dW = self.theta[: self.n_decayed], self.grad[: self.n_decayed]
        total: float = n if weight is None or not self.l2_of_sum else float(weight.sum())
        if not self.l2_of_sum or weight is None or weight.ndim == 1:
            l2 = self.l2 / (total if self.l2_of_sum else 1) if total else 0.0
            return penalize(W, dW, l2) / self._copies
        penalty = 0.0
        for m, total in enumerate(weight.sum(axis=-1).tolist()):
            parts = zip(self.parts(m, W), self.parts(m, dW), strict=True) if total else ()
            penalty += sum(penalize(*part, self.l2 / total) for part in parts)
        return penalty / self._copies

    # Inference

    def logits(self, X: Array) -> Array:
        """Outputs of the last layer, a new array, of the shape that ``predict`` gives."""
        return self._in_blocks(X, activate=False)

    def predict(self, X: Array) -> Array:
        """What the outputs mean to the loss, (n, n_out): probabilities, or values for MSE.

        With members (members, n, n_out), from X of shape (n, n_in) or (members, n, n_in).
        """
        return self._in_blocks(X, activate=True)

    def _in_blocks(self, X: Array, *, activate: bool) -> Array:
        if X.shape[-2] * self._copies <= PREDICT_ROWS:  # a single row is not to wait for the rest
            return self._outputs(_rows(X, slice(None)), activate).copy()
        P = np.empty((*self._front, X.shape[-2], self.n_out), self.dtype)
        for block in self._blocks(X):
            P[..., block, :] = self._outputs(_rows(X, block), activate)
        return P

    def _outputs(self, X: Array, activate: bool) -> Array:
        Z = self._predict_block(X)
        if activate:
            self.loss.activate(Z.reshape(-1, self.n_out))
        return Z

    def _blocks(self, X: Array) -> Iterator[slice]:
        """Slices of the rows: ``PREDICT_ROWS`` of them, members counted."""
        n_rows = max(PREDICT_ROWS // self._copies, 1)
        for start in range(0, X.shape[-2], n_rows):
            yield slice(start, start + n_rows)

    def _predict_block(self, X: Array) -> Array:
        """Logits as a view of the workspace, valid until the next pass."""
        n = X.shape[-2]
        self._bind_batch(n)
        if self.members is not None:
            X = np.broadcast_to(X, (self.members, n, self.n_in))
        for layer, Y in zip(self.layers, self._Y, strict=True):
            layer.predict(X, Y)
            X = Y
        return X

    def evaluate(self, X: Array, y: Labels, weight: Array | None = None) -> float:
        """Mean loss at inference (no dropout, running statistics), without L2.

        With members the mean of theirs; arguments as in ``loss_and_grad``.
        """
        if self.members is not None:
            return self._evaluate_members(X, y, weight)
        total = total_weight = 0.0
        for block in self._blocks(X):
            w = None if weight is None else weight[block]
            Z = self._predict_block(X[block])
            block_weight = len(Z) if w is None else float(w.sum())
            total += block_weight * self.loss.forward(Z, y[block], w)
            total_weight += block_weight
        return total / total_weight if total_weight else 0.0

    def _evaluate_members(self, X: Array, y: Labels, weight: Array | None) -> float:
        n = X.shape[-2]
        shares = shares_of(np.ones(n, self.dtype) if weight is None else weight, self._copies, n)
        own = has_own(y, self._copies, n, self.n_out, self.loss)
        total = 0.0
        for block in self._blocks(X):
            Z = self._predict_block(_rows(X, block)).reshape(-1, self.n_out)
            share = shares[:, block].ravel()
            targets = self._y_rows(y[:, block] if own else y[block], own)
            total += float(share.sum()) * self.loss.forward(Z, targets, share)
        return total / self._copies

    def __repr__(self) -> str:
        members = "" if self.members is None else f", members={self.members}"
        return f"Network({self.layers!r}, loss={self.loss!r}, l2={self.l2!r}{members})"

    def __reduce__(self) -> tuple[Any, ...]:
        # A pickled view is a copy that has lost its base: rebuild the views instead.
        return _rebuild, (self.layers, self.theta, self._settings())

    def replica(self) -> "Network":
        """A worker: the same parameters, its own gradient and workspace."""
        layers = [copy.copy(layer) for layer in self.layers]
        return _rebuild(layers, self.theta, self._settings())

    def _settings(self) -> dict[str, Any]:
        names = ("n_in", "loss", "l2", "l2_of_sum", "max_batch", "dtype", "members")
        return {name: getattr(self, name) for name in names}


def _rows(X: Array, block: slice) -> Array:
    """Rows of X, whatever can be cut as an array is (a sparse matrix), or of each member's."""
    return X[:, block] if X.ndim == 3 else X[block]


def _is_decayed(layer: Layer, name: str) -> bool:
    """Whether L2 and weight decay act on a parameter: a matrix, and trained."""
    return len(layer.shapes[name]) > 1 and name not in layer.statistics


def _rebuild(layers: list[Layer], theta: Array, settings: dict[str, Any]) -> Network:
    return Network(layers, theta=theta, **settings)
