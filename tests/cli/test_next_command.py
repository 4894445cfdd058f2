"""The next command that a command names can be typed as it stands."""

import re
import shlex
from pathlib import Path

import pytest

from numlp.cli.main import run

Captured = pytest.CaptureFixture[str]


def following(captured: Captured, *command: str) -> list[str]:
    """The arguments of the next command that a command names."""
    assert run(list(command)) == 0
    told = captured.readouterr()
    (line,) = re.findall(r"^(?:numlp: )?next:? +numlp (.*)$", told.out + told.err, re.MULTILINE)
    return shlex.split(line.partition("  (")[0].partition(" (how")[0])


@pytest.mark.heavy
def test_the_next_command_reads_the_table_as_this_one_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"{i % 7},5;{'é' * (i % 3)}a;{'wren' if i % 7 < 3 else 'rook'}" for i in range(200)]
    text = "\n".join(["größe;hue;kind", *rows, ""])
    for name in ("t.csv", "NEW_ROWS.csv", "ROWS_WITH_THEIR_CLASS.csv"):
        Path(name).write_text(text, encoding="latin-1")
    as_read = ["--delimiter", ";", "--encoding", "latin-1"]
    fast = ["--quality", "fast", "--epochs", "2"]

    check = ["check", "t.csv", *as_read]
    train = following(capsys, *check, "--target", "kind")
    assert train[:2] == ["train", "t.csv"]
    assert train[-4:] == as_read
    predict = following(capsys, *train, *fast, "-q")
    evaluate = following(capsys, *predict)
    report = following(capsys, *evaluate)
    assert run(report) == 0
    explain = following(capsys, "explain", "t.numlp", "t.csv", *as_read)
    assert following(capsys, *explain)[:2] == ["explain", "t.numlp"]
    cross = ["cv", "t.csv", "-t", "kind", *as_read, *fast, "--folds", "2", "-q"]
    assert following(capsys, *cross)[-4:] == as_read
    tune = ["tune", "t.csv", "-t", "kind", *as_read, "--minutes", "0.0001", *fast, "-q"]
    for each in (predict, evaluate, report, explain, following(capsys, *tune)):
        assert each[-4:] == as_read
