"""Predictions for rows whose classes are known, of any classifier."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from numlp import DataError, MLPClassifier, TabularClassifier
from numlp.data.quantity import Ranges
from numlp.models.predictions import class_numbers, predictions_of

rng = np.random.default_rng(0)
X = rng.normal(size=(90, 2))
Y = np.array(["low", "mid", "top"])[np.digitize(X[:, 0] + rng.normal(size=90) / 2, [-0.5, 0.5])]
CLF = TabularClassifier("fast", epochs=12, hidden_layer_sizes=4, random_state=0).fit(X, Y)


def test_by_default_they_are_of_the_rows_held_out_by_nets_that_had_not_seen_them() -> None:
    found = predictions_of(CLF)
    held_out = np.flatnonzero(~np.isnan(CLF.oof_proba_[:, 0]))
    assert 0 < len(held_out) < len(Y)
    assert found.classes[found.y].tolist() == Y[held_out].tolist()
    np.testing.assert_array_equal(found.P, CLF.oof_proba_[held_out])
    assert (found.y == found.predicted).mean() == CLF.score_.accuracy
    assert found.where == f"{len(held_out)} rows held out"


def test_of_the_rows_held_out_nothing_is_built_for_all_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(TabularClassifier, "oof_proba_")
    assert predictions_of(CLF).P is CLF.validation_scores_.P
    assert predictions_of(CLF, proba=False).P.shape == (CLF.score_.n_rows, 0)


@pytest.mark.parametrize("classifier", [CLF, CLF.model_], ids=["classifier", "model"])
def test_rows_given_are_predicted(classifier: Any) -> None:
    found = predictions_of(classifier, X[:20], pd.Series(Y[:20]))
    assert found.classes[found.y].tolist() == Y[:20].tolist()
    assert found.classes[found.predicted].tolist() == CLF.predict(X[:20]).tolist()
    np.testing.assert_array_equal(found.P, CLF.predict_proba(X[:20]))
    assert found.where == "20 rows"


def test_a_classifier_of_scikit_learn_is_one_too() -> None:
    linear = pytest.importorskip("sklearn.linear_model").LogisticRegression().fit(X, Y)
    found = predictions_of(linear, X, Y)
    assert (found.y == found.predicted).mean() == pytest.approx(linear.score(X, Y))
    svm = pytest.importorskip("sklearn.svm").LinearSVC().fit(X, Y)
    assert predictions_of(svm, X, Y, proba=False).P.shape == (90, 0)
    with pytest.raises(TypeError, match="LinearSVC has no predict_proba"):
        predictions_of(svm, X, Y)


def test_labels_are_told_apart_by_type() -> None:
    assert class_numbers([3, 1, 3], np.array([1, 3])).tolist() == [1, 0, 1]
    with pytest.raises(DataError, match="y has 2, which the classifier was not trained on"):
        class_numbers([1, 2], np.array([1, 3]))
    with pytest.raises(DataError, match="y has text, such as '1' in row 1, but the classes that"):
        class_numbers(["1", "1"], np.array([1, 3]))
    with pytest.raises(DataError, match="y has booleans, such as True in row 1"):
        class_numbers([True, False], np.array(["no", "yes"]))


@pytest.mark.parametrize("words", [["False", "True"], ["FALSE", "true"], ["true", "False"]])
def test_booleans_stand_for_the_words_that_an_older_numlp_made_of_them(words: list[str]) -> None:
    found = class_numbers(pd.Series([True, False, True]), np.array(words, object))
    assert [words[k].lower() for k in found] == ["true", "false", "true"]


def test_several_spellings_of_a_boolean_stand_for_themselves_alone() -> None:
    with pytest.raises(DataError, match="y has booleans"):
        class_numbers([True, False], np.array(["False", "TRUE", "True"], object))


def test_numbers_stand_for_the_ranges_that_they_lie_in() -> None:
    ranges = Ranges((10.0, 20.5))
    classes = np.array(ranges.names)
    assert class_numbers([3, 10, 20.5, 99], classes, ranges).tolist() == [0, 0, 1, 2]
    assert class_numbers(["above 20.5"], classes, ranges).tolist() == [2]
    for y, message in (([1.0, np.nan], "row 2"), (["low"], "not trained on"), ([True], "booleans")):
        with pytest.raises(DataError, match=message):
            class_numbers(y, classes, ranges)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((CLF, X), "give both or neither"),
        ((CLF, None, Y), "give both or neither"),
        ((CLF.model_,), "Model keeps no rows held out"),
        ((TabularClassifier(),), "not fitted yet"),
        ((MLPClassifier(), X, Y), "not fitted yet"),
        ((CLF, X, ["new"] * 90), "'new', which the classifier was not trained on: it knows 'low'"),
        ((CLF, X, [None] * 90), "labels are missing"),
        ((CLF, X, Y[:5]), "inconsistent numbers of samples"),
        ((CLF, X[:0], Y[:0]), "no row"),
    ],
)
def test_what_cannot_be_predicted_is_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        predictions_of(*arguments)


def test_what_is_no_classifier_is_refused() -> None:
    with pytest.raises(TypeError, match="list has no classes_"):
        predictions_of([1], X, Y)
    with pytest.raises(TypeError, match="SimpleNamespace does not predict"):
        predictions_of(SimpleNamespace(classes_=["a", "b"]), X, Y)
