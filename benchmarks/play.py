"""How fast the playground draws: frames a second, and the time from a click to the next picture.

    python benchmarks/play.py [--seconds 10]

It starts the server, opens the page in a Chromium without a window (found on the path), and prints
one line for the usual net and one for the largest.
"""

import argparse
import shutil
import statistics
import threading
import time
from typing import Any

from playwright.sync_api import sync_playwright

from numlp.play.limits import Limits
from numlp.play.server import HOST, Server, configured, listening, make_app

TOKEN = "of the benchmark"  # noqa: S105
NETS: dict[str, dict[str, Any]] = {
    "usual (4, 4)": {},
    "spiral of 5 classes (16, 16)": {
        "data": "spiral",
        "classes": 5,
        "n": 1000,
        "layers": [16, 16],
    },
    "largest (6 layers of 16)": {
        "layers": [16] * 6,
        "features": ["x", "y", "x2", "y2", "xy", "sinx", "siny"],
    },
}
CHANGE = "async settings => (await import('/state.js')).setUp(settings)"
FRAMES = "() => Number(document.body.dataset.frames ?? 0)"
# A click on "batch", until the page has drawn the frame of it.
CLICKED = """() => new Promise(done => {
    const before = document.body.dataset.frames;
    const start = performance.now();
    const watch = new MutationObserver(() => {
        if (document.body.dataset.frames === before) return;
        watch.disconnect();
        requestAnimationFrame(() => done(performance.now() - start));
    });
    watch.observe(document.body, { attributes: true });
    document.getElementById("batch").click();
})"""


def measured(page: Any, seconds: float) -> str:
    """Frames a second while the net trains, and milliseconds from a click to its picture."""
    page.click("#go")
    page.wait_for_timeout(500)
    before, start = page.evaluate(FRAMES), time.perf_counter()
    page.wait_for_timeout(1000 * seconds)
    frames = (page.evaluate(FRAMES) - before) / (time.perf_counter() - start)
    page.click("#go")
    page.wait_for_timeout(500)
    clicks = []
    for _ in range(20):
        clicks.append(page.evaluate(CLICKED))
        page.wait_for_timeout(100)
    wait = statistics.median(clicks)
    return f"{frames:5.1f} frames a second, {wait:4.0f} ms from a click to its picture"


def main() -> None:
    """Measure each net and print a line for it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=10.0)
    seconds = parser.parse_args().seconds
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with listening(0) as heard, sync_playwright() as playwright:
        port, ready = int(heard.getsockname()[1]), threading.Event()
        server = Server(configured(make_app(TOKEN, port), port, Limits()), ready.set)
        thread = threading.Thread(target=server.run, args=([heard],))
        thread.start()
        ready.wait()
        arguments = ["--headless", "--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        try:
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            page.goto(f"http://{HOST}:{port}/?token={TOKEN.replace(' ', '%20')}")
            page.wait_for_selector("body[data-frames]")
            for name, settings in NETS.items():
                page.evaluate(CHANGE, settings)
                page.wait_for_timeout(1000)
                print(f"{name:30} {measured(page, seconds)}", flush=True)
        finally:
            browser.close()
            server.should_exit = True
            thread.join()


if __name__ == "__main__":
    main()
