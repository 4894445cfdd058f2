"""One process for each contender and number of threads, measured in turn, round after round.

A process is started with the number of threads in its environment, since BLAS reads it when it is
loaded.  It builds its work, warms up and then waits: only one of them runs at a time.  In each
round every process has its turn of a few tenths of a second, so that whatever else the machine
does meets all of them alike, and a ratio of two is one of neighbours in time.
"""

import multiprocessing
import os
import re
import resource
import statistics
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import repeat
from multiprocessing.connection import Connection
from typing import Any, NamedTuple, ParamSpec, TypeVar

from .options import Options

P = ParamSpec("P")
R = TypeVar("R")

Work = Callable[[], object]  # what is timed, again and again
# Of a case and a number of threads: the work by the name of its quantity.
Contender = Callable[[Any, int], Mapping[str, Work]]

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
SPAWN = multiprocessing.get_context("spawn")
# Threads of a BLAS spin for a while after their last product; at most this long, in seconds.
SPIN = 0.05
KIB = 1 if sys.platform != "darwin" else 1024  # units of ru_maxrss in a KiB


class LeftOut(Exception):  # noqa: N818 - no error: the report says it in a line
    """A contender cannot run here; the message says why."""


class Key(NamedTuple):
    """What a timing is of."""

    contender: str
    threads: int
    quantity: str


@dataclass
class Timing:
    """Microseconds of one call in each round, of CPU (all threads) and of the clock on the wall.

    Attributes
    ----------
    growth : KiB by which the first call raised the peak of the process, less what it returned
    value : what the first call returned, if a number
    """

    growth: float
    value: float | None
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def median(self, clock: str) -> float:
        """Median over the rounds, of "cpu" or "wall"."""
        return statistics.median(self._values(clock))

    def ratio(self, other: "Timing", clock: str) -> float:
        """Median over the rounds of how many times as long as the other it took."""
        pairs = zip(self._values(clock), other._values(clock), strict=True)
        return statistics.median(own / theirs for own, theirs in pairs)

    def _values(self, clock: str) -> list[float]:
        return self.cpu if clock == "cpu" else self.wall


@dataclass
class Outcome:
    """The timings of one case, and why contenders are missing from it."""

    timings: dict[Key, Timing] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def best(self, contender: str, quantity: str) -> Timing:
        """The timing with the number of threads that is the fastest by the wall clock."""
        of_it = [t for k, t in self.timings.items() if (k[0], k[2]) == (contender, quantity)]
        return min(of_it, key=lambda timing: timing.median("wall"))

    def contenders(self) -> list[str]:
        """Those that ran."""
        return list(dict.fromkeys(key.contender for key in self.timings))

    def records(self, case: str) -> list[dict[str, Any]]:
        """The figures for the JSON."""
        return [
            {"case": case, **key._asdict(), "cpu_us": timing.cpu, "wall_us": timing.wall}
            | {"growth_kib": timing.growth, "value": timing.value}
            for key, timing in self.timings.items()
        ]


def measure(
    contenders: Mapping[str, Contender], case: Any, threads: Sequence[int], options: Options
) -> Outcome:
    """Time every contender with every number of threads on a case."""
    outcome = Outcome()
    workers: dict[tuple[str, int], _Worker] = {}
    try:
        for name, contender in contenders.items():
            for n_threads in threads:
                if name in outcome.left_out:
                    continue
                worker = _Worker(contender, case, n_threads, options.seconds)
                workers[name, n_threads] = worker
                try:
                    for quantity, (growth, value) in worker.receive().items():
                        outcome.timings[Key(name, n_threads, quantity)] = Timing(growth, value)
                except LeftOut as reason:
                    outcome.left_out[name] = str(reason)
                    outcome.timings = {k: t for k, t in outcome.timings.items() if k[0] != name}
        for _ in range(options.rounds):
            for key, timing in outcome.timings.items():
                cpu, wall = workers[key.contender, key.threads].run(key.quantity)
                timing.cpu.append(cpu)
                timing.wall.append(wall)
    finally:
        for worker in workers.values():
            worker.close()
    return outcome


class _Worker:
    """A process as the parent sees it."""

    def __init__(self, contender: Contender, case: Any, threads: int, seconds: float) -> None:
        self.connection, theirs = SPAWN.Pipe()
        arguments = (theirs, contender, case, threads, seconds)
        self.process = SPAWN.Process(target=_serve, args=arguments, daemon=True)
        with _environment(threads):
            self.process.start()
        theirs.close()

    def run(self, quantity: str) -> tuple[float, float]:
        self.connection.send(quantity)
        cpu, wall = self.receive()
        return cpu, wall

    def receive(self) -> Any:
        try:
            answer = self.connection.recv()
        except EOFError:
            self.process.join()
            raise RuntimeError(f"a worker ended with code {self.process.exitcode}") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        self.connection.close()  # which ends its loop
        self.process.join()


def call(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function in a process of its own, on one thread."""
    with _environment(1), ProcessPoolExecutor(1, SPAWN, _be_quiet) as pool:
        return pool.submit(function, *args, **kwargs).result()


@contextmanager
def _environment(threads: int) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in VARIABLES}
    os.environ.update(dict.fromkeys(VARIABLES, str(threads)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _serve(
    connection: Connection, contender: Contender, case: Any, threads: int, seconds: float
) -> None:
    """What a worker does: build, warm up, and time a quantity whenever it is told one."""
    _be_quiet()
    try:
        works = contender(case, threads)
        connection.send({quantity: _warm_up(work, seconds) for quantity, work in works.items()})
        while True:
            try:
                work = works[connection.recv()]
            except EOFError:
                return
            sample = _time(work, seconds)
            if threads > 1:
                time.sleep(SPIN)
            connection.send(sample)
    except (ImportError, LeftOut) as reason:
        connection.send(LeftOut(in_a_line(reason)))
    except Exception:
        connection.send(RuntimeError(traceback.format_exc()))


def _be_quiet() -> None:
    warnings.simplefilter("ignore")  # that so few epochs do not converge is no news


def in_a_line(error: Exception) -> str:
    """The first line of a message, without the directories that it names."""
    return re.sub(r"[^\s'\"(]*/", "", str(error).strip().partition("\n")[0])[:300]


def _warm_up(work: Work, seconds: float) -> tuple[float, float | None]:
    """Run it for a turn; return by how much the first call raised the peak, and its value."""
    before, start = _peak(), time.perf_counter()
    result = work()
    growth = _peak() - before - getattr(result, "nbytes", 0) / 1024
    if time.perf_counter() - start < 10 * seconds:  # a call that long is warm-up enough
        _time(work, seconds)
    return growth, result if isinstance(result, float) else None


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB


def _time(work: Work, seconds: float) -> tuple[float, float]:
    """Repeat for at least some seconds; microseconds of a call, of CPU and of the wall clock."""
    done, chunk = 0, 1
    cpu_start, start = time.process_time(), time.perf_counter()
    while True:
        for _ in repeat(None, chunk):
            work()
        done += chunk
        wall = time.perf_counter() - start
        if wall >= seconds:
            break
        # At most as many again: the first calls may be slow, and say little of the others.
        chunk = max(1, min(done, int((seconds - wall) / wall * done)))
    cpu = time.process_time() - cpu_start
    return cpu / done * 1e6, wall / done * 1e6
