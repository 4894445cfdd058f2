"""Cells that are unlike those of training: told in one warning a call, by every method."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import numlp
from numlp import TabularClassifier
from numlp.common.wording import CellNote
from numlp.explain import compare_with_training, explain_row, permutation_importance
from numlp.models.cells import warn_of_cells
from numlp.models.predictions import predictions_of
from numlp.report import write_report

N = 200
RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "num": RNG.normal(size=N),
        "word": RNG.choice(list("abc"), N),
        "day": pd.date_range("2024", periods=N),
        "two": RNG.integers(0, 2, N),
    }
)
Y = np.where((FRAME["num"] > 0) ^ (FRAME["word"] == "a"), "p", "q")


@pytest.fixture(scope="module")
def clf() -> TabularClassifier:
    return TabularClassifier("fast", epochs=10, random_state=0).fit(FRAME, Y)


def said(call: Callable[[], Any]) -> list[warnings.WarningMessage]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return caught


ODD: dict[str, tuple[pd.DataFrame, str]] = {
    # name: (the table, what is told of it)
    "decimal commas": (FRAME.assign(num=FRAME["num"].map("{:.3f}".format).str.replace(".", ",")),
                       "num: 200 cells no number, taken as missing (decimal commas, where the "
                       "model reads points: convert them): '"),
    "words for numbers": (FRAME.assign(num="low"),
                          "num: 200 cells no number, taken as missing: 'low'"),
    "other words": (FRAME.assign(word=FRAME["word"].str.upper()),
                    "word: 200 cells with a word that was rare in training, or never seen there"),
    "days in another order": (FRAME.assign(day=FRAME["day"].dt.strftime("%d/%m/%Y")),
                              "day: 200 cells no time, taken as missing: '01/01/2024', "),
    "nanoseconds": (FRAME.assign(day=FRAME["day"].astype("datetime64[ns]").astype("int64")),
                    "day: 200 cells no time, taken as missing (nanoseconds since 1970: give times "
                    "of microseconds, or a table that has times): '1704067200000000000', "),
    "holes": (FRAME.assign(num=None), "num: 200 cells missing, where none was in training"),
    "one hole": (FRAME.assign(word=[None, *FRAME["word"][1:]]),
                 "word: 1 cell missing, where none was in training"),
    "one hole among times": (FRAME.assign(day=[pd.NaT, *FRAME["day"][1:]]),
                             "day: 1 cell missing, where none was in training"),
    "one stray word": (FRAME.assign(num=["12O", *FRAME["num"][1:]]),
                       "num: 1 cell no number, taken as missing: '12O'"),
    "other numbers": (FRAME.assign(two=FRAME["two"] + 5),
                      "two: 200 cells with a number that was rare in training, or never seen"),
    "several columns": (FRAME.assign(num="low", word="z"),
                        "num: 200 cells no number, taken as missing: 'low'; word: 200 cells with"),
}  # fmt: skip


def test_a_warning_of_many_columns_names_each_without_its_cells() -> None:
    notes = [CellNote(f"c{i}", 3, "no number, taken as missing", ["1,5", "2,5"]) for i in range(6)]
    (warning,) = said(lambda: warn_of_cells(notes))
    told = str(warning.message)
    assert "c0: 3 cells no number, taken as missing; c1: " in told
    assert told.endswith("c5: 3 cells no number, taken as missing")
    (warning,) = said(lambda: warn_of_cells([CellNote("a", 1, "odd", ["1,5"], cause="why")] * 6))
    assert str(warning.message).endswith("training: a: 6 cells odd (why): '1,5'")
    (warning,) = said(lambda: warn_of_cells(notes[:5]))
    assert str(warning.message).count("'1,5', '2,5'") == 5


@pytest.mark.parametrize(("table", "told"), ODD.values(), ids=ODD)
def test_cells_unlike_those_of_training_are_warned_of(
    table: pd.DataFrame, told: str, clf: TabularClassifier
) -> None:
    (warning,) = said(lambda: clf.predict(table))
    assert str(warning.message).startswith(f"some cells are unlike those of training: {told}")
    assert (warning.category, warning.filename) == (UserWarning, __file__)


def test_every_method_warns_once(clf: TabularClassifier, tmp_path: Path) -> None:
    table = FRAME.assign(num="low")
    clf.save(tmp_path / "m.numlp")
    model: Any = numlp.load(tmp_path / "m.numlp")
    calls: dict[str, Callable[[], Any]] = {
        "predict": lambda: clf.predict(table),
        "predict_proba": lambda: clf.predict_proba(table),
        "predict_log_proba": lambda: clf.predict_log_proba(table),
        "predict_set": lambda: clf.predict_set(table),
        "score": lambda: clf.score(table, Y),
        "report": lambda: clf.report(tmp_path / "r.html", table, Y),
        "write_report": lambda: write_report(model, table, Y, tmp_path / "r.html"),
        "importance": lambda: permutation_importance(clf, table, Y, n_repeats=2, max_samples=40),
        "explain": lambda: explain_row(clf, table[:1], table[:9]),
        "comparison": lambda: compare_with_training(clf, table, Y),
        "plots": lambda: predictions_of(clf, table, Y),
        "a model's predict": lambda: model.predict(table),
        "a model's predict_proba": lambda: model.predict_proba(table),
        "a model's predict_set": lambda: model.predict_set(table),
        "a model's encode": lambda: model.encode(table),
    }
    for name, call in calls.items():
        (warning,) = said(call)
        assert "num: " in str(warning.message), name
        assert warning.filename == __file__, name


def test_one_warning_speaks_of_the_rows_of_all_blocks(clf: TabularClassifier) -> None:
    table = pd.concat([FRAME.assign(word="z")] * 12, ignore_index=True)
    (warning,) = said(lambda: clf.predict_proba(table))
    assert "word: 2,400 cells with a word" in str(warning.message)


def test_cells_of_a_wide_table_are_told_whichever_of_its_blocks_has_them(
    clf: TabularClassifier, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("numlp.models.fitted_model.BLOCK_BYTES", 2**10)
    clf.save(tmp_path / "m.numlp")
    model: Any = numlp.load(tmp_path / "m.numlp")
    size = model.block_rows
    assert 2 * size < N  # several blocks, each made when it is asked for
    for first, n_odd in ((0, 3), (N - 3, 3), (0, N)):
        odd = np.isin(np.arange(N), np.arange(first, first + n_odd))
        table = FRAME.assign(num=np.where(odd, "low", FRAME["num"].astype(str)))
        notes: list[str] = []
        model.predict(table, notes)
        assert notes == [f"num: {n_odd} cells no number, taken as missing: 'low'"]


def test_whoever_takes_the_notes_is_not_warned(clf: TabularClassifier) -> None:
    table, model = FRAME.assign(num="low"), clf.model_
    asked: list[Callable[[list[str]], Any]] = [
        lambda notes: model.predict(table, notes),
        lambda notes: model.predict_proba(table, notes),
        lambda notes: model.predict_set(table, 0.9, notes),
        lambda notes: permutation_importance(clf, table, Y, n_repeats=1, notes=notes),
    ]
    for call in asked:
        notes: list[str] = []
        call(notes)
        assert notes == ["num: 200 cells no number, taken as missing: 'low'"]


def test_rows_like_those_of_training_are_answered_without_a_word(clf: TabularClassifier) -> None:
    """As many new words as training had rare ones are to be expected."""
    names = [f"w{i}" for i in range(9)] * 20 + [f"once{i}" for i in range(20)]
    rare = TabularClassifier("fast", epochs=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rare.fit({"word": names, "num": range(200), "x": RNG.normal(size=200)}, Y)
    later = [*names[:180], *[f"new{i}" for i in range(20)]]
    X = {"word": later, "num": range(200), "x": RNG.normal(size=200)}
    assert said(lambda: (clf.predict(FRAME), rare.predict(X))) == []
    notes: list[str] = []
    rare.model_.predict(X, notes)  # the notes count them all the same
    assert notes == ["word: 20 cells with a word that was rare in training, or never seen there"]
    (warning,) = said(lambda: rare.predict({**X, "word": [f"new{i}" for i in range(200)]}))
    assert "word: 200 cells" in str(warning.message)


def test_cross_validation_by_scikit_learn_does_not_drown_in_warnings() -> None:
    model_selection = pytest.importorskip("sklearn.model_selection")
    words = np.array([f"w{i % 40}" if i % 8 else f"once{i}" for i in range(N)])
    X = pd.DataFrame({"word": words, "num": FRAME["num"]})
    clf = TabularClassifier("fast", epochs=20, n_jobs=1, random_state=0)
    folds = model_selection.KFold(3, shuffle=True, random_state=0)
    label = np.where(FRAME["num"] > 0, "p", "q")
    assert said(lambda: model_selection.cross_val_score(clf, X, label, cv=folds)) == []
