"""One fit and one score, in a process of its own; all of them, kept in a file.

A cell is one method on one split of one table.  Its process is new, so what it costs is its own,
a crash takes only this cell along, and a kill loses at most the cells under way.
"""

import json
import multiprocessing
import platform
import re
import resource
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .methods import BUILDERS, DISTRIBUTIONS, Method
from .scores import align_classes, score
from .tables import load_table, stratified_split

Key = tuple[str, int, str, str, int]
Record = dict[str, Any]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Parts:
    """Rows to fit and rows to test on, whose labels are ``codes`` into ``classes``."""

    X_train: pd.DataFrame
    y_train: pd.Series
    X_test: pd.DataFrame
    codes: NDArray[np.intp]
    classes: list[Any]


@dataclass(frozen=True)
class Cell:
    """One method on one split of one table; ``split`` is the seed of the split and of the fit."""

    table: str
    split: int
    name: str
    method: Method
    max_train_rows: int

    @property
    def key(self) -> Key:
        settings = json.dumps(self.method.settings, sort_keys=True)
        return self.table, self.split, self.name, settings, self.max_train_rows

    def fields(self) -> Record:
        """What identifies it in the file."""
        return {
            "table": self.table,
            "split": self.split,
            "method": self.name,
            "settings": self.method.settings,
            "max_train_rows": self.max_train_rows,
        }


def record_key(record: Record) -> Key:
    """The key of the cell a record is of."""
    settings = json.dumps(record["settings"], sort_keys=True)
    fields = record["table"], record["split"], record["method"], settings
    return *fields, record["max_train_rows"]


def read_results(path: Path) -> dict[Key, Record]:
    """The last record of each cell; a line that a kill cut short is passed over."""
    results: dict[Key, Record] = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                record = json.loads(line)
            except json.JSONDecodeError:
                continue
            results[record_key(record)] = record
    return results


def append_result(path: Path, record: Record) -> None:
    """Write one line in one go; after a line cut short, begin a new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        cut_short = False
        if file.tell():
            file.seek(-1, 2)
            cut_short = file.read(1) != b"\n"
        line = json.dumps(record, ensure_ascii=False) + "\n"
        file.write(("\n" * cut_short + line).encode())


def run_cells(
    cells: Iterable[Cell], run_one: Callable[[Cell], Record], path: Path, jobs: int
) -> None:
    """Run the cells, ``jobs`` at a time, and append each to the file when it is done.

    ``run_one`` goes to the process of the cell, so it must be one that pickle can name.
    """
    waiting = list(cells)
    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(_in_own_process, cell, run_one) for cell in waiting]
        try:
            for done, future in enumerate(as_completed(futures), 1):
                record = future.result()
                append_result(path, record)
                print(f"[{done}/{len(waiting)}] {_in_a_line(record)}", flush=True)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _in_a_line(record: Record) -> str:
    name = f"{record['method']:<16} {record['table']:<20} split {record['split']}"
    if "failed" in record:
        return f"{name}  FAILED: {record['failed']}"
    return (
        f"{name}  error {100 * record['error']:6.2f} %  log-loss {record['log_loss']:.3f}"
        f"  fit of {record['train_rows']:,} rows {record['fit_cpu']:.2f} CPU s"
    )


def _in_own_process(cell: Cell, run_one: Callable[[Cell], Record]) -> Record:
    spawn = multiprocessing.get_context("spawn")
    receiver, sender = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_send_record, args=(sender, cell, run_one), daemon=True)
    process.start()
    sender.close()
    try:
        outcome: Record = receiver.recv()
    except EOFError:
        outcome = {}
    process.join()
    if not outcome:
        outcome = {"failed": f"the process ended with exit code {process.exitcode}"}
    date = datetime.now(UTC).isoformat(timespec="seconds")
    return cell.fields() | {"date": date} | outcome


def _send_record(sender: Connection, cell: Cell, run_one: Callable[[Cell], Record]) -> None:
    try:
        outcome = run_one(cell)
    except Exception as error:  # whatever a method raises is its result
        outcome = {"failed": without_directories(f"{type(error).__name__}: {error}")}
    sender.send(outcome)


def without_directories(message: str) -> str:
    """A message with each absolute path cut to its last part, and no longer than 500 letters."""
    return re.sub(r"(?<![\w.:/])(?:/[\w.+@-]+)+/", "", message)[:500]


def run_cell(cell: Cell, sources: Mapping[str, Path | None]) -> Record:
    """Fit on the training part, score on the test part."""
    table = load_table(cell.table, sources[cell.table])
    train, test = stratified_split(table.codes, cell.split, cell.max_train_rows)
    X_train, y_train, X_test = table.X.iloc[train], table.y.iloc[train], table.X.iloc[test]
    parts = Parts(X_train, y_train, X_test, table.codes[test], table.classes)
    return fit_and_score(cell, parts)[0]


def fit_and_score(cell: Cell, parts: Parts) -> tuple[Record, Floats]:
    """The figures of a cell on these rows, and the probabilities of the rows to test on."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        _warm_up(cell.method)
        warnings.simplefilter("default")
        classifier = BUILDERS[cell.method.builder](cell.method.settings, cell.split)
        start, wall_start = _cpu_seconds(), time.perf_counter()
        classifier.fit(parts.X_train, parts.y_train)
        fitted, wall = _cpu_seconds(), time.perf_counter() - wall_start
        peak_of_fit = _peak_mib()
        P = classifier.predict_proba(parts.X_test)
        predicted = _cpu_seconds()
    code_of = {label: code for code, label in enumerate(parts.classes)}
    columns = np.array([code_of[label] for label in classifier.classes_], dtype=np.intp)
    full = align_classes(np.asarray(P, dtype=np.float64), columns, len(parts.classes))
    if not np.isfinite(full).all():
        raise ValueError("some probabilities are not finite")
    record = {
        **score(full, parts.codes),
        "fit_cpu": round(fitted - start, 4),
        "fit_wall": round(wall, 4),
        "predict_cpu": round(predicted - fitted, 4),
        "peak_mib": _peak_mib(),
        "fit_peak_mib": peak_of_fit,
        "train_rows": len(parts.X_train),
        "test_rows": len(parts.X_test),
        "columns": parts.X_train.shape[1],
        "classes": len(parts.classes),
        "warnings": sorted({w.category.__name__ for w in caught}),
        "versions": _versions(cell.method.builder),
    }
    return record, full


def _warm_up(method: Method) -> None:
    """Fit a table of 80 rows once, so that what is loaded at the first fit is not counted."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=80), "b": rng.normal(size=80), "c": list("uvwx") * 20})
    y = pd.Series(np.where(X["a"] + X["b"] > 0, "yes", "no"))
    if method.builder == "terms" or "part" in method.settings:
        X["text"] = [f"row {number} says {label}" for number, label in enumerate(y)]
    BUILDERS[method.builder](method.settings, 0).fit(X, y).predict_proba(X)


def _cpu_seconds() -> float:
    """CPU seconds of all threads of this process and of the children it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _peak_mib() -> int:
    """The most memory that this process has held so far, Python and data included."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _versions(builder: str) -> dict[str, str]:
    names = ("numlp", "numpy", "pandas", *DISTRIBUTIONS.get(builder, ("scikit-learn",)))
    versions = {"python": platform.python_version()}
    for name in names:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    return versions
