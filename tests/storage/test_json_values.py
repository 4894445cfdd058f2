"""Values that go into a document, and come out of it."""

import json
import math
from typing import Any

import numpy as np
import pytest

from numlp.storage.json_values import from_json, mapping, number_or_none, pairs_to_json, to_json

VALUES: list[tuple[Any, Any]] = [
    (None, None), (True, True), (3, 3), ("a", "a"), (0.5, 0.5), (np.int64(3), 3),
    (np.float32(0.5), 0.5), ((1, 2), [1, 2]), (np.array([1.5, 2]), [1.5, 2.0]), ([], []),
    (range(2), [0, 1]), ([(1, np.bool_(True))], [[1, True]]),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), VALUES, ids=str)
def test_a_value_becomes_what_json_has(value: Any, expected: Any) -> None:
    for convert in (to_json, pairs_to_json):
        found = convert("x", value)
        assert found == expected
        assert type(found) is type(expected)
        assert json.loads(json.dumps(found)) == expected


def test_a_mapping_comes_back_or_is_a_list_of_pairs() -> None:
    weights = {0: 1.5, 1: math.inf, "b": {2: 3}}
    document = json.loads(json.dumps(to_json("x", weights)))
    assert from_json(document) == {0: 1.5, 1: math.inf, "b": {2: 3}}
    assert pairs_to_json("x", {"b": {2: np.float64(3)}}) == [["b", [[2, 3.0]]]]


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, b"ab", [1j], {"a": print}], ids=lambda v: type(v).__name__
)
def test_a_value_that_json_has_not_is_refused_by_name(value: Any) -> None:
    for convert in (to_json, pairs_to_json):
        with pytest.raises(ValueError, match=r"alpha=.* is of a type that no file can hold"):
            convert("alpha", value)


def test_a_number_of_a_document_is_checked() -> None:
    assert number_or_none("x", {"number": "inf"}) == math.inf
    assert number_or_none("x", None) is None
    with pytest.raises(ValueError, match="x='3'"):
        number_or_none("x", "3")


def test_what_is_not_an_object_is_an_empty_mapping() -> None:
    assert mapping([1]) == mapping(None) == {}
    assert mapping({"a": 1}) == {"a": 1}
