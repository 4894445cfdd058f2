"""Each reading of a column, and each role, goes through whatever takes a table to learn from."""

import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import numlp
from numlp import TabularClassifier
from numlp.ensemble import texts
from numlp.ensemble.texts import learn_weights
from numlp.errors import CheckpointError, DataError
from numlp.explain import explain_row, permutation_importance
from numlp.export import to_onnx
from numlp.report.origin import reproduction
from numlp.tabular import cross_validate
from numlp.tabular.tuning import Search

pytestmark = pytest.mark.heavy  # each learns from a table in many ways

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
    for other in (model, pickle.loads(pickle.dumps(clf))):  # noqa: S301
        np.testing.assert_array_equal(other.predict_proba(case.X), P)
        np.testing.assert_array_equal(other.predict_log_proba(case.X), np.log(P))
    parts = [model.predict_proba(case.rows(slice(i, i + 40))) for i in range(0, N, 40)]
    np.testing.assert_allclose(np.concatenate(parts), P, rtol=1e-5)
    told = {e.name: e.asked_as for e in model.table.encoders}
    assert case.options["columns"].items() <= told.items()
    kinds = {column["name"]: column["kind"] for column in clf.columns_}
    assert kinds["size"] == "number"
    assert kinds.get("price") in (None, "number")  # and no category, which cells with commas were


class KilledError(Exception):
    """Thrown to leave a run as a kill does."""


def kill_after(epochs: int) -> Callable[[Any], None]:
    def callback(epoch: Any) -> None:
        if epoch.number > epochs:
            raise KilledError

    return callback


@every_case
def test_a_run_that_was_killed_is_resumed_to_the_bit(read: str, role: str, tmp_path: Path) -> None:
    case, file = Case(read, role), tmp_path / "c"
    killed = case.make(epochs=4, callbacks=[kill_after(2)])
    with pytest.raises(KilledError):
        killed.fit(case.X, Y, **case.options, checkpoint=file, checkpoint_every=0)
    resumed = case.make(epochs=4).fit(case.X, Y, **case.options, checkpoint=file)
    whole = case.make(epochs=4).fit(case.X, Y, **case.options)
    np.testing.assert_array_equal(resumed.predict_proba(case.X), whole.predict_proba(case.X))
    other = {**case.options, "columns": {**case.options["columns"], "size": "category"}}
    with pytest.raises(CheckpointError):
        case.make(epochs=4).fit(case.X, Y, **other, checkpoint=file)


@every_case
def test_folds_are_what_a_fit_of_their_rows_is(read: str, role: str) -> None:
    case = Case(read, role)
    fits = {k: case.make() for k in (1, 2)}
    folds = list(cross_validate(lambda _, k: fits[k], case.X, Y, folds=2, **case.of_folds))
    assert len(folds) == 2
    for clf in fits.values():
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


@every_case
def test_the_call_that_the_report_shows_makes_the_same_model(read: str, role: str) -> None:
    case = Case(read, role)
    clf = case.fit()
    shown = reproduction(clf.model_, {}, "")["train"]
    names = {"X": case.X, "y": Y, "TabularClassifier": TabularClassifier}
    names |= {name: case.options.get(name) for name in ("X_val", "y_val")}
    again = eval(shown, names)  # noqa: S307
    np.testing.assert_array_equal(again.predict_proba(case.X), clf.predict_proba(case.X))


@every_case
def test_columns_are_explained_and_exported_or_refused_by_name(read: str, role: str) -> None:
    case = Case(read, role)
    clf = case.fit()
    names = {e.name for e in clf.model_.table.encoders if e.width}
    told = explain_row(clf, case.rows(slice(0, 1)), case.X)
    assert {one.name for one in told.contributions} <= names
    assert {one.name for one in permutation_importance(clf, case.X, Y, n_repeats=1)} == names
    if read in ("text", "all"):
        with pytest.raises(DataError, match="'note'"):
            to_onnx(clf)
    else:
        given = {put.name for put in to_onnx(clf).graph.input}
        assert names <= given


@pytest.mark.parametrize("role", ["groups", "time", "sample_weight"])
def test_scikit_learn_routes_what_is_requested(role: str) -> None:
    case = Case("all", "no role")
    values = {"groups": COLUMNS["customer"], "time": COLUMNS["sent"], "sample_weight": [1.0] * N}
    options = {
        **case.options,
        role: np.array(values[role], object if role != "sample_weight" else float),
    }
    frame = pd.DataFrame(case.X)
    sklearn = pytest.importorskip("sklearn")
    model_selection = pytest.importorskip("sklearn.model_selection")
    with sklearn.config_context(enable_metadata_routing=True):
        clf = case.make().set_fit_request(**dict.fromkeys(options, True))
        found = model_selection.cross_validate(
            clf, frame, Y, cv=2, params=options, return_estimator=True, error_score="raise"
        )
    for fitted in found["estimator"]:
        told = {e.name: e.asked_as for e in fitted.model_.table.encoders}
        assert case.options["columns"].items() <= told.items()
        assert ("held_out" in fitted.model_.info) == (role != "sample_weight")


# Dates of which no day is over 12: only the form tells which were later.
OPEN = [f"{i % 10 + 1:02}/{i // 15 + 1:02}/2024" for i in range(N)]


def test_a_time_that_can_be_read_in_two_ways_is_read_in_the_form_asked_for_everywhere() -> None:
    X = {"size": SIZE.tolist(), "sent": OPEN}
    options: dict[str, Any] = {"time": "sent", "columns": {"sent": "date:%d/%m/%Y"}}
    months = np.array([word[3:5] for word in OPEN])
    clf = Case.make().fit(X, Y, **options)
    held_out = ~np.isnan(clf.oof_proba_[:, 0])
    assert set(months[held_out]) == {"07", "08", "09", "10"}  # the last two fifths of ten months
    trained = [
        fold.n_trained for fold in cross_validate(lambda *_: Case.make(), X, Y, folds=2, **options)
    ]
    assert trained == [75, 112]
    search = Search(X, Y, seconds=60, settings={"quality": "fast", "epochs": 1}, **options)
    assert next(search.run()).log_loss is not None
    for fit in (
        lambda: Case.make().fit(X, Y, time="sent"),
        lambda: Search(X, Y, seconds=60, time="sent"),
    ):
        with pytest.raises(DataError, match="'sent' cannot be put in the order of time"):
            fit()


def test_weights_and_times_may_be_written_with_commas() -> None:
    X = {
        "size": SIZE.tolist(),
        "w": COLUMNS["w"],
        "t": [f"{i / 4:.2f}".replace(".", ",") for i in range(N)],
    }
    numbers = {**X, "w": [i % 4 / 2 for i in range(N)], "t": [i / 4 for i in range(N)]}
    by_words, by_numbers = (
        Case.make().fit(table, Y, time="t", sample_weight="w") for table in (X, numbers)
    )
    np.testing.assert_array_equal(by_words.oof_proba_, by_numbers.oof_proba_)
    wrong = [*COLUMNS["w"]]
    wrong[7] = "much"
    with pytest.raises(DataError, match=r"column 'w' has 'much' in row 8: a weight is a number"):
        Case.make().fit({**X, "w": wrong}, Y, sample_weight="w")


def test_the_trials_of_a_search_read_the_words_of_a_text_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    learned = []

    def counted(*arguments: Any) -> Any:
        learned.append(1)
        return learn_weights(*arguments)

    monkeypatch.setattr(texts, "learn_weights", counted)
    case = Case("text", "no role")
    settings = {"quality": "fast", "epochs": 2, "hidden_layer_sizes": [4]}
    trials = Search(case.X, Y, seconds=60, settings=settings, **case.of_folds).run()
    next(trials)
    n = len(learned)
    assert n > 2
    first, second = next(trials), next(trials)
    assert (first.number, second.number, len(learned)) == (1, 2, n)
