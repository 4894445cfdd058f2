"""Runs of a learner, and the numbers of its frame."""

from typing import Any

from numlp.play.learner import Learner
from numlp.play.settings import settings_from


def after(epochs: int, settings: dict[str, Any], **more: Any) -> Learner:
    """A learner of these settings, so many epochs later unless it stops."""
    learner = Learner(settings_from({**settings, **more}))
    for _ in range(epochs):
        learner.epoch()
    return learner


def facts(learner: Learner) -> dict[str, Any]:
    return learner.frame().facts
