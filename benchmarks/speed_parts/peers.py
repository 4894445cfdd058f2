"""The contenders of training that are other libraries, each set up as fast as it honestly goes."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .training import Array, Case
from .workers import LeftOut, Work, in_a_line

Loss = Callable[[Any, Any], Any]  # of a torch model, on a batch X, y


def sklearn(case: Case, threads: int) -> Mapping[str, Work]:  # noqa: ARG001
    """scikit-learn's MLPClassifier; an ensemble is as many of them, one after another."""
    nets = [_sklearn_net(case, seed) for seed in range(case.members or 1)]

    def all_of(quantity: str) -> Work:
        works = [net[quantity] for net in nets]

        def work() -> None:
            for one in works:
                one()

        return works[0] if len(works) == 1 else work

    return {quantity: all_of(quantity) for quantity in ("step", "epoch")}


def _sklearn_net(case: Case, seed: int) -> Mapping[str, Work]:
    """One partial_fit of one batch, less its checks (its own _backprop and Adam); one of all."""
    from sklearn.neural_network import MLPClassifier
    from sklearn.neural_network._stochastic_optimizers import AdamOptimizer

    n, classes = case.batch, np.arange(case.classes)

    def fitted(X: Array, y: Array) -> Any:
        model = MLPClassifier(case.sizes[1:-1], batch_size=n, alpha=0.0, random_state=seed)
        return model.partial_fit(X, y, classes=classes)

    X, y = case.data()
    batch = X[:n].copy()
    Y = y[:n, None] == (classes[1:] if case.classes == 2 else classes)  # of two, one output
    widths = [*case.sizes[1:-1], Y.shape[1]]
    stepped, model = fitted(batch, y[:n]), fitted(X, y)
    parameters = stepped.coefs_ + stepped.intercepts_
    optimizer = AdamOptimizer(parameters)
    activations = [batch] + [np.empty((n, width), np.float32) for width in widths]
    deltas = [np.empty((n, width), np.float32) for width in widths]
    d_coefs = [np.empty_like(W) for W in stepped.coefs_]
    d_intercepts = [np.empty_like(b) for b in stepped.intercepts_]

    def step() -> None:
        _, dW, db = stepped._backprop(batch, Y, None, activations, deltas, d_coefs, d_intercepts)
        optimizer.update_params(parameters, dW + db)

    def epoch() -> None:
        model.partial_fit(X, y)

    return {"step": step, "epoch": epoch}


def torch_eager(case: Case, threads: int) -> Mapping[str, Work]:
    """torch as it comes, with its fused Adam."""
    loss, parameters = _torch_model(case, threads)
    return _torch_works(case, loss, parameters)


def torch_compiled(case: Case, threads: int) -> Mapping[str, Work]:
    """torch with the forward pass and loss, and so their backward pass, under torch.compile."""
    import torch

    loss, parameters = _torch_model(case, threads)
    compiled = torch.compile(loss, dynamic=False)
    X, y = _torch_data(case)
    try:
        compiled(X[: case.batch], y[: case.batch]).backward()
    except Exception as error:  # no C++ compiler, or whatever else it does not get along with
        raise LeftOut(f"torch.compile failed: {in_a_line(error)}") from error
    return _torch_works(case, compiled, parameters)


def _torch_data(case: Case) -> tuple[Any, Any]:
    import torch

    X, y = (torch.from_numpy(a) for a in case.data())
    return X, y.to(torch.float32) if case.sizes[-1] == 1 else y


def _torch_model(case: Case, threads: int) -> tuple[Loss, list[Any]]:
    """The loss of a batch, as a function of it, and the parameters."""
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    if case.members is not None:
        return _torch_ensemble(case, case.members)
    layers: list[torch.nn.Module] = []
    for n_in, n_out in itertools.pairwise(case.sizes):
        layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU(inplace=True)]
    model = torch.nn.Sequential(*layers[:-1])

    def binary(X: Any, y: Any) -> Any:
        return torch.nn.functional.binary_cross_entropy_with_logits(model(X).squeeze(1), y)

    def multiclass(X: Any, y: Any) -> Any:
        return torch.nn.functional.cross_entropy(model(X), y)

    return binary if case.sizes[-1] == 1 else multiclass, list(model.parameters())


def _torch_ensemble(case: Case, members: int) -> tuple[Loss, list[Any]]:
    """All members at once: the parameters have one more axis in front."""
    import torch

    W = [
        torch.nn.Parameter(torch.randn(members, n_in, n_out) * (2 / n_in) ** 0.5)
        for n_in, n_out in itertools.pairwise(case.sizes)
    ]
    b = [torch.nn.Parameter(torch.zeros(members, 1, n_out)) for n_out in case.sizes[1:]]

    def loss(X: Any, y: Any) -> Any:
        A = X.expand(members, -1, -1)
        for i, (weight, bias) in enumerate(zip(W, b, strict=True)):
            A = torch.baddbmm(bias, A, weight)
            if i < len(W) - 1:
                A = torch.relu_(A)
        rows = A.reshape(-1, case.sizes[-1])
        # The sum of the members' means: each has the gradient that it would have alone.
        return torch.nn.functional.cross_entropy(rows, y.repeat(members)) * members

    return loss, W + b


def _torch_works(case: Case, loss: Loss, parameters: list[Any]) -> Mapping[str, Work]:
    import torch

    X, y = _torch_data(case)
    first_X, first_y = X[: case.batch].clone(), y[: case.batch].clone()
    adam = torch.optim.Adam(parameters, fused=True)

    def update(X: Any, y: Any) -> None:
        adam.zero_grad()
        loss(X, y).backward()
        adam.step()

    def step() -> None:
        update(first_X, first_y)

    def epoch() -> None:
        order = torch.randperm(case.rows)
        for start in range(0, case.rows, case.batch):
            rows = order[start : start + case.batch]
            update(X[rows], y[rows])

    return {"step": step, "epoch": epoch}
