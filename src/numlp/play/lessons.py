"""Lessons: presets of settings, each with two sentences on what is to be seen."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Lesson:
    """One preset: a key, a title, two sentences, and the settings that differ from the defaults."""

    key: str
    title: str
    text: str
    settings: dict[str, Any]


LESSONS: tuple[Lesson, ...] = ()


def lessons_as_json() -> list[dict[str, Any]]:
    """All lessons as JSON."""
    return [vars(lesson).copy() for lesson in LESSONS]
