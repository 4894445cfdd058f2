"""What single words spell, in every form in which people write numbers."""

import math
from typing import Any

import pytest

from numlp.table.number_forms import UNITS, NumberForm, checked_form, spelled

NAN = math.nan

# word: the number by a decimal point, and by a decimal comma
NUMBERS: dict[str, tuple[float, float]] = {
    "5": (5, 5),
    "-5": (-5, -5),
    "+5": (5, 5),
    "1,5": (NAN, 1.5),
    "1.5": (1.5, NAN),
    "0,123": (NAN, 0.123),
    "0.123": (0.123, NAN),
    "1,234": (1234, 1.234),
    "1.234": (1.234, 1234),
    "1234,567": (NAN, 1234.567),
    "1,234,567": (1234567, NAN),
    "1.234.567": (NAN, 1234567),
    "1,234.5": (1234.5, NAN),
    "1.234,5": (NAN, 1234.5),
    "1 234": (1234, 1234),
    "1 234,5": (NAN, 1234.5),
    "1\u00a0234,5": (NAN, 1234.5),
    "1\u202f234,5": (NAN, 1234.5),
    "1\u2009234.5": (1234.5, NAN),
    "1'234.50": (1234.5, NAN),
    "1\u2019234,50": (NAN, 1234.5),
    ",5": (NAN, 0.5),
    "5,": (NAN, 5),
    "1,5e3": (NAN, 1500),
    "1.5E-3": (0.0015, NAN),
    "\u22125": (-5, -5),
    "12-": (-12, -12),
    "12 -": (-12, -12),
    "12,5-": (NAN, -12.5),
    "(12)": (-12, -12),
    "(1,234)": (-1234, -1.234),
    "5%": (5, 5),
    "5,5 %": (NAN, 5.5),
    "%5": (5, 5),
    "\u20ac 5": (5, 5),
    "-\u20ac5": (-5, -5),
    "\u20ac-5": (-5, -5),
    "5-\u20ac": (-5, -5),
    "(\u20ac5)": (-5, -5),
    "$ (1,234.50)": (-1234.5, NAN),
    "CHF(12)": (-12, -12),
    "$ -": (0, 0),
    "-   \u20ac": (0, 0),
    "$   5": (5, 5),
    "1.234,50\u00a0\u20ac": (NAN, 1234.5),
    "CHF 12.-": (12, NAN),
    "CHF 12.\u2013": (12, NAN),
    "US$1,234.50": (1234.5, NAN),
    "5 kg": (5, 5),
    "21,5 \u00b0C": (NAN, 21.5),
}
# No number in any form.
OTHERS = [
    "", "-", "%", "\u20ac", "abc", "5 x", "x5", "007", "00,5", "01,234",
    "1.2.3", "1,2,3", "12,34,567", "1 23", "1  234", "1 2345", "12 345 67", "1,234 567",
    "1.234,567,8", "1,234.567.8", "1'23", "5'10", "10-20", "1/2", "12:30", "12.03.2024",
    "03/04/2024", "2024-01-02", "-5-", "(-5)", "(5", "5)", "5 % %", "\u20ac 5 \u20ac", "kg 5",
    "$ (-5)", "$ (5) $", "$ - 5 -", "- kg",
    "1_000", "inf", "nan", "1e400", "\u0665", "044 123 45 67", "+41 44 123 45 67", "9" * 65,
]  # fmt: skip


@pytest.mark.parametrize("word", NUMBERS)
def test_a_word_is_a_number_by_each_decimal_sign(word: str) -> None:
    found = spelled(word)
    assert found is not None
    assert [found.point, found.comma] == pytest.approx(NUMBERS[word], nan_ok=True)
    point, comma = NUMBERS[word]
    assert found.is_open == (not math.isnan(point) and not math.isnan(comma) and point != comma)


@pytest.mark.parametrize("word", OTHERS)
def test_codes_dates_ranges_and_other_words_are_no_numbers(word: str) -> None:
    assert spelled(word) is None


def test_a_unit_has_one_name_before_and_behind_and_in_any_spelling() -> None:
    names = {spelled(word).unit for word in ("\u20ac5", "5 \u20ac", "EUR 5", "5EUR")}  # type: ignore[union-attr]
    assert names == {"EUR"}
    assert {UNITS["Fr."], UNITS["CHF"]} == {"CHF"}
    assert UNITS["$"] != UNITS["C$"]


@pytest.mark.parametrize(
    ("form", "word", "number"),
    [
        (NumberForm(","), "1,5", 1.5),
        (NumberForm(","), "1.500", 1500),
        (NumberForm(","), "1.5", NAN),  # a decimal point where commas were
        (NumberForm(","), "007", 7),
        (NumberForm(","), "True", 1),
        (NumberForm(","), "0x10", 16),
        (NumberForm(","), "1e3", 1000),
        (NumberForm(","), "\u20ac 5", NAN),
        (NumberForm(",", "EUR"), "\u20ac 5", 5),
        (NumberForm(",", "EUR"), "5", 5),
        (NumberForm(",", "EUR"), "$ 5", NAN),
        (NumberForm("."), "1,500", 1500),
        (NumberForm("."), "1,5", NAN),
        (NumberForm("."), "007.5", 7.5),
        (NumberForm("."), "soon", NAN),
    ],
)
def test_a_form_reads_what_fits_it_alone(form: NumberForm, word: str, number: float) -> None:
    assert form.read(word) == pytest.approx(number, nan_ok=True)


@pytest.mark.parametrize("form", [NumberForm(), NumberForm(",", "EUR"), NumberForm(".", "%")])
def test_a_form_comes_back_from_its_state(form: NumberForm) -> None:
    assert checked_form(form.state()) == form


@pytest.mark.parametrize(
    "state",
    [
        5, [], ",", {"decimal": 5}, {"decimal": ";"}, {"decimal": ",", "unit": "miles"},
        {"decimal": ",", "unit": None}, {"decimals": ","}, {"decimal": ",", "unit": "x" * 10**6},
        {"decimal": ",", 5: "x"},
    ],
)  # fmt: skip
def test_a_form_that_there_is_not_is_refused(state: Any) -> None:
    with pytest.raises((TypeError, ValueError)) as refused:
        checked_form(state)
    assert len(str(refused.value)) < 300
