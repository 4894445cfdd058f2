"""What users of scikit-learn's class are let down by, and this one must not do."""

import copy
import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from numlp.common.estimator import NotFittedError
from numlp.errors import DataError
from numlp.mlp.classifier import MLPClassifier
from numlp.nn import DivergenceError, Epoch

pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
    pytest.mark.filterwarnings("ignore:lbfgs failed to converge"),
]

Arrays = tuple[NDArray[Any], NDArray[Any]]


def data(n: int = 120, n_classes: int = 3, seed: int = 0) -> Arrays:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 5))
    scores = X @ rng.standard_normal((5, n_classes)) + 0.3 * rng.standard_normal((n, n_classes))
    return X, scores.argmax(axis=1)


def weights(clf: MLPClassifier) -> NDArray[Any]:
    return np.concatenate([a.ravel() for a in clf.coefs_ + clf.intercepts_])


@pytest.mark.parametrize("n_classes", [2, 3, 6])
def test_the_validation_split_is_stratified_for_any_number_of_classes(n_classes: int) -> None:
    X = np.random.default_rng(0).standard_normal((40 * n_classes, 3))
    y = np.repeat(np.arange(n_classes), 40)
    seen: list[int] = []

    def metric(labels: NDArray[Any], _: NDArray[Any]) -> float:
        seen[:] = np.bincount(labels, minlength=n_classes).tolist()
        return 0.0

    for seed in range(3):
        clf = MLPClassifier((3,), early_stopping=True, validation_metric=metric, max_iter=1)
        clf.set_params(random_state=seed, validation_fraction=0.1).fit(X, y)
        assert seen == [4] * n_classes


def test_warm_start_with_early_stopping_keeps_the_best_weights() -> None:
    X, y = data()
    scores = iter([0.1, 0.9, 0.3, 0.2, 0.2, 0.1])
    at_epoch: list[NDArray[Any]] = []
    clf = MLPClassifier(
        (4,),
        random_state=0,
        max_iter=3,
        early_stopping=True,
        warm_start=True,
        validation_metric=lambda *_: next(scores),
        callbacks=[lambda _: at_epoch.append(weights(clf))],
    )
    for _ in range(2):
        clf.fit(X, y)
        np.testing.assert_array_equal(weights(clf), at_epoch[1])
        assert clf.best_validation_score_ == 0.9
    assert not np.array_equal(at_epoch[1], at_epoch[5])


@pytest.mark.parametrize("solver", ["sgd", "adam", "adamw", "rmsprop", "lbfgs"])
def test_a_mini_batch_whose_weights_are_all_zero_is_no_error(solver: str) -> None:
    X, y = data()
    weight = np.ones(len(y))
    weight[:20] = 0
    clf = MLPClassifier((4,), solver=solver, batch_size=10, shuffle=False, max_iter=3, alpha=0)
    clf.fit(X, y, weight)
    assert np.isfinite(weights(clf)).all()
    assert np.isfinite(clf.loss_)


RESUMED: list[dict[str, Any]] = [
    {"solver": "sgd"},
    {"solver": "sgd", "nesterovs_momentum": False, "shuffle": False},
    {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.1},
    {"solver": "sgd", "learning_rate": "adaptive", "n_iter_no_change": 1, "tol": 0.5},
    {"solver": "adam"},
    {"solver": "adam", "warm_up": 7},
    {"solver": "adamw", "dropout": 0.3},
    {"solver": "adam", "dropout": 0.3, "batch_norm": True},
    {"solver": "rmsprop", "layer_norm": True},
    {"solver": "rmsprop", "learning_rate": "invscaling", "warm_up": 3},
]


@pytest.mark.parametrize("settings", RESUMED, ids=str)
@pytest.mark.parametrize("pickled", [False, True])
def test_5_and_5_epochs_of_fit_are_10_to_the_bit(settings: dict[str, Any], pickled: bool) -> None:
    X, y = data()
    clf = MLPClassifier((6, 4), random_state=3, batch_size=25, max_iter=5, warm_start=True)
    clf.set_params(**settings)
    whole = copy.deepcopy(clf).set_params(max_iter=10).fit(X, y)
    clf.fit(X, y)
    if pickled:
        clf = pickle.loads(pickle.dumps(clf))  # noqa: S301 - our own
    clf.fit(X, y)
    np.testing.assert_array_equal(weights(clf), weights(whole))
    assert clf.loss_curve_ == whole.loss_curve_
    assert clf.t_ == whole.t_


@pytest.mark.parametrize("settings", RESUMED, ids=str)
def test_calls_of_partial_fit_are_the_epochs_of_fit_to_the_bit(settings: dict[str, Any]) -> None:
    X, y = data()
    clf = MLPClassifier((6, 4), random_state=3, batch_size=25, max_iter=10).set_params(**settings)
    whole = copy.deepcopy(clf).fit(X, y)
    for epoch in range(10):
        clf.partial_fit(X, y, classes=[0, 1, 2])
        if epoch == 4:
            clf = pickle.loads(pickle.dumps(clf))  # noqa: S301 - our own
    np.testing.assert_array_equal(weights(clf), weights(whole))
    assert clf.loss_curve_ == whole.loss_curve_


@pytest.mark.filterwarnings("ignore:the net did not learn")  # ten epochs are few
@pytest.mark.parametrize("schedule", ["cosine", "one_cycle"])
@pytest.mark.parametrize("warm_up", [0, 3])
def test_a_schedule_with_an_end_runs_once_over_the_calls_of_partial_fit(
    schedule: str, warm_up: int
) -> None:
    X, y = data()
    clf = MLPClassifier((4,), random_state=3, max_iter=10, learning_rate=schedule, warm_up=warm_up)
    whole = copy.deepcopy(clf).fit(X, y)
    for _ in range(10):
        clf.partial_fit(X, y, classes=[0, 1, 2])
    np.testing.assert_array_equal(weights(clf), weights(whole))


@pytest.mark.parametrize("warm_up", [0, 2])
@pytest.mark.parametrize("schedule", ["cosine", "one_cycle"])
def test_a_schedule_with_an_end_starts_anew_with_each_fit(schedule: str, warm_up: int) -> None:
    X, y = data()
    rates: list[float] = []
    clf = MLPClassifier((4,), random_state=0, max_iter=8, learning_rate=schedule, warm_start=True)
    clf.set_params(callbacks=lambda epoch: rates.append(epoch.lr), warm_up=warm_up)
    clf.fit(X, y).fit(X, y)
    assert rates[:8] == rates[8:]
    assert len(set(rates)) > 4


@pytest.mark.parametrize("settings", [{}, {"dropout": 0.2}, {"solver": "sgd"}], ids=str)
@pytest.mark.parametrize("pickled", [False, True])
def test_5_and_5_epochs_are_10_with_early_stopping(settings: dict[str, Any], pickled: bool) -> None:
    X, y = data()
    scores = [0.5, 0.9, 0.2, 0.3, 0.1, 0.2, 0.8, 0.3, 0.1, 0.0]  # the best is not the last
    for wanted in (scores, [*scores[:7], 0.95, 0.3, 0.1]):
        clf = MLPClassifier((4,), random_state=1, max_iter=5, early_stopping=True, warm_start=True)
        clf.set_params(validation_metric=Replay(wanted), **settings)
        whole = copy.deepcopy(clf).set_params(max_iter=10).fit(X, y)
        clf.fit(X, y)
        if pickled:
            clf = pickle.loads(pickle.dumps(clf))  # noqa: S301 - our own
        clf.fit(X, y)
        np.testing.assert_array_equal(weights(clf), weights(whole))
        assert clf.loss_curve_ == whole.loss_curve_
        assert clf.validation_loss_curve_ == whole.validation_loss_curve_


class Replay:
    """A metric whose values are given in advance; a class, so that it can be pickled."""

    def __init__(self, scores: list[float]) -> None:
        self.scores, self.calls = scores, 0

    def __call__(self, y: NDArray[Any], P: NDArray[Any]) -> float:
        self.calls += 1
        return self.scores[self.calls - 1]


def test_y_of_one_class_is_a_clear_error() -> None:
    X, _ = data()
    with pytest.raises(DataError, match="y has one class only, 0: a classifier needs rows of at"):
        MLPClassifier().fit(X, np.zeros(len(X), int))
    with pytest.raises(DataError, match="classes are one class only, 'a'"):
        MLPClassifier().partial_fit(X, ["a"] * len(X), classes=["a"])


@pytest.mark.parametrize("n_classes", [2, 3])
def test_predict_log_proba_is_finite_where_a_probability_rounds_to_0(n_classes: int) -> None:
    X, y = data(n_classes=n_classes)
    clf = MLPClassifier((4,), random_state=0, max_iter=20, learning_rate_init=0.05).fit(X, y)
    far = 1e5 * X
    assert (clf.predict_proba(far) == 0).any()
    assert np.isfinite(clf.predict_log_proba(far)).all()
    np.testing.assert_allclose(
        np.exp(clf.predict_log_proba(X)), clf.predict_proba(X), rtol=1e-12, atol=1e-14
    )


def test_lbfgs_honours_early_stopping() -> None:
    X, y = data()
    scores = iter([0.5, 0.8, *[0.1] * 100])
    clf = MLPClassifier((8,), solver="lbfgs", random_state=0, early_stopping=True)
    clf.set_params(n_iter_no_change=3, validation_metric=lambda *_: next(scores)).fit(X, y)
    assert clf.n_iter_ == 6
    assert clf.best_validation_score_ == 0.8
    assert clf.validation_scores_ == [0.5, 0.8, 0.1, 0.1, 0.1, 0.1]
    two_steps = MLPClassifier((8,), solver="lbfgs", random_state=0, early_stopping=True, max_iter=2)
    two_steps.set_params(validation_metric=Replay([0.5, 0.8])).fit(X, y)
    np.testing.assert_array_equal(weights(clf), weights(two_steps))


def test_a_learning_rate_of_10_is_a_divergence_error_and_leaves_the_last_whole_epoch() -> None:
    X, y = data()
    after: list[NDArray[Any]] = []
    clf = MLPClassifier((8,), random_state=0, solver="sgd", learning_rate_init=0.01, max_iter=3)
    clf.set_params(warm_start=True, callbacks=lambda _: after.append(weights(clf))).fit(X, y)
    clf.set_params(learning_rate_init=10, activation="relu", max_iter=50)
    with pytest.raises(DivergenceError, match=r"training diverged.*Lower the learning rate"):
        clf.fit(1e3 * X, y)
    np.testing.assert_array_equal(weights(clf), after[-1])
    assert np.isfinite(clf.predict_proba(X)).all()


def test_after_divergence_the_exploded_momentum_is_forgotten() -> None:
    X, y = data()
    clf = MLPClassifier((8,), random_state=0, solver="sgd", learning_rate_init=0.01, max_iter=3)
    clf.set_params(warm_start=True, batch_size=10).fit(X, y)
    before = clf.loss_
    with pytest.raises(DivergenceError) as error:
        clf.fit(np.where(np.arange(120)[:, None] < 20, X, 1e9 * X), y)
    assert error.value.epoch == 1
    assert clf.fit(X, y).loss_ < before


def test_training_that_diverges_in_its_first_epoch_leaves_no_fitted_model() -> None:
    X, y = data()
    clf = MLPClassifier((50, 50), random_state=0, solver="sgd", learning_rate_init=10, batch_size=5)
    with pytest.raises(DivergenceError) as error:
        clf.fit(1e4 * X, y)
    assert error.value.epoch == 1
    assert not clf.__sklearn_is_fitted__()


def test_ctrl_c_leaves_the_weights_of_the_last_whole_epoch_and_warns() -> None:
    X, y = data()

    def interrupt(epoch: Epoch) -> None:
        if epoch.number == 3:
            raise KeyboardInterrupt

    clf = MLPClassifier((4,), random_state=0, callbacks=[interrupt])
    with pytest.warns(UserWarning, match="interrupted by user: the weights are those after 3"):
        clf.fit(X, y)
    whole = MLPClassifier((4,), random_state=0, max_iter=3).fit(X, y)
    np.testing.assert_array_equal(weights(clf), weights(whole))


def test_ctrl_c_within_an_epoch_takes_back_its_first_batches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    X, y = data()
    clf = MLPClassifier((4,), random_state=0, batch_size=30, max_iter=9)
    whole = MLPClassifier((4,), random_state=0, batch_size=30, max_iter=2).fit(X, y)
    from numlp.nn import Adam

    step, calls = Adam.step, [0]

    def interrupted(self: Adam, theta: Any, grad: Any) -> None:
        calls[0] += 1
        if calls[0] == 4 * 2 + 3:  # the third batch of the third epoch
            raise KeyboardInterrupt
        step(self, theta, grad)

    monkeypatch.setattr(Adam, "step", interrupted)
    with pytest.warns(UserWarning, match="after 2 epochs"):
        clf.fit(X, y)
    np.testing.assert_array_equal(weights(clf), weights(whole))


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs", "rmsprop"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_pickle_is_little_larger_than_the_parameters(solver: str, early_stopping: bool) -> None:
    X, y = data()
    clf = MLPClassifier((200, 100), solver=solver, max_iter=2, early_stopping=early_stopping)
    clf.fit(X, y)
    assert len(pickle.dumps(clf)) < 1.5 * weights(clf).nbytes + 20_000


def test_weight_decay_is_independent_of_the_batch_size_and_alpha_is_not() -> None:
    X = np.zeros((64, 3))  # no gradient reaches the first weights: they only shrink
    y = np.arange(64) % 2

    def shrunk(batch_size: int, **penalty: float) -> float:
        clf = MLPClassifier((4,), solver="sgd", momentum=0, random_state=0, max_iter=1)
        start = copy.deepcopy(clf).set_params(learning_rate_init=1e-300, alpha=0.0).fit(X, y)
        clf.set_params(batch_size=batch_size, learning_rate_init=0.01, **penalty)
        clf.set_params(max_iter=batch_size // 8).fit(X, y)  # as many updates
        return float((clf.coefs_[0] / start.coefs_[0]).mean())

    assert shrunk(8, alpha=0, weight_decay=0.5) == pytest.approx((1 - 0.005) ** 8)
    assert shrunk(32, alpha=0, weight_decay=0.5) == pytest.approx((1 - 0.005) ** 8)
    assert shrunk(8, alpha=0.5) == pytest.approx((1 - 0.005 / 8) ** 8)
    assert shrunk(32, alpha=0.5) == pytest.approx((1 - 0.005 / 32) ** 8)
    assert "weakens as batches grow" in " ".join((MLPClassifier.__doc__ or "").split())


@pytest.mark.parametrize("weighted_row", range(0, 120, 10))
def test_rows_of_one_side_whose_weights_are_all_zero_are_an_error_that_says_so(
    weighted_row: int,
) -> None:
    X, y = data()
    weight = np.zeros(120)
    weight[weighted_row] = 1
    clf = MLPClassifier((4,), random_state=0, early_stopping=True)
    with pytest.raises(DataError, match=r"every row (held out|to train on) has a weight of zero"):
        clf.fit(X, y, weight)


def test_a_metric_that_is_nan_is_an_error() -> None:
    X, y = data()
    clf = MLPClassifier((4,), early_stopping=True, validation_metric=lambda *_: np.nan)
    with pytest.raises(ValueError, match="validation_metric gave NaN"):
        clf.fit(X, y)


def test_adam_follows_the_learning_rate_schedule() -> None:
    X, y = data()
    rates: list[float] = []
    clf = MLPClassifier((4,), max_iter=4, learning_rate="invscaling")
    clf.set_params(callbacks=lambda epoch: rates.append(epoch.lr)).fit(X, y)
    assert rates == pytest.approx([1e-3 / np.sqrt(120 * k + 1) for k in range(4)])


def test_after_an_error_the_last_fit_still_stands() -> None:
    X, y = data()
    clf = MLPClassifier((4,), random_state=0, max_iter=3).fit(X, y)
    before = clf.predict(X)
    for bad in ({"y": y[:-1]}, {"y": y + 4, "sample_weight": -np.ones(len(y))}):
        with pytest.raises(DataError):
            clf.fit(X, **bad)  # type: ignore[arg-type]
        np.testing.assert_array_equal(clf.predict(X), before)


def test_a_fit_that_ends_before_its_first_epoch_is_not_fitted() -> None:
    X, y = data()
    clf = MLPClassifier((4,), early_stopping=True, validation_fraction=0.0)
    with pytest.raises(DataError, match="validation set is too small"):
        clf.fit(X, y)
    with pytest.raises((NotFittedError, ValueError), match="not fitted yet"):
        clf.predict(X)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_net_that_ends_no_better_than_the_shares_of_the_classes_says_so(n_classes: int) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(90, 3)), rng.integers(0, n_classes, 90)
    clf = MLPClassifier((4,), alpha=1e3, solver="sgd", tol=1e3, random_state=0)
    with pytest.warns(UserWarning, match=r"did not learn: its training loss is [\d.]+, above"):
        clf.fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf.set_params(alpha=0.0, tol=1e-2, learning_rate_init=0.1, max_iter=500).fit(X, y)
    assert clf.loss_ < np.log(n_classes)


def test_it_is_silent_when_all_is_well() -> None:
    X, y = data()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MLPClassifier((4,), max_iter=300, tol=0.02, random_state=0).fit(X, y).predict(X)
        MLPClassifier((4,), max_iter=1).partial_fit(X, y, classes=[0, 1, 2])


FAILING: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "X_val with other columns": ({}, {"X_val": np.ones((9, 2)), "y_val": [0] * 9}),
    "y_val with other labels": ({}, {"X_val": np.ones((9, 5)), "y_val": [7] * 9}),
    "X_val alone": ({}, {"X_val": np.ones((9, 5))}),
    "too few rows to hold out": ({"early_stopping": True, "validation_fraction": 0.0}, {}),
    "a damaged checkpoint": ({"warm_start": False}, {"checkpoint": "damaged.ckpt"}),
}


@pytest.mark.parametrize("why", FAILING)
@pytest.mark.parametrize("warm_start", [False, True])
def test_after_a_fit_that_fails_the_last_one_still_stands(
    why: str, warm_start: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "damaged.ckpt").write_bytes(b"not a checkpoint")
    X, y = data()
    settings, arguments = FAILING[why]
    fresh = MLPClassifier((4,), max_iter=3, random_state=0)
    with pytest.raises(ValueError, match=r"."):
        fresh.set_params(**settings).fit(X, y, **arguments)
    with pytest.raises(ValueError, match="is not fitted yet"):  # scikit-learn's, once it is loaded
        fresh.predict(X)
    assert not hasattr(fresh, "classes_")

    clf = MLPClassifier((4,), max_iter=3, random_state=0, warm_start=warm_start).fit(X, y)
    twin = copy.deepcopy(clf)
    before = {name: value for name, value in vars(clf).items() if name.endswith("_")}
    with pytest.raises(ValueError, match=r"."):
        clf.set_params(**settings).fit(X[:, :5], (y + 1) % 3, **arguments)
    assert {name: value for name, value in vars(clf).items() if name.endswith("_")} == before
    np.testing.assert_array_equal(clf.predict_proba(X), twin.predict_proba(X))
    clf.set_params(early_stopping=False, warm_start=True).fit(X, y)
    np.testing.assert_array_equal(weights(clf), weights(twin.set_params(warm_start=True).fit(X, y)))


def test_after_a_partial_fit_that_fails_the_last_one_still_stands() -> None:
    X, y = data()
    clf = MLPClassifier((4,), random_state=0).partial_fit(X, y, classes=[0, 1, 2])
    before = weights(clf)
    with pytest.raises(DataError):
        clf.partial_fit(X, y + 5)
    np.testing.assert_array_equal(weights(clf), before)
    with pytest.raises(ValueError, match="classes must be passed"):
        MLPClassifier((4,)).partial_fit(X, y)
