"""A model answers any number of threads at once, beside a fit and after a fork."""

import itertools
import os
import sys
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import numlp
from numlp import MLPClassifier, TabularClassifier
from numlp.nn import Epoch

from ..programs.forks import forked, working

RNG = np.random.default_rng(0)
X = RNG.standard_normal((1500, 3))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
SEVERAL = (X > 0).astype(int)
SIZES = (1, 2, 7, 40, 150, 1025, 1400)  # one block of a prediction has 1,024 rows
N_THREADS = 6

pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
    pytest.mark.filterwarnings("ignore:the net did not learn"),
    # Python 3.12 warns of every fork beside threads.
    pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning"),
]


def net(**changes: Any) -> MLPClassifier:
    return MLPClassifier((20,), **{"max_iter": 2, "random_state": 0, **changes})


def table_net(**changes: Any) -> TabularClassifier:
    settings = {"hidden_layer_sizes": 8, "epochs": 1, "ensemble_size": 2, "n_jobs": 1}
    return TabularClassifier("fast", **(settings | changes))


MAKERS: dict[str, Callable[[], Any]] = {
    "two": lambda: net().fit(X, Y),
    "three": lambda: net(batch_norm=True).fit(X, np.digitize(X[:, 0], [-0.5, 0.5])),
    "several": lambda: net(layer_norm=True).fit(X, SEVERAL),
    "float32": lambda: net().fit(X.astype(np.float32), Y),
    "table": lambda: table_net(random_state=0).fit(X, Y),
}
METHODS = (
    "predict_proba", "predict_log_proba", "predict", "predict_set", "score", "probability_blocks",
)  # fmt: skip


def ask(fitted: Any, method: str, rows: slice) -> Any:
    """What a method of a classifier, or of a model, gives for some rows."""
    if method == "score":
        multilabel = fitted.model_.multilabel
        return fitted.score(X[rows], (SEVERAL if multilabel else Y)[rows])
    if method == "probability_blocks":
        return np.concatenate([P for _, P in fitted.probability_blocks(fitted.encode(X[rows]))])
    return getattr(fitted, method)(X[rows])


def spans(rounds: int) -> list[slice]:
    starts = itertools.cycle((0, 31, 77, 99))
    return [slice(a, a + n) for a, n in zip(starts, SIZES * rounds, strict=False)]


@pytest.fixture(autouse=True)
def switching() -> Any:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # threads change places in the midst of everything
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize("name", MAKERS)
def test_threads_get_the_answers_for_their_own_rows(name: str, tmp_path: Path) -> None:
    clf = MAKERS[name]()
    clf.save(tmp_path / "model.numlp")
    opened = numlp.load(tmp_path / "model.numlp")
    for fitted in (clf, clf.model_, opened):
        has = [method for method in METHODS if hasattr(fitted, method)]
        if name != "table":
            has = [method for method in has if method != "predict_set"]
        tasks = list(zip(spans(1 if name == "table" else 8), itertools.cycle(has), strict=False))
        right = [ask(fitted, method, rows) for rows, method in tasks]
        with ThreadPoolExecutor(N_THREADS) as pool:
            found = list(pool.map(lambda task, f=fitted: ask(f, task[1], task[0]), tasks))
        for a, b, task in zip(found, right, tasks, strict=True):
            np.testing.assert_array_equal(a, b, err_msg=str(task))


@pytest.mark.parametrize("settings", [{}, {"batch_norm": True, "dropout": 0.2}], ids=str)
def test_a_stream_that_is_learned_beside_predictions_ends_in_the_same_weights(
    settings: dict[str, Any],
) -> None:
    def learn(clf: MLPClassifier) -> MLPClassifier:
        for i in range(12):
            clf.partial_fit(X[100 * i : 100 * (i + 1)], Y[100 * i : 100 * (i + 1)])
        return clf

    alone = learn(net(**settings).partial_fit(X[:9], Y[:9], classes=[0, 1]))
    clf = net(**settings).partial_fit(X[:9], Y[:9], classes=[0, 1])
    over = threading.Event()

    def predict(n: int) -> None:
        while not over.is_set():
            P = clf.predict_proba(X[:n])
            assert P.shape == (n, 2)
            np.testing.assert_allclose(P.sum(axis=1), 1)

    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(predict, n) for n in (1, 33, 700)]
        learn(clf)
        over.set()
        for one in asked:
            one.result()
    np.testing.assert_array_equal(clf.model_.network.theta, alone.model_.network.theta)
    np.testing.assert_array_equal(clf.predict_proba(X), alone.predict_proba(X))


def test_a_callback_may_predict_without_a_trace_in_what_is_learned() -> None:
    def ask_now(_: Epoch) -> None:
        watched.predict_proba(X[:13])
        with ThreadPoolExecutor(1) as pool:
            pool.submit(watched.predict, X[:7]).result()

    watched = net(max_iter=4, callbacks=[ask_now])
    watched.fit(X[:200], Y[:200])
    alone = net(max_iter=4).fit(X[:200], Y[:200])
    np.testing.assert_array_equal(watched.predict_proba(X), alone.predict_proba(X))


def test_a_thread_sees_what_was_learned_and_set_since_it_last_asked() -> None:
    clf = net(warm_start=True).fit(X, Y)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(clf.predict_proba, X[:5]).result()
        clf.fit(X, Y)
        second = pool.submit(clf.predict_proba, X[:5]).result()
        clf.coefs_[-1][:] = 0
        clf.intercepts_[-1][:] = 0
        third = pool.submit(clf.predict_proba, X[:5]).result()
    assert (first != second).any()
    np.testing.assert_array_equal(third, 0.5)


def test_the_workspace_of_a_thread_goes_with_it() -> None:
    model = net().fit(X, Y).model_
    kept: list[weakref.ref[Any]] = []

    def work() -> None:
        model.predict(X[:3])
        kept.append(weakref.ref(model.thread_network))

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    assert kept[0]() is None


@pytest.mark.heavy
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.parametrize("name", ["two", "table"])
def test_a_process_forked_beside_predictions_and_a_fit_predicts_and_fits(name: str) -> None:
    clf = MAKERS[name]()
    right = clf.predict_proba(X[:3])

    def predict() -> None:
        clf.predict_proba(X)

    def fit() -> None:
        table_net().fit(X[:60], Y[:60])

    def predict_and_fit() -> bool:
        good = np.array_equal(clf.predict_proba(X[:3]), right)
        table_net(n_jobs=2).fit(X[:60], Y[:60])
        return good

    with working(predict, predict, fit):
        assert [forked(predict_and_fit) for _ in range(3)] == [0] * 3
