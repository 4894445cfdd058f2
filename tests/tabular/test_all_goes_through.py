"""Each way of reading a column, and each role, goes through whatever takes a table to learn from."""

import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import numlp
from numlp import TabularClassifier
from numlp.errors import CheckpointError
from numlp.explain import explain_row, permutation_importance
from numlp.export import to_onnx
from numlp.report.origin import reproduction
from numlp.tabular import cross_validate
from numlp.tabular.tuning import Search

RNG = np.random.default_rng(0)
N = 150
SIZE = RNG.normal(size=N)
Y = np.where(SIZE + 0.5 * RNG.normal(size=N) > 0, "yes", "no")
SAID = {"yes": ["please", "send"], "no": ["never", "again"]}
DAY = np.datetime64("2024-01-01") + np.arange(N)


def note(label: str, i: int) -> str:
    words = RNG.choice([*SAID[label], "it", "was", "here", "today"], 6)
    return f"{' '.join(words)}, number {i}"


COLUMNS: dict[str, list[Any]] = {
    "size": SIZE.tolist(),
    "price": [f"{abs(s) * 2000:,.2f}".translate(str.maketrans(",.", ".,")) for s in SIZE],
    "due": [f"{day.item():%d/%m/%Y}" for day in DAY[::-1]],
    "grade": [("low", "mid", "high, top")[i] for i in RNG.integers(0, 3, N)],
    "note": [note(label, i) for i, label in enumerate(Y)],
    "emb": RNG.normal(size=(N, 3)).astype(np.float32).tolist(),
    "customer": [f"{i // 5 % 20},5" for i in range(N)],
    "sent": [f"{day.item():%d/%m/%Y}" for day in DAY],
    "w": [f"{i % 4 / 2:.1f}".replace(".", ",") for i in range(N)],
}
ORDERED = 'ordered:low,mid,"high, top"'
# What is read: the columns, and the arguments of ``fit`` for them.
READ: dict[str, tuple[list[str], dict[str, Any]]] = {
    "decimal": (["price"], {"decimal": ","}),
    "date": (["due"], {"columns": {"due": "date:%d/%m/%Y"}}),
    "ordered": (["grade"], {"columns": {"grade": ORDERED}}),
    "text": (["note"], {"columns": {"note": "text"}}),
    "length": (["note"], {"columns": {"note": "text:length"}}),
    "vector": (["emb"], {"columns": {"emb": "vector"}}),
    "all": (
        ["price", "due", "grade", "note", "emb"],
        {"columns": {"due": "date:%d/%m/%Y", "grade": ORDERED, "note": "text"}, "decimal": ","},
    ),
}
# How rows are held out or weighed.
ROLES: dict[str, dict[str, Any]] = {
    "no role": {},
    "groups": {"groups": "customer"},
    "time": {"time": "sent"},
    "time asked for": {"time": "sent", "columns": {"sent": "date:%d/%m/%Y"}},
    "weights": {"sample_weight": "w"},
    "groups and weights": {"groups": "customer", "sample_weight": "w"},
    "rows of one's own": {"X_val": True},
}
EVERY = [(read, "no role") for read in READ] + [
    (read, role) for role in ROLES if role != "no role" for read in ("text", "all")
]
every_case = pytest.mark.parametrize(("read", "role"), EVERY)


class Case:
    """A table, its labels, and how a fit is asked to read it."""

    def __init__(self, read: str, role: str) -> None:
        names, options = READ[read]
        roles = ROLES[role]
        names = [*names, *(v for v in roles.values() if isinstance(v, str))]
        self.X = {name: COLUMNS[name] for name in ["size", *names]}
        self.options = {**options, **roles}
        self.options["columns"] = {**options.get("columns", {}), **roles.get("columns", {})}
        if self.options.get("X_val"):
            self.options |= {"X_val": self.rows(slice(0, N, 3)), "y_val": Y[::3]}

    def rows(self, rows: slice) -> dict[str, list[Any]]:
        return {name: cells[rows] for name, cells in self.X.items()}

    @property
    def of_folds(self) -> dict[str, Any]:
        """What cross-validation and a search take: they find rows to choose by themselves."""
        return {k: v for k, v in self.options.items() if k not in ("X_val", "y_val")}

    def fit(self, **more: Any) -> TabularClassifier:
        return self.make().fit(self.X, Y, **{**self.options, **more})

    @staticmethod
    def make(**more: Any) -> TabularClassifier:
        settings = {"hidden_layer_sizes": (4,), "epochs": 2, "random_state": 0, **more}
        return TabularClassifier("fast", **settings)


@pytest.fixture(autouse=True)
def quiet() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@every_case
def test_a_file_and_a_pickle_answer_as_the_classifier_in_blocks_too(
    read: str, role: str, tmp_path: Path
) -> None:
    case = Case(read, role)
    clf = case.fit()
    P = clf.predict_proba(case.X)
    clf.save(tmp_path / "m.numlp")
    model: Any = numlp.load(tmp_path / "m.numlp")
    for other in (model, pickle.loads(pickle.dumps(clf))):
        np.testing.assert_array_equal(other.predict_proba(case.X), P)
        np.testing.assert_array_equal(other.predict_log_proba(case.X), np.log(P))
    parts = [model.predict_proba(case.rows(slice(i, i + 40))) for i in range(0, N, 40)]
    np.testing.assert_allclose(np.concatenate(parts), P, rtol=1e-5)
    asked = clf.columns_ and {e.name: e.asked_as for e in model.table.encoders}
    for name, kind in case.options["columns"].items():
        assert asked[name] == kind


class Killed(Exception):
    pass


def kill_after(epochs: int) -> Callable[[Any], None]:
    def callback(epoch: Any) -> None:
        if epoch.number > epochs:
            raise Killed

    return callback


@every_case
def test_a_run_that_was_killed_is_resumed_to_the_bit(read: str, role: str, tmp_path: Path) -> None:
    case, file = Case(read, role), tmp_path / "c"
    with pytest.raises(Killed):
        killed = case.make(epochs=4, callbacks=[kill_after(2)])
        killed.fit(case.X, Y, **case.options, checkpoint=file, checkpoint_every=0)
    resumed = case.make(epochs=4).fit(case.X, Y, **case.options, checkpoint=file)
    whole = case.make(epochs=4).fit(case.X, Y, **case.options)
    np.testing.assert_array_equal(resumed.predict_proba(case.X), whole.predict_proba(case.X))
    with pytest.raises(CheckpointError):  # of a table that is read in another way, or other rows
        other = {**case.options, "columns": {**case.options["columns"], "size": "category"}}
        case.make(epochs=4).fit(case.X, Y, **other, checkpoint=file)


@every_case
def test_folds_are_what_a_fit_of_their_rows_is(read: str, role: str) -> None:
    case, fits = Case(read, role), []

    def make(number: int, k: int) -> TabularClassifier:
        fits.append(case.make())
        return fits[-1]

    folds = list(cross_validate(make, case.X, Y, folds=2, **case.of_folds))
    assert len(folds) == len(fits) == 2
    for clf in fits:
        told = {e.name: e.asked_as for e in clf.model_.table.encoders}
        assert case.options["columns"].items() <= told.items()


@every_case
def test_a_search_is_resumed_and_of_another_reading_refused(
    read: str, role: str, tmp_path: Path
) -> None:
    case, settings = Case(read, role), {"quality": "fast", "epochs": 2, "hidden_layer_sizes": [4]}

    def search(**more: Any) -> Search:
        options = {**case.of_folds, **more}
        return Search(case.X, Y, seconds=60, settings=settings, state=tmp_path / "s", **options)

    trial = next(search().run())
    assert next(search().run()) == trial
    with pytest.raises(CheckpointError):
        search(columns={**case.options["columns"], "size": "category"})
