"""``numlp.load``: any file that a classifier saved."""

import os
from typing import TYPE_CHECKING

from .models.mlp_model import MLPModel
from .models.model import Model
from .models.opening import kind_of

if TYPE_CHECKING:
    from .mlp.classifier import MLPClassifier


def load(path: str | os.PathLike[str]) -> "Model | MLPClassifier":
    """Open a model file: ``numlp.load("penguins.numlp").predict(table)``.

    What TabularClassifier saved is a ``Model``, what MLPClassifier saved an MLPClassifier again,
    whose ``model_`` is an ``MLPModel``.
    Loading needs NumPy alone (and narwhals, to predict from a DataFrame).  The file cannot run
    code, but its checksum proves only that it is whole, not who made it.

    Raises
    ------
    ModelFileError
        The file is damaged, is not a model, or needs a newer version.
    OSError
        The file could not be read.
    """
    if kind_of(path) == MLPModel.kind:
        from .mlp.classifier import MLPClassifier  # here, as a model of a table does without

        return MLPClassifier.load(path)
    return Model.load(path)
