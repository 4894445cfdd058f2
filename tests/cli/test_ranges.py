"""A target that is a quantity: refused, or learned as ranges that the model remembers."""

import csv
import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import numlp
from numlp import metrics
from numlp.cli.main import run
from numlp.explain import permutation_importance
from numlp.models.predictions import predictions_of

RNG = np.random.default_rng(0)
X = RNG.normal(size=160).round(2)
PRICE = (np.exp(11 + X + RNG.normal(size=160) / 4) // 100 * 100).astype(int)
FAST = ["--quality", "fast", "--epochs", "2", "--quiet"]

Captured = pytest.CaptureFixture[str]

pytestmark = pytest.mark.filterwarnings("ignore:the net did not learn anything")


def write(name: str = "h.csv", price: Any = PRICE) -> str:
    pd.DataFrame({"x": X, "k": np.arange(160) % 7, "price": price}).to_csv(name, index=False)
    return name


def opened(name: str = "h.numlp") -> numlp.Model:
    model = numlp.load(name)
    assert isinstance(model, numlp.Model)
    return model


@pytest.mark.heavy
@pytest.mark.parametrize("price", [PRICE, PRICE / 7, np.where(X > 2, None, PRICE)])
@pytest.mark.parametrize("command", ["train", "cv", "tune", "check"])
def test_every_command_that_learns_refuses_a_quantity_and_says_what_to_do(
    command: str, price: Any, capsys: Captured
) -> None:
    more = ["--minutes", "1"] if command == "tune" else []
    assert run([command, write(price=price), "-t", "price", *more]) == 3
    captured = capsys.readouterr()
    told = " ".join((captured.out + captured.err).split())
    assert "that is a quantity" in told
    assert "--bins 4 makes four ranges of it with as many rows in each, --above " in told
    assert "--as-classes takes each number for a class" in told


def test_check_goes_on_to_the_command_that_cuts_the_target(capsys: Captured) -> None:
    run(["check", write(), "-t", "price", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert [each["kind"] for each in found["findings"] if each["level"] == "fault"] == [
        "numeric target"
    ]
    command = shlex.split(found["next"])
    assert command[-2:] == ["--bins", "4"]
    assert run([*command[1:], *FAST]) == 0
    assert len(opened().classes) == 4
    capsys.readouterr()
    assert run(["check", "h.csv", "-t", "price", "--above", "60000", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {entry["label"] for entry in found["classes"]} == {"up to 60000", "above 60000"}
    assert found["next"].endswith("--above 60000")


def test_check_advises_classes_where_there_are_no_ranges(capsys: Captured) -> None:
    days = np.datetime64("2020-01-01") + np.arange(160)
    assert run(["check", write(price=days.astype(str)), "-t", "price", "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert found["next"].endswith("--as-classes")
    assert "160 different dates in 160 rows" in found["findings"][0]["text"]
    assert run(["train", "h.csv", "-t", "price", "--bins", "3", *FAST]) == 3
    assert "'price' is '2020-01-01' in row 1, which is a date" in capsys.readouterr().err


def test_the_model_remembers_its_ranges_and_answers_with_their_names(capsys: Captured) -> None:
    assert run(["train", write(), "-t", "price", "--bins", "3", *FAST]) == 0
    model = opened()
    assert model.ranges is not None
    assert model.classes.tolist() == model.ranges.names
    assert [name.split(" ")[0] for name in model.ranges.names[::2]] == ["up", "above"]
    counts = np.bincount(model.ranges.of(PRICE.astype(float)))
    assert counts.max() - counts.min() < 6
    assert model.info["settings"]["bins"] == 3
    model.save("again.numlp")
    assert Path("again.numlp").read_bytes() == Path("h.numlp").read_bytes()
    capsys.readouterr()
    assert run(["predict", "h.numlp", "h.csv", "-q"]) == 0
    header, *rows = csv.reader(capsys.readouterr().out.splitlines())
    assert header == ["price"]
    assert {row[0] for row in rows} <= set(model.ranges.names)
    assert run(["inspect", "h.numlp"]) == 0
    edges = [name.split(" ")[-1] for name in model.ranges.names[:2]]
    assert f"ranges of numbers, parted at {', '.join(edges)}" in capsys.readouterr().out
    assert run(["inspect", "h.numlp", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ranges"] == model.ranges.state()


@pytest.mark.heavy
def test_rows_to_score_on_may_hold_numbers_or_the_names_of_ranges(capsys: Captured) -> None:
    assert run(["train", write(), "-t", "price", "--bins", "3", *FAST, "--epochs", "20"]) == 0
    model = opened()
    assert model.ranges is not None
    y = model.ranges.of(PRICE.astype(float))
    names = model.classes[y]
    found = []
    for price in (PRICE, PRICE.astype(float), names, np.where(X > 0, names, PRICE.astype(str))):
        capsys.readouterr()
        assert run(["evaluate", "h.numlp", write("new.csv", price), "--json"]) == 0
        found.append(json.loads(capsys.readouterr().out)["figures"])
    assert found.count(found[0]) == 4
    right = metrics.accuracy_score(y, model.answers(model.encode(pd.read_csv("h.csv"))))
    assert found[0]["accuracy"]["value"] == pytest.approx(right)
    assert run(["explain", "h.numlp", "h.csv"]) == 0
    assert run(["report", "h.numlp", "h.csv"]) == 0
    table = {"x": X, "k": np.arange(160) % 7}
    assert predictions_of(model, table, PRICE).y.tolist() == y.tolist()
    assert permutation_importance(model, table, PRICE)[0].name == "x"


def test_a_missing_number_has_no_range_and_its_row_is_left_out(capsys: Captured) -> None:
    price = PRICE.astype(object)
    price[3], price[9], price[20] = None, "NA", "n/a"
    train = ["train", write(price=price), "-t", "price", "--bins", "3", *FAST[:-1]]
    assert run(train) == 0
    told = "3 of 160 rows left out: their 'price' is blank, or NA or its like"
    captured = capsys.readouterr()
    assert told in captured.err
    assert captured.out.startswith("157 rows; ")
    assert run(["evaluate", "h.numlp", "h.csv"]) == 0
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("cell", ["inf", "low", "1e999"])
def test_a_cell_that_is_not_a_finite_number_is_named(cell: str, capsys: Captured) -> None:
    price = PRICE.astype(object)
    price[0], price[30] = None, cell
    assert run(["train", write(price=price), "-t", "price", "--bins", "3", *FAST]) == 3
    assert f"'price' is '{cell}' in row 31, which is not a finite number" in capsys.readouterr().err


def test_equal_numbers_stay_in_one_range_and_fewer_ranges_are_told(capsys: Captured) -> None:
    price = np.where(X < 1, 0, PRICE)
    assert run(["train", write(price=price), "-t", "price", "--bins", "4", *FAST[:-1]]) == 0
    assert "2 ranges of 'price' in place of 4" in capsys.readouterr().err
    assert opened().classes.tolist()[0] == "up to 0"


def test_what_is_above_is_the_positive_class() -> None:
    train = ["train", write(), "-t", "price", "--above", "60000", "--cost-fn", "5", *FAST]
    assert run(train) == 0
    model = opened()
    assert model.classes.tolist() == ["up to 60000", "above 60000"]
    assert model.classes[model.aim.positive] == "above 60000"
    assert run([*train, "--positive", "10"]) == 0  # a number in the other range
    assert opened().aim.positive == 0


def test_cross_validation_scores_each_row_by_its_own_range(capsys: Captured) -> None:
    cv = ["cv", write(), "-t", "price", "--bins", "3", "--folds", "2", "--json", *FAST[:-1]]
    assert run([*cv, "--quiet", "--epochs", "20"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["accuracy"]["mean"] > 0.6  # 0.33 by chance
    assert "--bins 3" in found["next"]


def test_a_search_learns_ranges_too() -> None:
    tune = ["tune", write(), "-t", "price", "--bins", "2", "--minutes", "0.001", *FAST]
    assert run(tune) == 0
    assert opened().ranges is not None


def test_each_number_is_a_class_where_that_is_asked() -> None:
    price = PRICE // 10_000 * 1000 + np.arange(160) % 60
    assert run(["train", write(price=price), "-t", "price", *FAST]) == 3
    assert run(["train", "h.csv", "-t", "price", "--as-classes", *FAST]) == 0
    assert opened().ranges is None
    assert len(opened().classes) == len(np.unique(price))


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--bins", "3", "--above", "5"], 2, "--bins, --above and --as-classes: give one"),
        (["--bins", "1"], 2, "1 is not in the range"),
        (["--above", "inf"], 2, "not a finite number"),
        (["--above", "1e9"], 3, "1000000000 does not part them"),
    ],
)
def test_options_that_cut_nothing_are_refused(
    options: list[str], code: int, message: str, capsys: Captured
) -> None:
    assert run(["train", write(), "-t", "price", *options, *FAST]) == code
    assert message in capsys.readouterr().err


def test_options_that_cut_may_come_from_a_file() -> None:
    Path("n.toml").write_text("[train]\nabove = 60000\nquality = 'fast'\nepochs = 1\n")
    assert run(["train", write(), "-t", "price", "--config", "n.toml", "-q"]) == 0
    assert opened().info["settings"]["above"] == 60000.0
