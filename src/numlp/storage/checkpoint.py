"""The state of a run in a file, so that a run that was killed ends as if it had never been.

A checkpoint holds what the run is, its *identity* (settings, a fingerprint of the data), and how
far it has come: a document and arrays of the estimator's own.  It is as safe to open as a model
file, and written as one is: whole or not at all.
"""

import contextlib
import hashlib
import json
import math
import os
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import CheckpointError
from ..table.encoders import Matrix
from ..table.table import Table
from ..version import __version__
from . import container
from .json_values import mapping
from .whole_file import remove_leftovers

State = tuple[dict[str, Any], dict[str, NDArray[Any]]]  # document and arrays
SHARE = 9  # times as long as a write that there is none after it
MOST_TOLD = 5  # differences that a message names


class CheckpointFile:
    """Where a run keeps its state.

    Parameters
    ----------
    path : str or path
        Written after an epoch; if it is there at the start, the run goes on from it.
    every : float, optional
        Seconds that are to lie between two writes at least; 0 writes after every epoch.  By
        default so many that writing takes a tenth of the time at most.

    Examples
    --------
    >>> import tempfile
    >>> table = {"rows": 3, "columns": {"age": "9c1f"}, "labels": "77aa", "weights": None}
    >>> run = {"settings": {"epochs": 10}, "data": table}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = CheckpointFile(f"{folder}/run.ckpt")
    ...     print(file.open(run))
    ...     file.save(({"epoch": 4}, {"theta": np.ones(2)}))
    ...     file.open(run)
    None
    ({'epoch': 4}, {'theta': array([1., 1.])})
    """

    def __init__(self, path: str | os.PathLike[str], every: float | None = None) -> None:
        self.path, self.every = os.fspath(path), every
        self._identity: dict[str, Any] = {}
        self._next = -math.inf  # when to write again

    def open(self, identity: Mapping[str, Mapping[str, Any]]) -> State | None:
        """The state to go on from; None where there is no file yet.

        Parameters
        ----------
        identity : mapping
            What the run is: ``settings`` and ``data``, both as JSON takes them.

        Raises
        ------
        CheckpointError
            The file is of another run; the message names what differs.
        ModelFileError
            It is damaged, or no checkpoint.
        OSError
            It cannot be read.
        """
        # Through JSON, so that what comes back from the file can be compared with it.
        self._identity = json.loads(json.dumps({"numlp": __version__, **identity}))
        remove_leftovers(self.path)
        try:
            document, arrays = container.read(self.path, kind="checkpoint")
        except FileNotFoundError:
            return None
        differences = list(_differences(document, self._identity))
        if differences:
            more = len(differences) - MOST_TOLD
            raise CheckpointError(
                f"{self.path} is of another run: {'; '.join(differences[:MOST_TOLD])}"
                + (f"; and {more} more differences" if more > 0 else "")
                + ". Give the table and the settings it was made with, or another file to start "
                "anew"
            )
        state = document.get("state")
        if not isinstance(state, dict):
            state = {}  # in which nothing is found
        return state, arrays

    @contextlib.contextmanager
    def restoring(self) -> Iterator[None]:
        """Make a CheckpointError of what a state sets off that no run of ours has."""
        try:
            yield
        except container.MALFORMED as error:
            raise CheckpointError(
                f"{self.path} cannot be gone on from: {container.reason(error)}. Its checksum "
                "fits, so it was made like this: remove it and start anew"
            ) from error

    def save(self, state: State) -> None:
        """Write the state.

        Raises
        ------
        OSError
            It could not be written; the state before is still there.
        """
        start = time.monotonic()
        document, arrays = state
        container.write(self.path, arrays, {**self._identity, "state": document}, kind="checkpoint")
        end = time.monotonic()
        self._next = end + (SHARE * (end - start) if self.every is None else self.every)

    @property
    def due(self) -> bool:
        """Whether it is time to write again."""
        return time.monotonic() >= self._next


def fingerprint(
    table: Table, matrix: Matrix, codes: NDArray[np.intp], weight: NDArray[Any] | None, classes: Any
) -> dict[str, Any]:
    """What tells one table from another: its size, digests of each column and of the labels."""
    columns = {
        part.name: digest(json.dumps(part.state()), *slots) for part, slots in table.slots(matrix)
    }
    return {
        "rows": len(matrix),
        "columns": columns,
        "labels": digest(json.dumps(classes.tolist()), codes.astype(np.int64)),
        "weights": None if weight is None else digest(weight),
    }


def digest(*contents: str | NDArray[Any]) -> str:
    """What tells these texts and arrays from others.

    >>> digest(np.ones(2)) == digest(np.ones((1, 2)))
    False
    """
    found = hashlib.sha256()
    for content in contents:
        if isinstance(content, str):
            found.update(content.encode())
            continue
        found.update(f"{content.dtype.str}{content.shape}".encode())
        found.update(np.ascontiguousarray(content).reshape(-1).view(np.uint8).data)
    return found.hexdigest()[:32]


def _differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """What a file's run has otherwise than this one, in words."""
    if then.get("numlp") != now["numlp"]:
        yield f"it was made by numlp {then.get('numlp')}, and this is numlp {now['numlp']}"
    old, new = (mapping(run.get("settings")) for run in (then, now))
    for name in dict.fromkeys([*new, *old]):
        if old.get(name) != new.get(name):
            yield f"{name} was {old.get(name)!r} and is {new.get(name)!r}"
    old, new = (mapping(run.get("data")) for run in (then, now))
    if old.get("rows") != new["rows"]:
        yield f"the table had {old.get('rows')} rows and has {new['rows']}"
        return  # then every column differs
    before, after = mapping(old.get("columns")), new["columns"]
    yield from (f"column {name!r} is new" for name in after if name not in before)
    yield from (f"column {name!r} is missing" for name in before if name not in after)
    same = [name for name in after if name in before]
    yield from (f"column {n!r} has other cells" for n in same if before[n] != after[n])
    if same != [name for name in before if name in after]:
        yield "the columns stand in another order"
    for what in new:
        if what not in ("rows", "columns") and old.get(what) != new[what]:
            yield f"the {what} differ"
