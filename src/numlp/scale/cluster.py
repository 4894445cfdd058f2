"""The cluster: its client, waiting for what it computes, and what it says when something is lost.

Dask schedules, retries and recomputes what a lost worker had.  What it leaves open is ended here:
nothing waits for ever for a worker or a scheduler that does not come back.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

from ..errors import ClusterError, DataError
from ..version import __version__

FIRST_WORKER = 60.0  # seconds to wait for a first worker, or for another after the last was lost
ANSWER = 60.0  # seconds in which the scheduler, or a worker that is asked, has to answer
# Seconds without a result in which a worker may be silent, or take no task for want of memory: by
# then Dask has removed a silent one, unless its worker-ttl (five minutes) is switched off.
SILENT = 600.0
ASKED_EVERY = 2.0  # seconds between two looks at the workers while results are waited for
EXTRA = "a table in partitions needs the extra: pip install 'numlp[scale]'"
GIVEN_UP = (
    "the cluster has given up a task: the connection to its scheduler was lost, or its client was "
    "closed"
)


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
        There is no client, or one that cannot be waited for here.
    """
    try:
        from distributed import get_client, get_worker
    except ImportError as error:
        raise ImportError(f"{EXTRA} ({error})") from error
    with suppress(ValueError):  # which says that this is no task
        get_worker()
        raise ClusterError(
            "fit was called inside a task of Dask, whose thread it would block while its own tasks "
            "wait for threads: call it where the client is"
        )
    try:
        client = get_client()
    except ValueError as error:
        raise ClusterError(
            "X is a Dask DataFrame, and no client of Dask is active here: connect to a cluster by "
            "client = dask.distributed.Client('tcp://SCHEDULER:8786'), or start one on this "
            "machine by client = dask.distributed.Client()"
        ) from error
    if client.asynchronous:
        raise ClusterError(
            "the active client of Dask is asynchronous, and fit waits for results: give it a "
            "client that is not, or call it in a thread of its own"
        )
    return client


def check_workers(client: Any) -> None:
    """Wait for a first worker; raise a ClusterError where none comes, or one has another numlp."""
    deadline = time.monotonic() + FIRST_WORKER
    wish = None  # a task that waits: a cluster that adapts to what is asked for starts a worker
    while not workers_of(client):
        if time.monotonic() > deadline:
            raise ClusterError(
                f"the cluster {address(client)} has no worker, after {FIRST_WORKER:.0f} s of "
                "waiting: start some with: dask worker SCHEDULER"
            )
        if wish is None:
            wish = submit(client, _nothing)
        time.sleep(0.1)
    for worker, version in sorted(_versions(client).items()):
        if version != __version__:
            told = f"numlp {version}" if isinstance(version, str) else f"no numlp ({version})"
            raise ClusterError(
                f"the worker {worker} has {told}, and this is numlp {__version__}: install one "
                "version on all of them"
            )


# By value, as functions with no module of their own are sent: a worker may be without this module.
_nothing = lambda: None  # noqa: E731


def _versions(client: Any) -> dict[str, Any]:
    """The version of numlp on each worker that answers, or why there is none.

    A worker that does not answer is left to the scheduler, and every task looks at the version.
    """

    def version() -> Any:  # sent by value too
        try:
            return import_module("numlp.version").__version__
        except ImportError as error:
            return error

    async def of(worker: str) -> dict[str, Any]:
        with suppress(TimeoutError):
            asked = client.run(version, workers=[worker], on_error="ignore", asynchronous=True)
            found: dict[str, Any] = await asyncio.wait_for(asked, ANSWER / 2)
            return found
        return {}

    async def of_all() -> list[dict[str, Any]]:
        identity = await client.scheduler.identity()
        return await asyncio.gather(*map(of, identity["workers"]))

    found: dict[str, Any] = {}
    for own in _asked(client, of_all):
        found |= own
    return found


def workers_of(client: Any) -> Mapping[str, Any]:
    """What the scheduler tells of each worker, by address."""

    async def identity() -> Any:
        return await client.scheduler.identity()

    workers: Mapping[str, Any] = _asked(client, identity)["workers"]
    return workers


def _asked(client: Any, question: Callable[[], Awaitable[Any]]) -> Any:
    """The answer to what is asked in the client's loop: it comes in time, or a ClusterError."""
    # client.scheduler_info() would have no limit, and give the last answer where none comes.
    with telling_of_the_scheduler(client):
        if client.scheduler is None:
            raise OSError("the client is closed")
        return client.sync(question, callback_timeout=ANSWER)


def address(client: Any) -> str:
    """The address of the scheduler, for messages."""
    scheduler = client.scheduler
    return str(scheduler.address if scheduler is not None else "that was")


def submit(client: Any, function: Callable[..., Any], *arguments: Any, soon: bool = False) -> Any:
    """The future of a task, whose key is new: two equal tasks are two.

    One that is wanted ``soon`` goes before tasks that were submitted earlier: so what makes much
    into little leaves less in memory.
    """
    from dask import config

    # What all tasks of a round need travels once, in the graph, so that the scheduler has it if a
    # worker is lost: Dask would advise against that from 10 MB on.
    with (
        config.set({"distributed.admin.large-graph-warning-threshold": "1 TiB"}),
        telling_of_the_scheduler(client),
    ):
        return client.submit(function, *arguments, pure=False, priority=int(soon))


def compute(client: Any, tasks: Sequence[Any]) -> list[Any]:
    """The futures of delayed tasks."""
    with telling_of_the_scheduler(client):
        futures: list[Any] = client.compute(tasks)
    return futures


def results(
    client: Any,
    futures: Sequence[Any],
    named: Callable[[int], str] | None = None,
) -> list[Any]:
    """What the futures come to, in their order, once all are done.

    Parameters
    ----------
    client : Client
    futures : sequence of Future
    named : callable, optional
        What a message calls the partition of a future, by its number.

    Raises
    ------
    DataError, DivergenceError
        A task raised it; a DataError names the partition.
    ClusterError
        The scheduler is gone, no worker came back in time, a task lost its worker again and again,
        or it raised something else.
    """
    for number, future in enumerate(futures):
        wait_for(client, future, number, named)
    return _gathered(client, futures)


def wait_for(
    client: Any, future: Any, number: int, named: Callable[[int], str] | None = None
) -> None:
    """Wait until a future is done; raise what ``results`` raises for the one of this number."""
    from distributed import wait

    watch = _Watch(client)
    while not future.done():
        # A future that is given up meanwhile is done.
        with telling_of_the_scheduler(client), suppress(TimeoutError, *_cancelled()):
            wait([future], timeout=ASKED_EVERY)  # type: ignore[no-untyped-call]
        if not future.done():
            watch.look()
    try:
        _check(future, "" if named is None else f"{named(number)}: ")
    except DataError as error:
        if named is None:
            raise
        raise PartitionError(number, named(number), str(error)) from error


def _gathered(client: Any, futures: Sequence[Any]) -> list[Any]:
    """What futures that are done come to, brought here; some may be computed anew for that."""

    async def gather() -> Any:
        return await client.gather(list(futures), asynchronous=True)

    watch = _Watch(client)
    with telling_of_the_scheduler(client):
        coming = asyncio.run_coroutine_threadsafe(gather(), client.loop.asyncio_loop)
    try:
        while not coming.done():
            with telling_of_the_scheduler(client), suppress(TimeoutError):
                found: list[Any] = coming.result(ASKED_EVERY)
                return found
            watch.look()
        with telling_of_the_scheduler(client):
            return list(coming.result())
    finally:
        coming.cancel()


class _Watch:
    """An eye on the workers while a result is waited for.

    Parameters
    ----------
    client : Client
    """

    def __init__(self, client: Any) -> None:
        self._client, self._some = client, time.monotonic()
        # When each worker was last heard of and able to work, by this clock and by its scheduler's.
        self._able: dict[str, tuple[float, Any]] = {}

    def look(self) -> None:
        """Raise a ClusterError where no worker is left, or one has stood still for too long."""
        workers, now = workers_of(self._client), time.monotonic()
        if workers:
            self._some = now
        elif now - self._some > FIRST_WORKER:
            raise ClusterError(
                f"the cluster {address(self._client)} has lost all of its workers, and none came "
                f"back in {FIRST_WORKER:.0f} s: start some, and run the same again"
            )
        before, self._able = self._able, {}
        for where, told in workers.items():
            since, heard = before.get(where, (now, None))
            if told["last_seen"] != heard and told["status"] != "paused":
                since = now
            self._able[where] = since, told["last_seen"]
            if now - since > SILENT:
                short = told["status"] == "paused"
                raise ClusterError(
                    f"the worker {where} has "
                    + ("taken no task for want of memory" if short else "not been heard of")
                    + f" for {SILENT:.0f} s, and no result came: "
                    + ("give it more" if short else "end it, or let worker-ttl of Dask do so")
                    + ", and run the same again"
                )


def _check(future: Any, where: str) -> None:
    """Raise what a task raised, in the words of its user."""
    if future.status == "finished":
        return
    if future.status in ("cancelled", "lost"):
        raise ClusterError(GIVEN_UP)
    from distributed import KilledWorker

    error = future.exception()
    if isinstance(error, KilledWorker):
        raise ClusterError(
            f"{where}a task was given up, as it, or one beside it, lost its worker again and "
            "again; a worker that needs more memory than it may use is killed: give workers more, "
            f"or make partitions smaller ({' '.join(str(error).split())[:200]})"
        ) from error
    if type(error).__module__.startswith("numlp"):
        raise error
    raise ClusterError(
        f"{where}a task failed on a worker: {type(error).__name__}: {error}"
    ) from error


def _cancelled() -> tuple[type[BaseException], ...]:
    """What says that a task is given up: of Dask, and of the loop in which it is waited for."""
    from concurrent.futures import CancelledError

    return CancelledError, asyncio.CancelledError


@contextmanager
def telling_of_the_scheduler(client: Any) -> Iterator[None]:
    """Turn what Dask raises where its scheduler is gone into a ClusterError."""
    where = address(client)
    try:
        yield
    except ClusterError:
        raise
    except _cancelled() as error:
        raise ClusterError(GIVEN_UP) from error
    except Exception as error:
        # What a closed client raises has other types in other versions of Dask.
        if not isinstance(error, OSError | RuntimeError) and client.status == "running":
            raise
        told = " ".join(f"{type(error).__name__}: {error}".rstrip(": ").split())
        raise ClusterError(
            f"the scheduler {where} does not answer ({told[:200]}): see whether it still runs"
        ) from error
