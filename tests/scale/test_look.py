"""Looks at partitions, joined, tell what a look at the whole table tells."""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from numlp import DataError
from numlp.scale import look
from numlp.scale.look import Look, encoded_labels, hashes_of, joined, look_at
from numlp.scale.partitions import Reading
from numlp.version import __version__

from .tables import table

WHOLE = table(3000)
NAMES = ("x", "z", "hue", "who", "day")
READING = Reading(NAMES, "target", "", __version__)
WEIGHTED = Reading((*NAMES, "weight"), "target", "weight", __version__)
CUTS = (0, 3, 3, 700, 2999, 3000)


def looks(reading: Reading = READING, frame: pd.DataFrame = WHOLE) -> list[Look]:
    return [look_at(frame.iloc[a:b], None, reading, i) for i, (a, b) in enumerate(pairwise(CUTS))]


def test_joined_looks_count_all_rows_and_classes() -> None:
    found = joined(*looks())
    assert found.rows == [3, 0, 697, 2299, 1]
    assert found.classes.tolist() == ["no", "yes"]
    assert found.counts.tolist() == [*WHOLE["target"].value_counts()[["no", "yes"]]]
    np.testing.assert_array_equal(found.weights, found.counts)


def test_a_tree_of_joins_tells_the_same() -> None:
    own = looks()
    flat, tree = joined(*own), joined(joined(*own[:2]), joined(joined(*own[2:4]), own[4]))
    assert flat.rows == tree.rows
    assert flat.counts.tolist() == tree.counts.tolist()
    np.testing.assert_array_equal(flat.hashes, tree.hashes)
    for name in NAMES:
        np.testing.assert_array_equal(flat.sample[name], tree.sample[name])
        assert flat.summaries[name].n_missing == tree.summaries[name].n_missing


def test_the_sample_is_of_rows_of_the_table_at_random_and_the_same_every_time() -> None:
    found = joined(*looks())
    assert found.sample.n_rows == len(found.hashes) == look.MOST_SAMPLED
    assert len(np.unique(found.hashes)) == look.MOST_SAMPLED
    np.testing.assert_array_equal(found.sample["z"], joined(*looks()).sample["z"])
    whole = dict(zip(WHOLE["z"], WHOLE["hue"], strict=True))
    assert all(
        whole[z] == hue for z, hue in zip(found.sample["z"], found.sample["hue"], strict=True)
    )
    places = np.flatnonzero(np.isin(WHOLE["z"], found.sample["z"]))
    assert 0.45 < places.mean() / 3000 < 0.55


def test_rows_of_weight_zero_are_neither_counted_nor_sampled() -> None:
    found = joined(*looks(WEIGHTED))
    kept = WHOLE[WHOLE["weight"] > 0]
    assert sum(found.rows) == len(kept)
    assert found.weights.tolist() == [
        kept["weight"][kept["target"] == label].sum() for label in ("no", "yes")
    ]
    assert np.isin(found.sample["z"], kept["z"]).all()
    # A row keeps its place: the others are held out as if it were there.
    same = hashes_of(2, np.arange(697))
    assert np.isin(looks(WEIGHTED)[2].hashes, same).all()


def test_hashes_of_places_differ() -> None:
    found = np.concatenate([hashes_of(part, np.arange(1000)) for part in range(20)])
    assert len(np.unique(found)) == 20_000


def changed(frames: list[pd.DataFrame]) -> Look:
    return joined(*(look_at(frame, None, READING, i) for i, frame in enumerate(frames)))


@pytest.mark.parametrize(
    ("other", "classes"),
    [
        (lambda frame: frame.assign(target=["maybe"] * len(frame)), ["maybe", "no", "yes"]),
        (lambda frame: frame.assign(target=frame["target"].astype("category")), ["no", "yes"]),
    ],
)
def test_classes_are_those_of_all_partitions(other: Any, classes: list[str]) -> None:
    found = changed([WHOLE[:100], other(WHOLE[100:200]), WHOLE[200:300]])
    assert found.classes.tolist() == classes
    assert found.counts.sum() == 300


def test_labels_of_two_types_are_refused() -> None:
    numbers = WHOLE[100:200].assign(target=1)
    with pytest.raises(DataError, match="text in some partitions and numbers in others"):
        changed([WHOLE[:100], numbers])
    truths = [WHOLE[:50].assign(target=label) for label in (True, 0, 1.0)]
    assert changed(truths).classes.tolist() == [0, 1]


def test_too_many_labels_are_no_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "MOST_LABELS", 150)
    many = WHOLE.assign(target=[f"c{k}" for k in range(3000)])
    with pytest.raises(DataError, match="over 150 different values"):
        look_at(many, None, READING, 0)
    # Few in each partition, and many in all.
    with pytest.raises(DataError, match="over 150 different values"):
        changed([many[:100], many[100:200]])


def test_labels_are_numbered_by_the_classes_of_all_partitions() -> None:
    found = changed([WHOLE[:100], WHOLE[100:200].assign(target="maybe")])
    own = look.encode_labels(["yes", "maybe", "yes"])
    assert encoded_labels(own, found.classes).tolist() == [2, 0, 2]
