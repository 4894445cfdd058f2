"""Everything the engine exports stands in the tables of ``cases.py``, and is what it says it is."""

import ast
import importlib
import inspect
import pkgutil
import re
from typing import Any

import pytest

import numlp.nn
from numlp.nn import ACTIVATIONS, INITIALIZERS, Dense, Layer, Loss, Optimizer, Schedule, SparseInput
from numlp.nn import OPTIMIZERS as OPTIMIZERS_BY_NAME

from .cases import ACTIVATION_LAYERS, LAYERS, LOSSES, OPTIMIZERS, SCHEDULES


def subclasses(base: type) -> set[type]:
    """Those of the package that can be used as they are."""
    for module in pkgutil.walk_packages(numlp.nn.__path__, "numlp.nn."):
        importlib.import_module(module.name)
    found, todo = set(), [base]
    while todo:
        cls = todo.pop()
        todo += cls.__subclasses__()
        abstract = bool(cls.__subclasses__()) and cls.__name__ not in numlp.nn.__all__
        if cls is not base and cls.__module__.startswith("numlp.nn.") and not abstract:
            found.add(cls)
    return found


def of_the_package(cls: type) -> type:
    return next(c for c in cls.__mro__ if c.__module__.startswith("numlp.nn."))


TABLES: dict[type, set[type]] = {
    # SparseInput takes no array: its own tests are in test_sparse_input.
    Layer: {of_the_package(case.cls) for case in LAYERS.values()} | {SparseInput},
    Loss: {case.cls for case in LOSSES.values()},
    Optimizer: {case.cls for case in OPTIMIZERS.values()},
    Schedule: {type(case.make()) for case in SCHEDULES.values()},
}


@pytest.mark.parametrize("base", TABLES, ids=lambda base: base.__name__)
def test_every_class_of_the_package_is_in_the_tables(base: type) -> None:
    assert subclasses(base) == TABLES[base]


@pytest.mark.parametrize("base", TABLES, ids=lambda base: base.__name__)
def test_every_class_is_exported(base: type) -> None:
    assert {cls.__name__ for cls in subclasses(base)} <= set(numlp.nn.__all__)


def test_every_initializer_is_in_the_table() -> None:
    tested = {case.settings["initializer"] for case in LAYERS.values() if case.cls is Dense}
    assert tested == set(INITIALIZERS)


def test_every_activation_is_in_the_table_with_its_formulas() -> None:
    assert {case.cls for case in ACTIVATION_LAYERS.values()} == set(ACTIVATIONS.values())
    assert all(case.formula and case.derivative for case in ACTIVATION_LAYERS.values())


@pytest.mark.parametrize(
    ("registry", "table"),
    [(ACTIVATIONS, ACTIVATION_LAYERS), (OPTIMIZERS_BY_NAME, OPTIMIZERS)],
    ids=["activations", "optimizers"],
)
def test_whatever_has_a_name_is_in_the_table(registry: dict[str, type], table: Any) -> None:
    assert set(registry.values()) == {case.cls for case in table.values()}


@pytest.mark.parametrize(
    "registry", [ACTIVATIONS, OPTIMIZERS_BY_NAME], ids=["activations", "optimizers"]
)
def test_whatever_has_a_name_has_that_of_its_class(registry: dict[str, type]) -> None:
    for name, cls in registry.items():
        assert name == name.lower()
        assert name.replace("_", "") == cls.__name__.lower()


@pytest.mark.parametrize("base", TABLES, ids=lambda base: base.__name__)
def test_everything_exported_by_name_exists(base: type) -> None:
    assert all(hasattr(numlp.nn, name) for name in numlp.nn.__all__)
    assert base.__name__ in numlp.nn.__all__


@pytest.mark.parametrize("case", LAYERS.values(), ids=LAYERS)
def test_settings_make_the_same_layer_again(case: Any) -> None:
    layer = case.make()
    twin = type(layer)(**layer.settings)
    assert (twin.settings, repr(twin)) == (layer.settings, repr(layer))
    assert case.settings.items() <= layer.settings.items()


@pytest.mark.parametrize(
    "case", [*LOSSES.values(), *OPTIMIZERS.values()], ids=[*LOSSES, *OPTIMIZERS]
)
def test_settings_make_the_same_loss_or_optimizer_again(case: Any) -> None:
    made = case.make()
    assert type(made)(**made.settings).settings == made.settings
    assert case.settings.items() <= made.settings.items()
    assert eval(repr(made), vars(numlp.nn)).settings == made.settings  # noqa: S307


STATED = re.compile(r"^ +(\w[\w, ]*) : .*\bdefault (.+)$", re.MULTILINE)  # in a docstring
STATING = [
    name for name in numlp.nn.__all__ if STATED.search(getattr(numlp.nn, name).__doc__ or "")
]


@pytest.mark.parametrize("name", STATING)
def test_every_default_is_the_one_that_the_docstring_states(name: str) -> None:
    parameters = inspect.signature(vars(numlp.nn)[name]).parameters
    for names, values in STATED.findall(vars(numlp.nn)[name].__doc__):
        for argument, value in zip(names.split(", "), values.split(" and "), strict=True):
            default = parameters[argument].default
            if isinstance(default, type):
                assert value == default.__name__, argument
            else:
                made_inside = re.fullmatch(r"[A-Z]\w*\(.*\)", value)  # SoftmaxCrossEntropy(), say
                assert default == (None if made_inside else ast.literal_eval(value)), argument
