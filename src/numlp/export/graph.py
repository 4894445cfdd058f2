"""A graph of ONNX operators, written one after another."""

from collections.abc import Collection
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROWS = "n"  # the axis that every input and output has in common
# The oldest that has all operators; onnxruntime knows it from 1.17 on.
OPSET, ML_OPSET, IR_VERSION = 20, 4, 9
ML = "ai.onnx.ml"  # the operators of classic machine learning

DOUBLE, FLOAT, INT64 = TensorProto.DOUBLE, TensorProto.FLOAT, TensorProto.INT64
STRING = TensorProto.STRING


class Graph:
    """Inputs, operators and outputs; a tensor is known by its name.

    ``Y = graph.op("Add", X, 1.0)`` appends an operator and returns the name of its result.  A
    plain number among the operands becomes a constant of ``dtype``; an array, or a whole number of
    NumPy's, keeps its type.

    Parameters
    ----------
    taken : collection of str
        Names that the graph must not choose: the names of inputs and outputs.

    Attributes
    ----------
    dtype : type
        The NumPy type of constants that are given as plain numbers.
    """

    def __init__(self, taken: Collection[str]) -> None:
        self.dtype: type[np.floating[Any]] = np.float64
        self._taken = set(taken)
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[tuple[Any, ...], str] = {}
        self._initializers: list[TensorProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []

    def input(self, name: str, kind: int, width: int, doc: str) -> str:
        """Declare an input of shape (n, width)."""
        self.inputs.append(helper.make_tensor_value_info(name, kind, [ROWS, width], doc))
        return name

    def output(self, name: str, value: str, kind: int, *widths: int) -> None:
        """Make a tensor of shape (n, *widths) an output of this name."""
        self._nodes.append(helper.make_node("Identity", [value], [name], name=self._fresh("out")))
        self.outputs.append(helper.make_tensor_value_info(name, kind, [ROWS, *widths]))

    def op(self, kind: str, *operands: Any, **attributes: Any) -> str:
        """Append an operator; return the name of its output."""
        return self.ops(1, kind, *operands, **attributes)[0]

    def ops(self, n_outputs: int, kind: str, *operands: Any, **attributes: Any) -> list[str]:
        """Append an operator that has several outputs; return their names."""
        names = [x if isinstance(x, str) else self.constant(x) for x in operands]
        made = [self._fresh(kind) for _ in range(n_outputs)]
        self._nodes.append(helper.make_node(kind, names, made, name=made[0], **attributes))
        return made

    def constant(self, value: Any) -> str:
        """Return the name of a constant; equal constants are stored once."""
        array = np.asarray(value, self.dtype if isinstance(value, int | float) else None)
        content = tuple(array.ravel()) if array.dtype == object else array.tobytes()
        key = (array.dtype.str, array.shape, content)
        if key not in self._constants:
            name = self._constants[key] = self._fresh("constant")
            self._initializers.append(numpy_helper.from_array(array, name))
        return self._constants[key]

    # What is needed again and again

    def cast(self, X: str, kind: int) -> str:
        """Cast X to another type; return the name of the result."""
        return self.op("Cast", X, to=kind)

    def columns(self, X: str, positions: Collection[int]) -> str:
        """Take columns of X, (n, width), by position; return the name of the result."""
        return self.op("Gather", X, np.array([*positions], np.int64), axis=1)

    def concat(self, tensors: list[str], axis: int = -1) -> str:
        """Put tensors side by side; return the name of the result."""
        return tensors[0] if len(tensors) == 1 else self.op("Concat", *tensors, axis=axis)

    def model(self, doc: str, properties: dict[str, str], version: str) -> onnx.ModelProto:
        """Return the graph as an ONNX model."""
        graph = helper.make_graph(
            self._nodes, "numlp", self.inputs, self.outputs, self._initializers, doc
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(ML, ML_OPSET)],
            ir_version=IR_VERSION,
            producer_name="numlp",
            producer_version=version,
            doc_string=doc,
        )
        helper.set_model_props(model, properties)
        return model

    def _fresh(self, stem: str) -> str:
        """Return a name that no tensor of the graph has yet."""
        number = len(self._taken)
        while (name := f"{stem}_{number}") in self._taken:
            number += 1
        self._taken.add(name)
        return name
