"""BLAS with one thread while our own work: one limit for the process, however many ask for it.

With threads of its own BLAS would fight with ours, and spin while small nets wait; and the last
digits of a product depend on how many threads computed it.  The number of threads belongs to the
process.  If every fit put back what it found, of two at once the second would find the first one's
1, and put that back for good.
"""

import contextlib
import functools
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class _Limit:
    """How often each thread holds the limit, and what the libraries had before.

    Attributes
    ----------
    holders : Counter
        Times that each thread is inside the limit, by its identity.
    libraries : list of LibController
        Each BLAS of the process.
    n_modules : int
        How many modules there were when these were looked for.
    found : dict
        The number of threads of each library that had more than one, with the thread that has to
        put it back; None is the last to leave.
    """

    def __init__(self) -> None:
        # Reentrant: the handler of a signal may fork while its thread holds the lock.
        self.lock = threading.RLock()
        self.holders: Counter[int] = Counter()
        self.libraries: list[Any] = []
        self.n_modules = 0
        self.found: dict[tuple[Any, int | None], int] = {}

    def enter(self) -> None:
        with self.lock:
            # To look takes as long as predicting a row; a BLAS comes with the module that needs it.
            if not self.holders and self.n_modules != len(sys.modules):
                self.libraries, self.n_modules = _blas_libraries(), len(sys.modules)
            me = threading.get_ident()
            # Also when it is held already: another program's limit may have ended meanwhile, and
            # have put its own number back.
            for library in self.libraries:
                n = library.num_threads
                if n is not None and n > 1:
                    # A BLAS on OpenMP has a number for each thread that calls it.
                    own = getattr(library, "threading_layer", None) == "openmp"
                    self.found[library, me if own else None] = n
                    _set_threads(library, 1)
            self.holders[me] += 1

    def leave(self) -> None:
        with self.lock:
            me = threading.get_ident()
            self.holders[me] -= 1
            if not self.holders[me]:
                del self.holders[me]
                self.put_back(me)
            if not self.holders:
                self.put_back(None)

    def put_back(self, owner: int | None) -> None:
        """Give each library its threads, unless someone else has given it some meanwhile."""
        for library, thread in [key for key in self.found if key[1] == owner]:
            n = self.found.pop((library, thread))
            if library.num_threads == 1:
                _set_threads(library, n)

    def hold(self) -> None:
        """Let no other thread look for libraries, or set their threads, until ``let_go``."""
        self.lock.acquire()

    def let_go(self) -> None:
        """End what ``hold`` began."""
        self.lock.release()

    def renew(self) -> None:
        """Forget the threads that a fork left behind in the parent, whatever they held."""
        self.lock = threading.RLock()
        me = threading.get_ident()
        self.holders = Counter({me: self.holders[me]} if self.holders[me] else {})
        self.found = {key: n for key, n in self.found.items() if key[1] in (me, None)}
        if not self.holders:
            self.put_back(None)


def _blas_libraries() -> list[Any]:
    """Each BLAS of this process; none where predicting has to do with NumPy alone."""
    try:
        from threadpoolctl import ThreadpoolController
    except ModuleNotFoundError:
        return []
    found: list[Any] = ThreadpoolController().select(user_api="blas").lib_controllers
    return found


def _set_threads(library: Any, n: int) -> None:
    # From threadpoolctl 3.7 on the first thread that sets a number is the only one that can, until
    # it is done: the others' calls do nothing, in silence.
    let_go = getattr(library, "clear_controlling_thread", None)
    if let_go is not None:
        let_go(force=True)
    library.set_num_threads(n)
    if let_go is not None:
        let_go(force=True)


_LIMIT = _Limit()
if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    # No thread looks for libraries at a fork: it holds a lock of the system's loader meanwhile, on
    # which the child would wait for ever.
    os.register_at_fork(
        before=_LIMIT.hold, after_in_parent=_LIMIT.let_go, after_in_child=_LIMIT.renew
    )


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """A context in which BLAS has one thread; the last to leave puts back its own.

    It may be entered again inside, and by several threads at once.
    """
    _LIMIT.enter()
    try:
        yield
    finally:
        _LIMIT.leave()


def on_one_blas_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function that is to work in such a context.

    A context of contextlib decorates too, but then warnings would name a line of contextlib.
    """

    @functools.wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with one_blas_thread():
            return function(*args, **kwargs)

    return limited
