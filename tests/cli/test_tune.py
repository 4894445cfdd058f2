"""``numlp tune``: the ladder, the verdict, the model, and a search that is stopped on its way."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import numlp
from numlp.cli.commands import tune
from numlp.cli.main import run
from numlp.tabular.tuning import Search

from ..tabular.clock import set_by_hand

FAST = ["-t", "kind", "--quality", "fast", "--epochs", "9"]

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    return set_by_hand(monkeypatch)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    kind = np.where(x + rng.normal(size=200) / 2 > 0, "a", "b")
    rows = "".join(f"{a},{b}\n" for a, b in zip(x.tolist(), kind, strict=True))
    (tmp_path / "t.csv").write_text("x,kind\n" + rows)
    return tmp_path


def test_the_ladder_the_verdict_and_the_next_command_are_printed(
    folder: Path, capsys: Captured
) -> None:
    assert run(["tune", "t.csv", *FAST, "--minutes", "1", "-q"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert re.search(r"^1 epoch, \d+ tried; log-loss on rows held out$", captured.out, re.M)
    assert "the usual settings" in captured.out
    assert re.search(r"^verdict    .*(usual settings|has the best)", captured.out, re.M)
    assert captured.out.endswith("next       numlp predict t.numlp NEW_ROWS.csv\n")
    model = numlp.load("t.numlp")
    assert model.target == "kind"
    assert sorted(path.name for path in folder.iterdir()) == ["t.csv", "t.numlp"]


def test_without_better_settings_the_model_is_that_of_train(
    capsys: Captured,
) -> None:
    assert run(["tune", "t.csv", *FAST, "--minutes", "0.0001", "--json", "-q"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["verdict"] is None
    assert [trial["number"] for trial in facts["trials"]] == [0]
    assert run(["train", "t.csv", *FAST, "-q", "-o", "usual.numlp"]) == 0
    assert Path("t.numlp").read_bytes() == Path("usual.numlp").read_bytes()


def verdict_of(gain: float, low: float, high: float) -> list[str]:
    settings = {"hidden_layer_sizes": [8]}
    verdict = {
        "best": {"settings": settings}, "better": low > 0, "gain": gain, "low": low, "high": high,
        "log_loss": 0.5 - gain, "usual_log_loss": 0.5, "n_rows": 40,
    }  # fmt: skip
    return [*tune._verdict({"verdict": verdict})]


def test_settings_that_lost_are_told_to_be_higher_and_not_to_be_the_best() -> None:
    best, _, difference, _ = verdict_of(-0.0198, -0.05, 0.01)
    assert best.startswith("best other ")
    assert difference.strip() == "higher by 0.0198 (95% interval -0.0100 to 0.0500)"
    best, _, difference, _ = verdict_of(0.0198, 0.001, 0.05)
    assert best.startswith("best  ")
    assert difference.strip() == "lower by 0.0198 (95% interval 0.0010 to 0.0500)"


def test_the_file_keeps_the_options_of_reading_as_that_of_train_does(folder: Path) -> None:
    rows = (folder / "t.csv").read_text().splitlines()[1:]
    table = ["x;zip;kind", *(row.replace(",", f";{i % 7};") for i, row in enumerate(rows))]
    (folder / "t.csv").write_text("\n".join(table))
    reading = [
        "--delimiter",
        ";",
        "--encoding",
        "latin-1",
        "--column",
        "zip=category",
        "--as-classes",
    ]
    assert run(["tune", "t.csv", *FAST, "--minutes", "0.0001", *reading, "-q"]) == 0
    assert run(["train", "t.csv", *FAST, *reading, "-q", "-o", "usual.numlp"]) == 0
    settings = numlp.load("t.numlp").info["settings"]
    assert (settings["columns"], settings["delimiter"]) == ({"zip": "category"}, ";")
    assert settings == numlp.load("usual.numlp").info["settings"]
    assert Path("t.numlp").read_bytes() == Path("usual.numlp").read_bytes()


def test_a_search_without_an_end_says_so(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    assert run(["tune", "t.csv", *FAST, "--minutes", "0.0001", "-q"]) == 0
    assert "there was no time to try other settings" in capsys.readouterr().out
    monkeypatch.setattr(Search, "_has_time", lambda _search, _number, rung: rung < 3)
    assert run(["tune", "t.csv", *FAST, "--minutes", "1", "-q"]) == 0
    out = capsys.readouterr().out
    assert "the time was over before the best could be compared" in out
    assert re.search(r"the usual settings stay; try --minutes [\d.]+ or more", out)


def test_an_interrupted_search_says_how_to_go_on_and_does(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    tried = Search._try

    def interrupt(search: Search, number: int, *rest: object) -> object:
        if number == 2:
            raise KeyboardInterrupt
        return tried(search, number, *rest)  # type: ignore[arg-type]

    arguments = ["tune", "t.csv", *FAST, "--minutes", "1", "--state", "s", "-q"]
    monkeypatch.setattr(Search, "_try", interrupt)
    assert run(arguments) == 130
    assert f"to resume: numlp {' '.join(arguments)}" in capsys.readouterr().err
    assert Path("s").exists()
    assert run(["inspect", "s"]) == 0
    assert "kind" not in capsys.readouterr().out.partition("next")[2]
    monkeypatch.setattr(Search, "_try", tried)
    assert run(arguments) == 0
    assert not Path("s").exists()
    assert Path("t.numlp").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--minutes", "0"], 2, "--minutes"),
        ([], 2, "--minutes"),
        (["--minutes", "1", "-o", "no/such/m"], 5, "-o"),
        (["--minutes", "1", "--state", "no/such/s"], 5, "--state"),
        (["--minutes", "1", "--column", "y=text"], 3, "'y'"),
    ],
)
def test_bad_arguments_are_refused(
    arguments: list[str], code: int, words: str, capsys: Captured
) -> None:
    assert run(["tune", "t.csv", *FAST, *arguments]) == code
    assert words in capsys.readouterr().err
