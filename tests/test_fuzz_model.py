"""The fuzzer of model files runs without atheris too, and finds a defect that is there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import numlp

PROGRAM = Path(__file__).parent / "programs" / "fuzz_model.py"
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs RLIMIT_AS and memfd")

# A check that divides where it should compare: a share, factor or temperature of 0 gets past it.
PLANTED = """
import sys
sys.path.insert(0, sys.argv.pop(1))
import fuzz_model, numlp.models.model
numlp.models.model._is_positive = lambda value: 1 / value > 0
fuzz_model.loop(20_000, 0)
"""


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *command],
        capture_output=True, text=True, check=False, cwd=folder, env=environment,
    )  # fmt: skip


def test_what_it_is_steered_by_are_files_of_the_package() -> None:
    watched = re.search(r"WATCHED = \{(.*?)\}", PROGRAM.read_text(), re.DOTALL)
    assert watched
    package = Path(numlp.__file__).parent
    for name in re.findall(r'"(\w+\.py)"', watched[1]):
        assert list(package.rglob(name)), name


@pytest.mark.heavy
@linux
def test_hundreds_of_inputs_are_refused_or_answer(tmp_path: Path) -> None:
    done = run(tmp_path, str(PROGRAM), "--built-in", "-runs=300", "-seed=1")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["refused"] > 100
    assert report["opened"] > 20
    assert report["corpus"] > 20  # inputs that came where those before had not been
    assert list(tmp_path.iterdir()) == []


@pytest.mark.heavy
@linux
def test_a_defect_is_found_and_the_file_that_shows_it_is_kept(tmp_path: Path) -> None:
    done = run(tmp_path, "-c", PLANTED, str(PROGRAM.parent), "--built-in")
    assert done.returncode == 1
    assert done.stderr.endswith("ZeroDivisionError: float division by zero\n"), done.stderr
    (crash,) = tmp_path.iterdir()
    assert crash.name == "fuzz-crash.numlp"
    assert b'"format":"numlp"' in crash.read_bytes()
