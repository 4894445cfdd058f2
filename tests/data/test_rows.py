"""Rows by name, as a web request has them, are a table; what is no row says so."""

from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from numlp import DataError, MLPClassifier, TabularClassifier
from numlp.check import check_table
from numlp.data.columns import as_columns, part_target
from numlp.explain import explain_row, permutation_importance


@dataclass
class Bird:
    size: float | None
    hue: str


Pair = namedtuple("Pair", ["size", "hue"])
FRAME = pd.DataFrame({"size": [1.5, 2.5, 3.5], "hue": ["red", "grey", "red"]})
ROWS: dict[str, Any] = {
    "dicts": FRAME.to_dict("records"),
    "dicts of other orders": [{"size": 1.5, "hue": "red"}, {"hue": "grey", "size": 2.5},
                              {"size": 3.5, "hue": "red"}],
    "a tuple of dicts": tuple(FRAME.to_dict("records")),
    "other mappings": [OrderedDict(size=1.5, hue="red"),
                       MappingProxyType({"size": 2.5, "hue": "grey"}), {"size": 3.5, "hue": "red"}],
    "an array of dicts": np.array(FRAME.to_dict("records"), dtype=object),
    "named tuples": [*FRAME.itertuples(index=False)],
    "named tuples of one's own": [Pair(1.5, "red"), Pair(2.5, "grey"), Pair(3.5, "red")],
    "dataclasses": [Bird(1.5, "red"), Bird(2.5, "grey"), Bird(3.5, "red")],
    "several of these": [Bird(1.5, "red"), Pair(2.5, "grey"), {"hue": "red", "size": 3.5}],
    "records": FRAME.to_records(index=False),
}  # fmt: skip


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
def test_rows_by_name_are_a_table(rows: Any) -> None:
    table = as_columns(rows)
    assert (table.n_rows, table.named, sorted(table.names)) == (3, True, ["hue", "size"])
    assert table["size"].tolist() == [1.5, 2.5, 3.5]
    assert table["hue"].tolist() == ["red", "grey", "red"]


def test_a_name_that_a_row_lacks_is_a_missing_cell() -> None:
    table = as_columns([{"size": 1}, {"hue": "red"}, {}, {"size": None, "hue": "blue"}])
    assert table.names == ["size", "hue"]
    assert np.isnan(table["size"]).tolist() == [False, True, True, True]
    assert table["hue"].tolist() == [None, "red", None, "blue"]


def test_cells_of_rows_are_of_any_type_that_a_column_may_have() -> None:
    table = as_columns([{"a": True, "b": "1", 3: 2**60 + 1}, {"a": False, "b": 2, 3: 5}])
    assert table["a"].tolist() == [1, 0]
    assert table["b"].tolist() == ["1", "2"]
    assert table["3"].tolist() == [str(2**60 + 1), "5"]
    with pytest.raises(DataError, match="column 'a' has a cell of the type list in row 2"):
        as_columns([{"a": 1}, {"a": [1, 2]}])


WRONG: dict[str, tuple[Any, str]] = {
    "a list among dicts": ([{"a": 1}, [1]], "row 2 is of the type list, and other rows have names"),
    "None among dicts": ([{"a": 1}, None], "row 2 is of the type NoneType"),
    "objects": (
        [object(), object()],
        "row 1 is of the type object: give a DataFrame, .* list of di",
    ),
    "one row": (
        {"a": 1, "b": "x"},
        r"column 'a' has shape \(\): .*; a single row .* list: \[row\]",
    ),
    "text": (["ab", "cd"], "Expected 2D array, got 1D array"),
    "one name twice": ([{1: 2, "1": 3}], "row 1 has two cells of one name"),
    "one dataclass": (Bird(1, "red"), "Bird is not a table"),
}


@pytest.mark.parametrize(("rows", "message"), WRONG.values(), ids=WRONG)
def test_what_is_no_row_by_name_is_refused(rows: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        as_columns(rows)


def test_the_target_may_stand_in_the_rows() -> None:
    table, name, cells = part_target(ROWS["dicts"], "hue")
    assert (table.names, name, list(cells)) == (["size"], "hue", ["red", "grey", "red"])
    assert check_table(ROWS["dicts"] * 20, target="hue")["verdict"] is not None


def test_every_method_of_a_classifier_takes_rows_by_name() -> None:
    frame = pd.concat([FRAME] * 20, ignore_index=True)
    rows, labels = frame.to_dict("records"), np.where(frame["size"] > 2, "rook", "wren")
    clf = TabularClassifier("fast", epochs=20, random_state=0).fit(rows, labels)
    assert clf.feature_names_in_.tolist() == ["size", "hue"]
    expected = clf.predict_proba(frame)
    turned = [{"extra": [], **dict(reversed(row.items()))} for row in rows]
    assert np.array_equal(clf.predict_proba(turned), expected)
    assert clf.predict(turned[:1]).tolist() == clf.predict(frame[:1]).tolist()
    assert clf.predict_set(turned, 0.8).tolist() == clf.predict_set(frame, 0.8).tolist()
    assert clf.score(turned, labels) == clf.score(frame, labels)
    found = permutation_importance(clf, turned, labels, n_repeats=2)
    assert found == permutation_importance(clf, frame, labels, n_repeats=2)
    why = explain_row(clf, turned[:1], turned)
    assert {c.name: c.cell for c in why.contributions} == {"size": 1.5, "hue": "red"}
    with pytest.raises(DataError, match="'hue' is missing; the table has 'size'"):
        clf.predict([{"size": 1}])
    with pytest.warns(UserWarning, match="hue: 1 cell missing, where none was in training"):
        clf.predict([{"size": 1}, {"size": 2, "hue": "red"}])


def test_a_net_of_numbers_takes_rows_by_name_too() -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 2)), columns=["a", "b"])
    rows, labels = frame.to_dict("records"), (frame["a"] > 0).to_numpy()
    clf = MLPClassifier((4,), solver="lbfgs", random_state=0).fit(rows, labels)
    assert clf.feature_names_in_.tolist() == ["a", "b"]
    expected = clf.predict_proba(frame)
    turned = [{"extra": "x", "b": row["b"], "a": row["a"]} for row in rows]
    assert np.array_equal(clf.predict_proba(turned), expected)
    assert clf.score(turned, labels) == clf.score(frame, labels)
    with pytest.raises(DataError, match="learned from 'b', which the table does not have"):
        clf.predict([{"a": 1.0}])
    with pytest.raises(
        DataError, match="column 'b' has words, times or vectors, not numbers: encode"
    ):
        MLPClassifier().fit([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}], [0, 1])
    with pytest.raises(DataError, match=r"(?s)Input X contains NaN.*column 'b', row 1"):
        MLPClassifier().fit([{"a": 1, "b": 2}, {"a": 2}], [0, 1])
