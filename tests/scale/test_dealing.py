"""Which rows each net learns from: none that it holds out, whatever decides."""

from dataclasses import replace

import numpy as np
import pytest

from numlp.ensemble.recipe import RECIPES
from numlp.scale.dealing import Dealing, Net, fold_of_groups, in_order, nets_of
from numlp.scale.look import hashes_of
from numlp.table.summary import summarize

N = 20_000
HASHES = np.concatenate([hashes_of(part, np.arange(N // 4)) for part in range(4)])
PLACES = Dealing(n_folds=5, n_deals=3, salt=7)
GROUPS = np.array([f"g{k}" for k in np.random.default_rng(0).zipf(1.5, N) % 500], object)
WORDS = summarize("who", GROUPS).words()
BY_GROUP = replace(PLACES, by="group", column="who", fold_of=fold_of_groups(WORDS, 5))
BY_HASH = replace(PLACES, by="group", column="who")
DAYS = np.datetime64("2024-01-01", "ms") + np.random.default_rng(1).integers(0, 10**10, N)
CUTS = np.quantile(in_order(DAYS), [0.6, 0.8])
BY_TIME = Dealing(n_folds=5, n_deals=1, salt=7, by="time", column="day", cuts=CUTS)
WAYS = {
    "place": (PLACES, None),
    "group": (BY_GROUP, GROUPS),
    "hashed group": (BY_HASH, GROUPS),
    "time": (BY_TIME, DAYS),
}


def all_nets(dealing: Dealing) -> list[Net]:
    recipe = replace(RECIPES["balanced"], n_bagged=15 if dealing.by != "time" else 2, n_refit=1)
    return nets_of(recipe, dealing.by, 2)


@pytest.mark.parametrize(("dealing", "cells"), WAYS.values(), ids=WAYS)
def test_no_net_learns_from_a_row_that_it_holds_out(dealing: Dealing, cells: np.ndarray) -> None:
    folds = dealing.folds(HASHES, cells)
    assert folds.shape == (dealing.n_deals, N)
    for net in all_nets(dealing):
        learns, holds = dealing.learns(net, folds), dealing.holds_out(net, folds)
        assert not (learns & holds).any()
        assert learns.any()
        if net.fold < 0:
            assert learns.all()
            assert not holds.any()
            continue
        assert holds.any()
        if cells is not None and dealing.by == "group":
            assert not set(cells[learns]) & set(cells[holds])
        if dealing.by == "time":
            assert cells[learns].max() < cells[holds].min()
        else:
            assert (learns | holds).all()


@pytest.mark.parametrize("way", ["place", "hashed group", "group"])
def test_every_row_is_held_out_once_in_each_deal(way: str) -> None:
    dealing, cells = WAYS[way]
    folds = dealing.folds(HASHES, cells)
    nets = [net for net in all_nets(dealing) if net.band == 0 and net.fold >= 0]
    times = np.sum([dealing.holds_out(net, folds) for net in nets], axis=0)
    assert (times == dealing.n_deals).all()
    # Each deal is another, but where groups are dealt by their size.
    same = np.mean(folds[0] == folds[1])
    assert same == 1 if way == "group" else 0.05 < same < 0.35


def test_folds_are_of_about_equal_size() -> None:
    folds = PLACES.folds(HASHES, None)
    for own in folds:
        # Six standard deviations of a binomial count.
        assert abs(np.bincount(own) - N / 5).max() < 6 * np.sqrt(N * 0.2 * 0.8)
    even = np.array([f"w{k}" for k in np.random.default_rng(2).integers(0, 97, N)], object)
    found = fold_of_groups(summarize("who", even).words(), 5)
    sizes = np.bincount([found[word] for word in even])
    assert sizes.max() - sizes.min() <= np.unique(even, return_counts=True)[1].max()


def test_the_largest_groups_are_dealt_first() -> None:
    # One group has more than a fifth of the rows, and stands alone in its fold.
    found = fold_of_groups(WORDS, 5)
    largest = WORDS.distinct[int(np.argmax(WORDS.counts))]
    assert [word for word, fold in found.items() if fold == found[largest]] == [largest]


def test_the_fold_of_a_row_does_not_depend_on_the_rows_beside_it() -> None:
    some = np.arange(3, N, 7)
    for dealing, cells in WAYS.values():
        own = dealing.folds(HASHES[some], None if cells is None else cells[some])
        np.testing.assert_array_equal(own, dealing.folds(HASHES, cells)[:, some])


def test_another_seed_deals_the_rows_in_another_way() -> None:
    other = replace(PLACES, salt=8 + PLACES.n_deals)
    assert np.mean(other.folds(HASHES, None)[0] == PLACES.folds(HASHES, None)[0]) < 0.35


def test_the_share_asked_for_is_answered() -> None:
    assert PLACES.are_asked(HASHES).all()
    asked = replace(PLACES, asked=0.25).are_asked(HASHES)
    assert abs(asked.mean() - 0.25) < 0.02
    # Evenly in all folds: it is drawn by another hash.
    folds = PLACES.folds(HASHES, None)[0]
    assert abs(np.bincount(folds[asked]) / asked.sum() - 0.2).max() < 0.03


def test_times_are_numbers_in_their_order() -> None:
    days = np.array(["2024-01-02", "1969-12-31", "2024-01-01"], "datetime64[ms]")
    assert np.argsort(in_order(days)).tolist() == [1, 2, 0]
    assert in_order(np.array([2.0, 1.0])).tolist() == [2.0, 1.0]


def test_nets_that_hold_out_later_rows_are_for_choosing_alone() -> None:
    recipe = replace(RECIPES["balanced"], n_bagged=2, n_refit=2)
    nets = nets_of(recipe, "time", 2)
    assert [(net.fold, net.is_kept) for net in nets[:4]] == [
        (1, False), (2, False), (-1, True), (-1, True),
    ]  # fmt: skip
    assert [net.band for net in nets] == [0] * 4 + [1] * 4
