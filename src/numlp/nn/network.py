"""The network: layers in a row, and all the memory they use."""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from .arrays import Array, DType, Generator, Generators, Labels, Shape
from .layers import Dense, Layer
from .losses import Loss, SoftmaxCrossEntropy
from .memory import check_room
from .optimizers import Group, clip_by_norm, joined

PREDICT_ROWS = 1024  # rows of one block of a prediction: its activations fit in cache
PENALTY_BLOCK = 8192  # elements of l2 W at a time: the product is a temporary

GroupRule = Callable[[Layer, str], tuple[float, float]]  # factors on lr and weight decay


class Network:
    """Layers applied one after another, with every parameter in one flat vector.

    ``theta`` holds all the parameters and ``grad`` their gradients, in the same order: matrices
    first, then vectors::

        theta = [ W₁ | W₂ | … | b₁ | b₂ | … ]
                 └ n_decayed ┘

    Each layer works on views (``layer.W``, ``layer.dW``), so whatever handles the model as a
    whole is one vector operation: an optimizer step, a checkpoint, an average over machines.
    Write ``theta[:] = v``, never ``theta = v``, which would leave the layers with the old vector.

    A network serves one thread at a time, as all passes share its workspace; ``replica`` makes
    one for another thread.  ``Members`` is k such nets that train in one pass.

    Parameters
    ----------
    layers : sequence of Layer
        At least one of them Dense, which tells the width of the network.
    n_in : int, optional
        Columns of X; needed where a layer before the first Dense changes their number.
    loss : Loss, default SoftmaxCrossEntropy()
        A copy of it becomes part of the network.
    l2 : float, default 0.0
        Adds ``l2/2 Σ W²`` over all matrices, biases excluded, to the training loss.
    l2_of_sum : bool, default False
        Whether to add it to the sum of the samples' losses instead of their mean, as scikit-learn
        does: then a larger batch weakens it.
    max_batch : int, default 256
        Rows to allocate memory for, which grows when a batch has more.
    dtype : type, default float32
        ``np.float32`` to train, ``np.float64`` to check gradients.
    theta : Array of shape (n_params,), optional
        Work on these parameters (shared with another network, a process, a file) in place of a
        new vector of zeros.
    members : None, optional
        Nothing but None: a Network is one net, and ``Members(layers, k)`` makes k.

    Raises
    ------
    ValueError
        If the layers, ``dtype`` or ``theta`` do not fit, a layer has two places, none is Dense, or
        memory does not suffice.
    TypeError
        If ``members`` is given.

    Examples
    --------
    >>> from numlp.nn import ReLU
    >>> network = Network([Dense(2, 8), ReLU(), Dense(8, 3)])
    >>> network.init(np.random.default_rng(0))
    >>> X = np.zeros((4, 2), np.float32)
    >>> network.predict(X).shape, network.theta.shape
    ((4, 3), (51,))
    >>> loss = network.loss_and_grad(X, np.array([0, 1, 2, 0]))  # and fill network.grad
    """

    front: Shape = ()  # axes in front of those that an array has in one net; (k,) for Members

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
        if members is not None:
            raise TypeError(f"Network is one net: write Members(layers, k={members}) for members")
        self.layers = list(layers)
        self.loss = SoftmaxCrossEntropy() if loss is None else copy.copy(loss)
        self.l2, self.l2_of_sum, self.max_batch = l2, l2_of_sum, max_batch
        self.dtype = np.dtype(dtype).type
        if self.dtype not in (np.float32, np.float64):
            raise ValueError(f"dtype={dtype!r}, but a network computes in float32 or float64")
        self._block_rows = max(PREDICT_ROWS // self.n_nets, 1)
        self._build(n_in)
        self._bind_parameters(theta)
        self._allocate_workspace(max_batch)

    @property
    def n_nets(self) -> int:
        """Number of nets: 1, or k of ``Members``."""
        return math.prod(self.front)

    def _size(self, *shape: int) -> int:
        """Return the number of elements of an array that has this shape in one net."""
        return math.prod((*self.front, *shape))

    def _view(self, buffer: Array, *shape: int) -> Array:
        """Return the first elements of a flat buffer as an array that has this shape in one net."""
        return buffer[: self._size(*shape)].reshape(*self.front, *shape)

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
            raise ValueError("a network needs at least one Dense layer, which tells its width")
        width = self.n_in = widths[0] if n_in is None else n_in
        for layer in self.layers:
            width = layer.n_out = layer.build(width)
        self.n_out = width

    def _bind_parameters(self, theta: Array | None) -> None:
        params = [(lay, name, s) for lay in self.layers for name, s in lay.shapes.items()]
        params.sort(key=lambda p: not _is_decayed(p[0], p[1]))  # stable: matrices, then vectors
        self.n_params = sum(self._size(*shape) for _, _, shape in params)
        self.n_decayed = sum(self._size(*s) for lay, name, s in params if _is_decayed(lay, name))
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
        self.parameters: list[tuple[Layer, str, slice]] = []  # and where they lie in theta
        start = 0
        for layer, name, shape in params:
            setattr(layer, name, self._view(self.theta[start:], *shape))
            setattr(layer, "d" + name, self._view(self.grad[start:], *shape))
            stop = start + self._size(*shape)
            self.parameters.append((layer, name, slice(start, stop)))
            start = stop
        # Below the first layer with parameters there is nothing to compute a gradient for.
        self._first = next(i for i, layer in enumerate(self.layers) if layer.shapes)

    def _allocate_workspace(self, capacity: int) -> None:
        """Allocate flat buffers for ``capacity`` rows; ``bind_batch`` cuts views out of them."""
        self._capacity, self._n = capacity, -1
        self._buffers: list[tuple[Array, Array]] = []  # Y and dY of each layer
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

    def _scratch_of(self, n: int) -> Iterator[tuple[Layer | Loss, str, Shape, type]]:
        for layer in self.layers:
            for name, (shape, dtype) in layer.scratch(n).items():
                yield layer, name, (*self.front, *shape), dtype or self.dtype
        for name, (shape, dtype) in self.loss.scratch(self._size(n), self.n_out).items():
            yield self.loss, name, shape, dtype or self.dtype

    def bind_batch(self, n: int) -> None:
        """Make every view just n rows long; a run changes n twice an epoch at most.

        Parameters
        ----------
        n : int
            Rows of the next batch; for more than the memory takes, it is allocated anew.
        """
        if n == self._n:
            return
        if n > self._capacity:
            self._allocate_workspace(n)
        self._n = n
        self._Y: list[Array] = []
        self._dY: list[Array] = []
        for layer, (Y, dY) in zip(self.layers, self._buffers, strict=True):
            self._Y.append(self._view(Y, n, layer.n_out))
            self._dY.append(self._view(dY, n, layer.n_out))
        self._P = self._view(self._P_buffer, n, self.n_out)
        for (owner, name, shape, _), (_, _, buffer) in zip(
            self._scratch_of(n), self._scratch, strict=True
        ):
            setattr(owner, name, buffer[: math.prod(shape)].reshape(shape))
        for layer in self.layers:
            layer.fill_scratch()
        self.loss.fill_scratch()

    def init(self, rng: Generators) -> None:
        """Draw the starting parameters; Dropout keeps ``rng`` to draw its masks from.

        Parameters
        ----------
        rng : numpy Generator, or a sequence of one for each net
            What the parameters are drawn from; with another number of them, a ValueError.
        """
        rngs = generators("init", rng, self.n_nets)
        for layer in self.layers:
            layer.init(*rngs)

    def groups(self, rule: GroupRule | None = None) -> list[Group]:
        """Return groups of parameters for an optimizer, with equal neighbours joined into one.

        Parameters
        ----------
        rule : callable, optional
            ``rule(layer, name)`` gives the factors on learning rate and weight decay of the
            parameter ``layer.name``.  By default matrices have (1, 1) and vectors (1, 0).

        Returns
        -------
        list of Group
            In the order of ``theta``.

        Examples
        --------
        >>> network = Network([Dense(4, 8), Dense(8, 3)])
        >>> network.groups()
        [Group(stop=56, lr=1.0, weight_decay=1.0), Group(stop=67, lr=1.0, weight_decay=0.0)]
        """
        rule = rule or (lambda layer, name: (1.0, float(_is_decayed(layer, name))))
        ends = [(part.stop, rule(layer, name)) for layer, name, part in self.parameters]
        return [Group(stop, *factors) for _, stop, factors in joined(ends)]

    # Training

    def loss_and_grad(self, X: Array, y: Labels, weight: Array | None = None) -> float:
        """Return the mean loss of a batch, L2 included; ``grad`` becomes its gradient.

        Parameters
        ----------
        X : Array of shape (n, n_in)
            Rows, of the network's dtype; they keep their values.
        y : Array of shape (n,) or (n, n_out)
            Targets as the loss takes them: class indices, or one for each output.
        weight : Array of shape (n,), optional
            Weight of each sample in the mean; equal by default.

        Returns
        -------
        float
            Before an update by ``grad``.
        """
        n = X.shape[-2]
        self.bind_batch(n)
        Y, dY, P = self._Y, self._dY, self._P
        inputs = [X, *Y]
        for layer, X_in, Y_out in zip(self.layers, inputs, Y, strict=False):
            layer.forward(X_in, Y_out)
        if self._keeps_Z:
            np.copyto(P, Y[-1])
        loss = self._loss_and_gradient(P, y, weight, dY[-1])
        for i in range(len(self.layers) - 1, self._first - 1, -1):
            dX = dY[i - 1] if i > self._first else None
            self.layers[i].backward(inputs[i], Y[i], dY[i], dX)
        return loss + self.add_l2(n, weight) if self.l2 else loss

    def _loss_and_gradient(self, P: Array, y: Labels, weight: Array | None, dZ: Array) -> float:
        """Turn the logits in P into predictions, fill dZ, and return the mean loss."""
        loss = self.loss.forward(P, y, weight)
        self.loss.backward(P, y, dZ)
        return loss

    def add_l2(self, n: int, weight: Array | None) -> float:
        """Add l2 W to the gradients of the matrices; return ``l2/2 Σ W²``.

        Parameters
        ----------
        n : int
            Rows of the batch.
        weight : Array of shape (n,), or None
            Their weights.

        Returns
        -------
        float
            The penalty; with ``l2_of_sum`` divided by n, or by the sum of the weights.
        """
        l2 = self.l2
        if self.l2_of_sum:
            total: float = n if weight is None else float(weight.sum())
            l2 = l2 / total if total else 0.0
        return penalize(self.theta[: self.n_decayed], self.grad[: self.n_decayed], l2)

    def clip_grad(self, max_norm: float) -> None:
        """Scale ``grad`` down to the length ``max_norm``, if it is longer.

        Parameters
        ----------
        max_norm : float
            Longest Euclidean norm.
        """
        clip_by_norm(self.grad, max_norm)

    # Inference

    def logits(self, X: Array) -> Array:
        """Return the outputs of the last layer.

        Parameters
        ----------
        X : Array of shape (n, n_in)
            Any number of rows, of the network's dtype.

        Returns
        -------
        Array of shape (n, n_out)
            A new array; (k, n, n_out) of ``Members``.
        """
        return self._in_blocks(X, activate=False)

    def predict(self, X: Array) -> Array:
        """Return probabilities, or values for squared error.

        Parameters
        ----------
        X : Array of shape (n, n_in)
            Any number of rows, of the network's dtype.

        Returns
        -------
        Array of shape (n, n_out)
            A new array; (k, n, n_out) of ``Members``.
        """
        return self._in_blocks(X, activate=True)

    def _in_blocks(self, X: Array, *, activate: bool) -> Array:
        n = X.shape[-2]
        if n <= self._block_rows:  # a single row does not wait for the rest
            return self.pass_through(self._rows(X, slice(None)), activate=activate).copy()
        P = np.empty((*self.front, n, self.n_out), self.dtype)
        for block in self.blocks(n):
            P[..., block, :] = self.pass_through(self._rows(X, block), activate=activate)
        return P

    def blocks(self, n: int) -> Iterator[slice]:
        """Yield n rows in blocks whose activations fit in cache.

        Parameters
        ----------
        n : int
            Number of rows.

        Yields
        ------
        slice
            The next rows.
        """
        for start in range(0, n, self._block_rows):
            yield slice(start, start + self._block_rows)

    def _rows(self, X: Array, block: slice) -> Array:
        """Return a block of the rows of X as the first layer takes them."""
        return X[block]

    def pass_through(self, X: Array, *, activate: bool) -> Array:
        """Return logits or predictions as a view of the workspace, valid until the next pass.

        Parameters
        ----------
        X : Array of shape (n, n_in), or (k, n, n_in) of ``Members``
            Few rows: memory is allocated for all of them.
        activate : bool
            Whether to return predictions; else logits.

        Returns
        -------
        Array of shape (n, n_out), or (k, n, n_out)
            The view.
        """
        self.bind_batch(X.shape[-2])
        for layer, Y in zip(self.layers, self._Y, strict=True):
            layer.predict(X, Y)
            X = Y
        if activate:
            self.loss.activate(X.reshape(-1, self.n_out))
        return X

    def evaluate(self, X: Array, y: Labels, weight: Array | None = None) -> float:
        """Return the mean loss at inference, without L2.

        Parameters
        ----------
        X, y, weight : Array, optional for weight
            As in ``loss_and_grad``, in shape and meaning, with any number of rows.

        Returns
        -------
        float
            The mean; 0 if all weights are 0.
        """
        total = total_weight = 0.0
        for block in self.blocks(X.shape[-2]):
            w = None if weight is None else weight[block]
            Z = self.pass_through(X[block], activate=False)
            block_weight = len(Z) if w is None else float(w.sum())
            total += block_weight * self.loss.forward(Z, y[block], w)
            total_weight += block_weight
        return total / total_weight if total_weight else 0.0

    def adapt(self, *_: object) -> None:
        """Raise an error: ``numlp.nn.adapt(network, X, rng)`` took the place of this method.

        Raises
        ------
        AttributeError
            Always.
        """
        raise AttributeError("network.adapt is numlp.nn.adapt(network, X, rng) since numlp 0.2")

    def __getstate__(self) -> dict[str, Any]:
        return {"layers": self.layers, "theta": self.theta, **self._settings()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # A pickled view is a copy that has lost its base: make the network anew around theta.
        self.__init__(**state)  # type: ignore[misc]

    def replica(self) -> Self:
        """Return a network on the same parameters, with a gradient and a workspace of its own.

        Returns
        -------
        Network
            Of the same class; it shares ``theta`` and copies the layers and the loss.
        """
        layers = [copy.copy(layer) for layer in self.layers]
        return type(self)(layers, theta=self.theta, **self._settings())

    def _settings(self) -> dict[str, Any]:
        names = ("n_in", "loss", "l2", "l2_of_sum", "max_batch", "dtype")
        return {name: getattr(self, name) for name in names}

    def __repr__(self) -> str:
        return f"Network({self.layers!r}, loss={self.loss!r}, l2={self.l2!r})"

    def __str__(self) -> str:
        from .more.display import describe  # when it is asked for: the core draws nothing

        return describe(self)

    def summary(self) -> None:
        """Print the layers, their output shapes and their numbers of parameters."""
        print(self)  # noqa: T201 - printing is what it is for

    def _repr_html_(self) -> str:
        """Return the same table in HTML, for a notebook."""
        from .more.display import describe_html

        return describe_html(self)


def generators(method: str, rng: Generators, n_nets: int) -> list[Generator]:
    """Return one generator for each net, or raise a ValueError that names ``method``."""
    rngs = [rng] if isinstance(rng, np.random.Generator) else list(rng)
    if len(rngs) != n_nets:
        raise ValueError(f"{method} got {len(rngs)} generators, but needs {n_nets}: one a net")
    return rngs


def penalize(W: Array, dW: Array, l2: float) -> float:
    """Add l2 W to dW, and return ``l2/2 Σ W²``."""
    for start in range(0, len(W), PENALTY_BLOCK):
        block = slice(start, start + PENALTY_BLOCK)
        dW[block] += l2 * W[block]
    return l2 / 2 * float(W @ W)


def _is_decayed(layer: Layer, name: str) -> bool:
    """Whether L2 and weight decay act on a parameter: they do on trained matrices."""
    return len(layer.shapes[name]) > 1 and name not in layer.statistics
