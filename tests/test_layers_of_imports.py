"""Imports point downwards only, and `import numlp` loads NumPy alone."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import numlp

ROOT = Path(numlp.__file__).parent

# Each module may import those above it.  A package named here stands for all that is in it.
ORDER = [
    "version",
    "nn.arrays",
    "nn.initializers",
    "nn.layers",
    "nn.activations",
    "nn.normalization",
    "nn.embeddings",
    "nn.mixed",
    "nn.scale",
    "nn.losses",
    "nn.brier",
    "nn.focal",
    "nn.optimizers",
    "nn.penalty",
    "nn.members",
    "nn.room",
    "nn.summary",
    "nn.network",
    "nn.builder",
    "nn.lbfgs",
    "nn.schedules",
    "nn.stopping",
    "nn.curve",
    "nn.history",
    "nn.training",
    "nn.__init__",
    "errors",
    "printing",
    "plain",
    "rules",
    "aim",
    "estimator",
    "routing",
    "atomic",
    "container",
    "columns",
    "textfile",
    "cells",
    "relation",
    "files",
    "labels",
    "weights",
    "split",
    "metrics",
    "curves",
    "bootstrap",
    "words",
    "parts",
    "dates",
    "guess",
    "table",
    "fitted",
    "predictions",
    "notebook",
    "live",
    "mixture",
    "decision",
    "conformal",
    "model",
    "recipe",
    "budget",
    "ensemble",
    "checkpoint",
    "matrix",
    "targets",
    "mlp_settings",
    "mlp_parts",
    "mlp_training",
    "mlp_checkpoint",
    "mlp_file",
    "mlp",
    "opening",
    "explain",
    "report",
    "tabular_settings",
    "tabular_training",
    "conclusion",
    "tabular",
    "crossval",
    "tuning",
    "plots.grid",
    "plots.drawing",
    "plots.__init__",
    "export.graph",
    "export.text",
    "export.dates",
    "export.table",
    "export.layers",
    "export.__init__",
    "__init__",
    "cli",
    "__main__",
]


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


MODULES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}


def entry(module: str) -> str:
    """The entry of ORDER that a module belongs to: its own, or its package's."""
    package = module.partition(".")[0]
    return module if module in ORDER else package if package in ORDER else module


def as_module(dotted: str) -> str | None:
    """The module of this package that a dotted name means, if it is one."""
    for name in (dotted, f"{dotted}.__init__" if dotted else "__init__"):
        if name in MODULES:
            return name
    return None


def imported(module: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of all that a module imports, inside functions too."""
    package = ["numlp", *module.split(".")[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            origin = ".".join([*base, node.module] if node.module else base)
            for alias in node.names:
                yield node.lineno, f"{origin}.{alias.name}"


def own_imports(module: str, source: str) -> Iterator[tuple[int, str]]:
    """Line and module of what a module imports of this package."""
    for line, name in imported(module, ast.parse(source)):
        if name.partition(".")[0] != "numlp":
            continue
        inside = name.partition(".")[2]
        outer = inside.rpartition(".")[0]
        # from .nn import train: a module called train, or the name train in the module nn
        target = as_module(inside) or as_module(outer)
        if target is not None:
            yield line, target


def upward(module: str, source: str) -> list[str]:
    """The imports of a module that do not point downwards."""
    here, wrong = entry(module), []
    for line, target in own_imports(module, source):
        there = entry(target)
        inside_one_package = here == there and here not in MODULES
        if not inside_one_package and there not in ORDER[: ORDER.index(here)]:
            wrong.append(f"{module}, line {line}: {target} does not stand before it in ORDER")
    return wrong


def test_the_order_lists_every_module_once() -> None:
    assert len(set(ORDER)) == len(ORDER)
    assert {entry(module) for module in MODULES} <= set(ORDER), "add the new module to ORDER"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_stands_before_it(module: str) -> None:
    assert upward(module, MODULES[module].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("module", "source", "n"),
    [
        ("nn.layers", "from . import network", 1),
        ("nn.layers", "from .network import Network", 1),
        ("nn.layers", "def f():\n    import numlp.nn.network", 1),
        ("nn.training", "from . import Network", 1),
        ("nn.training", "from .. import errors", 1),
        ("table", "from . import load", 1),
        ("table", "import numlp", 1),
        ("table", "from .cli.show import printable", 1),
        ("table", "if True:\n    from .model import Model", 1),
        ("table", "from . import __version__", 1),
        ("table", "from .version import __version__\nfrom .nn import train\nimport math", 0),
        ("cli.main", "from . import show\nfrom .. import metrics", 0),
        ("nn.layers", "from . import initializers\nfrom .arrays import Array", 0),
    ],
)
def test_an_upward_import_is_found_in_any_form(module: str, source: str, n: int) -> None:
    assert len(upward(module, source)) == n


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("nn.")])
def test_the_engine_needs_numpy_alone(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    roots = {name.partition(".")[0] for _, name in imported(module, tree)}
    assert roots <= {"numpy", "numlp"} | sys.stdlib_module_names
    inside = {target for _, target in own_imports(module, ast.unparse(tree))}
    assert all(target.startswith("nn.") for target in inside)


def words_printed_by(program: str) -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.fspath(ROOT.parent)},
    )
    return set(run.stdout.split())


def test_importing_numlp_loads_numpy_alone() -> None:
    program = (
        "import sys; before = set(sys.modules); from numlp import *;"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    loaded = words_printed_by(program) - sys.stdlib_module_names
    # Modules compiled with Cython, as parts of NumPy are, bring two names of its own.
    assert {name for name in loaded if "cython" not in name} == {"numlp", "numpy"}


def test_who_serves_a_model_does_not_load_what_trains_one() -> None:
    program = "import sys, numlp; numlp.load; print(*[m for m in sys.modules if 'numlp' in m])"
    loaded = words_printed_by(program)
    assert "numlp.model" in loaded
    assert not loaded & {"numlp.tabular", "numlp.mlp", "numlp.ensemble", "numlp.recipe"}


def test_help_and_completion_do_not_wait_for_numpy() -> None:
    program = "import sys; from numlp.cli.main import run; run(['--help']); print(*sys.modules)"
    loaded = words_printed_by(program)
    assert "click" in loaded
    assert not loaded & {"numpy", "duckdb", "rich", "numlp.cli.commands.train"}


def test_an_interrupt_is_told_without_numpy_which_may_be_half_imported() -> None:
    program = (
        "import sys, numlp.cli.main as main\n"
        "def interrupted(*_): raise KeyboardInterrupt\n"
        "main.Commands.get_command = interrupted\n"
        "print(main.run(['train']), *sys.modules)"
    )
    words = words_printed_by(program)
    assert "130" in words
    assert "numpy" not in words


def test_numlp_lists_what_it_has_and_nothing_else() -> None:
    assert set(numlp.__all__) <= set(dir(numlp))
    assert all(getattr(numlp, name).__module__.startswith("numlp.") for name in numlp.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Classifier'"):
        numlp.Classifier  # noqa: B018


FORBIDDEN_CALLS = {"np.random.seed", "numpy.random.seed"}


def seedings(source: str) -> list[str]:
    """What changes the random numbers of everybody."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [name for call in calls if (name := ast.unparse(call.func)) in FORBIDDEN_CALLS]


@pytest.mark.parametrize("module", MODULES)
def test_no_module_seeds_global_randomness(module: str) -> None:
    assert seedings(MODULES[module].read_text(encoding="utf-8")) == []


def test_a_global_seed_is_found() -> None:
    assert len(seedings("import numpy as np\ndef f():\n    np.random.seed(0)")) == 1
