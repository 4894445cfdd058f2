"""What is built for a registry has all that it should, and nothing else."""

import email.message
import email.parser
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from numlp.version import __version__

pytestmark = pytest.mark.heavy

build = pytest.importorskip("build")
ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
INFO = f"numlp-{__version__}.dist-info"
# Folders and files of the sources that are for who works on them in a checkout.
FOR_THE_CHECKOUT = (".ci", ".gitignore", ".pre-commit-config.yaml", "findings")


def files_of_the_source(*folders: str) -> set[str]:
    """The files that git has or would take."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *folders]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in done.stdout.splitlines() if (ROOT / name).is_file()}


def run(*command: str | os.PathLike[str], folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run("build", "--outdir", folder, ROOT, folder=ROOT)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    (path,) = built.glob("*.whl")
    assert path.name == f"numlp-{__version__}-py3-none-any.whl"
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def source(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the source distribution unpacks to."""
    folder = tmp_path_factory.mktemp("source")
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        archive.extractall(folder, filter="data")
    return folder / f"numlp-{__version__}"


def test_the_wheel_has_the_package_its_licence_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    package = {name.removeprefix("src/") for name in files_of_the_source("src/numlp")}
    about = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
    assert set(wheel.namelist()) == package | {f"{INFO}/{name}" for name in about}
    assert {"numlp/py.typed", "numlp/play/page/index.html"} <= package


def test_the_wheel_has_files_of_five_kinds_alone(wheel: zipfile.ZipFile) -> None:
    kinds = {PurePosixPath(name).suffix for name in wheel.namelist() if name.startswith("numlp/")}
    assert kinds == {".css", ".html", ".js", ".py", ".typed"}


def licences(text: str) -> list[str]:
    """What in a text says that it is of others, whose licence would have to be in the wheel."""
    return re.findall(r"@license|@preserve|copyright (?:\(c\)|©|\d{4}).*", text, re.IGNORECASE)


def test_no_file_of_others_is_in_the_wheel_without_its_licence(wheel: zipfile.ZipFile) -> None:
    assert licences("/* Copyright (c) 2020, somebody */")
    assert licences("/*! @license MIT */")
    texts = {n: wheel.read(n).decode() for n in wheel.namelist() if n.startswith("numlp/")}
    assert {name: found for name, text in texts.items() if (found := licences(text))} == {}


def test_the_source_has_all_that_the_tests_and_the_site_need(source: Path) -> None:
    there = {p.relative_to(source).as_posix() for p in source.rglob("*") if p.is_file()}
    left_out = files_of_the_source() - there
    assert {n for n in left_out if not n.startswith(FOR_THE_CHECKOUT)} == {
        name for name in files_of_the_source("benchmarks/results") if name.endswith(".jsonl")
    }
    assert there - files_of_the_source() == {"PKG-INFO"}
    run("sphinx", "-W", "-q", "-b", "html", "docs", "site", folder=source)


def test_the_metadata_say_what_the_project_says_and_can_be_shown(
    built: Path, wheel: zipfile.ZipFile
) -> None:
    said = run("twine", "check", "--strict", *sorted(built.iterdir()), folder=ROOT)
    assert said.count("PASSED") == 2
    metadata = email.parser.Parser().parsestr(wheel.read(f"{INFO}/METADATA").decode())
    assert metadata["Version"] == __version__
    assert metadata["License-Expression"] == PROJECT["license"]
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert str(metadata.get_payload()).startswith("# numlp\n")
    assert set(metadata.get_all("Provides-Extra", [])) == set(PROJECT["optional-dependencies"])
    assert needed_without_extras(metadata) == {"numpy>=2.0", "narwhals>=2.0", "threadpoolctl>=3.5"}


def needed_without_extras(metadata: email.message.Message) -> set[str]:
    return {n for n in metadata.get_all("Requires-Dist", []) if "extra ==" not in n}


def test_a_wheel_passes_what_others_check(built: Path) -> None:
    (path,) = built.glob("*.whl")
    assert "OK" in run("check_wheel_contents", path, folder=ROOT)
