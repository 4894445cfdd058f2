"""Kinds with a detail, dates and levels, from a file to its answers, by the commands."""

import csv
import datetime as dt
import json
import re
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest

import numlp
from numlp.cli.main import run
from numlp.data.files.sheet import read
from numlp.table.table import Table

DAYS = [dt.date(2023, 1, 1) + dt.timedelta(17 * i) for i in range(40)]
EARLY = [day for day in DAYS if day.day <= 12] * 3
SIZES = ["S", "M", "L"]
TRAIN = ["-t", "kind", "--quality", "fast", "--epochs", "2", "-q"]

Captured = pytest.CaptureFixture[str]


def write(path: str, form: str, days: list[dt.date] = DAYS) -> str:
    with Path(path).open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["when", "size", "a=b", "kind"])
        for i, day in enumerate(days):
            rows.writerow([f"{day:{form}}", SIZES[i % 3], i % 5 + 0.5, "ab"[i % 2]])
    return path


def columns(capsys: Captured, *arguments: str) -> dict[str, dict[str, Any]]:
    assert run(["check", *arguments, "-t", "kind", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    return {column["name"]: column for column in found["columns"]} | {"": found}


@pytest.mark.parametrize(
    ("form", "became"),
    {
        "%d/%m/%Y": ("date", "times written as %d/%m/%Y"),
        "%m/%d/%Y 1:05 PM": ("date", "times written as %m/%d/%Y"),
        "%d.%m.%Y": ("date", "times written as %d.%m.%Y"),
        "%Y/%m/%d": ("date", "times written as %Y/%m/%d"),
        "%d-%b-%y": ("date", "times written as %d-%b-%y"),
        "%Y-%m": ("date", "times written as %Y-%m"),
        "%Y-%m-%d": ("date", "times; "),
        "%Y%m%d": ("number", "each number is a date"),
    }.items(),
)  # fmt: skip
def test_a_csv_hands_over_dates_as_they_are_written(
    capsys: Captured, form: str, became: tuple[str, str]
) -> None:
    kind, told = became
    found = columns(capsys, write("t.csv", form))["when"]
    assert (found["kind"], told in found["why"]) == (kind, True)
    frame = pd.read_csv("t.csv")
    assert Table.fit(frame).audit()[0]["kind"] == kind


def test_the_day_that_decides_may_be_in_another_file(capsys: Captured) -> None:
    write("day-1.csv", "%d/%m/%Y", EARLY)
    write("day-2.csv", "%d/%m/%Y")
    alone = columns(capsys, "day-1.csv")
    assert alone["when"]["kind"] == "category"
    (finding,) = [each for each in alone[""]["findings"] if each["kind"] == "dates"]
    assert (finding["level"], finding["columns"]) == ("warning", ["when"])
    assert "as %d/%m/%Y or" in finding["text"]
    assert "--column when=date:%d/%m/%Y does" in finding["text"]
    assert alone[""]["verdict"] == "warning"
    assert columns(capsys, "day-*.csv")["when"]["kind"] == "date"


def test_training_goes_on_warns_and_notes_what_is_open(capsys: Captured) -> None:
    assert run(["train", write("t.csv", "%d/%m/%Y", EARLY), *TRAIN]) == 0
    out, err = capsys.readouterr()
    told = r"warning: column 'when' is not read as dates: .* Ask for 'date:%d/%m/%Y' or"
    assert re.search(told, err)
    assert "  when: its dates have two readings: " in out
    assert run(["train", "t.csv", *TRAIN, "--column", "when=date:%m/%d/%Y"]) == 0
    assert "two readings" not in "".join(capsys.readouterr())


def test_kinds_with_a_detail_go_into_the_model_and_from_a_config(capsys: Captured) -> None:
    write("t.csv", "%d/%m/%Y", EARLY)
    asked = {"when": "date:%d/%m/%Y", "size": 'ordered:S,"M",L', "a=b": "category"}
    options = [part for name, kind in asked.items() for part in ("--column", f"{name}={kind}")]
    assert run(["train", "t.csv", *TRAIN, *options]) == 0
    model: Any = numlp.load("t.numlp")
    assert model.info["settings"]["columns"] == asked
    assert [each["kind"] for each in model.audit()] == ["date", "ordered", "category"]
    table = ", ".join(f"{json.dumps(name)} = {json.dumps(kind)}" for name, kind in asked.items())
    Path("c.toml").write_text(f"[train]\ncolumn = {{ {table} }}\n")
    before = Path("t.numlp").read_bytes()
    assert run(["train", "t.csv", *TRAIN, "--config", "c.toml"]) == 0
    assert Path("t.numlp").read_bytes() == before
    capsys.readouterr()
    later = Path("later.csv")
    later.write_text("when,size,a=b\n2023-02-01,XL,0.5\n99/99/2023,S,1.5\n")
    assert run(["predict", "t.numlp", str(later), "-q"]) == 0
    err = capsys.readouterr().err
    assert "when: 1 cell no time written as %d/%m/%Y, taken as missing: '99/99/2023'" in err
    assert "size: 1 cell with a word that is no level" in err


@pytest.mark.parametrize(
    ("option", "told"),
    {
        "when=date:%Q": "%Q is no directive of a date",
        "size=ordered:S": "there are 1: give 2 to",
        "size=ordered": "'ordered' needs more behind it, as in 'ordered:low,mid,high'",
        "when=text:x": "'text:length' where its words are not to be read",
    }.items(),
)
def test_a_detail_that_is_none_is_a_line(capsys: Captured, option: str, told: str) -> None:
    assert run(["train", write("t.csv", "%d/%m/%Y"), *TRAIN, "--column", option]) == 2
    err = capsys.readouterr().err
    assert told in err
    assert not Path("t.numlp").exists()


def test_a_form_that_no_cell_has_is_a_fault_of_the_table(capsys: Captured) -> None:
    arguments = ["train", write("t.csv", "%d/%m/%Y"), *TRAIN, "--column", "when=date:%d.%m.%Y"]
    assert run(arguments) == 3
    told = "column 'when' was asked to be 'date:%d.%m.%Y', but 0 of 40 cells hold a time"
    assert told in capsys.readouterr().err


LEVELS: dict[str, Any] = {
    "pandas": lambda path, cells: pd.DataFrame(
        {"a": pd.Categorical(cells, [*SIZES, "XL"], ordered=True)}).to_parquet(path),
    "polars": lambda path, cells: pl.DataFrame(
        {"a": pl.Series(cells, dtype=pl.Enum([*SIZES, "XL"]))}).write_parquet(path),
}  # fmt: skip


def _skip_where_polars_notes_nothing(path: str, make: Any) -> None:
    noted = pq.read_schema(path).field("a").metadata or {}
    if make is LEVELS["polars"] and b"_PL_ENUM_VALUES2" not in noted:
        pytest.skip("this polars does not note the order of an Enum down in Parquet")


@pytest.mark.parametrize("make", LEVELS.values(), ids=LEVELS)
def test_parquet_keeps_the_order_of_categories(make: Any) -> None:
    make("a.parquet", ["L", "S", "M", None])
    make("b.parquet", ["M", "M"])
    _skip_where_polars_notes_nothing("a.parquet", make)
    for files in ("a.parquet", ["a.parquet", "b.parquet"]):
        assert read(files).levels == {"a": (*SIZES, "XL")}
    pd.DataFrame({"a": pd.Categorical(["S"], ["XL", "S"], ordered=True)}).to_parquet("c.parquet")
    sheet = read(["a.parquet", "c.parquet"])
    assert (sheet.levels, sheet.categories) == ({}, {"a"})


def test_without_pyarrow_an_order_that_is_in_the_pages_alone_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    LEVELS["pandas"]("a.parquet", ["L", "S"])
    LEVELS["polars"]("b.parquet", ["L", "S"])
    _skip_where_polars_notes_nothing("b.parquet", LEVELS["polars"])
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)  # as if it were not installed
    sheet = read("a.parquet")
    assert sheet.levels == {}
    assert sheet.notes == [
        "Parquet",
        "the categories of 'a' have an order, which pyarrow reads: install it, or say --column "
        "NAME=ordered:LOW,...,HIGH",
    ]
    assert read("b.parquet").levels == {"a": (*SIZES, "XL")}
