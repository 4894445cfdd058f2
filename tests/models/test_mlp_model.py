"""The model of an MLPClassifier, and its file."""

import copy
import json
import subprocess
import sys
import tempfile
import warnings
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import numlp
from numlp import DataError, MLPClassifier, MLPModel, ModelFileError
from numlp.data.columns import as_columns
from numlp.storage import container

from ..programs.markup import Page

RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 4))
Y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)
pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "net.numlp"


def fitted(X: Any = X, y: Any = Y, **changes: Any) -> MLPClassifier:
    arguments = {"hidden_layer_sizes": (5,), "max_iter": 3, "random_state": 0, **changes}
    return MLPClassifier(**arguments).fit(X, y)


CASES: list[dict[str, Any]] = [
    {},
    {"y": Y > 0},
    {"y": np.array(["no", "perhaps", "yes"])[Y]},
    {"y": np.array([-1.0, 2.0, 3.0])[Y]},
    {"y": np.array(["a", "bc", "d"], dtype=object)[Y]},
    {"y": (X[:, :3] > 0).astype(int)},
    {"y": (X[:, :1] > 0).astype(int) * [1, 1]},
    {"X": X.astype(np.float32), "hidden_layer_sizes": [6, 3], "activation": ["selu", "tanh"]},
    {"batch_norm": True, "dropout": 0.1, "solver": "sgd"},
    {"layer_norm": True, "class_weight": {0: 1.0, 1: 2.0, 2: 0.5}, "n_iter_no_change": np.inf},
    {"early_stopping": True, "validation_fraction": 0.3, "loss": "focal"},
    {"solver": "lbfgs", "hidden_layer_sizes": ()},
    {"random_state": np.random.RandomState(1), "callbacks": [lambda _: None], "tol": np.float32(0)},
]


@pytest.mark.filterwarnings("ignore:lbfgs failed")
@pytest.mark.parametrize("case", CASES)
def test_a_loaded_classifier_is_the_saved_one_to_the_bit(case: Any, path: Path) -> None:
    rows = case.get("X", X)
    clf = fitted(**case)
    clf.save(path)
    loaded: Any = numlp.load(path)
    assert type(loaded) is MLPClassifier
    np.testing.assert_array_equal(loaded.predict_proba(rows), clf.predict_proba(rows))
    np.testing.assert_array_equal(loaded.predict(rows), clf.predict(rows))
    np.testing.assert_array_equal(loaded.classes_, clf.classes_)
    assert loaded.classes_.dtype == clf.classes_.dtype
    for name in ("n_iter_", "loss_", "loss_curve_", "best_loss_", "n_features_in_", "t_"):
        assert getattr(loaded, name) == getattr(clf, name), name
    loaded.save(path.with_name("again"))
    assert path.with_name("again").read_bytes() == path.read_bytes()


def test_columns_are_found_by_name(path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcd"))
    clf = fitted(frame)
    clf.save(path)
    loaded: Any = numlp.load(path)
    assert loaded.feature_names_in_.tolist() == list("abcd")
    np.testing.assert_array_equal(
        loaded.predict_proba(frame[list("dbca")]), clf.predict_proba(frame)
    )
    with pytest.raises(DataError, match="- e"):
        loaded.predict(frame.rename(columns={"a": "e"}))


def test_it_goes_on_learning_from_where_it_is(path: Path) -> None:
    fitted(warm_start=True).save(path)
    loaded: Any = numlp.load(path)
    before = loaded.loss_
    loaded.set_params(max_iter=20).fit(X, Y)
    assert loaded.loss_ < before


def test_what_has_not_learned_is_not_saved(path: Path) -> None:
    with pytest.raises(ValueError, match="not fitted"):
        MLPClassifier().save(path)
    assert not path.exists()


def test_loading_and_predicting_need_numpy_alone(path: Path) -> None:
    fitted().save(path)
    program = (
        "import sys, numpy as np, numlp; clf = numlp.load(sys.argv[1]);"
        "clf.predict_proba(np.zeros((1, 4)));"
        "tops = {name.partition('.')[0] for name in sys.modules};"
        "assert not tops & {'scipy', 'sklearn', 'narwhals', 'pandas', 'threadpoolctl'}, tops"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=True)


def test_a_model_of_a_table_is_none_of_an_mlpclassifier(path: Path) -> None:
    with pytest.raises(OSError, match=r"net\.numlp"):
        numlp.load(path)
    path.write_bytes(b"x" * 100)
    with pytest.raises(ModelFileError, match="not like a numlp model"):
        numlp.load(path)


# The model alone


@pytest.mark.filterwarnings("ignore:lbfgs failed")
@pytest.mark.parametrize("case", CASES)
def test_the_model_alone_is_saved_and_loaded_as_the_classifier_is(case: Any, path: Path) -> None:
    rows, clf = case.get("X", X), fitted(**case)
    clf.save(path)
    model = MLPModel.load(path)
    np.testing.assert_array_equal(model.predict_proba(rows), clf.predict_proba(rows))
    np.testing.assert_array_equal(model.predict(rows), clf.predict(rows))
    model.save(path.with_name("again"))
    clf.model_.save(path.with_name("alone"))
    assert path.with_name("again").read_bytes() == path.read_bytes()
    assert path.with_name("alone").read_bytes() == path.read_bytes()


def test_arguments_set_after_the_fit_are_saved_but_for_those_of_the_net(path: Path) -> None:
    clf = fitted().set_params(max_iter=77, hidden_layer_sizes=(9,))
    clf.save(path)
    loaded: Any = numlp.load(path)
    assert loaded.max_iter == 77
    assert loaded.hidden_layer_sizes == [5]
    np.testing.assert_array_equal(loaded.predict_proba(X), clf.predict_proba(X))


def test_a_loaded_net_draws_the_orders_that_a_fresh_one_would(path: Path) -> None:
    arguments: dict[str, Any] = {"solver": "sgd", "dropout": 0.2, "momentum": 0.0, "alpha": 0.0}
    fitted(learning_rate_init=1e-300, max_iter=1, **arguments).save(path)  # it has not moved
    loaded: Any = numlp.load(path)
    fresh = MLPClassifier((5,), random_state=0, learning_rate_init=0.1, **arguments)
    loaded.set_params(learning_rate_init=0.1).partial_fit(X, Y)
    fresh.partial_fit(X, Y, classes=[0, 1, 2])
    np.testing.assert_array_equal(loaded.coefs_[0], fresh.coefs_[0])
    assert loaded.loss_ == fresh.loss_


def test_sparse_rows_stay_sparse_and_answer_the_same() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    model = fitted().model_
    rows = sparse.csr_array(np.where(X > 0.5, X, 0))
    assert type(model.encode(rows)).__name__ == "SparseRows"
    np.testing.assert_array_equal(model.predict_proba(rows), model.predict_proba(rows.toarray()))
    assert model.predict(rows).tolist() == model.predict(rows.toarray()).tolist()


def test_a_model_made_by_hand_predicts_and_has_no_file(path: Path) -> None:
    clf = fitted()
    model = MLPModel(clf.model_.network, clf.model_.targets)
    np.testing.assert_array_equal(model.predict(X), clf.predict(X))
    assert (model.facts()["epochs"], model.facts()["settings"]) == (None, {})
    Page(model._repr_html_())
    with pytest.raises(ValueError, match="the model has no settings or results"):
        model.save(path)
    with pytest.raises(ValueError, match="the network has 3 outputs, and the labels need 1"):
        MLPModel(clf.model_.network, fitted(y=Y > 0).model_.targets)


def test_what_no_file_can_hold_is_named_when_it_is_saved_and_not_before(path: Path) -> None:
    clf = fitted(class_weight={0: 1, 1: 1, 2: Fraction(1, 3)})
    with pytest.raises(ValueError, match="class_weight"):
        clf.save(path)
    assert "Fraction(1, 3)" in str(clf.model_.facts()["settings"]["class_weight"])


# Tables as a file gives them


def columns_of(**cells: Any) -> Any:
    return as_columns({"a": [1.0, 2.0], "b": [0.5, 1.5], "c": [0.0, 1.0], "d": [3, 4], **cells})


@pytest.fixture(scope="module")
def named() -> MLPModel:
    pandas = pytest.importorskip("pandas")
    return fitted(pandas.DataFrame(X, columns=list("abcd"))).model_


def test_columns_of_a_file_are_found_by_name_and_others_ignored(named: MLPModel) -> None:
    table = columns_of(note=["x", "y"], b=["0.5", " 1.5 "], c=["false", "True"])
    expected = [[1.0, 0.5, 0.0, 3.0], [2.0, 1.5, 1.0, 4.0]]
    assert named.encode(table).tolist() == expected
    assert named.encode(as_columns(expected)).tolist() == expected


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"b": ["0.5", "Bern"]}, "column 'b' has 'Bern', which is not a number"),
        ({"b": ["1_000", "1"]}, "column 'b' has '1_000', which is not a number"),
        ({"b": [None, "1"]}, "column 'b' has 1 of 2 cells without a number"),
        ({"b": [np.nan, 1.0]}, "column 'b' has 1 of 2 cells without a number"),
        ({"b": np.array(["2024-01-01", "2024-01-02"], "M8[D]")}, "column 'b' has times"),
    ],
)
def test_a_cell_that_is_not_a_number_is_named_by_its_column(
    cells: Any, message: str, named: MLPModel
) -> None:
    with pytest.raises(DataError, match=message) as raised:
        named.predict(columns_of(**cells))
    assert "train a TabularClassifier" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_columns_that_are_missing_or_too_many_are_named(named: MLPModel) -> None:
    with pytest.raises(DataError, match="learned from 'b', 'd', which the table does not have"):
        named.encode(as_columns({"a": [1.0], "c": [2.0]}))
    with pytest.raises(DataError, match="the table has 5 columns, and the net takes 4"):
        fitted().model_.encode(columns_of(e=[1.0, 2.0]))


# Documents that no classifier of ours writes


def _saved() -> tuple[dict[str, Any], dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted(early_stopping=True, validation_fraction=0.3).save(f"{folder}/m")
        return container.read(f"{folder}/m", kind="mlp")


DOCUMENT, ARRAYS = _saved()


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value)
    found = [path] if path else []
    for key, item in steps:
        deeper = isinstance(item, dict | list)
        found += places(item, (*path, key)) if deeper else [(*path, key)]
    return found


ODD = st.sampled_from(
    [
        *(None, True, 0, 1, -1, 2**40, 0.5, "", "x", "adam", [], [1], [10**9], {}, {"items": 1}),
        *({"number": "inf"}, {"number": "nan"}, {"number": []}, {"items": [[[], 1]]}),
    ]
)


@pytest.mark.heavy
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.sampled_from(places(DOCUMENT)), value=ODD)
def test_a_value_replaced_is_refused_or_predicts(place: Any, value: Any, tmp_path: Path) -> None:
    document = copy.deepcopy(DOCUMENT)
    inner = document
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    container.write(tmp_path / "m", ARRAYS, document, kind="mlp")
    try:
        loaded: Any = numlp.load(tmp_path / "m")
    except ModelFileError:
        return
    assert np.isfinite(loaded.predict_proba(np.zeros((2, 4)))).all()
    assert len(loaded.predict(np.zeros((2, 4)))) == 2
    repr(loaded)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.sampled_from(places(DOCUMENT)), value=ODD)
def test_a_model_whose_file_has_a_value_replaced_is_refused_or_shows_itself(
    place: Any, value: Any, tmp_path: Path
) -> None:
    document = copy.deepcopy(DOCUMENT)
    inner = document
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    container.write(tmp_path / "m", ARRAYS, document, kind="mlp")
    try:
        model = MLPModel.load(tmp_path / "m")
    except ModelFileError:
        return
    assert np.isfinite(model.predict_proba(np.zeros((2, 4)))).all()
    json.dumps(model.facts())
    Page(model._repr_html_())


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_that_are_not_those_of_the_layers_are_refused(name: str, path: Path) -> None:
    for changed in (ARRAYS[name][:-1], ARRAYS[name].astype(np.float32), ARRAYS[name][None]):
        container.write(path, {**ARRAYS, name: changed}, DOCUMENT, kind="mlp")
        with pytest.raises(ModelFileError, match="is not a valid file of an MLPClassifier"):
            numlp.load(path)


def test_a_small_file_cannot_ask_for_much_memory(path: Path) -> None:
    document = json.loads(json.dumps(DOCUMENT))
    document["settings"]["hidden_layer_sizes"] = [10**9]
    container.write(path, ARRAYS, document, kind="mlp")
    with pytest.raises(ModelFileError, match="more than there are"):
        numlp.load(path)


def saving(path: Path, seen: list[Any]) -> Any:
    """A callback that saves the classifier it is of, and opens what it saved."""

    def callback(_: Any) -> None:
        seen[0].save(path)
        loaded: Any = numlp.load(path)
        seen.append((loaded.n_iter_, loaded.t_, len(loaded.loss_curve_)))

    return callback


def test_a_callback_may_save_and_the_file_is_of_that_epoch(path: Path) -> None:
    seen: list[Any] = []
    clf = MLPClassifier((5,), max_iter=3, random_state=0, callbacks=[saving(path, seen)])
    seen.append(clf)
    clf.fit(X, Y)
    assert seen[1:] == [(1, 60, 1), (2, 120, 2), (3, 180, 3)]
    clf.set_params(warm_start=True)
    clf.fit(X, Y)
    assert seen[4:] == [(1, 240, 4), (2, 300, 5), (3, 360, 6)]


def test_what_is_saved_does_not_change_what_the_model_tells(path: Path) -> None:
    clf = fitted()
    before = clf.model_.facts()
    clf.set_params(alpha=7.0, hidden_layer_sizes=(9,))
    clf.loss_ = 9.0
    clf.save(path)
    assert clf.model_.facts() == before
    loaded: Any = numlp.load(path)
    assert (loaded.alpha, loaded.hidden_layer_sizes, loaded.loss_) == (7.0, [5], 9.0)
    clf.model_.save(path)
    assert numlp.load(path).alpha == 0.0001  # type: ignore[union-attr]


def test_arguments_set_in_the_middle_of_a_fit_do_not_change_what_the_net_was_made_with(
    path: Path,
) -> None:
    clf = MLPClassifier((5,), max_iter=3, random_state=0)
    clf.set_params(callbacks=[lambda _: bool(clf.set_params(hidden_layer_sizes=(9,))) and None])
    clf.fit(X, Y)
    clf.save(path)
    loaded: Any = numlp.load(path)
    np.testing.assert_array_equal(loaded.predict_proba(X), clf.predict_proba(X))
    clf.set_params(warm_start=True, callbacks=())
    with pytest.raises(DataError, match="hidden_layer_sizes"):
        clf.fit(X, Y)


def test_a_loaded_net_draws_on_as_the_saved_one_whatever_was_set_since(path: Path) -> None:
    fitted(dropout=0.3).save(path)
    first: Any = numlp.load(path)
    other: Any = numlp.load(path)
    other.set_params(random_state=5)
    P = other.predict_proba(X)
    for clf in (first, other):
        clf.partial_fit(X, Y)
    assert first.loss_ == other.loss_
    assert not np.array_equal(P, other.predict_proba(X))


@pytest.mark.parametrize("y", [Y, (X[:, :2] > 0).astype(int)])
def test_a_threshold_is_for_one_of_two_classes(y: Any) -> None:
    model = fitted(y=y).model_
    with pytest.raises(ValueError, match=r"threshold=0\.3 is for one of two classes"):
        model.decide(model.predict_proba(X), threshold=0.3)
