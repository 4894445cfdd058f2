"""Partitions as they are learned from, and what is held out of them."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from numlp import DataError
from numlp.ensemble.recipe import RECIPES
from numlp.scale.dealing import Dealing, fold_of_groups, nets_of
from numlp.scale.look import joined, look_at
from numlp.scale.partitions import Reading
from numlp.scale.shards import (
    Encoding,
    Shard,
    encode,
    held_out_of,
    joined_held_out,
    without_rows,
)
from numlp.table.table import Table
from numlp.version import __version__

from .tables import table

WHOLE = table(900)
NAMES = ("x", "z", "hue", "who", "weight")
READING = Reading(NAMES, "target", "", __version__)
WEIGHTED = replace(READING, weight="weight")
CUTS = (0, 300, 300, 890, 900)
FRAMES = [WHOLE.iloc[a:b] for a, b in pairwise(CUTS)]


def encoding_of(reading: Reading = READING, by: str = "") -> Encoding:
    found = joined(*(look_at(frame, None, reading, i) for i, frame in enumerate(FRAMES)))
    dealing = Dealing(n_folds=5, n_deals=1, salt=3)
    if by:
        words = found.summaries["who"].words()
        dealing = replace(dealing, by=by, column="who", fold_of=fold_of_groups(words, 5))
    recipe = replace(RECIPES["balanced"], n_bagged=5, n_refit=0)
    columns = Table.of_summaries(found.summaries, found.sample)
    weights = np.array([2.0, 0.5]) if reading.weight else None
    return Encoding(columns, found.classes, weights, dealing, nets_of(recipe, by, 1))


def shards_of(encoding: Encoding, reading: Reading = READING) -> list[Shard]:
    return [encode(frame, None, reading, encoding, i) for i, frame in enumerate(FRAMES)]


def test_shards_are_the_table_encoded_part_by_part() -> None:
    encoding = encoding_of()
    shards = shards_of(encoding)
    X = encoding.table.transform(WHOLE[list(NAMES)])
    np.testing.assert_array_equal(np.concatenate([shard.X for shard in shards]), X)
    y = np.concatenate([shard.y for shard in shards])
    np.testing.assert_array_equal(encoding.classes[y], WHOLE["target"])
    assert [len(shard) for shard in shards] == [300, 0, 590, 10]
    assert all(shard.weight is None for shard in shards)


def test_a_row_of_weight_zero_is_as_if_it_were_not_there() -> None:
    encoding = encoding_of(WEIGHTED)
    shards = shards_of(encoding, WEIGHTED)
    kept = WHOLE[WHOLE["weight"] > 0]
    assert sum(map(len, shards)) == len(kept)
    weight = np.concatenate([shard.weight for shard in shards])
    by_class = np.where(kept["target"] == "no", 2.0, 0.5)
    np.testing.assert_array_equal(weight, (by_class * kept["weight"]).astype(np.float32))
    # Where its cells would be no good either.
    worse = WHOLE.assign(x=WHOLE["x"].where(WHOLE["weight"] > 0, 1e300))
    again = encode(worse.iloc[:300], None, WEIGHTED, encoding, 0)
    np.testing.assert_array_equal(again.X, shards[0].X)


def test_all_rows_are_held_out_in_the_order_of_shards() -> None:
    encoding = encoding_of()
    shards = shards_of(encoding)
    held = joined_held_out(*(held_out_of(shard, encoding) for shard in shards))
    np.testing.assert_array_equal(held.X, np.concatenate([shard.X for shard in shards]))
    assert held.rows == [300, 0, 590, 10]
    assert len(set(held.digests)) == 4
    small = without_rows(held)
    assert small.X.shape == (0, held.X.shape[1])
    np.testing.assert_array_equal(small.y, held.y)


def test_it_is_counted_what_each_net_learns_of_each_class() -> None:
    encoding = encoding_of()
    shards = shards_of(encoding)
    held = joined_held_out(*(held_out_of(shard, encoding) for shard in shards))
    y, folds = held.y, held.folds
    for net, learned in zip(encoding.nets, held.learned, strict=True):
        own = y[encoding.dealing.learns(net, folds)]
        assert learned.tolist() == np.bincount(own, minlength=2).tolist()


def test_joins_of_held_out_rows_may_be_nested() -> None:
    encoding = encoding_of(by="group")
    parts = [held_out_of(shard, encoding) for shard in shards_of(encoding)]
    flat = joined_held_out(*parts)
    nested = joined_held_out(joined_held_out(*parts[:2]), joined_held_out(*parts[2:]))
    for name in ("X", "y", "folds", "cells", "learned"):
        np.testing.assert_array_equal(getattr(flat, name), getattr(nested, name))
    assert flat.digests == nested.digests


def test_groups_of_one_fold_stay_together_over_partitions() -> None:
    encoding = encoding_of(by="group")
    shards = shards_of(encoding)
    folds = np.concatenate([shard.folds[0] for shard in shards])
    for _, own in pd.Series(folds).groupby(WHOLE["who"].to_numpy()):
        assert own.nunique() == 1
    assert len(np.unique(folds)) == 5


def test_a_missing_group_is_named_with_its_row() -> None:
    encoding = encoding_of(by="group")
    lacking = FRAMES[0].assign(who=[None if i == 8 else "w1" for i in range(300)])
    with pytest.raises(DataError, match=r"column 'who', .* is missing in row 9: give each row a"):
        encode(lacking, None, READING, encoding, 0)


def test_only_the_rows_asked_for_are_answered() -> None:
    encoding = encoding_of()
    dealing = replace(encoding.dealing, asked=0.3)
    encoding = replace(encoding, dealing=dealing)
    held = joined_held_out(*(held_out_of(shard, encoding) for shard in shards_of(encoding)))
    assert 0.2 * 900 < len(held) < 0.4 * 900
    # All rows are counted, and told apart by their digests, for all that.
    assert held.learned[:5].sum() == 4 * 900
    assert (
        held.digests
        == joined_held_out(
            *(held_out_of(shard, encoding_of()) for shard in shards_of(encoding_of()))
        ).digests
    )
