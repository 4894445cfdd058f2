"""Help: examples first, every option explained, and quick."""

import re
from pathlib import Path

import click
import pytest

from numlp.cli.main import COMMANDS, all_commands, run

Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(name: str) -> None:
    for param in all_commands()[name].params:
        if isinstance(param, click.Option):
            assert param.help, param.opts


@pytest.mark.parametrize("name", ["check", "train", "predict", "cv", "tune", "inspect"])
def test_examples_come_before_the_options_and_fit_a_terminal(name: str, capsys: Captured) -> None:
    assert run([name, "--help"]) == 0
    out = capsys.readouterr().out
    first, _, options = out.partition("Options:")
    assert len(re.findall(rf"^  .*numlp {name} \w", first, re.MULTILINE)) >= 2
    assert "--" in options
    assert max(map(len, out.splitlines())) <= 80


def test_the_examples_use_options_that_there_are(capsys: Captured) -> None:
    for name, command in all_commands().items():
        run([name, "--help"])
        first = capsys.readouterr().out.partition("Options:")[0]
        there = {option for param in command.params for option in param.opts}
        used = [
            option
            for line in re.findall(rf"numlp {name} (.*)", first)
            for option in re.findall(r"(?<!\S)--?[a-z][a-z-]*", line)
        ]
        assert set(used) <= there, name


def test_the_commands_are_listed_in_the_order_of_their_use(capsys: Captured) -> None:
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    places = [out.index(f"\n  {name} ") for name in COMMANDS]
    assert places == sorted(places)
    assert "Start with check" in out
    usual = ["check", "train", "evaluate", "predict"]
    assert [name for name in COMMANDS if name in usual] == usual


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["trian", "t.csv"], "did you mean 'numlp train'? See 'numlp --help'."),
        (["t.csv"], "did you mean 'numlp check t.csv'?"),
        (["fly"], "There is no command 'fly'. See"),
        (["train", "t.csv"], "'numlp check FILE' names columns that could be. See 'numlp train --"),
        (["predict", "--bogus"], "See 'numlp predict --help'."),
    ],
)
def test_wrong_usage_says_what_may_have_been_meant(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("a,b\n1,2\n")
    assert run(arguments) == 2
    assert words in capsys.readouterr().err
