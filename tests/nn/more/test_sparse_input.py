"""SparseInput computes what Dense does, of a matrix that holds its elements alone."""

import tracemalloc
from typing import Any

import numpy as np
import pytest

from numlp.nn import (
    LBFGS,
    Dense,
    Members,
    Network,
    SigmoidCrossEntropy,
    SoftmaxCrossEntropy,
    SparseInput,
    SparseMatrix,
    train_full_batch,
)
from numlp.nn.arrays import Array
from numlp.nn.network import PREDICT_ROWS

from ..cases import (
    LAYERS,
    WIDTH,
    LayerCase,
    assert_gradient_is_right,
    in_a_row,
    network_of,
    pickled,
)

N, N_IN = 7, 9


def drawn(n: int = N, n_in: int = N_IN, share: float = 0.4, dtype: Any = np.float64) -> Array:
    """Few elements; rows 2 and the last, and columns 0, 3 and the last, have none."""
    rng = np.random.default_rng(5)
    X = rng.standard_normal((n, n_in)) * (rng.random((n, n_in)) < share)
    X[[2, -1]] = 0
    X[:, [0, 3, -1]] = 0
    return np.asarray(X, dtype)


SHAPES = {
    "some": drawn(),
    "full": np.random.default_rng(1).standard_normal((N, N_IN)),
    "no element": np.zeros((N, N_IN)),
    "first and last row empty": np.pad(np.ones((3, N_IN)), ((1, 2), (0, 0))),
    "one element": np.eye(1, N_IN, 4).repeat(1, axis=0),
    "one row": drawn()[:1],
    "one column": drawn(n_in=12)[:, 1:2],
}
MATRIX = pytest.mark.parametrize("X", SHAPES.values(), ids=SHAPES)
LIKE = {"rtol": 1e-12, "atol": 1e-14}


@MATRIX
def test_a_matrix_multiplies_as_its_array_does_from_both_sides(X: Array) -> None:
    S, rng = SparseMatrix.from_dense(X), np.random.default_rng(0)
    v, u = rng.standard_normal(X.shape[1]), rng.standard_normal(len(X))
    assert (len(S), S.shape, S.ndim, S.dtype) == (len(X), X.shape, 2, X.dtype)
    np.testing.assert_allclose(S.times(v), X @ v, **LIKE)
    np.testing.assert_allclose(S.transposed_times(u), X.T @ u, **LIKE)
    out = np.full((len(X), 2), np.nan)
    S.times(v, out=out[:, 1])
    np.testing.assert_allclose(out[:, 1], X @ v, **LIKE)


@MATRIX
@pytest.mark.parametrize("rows", [slice(1, 4), slice(0), [0, 0], [-1, 0], []], ids=str)
def test_rows_are_taken_as_of_an_array(X: Array, rows: Any) -> None:
    if isinstance(rows, list):
        rows = np.array(rows, int)
    S = SparseMatrix.from_dense(X)[rows]
    assert S.shape == X[rows].shape
    np.testing.assert_array_equal(as_array(S), X[rows])


@MATRIX
def test_blocks_below_each_other_are_the_whole(X: Array) -> None:
    S = SparseMatrix.from_dense(X)
    again = SparseMatrix.stacked([S[:2], S[2:2], S[2:]], X.shape[1])
    np.testing.assert_array_equal(as_array(again), X)
    assert SparseMatrix.stacked([], 4).shape == (0, 4)


def as_array(S: SparseMatrix) -> Array:
    return np.array([S.times(v) for v in np.eye(S.shape[1])]).T.reshape(S.shape)


def pair(n_out: int, l2: float = 0.0) -> tuple[Network, Network]:
    """A sparse and a dense network of the same weights."""
    loss = SigmoidCrossEntropy if n_out == 1 else SoftmaxCrossEntropy
    sparse, dense = (
        network_of([cls(N_IN, n_out)], loss(), l2=l2, max_batch=N) for cls in (SparseInput, Dense)
    )
    assert np.array_equal(sparse.theta, dense.theta)
    return sparse, dense


@pytest.mark.parametrize("name", ["some", "full", "no element", "one element", "one row"])
@pytest.mark.parametrize("n_out", [1, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_loss_and_gradient_are_those_of_dense(name: str, n_out: int, weighted: bool) -> None:
    X = SHAPES[name]
    y = np.arange(len(X)) % max(n_out, 2)
    y = y[:, None] if n_out == 1 else y
    weight = np.arange(len(X), dtype=float) + 1 if weighted else None
    sparse, dense = pair(n_out, l2=0.1)
    for network, matrix in ((sparse, SparseMatrix.from_dense(X)), (dense, X)):
        network.grad.fill(np.nan)
        network.found = network.loss_and_grad(matrix, y, weight)
    assert sparse.found == pytest.approx(dense.found, rel=1e-12)
    np.testing.assert_allclose(sparse.grad, dense.grad, **LIKE)


@pytest.mark.parametrize("case", LAYERS.values(), ids=LAYERS)
def test_its_gradient_is_right_in_front_of_every_layer(case: LayerCase) -> None:
    layers, width = in_a_row(case)
    network = network_of(
        [SparseInput(N_IN, WIDTH, "lecun_normal"), *layers, Dense(width, 3)],
        SoftmaxCrossEntropy(),
        l2=0.03,
        max_batch=N,
    )
    y = np.arange(N) % 3
    assert_gradient_is_right(network, SparseMatrix.from_dense(drawn()), y, then=repr(case))


def test_it_has_to_be_the_first_layer() -> None:
    network = network_of([Dense(N_IN, N_IN), SparseInput(N_IN, 2)], SoftmaxCrossEntropy())
    with pytest.raises((ValueError, AttributeError)):
        network.loss_and_grad(drawn()[:5], np.zeros(5, int))


def test_torch_gives_the_same_loss_and_gradient() -> None:
    torch = pytest.importorskip("torch")
    X, y = drawn(), np.arange(N) % 3
    network = network_of([SparseInput(N_IN, 3)], SoftmaxCrossEntropy(), max_batch=N)
    loss = network.loss_and_grad(SparseMatrix.from_dense(X), y)
    layer = network.layers[0]
    rows, columns = np.nonzero(X)
    W = torch.tensor(layer.W.copy(), requires_grad=True)
    b = torch.tensor(layer.b.copy(), requires_grad=True)
    starts = np.searchsorted(rows, np.arange(N))
    bags = torch.nn.functional.embedding_bag(
        torch.tensor(columns), W, torch.tensor(starts), mode="sum",
        per_sample_weights=torch.tensor(X[rows, columns]),
    )  # fmt: skip
    of_torch = torch.nn.functional.cross_entropy(bags + b, torch.tensor(y))
    of_torch.backward()
    assert loss == pytest.approx(of_torch.item(), rel=1e-12)
    np.testing.assert_allclose(layer.dW, W.grad.numpy(), **LIKE)
    np.testing.assert_allclose(layer.db, b.grad.numpy(), **LIKE)


def test_a_prediction_in_blocks_is_that_of_dense() -> None:
    X = drawn(n=2 * PREDICT_ROWS + 3, dtype=np.float32)
    sparse, dense = (
        network_of([cls(N_IN, 3)], SoftmaxCrossEntropy(), dtype=np.float32)
        for cls in (SparseInput, Dense)
    )
    S = SparseMatrix.from_dense(X)
    np.testing.assert_allclose(sparse.predict(S), dense.predict(X), rtol=1e-5, atol=1e-6)
    one = sparse.logits(S[:1])
    np.testing.assert_array_equal(one, sparse.logits(S)[:1])


def test_long_columns_are_added_up_as_precisely_as_numpy_does() -> None:
    n = 200_000
    X = np.random.default_rng(0).random((n, 1), np.float32)
    found = SparseMatrix.from_dense(X).transposed_times(np.ones(n, np.float32))
    assert abs(found[0] - X.astype(float).sum()) < 1e-6 * n  # one after the other: 2e-6 n and more


def test_a_whole_search_for_weights_ends_where_that_of_dense_does() -> None:
    X = drawn(n=60)
    y = (X[:, 1] + X[:, 2] > 0).astype(int)
    found = []
    for cls, matrix in ((SparseInput, SparseMatrix.from_dense(X)), (Dense, X)):
        network = network_of([cls(N_IN, 2)], SoftmaxCrossEntropy(), l2=1e-2, max_batch=60)
        lbfgs = LBFGS(memory=8, tol_grad=1e-9, tol_loss=0.0)
        for epoch in train_full_batch(network, lbfgs, matrix, y):
            if epoch.number == 100:
                break
        found.append(network.theta.copy())
    np.testing.assert_allclose(*found, rtol=1e-4, atol=1e-6)
    assert abs(found[0]).max() > 0.5


def test_a_pass_allocates_less_than_a_byte_for_each_element() -> None:
    n, n_in, each = 20_000, 300, 100
    rng = np.random.default_rng(0)
    S = SparseMatrix(
        rng.random(n * each, np.float32),
        rng.integers(n_in, size=n * each).astype(np.int32),
        np.arange(0, n * each + 1, each),
        n_in,
    )
    network = Network([SparseInput(n_in, 3)], loss=SoftmaxCrossEntropy(), max_batch=n)
    network.init(rng)
    y = np.arange(n) % 3
    network.loss_and_grad(S, y)
    tracemalloc.start()
    try:
        network.loss_and_grad(S, y)
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(3):
            network.loss_and_grad(S, y)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < S.data.nbytes / 8
    assert after - before < 2_000


def test_it_is_pickled_with_its_weights() -> None:
    network = network_of([SparseInput(N_IN, 3)], SoftmaxCrossEntropy(), max_batch=N)
    S = SparseMatrix.from_dense(drawn())
    assert np.array_equal(pickled(network).logits(pickled(S)), network.logits(S))


def test_many_nets_are_not_for_it() -> None:
    """A matrix has no axis for nets."""
    nets = Members([SparseInput(N_IN, 2)], 2, dtype=np.float64)
    nets.init([np.random.default_rng(0), np.random.default_rng(1)])
    with pytest.raises((ValueError, TypeError, AttributeError)):
        nets.logits(SparseMatrix.from_dense(drawn()))
