"""A cluster beside one process: rows a second, log-loss, memory and bits, on a table in parts.

    python benchmarks/cluster.py DIR                       a million rows; and results/CLUSTER.md
    python benchmarks/cluster.py DIR --smallest            whether it runs at all
    python benchmarks/cluster.py DIR --rows 30000000 --only stream --memory 700MB

DIR gets the table, as Parquet.  Every fit runs in a process of its own, on one thread; a cluster is
Dask's ``LocalCluster`` with workers of one thread.  Rounds are interleaved: each takes every way
once.
"""

import os

for _library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"  # read when NumPy is loaded, here and by workers

import argparse  # noqa: E402
import hashlib  # noqa: E402
import json  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from cluster_parts import report, waves  # noqa: E402

PART_ROWS = 62_500
TEST_ROWS = 100_000
SMALLEST = 20_000
EVERY = 0.2  # seconds between two looks at the memory of the workers


def main() -> None:
    """Write the table, run the fits, write the report."""
    arguments = _parser().parse_args()
    if arguments.one is not None:
        print(json.dumps(one_fit(arguments)))
        return
    n_rows = SMALLEST if arguments.smallest else arguments.rows
    part_rows = min(PART_ROWS, n_rows // 8)
    folder = arguments.folder / f"{n_rows}"
    waves.write(folder, n_rows, part_rows)
    records = []
    for name, way, passes, quality, number in _fits(arguments):
        record = _apart(folder, way, passes, quality, arguments.memory)
        records.append({"fit": name, "way": way, "quality": quality, "round": number} | record)
        print(json.dumps(records[-1]), flush=True)
    text = report.of(records, n_rows, part_rows)
    print(text)
    if not arguments.smallest:
        arguments.out.write_text(text)
        arguments.out.with_suffix(".json").write_text(json.dumps(records, indent=1))


def _fits(arguments: argparse.Namespace) -> list[tuple[str, str, int | str, str, int]]:
    """What is run: its name, the way (workers; 0 is one process), passes, quality, round."""
    if arguments.only == "stream":
        return [("stream", arguments.workers, arguments.passes, "fast", 0)]
    speed = [
        ("speed", way, 2, quality, number)
        for number in range(arguments.rounds)
        for quality in ("fast", "balanced")
        for way in ("0", "1", "2")
    ]
    whole = [
        ("whole", way, "auto", quality, number)
        for number in range(arguments.whole)
        for quality in ("fast", "balanced")
        for way in ("0", "2", "4")
    ]
    return speed + whole


def _apart(folder: Path, way: str, passes: int | str, quality: str, memory: str) -> dict[str, Any]:
    """One fit, in a process of its own."""
    command = [sys.executable, __file__, str(folder), "--one", way, "--passes", str(passes)]
    command += ["--quality", quality, "--memory", memory]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"{way} workers, {quality}: {done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def one_fit(arguments: argparse.Namespace) -> dict[str, Any]:
    """Fit, and tell how long training took, how good the model is, and what the workers needed."""
    import numpy as np
    import pandas as pd

    from numlp import TabularClassifier

    epochs = arguments.passes if arguments.passes == "auto" else int(arguments.passes)
    clf = TabularClassifier(arguments.quality, epochs=epochs, n_jobs=1, random_state=0)
    n_workers, peaks = int(arguments.one), {"workers": 0.0, "before": 0.0}
    start = time.perf_counter()
    if not n_workers:
        table = pd.concat(map(pd.read_parquet, sorted(arguments.folder.glob("*.parquet"))))
        labels = table.pop("class")
        clf.fit(table, labels)
        passes = clf.n_iter_
    else:
        import dask.dataframe as dd
        from distributed import Client, LocalCluster

        settings = {"n_workers": n_workers, "threads_per_worker": 1, "dashboard_address": None}
        with (
            LocalCluster(**settings, memory_limit=arguments.memory) as cluster,
            Client(cluster) as client,
            Memory(client) as peaks,
        ):
            start = time.perf_counter()
            clf.fit(dd.read_parquet(arguments.folder), "class")
            passes = epochs if epochs != "auto" else None
    wall = time.perf_counter() - start
    training = float(np.sum(clf.history_.to_dict()["seconds"]))
    test = waves.part(0, TEST_ROWS, waves.TEST)
    P = clf.predict_proba(test.drop(columns="class"))
    y = np.searchsorted(clf.classes_, test["class"])
    return {
        "wall": wall,
        "training": training,
        "passes": passes,
        "rounds": clf.n_iter_,
        "rows": clf.n_samples_fit_,
        "log_loss": float(-np.log(P[np.arange(len(y)), y]).mean()),
        "error": float((P.argmax(axis=1) != y).mean()),
        "bits": _bits(clf),
        "peak_worker": peaks["workers"],
        "idle_worker": peaks["before"],
    }


def _bits(clf: Any) -> str:
    return hashlib.sha256(clf.model_.network.theta.tobytes()).hexdigest()[:12]


class Memory(dict[str, float]):
    """The largest resident memory of a worker, in MiB, as the system tells it, from outside."""

    def __init__(self, client: Any) -> None:
        super().__init__(workers=0.0, before=0.0)
        import psutil

        pids = client.run(os.getpid)
        self._processes = [psutil.Process(pid) for pid in pids.values()]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Memory":
        self["before"] = self._now()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _now(self) -> float:
        return max(process.memory_info().rss for process in self._processes) / 2**20

    def _watch(self) -> None:
        while not self._stop.wait(EVERY):
            self["workers"] = max(self["workers"], self._now())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("folder", type=Path, metavar="DIR", help="where the table is written, as Parquet")
    add("--rows", type=int, default=1_000_000)
    add("--rounds", type=int, default=7, help="of the fits whose speed is compared")
    add("--whole", type=int, default=1, help="fits with all passes, for log-loss and bits")
    add("--smallest", action="store_true", help=f"{SMALLEST:,} rows: whether it runs at all")
    add("--only", choices=["stream"], help="one fit of a table larger than memory")
    add("--workers", default="2", help="of --only stream")
    add("--passes", default="auto", help="of --only stream")
    add("--memory", default="auto", help="that each worker may use, such as 600MB")
    results = Path(__file__).parent / "results"
    add("--out", type=Path, default=results / "CLUSTER.md", help="the report, and .json beside it")
    add("--one", help=argparse.SUPPRESS)
    add("--quality", default="fast", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    main()
