"""Commands on tables with vectors: the file says that they are, or --column does."""

import json
from pathlib import Path

import numpy as np
import pytest

from numlp.cli.main import run

Captured = pytest.CaptureFixture[str]

N = 120
E = np.random.default_rng(0).normal(size=(N, 4)).round(3)
Y = np.where(E[:, 0] > 0, "yes", "no").tolist()
FAST = ["--target", "y", "--quality", "fast", "--epochs", "4", "--seed", "0"]


@pytest.fixture(autouse=True)
def files(folder: Path) -> Path:
    rows = [{"e": e.tolist(), "y": y} for e, y in zip(E, Y, strict=True)]
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    lines = [f'"{e.tolist()}",{y}' for e, y in zip(E, Y, strict=True)]
    (folder / "a.csv").write_text("\n".join(["e,y", *lines]))
    return folder


def test_json_and_a_csv_whose_column_is_asked_for_give_the_same_answers(capsys: Captured) -> None:
    assert run(["train", "a.jsonl", *FAST, "-o", "json.numlp"]) == 0
    assert "1 vector" in capsys.readouterr().out
    assert run(["train", "a.csv", *FAST, "--column", "e=vector", "-o", "csv.numlp"]) == 0
    answers = []
    for model in ("json.numlp", "csv.numlp"):
        for file in ("a.jsonl", "a.csv"):
            capsys.readouterr()
            assert run(["predict", model, file, "--proba"]) == 0
            answers.append(capsys.readouterr().out)
    assert len({*answers}) == 1


def test_a_csv_of_written_vectors_is_told_how_to_have_them_read(capsys: Captured) -> None:
    assert run(["check", "a.csv", "--target", "y"]) == 0
    out = capsys.readouterr().out
    assert "warning: e: its cells are lists of numbers; --column e=vector reads them as" in out
    assert out.rstrip().endswith("next       numlp train a.csv --target y --column e=vector")
    assert run(["check", "a.csv", "--target", "y", "--column", "e=text"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("--target y --column e=text")


def test_a_row_is_explained_with_a_vector_in_short_and_in_json_as_a_whole(capsys: Captured) -> None:
    assert run(["train", "a.jsonl", *FAST, "-o", "m.numlp"]) == 0
    capsys.readouterr()
    assert run(["explain", "m.numlp", "a.jsonl", "--row", "2"]) == 0
    numbers = ", ".join(f"{x:.6g}" for x in E[1, :3])
    assert f"[{numbers}, ...]"[:29] in capsys.readouterr().out
    assert run(["explain", "m.numlp", "a.jsonl", "--row", "2", "--json"]) == 0
    (contribution,) = json.loads(capsys.readouterr().out)["contributions"]
    assert contribution["cell"] == pytest.approx(E[1].tolist())


def test_vectors_of_another_length_end_predict_with_one_line(capsys: Captured) -> None:
    assert run(["train", "a.jsonl", *FAST, "-o", "m.numlp"]) == 0
    Path("b.jsonl").write_text('{"e": [1, 2]}\n{"e": [3, 4]}')
    capsys.readouterr()
    assert run(["predict", "m.numlp", "b.jsonl", "-o", "out.csv"]) == 3
    assert "'e' has vectors of 2 numbers, and had 4 in training" in capsys.readouterr().err
    assert not Path("out.csv").exists()
