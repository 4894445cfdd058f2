"""What the README and the pages of docs show works, and is what the code says."""

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from numlp import metrics, plots
from numlp.cli.main import all_commands, run
from numlp.ensemble.recipe import RECIPES
from numlp.nn import ReLU

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = {page.name: page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md")}


def blocks(page: str, language: str) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    return [text for name, text in found if name == language]


PYTHON = blocks(README, "python")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_python_of_the_readme_and_of_the_page_on_tables_runs(folder: Path) -> None:
    names: dict[str, object] = {}
    shown = [code for code in PYTHON if not code.startswith("class ")]
    assert len(shown) == 4
    for code in shown + blocks(DOCS["tables.md"], "python"):
        exec(code, names)  # noqa: S102 - the pages' own words
    assert (folder / "penguins.numlp").stat().st_size > 10_000
    found: Any = names["found"]
    assert found["verdict"] == "ready"
    assert len(found["columns"]) == 7


def test_the_python_of_the_page_on_plots_runs_and_the_page_names_every_plot(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mpl = pytest.importorskip("matplotlib")
    mpl.use("Agg")
    from matplotlib import pyplot

    names: dict[str, Any] = {}
    for code in blocks(DOCS["plots.md"], "python"):
        exec(code, names)  # noqa: S102 - the page's own words
    assert len(pyplot.get_fignums()) == 8
    pyplot.close("all")
    assert (folder / "roc.svg").stat().st_size > 1000
    assert capsys.readouterr().out.count("Iteration ") == 5
    assert all(f"`{name}" in DOCS["plots.md"] or name in names for name in plots.__all__)
    told = re.findall(
        r"`(\w+)`(?: \(with|, and|,)", DOCS["plots.md"].partition("numlp.metrics`")[2]
    )
    assert told
    assert all(hasattr(metrics, name) for name in told)


def test_the_page_on_onnx_shows_what_agrees(folder: Path) -> None:
    (shown,) = blocks(DOCS["onnx.md"], "python")
    exec(shown, {})  # noqa: S102 - the page's own words, which assert that both agree
    assert (folder / "penguins.onnx").stat().st_size > 10_000


def test_the_python_of_the_page_on_decisions_runs_and_says_what_is_so() -> None:
    figures, beside, costs, sets = blocks(DOCS["decisions.md"], "python")
    names: dict[str, Any] = {}
    exec(figures, names)  # noqa: S102 - the page's own words
    assert names["low"] < names["scores"].log_loss < names["high"]
    exec(beside, names)  # noqa: S102 - the page's own words
    assert names["found"].verdict in ("as in training", "better")
    exec(costs, names)  # noqa: S102 - the page's own words
    assert names["clf"].threshold_ == pytest.approx(1 / 6)
    exec(sets, names)  # noqa: S102 - the page's own words
    assert names["sets"].shape == (5, 3)


def test_the_python_and_the_commands_of_the_page_on_reports_run(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {}
    for code in blocks(DOCS["report.md"], "python"):
        exec(code, names)  # noqa: S102 - the page's own words
    assert names["columns"][0].name == "bill_length_mm"
    assert (folder / "penguins.html").stat().st_size > 20_000
    (folder / "penguins.csv").symlink_to(ROOT / "examples" / "penguins.csv")
    (commands,) = blocks(DOCS["report.md"], "sh")
    for command in commands.splitlines():
        assert run(command.split()[1:]) == 0
    assert "report     penguins.html" in capsys.readouterr().out


def test_the_classifier_goes_into_scikit_learns_tools_as_its_page_shows() -> None:
    pytest.importorskip("sklearn")
    (shown,) = [c for c in blocks(DOCS["scikit-learn.md"], "python") if "TabularClassifier" in c]
    names: dict[str, Any] = {}
    exec(shown, names)  # noqa: S102 - the page's own words
    assert names["accuracies"].mean() > 0.9
    assert names["search"].best_score_ > 0.9
    columns = names["pipe"][-1].columns_
    assert "year" not in [column["name"] for column in columns]
    assert columns[0]["why"].startswith("as asked")


def test_the_report_that_the_readme_shows_has_the_lines_that_the_command_prints(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def labels(report: str) -> list[str]:
        starts = re.findall(r"^\w+", report, re.MULTILINE)
        return [start for start in starts if start != "most"]  # printed where there are mistakes

    command = "train examples/penguins.csv --target species -q --quality fast --epochs 5"
    assert run(command.split()) == 0
    (shown,) = [block for block in blocks(README, "") if "accuracy" in block]
    assert labels(capsys.readouterr().out) == labels(shown)


def test_the_qualities_are_what_the_page_on_tables_says() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", DOCS["tables.md"], re.MULTILINE)
    assert dict(rows) == {
        name: f"{recipe.n_members} | {', '.join(map(str, recipe.hidden))} | {recipe.epochs} | "
        f"1/{recipe.n_folds}"
        for name, recipe in RECIPES.items()
    }


def test_the_options_that_the_pages_name_are_there() -> None:
    names = ("tables.md", "onnx.md", "decisions.md", "report.md")
    pages = README + "".join(DOCS[name] for name in names)
    named = re.findall(r"(?<=[` ])--[a-z][a-z-]+", pages)
    there = {
        option for command in all_commands().values() for p in command.params for option in p.opts
    }
    assert set(named) - {"--help"} <= there


def test_the_relu_of_the_readme_computes_what_the_engine_does() -> None:
    shown = next(code for code in PYTHON if code.startswith("class ReLU"))
    for statement in re.findall(r"np\..*", shown):
        assert statement in inspect.getsource(ReLU)


def test_the_files_that_the_pages_link_to_are_there() -> None:
    for folder, page in [(ROOT, README), *((ROOT / "docs", text) for text in DOCS.values())]:
        for link in re.findall(r"\]\(([^)]+)\)", page):
            assert "://" in link or (folder / link.partition("#")[0]).exists(), link
