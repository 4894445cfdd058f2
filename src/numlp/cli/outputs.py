"""The files that a command writes: none of those that it reads, and none of another kind.

Both are found out before the work begins.  A file that is there is replaced where it is of the kind
that the command writes, or empty; any other file stays, and the command ends with exit code 2.
"""

import contextlib
import csv
import os
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from ..errors import ModelFileError
from ..storage import container
from ..storage.whole_file import real_path
from .config import CONFIG
from .sources import STDIN

START = 1 << 16  # bytes of a file that tell its kind

Inputs = Mapping[str, Sequence[Path | None]]  # what messages call files -> the files


class Kind(NamedTuple):
    """A kind of file that a command writes.

    Attributes
    ----------
    what : str
        What messages call it.
    is_one : callable
        ``is_one(path, start)`` tells whether a file, which starts with these bytes, is of the kind.
    """

    what: str
    is_one: Callable[[Path, bytes], bool]


def _is_model(path: Path, _: bytes) -> bool:
    try:
        return container.head(path).kind in ("model", "mlp")
    except ModelFileError:
        return False


def _is_page(_: Path, start: bytes) -> bool:
    return start.startswith(b"<!doctype html>") and b"style-src 'sha256-" in start


MODEL = Kind("a numlp model", _is_model)
PAGE = Kind("a page of numlp report", _is_page)
# An ONNX file begins with its version and its producer.
ONNX = Kind("a model of numlp export", lambda _, start: start[2:9] == b"\x12\x05numlp")


def answers(target: str, kept: Sequence[str] = ()) -> Kind:
    """The kind of a CSV with answers: the target, and what ``predict`` may write beside it.

    The columns ``kept`` may stand in front.
    """

    def is_one(_: Path, start: bytes) -> bool:
        lines = start.decode("utf-8-sig", "replace").splitlines()
        header = next(csv.reader(lines[:1]), None) or [""]
        if header[: len(kept)] == list(kept):
            header = header[len(kept) :] or [""]
        first, *more = header
        beside = all(name == "set" or name.startswith("proba_") for name in more)
        return first.lstrip("'") == target.lstrip("'") and beside

    return Kind(f"a file of answers, which begins with {[*kept, target][0]!r}", is_one)


def check_output(path: Path, option: str, inputs: Inputs, kind: Kind | None = None) -> bool:
    """Whether a file is there that will be replaced.

    Parameters
    ----------
    path : Path
        The file that is to be written.
    option : str
        The option by which to give another.
    inputs : mapping
        The files that the command reads, or writes beside this one, by what messages call them.
    kind : Kind, optional
        What may be replaced; by default the caller looks at a file that is there.

    Raises
    ------
    click.UsageError
        It is one of these files, by whatever name, or a file of another kind.
    OSError
        It cannot be written.
    """
    check_stdout(inputs)
    check_writable(path, option)
    if kind in (MODEL, PAGE, ONNX) and _is_standard_output(path):
        raise click.UsageError(
            f"{path} is standard output, which gets the text of this command: give a file with "
            f"{option}"
        )
    config = click.get_current_context().meta.get(CONFIG)
    for what, files in {**inputs, "the file of --config": [config]}.items():
        for file in files:
            if file is not None and is_same(path, file):
                raise click.UsageError(f"{path} is {what}: give another file with {option}")
    if kind is None or not path.is_file() or not path.stat().st_size:
        return False
    with path.open("rb") as there:
        start = there.read(START)
    if not kind.is_one(path, start):
        raise click.UsageError(
            f"{path} exists already and is not {kind.what}: remove it, or give another file with "
            f"{option}"
        )
    return True


def check_writable(path: Path, option: str) -> None:
    """Raise an OSError now where a file could not be written after hours of training."""
    folder = real_path(path).parent
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: give the name of a file with {option}")
    if not folder.is_dir():
        raise FileNotFoundError(
            f"the folder {folder} does not exist: make it, or choose another with {option}"
        )
    if path.exists() and not path.is_file():
        return  # a pipe or a device is written to, and not replaced
    if not os.access(folder, os.W_OK):
        raise PermissionError(
            f"the folder {folder} may not be written to: choose another with {option}"
        )
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(f"{path} may not be written to: choose another file with {option}")


def checked_folder(path: Path | None, inputs: Inputs) -> Path:
    """The folder that a command on a cluster is to make: it is not there, or empty.

    Raises
    ------
    click.UsageError
        None is given, it has something in it, or it is a file.
    OSError
        It cannot be made.
    """
    if path is None:
        raise click.UsageError(
            "a cluster writes a folder of Parquet files, and not to stdout: name it with -o"
        )
    check_stdout(inputs)
    if path.exists() and not path.is_dir():
        raise click.UsageError(
            f"{path} is a file, and a cluster writes a folder of Parquet files: give another name "
            "with -o"
        )
    if path.is_dir() and any(path.iterdir()):
        raise click.UsageError(
            f"the folder {path} has something in it: remove it, or give another with -o"
        )
    above = real_path(path).parent
    if not above.is_dir():
        raise FileNotFoundError(
            f"the folder {above} does not exist: make it, or choose another with -o"
        )
    if not os.access(above, os.W_OK):
        raise PermissionError(f"the folder {above} may not be written to: choose another with -o")
    return path


def check_stdout(inputs: Inputs) -> None:
    """Raise a UsageError where standard output goes to a file that the command reads."""
    for what, files in inputs.items():
        for file in files:
            if file is not None and _is_stream(sys.stdout, file):
                raise click.UsageError(f"Standard output goes to {file}, which is {what}.")


def say_written(path: Path) -> None:
    """Have a signal that comes from now on answered with what the command has written already."""
    click.get_current_context().obj["interrupt"].told = f"{path} is written"


def _is_standard_output(path: Path) -> bool:
    with contextlib.suppress(OSError, ValueError):
        found = os.fstat(sys.stdout.fileno())
        nowhere = os.path.samestat(found, Path(os.devnull).stat())
        return not nowhere and os.path.samestat(found, path.stat())
    return False


def is_same(a: Path, b: Path) -> bool:
    """Whether two paths lead to one file, which need not be there yet; ``-`` is standard input."""
    if b == STDIN and not b.exists():
        return _is_stream(sys.stdin, a)
    with contextlib.suppress(OSError):
        return a.samefile(b)
    try:
        a, b = real_path(a), real_path(b)
    except OSError:  # links in a circle, which whoever opens the file names
        return False
    if a.parent != b.parent or a.exists() or b.exists():
        return a == b
    return a == b or (a.name.casefold() == b.name.casefold() and _ignores_case(a.parent))


def _is_stream(stream: object, path: Path) -> bool:
    """Whether a standard stream was redirected from, or to, this regular file."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        found = os.fstat(stream.fileno())  # type: ignore[attr-defined]
        return stat.S_ISREG(found.st_mode) and os.path.samestat(found, path.stat())
    return False


def _ignores_case(folder: Path) -> bool:
    """Whether a folder's file system takes names that differ by case for one name."""
    with contextlib.suppress(OSError):
        return folder.samefile(folder.with_name(folder.name.swapcase()))
    return False
