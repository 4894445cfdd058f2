"""What long work is at: told to whoever listens, such as the live line of a command."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")
Listener = Callable[[str, int, int], None]

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


def at(what: str, done: int = 0, of: int = 0) -> None:
    """Tell the listener of this thread what is being done, and how much of it is done.

    Without a listener nothing happens.

    Parameters
    ----------
    what : str
    done, of : int, default 0
        Number of things done, and of all; 0 of 0 where nobody knows.
    """
    listener = _listener.get()
    if listener is not None:
        listener(what, done, of)


def each(what: str, things: Iterable[T], of: int) -> Iterator[T]:
    """Yield the things, and tell the listener before each how many are done.

    >>> with listening(lambda *told: print(*told)):
    ...     print(*each("reading", ["a", "b"], 2))
    reading 0 2
    reading 1 2
    a b
    """
    for done, thing in enumerate(things):
        at(what, done, of)
        yield thing


@contextlib.contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Have ``at`` call this listener, in this thread and in this context."""
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)
