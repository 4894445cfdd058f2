"""The public names of ``nn``, which its face fetches from here when one is asked for."""

from ..activations import Identity, ReLU, Sigmoid, Tanh
from ..initializers import INITIALIZERS
from ..layers import Dense, Layer
from ..losses import Loss, SigmoidCrossEntropy, SoftmaxCrossEntropy, SquaredError
from ..network import Network
from ..optimizers import SGD, Adam, Constant, Group, Optimizer, Schedule, clip_by_norm
from ..training import DivergenceError, Epoch, train
from .activations import (
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
from .adapt import adapt
from .builder import mlp
from .dropout import Dropout
from .embeddings import (
    CategoryEmbedding,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Scale,
)
from .first_read import find_first_read
from .fixed_waves import FixedWaves
from .history import History
from .lbfgs import LBFGS, train_full_batch
from .losses import SigmoidFocal, SigmoidSquaredError, SoftmaxFocal, SoftmaxSquaredError
from .members import Members
from .normalization import BatchNorm, LayerNorm
from .optimizers import OPTIMIZERS, AdamW, RMSprop
from .scaled_dense import ScaledDense
from .schedules import (
    Adaptive,
    Cosine,
    CosLog,
    FlatCosine,
    InverseScaling,
    OneCycle,
    WarmUp,
)
from .sparse_input import SparseInput
from .sparse_matrix import SparseMatrix
from .stopping import EarlyStopping
from .trace import LayerTrace, Trace, trace

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
    "LayerTrace",
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
    "Trace",
    "WarmUp",
    "adapt",
    "clip_by_norm",
    "find_first_read",
    "mlp",
    "trace",
    "train",
    "train_full_batch",
]
