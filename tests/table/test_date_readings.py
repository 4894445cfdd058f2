"""Which form the dates of a column have: by all of its cells, and told where it is open."""

import datetime as dt
import json
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from numlp.common.wording import CellNote
from numlp.data.columns import as_columns
from numlp.errors import DataError
from numlp.table import date_readings
from numlp.table.reasons import MayBe, UnsureDates, reasons_of
from numlp.table.table import Table

DAYS = [dt.date(2023, 1, 1) + dt.timedelta(17 * i) for i in range(40)]
EARLY = [day for day in DAYS if day.day <= 12]


def written(form: str, days: list[dt.date] = DAYS) -> list[Any]:
    return [day.strftime(form) for day in days]


def unpadded(form: str, day: dt.date) -> str:
    """A day of a form with %d and %m, without zeros before its numbers."""
    return day.strftime(form.replace("%d", str(day.day)).replace("%m", str(day.month)))


def fitted(cells: Any, asked: str | None = None) -> Any:
    return Table.fit({"when": cells}, {"when": asked} if asked else None).encoders[0]


@pytest.mark.parametrize(
    "form",
    [
        "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m-%d-%Y", "%Y/%m/%d", "%d/%m/%y", "%m/%d/%y",
        "%d-%b-%y", "%d %b %Y", "%b %d, %Y", "%d%b%Y", "%Y-%b-%d", "%d. %b %Y",
    ],
)  # fmt: skip
@pytest.mark.parametrize("clock", ["", " 10.35", " 1:05 PM", ", 10:22:33 +0200"])
def test_the_whole_column_says_which_form_its_dates_have(form: str, clock: str) -> None:
    times = [dt.datetime(day.year, day.month, day.day) for day in DAYS]
    behind = {"": 0, " 10.35": 635, " 1:05 PM": 785, ", 10:22:33 +0200": 502.55}[clock]
    expected = np.array([time + dt.timedelta(minutes=behind) for time in times], "M8[ms]")
    cells = [f"{word}{clock}" for word in written(form)]
    found = fitted(cells)
    assert (found.kind, found.form) == ("date", form)
    np.testing.assert_array_equal(found.read(np.array(cells, object), None), expected)


def test_one_day_over_12_anywhere_decides_in_any_order_of_the_rows() -> None:
    cells = written("%d/%m/%Y", EARLY * 20)
    for place in (0, len(cells)):
        one = fitted([*cells[:place], "13/01/2023", *cells[place:]])
        assert one.form == "%d/%m/%Y"
        assert "as '13/01/2023' shows" in one.why
        assert fitted([*cells[:place], "01/13/2023", *cells[place:]]).form == "%m/%d/%Y"


def test_where_nothing_decides_the_column_stays_what_its_words_make_it() -> None:
    found = fitted(written("%d/%m/%Y", EARLY * 3))
    assert found.kind == "category"
    told = [reason for reason in reasons_of(found.why) if isinstance(reason, UnsureDates)]
    assert [reading.form for reading in told[0].readings] == ["%d/%m/%Y", "%m/%d/%Y"]
    assert told[0].kinds == ["date:%d/%m/%Y", "date:%m/%d/%Y"]
    assert "'01/03/2024' is 2024-03-01 as %d/%m/%Y or 2024-01-03 as %m/%d/%Y" in found.why
    assert "columns={'when': 'date:%d/%m/%Y'} does" in found.why
    # Once in each row they name the rows, and the reason stands there as well.
    distinct = fitted(written("%d/%m/%Y", [day.replace(day=day.day % 12 + 1) for day in DAYS]))
    assert distinct.kind == "set aside"
    assert any(isinstance(reason, UnsureDates) for reason in reasons_of(distinct.why))
    few = fitted(["03/04/2024", "04/05/2024"])
    assert [type(reason) for reason in reasons_of(few.why)] == [str, UnsureDates]


def test_dates_that_are_the_same_in_both_readings_leave_nothing_open() -> None:
    found = fitted(["01/01/2023", "02/02/2023", "03/03/2023"] * 9)
    assert (found.kind, found.form) == ("date", "%d/%m/%Y")


def test_evidence_for_both_orders_is_told_and_decided_by_neither() -> None:
    cells = [*written("%d/%m/%Y", EARLY * 9), "13/01/2023", "01/14/2023"]
    found = fitted(cells)
    assert found.kind == "category"
    assert "two readings" in found.why


def test_a_few_cells_in_another_form_are_strays_and_told() -> None:
    cells = [*written("%d/%m/%Y"), "01/13/2023"]
    found = fitted(cells)
    assert found.form == "%d/%m/%Y"
    assert "1 cell no time: '01/13/2023'" in found.why
    assert found.strays == pytest.approx(1 / 41)
    assert fitted([*written("%d/%m/%Y") * 2, "soon", "late"]).form == "%d/%m/%Y"


@pytest.mark.parametrize("clock", ["", " 10:30"])
@pytest.mark.parametrize("form", ["%d.%m.%y", "%m-%d-%y"])
def test_days_of_one_digit_are_read_beside_words_without_a_digit(form: str, clock: str) -> None:
    cells = [unpadded(form, day) + clock for day in DAYS]
    found = fitted([*cells, "NA"])
    assert (found.kind, found.form) == ("date", form)
    times = found.read(np.array(cells, object), None)
    np.testing.assert_array_equal(times.astype("M8[D]"), np.array(DAYS, "M8[D]"))
    some = fitted([*cells, "soon"])
    assert (some.form, some.strays) == (form, 1 / 41)
    for other in ("1.2", unpadded(form, DAYS[0]).replace("1", "40", 1) + clock):  # no such day
        assert fitted([*cells * 2, other]).kind == "category"
    assert fitted(cells, "date").form == form
    told = MayBe("when", f"date:{form}", "40 of 48 cells are dates, others 'open'")
    assert told in reasons_of(fitted([*cells, *["open"] * 8]).why)


def test_days_of_one_digit_without_a_day_over_12_have_two_readings() -> None:
    found = fitted([unpadded("%d.%m.%y", day) for day in EARLY * 3])
    (told,) = [reason for reason in reasons_of(found.why) if isinstance(reason, UnsureDates)]
    assert told.kinds == ["date:%d.%m.%y", "date:%m.%d.%y"]


def test_two_forms_in_one_column_are_told_with_their_cells() -> None:
    found = fitted([*written("%d-%b-%y", DAYS * 2), *written("%Y/%m/%d")])
    assert found.kind == "category"
    (told,) = [reason for reason in reasons_of(found.why) if isinstance(reason, UnsureDates)]
    assert told.mixed
    assert [(r.form, r.n_cells) for r in told.readings] == [("%d-%b-%y", 80), ("%Y/%m/%d", 40)]
    assert "80 cells such as" in found.why
    asked = fitted([*written("%d-%b-%y", DAYS * 2), *written("%Y/%m/%d")], "date:%d-%b-%y")
    assert asked.form == "%d-%b-%y"
    assert "40 cells no time" in asked.why


def test_a_word_that_comes_often_beside_dates_is_told_with_the_option_that_reads_them() -> None:
    for form, kind in (("%d/%m/%Y", "date:%d/%m/%Y"), ("%Y-%m-%d", "date")):
        cells = [*written(form), *["open"] * 8]
        told = MayBe("when", kind, "40 of 48 cells are dates, others 'open'")
        assert told in reasons_of(fitted(cells).why)
        assert "8 cells no" in fitted(cells, kind).why


@pytest.mark.parametrize("word", ["00/00/0000", "0000-00-00", "k.A."])
def test_a_date_of_zeros_is_a_missing_cell(word: str) -> None:
    assert f"8 cells '{word}' missing" in fitted([*written("%d/%m/%Y"), *[word] * 8]).why


def test_the_years_that_two_digits_were_taken_for_are_told() -> None:
    cells = [f"{day:%d.%m.}{year}" for day, year in zip(DAYS, [68, 69] * 20, strict=True)]
    assert ", of 1969 to 2068;" in fitted(cells).why


@pytest.mark.parametrize("before", ["Mo, ", "Montag, ", "lundi ", "Mon. "])
def test_a_weekday_of_any_language_of_the_months_may_stand_before(before: str) -> None:
    assert fitted([before + word for word in written("%d.%m.%Y")]).form == "%d.%m.%Y"


@pytest.mark.parametrize("form", ["%d de %b de %Y", "%d %b %Y"])
def test_dates_in_spanish_and_italian_are_read(form: str) -> None:
    months = [
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
        "octubre", "noviembre", "diciembre",
    ]  # fmt: skip
    cells = [day.strftime(form.replace("%b", months[day.month - 1])) for day in DAYS]
    found = fitted(cells)
    assert (found.kind, found.form) == ("date", form)
    assert "no time" not in found.why  # the end of "marzo" is a Sunday in Dutch
    np.testing.assert_array_equal(
        found.read(np.array(cells, object), None), np.array(DAYS, "M8[ms]")
    )


def test_a_short_march_is_no_weekday() -> None:
    assert fitted([f"Mar {i % 28 + 1} 20{i:02}" for i in range(40)]).form == "%b %d %Y"


def test_days_of_excel_may_have_a_decimal_comma() -> None:
    commas = fitted([f"{45_000 + i},{i % 9}5" for i in range(40)], "date:excel")
    points = fitted([45_000 + i + (i % 9) / 10 + 0.05 for i in range(40)], "date:excel")
    assert commas.state()["center"] == points.state()["center"]
    with pytest.raises(DataError, match="0 of 40 cells hold"):  # 45,123 is two numbers
        fitted([f"45,{i + 100}" for i in range(40)], "date:excel")


def test_iso_8601_is_read_beside_a_form_and_counted() -> None:
    found = fitted([*written("%d/%m/%Y"), *written("%Y-%m-%d")])
    assert (found.kind, found.form) == ("date", "%d/%m/%Y")
    assert "40 cells in ISO 8601" in found.why
    assert "no time" not in found.why


def test_dates_in_iso_8601_are_what_they_were_and_have_no_form_in_a_file() -> None:
    found = fitted(written("%Y-%m-%d"))
    assert found.form is None
    assert "form" not in found.state()
    assert found.why.startswith("times written as text; days since 1970")


def test_a_form_has_an_example_beside_it() -> None:
    assert fitted(written("%d-%b-%y")).why.startswith("times written as %d-%b-%y, such as '01-")
    assert "such as" not in fitted(written("%d/%m/%Y")).why  # for a word shows the form


def test_a_year_of_two_digits_stands_first_where_days_vary_more() -> None:
    unsure = fitted([f"18/06/{day:02}" for day in range(1, 30)])
    assert unsure.kind == "set aside"
    assert "%y/%m/%d" in unsure.why
    assert fitted([f"{day:02}/06/18" for day in range(1, 30)]).form == "%d/%m/%y"


@pytest.mark.parametrize(
    "cells",
    [
        ["1.2.10", "1.2.11", "2.0.14"], ["10-19", "20-29"], ["1/2", "3/4"], ["1234-12", "4321-11"],
        ["Model 2015", "Model 2016"], ["10:22", "11:22"], ["192.168.10.12", "10.0.0.1"],
        ["2024", "2025"], ["20240301", "20240302"], ["may", "june"], ["03/04", "13/04"],
        ["00/00/0000", "31/02/2023"], ["1/2/3", "4/5/6"], ["1.14.10", "1.14.11", "2.15.12"],
        ["12.1.10", "13.1.11", "13.1.12"], ["2.1.24", "13-1-24", "14.1.24"],
        ["12.1.10", "13.1.11", "13.1.12", *["unknown"] * 5],
    ],
)  # fmt: skip
def test_what_only_looks_like_dates_is_none(cells: list[str]) -> None:
    found = fitted(cells * 10)
    assert found.kind in ("category", "number", "set aside", "boolean")
    assert not any(isinstance(reason, UnsureDates) for reason in reasons_of(found.why))


def test_numbers_are_dates_where_they_were_asked_to_be() -> None:
    days = np.array(DAYS, "M8[D]")
    since_1970 = days.astype(int)
    digits = [int(word) for word in written("%Y%m%d")]
    for asked, cells in {
        "date": digits, "date:%Y%m%d": digits, "date:excel": since_1970 + 25_569,
        "date:unix": since_1970 * 86_400, "date:unix_ms": since_1970 * 86_400_000,
    }.items():  # fmt: skip
        for given in (cells, np.asarray(cells).astype(str).tolist()):
            found = fitted(given, asked)
            assert found.kind == "date", asked
            np.testing.assert_array_equal(found.read(as_columns({"a": given})["a"], None), days)
    assert fitted(digits).kind == "number"
    (told,) = [reason for reason in reasons_of(fitted(digits).why) if isinstance(reason, MayBe)]
    assert told.kind == "date:%Y%m%d"


ASKED: dict[str, tuple[list[Any], str, str]] = {
    # name: (cells, asked, part of the message)
    "a form that no cell has": (written("%Y/%m/%d"), "date:%d/%m/%Y",
        "but 0 of 40 cells hold a time written as %d/%m/%Y, others such as '2023/01/01'"),
    "what the cells look like": (written("%Y/%m/%d"), "date:%d/%m/%Y",
        "they look like 'date:%Y/%m/%d'"),
    "words": (["a", "b"] * 9, "date:%d/%m/%Y", "0 of 18 cells hold a time written as %d/%m/%Y"),
    "two readings": (written("%d/%m/%Y", EARLY), "date",
        "its dates have two readings: '01/03/2024' is 2024-03-01 as %d/%m/%Y or 2024-01-03 as "
        "%m/%d/%Y, and no other cell decides: ask for 'date:%d/%m/%Y', 'date:%m/%d/%Y'"),
    "numbers": ([1.5, 2.5], "date", "'date:%Y%m%d', 'date:excel', 'date:unix', 'date:unix_ms'"),
    "numbers in a form of words": ([1, 2], "date:%d/%m/%Y", "it holds numbers, which have no such"),
    "numbers beyond the form": ([-1, -2], "date:excel", "0 of 2 cells hold a time written as exc"),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "asked", "message"), ASKED.values(), ids=ASKED)
def test_dates_that_were_asked_for_and_are_not_there_are_an_error(
    cells: list[Any], asked: str, message: str
) -> None:
    with pytest.raises(DataError) as raised:
        fitted(cells, asked)
    assert str(raised.value).startswith(f"column 'when' was asked to be {asked!r}, but ")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_unknown_directive_is_an_error_of_one_line() -> None:
    with pytest.raises(ValueError, match=r"columns\['when'\]='date:%Q', but %Q is no directive"):
        fitted(["x"], "date:%Q")


def test_any_table_of_the_same_dates_gives_the_same_matrix() -> None:
    table = Table.fit({"when": [*written("%d/%m/%Y"), None]})
    expected = table.transform({"when": [*DAYS, None]})
    words = [*written("%d/%m/%Y"), ""]
    for X in (
        {"when": words}, pd.DataFrame({"when": words}), pl.DataFrame({"when": words}),
        {"when": [*written("%Y-%m-%d"), None]}, {"when": np.array([*DAYS, None], "M8[ms]")},
        {"when": [*written("%d/%m/%Y 00:00"), " "]},
    ):  # fmt: skip
        notes: list[str] = []
        np.testing.assert_array_equal(table.transform(X, notes), expected)
        assert notes == []


def test_cells_that_do_not_fit_later_are_missing_counted_and_told() -> None:
    table = Table.fit({"when": written("%d/%m/%Y")})
    notes: list[str] = []
    table.transform({"when": ["03/14/2024", "03/04/2024", "soon", None]}, notes)
    told = "when: 2 cells no time written as %d/%m/%Y, taken as missing: '03/14/2024', 'soon'"
    assert notes == [told, "when: 1 cell missing, where none was in training"]
    assert isinstance(notes[0], CellNote)
    with pytest.raises(DataError, match="'when' had times in training, and has numbers now"):
        table.transform({"when": [1.0]})
    serials = Table.fit({"when": [45_000 + i for i in range(40)]}, {"when": "date:excel"})
    notes.clear()
    serials.transform({"when": [-5.0, 45_001.0]}, notes)
    assert notes == ["when: 1 cell no time written as excel, taken as missing"]


def test_the_state_keeps_the_form_and_a_hostile_one_is_refused() -> None:
    table = Table.fit({"when": written("%d/%m/%Y")})
    state = json.loads(json.dumps(table.state()))
    assert state["columns"][0]["form"] == "%d/%m/%Y"
    assert Table.from_state(state).state() == state
    assert (table.file_format, Table.fit({"when": written("%Y-%m-%d")}).file_format) == (2, 1)
    for form in (1, ["%Y"], "", "%Q", "%Y" * 9, "x" * 10**6 + "%Y"):
        state["columns"][0]["form"] = form
        with pytest.raises((TypeError, ValueError)):
            Table.from_state(state)


def test_words_that_look_like_no_date_end_the_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at = []

    def forms_of(looks: str) -> tuple[str, ...]:
        looked_at.append(looks)
        return ()

    monkeypatch.setattr(date_readings, "_forms_of", forms_of)
    fitted([f"name {i}" for i in range(10_000)])
    assert 400 < len(looked_at) < 600  # about a twentieth of the words is looked at, not all
