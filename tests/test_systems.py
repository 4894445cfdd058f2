"""No code is for one system alone: what Linux, macOS and Windows do not all have is found.

Types know what each system's Python has.  What they cannot see, such as the paths of one system,
is looked for in the source; and commands run without what Windows lacks.
"""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
SYSTEMS = ["linux", "darwin", "win32"]
# What is read where it is there, and done without elsewhere.
OPTIONAL = {"/proc/sys/kernel/random/boot_id"}
ONE_SYSTEM = re.compile(r"/(proc|dev|tmp|etc|sys|var|usr|home)(/|$)|[A-Za-z]:\\")


def faults_of_types(system: str, *files: Path | str, folder: Path) -> list[str]:
    api = pytest.importorskip("mypy.api")
    settings = ["--config-file", os.fspath(ROOT / "pyproject.toml")]
    cache = ["--cache-dir", os.fspath(folder / system)]
    said, errors, _ = api.run(["--platform", system, *settings, *cache, *map(os.fspath, files)])
    assert not errors
    return [line for line in said.splitlines() if ": error:" in line]


@pytest.mark.heavy
@pytest.mark.parametrize("system", SYSTEMS)
def test_the_package_names_nothing_that_a_system_lacks(system: str, tmp_path: Path) -> None:
    assert faults_of_types(system, ROOT / "src" / "numlp", folder=tmp_path) == []


@pytest.mark.heavy
def test_a_name_that_a_system_lacks_is_found(tmp_path: Path) -> None:
    source = "import os\n\n\ndef processors() -> int:\n    return len(os.sched_getaffinity(0))\n"
    (tmp_path / "module.py").write_text(source, encoding="utf-8")
    found = {
        system: len(faults_of_types(system, tmp_path / "module.py", folder=tmp_path))
        for system in SYSTEMS
    }
    assert found == {"linux": 0, "darwin": 1, "win32": 1}


def leaves_encoding(call: ast.Call) -> bool:
    """Whether a call reads or writes text in an encoding that the system chooses.

    Not a method ``open`` without a mode, which may be of any class: ruff knows some of the types.
    """
    function = ast.unparse(call.func)
    name = function.rpartition(".")[2]
    given = {k.arg: k.value for k in call.keywords} | dict(enumerate(call.args))
    if name in ("read_text", "write_text"):
        return not {"encoding", int(name == "write_text")} & given.keys()
    first = int(function in ("open", "io.open", "os.fdopen"))  # what is opened comes before it
    mode = given.get("mode", given.get(first, ast.Constant("r") if first else None))
    is_text = isinstance(mode, ast.Constant) and re.fullmatch("[rwaxt+]+", str(mode.value))
    return bool(
        name in ("open", "fdopen") and is_text and not {"encoding", first + 2} & given.keys()
    )


def unencoded(path: Path) -> list[str]:
    """What ruff finds of calls that leave the encoding to the system."""
    pytest.importorskip("ruff", reason="in the extra called dev")
    rule = ["check", "--isolated", "--preview", "--select", "PLW1514", "--output-format", "concise"]
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *rule, "--no-cache", os.fspath(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return [line for line in done.stdout.splitlines() if ": unspecified-encoding:" in line]


def of_one_system(source: str) -> Iterator[str]:
    """Texts that are a path of one system, and text files whose encoding the system chooses."""
    tree = ast.parse(source)
    bodies = [
        n.body for n in ast.walk(tree) if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef)
    ]
    docstrings = {id(b[0].value) for b in bodies if b and isinstance(b[0], ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in docstrings and ONE_SYSTEM.match(node.value):
                yield node.value
        elif isinstance(node, ast.Call) and leaves_encoding(node):
            yield ast.unparse(node)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: os.fspath(p.relative_to(ROOT / "src")))
def test_no_path_and_no_encoding_is_left_to_one_system(path: Path) -> None:
    assert set(of_one_system(path.read_text(encoding="utf-8"))) <= OPTIONAL


@pytest.mark.parametrize(
    "source",
    [
        'open("/tmp/a", "rb")', 'path = "C:\\\\Users"', "Path(name).read_text()",
        "self.path.write_text(text)", "open(name)", 'open(name, "w")', 'open(name, mode="a+")',
        'path.open("w")', 'path.open(mode="r")', 'os.fdopen(3, "w")', 'os.fdopen(3, "w", 1)',
    ],
)  # fmt: skip
def test_a_path_or_an_encoding_of_one_system_is_found(source: str) -> None:
    assert len(list(of_one_system(source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        '"""A path such as /tmp/a."""', 'path.read_text(encoding="utf-8")',
        'path.read_text("utf-8")', 'path.write_text(text, "utf-8")', 'open(name, "rb")',
        'open(name, "w", 1, "utf-8")', 'open(name, encoding="utf-8")', 'path.open("wb")',
        'path.open("r", 1, "utf-8")', 'os.fdopen(3, "wb")', "os.open(name, os.O_RDONLY)",
        'archive.open(name, "w")', "checkpoint.open()",
    ],
)  # fmt: skip
def test_what_is_of_every_system_is_not_found(source: str) -> None:
    assert not list(of_one_system(source))


def test_ruff_finds_no_encoding_that_is_left_to_one_system(tmp_path: Path) -> None:
    source = "from pathlib import Path\n\nPath('a').open()\n"
    (tmp_path / "module.py").write_text(source, encoding="utf-8")
    assert len(unencoded(tmp_path)) == 1
    assert unencoded(ROOT / "src") == []


def as_on_windows(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.programs.as_on_windows", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "HOME": os.fspath(folder)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_commands_run_without_what_windows_lacks(tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    penguins = os.fspath(ROOT / "examples" / "penguins.csv")
    model, again, run = (os.fspath(tmp_path / name) for name in ("a.numlp", "b.numlp", "run.ckpt"))
    fit = ["train", penguins, "--target", "species", "--quality", "fast", "--seed", "1"]
    as_on_windows(tmp_path, *fit, "--checkpoint", run, "-o", model)
    done = subprocess.run(
        [sys.executable, "-m", "numlp", *fit, "-o", again], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert Path(model).read_bytes() == Path(again).read_bytes()
    answers = as_on_windows(tmp_path, "predict", model, penguins)
    assert answers.count("\n") == 345
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.numlp", "b.numlp"]
