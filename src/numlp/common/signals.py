"""Signals that are kept back for a moment."""

import contextlib
import signal
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def signals_waiting() -> Iterator[None]:
    """Keep Ctrl-C and SIGTERM from this thread, and from threads it starts, until the block ends.

    A thread keeps what was blocked when it was started.
    """
    if sys.platform == "win32":  # which has no masks of signals
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
