"""The site of the documentation builds without a warning, and opens from its folder."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .chromium import PICTURES, needed, started

pytestmark = pytest.mark.heavy

pytest.importorskip("sphinx")
pytest.importorskip("myst_parser")
pytest.importorskip("numpydoc")
pytest.importorskip("pydata_sphinx_theme")
needed()
ROOT = Path(__file__).parents[1]
PAGES = ["index", "guide", "tables", "quality", "validation", "text", "coming-from", "commands",
         "engine", "reference/nn", "reference/numlp", "reference/cli", "security",
         "develop/house"]  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html",
         "-d", folder / "trees", ROOT / "docs", folder / "html"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "html"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with started() as browser:
        yield browser


class Visit:
    """A page that was opened, and all that it asked for and complained of."""

    def __init__(self, browser: Any, url: str, **context: Any) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page = browser.new_page(**context)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(url)

    def close(self, picture: str = "") -> None:
        if PICTURES and picture:
            self.page.screenshot(path=f"{PICTURES}/{picture}.png")
        self.page.close()
        assert not self.complaints
        assert all(url.startswith(("file:", "data:", "blob:")) for url in self.requests)


@pytest.mark.parametrize("width", [380, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_open_from_a_folder_fit_and_ask_for_nothing_from_elsewhere(
    site: Path, chromium: Any, width: int, scheme: str
) -> None:
    grounds = set()
    for name in PAGES:
        size = {"width": width, "height": 900}
        url = (site / f"{name}.html").as_uri()
        visit = Visit(chromium, url, viewport=size, color_scheme=scheme)
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width, name
        grounds.add(visit.page.evaluate("getComputedStyle(document.body).backgroundColor"))
        visit.close(f"{name.replace('/', '-')}-{scheme}-{width}")
    (ground,) = grounds
    light = sum(map(int, re.findall(r"\d+", ground)[:3])) > 3 * 128
    assert light == (scheme == "light")


def test_a_search_finds_a_name_of_the_engine(site: Path, chromium: Any) -> None:
    visit = Visit(chromium, (site / "search.html").as_uri() + "?q=Dropout")
    visit.page.wait_for_selector("#search-results li a")
    found = visit.page.eval_on_selector_all("#search-results li a", "all => all.map(a => a.href)")
    assert any("nn-more.html#numlp.nn.Dropout" in url for url in found)
    visit.close("search")


def test_no_page_names_a_script_a_style_or_a_picture_of_another_address(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 30
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert not re.findall(r'(?:src="|<link[^>]*href=")(?:https?:)?//[^"]*', text), path
