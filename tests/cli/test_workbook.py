"""Excel workbooks go through every command; ``--sheet`` names the sheet for the next one too."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from numlp.cli.complete import column_names
from numlp.cli.main import run

from ..data.files.books import styled, write

pytest.importorskip("python_calamine")

N = 120
FAST = ["--quality", "fast", "--epochs", "2", "-j", "1", "-q"]

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same table as a sheet of a workbook and as CSV, and a model of it."""
    folder = tmp_path_factory.mktemp("made")
    x = np.random.default_rng(0).normal(size=N).round(3).tolist()
    rows = [[f"0{i}", a, styled(45352 + i, 1), "yes" if a > 0 else "no"] for i, a in enumerate(x)]
    head = ["id", "x", "day", "y"]
    write(folder / "t.xlsx", {"notes": [["a note"], ["made by hand"]], "rows 1": [head, *rows]})
    with (folder / "t.csv").open("w", newline="") as file:
        days = np.datetime64("2024-03-01") + np.arange(N)
        cells = [[*row[:2], str(day), row[3]] for row, day in zip(rows, days, strict=True)]
        csv.writer(file).writerows([head, *cells])
    train = ["-t", "y", *FAST, "-o", str(folder / "m.numlp")]
    assert run(["train", str(folder / "t.xlsx"), "--sheet", "rows 1", *train]) == 0
    return folder


@pytest.fixture(autouse=True)
def folder(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made)


SHEET = ["t.xlsx", "--sheet", "rows 1"]
NEXT = "--sheet 'rows 1'"


@pytest.mark.heavy
@pytest.mark.parametrize(
    "command",
    [
        ["check", "-t", "y"],
        ["evaluate", "m.numlp"],
        ["explain", "m.numlp"],
        ["explain", "m.numlp", "--row", "3"],
        ["predict", "m.numlp", "--keep", "id", "--keep", "day"],
        ["cv", "-t", "y", *FAST, "--folds", "2"],
    ],
    ids=" ".join,
)
def test_a_workbook_is_answered_as_its_csv_is(command: list[str], capsys: Captured) -> None:
    found = []
    for file in (SHEET, ["t.csv"]):
        assert run([*command, *file]) == 0
        out, err = capsys.readouterr()
        told = out if "-q" in command or command[0] != "predict" else out + err
        told = told.replace(f" {NEXT}", "").replace("t.xlsx", "t.csv")
        found.append([line for line in told.splitlines() if not line.startswith("time ")])
    assert found[0] == found[1]


def test_the_next_command_reads_the_same_sheet(capsys: Captured) -> None:
    for command in (["check", "-t", "y"], ["evaluate", "m.numlp"], ["explain", "m.numlp"]):
        assert run([*command, *SHEET]) == 0
        out, _ = capsys.readouterr()
        assert next(line for line in out.splitlines() if line.startswith("next")).endswith(NEXT)


def test_a_model_remembers_its_sheet_and_the_report_names_it(capsys: Captured) -> None:
    assert run(["inspect", "m.numlp", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["settings"]["sheet"] == "rows 1"
    assert run(["report", "m.numlp", *SHEET, "-o", "m.html"]) == 0
    assert "--sheet &#39;rows 1&#39;" in Path("m.html").read_text()


def test_tune_takes_a_workbook(capsys: Captured) -> None:
    tune = ["tune", *SHEET, "-t", "y", "--minutes", "0.01", *FAST, "-o", "tuned.numlp"]
    assert run(tune) == 0
    assert NEXT in capsys.readouterr().out


def test_standard_input_may_be_a_workbook(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stdin:
        buffer = io.BytesIO(Path("t.xlsx").read_bytes())

    monkeypatch.setattr("sys.stdin", Stdin)
    assert run(["predict", "m.numlp", "-", "--sheet", "rows 1", "-q"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == N + 1


def test_another_sheet_is_told_of_in_one_line(capsys: Captured) -> None:
    assert run(["check", "t.xlsx"]) == 0
    told = "read as    sheet 'notes', the first of 'notes', 'rows 1'; --sheet reads another\n"
    assert told in capsys.readouterr().out
    assert run(["check", "t.xlsx", "-t", "y"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "numlp: t.xlsx, sheet 'notes' has no column 'y': it has 'a note'\n"


def test_a_shell_completes_the_columns_of_a_workbook() -> None:
    assert column_names(Path("t.xlsx")) == ["a note"]
    assert column_names(Path("t.xlsx"), "rows 1") == ["id", "x", "day", "y"]
