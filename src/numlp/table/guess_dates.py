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
from .unread import Spelled, empty, refusal
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
    iso = Spelled(column, values)
    if iso.n_read and iso.n_stray <= STRAY_SHARE * iso.n_read:
        why = Why("times written as text", *iso.reasons("time"))
        return iso.told(found_dates(column.times(values), why))
    form = find_form(column, values, iso.absent, STRAY_SHARE)
    if not isinstance(form, FoundForm):
        told = form or _but_for_words(iso)
        return told or unread_times(column, iso.absent, STRAY_SHARE)
    word = form.word or column.commonest(~np.isnat(form.values))[0]
    shown = f", as {word!r} shows" if form.word else f", such as {word!r}"
    if "%y" in form.form:
        known = np.unique(form.values[~np.isnat(form.values)].astype("M8[Y]"))
        shown += f", of {known[0]} to {known[-1]}"
    why = Why(f"times written as {form.form}{shown}")
    return _dates_in_form(form.form, Spelled(column, form.values), why, iso.n_read)


def _but_for_words(iso: Spelled) -> MayBe | None:
    """What to say of dates beside a few words that come too often to be left out unasked."""
    column, absent = iso.words, iso.absent
    often = np.argsort(-column.counts, kind="stable")[:MOST_OFTEN]
    others = [i for i in often.tolist() if not any(map(str.isdigit, column.distinct[i]))]
    kept = np.ones(len(column.distinct), bool)
    kept[others] = False
    kept &= ~absent
    n_kept = int(column.counts[kept].sum())
    if not others or kept.sum() <= MOST_OFTEN or n_kept <= iso.n_given / 2:
        return None
    form = find_form(column, iso.values, absent | ~kept, STRAY_SHARE)
    if isinstance(form, FoundForm):
        kind = f"date:{form.form}"
    elif column.counts[kept & iso.stray].sum() <= STRAY_SHARE * n_kept:
        kind = "date"
    else:
        return None
    word = column.commonest(~kept & ~absent)[0]
    told = f"{n_kept:,} of {count(iso.n_given, 'cell')} are dates, others {word!r}"
    return MayBe(column.name, kind, told)


def _dates_in_form(form: str, spelled: Spelled, why: Why, n_iso: int = 0) -> Encoder:
    """The dates that words spell in a form, or in ISO 8601, with what is said of other words."""
    if n_iso:
        why = why.also(f"{count(n_iso, 'cell')} in ISO 8601")
    why = why.also(*spelled.reasons("time"))
    found = found_dates(spelled.words.times(spelled.values), why)
    if isinstance(found, Date):
        found.form = form
    return spelled.told(found)


def asked_dates(column: ColumnSummary, asked: Asked) -> Encoder:
    """What a column becomes that a caller asked to be dates, in a form or in any."""
    if isinstance(column, TimeSummary):
        return found_dates(column, Why(AS_ASKED))
    if not column.n_given:
        return empty(column)
    if isinstance(column, NumberSummary):
        return _dates_of_numbers(column, asked)
    words, form = column.words(), asked.detail
    values = np.array([*map(parse_time, words.distinct)], dtype="datetime64[ms]")
    iso, hint, what = Spelled(words, values), "", "a time such as 2024-03-01 or 2024-03-01T10:22"
    found: FoundForm | UnsureDates | None = None
    if iso.n_stray > STRAY_SHARE * iso.n_read:
        found = find_form(words, values, iso.absent, STRAY_SHARE, strays=1 / STRAY_SHARE - 1)
        digits = _in_digits(times_in(form_of(DATE_OF_DIGITS), words.distinct))
        if Spelled(words, digits).n_stray <= STRAY_SHARE * iso.n_given:
            found = FoundForm(DATE_OF_DIGITS, digits, "")
    if form:
        own = times_in(form_of(form), words.distinct)
        values, what = np.where(np.isnat(own), values, own), f"a time written as {form}"
        if isinstance(found, FoundForm):
            hint = f"they look like 'date:{found.form}'; "
    elif isinstance(found, FoundForm):
        form, values = found.form, found.values
    elif found is not None and found.readings[0].n_cells > iso.n_read:
        raise refusal(column, asked, f"{found.found}: ask for {name_list(found.kinds)}")
    spelled = Spelled(words, values)
    spelled.check(asked, what, hint)
    if form:
        return _dates_in_form(form, spelled, Why(AS_ASKED, f"written as {form}"), iso.n_read)
    why = Why(AS_ASKED, *spelled.reasons("date"))
    return spelled.told(found_dates(words.times(values), why))


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
    spelled = Spelled(column.words(), values)
    if not asked.detail and spelled.n_stray > STRAY_SHARE * column.n_given:
        kinds = ", ".join(f"'date:{each}'" for each in (DATE_OF_DIGITS, *NUMBER_FORMS))
        raise refusal(
            column,
            asked,
            "it holds numbers: allowed are 'number', 'category', 'ignore', and where they are "
            f"dates {kinds}",
        )
    spelled.check(asked, f"a time written as {form}")
    return _dates_in_form(form, spelled, Why(AS_ASKED, f"written as {form}"))
