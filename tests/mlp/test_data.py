"""What MLPClassifier takes as X, y and weights, what it gives back, and what it refuses."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from numlp.errors import DataError
from numlp.mlp.classifier import MLPClassifier

pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
    pytest.mark.filterwarnings("ignore:lbfgs failed to converge"),
]

NAMES = ["a", "b", "c", "d"]


def data(n_classes: int = 3, n: int = 90) -> tuple[NDArray[Any], NDArray[Any]]:
    rng = np.random.default_rng(1)
    X = rng.standard_normal((n, 4))
    return X, (X @ rng.standard_normal((4, n_classes))).argmax(axis=1)


def labels_of_many() -> tuple[NDArray[Any], NDArray[Any]]:
    X, _ = data()
    return X, (X[:, :3] > 0).astype(int)


def clf(**settings: Any) -> MLPClassifier:
    return MLPClassifier(
        **{"hidden_layer_sizes": (6,), "random_state": 0, "max_iter": 5} | settings
    )


# X


@pytest.mark.parametrize("form", ["csr", "csc", "coo"])
@pytest.mark.parametrize("kind", ["matrix", "array"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_sparse_rows_equal_dense_ones(form: str, kind: str, solver: str) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    X, y = data()
    X[np.abs(X) < 0.7] = 0
    S = getattr(sparse, f"{form}_{kind}")(X)
    settings = {"solver": solver, "batch_size": 20, "early_stopping": True}
    dense, other = clf(**settings).fit(X, y), clf(**settings).fit(S, y)
    np.testing.assert_allclose(other.coefs_[0], dense.coefs_[0], rtol=1e-12)
    np.testing.assert_allclose(other.predict_proba(S), dense.predict_proba(X), rtol=1e-12)
    assert other.score(S, y) == dense.score(X, y)
    one = clf().partial_fit(S, y, classes=[0, 1, 2])
    np.testing.assert_array_equal(
        one.coefs_[0], clf().partial_fit(X, y, classes=range(3)).coefs_[0]
    )


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_a_frame_equals_its_numbers(library: str) -> None:
    module = pytest.importorskip(library)
    X, y = data()
    X = np.round(X * 10)
    columns: dict[str, Any] = {
        "a": X[:, 0].astype(int),
        "b": X[:, 1] > 0,
        "c": X[:, 2],
        "d": X[:, 3],
    }
    frame = (module.table if library == "pyarrow" else module.DataFrame)(columns)
    X[:, 1] = X[:, 1] > 0
    framed = clf().fit(frame, y)
    plain = clf().fit(X, y)
    np.testing.assert_array_equal(framed.predict_proba(frame), plain.predict_proba(X))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_frame_of_float32_stays_so(library: str) -> None:
    module = pytest.importorskip(library)
    X, y = data()
    frame = module.DataFrame({name: X[:, j].astype(np.float32) for j, name in enumerate(NAMES)})
    assert clf().fit(frame, y).coefs_[0].dtype == np.float32


@pytest.mark.parametrize("solver", ["adam", "sgd", "rmsprop", "lbfgs"])
def test_float32_is_kept_in_weights_and_probabilities(solver: str) -> None:
    X, y = data()
    single = clf(solver=solver).fit(X.astype(np.float32), y, np.ones(len(y)))
    assert {a.dtype for a in single.coefs_ + single.intercepts_} == {np.dtype(np.float32)}
    assert single.predict_proba(X).dtype == np.float32
    assert single.predict_log_proba(X).dtype == np.float32
    double = clf(solver=solver).fit(X, y)
    assert double.predict_proba(X.astype(np.float32)).dtype == np.float64


def test_neither_features_nor_labels_nor_weights_are_written_to() -> None:
    X, y = data()
    weight = np.ones(len(y))
    kept = X.copy(), y.copy()
    for array in (X, y, weight):
        array.flags.writeable = False
    clf(early_stopping=True, class_weight="balanced").fit(X, y, weight).predict_proba(X)
    np.testing.assert_array_equal(X, kept[0])


@pytest.mark.parametrize(
    ("value", "said"), [(np.nan, "Input X contains NaN"), (np.inf, "Input X contains infinity")]
)
def test_a_value_that_is_not_finite_is_named_by_column_and_row(value: float, said: str) -> None:
    X, y = data()
    X[17, 2] = value
    with pytest.raises(DataError, match=rf"{said}[\s\S]*column 2, row 17"):
        clf().fit(X, y)
    pandas = pytest.importorskip("pandas")
    with pytest.raises(DataError, match=rf"{said}[\s\S]*column 'c', row 17"):
        clf().fit(pandas.DataFrame(X, columns=NAMES), y)
    sparse = pytest.importorskip("scipy.sparse")
    X[3, 3] = 0
    with pytest.raises(DataError, match=rf"{said}[\s\S]*column 2, row 17"):
        clf().fit(sparse.csr_matrix(X), y)


def test_shapes_that_are_no_matrix_are_refused() -> None:
    X, y = data()
    fitted = clf().fit(X, y)
    for bad, said in (
        (X[0], "Reshape your data"),
        (X[None], "dim 3"),
        (X[:, :1], "X has 1 features, but MLPClassifier is expecting 4 features as input"),
        (X[:0], r"0 sample\(s\)"),
        (X[:, :0], r"0 feature\(s\)"),
        (X + 1j, "Complex data not supported"),
        (np.full((3, 4), "word"), "X has a value that is not a number"),
    ):
        with pytest.raises(DataError, match=said):
            fitted.predict(bad)
    with pytest.raises(DataError, match="inconsistent numbers of samples: X has 90 rows, but y"):
        clf().fit(X, y[:-1])


# y


@pytest.mark.parametrize(
    "classes",
    [
        np.array(["no", "yes"]),
        np.array(["a", "b", "c"], dtype=object),
        np.array([False, True]),
        np.array([-5, 3, 12]),
        np.array([1.0, 2.0]),
    ],
    ids=str,
)
def test_labels_come_back_as_they_are(classes: NDArray[Any]) -> None:
    X, y = data(len(classes))
    named = classes[y]
    fitted = clf(max_iter=60, learning_rate_init=0.05).fit(X, named)
    np.testing.assert_array_equal(fitted.classes_, classes)
    predicted = fitted.predict(X)
    assert predicted.dtype == classes.dtype
    assert np.mean(predicted == named) > 0.9
    assert fitted.score(X, named) == np.mean(predicted == named)
    as_list = clf(max_iter=60, learning_rate_init=0.05).fit(X, named.tolist())
    np.testing.assert_array_equal(as_list.predict(X), predicted)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_series_of_labels_is_taken(library: str) -> None:
    module = pytest.importorskip(library)
    X, y = data()
    named = np.array(["a", "b", "c"])[y]
    fitted = clf().fit(X, module.Series(named.tolist()))
    assert fitted.score(X, module.Series(named.tolist())) == fitted.score(X, named)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (lambda y: y + 0.5, "continuous"),
        (lambda y: np.where(y == 0, np.nan, y), "NaN"),
        (lambda _: ["a", float("nan"), *["b"] * 88], "NaN"),
        (lambda _: ["a", None, *["b"] * 88], "NaN"),
        (lambda _: ["a", 1, *["b"] * 88], "labels of type int, str"),
        (lambda _: None, "requires y to be passed"),
        (lambda y: np.stack([y, y], axis=1), "not an indicator matrix"),
        (lambda y: y[:, None, None], "1d array"),
    ],
)
def test_labels_that_are_no_classes_are_refused(bad: Any, said: str) -> None:
    X, y = data()
    with pytest.raises(DataError, match=said):
        clf().fit(X, bad(y))


def test_a_column_of_labels_is_taken_with_a_warning() -> None:
    X, y = data()
    with pytest.warns(UserWarning, match="column-vector y was passed"):
        fitted = clf().fit(X, y[:, None])
    assert fitted.predict(X).shape == (90,)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_rows_may_have_several_labels(solver: str) -> None:
    X, Y = labels_of_many()
    fitted = clf(solver=solver, max_iter=100, learning_rate_init=0.1).fit(X, Y)
    P = fitted.predict_proba(X)
    assert P.shape == Y.shape
    assert fitted.out_activation_ == "logistic"
    np.testing.assert_array_equal(fitted.predict(X), P > 0.5)
    np.testing.assert_allclose(np.exp(fitted.predict_log_proba(X)), P, rtol=1e-12)
    assert fitted.score(X, Y) == (fitted.predict(X) == Y).all(axis=1).mean() > 0.8


def test_a_sparse_indicator_matrix_comes_back_sparse() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    X, Y = labels_of_many()
    dense, other = clf().fit(X, Y), clf().fit(X, sparse.csr_matrix(Y))
    predicted = other.predict(X)
    assert sparse.issparse(predicted)
    np.testing.assert_array_equal(predicted.toarray(), dense.predict(X))
    assert other.score(X, sparse.csr_matrix(Y)) == dense.score(X, Y)


@pytest.mark.parametrize("metric", ["accuracy", "neg_log_loss"])
def test_several_labels_and_a_validation_metric(metric: str) -> None:
    X, Y = labels_of_many()
    fitted = clf(validation_metric=metric).fit(X, Y, X_val=X, y_val=Y)
    P = fitted.predict_proba(X)
    log_likelihood = (Y * np.log(P) + (1 - Y) * np.log(1 - P)).sum(axis=1).mean()
    expected = {"accuracy": fitted.score(X, Y), "neg_log_loss": log_likelihood}[metric]
    assert (fitted.validation_scores_ or [])[-1] == pytest.approx(expected)
    with pytest.raises(ValueError, match="not for a multilabel y"):
        clf(validation_metric="balanced_accuracy", early_stopping=True).fit(X, Y)


def test_balanced_weights_of_several_labels_are_multiplied() -> None:
    X, Y = labels_of_many()
    weight = np.prod([90 / (2 * np.bincount(c)[c]) for c in Y.T], axis=0)
    np.testing.assert_array_equal(
        clf(class_weight="balanced").fit(X, Y).coefs_[0], clf().fit(X, Y, weight).coefs_[0]
    )
    with pytest.raises(ValueError, match="only 'balanced' is supported"):
        clf(class_weight={0: 2.0}).fit(X, Y)


# Weights and scores


def test_the_score_is_weighted() -> None:
    X, y = data()
    fitted = clf().fit(X, y)
    right = fitted.predict(X) == y
    weight = np.where(right, 3.0, 1.0)
    expected = 3 * right.sum() / (3 * right.sum() + (~right).sum())
    assert fitted.score(X, y, sample_weight=weight) == pytest.approx(expected)
    with pytest.raises(DataError, match="inconsistent numbers"):
        fitted.score(X, y[:-1])
    with pytest.raises(DataError, match="sample_weight"):
        fitted.score(X, y, weight[:-1])


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        (np.ones(89), r"expected \(90,\)"),
        (np.ones((90, 2)), "1D array or scalar"),
        (np.full(90, np.nan), "NaN or infinity"),
        (np.r_[np.ones(89), -1], "Negative values in sample_weight: -1 in row 90"),
        (np.zeros(90), "every sample weight is zero"),
    ],
)
def test_weights_that_make_no_sense_are_refused(weight: NDArray[Any], said: str) -> None:
    X, y = data()
    with pytest.raises(DataError, match=said):
        clf().fit(X, y, weight)


def test_equal_weights_are_none() -> None:
    X, y = data()
    plain = clf().fit(X, y)
    for weight in (1.0, np.ones(90), [1] * 90):
        np.testing.assert_allclose(clf().fit(X, y, weight).coefs_[0], plain.coefs_[0], rtol=1e-12)


# partial_fit and warm_start


def test_partial_fit_says_what_is_wrong_with_its_classes() -> None:
    X, y = data()
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        clf().partial_fit(X, y)
    with pytest.raises(DataError, match="`y` has classes not in"):
        clf().partial_fit(X, y, classes=[0, 1])
    fitted = clf().partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="not the same as on last call to partial_fit"):
        fitted.partial_fit(X, y, classes=[0, 1, 2, 3])
    with pytest.raises(DataError, match="`y` has classes not in"):
        fitted.partial_fit(X, y + 1)
    with pytest.raises(DataError, match=r"y has text, such as .* the classes .* whole numbers"):
        fitted.partial_fit(X, y.astype(str))
    many = np.arange(90) % 30  # so many that NumPy would sort them together with text
    with pytest.raises(DataError, match="y has text, such as '0' in row 1"):
        clf().fit(X, many).partial_fit(X, many.astype(str))
    only_one = fitted.partial_fit(X[y == 1], y[y == 1])  # a chunk need not have them all
    assert only_one.predict_proba(X).shape == (90, 3)


def test_partial_fit_is_not_for_lbfgs_nor_early_stopping() -> None:
    assert not hasattr(clf(solver="lbfgs"), "partial_fit")
    assert hasattr(clf(), "partial_fit")
    X, y = data()
    with pytest.raises(ValueError, match="does not support early_stopping=True"):
        clf(early_stopping=True).partial_fit(X, y, classes=[0, 1, 2])


def test_partial_fit_goes_on_from_fit() -> None:
    X, y = data()
    fitted = clf().fit(X, y)
    before = fitted.coefs_[0].copy()
    fitted.partial_fit(X, y)
    assert 0 < np.abs(fitted.coefs_[0] - before).max() < 0.1
    assert len(fitted.loss_curve_) == 6


def test_without_warm_start_fit_starts_afresh() -> None:
    X, y = data()
    fitted = clf().fit(X, y)
    first = fitted.coefs_[0].copy()
    np.testing.assert_array_equal(fitted.fit(X, y).coefs_[0], first)
    assert fitted.fit(X[:, :2], y == 1).predict_proba(X[:, :2]).shape == (90, 2)


@pytest.mark.parametrize(
    "changed",
    [
        {"hidden_layer_sizes": (7,)},
        {"hidden_layer_sizes": (6, 6)},
        {"activation": "tanh"},
        {"dropout": 0.1},
        {"batch_norm": True},
        {"layer_norm": True},
        {"label_smoothing": 0.1},
    ],
    ids=str,
)
def test_going_on_with_another_kind_of_net_is_refused(changed: dict[str, Any]) -> None:
    X, y = data()
    fitted = clf(warm_start=True).fit(X, y).set_params(**changed)
    with pytest.raises(DataError, match=rf"{next(iter(changed))}=.* set warm_start=False"):
        fitted.fit(X, y)
    fitted.set_params(warm_start=False).fit(X, y)


def test_going_on_with_other_data_is_refused() -> None:
    X, y = data()
    fitted = clf(warm_start=True).fit(X, y)
    with pytest.raises(DataError, match="same classes as in the previous"):
        fitted.fit(X, np.minimum(y, 1))
    with pytest.raises(DataError, match="expecting 4 features"):
        fitted.fit(X[:, :3], y)
    fitted.fit(X[:50], y[:50])  # fewer rows are no matter


@pytest.mark.parametrize(
    "changed",
    [{"learning_rate_init": 1e-300}, {"solver": "sgd", "learning_rate_init": 1e-300}],
    ids=str,
)
def test_the_optimizers_arguments_may_change_between_fits(changed: dict[str, Any]) -> None:
    X, y = data()
    fitted = clf(warm_start=True).fit(X, y)
    before = fitted.coefs_[0].copy()
    np.testing.assert_allclose(fitted.set_params(**changed).fit(X, y).coefs_[0], before)


def test_alpha_may_change_between_fits() -> None:
    X, y = data()
    fitted = clf(warm_start=True, alpha=0.0).fit(X, y)
    without = fitted.loss_curve_[-1]
    fitted.set_params(alpha=100.0).fit(X, y)
    assert fitted.loss_curve_[5] > 2 * without


# Shapes


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_shapes_of_what_is_predicted(n_classes: int) -> None:
    X, y = data(n_classes)
    fitted = clf().fit(X, y)
    for n in (1, 90):
        assert fitted.predict(X[:n]).shape == (n,)
        assert fitted.predict_proba(X[:n]).shape == (n, n_classes)
        assert fitted.predict_log_proba(X[:n]).shape == (n, n_classes)
    np.testing.assert_allclose(fitted.predict_proba(X).sum(axis=1), 1)
    np.testing.assert_array_equal(
        fitted.predict(X), fitted.classes_[fitted.predict_proba(X).argmax(axis=1)]
    )


# Masks, and labels of other libraries

MASKED_ROW = np.arange(90) == 4


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, object])
def test_a_masked_cell_is_refused_as_a_missing_one_is(dtype: Any) -> None:
    X, y = data()
    mask = MASKED_ROW[:, None] & (np.arange(X.shape[1]) == 1)
    masked, fitted = np.ma.masked_array((100 * X).astype(dtype), mask), clf().fit(X, y)
    rows = [*masked]
    for call in (
        lambda: clf().fit(masked, y),
        lambda: clf().fit(rows, y),
        lambda: clf().fit(X, y, X_val=masked, y_val=y),
        lambda: clf().partial_fit(masked, y, classes=[0, 1, 2]),
        lambda: fitted.predict(masked),
        lambda: fitted.predict_proba(rows),
        lambda: fitted.predict_log_proba(masked),
        lambda: fitted.score(masked, y),
        lambda: fitted.model_.encode(masked),
    ):
        with pytest.raises(DataError, match=r"(?s)Input X contains NaN.* column 1, row 4"):
            call()
    with pytest.raises(DataError, match="column 'x1' has 1 of 90 cells without a number"):
        fitted.predict({f"x{j}": masked[:, j] for j in range(X.shape[1])})


def test_a_masked_weight_or_label_is_refused_with_its_row() -> None:
    X, y = data()
    weight, labels = (np.ma.masked_array(values, MASKED_ROW) for values in (np.ones(90), y))
    fitted = clf().fit(X, y)
    for call in (
        lambda: clf().fit(X, y, sample_weight=weight),
        lambda: fitted.score(X, y, sample_weight=weight),
        lambda: fitted.score(X, labels),
        lambda: clf().fit(X, y, X_val=X, y_val=labels),
        lambda: fitted.partial_fit(X, labels),
    ):
        with pytest.raises(
            DataError, match=r"(sample_weight is masked|missing, the first) in row 5"
        ):
            call()


def test_a_mask_without_a_masked_cell_changes_no_bit() -> None:
    X, y = data()
    plain, masked = clf().fit(X, y), clf().fit(np.ma.masked_array(X), np.ma.masked_array(y))
    assert plain.predict_proba(X).tobytes() == masked.predict_proba(np.ma.masked_array(X)).tobytes()


@pytest.mark.parametrize(
    "spell",
    [
        pa.array,
        lambda y: pa.chunked_array([pa.array(y[:9]), pa.array(y[9:])]),
        lambda y: pa.array(y).dictionary_encode(),
        pl.Series,
        lambda y: pd.Series(y, dtype="string" if y.dtype.kind == "U" else "boolean"),
    ],
)
@pytest.mark.parametrize("text", [True, False])
def test_labels_of_other_libraries_are_learned(spell: Any, text: bool) -> None:
    X, y = data()
    labels = (y > 0).astype(str) if text else y > 0
    fitted = clf(max_iter=2).fit(X, spell(labels))
    assert fitted.classes_.tolist() == np.unique(labels).tolist()
    assert fitted.score(X, spell(labels)) == fitted.score(X, labels)
