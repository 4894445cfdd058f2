"""Files as a spreadsheet writes them in much of Europe: the same model as of points and commas."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import numlp
from numlp.cli.main import run

RNG = np.random.default_rng(0)
N = 120
SIZE = RNG.uniform(-20, 20, N)
DEBT = RNG.integers(0, 9000, N)  # below a million, so that each of them could have a decimal point
ITEMS = RNG.integers(0, 900, N)
KIND = np.where(SIZE + DEBT / 500 > 8, "yes", "no")
SWAPPED = str.maketrans(",.", ".,")
FAST = ["-t", "kind", "--quality", "fast", "--epochs", "2", "--jobs", "1", "--quiet"]
Captured = pytest.CaptureFixture[str]

pytestmark = pytest.mark.filterwarnings("ignore:the net did not learn anything")


def write(name: str, rows: Any, names: str = "size debt items kind", delimiter: str = ",") -> str:
    with Path(name).open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, delimiter=delimiter)
        out.writerow(names.split())
        out.writerows(rows)
    return name


def plain(name: str = "plain.csv") -> str:
    cells = zip(SIZE, DEBT, ITEMS, KIND, strict=True)
    return write(name, [(f"{s:.2f}", d, i, k) for s, d, i, k in cells])


def european(name: str = "euro.csv", delimiter: str = ";") -> str:
    cells = zip(SIZE, DEBT, ITEMS, KIND, strict=True)
    rows = [
        (f"{s:.2f}".translate(SWAPPED), f"{d:,}".translate(SWAPPED), i, k) for s, d, i, k in cells
    ]
    return write(name, rows, delimiter=delimiter)


def answers(model: str, file: str, capsys: Captured) -> str:
    capsys.readouterr()
    assert run(["predict", model, file, "--proba", "--quiet"]) == 0
    return capsys.readouterr().out


@pytest.fixture
def trained() -> str:
    assert run(["train", european(), *FAST, "-o", "euro.numlp"]) == 0
    return "euro.numlp"


def form(model: str, name: str) -> Any:
    opened = numlp.load(model)
    assert isinstance(opened, numlp.Model)
    return next(each.written for each in opened.table.encoders if each.name == name)  # type: ignore[attr-defined]


def test_a_european_file_makes_the_model_of_the_same_numbers_with_points(
    trained: str, capsys: Captured
) -> None:
    assert run(["train", plain(), *FAST, "-o", "plain.numlp"]) == 0
    expected = answers("plain.numlp", "plain.csv", capsys)
    assert answers(trained, "euro.csv", capsys) == expected
    assert answers(trained, "plain.csv", capsys) == expected  # in which 1.234 has a decimal point
    assert form("plain.numlp", "size") is None


@pytest.mark.heavy
@pytest.mark.parametrize("delimiter", [";", "\t", ","])
def test_the_delimiter_does_not_matter_where_a_column_is_clear(
    delimiter: str, trained: str, capsys: Captured
) -> None:
    file = european("other.csv", delimiter)
    assert run(["train", file, *FAST, "-o", "other.numlp"]) == 0
    expected = answers(trained, "euro.csv", capsys)
    assert answers("other.numlp", file, capsys) == expected


def test_numbers_that_look_plain_are_thousands_to_a_model_of_commas(
    trained: str, capsys: Captured
) -> None:
    names = "size debt items"
    a = write("a.csv", [("3", "1.234", "2.345"), ("4", "2.345", "7")], names, ";")
    b = write("b.csv", [("3", "1234", "2345"), ("4", "2345", "7")], names, ";")
    c = write("c.csv", [("3", "1.234", "2.345"), ("4.5", "2.345", "7")], names, ";")
    assert answers(trained, a, capsys) == answers(trained, b, capsys)
    assert answers(trained, c, capsys) != answers(trained, b, capsys)  # 4.5 has a decimal point


def test_whole_numbers_may_have_commas_afterwards(trained: str, capsys: Captured) -> None:
    assert form(trained, "items") == {"decimal": ",", "unit": ""}
    names = "size debt items"
    a = write("a.csv", [("3,5", "7", "2,5"), ("4,5", "7", "1")], names, ";")
    b = write("b.csv", [("3.5", "7", "2.5"), ("4.5", "7", "1")], names, ";")
    assert answers(trained, a, capsys) == answers(trained, b, capsys)


def test_every_command_takes_such_a_file(trained: str, capsys: Captured) -> None:
    assert run(["evaluate", trained, "euro.csv", "--json"]) == 0
    out = capsys.readouterr().out
    assert json.loads(out)["rows"] == N
    assert run(["explain", trained, "euro.csv", "--row", "1"]) == 0
    assert re.search(r"debt +[\d.]+ +[+-]", capsys.readouterr().out)
    assert run(["report", trained, "euro.csv"]) == 0
    assert "no number" not in Path("report.html").read_text(encoding="utf-8")
    captured = capsys.readouterr()
    assert "no number" not in captured.err


def test_check_says_how_the_numbers_were_read(capsys: Captured) -> None:
    assert run(["check", european(), "-t", "kind", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    why = {column["name"]: column["why"] for column in facts["columns"]}
    assert why["size"] == "numbers written as text; decimal commas"
    assert "points between thousands" in why["debt"]
    assert "as in other columns; --decimal . reads it as" in why["debt"]
    assert not [each for each in facts["findings"] if each["kind"] == "numbers"]


OPEN = [(f"{d:,}", k) for d, k in zip(DEBT + 1000, KIND, strict=True)]


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("delimiter", "told", "center"),
    [(",", "as nothing else decides; --decimal , reads it as", 1000),
     (";", "as in files with semicolons; --decimal . reads it as", 1),
     ("\t", "as nothing else decides; --decimal , reads it as", 1000)],
)  # fmt: skip
def test_where_two_readings_are_possible_a_finding_says_both(
    delimiter: str, told: str, center: float, capsys: Captured
) -> None:
    file = write("open.csv", OPEN, "debt kind", delimiter)
    assert run(["check", file, "-t", "kind", "--json"]) == 0
    (finding,) = [
        each
        for each in json.loads(capsys.readouterr().out)["findings"]
        if each["kind"] == "numbers"
    ]
    assert finding["level"] == "warning"
    assert told in finding["text"]
    assert run(["train", file, *FAST, "-o", "open.numlp"]) == 0
    assert f"debt: {finding['text']}" in capsys.readouterr().out
    opened = numlp.load("open.numlp")
    assert opened.table.encoders[0].center // center in range(1, 10)  # type: ignore[union-attr, attr-defined]


@pytest.mark.heavy
@pytest.mark.parametrize("sign", [",", "."])
@pytest.mark.parametrize("command", ["train", "cv", "tune", "check"])
def test_the_option_decides_in_every_command_that_learns(
    sign: str, command: str, capsys: Captured
) -> None:
    file = write("open.csv", OPEN, "debt kind")
    more = {"tune": ["--minutes", "0.01"], "cv": ["--folds", "2"], "check": []}.get(command, [])
    fast = ["-t", "kind"] if command == "check" else FAST
    assert run([command, file, *fast, *more, "--decimal", sign]) == 0
    told = capsys.readouterr()
    assert "is read as" not in told.out
    if command in ("train", "tune"):
        opened = numlp.load("open.numlp")
        assert (opened.table.encoders[0].center < 10) == (sign == ",")  # type: ignore[union-attr, attr-defined]
        assert opened.info["settings"]["decimal"] == sign
    else:
        assert f"--decimal {sign}" in told.out  # of the next command


@pytest.mark.parametrize("command", ["train", "cv", "tune"])
def test_a_sign_against_the_cells_is_one_line(command: str, capsys: Captured) -> None:
    more = ["--minutes", "1"] if command == "tune" else []
    for file, sign, cell in ((plain(), ",", r"-?\d+\.\d\d"), (european(), ".", r"-?\d+,\d\d")):
        assert run([command, file, *FAST, *more, "--decimal", sign]) == 3
        err = capsys.readouterr().err.strip().split("\n")[-1]
        told = f"which is not a number with the decimal sign '{sign}'"
        assert re.match(rf"numlp: column 'size' has '{cell}', {told}", err)
    assert not [*Path().glob("*.numlp")]


def test_check_goes_on_without_a_sign_that_is_against_the_cells(capsys: Captured) -> None:
    assert run(["check", plain(), "-t", "kind", "--decimal", ","]) == 3
    assert capsys.readouterr().out.strip().endswith("numlp train plain.csv --target kind")


def test_the_sign_may_stand_in_a_config(capsys: Captured) -> None:
    file = write("open.csv", OPEN, "debt kind")
    Path("a.toml").write_text('decimal = ","\n')
    assert run(["train", file, *FAST, "--config", "a.toml"]) == 0
    assert form("open.numlp", "debt") == {"decimal": ",", "unit": ""}
    Path("a.toml").write_text('decimal = ";"\n')
    assert run(["train", file, *FAST, "--config", "a.toml"]) == 2
    assert "'--decimal'" in capsys.readouterr().err


def test_a_run_with_another_sign_is_another_run(capsys: Captured) -> None:
    file = write("open.csv", OPEN, "debt kind")
    begun = ["train", file, *FAST, "--checkpoint-every", "0", "--checkpoint", "a.ckpt"]

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("numlp.cli.commands.train.remove_leftovers", stop)
        run([*begun, "--decimal", ","])
    assert Path("a.ckpt").exists()
    resumed = ["train", file, *FAST, "--resume", "a.ckpt"]
    assert run([*resumed, "--decimal", "."]) == 4
    assert "debt" in capsys.readouterr().err
    assert run([*resumed, "--decimal", ","]) == 0


def test_a_target_with_commas_is_a_quantity_and_is_cut_in_ranges(capsys: Captured) -> None:
    rows = [(i, f"{x:.2f}".translate(SWAPPED)) for i, x in zip(ITEMS, SIZE, strict=True)]
    file = write("t.csv", rows, "items kind", ";")
    assert run(["train", file, *FAST]) == 3
    assert "'kind' has fractional numbers" in capsys.readouterr().err
    assert run(["check", file, "-t", "kind"]) == 3
    assert capsys.readouterr().out.strip().endswith("--target kind --bins 4")
    assert run(["train", file, *FAST, "--bins", "2"]) == 0
    opened = numlp.load("t.numlp")
    assert opened.ranges is not None
    assert opened.ranges.edges[0] == pytest.approx(np.median(SIZE), abs=0.5)
    capsys.readouterr()
    assert run(["evaluate", "t.numlp", file, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == N


def test_the_report_says_the_sign_and_the_ranges(capsys: Captured) -> None:
    rows = [(f"{d:,}", i) for d, i in zip(DEBT + 1000, ITEMS, strict=True)]
    file = write("t.csv", rows, "debt kind", ";")
    assert run(["train", file, *FAST, "--bins", "2", "--decimal", ","]) == 0
    assert run(["report", "t.numlp", file]) == 0
    page = re.sub("<[^>]+>", "", Path("report.html").read_text(encoding="utf-8"))
    assert "--decimal , --bins 2" in page
    capsys.readouterr()


def test_codes_are_told_by_check_and_train(capsys: Captured) -> None:
    rows = [(8000 + i % 20, k) for i, k in enumerate(KIND)]
    file = write("z.csv", rows, "zip kind")
    told = "zip: if its 20 distinct numbers are codes, --column zip=category"
    assert run(["check", file, "-t", "kind"]) == 0
    assert f"note: {told}" in capsys.readouterr().out
    assert run(["train", file, *FAST]) == 0
    assert told in capsys.readouterr().out
    assert run(["train", file, *FAST, "--column", "zip=category"]) == 0
    assert "are codes" not in capsys.readouterr().out
