"""Ctrl-C and SIGTERM while a command runs: told at once, and the second time an end at once."""

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Self

from ..common.signals import signals_waiting
from ..common.unfinished import remove_unfinished
from ..errors import ClusterError
from . import say
from .typed import again

if TYPE_CHECKING:
    from ..nn import Epoch  # NumPy may be half imported when a signal comes

SIGNALS = (signal.SIGINT, signal.SIGTERM)
CODE = 130
GRACE = 1.5  # seconds for the main thread to end by itself, once it was told to


class Interrupt:
    """What signals do to one command.

    The first one is answered with a note, and raises KeyboardInterrupt in the main thread.  A call
    that does not come back to Python, such as the sorting of millions of cells, would keep that
    waiting: a thread beside it ends the process then.  While a checkpoint is kept (``keeping``),
    the KeyboardInterrupt comes after the epoch, when the state of the run is whole.  The second
    signal ends the process at once: files on the disk are whole at any time, and what is not
    finished is removed.
    """

    def __init__(self) -> None:
        self.asked = False  # whether a signal has come
        self.told = ""  # what is said of what was written; by default that nothing was
        self.unit = "epoch"  # after which a command that keeps a checkpoint can stop
        self._raised = self._ending = False
        self._over = threading.Event()
        self._ender = threading.Thread(target=self._end_unless_over, daemon=True)
        self._checkpoint: Path | None = None
        self._again = ""

    @contextlib.contextmanager
    def listening(self) -> Iterator[Self]:
        """Handle the signals; afterwards they do what they did before."""
        if threading.current_thread() is not threading.main_thread():  # signals are for that one
            yield self
            return
        # Windows can make a socket non-blocking, but not a pipe before Python 3.12.
        heard, told = socket.socketpair()
        told.setblocking(False)
        watcher = threading.Thread(target=self._watch, args=(heard,), daemon=True)
        with signals_waiting():  # so that the thread has them blocked: they are for the main one
            watcher.start()
        before = {number: signal.signal(number, self._ask) for number in SIGNALS}
        wakeup = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
        try:
            yield self
        finally:
            if self._ending:
                threading.Event().wait()  # what was removed may have raised this: say nothing of it
            signal.set_wakeup_fd(wakeup)
            for number, handler in before.items():
                signal.signal(number, handler)
            self._over.set()
            told.close()  # ends the watcher, once it has told of every signal
            watcher.join()
            if self._ender.is_alive():
                self._ender.join()
            heard.close()

    @contextlib.contextmanager
    def keeping(self, checkpoint: Path | None, arguments: Sequence[str]) -> Iterator[None]:
        """Raise KeyboardInterrupt between two epochs while a checkpoint, if any, is kept."""
        if checkpoint is None:
            yield
            return
        self._checkpoint, self._again = checkpoint, resuming(arguments, checkpoint)
        try:
            yield
        except KeyboardInterrupt:
            if checkpoint.exists():
                self.told = f"to resume: {self._again}"
            raise
        finally:
            self._checkpoint = None
        if self.asked:  # after the last epoch
            raise KeyboardInterrupt

    def update(self, _epoch: "Epoch") -> None:
        """Raise KeyboardInterrupt if a signal asked for it; an ``Epoch`` callback."""
        if self.asked:
            raise KeyboardInterrupt

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        """Handle a signal, in the main thread, once that is back in Python."""
        self.asked = True
        # Once: a second one could come while the first is being handled.
        if self._checkpoint is None and not self._raised:
            self._raised = True
            raise KeyboardInterrupt

    def _watch(self, heard: socket.socket) -> None:
        """Hear of signals as they come, wherever the main thread is."""
        times = 0
        while number := heard.recv(1):
            if number[0] not in SIGNALS:
                continue
            times += 1
            if times > 1:
                self._end()
            elif self._checkpoint is None:
                say.note("stopping; interrupt again to stop at once")
                self._ender.start()
            else:
                say.note(f"stopping after this {self.unit}; interrupt again to stop at once")

    def _end_unless_over(self) -> None:
        if not self._over.wait(GRACE):
            self._end()

    def _end(self) -> None:
        """End the process without waiting for anything."""
        self._ending = True
        remove_unfinished()
        say.clear_line()
        kept = self._checkpoint is not None and self._checkpoint.exists()
        say.interrupted(f"to resume: {self._again}" if kept else self.told)
        os._exit(CODE)


@contextlib.contextmanager
def telling_how_to_resume(checkpoint: Path | None, arguments: Sequence[str]) -> Iterator[None]:
    """Say how to resume a command whose checkpoint was written.

    That is where it is interrupted, or has lost its cluster.
    """
    try:
        yield
    except (KeyboardInterrupt, ClusterError) as error:
        if checkpoint is None or not checkpoint.exists():
            raise
        again = resuming(arguments, checkpoint)
        if isinstance(error, ClusterError):
            raise ClusterError(f"{error}; to resume: {again}") from error
        raise KeyboardInterrupt(f"to resume: {again}") from None


def resuming(arguments: Sequence[str], checkpoint: Path) -> str:
    """The command that resumes the run of the command that wrote a checkpoint.

    >>> resuming(["train", "a b.csv", "--checkpoint", "run", "-t", "y"], Path("run"))
    "numlp train 'a b.csv' -t y --resume run"
    """
    return again(arguments, ["--resume", str(checkpoint)])
