"""Print the lowest versions that pyproject.toml allows, one a line, as constraints for pip.

``pip install -c <(python tests/programs/lowest.py) '.[test]'`` installs them all at once, and the
tests then tell whether they work.
"""

import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def lowest(project: Mapping[str, Any]) -> list[str]:
    """Each dependency of a project and of its extras with its lowest version: "click==8.2"."""
    extras = project["optional-dependencies"].values()
    asked = {line for lines in (project["dependencies"], *extras) for line in lines}
    found = []
    for line in sorted(asked):
        if line.startswith(f"{project['name']}["):  # an extra made of others
            continue
        match = re.fullmatch(r"([\w-]+)[>=]=([\d.]+)", line)
        if match is None:
            raise ValueError(f"{line!r} names no lowest version: write it as 'click>=8.2'")
        found.append(f"{match[1]}=={match[2]}")
    return found


if __name__ == "__main__":
    document = tomllib.loads(PROJECT.read_text(encoding="utf-8"))
    sys.stdout.write("\n".join(lowest(document["project"])) + "\n")
