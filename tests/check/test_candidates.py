"""Columns by which rows may have to be held out: customers, and times along which things drift."""

import numpy as np
import pytest

from numlp.check import check_table
from numlp.check.alike import agreement, trait_of
from numlp.check.candidates import candidates
from numlp.check.drift import drifts
from numlp.check.repeats import repeats
from numlp.data.columns import as_columns

RNG = np.random.default_rng(0)
N_CUSTOMERS, N_VISITS = 40, 6
WHO = np.arange(N_CUSTOMERS).repeat(N_VISITS)
N = len(WHO)
LIKES = (RNG.random(N_CUSTOMERS) < 0.5).astype(int)[WHO]
NUMBER = RNG.permutation(N_CUSTOMERS)[WHO]
NAME = np.char.add("c", NUMBER.astype(str))
TRAITS = {f"trait {j}": RNG.normal(size=N_CUSTOMERS)[WHO] for j in range(3)}
VISIT = {f"visit {j}": RNG.normal(size=N) for j in range(3)}
DAY = np.datetime64("2024-01-01") + np.arange(N)
RISING = (RNG.random(N) < np.linspace(0.1, 0.9, N)).astype(int)
COIN = RNG.integers(0, 2, N)


def groups(table: dict[str, object], y: object = LIKES) -> list[str]:
    columns = as_columns(table).columns
    return [found.column for found in repeats(columns, np.asarray(y, np.intp))]


def times(table: dict[str, object], y: object, target: str = "y", **kinds: str) -> list[str]:
    columns = as_columns(table).columns
    found = drifts(columns, np.asarray(y, np.intp), kinds, target)
    return [each.column for each in found if each.drifts]


# Groups


@pytest.mark.parametrize("cells", [NAME, NUMBER, NUMBER.astype(float), NUMBER.astype(str)])
def test_a_column_whose_values_repeat_over_rows_alike_is_found_in_any_form(cells: object) -> None:
    assert groups({"who": cells, **TRAITS, **VISIT}) == ["who"]


def test_rows_that_differ_in_most_columns_are_alike_only_under_a_name_of_someone() -> None:
    assert groups({"customer_id": NAME, **VISIT}) == ["customer_id"]
    assert groups({"customerName": NAME, **VISIT}) == ["customerName"]
    assert groups({"shop": NAME, **VISIT}) == []


def test_rows_that_do_not_agree_in_their_class_are_no_groups() -> None:
    assert groups({"customer": NAME, **TRAITS, **VISIT}, COIN) == []


def test_few_values_are_a_category_and_values_that_hardly_repeat_are_names_of_rows() -> None:
    city = WHO // 4  # 10 cities
    assert groups({"customer": city.astype(str), **TRAITS}, LIKES[city * 4 * N_VISITS]) == []
    rare = np.where(np.arange(N) < 0.6 * N, np.arange(N) + 1000, NUMBER)
    assert groups({"customer": rare, **TRAITS, **VISIT}) == []


def test_a_measured_whole_number_is_no_name_although_rows_of_one_value_are_alike() -> None:
    size = np.sort(RNG.integers(0, 60, N))
    like_it = {f"{k} sizes": k * size + RNG.normal(0, 2, N) for k in range(1, 4)}
    assert groups({"size": size, **like_it}, size > 30) == []
    names = RNG.permutation(60)[size]  # the same rows together, under numbers that say nothing
    assert groups({"number": names, **like_it}, size > 30) == ["number"]


@pytest.mark.parametrize("hole", [None, "", "NA"])
def test_a_column_with_a_missing_cell_names_no_groups(hole: object) -> None:
    cells = NAME.astype(object)
    cells[7] = hole
    assert groups({"who": cells, **TRAITS, **VISIT}) == []


def test_fractions_and_times_and_vectors_and_a_few_rows_name_no_groups() -> None:
    cells = [NUMBER / 7, (NUMBER / 7).astype(str), DAY[NUMBER], list(np.eye(N_CUSTOMERS)[WHO])]
    for each in cells:
        assert groups({"who": each, **TRAITS, **VISIT}) == []
    few = {name: cells[:48] for name, cells in {"who": NAME, **TRAITS}.items()}
    assert groups(few, LIKES[:48]) == []


def test_of_many_rows_some_values_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numlp.check.repeats.MAX_ROWS", 150)
    assert groups({"who": NAME, **TRAITS, **VISIT}) == ["who"]


def test_of_a_large_table_stretches_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numlp.check.candidates.MAX_CELLS", 180 * 7)
    table = as_columns({"who": NAME, **TRAITS, **VISIT})
    found = candidates(table.columns, LIKES, {}, "y")
    assert [each.column for each in found] == ["who"]


# Times


@pytest.mark.parametrize(
    "cells",
    [
        DAY,
        DAY.astype(str),
        [f"{day.day}.{day.month}.{day.year}" for day in DAY.tolist()],
        DAY[::-1],
    ],
)
def test_a_column_of_dates_along_which_the_classes_drift_is_found_in_any_form(
    cells: object,
) -> None:
    assert times({"when": cells, **VISIT}, RISING) == ["when"]


def test_dates_along_which_nothing_drifts_are_not_named() -> None:
    assert times({"when": DAY, **VISIT}, COIN) == []


def test_columns_may_drift_where_the_classes_do_not() -> None:
    drifting = {"price": np.arange(N) + RNG.normal(0, 60, N)}
    assert times({"when": DAY, **VISIT, **drifting}, COIN) == ["when"]
    copy = {"year": np.arange(N) / 365}  # the time in other words
    assert times({"when": DAY, **VISIT, **copy}, COIN) == []


def test_numbers_are_times_where_they_are_called_so_and_stand_in_order() -> None:
    assert times({"Time": np.arange(N), **VISIT}, RISING) == ["Time"]
    assert times({"size": np.arange(N), **VISIT}, RISING) == []
    mixed = RNG.permutation(N)
    assert times({"time": np.arange(N)[mixed]}, RISING[mixed]) == []
    years = 1990 + np.arange(N) // 12
    assert times({"year": years[mixed]}, RISING[mixed]) == ["year"]
    assert times({"year": (years - 1900)[mixed]}, RISING[mixed]) == []


def test_how_long_someone_was_watched_is_no_time_although_rows_stand_in_its_order() -> None:
    rng = np.random.default_rng(1)
    lived, left = rng.exponential(900, N), rng.uniform(200, 2000, N)
    seen = np.minimum(lived, left).astype(int)
    order = np.argsort(seen)
    status = (lived <= left).astype(int)[order]
    watched = {"time": seen[order], "age": rng.integers(30, 90, N)}
    assert times(watched, status) == ["time"]  # nothing says what it is
    for target in ("status", "DEATH_EVENT", "isDead"):
        assert times(watched, status, target) == []
        assert times({**watched, target: status}, status) == []
    assert times({"survivalTime": seen[order]}, status) == []
    assert times({"timestamp": seen[order]}, status, "status") == ["timestamp"]
    assert times({"time": DAY}, RISING, "status") == ["time"]
    columns = as_columns(watched).columns
    found = {of: [*candidates(columns, status, {}, of)] for of in ("y", "status")}
    assert ([each.role for each in found["y"]], found["status"]) == (["time"], [])


def test_a_column_asked_for_as_dates_is_one_and_one_with_holes_or_few_times_is_not() -> None:
    words = np.array([f"{d.day:02}{d.month:02}{d.year}" for d in DAY.tolist()])
    assert times({"when": words}, RISING) == []
    assert times({"when": words}, RISING, when="date:%d%m%Y") == ["when"]
    assert (
        times({"when": np.where(np.arange(N) == 9, np.datetime64("NaT", "ms"), DAY)}, RISING) == []
    )
    assert times({"when": DAY[np.arange(N) // 60]}, RISING) == []


# Both


def test_agreement_is_none_of_dealt_rows_and_all_of_equal_ones() -> None:
    values = RNG.normal(size=N)
    for trait in (trait_of(values), trait_of((values > 0).astype(str).astype(object))):
        assert abs(agreement(WHO, trait.values, in_order=trait.in_order)) < 0.15
    equal = trait_of(NAME.astype(object))
    assert agreement(WHO, equal.values, in_order=equal.in_order) == 1.0


def test_the_likeliest_column_of_each_role_is_named() -> None:
    table = as_columns({"who": NAME, **TRAITS, "when": DAY, "day": DAY.astype(str)})
    y = np.where(np.arange(N) % 7 == 0, RISING, LIKES)
    found = [(each.role, each.column) for each in candidates(table.columns, y, {}, "y")]
    assert found == [("groups", "who"), ("time", "when")]


def test_check_table_has_them_as_notes_and_says_what_they_may_do() -> None:
    y = np.where(RNG.random(N) < 0.1, COIN, LIKES)
    found = check_table({"who": NAME, **TRAITS, **VISIT, "y": y}, target="y")
    told = [each for each in found["findings"] if each["kind"] == "groups"]
    assert told == [
        {
            "level": "note",
            "kind": "groups",
            "columns": ["who"],
            "text": "rows of one value of column 'who' are alike in 'y' and other columns, so the "
            "estimate may promise too much for rows of other values: groups='who' holds such rows "
            "out",
        }
    ]
    assert found["verdict"] == "ready"
    found = check_table({"when": DAY, **VISIT, "y": RISING}, target="y")
    assert [each["text"] for each in found["findings"]] == [
        "the classes of 'y' drift along column 'when', so the estimate may promise too much for "
        "rows that come later: time='when' holds such rows out"
    ]


def test_a_column_to_ignore_may_be_groups_all_the_same() -> None:
    table = {"who": NAME, **TRAITS, **VISIT, "y": LIKES}
    found = check_table(table, target="y", columns={"who": "ignore"})
    assert "groups" in [each["kind"] for each in found["findings"]]
