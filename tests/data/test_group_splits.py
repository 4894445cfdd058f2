"""Folds of whole groups, and stretches of time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numlp.data.splits import group_folds, later_stretches

ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=2, max_size=80)


def numbered(values: list[int]) -> np.ndarray:
    return np.unique(values, return_inverse=True)[1]


@given(ROWS, st.integers(2, 5), st.integers(0, 3))
def test_a_group_is_in_one_fold_and_each_fold_has_one(
    rows: list[tuple[int, int]], n_folds: int, seed: int
) -> None:
    y, groups = (numbered([row[i] for row in rows]) for i in (0, 1))
    n_folds = min(n_folds, groups.max() + 1)
    folds = group_folds(y, groups, n_folds, np.random.default_rng(seed))
    assert set(folds) == set(range(n_folds))
    for group in range(groups.max() + 1):
        assert len(set(folds[groups == group])) == 1
    again = group_folds(y, groups, n_folds, np.random.default_rng(seed))
    assert again.tolist() == folds.tolist()


def test_another_seed_deals_groups_that_are_alike_anew() -> None:
    y, groups = np.tile([0, 1], 20), np.repeat(np.arange(20), 2)
    first, second = (group_folds(y, groups, 4, np.random.default_rng(s)) for s in (0, 1))
    assert first.tolist() != second.tolist()


def unevenness(y: np.ndarray, folds: np.ndarray) -> float:
    """The mean deviation over the folds of the share of each class, as scikit-learn has it."""
    counts = np.array([np.bincount(y[folds == f], minlength=y.max() + 1) for f in np.unique(folds)])
    return float((counts / np.bincount(y)).std(axis=0).mean())


@pytest.mark.parametrize(
    ("n", "n_groups", "n_classes"), [(300, 31, 3), (1000, 200, 2), (900, 12, 4)]
)
def test_classes_are_spread_about_as_evenly_as_by_scikit_learn(
    n: int, n_groups: int, n_classes: int
) -> None:
    splits = pytest.importorskip("sklearn.model_selection")
    own, theirs = [], []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        y = rng.integers(0, n_classes, n)
        groups = numbered((rng.zipf(1.5, n) % n_groups).tolist())
        own.append(unevenness(y, group_folds(y, groups, 5, rng)))
        dealt = np.zeros(n, int)
        folds = splits.StratifiedGroupKFold(5, shuffle=True, random_state=seed)
        for k, (_, rows) in enumerate(folds.split(y, y, groups)):
            dealt[rows] = k
        theirs.append(unevenness(y, dealt))
    assert np.mean(own) <= 1.02 * np.mean(theirs)


@given(st.lists(st.integers(0, 30), min_size=2, max_size=60), st.integers(1, 4))
def test_stretches_follow_each_other_and_rows_of_one_time_stay_together(
    times: list[int], n_stretches: int
) -> None:
    ranks = numbered(times)
    if ranks.max() == 0:
        return
    stretch = later_stretches(ranks, 1 / (n_stretches + 1), n_stretches)
    assert set(stretch) == set(range(stretch.max() + 1))
    assert 1 <= stretch.max() <= n_stretches
    for k in range(1, stretch.max() + 1):
        assert ranks[stretch < k].max() < ranks[stretch == k].min()


def test_a_stretch_has_its_share_of_the_rows() -> None:
    stretch = later_stretches(np.random.default_rng(0).permutation(100), 0.2, 2)
    assert np.bincount(stretch).tolist() == [60, 20, 20]
