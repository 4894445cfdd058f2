"""Cases of training, and the contenders of NumPy: bare products and numlp.

A contender gives two quantities: a ``step`` is forward, backward and Adam on one batch at hand; an
``epoch`` visits all rows once, in a new order, in batches that it gathers.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numlp.nn import Adam, Epoch, Network, SigmoidCrossEntropy, mlp, train

from .workers import Work

Array = NDArray[Any]


@dataclass(frozen=True)
class Case:
    """A net, or an ensemble of them, and its data.

    Attributes
    ----------
    sizes : inputs, hidden units of each layer, outputs; one output is a sigmoid
    batch : rows of a batch
    batches : of an epoch
    members : nets of an ensemble; None is one net
    """

    sizes: tuple[int, ...]
    batch: int
    batches: int
    members: int | None = None

    @property
    def rows(self) -> int:
        """Rows of an epoch."""
        return self.batch * self.batches

    @property
    def classes(self) -> int:
        """Classes that the net tells apart."""
        return max(self.sizes[-1], 2)

    def data(self) -> tuple[Array, Array]:
        """Rows and classes of an epoch, at random; all classes but for the very many occur."""
        rng = np.random.default_rng(0)
        X = rng.standard_normal((self.rows, self.sizes[0]), dtype=np.float32)
        return X, rng.permutation(self.rows) % self.classes


CASES = {
    "3-4-1 batch 8": Case((3, 4, 1), 8, 64),
    "30-100-2 batch 200": Case((30, 100, 2), 200, 64),
    "64-32-10 batch 32": Case((64, 32, 10), 32, 64),
    "784-100-10 batch 200": Case((784, 100, 10), 200, 64),
    "28-256-256-256-2 batch 256": Case((28, 256, 256, 256, 2), 256, 16),
    "784-1024-1024-10 batch 512": Case((784, 1024, 1024, 10), 512, 16),
    "8 x 30-128-128-2 batch 256": Case((30, 128, 128, 2), 256, 16, members=8),
}


def products(case: Case) -> Work:
    """The matrix products of a step: X W, Xᵀ dY and, but for the first layer, dY Wᵀ.

    The same calls of ``np.matmul``, on buffers of the same shapes, as numlp's.
    """
    front = () if case.members is None else (case.members,)
    rng = np.random.default_rng(0)

    def normal(*shape: int) -> Array:
        return rng.standard_normal(shape, dtype=np.float32)

    # The batch is the same for all members, as numlp has it: one copy of it.
    A = [np.broadcast_to(normal(case.batch, case.sizes[0]), (*front, case.batch, case.sizes[0]))]
    A += [normal(*front, case.batch, width) for width in case.sizes[1:]]
    dA = [normal(*front, case.batch, width) for width in case.sizes]
    W = [normal(*front, *shape) for shape in itertools.pairwise(case.sizes)]
    dW = [np.empty_like(w) for w in W]

    def step() -> None:
        for i, w in enumerate(W):
            np.matmul(A[i], w, out=A[i + 1])
        for i in reversed(range(len(W))):
            np.matmul(A[i].mT, dA[i + 1], out=dW[i])
            if i:
                np.matmul(dA[i + 1], W[i].mT, out=dA[i])

    return step


def bare_products(case: Case, threads: int) -> Mapping[str, Work]:  # noqa: ARG001
    """The floor of a step; an epoch has none."""
    return {"step": products(case)}


def make_network(case: Case) -> Network:
    """numlp's net of a case, its weights drawn."""
    loss = SigmoidCrossEntropy() if case.sizes[-1] == 1 else None
    network = mlp(case.sizes, loss=loss, max_batch=case.batch, members=case.members)
    network.init([np.random.default_rng(seed) for seed in range(case.members or 1)])
    return network


def numlp_step(case: Case) -> Work:
    """A step of numlp on the first batch of the data."""
    X, y = (a[: case.batch].copy() for a in case.data())
    network, adam = make_network(case), Adam()

    def step() -> None:
        network.loss_and_grad(X, y)
        adam.step(network.theta, network.grad)

    return step


def numlp_epochs(case: Case, X: Array, y: Array) -> Iterator[Epoch]:
    """Epochs of numlp on the data, for ever."""
    rng = np.random.default_rng(0)
    return train(make_network(case), Adam(), X, y, batch_size=case.batch, rng=rng)


def numlp(case: Case, threads: int) -> Mapping[str, Work]:  # noqa: ARG001
    """``Network.loss_and_grad`` and ``Adam.step``; ``numlp.nn.train``."""
    return {"step": numlp_step(case), "epoch": numlp_epoch(case)}


def numlp_epoch(case: Case) -> Work:
    """An epoch of numlp, each time the next one."""
    epochs = numlp_epochs(case, *case.data())
    return lambda: next(epochs)
