"""A classifier as ONNX answers as the classifier itself does, whatever it learned from."""

import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

import numlp
from numlp import DataError, MLPClassifier, Model, TabularClassifier
from numlp.data.files import sheet as files
from numlp.export import to_onnx
from numlp.export.graph import ML
from numlp.models import open_model
from numlp.nn import ACTIVATIONS, CategoryEmbedding, Dense, Members, ReLU, mlp
from numlp.table.table import Table

from .runs import inputs_of, outputs

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"
N = 300

Cells = dict[str, NDArray[Any]]


def table(n: int = N, seed: int = 0) -> Cells:
    rng = np.random.default_rng(seed)
    return {
        "size": np.where(rng.random(n) < 0.1, np.nan, rng.normal(10, 3, n)),
        "hue": rng.choice(np.array(["red", "green", "blue", None], object), n),
        "code": rng.choice(np.array([f"c{i}" for i in range(40)], object), n),
        "time": rng.integers(0, 10**12, n).astype("datetime64[ms]"),
    }


def kinds_of(X: Cells) -> NDArray[Any]:
    """Three kinds, which follow from size and hue."""
    return np.digitize(np.nan_to_num(X["size"]) + 4 * (X["hue"] == "red"), [8, 12])


def fitted(y: Any, X: Any = None, **settings: Any) -> TabularClassifier:
    clf = TabularClassifier("fast", epochs=5, ensemble_size=2, random_state=0, **settings)
    return clf.fit(table() if X is None else X, y)


def drawn(classes: NDArray[Any], members: int | None = None, **options: Any) -> Model:
    """An untrained model of the table."""
    prepared = Table.fit(table())
    network = mlp([prepared.width, 8, len(classes)], members=members)
    network.init([np.random.default_rng(seed) for seed in range(members or 1)])
    network.theta *= 4  # sure of itself: some probabilities lie below the floor
    return Model(prepared, network, classes, **options)


@pytest.fixture(scope="module")
def clf() -> TabularClassifier:
    return fitted(kinds_of(table()))


def check(model: Model | TabularClassifier, X: Any) -> dict[str, NDArray[Any]]:
    """Compare the labels and probabilities of both."""
    inner = model.model_ if isinstance(model, TabularClassifier) else model
    found = outputs(to_onnx(model), inputs_of(inner.table, X))
    expected = inner.predict_proba(X)
    assert found["probabilities"].shape == expected.shape
    np.testing.assert_allclose(found["probabilities"], expected, rtol=0, atol=1e-6)
    assert found["label"].tolist() == inner.predict(X).tolist()
    return found


# Models of tables


def test_a_model_of_the_penguins_agrees_on_all_of_them() -> None:
    X = files.read(PENGUINS).columns
    y = X.pop("species")
    check(fitted(y, dict(X)), X)


@pytest.mark.filterwarnings("ignore:some cells are unlike those of training")
def test_new_rows_with_unknown_words_missing_cells_and_extreme_numbers_agree(
    clf: TabularClassifier,
) -> None:
    X, rng = table(2000, seed=1), np.random.default_rng(2)
    new = {"size": [np.nan, 1e300, -1e300, 0.0], "hue": [None, "pink", " red "], "code": ["", "x"]}
    for name, cells in new.items():
        hit = rng.random(2000) < 0.3
        X[name][hit] = rng.choice(np.array(cells, X[name].dtype), int(hit.sum()))
    check(clf, X)


@pytest.mark.parametrize("n", [0, 1])
def test_no_row_and_one_row_agree(clf: TabularClassifier, n: int) -> None:
    check(clf, table(n))


def test_a_model_from_a_file_is_the_same_onnx_model(clf: TabularClassifier, tmp_path: Path) -> None:
    clf.save(tmp_path / "model.numlp")
    opened = numlp.load(tmp_path / "model.numlp")
    assert to_onnx(opened).SerializeToString() == to_onnx(clf).SerializeToString()


@pytest.mark.parametrize("metric", ["balanced_accuracy", "f1"])
def test_a_decision_by_factors_agrees(metric: str) -> None:
    y = kinds_of(table())
    clf = fitted(np.where(y == 2, 1, y), metric=metric)
    assert len(set(clf.model_.factors)) == 2
    found = check(clf, table(3000, seed=3))
    assert (found["label"] != found["probabilities"].argmax(axis=1)).any()


@pytest.mark.parametrize("temperature", [0.1, 0.7, 1.0, 5.0, 1e-310])
@pytest.mark.parametrize("members", [None, 1, 3])
def test_each_temperature_and_number_of_nets_agrees(
    temperature: float, members: int | None
) -> None:
    shares = [0.5, 0.3, 0.2] if members == 3 else None
    model = drawn(np.arange(3), members, shares=shares, temperature=temperature, factors=[1, 2, 3])
    if temperature > 1e-3:
        check(model, table(500, seed=4))
    else:
        found = outputs(to_onnx(model), inputs_of(model.table, table(50, seed=4)))
        P = found["probabilities"]
        np.testing.assert_allclose(P, np.eye(3)[P.argmax(axis=1)], rtol=0, atol=1e-12)


def test_equal_probabilities_are_answered_by_the_first_class() -> None:
    prepared = Table.fit(table())
    model = Model(prepared, mlp([prepared.width, 3]), np.array(["c", "b", "a"]))
    assert set(check(model, table(10))["label"]) == {"c"}


LABELS: dict[str, Any] = {
    "text": np.array(["wren", "rök", "="]),
    "objects": np.array(["wren", "rök", "="], dtype=object),
    "int64": np.array([-5, 0, 2**62]),
    "int32": np.array([-5, 0, 7], np.int32),
    "big-endian": np.array([-5, 0, 7], ">i4"),
    "uint8": np.array([1, 0, 255], np.uint8),
    "bool": np.array([False, True]),
    "float": np.array([0.0, 1.0, -3.0]),
    "float32": np.array([0.0, 1.0, -3.0], np.float32),
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_labels_come_out_with_the_type_they_had(labels: NDArray[Any]) -> None:
    model, X = drawn(labels), table(50, seed=5)
    model.factors = (1 / model.predict_proba(X).mean(axis=0)).tolist()  # each has its turn
    found = check(model, X)["label"]
    assert len(set(found.tolist())) == len(set(labels.tolist()))
    assert found.dtype == (object if labels.dtype.kind in "OU" else labels.dtype.newbyteorder("="))


def test_outputs_give_way_to_columns_of_their_names() -> None:
    X = {"label": table()["size"], "label_": table()["hue"], "probabilities": table()["code"]}
    made = to_onnx(fitted(kinds_of(table()), X))
    assert [put.name for put in made.graph.input] == [*X]
    assert [put.name for put in made.graph.output] == ["label__", "probabilities_"]
    assert outputs(made, inputs_of(Table.fit(X), X))["probabilities_"].shape == (N, 3)


def test_names_and_words_may_be_anything() -> None:
    hostile = ["<script>alert(1)</script>", "Add_9", "a\nb\x00\x1b[2J", "é 日 '\"\\{}", " size "]
    cells = np.array(["../../x", "'; DROP", "\\x{1}(?s).*", "日\x00"], object)
    rng = np.random.default_rng(0)
    X: Cells = {name: rng.choice(cells, N) for name in hostile}
    X["constant_7"] = table()["size"]
    check(fitted(kinds_of(table()), X), X)


def test_many_categories_and_many_classes_agree() -> None:
    rng = np.random.default_rng(0)
    words = np.array([f"word {i}" for i in range(1500)], object)
    X = {"word": np.repeat(words, 2), "x": rng.normal(size=3000)}
    prepared = Table.fit(X)
    assert prepared.cardinalities == [1501]
    layers = [CategoryEmbedding([1501], 4), Dense(5, 8), ReLU(), Dense(8, 100)]
    network = Members(layers, 2, n_in=2)
    network.init([np.random.default_rng(seed) for seed in (0, 1)])
    check(Model(prepared, network, np.arange(100)), {**X, "word": rng.permutation(X["word"])})


def test_an_array_of_numbers_goes_in_as_it_is() -> None:
    X = np.random.default_rng(0).normal(size=(N, 4))
    clf = fitted((X[:, 0] * X[:, 1] > 0).astype(int), X)
    found = outputs(to_onnx(clf), {"X": X})
    np.testing.assert_allclose(found["probabilities"], clf.predict_proba(X), rtol=0, atol=1e-6)


# MLPClassifier


def learned(X: NDArray[Any], y: Any, **settings: Any) -> MLPClassifier:
    clf = MLPClassifier(max_iter=3, random_state=0, **settings)
    with pytest.warns(UserWarning, match="hasn't converged"):
        return clf.fit(X, y)


def check_mlp(clf: MLPClassifier, X: NDArray[Any], atol: float) -> dict[str, NDArray[Any]]:
    for rows in (X, X[:1], X[:0]):
        found = outputs(to_onnx(clf), {"X": rows})
        if not len(rows):
            assert found["probabilities"].shape == (0, clf.classes_.size)
            continue
        expected = clf.predict_proba(rows)
        assert found["probabilities"].dtype == expected.dtype
        np.testing.assert_allclose(found["probabilities"], expected, rtol=0, atol=atol)
        assert np.array_equal(found["label"], clf.predict(rows))
    return outputs(to_onnx(clf), {"X": X})


def test_a_net_from_a_file_is_written_as_the_classifier_that_saved_it(tmp_path: Path) -> None:
    X = np.random.default_rng(0).normal(size=(60, 4))
    clf = learned(X, TARGETS["binary"](X), hidden_layer_sizes=(3,))
    clf.save(tmp_path / "net.numlp")
    model = open_model(tmp_path / "net.numlp")
    expected = to_onnx(clf).SerializeToString()
    for fitted in (model, clf.model_, numlp.load(tmp_path / "net.numlp")):
        assert to_onnx(fitted).SerializeToString() == expected


TARGETS: dict[str, Any] = {
    "binary": lambda X: np.where(X[:, 0] > 0, "yes", "no"),
    "multiclass": lambda X: np.digitize(X[:, 0] + X[:, 1], [-1, 1]),
    "multilabel": lambda X: (X[:, :3] > 0).astype(int),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("loss", ["log_loss", "mse", "focal"])
def test_an_mlp_of_each_kind_of_targets_agrees(kind: str, loss: str, dtype: Any) -> None:
    X = np.random.default_rng(0).normal(size=(200, 4)).astype(dtype)
    clf = learned(X, TARGETS[kind](X), hidden_layer_sizes=(8,), loss=loss)
    found = check_mlp(clf, X, 1e-6 if dtype == np.float32 else 1e-12)
    assert len(np.unique(found["label"])) >= 2


@pytest.mark.heavy
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("norm", [{}, {"batch_norm": True}, {"layer_norm": True}], ids=str)
def test_an_mlp_of_each_activation_and_normalisation_agrees(
    activation: str, norm: dict[str, bool]
) -> None:
    X = np.random.default_rng(0).normal(size=(150, 4))
    settings = {"hidden_layer_sizes": (8, 8), "activation": activation, "dropout": 0.2, **norm}
    clf = learned(X, TARGETS["multiclass"](X), **settings)
    check_mlp(clf, X, 1e-6 if activation == "gelu" else 1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("activation", ["relu", "logistic"])
def test_small_probabilities_of_an_mlp_agree_in_their_digits(
    activation: str, kind: str, dtype: Any
) -> None:
    X = np.random.default_rng(0).normal(size=(40, 3)).astype(dtype)
    clf = learned(X, TARGETS[kind](X), hidden_layer_sizes=(4,), activation=activation)
    steps = np.linspace(-60, 60, 241).astype(dtype)
    far = steps[:, None] * np.array([1, -0.5, 0.3], dtype)
    Z = clf.model_.network.logits(far)
    if kind == "multiclass":
        Z -= Z.max(axis=1, keepdims=True)
    scale = -80 / (Z.min() if Z.min() < 0 else Z.max())  # the lowest is exp(-80)
    for array in (clf.coefs_[-1], clf.intercepts_[-1]):
        array[:] *= scale
    P, found = clf.predict_proba(far), outputs(to_onnx(clf), {"X": far})["probabilities"]
    seen = P > 1e-37  # what float32 holds with all its digits
    assert (P[:, 1:][seen[:, 1:]] if kind == "binary" else P[seen]).min() < 1e-30
    digits = 1e-4 if dtype == np.float32 else 1e-10
    if kind == "binary":  # the other class has what the sum of 1 leaves, a multiple of epsilon
        np.testing.assert_allclose(found[:, 0], P[:, 0], rtol=digits, atol=2 * np.finfo(dtype).eps)
        found, P, seen = found[:, 1], P[:, 1], seen[:, 1]
    np.testing.assert_allclose(found[seen], P[seen], rtol=digits)
    assert ((found == 0) <= (P < 1e-37)).all()


# The file


def test_the_file_that_is_written_is_what_is_returned(
    clf: TabularClassifier, tmp_path: Path
) -> None:
    made = to_onnx(clf, tmp_path / "model.onnx")
    assert onnx.load(tmp_path / "model.onnx") == made
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]


def test_a_write_that_fails_leaves_the_old_file(
    clf: TabularClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "model.onnx"
    old.write_bytes(b"old")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        to_onnx(clf, old)
    assert old.read_bytes() == b"old"


def test_the_file_tells_what_it_is(clf: TabularClassifier) -> None:
    model = clf.model_
    model.target = "kind"
    made = to_onnx(model)
    told = {prop.key: prop.value for prop in made.metadata_props}
    assert (made.producer_name, made.producer_version) == ("numlp", numlp.__version__)
    assert made.doc_string == f"numlp {numlp.__version__}: 'kind', one of 3 classes, by " + (
        f"{model.network.n_nets} nets" if model.network.front else "a net"
    )
    assert told["target"] == "kind"
    assert json.loads(told["classes"]) == [0, 1, 2]
    columns = json.loads(told["columns"])
    assert [(c["name"], c["kind"]) for c in columns] == [
        ("size", "number"), ("hue", "category"), ("code", "category"), ("time", "date"),
    ]  # fmt: skip
    assert [c["input"] for c in columns] == [put.doc_string for put in made.graph.input]


def test_the_operators_are_standard_ones_that_onnxruntime_1_17_has(clf: TabularClassifier) -> None:
    made = to_onnx(clf)
    assert {o.domain: o.version for o in made.opset_import} == {"": 20, ML: 4}
    assert made.ir_version == 9
    assert {node.domain for node in made.graph.node} == {"", ML}


# What cannot be


def test_without_onnx_the_error_says_what_to_install(
    clf: TabularClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'numlp\[onnx\]'"):
        to_onnx(clf)


def test_importing_the_module_does_not_load_onnx() -> None:
    program = "import sys, numlp.export; sys.exit('onnx' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("unfitted", [TabularClassifier(), MLPClassifier()], ids=repr)
def test_a_classifier_that_is_not_fitted_is_refused(unfitted: Any) -> None:
    with pytest.raises(ValueError, match="not fitted"):
        to_onnx(unfitted)


def test_what_is_no_classifier_is_refused() -> None:
    with pytest.raises(TypeError, match="Network is not a model: give a fitted classifier"):
        to_onnx(mlp([2, 3]))


def test_a_text_that_is_read_is_refused_in_a_line_and_its_length_alone_is_exported() -> None:
    notes = {"a note": [f"{'good' if i % 2 else 'bad'} soup, at {i % 23}" for i in range(40)]}
    clf = TabularClassifier("fast", epochs=6, ensemble_size=2, random_state=0)
    clf.fit(notes, ["a", "b"] * 20, columns={"a note": "text"})
    told = r"words of column 'a note' are read.*'a note': 'text:length'.*'a note': 'ignore'"
    with pytest.raises(DataError, match=told) as caught:
        to_onnx(clf)
    assert "\n" not in str(caught.value)
    with warnings.catch_warnings(action="ignore"):  # lengths teach nothing
        clf.fit(notes, ["a", "b"] * 20, columns={"a note": "text:length"})
    found = outputs(to_onnx(clf), {"a note": np.array(notes["a note"], object)[:, None]})
    np.testing.assert_allclose(found["probabilities"], clf.predict_proba(notes), rtol=0, atol=1e-6)


def test_a_name_that_is_no_text_is_refused() -> None:
    X = {"a\ud800": table()["size"], "b": table()["hue"]}
    prepared = Table.fit(X)
    model = Model(prepared, mlp([prepared.width, 3]), np.arange(3))
    with pytest.raises(DataError, match=r"'a\\ud800' is not a text that ONNX can hold"):
        to_onnx(model)


def test_nets_too_large_for_a_file_are_refused(
    clf: TabularClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("numlp.export.onnx_model.MOST_BYTES", 1000)
    with pytest.raises(DataError, match="bytes, and an ONNX file has 2 GiB"):
        to_onnx(clf)


def test_a_model_that_learned_from_no_column_is_refused() -> None:
    prepared = Table.fit({"constant": [1.0] * 9})
    network = mlp([prepared.width, 2])
    with pytest.raises(DataError, match="learned from no column"):
        to_onnx(Model(prepared, network, np.arange(2)))
