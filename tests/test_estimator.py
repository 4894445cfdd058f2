"""An estimator: its parameters, a run with its results, and scikit-learn's tools."""

import copy
import math
import pickle
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numlp import DataError, DivergenceError, TabularClassifier, load, metrics
from numlp.estimator import (
    Estimator,
    NotFittedError,
    check_same_length,
    not_fitted,
    sklearn_class,
)
from numlp.nn import ACTIVATIONS, Epoch
from numlp.split import stratified_split
from numlp.table import Table

NAN = math.nan


class Toy(Estimator):
    def __init__(self, size: Any = (1, 2), *, rate: float = 0.5, hook: Any = None) -> None:
        self.size, self.rate, self.hook = size, rate, hook


def small(**parameters: Any) -> TabularClassifier:
    """A classifier that learns in a moment."""
    defaults: dict[str, Any] = {
        "hidden_layer_sizes": (8,), "learning_rate_init": 0.05, "dropout": 0.0,
        "max_epochs": 25, "random_state": 0,
    }  # fmt: skip
    return TabularClassifier(**(defaults | parameters))


def rows(n: int = 150) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Three classes that a straight line tells apart: whole numbers, exact in every type."""
    X = np.random.default_rng(0).integers(-40, 41, (n, 3)).astype(np.float64)
    return X, np.array(["low", "mid", "top"])[np.digitize(X[:, 0], [-15, 15])]


X, Y = rows()
FITTED = small().fit(X, Y)
ANSWERS = FITTED.predict_proba(X)


# Parameters


def test_parameters_are_what_init_was_given() -> None:
    size = [3]
    toy = Toy(size, rate=0.1)
    assert toy.get_params() == {"size": [3], "rate": 0.1, "hook": None}
    assert toy.get_params(deep=False)["size"] is size


def test_parameters_are_set_by_name() -> None:
    toy = Toy()
    assert toy.set_params(rate=0.9, hook=print) is toy
    assert (toy.rate, toy.hook, toy.size) == (0.9, print, (1, 2))


def test_an_unknown_parameter_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"'rat' for estimator Toy\(\).*'size', 'rate', 'hook'"):
        Toy().set_params(rat=1)


@pytest.mark.parametrize(
    ("toy", "text"),
    [
        (Toy(), "Toy()"),
        (Toy((1, 2), rate=0.5), "Toy()"),
        (Toy([1, 2], rate=1), "Toy(size=[1, 2], rate=1)"),
        (Toy(np.array([1]), hook="x"), "Toy(size=array([1]), hook='x')"),
    ],
)
def test_the_repr_shows_what_was_changed(toy: Toy, text: str) -> None:
    assert repr(toy) == text


WRONG: dict[str, list[Any]] = {
    "hidden_layer_sizes": [0, (8, 0), (8, 2.5), "8", (True,), -1, None, 2.0, (8, "a"), {8}],
    "activation": ["foo", None, 3, "ReLU", ["relu"]],
    "dropout": [1, 1.5, -0.1, "a", None, NAN, True],
    "learning_rate_init": [0, -1, "a", None, NAN, math.inf, 1e39],
    "weight_decay": [-1, "a", None, NAN, math.inf],
    "batch_size": [0, -5, 2.5, "all", None, True],
    "max_epochs": [0, -1, "x", 2.5, None, NAN, True],
    "patience": [0, "x", 1.5, None],
    "validation_fraction": [0, 1, -0.5, 2, "a", None, NAN],
    "random_state": [-1, 1.5, "a", [1], np.random],
    "callbacks": [print, [1], "ab", None, 3, iter([print])],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in WRONG.items() for value in values],
    ids=[f"{name} {i}" for name, values in WRONG.items() for i in range(len(values))],
)
def test_a_wrong_argument_is_named_with_its_value_and_what_is_allowed(
    name: str, value: Any
) -> None:
    with pytest.raises(ValueError, match=r", but it has to be \w+") as caught:
        small(**{name: value}).fit(X, Y)
    assert str(caught.value).startswith(f"{name}={value!r}")


def test_the_wrong_arguments_are_those_of_the_class() -> None:
    assert set(WRONG) == set(TabularClassifier().get_params())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_layer_sizes", 5),
        ("hidden_layer_sizes", ()),
        ("hidden_layer_sizes", [4, 4]),
        ("batch_size", 10_000),
        ("batch_size", 1),
        ("random_state", np.int32(3)),
        ("random_state", None),
        ("callbacks", ()),
        ("dropout", 0),
        ("validation_fraction", 0.5),
    ],
)
def test_an_argument_may_be(name: str, value: Any) -> None:
    parameters = {"max_epochs": 12, name: value}
    assert small(**parameters).fit(X, Y).score(X, Y) > 0.6


def test_an_int_is_one_hidden_layer() -> None:
    assert small(hidden_layer_sizes=8).fit(X, Y).predict_proba(X).tobytes() == ANSWERS.tobytes()


# Errors


def test_not_fitted_is_a_valueerror_and_an_attributeerror() -> None:
    for method in ("predict", "predict_proba", "score", "save"):
        arguments = [None] * (2 if method == "score" else 1)
        with pytest.raises(
            (ValueError, AttributeError), match="TabularClassifier instance is not fitted"
        ):
            getattr(TabularClassifier(), method)(*arguments)
    assert issubclass(NotFittedError, ValueError)
    assert issubclass(NotFittedError, AttributeError)


def test_without_scikit_learn_the_errors_are_our_own() -> None:
    program = (
        "import sys; from numlp.estimator import NotFittedError, not_fitted\n"
        "assert 'sklearn' not in sys.modules\n"
        "assert type(not_fitted(1)) is NotFittedError"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_lengths_that_differ_are_both_named() -> None:
    check_same_length(3, 3)
    with pytest.raises(DataError, match="X has 1,000 rows, but y has 999"):
        check_same_length(1000, 999)


# The run


def test_the_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        small(dropout=0.2).fit(X, Y).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    small(dropout=0.2, random_state=1).fit(X, Y).save(tmp_path / "c")
    assert (
        load(tmp_path / "c").network.theta.tolist() != load(tmp_path / "a").network.theta.tolist()
    )


def test_a_generator_goes_on_from_fit_to_fit() -> None:
    clf = small(random_state=np.random.default_rng(0)).fit(X, Y)
    assert clf.predict_proba(X).tobytes() == ANSWERS.tobytes()
    assert clf.fit(X, Y).predict_proba(X).tobytes() != ANSWERS.tobytes()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_saved_model_predicts_to_the_bit_what_the_classifier_did(
    activation: str, tmp_path: Path
) -> None:
    clf = small(activation=activation, dropout=0.1, max_epochs=8).fit(X, Y)
    clf.save(tmp_path / "m.numlp")
    loaded = load(tmp_path / "m.numlp")
    assert loaded.predict_proba(X).tobytes() == clf.predict_proba(X).tobytes()


def test_a_pickled_classifier_predicts_the_same() -> None:
    for twin in (pickle.loads(pickle.dumps(FITTED)), copy.deepcopy(FITTED)):  # noqa: S301
        assert twin.predict_proba(X).tobytes() == ANSWERS.tobytes()
        assert twin.validation_scores_.confusion.tolist() == (
            FITTED.validation_scores_.confusion.tolist()
        )


def test_the_history_has_a_row_for_each_epoch() -> None:
    history = FITTED.history_
    assert history.columns == ("epoch", "train_loss", "validation_loss", "lr", "seconds")
    assert history["epoch"].tolist() == list(range(1, FITTED.n_iter_ + 1))
    assert len(history) == FITTED.n_iter_ <= 25
    assert FITTED.best_epoch_ == 1 + int(history["validation_loss"].argmin())
    assert (history["lr"] == 0.05).all()


def test_the_validation_scores_are_those_of_the_restored_weights_on_the_rows_held_out() -> None:
    codes = np.searchsorted(FITTED.classes_, Y)
    _, held_out = stratified_split(codes, 0.2, np.random.default_rng(0))
    scores = metrics.evaluate(codes[held_out], ANSWERS[held_out])
    kept = FITTED.validation_scores_
    assert kept.n_rows == len(held_out) == 30
    assert kept.accuracy == scores.accuracy
    assert kept.log_loss == pytest.approx(scores.log_loss, rel=1e-9)
    assert kept.log_loss == pytest.approx(FITTED.history_["validation_loss"].min(), rel=1e-5)
    assert kept.confusion.tolist() == scores.confusion.tolist()


def test_the_rows_held_out_do_not_enter_the_preprocessing() -> None:
    codes = np.searchsorted(FITTED.classes_, Y)
    training, _ = stratified_split(codes, 0.2, np.random.default_rng(0))
    assert FITTED.model_.table.state() == Table.fit(X[training]).state()
    assert FITTED.model_.table.state() != Table.fit(X).state()


def test_it_stops_where_patience_ends_and_goes_back_to_the_best() -> None:
    y = np.random.default_rng(0).permutation(Y)  # nothing to learn, so the loss soon rises
    clf = small(max_epochs=200, patience=9).fit(X, y)
    assert clf.n_iter_ == clf.best_epoch_ + 9 < 200
    assert clf.stop_reason_ == "no lower validation loss in 9 epochs"
    assert clf.validation_scores_.log_loss == pytest.approx(
        clf.history_["validation_loss"].min(), rel=1e-5
    )


def test_it_stops_at_max_epochs() -> None:
    clf = small(max_epochs=4).fit(X, Y)
    assert (clf.n_iter_, clf.stop_reason_) == (4, "it reached max_epochs=4")


def test_a_callback_sees_every_epoch_and_stops_the_run() -> None:
    seen: list[Epoch] = []

    def watch(epoch: Epoch) -> bool:
        seen.append(epoch)
        return epoch.number == 3

    others: list[int] = []
    clf = small(callbacks=[watch, lambda epoch: others.append(epoch.number)]).fit(X, Y)
    assert [epoch.number for epoch in seen] == others == [1, 2, 3]
    assert [epoch.validation_loss for epoch in seen] == clf.history_["validation_loss"].tolist()
    assert (clf.n_iter_, clf.stop_reason_) == (3, "a callback asked for it")


def test_an_error_in_a_callback_leaves_it_unfitted() -> None:
    clf = small(callbacks=[lambda _: 1 / 0])
    with pytest.raises(ZeroDivisionError):
        clf.fit(X, Y)
    assert not clf.__sklearn_is_fitted__()


@pytest.mark.parametrize("rate", [10.0, 1e3, 1e10, 1e30])
@pytest.mark.parametrize("batch_size", [16, 1000])
def test_a_learning_rate_far_too_high_is_an_error_or_a_warning(
    rate: float, batch_size: int
) -> None:
    clf = small(learning_rate_init=rate, activation="relu", batch_size=batch_size)
    # Any other warning than this one is an error.
    with pytest.raises((DivergenceError, UserWarning), match=r"diverged|did not learn"):
        clf.fit(X, Y)


def test_a_validation_loss_that_is_no_number_is_divergence() -> None:
    with pytest.raises(DivergenceError, match="validation loss became nan in epoch 1, batch 1"):
        small(learning_rate_init=1e30, batch_size=1000).fit(X, Y)


def test_after_divergence_the_best_weights_are_there() -> None:
    options: dict[str, Any] = {"learning_rate_init": 100.0, "batch_size": 1000}
    clf = small(**options)
    with pytest.raises(DivergenceError, match=r"the loss rose to .* in epoch 2"):
        clf.fit(X, Y)
    assert (clf.n_iter_, clf.best_epoch_) == (1, 1)
    assert "training diverged" in clf.stop_reason_
    with pytest.warns(UserWarning, match="did not learn"):
        once = small(max_epochs=1, **options).fit(X, Y)
    assert clf.predict_proba(X).tobytes() == once.predict_proba(X).tobytes()


def test_the_file_tells_how_the_model_came_to_be(tmp_path: Path) -> None:
    parameters = {"dropout": np.float32(0.25), "max_epochs": np.int64(5)}
    clf = small(hidden_layer_sizes=np.array([4, 3]), batch_size=32, **parameters).fit(X, Y)
    clf.save(tmp_path / "m.numlp")
    info = load(tmp_path / "m.numlp").info
    assert info["estimator"] == "TabularClassifier"
    assert info["settings"] == {
        "hidden_layer_sizes": [4, 3], "activation": "selu", "dropout": 0.25,
        "learning_rate_init": 0.05, "weight_decay": 0.01, "batch_size": 32, "max_epochs": 5,
        "patience": 20, "validation_fraction": 0.2, "random_state": 0,
    }  # fmt: skip
    assert (info["epochs"], info["best_epoch"]) == (5, clf.best_epoch_)
    assert info["stop_reason"] == clf.stop_reason_
    assert info["validation"]["accuracy"] == clf.validation_scores_.accuracy
    assert info["history"]["train_loss"] == clf.history_["train_loss"].tolist()
    assert "seconds" not in info["history"]


# In scikit-learn's hands


def test_scikit_learns_classes_are_used_where_it_is_loaded() -> None:
    exceptions = pytest.importorskip("sklearn.exceptions")
    assert type(not_fitted(Toy())) is exceptions.NotFittedError
    assert sklearn_class("sklearn.exceptions", "NoSuchThing", int) is int
    with pytest.raises(exceptions.NotFittedError):
        TabularClassifier().predict([[1]])


# They ask that a weight of 2 be the same to the bit as a row twice, in spite of the batches.
NOT_EQUIVALENT = {
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
}


def test_scikit_learns_own_checks_pass() -> None:
    checks = pytest.importorskip("sklearn.utils.estimator_checks")
    n_passed, failed = 0, set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the checks feed it what deserves a warning
        for estimator, check in checks.estimator_checks_generator(small()):
            name = check.func.__name__ if hasattr(check, "func") else check.__name__
            try:
                check(estimator)
                n_passed += 1
            except checks.SkipTest:
                pass
            except Exception as error:
                failed.add(f"{name}: {error}" if name not in NOT_EQUIVALENT else name)
    assert failed == NOT_EQUIVALENT
    assert n_passed >= 50


def test_clone_copies_the_parameters_and_nothing_learned() -> None:
    base = pytest.importorskip("sklearn.base")
    clf = small(callbacks=[print]).fit(X, Y)
    twin = base.clone(clf)
    assert twin.get_params() == clf.get_params()
    assert not hasattr(twin, "model_")
    assert base.is_classifier(twin)


def test_cross_validation_and_grid_search_work() -> None:
    selection = pytest.importorskip("sklearn.model_selection")
    assert selection.cross_val_score(small(), X, Y, cv=3).mean() > 0.8
    search = selection.GridSearchCV(
        small(), {"max_epochs": np.array([1, 20])}, cv=2, error_score="raise"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # one epoch does not learn
        search.fit(X, Y)
    assert search.best_params_ == {"max_epochs": 20}
    assert search.best_estimator_.score(X, Y) > 0.8


def test_it_stands_at_the_end_of_a_pipeline() -> None:
    pipeline = pytest.importorskip("sklearn.pipeline")
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    steps = pipeline.make_pipeline(preprocessing.StandardScaler(), small())
    steps.fit(X, Y, tabularclassifier__sample_weight=np.ones(len(Y)))
    assert steps.score(X, Y) > 0.8
    steps.set_params(tabularclassifier__max_epochs=1)
    assert steps[-1].max_epochs == 1
