"""Rows set aside for validation: each class in its share, every row once."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from numlp.data.splits import stratified_folds, stratified_split


def split(counts: list[int], fraction: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Split shuffled rows with these many of each class; give the classes' counts in each part."""
    codes = np.random.default_rng(99).permutation(np.repeat(np.arange(len(counts)), counts))
    training, validation = stratified_split(codes, fraction, np.random.default_rng(seed))
    assert sorted([*training, *validation]) == list(range(len(codes)))
    assert (np.diff(training) > 0).all()
    assert (np.diff(validation) > 0).all()
    n = len(counts)
    return np.bincount(codes[training], minlength=n), np.bincount(codes[validation], minlength=n)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=8).filter(any),
    st.floats(0, 1, exclude_max=True),
)
@example([1, 6], 0.5)  # what the lone row cannot give is not taken from the other class
def test_each_class_is_split_in_its_share_to_within_a_row(
    counts: list[int], fraction: float
) -> None:
    trained, held_out = split(counts, fraction)
    given_counts = np.array(counts)
    assert (trained + held_out == given_counts).all()
    assert (trained[given_counts > 0] >= 1).all()
    wanted = given_counts * fraction
    assert (held_out <= np.ceil(wanted)).all()
    # At least one row stays in training, which may cost a small class more than rounding does.
    assert (held_out >= np.minimum(np.floor(wanted), np.maximum(given_counts - 1, 0))).all()


@pytest.mark.parametrize(
    ("counts", "fraction", "held_out"),
    [
        ([80, 40], 0.25, [20, 10]),
        ([10, 10, 10], 0.25, [3, 3, 2]),  # 7.5 rows in all: 8
        ([1, 100], 0.2, [0, 20]),
        ([2, 2, 2, 2], 0.25, [1, 1, 0, 0]),
        ([5, 5], 0.0, [0, 0]),
        ([1, 1], 0.5, [0, 0]),
        ([2, 2], 0.99, [1, 1]),
        ([3, 1], math.nextafter(1, 0), [2, 0]),
        ([0, 10], 0.2, [0, 2]),
    ],
)
def test_the_rows_held_out_of_each_class_are(
    counts: list[int], fraction: float, held_out: list[int]
) -> None:
    assert split(counts, fraction)[1].tolist() == held_out


def test_the_total_is_the_share_of_all_rows() -> None:
    assert split([7] * 30, 0.2)[1].sum() == 42  # 1.4 rows of each class: rounded down, 30


def test_the_seed_alone_decides_which_rows() -> None:
    codes = np.repeat([0, 1], 50)
    first, again, other = (
        stratified_split(codes, 0.2, np.random.default_rng(seed))[1] for seed in (0, 0, 1)
    )
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_every_row_has_the_same_chance() -> None:
    codes = np.repeat([0, 1], [30, 10])
    times = np.zeros(40)
    rng = np.random.default_rng(0)
    for _ in range(2000):
        times[stratified_split(codes, 0.2, rng)[1]] += 1
    # 400 times each; the standard deviation is 18
    assert abs(times - 400).max() < 90


# Folds


def dealt(counts: list[int], n_folds: int, seed: int = 0) -> np.ndarray:
    """How many rows of each class, one a row, are in each fold."""
    codes = np.random.default_rng(99).permutation(np.repeat(np.arange(len(counts)), counts))
    folds = stratified_folds(codes, n_folds, np.random.default_rng(seed))
    assert folds.shape == codes.shape
    lone = np.array(counts)[codes] == 1
    assert ((folds == -1) == lone).all()
    assert folds.max() < n_folds
    return np.array([np.bincount(folds[(codes == k) & ~lone], minlength=n_folds)
                     for k in range(len(counts))])  # fmt: skip


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=8).filter(any),
    st.integers(2, 50),
)
def test_folds_differ_by_a_row_at_most_and_each_class_does_too(
    counts: list[int], n_folds: int
) -> None:
    table = dealt(counts, n_folds)
    assert np.ptp(table, axis=1).max() <= 1
    assert np.ptp(table.sum(axis=0)) <= 1


def test_no_fold_holds_out_a_whole_class() -> None:
    for counts in ([2, 2, 2], [2, 9], [3, 50, 2]):
        table = dealt(counts, 2)
        assert (table < np.array(counts)[:, None]).all()


def test_as_many_folds_as_rows_hold_out_one_each() -> None:
    assert dealt([3, 4], 7).sum(axis=0).tolist() == [1] * 7


def test_the_seed_alone_decides_which_rows_are_in_a_fold() -> None:
    codes = np.repeat([0, 1], 50)
    first, again, other = (
        stratified_folds(codes, 5, np.random.default_rng(seed)) for seed in (0, 0, 1)
    )
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_every_row_has_the_same_chance_of_each_fold() -> None:
    codes = np.repeat([0, 1], [30, 12])
    times = np.zeros((42, 3))
    rng = np.random.default_rng(0)
    for _ in range(1500):
        times[np.arange(42), stratified_folds(codes, 3, rng)] += 1
    # 500 times each; the standard deviation is 18
    assert abs(times - 500).max() < 90
