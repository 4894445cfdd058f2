"""The page in a real Chromium: what it shows, that it fits, and that it asks for nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numlp.metrics import evaluate
from numlp.report import write_report

from ..chromium import PICTURES, needed, started
from .conftest import ENDS, HOSTILE, Case

pytestmark = pytest.mark.heavy

needed()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with started() as browser:
        yield browser


class Visit:
    """A page that was opened, and all that it asked for and complained of."""

    def __init__(self, browser: Any, path: Path, **context: Any) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page = browser.new_page(**context)
        self.page.set_default_timeout(0)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.blocked: list[str] = []
        self.page.on("requestfailed", lambda request: self.blocked.append(request.failure))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.goto(path.as_uri())

    def cells(self, table: str) -> list[list[str]]:
        """The cells of a table as they are shown."""
        rows: list[list[str]] = self.page.eval_on_selector_all(
            f"#{table} tr", "rows => rows.map(row => [...row.cells].map(c => c.innerText))"
        )
        return rows


@pytest.fixture(scope="module")
def reports(
    two: Case, three: Case, notes: Case, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    paths = {name: folder / f"{name}.html" for name in ("two", "three", "notes")}
    for case, path in zip((two, three, notes), paths.values(), strict=True):
        write_report(*case, path)
    return paths


def test_what_chromium_shows_are_the_metrics(
    chromium: Any, reports: dict[str, Path], three: Case
) -> None:
    clf, table, y = three
    codes = np.array([clf.classes_.tolist().index(label) for label in y])
    scores = evaluate(codes, clf.predict_proba(table), np.array(clf.model_.factors))
    visit = Visit(chromium, reports["three"])
    assert f"Right in {scores.accuracy:.1%} of 300 rows" in visit.page.inner_text("#verdict")
    assert visit.page.inner_text("#figure-log_loss") == f"{scores.log_loss:.3f}"
    shown = visit.cells("matrix")
    assert shown[0][1:] == clf.classes_.tolist()
    counts = [[int(cell.split("\n")[0]) for cell in row[1:]] for row in shown[1:]]
    assert counts == scores.confusion.tolist()
    assert [row[4] for row in visit.cells("classes")[1:]] == [f"{r:.1%}" for r in scores.recall]


@pytest.mark.parametrize("name", ["two", "three"])
def test_the_page_asks_for_nothing_and_nothing_in_it_runs(
    chromium: Any, reports: dict[str, Path], name: str
) -> None:
    visit = Visit(chromium, reports[name])
    for summary in visit.page.query_selector_all("summary"):
        summary.click()
    # What the clicks set off has begun once the browser has drawn twice.
    visit.page.evaluate("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")
    assert visit.requests == [reports[name].as_uri()]
    assert visit.complaints == []
    assert visit.page.evaluate("document.scripts.length") == 0
    assert visit.page.evaluate("getComputedStyle(document.body).marginTop") == "0px"  # has a style


def test_the_policy_forbids_what_would_be_smuggled_in(
    chromium: Any, reports: dict[str, Path], tmp_path: Path
) -> None:
    page = reports["two"].read_text(encoding="utf-8")
    smuggled = '<script>alert(1)</script><img src="https://example.org/a.png"><p style="color:red">'
    path = tmp_path / "smuggled.html"
    path.write_text(page.replace("<main>", f"<main>{smuggled}"), encoding="utf-8")
    visit = Visit(chromium, path)
    assert visit.requests == [path.as_uri(), "https://example.org/a.png"]
    assert visit.blocked == ["csp"]
    assert len(visit.complaints) == 3
    assert all("Content Security Policy" in complaint for complaint in visit.complaints)


def test_names_that_try_to_break_out_are_shown_as_they_are(
    chromium: Any, reports: dict[str, Path]
) -> None:
    visit = Visit(chromium, reports["two"])
    assert HOSTILE in [row[0] for row in visit.cells("columns")]
    assert {HOSTILE, ENDS} < {row[0] for row in visit.cells("kinds")}
    assert visit.cells("matrix")[0][1:] == [HOSTILE, "no"]
    assert visit.page.query_selector_all("main b") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "width"), [("two", 380), ("three", 380), ("three", 768), ("two", 1280), ("notes", 380)]
)
def test_the_page_fits_its_window_and_follows_light_and_dark(
    chromium: Any, reports: dict[str, Path], name: str, width: int, scheme: str, tmp_path: Path
) -> None:
    context = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    page = Visit(chromium, reports[name], **context).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # No text of a chart is cut off at its edge.
    cut = page.evaluate(
        """[...document.querySelectorAll("svg text")].filter(text => {
            const own = text.getBoundingClientRect();
            const all = text.ownerSVGElement.getBoundingClientRect();
            return own.left < all.left - 1 || own.right > all.right + 1
                || own.bottom > all.bottom + 1;
        }).map(text => text.textContent)"""
    )
    assert cut == []
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 20, 25)"}[scheme]
    line = page.evaluate('getComputedStyle(document.querySelector(".curve")).stroke')
    assert line == {"light": "rgb(11, 98, 168)", "dark": "rgb(108, 182, 255)"}[scheme]
    path = Path(PICTURES or tmp_path) / f"{name}-{width}-{scheme}.png"
    page.screenshot(path=path, full_page=True)
    assert path.stat().st_size > 20_000


def test_it_prints_on_a_few_pages_in_light_colours(
    chromium: Any, reports: dict[str, Path], tmp_path: Path
) -> None:
    page = Visit(chromium, reports["two"], color_scheme="dark").page
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.is_visible("nav")
    path = Path(PICTURES or tmp_path) / "two.pdf"
    page.pdf(path=path, format="A4")
    assert 1 <= path.read_bytes().count(b"/Type /Page\n") <= 8
