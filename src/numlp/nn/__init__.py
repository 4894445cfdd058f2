"""The engine: layers, losses, optimizers, a network and the loop that trains it.  NumPy only.

>>> import numpy as np
>>> from numlp.nn import Adam, Dense, Network, ReLU, train
>>> rng = np.random.default_rng(0)
>>> X = rng.standard_normal((100, 2), dtype=np.float32)
>>> y = (X.sum(axis=1) > 0).astype(int)
>>> network = Network([Dense(2, 8), ReLU(), Dense(8, 2)])
>>> network.init(rng)
>>> for epoch in train(network, Adam(lr=0.01), X, y, batch_size=10, rng=rng):
...     if epoch.number == 30:
...         break
>>> bool((network.predict(X).argmax(axis=1) == y).mean() > 0.95)
True
"""

from .activations import Identity, ReLU, Sigmoid, Tanh
from .initializers import INITIALIZERS
from .layers import Dense, Layer
from .losses import Loss, SigmoidCrossEntropy, SoftmaxCrossEntropy, SquaredError
from .more.activations import (
    ACTIVATIONS,
    ELU,
    GELU,
    SELU,
    GELUTanh,
    LeakyReLU,
    Mish,
    MixedSELU,
    SiLU,
)
from .more.adapt import adapt
from .more.builder import mlp
from .more.dropout import Dropout
from .more.embeddings import (
    CategoryEmbedding,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Scale,
)
from .more.first_read import find_first_read
from .more.fixed_waves import FixedWaves
from .more.history import History
from .more.lbfgs import LBFGS, train_full_batch
from .more.losses import SigmoidFocal, SigmoidSquaredError, SoftmaxFocal, SoftmaxSquaredError
from .more.members import Members
from .more.normalization import BatchNorm, LayerNorm
from .more.optimizers import OPTIMIZERS, AdamW, RMSprop
from .more.scaled_dense import ScaledDense
from .more.schedules import (
    Adaptive,
    Cosine,
    CosLog,
    FlatCosine,
    InverseScaling,
    OneCycle,
    WarmUp,
)
from .more.sparse_input import SparseInput
from .more.sparse_matrix import SparseMatrix
from .more.stopping import EarlyStopping
from .network import Network
from .optimizers import SGD, Adam, Constant, Group, Optimizer, Schedule, clip_by_norm
from .training import DivergenceError, Epoch, train

__all__ = [
    "ACTIVATIONS",
    "ELU",
    "GELU",
    "INITIALIZERS",
    "LBFGS",
    "OPTIMIZERS",
    "SELU",
    "SGD",
    "Adam",
    "AdamW",
    "Adaptive",
    "BatchNorm",
    "CategoryEmbedding",
    "Constant",
    "CosLog",
    "Cosine",
    "Dense",
    "DivergenceError",
    "Dropout",
    "EarlyStopping",
    "Epoch",
    "FixedWaves",
    "FlatCosine",
    "GELUTanh",
    "Group",
    "History",
    "Identity",
    "InverseScaling",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Loss",
    "Members",
    "Mish",
    "MixedSELU",
    "Network",
    "OneCycle",
    "Optimizer",
    "PeriodicEmbedding",
    "PiecewiseLinearEmbedding",
    "RMSprop",
    "ReLU",
    "Scale",
    "ScaledDense",
    "Schedule",
    "SiLU",
    "Sigmoid",
    "SigmoidCrossEntropy",
    "SigmoidFocal",
    "SigmoidSquaredError",
    "SoftmaxCrossEntropy",
    "SoftmaxFocal",
    "SoftmaxSquaredError",
    "SparseInput",
    "SparseMatrix",
    "SquaredError",
    "Tanh",
    "WarmUp",
    "adapt",
    "clip_by_norm",
    "find_first_read",
    "mlp",
    "train",
    "train_full_batch",
]
