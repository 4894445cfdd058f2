"""A fitted classifier as ONNX: raw columns in, label and probabilities out."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from ..decisions.mixing import MIN_P
from ..errors import DataError
from ..models import MLPModel, Model, model_of
from ..nn import Network
from ..storage.whole_file import atomic_write
from ..version import __version__

if TYPE_CHECKING:  # it is loaded when it is needed, as most who predict do without
    import onnx

    from .graph import Graph

LABEL, PROBABILITIES = "label", "probabilities"
MOST_BYTES = (1 << 31) - (1 << 24)  # of weights: an ONNX file ends at 2 GiB


def to_onnx(
    model: Any,
    path: str | os.PathLike[str] | None = None,
) -> onnx.ModelProto:
    """The whole classifier as one ONNX model, preparation of the table included.

    The outputs are ``label``, (n,), of the type that the labels had in training, and
    ``probabilities``, (n, n_classes), in the order of ``classes_``.  An output has a "_" at its
    end where a column has its name already.

    The inputs of a model of a table are its columns, each (n, 1) and by its name, or (n, width) of
    vectors, but for those that were set aside: see ``docs/onnx.md`` for what goes into each.  Where
    an array of numbers was learned from, and for an MLPClassifier, the one input is ``X``,
    (n, n_columns): float64, or float32 for an MLPClassifier that learned from it.

    Parameters
    ----------
    model : fitted classifier of numlp, or its model
        Also what ``numlp.load`` opens.
    path : path, optional
        A file to write the model to as well, whole or not at all.

    Returns
    -------
    onnx.ModelProto
        A model of opset 20, which onnxruntime runs from 1.17 on.

    Raises
    ------
    DataError
        No column is learned from, a name cannot be written, or the model takes more than 2 GiB.
    ModuleNotFoundError
        onnx is not installed.
    OSError
        The file could not be written; a file that was there before is whole.

    Examples
    --------
    >>> from numlp import TabularClassifier
    >>> table = {"size": [1.0, 1.5, 3.0, 3.5] * 5, "hue": list("rgrb") * 5}
    >>> clf = TabularClassifier(random_state=0, epochs=5)
    >>> clf = clf.fit(table, ["small", "small", "large", "large"] * 5)
    >>> onx = to_onnx(clf)
    >>> [put.name for put in onx.graph.input], [put.name for put in onx.graph.output]
    (['size', 'hue'], ['label', 'probabilities'])
    """
    try:
        import onnx
    except ModuleNotFoundError as error:
        if error.name != "onnx":
            raise
        raise ModuleNotFoundError(
            "export to ONNX needs onnx: pip install 'numlp[onnx]'", name="onnx"
        ) from error
    fitted = model_of(model)
    n_bytes = fitted.network.theta.nbytes
    if n_bytes > MOST_BYTES:
        raise DataError(f"the nets take {n_bytes:,} bytes, and an ONNX file has 2 GiB at most")
    try:
        made = _of_mlp(fitted) if isinstance(fitted, MLPModel) else _of_table(cast(Model, fitted))
    except UnicodeEncodeError as error:
        raise DataError(f"{error.object!r} is not a text that ONNX can hold: rename it") from error
    onnx.checker.check_model(made, full_check=True)
    if path is not None:
        atomic_write(path, made.SerializeToString())
    return made


def _of_table(model: Model) -> onnx.ModelProto:
    from .graph import DOUBLE, Graph
    from .layers import add_layers
    from .table import add_table, describe, input_names

    inputs = input_names(model.table)
    label, probabilities = _output_names(inputs)
    graph = Graph([*inputs, label, probabilities])
    Z = add_layers(graph, model.network, add_table(graph, model.table))
    P = _mixture(graph, model, Z)
    choice = graph.op("Mul", P, np.array(model.factors, np.float64))
    codes = graph.op("ArgMax", choice, axis=1, keepdims=0)
    _put_label(graph, label, model.classes, codes)
    graph.output(probabilities, P, DOUBLE, len(model.classes))
    return graph.model(
        _doc(model.target, model.classes, model.network),
        {
            "target": model.target,
            "classes": json.dumps(model.classes.tolist(), ensure_ascii=False),
            "columns": describe(model.table),
        },
        __version__,
    )


def _mixture(graph: Graph, model: Model, Z: str) -> str:
    """Probabilities, (n, n_classes), of logits (members, n, n_classes), as ``Model`` mixes them.

    In float64, since a temperature below 1 would enlarge what float32 rounds off.
    """
    from .graph import DOUBLE

    graph.dtype = np.float64
    P = graph.op("Softmax", graph.cast(Z, DOUBLE), axis=-1)
    shares = np.array(model.shares, np.float64)[:, None, None]
    P = graph.op("ReduceSum", graph.op("Mul", P, shares), np.array([0]), keepdims=0)
    if model.temperature != 1:
        Z = graph.op("Log", graph.op("Max", P, MIN_P))
        # First, so that no temperature makes all of a row -inf.
        Z = graph.op("Sub", Z, graph.op("ReduceMax", Z, np.array([1])))
        return graph.op("Softmax", graph.op("Div", Z, model.temperature), axis=-1)
    return graph.op("Div", P, graph.op("ReduceSum", P, np.array([1])))


def _of_mlp(model: MLPModel) -> onnx.ModelProto:
    from .graph import DOUBLE, FLOAT, INT64, Graph
    from .layers import add_layers, sigmoid
    from .table import ARRAY

    network, targets = model.network, model.targets
    kind = FLOAT if network.dtype == np.float32 else DOUBLE
    graph = Graph([ARRAY, LABEL, PROBABILITIES])
    X = graph.input(ARRAY, kind, model.n_features, "the columns, numbers without gaps")
    Z = graph.op("Squeeze", add_layers(graph, network, X), np.array([0]))
    P = graph.op("Softmax", Z, axis=-1) if targets.kind == "multiclass" else sigmoid(graph, Z)
    if targets.kind == "multiclass":
        codes = graph.op("ArgMax", P, axis=1, keepdims=0)
    else:
        chosen = graph.cast(graph.op("Greater", P, 0.5), INT64)
        codes = graph.op("Squeeze", chosen, np.array([1])) if targets.kind == "binary" else chosen
    if targets.kind == "multilabel":
        graph.output(LABEL, codes, INT64, len(targets.classes))
    else:
        _put_label(graph, LABEL, targets.classes, codes)
    if targets.kind == "binary":
        P = graph.concat([graph.op("Sub", 1.0, P), P])
    graph.output(PROBABILITIES, P, kind, len(targets.classes))
    return graph.model(
        _doc("", targets.classes, network),
        {
            "classes": json.dumps(targets.classes.tolist(), ensure_ascii=False),
            "columns": json.dumps(model.feature_names, ensure_ascii=False),
        },
        __version__,
    )


def _put_label(graph: Graph, name: str, classes: NDArray[Any], codes: str) -> None:
    """Make the labels of the codes an output, of the type they had in training."""
    from onnx.helper import np_dtype_to_tensor_dtype

    from .graph import STRING

    text = classes.dtype.kind in "OU"
    labels = classes.astype(object if text else classes.dtype.newbyteorder("="))
    kind = STRING if text else np_dtype_to_tensor_dtype(labels.dtype)
    graph.output(name, graph.op("Gather", labels, codes, axis=0), kind)


def _output_names(inputs: list[str]) -> list[str]:
    names = []
    for name in (LABEL, PROBABILITIES):
        while name in inputs or name in names:
            name += "_"
        names.append(name)
    return names


def _doc(target: str, classes: NDArray[Any], network: Network) -> str:
    what = f"{target!r}, " if target else ""
    nets = f"{network.n_nets} nets" if network.front else "a net"
    return f"numlp {__version__}: {what}one of {len(classes):,} classes, by {nets}"
