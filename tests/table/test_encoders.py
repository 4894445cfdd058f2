"""Each kind of part fills the matrix as its formula says, evaluated naively in float64."""

import datetime as dt
import json
import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from numlp.table.category import MAX_CODES, Category
from numlp.table.dates import Date
from numlp.table.encoders import (
    Encoder,
    Number,
    Odd,
    SetAside,
    Slots,
    TwoValues,
    frequent,
)
from numlp.table.table import Table
from numlp.table.text import Text

NAN = math.nan
NOON = dt.datetime(2020, 1, 2, 12)


def fitted(cells: Any, **options: Any) -> Any:
    """The part that one column becomes."""
    return Table.fit({"a": cells}, **options).encoders[0]


def matrix(training: Any, later: Any, **options: Any) -> list[list[float]]:
    """Fit on one column, transform another."""
    return Table.fit({"a": training}, **options).transform({"a": later}).tolist()


# Numbers


def naive_numbers(x: list[float], later: list[float]) -> list[list[float]]:
    """The columns of the matrix: the scaled numbers, a flag for a spike, one for missing."""
    given = sorted(v for v in x if not math.isnan(v))
    median = given[(len(given) - 1) // 2]
    others = [v for v in given if v != median]
    spike = len(others) <= len(given) / 2 and len(others) >= 10 and others[0] != others[-1]
    columns = [naive_scaled(others if spike else given, later)]
    if spike:
        flagged = median, *naive_amounts(others)
        columns += [[float(v == each) for v in later] for each in flagged]
    if any(map(math.isnan, x)):
        columns.append([float(math.isnan(v)) for v in later])
    return columns


def naive_amounts(others: list[float]) -> list[float]:
    """Those of the numbers beside a spike that have a flag, by the formula."""
    counts = sorted(Counter(others).items())
    if len(counts) < 5:
        return []
    n_out = 0
    for i, (_, n) in enumerate(counts):
        near = [i - 2, i - 1, i + 1, i + 2]
        last = len(counts) - 1  # beyond the ends the row of numbers is mirrored
        around = [counts[last - abs(last - abs(j))][1] for j in near]
        if n >= max(5, 3 * float(np.median(around))):
            n_out += n
    commonest = sorted(counts, key=lambda pair: -pair[1])[:64]
    if n_out < len(others) / 4 or sum(n for _, n in commonest[:10]) < 0.4 * len(others):
        return []
    return sorted(v for v, n in commonest if n >= 5)


def naive_scaled(x: list[float], later: list[float]) -> list[float]:
    ordered = sorted(v for v in x if not math.isnan(v))
    q25, median, q75 = (ordered[(len(ordered) - 1) * k // 4] for k in (1, 2, 3))
    spread = q75 - q25 or (ordered[-1] - ordered[0]) / 2
    z = [0.0 if math.isnan(v) else (v - median) / spread for v in later]
    return [v / math.sqrt(1 + (v / 3) ** 2) for v in z]


numbers = st.floats(-1e6, 1e6).map(lambda x: round(x, 3)) | st.just(NAN)


@settings(deadline=None)
@given(
    st.lists(numbers, min_size=3) | st.lists(st.sampled_from([-1.0, 0.0, 0.5, NAN]), min_size=20),
    st.lists(numbers, min_size=1),
)
@example([0.0] * 10 + [1.0] * 9 + [-1.0], [NAN, 0.0, 1.0])  # half of them are one number
def test_numbers_are_centred_scaled_and_clipped_by_the_formula(
    x: list[float], later: list[float]
) -> None:
    assume(len({v for v in x if not math.isnan(v)}) > 2)  # else they are a pair
    expected = np.transpose(naive_numbers(x, later))
    actual = matrix(x, later, columns={"a": "number"})
    np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=1e-6)


LUMPS = [0.0] * 60 + [5e3] * 20 + [7.5e3] * 8 + [1e3 + 10 * i for i in range(12)] + [9e3] * 5
EVEN = [0.0] * 60 + [float(i) for i in range(4, 50)]  # messages, as few or as many


def test_numbers_that_stand_out_beside_a_spike_have_a_flag_each() -> None:
    part = fitted(LUMPS)
    assert isinstance(part, Number)
    assert part.values == [0.0, 5e3, 7.5e3, 9e3]
    assert "0 has a flag, as half of the cells or more, and so have 3 others" in part.why
    expected = np.transpose(naive_numbers(LUMPS, LUMPS))
    np.testing.assert_allclose(matrix(LUMPS, LUMPS), expected, rtol=1e-6, atol=1e-6)


def test_a_quantity_beside_a_spike_has_no_flags() -> None:
    part = fitted(EVEN)
    assert isinstance(part, Number)
    assert part.values == [0.0]


def test_shares_of_small_counts_beside_a_spike_have_no_flags() -> None:
    """Such as the percent of payments in time: 1/2 is commoner than its neighbours, no lump sum."""
    late = [(whole, part) for whole in range(2, 40) for part in [1] * 8 + [2] * 2 + [3]]
    part = fitted([100.0] * 450 + [round(100 - 100 * n / whole, 1) for whole, n in late])
    assert isinstance(part, Number)
    assert part.values == [100.0]


def test_no_more_than_the_commonest_amounts_have_a_flag() -> None:
    n_rows = {1000.0 * i: 300 if i <= 10 else 5 + i % 7 for i in range(1, 81)}
    amounts = [v for v, n in n_rows.items() for _ in range(n)]
    beside = [v + d for v in n_rows for d in (1.0, 2.0)]  # once each
    part = fitted([0.0] * 6000 + amounts + beside)
    assert isinstance(part, Number)
    assert part.values[0] == 0.0
    assert len(part.values) == 1 + 64
    fewest = min(n_rows[v] for v in part.values[1:])
    assert max(n for v, n in n_rows.items() if v not in part.values) <= fewest


@pytest.mark.parametrize("x", [1e6, -1e6, 1e308, -1e308])
def test_no_number_leaves_the_clip(x: float) -> None:
    part = Number("a", "", center=0.5, scale=2.0, missing=False, values=[])
    slots = empty_slots(part, 1)
    part.encode(np.array([x]), slots)
    assert slots.numbers[0, 0] == pytest.approx(3 * math.copysign(1, x), rel=1e-5)


def empty_slots(part: Encoder, n: int) -> Slots:
    widths = len(part.numbers), len(part.plain), len(part.flags), int(part.cardinality > 0)
    return Slots(*(np.zeros((n, width), np.float32) for width in widths))


@pytest.mark.parametrize(
    "x",
    [
        [1e308, -1e308, 0.0, 1e308],
        [5e-324, 0.0, 1e-323, 5e-324],
        [0.0, 5e-324, 1e308, 1.0],
        [1e200, 2e200, 3e200],
        [-1.7e308, 1.7e308],
        [0.0, 5e-324],
    ],
)
def test_the_ends_of_float64_give_finite_features(x: list[float]) -> None:
    features = np.array(matrix(x, x))
    assert np.isfinite(features).all()
    assert (abs(features) <= 3).all()


def test_quartiles_may_be_further_apart_than_any_number() -> None:
    near = np.array([-1, -1, 0, 1, 1])
    far = 1.5e308 * near
    np.testing.assert_allclose(matrix(far, far), matrix(near, near), rtol=1e-6)


@pytest.mark.parametrize("exponent", [-200, -3, 1, 40, 200])
def test_a_column_times_a_power_of_two_gives_the_same_bits(exponent: int) -> None:
    x = np.random.default_rng(0).standard_normal(101)
    assert matrix(x, x) == matrix(x * 2.0**exponent, x * 2.0**exponent)


@pytest.mark.parametrize("factor", [1e30, 1e-30, 1e200, 1e6, -1.0])
def test_a_column_times_any_factor_gives_the_same_features(factor: float) -> None:
    x = np.random.default_rng(0).standard_normal(101)  # an odd number of rows has one median
    scaled = np.array(matrix(x * factor, x * factor)) * np.sign(factor)
    np.testing.assert_allclose(scaled, matrix(x, x), rtol=1e-5, atol=1e-6)


def test_one_number_and_holes_is_a_flag_alone() -> None:
    part = fitted([7, 7, None])
    assert (part.numbers, part.flags) == ([], ["a is missing"])
    assert matrix([7, 7, None], [7, None, 9]) == [[0], [1], [0]]


# Few numbers

RATINGS = [1, 2, 3, 2, 1, 3, 3, 2, 1, 2] * 3


def test_few_whole_numbers_are_a_number_and_a_flag_for_each_value() -> None:
    part = fitted(RATINGS)
    assert (part.numbers, part.flags) == (["a"], ["a=1", "a=2", "a=3"])
    z = naive_scaled(RATINGS, [1, 3, 2.5, 9])
    rows = matrix(RATINGS, [1, 3, 2.5, 9])
    np.testing.assert_allclose([row[0] for row in rows], z, rtol=1e-6)
    assert [row[1:] for row in rows] == [[1, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]]


def test_a_hole_among_few_numbers_has_no_value() -> None:
    part = fitted([*RATINGS, None])
    assert part.flags == ["a=1", "a=2", "a=3", "a is missing"]
    assert matrix([*RATINGS, None], [None, 2])[0] == [0, 0, 0, 0, 1]


def test_a_number_seen_once_has_no_flag() -> None:
    assert fitted([*RATINGS, 9]).flags == ["a=1", "a=2", "a=3"]


def test_flags_of_few_numbers_can_be_left_out() -> None:
    assert fitted(RATINGS, few_as_flags=False).flags == []
    assert fitted([0, 1] * 5, few_as_flags=False).flags == ["a=1"]


# Two numbers


@pytest.mark.parametrize("low_high", [(0, 1), (1, 2), (-3.5, 1e300), (0.1, 0.5), (-1.7e308, 1e308)])
def test_two_numbers_are_a_flag_of_minus_one_and_one(low_high: tuple[float, float]) -> None:
    low, high = low_high
    part = fitted([low, high, high])
    assert isinstance(part, TwoValues)
    assert (part.numbers, len(part.flags), part.cardinality) == ([], 1, 0)
    between = low / 2 + high / 2
    assert matrix([low, high, high], [high, low, NAN, between]) == [[1], [-1], [0], [0]]


def test_a_number_rounded_to_float32_is_still_one_of_the_two() -> None:
    training = np.array([0.1, 0.7, 0.1], np.float32)
    assert matrix(training, [0.1, 0.7, 0.2]) == [[-1], [1], [0]]


@pytest.mark.parametrize(
    "truths", [[True, False], [np.True_, np.False_], ["true", "False"], [1, 0]]
)
def test_booleans_come_in_any_form(truths: list[Any]) -> None:
    part = fitted(truths * 2)
    assert (part.kind, part.flags) == ("boolean", ["a=1"])
    for later in ([True, False], ["TRUE", "false"], ["1", "0"], [1.0, 0.0]):
        assert matrix(truths * 2, later) == [[1], [-1]]


# Words

MISSING_WORDS = [None, "", " "]
words = st.sampled_from(["red", " red", "green ", "blue", *MISSING_WORDS, "grey"])


def naive_category(
    cells: list[str | None], later: list[str | None], one_hot_max: int
) -> list[list[float]]:
    def clean(cell: str | None) -> str | None:
        return None if cell is None else cell.strip() or None

    counts = Counter(map(clean, cells))
    flagged = counts[None] >= 5 and counts.pop(None) >= 0.01 * len(cells)
    kept = sorted(w for w, n in counts.items() if n >= 2 and w is not None)
    rows = []
    for word in map(clean, later):
        if len(kept) == 2:
            row = [0.0 if word not in kept else -1.0 if word == kept[0] else 1.0]
        elif len(kept) > one_hot_max:
            row = [float(kept.index(word) + 1 if word in kept else 0)]
        else:
            row = [float(word == w) for w in kept]
        missing = [float(word is None)] if flagged else []
        rows.append([*missing, *row] if len(kept) > max(2, one_hot_max) else [*row, *missing])
    return rows


@settings(deadline=None)
@given(
    st.lists(words, min_size=3, max_size=19),
    st.lists(words, min_size=1),
    st.sampled_from([0, 2, 3, 24]),
)
def test_words_are_flags_or_codes_by_the_rule(
    cells: list[str | None], later: list[str | None], one_hot_max: int
) -> None:
    assume(isinstance(fitted(cells), Category))  # else it is set aside
    if one_hot_max < 2 and len(fitted(cells).values) == 1:
        one_hot_max = 1  # a lone word is a flag
    expected = naive_category(cells, later, one_hot_max)
    assert matrix(cells, later, one_hot_max=one_hot_max) == expected


@pytest.mark.parametrize(
    ("n_missing", "n_rows", "yes"),
    [
        (4, 10, False),
        (5, 10, True),
        (5, 500, True),
        (5, 501, False),
        (9, 1000, False),
        (0, 1, False),
    ],
)
def test_missing_is_frequent(n_missing: int, n_rows: int, yes: bool) -> None:
    assert frequent(n_missing, n_rows) is yes


def test_a_frequent_hole_has_a_flag_beside_two_words() -> None:
    cells = ["yes", "no", None] * 5
    assert fitted(cells).flags == ["a=yes", "a is missing"]
    assert matrix(cells, ["yes", "no", None, "x"]) == [[1, 0], [-1, 0], [0, 1], [0, 0]]


def test_a_code_is_a_whole_number_from_one() -> None:
    cells = [f"w{i:02}" for i in range(30)] * 2 + ["once"]
    table = Table.fit({"a": cells})
    assert (table.n_numbers, table.n_flags, table.cardinalities) == (0, 0, [31])
    codes = table.transform({"a": ["w00", "w29", "once", "new", None]})
    assert codes.tolist() == [[1], [30], [0], [0], [0]]


def test_the_longest_list_of_flags_is_a_choice() -> None:
    cells = ["a", "b", "c"] * 9
    assert len(fitted(cells, one_hot_max=3).flags) == 3
    assert fitted(cells, one_hot_max=2).cardinality == 4


def test_any_number_of_words_is_taken_and_the_most_frequent_have_a_code() -> None:
    often = [f"w{i}" for i in range(MAX_CODES + 500) for _ in range(2 + (i < 10))]
    part = fitted(often + [f"once{i}" for i in range(5000)])
    assert part.cardinality == MAX_CODES + 1
    assert {f"w{i}" for i in range(10)} <= set(part.values)


# Times


def naive_time(t: dt.datetime) -> list[float]:
    """Month, weekday, hour and day of the month."""
    hour = t.hour + t.minute / 60 + t.second / 3600
    angles = [(t.month - 1) / 12, t.weekday() / 7, hour / 24]
    circles = [f(2 * math.pi * a) for a in angles for f in (math.sin, math.cos)]
    return [*circles, t.day / 31]


times = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1)).map(
    lambda t: t.replace(microsecond=0)
)
ANY_TIMES = [dt.datetime(2020 + i % 3, 1 + i % 12, 1 + i, i) for i in range(20)]


@settings(deadline=None)
@given(st.lists(times, min_size=1, max_size=5))
def test_times_are_days_and_parts_of_the_calendar(later: list[dt.datetime]) -> None:
    epoch = dt.datetime(1970, 1, 1)
    days, later_days = ([(t - epoch) / dt.timedelta(1) for t in ts] for ts in (ANY_TIMES, later))
    scaled = naive_scaled(days, later_days)
    expected = [[z, *naive_time(t)] for z, t in zip(scaled, later, strict=True)]
    np.testing.assert_allclose(matrix(ANY_TIMES, later), expected, rtol=1e-5, atol=2e-6)


def test_the_parts_of_a_time_are_named() -> None:
    assert fitted([*ANY_TIMES, None]).features == [
        "a", "a month sin", "a month cos", "a weekday sin", "a weekday cos", "a hour sin",
        "a hour cos", "a day", "a is missing",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("start", "step", "parts"),
    [
        (dt.datetime(2020, 1, 1), dt.timedelta(7), ["month", "day"]),
        (dt.datetime(2020, 1, 6, 12), dt.timedelta(1), ["weekday", "day"]),
        (dt.datetime(2020, 1, 6), dt.timedelta(hours=1), ["hour"]),
        (dt.datetime(2020, 1, 6), dt.timedelta(milliseconds=1), ["hour"]),
    ],
)
def test_a_part_of_the_calendar_that_does_not_vary_is_left_out(
    start: dt.datetime, step: dt.timedelta, parts: list[str]
) -> None:
    assert fitted([start + i * step for i in range(7)]).calendar == parts


def test_a_missing_time_is_zero_everywhere_but_in_its_flag() -> None:
    assert matrix([*ANY_TIMES, None], [None]) == [[0] * 8 + [1]]
    assert matrix(ANY_TIMES, [None]) == [[0] * 8]


def test_times_as_text_are_times() -> None:
    for form in ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f"):
        text = [t.strftime(form) for t in ANY_TIMES]
        assert isinstance(fitted(text), Date)
        assert matrix(text, text) == matrix(ANY_TIMES, ANY_TIMES) == matrix(ANY_TIMES, text)
        assert matrix(text, ANY_TIMES) == matrix(ANY_TIMES, ANY_TIMES)


# Free text

PROSE = [f"this is the {'very ' * (i % 5)}long story number {i} of many" for i in range(40)]


def test_free_text_is_its_length() -> None:
    part = fitted(PROSE)
    assert isinstance(part, Text)
    assert part.features == ["a length", "a words"]
    later = ["one two", *PROSE[:2]]
    columns = [
        naive_scaled([math.log1p(of(t)) for t in PROSE], [math.log1p(of(t)) for t in later])
        for of in (len, lambda t: len(t.split()))
    ]
    np.testing.assert_allclose(matrix(PROSE, later), np.transpose(columns), rtol=1e-5, atol=1e-6)


def test_text_that_may_be_absent_has_a_flag() -> None:
    assert fitted([*PROSE, None]).features == ["a length", "a words", "a is missing"]
    assert matrix([*PROSE, None], [None, " "]) == [[0, 0, 1], [0, 0, 1]]
    assert matrix(PROSE, [None]) == [[0, 0]]


def test_a_length_that_does_not_vary_is_left_out() -> None:
    texts = [f"{'a b c d e' if i % 2 else 'aabbccd e'} and {i:03}" for i in range(40)]
    assert fitted(texts, columns={"a": "text"}).features == ["a words"]


def test_a_column_set_aside_has_no_width() -> None:
    part = SetAside("a", "why")
    assert (part.width, part.features) == (0, [])
    assert part.encode(part.read(np.array([1.0]), None), empty_slots(part, 1)) == Odd(0, 0)


# Words among numbers and times


def of_kind(kind: str, n: int, n_stray: int) -> list[str]:
    """Cells of a kind as text, of which so many, spread over the column, are no such value."""
    cells = {
        "number": [f"{i % 97}.5" for i in range(n)],
        "few numbers": [str(i % 3) for i in range(n)],
        "two numbers": [str(i % 2) for i in range(n)],
        "date": [f"2024-{i % 12 + 1:02}-{i % 28 + 1:02}" for i in range(n)],
    }[kind]
    for i in range(n_stray):
        cells[i * (n // n_stray)] = "oops"
    return cells


def told(table: Table, cells: list[str]) -> list[bool]:
    """For each note on the cells, whether somebody has to be warned."""
    notes: list[Any] = []
    table.transform({"a": cells}, notes)
    return [not note.usual for note in notes]


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("kind", ["number", "few numbers", "two numbers", "date"])
def test_words_among_values_are_told_where_they_are_more_than_in_training(
    kind: str, asked: bool
) -> None:
    columns = {"a": "date" if kind == "date" else "number"} if asked else None
    for n_stray in (1, 9):
        cells = of_kind(kind, 900, n_stray)
        table = Table.fit({"a": cells}, columns)
        again = Table.from_state(json.loads(json.dumps(table.state())))
        for each in (table, again):
            assert told(each, cells) == [False]
            assert told(each, of_kind(kind, 900, 3 * n_stray + 12)) == [True]
            assert told(each, ["oops"]) == [True]
    clean = Table.fit({"a": of_kind(kind, 900, 0)}, columns)
    assert "strays" not in clean.state()["columns"][0]
    assert told(clean, of_kind(kind, 900, 1)) == [True]
    state = table.state()
    del state["columns"][0]["strays"]  # as in a file of an older version
    assert told(Table.from_state(state), cells) == [True]
    state["columns"][0]["strays"] = 2
    with pytest.raises(ValueError, match="share of words"):
        Table.from_state(state)
