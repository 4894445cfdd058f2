"""The labels of files: one class for one value, whatever format it is written in."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import numlp
from numlp import TabularClassifier
from numlp.check import check_table
from numlp.cli.data import read_known
from numlp.cli.main import run
from numlp.cli.options import Reading
from numlp.models import FittedModel, open_model

FAST = ["--quality", "fast", "--epochs", "1", "--quiet"]
X = np.random.default_rng(0).normal(size=60).round(3)
TRUTH = np.median(X) < X
FORMATS = ("a.csv", "a.parquet", "a.jsonl", "spreadsheet.csv", "mixed.csv")

Captured = pytest.CaptureFixture[str]

pytestmark = pytest.mark.filterwarnings("ignore:the net did not learn anything")


def write(name: str, labels: Any) -> str:
    table = pd.DataFrame({"x": X, "y": labels})
    if name.endswith(".parquet"):
        table.to_parquet(name, index=False)
    elif name.endswith(".jsonl"):
        table.to_json(name, orient="records", lines=True)
    else:
        table.to_csv(name, index=False)
    return name


def labels_in(file: str, model: FittedModel) -> list[Any]:
    """The classes of a model that the labels of a file stand for."""
    _, y, _ = read_known([Path(file)], "y", Reading(None, None, None), model)
    found: list[Any] = model.classes[y].tolist()
    return found


@pytest.fixture
def files(folder: Path) -> list[str]:  # noqa: ARG001 - the folder to write into
    spelled = {
        "spreadsheet.csv": np.where(TRUTH, "TRUE", "FALSE"),
        "mixed.csv": np.where(X > 1, "True", np.where(TRUTH, "true", "False")),
    }
    return [write(name, spelled.get(name, TRUTH)) for name in FORMATS]


PYTHON: dict[str, Any] = {
    "numpy": TRUTH,
    "objects": TRUTH.astype(object),
    "pandas": pd.Series(TRUTH, dtype="boolean"),
    "polars": pl.Series(TRUTH),
    "pyarrow": pa.array(TRUTH),
}


@pytest.mark.heavy
def test_a_boolean_is_one_class_in_every_format_and_every_model_takes_all(
    files: list[str], capsys: Captured
) -> None:
    for file in files:
        assert run(["train", file, "-t", "y", *FAST, "-o", f"{file}.numlp"]) == 0
    for name, labels in PYTHON.items():
        clf = TabularClassifier("fast", epochs=1, random_state=0).fit({"x": X}, labels)
        assert clf.classes_.tolist() == [False, True], name
    clf.save("python.numlp")
    models = [*(f"{file}.numlp" for file in files), "python.numlp"]
    for model in map(open_model, models):
        assert model.classes.dtype == bool
        for file in files:
            assert labels_in(file, model) == TRUTH.tolist(), (model, file)
    capsys.readouterr()
    assert run(["evaluate", "python.numlp", "a.jsonl", "-t", "y", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [entry["class"] for entry in found["classes"]] == [False, True]
    assert run(["explain", "a.csv.numlp", "a.jsonl"]) == 0
    assert run(["report", "a.csv.numlp", "a.parquet"]) == 0


@pytest.mark.heavy
@pytest.mark.parametrize("words", [("False", "True"), ("false", "true"), ("FALSE", "TRUE")])
def test_a_model_whose_classes_are_the_words_of_booleans_takes_every_format(
    words: tuple[str, str], files: list[str]
) -> None:
    labels = np.where(TRUTH, words[1], words[0])
    clf = TabularClassifier("fast", epochs=1, random_state=0).fit({"x": X}, labels)
    clf.save("old.numlp")
    model = open_model("old.numlp")
    assert model.classes.tolist() == [*words]
    for file in files:
        assert labels_in(file, model) == labels.tolist()
    assert run(["evaluate", "old.numlp", "a.jsonl", "-t", "y"]) == 0


@pytest.mark.heavy
@pytest.mark.parametrize("labels", [TRUTH * 1, TRUTH * 1.0, np.where(TRUTH, "1.00", "0")])
def test_one_and_one_point_zero_are_one_number(labels: Any) -> None:
    clf = TabularClassifier("fast", epochs=1, random_state=0).fit({"x": X}, TRUTH * 1)
    clf.save("python.numlp")
    write("numbers.csv", labels)
    assert run(["train", "numbers.csv", "-t", "y", *FAST]) == 0
    for file in (write("wholes.csv", TRUTH * 1), write("points.csv", TRUTH * 1.0)):
        for model in ("python.numlp", "numbers.numlp"):
            assert [float(x) for x in labels_in(file, open_model(model))] == (TRUTH * 1).tolist()


def test_two_spellings_of_a_number_are_one_class_and_are_told(capsys: Captured) -> None:
    write("t.csv", np.where(X > 1, "1.0", np.where(TRUTH, "1", "0")))
    assert run(["train", "t.csv", "-t", "y", *FAST]) == 0
    assert "'y' spells a value in several ways, taken for one: '0', '1', '1.0'" in (
        capsys.readouterr().err
    )
    assert numlp.load("t.numlp").classes.tolist() == ["0", "1"]


@pytest.mark.usefixtures("files")
def test_predictions_spell_booleans_one_way_in_csv_and_as_json_in_a_list(
    capsys: Captured,
) -> None:
    for file in ("a.csv", "a.jsonl", "spreadsheet.csv"):
        assert run(["train", file, "-t", "y", *FAST, "-o", "m.numlp"]) == 0
        capsys.readouterr()
        assert run(["predict", "m.numlp", file, "--proba", "--coverage", "0.5", "-q"]) == 0
        header, *rows = csv.reader(capsys.readouterr().out.splitlines())
        assert header == ["y", "proba_False", "proba_True", "set"]
        assert {row[0] for row in rows} <= {"True", "False"}
        sets = [json.loads(row[3]) for row in rows]
        assert {type(label) for labels in sets for label in labels} == {bool}


@pytest.mark.heavy
@pytest.mark.parametrize("option", ["true", "FALSE", "1"])
@pytest.mark.usefixtures("files")
def test_the_positive_class_is_read_as_labels_are(option: str) -> None:
    train = ["train", "a.jsonl", "-t", "y", *FAST, "-o", "m.numlp"]
    assert run([*train, "--cost-fn", "5", "--positive", option]) == 0
    model = numlp.load("m.numlp")
    assert isinstance(model, numlp.Model)
    assert model.aim.positive == (option != "FALSE")
    Path("c.toml").write_text(f"positive = {'true' if option != 'FALSE' else 'false'}\n")
    assert run([*train, "--cost-fn", "5", "--config", "c.toml"]) == 0
    again = numlp.load("m.numlp")
    assert isinstance(again, numlp.Model)
    assert again.aim == model.aim


@pytest.mark.heavy
@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("command", ["train", "cv", "tune"])
def test_a_fault_of_an_option_for_two_classes_names_the_option(
    command: str, capsys: Captured
) -> None:
    rows = "".join(f"{i},{i % 3},{i % 2}\n" for i in range(60))
    Path("three.csv").write_text(f"x,y,z\n{rows}")
    named = {"--cost-fp": "2.5", "--cost-fn": "2.5", "--positive": "1"}
    more = ["--minutes", "1"] if command == "tune" else []
    for option, value in named.items():
        assert run([command, "three.csv", "-t", "y", option, value, *more]) == 3
        assert f"{option} {value}" in capsys.readouterr().err.replace("'", "")
    assert run([command, "three.csv", "-t", "z", "--positive", "2", *more]) == 3
    assert "--positive '2' is not a class of the target" in capsys.readouterr().err


@pytest.mark.usefixtures("files")
def test_a_positive_class_that_is_not_there_is_refused(capsys: Captured) -> None:
    assert run(["train", "a.csv", "-t", "y", "--cost-fn", "5", "--positive", "yes", *FAST]) == 3
    assert "'yes' is not a class of the target" in capsys.readouterr().err


def test_a_blank_label_is_a_missing_one_for_both_checks(capsys: Captured) -> None:
    labels: list[Any] = [*np.where(TRUTH, "yes", "no")]
    labels[2], labels[5] = None, "  "
    write("t.csv", labels)
    assert run(["check", "t.csv", "-t", "y", "--json"]) == 0  # train leaves these rows out
    of_file = json.loads(capsys.readouterr().out)
    assert "2 of 60 rows left out: their 'y' is blank" in of_file["notes"]
    of_frame = check_table(pd.DataFrame({"x": X, "y": labels}), target="y")
    assert of_frame["verdict"] == "fault"  # fit refuses them
    assert of_frame["findings"][0]["text"].startswith("2 labels of 'y' missing, the first in row 3")
    assert (of_file["rows"], of_file["classes"]) == (of_frame["rows"], of_frame["classes"])
    with pytest.raises(numlp.DataError, match=r"labels are (missing|blank)"):
        TabularClassifier("fast").fit({"x": X}, labels)
