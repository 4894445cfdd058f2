"""BLAS with one thread while our own work: one limit for the process, however many ask for it.

With threads of its own BLAS would fight with ours, and spin while small nets wait; and the last
digits of a product depend on how many threads computed it.  The number of threads belongs to the
process.  If every fit put back what it found, of two at once the second would find the first one's
1, and put that back for good.
"""

import contextlib
import os
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any


class _Limit:
    """How often each thread holds the limit, and what the libraries had before.

    Attributes
    ----------
    holders : Counter
        Times that each thread is inside the limit, by its identity.
    found : dict
        The number of threads of each library that had more than one.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.holders: Counter[int] = Counter()
        self.libraries: list[Any] = []
        self.found: dict[Any, int] = {}

    def enter(self) -> None:
        with self.lock:
            if not self.holders:
                from threadpoolctl import ThreadpoolController  # predicting needs NumPy alone

                self.libraries = ThreadpoolController().select(user_api="blas").lib_controllers
            # Also when it is held already: another program's limit may have ended meanwhile, and
            # have put its own number back.
            for library in self.libraries:
                n = library.num_threads
                if n is not None and n > 1:
                    self.found[library] = n
                    library.set_num_threads(1)
            self.holders[threading.get_ident()] += 1

    def leave(self) -> None:
        with self.lock:
            me = threading.get_ident()
            self.holders[me] -= 1
            if not self.holders[me]:
                del self.holders[me]
            if not self.holders:
                self.put_back()

    def put_back(self) -> None:
        """Give each library its threads, unless someone else has given it some meanwhile."""
        for library, n in self.found.items():
            if library.num_threads == 1:
                library.set_num_threads(n)
        self.found = {}

    def renew(self) -> None:
        """Forget the threads that a fork left behind in the parent, whatever they held."""
        self.lock = threading.Lock()
        me = threading.get_ident()
        self.holders = Counter({me: self.holders[me]} if self.holders[me] else {})
        if not self.holders:
            self.put_back()


_LIMIT = _Limit()
if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_LIMIT.renew)


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """A context, or a decorator, in which BLAS has one thread; the last to leave puts back its own.

    It may be entered again inside, and by several threads at once.
    """
    _LIMIT.enter()
    try:
        yield
    finally:
        _LIMIT.leave()
