"""Break the code on purpose, one small change at a time, and see whether a test notices.

::

    python tests/programs/mutation.py                               every mutant: hours
    python tests/programs/mutation.py table/table.py nn --sample 50  50 drawn from each
    python tests/programs/mutation.py table/table.py:312.2           one again, by its name

A mutant is killed if a test of its module fails or runs for too long. The tests run in a copy, each
file of them in a process forked from one that has loaded the libraries, until one fails. Left alone
are docstrings, annotations, what a ``raise`` says, imports, ``__all__``, and ``strict=``, which
guards what holds anyhow.
"""

import argparse
import ast
import contextlib
import functools
import gc
import importlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGE = Path("src", "numlp")
MODELS = ["classes", "networks", "fitted_model", "model", "mlp_model", "mlp_columns", "mlp_results"]
MODULES = ["nn", *(f"models/{name}.py" for name in MODELS), "table/table.py", "data/files"]
LOADED_ONCE = ["numpy", "pytest", "hypothesis", "pandas", "polars", "duckdb"]
TESTS = {
    **{
        f"models/{name}.py": ["models/test_model.py", "models/test_mlp_model.py", "test_golden.py"]
        for name in MODELS
    },
    "table/table.py": ["table/test_table.py", "table/test_encoders.py", "table/test_guess.py"],
    "data/files/sheet.py": ["data/files/test_sheet.py"],
    "data/files/joined.py": ["data/files/test_sheet.py"],
    "data/files/relation.py": ["data/files/test_sheet.py"],
    "data/files/cells.py": ["data/files/test_sheet.py"],
    "data/files/text_file.py": ["data/files/test_text_file.py", "data/files/test_sheet.py"],
}
KILLERS = [  # the tests of nn that kill most of its mutants
    *("test_cases", "test_layers", "test_losses", "test_network", "test_training"),
    *("test_gradients", "more/test_members"),
]
SWAPS = (
    "Add Sub, Sub Add, Mult Div, Div Mult, FloorDiv Mult, Mod Mult, Pow Mult, MatMult Mult, "
    "BitAnd BitOr, BitOr BitAnd, LShift RShift, RShift LShift, And Or, Or And, Lt LtE, LtE Lt, "
    "Gt GtE, GtE Gt, Eq NotEq, NotEq Eq, Is IsNot, IsNot Is, In NotIn, NotIn In"
)
SWAPPED = {getattr(ast, a): getattr(ast, b) for a, b in map(str.split, SWAPS.split(", "))}
SLOWEST = 300  # seconds for a file of tests; each test has its own limit too
NO_TESTS = 5  # pytest's exit code where the library that all of a file's tests need is not there


class Mutant(NamedTuple):
    name: str
    line: str
    change: str
    module: str


def instead(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in place of a node: one change each."""
    match node:
        case ast.BinOp() | ast.BoolOp() | ast.AugAssign() if type(node.op) in SWAPPED:
            yield type(node)(**vars(node) | {"op": SWAPPED[type(node.op)]()})
        case ast.Compare():
            first = SWAPPED[type(node.ops[0])]()
            yield ast.Compare(node.left, [first, *node.ops[1:]], node.comparators)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int() | float()):
            yield ast.Constant(node.value + 1)
        case ast.Constant(value=str()):
            yield ast.Constant(f"XX{node.value}XX")
        case ast.Constant(value=bytes()):
            yield ast.Constant(b"XX" + node.value)
        case ast.Return(value=ast.expr()) if ast.unparse(node) != "return None":
            yield ast.Return(ast.Constant(None))
    removable = ast.Raise, ast.AugAssign, ast.Continue
    call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    stored = node.targets[0] if isinstance(node, ast.Assign) else None
    if isinstance(node, removable) or call or isinstance(stored, ast.Attribute | ast.Subscript):
        yield ast.Pass()


def sites(node: ast.AST) -> Iterator[tuple[Any, Any]]:
    """Where the nodes that may be changed are held: a list or a node's fields, and the place."""
    for name, value in ast.iter_fields(node):
        held = enumerate(value) if isinstance(value, list) else [(name, value)]
        for place, child in held:
            text = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            all_ = isinstance(child, ast.Assign) and ast.unparse(child.targets[0]) == "__all__"
            strict = isinstance(child, ast.keyword) and child.arg == "strict"
            left_alone = text or all_ or strict or name in ("annotation", "returns")
            if isinstance(child, ast.AST) and not left_alone:
                yield value if isinstance(value, list) else vars(node), place
                yield from () if isinstance(child, ast.Raise | ast.ImportFrom) else sites(child)


def mutants(module: str, source: str) -> Iterator[tuple[Mutant, ast.AST]]:
    """All mutants of a module, named by its line and their order there, each with its tree."""
    lines, tree = source.split("\n"), ast.parse(source)
    seen: Counter[int] = Counter()
    for holder, place in sites(tree):
        node = holder[place]
        for other in instead(node):
            seen[node.lineno] += 1
            name = f"{module}:{node.lineno}.{seen[node.lineno]}"
            change = f"{ast.unparse(node)}  ->  {ast.unparse(other)}"
            holder[place] = other
            yield Mutant(name, lines[node.lineno - 1].strip(), change, module), tree
        holder[place] = node


def tests_of(module: str) -> list[str]:
    """Files of tests, the module's own first."""
    if not module.startswith("nn/"):
        return [f"tests/{name}" for name in TESTS[module]]
    paths = Path(ROOT, "tests", "nn").rglob("test_*.py")
    every = sorted(path.relative_to(ROOT).as_posix() for path in paths)
    own = Path("tests", module).with_name(f"test_{Path(module).name}").as_posix()
    first = [own, *(f"tests/nn/{name}.py" for name in KILLERS)]
    return [name for name in dict.fromkeys([*first, *every]) if name in every]


def failing(folder: Path, tests: str, *, bytecode: bool) -> str | None:
    """The first test that fails in a process of its own; None where all pass."""
    log, process = folder / "log", os.fork()
    if process == 0:
        code: int = 70
        with contextlib.suppress(BaseException):
            code = run_tests(folder, tests, log, bytecode=bytecode)
        os._exit(code)
    end = time.monotonic() + SLOWEST
    while os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() > end:
            os.killpg(process, signal.SIGKILL)
        time.sleep(0.02)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    report = log.read_text(encoding="utf-8", errors="replace").splitlines()
    first = next((x for x in report if x.startswith(("FAILED", "ERROR"))), f"exit code {code}")
    return first if code not in (0, NO_TESTS) else None


def run_tests(folder: Path, tests: str, log: Path, *, bytecode: bool) -> int:
    os.setsid()
    os.chdir(folder)
    sys.dont_write_bytecode = not bytecode  # a mutant's would outlive it
    sys.path[:0] = [str(folder / "src"), str(folder)]
    os.environ["PYTHONPATH"] = str(folder / "src")
    with log.open("w") as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
    options = ["-q", "-x", "-m", "", "--tb=no", "--timeout=60", "--hypothesis-seed=0"]
    options += ["-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore:Module already imported"]
    return int(importlib.import_module("pytest").main([*options, tests]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="*", default=MODULES, metavar="MODULE")
    parser.add_argument("--sample", type=int, metavar="N", help="only N mutants of each MODULE")
    parser.add_argument("--seed", default="0", help="of the sample")
    args = parser.parse_args()
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    for library in LOADED_ONCE:
        importlib.import_module(library)
    hypothesis = importlib.import_module("hypothesis")
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]  # that it fails is enough
    hypothesis.settings.register_profile("mutation", phases=phases)
    hypothesis.settings.load_profile("mutation")
    gc.freeze()  # what is loaded stays: no collection in a child has to look at it
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        folder = Path(scratch, "copy")
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        for asked in args.modules:
            survey(asked, args.sample, args.seed, folder)
    gc.unfreeze()


@functools.cache
def check_unbroken(folder: Path, tests: str) -> None:
    if (first := failing(folder, tests, bytecode=True)) is not None:
        raise SystemExit(f"the code as it is fails already: {first}")


def survey(asked: str, sample: int | None, seed: str, folder: Path) -> None:
    module = asked.partition(":")[0]
    package = folder / PACKAGE
    files = sorted((package / module).rglob("*.py")) or [package / module]
    sources = {f.relative_to(package).as_posix(): f.read_text(encoding="utf-8") for f in files}
    every = [m for name, source in sources.items() for m, _ in mutants(name, source)]
    chosen = [m for m in every if m.name == asked or ":" not in asked]
    if sample is not None and sample < len(chosen):
        chosen = random.Random(f"{seed} {asked}").sample(chosen, sample)  # noqa: S311
    for tests in dict.fromkeys(file for m in chosen for file in tests_of(m.module)):
        check_unbroken(folder, tests)
    killed = 0
    for mutant in chosen:
        source = sources[mutant.module]
        tree = next(tree for other, tree in mutants(mutant.module, source) if other == mutant)
        (package / mutant.module).write_text(ast.unparse(tree), encoding="utf-8")
        outcomes = (failing(folder, file, bytecode=False) for file in tests_of(mutant.module))
        first = next(filter(None, outcomes), None)
        (package / mutant.module).write_text(source, encoding="utf-8")
        killed += first is not None
        fate = "SURVIVES" if first is None else "killed"
        tell(f"{fate} {mutant.name}  {mutant.change}\n    {first or mutant.line}")
    tell(f"{asked}: {killed} of {len(chosen)} killed, of {len(every)} there are")


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
