"""Processes that are forked while threads work, for tests of what such a process may do."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def working(*works: Callable[[], object]) -> Iterator[None]:
    """Do each work in a thread of its own, again and again, until the block ends."""
    over = threading.Event()

    def repeat(work: Callable[[], object]) -> None:
        while not over.is_set():
            work()

    threads = [threading.Thread(target=repeat, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def forked(work: Callable[[], bool]) -> int:
    """How a child that does the work ends: 0 if it gives True; it is ended where it hangs."""
    child = os.fork()
    if not child:
        try:
            signal.alarm(60)
            os._exit(0 if work() else 1)
        finally:
            os._exit(2)
    return os.waitpid(child, 0)[1]
