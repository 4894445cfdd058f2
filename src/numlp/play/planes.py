"""Planes: what the net is given of each row, and where in a plane the row is drawn."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..data.splits import RowNumbers, stratified_split
from .settings import Settings, found
from .toys import Classes, Points, inputs_of, make_eight, make_toy

Matrix = NDArray[np.float64]
Extent = tuple[float, float, float, float]  # left, right, bottom, top
EDGE = 6.0  # the page draws points from -6 to 6
MOST_POINTS, MOST_CLASSES = 1000, 5


class Plane(Protocol):
    """Rows to learn from, and the plane in which they and the net's answers are drawn.

    Attributes
    ----------
    X : array of shape (n, n_in)
        What the net is given, before it is scaled.
    y : array of shape (n,)
        Class of each row, 0, 1, ...
    classes, inputs, axes : list of str
        Names of the classes, of the columns of X, and of the two axes.
    extent : (left, right, bottom, top)
        Ends of the axes.
    points : array of shape (n, 2)
        Where each row is drawn.
    projection, note : str or None
        How rows of more than two numbers come into a plane; what else is to be known.
    """

    X: Matrix
    y: Classes
    classes: list[str]
    inputs: list[str]
    axes: list[str]
    extent: Extent
    points: Points
    projection: str | None
    note: str | None

    def grid(self, n: int) -> Matrix:
        """Rows for the net at the centres of n times n squares, (n², n_in), the lowest y first."""


def split(y: Classes, settings: Settings) -> tuple[RowNumbers, RowNumbers]:
    """The rows to learn from, and those held out: each class in the same shares."""
    return stratified_split(y, settings.held_out, np.random.default_rng(settings.seed))


def centres(extent: Extent, n: int) -> Points:
    """The centres of n times n squares of a plane, row by row from the lowest y, (n², 2).

    >>> centres((0, 2, 0, 20), 2).tolist()
    [[0.5, 5.0], [1.5, 5.0], [0.5, 15.0], [1.5, 15.0]]
    """
    left, right, bottom, top = extent
    steps = (np.arange(n) + 0.5) / n
    x, y = np.meshgrid(left + steps * (right - left), bottom + steps * (top - bottom))
    return np.stack([x.ravel(), y.ravel()], axis=1)


def around(points: Points, margin: float = 0.1) -> Extent:
    """The extent that has all points inside, with a margin."""
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.where(high > low, margin * (high - low), 1.0)
    (left, bottom), (right, top) = (low - room).tolist(), (high + room).tolist()
    return left, right, bottom, top


class PointPlane:
    """Points of a plane: toys, and those that were drawn by hand."""

    projection: str | None = None
    note: str | None = None

    def __init__(
        self, points: Points, y: Classes, features: tuple[str, ...], stretch: float = 1.0
    ) -> None:
        edge = max(EDGE, 1.05 * float(np.abs(points).max(initial=0)))
        self.points = points * [stretch, 1]
        self.y, self.features = y, features
        self.X = inputs_of(self.points, features)
        self.classes = [str(k) for k in range(max(2, int(y.max(initial=0)) + 1))]
        self.inputs, self.axes = list(features), ["x", "y"]
        self.extent = (-edge * stretch, edge * stretch, -edge, edge)

    def grid(self, n: int) -> Matrix:
        """Rows for the net at the centres of n times n squares, (n², n_in), the lowest y first."""
        return inputs_of(centres(self.extent, n), self.features)


class ProjectedPlane:
    """Rows of more than two numbers, seen along two principal components."""

    X: Matrix

    def project(self, X: Matrix, own: Matrix) -> None:
        """Draw the rows of X along the components of ``own``, which are among them."""
        self.X, self._mean = X, own.mean(axis=0)
        self._components = principal_components(own)
        self.points: Points = (X - self._mean) @ self._components
        self.extent = around(self.points)

    def grid(self, n: int) -> Matrix:
        """Rows for the net at the centres of n times n squares, (n², n_in), the lowest y first."""
        rows: Matrix = centres(self.extent, n) @ self._components.T + self._mean
        return rows


class EightPlane(ProjectedPlane):
    """The eight rows of the lesson, three numbers each, seen along two principal components."""

    projection: str | None = (
        "The eight rows have three features; the picture shows their first two principal "
        "components, and the net's answers where the third is 0."
    )
    note: str | None = None

    def __init__(self) -> None:
        X, self.y = make_eight()
        self.project(X, X)
        self.classes = ["0", "1"]
        self.inputs = ["feature 1", "feature 2", "feature 3"]
        self.axes = ["component 1", "component 2"]


def principal_components(X: Matrix) -> Matrix:
    """The two directions in which rows differ most, as columns (n_in, 2); the sign is fixed."""
    directions = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)[2][:2].T
    largest = np.abs(directions).argmax(axis=0)
    signs: Matrix = np.sign(directions[largest, range(directions.shape[1])])
    return directions * signs


def points_from(values: object) -> tuple[Points, Classes]:
    """Read drawn points from parsed JSON: a list of [x, y, class].

    Raises
    ------
    ValueError
        In one sentence, if a point is not of this form or out of bounds.
    """
    if not isinstance(values, list | tuple):
        raise ValueError(f"points is {found(values)}, but it has to be a list of [x, y, class].")
    if len(values) > MOST_POINTS:
        raise ValueError(f"points has {len(values):,} points, but {MOST_POINTS:,} are the most.")
    for number, point in enumerate(values):
        if not _is_point(point):
            raise ValueError(
                f"Point number {number} is not [x, y, class] with x and y from {-EDGE:g} to "
                f"{EDGE:g} and a class from 0 to {MOST_CLASSES - 1}."
            )
    table = np.array(values, np.float64).reshape(-1, 3)
    return table[:, :2], table[:, 2].astype(np.int64)


def _is_point(point: Any) -> bool:
    if not isinstance(point, list | tuple) or len(point) != 3:
        return False
    if any(isinstance(v, bool) or not isinstance(v, int | float) for v in point):
        return False
    x, y, k = point
    inside = all(-EDGE <= v <= EDGE for v in (x, y))  # not for NaN
    return inside and isinstance(k, int) and 0 <= k < MOST_CLASSES


class UserTable(Protocol):
    """A table of the person's own: it gives a plane, and says what it is."""

    def plane(self, settings: Settings) -> Plane:
        """The plane of the columns that the settings name, or of all.

        A ValueError says in one sentence why there is none.
        """

    def facts(self) -> dict[str, Any]:
        """Its name, its columns and its target, as JSON."""


def plane_of(
    settings: Settings,
    table: UserTable | None = None,
    points: tuple[Points, Classes] | None = None,
) -> Plane:
    """The plane that the settings ask for.

    Raises
    ------
    ValueError
        If there is no table, or fewer than two drawn points.
    """
    if settings.data == "table":
        if table is None:
            raise ValueError("data is 'table', but the playground was started without a table.")
        return table.plane(settings)
    if settings.data == "eight":
        return EightPlane()
    if settings.data == "points":
        if points is None or len(points[0]) < 2:
            raise ValueError("There are fewer than two points: draw some of each class first.")
        return PointPlane(*points, settings.features, settings.stretch)
    toy = make_toy(
        settings.data,
        settings.n,
        settings.noise,
        settings.seed,
        settings.classes,
        settings.curve,
    )
    return PointPlane(*toy, settings.features, settings.stretch)
