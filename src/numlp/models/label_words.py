"""Labels as a file spells them, and the classes that they stand for.

A file has words where Python has values: ``true`` in JSON and Parquet, ``True`` in a CSV of pandas
and ``TRUE`` in one of a spreadsheet are one boolean, and ``1`` and ``1.0`` are one number.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.labels import EncodedLabels
from ..data.objects import EXACT, spell
from ..data.quantity import Ranges
from ..errors import DataError
from ..metrics.scores import ClassNumbers
from ..storage.json_values import mapping
from ..table.decimals import DecimalSigns, numbers_of
from ..table.words import TRUTHS, parse_number, parse_time
from .predictions import numbers_among


def learned_classes(labels: EncodedLabels) -> EncodedLabels:
    """The classes to learn from the words of a file.

    Where every word is true or false, in letters of any case, they are booleans, as they are in
    Python.  Where every word is a number and one number is spelled in two ways, all are spelled by
    value.  All other words stay as they are written.

    >>> from numlp.data.labels import encode_labels
    >>> learned_classes(encode_labels(["TRUE", "false", "true"]))
    EncodedLabels(classes=array([False,  True]), y=array([1, 0, 1]), name='')
    >>> learned_classes(encode_labels(["1", "2.0", "1.0"])).classes.tolist()
    ['1', '2']
    """
    words = labels.classes.tolist()
    truths = [TRUTHS.get(word.lower()) for word in words]
    if None not in truths:
        return _merged(np.array(truths, bool), labels)
    values = [word if word.lower() in TRUTHS else _value(word) for word in words]
    numbers = [value for value in values if isinstance(value, float)]
    if len(set(values)) < len(values) == len(numbers):
        return _merged(np.array([*map(spell, numbers)]), labels)
    return labels


def _merged(classes: NDArray[Any], labels: EncodedLabels) -> EncodedLabels:
    """The labels with other classes in place of theirs, some of which may be equal."""
    merged, place = np.unique(classes, return_inverse=True)
    return EncodedLabels(merged, place.astype(labels.y.dtype)[labels.y], labels.name)


def known_numbers(
    labels: EncodedLabels,
    classes: NDArray[Any],
    ranges: Ranges | None,
    where: str,
    signs: DecimalSigns | None = None,
) -> ClassNumbers:
    """The number of each label of a file among the classes of a model, (n,).

    A word stands for the class that is spelled so, else for the one class of its value: a truth in
    letters of any case, a number or a time however it is written; true is the number 1, as in
    NumPy.  "01" is a code, not the number 1.  Where the classes are ranges, a number stands for the
    range that it lies in.

    Parameters
    ----------
    labels : EncodedLabels
        Words.
    classes : array of shape (n_classes,)
        Of any type.
    ranges : Ranges, or None
        Where the classes are ranges.
    where : str
        Where the labels stand, for messages.
    signs : DecimalSigns, optional
        What is known of the decimal signs of the table.

    Raises
    ------
    DataError
        A word stands for no class, or for several.

    Examples
    --------
    >>> from numlp.data.labels import encode_labels
    >>> asked = encode_labels(["TRUE", "false"])
    >>> known_numbers(asked, np.array([False, True]), None, "y")
    array([1, 0])
    >>> known_numbers(asked, np.array(["false", "true"], object), None, "y")
    array([1, 0])
    """
    known = [str(label) for label in classes.tolist()]
    spelled = {word: k for k, word in enumerate(known)}
    by_value: dict[float | np.datetime64 | str, list[int]] = {}
    for k, word in enumerate(known):
        by_value.setdefault(_value(word), []).append(k)
    found, words = [], labels.classes.tolist()
    numbers = np.full(len(words), math.nan)
    if ranges is not None:
        numbers = numbers_of(where, words, np.bincount(labels.y), signs or DecimalSigns())
    for word, number in zip(words, numbers.tolist(), strict=True):
        same = [spelled[word]] if word in spelled else by_value.get(_value(word), [])
        if not same and ranges is not None and not math.isnan(number):
            same = ranges.of(np.array([number])).tolist()
        found.append(known[same[0]] if len(same) == 1 else word)
    return numbers_among(labels._replace(classes=np.array(found, object)), known, where, "model")


def class_named(word: str | None, classes: NDArray[Any], ranges: Ranges | None) -> Any:
    """The class that a word on the command line stands for, or the word where there is none.

    >>> class_named("TRUE", np.array([False, True]), None)
    True
    """
    if word is None:
        return None
    asked = EncodedLabels(np.array([word], object), np.zeros(1, np.intp))
    try:
        return classes.tolist()[known_numbers(asked, classes, ranges, "")[0]]
    except DataError:
        return word  # who takes it says what the classes are


def places_of(word: str, labels: Sequence[str]) -> list[int]:
    """Where the labels are that a word on the command line means: spelled so, or the same number.

    A file may have -1.0 where another has -1.  All else differs by a single letter or capital.

    >>> places_of("NA", ["na", "NA", "nan"]), places_of("-1", ["0.0", "-1.0", "-01", "1"])
    ([1], [1])
    """
    number = parse_number(word)
    is_exact = abs(number) < EXACT  # NaN is not
    return [
        place
        for place, label in enumerate(labels)
        if label == word or (is_exact and parse_number(label) == number)
    ]


def left_out_words(info: Mapping[str, Any]) -> list[str]:
    """The words that stood for no label when a model was trained, by what its file says.

    >>> left_out_words({"settings": {"missing": ["NA"]}}), left_out_words({})
    (['NA'], [])
    """
    words = mapping(info.get("settings")).get("missing")
    return [word for word in words if isinstance(word, str)] if isinstance(words, list) else []


def _value(word: str) -> float | np.datetime64 | str:
    """The number, truth or time that a word spells, if it is exact, else the word."""
    value = TRUTHS.get(word.lower(), parse_number(word))
    if abs(value) < EXACT:  # NaN is not
        return value
    time = parse_time(word)
    return word if np.isnat(time) else time


def cut_in_ranges(
    labels: EncodedLabels,
    rows: NDArray[np.intp],
    *,
    bins: int | None = None,
    above: float | None = None,
    signs: DecimalSigns | None = None,
) -> tuple[EncodedLabels, Ranges]:
    """The ranges that the labels lie in as classes, in the order of the numbers.

    Parameters
    ----------
    labels : EncodedLabels
        Words, each of which has to be a finite number, in any form that a column may have.
    rows : array of shape (n,)
        The number of each row in the file, for messages.
    bins : int, optional
        How many ranges to make, with as many rows in each as can be.
    above : float, optional
        Where to part two ranges, if ``bins`` is not given.
    signs : DecimalSigns, optional
        What is known of the decimal signs of the table.

    Raises
    ------
    DataError
        A word is not a finite number, or all rows would lie in one range.
    """
    words, name = labels.classes.tolist(), labels.name
    values = numbers_of(name, words, np.bincount(labels.y), signs or DecimalSigns())
    if (bad := np.isnan(values)[labels.y]).any():
        row = int(bad.argmax())
        word = words[labels.y[row]]
        told = "a date" if not np.isnat(parse_time(word)) else "not a finite number"
        raise DataError(
            f"{name!r} is {word!r} in row {rows[row]:,}, which is {told}: ranges are of numbers. "
            "Leave the option out, or make a column of what is to be predicted"
        )
    if bins is not None:
        try:
            ranges = Ranges.with_as_many_rows(values[labels.y], bins)
        except DataError as error:
            raise DataError(f"{name!r}: {error}") from error
    else:
        ranges = Ranges((float(above or 0.0),))
        if len(np.unique(ranges.of(values))) < 2:
            raise DataError(
                f"the numbers of {name!r} go from {spell(float(values.min()))} to "
                f"{spell(float(values.max()))}: {spell(ranges.edges[0])} does not part them"
            )
    y = ranges.of(values).astype(labels.y.dtype)[labels.y]
    return EncodedLabels(np.array(ranges.names), y, name), ranges
