"""Patterns, several files and standard input, where one file could be given."""

import gzip
import io
from pathlib import Path

import numpy as np
import pytest

import numlp
from numlp.cli.main import run
from numlp.cli.sources import expanded, model_name

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"
FAST = ["--quality", "fast", "--epochs", "2", "--quiet"]

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    header, *rows = PENGUINS.read_text().splitlines(keepends=True)
    Path("p-1.csv").write_text(header + "".join(rows[:150]))
    Path("p-2.csv.gz").write_bytes(gzip.compress((header + "".join(rows[150:])).encode()))
    return tmp_path


def stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


@pytest.mark.heavy
@pytest.mark.parametrize("given", [["p-*"], ["p-1.csv", "p-2.csv.gz"], ["p-1.csv", "p-*"]])
def test_several_files_are_learned_from_as_one(given: list[str], capsys: Captured) -> None:
    assert run(["train", str(PENGUINS), "-t", "species", "-o", "one", *FAST]) == 0
    assert run(["train", *given, "-t", "species", *FAST]) == 0
    assert "2 files, one table" in capsys.readouterr().err
    assert Path("p.numlp").read_bytes() == Path("one").read_bytes()


def test_several_files_are_predicted_as_one(capsys: Captured) -> None:
    assert run(["train", str(PENGUINS), "-t", "species", "-o", "m", *FAST]) == 0
    capsys.readouterr()
    outputs = []
    for given in ([str(PENGUINS)], ["p-*"], ["p-1.csv", "p-2.csv.gz"]):
        assert run(["predict", "m", *given, "--proba"]) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1] == outputs[2]
    assert outputs[0].count("\n") == 345


def test_evaluate_takes_a_pattern(capsys: Captured) -> None:
    assert run(["train", str(PENGUINS), "-t", "species", "-o", "m", *FAST]) == 0
    capsys.readouterr()
    assert run(["evaluate", "m", "p-*"]) == 0
    assert "on 344 rows" in capsys.readouterr().out


def test_a_pattern_that_matches_nothing_is_exit_3(capsys: Captured) -> None:
    assert run(["check", "q-*.csv"]) == 3
    assert capsys.readouterr().err == "numlp: no file matches q-*.csv\n"


def test_a_file_that_is_called_like_a_pattern_is_that_file(capsys: Captured) -> None:
    Path("[p]*.csv").write_bytes(PENGUINS.read_bytes())
    Path("p.csv").write_text("no table")
    assert run(["check", "[p]*.csv", "-t", "species"]) == 0
    assert "344 rows" in capsys.readouterr().out
    assert expanded([Path("[p]*.csv")]) == [Path("[p]*.csv")]


def test_files_with_other_columns_are_exit_3_and_named(capsys: Captured) -> None:
    Path("p-3.csv").write_text("species,island\nGentoo,Biscoe\n")
    assert run(["train", "p-*", "-t", "species", *FAST]) == 3
    assert "p-3.csv: has no column 'bill_length_mm'" in capsys.readouterr().err
    assert not Path("p.numlp").exists()


def test_the_model_is_called_as_the_files_begin() -> None:
    def name(*files: str) -> str:
        return str(model_name([Path(file) for file in files]))

    assert name("p-*") == "p.numlp"
    assert name("x/2024-01.csv", "y/2024-02.csv") == "2024.numlp"
    assert name("a.b.csv") == "a.b.numlp"
    assert name("data.CSV.GZ") == "data.numlp"
    assert name("1.csv", "2.csv") == "model.numlp"


# Standard input


@pytest.mark.heavy
@pytest.mark.parametrize("packed", [False, True])
def test_standard_input_is_read_as_a_file_is(
    packed: bool, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    content = PENGUINS.read_bytes().replace(b",", b";")
    content = gzip.compress(content) if packed else content
    stdin(monkeypatch, content)
    assert run(["train", "-", "-t", "species", *FAST]) == 0
    assert run(["train", str(PENGUINS), "-t", "species", "-o", "m", *FAST]) == 0
    assert Path("model.numlp").read_bytes() == Path("m").read_bytes()
    capsys.readouterr()
    assert run(["predict", "m", str(PENGUINS)]) == 0
    expected = capsys.readouterr().out
    stdin(monkeypatch, content)
    assert run(["predict", "m", "-"]) == 0
    assert capsys.readouterr().out == expected
    stdin(monkeypatch, content)
    assert run(["evaluate", "m", "-"]) == 0
    stdin(monkeypatch, content)
    assert run(["check", "-", "-t", "species"]) == 0
    assert "standard input: 344 rows" in capsys.readouterr().out


def test_a_fault_in_standard_input_names_its_line(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    stdin(monkeypatch, b"a,b\n1,2\n3\n")
    assert run(["check", "-"]) == 3
    assert "standard input: line 3 has 1 cells" in capsys.readouterr().err


def test_standard_input_stands_alone(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    stdin(monkeypatch, PENGUINS.read_bytes())
    assert run(["check", "-", "p-1.csv"]) == 3
    assert "give it alone" in capsys.readouterr().err


def test_nothing_stays_behind_of_standard_input(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = folder / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    stdin(monkeypatch, PENGUINS.read_bytes())
    assert run(["check", "-", "-t", "species"]) == 0
    assert not list(scratch.iterdir())


def test_the_model_of_several_files_tells_what_they_hold() -> None:
    assert run(["train", "p-*", "-t", "species", *FAST]) == 0
    model = numlp.load("p.numlp")
    assert model.target == "species"
    assert np.array_equal(model.classes, ["Adelie", "Chinstrap", "Gentoo"])
