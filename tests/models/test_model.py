"""A model comes back from its file to the bit, and no other file becomes a model."""

import copy
import json
import math
import os
import pickle
import subprocess
import sys
import textwrap
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import numlp
from numlp import DataError, Model, ModelFileError, load, nn
from numlp.data.quantity import Ranges
from numlp.decisions.prediction_sets import Conformal, prediction_sets
from numlp.models.classes import MAX_BYTES, classes_state
from numlp.models.networks import LAYERS, MAX_LAYERS_PER_DENSE, parameters
from numlp.nn import (
    ACTIVATIONS,
    BatchNorm,
    CategoryEmbedding,
    Dense,
    Dropout,
    Layer,
    LayerNorm,
    Members,
    MixedSELU,
    Network,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    ReLU,
    Scale,
    SigmoidCrossEntropy,
    SquaredError,
    mlp,
)
from numlp.storage import container
from numlp.table.table import Table

TABLE = {"size": [1.0, 2.5, None, 4.0] * 3, "hue": ["red", "blue", "red", "red"] * 3}


def make(activation: str = "selu", classes: Any = ("no", "yes"), **options: Any) -> Model:
    """An untrained model of TABLE."""
    table = Table.fit(TABLE)
    network = mlp([table.width, 6, len(classes)], activation=activation, **options)
    network.init(np.random.default_rng(0))
    return Model(table, network, np.array(classes), target="kind", info={"seed": 0})


def around(*layers: Layer) -> Network:
    """A network of TABLE's width and two classes, with these layers in the middle."""
    width = Table.fit(TABLE).width
    network = Network([Dense(width, 4), *layers, Dense(4, 2)])
    network.init(np.random.default_rng(0))
    return network


FLOCK = {
    "size": [1.0, 2.5, None, 4.0] * 15,
    "hue": ["red", "blue", "red", "red"] * 15,
    "ring": [f"r{i % 30}" for i in range(60)],
}


def make_mixture(members: int = 3, **options: Any) -> Model:
    """An untrained mixture of nets with a layer of each kind, for a table of all roles."""
    table = Table.fit(FLOCK)
    assert (table.n_numbers, table.n_flags, table.cardinalities) == (1, 2, [31])
    layers = [
        CategoryEmbedding([31], width=2),
        PeriodicEmbedding(1, n_outputs=2, n_frequencies=3),
        PiecewiseLinearEmbedding(1, n_bins=2),
        Scale(),
        Dense(9, 4),
        MixedSELU(),
        BatchNorm(),
        LayerNorm(),
        Dropout(0.1),
        Dense(4, 3),
    ]
    network = Members(layers, members, n_in=table.width)
    network.init(np.random.default_rng(0).spawn(members))
    shares = [2 / (members + 1), *[1 / (members + 1)] * (members - 1)]
    settings = {"shares": shares, "temperature": 0.7, "factors": [1.0, 0.25, 3.0],
                "conformal": Conformal(30, [1, 2, 30], [0.01, 0.02, 0.9])}  # fmt: skip
    return Model(table, network, np.array(["a", "b", "c"]), **(settings | options))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "m.numlp"


# The round trip


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_loaded_model_predicts_to_the_bit_what_the_saved_one_did(
    activation: str, path: Path
) -> None:
    model = make(activation, dropout=0.5)
    model.save(path)
    assert load(path).predict_proba(TABLE).tobytes() == model.predict_proba(TABLE).tobytes()


@pytest.mark.parametrize("layer", [BatchNorm(0.2, 1e-3), LayerNorm(1e-3), Dropout(0.25)])
def test_every_other_layer_comes_back_with_its_settings(layer: Layer, path: Path) -> None:
    model = Model(Table.fit(TABLE), around(layer), np.array(["a", "b"]))
    model.save(path)
    loaded = load(path)
    assert repr(loaded.network) == repr(model.network)
    assert loaded.network.theta.tobytes() == model.network.theta.tobytes()
    assert loaded.predict_proba(TABLE).tobytes() == model.predict_proba(TABLE).tobytes()


CLASSES: dict[str, Any] = {
    "text": np.array(["no", "yes"]),
    "wide text": np.array(["no", "yes"], "<U50"),
    "objects": np.array(["no", "<b>\n\u202e"], object),
    "no letters": np.array(["", " "]),
    "booleans": np.array([False, True]),
    "int8": np.array([-1, 1], np.int8),
    "int64": np.array([0, 5, 2**62]),
    "uint64": np.array([0, 2**64 - 1], np.uint64),
    "float16": np.array([0, 5], np.float16),
    "float64": np.array([-1.0, 1e300]),
    "big-endian": np.array([3, 4], ">i2"),
}


@pytest.mark.parametrize("classes", CLASSES.values(), ids=CLASSES)
def test_labels_of_every_type_come_back(classes: np.ndarray[Any, Any], path: Path) -> None:
    model = make(classes=classes)
    model.classes = classes
    model.save(path)
    loaded = load(path)
    assert loaded.classes.dtype == classes.dtype
    assert loaded.classes.tolist() == classes.tolist()
    assert loaded.predict(TABLE).tolist() == model.predict(TABLE).tolist()


def test_all_that_a_model_knows_comes_back(path: Path) -> None:
    model = make()
    model.save(path)
    loaded = load(path)
    assert loaded.table.state() == model.table.state()
    assert (loaded.target, loaded.info) == ("kind", {"seed": 0})
    assert repr(loaded.network) == repr(model.network)


def test_the_ranges_that_classes_are_come_back(path: Path) -> None:
    ranges = Ranges((0.1, 2.0))
    model = make_mixture()
    model.classes, model.ranges = np.array(ranges.names), ranges
    model.save(path)
    assert load(path).ranges == ranges
    assert load(path).facts()["ranges"] == [0.1, 2.0]
    assert make_mixture().facts()["ranges"] is None


@pytest.mark.parametrize("edges", [[2.0, 0.1], [0.1], [0.1, 3.0], ["0.1", 2.0], None])
def test_a_file_with_other_ranges_than_its_classes_is_refused(edges: Any, path: Path) -> None:
    ranges = Ranges((0.1, 2.0))
    model = make_mixture()
    model.classes, model.ranges = np.array(ranges.names), ranges
    document = model.document()
    document["model"]["ranges"] = edges
    container.write(path, dict(parameters(model.network)), document, kind="model")
    with pytest.raises(ModelFileError, match=r"edges|ranges"):
        load(path)


def test_a_mixture_of_nets_comes_back_to_the_bit(path: Path) -> None:
    model = make_mixture()
    model.save(path)
    loaded = load(path)
    assert loaded.predict_proba(FLOCK).tobytes() == model.predict_proba(FLOCK).tobytes()
    assert loaded.predict(FLOCK).tolist() == model.predict(FLOCK).tolist()
    assert loaded.network.theta.tobytes() == model.network.theta.tobytes()
    assert (loaded.shares, loaded.temperature) == (model.shares, model.temperature)
    assert (loaded.factors, loaded.network.k) == ([1.0, 0.25, 3.0], 3)
    assert loaded.conformal == model.conformal
    loaded.save(path.with_suffix(".again"))
    assert path.with_suffix(".again").read_bytes() == path.read_bytes()


def test_equal_models_make_equal_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        make().save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_saving_a_loaded_model_gives_the_same_file(path: Path, tmp_path: Path) -> None:
    make().save(path)
    load(path).save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_the_file_opens_with_safetensors_and_shows_named_weights(path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.numpy")
    model = make()
    model.save(path)
    arrays = safetensors.load_file(path)
    assert sorted(arrays) == ["layers.0.W", "layers.0.b", "layers.2.W", "layers.2.b"]
    np.testing.assert_array_equal(arrays["layers.2.W"], model.network.layers[2].W)


def _pickled(model: Model) -> Model:
    twin: Model = pickle.loads(pickle.dumps(model))  # noqa: S301 - made in this line
    return twin


@pytest.mark.parametrize("twin", [copy.deepcopy, _pickled])
def test_a_copy_predicts_the_same_and_shares_nothing(twin: Callable[[Model], Model]) -> None:
    model = make()
    before = model.predict_proba(TABLE)
    other = twin(model)
    assert other.predict_proba(TABLE).tobytes() == before.tobytes()
    other.network.theta[:] = 1
    assert model.predict_proba(TABLE).tobytes() == before.tobytes()


# Predicting


def test_probabilities_are_those_of_the_network_and_add_up_to_one() -> None:
    model = make(classes=range(5))
    P = model.predict_proba(TABLE)
    assert P.dtype == np.float64
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(P, model.network.predict(model.table.transform(TABLE)), rtol=1e-6)
    assert model.predict(TABLE).tolist() == P.argmax(axis=1).tolist()


def test_a_mixture_is_the_mean_of_its_nets_tempered() -> None:
    model = make_mixture()
    one = Network([type(e)(**e.settings) for e in model.network.layers], n_in=model.table.width)
    matrix = model.table.transform(FLOCK)
    mean = np.zeros((60, 3))
    for m, share in enumerate(model.shares):
        one.theta[:] = model.network.member(m)
        mean += share * one.predict(matrix).astype(np.float64)
    expected = mean ** (1 / 0.7)
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(FLOCK), expected, rtol=1e-5)
    decided = (expected * [1.0, 0.25, 3.0]).argmax(axis=1)
    assert model.predict(FLOCK).tolist() == model.classes[decided].tolist()
    assert (decided != expected.argmax(axis=1)).any()


def test_a_mixture_without_shares_has_equal_ones() -> None:
    assert make_mixture(4, shares=None).shares == [0.25] * 4


# Prediction sets


@pytest.mark.filterwarnings("ignore:each set has all classes")  # the nets are not trained
def test_a_set_has_the_classes_from_a_probability_on(path: Path) -> None:
    model = make_mixture()
    P = model.predict_proba(FLOCK)
    for coverage, threshold in ((0.95, 0.01), (0.94, 0.01), (0.9, 0.02), (0.5, 0.02), (0.99, 0.0)):
        assert model.set_threshold(coverage) == threshold
        sets = model.predict_set(FLOCK, coverage)
        assert sets.dtype == bool
        np.testing.assert_array_equal(sets, prediction_sets(P, threshold))
    np.testing.assert_array_equal(model.predict_set(FLOCK), model.predict_set(FLOCK, 0.9))
    model.save(path)
    np.testing.assert_array_equal(load(path).predict_set(FLOCK), model.predict_set(FLOCK))


def test_sets_do_not_depend_on_the_block_of_a_row() -> None:
    model = make()
    model.conformal = Conformal(9, list(range(1, 10)), np.linspace(0.4, 0.55, 9).tolist())
    X = {"size": np.linspace(0, 5, 2050), "hue": ["red"] * 2050}
    P = model.predict_proba(X)
    np.testing.assert_array_equal(model.predict_set(X, 0.2), prediction_sets(P, 0.4 + 0.15 * 7 / 8))


@pytest.mark.parametrize("coverage", [0, 1.0, math.nan, "0.9"])
def test_a_coverage_that_is_none_is_refused(coverage: Any) -> None:
    with pytest.raises(ValueError, match="coverage=") as caught:
        make_mixture().predict_set(FLOCK, coverage)
    assert not isinstance(caught.value, ModelFileError)


def test_a_model_without_what_sets_need_says_so(path: Path) -> None:
    model = make()
    assert model.conformal is None
    model.save(path)
    assert "conformal" not in container.read(path, kind="model")[0]
    for each in (model, load(path)):
        with pytest.raises(ModelFileError, match="knows nothing of prediction sets"):
            each.predict_set(TABLE)


def test_a_model_says_what_it_was_not_told() -> None:
    model = Model(Table.fit(TABLE), around(ReLU()), np.array(["a", "b"]))
    assert (model.target, model.info) == ("", {})
    assert (model.shares, model.temperature, model.factors) == ([1.0], 1.0, [1.0, 1.0])


def test_no_rows_have_no_answers() -> None:
    nothing: dict[str, list[Any]] = {"size": [], "hue": []}
    assert make().predict(nothing).shape == (0,)
    assert make().predict_proba(nothing).shape == (0, 2)


@pytest.mark.parametrize("n", [1023, 1024, 1025])
def test_rows_do_not_depend_on_their_block(n: int) -> None:
    model = make()
    X = np.empty((n, 2), object)
    X[:, 0], X[:, 1] = np.linspace(0, 5, n), "red"
    whole = model.predict_proba(X)
    np.testing.assert_allclose(whole[-3:], model.predict_proba(X[-3:]), rtol=1e-6)
    assert model.predict(X).tolist() == model.classes[whole.argmax(axis=1)].tolist()


def test_of_many_classes_and_nets_fewer_rows_are_predicted_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mixture = make_mixture()
    matrix = np.resize(mixture.table.transform(FLOCK), (300, mixture.table.width))
    whole = [P for _, P in mixture.probability_blocks(matrix)]
    assert [len(P) for P in whole] == [300]
    cells = len(mixture.classes) * len(mixture.shares)
    monkeypatch.setattr("numlp.models.fitted_model.BLOCK_CELLS", 255 * cells)
    parts = [P for _, P in mixture.probability_blocks(matrix)]
    assert [len(P) for P in parts] == [128, 128, 44]
    np.testing.assert_allclose(np.concatenate(parts), whole[0], rtol=1e-5)
    monkeypatch.setattr("numlp.models.fitted_model.BLOCK_CELLS", 1)
    assert {len(P) for _, P in mixture.probability_blocks(matrix)} == {1}


def test_notes_tell_of_cells_that_could_not_be_read() -> None:
    notes: list[str] = []
    make().predict_proba({"size": ["x"], "hue": ["puce"]}, notes)
    assert [note.partition(":")[0] for note in notes] == ["size", "hue"]


def test_eight_threads_predict_what_one_does() -> None:
    model = make(classes=range(7))
    rng = np.random.default_rng(0)
    tables = [
        {"size": rng.standard_normal(n), "hue": rng.choice(["red", "blue", "x"], n)}
        for n in rng.integers(1, 2500, 80)
    ]
    expected = [model.predict_proba(X, []).tobytes() for X in tables]
    with ThreadPoolExecutor(8) as threads:
        asked = threads.map(lambda X: model.predict_proba(X, []), tables)
        found = [P.tobytes() for P in asked]
    assert found == expected


def test_loading_and_predicting_need_numpy_alone(path: Path) -> None:
    model = make()
    model.save(path)
    rows = [[1.5, "red"], [None, "blue"]]
    program = f"""
        import sys
        for name in ("narwhals", "click", "duckdb", "pandas", "polars", "pyarrow", "rich",
                     "scipy", "sklearn", "torch"):
            sys.modules[name] = None  # importing it raises ImportError
        import numpy, numlp
        model = numlp.load({os.fspath(path)!r})
        print(model.predict_proba({rows!r}).tobytes().hex())
    """
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": _source()},
    )  # fmt: skip
    assert run.stdout.strip() == model.predict_proba(rows).tobytes().hex()


def _source() -> str:
    return os.fspath(Path(numlp.__file__).parents[1])


# What is no model


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (mlp([4, 2]), "takes 4 features, but the table gives 3"),
        (mlp([3, 3]), "3 outputs for 2 classes"),
        (mlp([3, 2], dtype=np.float64), "float32"),
        (mlp([3, 2], loss=SquaredError()), "SoftmaxCrossEntropy"),
        (mlp([3, 2], loss=SigmoidCrossEntropy()), "SoftmaxCrossEntropy"),
        (around(*[ReLU() for _ in range(2 * MAX_LAYERS_PER_DENSE)]), "18 layers, 2 of them Dense"),
        (around(type("Mine", (ReLU,), {})()), r"no model file can hold a layer such as Mine\(\)"),
    ],
)
def test_what_could_not_be_loaded_again_is_no_model(network: Network, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Model(Table.fit(TABLE), network, np.array(["a", "b"]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shares": [0.5, 0.5]}, "2 shares for 3 nets"),
        ({"shares": [0.5, 0.5, 0.0]}, "positive"),
        ({"shares": [1.5, -1.0, 0.5]}, "positive"),
        ({"shares": [math.nan, 0.5, 0.5]}, "positive"),
        ({"shares": [0.5, 0.5, 0.5]}, "sum of 1.5"),
        ({"temperature": 0.0}, "temperature=0.0"),
        ({"temperature": math.inf}, "temperature=inf"),
        ({"temperature": math.nan}, "temperature=nan"),
        ({"factors": [1.0, 1.0]}, "give 3 positive numbers"),
        ({"factors": [1.0, 1.0, 0.0]}, "give 3 positive numbers"),
        ({"factors": [1.0, 1.0, math.inf]}, "give 3 positive numbers"),
    ],
)
def test_a_mixture_of_wrong_numbers_is_no_model(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_mixture(**options)


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_a_temperature_is_the_root_of_the_probabilities(temperature: float) -> None:
    expected = make_mixture(temperature=1.0).predict_proba(FLOCK) ** (1 / temperature)
    expected /= expected.sum(axis=1, keepdims=True)
    P = make_mixture(temperature=temperature).predict_proba(FLOCK)
    np.testing.assert_allclose(P, expected, rtol=1e-6)


@pytest.mark.parametrize("temperature", [5e-324, 1e-3, 1e308])
def test_any_positive_temperature_gives_probabilities(temperature: float) -> None:
    P = make_mixture(temperature=temperature).predict_proba(FLOCK)
    np.testing.assert_allclose(P.sum(axis=1), 1)


UNSAVABLE: dict[str, Callable[[Model], object]] = {
    "half a character": lambda m: setattr(m.table.encoders[0], "name", "\ud800"),
    "long doubles": lambda m: setattr(m, "classes", np.array([0, 1], np.longdouble)),
    "huge labels": lambda m: setattr(m, "classes", np.array(["a", "b"], "<U20000000")),
    "a huge category": lambda m: setattr(m.table.encoders[1], "values", ["x" * 5_000_000]),
    "an info that is no JSON": lambda m: m.info.update(x=np.float32(1)),
}


@pytest.mark.parametrize("spoil", UNSAVABLE.values(), ids=UNSAVABLE)
def test_what_no_file_can_hold_is_known_before_training(
    spoil: Callable[[Model], object], path: Path
) -> None:
    model = make()
    model.check_savable()
    spoil(model)
    with pytest.raises(DataError, match="no model file can hold"):
        model.check_savable()
    with pytest.raises(ValueError, match=r"document|header|dtype"):
        model.save(path)
    assert not path.exists()


def taken_apart(model: Model | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The document and the arrays of a model's file."""
    model = model or make()
    front = model.network.front
    arrays = {
        f"layers.{i}.{name}": getattr(layer, name).reshape(*front, *shape)
        for i, layer in enumerate(model.network.layers)
        for name, shape in layer.shapes.items()
    }
    document: dict[str, Any] = json.loads(json.dumps(model.document()))
    return document, arrays


def written(document: dict[str, Any], arrays: dict[str, Any], path: Path) -> Path:
    """A file with these contents, whose checksum fits."""
    path.write_bytes(container.to_bytes(arrays, document, kind="model"))
    return path


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield (*path, key)
        if isinstance(item, dict | list):
            yield from places(item, (*path, key))


def put(document: dict[str, Any], path: tuple[Any, ...], value: Any) -> None:
    entry = document
    for step in path[:-1]:
        entry = entry[step]
    if value is ...:
        del entry[path[-1]]
    else:
        entry[path[-1]] = value


ANYTHING = [..., None, True, -1, 0, 1, 7, 2**70, 1e308, -1e-308, "", "x", "relu", [], [1], {},
            {"type": "ReLU"}, ["a", "b"], {"a": 1}]  # fmt: skip


PLACES = [
    (model, place)
    for model in (make, make_mixture)
    for place in places(taken_apart(model())[0])
    if model is make or place[0] not in ("info", "table")
]


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("model", "place"), PLACES, ids=[f"{model.__name__}-{place}" for model, place in PLACES]
)
def test_a_document_with_a_value_replaced_is_refused_or_predicts(
    model: Callable[[], Model], place: tuple[Any, ...], path: Path
) -> None:
    refused = 0
    whole, arrays = taken_apart(model())
    for value in ANYTHING:
        document = copy.deepcopy(whole)
        put(document, place, copy.deepcopy(value))
        try:
            loaded = load(written(document, arrays, path))
        except ModelFileError:
            refused += 1
            continue
        if place[-1] not in ("name", "times"):  # of another table now
            table = TABLE if model is make else FLOCK
            P = loaded.predict_proba(table, [])
            assert np.isfinite(P).all()
            assert len(loaded.decide(P)) == len(table["size"])
    assert refused or place[0] == "info"


WRONG: dict[str, tuple[tuple[Any, ...], Any, str]] = {
    # name: (place, what is put there, what the message says)
    "no network": (("network",), ..., "'network' is missing"),
    "no classes": (("model", "classes"), ..., "'classes' is missing"),
    "no layers": (("network", "layers"), [], "0 layers"),
    "no Dense layer": (("network", "layers"), [{"type": "ReLU"}], "1 layers, 0 of them Dense"),
    "an unknown layer": (("network", "layers", 1, "type"), "os.system", "called 'os.system'"),
    "a network for a layer": (("network", "layers", 1, "type"), "Network", "called 'Network'"),
    "an unknown loss": (("network", "loss", "type"), "SquaredError", "called 'SquaredError'"),
    "a broken chain": (("network", "layers", 0, "n_out"), 7, "takes 6 inputs"),
    "a wrong width": (("network", "layers", 0, "n_in"), 7, "takes 7 inputs"),
    "a huge width": (("network", "layers", 0, "n_in"), 10**12, "takes 1000000000000 inputs"),
    "a true width": (("network", "layers", 0, "n_in"), True, "n_in is True, not a"),
    "a width with a fraction": (("network", "layers", 0, "n_out"), 6.0, "n_out is 6.0, not a"),
    "a width in words": (("network", "layers", 0, "n_out"), "6", "n_out is '6', not a"),
    "a negative width": (("network", "layers", 0, "n_in"), -5, "at least 1"),
    "an argument too many": (("network", "layers", 1, "slope"), 0.5, "slope is 0.5, not a None"),
    "too many layers": (("network", "layers", 1), {"type": "Dense", "n_in": 6, "n_out": 6},
                        "the arrays are"),
    "another table": (("table", "columns"), [{"kind": "set aside", "name": "a", "why": ""}],
                      "takes 3 inputs, but what comes before gives 1"),
    "one class too many": (("model", "classes", "values"), ["a", "b", "c"], "2 outputs for 3"),
    "one class": (("model", "classes", "values"), ["a"], "not two or more, all different"),
    "two equal classes": (("model", "classes", "values"), ["a", "a"], "all different"),
    "classes of two types": (("model", "classes", "values"), ["a", 1], "not a list of str"),
    "cut classes": (("model", "classes", "dtype"), "<U1", "a class does not fit into <U1"),
    "an unknown dtype": (("model", "classes", "dtype"), "i4,i4", "no labels have the dtype"),
    "times": (("model", "classes", "dtype"), "<M8[s]", "no labels have the dtype"),
    "pointers": (("model", "classes", "dtype"), "|V8", "no labels have the dtype"),
    "huge text": (("model", "classes", "dtype"), "<U99999999", "too much memory"),
    "text beyond 64 MiB": (("model", "classes", "dtype"), "<U8388609", "too much memory"),
    "a number as target": (("model", "target"), 1, "target is not a text"),
    "a list as info": (("info",), [], "info not an object"),
}  # fmt: skip


@pytest.mark.parametrize(("place", "value", "message"), WRONG.values(), ids=WRONG)
def test_a_document_that_is_no_model_is_refused(
    place: tuple[Any, ...], value: Any, message: str, path: Path
) -> None:
    document, arrays = taken_apart()
    put(document, place, value)
    written(document, arrays, path)
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError, match=message) as caught:
            load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000
    assert str(caught.value).startswith(f"{path} is not a valid numlp model")
    assert "\n" not in str(caught.value)


WRONG_MIXTURES: dict[str, tuple[tuple[Any, ...], Any, str]] = {
    "no mixture": (("mixture",), ..., "'mixture' is missing"),
    "no shares": (("mixture", "shares"), ..., "'shares' is missing"),
    "a share less": (("mixture", "shares"), [0.5, 0.5], "2 shares for 3 nets"),
    "a share of zero": (("mixture", "shares"), [0.5, 0.5, 0], "positive"),
    "a sum beside 1": (("mixture", "shares"), [0.5, 0.5, 0.1], "sum of 1.1, not 1"),
    "huge shares": (("mixture", "shares"), [1e308, 1e308, 1e308], "sum of inf"),
    "a share in words": (("mixture", "shares", 1), "0.25", "not a list of numbers"),
    "a true share": (("mixture", "shares", 1), True, "not a list of numbers"),
    "a share for shares": (("mixture", "shares"), 1.0, "not a list of numbers"),
    "a temperature of 0": (("mixture", "temperature"), 0, "temperature=0"),
    "a temperature below": (("mixture", "temperature"), -1.0, "temperature=-1"),
    "a temperature in words": (("mixture", "temperature"), "1", "not a list of numbers"),
    "no temperature": (("mixture", "temperature"), None, "not a list of numbers"),
    "a factor less": (("factors",), [1.0, 1.0], "give 3 positive numbers"),
    "a factor of zero": (("factors", 1), 0.0, "give 3 positive numbers"),
    "a factor in words": (("factors", 1), "1", "not a list of numbers"),
    "no factors": (("factors",), ..., "'factors' is missing"),
    "sets in words": (("conformal",), "0.1", "indices must be integers"),
    "no rows of sets": (("conformal", "n_rows"), ..., "'n_rows' is missing"),
    "other rows of sets": (("conformal", "n_rows"), 31, "do not rise from 1 to 31"),
    "a rank with a fraction": (("conformal", "ranks", 1), 2.0, "not a whole number"),
    "ranks that fall": (("conformal", "ranks", 1), 1, "do not rise"),
    "a rank less": (("conformal", "ranks"), [1, 30], "2 ranks and 3 probabilities"),
    "sets from above 1": (("conformal", "p", 2), 1.5, "not between 0 and 1"),
    "sets from a word": (("conformal", "p", 0), "0.01", "not between 0 and 1"),
    "sets that fall": (("conformal", "p", 0), 0.5, "do not rise"),
    "a member more": (("network", "members"), 4, "not float32 of"),
    "no members' axis": (("network", "members"), None, "not float32 of"),
    "no member": (("network", "members"), 0, "members=0 is not a number of nets"),
    "true members": (("network", "members"), True, "members=True is not a number of nets"),
    "members with a fraction": (("network", "members"), 3.0, "members=3.0 is not a number of nets"),
    "a wealth of members": (("network", "members"), 10**12, "not float32 of"),
    "codes that are no list": (("network", "layers", 0, "cardinalities"), 31, "cardinalities"),
    "codes with a fraction": (("network", "layers", 0, "cardinalities"), [31.0], "cardinalities"),
    "true codes": (("network", "layers", 0, "cardinalities"), [True], "cardinalities is"),
    "no codes": (("network", "layers", 0, "cardinalities"), [], "has to be a column"),
    "other codes": (("network", "layers", 0, "cardinalities"), [30], "not float32 of"),
    "a wealth of codes": (("network", "layers", 0, "cardinalities"), [10**15], "not float32 of"),
    "more columns of codes": (("network", "layers", 0, "cardinalities"), [7] * 5, "reads 5 col"),
    "vectors of a true width": (("network", "layers", 0, "width"), True, "width is True"),
    "numbers with a fraction": (("network", "layers", 1, "n_numbers"), 1.0, "n_numbers is 1.0"),
    "more numbers": (("network", "layers", 1, "n_numbers"), 9, "reads 9 columns"),
    "a deviation in words": (("network", "layers", 1, "sigma"), "0.1", "sigma is '0.1'"),
    "a true deviation": (("network", "layers", 1, "sigma"), True, "sigma is True"),
    "no deviation": (("network", "layers", 1, "sigma"), 0, "has to be positive"),
    "a number for an initializer": (("network", "layers", 4, "initializer"), 1, "initializer is 1"),
    "a smoothing in words": (("network", "loss", "label_smoothing"), "0", "label_smoothing is '0'"),
}  # fmt: skip


@pytest.mark.heavy
@pytest.mark.parametrize(("place", "value", "message"), WRONG_MIXTURES.values(), ids=WRONG_MIXTURES)
def test_a_document_that_is_no_mixture_is_refused(
    place: tuple[Any, ...], value: Any, message: str, path: Path
) -> None:
    document, arrays = taken_apart(make_mixture())
    put(document, place, value)
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError, match=message):
            load(written(document, arrays, path))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize(
    ("dtype", "values"),
    [("|i1", [1, 300]), ("|u1", [-1, 1]), ("<f2", [0.0, 1e300]), ("<i8", [0, 2**63]),
     ("|b1", [0, 1]), ("<f4", [0.1, 1.0]), ("|O", [None, "a"])],
)  # fmt: skip
def test_classes_that_their_dtype_cannot_hold_are_refused(
    dtype: str, values: list[Any], path: Path
) -> None:
    document, arrays = taken_apart()
    document["model"]["classes"] = {"dtype": dtype, "values": values}
    with pytest.raises(ModelFileError):
        load(written(document, arrays, path))


def test_classes_take_64_mib_at_most() -> None:
    width = MAX_BYTES // 2 // 4  # of each of two, four bytes a character
    assert classes_state(np.zeros(2, f"<U{width}"))["values"] == ["", ""]
    with pytest.raises(ValueError, match="too much memory"):
        classes_state(np.zeros(2, f"<U{width + 1}"))


def _float64(arrays: dict[str, Any]) -> None:
    arrays["layers.0.W"] = arrays["layers.0.W"].astype(np.float64)


SPOILT: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "an array less": (lambda a: a.pop("layers.0.b"), "the arrays are"),
    "an array more": (lambda a: a.update(extra=np.zeros(3, np.float32)), "the arrays are"),
    "float64": (_float64, "float64 of"),
    "transposed": (lambda a: a.update({"layers.0.W": a["layers.0.W"].T}), "not float32 of"),
    "flat": (lambda a: a.update({"layers.0.W": a["layers.0.W"].ravel()}), "not float32 of"),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "message"), SPOILT.values(), ids=SPOILT)
def test_arrays_that_are_not_those_of_the_layers_are_refused(
    spoil: Callable[[dict[str, Any]], object], message: str, path: Path
) -> None:
    document, arrays = taken_apart()
    spoil(arrays)
    with pytest.raises(ModelFileError, match=message):
        load(written(document, arrays, path))


def test_weights_that_give_no_finite_numbers_are_refused(path: Path) -> None:
    model = Model(Table.fit(TABLE), around(BatchNorm()), np.array(["a", "b"]))
    model.network.layers[1].running_var[:] = -1  # its square root is NaN
    model.save(path)
    with pytest.raises(ModelFileError, match="no finite numbers"):
        load(path)


@pytest.mark.filterwarnings("ignore:some cells are unlike those of training")
@pytest.mark.parametrize("n", [4, 3000])
def test_a_row_for_which_finite_weights_give_no_finite_numbers_is_refused(
    n: int, path: Path
) -> None:
    model = make()
    for layer in model.network.layers:
        if isinstance(layer, Dense):
            layer.W[:] = 3e38
    model.save(path)
    loaded = load(path)  # where all is missing, it answers
    table = {"size": [2.5] * (n - 1) + [1e9], "hue": ["green"] * (n - 1) + ["red"]}
    for ask in (loaded.predict, loaded.predict_proba):
        with pytest.raises(ModelFileError, match="computes no finite numbers for row"):
            ask(table)


def test_a_small_file_cannot_ask_for_much_working_memory(path: Path) -> None:
    document, arrays = taken_apart()
    width = 5_000
    document["network"]["layers"] = [
        {"type": "Dense", "n_in": 5, "n_out": width, "initializer": "he_normal"},
        *[{"type": "GELU"}] * 3_000,
        {"type": "Dense", "n_in": width, "n_out": 2, "initializer": "he_normal"},
    ]
    arrays = {
        "layers.0.W": np.zeros((5, width), np.float32),
        "layers.0.b": np.zeros(width, np.float32),
        "layers.3001.W": np.zeros((width, 2), np.float32),
        "layers.3001.b": np.zeros(2, np.float32),
    }
    written(document, arrays, path)
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError, match="3002 layers"):
            load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20 * path.stat().st_size  # one row of all layers would be 240 MB


def test_opening_a_model_takes_little_more_memory_than_its_file(path: Path) -> None:
    table = Table.fit(TABLE)
    network = mlp([table.width, 3000, 300, 2])
    network.init(np.random.default_rng(0))
    Model(table, network, np.array(["a", "b"])).save(path)
    tracemalloc.start()
    load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * path.stat().st_size  # the file, theta, its gradient


@pytest.mark.parametrize(
    "data", [b"", b"PK\3\4", b"\x80\4abc", container.to_bytes({}, {}, kind="checkpoint")]
)
def test_other_files_are_no_models(data: bytes, path: Path) -> None:
    path.write_bytes(data)
    with pytest.raises(ModelFileError):
        load(path)


def test_a_file_that_is_not_there_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "absent")


def test_every_layer_of_the_engine_for_a_table_can_be_in_a_file() -> None:
    named = [getattr(nn, name) for name in nn.__all__]  # which fetches each of them
    found = [cls for cls in named if isinstance(cls, type) and issubclass(cls, Layer)]
    # Those of SparseInput are the table's (``table.text.WordModel``); once trained, those of
    # ScaledDense are a Dense's, and those of FixedWaves a PeriodicEmbedding's.
    elsewhere = (Layer, nn.SparseInput, nn.ScaledDense, nn.FixedWaves)
    assert {cls.__name__: cls for cls in found if cls not in elsewhere} == LAYERS
