"""Which columns are dates, by the rules or as asked, and in which form."""

from collections.abc import Iterator

import numpy as np

from ..common.wording import count, name_list
from ..data.columns import Column
from .asked import Asked
from .date_forms import NUMBER_FORMS, form_of, times_in
from .date_readings import FoundForm, find_form
from .dates import Date
from .decimals import STRAY_SHARE
from .encoders import Encoder, SetAside
from .reasons import AS_ASKED, MayBe, Reason, UnreadTimes, UnsureDates, Why
from .summary import ColumnSummary, NumberSummary, TimeSummary, WordSummary
from .times_in_words import unread_times
from .unread import check_read, empty, holes, refusal, unread, with_strays
from .words import parse_time

MOST_OFTEN = 5  # words of a column of dates that are looked at: do they come too often?
DATE_OF_DIGITS = "%Y%m%d"  # the form of numbers that were asked to be dates, such as 20240301


def may_be_dates(column: NumberSummary) -> Iterator[Reason]:
    """What whole numbers may be beside a quantity: dates."""
    name = column.name
    if column.low >= 19_000_101 and column.high <= 20_991_231:
        times = form_of(DATE_OF_DIGITS).times(column.distinct())
        if not np.isnat(times).any():
            yield MayBe(
                name, f"date:{DATE_OF_DIGITS}", f"each number is a date, as {times[0]!s:.10}"
            )


def found_dates(column: TimeSummary, why: Why) -> Encoder:
    """What a column of times becomes."""
    if not column.n_given:
        return empty(column)
    if not column.n_missing and column.is_constant:
        return SetAside(column.name, Why("every cell is the same"))
    return Date.fit(column, why)


def written_dates(column: WordSummary) -> Encoder | UnsureDates | MayBe | UnreadTimes | None:
    """A column of words that spell times in one form, but for a few; None if they do not.

    What may be times beside a word that comes too often to be left out unasked, is said, and so are
    times that are not read.
    """
    values = np.array([*map(parse_time, column.distinct)], dtype="datetime64[ms]")
    absent, stray = holes(column, values)
    n_times = int(column.counts[~np.isnat(values)].sum())
    if n_times and column.counts[stray].sum() <= STRAY_SHARE * n_times:
        why = Why("times written as text", *unread(column, absent, stray, "time"))
        found = found_dates(column.times(values), why)
        return with_strays(found, column.counts[stray].sum(), column.counts[~absent].sum())
    form = find_form(column, values, absent, STRAY_SHARE)
    if not isinstance(form, FoundForm):
        told = form or _but_for_words(column, values, absent)
        return told or unread_times(column, absent, STRAY_SHARE)
    word = form.word or column.commonest(~np.isnat(form.values))[0]
    shown = f", as {word!r} shows" if form.word else f", such as {word!r}"
    if "%y" in form.form:
        known = np.unique(form.values[~np.isnat(form.values)].astype("M8[Y]"))
        shown += f", of {known[0]} to {known[-1]}"
    why = Why(f"times written as {form.form}{shown}")
    return _dates_in_form(column, form.form, form.values, why, n_times)


def _but_for_words(column: WordSummary, iso: Column, absent: Column) -> MayBe | None:
    """What to say of dates beside a few words that come too often to be left out unasked."""
    often = np.argsort(-column.counts, kind="stable")[:MOST_OFTEN]
    others = [i for i in often.tolist() if not any(map(str.isdigit, column.distinct[i]))]
    kept = np.ones(len(column.distinct), bool)
    kept[others] = False
    kept &= ~absent
    n_kept, n_given = int(column.counts[kept].sum()), int(column.counts[~absent].sum())
    if not others or kept.sum() <= MOST_OFTEN or n_kept <= n_given / 2:
        return None
    form = find_form(column, iso, absent | ~kept, STRAY_SHARE)
    if isinstance(form, FoundForm):
        kind = f"date:{form.form}"
    elif column.counts[kept & np.isnat(iso)].sum() <= STRAY_SHARE * n_kept:
        kind = "date"
    else:
        return None
    word = column.commonest(~kept & ~absent)[0]
    told = f"{n_kept:,} of {count(n_given, 'cell')} are dates, others {word!r}"
    return MayBe(column.name, kind, told)


def _dates_in_form(
    column: WordSummary, form: str, values: Column, why: Why, n_iso: int = 0
) -> Encoder:
    """The dates that words spell in a form, or in ISO 8601, with what is said of other words."""
    absent, stray = holes(column, values)
    if n_iso:
        why = why.also(f"{count(n_iso, 'cell')} in ISO 8601")
    found = found_dates(column.times(values), why.also(*unread(column, absent, stray, "time")))
    if isinstance(found, Date):
        found.form = form
    return with_strays(found, column.counts[stray].sum(), column.counts[~absent].sum())


def asked_dates(column: ColumnSummary, asked: Asked) -> Encoder:
    """What a column becomes that a caller asked to be dates, in a form or in any."""
    if isinstance(column, TimeSummary):
        return found_dates(column, Why(AS_ASKED))
    if not column.n_given:
        return empty(column)
    if isinstance(column, NumberSummary):
        return _dates_of_numbers(column, asked)
    words, form = column.words(), asked.detail
    iso = np.array([*map(parse_time, words.distinct)], dtype="datetime64[ms]")
    absent, odd = holes(words, iso)
    n_given, n_odd = int(words.counts[~absent].sum()), int(words.counts[odd].sum())
    n_iso = n_given - n_odd
    values, hint, what = iso, "", "a time such as 2024-03-01 or 2024-03-01T10:22"
    found: FoundForm | UnsureDates | None = None
    if n_odd > STRAY_SHARE * n_iso:
        found = find_form(words, iso, absent, STRAY_SHARE, strays=1 / STRAY_SHARE - 1)
        digits = _in_digits(times_in(form_of(DATE_OF_DIGITS), words.distinct))
        if int(words.counts[~absent & np.isnat(digits)].sum()) <= STRAY_SHARE * n_given:
            found = FoundForm(DATE_OF_DIGITS, digits, "")
    if form:
        own = times_in(form_of(form), words.distinct)
        values, what = np.where(np.isnat(own), iso, own), f"a time written as {form}"
        if isinstance(found, FoundForm):
            hint = f"they look like 'date:{found.form}'; "
    elif isinstance(found, FoundForm):
        form, values = found.form, found.values
    elif found is not None and found.readings[0].n_cells > n_iso:
        raise refusal(column, asked, f"{found.found}: ask for {name_list(found.kinds)}")
    absent, stray = holes(words, values)
    check_read(words, asked, stray, n_given, what, hint)
    if form:
        return _dates_in_form(words, form, values, Why(AS_ASKED, f"written as {form}"), n_iso)
    why = Why(AS_ASKED, *unread(words, absent, stray, "date"))
    return with_strays(found_dates(words.times(values), why), n_odd, n_given)


def _in_digits(times: Column) -> Column:
    """Times that numbers spell as 20240301 does; 12340301 would hardly be one."""
    known = (times >= np.datetime64("1900")) & (times < np.datetime64("2100"))
    return np.where(known, times, np.datetime64("NaT", "ms"))


def _dates_of_numbers(column: NumberSummary, asked: Asked) -> Encoder:
    """What a column of numbers becomes that a caller asked to be dates."""
    numbers, form = column.distinct(), asked.detail or DATE_OF_DIGITS
    if not form_of(form).takes_numbers:
        raise refusal(column, asked, "it holds numbers, which have no such form")
    values = form_of(form).times(numbers)
    if not asked.detail:
        values = _in_digits(values)
    read, words = ~np.isnat(values), column.words()
    if not asked.detail and int(words.counts[~read].sum()) > STRAY_SHARE * column.n_given:
        kinds = ", ".join(f"'date:{each}'" for each in (DATE_OF_DIGITS, *NUMBER_FORMS))
        raise refusal(
            column,
            asked,
            "it holds numbers: allowed are 'number', 'category', 'ignore', and where they are "
            f"dates {kinds}",
        )
    check_read(words, asked, ~read, column.n_given, f"a time written as {form}")
    return _dates_in_form(words, form, values, Why(AS_ASKED, f"written as {form}"))
