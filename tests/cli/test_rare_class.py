"""A rare class: ``train``, ``check`` and ``cv`` say what to try, and ``next`` can be typed."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from numlp.cli.main import run

FAST = ["--quality", "fast", "--epochs", "5", "-q", "-j", "1"]
N = 1200

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def tables(tmp_path: Path) -> None:
    """Rare labels, before the frequent one in the alphabet; x makes them likelier, never likely."""
    rng = np.random.default_rng(1)
    x, draw = rng.normal(size=N), rng.random(N)
    for name, low in (("two", 0.01), ("three", 0.25)):
        ill = draw < np.where(x > 1, 0.25, 0.01)  # never the likelier class
        b = (draw > 1 - np.where(x < -1, low, 0.01)) & (low > 0.1)
        labels = np.where(ill, "an ill", np.where(b, "b", "well"))
        rows = [f"{a:.3f},{b}" for a, b in zip(x, labels, strict=True)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["x,y", *rows]))


def trained(capsys: Captured, *command: str) -> tuple[str, list[str]]:
    """What is said of a rare class, and the arguments of the next command."""
    capsys.readouterr()
    assert run([*command]) == 0
    out = capsys.readouterr().out
    rare = re.search(r"^rare .*?(?=^next )", out, re.MULTILINE | re.DOTALL)
    (line,) = re.findall(r"^next +numlp (.*)$", out, re.MULTILINE)
    return rare[0] if rare else "", shlex.split(line)


def recall(capsys: Captured, *command: str) -> float:
    capsys.readouterr()
    assert run([*command]) == 0
    (share,) = re.findall(r"^an ill .* ([\d.]+)%$", capsys.readouterr().out, re.MULTILINE)
    return float(share)


@pytest.mark.heavy
def test_train_says_what_to_try_and_what_it_says_finds_the_class(capsys: Captured) -> None:
    train = ["train", "two.csv", "-t", "y", *FAST]
    told, following = trained(capsys, *train)
    assert re.match(r"rare +'an ill' is found in \d of its \d+ rows: accuracy hardly", told)
    assert "--metric f1 or balanced_accuracy; or --cost-fn" in told
    assert following == [*train, "--metric", "f1", "--positive", "an ill"]
    assert recall(capsys, *following) > recall(capsys, *train)
    told, last = trained(capsys, *following)  # it has its aim now
    assert (told, last[:2]) == ("", ["predict", "two.numlp"])


def test_predict_stands_beside_it(capsys: Captured) -> None:
    run(["train", "two.csv", "-t", "y", *FAST])
    assert capsys.readouterr().out.endswith("           or numlp predict two.numlp NEW_ROWS.csv\n")


def test_of_several_classes_each_is_to_count_alike(capsys: Captured) -> None:
    told, following = trained(capsys, "train", "three.csv", "-t", "y", *FAST)
    assert "and 1 other class as seldom" in told
    assert following[-2:] == ["--metric", "balanced_accuracy"]


@pytest.mark.heavy
@pytest.mark.parametrize("aim", [["--metric", "f1"], ["--cost-fn", "4"]], ids=str)
def test_the_frequent_class_that_is_positive_unasked_is_told(
    aim: list[str], capsys: Captured
) -> None:
    told, following = trained(capsys, "train", "two.csv", "-t", "y", *FAST, *aim)
    assert "'well', the frequent class, is the positive one, since none was named" in told
    assert following[-4:] == [*aim, "--positive", "an ill"]
    told, following = trained(capsys, *following)
    assert "positive" not in told
    told, _ = trained(capsys, "train", "two.csv", "-t", "y", *FAST, *aim, "--positive", "well")
    assert "positive" not in told


def test_another_run_does_not_go_on_with_the_checkpoint(capsys: Captured) -> None:
    train = ["train", "two.csv", "-t", "y", *FAST]
    _, following = trained(capsys, *train, "--checkpoint", "run.ckpt")
    assert following == [*train, "--metric", "f1", "--positive", "an ill"]


def test_a_table_without_a_rare_class_has_predict_next(capsys: Captured) -> None:
    rows = [f"{x},{'a' if x < 0 else 'b'}" for x in np.linspace(-1, 1, 200)]
    Path("even.csv").write_text("\n".join(["x,y", *rows]))
    told, following = trained(capsys, "train", "even.csv", "-t", "y", *FAST)
    assert (told, following[0]) == ("", "predict")


COMMANDS: dict[str, Callable[[str], list[str]]] = {
    "check": lambda file: ["check", file, "-t", "y"],
    "cv": lambda file: ["cv", file, "-t", "y", "--folds", "2", *FAST, "--epochs", "1"],
}


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("command", "file", "options"),
    [
        ("check", "two", ["--positive", "an ill"]),
        ("check", "three", ["--target", "y"]),
        ("cv", "two", ["--metric", "f1", "--positive", "an ill"]),
        ("cv", "three", ["--metric", "balanced_accuracy"]),
    ],
)
def test_check_and_cv_hand_it_on(
    command: str, file: str, options: list[str], capsys: Captured
) -> None:
    _, following = trained(capsys, *COMMANDS[command](f"{file}.csv"))
    assert following[0] == "train"
    assert following[-len(options) :] == options
    assert run([*following, "--quality", "fast", "--epochs", "1", "-q"]) == 0
