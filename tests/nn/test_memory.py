"""A network larger than the machine is refused with an estimate, and no memory is taken."""

import tracemalloc

import numpy as np
import pytest

from numlp import MLPClassifier, TabularClassifier
from numlp.nn import memory as room
from numlp.nn import mlp

X, Y = np.arange(60.0).reshape(30, 2) % 7, np.arange(30) % 2
SMALL = 8 * 2**30  # of the machine that the tests speak of


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "total_memory", lambda: SMALL)


@pytest.mark.parametrize(
    "build",
    [
        lambda: mlp([2, 10**8, 2]),
        lambda: MLPClassifier(10**8).fit(X, Y),
        lambda: MLPClassifier((10**20, 3)).fit(X, Y),
        lambda: TabularClassifier("fast", hidden_layer_sizes=10**8).fit(X, Y),
    ],
)
def test_a_hundred_million_units_are_refused_with_an_estimate(build: object) -> None:
    assert callable(build)
    tracemalloc.start()
    try:
        with pytest.raises(
            ValueError, match=r"need about [\d,]+ GiB for [\d,]+ .* has 8 GiB: give"
        ):
            build()
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


def test_parameters_count_four_times_and_outputs_twice() -> None:
    n = SMALL // 4 // 4
    room.check_room(n, 0, 4)
    room.check_room(0, 2 * n, 4)
    for n_params, n_outputs in ((n + 1, 0), (0, 2 * n + 1), (n // 2 + 1, n)):
        with pytest.raises(ValueError, match="fewer hidden units or a smaller batch"):
            room.check_room(n_params, n_outputs, 4)


def test_where_the_machine_does_not_say_all_is_let_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "total_memory", lambda: None)
    room.check_room(10**30, 0, 4)


def test_a_machine_has_memory_or_does_not_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert (room.total_memory() or 2**30) >= 2**27
    monkeypatch.setattr(room.os, "sysconf", unknown)
    assert room.total_memory() is None


def test_the_memory_of_a_machine_is_its_pages_times_their_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    said = {"SC_PHYS_PAGES": 3, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(room.os, "sysconf", said.__getitem__, raising=False)
    assert room.total_memory() == 3 * 4096


def unknown(_: str) -> int:
    raise ValueError("unrecognized configuration name")
