"""The commands as a user runs them: what they print, what they leave behind, how they fail."""

import csv
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import numlp
from numlp.cli.main import run

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"
FAST = ["--max-epochs", "3", "--quiet"]

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def model(folder: Path, capsys: Captured) -> Path:
    assert run(["train", str(PENGUINS), "--target", "species", *FAST]) == 0
    capsys.readouterr()
    return folder / "penguins.numlp"


def write(name: str, text: str) -> str:
    Path(name).write_text(text)
    return name


def table(n: int = 40, *, header: str = "size,hue,kind", blank: int = 0) -> str:
    rows = [f"{i % 7},{'rgb'[i % 3]},{'wren' if i % 7 < 3 else 'rook'}" for i in range(n)]
    rows += [f"{i},r," for i in range(blank)]
    return "\n".join([header, *rows]) + "\n"


# train


def test_train_reports_against_the_majority_class_and_writes_the_model(capsys: Captured) -> None:
    assert run(["train", str(PENGUINS), "--target", "species", "-q"]) == 0
    out = capsys.readouterr().out
    assert "275 rows trained on, 69 held out" in out
    found = re.search(r"accuracy +([\d.]+)%   \(always answering 'Adelie': ([\d.]+)%\)", out)
    assert found
    assert float(found[1]) > 90 > 50 > float(found[2])
    assert "log-loss" in out
    assert "stopped    no lower validation loss in 20 epochs; kept epoch" in out
    assert "penguins.numlp" in out
    assert numlp.load("penguins.numlp").target == "species"


def test_the_scores_printed_are_those_of_the_model_that_was_saved(capsys: Captured) -> None:
    run(["train", str(PENGUINS), "--target", "species", *FAST])
    out = capsys.readouterr().out
    validation = numlp.load("penguins.numlp").info["validation"]
    assert f"accuracy   {validation['accuracy']:.1%}" in out
    assert f"log-loss   {validation['log_loss']:.3f}" in out


def test_a_model_no_better_than_the_majority_class_is_called_so(capsys: Captured) -> None:
    rng = np.random.default_rng(0)
    rows = [f"{rng.normal()},{'yes' if i % 5 == 0 else 'no'}" for i in range(100)]
    write("noise.csv", "\n".join(["x,y", *rows]) + "\n")
    run(["train", "noise.csv", "-t", "y", *FAST])
    assert "no better than always answering 'no'" in capsys.readouterr().out


def test_a_target_that_is_a_quantity_is_warned_of_and_its_table_is_short(
    capsys: Captured,
) -> None:
    run(["train", str(PENGUINS), "-t", "body_mass_g", *FAST])
    captured = capsys.readouterr()
    assert "'body_mass_g' has 95 different numbers in 344 rows" in captured.err
    assert "... and 75 rarer classes" in captured.out


def test_the_same_seed_writes_the_same_file_and_another_seed_another() -> None:
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        run(["train", str(PENGUINS), "-t", "species", "-o", name, "--seed", seed, *FAST])
    a, b, c = (Path(name).read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_progress_goes_to_stderr_as_plain_lines_where_there_is_no_terminal(
    capsys: Captured,
) -> None:
    run(["train", str(PENGUINS), "-t", "species", "--max-epochs", "2"])
    captured = capsys.readouterr()
    assert re.search(r"epoch 1  train [\d.]+  held out [\d.]+  [\d,]+ rows/s", captured.err)
    assert "rows/s" not in captured.out


def test_quiet_says_nothing_on_stderr(capsys: Captured) -> None:
    run(["train", str(PENGUINS), "-t", "species", *FAST])
    assert capsys.readouterr().err == ""


def test_rows_without_a_label_are_left_out_and_counted(capsys: Captured) -> None:
    assert run(["train", write("t.csv", table(blank=3)), "-t", "kind", *FAST]) == 0
    captured = capsys.readouterr()
    assert "3 of 43 rows left out: their 'kind' is blank" in captured.err
    assert "32 rows trained on, 8 held out" in captured.out


def test_a_semicolon_is_found_and_said(capsys: Captured) -> None:
    assert run(["train", write("t.csv", table().replace(",", ";")), "-t", "kind", *FAST]) == 0
    assert "';'" in capsys.readouterr().err


def test_labels_stay_as_they_are_written() -> None:
    text = "x,code\n" + "".join(f"{i},{('007', '1.0', 'NA')[i % 3]}\n" for i in range(30))
    assert run(["train", write("t.csv", text), "-t", "code", *FAST]) == 0
    assert numlp.load("t.numlp").classes.tolist() == ["007", "1.0", "NA"]


# predict


def test_predict_writes_a_row_of_csv_for_each_row(model: Path, capsys: Captured) -> None:
    assert run(["predict", str(model), str(PENGUINS), "--proba"]) == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[0] == ["species", "proba_Adelie", "proba_Chinstrap", "proba_Gentoo"]
    assert len(rows) == 345
    P = np.array([row[1:] for row in rows[1:]], dtype=float)
    np.testing.assert_allclose(P.sum(axis=1), 1, atol=1e-5)
    assert [row[0] for row in rows[1:]] == [rows[0][1 + k][6:] for k in P.argmax(axis=1)]


def test_predict_finds_columns_by_name_and_ignores_others(model: Path, capsys: Captured) -> None:
    run(["predict", str(model), str(PENGUINS)])
    expected = capsys.readouterr().out
    with PENGUINS.open() as file:
        rows = list(csv.reader(file))
    with Path("mixed.csv").open("w", newline="") as file:
        csv.writer(file).writerows([[*reversed(row), "extra"] for row in rows])
    assert run(["predict", str(model), "mixed.csv"]) == 0
    assert capsys.readouterr().out == expected


def test_predict_says_how_many_cells_training_never_saw(model: Path, capsys: Captured) -> None:
    text = PENGUINS.read_text().replace("Torgersen", "Atlantis")
    assert run(["predict", str(model), write("t.csv", text)]) == 0
    assert (
        "island: 52 cells with a word that was rare in training, or never seen there"
        in capsys.readouterr().err
    )


# evaluate


def test_evaluate_scores_the_rows_whose_label_is_known(model: Path, capsys: Captured) -> None:
    assert run(["evaluate", str(model), str(PENGUINS)]) == 0
    out = capsys.readouterr().out
    loaded = numlp.load(model)
    with PENGUINS.open() as file:
        rows = list(csv.DictReader(file))
    columns = {k: [r[k] if r[k] != "NA" else None for r in rows] for k in rows[0]}
    right = np.mean(loaded.predict(columns) == np.array(columns["species"]))
    assert f"accuracy   {right:.1%}" in out
    assert "on 344 rows of penguins.csv" in out


def test_evaluate_names_labels_the_model_does_not_know(model: Path, capsys: Captured) -> None:
    text = PENGUINS.read_text().replace("Gentoo", "Emperor")
    assert run(["evaluate", str(model), write("t.csv", text)]) == 3
    err = capsys.readouterr().err
    assert "'Emperor'" in err
    assert "'Adelie', 'Chinstrap', 'Gentoo'" in err


# Faults: an exit code, one line that names the place, and nothing lost

BAD_FILES = {
    "missing": (None, "kind", ["t.csv"]),
    "empty": ("", "kind", ["t.csv"]),
    "header only": ("size,hue,kind\n", "kind", ["t.csv"]),
    "target misspelled": (table(), "kinds", ["'kinds'", "'kind'"]),
    "one class": ("a,b\n" + "1,x\n" * 20, "b", ["one class", "'x'"]),
    "all labels blank": ("a,b\n" + "1,\n" * 20, "b", ["'b'", "blank"]),
    "only a target": ("a\n" + "1\n2\n" * 20, "a", ["t.csv"]),
    "short row": (table() + "1\n", "kind", ["t.csv", "line 42"]),
    "long row": (table() + "1,2,3,4\n", "kind", ["t.csv", "line 42"]),
    "duplicate names": (table(header="size,size,kind"), "kind", ["'size'"]),
    "infinite": (table() + "inf,r,wren\n", "kind", ["line 42", "size"]),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_exit_3_and_one_line_that_names_the_place(
    name: str, capsys: Captured
) -> None:
    content, target, words = BAD_FILES[name]
    if content is not None:
        write("t.csv", content)
    Path("t.numlp").write_text("an old model")
    assert run(["train", "t.csv", "--target", target, *FAST]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.strip().splitlines()
    assert all(line.startswith("numlp: ") for line in lines)
    for word in words:
        assert word in lines[-1]
    assert "Traceback" not in captured.err
    assert Path("t.numlp").read_text() == "an old model"


def test_a_delimiter_that_is_not_there_is_exit_3(capsys: Captured) -> None:
    write("t.csv", table())
    assert run(["train", "t.csv", "-t", "kind", "--delimiter", ";", *FAST]) == 3
    assert "t.csv" in capsys.readouterr().err


def test_wrong_usage_is_exit_2(capsys: Captured) -> None:
    for arguments in (["train"], ["train", str(PENGUINS)], ["fly"], ["train", "x", "--bogus"], []):
        assert run(arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_file_that_is_no_model_is_exit_4(capsys: Captured) -> None:
    assert run(["predict", str(PENGUINS), str(PENGUINS)]) == 4
    assert "penguins.csv" in capsys.readouterr().err


def test_a_damaged_model_is_exit_4(model: Path, capsys: Captured) -> None:
    data = bytearray(model.read_bytes())
    data[-1] ^= 1
    model.write_bytes(data)
    assert run(["predict", str(model), str(PENGUINS)]) == 4
    assert "checksum" in capsys.readouterr().err


@pytest.mark.parametrize("output", ["no/such/folder/m.numlp", "."])
def test_an_output_that_cannot_be_written_is_exit_5_before_training(
    output: str, capsys: Captured
) -> None:
    assert run(["train", str(PENGUINS), "-t", "species", "-o", output]) == 5
    assert "epoch" not in capsys.readouterr().err


def test_a_model_that_is_not_there_is_exit_5(capsys: Captured) -> None:
    assert run(["predict", "none.numlp", str(PENGUINS)]) == 5
    assert "none.numlp" in capsys.readouterr().err


def test_an_interrupt_is_exit_130_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("numlp.cli.progress.Progress.update", interrupt)
    assert run(["train", str(PENGUINS), "-t", "species"]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert list(Path().iterdir()) == []


def test_debug_shows_the_traceback(capsys: Captured) -> None:
    assert run(["train", "none.csv", "-t", "x", "--debug"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_control_characters_of_a_file_do_not_reach_the_terminal(capsys: Captured) -> None:
    text = table(header="size,h\x1b[2Jue,kind").replace("wren", "wr\x1b]0;en")
    run(["train", write("t.csv", text), "-t", "kind", *FAST])
    captured = capsys.readouterr()
    assert "\x1b" not in captured.out + captured.err


# As processes


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "numlp", *arguments]


def test_help_names_the_commands_and_the_version_is_ours() -> None:
    help_ = subprocess.run(command("--help"), capture_output=True, text=True, check=True)
    for name in ("train", "predict", "evaluate"):
        assert f"\n  numlp {name}" in help_.stdout
    assert not re.search(r"\w\.\.\.", help_.stdout)
    version = subprocess.run(command("--version"), capture_output=True, text=True, check=True)
    assert version.stdout.strip() == f"numlp {numlp.__version__}"


def test_a_reader_that_stops_early_is_no_error(model: Path) -> None:
    predict = subprocess.Popen(
        command("predict", str(model), str(PENGUINS)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert predict.stdout is not None
    predict.stdout.close()
    _, err = predict.communicate()
    assert predict.returncode == 0, err
    assert err == b""


def test_training_into_a_closed_pipe_still_saves_the_model(folder: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    train = subprocess.run(
        command("train", str(PENGUINS), "-t", "species", "--max-epochs", "2"),
        stdout=write_end,
        stderr=write_end,
        cwd=folder,
        check=False,
    )
    os.close(write_end)
    assert train.returncode == 0
    assert numlp.load(folder / "penguins.numlp").target == "species"
