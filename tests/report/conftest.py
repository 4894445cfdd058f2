"""Models of a few seconds, for pages of them."""

from typing import Any

import numpy as np
import pytest

from numlp import TabularClassifier

HOSTILE = "<script>alert(1)</script>"
ENDS = "</style></script>\"'><b>&amp;"

Case = tuple[TabularClassifier, dict[str, Any], list[str]]


def make_table(n: int, classes: list[str], seed: int = 0) -> tuple[dict[str, Any], list[str]]:
    """Two columns that tell the classes apart but for some rows, and one that tells nothing."""
    rng = np.random.default_rng(seed)
    size = rng.normal(size=n)
    hue = rng.choice(["red", "green", ENDS], n)
    order = np.clip(np.digitize(size + 0.5 * rng.normal(size=n), [-0.5, 0.8]), 0, len(classes) - 1)
    cells = {HOSTILE: size, ENDS: hue, "noise": rng.normal(size=n), "same": ["x"] * n}
    return cells, [classes[k] for k in order]


def fitted(classes: list[str], **settings: Any) -> Case:
    table, y = make_table(400, classes)
    clf = TabularClassifier("fast", epochs=8, ensemble_size=2, random_state=0, **settings)
    return clf.fit(table, y), *make_table(300, classes, seed=1)


@pytest.fixture(scope="session")
def two() -> Case:
    """A classifier of two classes, and rows it has not seen; names try to break out of the page."""
    return fitted(["no", HOSTILE])


@pytest.fixture(scope="session")
def three() -> Case:
    """As ``two``, of three classes."""
    return fitted([ENDS, "mid", "top"])


@pytest.fixture(scope="session")
def notes() -> Case:
    """A classifier whose text is read, words and labels of which try to break out of the page."""
    rng = np.random.default_rng(0)
    own = [
        [f"{HOSTILE} bad\x1b[2J soup", "<b>evil</b> 菜很好吃"],
        [f"good {ENDS}", "fine food, fine"],
    ]
    y = [i % 2 for i in range(160)]
    cells = [f"{own[k][rng.integers(2)]} at table {i % 30}" for i, k in enumerate(y)]
    clf = TabularClassifier("fast", epochs=30, ensemble_size=2, random_state=0)
    table, labels = {ENDS: cells}, ["no" if k else HOSTILE for k in y]
    return clf.fit(table, labels, columns={ENDS: "text"}), table, labels
