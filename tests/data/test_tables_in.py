"""One table in every form that a library writes it in makes one model, to the bit, or an error."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from numlp import DataError, TabularClassifier

from .forms import CELLS, DUCK, ERROR, FILE, FORMS, LABELS, NET, OTHER, ROWS, Form, N

pytestmark = pytest.mark.filterwarnings("ignore:the net did not learn")
PAGE = (Path(__file__).parents[2] / "docs" / "tables-in.md").read_text(encoding="utf-8")
READ = [form for form in FORMS if form.gives != ERROR]


def fitted(X: Any, y: Any = LABELS) -> TabularClassifier:
    return TabularClassifier("fast", epochs=8, random_state=0, n_jobs=1).fit(X, y)


def file_of(clf: TabularClassifier, folder: Path) -> bytes:
    clf.save(folder / "model.numlp")
    return (folder / "model.numlp").read_bytes()


def same_weights(a: TabularClassifier, b: TabularClassifier) -> bool:
    one, other = a.model_.arrays(), b.model_.arrays()
    return one.keys() == other.keys() and all(
        one[name].tobytes() == other[name].tobytes() for name in one
    )


PLAIN = fitted(CELLS)
P = PLAIN.predict_proba(CELLS)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_form_of_the_table_gives_what_the_page_says(form: Form, tmp_path: Path) -> None:
    if form.gives == ERROR:
        with pytest.raises(DataError, match=form.says) as caught:
            fitted(form.make())
        assert "\n" not in str(caught.value)
        return
    clf = fitted(form.make())
    whole = file_of(clf, tmp_path) == file_of(PLAIN, tmp_path)
    assert whole == (form.gives == FILE)
    assert same_weights(clf, PLAIN) == (form.gives != OTHER)
    own = clf.predict_proba(form.make())
    assert (own.tobytes() == P.tobytes()) == (form.gives != OTHER)
    assert clf.predict_proba(form.make()).tobytes() == own.tobytes()  # it was left as it was


# Columns of these are known by their positions, or by other names, than those of the dict.
OTHER_NAMES = {"`MultiIndex` for columns", "numbers for names", "list of lists",
               "list of `sqlite3.Row`",
               "2-d array of objects", "2-d array of text", "`fetchall()`"}  # fmt: skip
NAMED = [form for form in READ if form.name not in OTHER_NAMES]


@pytest.mark.parametrize("form", NAMED, ids=str)
def test_rows_to_predict_may_be_of_any_form(form: Form) -> None:
    assert PLAIN.predict_proba(form.make()).tobytes() == P.tobytes()


LEARNED = ("`Decimal` in a list", "structured array", "`ArrowDtype`", "`category` of words",
           "`category` of words, ordered", "`Enum`", "dictionary", "`RecordBatch`",
           "`DECIMAL`")  # fmt: skip


@pytest.mark.parametrize("name", LEARNED)
def test_a_model_of_any_form_answers_all_other_forms_alike(name: str) -> None:
    (form,) = (form for form in FORMS if form.name == name)
    clf = fitted(form.make())
    expected = clf.predict_proba(form.make()).tobytes()
    for other in NAMED:
        assert clf.predict_proba(other.make()).tobytes() == expected, other


def test_a_table_of_numbers_is_the_same_net_with_names_and_without() -> None:
    numbers = np.random.default_rng(0).normal(size=(N, 3)).round(2)
    numbers[5, 1] = np.nan
    names = ["a", "b", "c"]
    clf = fitted(numbers)
    for table in (pd.DataFrame(numbers, columns=names), pl.DataFrame(numbers, names),
                  pa.table([*numbers.T], names), np.ma.masked_invalid(numbers),
                  numbers.astype(object), numbers.tolist(),
                  np.asfortranarray(numbers)):  # fmt: skip
        assert same_weights(fitted(table), clf), type(table)


def test_an_index_of_pandas_is_not_looked_at() -> None:
    upside_down = pd.Series(LABELS, index=range(N)[::-1])
    assert same_weights(fitted(pd.DataFrame(CELLS), upside_down), PLAIN)


def test_whole_numbers_beyond_float64_are_other_words_in_every_form() -> None:
    big = [2**60 + i % 2 for i in range(N)]
    table = pa.table({"code": big})
    forms = [
        {"code": big},
        pd.DataFrame({"code": big}),
        pl.DataFrame({"code": big}),
        table,
        pl.DataFrame({"code": big}).cast(pl.Decimal(38, 0)),
        table.cast(pa.schema([("code", pa.decimal128(38, 0))])),
        DUCK.sql(
            "SELECT 1152921504606846976::HUGEINT + i % 2 AS code FROM range(48) t(i) ORDER BY i"
        ),
    ]
    labels = [str(n % 2) for n in big]
    clf = fitted(forms[0], labels)
    assert clf.predict(forms[0]).tolist() == labels
    for form in forms[1:]:
        assert same_weights(fitted(form, labels), clf), type(form)


# The page


def rows_of(page: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    section = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_page_has_the_rows_that_were_tried_and_no_other() -> None:
    told = [tuple(row[:3]) for row in rows_of(PAGE, "What each form gives")]
    assert told == [(form.library, form.name, form.gives) for form in FORMS]


def test_the_page_names_the_version_of_each_library() -> None:
    told = {row[0]: row[1] for row in rows_of(PAGE, "Versions")}
    assert {form.library for form in FORMS} == {*told, "Python"}
    for library, tried in told.items():
        assert re.fullmatch(r"\d+(\.\d+)+", tried), library


def test_the_forms_have_cells_that_can_tell() -> None:
    assert len(ROWS) == len(LABELS) == N
    assert sum(label == "big" for label in LABELS) > N / 4
    assert {form.gives for form in FORMS} == {FILE, NET, OTHER, ERROR}
    for name, column in CELLS.items():
        assert (None in column) == (name not in ("legs", "wild")), name
