"""scikit-learn's tools around both classifiers, with tables that are not plain pandas.

``docs/frames-and-scikit-learn.md`` shows what becomes of each table; both tables are one.
"""

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from numlp import DataError, MLPClassifier, TabularClassifier
from numlp.explain import permutation_importance as own_importance

sklearn = pytest.importorskip("sklearn", minversion="1.6")

from sklearn.calibration import CalibratedClassifierCV  # noqa: E402
from sklearn.compose import ColumnTransformer, make_column_transformer  # noqa: E402
from sklearn.ensemble import (  # noqa: E402
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import SequentialFeatureSelector  # noqa: E402
from sklearn.frozen import FrozenEstimator  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.inspection import partial_dependence, permutation_importance  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.model_selection import (  # noqa: E402
    GridSearchCV,
    GroupKFold,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_val_score,
    learning_curve,
    train_test_split,
)
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import (  # noqa: E402
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)

PAGE = Path(__file__).parents[2] / "docs" / "frames-and-scikit-learn.md"
SHOWN = sklearn.__version__.startswith("1.9.")  # the version whose behaviour the page tells
N = 48
RNG = np.random.default_rng(0)
SIZE = RNG.normal(size=N)
Y = np.where(SIZE + 0.3 * RNG.normal(size=N) > 0, "yes", "no")
GROUPS = np.arange(N) % 6
ARROW = pa.table({
    "size": pa.array([None if i % 9 == 0 else float(s) for i, s in enumerate(SIZE)]),
    "hue": [None if i % 7 == 0 else "red" if s > 0 else "blue" for i, s in enumerate(SIZE)],
    "ok": (RNG.random(N) < 0.5).tolist(),
    "day": pa.array(np.datetime64("2024-01-01", "us") + np.arange(N) * np.timedelta64(1, "D")),
})  # fmt: skip

pytestmark = pytest.mark.filterwarnings("ignore")  # nets this small hardly learn


def as_pandas(table: pa.Table) -> pd.DataFrame:
    frame = table.to_pandas()
    words = frame["hue"].astype(object)
    return frame.assign(hue=words.where(words.notna(), None))


FRAMES: dict[str, Callable[[pa.Table], Any]] = {
    "pandas": as_pandas,
    "pandas, nullable": lambda t: as_pandas(t).convert_dtypes(dtype_backend="numpy_nullable"),
    "pandas, Arrow": lambda t: as_pandas(t).convert_dtypes(dtype_backend="pyarrow"),
    "polars": pl.from_arrow,
    "pyarrow": lambda t: t,
}
LABELS: dict[str, Any] = {
    "pandas": pd.Series(Y),
    "pandas, nullable": pd.Series(Y, dtype="string"),
    "pandas, Arrow": pd.Series(Y, dtype=pd.ArrowDtype(pa.string())),
    "polars": pl.Series(Y),
    "pyarrow": pa.chunked_array([Y.tolist()]),
}
SMALL: dict[str, Any] = {
    "epochs": 1, "ensemble_size": 1, "hidden_layer_sizes": (2,), "random_state": 0, "n_jobs": 1,
}  # fmt: skip


GOT: set[str] = set()


class Spy(TabularClassifier):
    """A classifier that notes in GOT whether a tool gave it the table itself or an array."""

    def fit(self, X: Any, y: Any, **options: Any) -> Any:
        note(X)
        return super().fit(X, y, **options)

    def predict(self, X: Any) -> Any:
        note(X)
        return super().predict(X)

    def predict_proba(self, X: Any) -> Any:
        note(X)
        return super().predict_proba(X)


def note(X: Any) -> None:
    GOT.add("array" if isinstance(X, np.ndarray) else "table")


def spy() -> Spy:
    return Spy("fast", **SMALL)


def split_and_score(X: Any, y: Any) -> Any:
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    return spy().fit(X_train, y_train).score(X_test, y_test)


def transformed(X: Any, y: Any, output: str | None = None) -> Any:
    columns = make_column_transformer(("drop", ["ok"]), remainder="passthrough")
    return make_pipeline(columns.set_output(transform=output), spy()).fit(X, y).predict(X)


def importance(X: Any, y: Any) -> Any:
    return permutation_importance(spy().fit(X, y), X, y, n_repeats=1, random_state=0)


def without_dates(X: Any) -> Any:
    if isinstance(X, pa.Table):
        return X.drop_columns(["day"])
    return X.drop(columns=["day"]) if isinstance(X, pd.DataFrame) else X.drop("day")


def dependence(X: Any, y: Any) -> Any:
    fitted = spy().fit(X, y)
    return partial_dependence(
        fitted, X, ["size"], grid_resolution=3, response_method="predict_proba"
    )


CV: Any = StratifiedKFold(2)
TRIED: dict[str, Callable[[Any, Any], Any]] = {
    "fit, predict, score": lambda X, y: spy().fit(X, y).score(X, y),
    "train_test_split": split_and_score,
    "cross_val_score, StratifiedKFold": lambda X, y: cross_val_score(
        spy(), X, y, cv=CV, error_score="raise"
    ),
    "cross_val_score, GroupKFold": lambda X, y: cross_val_score(
        spy(), X, y, cv=GroupKFold(2), groups=GROUPS, error_score="raise"
    ),
    "cross_val_predict": lambda X, y: cross_val_predict(spy(), X, y, cv=CV),
    "learning_curve": lambda X, y: learning_curve(
        spy(), X, y, cv=CV, train_sizes=[1.0], error_score="raise"
    ),
    "GridSearchCV": lambda X, y: GridSearchCV(
        spy(), {"epochs": [1]}, cv=CV, error_score="raise"
    ).fit(X, y).predict(X),
    "Pipeline with FunctionTransformer": lambda X, y: make_pipeline(
        FunctionTransformer(), spy()
    ).fit(X, y).predict(X),
    "CalibratedClassifierCV": lambda X, y: CalibratedClassifierCV(spy(), cv=2)
    .fit(X, y).predict(X),
    "CalibratedClassifierCV, FrozenEstimator": lambda X, y: CalibratedClassifierCV(
        FrozenEstimator(spy().fit(X, y)), cv=2
    ).fit(X, y).predict(X),
    "TunedThresholdClassifierCV": lambda X, y: TunedThresholdClassifierCV(
        spy(), scoring="balanced_accuracy", cv=2
    ).fit(X, y).predict(X),
    "VotingClassifier": lambda X, y: VotingClassifier([("a", spy())], voting="soft")
    .fit(X, y).predict(X),
    "StackingClassifier": lambda X, y: StackingClassifier(
        [("a", spy())], LogisticRegression(), cv=2
    ).fit(X, y).predict(X),
    "ColumnTransformer": transformed,
    'ColumnTransformer, set_output "pandas"': lambda X, y: transformed(X, y, "pandas"),
    'ColumnTransformer, set_output "polars"': lambda X, y: transformed(X, y, "polars"),
    "permutation_importance": importance,
    "permutation_importance, no dates": lambda X, y: importance(without_dates(X), y),
    "partial_dependence": dependence,
    "BaggingClassifier": lambda X, y: BaggingClassifier(spy(), 1).fit(X, y),
    "SequentialFeatureSelector": lambda X, y: SequentialFeatureSelector(
        spy(), n_features_to_select=1, cv=2
    ).fit(X, y),
}  # fmt: skip


def becomes(tool: str, frame: str) -> str:
    """What the classifier gets of a table: the table, an array, or nothing for an error."""
    GOT.clear()
    try:
        TRIED[tool](FRAMES[frame](ARROW), LABELS[frame])
    except DataError:
        raise  # numlp takes whatever it is given
    except (TypeError, ValueError, AttributeError):
        return "error"
    assert GOT, f"{tool} gave the classifier nothing"
    return "array" if "array" in GOT else "table"


def shown() -> dict[str, dict[str, str]]:
    """The table of the page: by tool and frame."""
    text = PAGE.read_text(encoding="utf-8").partition("## Tool by tool\n")[2].partition("\n#")[0]
    lines = [re.split(r" \| ", line[2:-2]) for line in re.findall(r"^\| .*? \|$", text, re.M)]
    (_, *frames), _, *rows = lines
    return {tool.replace("`", ""): dict(zip(frames, cells, strict=True)) for tool, *cells in rows}


def test_the_page_shows_each_tool_and_frame_that_is_tried() -> None:
    assert [*shown()] == [*TRIED]
    assert {tuple(cells) for cells in shown().values()} == {tuple(FRAMES)}


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("tool", TRIED)
def test_a_table_comes_to_the_classifier_as_the_page_says(tool: str, frame: str) -> None:
    found = becomes(tool, frame)
    if SHOWN:
        assert found == shown()[tool][frame]
    elif frame == "pandas" and shown()[tool][frame] == "table":
        assert found == "table"


def test_the_same_table_has_the_same_scores_in_each_frame() -> None:
    frames = [name for name in FRAMES if SHOWN or name != "pyarrow"]
    scores = [
        cross_val_score(
            TabularClassifier("fast", **{**SMALL, "epochs": 3}),
            FRAMES[name](ARROW),
            LABELS[name],
            cv=CV,
            scoring="neg_log_loss",
            error_score="raise",
        ).tolist()
        for name in frames
    ]
    assert scores == [scores[0]] * len(frames)


def test_numlps_own_importances_are_the_same_in_each_frame() -> None:
    found = []
    for name, make in FRAMES.items():
        X = make(ARROW)
        clf = TabularClassifier("fast", **SMALL).fit(X, LABELS[name])
        found.append([(i.name, i.mean) for i in own_importance(clf, X, LABELS[name])])
    assert {name for name, _ in found[0]} == set(ARROW.column_names)
    assert found == [found[0]] * len(FRAMES)


# What a user must know


@pytest.mark.parametrize("frame", ["polars", "pyarrow"])
def test_times_of_nanoseconds_reach_the_classifier_as_numbers_and_it_says_so(frame: str) -> None:
    day = ARROW["day"].cast(pa.timestamp("ns"))
    X = FRAMES[frame](pa.table({"hue": ARROW["hue"], "day": day}))
    clf = TabularClassifier("fast", **SMALL).fit(X, Y)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        permutation_importance(clf, X, Y, n_repeats=1, random_state=0)
    assert any(r"(nanoseconds since 1970: give" in str(each.message) for each in caught)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        coarse = FRAMES[frame](pa.table({"hue": ARROW["hue"], "day": ARROW["day"]}))
        permutation_importance(clf, coarse, Y, n_repeats=1, random_state=0)


NULLABLE = {
    "Int64": pd.Series(Y == "yes").astype("Int64"),
    "boolean": pd.Series(Y == "yes", dtype="boolean"),
    "int64[pyarrow]": pd.Series((Y == "yes").astype(int), dtype=pd.ArrowDtype(pa.int64())),
    "bool[pyarrow]": pd.Series(Y == "yes", dtype=pd.ArrowDtype(pa.bool_())),
}


@pytest.mark.parametrize("labels", NULLABLE)
def test_nullable_labels_stay_what_they_are_in_numlp_and_in_what_hands_them_on(labels: str) -> None:
    X, y = as_pandas(ARROW), NULLABLE[labels]
    kind = "b" if "bool" in labels else "i"
    search = GridSearchCV(spy(), {"epochs": [1]}, cv=CV).fit(X, y)
    tuned = TunedThresholdClassifierCV(spy(), cv=2).fit(X, y)
    assert spy().fit(X, y).classes_.dtype.kind == kind
    assert search.classes_.dtype.kind == tuned.classes_.dtype.kind == kind
    plain = y.to_numpy(bool if kind == "b" else int)
    for tool in (
        CalibratedClassifierCV(spy(), cv=2),
        VotingClassifier([("a", spy())], voting="soft"),
        StackingClassifier([("a", spy())], LogisticRegression(), cv=2),
    ):
        assert tool.fit(X, plain).predict(X).dtype.kind == kind
        if SHOWN:
            assert tool.fit(X, y).predict(X).dtype.kind == "f"


def net() -> MLPClassifier:
    return MLPClassifier((2,), max_iter=2, random_state=0)


def prepared(encoder: Any, missing: Any) -> Any:
    """Numbers and words made ready for an MLPClassifier."""
    words = make_pipeline(SimpleImputer(strategy="most_frequent", missing_values=missing), encoder)
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    return ColumnTransformer([("n", numbers, ["size"]), ("w", words, ["hue"])])


ENCODERS = [OneHotEncoder(sparse_output=False, handle_unknown="ignore"), OrdinalEncoder()]


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("frame", [f for f in FRAMES if SHOWN or f != "pyarrow"])
def test_words_are_imputed_for_an_mlp_where_the_imputer_is_told_of_pandas_na(
    frame: str, encoder: Any
) -> None:
    X, y = FRAMES[frame](ARROW), LABELS[frame]
    pipe = make_pipeline(prepared(encoder, pd.NA), net()).fit(X, y)
    assert pipe[-1].n_features_in_ == (3 if isinstance(encoder, OneHotEncoder) else 2)
    assert pipe.predict(X).shape == (N,)


@pytest.mark.skipif(not SHOWN, reason="told of one version")
@pytest.mark.parametrize("frame", FRAMES)
def test_without_a_word_on_it_the_imputer_leaves_nulls_or_fails(frame: str) -> None:
    steps = prepared(OneHotEncoder(sparse_output=False), np.nan)
    X = FRAMES[frame](ARROW)
    if frame in ("pandas, nullable", "pandas, Arrow"):
        with pytest.raises(TypeError, match="boolean value of NA is ambiguous"):
            steps.fit(X)
    else:
        assert [*steps.fit(X).get_feature_names_out()][-1] == "w__hue_None"


@pytest.mark.parametrize("frame", FRAMES)
def test_a_table_with_words_straight_into_an_mlp_is_an_error_that_names_the_way_out(
    frame: str,
) -> None:
    X = FRAMES[frame](ARROW.select(["hue"]))
    with pytest.raises(DataError, match="encode it, or use TabularClassifier"):
        net().fit(X, LABELS[frame])


NUMBERS = pa.table({"size": SIZE, "whole": RNG.integers(0, 9, N)})
OF_NUMBERS: dict[str, Callable[[Any, Any], Any]] = {
    "fit": lambda X, y: net().fit(X, y).predict_proba(X),
    "cross_val_score": lambda X, y: cross_val_score(
        net(), X, y, cv=CV, scoring="neg_log_loss", error_score="raise"
    ),
    "GridSearchCV": lambda X, y: (
        GridSearchCV(net(), {"alpha": [1, 1e-4]}, cv=CV).fit(X, y).predict_proba(X)
    ),
    "CalibratedClassifierCV": lambda X, y: (
        CalibratedClassifierCV(net(), cv=2).fit(X, y).predict_proba(X)
    ),
    "VotingClassifier": lambda X, y: (
        VotingClassifier([("a", net())], voting="soft").fit(X, y).predict_proba(X)
    ),
    "permutation_importance": lambda X, y: (
        permutation_importance(
            net().fit(X, y), X, y, scoring="neg_log_loss", n_repeats=1, random_state=0
        ).importances_mean
    ),
}


@pytest.mark.parametrize("tool", OF_NUMBERS)
def test_an_mlp_of_numbers_answers_the_same_in_each_frame(tool: str) -> None:
    as_frame = {**FRAMES, "pandas": pa.Table.to_pandas}
    as_frame |= {
        f"pandas, {name}": lambda t, to=to: t.to_pandas().convert_dtypes(dtype_backend=to)
        for name, to in (("nullable", "numpy_nullable"), ("Arrow", "pyarrow"))
    }
    expected = OF_NUMBERS[tool](NUMBERS.to_pandas().to_numpy(), Y)
    for name, make in as_frame.items():
        if SHOWN or name != "pyarrow":
            found = OF_NUMBERS[tool](make(NUMBERS), LABELS[name])
            np.testing.assert_allclose(found, expected, rtol=1e-9, err_msg=name)


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_what_set_output_makes_keeps_the_names_for_an_mlp(output: str) -> None:
    X, y = FRAMES["polars"](ARROW), LABELS["polars"]
    pipe = make_pipeline(prepared(ENCODERS[0], None), net()).set_output(transform=output)
    assert [*pipe.fit(X, y)[-1].feature_names_in_] == ["n__size", "w__hue_blue", "w__hue_red"]
