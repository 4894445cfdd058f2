"""Model: what a fit leaves behind.  It predicts with NumPy alone, and lives in one safe file."""

import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import container
from .errors import DataError, ModelFileError
from .nn import (
    ACTIVATIONS,
    BatchNorm,
    Dense,
    Dropout,
    Layer,
    LayerNorm,
    Network,
    SoftmaxCrossEntropy,
)
from .table import Matrix, Table

LAYERS: dict[str, type[Layer]] = {
    cls.__name__: cls for cls in (Dense, Dropout, BatchNorm, LayerNorm, *ACTIVATIONS.values())
}
LOSSES = {SoftmaxCrossEntropy.__name__: SoftmaxCrossEntropy}  # the outputs are probabilities
# Others hold no parameters, so that a small file could ask for any amount of working memory.
MAX_LAYERS_PER_DENSE = 8
MAX_CLASS_BYTES = 1 << 26  # of all classes as an array; text is as wide as NumPy made it
BLOCK = 1024  # rows predicted at a time: with many classes their probabilities are large
CLASS_DTYPE = re.compile(r"[<>|](b1|[iu][1248]|f[248]|O|U\d{1,8})")


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
        if network.dtype != np.float32 or type(network.loss) not in LOSSES.values():
            raise ValueError("a model has a network of float32 with the loss SoftmaxCrossEntropy")
        _check_layers(network.layers)
        self.table, self.network, self.classes, self.target = table, network, classes, target
        self.info = dict(info or {})
        self._turn = threading.Lock()  # the network has one workspace

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_turn"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._turn = threading.Lock()

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
        P = np.empty((len(matrix), len(self.classes)))
        for rows, block in self.probabilities(matrix):
            P[rows] = block
        return P

    def predict(self, X: Any) -> NDArray[Any]:
        """The most probable class of each row, (n,), as the labels were in training."""
        matrix = self.table.transform(X)
        codes = np.empty(len(matrix), np.intp)
        for rows, P in self.probabilities(matrix):
            codes[rows] = P.argmax(axis=1)
        labels: NDArray[Any] = self.classes[codes]
        return labels

    def probabilities(self, matrix: Matrix) -> Iterator[tuple[slice, NDArray[np.float64]]]:
        """Probabilities of a matrix from ``table.transform``, in blocks of rows: (rows, P)."""
        for start in range(0, len(matrix), BLOCK):
            rows = slice(start, start + BLOCK)
            with self._turn:
                P = self.network.predict(matrix[rows]).astype(np.float64)
            P /= P.sum(axis=1, keepdims=True)  # float32 leaves a row's sum 1e-7 off
            yield rows, P

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one file, whole or not at all; ``numlp.load`` opens it.

        Raises
        ------
        OSError
            It could not be written; a file that was there before is whole.
        """
        container.write(path, dict(_parameters(self.network)), self._document(), kind="model")

    def check_savable(self) -> None:
        """Raise a DataError now if ``save`` would refuse the model after hours of training."""
        try:
            container.to_bytes({}, self._document(), kind="model")
        except ValueError as error:
            raise DataError(f"no model file can hold this table: {error}") from error

    def _document(self) -> dict[str, Any]:
        return {
            "model": {"classes": _classes_state(self.classes), "target": self.target},
            "table": self.table.state(),
            "network": {
                "layers": [_state(layer) for layer in self.network.layers],
                "loss": _state(self.network.loss),
            },
            "info": self.info,
        }

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
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
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
        _check_layers(layers)
        _check_sizes(layers, arrays)
        network = Network(layers, loss=loss, max_batch=1)
        for name, parameter in _parameters(network):
            parameter[...] = arrays[name]
        _check_finite(network)
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
    name = settings.pop("type")
    if name not in types:
        raise ValueError(f"there is no {name!r}")
    cls = types[name]
    for name, value in settings.items():
        expected = {"n_in": int, "n_out": int, "initializer": str}.get(name, float)
        if type(value) is not expected and not (expected is float and type(value) is int):
            raise TypeError(f"{cls.__name__}: {name} is {value!r}, not a {expected.__name__}")
    return cls(**settings)


def _check_layers(layers: Sequence[Layer]) -> None:
    n_dense = sum(isinstance(layer, Dense) for layer in layers)
    if not n_dense or len(layers) > MAX_LAYERS_PER_DENSE * n_dense:
        raise ValueError(
            f"{len(layers)} layers, {n_dense} of them Dense: at least one is, and one in "
            f"{MAX_LAYERS_PER_DENSE}"
        )
    for layer in layers:
        if type(layer) not in LAYERS.values():
            raise ValueError(f"no model file can hold a layer such as {layer!r}")


def _check_finite(network: Network) -> None:
    """Raise a ValueError where even a row of zeros gives no probabilities."""
    with np.errstate(all="ignore"):
        P = network.predict(np.zeros((1, network.n_in), np.float32))
    if not np.isfinite(P).all():
        raise ValueError("the network computes no finite numbers")


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
    _class_dtype(classes.dtype.str, len(classes))
    return {"dtype": classes.dtype.str, "values": classes.tolist()}


def _class_dtype(name: str, n_classes: int) -> np.dtype[Any]:
    """The dtype of this name, unless no labels have it or it takes too much memory."""
    if not CLASS_DTYPE.fullmatch(name):
        raise ValueError(f"no labels have the dtype {name!r}")
    dtype = np.dtype(name)
    if dtype.itemsize * n_classes > MAX_CLASS_BYTES:
        raise ValueError(f"{n_classes:,} classes of dtype {name} take too much memory")
    return dtype


def _classes_from_state(state: Mapping[str, Any]) -> NDArray[Any]:
    """The classes as they were: of one plain type, finite, distinct."""
    name, values = state["dtype"], state["values"]
    dtype = _class_dtype(name, len(values))
    expected = {"b": bool, "i": int, "u": int, "f": float, "U": str, "O": str}[dtype.kind]
    if not isinstance(values, list) or not all(type(v) is expected for v in values):
        raise TypeError(f"the classes are no list of {expected.__name__}")
    if len(set(values)) != len(values) or len(values) < 2:
        raise ValueError("there are not two classes or more, all different")
    with np.errstate(over="ignore"):
        classes = np.array(values, dtype=dtype)
    if classes.tolist() != values:
        raise ValueError(f"a class is no {name}")
    return classes
