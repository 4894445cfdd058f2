"""The contenders of prediction."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import numlp
from numlp.nn import mlp

from .workers import Work

BLOCK = 1024  # rows at a time, of many
FIT_ROWS = 400  # of the smallest fit that makes a classifier


@dataclass(frozen=True)
class Case:
    """A net, and how many rows it predicts at once."""

    sizes: tuple[int, ...]
    rows: int

    def data(self) -> NDArray[np.float32]:
        """The rows, at random."""
        rng = np.random.default_rng(0)
        return rng.standard_normal((self.rows, self.sizes[0]), dtype=np.float32)

    def weights(self) -> list[NDArray[np.float32]]:
        """A matrix for each layer, (n_in, n_out), at random."""
        rng = np.random.default_rng(1)
        return [
            rng.standard_normal((n_in, n_out), dtype=np.float32) * np.float32((2 / n_in) ** 0.5)
            for n_in, n_out in itertools.pairwise(self.sizes)
        ]


def in_blocks(predict: Callable[[Any], Any], X: Any, empty: Callable[..., Any]) -> Work:
    """Predict the rows of X a block at a time, into one array for all."""
    if len(X) <= BLOCK:
        return lambda: predict(X)

    def work() -> Any:
        first = predict(X[:BLOCK])
        P = empty((len(X), first.shape[1]), dtype=first.dtype)
        P[:BLOCK] = first
        for start in range(BLOCK, len(X), BLOCK):
            P[start : start + BLOCK] = predict(X[start : start + BLOCK])
        return P

    return work


def bare_products(case: Case, threads: int) -> Mapping[str, Work]:  # noqa: ARG001
    """The floor: X W of each layer."""
    W = case.weights()
    buffers = [np.empty((min(case.rows, BLOCK), width), np.float32) for width in case.sizes[1:]]

    def predict(X: NDArray[np.float32]) -> NDArray[np.float32]:
        for w, buffer in zip(W, buffers, strict=True):
            X = np.matmul(X, w, out=buffer[: len(X)])
        return X

    return {"predict": in_blocks(predict, case.data(), np.empty)}


def numlp_network(case: Case, threads: int) -> Mapping[str, Work]:  # noqa: ARG001
    """``Network.predict``."""
    network = mlp(case.sizes)
    network.init(np.random.default_rng(0))
    X = case.data()
    return {"predict": lambda: network.predict(X)}


def numlp_classifier(case: Case, threads: int) -> Mapping[str, Work]:  # noqa: ARG001
    """``numlp.MLPClassifier.predict_proba``."""
    return _of_classifier(numlp.MLPClassifier, case)


def sklearn(case: Case, threads: int) -> Mapping[str, Work]:  # noqa: ARG001
    """``MLPClassifier.predict_proba`` of scikit-learn."""
    from sklearn.neural_network import MLPClassifier

    return _of_classifier(MLPClassifier, case)


def _of_classifier(cls: Callable[..., Any], case: Case) -> Mapping[str, Work]:
    X = case.data()
    some = Case(case.sizes, FIT_ROWS).data()
    y = np.arange(FIT_ROWS) % case.sizes[-1]
    classifier = cls(case.sizes[1:-1], max_iter=1, random_state=0).fit(some, y)
    return {"predict": lambda: classifier.predict_proba(X)}


def torch_eager(case: Case, threads: int) -> Mapping[str, Work]:
    """A Sequential and softmax, in inference mode."""
    import torch

    torch.set_num_threads(threads)
    layers: list[torch.nn.Module] = []
    for n_in, n_out in itertools.pairwise(case.sizes):
        layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU(inplace=True)]
    model = torch.nn.Sequential(*layers[:-1], torch.nn.Softmax(dim=1)).eval()
    work = in_blocks(model, torch.from_numpy(case.data()), torch.empty)

    def predict() -> object:
        with torch.inference_mode():
            return work()

    return {"predict": predict}


def onnxruntime(case: Case, threads: int) -> Mapping[str, Work]:
    """The same net as an ONNX graph."""
    import onnxruntime as ort

    settings = ort.SessionOptions()
    settings.intra_op_num_threads = threads
    session = ort.InferenceSession(onnx_graph(case), settings, ["CPUExecutionProvider"])

    def predict(X: NDArray[np.float32]) -> Any:
        return session.run(None, {"X": X})[0]

    return {"predict": in_blocks(predict, case.data(), np.empty)}


def onnx_graph(case: Case) -> bytes:
    """Gemm and Relu for each layer, Softmax at the end, as a file's content."""
    from onnx import TensorProto, helper, numpy_helper

    nodes, constants, A = [], [], "X"
    for i, W in enumerate(case.weights()):
        b = np.zeros(W.shape[1], np.float32)
        constants += [numpy_helper.from_array(W, f"W{i}"), numpy_helper.from_array(b, f"b{i}")]
        nodes.append(helper.make_node("Gemm", [A, f"W{i}", f"b{i}"], [f"Z{i}"]))
        last = i == len(case.sizes) - 2
        A = "P" if last else f"A{i}"
        nodes.append(helper.make_node("Softmax" if last else "Relu", [f"Z{i}"], [A]))
    inputs, outputs = (
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width])]
        for name, width in (("X", case.sizes[0]), ("P", case.sizes[-1]))
    )
    graph = helper.make_graph(nodes, "mlp", inputs, outputs, constants)
    # Versions that every onnxruntime of the last years reads, whatever onnx would write.
    opset = [helper.make_opsetid("", 17)]
    content: bytes = helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()
    return content
