"""Ctrl-C and SIGTERM while nets are trained: after the epoch, or at once if asked again."""

import contextlib
import os
import shlex
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from ..nn import Epoch
from . import show

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def as_ctrl_c(number: signal.Signals) -> Iterator[None]:
    """Make a signal do what Ctrl-C does, a KeyboardInterrupt."""
    if threading.current_thread() is not threading.main_thread():  # which alone may
        yield
        return
    before = signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(number, before)


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
        self._before: list[Any] = []

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():  # others may not
            self._before = [signal.signal(number, self._ask) for number in SIGNALS]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in zip(SIGNALS, self._before, strict=False):
            signal.signal(number, handler)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            os._exit(130)  # the threads that train would finish their epoch first
        self.asked = True
        if self.checkpoint is None:
            raise KeyboardInterrupt
        show.note("stopping after this epoch; once more to stop at once")

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
