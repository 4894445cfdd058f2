"""--group, --time and --weight: through every command, into the model and what it tells."""

import json
from pathlib import Path

import numpy as np
import pytest

import numlp
from numlp.cli.main import run

Captured = pytest.CaptureFixture[str]
FAST = ["--quality", "fast", "--epochs", "1", "-q"]
N = 90


@pytest.fixture(autouse=True)
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Visits of 18 customers; the first row has no class."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    lines = ["size,customer,day,w,kind", "1,c0,2024-01-01,1,"]
    for i in range(N):
        size = rng.normal()
        day = np.datetime64("2024-01-01") + np.timedelta64(i, "D")
        kind = "yes" if size + 0.3 * rng.normal() > 0 else "no"
        lines.append(f"{size:.3f},c{i // 5},{day},{i % 3},{kind}")
    Path("t.csv").write_text("\n".join(lines) + "\n")


def out(capsys: Captured, *command: str) -> str:
    code = run([*command])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return captured.out


def test_train_says_by_what_rows_were_held_out_and_so_do_inspect_and_report(
    capsys: Captured,
) -> None:
    roles = ["--group", "customer", "--weight", "w"]
    text = out(capsys, "train", "t.csv", "-t", "kind", *roles, *FAST)
    assert "set aside: customer: says which rows belong together" in text
    assert "set aside: w: says how much each row weighs" in text
    assert "rows held out by customer, each answered by the nets that had not seen it:" in text
    assert "nets       10, each trained without a fifth of the groups" in text
    assert "rows held out by customer" in out(capsys, "inspect", "t.numlp")
    facts = json.loads(out(capsys, "inspect", "t.numlp", "--json"))
    assert facts["held_out_by"] == {"by": "group", "column": "customer", "n": 18}
    out(capsys, "report", "t.numlp", "t.csv", "-o", "t.html")
    page = Path("t.html").read_text()
    assert "rows held out by customer (95%" in page
    made = "--quality fast --epochs 1 --seed 0 --group customer --weight w"
    assert f"numlp train TABLE.csv --target kind {made}" in page
    # A file to be predicted needs none of these columns.
    lines = [line.split(",") for line in Path("t.csv").read_text().splitlines()]
    Path("new.csv").write_text("".join(f"{line[0]},{line[2]}\n" for line in lines))
    assert len(out(capsys, "predict", "t.numlp", "new.csv").splitlines()) == N + 2


@pytest.mark.filterwarnings("ignore:the net did not learn")
def test_the_command_makes_the_model_that_fit_makes(capsys: Captured) -> None:
    pd = pytest.importorskip("pandas")
    out(capsys, "train", "t.csv", "-t", "kind", "--time", "day", *FAST)
    frame = pd.read_csv("t.csv", parse_dates=["day"]).dropna()
    clf = numlp.TabularClassifier("fast", epochs=1, random_state=0)
    clf.fit(frame.drop(columns="kind"), frame["kind"], time="day")
    P = numlp.load("t.numlp").predict_proba(frame)
    assert P.tobytes() == clf.predict_proba(frame).tobytes()


@pytest.mark.filterwarnings("ignore:coverage")
def test_by_time_train_says_so_and_predict_promises_no_coverage(capsys: Captured) -> None:
    text = out(capsys, "train", "t.csv", "-t", "kind", "--time", "day", *FAST)
    assert "36 rows held out, later by day than those learned from" in text
    assert "nets       10, trained on all rows to the latest; 4 others" in text
    assert run(["predict", "t.numlp", "t.csv", "--coverage", "0.5"]) == 0
    assert "is not promised of rows to come" in capsys.readouterr().err


def test_cv_parts_groups_and_its_next_command_has_all_that_was_given(capsys: Captured) -> None:
    given = ["--column", "day=ignore", "--group", "customer", "--weight", "w",
             "--metric", "f1", "--positive", "yes", "--seed", "3"]  # fmt: skip
    text = out(capsys, "cv", "t.csv", "-t", "kind", "--folds", "3", *given, *FAST)
    assert text.startswith("each part has other groups, by customer, than the rows learned from\n")
    assert "\nf1 " in text
    assert text.endswith(
        "next       numlp train t.csv --target kind --quality fast --epochs 1 "
        + " ".join(given) + "\n"
    )  # fmt: skip
    json_ = ["--folds", "2", "--time", "day", "--cost-fn", "2.5", "--json"]
    facts = json.loads(out(capsys, "cv", "t.csv", "-t", "kind", *json_, *FAST))
    assert [fold["n_trained"] for fold in facts["folds"]] == [45, 68]
    assert (facts["by"], facts["column"], facts["metric"]) == ("time", "day", "mean_cost")
    assert facts["next"].endswith("--time day --cost-fn 2.5")


def test_check_looks_past_these_columns_and_passes_them_on(capsys: Captured) -> None:
    text = out(capsys, "check", "t.csv", "-t", "kind", "--group", "customer")
    assert "customer  set aside" in text
    assert text.endswith("next       numlp train t.csv --target kind --group customer\n")


def test_tune_keeps_the_groups(capsys: Captured) -> None:
    roles = ["--group", "customer"]
    text = out(capsys, "tune", "t.csv", "-t", "kind", "--minutes", "0.0001", *roles, *FAST)
    assert "rows of the last fit held out by customer" in text


def test_a_config_file_names_them(capsys: Captured) -> None:
    Path("c.toml").write_text('group = "customer"\n[train]\nweight = "w"\n')
    text = out(capsys, "train", "t.csv", "-t", "kind", "--config", "c.toml", *FAST)
    assert "rows held out by customer" in text
    assert "set aside: w: " in text


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (["--group", "customr"], 3, "--group customr: t.csv has no such column: did you mean"),
        (["--time", "kind"], 3, "--time kind: it is the target"),
        (["--group", "customer", "--time", "day"], 2, "--group and --time: each says which rows"),
        (["--weight", "size"], 3, "-0.536' in row 4: a weight is a number, 0 or more"),
        (["--time", "customer"], 3, "column 'customer' cannot be put in the order of time"),
    ],
    ids=str,
)
@pytest.mark.parametrize("command", ["train", "cv", "tune"])
def test_what_cannot_be_is_one_line(
    command: str, options: list[str], code: int, told: str, capsys: Captured
) -> None:
    more = ["--minutes", "1"] if command == "tune" else []
    assert run([command, "t.csv", "-t", "kind", *options, *more, *FAST]) == code
    err = capsys.readouterr().err
    assert told in err
    assert not Path("t.numlp").exists()


def test_a_missing_group_is_named_by_its_row_in_the_file(capsys: Captured) -> None:
    lines = Path("t.csv").read_text().splitlines()
    lines[5] = lines[5].replace(",c0,", ",,")
    Path("t.csv").write_text("\n".join(lines) + "\n")
    assert run(["train", "t.csv", "-t", "kind", "--group", "customer", *FAST]) == 3
    assert "column 'customer' is missing in row 5: give each row a group" in capsys.readouterr().err


def test_time_has_one_dealing_of_the_parts(capsys: Captured) -> None:
    command = ["cv", "t.csv", "-t", "kind", "--time", "day", "--repeats", "2", *FAST]
    assert run(command) == 2
    assert "--repeats and --time" in capsys.readouterr().err
