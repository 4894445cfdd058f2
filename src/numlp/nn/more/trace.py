"""``trace``: one forward and backward pass with every array of it kept, to be looked at."""

import copy
from dataclasses import dataclass

import numpy as np

from ..arrays import Array, Labels
from ..layers import Layer
from ..network import Network
from ..training import check_data
from .dropout import Dropout
from .members import Members
from .sparse_input import SparseInput


@dataclass(frozen=True)
class LayerTrace:
    """What one layer read, made, and got back; dT is the gradient of the loss for T.

    Attributes
    ----------
    layer : Layer
        The layer of the traced network itself, which the pass left as it was.
    X, Y : Array of shape (n, n_in) and (n, n_out)
        Its input and its output.
    dX, dY : Array of shape (n, n_in) and (n, n_out)
        Their gradients.  dX is None where X is sparse.
    parameters, gradients : dict of str to Array
        Name -> value before the pass, and its gradient with L2, in the shapes of ``layer.shapes``.

    Examples
    --------
    >>> from numlp.nn import Dense
    >>> passed = trace(Network([Dense(3, 2)]), np.ones((4, 3), np.float32), np.zeros(4, int))
    >>> (layer,) = passed.layers
    >>> layer.gradients["b"]
    array([-0.5,  0.5], dtype=float32)
    """

    layer: Layer
    X: Array
    Y: Array
    dX: Array | None
    dY: Array
    parameters: dict[str, Array]
    gradients: dict[str, Array]


@dataclass(frozen=True)
class Trace:
    """A forward and a backward pass of one batch.

    Attributes
    ----------
    layers : list of LayerTrace
        From the first layer to the last.
    logits, P, dZ : Array of shape (n, n_out)
        Outputs of the last layer, what the loss makes of them (probabilities; for squared error
        the same), and the gradient of the loss for the logits.
    loss : float
        The mean loss of the batch, L2 included.
    grad : Array of shape (n_params,)
        All gradients in the order of ``network.theta``.

    Examples
    --------
    >>> from numlp.nn import Dense
    >>> passed = trace(Network([Dense(3, 2)]), np.ones((4, 3), np.float32), np.zeros(4, int))
    >>> passed.P.shape, passed.grad.shape
    ((4, 2), (8,))
    >>> round(passed.loss, 3)  # all weights are 0: both classes are as likely
    0.693
    """

    layers: list[LayerTrace]
    logits: Array
    P: Array
    dZ: Array
    loss: float
    grad: Array


def trace(network: Network, X: Array, y: Labels, weight: Array | None = None) -> Trace:
    """Run one forward and one backward pass layer by layer, and keep every array.

    Loss and gradients have the bits of ``network.loss_and_grad``.  The arrays are new ones, and the
    network is not changed: not its parameters, its ``grad``, the running averages of batch
    normalisation, its generators or its workspace.  So training goes on as if nobody had looked.

    What a subclass adds in a ``loss_and_grad`` of its own is not in it.

    Dropout drops the units that the next training step would drop, if it were on as many rows.

    Parameters
    ----------
    network : Network
        One net; of ``Members`` copy one, ``members.member(m)``, into the theta of a ``Network``.
    X : Array of shape (n, n_in), of the network's dtype
        Rows, of which a copy is kept; or a SparseMatrix, which is kept itself.
    y : Array of shape (n,) or (n, n_out)
        Targets as the network's loss takes them: class indices, or one for each output.
    weight : Array of shape (n,), optional
        Weight of each sample in the mean loss; equal by default.

    Returns
    -------
    Trace
        Every array of the pass.

    Raises
    ------
    TypeError
        If the network is ``Members``.
    ValueError
        If the arrays do not fit the network or one another.

    Examples
    --------
    >>> from numlp.nn import Dense, ReLU
    >>> network = Network([Dense(3, 4), ReLU(), Dense(4, 2)])
    >>> network.init(np.random.default_rng(0))
    >>> X, y = np.ones((5, 3), np.float32), np.array([0, 1, 0, 1, 1])
    >>> passed = trace(network, X, y)
    >>> hidden, relu, output = passed.layers
    >>> bool((relu.Y == np.maximum(hidden.Y, 0)).all())
    True
    >>> bool(np.allclose(output.gradients["W"], relu.Y.T @ passed.dZ))
    True
    >>> passed.loss == network.loss_and_grad(X, y)
    True
    """
    if isinstance(network, Members):
        raise TypeError(
            f"trace takes one net, but this is Members of {network.k}: copy the parameters of "
            "one, members.member(m), into the theta of a Network of the same layers"
        )
    check_data(network, X, y, weight)
    twin = _twin(network, len(X))
    inputs: list[Array] = [X if isinstance(twin.layers[0], SparseInput) else X.copy()]
    for layer in twin.layers:
        Y = np.empty((len(X), layer.n_out), network.dtype)
        layer.forward(inputs[-1], Y)
        inputs.append(Y)
    logits = inputs[-1]
    P, dZ = logits.copy(), np.empty_like(logits)
    loss = twin.loss.forward(P, y, weight)
    twin.loss.backward(P, y, dZ)

    back: list[tuple[Array, Array | None]] = []  # dY and dX, from the last layer to the first
    dY = dZ
    for i in reversed(range(len(twin.layers))):
        dX = None if isinstance(twin.layers[i], SparseInput) else np.zeros_like(inputs[i])
        # Layers may use Y and dY as working memory: they are given copies.
        twin.layers[i].backward(inputs[i], inputs[i + 1].copy(), dY.copy(), dX)
        back.append((dY, dX))
        if dX is not None:
            dY = dX
    if network.l2:
        loss += twin.add_l2(len(X), weight)

    layers = []
    for i, (layer, passed, (dY, dX)) in enumerate(
        zip(network.layers, twin.layers, reversed(back), strict=True)
    ):
        parameters = {name: getattr(layer, name).copy() for name in layer.shapes}
        of_parameters = {name: getattr(passed, "d" + name).copy() for name in layer.shapes}
        X_in, Y_out = inputs[i], inputs[i + 1]
        layers.append(LayerTrace(layer, X_in, Y_out, dX, dY, parameters, of_parameters))
    return Trace(layers, logits, P, dZ, loss, twin.grad)


def _twin(network: Network, n: int) -> Network:
    """Return a copy of the network, bound to n rows, whose layers compute every gradient."""
    twin = copy.deepcopy(network)
    twin.bind_batch(n)
    for layer, original in zip(twin.layers, network.layers, strict=True):
        layer.first_read = 0
        if isinstance(layer, Dropout) and isinstance(original, Dropout):
            layer.follow(original)
    return twin
