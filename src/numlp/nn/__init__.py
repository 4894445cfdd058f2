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

from .activations import (
    ACTIVATIONS,
    ELU,
    GELU,
    SELU,
    GELUTanh,
    Identity,
    LeakyReLU,
    Mish,
    ReLU,
    Sigmoid,
    SiLU,
    Tanh,
)
from .brier import SigmoidSquaredError, SoftmaxSquaredError
from .focal import SigmoidFocal, SoftmaxFocal
from .initializers import INITIALIZERS
from .layers import Dense, Dropout, Layer
from .losses import Loss, SigmoidCrossEntropy, SoftmaxCrossEntropy, SquaredError
from .mixed import MixedSELU
from .more.builder import mlp
from .more.embeddings import CategoryEmbedding, PeriodicEmbedding, PiecewiseLinearEmbedding
from .more.history import History
from .more.lbfgs import LBFGS
from .more.normalization import BatchNorm, LayerNorm
from .more.schedules import (
    Adaptive,
    Constant,
    Cosine,
    CosLog,
    FlatCosine,
    InverseScaling,
    OneCycle,
    Schedule,
    WarmUp,
)
from .more.stopping import EarlyStopping
from .network import Network
from .optimizers import OPTIMIZERS, SGD, Adam, AdamW, Group, Optimizer, RMSprop, clip_by_norm
from .scale import Scale
from .training import DivergenceError, Epoch, train, train_full_batch

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
    "Schedule",
    "SiLU",
    "Sigmoid",
    "SigmoidCrossEntropy",
    "SigmoidFocal",
    "SigmoidSquaredError",
    "SoftmaxCrossEntropy",
    "SoftmaxFocal",
    "SoftmaxSquaredError",
    "SquaredError",
    "Tanh",
    "WarmUp",
    "clip_by_norm",
    "mlp",
    "train",
    "train_full_batch",
]
