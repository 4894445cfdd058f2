"""`numlp explain` names the columns that matter, and what one answer rests on."""

import json
import re
from pathlib import Path

import pytest

import numlp
from numlp.cli.main import run

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explain")
    command = ["train", str(PENGUINS), "-t", "species", "--quality", "fast", "--epochs", "20", "-q"]
    assert run([*command, "-o", str(folder / "penguins.numlp")]) == 0
    (folder / "penguins.csv").write_bytes(PENGUINS.read_bytes())
    return folder


@pytest.fixture(autouse=True)
def folder(trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> Path:
    monkeypatch.chdir(trained)
    capsys.readouterr()
    return trained


def test_the_columns_are_listed_by_what_they_are_worth(capsys: Captured) -> None:
    assert run(["explain", "penguins.numlp", "penguins.csv"]) == 0
    out = capsys.readouterr().out
    assert "on 344 rows of penguins.csv, each column shuffled 3 times:" in out
    line = r"^(\w+) +([\d.]+) +-?[\d.]+ to -?[\d.]+ +-?[\d.]+$"
    rows = re.findall(line, out, re.MULTILINE)
    assert rows[0][0] == "bill_length_mm"
    worth = [float(value) for _, value in rows]
    assert worth == sorted(worth, reverse=True)
    assert out.endswith("next       numlp explain penguins.numlp penguins.csv --row 1\n")


def test_json_has_every_column_and_every_repeat(capsys: Captured) -> None:
    assert run(["explain", "penguins.numlp", "penguins.csv", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["file"] == "penguins.csv"
    assert {column["name"] for column in found["columns"]} == set(
        PENGUINS.read_text(encoding="utf-8").splitlines()[0].split(",")[1:]
    )
    for column in found["columns"]:
        assert (len(column["values"]), column["n_rows"]) == (3, 344)
        assert column["low"] <= column["mean"] <= column["high"]


def test_one_answer_is_explained_by_the_cells_of_its_row(capsys: Captured) -> None:
    assert run(["explain", "penguins.numlp", "penguins.csv", "--row", "3"]) == 0
    out = capsys.readouterr().out
    assert re.match(r"row 3 of penguins.csv: 'Adelie' with a probability of [\d.]+%;\n", out)
    assert re.search(r"^bill_length_mm +40.3 +\+[\d.]+$", out, re.MULTILINE)
    assert run(["explain", "penguins.numlp", "penguins.csv", "--row", "3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    total = sum(c["mean"] for c in found["contributions"])
    assert total == pytest.approx(found["probability"] - found["base"], abs=1e-6)
    shown = re.search(r"^in all +([+-][\d.]+)$", out, re.MULTILINE)
    assert shown
    assert float(shown[1]) == pytest.approx(100 * total, abs=0.06)


def test_the_first_row_below_the_header_is_1_and_no_target_is_needed(capsys: Captured) -> None:
    lines = PENGUINS.read_text(encoding="utf-8").splitlines()
    Path("bare.csv").write_text("\n".join(line.partition(",")[2] for line in lines) + "\n")
    model = numlp.load("penguins.numlp")
    assert isinstance(model, numlp.Model)
    for row, cells in ((1, "39.1"), (344, "50.2")):
        assert run(["explain", "penguins.numlp", "bare.csv", "--row", str(row), "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        (length,) = [c for c in found["contributions"] if c["name"] == "bill_length_mm"]
        assert length["cell"] == cells
        assert found["label"] == ("Adelie" if row == 1 else "Chinstrap")


@pytest.mark.heavy
@pytest.mark.filterwarnings("ignore")
def test_columns_that_are_not_learned_from_are_counted_and_none_at_all_is_said(
    capsys: Captured,
) -> None:
    rows = [f"1,{i % 4},{'uv'[i % 4 // 2]}" for i in range(60)]
    Path("part.csv").write_text("\n".join(["same,n,y", *rows]) + "\n")
    Path("none.csv").write_text("\n".join(["same,y", *[f"1,{'uv'[i % 2]}" for i in range(60)]]))
    for name in ("part", "none"):
        train = ["train", f"{name}.csv", "-t", "y", "--quality", "fast", "--epochs", "2", "-q"]
        assert run(train) == 0
    capsys.readouterr()
    assert run(["explain", "part.numlp", "part.csv"]) == 0
    assert "teach nothing or matter less: 1 column\n" in capsys.readouterr().out
    assert run(["explain", "none.numlp", "none.csv"]) == 0
    assert capsys.readouterr().out.startswith("no column is learned from")
    assert run(["explain", "none.numlp", "none.csv", "--row", "1"]) == 0
    assert run(["report", "none.numlp", "none.csv"]) == 0
    assert "no column is learned from" in Path("report.html").read_text(encoding="utf-8")


def test_the_words_of_a_text_are_named_with_what_each_adds(capsys: Captured) -> None:
    rows = [f"\"{'Good' if i % 2 else 'bad'} s\x01oup, as {'so ' * (i % 5)}often {i % 30}\",{i % 2}"
            for i in range(120)]  # fmt: skip
    Path("memo.csv").write_text("\n".join(["memo,y", *rows]) + "\n")
    train = ["train", "memo.csv", "-t", "y", "--quality", "fast", "--epochs", "40", "-q"]
    assert run([*train, "--column", "memo=text", "-o", "memo.numlp"]) == 0
    capsys.readouterr()
    assert run(["explain", "memo.numlp", "memo.csv", "--row", "2"]) == 0
    out = capsys.readouterr().out
    assert "words of memo, and how much each speaks for '1' (log-odds: +0.7 doubles" in out
    named = re.findall(r"^  (\S.*\S) +([+-]\d+\.\d\d)$", out, re.MULTILINE)
    assert named[0][0] == "good"
    assert float(named[0][1]) > 0
    assert "s\\x01oup" in [word for word, _ in named]
    assert len(named) <= 10
    assert run(["explain", "memo.numlp", "memo.csv", "--row", "2", "--json"]) == 0
    (memo,) = json.loads(capsys.readouterr().out)["contributions"]
    assert (memo["words"][0]["word"], memo["words"][0]["n_rows"]) == ("good", 1)
    assert f"{memo['words'][0]['log_odds']:+.2f}" == named[0][1]
    assert run(["inspect", "memo.numlp"]) == 0
    assert re.search(
        r"memo  text: as asked; \d+ words and \d+ pieces of words are read", capsys.readouterr().out
    )
    assert run(["export", "memo.numlp", "-o", "memo.onnx"]) == 3
    err = capsys.readouterr().err
    assert err.startswith("numlp: the words of column 'memo' are read")
    assert err.count("\n") == 1
    assert not Path("memo.onnx").exists()
    assert run(["check", "memo.csv", "--column", "memo=text"]) == 0
    assert re.search(r"memo .* pieces of words are read", capsys.readouterr().out)


def test_control_characters_of_names_and_cells_do_not_reach_the_terminal(capsys: Captured) -> None:
    rows = ["p\x07,u", "q\x07,v\x1b"] * 30
    lines = ["a\x1b[2J,y", *rows]
    Path("bad.csv").write_text("\n".join(lines) + "\n")
    assert run(["train", "bad.csv", "-t", "y", "--quality", "fast", "--epochs", "2", "-q"]) == 0
    capsys.readouterr()
    for more in ([], ["--row", "2"], ["--row", "2", "--json"]):
        assert run(["explain", "bad.numlp", "bad.csv", *more]) == 0
        assert not re.search(r"[\x00-\x09\x0b-\x1f]", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["penguins.numlp", "penguins.csv", "--row", "345"], 3, "no row 345"),
        (["penguins.numlp", "penguins.csv", "--row", "0"], 2, "0 is not in the range"),
        (["penguins.numlp", "penguins.csv", "-t", "kind"], 3, "no column 'kind'"),
        (["penguins.csv", "penguins.csv"], 4, "penguins.csv"),
        (["penguins.numlp", "one.csv", "--row", "1"], 3, "one row alone"),
        (["penguins.numlp", "other.csv", "--row", "1"], 3, "missing"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    arguments: list[str], code: int, message: str, capsys: Captured
) -> None:
    lines = PENGUINS.read_text(encoding="utf-8").splitlines()
    Path("one.csv").write_text("\n".join(lines[:2]) + "\n")
    Path("other.csv").write_text("a,b\n1,2\n3,4\n")
    assert run(["explain", *arguments]) == code
    captured = capsys.readouterr()
    assert message in captured.err.splitlines()[-1]
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_what_is_lost_has_one_sign_in_the_text_and_on_the_page(capsys: Captured) -> None:
    assert run(["explain", "penguins.numlp", "penguins.csv"]) == 0
    out = capsys.readouterr().out
    heading = next(line for line in out.splitlines() if line.startswith("column "))
    assert heading.endswith("  accuracy lost")
    rows = re.findall(r"^(\w+) +-?[\d.]+ +-?[\d.]+ to -?[\d.]+ +(-?[\d.]+)$", out, re.MULTILINE)
    assert float(rows[0][1]) > 5
    assert not re.search(r"-0\.0+\b(?!\d)", out)
    assert run(["report", "penguins.numlp", "penguins.csv"]) == 0
    page = Path("report.html").read_text(encoding="utf-8")
    table = page.partition('<table id="columns">')[2].partition("</table>")[0]
    assert ">accuracy lost</th>" in table
    for name, lost in rows:
        row = table.partition(f"<span>{name}</span>")[2].partition("</td></tr>")[0]
        assert row.endswith(f">{lost}")
