"""What the owner of a table has to know of columns that are not taken as they stand.

The facts come from a fresh fit; a table from a model file knows its sentences alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ..table.reasons import (
    KeptAs,
    LengthAlone,
    MayBe,
    MayBeCodes,
    NumberDoubt,
    Reason,
    SameNumbers,
    StrayCells,
    TwoReadings,
    UnreadTimes,
    UnsureDates,
    WrittenVectors,
    reasons_of,
    was_asked,
)
from .findings import Advice

_KIND_OF: dict[type, str] = {
    StrayCells: "cells", SameNumbers: "copy", LengthAlone: "text", UnsureDates: "dates",
    UnreadTimes: "dates", MayBe: "kind", WrittenVectors: "vectors",
    NumberDoubt: "numbers", TwoReadings: "numbers", MayBeCodes: "codes",
}  # fmt: skip


class Remark(NamedTuple):
    """Something that the owner of a column has to know, asked or not.

    Attributes
    ----------
    column : str
        The name of the column.
    kind : str
        "set aside"; or of a column that is learned from, "cells" for cells that are taken as
        missing, "copy" for numbers that are nearly those of another column, "text" for words that
        are not read, "dates" for dates of several forms or readings and for times that are not
        read, "kind" where it may be meant as another kind, "vectors" for words that spell vectors,
        "numbers" for numbers that could be others, or that are taken for words, "codes" for
        numbers that may be codes.
    reasons : tuple
        What was found: one fact, or all that led to setting the column aside.
    """

    column: str
    kind: str
    reasons: tuple[Reason, ...]


def remarks(audit: Iterable[Mapping[str, Any]]) -> Iterator[Remark]:
    """The remarks on the columns of an audit, in their order."""
    for row in audit:
        reasons = reasons_of(row["why"])
        if not row["features"]:
            yield Remark(row["name"], "set aside", reasons)
            continue
        for reason in reasons:
            if isinstance(reason, TwoReadings) and reason.is_sure:
                continue
            if reason == LengthAlone() and was_asked(row["why"]):
                continue  # who asked for it knows
            if type(reason) in _KIND_OF:
                yield Remark(row["name"], _KIND_OF[type(reason)], (reason,))


def told_remark(remark: Remark, advice: Advice) -> str:
    """What a remark says, without the name of its column."""
    return _sentence(remark.reasons, advice) + " (taken as missing)" * (remark.kind == "cells")


def told_why(why: str, advice: Advice) -> str:
    """Why a column was taken for what it was, with advice as its reader can follow it."""
    return _sentence(reasons_of(why), advice)


def _sentence(reasons: Iterable[Reason], advice: Advice) -> str:
    return "; ".join(_told(reason, advice) for reason in reasons)


def _told(reason: Reason, advice: Advice) -> str:
    if isinstance(reason, KeptAs):
        return f"{advice.column(reason.column, reason.kind)} keeps it"
    if isinstance(reason, MayBe):
        return reason.told(advice.column(reason.column, reason.kind))
    if isinstance(reason, UnsureDates):
        return f"{reason.found}; {reason.what_to_do(advice.column(reason.column, reason.kinds[0]))}"
    if isinstance(reason, WrittenVectors):
        option = advice.column(reason.column, "vector")
        return f"its cells are lists of numbers; {option} reads them as vectors"
    if isinstance(reason, TwoReadings):
        return reason.told(advice.decimal(reason.sign))
    if isinstance(reason, MayBeCodes):
        return reason.told(advice.column(reason.column, "category"))
    return str(reason)
