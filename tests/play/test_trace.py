"""Every matrix of a traced step against formulas written out here, in the lesson's notation."""

import json
import math
import re
from typing import Any

import numpy as np
import pytest

from numlp.play.learner import Learner
from numlp.play.settings import settings_from

from .runs import after

Matrices = dict[str, Any]


def sigmoid(Z: Any) -> Any:
    return 1 / (1 + np.exp(-Z))


def cdf(Z: Any) -> Any:
    return np.vectorize(lambda z: math.erfc(-z / math.sqrt(2)) / 2)(Z)


def density(Z: Any) -> Any:
    return np.exp(-Z * Z / 2) / math.sqrt(2 * math.pi)


ACTIVATIONS: dict[str, Any] = {
    "relu": (lambda Z: np.maximum(0, Z), lambda Z: Z > 0),
    "leaky_relu": (lambda Z: np.maximum(0.01 * Z, Z), lambda Z: np.where(Z > 0, 1, 0.01)),
    "tanh": (np.tanh, lambda Z: 1 - np.tanh(Z) ** 2),
    "sigmoid": (sigmoid, lambda Z: sigmoid(Z) * sigmoid(-Z)),
    "identity": (lambda Z: Z, np.ones_like),
    "elu": (
        lambda Z: np.where(Z > 0, Z, np.expm1(np.minimum(Z, 0))),
        lambda Z: np.where(Z > 0, 1, np.exp(np.minimum(Z, 0))),
    ),
    "gelu": (lambda Z: Z * cdf(Z), lambda Z: cdf(Z) + Z * density(Z)),
    "silu": (
        lambda Z: Z * sigmoid(Z),
        lambda Z: sigmoid(Z) + Z * sigmoid(Z) * sigmoid(-Z),
    ),
}


def titles(traced: dict[str, Any], direction: str) -> list[str]:
    return [step["title"] for step in traced["steps"] if step["direction"] == direction]


def named(traced: dict[str, Any]) -> Matrices:
    """Each matrix by its name; under one name stands one matrix, wherever it is shown."""
    found: Matrices = {}
    for step in traced["steps"]:
        for matrix in step["matrices"]:
            values = np.array(matrix["values"])
            assert values.shape == (matrix["rows"], matrix["columns"])
            name = matrix["name"]
            if name in found and name not in ("mean", "variance"):
                np.testing.assert_array_equal(found[name], values, err_msg=name)
            found[name] = values
    return found


def expected(of: Matrices, settings: Any, y: Any) -> Matrices:
    """All matrices of a step, from X, the parameters and y alone."""
    made: Matrices = {}
    n, depth = len(y), len(settings.layers)
    A, name = of["X"], "X"
    for k, activation in enumerate(settings.activations, 1):
        Z = made[f"Z{k}"] = A @ of[f"W{k}"] + of[f"b{k}"]
        if settings.batch_norm:
            X_hat = (Z - Z.mean(axis=0)) / np.sqrt(Z.var(axis=0) + 1e-5)
            Z = made[f"N{k}"] = X_hat * of[f"γ{k}"] + of[f"β{k}"]
        A = made[f"A{k}"] = ACTIVATIONS[activation][0](Z)
    last = depth + 1
    Z = made[f"Z{last}"] = A @ of[f"W{last}"] + of[f"b{last}"]
    two = Z.shape[1] == 1
    truth = y[:, None] if two else np.eye(Z.shape[1])[y]
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    P = sigmoid(Z) if two else E / E.sum(axis=1, keepdims=True)
    made["y_pred" if two else "P"], made["y" if two else "Y"] = P, truth
    if settings.loss == "squared_error":
        loss = ((P - truth) ** 2).sum() / n
        if two:
            dZ = 2 / n * (P - truth) * P * (1 - P)
        else:
            jacobians = [np.diag(p) - np.outer(p, p) for p in P]
            rows = zip(jacobians, P - truth, strict=True)
            dZ = 2 / n * np.stack([J @ d for J, d in rows])
    else:
        right = np.where(truth == 1, P, 1 - P) if two else (P * truth).sum(axis=1)
        loss, dZ = -np.log(right).sum() / n, (P - truth) / n
    weights = [of[f"W{k}"] for k in range(1, last + 1)]
    loss += sum(settings.l2 / 2 * (W**2).sum() + settings.l1 * abs(W).sum() for W in weights)
    made["loss"] = np.array([[loss]])
    for k in range(last, 0, -1):
        made[f"dZ{k}"] = dZ
        name = f"A{k - 1}" if k > 1 else "X"
        W = of[f"W{k}"]
        A = made[name] if k > 1 else of["X"]
        made[f"dW{k}"] = A.T @ dZ + settings.l2 * W + settings.l1 * np.sign(W)
        made[f"db{k}"] = dZ.sum(axis=0, keepdims=True)
        if k == 1:
            break
        dA = made[f"dA{k - 1}"] = dZ @ W.T
        Z = made[f"N{k - 1}" if settings.batch_norm else f"Z{k - 1}"]
        dZ = dA * ACTIVATIONS[settings.activations[k - 2]][1](Z)
        if settings.batch_norm:
            made[f"dN{k - 1}"] = dN = dZ
            Z, gamma = made[f"Z{k - 1}"], of[f"γ{k - 1}"]
            root = np.sqrt(Z.var(axis=0) + 1e-5)
            X_hat = (Z - Z.mean(axis=0)) / root
            made[f"dγ{k - 1}"] = (dN * X_hat).sum(axis=0, keepdims=True)
            made[f"dβ{k - 1}"] = dN.sum(axis=0, keepdims=True)
            d_hat = dN * gamma
            dZ = (d_hat - d_hat.mean(axis=0) - X_hat * (d_hat * X_hat).mean(axis=0)) / root
    return made


CASES: dict[str, dict[str, Any]] = {
    **{
        name: {"layers": [3, 4], "activations": [name, name], "loss": loss}
        for name, loss in zip(ACTIVATIONS, 4 * ("cross_entropy", "squared_error"), strict=True)
    },
    "no-layers": {"layers": []},
    "penalised": {"l1": 0.01, "l2": 0.1},
    "batch-norm": {"batch_norm": True, "activations": ["relu", "tanh"]},
    "batch-norm-classes": {
        "batch_norm": True, "data": "blobs", "classes": 4, "l2": 0.1, "optimizer": "adamw",
    },
    "classes": {"data": "spiral", "classes": 3, "layers": [5], "activations": ["tanh"]},
    "squared-classes": {"data": "blobs", "classes": 5, "loss": "squared_error"},
    "lesson": {
        "data": "eight", "layers": [4], "initializer": "lesson", "held_out": 0, "scaled": False,
        "loss": "squared_error",
    },
    **{f"by-{name}": {"optimizer": name} for name in ("momentum", "rmsprop", "adam", "adamw")},
}  # fmt: skip
ALL = pytest.mark.parametrize("given", CASES.values(), ids=CASES)


@ALL
@pytest.mark.parametrize("rows", ["batch", "sample"])
@pytest.mark.parametrize("epochs", [0, 2])
def test_every_matrix_is_right(given: dict[str, Any], rows: str, epochs: int) -> None:
    learner = after(epochs, {"batch": 8, **given})
    settings = settings_from({"batch": 8, **given})
    traced = learner.trace(rows)
    json.dumps(traced, allow_nan=False)
    of = named(traced)
    y = np.array(traced["y"])
    assert len(of["X"]) == len(y) == len(traced["rows"]) == (8 if rows == "batch" else 1)
    np.testing.assert_array_equal(of["X"], traced["x"])
    made = expected(of, settings, y)
    for name, values in made.items():
        np.testing.assert_allclose(of[name], values, rtol=1e-9, atol=1e-12, err_msg=name)
    parameters = {name for name in of if re.fullmatch("[Wbγβ][0-9]", name)}
    afterwards = {f"{name} after" for name in parameters}
    others = {"X", "mean", "variance"} & of.keys()
    assert of.keys() == made.keys() | parameters | afterwards | others
    assert traced["loss"] == of["loss"][0, 0]


@ALL
def test_what_stands_after_is_what_the_step_makes(given: dict[str, Any]) -> None:
    learner = after(1, {"batch": 8, **given})
    of = named(learner.trace())
    learner.apply()
    dense = [name for name in of if re.fullmatch("[Wb][0-9] after", name)]
    in_order = sorted(dense, key=lambda name: (name[1], name[0] == "b"))
    told = np.concatenate([of[name].ravel() for name in in_order])
    np.testing.assert_array_equal(learner.frame().parts[0][1], told.astype(np.float32))
    learner.trace()  # of the next step


def test_plain_steps_go_down_the_slope() -> None:
    of = named(after(0, {"batch": 8, "rate": 0.3}).trace())
    for name in ("W1", "b1", "W2", "b2", "W3", "b3"):
        np.testing.assert_allclose(of[f"{name} after"], of[name] - 0.3 * of[f"d{name}"])


def test_rows_are_numbers_of_the_points() -> None:
    learner = after(0, {"data": "eight", "scaled": False, "layers": [2], "batch": 3})
    from numlp.play.toys import make_eight

    X, y = make_eight()
    for _ in range(5):
        traced = learner.trace()
        np.testing.assert_array_equal(traced["x"], X[traced["rows"]])
        np.testing.assert_array_equal(traced["y"], y[traced["rows"]])
        assert not any(learner.setup()["points"][row][3] for row in traced["rows"])
        learner.apply()


def test_dropout_shows_what_the_step_drops() -> None:
    learner = after(1, {"dropout": 0.5, "layers": [16], "activations": ["sigmoid"], "batch": 8})
    of = named(learner.trace())
    dropped = of["D1"] == 0
    assert 0.2 < dropped.mean() < 0.8
    np.testing.assert_allclose(of["D1"][~dropped], 2 * of["A1"][~dropped])
    np.testing.assert_allclose(of["dA1"], np.where(dropped, 0, 2 * of["dD1"]))
    np.testing.assert_allclose(of["dW2"], of["D1"].T @ of["dZ2"])
    np.testing.assert_allclose(of["dD1"], of["dZ2"] @ of["W2"].T)


def test_at_most_eight_rows_are_shown_and_all_are_used() -> None:
    traced = after(0, {"batch": 1000}).trace()
    shown = {m["name"]: m for step in traced["steps"] for m in step["matrices"]}
    n = shown["X"]["rows"]
    assert n > 100
    assert len(traced["rows"]) == n
    for name in ("X", "Z1", "A1", "y_pred", "y", "dZ1", "dA1"):
        assert shown[name]["rows"] == n
        assert len(shown[name]["values"]) == 8
    assert len(shown["W2"]["values"]) == 4
    assert np.sum(shown["db3"]["values"]) != pytest.approx(np.sum(shown["dZ3"]["values"]))


def test_titles_are_the_lessons() -> None:
    given = {**CASES["lesson"], "rate": 0.1}
    traced = Learner(settings_from(given)).trace()
    assert titles(traced, "forward") == [
        "Z1 = X W1 + b1",
        "A1 = max(0, Z1)",
        "Z2 = A1 W2 + b2",
        "y_pred = σ(Z2)",
    ]
    assert titles(traced, "loss") == ["loss = mean of (y_pred − y)²"]
    assert titles(traced, "backward") == [
        "dZ2 = 2/n (y_pred − y) ∘ y_pred ∘ (1 − y_pred)",
        "dW2 = A1ᵀ dZ2",
        "db2 = sum of the rows of dZ2",
        "dA1 = dZ2 W2ᵀ",
        "dZ1 = dA1 ∘ [Z1 > 0]",
        "dW1 = Xᵀ dZ1",
        "db1 = sum of the rows of dZ1",
    ]
    assert titles(traced, "update") == [
        f"{name} ← {name} − 0.1 d{name}" for name in ("W1", "b1", "W2", "b2")
    ]


@ALL
def test_the_first_row_is_written_out(given: dict[str, Any]) -> None:
    traced = after(1, {"batch": 4, **given}).trace()
    for step in traced["steps"]:
        result = step["matrices"][-1]
        n_columns = 1 if step["direction"] == "loss" else result["columns"]
        assert len(step["unit_formula"]) == n_columns, step["title"]
        for written in step["unit_formula"]:
            assert not re.search("nan|inf|None", written)


def test_sums_that_are_written_out_are_right() -> None:
    traced = after(1, {"batch": 4}).trace()
    n_tried = 0
    for step in traced["steps"]:
        for j, written in enumerate(step["unit_formula"]):
            left, equals, right = written.partition(" = ")
            if not equals or re.search("[^0-9e+.·() −-]", left):
                continue
            value = eval(left.replace("·", "*").replace("−", "-"))  # noqa: S307 - of digits alone
            assert value == pytest.approx(float(right), abs=0.02)
            shown = step["matrices"][-1]["values"][0][j]
            assert float(right) == pytest.approx(shown, rel=0.01, abs=1e-9)
            n_tried += 1
    assert n_tried > 40
