"""Columns of words that are numbers in some form, and those that look like it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from numlp.data.columns import as_columns
from numlp.errors import DataError
from numlp.table.encoders import Number, TwoValues
from numlp.table.reasons import MayBe, NumberDoubt, StrayCells, TwoReadings, reasons_of
from numlp.table.table import Table

RNG = np.random.default_rng(0)
N = 120
SIZES = RNG.uniform(-3000, 3000, N).tolist()
COUNTS = RNG.integers(100, 30_000, N).tolist()  # some below 1000
HIGH = RNG.integers(1000, 30_000, N).tolist()
SWAPPED = str.maketrans(",.", ".,")


def european(x: float, digits: int = 2) -> str:
    return f"{x:,.{digits}f}".translate(SWAPPED)


def signed(x: float, negative: str, positive: str = "{}") -> str:
    return (negative if x < 0 else positive).format(f"{abs(x):.1f}")


# name: (words, the numbers that they are, part of the reason)
READ: dict[str, tuple[list[str], list[float], str]] = {
    "decimal commas": ([f"{x:.2f}".replace(".", ",") for x in SIZES], SIZES, "decimal commas"),
    "points between thousands": ([*map(european, SIZES)], SIZES,
                                 "decimal commas; points between thousands"),
    "commas between thousands": ([f"{x:,.2f}" for x in SIZES], SIZES, "commas between thousands"),
    "blanks": ([european(x).replace(".", "\u202f") for x in SIZES], SIZES,
               "blanks between thousands"),
    "apostrophes": ([f"{x:,.2f}".replace(",", "\u2019") for x in SIZES], SIZES,
                    "apostrophes between thousands"),
    "percent": ([f"{x:.2f} %" for x in SIZES], SIZES, "in %"),
    "euros": ([f"{european(x)} \u20ac" for x in SIZES], SIZES, "in EUR"),
    "dollars": ([f"${x:,.2f}" for x in map(abs, SIZES)], [*map(abs, SIZES)], "in USD"),
    "signs behind": ([signed(x, "{}-") for x in SIZES], SIZES, "by a sign behind"),
    "parentheses": ([signed(x, "({})") for x in SIZES], SIZES, "in parentheses"),
    "another minus": ([signed(x, "\u2212{}") for x in SIZES], SIZES, "written as text"),
    "kilograms": ([f"{x} kg" for x in COUNTS], COUNTS, "in kg"),
    "with plain ones": ([f"{x / 2:g}".replace(".", ",") for x in COUNTS],
                        [x / 2 for x in COUNTS], "decimal commas"),
}  # fmt: skip

OTHERS: dict[str, list[str]] = {
    "codes": [f"{i:03}" for i in range(60)] * 2,
    "phones": [f"6{i} {i + 100} {i + 300}" for i in range(10, 70)] * 2,
    "phones with zeros": [f"044 {i + 100} {i} {i}" for i in range(10, 70)] * 2,
    "dates with points": [f"{i % 28 + 1:02}.03.2024" for i in range(N)],
    "dates with slashes": [f"{i % 28 + 1:02}/03/2024" for i in range(N)],
    "versions": [f"1.{i % 9}.{i % 7}" for i in range(N)],
    "addresses": [f"192.168.{i % 90 + 100}.{i % 7 + 110}" for i in range(N)],
    "times": [f"{i % 24:02}:30" for i in range(N)],
    "ranges": [f"{i % 9}-{i % 9 + 10}" for i in range(N)],
    "fractions": [f"{i % 9}/{i % 9 + 10}" for i in range(N)],
    "grades": [["1", "1-", "2", "2-", "3"][i % 5] for i in range(N)],
    "marks": [f"({i % 9})" for i in range(N)],
    "lists": [f"{i % 9},{i % 7},{i % 5}" for i in range(N)],
    "addresses of houses": [f"{i % 9} High Street" for i in range(N)],
    "words": ["red", "green", "blue"] * 40,
    "too long for a number": [f"9007199254740993{i % 9},0" for i in range(N)],
}


def fitted(words: Any, name: str = "a", **options: Any) -> Any:
    return Table.fit({name: words}, **options).encoders[0]


@pytest.mark.parametrize("name", READ)
def test_numbers_are_the_same_however_they_are_written(name: str) -> None:
    words, numbers, reason = READ[name]
    written, plain = Table.fit({"a": words}), Table.fit({"a": numbers})
    encoder = written.encoders[0]
    assert isinstance(encoder, Number), encoder.why
    assert reason in encoder.why
    assert (encoder.center, encoder.scale) == pytest.approx(
        (plain.encoders[0].center, plain.encoders[0].scale),
        rel=1e-3,  # type: ignore[attr-defined]
    )
    np.testing.assert_allclose(
        written.transform({"a": words}), plain.transform({"a": numbers}), atol=1e-3
    )
    np.testing.assert_allclose(  # numbers are taken as they are
        written.transform({"a": numbers}), plain.transform({"a": numbers}), atol=1e-3
    )


@pytest.mark.parametrize("name", OTHERS)
def test_what_looks_like_numbers_stays_what_it_is(name: str) -> None:
    encoder = fitted(OTHERS[name])
    assert not isinstance(encoder, Number | TwoValues), encoder.why
    assert not [fact for fact in reasons_of(encoder.why) if isinstance(fact, NumberDoubt)]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["\u20ac 5", "$ 5", "\u20ac 7"] * 9, "numbers of several units, '\u20ac 5' and '$ 5'"),
        (["5 kg", "5 g"] * 9, "numbers of several units, '5 g' and '5 kg'"),
        (["5%", "6", "7"] * 9, "numbers with and without a percent sign, '5%' and '6'"),
        (["1,5", "1.5", "2"] * 9, "decimal commas and decimal points, '1,5' and '1.5'"),
    ],
)
def test_numbers_of_no_one_scale_stay_words_and_it_is_said(words: list[str], told: str) -> None:
    encoder = fitted(words)
    assert encoder.kind == "category"
    assert encoder.why.startswith(told)
    assert isinstance(reasons_of(encoder.why)[0], NumberDoubt)


def test_most_cells_with_percent_make_percent_of_the_others() -> None:
    encoder = fitted(["5%", "6%", "7"] * 20)
    assert encoder.written == {"decimal": ".", "unit": "%"}
    assert "20 cells without % taken as percent too" in encoder.why


def test_a_few_other_words_are_missing_cells_and_named() -> None:
    words = ["1,5", "2,5", "3"] * 20 + ["soon", "1.5"]
    encoder = fitted(words)
    assert StrayCells("number", 2, 2, ("1.5", "soon")) in reasons_of(encoder.why)
    assert encoder.strays == 2 / 62
    words += ["x", "y"]
    assert fitted(words).kind == "category"


def test_words_for_missing_cells_are_no_strays() -> None:
    encoder = fitted(["1,5", "2,5", "NA", "?", "", None] * 9)
    assert encoder.written == {"decimal": ",", "unit": ""}
    assert encoder.missing
    assert encoder.strays is None


def test_a_few_decimal_commas_among_whole_numbers_are_read_and_not_dropped() -> None:
    encoder = fitted(["3,5", "4,5"] + ["1", "2", "3", "4"] * 20)
    assert encoder.written == {"decimal": ",", "unit": ""}
    assert encoder.strays is None


def test_plain_numbers_keep_no_form() -> None:
    for words in (["1.5", "2"] * 9, ["007", *["1", "2"] * 40], ["1.234", "2.345"] * 9):
        encoder = fitted(words)
        assert encoder.written is None
        assert "written" not in encoder.state()


# Two readings


def is_read_as(table: dict[str, Any], **options: Any) -> tuple[float, list[TwoReadings]]:
    """The number that the first open cell of the column a is, and what is said of it."""
    fit = Table.fit(table, **options)
    encoder = next(encoder for encoder in fit.encoders if encoder.name == "a")
    assert isinstance(encoder, Number)
    told = [fact for fact in reasons_of(encoder.why) if isinstance(fact, TwoReadings)]
    return encoder.center, told


OPEN = [f"{x:,}" for x in COUNTS]  # "12,345", and "345"
ALL_OPEN = [f"{x:,}" for x in HIGH]
COMMAS = [f"{x:.1f}".replace(".", ",") for x in SIZES]
POINTS = [f"{x:,.1f}" for x in SIZES]


def test_cells_below_1000_without_the_sign_say_that_it_parts_thousands() -> None:
    center, told = is_read_as({"a": OPEN})
    assert center == sorted(COUNTS)[(N - 1) // 2]
    assert [(fact.by, fact.sign) for fact in told] == [
        ("as the cells without it are below 1000", ",")
    ]
    center, told = is_read_as({"a": [word.replace(",", ".") + " \u20ac" for word in OPEN]})
    assert center == sorted(COUNTS)[(N - 1) // 2]
    assert told[0].sign == "."


def test_thousands_without_the_sign_say_that_it_is_a_decimal_sign() -> None:
    center, told = is_read_as({"a": [*ALL_OPEN, *map(str, HIGH[:9])]})
    assert center < 100
    assert told[0].by == "as other thousands are not parted so"


def test_where_nothing_decides_a_point_is_the_decimal_sign_and_both_readings_are_told() -> None:
    center, told = is_read_as({"a": ALL_OPEN})
    assert center > 1000
    word = min(ALL_OPEN, key=lambda word: (-ALL_OPEN.count(word), word))
    other = f"{float(word.replace(',', '.')):g}"
    assert str(told[0]) == (
        f"{word!r} is read as {word.replace(',', '')}, as nothing else decides; decimal=',' "
        f"reads it as {other}"
    )
    assert not told[0].is_sure


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(("others", "is_decimal"), [(COMMAS, True), (POINTS, False)])
def test_other_columns_decide_wherever_they_stand(
    others: list[str], is_decimal: bool, order: int
) -> None:
    table = dict([("a", ALL_OPEN), ("b", others)][::order])
    center, told = is_read_as(table)
    assert (center < 100) == is_decimal
    assert told[0].is_sure


def test_plain_numbers_in_three_digits_are_thousands_beside_decimal_commas() -> None:
    words = [word.replace(",", ".") for word in OPEN]
    alone, _ = is_read_as({"a": words})
    beside, told = is_read_as({"a": words, "b": COMMAS})
    assert beside == sorted(COUNTS)[(N - 1) // 2]
    assert alone != beside
    assert told[0].is_sure
    broken = [*words[:-1], "0.5"]  # a decimal point, which they cannot have beside thousands
    assert is_read_as({"a": broken, "b": COMMAS})[0] < 1000


def test_a_stray_word_changes_nothing_of_that() -> None:
    words = [word.replace(",", ".") for word in OPEN]
    beside, told = is_read_as({"a": [*words, "x"], "b": [*COMMAS, None]})
    assert beside == sorted(COUNTS)[(N - 1) // 2]
    assert told[0].is_sure


@pytest.mark.parametrize("hint", ["", ","])
def test_plain_numbers_stay_plain_where_no_other_column_has_commas(hint: str) -> None:
    table = as_columns(
        {"a": np.array([*(word.replace(",", ".") for word in ALL_OPEN), "x"], object)}
    )
    center, told = is_read_as(replace(table, decimal=hint))  # type: ignore[arg-type]
    assert center < 100
    assert not told


def test_a_tie_of_the_other_columns_decides_nothing() -> None:
    _, told = is_read_as({"a": ALL_OPEN, "b": COMMAS, "c": POINTS})
    assert told[0].by == "as nothing else decides"


def test_a_file_parted_by_semicolons_suggests_commas() -> None:
    table = as_columns({"a": np.array(ALL_OPEN, object)})
    hinted = replace(table, decimal=",")
    center, told = is_read_as(hinted)  # type: ignore[arg-type]
    assert center < 100
    assert told[0].by == "as in files with semicolons"
    assert hinted.rows(np.arange(9)).decimal == ","  # a part of its rows knows it too


@pytest.mark.parametrize("more", [[], ["-", "567"]])
def test_thousands_with_points_beside_whole_numbers_are_such_in_files_with_semicolons(
    more: list[str],
) -> None:
    words = [*(word.replace(",", ".") for word in OPEN), *more]
    table = as_columns({"a": np.array(words, object)})
    center, told = is_read_as(replace(table, decimal=","))  # type: ignore[arg-type]
    assert center >= 567
    assert (told[0].by, told[0].sign) == ("as in files with semicolons", ".")
    assert is_read_as(table)[0] < 567  # of which nothing suggests commas
    unlike = as_columns({"a": np.array([*words, "12345"], object)})  # its thousands are not parted
    assert is_read_as(replace(unlike, decimal=","))[0] < 567  # type: ignore[arg-type]


@pytest.mark.parametrize("word", ["k.A.", "--", "#NV", "#DIV/0!", "\N{EM DASH}", "s.o."])
def test_what_spreadsheets_write_for_no_number_is_a_missing_cell(word: str) -> None:
    encoder = fitted([*COMMAS, *[word] * 20])
    assert isinstance(encoder, Number)
    assert f"20 cells '{word}' missing" in encoder.why


def test_a_word_that_comes_often_beside_numbers_is_told_with_the_option_that_reads_them() -> None:
    words = [*COMMAS, *["unknown"] * 20]
    encoder = fitted(words)
    assert reasons_of(encoder.why)[0] == MayBe(
        "a", "number", f"{N} of {N + 20} cells are numbers, others 'unknown'"
    )
    asked = fitted(words, columns={"a": "number"})
    assert asked.center == fitted(COMMAS).center
    assert "20 cells no number: 'unknown'" in asked.why


def test_a_few_numbers_among_the_words_of_a_category_are_nothing_to_tell() -> None:
    assert fitted(["1", "2", "3", "unknown"] * 20).why == "4 distinct words"


def test_the_order_of_the_rows_decides_nothing() -> None:
    words = [*OPEN, "1,234,567"]
    assert fitted(words).state() == fitted(words[::-1]).state()


# decimal=


@pytest.mark.parametrize(("sign", "is_decimal"), [(",", True), (".", False)])
def test_the_sign_that_is_given_decides_and_nothing_needs_to_be_told(
    sign: str, is_decimal: bool
) -> None:
    for table in ({"a": ALL_OPEN}, {"a": ALL_OPEN, "b": ["x", "y"] * 60}):
        center, told = is_read_as(table, decimal=sign)
        assert (center < 100) == is_decimal
        assert not told


@pytest.mark.parametrize(
    ("words", "sign", "cell"),
    [(["1,5", "2,5", "3"] * 9, ".", "'1,5'"), (["1.5", "2.5", "3"] * 9, ",", "'1.5'"),
     (["1.234.567", "2"] * 9, ".", "'1.234.567'"), (["$1,234.50", "$2"] * 9, ",", "'$1,234.50'")],
)  # fmt: skip
@pytest.mark.parametrize("kind", [None, "number"])
def test_a_sign_against_the_cells_is_an_error_with_column_and_cell(
    words: list[str], sign: str, cell: str, kind: str | None
) -> None:
    asked = None if kind is None else {"size": kind}
    with pytest.raises(DataError) as refused:
        Table.fit({"size": words}, asked, decimal=sign)
    told = f"column 'size' has {cell}, which is not a number with the decimal sign {sign!r}"
    assert str(refused.value).startswith(told)
    assert "\n" not in str(refused.value)
    for other in ("category", "text", "ignore"):
        Table.fit({"size": words, "b": [*range(len(words))]}, {"size": other}, decimal=sign)


def test_a_sign_says_nothing_of_numbers_and_of_other_words() -> None:
    table = {"a": [1.5, 2.5] * 9, "b": ["x", "y"] * 9, "c": ["1.2.3", "1.2.4"] * 9}
    assert Table.fit(table, decimal=",").audit() == Table.fit(table).audit()


@pytest.mark.parametrize("sign", ["", ";", ",.", 5, "comma", True])
def test_any_other_sign_is_refused(sign: Any) -> None:
    with pytest.raises(ValueError, match="decimal="):
        Table.fit({"a": [1, 2]}, decimal=sign)


def test_a_column_that_is_asked_to_be_numbers_is_read_in_its_form() -> None:
    words = ["1,5", "2,5"] * 3
    encoder = fitted(words, columns={"a": "number"})
    assert isinstance(encoder, Number)
    assert encoder.written == {"decimal": ",", "unit": ""}
    assert encoder.why == "as asked; decimal commas"


def test_a_column_that_is_asked_to_be_a_category_compares_words_as_before() -> None:
    encoder = fitted(["1,5", "1,50"] * 9, columns={"a": "category"})
    assert encoder.values == ["1,5", "1,50"]


# Afterwards


def test_cells_that_do_not_fit_the_form_are_counted_and_told() -> None:
    table = Table.fit({"a": [word + " \u20ac" for word in COMMAS]})
    notes: list[str] = []
    X = table.transform({"a": ["5,5 \u20ac", "5.5", "$ 5", "5"]}, notes)
    cause = "decimal points, where the model reads commas: convert them"
    assert notes == [f"a: 2 cells no number, taken as missing ({cause}): '5.5', '$ 5'"]
    assert X[1, 0] == X[2, 0] == 0
    assert X[0, 0] != 0 != X[3, 0]


def test_two_values_are_two_values_in_any_form() -> None:
    table = Table.fit({"a": ["1,5", "2,5"] * 9})
    assert isinstance(table.encoders[0], TwoValues)
    assert table.encoders[0].written == {"decimal": ",", "unit": ""}
    np.testing.assert_array_equal(table.transform({"a": ["2,5", "1,5", "7"]}).ravel(), [1, -1, 0])


def test_the_form_is_kept_in_a_file() -> None:
    table = Table.fit({"a": [word + " \u20ac" for word in COMMAS], "b": SIZES})
    again = Table.from_state(table.state())
    assert [each.state() for each in again.encoders] == table.state()["columns"]
    assert table.with_commas == again.with_commas == ["a"]
    cells = {"a": ["1.234,5 EUR", None], "b": [1, 2]}
    np.testing.assert_array_equal(again.transform(cells), table.transform(cells))


@pytest.mark.parametrize("written", [5, [","], {"decimal": "x"}, {"decimal": ",", "unit": "y"}])
@pytest.mark.parametrize("words", [["1,5", "2,5", "3,5"] * 9, ["1,5", "2,5"] * 9])
def test_a_file_with_another_form_is_refused(written: Any, words: list[str]) -> None:
    state = Table.fit({"a": words}).state()
    state["columns"][0]["written"] = written
    with pytest.raises((TypeError, ValueError), match="column 'a': the form of the numbers"):
        Table.from_state(state)


def test_many_words_are_not_looked_at_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from numlp.table import decimals

    seen: list[str] = []
    one = decimals.spelled
    monkeypatch.setattr(decimals, "spelled", lambda word: seen.append(word) or one(word))
    fitted([f"{i} High Street" for i in range(5000)])
    assert 0 < len(seen) <= decimals.MOST_SAMPLED


def test_columns_of_numbers_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    from numlp.table import decimals

    monkeypatch.setattr(decimals, "spelled", None)
    table = {"a": SIZES, "b": ["1", "2", "3"] * 40, "c": ["2024-01-01", "2024-01-02"] * 60}
    assert (
        Table.fit(table).audit()[1]["why"]
        == "numbers written as text; 3 distinct values, a flag for each"
    )


def test_a_file_of_written_numbers_is_of_the_format_that_knows_them() -> None:
    written = Table.fit({"a": ["1,5", "2,25", "0,75"] * 40, "b": ["7,7 %", "2,5 %"] * 60})
    assert [type(encoder) for encoder in written.encoders] == [Number, TwoValues]
    assert [encoder.file_format for encoder in written.encoders] == [2, 2]
    plain = Table.fit({"a": ["1.5", "2.25", "0.75"] * 40, "b": ["7.7", "2.5"] * 60})
    assert [encoder.file_format for encoder in plain.encoders] == [1, 1]
