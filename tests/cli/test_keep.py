"""``numlp predict --keep``: columns of the file in front of the answers, as they are spelled."""

import csv
import io
import json
from pathlib import Path

import duckdb
import numpy as np
import pytest

from numlp.cli.commands import predict
from numlp.cli.main import run

FAST = ["--quality", "fast", "--epochs", "2", "--quiet", "-j", "1"]
# IDs that a reader of numbers, of dates or of spreadsheets would spell otherwise.
IDS = [
    "007",
    "7",
    "7.0",
    "1e3",
    "",
    " 8 ",
    "2024-03-01",
    "=1+1",
    "+49 171",
    "a\nb",
    'say "hi"',
    "é,",
]

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    x = np.random.default_rng(0).normal(size=80)
    rows = [f"{i},{a:.3f},{'yes' if a > 0 else 'no'}" for i, a in enumerate(x)]
    (folder / "t.csv").write_text("\n".join(["id,x,y", *rows]))
    output = ["-o", str(folder / "m.numlp")]
    assert run(["train", str(folder / "t.csv"), "-t", "y", *FAST, *output]) == 0
    with (folder / "new.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["x", "key"], *([f"{i}.50", key] for i, key in enumerate(IDS))])
    return folder


@pytest.fixture(autouse=True)
def folder(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made)


def answers(capsys: Captured, *arguments: str) -> list[list[str]]:
    """The header and the rows that predict writes."""
    capsys.readouterr()
    assert run(["predict", "m.numlp", *arguments, "-q"]) == 0
    return list(csv.reader(io.StringIO(capsys.readouterr().out, newline="")))


def test_each_cell_stands_in_front_of_its_answer_as_it_is_spelled(capsys: Captured) -> None:
    plain = answers(capsys, "new.csv", "--proba")
    head, *rows = answers(capsys, "new.csv", "--proba", "--keep", "key", "--keep", "x")
    assert head == ["key", "x", *plain[0]]
    assert [row[0] for row in rows] == IDS
    assert [row[1] for row in rows] == [f"{i}.50" for i in range(len(IDS))]  # which is learned from
    assert [row[2:] for row in rows] == plain[1:]


def test_one_that_is_asked_for_twice_stands_once(capsys: Captured) -> None:
    assert answers(capsys, "new.csv", "--keep", "key", "--keep", "key")[0] == ["key", "y"]


def test_blocks_have_the_cells_of_their_own_rows(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    n = 5000
    Path("many.csv").write_text("key,x\n" + "\n".join(f"0{i},{i % 7 - 3}.5" for i in range(n)))
    whole = answers(capsys, "many.csv", "--keep", "key")
    assert [row[0] for row in whole[1:]] == [f"0{i}" for i in range(n)]
    monkeypatch.setattr(predict, "BLOCK_CELLS", 1)
    assert answers(capsys, "many.csv", "--keep", "key") == whole


def test_several_files_are_kept_by_name(capsys: Captured) -> None:
    Path("a.csv").write_text("x,key\n1,01\n")
    Path("b.csv").write_text("key;x\n1e3;2\n")
    rows = answers(capsys, "a.csv", "b.csv", "--keep", "key")
    assert [row[0] for row in rows] == ["key", "01", "1e3"]


def test_other_formats_are_spelled_as_their_values_are(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    columns = {
        "n": "9223372036854775807::BIGINT", "f": "1.5::DOUBLE", "b": "true", "t": "'0 7'",
        "day": "DATE '2024-03-01'", "zone": "TIMESTAMPTZ '2024-03-01 10:00:00+02'", "none": "NULL",
        "r": "'a' || chr(13) || 'b'",
    }  # fmt: skip
    selected = ", ".join(f"{value} AS {name}" for name, value in columns.items())
    query = f"COPY (SELECT {selected}, 1.0 AS x) TO '$' (FORMAT parquet)"
    duckdb.execute(query.replace("$", "t.parquet"))
    keep = [f"--keep={name}" for name in columns]
    head, row = answers(capsys, "t.parquet", *keep)
    assert head == [*columns, "y"]
    expected = ["9223372036854775807", "1.5", "true", "0 7", "2024-03-01"]
    assert row[:-1] == [*expected, "2024-03-01 08:00:00+00", "", "a\rb"]
    Path("t.jsonl").write_text(json.dumps({"n": 2**60 + 1, "t": "007", "x": 1}) + "\n")
    assert answers(capsys, "t.jsonl", "--keep=n", "--keep=t")[1][:2] == [str(2**60 + 1), "007"]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--keep", "kye"], 3, "new.csv: no column 'kye'; did you mean 'key'?"),
        (["--keep", ""], 3, "new.csv: no column ''; it has 'x', 'key'"),
        (["--keep", "y"], 2, "--keep y: the answers have a column of that name"),
        (["--keep", "set", "--coverage", "0.9"], 2, "--keep set: the answers"),
        (["--keep", "proba_yes", "--proba"], 2, "--keep proba_yes: the answers"),
    ],
)
def test_what_cannot_be_kept_is_one_line(
    arguments: list[str], code: int, told: str, capsys: Captured
) -> None:
    assert run(["predict", "m.numlp", "new.csv", *arguments]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert len(err.splitlines()) == 1


def test_a_file_of_answers_with_the_same_columns_kept_is_replaced(capsys: Captured) -> None:
    command = ["predict", "m.numlp", "new.csv", "-q", "-o", "out.csv"]
    for keep in ([], ["--keep", "key"], ["--keep", "key", "--proba"]):
        assert run([*command, *keep]) == 0, keep
    assert run([*command, "--keep", "x"]) == 2
    assert "out.csv exists already and is not a file of answers" in capsys.readouterr().err
    Path("out.csv").write_text("key,x,y\n1,2,yes\n")  # a table to learn from
    assert run([*command, "--keep", "key"]) == 2


def test_a_file_of_options_may_name_them(capsys: Captured) -> None:
    Path("numlp.toml").write_text('[predict]\nkeep = ["key", "x"]\n')
    assert answers(capsys, "new.csv", "--config", "numlp.toml")[0] == ["key", "x", "y"]
