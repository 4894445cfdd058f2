"""Toy tables, drawn points, and the planes in which they lie."""

from typing import Any

import numpy as np
import pytest

from numlp.play.planes import (
    EightPlane,
    PointPlane,
    centres,
    plane_of,
    points_from,
    principal_components,
    split,
)
from numlp.play.settings import settings_from
from numlp.play.toys import CURVES, inputs_of, lesson_start, make_eight, make_toy

TOYS = ("circles", "xor", "moons", "blobs", "spiral", "curve")


@pytest.mark.parametrize("name", TOYS)
@pytest.mark.parametrize("n", [20, 201])
def test_a_toy_follows_from_its_arguments(name: str, n: int) -> None:
    points, y = make_toy(name, n=n, seed=3)
    again, y_again = make_toy(name, n=n, seed=3)
    np.testing.assert_array_equal(points, again)
    np.testing.assert_array_equal(y, y_again)
    assert points.shape == (n, 2)
    assert points.dtype == np.float64
    assert set(y.tolist()) == {0, 1}
    assert (make_toy(name, n=n, seed=4)[0] != points).any()


@pytest.mark.parametrize("name", ["circles", "xor", "moons", "spiral", "curve"])
def test_without_noise_a_toy_lies_in_its_square(name: str) -> None:
    points, _ = make_toy(name, n=1000, noise=0)
    assert np.abs(points).max() <= 5


@pytest.mark.parametrize("name", ["blobs", "spiral"])
@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_classes_are_as_many_as_asked_for(name: str, n_classes: int) -> None:
    _, y = make_toy(name, n=100, n_classes=n_classes)
    assert np.bincount(y).max() - np.bincount(y).min() <= 1
    assert len(np.bincount(y)) == n_classes


def test_classes_are_what_the_names_say() -> None:
    points, y = make_toy("circles", n=500, noise=0)
    radius = np.linalg.norm(points, axis=1)
    assert radius[y == 1].max() < radius[y == 0].min()
    for curve, f in CURVES.items():
        points, y = make_toy("curve", n=500, noise=0, curve=curve)
        np.testing.assert_array_equal(y, points[:, 1] > f(points[:, 0]))
    points, y = make_toy("xor", n=500, noise=0)
    np.testing.assert_array_equal(y, points[:, 0] * points[:, 1] > 0)


def test_noise_moves_points_by_its_deviation() -> None:
    still, moved = (make_toy("moons", n=1000, noise=noise)[0] for noise in (0, 0.5))
    assert (moved - still).std() == pytest.approx(0.5, rel=0.05)


def test_an_unknown_toy_is_refused() -> None:
    with pytest.raises(ValueError, match="name='cubes': choose one of circles, "):
        make_toy("cubes")


def test_inputs() -> None:
    names = ["x", "y", "x2", "y2", "xy", "sinx", "siny"]
    row = inputs_of(np.array([[2.0, 3.0]]), names)[0]
    np.testing.assert_array_equal(row, [2, 3, 4, 9, 6, np.sin(2), np.sin(3)])


def test_the_eight_rows_and_the_start_are_those_of_the_lesson() -> None:
    X, y = make_eight()
    W1, W2 = lesson_start()
    np.random.seed(42)  # noqa: NPY002 - as the lesson does
    np.testing.assert_array_equal(X, np.random.rand(8, 3))  # noqa: NPY002
    np.testing.assert_array_equal(W1, np.random.randn(3, 4))  # noqa: NPY002
    np.testing.assert_array_equal(W2, np.random.randn(4, 1))  # noqa: NPY002
    assert y.tolist() == [0, 1] * 4


# Planes


def test_centres_go_row_by_row_from_the_lowest_y() -> None:
    places = centres((-1, 1, 10, 30), 4)
    assert places.shape == (16, 2)
    np.testing.assert_allclose(places[:4, 0], [-0.75, -0.25, 0.25, 0.75])
    assert (places[:4, 1] == 12.5).all()
    assert places[-1].tolist() == [0.75, 27.5]


@pytest.mark.parametrize("name", TOYS)
def test_a_plane_of_points_has_all_of_them_inside(name: str) -> None:
    settings = settings_from(
        {"data": name, "noise": 1, "n": 1000, "stretch": 10, "features": ["xy", "x"]}
    )
    plane = plane_of(settings)
    left, right, bottom, top = plane.extent
    assert (plane.points >= [left, bottom]).all()
    assert (plane.points <= [right, top]).all()
    assert left <= -60
    assert top >= 6
    assert plane.inputs == ["x", "xy"]
    np.testing.assert_array_equal(plane.X, inputs_of(plane.points, ["x", "xy"]))
    np.testing.assert_array_equal(plane.grid(5), inputs_of(centres(plane.extent, 5), ["x", "xy"]))


def test_the_plane_of_the_eight_rows_goes_through_them() -> None:
    plane = EightPlane()
    mean, V = plane.X.mean(axis=0), principal_components(plane.X)
    np.testing.assert_allclose(V.T @ V, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(plane.points, (plane.X - mean) @ V)
    # What a place of the grid stands for is drawn at that place.
    np.testing.assert_allclose((plane.grid(6) - mean) @ V, centres(plane.extent, 6), atol=1e-12)
    spread = np.sort(np.linalg.eigvalsh(np.cov(plane.X.T)))[::-1]
    np.testing.assert_allclose(plane.points.var(axis=0, ddof=1), spread[:2])
    assert plane.projection is not None
    assert "principal components" in plane.projection


def test_the_same_share_of_each_class_is_held_out() -> None:
    settings = settings_from({"held_out": 0.25})
    y = np.array([0] * 80 + [1] * 20)
    rows, held_out = split(y, settings)
    assert np.bincount(y[rows]).tolist() == [60, 15]
    assert np.bincount(y[held_out]).tolist() == [20, 5]
    assert sorted([*rows, *held_out]) == list(range(100))
    assert len(split(y, settings_from({"held_out": 0}))[1]) == 0


def test_drawn_points() -> None:
    points, y = points_from([[0, 1.5, 2], [-6, 6, 0]])
    assert points.tolist() == [[0, 1.5], [-6, 6]]
    assert y.tolist() == [2, 0]
    plane = PointPlane(points, y, ("x", "y"))
    assert plane.classes == ["0", "1", "2"]
    assert PointPlane(points[:1], y[1:], ("x",)).classes == ["0", "1"]
    with pytest.raises(ValueError, match="fewer than two points"):
        plane_of(settings_from({"data": "points"}), points=points_from([]))
    with pytest.raises(ValueError, match="fewer than two points"):
        plane_of(settings_from({"data": "points"}))


@pytest.mark.parametrize(
    "values",
    [
        None, {}, "points", [[0, 0]], [[0, 0, 0, 0]], [[0, 0, 5]], [[0, 0, -1]], [[0, 0, 0.5]],
        [[0, 0, True]], [[True, 0, 0]], [[6.1, 0, 0]], [[0, float("nan"), 0]], [["0", 0, 0]],
        [[0, 0, 0]] * 1001, [[10**400, 0, 0]], [None],
    ],
)  # fmt: skip
def test_points_that_are_none_are_refused(values: Any) -> None:
    with pytest.raises(ValueError, match=r"\.$") as error:
        points_from(values)
    assert len(str(error.value)) < 150


def test_a_table_has_to_be_there() -> None:
    with pytest.raises(ValueError, match="without a table"):
        plane_of(settings_from({"data": "table"}))
