"""The files that a command reads: names, patterns, and ``-`` for standard input."""

import contextlib
import glob
import itertools
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..common.unfinished import unfinished
from ..errors import DataError

STDIN = Path("-")
ENDS = re.compile(r"(\.(csv|tsv|tab|txt|parquet|pq|jsonl?|ndjson|xls[xm]?|gz))+$", re.IGNORECASE)

Files = Path | Sequence[Path]


class Opened(NamedTuple):
    """Files to read as one table.

    Attributes
    ----------
    paths : list of Path
    called : str or None
        The name that messages use, where that is not the path.
    """

    paths: list[Path]
    called: str | None = None


@contextlib.contextmanager
def opened(files: Files) -> Iterator[Opened]:
    """The files that are meant; standard input is copied to a temporary file for that time.

    Raises
    ------
    DataError
        A pattern matches no file, or standard input is given beside a file.
    """
    given = [files] if isinstance(files, Path) else list(files)
    if STDIN not in given or STDIN.exists():
        yield Opened(expanded(given))
        return
    if len(given) > 1:
        raise DataError("'-', standard input, cannot be read beside other files: give it alone")
    with tempfile.TemporaryDirectory(prefix="numlp-") as scratch, unfinished(Path(scratch)):
        copy = Path(scratch, "stdin")
        with copy.open("wb") as out:
            shutil.copyfileobj(sys.stdin.buffer, out)
        yield Opened([copy], "standard input")


def expanded(files: Sequence[Path]) -> list[Path]:
    """The files, with the files that a pattern matches in its place, sorted by name.

    A name that looks like a pattern and is the name of a file stands for that file.
    """
    found: list[Path] = []
    for file in files:
        if file.exists() or not glob.has_magic(os.fspath(file)):
            found.append(file)
            continue
        matched = sorted(glob.glob(os.fspath(file), recursive=True))  # noqa: PTH207 - absolute too
        if not matched:
            raise DataError(f"no file matches {file}")
        found += map(Path, matched)
    return list(dict.fromkeys(found))


def told(files: Files) -> str:
    """The name of the files in a report.

    >>> told(Path("a.csv")), told([Path("a.csv"), Path("b.csv")])
    ('a.csv', 'a.csv and 1 more')
    """
    given = [files] if isinstance(files, Path) else files
    if list(given) == [STDIN]:
        return "standard input"
    return str(given[0]) + (f" and {len(given) - 1:,} more" if len(given) > 1 else "")


def named(files: Files) -> str:
    """The name of the files in a report, without their folders.

    >>> named([Path("in/a.csv"), Path("in/b.csv")])
    'a.csv and 1 more'
    """
    given = [files] if isinstance(files, Path) else files
    return told([Path(file.name) for file in given])


def model_name(files: Sequence[Path]) -> Path:
    """The model file for a table: named by how the names of its files begin.

    >>> model_name([Path("in/pets.csv.gz")]), model_name([Path("day-1.csv"), Path("day-2.csv")])
    (PosixPath('pets.numlp'), PosixPath('day.numlp'))
    >>> model_name([Path("a.csv"), Path("b.csv")]), model_name([Path("-")])
    (PosixPath('model.numlp'), PosixPath('model.numlp'))
    """
    stems = sorted({ENDS.sub("", file.name) for file in expanded(files)} - {"-"})
    if len(stems) == 1:
        return Path(f"{stems[0]}.numlp")
    same = itertools.takewhile(lambda letters: len(set(letters)) == 1, zip(*stems, strict=False))
    start = re.sub(r"[-_. ]*\d*$", "", "".join(letters[0] for letters in same))
    return Path(f"{start or 'model'}.numlp")
