"""Every docstring that the reference shows is complete, and says what the code says.

numpydoc's own rules find what is missing of parameters, results and examples.  Five rules more
look at what it does not: defaults, errors, shapes and the types of attributes.  Each rule is a
function from an object to the faults of its docstring, so that a test can break it on purpose.
"""

import ast
import dataclasses
import inspect
import re
import textwrap
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from .reference_pages import PAGES, at, members, places

pytest.importorskip("numpydoc", reason="in the extra called dev")
from numpydoc.docscrape import get_doc_object
from numpydoc.validate import Validator, validate

# What numpydoc is asked.  Not its SS05, a verb in the infinitive: here a docstring begins with the
# act or with the thing returned.  Not SS02, RT04 and PR08, a capital: a text may begin with a name
# of the code or a formula.  Not RT05 and PR09, a full stop: an entry may be a phrase.  Not RT02, a
# result without a name: a name may say what it is.
WANTED = {
    "GL03", "GL07", "GL08", "SS01", "SS03", "SS04", "SS06",
    "PR01", "PR02", "PR03", "PR04", "PR06", "PR07", "PR10", "RT01", "RT03", "YD01",
}  # fmt: skip
ARRAYS = re.compile(r"\b(Array|ArrayLike|NDArray|Labels)\b")
# A default that no rule can read: write "default 1".  A quoted "default" is a value.
MISSPELT = re.compile(r"by default|(?<![\"'])\bdefault(?! \S)")
MADE = re.compile(r"[A-Z]\w*\(.*\)")  # an object that is made inside


def is_error(obj: Any) -> bool:
    return inspect.isclass(obj) and issubclass(obj, BaseException)


def is_record(obj: Any) -> bool:
    """Whether what a class is made with stays as attributes: under either heading it is told."""
    return inspect.isclass(obj) and (
        dataclasses.is_dataclass(obj) or hasattr(obj, "_fields") or is_error(obj)
    )


class Docstring(Validator):  # type: ignore[misc]
    """numpydoc's view of a docstring, of what it says itself: not of the members of a class."""

    def __init__(self, obj_name: Any) -> None:
        super().__init__(get_doc_object(obj_name, config={"show_class_members": False}))

    @property
    def signature(self) -> dict[str, inspect.Parameter]:
        """The parameters that a caller gives: a private one is given by the code itself."""
        if is_error(self.obj) and not inspect.isfunction(self.obj.__init__):
            return {}
        try:
            told = inspect.signature(self.obj).parameters
        except TypeError:  # a property
            return {}
        return {n: p for n, p in told.items() if n[0] != "_" and n not in ("self", "cls")}

    @property
    def signature_parameters(self) -> tuple[str, ...]:
        stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
        return tuple(stars.get(p.kind, "") + name for name, p in self.signature.items())

    @property
    def doc_all_parameters(self) -> dict[str, tuple[str, list[str]]]:
        told: dict[str, tuple[str, list[str]]] = super().doc_all_parameters
        if is_record(self.obj):
            told |= {name: f for name, f in self.attributes.items() if name in self.signature}
        return told

    @property
    def attributes(self) -> dict[str, tuple[str, list[str]]]:
        told: dict[str, tuple[str, list[str]]] = self._doc_parameters(["Attributes"])
        return told

    @cached_property
    def tree(self) -> ast.FunctionDef | None:
        """The function, the getter of a property, or what sets up an object of a class."""
        made = [getattr(self.obj, name, None) for name in ("__post_init__", "__init__")]
        function = next(filter(inspect.isfunction, made), None)
        if not inspect.isclass(self.obj):
            function = getattr(self.obj, "fget", self.obj)
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
        except (OSError, TypeError):  # a dataclass has made it, or object
            return None
        return tree if isinstance(tree, ast.FunctionDef) else None


# The rules: each gives a line for whatever breaks it


def by_numpydoc(obj: Any, *, example: bool = False) -> list[str]:
    """What numpydoc finds, and a missing example if there should be one."""
    wanted = WANTED | {"EX01"} if example else WANTED
    found = validate(obj, Docstring)["errors"]
    return [f"{code} {text}" for code, text in found if code in wanted]


def without_default(obj: Any) -> list[str]:
    """Parameters that may be left out, and whose type does not say so, or says 'optional' alone.

    That is for None: any other default is written.
    """
    doc = Docstring(obj)
    wrong = []
    for name, (kind, _) in doc.doc_all_parameters.items():
        if not has_default(doc, name) or "default" in kind:
            continue
        if "optional" not in kind:
            wrong.append(f"{name}: neither 'default' nor 'optional'")
        elif doc.signature[name].default is not None:
            wrong.append(f"{name}: 'optional', but its default is not None")
    return wrong


def has_default(doc: Docstring, name: str) -> bool:
    return name in doc.signature and doc.signature[name].default is not inspect.Parameter.empty


def untrue_default(obj: Any) -> list[str]:
    """Defaults that are not those of the code, or not spelt ``default 1``.

    An object that is made inside, ``default Constant(lr)``, stands for None in the signature, and
    for what a dataclass makes anew for each object.
    """
    doc = Docstring(obj)
    wrong = []
    for names, kind, _ in [*doc.doc["Parameters"], *doc.doc["Attributes"]]:
        if MISSPELT.search(kind):
            wrong.append(f"{names}: write 'default 1', not {kind!r}")
            continue
        several, told = names.split(", "), kind.partition("default ")[2]
        values = re.split(", | and ", told) if len(several) > 1 else [told]
        if len(values) == 1:  # one default for all of them
            values *= len(several)
        if len(values) != len(several):
            wrong.append(f"{names}: default {told}")
            continue
        for name, value in zip(several, values, strict=True):
            if value and value_of(value) != true_default(doc, name):
                wrong.append(f"{name}: default {value}")
    return wrong


def value_of(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return None if MADE.fullmatch(text) else text


def true_default(doc: Docstring, name: str) -> Any:
    """What the code has if nothing is given; of an attribute, what the class has."""
    field = getattr(doc.obj, "__dataclass_fields__", {}).get(name)
    if field is not None and field.default_factory is not dataclasses.MISSING:
        made = field.default_factory()
        return made if isinstance(made, list | dict) else None
    if name in doc.signature:
        default = doc.signature[name].default
    else:
        default = inspect.getattr_static(doc.obj, name, None)
    return default.__name__ if isinstance(default, type) else default


def without_error(obj: Any) -> list[str]:
    """Errors that the function's own body raises by name, and errors without a word on when."""
    doc = Docstring(obj)
    told = {error for _, errors, _ in doc.doc["Raises"] for error in re.findall(r"\w+", errors)}
    missing = sorted(set(raised(doc.tree)) - told - {"NotImplementedError"}) if doc.tree else []
    silent = [errors for _, errors, when in doc.doc["Raises"] if not "".join(when)]
    return [f"{e}: not in Raises" for e in missing] + [f"{e}: when?" for e in silent]


def raised(node: ast.AST) -> Iterator[str]:
    """Names of the errors that a body raises, its inner functions aside."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Raise) and child.exc is not None:
            error = child.exc.func if isinstance(child.exc, ast.Call) else child.exc
            name = ast.unparse(error).rpartition(".")[2]
            if name[0].isupper():  # else a variable, or a function that makes an error
                yield name
        if not isinstance(child, ast.FunctionDef | ast.Lambda):
            yield from raised(child)


def without_shape(obj: Any) -> list[str]:
    """Parameters and results that are arrays, and whose text does not have the word shape."""
    doc = Docstring(obj)
    told = {name: f"{kind} {text}" for name, (kind, text) in doc.doc_all_parameters.items()}
    told["return"] = str(doc.returns or doc.yields or doc.raw_doc)
    return [
        f"{name}: an array without its shape"
        for name, annotation in annotations(doc).items()
        if ARRAYS.search(annotation) and "shape" not in told.get(name, "shape")
    ]


def annotations(doc: Docstring) -> dict[str, str]:
    """How the source annotates each parameter, and the result."""
    if is_record(doc.obj) and not is_error(doc.obj):
        (cls,) = ast.parse(textwrap.dedent(inspect.getsource(doc.obj))).body
        fields = (node for node in ast.walk(cls) if isinstance(node, ast.AnnAssign))
        return {ast.unparse(field.target): ast.unparse(field.annotation) for field in fields}
    if doc.tree is None:
        return {}
    given = doc.tree.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    told = {a.arg: ast.unparse(a.annotation) for a in every if a.annotation is not None}
    if doc.tree.returns is not None:
        told["return"] = ast.unparse(doc.tree.returns)
    return told


def without_type(obj: Any) -> list[str]:
    """Attributes under their heading without a type, or without a word on what they are."""
    attributes = Docstring(obj).doc["Attributes"]
    return [f"{name}: what is it?" for name, kind, text in attributes if not (kind and text)]


RULES = (without_default, untrue_default, without_error, without_shape, without_type)


# The reference


def entries() -> Iterator[tuple[str, Any, bool]]:
    """The path, the object, and whether it needs an example, of all that the pages show.

    Not a method that has the docstring of the one that it overrides, nor a property without one
    that its class tells of under Attributes.
    """
    for _, directive, path, options in places(PAGES):
        if directive == "py:data":
            continue
        obj = at(path)
        yield path, obj, not is_error(obj)
        if not inspect.isclass(obj):
            continue
        attributes = Docstring(obj).attributes
        for name, member in members(obj, options).items():
            bases = [vars(cls)[name] for cls in obj.__mro__[1:] if name in vars(cls)]
            if member.__doc__ or not (name in attributes or any(base.__doc__ for base in bases)):
                yield f"{path}.{name}", member, False


ENTRIES = list(entries())


@pytest.mark.parametrize(
    ("obj", "example"), [entry[1:] for entry in ENTRIES], ids=[entry[0] for entry in ENTRIES]
)
def test_what_the_reference_shows_has_a_complete_docstring(obj: Any, example: bool) -> None:
    faults = by_numpydoc(obj, example=example)
    for rule in RULES if obj.__doc__ else ():
        faults += rule(obj)
    assert not faults


def test_the_reference_shows_functions_classes_methods_and_properties() -> None:
    paths = {path for path, *_ in ENTRIES}
    assert {
        "numlp.nn.train", "numlp.nn.Layer", "numlp.nn.Layer.forward", "numlp.nn.Layer.shapes",
        "numlp.nn.SparseMatrix.from_dense", "numlp.nn.SparseMatrix.transposed",
        "numlp.DivergenceError", "numlp.TabularClassifier.save", "numlp.Model.predict",
    } <= paths  # fmt: skip
    assert "numlp.nn.Dense.forward" not in paths  # Layer tells it
    assert "numlp.TabularClassifier.oof_proba_" not in paths  # its page leaves it out


# The rules find what breaks them


def good(
    X: ArrayLike, y: NDArray[np.intp], eps: float = 1e-8, name: str | None = None
) -> NDArray[Any]:
    """Return the rows of X without what they share.

    Parameters
    ----------
    X : array of shape (n, n_in)
        One sample a row.
    y : array of shape (n,)
        Classes.
    eps : float, default 1e-8
        The least deviation.
    name : str, optional
        For messages.

    Returns
    -------
    array of shape (n, n_in)
        A new array.

    Raises
    ------
    ValueError
        If y does not fit X.

    Examples
    --------
    >>> good([[1, 2]], np.array([0]))
    array([[1, 2]])
    """
    if len(y) != len(np.asarray(X)):
        raise ValueError(name, eps)
    return np.asarray(X)


def good_rows(n: int = 1) -> Iterator[int]:
    """Yield numbers of rows.

    Parameters
    ----------
    n : int, default 1
        Number of rows.

    Yields
    ------
    int
        From 0.
    """
    yield from range(n)


class GoodPair(NamedTuple):
    """Two vectors.

    Attributes
    ----------
    x, y : array of shape (n,)
        One for each axis.
    unit : str, default "m"
        Of both.
    """

    x: NDArray[Any]
    y: NDArray[Any]
    unit: str = "m"


class GoodLayer:
    """A layer of some width.

    Parameters
    ----------
    width, depth : int, default 1 and 2
        Number of units, and of layers.

    Attributes
    ----------
    in_place : bool, default False
        Whether Y may be X.

    Raises
    ------
    ValueError
        If the width is 0.
    """

    in_place = False

    def __init__(self, width: int = 1, depth: int = 2) -> None:
        def reason() -> None:
            raise TypeError  # an inner function's own affair

        if not width:
            raise ValueError(reason)
        self.depth = depth


RETURNS = """Returns
    -------
    array of shape (n, n_in)
        A new array.

"""


def all_faults(obj: Any, *, example: bool = False) -> list[str]:
    return [*by_numpydoc(obj, example=example), *(fault for rule in RULES for fault in rule(obj))]


@pytest.mark.parametrize("obj", [good, good_rows, GoodPair, GoodLayer])
def test_a_complete_docstring_has_no_fault(obj: Any) -> None:
    assert all_faults(obj, example=obj is good) == []


@pytest.mark.parametrize(
    ("obj", "old", "new", "faults"),
    [
        (good, "    name : str, optional\n        For messages.\n", "", ["PR01"]),
        (good, "    name : str", "    nome : str", ["PR01", "PR02"]),
        (good, "    X : array of shape (n, n_in)\n        One sample a row.\n", "", ["PR01"]),
        (good, "    name : str, optional\n", "    name\n", ["PR04", "name: neither"]),
        (good, "name : str,", "name : string,", ["PR06"]),
        (good, "        For messages.\n", "", ["PR07"]),
        (good, "    y : array", "    y: array", ["PR01", "PR02", "PR10"]),
        (good, RETURNS, "", ["RT01"]),
        (good, "        A new array.\n", "", ["RT03"]),
        (good, "Examples\n    --------\n", "", ["EX01", ">>> good", "array([[1, 2]]): when?"]),
        (good, "Return the rows of X without what they share.", "Return the rows of X", ["SS03"]),
        (good, "they share.", "they\n    share.", ["SS06"]),
        (good, "\n    Parameters", "\n\n    Parameters", ["GL03"]),
        (good, "float, default 1e-8", "float", ["eps: neither"]),
        (good, "float, default 1e-8", "float, default 1e-7", ["eps: default 1e-7"]),
        (good, "float, default 1e-8", "float, 1e-8 by default", ["eps: write"]),
        (good, "float, default 1e-8", "float, default: 1e-8", ["eps: write"]),
        (good, "float, default 1e-8", "float, default=1e-8", ["eps: write"]),
        (good, "float, default 1e-8", "float, defaults to 1e-8", ["eps: write"]),
        (good, "float, default 1e-8", "float, optional", ["eps: 'optional', but"]),
        (good, "str, optional", "str, default made(2)", ["name: default made(2)"]),
        (good, "str, optional", "str, default (what is best)", ["name: default (what"]),
        (good, "ValueError", "TypeError", ["ValueError: not in Raises"]),
        (good, "        If y does not fit X.\n", "", ["ValueError: when?"]),
        (good, "X : array of shape (n, n_in)", "X : array", ["X: an array"]),
        (good, "y : array of shape (n,)", "y : array", ["y: an array"]),
        (good, "array of shape (n, n_in)\n        A", "array\n        A", ["return: an array"]),
        (good_rows, "\n    Yields\n    ------\n    int\n        From 0.\n", "", ["YD01"]),
        (GoodPair, "x, y : array of shape (n,)", "x, y : array", ["x: an array", "y: an array"]),
        (GoodPair, "        Of both.\n", "", ["PR07", "unit: what"]),
        (GoodPair, 'str, default "m"', "str", ["unit: neither"]),
        (GoodPair, "x, y :", "x :", ["PR01"]),
        (GoodPair, 'default "m"', 'default "km"', ["unit: default"]),
        (GoodLayer, "Raises\n", "Notes\n    -----\n    None.\n\n    Raises\n", ["GL07"]),
        (GoodLayer, "default 1 and 2", "default 1 and 3", ["depth: default 3"]),
        (GoodLayer, "default 1 and 2", "default 1, 2 and 3", ["width, depth: default 1, 2 and 3"]),
        (GoodLayer, "default 1 and 2", "default 1 and made(2)", ["depth: default made(2)"]),
        (GoodLayer, "default 1 and 2", "default 1", ["depth: default 1"]),
        (
            GoodLayer,
            "width, depth : int, default 1 and 2",
            "depth, width : int, default 2 and 1",
            ["PR03"],
        ),
        (GoodLayer, "bool, default False", "bool, default True", ["in_place: default True"]),
        (GoodLayer, "in_place : bool, default False", "in_place", ["in_place: what is it?"]),
        (GoodLayer, "ValueError", "TypeError", ["ValueError: not in Raises"]),
    ],
)
def test_what_is_missing_is_found(
    obj: Any, old: str, new: str, faults: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Python keeps docstrings without the indentation of the code from 3.13 on.
    doc, old, new = inspect.cleandoc(obj.__doc__) + "\n", unindented(old), unindented(new)
    assert old in doc
    monkeypatch.setattr(obj, "__doc__", doc.replace(old, new, 1))
    found = all_faults(obj, example=obj is good)
    assert len(found) == len(faults)
    assert all(text.startswith(fault) for text, fault in zip(found, faults, strict=True)), found


def unindented(text: str) -> str:
    return re.sub("^    ", "", text, flags=re.MULTILINE)


def test_a_docstring_that_is_missing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(good, "__doc__", None)
    assert [fault[:4] for fault in by_numpydoc(good)] == ["GL08"]
