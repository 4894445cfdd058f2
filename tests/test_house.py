"""The house: which room may import which, what crosses a door, and what `import numlp` loads.

``docs/develop/house.md`` says why.  Each rule is a function from sources to what breaks it, so that
a test can break it on purpose.
"""

import ast
import functools
import io
import os
import subprocess
import sys
import textwrap
import tokenize
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

import pytest

import numlp

TESTS = Path(__file__).parent
ROOT = Path(numlp.__file__).parent

# A room imports rooms of lower floors alone, and its own modules.
FLOORS = [
    {"errors", "version"},
    {"nn", "common"},
    {"storage", "data", "metrics"},
    {"table", "decisions"},
    {"models", "check"},
    {"ensemble", "explain", "export", "plots"},
    {"report", "scale", "play"},
    {"tabular", "mlp"},
    {"cli", "loading"},
    {"__init__", "__main__"},
]
MOST_FLOORS, MOST_ROOMS, MOST_FILES, MOST_LINES = 10, 20, 5, 500
# The engine's core, in reading order, and most of its lines of code.
CORE = [
    "arrays", "memory", "initializers", "described", "layers", "activations", "losses", "network",
    "optimizers", "training",
]  # fmt: skip
MOST_CORE_LINES = 920
# Of Python itself, and of notebooks: private by their look alone.
PROTOCOLS = {"_asdict", "_exit", "_fields", "_getframe", "_replace", "_repr_html_"}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


SOURCES = {
    module_name(path): path.read_text(encoding="utf-8") for path in sorted(ROOT.rglob("*.py"))
}
ROOMS = {name.partition(".")[0] for name in SOURCES if "." in name}


def with_module(name: str, source: str) -> dict[str, str]:
    """The package with a module more, or with another one in its place."""
    return {**SOURCES, name: source}


@functools.cache
def tree_of(source: str) -> ast.Module:
    """The syntax tree of a source, for looking at alone: one for all rules."""
    return ast.parse(source)


# What a module imports


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


def own_imports(sources: Mapping[str, str], module: str) -> Iterator[tuple[int, str]]:
    """Line and module of what a module imports of this package."""

    def as_module(dotted: str) -> str | None:
        names = (dotted, f"{dotted}.__init__" if dotted else "__init__")
        return next((name for name in names if name in sources), None)

    for line, name in imported(module, tree_of(sources[module])):
        if name.partition(".")[0] == "numlp":
            inside = name.partition(".")[2]
            # from .nn import train: a module called train, or the name train in the module nn
            target = as_module(inside) or as_module(inside.rpartition(".")[0])
            if target is not None:
                yield line, target


def place(module: str) -> str:
    """The room, or the file beside the rooms, that a module is."""
    return module.partition(".")[0]


def floor(module: str) -> int:
    return next(n for n, rooms in enumerate(FLOORS) if place(module) in rooms)


# The rules: each gives a line for whatever breaks it


def not_downwards(sources: Mapping[str, str], module: str) -> list[str]:
    """Imports of rooms that do not lie on a lower floor."""
    return [
        f"{module}, line {line}: {target} lies on floor {floor(target)}, not below {floor(module)}"
        for line, target in own_imports(sources, module)
        if place(target) != place(module) and floor(target) >= floor(module)
    ]


def of_the_face(sources: Mapping[str, str], module: str) -> list[str]:
    """Imports of the package's face, which is for users alone."""
    return [
        f"{module}, line {line}: the package's face"
        for line, target in own_imports(sources, module)
        if target == "__init__"
    ]


def circles(sources: Mapping[str, str], room: str) -> list[str]:
    """Modules of a room that import each other, one through the other."""
    inside = [name for name in sources if place(name) == room and "." in name]
    arrows = {
        name: {target for _, target in own_imports(sources, name) if target in inside} - {name}
        for name in inside
    }
    while free := [name for name, targets in arrows.items() if not targets & arrows.keys()]:
        for name in free:
            del arrows[name]
    return sorted(arrows)


def private_of_others(sources: Mapping[str, str], module: str) -> list[str]:
    """Private names that a module takes from another, or reads off objects of another's class."""
    tree = tree_of(sources[module])
    own = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            own.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            own |= {node.attr} if ast.unparse(node.value) == "self" else set()
    told = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
        else:
            names = [node.attr] if isinstance(node, ast.Attribute) else []
        told += [
            f"{module}, line {getattr(node, 'lineno', 0)}: {name}"
            for name in names
            if name.startswith("_") and not name.endswith("__") and name not in own | PROTOCOLS
        ]
    return told


def code_in_a_face(sources: Mapping[str, str], module: str) -> list[str]:
    """Statements of a room's face beside its docstring, imports of its own, and ``__all__``.

    A face may fetch its names from a module of its own when they are asked for.
    """
    body = tree_of(sources[module]).body
    told = []
    for number, node in enumerate(body):
        docstring = number == 0 and isinstance(node, ast.Expr)
        names = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        own = isinstance(node, ast.ImportFrom) and node.level == 1
        if not (docstring or names or own or fetches_names(node)):
            told.append(f"{module}, line {node.lineno}: {ast.unparse(node).splitlines()[0]}")
    names_of_all = any(isinstance(node, ast.Assign) for node in body)
    imports = [
        node for node in ast.walk(tree_of(sources[module])) if isinstance(node, ast.ImportFrom)
    ]
    names_of_all |= any(alias.name == "__all__" for node in imports for alias in node.names)
    if imports and not names_of_all:
        told.append(f"{module}: names without __all__")
    return told


def fetches_names(node: ast.stmt) -> bool:
    """Whether a statement is part of a face that is lazy (PEP 562), with what it needs for that."""
    if isinstance(node, ast.If):
        inside = [*node.body, *node.orelse]
        own = all(isinstance(each, ast.ImportFrom) and each.level == 1 for each in inside)
        return own and ast.unparse(node.test) == "TYPE_CHECKING"
    if isinstance(node, ast.ImportFrom):
        return node.module in ("importlib", "typing")
    return isinstance(node, ast.FunctionDef) and node.name in ("__getattr__", "__dir__")


def not_numpy_alone(sources: Mapping[str, str], module: str) -> list[str]:
    """What a module of the engine imports beside NumPy and the engine."""
    names = {name for _, name in imported(module, tree_of(sources[module]))}
    roots = {name.partition(".")[0] for name in names} - sys.stdlib_module_names
    own = {target for _, target in own_imports(sources, module)}
    return sorted(roots - {"numpy", "numlp"}) + [name for name in own if place(name) != "nn"]


def above_the_core(sources: Mapping[str, str], module: str) -> list[str]:
    """Imports from outside the core that a module of it needs to be imported itself."""
    body = tree_of(sources[module]).body
    imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    at_once = own_imports({**sources, module: "\n".join(map(ast.unparse, imports))}, module)
    core = {f"nn.{name}" for name in CORE}
    return [f"{module}: {target}" for _, target in at_once if target not in core]


def drawings(sources: Mapping[str, str], module: str) -> list[str]:
    """Texts in which a module writes HTML or SVG."""
    texts = (node.value for node in ast.walk(tree_of(sources[module])) if is_text(node))
    return [text for text in texts if any(f"<{tag}" in text for tag in ("svg", "div", "t", "p>"))]


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def seedings(sources: Mapping[str, str], module: str) -> list[str]:
    """Calls that change the random numbers of everybody."""
    calls = (node for node in ast.walk(tree_of(sources[module])) if isinstance(node, ast.Call))
    names = (ast.unparse(call.func) for call in calls)
    return [name for name in names if name in ("np.random.seed", "numpy.random.seed")]


CLOCKS = {
    "time.time", "time.monotonic", "time.perf_counter", "time.process_time", "time.sleep",
    "datetime.now", "datetime.today", "datetime.datetime.now", "datetime.date.today",
}  # fmt: skip


def looks_at_a_clock(source: str) -> list[str]:
    """Calls that ask what time it is, or let time pass."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    names = (ast.unparse(call.func) for call in calls)
    return [name for name in names if name in CLOCKS]


def size(source: str) -> int:
    return len(source.splitlines())


NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}


def lines_of_code(source: str) -> int:
    """Lines that are neither blank, nor a comment, nor part of a docstring."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    code = {
        line
        for token in tokens
        if token.type not in NO_CODE and token.type != tokenize.ENDMARKER
        for line in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(tree_of(source)):
        documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            code -= {*range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)}
    return len(code)


# Rooms


def test_every_module_has_a_place_on_one_floor() -> None:
    places = [room for rooms in FLOORS for room in rooms]
    assert len(set(places)) == len(places)
    assert {place(module) for module in SOURCES} == set(places)


def test_the_house_stays_small() -> None:
    files = {place(module) for module in SOURCES} - ROOMS
    assert len(FLOORS) <= MOST_FLOORS
    assert len(ROOMS) <= MOST_ROOMS
    assert len(files) <= MOST_FILES
    assert {m: size(s) for m, s in SOURCES.items() if size(s) > MOST_LINES} == {}


def test_imports_go_down() -> None:
    assert [*chain(*(not_downwards(SOURCES, module) for module in SOURCES))] == []


def test_nobody_imports_the_face_of_the_package() -> None:
    others = {*SOURCES} - {"__init__"}
    assert [*chain(*(of_the_face(SOURCES, module) for module in others))] == []


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_no_modules_of_a_room_import_each_other_in_a_circle(room: str) -> None:
    assert circles(SOURCES, room) == []


def test_no_private_name_crosses_a_module() -> None:
    assert [*chain(*(private_of_others(SOURCES, module) for module in SOURCES))] == []


@pytest.mark.parametrize("module", [name for name in SOURCES if name.endswith(".__init__")])
def test_the_face_of_a_room_is_its_public_names(module: str) -> None:
    assert code_in_a_face(SOURCES, module) == []


@pytest.mark.parametrize(
    ("module", "source", "n"),
    [
        ("nn.layers", "from ..common import wording", 1),
        ("nn.layers", "def f():\n    import numlp.table.table", 1),
        ("table.table", "from ..models.model import Model", 1),
        ("table.table", "if True:\n    from ..models import model", 1),
        ("table.table", "from ..decisions.mixing import mix", 1),  # a neighbour on the same floor
        ("table.table", "from ..cli.show import labelled", 1),
        ("export.table", "from ..tabular.classifier import TabularClassifier", 1),
        (
            "table.table",
            "from ..version import __version__\nfrom ..nn import train\nimport math",
            0,
        ),
        ("table.table", "from . import guess\nfrom .words import read_words", 0),
        ("cli.main", "from . import show\nfrom ..metrics import scores", 0),
    ],
)
def test_an_import_that_goes_up_is_found_in_any_form(module: str, source: str, n: int) -> None:
    assert len(not_downwards(with_module(module, source), module)) == n


@pytest.mark.parametrize("source", ["from .. import load", "import numlp", "from .. import Model"])
def test_an_import_of_the_face_is_found(source: str) -> None:
    assert len(of_the_face(with_module("table.table", source), "table.table")) == 1


def test_a_circle_is_found() -> None:
    planted = with_module("data.labels", "def f():\n    from . import targets")
    assert circles(planted, "data") == ["data.labels", "data.targets"]


@pytest.mark.parametrize(
    ("source", "n"),
    [
        ("from .encoders import _spread", 1),
        ("def f(clf):\n    return clf._network", 1),
        ("class A(B):\n    def f(self):\n        self._of_B()", 1),
        ("class A:\n    def __init__(self):\n        self._x = 1\ndef f(a):\n    return a._x", 0),
        ("def f(row):\n    return row._asdict(), row.__dict__, row._repr_html_()", 0),
    ],
)
def test_a_private_name_of_another_module_is_found(source: str, n: int) -> None:
    assert len(private_of_others(with_module("table.table", source), "table.table")) == n


@pytest.mark.parametrize(
    ("source", "n"),
    [
        ('"""A room."""', 0),
        ('"""A room."""\nfrom .a import b\n__all__ = ["b"]', 0),
        ('"""A room."""\nfrom .a import b', 1),
        ('"""A room."""\nfrom ..a import b\n__all__ = ["b"]', 1),
        ("if TYPE_CHECKING:\n    from .a import __all__ as __all__\ndef __getattr__(name): ...", 0),
        ("if TYPE_CHECKING:\n    from ..a import __all__ as __all__", 1),
        ("from typing import Any\nfrom importlib import import_module", 1),  # without __all__
        ('"""A room."""\nif True:\n    x = 1', 1),
    ],
)
def test_code_in_a_face_is_found(source: str, n: int) -> None:
    assert len(code_in_a_face({"table.__init__": source}, "table.__init__")) == n


# The engine


@pytest.mark.parametrize("module", [name for name in SOURCES if place(name) == "nn"])
def test_the_engine_needs_numpy_alone(module: str) -> None:
    assert not_numpy_alone(SOURCES, module) == []


@pytest.mark.parametrize(
    "source", ["import scipy", "from .. import errors", "import narwhals as n"]
)
def test_what_else_an_engine_needs_is_found(source: str) -> None:
    assert len(not_numpy_alone(with_module("nn.layers", source), "nn.layers")) == 1


def test_the_core_of_the_engine_is_read_in_one_sitting() -> None:
    files = {name.removeprefix("nn.") for name in SOURCES if name.count(".") == 1}
    in_nn = {
        name.removeprefix("nn.")
        for name in SOURCES
        if name.startswith("nn.") and name.count(".") == 1
    }
    assert set(CORE) < files
    assert in_nn - {"__init__"} == set(CORE), "the rest of the engine stands in nn/more"
    assert sum(lines_of_code(SOURCES[f"nn.{name}"]) for name in CORE) < MOST_CORE_LINES


@pytest.mark.parametrize(
    ("source", "n"),
    [
        ("x = 1\n\n# why\ny = 2  # and why\n", 2),
        ('"""A room.\n\nWith reasons.\n"""\nx = 1\n', 1),
        ('class A:\n    """One."""\n\n    def f(self):\n        """Two.\n        """\n', 2),
        ('def f(\n    a,\n):\n    return """no\n    docstring"""\n', 5),
    ],
)
def test_lines_of_code_are_told_from_what_explains_them(source: str, n: int) -> None:
    assert lines_of_code(source) == n


@pytest.mark.parametrize("name", CORE)
def test_the_core_stands_without_the_rest_and_draws_nothing(name: str) -> None:
    assert above_the_core(SOURCES, f"nn.{name}") == []
    assert drawings(SOURCES, f"nn.{name}") == []


def test_a_core_that_needs_more_or_draws_is_found() -> None:
    needs = with_module("nn.layers", "from .more.dropout import Dropout")
    assert above_the_core(needs, "nn.layers") == ["nn.layers: nn.more.dropout"]
    assert above_the_core(with_module("nn.layers", "from .arrays import Array"), "nn.layers") == []
    draws = with_module("nn.layers", 'def f(x):\n    return f"<table>{x}</table>"')
    assert len(drawings(draws, "nn.layers")) == 1


def test_no_module_seeds_global_randomness() -> None:
    assert [*chain(*(seedings(SOURCES, module) for module in SOURCES))] == []


def test_a_global_seed_is_found() -> None:
    source = "import numpy as np\ndef f():\n    np.random.seed(0)"
    assert len(seedings(with_module("nn.layers", source), "nn.layers")) == 1


# The tests


def test_no_test_depends_on_the_clock() -> None:
    found = {
        path.relative_to(TESTS).as_posix(): told
        for path in TESTS.rglob("test_*.py")
        if (told := looks_at_a_clock(path.read_text(encoding="utf-8")))
    }
    # They sleep until a file is there, or a process is not, however long that takes.
    assert found == {
        "cli/test_checkpoint.py": ["time.sleep"],
        "cli/test_cluster.py": ["time.sleep"] * 2,
    }


@pytest.mark.parametrize("call", ["time.sleep(1)", "a = time.monotonic() + 3", "datetime.now()"])
def test_a_look_at_the_clock_is_found(call: str) -> None:
    assert len(looks_at_a_clock(f"def f():\n    {call}")) == 1
    assert looks_at_a_clock(f"patch({call!r})") == []


# What is loaded


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
    assert "numlp.models.model" in loaded
    assert not loaded & {"numlp.tabular", "numlp.mlp", "numlp.ensemble"}


def test_a_command_on_a_model_does_not_load_what_trains_one() -> None:
    names = ("predict", "evaluate", "explain", "report", "export", "inspect")
    program = "".join(f"import numlp.cli.commands.{name}; " for name in names)
    loaded = words_printed_by(f"{program}import sys; print(*sys.modules)")
    assert "numlp.cli.commands.predict" in loaded
    rooms = {"check", "tabular", "mlp", "ensemble"}
    assert not loaded & {f"numlp.{room}" for room in rooms}


# What predicting does without: what trains, scores, explains or draws, what guesses what a column
# is, the kinds of columns and files that are not there, and what draws random numbers.
NOT_TO_PREDICT = {
    "numlp.nn": (
        "training", "more.names", "more.lbfgs", "more.schedules", "more.optimizers",
        "more.stopping", "more.display", "more.sparse_matrix",
    ),
    "numlp.table": (
        "fitting", "guess", "guess_dates", "summary", "reasons", "decimals", "copies", "grouping",
        "dates", "date_forms", "date_readings", "ordered", "text", "vocabulary", "vectors",
    ),
    "numlp.metrics": ("names", "scores", "bootstrap", "curves", "by_group"),
    "numlp.data.files": ("workbook", "arrow_schema", "parquet_levels"),
    "numlp.cli": ("data", "figures", "show"),
    "numlp.models": ("label_words", "predictions", "notebook"),
    "numpy": ("ma", "random"),
}  # fmt: skip


def test_predicting_loads_nothing_that_it_does_without(tmp_path: Path) -> None:
    table = {"size": [1.0, 2.5, 4.0, 5.5] * 5, "hue": ["red", "blue"] * 10}
    clf = numlp.TabularClassifier("fast", epochs=20, random_state=0)
    clf.fit(table, ["small", "large"] * 10).save(tmp_path / "model.numlp")
    (tmp_path / "row.csv").write_text("size,hue\n1.5,red\n", encoding="utf-8")
    arguments = ["predict", *(os.fspath(tmp_path / name) for name in ("model.numlp", "row.csv"))]
    program = f"import sys; from numlp.cli.main import run; print(run({arguments}), *sys.modules)"
    loaded = words_printed_by(program)
    assert {"0", "numlp.table.category", "numlp.nn.network", "duckdb"} <= loaded
    without = {f"{room}.{name}" for room, names in NOT_TO_PREDICT.items() for name in names}
    # The lowest NumPy that is allowed loads these by itself.
    without -= words_printed_by("import numpy, sys; print(*sys.modules)")
    assert not loaded & (without | {"numlp.explain", "tomllib"})
    known = {f"numlp.{name}" for name in SOURCES} | {"numpy.ma", "numpy.random"}
    assert {f"{room}.{name}" for room, names in NOT_TO_PREDICT.items() for name in names} <= known


@pytest.mark.parametrize("room", ["nn", "metrics"])
def test_a_face_that_is_lazy_has_all_of_its_names(room: str) -> None:
    program = f"""
        import numlp.{room} as room
        assert not hasattr(room, "nothing") and "import_module" not in dir(room)
        assert {{*room.__all__}} == {{*dir(room)}}
        scope = {{}}
        exec("from numlp.{room} import *", scope)
        assert {{*room.__all__}} <= {{*scope}}
        print(all(scope[name] is getattr(room, name) for name in room.__all__))
    """
    assert words_printed_by(textwrap.dedent(program)) == {"True"}


def test_the_command_looks_for_garbage_again_once_it_is_loaded() -> None:
    program = (
        "import gc, sys, numlp.cli.main as main, numlp.cli.start as start\n"
        "main.Commands.invoke = lambda self, ctx: self.get_command(ctx, 'completion')\n"
        "def told(code): print(gc.isenabled(), gc.get_freeze_count() > 0)\n"
        "start.os._exit = told\n"
        "sys.argv = ['numlp', 'completion']\n"
        "start.main()"
    )
    assert words_printed_by(program) == {"True"}


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
    assert [name for name in dir(numlp) if name.startswith("_")] == ["__version__"]
    rooms = set(dir(numlp)) - {*numlp.__all__, "__version__"}
    assert all(getattr(numlp, name).__name__ == f"numlp.{name}" for name in rooms)
    with pytest.raises(AttributeError, match="no attribute 'Classifier'"):
        numlp.Classifier  # noqa: B018


def test_the_version_stands_in_its_own_file() -> None:
    assert numlp.__version__ == sys.modules["numlp.version"].__version__
    assert [name for name, source in SOURCES.items() if '__version__ = "' in source] == ["version"]
