"""scikit-learn's metadata routing reaches fit and score of both classifiers."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numlp import MLPClassifier, TabularClassifier

sklearn = pytest.importorskip("sklearn")
from sklearn.base import BaseEstimator, ClassifierMixin, clone  # noqa: E402 - scikit-learn may be missing
from sklearn.calibration import CalibratedClassifierCV  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_validate  # noqa: E402
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


class SpyOfBase(ClassifierMixin, BaseEstimator, Spy):  # type: ignore[misc]
    """scikit-learn's own bases come first, and with them its way to keep requests."""


@pytest.mark.filterwarnings("ignore:the net did not learn")
def test_weights_are_not_dropped_where_scikit_learns_bases_come_first() -> None:
    spy = SpyOfBase((4,), max_iter=3, tol=1e9, n_iter_no_change=1)
    given = {"params": {"sample_weight": WEIGHT}, "error_score": "raise"}
    with pytest.raises(ValueError, match="sample_weight"):
        cross_validate(spy, X, Y, cv=3, **given)
    Spy.seen.clear()
    spy.set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
    cross_validate(clone(spy), X, Y, cv=3, **given)
    assert len(Spy.seen) == 3
    assert all(weight is not None for weight in Spy.seen)


def test_clone_keeps_the_requests_and_does_not_share_them() -> None:
    clf = MLPClassifier().set_fit_request(sample_weight=True)
    twin = clone(clf)
    twin.set_fit_request(sample_weight=False)
    assert clf.get_metadata_routing().fit.requests["sample_weight"] is True
    assert twin.get_metadata_routing().fit.requests["sample_weight"] is False
    names = ("sample_weight", "X_val", "y_val", "checkpoint", "checkpoint_every")
    none: dict[str, None] = dict.fromkeys(names)
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


class TabularSpy(TabularClassifier):
    seen: list[dict[str, Any]] = []  # noqa: RUF012 - shared by the clones, which is the point

    def fit(self, X: Any, y: Any, sample_weight: Any = None, **others: Any) -> "TabularSpy":
        TabularSpy.seen.append({"sample_weight": sample_weight, **others})
        super().fit(X, y, sample_weight, **others)
        return self


class ColumnsSpy(TabularSpy):
    def fit(  # type: ignore[override]
        self, X: Any, y: Any, sample_weight: Any = None, *, columns: Any = None
    ) -> "ColumnsSpy":
        super().fit(X, y, sample_weight, columns=columns)
        return self


@pytest.fixture
def spied() -> list[dict[str, Any]]:
    TabularSpy.seen.clear()
    return TabularSpy.seen


def table_net(cls: type[TabularSpy] = ColumnsSpy) -> TabularSpy:
    return cls("fast", ensemble_size=1, validation=2, epochs=1, n_jobs=1, random_state=0)


@pytest.mark.filterwarnings("ignore:the net did not learn")
def test_weights_reach_a_tabular_classifier_in_cross_validation(
    spied: list[dict[str, Any]],
) -> None:
    clf = table_net().set_fit_request(sample_weight=True)
    weight = {"sample_weight": np.where(Y, 5.0, 1e-9)}
    weighted = cross_validate(clf, X, Y, cv=2, params=weight)["test_score"]
    unweighted = cross_validate(
        clf.set_score_request(sample_weight=False), X, Y, cv=2, params=weight
    )
    assert [len(given["sample_weight"]) for given in spied] == [30] * 4
    assert (weighted != unweighted["test_score"]).all()  # the score is weighted too, by default


def test_weights_are_not_dropped_where_nobody_said_what_to_do_with_them(
    spied: list[dict[str, Any]],
) -> None:
    with pytest.raises(ValueError, match="sample_weight"):
        CalibratedClassifierCV(table_net(), cv=2).fit(X, Y, sample_weight=WEIGHT)
    with pytest.raises(ValueError, match="columns"):
        GridSearchCV(table_net(), {"epochs": [1]}, cv=2).fit(X, Y, columns={0: "ignore"})
    assert not spied


@pytest.mark.filterwarnings("ignore:the net did not learn")
def test_columns_and_weights_pass_through_a_search_over_a_pipeline(
    spied: list[dict[str, Any]],
) -> None:
    clf = table_net().set_fit_request(sample_weight=True, columns="kinds")
    scaler = StandardScaler().set_fit_request(sample_weight=False)
    search = GridSearchCV(make_pipeline(scaler, clf), {"columnsspy__epochs": [1]}, cv=2)
    search.fit(X, Y, sample_weight=WEIGHT, kinds={0: "ignore"})
    assert [given["columns"] for given in spied] == [{0: "ignore"}] * 3
    assert [len(given["sample_weight"]) for given in spied] == [30, 30, 60]
    assert search.best_estimator_[-1].columns_[0]["kind"] == "set aside"


@pytest.mark.filterwarnings("ignore:the net did not learn")
def test_a_calibration_gives_its_nets_the_weights(spied: list[dict[str, Any]]) -> None:
    clf = table_net().set_fit_request(sample_weight=True)
    CalibratedClassifierCV(clf, cv=2).fit(X, Y, sample_weight=WEIGHT)
    assert [len(given["sample_weight"]) for given in spied] == [30, 30]


@pytest.mark.filterwarnings("ignore:the net did not learn")
def test_a_pipeline_hands_a_checkpoint_on(tmp_path: Path) -> None:
    clf = TabularClassifier("fast", ensemble_size=1, epochs=1, n_jobs=1, random_state=0)
    pipeline = make_pipeline(clf.set_fit_request(checkpoint=True, checkpoint_every=True))
    pipeline.fit(X, Y, checkpoint=tmp_path / "run.ckpt", checkpoint_every=0)
    assert (tmp_path / "run.ckpt").exists()


@pytest.mark.parametrize("cls", [MLPClassifier, TabularClassifier])
def test_every_argument_beside_the_rows_may_be_requested(cls: Any) -> None:
    for method in ("fit", "score"):
        takes = list(inspect.signature(getattr(cls, method)).parameters)[3:]
        asked = inspect.signature(getattr(cls(), f"set_{method}_request")).parameters
        assert list(asked) == takes
        requests = getattr(cls().get_metadata_routing(), method).requests
        assert sorted(requests) == sorted(takes)


def test_a_request_for_an_argument_that_there_is_not_is_an_error() -> None:
    with pytest.raises(TypeError, match=r"fit takes no \['weights'\]: it takes \['sample_weight'"):
        TabularClassifier().set_fit_request(weights=True)
    assert not hasattr(TabularClassifier(), "set_partial_fit_request")


def test_a_subclass_takes_what_its_own_signature_names() -> None:
    assert list(inspect.signature(table_net(TabularSpy).set_fit_request).parameters) == [
        "sample_weight"
    ]
    assert list(table_net().get_metadata_routing().fit.requests) == ["sample_weight", "columns"]


def test_requests_of_a_classifier_are_copied_with_it() -> None:
    clf = TabularClassifier().set_fit_request(columns=True)
    twin = clone(clf).set_fit_request(columns=False).set_score_request(sample_weight="w")
    assert clf.get_metadata_routing().fit.requests["columns"] is True
    assert clf.get_metadata_routing().score.requests == {"sample_weight": True}
    assert twin.get_metadata_routing().fit.requests["columns"] is False
    assert twin.get_metadata_routing().score.requests == {"sample_weight": "w"}
    assert TabularClassifier().get_metadata_routing().fit.requests["columns"] is None
