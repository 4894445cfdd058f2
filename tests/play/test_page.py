"""The page of the playground in a real Chromium: what is set, shown, stepped and taken away."""

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numlp.data.splits import stratified_split
from numlp.nn import SGD, Dense, Network, ReLU, SigmoidCrossEntropy, trace
from numlp.play.toys import make_toy

from ..chromium import needed, started
from .browsed import Playground, Visit, number, playing

pytestmark = pytest.mark.heavy

needed()
LARGEST = {
    "layers": [16] * 6,
    "activations": ["relu", "tanh", "gelu", "silu", "elu", "relu"],
    "features": ["x", "y", "x2", "y2", "xy", "sinx", "siny"],
}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with started() as browser:
        yield browser


@pytest.fixture(scope="module")
def served() -> Iterator[Playground]:
    with playing() as found:
        yield found


@pytest.fixture
def visit(chromium: Any, served: Playground) -> Iterator[Visit]:
    found = Visit(chromium, served)
    yield found
    found.close()


# Settings

SLIDERS = [
    ("n", "n", 210), ("noise", "noise", 0.15), ("held_out", "held_out", 0.35),
    ("stretch", "stretch", 2), ("rate", "rate", 0.3), ("batch-size", "batch", 32),
    ("l1", "l1", 1e-5), ("l2", "l2", 1e-5), ("dropout", "dropout", 0.05),
]  # fmt: skip


@pytest.mark.parametrize(("slider", "name", "value"), SLIDERS)
def test_each_slider_changes_its_setting_and_says_so(
    visit: Visit, slider: str, name: str, value: float
) -> None:
    said = visit.page.inner_text(f'output[for="{slider}"]')
    visit.page.focus(f"#{slider}")
    visit.page.keyboard.press("ArrowRight")
    visit.settled(name, value)
    now = visit.page.inner_text(f'output[for="{slider}"]')
    assert now != said
    assert visit.page.get_attribute(f"#{slider}", "aria-valuetext") == now


def test_each_choice_changes_its_setting(visit: Visit) -> None:
    page = visit.page
    for name in ("optimizer", "schedule", "loss", "initializer"):
        values = page.eval_on_selector_all(f"#{name} option", "all => all.map(o => o.value)")
        for value in values[::-1]:
            if value != "lesson":
                page.select_option(f"#{name}", value)
                visit.settled(name, value)
    for name in ("scaled", "batch_norm"):
        before = visit.state(f"setup.settings.{name}")
        page.click(f"#{name}")
        visit.settled(name, not before)


def test_each_data_set_is_drawn_with_the_settings_that_it_has(visit: Visit) -> None:
    page = visit.page
    sets = page.eval_on_selector_all("#data input", "all => all.map(o => o.value)")
    assert sets == ["circles", "xor", "moons", "blobs", "spiral", "curve", "eight", "points"]
    for name in sets[1:]:
        page.click(f"#data input[value={name}]")
        visit.settled("data", name)
        shown = {key: page.is_visible(f"#{key}") for key in ("classes", "curve", "n", "noise")}
        drawn = name not in ("eight", "points")
        assert shown == {
            "classes": name in ("blobs", "spiral"), "curve": name == "curve",
            "n": drawn, "noise": drawn,
        }  # fmt: skip
        assert page.is_visible("#pens") == (name == "points")
    page.click("#data input[value=curve]")
    visit.settled("data", "curve")
    page.select_option("#curve", "cubic")
    visit.settled("curve", "cubic")
    page.click("#data input[value=blobs]")
    visit.settled("data", "blobs")
    page.focus("#classes")
    page.keyboard.press("End")
    visit.settled("classes", 5)
    legend = page.inner_text("#classes-legend").split()
    assert " ".join(legend) == "class 0 class 1 class 2 class 3 class 4"
    points = visit.state("setup.points")
    page.click("#again")
    visit.settled("seed", 1)
    assert visit.state("setup.points") != points
    page.fill("#seed", "7")
    page.keyboard.press("Enter")
    visit.settled("seed", 7)


def test_layers_units_and_activations(visit: Visit) -> None:
    page = visit.page
    page.click("#more-0")
    visit.settled("layers", [5, 4])
    page.click("#fewer-1")
    visit.settled("layers", [5, 3])
    assert page.inner_text("#units-1") == "3 units"
    page.select_option("#activation-1", "tanh")
    visit.settled("activations", ["relu", "tanh"])
    page.click("#layers-more")
    visit.settled("layers", [5, 3, 3])
    for _ in range(3):
        page.click("#layers-fewer")
    visit.settled("layers", [])
    page.click("#layers-fewer", force=True)  # there is none to take away
    assert page.inner_text("#layers-count") == "0"
    assert page.get_attribute("#layers-fewer", "aria-disabled") == "true"
    assert page.locator("#net-units button").count() == 1
    for value in ("x2", "siny"):
        page.check(f"#features input[value={value}]")
    visit.settled("features", ["x", "y", "x2", "siny"])
    for value in ("x", "y", "x2"):
        page.uncheck(f"#features input[value={value}]")
    visit.settled("features", ["siny"])
    page.click("#features input[value=siny]")  # a net needs one
    assert page.is_checked("#features input[value=siny]")


def test_what_is_only_shown_can_be_hidden(visit: Visit) -> None:
    page = visit.page
    shown = "document.querySelector('#{}').toDataURL()"
    for box, canvas in (
        ("#show-held-out", "boundary"), ("#numbers", "net-picture"), ("#log-loss", "losses"),
    ):  # fmt: skip
        before = page.evaluate(shown.format(canvas))
        page.click(box)
        assert page.evaluate(shown.format(canvas)) != before


# The run


def test_run_pause_and_reset(visit: Visit) -> None:
    page = visit.page
    page.click("#go")
    visit.until(lambda: (visit.state("frame.epoch") or 0) > 3)
    assert page.inner_text("#go").endswith("Pause")
    page.click("#go")
    visit.until(lambda: page.inner_text("#status").startswith("Epoch"))
    stood = visit.state("frame.epoch")
    page.wait_for_timeout(300)
    assert visit.state("frame.epoch") == stood
    page.click("#reset")
    visit.until(lambda: page.inner_text("#at-epoch") == "0")
    page.select_option("#speed", "batch")
    page.click("#go")
    visit.until(lambda: (visit.state("frame.batch") or 0) > 2)
    page.click("#go")


def test_a_run_goes_on_after_a_change(visit: Visit) -> None:
    visit.page.click("#go")
    visit.until(lambda: visit.state("frame.epoch") > 2)
    visit.page.select_option("#optimizer", "adam")
    visit.settled("optimizer", "adam")
    visit.until(lambda: (visit.state("frame.epoch") or 0) > 2)
    assert visit.state("running")


def test_the_spiral_is_learned(visit: Visit) -> None:
    page = visit.page
    page.select_option("#lesson", "spiral")
    visit.settled("data", "spiral")
    lesson = next(each for each in visit.state("setup.lessons") if each["key"] == "spiral")
    assert page.inner_text("#lesson-text") == lesson["text"]
    assert "section 8" in page.inner_text("#lesson-link")
    page.click("#go")
    visit.until(lambda: number(page.inner_text("#test-accuracy").replace("–", "0")) >= 95)
    page.click("#go")
    assert page.is_visible("#lesson-text")
    visit.until(lambda: "held out" in page.get_attribute("#boundary", "aria-label"))


def test_each_lesson_sets_everything_up_and_names_a_section_of_the_notebook(visit: Visit) -> None:
    page = visit.page
    rendered = resources.files("numlp.play").joinpath("page/lesson.html").read_text("utf-8")
    anchors = set(re.findall(r'id="(section-\d+)"', rendered))
    for lesson in visit.state("setup.lessons"):
        page.select_option("#lesson", lesson["key"])
        for name, value in lesson["settings"].items():
            visit.settled(name, value)
        assert page.get_attribute("#lesson-link", "href").partition("#")[2] in anchors
        page.click("#batch")
        visit.until(lambda: any(visit.state(n) for n in ("frame.batch", "frame.epoch", "stopped")))
    with page.expect_popup() as opened:
        page.click("#lesson-link")
    opened.value.wait_for_load_state()
    assert opened.value.locator(":target").inner_text().startswith(("5.", "7.", "8.", "10.", "11."))


def test_what_breaks_is_said_in_words(visit: Visit) -> None:
    page = visit.page
    page.select_option("#lesson", "rate")
    visit.settled("rate", 30)
    page.click("#go")
    visit.until(lambda: page.is_visible("#trouble"))
    assert "diverged" in page.inner_text("#trouble")
    assert page.inner_text("#go").endswith("Run")
    assert page.get_attribute("#go", "aria-disabled") == "true"
    page.click("#reset")
    visit.until(lambda: not page.is_visible("#trouble"))
    page.select_option("#lesson", "dead")
    visit.settled("data", "eight")
    visit.until(lambda: page.inner_text("#dead").startswith("Dead: units 2 and 3 of layer 1."))


def test_the_page_says_when_the_server_has_ended(chromium: Any) -> None:
    with playing() as served:
        visit = Visit(chromium, served)
        served.end()
        visit.until(lambda: visit.page.is_visible("#trouble"))
        assert "start numlp play once more" in visit.page.inner_text("#trouble")
        visit.close()


# Numbers


def first_batch() -> tuple[Network, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The net of the usual settings, and its first batch, by numlp.nn alone."""
    X, y = make_toy("circles", n=200, noise=0.1, seed=0)
    rows, _ = stratified_split(y, 0.3, np.random.default_rng(0))
    X, y = (X[rows] - X[rows].mean(axis=0)) / X[rows].std(axis=0), y[rows]
    layers = [Dense(2, 4), ReLU(), Dense(4, 4), ReLU(), Dense(4, 1)]
    network = Network(layers, loss=SigmoidCrossEntropy(), dtype=np.float64)
    rng = np.random.default_rng(0)
    network.init(rng)
    order = np.arange(len(X))
    rng.shuffle(order)
    return network, X[order[:16]], y[order[:16]]


def matrices(visit: Visit) -> dict[str, np.ndarray[Any, Any]]:
    """The matrices that are shown, by name, with all digits."""
    found = visit.page.eval_on_selector_all(
        "#trace-body table",
        """all => all.map(t => [t.caption.textContent.split(" ")[0],
            [...t.tBodies[0].rows].map(r => [...r.cells].map(c => Number(c.title)))])""",
    )
    return {name: np.array(values) for name, values in found}


def test_one_click_steps_one_layer_and_shows_the_numbers_of_the_engine(visit: Visit) -> None:
    page = visit.page
    network, X, y = first_batch()
    passed = trace(network, X, y)
    page.click("#layer")
    visit.until(lambda: page.is_visible("#trace"))
    assert page.inner_text("#trace-body .formula") == "Z1 = X W1 + b1"
    shown = matrices(visit)
    np.testing.assert_allclose(shown["X"], X[:8])
    np.testing.assert_allclose(shown["W1"], network.layers[0].W)  # type: ignore[attr-defined]
    np.testing.assert_allclose(shown["Z1"], passed.layers[0].Y[:8])
    cell = page.inner_text("#trace-body table:last-child td").strip()
    assert number(cell) == pytest.approx(X[0, 0], abs=1e-4)
    page.click("#trace-body .choice button:nth-of-type(3)")
    written = page.inner_text("#trace-numbers")
    assert number(written.rpartition("= ")[2]) == pytest.approx(passed.layers[0].Y[0, 2], rel=0.01)
    assert page.get_attribute("#net-units button", "aria-label") == "Unit 1 of layer 1"
    page.click("#net-units button:nth-child(2)")
    assert page.get_attribute("#trace-body .choice [aria-pressed=true]", "aria-label") == "Column 2"
    page.click("#layer")
    assert page.inner_text("#trace-body .formula") == "A1 = max(0, Z1)"
    np.testing.assert_allclose(matrices(visit)["A1"], np.maximum(passed.layers[0].Y[:8], 0))
    page.click("#unit li:last-child button")  # a bias, changed while the step is looked at
    page.fill("#weight-value", "0.25")
    page.keyboard.press("Enter")
    network.layers[0].b[1] = 0.25  # type: ignore[attr-defined]
    A1 = np.maximum(X @ network.layers[0].W + network.layers[0].b, 0)  # type: ignore[attr-defined]
    visit.until(lambda: np.allclose(matrices(visit)["A1"], A1[:8]))
    while page.inner_text("#trace-next") == "Next":
        page.click("#trace-next")
    assert visit.state("frame.batch") == 0
    page.click("#trace-next")
    visit.until(lambda: visit.state("frame.batch") == 1)
    assert not page.is_visible("#trace")
    network.loss_and_grad(X, y)
    SGD(lr=0.1).step(network.theta, network.grad)
    dense = [layer for layer in network.layers if isinstance(layer, Dense)]
    theta = np.concatenate([part.ravel() for layer in dense for part in (layer.W, layer.b)])
    np.testing.assert_allclose(visit.theta(), theta, rtol=1e-6, atol=1e-7)


def test_a_weight_is_set_by_hand(visit: Visit) -> None:
    page = visit.page
    page.click("#net-units button:nth-child(2)")
    page.click("#unit li:nth-child(1) button")
    assert page.inner_text("#weight-title") == "W1 from x to unit 2 of layer 1"
    page.fill("#weight-value", "2.5")
    page.keyboard.press("Enter")
    visit.until(lambda: page.inner_text("#unit li:nth-child(1) .value") == "2.5000")
    assert visit.theta()[1] == 2.5
    page.click("#unit li:last-child button")
    page.fill("#weight-value", "-1")
    page.keyboard.press("Escape")
    assert page.inner_text("#unit li:last-child .value") == "0.0000"
    # A link is clicked where it starts: half-way its neighbours cross it.
    box = page.locator("#net-units button:nth-child(4)").bounding_box()
    page.mouse.move(box["x"] - 4, box["y"] + box["height"] / 2)
    visit.until(lambda: page.is_visible("#net-tip"))
    assert page.inner_text("#net-tip").startswith("W1 from")


# What is taken away


def test_the_run_as_python_prints_the_losses_of_the_page(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    visit.change(data="moons", layers=[5], activations=["tanh"], optimizer="adam", l2=0.001)
    for epoch in range(1, 4):
        visit.step("epoch", epoch)
    page.click("#python")
    page.wait_for_selector("#text-dialog[open]")
    program = tmp_path / "run.py"
    program.write_text(page.input_value("#text"), encoding="utf-8")
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True)
    printed = [float(line.rpartition(" ")[2]) for line in done.stdout.splitlines()]
    shown = [number(page.inner_text(f"#{part}-loss")) for part in ("train", "test")]
    assert printed == pytest.approx(shown, abs=6e-5)
    page.keyboard.press("Escape")
    assert not page.is_visible("#text-dialog")


def test_the_link_has_the_settings_and_not_the_token(served: Playground, visit: Visit) -> None:
    page = visit.page
    page.select_option("#lesson", "overfit")
    visit.settled("data", "moons")
    settings = visit.state("setup.settings")
    page.click("#link")
    link = page.input_value("#text")
    assert link.startswith(served.address + "#")
    assert "token" not in link
    assert "Weights that you edited are not in it" in page.inner_text("#text-words")
    page.keyboard.press("Escape")
    page.goto("about:blank")
    page.goto(link)
    visit.settled("layers", [16, 16])
    assert visit.state("setup.settings") == settings
    page.goto("about:blank")
    page.goto(served.address + "#nonsense")
    visit.until(lambda: "cannot be read" in page.inner_text("#trouble"))


def test_the_picture_is_saved(visit: Visit) -> None:
    with visit.page.expect_download() as caught:
        visit.page.click("#picture")
    assert caught.value.suggested_filename == "numlp-play-epoch-0.png"
    content = Path(caught.value.path()).read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 20_000
