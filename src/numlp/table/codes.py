"""Numbers that may be codes, such as postal codes or the numbers of branches.

They are taken for numbers.  Only their owner knows that 8002 is not twice 4001.
"""

import numpy as np

from ..common.wording import count
from .reasons import MayBeCodes
from .summary import NumberSummary, WordSummary
from .words import words_of_name

FEW = 12  # distinct whole numbers, at most, that get a flag each, as categories do
ROWS_OF_CODE = 2  # that a code has on average; a number that comes once names a row
POSTAL = {"zip", "zipcode", "plz", "postcode", "postal", "postleitzahl", "pincode", "eircode"}
PLACES = {
    "area", "branch", "county", "department", "depot", "dept", "district", "filiale", "outlet",
    "plant", "region", "route", "sector", "shop", "station", "store", "terminal", "warehouse",
    "zone",
}  # fmt: skip
NUMBERED = {"code", "id", "no", "nr", "num", "number"}


def codes_by_name(column: NumberSummary) -> list[MayBeCodes]:
    """What to say of a column of whole numbers that is called as columns of codes are.

    >>> column = NumberSummary("zip", 100, np.repeat(np.arange(8001.0, 8021), 5))
    >>> codes_by_name(column)
    [MayBeCodes(column='zip', found='20 distinct numbers')]
    """
    n = column.n_distinct
    if n <= FEW or n * ROWS_OF_CODE > column.n_given or not is_name_of_codes(column.name):
        return []
    return [MayBeCodes(column.name, count(n, "distinct number"))]


def is_name_of_codes(name: str) -> bool:
    """Whether a column is called as columns of codes are.

    >>> [is_name_of_codes(n) for n in ("ZIP", "zip_code", "StoreNo", "branch", "n_stores", "price")]
    [True, True, True, True, False, False]
    """
    words = words_of_name(name) or [""]
    return (
        bool(POSTAL.intersection(words))
        or words[-1] in PLACES | {"code"}
        or (words[0] in PLACES and words[-1] in NUMBERED)
    )


def codes_by_zeros(column: WordSummary) -> list[MayBeCodes]:
    """What to say of a column of digits, of one length, of which some begin with a zero."""
    words = column.distinct
    zeros = np.array([word.startswith("0") for word in words], bool)
    if not zeros.any() or len({*map(len, words)}) > 1 or not all(map(str.isdigit, words)):
        return []
    if len(words[0]) == 1:
        return []
    shown = column.commonest(zeros)[0]
    return [MayBeCodes(column.name, f"numbers of {len(words[0])} digits such as {shown!r}")]
