"""What commands say where memory ends, and what a terminal is shown of a file."""

from __future__ import annotations

import csv
import errno
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import numlp
from numlp.cli import say
from numlp.cli.complete import complete_column
from numlp.cli.main import cli, run

Captured = pytest.CaptureFixture[str]
FAST = ["--quality", "fast", "--epochs", "1", "--jobs", "2", "-q"]
ODD = "\x1b]0;TITLE\x07\x9b31m\u202e"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    lines = [f"{i % 9}.5,{'pq'[i % 2]}{ODD},{'no' if i % 3 else 'yes'}{ODD}\n" for i in range(40)]
    header = f"x{ODD},w{ODD},y{ODD}\n"
    Path("a.csv").write_text(header + "".join(lines), encoding="utf-8")
    return tmp_path


@pytest.fixture
def model(capsys: Captured) -> str:
    assert run(["train", "a.csv", "-t", f"y{ODD}", "-o", "m.numlp", *FAST]) == 0
    capsys.readouterr()
    return "m.numlp"


# No memory left

LACKS: list[Callable[[], BaseException]] = [
    MemoryError,
    lambda: np._core._exceptions._ArrayMemoryError((1 << 40,), np.dtype("f8")),
    lambda: OSError(errno.ENOMEM, "Cannot allocate memory"),
    lambda: RuntimeError("can't start new thread"),
    lambda: pytest.importorskip("duckdb").OutOfMemoryException("Out of Memory Error: 1\n2"),
]


@pytest.mark.parametrize("number", range(len(LACKS)))
def test_a_lack_of_memory_is_exit_3_and_one_line(
    number: int, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise LACKS[number]()

    monkeypatch.setattr("numlp.data.files.sheet.read", full)
    assert run(["check", "a.csv"]) == 3
    captured = capsys.readouterr()
    assert captured.err.startswith("numlp: not enough memory")
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_a_lack_of_memory_in_a_thread_that_trains_is_exit_3_too(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise MemoryError

    for place in ("numlp.nn.Members.loss_and_grad", "numlp.nn.Network.pass_through"):
        with monkeypatch.context() as patch:
            patch.setattr(place, full)
            for command in ("train", "cv"):
                assert run([command, "a.csv", "-t", f"y{ODD}", *FAST]) == 3
                err = capsys.readouterr().err
                assert err.startswith("numlp: not enough memory")
                assert err.count("\n") == 1


@pytest.mark.heavy
@pytest.mark.parametrize("command", ["predict", "evaluate", "report", "explain", "export"])
def test_a_lack_of_memory_of_a_model_is_exit_3(
    command: str, model: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("numlp.storage.container.read", full)
    assert run([command, model, *["a.csv"] * (command != "export")]) == 3
    assert capsys.readouterr().err.startswith("numlp: not enough memory")


# What a terminal is shown


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


COMMANDS = {
    "check": ["check", "a.csv"],
    "check of a target": ["check", "a.csv", "-t", f"y{ODD}"],
    "check as JSON": ["check", "a.csv", "-t", f"y{ODD}", "--json"],
    "train": ["train", "a.csv", "-t", f"y{ODD}", "--verbose", *FAST],
    "cv": ["cv", "a.csv", "-t", f"y{ODD}", "--folds", "2", *FAST],
    "predict": ["predict", "m.numlp", "a.csv"],
    "predict sets": ["predict", "m.numlp", "a.csv", "--proba", "--coverage", "0.5", "--raw"],
    "evaluate": ["evaluate", "m.numlp", "a.csv"],
    "evaluate as JSON": ["evaluate", "m.numlp", "a.csv", "--json"],
    "explain": ["explain", "m.numlp", "a.csv"],
    "explain a row": ["explain", "m.numlp", "a.csv", "--row", "1"],
    "explain as JSON": ["explain", "m.numlp", "a.csv", "--row", "1", "--json"],
    "report": ["report", "m.numlp", "a.csv"],
    "inspect": ["inspect", "m.numlp"],
    "inspect as JSON": ["inspect", "m.numlp", "--json"],
    "export": ["export", "m.numlp"],
}


def controls(text: str) -> set[str]:
    return {c for c in text if not c.isprintable() and c != "\n"}


@pytest.mark.heavy
@pytest.mark.usefixtures("model")
def test_no_command_writes_control_characters_to_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    for name, command in COMMANDS.items():
        screen = Terminal()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", screen)
            assert run(command) == 0, name
        assert screen.getvalue(), name
        assert not controls(screen.getvalue()), name
        assert not controls(capsys.readouterr().err), name


def test_errors_and_their_tracebacks_have_no_control_characters(capsys: Captured) -> None:
    faults = [
        ["train", "a.csv", "-t", f"z{ODD}"],
        ["train", f"b{ODD}.csv", "-t", "y"],
        ["check", "a.csv", "--column", f"z{ODD}=number"],
        ["check", "a.csv", "--column", f"z{ODD}"],
        [f"frobnicate{ODD}"],
        ["inspect", f"b{ODD}.numlp"],
    ]
    for command in faults:
        for debug in ([], ["--debug"] * (command[0] in ("train", "check", "inspect"))):
            assert run([*command, *debug]) in (2, 3, 5)
            assert not controls(capsys.readouterr().err)


def test_a_pipe_gets_labels_as_they_are(model: str, capsys: Captured) -> None:
    assert run(["predict", model, "a.csv", "-q"]) == 0
    assert ODD in capsys.readouterr().out


def test_a_label_with_a_carriage_return_stays_one_cell(capsys: Captured) -> None:
    rows = "".join(f'{i % 2},"{"a" + chr(13) + "b" if i % 2 else "c"}"\n' for i in range(40))
    Path("r.csv").write_text("x,y\n" + rows, newline="")
    assert run(["train", "r.csv", "-t", "y", "-o", "r.numlp", *FAST]) == 0
    model = numlp.load("r.numlp")
    assert isinstance(model, numlp.Model)
    model.classes = np.array(["a\rb", "c"])
    model.save("r.numlp")
    capsys.readouterr()
    assert run(["predict", "r.numlp", "r.csv", "-q"]) == 0
    found = list(csv.reader(io.StringIO(capsys.readouterr().out, newline="")))
    assert {row[0] for row in found[1:]} <= {"a\rb", "c"}
    assert {len(row) for row in found} == {1}


def test_a_lack_of_memory_while_a_table_is_read_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    duckdb = pytest.importorskip("duckdb")

    def full(*_: Any, **__: Any) -> None:
        raise duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate\nx")

    monkeypatch.setattr("numlp.data.files.sheet.open_relation", full)
    assert run(["check", "a.csv"]) == 3
    assert "a.csv: not enough memory to read it: failed to allocate" in capsys.readouterr().err


def test_a_shell_completes_no_name_that_could_steer_it() -> None:
    Path("b.csv").write_text(f"x,x{ODD}\n1,2\n", encoding="utf-8")
    context = cli.make_context("numlp", ["check", "b.csv"])
    context.params["files"] = (Path("b.csv"),)
    assert [item.value for item in complete_column(context, cli.params[0], "x")] == ["x"]


def test_how_a_table_was_read_is_one_sentence_and_warnings_are_their_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    say.how_read(["gzip", "warning: no header line?", "delimiter ';'"])
    say.how_read([])
    assert capsys.readouterr().err.splitlines() == [
        "numlp: warning: no header line?",
        "numlp: the table was read so: gzip; delimiter ';'",
    ]
