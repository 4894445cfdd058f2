"""Labels as a file spells them stand for the classes of their value."""

from typing import Any

import numpy as np
import pytest

from numlp.data.labels import EncodedLabels, encode_labels
from numlp.data.quantity import Ranges
from numlp.errors import DataError
from numlp.models.label_words import class_named, cut_in_ranges, known_numbers, learned_classes


def words(*labels: str) -> EncodedLabels:
    return encode_labels([*labels])


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["True", "False"], [False, True]),
        (["TRUE", "true", "False"], [False, True]),
        (["true", "true"], [True]),
        (["true", "maybe"], ["maybe", "true"]),
        (["true", "1"], ["1", "true"]),
        (["1", "0"], ["0", "1"]),
        (["1.0", "2.0"], ["1.0", "2.0"]),  # as they are written
        (["1", "1.0", "2.0"], ["1", "2"]),
        (["01", "1"], ["01", "1"]),
        (["1", "1.0", "NA"], ["1", "1.0", "NA"]),
        (["0.50", "0.5"], ["0.5"]),
        (["9007199254740993", "9007199254740992"], ["9007199254740992", "9007199254740993"]),
    ],
)
def test_words_of_one_value_are_one_class(labels: list[str], classes: list[Any]) -> None:
    found = learned_classes(words(*labels))
    assert found.classes.tolist() == classes
    assert [type(label) for label in found.classes.tolist()] == [type(c) for c in classes]
    assert len(found.y) == len(labels)


@pytest.mark.parametrize(
    ("word", "classes", "expected"),
    [
        ("TRUE", [False, True], True),
        ("1", [False, True], True),  # as in NumPy
        ("False", ["false", "true"], "false"),
        ("true", ["False", "True", "true"], "true"),
        ("1.0", [1, 2], 1),
        ("1", [1.0, 2.0], 1.0),
        ("1", ["1.0", "2.0"], "1.0"),
        ("1.00", ["1", "2"], "1"),
        ("1e0", ["1", "2"], "1"),
        ("01", ["01", "1"], "01"),
        ("2024-03-01 00:00:00", ["2024-03-01", "2024-04-01"], "2024-03-01"),
        ("9007199254740993", [2**53, 2**53 + 1], 2**53 + 1),
        ("18446744073709551615", np.array([0, 2**64 - 1], np.uint64), 2**64 - 1),
    ],
)
def test_a_word_stands_for_the_one_class_of_its_value(
    word: str, classes: Any, expected: Any
) -> None:
    known = np.asarray(classes)
    assert classes[known_numbers(words(word), known, None, "y")[0]] == expected
    found = class_named(word, known, None)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("word", "classes"),
    [
        ("01", [1, 2]),
        ("TRUE", ["True", "true"]),
        ("1.00", ["1", "1.0"]),
        ("yes", [False, True]),
        ("2", [False, True]),
        ("9007199254740993.0", [2**53, 2**53 + 1]),
        ("NaN", [0.0, 1.0]),
    ],
)
def test_a_word_without_a_class_or_with_several_is_refused(word: str, classes: list[Any]) -> None:
    known = np.array(classes)
    with pytest.raises(DataError, match=f"column 'y' has '{word}', which the model was not"):
        known_numbers(words(word), known, None, "column 'y'")
    assert class_named(word, known, None) == word
    assert class_named(None, known, None) is None


def test_a_number_stands_for_its_range_and_so_does_the_name_of_one() -> None:
    ranges = Ranges((10.0, 20.0))
    asked = words("3", "1e1", "10 to 20", "20.5", "above 20")
    found = known_numbers(asked, np.array(ranges.names), ranges, "y")
    assert found.tolist() == [0, 0, 1, 2, 2]
    assert class_named("1000", np.array(ranges.names), ranges) == "above 20"


def test_ranges_of_words_are_in_the_order_of_the_numbers() -> None:
    labels, ranges = cut_in_ranges(words("9", "100", "2.5", "20"), np.arange(1, 5), bins=2)
    assert labels.classes.tolist() == ranges.names == ["up to 10", "above 10"]
    assert labels.y.tolist() == [0, 1, 0, 1]
    labels, ranges = cut_in_ranges(words("9", "-100", "2.5"), np.arange(1, 4), above=0.0)
    assert labels.classes[labels.y].tolist() == ["above 0", "up to 0", "above 0"]


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ("low", "not a finite number"),
        ("inf", "not a finite number"),
        ("1e999", "not a finite number"),
        ("true", "not a finite number"),
        ("2024-03-01", "a date"),
    ],
)
def test_what_is_not_a_number_has_no_range_and_its_row_is_named(label: str, told: str) -> None:
    with pytest.raises(DataError, match=f"'{label}' in row 7, which is {told}: ranges are of num"):
        cut_in_ranges(words("1", label), np.array([3, 7]), bins=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"above": 5.0}, "go from 1 to 2: 5 does not part them"), ({"above": 0.5}, "0.5 does not")],
)
def test_a_number_that_parts_nothing_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        cut_in_ranges(words("1", "2"), np.arange(1, 3), **options)
    with pytest.raises(DataError, match="every number is 1"):
        cut_in_ranges(words("1", "1"), np.arange(1, 3), bins=2)
