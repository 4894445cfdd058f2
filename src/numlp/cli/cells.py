"""Cells of the tables that commands write."""

from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # a spreadsheet runs text that begins so


def no_formula(cell: Any) -> Any:
    """The cell, with an apostrophe before text that a spreadsheet would run as a formula.

    A number is not a formula, whatever its sign.

    >>> no_formula("=1+1"), no_formula("-1.5"), no_formula("-x"), no_formula(-1)
    ("'=1+1", '-1.5', "'-x", -1)
    """
    if not isinstance(cell, str) or not cell.startswith(FORMULA):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell
