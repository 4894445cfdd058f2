"""What a caller asks a column to be: a kind, and for some kinds a detail, as in ``date:%d/%m/%Y``.

On the command line an option is ``NAME=KIND`` or ``NAME=KIND:DETAIL``.  NAME ends at the first "="
behind which a kind stands, so that NAME and DETAIL may have a "=" themselves; a NAME in which that
would go wrong stands in double quotes, as in a CSV.
"""

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Any, NamedTuple

from ..common.wording import name_list
from ..data.columns import Columns
from ..errors import DataError

MOST_LEVELS = 1000


class Detail(NamedTuple):
    """What may stand behind a kind and a colon.

    Attributes
    ----------
    example : str
        A detail, for messages.
    check : callable
        Raises a ValueError unless a text is such a detail.
    needed : bool
        Whether the kind is none without it.
    """

    example: str
    check: Callable[[str], object]
    needed: bool = False


def parse_levels(detail: str) -> list[str]:
    """The levels of an ordered category, the lowest first, as a line of a CSV.

    A level with a comma in it, or a double quote before it, stands in double quotes.

    >>> parse_levels('S, M,"L, wide",XL')
    ['S', 'M', 'L, wide', 'XL']
    """
    if "\n" in detail or "\r" in detail:
        raise ValueError("levels stand in one line")
    try:
        rows = list(csv.reader([detail], skipinitialspace=True, strict=True))
    except csv.Error as error:
        raise ValueError(f"{error}: levels are quoted as in a CSV") from None
    levels = [level.strip() for level in rows[0]] if rows else []
    twice = [level for level in levels if levels.count(level) > 1][:1]
    if not 2 <= len(levels) <= MOST_LEVELS or "" in levels or twice:
        found = f"{twice[0]!r} stands there twice" if twice else f"there are {len(levels)}"
        raise ValueError(
            f"{found if '' not in levels else 'one is empty'}: give 2 to {MOST_LEVELS:,} different "
            "levels, the lowest first"
        )
    return levels


def check_date(detail: str) -> None:
    """Raise a ValueError unless a text is the form of a date."""
    from .date_forms import check_form  # here, as a command that reads a model does without

    check_form(detail)


LENGTH = "length"  # the detail of a text whose words are not to be read


def check_length(detail: str) -> None:
    """Raise a ValueError unless a text is to be kept to its length."""
    if detail != LENGTH:
        raise ValueError(f"a text is 'text', or 'text:{LENGTH}' where its words are not to be read")


# What a caller may ask for, each with the detail that it may have.
DETAILS: dict[str, Detail | None] = {
    "number": None,
    "category": None,
    "date": Detail("date:%d/%m/%Y", check_date),
    "text": Detail("text:length", check_length),
    "ordered": Detail("ordered:low,mid,high", parse_levels, needed=True),
    "vector": None,
    "ignore": None,
}
KINDS = tuple(DETAILS)
_STARTS = re.compile(rf"=(?=(?:{'|'.join(KINDS)})(?::|\Z))")
_QUOTED = re.compile(r'"((?:[^"]|"")*)"=(.*)', re.DOTALL)


@dataclass(frozen=True)
class Asked:
    """A kind that a caller asked for, and its detail.

    Attributes
    ----------
    kind : str
        One of ``KINDS``.
    detail : str
        What stands behind the colon; empty where nothing does.

    Examples
    --------
    >>> Asked.of("date:%d/%m/%Y"), str(Asked("category"))
    (Asked(kind='date', detail='%d/%m/%Y'), 'category')
    """

    kind: str
    detail: str = ""

    @classmethod
    def of(cls, text: Any) -> "Asked":
        """What a text asks for; a ValueError, of one line, where it asks for nothing there is."""
        kind, colon, detail = text.partition(":") if isinstance(text, str) else ("", "", "")
        if kind not in DETAILS:
            raise ValueError(f"it has to be one of {name_list(KINDS, most=len(KINDS))}")
        allowed = DETAILS[kind]
        if allowed is None:
            if colon:
                raise ValueError(f"{kind!r} has nothing behind it")
        elif allowed.needed and not detail:
            raise ValueError(f"{kind!r} needs more behind it, as in {allowed.example!r}")
        elif colon:
            allowed.check(detail)
        return cls(kind, detail)

    def __str__(self) -> str:
        return f"{self.kind}:{self.detail}" if self.detail else self.kind


def parted(option: str) -> tuple[str, str]:
    """The name and the kind of ``NAME=KIND``; a ValueError where the text is not of this form.

    >>> parted("a=b=category"), parted("size=ordered:a=b,c"), parted('"x=date:y"=date')
    (('a=b', 'category'), ('size', 'ordered:a=b,c'), ('x=date:y', 'date'))
    """
    if found := _QUOTED.fullmatch(option):
        name, kind = found[1].replace('""', '"'), found[2]
        Asked.of(kind)
        return name, kind
    start = _STARTS.search(option)
    if start is None or not start.start():
        raise ValueError(f"KIND is {', '.join(KINDS[:-1])} or {KINDS[-1]}")
    name, kind = option[: start.start()], option[start.end() :]
    Asked.of(kind)
    return name, kind


def joined(name: str, kind: str) -> str:
    """The inverse of ``parted``: the name is quoted where it has to be.

    >>> joined("zip", "category"), joined("x=date:y", "date")
    ('zip=category', '"x=date:y"=date')
    """
    plain = f"{name}={kind}"
    try:
        if not name.startswith('"') and parted(plain) == (name, kind):
            return plain
    except ValueError:  # the name is empty
        pass
    return '"{}"={}'.format(name.replace('"', '""'), kind)


def asked_kinds(columns: Mapping[Any, str] | None, X: Columns) -> dict[str, Asked]:
    """What a caller asks for, by name of the column; raises as ``Table.fit`` does."""
    if columns is None:
        return {}
    if not isinstance(columns, Mapping):
        raise ValueError(f"columns={columns!r}, but it has to be a dict from column to kind")
    asked: dict[str, Asked] = {}
    for key, text in columns.items():
        try:
            kind = Asked.of(text)
        except ValueError as error:
            raise ValueError(f"columns[{key!r}]={text!r}, but {error}") from None
        name = str(key)
        if isinstance(key, Integral) and not isinstance(key, bool) and not X.named:
            name = X.names[int(key)] if 0 <= int(key) < len(X.names) else name
        if name not in X.columns:
            where = "the table has" if X.named else f"positions 0 to {len(X.names) - 1}, or names"
            raise DataError(
                f"columns asks for {key!r} to be {text!r}, but there is no such column; {where} "
                f"{name_list(X.names)}"
            )
        if asked.setdefault(name, kind) != kind:
            raise ValueError(f"columns asks for {name!r} to be {str(asked[name])!r} and {text!r}")
    return asked
