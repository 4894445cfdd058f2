"""Clusters of processes on this machine, and how to harm them."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

LONGEST = 60.0  # seconds that a test waits for what has to come


@contextmanager
def cluster(n_workers: int = 2, *, set_as_default: bool = True, **options: Any) -> Iterator[Any]:
    """The client of a cluster of worker processes."""
    from distributed import Client, LocalCluster

    usual = {"threads_per_worker": 1, "processes": True, "dashboard_address": ":0"}
    with (
        LocalCluster(n_workers=n_workers, memory_limit=0, **usual | options) as workers,
        Client(workers, set_as_default=set_as_default) as client,
    ):
        yield client


def until(is_so: Callable[[], Any]) -> Any:
    """What a condition comes to, once it is so; a failure where it does not come to be."""
    deadline = time.monotonic() + LONGEST
    while not (found := is_so()):
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.02)
    return found


def pids(client: Any) -> dict[str, int]:
    """The process of each worker, by its address."""
    found: dict[str, int] = client.run(os.getpid)
    return found


def is_stopped(pid: int) -> bool:
    """Whether a process was stopped by SIGSTOP."""
    return "State:\tT" in Path(f"/proc/{pid}/status").read_text()


def signal_itself(name: str, sent: int, after: int, note: str) -> None:
    """On a worker: from now on the task of this name sends a signal to its process, when it runs.

    Of all workers only one does so, and only once: the first that can make the note.  Tasks are
    found by the name of their function, so a worker runs what stands there.
    """
    from numlp.scale import rounds

    function, ran = getattr(rounds, name), []

    def harmed(*arguments: Any) -> Any:
        ran.append(name)
        if len(ran) > after:
            with suppress(FileExistsError), Path(note).open("x") as file:
                file.write(str(os.getpid()))
                file.flush()
                os.kill(os.getpid(), sent)
        return function(*arguments)

    setattr(rounds, name, harmed)


def harm(client: Any, name: str, sent: int, note: Path, after: int = 0) -> Callable[[], int]:
    """Let a worker get a signal in the middle of a task; gives its process, 0 until it was sent."""
    client.run(signal_itself, name, sent, after, os.fspath(note))
    return lambda: int(note.read_text() or 0) if note.exists() else 0


def linger(seed: int) -> None:
    """On a worker: from now on tasks of rounds take longer, each by another time."""
    from numlp.scale import rounds

    rng = random.Random(seed)  # noqa: S311 - no secret
    for name in ("learn_stretch", "answer"):
        function = getattr(rounds, name)

        def slow(*arguments: Any, function: Any = function) -> Any:
            time.sleep(rng.uniform(0, 0.05))
            return function(*arguments)

        setattr(rounds, name, slow)


KILL, STOP, GO_ON = signal.SIGKILL, signal.SIGSTOP, signal.SIGCONT
