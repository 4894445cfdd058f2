"""A table of one's own in the playground: which are taken, and where rows and answers are drawn."""

from typing import Any

import numpy as np
import pytest

from numlp.data.columns import as_columns
from numlp.data.labels import encode_labels
from numlp.errors import DataError
from numlp.play.learner import Learner
from numlp.play.planes import split
from numlp.play.settings import Settings, settings_from
from numlp.play.user_table import MOST_ROWS, UserTable, user_table
from numlp.table.table import Table

RNG = np.random.default_rng(7)
N = 60
WIDE = {
    "size": RNG.normal(5, 2, N),
    "hue": RNG.choice(["blue", "green", "red"], N).astype(object),
    "is_new": RNG.integers(0, 2, N).astype(float),
    "when": np.datetime64("2021-03-01", "ms") + RNG.integers(0, 900, N) * np.timedelta64(1, "D"),
    "grade": RNG.choice(["low", "mid", "high"], N).astype(object),
    "note": np.array([f"{word} is said of it at length" for word in RNG.integers(0, 9**6, N)]),
    "name": np.array([f"n{i % 30}" for i in range(N)], dtype=object),
}
KINDS = {"grade": "ordered:low,mid,high", "name": "category", "note": "text"}
Y = np.where(WIDE["size"] > 5, "big", "small")


def table_of(columns: dict[str, Any], y: Any = Y, **more: Any) -> UserTable:
    given: dict[str, Any] = {"name": "t.csv", "target": "y", **more}
    return user_table(as_columns(columns), encode_labels(y), **given)


@pytest.fixture(scope="module")
def table() -> UserTable:
    return table_of(WIDE, kinds=KINDS)


def at(*columns: str, **more: Any) -> Settings:
    return settings_from({"data": "table", "columns": [*columns] or None, **more})


# Which tables are taken


@pytest.mark.parametrize(
    ("y", "told"),
    [
        (["a"] * N, "has one class, 'a', and the playground draws 2 to 5"),
        ([f"c{i % 6}" for i in range(N)], "has 6 classes, and the playground draws 2 to 5"),
    ],
)
def test_a_target_of_one_class_or_of_more_than_five_is_refused(y: list[str], told: str) -> None:
    with pytest.raises(DataError, match="t.csv: the target 'y' " + told):
        table_of(WIDE, y)


@pytest.mark.parametrize("n_classes", [2, 3, 4, 5])
def test_two_to_five_classes_are_taken(n_classes: int) -> None:
    y = [f"c{i % n_classes}" for i in range(N)]
    plane = table_of(WIDE, y).plane(at("size", "hue"))
    assert plane.classes == [f"c{k}" for k in range(n_classes)]


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"size": WIDE["size"]}, "'size'"),
        ({"size": WIDE["size"], "same": np.ones(N)}, "'size'"),
        ({"same": np.ones(N), "none": np.full(N, np.nan)}, "no column"),
    ],
)
def test_a_table_without_two_columns_to_learn_from_is_refused(
    columns: dict[str, Any], found: str
) -> None:
    with pytest.raises(DataError, match=f"t.csv has {found} to learn from beside the target 'y'"):
        table_of(columns)


def test_a_large_table_is_a_stated_sample_the_same_each_time() -> None:
    n = 3 * MOST_ROWS
    columns = {"a": RNG.normal(size=n), "b": RNG.normal(size=n), "row": np.arange(n) % 7919 / 2}
    y = np.where(np.arange(n) < 3, "rare", "usual")
    one, other = table_of(columns, y), table_of(columns, y)
    assert one.columns.n_rows == len(one.y) == MOST_ROWS
    assert one.note == (
        "5,000 of the 15,000 rows of t.csv, drawn at random with the seed 0, each class in its "
        "share"
    )
    assert (one.columns["a"] == other.columns["a"]).all()
    assert (one.y == 0).sum() == 1
    assert one.columns["row"][one.y == 0] <= 1  # that row is one of the first three
    assert one.plane(at("a", "b")).note == one.note + "."


def test_a_table_of_very_many_numbers_a_row_is_refused_with_what_to_do() -> None:
    wide = {f"c{j}": RNG.normal(size=N) for j in range(129)}
    with pytest.raises(DataError, match=r"becomes 129 numbers .* 128: .* --column c0=ignore"):
        table_of(wide)


def test_what_can_be_an_axis_is_told_and_no_text_nor_category_of_many_words(
    table: UserTable,
) -> None:
    assert table.facts() == {
        "name": "t.csv",
        "target": "y",
        "columns": ["size", "hue", "is_new", "when", "grade"],
    }


# Two columns


def test_numbers_are_drawn_as_they_are_and_words_at_whole_numbers(table: UserTable) -> None:
    plane = table.plane(at("size", "hue"))
    assert plane.axes == ["size", "hue (0 blue, 1 green, 2 red)"]
    assert (plane.points[:, 0] == WIDE["size"]).all()
    order = ["blue", "green", "red"]
    assert plane.points[:, 1].tolist() == [order.index(word) for word in WIDE["hue"]]
    assert plane.extent[2:] == (-0.5, 2.5)
    assert plane.extent[0] < WIDE["size"].min() < WIDE["size"].max() < plane.extent[1]
    assert plane.projection is None
    assert plane.note is None


def test_the_axes_stand_in_the_order_that_was_asked_for(table: UserTable) -> None:
    assert table.plane(at("hue", "size")).axes == ["hue (0 blue, 1 green, 2 red)", "size"]


def test_levels_are_in_their_order_and_times_in_years(table: UserTable) -> None:
    plane = table.plane(at("when", "grade"))
    assert plane.axes == ["when (years)", "grade (0 low, 1 mid, 2 high)"]
    order = ["low", "mid", "high"]
    assert plane.points[:, 1].tolist() == [order.index(word) for word in WIDE["grade"]]
    years = WIDE["when"].astype("datetime64[Y]").astype(int) + 1970
    assert np.abs(plane.points[:, 0] - years - 0.5).max() < 0.51


def test_the_grid_is_made_of_raw_cells_encoded_as_the_rows_are(table: UserTable) -> None:
    """A square of the grid that lies at a row's own cells is what the row is for the net."""
    for names in (("size", "hue"), ("is_new", "grade"), ("when", "is_new"), ("grade", "when")):
        plane = table.plane(at(*names, held_out=0))
        grid, n = plane.grid(400), 400
        left, right, bottom, top = plane.extent
        steps = [(right - left) / n, (top - bottom) / n]
        across, up = (
            np.clip(((plane.points[:, j] - start) / step).astype(int), 0, n - 1)
            for j, (start, step) in enumerate(zip((left, bottom), steps, strict=True))
        )
        far = np.abs(grid[up * n + across] - plane.X).max(axis=0)
        # The days of a square differ by their weekday, and may by their month.
        exact = [not name.startswith("when ") for name in plane.inputs]
        assert (far[exact] < 0.05).all(), names
        assert grid.shape == (n * n, len(plane.inputs))


def test_words_of_the_grid_are_those_of_the_nearest_whole_number(table: UserTable) -> None:
    plane = table.plane(at("size", "hue", held_out=0))
    rows = plane.grid(30).reshape(30, 30, -1)  # ten squares up for each word
    flags = [plane.inputs.index(f"hue={word}") for word in ("blue", "green", "red")]
    assert (rows[:, 0][:, flags] == np.repeat(np.eye(3), 10, axis=0)).all()


def test_missing_cells_are_drawn_at_the_edge_and_said_and_learned_from() -> None:
    size, hue = WIDE["size"].copy(), WIDE["hue"].copy()
    size[[3, 5]], hue[7] = np.nan, None
    plane = table_of({"size": size, "hue": hue}).plane(at("size", "hue", held_out=0))
    left, right, bottom, top = plane.extent
    assert np.isfinite(plane.points).all()
    assert (plane.points[[3, 5], 0] < left + 0.05 * (right - left)).all()
    assert plane.points[7, 1] < bottom + 0.05 * (top - bottom)
    assert (plane.points[[0, 1], 0] > left + 0.05 * (right - left)).all()
    assert plane.note is not None
    assert "2 rows have no value of 'size'" in plane.note
    assert "1 row has no value of 'hue'" in plane.note
    flag = plane.inputs.index("size is missing")
    assert plane.X[:, flag].nonzero()[0].tolist() == [3, 5]


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (["size", "nothing"], "columns has 'nothing', which is none of the columns"),
        (["size", "note"], "columns has 'note'"),
        (["size", "name"], "columns has 'name'"),
        (["y", "size"], "columns has 'y'"),
        (["size", "size"], "columns has 'size' twice"),
    ],
)
def test_columns_that_cannot_be_drawn_are_refused_in_words(
    columns: list[str], told: str, table: UserTable
) -> None:
    with pytest.raises(ValueError, match=told):
        table.plane(at(*columns))


def test_a_column_that_says_nothing_in_the_training_rows_is_refused() -> None:
    settings = at("size", "flag", held_out=0.5)
    _, held_out = split(encode_labels(Y).y, settings)
    flag = np.ones(N)
    flag[held_out] = RNG.normal(size=len(held_out))  # but in those held out it does
    with pytest.raises(DataError, match="The column 'flag' has no axis"):
        table_of({"size": WIDE["size"], "flag": flag}).plane(settings)


# All columns


def test_all_columns_are_seen_along_two_principal_components_and_it_is_said(
    table: UserTable,
) -> None:
    plane = table.plane(at(held_out=0))
    assert plane.note == "Not learned from: 'name', with too many different words."
    spread = plane.X.var(axis=0).sum()
    shares = plane.points.var(axis=0) / spread
    assert plane.projection is not None
    assert f"which hold {shares.sum():.0%} of the spread" in plane.projection
    assert plane.axes == [f"component {j + 1} ({share:.0%})" for j, share in enumerate(shares)]
    assert shares[0] >= shares[1]
    values = np.linalg.svd(plane.X - plane.X.mean(axis=0), compute_uv=False) ** 2
    np.testing.assert_allclose(shares, values[:2] / values.sum())


def test_the_grid_lies_in_the_plane_of_the_components(table: UserTable) -> None:
    plane = table.plane(at(held_out=0))
    grid = plane.grid(8)
    assert np.linalg.matrix_rank(grid - grid.mean(axis=0)) == 2
    assert grid.shape == (64, plane.X.shape[1]) == (64, len(plane.inputs))


# The training rows alone


@pytest.mark.parametrize("columns", [("size", "hue"), ()])
def test_the_encoding_is_learned_from_the_training_rows_alone(columns: tuple[str, ...]) -> None:
    settings = at(*columns, held_out=0.4)
    training, held_out = split(encode_labels(Y).y, settings)
    changed = {"size": WIDE["size"].copy(), "hue": WIDE["hue"].copy()}
    changed["size"][held_out] += 1000
    one = table_of({name: WIDE[name] for name in changed}).plane(settings)
    other = table_of(changed).plane(settings)
    assert (one.X[training] == other.X[training]).all()
    assert one.inputs == other.inputs
    assert one.axes == other.axes
    assert one.projection == other.projection


def test_the_learner_holds_out_the_rows_that_the_encoding_did_not_see(table: UserTable) -> None:
    settings = at("size", "hue", seed=3)
    training, held_out = split(table.y, settings)
    setup = Learner(settings, table).setup()
    assert [row for row, point in enumerate(setup["points"]) if point[3]] == held_out.tolist()
    own = Table.fit({name: WIDE[name][training] for name in ("size", "hue")})
    plane = table.plane(settings)
    assert (own.transform(WIDE) == plane.X).all()


def test_a_learner_learns_from_the_table(table: UserTable) -> None:
    for columns in (("size", "hue"), ()):
        learner = Learner(at(*columns, rate=0.05), table)
        before = learner.frame().facts["train_loss"]
        for _ in range(20):
            learner.epoch()
        assert learner.frame().facts["train_loss"] < before
        assert learner.setup()["table"] == table.facts()
