"""What a table is, as data for Python."""

import datetime as dt
import json
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from numlp import TabularClassifier
from numlp.check import check_table
from numlp.check.examine import row_hashes
from numlp.check.findings import LEVEL_OF
from numlp.errors import DataError

RNG = np.random.default_rng(0)
N = 300
SIZE = RNG.normal(size=N)
LABEL = np.array(["no", "yes"])[(SIZE + RNG.normal(size=N) > 0).astype(int)]
PETS: dict[str, Any] = {
    "id": [*range(N)],
    "size": SIZE.tolist(),
    "hue": [*"rgb"] * 100,
    "born": [dt.datetime(2020, 1, 1) + dt.timedelta(i % 90) for i in range(N)],
    "kind": LABEL.tolist(),
}


def kinds_of(found: dict[str, Any]) -> list[str]:
    return [finding["kind"] for finding in found["findings"]]


@pytest.mark.parametrize("frame", [dict, pd.DataFrame, pl.DataFrame, pl.LazyFrame, pa.table])
@pytest.mark.parametrize("target", [None, "kind"])
def test_every_frame_gives_the_same_facts(frame: Any, target: str | None) -> None:
    found = check_table(frame(PETS), target=target)
    assert found == check_table(PETS, target=target)
    assert json.loads(json.dumps(found)) == found


def test_the_facts_are_those_of_the_docstring() -> None:
    found = check_table(PETS, target="kind")
    assert list(found) == ["rows", "target", "columns", "classes", "findings", "verdict"]
    assert list(check_table(PETS)) == [
        "rows", "target", "columns", "classes", "targets", "findings", "verdict",
    ]  # fmt: skip
    assert (found["rows"], found["target"], found["verdict"]) == (N, "kind", "ready")
    n_no = LABEL.tolist().count("no")
    assert {entry["label"]: (entry["rows"], entry["share"]) for entry in found["classes"]} == {
        "no": (n_no, n_no / N), "yes": (N - n_no, 1 - n_no / N),
    }  # fmt: skip
    named = {column["name"]: column for column in found["columns"]}
    assert list(named) == ["id", "size", "hue", "born"]
    assert named["hue"] == {
        "name": "hue", "kind": "category", "missing": 0, "distinct": 3,
        "examples": ["r", "g", "b"], "features": 3, "why": "3 distinct words",
    }  # fmt: skip
    (aside,) = found["findings"]
    assert (aside["level"], aside["kind"], aside["columns"]) == ("note", "set aside", ["id"])
    assert aside["text"].endswith("columns={'id': 'number'} keeps it")
    assert {finding["kind"] for finding in found["findings"]} <= LEVEL_OF.keys()


def test_columns_are_what_training_takes_them_for() -> None:
    frame = pd.DataFrame(PETS)
    found = check_table(frame, target="kind", columns={"id": "number", "hue": "ignore"})
    clf = TabularClassifier("fast", epochs=2, random_state=0)
    clf.fit(frame.drop(columns="kind"), frame["kind"], columns={"id": "number", "hue": "ignore"})
    assert [(c["name"], c["kind"], c["features"], c["why"]) for c in found["columns"]] == [
        (c["name"], c["kind"], c["features"], c["why"]) for c in clf.columns_
    ]


def test_the_frame_stays_as_it_is() -> None:
    frame = pd.DataFrame(PETS)
    before = frame.copy(deep=True)
    check_table(frame, target="kind")
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("target", [2, np.int64(2), "x2"])
def test_columns_of_an_array_go_by_position(target: Any) -> None:
    X = np.column_stack([SIZE, np.arange(N) % 40, LABEL == "yes", np.arange(N) % 3])
    found = check_table(X, target=target, columns={3: "ignore", "x1": "category"})
    assert found["target"] == "x2"
    assert [(c["name"], c["kind"]) for c in found["columns"]] == [
        ("x0", "number"), ("x1", "category"), ("x3", "set aside"),
    ]  # fmt: skip
    assert {entry["label"] for entry in found["classes"]} == {"0", "1"}


def test_a_sparse_matrix_is_an_array() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    X = np.column_stack([SIZE, LABEL == "yes"])
    assert check_table(sparse.csr_matrix(X), target=1) == check_table(X, target=1)


def test_a_column_may_be_called_by_a_number() -> None:
    frame = pd.DataFrame({7: SIZE, 0: [*"rgb"] * 100, 1: LABEL})
    found = check_table(frame, target=1, columns={0: "ignore"})
    assert [(c["name"], c["kind"]) for c in found["columns"]] == [
        ("7", "number"), ("0", "set aside"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "spelled"),
    [
        ([True, False] * 150, {"True", "False"}),
        ([1, 2, 3] * 100, {"1", "2", "3"}),
        ([1.0, 2.0] * 150, {"1", "2"}),
        (pd.Categorical(["a", "b"] * 150), {"a", "b"}),
    ],
)
def test_labels_may_be_of_any_type_that_training_takes(labels: Any, spelled: set[str]) -> None:
    found = check_table(pd.DataFrame({"size": SIZE, "kind": labels}), target="kind")
    assert {entry["label"] for entry in found["classes"]} == spelled
    assert "labels" not in kinds_of(found)


def test_missing_labels_are_a_fault_and_the_other_rows_are_looked_at() -> None:
    label = [None, "", *LABEL[2:]]
    found = check_table({**PETS, "kind": label}, target="kind")
    assert (found["verdict"], found["rows"]) == ("fault", N - 2)
    (fault,) = [finding for finding in found["findings"] if finding["level"] == "fault"]
    assert fault["kind"] == "labels"
    assert fault["text"].startswith("2 labels of 'kind' missing, the first in row 1")
    assert sum(entry["rows"] for entry in found["classes"]) == N - 2
    with pytest.raises(DataError, match="2 of 300 labels are missing"):
        TabularClassifier("fast").fit({"size": SIZE}, [None, None, *LABEL[2:]])


@pytest.mark.parametrize("labels", [SIZE.tolist(), [1, "a"] * 150])
def test_labels_that_cannot_be_classes_are_a_fault(labels: Any) -> None:
    found = check_table({"size": SIZE, "kind": labels}, target="kind")
    assert (found["verdict"], found["classes"], found["target"]) == ("fault", None, "kind")
    assert found["findings"][0]["text"].startswith("Unknown label type")
    with pytest.raises(DataError, match="Unknown label type"):
        TabularClassifier("fast").fit({"size": SIZE}, labels)


def test_a_column_that_cannot_be_what_was_asked_is_a_fault() -> None:
    found = check_table(PETS, target="kind", columns={"hue": "number"})
    assert (found["verdict"], kinds_of(found)) == ("fault", ["column", "set aside"])
    assert "'hue' was asked to be 'number'" in found["findings"][0]["text"]
    assert found["findings"][0]["columns"] == ["hue"]
    known = {column["name"]: column["kind"] for column in found["columns"]}
    assert known == {"id": "set aside", "size": "number", "hue": None, "born": "date"}


def test_several_faulty_columns_are_faults_of_their_own() -> None:
    found = check_table(PETS, target="kind", columns={"hue": "number", "born": "text"})
    faults = [finding["columns"] for finding in found["findings"] if finding["level"] == "fault"]
    assert faults == [["hue"], ["born"]]
    alone = check_table({name: PETS[name] for name in ("hue", "kind")}, target="kind",
                        columns={"hue": "date"})  # fmt: skip
    assert [column["kind"] for column in alone["columns"]] == [None]


def test_advice_is_for_python() -> None:
    label = np.where(np.arange(N) < 290, "no", "yes")
    found = check_table({"size": SIZE, "kind": label}, target="kind")
    (text,) = [f["text"] for f in found["findings"] if f["kind"] == "lopsided"]
    assert text.endswith(
        "metric='balanced_accuracy' or 'f1' makes the model look for the other classes"
    )
    assert "--" not in json.dumps(found)


@pytest.mark.parametrize(
    ("frame", "target", "columns", "error", "message"),
    [
        (PETS, "kinds", None, DataError, "the table has no column 'kinds': did you mean 'kind'?"),
        (pd.DataFrame(PETS), "x", None, DataError, "has no column 'x': it has 'id', 'size', 'hue'"),
        (np.ones((3, 2)), 5, None, DataError, "has no column 'x5': it has 'x0', 'x1'|did you mean"),
        (PETS, "kind", {"kind": "text"}, DataError, "asks for 'kind', but .* target are classes"),
        (PETS, "kind", {"hues": "text"}, DataError, "asks for 'hues' to be 'text', .* no such"),
        (PETS, None, {"hues": "text"}, DataError, "asks for 'hues' to be 'text', .* no such"),
        (PETS, "kind", {"hue": "word"}, ValueError, "has to be one of 'number', 'category'"),
        (PETS, "kind", ["hue"], ValueError, "columns=.* has to be a dict"),
        ({"kind": LABEL}, "kind", None, DataError, "no column beside the target 'kind'"),
        ({"a": [1, 2], "kind": [None, ""]}, "kind", None, DataError, "cell of the target column"),
        ({"a": [1, 2], "kind": ["x"]}, "kind", None, DataError, "X has 2 rows, but y has 1"),
        ({"a": [], "kind": []}, "kind", None, DataError, r"0 sample\(s\)"),
        ({"a": []}, None, None, DataError, r"0 sample\(s\)"),
        ({}, None, None, DataError, r"0 feature\(s\)"),
        (5, "a", None, DataError, "int is not a table: give a DataFrame"),
    ],
)  # fmt: skip
def test_what_cannot_be_checked_is_said(
    frame: Any, target: Any, columns: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        check_table(frame, target=target, columns=columns)
    assert type(caught.value) is error


def test_hashes_of_rows_are_equal_where_the_rows_are() -> None:
    numbers = RNG.integers(0, 4, 2000).astype(float)
    numbers[::7] = np.nan
    words = np.array(["a", "b", None], object)[RNG.integers(0, 3, 2000)]
    times = RNG.integers(0, 3, 2000).astype("datetime64[ms]")
    signed = np.where(RNG.random(2000) < 0.5, 0.0, -0.0)
    hashes = row_hashes([numbers, words, times, signed])
    rows = {(str(a), b, str(c)) for a, b, c in zip(numbers, words, times, strict=True)}
    assert len(np.unique(hashes)) == len(rows)
    assert len(np.unique(row_hashes([words, words]))) == 3
    swapped = row_hashes([np.array([1.0, 2.0]), np.array([2.0, 1.0])])
    assert swapped[0] != swapped[1]
