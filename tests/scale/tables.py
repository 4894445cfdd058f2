"""Small tables in partitions, and what a fit of one comes to."""

import io
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from numlp import TabularClassifier


def table(n: int = 1200, seed: int = 0) -> pd.DataFrame:
    """Numbers, words, times, groups and weights, with cells missing, and two classes."""
    rng = np.random.default_rng(seed)
    x, z, hue = rng.normal(size=n), rng.normal(size=n), rng.choice(["red", "green", "blue"], n)
    is_yes = x + z * (hue == "red") + 0.3 * rng.normal(size=n) > 0
    return pd.DataFrame(
        {
            "x": np.where(rng.random(n) < 0.05, np.nan, x),
            "z": z,
            "hue": hue,
            "who": [f"w{k}" for k in rng.integers(0, 60, n)],
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(n), unit="h"),
            "weight": rng.choice([0.0, 1.0, 2.0], n),
            "target": np.where(is_yes, "yes", "no"),
        }
    )


def plain(n: int = 1200, seed: int = 0) -> pd.DataFrame:
    """The same table without groups, times and weights."""
    return table(n, seed)[["x", "z", "hue", "target"]]


def in_partitions(frames: Sequence[pd.DataFrame]) -> Any:
    """A Dask DataFrame of these partitions, as they are: also where their types differ."""
    import dask.dataframe as dd
    from dask.delayed import delayed

    meta = max(frames, key=len).iloc[:0]
    return dd.from_delayed([delayed(frame) for frame in frames], meta=meta, verify_meta=False)


def dealt(frame: pd.DataFrame, n: int = 4) -> Any:
    """A table in n partitions of about equal size."""
    cuts = np.linspace(0, len(frame), n + 1).astype(int)
    return in_partitions([frame.iloc[a:b] for a, b in pairwise(cuts)])


def small(quality: str = "fast", **more: Any) -> TabularClassifier:
    settings: dict[str, Any] = {"epochs": 3, "hidden_layer_sizes": 8, "random_state": 0}
    return TabularClassifier(quality, **settings | more)


def bytes_of(clf: TabularClassifier) -> bytes:
    """The model file of a classifier."""
    file = io.BytesIO()
    clf.save(file)
    return file.getvalue()
