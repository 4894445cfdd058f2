"""A clock for searches that is set by hand, so that no test waits for a machine."""

from typing import Any

import pytest

from numlp.tabular import tuning
from numlp.tabular.trials import Trial


def set_by_hand(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Make an epoch of a trial take a second, and nothing else any; what the clock shows."""
    now = [0.0]
    learn = tuning.learn

    def slow(prepared: Any, settings: Any, run: Any, estimator: str) -> Any:
        now[0] += float(settings["epochs"])
        return learn(prepared, {**settings, "callbacks": ()}, run, estimator=estimator)

    monkeypatch.setattr("numlp.tabular.tuning.time.perf_counter", lambda: now[0])
    monkeypatch.setattr(tuning, "learn", slow)
    monkeypatch.setattr(Trial, "seconds_with", lambda t, epochs: t.seconds / t.epochs * epochs)
    return now
