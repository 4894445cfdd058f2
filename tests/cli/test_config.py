"""Options out of a TOML file: what it may say, what overrides it, and what the model keeps."""

import json
from pathlib import Path
from typing import Any

import pytest

import numlp
from numlp.cli.config import options_of
from numlp.cli.main import all_commands, run

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"

Captured = pytest.CaptureFixture[str]


def config(text: str) -> list[str]:
    Path("c.toml").write_text(text)
    return ["--config", "c.toml"]


FULL = """
quality = "fast"
epochs = 4
seed = 3

[train]
target = "species"
output = "birds.numlp"
column = { year = "category", island = "ignore" }
class_weight = "balanced"
metric = "f1"
quiet = true

[cv]
folds = 3
"""


def settings(path: str = "birds.numlp") -> dict[str, Any]:
    found: dict[str, Any] = numlp.load(path).info["settings"]
    return found


def test_a_file_gives_options_and_the_command_line_overrides_them(capsys: Captured) -> None:
    assert run(["train", str(PENGUINS), *config(FULL)]) == 0
    assert capsys.readouterr().err == ""
    given = {
        "quality": "fast", "epochs": 4, "random_state": 3, "class_weight": "balanced",
        "metric": "f1", "columns": {"year": "category", "island": "ignore"},
    }  # fmt: skip
    assert {name: settings()[name] for name in given} == given
    more = ["--epochs", "2", "--column", "sex=ignore", "--metric", "accuracy", "-o", "b"]
    assert run(["train", str(PENGUINS), *config(FULL), *more]) == 0
    assert settings("b") == settings() | {
        "epochs": 2, "metric": "accuracy", "columns": {"sex": "ignore"},
    }  # fmt: skip


def test_options_of_a_file_make_the_model_that_those_of_the_line_make() -> None:
    assert run(["train", str(PENGUINS), *config(FULL)]) == 0
    line = "-t species -o line --quality fast --epochs 4 --seed 3 --class-weight balanced -q"
    kinds = "--metric f1 --column year=category --column island=ignore"
    assert run(["train", str(PENGUINS), *line.split(), *kinds.split()]) == 0
    assert Path("line").read_bytes() == Path("birds.numlp").read_bytes()


def test_a_table_is_for_its_command_and_what_is_above_for_all(capsys: Captured) -> None:
    arguments = ["cv", str(PENGUINS), *config(FULL), "-t", "species", "-q", "--json"]
    assert run(arguments) == 0
    assert len(json.loads(capsys.readouterr().out)["folds"]) == 3


def test_inspect_shows_the_settings(capsys: Captured) -> None:
    run(["train", str(PENGUINS), *config(FULL), "--delimiter", ","])
    capsys.readouterr()
    assert run(["inspect", "birds.numlp"]) == 0
    out = capsys.readouterr().out
    assert "quality=fast" in out
    assert "columns={'year': 'category', 'island': 'ignore'}" in out
    assert "delimiter=," in out


WRONG = {
    "[train]\nqualty = 'fast'": "there is no 'qualty' in [train]: did you mean 'quality'",
    "qualty = 'fast'": "there is no 'qualty': did you mean 'quality'",
    "[trian]\nquality = 'fast'": "there is no 'trian': did you mean '[train]'",
    "[train]\nquality = 3": "--quality",
    "[train]\nepochs = true": "epochs is True, but it has to be a text or a number",
    "[train]\nepochs = 0": "--epochs",
    "[train]\nquiet = 1": "quiet is 1, but it has to be true or false",
    "[train]\ncolumn = 'year=category'": 'it has to be a list such as ["zip=category"]',
    "[train]\ncolumn = ['year=colour']": "'year=colour' is not NAME=KIND",
    "[train]\ntarget = ['species']": "target is ['species'], but it has to be a text",
    "[train]\nconfig = 'd.toml'": "there is no 'config' in [train]",
    "[train]\nfiles = 'd.csv'": "there is no 'files' in [train]",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_a_file_may_not_say_is_exit_2(text: str, capsys: Captured) -> None:
    assert run(["train", str(PENGUINS), "-t", "species", *config(text)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert WRONG[text] in line


def test_options_of_other_commands_may_stand_above() -> None:
    arguments = ["train", str(PENGUINS), "-t", "species", "-q", *config("epochs = 2\nfolds = 3\n")]
    assert run(arguments) == 0


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"a = ", 3, "c.toml is not valid TOML"),
        (b"\xff", 3, "c.toml is not valid TOML"),
        (None, 5, "c.toml"),
    ],
)
def test_a_file_that_is_not_read_is_a_fault(
    content: bytes | None, code: int, words: str, capsys: Captured
) -> None:
    if content is not None:
        Path("c.toml").write_bytes(content)
    assert run(["train", str(PENGUINS), "-t", "species", "--config", "c.toml"]) == code
    assert words in capsys.readouterr().err


def test_the_names_in_files_are_those_of_the_options() -> None:
    names = options_of(all_commands()["train"])
    assert {"target", "class-weight", "column", "time-limit", "quiet"} <= names.keys()
    assert not names.keys() & {"config", "debug", "help", "t", "q"}
