"""What a caller may ask a column to be, in Python and as an option."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numlp.errors import DataError
from numlp.table.asked import DETAILS, KINDS, Asked, joined, parse_levels, parted
from numlp.table.table import Table

LEVELS: dict[str, list[str]] = {
    "S,M,L": ["S", "M", "L"],
    " S , M ": ["S", "M"],
    '"L, wide",XL': ["L, wide", "XL"],
    '"say ""so""",b': ['say "so"', "b"],
    "a=b,c:d,e;f": ["a=b", "c:d", "e;f"],
    '5"",6""': ['5""', '6""'],
    "1,10,9": ["1", "10", "9"],
}


@pytest.mark.parametrize(("detail", "levels"), LEVELS.items(), ids=LEVELS)
def test_levels_are_a_line_of_a_csv(detail: str, levels: list[str]) -> None:
    assert parse_levels(detail) == levels


@pytest.mark.parametrize(
    ("text", "message"),
    {
        "Category": "it has to be one of 'number', 'category', 'date', 'text', 'ordered', "
        "'vector', 'ignore'",
        "ordered": "'ordered' needs more behind it, as in 'ordered:low,mid,high'",
        "ordered:": "'ordered' needs more behind it",
        "ordered:S": "there are 1: give 2 to 1,000 different levels, the lowest first",
        "ordered:S,S": "'S' stands there twice",
        "ordered:S,,M": "one is empty",
        'ordered:S,"M': "levels are quoted as in a CSV",
        "ordered:S\nM,L": "levels stand in one line",
        "ordered:" + ",".join(map(str, range(1001))): "there are 1001",
        "category:x": "'category' has nothing behind it",
        "number:": "'number' has nothing behind it",
        "date:": "has no year",
        "date:%Q": "%Q is no directive",
    }.items(),
)
def test_what_is_no_kind_says_what_is_allowed_in_a_line(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as raised:
        Asked.of(text)
    assert "\n" not in str(raised.value)
    with pytest.raises(ValueError, match=re.escape(f"columns['a']={text!r}, but ")):
        Table.fit({"a": [1, 2]}, {"a": text})


@pytest.mark.parametrize("kind", [None, 1, b"date", ["date"]])
def test_a_kind_is_a_text(kind: object) -> None:
    with pytest.raises(ValueError, match="it has to be one of"):
        Asked.of(kind)


OPTIONS: dict[str, tuple[str, str]] = {
    "zip=category": ("zip", "category"),
    "a=b=category": ("a=b", "category"),
    "a=number=category": ("a=number", "category"),
    "when=date:%d=%m=%Y": ("when", "date:%d=%m=%Y"),
    "size=ordered:low=number,high": ("size", "ordered:low=number,high"),
    'size=ordered:"a,b","c=date"': ("size", 'ordered:"a,b","c=date"'),
    'x"=text': ('x"', "text"),
    '"x=date:y"=text': ("x=date:y", "text"),
    '"say ""so"""=text': ('say "so"', "text"),
    '""=text': ("", "text"),
}


@pytest.mark.parametrize(("option", "both"), OPTIONS.items(), ids=OPTIONS)
def test_a_name_ends_before_the_first_kind(option: str, both: tuple[str, str]) -> None:
    assert parted(option) == both
    assert parted(joined(*both)) == both


@pytest.mark.parametrize("option", ["zip", "zip=", "=category", "zip=colour", "zip=Category", ""])
def test_an_option_without_a_name_or_a_kind_is_refused(option: str) -> None:
    allowed = "KIND is number, category, date, text, ordered, vector or ignore"
    with pytest.raises(ValueError, match=allowed):
        parted(option)


DETAILED = {"date": ":%d=%m/%Y", "ordered": ':a,"b=c,d"'}


@given(st.text(alphabet='a"=:,%date ', max_size=20), st.sampled_from(KINDS))
def test_any_name_and_kind_come_back_from_their_option(name: str, kind: str) -> None:
    text = kind + DETAILED.get(kind, "")
    assert parted(joined(name, text)) == (name, text)


def test_every_kind_with_a_detail_shows_one_that_is_right() -> None:
    for detail in filter(None, DETAILS.values()):
        assert str(Asked.of(detail.example)) == detail.example


def test_one_column_asked_for_twice_has_to_be_the_same_both_times() -> None:
    X = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert Table.fit(X, {0: "category", "x0": "category"}).audit()[0]["kind"] != "number"
    with pytest.raises(ValueError, match="'x0' to be 'date:excel' and 'date:unix'"):
        Table.fit(X, {0: "date:excel", "x0": "date:unix"})
    with pytest.raises(DataError, match="asks for 'b' to be 'ordered:S,M', but there is no such"):
        Table.fit({"a": [1]}, {"b": "ordered:S,M"})
