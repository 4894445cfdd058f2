"""Doubts about a table: labels that may be the same, columns that give labels away."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.wording import folded, name_list
from ..data.columns import Column
from ..data.labels import EncodedLabels
from ..data.objects import spell
from ..data.quantity import Ranges, dates_told, quantity_told
from ..table.decimals import DecimalSigns, numbers_of
from ..table.words import is_missing_word, parse_number, parse_time
from .findings import IN_PYTHON, Advice, Finding
from .leaks import Leak, leaks

MOST_NAMED = 20  # groups of labels that are alike


def doubts(
    columns: Mapping[str, Column],
    labels: EncodedLabels,
    target: str,
    kinds: Mapping[str, str],
) -> Iterator[Finding]:
    """Findings on labels that may be the same, and on columns that may be the answer itself.

    Parameters
    ----------
    columns : mapping of name to column, as ``as_columns`` makes them
    labels : EncodedLabels
        Text.
    target : str
        The name of the column of the labels.
    kinds : mapping of column to kind
        The kinds that a caller asked for: columns to ignore are not looked at.
    """
    yield from spelled_alike(labels, target)
    yield from giving_away(columns, labels, target, kinds)


def spelled_alike(labels: EncodedLabels, target: str) -> Iterator[Finding]:
    """Findings on labels that may be the same."""
    for names in alike(labels.classes)[:MOST_NAMED]:
        text = (
            f"{name_list(names)} are taken for different classes of {target!r}, but "
            "differ by capitals or blanks alone: if they are one, spell them alike"
        )
        yield Finding("labels alike", [target], text)


def missing_words(
    classes: Sequence[str],
    counts: NDArray[np.integer[Any]],
    target: str,
    advice: Advice = IN_PYTHON,
) -> Iterator[Finding]:
    """A finding where labels are words that people write for a missing value.

    They are the words of ``is_missing_word``, which are missing cells of a column of numbers.  A
    class may be called so (NA is Namibia), so they count as classes until somebody says otherwise.

    Parameters
    ----------
    classes : sequence of str
    counts : array of shape (n_classes,)
        How many rows have each.
    target : str
        The name of the column of the labels.
    advice : Advice
    """
    found = {word: int(n) for word, n in zip(classes, counts, strict=True) if is_missing_word(word)}
    if not found:
        return
    one = len(found) == 1
    rows = " and ".join(f"{word!r} in {n:,}" for word, n in found.items())
    text = f"{target!r} is {rows} of {counts.sum():,} rows, " + (
        "a usual word for a missing value that counts as a class here"
        if one
        else "usual words for a missing value that count as classes here"
    )
    if len(classes) - len(found) > 1:
        meant = "it is a class" if one else "they are classes"
        text += f": {advice.missing([*found])}; if {meant}, there is nothing to do"
    else:  # to leave them out would leave nothing to learn
        text += f", as {'it has' if one else 'they have'} to: no two others are there to tell apart"
    yield Finding("missing word", [target], text, [*found])


def giving_away(
    columns: Mapping[str, Column],
    labels: EncodedLabels,
    target: str,
    kinds: Mapping[str, str],
) -> Iterator[Finding]:
    """Findings on columns that may be the answer itself; arguments are those of ``doubts``."""
    y, ignored = as_meant(labels), [name for name, kind in kinds.items() if kind == "ignore"]
    for leak in leaks(columns, y, ignored):
        names = [str(labels.classes[labels.y[y == k][0]]) for k in leak.classes]
        yield Finding("leak", [leak.column], _told(leak, names, target), names)


def _told(leak: Leak, names: Sequence[str], target: str) -> str:
    """What there is to say of a leak that tells some classes, or where none is named, all."""
    what, known = f"column {leak.column!r} alone", "is it known before the class is?"
    if leak.way == "missing":
        what = f"whether a cell of column {leak.column!r} is missing, alone"
        known = "is it known before the class is which cells are filled in?"
    told = f"tells {name_list(names)} of {target!r} from the other classes"
    if not names:
        told = f"tells the classes of {target!r} apart"
    where = " in the rows where it is not missing" if leak.way == "given" else ""
    return f"{what} {told}{where} (AUC {leak.auc:.4f}): {known}"


def numeric_target(
    labels: EncodedLabels,
    target: str,
    advice: Advice = IN_PYTHON,
    signs: DecimalSigns | None = None,
) -> Iterator[Finding]:
    """A fault where the words of a target are plainly a quantity, or too many dates.

    ``signs`` tell what is known of the decimal signs of the table.
    """
    words, counts = labels.classes.tolist(), np.bincount(labels.y)
    given = [k for k, word in enumerate(words) if not is_missing_word(word)]
    # "30 m" may well be the name of a class, and "30 EUR" is hardly one.
    numbers = numbers_of(target, words, counts, signs or DecimalSigns(), measures=False)[given]
    told = middle = None
    if (known := ~np.isnan(numbers)).sum() > 0.9 * len(given):
        told = quantity_told(np.unique(numbers[known]), len(labels.y))
        if told is not None:
            rows = np.repeat(numbers[known], counts[given][known])
            middle = spell(Ranges.with_as_many_rows(rows, 2).edges[0]) if np.ptp(rows) else "0"
    elif sum(not np.isnat(parse_time(words[k])) for k in given) > 0.9 * len(given):
        told = dates_told(len(words), len(labels.y), words[given[0]])
    if told is not None:
        text = f"{target!r} has {told}. A classifier learns classes: {advice.ranges(middle)}"
        yield Finding("numeric target", [target], text)


def quantity(labels: EncodedLabels, target: str) -> Iterator[Finding]:
    """A finding where the labels look like a quantity, which is not for a classifier."""
    classes, n_rows = labels.classes.tolist(), len(labels.y)
    numbers = sum(not math.isnan(parse_number(label)) for label in classes)
    if len(classes) > max(20, n_rows / 20) and numbers > 0.9 * len(classes):
        text = (
            f"{target!r} has {len(classes):,} different numbers in {n_rows:,} rows, each taken "
            "for a class; is it a quantity? A classifier is for classes"
        )
        yield Finding("quantity", [target], text)


def alike(classes: NDArray[np.str_]) -> list[list[str]]:
    """Labels that differ by capitals or blanks alone.

    >>> alike(np.array(["No", "no", "yes"]))
    [['No', 'no']]
    """
    spelled = defaultdict(list)
    for name in classes.tolist():
        spelled[folded(name)].append(name)
    return [names for names in spelled.values() if len(names) > 1]


def as_meant(labels: EncodedLabels) -> NDArray[Any]:
    """The class numbers with labels that are alike as one class, which a column may give away.

    >>> as_meant(EncodedLabels(np.array(["No", "no", "yes"]), np.array([2, 1, 0])))
    array([1, 0, 0])
    """
    spelled = [folded(name) for name in labels.classes.tolist()]
    place = {name: i for i, name in enumerate(dict.fromkeys(spelled))}
    y: NDArray[Any] = np.array([place[name] for name in spelled])[labels.y]
    return y
