"""Numbers that may be codes: the guess stays, and who reads it is asked."""

import numpy as np
import pytest

from numlp.check import check_table
from numlp.table.encoders import Number
from numlp.table.reasons import MayBeCodes, reasons_of
from numlp.table.table import Table

CODES = np.arange(100) % 20 + 8001
PADDED = [f"{code:05}" for code in [123, *range(10_000, 10_040)] * 2]


@pytest.mark.parametrize("name", ["zip", "ZIP", "zipCode", "PLZ", "post_code", "branch", "Store No",
                                  "store_id", "department number", "region"])  # fmt: skip
def test_whole_numbers_called_as_codes_are_told(name: str) -> None:
    encoder = Table.fit({name: CODES}).encoders[0]
    assert isinstance(encoder, Number)
    assert encoder.why == "numbers"  # which is all that a model file says
    assert reasons_of(encoder.why)[1:] == (MayBeCodes(name, "20 distinct numbers"),)
    found = check_table({name: CODES, "y": ["a", "b"] * 50}, target="y")["findings"]
    told = f"if its 20 distinct numbers are codes, columns={{{name!r}: 'category'}}"
    assert [each["text"] for each in found if each["kind"] == "codes"] == [told]
    assert {each["level"] for each in found if each["kind"] == "codes"} == {"note"}


@pytest.mark.parametrize(
    ("name", "cells"),
    [("price", CODES), ("n_stores", CODES), ("zip", CODES / 2), ("zip", CODES % 12),
     ("zip", np.random.default_rng(0).permutation(100)), ("number of branches", CODES)],
)  # fmt: skip
def test_other_names_and_quantities_and_few_or_single_numbers_are_not(
    name: str, cells: np.ndarray
) -> None:
    why = Table.fit({name: cells}).encoders[0].why
    assert not [fact for fact in reasons_of(why) if isinstance(fact, MayBeCodes)]


def test_nothing_is_told_where_a_kind_is_asked_for() -> None:
    for kind in ("number", "category"):
        why = Table.fit({"zip": CODES}, {"zip": kind}).encoders[0].why
        assert not [fact for fact in reasons_of(why) if isinstance(fact, MayBeCodes)]


def test_numbers_of_one_length_with_a_few_zeros_before_them_are_told() -> None:
    encoder = Table.fit({"a": PADDED}).encoders[0]
    assert isinstance(encoder, Number)
    assert reasons_of(encoder.why)[-1] == MayBeCodes("a", "numbers of 5 digits such as '00123'")
    other = Table.fit({"a": [*PADDED, "7"]}).encoders[0]
    assert not [fact for fact in reasons_of(other.why) if isinstance(fact, MayBeCodes)]
