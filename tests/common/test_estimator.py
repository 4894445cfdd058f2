"""An estimator: its parameters, a run with its results, and scikit-learn's tools."""

import copy
import inspect
import math
import pickle
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numlp import DataError, DivergenceError, MLPClassifier, TabularClassifier, load
from numlp.common.estimator import (
    Estimator,
    NotFittedError,
    available_if,
    check_same_length,
    not_fitted,
    sklearn_class,
)
from numlp.ensemble import recipe
from numlp.metrics import evaluate
from numlp.nn import Epoch

NAN = math.nan


class Toy(Estimator):
    def __init__(self, size: Any = (1, 2), *, rate: float = 0.5, hook: Any = None) -> None:
        self.size, self.rate, self.hook = size, rate, hook


class Own(MLPClassifier):
    """Fewer parameters, and one of its own."""

    def __init__(self, hidden_layer_sizes: Any = (3,), extra: int = 1) -> None:
        super().__init__(hidden_layer_sizes, max_iter=20, random_state=0, learning_rate_init=0.1)
        self.extra = extra


class OwnOfTables(TabularClassifier):
    """One of its own, and the others by their names."""

    def __init__(self, quality: str = "fast", extra: int = 1, **others: Any) -> None:
        super().__init__(quality, epochs=3, random_state=0, **others)
        self.extra = extra


def small(**parameters: Any) -> TabularClassifier:
    """A classifier that learns in a moment."""
    defaults: dict[str, Any] = {
        "quality": "fast", "hidden_layer_sizes": 8, "epochs": 40, "n_jobs": 1, "random_state": 0,
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
    "recipe": [[], {"epochs": 3}, {"dropout": 1.0}],
    "quality": ["good", None, 3, "Fast", ["fast"]],
    "time_limit": [0, -1, "a", NAN, math.inf, True],
    "hidden_layer_sizes": [0, (8, 0), (8, 2.5), "8", (True,), -1, None, 2.0, (8, "a"), {8.5}],
    "epochs": [0, -1, "x", 2.5, None, NAN, True],
    "ensemble_size": [0, -5, 2.5, "all", None, True],
    "validation": [0, 1, 0.6, -0.5, "a", None, NAN, True],
    "class_weight": ["even", 3, [1, 2]],
    "metric": ["auc", None, 3],
    "cost_fp": [0, -1, float("inf"), float("nan"), "a", True],
    "cost_fn": [0, -1, float("inf"), float("nan"), "a", True],
    "pos_label": [["a"], ("a",), print],
    "n_jobs": [0, -2, 1.5, "a", True],
    "random_state": [-1, 1.5, "a", [1], np.random],
    "verbose": [2, "loud", None, 0.5],
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


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_layer_sizes", [5]),
        ("hidden_layer_sizes", ()),
        ("hidden_layer_sizes", np.array([4, 4])),
        ("epochs", np.int64(30)),
        ("ensemble_size", 1),
        ("ensemble_size", 3),
        ("validation", 3),
        ("validation", 0.5),
        ("class_weight", "balanced"),
        ("metric", "f1"),
        ("n_jobs", -1),
        ("n_jobs", None),
        ("random_state", np.int32(3)),
        ("random_state", None),
        ("verbose", "plot"),
        ("verbose", np.True_),
        ("callbacks", ()),
    ],
)
def test_an_argument_may_be(name: str, value: Any) -> None:
    assert small(**{name: value}).fit(X, Y).score(X, Y) > 0.6


def test_an_int_is_one_hidden_layer() -> None:
    assert small(hidden_layer_sizes=[8]).fit(X, Y).predict_proba(X).tobytes() == ANSWERS.tobytes()


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
        "import sys; from numlp.common.estimator import NotFittedError, not_fitted\n"
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
        small().fit(X, Y).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    small(random_state=1).fit(X, Y).save(tmp_path / "c")
    P = [load(tmp_path / name).predict_proba(X) for name in "ac"]
    assert (P[0] != P[1]).any()


def test_a_generator_goes_on_from_fit_to_fit() -> None:
    clf = small(random_state=np.random.default_rng(0)).fit(X, Y)
    assert clf.predict_proba(X).tobytes() == ANSWERS.tobytes()
    assert clf.fit(X, Y).predict_proba(X).tobytes() != ANSWERS.tobytes()


def test_a_saved_model_predicts_to_the_bit_what_the_classifier_did(tmp_path: Path) -> None:
    FITTED.save(tmp_path / "m.numlp")
    assert load(tmp_path / "m.numlp").predict_proba(X).tobytes() == ANSWERS.tobytes()


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
    assert len(history) == FITTED.n_iter_ == 40
    assert set(FITTED.mixture_) <= set(history["epoch"])
    assert sum(FITTED.mixture_.values()) == pytest.approx(1)


def test_the_scores_are_those_of_the_mixture_on_the_rows_held_out() -> None:
    codes = np.searchsorted(FITTED.classes_, Y)
    held_out = np.flatnonzero(~np.isnan(FITTED.oof_proba_[:, 0]))
    scores = evaluate(codes[held_out], FITTED.oof_proba_[held_out])
    kept = FITTED.validation_scores_
    assert kept.n_rows == FITTED.score_.n_rows == len(held_out) == 75
    assert kept.accuracy == FITTED.score_.accuracy == scores.accuracy
    assert kept.log_loss == pytest.approx(scores.log_loss, rel=1e-5)
    assert kept.confusion.tolist() == scores.confusion.tolist()


@pytest.mark.filterwarnings("ignore:the net did not learn")
def test_it_stops_after_its_epochs() -> None:
    clf = small(epochs=4).fit(X, Y)
    assert (clf.n_iter_, clf.stop_reason_) == (4, "its 4 epochs were over")


@pytest.mark.filterwarnings("ignore:the net did not learn")
def test_a_callback_sees_every_epoch_and_stops_the_run() -> None:
    seen: list[Epoch] = []

    def watch(epoch: Epoch) -> bool:
        seen.append(epoch)
        return epoch.number == 3

    others: list[int] = []
    clf = small(callbacks=[watch, lambda epoch: others.append(epoch.number)]).fit(X, Y)
    assert [epoch.number for epoch in seen] == others == [1, 2, 3]
    told = [NAN if e.validation_loss is None else e.validation_loss for e in seen]
    np.testing.assert_array_equal(told, clf.history_["validation_loss"])
    assert (clf.n_iter_, clf.stop_reason_) == (3, "a callback asked for it")


def test_an_error_in_a_callback_leaves_it_unfitted() -> None:
    clf = small(callbacks=[lambda _: 1 / 0])
    with pytest.raises(ZeroDivisionError):
        clf.fit(X, Y)
    assert not clf.__sklearn_is_fitted__()


def learning_at(rate: float, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Change the recipe of "fast"."""
    fast = replace(recipe.RECIPES["fast"], learning_rate=rate, **changes)
    monkeypatch.setitem(recipe.RECIPES, "fast", fast)


@pytest.mark.parametrize("rate", [1e5, 1e10, 1e30])
def test_a_learning_rate_far_too_high_is_an_error_or_a_warning(
    rate: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    learning_at(rate, monkeypatch)
    # Any other warning than this one is an error.
    with pytest.raises((DivergenceError, UserWarning), match=r"diverged|did not learn"):
        small().fit(X, Y)


def test_what_is_no_number_is_divergence(monkeypatch: pytest.MonkeyPatch) -> None:
    learning_at(1e37, monkeypatch, activation="relu", periodic_outputs=0, scale_lr=0.0)
    with pytest.raises(DivergenceError, match="diverged"):
        small().fit(X, Y)


def test_the_file_tells_how_the_model_came_to_be(tmp_path: Path) -> None:
    parameters = {"epochs": np.int64(20), "class_weight": {"low": 2, "top": np.float32(0.5)}}
    clf = small(hidden_layer_sizes=np.array([4, 3]), **parameters).fit(X, Y)
    clf.save(tmp_path / "m.numlp")
    info = load(tmp_path / "m.numlp").info
    assert info["estimator"] == "TabularClassifier"
    assert info["settings"] == {
        "quality": "fast", "time_limit": None, "hidden_layer_sizes": [4, 3], "epochs": 20,
        "recipe": None,
        "ensemble_size": "auto", "validation": "auto", "metric": "accuracy", "random_state": 0,
        "class_weight": [["low", 2], ["top", 0.5]],
        "cost_fp": None, "cost_fn": None, "pos_label": None,
    }  # fmt: skip
    assert info["recipe"]["hidden"] == [4, 3]
    assert info["recipe"]["epochs"] == info["epochs"] == 20
    assert info["mixture"] == [[epoch, share] for epoch, share in clf.mixture_.items()]
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
# They ask that a row's answer not depend on the rows beside it, to 1e-7.  Products of float32 round
# otherwise in another shape; whether by more than that is up to the processor's kernels.
OF_SINGLE_PRECISION = {"check_methods_sample_order_invariance", "check_methods_subset_invariance"}


def test_an_answer_hardly_depends_on_the_rows_beside_it() -> None:
    clf = small().fit(X, Y)
    P = clf.predict_proba(X)
    order = np.random.default_rng(0).permutation(len(P))
    for n in (1, 7, 32):
        batches = [clf.predict_proba(X[order[i : i + n]]) for i in range(0, len(P), n)]
        np.testing.assert_allclose(np.concatenate(batches), P[order], rtol=2e-5, atol=2e-6)


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
                expected = name in NOT_EQUIVALENT | OF_SINGLE_PRECISION
                failed.add(name if expected else f"{name}: {error}")
    assert failed - OF_SINGLE_PRECISION == NOT_EQUIVALENT
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
        small(), {"epochs": np.array([1, 40])}, cv=2, error_score="raise"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # one epoch does not learn
        search.fit(X, Y)
    assert search.best_params_ == {"epochs": 40}
    assert search.best_estimator_.score(X, Y) > 0.8


def test_it_stands_at_the_end_of_a_pipeline() -> None:
    pipeline = pytest.importorskip("sklearn.pipeline")
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    steps = pipeline.make_pipeline(preprocessing.StandardScaler(), small())
    steps.fit(X, Y, tabularclassifier__sample_weight=np.ones(len(Y)))
    assert steps.score(X, Y) > 0.8
    steps.set_params(tabularclassifier__epochs=1)
    assert steps[-1].epochs == 1


@pytest.mark.parametrize("cls", [MLPClassifier, TabularClassifier])
def test_scikit_learn_before_1_6_sees_a_classifier(cls: type[Estimator]) -> None:
    # Its is_classifier is this comparison; without it, its folds are not stratified.
    assert getattr(cls(), "_estimator_type", None) == "classifier"


def test_a_method_that_only_some_have_keeps_its_signature_and_its_docstring() -> None:
    def check(obj: "Some") -> None:
        if not obj.has:
            raise AttributeError("not this one")

    class Some:
        def __init__(self, has: bool) -> None:
            self.has = has

        @available_if(check)
        def double(self, x: int) -> int:
            """Twice x."""
            return 2 * x

    assert Some(True).double(2) == 4
    assert not hasattr(Some(False), "double")
    assert (Some.double.__doc__, list(inspect.signature(Some.double).parameters)) == (
        "Twice x.",
        ["self", "x"],
    )


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer", "ignore:the net did not learn")
@pytest.mark.parametrize("make", [Own, OwnOfTables])
def test_a_subclass_may_have_parameters_of_its_own_and_fewer(make: Any, tmp_path: Path) -> None:
    X, y = rows()
    clf = make(extra=3)
    names = ["hidden_layer_sizes", "extra"] if make is Own else ["quality", "extra"]
    assert list(clf.get_params()) == names
    assert repr(clf) == f"{make.__name__}(extra=3)"
    clf.fit(X, y, checkpoint=tmp_path / "run.ckpt")
    clf.save(tmp_path / "m.numlp")
    opened: Any = load(tmp_path / "m.numlp")
    np.testing.assert_array_equal(opened.predict(X), clf.predict(X))
