"""A classifier of a few seconds, and the table that it is of."""

from typing import Any

import numpy as np
import pytest

from numlp import TabularClassifier

N = 240


def make_table(n: int = N) -> tuple[dict[str, Any], list[str]]:
    """A class by size and hue; a column of noise, one with nothing in it, and one of dates."""
    rng = np.random.default_rng(0)
    size, noise = rng.normal(size=n), rng.normal(size=n)
    hue = rng.choice(["red", "green", "blue"], n)
    days = np.datetime64("2024-01-01") + rng.integers(0, 300, n)
    y = np.where(2 * size + (hue == "red") > 0, "yes", "no").tolist()
    table = {"size": size, "hue": hue, "noise": noise, "day": days, "same": ["x"] * n}
    return table, y


@pytest.fixture(scope="module")
def fitted() -> TabularClassifier:
    table, y = make_table()
    return TabularClassifier("fast", epochs=20, ensemble_size=2, random_state=0).fit(table, y)


def rows_of(table: dict[str, Any], rows: slice) -> dict[str, Any]:
    return {name: cells[rows] for name, cells in table.items()}
