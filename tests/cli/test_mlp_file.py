"""Every command that takes a model takes a saved MLPClassifier too, or says why it cannot."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numlp import MLPClassifier, load
from numlp.cli.main import run

pandas = pytest.importorskip("pandas")
Captured = pytest.CaptureFixture[str]
RNG = np.random.default_rng(0)
X = RNG.standard_normal((120, 3)).round(3)
Y = np.where(X[:, 0] + 0.3 * X[:, 1] > 0.4, "yes", "no")
NAMES = ("size", "weight", "age")
SETTINGS: dict[str, Any] = {"solver": "lbfgs", "tol": 0.01, "random_state": 0}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nets of two classes, of three, of numbers without names, and of several labels."""
    folder = tmp_path_factory.mktemp("nets")
    frame = pandas.DataFrame(X, columns=list(NAMES))
    MLPClassifier((4,), **SETTINGS).fit(frame, Y).save(folder / "two.numlp")
    three = np.digitize(X[:, 0], [-0.4, 0.5])
    MLPClassifier((4,), **SETTINGS).fit(frame, three).save(folder / "three.numlp")
    MLPClassifier((4,), **SETTINGS).fit(X, Y).save(folder / "array.numlp")
    MLPClassifier((4,), **SETTINGS).fit(frame, (X > 0).astype(int)).save(folder / "many.numlp")
    lines = [",".join([*map(str, row), label, "x"]) for row, label in zip(X, Y, strict=True)]
    (folder / "rows.csv").write_text("\n".join(["size,weight,age,kind,note", *lines]) + "\n")
    plain = [",".join([*map(str, row), label]) for row, label in zip(X, Y, strict=True)]
    (folder / "plain.csv").write_text("\n".join(["a,b,c,kind", *plain]) + "\n")
    lines = [",".join([*map(str, row), str(k)]) for row, k in zip(X, three, strict=True)]
    (folder / "three.csv").write_text("\n".join(["size,weight,age,kind", *lines]) + "\n")
    return folder


@pytest.fixture(autouse=True)
def folder(trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> Path:
    monkeypatch.chdir(trained)
    capsys.readouterr()
    return trained


def probabilities(file: str) -> Any:
    return load(file).predict_proba(pandas.DataFrame(X, columns=list(NAMES)))


def out(capsys: Captured, *arguments: str) -> str:
    assert run([*arguments]) == 0
    return capsys.readouterr().out


def fault(capsys: Captured, code: int, *arguments: str) -> str:
    """The one line on stderr of a command that cannot be done."""
    assert run([*arguments]) == code
    said = capsys.readouterr()
    assert said.out == ""
    err = said.err.replace("numlp: shuffling each column to see what it is worth\n", "")
    assert err.count("\n") == 1
    return err


def test_predict_answers_as_the_classifier_does(capsys: Captured) -> None:
    clf: Any = load("two.numlp")
    rows = list(csv.reader(io.StringIO(out(capsys, "predict", "two.numlp", "rows.csv", "--proba"))))
    assert rows[0] == ["prediction", "proba_no", "proba_yes"]
    P = probabilities("two.numlp")
    assert [row[0] for row in rows[1:]] == clf.classes_[P.argmax(axis=1)].tolist()
    np.testing.assert_allclose(np.array([row[1:] for row in rows[1:]], float), P, rtol=1e-5)


def test_predict_finds_columns_by_position_where_they_had_no_names(capsys: Captured) -> None:
    Path("new.csv").write_text("u,v,w\n1.5,0,0\n-1.5,0,0\n")
    assert out(capsys, "predict", "array.numlp", "new.csv", "-q") == "prediction\nyes\nno\n"
    err = fault(capsys, 3, "predict", "array.numlp", "rows.csv", "-q")
    assert "the table has 5 columns, and the net takes 3" in err


def test_predict_by_another_threshold(capsys: Captured) -> None:
    P = probabilities("two.numlp")[:, 1]
    told = out(capsys, "predict", "two.numlp", "rows.csv", "--threshold", "0.9").split()[1:]
    assert told == np.where(P >= 0.9, "yes", "no").tolist()
    err = fault(capsys, 2, "predict", "three.numlp", "three.csv", "--threshold", "0.9")
    assert "--threshold is for two classes, and this model tells 3 apart" in err


def test_predict_has_no_sets(capsys: Captured) -> None:
    err = fault(capsys, 4, "predict", "two.numlp", "rows.csv", "--coverage", "0.9")
    assert "an MLPClassifier has no prediction sets" in err


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("heavy", "column 'weight' has 'heavy', which is not a number"),
        ("", "column 'weight' has 1 of 2 cells without a number"),
    ],
)
def test_a_word_or_a_gap_is_named_with_its_column(cell: str, said: str, capsys: Captured) -> None:
    Path("odd.csv").write_text(f"size,weight,age,kind\n1,2,3,yes\n1,{cell},3,no\n")
    for command in ("predict", "evaluate", "explain", "report"):
        options = [] if command == "predict" else ["-t", "kind"]
        assert said in fault(capsys, 3, command, "two.numlp", "odd.csv", *options)


def test_evaluate_scores_it(capsys: Captured) -> None:
    clf: Any = load("two.numlp")
    P = probabilities("two.numlp")
    right = float((clf.classes_[P.argmax(axis=1)] == Y).mean())
    told = out(capsys, "evaluate", "two.numlp", "rows.csv", "-t", "kind")
    assert f"accuracy   {right:.1%} (95% interval " in told
    assert "threshold" not in told
    found = json.loads(out(capsys, "evaluate", "two.numlp", "rows.csv", "-t", "kind", "--json"))
    assert found["figures"]["accuracy"]["value"] == pytest.approx(right)
    assert found["aim"] == {"metric": "accuracy", "positive": "yes"}
    assert found["threshold"] == 0.5
    told = out(capsys, "evaluate", "array.numlp", "plain.csv", "-t", "kind")
    assert f"accuracy   {right:.0%}"[:12] in told
    told = out(capsys, "evaluate", "three.numlp", "three.csv", "-t", "kind")
    assert "always answering '0'" in told
    assert told.endswith("next       numlp report three.numlp three.csv --target kind\n")


def test_evaluate_needs_the_name_of_the_target(capsys: Captured) -> None:
    err = fault(capsys, 2, "evaluate", "two.numlp", "rows.csv")
    assert "The model does not know the name of its target: give --target" in err


def test_evaluate_fails_under_a_bound(capsys: Captured) -> None:
    command = ["evaluate", "two.numlp", "rows.csv", "-t", "kind", "--fail-under", "accuracy=1.1"]
    assert run(command) == 7
    assert "accuracy is 1, under 1.1" in capsys.readouterr().err


def test_explain_ranks_columns_and_explains_a_row(capsys: Captured) -> None:
    told = out(capsys, "explain", "two.numlp", "rows.csv", "-t", "kind")
    assert re.search(r"^size +[1-9.]", told, re.MULTILINE)
    assert told.index("\nsize") < told.index("\nage")
    assert "note" not in told
    told = out(capsys, "explain", "two.numlp", "rows.csv", "--row", "2")
    assert re.match(r"row 2 of rows.csv: '(yes|no)' with a probability of [\d.]+%;\n", told)
    assert re.search(rf"^size +{X[1, 0]} ", told, re.MULTILINE)


def test_report_writes_a_page(capsys: Captured) -> None:
    told = out(capsys, "report", "two.numlp", "rows.csv", "-t", "kind", "-o", "two.html")
    assert told.startswith("on 120 rows of rows.csv:\nreport     two.html")
    page = Path("two.html").read_text(encoding="utf-8")
    assert "How well is kind predicted?" in page
    assert "numlp report two.numlp rows.csv --target kind" in page


def test_inspect_shows_it_with_its_threshold_and_the_next_command(capsys: Captured) -> None:
    told = out(capsys, "inspect", "two.numlp")
    assert "columns    3: 3 number\n" in told
    held_out = "validation no rows were held out in training"
    assert told.endswith(f"{held_out}\nnext       numlp predict two.numlp NEW_ROWS.csv\n")
    found = json.loads(out(capsys, "inspect", "two.numlp", "--json"))
    assert (found["kind"], found["estimator"]) == ("mlp", "MLPClassifier")
    assert (found["positive"], found["threshold"]) == ("yes", 0.5)
    assert [column["name"] for column in found["columns"]] == list(NAMES)
    assert "next" not in out(capsys, "inspect", "many.numlp")


def test_export_writes_it(capsys: Captured) -> None:
    pytest.importorskip("onnx")
    told = out(capsys, "export", "two.numlp", "-o", "two.onnx")
    assert "input   X" in told
    assert Path("two.onnx").stat().st_size > 100


@pytest.mark.parametrize("command", ["predict", "evaluate", "explain", "report"])
def test_several_labels_to_a_row_are_refused_in_one_line(command: str, capsys: Captured) -> None:
    options = [] if command == "predict" else ["-t", "kind"]
    err = fault(capsys, 3, command, "many.numlp", "rows.csv", *options)
    assert f"the classifier is multilabel: {command} is for classifiers that give each row" in err


@pytest.mark.parametrize("command", ["predict", "evaluate", "explain", "report", "export"])
def test_a_checkpoint_is_not_a_model(command: str, capsys: Captured) -> None:
    golden = Path(__file__).parents[1] / "golden"
    checkpoint = str(min(golden.glob("net-*.ckpt")))
    files = [] if command == "export" else ["rows.csv"]
    assert "is a numlp checkpoint, not a numlp model" in fault(
        capsys, 4, command, checkpoint, *files
    )


def test_columns_without_names_go_by_position_in_every_command(capsys: Captured) -> None:
    asked = ("array.numlp", "plain.csv", "--target", "kind")
    out(capsys, "report", *asked, "-o", "array.html")
    assert "x0" in Path("array.html").read_text()
    told = out(capsys, "explain", *asked)
    following = told.splitlines()[-1].split("numlp explain ")[1].split()
    assert following == ["array.numlp", "plain.csv", "--target", "kind", "--row", "1"]
    assert str(X[0, 0]) in out(capsys, "explain", *following)


def test_a_row_too_large_for_the_net_is_named(capsys: Captured, folder: Path) -> None:
    clf: Any = load("two.numlp")
    clf.coefs_[0][:2] = [[1e300], [-1e300]]
    clf.save("huge.numlp")
    (folder / "huge.csv").write_text("size,weight,age,kind\n1,2,3,yes\n1e308,1e308,1e308,no\n")
    for command in ("evaluate", "report", "predict"):
        options = [] if command == "predict" else ["--target", "kind"]
        assert "no finite probabilities for row 2" in fault(
            capsys, 3, command, "huge.numlp", "huge.csv", *options
        )
