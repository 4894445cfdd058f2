"""What a column holds, in one piece and in parts: the same summary, and so the same encoder."""

import datetime as dt
import itertools
import math
import pickle
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numlp.data.columns import Column, as_columns
from numlp.data.objects import EXACT
from numlp.errors import DataError
from numlp.table import words
from numlp.table.asked import Asked
from numlp.table.guess import Options, find_encoder
from numlp.table.summary import (
    BLOCK,
    ColumnSummary,
    NumberSummary,
    TimeSummary,
    WordSummary,
    merge,
    summarize,
)
from numlp.table.table import Table

NAN = math.nan


def column(cells: Any) -> Column:
    return as_columns({"a": cells})["a"]


def numbers(cells: Any) -> NumberSummary:
    summary = summarize("a", np.array(cells, dtype=float))
    assert isinstance(summary, NumberSummary)
    return summary


def written(cells: Any) -> WordSummary:
    summary = summarize("a", np.array(cells, dtype=object))
    assert isinstance(summary, WordSummary)
    return summary


def facts(summary: ColumnSummary) -> list[Any]:
    """All that a summary holds, to be compared."""
    found: list[Any] = [type(summary), summary.name, summary.n_rows, summary.n_missing]
    if isinstance(summary, NumberSummary):
        return [*found, summary.ordered.tolist()]
    if isinstance(summary, TimeSummary):
        return [*found, summary.ordered.tolist(), summary.calendar]
    assert isinstance(summary, WordSummary)
    return [*found, summary.distinct, summary.counts.tolist()]


# In parts

HOLES = st.sampled_from([NAN, 0.0, -0.0])
ROWS: dict[str, st.SearchStrategy[list[Any]]] = {
    "numbers": st.lists(st.floats(allow_infinity=False) | HOLES),
    "few numbers": st.lists(st.sampled_from([0.0, 1.0, 2.0, 7.0, NAN])),
    "numbers that rise": st.sets(st.integers(-(10**9), 10**9)).map(sorted),
    "numbers that fall": st.sets(st.integers(0, 300)).map(lambda x: sorted(x, reverse=True)),
    "booleans": st.lists(st.sampled_from([1.0, 0.0, NAN])),
    "times": st.lists(st.datetimes(dt.datetime(1600, 1, 1)) | st.none()),
    "days": st.lists(st.dates(dt.date(2020, 1, 1), dt.date(2020, 3, 1)) | st.none()),
    "words": st.lists(st.sampled_from(["a", " a", "b", "c ", "", None])),
    "any words": st.lists(st.text("ab 1.", max_size=4) | st.none()),
    "numbers as words": st.lists(st.sampled_from(["1", "1.0", "2", "7", "-3e5", "?", "12O", None])),
    "numbers as words that rise": st.sets(st.integers()).map(lambda x: [str(i) for i in sorted(x)]),
    "truths as words": st.lists(st.sampled_from(["true", "False", "?", None])),
    "times as words": st.lists(st.dates().map(str) | st.sampled_from(["NA", "soon", None])),
    "prose": st.lists(st.lists(st.sampled_from(["one", "antelope", "of"])).map(" ".join)),
}
ASKED = [
    *map(Asked, ("number", "category", "date", "text", "ignore")),
    Asked("date", "%d/%m/%Y"), Asked("date", "excel"),
]  # fmt: skip
DTYPES = {
    "numbers": float, "few numbers": float, "numbers that rise": float, "numbers that fall": float,
    "booleans": float, "times": "M8[ms]", "days": "M8[ms]",
}  # fmt: skip


@pytest.mark.heavy
@pytest.mark.parametrize("kind", ROWS)
@settings(max_examples=40)
@given(data=st.data())
def test_summaries_of_parts_merge_into_that_of_the_whole(kind: str, data: st.DataObject) -> None:
    rows = data.draw(ROWS[kind])
    cells = np.empty(len(rows), object)
    cells[:] = rows
    cells = cells.astype(DTYPES.get(kind, object))
    i, j = sorted(data.draw(st.tuples(*[st.integers(0, len(rows))] * 2)))
    a, b, c = (summarize("a", part) for part in (cells[:i], cells[i:j], cells[j:]))
    whole = summarize("a", cells)
    asked = itertools.product(
        (None, *ASKED), (Options(), Options(one_hot_max=1, few_as_flags=False))
    )
    expected = {each: became(whole, *each) for each in asked if rows}
    for merged in (merge(merge(a, b), c), merge(a, merge(b, c))):
        assert facts(merged) == facts(whole)
        assert {each: became(merged, *each) for each in expected} == expected


def became(summary: ColumnSummary, asked: Asked | None, options: Options) -> Any:
    try:
        return find_encoder(summary, asked, options).state()
    except DataError as error:
        return str(error)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(-9, 9) | st.just(NAN), min_size=1), st.integers(0, 40))
def test_a_part_of_missing_cells_may_be_of_any_kind(rows: list[float], n_missing: int) -> None:
    whole = numbers([*rows, *[NAN] * n_missing])
    for nothing in (
        np.full(n_missing, None, object), np.full(n_missing, np.datetime64("NaT", "ms")),
    ):  # fmt: skip
        merged = merge(numbers(rows), summarize("a", nothing))
        assert facts(merged) == facts(whole) or not whole.n_given
        assert (merged.n_rows, merged.n_missing) == (whole.n_rows, whole.n_missing)


def test_parts_that_hold_different_things_are_refused() -> None:
    with pytest.raises(DataError, match=r"column 'a' holds numbers in one part.* and words in"):
        merge(numbers([1, 2]), written(["x"]))
    with pytest.raises(ValueError, match="two columns, 'a' and 'b', cannot be merged"):
        merge(numbers([1]), summarize("b", np.array([1.0])))


@pytest.mark.parametrize("cells", [[-0.0, 0.0, 0.0], [0.0, -0.0, 0.0], ["-0", "0", "0.0"]])
def test_the_sign_of_a_zero_is_forgotten_whatever_the_order(cells: list[Any]) -> None:
    (encoder,) = Table.fit({"a": cells}).encoders
    assert encoder.why == "every cell is 0"
    assert math.copysign(1, numbers([-0.0, 1]).low) == 1


# What is asked of a summary

CELLS = st.lists(st.floats(-1e9, 1e9) | st.integers(-3, 3).map(float), min_size=1)


@settings(deadline=None)
@given(CELLS, st.integers(-3, 3))
def test_a_summary_of_numbers_answers_as_the_cells_would(x: list[float], value: int) -> None:
    summary, ordered = numbers([NAN, *x]), sorted(x)
    assert (summary.n_given, summary.n_missing) == (len(x), 1)
    assert summary.five() == tuple(ordered[(len(x) - 1) * k // 4] for k in range(5))
    others = [v for v in ordered if v != value]
    if others:
        expected = tuple(others[(len(others) - 1) * k // 4] for k in range(5))
        assert summary.five_beside(value) == expected
    assert summary.counts([value]).tolist() == [x.count(value)]
    assert summary.distinct().tolist() == np.unique(x).tolist()
    assert summary.n_distinct == len(set(x))
    assert summary.is_constant == (len(set(x)) == 1)
    assert summary.are_whole() == all(v == int(v) for v in x)
    assert sorted(summary.words().distinct) == sorted({words.spell(v) for v in x})


@pytest.mark.parametrize(
    ("x", "step"),
    [([0, 10, 40, 10], 10), ([3, 3], 0), ([1, 4, 6], 1), ([-6, 0, 9], 3), ([5.0], 0)],
)
def test_the_step_divides_all_distances(x: list[float], step: int) -> None:
    assert numbers(x).step() == step


def test_the_step_is_seen_across_the_pieces_of_a_long_column() -> None:
    x = np.repeat([0.0, 4.0], BLOCK)
    assert numbers([*x, 4.0, 10.0]).step() == 2


@pytest.mark.parametrize(
    ("x", "whole"),
    [([1, 2.0], True), ([1, 2.5], False), ([EXACT], True), ([EXACT + 2], False), ([-1e300], False)],
)
def test_numbers_are_whole_where_none_is_too_large_to_be_exact(x: list[float], whole: bool) -> None:
    assert numbers(x).are_whole() is whole


def test_a_number_that_is_not_whole_is_seen_behind_many() -> None:
    assert not numbers([*range(3 * BLOCK), 3 * BLOCK + 0.5]).are_whole()


def test_a_summary_of_words_counts_them() -> None:
    column = written(["b", None, " a", "b ", ""])
    assert (column.distinct, column.counts.tolist()) == (["b", "a"], [2, 1])
    assert (column.n_given, column.n_missing) == (3, 2)
    assert column.mean([1, 4]) == 2
    assert column.commonest(np.array([True, True])) == ["b", "a"]
    assert written([None]).n_given == 0
    assert column.words() is column


@settings(deadline=None)
@given(st.lists(st.sampled_from("abcd"), min_size=1), st.lists(st.floats(-9, 9), min_size=4))
def test_quartiles_of_what_words_stand_for_are_taken_over_the_cells(
    cells: list[str], values: list[float]
) -> None:
    summary, value_of = written(cells), dict(zip("abcd", values, strict=False))
    x = sorted(value_of[word] for word in cells)
    assert summary.five(np.array([value_of[word] for word in summary.distinct])) == tuple(
        x[(len(x) - 1) * k // 4] for k in range(5)
    )


def test_words_of_equal_value_become_one_in_the_spelling_of_most_cells() -> None:
    cells = ["1.0", "2", None, "1", "2.0", "2.0", "NA", "x", "1e0"]
    column = written(cells).merged()
    assert (column.distinct, column.counts.tolist()) == (["1", "2.0", "x"], [3, 3, 1])
    assert column.spellings == {"1.0": "1", "1e0": "1", "2": "2.0"}
    assert (column.n_given, column.n_missing) == (7, 2)
    backwards = written(cells[::-1]).merged()
    assert backwards.spellings == column.spellings  # the order of the rows decides nothing
    assert sorted(backwards.distinct) == sorted(column.distinct)


def test_words_as_numbers_are_spelled_keep_their_other_spellings() -> None:
    column = written(["1.50", "1.50", "1.5", "2.0"]).merged().as_numbers_are_spelled()
    assert column.distinct == ["1.5", "2"]
    assert column.spellings == {"1.50": "1.5", "2.0": "2"}


def test_times_are_words_as_a_column_of_them_is_spelled() -> None:
    cells = column([dt.datetime(2020, 1, 2, 12), None, dt.datetime(2020, 1, 1)])
    summary = summarize("a", cells)
    assert summary.words().distinct == sorted(w for w in words.as_words(cells) if w)
    assert summary.words().n_missing == 1


def test_summarizing_leaves_the_cells_as_they_are() -> None:
    for cells in (np.array([3.0, 1, NAN]), np.array(["2020-01-02", "2020-01-01"], "M8[ms]")):
        cells.flags.writeable = False
        before = cells.tobytes()
        summarize("a", cells)
        assert cells.tobytes() == before


def test_a_summary_can_be_sent_to_another_process() -> None:
    for cells in ([1.0, NAN], ["a", None], [dt.datetime(2020, 1, 2)]):
        summary = summarize("a", column(cells))
        sent = pickle.loads(pickle.dumps(summary))  # noqa: S301 - our own
        assert facts(sent) == facts(summary)


def test_fitting_takes_one_copy_of_a_column_of_numbers_and_little_more() -> None:
    n = 1_000_000
    x = np.random.default_rng(0).normal(size=n)
    columns = as_columns({"a": x, "b": np.where(x > 0, x, NAN), "c": np.arange(n)})
    tracemalloc.start()
    try:
        Table.fit(columns)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.25 * x.nbytes
