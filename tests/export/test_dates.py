"""The calendar as ONNX operators is NumPy's."""

import math

import numpy as np
import pytest
from onnx import TensorProto

from numlp.export.dates import calendar_columns
from numlp.export.graph import DOUBLE, Graph
from numlp.table.times import CALENDAR

from .runs import with_outputs

DAYS = np.arange("1600-01-01", "2400-01-02", dtype="datetime64[D]").astype("datetime64[ms]")
FAR = np.array(
    ["-9999-02-28", "-0001-12-31", "0000-02-29", "0000-03-01", "9999-12-31T23:59", "30000-02-29"],
    dtype="datetime64[ms]",
)


@pytest.mark.heavy
@pytest.mark.parametrize("key", CALENDAR)
def test_every_day_of_eight_hundred_years_has_its_place(key: str) -> None:
    times = np.concatenate([DAYS, DAYS - 1, DAYS + 12_345_678, FAR])
    of, how_many = CALENDAR[key]
    share = of(times) / how_many
    expected = [share]
    if key != "day":
        expected = [np.sin(2 * math.pi * share), np.cos(2 * math.pi * share)]
    graph = Graph(["T"])
    graph.input("T", TensorProto.DOUBLE, 1, "")
    names = calendar_columns(graph, "T", key)
    session = with_outputs(graph, dict.fromkeys(names, DOUBLE))
    found = session.run(names, {"T": times.astype(np.int64).astype(float)[:, None]})
    for column, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(column[:, 0], right, rtol=0, atol=1e-14)
