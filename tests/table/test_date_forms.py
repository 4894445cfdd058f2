"""How words and numbers spell dates in a form, and which forms there are."""

import datetime as dt
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numlp.table.date_forms import DIRECTIVES, MOST_IN_FORM, check_form, form_of, times_in
from numlp.table.words import parse_time

READ: dict[str, tuple[str, str, str]] = {
    # name: (form, word, time in UTC)
    "day first": ("%d/%m/%Y", "03/04/2024", "2024-04-03"),
    "month first": ("%m/%d/%Y", "03/04/2024", "2024-03-04"),
    "one digit": ("%d/%m/%Y", "3/4/2024", "2024-04-03"),
    "dots": ("%d.%m.%Y", "24.02.2015", "2015-02-24"),
    "year first": ("%Y/%m/%d", "2012/01/31", "2012-01-31"),
    "digits alone": ("%Y%m%d", "20240301", "2024-03-01"),
    "month alone": ("%Y-%m", "2024-01", "2024-01-01"),
    "day of the year": ("%Y-%j", "2024-366", "2024-12-31"),
    "a name of a month": ("%d-%b-%y", "31-Jul-18", "2018-07-31"),
    "in full": ("%d %B %Y", "1 September 2018", "2018-09-01"),
    "either for %b": ("%b %d, %Y", "JULY 4, 2018", "2018-07-04"),
    "a dot behind it": ("%d. %b %Y", "4. Sept. 2018", "2018-09-04"),
    "German": ("%d. %b %Y", "31. März 2018", "2018-03-31"),
    "French": ("%d %b %Y", "1 août 2018", "2018-08-01"),
    "Spanish": ("%d-%b-%Y", "5-ene-2018", "2018-01-05"),
    "without anything between": ("%d%b%Y", "31JUL2018", "2018-07-31"),
    "the last year of 20..": ("%d/%m/%y", "01/02/68", "2068-02-01"),
    "the first year of 19..": ("%d/%m/%y", "01/02/69", "1969-02-01"),
    "a clock behind": ("%d/%m/%Y", "03/04/2024 10:22", "2024-04-03T10:22"),
    "a clock with a dot": ("%d-%m-%Y", "24-02-2015 11.35", "2015-02-24T11:35"),
    "seconds and their parts": ("%d/%m/%Y", "03/04/2024 10:22:05.25", "2024-04-03T10:22:05.250"),
    "a T between": ("%d/%m/%Y", "03/04/2024T10:22", "2024-04-03T10:22"),
    "afternoon": ("%m/%d/%Y", "3/4/2024 1:05 PM", "2024-03-04T13:05"),
    "midnight": ("%m/%d/%Y", "3/4/2024 12:05 a.m.", "2024-03-04T00:05"),
    "noon": ("%m/%d/%Y", "3/4/2024 12 pm", "2024-03-04T12:00"),
    "an offset": ("%d/%m/%Y", "03/04/2024 00:30 +0200", "2024-04-02T22:30"),
    "UTC": ("%d/%m/%Y", "03/04/2024 10:22 UTC", "2024-04-03T10:22"),
    "a weekday": ("%d %b %Y", "Mon, 31 Jul 2018 10:22:00 -05:30", "2018-07-31T15:52"),
    "a clock in the form": ("%H.%M %d/%m/%Y", "10.22 03/04/2024", "2024-04-03T10:22"),
    "an hour in the form": ("%d/%m/%Y %Hh", "03/04/2024 7h", "2024-04-03T07:00"),
    "an hour and its half": ("%d/%m/%Y %I%p", "03/04/2024 7PM", "2024-04-03T19:00"),
    "a weekday in the form": ("%a %b %d %H:%M:%S %Y", "Tue Jul 31 10:22:05 2018",
                              "2018-07-31T10:22:05"),
    "a percent sign": ("%%%Y", "%2018", "2018-01-01"),
    "ISO 8601 beside": ("%d/%m/%Y", "2024-03-01T10:22+01:00", "2024-03-01T09:22"),
    "Excel": ("excel", "45352.5", "2024-03-01T12:00"),
    "Excel before its day too many": ("excel", "59", "1900-02-28"),
    "Excel behind it": ("excel", "61", "1900-03-01"),
    "seconds since 1970": ("unix", "1709288520", "2024-03-01T10:22"),
    "before 1970": ("unix", "-86400", "1969-12-31"),
    "milliseconds since 1970": ("unix_ms", "1709288520123", "2024-03-01T10:22:00.123"),
}  # fmt: skip
NOT_READ = [
    ("%d/%m/%Y", "31/02/2024"), ("%d/%m/%Y", "03/13/2024"), ("%d/%m/%Y", "03.04.2024"),
    ("%d/%m/%Y", "03/04/24"), ("%d/%m/%Y", "03/04/2024 10"), ("%d/%m/%Y", "03/04/2024 25:00"),
    ("%d/%m/%Y", "03/04/2024 13:00 PM"), ("%d/%m/%Y", "03/04/2024 10:22 CET"), ("%d/%m/%Y", ""),
    ("%d/%m/%Y", "03/04/2024 10:22 +25:00"), ("%d/%m/%Y", "01/01/0001 00:30 +01:00"),
    ("%d/%m/%Y", "٠٣/٠٤/٢٠٢٤"), ("%d %b %Y", "1 Juzz 2018"), ("%Y%m%d", "2024031"),
    ("%Y-%j", "2023-366"), ("%Y-%j", "2023-000"), ("excel", "-1"), ("excel", "2958466"),
    ("excel", "soon"), ("unix", "1e300"), ("unix", "nan"), ("unix_ms", "-1e15"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "word", "time"), READ.values(), ids=READ)
def test_a_word_spells_a_time(form: str, word: str, time: str) -> None:
    assert form_of(form).parse(word) == np.datetime64(time, "ms")


@pytest.mark.parametrize(("form", "word"), NOT_READ)
def test_a_word_that_is_no_time_in_its_form_is_none(form: str, word: str) -> None:
    assert np.isnat(form_of(form).parse(word))


NO_FORM = {
    "%d/%m/%Q": "%Q is no directive of a date: known are %Y %y %m %d",
    "%d/%m/%": "% is no directive",
    "%-d/%m/%Y": "%- is no directive",
    "": "has no year: write strptime's directives, such as %d/%m/%Y, or one of excel, unix",
    "exel": "has no year",
    "%d/%m": "has no year",
    "%%Y": "has no year",
    "%Y %y": "has %Y and %y, where one of them is enough",
    "%d/%d/%Y": "has %d and %d",
    "%b %m %Y": "has %b and %m",
    "%d %Y": "has %d, which needs %m or %b or %B beside it",
    "%Y %I": "has %I, which needs %p",
    "%Y %M": "has %M, which needs %H or %I",
    "%Y-%d-%m": "month and day swapped",
    "%Y" + " " * MOST_IN_FORM: f"at most {MOST_IN_FORM} characters",
}


@pytest.mark.parametrize(("form", "message"), NO_FORM.items(), ids=NO_FORM)
def test_a_form_that_is_none_says_why_in_a_line(form: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as raised:
        check_form(form)
    assert "\n" not in str(raised.value)


@given(
    st.datetimes(dt.datetime(1969, 1, 1), dt.datetime(2068, 12, 31)),
    st.sampled_from(
        ["%d/%m/%Y %H:%M:%S", "%m-%d-%y %I.%M.%S %p", "%Y%m%d%H%M%S", "%Y-%j %H:%M:%S"]
    ),
)
def test_what_strftime_writes_is_read_back(when: dt.datetime, form: str) -> None:
    when = when.replace(microsecond=0, second=when.second * ("%S" in form))
    assert form_of(form).parse_alone(when.strftime(form)) == np.datetime64(when, "ms")


@given(
    st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30)),
    st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d"]),
)
def test_strptime_agrees(when: dt.datetime, form: str) -> None:
    word = when.strftime(form.replace("%Y", f"{when.year:04}"))
    assert form_of(form).parse_alone(word) == np.datetime64(dt.datetime.strptime(word, form), "ms")


@given(st.text(alphabet="%YymdjbBaAHIMSfpz /.-:,T0", max_size=20), st.text(max_size=30))
def test_any_text_is_a_form_or_is_refused_and_any_word_a_time_or_none(form: str, word: str) -> None:
    try:
        known = form_of(form)
    except ValueError:
        return
    read = known.parse(word)
    assert np.isnat(read) or np.datetime64("0001") <= read < np.datetime64("10000")


def test_times_of_numbers_are_those_of_their_words() -> None:
    numbers = np.array([20240301.0, 20241301.0, np.nan, 20240301.5, 1e300, -5.0])
    for form in ("%Y%m%d", "excel", "unix", "unix_ms"):
        known = form_of(form)
        assert known.takes_numbers
        words = [f"{x:.0f}" if x == np.floor(x) else str(x) for x in numbers.tolist()]
        expected = times_in(known, words)
        np.testing.assert_array_equal(known.times(numbers), expected)
    assert not form_of("%d/%m/%Y").takes_numbers


def test_a_hostile_word_takes_a_moment_in_any_form() -> None:
    # Steps of the matcher are what could explode; so many calls would then never end.
    form = form_of("%a %b %d %Y %I:%M:%S.%f %p %z")
    for word in ("a" * 100, " " * 100, "1 " * 50, "Mon " * 25, "1" * 10**7):
        for _ in range(200):
            assert np.isnat(form.parse(word))


def test_every_directive_is_read_by_some_form() -> None:
    forms = " ".join(form for form, *_ in READ.values()) + "%d-%B-%A-%S-%f-%z-%y-%M"
    assert {letter for letter in DIRECTIVES if f"%{letter}" not in forms} == set()


def test_iso_8601_goes_last_so_that_a_form_that_looks_like_it_decides() -> None:
    assert form_of("%Y-%m-%d").parse("2024-03-01 9:05") == np.datetime64("2024-03-01T09:05")
    assert np.isnat(parse_time("2024-03-01 9:05"))
