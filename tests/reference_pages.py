"""What the pages of the reference show: the rooms, the public names, and the entry of each."""

import functools
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.md"))}
ROOMS = [
    "numlp", "numlp.check", "numlp.explain", "numlp.export", "numlp.metrics", "numlp.nn",
    "numlp.plots", "numlp.report", "numlp.scale", "numlp.tabular",
]  # fmt: skip
DIRECTIVE = re.compile(
    r"^\.\. (autoclass|autofunction|autoexception|py:data):: (numlp[\w.]*)$(.*?)(?=^\.\. |^```$)",
    re.MULTILINE | re.DOTALL,
)
PUBLIC = [(room, name) for room in ROOMS for name in importlib.import_module(room).__all__]


def at(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def places(pages: dict[str, str]) -> Iterator[tuple[str, str, str, str]]:
    """The page, the directive, the name and the options or text of each entry."""
    for page, text in pages.items():
        for directive, path, rest in DIRECTIVE.findall(text):
            yield page, directive, path, rest


def members(cls: type, options: str) -> dict[str, Any]:
    """The functions and properties of a class that its entry shows, by their names.

    A class method is its function, and a cached property is a property.
    """
    told = dict(re.findall(r"^ *:([\w-]+): *(.*)$", options, re.MULTILINE))
    if "members" not in told:
        return {}
    if told["members"]:
        names = told["members"].split(", ")
    else:
        classes = cls.__mro__[:-1] if "inherited-members" in told else (cls,)
        left_out = told.get("exclude-members", "").split(", ")
        names = [n for c in classes for n in vars(c) if n[0] != "_" and n not in left_out]
    there = {name: _as_shown(inspect.getattr_static(cls, name)) for name in names}
    return {name: member for name, member in there.items() if member is not None}


def _as_shown(member: Any) -> Any:
    if isinstance(member, classmethod | staticmethod):
        return member.__func__
    if isinstance(member, functools.cached_property):
        return property(member.func)
    return member if inspect.isfunction(member) or isinstance(member, property) else None
