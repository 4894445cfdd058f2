"""The order of the rows decides nothing: what a column is taken for, and why, stays."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from numlp.table.table import Table

RNG = np.random.default_rng(0)
N = 1500  # more rows than copies are looked for in
PRICE = np.sort(RNG.choice(900_000, N, replace=False))
COLUMNS: dict[str, Any] = {
    "price": PRICE,
    "price as text": [*map(str, PRICE)],
    "counter": np.arange(1, N + 1),
    "counter by tens": 10 * np.arange(N),
    "twice, once in order": np.sort(RNG.integers(0, 10**9, N)),
    "mostly distinct": [f"id{i // 2}" if i < 60 else f"id{i}" for i in range(N)],
    "words": np.sort(RNG.choice(["b", "a", "c", "1.0", "1", "NA"], N)),
    "strays": ["x", "y", "007"] * 3 + [*map(str, range(N - 9))],
    "stray times": ["soon"] * 9
    + [str(dt.date(2000, 1, 1) + dt.timedelta(days=i)) for i in range(N - 9)],
    "times": [dt.datetime(2024, 1, 1) + dt.timedelta(hours=i) for i in range(N)],
    "spike": [0.0] * 800 + RNG.normal(size=N - 800).tolist(),
    "flags": np.sort(RNG.integers(0, 3, N)),
    "copy": 2.0 * PRICE + 1,
    "near copy": np.round(PRICE * 1.7, 0),
    "copy but for one row": np.where(np.arange(N) == N - 1, 0, 3.0 * PRICE),
    "prose": [f"some words and {'more ' * (i % 7)}{i}" for i in range(N)],
    "holes first": [None] * 30 + RNG.normal(size=N - 30).tolist(),
}  # fmt: skip


@pytest.mark.parametrize("seed", [None, 0, 1])
def test_columns_are_taken_for_the_same_in_any_order_of_the_rows(seed: int | None) -> None:
    frame = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in COLUMNS.items()})
    order = np.arange(N)[::-1] if seed is None else np.random.default_rng(seed).permutation(N)
    expected, table = Table.fit(frame), Table.fit(frame.iloc[order])
    assert table.audit() == expected.audit()
    assert table.state() == expected.state()
    kinds = {row["name"]: row["kind"] for row in expected.audit()}
    assert (kinds["price"], kinds["counter"], kinds["copy"]) == ("number", "set aside", "set aside")


@pytest.mark.parametrize("n", [20, 49, 50, 400])
def test_numbers_from_one_on_without_a_gap_name_the_rows_from_50_on(n: int) -> None:
    for cells in (range(1, n + 1), range(n, 0, -1), RNG.permutation(n) * 5):
        kind = Table.fit({"a": np.array(cells)}).audit()[0]["kind"]
        assert kind == ("set aside" if n >= 50 else "number")
