"""No part of the package can run what a file holds."""

import ast
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

import numlp

ROOT = Path(numlp.__file__).parent
MODULES = {str(path.relative_to(ROOT)): path for path in sorted(ROOT.rglob("*.py"))}

# Each can make objects of any class, or call any function, from bytes.
FORBIDDEN_IMPORTS = {
    "cPickle", "cloudpickle", "code", "codeop", "copyreg", "dbm", "dill", "imp", "joblib",
    "jsonpickle", "marshal", "pickle", "runpy", "shelve", "xmlrpc", "yaml", "zipimport",
}  # fmt: skip
FORBIDDEN_NAMES = {"eval", "exec", "compile", "__import__", "execfile", "breakpoint"}
# Of numpy, os, importlib or whatever they were imported from.
FORBIDDEN_ATTRIBUTES = {
    "allow_pickle", "exec_module", "fromfunction", "load_module", "memmap", "popen", "read_pickle",
    "spec_from_file_location", "system", "to_pickle",
}  # fmt: skip
SHELLS = {"subprocess.run", "subprocess.Popen", "subprocess.call", "subprocess.check_output"}


# By a table of names that stands in the module itself.
ALLOWED = {
    ("__init__.py", "importlib.import_module(f'.{_MODULES[name]}', __name__)"),
    ("cli/main.py", "importlib.import_module(f'.commands.{cmd_name}', __package__)"),
}


def dangers(source: str, module: str = "") -> list[str]:
    """What in a source could run data, each with its line."""
    return [
        f"line {node.lineno}: {what}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.expr | ast.stmt)
        for what in _dangers(node)
        if (module, what) not in ALLOWED
    ]


def _dangers(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        origin = f"{node.module}." if isinstance(node, ast.ImportFrom) and not node.level else ""
        for alias in node.names:
            forbidden = FORBIDDEN_IMPORTS if origin or isinstance(node, ast.Import) else set()
            parts = set(f"{origin}{alias.name}".split("."))
            if parts & (forbidden | FORBIDDEN_NAMES | FORBIDDEN_ATTRIBUTES):
                yield f"imports {origin}{alias.name}"
    elif isinstance(node, ast.Name) and node.id in FORBIDDEN_NAMES:
        yield node.id  # called here, or handed on to be called
    elif isinstance(node, ast.Attribute):
        if node.attr in FORBIDDEN_ATTRIBUTES or ast.unparse(node.value) == "builtins":
            yield ast.unparse(node)
    elif isinstance(node, ast.Call) and _is_dangerous(node):
        yield ast.unparse(node)


def _is_dangerous(call: ast.Call) -> bool:
    called = ast.unparse(call.func)
    flags = [k.value for k in call.keywords if k.arg in ("allow_pickle", "shell")]
    if not all(isinstance(flag, ast.Constant) and flag.value is False for flag in flags):
        return True
    if called in ("np.load", "numpy.load"):
        return not flags
    if called.split(".")[-1] == "import_module":
        return not all(isinstance(a, ast.Constant) and type(a.value) is str for a in call.args)
    return called in SHELLS and not isinstance(call.args[0], ast.List)


def test_no_module_can_run_what_a_file_holds() -> None:
    read = {module: path.read_text(encoding="utf-8") for module, path in MODULES.items()}
    assert [*chain(*(dangers(source, module) for module, source in read.items()))] == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "import pickle as p",
        "import os, marshal",
        "from pickle import loads",
        "from joblib import load",
        "from multiprocessing import dill",
        "import shelve",
        "import cloudpickle.cloudpickle",
        "def f():\n    from dill import load",
        "try:\n    import marshal\nexcept ImportError:\n    pass",
        "eval(text)",
        "exec(text)",
        "compile(text, '', 'exec')",
        "__import__(name)",
        "run = eval",
        "map(eval, texts)",
        "import builtins\nbuiltins.exec(text)",
        "from builtins import eval as sure",
        "import importlib\nimportlib.import_module(name)",
        "import importlib\nimportlib.import_module(f'numlp.{name}')",
        "from importlib import import_module\nimport_module(document['module'])",
        "importlib.util.spec_from_file_location('x', path)",
        "np.load(path)",
        "numpy.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=sure)",
        "np.lib.format.read_array(file, allow_pickle=True)",
        "pd.read_pickle(path)",
        "os.system(text)",
        "os.popen(text)",
        "subprocess.run(text, shell=True)",
        "subprocess.run(text)",
        "from runpy import run_path",
        "import yaml",
    ],
)
def test_each_way_to_run_data_is_found(source: str) -> None:
    assert len(dangers(source)) >= 1


@pytest.mark.parametrize(
    "source",
    [
        "import re\nre.compile('x')",
        "import importlib\nimportlib.import_module('duckdb')",
        "np.load(path, allow_pickle=False)",
        "json.loads(text)",
        "from . import load",
        "model.evaluate(X)",
        "'import pickle'",
    ],
)
def test_what_runs_nothing_is_not_called_a_danger(source: str) -> None:
    assert dangers(source) == []


def test_all_modules_are_looked_at() -> None:
    assert {"storage/container.py", "models/model.py", "data/files/sheet.py"} <= MODULES.keys()
    assert len(MODULES) > 50
