"""Labels that may be one, and columns that may be the answer itself."""

import numpy as np
import pytest

from numlp.check import doubts
from numlp.check.findings import Finding
from numlp.data.labels import EncodedLabels
from numlp.table.decimals import DecimalSigns

RNG = np.random.default_rng(0)
N = 300
SIZE = RNG.normal(size=N)


def test_doubts_are_findings_on_the_labels_and_then_on_the_columns() -> None:
    y = (SIZE > 0).astype(int)
    labels = EncodedLabels(np.array(["No", "no", "yes"]), np.where(y == 0, np.arange(N) % 2, 2))
    alike, leak = doubts.doubts({"noise": RNG.normal(size=N), "size": SIZE}, labels, "kind", {})
    assert isinstance(alike, Finding)
    assert (alike.level, alike.kind, alike.columns) == ("warning", "labels alike", ["kind"])
    assert alike.text.startswith("'No', 'no' are taken for different classes of 'kind'")
    assert (leak.level, leak.kind, leak.columns) == ("warning", "leak", ["size"])
    assert "alone tells the classes of 'kind' apart (AUC 1.0000)" in leak.text
    assert not [*doubts.quantity(labels, "kind")]


ROWS = np.arange(300)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([str(250 * i) for i in range(100)], "100 different numbers in 300 rows, such as 0, 250"),
        (["NA", *(f"{i}.00" for i in range(0, 9900, 100))], "such as 0, 100, 200: that is a"),
        (["1.5", "2", "2.5"], "fractional numbers in 300 rows, such as 1.5, 2.5"),
        ([f"2024-{m:02}-{d:02}" for m in (1, 3, 5) for d in range(1, 29)], "84 different dates"),
    ],
)
def test_a_quantity_and_many_dates_are_faults(words: list[str], message: str) -> None:
    labels = EncodedLabels(np.array(words, object), ROWS % len(words))
    (fault,) = doubts.numeric_target(labels, "price")
    assert (fault.level, fault.kind, fault.columns) == ("fault", "numeric target", ["price"])
    assert message in fault.text


@pytest.mark.parametrize(
    "words",
    [
        [*"abc"],
        [str(year) for year in range(1980, 2040)],
        ["007", "008"],
        ["NA", "?"],
        [*map(str, range(100))],
        ["2024-01-01", "2024-01-02"],
        [f"{i}0 m" for i in range(100)],
    ],
)
def test_words_codes_years_and_a_few_dates_are_classes(words: list[str]) -> None:
    labels = EncodedLabels(np.array(words, object), ROWS % len(words))
    assert not [*doubts.numeric_target(labels, "kind")]


def test_a_quantity_is_told_by_its_many_numbers() -> None:
    labels = EncodedLabels(np.array([str(i) for i in range(40)]), np.arange(N) % 40)
    (finding,) = doubts.quantity(labels, "price")
    assert (finding.kind, finding.columns) == ("quantity", ["price"])
    assert "'price' has 40 different numbers in 300 rows" in finding.text


@pytest.mark.parametrize("form", ["{},5", "1.{:03},5", "{},25 \u20ac", "{},5 %", "({},5)"])
def test_numbers_as_people_write_them_are_a_quantity(form: str) -> None:
    words = [form.format(i) for i in range(1, 30)] + ["1"]
    labels = EncodedLabels(np.array(words, object), ROWS % len(words))
    (finding,) = doubts.numeric_target(labels, "price")
    assert "'price' has fractional numbers" in finding.text


def test_the_sign_of_the_table_says_what_a_target_is() -> None:
    labels = EncodedLabels(np.array([f"{i},125" for i in range(1, 30)], object), ROWS % 29)
    assert not [*doubts.numeric_target(labels, "price")]  # 1125, 2125, ...: few whole numbers
    (finding,) = doubts.numeric_target(labels, "price", signs=DecimalSigns(","))
    assert "fractional" in finding.text
