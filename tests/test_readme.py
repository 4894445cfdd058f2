"""What the README and the pages of docs show works, and is what the code says."""

import contextlib
import importlib.util
import inspect
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from numlp import TabularClassifier, metrics, plots
from numlp.cli.main import all_commands, run
from numlp.ensemble.recipe import RECIPES
from numlp.nn import ReLU

from .programs.snippets import Names, run_page

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = {page.name: page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md")}


def blocks(page: str, language: str) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    return [text for name, text in found if name == language]


PYTHON = blocks(README, "python")
PAGES = {
    "README.md": README,
    **{
        os.fspath(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "docs").rglob("*.md"))
    },
}
WITH_PYTHON = [name for name, text in PAGES.items() if blocks(text, "python")]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", WITH_PYTHON)
def test_the_python_of_a_page_runs_in_a_fresh_interpreter_and_imports_what_it_uses(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("sklearn", "matplotlib", "onnxruntime"):
        if re.search(
            rf"(import|from) {module}|numlp\.plots", "".join(blocks(PAGES[name], "python"))
        ):
            pytest.importorskip(module)
    if importlib.util.find_spec("tqdm") is None:
        monkeypatch.setitem(sys.modules, "tqdm", stub_of_tqdm())
    monkeypatch.setenv("MPLBACKEND", "Agg")
    names, printed = run_page(blocks(PAGES[name], "python"))
    check = CHECKS.get(name)
    if check is not None:
        check(names, printed, folder)


def stub_of_tqdm() -> ModuleType:
    class Bar(contextlib.nullcontext[Any]):
        def __init__(self, total: int) -> None:
            super().__init__(self)

        def update(self) -> bool:
            return True

    stub = ModuleType("tqdm")
    vars(stub)["tqdm"] = Bar
    return stub


def of_the_readme(names: Names, _: str, folder: Path) -> None:
    assert (folder / "penguins.numlp").stat().st_size > 10_000
    assert issubclass(names["ReLU"], names["Layer"])


def of_tables(names: Names, _: str, __: Path) -> None:
    assert names["found"]["verdict"] == "ready"
    assert len(names["found"]["columns"]) == 7


def of_plots(names: Names, printed: str, folder: Path) -> None:
    from matplotlib import pyplot

    assert len(pyplot.get_fignums()) == 8
    pyplot.close("all")
    assert (folder / "roc.svg").stat().st_size > 1000
    assert printed.count("Iteration ") == 5
    page = PAGES["docs/plots.md"]
    assert all(f"`{name}" in page or name in names for name in plots.__all__)
    told = re.findall(r"`(\w+)`(?: \(with|, and|,)", page.partition("numlp.metrics`")[2])
    assert told
    assert all(hasattr(metrics, name) for name in told)


def of_onnx(_: Names, __: str, folder: Path) -> None:
    assert (folder / "penguins.onnx").stat().st_size > 10_000  # the page asserts that both agree


def of_decisions(names: Names, _: str, __: Path) -> None:
    assert names["low"] < names["scores"].log_loss < names["high"]
    assert names["found"].verdict in ("as in training", "better")
    assert names["sets"].shape == (5, 3)


def of_reports(names: Names, _: str, folder: Path) -> None:
    assert names["columns"][0].name == "bill_length_mm"
    assert (folder / "penguins.html").stat().st_size > 20_000


def of_quality(_: Names, printed: str, __: Path) -> None:
    told = re.findall(r'"(its .*)"|# which nets: (.*) of (.*)', PAGES["docs/quality.md"])
    assert [told[0][0], " ".join(told[1][1:])] == printed.splitlines()[-2:]


def of_validation(names: Names, printed: str, _: Path) -> None:
    assert names["by_customer"].is_lower
    assert names["by_day"].is_lower
    same_accuracies(PAGES["docs/validation.md"], printed, 6)


def of_texts(names: Names, printed: str, _: Path) -> None:
    assert names["clf"].columns_[0]["kind"] == "text"
    same_accuracies(PAGES["docs/text.md"], printed, 6)
    words = re.findall(r"^# (?:good|bad) .*", PAGES["docs/text.md"], re.MULTILINE)
    assert [word in printed for word in re.findall(r"'(\w+)'", "".join(words))].count(True) > 6


def same_accuracies(page: str, printed: str, most: float) -> None:
    """The accuracies that comments of the page tell are those printed, within some points."""
    told, found = (
        [float(share) for share in re.findall(rf"{start}accuracy ([\d.]+)%", text, re.MULTILINE)]
        for start, text in (("# ", page), ("^", printed))
    )
    assert told
    assert found == pytest.approx(told, abs=most)


def of_scikit_learn(names: Names, _: str, __: Path) -> None:
    assert names["accuracies"].mean() > 0.9
    assert names["search"].best_score_ > 0.9
    columns = names["pipe"][-1].columns_
    assert "year" not in [column["name"] for column in columns]
    assert columns[0]["why"].startswith("as asked")


@pytest.mark.usefixtures("folder")
def test_the_snippet_of_the_page_on_onnx_gives_columns_as_they_are_learned() -> None:
    pytest.importorskip("onnxruntime")
    pandas = pytest.importorskip("pandas")
    (page,) = blocks(DOCS["onnx.md"], "python")
    dated = page.replace(
        'drop(columns="species")', 'drop(columns="species").assign(**columns_of(penguins))'
    )
    assert dated != page

    def days_of(penguins: Any) -> Any:
        since = penguins["species"].map({"Adelie": 0, "Gentoo": 400, "Chinstrap": 800})
        days = pandas.Timestamp("2020-01-01") + pandas.to_timedelta(
            since + penguins.index % 90, "D"
        )
        return days.where(penguins.index % 20 > 0)

    def columns_of(penguins: Any) -> Any:
        days = days_of(penguins)
        big = penguins["body_mass_g"] > 4000
        return {
            "day": days,
            "text": days.dt.strftime("%Y-%m-%d"),
            "zone": (days + pandas.Timedelta("7h")).dt.tz_localize("Europe/Berlin"),
            "truth": big.map({True: "true", False: "False"}).where(penguins.index % 7 > 0),
            "level": penguins["island"].where(penguins.index % 9 > 0).astype("category"),
        }

    names: dict[str, Any] = {"__name__": __name__, "columns_of": columns_of}
    exec(dated, names)  # noqa: S102 - the page's own words, which compare the answers
    kinds = {column["name"]: column["kind"] for column in names["clf"].columns_}
    assert {kinds[name] for name in ("day", "text", "zone")} == {"date"}
    assert (kinds["truth"], kinds["level"]) == ("boolean", "category")


@pytest.mark.filterwarnings("ignore:the net did not learn")
def test_the_subclass_that_the_page_on_tools_shows_is_scikit_learns_and_ours() -> None:
    base = pytest.importorskip("sklearn.base")
    (shown,) = blocks(DOCS["tools.md"], "python")
    names: dict[str, Any] = {"__name__": __name__}
    exec(shown, names)  # noqa: S102 - the page's own words
    clf = names["clf"]
    assert isinstance(clf, base.BaseEstimator)
    assert base.is_classifier(clf)
    assert repr(clf) == "SkTabularClassifier(quality='fast', epochs=8, random_state=0)"
    twin = base.clone(clf).set_params(epochs=1, ensemble_size=1)
    X = [[float(i), 1.0 + i % 3] for i in range(40)]
    y = [i > 20 for i in range(40)]
    assert 0 <= twin.fit(X, y).score(X, y) <= 1
    net = names["SkMLPClassifier"]((4,), solver="lbfgs", max_iter=900, random_state=0)
    assert net.fit(X, y).score(X, y) > 0.9


CHECKS: dict[str, Callable[[Names, str, Path], None]] = {
    "README.md": of_the_readme,
    "docs/tables.md": of_tables,
    "docs/plots.md": of_plots,
    "docs/onnx.md": of_onnx,
    "docs/decisions.md": of_decisions,
    "docs/report.md": of_reports,
    "docs/scikit-learn.md": of_scikit_learn,
    "docs/quality.md": of_quality,
    "docs/validation.md": of_validation,
    "docs/text.md": of_texts,
}


def test_a_cost_moves_the_threshold_as_the_page_on_decisions_says() -> None:
    (told,) = re.findall(r"clf\.threshold_  # (\d)/(\d)", PAGES["docs/decisions.md"])
    clf = TabularClassifier("fast", epochs=20, cost_fp=1, cost_fn=5, random_state=0)
    clf.fit({"x": list(range(40))}, [False] * 20 + [True] * 20)
    assert clf.threshold_ == pytest.approx(int(told[0]) / int(told[1]))


@pytest.mark.parametrize(
    ("page", "error"),
    [
        ("numlp.load", NameError),
        ("import numlp\nnumlp.nothing", AttributeError),
        ("import xml\nxml.dom.minidom", ImportError),  # loaded, but not by the page
    ],
)
def test_a_page_that_does_not_import_what_it_uses_is_found(
    page: str, error: type[Exception]
) -> None:
    importlib.import_module("xml.dom.minidom")
    with pytest.raises(error):
        run_page(page.splitlines())


@pytest.mark.parametrize("room", ["export", "plots", "metrics", "explain", "check", "nn", "report"])
def test_a_room_is_there_once_numlp_is_imported(room: str) -> None:
    names, _ = run_page(["import numlp", f"room = numlp.{room}"])
    assert names["room"].__name__ == f"numlp.{room}"


def test_a_page_begins_with_a_numlp_of_its_own_and_leaves_the_others_alone() -> None:
    before = {name: module for name, module in sys.modules.items() if name.startswith("numlp")}
    names, _ = run_page(["import numlp"])
    assert names["numlp"] is not before["numlp"]
    after = {name: module for name, module in sys.modules.items() if name.startswith("numlp")}
    assert after == before


def test_the_commands_of_the_page_on_reports_run(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "penguins.csv").symlink_to(ROOT / "examples" / "penguins.csv")
    (commands,) = blocks(DOCS["report.md"], "sh")
    for command in commands.splitlines():
        assert (
            run(
                [
                    *command.split()[1:],
                    *["--quality", "fast", "--epochs", "5"] * ("train" in command),
                ]
            )
            == 0
        )
    assert "report     penguins.html" in capsys.readouterr().out


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


def test_the_qualities_are_what_the_page_on_quality_says() -> None:
    page = DOCS["quality.md"].partition("\n## What each does")[2]
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", page, re.MULTILINE)
    assert dict(rows) == {
        name: f"{recipe.n_members} | {', '.join(map(str, recipe.hidden))} | {recipe.epochs} | "
        f"1/{recipe.n_folds}"
        for name, recipe in RECIPES.items()
    }


def test_the_options_that_the_pages_name_are_there() -> None:
    names = ("tables.md", "onnx.md", "decisions.md", "report.md", "quality.md", "validation.md",
             "text.md", "coming-from.md")  # fmt: skip
    pages = README + "".join(DOCS[name] for name in names)
    named = re.findall(r"(?<=[` ])--[a-z][a-z-]+", pages)
    there = {
        option for command in all_commands().values() for p in command.params for option in p.opts
    }
    assert set(named) - {"--help"} <= there


def test_the_relu_of_the_readme_computes_what_the_engine_does() -> None:
    shown = next(code for code in PYTHON if "class ReLU" in code)
    for statement in re.findall(r"np\..*", shown):
        assert statement in inspect.getsource(ReLU)


def test_the_files_that_the_pages_link_to_are_there() -> None:
    for folder, page in [(ROOT, README), *((ROOT / "docs", text) for text in DOCS.values())]:
        for link in re.findall(r"\]\(([^)]+)\)", page):
            assert "://" in link or (folder / link.partition("#")[0]).exists(), link
