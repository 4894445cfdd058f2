"""What the owner of a column has to know is a fact, and is printed for who reads it."""

import json
from typing import Any

import numpy as np
import pytest

from numlp.check.findings import IN_PYTHON, LEVEL_OF, LEVELS, Advice, Finding
from numlp.check.remarks import Remark, remarks, told_remark, told_why
from numlp.table.reasons import KeptAs, LengthAlone, SameNumbers, StrayCells
from numlp.table.table import Table

SIZE = np.random.default_rng(0).lognormal(size=60).round(3)
TABLE: dict[str, Any] = {
    "id": [*range(60)],
    "size": SIZE,
    "debt": -SIZE,
    "stray": ["1", "2", "3"] * 19 + ["1", "2", "a no b; cells"],
    "memo": [f"a tale of {i} words, {'and more ' * (i % 4)}no less" for i in range(60)],
    "flat": ["x no y"] * 60,
    "hue": ["red; carries no", "blue"] * 30,
}
SHOUTED = Advice(lambda name, kind: f"{name.upper()} AS {kind.upper()}", "")


def test_remarks_are_facts_on_the_columns_that_are_not_taken_as_they_stand() -> None:
    assert [*remarks(Table.fit(TABLE).audit())] == [
        Remark("id", "set aside", (
            "60 distinct numbers in 60 rows, and its name, say that it is an ID",
            KeptAs("id", "number"),
        )),
        Remark("debt", "copy", (SameNumbers("size", exactly=False),)),
        Remark("stray", "cells", (StrayCells("number", 1, 1, ("a no b; cells",)),)),
        Remark("memo", "text", (LengthAlone(),)),
        Remark("flat", "set aside", ("every cell is 'x no y'",)),
    ]  # fmt: skip


def test_remarks_are_told_as_their_reader_can_follow_them() -> None:
    told = [(remark.column, told_remark(remark, SHOUTED)) for remark in remarks(audit())]
    assert told == [
        ("id", "60 distinct numbers in 60 rows, and its name, say that it is an ID; "
               "ID AS NUMBER keeps it"),
        ("debt", "carries nearly the same numbers as 'size', but for scale"),
        ("stray", "1 cell no number: 'a no b; cells' (taken as missing)"),
        ("memo", "its length counts, its words are not read"),
        ("flat", "every cell is 'x no y'"),
    ]  # fmt: skip


def test_a_text_that_is_read_or_was_asked_to_be_kept_to_its_length_is_no_remark() -> None:
    memo = {"memo": TABLE["memo"]}
    two, many = ["a", "b"], [*map(str, range(101))]
    assert [*remarks(Table.fit(memo, labels=two).audit())] == []
    assert [*remarks(Table.fit(memo, {"memo": "text:length"}, labels=two).audit())] == []
    (remark,) = remarks(Table.fit(memo, {"memo": "text"}, labels=many).audit())
    assert told_remark(remark, IN_PYTHON).endswith("there are 101 classes, and 100 are allowed")


def audit() -> Any:
    return Table.fit(TABLE).audit()


def test_in_python_the_sentence_of_the_audit_is_told_as_it_is() -> None:
    for row in audit():
        assert told_why(row["why"], IN_PYTHON) == row["why"]


def test_a_table_from_a_file_has_its_sentences() -> None:
    opened = Table.from_state(json.loads(json.dumps(Table.fit(TABLE).state()))).audit()
    assert [told_why(row["why"], SHOUTED) for row in opened] == [row["why"] for row in audit()]
    assert {remark.kind for remark in remarks(opened)} == {"set aside"}


@pytest.mark.parametrize("kind", LEVEL_OF)
def test_the_kind_of_a_finding_says_how_much_it_matters(kind: str) -> None:
    finding = Finding(kind, ["a"], "b")
    assert finding.level in LEVELS
    assert finding.as_dict() == {
        "level": finding.level, "kind": kind, "columns": ["a"], "text": "b",
    }  # fmt: skip
