"""Partitions that differ: empty, of one class, with other types, or without a column."""

from typing import Any

import dask
import numpy as np
import pandas as pd
import pytest

from numlp import DataError
from numlp.scale.partitions import Reading, partitions_of, read_part
from numlp.version import __version__

from .tables import bytes_of, dealt, in_partitions, plain, small

pytestmark = [pytest.mark.timeout(120), pytest.mark.usefixtures("client")]
WHOLE = plain(900)
A, B, C = (WHOLE.iloc[i : i + 300] for i in (0, 300, 600))
NONE = WHOLE.iloc[:0]


def level(frame: pd.DataFrame, levels: list[str]) -> pd.DataFrame:
    return frame.assign(hue=pd.Categorical(frame["hue"], levels, ordered=True))


DAYS = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(300), unit="D")
ODD = {
    "an empty partition in front": [NONE, A, B, C],
    "an empty partition between": [A, NONE, B, C],
    "an empty partition behind": [A, B, C, NONE],
    "an empty partition without types": [A, NONE.astype(object), B, C],
    "a partition of one class": [A, B[B["target"] == "yes"], C],
    "each partition of a class of its own": [A[A["target"] == k] for k in ("yes", "no")],
    "ragged sizes": [A[:3], plain(3000, 1), A[3:4]],
    "columns in another order": [A, B[["target", "hue", "z", "x"]], C],
    "a column more": [A, B.assign(more=1), C],
    "a category that the others lack": [A, B.replace({"hue": {"red": "violet"}}), C],
    "categories by type": [part.astype({"hue": "category"}) for part in (A, B, C)],
    "levels in an order": [level(part, ["red", "green", "blue"]) for part in (A, B)],
    "whole numbers in one": [A.assign(z=np.arange(300)), B, C],
    "booleans in one": [A.assign(z=A["z"] > 0), B, C],
    "float32 in one": [A.astype({"z": "float32"}), B, C],
    "nullable types in one": [A.convert_dtypes(), B, C],
    "numbers as text in one": [A.assign(z=A["z"].astype(str)), B, C],
    "words among numbers": [A.assign(z="high"), B, C],
    "all missing in one": [A.assign(z=np.nan, hue=np.nan), B.assign(z=None, hue=None), C],
    "all missing in all": [A.assign(z=np.nan), B.assign(z=None), C.assign(z=np.nan)],
    "times as text in one": [A.assign(at=DAYS), B.assign(at=DAYS.astype(str))],
    "a constant column": [part.assign(z=1.0) for part in (A, B)],
    "a column twice": [part.assign(again=part["z"]) for part in (A, B)],
    "names of columns that are numbers": [p.rename(columns={"z": 0}) for p in (A, B)],
}


# Of older pandas, which puts the parts together in memory.
@pytest.mark.filterwarnings("ignore:The behavior of DataFrame concatenation:FutureWarning")
@pytest.mark.filterwarnings("ignore:the net did not learn anything")  # in one epoch
@pytest.mark.parametrize("frames", ODD.values(), ids=ODD)
def test_odd_partitions_are_learned_from_as_one_table_in_memory(frames: list[Any]) -> None:
    clf = small(epochs=1).fit(in_partitions(frames), "target")
    names = list(max(frames, key=len))
    whole = pd.concat([part[names] for part in frames if len(part)])
    assert clf.n_samples_fit_ == len(whole)
    in_memory = small(epochs=1).fit(whole.drop(columns="target"), whole["target"])
    assert clf.model_.table.state() == in_memory.model_.table.state()
    P = clf.predict_proba(in_partitions(frames)).compute()
    assert P.shape == (len(whole), 2)
    assert np.isfinite(P.to_numpy()).all()


def test_vectors_may_be_missing_in_a_whole_partition() -> None:
    vectors = A.assign(v=list(np.random.default_rng(0).normal(size=(300, 3))))
    frames = [vectors, B.assign(v=None), vectors]
    # Dask would make words of the vectors, as of all objects.
    with dask.config.set({"dataframe.convert-string": False}):
        clf = small(epochs=1).fit(in_partitions(frames), "target")
        assert {c["name"]: c["kind"] for c in clf.columns_}["v"] == "vector"
        for other, told in ((B.assign(v="a"), "words"), (B.assign(v=1.0), "numbers")):
            with pytest.raises(DataError, match=f"vectors in one part of the table and {told}"):
                small().fit(in_partitions([vectors, other]), "target")


@pytest.mark.parametrize("kind", [int, float, str])
def test_groups_are_the_same_words_whatever_their_type(kind: type) -> None:
    numbers = WHOLE.assign(who=np.arange(900) % 30)
    frames = [numbers[:300], numbers[300:].astype({"who": kind})]
    usual = small(epochs=1).fit(
        in_partitions([numbers[:300], numbers[300:]]), "target", groups="who"
    )
    clf = small(epochs=1).fit(in_partitions(frames), "target", groups="who")
    assert clf.score_ == usual.score_


def test_one_partition_whose_type_says_category_speaks_for_all() -> None:
    clf = small(epochs=1).fit(in_partitions([A.astype({"hue": "category"}), B, C]), "target")
    (why,) = (column["why"] for column in clf.columns_ if column["name"] == "hue")
    assert why == "a category by its type; 3 distinct words"


def test_the_order_of_columns_and_empty_partitions_do_not_change_a_bit() -> None:
    usual = bytes_of(small().fit(in_partitions([A, B, C]), "target"))
    other = [A, B[["target", "hue", "z", "x"]], C.assign(more=0)]
    assert bytes_of(small().fit(in_partitions(other), "target")) == usual


def missing_label(row: int) -> pd.DataFrame:
    return B.assign(target=[None if i == row else k for i, k in enumerate(B["target"])])


REFUSED = {
    "no column": ([A, B.drop(columns="z"), C], "partition 1: it has no column 'z', which the"),
    "no target": ([A, B, C.drop(columns="target")], "partition 2: it has no column 'target'"),
    "no label": ([A, missing_label(7), C], "partition 1: 1 of its 300 labels .* in row 8:"),
    "an infinite number": ([A, B, C.assign(z=np.inf)], "partition 2: column 'z' has inf in row 1"),
    "labels of two types": ([A, B.assign(target=1)], "the labels are text in some partitions and"),
    "a quantity": ([A.assign(target=A["z"]), B], "partition 0: Unknown label type: continuous"),
    "levels in two orders": (
        [level(A, ["red", "green", "blue"]), level(B, ["blue", "green", "red"])],
        "column 'hue' has the levels red, green, blue in one partition, and blue",
    ),
    "times and numbers": (
        [A.assign(at=DAYS), B.assign(at=1.0)],
        "column 'at' holds times in one part of the table and numbers in another",
    ),
    "no row": ([NONE, NONE], "no partition has a row"),
    "one class": ([A.assign(target="yes")], "the target has one class only, 'yes'"),
}


@pytest.mark.parametrize(("frames", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_learned_from_is_refused_with_its_partition(
    frames: list[Any], told: str
) -> None:
    with pytest.raises(DataError, match=told):
        small().fit(in_partitions(frames), "target")


def test_the_file_of_a_partition_is_named() -> None:
    parts = partitions_of(dealt(plain(90), 3), "target", ["a.csv", "b.csv", "c.csv"])
    assert parts.named(1) == "partition 1 (b.csv)"


READING = Reading(("x", "hue", "weight"), "target", "weight", __version__)


def test_rows_of_weight_zero_are_not_there() -> None:
    frame = A.assign(weight=np.arange(300) % 3.0)
    frame.iloc[0, list(frame).index("x")] = np.nan
    part = read_part(frame, None, READING)
    kept = np.flatnonzero(np.arange(300) % 3)
    np.testing.assert_array_equal(part.places, kept)
    np.testing.assert_array_equal(part.table["x"], frame["x"].to_numpy()[kept])
    assert part.weight is not None
    assert part.weight.min() == 1
    assert len(part.labels.y) == 200


@pytest.mark.parametrize(
    ("weight", "told"),
    [(-1.0, "has -1 in row 4"), (np.nan, "has nan in row 4"), ("a", "does not hold numbers")],
)
def test_bad_weights_are_refused_with_their_row(weight: Any, told: str) -> None:
    frame = A.assign(weight=[weight if i == 3 else 1.0 for i in range(300)])
    with pytest.raises(DataError, match=told):
        read_part(frame, None, READING)


def test_labels_in_a_series_of_their_own_give_the_same_model() -> None:
    ddf = dealt(plain(), 3)
    named = small().fit(ddf, "target")
    given = small().fit(ddf[["x", "z", "hue"]], ddf["target"])
    assert given.model_.target == "target"
    assert bytes_of(named) == bytes_of(given)
    short = in_partitions([part[:100] for part in (A, B, C)])
    with pytest.raises(DataError, match="partition 0: it has 400 rows, and 100 labels"):
        small().fit(ddf[["x", "z"]], short["target"])
    with pytest.raises(DataError, match="X has 3 partitions, and y has 2"):
        small().fit(ddf[["x", "z"]], dealt(plain(), 2)["target"])
