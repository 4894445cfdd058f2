"""Print the lowest versions that pyproject.toml allows, one a line, as constraints for pip.

``pip install -c <(python tests/programs/lowest.py) '.[test]'`` installs them all at once, and the
tests then tell whether each minimum is one that works.
"""

import re
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def lowest() -> list[str]:
    """Each dependency of numlp and of its extras with its lowest version, such as "click==8.2"."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    asked = {line for lines in (project["dependencies"], *extras) for line in lines}
    found = []
    for line in sorted(asked):
        if line.startswith("numlp["):  # an extra made of others
            continue
        match = re.fullmatch(r"([\w-]+)[>=]=([\d.]+)", line)
        if match is None:
            raise ValueError(f"{line!r} in pyproject.toml names no lowest version, as in 'click>=8.2'")
        found.append(f"{match[1]}=={match[2]}")
    return found


if __name__ == "__main__":
    sys.stdout.write("\n".join(lowest()) + "\n")
