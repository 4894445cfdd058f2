"""What the tests of the playground share."""

import pytest


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nothing between a test and its server."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
