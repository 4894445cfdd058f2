"""BLAS has one thread while our own work, and afterwards as many as before, whoever else asks."""

import os
import sys
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from numlp import TabularClassifier
from numlp.common import blas
from numlp.common.blas import one_blas_thread
from numlp.ensemble import conclusion, group, judged, preparation
from numlp.explain import permutation_importance

from ..programs.forks import forked, working

CONTROLLER = ThreadpoolController().select(user_api="blas")


def threads() -> set[int]:
    return {library.num_threads for library in CONTROLLER.lib_controllers}


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    with threadpool_limits(2, user_api="blas"):
        if threads() != {2}:
            pytest.skip("this BLAS has one thread")
        yield


def test_inside_there_is_one_and_afterwards_as_many_as_before() -> None:
    with one_blas_thread():
        assert threads() == {1}
        with one_blas_thread():
            assert threads() == {1}
        assert threads() == {1}
    assert threads() == {2}


def test_an_error_inside_gives_the_threads_back() -> None:
    with pytest.raises(RuntimeError), one_blas_thread(), one_blas_thread():
        raise RuntimeError
    assert threads() == {2}


def test_a_library_that_is_loaded_later_has_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    found = blas._blas_libraries()
    with monkeypatch.context() as patch:
        patch.setattr(blas, "_blas_libraries", list)
        patch.setattr(blas._LIMIT, "n_modules", 0)
        with one_blas_thread():
            assert threads() == {2}
    monkeypatch.setattr(blas, "_blas_libraries", lambda: found)
    monkeypatch.setitem(sys.modules, "a_module_with_a_blas", sys)
    with one_blas_thread():
        assert threads() == {1}
    assert threads() == {2}


def test_threads_that_leave_in_another_order_give_back_what_the_first_found() -> None:
    n = 6
    inside = threading.Barrier(n + 1)
    leave = [threading.Event() for _ in range(n)]

    def work(i: int) -> None:
        with one_blas_thread():
            inside.wait()
            leave[i].wait()

    workers = [threading.Thread(target=work, args=(i,)) for i in range(n)]
    for worker in workers:
        worker.start()
    inside.wait()
    for i in (0, 3, 5, 1, 4, 2):
        assert threads() == {1}
        leave[i].set()
        workers[i].join()
    assert threads() == {2}


def test_many_threads_in_and_out_leave_what_was_there() -> None:
    def work() -> None:
        for _ in range(100):
            with one_blas_thread():
                assert threads() == {1}

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert threads() == {2}


def test_a_limit_of_another_library_that_ends_inside_is_put_in_its_place() -> None:
    theirs = threadpool_limits(1, user_api="blas")
    with one_blas_thread():
        theirs.restore_original_limits()
        assert threads() == {2}  # none of ours is asked to look
        with one_blas_thread():  # as each epoch does
            assert threads() == {1}
        assert threads() == {1}
    assert threads() == {2}


def test_a_limit_that_another_library_sets_inside_and_leaves_there_stays() -> None:
    with one_blas_thread():
        threadpool_limits(3, user_api="blas")
    assert threads() == {3}


def test_a_limit_of_a_caller_is_left_as_it_was() -> None:
    with threadpool_limits(1, user_api="blas"):
        with one_blas_thread():
            assert threads() == {1}
        assert threads() == {1}
    assert threads() == {2}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python warns of forks beside threads")
def test_a_fork_beside_a_fit_has_its_threads_back_and_may_use_the_limit() -> None:
    inside, leave = threading.Event(), threading.Event()

    def work() -> None:
        with one_blas_thread():
            inside.set()
            leave.wait()

    worker = threading.Thread(target=work)
    worker.start()
    inside.wait()
    child = os.fork()
    if not child:
        try:
            right = threads() == {2}
            with one_blas_thread():
                right = right and threads() == {1}
            os._exit(0 if right and threads() == {2} else 1)
        finally:
            os._exit(2)
    leave.set()
    worker.join()
    assert os.waitpid(child, 0)[1] == 0
    assert threads() == {2}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_fork_out_of_a_fit_stays_in_it() -> None:
    with one_blas_thread():
        child = os.fork()
        if not child:
            os._exit(0 if threads() == {1} else 1)
        assert os.waitpid(child, 0)[1] == 0
    assert threads() == {2}


X = np.random.default_rng(0).standard_normal((40, 2))
Y = (X[:, 0] > 0).astype(int)


@pytest.mark.filterwarnings("ignore:the net did not learn")
def test_every_step_of_a_fit_has_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, set[int]] = {}
    for module, name in (
        (preparation, "as_columns"),
        (group, "adapt"),  # the starting weights
        (judged, "losses"),  # after a snapshot
        (conclusion, "mix"),
    ):
        step = getattr(module, name)

        def spied(*args: object, name: str = name, step: object = step, **kwargs: object) -> object:
            seen[name] = threads()
            return step(*args, **kwargs)  # type: ignore[operator]

        monkeypatch.setattr(module, name, spied)

    def callback(_: object) -> None:
        seen["callback"] = threads()

    clf = TabularClassifier("fast", epochs=1, n_jobs=1, random_state=0, callbacks=[callback])
    clf.fit(X, Y)
    assert seen.keys() == {"as_columns", "adapt", "losses", "callback", "mix"}
    assert all(found == {1} for found in seen.values()), seen
    assert threads() == {2}
    permutation_importance(clf, X, Y, n_repeats=1)
    assert threads() == {2}


def test_predictions_have_the_same_bits_whatever_threads_there_are() -> None:
    rows = np.random.default_rng(1).standard_normal((400, 2))
    clf = TabularClassifier("balanced", epochs=2, n_jobs=1, random_state=0).fit(X, Y)
    several = clf.predict_proba(rows)
    assert threads() == {2}
    with threadpool_limits(1, user_api="blas"):
        np.testing.assert_array_equal(clf.predict_proba(rows), several)


@pytest.mark.filterwarnings("ignore:the net did not learn")
def test_predicting_does_without_threadpoolctl(monkeypatch: pytest.MonkeyPatch) -> None:
    clf = TabularClassifier("fast", epochs=1, n_jobs=1, random_state=0).fit(X, Y)
    expected = clf.predict(X)
    monkeypatch.setattr(blas._LIMIT, "libraries", [])
    monkeypatch.setattr(blas._LIMIT, "n_modules", 0)
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    np.testing.assert_array_equal(clf.predict(X), expected)


def test_a_fit_that_ends_in_an_error_gives_the_threads_back() -> None:
    def fail(_: object) -> None:
        raise KeyboardInterrupt

    for callbacks, rows in (([fail], Y), ([], Y[:3])):
        with pytest.raises((KeyboardInterrupt, ValueError)):
            TabularClassifier("fast", epochs=2, n_jobs=2, callbacks=callbacks).fit(X, rows)
        assert threads() == {2}


@pytest.mark.heavy
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_fork_waits_while_libraries_are_looked_for() -> None:
    def enter() -> bool:
        blas._LIMIT.n_modules = 0  # else libraries are looked for once
        with one_blas_thread():
            return True

    with working(enter, enter):
        assert [forked(enter) for _ in range(20)] == [0] * 20
