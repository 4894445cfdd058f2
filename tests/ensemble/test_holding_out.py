"""Which rows each net holds out, by group, by time and by rows of one's own."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from numlp.data.columns import as_columns
from numlp.data.samples import Samples
from numlp.ensemble import shares
from numlp.ensemble.holding_out import HoldingOut
from numlp.ensemble.recipe import RECIPES, Recipe
from numlp.ensemble.roles import part, roles_of
from numlp.ensemble.shares import Member, share_rows
from numlp.errors import DataError

N = 60
RNG = np.random.default_rng(0)
Y = np.tile([0, 1], N // 2)
GROUPS = RNG.integers(0, 12, N)
TIMES = RNG.permutation(N) // 2
SMALL = Recipe(n_folds=3, n_bagged=3, frequency_bands=((0.1, 0.1), (1.0, 1.0)))
SAMPLES = Samples(np.zeros((N, 1), np.float32), Y, None)


def members_of(holding: HoldingOut, recipe: Recipe = SMALL, *, asked: bool = True) -> list[Member]:
    recipe = holding.recipe(recipe, is_asked=asked)
    members = share_rows(SAMPLES, 2, recipe, np.random.default_rng(0), holding)
    assert len(members) == recipe.n_members
    return members


def test_no_group_is_both_learned_from_and_held_out_and_each_row_is_held_out_once_a_band() -> None:
    members = members_of(HoldingOut("group", GROUPS))
    for member in members:
        assert not set(GROUPS[member.training]) & set(GROUPS[member.held_out])
        assert member.is_kept
    for band in (0, 1):
        own = [m.held_out for m in members if m.band == band]
        assert sorted(np.concatenate(own)) == list(range(N))


def test_more_nets_than_folds_deal_the_groups_anew() -> None:
    recipe = replace(SMALL, n_bagged=6, frequency_bands=((0.1, 1.0),))
    members = members_of(HoldingOut("group", GROUPS), recipe)
    assert [set(m.held_out) for m in members[:3]] != [set(m.held_out) for m in members[3:]]


def test_rows_held_out_by_time_are_later_than_those_learned_from() -> None:
    members = members_of(HoldingOut("time", TIMES), replace(SMALL, n_folds=5, n_bagged=5))
    asked, kept = [[m for m in members if m.is_kept is keep] for keep in (False, True)]
    assert (len(asked), len(kept)) == (4, 10)  # two stretches in each of two bands
    for member in asked:
        assert TIMES[member.training].max() < TIMES[member.held_out].min()
    assert [len(m.held_out) for m in asked] == [12, 12, 12, 12]
    assert max(TIMES[m.held_out].max() for m in asked) == TIMES.max()
    for member in kept:  # the model has learned from the latest rows too
        assert member.training.tolist() == list(range(N))
        assert not len(member.held_out)


@pytest.mark.parametrize(("quality", "n_stretches"), [("fast", 1), ("balanced", 2), ("best", 2)])
def test_by_time_as_many_nets_are_kept_as_there_would_be(quality: str, n_stretches: int) -> None:
    usual = RECIPES[quality]
    recipe = HoldingOut("time", np.arange(1000)).recipe(usual, is_asked=False)
    assert (recipe.n_bagged, recipe.n_refit) == (n_stretches, usual.n_bagged)
    assert recipe.n_folds == 5


@pytest.mark.parametrize("n_members", [1, 2, 3, 7])
def test_a_time_limit_leaves_a_net_that_holds_out_and_one_that_learns_from_all(
    n_members: int,
) -> None:
    holding = HoldingOut("time", np.arange(100))
    cut = holding.cut(holding.recipe(RECIPES["balanced"], is_asked=False).with_members(n_members))
    assert cut.n_members == max(2, n_members)
    assert cut.n_bagged == 1
    assert holding.cut(cut) == cut


def test_where_two_times_are_all_there_is_one_stretch() -> None:
    members = members_of(HoldingOut("time", np.arange(N) // 40), replace(SMALL, n_bagged=5))
    held_out = {tuple(m.held_out.tolist()) for m in members if not m.is_kept}
    assert held_out == {tuple(range(40, N))}


def test_a_class_of_one_group_is_learned_from_and_not_scored() -> None:
    y = Y.copy()
    y[GROUPS == 3] = 2
    recipe, holding = replace(SMALL, n_bagged=3), HoldingOut("group", GROUPS)
    members = share_rows(replace(SAMPLES, y=y), 3, recipe, np.random.default_rng(0), holding)
    assert not any((y[m.held_out] == 2).any() for m in members)
    assert sum((y[m.training] == 2).any() for m in members) == 4  # of 6: two hold the group out


def test_where_each_class_is_of_one_group_nothing_can_be_held_out() -> None:
    holding = HoldingOut("group", Y, "sort")
    with pytest.raises(DataError, match="groups='sort' leaves nothing to choose by: each class is"):
        holding.shares(Y, holding.recipe(SMALL, is_asked=True), np.random.default_rng(0))


def test_rows_of_ones_own_are_held_out_by_every_net() -> None:
    members = members_of(
        HoldingOut("X_val", np.repeat([0, 1], [50, 10])), replace(SMALL, n_refit=1)
    )
    assert len(members) == 8
    for member in members:
        assert member.training.tolist() == list(range(50))
        assert member.held_out.tolist() == list(range(50, N))


def test_of_very_many_rows_held_out_a_part_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "MOST_ASKED", 10)
    for holding in (HoldingOut("group", GROUPS), HoldingOut("time", TIMES)):
        members = members_of(holding)
        assert len(set(np.concatenate([m.held_out for m in members]))) == 10
        assert {len(m.training) for m in members} == {len(m.training) for m in members_of(holding)}


def test_blocks_of_time_are_clusters_and_groups_are() -> None:
    rows = np.arange(40, N)
    clusters = HoldingOut("time", np.arange(N)).clusters(rows)
    assert clusters is not None
    assert np.bincount(clusters).tolist() == [10, 10]
    assert HoldingOut("time", np.arange(N)).clusters(rows[:15]) is None
    found = HoldingOut("group", GROUPS).clusters(rows)
    assert found is not None
    assert len(np.unique(found)) == len(np.unique(GROUPS[rows])) == found.max() + 1
    assert HoldingOut("X_val", np.repeat([0, 1], [50, 10])).clusters(rows) is None


# Roles


TABLE = as_columns(
    {
        "who": ["a", "b", " a", "b"],
        "when": ["2024-01-02", "2024-01-01", "2024-01-03T10:00", "2024-01-01"],
        "year": [3, 1, 2, 2],
        "w": ["1", "0", "0.5", "2"],
        "blank": ["a", "", "b", None],
        "hole": [1.0, None, 2.0, 3.0],
        "same": [1, 1, 1, 1],
    }
)


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        ({"groups": "who"}, [0, 1, 0, 1]),  # blanks around words do not count
        ({"groups": [7, 7, 1, 7]}, [1, 1, 0, 1]),
        ({"groups": np.array(["2024-01-01", "2024-01-02"] * 2, "M8[D]")}, [0, 1, 0, 1]),
        ({"groups": [True, False, True, False]}, [1, 0, 1, 0]),
        ({"groups": np.array([[7], [7], [1], [7]])}, [1, 1, 0, 1]),
        ({"time": "when"}, [1, 0, 2, 0]),
        ({"time": "year"}, [2, 0, 1, 1]),
        ({"time": ["9", "10", "2", "2"]}, [1, 2, 0, 0]),  # numbers, not words
        ({"time": np.array([3.5, -1, 2, 9])}, [2, 0, 1, 3]),
    ],
    ids=str,
)
def test_groups_and_times_are_numbered(given: dict[str, Any], numbers: list[int]) -> None:
    holding = roles_of(TABLE, {}, **given).holding
    assert holding is not None
    assert holding.numbers.tolist() == numbers


def test_weights_may_be_a_column_and_a_named_column_is_set_aside_unless_it_is_asked_for() -> None:
    roles = roles_of(TABLE, {"who": "category"}, groups="who", sample_weight="w")
    assert roles.weight.tolist() == [1, 0, 0.5, 2]
    assert roles.columns == {"groups": "who", "sample_weight": "w"}
    assert roles.aside == {"w": "says how much each row weighs"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"groups": "blank"}, "column 'blank' is missing in row 2, and in 1 other row: give each"),
        ({"groups": [1, None, 2, 2]}, "groups is missing in row 2: give each row a group"),
        ({"groups": "hole"}, "column 'hole' is missing in row 2: give"),
        ({"time": "hole"}, "column 'hole' is missing in row 2: give each row a time"),
        ({"groups": [1, 2]}, "groups has 2 values, and the table 4 rows"),
        ({"time": [1, 2]}, "time has 2 values, and the table 4 rows"),
        ({"groups": "same"}, "column 'same' has one group, '1', in all rows"),
        ({"time": "same"}, "column 'same' has one time, '1', in all rows"),
        ({"time": "who"}, "column 'who' cannot be put in the order of time: its cells are words"),
        ({"time": ["v1", "v2", "w3", "v1"]}, "time cannot be put in the order of time: column"),
        ({"groups": np.zeros((4, 2))}, "groups has 2 values for each row, and one is needed"),
        (
            {"time": ["May", None, "June", "May"]},
            "time cannot be put in the order of time: its cells are words without a digit",
        ),
        ({"time": ["2024-01-01"] * 3 + ["soon"]}, "time has 'soon' in row 4, which is no time"),
        ({"groups": "woh"}, "the table has no column 'woh': did you mean 'who'?"),
        ({"sample_weight": "who"}, "column 'who' has 'a' in row 1: a weight is a number"),
        ({"sample_weight": "hole"}, "column 'hole' has 'missing' in row 2: a weight"),
    ],
    ids=str,
)
def test_a_role_that_cannot_be_is_refused_by_name_and_row(given: dict[str, Any], told: str) -> None:
    with pytest.raises(DataError) as caught:
        roles_of(TABLE, {}, **given)
    assert told in str(caught.value)


def test_rows_are_called_as_a_file_calls_them() -> None:
    with pytest.raises(DataError, match="missing in row 70"):
        roles_of(TABLE, {}, groups="hole", rows=np.array([60, 70, 80, 90]))


def test_a_name_needs_a_table_with_names() -> None:
    with pytest.raises(DataError, match="groups='who' names a column, but the table has no names"):
        roles_of(as_columns(np.zeros((4, 2))), {}, groups="who")


def test_a_group_of_its_own_for_each_row_is_no_group() -> None:
    with pytest.warns(UserWarning, match="column 'w' has a group of its own for each row"):
        assert roles_of(TABLE, {}, groups="w").holding is None


def test_a_part_of_a_role_is_of_these_rows() -> None:
    assert part("who", np.array([0])) == "who"
    assert part(None, np.array([0])) is None
    assert part(["a", "b", "c"], np.array([2, 0])).tolist() == ["c", "a"]
    assert part(2.0, np.array([0])) == 2.0
