"""Options of this test suite."""

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any

# Before NumPy is loaded: on small arrays a second thread of BLAS only waits, and a waiting thread
# takes as much CPU time as one that works. A test of threads says how many it wants.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings

# Nothing here may depend on how fast the machine is.
settings.register_profile("numlp", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("numlp")

# Programs that need more than the tests; pytest would import them as modules with doctests.
collect_ignore = ["programs/fuzz_model.py", "programs/lesson_page.py"]


@pytest.fixture(scope="session")
def homework() -> ModuleType:
    """The teacher's program, which lies in no package."""
    path = Path(__file__).parents[1] / "lessons" / "homework.py"
    spec = importlib.util.spec_from_file_location("homework", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--no-skips",
        action="store_true",
        help="fail if a test was skipped: for a run in which every library is there",
    )


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--no-skips") and reporter and reporter.stats.get("skipped"):
        reporter.write_line("\nskipped, though --no-skips was asked for", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if config.option.markexpr == "not heavy":  # which xdist would not tell
        terminalreporter.write_line(
            "left out: the tests marked heavy, which `pytest -m heavy` runs"
        )
