"""Ctrl-C and SIGTERM while nets are trained: they stop after the epoch, the second time at once."""

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

    Between two epochs the state of the run can be kept.  Without a checkpoint the KeyboardInterrupt
    comes at once.  The second signal ends the process: files on the disk are whole at any time.

    Parameters
    ----------
    checkpoint : path, optional
        The file that the state is kept in.
    """

    def __init__(self, checkpoint: Path | None) -> None:
        self.checkpoint, self.asked = checkpoint, False

    @contextlib.contextmanager
    def listening(self) -> Iterator[Self]:
        """Handle the signals; afterwards they do what they did before."""
        if threading.current_thread() is not threading.main_thread():  # signals are for that one
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
        say.note("stopping after this epoch; interrupt again to stop at once")

    def update(self, _epoch: Epoch) -> None:
        """Raise KeyboardInterrupt if a signal asked for it; an ``Epoch`` callback."""
        if self.asked:
            raise KeyboardInterrupt


@contextlib.contextmanager
def telling_how_to_resume(checkpoint: Path | None, arguments: Sequence[str]) -> Iterator[None]:
    """Where a command is interrupted and its checkpoint was written, say how to resume it."""
    try:
        yield
    except KeyboardInterrupt:
        if checkpoint is not None and checkpoint.exists():
            again = resuming(arguments, checkpoint)
            raise KeyboardInterrupt(f"to resume: {again}") from None
        raise


def resuming(arguments: Sequence[str], checkpoint: Path) -> str:
    """The command that resumes the run of the command that wrote a checkpoint.

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
