"""A table of as many rows as are wanted, invented by a rule that anybody can draw from again.

Twelve numbers, four categories and three classes.  The score of a class is the sum of four parts:
two that are smooth in the numbers (curves of one or two, products of two), which nets learn easily,
and two that trees do (steps of skewed numbers whose places depend on a category, a shift for each
level).  Curves, products and steps have the same variance.  The class is that of the highest score;
of ``LABEL_NOISE`` of the rows it is another one.  Three numbers and a category say nothing.

Some cells are then emptied, so that the least error that can be reached is above ``LABEL_NOISE``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

NAME = "invented-1"  # cells are found by it: to be changed with the rule
CLASSES = ("blue", "green", "red")
LABEL_NOISE = 0.1
LEVELS = {"region": 3, "kind": 7, "batch": 12, "city": 40}
IRRELEVANT = ("noise_1", "noise_2", "noise_3", "batch")
PARTS = {"curves": 1.0, "products": 1.0, "steps": 1.0, "levels": 0.7}  # deviation of a score
BLOCK = 5000  # rows that are drawn together
FIT, TEST = 0, 1  # roles of rows
_RULE = 20_261_201  # seed of what is the same in all draws

_shifts = np.random.default_rng([_RULE, 1])
SHIFT = {name: _shifts.standard_normal((LEVELS[name], 3)) for name in ("kind", "city")}
# Where the steps lie: of the logarithm of income for each kind, of that of amount likewise (the
# middle of a band), of count for each region.
INCOME_STEP = np.array([-1.0, -0.5, -0.2, 0.1, 0.4, 0.7, 1.1])
AMOUNT_BAND = np.array([0.0, -1.2, 1.5, 0.6, -0.5, 2.0, 1.0])
COUNT_STEP = np.array([2, 4, 7])
LAG_STEP = 3.0


@dataclass(frozen=True)
class Rows:
    """A table, its labels, and the class of each row before the noise, as a code."""

    X: pd.DataFrame
    y: pd.Series
    clean: Codes

    @property
    def codes(self) -> Codes:
        """The labels as codes into ``CLASSES``."""
        return np.asarray(np.searchsorted(CLASSES, self.y.to_numpy(str)), dtype=np.intp)


def draw(n_rows: int, seed: int, role: int) -> Rows:
    """The first ``n_rows`` of the rows of a seed: a small table is the beginning of a larger one.

    Rows to fit and rows to test on are independent, and so are those of two seeds.
    """
    blocks = [_block([_RULE, 2, seed, role, i]) for i in range(-(-n_rows // BLOCK))]
    X = pd.concat([block.X for block in blocks], ignore_index=True)
    y = pd.concat([block.y for block in blocks], ignore_index=True)
    clean = np.concatenate([block.clean for block in blocks])
    return Rows(X.iloc[:n_rows], y.iloc[:n_rows], clean[:n_rows])


def _block(seeds: list[int]) -> Rows:
    rng = np.random.default_rng(seeds)
    cells = full_cells(rng, BLOCK)
    clean = scores(cells).argmax(axis=1)
    is_noise = rng.random(BLOCK) < LABEL_NOISE
    codes = (clean + is_noise * rng.integers(1, len(CLASSES), BLOCK)) % len(CLASSES)
    empty = {
        "a": rng.random(BLOCK) < 0.04,
        "income": rng.random(BLOCK) < 0.06,
        "d": (rng.random(BLOCK) < 0.15) & (cells["region"] == 2),
        "city": rng.random(BLOCK) < 0.03,
    }
    columns: dict[str, Any] = {}
    for name, values in cells.items():
        if name in LEVELS:
            names = np.array([f"{name} {level}" for level in range(LEVELS[name])], dtype=object)
            columns[name] = names[values]
        else:
            columns[name] = values
        if name in empty:
            columns[name] = np.where(empty[name], np.nan, columns[name])
    return Rows(pd.DataFrame(columns), pd.Series(np.array(CLASSES)[codes], name="class"), clean)


def full_cells(rng: np.random.Generator, n: int) -> dict[str, Any]:
    """The columns before cells are emptied; categories as codes, the first level the commonest."""
    a = rng.standard_normal(n)
    cells: dict[str, Any] = {
        "a": a,
        "b": rng.standard_normal(n),
        "c": 0.6 * a + 0.8 * rng.standard_normal(n),
        "d": rng.uniform(-2, 2, n),
        "hour": rng.uniform(0, 24, n),
        "count": np.floor(4 * rng.standard_exponential(n)),
        "income": 1000 * np.exp(rng.standard_normal(n)),
        "amount": np.exp(1.5 * rng.standard_normal(n)),
        "lag": rng.uniform(size=n) ** -0.8,
        "noise_1": rng.standard_normal(n),
        "noise_2": np.exp(2 * rng.standard_normal(n)),
        "noise_3": rng.integers(10, size=n).astype(float),
    }
    for name, n_levels in LEVELS.items():
        share = 1 / (3 + np.arange(n_levels))
        cells[name] = rng.choice(n_levels, size=n, p=share / share.sum())
    return cells


def parts(cells: Mapping[str, Any]) -> Floats:
    """The parts of the scores before they are scaled, (parts, n, classes), as in ``PARTS``."""
    a, b, c, d = (cells[name] for name in "abcd")
    region, kind = cells["region"], cells["kind"]
    income, amount = np.log(cells["income"] / 1000), np.log(cells["amount"])
    curves = [
        np.sin(1.5 * a) + 0.5 * b,
        np.cos(2 * np.pi * (cells["hour"] - 6) / 24) + np.tanh(c + d),
        2 * np.exp(-(b**2 + c**2) / 2) - 0.5 * d,
    ]
    products = [a * b, np.choose(region, [c, -c, b]), d * income]
    steps = [
        income > INCOME_STEP[kind],
        np.abs(amount - AMOUNT_BAND[kind]) < 1,
        (cells["count"] >= COUNT_STEP[region]) ^ (cells["lag"] > LAG_STEP),
    ]
    shifts = SHIFT["kind"][kind] + SHIFT["city"][cells["city"]]
    summed = [np.stack(part, axis=1).astype(float) for part in (curves, products, steps)]
    return np.stack([*summed, shifts])


def scores(cells: Mapping[str, Any]) -> Floats:
    """The score of each class, (n, classes): the parts, each with its mean and deviation."""
    mean, scale = _moments()
    return np.asarray(((parts(cells) - mean) * scale).sum(axis=0))


@cache
def _moments() -> tuple[Floats, Floats]:
    """What centres a part, and what gives it its deviation, by rows that are drawn for this."""
    drawn = parts(full_cells(np.random.default_rng([_RULE, 3]), 50_000))
    wanted = np.array(list(PARTS.values()))[:, None, None]
    return drawn.mean(axis=1, keepdims=True), wanted / drawn.std(axis=1, keepdims=True)
