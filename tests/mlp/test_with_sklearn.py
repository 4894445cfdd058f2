"""MLPClassifier within scikit-learn's pipelines, searches, ensembles and displays."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")
import joblib
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV, CalibrationDisplay
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.exceptions import NotFittedError
from sklearn.inspection import DecisionBoundaryDisplay, permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    ConfusionMatrixDisplay,
    PrecisionRecallDisplay,
    RocCurveDisplay,
    make_scorer,
    roc_auc_score,
)
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
    learning_curve,
    validation_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from numlp.mlp.classifier import MLPClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = make_classification(150, 5, n_informative=3, n_redundant=1, class_sep=2.0, random_state=0)
NAMED = np.array(["bad", "good"])[y]


def clf(**settings: Any) -> MLPClassifier:
    defaults = {"max_iter": 40, "learning_rate_init": 0.02, "random_state": 0}
    return MLPClassifier((8,), **(defaults | settings))


def test_it_is_a_classifier_that_can_be_cloned() -> None:
    assert is_classifier(clf())
    original = clf(dropout=0.1, class_weight={0: 2.0})
    copied = clone(original.fit(X, y))
    assert copied.get_params() == original.get_params()
    with pytest.raises(NotFittedError, match="not fitted yet"):
        copied.predict(X)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        copied.score(X, y)


def test_the_convergence_warning_is_scikit_learns() -> None:
    from sklearn.exceptions import ConvergenceWarning

    with pytest.warns(ConvergenceWarning, match="Maximum iterations"):
        clf(max_iter=2).fit(X, y)


def test_in_a_pipeline() -> None:
    pipeline = make_pipeline(StandardScaler(), clf()).fit(1000 * X, NAMED)
    assert pipeline.score(1000 * X, NAMED) > 0.9
    assert pipeline.classes_.tolist() == ["bad", "good"]
    pipeline.set_params(mlpclassifier__dropout=0.2)
    assert pipeline[-1].dropout == 0.2


def test_behind_an_encoder_that_gives_sparse_rows() -> None:
    words = np.where(X[:, :3] > 0, "high", "low")
    pipeline = make_pipeline(OneHotEncoder(), clf()).fit(words, y)
    assert pipeline.score(words, y) > 0.6


def test_behind_transformers_that_give_frames() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcde"))
    scaler = StandardScaler().set_output(transform="pandas")
    pipeline = make_pipeline(scaler, clf()).fit(frame, y)
    assert pipeline[-1].feature_names_in_.tolist() == list("abcde")
    assert pipeline.score(frame, y) > 0.9


def test_in_a_grid_search() -> None:
    grid = {"hidden_layer_sizes": [(4,), (6, 4)], "alpha": [1e-4, 1.0]}
    search = GridSearchCV(clf(max_iter=15), grid, cv=2, scoring="roc_auc").fit(X, NAMED)
    assert search.best_score_ > 0.9
    assert search.best_estimator_.n_iter_ == 15


def test_in_cross_validation_and_curves() -> None:
    assert cross_val_score(clf(), X, NAMED, cv=3).mean() > 0.85
    scorer = make_scorer(roc_auc_score, response_method="predict_proba")
    assert cross_val_score(clf(), X, y, cv=2, scoring=scorer).mean() > 0.9
    assert cross_val_score(clf(), X, y, cv=2, scoring="neg_log_loss").mean() > -0.6
    assert cross_val_predict(clf(), X, y, cv=2, method="predict_proba").shape == (150, 2)
    assert learning_curve(clf(max_iter=5), X, y, cv=2, train_sizes=[0.5, 1.0])[1].shape == (2, 2)
    curve = validation_curve(
        clf(max_iter=5), X, y, param_name="dropout", param_range=[0.0, 0.5], cv=2
    )
    assert curve[0].shape == (2, 2)


def test_in_two_processes() -> None:
    alone = cross_val_score(clf(max_iter=5), X, y, cv=2)
    np.testing.assert_array_equal(cross_val_score(clf(max_iter=5), X, y, cv=2, n_jobs=2), alone)


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibrated(method: str) -> None:
    calibrated = CalibratedClassifierCV(clf(), method=method, cv=2).fit(X, NAMED)
    assert calibrated.score(X, NAMED) > 0.85


def test_in_ensembles() -> None:
    members = [("net", clf()), ("linear", LogisticRegression())]
    for ensemble in (
        VotingClassifier(members, voting="soft"),
        VotingClassifier(members, voting="hard"),
        StackingClassifier(members, cv=2),
        BaggingClassifier(clf(max_iter=15), n_estimators=2, random_state=0),
        AdaBoostClassifier(clf(max_iter=15), n_estimators=2, random_state=0),
    ):
        assert ensemble.fit(X, NAMED).score(X, NAMED) > 0.7


def test_one_versus_rest_and_several_outputs() -> None:
    three = np.digitize(X[:, 0], np.quantile(X[:, 0], [0.33, 0.66]))
    rest = OneVsRestClassifier(clf()).fit(X, three)
    assert rest.predict_proba(X).shape == (150, 3)
    assert rest.score(X, three) > 0.8
    Y = np.stack([y, X[:, 0] > 0], axis=1).astype(int)
    assert MultiOutputClassifier(clf()).fit(X, Y).predict(X).shape == Y.shape
    assert ClassifierChain(clf()).fit(X, Y).predict(X).shape == Y.shape


def test_permutation_importance_finds_the_noise() -> None:
    noisy = np.c_[X[:, :2], np.random.default_rng(0).standard_normal(150)]
    target = (noisy[:, 0] > 0).astype(int)
    importance = permutation_importance(
        clf().fit(noisy, target), noisy, target, n_repeats=3, random_state=0
    )
    assert importance.importances_mean.argmax() == 0


@pytest.fixture
def axes() -> Iterator[Any]:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    pyplot = pytest.importorskip("matplotlib.pyplot")
    figure, axes = pyplot.subplots()
    yield axes
    pyplot.close(figure)


@pytest.mark.parametrize(
    "display",
    [RocCurveDisplay, PrecisionRecallDisplay, ConfusionMatrixDisplay, CalibrationDisplay],
)
def test_displays_from_the_estimator(display: Any, axes: Any) -> None:
    drawn = display.from_estimator(clf().fit(X, y), X, y, ax=axes)
    assert drawn.ax_ is axes


@pytest.mark.parametrize("response", ["auto", "predict", "predict_proba"])
def test_the_decision_boundary_is_drawn(response: str, axes: Any) -> None:
    fitted = clf().fit(X[:, :2], y)
    drawn = DecisionBoundaryDisplay.from_estimator(
        fitted, X[:, :2], response_method=response, grid_resolution=10, ax=axes
    )
    assert drawn.response.shape == (10, 10)


def test_dumped_and_loaded(tmp_path: Path) -> None:
    fitted = clf(dropout=0.1).fit(X, NAMED)
    joblib.dump(fitted, tmp_path / "net.joblib")
    loaded = joblib.load(tmp_path / "net.joblib")
    np.testing.assert_array_equal(loaded.predict_proba(X), fitted.predict_proba(X))
    loaded.coefs_[-1][:] = 0
    loaded.intercepts_[-1][:] = 0
    np.testing.assert_array_equal(loaded.predict_proba(X), 0.5)


def test_scikit_learns_way_of_a_validation_by_folds() -> None:
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    scores = [
        clf().fit(X[a], y[a], X_val=X[b], y_val=y[b]).best_validation_score_
        for a, b in folds.split(X, y)
    ]
    assert np.mean(scores) > 0.85
