"""Every lesson tried: what its two sentences say is what happens."""

import re
from typing import Any

import pytest

from numlp.play.lessons import LESSONS, lessons_as_json
from numlp.play.settings import settings_from

from .runs import after, facts

OF = {lesson.key: lesson.settings for lesson in LESSONS}


def seen(epochs: int, key: str, **more: Any) -> dict[str, Any]:
    return facts(after(epochs, OF[key], **more))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.key)
def test_a_lesson_is_two_sentences_and_settings_that_are_allowed(lesson: Any) -> None:
    assert len(re.findall(r"[a-z0-9)]\.(?: |$)", lesson.text)) == 2
    settings_from(lesson.settings)
    assert lesson.title[0].isupper()


def test_keys_are_their_own() -> None:
    assert len(OF) == len(LESSONS) == len(lessons_as_json())


def test_eight() -> None:
    assert f"{seen(0, 'eight')['train_loss']:.6f}" == "0.272334"
    assert f"{seen(1000, 'eight')['train_loss']:.5f}" == "0.13521"


def test_linear() -> None:
    assert seen(100, "linear")["test_accuracy"] <= 0.5
    assert seen(100, "linear", layers=[4])["test_accuracy"] > 0.95


def test_rate() -> None:
    stopped = after(1, OF["rate"]).stopped
    assert stopped is not None
    assert re.search(r"the loss rose to .* in epoch 1, batch \d+, at learning rate 30", stopped)
    assert seen(30, "rate", rate=0.1)["test_accuracy"] > 0.95


def test_dead() -> None:
    learner = after(0, OF["dead"])
    start = learner.frame().parts[0][1]
    for _ in range(1000):
        learner.epoch()
    assert facts(learner)["dead"] == [[1, 2]]
    W1, W1_start = (a[:12].reshape(3, 4) for a in (learner.frame().parts[0][1], start))
    assert (W1[:, 1:3] == W1_start[:, 1:3]).all()
    assert (W1[:, [0, 3]] != W1_start[:, [0, 3]]).all()
    learner.edit(0, "b", 0, 1, 1.0)
    assert facts(learner)["dead"] == [[2]]
    learner.epoch()
    assert (learner.frame().parts[0][1][:12].reshape(3, 4)[:, 1] != W1_start[:, 1]).all()


def test_overfit() -> None:
    assert seen(200, "overfit")["train_accuracy"] == 1
    assert seen(200, "overfit")["test_loss"] > 2
    assert seen(30, "overfit")["test_loss"] < 0.3
    assert after(0, OF["overfit"]).setup()["n_rows"] == 30


@pytest.mark.parametrize(
    ("key", "most"), [("weight_decay", 0.4), ("fewer_units", 0.6), ("more_data", 0.25)]
)
def test_cures(key: str, most: float) -> None:
    assert seen(200, key)["test_loss"] < most


def test_what_cures_say_beside_the_loss() -> None:
    assert seen(200, "weight_decay")["train_accuracy"] < 1
    assert after(0, OF["overfit"]).setup()["n_parameters"] == 337
    assert after(0, OF["fewer_units"]).setup()["n_parameters"] == 13
    assert after(0, OF["more_data"]).setup()["n_rows"] == 500


def test_squared_error_and_cross_entropy() -> None:
    start = seen(0, "squared_error")
    assert start["train_accuracy"] == seen(0, "cross_entropy")["train_accuracy"] == 0.5
    assert seen(100, "squared_error")["train_accuracy"] == 0.5
    learned = seen(100, "cross_entropy")
    assert learned["train_accuracy"] == learned["test_accuracy"] == 1


def test_scaling() -> None:
    stopped = after(1, OF["scaling"]).stopped
    assert stopped is not None
    assert "in epoch 1" in stopped
    assert seen(100, "scaling", scaled=True)["test_accuracy"] > 0.85


def test_depth() -> None:
    assert seen(60, "depth")["test_accuracy"] < 0.8
    assert seen(60, "depth", layers=[8, 8])["test_accuracy"] > 0.95


def test_spiral() -> None:
    reached = seen(60, "spiral")
    assert reached["test_accuracy"] > 0.95
    assert after(0, OF["spiral"]).setup()["inputs"] == ["x", "y"]
