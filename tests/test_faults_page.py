"""The tests that docs/faults.md names are there."""

import ast
import functools
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith(("| case", "| ---"))
]
NAMED = sorted({row[-1].strip("`") for row in ROWS} - {"—"})


def test_every_row_has_a_case_an_outcome_and_a_test_or_a_dash() -> None:
    assert len(ROWS) > 80
    for row in ROWS:
        assert len(row) == 3, row
        assert all(row), row
        assert row[2] == "—" or re.fullmatch(r"`tests/[\w/]+\.py::test_\w+`", row[2]), row


def test_cases_stand_there_once_but_for_those_of_two_classifiers() -> None:
    cases = [row[0] for row in ROWS if row[0] != "anything else"]
    assert [case for case in cases if cases.count(case) > 1] == ["NaN in X"] * 2


@functools.cache
def functions_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_test_that_the_page_names_is_there() -> None:
    missing = [named for named in NAMED if not is_there(*named.split("::"))]
    assert missing == []


def is_there(path: str, name: str) -> bool:
    return name in functions_of(path)
