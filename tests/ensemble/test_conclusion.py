"""What an ensemble comes to: its aim decides, and its rows held out say how sure to be."""

import math
from typing import Any

import numpy as np
import pytest

from numlp import DataError, TabularClassifier
from numlp.metrics import evaluate
from numlp.metrics.aim import Aim

Array = np.ndarray[Any, Any]


def rows(n: int, seed: int) -> tuple[Array, Array]:
    """One row in four is of the class "hit", and only its chance can be known."""
    X = np.random.default_rng(seed).normal(0, 1, (n, 2))
    chance = 1 / (1 + np.exp(1.5 - 1.6 * X[:, 0]))
    return X, np.where(np.random.default_rng(seed + 1).random(n) < chance, "hit", "miss")


def small(**parameters: Any) -> TabularClassifier:
    defaults = {"quality": "fast", "hidden_layer_sizes": 8, "epochs": 30, "random_state": 0,
                "validation": 5, "ensemble_size": 5, "n_jobs": 1}  # fmt: skip
    return TabularClassifier(**(defaults | parameters))


X, Y = rows(600, 0)
FRESH, TRUTH = rows(6000, 100)
PLAIN = small().fit(X, Y)


def test_the_scores_are_of_the_probabilities_out_of_fold() -> None:
    scores, codes = PLAIN.validation_scores_, np.searchsorted(PLAIN.classes_, Y)
    expected = evaluate(codes, PLAIN.oof_proba_)
    assert scores.P.dtype == np.float32
    np.testing.assert_array_equal(scores.P, PLAIN.oof_proba_)
    assert scores.predicted.tolist() == expected.predicted.tolist()
    for name in ("roc_auc", "brier_score", "calibration_error", "balanced_accuracy", "f1"):
        assert getattr(scores, name) == getattr(expected, name)
    assert scores.log_loss == pytest.approx(expected.log_loss, rel=1e-6)
    assert PLAIN.score_.accuracy == scores.accuracy
    assert repr(scores).startswith("Scores(n_rows=600, n_classes=2, accuracy=0.")


# Costs


@pytest.mark.parametrize(
    ("label", "positive"), [(None, 1), ("miss", 1), ("hit", 0), (np.str_("hit"), 0)]
)
def test_costs_move_the_threshold_of_the_positive_class(label: Any, positive: int) -> None:
    clf = small(cost_fp=1, cost_fn=3, pos_label=label, epochs=3).fit(X, Y)
    assert clf.threshold_ == 0.25
    assert clf.validation_scores_.aim == Aim(costs=(1, 3), positive=positive)
    P = clf.predict_proba(FRESH)
    says = clf.classes_[positive], clf.classes_[1 - positive]
    np.testing.assert_array_equal(clf.predict(FRESH), np.where(P[:, positive] > 0.25, *says))


@pytest.mark.parametrize(
    ("given", "threshold"), [({"cost_fn": 4}, 0.2), ({"cost_fp": 4}, 0.8), ({"cost_fp": 1}, 0.5)]
)
def test_one_cost_alone_is_against_one(given: dict[str, float], threshold: float) -> None:
    assert small(epochs=10, **given).fit(X, Y).threshold_ == pytest.approx(threshold)


def test_answers_for_costs_cost_less_on_fresh_rows_than_others() -> None:
    clf = small(cost_fp=1, cost_fn=8, pos_label="hit").fit(X, Y)
    np.testing.assert_allclose(clf.predict_proba(FRESH), PLAIN.predict_proba(FRESH))  # as they were
    codes = np.searchsorted(clf.classes_, TRUTH)
    aim = clf.validation_scores_.aim
    scores = evaluate(codes, clf.predict_proba(FRESH), np.array(clf.model_.factors), aim)
    assert (clf.classes_[scores.predicted] == clf.predict(FRESH)).all()
    constants = [scores.cost_of(np.array(k)) for k in (0, 1)]
    assert scores.mean_cost < 0.9 * min(constants)
    assert scores.mean_cost < 0.8 * scores.cost_of(scores.P.argmax(axis=1))


def test_the_f1_of_the_class_that_comes_first_can_be_asked_for() -> None:
    clf = small(metric="f1", pos_label="hit").fit(X, Y)
    assert 0.2 < clf.threshold_ < 0.5  # it is the rarer one
    P = clf.predict_proba(FRESH)
    np.testing.assert_array_equal(clf.predict(FRESH) == "hit", P[:, 0] > clf.threshold_)
    codes = np.searchsorted(clf.classes_, TRUTH)
    aim = clf.validation_scores_.aim
    moved = evaluate(codes, P, np.array(clf.model_.factors), aim)
    assert moved.f1 > evaluate(codes, P, aim=aim).f1


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"cost_fn": 5, "metric": "f1"}, r"metric='f1' and cost_fn=5: both say"),
        ({"cost_fp": 2, "cost_fn": 5, "class_weight": "balanced"}, "cost_fp=2, cost_fn=5: both"),
        ({"cost_fp": 2, "class_weight": {"hit": 2}}, "class_weight=.*: both say"),
        ({"pos_label": "hut"}, "pos_label='hut' is not a class of the target"),
    ],
)
def test_an_aim_that_cannot_be_is_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        small(**parameters).fit(X, Y)


@pytest.mark.parametrize("name", ["cost_fp", "cost_fn", "pos_label"])
def test_what_is_about_two_classes_is_refused_for_three(name: str) -> None:
    three = np.where(X[:, 1] > 1, "high", Y)
    with pytest.raises(DataError, match=f"{name}=.* is for a target of two classes"):
        small(**{name: 2}).fit(X, three)


# Prediction sets


@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95])
def test_sets_have_the_true_class_of_fresh_rows_as_often_as_was_asked(coverage: float) -> None:
    sets = PLAIN.predict_set(FRESH, coverage)
    covered = sets[np.arange(6000), np.searchsorted(PLAIN.classes_, TRUTH)].mean()
    error = math.sqrt(coverage * (1 - coverage) * (1 / 600 + 1 / 6000))
    assert coverage - 3 * error < covered < coverage + 3 * error + (coverage == 0.8) * 0.1
    assert 1 <= sets.sum(axis=1).mean() < 1.7


def test_sets_rest_on_all_rows_held_out() -> None:
    assert PLAIN.model_.conformal is not None
    assert PLAIN.model_.conformal.n_rows == 600
    held = small(validation=0.1, ensemble_size=2).fit(X, Y)
    assert held.model_.conformal is not None
    assert held.model_.conformal.n_rows == 60
