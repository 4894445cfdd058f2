"""TabularClassifier: whatever table and labels it is given, an answer or an error that helps."""

import copy
import datetime as dt
import math
import threading
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from numlp import DataError, DivergenceError, TabularClassifier, load
from numlp.data.columns import as_columns
from numlp.decisions.thresholds import METRICS
from numlp.ensemble import ensemble, learning, shares
from numlp.ensemble import run as tabular_training
from numlp.metrics import confusion_matrix, log_loss
from numlp.metrics import scores as metrics

NAN = math.nan


def small(**parameters: Any) -> TabularClassifier:
    """A classifier that learns in a moment."""
    defaults: dict[str, Any] = {
        "quality": "fast", "hidden_layer_sizes": 8, "epochs": 40, "n_jobs": 1, "random_state": 0,
    }  # fmt: skip
    return TabularClassifier(**(defaults | parameters))


def rows(n: int = 150) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Three classes that a straight line tells apart: whole numbers, exact in every type."""
    X = np.random.default_rng(0).integers(-40, 41, (n, 3)).astype(np.float64)
    return X, np.array(["low", "mid", "top"])[np.digitize(X[:, 0], [-15, 15])]


X, Y = rows()
FITTED = small().fit(X, Y)
ANSWERS = FITTED.predict_proba(X)


def test_it_learns_what_can_be_learned() -> None:
    assert small(epochs=80).fit(X, Y).score(X, Y) > 0.95


# The same numbers in any form, the same bits out


def _memmap(folder: Path) -> np.ndarray[Any, Any]:
    mapped = np.memmap(folder / "X", np.float64, "w+", shape=X.shape)
    mapped[:] = X
    return mapped


def _read_only(_: Path) -> np.ndarray[Any, Any]:
    frozen = X.copy()
    frozen.flags.writeable = False
    return frozen


def _sparse(form: str) -> Callable[[Path], Any]:
    return lambda _: getattr(pytest.importorskip("scipy.sparse"), form)(X)


def cells(table: Any) -> list[list[Any]]:
    return [column.tolist() for column in as_columns(table).columns.values()]


NAMES = ["x0", "x1", "x2"]
FORMS: dict[str, Callable[[Path], Any]] = {
    "float16": lambda _: X.astype(np.float16),
    "float32": lambda _: X.astype(np.float32),
    "int8": lambda _: X.astype(np.int8),
    "objects": lambda _: X.astype(int).astype(object),
    "text": lambda _: X.astype(str),
    "text with blanks": lambda _: np.char.add(np.char.add(" ", X.astype(str)), "\t"),
    "lists": lambda _: X.tolist(),
    "F order": lambda _: np.asfortranarray(X),
    "negative strides": lambda _: X[::-1, ::-1].copy()[::-1, ::-1],
    "big-endian": lambda _: X.astype(">f8"),
    "read-only": _read_only,
    "memmap": _memmap,
    "masked": lambda _: np.ma.masked_array(X),
    "CSR": _sparse("csr_array"),
    "CSC": _sparse("csc_matrix"),
    "COO": _sparse("coo_array"),
    "dict": lambda _: {name: X[:, j] for j, name in enumerate(NAMES)},
    "pandas": lambda _: pd.DataFrame(X, columns=NAMES),
    "pandas Int64": lambda _: pd.DataFrame(X, columns=NAMES).astype("Int64"),
    "pandas numbered": lambda _: pd.DataFrame(X),
    "polars": lambda _: pl.DataFrame(X, schema=NAMES),
    "polars lazy": lambda _: pl.LazyFrame(X, schema=NAMES),
    "pyarrow": lambda _: pa.table({name: X[:, j] for j, name in enumerate(NAMES)}),
}


@pytest.mark.heavy
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_same_numbers_in_another_form_give_the_same_bits(
    form: Callable[[Path], Any], tmp_path: Path
) -> None:
    table = form(tmp_path)
    before = copy.deepcopy(table)
    clf = small().fit(table, Y)
    assert clf.predict_proba(table).tobytes() == ANSWERS.tobytes()
    assert FITTED.predict_proba(table).tobytes() == ANSWERS.tobytes()
    assert cells(table) == cells(before)


def test_booleans_are_zero_and_one() -> None:
    B = X > 0
    assert (
        small().fit(B, Y).predict_proba(B).tobytes()
        == small().fit(B * 1.0, Y).predict_proba(B * 1.0).tobytes()
    )


SCALES: dict[str, Any] = {
    "1e30": 1e30, "1e-30": 1e-30, "1e200": 1e200, "1e-200": 1e-200,
    "one column 1e6": [1, 1e6, 1], "three scales": [1e-30, 1e30, 1e200],
}  # fmt: skip


@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
def test_accuracy_does_not_depend_on_the_scale(scale: Any) -> None:
    clf = small().fit(X * scale, Y)
    np.testing.assert_allclose(clf.predict_proba(X * scale), ANSWERS, atol=1e-3)
    assert clf.score(X * scale, Y) == FITTED.score(X, Y)


def test_a_number_far_outside_is_answered() -> None:
    told = "x0: 1 cell missing, where none was in training; x1: 1 cell missing"
    with pytest.warns(UserWarning, match=told):
        P = FITTED.predict_proba([[1e308, -1e308, 0], [NAN, NAN, NAN]])
    assert np.isfinite(P).all()
    np.testing.assert_allclose(P.sum(axis=1), 1)


# Tables with words, holes and times

MESSY: dict[str, list[Any]] = {
    "size": [1.0, 1.2, None, 3.1, 3.3, 2.9] * 10,
    "hue": ["red", "red ", "grey", None, "black", "\tblack"] * 10,
    "seen": [dt.date(2020, 1, 1 + i % 6) for i in range(60)],
    "id": [f"bird {i}" for i in range(60)],
    "empty": [None] * 60,
    "same": ["x"] * 60,
    "text": [f" {i % 6}.5" for i in range(60)],
    "serial": [2**60 + i for i in range(60)],
}
BIRDS = ["wren", "wren", "wren", "rook", "rook", "rook"] * 10


@pytest.mark.parametrize("frame", [dict, pd.DataFrame, pl.DataFrame, pl.LazyFrame, pa.table])
def test_every_frame_gives_the_same_model(frame: Any) -> None:
    clf = small().fit(frame(MESSY), BIRDS)
    assert clf.predict(frame(MESSY)).tolist() == BIRDS
    assert clf.columns_ == small().fit(MESSY, BIRDS).columns_
    kinds = {column["name"]: column["kind"] for column in clf.columns_}
    assert kinds == {
        "size": "number", "hue": "category", "seen": "date", "id": "set aside",
        "empty": "set aside", "same": "set aside", "text": "number", "serial": "set aside",
    }  # fmt: skip
    assert clf.feature_names_in_.tolist() == list(MESSY)
    assert clf.n_features_in_ == len(MESSY)


def test_a_time_zone_changes_nothing_but_the_hour() -> None:
    times = pd.Series(pd.date_range("2020-01-01", periods=60, freq="D"))
    frame = pd.DataFrame({"seen": times, "size": MESSY["size"]})
    zoned = frame.assign(seen=times.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"))
    clf = small().fit(frame, BIRDS)
    assert clf.predict_proba(zoned).tobytes() == clf.predict_proba(frame).tobytes()


def test_a_masked_cell_is_a_missing_one() -> None:
    mask = np.zeros(X.shape, bool)
    mask[::7, 1] = True
    masked, holes = np.ma.masked_array(X, mask), np.where(mask, NAN, X)
    assert (
        small().fit(masked, Y).predict_proba(masked).tobytes()
        == small().fit(holes, Y).predict_proba(holes).tobytes()
    )


def test_an_unseen_word_and_a_new_hole_are_answered_and_noted() -> None:
    clf = small().fit({"hue": ["r", "b"] * 30, "size": [1.0, 2.0] * 30}, ["rook", "wren"] * 30)
    notes: list[str] = []
    later = {"hue": ["puce", None, "r"], "size": [None, 2.0, "tall"]}
    P = clf.model_.predict_proba(later, notes)
    assert np.isfinite(P).all()
    assert notes == [
        "hue: 1 cell with a word that was rare in training, or never seen there",
        "hue: 1 cell missing, where none was in training",
        "size: 1 cell no number, taken as missing: 'tall'",
        "size: 1 cell missing, where none was in training",
    ]


HOSTILE_NAMES = ["", " ", "(nothing)", "ä\u0301\u202e", '"', "'", "a\nb", "<script>", "x" * 3000]


def test_hostile_names_go_through_training_and_file(tmp_path: Path) -> None:
    table = {name: X[:, j % 3] for j, name in enumerate(HOSTILE_NAMES)}
    clf = small().fit(table, Y)
    clf.save(tmp_path / "m.numlp")
    assert load(tmp_path / "m.numlp").predict(table).tolist() == clf.predict(table).tolist()
    assert clf.feature_names_in_.tolist() == HOSTILE_NAMES


# Labels


LABELS: dict[str, tuple[Any, Any]] = {
    "text": (np.array(["no", "yes"]), "<U3"),
    "objects": (np.array(["no", "yes"], object), object),
    "booleans": (np.array([False, True]), bool),
    "0 and 5": (np.array([0, 5]), np.int64),
    "-1 and 1": (np.array([-1, 1], np.int8), np.int8),
    "whole floats": (np.array([1.0, 2.0]), np.float64),
}


@pytest.mark.parametrize(("pair", "dtype"), LABELS.values(), ids=LABELS)
def test_labels_come_back_as_they_went_in(
    pair: np.ndarray[Any, Any], dtype: Any, tmp_path: Path
) -> None:
    y = pair[(X[:, 0] > 0).astype(int)]
    clf = small().fit(X, y)
    clf.save(tmp_path / "m.numlp")
    for predicted in (clf.predict(X), load(tmp_path / "m.numlp").predict(X)):
        assert predicted.dtype == dtype
        assert set(predicted.tolist()) == set(pair.tolist())
        assert (predicted == y).mean() > 0.95
    assert clf.classes_.tolist() == pair.tolist()


@pytest.mark.parametrize(
    ("y", "dtype"),
    [
        (pd.Series(BIRDS, dtype="category"), object),
        (pd.Series(BIRDS, dtype=pd.ArrowDtype(pa.string())), object),
        (pd.Series([3, 3, 3, 7, 7, 7] * 10, dtype="Int64"), np.int64),
        (pl.Series(BIRDS, dtype=pl.Categorical), object),
        (pa.array(BIRDS), object),
    ],
)
def test_labels_of_frames_come_back(y: Any, dtype: Any) -> None:
    clf = small().fit(MESSY, y)
    assert clf.predict(MESSY).dtype == dtype
    assert clf.predict(MESSY).tolist() == y.to_pylist() if hasattr(y, "to_pylist") else list(y)
    assert clf.score(MESSY, y) == 1


# What cannot be learned from


def _holed(y: np.ndarray[Any, Any], hole: Any) -> np.ndarray[Any, Any]:
    y = y.astype(object)
    y[4] = hole
    return y


INFINITE = X.copy()
INFINITE[7, 1] = np.inf

REFUSED: dict[str, tuple[Any, Any, Any, str]] = {
    # name: (X, y, sample_weight, message)
    "no rows": (X[:0], Y[:0], None, "0 sample"),
    "one row": (X[:1], Y[:1], None, "one class only, .*, in all 1 rows"),
    "one class": (X, np.full(len(X), 7), None, "one class only, 7, in all 150 rows"),
    "as many classes as rows": (X, np.arange(len(X)), None, "as many classes as rows, 150"),
    "no columns": (X[:, :0], Y, None, r"0 feature\(s\)"),
    "no columns, pandas": (pd.DataFrame(index=range(150)), Y, None, r"0 feature\(s\)"),
    "infinity": (INFINITE, Y, None, "column 'x1' has inf in row 8"),
    "three dimensions": (X[None], Y, None, "got 3D array"),
    "complex": (X * 1j, Y, None, "Complex data not supported"),
    "fewer labels": (X, Y[:-1], None, "X has 150 rows, but y has 149"),
    "no labels": (X, None, None, "target y is None"),
    "a missing label": (X, _holed(Y, None), None, "1 of 150 labels are missing.* row 5"),
    "a NaN label": (X, _holed(Y, NAN), None, "1 of 150 labels are missing.* row 5"),
    "labels of two types": (X, _holed(Y, 3), None, "labels of type int, str"),
    "continuous labels": (X, X[:, 0] / 7, None, "looks like regression"),
    "a negative weight": (X, Y, np.where(np.arange(150) == 3, -1, 1), "-1 in row 4"),
    "a NaN weight": (X, Y, np.where(np.arange(150) == 3, NAN, 1), "nan in row 4"),
    "an infinite weight": (X, Y, np.where(np.arange(150) == 3, np.inf, 1), "inf in row 4"),
    "weights all zero": (X, Y, np.zeros(150), "every sample weight is zero"),
    "fewer weights": (X, Y, np.ones(149), r"shape == \(149,\)"),
    "a table of weights": (X, Y, np.ones((150, 1)), r"shape \(150, 1\)"),
    "weights that are words": (X, Y, ["a"] * 150, "sample_weight has a value that is not a number"),
    "complex weights": (X, Y, [1j] * 150, "sample_weight has a value that is not a number"),
    "weights of one class alone": (X, Y, Y == "low", "one class only, 'low'"),
    "a name that is no text": ({"\ud800": X[:, 0]}, Y, None, "no model file can hold"),
    "a label that is no text": (X, np.where(Y == "low", "\ud800", Y), None, "no model file can"),
}


@pytest.mark.parametrize(
    ("table", "y", "weight", "message"), REFUSED.values(), ids=REFUSED
)  # fmt: skip
def test_what_cannot_be_learned_from_is_refused(
    table: Any, y: Any, weight: Any, message: str
) -> None:
    clf = small()
    with pytest.raises(DataError, match=message):
        clf.fit(table, y, weight)
    assert [name for name in vars(clf) if name.endswith("_")] == []


@pytest.mark.parametrize(
    ("training", "later", "message"),
    [
        (X, X[:, :2], "X has 2 features, but numlp is expecting 3 features"),
        (X, X[0], "got 1D array"),
        (X, -INFINITE, "column 'x1' has -inf in row 8"),
        (MESSY, {**MESSY, "size": None}, r"column 'size' has shape \(\)"),
        (MESSY, {"size": [1], "HUE": ["red"]}, "'hue', 'seen', 'text' are missing"),
        (MESSY, {**MESSY, "seen": [1.0] * 60}, "'seen' had times in training, and has numbers"),
        (pd.DataFrame(X), pd.DataFrame(X, columns=list("012"))[["0", "1"]], "'2' is missing"),
        (pd.DataFrame(X), pd.DataFrame(X, columns=[0, 1, 1]), "unique"),
    ],
)
@pytest.mark.filterwarnings("ignore:the net did not learn")  # in so few epochs
def test_what_cannot_be_predicted_is_refused(training: Any, later: Any, message: str) -> None:
    clf = small(epochs=3).fit(training, Y if training is not MESSY else BIRDS)
    with pytest.raises(DataError, match=message):
        clf.predict(later)


def test_a_fit_that_fails_leaves_the_old_one_whole() -> None:
    clf = small().fit(X, Y)
    before = clf.predict_proba(X).tobytes()
    with pytest.raises(DataError):
        clf.fit({"a": [1, 2]}, [0, 0])
    assert clf.predict_proba(X).tobytes() == before
    assert clf.classes_.tolist() == ["low", "mid", "top"]


def test_fitting_again_forgets_the_first_table() -> None:
    clf = small().fit(MESSY, BIRDS)
    clf.fit(X, Y)
    assert not hasattr(clf, "feature_names_in_")
    assert clf.predict_proba(X).tobytes() == ANSWERS.tobytes()


# Warnings


@pytest.mark.parametrize(
    "table",
    [np.ones((40, 3)), {"a": ["x"] * 40, "b": [None] * 40}, {"id": [f"i{i}" for i in range(40)]}],
)
def test_a_table_that_teaches_nothing_gives_the_majority_class_and_a_warning(table: Any) -> None:
    y = ["rare", "often", "often", "mid", "often"] * 8
    with pytest.warns(UserWarning, match="no column can teach anything") as caught:
        clf = small(validation=5, ensemble_size=5).fit(table, y)
    assert caught[0].filename == __file__
    assert set(clf.predict(table)) == {"often"}


def test_classes_of_a_single_row_are_kept_and_named() -> None:
    y = Y.astype(object)
    y[:2] = ["lone", "one"]
    with pytest.warns(UserWarning, match="2 of 5 classes have a single row.*'lone', 'one'") as told:
        clf = small(validation=5, ensemble_size=5).fit(X, y)
    assert told[0].filename == __file__
    assert np.isnan(clf.oof_proba_).all(axis=1).tolist() == [True] * 2 + [False] * 148
    assert clf.score_.n_rows == 148
    assert clf.classes_.tolist() == ["lone", "low", "mid", "one", "top"]
    assert clf.predict_proba(X).shape == (150, 5)


@pytest.mark.filterwarnings("ignore:the net did not learn", "ignore:1 of 2 classes")
@pytest.mark.parametrize("y", [["a", "a", "b"], ["a", "b", "b"]])
@pytest.mark.parametrize("quality", ["fast", "balanced", "best"])
def test_three_rows_are_enough_to_answer(y: list[str], quality: str) -> None:
    clf = small(quality=quality).fit([[1], [2], [9]], y)
    assert clf.score_.n_rows == 2
    assert set(clf.predict([[1], [5]])) <= {"a", "b"}


UNRELATED = np.random.default_rng(3).permutation(Y)


def test_a_net_that_does_not_learn_says_so() -> None:
    guess = metrics.prior_entropy(np.unique(UNRELATED, return_inverse=True)[1], 3)
    with pytest.warns(UserWarning, match=f"did not learn.*above {guess:.4g}") as caught:
        small(epochs=1, validation=5).fit(X, UNRELATED)
    assert caught[0].filename == __file__


def test_the_price_of_a_guess_and_of_the_answers_are_by_weight() -> None:
    y = np.where(X[:, 0] > 28, "rare", "often")
    # Unweighted a guess costs 0.4 nats, and weighted 0.69; the answers cost less than either only
    # if they are weighted as the guess is.
    for weight in (None, "balanced", {"often": 5}, {"rare": 30}):
        small(class_weight=weight, epochs=60, validation=5, ensemble_size=5).fit(X, y)


# Weights


def test_a_row_of_weight_zero_is_as_if_it_were_not_there() -> None:
    weight = np.where(np.arange(150) % 3 == 0, 0.0, 2.5)
    given = weight > 0
    clf = small().fit(X, Y, weight)
    alone = small().fit(X[given], Y[given], weight[given])
    assert clf.predict_proba(X).tobytes() == alone.predict_proba(X).tobytes()
    assert clf.validation_scores_.n_rows == 50
    assert np.isnan(clf.oof_proba_[~given]).all()
    np.testing.assert_array_equal(clf.oof_proba_[given], alone.oof_proba_)


@pytest.mark.parametrize("scale", [1, 7.5, 1e-320, 1e307])
def test_only_the_ratios_of_weights_count(scale: float) -> None:
    clf = small().fit(X, Y, np.full(150, scale))
    np.testing.assert_allclose(clf.predict_proba(X), ANSWERS, atol=1e-5)


@pytest.mark.filterwarnings("ignore:the net did not learn")  # as there is nothing to learn
def test_a_row_twice_counts_as_a_weight_of_two() -> None:
    x, y = np.tile([[0.0], [1.0]], (90, 1)), np.repeat(["often", "rare"], [120, 60])
    twice = np.concatenate([np.arange(180), np.flatnonzero(y == "rare")])
    # x says nothing of y, so the answer is the share of each class, a third or a half.
    bag = small(validation=5, ensemble_size=5)
    weighted = bag.fit(x, y, np.where(y == "rare", 2, 1)).predict_proba(x)
    doubled = bag.fit(x[twice], y[twice]).predict_proba(x)
    for P in (weighted, doubled):
        np.testing.assert_allclose(P, 1 / 2, atol=0.08)
    np.testing.assert_allclose(bag.fit(x, y).predict_proba(x)[:, 1], 1 / 3, atol=0.08)


# Metamorphic


def test_permuting_the_rows_at_predict_permutes_the_answers() -> None:
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_allclose(FITTED.predict_proba(X[order]), ANSWERS[order], rtol=1e-6)


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, pa.table])
def test_columns_in_another_order_are_put_right_by_name(frame: Any) -> None:
    clf = small().fit(frame(MESSY), BIRDS)
    mixed = dict(sorted(MESSY.items()))
    assert list(mixed) != list(MESSY)
    assert clf.predict_proba(frame(mixed)).tobytes() == clf.predict_proba(MESSY).tobytes()


def test_a_column_times_a_power_of_two_gives_the_same_bits() -> None:
    scale = [4.0, 0.5, 2.0**60]
    assert small().fit(X * scale, Y).predict_proba(X * scale).tobytes() == ANSWERS.tobytes()


# Many classes


@pytest.mark.filterwarnings("ignore:the net did not learn")  # in one epoch
@pytest.mark.heavy
def test_many_classes_take_no_memory_for_each_row_and_class(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    n_classes = 1000
    y = np.tile(np.arange(n_classes), 24)
    table = {"a": y % 60.0, "b": y // 60.0}
    monkeypatch.setattr(shares, "SNAPSHOT_BYTES", 1 << 21)
    tracemalloc.start()
    try:
        with pytest.warns(match="of the classes 0, 1, 2, 3, 4 and 769 more, so the scores say"):
            clf = small(hidden_layer_sizes=(4,), epochs=1).fit(table, y)
        clf.predict(table)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert clf.oof_proba_.shape == (len(y), n_classes)
    assert 0 < clf.score_.n_rows == np.isfinite(clf.oof_proba_[:, 0]).sum() < len(y)
    assert peak < 0.5 * clf.oof_proba_.nbytes
    assert "confusion" not in vars(clf.validation_scores_)  # made when it is asked for


# Scores


def test_the_score_is_the_share_right_by_weight() -> None:
    right = FITTED.predict(X) == Y
    weight = np.arange(150)
    assert FITTED.score(X, Y) == right.mean()
    assert FITTED.score(X, Y.tolist(), weight) == pytest.approx(np.average(right, weights=weight))


@pytest.mark.parametrize(
    ("table", "y", "weight", "message"),
    [
        (X, Y[:-1], None, "X has 150 rows, but y has 149"),
        (X[:0], Y[:0], None, "no row to score"),
        (X, Y, -np.ones(150), "-1 in row 1"),
        (X, None, None, "y is None"),
    ],
)
def test_a_score_of_nothing_is_refused(table: Any, y: Any, weight: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        FITTED.score(table, y, weight)


def test_labels_it_does_not_know_are_wrong() -> None:
    assert FITTED.score(X, ["new"] * 150) == 0
    assert FITTED.score(X, [*FITTED.predict(X)[:75], *["new"] * 75]) == 0.5


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros(150, int), "y has whole numbers, such as 0 in row 1, .* text"),
        ([True] * 150, "y has booleans, such as True in row 1"),
        ([*["new"] * 149, None], "1 of 150 labels are missing, the first in row 150"),
        (np.ma.masked_array(["new"] * 150, np.arange(150) == 3), "missing, the first in row 4"),
        ([*["new"] * 149, " "], "1 of 150 labels are blank, the first in row 150"),
        ([*["new"] * 149, 1], "the first of another type than row 1 is in row 150"),
    ],
)
def test_labels_that_cannot_be_compared_are_not_scored(y: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        FITTED.score(X, y)


def test_a_masked_weight_is_refused_with_its_row() -> None:
    weight = np.ma.masked_array(np.ones(150), np.arange(150) == 7)
    for call in (lambda: small().fit(X, Y, weight), lambda: FITTED.score(X, Y, weight)):
        with pytest.raises(DataError, match="sample_weight is masked in row 8"):
            call()


@pytest.mark.parametrize("dtype", [np.int16, np.float32, object])
def test_what_stands_under_a_mask_changes_no_answer(dtype: Any) -> None:
    mask = np.zeros(X.shape, bool)
    mask[::5, 0] = True
    P = [
        FITTED.model_.predict_proba(
            np.ma.masked_array(np.where(mask, under, X).astype(dtype), mask), notes=[]
        )
        for under in (999, -7)
    ]
    assert P[0].tobytes() == P[1].tobytes()


@pytest.mark.filterwarnings("ignore:the net did not learn anything")
def test_a_quantity_is_refused_with_what_to_do() -> None:
    price = np.random.default_rng(0).integers(0, 10**6, 150)
    with pytest.raises(DataError, match=r"different numbers in 150 rows.*numpy\.digitize"):
        small().fit(X, price)
    with pytest.raises(DataError, match=r"looks like regression.*numpy\.digitize"):
        small().fit(X, price / 7)
    quarters = np.digitize(price, np.quantile(price, [0.25, 0.5, 0.75]))
    assert small(epochs=1).fit(X, quarters).classes_.tolist() == [0, 1, 2, 3]


def test_no_rows_get_no_answers() -> None:
    assert FITTED.predict(X[:0]).tolist() == []
    assert FITTED.predict_proba(X[:0]).shape == (0, 3)


# Rows held out


def noisy(
    n: int, seed: int, noise: float = 0.2
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Two classes by the sign of a number, a share of them wrong: nobody is right more often."""
    rng = np.random.default_rng(seed)
    A = rng.normal(0, 1, (n, 2))
    return A, (A[:, 0] > 0) ^ (rng.random(n) < noise)


BAG: dict[str, Any] = {"validation": 5, "ensemble_size": 5}


def test_answers_out_of_fold_are_of_nets_that_had_not_seen_the_row() -> None:
    rng = np.random.default_rng(0)
    n = 40
    y = rng.permutation(np.repeat([0, 1], n // 2))  # labels are drawn by lot,
    flags = np.eye(n, dtype=bool)  # but each row has a flag of its own to know it by
    table = {f"c{j}": flags[:, j] for j in range(n)}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "the net did not learn")  # as it may well say
        clf = small(hidden_layer_sizes=32, epochs=150, random_state=1, **BAG).fit(
            table, y, columns=dict.fromkeys(table, "category")
        )
    assert clf.score(table, y) > 0.95
    assert clf.score_.accuracy < 0.75
    assert (clf.oof_proba_.argmax(axis=1) == y).mean() == clf.score_.accuracy


@pytest.mark.parametrize("quality", ["fast", "balanced", "best"])
def test_out_of_fold_probabilities_stand_in_the_order_of_the_rows(quality: str) -> None:
    clf = small(quality=quality, epochs=60).fit(X, Y)
    held_out = ~np.isnan(clf.oof_proba_).any(axis=1)
    assert held_out.sum() == clf.score_.n_rows == clf.validation_scores_.n_rows
    assert held_out.sum() == (75 if quality == "fast" else 150)
    np.testing.assert_allclose(clf.oof_proba_[held_out].sum(axis=1), 1, rtol=1e-5)
    right = clf.classes_[clf.oof_proba_[held_out].argmax(axis=1)] == Y[held_out]
    assert right.mean() == clf.score_.accuracy > 0.7
    codes = np.searchsorted(clf.classes_, Y[held_out])
    assert clf.score_.log_loss == pytest.approx(log_loss(codes, clf.oof_proba_[held_out]), rel=1e-5)
    assert clf.score_.low < clf.score_.accuracy <= clf.score_.high


@pytest.mark.heavy
def test_the_estimate_is_near_the_accuracy_on_fresh_rows_and_hardly_ever_too_hopeful() -> None:
    # Rather too low than too high: a row held out is answered by one net, a fresh one by all.
    fresh, truth = noisy(4000, 999)
    errors, hopeful = [], 0
    for seed in range(16):
        clf = small(hidden_layer_sizes=32, epochs=60, random_state=seed, **BAG)
        accuracy = clf.fit(*noisy(300, seed)).score(fresh, truth)
        errors.append(clf.score_.accuracy - accuracy)
        hopeful += accuracy < clf.score_.low
    assert abs(np.mean(errors)) < 0.03
    assert hopeful <= 1


def test_the_estimate_is_told_in_words() -> None:
    text = str(FITTED.score_)
    assert text.startswith(f"accuracy {FITTED.score_.accuracy:.1%} (95 % interval ")
    assert text.endswith("on 75 rows held out")


@pytest.mark.parametrize(
    ("params", "n_held_out", "n_nets"),
    [
        ({"ensemble_size": 1}, 15, 1),
        ({"validation": 0.2}, 30, 2),
        ({"validation": 0.5, "ensemble_size": 3}, 75, 3),
        ({"validation": 7, "ensemble_size": 14}, 150, 14),
        ({"validation": 10, "ensemble_size": 2}, 15, 2),
        ({"validation": 5, "ensemble_size": 5}, 150, 5),
    ],
)
def test_rows_are_held_out_and_nets_trained_as_asked(
    params: dict[str, Any], n_held_out: int, n_nets: int
) -> None:
    clf = small(**params).fit(X, Y)
    assert clf.score_.n_rows == n_held_out
    made = clf.model_.info["recipe"]
    assert (made["n_bagged"] + made["n_refit"]) * len(made["waves"]) == n_nets
    assert 0 < clf.model_.network.k <= n_nets * len(clf.mixture_)
    assert sum(clf.mixture_.values()) == pytest.approx(1)
    assert set(clf.mixture_) <= set(range(1, 41))


@pytest.mark.filterwarnings("ignore:the net did not learn")  # of so few rows
def test_as_many_folds_as_rows_hold_out_one_each() -> None:
    clf = small(validation=12, ensemble_size=12).fit(X[:12], Y[:12])
    assert clf.score_.n_rows == 12
    assert not np.isnan(clf.oof_proba_).any()


@pytest.mark.heavy
@pytest.mark.filterwarnings("ignore:the net did not learn")
@pytest.mark.parametrize("n_rare", [1, 2, 3])
@pytest.mark.parametrize("quality", ["fast", "balanced"])
def test_a_class_of_few_rows_is_learned_from(n_rare: int, quality: str) -> None:
    x = np.linspace(0, 1, 40)
    x[:n_rare] = 9
    y = np.where(np.arange(40) < n_rare, "rare", np.where(x > 0.5, "big", "small"))
    clf = small(quality=quality, epochs=150, class_weight="balanced")
    if n_rare == 1:
        with pytest.warns(UserWarning, match="1 of 3 classes have a single row"):
            clf.fit(x[:, None], y)
    else:
        clf.fit(x[:, None], y)
    P = clf.predict_proba([[9.0], [0.1], [0.9]])[:, 1]
    assert P[0] > 2 * max(P[1:])


# The same model


def state(clf: TabularClassifier) -> list[Any]:
    return [clf.model_.network.theta.tobytes(), clf.oof_proba_.tobytes(), clf.score_, clf.mixture_,
            clf.temperature_, clf.model_.factors, clf.model_.shares]  # fmt: skip


@pytest.mark.parametrize("quality", ["fast", "balanced"])
def test_threads_change_no_bit(quality: str) -> None:
    one, two, three = (
        state(small(quality=quality, epochs=8, n_jobs=n, metric="f1").fit(X[:143], Y[:143]))
        for n in (1, 2, 3)
    )
    assert one == two == three


@pytest.mark.parametrize("n_jobs", [None, -1])
def test_all_cores_give_the_same_too(n_jobs: int | None) -> None:
    assert state(small(n_jobs=n_jobs).fit(X, Y)) == state(FITTED)


def test_a_seed_gives_the_same_file_twice_and_another_another(tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        small(random_state=seed).fit(X, Y).save(tmp_path / name)
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_a_generator_moves_on() -> None:
    rng = np.random.default_rng(0)
    clf = small(random_state=rng)
    first, second = (clf.fit(X, Y).predict_proba(X).tobytes() for _ in range(2))
    assert first != second
    again = small(random_state=np.random.default_rng(0)).fit(X, Y).predict_proba(X).tobytes()
    assert again == first


def test_the_file_holds_all_that_predicting_needs(tmp_path: Path) -> None:
    clf = small(metric="f1", **BAG).fit(*noisy(200, 0))
    clf.save(tmp_path / "m.numlp")
    model = load(tmp_path / "m.numlp")
    fresh, _ = noisy(500, 1)
    assert model.predict_proba(fresh).tobytes() == clf.predict_proba(fresh).tobytes()
    assert model.predict(fresh).tolist() == clf.predict(fresh).tolist()
    assert model.temperature == clf.temperature_ != 1
    assert model.factors == [clf.model_.factors[0], clf.model_.factors[1]] != [1, 1]
    estimate = model.info["validation"]
    assert [estimate[name] for name in clf.score_._fields] == list(clf.score_)
    assert dict(map(tuple, model.info["mixture"])) == clf.mixture_
    assert model.info["history"]["train_loss"] == clf.history_["train_loss"].tolist()


# What predict is good at


def rare(n: int, seed: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """One row in ten is of the second class, and only its chance can be known."""
    rng = np.random.default_rng(seed)
    A = rng.normal(0, 1, (n, 2))
    return A, (rng.random(n) < 1 / (1 + np.exp(3.2 - 1.6 * A[:, 0]))).astype(int)


@pytest.mark.parametrize("metric", ["f1", "balanced_accuracy"])
def test_the_threshold_is_chosen_for_the_metric(metric: str) -> None:
    fresh, truth = rare(5000, 999)
    clf = small(metric=metric, epochs=80, **BAG).fit(*rare(600, 0))
    assert clf.threshold_ < 0.45

    def reached(predicted: Any) -> float:
        return METRICS[metric](confusion_matrix(truth, predicted, labels=[0, 1]).astype(float))

    P = clf.predict_proba(fresh)
    np.testing.assert_array_equal(clf.predict(fresh), (P[:, 1] >= clf.threshold_).astype(int))
    assert reached(clf.predict(fresh)) > reached(P.argmax(axis=1)) + 0.05
    assert clf.validation_scores_.predicted.sum() == (clf.oof_proba_[:, 1] > clf.threshold_).sum()


def test_for_accuracy_the_threshold_is_a_half_and_of_three_classes_there_is_none() -> None:
    clf = small().fit(*rare(300, 0))
    assert clf.threshold_ == 0.5
    clf.fit(X, Y)
    assert not hasattr(clf, "threshold_")


@pytest.mark.parametrize("weight", ["balanced", {1: 10}, {1: 10, 0: 1}])
def test_weights_of_classes_find_more_of_the_rare_one(weight: Any) -> None:
    fresh, truth = rare(2000, 999)
    plain = small(**BAG).fit(*rare(300, 0))
    weighted = small(class_weight=weight, **BAG).fit(*rare(300, 0))
    recalls = [clf.predict(fresh)[truth == 1].mean() for clf in (plain, weighted)]
    assert recalls[1] > recalls[0] + 0.2


def test_weights_of_classes_are_weights_of_their_rows() -> None:
    by_class = small(class_weight={"low": 4.0}).fit(X, Y, np.full(150, 0.5))
    by_row = small().fit(X, Y, np.where(Y == "low", 2.0, 0.5))
    assert state(by_class) == state(by_row)


@pytest.mark.parametrize("scale", [1.0, 1e-300, 1e307])
def test_balanced_weights_do_not_depend_on_the_scale(scale: float) -> None:
    clf = small(class_weight="balanced").fit(X, Y, np.full(150, scale))
    expected = small(class_weight="balanced").fit(X, Y)
    np.testing.assert_allclose(clf.predict_proba(X), expected.predict_proba(X), atol=1e-4)


@pytest.mark.parametrize("seed", [0, 1])
def test_weights_too_small_for_float32_are_zeros(seed: int) -> None:
    weight = np.where(np.arange(150) % 3 == 0, 1e-60, 1.0)
    clf = small(random_state=seed).fit(X, Y, weight)
    assert state(clf)[2:] == state(small(random_state=seed).fit(X, Y, np.round(weight)))[2:]


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ({"low": 0, "mid": 0, "top": 0}, "class_weight=.* nothing to learn from"),
        ({"low": 0, "mid": 0}, "one class only, 'top'"),
    ],
)
def test_weights_that_leave_no_two_classes_are_refused(weight: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        small(class_weight=weight).fit(X, Y)


def test_rows_and_classes_whose_weights_cancel_are_refused() -> None:
    with pytest.raises(DataError, match="every row has a weight of zero"):
        small(class_weight={"low": 0}).fit(X, Y, Y == "low")


def test_a_weight_for_what_is_no_class_is_refused() -> None:
    with pytest.raises(ValueError, match="'high', which is not a class of y"):
        small(class_weight={"high": 2}).fit(X, Y)


# Columns as asked


def test_a_column_is_what_it_is_asked_to_be() -> None:
    clf = small().fit(MESSY, BIRDS, columns={"size": "category", "hue": "ignore"})
    kinds = {column["name"]: (column["kind"], column["why"]) for column in clf.columns_}
    assert kinds["size"][0] == "category"
    assert kinds["hue"] == ("set aside", "ignored, as asked")
    later = {**MESSY, "hue": ["?"] * 60}
    assert clf.predict_proba(later).tobytes() == clf.predict_proba(MESSY).tobytes()
    assert small().fit(X, Y, columns={1: "ignore"}).columns_[1]["kind"] == "set aside"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"hue": "number"}, "'hue' was asked to be 'number'"),
        ({"nought": "number"}, "no such column"),
        ({"hue": "word"}, "has to be one of"),
        (["hue"], "has to be a dict"),
    ],
)
def test_a_column_that_cannot_be_what_is_asked_is_refused(columns: Any, message: str) -> None:
    clf = small()
    with pytest.raises(ValueError, match=message):
        clf.fit(MESSY, BIRDS, columns=columns)
    assert not hasattr(clf, "model_")


# Stopping


@pytest.mark.filterwarnings("ignore:the net did not learn")
def test_a_callback_hears_of_every_epoch_and_may_end_the_run() -> None:
    heard: list[int] = []

    def listen(epoch: Any) -> None:
        heard.append(epoch.number)

    clf = small(callbacks=[listen, lambda epoch: epoch.number == 3]).fit(X, Y)
    assert heard == clf.history_["epoch"].tolist() == [1, 2, 3]
    assert (clf.n_iter_, clf.stop_reason_) == (3, "a callback asked for it")
    assert set(clf.mixture_) <= {1, 2, 3}
    assert FITTED.n_iter_ == 40
    assert FITTED.stop_reason_ == "its 40 epochs were over"
    assert set(FITTED.history_.to_dict()) == {
        "epoch",
        "train_loss",
        "validation_loss",
        "lr",
        "seconds",
    }


@pytest.mark.filterwarnings("ignore:the net did not learn")
def test_callbacks_are_all_called_though_one_ends_the_run() -> None:
    heard: list[int] = []
    small(callbacks=[lambda _: True, lambda epoch: heard.append(epoch.number)]).fit(X, Y)
    assert heard == [1]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, ZeroDivisionError])
@pytest.mark.parametrize("at", [1, 5])
def test_an_interruption_leaves_the_old_fit_whole_and_no_threads(
    error: type[BaseException], at: int
) -> None:
    clf = small(n_jobs=2).fit(X, Y)
    before, threads = (state(clf), dict(vars(clf))), set(threading.enumerate())

    def fail(epoch: Any) -> None:
        if epoch.number == at:
            raise error

    clf.callbacks = [fail]
    with pytest.raises(error):
        clf.fit(MESSY, BIRDS)
    clf.callbacks = ()
    assert state(clf) == before[0]
    assert {k: v for k, v in vars(clf).items() if k.endswith("_")} == {
        k: v for k, v in before[1].items() if k.endswith("_")
    }
    assert set(threading.enumerate()) == threads


class Clock:
    """A clock that goes on by a step whenever it is looked at."""

    def __init__(self, step: float) -> None:
        self.step, self.now = step, 0.0

    def perf_counter(self) -> float:
        self.now += self.step
        return self.now


@pytest.mark.filterwarnings("ignore:the net did not learn")
@pytest.mark.parametrize("step", [1e-6, 0.01, 1.0, 100.0])
def test_the_time_limit_ends_the_run(step: float, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(step)
    monkeypatch.setattr(tabular_training, "time", clock)
    monkeypatch.setattr(ensemble, "time", clock)
    clf = small(time_limit=10.0).fit(X, Y)
    assert clf.predict(X).shape == (150,)
    if step == 1e-6:
        assert clf.n_iter_ == 40
        assert clf.stop_reason_ == "its 40 epochs were over"
    else:
        assert clf.n_iter_ < 40 or step == 0.01
    assert clock.now <= 10 + 20 * step


@pytest.mark.filterwarnings("ignore:the net did not learn")
@pytest.mark.parametrize("limit", [1e-9, 0.01])
def test_a_tiny_limit_still_gives_a_model(limit: float) -> None:
    clf = small(time_limit=limit).fit(X, Y)
    assert clf.n_iter_ >= 1
    assert clf.predict(X).shape == (150,)


@pytest.mark.filterwarnings("ignore:the net did not learn")
def test_a_run_over_its_time_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(0.0)
    monkeypatch.setattr(tabular_training, "time", clock)

    def wait(_: Any) -> None:
        clock.now += 4.0

    monkeypatch.setattr(learning, "fit_to_time", lambda recipe, *_: recipe)
    clf = small(time_limit=10.0, callbacks=[wait]).fit(X, Y)
    assert (clf.n_iter_, clf.stop_reason_) == (3, "its time, 10 s, was over")


# Divergence


def test_nets_that_explode_later_leave_those_of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    original = ensemble.Ensemble.epochs

    def explode(self: Any) -> Iterator[Any]:
        for epoch in original(self):
            if epoch.number == 6:
                raise DivergenceError("the loss became nan", 6, 1, 0.1, 1.0)
            yield epoch

    monkeypatch.setattr(ensemble.Ensemble, "epochs", explode)
    clf = small()
    with pytest.raises(DivergenceError):
        clf.fit(X, Y)
    assert clf.n_iter_ == 5
    assert "diverged" in clf.stop_reason_
    assert np.isfinite(clf.predict_proba(X)).all()


# What was given


@pytest.mark.parametrize("weight", [None, np.arange(150.0)], ids=["all rows", "not all rows"])
def test_the_columns_of_a_caller_stay_unless_they_are_given_away(weight: Any) -> None:
    table = as_columns(X)
    whole = {name: cells.copy() for name, cells in table.columns.items()}
    kept = small(epochs=10).fit(table, Y, weight)
    assert table.names == list(whole)
    assert all((table[name] == cells).all() for name, cells in whole.items())
    given = small(epochs=10).fit(table.give_away(), Y, weight)
    assert table.names == []
    assert given.predict_proba(X).tobytes() == kept.predict_proba(X).tobytes()


@pytest.mark.parametrize("series", [pd.Series, lambda y, name: pl.Series(name, y)])
def test_the_name_of_y_is_the_target_of_the_model(series: Any, tmp_path: Path) -> None:
    clf = small(epochs=10).fit(X, series(Y, name="how high"))
    assert clf.model_.target == "how high"
    clf.save(tmp_path / "model.numlp")
    model = load(tmp_path / "model.numlp")
    assert model.target == "how high"
    assert "how high" in clf.model_._repr_html_()
    plain = small(epochs=10).fit(X, Y)
    assert plain.model_.target == ""
    assert plain.predict_proba(X).tobytes() == clf.predict_proba(X).tobytes()


def test_a_name_of_y_that_no_file_can_hold_is_refused_before_training() -> None:
    with pytest.raises(DataError, match="no model file can hold this table"):
        small().fit(X, pd.Series(Y, name="\ud800"))


def test_it_tells_how_many_rows_it_was_given() -> None:
    clf = small(epochs=10).fit(X, Y, np.arange(150.0))
    assert clf.n_samples_fit_ == len(clf.oof_proba_) == 150


@pytest.mark.filterwarnings("ignore:the net did not learn")  # in one epoch
def test_dates_that_may_be_read_in_two_ways_are_warned_of_and_the_fit_goes_on() -> None:
    when = [f"0{day}/0{month}/2023" for day in range(1, 8) for month in range(1, 7)]
    X, y = {"when": when, "x": np.arange(42) * 1.5}, ["a", "b"] * 21
    told = r"'when' is not read as dates: .* as %d/%m/%Y or .* Ask for 'date:%d/%m/%Y' or 'date:%m"
    with pytest.warns(UserWarning, match=told):
        clf = TabularClassifier("fast", epochs=1, random_state=0).fit(X, y)
    assert clf.columns_[0]["kind"] != "date"
    clf.fit(X, y, columns={"when": "date:%m/%d/%Y"})  # a warning would be an error
    assert clf.columns_[0]["kind"] == "date"


@pytest.mark.filterwarnings("ignore:the net did not learn", "ignore:none of the")
def test_words_that_are_not_read_since_there_are_many_classes_are_told() -> None:
    notes = np.array([f"a note of {i % 7} and {'very ' * (i % 3)}long" for i in range(204)], object)
    clf = TabularClassifier("fast", epochs=1, hidden_layer_sizes=4, random_state=0)
    with pytest.warns(UserWarning, match="the words of 'note' are not read, since there are 102"):
        clf.fit({"note": notes}, np.arange(204) % 102, columns={"note": "text"})
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        clf.fit({"note": notes}, np.arange(204) % 102, columns={"note": "text:length"})
    assert not any("words of" in str(w.message) for w in told)
