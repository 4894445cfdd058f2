"""The names of numlp that docs/coming-from.md sets beside those of others are there.

The names of the others were looked up by hand, in the versions and on the day that the page says.
"""

import ast
import functools
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import numlp
from numlp import MLPClassifier, TabularClassifier
from numlp.cli.main import all_commands
from numlp.ensemble.recipe import Recipe

PAGE = (Path(__file__).parents[1] / "docs" / "coming-from.md").read_text(encoding="utf-8")
OURS = {
    "TabularClassifier": TabularClassifier,
    "MLPClassifier": MLPClassifier,
    "numlp.nn": numlp.nn,
}
# What stands for a column, a class or a file of the reader's.
INVENTED = {"zip", "id", "note", "emb", "customer", "day", "w", "a", "b"}
FILES = (".numlp", ".ckpt", ".onnx")


def cells() -> Iterator[tuple[str, str]]:
    """Each piece of code in a column of numlp's, behind the head of its column."""
    head: list[str] = []
    for line in PAGE.splitlines():
        row = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not row:
            head = []
        elif not head:
            head = [cell.strip("`") for cell in row]
        else:
            for name, cell in zip(head, row, strict=True):
                if name in OURS:
                    yield from ((name, code) for code in re.findall(r"`([^`]+)`", cell))


CELLS = sorted(set(cells()))


def check(head: str, code: str) -> None:
    """Raise an error where the code names something that numlp does not have."""
    if code.startswith("numlp "):
        check_command(code.split()[1:])
    elif re.fullmatch(r"\w+=.*", code):
        check_call(OURS[head], ast.parse(f"f({code})" if code[-1] != "=" else f"f({code}0)"))
    else:
        tree = ast.parse(code, mode="eval").body
        found = named(head, ast.unparse(tree.func if isinstance(tree, ast.Call) else tree))
        if isinstance(tree, ast.Call):
            check_call(found, tree)


def check_command(words: list[str]) -> None:
    command = all_commands()[words[0]]
    options = {option for each in command.params for option in each.opts}
    assert {word for word in words if word.startswith("--")} <= options


def check_call(called: Any, tree: ast.AST) -> None:
    call = next(node for node in ast.walk(tree) if isinstance(node, ast.Call))
    given = {str(word.arg): word.value for word in call.keywords}
    signature = inspect.signature(called)
    itself = ["self"] if "self" in signature.parameters else []
    signature.bind_partial(*itself, *call.args, **given)
    told = documentation(called)
    for name, value in given.items():
        keys = {
            id(key) for node in ast.walk(value) if isinstance(node, ast.Dict) for key in node.keys
        }
        for node in ast.walk(value):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                continue
            if name == "recipe" and id(node) in keys:
                assert node.value in inspect.signature(Recipe).parameters
            elif node.value not in INVENTED and not node.value.endswith(FILES):
                assert f'"{node.value}"' in told, node.value


def documentation(called: Any) -> str:
    """What is said of it, and of what it overrides."""
    return f"{called.__doc__}{getattr(called.__init__, '__doc__', '')}"


def named(head: str, name: str) -> Any:
    """What a name stands for: an attribute after ``fit``, or a part of what may have it."""
    if name.endswith("_"):
        return getattr(fitted(head), name)
    first, _, rest = name.partition(".")
    if first == "numlp":
        return functools.reduce(getattr, rest.split("."), numlp)
    (place,) = [each for each in (OURS[head], numlp.explain, numlp.export) if hasattr(each, first)]
    return functools.reduce(getattr, name.split("."), place)


@functools.cache
def fitted(head: str) -> Any:
    X, y = np.arange(60.0).reshape(30, 2), np.arange(30) % 2
    if head == "MLPClassifier":
        return MLPClassifier((2,), max_iter=1).fit(X, y)
    return TabularClassifier("fast", epochs=1).fit(X, y)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("head", "code"), CELLS, ids=lambda part: part)
def test_what_stands_in_a_column_of_numlp_is_there(head: str, code: str) -> None:
    check(head, code)


def test_each_kind_of_column_is_found_on_the_page() -> None:
    assert {head for head, _ in CELLS} == set(OURS)
    assert len(CELLS) > 80


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ("TabularClassifier", "quality_="),
        ("TabularClassifier", 'quality="middling"'),
        ("TabularClassifier", 'recipe={"momentum": 0.9}'),
        ("TabularClassifier", 'fit(X, y, columns={"zip": "nominal"})'),
        ("TabularClassifier", "fit(X, y, eval_set=Z)"),
        ("TabularClassifier", "predictions_"),
        ("TabularClassifier", "evaluate(X)"),
        ("TabularClassifier", "numlp fit FILE"),
        ("TabularClassifier", "numlp train FILE --label y"),
        ("TabularClassifier", "importance(model, X, y)"),
        ("MLPClassifier", 'solver="ftrl"'),
        ("numlp.nn", "Dense(units=3)"),
        ("numlp.nn", "Network.fit"),
        ("numlp.nn", "Softmax"),
    ],
)
def test_a_name_that_numlp_does_not_have_is_noticed(head: str, code: str) -> None:
    with pytest.raises((AssertionError, AttributeError, KeyError, TypeError, ValueError)):
        check(head, code)
