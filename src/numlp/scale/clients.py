"""A client of Dask for an address: of a cluster that runs, or of one on this machine."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import Any

from ..common.signals import signals_waiting
from ..common.wording import count
from ..errors import ClusterError
from .cluster import EXTRA

LOCAL = "local"  # stands for a cluster on this machine


@contextmanager
def connected(address: str, told: Callable[[str], None]) -> Iterator[Any]:
    """The active client of a cluster, which is closed at the end.

    Parameters
    ----------
    address : str
        Of a scheduler, such as "tcp://scheduler:8786", or "tls://scheduler:8786", for which Dask's
        own configuration names the certificates.  "local" starts a cluster on this machine, with a
        worker for each core, and shuts it down at the end.
    told : callable
        Gets a line on a cluster that was started here.

    Raises
    ------
    ImportError
        Dask is not installed.
    ValueError
        It is no address.
    ClusterError
        No scheduler answers, or it asks for other certificates.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise ImportError(f"{EXTRA} ({error})") from error
    with ExitStack() as stack:
        stack.enter_context(_silent())
        where: Any = address
        if address == LOCAL:
            where = stack.enter_context(_on_this_machine())
            told(_told_of(where))
        try:
            client = Client(where)  # type: ignore[no-untyped-call]
        except ValueError as error:
            raise ValueError(f"{address!r} is not the address of a scheduler: {error}") from error
        except (OSError, TypeError) as error:
            what = " ".join(str(error).split())[:200]
            hint = "is its scheduler running, and can it be reached from here?"
            if address.startswith("tls:"):
                hint = (
                    "is it running, and does Dask's configuration name the certificates, under "
                    "distributed.comm.tls?"
                )
            raise ClusterError(f"no scheduler answers at {address} ({what}): {hint}") from error
        stack.enter_context(client)
        yield client


@contextmanager
def _silent() -> Iterator[None]:
    """Have Dask write no log to the terminal: what is to be said of a fault, the error says."""
    handlers = logging.getLogger("distributed").handlers
    before = [(handler, handler.level) for handler in handlers]
    for handler in handlers:
        handler.setLevel(logging.CRITICAL + 1)
    try:
        yield
    except KeyboardInterrupt:  # then threads of Dask may go on for a moment
        before = []
        raise
    finally:
        for handler, level in before:
            handler.setLevel(level)


@contextmanager
def _on_this_machine() -> Iterator[Any]:
    """A cluster with a worker of one thread for each core, and an equal share of the memory."""
    from distributed import LocalCluster
    from distributed.utils import LoopRunner

    # Workers get no signals: Ctrl-C of a terminal goes to all processes, and a round is to end.
    # What a thread has blocked, the threads and processes that it starts have blocked: here the
    # thread that starts the workers.
    _start_tracker()
    runner: Any = LoopRunner()
    with signals_waiting():
        runner.start()
    try:
        with LocalCluster(  # type: ignore[no-untyped-call]
            threads_per_worker=1,  # and so as many workers as there are cores
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL + 1,
            loop=runner.loop,
        ) as cluster:
            yield cluster
    finally:
        runner.stop()


def _start_tracker() -> None:
    """Start the process by which Python cleans up after others, if it is not there.

    Whichever thread starts it has no signal blocked afterwards.  Where this process ends at once,
    it does its work without a word.
    """
    if sys.platform == "win32":  # which has neither that process nor masks of signals
        return
    from multiprocessing import resource_tracker

    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = "ignore"
    try:
        resource_tracker.ensure_running()
    finally:
        del os.environ["PYTHONWARNINGS"]
        if before is not None:
            os.environ["PYTHONWARNINGS"] = before


def _told_of(cluster: Any) -> str:
    """What was started, and where it can be watched."""
    shown = "no dashboard, which needs bokeh"
    if find_spec("bokeh") is not None:
        shown = f"dashboard at {cluster.dashboard_link}"
    return f"a cluster of {count(len(cluster.workers), 'worker')} on this machine; {shown}"
