"""Rules for arguments: what passes, what does not, and what is said of it."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from numlp.common.arguments import ArgumentRule, either, flag, number_in, one_of, sizes, whole

NO_NUMBER: list[Any] = [None, "1", "", [], [1], {}, 1j, np.ones(2), object()]

RULES: list[tuple[ArgumentRule, list[Any], list[Any]]] = [
    # rule, what it allows, what not
    (whole(1), [1, 7, np.int8(1), 10**30], [0, -1, True, np.True_, 1.0, np.float64(2), *NO_NUMBER]),
    (whole(0), [0, np.uint8(0)], [-1, False, *NO_NUMBER]),
    (number_in(0, 1, ends="()"), [0.5, np.float32(0.1), Fraction(1, 3)],
     [0, 1, -0.1, 2, float("nan"), True, *NO_NUMBER]),
    (number_in(0, 1, ends="[]"), [0, 1, 0.0, np.int64(1)], [-1e-9, 1.0001, np.True_, *NO_NUMBER]),
    (number_in(0, 1, ends="[)"), [0], [1]),
    (number_in(0, 1, ends="(]"), [1], [0]),
    (number_in(0, float("inf"), ends="()"), [1e308], [float("inf"), 0, 10**400]),
    (one_of("a", None), ["a", None, np.str_("a")], ["b", "", 0, np.array(["a"]), ["a"]]),
    (either(one_of("auto"), whole(2)), ["auto", 2], ["b", 1, 2.0, None]),
    (flag(), [True, False, np.True_], [0, 1, "True", None]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "allowed", "refused"), RULES, ids=[rule[1] for rule, _, _ in RULES]
)
def test_a_rule_allows_what_it_says(
    rule: ArgumentRule, allowed: list[Any], refused: list[Any]
) -> None:
    test, what = rule
    assert isinstance(what, str)
    assert [value for value in allowed if test(value) is not True] == []
    assert [value for value in refused if test(value) is not False] == []


@pytest.mark.parametrize(
    ("value", "fine"),
    [(5, True), ((5,), True), ([3, 4], True), (np.array([2, 3]), True), (np.int64(2), True),
     (0, False), ([3, 0], False), ("12", False), (None, False), (2.0, False), ([[1]], False),
     ([True], False), (iter([1, "a"]), False)],
)  # fmt: skip
def test_widths_are_whole_and_positive(value: Any, fine: bool) -> None:
    assert sizes(value) is fine


def test_what_is_allowed_is_said_in_words() -> None:
    assert either(one_of("auto"), whole(2))[1] == "one of 'auto' or a whole number, 2 or more"
    assert number_in(0, 0.5, ends="(]")[1] == "a number in (0, 0.5]"
