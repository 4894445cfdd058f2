"""scikit-learn's metadata routing reaches fit and score."""

from collections.abc import Iterator

import numpy as np
import pytest

from numlp import MLPClassifier

sklearn = pytest.importorskip("sklearn")
from sklearn.base import clone  # noqa: E402 - scikit-learn may be missing
from sklearn.model_selection import cross_validate  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 3))
Y = (X[:, 0] > 0).astype(int)
WEIGHT = RNG.uniform(0.5, 2, 60)


@pytest.fixture(autouse=True)
def routing() -> Iterator[None]:
    with sklearn.config_context(enable_metadata_routing=True):
        yield


class Spy(MLPClassifier):
    seen: list[object] = []  # noqa: RUF012 - shared by the clones, which is the point

    def fit(self, X: object, y: object, sample_weight: object = None) -> "Spy":  # type: ignore[override]
        Spy.seen.append(sample_weight)
        super().fit(X, y, sample_weight)
        return self


@pytest.mark.filterwarnings("ignore:the net did not learn")
def test_weights_reach_fit_where_they_are_requested() -> None:
    Spy.seen.clear()
    spy = Spy((4,), max_iter=3, tol=1e9, n_iter_no_change=1).set_fit_request(sample_weight=True)
    spy.set_score_request(sample_weight=False)
    cross_validate(spy, X, Y, cv=3, params={"sample_weight": WEIGHT})
    assert len(Spy.seen) == 3
    assert all(weight is not None for weight in Spy.seen)


@pytest.mark.filterwarnings("ignore:the net did not learn")
def test_weights_pass_through_a_pipeline_by_their_alias() -> None:
    Spy.seen.clear()
    spy = Spy((4,), max_iter=3, tol=1e9, n_iter_no_change=1)
    scaler = StandardScaler().set_fit_request(sample_weight=False)
    pipeline = make_pipeline(scaler, spy.set_fit_request(sample_weight="importance"))
    pipeline.fit(X, Y, importance=WEIGHT)
    np.testing.assert_array_equal(Spy.seen[0], WEIGHT)


def test_weights_that_nobody_asked_for_are_an_error() -> None:
    with pytest.raises(ValueError, match="sample_weight"):
        cross_validate(MLPClassifier(), X, Y, params={"sample_weight": WEIGHT}, error_score="raise")


def test_clone_keeps_the_requests_and_does_not_share_them() -> None:
    clf = MLPClassifier().set_fit_request(sample_weight=True)
    twin = clone(clf)
    twin.set_fit_request(sample_weight=False)
    assert clf.get_metadata_routing().fit.requests["sample_weight"] is True
    assert twin.get_metadata_routing().fit.requests["sample_weight"] is False
    none = {"sample_weight": None, "X_val": None, "y_val": None}
    assert MLPClassifier().get_metadata_routing().fit.requests == none


def test_validation_rows_pass_through_the_steps_of_a_pipeline() -> None:
    settings = {"learning_rate": "cosine", "learning_rate_init": 0.05, "max_iter": 20}
    clf = MLPClassifier(**settings, random_state=0).set_fit_request(X_val=True, y_val=True)
    pipeline = make_pipeline(StandardScaler(), clf, transform_input=["X_val"])
    pipeline.fit(1000 * X[:40], Y[:40], X_val=1000 * X[40:], y_val=Y[40:])
    scaler = StandardScaler().fit(1000 * X[:40])
    by_hand = MLPClassifier(**settings, random_state=0).fit(
        scaler.transform(1000 * X[:40]), Y[:40],
        X_val=scaler.transform(1000 * X[40:]), y_val=Y[40:],
    )  # fmt: skip
    assert pipeline[-1].validation_loss_curve_ == by_hand.validation_loss_curve_


def test_partial_fit_routes_its_classes() -> None:
    clf = MLPClassifier().set_partial_fit_request(classes=True)
    requests = clf.get_metadata_routing().partial_fit.requests
    assert requests == {"classes": True, "sample_weight": None}
