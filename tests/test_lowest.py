"""The lowest versions are those that pyproject.toml allows; ``.ci/run`` tries them all at once."""

import tomllib
from typing import Any

import pytest

from .programs.lowest import PROJECT, lowest

WHOLE = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]


def test_every_dependency_has_a_lowest_version_and_only_one() -> None:
    names = [line.partition("==")[0] for line in lowest(WHOLE)]
    assert {"numpy", "narwhals", "threadpoolctl", "click", "onnx", "matplotlib"} <= set(names)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("line", ["click", "click<9", "click>=8.2,<9", "click~=8.2"])
def test_a_dependency_without_a_lowest_version_is_refused(line: str) -> None:
    project: dict[str, Any] = {
        "name": "a", "dependencies": ["numpy>=2.0"],
        "optional-dependencies": {"all": ["a[cli]"], "cli": [line]},
    }  # fmt: skip
    with pytest.raises(ValueError, match="names no lowest version"):
        lowest(project)
    project["optional-dependencies"]["cli"] = ["click>=8.2"]
    assert lowest(project) == ["click==8.2", "numpy==2.0"]
