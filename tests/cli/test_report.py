"""`numlp report` writes the page, or says in one line why not."""

import html
import re
from pathlib import Path

import numpy as np
import pytest

import numlp
from numlp import TabularClassifier
from numlp.cli.main import run

from ..report.reading import Reader

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model in a folder of its own, with a table beside it."""
    folder = tmp_path_factory.mktemp("report")
    command = ["train", str(PENGUINS), "-t", "species", "--quality", "fast", "--epochs", "5", "-q"]
    assert run([*command, "-o", str(folder / "penguins.numlp"), "--column", "year=category"]) == 0
    (folder / "penguins.csv").write_bytes(PENGUINS.read_bytes())
    return folder


@pytest.fixture(autouse=True)
def folder(trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> Path:
    monkeypatch.chdir(trained)
    capsys.readouterr()
    return trained


@pytest.mark.heavy
def test_the_page_is_written_and_has_the_accuracy_that_evaluate_prints(capsys: Captured) -> None:
    assert run(["evaluate", "penguins.numlp", "penguins.csv"]) == 0
    (accuracy,) = re.findall(r"accuracy +([\d.]+%)", capsys.readouterr().out)
    assert run(["report", "penguins.numlp", "penguins.csv"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("on 344 rows of penguins.csv:\n")
    assert re.search(r"^report +report.html, \d+ KiB$", out, re.MULTILINE)
    assert "next       open report.html in a browser" in out
    page = Reader(Path("report.html").read_text(encoding="utf-8"))
    assert f"Right in {accuracy} of 344 rows of penguins.csv" in page.texts["verdict"]
    assert [row[1] for row in page.tables["files"][1:]] == ["penguins.numlp", "penguins.csv"]


@pytest.mark.heavy
def test_the_commands_that_the_page_shows_make_the_same_model_and_page() -> None:
    run(["report", "penguins.numlp", "penguins.csv", "-o", "a.html"])
    first = Path("a.html").read_bytes()
    model = Path("penguins.numlp").read_bytes()
    (shown,) = re.findall(r"<pre>(.*?)</pre>", first.decode(), re.DOTALL)
    train, report = html.unescape(shown).splitlines()
    assert train == (
        "numlp train TABLE.csv --target species --quality fast --epochs 5 --seed 0 "
        "--column year=category"
    )
    arguments = train.replace("TABLE.csv", "penguins.csv").split()[1:]
    assert run([*arguments, "-o", "again.numlp", "-q"]) == 0
    assert Path("again.numlp").read_bytes() == model
    assert run([*report.split()[1:], "-o", "b.html"]) == 0
    assert Path("b.html").read_bytes() == first


def test_rows_are_numbered_as_in_the_file_where_blank_ones_are_left_out() -> None:
    lines = PENGUINS.read_text(encoding="utf-8").splitlines()
    blank = [re.sub("^[^,]*", "", line) for line in lines[1:51]]
    wrong = lines[51].replace("Adelie", "Gentoo")
    Path("some.csv").write_text("\n".join([lines[0], *blank, wrong, *lines[52:]]) + "\n")
    assert run(["report", "penguins.numlp", "some.csv", "-o", "some.html"]) == 0
    worst = Reader(Path("some.html").read_text(encoding="utf-8")).tables["worst"]
    assert "51" in [row[0] for row in worst]


def test_a_table_whose_words_are_new_is_told_of_in_the_page() -> None:
    text = PENGUINS.read_text(encoding="utf-8").replace("Torgersen", "<i>Mars</i>")
    Path("mars.csv").write_text(text)
    assert run(["report", "penguins.numlp", "mars.csv", "-o", "mars.html"]) == 0
    assert "island: 52 cells with a word" in Path("mars.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nothere.numlp", "penguins.csv"], 5, "nothere.numlp"),
        (["penguins.csv", "penguins.csv"], 4, "penguins.csv"),
        (["penguins.numlp", "nothere.csv"], 3, "nothere.csv"),
        (["penguins.numlp", "penguins.csv", "-t", "kind"], 3, "no column 'kind'"),
        (["penguins.numlp", "penguins.csv", "-t", "island"], 3, "was not trained on"),
        (["penguins.numlp", "penguins.csv", "-o", "no/where.html"], 5, "does not exist"),
        (["penguins.numlp", "penguins.csv", "-o", "."], 5, "is a folder"),
        (["penguins.numlp"], 2, "Missing argument"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    arguments: list[str], code: int, message: str, capsys: Captured
) -> None:
    assert run(["report", *arguments]) == code
    captured = capsys.readouterr()
    assert message in captured.err.splitlines()[-1]
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_a_page_that_cannot_be_written_leaves_the_old_one_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    assert run(["report", "penguins.numlp", "penguins.csv", "-o", "old.html"]) == 0
    before = Path("old.html").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert run(["report", "penguins.numlp", "penguins.csv", "-o", "old.html"]) == 5
    assert Path("old.html").read_bytes() == before
    assert "old.html: No space left on device" in capsys.readouterr().err
    assert [path for path in Path().iterdir() if path.suffix == ".tmp"] == []


def test_a_model_saved_from_python_with_numbers_as_classes_is_reported_on() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    clf = TabularClassifier("fast", epochs=3, ensemble_size=2, random_state=0)
    clf.fit({"x": x}, (x > 0).astype(int)).save("numbers.numlp")
    lines = [f"{v},{int(v > 0)}" for v in x]
    Path("numbers.csv").write_text("\n".join(["x,y", *lines]) + "\n")
    assert run(["report", "numbers.numlp", "numbers.csv", "-o", "n.html"]) == 2
    assert run(["report", "numbers.numlp", "numbers.csv", "-t", "y", "-o", "n.html"]) == 0
    page = Path("n.html").read_text(encoding="utf-8")
    assert "TabularClassifier(quality=&#39;fast&#39;, epochs=3, ensemble_size=2" in page
    assert "numlp report numbers.numlp numbers.csv --target y" in page
    assert numlp.load("numbers.numlp").classes.tolist() == [0, 1]
