"""Which column of a table could be the one to predict, where nobody said.

Points are given for what targets mostly have, whatever the table is about::

    name        a word for a target (label, class, outcome)                    + 4
                a word for what happens to someone or is decided (churn, risk)  + 3
                a word for a sort or a mark (type, status, quality)             + 1.5
                a word for a quantity or a name (years, number, id)             - 4
    position    the last column                                                 + 2
                the first                                                       + 0.5
    cells       two different values                                            + 1
                words, not numbers                                              + 0.5
                more than 10 different numbers                                  - 3
                some missing                                                    - 1.5

A column with fewer than 2.5 points is not named: no guess is better than a wrong one.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..table.words import parse_number
from .leaks import MAX_CLASSES, MIN_OF_CLASS

MOST_TARGETS = 3  # columns named
LEAST = 2.5  # points
FEW_NUMBERS = 10  # different numbers that may well be classes
MISSING = 0.5  # share of the cells from which a column is no target

SURE = {"target", "label", "labels", "class", "classes", "outcome", "y"}
EVENTS = set(
    re.findall(
        r"\w+",
        """acceptability acceptable accepted approval approved attrition bankrupt bankruptcy
        canceled cancelled churn churned click clicked converted conversion credibility creditworthy
        death deceased decision defaulted defect defective diagnosis died disease exited failed
        failure fault feedback fraud fraudulent income infected left liked malignant mortality
        passed potability potable promoted purchased readmitted recidivism recurrence rejected
        relapse repaid responded response result returned risk satisfaction satisfied sentiment spam
        species stroke subscribed success survival survived toxic transported variety verdict
        winner won""",
    )
)
SORTS = set(
    re.findall(
        r"\w+",
        """category credit default event grade group kind level quality rating segment state status
        type""",
    )
)
QUANTITIES = set(
    re.findall(
        r"\w+",
        """age amount amt area balance charge charges code cost count date day days distance
        duration hour hours id idx index length mean minute minutes month months name no num number
        percent phone price ratio score size sum time times total width year years zip""",
    )
)
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def likely_targets(n_rows: int, columns: Sequence[Mapping[str, Any]]) -> list[str]:
    """The columns that could be the target, the likeliest first; none where no guess is sound.

    Parameters
    ----------
    n_rows : int
    columns : sequence of mapping
        For each its name, how many distinct values it has, the share that is missing, and examples.

    Examples
    --------
    >>> years = {"name": "YearsWithManager", "distinct": 18, "missing": 0, "examples": ["5"]}
    >>> left = {"name": "Attrition", "distinct": 2, "missing": 0, "examples": ["No", "Yes"]}
    >>> likely_targets(1470, [left, years])
    ['Attrition']
    """
    ranked = []
    for place, column in enumerate(columns):
        n = column["distinct"]
        if column["missing"] > MISSING or not 2 <= n <= MAX_CLASSES or n * MIN_OF_CLASS > n_rows:
            continue
        points = _of_name(column["name"]) + _of_cells(column)
        points += 2.0 if place == len(columns) - 1 else 0.5 * (place == 0)
        if points >= LEAST:
            ranked.append((-points, n, place, column["name"]))
    return [name for *_, name in sorted(ranked)[:MOST_TARGETS]]


def _of_name(name: str) -> float:
    words = [part.lower() for part in _PARTS.findall(name)]
    # What a name is about stands at its end, or it is a word or two as a whole: "loan_status".
    if not words or QUANTITIES & {words[0], words[-1]}:
        return -4.0
    if words[-1] in SURE or (len(words) <= 2 and words[0] in SURE - {"y"}):
        return 4.0
    if EVENTS & set(words):
        return 3.0
    return 1.5 if words[-1] in SORTS or words[0] in ("is", "has", "will") else 0.0


def _of_cells(column: Mapping[str, Any]) -> float:
    points = 1.0 if column["distinct"] == 2 else 0.0
    if all(math.isnan(parse_number(example)) for example in column["examples"]):
        points += 0.5
    elif column["distinct"] > FEW_NUMBERS:
        points -= 3.0
    return points - 1.5 if column["missing"] else points
