"""A real Chromium for tests: where it is, how it is started, and what is skipped without it."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
# Where the pictures go, for a person to look at; else they are looked at by the test alone.
PICTURES = os.environ.get("NUMLP_SCREENSHOTS")


def needed() -> None:
    """Skip the module, or the test, that calls this where Playwright or Chromium is not there."""
    pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here", allow_module_level=True)


@contextlib.contextmanager
def started() -> Iterator[Any]:
    """A browser while the block lasts."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, timeout=0)
        yield browser
        browser.close()
