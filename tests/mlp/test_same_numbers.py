"""With the same random_state, MLPClassifier ends at scikit-learn's weights, setting by setting."""

import inspect
import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from numlp.mlp.classifier import MLPClassifier

Theirs = pytest.importorskip("sklearn.neural_network").MLPClassifier

# Rounding, summed over the epochs; the settings below stay under 2e-11.
TOLERANCE = 1e-10
# float32 has 7 digits, and sums in another order: the weights, near 1, agree to 5.
TOLERANCE_FLOAT32 = 2e-5

KINDS = ("binary", "multiclass", "multilabel")
ACTIVATIONS = ("relu", "tanh", "logistic", "identity")
N, N_FEATURES = 70, 5

Settings = dict[str, Any]


def data(kind: str) -> tuple[NDArray[Any], NDArray[Any]]:
    rng = np.random.default_rng(8)
    X = rng.standard_normal((N, N_FEATURES))
    scores = X @ rng.standard_normal((N_FEATURES, 4)) + 0.5 * rng.standard_normal((N, 4))
    if kind == "multilabel":
        return X, (scores > 0).astype(int)
    return X, (scores[:, 0] > 0).astype(int) if kind == "binary" else scores.argmax(axis=1)


def grid() -> Iterator[Settings]:
    """Solver, activation, kind of target and hidden layers, each with each."""
    for solver, activation, kind, hidden in itertools.product(
        ("sgd", "adam"), ACTIVATIONS, KINDS, ((8,), (6, 5), ())
    ):
        yield {
            "kind": kind,
            "solver": solver,
            "activation": activation,
            "hidden_layer_sizes": hidden,
            "batch_size": 16,
            "learning_rate_init": 0.02,
        }


def batches_and_penalties() -> Iterator[Settings]:
    for solver, batch_size, alpha in itertools.product(
        ("sgd", "adam"), ("auto", 1, 7, 35, N), (0.0, 1e-4, 0.7)
    ):
        yield {
            "kind": "multiclass",
            "solver": solver,
            "batch_size": batch_size,
            "alpha": alpha,
            "max_iter": 8,
        }


def schedules() -> Iterator[Settings]:
    for schedule, nesterov, momentum, kind in itertools.product(
        (
            {"learning_rate": "constant"},
            {"learning_rate": "invscaling", "power_t": 0.3},
            # so large a tol that the rate is cut again and again
            {"learning_rate": "adaptive", "n_iter_no_change": 1, "tol": 0.05},
        ),
        (True, False),
        (0.0, 0.5, 0.95),
        ("binary", "multiclass"),
    ):
        yield {
            "kind": kind,
            "solver": "sgd",
            "learning_rate_init": 0.1,
            "nesterovs_momentum": nesterov,
            "momentum": momentum,
            "batch_size": 20,
            "max_iter": 15,
            **schedule,
        }


def other_arguments() -> Iterator[Settings]:
    for solver, kind, changed in itertools.product(
        ("sgd", "adam"),
        KINDS,
        (
            {"shuffle": False},
            {"random_state": 11},
            {"random_state": np.int64(4)},
            {"n_iter_no_change": np.inf, "tol": 1.0},
            {"n_iter_no_change": 2, "tol": 0.1},
            {"warm_start": True},
            {"hidden_layer_sizes": 7},
            {"activation": "logistic", "hidden_layer_sizes": [4, 4, 4]},
        ),
    ):
        yield {"kind": kind, "solver": solver, **changed}
    for kind, changed in itertools.product(
        KINDS, ({"beta_1": 0.5}, {"beta_2": 0.9}, {"epsilon": 1e-2}, {"beta_1": 0.0})
    ):
        yield {"kind": kind, "solver": "adam", "batch_size": 16, **changed}


def lbfgs() -> Iterator[Settings]:
    """Few steps: a later trial can cost a row more than 36, where scikit-learn cuts its loss."""
    for activation, kind, hidden in itertools.product(ACTIVATIONS, KINDS, ((6,), (5, 4))):
        yield {
            "kind": kind,
            "solver": "lbfgs",
            "activation": activation,
            "hidden_layer_sizes": hidden,
            "alpha": 0.1,
            "max_iter": 6,
        }


def weighted() -> Iterator[Settings]:
    if "sample_weight" not in inspect.signature(Theirs.fit).parameters:
        return  # scikit-learn below 1.7
    for solver, kind, batch_size in itertools.product(
        ("sgd", "adam", "lbfgs"), KINDS, ("auto", 16)
    ):
        yield {
            "kind": kind,
            "solver": solver,
            "batch_size": batch_size,
            "max_iter": 6,
            "alpha": 0.05,
            "weighted": True,
        }


ALL = [
    *grid(),
    *batches_and_penalties(),
    *schedules(),
    *other_arguments(),
    *lbfgs(),
    *weighted(),
]


def named(settings: Settings) -> str:
    return ",".join(f"{k}={v}" for k, v in settings.items()).replace(" ", "")


def pair(settings: Settings) -> tuple[MLPClassifier, Any]:
    arguments: Settings = {"hidden_layer_sizes": (6,), "max_iter": 10, "random_state": 3}
    arguments |= {k: v for k, v in settings.items() if k not in ("kind", "weighted")}
    return MLPClassifier(**arguments), Theirs(**arguments)


def assert_same(ours: MLPClassifier, theirs: Any, tolerance: float = TOLERANCE) -> None:
    def close(a: Any, b: Any) -> None:
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)

    for a, b in zip(
        ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True
    ):
        close(a, b)
    assert ours.n_iter_ == theirs.n_iter_
    close(ours.loss_, theirs.loss_)
    if ours.solver != "lbfgs":  # has neither there
        assert ours.t_ == theirs.t_
        close(ours.loss_curve_, theirs.loss_curve_)
        close(ours.best_loss_, theirs.best_loss_)
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)
    for name in ("n_layers_", "n_outputs_", "out_activation_", "n_features_in_"):
        assert getattr(ours, name) == getattr(theirs, name)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("settings", ALL, ids=named)
def test_same_weights_and_losses(settings: Settings) -> None:
    ours, theirs = pair(settings)
    X, y = data(settings["kind"])
    weight = {}
    if settings.get("weighted"):
        weight["sample_weight"] = np.random.default_rng(2).uniform(0.1, 3.0, N)
    ours.fit(X, y, **weight)
    theirs.fit(X, y, **weight)
    assert_same(ours, theirs)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-9)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "settings",
    [
        {"solver": "sgd", "shuffle": False},
        {"solver": "sgd", "momentum": 0.9, "batch_size": 16, "shuffle": False},
        {"solver": "sgd", "learning_rate": "invscaling", "shuffle": False},
        {"solver": "adam", "shuffle": False},
        {"solver": "adam", "batch_size": 16, "shuffle": False},
    ],
    ids=named,
)
def test_same_weights_after_each_partial_fit(kind: str, settings: Settings) -> None:
    ours, theirs = pair(settings)
    X, y = data(kind)
    classes = np.unique(y) if y.ndim == 1 else np.arange(y.shape[1])
    for rows in (slice(0, 40), slice(30, 70), slice(0, 70), slice(10, 50)):
        for estimator in (ours, theirs):
            estimator.partial_fit(X[rows], y[rows], classes=classes)
        assert_same(ours, theirs)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_shuffled_first_partial_fit_is_the_same(kind: str, solver: str) -> None:
    ours, theirs = pair({"solver": solver, "batch_size": 16})
    X, y = data(kind)
    for estimator in (ours, theirs):
        estimator.partial_fit(X, y, classes=np.unique(y) if y.ndim == 1 else np.arange(4))
    assert_same(ours, theirs)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_float32_is_the_same_to_five_digits(solver: str, kind: str) -> None:
    ours, theirs = pair({"solver": solver, "max_iter": 5, "alpha": 0.1, "batch_size": 16})
    X, y = data(kind)
    for estimator in (ours, theirs):
        estimator.fit(X.astype(np.float32), y)
    assert ours.coefs_[0].dtype == np.float32
    assert_same(ours, theirs, TOLERANCE_FLOAT32)


# Steps before rounding can take the two apart: some seventy, where the loss is smooth.
LBFGS_ENDS = [
    *({"max_fun": most, "max_iter": 40} for most in (1, 2, 3, 4, 5, 8, 13, 20)),
    *({"max_iter": most} for most in (1, 2, 7)),
    *({"max_iter": 9, "max_fun": most} for most in (8, 9, 10, 11)),  # either may come first
    *({"tol": tol, "max_iter": 40, "alpha": 1.0} for tol in (1e-1, 1e-2, 1e-3)),
    {"tol": 1e9},  # converged before the first step
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("settings", LBFGS_ENDS, ids=named)
def test_lbfgs_ends_after_the_same_step_with_the_same_warning(
    settings: Settings, kind: str
) -> None:
    alike = {"solver": "lbfgs", "activation": "tanh", "alpha": 0.1} | settings
    X, y = data(kind)
    warned = []
    for estimator in (fitted := pair(alike)):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            estimator.fit(X, y)
        # An old scikit-learn warns of a new scipy, too.
        kinds = [warning.category for warning in seen]
        warned.append([kind for kind in kinds if kind is not DeprecationWarning])
    assert_same(*fitted, tolerance=1e-7)
    assert warned[0] == warned[1]


def test_a_step_of_lbfgs_that_converges_at_its_limit_warns_as_in_scikit_learn() -> None:
    X, y = data("binary")
    alike = {"solver": "lbfgs", "hidden_layer_sizes": (), "tol": 1e-2, "alpha": 1.0}
    steps = pair(alike)[1].fit(X, y).n_iter_  # without a warning
    for estimator in pair(alike | {"max_iter": steps}):
        told = rf"lbfgs failed to converge (after {steps} iteration|\(status=1\))"
        with pytest.warns(match=told):
            estimator.fit(X, y)


def test_there_are_enough_settings_and_they_differ() -> None:
    assert len(ALL) >= 200
    assert len({named(settings) for settings in ALL}) == len(ALL)


def test_a_random_state_object_is_drawn_from_alike() -> None:
    X, y = data("binary")
    fitted = []
    for cls in (MLPClassifier, Theirs):
        rng = np.random.RandomState(5)
        clf = cls(hidden_layer_sizes=(4,), random_state=rng, max_iter=6)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted.append((clf.fit(X, y), rng.uniform()))
    assert_same(fitted[0][0], fitted[1][0])
    assert fitted[0][1] == fitted[1][1]  # as many draws were made
