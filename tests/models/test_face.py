"""The face that every fitted model has, whichever classifier left it behind."""

import copy
import inspect
import json
import pickle
import re
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import numlp
from numlp import DataError, MLPClassifier, MLPModel, Model, ModelFileError, TabularClassifier
from numlp.metrics.aim import Aim
from numlp.models import FittedModel, model_of, open_model
from numlp.models.opening import facts_of_file
from numlp.nn import mlp

from ..programs.markup import Page

RNG = np.random.default_rng(0)
X = RNG.standard_normal((90, 3))
TWO = np.where(X[:, 0] > 0, "yes", "no")
THREE = np.array(["a", "b", "c"])[np.digitize(X[:, 0], [-0.4, 0.5])]
SEVERAL = (X > 0).astype(int)


def tabular(y: Any = TWO, **changes: Any) -> TabularClassifier:
    arguments = {"epochs": 12, "hidden_layer_sizes": 4, "random_state": 0, **changes}
    return TabularClassifier("fast", **arguments).fit(X, y)


def net(y: Any = TWO, **changes: Any) -> MLPClassifier:
    arguments = {"learning_rate_init": 0.1, "tol": 0.1, "n_iter_no_change": 3, **changes}
    return MLPClassifier((4,), random_state=0, **arguments).fit(X, y)


def test_a_model_says_what_it_is_in_one_line() -> None:
    clf = tabular(THREE)
    clf.model_.target = "kind\n"
    told = repr(clf.model_)
    assert told == str(clf.model_)
    found = (
        r"<Model: 3 classes of 'kind' \('a', 'b', 'c'\) from 3 columns; \d+ nets?, "
        r"[\d,]+ parameters; accuracy [\d.]+% on \d+ rows held out>"
    )
    assert re.fullmatch(found, told)
    assert str(clf) == f"{clf!r}: {told[8:-1]}"
    assert str(TabularClassifier("fast")) == "TabularClassifier(quality='fast')"


@pytest.mark.parametrize(
    ("y", "told"),
    [
        (TWO, "2 classes ('no', 'yes') from 3 columns; 1 net, 21 parameters"),
        (np.arange(90) % 7, "7 classes ('0', '1', '2', '3', '4' and 2 more) from 3 columns"),
        (SEVERAL, "3 labels ('0', '1', '2') from 3 columns"),
    ],
)
@pytest.mark.filterwarnings("ignore:the net did not learn")
def test_a_net_says_what_it_is_in_one_line(y: Any, told: str) -> None:
    assert repr(net(y).model_).startswith(f"<MLPModel: {told}")


MAKERS = {
    "table, two": lambda: tabular(),
    "table, f1": lambda: tabular(metric="f1", pos_label="no"),
    "table, three": lambda: tabular(THREE),
    "net, two": lambda: net(),
    "net, three": lambda: net(THREE),
    "net, float32": lambda: MLPClassifier((3,), solver="lbfgs", tol=0.1, random_state=0).fit(
        X.astype(np.float32), THREE
    ),
}
CLASSIFIERS: dict[str, Any] = {name: make() for name, make in MAKERS.items()}


@pytest.fixture(params=CLASSIFIERS)
def clf(request: pytest.FixtureRequest) -> Any:
    return CLASSIFIERS[request.param]


@pytest.fixture
def model(clf: Any) -> Any:
    return model_of(clf)


def test_both_kinds_have_all_of_the_face(model: FittedModel) -> None:
    assert isinstance(model, FittedModel)
    assert type(model) in (Model, MLPModel)
    assert not inspect.isabstract(type(model))
    for name in ("network", "classes", "factors", "aim", "threshold", "target", "info"):
        assert name in vars(model), name
    assert (model.n_features, model.named) == (3, False)
    assert model.feature_names == ["x0", "x1", "x2"]
    assert [column["name"] for column in model.audit()] == model.feature_names
    assert str(model.audit()).startswith("name  kind")


def test_a_prediction_is_its_four_steps(clf: Any, model: Any) -> None:
    matrix = model.encode(X)
    P = model.probabilities(matrix)
    assert (len(matrix), P.shape) == (90, (90, len(model.classes)))
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(model.predict_proba(X), P)
    np.testing.assert_array_equal(clf.predict_proba(X), P)
    codes = model.decide(P)
    np.testing.assert_array_equal(model.predict(X), model.classes[codes])
    np.testing.assert_array_equal(clf.predict(X), model.predict(X))


def test_blocks_are_the_whole_in_parts(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.tile(X, (30, 1))
    matrix = model.encode(rows)
    whole, blocks = model.probabilities(matrix), list(model.probability_blocks(matrix))
    assert [rows.stop - rows.start for rows, _ in blocks] == [1024, 1024, 1024]
    np.testing.assert_array_equal(np.concatenate([P for _, P in blocks]), whole)
    n_nets = model.network.n_nets
    monkeypatch.setattr("numlp.models.fitted_model.BLOCK_CELLS", 256 * n_nets * n_columns(model))
    assert {len(P) for _, P in model.probability_blocks(matrix)} == {256, len(rows) % 256}
    assert list(model.probability_blocks(matrix[:0])) == []
    assert model.probabilities(matrix[:0]).shape == (0, n_columns(model))


def n_columns(model: FittedModel) -> int:
    return len(model.classes)


def test_the_columns_of_the_matrix_are_told_by_column_and_by_name(model: Any) -> None:
    matrix, columns = model.encode(X), model.matrix_columns()
    assert len(model.matrix_names) == matrix.shape[1]
    assert columns.keys() <= set(model.feature_names)
    assert sorted(np.concatenate(list(columns.values()))) == list(range(matrix.shape[1]))
    changed = X.copy()
    changed[:, 1] += 1
    moved = (model.encode(changed) != matrix).any(axis=0)
    assert set(np.flatnonzero(moved)) <= set(columns["x1"])


def test_another_threshold_is_that_of_the_positive_class(model: FittedModel) -> None:
    P = model.predict_proba(X)
    if model.threshold is None:
        assert len(model.classes) == 3
        return
    k = model.aim.positive
    # Of factors a threshold is made up to rounding, so rows at it are left out.
    for threshold in (0.05, 0.3, model.threshold, 0.9):
        clear = abs(P[:, k] - threshold) > 1e-6
        codes = model.decide(P, threshold)
        assert ((codes == k) == (P[:, k] > threshold))[clear].all()
    at_it = np.where(np.arange(2) == k, 0.25, 0.75)
    assert model.decide(at_it[None], 0.25).tolist() == [0]
    clear = abs(P[:, k] - model.threshold) > 1e-6
    assert (model.decide(P) == model.decide(P, model.threshold))[clear].all()


def test_the_aim_is_what_was_asked_for() -> None:
    assert model_of(CLASSIFIERS["table, f1"]).aim == Aim("f1", positive=0)
    assert model_of(CLASSIFIERS["table, f1"]).threshold == CLASSIFIERS["table, f1"].threshold_
    assert model_of(CLASSIFIERS["net, two"]).aim == Aim()
    assert model_of(CLASSIFIERS["net, two"]).threshold == 0.5
    costly = model_of(tabular(cost_fp=1, cost_fn=4))
    assert (costly.aim.costs, costly.threshold) == ((1.0, 4.0), 0.2)


@pytest.mark.parametrize("settings", [None, "x", {"metric": []}, {"cost_fp": "much"}])
def test_a_file_may_ask_for_any_aim(settings: Any, tmp_path: Path) -> None:
    model = copy.deepcopy(tabular().model_)
    model.info["settings"] = settings
    model.save(tmp_path / "m")
    assert open_model(tmp_path / "m").aim == Aim()


def test_a_file_opens_as_the_model_it_holds(clf: Any, model: Any, tmp_path: Path) -> None:
    clf.save(tmp_path / "m")
    opened = open_model(tmp_path / "m")
    assert type(opened) is type(model)
    np.testing.assert_array_equal(opened.predict_proba(X), model.predict_proba(X))
    assert opened.predict(X).tolist() == model.predict(X).tolist()
    for name in ("aim", "threshold", "target", "factors", "feature_names", "named"):
        assert getattr(opened, name) == getattr(model, name), name
    assert opened.classes.dtype == model.classes.dtype
    opened.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "m").read_bytes()
    loaded: Any = numlp.load(tmp_path / "m")
    assert model_of(loaded).predict(X).tolist() == model.predict(X).tolist()
    with pytest.raises(ModelFileError, match="is a numlp m"):
        ({Model: MLPModel, MLPModel: Model}[type(opened)]).load(tmp_path / "m")


def test_facts_are_what_json_takes_and_the_same_from_the_file(
    clf: Any, model: Any, tmp_path: Path
) -> None:
    clf.save(tmp_path / "m")
    facts = json.loads(json.dumps(model.facts()))
    found = json.loads(json.dumps(facts_of_file(tmp_path / "m")))
    assert {name: found[name] for name in facts} == facts
    assert facts["estimator"] == type(clf).__name__
    assert facts["classes"] == model.classes.tolist()
    assert facts["parameters"] == sum(layer["parameters"] for layer in facts["layers"])
    assert facts["threshold"] == model.threshold
    assert facts["settings"]["random_state"] == 0
    assert facts["epochs"] == clf.n_iter_


def pickled(fitted: Any) -> Any:
    return pickle.loads(pickle.dumps(fitted))  # noqa: S301 - our own


def test_a_copy_and_a_pickle_answer_the_same(clf: Any, model: Any) -> None:
    copies = [copy.copy(model), copy.deepcopy(model), pickled(model)]
    copies += [copy.deepcopy(clf).model_, pickled(clf).model_]
    for made in copies:
        assert type(made) is type(model)
        np.testing.assert_array_equal(made.predict_proba(X), model.predict_proba(X))
        assert made.threshold == model.threshold
    assert copies[1].network is not model.network


def test_threads_get_their_own_answers(model: Any) -> None:
    rows = np.tile(X, (20, 1))
    expected, found = model.predict_proba(rows), [None] * 8

    def ask(i: int) -> None:
        found[i] = model.predict_proba(rows)

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(found))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for P in found:
        np.testing.assert_array_equal(P, expected)


def test_a_notebook_shows_each(model: Any) -> None:
    page = Page(model._repr_html_())
    assert page.texts[0] == type(model).__name__
    assert {"classes", "x0", "output shape"} <= set(page.texts)
    assert "svg" in page.tags


def test_prediction_sets_are_of_models_that_held_rows_out(model: Any) -> None:
    if isinstance(model, Model):
        sets = model.predict_set(X, 0.8)
        assert (sets.sum(axis=1) >= 1).all()
        return
    for ask in (model.set_threshold, lambda coverage: model.predict_set(X, coverage)):
        with pytest.raises(ModelFileError, match="an MLPClassifier has no prediction sets") as told:
            ask(0.8)
        assert "\n" not in str(told.value)
    with pytest.raises(ValueError, match="coverage=2"):
        model.set_threshold(2)


def test_logarithms_of_probabilities_are_those_of_the_probabilities(clf: Any) -> None:
    notes: list[str] = []
    P, log_P = clf.model_.predict_proba(X), clf.model_.predict_log_proba(X, notes)
    assert (log_P.shape, log_P.dtype, notes) == (P.shape, P.dtype, [])
    np.testing.assert_allclose(np.exp(log_P), P, rtol=1e-6)
    np.testing.assert_array_equal(clf.predict_log_proba(X), log_P)


def test_the_logarithm_of_a_probability_of_zero_is_minus_infinity_without_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clf, P = CLASSIFIERS["table, two"], np.array([[0.0, 1.0], [0.25, 0.75]])
    monkeypatch.setattr(Model, "probabilities", lambda *_: P.copy())
    expected = [[-np.inf, 0], [np.log(0.25), np.log(0.75)]]
    np.testing.assert_array_equal(clf.predict_log_proba(X[:2]), expected)


def test_of_several_labels_each_is_decided_by_itself() -> None:
    clf = net(SEVERAL)
    model: Any = clf.model_
    P = model.predict_proba(X)
    assert model.multilabel
    assert model.threshold is None
    np.testing.assert_array_equal(model.decide(P), P > 0.5)
    np.testing.assert_array_equal(model.predict(X), clf.predict(X))
    assert model.predict(X).shape == SEVERAL.shape
    with pytest.raises(DataError, match="the classifier is multilabel: a plot is for classifiers"):
        model.check_single_label("a plot")
    for other in CLASSIFIERS.values():
        model_of(other).check_single_label("a plot")


# What has a model


def test_a_classifier_and_its_model_lead_to_the_same(clf: Any) -> None:
    assert model_of(clf) is clf.model_ is model_of(clf.model_)


@pytest.mark.parametrize("unfitted", [TabularClassifier(), MLPClassifier()], ids=repr)
def test_what_is_not_fitted_yet_says_so(unfitted: Any) -> None:
    with pytest.raises(ValueError, match="not fitted yet"):
        model_of(unfitted)


def test_a_fit_that_ended_before_its_first_epoch_is_none() -> None:
    clf = MLPClassifier((4,))
    with pytest.raises(ValueError, match="X_val and y_val"):
        clf.fit(X, TWO, X_val=X)
    with pytest.raises(ValueError, match="not fitted yet"):
        model_of(clf)


def test_anything_else_is_refused_in_one_line() -> None:
    others: list[Any] = [None, "m.numlp", object(), mlp([2, 3]), np.zeros(3)]
    linear_model = pytest.importorskip("sklearn.linear_model")
    others.append(linear_model.LogisticRegression().fit(X, TWO))
    for other in others:
        with pytest.raises(TypeError, match=f"{type(other).__name__} is not a model") as told:
            model_of(other)
        assert "\n" not in str(told.value)
