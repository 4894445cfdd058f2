"""Dask sees how large the results of tasks are."""

from typing import Any

import numpy as np
import pytest

from numlp.scale.look import look_at
from numlp.scale.partitions import Reading
from numlp.scale.rounds import Parameters
from numlp.scale.shards import HeldOut, Shard
from numlp.scale.sizes import size_of
from numlp.version import __version__

from .tables import plain

sizeof = pytest.importorskip("dask.sizeof").sizeof
N = 1000
FOLDS = np.zeros((1, N), np.int16)
X, Y = np.zeros((N, 7), np.float32), np.zeros(N, np.int32)


@pytest.mark.parametrize(
    "value",
    [
        Shard(0, X, Y, None, FOLDS, np.zeros(N, bool), None),
        Shard(0, X, Y, X[:, 0].copy(), FOLDS, np.zeros(N, bool), np.zeros(N, object)),
        HeldOut(X, Y, None, FOLDS, None, np.zeros((2, 2), np.int64)),
        Parameters({"theta": X, "M": X}, np.zeros(2), np.zeros(2, np.int64)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_arrays_count_in_the_size_that_dask_sees(value: Any) -> None:
    arrays = size_of(vars(value) if hasattr(value, "__dict__") else value)
    assert arrays > X.nbytes
    assert arrays <= sizeof(value) < arrays + 2000


def test_a_look_counts_its_summaries() -> None:
    frame = plain(N)
    look = look_at(frame, None, Reading(("x", "z", "hue"), "target", "", __version__), 0)
    assert sizeof(look) > 2 * 8 * N  # the numbers of x and z, and the rows that are kept
