"""The lesson as a page: what is stored, and what a browser makes of it."""

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from .chromium import needed, started

ROOT = Path(__file__).parents[1]
NOTEBOOK = json.loads((ROOT / "lessons" / "classification_from_scratch.ipynb").read_text("utf-8"))
FOLDER = ROOT / "src" / "numlp" / "play" / "page"
MARKUP = (FOLDER / "lesson.html").read_text(encoding="utf-8")
STYLE = (FOLDER / "lesson.css").read_text(encoding="utf-8")
# As the playground's server sends it.
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:"
MARKDOWN = ["".join(c["source"]) for c in NOTEBOOK["cells"] if c["cell_type"] == "markdown"]
PROSE = [re.sub(r"```.*?```|`[^`\n]*`", "", source, flags=re.DOTALL) for source in MARKDOWN]


class Elements(HTMLParser):
    """Every element as its name with its attributes, and the text that is no code and no output."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.prose: list[str] = []
        self.text: list[str] = []
        self._code = 0
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._code += tag in ("pre", "code")

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in ("pre", "code")

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if not self._code:
            self.prose.append(data)

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag in tags]


PAGE = Elements(MARKUP)


def test_the_stored_page_is_the_stored_lesson() -> None:
    pytest.importorskip("math_core")
    pytest.importorskip("mdit_py_plugins")
    from tests.programs import lesson_page

    nbformat = pytest.importorskip("nbformat")
    made = lesson_page.page(nbformat.read(lesson_page.LESSON, as_version=4))
    advice = "the lesson has changed: run python -m tests.programs.lesson_page"
    told = Elements(made)
    assert "".join("".join(told.text).split()) == "".join("".join(PAGE.text).split()), advice
    assert told.all("img", "a", "h2") == PAGE.all("img", "a", "h2"), advice
    # Another version of a library may put the same words into other tags.
    versions = [attributes.get("content") for attributes in PAGE.all("meta")]
    if versions == [attributes.get("content") for attributes in told.all("meta")]:
        assert made == MARKUP, advice


def test_it_needs_no_script_no_style_of_its_own_and_nothing_from_elsewhere() -> None:
    assert PAGE.all("script", "style", "iframe", "object", "svg", "form") == []
    for tag, attributes in PAGE.found:
        for name, value in attributes.items():
            assert name != "style", tag
            assert not name.startswith("on"), tag
            assert tag == "a" or "//" not in (value or "") or name == "src", (tag, value)
    assert all(str(a["src"]).startswith("data:image/png;base64,") for a in PAGE.all("img"))
    assert [attributes["href"] for attributes in PAGE.all("link")] == ["data:,", "lesson.css"]
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    assert len(MARKUP.encode()) < 1_000_000


def test_every_section_has_its_id_and_every_link_leads_to_one() -> None:
    sections = re.findall(r"(?m)^## (\d+)\.", "\n".join(MARKDOWN))
    assert [a.get("id") for a in PAGE.all("h2")] == [f"section-{number}" for number in sections]
    ids = [attributes["id"] for _, attributes in PAGE.found if "id" in attributes]
    assert len(ids) == len({*ids})
    links = [attributes["href"] or "" for attributes in PAGE.all("a")]
    assert {link for link in links if link.startswith("#")} <= {f"#{name}" for name in ids}
    # Those of the list beside the lesson, and those of the lesson's own.
    assert all(links.count(f"#section-{number}") >= 2 for number in sections)


def test_no_level_of_headings_is_left_out() -> None:
    levels = [int(tag[1]) for tag, _ in PAGE.found if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))


def test_every_picture_has_its_words_and_its_size() -> None:
    words = [
        output["metadata"]["image/png"]["alt"]
        for cell in NOTEBOOK["cells"]
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert [attributes["alt"] for attributes in PAGE.all("img")] == words
    assert all(a["width"] and a["height"] for a in PAGE.all("img"))


def test_every_formula_has_become_mathml() -> None:
    alone, in_text = r"\$\$.*?\$\$", r"\$[^$]+\$"
    n_alone = sum(len(re.findall(alone, text, re.DOTALL)) for text in PROSE)
    n_in_text = sum(
        len(re.findall(in_text, re.sub(alone, "", text, flags=re.DOTALL))) for text in PROSE
    )
    assert sum(a.get("class") == "formula" for a in PAGE.all("div")) == n_alone > 20
    assert sum("display" not in attributes for attributes in PAGE.all("math")) == n_in_text > 100
    assert not re.search(r"[$\\]", "".join(PAGE.prose))
    assert PAGE.all("merror") == []


def test_answers_solutions_checks_and_what_is_no_lesson_are_folded() -> None:
    cells = NOTEBOOK["cells"]
    in_text = sum(source.count("<details>") for source in MARKDOWN)
    checks = sum("check" in cell["metadata"].get("tags", ()) for cell in cells)
    hidden = sum("jupyter" in cell["metadata"] for cell in cells)
    assert len(PAGE.all("details")) == in_text + checks + hidden
    assert len(PAGE.all("summary")) == len(PAGE.all("details"))
    assert not any("open" in attributes for attributes in PAGE.all("details"))


def contrast(one: str, other: str) -> float:
    """How much two colours differ, as WCAG counts it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_colours_of_code_are_told_from_their_ground_in_both_schemes() -> None:
    schemes = [dict(re.findall(r"--(\w+): (#\w{6})", s)) for s in STYLE.split(":root")[1:]]
    assert len(schemes) == 2
    for colours in schemes:
        for name in ("text", "muted", "plus", "comment", "keyword", "string", "number", "name"):
            assert contrast(colours[name], colours["ground"]) >= 4.5, name
            assert contrast(colours[name], colours["panel"]) >= 4.5, name
    classes = {a.get("class") for a in PAGE.all("span")} - {None, "whole"}
    assert classes == {"comment", "keyword", "string", "number", "name"}


@pytest.mark.heavy
def test_in_chromium_nothing_is_blocked_or_missing_and_it_fits_a_telephone() -> None:
    needed()
    complaints: list[str] = []
    files = {"/lesson": (MARKUP, "text/html"), "/lesson.css": (STYLE, "text/css")}

    def answer(route: Any) -> None:
        path = route.request.url.removeprefix("http://numlp.test")
        if path in files:
            body, kind = files[path]
            headers = {"content-type": f"{kind}; charset=utf-8", "content-security-policy": POLICY}
            route.fulfill(body=body, headers=headers)
        else:
            complaints.append(route.request.url)
            route.abort()

    with started() as browser:
        page = browser.new_page(viewport={"width": 380, "height": 900}, color_scheme="dark")
        page.set_default_timeout(0)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.route("**/*", answer)
        page.goto("http://numlp.test/lesson#section-7")
        assert page.evaluate("document.documentElement.scrollWidth") == 380
        assert (
            abs(page.evaluate("document.querySelector('#section-7').getBoundingClientRect().y")) < 2
        )
        for summary in page.query_selector_all("summary"):
            summary.click()
        assert page.evaluate("document.querySelectorAll('details:not([open])').length") == 0
        assert page.evaluate("document.documentElement.scrollWidth") == 380
        wide = "[...document.images].filter(i => !i.naturalWidth || i.width > 380).length"
        assert page.evaluate(wide) == 0
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == "rgb(15, 20, 25)"
        page.set_viewport_size({"width": 1280, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == 1280
        assert page.is_visible("nav a[href='#section-15']")
    assert complaints == []
