"""Model: what a fit leaves behind.  It predicts with NumPy alone, and lives in one safe file."""

import math
import os
import re
import threading
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..decisions.mixing import temper
from ..decisions.prediction_sets import Conformal, check_coverage, prediction_sets
from ..errors import DataError, ModelFileError
from ..nn import (
    ACTIVATIONS,
    BatchNorm,
    CategoryEmbedding,
    Dense,
    Dropout,
    Layer,
    LayerNorm,
    Members,
    MixedSELU,
    Network,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Scale,
    SoftmaxCrossEntropy,
)
from ..storage import container
from ..table.encoders import Matrix
from ..table.table import Table

LAYERS: dict[str, type[Layer]] = {
    cls.__name__: cls
    for cls in (
        Dense,
        Dropout,
        BatchNorm,
        LayerNorm,
        Scale,
        MixedSELU,
        PeriodicEmbedding,
        PiecewiseLinearEmbedding,
        CategoryEmbedding,
        *ACTIVATIONS.values(),
    )
}
LOSSES = {SoftmaxCrossEntropy.__name__: SoftmaxCrossEntropy}  # the outputs are probabilities
# Others hold no parameters, so that a small file could ask for any amount of working memory.
MAX_LAYERS_PER_DENSE = 8
MAX_CLASS_BYTES = 1 << 26  # of all classes as an array; text is as wide as NumPy made it
BLOCK = 1024  # rows predicted at a time
BLOCK_CELLS = 1 << 24  # most of their probabilities, of all nets: of many classes fewer rows
CLASS_DTYPE = re.compile(r"[<>|](b1|[iu][1248]|f[248]|O|U\d{1,8})")


class Model:
    """The preprocessing of a table, the network, and the classes it tells apart.

    ::

        P       = Σ_m share_m softmax(Z_m)          over the network's members
        P       ← P^(1/temperature), normalised
        answer  = the class with the largest factor · P

    Parameters
    ----------
    table : Table
    network : Network
        With as many inputs as the table has features, and an output for each class.
    classes : array of shape (n_classes,)
        The labels, in the order of the outputs.
    shares : sequence of float, optional
        Of each member of the network in the mixture, with a sum of 1; equal by default.
    temperature : float, default 1.0
        Softens the probabilities (above 1) or sharpens them.
    factors : sequence of float, optional
        Of each class in the decision; equal by default.
    conformal : Conformal, optional
        What rows held out tell of prediction sets; without it there are none.
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
        shares: Sequence[float] | None = None,
        temperature: float = 1.0,
        factors: Sequence[float] | None = None,
        conformal: Conformal | None = None,
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
        n_members = network.n_nets
        self.shares = [1 / n_members] * n_members if shares is None else list(shares)
        self.factors = [1.0] * len(classes) if factors is None else list(factors)
        self.temperature, self.conformal = temperature, conformal
        _check_mixture(self.shares, n_members, temperature)
        if len(self.factors) != len(classes) or not all(map(_is_positive, self.factors)):
            raise ValueError(f"factors={self.factors}: give {len(classes)} positive numbers")
        self.info = dict(info or {})
        self._turn = threading.Lock()  # the network has one workspace

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_turn"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._turn = threading.Lock()

    def _repr_html_(self) -> str:
        from . import notebook  # here, as serving does without

        return notebook.of_model(self)

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
            codes[rows] = self.decide(P)
        labels: NDArray[Any] = self.classes[codes]
        return labels

    def predict_set(self, X: Any, coverage: float = 0.9) -> NDArray[np.bool_]:
        """Which classes each row may have, (n, n_classes), in the order of ``classes``.

        Of rows of the kind that was trained on, ``coverage`` or more have their true class in the
        set (split conformal prediction, see ``conformal``), on the average over rows: a sort of
        row that is hard may have less.  Where the model is unsure a set has several classes; the
        most probable one is always in it.

        Parameters
        ----------
        X : table with the columns of the training table
        coverage : float, default 0.9
            Above 0 and below 1.  Where the rows held out are fewer than ``coverage / (1 -
            coverage)``, each set has all classes.

        Raises
        ------
        DataError
            Columns are missing, or hold what no column can.
        ModelFileError
            The model was saved by a numlp without prediction sets.
        ValueError
            The coverage is none.

        Examples
        --------
        >>> import numlp
        >>> table, kind = {"x": [1.0, 2, 5, 6] * 20}, ["low", "low", "high", "high"] * 20
        >>> clf = numlp.TabularClassifier(epochs=10, random_state=0).fit(table, kind)
        >>> clf.predict_set({"x": [1.0, 6.0]}, coverage=0.8)
        array([[False,  True],
               [ True, False]])
        """
        threshold = self.set_threshold(coverage)
        matrix = self.table.transform(X)
        sets = np.empty((len(matrix), len(self.classes)), bool)
        for rows, P in self.probabilities(matrix):
            sets[rows] = prediction_sets(P, threshold)
        return sets

    def set_threshold(self, coverage: float) -> float:
        """The probability from which on a class is in a set of this coverage."""
        check_coverage(coverage)
        if self.conformal is None:
            raise ModelFileError(
                "the model knows nothing of prediction sets: it was trained before numlp had them, "
                "or made by hand; train it again"
            )
        return self.conformal.threshold(coverage)

    def decide(self, P: NDArray[np.float64]) -> NDArray[np.intp]:
        """Index of the class to answer for each row of probabilities, (n,)."""
        return np.asarray((P * self.factors).argmax(axis=1))

    def probabilities(self, matrix: Matrix) -> Iterator[tuple[slice, NDArray[np.float64]]]:
        """Probabilities of a matrix from ``table.transform``, in blocks of rows: (rows, P).

        Raises
        ------
        ModelFileError
            The weights, finite as they are, give no finite numbers for a row.
        """
        size = BLOCK  # halved, so that larger blocks of rows are made of whole ones
        while size > 1 and size * len(self.classes) * len(self.shares) > BLOCK_CELLS:
            size //= 2
        for start in range(0, len(matrix), size):
            rows = slice(start, start + size)
            # What overflows is found below, in one place.
            with self._turn, np.errstate(over="ignore", invalid="ignore"):
                P = self.network.predict(matrix[rows]).astype(np.float64)
            if isinstance(self.network, Members):
                P = np.tensordot(self.shares, P, axes=1)
            if self.temperature != 1:
                P = temper(P, self.temperature)
            sums = P.sum(axis=1, keepdims=True)  # float32 leaves them 1e-7 off
            good = np.isfinite(sums)
            if not good.all():
                raise ModelFileError(
                    f"the model computes no finite numbers for row {start + good.argmin() + 1:,}: "
                    "no training makes such weights; use another model file"
                )
            P /= sums
            yield rows, P

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one file, whole or not at all; ``numlp.load`` opens it.

        Raises
        ------
        OSError
            It could not be written; a file that was there before is whole.
        """
        container.write(path, dict(parameters(self.network)), self._document(), kind="model")

    def check_savable(self) -> None:
        """Raise a DataError now if ``save`` would refuse the model after hours of training."""
        try:
            container.to_bytes({}, self._document(), kind="model")
        except ValueError as error:
            raise DataError(f"no model file can hold this table: {error}") from error

    def _document(self) -> dict[str, Any]:
        # Left out where there is none, as in files of the time before.
        known = {} if self.conformal is None else {"conformal": self.conformal.state()}
        return {
            "model": {"classes": classes_state(self.classes), "target": self.target},
            "table": self.table.state(),
            "network": {
                "layers": [_state(layer) for layer in self.network.layers],
                "loss": _state(self.network.loss),
                "members": self.network.k if isinstance(self.network, Members) else None,
            },
            "mixture": {"shares": self.shares, "temperature": self.temperature},
            "factors": self.factors,
            **known,
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
        with container.reading_document(path, "numlp model"):
            return cls._from_state(document, arrays)

    @classmethod
    def _from_state(
        cls, document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
    ) -> "Model":
        table = Table.from_state(document["table"])
        layers = [_from_state(entry, LAYERS) for entry in document["network"]["layers"]]
        loss = _from_state(document["network"]["loss"], LOSSES)
        members = document["network"]["members"]
        if members is not None and (type(members) is not int or members < 1):
            raise TypeError(f"members={members!r} is no number of nets")
        _check_layers(layers)
        _check_sizes(layers, table.width, members, arrays)
        network = (
            Network(layers, n_in=table.width, loss=loss, max_batch=1)
            if members is None
            else Members(layers, members, n_in=table.width, loss=loss, max_batch=1)
        )
        for name, parameter in parameters(network):
            parameter[...] = arrays[name].reshape(parameter.shape)
        _check_finite(network)
        target, info = document["model"]["target"], document["info"]
        if not isinstance(target, str) or not isinstance(info, dict):
            raise TypeError("target is no text, or info no object")
        classes = classes_from_state(document["model"]["classes"])
        conformal = None
        if "conformal" in document:
            conformal = Conformal.from_state(document["conformal"])
        return cls(
            table,
            network,
            classes,
            shares=_floats(document["mixture"]["shares"]),
            temperature=_floats([document["mixture"]["temperature"]])[0],
            factors=_floats(document["factors"]),
            conformal=conformal,
            target=target,
            info=info,
        )


def parameters(network: Network) -> list[tuple[str, NDArray[Any]]]:
    """Each parameter by a name of its own, such as ``layers.0.W``; members are its first axis."""
    return [
        (f"layers.{i}.{name}", getattr(layer, name).reshape(*network.front, *shape))
        for i, layer in enumerate(network.layers)
        for name, shape in layer.shapes.items()
    ]


def _state(part: Any) -> dict[str, Any]:
    return {"type": type(part).__name__, **part.settings}


def _from_state(entry: Mapping[str, Any], types: Mapping[str, Any]) -> Any:
    settings = dict(entry)
    name = settings.pop("type")
    if name not in types:
        raise ValueError(f"there is no {name!r}")
    cls = types[name]
    types_of = typing.get_type_hints(cls.__init__)
    for name, value in settings.items():
        if not _has_type(value, types_of.get(name)):
            raise TypeError(f"{cls.__name__}: {name} is {value!r}, not a {types_of.get(name)}")
    return cls(**settings)


def _has_type(value: Any, hint: Any) -> bool:
    """Whether a value out of JSON is what a layer's argument is declared to be."""
    if hint is float:
        return type(value) in (int, float)
    if hint == Sequence[int]:
        return isinstance(value, list) and all(type(v) is int for v in value)
    return hint in (int, str) and type(value) is hint


def _floats(values: Any) -> list[float]:
    """The values, if each is a number, as floats."""
    if not isinstance(values, list) or not all(type(v) in (int, float) for v in values):
        raise TypeError(f"{str(values)[:60]} is no list of numbers")
    return [float(v) for v in values]


def _is_positive(value: float) -> bool:
    return 0 < value < math.inf


def _check_mixture(shares: Sequence[float], n_members: int, temperature: float) -> None:
    if len(shares) != n_members or not all(map(_is_positive, shares)):
        raise ValueError(f"{len(shares)} shares for {n_members} nets: give a positive one for each")
    if not math.isclose(sum(shares), 1, rel_tol=1e-6):
        raise ValueError(f"the shares have a sum of {sum(shares):g}, not 1")
    if not _is_positive(temperature):
        raise ValueError(f"temperature={temperature}, but it has to be positive")


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
    try:
        with np.errstate(all="ignore", over="raise"):
            P = network.predict(np.zeros((1, network.n_in), np.float32))
        finite = bool(np.isfinite(P).all())
    except FloatingPointError:
        finite = False
    if not finite:
        raise ValueError("the network computes no finite numbers")


def _check_sizes(
    layers: list[Layer], width: int, members: int | None, arrays: Mapping[str, NDArray[Any]]
) -> None:
    """Compare what the layers declare with the arrays that are there, before allocating any."""
    front = () if members is None else (members,)
    declared: dict[str, tuple[int, ...]] = {}
    for i, layer in enumerate(layers):
        width = layer.build(width)
        declared |= {f"layers.{i}.{name}": (*front, *s) for name, s in layer.shapes.items()}
    if declared.keys() != arrays.keys():
        raise ValueError(f"the arrays are {sorted(arrays)}, but the layers have {sorted(declared)}")
    for name, shape in declared.items():
        array = arrays[name]
        if array.shape != shape or array.dtype != np.float32:
            raise ValueError(f"{name} is {array.dtype} of {array.shape}, not float32 of {shape}")


def classes_state(classes: NDArray[Any]) -> dict[str, Any]:
    """Labels as JSON takes them, or a ValueError where no file can hold them."""
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


def classes_from_state(state: Mapping[str, Any]) -> NDArray[Any]:
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
