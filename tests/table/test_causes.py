"""Numbers written otherwise than in training: the note on the cells names the cause."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numlp.common.wording import CellNote
from numlp.data.files import sheet as files
from numlp.table.number_forms import COMMA, PERCENT, NumberForm
from numlp.table.table import Table

from ..data.files.books import styled, write

SHARES = np.random.default_rng(0).uniform(0.01, 0.9, 60).round(3)
SPELLED = [*map(str, SHARES.tolist())]
WITH_COMMAS = [word.replace(".", ",") for word in SPELLED]
PERCENTS = [f"{100 * share:.1f}%" for share in SHARES]
BARE = [word.rstrip(PERCENT) for word in PERCENTS]
COMMAS = "decimal commas, where the model reads points: convert them"
POINTS = "decimal points, where the model reads commas: convert them"
SIGNS = "percent signs, where training had none: write 12% as 0.12 or as 12, as there"
AS_SHARES = "shares such as 0.12, where training had 12%: multiply them by 100"


def notes_of(trained: Any, later: Any) -> list[Any]:
    notes: list[str] = []
    Table.fit({"rate": trained}).transform({"rate": later}, notes)
    return notes


@pytest.mark.parametrize(
    ("trained", "later", "cause"),
    [
        (SPELLED, WITH_COMMAS, COMMAS),
        (SHARES, WITH_COMMAS, COMMAS),
        ([*range(20)] * 3, WITH_COMMAS, COMMAS),
        (PERCENTS, [word.replace(".", ",") for word in PERCENTS], COMMAS),
        (SPELLED, ["low", *WITH_COMMAS], COMMAS),
        (WITH_COMMAS, ["low", *SPELLED], POINTS),
        (SHARES, PERCENTS, SIGNS),
        (WITH_COMMAS, ["12%"], SIGNS),
    ],
)
def test_cells_without_a_number_are_noted_with_the_cause(
    trained: Any, later: list[str], cause: str
) -> None:
    (note,) = notes_of(trained, later)
    assert (note.n_cells, note.cause) == (len(later), cause)
    assert note.startswith(f"rate: {note.brief.removeprefix('rate: ')}: {later[0]!r}")
    assert f"taken as missing ({cause})" in note


@pytest.mark.parametrize(
    "words",
    [
        ["low", "high"],
        ["1,5", "low", "high"],  # most of them are something else
        ["1,234"],  # which may have parted thousands
        ["1,234.5", "1,5"],
        ["12.03.2024"],
    ],
)
def test_no_cause_is_named_that_is_not_clear(words: list[str]) -> None:
    assert NumberForm().cause(words) == ""


def test_a_form_does_not_blame_what_it_reads() -> None:
    assert NumberForm(COMMA, PERCENT).cause(["1,5", "12%"]) == ""


def test_the_cause_stays_where_blocks_are_added_up() -> None:
    told = "no number, taken as missing"
    blocks = [CellNote("a", 1, told, ["x"]), CellNote("a", 2, told, ["1,5"], cause=COMMAS)]
    assert CellNote.added(blocks) == [f"a: 3 cells {told} ({COMMAS}): 'x', '1,5'"]


@pytest.mark.parametrize("later", [SHARES, SPELLED, [*SPELLED, "n/a"], SHARES[:1]])
def test_shares_are_told_where_training_had_percents(later: Any) -> None:
    (note,) = notes_of([*PERCENTS, ""], later)
    n_cells = len(later) - ("n/a" in later)
    assert note == (
        f"rate: {n_cells} cell{'s' * (n_cells > 1)} far smaller than in training, and without a "
        f"percent sign ({AS_SHARES})"
    )


def test_neither_a_workbook_nor_its_csv_is_taken_for_the_other_in_silence(tmp_path: Path) -> None:
    pytest.importorskip("python_calamine")
    book, text = tmp_path / "t.xlsx", tmp_path / "t.csv"
    write(book, {"Data": [["rate", "n"], *([styled(share, 5), 1] for share in SHARES.tolist())]})
    text.write_text("rate,n\n" + "".join(f"{word},1\n" for word in PERCENTS), encoding="utf-8")
    shares, percents = (files.read(path).columns["rate"] for path in (book, text))
    (note,) = notes_of(shares, percents)
    assert note.cause == SIGNS
    note, *holes = notes_of(percents, shares)
    assert (note.cause, holes) == (AS_SHARES, [])
    assert notes_of(percents, percents) == notes_of(shares, shares) == []


@pytest.mark.parametrize(
    "later",
    [
        PERCENTS,
        BARE,
        [float(word) for word in BARE],
        [float(word) / 10 for word in BARE],  # smaller, but not as shares are
        ["0.1%"],  # small, but its sign says how it is meant
        [0.0, 0.0],
        [None],
    ],
)
def test_percents_are_not_taken_for_shares(later: Any) -> None:
    assert notes_of([*PERCENTS, ""], later) == []


def test_a_usual_number_is_no_share_however_small() -> None:
    assert notes_of([*PERCENTS, *["0.5%"] * 80, ""], [0.5]) == []
    assert notes_of([*PERCENTS, *["0.5%"] * 80, ""], [0.4]) != []


@pytest.mark.parametrize("trained", [BARE, [f"{word} EUR" for word in BARE]])
def test_numbers_that_are_no_percents_may_be_of_any_size(trained: list[str]) -> None:
    assert notes_of([*trained, ""], SHARES) == []
