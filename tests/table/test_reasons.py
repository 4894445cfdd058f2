"""Why a column was taken for what it was: a sentence for people, and the facts for programs."""

import copy
import json
import pickle
from typing import Any

import numpy as np
import pytest

from numlp.table.reasons import (
    KeptAs,
    LengthAlone,
    MayBeCodes,
    NumberDoubt,
    SameNumbers,
    StrayCells,
    TwoReadings,
    Why,
    reasons_of,
    was_asked,
)
from numlp.table.table import Table

PROSE = [f"a tale of {i} words, {'and more ' * (i % 4)}no less" for i in range(60)]
SIZE = np.random.default_rng(0).lognormal(size=60).round(3)

FOUND: dict[str, tuple[dict[str, Any], Any]] = {
    # name: (columns of a table, a fact on the last of them)
    "a stray word": ({"a": ["1", "2", "3"] * 20 + ["12O", "12O"]},
                     StrayCells("number", 2, 1, ("12O",))),
    "a stray word among times": ({"a": ["2020-01-02", "2020-01-05"] * 20 + ["soon"]},
                                 StrayCells("time", 1, 1, ("soon",))),
    "many stray words": ({"a": [*[str(i % 50) for i in range(300)], *[f"w{i}" for i in range(9)]]},
                         StrayCells("number", 9, 9, ("w0", "w1", "w2", "w3", "w4"))),
    "a copy": ({"a": SIZE, "b": SIZE}, SameNumbers("a", exactly=True)),
    "nearly a copy": ({"a": SIZE, "b": -SIZE}, SameNumbers("a", exactly=False)),
    "free text": ({"a": PROSE}, LengthAlone()),
    "several units": ({"a": ["5 kg", "5 g"] * 9},
                      NumberDoubt(
                          "numbers of several units, '5 g' and '5 kg': give them one unit"
                      )),
    "two readings": ({"a": [f"{x},234" for x in range(1, 10)]},
                     TwoReadings("1,234", "1234", "1.234", "as nothing else decides", ",")),
    "an ID": ({"id": [*range(60)]}, KeptAs("id", "number")),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "fact"), FOUND.values(), ids=FOUND)
def test_what_was_found_is_a_fact_and_a_part_of_the_sentence(
    columns: dict[str, Any], fact: Any
) -> None:
    why = Table.fit(columns).audit()[-1]["why"]
    assert fact in reasons_of(why)
    assert str(fact) in why
    assert why == "; ".join(map(str, reasons_of(why)))


def test_that_numbers_may_be_codes_is_a_fact_and_no_part_of_the_sentence() -> None:
    why = Table.fit({"zip": [*range(20)] * 9}).audit()[0]["why"]
    assert reasons_of(why) == ("numbers", MayBeCodes("zip", "20 distinct numbers"))
    assert why == "numbers"
    assert pickle.loads(pickle.dumps(why)).reasons == why.reasons  # noqa: S301 - our own


def test_the_facts_of_stray_words_that_a_caller_asked_to_be_dates_say_so() -> None:
    cells = ["x", "y"] * 9 + ["2020-01-02", "2020-01-03"]
    why = Table.fit({"a": cells}, {"a": "date"}).audit()[0]["why"]
    assert reasons_of(why)[:2] == ("as asked", StrayCells("date", 18, 2, ("x", "y")))


def test_a_file_keeps_the_sentence_alone() -> None:
    table = Table.fit({"a": PROSE})
    kept = table.state()["columns"][0]["why"]
    assert type(kept) is str
    assert kept == table.encoders[0].why
    opened = Table.from_state(json.loads(json.dumps(table.state())))
    assert reasons_of(opened.encoders[0].why) == (kept,)
    assert opened.audit() == table.audit()


def test_a_sentence_keeps_its_facts_when_it_is_copied_pickled_or_added_to() -> None:
    why = Why("numbers", StrayCells.of("number", 7, [f"w{i}" for i in range(7)]))
    assert why == "numbers; 7 cells no number: 'w0', 'w1', 'w2', 'w3', 'w4' and 2 more"
    pickled = pickle.loads(pickle.dumps(why))  # noqa: S301 - our own
    for same in (copy.deepcopy(why), pickled):
        assert (same, same.reasons) == (why, why.reasons)
    more = why.also(SameNumbers("b", exactly=False))
    assert more.reasons == (*why.reasons, SameNumbers("b", exactly=False))
    assert len(why.reasons) == 2
    assert json.dumps(why) == json.dumps(str(why))


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([1, 2, 3], "ignore"), ([1, 2, 3], "number"), ([1, 2, 2, 1], "category"),
        (["a b", "c"] * 9, "text"), (["2020-01-02", "2020-01-03"], "date"),
    ],
)  # fmt: skip
def test_a_kind_that_was_asked_for_is_known_from_the_sentence(cells: list[Any], kind: str) -> None:
    asked, guessed = Table.fit({"a": cells}, {"a": kind}), Table.fit({"a": cells})
    assert was_asked(str(asked.encoders[0].why))
    assert not was_asked(str(guessed.encoders[0].why))


def test_a_word_of_the_table_does_not_look_like_something_asked() -> None:
    table = Table.fit({"a": ["x; as asked", "x, as asked"] * 20 + ["1"] * 2})
    assert not was_asked(table.encoders[0].why)
    assert not was_asked(Table.fit({"a": ["as asked"] * 4}).encoders[0].why)
