"""The public names of the metrics: they are there, and mean what scikit-learn means by them."""

import importlib
from typing import Any

import numpy as np
import pytest

import numlp.metrics
from numlp import metrics

oracle = pytest.importorskip("sklearn.metrics")

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 2, 200)
P1 = np.clip(0.5 * Y + RNG.random(200) / 2, 0, 1).round(2)
P = np.column_stack([1 - P1, P1])
ANSWERS = (P1 > 0.5).astype(int)
ROC = metrics.roc_curve(Y, P1)
CALLS: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    "accuracy_score": ((Y, ANSWERS), (Y, ANSWERS)),
    "average_precision_score": ((Y, P1), (Y, P1)),
    "auc": ((ROC.fpr, ROC.tpr), (ROC.fpr, ROC.tpr)),
    "brier_score_loss": ((Y, P), (Y, P1)),
    "confusion_matrix": ((Y, ANSWERS), (Y, ANSWERS)),
    "log_loss": ((Y, P), (Y, P)),
    "precision_recall_curve": ((Y, P1), (Y, P1)),
    "roc_auc_score": ((Y, P), (Y, P1)),
    "roc_curve": ((Y, P1), (Y, P1)),
}


def test_every_public_name_is_there_once() -> None:
    assert sorted(set(metrics.__all__)) == sorted(metrics.__all__)
    for name in metrics.__all__:
        assert not isinstance(getattr(metrics, name), type(numlp)), f"{name} is a module"


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_name_of_scikit_learn_is_its_function(name: str) -> None:
    ours, theirs = CALLS[name]
    found, expected = getattr(metrics, name)(*ours), getattr(oracle, name)(*theirs)
    if not isinstance(expected, tuple):
        found, expected = (found,), (expected,)
    for own, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(own, other, rtol=1e-9)


def test_every_name_that_scikit_learn_has_too_is_compared_with_it() -> None:
    shared = {name for name in metrics.__all__ if hasattr(oracle, name)}
    assert shared == set(CALLS)


@pytest.mark.parametrize("room", ["metrics", "tabular"])
def test_a_room_shows_what_it_says_and_keeps_its_modules(room: str) -> None:
    face = importlib.import_module(f"numlp.{room}")
    assert all(hasattr(face, name) for name in face.__all__)
    assert not set(face.__all__) & {"scores", "curves", "bootstrap", "classifier", "tuning"}
