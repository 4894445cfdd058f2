"""``numlp check``: what it says of a table, and of what is wrong with it."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numlp import TabularClassifier
from numlp.check import check_table
from numlp.cli.main import run

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"
RNG = np.random.default_rng(0)
N = 300

Captured = pytest.CaptureFixture[str]


def write(**columns: Any) -> str:
    rows = zip(*columns.values(), strict=True)
    lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
    Path("t.csv").write_text("\n".join(lines) + "\n")
    return "t.csv"


def facts(capsys: Captured, *arguments: str, code: int = 0) -> dict[str, Any]:
    assert run(["check", *arguments, "--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def kinds_of(found: dict[str, Any]) -> list[str]:
    return [finding["kind"] for finding in found["findings"]]


SIZE = RNG.normal(size=N)
LABEL = np.array(["no", "yes"])[(SIZE + RNG.normal(size=N) > 0).astype(int)]


def test_each_column_is_what_training_takes_it_for(capsys: Captured) -> None:
    found = facts(capsys, str(PENGUINS), "-t", "species")
    import pandas as pd  # as a second reader

    penguins = pd.read_csv(PENGUINS, keep_default_na=False)
    clf = TabularClassifier("fast", epochs=5, random_state=0)
    clf.fit(penguins.drop(columns="species"), penguins["species"])
    named = [(c["name"], c["kind"], c["features"]) for c in found["columns"]]
    assert named == [(c["name"], c["kind"], c["features"]) for c in clf.columns_]
    assert found["classes"][0] == {"label": "Adelie", "rows": 152, "share": 152 / 344}
    mass = next(c for c in found["columns"] if c["name"] == "body_mass_g")
    given = penguins["body_mass_g"][penguins["body_mass_g"] != "NA"]
    assert mass["distinct"] == given.nunique()
    assert mass["missing"] == 2 / 344
    assert mass["examples"] == ["3750", "3800", "3250"]
    assert found["verdict"] == "ready"
    assert found["next"] == f"numlp train {PENGUINS} --target species"


@pytest.mark.parametrize("target", [None, "kind"])
def test_the_command_prints_what_python_gets_and_advises_in_options(
    target: str | None, capsys: Captured
) -> None:
    path = write(
        id=range(N), size=SIZE, stray=[*range(5)] * 59 + ["a", "b", "c", 1, 2], same=["x"] * N,
        kind=np.where(np.arange(N) < 280, "no", LABEL),
    )  # fmt: skip
    import pandas as pd  # as a second reader

    of_python = check_table(pd.read_csv(path), target=target)
    of_command = facts(capsys, path, *(["-t", target] if target else []))
    for key in ("file", "notes", "next"):
        del of_command[key]
    told = json.dumps(of_command)
    assert "columns={" not in told
    told = told.replace("--column id=number", "columns={'id': 'number'}")
    told = told.replace("--metric balanced_accuracy or f1", "metric='balanced_accuracy' or 'f1'")
    assert json.loads(told) == json.loads(json.dumps(of_python)) == of_python


def test_without_a_target_columns_that_could_be_one_are_named(capsys: Captured) -> None:
    found = facts(capsys, write(size=SIZE, hue=[*"rgb"] * 100, kind=LABEL))
    assert found["targets"] == ["kind"]
    assert found["next"] == "numlp check t.csv --target kind"
    named = facts(capsys, write(churn=LABEL, size=SIZE, hue=[*"rgb"] * 100))
    assert named["targets"] == ["churn", "hue"]  # by its name, and as the last column
    kept = facts(capsys, "t.csv", "--column", "hue=ignore")
    assert kept["next"] == "numlp check t.csv --target churn --column hue=ignore"
    none = facts(capsys, write(a=SIZE, b=SIZE**2))
    assert none["targets"] == []
    assert none["next"] == "numlp check t.csv --target NAME"


def test_what_matters_most_comes_first_and_the_next_command_leaves_it_out(
    capsys: Captured,
) -> None:
    label = np.where(LABEL == "yes", "yes", "no")
    for k in ("yes", "no"):
        label[np.flatnonzero(label == k)[:3]] = k.capitalize()
    path = write(
        id=range(N), size=SIZE, **{"my leak": (LABEL == "yes") + SIZE / 1e6}, same=["x"] * N,
        stray=[*range(5)] * 59 + ["a", "b", "c", 1, 2], kind=label,
    )  # fmt: skip
    found = facts(capsys, path, "--target", "kind")
    assert kinds_of(found) == [
        "leak", "labels alike", "labels alike", "rare classes", "cells", "set aside", "set aside",
    ]  # fmt: skip
    assert found["findings"][0]["columns"] == ["my leak"]
    assert found["verdict"] == "warning"
    assert found["next"] == "numlp train t.csv --target kind --column 'my leak=ignore'"
    assert run(["check", path, "-t", "kind"]) == 0
    out = capsys.readouterr().out
    assert " 1. warning: column 'my leak' alone tells the classes of 'kind' apart" in out
    assert "stray: 3 cells no number: 'a', 'b', 'c' (taken as missing)" in out
    assert "set aside: id: 300 distinct numbers in 300 rows" in out
    assert "look at the warnings first\nnext       numlp train t.csv" in out


def test_leaks_are_ignored_one_after_the_other_and_each_option_stands_once(
    capsys: Captured,
) -> None:
    leak, word = np.where(LABEL == "yes", 1 + SIZE / 1e6, 0), np.where(LABEL == "yes", "p", "q")
    path = write(size=SIZE, leak=leak, word=word, kind=LABEL)
    both = facts(capsys, path, "-t", "kind")
    options = "--column leak=ignore --column word=ignore"
    assert both["next"] == f"numlp train t.csv --target kind {options}"
    one = facts(capsys, path, "-t", "kind", "--column", "leak=ignore")
    assert [f["columns"] for f in one["findings"] if f["kind"] == "leak"] == [["word"]]
    assert one["next"] == both["next"]
    none = facts(capsys, path, "-t", "kind", *options.split())
    assert "leak" not in kinds_of(none)
    assert none["next"] == both["next"]


def test_a_column_that_tells_one_class_of_three_stays_in_the_next_command(
    capsys: Captured,
) -> None:
    kind = np.where(np.arange(N) % 3 == 0, "c", LABEL)
    found = facts(capsys, write(size=SIZE, petal=(kind == "c") + SIZE, kind=kind), "-t", "kind")
    assert "leak" not in kinds_of(found)
    found = facts(
        capsys, write(size=SIZE, petal=9.0 * (kind == "c") + SIZE, kind=kind), "-t", "kind"
    )
    assert [f["classes"] for f in found["findings"] if f["kind"] == "leak"] == [["c"]]
    assert found["next"] == "numlp train t.csv --target kind"


def test_rows_that_repeat_or_contradict_each_other_are_counted(capsys: Captured) -> None:
    x = [*range(20), 3, 3, 5, 6]
    hue = ["r", "g"] * 10 + ["g", "g", "g", "r"]
    kind = ["a", "b"] * 10 + ["b", "b", "a", "b"]
    found = facts(capsys, write(x=x, hue=hue, kind=kind), "-t", "kind")
    texts = {f["kind"]: f["text"] for f in found["findings"]}
    # 3 stands there three times with one label; 5 and 6 twice, with two.
    assert texts["duplicates"].startswith("2 rows repeat an earlier one")
    assert texts["contradictions"].startswith("4 rows are like another")
    assert f"no model can be right on more than {22 / 24:.1%}" in texts["contradictions"]


def test_one_row_repeats(capsys: Captured) -> None:
    path = write(size=[*range(40), 1], kind=[*"ab"] * 20 + ["b"])
    texts = {f["kind"]: f["text"] for f in facts(capsys, path, "-t", "kind")["findings"]}
    assert texts["duplicates"].startswith("1 row repeats an earlier one, label and all: where")


def test_examples_with_commas_in_them_are_told_apart_and_days_have_no_hour(
    capsys: Captured,
) -> None:
    rows = [f"{i % 7},{i};2024-03-{i + 1:02};{'ab'[i % 2]}" for i in range(28)]
    Path("euro.csv").write_text("\n".join(["size;day;y", *rows]) + "\n")
    assert run(["check", "euro.csv", "--target", "y"]) == 0
    out = capsys.readouterr().out
    assert "  0,0; 1,1; 2,2  " in out
    assert re.search(r"^day .* 2024-03-01, 2024-03-0\.\.\.  ", out, re.MULTILINE)
    assert run(["check", "euro.csv", "--target", "y", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["columns"][1]["examples"][0] == "2024-03-01"


def test_examples_are_cells_that_are_not_missing(capsys: Captured) -> None:
    size = ["NA", "?", "1.5", "2.5", "3.5", "4.5"] * 50
    hue = ["NA", "r", "g", "b", "r", "g"] * 50
    found = facts(capsys, write(size=size, hue=hue, kind=LABEL), "-t", "kind")
    examples = {column["name"]: column["examples"] for column in found["columns"]}
    assert [set(cells) & {"NA", "?"} for cells in examples.values()] == [set(), set()]
    assert [len(cells) for cells in examples.values()] == [3, 3]


def test_of_a_refused_quantity_the_numbers_are_counted_and_not_listed(capsys: Captured) -> None:
    path = write(x=SIZE, price=[k / 8 + 100 for k in range(N)])
    found = facts(capsys, path, "-t", "price", code=3)
    assert "numeric target" in kinds_of(found)
    assert not {"single rows", "rare classes", "lopsided"} & {*kinds_of(found)}
    assert run(["check", path, "-t", "price"]) == 3
    out = capsys.readouterr().out
    assert "target     'price': 300 different values\n\n" in out
    assert "rarer ones" not in out


def test_an_id_does_not_hide_rows_that_repeat(capsys: Captured) -> None:
    path = write(id=range(N), size=[*SIZE[:150]] * 2, kind=[*LABEL[:150]] * 2)
    texts = {f["kind"]: f["text"] for f in facts(capsys, path, "-t", "kind")["findings"]}
    assert texts["duplicates"].startswith("150 rows repeat")


@pytest.mark.parametrize(
    ("label", "kind", "words"),
    [
        (["x"] * N, "classes", "one class only"),
        ([f"n{i}" for i in range(N)], "classes", "as many classes as rows"),
    ],
)
def test_a_table_that_training_would_refuse_is_exit_3(
    label: list[str], kind: str, words: str, capsys: Captured
) -> None:
    found = facts(capsys, write(size=SIZE, kind=label), "-t", "kind", code=3)
    assert found["verdict"] == "fault"
    assert found["findings"][0]["kind"] == kind
    assert words in found["findings"][0]["text"]
    assert found["next"] == "numlp check t.csv"
    assert run(["train", "t.csv", "-t", "kind", "-q"]) == 3


def test_a_column_that_cannot_be_what_was_asked_is_a_fault(capsys: Captured) -> None:
    path = write(size=SIZE, hue=[*"rgb"] * 100, kind=LABEL)
    found = facts(capsys, path, "-t", "kind", "--column", "hue=number", code=3)
    assert "'hue' was asked to be 'number'" in found["findings"][0]["text"]
    assert [column["kind"] for column in found["columns"]] == ["number", None]
    assert found["next"] == "numlp check t.csv --target kind"
    assert run(["check", path, "-t", "kind", "--column", "hue=number"]) == 3
    assert "None" not in capsys.readouterr().out
    asked = facts(capsys, path, "-t", "kind", "--column", "hue=ignore")
    assert asked["next"] == "numlp train t.csv --target kind --column hue=ignore"


def test_classes_of_few_rows_and_one_of_nearly_all_are_told(capsys: Captured) -> None:
    label = np.array(["no"] * N, dtype="<U9")
    label[:3], label[3] = "seldom", "once"
    found = facts(capsys, write(size=SIZE, kind=label), "-t", "kind")
    assert kinds_of(found) == ["single rows", "rare classes", "lopsided"]
    assert "'once'" in found["findings"][0]["text"]
    assert "'seldom'" in found["findings"][1]["text"]
    assert "98.7% of the rows are 'no'" in found["findings"][2]["text"]


def test_a_quantity_and_blank_targets_are_told(capsys: Captured) -> None:
    text = "x,price\n" + "".join(f"{i % 9},{i * 7 % 211}\n" for i in range(N)) + "3,\n"
    Path("t.csv").write_text(text)
    found = facts(capsys, "t.csv", "-t", "price")
    assert "quantity" in kinds_of(found)
    assert "1 of 301 rows left out: their 'price' is blank" in found["notes"]
    assert found["rows"] == N


def test_what_a_file_holds_cannot_steer_the_terminal(capsys: Captured) -> None:
    label = np.where(LABEL == "yes", "y\x1b[2Jes", "no")
    path = write(**{"si\x1b]0;ze": SIZE, "hue": [*"r\x1bb"] * 100, "kind": label})
    assert run(["check", path, "-t", "kind"]) == 0
    assert run(["check", path, "-t", "kind", "--json"]) == 0
    captured = capsys.readouterr()
    assert "\x1b" not in captured.out + captured.err


def test_many_columns_and_classes_are_cut_in_the_text_alone(capsys: Captured) -> None:
    names = {f"c{i}": RNG.normal(size=N).round(3) for i in range(60)}
    label = [f"k{i % 30}" for i in range(N)]
    path = write(**names, kind=label)
    assert run(["check", path, "-t", "kind"]) == 0
    out = capsys.readouterr().out
    assert "... and 10 more columns, which --json shows" in out
    assert "... and 10 rarer ones" in out
    found = facts(capsys, path, "-t", "kind")
    assert (len(found["columns"]), len(found["classes"])) == (60, 30)


def test_nothing_is_written(folder: Path, capsys: Captured) -> None:
    path = write(size=SIZE, kind=LABEL)
    assert run(["check", path, "-t", "kind"]) == 0
    assert [p.name for p in folder.iterdir()] == [path]
    assert capsys.readouterr().err == ""
