"""TabularClassifier: whatever table and labels it is given, an answer or an error that helps."""

import copy
import datetime as dt
import math
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from numlp import DataError, TabularClassifier, load, metrics
from numlp.columns import as_columns

NAN = math.nan


def small(**parameters: Any) -> TabularClassifier:
    """A classifier that learns in a moment."""
    defaults: dict[str, Any] = {
        "hidden_layer_sizes": (8,), "learning_rate_init": 0.05, "dropout": 0.0,
        "max_epochs": 25, "random_state": 0,
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
    assert FITTED.score(X, Y) > 0.95


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
    P = FITTED.predict_proba([[1e308, -1e308, 0], [NAN, NAN, NAN]])
    assert np.isfinite(P).all()
    assert FITTED.predict([[1e308, 0, 0]]).tolist() == ["top"]


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
        "size": "number", "hue": "category", "seen": "number", "id": "set aside",
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
        "size: 1 cell no number, taken as missing: 'tall'",
    ]


HOSTILE_NAMES = ["", " ", "(nothing)", "ä\u0301\u202e", '"', "'", "a\nb", "<script>", "x" * 3000]


def test_hostile_names_go_through_training_and_file(tmp_path: Path) -> None:
    table = {name: X[:, j % 3] for j, name in enumerate(HOSTILE_NAMES)}
    clf = small(max_epochs=10).fit(table, Y)
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
    "a negative weight": (X, Y, np.where(np.arange(150) == 3, -1, 1), "-1.0 in row 4"),
    "a NaN weight": (X, Y, np.where(np.arange(150) == 3, NAN, 1), "nan in row 4"),
    "an infinite weight": (X, Y, np.where(np.arange(150) == 3, np.inf, 1), "inf in row 4"),
    "weights all zero": (X, Y, np.zeros(150), "all zero"),
    "fewer weights": (X, Y, np.ones(149), r"shape \(149,\)"),
    "a table of weights": (X, Y, np.ones((150, 1)), r"shape \(150, 1\)"),
    "weights that are words": (X, Y, ["a"] * 150, "sample_weight holds what is no number"),
    "complex weights": (X, Y, [1j] * 150, "sample_weight holds what is no number"),
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
def test_what_cannot_be_predicted_is_refused(training: Any, later: Any, message: str) -> None:
    clf = small(max_epochs=3, patience=9).fit(training, Y if training is not MESSY else BIRDS)
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
        clf = small().fit(table, y)
    assert caught[0].filename == __file__
    assert set(clf.predict(table)) == {"often"}


def test_classes_too_small_to_be_held_out_are_kept_and_named() -> None:
    y = Y.astype(object)
    y[:2] = ["lone", "one"]
    with pytest.warns(UserWarning, match="2 of 5 classes have too few rows.*'lone', 'one'"):
        clf = small().fit(X, y)
    assert clf.classes_.tolist() == ["lone", "low", "mid", "one", "top"]
    assert clf.predict_proba(X).shape == (150, 5)


def test_too_few_rows_to_hold_any_out_are_all_used() -> None:
    with pytest.warns(UserWarning, match="3 rows are too few to hold any out"):
        clf = small(validation_fraction=0.1).fit([[1], [2], [9]], ["a", "a", "b"])
    assert clf.validation_scores_.n_rows == 3


def test_a_net_that_does_not_learn_says_so() -> None:
    with pytest.warns(UserWarning, match="did not learn.*above 1.083") as caught:
        small(learning_rate_init=1e-9, max_epochs=2).fit(X, Y)
    assert caught[0].filename == __file__


def test_weights_are_in_the_price_of_a_guess() -> None:
    y = np.where(X[:, 1] > 35, "rare", "often")
    weight = np.where(y == "rare", (y == "often").mean(), (y == "rare").mean())
    # Unweighted, a guess costs 0.2 nats, and weighted 0.69: what is learned lies between.
    clf = small(max_epochs=3, learning_rate_init=0.01).fit(X[:, 1:], y, weight)
    shares = metrics.prior_entropy((y == "rare").astype(int), 2)
    assert shares < min(clf.history_["train_loss"]) < math.log(2)


# Weights


def test_a_row_of_weight_zero_is_as_if_it_were_not_there() -> None:
    weight = np.where(np.arange(150) % 3 == 0, 0.0, 2.5)
    given = weight > 0
    clf = small().fit(X, Y, weight)
    alone = small().fit(X[given], Y[given], weight[given])
    assert clf.predict_proba(X).tobytes() == alone.predict_proba(X).tobytes()
    assert clf.validation_scores_.n_rows == 20


@pytest.mark.parametrize("scale", [1, 7.5, 1e-320, 1e307])
def test_only_the_ratios_of_weights_count(scale: float) -> None:
    clf = small().fit(X, Y, np.full(150, scale))
    np.testing.assert_allclose(clf.predict_proba(X), ANSWERS, atol=1e-5)


@pytest.mark.filterwarnings("ignore:the net did not learn")  # as there is nothing to learn
def test_a_row_twice_counts_as_a_weight_of_two() -> None:
    x, y = np.tile([[0.0], [1.0]], (90, 1)), np.repeat(["often", "rare"], [120, 60])
    twice = np.concatenate([np.arange(180), np.flatnonzero(y == "rare")])
    # x says nothing of y, so the answer is the share of each class, a third or a half.
    weighted = small().fit(x, y, np.where(y == "rare", 2, 1))
    doubled = small().fit(x[twice], y[twice])
    for clf in (weighted, doubled):
        np.testing.assert_allclose(clf.predict_proba(x), 1 / 2, atol=0.05)
    np.testing.assert_allclose(small().fit(x, y).predict_proba(x)[:, 1], 1 / 3, atol=0.05)
    losses = [clf.history_["validation_loss"].min() for clf in (weighted, doubled)]
    assert losses == pytest.approx([math.log(2)] * 2, abs=0.01)


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


def test_many_classes_take_no_memory_for_each_row_and_class() -> None:
    n_classes = 1500
    y = np.tile(np.arange(n_classes), 8)
    table = {"a": y % 60.0, "b": y // 60.0}
    tracemalloc.start()
    try:
        clf = small(hidden_layer_sizes=(4,), max_epochs=1).fit(table, y)
        clf.predict(table)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    one_hot = len(y) * n_classes * 4
    assert peak < one_hot
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
        (X, Y, -np.ones(150), "-1.0 in row 1"),
        (X, None, None, "y is None"),
    ],
)
def test_a_score_of_nothing_is_refused(table: Any, y: Any, weight: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        FITTED.score(table, y, weight)


def test_labels_it_does_not_know_are_wrong() -> None:
    assert FITTED.score(X, np.zeros(150, int)) == 0


def test_no_rows_get_no_answers() -> None:
    assert FITTED.predict(X[:0]).tolist() == []
    assert FITTED.predict_proba(X[:0]).shape == (0, 3)
