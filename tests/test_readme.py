"""What the README shows works, and is what the code says."""

import inspect
import re
from pathlib import Path

import pytest

from numlp.nn import ReLU

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_python_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    run = [code for code in PYTHON if not code.startswith("class ")]
    assert len(run) == 2
    for code in run:
        exec(code, names)  # noqa: S102 - the README's own words
    assert (tmp_path / "penguins.numlp").stat().st_size > 10_000


def test_the_relu_of_the_readme_computes_what_the_engine_does() -> None:
    shown = next(code for code in PYTHON if code.startswith("class ReLU"))
    for statement in re.findall(r"np\..*", shown):
        assert statement in inspect.getsource(ReLU)


def test_the_files_that_the_readme_links_to_are_there() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    for link in links:
        assert (ROOT / link).exists(), link
