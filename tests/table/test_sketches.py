"""Sketches of columns: exact where they are small, near where they are not, the same every time."""

import itertools
import math
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numlp.data.columns import Column, Columns, as_columns
from numlp.data.objects import EXACT
from numlp.errors import DataError
from numlp.table.asked import Asked
from numlp.table.category import Category
from numlp.table.encoders import Number, SetAside
from numlp.table.guess import Options, find_encoder
from numlp.table.sketches import (
    MOST_CHARACTERS,
    MOST_WORDS,
    SAMPLED,
    NumberSketch,
    TimeSketch,
    WordSketch,
    merge_all,
    sketched,
)
from numlp.table.spikes import amounts_beside
from numlp.table.summary import (
    ColumnSummary,
    NumberSummary,
    TimeSummary,
    VectorSummary,
    WordSummary,
    summarize,
)
from numlp.table.table import Table
from numlp.table.thinning import thinned

from .test_summary import ASKED, DTYPES, ROWS, became, facts

NAN = np.nan
TOLERANCE = 0.0007  # of the cells, by which a quartile may be off


def in_tree(parts: Sequence[ColumnSummary], fan_in: int) -> ColumnSummary:
    """Sketches of parts, merged a few at a time until one is left."""
    level = [*map(sketched, parts)]
    while len(level) > 1:
        level = [merge_all(level[i : i + fan_in]) for i in range(0, len(level), fan_in)]
    return level[0]


def in_parts(cells: Column, n: int = 81, fan_in: int = 3) -> ColumnSummary:
    """The sketch of a column in parts; 81 parts are merged over four levels."""
    return in_tree([summarize("a", part) for part in np.array_split(cells, n)], fan_in)


def numbers_in_parts(cells: Column, n: int = 81) -> NumberSketch:
    column = in_parts(cells, n)
    assert isinstance(column, NumberSketch)
    return column


def words_in_parts(cells: Sequence[str | None], n: int = 8) -> WordSketch:
    column = in_parts(np.array(cells, object), n)
    assert isinstance(column, WordSketch)
    return column


def rank_error(x: Column, values: Sequence[float]) -> float:
    """How far values are from being lowest, quartiles and highest, as a share of the cells."""
    x, errors = np.sort(x), []
    for k, value in enumerate(values):
        place = (len(x) - 1) * k // 4
        first, after = np.searchsorted(x, value), np.searchsorted(x, value, "right")
        assert after > first, "no cell holds the value"
        errors.append(max(first - place, place - (after - 1), 0) / len(x))
    return max(errors)


# Small columns


@pytest.mark.parametrize("kind", ROWS)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_small_columns_in_any_parts_are_exact(kind: str, data: st.DataObject) -> None:
    rows = data.draw(ROWS[kind])
    cells = np.empty(len(rows), object)
    cells[:] = rows
    cells = cells.astype(DTYPES.get(kind, object))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), min_size=1, max_size=6)))
    parts = [summarize("a", part) for part in np.split(cells, cuts)]
    whole = summarize("a", cells)
    for merged in (merge_all(parts), in_tree(parts, 2)):
        assert facts(merged) == facts(whole)


def answers(column: ColumnSummary) -> list[Any]:
    """All that is asked of a column."""
    found: list[Any] = [column.n_rows, column.n_given, column.n_missing, column.is_constant]
    words = column.words()
    if isinstance(column, NumberSummary):
        values = column.distinct()
        beside = [*map(column.five_beside, values[:3])] if len(values) > 1 else []
        found += [column.low, column.high, column.n_distinct, values.tolist(), column.are_whole()]
        found += [column.five(), beside, column.counts([*values, 0.123, 1e9]).tolist()]
        found += [column.step()] if column.are_whole() else []
    if isinstance(column, TimeSummary):
        found += [column.n_distinct, column.five(), column.calendar]
    lengths = np.array([*map(len, words.distinct)], float)
    found += [words.distinct, words.counts.tolist(), words.held.tolist(), words.n_distinct]
    found += [words.n_given, words.mean(lengths.tolist()), words.five(lengths), words.is_constant]
    merged = words.merged()
    found += [merged.distinct, merged.counts.tolist(), merged.spellings, merged.n_missing]
    again = merged.as_numbers_are_spelled()
    return [*found, again.distinct, again.spellings, again.n_distinct]


RNG = np.random.default_rng(0)
FEW_VALUES: dict[str, Column] = {
    "counts": RNG.poisson(3, 100_000).astype(float),
    "cents": RNG.integers(-3000, 3000, 100_000) / 100,
    "tens with holes": np.where(RNG.random(10**5) < 0.1, NAN, RNG.integers(0, 90, 10**5) * 10.0),
    "one value": np.full(100_000, 7.0),
    "days": (np.datetime64("2020-01-01", "ms") + RNG.integers(0, 900, 100_000) * 86_400_000),
    "words": RNG.choice(np.array(["a", "b ", "NA", "c", None], object), 100_000),
    "numbers as text": RNG.integers(0, 900, 100_000).astype(str).astype(object),
    "dates as text": np.array([f"{d:02}.03.2024" for d in range(1, 31)] * 4000, object),
    "commas": np.array([f"{n // 7},{n % 7}" for n in range(1000)] * 100, object),
}  # fmt: skip


@pytest.mark.parametrize("kind", FEW_VALUES)
def test_a_long_column_of_few_values_answers_as_in_memory(kind: str) -> None:
    cells = FEW_VALUES[kind]
    whole, column = summarize("a", cells), in_parts(cells, 7)
    assert isinstance(column, NumberSketch | TimeSketch | WordSketch)
    assert len(pickle.dumps(column)) < 150_000
    assert answers(column) == answers(whole)
    wishes = (None, *ASKED, Asked("ordered", "a,b,c"))
    for asked, options in itertools.product(wishes, (Options(), Options(one_hot_max=1))):
        assert became(column, asked, options) == became(whole, asked, options)


# Large columns of numbers

SHAPES: dict[str, Callable[[np.random.Generator, int], Column]] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "skewed": lambda rng, n: rng.lognormal(0, 3, n),
    "ascending parts": lambda rng, n: np.sort(rng.exponential(size=n)),
    "descending parts": lambda rng, n: -np.sort(rng.gamma(0.3, size=n)),
    "spiked": lambda rng, n: np.where(rng.random(n) < 0.7, 0.0, rng.lognormal(5, 2, n)),
    "spiked in some parts": lambda rng, n: np.where(
        np.arange(n) < 0.4 * n, 1.5, rng.normal(1.5, 1, n)
    ),
    "whole and heavy-tailed": lambda rng, n: np.minimum(rng.zipf(1.3, n), 2**40).astype(float),
    "several scales": lambda rng, n: rng.normal(size=n) * 10.0 ** rng.integers(-9, 9, n),
    "IDs": lambda rng, n: rng.permutation(n) * 3.0 + 100,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_quartiles_of_many_numbers_are_near_over_four_levels(shape: str) -> None:
    x = SHAPES[shape](np.random.default_rng(1), 400_000)
    column, whole = numbers_in_parts(x), summarize("a", x)
    assert isinstance(whole, NumberSummary)
    assert (column.n_given, column.low, column.high) == (len(x), x.min(), x.max())
    assert column.are_whole() == whole.are_whole()
    if column.are_whole():
        assert column.step() == whole.step()
    assert rank_error(x, column.five()) <= TOLERANCE
    spike = whole.five()[2]
    if whole.counts([spike])[0] > len(x) / 4:
        assert column.counts([spike]) == whole.counts([spike])
        assert rank_error(x[x != spike], column.five_beside(spike)) <= 2 * TOLERANCE
    assert len(pickle.dumps(column)) < 600_000


@pytest.mark.parametrize(
    ("x", "step"), [([0, 10, 40], 10), ([3, 9], 6), ([-EXACT, EXACT - 2], 2), ([5, 12, 26], 7)]
)
def test_whole_numbers_and_their_step_are_exact_however_few_show_them(
    x: list[float], step: int
) -> None:
    many = np.arange(20_000) * step * 2.0 + x[0]
    column = numbers_in_parts(np.append(many, x), 5)
    assert column.are_whole()
    assert column.step() == step
    column = numbers_in_parts(np.append(many, 0.5), 5)
    assert not column.are_whole()


def test_the_step_divides_the_distance_of_parts_too() -> None:
    parts = [summarize("a", start + 10.0 * np.arange(9000)) for start in (200.0, 0.0, 14.0)]
    for merged, step in ((parts[:2], 10), (parts, 2)):
        column = in_tree(merged, 2)
        assert isinstance(column, NumberSketch)
        assert column.step() == step


@settings(deadline=None)
@given(st.lists(st.integers(1, 30), min_size=21, max_size=300))
def test_thinning_moves_a_rank_by_half_a_step(weights: list[int]) -> None:
    values, counts = np.arange(len(weights)) * 1.0, np.array(weights, np.intp)
    points, n_points = thinned(values, counts, 20)
    assert (len(points), n_points.sum()) <= (20, counts.sum())
    assert n_points.sum() == counts.sum()
    assert (points[0], points[-1]) == (values[0], values[-1])
    before = [n_points[points <= value].sum() for value in values]
    assert abs(before - np.cumsum(counts)).max() <= counts.sum() / 18 / 2 + 1


def test_missing_cells_are_counted_through_merges() -> None:
    x = np.random.default_rng(2).normal(size=50_000)
    x[::10] = NAN
    x[:9000] = NAN  # whole parts of them
    column = numbers_in_parts(x, 16)
    assert (column.n_rows, column.n_missing) == (50_000, np.count_nonzero(np.isnan(x)))


def test_a_column_without_a_repeat_has_as_many_numbers_as_cells() -> None:
    for seed in range(3):
        ids = np.random.default_rng(seed).permutation(200_000) + 1e6
        column = numbers_in_parts(ids)
        assert column.n_distinct == 200_000
        assert len(column.sampled) == SAMPLED
        words = words_in_parts([f"user {i:.0f}" for i in ids[:150_000]])
        assert words.n_distinct == 150_000


@pytest.mark.parametrize("n_repeats", [200, 1000, 20_000])
def test_repeats_are_seen_be_they_one_in_a_thousand(n_repeats: int) -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        ids = rng.permutation(200_000).astype(float)
        ids[:n_repeats] = ids[-n_repeats:]  # of which each part has one at most
        found = 200_000 - numbers_in_parts(ids).n_distinct
        assert n_repeats / 3 < found < n_repeats * 3


def test_numbers_that_name_the_rows_are_told_as_in_memory() -> None:
    rng = np.random.default_rng(3)
    ids, measured = rng.permutation(100_000) + 5e5, rng.integers(0, 10**6, 100_000) * 1.0
    ids_as_words = ids.astype(int).astype(str).astype(object)
    for cells in (ids, ids_as_words):
        column, whole = in_parts(cells), summarize("a", cells)
        found = find_encoder(column, None, Options()).state()
        assert found["kind"] == "set aside"
        if cells is ids:
            assert found == find_encoder(whole, None, Options()).state()
    assert find_encoder(in_parts(measured), None, Options()).tag == "number"


def test_common_numbers_are_counted_to_the_cell_where_each_part_has_many() -> None:
    rng = np.random.default_rng(4)
    common = np.repeat([0.0, 7.5, -3.0, 100.0], [90_000, 30_000, 9000, 6000])
    x = rng.permutation(np.concatenate([common, rng.normal(size=65_000)]))
    values = [0.0, 7.5, -3.0, 100.0, 4.4]
    assert numbers_in_parts(x).counts(values).tolist() == [90_000, 30_000, 9000, 6000, 0]


def test_a_number_that_is_rare_in_some_parts_loses_few_cells() -> None:
    rng, n = np.random.default_rng(5), 300_000
    x = np.round(rng.lognormal(8, 1.5, n))  # each so often that it is at the edge somewhere
    values, counts = np.unique(x, return_counts=True)
    column = numbers_in_parts(x)
    found = column.counts(values)
    assert (found <= counts).all()
    kept = found > 0
    assert (counts[kept] - found[kept] <= 5 * n / 8192).all()
    assert kept[counts > 5 * n / 8192].all()


@pytest.mark.parametrize("n_around", [5000, 55_000, 120_000])
def test_amounts_beside_a_spike_are_those_of_memory(n_around: int) -> None:
    rng, n = np.random.default_rng(6), 300_000
    around = rng.integers(1, 90_000, n_around) * 1.0
    lumps = rng.choice([5000.0, 7298.0, 15024.0, 99999.0], 40_000, p=[0.4, 0.3, 0.2, 0.1])
    x = rng.permutation(np.concatenate([np.zeros(n - n_around - 40_000), around, lumps]))
    column, whole = numbers_in_parts(x, 27), summarize("a", x)
    assert isinstance(whole, NumberSummary)
    found, expected = (amounts_beside(each, 0.0) for each in (column, whole))
    assert bool(found) == bool(expected) == (n_around < 100_000)
    assert {*found} ^ {*expected} <= {*around}  # of which the commonest are chance
    no_lumps = np.where(np.isin(x, lumps), rng.integers(1, 90_000, n), x)
    column = numbers_in_parts(no_lumps, 27)
    assert amounts_beside(column, 0.0) == []
    encoder, exact = (find_encoder(c, None, Options()) for c in (in_parts(x, 27), whole))
    assert isinstance(encoder, Number)
    assert isinstance(exact, Number)
    assert abs(encoder.scale / exact.scale - 1) < 0.02


# Times and vectors


def test_times_are_near_and_their_calendar_is_exact() -> None:
    rng = np.random.default_rng(7)
    times = np.datetime64("2001-02-03", "ms") + rng.integers(0, 10**12, 200_000)
    times[::7] = np.datetime64("NaT", "ms")
    column, whole = in_parts(times), summarize("a", times)
    assert isinstance(column, TimeSketch)
    assert isinstance(whole, TimeSummary)
    assert column.calendar == whole.calendar
    assert (column.n_rows, column.n_given) == (whole.n_rows, whole.n_given)
    days = times[~np.isnat(times)].astype(np.int64) / 86_400_000
    assert rank_error(days, column.five()) <= TOLERANCE
    assert not column.is_constant
    assert abs(column.n_distinct / whole.n_distinct - 1) < 0.01
    words = column.words()
    assert {*words.distinct} <= {*times.astype(str)}
    assert words.n_given == whole.n_given
    encoder = find_encoder(column, None, Options()).state()
    exact = find_encoder(whole, None, Options()).state()
    assert encoder["calendar"] == exact["calendar"]


def vectors_in_parts(X: Column, n: int = 16) -> VectorSummary:
    column = in_parts(X, n, fan_in=4)
    assert isinstance(column, VectorSummary)
    return column


def test_places_of_vectors_are_sketched_each() -> None:
    rng = np.random.default_rng(8)
    X = rng.normal(size=(20_000, 5)).astype(np.float32)
    X[::4] = NAN
    X[:, 2] = NAN
    X[1::4, 4] = 0
    column, whole = vectors_in_parts(X), summarize("a", X)
    assert (column.n_rows, column.n_given) == (whole.n_rows, whole.n_given)
    for j, place in enumerate(column.places):
        x = X[:, j][~np.isnan(X[:, j])]
        assert place.n_given == len(x)
        if len(x):
            assert rank_error(x, place.five()) <= TOLERANCE
    small = vectors_in_parts(X[:300])
    assert [p.ordered.tolist() for p in small.places] == [
        np.sort(x[~np.isnan(x)]).tolist() for x in X[:300].T
    ]


def test_wide_vectors_take_bounded_memory() -> None:
    X = np.random.default_rng(9).normal(size=(3000, 2000)).astype(np.float32)
    column = vectors_in_parts(X, 4)
    assert len(pickle.dumps(column)) < 21_000_000
    assert rank_error(X[:, 7], column.places[7].five()) <= 0.01


def test_vectors_of_two_lengths_are_refused() -> None:
    parts = [summarize("a", np.ones((9000, width), np.float32)) for width in (2, 3)]
    with pytest.raises(DataError, match=r"vectors of 2 numbers in one part.* 3 in another"):
        merge_all([sketched(part) for part in parts])


# Words


def test_a_category_of_too_many_words_keeps_the_commonest() -> None:
    rng, n = np.random.default_rng(10), 300_000
    words = [f"w{k}" for k in np.minimum(rng.zipf(1.15, n), 10**6)]
    column, whole = words_in_parts(words), summarize("a", np.array(words, object))
    assert isinstance(whole, WordSummary)
    assert whole.n_distinct > MOST_WORDS / 2
    encoder, exact = (find_encoder(c, None, Options()) for c in (column, whole))
    assert isinstance(encoder, Category)
    assert isinstance(exact, Category)
    assert encoder.embedded
    often = {*whole.commonest(whole.counts > n / 2000)}
    assert often <= {*encoder.values}
    for word in often:
        i = column.distinct.index(word)
        assert column.held[i] == whole.counts[whole.distinct.index(word)]


def many_words(rng: np.random.Generator, n: int) -> list[str]:
    """Words of which most come once, and a few often: more than are kept."""
    some = np.concatenate([rng.integers(0, 50, n // 2), rng.integers(0, 10**9, n - n // 2)])
    return [f"item {k}" for k in rng.permutation(some)]


def test_a_sketch_of_words_counts_what_it_leaves_out() -> None:
    words = many_words(np.random.default_rng(11), 200_000)
    column, whole = words_in_parts(words), summarize("a", np.array(words, object))
    assert isinstance(whole, WordSummary)
    assert column.n_given == whole.n_given == column.counts.sum()
    assert len(column.distinct) < MOST_WORDS
    assert abs(column.n_distinct / whole.n_distinct - 1) < 0.01
    lengths = [[*map(len, each.distinct)] for each in (column, whole)]
    assert abs(column.mean(lengths[0]) / whole.mean(lengths[1]) - 1) < 0.01
    encoder, exact = (find_encoder(c, Asked("category"), Options()) for c in (column, whole))
    assert isinstance(encoder, Category)
    assert isinstance(exact, Category)
    assert {f"item {k}" for k in range(50)} <= {*encoder.values}
    assert encoder.rare is not None
    assert exact.rare is not None
    assert abs(encoder.rare - exact.rare) < 0.01
    assert encoder.n_given == exact.n_given
    assert str(encoder.why).startswith("as asked; about 1")


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("text", lambda i: f"the {i} of {i * 7} things that was bought on {i % 9} days"),
        ("set aside", lambda i: f"u{i * 2654435761 % 2**32:08x}"),
        ("set aside", lambda i: f"{i * 2654435761 % 2**32:032x}"),
        ("number", lambda i: f"{i * 2654435761 % 10**6 / 1000}"),
        ("number", lambda i: f"{i * 2654435761 % 10**6 // 1000},{i % 100:02}"),
        (
            "date",
            lambda i: str(np.datetime64("2001-01-01T00:00:00") + np.timedelta64(i * 1000, "s")),
        ),
        ("date", lambda i: f"{i % 28 + 1:02}.{i % 12 + 1:02}.{1900 + i % 120}"),
        ("set aside", lambda i: str(10**6 + i)),
    ],
)
def test_many_words_are_told_as_in_memory(kind: str, word: Callable[[int], str]) -> None:
    n = 90_000
    words = [word(i) if i % 20 else "NA" for i in range(n)]
    column, whole = in_parts(np.array(words, object), 4), summarize("a", np.array(words, object))
    encoder, exact = (find_encoder(c, None, Options()) for c in (column, whole))
    assert encoder.tag == exact.tag == kind
    if isinstance(encoder, SetAside):
        assert str(encoder.why).split()[1:3] == str(exact.why).split()[1:3]
    for name, value in exact.state().items():
        if name in ("missing", "written", "form", "valued", "calendar"):
            assert encoder.state()[name] == value
        if name in ("center", "scale"):
            assert encoder.state()[name] == pytest.approx(value, rel=0.05)


def test_words_among_many_numbers_are_counted_as_strays() -> None:
    rng, n = np.random.default_rng(12), 120_000
    words = rng.random(n).astype(str).astype(object)
    words[rng.random(n) < 0.02] = "broken"
    column, whole = (c(words) for c in (words_in_parts, lambda w: summarize("a", w)))
    encoder, exact = (find_encoder(c, None, Options()) for c in (column, whole))
    assert isinstance(encoder, Number)
    assert isinstance(exact, Number)
    assert encoder.strays == pytest.approx(exact.strays, rel=0.02)
    assert encoder.center == pytest.approx(exact.center, abs=0.02)
    assert "'broken'" in str(encoder.why)


def test_long_texts_take_bounded_memory() -> None:
    rng = np.random.default_rng(13)
    texts = np.array(["".join(rng.choice([*"abc "], 2000)) * 5 for _ in range(1500)], object)
    column = in_parts(texts, 4)
    assert isinstance(column, WordSketch)
    assert sum(map(len, column.distinct)) <= MOST_CHARACTERS
    assert column.n_given == column.n_distinct == 1500
    encoder = find_encoder(column, None, Options())
    assert encoder.tag == "text"
    huge = np.array([letter * (MOST_CHARACTERS + 1) for letter in "ab"] * 20, object)
    column = in_parts(huge, 2)
    assert isinstance(column, WordSketch)
    assert column.n_given == 40
    assert len(column.distinct) == 1  # a word at least is kept, however long


def test_long_and_short_texts_are_sampled_alike() -> None:
    long = [f"{i} {'ab' * 20_000}" for i in range(300)]  # of which there is room for a third
    short = [str(i) for i in range(3000)]
    column = in_tree([summarize("a", np.array(x, object)) for x in (long, short)], 2)
    assert isinstance(column, WordSketch)
    assert column.n_distinct == column.n_given == 3300
    share = column.mean([len(word) > 100 for word in column.distinct])
    assert share == pytest.approx(300 / 3300, rel=0.2)


def test_a_common_word_goes_before_one_that_stands_for_many() -> None:
    held, light = np.array([3, 2, 1]), np.array([False, True, True])
    column = WordSketch.of("a", 100, 90, ["1.0", "1", "x"], held, light)
    assert column.counts.tolist() == [3, 58, 29]
    assert column.commonest(np.ones(3, bool)) == ["1.0", "1", "x"]
    merged = column.merged()
    assert (merged.distinct, merged.spellings) == (["1.0", "x"], {"1": "1.0"})
    assert (merged.counts.tolist(), merged.held.tolist()) == ([61, 29], [5, 1])
    assert merged.n_distinct == 30


def test_cells_that_no_sampled_word_stands_for_are_not_lost() -> None:
    column = WordSketch.of("a", 100, 90, ["a", "b"], np.array([20, 40]), np.zeros(2, bool))
    assert (column.counts.tolist(), column.n_given) == ([30, 60], 90)


def test_the_sign_of_a_zero_is_forgotten_among_many_words() -> None:
    column = words_in_parts(["-0", "1", "0"] * 30_000)
    numbers = column.numbers(np.array([-0.0, 1, 0]))
    assert math.copysign(1, numbers.low) == 1


def test_half_of_a_surrogate_pair_is_a_word_like_any_other() -> None:
    words = [f"\ud800{i}" for i in range(MOST_WORDS + 1)]
    assert words_in_parts(words, 2).n_distinct == MOST_WORDS + 1


# Parts that hold different things


def test_numbers_or_times_are_words_beside_words() -> None:
    numbers = summarize("a", np.array([1.0, 2.5, -0.0, NAN] * 5000))
    times = summarize("a", np.array(["2024-03-01", "NaT"] * 9000, "M8[ms]"))
    words = summarize("a", np.array(["x", None, "2.5"], object))
    found = merge_all([sketched(numbers), words])
    assert isinstance(found, WordSummary)
    assert (found.distinct, found.counts.tolist()) == (
        ["0", "1", "2.5", "x"],
        [5000, 5000, 5001, 1],
    )
    assert (found.n_rows, found.n_missing) == (20_003, 5001)
    found = merge_all([words, sketched(times)])
    assert isinstance(found, WordSummary)
    assert found.distinct == ["x", "2.5", "2024-03-01T00:00:00.000"]


def test_parts_that_cannot_be_one_column_are_refused() -> None:
    many = sketched(summarize("a", np.arange(10_000.0)))
    words = summarize("a", np.array(["x"], object))
    times = summarize("a", np.array(["2024-03-01"], "M8[ms]"))
    vectors = summarize("a", np.ones((2, 2), np.float32))
    for parts, told in (
        ([many, words], "numbers in one part of the table and words in another"),
        ([words, many], "words in one part of the table and numbers in another"),
        ([many, times], "numbers in one part of the table and times in another"),
        ([words, vectors], "words in one part of the table and vectors in another"),
    ):
        with pytest.raises(DataError, match=told):
            merge_all(parts)
    with pytest.raises(ValueError, match="two columns, 'a' and 'b', cannot be merged"):
        merge_all([many, summarize("b", np.ones(3))])


@pytest.mark.parametrize(
    "cells", [np.arange(20_000.0), np.array(["x"] * 70_000, object), np.ones((9000, 2), np.float32)]
)
def test_a_part_of_missing_cells_may_be_of_any_kind(cells: Column) -> None:
    column, nothing = sketched(summarize("a", cells)), np.full(7, None, object)
    for parts in ([column, summarize("a", nothing)], [summarize("a", np.full(7, NAN)), column]):
        found = merge_all(parts)
        assert (found.holds, found.n_rows) == (column.holds, len(cells) + 7)
        assert found.n_missing == 7
    empty = merge_all([summarize("a", nothing), summarize("a", np.full(7, NAN))])
    assert (empty.n_rows, empty.n_given) == (14, 0)


# The same every time

SAME = """
import hashlib, pickle
import numpy as np
from numlp.table.sketches import merge_all, sketched
from numlp.table.summary import summarize
rng = np.random.default_rng(0)
x = np.round(rng.lognormal(8, 3, 60_000), 1)
columns = [x, x.astype("M8[ms]"), x.astype(str).astype(object), x.reshape(-1, 2).astype("f4")]
for cells in [*columns, np.arange(90_000).astype(str).astype(object)]:
    parts = [sketched(summarize("a", part)) for part in np.array_split(cells, 5)]
    print(hashlib.sha256(pickle.dumps(merge_all(parts))).hexdigest())
"""


def test_the_same_parts_give_the_same_bytes_in_any_process() -> None:
    found = set()
    for seed in ("0", "1"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", SAME],
            env=environment,
            capture_output=True,
            check=True,
            text=True,
        )
        assert len(done.stdout.split()) == 5
        found.add(done.stdout)
    assert len(found) == 1


def test_asking_a_sketch_leaves_its_bytes_as_they_are() -> None:
    for cells in (np.arange(30_000.0), np.array([f"w{i}" for i in range(70_000)], object)):
        column = in_parts(cells, 3)
        before = pickle.dumps(column)
        parts = [column, column]
        merge_all(parts)
        assert pickle.dumps(column) == before
        assert pickle.dumps(merge_all(parts)) == pickle.dumps(merge_all(parts))


# Tables


def mixed_table(n: int, decimal: str = "") -> Columns:
    rng = np.random.default_rng(14)
    age = rng.integers(18, 90, n).astype(float)
    age[::11] = NAN
    cells: dict[str, Any] = {
        "age": age,
        "age again": age * 2 + 1,
        "gain": np.where(rng.random(n) < 0.8, 0, rng.choice([5000, 7298, 15024], n)),
        "id": rng.permutation(n) + 10_000,
        "city": rng.choice(["Bern", "Rome", "Oslo", "rare"], n, p=[0.5, 0.3, 0.199, 0.001]),
        "street": [f"street {k}" for k in rng.zipf(1.5, n)],
        "born": np.datetime64("1950-01-01", "ms") + rng.integers(0, 9999, n) * 86_400_000,
        "seen": [f"{d:02}/{m:02}/2024" for d, m in rng.integers(1, 13, (n, 2))],
        "price": [f"{a},{b:02}" for a, b in rng.integers(0, 99, (n, 2))],
        "doubted": [f"{a}.{b:03}" for a, b in rng.integers(1, 9, (n, 2))],
        "note": [f"they bought the {k} and left by train {k + 1}" for k in range(n)],
        "flag": rng.choice(["true", "False", ""], n),
        "empty": [None] * n,
        "same": ["x"] * n,
        "emb": rng.normal(size=(n, 3)).astype(np.float32),
        "grade": rng.choice(["1", "2.0", "3", "mid"], n),
    }
    columns = as_columns(cells)
    return Columns(columns.columns, n, True, categories=frozenset({"city", "street"}),
                   levels={"street": ()}, decimal=decimal)  # fmt: skip


def summaries_of(X: Columns, n_parts: int) -> dict[str, ColumnSummary]:
    parts = np.array_split(np.arange(X.n_rows), n_parts)
    return {
        name: in_tree([summarize(name, X[name][rows]) for rows in parts], 3) for name in X.names
    }


@pytest.mark.parametrize("decimal", ["", ","])
@pytest.mark.parametrize(
    "columns",
    [None, {"city": "text", "id": "category", "note": "ignore", "grade": "ordered:1,mid,2,3"}],
)
def test_a_table_of_summaries_is_the_table(decimal: str, columns: dict[str, str] | None) -> None:
    X = mixed_table(3000, decimal)
    summaries, sample = summaries_of(X, 7), X.rows(np.arange(900))
    assert sample.decimal == decimal
    options: dict[str, Any] = {"one_hot_max": 5, "aside": {"same": "the caller knows why"}}
    table = Table.of_summaries(summaries, sample, columns, **options)
    assert table.state() == Table.fit(X, columns, **options).state()
    assert table.named
    by_name = {encoder.name: encoder for encoder in table.encoders}
    assert str(by_name["age again"].why).startswith("carries the same numbers as 'age'")
    assert str(by_name["same"].why) == "the caller knows why"


def test_an_array_in_parts_stays_without_names() -> None:
    X = as_columns(np.random.default_rng(15).normal(size=(500, 3)))
    table = Table.of_summaries(summaries_of(X, 3), X.rows(np.arange(100)), {1: "category"})
    assert table.state() == Table.fit(X, {1: "category"}).state()
    assert not table.named


def test_a_long_table_of_summaries_is_nearly_the_table() -> None:
    X = mixed_table(40_000)
    table, whole = Table.of_summaries(summaries_of(X, 9), X.rows(np.arange(1000))), Table.fit(X)
    for encoder, exact in zip(table.encoders, whole.encoders, strict=True):
        if encoder.name == "emb":
            assert np.allclose(encoder.state()["scales"], exact.state()["scales"], rtol=0.01)
        else:
            assert encoder.state() == exact.state()


def test_what_a_table_of_summaries_cannot_be_is_said() -> None:
    X = as_columns({"a": [1.0, 2.0] * 30, "v": ["[1, 2]", "[2, 3]"] * 30})
    summaries = summaries_of(X, 2)
    with pytest.raises(DataError, match=r"'v' was asked to be 'vector', but .* written as text"):
        Table.of_summaries(summaries, X, {"v": "vector"})
    with pytest.raises(ValueError, match="no summary of the column 'v'"):
        Table.of_summaries({"a": summaries["a"]}, X)
    assert Table.of_summaries({"a": summaries["a"]}, X, {"v": "ignore"}).features == ["a=2"]
    with pytest.raises(ValueError, match="one_hot_max=-1"):
        Table.of_summaries(summaries, X, one_hot_max=-1)
    with pytest.raises(DataError, match="no such column"):
        Table.of_summaries(summaries, X, {"b": "number"})
    with pytest.raises(DataError, match="the table has no row"):
        Table.of_summaries(summaries, X.rows(np.arange(0)))
