"""Figures to decide by: what evaluate, predict and train say of aims, intervals and sets."""

import csv
import io
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numlp.cli.figures import Figures
from numlp.cli.main import run
from numlp.decisions.prediction_sets import prediction_sets
from numlp.decisions.thresholds import aim_of
from numlp.metrics import confusion_matrix, evaluation
from numlp.metrics.aim import Aim
from numlp.metrics.bootstrap import intervals
from numlp.metrics.evaluation import evaluate
from numlp.models.model import Model

GOLDEN = Path(__file__).parents[1] / "golden" / "penguins-format1"
FAST = ["--quality", "fast", "--epochs", "10", "--quiet", "-j", "1"]

Captured = pytest.CaptureFixture[str]


def table(seed: int, n: int = 400) -> str:
    """Two classes that overlap; one has a name that a spreadsheet would run."""
    rng = np.random.default_rng(seed)
    y = rng.random(n) < 0.25
    x = 1.5 * y + rng.normal(size=n)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["x", "z", "y"])
    for a, b, rare in zip(x, rng.normal(size=n), y, strict=True):
        writer.writerow([f"{a:.3f}", f"{b:.3f}", "=yes" if rare else "no, \x1b[2J"])
    return text.getvalue()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    for name, seed in (("old.csv", 0), ("new.csv", 1)):
        (folder / name).write_text(table(seed))
    options = ["--cost-fp", "1", "--cost-fn", "4", "--positive", "=yes"]
    output = ["-o", str(folder / "m.numlp")]
    assert run(["train", str(folder / "old.csv"), "-t", "y", *FAST, *options, *output]) == 0
    return folder


@pytest.fixture(autouse=True)
def folder(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made)


def known() -> tuple[Model, Any, Any]:
    """The model, the classes of the new rows, and their probabilities."""
    model = Model.load("m.numlp")
    with Path("new.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    X = {name: [float(row[name]) for row in rows] for name in "xz"}
    y = np.array([model.classes.tolist().index(row["y"]) for row in rows])
    return model, y, model.predict_proba(X)


def as_json(capsys: Captured, *options: str, code: int = 0) -> dict[str, Any]:
    assert run(["evaluate", "m.numlp", "new.csv", "--json", *options]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_without_memory_for_all_probabilities_only_the_auc_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    whole = as_json(capsys)
    monkeypatch.setattr(evaluation, "MOST_CELLS", 400 * 2 - 1)
    found = as_json(capsys)
    assert found["figures"].pop("roc_auc") == {"value": None, "low": None, "high": None}
    assert whole["figures"].pop("roc_auc")["value"] > 0.5
    assert found == whole
    assert run(["evaluate", "m.numlp", "new.csv"]) == 0
    out = capsys.readouterr().out
    assert "AUC" not in out
    assert "Brier" in out


def test_one_row_is_one_row(capsys: Captured) -> None:
    Path("one.csv").write_text("x,z,y\n1,2,=yes\n")
    assert run(["evaluate", "m.numlp", "one.csv"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("on 1 row of one.csv:\n")
    assert "answering the classes' shares: 0.000\n" in out


# train and inspect


def test_train_and_evaluate_say_what_the_answers_cost(capsys: Captured) -> None:
    model, y, P = known()
    assert model.classes.tolist() == ["=yes", "no, \x1b[2J"]
    assert run(["evaluate", "m.numlp", "new.csv"]) == 0
    out = capsys.readouterr().out
    wrong = (P[:, 0] > 0.2) & (y == 1)
    missed = (P[:, 0] <= 0.2) & (y == 0)
    cost = (wrong.sum() + 4 * missed.sum()) / len(y)
    assert f"cost       {cost:.3g} a row (" in out
    assert "): 1 for a wrong '=yes', 4 for a missed one\n" in out
    always = {name: min(1, 4) * (y == 1).mean() if name == "=yes" else 4 * (y == 0).mean()
              for name in ("=yes", "no, [2J")}  # fmt: skip
    best = min(always, key=lambda name: always[name])
    assert f"always answering {best!r}: {always[best]:.3g}\n" in out
    likelier = ((P[:, 0] > 0.5) & (y == 1)).sum() + 4 * ((P[:, 0] <= 0.5) & (y == 0)).sum()
    assert f"answering the likelier class: {likelier / len(y):.3g}\n" in out
    assert "threshold  '=yes' is answered from a probability of 20.0% on\n" in out
    assert "\x1b" not in out


def test_train_reports_the_same_lines(capsys: Captured) -> None:
    run(["train", "old.csv", "-t", "y", *FAST, "--cost-fn", "2", "-o", "other.numlp"])
    out = capsys.readouterr().out
    for label in ("balanced", "AUC", "log-loss", "Brier", "ECE", "cost", "threshold"):
        assert re.search(rf"^{label} ", out, re.MULTILINE), label
    # The second in the order of the alphabet is positive, where none is named.
    assert "threshold  'no, [2J' is answered from a probability of 33.3% on" in out


def test_inspect_shows_what_a_model_was_made_for(capsys: Captured) -> None:
    assert run(["inspect", "m.numlp"]) == 0
    out = capsys.readouterr().out
    assert "cost_fp=1.0, cost_fn=4.0, pos_label==yes" in out
    assert "threshold  '=yes' is answered from a probability of 20.0% on\n" in out
    assert "sets by    200 rows held out, for any coverage (predict --coverage)\n" in out
    assert run(["inspect", "m.numlp", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["positive"], found["threshold"], found["rows_of_sets"]) == ("=yes", 0.2, 200)


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--cost-fn", "0"], 2, "--cost-fn"),
        (["--cost-fp", "x"], 2, "--cost-fp"),
        (["--cost-fn", "inf"], 2, "--cost-fn"),
        (["--cost-fn", "nan"], 2, "cost_fn=nan, but it has to be"),
        (["--cost-fn", "2", "--metric", "f1"], 2, "metric='f1' and cost_fn=2.0: both say"),
        (["--cost-fn", "2", "--class-weight", "balanced"], 2, "both say how much a mistake weighs"),
        (["--positive", "maybe"], 3, "--positive 'maybe' is not a class of the target"),
    ],
)
def test_an_aim_that_cannot_be_is_one_line(
    options: list[str], code: int, message: str, capsys: Captured
) -> None:
    assert run(["train", "old.csv", "-t", "y", *FAST, "-o", "no.numlp", *options]) == code
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not Path("no.numlp").exists()


# evaluate


def test_the_json_has_every_figure_with_its_interval(capsys: Captured) -> None:
    found = as_json(capsys)
    model, y, P = known()
    aim = aim_of(model.info["settings"], model.classes.tolist())
    scores = evaluate(y, P, np.array(model.factors), aim)
    assert (found["rows"], found["target"], found["file"]) == (400, "y", "new.csv")
    for name, (low, high) in intervals(scores).items():
        value = getattr(scores, name)
        assert found["figures"][name] == pytest.approx({"value": value, "low": low, "high": high})
        assert low <= value <= high
    assert len(found["figures"]) == 8
    assert found["threshold"] == 0.2
    assert found["majority"] == {"class": "no, \x1b[2J", "accuracy": scores.majority}
    assert found["aim"]["positive"] == "=yes"
    assert (found["aim"]["cost_fp"], found["aim"]["cost_fn"]) == (1, 4)
    assert found["confusion"] == confusion_matrix(y, scores.predicted).tolist()
    for k, row in enumerate(found["classes"]):
        assert row["class"] == model.classes[k]
        assert (row["rows"], row["predicted"]) == ((y == k).sum(), (scores.predicted == k).sum())
        assert row["recall"] == pytest.approx(
            ((scores.predicted == k) & (y == k)).sum() / row["rows"]
        )


def test_a_figure_that_there_is_not_is_null_in_the_json(capsys: Captured) -> None:
    lines = Path("new.csv").read_text().splitlines(keepends=True)
    Path("one.csv").write_text("".join([lines[0], *[row for row in lines[1:] if "=yes" in row]]))
    assert run(["evaluate", "m.numlp", "one.csv", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["figures"]["roc_auc"] == {"value": None, "low": None, "high": None}
    assert found["classes"][1]["recall"] is None
    assert run(["evaluate", "m.numlp", "one.csv"]) == 0
    assert "AUC" not in capsys.readouterr().out
    assert run(["evaluate", "m.numlp", "one.csv", "--fail-under", "roc_auc=0.1"]) == 7
    assert "roc_auc has no value on these rows, and 0.1 was asked for" in capsys.readouterr().err


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("options", "missed"),
    [
        (["--fail-under", "accuracy=0.3"], []),
        (["--fail-under", "accuracy=0.999"], ["accuracy is 0.{}, under 0.999"]),
        (["--fail-under", "accuracy=0.3", "--fail-under", "f1=1"], ["f1 is 0.{}, under 1"]),
        (["--fail-over", "log_loss=5"], []),
        (["--fail-over", "log_loss=0.01"], ["log_loss is 0.{}, over 0.01"]),
        (["--fail-over", "mean_cost=0", "--fail-under", "roc_auc=0.9999"],
         ["roc_auc is 0.{}, under 0.9999", "mean_cost is 0.{}, over 0"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_figure_not_as_good_as_was_asked_ends_with_7(
    options: list[str], missed: list[str], form: list[str], capsys: Captured
) -> None:
    assert run(["evaluate", "m.numlp", "new.csv", *form, *options]) == (7 if missed else 0)
    captured = capsys.readouterr()
    lines = captured.err.splitlines()
    assert [re.sub(r" 0\.\d+,", " 0.{},", line) for line in lines] == [
        f"numlp: {m}" for m in missed
    ]
    assert "=yes" in captured.out  # the report is there all the same


def test_a_figure_just_reached_is_reached(capsys: Captured) -> None:
    figures = as_json(capsys)["figures"]
    for name, option in (("accuracy", "--fail-under"), ("brier_score", "--fail-over")):
        as_json(capsys, option, f"{name}={figures[name]['value']!r}")


@pytest.mark.parametrize(
    "option",
    [
        ["--fail-under", "accuracy"], ["--fail-under", "accuracy=high"], ["--fail-under", "acc=1"],
        ["--fail-under", "log_loss=1"], ["--fail-over", "accuracy=1"], ["--fail-under", "=1"],
        ["--fail-under", "accuracy=nan"], ["--fail-over", "brier_score=inf"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_bound_that_is_none_is_wrong_usage(option: list[str], capsys: Captured) -> None:
    assert run(["evaluate", "m.numlp", "new.csv", *option]) == 2
    assert "is not METRIC=NUMBER, where METRIC is" in capsys.readouterr().err


def test_a_cost_is_not_asked_of_a_model_without_costs(capsys: Captured) -> None:
    run(["train", "old.csv", "-t", "y", *FAST, "-o", "plain.numlp"])
    assert run(["evaluate", "plain.numlp", "new.csv", "--fail-over", "mean_cost=1"]) == 2
    assert "trained without --cost-fp and --cost-fn" in capsys.readouterr().err


@pytest.mark.parametrize("settings", [{}, None, {"metric": 3, "cost_fn": "5", "pos_label": []}])
def test_a_file_that_tells_nothing_of_its_aim_is_scored_by_accuracy(
    settings: Any, capsys: Captured
) -> None:
    model = Model.load("m.numlp")
    model.info["settings"] = settings
    model.save("odd.numlp")
    assert run(["evaluate", "odd.numlp", "new.csv"]) == 0
    out = capsys.readouterr().out
    assert "cost" not in out
    assert "threshold  'no, [2J' is answered from a probability of 80.0% on" in out


def test_of_many_classes_the_confusion_matrix_is_left_out() -> None:
    rng = np.random.default_rng(0)
    P = rng.dirichlet(np.ones(21), 50)
    model = Model.load(GOLDEN.with_suffix(".numlp"))
    model.classes, model.factors = np.arange(21), [1.0] * 21
    found = Figures(evaluate(rng.integers(21, size=50), P), model)
    document = json.loads(found.as_json({}))
    assert document["confusion"] is None
    assert document["threshold"] is None
    assert len(document["classes"]) == 21
    assert "... and 1 rarer classes" in list(found.lines())


# predict


def predicted(capsys: Captured, *options: str) -> list[list[str]]:
    assert run(["predict", "m.numlp", "new.csv", *options]) == 0
    return list(csv.reader(io.StringIO(capsys.readouterr().out)))


@pytest.mark.parametrize("threshold", [0.05, 0.5, 0.9])
def test_another_threshold_is_that_of_the_positive_class(
    threshold: float, capsys: Captured
) -> None:
    _, *rows = predicted(capsys, "--threshold", str(threshold), "--proba", "--raw")
    for answer, p, _ in rows:
        assert (answer == "=yes") == (float(p) > threshold)


@pytest.mark.parametrize("value", ["0", "1", "-0.5", "nan", "x"])
@pytest.mark.parametrize("option", ["--threshold", "--coverage"])
def test_what_is_no_share_is_wrong_usage(option: str, value: str, capsys: Captured) -> None:
    assert run(["predict", "m.numlp", "new.csv", option, value]) == 2
    assert f"Invalid value for '{option}'" in capsys.readouterr().err


def test_three_classes_have_no_threshold(capsys: Captured) -> None:
    rows = str(GOLDEN.with_suffix(".csv"))
    assert run(["predict", str(GOLDEN.with_suffix(".numlp")), rows, "--threshold", "0.3"]) == 2
    assert "--threshold is for two classes, and this model tells 3 apart" in capsys.readouterr().err


def test_the_sets_are_lists_of_labels_likeliest_first(capsys: Captured) -> None:
    header, *rows = predicted(capsys, "--coverage", "0.9")
    assert header == ["y", "set"]
    model, _, P = known()
    sets = prediction_sets(P, model.set_threshold(0.9))
    sizes = set()
    for row, p, there in zip(rows, P, sets, strict=True):
        labels = json.loads(row[1])
        assert labels == [model.classes[k] for k in np.argsort(-p) if there[k]]
        assert row[1].startswith("[")  # which no spreadsheet runs
        sizes.add(len(labels))
    assert sizes == {1, 2}
    header, *rows = predicted(capsys, "--coverage", "0.9", "--proba")
    assert header == ["y", "proba_=yes", "proba_no, \x1b[2J", "set"]
    assert {len(row) for row in rows} == {4}


def test_a_coverage_that_the_rows_held_out_cannot_give_is_warned_of(capsys: Captured) -> None:
    assert run(["predict", "m.numlp", "new.csv", "--coverage", "0.999"]) == 0
    captured = capsys.readouterr()
    assert "each set has all classes: coverage=0.999 takes 999 rows held out" in captured.err
    _, *rows = csv.reader(io.StringIO(captured.out))
    assert all(len(json.loads(row[1])) == 2 for row in rows)


def test_a_model_of_the_time_before_sets_is_refused(capsys: Captured) -> None:
    golden, rows = str(GOLDEN.with_suffix(".numlp")), str(GOLDEN.with_suffix(".csv"))
    assert run(["predict", golden, rows, "--coverage", "0.9"]) == 4
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "knows nothing of prediction sets" in captured.err
    assert run(["predict", golden, rows]) == 0


def test_an_interval_is_told_where_there_is_one() -> None:
    model, y, P = known()
    found = Figures(evaluate(y, P), model)
    found.intervals["roc_auc"] = math.nan, math.nan
    (line,) = [line for line in found.lines() if line.startswith("AUC")]
    assert re.fullmatch(r"AUC +0\.\d{3} +0.5 is chance, 1 is perfect", line)


@pytest.mark.parametrize("positive", [0, 1])
def test_answers_no_better_than_a_constant_are_called_so(positive: int) -> None:
    model = Model.load("m.numlp")
    model.factors, model.threshold = [1.0, 1.0], 0.5
    y, P = np.repeat([0, 1], [30, 10]), np.tile([0.75, 0.25], (40, 1))
    lines = [*Figures(evaluate(y, P, aim=Aim(positive=positive)), model).lines()]
    assert "not better than always answering '=yes'" in lines[2]
    assert not any(line.startswith("threshold") for line in lines)
    costly = Aim(costs=(1.0, 2.0), positive=positive)
    told = "\n".join(Figures(evaluate(y, P, aim=costly), model).lines())
    assert told.count("not better than") == 1


# Beside training


def shifted(name: str, size: float = 1.0, only: str = "") -> str:
    """The new rows with x multiplied, or those of one class alone."""
    with Path("new.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if not only or row["y"] == only]
    with Path(name).open("w", newline="") as file:
        writer = csv.DictWriter(file, ["x", "z", "y"])
        writer.writeheader()
        writer.writerows({**row, "x": size * float(row["x"]) + 5 * size - 5} for row in rows)
    return name


def test_what_training_found_stands_beside_the_figures(capsys: Captured) -> None:
    assert run(["evaluate", "m.numlp", "new.csv"]) == 0
    out = capsys.readouterr().out
    told = known()[0].facts()["validation"]
    assert (
        f"           in training: {told['accuracy']:.1%} (95% interval {told['low']:.1%} to "
        f"{told['high']:.1%}) on {told['rows']} rows held out\n"
    ) in out
    assert f"           in training: {told['log_loss']:.3f}\n" in out
    assert "much worse" not in out
    found = as_json(capsys)["training"]
    assert (found["verdict"], found["reasons"]) == ("as in training", [])
    assert found["held_out"]["accuracy"] == told["accuracy"]
    assert run(["evaluate", "m.numlp", "old.csv"]) == 0
    assert "much worse" not in capsys.readouterr().out


def test_much_worse_than_in_training_is_said_with_the_likely_reasons(capsys: Captured) -> None:
    assert run(["evaluate", "m.numlp", shifted("ten.csv", 10.0)]) == 0
    out = capsys.readouterr().out
    assert "warning    much worse than in training; what may be behind it:\n" in out
    assert "           - numbers are much higher than in training in 'x': is it another" in out
    assert run(["evaluate", "m.numlp", "ten.csv", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["training"]
    assert found["verdict"] == "much worse"
    assert len(found["reasons"]) >= 2
    assert run(["report", "m.numlp", "ten.csv", "-o", "ten.html"]) == 0
    page = Path("ten.html").read_text()
    assert "<strong>Much worse than in training.</strong>" in page
    assert "numbers are much higher than in training in &#39;x&#39;" in page


def test_a_class_without_rows_is_named_beside_the_figures(capsys: Captured) -> None:
    path = shifted("one.csv", only="=yes")
    assert run(["evaluate", "m.numlp", path]) == 0
    out = capsys.readouterr().out
    assert "no row of 'no, [2J' is here: no figure says anything of it\n" in out
    assert "balanced" not in out
    assert run(["evaluate", "m.numlp", path, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["without_rows"] == ["no, \x1b[2J"]
    assert found["figures"]["balanced_accuracy"]["value"] is None
    assert run(["report", "m.numlp", path, "-o", "one.html"]) == 0
    page = Path("one.html").read_text()
    assert '<p class="warning" id="absent"><strong>No row of &#39;no, [2J&#39; is here.' in page


def test_a_mean_over_classes_says_of_how_many_it_is() -> None:
    model, y, P = known()
    three = np.column_stack([P, np.zeros(len(P))])
    found = Figures(evaluate(y, three), model)
    found.classes = [*found.classes, "third"]
    (line,) = [line for line in found.lines() if line.startswith("balanced")]
    assert line.endswith("mean recall of the 2 of 3 classes that have rows")


def test_inspect_names_the_classes_of_which_no_row_was_held_out(capsys: Captured) -> None:
    model, _, _ = known()
    validation = model.info["validation"]
    n = validation["n_rows"]
    for rows, told in (([n, 0], True), ([n - 1, 1], False), ([n], False), ("x", False)):
        validation["class_rows"] = rows
        model.save("absent.numlp")
        assert run(["inspect", "absent.numlp"]) == 0
        assert ("no row held out is of no, [2J" in capsys.readouterr().out) == told
