"""The run as Python: it runs as it stands, and prints the losses of the page."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from numlp.play.learner import Learner
from numlp.play.planes import PointPlane, points_from
from numlp.play.settings import Settings, settings_from

from .runs import facts

DRAWN = [[x / 2 - 3, (x * 7 % 11) / 2 - 3, x % 3] for x in range(12)]

CASES: dict[str, dict[str, Any]] = {
    "default": {},
    "momentum-cosine": {"optimizer": "momentum", "schedule": "cosine", "data": "xor"},
    "rmsprop-onecycle": {"optimizer": "rmsprop", "schedule": "onecycle", "rate": 0.01},
    "adam-squared": {"optimizer": "adam", "loss": "squared_error", "data": "moons", "rate": 0.01},
    "adamw-5-classes": {"optimizer": "adamw", "data": "blobs", "classes": 5, "rate": 0.01},
    "squared-3-classes": {"loss": "squared_error", "data": "spiral", "classes": 3},
    "l1-l2": {"l1": 0.001, "l2": 0.01, "data": "curve", "curve": "cubic"},
    "dropout-batch-norm": {"dropout": 0.3, "batch_norm": True, "batch": 7, "layers": [5, 3]},
    "no-layers-zeros": {"layers": [], "initializer": "zeros", "held_out": 0},
    "unscaled-stretch": {"scaled": False, "stretch": 3.5, "rate": 0.001},
    "all-activations": {
        "layers": [3] * 6,
        "activations": ["leaky_relu", "tanh", "sigmoid", "elu", "gelu", "silu"],
        "features": ["x", "y", "x2", "y2", "xy", "sinx", "siny"],
        "seed": 2**32 - 1,
        "batch": 1000,
    },
    "lesson": {
        "data": "eight", "layers": [4], "initializer": "lesson", "held_out": 0, "scaled": False,
        "loss": "squared_error", "batch": 8,
    },
    "points": {"data": "points", "batch": 5},
    "a-share-of-no-row": {"n": 20, "held_out": 0.01},
}  # fmt: skip


def printed(program: str) -> list[str]:
    """What a program prints in a process of its own, in which a warning is an error."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def losses(learner: Learner) -> list[str]:
    seen = facts(learner)
    lines = [f"train loss {seen['train_loss']:.6f}"]
    return lines if seen["test_loss"] is None else [*lines, f"test loss {seen['test_loss']:.6f}"]


def learner_of(settings: dict[str, Any]) -> Learner:
    drawn = points_from(DRAWN) if settings.get("data") == "points" else None
    return Learner(settings_from(settings), points=drawn)


@pytest.mark.parametrize("settings", CASES.values(), ids=CASES)
def test_a_program_prints_the_losses_of_the_page(settings: dict[str, Any]) -> None:
    learner = learner_of(settings)
    start = losses(learner)
    for _ in range(6):
        learner.epoch()
    assert losses(learner) != start
    assert printed(learner.python()) == losses(learner)


class OwnTable:
    """A table whose plane has three inputs for each row."""

    def __init__(self, n: int) -> None:
        rng = np.random.default_rng(0)
        self._plane = PointPlane(rng.standard_normal((n, 2)), np.arange(n) % 3, ("x",))
        self._plane.X = rng.standard_normal((n, 3)).astype(np.float32).astype(np.float64)
        self._plane.inputs = ["size", "an odd\nname", "weight"]

    def plane(self, settings: Settings) -> PointPlane:
        self._plane.grid = lambda n: np.zeros((n * n, 3))  # type: ignore[method-assign]
        return self._plane

    def facts(self) -> dict[str, Any]:
        return {"name": "own.csv", "columns": ["size", "weight"], "target": "kind"}


def test_a_small_table_stands_in_it_in_full() -> None:
    learner = Learner(settings_from({"data": "table"}), table=OwnTable(60))
    learner.epoch()
    assert printed(learner.python()) == losses(learner)
    assert learner.setup()["table"] == OwnTable(60).facts()


def test_of_a_large_table_it_says_what_is_missing() -> None:
    program = Learner(settings_from({"data": "table"}), table=OwnTable(2000)).python()
    assert "2,000 rows of 3 numbers, too many to stand here" in program
    assert len(program) < 3000


def test_before_the_first_epoch() -> None:
    learner = learner_of({})
    assert printed(learner.python()) == losses(learner)


def test_it_says_what_is_not_in_it() -> None:
    learner = learner_of({})
    learner.epoch()
    assert "Not in it" not in learner.python()
    whole = losses(learner)
    learner.batch()
    learner.batch()
    assert "# Not in it: 2 batches of epoch 2, which the page has made." in learner.python()
    assert printed(learner.python()) == whole
    learner.sample()
    learner.edit(0, "W", 0, 0, 1.0)
    assert "# Not in it: steps on single rows" in learner.python()
    assert "# Not in it: weights set by hand" in learner.python()
    compile(learner.python(), "page", "exec")


@pytest.mark.parametrize("settings", CASES.values(), ids=CASES)
def test_it_names_nothing_that_is_not_used(settings: dict[str, Any]) -> None:
    program = learner_of(settings).python()
    names = [
        name.strip()
        for line in program.splitlines()
        if line.startswith("from ")
        for name in line.partition(" import ")[2].split(",")
    ]
    for name in names:
        assert program.count(name) > 1, name
    assert max(map(len, program.splitlines())) < 130 or "np.array" in program


def test_drawn_points_stand_in_it_in_full() -> None:
    learner = learner_of({"data": "points", "stretch": 3})
    namespace: dict[str, Any] = {}
    exec(learner.python(), namespace)  # noqa: S102 - that is what it is for
    np.testing.assert_array_equal(namespace["points"], np.array(DRAWN)[:, :2] * [3, 1])
