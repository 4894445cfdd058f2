"""Weights of rows and classes."""

from typing import Any

import numpy as np
import pytest

from numlp import DataError
from numlp.common.weights import balanced, check_sample_weight, given_weights


@pytest.mark.parametrize("given", [[1, 2, 0], (1.0, 2.0, 0.0), np.array([1, 2, 0], np.int8)])
def test_weights_of_any_type_are_floats(given: Any) -> None:
    weight = check_sample_weight(given, 3)
    assert weight is not None
    assert weight.dtype == np.float64
    assert weight.tolist() == [1, 2, 0]


def test_weights_are_a_copy() -> None:
    given = np.ones(3)
    weight = check_sample_weight(given, 3)
    assert weight is not None
    assert not np.shares_memory(weight, given)


def test_one_number_is_that_of_all_rows() -> None:
    weight = check_sample_weight(2, 3)
    assert weight is not None
    assert weight.tolist() == [2, 2, 2]
    assert check_sample_weight(None, 3) is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([1, 2], r"shape == \(2,\), expected \(3,\)"),
        (np.ones((3, 1)), "2D array"),
        ([1, -2, 3], "-2 in row 2"),
        ([1, np.nan, 3], "nan in row 2"),
        ([1, 2, -np.inf], "-inf in row 3"),
        ([0, 0, 0], "every sample weight is zero"),
        (0, "every sample weight is zero"),
        (["a", "b", "c"], "has a value that is not a number"),
        ([1, [2], 3], "has a value that is not a number"),
        ([1j, 1, 1], "has a value that is not a number"),
    ],
)
def test_what_is_no_weight_is_refused(given: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        check_sample_weight(given, 3)


def test_balanced_classes_weigh_the_same() -> None:
    codes = np.array([0] * 6 + [1] * 3 + [3])
    weight = np.arange(10.0) + 1
    for given in (None, weight):
        by_row = balanced(codes, 4, given)
        totals = np.bincount(codes, by_row if given is None else by_row * given, minlength=4)
        expected = 10 / 3 if given is None else weight.sum() / 3
        np.testing.assert_allclose(totals, [expected, expected, 0, expected])


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    oracle = pytest.importorskip("sklearn.utils.class_weight")
    codes = np.array([0, 0, 1, 2, 2, 2])
    np.testing.assert_allclose(
        balanced(codes, 3, None), oracle.compute_sample_weight("balanced", codes)
    )


def test_classes_weigh_1_unless_they_are_given() -> None:
    assert given_weights({"b": 3}, ["a", "b", "c"]).tolist() == [1, 3, 1]
    assert given_weights({}, [0, 1]).tolist() == [1, 1]
    assert given_weights({1: 2, 0: 0}, [False, True]).tolist() == [0, 2]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"d": 1}, "'d', which is not a class of y: the classes are \\['a', 'b'\\]"),
        ({"a": -1}, "finite and not negative"),
        ({"a": np.nan}, "finite and not negative"),
        ({"a": np.inf}, "finite and not negative"),
        ({"a": "heavy"}, "class_weight=.*heavy"),
        ({"a": {}}, "class_weight=.*dict"),
        ({"a": [1, 2]}, "class_weight=.*list"),
        ({"a": None}, "class_weight=.*NoneType"),
    ],
)
def test_what_is_no_weight_of_a_class_is_refused(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        given_weights(given, ["a", "b"])
