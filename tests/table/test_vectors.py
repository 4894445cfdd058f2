"""A column of vectors becomes plain numbers: scaled, said in the audit, kept in the file."""

import json
import math
from typing import Any

import numpy as np
import pytest

from numlp.data.columns import as_columns
from numlp.data.vectors import Vectors
from numlp.errors import DataError
from numlp.table.summary import VectorSummary, merge, summarize
from numlp.table.table import Table
from numlp.table.vectors import MOST_WIDTH, Vector, as_vectors

RNG = np.random.default_rng(0)
E = RNG.normal(size=(80, 5)).astype(np.float32)
HOLEY = [None if i % 10 == 3 else [float(x) for x in v] for i, v in enumerate(E)]
SIZE = np.arange(80) % 13


def naive(train: Vectors, later: Vectors) -> Any:
    """The formula in plain NumPy: each number by its median, all by one scale."""
    train, later = train.astype(float), later.astype(float)
    center = np.nanquantile(train, 0.5, axis=0, method="lower")
    lower, upper = (np.nanquantile(train, q, axis=0, method="lower") for q in (0.25, 0.75))
    scale = np.sqrt(np.mean((upper - lower) ** 2))
    z = (later - center) / scale
    return np.nan_to_num(z / np.sqrt(1 + (z / 3) ** 2))


def test_the_numbers_of_a_vector_are_centred_one_by_one_and_share_a_scale() -> None:
    x = E * np.array([10, 1, 1, 1, 1], np.float32)  # so that a scale for each would show
    table = Table.fit({"e": x})
    np.testing.assert_allclose(table.transform({"e": x + 1}), naive(x, x + 1), rtol=1e-5, atol=1e-6)


def test_numbers_far_apart_in_size_have_a_scale_each() -> None:
    far = E * np.array([1, 1e4, 1, 1, 1], np.float32)
    X = Table.fit({"e": far}).transform({"e": far})
    assert X[:, 1].std() == pytest.approx(X[:, 2].std(), rel=0.3)


def test_a_number_that_hardly_varies_beside_the_others_stays_near_zero() -> None:
    noise = E * np.array([1, 1, 1, 1e-8, 1], np.float32)
    X = Table.fit({"e": noise}).transform({"e": noise})
    assert abs(X[:, 3]).max() < 1e-6
    np.testing.assert_allclose(X, naive(noise, noise), rtol=1e-5, atol=1e-6)


def test_vectors_stand_behind_the_numbers_and_before_the_flags() -> None:
    table = Table.fit({"e": HOLEY, "size": SIZE, "hue": ["red", "blue"] * 40})
    assert (table.n_numbers, table.n_plain, table.n_flags) == (1, 5, 2)
    assert table.features == ["size", *(f"e[{j}]" for j in range(5)), "e is missing", "hue=red"]
    X = table.transform({"e": HOLEY, "size": SIZE, "hue": ["red", "blue"] * 40})
    assert X.shape == (80, 8)
    np.testing.assert_array_equal(X[:, 6], np.arange(80) % 10 == 3)


def test_a_missing_vector_and_a_missing_number_are_zero() -> None:
    table = Table.fit({"e": HOLEY})
    X = table.transform({"e": [None, [np.nan, 9, 9, 9, 9]]})
    assert X[0].tolist() == [0, 0, 0, 0, 0, 1]
    assert X[1, 0] == X[1, 5] == 0
    assert (X[1, 1:5] > 1).all()


def test_a_vector_missing_where_none_was_in_training_is_told() -> None:
    notes: list[str] = []
    Table.fit({"e": E}).transform({"e": [None, E[0]]}, notes)
    assert notes == ["e: 1 cell missing, where none was in training"]


def test_a_number_that_never_varies_stays_zero() -> None:
    same = E.copy()
    same[:, 2] = 7
    table = Table.fit({"e": same})
    assert table.transform({"e": E})[:, 2].tolist() == [0] * 80


AUDITS: dict[str, tuple[Any, str, str, int]] = {
    "vectors": (E, "vector", "vectors of 5 numbers", 5),
    "holes": (HOLEY, "vector", "vectors of 5 numbers; 8 cells missing in all", 6),
    "numbers missing": (
        [[1.0, None], [2.0, 3.0], [4.0, 5.0]], "vector",
        "vectors of 2 numbers; 1 number missing within vectors", 2),
    "all the same": ([[1.0, 2.0]] * 4, "set aside", "vectors of 2 numbers; all are the same", 0),
    "none": ([None] * 4, "set aside", "every cell is empty", 0),
    "NaN throughout": (np.full((4, 3), np.nan), "set aside", "every cell is empty", 0),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "kind", "why", "features"), AUDITS.values(), ids=AUDITS)
def test_the_audit_says_what_vectors_are(cells: Any, kind: str, why: str, features: int) -> None:
    row = {"name": "e", "kind": kind, "features": features, "why": why}
    assert Table.fit({"e": cells}).audit() == [row]


def test_what_was_asked_of_vectors_is_done_or_refused() -> None:
    assert Table.fit({"e": E}, {"e": "vector"}).audit()[0]["why"].startswith("as asked; vectors of")
    assert Table.fit({"e": E, "b": SIZE}, {"e": "ignore"}).width == 1
    for kind in ("number", "category", "date", "text"):
        with pytest.raises(DataError, match="holds vectors: allowed are 'vector', 'ignore'"):
            Table.fit({"e": E}, {"e": kind})
    with pytest.raises(DataError, match=r"'b' was asked to be 'vector', but it holds numbers"):
        Table.fit({"b": SIZE}, {"b": "vector"})


LATER: dict[str, tuple[Any, str]] = {
    "another length": (E[:, :3], "'e' has vectors of 3 numbers, and had 5 in training"),
    "numbers": (SIZE, "'e' had vectors in training, and has numbers now"),
    "times": (
        np.full(80, np.datetime64("2024-01-01")),
        "'e' had vectors in training, and has times",
    ),
    "words": (["x"] * 80, "'e' has 'x' in row 1, which is no vector"),
}


@pytest.mark.parametrize(("cells", "message"), LATER.values(), ids=LATER)
def test_what_is_no_vector_of_that_length_later_is_refused(cells: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Table.fit({"e": E}).transform({"e": cells})


@pytest.mark.parametrize(
    "cells", [[None] * 2, [math.nan] * 2, np.full((2, 5), np.nan)], ids=["None", "NaN", "vectors"]
)
def test_a_later_table_may_have_no_vector_at_all(cells: Any) -> None:
    assert Table.fit({"e": HOLEY}).transform({"e": cells}).tolist() == [[0, 0, 0, 0, 0, 1]] * 2


@pytest.mark.parametrize("cells", [SIZE, ["red", "blue"] * 40, [True, False] * 40])
def test_vectors_where_something_else_was_in_training_are_refused(cells: Any) -> None:
    with pytest.raises(DataError, match=r"'a' was of the kind .* in training, and has vectors"):
        Table.fit({"a": cells}).transform({"a": E})


# Vectors that are written as text

WRITTEN = [None if v is None else str(v) for v in HOLEY]


def test_written_vectors_are_read_where_they_are_asked_for() -> None:
    asked = Table.fit({"e": WRITTEN}, {"e": "vector"})
    np.testing.assert_array_equal(
        asked.transform({"e": WRITTEN}), Table.fit({"e": HOLEY}).transform({"e": HOLEY})
    )
    printed = [str(v) for v in E[:4]]  # as NumPy prints them, without commas
    np.testing.assert_allclose(as_vectors("e", np.array(printed, object)), E[:4], rtol=1e-6)


def test_written_vectors_that_nobody_asked_for_are_told_of() -> None:
    (row,) = Table.fit({"e": WRITTEN}).audit()
    assert row["kind"] != "vector"
    assert row["why"].endswith("; columns={'e': 'vector'} reads its cells as vectors")


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            ["[1, 2]", "[1, x]"],
            r"'e' has '\[1, x\]' in row 2, which is no vector: write its numbers",
        ),
        (["[1, 2]", "[1 ... 2]"], r"'\[1 ... 2\]' in row 2, which is no vector"),
        (["[1, 2]", "", "[1]"], "a vector of 1 number in row 3, and most others have 2"),
        (["[1, 2]", "3"], "'3' in row 2, which is no vector"),
        (["red"], "'red' in row 1, which is no vector"),
    ],
)
def test_words_that_spell_no_vector_are_refused(cells: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Table.fit({"e": cells}, {"e": "vector"})


# Copies, parts, files


def test_equal_vectors_are_a_copy_and_others_are_none() -> None:
    kinds = [row["why"] for row in Table.fit({"e": HOLEY, "f": HOLEY, "g": E}).audit()]
    assert kinds[1] == "carries the same numbers as 'e'"
    assert kinds[2] == "vectors of 5 numbers"
    assert Table.fit({"e": E, "f": E}, {"f": "vector"}).width == 10
    assert Table.fit({"e": E, "f": E[::-1]}).width == 10  # equal in all but the order of the rows


def test_summaries_of_parts_merge_to_that_of_the_whole() -> None:
    cells = as_columns({"e": HOLEY})["e"]
    both = merge(summarize("e", cells[:30]), summarize("e", cells[30:]))
    whole = summarize("e", cells)
    assert isinstance(both, VectorSummary)
    assert isinstance(whole, VectorSummary)
    assert (both.n_rows, both.n_given) == (whole.n_rows, whole.n_given) == (80, 72)
    for one, other in zip(both.places, whole.places, strict=True):
        np.testing.assert_array_equal(one.ordered, other.ordered)
    with pytest.raises(DataError, match="5 numbers in one part of the table and of 2 in another"):
        merge(summarize("e", cells), summarize("e", cells[:, :2]))


def test_a_table_from_a_file_gives_the_same_matrix() -> None:
    table = Table.fit({"e": HOLEY, "size": SIZE})
    again = Table.from_state(json.loads(json.dumps(table.state())))
    X = {"e": HOLEY, "size": SIZE}
    np.testing.assert_array_equal(again.transform(X), table.transform(X))


def test_whole_numbers_in_a_file_are_as_good_as_others() -> None:
    state = Vector("e", "", centers=[0, 1], scales=[1, 0], missing=False).state()
    table = Table.from_state({"named": True, "columns": [state]})
    assert table.transform({"e": [[0.0, 5.0]]}).tolist() == [[0, 0]]


HOSTILE: dict[str, dict[str, Any]] = {
    "no list": {"centers": 3, "scales": 3},
    "no number": {"centers": [], "scales": []},
    "lists of two lengths": {"centers": [1.0, 2.0], "scales": [1.0]},
    "a scale below zero": {"scales": [-1.0, 1.0]},
    "a text": {"centers": ["1", 2.0]},
    "a number too large": {"centers": [10**400, 1.0]},
    "a list in a list": {"centers": [[1.0], 2.0]},
    "infinity": {"scales": [math.inf, 1.0]},
    "a truth for a number": {"centers": [True, 1.0]},
    "a number for a truth": {"missing": 1},
    "too many": {"centers": [0.0] * (MOST_WIDTH + 1), "scales": [1.0] * (MOST_WIDTH + 1)},
}


@pytest.mark.parametrize("changes", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_state_is_refused(changes: dict[str, Any]) -> None:
    sound = Vector("e", "", centers=[0.0, 1.0], scales=[1.0, 0.0], missing=True).state()
    Table.from_state({"named": True, "columns": [sound]})
    with pytest.raises((TypeError, ValueError)):
        Table.from_state({"named": True, "columns": [sound | changes]})


def test_vectors_too_long_are_refused() -> None:
    with pytest.raises(DataError, match="vectors of 65,537 numbers, and 65,536 are allowed"):
        Table.fit({"e": np.eye(2, MOST_WIDTH + 1, dtype=np.float32)})


def test_a_file_of_vectors_is_of_the_format_that_knows_them() -> None:
    table = Table.fit({"e": E, "size": SIZE})
    assert [encoder.file_format for encoder in table.encoders] == [2, 1]
