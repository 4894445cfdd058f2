"""Running ONNX models in tests: a graph as numbers, a table as the inputs of a model."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from numlp.data.columns import as_columns
from numlp.export.graph import STRING, Graph
from numlp.export.table import ARRAY, input_names, input_of
from numlp.table.table import Table

Arrays = dict[str, NDArray[Any]]


def session_of(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    """A session on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def outputs(model: onnx.ModelProto, inputs: Mapping[str, NDArray[Any]]) -> Arrays:
    """What onnxruntime makes of the inputs, by the names of the outputs."""
    onnx.checker.check_model(model, full_check=True)
    session = session_of(model)
    names = [put.name for put in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(inputs)), strict=True))


def with_outputs(graph: Graph, kinds: Mapping[str, int]) -> onnxruntime.InferenceSession:
    """A session of a graph that is not finished, which gives these tensors, of any shape."""
    for name, kind in kinds.items():
        graph.outputs.append(onnx.helper.make_tensor_value_info(name, kind, None))
    return session_of(graph.model("", {}, "0"))


def inputs_of(table: Table, X: Any) -> Arrays:
    """A table as docs/onnx.md says that it goes in."""
    cells = as_columns(X)
    if input_names(table) == [ARRAY]:
        return {ARRAY: np.column_stack([*cells.columns.values()])}
    return {
        part.name: _as_input(part.read(cells[part.name], None), input_of(part)[0])[:, None]
        for part in table.encoders
        if part.width
    }


def _as_input(cells: NDArray[Any], kind: int) -> NDArray[Any]:
    if kind == STRING:
        return np.array(["" if cell is None else cell for cell in cells], dtype=object)
    if cells.dtype.kind == "M":
        return np.where(np.isnat(cells), np.nan, cells.astype(np.int64).astype(float))
    if cells.dtype.kind == "O":
        return np.array([np.nan if cell is None else float(cell) for cell in cells], float)
    return cells
