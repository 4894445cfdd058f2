"""The reference is whole: every public name and every option has its place, and only one."""

import importlib
import inspect
import re
from collections import Counter
from types import ModuleType

import pytest

from numlp.cli.main import all_commands, cli

from .programs import cli_page
from .reference_pages import PAGES, PUBLIC, ROOMS, at, places


def astray(pages: dict[str, str], public: list[tuple[str, str]]) -> list[str]:
    """Names that stand nowhere, twice, or are not public.

    A name that two rooms have, such as TabularClassifier, is one.
    """
    there = Counter(id(at(path)) for _, _, path, _ in places(pages))
    known = {f"{room}.{name}" for room, name in public}
    wrong = [f"{path}: not public" for _, _, path, _ in places(pages) if path not in known]
    return wrong + [
        f"{room}.{name}: {there[id(at(f'{room}.{name}'))]} times"
        for room, name in public
        if there[id(at(f"{room}.{name}"))] != 1
    ]


def test_every_public_name_stands_on_exactly_one_page() -> None:
    assert not astray(PAGES, PUBLIC)


def test_a_name_that_is_missing_twice_there_or_private_is_found() -> None:
    page = "```{eval-rst}\n.. autofunction:: numlp.load\n```\n"
    twice = page.replace("load\n", "load\n\n.. autofunction:: numlp.load\n")
    private = page.replace("numlp.load", "numlp.models.model_of")
    public = [("numlp", "load")]
    assert not astray({"a.md": page}, public)
    assert astray({"a.md": twice}, public) == ["numlp.load: 2 times"]
    assert astray({"a.md": private}, public)[0] == "numlp.models.model_of: not public"
    assert astray({"a.md": ""}, public) == ["numlp.load: 0 times"]


def test_the_rooms_are_those_with_a_face_that_users_import() -> None:
    import numlp

    there = {f"numlp.{name}" for name in dir(numlp) if isinstance(getattr(numlp, name), ModuleType)}
    assert there <= set(ROOMS)
    assert not getattr(importlib.import_module("numlp.play"), "__all__", ())


def test_each_name_stands_in_the_page_of_its_room_by_what_it_is() -> None:
    kinds = {"autoclass": inspect.isclass, "autofunction": inspect.isroutine}
    for page, directive, path, _ in places(PAGES):
        room = path.rpartition(".")[0].rpartition(".")[2]
        assert page in (f"{room}.md", f"{room}-more.md"), path
        assert kinds.get(directive, lambda _: True)(at(path)), path
        error = inspect.isclass(at(path)) and issubclass(at(path), Exception)
        assert error == (directive == "autoexception"), path


@pytest.mark.parametrize(("room", "name"), PUBLIC)
def test_every_public_name_says_what_it_is(room: str, name: str) -> None:
    value = getattr(importlib.import_module(room), name)
    if not (inspect.isclass(value) or inspect.isroutine(value)):  # a constant: its page says it
        (text,) = [rest for _, _, path, rest in places(PAGES) if path == f"{room}.{name}"]
    else:
        text = vars(value).get("__doc__") or "" if inspect.isclass(value) else value.__doc__ or ""
    first = text.strip().partition("\n")[0]
    assert first, name
    assert not first.startswith(f"{name}("), name  # what a dataclass or a named tuple makes up
    assert first.rstrip(":")[-1] in ".," or "\n\n" not in text.strip(), (name, first)


def test_members_that_a_page_names_are_there() -> None:
    listed = [(path, rest) for _, _, path, rest in places(PAGES) if ":members: " in rest]
    assert listed
    for path, rest in listed:
        (names,) = re.findall(r":members: (.+)", rest)
        for name in names.split(", "):
            assert inspect.getdoc(getattr(at(path), name)), (path, name)


def test_every_option_of_every_command_is_in_its_section() -> None:
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGES["cli.md"], re.M | re.S))
    commands = {"numlp": cli, **{f"numlp {name}": c for name, c in all_commands().items()}}
    assert list(sections) == list(commands)
    for title, command in commands.items():
        for option in [o for p in command.params for o in (*p.opts, *p.secondary_opts)]:
            if option.startswith("-"):
                line = rf"^- `[^`]*(?<![\w-]){re.escape(option)}(?![\w-])[^`]*`: \S"
                assert re.search(line, sections[title], re.M), (title, option)


def test_the_page_of_commands_is_what_they_say_today() -> None:
    # Another version of click may break its words at other places.
    advice = "a command has changed: run python -m tests.programs.cli_page"
    assert PAGES["cli.md"].split() == cli_page.page().split(), advice


def test_every_page_of_the_reference_is_listed() -> None:
    index = PAGES["index.md"]
    (listed,) = re.findall(r"```{toctree}\n:hidden:\n\n(.*?)\n```", index, re.DOTALL)
    assert sorted(listed.split()) == sorted(n[:-3] for n in PAGES if n != "index.md")
    assert all(f"]({name}.md)" in index for name in listed.split())
