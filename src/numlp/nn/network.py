"""The network: layers in a row, and all the memory they use."""

import copy
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .activations import ACTIVATIONS
from .arrays import Array, DType, Labels, Shape
from .layers import Dense, Dropout, Layer
from .losses import Loss, SoftmaxCrossEntropy
from .normalization import BatchNorm, LayerNorm

PREDICT_ROWS = 1024  # rows of one block of a prediction: the activations stay in cache
L2_BLOCK = 8192  # elements of l2 W at a time: the product is a temporary


class Network:
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

    Parameters
    ----------
    layers : sequence of Layer
        At least one of them Dense, which says how wide the network is.
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

    Examples
    --------
    >>> network = Network([Dense(2, 8), ACTIVATIONS["relu"](), Dense(8, 3)])
    >>> network.init(np.random.default_rng(0))
    >>> X = np.zeros((4, 2), np.float32)
    >>> network.predict(X).shape
    (4, 3)
    >>> loss = network.loss_and_grad(X, np.array([0, 1, 2, 0]))
    >>> network.theta.shape == network.grad.shape == (51,)
    True
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        *,
        loss: Loss | None = None,
        l2: float = 0.0,
        l2_of_sum: bool = False,
        max_batch: int = 256,
        dtype: DType = np.float32,
        theta: Array | None = None,
    ) -> None:
        self.layers = list(layers)
        self.loss = SoftmaxCrossEntropy() if loss is None else copy.copy(loss)
        self.l2, self.l2_of_sum = l2, l2_of_sum
        self.max_batch = max_batch
        self.dtype = np.dtype(dtype).type
        if self.dtype not in (np.float32, np.float64):
            raise ValueError(f"dtype={dtype!r}, but a network computes in float32 or float64")
        self._build()
        self._bind_parameters(theta)
        self._allocate_workspace(max_batch)

    def _build(self) -> None:
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
        self.n_in = width = widths[0]
        for layer in self.layers:
            width = layer.build(width)
        self.n_out = width

    def _bind_parameters(self, theta: Array | None) -> None:
        params = [(lay, name, s) for lay in self.layers for name, s in lay.shapes.items()]
        params.sort(key=lambda p: len(p[2]), reverse=True)  # stable: matrices, then vectors
        self.n_params = sum(math.prod(shape) for _, _, shape in params)
        self.n_decayed = sum(math.prod(shape) for _, _, shape in params if len(shape) > 1)
        if theta is None:
            theta = np.zeros(self.n_params, self.dtype)
        if theta.shape != (self.n_params,) or theta.dtype != self.dtype:
            raise ValueError(
                f"theta has shape {theta.shape} and dtype {theta.dtype}, but this network has "
                f"{self.n_params} parameters of {np.dtype(self.dtype)}"
            )
        self.theta = theta
        self.grad = np.zeros(self.n_params, self.dtype)
        start = 0
        for layer, name, shape in params:
            stop = start + math.prod(shape)
            setattr(layer, name, self.theta[start:stop].reshape(shape))
            setattr(layer, "d" + name, self.grad[start:stop].reshape(shape))
            start = stop
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
                size = capacity * layer.n_out
                self._buffers.append((np.empty(size, self.dtype), np.empty(size, self.dtype)))
        for owner, name, shape, dtype in self._scratch_of(capacity):
            self._scratch.append((owner, name, np.empty(math.prod(shape), dtype)))
        # The loss turns the last outputs into P, in place, unless backward still reads them.
        self._keeps_Z = self.layers[-1].reads_Y
        self._P_buffer = self._buffers[-1][0]
        if self._keeps_Z:
            self._P_buffer = np.empty(capacity * self.n_out, self.dtype)

    def _scratch_of(self, n: int) -> Iterator[tuple[Layer | Loss, str, Shape, type]]:
        for layer in self.layers:
            for name, (shape, dtype) in layer.scratch(n).items():
                yield layer, name, shape, dtype or self.dtype
        for name, (shape, dtype) in self.loss.scratch(n, self.n_out).items():
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
            size = n * layer.n_out
            self._Y.append(Y[:size].reshape(n, layer.n_out))
            self._dY.append(dY[:size].reshape(n, layer.n_out))
        self._P = self._P_buffer[: n * self.n_out].reshape(n, self.n_out)
        for (owner, name, shape, _), (_, _, buffer) in zip(
            self._scratch_of(n), self._scratch, strict=True
        ):
            setattr(owner, name, buffer[: math.prod(shape)].reshape(shape))

    _Y: list[Array]
    _dY: list[Array]

    def init(self, rng: np.random.Generator) -> None:
        """Draw the starting parameters; Dropout keeps ``rng`` to draw its masks from."""
        for layer in self.layers:
            layer.init(rng)

    # Training

    def loss_and_grad(self, X: Array, y: Labels, weight: Array | None = None) -> float:
        """Mean loss on a batch, L2 included; ``self.grad`` becomes its gradient.

        Parameters
        ----------
        X : Array of shape (n, n_in)
        y : targets as the loss takes them: class indices (n,), or (n, n_out)
        weight : Array of shape (n,), optional
            Weight of each sample in the mean; equal by default.
        """
        self._bind_batch(len(X))
        Y, dY = self._Y, self._dY
        inputs = [X, *Y]
        for layer, X_in, Y_out in zip(self.layers, inputs, Y, strict=False):
            layer.forward(X_in, Y_out)
        P = self._P
        if self._keeps_Z:
            np.copyto(P, Y[-1])
        loss = self.loss.forward(P, y, weight)
        self.loss.backward(P, y, dY[-1])
        for i in range(len(self.layers) - 1, self._first - 1, -1):
            dX = dY[i - 1] if i > self._first else None
            self.layers[i].backward(inputs[i], Y[i], dY[i], dX)
        if not self.l2:
            return loss
        if not self.l2_of_sum:
            return loss + self._add_l2(self.l2)
        total = len(X) if weight is None else float(weight.sum())
        return loss + self._add_l2(self.l2 / total) if total else loss

    def _add_l2(self, l2: float) -> float:
        """``grad += l2 W`` on the matrices; returns ``l2/2 Σ W²``."""
        W, dW = self.theta[: self.n_decayed], self.grad[: self.n_decayed]
        for start in range(0, self.n_decayed, L2_BLOCK):
            block = slice(start, start + L2_BLOCK)
            dW[block] += l2 * W[block]
        return l2 / 2 * float(W @ W)

    # Inference

    def logits(self, X: Array) -> Array:
        """Outputs of the last layer, (n, n_out), a new array, for any number of rows."""
        return self._in_blocks(X, activate=False)

    def predict(self, X: Array) -> Array:
        """What the outputs mean to the loss, (n, n_out): probabilities, or values for MSE."""
        return self._in_blocks(X, activate=True)

    def _in_blocks(self, X: Array, *, activate: bool) -> Array:
        P = np.empty((len(X), self.n_out), self.dtype)
        for start in range(0, len(X), PREDICT_ROWS):
            block = slice(start, start + PREDICT_ROWS)
            Z = self._predict_block(X[block])
            if activate:
                self.loss.activate(Z)
            P[block] = Z
        return P

    def _predict_block(self, X: Array) -> Array:
        """Logits as a view of the workspace, valid until the next pass."""
        self._bind_batch(len(X))
        for layer, Y in zip(self.layers, self._Y, strict=True):
            layer.predict(X, Y)
            X = Y
        return X

    def evaluate(self, X: Array, y: Labels, weight: Array | None = None) -> float:
        """Mean loss at inference (no dropout, running statistics), without L2."""
        total = total_weight = 0.0
        for start in range(0, len(X), PREDICT_ROWS):
            block = slice(start, start + PREDICT_ROWS)
            w = None if weight is None else weight[block]
            Z = self._predict_block(X[block])
            block_weight = len(Z) if w is None else float(w.sum())
            total += block_weight * self.loss.forward(Z, y[block], w)
            total_weight += block_weight
        return total / total_weight if total_weight else 0.0

    # Looking at it

    def __str__(self) -> str:
        rows = [("layer", "output shape", "parameters"), ("input", f"(n, {self.n_in})", "0")]
        for layer in self.layers:
            n_params = sum(math.prod(shape) for shape in layer.shapes.values())
            rows.append((repr(layer), f"(n, {layer.n_out})", f"{n_params:,}"))
        rows.append((repr(self.loss), "", ""))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}".rstrip() for a, b, c in rows
        ]
        rule = "─" * (sum(widths) + 4)
        fixed = sum(
            math.prod(layer.shapes[name]) for layer in self.layers for name in layer.statistics
        )
        size = self.theta.nbytes
        memory = f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.1f} KiB"
        total = f"{self.n_params - fixed:,} trained parameters"
        if fixed:
            total += f" and {fixed:,} running statistics"
        total += f", {memory} of {np.dtype(self.dtype)}"
        return "\n".join([lines[0], rule, *lines[1:], rule, total])

    def summary(self) -> None:
        """Print the layers, their output shapes and their parameters.

        >>> mlp([4, 100, 3]).summary()
        layer                                                  output shape  parameters
        ───────────────────────────────────────────────────────────────────────────────
        input                                                  (n, 4)                 0
        Dense(n_in=4, n_out=100, initializer='he_normal')      (n, 100)             500
        ReLU()                                                 (n, 100)               0
        Dense(n_in=100, n_out=3, initializer='glorot_normal')  (n, 3)               303
        SoftmaxCrossEntropy(label_smoothing=0.0)
        ───────────────────────────────────────────────────────────────────────────────
        803 trained parameters, 3.1 KiB of float32
        """
        print(self)  # noqa: T201 - printing is what it is for

    def __repr__(self) -> str:
        return f"Network({self.layers!r}, loss={self.loss!r}, l2={self.l2!r})"

    # Copies

    def __reduce__(self) -> tuple[Any, ...]:
        # A pickled view is a copy that has lost its base: rebuild the views instead.
        return _rebuild, (self.layers, self.theta, self._settings())

    def replica(self) -> "Network":
        """A worker: the same parameters, its own gradient and workspace."""
        layers = [copy.copy(layer) for layer in self.layers]
        return _rebuild(layers, self.theta, self._settings())

    def _settings(self) -> dict[str, Any]:
        names = ("loss", "l2", "l2_of_sum", "max_batch", "dtype")
        return {name: getattr(self, name) for name in names}


def _rebuild(layers: list[Layer], theta: Array, settings: dict[str, Any]) -> Network:
    return Network(layers, theta=theta, **settings)


NORMALIZATIONS: dict[str, type[Layer]] = {"batch": BatchNorm, "layer": LayerNorm}

_INITIALIZER_FOR = {"tanh": "glorot", "sigmoid": "glorot", "identity": "glorot", "selu": "lecun"}


def mlp(
    sizes: Sequence[int],
    *,
    activation: str | Sequence[str] = "relu",
    dropout: float = 0.0,
    normalization: str | None = None,
    initializer: str | None = None,
    loss: Loss | None = None,
    l2: float = 0.0,
    max_batch: int = 256,
    dtype: DType = np.float32,
) -> Network:
    """A multilayer perceptron: ``mlp([784, 256, 10])`` has one hidden layer of 256.

    Each hidden layer is Dense, then normalisation, activation and dropout where asked for; the
    last layer is Dense alone and gives the logits.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, hidden units of each layer, outputs.
    activation : str or sequence of str, default "relu"
        A key of ``ACTIVATIONS``, for all hidden layers or one for each.
    dropout : float, default 0.0
        Probability of dropping a hidden unit.
    normalization : "batch", "layer" or None
    initializer : str, optional
        One of ``initializers.INITIALIZERS``; by default what suits the activation that follows:
        he_normal, glorot_normal before tanh, sigmoid, identity and the loss, lecun_normal before
        selu.
    loss, l2, max_batch, dtype
        As in ``Network``.
    """
    if len(sizes) < 2:
        raise ValueError(f"sizes={list(sizes)}: give at least the numbers of inputs and outputs")
    hidden = list(itertools.pairwise(sizes[:-1]))
    names = [activation] * len(hidden) if isinstance(activation, str) else list(activation)
    if len(names) != len(hidden):
        raise ValueError(f"activation={names} for {len(hidden)} hidden layers: give one for each")
    for name in names:
        if name not in ACTIVATIONS:
            raise ValueError(f"activation={name!r}: choose one of {', '.join(ACTIVATIONS)}")
    if normalization is not None and normalization not in NORMALIZATIONS:
        raise ValueError(f"normalization={normalization!r}: choose 'batch', 'layer' or None")
    layers: list[Layer] = []
    for (n_in, n_out), name in zip(hidden, names, strict=True):
        suits = _INITIALIZER_FOR.get(name, "he") + "_normal"
        layers.append(Dense(n_in, n_out, initializer or suits))
        if normalization is not None:
            layers.append(NORMALIZATIONS[normalization]())
        layers.append(ACTIVATIONS[name]())
        if dropout:
            layers.append(Dropout(dropout))
    layers.append(Dense(sizes[-2], sizes[-1], initializer or "glorot_normal"))
    return Network(layers, loss=loss, l2=l2, max_batch=max_batch, dtype=dtype)
