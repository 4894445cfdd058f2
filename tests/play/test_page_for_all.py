"""The page of the playground without a mouse, without eyes, on a small screen, and by hand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numlp.data.columns import as_columns
from numlp.data.labels import encode_labels
from numlp.play.user_table import user_table

from ..chromium import PICTURES
from .browsed import Playground, Visit, playing
from .test_page import LARGEST, chromium, served, visit

__all__ = ["chromium", "served", "visit"]  # fixtures

pytestmark = pytest.mark.heavy


def test_by_keyboard_alone(visit: Visit) -> None:
    page = visit.page
    press = page.keyboard.press

    def tab_to(selector: str) -> None:
        for _ in range(120):
            press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"{selector} is not reached by the tab key")

    press("Tab")
    assert page.inner_text(":focus") == "Skip to the controls of the run"
    press("Enter")
    press(" ")
    visit.until(lambda: visit.state("frame.epoch") > 1)
    press(" ")
    visit.until(lambda: not visit.state("running"))
    press("r")
    visit.until(lambda: page.inner_text("#at-epoch") == "0")
    press(".")
    visit.until(lambda: visit.state("frame.batch") == 1)
    press(",")
    visit.until(lambda: visit.state("frame.batch") == 2)
    press("e")
    visit.until(lambda: visit.state("frame.epoch") == 1)
    press("l")
    visit.until(lambda: page.is_visible("#trace"))
    press("l")
    visit.until(lambda: "A1" in page.inner_text("#trace-body .formula"))
    press("Escape")
    assert not page.is_visible("#trace")
    press("?")
    assert page.is_visible("#keys-dialog")
    press("Escape")
    assert not page.is_visible("#keys-dialog")
    tab_to("#data input")
    press("ArrowRight")
    visit.settled("data", "xor")
    tab_to("#more-0")
    press(" ")
    visit.settled("layers", [5, 4])
    assert page.evaluate("document.activeElement.id") == "more-0"
    tab_to("#net-units button")
    press("ArrowRight")
    press("ArrowDown")
    press("Enter")
    assert page.inner_text("#unit h3") == "Unit 2 of layer 2: ReLU"
    tab_to("#unit li button")
    press("Enter")
    page.keyboard.type("1.5")
    press("Enter")
    visit.until(lambda: page.inner_text("#unit li .value >> nth=0") == "1.5000")
    tab_to("#boundary")
    page.click("#help")
    page.uncheck("#keys-on")
    press("Escape")
    press("r")
    page.wait_for_timeout(100)
    assert visit.state("frame.epoch") == 0
    assert page.inner_text("#unit li .value >> nth=0") == "1.5000"  # nothing was reset


def test_the_focus_is_seen(visit: Visit) -> None:
    page = visit.page
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        place, outline = page.evaluate(
            """() => { const e = document.activeElement, box = e.closest(".set") ?? e;
                return [e.id || e.outerHTML.slice(0, 60), getComputedStyle(box).outlineStyle]; }"""
        )
        if place.startswith("<body"):
            break
        assert outline == "solid", place
        seen.add(place)
    assert len(seen) > 40


CONTROLS = {
    "button", "checkbox", "radio", "slider", "combobox", "spinbutton", "textbox", "link", "image",
    "img", "dialog", "region", "group", "toolbar", "list", "table",
}  # fmt: skip
NAMELESS = {"list", "table", "group", "region"}  # of which not every one needs a name


def test_each_control_has_a_name_for_a_screen_reader(visit: Visit) -> None:
    page = visit.page
    page.click("#layer")
    visit.until(lambda: page.is_visible("#trace"))
    page.click("#net-units button")
    session = visit.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    found = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in CONTROLS
    ]
    assert len(found) > 80
    assert [role for role, name in found if not name.strip() and role not in NAMELESS] == []
    names = {name for _, name in found}
    assert {"One unit more in layer 1", "Activation of layer 2", "Speed"} <= names
    picture = page.get_attribute("#boundary", "aria-label")
    assert "2 classes, 140 training points, 60 held out" in picture


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [380, 768, 1100, 1400])
def test_the_page_fits_its_window(
    chromium: Any, served: Playground, width: int, scheme: str, tmp_path: Path
) -> None:
    visit = Visit(chromium, served, viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = visit.page
    fits = "document.documentElement.scrollWidth"
    visit.change(**LARGEST)
    visit.step("epoch", 1)
    page.screenshot(path=Path(PICTURES or tmp_path) / f"play-{width}-{scheme}.png", full_page=True)
    assert page.evaluate(fits) <= width
    page.click("#net-units button:nth-child(20)")
    page.check("#numbers")
    page.click("#layer")
    visit.until(lambda: page.is_visible("#trace"))
    while page.inner_text("#trace-next") == "Next":
        page.click("#trace-next")
        assert page.evaluate(fits) <= width
    page.click("#trace-close")
    page.click("#data input[value=blobs]")
    visit.settled("data", "blobs")
    page.focus("#classes")
    page.keyboard.press("End")
    visit.settled("classes", 5)
    page.click("#data input[value=points]")
    visit.settled("data", "points")
    assert page.evaluate(fits) <= width
    page.click("#python")
    page.wait_for_selector("#text-dialog[open]")
    assert page.evaluate(fits) <= width
    visit.close()


CONTRAST = """() => {
    const parse = text => text.match(/[\\d.]+/g).map(Number);
    const linear = v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255)
        + 0.0722 * linear(b / 255);
    const ground = e => {
        for (; e; e = e.parentElement) {
            const c = parse(getComputedStyle(e).backgroundColor);
            if (c.length < 4 || c[3] > 0) return c;
        }
        return [255, 255, 255];
    };
    return [...document.querySelectorAll("body *")].filter(e => e.checkVisibility() &&
        [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())).map(e => {
        const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))];
        return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.outerHTML.slice(0, 80)];
    }).filter(([ratio]) => ratio < 4.5);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_have_contrast(chromium: Any, served: Playground, scheme: str) -> None:
    visit = Visit(chromium, served, color_scheme=scheme)
    visit.page.click("#layer")
    visit.until(lambda: visit.page.is_visible("#trace"))
    visit.page.click("#net-units button")
    assert visit.page.evaluate(CONTRAST) == []
    visit.close()


# Points by hand, and a table of one's own


def test_points_are_drawn_and_erased(visit: Visit) -> None:
    page = visit.page
    page.click("#data input[value=points]")
    visit.settled("data", "points")
    assert len(visit.state("setup.points")) == 200  # those of the toy, to go on from
    page.click("#wipe")
    assert "at least two points" in page.inner_text("#pen-note")
    box = page.locator("#boundary").bounding_box()

    def click(x: float, y: float) -> None:
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])

    page.locator("#boundary").scroll_into_view_if_needed()
    box = page.locator("#boundary").bounding_box()
    click(0.25, 0.25)
    page.check("#pens input[value='1']")
    for x in (0.5, 0.75):
        click(x, 0.5)
    page.check("#pens input[value='2']")
    click(0.5, 0.9)
    visit.until(lambda: len(visit.state("setup.points")) == 4)
    points = visit.state("setup.points")
    assert sorted(point[2] for point in points) == [0, 1, 1, 2]
    left, right, low, high = visit.state("setup.extent")
    first = next(point for point in points if point[2] == 0)
    assert first[:2] == pytest.approx([left + (right - left) / 4, high - (high - low) / 4], abs=0.1)
    page.check("#pens input[value='-1']")
    click(0.25, 0.25)
    visit.until(lambda: len(visit.state("setup.points")) == 3)
    page.focus("#boundary")
    page.keyboard.press("1")
    for _ in range(5):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    visit.until(lambda: len(visit.state("setup.points")) == 4)
    added = next(point for point in visit.state("setup.points") if point[2] == 0)
    assert added[:2] == pytest.approx([0, (high - low) / 8], abs=0.01)
    visit.step("epoch", 1)


@pytest.fixture(scope="module")
def with_table() -> Iterator[Playground]:
    rng = np.random.default_rng(0)
    columns = {f"measure {i}": rng.normal(size=90) for i in range(20)}
    columns["measure 0"] += np.arange(90) % 3 * 2
    labels = np.array(["cat", "dog", "owl"])[np.arange(90) % 3]
    table = user_table(as_columns(columns), encode_labels(labels), name="pets.csv", target="pet")
    with playing(table) as found:
        yield found


def test_a_table_of_ones_own(chromium: Any, with_table: Playground) -> None:
    visit = Visit(chromium, with_table)
    page = visit.page
    assert visit.state("setup.settings.data") == "table"
    assert page.is_checked("#data input[value=table]")
    assert page.inner_text("#classes-legend").split() == ["cat", "dog", "owl"]
    assert page.inner_text("#projection") != ""
    page.select_option("#column-0", "measure 3")
    visit.settled("columns", ["measure 3", "measure 0"])
    page.select_option("#column-1", "measure 5")
    visit.settled("columns", ["measure 3", "measure 5"])
    assert page.inner_text("#axes") == "across: measure 3, up: measure 5"
    page.select_option("#column-0", "")
    visit.settled("columns", None)
    visit.step("epoch", 1)
    page.click("#link")
    assert "Your CSV is not in it" in page.inner_text("#text-words")
    page.keyboard.press("Escape")
    page.select_option("#lesson", "spiral")
    visit.settled("data", "spiral")
    visit.close()
