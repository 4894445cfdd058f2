"""The learner: the bits of ``train``, steps by hand, frames that disturb nothing, divergence."""

import itertools
import json
import time
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numlp.nn import DivergenceError, train
from numlp.play.learner import BOUNDARY, GRID, Learner
from numlp.play.messages import frame_bytes
from numlp.play.nets import network_of, optimizer_of, schedule_of, start
from numlp.play.planes import plane_of, split
from numlp.play.settings import (
    ACTIVATIONS,
    FEATURES,
    LOSSES,
    OPTIMIZERS,
    SCHEDULES,
    settings_from,
)

from .runs import after, facts

CASES: dict[str, dict[str, Any]] = {
    "default": {},
    "dropout": {"dropout": 0.5, "layers": [16, 8]},
    "dropout-without-a-short-batch": {"dropout": 0.5, "batch": 20},
    "batch-norm": {"batch_norm": True, "batch": 9},
    "regularised": {"l1": 0.001, "l2": 0.01, "optimizer": "momentum"},
    "classes": {"data": "spiral", "classes": 4, "optimizer": "adamw", "schedule": "cosine"},
    "squared": {"loss": "squared_error", "optimizer": "rmsprop", "schedule": "onecycle"},
    "all-of-it": {
        "data": "blobs", "classes": 3, "dropout": 0.2, "batch_norm": True, "l1": 0.001,
        "l2": 0.001, "optimizer": "adam", "loss": "squared_error", "activations": ["gelu", "elu"],
    },
}  # fmt: skip
ALL = pytest.mark.parametrize("given", CASES.values(), ids=CASES)


def theta(learner: Learner) -> Any:
    """What the page is told of the weights, and the losses in full."""
    seen = facts(learner)
    return learner.frame().parts[0][1].tolist(), seen["train_loss"], seen["test_loss"]


@ALL
def test_whole_epochs_are_those_of_the_engines_loop(given: dict[str, Any]) -> None:
    learner = after(0, given)
    settings = settings_from(given)
    plane = plane_of(settings)
    rows, held_out = split(plane.y, settings)
    X, y = plane.X[rows], plane.y[rows]
    center, spread = X.mean(axis=0), X.std(axis=0)
    X = (X - center) / spread
    rng = np.random.default_rng(settings.seed)
    network = network_of(settings, X.shape[1], len(plane.classes))
    start(network, settings, rng)
    schedule = schedule_of(settings, -(-len(X) // settings.batch))
    run = train(
        network, optimizer_of(settings), X, y, batch_size=settings.batch, rng=rng, schedule=schedule
    )
    test_X = (plane.X[held_out] - center) / spread
    for epoch in run:
        learner.batch()  # in steps of any kind, looked at in between
        learner.frame()
        learner.trace()
        learner.apply()
        learner.epoch()
        seen = facts(learner)
        assert (seen["epoch"], seen["batch"]) == (epoch.number, 0)
        assert seen["train_loss"] == network.evaluate(X, y)
        assert seen["test_loss"] == network.evaluate(test_X, plane.y[held_out])
        dense = [layer for layer in network.layers if hasattr(layer, "W")]
        own = np.concatenate([a.ravel() for d in dense for a in (d.W, d.b)])
        np.testing.assert_array_equal(learner.frame().parts[0][1], own.astype(np.float32))
        if epoch.number == 4:
            break


@ALL
def test_looking_changes_nothing(given: dict[str, Any]) -> None:
    alone, seen = after(0, given), after(0, given)
    for step in range(40):
        seen.frame()
        seen.trace("batch" if step % 2 else "sample")
        seen.python()
        seen.setup()
        for learner in (alone, seen):
            learner.sample() if step == 25 else learner.batch()
        assert theta(alone) == theta(seen)


@ALL
def test_a_traced_step_is_made_as_any_other(given: dict[str, Any]) -> None:
    for rows, step in (("batch", Learner.batch), ("sample", Learner.sample)):
        one, other = after(1, given), after(1, given)
        one.batch()
        other.batch()
        one.trace(rows)
        one.apply()
        step(other)
        assert theta(one) == theta(other)


@ALL
def test_reset_begins_anew(given: dict[str, Any]) -> None:
    learner = after(2, given)
    reached = theta(learner)
    learner.reset()
    assert theta(learner) == theta(after(0, given))
    learner.epoch()
    learner.epoch()
    assert theta(learner) == reached


def test_apply_needs_a_trace_of_this_moment() -> None:
    learner = after(0, {})
    for change in (learner.batch, lambda: learner.edit(0, "W", 0, 0, 1.0), learner.reset):
        learner.trace()
        change()
        with pytest.raises(ValueError, match="trace one first"):
            learner.apply()


def test_steps_are_counted() -> None:
    learner = after(0, {"n": 100, "batch": 16})  # 70 rows: 5 batches, of which the last has 6
    for expected in [(0, 1), (0, 2), (0, 3), (0, 4), (1, 0), (1, 1)]:
        learner.batch()
        seen = facts(learner)
        assert (seen["epoch"], seen["batch"], seen["batches"]) == (*expected, 5)
    learner.epoch()
    assert facts(learner)["epoch"] == 2
    for _ in range(70):
        learner.sample()
    assert (facts(learner)["epoch"], facts(learner)["batch"]) == (3, 0)


def test_running_makes_batches_until_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = itertools.count()
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(ticks)))
    learner, by_hand = after(0, {}), after(0, {})
    learner.run_for(3.0)
    for _ in range(3):
        by_hand.batch()
    assert theta(learner) == theta(by_hand)
    learner.run_for(0.0)
    by_hand.batch()
    assert theta(learner) == theta(by_hand)


def test_an_edit_is_seen_at_once() -> None:
    learner = after(1, {"layers": [3], "data": "blobs", "classes": 3})
    learner.edit(0, "W", 1, 2, 0.5)
    learner.edit(0, "b", 99, 1, -2)
    learner.edit(1, "W", 2, 0, 7)
    learner.edit(1, "b", 0, 2, 1e6)
    values = learner.frame().parts[0][1]
    assert values[[5, 7, 15, 20]].tolist() == [0.5, -2, 7, 1e6]


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ((2, "W", 0, 0, 1.0), "layer is 2"),
        ((-1, "W", 0, 0, 1.0), "layer is -1"),
        ((0, "theta", 0, 0, 1.0), "'W' or 'b'"),
        ((0, "W", 2, 0, 1.0), "row is 2"),
        ((0, "W", -1, 0, 1.0), "row is -1"),
        ((0, "W", 0, 3, 1.0), "column is 3"),
        ((0, "b", 0, 3, 1.0), "column is 3"),
        ((0, "W", 0, 0, float("nan")), "value has to be"),
        ((0, "W", 0, 0, 1e7), "value has to be"),
    ],
)
def test_an_edit_out_of_bounds_is_refused(place: Any, says: str) -> None:
    learner = after(0, {"layers": [3]})
    before = theta(learner)
    with pytest.raises(ValueError, match=says):
        learner.edit(*place)
    assert theta(learner) == before


def test_divergence_stops_and_says_where_and_why() -> None:
    given = {"layers": [8, 8], "rate": 30}
    learner = after(3, given)
    assert learner.stopped is not None
    assert learner.stopped.count(". ") == 0
    assert "choose a smaller rate" in learner.stopped
    settings = settings_from(given)
    plane = plane_of(settings)
    rows, _ = split(plane.y, settings)
    X = (plane.X[rows] - plane.X[rows].mean(axis=0)) / plane.X[rows].std(axis=0)
    rng = np.random.default_rng(0)
    network = network_of(settings, 2, 2)
    start(network, settings, rng)
    with pytest.raises(DivergenceError) as error:
        list(train(network, optimizer_of(settings), X, plane.y[rows], batch_size=16, rng=rng))
    assert f"in epoch {error.value.epoch}, batch {error.value.batch}," in learner.stopped

    before = theta(learner)
    for step in (learner.batch, learner.sample, learner.epoch, lambda: learner.run_for(1)):
        step()
    assert theta(learner) == before
    with pytest.raises(ValueError, match="has stopped"):
        learner.trace()
    learner.reset()
    assert learner.stopped is None


def test_a_frame_of_numbers_that_are_none_can_be_sent() -> None:
    learner = after(0, {"activations": ["identity"] * 2, "rate": 30, "scaled": False})
    while not learner.stopped:
        learner.edit(0, "W", 0, 0, 1e6)
        learner.edit(1, "W", 0, 0, 1e6)
        learner.batch()
    packed = frame_bytes(learner.frame(), False)
    size = int.from_bytes(packed[:4], "little")
    json.loads(packed[4 : 4 + size], parse_constant=pytest.fail)


def test_a_trace_is_of_a_batch_or_a_sample() -> None:
    with pytest.raises(ValueError, match="'batch' or 'sample'"):
        after(0, {}).trace("epoch")


def test_a_schedule_that_ends_says_where() -> None:
    assert after(0, {}).setup()["note"] is None
    learner = after(199, {"schedule": "cosine", "n": 20, "batch": 1000})
    assert "at epoch 200" in learner.setup()["note"]
    learner.epoch()
    reached = theta(learner)
    learner.epoch()
    assert facts(learner)["rate"] == 0
    assert theta(learner) == reached


VALID = st.fixed_dictionaries(
    {},
    optional={
        "data": st.sampled_from(["circles", "xor", "moons", "blobs", "spiral", "curve", "eight"]),
        "n": st.integers(20, 60),
        "noise": st.floats(0, 1),
        "held_out": st.floats(0, 0.8),
        "classes": st.integers(2, 5),
        "seed": st.integers(0, 2**32 - 1),
        "layers": st.lists(st.integers(1, 16), max_size=6),
        "features": st.lists(st.sampled_from(FEATURES), min_size=1, max_size=7),
        "initializer": st.sampled_from(["zeros", "lecun_uniform"]),
        "loss": st.sampled_from(LOSSES),
        "optimizer": st.sampled_from(OPTIMIZERS),
        "rate": st.floats(1e-5, 30),
        "schedule": st.sampled_from(SCHEDULES),
        "batch": st.integers(1, 1000),
        "l1": st.floats(0, 1),
        "l2": st.floats(0, 1),
        "dropout": st.floats(0, 0.9),
        "batch_norm": st.booleans(),
        "scaled": st.booleans(),
        "stretch": st.floats(1, 1000),
    },
)


@hypothesis.settings(max_examples=40)
@given(VALID, st.data())
def test_whatever_is_allowed_runs_or_says_why_not(values: dict[str, Any], data: Any) -> None:
    n_layers = len(values.get("layers", (4, 4)))
    names = st.lists(st.sampled_from(ACTIVATIONS), min_size=n_layers, max_size=n_layers)
    learner = Learner(settings_from({**values, "activations": data.draw(names)}))
    json.dumps(learner.setup(), allow_nan=False)
    for step in (learner.epoch, learner.sample, learner.batch):
        if not learner.stopped:
            json.dumps(
                learner.trace(data.draw(st.sampled_from(["batch", "sample"]))), allow_nan=False
            )
        frame_bytes(learner.frame(), True)
        step()
    frame_bytes(learner.frame(), True)
    compile(learner.python(), "page", "exec")


# What the page gets


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"layers": []},
        {"data": "blobs", "classes": 5, "layers": [16] * 6, "batch_norm": True, "held_out": 0},
        {"data": "eight", "layers": [2], "dropout": 0.5},
    ],
)
def test_a_frame_has_what_its_header_says(given: dict[str, Any]) -> None:
    learner = after(2, given)
    packed = frame_bytes(learner.frame(), True)
    size = int.from_bytes(packed[:4], "little")
    header = json.loads(packed[4 : 4 + size])
    setup = learner.setup()
    json.dumps(setup, allow_nan=False)
    n_units = sum(settings_from(given).layers)
    n_out = 1 if len(setup["classes"]) == 2 else len(setup["classes"])
    n_dense = sum((layer["n_in"] + 1) * layer["n_out"] for layer in setup["layers"])
    assert header["parts"] == [
        ["theta", "f4", [n_dense]],
        ["units", "u1", [n_units, GRID, GRID]],
        ["boundary", "u1", [n_out, BOUNDARY, BOUNDARY]],
    ]
    assert len(packed) == 4 + size + 4 * n_dense + n_units * GRID**2 + n_out * BOUNDARY**2
    assert header["running"] is True
    assert len(header["ranges"]) == n_units
    assert len(header["dead"]) == len(settings_from(given).layers)
    assert len(header["grad_norms"]) == len(setup["layers"])
    assert (header["test_loss"] is None) == (setup["n_held_out"] == 0)
    assert len(setup["points"]) == setup["n_rows"] + setup["n_held_out"]


def test_the_pictures_are_the_nets_answers() -> None:
    learner = after(5, {"layers": [3], "activations": ["tanh"]})
    setup, frame = learner.setup(), learner.frame()
    parts = dict(frame.parts)
    W1, b1 = parts["theta"][:6].reshape(2, 3).astype(float), parts["theta"][6:9]
    W2, b2 = parts["theta"][9:12].reshape(3, 1), parts["theta"][12]
    points = np.array([point[:2] for point in setup["points"] if not point[3]])
    assert len(points) == setup["n_rows"]
    left, right, bottom, top = setup["extent"]
    for row, column in ((0, 0), (3, 20), (31, 31)):
        x = np.array([left, bottom]) + (np.array([column, row]) + 0.5) / GRID * [
            right - left, top - bottom,
        ]  # fmt: skip
        A = np.tanh((x - points.mean(axis=0)) / points.std(axis=0) @ W1 + b1)
        low, high = np.array(frame.facts["ranges"]).T
        np.testing.assert_allclose(
            parts["units"][:, row, column], 255 * (A - low) / (high - low), atol=0.51
        )
    x = np.array([left, bottom]) + (np.array([10, 50]) + 0.5) / BOUNDARY * [12, 12]
    A = np.tanh((x - points.mean(axis=0)) / points.std(axis=0) @ W1 + b1)
    P = 1 / (1 + np.exp(-(A @ W2 + b2)))
    np.testing.assert_allclose(parts["boundary"][0, 50, 10], 255 * P[0], atol=0.51)


def test_gradients_are_told_by_layer() -> None:
    learner = after(0, {"batch": 1000})
    assert facts(learner)["grad_norms"] == [0, 0, 0]
    before = learner.frame().parts[0][1].astype(float)
    learner.batch()
    step = (before - learner.frame().parts[0][1]) / 0.1
    expected = [np.linalg.norm(step[:12]), np.linalg.norm(step[12:32]), np.linalg.norm(step[32:])]
    np.testing.assert_allclose(facts(learner)["grad_norms"], expected, rtol=1e-3)


def test_only_a_relu_dies() -> None:
    for activation, dead in (("relu", [[1]]), ("leaky_relu", [[]]), ("tanh", [[]])):
        learner = after(0, {"layers": [2], "activations": [activation]})
        learner.edit(0, "b", 0, 1, -100.0)
        assert facts(learner)["dead"] == dead
