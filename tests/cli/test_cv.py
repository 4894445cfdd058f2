"""``numlp cv``: what it prints, and that it says no more than the folds can tell."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from numlp.cli.main import run
from numlp.tabular.crossval import mean_of

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"
FAST = ["--quality", "fast", "--epochs", "4"]

Captured = pytest.CaptureFixture[str]


def test_the_folds_their_mean_and_the_next_command_are_printed(
    folder: Path, capsys: Captured
) -> None:
    options = ["-t", "species", "--folds", "3", "--column", "year=ignore", *FAST]
    assert run(["cv", str(PENGUINS), *options, "--json", "-q"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    facts = json.loads(captured.out)
    assert [(f["round"], f["fold"]) for f in facts["folds"]] == [(1, 1), (1, 2), (1, 3)]
    assert sum(f["n_tested"] for f in facts["folds"]) == 344
    scores = [f["accuracy"] for f in facts["folds"]]
    expected = mean_of(scores, 344 * 2 / 3, 344 / 3)
    assert facts["accuracy"] == pytest.approx(expected._asdict())
    assert facts["accuracy"]["mean"] > facts["majority"]

    assert run(["cv", str(PENGUINS), *options]) == 0
    captured = capsys.readouterr()
    mean = facts["accuracy"]["mean"]
    assert re.search(rf"^accuracy   {mean:.1%} \(95% interval ", captured.out, re.MULTILINE)
    assert f"always answering the majority class: {facts['majority']:.1%}" in captured.out
    assert captured.out.endswith(
        f"train {PENGUINS} --target species --quality fast --epochs 4 --column year=ignore\n"
    )
    assert "fit 1 of 3, epoch 1 of 4" in captured.err
    assert list(folder.iterdir()) == []


def test_a_table_that_teaches_nothing_is_called_so(capsys: Captured) -> None:
    rng = np.random.default_rng(0)
    rows = [f"{rng.normal()},{'yes' if rng.random() < 0.4 else 'no'}\n" for _ in range(90)]
    Path("noise.csv").write_text("x,y\n" + "".join(rows))
    assert run(["cv", "noise.csv", "-t", "y", "--folds", "3", *FAST, "-q"]) == 0
    assert "not better than that, as far as these folds can tell" in capsys.readouterr().out


def test_a_warning_of_every_fold_is_told_once(capsys: Captured) -> None:
    text = PENGUINS.read_text() + "Dodo,Dream,1,2,3,4,male,2007\n"
    Path("t.csv").write_text(text)
    assert run(["cv", "t.csv", "-t", "species", "--folds", "3", *FAST, "-q"]) == 0
    assert capsys.readouterr().err.count("have a single row") == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--folds", "1"], 2),
        (["--repeats", "0"], 2),
        (["--column", "isle=ignore"], 3),
        (["--folds", "300"], 3),
    ],
)
def test_bad_arguments_are_refused(arguments: list[str], code: int, capsys: Captured) -> None:
    assert run(["cv", str(PENGUINS), "-t", "species", *FAST, *arguments]) == code
    assert "Traceback" not in capsys.readouterr().err
