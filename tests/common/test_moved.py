"""Who asks for a module of numlp 0.1 is told where its names are now."""

import importlib
import importlib.util
import sys

import pytest

import numlp
from numlp.common.moved import GONE, MOVED, MovedModules, tell_of_moved_modules


@pytest.mark.parametrize("module", sorted({*MOVED, *GONE}))
def test_a_module_that_moved_is_told_of_in_one_line(module: str) -> None:
    with pytest.raises(ModuleNotFoundError) as caught:
        importlib.import_module(f"numlp.{module}")
    message = str(caught.value)
    what = "moved" if module in MOVED else "is gone"
    assert message.startswith(f"numlp.{module} {what} in numlp 0.2: ")
    assert MOVED.get(module, "it was not public") in message
    assert "\n" not in message


@pytest.mark.parametrize("module", ["curves", "model"])
def test_it_is_told_in_a_from_import_too(module: str) -> None:
    with pytest.raises(ModuleNotFoundError, match=f"numlp.{module} moved in numlp 0.2"):
        exec(f"from numlp import {module}")  # noqa: S102 - our own words


@pytest.mark.parametrize("module", sorted(MOVED))
def test_what_it_names_instead_is_there(module: str) -> None:
    package, _, rest = MOVED[module].partition(".")
    assert package == "numlp"
    assert rest in numlp.__all__ or importlib.import_module(MOVED[module])


@pytest.mark.parametrize("name", ["numlp.nothing", "other.curves", "numlp.nn.curves"])
def test_of_other_modules_nothing_is_told(name: str) -> None:
    assert MovedModules.find_spec(name) is None


@pytest.mark.parametrize("module", ["curves", "nn.summary", "words"])
def test_who_asks_where_a_moved_module_is_gets_an_answer_and_no_error(module: str) -> None:
    assert importlib.util.find_spec(f"numlp.{module}") is not None
    assert importlib.util.find_spec("numlp.nothing") is None
    assert f"numlp.{module}" not in sys.modules


def test_python_asks_once_however_often_numlp_is_loaded() -> None:
    tell_of_moved_modules()
    assert sys.meta_path.count(MovedModules) == 1
