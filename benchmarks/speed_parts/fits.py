"""Whole fits at equal settings on real tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

import numlp

from .options import Options, say
from .report import Section, figure, table, times
from .workers import Contender, Key, Outcome, Work, call, in_a_line, measure

ROWS = 3000  # of a table at most
HIDDEN, BATCH, EPOCHS, RATE = 100, 200, 20, 1e-3
ABOUT = f"""\
A fit from first to last on a float32 matrix (one-hot, scaled, at most {ROWS:,} rows of a
table): one hidden layer of {HIDDEN}, batches of {BATCH}, {EPOCHS} epochs, Adam with {RATE:g}, no
penalty, no stopping, one thread. numlp and scikit-learn are their `MLPClassifier`; torch is a plain
loop with its fused Adam and parameters drawn as theirs are. CPU milliseconds of a fit, and how many
times those of numlp. The training losses of the last epoch (mean of its batches) show that the same
was done: numlp and scikit-learn draw the same numbers, torch others of the same spread."""


@dataclass(frozen=True)
class Case:
    """A file that holds the matrix X and the classes y of a table."""

    path: Path

    def data(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """X, (n, n_features), and y, (n,)."""
        with np.load(self.path) as arrays:
            return arrays["X"], arrays["y"]


def _numlp(case: Case, threads: int) -> Mapping[str, Work]:  # noqa: ARG001
    return _fits_of(numlp.MLPClassifier, case)


def _sklearn(case: Case, threads: int) -> Mapping[str, Work]:  # noqa: ARG001
    from sklearn.neural_network import MLPClassifier

    return _fits_of(MLPClassifier, case)


def _fits_of(cls: Callable[..., Any], case: Case) -> Mapping[str, Work]:
    X, y = case.data()

    def fit() -> float:
        classifier = cls(
            (HIDDEN,),
            batch_size=min(BATCH, len(X)),
            learning_rate_init=RATE,
            max_iter=EPOCHS,
            alpha=0.0,
            tol=0.0,
            n_iter_no_change=EPOCHS,
            random_state=0,
        )
        return float(classifier.fit(X, y).loss_)

    return {"fit": fit}


def _torch(case: Case, threads: int) -> Mapping[str, Work]:
    import torch

    torch.set_num_threads(threads)
    X, y = (torch.from_numpy(a) for a in case.data())
    n_classes = int(y.max()) + 1
    binary = n_classes == 2
    if binary:
        y = y.to(torch.float32)[:, None]
    loss_of = torch.nn.BCEWithLogitsLoss() if binary else torch.nn.CrossEntropyLoss()

    def fit() -> float:
        torch.manual_seed(0)
        first = torch.nn.Linear(X.shape[1], HIDDEN)
        last = torch.nn.Linear(HIDDEN, 1 if binary else n_classes)
        for layer in (first, last):
            bound = (6 / (layer.in_features + layer.out_features)) ** 0.5  # Glorot, the bias too
            torch.nn.init.uniform_(layer.weight, -bound, bound)
            torch.nn.init.uniform_(layer.bias, -bound, bound)
        model = torch.nn.Sequential(first, torch.nn.ReLU(inplace=True), last)
        adam = torch.optim.Adam(model.parameters(), lr=RATE, fused=True)
        for _ in range(EPOCHS):
            total = torch.zeros(())
            for rows in torch.split(torch.randperm(len(X)), BATCH):
                adam.zero_grad()
                loss = loss_of(model(X[rows]), y[rows])
                loss.backward()
                adam.step()
                total += loss.detach() * len(rows)
        return float(total) / len(X)

    return {"fit": fit}


CONTENDERS: dict[str, Contender] = {"numlp": _numlp, "scikit-learn": _sklearn, "torch": _torch}


def run(options: Options) -> Section:
    """Prepare the tables, measure the fits, and make one table of all."""
    section = Section("Whole fits")
    try:
        tables = options.choose(call(_find, options.data))
    except ImportError as error:
        section.add(f"Left out: the tables cannot be prepared ({in_a_line(error)}).")
        return section
    left_out: dict[str, str] = {}
    rows = []
    with TemporaryDirectory() as directory:
        for name, source in tables.items():
            say(f"fits: {name}")
            path = Path(directory) / f"{name}.npz"
            shape = call(_prepare, name, source, path)
            outcome = measure(CONTENDERS, Case(path), (1,), options)
            rows.append([f"{name} ({shape[0]:,} × {shape[1]:,})", *_figures(outcome)])
            left_out |= outcome.left_out
            section.records += outcome.records(name)
    if rows:
        peers = [name for name in CONTENDERS if name != "numlp"]
        header = ["rows × columns", "numlp, CPU ms", *[f"{name}, CPU ms" for name in peers]]
        header += [*[f"{name} × numlp" for name in peers], *[f"loss {n}" for n in CONTENDERS]]
        section.add(ABOUT, table(header, rows))
        section.say_left_out(left_out)
    return section


def _find(data: Path | None) -> dict[str, Path | None]:
    from accuracy_parts.tables import BUNDLED, find_tables

    bundled: dict[str, Path | None] = dict.fromkeys(BUNDLED)
    return bundled | find_tables(data)


def _prepare(name: str, source: Path | None, path: Path) -> tuple[int, int]:
    """Write the matrix and the classes of a table to a file; return the shape of the matrix."""
    from accuracy_parts.preparation import OneHot
    from accuracy_parts.tables import load_table, stratified_split

    loaded = load_table(name, source)
    rows, _ = stratified_split(loaded.codes, 0, ROWS)
    frame = loaded.X.iloc[rows]
    X = np.asarray(OneHot(scale=True).fit(frame).transform(frame), np.float32)
    np.savez(path, X=X, y=loaded.codes[rows].astype(np.int64))
    return X.shape[0], X.shape[1]


def _figures(outcome: Outcome) -> list[str]:
    fits = {name: outcome.timings.get(Key(name, 1, "fit")) for name in CONTENDERS}
    ours = outcome.timings[Key("numlp", 1, "fit")]
    present = list(fits.values())
    return [
        *["-" if fit is None else figure(fit.median("cpu") / 1e3) for fit in present],
        *["-" if fit is None else times(fit.ratio(ours, "cpu")) for fit in present[1:]],
        *["-" if fit is None or fit.value is None else f"{fit.value:.4f}" for fit in present],
    ]
