"""A traced step as JSON: every matrix of it, in the notation of the lesson.

Rows of a batch stand below each other, so that ``Z1 = X W1 + b1`` and ``dW1 = Xᵀ dZ1``.  All
numbers are those of ``numlp.nn.trace`` and of the optimizer; here they get names.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..nn import (
    SGD,
    BatchNorm,
    Dense,
    Dropout,
    LayerTrace,
    Network,
    Optimizer,
    SoftmaxCrossEntropy,
    Trace,
    trace,
)
from ..nn.arrays import Array, Labels
from . import formulas
from .messages import number
from .nets import L1Network

ROWS_SHOWN, SIZE_SHOWN = 8, 32  # rows of a batch; rows and columns of any other matrix
TERMS_SHOWN = 6  # of a sum that is written out

Step = dict[str, Any]
Named = tuple[str, Array]  # a matrix and what it is called


def step_as_json(network: Network, optimizer: Optimizer, X: Array, y: Labels) -> Step:
    """The next step of the network on these rows: forward, loss, backward, update.

    The network is not changed; of the optimizer this takes a step, so it has to be a copy.
    """
    passed = trace(network, X, y)
    loss, grad, l1 = passed.loss, passed.grad, 0.0
    if isinstance(network, L1Network):
        loss, l1 = loss + network.add_l1(grad), network.l1
    after = network.theta.copy()
    optimizer.step(after, grad)
    notes = _Notes(network, passed, y, loss, grad, after, l1)
    return {
        "x": _values(X, ROWS_SHOWN),
        "y": y[:ROWS_SHOWN].tolist(),
        "steps": [
            *notes.forward(),
            notes.of_loss(),
            *notes.backward(),
            *notes.update(optimizer),
        ],
        "loss": number(loss),
    }


class _Notes:
    """The steps of one trace, each with its title, its matrices, and its first row written out."""

    def __init__(
        self, network: Network, passed: Trace, y: Labels, loss: float, grad: Array,
        after: Array, l1: float,
    ) -> None:  # fmt: skip
        self.network, self.passed, self.loss, self.l1 = network, passed, loss, l1
        self.n = len(y)
        self.names = _names(passed.layers)
        two = not network.loss.of_classes
        self.P: Named = ("y_pred" if two else "P", passed.P)
        truth = y[:, None].astype(float) if two else np.eye(network.n_out)[y]
        self.Y: Named = ("y" if two else "Y", truth)
        self.true_class = y
        self.parameters: dict[tuple[int, str], tuple[Array, Array, Array]] = {}
        layers = {id(layer): i for i, layer in enumerate(network.layers)}
        for layer, name, part in network.parameters:
            shape = layer.shapes[name]
            arrays = (network.theta[part].copy(), grad[part], after[part])
            value, gradient, new = (a.reshape(shape) for a in arrays)
            self.parameters[layers[id(layer)], name] = value, gradient, new

    def forward(self) -> Iterator[Step]:
        """From X to the probabilities."""
        for layer, name in zip(self.passed.layers, self.names, strict=True):
            X, Y = (name.X, layer.X), (name.Y, layer.Y)
            if isinstance(layer.layer, Dense):
                W, b = layer.parameters["W"], layer.parameters["b"]
                yield _step(
                    "forward",
                    f"{name.Y} = {name.X} W{name.k} + b{name.k}",
                    f"a row of {name.X} times a column of W{name.k}, added up, plus the bias",
                    [X, (f"W{name.k}", W), (f"b{name.k}", b[None]), Y],
                    [_sum(layer.X[0], W[:, j], b[j], layer.Y[0, j]) for j in range(W.shape[1])],
                )
            elif isinstance(layer.layer, BatchNorm):
                yield self._normalized(layer, layer.layer.eps, name)
            elif isinstance(layer.layer, Dropout):
                kept = f"{1 / (1 - layer.layer.rate):.4g}"
                yield _step(
                    "forward",
                    f"{name.Y} = dropout({name.X})",
                    f"each number is dropped with probability {layer.layer.rate:g}, else "
                    f"multiplied by {kept}",
                    [X, Y],
                    [f"{_n(a)} → {_n(d)}" for a, d in zip(layer.X[0], layer.Y[0], strict=True)],
                )
            else:
                rule = formulas.activation_of(layer.layer)
                yield _step(
                    "forward",
                    f"{name.Y} = {rule.value.format(Z=name.X)}",
                    "number by number",
                    [X, Y],
                    [
                        f"{rule.one.format(Z=_n(z))} = {_n(a)}"
                        for z, a in zip(layer.X[0], layer.Y[0], strict=True)
                    ],
                )
        Z = self.names[-1].Y
        P, z = self.P[1][0], self.passed.logits[0]
        if self.network.loss.of_classes:
            total = " + ".join(f"exp({_n(v)})" for v in z)
            written = [f"exp({_n(v)}) / ({total}) = {_n(p)}" for v, p in zip(z, P, strict=True)]
        else:
            written = [f"1 / (1 + exp(−({_n(z[0])}))) = {_n(P[0])}"]
        title = formulas.answers_of(self.network.loss, Z)
        meaning = "from logits to probabilities"
        yield _step("forward", title, meaning, [(Z, self.passed.logits), self.P], written)

    def _normalized(self, layer: LayerTrace, eps: float, name: "_Name") -> Step:
        mean, variance = layer.X.mean(axis=0), layer.X.var(axis=0)
        gamma, beta = layer.parameters["gamma"], layer.parameters["beta"]
        k = name.k
        return _step(
            "forward",
            f"{name.Y} = γ{k} ∘ ({name.X} − mean) / √(variance + {eps:g}) + β{k}",
            "each column of the batch gets mean 0 and variance 1, then another scale and centre",
            [
                (name.X, layer.X),
                ("mean", mean[None]),
                ("variance", variance[None]),
                (f"γ{k}", gamma[None]),
                (f"β{k}", beta[None]),
                (name.Y, layer.Y),
            ],
            [
                f"{_n(gamma[j])} · ({_n(layer.X[0, j])} − {_n(mean[j])}) / "
                f"√({_n(variance[j])} + {eps:g}) + {_n(beta[j])} = {_n(layer.Y[0, j])}"
                for j in range(len(gamma))
            ],
        )

    def of_loss(self) -> Step:
        """One number that says how wrong the net is."""
        p, t = self.P[1][0], self.Y[1][0]
        cross = self.network.loss
        if isinstance(cross, SoftmaxCrossEntropy):
            written = [f"−log({_n(p[self.true_class[0]])}) for the first row"]
        elif "log" in formulas.mean_loss(cross):
            right = f"{_n(p[0])}" if t[0] else f"1 − {_n(p[0])}"
            written = [f"−log({right}) for the first row"]
        else:
            terms = " + ".join(f"({_n(a)} − {_n(b)})²" for a, b in zip(p, t, strict=True))
            written = [f"{terms} = {_n(float(((p - t) ** 2).sum()))} for the first row"]
        title = formulas.mean_loss(cross)
        title += f" + {self.network.l2 / 2:.4g} sum of W²" if self.network.l2 else ""
        title += f" + {self.l1:.4g} sum of |W|" if self.l1 else ""
        loss = np.array([[self.loss]])
        matrices = [self.P, self.Y, ("loss", loss)]
        return _step("loss", title, "the mean over all rows of the batch", matrices, written)

    def backward(self) -> Iterator[Step]:
        """From the loss to every parameter, walking back."""
        dZ = self.passed.dZ
        yield _step(
            "backward",
            formulas.slope_of(self.network.loss, f"d{self.names[-1].Y}"),
            f"how the loss moves with each logit; n = {self.n} rows",
            [self.P, self.Y, (f"d{self.names[-1].Y}", dZ)],
            self._first_slopes(dZ[0]),
        )
        for i in reversed(range(len(self.passed.layers))):
            layer, name = self.passed.layers[i], self.names[i]
            dY = (f"d{name.Y}", layer.dY)
            if isinstance(layer.layer, Dense):
                yield from self._of_dense(i, layer, name, dY)
            elif layer.dX is None:
                continue
            elif isinstance(layer.layer, BatchNorm):
                yield from self._of_batch_norm(i, layer, name, dY)
            elif isinstance(layer.layer, Dropout):
                yield _step(
                    "backward",
                    f"d{name.X} = d{name.Y} where {name.X} was kept",
                    f"0 where it was dropped, else times {1 / (1 - layer.layer.rate):.4g}",
                    [dY, (f"d{name.X}", layer.dX)],
                    [f"{_n(a)} → {_n(d)}" for a, d in zip(dY[1][0], layer.dX[0], strict=True)],
                )
            else:
                slope = formulas.activation_of(layer.layer).slope.format(Z=name.X, A=name.Y)
                yield _step(
                    "backward",
                    f"d{name.X} = d{name.Y} ∘ {slope}",
                    "number by number: the slope of the activation",
                    [dY, (name.X, layer.X), (name.Y, layer.Y), (f"d{name.X}", layer.dX)],
                    [
                        f"{_n(a)} · {_n(_ratio(d, a))} = {_n(d)}"
                        for a, d in zip(layer.dY[0], layer.dX[0], strict=True)
                    ],
                )

    def _first_slopes(self, dZ: Array) -> list[str]:
        p, t = self.P[1][0], self.Y[1][0]
        title = formulas.slope_of(self.network.loss, "")
        if title.endswith("/ n"):
            pairs = zip(p, t, dZ, strict=True)
            return [f"({_n(a)} − {_n(b)}) / {self.n} = {_n(d)}" for a, b, d in pairs]
        if len(p) == 1:
            a, b = _n(p[0]), _n(t[0])
            return [f"2/{self.n} · ({a} − {b}) · {a} · (1 − {a}) = {_n(dZ[0])}"]
        mean = _n(float(((p - t) * p).sum()))
        return [
            f"2/{self.n} · {_n(a)} · ({_n(a - b)} − {mean}) = {_n(d)}"
            for a, b, d in zip(p, t, dZ, strict=True)
        ]

    def _of_dense(self, i: int, layer: LayerTrace, name: "_Name", dZ: Named) -> Iterator[Step]:
        k = name.k
        W, dW, _ = self.parameters[i, "W"]
        _, db, _ = self.parameters[i, "b"]
        l2, l1 = self.network.l2, self.l1
        title = f"dW{k} = {name.X}ᵀ {dZ[0]}"
        title += f" + {l2:.4g} W{k}" if l2 else ""
        title += f" + {l1:.4g} sign(W{k})" if l1 else ""
        yield _step(
            "backward",
            title,
            "a weight's slope: what came into it times what came back, added over the rows",
            [(name.X, layer.X), dZ, (f"W{k}", W), (f"dW{k}", dW)],
            [
                _sum(layer.X[:, 0], layer.dY[:, j], l2 * W[0, j] + l1 * np.sign(W[0, j]), dW[0, j])
                for j in range(W.shape[1])
            ],
        )
        yield _step(
            "backward",
            f"db{k} = sum of the rows of {dZ[0]}",
            "a bias moves every row by as much",
            [dZ, (f"db{k}", db[None])],
            [
                " + ".join(_shortened([_n(v) for v in layer.dY[:, j]])) + f" = {_n(db[j])}"
                for j in range(len(db))
            ],
        )
        if i and layer.dX is not None:
            yield _step(
                "backward",
                f"d{name.X} = {dZ[0]} W{k}ᵀ",
                "each number went along several weights: what comes back by each is added",
                [dZ, (f"W{k}", W), (f"d{name.X}", layer.dX)],
                [_sum(layer.dY[0], W[j], None, layer.dX[0, j]) for j in range(W.shape[0])],
            )

    def _of_batch_norm(self, i: int, layer: LayerTrace, name: "_Name", dN: Named) -> Iterator[Step]:
        k = name.k
        for greek, key, formula in (
            (f"γ{k}", "gamma", f"sum of the rows of {dN[0]} ∘ ({name.Y} − β{k}) / γ{k}"),
            (f"β{k}", "beta", f"sum of the rows of {dN[0]}"),
        ):
            gradient = self.parameters[i, key][1]
            yield _step(
                "backward",
                f"d{greek} = {formula}",
                "over all rows of the batch",
                [dN, (name.Y, layer.Y), (f"d{greek}", gradient[None])],
                [_n(v) for v in gradient],
            )
        assert layer.dX is not None  # noqa: S101 - a Dense layer stands before
        yield _step(
            "backward",
            f"d{name.X} = (dX̂ − mean(dX̂) − X̂ ∘ mean(dX̂ ∘ X̂)) / √(variance + ε), with "
            f"dX̂ = {dN[0]} ∘ γ{k} and X̂ = ({name.Y} − β{k}) / γ{k}",
            "mean and variance moved with every row of the batch",
            [dN, (name.Y, layer.Y), (f"d{name.X}", layer.dX)],
            [_n(v) for v in layer.dX[0]],
        )

    def update(self, optimizer: Optimizer) -> Iterator[Step]:
        """What the optimizer makes of each parameter."""
        plain = isinstance(optimizer, SGD) and not optimizer.momentum
        signs = {"W": "W", "b": "b", "gamma": "γ", "beta": "β"}
        for i, name in enumerate(self.names):
            for key in self.network.layers[i].shapes:
                if key not in signs:
                    continue
                old, gradient, new = (np.atleast_2d(a) for a in self.parameters[i, key])
                called = f"{signs[key]}{name.k}"
                rows = zip(old[0], gradient[0], new[0], strict=True)
                yield _step(
                    "update",
                    formulas.update_of(optimizer, called, decayed=key == "W"),
                    "a step down the slope",
                    [(called, old), (f"d{called}", gradient), (f"{called} after", new)],
                    [
                        f"{_n(a)} − {optimizer.lr:.4g} · {_n(g)} = {_n(b)}"
                        if plain
                        else f"{_n(a)} → {_n(b)}"
                        for a, g, b in rows
                    ],
                )


class _Name:
    """What the input and the output of a layer are called; k counts the Dense layers from 1."""

    def __init__(self, k: int, X: str, Y: str) -> None:
        self.k, self.X, self.Y = k, X, Y


def _names(layers: Sequence[LayerTrace]) -> list[_Name]:
    names: list[_Name] = []
    k, before = 0, "X"
    for each in layers:
        k += isinstance(each.layer, Dense)
        letter = {Dense: "Z", BatchNorm: "N", Dropout: "D"}.get(type(each.layer), "A")
        names.append(_Name(k, before, f"{letter}{k}"))
        before = f"{letter}{k}"
    return names


def _step(
    direction: str, title: str, formula: str, matrices: Sequence[Named], written: list[str]
) -> Step:
    return {
        "title": title,
        "formula": formula,
        "matrices": [
            {
                "name": name,
                "rows": A.shape[0],
                "columns": A.shape[1],
                "values": _values(A, ROWS_SHOWN if _has_rows(name) else SIZE_SHOWN),
            }
            for name, A in matrices
        ],
        "unit_formula": written[:SIZE_SHOWN],
        "direction": direction,
    }


def _has_rows(name: str) -> bool:
    """Whether a matrix has a row for each row of the batch, by its name."""
    return name.lstrip("d")[:1] in "XZAND" or name in ("y", "Y", "y_pred", "P")


def _values(A: Array, n_rows: int) -> list[list[float | None]]:
    return [[number(v) for v in row] for row in A[:n_rows, :SIZE_SHOWN].tolist()]


def _n(value: float) -> str:
    """A number as a person would write it: three digits.

    >>> _n(0.70711), _n(-1e-6), _n(-0.0)
    ('0.707', '-1e-06', '0')
    """
    return f"{value + 0.0:.3g}"  # which makes 0 of -0


def _ratio(value: float, of: float) -> float:
    return value / of if of else 0.0


def _shortened(terms: list[str]) -> list[str]:
    return terms if len(terms) <= TERMS_SHOWN else [*terms[: TERMS_SHOWN - 1], "…"]


def _sum(a: Array, b: Array, last: float | None, result: float) -> str:
    """A sum of products written out, with one more term if there is one.

    >>> _sum(np.array([1.0, 2.0]), np.array([0.5, -1.0]), 3.0, 1.5)
    '1 · 0.5 + 2 · -1 + 3 = 1.5'
    """
    terms = _shortened([f"{_n(x)} · {_n(w)}" for x, w in zip(a, b, strict=True)])
    if last is not None:
        terms = [*terms, _n(last)]
    return " + ".join(terms) + f" = {_n(result)}"
