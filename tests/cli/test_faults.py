"""Tables that are not what their owner thinks, and cells that do harm: what the commands say."""

import csv
import gzip
import io
import re
import shutil
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from numlp import TabularClassifier, load
from numlp.cli.cells import no_formula
from numlp.cli.main import run
from numlp.data.columns import Columns
from numlp.ensemble.ensemble import Ensemble
from numlp.ensemble.run import Run

FAST = ["--quality", "fast", "--epochs", "1", "--quiet"]
RNG = np.random.default_rng(0)

Captured = pytest.CaptureFixture[str]


def csv_of(**columns: Any) -> str:
    rows = zip(*columns.values(), strict=True)
    lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
    return "\n".join(lines) + "\n"


def train(content: str | bytes, *options: str, target: str = "kind") -> int:
    path = Path("t.csv")
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return run(["train", "t.csv", "--target", target, *FAST, *options])


N = 60
SIZE = np.round(RNG.normal(size=N), 3).tolist()
KIND = [*("ab"[i] for i in RNG.integers(0, 2, N))]
TABLE = csv_of(size=SIZE, hue=[*"rgb"] * 20, kind=KIND)


# Files


HARMLESS: dict[str, tuple[bytes, str]] = {
    # name: (bytes of the file, what is said of it)
    "semicolons": (TABLE.replace(",", ";").encode(), "delimiter ';'"),
    "tabs": (TABLE.replace(",", "\t").encode(), "delimiter tab"),
    "a byte order mark": (TABLE.encode("utf-8-sig"), ""),
    "UTF-16": (TABLE.encode("utf-16"), "encoding utf-16"),
    "CR alone": (TABLE.replace("\n", "\r").encode(), ""),
    "gzip under another name": (gzip.compress(TABLE.encode()), "gzip"),
    "a column of nothing": (
        csv_of(size=SIZE, none=[""] * N, kind=KIND).encode(), "no cell filled: 'none'"
    ),
    "leading zeros": (
        csv_of(zip=["007", "012", "12"] * 20, kind=KIND).encode(), "leading zeros: 'zip'"
    ),
    "data for a header": (TABLE.partition("\n")[2].encode(), "warning: 1 of 3 names are numbers"),
}  # fmt: skip


@pytest.mark.heavy
@pytest.mark.parametrize("name", HARMLESS)
def test_a_table_in_an_odd_form_is_learned_from_and_the_form_is_said(
    name: str, capsys: Captured
) -> None:
    content, said = HARMLESS[name]
    target = KIND[0] if name == "data for a header" else "kind"
    assert train(content, target=target) == 0
    captured = capsys.readouterr()
    assert said in captured.err
    assert f"{N - (target != 'kind')} rows; " in captured.out


def test_parquet_under_another_name_is_learned_from(capsys: Captured) -> None:
    pd.DataFrame({"size": SIZE, "kind": KIND}).to_parquet("t.parquet")
    assert train(Path("t.parquet").read_bytes()) == 0
    assert "60 rows; 1 number" in capsys.readouterr().out


BROKEN: dict[str, tuple[bytes, str]] = {
    "latin-1": (TABLE.replace("g,", "ü,").encode("latin-1"), "offset .*--encoding cp1252"),
    "a delimiter after a row": (TABLE.encode() + b"1,r,a,\n", "line 62 has 4 cells.*remove the"),
    "a header one name short": (b"size,hue\n" + TABLE.encode()[14:], "line 2 has 3 cells"),
    "a quote that is not closed": (TABLE.encode() + b'1,"r,a\n', "line 62: a quote opened"),
    "1e400": (TABLE.encode() + b"1e400,r,a\n", "line 62, column 'size': '1e400' is infinite"),
    "0 bytes": (b"", r"is empty \(0 bytes\)"),
    "a header alone": (b"size,hue,kind\n", "no rows"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_table_is_exit_3_with_its_place_and_a_remedy(name: str, capsys: Captured) -> None:
    content, said = BROKEN[name]
    assert train(content) == 3
    lines = capsys.readouterr().err.splitlines()
    assert re.search(said, lines[-1])
    assert lines[-1].startswith("numlp: t.csv")


def test_a_folder_for_a_table_is_exit_3(capsys: Captured) -> None:
    Path("t.csv").mkdir()
    assert run(["train", "t.csv", "--target", "kind", *FAST]) == 3
    assert capsys.readouterr().err == (
        "numlp: t.csv: is a directory, a pipe or a device; give a file\n"
    )


def test_classes_called_na_none_and_null_are_classes() -> None:
    assert train(csv_of(size=SIZE, kind=["NA", "None", "null"] * 20)) == 0
    assert load("t.numlp").classes.tolist() == ["NA", "None", "null"]


def test_cells_that_are_no_number_are_counted_and_shown(capsys: Captured) -> None:
    size = ["12O", "?", *map(str, SIZE[2:])]
    assert train(csv_of(size=size, kind=KIND)) == 0
    assert "size: 1 cell no number: '12O' (taken as missing)" in capsys.readouterr().out


def test_decimal_commas_are_read_and_the_column_is_shown(capsys: Captured) -> None:
    text = csv_of(size=[f"{i % 9},5" for i in range(N)], hue=SIZE, kind=KIND)
    content = text.replace(",", ";").replace(";5", ",5")
    assert train(content, "--verbose") == 0
    assert re.search(
        r"size +number +\d+ +numbers written as text; decimal commas", capsys.readouterr().out
    )


def test_an_id_is_set_aside_and_said_to_be_one(capsys: Captured) -> None:
    assert train(csv_of(size=SIZE, tag=[f"x{i}" for i in range(N)], kind=KIND)) == 0
    assert "set aside: tag: 60 distinct values in 60 rows" in capsys.readouterr().out


# Labels


def test_labels_that_differ_by_capitals_are_warned_of_and_blanks_around_removed(
    capsys: Captured,
) -> None:
    kind = ["Yes", "yes", "yes ", "no", "No  way", "no way"] * 10
    assert train(csv_of(size=SIZE, kind=kind)) == 0
    err = capsys.readouterr().err
    assert "warning: 'Yes', 'yes' are taken for different classes of 'kind'" in err
    assert "warning: 'No way', 'no way' are taken" in err
    assert "blanks around 10 labels of 'kind' removed" in err
    assert load("t.numlp").classes.tolist() == ["No  way", "Yes", "no", "no way", "yes"]


def test_labels_that_differ_are_not_warned_of(capsys: Captured) -> None:
    assert train(TABLE) == 0
    assert "taken for" not in capsys.readouterr().err


# A column that is the answer


LEAKS: dict[str, Any] = {
    "a number": [k == "b" for k in KIND],
    "a number and noise": [f"{(k == 'b') + x / 20:.4f}" for k, x in zip(KIND, SIZE, strict=True)],
    "a word": [{"a": "cat", "b": "dog"}[k] for k in KIND],
    "a hole": ["" if k == "b" else i % 5 for i, k in enumerate(KIND)],
    "a date": [f"20{10 + (k == 'b')}-01-{i % 28 + 1:02}" for i, k in enumerate(KIND)],
}


@pytest.mark.heavy
@pytest.mark.parametrize("name", LEAKS)
def test_a_column_that_alone_gives_the_class_is_warned_of(name: str, capsys: Captured) -> None:
    assert train(csv_of(size=SIZE, leak=LEAKS[name], kind=KIND)) == 0
    err = capsys.readouterr().err
    what = "column 'leak' alone"
    if name == "a hole":
        what = "whether a cell of column 'leak' is missing, alone"
    assert f"warning: {what} tells the classes of 'kind' apart (AUC 1.0000)" in err
    assert "--column leak=ignore" in err
    assert "'size'" not in err


def test_a_column_to_be_ignored_is_not_warned_of(capsys: Captured) -> None:
    content = csv_of(size=SIZE, leak=LEAKS["a word"], kind=KIND)
    assert train(content, "--column", "leak=ignore") == 0
    assert "leak" not in capsys.readouterr().err


def test_a_column_gives_away_a_class_that_is_spelled_in_two_ways(capsys: Captured) -> None:
    kind = ["B" if k == "b" and i % 3 else k for i, k in enumerate(KIND)]
    assert train(csv_of(size=SIZE, leak=LEAKS["a word"], kind=kind)) == 0
    err = capsys.readouterr().err
    assert "'B', 'b' are taken for different classes of 'kind'" in err
    assert "warning: column 'leak' alone tells the classes of 'kind' apart (AUC 1.0000)" in err


def test_evaluating_does_not_warn_of_columns(capsys: Captured) -> None:
    content = csv_of(size=SIZE, leak=LEAKS["a word"], kind=KIND)
    train(content)
    capsys.readouterr()
    assert run(["evaluate", "t.numlp", "t.csv"]) == 0
    assert capsys.readouterr().err == ""


# Cells that a spreadsheet would run


FORMULAS = ["=1+1", "+cmd", "-x", "@SUM(A1)", "-1", "+2.5", "plain"]
SAFE = ["'=1+1", "'+cmd", "'-x", "'@SUM(A1)", "-1", "+2.5", "plain"]


def test_labels_and_target_that_begin_as_formulas_get_an_apostrophe_unless_raw(
    capsys: Captured,
) -> None:
    kind = [FORMULAS[i % 7] for i in range(70)]
    content = csv_of(size=[i % 7 for i in range(70)], **{"=kind": kind})
    assert train(content, "--epochs", "60", target="=kind") == 0
    capsys.readouterr()
    written = {}
    for options in ([], ["--raw"]):
        assert run(["predict", "t.numlp", "t.csv", "--proba", *options]) == 0
        rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
        written[bool(options)] = rows[0], [row[0] for row in rows[1:]]
    assert written[True] == (["=kind", *written[False][0][1:]], kind)
    assert written[False][0][0] == "'=kind"
    assert written[False][1] == [SAFE[i % 7] for i in range(70)]
    assert all(name.startswith("proba_") for name in written[False][0][1:])


@pytest.mark.parametrize("begin", ["\t", "\r", "\n"])
def test_text_that_begins_with_a_control_character_is_no_formula_either(begin: str) -> None:
    assert no_formula(f"{begin}=1") == f"'{begin}=1"


@pytest.mark.parametrize("label", [-1, -1.5, True, "-1", "+1e3", "-.5", "", "a=b", "'=1"])
def test_what_is_a_number_or_begins_otherwise_stays(label: Any) -> None:
    assert no_formula(label) is label


# Names


def test_markup_and_control_characters_in_names_do_no_harm(capsys: Captured) -> None:
    names = ["<script>", "a\x1b[2J", "</script>"]
    content = csv_of(**dict.fromkeys(names, SIZE), kind=["<b>", "\x1b]0;x"] * 30)
    assert train(content, "--verbose") == 0
    assert run(["evaluate", "t.numlp", "t.csv"]) == 0
    shutil.copy("t.numlp", "\x1b[31m.numlp")
    assert run(["predict", "\x1b[31m.numlp", "gone\x1b.csv"]) == 3
    captured = capsys.readouterr()
    assert "\x1b" not in captured.out + captured.err


# Memory


@pytest.mark.heavy
def test_of_a_large_table_one_column_at_a_time_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    n_rows, n_columns = 60_000, 40
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, n_columns)).round(2)
    frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(n_columns)])
    frame.assign(y=np.where(X[:, 0] > 0, "yes", "no")).to_csv("large.csv", index=False)
    peaks: list[int] = []

    def stop(*_: Any) -> None:
        peaks.append(tracemalloc.get_traced_memory()[1])
        raise KeyboardInterrupt

    monkeypatch.setattr(Run, "train", stop)
    monkeypatch.setattr(Ensemble, "__init__", lambda *_: None)
    tracemalloc.start()
    try:
        assert run(["train", "large.csv", "--target", "y", *FAST]) == 130
    finally:
        tracemalloc.stop()
    # The matrix, a column, and modules that are loaded meanwhile; all columns would be 2 more.
    assert peaks[0] < 2.5 * 4 * X.size


def test_columns_are_given_up_once_the_matrix_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Columns] = []
    counts: list[int] = []
    fit, train_nets = TabularClassifier.fit, Run.train

    def note(self: TabularClassifier, X: Columns, *arguments: Any, **named: Any) -> Any:
        given.append(X)
        counts.append(len(X.columns))
        return fit(self, X, *arguments, **named)

    def look(self: Run, *arguments: Any) -> None:
        counts.append(len(given[0].columns))
        train_nets(self, *arguments)

    monkeypatch.setattr(TabularClassifier, "fit", note)
    monkeypatch.setattr(Run, "train", look)
    assert train(TABLE) == 0
    assert counts == [2, 0]
