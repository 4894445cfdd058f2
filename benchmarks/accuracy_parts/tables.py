"""Where the tables come from, and how their rows are split."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

BUNDLED = ("iris", "wine", "breast_cancer", "digits")  # come with scikit-learn
TRAIN_FRACTION = 0.75
MAX_TEST_ROWS = 10_000


@dataclass(frozen=True)
class Table:
    """A raw table, its labels, and the labels as codes into ``classes``."""

    name: str
    X: pd.DataFrame
    y: pd.Series
    codes: NDArray[np.intp]
    classes: list[object]


def find_tables(directory: Path | None) -> dict[str, Path | None]:
    """Names of the tables and the file of each; None stands for one of scikit-learn's."""
    tables: dict[str, Path | None] = {}
    if directory is not None:
        if not directory.is_dir():
            raise SystemExit(f"{directory} is not a directory: give --data one that holds CSVs")
        tables = {path.stem: path for path in sorted(directory.glob("*.csv"))}
        if not tables:
            raise SystemExit(f"{directory} holds no *.csv: give --data a directory that does")
    return tables | {name: None for name in BUNDLED if name not in tables}


def load_table(name: str, path: Path | None) -> Table:
    """Read a table; rows without a label and classes of a single row are dropped."""
    if path is None:
        from sklearn import datasets

        bunch = getattr(datasets, f"load_{name}")(as_frame=True)
        X, y = bunch.data, bunch.target
    else:
        frame = pd.read_csv(path)
        X, y = frame.iloc[:, :-1], frame.iloc[:, -1]
    keep = y.map(y.value_counts()).fillna(0).to_numpy() >= 2
    X, y = X[keep].reset_index(drop=True), y[keep].reset_index(drop=True)
    codes, classes = pd.factorize(y, sort=True)
    return Table(name, X, y, codes.astype(np.intp), list(classes))


def stratified_split(
    codes: NDArray[np.intp], seed: int, max_train_rows: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row numbers to train on and row numbers to test on, in random order.

    Each class gives its share to the training part (rounded by largest remainder), at least one
    row and never all of them.  The rest, cut at ``MAX_TEST_ROWS``, is the test part.
    """
    rng = np.random.default_rng(seed)
    counts = np.bincount(codes)
    n_train = min(int(TRAIN_FRACTION * len(codes)), max_train_rows)
    share = n_train * counts / len(codes)
    take = np.floor(share).astype(int)
    most_left_over = np.argsort(take - share, kind="stable")[: n_train - take.sum()]
    take[most_left_over] += 1
    take = np.clip(take, np.minimum(counts, 1), np.maximum(counts - 1, 0))
    shuffled = rng.permutation(len(codes))
    train = np.concatenate(
        [shuffled[codes[shuffled] == code][:n] for code, n in enumerate(take)]
    ).astype(np.intp)
    test = shuffled[~np.isin(shuffled, train)]
    return rng.permutation(train), test[:MAX_TEST_ROWS]
