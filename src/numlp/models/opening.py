"""Files of either kind of model: opened by the kind they name, and described."""

import os
from collections.abc import Callable
from typing import Any

from ..errors import ModelFileError
from ..storage import container
from ..storage.source import Contents, Source, taken
from .facts import checkpoint_facts
from .mlp_model import MLPModel
from .model import Model


def kind_of(path: Source | Contents) -> str:
    """The kind that a file names; "model" for a foreign file: the reader of models refuses it."""
    try:
        return container.head(path).kind
    except ModelFileError:
        return Model.kind


def open_model(path: Source) -> Model | MLPModel:
    """Open the file of any classifier, given as for ``numlp.load``, as the model that it holds.

    Of the arguments that a file tells, those that the model does not need are told, not checked:
    ``numlp.load`` checks those of an MLPClassifier, which may go on learning by them.

    Raises
    ------
    ModelFileError
        The file is damaged, is not a model, or needs a newer version.
    OSError
        The file could not be read.
    """
    source = taken(path)
    return MLPModel.load(source) if kind_of(source) == MLPModel.kind else Model.load(source)


def facts_of_file(path: str | os.PathLike[str]) -> dict[str, Any]:
    """What a model file or a checkpoint holds, as JSON takes it.

    Raises
    ------
    ModelFileError
        The file is damaged, or neither a model nor a checkpoint.
    OSError
        The file cannot be read.
    """
    head = container.head(path)
    readers: dict[str, Callable[[], dict[str, Any]]] = {
        Model.kind: lambda: Model.load(path).facts(),
        MLPModel.kind: lambda: MLPModel.load(path).facts(),
        "checkpoint": lambda: checkpoint_facts(*container.read(path, kind="checkpoint")),
    }
    if head.kind not in readers:
        raise ModelFileError(
            f"{os.fspath(path)} is a numlp {head.kind}, which this version does not know: give a "
            "model or a checkpoint"
        )
    found = readers[head.kind]()
    start = {
        "file": os.fspath(path),
        "bytes": head.size,
        "kind": head.kind,
        "format": head.version,
        "checksum": "fits",  # or it would not have been read
    }
    return start | found
