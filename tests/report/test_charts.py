"""Charts stand where their numbers say."""

import math

import numpy as np
import pytest

from numlp.report.charts import (
    MOST_POINTS,
    Axis,
    across,
    calibration_chart,
    down,
    losses_chart,
    polyline,
    shares_chart,
)

NAN = math.nan


def test_the_corners_of_the_axes_are_the_corners_of_the_box() -> None:
    chart = shares_chart("a label", "x", "y", {"all": (np.array([0.0, 1]), np.array([0.0, 1]))},
                         diagonal=True)  # fmt: skip
    left, top, right, bottom = chart.box
    assert chart.lines == {"all": f"{left},{bottom} {right},{top}"}
    assert [text for _, text in chart.x_ticks] == ["0%", "20%", "40%", "60%", "80%", "100%"]
    assert [place for place, _ in chart.y_ticks][::5] == [bottom, top]


def test_a_long_line_is_thinned_and_keeps_its_shape_and_ends() -> None:
    x = np.linspace(0, 1, 100_000)
    axis = Axis("", 0, 1, [])
    rng = np.random.default_rng(0)
    for y in (x**2, np.round(x, 2), rng.random(100_000)):
        points = [tuple(map(float, p.split(","))) for p in polyline(axis, axis, x, y).split()]
        assert 2 <= len(points) <= MOST_POINTS + 1
        assert points[0] == pytest.approx((across(axis, 0), down(axis, y[0])), abs=4)
        assert points[-1] == pytest.approx((across(axis, 1), down(axis, y[-1])), abs=4)
    curve = [tuple(map(float, p.split(","))) for p in polyline(axis, axis, x, x**2).split()]
    for px, py in curve:
        share = (px - across(axis, 0)) / (across(axis, 1) - across(axis, 0))
        assert py == pytest.approx(down(axis, share**2), abs=1.5)


def test_a_dot_of_the_calibration_stands_at_its_share_and_is_larger_for_more_rows() -> None:
    chart = calibration_chart(
        "a label", np.array([0.1, 0.9]), np.array([0.2, 0.8]), np.array([0.1, 0.7]),
        np.array([0.3, 0.9]), np.array([10, 1000]),
    )  # fmt: skip
    few, many = chart.dots
    assert few.x == pytest.approx(across(chart.x, 0.1), abs=0.1)
    assert few.y == pytest.approx(down(chart.y, 0.2), abs=0.1)
    assert few.low > few.y > few.high  # downwards
    assert many.radius > 2 * few.radius


def test_losses_that_are_missing_leave_a_gap_and_none_at_all_no_chart() -> None:
    chart = losses_chart("a label", {"training": [1.0, 0.5, 0.25], "held out": [NAN, 0.75, NAN]})
    assert chart is not None
    assert chart.lines["training"].count(" ") == 2
    assert chart.lines["held out"].count(" ") == 0
    assert (chart.x.low, chart.x.high) == (1, 3)
    assert losses_chart("a label", {"training": [NAN], "held out": []}) is None
    alone = losses_chart("a label", {"training": [0.5]})
    assert alone is not None
    assert alone.y.low < 0.5 < alone.y.high
