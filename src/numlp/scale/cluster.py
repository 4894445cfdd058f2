"""The cluster: its client, waiting for what it computes, and what it says when something is lost.

Dask schedules, retries and recomputes what a lost worker had.  What it leaves open is ended here:
nothing waits for ever for a worker or a scheduler that does not come back.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from ..errors import ClusterError, DataError
from ..version import __version__

FIRST_WORKER = 60.0  # seconds to wait for a first worker, or for another after the last was lost
ASKED_EVERY = 2.0  # seconds between two looks at the workers while results are waited for
EXTRA = "a table in partitions needs the extra: pip install 'numlp[scale]'"


class PartitionError(DataError):
    """A DataError of one partition, which its message names.

    Attributes
    ----------
    number : int
        Of the partition.
    what : str
        The message without the partition.
    """

    def __init__(self, number: int, named: str, what: str) -> None:
        super().__init__(f"{named}: {what}")
        self.number, self.what = number, what


def active_client() -> Any:
    """The client of Dask that is active here.

    Raises
    ------
    ImportError
        Dask is not installed.
    ClusterError
        There is no client.
    """
    try:
        from distributed import get_client
    except ImportError as error:
        raise ImportError(f"{EXTRA} ({error})") from error
    try:
        return get_client()
    except ValueError as error:
        raise ClusterError(
            "X is a Dask DataFrame, and no client of Dask is active here: connect to a cluster by "
            "client = dask.distributed.Client('tcp://SCHEDULER:8786'), or start one on this "
            "machine by client = dask.distributed.Client()"
        ) from error


def check_workers(client: Any) -> None:
    """Wait for a first worker; raise a ClusterError where none comes, or one has another numlp."""
    deadline = time.monotonic() + FIRST_WORKER
    while not n_workers(client):
        if time.monotonic() > deadline:
            raise ClusterError(
                f"the cluster {address(client)} has no worker, after {FIRST_WORKER:.0f} s of "
                "waiting: start some with: dask worker SCHEDULER"
            )
        time.sleep(0.1)
    with telling_of_the_scheduler(client):
        found = client.run(_version, on_error="return")
    for worker, version in sorted(found.items()):
        if version != __version__:
            told = f"numlp {version}" if isinstance(version, str) else f"no numlp ({version})"
            raise ClusterError(
                f"the worker {worker} has {told}, and this is numlp {__version__}: install one "
                "version on all of them"
            )


def _version() -> str:
    return __version__


def n_workers(client: Any) -> int:
    """How many workers the scheduler knows."""
    with telling_of_the_scheduler(client):
        return len(client.scheduler_info(n_workers=-1)["workers"])


def address(client: Any) -> str:
    """The address of the scheduler, for messages."""
    scheduler = client.scheduler
    return str(scheduler.address if scheduler is not None else "that was")


def results(
    client: Any,
    futures: Sequence[Any],
    named: Callable[[int], str] | None = None,
    *,
    gather: bool = True,
) -> list[Any]:
    """What the futures come to, in their order, once all are done.

    Parameters
    ----------
    client : Client
    futures : sequence of Future
    named : callable, optional
        What a message calls the partition of a future, by its number.
    gather : bool, default True
        False leaves what they come to with the workers, and gives nothing.

    Raises
    ------
    DataError, DivergenceError
        A task raised it; a DataError names the partition.
    ClusterError
        The scheduler is gone, no worker came back in time, a task lost its worker again and again,
        or it raised something else.
    """
    for number, future in waited(client, futures):
        try:
            _check(future, "" if named is None else f"{named(number)}: ")
        except DataError as error:
            if named is None:
                raise
            raise PartitionError(number, named(number), str(error)) from error
    if not gather:
        return []
    with telling_of_the_scheduler(client):
        found: list[Any] = client.gather(list(futures))
    return found


def waited(client: Any, futures: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    """Each future with its number, once it is done; a ClusterError where all workers are gone."""
    from distributed import wait

    seen = time.monotonic()
    for number, future in enumerate(futures):
        while not future.done():
            with telling_of_the_scheduler(client), suppress(TimeoutError):
                wait([future], timeout=ASKED_EVERY)  # type: ignore[no-untyped-call]
            if future.done():
                break
            if n_workers(client):
                seen = time.monotonic()
            elif time.monotonic() - seen > FIRST_WORKER:
                raise ClusterError(
                    f"the cluster {address(client)} has lost all of its workers, and none came "
                    f"back in {FIRST_WORKER:.0f} s: start some, and run the same again"
                )
        yield number, future


def _check(future: Any, where: str) -> None:
    """Raise what a task raised, in the words of its user."""
    if future.status == "finished":
        return
    if future.status in ("cancelled", "lost"):
        raise ClusterError(
            "the cluster has given up a task: the connection to its scheduler was lost, or its "
            "client was closed"
        )
    from distributed import KilledWorker

    error = future.exception()
    if isinstance(error, KilledWorker):
        raise ClusterError(
            f"{where}a task was given up after it had lost its worker again and again; a worker "
            "that needs more memory than it may use is killed: give workers more, or make "
            f"partitions smaller ({' '.join(str(error).split())[:200]})"
        ) from error
    if type(error).__module__.startswith("numlp"):
        raise error
    raise ClusterError(
        f"{where}a task failed on a worker: {type(error).__name__}: {error}"
    ) from error


@contextmanager
def telling_of_the_scheduler(client: Any) -> Iterator[None]:
    """Turn what Dask raises where its scheduler is gone into a ClusterError."""
    from concurrent.futures import CancelledError

    where = address(client)
    try:
        yield
    except (OSError, CancelledError, RuntimeError, TimeoutError) as error:
        if isinstance(error, TimeoutError) and client.status == "running":
            raise
        raise ClusterError(
            f"the scheduler {where} does not answer ({type(error).__name__}: "
            f"{' '.join(str(error).split())[:200]}): see whether it still runs"
        ) from error
