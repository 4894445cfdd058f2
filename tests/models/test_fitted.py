"""What was fitted tells its labels, network, losses and scores, whichever class it is of."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from numlp import MLPClassifier, TabularClassifier
from numlp.models.fitted import classes_of, history_of, network_of, validation_of
from numlp.nn import History, mlp

X = np.random.default_rng(0).normal(size=(60, 2))
Y = np.where(X[:, 0] > 0, "up", "down")
TABULAR = TabularClassifier("fast", epochs=3, hidden_layer_sizes=4, random_state=0).fit(X, Y)


def fitted_mlp(**arguments: Any) -> MLPClassifier:
    settings = {"max_iter": 3, "random_state": 0, "tol": 0, "n_iter_no_change": math.inf}
    with pytest.warns(UserWarning, match="Maximum iterations"):
        return MLPClassifier((3,), **{**settings, **arguments}).fit(X, Y)


MLP = fitted_mlp()


def test_the_labels_are_those_of_training() -> None:
    for fitted in (TABULAR, TABULAR.model_, MLP):
        assert classes_of(fitted).tolist() == ["down", "up"]


def test_the_network_is_found() -> None:
    network = mlp([2, 2])
    assert network_of(network) is network
    assert network_of(TABULAR) is network_of(TABULAR.model_) is TABULAR.model_.network
    assert network_of(MLP).n_out == 1


@pytest.mark.parametrize("find", [classes_of, network_of, history_of])
def test_what_is_not_fitted_or_nothing_of_the_kind_is_refused(find: Any) -> None:
    for estimator in (TabularClassifier(), MLPClassifier()):
        with pytest.raises(ValueError, match="not fitted yet"):
            find(estimator)
    with pytest.raises(TypeError, match="object has no "):
        find(object())


def test_a_fitted_classifier_of_another_kind_is_not_called_unfitted() -> None:
    linear = pytest.importorskip("sklearn.linear_model").LogisticRegression().fit(X, Y)
    assert classes_of(linear).tolist() == ["down", "up"]
    for find in (network_of, history_of):
        with pytest.raises(TypeError, match="LogisticRegression has no "):
            find(linear)


def test_losses_are_found_in_every_form() -> None:
    assert history_of(TABULAR) is TABULAR.history_
    assert history_of(MLP)["train_loss"].tolist() == MLP.loss_curve_
    assert history_of([2, 1]).to_dict() == history_of({"train_loss": (2, 1)}).to_dict()
    told = history_of(TABULAR.model_)
    for column in ("train_loss", "validation_loss"):
        assert told[column].tolist() == TABULAR.history_[column].tolist()


def test_a_warm_start_that_begins_to_hold_rows_out_has_no_such_loss_before() -> None:
    clf = fitted_mlp(warm_start=True)
    clf.set_params(early_stopping=True, max_iter=2)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        clf.fit(X, Y)
    history = history_of(clf)
    assert len(history) == 5
    assert np.isnan(history["validation_loss"]).tolist() == [True] * 3 + [False] * 2


def told(**info: Any) -> History:
    return history_of(SimpleNamespace(info=info))


@pytest.mark.parametrize(
    "history", [None, [], "x", {"train_loss": "x"}, {"train_loss": [1, "x"]},
                {"train_loss": [True]}, {"a": [1], "b": [1, 2]}]
)  # fmt: skip
def test_a_file_may_tell_anything_for_its_history(history: Any) -> None:
    assert len(told(history=history)) == 0


def test_what_a_file_tells_of_losses_is_numbers_and_gaps() -> None:
    history = told(history={"validation_loss": [None, 0.5], "train_loss": [1, 2], "seconds": "x"})
    assert history.columns == ("validation_loss", "train_loss")
    assert np.isnan(history["validation_loss"]).tolist() == [True, False]


def test_scores_in_a_file_are_those_of_training_or_none() -> None:
    found = validation_of(TABULAR.model_.info)
    assert found is not None
    assert found["accuracy"] == TABULAR.score_.accuracy
    assert (found["low"], found["high"]) == pytest.approx((TABULAR.score_.low, TABULAR.score_.high))
    assert found["majority"] == TABULAR.validation_scores_.majority
    right = TABULAR.model_.info["validation"]
    for wrong in (
        {"n_rows": 0}, {"n_rows": 1.5}, {"accuracy": 2}, {"accuracy": "x"}, {"majority": None},
        {"log_loss": "x"}, {"log_loss": math.nan}, {"log_loss": 10**400},
    ):  # fmt: skip
        assert validation_of({"validation": right | wrong}) is None
    worst = validation_of({"validation": right | {"accuracy": 0}})
    assert worst is not None
    assert worst["accuracy"] == 0
    assert validation_of({}) is validation_of({"validation": [1]}) is None
