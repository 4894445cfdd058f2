"""Toy tables: points in a plane, of which each set shows one thing about nets."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]  # (n, 2)
Classes = NDArray[np.int64]  # (n,), 0, 1, ...
Toy = tuple[Points, Classes]

REACH = 5.0  # toys without noise lie in the square from -5 to 5
TURNS = 1.5  # of an arm of the spiral with two classes
CURVES: dict[str, Callable[[Points], Points]] = {
    "line": lambda x: 0.6 * x,
    "parabola": lambda x: x**2 / 3 - 3,
    "sine": lambda x: 3 * np.sin(x),
    "cubic": lambda x: (x**3 - 12 * x) / 8,
}


def make_toy(
    name: str,
    n: int = 200,
    noise: float = 0.1,
    seed: int = 0,
    n_classes: int = 2,
    curve: str = "sine",
) -> tuple[Points, Classes]:
    """Make n points, (n, 2), and the class of each, (n,).

    Parameters
    ----------
    name : "circles", "xor", "moons", "blobs", "spiral" or "curve"
    n : int
    noise : float, 0 to 1
        Deviation of what is added to both coordinates, after the class is known.
    seed : int
        The same seed makes the same points.
    n_classes : int
        Of blobs and spiral; the others have two.
    curve : "line", "parabola", "sine" or "cubic"
        Of the toy "curve": class 1 lies above it.

    Examples
    --------
    >>> points, y = make_toy("xor", n=100, noise=0, seed=1)
    >>> bool(((points[:, 0] * points[:, 1] > 0) == y).all())
    True
    """
    rng = np.random.default_rng(seed)
    toys: dict[str, Callable[[], Toy]] = {
        "circles": lambda: _circles(n, rng),
        "xor": lambda: _xor(n, rng),
        "moons": lambda: _moons(n, rng),
        "blobs": lambda: _blobs(n, rng, n_classes),
        "spiral": lambda: _spiral(n, rng, n_classes),
        "curve": lambda: _curve(n, rng, curve),
    }
    if name not in toys:
        raise ValueError(f"name={name!r}: choose one of {', '.join(toys)}")
    points, y = toys[name]()
    return points + noise * rng.standard_normal(points.shape), y


def _dealt(n: int, n_classes: int) -> Classes:
    """The class of each of n rows, in turn: as many of each as can be."""
    return np.arange(n) % n_classes


def _round(radius: Points, angle: Points) -> Points:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _circles(n: int, rng: np.random.Generator) -> Toy:
    """A disc inside a ring."""
    y = _dealt(n, 2)
    radius = np.where(y == 1, 2 * np.sqrt(rng.random(n)), rng.uniform(3.2, REACH, n))
    return _round(radius, rng.uniform(0, 2 * math.pi, n)), y


def _xor(n: int, rng: np.random.Generator) -> Toy:
    """Four squares: class 1 where x and y have the same sign."""
    points = rng.uniform(0.4, REACH, (n, 2)) * rng.choice([-1.0, 1.0], (n, 2))
    return points, (points[:, 0] * points[:, 1] > 0).astype(np.int64)


def _moons(n: int, rng: np.random.Generator) -> Toy:
    """Two half circles that reach into each other."""
    y = _dealt(n, 2)
    points = _round(np.full(n, 3.0), rng.uniform(0, math.pi, n))
    points[y == 1] = [3, 1.5] - points[y == 1]
    return points - [1.5, 0.75], y


def _blobs(n: int, rng: np.random.Generator, n_classes: int) -> Toy:
    """A cloud of points for each class."""
    y = _dealt(n, n_classes)
    centers = _round(np.full(n, 3.0), 2 * math.pi * y / n_classes + 0.6)
    return centers + 0.8 * rng.standard_normal((n, 2)), y


def _spiral(n: int, rng: np.random.Generator, n_classes: int) -> Toy:
    """An arm for each class, wound round the others."""
    y = _dealt(n, n_classes)
    along = np.sqrt(rng.uniform(0.01, 1, n))  # even along the arm, which gets longer outwards
    angle = 2 * math.pi * (along * TURNS * 2 / n_classes + y / n_classes)
    return _round(REACH * along, angle), y


def _curve(n: int, rng: np.random.Generator, curve: str) -> Toy:
    """Points below and above a curve."""
    points = rng.uniform(-REACH, REACH, (n, 2))
    return points, (points[:, 1] > CURVES[curve](points[:, 0])).astype(np.int64)


def inputs_of(points: Points, names: Sequence[str]) -> Points:
    """What a net is given of points, (n, 2): a column for each name.

    >>> inputs_of(np.array([[2.0, 3.0]]), ["x", "x2", "xy"])
    array([[2., 4., 6.]])
    """
    x, y = points.T
    columns = {
        "x": x,
        "y": y,
        "x2": x * x,
        "y2": y * y,
        "xy": x * y,
        "sinx": np.sin(x),
        "siny": np.sin(y),
    }
    return np.stack([columns[name] for name in names], axis=1)


def make_eight() -> tuple[NDArray[np.float64], Classes]:
    """The eight rows of the lesson, (8, 3), whose labels follow no rule."""
    return np.random.RandomState(42).random_sample((8, 3)), _dealt(8, 2)


def lesson_start() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The weights that the lesson starts from: W1, (3, 4), and W2, (4, 1)."""
    state = np.random.RandomState(42)
    state.random_sample((8, 3))  # its features, drawn before
    return state.standard_normal((3, 4)), state.standard_normal((4, 1))
