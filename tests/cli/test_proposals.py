"""Commands propose the honest split: what quick fits say, and what is told of it."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numlp import DataError
from numlp.cli import proposals
from numlp.cli.main import run
from numlp.metrics.scores import Estimate
from numlp.tabular.estimates import Estimates

Captured = pytest.CaptureFixture[str]
Calls = list[dict[str, Any]]
N_CUSTOMERS, N_VISITS = 40, 6
N = N_CUSTOMERS * N_VISITS
FAST = ["t.csv", "-t", "y", "--quality", "fast", "--epochs", "1", "-q"]
TRAIN = ["train", *FAST]
CV = ["cv", *FAST, "--folds", "2"]
TUNE = ["tune", *FAST, "--minutes", "0.0001"]
TOLD = "held out by {}: 88.1%, not 94.2% (quick fits): "
FOR_OTHERS = "--group customer where rows to come have other values of it"
UNMEASURED = (
    "rows of one value of column 'customer' are alike in 'y' and other columns, so the estimate "
    "may promise too much for rows of other values: --group customer holds such rows out"
)


@pytest.fixture(autouse=True)
def table() -> None:
    """Visits of customers, who differ in three traits, and a day along which nothing drifts."""
    rng = np.random.default_rng(0)
    traits, likes = rng.normal(size=(N_CUSTOMERS, 3)), rng.random(N_CUSTOMERS) < 0.5
    lines = ["a,b,c,basket,customer,day,w,y"]
    for i in range(N):
        who = i // N_VISITS
        y = likes[who] if rng.random() < 0.85 else rng.random() < 0.5
        day = np.datetime64("2024-01-01") + np.timedelta64(int(rng.integers(900)), "D")
        cells = [*traits[who].round(3), round(rng.normal(), 3), f"c{who}", day, 1 + i % 3]
        lines.append(",".join(map(str, [*cells, "yes" if y else "no"])))
    Path("t.csv").write_text("\n".join(lines) + "\n")


def answering(
    monkeypatch: pytest.MonkeyPatch, by_role: float = 0.881, error: Exception | None = None
) -> Calls:
    """Have quick fits say that it matters, or not; the calls are noted."""
    calls: Calls = []

    def compare(*_: Any, **asked: Any) -> Estimates:
        calls.append(asked)
        if error is not None:
            raise error
        held_out = Estimate(by_role, by_role - 0.01, by_role + 0.01, 0.3, N)
        return Estimates(Estimate(0.942, 0.93, 0.95, 0.2, N), held_out, 0.942, 0.005)

    monkeypatch.setattr(proposals.estimates, "compare_estimates", compare)
    return calls


def facts(capsys: Captured, *options: str) -> dict[str, Any]:
    assert run(["check", "t.csv", "-t", "y", "--json", *options]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    found["split"] = [each for each in found["findings"] if each["kind"] in ("groups", "time")]
    return found


def trained(capsys: Captured, *options: str) -> str:
    assert run([*TRAIN, *options]) == 0
    return capsys.readouterr().out


def test_check_says_what_quick_fits_found_and_next_has_the_option(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = answering(monkeypatch)
    found = facts(capsys)
    assert found["split"] == [
        {
            "level": "warning",
            "kind": "groups",
            "columns": ["customer"],
            "text": TOLD.format("customer") + FOR_OTHERS,
            "measured": {"by_row": 0.942, "by_column": 0.881, "low": 0.871, "high": 0.891},
        }
    ]
    assert found["verdict"] == "warning"
    assert found["next"] == "numlp train t.csv --target y --group customer"
    assert [(each["groups"], each["time"]) for each in calls] == [("customer", None)]
    run(["check", "t.csv", "-t", "y"])
    assert f"warning: {TOLD.format('customer')}{FOR_OTHERS}" in capsys.readouterr().out


def test_what_quick_fits_do_not_confirm_is_not_told(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = answering(monkeypatch, by_role=0.941)
    found = facts(capsys)
    assert (found["split"], found["next"]) == ([], "numlp train t.csv --target y")
    assert "estimate" not in trained(capsys)
    assert len(calls) == 2


def test_a_table_that_cannot_be_fitted_quickly_stops_nothing(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, error=DataError("no"))
    assert facts(capsys)["split"] == []
    assert "estimate" not in trained(capsys)


def test_train_says_it_too_and_next_is_the_same_command_with_the_option(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch)
    out = trained(capsys)
    assert f"estimate   {TOLD.format('customer')}{FOR_OTHERS}\n" in out
    assert f"next       numlp {' '.join(TRAIN)} --group customer\n" in out
    assert "           or numlp predict t.numlp NEW_ROWS.csv\n" in out


def test_with_a_time_limit_train_fits_once_and_says_what_may_be(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = answering(monkeypatch)
    out = trained(capsys, "--time-limit", "60")
    assert f"estimate   {UNMEASURED}\n" in out
    assert "next       numlp predict" in out
    assert calls == []


def test_cv_says_it_too_and_next_trains_with_the_option(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = answering(monkeypatch)
    assert run([*CV, "--weight", "w"]) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        f"estimate   {TOLD.format('customer')}{FOR_OTHERS}",
        "next       numlp train t.csv --target y --quality fast --epochs 1 --weight w --group "
        "customer",
    ]
    assert [(each["groups"], each["columns"]) for each in calls] == [("customer", {"w": "ignore"})]
    assert run([*CV, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["findings"] == facts(capsys)["split"]
    assert found["next"].endswith(" --epochs 1 --group customer")


def test_cv_says_nothing_where_quick_fits_do_not_confirm_it(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, by_role=0.941)
    assert run(CV) == 0
    out = capsys.readouterr().out
    assert "estimate" not in out
    assert out.endswith("next       numlp train t.csv --target y --quality fast --epochs 1\n")


def test_tune_names_the_column_and_spends_none_of_its_minutes_on_quick_fits(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = answering(monkeypatch)
    assert run(TUNE) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        f"estimate   {UNMEASURED}",
        "next       numlp predict t.numlp NEW_ROWS.csv",
    ]
    assert run([*TUNE, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [(each["kind"], each["columns"]) for each in found] == [("groups", ["customer"])]
    assert calls == []


@pytest.mark.parametrize("option", ["--group", "--time"])
def test_where_rows_are_held_out_by_a_column_already_nothing_is_proposed(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    calls = answering(monkeypatch)
    column = {"--group": "customer", "--time": "day"}[option]
    assert facts(capsys, option, column)["split"] == []
    assert "estimate" not in trained(capsys, option, column)
    for command in (CV, TUNE):
        assert run([*command, option, column, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["findings"] == []
    assert calls == []


def test_a_weight_is_no_feature_of_quick_fits_and_a_column_to_ignore_may_be_a_group(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = answering(monkeypatch)
    found = facts(capsys, "--weight", "w", "--column", "customer=ignore")
    assert calls[0]["columns"] == {"w": "ignore", "customer": "ignore"}
    asked = "--column customer=ignore --weight w --group customer"
    assert found["next"] == f"numlp train t.csv --target y {asked}"


def test_a_wide_table_is_not_fitted_but_the_column_is_named(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = answering(monkeypatch)
    monkeypatch.setattr(proposals, "MOST_CELLS", 500)
    found = facts(capsys)
    assert [each["level"] for each in found["split"]] == ["note"]
    assert found["next"] == "numlp train t.csv --target y"
    assert calls == []


def test_of_groups_and_times_next_has_the_one_that_matters_more() -> None:
    def proposal(role: str, accuracy: float) -> proposals.Proposal:
        held_out = Estimate(accuracy, 0.0, 1.0, 0.3, N)
        found = Estimates(held_out, held_out, accuracy, math.inf)
        return proposals.Proposal(proposals.Candidate(role, f"{role} column", "so"), found)

    found = [proposal("groups", 0.8), proposal("time", 0.7)]
    assert proposals.role_of(found) == {"time": "time column"}
    assert proposals.role_of([]) == {}


@pytest.mark.heavy
def test_a_table_of_customers_gets_the_honest_split_without_a_word(capsys: Captured) -> None:
    found = facts(capsys)
    assert found["next"] == "numlp train t.csv --target y --group customer"
    measured = found["split"][0]["measured"]
    assert measured["by_column"] < measured["by_row"] - 0.1
    assert run([*found["next"].split()[1:], "--quality", "fast", "--epochs", "1", "-q"]) == 0
    assert "rows held out by customer" in capsys.readouterr().out
