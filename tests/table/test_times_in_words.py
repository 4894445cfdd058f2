"""Times that are not read stay words, and the reasons say so."""

import datetime as dt
from typing import Any

import pytest

from numlp.check.examine import check_table
from numlp.table.reasons import UnreadTimes, reasons_of
from numlp.table.table import Table

DAYS = [dt.date(2023, 1, 1) + dt.timedelta(17 * i) for i in range(40)]
POLISH = [
    "stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca", "sierpnia", "września",
    "października", "listopada", "grudnia",
]  # fmt: skip
CATALAN = [
    "gener", "febrer", "març", "abril", "maig", "juny", "juliol", "agost", "setembre", "octubre",
    "novembre", "desembre",
]  # fmt: skip
CLOCKS = [f"{i % 24:02}:{7 * i % 60:02}" for i in range(40)]
TIMES: dict[str, list[Any]] = {
    "of a day": CLOCKS,
    "with seconds": [f"{word}:30.5" for word in CLOCKS],
    "of twelve hours": ["9:30 am", "1:05 PM", "12:00 p.m."] * 9,
    "of a type": [dt.time.fromisoformat(word) for word in CLOCKS],
    "few other cells": [*CLOCKS, "noon", None, "NA"],
}
DATES = {
    "in Polish": [f"{day.day} {POLISH[day.month - 1]} {day.year}" for day in DAYS],
    "in Polish with an end": [f"{day.day} {POLISH[day.month - 1]} {day.year} r." for day in DAYS],
    "in Catalan": [f"{day.day} de {CATALAN[day.month - 1]} de {day.year}" for day in DAYS],
    "with ordinals": [f"{day:%B} {day.day}th, {day.year}" for day in DAYS],
    "few": [f"{day.day} {POLISH[day.month - 1]} {day.year}" for day in DAYS[:2] + DAYS[8:10]],
}


def told(cells: list[Any], asked: str | None = None) -> list[UnreadTimes]:
    why = Table.fit({"when": cells}, {"when": asked} if asked else None).encoders[0].why
    return [reason for reason in reasons_of(why) if isinstance(reason, UnreadTimes)]


@pytest.mark.parametrize("cells", TIMES.values(), ids=TIMES)
def test_times_of_day_are_told(cells: list[Any]) -> None:
    (found,) = told(cells)
    assert found.what == "times of day"
    assert found.word in [*map(str, cells)]
    assert "give hours since midnight" in str(found)


@pytest.mark.parametrize("cells", DATES.values(), ids=DATES)
def test_dates_with_words_of_no_form_are_told(cells: list[str]) -> None:
    (found,) = told(cells)
    assert found.what == "dates with words"
    assert found.word in cells
    assert "ISO 8601" in str(found)


@pytest.mark.parametrize(
    "cells",
    [
        ["25:30", "26:30"], ["1:5", "2:3"], ["12:30 x", "13:30 x"], ["12:60"], ["4:30", "late"],
        ["5 Main 1995", "6 Main 2003"], ["5 Main 1995", "5 Park 1995"], ["32 Main 1995", "9 Elm 2"],
        [f"{i} {'abcdefghijklmnopqrstuvwxyz'[i % 26] * 3} 1995" for i in range(1, 32)],
        ["may", "june"], ["1 Jan 2024", "3 Feb 2024"],
    ],
)  # fmt: skip
def test_what_looks_otherwise_is_not(cells: list[str]) -> None:
    assert told(cells * 10) == []


def test_who_asked_for_a_category_knows() -> None:
    assert told(CLOCKS, "category") == []


@pytest.mark.parametrize("times", [TIMES["of a day"], DATES["in Polish"], DATES["in Catalan"]])
@pytest.mark.parametrize("n_times", [1, 3])  # names of the rows, and categories or a text
def test_check_has_a_finding(times: list[str], n_times: int) -> None:
    cells = times * n_times
    found = check_table({"when": cells, "y": ["a", "b"] * (len(cells) // 2)}, target="y")
    (text,) = [each["text"] for each in found["findings"] if each["kind"] == "dates"]
    assert "are not read and stay words: " in text
    assert text.split("; ")[-1] in found["columns"][0]["why"]
