"""What has to hold between two runs whatever the right answer is: permuted, scaled, doubled."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from numlp import MLPClassifier, TabularClassifier
from numlp.nn import mlp

N = 400
RNG = np.random.default_rng(4)
X = np.column_stack([RNG.normal(size=N), RNG.uniform(1, 9, N), RNG.integers(0, 4, N)])
CODES = (X[:, 0] > 0).astype(int) + (X[:, 1] > 5)  # 0, 1 or 2
NAMES = np.array(["ant", "bee", "cat"])
HUES = np.array(["red", "green", "blue", "grey"])
FRAME = pd.DataFrame({"size": X[:, 0], "age": X[:, 1], "hue": HUES[X[:, 2].astype(int)]})
FRAME.loc[::9, "age"] = np.nan

tabular = {
    "quality": "fast", "hidden_layer_sizes": 16, "epochs": 40, "n_jobs": 1, "random_state": 0,
}  # fmt: skip


def small(**settings: Any) -> TabularClassifier:
    return TabularClassifier(**{**tabular, **settings})


def net(**settings: Any) -> MLPClassifier:
    defaults: dict[str, Any] = {"max_iter": 500, "solver": "lbfgs", "random_state": 0}
    return MLPClassifier((8,), **(defaults | settings))


FITTED = small().fit(FRAME, NAMES[CODES])
ANSWERS = FITTED.predict_proba(FRAME)


# The names of the classes


@pytest.mark.parametrize(
    "names", [np.array(["x", "y", "z"]), np.array([-3, 0, 7]), np.array(["a b", "é", "ü" * 40])]
)
def test_other_names_of_the_classes_in_the_same_order_change_no_bit(names: Any) -> None:
    clf = small().fit(FRAME, names[CODES])
    assert clf.classes_.tolist() == names.tolist()
    assert clf.predict_proba(FRAME).tobytes() == ANSWERS.tobytes()


@pytest.mark.heavy
@pytest.mark.parametrize("order", [[1, 0, 2], [2, 1, 0], [1, 2, 0]])
def test_permuting_the_names_of_the_classes_permutes_the_probabilities(order: list[int]) -> None:
    # Another output, so other starting weights: about the same answers, not the same bits.  By
    # chance ten nets differ less than the usual two.
    clf = small(epochs=100, ensemble_size=10).fit(FRAME, NAMES[order][CODES])
    usual = small(epochs=100, ensemble_size=10).fit(FRAME, NAMES[CODES])
    P, Q = clf.predict_proba(FRAME)[:, order], usual.predict_proba(FRAME)
    assert np.abs(P - Q).mean() < 0.01
    assert (P.argmax(axis=1) == Q.argmax(axis=1)).mean() > 0.98


def test_permuting_classes_at_the_optimum_of_a_convex_problem_permutes_nearly() -> None:
    linear: dict[str, Any] = {
        "solver": "lbfgs", "alpha": 1.0, "max_iter": 2000, "tol": 1e-10, "random_state": 0,
    }  # fmt: skip
    order = [2, 0, 1]
    usual = MLPClassifier((), **linear).fit(X, NAMES[CODES]).predict_proba(X)
    permuted = MLPClassifier((), **linear).fit(X, NAMES[order][CODES]).predict_proba(X)
    np.testing.assert_allclose(permuted[:, order], usual, atol=1e-3)


# The order of rows and columns


def test_the_order_of_the_rows_at_predict_does_not_matter() -> None:
    order = RNG.permutation(N)
    np.testing.assert_allclose(
        FITTED.predict_proba(FRAME.iloc[order]), ANSWERS[order], rtol=1e-5, atol=1e-9
    )
    clf = net().fit(X, CODES)
    np.testing.assert_allclose(clf.predict_proba(X[order]), clf.predict_proba(X)[order], rtol=1e-10)


def test_a_batch_is_answered_as_its_rows_are_one_by_one() -> None:
    one_by_one = np.concatenate([FITTED.predict_proba(FRAME[i : i + 1]) for i in range(N)])
    np.testing.assert_allclose(one_by_one, ANSWERS, rtol=1e-4, atol=1e-7)
    clf = net().fit(X, CODES)
    rows = np.concatenate([clf.predict_proba(X[i : i + 1]) for i in range(N)])
    np.testing.assert_allclose(rows, clf.predict_proba(X), atol=1e-12, rtol=0)


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, dict])
def test_the_order_of_named_columns_at_predict_does_not_matter(frame: Any) -> None:
    columns = {name: FRAME[name].tolist() for name in ("hue", "size", "age")}
    assert FITTED.predict_proba(frame(columns)).tobytes() == ANSWERS.tobytes()


# Scale


@pytest.mark.parametrize("column", ["size", "age"])
@pytest.mark.parametrize("factor", [2.0**-9, 0.5, 8.0, 2.0**40])
def test_a_column_times_a_power_of_two_changes_no_bit(column: str, factor: float) -> None:
    scaled = FRAME.assign(**{column: FRAME[column] * factor})
    clf = small().fit(scaled, NAMES[CODES])
    assert clf.predict_proba(scaled).tobytes() == ANSWERS.tobytes()


@pytest.mark.parametrize("factor", [1e6, 1e-6, 3.0])
def test_a_column_times_any_factor_leaves_the_accuracy(factor: float) -> None:
    scaled = FRAME.assign(size=FRAME["size"] * factor)
    clf = small().fit(scaled, NAMES[CODES])
    usual = FITTED.score(FRAME, NAMES[CODES])
    assert clf.score(scaled, NAMES[CODES]) == pytest.approx(usual, abs=0.03)
    np.testing.assert_allclose(clf.predict_proba(scaled), ANSWERS, atol=1e-3)


# A row twice and a weight of two


@pytest.mark.parametrize("l2", [0.0, 0.1])
def test_every_row_twice_has_the_loss_and_gradient_of_weights_of_two(l2: float) -> None:
    weight = RNG.uniform(0, 3, N)
    network = mlp([3, 8, 3], l2=l2, dtype=np.float64)
    network.init(np.random.default_rng(0))
    found = []
    for rows, w in ((1, weight), (1, 2 * weight), (2, np.tile(weight, 2))):
        loss = network.loss_and_grad(np.tile(X, (rows, 1)), np.tile(CODES, rows), w)
        found.append((loss, network.grad.copy()))
    for loss, grad in found[1:]:
        assert loss == pytest.approx(found[0][0], rel=1e-13)
        np.testing.assert_allclose(grad, found[0][1], rtol=1e-10, atol=1e-14)


def test_some_rows_twice_have_the_loss_and_gradient_of_their_weights() -> None:
    twice = np.arange(N) % 3 == 0
    network = mlp([3, 8, 3], dtype=np.float64)
    network.init(np.random.default_rng(0))
    weighted = network.loss_and_grad(X, CODES, 1.0 + twice)
    grad = network.grad.copy()
    more = np.r_[np.arange(N), np.flatnonzero(twice)]
    assert network.loss_and_grad(X[more], CODES[more]) == pytest.approx(weighted, rel=1e-13)
    np.testing.assert_allclose(network.grad, grad, rtol=1e-10, atol=1e-14)


def test_some_rows_twice_lead_a_full_batch_where_weights_of_two_do() -> None:
    # One convex problem, one minimum. The penalty is divided by the rows, as scikit-learn's is:
    # it is left out, so that the mean loss is all there is.
    twice = np.arange(N) % 3 == 0
    more = np.r_[np.arange(N), np.flatnonzero(twice)]
    y = RNG.permutation(CODES)  # which no line parts, so that the minimum is finite
    linear: dict[str, Any] = {
        "solver": "lbfgs", "alpha": 0.0, "max_iter": 2000, "tol": 1e-12, "random_state": 0,
    }  # fmt: skip
    weighted = MLPClassifier((), **linear).fit(X, y, 1.0 + twice)
    doubled = MLPClassifier((), **linear).fit(X[more], y[more])
    np.testing.assert_allclose(weighted.predict_proba(X), doubled.predict_proba(X), atol=1e-4)
    assert not np.allclose(
        MLPClassifier((), **linear).fit(X, y).predict_proba(X), doubled.predict_proba(X), atol=1e-3
    )


def test_weights_of_two_for_all_are_no_weights_to_the_bit_and_every_row_twice_is_not() -> None:
    # Doubled rows are shuffled into other batches, and one of a pair may be held out while its
    # twin is learned from: for the tabular classifier only the ratios of weights are the same.
    weighted = small().fit(FRAME, NAMES[CODES], np.full(N, 2.0)).predict_proba(FRAME)
    assert weighted.tobytes() == ANSWERS.tobytes()
    doubled = small().fit(pd.concat([FRAME, FRAME]), np.tile(NAMES[CODES], 2))
    assert doubled.predict_proba(FRAME).tobytes() != ANSWERS.tobytes()
    assert doubled.score(FRAME, NAMES[CODES]) > 0.9
