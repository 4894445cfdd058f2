"""A cluster that is harmed while it trains: the same model, or an error in time that says what."""

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
import pandas as pd
import pytest

from numlp import ClusterError, TabularClassifier
from numlp.nn import Epoch
from numlp.scale import cluster as waiting
from numlp.storage import container

from .clusters import GO_ON, KILL, STOP, cluster, harm, is_stopped, pids, until
from .tables import bytes_of, dealt, plain, small

pytestmark = pytest.mark.timeout(150)
ROUND = 5  # at which harm is done: of more than ten


@pytest.fixture(scope="module")
def undisturbed(shared_client: Any) -> bytes:
    with shared_client.as_current():
        clf = small().fit(dealt(plain()), "target")
    assert clf.n_iter_ > 2 * ROUND
    return bytes_of(clf)


def fitted(**more: Any) -> TabularClassifier:
    return small(**more).fit(dealt(plain()), "target")


def at_round(act: Callable[[], Any]) -> list[Callable[[Epoch], None]]:
    """Callbacks that act once, between two rounds."""
    return [lambda epoch: act() and None if epoch.number == ROUND else None]


# Workers


@pytest.mark.parametrize(
    ("task", "after"), [("start", 0), ("learn_stretch", 5), ("average", 3), ("answer", 0)]
)
def test_a_worker_that_is_killed_in_the_middle_of_a_round_changes_nothing(
    undisturbed: bytes, tmp_path: Path, task: str, after: int
) -> None:
    with cluster() as client:
        killed = harm(client, task, KILL, tmp_path / "note", after)
        clf = fitted()
        assert killed()
        assert killed() not in pids(client).values()
    assert bytes_of(clf) == undisturbed


def test_a_worker_that_comes_and_one_that_goes_change_nothing(undisturbed: bytes) -> None:
    with cluster() as client:
        old = set(pids(client))
        at_work: list[bool] = []

        def exchange() -> None:
            client.cluster.scale(3)
            until(lambda: len(pids(client)) == 3)
            client.retire_workers([min(old)])

        def look(epoch: Epoch) -> None:
            if epoch.number > ROUND:
                at_work.append(any(keys for w, keys in client.has_what().items() if w not in old))

        clf = fitted(callbacks=[*at_round(exchange), look])
    assert any(at_work)
    assert bytes_of(clf) == undisturbed


def test_a_worker_that_stands_still_and_goes_on_changes_nothing(
    undisturbed: bytes, tmp_path: Path
) -> None:
    with cluster() as client:
        stopped = harm(client, "learn_stretch", STOP, tmp_path / "note", after=3)

        def go_on() -> None:
            until(lambda: stopped() and is_stopped(stopped()))
            os.kill(stopped(), GO_ON)

        helper = threading.Thread(target=go_on)
        helper.start()
        clf = fitted()
        helper.join()
        assert stopped() in pids(client).values()
    assert bytes_of(clf) == undisturbed


@pytest.mark.heavy
def test_a_worker_that_stands_still_for_good_is_replaced(
    undisturbed: bytes, tmp_path: Path
) -> None:
    # Not below ten heartbeats, which are five seconds.
    with dask.config.set({"distributed.scheduler.worker-ttl": "1s"}), cluster() as client:
        stopped = harm(client, "learn_stretch", STOP, tmp_path / "note", after=3)
        clf = fitted()
        assert stopped()
        assert stopped() not in pids(client).values()
    assert bytes_of(clf) == undisturbed


def test_a_worker_that_stands_still_where_dask_would_wait_for_ever_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(waiting, "SILENT", 3.0)
    monkeypatch.setattr(waiting, "ASKED_EVERY", 0.5)
    with dask.config.set({"distributed.scheduler.worker-ttl": None}), cluster() as client:
        before = {pid: where for where, pid in pids(client).items()}
        stopped = harm(client, "learn_stretch", STOP, tmp_path / "note", after=3)
        try:
            with pytest.raises(ClusterError, match="has not been heard of for 3 s") as raised:
                fitted()
        finally:
            os.kill(stopped(), KILL)
        assert before[stopped()] in str(raised.value)


def test_workers_that_take_no_task_for_want_of_memory_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "SILENT", 2.0)
    monkeypatch.setattr(waiting, "ASKED_EVERY", 0.5)
    with cluster() as client:
        pause = at_round(lambda: client.run(_pause))
        with pytest.raises(ClusterError, match="has taken no task for want of memory for 2 s"):
            fitted(callbacks=pause)


def _pause(dask_worker: Any) -> None:
    from distributed.core import Status

    dask_worker.status = Status.paused


def test_a_cluster_without_workers_is_an_error_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "FIRST_WORKER", 1.0)
    with cluster(0), pytest.raises(ClusterError, match="has no worker, after 1 s of waiting"):
        fitted()


def test_workers_that_come_late_are_waited_for(undisturbed: bytes) -> None:
    with cluster(0) as client:
        client.cluster.adapt(minimum=0, maximum=2, interval="100ms")
        assert bytes_of(fitted()) == undisturbed


def test_all_workers_lost_for_good_are_an_error_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "FIRST_WORKER", 1.0)
    with cluster() as client:
        clf = small(callbacks=at_round(lambda: client.cluster.scale(0)))
        with pytest.raises(ClusterError, match="has lost all of its workers, and none came back"):
            clf.fit(dealt(plain()), "target")


def test_a_task_that_ends_its_worker_every_time_is_given_up() -> None:
    # Dask gives up a task that ran, or was to run next, on each of the workers that were lost: so
    # the partition that is named may be the neighbour of the one at fault.
    with dask.config.set({"distributed.scheduler.allowed-failures": 1}), cluster():
        ddf = dealt(plain())
        ddf = ddf.map_partitions(_ending, meta=ddf._meta)
        with pytest.raises(ClusterError, match=r"partition \d: .* lost its worker again and again"):
            small().fit(ddf, "target")


def _ending(frame: pd.DataFrame, partition_info: Any = None) -> pd.DataFrame:
    if partition_info and partition_info["number"] == 2:
        os.kill(os.getpid(), KILL)
    return frame


@pytest.mark.usefixtures("client")
def test_a_task_that_fails_is_told_with_its_partition() -> None:
    ddf = dealt(plain())
    ddf = ddf.map_partitions(_failing, meta=ddf._meta)
    with pytest.raises(
        ClusterError, match="partition 1: a task failed on a worker: ZeroDivisionError"
    ):
        small().fit(ddf, "target")


def _failing(frame: pd.DataFrame, partition_info: Any = None) -> pd.DataFrame:
    return frame.assign(x=1 / 0) if partition_info and partition_info["number"] == 1 else frame


# What is installed on workers


@contextmanager
def other_numlp(client: Any, act: Callable[..., None]) -> Iterator[str]:
    """One of the workers has another numlp, or none, and is restarted at the end."""
    where = min(pids(client))
    client.run(act, workers=[where])
    try:
        yield where
    finally:
        client.restart()


def _of_another_version() -> None:
    from numlp import version

    version.__version__ = "0.0.1"


def _of_another_version_in_tasks() -> None:
    from numlp.scale import partitions

    partitions.__version__ = "0.0.1"


def _without_numlp() -> None:
    sys.modules["numlp.version"] = None  # type: ignore[assignment]


def test_workers_with_another_numlp_or_none_are_refused_by_name() -> None:
    with cluster() as client:
        with (
            other_numlp(client, _of_another_version) as where,
            pytest.raises(ClusterError, match=rf"{where} has numlp 0\.0\.1, and this is numlp"),
        ):
            fitted()
        with (
            other_numlp(client, _without_numlp) as where,
            pytest.raises(ClusterError, match=rf"{where} has no numlp \(.*numlp"),
        ):
            fitted()


@pytest.mark.parametrize("late", [False, True])
def test_every_task_refuses_another_version(late: bool) -> None:
    with cluster(1) as client:
        act = lambda: client.run(_of_another_version_in_tasks)  # noqa: E731
        if not late:
            act()
        with pytest.raises(ClusterError, match=r"a worker has numlp 0\.0\.1, and this is numlp"):
            fitted(callbacks=at_round(act))


# The driver, and its client


DRIVER = """
    import os, signal, sys
    from distributed import Client
    from tests.scale.tables import dealt, plain, small

    def end(epoch):
        if epoch.number == 5:
            os.kill(os.getpid(), signal.SIGKILL)

    with Client(sys.argv[1]):
        clf = small(callbacks=[end], random_state=eval(sys.argv[3]))
        clf.fit(dealt(plain()), "target", checkpoint=sys.argv[2], checkpoint_every=0)
"""


@pytest.mark.parametrize("seed", [0, None])
def test_a_driver_that_is_killed_is_run_again_to_the_same_model(
    client: Any, undisturbed: bytes, tmp_path: Path, seed: int | None
) -> None:
    path = tmp_path / "run.ckpt"
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(DRIVER), client.scheduler.address, path, str(seed)],
        cwd=Path(__file__).parents[2],
        timeout=100,
        check=False,
    )
    assert done.returncode == -KILL
    started = []
    clf = small(callbacks=[lambda epoch: started.append(epoch.number)], random_state=seed)
    clf.fit(dealt(plain()), "target", checkpoint=path)
    assert started[0] == ROUND  # the run was killed before it could note that round
    if seed is not None:
        assert bytes_of(clf) == undisturbed


def test_a_client_inside_a_task_or_of_an_event_loop_is_refused(client: Any) -> None:
    from distributed import Client

    with pytest.raises(ClusterError, match="inside a task of Dask"):
        client.submit(_fit_in_task, pure=False).result(timeout=60)

    async def inside() -> None:
        async with Client(client.scheduler.address, asynchronous=True, set_as_default=False) as own:
            with own.as_current(), pytest.raises(ClusterError, match="Dask is asynchronous"):
                fitted()

    client.sync(inside)


def _fit_in_task() -> None:
    small().fit(dealt(plain()), "target")


# The scheduler


@contextmanager
def scheduler_of_its_own(
    folder: Path, port: int = 0
) -> Iterator[tuple[Any, subprocess.Popen[str]]]:
    """A client of a scheduler in a process of its own, with a worker, and the process."""
    from distributed import Client

    python, file = [sys.executable, "-W", "ignore", "-m"], folder / "scheduler.json"
    quiet: dict[str, Any] = {"stderr": subprocess.DEVNULL, "text": True}
    scheduler = subprocess.Popen(
        [*python, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port),
         "--dashboard-address", ":0", "--scheduler-file", str(file)], **quiet
    )  # fmt: skip
    worker = subprocess.Popen(
        [*python, "distributed.cli.dask_worker", "--scheduler-file", str(file), "--nthreads", "1",
         "--no-nanny", "--no-dashboard", "--local-directory", str(folder)], **quiet
    )  # fmt: skip
    try:
        until(file.exists)
        with Client(scheduler_file=str(file), timeout="5s") as client:
            yield client, scheduler
            if scheduler.poll() is None:
                os.kill(scheduler.pid, GO_ON)
    finally:
        for process in (worker, scheduler):
            process.kill()
            process.wait(timeout=60)


@pytest.mark.parametrize("sent", [KILL, STOP])
def test_a_scheduler_that_is_gone_is_an_error_in_time_and_the_run_goes_on_with_another(
    monkeypatch: pytest.MonkeyPatch,
    shared_client: Any,
    undisturbed: bytes,
    tmp_path: Path,
    sent: int,
) -> None:
    monkeypatch.setattr(waiting, "ANSWER", 3.0)
    path = tmp_path / "run.ckpt"
    with scheduler_of_its_own(tmp_path) as (_, scheduler):
        clf = small(callbacks=at_round(lambda: os.kill(scheduler.pid, sent)))
        with pytest.raises(ClusterError, match="scheduler"):
            clf.fit(dealt(plain()), "target", checkpoint=path, checkpoint_every=0)
    document, _ = container.read(os.fspath(path), kind="checkpoint")
    assert document["state"]["ensemble"]["epoch"] == ROUND
    with shared_client.as_current():
        assert bytes_of(small().fit(dealt(plain()), "target", checkpoint=path)) == undisturbed


def test_a_scheduler_that_is_gone_before_the_fit_is_an_error_in_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(waiting, "ANSWER", 3.0)
    with scheduler_of_its_own(tmp_path) as (client, scheduler):
        scheduler.kill()
        scheduler.wait()
        with client.as_current(), pytest.raises(ClusterError, match="scheduler"):
            fitted()
        until(lambda: client.status == "closed")
        with client.as_current(), pytest.raises(ClusterError, match=r"scheduler|no client"):
            fitted()
