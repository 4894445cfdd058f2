"""A table of 28 numbers and two classes, of as many rows as are wanted, written in parts."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

RULE = 20_261_202  # seed of what is the same in all rows
N_NUMBERS, N_UNITS, N_PRODUCTS = 28, 24, 10
NOISE = 0.5  # of the logistic noise, beside a score of deviation 1
FIT, TEST = 0, 1
_SHIFT = 1 << 20  # from the parts to fit to those to test on

_rule = np.random.default_rng(RULE)
_W = _rule.standard_normal((N_NUMBERS, N_UNITS)) / np.sqrt(N_NUMBERS)
_V = _rule.standard_normal(N_UNITS)
_PAIRS = _rule.integers(0, N_NUMBERS, (N_PRODUCTS, 2))
_FACTORS = _rule.standard_normal(N_PRODUCTS)


def part(number: int, n_rows: int, role: int = FIT) -> pd.DataFrame:
    """The rows of one part: smooth in most numbers, with steps in two, a third of them skewed."""
    rng = np.random.default_rng([RULE, role, number])
    Z = rng.standard_normal((n_rows, N_NUMBERS))
    score = 0.8 * np.tanh(1.5 * Z @ _W) @ _V
    score += 0.5 * (Z[:, _PAIRS[:, 0]] * Z[:, _PAIRS[:, 1]]) @ _FACTORS
    score += 1.5 * (Z[:, 3] > 0.5) - 1.0 * (abs(Z[:, 9]) < 0.3)
    is_signal = score / score.std() + rng.logistic(scale=NOISE, size=n_rows) > 0
    X = Z.copy()
    X[:, :9] = np.exp(X[:, :9])
    X[:, 15] = np.round(3 * X[:, 15])
    frame = pd.DataFrame(X, columns=[f"f{j}" for j in range(N_NUMBERS)])
    frame["class"] = np.where(is_signal, "signal", "noise")
    return frame


def write(folder: Path, n_rows: int, part_rows: int) -> None:
    """Write the parts of a table of ``n_rows`` rows, unless they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, rows in enumerate(sizes(n_rows, part_rows)):
        path = folder / f"part-{number:05d}.parquet"
        if not path.exists():
            part(number, rows).to_parquet(path, index=False)


def sizes(n_rows: int, part_rows: int) -> Iterator[int]:
    """Rows of each part."""
    for start in range(0, n_rows, part_rows):
        yield min(part_rows, n_rows - start)
