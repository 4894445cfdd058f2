"""Lessons: presets of settings, each with two sentences on what is to be seen.

Every figure in these sentences is held by a test.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Lesson:
    """One preset: a key, a title, two sentences, and the settings that differ from the defaults."""

    key: str
    title: str
    text: str
    settings: dict[str, Any]


EIGHT = {
    "data": "eight",
    "held_out": 0,
    "scaled": False,
    "layers": [4],
    "initializer": "lesson",
    "loss": "squared_error",
    "batch": 8,
}
NOISY = {
    "data": "moons",
    "n": 60,
    "noise": 0.8,
    "held_out": 0.5,
    "seed": 1,
    "layers": [16, 16],
    "optimizer": "adam",
    "rate": 0.01,
}
WRONG = {"features": ["x2", "y2"], "layers": [], "scaled": False, "seed": 1}
SPIRAL = {"data": "spiral", "n": 500, "optimizer": "adam", "rate": 0.01}

LESSONS = (
    Lesson(
        "eight",
        "The lesson's own net",
        "Eight rows, the start and the rate of the lesson: the squared error is 0.272334 at epoch "
        "0 and 0.13521 at epoch 1,000. The labels follow no rule, so what the net gets right it "
        "has learned by heart.",
        EIGHT,
    ),
    Lesson(
        "linear",
        "A straight line cannot do xor",
        "Without a hidden layer the net cuts the plane along one straight line, and after 100 "
        "epochs it is right for no more of the held-out rows than a coin. Add one hidden layer of "
        "4 units, and after 100 epochs over 95% of them are right.",
        {"data": "xor", "layers": []},
    ),
    Lesson(
        "rate",
        "A rate that is too large",
        "At a rate of 30 each step goes so far that the next one is larger still, and in the first "
        "epoch training stops and says in which batch. At a rate of 0.1 the same net has over 95% "
        "of the held-out rows right after 30 epochs.",
        {"layers": [8, 8], "rate": 30},
    ),
    Lesson(
        "dead",
        "A dead ReLU",
        "Hidden units 2 and 3 of this net are 0 for all eight rows, so no slope comes back through "
        "them, and after 1,000 epochs their weights are what they were. Set the bias of unit 2 to "
        "1: the unit is awake, and from then on it learns.",
        EIGHT,
    ),
    Lesson(
        "overfit",
        "Learned by heart",
        "Two layers of 16 units learn 30 rows that overlap: after 200 epochs every training row is "
        "right, and the loss on held-out rows is over 2. Stop after 30 epochs, and it is below "
        "0.3.",
        NOISY,
    ),
    Lesson(
        "weight_decay",
        "A cure: weight decay",
        "With an L2 of 0.1 large weights cost something, so the boundary stays smooth. After 200 "
        "epochs not every training row is right, but the loss on held-out rows is below 0.4 in "
        "place of over 2.",
        {**NOISY, "l2": 0.1},
    ),
    Lesson(
        "fewer_units",
        "A cure: fewer units",
        "One layer of 3 units has 13 parameters in place of 337, too few to go round single rows. "
        "After 200 epochs the loss on held-out rows is below 0.6 in place of over 2.",
        {**NOISY, "layers": [3]},
    ),
    Lesson(
        "more_data",
        "A cure: more data",
        "With 500 training rows in place of 30 the same net finds the shape in the noise. After "
        "200 epochs the loss on held-out rows is below 0.25 in place of over 2.",
        {**NOISY, "n": 1000},
    ),
    Lesson(
        "squared_error",
        "Surely wrong: squared error",
        "This net starts sure that the outer points belong to class 1, and there the squared error "
        "is flat: its slope has the factor y_pred (1 − y_pred), which is almost 0. After 100 "
        "epochs half of the training rows are still wrong.",
        {**WRONG, "loss": "squared_error"},
    ),
    Lesson(
        "cross_entropy",
        "Surely wrong: cross-entropy",
        "The same net with the same wrong start, but the slope of cross-entropy is just the "
        "mistake, y_pred − y. After 100 epochs every row is right.",
        WRONG,
    ),
    Lesson(
        "scaling",
        "Why inputs are scaled",
        "Here x is a hundred times as large as y, and without scaling every step goes too far "
        "along x: training diverges in the first epoch. Switch scaling on, and after 100 epochs "
        "over 85% of the held-out rows are right.",
        {"data": "moons", "stretch": 100, "scaled": False, "layers": [8]},
    ),
    Lesson(
        "depth",
        "Why a second layer",
        "One layer of 8 units draws eight bends, too few to follow two arms: after 60 epochs fewer "
        "than 80% of the held-out rows are right. A second layer of 8 bends what the first has "
        "bent, and after 60 epochs over 95% are right.",
        {**SPIRAL, "layers": [8]},
    ),
    Lesson(
        "spiral",
        "The spiral",
        "From x and y alone two layers of 16 units with ReLU, Adam at a rate of 0.01 and seed 0 "
        "have over 95% of the held-out rows right after 60 epochs. Look at the units: the first "
        "layer has straight folds, the second has curves made of them.",
        {**SPIRAL, "layers": [16, 16]},
    ),
)


def lessons_as_json() -> list[dict[str, Any]]:
    """All lessons as JSON."""
    return [
        {"key": lesson.key, "title": lesson.title, "text": lesson.text, "settings": lesson.settings}
        for lesson in LESSONS
    ]
