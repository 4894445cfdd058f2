"""What a command may write over: none of its inputs, and nothing of another kind."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from numlp import Model, nn
from numlp.cli import outputs
from numlp.cli.main import run
from numlp.table.table import Table

Captured = pytest.CaptureFixture[str]
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs links")

ROWS = "".join(f"{i % 7}.5,{'yes' if i % 2 else 'no'}\n" for i in range(40))
FAST = ["--quality", "fast", "--epochs", "1", "--jobs", "1", "-q"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a table, a model of it, and a file of options; the current one."""
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("x,y\n" + ROWS)
    table = Table.fit({"x": [1.0, 2.0, 4.0] * 9})
    net = nn.mlp([table.width, 3, 2], activation="relu")
    net.init(np.random.default_rng(0))
    Model(table, net, np.array(["no", "yes"]), target="y").save("m.numlp")
    Path("o.toml").write_text("[train]\nquality = 'fast'\n")
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


# Every command that writes, with OUT for the output and the input that it is.
CLASHES = {
    "predict, the table": "predict m.numlp a.csv -o a.csv",
    "predict, the model": "predict m.numlp a.csv -o m.numlp",
    "predict, one table of several": "predict m.numlp a.csv b.csv -o b.csv",
    "predict, a table of a pattern": "predict m.numlp *.csv -o b.csv",
    "predict, the options": "predict m.numlp a.csv --config o.toml -o o.toml",
    "report, the table": "report m.numlp a.csv -o a.csv",
    "report, the model": "report m.numlp a.csv -o m.numlp",
    "export, the model": "export m.numlp -o m.numlp",
    "train, the table": "train a.csv -t y -o a.csv",
    "train, the options": "train a.csv -t y --config o.toml -o o.toml",
    "train, the checkpoint": "train a.csv -t y -o new.numlp --checkpoint new.numlp",
    "train, the checkpoint that is resumed": "train a.csv -t y -o run.ckpt --resume run.ckpt",
    "train, the checkpoint is the table": "train a.csv -t y --checkpoint a.csv",
    "train, the checkpoint that is resumed is the table": "train a.csv -t y --resume a.csv",
    "tune, the table": "tune a.csv -t y --minutes 1 -o a.csv",
    "tune, the state": "tune a.csv -t y --minutes 1 -o new.numlp --state new.numlp",
    "tune, the state is the table": "tune a.csv -t y --minutes 1 --state a.csv",
    "tune, the state is the options": "tune a.csv -t y --minutes 1 --config o.toml --state o.toml",
}


@pytest.mark.parametrize("name", CLASHES)
def test_an_output_that_is_an_input_is_exit_2_before_any_work(
    name: str, folder: Path, capsys: Captured
) -> None:
    Path("b.csv").write_text("x,y\n" + ROWS)
    before = contents(folder)
    assert run(CLASHES[name].split()) == 2
    assert contents(folder) == before
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "give another file with -" in err


def _linked(path: Path) -> None:
    path.symlink_to("a.csv")


def _hard(path: Path) -> None:
    os.link("a.csv", path)


NAMES: dict[str, tuple[str, Callable[[Path], None] | None]] = {
    "a link": ("link.csv", _linked),
    "a hard link": ("hard.csv", _hard),
    "a detour": ("sub/../a.csv", None),
    "a dot": ("./a.csv", None),
    "a link of a link": ("second.csv", lambda path: path.symlink_to("link.csv")),
}


@posix
@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_known_by_any_of_its_names(name: str) -> None:
    other, make = NAMES[name]
    Path("sub").mkdir()
    if name == "a link of a link":
        _linked(Path("link.csv"))
    if make is not None:
        make(Path(other))
    before = Path("a.csv").read_bytes()
    assert run(["predict", "m.numlp", "a.csv", "-o", other]) == 2
    assert run(["train", other, "-t", "y", "-o", "a.csv"]) == 2
    assert Path("a.csv").read_bytes() == before


@posix
def test_files_that_are_not_there_yet_are_compared_where_links_lead(capsys: Captured) -> None:
    Path("run.ckpt").symlink_to("new.numlp")
    assert run(["train", "a.csv", "-t", "y", "-o", "new.numlp", "--checkpoint", "run.ckpt"]) == 2
    assert "is the checkpoint" in capsys.readouterr().err


def test_capitals_part_names_only_where_the_file_system_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for ignores in (False, True):
        monkeypatch.setattr(outputs, "_ignores_case", lambda _, answer=ignores: answer)
        assert outputs.is_same(Path("new.numlp"), Path("NEW.numlp")) is ignores


@pytest.mark.heavy
def test_standard_input_and_output_are_files_too() -> None:
    before = Path("a.csv").read_bytes()
    command = [sys.executable, "-m", "numlp", "predict", "m.numlp"]
    with Path("a.csv").open("rb") as table:
        done = subprocess.run([*command, "-", "-o", "a.csv"], stdin=table, check=False)
    assert done.returncode == 2
    with Path("a.csv").open("ab") as table:
        done = subprocess.run([*command, "a.csv"], stdout=table, check=False)
    assert done.returncode == 2
    assert Path("a.csv").read_bytes() == before


@posix
@pytest.mark.parametrize(
    "command",
    [
        "predict m.numlp a.csv -o loop",
        "report m.numlp a.csv -o loop",
        "export m.numlp -o loop",
        "train a.csv -t y -o loop",
        "train a.csv -t y --checkpoint loop",
        "tune a.csv -t y --minutes 1 -o loop",
        "tune a.csv -t y --minutes 1 --state loop",
        "inspect loop",
        "predict loop a.csv",
    ],
)
def test_links_in_a_circle_are_exit_5_in_one_line(command: str, capsys: Captured) -> None:
    Path("loop").symlink_to("pool")
    Path("pool").symlink_to("loop")
    assert run(command.split()) == 5
    err = capsys.readouterr().err
    assert "symbolic links" in err
    assert err.count("\n") == 1


# What stands there, the command, and whether it is replaced.
ANSWERS = "y,proba_no,proba_yes,set\n"
KEPT = {
    "train, text": ("o", b"dear diary", "train a.csv -t y -o o"),
    "train, a checkpoint": ("o", None, "train a.csv -t y -o o"),
    "tune, text": ("o", b"dear diary", "tune a.csv -t y --minutes 1 -o o"),
    "report, another page": ("o", b"<!doctype html><p>mine", "report m.numlp a.csv -o o"),
    "report, by default": ("report.html", b"mine", "report m.numlp a.csv"),
    "export, text": ("o", b"dear diary", "export m.numlp -o o"),
    "export, the model of another program": (
        "o",
        b"\x08\x07\x12\x07pytorch",
        "export m.numlp -o o",
    ),
    "predict, text": ("o", b"dear diary", "predict m.numlp a.csv -o o"),
    "predict, a table": ("o", b"y,x\nno,1\n", "predict m.numlp a.csv -o o"),
    "predict, answers to something else": ("o", b"kind,proba_a\n", "predict m.numlp a.csv -o o"),
    "predict, bytes": ("o", b"\xff\x00\n", "predict m.numlp a.csv -o o"),
}


@pytest.mark.parametrize("name", KEPT)
def test_a_file_of_another_kind_is_kept_and_exit_2_says_what_to_do(
    name: str, folder: Path, capsys: Captured
) -> None:
    place, there, command = KEPT[name]
    if there is None:
        from numlp.storage import container

        container.write(place, {}, {}, kind="checkpoint")
    else:
        Path(place).write_bytes(there)
    before = contents(folder)
    assert run(command.split()) == 2
    assert contents(folder) == before
    err = capsys.readouterr().err
    assert "exists already and is not" in err
    assert "remove it, or give another file with -o" in err


@pytest.mark.parametrize("there", ["", "y\nno\n", ANSWERS, "\ufeffy,set\n"])
def test_answers_replace_answers_and_an_empty_file(there: str) -> None:
    Path("o.csv").write_text(there, encoding="utf-8")
    assert run(["predict", "m.numlp", "a.csv", "-q", "-o", "o.csv"]) == 0
    assert len(Path("o.csv").read_text().splitlines()) == 41


def test_a_page_and_an_onnx_file_replace_one_another() -> None:
    pytest.importorskip("jinja2")
    pytest.importorskip("onnx")
    for command in ("report m.numlp a.csv -o r.html", "export m.numlp -o m.onnx"):
        assert run(command.split()) == 0
        assert run(command.split()) == 0


@posix
def test_a_device_is_written_to() -> None:
    assert run(["predict", "m.numlp", "a.csv", "-q", "-o", "/dev/null"]) == 0


def test_train_says_that_it_replaced_a_model(capsys: Captured) -> None:
    command = ["train", "a.csv", "-t", "y", *FAST]
    assert run([*command, "-o", "new.numlp"]) == 0
    assert "replaced" not in capsys.readouterr().out
    assert run([*command, "-o", "m.numlp"]) == 0
    assert "replaced the model that was there" in capsys.readouterr().out


@pytest.mark.parametrize(
    "command",
    [
        "check a.csv", "cv a.csv -t y", "evaluate m.numlp a.csv", "explain m.numlp a.csv",
        "predict m.numlp a.csv", "report m.numlp a.csv -o p.html", "train a.csv -t y -o n.numlp",
        "inspect a.csv", "inspect m.numlp", "export m.numlp -o n.onnx",
        "tune a.csv -t y --minutes 1 -o n.numlp",
    ],
)  # fmt: skip
def test_what_a_command_prints_is_not_added_to_its_input(
    command: str, folder: Path, capsys: Captured
) -> None:
    before = contents(folder)
    for name in [word for word in command.split() if Path(word).exists()]:
        with open(name, "a") as stream, contextlib.redirect_stdout(stream):  # noqa: PTH123
            assert run(command.split()) == 2
        assert f"Standard output goes to {name}, which is" in capsys.readouterr().err
    assert contents(folder) == before


@pytest.mark.parametrize(
    "command",
    ["train a.csv -t y -o out", "tune a.csv -t y --minutes 1 -o out", "export m.numlp -o out",
     "report m.numlp a.csv -o out"],
)  # fmt: skip
def test_a_file_that_gets_the_text_of_the_command_is_no_output(
    command: str, capsys: Captured
) -> None:
    with open("out", "w") as stream, contextlib.redirect_stdout(stream):  # noqa: PTH123
        assert run(command.split()) == 2
    assert "out is standard output, which gets the text" in capsys.readouterr().err
    assert Path("out").read_bytes() == b""


@pytest.mark.parametrize(
    ("command", "after", "output"),
    [
        (
            ["train", "a.csv", "-t", "y", "-o", "n.numlp", *FAST],
            "trained.report_training",
            "n.numlp",
        ),
        (["export", "m.numlp", "-o", "n.onnx"], "show.exported", "n.onnx"),
        (["report", "m.numlp", "a.csv", "-o", "n.html"], "show.written", "n.html"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_ctrl_c_after_the_output_is_written_says_that_it_is(
    command: list[str], after: str, output: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"numlp.cli.{after}", interrupted)
    assert run(command) == 130
    assert capsys.readouterr().err.endswith(f"interrupted; {output} is written\n")
    assert Path(output).stat().st_size > 0
