"""A copy answers as what it was made from, and learns on as it, by whichever way it was made."""

import copy
import functools
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import numlp
from numlp import MLPClassifier, TabularClassifier
from numlp.common.estimator import Estimator
from numlp.nn import Dense, Dropout, Members, Network, ReLU, mlp

RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 3))
Y = np.where(X[:, 0] > 0, "yes", "no")
THREE = np.array(["a", "b", "c"])[np.digitize(X[:, 0], [-0.4, 0.5])]
SEVERAL = (X > 0).astype(int)
TABLE = {"x": [*map(str, X[:, 0].round(2))], "hue": [*np.array(["red", "blue"])[SEVERAL[:, 1]]]}

pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
    pytest.mark.filterwarnings("ignore:the net did not learn"),
]

Way = Callable[[Any, Path], Any]


def _by_pickle(protocol: int) -> Way:
    return lambda made, _: pickle.loads(pickle.dumps(made, protocol))  # noqa: S301 - our own


def _by_joblib(mmap_mode: str | None) -> Way:
    def way(made: Any, folder: Path) -> Any:
        joblib = pytest.importorskip("joblib")
        joblib.dump(made, folder / "made.joblib")
        return joblib.load(folder / "made.joblib", mmap_mode=mmap_mode)

    return way


def _by_cloudpickle(made: Any, _: Path) -> Any:
    cloudpickle = pytest.importorskip("cloudpickle")
    return pickle.loads(cloudpickle.dumps(made))  # noqa: S301 - our own


def _by_skops(made: Any, folder: Path) -> Any:
    skops = pytest.importorskip("skops.io")
    skops.dump(made, folder / "made.skops")
    unknown = skops.get_untrusted_types(file=folder / "made.skops")
    return skops.load(folder / "made.skops", trusted=unknown)


WAYS: dict[str, Way] = {
    "pickle 2": _by_pickle(2),
    "pickle 5": _by_pickle(5),
    "deepcopy": lambda made, _: copy.deepcopy(made),
    "cloudpickle": _by_cloudpickle,
    "joblib": _by_joblib(None),
    "joblib, read-only": _by_joblib("r"),
    "joblib, copy on write": _by_joblib("c"),
    "skops": _by_skops,
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]


def table_net(**changes: Any) -> TabularClassifier:
    return TabularClassifier("fast", ensemble_size=2, epochs=2, n_jobs=1, random_state=0, **changes)


def net(**changes: Any) -> MLPClassifier:
    return MLPClassifier((6, 4), **{"max_iter": 3, "random_state": 0, **changes})


MAKERS: dict[str, Callable[[], tuple[Any, Any]]] = {
    "table": lambda: (table_net().fit(TABLE, Y), TABLE),
    "table, array": lambda: (table_net(metric="balanced_accuracy").fit(X, THREE), X),
    "two": lambda: (net().fit(X, Y), X),
    "three, float32": lambda: (net(batch_norm=True).fit(X.astype(np.float32), THREE), X),
    "several": lambda: (net(solver="adamw", layer_norm=True).fit(X, SEVERAL), X),
    "dropout": lambda: (net(dropout=0.2, early_stopping=True).fit(X, Y), X),
}


@functools.cache
def fitted(name: str) -> tuple[Any, Any]:
    return MAKERS[name]()


def assert_alike(a: Any, b: Any, path: str = "") -> None:
    """Assert that two objects hold the same, down to the bits of their arrays."""
    if isinstance(a, np.ndarray):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b), err_msg=path)
        assert a.dtype == b.dtype, path
        return
    if isinstance(a, str):  # skops and a model file keep the sentence of a reason alone
        assert a == b, path
        return
    if type(a) is not type(b):
        pytest.fail(f"{path}: {a!r} became {b!r}")
    if isinstance(a, dict):
        assert list(a) == list(b), path
        for name in a:
            assert_alike(a[name], b[name], f"{path}.{name}")
    elif isinstance(a, list | tuple):
        assert len(a) == len(b), path
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            assert_alike(x, y, f"{path}[{i}]")
    elif isinstance(a, np.random.RandomState):
        assert_alike(a.get_state(), b.get_state(), path)
    elif isinstance(a, np.random.Generator):
        assert_alike(a.bit_generator.state, b.bit_generator.state, path)
    elif hasattr(a, "__dict__") and not callable(a):
        state = getattr(type(a), "__getstate__", None) or vars
        assert_alike(state(a), state(b), path)
    else:
        assert a == b or a != a, path  # NaN too


@pytest.mark.filterwarnings("ignore:too few rows were held out")
@pytest.mark.parametrize("name", MAKERS)
def test_a_copy_of_a_fitted_classifier_is_alike_and_answers_to_the_bit(
    name: str, way: Way, tmp_path: Path
) -> None:
    clf, rows = fitted(name)
    right = clf.predict_proba(rows)
    twin = way(clf, tmp_path)
    assert_alike(clf, twin)
    np.testing.assert_array_equal(twin.predict_proba(rows), right)
    np.testing.assert_array_equal(twin.predict(rows), clf.predict(rows))
    for made, path in ((clf, tmp_path / "a.numlp"), (twin, tmp_path / "b.numlp")):
        made.save(path)
    assert (tmp_path / "a.numlp").read_bytes() == (tmp_path / "b.numlp").read_bytes()
    network = twin.model_.network
    assert all(
        np.shares_memory(getattr(layer, name), network.theta)
        for layer in network.layers
        for name in layer.shapes
    )


@pytest.mark.parametrize("made", [table_net(recipe={"dropout": 0.1}), net(alpha=0.1)])
def test_a_copy_of_an_unfitted_classifier_is_fitted_to_the_same_bits(
    made: Any, way: Way, tmp_path: Path
) -> None:
    twin = way(made, tmp_path)
    assert twin.get_params() == made.get_params()
    if isinstance(made, MLPClassifier):
        made = copy.deepcopy(made)
        right = made.fit(X, Y).predict_proba(X)
        np.testing.assert_array_equal(twin.fit(X, Y).predict_proba(X), right)


@pytest.mark.parametrize("name", ["table", "two", "several"])
def test_a_copy_of_what_load_opens_answers_to_the_bit(name: str, way: Way, tmp_path: Path) -> None:
    clf, rows = fitted(name)
    clf.save(tmp_path / "model.numlp")
    opened = numlp.load(tmp_path / "model.numlp")
    model = getattr(opened, "model_", opened)
    for made in (opened, model):
        twin = way(made, tmp_path)
        np.testing.assert_array_equal(twin.predict_proba(rows), clf.predict_proba(rows))
        np.testing.assert_array_equal(twin.predict(rows), clf.predict(rows))


def parameters_of(clf: Any) -> NDArray[Any]:
    return np.array(clf.model_.network.theta)


@pytest.mark.parametrize(
    "settings",
    [{}, {"solver": "sgd", "learning_rate": "invscaling"}, {"dropout": 0.3, "batch_norm": True}],
    ids=str,
)
def test_a_copy_learns_on_from_the_middle_of_a_stream_to_the_same_bits(
    settings: dict[str, Any], way: Way, tmp_path: Path
) -> None:
    clf = net(**settings).partial_fit(X[:30], Y[:30], classes=["no", "yes"])
    clf.partial_fit(X[10:40], Y[10:40])
    twin = way(clf, tmp_path)
    before = twin.predict_proba(X)
    for made in (twin, clf):
        made.partial_fit(X[30:], Y[30:]).partial_fit(X[:7], Y[:7])
    np.testing.assert_array_equal(parameters_of(twin), parameters_of(clf))
    np.testing.assert_array_equal(twin.predict_proba(X), clf.predict_proba(X))
    assert twin.loss_curve_ == clf.loss_curve_
    assert (twin.predict_proba(X) != before).any()


@pytest.mark.parametrize(
    "settings",
    [{}, {"early_stopping": True, "dropout": 0.3}, {"learning_rate": "adaptive", "solver": "sgd"}],
    ids=str,
)
def test_a_copy_with_a_warm_start_learns_on_to_the_same_bits(
    settings: dict[str, Any], way: Way, tmp_path: Path
) -> None:
    clf = net(warm_start=True, **settings).fit(X, Y)
    twin = way(clf, tmp_path)
    for made in (twin, clf):
        made.fit(X, Y)
    np.testing.assert_array_equal(parameters_of(twin), parameters_of(clf))
    np.testing.assert_array_equal(twin.predict_proba(X), clf.predict_proba(X))
    assert twin.validation_scores_ == clf.validation_scores_


def test_what_learns_on_does_not_write_into_the_file_it_was_mapped_from(tmp_path: Path) -> None:
    joblib = pytest.importorskip("joblib")
    clf = net(warm_start=True).fit(X, Y)
    joblib.dump(clf, tmp_path / "net.joblib")
    written = (tmp_path / "net.joblib").read_bytes()
    mapped = joblib.load(tmp_path / "net.joblib", mmap_mode="r")
    assert not mapped.coefs_[0].flags.writeable
    mapped.fit(X, Y)
    assert mapped.coefs_[0].flags.writeable
    np.testing.assert_array_equal(mapped.predict_proba(X), clf.fit(X, Y).predict_proba(X))
    assert (tmp_path / "net.joblib").read_bytes() == written


@pytest.mark.parametrize(
    "make",
    [
        lambda: mlp([3, 5, 2], dropout=0.5, l2=0.1, dtype=np.float64),
        lambda: Members([Dense(3, 5), ReLU(), Dropout(0.5), Dense(5, 2)], k=3),
    ],
    ids=["Network", "Members"],
)
def test_a_copy_of_a_network_has_its_views_and_its_settings(
    make: Callable[[], Network], way: Way, tmp_path: Path
) -> None:
    network = make()
    network.init(np.random.default_rng(1).spawn(network.n_nets))
    rows = X[:7].astype(network.dtype)
    twin = way(network, tmp_path)
    assert (repr(twin), type(twin)) == (repr(network), type(network))
    np.testing.assert_array_equal(twin.predict(rows), network.predict(rows))
    y = np.zeros(7, np.intp)
    assert twin.loss_and_grad(rows, y) == network.loss_and_grad(rows, y)  # the same dropout masks
    np.testing.assert_array_equal(twin.grad, network.grad)


def test_a_copy_of_a_subclass_is_one(way: Way, tmp_path: Path) -> None:
    twin = way(Own((4,), max_iter=2, random_state=0).fit(X, Y), tmp_path)
    assert isinstance(twin, Own)
    assert isinstance(twin, Estimator)
    assert twin.predict(X[:3]).shape == (3,)


class Own(MLPClassifier):
    """A user's own class, with a parameter list that it inherits."""
