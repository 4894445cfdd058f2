"""What each argument and attribute of MLPClassifier does; its data are in test_mlp_data.py."""

import copy
import math
import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from numlp.errors import DataError
from numlp.metrics import log_loss
from numlp.mlp.classifier import MLPClassifier
from numlp.mlp.settings import RULES
from numlp.models.mlp_network import ACTIVATION_NAMES
from numlp.nn import Epoch

pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
    pytest.mark.filterwarnings("ignore:lbfgs failed to converge"),
]

SOLVERS = ("adam", "adamw", "sgd", "rmsprop", "lbfgs")


def data(n_classes: int = 3, n: int = 120) -> tuple[NDArray[Any], NDArray[Any]]:
    rng = np.random.default_rng(1)
    X = rng.standard_normal((n, 4))
    return X, (X @ rng.standard_normal((4, n_classes))).argmax(axis=1)


def fit(X: Any = None, y: Any = None, weight: Any = None, **settings: Any) -> MLPClassifier:
    if X is None:
        X, y = data()
    settings = {"hidden_layer_sizes": (6,), "random_state": 0, "max_iter": 5, **settings}
    return MLPClassifier(**settings).fit(X, y, weight)


def weights(clf: MLPClassifier) -> NDArray[Any]:
    return np.concatenate([a.ravel() for a in clf.coefs_ + clf.intercepts_])


def differ(**settings: Any) -> bool:
    return not np.array_equal(weights(fit()), weights(fit(**settings)))


# Arguments


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_every_solver_learns(solver: str, n_classes: int) -> None:
    X, y = data(n_classes)
    rate = 0.05 if solver == "sgd" else 0.02
    clf = fit(X, y, solver=solver, learning_rate_init=rate, batch_size=30, max_iter=60)
    assert clf.score(X, y) > 0.95


@pytest.mark.parametrize("activation", ACTIVATION_NAMES)
def test_every_activation_learns(activation: str) -> None:
    X, y = data()
    clf = fit(X, y, activation=activation, learning_rate_init=0.05, max_iter=60)
    assert clf.score(X, y) > 0.9


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("loss", ["log_loss", "mse", "focal"])
def test_every_loss_learns(loss: str, n_classes: int) -> None:
    X, y = data(n_classes)
    clf = fit(X, y, loss=loss, learning_rate_init=0.05, batch_size=30, max_iter=60)
    assert clf.score(X, y) > 0.95


@pytest.mark.parametrize("n_classes", [2, 3])
def test_mse_is_the_squared_error_of_the_probabilities(n_classes: int) -> None:
    X, y = data(n_classes)
    clf = fit(X, y, loss="mse", alpha=0, max_iter=1, learning_rate_init=1e-12, batch_size=len(X))
    targets = np.eye(n_classes)[y] if n_classes > 2 else y[:, None]
    P = clf.predict_proba(X) if n_classes > 2 else clf.predict_proba(X)[:, 1:]
    assert clf.loss_ == pytest.approx(((P - targets) ** 2).sum(axis=1).mean(), rel=1e-9)


def test_focal_loss_weighs_each_row_by_how_far_it_is_from_certain() -> None:
    X, y = data(3)
    clf = fit(X, y, loss="focal", alpha=0, max_iter=1, learning_rate_init=1e-12, batch_size=len(X))
    q = clf.predict_proba(X)[np.arange(len(y)), y]
    assert clf.loss_ == pytest.approx((-((1 - q) ** 2) * np.log(q)).mean(), rel=1e-9)


def test_lbfgs_refuses_dropout() -> None:
    with pytest.raises(ValueError, match="solver='lbfgs' takes no dropout"):
        fit(solver="lbfgs", dropout=0.1)


def test_masked_labels_are_refused() -> None:
    X, y = data()
    first = int((y == 2).argmax()) + 1
    with pytest.raises(DataError, match=f"labels are missing, the first in row {first}"):
        fit(X, np.ma.masked_equal(y, 2))


def test_focal_loss_refuses_label_smoothing() -> None:
    with pytest.raises(ValueError, match="label_smoothing"):
        fit(loss="focal", label_smoothing=0.1)


def test_logistic_is_another_name_of_the_sigmoid() -> None:
    np.testing.assert_array_equal(
        weights(fit(activation="logistic")), weights(fit(activation="sigmoid"))
    )


def test_activations_may_be_given_for_each_layer() -> None:
    same = fit(hidden_layer_sizes=(5, 4), activation=["tanh", "tanh"])
    assert np.array_equal(weights(same), weights(fit(hidden_layer_sizes=(5, 4), activation="tanh")))
    other = fit(hidden_layer_sizes=(5, 4), activation=("tanh", "gelu"))
    assert not np.array_equal(weights(same), weights(other))


@pytest.mark.parametrize(
    "sizes", [7, [7], (7,), np.array([7]), np.int64(7)], ids=lambda v: type(v).__name__
)
def test_hidden_layer_sizes_may_be_any_sequence_or_a_number(sizes: Any) -> None:
    clf = fit(hidden_layer_sizes=sizes)
    assert [W.shape for W in clf.coefs_] == [(4, 7), (7, 3)]
    assert clf.n_layers_ == 3
    np.testing.assert_array_equal(weights(clf), weights(fit(hidden_layer_sizes=(7,))))


def test_no_hidden_layer_is_logistic_regression() -> None:
    clf = fit(hidden_layer_sizes=())
    assert [W.shape for W in clf.coefs_] == [(4, 3)]
    X, _ = data()
    Z = X @ clf.coefs_[0] + clf.intercepts_[0]
    P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(clf.predict_proba(X), P)


BAD: list[tuple[str, Any, str]] = [
    ("hidden_layer_sizes", (5, 0), "1 or more"),
    ("hidden_layer_sizes", 2.5, "whole number"),
    ("hidden_layer_sizes", "5", "whole number"),
    ("activation", "swish", "'relu'"),
    ("activation", ["relu", "tanh"], "one for each hidden"),
    ("solver", "adagrad", "'adamw'"),
    ("alpha", -1.0, r"\[0, inf\)"),
    ("batch_size", 0, "'auto' or a whole number"),
    ("learning_rate", "step", "'one_cycle'"),
    ("loss", "hinge", "'focal'"),
    ("learning_rate_init", 0, r"\(0, inf\)"),
    ("power_t", -0.5, r"\[0, inf\)"),
    ("max_iter", 0, "1 or more"),
    ("shuffle", "yes", "True or False"),
    ("random_state", "a", "RandomState"),
    ("random_state", np.random.default_rng(0), "RandomState"),
    ("tol", -1, r"\[0, inf\)"),
    ("verbose", "loud", "True or False"),
    ("warm_start", 1.5, "True or False"),
    ("momentum", 1.5, r"\[0, 1\]"),
    ("nesterovs_momentum", None, "True or False"),
    ("early_stopping", 0.1, "True or False"),
    ("validation_fraction", 1.0, r"\[0, 1\)"),
    ("beta_1", 1.0, r"\[0, 1\)"),
    ("beta_2", math.nan, r"\[0, 1\)"),
    ("epsilon", 0.0, r"\(0, inf\)"),
    ("n_iter_no_change", 0, "or inf"),
    ("max_fun", 0, "1 or more"),
    ("class_weight", "equal", "'balanced'"),
    ("dropout", 1.0, r"\[0, 1\)"),
    ("batch_norm", 1.5, "True or False"),
    ("layer_norm", "on", "True or False"),
    ("label_smoothing", 1.0, r"\[0, 1\)"),
    ("weight_decay", -0.1, "None"),
    ("warm_up", -1, "0 or more"),
    ("max_grad_norm", 0, "None"),
    ("validation_metric", "f1", "'neg_log_loss'"),
    ("callbacks", 5, "callable"),
    ("callbacks", [print, "print"], "callable"),
]


@pytest.mark.parametrize(("name", "value", "allowed"), BAD, ids=lambda v: str(v)[:20])
def test_a_bad_argument_is_named_with_its_value_and_what_is_allowed(
    name: str, value: Any, allowed: str
) -> None:
    with pytest.raises(ValueError, match=f"'{name}' parameter of MLPClassifier must be") as error:
        fit(**{name: value})
    assert "Got " in str(error.value)
    error.match(allowed)
    if name != "activation" or isinstance(value, str):
        assert repr(value) in str(error.value)


def test_every_argument_has_a_rule_that_takes_its_default_and_a_test_that_breaks_it() -> None:
    defaults = MLPClassifier().get_params()
    assert set(defaults) <= set(RULES)
    assert all(RULES[name][0](value) for name, value in defaults.items())
    assert set(defaults) <= {name for name, _, _ in BAD}


def test_batch_norm_and_layer_norm_are_refused_together() -> None:
    with pytest.raises(ValueError, match="choose one of them"):
        fit(batch_norm=True, layer_norm=True)


def test_a_batch_larger_than_the_data_is_clipped_with_a_warning() -> None:
    with pytest.warns(UserWarning, match=r"`batch_size` larger than sample size \(500 > 120\)"):
        clf = fit(batch_size=500)
    np.testing.assert_array_equal(weights(clf), weights(fit()))


def test_max_iter_is_the_number_of_epochs_and_its_end_is_warned_of() -> None:
    with pytest.warns(UserWarning, match=r"Maximum iterations \(7\) reached") as warned:
        clf = fit(max_iter=7)
    assert warned[0].filename == __file__  # points at the line that calls fit
    assert clf.n_iter_ == len(clf.loss_curve_) == 7


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle"])
def test_a_learning_rate_that_was_to_end_at_max_iter_ends_without_a_warning(schedule: str) -> None:
    with warnings.catch_warnings(action="error"):
        clf = fit(max_iter=20, learning_rate=schedule, learning_rate_init=0.05)
    assert clf.n_iter_ == 20
    with pytest.warns(UserWarning, match="the net did not learn: its training loss is") as warned:
        fit(max_iter=2, learning_rate=schedule, learning_rate_init=1e-9)
    assert warned[0].filename == __file__
    with pytest.warns(UserWarning, match="lbfgs failed to converge"):
        fit(max_iter=2, learning_rate=schedule, solver="lbfgs")


def test_shuffle_and_random_state_change_the_run_and_repeat_it() -> None:
    assert not differ()
    assert differ(random_state=1)
    X, y = data()
    in_order = [fit(X, y, batch_size=20, shuffle=s) for s in (False, False, True)]
    assert np.array_equal(weights(in_order[0]), weights(in_order[1]))
    assert not np.array_equal(weights(in_order[0]), weights(in_order[2]))


def test_without_a_random_state_each_fit_is_another() -> None:
    assert not np.array_equal(weights(fit(random_state=None)), weights(fit(random_state=None)))


@pytest.mark.filterwarnings("ignore:the net did not learn")  # a tol to stop it soon
@pytest.mark.parametrize("n_iter_no_change", [2, 4])
def test_training_stops_after_n_iter_no_change_epochs_without_progress(
    n_iter_no_change: int,
) -> None:
    clf = fit(max_iter=50, tol=100.0, n_iter_no_change=n_iter_no_change)
    assert clf.n_iter_ == n_iter_no_change + 2  # the first epoch is progress


def test_n_iter_no_change_may_be_infinite() -> None:
    assert fit(max_iter=30, tol=100.0, n_iter_no_change=math.inf).n_iter_ == 30


def test_max_fun_limits_the_evaluations_of_lbfgs() -> None:
    with pytest.warns(UserWarning, match="increase max_iter or max_fun"):
        assert 1 < fit(solver="lbfgs", max_iter=100, max_fun=5).n_iter_ <= 5


@pytest.mark.parametrize(
    "settings",
    [
        {"dropout": 0.3},
        {"batch_norm": True},
        {"layer_norm": True},
        {"label_smoothing": 0.2},
        {"weight_decay": 0.5},
        {"warm_up": 3},
        {"max_grad_norm": 0.5},
        {"class_weight": {0: 5.0}},
        {"alpha": 10.0},
        {"beta_1": 0.5},
        {"beta_2": 0.5},
        {"epsilon": 0.01},
        {"batch_size": 10},
    ],
    ids=str,
)
def test_each_of_these_arguments_has_an_effect_and_can_learn(settings: dict[str, Any]) -> None:
    assert differ(**settings)
    clf = fit(learning_rate_init=0.05, **{"max_iter": 80, **settings})
    assert clf.score(*data()) > 0.8


def test_units_are_dropped_in_training_only() -> None:
    X, _ = data()
    clf = fit(dropout=0.5)
    np.testing.assert_array_equal(clf.predict_proba(X), clf.predict_proba(X))
    plain = fit(max_iter=1, learning_rate_init=1e-300)
    start = fit(max_iter=1, learning_rate_init=1e-300, dropout=0.5)
    np.testing.assert_array_equal(weights(plain), weights(start))  # the same start


def test_label_smoothing_keeps_the_probabilities_from_the_ends() -> None:
    X, y = data()
    settings: dict[str, Any] = {"max_iter": 300, "learning_rate_init": 0.05}
    sure, smooth = fit(X, y, **settings), fit(X, y, label_smoothing=0.3, **settings)
    assert smooth.predict_proba(X).max() < sure.predict_proba(X).max()


@pytest.mark.filterwarnings("ignore:the net did not learn")  # a few epochs
@pytest.mark.parametrize("solver", ["adam", "adamw", "sgd", "rmsprop"])
@pytest.mark.parametrize("schedule", ["constant", "invscaling", "cosine", "one_cycle"])
def test_every_schedule_holds_for_every_stochastic_solver(solver: str, schedule: str) -> None:
    rates: list[float] = []
    fit(
        solver=solver,
        learning_rate=schedule,
        max_iter=20,
        callbacks=lambda epoch: rates.append(epoch.lr),
    )
    expected = {
        "constant": [1e-3] * 20,
        "invscaling": [1e-3 / math.sqrt(120 * k + 1) for k in range(20)],
        "cosine": [1e-3 * (1 + math.cos(math.pi * k / 20)) / 2 for k in range(20)],
        "one_cycle": rates,
    }
    assert rates == pytest.approx(expected[schedule])
    if schedule == "one_cycle":
        assert rates[0] == pytest.approx(1e-3 / 25)
        assert np.argmax(rates) == 6
        assert rates[-1] < 1e-4


@pytest.mark.filterwarnings("ignore:the net did not learn")  # a tol to stop it soon
def test_adaptive_cuts_the_rate_to_a_fifth_on_each_plateau_until_it_is_tiny() -> None:
    rates: list[float] = []
    clf = fit(
        learning_rate="adaptive",
        learning_rate_init=1e-5,
        tol=10.0,
        n_iter_no_change=1,
        max_iter=100,
        callbacks=lambda epoch: rates.append(epoch.lr),
    )
    assert sorted(set(rates), reverse=True) == pytest.approx([1e-5, 2e-6, 4e-7])
    assert clf.n_iter_ < 100


def test_the_rate_rises_over_warm_up_epochs() -> None:
    rates: list[float] = []
    fit(warm_up=4, max_iter=6, callbacks=lambda epoch: rates.append(epoch.lr))
    assert rates == pytest.approx([2e-4, 4e-4, 6e-4, 8e-4, 1e-3, 1e-3])


def test_max_grad_norm_bounds_the_step_of_sgd() -> None:
    settings: dict[str, Any] = {"solver": "sgd", "momentum": 0.0, "alpha": 0.0, "max_iter": 1}
    start = weights(fit(learning_rate_init=1e-300, **settings))
    moved = weights(fit(learning_rate_init=1.0, max_grad_norm=0.01, **settings)) - start
    assert np.linalg.norm(moved) == pytest.approx(0.01)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_class_weight_is_a_sample_weight_by_class(solver: str) -> None:
    X, y = data()
    by_class = {0: 2.0, 2: 0.5}
    as_weight = np.array([2.0, 1.0, 0.5])[y]
    given = fit(X, y, solver=solver, class_weight=by_class)
    np.testing.assert_array_equal(weights(given), weights(fit(X, y, as_weight, solver=solver)))
    own = np.random.default_rng(0).uniform(0.5, 1, len(y))
    both = fit(X, y, own, solver=solver, class_weight=by_class)
    expected = fit(X, y, own * as_weight, solver=solver)
    np.testing.assert_allclose(weights(both), weights(expected), rtol=1e-12)


def test_balanced_is_n_samples_over_n_classes_times_count() -> None:
    X, y = data()
    weight = len(y) / (3 * np.bincount(y)[y])
    np.testing.assert_array_equal(
        weights(fit(X, y, class_weight="balanced")), weights(fit(X, y, weight))
    )


def test_a_class_weight_for_no_class_or_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match=r"class_weight has 7, .* the classes are \[0, 1, 2\]"):
        fit(class_weight={7: 1.0})
    with pytest.raises(ValueError, match="not negative"):
        fit(class_weight={0: -1.0})
    with pytest.raises(DataError, match="every sample weight is zero"):
        fit(class_weight=dict.fromkeys(range(3), 0.0))


@pytest.mark.parametrize("metric", ["accuracy", "balanced_accuracy", "neg_log_loss"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_validation_metric_is_the_one_named(metric: str, n_classes: int) -> None:
    X, y = data(n_classes)
    X_val, y_val = X[:50], y[:50]
    clf = MLPClassifier((6,), random_state=0, max_iter=3, label_smoothing=0.1)
    clf.set_params(validation_metric=metric).fit(X, y, X_val=X_val, y_val=y_val)
    right = clf.predict(X_val) == y_val
    expected = {
        "accuracy": clf.score(X_val, y_val),
        "balanced_accuracy": np.mean([right[y_val == k].mean() for k in range(n_classes)]),
        "neg_log_loss": -log_loss(y_val, clf.predict_proba(X_val)),
    }
    assert clf.validation_scores_ is not None
    assert clf.validation_scores_[-1] == pytest.approx(expected[metric])
    assert clf.best_validation_score_ == max(clf.validation_scores_)


def test_a_callable_metric_gets_labels_and_probabilities() -> None:
    X, y = data()
    names = np.array(["a", "b", "c"])[y]

    def metric(labels: Any, P: NDArray[Any]) -> float:
        assert set(labels) <= {"a", "b", "c"}
        assert P.shape == (len(labels), 3)
        return float(P.max())

    clf = MLPClassifier((6,), max_iter=2, validation_metric=metric, early_stopping=True)
    assert len(clf.fit(X, names).validation_scores_ or []) == 2


def test_own_validation_rows_are_used_and_no_other_is_held_out() -> None:
    X, y = data()
    clf = MLPClassifier((6,), random_state=0, max_iter=4, early_stopping=True, n_iter_no_change=10)
    clf.fit(X, y, X_val=X[:30], y_val=y[:30])
    assert clf.t_ == 4 * len(X)
    assert clf.loss_curve_ == fit(max_iter=4).loss_curve_
    for alone in ({"X_val": X}, {"y_val": y}):
        with pytest.raises(ValueError, match="belong together"):
            clf.fit(X, y, **alone)
    with pytest.raises(DataError, match="classes not in"):
        clf.fit(X, y, X_val=X, y_val=y + 1)
    with pytest.raises(DataError, match="inconsistent numbers"):
        clf.fit(X, y, X_val=X, y_val=y[1:])


def test_the_validation_loss_curve_is_the_log_loss_without_the_penalty() -> None:
    X, y = data()
    clf = MLPClassifier((6,), random_state=0, max_iter=3, alpha=5.0)
    clf.fit(X, y, X_val=X[:40], y_val=y[:40])
    assert clf.validation_loss_curve_ is not None
    assert len(clf.validation_loss_curve_) == 3
    expected = log_loss(y[:40], clf.predict_proba(X[:40]))
    assert clf.validation_loss_curve_[-1] == pytest.approx(expected)


# Callbacks and printing


def test_a_callback_sees_each_epoch_and_may_stop() -> None:
    seen: list[Epoch] = []

    def stop_at_4(epoch: Epoch) -> bool:
        return epoch.number == 4

    X, y = data()
    clf = MLPClassifier((6,), random_state=0, callbacks=[seen.append, stop_at_4])
    clf.fit(X, y, X_val=X, y_val=y)
    assert [epoch.number for epoch in seen] == [1, 2, 3, 4]
    assert [epoch.train_loss for epoch in seen] == clf.loss_curve_
    assert [epoch.validation_loss for epoch in seen] == clf.validation_loss_curve_
    assert clf.n_iter_ == 4


def test_one_callback_needs_no_list_as_for_a_progress_bar() -> None:
    class Bar:
        n = 0

        def update(self, n: int = 1) -> None:
            self.n += n

    bar = Bar()
    fit(max_iter=6, callbacks=lambda _: bar.update())
    assert bar.n == 6


def test_verbose_2_keeps_one_live_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    clf = fit(max_iter=3, verbose=2, early_stopping=True)
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.split("\r")
    assert len(lines) == 4
    assert captured.err.count("\n") == 1
    assert lines[3].startswith(f"epoch 3 of 3  loss {clf.loss_:.4f}  validation score ")


@pytest.mark.filterwarnings("ignore:the net did not learn")  # a tol to stop it soon
def test_verbose_prints_a_line_an_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    clf = fit(max_iter=2, verbose=True)
    assert capsys.readouterr().out.splitlines() == [
        f"Iteration {i}, loss = {loss:.8f}" for i, loss in enumerate(clf.loss_curve_, 1)
    ]
    fit(max_iter=2, verbose=True, early_stopping=True)
    assert capsys.readouterr().out.count("Validation score: ") == 2
    fit(max_iter=9, verbose=True, tol=9.0, n_iter_no_change=2)
    assert "Training loss did not improve more than tol=9.0" in capsys.readouterr().out
    fit(max_iter=2)
    assert capsys.readouterr().out == ""


# Attributes and the object itself


def test_the_fitted_attributes() -> None:
    clf = fit()
    assert clf.classes_.tolist() == [0, 1, 2]
    assert (clf.n_features_in_, clf.n_layers_, clf.n_outputs_) == (4, 3, 3)
    assert (clf.n_iter_, clf.t_, clf.out_activation_) == (5, 600, "softmax")
    assert clf.loss_ == clf.loss_curve_[-1]
    assert clf.best_loss_ == min(clf.loss_curve_)
    assert clf.validation_scores_ is clf.validation_loss_curve_ is None
    assert clf.best_validation_score_ is None
    stopped = fit(early_stopping=True)
    assert stopped.best_loss_ is None
    assert stopped.best_validation_score_ == max(stopped.validation_scores_ or [])
    binary = fit(*data(2))
    assert (binary.n_outputs_, binary.out_activation_) == (1, "logistic")


def pickled(clf: MLPClassifier) -> MLPClassifier:
    copied: MLPClassifier = pickle.loads(pickle.dumps(clf))  # noqa: S301 - our own
    return copied


@pytest.mark.parametrize("made_by", [copy.deepcopy, pickled, lambda clf: clf])
def test_writing_to_coefs_changes_the_net(made_by: Any) -> None:
    X, _ = data()
    clf = fit()
    before = clf.predict_proba(X)
    other = made_by(clf)
    np.testing.assert_array_equal(other.predict_proba(X), before)
    other.coefs_[0][:] = 0
    other.coefs_[1][:] = 0
    other.intercepts_[1][:] = 0
    np.testing.assert_allclose(other.predict_proba(X), 1 / 3)
    if other is not clf:
        np.testing.assert_array_equal(clf.predict_proba(X), before)
    other.coefs_, other.intercepts_ = fit().coefs_, fit().intercepts_
    np.testing.assert_array_equal(other.predict_proba(X), before)


def test_an_unfitted_net_has_no_weights_and_says_so() -> None:
    clf = MLPClassifier()
    assert not hasattr(clf, "coefs_")
    with pytest.raises(AttributeError, match="not fitted yet"):
        _ = clf.intercepts_
    for method in (clf.predict, clf.predict_proba, clf.predict_log_proba):
        with pytest.raises(ValueError, match="not fitted yet"):
            method(data()[0])


def test_repr_shows_what_differs_from_the_defaults() -> None:
    assert repr(MLPClassifier()) == "MLPClassifier()"
    assert repr(MLPClassifier(5, solver="sgd")) == (
        "MLPClassifier(hidden_layer_sizes=5, solver='sgd')"
    )


def test_set_params_sets_and_refuses_what_is_no_argument() -> None:
    clf = MLPClassifier().set_params(dropout=0.25)
    assert clf.get_params()["dropout"] == 0.25
    with pytest.raises(ValueError, match=r"Invalid parameter 'drop' .*Valid parameters are: \["):
        clf.set_params(drop=1)


def test_only_the_first_two_arguments_may_be_positional() -> None:
    assert MLPClassifier((3,), "tanh").get_params()["activation"] == "tanh"
    with pytest.raises(TypeError):
        MLPClassifier((3,), "tanh", "sgd")  # type: ignore[misc]
