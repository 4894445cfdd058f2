"""Completion: the scripts, what they offer, and the shells themselves where they are there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from numlp.cli.complete import column_names
from numlp.cli.main import COMMANDS, run

ROOT = Path(__file__).parents[2]
PENGUINS = ROOT / "examples" / "penguins.csv"
COLUMNS = PENGUINS.read_text().splitlines()[0].split(",")

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """An environment in which numlp is a command, as after installation."""
    command = tmp_path / "bin" / "numlp"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m numlp "$@"\n')
    command.chmod(0o755)
    (tmp_path / "pets.csv").symlink_to(PENGUINS)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT / "src"), "HOME": str(tmp_path)}


def offered(environment: dict[str, str], *words: str) -> list[str]:
    """What bash would be offered for the last word."""
    asked = {
        "_NUMLP_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(["numlp", *words]),
        "COMP_CWORD": str(len(words)),
    }
    done = subprocess.run(
        [str(Path(environment["HOME"], "bin", "numlp"))],
        env={**environment, **asked},
        capture_output=True,
        text=True,
        cwd=environment["HOME"],
        check=True,
    )
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


@pytest.mark.heavy
def test_commands_options_choices_and_columns_are_offered(shell: dict[str, str]) -> None:
    assert offered(shell, "") == list(COMMANDS)
    assert offered(shell, "tr") == ["train"]
    assert "--quality" in offered(shell, "train", "--q")
    assert offered(shell, "train", "--quality", "b") == ["balanced", "best"]
    assert offered(shell, "train", "pets.csv", "--target", "") == COLUMNS
    assert offered(shell, "check", "pets.csv", "-t", "bill") == [
        name for name in COLUMNS if name.startswith("bill")
    ]
    assert offered(shell, "train", "none.csv", "--target", "") == []


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_the_script_is_data_on_stdout(name: str, capsys: Captured) -> None:
    assert run(["completion", name]) == 0
    captured = capsys.readouterr()
    assert "_NUMLP_COMPLETE" in captured.out
    assert captured.err == ""
    assert run(["completion", "powershell"]) == 2


SESSIONS = {
    "bash": 'eval "$(numlp completion bash)"; COMP_WORDS=(numlp train pets.csv --target isl);'
    'COMP_CWORD=4; COMPREPLY=(); _numlp_completion numlp; echo "${COMPREPLY[@]}"',
    "zsh": 'autoload -U compinit; compinit -u; eval "$(numlp completion zsh)";'
    "words=(numlp train pets.csv --target isl); CURRENT=5; compadd() { echo $completions };"
    "_numlp_completion",
    "fish": "numlp completion fish | source; complete -C 'numlp train pets.csv --target isl'",
}


@pytest.mark.parametrize("name", SESSIONS)
@pytest.mark.heavy
def test_a_shell_completes_a_column(name: str, shell: dict[str, str]) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    quick = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[name]
    done = subprocess.run(
        [name, *quick, "-c", SESSIONS[name]],
        env=shell,
        cwd=shell["HOME"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["island"], done.stderr


def test_names_come_from_the_first_bytes_whatever_the_format(tmp_path: Path) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table({"a": [1], "b": ["x"]}), tmp_path / "t.bin")
    (tmp_path / "t.csv").write_text("# a comment\n\na;b\n1;2\n")
    (tmp_path / "t.jsonl").write_text('{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n')
    (tmp_path / "t.json").write_text('[{"a": 1, "b": 2},\n {"a": 3, "b": 4}]')
    for name in ("t.bin", "t.csv", "t.jsonl", "t.json"):
        assert column_names(tmp_path / name) == ["a", "b"], name


@pytest.mark.parametrize("content", [b"", b"PAR1 and no more", b"\xff\xfe", b"{", b"a,a\n1,2\n"])
def test_a_file_that_cannot_be_read_offers_nothing(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    assert column_names(tmp_path / "t.csv") == []
    assert column_names(tmp_path / "none.csv") == []
