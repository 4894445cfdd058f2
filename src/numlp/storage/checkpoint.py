"""The state of a run in a file, so that a run that was killed can be resumed to the same end.

A checkpoint holds the *identity* of the run (its settings, and a fingerprint of its data) and its
*state*: a document and arrays, which only the estimator understands.  It is as safe to open as a
model file, and written like one: whole or not at all.
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
from ..version import __version__
from . import container
from .json_values import mapping
from .whole_file import remove_leftovers

State = tuple[dict[str, Any], dict[str, NDArray[Any]]]  # document and arrays
PAUSE = 9  # after a write there is no other for so many times its duration
MOST_TOLD = 5  # differences that a message names


class CheckpointFile:
    """The file in which a run keeps its state.

    Parameters
    ----------
    path : str or path
        Written after an epoch; if it exists at the start, the run is resumed from it.
    every : float, optional
        Least number of seconds between two writes; 0 writes after every epoch.  By default writing
        takes at most a tenth of the time.

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
        self._next = -math.inf  # the time from which on it may be written again

    def open(self, identity: Mapping[str, Mapping[str, Any]]) -> State | None:
        """The state to resume; None where there is no file yet.

        Parameters
        ----------
        identity : mapping
            The ``settings`` and the ``data`` of the run, both as JSON takes them.

        Raises
        ------
        CheckpointError
            The file is of another run; the message names what differs.
        ModelFileError
            The file is damaged, or not a checkpoint.
        OSError
            The file cannot be read.
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
                + ". Give the table and the settings it was made with, or another file to start a "
                "new run"
            )
        state = document.get("state")
        if not isinstance(state, dict):
            state = {}  # refused when the run looks for its entries
        return state, arrays

    def glance(self) -> dict[str, Any]:
        """The document of the state in the file, whatever run it is of; empty without a file.

        Raises
        ------
        ModelFileError, OSError
            As ``open``.
        """
        try:
            document, _ = container.read(self.path, kind="checkpoint")
        except FileNotFoundError:
            return {}
        return dict(mapping(document.get("state")))

    @contextlib.contextmanager
    def restoring(self) -> Iterator[None]:
        """Turn the errors that a state sets off which no run has saved into a CheckpointError."""
        try:
            yield
        except container.MALFORMED as error:
            raise CheckpointError(
                f"{self.path} cannot be resumed: {container.reason(error)}. Its checksum fits, so "
                "it was made like this: remove it and start a new run"
            ) from error

    def save(self, state: State) -> None:
        """Write the state.

        Raises
        ------
        OSError
            The file could not be written; the state before is still there.
        """
        start = time.monotonic()
        document, arrays = state
        container.write(self.path, arrays, {**self._identity, "state": document}, kind="checkpoint")
        end = time.monotonic()
        self._next = end + (PAUSE * (end - start) if self.every is None else self.every)

    @property
    def due(self) -> bool:
        """Whether it is time to write again."""
        return time.monotonic() >= self._next


def digest(*contents: str | NDArray[Any]) -> str:
    """A digest of texts and arrays, by which they are told from others.

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
    """Each difference between the run of a file and this one, in words."""
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
