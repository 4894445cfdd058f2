"""``numlp evaluate --by``: figures by group, of any column of the file."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numlp.cli.by_group import MOST_GROUPS
from numlp.cli.main import run

FAST = ["--quality", "fast", "--epochs", "8", "--quiet", "-j", "1"]
N = 240

Captured = pytest.CaptureFixture[str]


def rows() -> list[dict[str, Any]]:
    """Two classes that x tells apart, except in the shop 'south', where labels are drawn."""
    rng = np.random.default_rng(0)
    shop = rng.choice(["north", "east", "south"], N)
    x = rng.normal(size=N)
    y = np.where(np.where(shop == "south", rng.normal(size=N), x) > 0, "yes", "no")
    client = [f"c{i}" for i in range(N // 4)] * 4
    return [
        {"x": f"{a:.3f}", "shop": s, "client": c, "age": i % 60, "y": label}
        for i, (a, s, c, label) in enumerate(zip(x, shop, client, y, strict=True))
    ]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    with (folder / "t.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["x", "shop", "client", "age", "y"])
        writer.writeheader()
        writer.writerows(rows())
    ignored = [f"--column={name}=ignore" for name in ("shop", "client", "age")]
    for name, more in (("m", []), ("cost", ["--cost-fn", "3", "--positive", "yes"])):
        output = ["-o", str(folder / f"{name}.numlp")]
        train = ["train", str(folder / "t.csv"), "-t", "y", *FAST, *ignored, *more, *output]
        assert run(train) == 0
    return folder


@pytest.fixture(autouse=True)
def folder(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made)


def table(capsys: Captured, by: str, model: str = "m") -> list[str]:
    """The lines by group."""
    capsys.readouterr()
    assert run(["evaluate", f"{model}.numlp", "t.csv", "--by", by]) == 0
    out = capsys.readouterr().out
    return out[out.index(f"\nby {by} ") + 1 :].partition("\n\n")[0].splitlines()


def test_words_stand_with_the_surely_worst_first_and_all_rows_last(capsys: Captured) -> None:
    head, *found, told = table(capsys, "shop")
    assert head.split() == ["by", "shop", "rows", "accuracy", "95%", "interval", "majority"]
    assert [line.split()[0] for line in found[::3]] == ["south", "all"]
    counted = {row: sum(each["shop"] == row for each in rows()) for row in ("north", "south")}
    by_name = {line.split()[0]: line.split() for line in found}
    assert {name: int(by_name[name][1]) for name in counted} == counted
    assert float(by_name["south"][2].rstrip("%")) < 70 < float(by_name["north"][2].rstrip("%"))
    assert told == "worst first, by the upper end of the interval: few rows may be wrong by chance"
    ends = [float(line.split()[5].rstrip("%")) for line in found[:-1]]
    assert ends == sorted(ends)


def test_ranges_of_numbers_stand_in_their_order(capsys: Captured) -> None:
    _, *found = table(capsys, "age")
    starts = ["up to 11", "11 to 23", "23 to 35", "35 to 47", "above 47", "all"]
    for line, start in zip(found, starts, strict=True):
        assert line.startswith(start)
        assert line.split()[len(start.split())] == ("240" if start == "all" else "48")


def test_of_many_groups_the_others_are_one_line(capsys: Captured) -> None:
    _, *found, _ = table(capsys, "client")
    assert len(found) == MOST_GROUPS + 2
    assert found[-2].split()[:3] == [str(N // 4 - MOST_GROUPS), "others", "160"]


def test_a_model_of_costs_is_shown_by_its_costs(capsys: Captured) -> None:
    head, *found, told = table(capsys, "shop", "cost")
    assert head.split()[3:8] == ["accuracy", "95%", "interval", "cost", "95%"]
    assert found[0].startswith("south")
    assert told.endswith("by the lower end of the interval: few rows may be wrong by chance")


def test_json_has_every_group_and_each_of_its_figures(capsys: Captured) -> None:
    arguments = ["evaluate", "cost.numlp", "t.csv", "--json"]
    assert run(arguments) == 0
    plain = json.loads(capsys.readouterr().out)
    assert run([*arguments, "--by", "client"]) == 0
    found = json.loads(capsys.readouterr().out)
    by = found.pop("by")
    assert found == plain
    assert (by["column"], len(by["groups"]), by["others"]) == ("client", N // 4, None)
    assert {each["rows"] for each in by["groups"]} == {4}
    figures = by["groups"][0]["figures"]
    assert set(figures) == {"accuracy", "balanced_accuracy", "f1", "mean_cost"}
    cost = sum(each["rows"] * each["figures"]["mean_cost"]["value"] for each in by["groups"]) / N
    assert cost == pytest.approx(plain["figures"]["mean_cost"]["value"])


@pytest.mark.parametrize(
    ("by", "told"),
    [("y", "it is the target"), ("shpo", "t.csv has no column 'shpo': did you mean 'shop'?")],
)
def test_a_column_that_is_not_there_is_one_line(by: str, told: str, capsys: Captured) -> None:
    assert run(["evaluate", "m.numlp", "t.csv", "--by", by]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert err.count("\n") == 1


def test_codes_that_the_model_takes_for_a_category_are_a_group_each(capsys: Captured) -> None:
    output = ["-o", "code.numlp", "--column", "age=category"]
    assert run(["train", "t.csv", "-t", "y", *FAST, "--epochs", "2", *output]) == 0
    _, *found, _ = table(capsys, "age", "code")
    assert len(found) == MOST_GROUPS + 2
