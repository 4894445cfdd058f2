"""CPU time of one training step, beside its bare matrix products and beside other libraries.

    python benchmarks/step.py            one thread; scikit-learn and torch where installed

A step is forward, backward and Adam on one batch.  The bare products are the same ``np.matmul``
calls on buffers of the same shapes and nothing else: the floor.  All contenders run in one
process, in turn, round after round; each round times each of them anew, and the medians over the
rounds and their ratios are printed.
"""

import os

THREADS = os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", THREADS)
os.environ.setdefault("MKL_NUM_THREADS", THREADS)

import argparse  # noqa: E402 - the number of threads is read when NumPy is loaded
import itertools  # noqa: E402
import json  # noqa: E402
import statistics  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
from accuracy_parts.machine import processor  # noqa: E402

from numlp.nn import Adam, mlp  # noqa: E402

CASES = {
    "64-32-10, batch 32": ([64, 32, 10], 32),
    "784-256-128-10, batch 128": ([784, 256, 128, 10], 128),
    "784-1024-1024-10, batch 512": ([784, 1024, 1024, 10], 512),
}
Step = Callable[[], object]


def bare_products(sizes: list[int], n: int) -> Step:
    """The matrix products of a step: X W, Xᵀ dY and, but for the first layer, dY Wᵀ."""
    rng = np.random.default_rng(0)
    A = [rng.standard_normal((n, width), dtype=np.float32) for width in sizes]
    dA = [rng.standard_normal((n, width), dtype=np.float32) for width in sizes]
    W = [rng.standard_normal(s, dtype=np.float32) for s in itertools.pairwise(sizes)]
    dW = [np.empty_like(w) for w in W]

    def step() -> None:
        for i, w in enumerate(W):
            np.matmul(A[i], w, out=A[i + 1])
        for i in reversed(range(len(W))):
            np.matmul(A[i].T, dA[i + 1], out=dW[i])
            if i:
                np.matmul(dA[i + 1], W[i].T, out=dA[i])
        A[-1].fill(0.5)  # so that the next round does not start from a denormal or an overflow

    return step


def ours(sizes: list[int], n: int) -> Step:
    """numlp."""
    X, y = _data(sizes, n)
    network = mlp(sizes, max_batch=n)
    network.init(np.random.default_rng(0))
    adam = Adam()

    def step() -> None:
        network.loss_and_grad(X, y)
        adam.step(network.theta, network.grad)

    return step


def sklearn_step(sizes: list[int], n: int) -> Step:
    """One partial_fit of one batch, less its checks: scikit-learn's own _backprop and Adam."""
    from sklearn.neural_network import MLPClassifier
    from sklearn.neural_network._stochastic_optimizers import AdamOptimizer

    X, y = _data(sizes, n)
    model = MLPClassifier(sizes[1:-1], batch_size=n, max_iter=1)
    model.partial_fit(X, y, classes=np.arange(sizes[-1]))
    Y = np.eye(sizes[-1], dtype=bool)[y]
    parameters = model.coefs_ + model.intercepts_
    optimizer = AdamOptimizer(parameters)
    activations = [X] + [np.empty((n, width), np.float32) for width in sizes[1:]]
    deltas = [np.empty((n, width), np.float32) for width in sizes[1:]]
    d_coefs = [np.empty_like(w) for w in model.coefs_]
    d_intercepts = [np.empty_like(b) for b in model.intercepts_]

    def step() -> None:
        _, d_W, d_b = model._backprop(X, Y, None, activations, deltas, d_coefs, d_intercepts)
        optimizer.update_params(parameters, d_W + d_b)

    return step


def torch_step(sizes: list[int], n: int) -> Step:
    """Eager torch with its fused Adam."""
    import torch

    torch.set_num_threads(int(THREADS))
    X, y = (torch.from_numpy(a) for a in _data(sizes, n))
    layers: list[torch.nn.Module] = []
    for n_in, n_out in itertools.pairwise(sizes):
        layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    adam = torch.optim.Adam(model.parameters(), fused=True)
    loss = torch.nn.CrossEntropyLoss()

    def step() -> None:
        adam.zero_grad()
        loss(model(X), y).backward()
        adam.step()

    return step


CONTENDERS = {
    "bare products": bare_products,
    "numlp": ours,
    "scikit-learn": sklearn_step,
    "torch": torch_step,
}


def _data(sizes: list[int], n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, sizes[0]), dtype=np.float32)
    return X, rng.integers(sizes[-1], size=n)


def measure(steps: dict[str, Step], rounds: int, seconds: float) -> dict[str, float]:
    """Median over the rounds of the CPU microseconds of a step, contender by contender."""
    repeats = {}
    for name, step in steps.items():
        step()
        start = time.perf_counter()
        step()
        repeats[name] = max(1, int(seconds / (time.perf_counter() - start)))
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            start = time.process_time()
            for _ in range(repeats[name]):
                step()
            times[name].append((time.process_time() - start) / repeats[name] * 1e6)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    """Print the table; write it as JSON too where asked."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--seconds", type=float, default=0.2, help="of each contender in a round")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    arguments = parser.parse_args()
    machine = f"{processor()}, {THREADS} thread, NumPy {np.__version__}"
    print(f"CPU microseconds of one training step, median of {arguments.rounds} rounds")
    print(machine)
    results: dict[str, dict[str, float]] = {}
    for case, (sizes, n) in CASES.items():
        steps = {}
        for name, make in CONTENDERS.items():
            try:
                steps[name] = make(sizes, n)
            except ImportError as error:
                print(f"{name} left out: {error}")
        results[case] = measure(steps, arguments.rounds, arguments.seconds)
        print(f"\n{case}")
        for name, value in results[case].items():
            print(f"  {name:<14} {value:>10,.1f}   {value / results[case]['numlp']:5.2f} x numlp")
    if arguments.json:
        record = {"machine": machine, "microseconds": results}
        arguments.json.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
