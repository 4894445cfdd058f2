"""What docs/commands.md shows runs, and is what the commands say."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from numlp.cli.main import COMMANDS, all_commands, run

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")

Captured = pytest.CaptureFixture[str]


def blocks(language: str) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return [text for name, text in found if name == language]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "numlp.toml").write_text(blocks("toml")[0])
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.heavy
def test_every_command_of_the_page_runs(capsys: Captured) -> None:
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(commands) > 12
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "numlp"
        assert run(arguments) == 0, (command, capsys.readouterr().err)


@pytest.mark.usefixtures("folder")
def test_the_report_of_check_is_what_it_prints(capsys: Captured) -> None:
    run(["check", "examples/penguins.csv", "--target", "species"])
    assert blocks("")[0] == capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_the_python_of_the_page_runs_and_says_what_the_command_says() -> None:
    (shown,) = blocks("python")
    names: dict[str, Any] = {}
    exec(shown, names)  # noqa: S102 - the page's own words
    assert names["found"]["verdict"] == "ready"
    assert not names["found"]["findings"]


def test_the_commands_stand_in_their_order_and_each_has_its_section() -> None:
    listed = re.findall(r"^\| \[`(\w+)`\]\(#\w+\)", PAGE, re.MULTILINE)
    assert listed == [name for name in COMMANDS if name in listed]
    sections = re.findall(r"^## ([a-z]+)$", PAGE, re.MULTILINE)
    assert sections == listed


def test_the_exit_codes_are_those_of_the_program() -> None:
    import numlp.cli.main as main

    assert main.__doc__ is not None
    told = re.findall(r"^(\d+) +(.+)$", main.__doc__, re.MULTILINE)
    assert re.findall(r"^\| (\d+) \| (.+) \|$", PAGE, re.MULTILINE) == told


def test_the_options_that_the_page_names_are_there() -> None:
    there = {o for command in all_commands().values() for p in command.params for o in p.opts}
    assert set(re.findall(r"(?<=[` ])--[a-z][a-z-]+", PAGE)) - {"--help"} <= there
    (with_config,) = re.findall(r"^(.*) take `--config FILE`", PAGE, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", with_config)) == {
        name
        for name, command in all_commands().items()
        if any("--config" in param.opts for param in command.params)
    }
