"""Scores of labels: scikit-learn's arguments and numbers, and what else is handed over, refused."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from numlp import metrics
from numlp.data.labels import encode_labels
from numlp.errors import DataError

oracle = pytest.importorskip("sklearn.metrics")

RNG = np.random.default_rng(0)
N = 90
BITS = RNG.integers(0, 2, N)
SCORE = np.clip(0.4 * BITS + RNG.random(N) / 2, 0, 1).round(2)
P = np.column_stack([1 - SCORE, SCORE])
ANSWERS = (SCORE > 0.5).astype(int)
WORDS = np.array(["no", "yes"])[BITS]
WEIGHT = RNG.integers(0, 4, N).astype(float)
MANY = RNG.choice(["ash", "elm", "oak"], N)
P3 = RNG.dirichlet(np.ones(3), N)

ON_SCORES = ["average_precision_score", "brier_score_loss", "log_loss", "roc_auc_score"]
ON_ANSWERS = ["accuracy_score", "confusion_matrix"]
FORMS: dict[str, Callable[[Any], Any]] = {
    "array": np.asarray, "list": list, "tuple": tuple, "pandas": pd.Series, "polars": pl.Series,
    "objects": lambda values: np.array(values, object),
    "category": lambda values: pd.Series(values).astype("category"),
    "column": lambda values: np.asarray(values)[:, None],
}  # fmt: skip


def same(name: str, ours: tuple[Any, ...], theirs: tuple[Any, ...], **arguments: Any) -> None:
    found = getattr(metrics, name)(*ours, **arguments)
    np.testing.assert_allclose(found, getattr(oracle, name)(*theirs, **arguments), rtol=1e-9)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ON_SCORES)
def test_labels_and_scores_in_any_form_give_scikit_learns_number(name: str, form: str) -> None:
    make = FORMS[form]
    for labels in (BITS, BITS.astype(bool), BITS.astype(np.int8), BITS.astype(float)):
        same(name, (make(labels), list(SCORE)), (BITS, SCORE))
        same(name, (make(labels), pd.Series(SCORE)), (BITS, SCORE), sample_weight=WEIGHT)
    given = {"pos_label": "yes"} if name in ("average_precision_score", "brier_score_loss") else {}
    same(name, (make(WORDS), SCORE), (WORDS, SCORE), **given)


@pytest.mark.parametrize("name", ON_ANSWERS)
@pytest.mark.parametrize("form", FORMS)
def test_labels_and_answers_in_any_form_give_scikit_learns_number(name: str, form: str) -> None:
    words = np.array(["no", "yes"])[ANSWERS]
    for true, predicted in ((BITS, ANSWERS), (WORDS, words), (BITS == 1, ANSWERS == 1)):
        same(name, (FORMS[form](true), FORMS[form](predicted)), (true, predicted))
        same(name, (true, predicted), (true, predicted), sample_weight=WEIGHT)


def test_a_column_is_the_label_in_its_place() -> None:
    given = {"labels": ["oak", "ash", "elm"]}
    same("log_loss", (MANY, P3), (MANY, P3), sample_weight=WEIGHT)
    shuffled = P3[:, [2, 0, 1]]
    assert metrics.log_loss(MANY, shuffled, **given) == metrics.log_loss(MANY, P3)
    assert metrics.roc_auc_score(MANY, shuffled, **given) == pytest.approx(
        oracle.roc_auc_score(MANY, P3, multi_class="ovr")
    )
    assert metrics.brier_score_loss(MANY, shuffled, **given) == pytest.approx(
        metrics.brier_score_loss(MANY, P3)
    )
    weighted = metrics.roc_auc_score(MANY, P3, sample_weight=WEIGHT)
    expected = oracle.roc_auc_score(MANY, P3, multi_class="ovr", sample_weight=WEIGHT)
    assert weighted == pytest.approx(expected)
    np.testing.assert_array_equal(
        metrics.confusion_matrix(MANY, MANY[::-1], **given),
        oracle.confusion_matrix(MANY, MANY[::-1], **given),
    )


def test_without_labels_the_columns_are_those_of_the_rows_sorted() -> None:
    numbers = np.searchsorted(np.unique(MANY), MANY)
    expected = metrics.log_loss(MANY, P3)
    for labels in (numbers, numbers + 1, 5 * numbers - 2, numbers.astype(float)):
        assert metrics.log_loss(labels, P3) == expected
    first = numbers == 0  # a class that has no row has a column all the same
    assert metrics.log_loss(numbers[first], P3[first], labels=[0, 1, 2]) == pytest.approx(
        -np.log(P3[first, 0]).mean()
    )


@pytest.mark.parametrize("name", ["log_loss", "brier_score_loss", "calibration_error"])
def test_a_fold_without_some_class_needs_labels_to_tell_the_columns(name: str) -> None:
    score, sure = getattr(metrics, name), np.array([[0.9, 0.1], [0.9, 0.1]])
    for y in ([1, 1], [0, 0], [0.0, 0.0], ["a", "a"]):
        with pytest.raises(DataError, match="say with labels="):
            score(y, sure)
        with pytest.raises(DataError, match="say with labels="):
            score(y, sure[:, 1])
    assert score([1, 1], sure, labels=[1, 2]) == score([0, 0], sure, labels=[0, 1])
    assert score([False, False], sure) == score([0, 0], sure, labels=[0, 1])
    with pytest.raises(DataError, match="2 different labels, 1, 2, and there are 3 columns"):
        metrics.roc_auc_score([1, 2, 1, 2], P3[:4])


def test_a_column_for_each_class_is_not_that_of_pos_label() -> None:
    for positive in ("no", "yes"):
        same("brier_score_loss", (WORDS, P), (WORDS, P), pos_label=positive)
        same("brier_score_loss", (WORDS, P), (WORDS, P), pos_label=positive, labels=["no", "yes"])
        same("brier_score_loss", (WORDS, SCORE), (WORDS, SCORE), pos_label=positive)
    found = metrics.brier_score_loss(["no"], [0.2], pos_label="yes", labels=["no", "yes"])
    assert found == pytest.approx(0.04)
    alone = metrics.brier_score_loss([1, 1], [0.9, 0.9], pos_label=1)
    assert alone == pytest.approx(0.01)


def test_labels_may_be_those_of_no_pair_of_a_row() -> None:
    found = metrics.confusion_matrix(["a", "b"], ["b", "a"], labels=["a"])
    assert found.tolist() == [[0]]  # as scikit-learn's, which warns as well


def test_a_weight_counts_as_rows() -> None:
    rows = np.repeat(np.arange(N), WEIGHT.astype(int))
    found = metrics.calibration_error(BITS, P, sample_weight=WEIGHT)
    assert found == pytest.approx(metrics.calibration_error(BITS[rows], P[rows]))


def test_the_average_precision_is_of_labels_and_scores() -> None:
    assert metrics.average_precision is metrics.average_precision_score
    curve = metrics.precision_recall_curve(BITS, SCORE)
    assert metrics.average_precision(BITS, SCORE) == curve.average_precision
    with pytest.raises(DataError, match="not a label: labels come first"):
        metrics.average_precision(curve.precision, curve.recall)


SCORED: list[tuple[Any, Any, str]] = [
    (SCORE, BITS, "not a label: labels come first"),
    (P, BITS, "labels come first"),
    (WORDS, WORDS, "not a number"),
    (BITS, WORDS, "not a number"),
    (BITS, SCORE[:5], "inconsistent numbers of samples"),
    (BITS, np.where(SCORE > 0.5, np.nan, SCORE), "y_\\w+ is not finite in row"),
    (BITS, np.ma.array(SCORE, mask=BITS == 1), "is masked in row"),
    (np.ma.array(BITS, mask=BITS == 1), SCORE, "is masked in row"),
    ([None, *BITS[1:]], SCORE, "y_true has no label in row 1"),
    ([*BITS[:-1], pd.NA], SCORE, f"y_true has no label in row {N}"),
    (["a", 1, *BITS[2:]], SCORE, "several types"),
    (np.where(BITS == 1, np.nan, 0.0), SCORE, "not a label"),
    ([], [], "no rows"),
    (BITS, 0.5, "y_\\w+ is one number"),
]


@pytest.mark.parametrize("name", [*ON_SCORES, "calibration_error", "roc_curve"])
@pytest.mark.parametrize(("y", "score", "message"), SCORED)
def test_what_is_not_a_label_and_its_score_is_refused(
    name: str, y: Any, score: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        getattr(metrics, name)(y, score)


@pytest.mark.parametrize("name", ["log_loss", "brier_score_loss", "calibration_error"])
@pytest.mark.parametrize(
    ("y", "p", "message"),
    [
        (BITS, np.log(P3[:, 0]), "outside \\[0, 1\\]: give probabilities"),
        (BITS, P / 2, "add up to 0.5, not to 1"),
        (MANY, P, "3 different labels.* 2 columns: say with labels="),
        (MANY, SCORE, "3 different labels"),
        (BITS, P[:, :1, None], "shape"),
    ],
)
def test_what_is_not_a_probability_is_refused(name: str, y: Any, p: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        getattr(metrics, name)(y, p)


@pytest.mark.parametrize(
    ("y", "predicted", "message"),
    [
        (BITS, P, "shape"),
        (BITS, SCORE, "not a label"),
        (WORDS, ANSWERS, "different types, "),
        (WORDS.astype(bytes), WORDS, "y_true has labels of the type"),
        (WORDS, WORDS[:3], "inconsistent"),
    ],
)
@pytest.mark.parametrize("name", ON_ANSWERS)
def test_what_is_not_an_answer_is_refused(name: str, y: Any, predicted: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        getattr(metrics, name)(y, predicted)


TWO = np.dtypes.StringDType(na_object=None)
NO_LABELS: dict[str, tuple[Any, str]] = {
    "times": (np.array(["2024", "NaT"], "M8[D]"), "labels of the type datetime64"),
    "durations": (np.array([1, 2], "m8[s]"), "labels of the type timedelta64"),
    "complex numbers": (np.array([1, 2j]), "labels of the type complex128"),
    "bytes": (np.array([b"a", b"b"]), "labels of the type"),
    "decimals": ([Decimal(1), Decimal(2)], "labels of the type Decimal"),
    "whole numbers beyond 64 bits": ([1, 10**30], "labels of the type int"),
    "a signalling NaN": ([Decimal("sNaN"), 1], "has no label in row 1: it is missing"),
    "text with a hole": (np.array(["a", None], TWO), "has no label in row 2: it is missing"),
    "blank text": (["a", " \t"], "has a blank label in row 2"),
    "blank objects": (np.array(["", "b"], object), "has a blank label in row 1"),
    "blank text of NumPy": (np.array(["", "b"], TWO), "has a blank label in row 1"),
}


@pytest.mark.parametrize("name", [*ON_ANSWERS, *ON_SCORES, "calibration_error", "roc_curve"])
@pytest.mark.parametrize(("labels", "message"), NO_LABELS.values(), ids=NO_LABELS)
def test_what_no_classifier_learns_as_a_label_is_not_scored_as_one(
    labels: Any, message: str, name: str
) -> None:
    predicted = labels if name in ON_ANSWERS else [0.2, 0.7]
    with pytest.raises(DataError, match=message):
        getattr(metrics, name)(labels, predicted)
    with pytest.raises(DataError):
        encode_labels(labels)


def test_text_of_numpys_own_type_is_text() -> None:
    found = metrics.accuracy_score(np.array(["a", "b"], TWO), ["a", "a"])
    assert found == 0.5


@pytest.mark.parametrize("scores", [np.array([1, 2], "M8[D]"), [1j, 2j], np.array([b"1", b"2"])])
def test_what_is_not_a_real_number_is_no_score(scores: Any) -> None:
    with pytest.raises(DataError, match="a value that is not a number"):
        metrics.roc_auc_score([0, 1], scores)


def test_labels_that_are_no_columns_are_refused() -> None:
    for labels, message in (
        (["oak", "ash"], "3 different labels"),
        (["oak", "ash", "fir"], "'elm'.* is not among the labels"),
        (["oak", "oak", "ash"], "different labels"),
    ):
        with pytest.raises(DataError, match=message):
            metrics.log_loss(MANY, P3, labels=labels)
    with pytest.raises(DataError, match="stands twice"):
        metrics.confusion_matrix(MANY, MANY, labels=["oak", "oak"])
    with pytest.raises(DataError, match="no row of y_true has one of the labels"):
        metrics.confusion_matrix(MANY, MANY, labels=["fir"])
    with pytest.raises(DataError, match="pos_label='maybe'"):
        metrics.brier_score_loss(WORDS, SCORE, pos_label="maybe")


@pytest.mark.parametrize(
    ("y", "p", "message"),
    [
        (P, BITS, "give a class number for each row first"),
        (BITS, SCORE, "the probabilities of all classes"),
        (WORDS, P, "'no', which is not a class number|'yes', which is not a class number"),
        (BITS + 1, P, "class numbers from 1 to 2, and P has 2 columns"),
        (BITS, P[:4], "inconsistent"),
        (BITS, ANSWERS[:, None], "the probabilities of all classes"),
    ],
)
def test_evaluate_takes_class_numbers_and_all_probabilities(y: Any, p: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        metrics.evaluate(y, p)
    found = metrics.evaluate(list(BITS), P.tolist())  # type: ignore[arg-type]
    assert found.log_loss == metrics.evaluate(BITS == 1, P).log_loss


@pytest.mark.parametrize(("share", "n"), [(1.2, 9), (-0.1, 9), (0.5, 0), (float("nan"), 9)])
def test_an_interval_is_of_a_share_of_rows(share: float, n: int) -> None:
    with pytest.raises(ValueError, match="a share from 0 to 1"):
        metrics.wilson_interval(share, n)


def test_figures_of_one_class_alone_have_no_value() -> None:
    alone = metrics.evaluate(np.zeros(9, int), P[:9])
    assert np.isnan([alone.balanced_accuracy, alone.f1, alone.roc_auc]).all()
    assert alone.absent.tolist() == [1]
    some = metrics.evaluate(np.array([0, 1] * 4), np.full((8, 3), 1 / 3))
    assert some.balanced_accuracy == 0.5
    assert some.absent.tolist() == [2]
