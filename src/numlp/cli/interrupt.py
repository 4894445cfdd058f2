"""Ctrl-C and SIGTERM while nets are trained: after the epoch, or at once if asked again."""

import contextlib
import os
import shlex
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Self

from ..nn import Epoch
from . import say

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupt:
    """Turns the first signal into a KeyboardInterrupt between two epochs.

    There the state of the run can be kept.  Where it is not to be, the KeyboardInterrupt comes at
    once.  The second signal ends the process: what is on the disk is whole at any moment.

    Parameters
    ----------
    checkpoint : path, optional
        Where the state is kept.
    """

    def __init__(self, checkpoint: Path | None) -> None:
        self.checkpoint, self.asked = checkpoint, False

    @contextlib.contextmanager
    def listening(self) -> Iterator[Self]:
        """Take the signals; afterwards they mean what they did before."""
        if threading.current_thread() is not threading.main_thread():  # which alone may
            yield self
            return
        before = {number: signal.signal(number, self._ask) for number in SIGNALS}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            os._exit(130)  # the threads that train would finish their epoch first
        self.asked = True
        if self.checkpoint is None:
            raise KeyboardInterrupt
        say.note("stopping after this epoch; once more to stop at once")

    def update(self, _epoch: Epoch) -> None:
        """Raise KeyboardInterrupt if it was asked for; an ``Epoch`` callback."""
        if self.asked:
            raise KeyboardInterrupt


@contextlib.contextmanager
def to_go_on(checkpoint: Path | None, arguments: Sequence[str]) -> Iterator[None]:
    """Where a command is interrupted and its checkpoint is there, say how to go on from it."""
    try:
        yield
    except KeyboardInterrupt:
        if checkpoint is not None and checkpoint.exists():
            again = resuming(arguments, checkpoint)
            raise KeyboardInterrupt(f"to go on: {again}") from None
        raise


def resuming(arguments: Sequence[str], checkpoint: Path) -> str:
    """The command that goes on from a checkpoint, of the one that wrote it.

    >>> resuming(["train", "a b.csv", "--checkpoint", "run", "-t", "y"], Path("run"))
    "numlp train 'a b.csv' -t y --resume run"
    """
    kept, rest = [], iter(arguments)
    for word in rest:
        if word in ("--checkpoint", "--resume"):
            next(rest, None)
        elif not word.startswith(("--checkpoint=", "--resume=")):
            kept.append(word)
    return shlex.join(["numlp", *kept, "--resume", str(checkpoint)])
