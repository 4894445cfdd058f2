"""Each way of saying how columns are read, and each role, goes through every command."""

import csv
import json
import shlex
from pathlib import Path
from typing import Any

import click
import pytest

import numlp
from numlp.cli.complete import complete_column
from numlp.cli.main import all_commands, run
from numlp.report.origin import reproduction
from numlp.table.asked import parted

from ..tabular.test_all_goes_through import COLUMNS, N, Y

Captured = pytest.CaptureFixture[str]
pytestmark = pytest.mark.filterwarnings("ignore")
FAST = ["--jobs", "1", "--quality", "fast", "--epochs", "1", "-q"]
ORDERED = 'grade=ordered:low,mid,"high, top"'
COLUMN = ["--column", "due=date:%d/%m/%Y", "--column", ORDERED, "--column", "note=text"]
# What is said of the table, which has all columns.
CASES: dict[str, list[str]] = {
    "guessed": [],
    "decimal": ["--decimal", ","],
    "columns": COLUMN,
    "length": ["--column", "note=text:length", "--column", "emb=vector"],
    "group": ["--group", "customer", *COLUMN],
    "time": ["--time", "sent", *COLUMN],
    "time in a form": ["--time", "sent", "--column", "sent=date:%d/%m/%Y", "--decimal", ","],
    "weight": ["--weight", "w", "--column", "note=text"],
    "all": ["--decimal", ",", "--group", "customer", "--weight", "w", *COLUMN],
}
LIGHT = ("decimal", "all")  # what each run of the tests tries
every_case = pytest.mark.parametrize(
    "said",
    [
        pytest.param(said, id=name, marks=[] if name in LIGHT else [pytest.mark.heavy])
        for name, said in CASES.items()
    ],
)


@pytest.fixture(autouse=True)
def table(folder: Path) -> None:
    """Fewer rows would be too few to tune on."""
    write(folder, N)


def write(folder: Path, n_rows: int) -> None:
    with (folder / "t.csv").open("w", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow([*COLUMNS, "kind"])
        size = [f"{x:.4f}".replace(".", ",") for x in COLUMNS["size"]]  # as all numbers here
        cells = {**COLUMNS, "size": size}
        writer.writerows([*zip(*cells.values(), Y, strict=True)][:n_rows])


def out(capsys: Captured, *command: str) -> str:
    code = run([*command])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return captured.out


def train(capsys: Captured, *said: str) -> Any:
    out(capsys, "train", "t.csv", "-t", "kind", *FAST, "-o", "m.numlp", *said)
    return numlp.load("m.numlp")


def configs(said: list[str]) -> list[str]:
    """What is said as two files: kinds of columns as a list, and as a table."""
    pairs = list(zip(said[::2], said[1::2], strict=True))
    kinds = [value for option, value in pairs if option == "--column"]
    lines = [f"{o.removeprefix('--')} = {json.dumps(v)}\n" for o, v in pairs if o != "--column"]
    by_name = ", ".join(f"{json.dumps(n)} = {json.dumps(k)}" for n, k in map(parted, kinds))
    return [
        "".join([*lines, f"column = {told}\n"]) for told in (json.dumps(kinds), f"{{{by_name}}}")
    ]


@every_case
def test_a_config_file_says_what_options_say_and_so_does_the_command_of_the_report(
    said: list[str], capsys: Captured
) -> None:
    write(Path(), 80)
    model = train(capsys, *said)
    whole = Path("m.numlp").read_bytes()
    for text in configs(said):
        Path("c.toml").write_text(text)
        train(capsys, "--config", "c.toml")
        assert Path("m.numlp").read_bytes() == whole
    shown = reproduction(model, {}, "kind")["train"]
    command = shlex.split(shown.replace("TABLE.csv", "t.csv"))
    assert run([*command[1:], "-q", "-o", "again.numlp"]) == 0
    assert Path("again.numlp").read_bytes() == whole


@every_case
def test_commands_that_learn_pass_it_on(said: list[str], capsys: Captured) -> None:
    told = out(capsys, "cv", "t.csv", "-t", "kind", "--folds", "2", *FAST, *said)
    command = shlex.split(told.splitlines()[-1])[1:]
    assert command[:2] == ["numlp", "train"]
    assert set(said) <= set(command)
    told = out(capsys, "check", "t.csv", "-t", "kind", *said)
    next_ = [line for line in told.splitlines() if line.startswith("next ")]
    assert all(set(said) <= set(shlex.split(line)) for line in next_ if "numlp train" in line)
    tune = ["tune", "t.csv", "-t", "kind", "--minutes", "0.0001", "--state", "s", *FAST, *said]
    out(capsys, *tune)
    tuned = numlp.load("t.numlp")
    assert [e.asked_as for e in tuned.table.encoders] == [
        e.asked_as for e in train(capsys, *said).table.encoders
    ]


@every_case
def test_commands_that_take_a_model_read_the_table_as_it_does(
    said: list[str], capsys: Captured
) -> None:
    train(capsys, *said)
    plain = out(capsys, "predict", "m.numlp", "t.csv", "-q")
    kept = out(capsys, "predict", "m.numlp", "t.csv", "-q", "--keep", "price", "--keep", "note")
    rows = list(csv.DictReader(kept.splitlines()))
    assert [row["price"] for row in rows] == COLUMNS["price"]
    assert [row["note"] for row in rows] == COLUMNS["note"]
    answers = [row["kind"] for row in csv.DictReader(plain.splitlines())]
    assert [row["kind"] for row in rows] == answers
    for by in ("customer", "grade"):
        assert by in out(capsys, "evaluate", "m.numlp", "t.csv", "--by", by)
    out(capsys, "explain", "m.numlp", "t.csv")
    out(capsys, "explain", "m.numlp", "t.csv", "--row", "3")
    out(capsys, "report", "m.numlp", "t.csv", "-o", "m.html")
    assert "numlp train TABLE.csv" in Path("m.html").read_text()
    out(capsys, "inspect", "m.numlp")
    is_read = numlp.load("m.numlp").table
    reads = any(getattr(encoder, "reading", None) for encoder in is_read.encoders)
    code = run(["export", "m.numlp", "-o", "m.onnx"])
    err = capsys.readouterr().err
    assert (code != 0) == reads
    assert not reads or ("'note'" in err and not Path("m.onnx").exists())


def test_every_option_that_names_columns_completes_them() -> None:
    for command in all_commands().values():
        for param in command.params:
            if isinstance(param, click.Option) and param.metavar == "COLUMN":
                assert param._custom_shell_complete is complete_column, (command.name, param.name)
