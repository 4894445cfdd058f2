"""Model: what a fit leaves behind.  It predicts with NumPy alone, and lives in one safe file."""

import math
import os
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import container
from .errors import ModelFileError
from .nn import ACTIVATIONS, LOSSES, BatchNorm, Dense, Dropout, Layer, LayerNorm, Network
from .table import Table

LAYERS: dict[str, type[Layer]] = {
    cls.__name__: cls for cls in (Dense, Dropout, BatchNorm, LayerNorm, *ACTIVATIONS.values())
}


class Model:
    """The preprocessing of a table, the network, and the classes it tells apart.

    Parameters
    ----------
    table : Table
    network : Network
        With as many inputs as the table has features, and an output for each class.
    classes : array of shape (n_classes,)
        The labels, in the order of the outputs.
    target : str
        Name of the column that is predicted; empty if it has none.
    info : mapping, optional
        What JSON can hold of how the model came to be: settings, history, scores, versions.

    Notes
    -----
    Predicting is safe from several threads; they take turns.
    """

    def __init__(
        self,
        table: Table,
        network: Network,
        classes: NDArray[Any],
        *,
        target: str = "",
        info: Mapping[str, Any] | None = None,
    ) -> None:
        if network.n_in != table.width:
            raise ValueError(
                f"the network takes {network.n_in} features, but the table gives {table.width}"
            )
        if network.n_out != len(classes):
            raise ValueError(f"the network has {network.n_out} outputs for {len(classes)} classes")
        self.table, self.network, self.classes, self.target = table, network, classes, target
        self.info = dict(info or {})
        self._turn = threading.Lock()  # the network has one workspace

    def predict_proba(self, X: Any, notes: list[str] | None = None) -> NDArray[np.float64]:
        """Probability of each class, (n, n_classes), in the order of ``classes``.

        Parameters
        ----------
        X : table with the columns of the training table
            DataFrame, dict of columns, or array.
        notes : list of str, optional
            Gets a line for each column with cells that could not be read as in training.

        Raises
        ------
        DataError
            Columns are missing, or hold what no column can.
        """
        matrix = self.table.transform(X, notes)
        with self._turn:
            P = self.network.predict(matrix).astype(np.float64)
        P /= P.sum(axis=1, keepdims=True)  # float32 leaves a row's sum 1e-7 off
        return P

    def predict(self, X: Any) -> NDArray[Any]:
        """The most probable class of each row, (n,), as the labels were in training."""
        labels: NDArray[Any] = self.classes[self.predict_proba(X).argmax(axis=1)]
        return labels

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one file, whole or not at all; ``numlp.load`` opens it.

        Raises
        ------
        OSError
            It could not be written; a file that was there before is whole.
        """
        document = {
            "model": {"classes": _classes_state(self.classes), "target": self.target},
            "table": self.table.state(),
            "network": {
                "layers": [_state(layer) for layer in self.network.layers],
                "loss": _state(self.network.loss),
            },
            "info": self.info,
        }
        container.write(path, dict(_parameters(self.network)), document, kind="model")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Model":
        """Open a file that ``save`` wrote.  Nothing in it is executed.

        Raises
        ------
        ModelFileError
            The file is damaged, is no model, or needs a newer version.
        OSError
            It could not be read.
        """
        document, arrays = container.read(path, kind="model")
        try:
            return cls._from_state(document, arrays)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise ModelFileError(
                f"{os.fspath(path)} is no valid numlp model: {reason[:200]!r}. "
                "Its checksum fits, so it was made like this: save it again with numlp."
            ) from error

    @classmethod
    def _from_state(
        cls, document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
    ) -> "Model":
        layers = [_from_state(entry, LAYERS) for entry in document["network"]["layers"]]
        loss = _from_state(document["network"]["loss"], LOSSES)
        _check_sizes(layers, arrays)
        network = Network(layers, loss=loss)
        for name, parameter in _parameters(network):
            parameter[...] = arrays[name]
        target, info = document["model"]["target"], document["info"]
        if not isinstance(target, str) or not isinstance(info, dict):
            raise TypeError("target is no text, or info no object")
        classes = _classes_from_state(document["model"]["classes"])
        return cls(Table.from_state(document["table"]), network, classes, target=target, info=info)


def load(path: str | os.PathLike[str]) -> Model:
    """Open a model file: ``numlp.load("penguins.numlp").predict(table)``.

    Needs NumPy alone (and narwhals, to predict from a DataFrame).  The file cannot run code, but
    its checksum proves only that it is whole, not who made it.

    Raises
    ------
    ModelFileError
        The file is damaged, is no model, or needs a newer version.
    OSError
        It could not be read.
    """
    return Model.load(path)


def _parameters(network: Network) -> list[tuple[str, NDArray[Any]]]:
    """Each parameter by a name of its own, such as ``layers.0.W``."""
    return [
        (f"layers.{i}.{name}", getattr(layer, name))
        for i, layer in enumerate(network.layers)
        for name in layer.shapes
    ]


def _state(part: Any) -> dict[str, Any]:
    return {"type": type(part).__name__, **part.settings}


def _from_state(entry: Mapping[str, Any], types: Mapping[str, type]) -> Any:
    settings = dict(entry)
    cls = types[settings.pop("type")]
    for name, value in settings.items():
        expected = {"n_in": int, "n_out": int, "initializer": str}.get(name, float)
        if type(value) is not expected and not (expected is float and type(value) is int):
            raise TypeError(f"{cls.__name__}: {name} is {value!r}, not a {expected.__name__}")
    return cls(**settings)


def _check_sizes(layers: list[Layer], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Compare what the layers declare with the arrays that are there, before allocating any."""
    width = next(layer.n_in for layer in layers if isinstance(layer, Dense))
    declared: dict[str, tuple[int, ...]] = {}
    for i, layer in enumerate(layers):
        width = layer.build(width)
        declared |= {f"layers.{i}.{name}": tuple(s) for name, s in layer.shapes.items()}
    if declared.keys() != arrays.keys():
        raise ValueError(f"the arrays are {sorted(arrays)}, but the layers have {sorted(declared)}")
    for name, shape in declared.items():
        array = arrays[name]
        if array.shape != shape or array.dtype != np.float32:
            raise ValueError(f"{name} is {array.dtype} of {array.shape}, not float32 of {shape}")


def _classes_state(classes: NDArray[Any]) -> dict[str, Any]:
    return {"dtype": classes.dtype.str, "values": classes.tolist()}


def _classes_from_state(state: Mapping[str, Any]) -> NDArray[Any]:
    """The classes as they were: of one plain type, finite, distinct."""
    dtype, values = np.dtype(state["dtype"]), state["values"]
    expected = {"b": bool, "i": int, "u": int, "f": float, "U": str, "O": str}[dtype.kind]
    if not isinstance(values, list) or not all(type(v) is expected for v in values):
        raise TypeError(f"the classes are no list of {expected.__name__}")
    if expected is float and not all(map(math.isfinite, values)):
        raise ValueError("a class is not finite")
    if dtype.kind == "U" and dtype.itemsize > 4 * max([1, *map(len, values)]):
        raise ValueError(f"the classes are wider than their longest, {dtype.str}")
    if len(set(values)) != len(values) or len(values) < 2:
        raise ValueError("there are not two classes or more, all different")
    return np.array(values, dtype=dtype)
