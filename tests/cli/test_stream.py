"""``numlp predict`` on tables read in blocks: the answers, the notes, and faults on the way."""

import json
import re
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

import numlp
from numlp import TabularClassifier
from numlp.cli.commands import predict as module
from numlp.cli.main import run
from numlp.common.wording import CellNote
from numlp.data.files.sheet import Sheet, read
from numlp.models.fitted_model import BLOCK
from numlp.models.model import Model
from numlp.nn import mlp
from numlp.table.table import Table

RNG = np.random.default_rng(0)
N = 3 * BLOCK + 100

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    n = 200
    code = np.array(["1", "2", "x"], object)[RNG.integers(0, 3, n)]
    size, hue = RNG.normal(size=n), np.array([*"rgb"], object)[RNG.integers(0, 3, n)]
    days = np.datetime64("2024-01-01") + RNG.integers(0, 300, n)
    label = np.where(size + (hue == "r") + (code == "1") > 0.7, "yes", "no")
    clf = TabularClassifier("fast", epochs=10, random_state=0)
    clf.fit({"size": size, "hue": hue, "code": code, "day": days}, label)
    path = tmp_path_factory.mktemp("model") / "m.numlp"
    clf.save(path)
    return path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "MOST_ROWS", BLOCK)
    return tmp_path


def rows(n: int = N) -> list[str]:
    days = (np.datetime64("2024-01-01") + RNG.integers(0, 300, n)).astype(str)
    return [
        f"{RNG.normal():.4f},{'rgb'[i % 3] if i % 50 else ''},{i % 2 + 1}.0,{days[i]}"
        for i in range(n)
    ]


def write(lines: list[str], name: str = "t.csv") -> str:
    Path(name).write_text("\n".join(["size,hue,code,day", *lines]) + "\n")
    return name


def answers(capsys: Captured, *arguments: str) -> str:
    assert run(["predict", *arguments, "--proba"]) == 0
    return capsys.readouterr().out


# What decides on a column may stand in its last row: then "1.0" is not the word "1".
LAST = {
    "nothing odd": "0.5,r,1.0,2024-05-05",
    "a word": "big,r,1.0,2024-05-05",
    "a code that is a word": "0.5,r,x,2024-05-05",
    "leading zeros": "0.5,r,007,2024-05-05",
    "no date": "0.5,r,1.0,soon",
    "blanks": ",,,",
}


@pytest.mark.heavy
@pytest.mark.parametrize("name", LAST)
def test_blocks_give_to_the_bit_what_the_whole_table_gives(
    name: str, model: Path, capsys: Captured
) -> None:
    path = write([*rows(), LAST[name]])
    loaded = numlp.load(model)
    P = loaded.predict_proba(read(path).columns, [])
    blocks = list(module.table_files.read_blocks(path, BLOCK))
    assert len(blocks) == 4
    assert np.array_equal(np.concatenate([loaded.predict_proba(b.columns, []) for b in blocks]), P)
    found = answers(capsys, str(model), path).splitlines()[1:]
    expected = [
        f"{loaded.classes[code]},{p[0]:.6g},{p[1]:.6g}"
        for code, p in zip(loaded.decide(P), P, strict=True)
    ]
    assert found == expected


def test_a_text_that_is_read_is_answered_in_blocks_to_the_bit(capsys: Captured) -> None:
    notes = [f"{'good' if i % 2 else 'bad'} soup, {'very ' * (i % 4)}hot" for i in range(N)]
    clf = TabularClassifier("fast", epochs=25, ensemble_size=2, random_state=0)
    clf.fit({"note": notes[:120]}, ["no", "yes"] * 60, columns={"note": "text"}).save("n.numlp")
    notes[-400:] = ["这个菜很好吃"] * 400
    Path("n.csv").write_text("\n".join(["note,i", *(f'"{note}",0' for note in notes)]) + "\n")
    P = numlp.load("n.numlp").predict_proba({"note": notes}, [])
    blocks = [b.columns for b in module.table_files.read_blocks("n.csv", BLOCK)]
    assert len(blocks) == 4
    model = numlp.load("n.numlp")
    assert np.array_equal(np.concatenate([model.predict_proba(b, []) for b in blocks]), P)
    assert run(["predict", "n.numlp", "n.csv", "--proba"]) == 0
    out, err = capsys.readouterr()
    assert [line.split(",")[0] for line in out.splitlines()[1:5]] == ["no", "yes", "no", "yes"]
    assert "400 cells without any word that was frequent in training" in err


def test_parquet_and_json_give_the_answers_of_the_csv(model: Path, capsys: Captured) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.read_csv(write(rows()), keep_default_na=False)
    frame.to_parquet("t.parquet")
    Path("t.jsonl").write_text("\n".join(json.dumps(r) for r in frame.to_dict("records")))
    expected = answers(capsys, str(model), "t.csv")
    assert answers(capsys, str(model), "t.parquet") == expected
    assert answers(capsys, str(model), "t.jsonl") == expected


def test_notes_on_cells_of_all_blocks_are_added_up(model: Path, capsys: Captured) -> None:
    lines = rows()
    for i in range(0, N, 2):
        lines[i] = f"w{i % 1000},pink,1.0,2024-05-05"
    assert run(["predict", str(model), write(lines), "-q"]) == 0
    err = capsys.readouterr().err.splitlines()
    assert len(err) == 1
    size, hue = err[0].split("; ")
    told = f"size: {N // 2:,} cells no number, taken as missing: 'w0'"
    assert size.startswith(f"numlp: warning: some cells are unlike those of training: {told}")
    assert size.endswith("and 495 more")
    assert re.fullmatch(rf"hue: {N // 2:,} cells with a word .*", hue)


def test_notes_that_differ_stay_apart() -> None:
    notes = [CellNote("a", 1, "odd"), CellNote("b", 1, "odd"), "x", CellNote("a", 2, "odd"), "x"]
    assert CellNote.added(notes) == ["a: 3 cells odd", "b: 1 cell odd", "x"]
    many = CellNote.added([CellNote("a", 1, "odd", [str(i)]) for i in range(3000)])
    assert many == ["a: 3,000 cells odd: '0', '1', '2', '3', '4' and 995 more"]


def test_a_column_of_no_use_to_the_model_may_hold_anything(model: Path, capsys: Captured) -> None:
    path = write(rows())
    lines = Path(path).read_text().splitlines()
    Path("more.csv").write_text("\n".join(f"{line},{'w' if i == 0 else 'inf'}"
                                          for i, line in enumerate(lines)))  # fmt: skip
    assert answers(capsys, str(model), "more.csv") == answers(capsys, str(model), path)


def test_a_missing_column_is_named_with_those_there_are(model: Path, capsys: Captured) -> None:
    Path("t.csv").write_text("size,hue,code\n1,r,x\n")
    assert run(["predict", str(model), "t.csv"]) == 3
    captured = capsys.readouterr()
    assert "'day' is missing; the table has 'size', 'hue', 'code'" in captured.err
    assert captured.out == ""


def test_a_broken_line_at_the_end_is_found_before_anything_is_written(
    model: Path, capsys: Captured
) -> None:
    assert run(["predict", str(model), write([*rows(), "1,r"])]) == 3
    captured = capsys.readouterr()
    assert f"line {N + 2:d} has 2 cells" in captured.err
    assert captured.out == ""


def test_a_fault_in_a_late_block_ends_with_its_code_and_an_output_file_is_untouched(
    model: Path, capsys: Captured
) -> None:
    path = write([*rows(), "inf,r,1,2024-05-05"])
    before = f"{numlp.load(model).target or 'prediction'}\nas it was\n"
    Path("out.csv").write_text(before)
    assert run(["predict", str(model), path, "-o", "out.csv"]) == 3
    captured = capsys.readouterr()
    assert f"line {N + 2}, column 'size': 'inf' is infinite" in captured.err
    assert captured.out == ""
    assert Path("out.csv").read_text() == before
    assert sorted(p.name for p in Path().iterdir()) == ["out.csv", "t.csv"]
    assert run(["predict", str(model), path]) == 3  # what came before it has been written
    assert capsys.readouterr().out.count("\n") == 3 * BLOCK + 1


def test_an_output_file_has_what_stdout_would_have_had(model: Path, capsys: Captured) -> None:
    path = write(rows())
    expected = answers(capsys, str(model), path)
    assert answers(capsys, str(model), path, "-o", "out.csv") == ""
    assert Path("out.csv").read_text() == expected


@pytest.mark.parametrize("output", ["no/such/out.csv", "."])
def test_an_output_that_cannot_be_written_is_exit_5(
    output: str, model: Path, capsys: Captured
) -> None:
    assert run(["predict", str(model), write(rows()), "-o", output]) == 5
    assert "-o" in capsys.readouterr().err


def test_a_model_of_an_array_finds_columns_by_position(capsys: Captured) -> None:
    X = RNG.normal(size=(100, 2))
    clf = TabularClassifier("fast", epochs=5, random_state=0).fit(X, (X[:, 0] > 0).astype(int))
    clf.save("m.numlp")
    Path("t.csv").write_text("a,b\n" + "".join(f"{a},{b}\n" for a, b in X.tolist()))
    assert run(["predict", "m.numlp", "t.csv"]) == 0
    found = capsys.readouterr().out.split()
    assert found == ["prediction", *map(str, clf.predict(X))]


def test_the_next_command_is_named_on_stderr_unless_quiet(model: Path, capsys: Captured) -> None:
    path = write(rows(3))
    assert run(["predict", str(model), path]) == 0
    captured = capsys.readouterr()
    hole, following = captured.err.splitlines()
    assert hole.endswith(" training: hue: 1 cell missing, where none was in training")
    assert following.startswith(f"numlp: next: numlp evaluate {model} ROWS")
    assert "next" not in captured.out
    assert run(["predict", str(model), write(rows(4)[1:]), "-q"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.heavy
@pytest.mark.parametrize("n_columns", [1, 4, 300, 5000])
def test_a_block_is_whole_blocks_of_the_network_and_small_where_columns_are_many(
    n_columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def spy(_: object, rows: int, **__: object) -> Generator[Sheet, None, None]:
        asked.append(rows)
        yield from ()

    monkeypatch.setattr(module, "MOST_ROWS", 1 << 16)
    monkeypatch.setattr(module.table_files, "read_blocks", spy)
    table = Table.fit({f"c{i}": [1.0, 2.5, 4.0] for i in range(n_columns)})
    model = Model(table, mlp([table.width, 2, 2]), np.array(["a", "b"]))
    model.save("m.numlp")
    assert run(["predict", "m.numlp", "t.csv", "-q"]) == 0
    (rows,) = asked
    assert rows % BLOCK == 0
    assert rows == BLOCK or rows * n_columns <= module.BLOCK_CELLS
    assert n_columns > 4 or rows == 1 << 16
