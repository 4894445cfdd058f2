"""Predictions for a Dask DataFrame: lazy, partition by partition, and those of the model."""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from numlp import DataError, MLPClassifier, TabularClassifier
from numlp.scale import predict, predict_proba

from .tables import dealt, in_partitions, plain, small

FRAME = plain(600).set_index(np.arange(600) * 3)
X, Y = FRAME.drop(columns="target"), FRAME["target"]
DDF = dealt(X, 4)


@pytest.fixture(scope="module")
def clf() -> TabularClassifier:
    return small(epochs=2).fit(X, Y)


def test_answers_are_those_of_the_model_with_the_index_of_the_rows(clf: TabularClassifier) -> None:
    answers = clf.predict(DDF).compute(scheduler="sync")
    pd.testing.assert_index_equal(answers.index, X.index)
    np.testing.assert_array_equal(answers, clf.predict(X))
    P = clf.predict_proba(DDF).compute(scheduler="sync")
    assert P.columns.tolist() == ["no", "yes"]
    pd.testing.assert_index_equal(P.index, X.index)
    # The last bits of a product depend on how many rows it has.
    np.testing.assert_allclose(P, clf.predict_proba(X), rtol=1e-5)


def test_what_is_lazy_says_its_type_beforehand(clf: TabularClassifier) -> None:
    lazy, P = predict(clf.model_, DDF), predict_proba(clf, DDF)
    assert (lazy.npartitions, lazy.name) == (4, "target")
    assert lazy.dtype == lazy.compute(scheduler="sync").dtype
    assert (P.dtypes == P.compute(scheduler="sync").dtypes).all()
    assert P.columns.tolist() == ["no", "yes"]


def test_nothing_is_computed_before_it_is_asked_for(clf: TabularClassifier) -> None:
    worse = DDF.drop(columns="z")
    lazy = clf.predict(worse)
    with pytest.raises(DataError, match="'z' is missing"):
        lazy.compute(scheduler="sync")


@pytest.mark.parametrize("sizes", [(0, 600), (600, 0), (200, 0, 400), (0,), (1, 599)])
def test_empty_partitions_give_no_rows(clf: TabularClassifier, sizes: tuple[int, ...]) -> None:
    ends = np.cumsum((0, *sizes))
    ddf = in_partitions([X.iloc[a:b] for a, b in pairwise(ends)])
    answers = clf.predict(ddf).compute(scheduler="sync")
    np.testing.assert_array_equal(answers, clf.predict(X.iloc[: sum(sizes)]) if sum(sizes) else [])
    assert clf.predict_proba(ddf).compute(scheduler="sync").shape == (sum(sizes), 2)


def test_columns_are_found_by_name(clf: TabularClassifier) -> None:
    other = dealt(X[["hue", "z", "x"]].assign(more=1), 2)
    np.testing.assert_array_equal(clf.predict(other).compute(scheduler="sync"), clf.predict(X))


@pytest.mark.parametrize("labels", [[0, 1], [False, True], ["no", "yes"]])
def test_answers_have_the_type_of_the_labels(labels: list[Any]) -> None:
    y = np.array(labels)[(Y == "yes").astype(int)]
    clf = small(epochs=1).fit(X, y)
    lazy = clf.predict(DDF)
    assert lazy.name is None
    answers = lazy.compute(scheduler="sync")
    np.testing.assert_array_equal(answers, clf.predict(X))
    assert lazy.dtype == answers.dtype
    assert clf.predict_proba(DDF).columns.tolist() == labels


def test_a_model_of_matrices_predicts_too() -> None:
    Z = X[["z"]]
    mlp = MLPClassifier(hidden_layer_sizes=4, max_iter=300, random_state=0).fit(Z, Y)
    np.testing.assert_array_equal(
        predict(mlp, dealt(Z, 3)).compute(scheduler="sync"), mlp.predict(Z)
    )


def test_predictions_on_a_cluster_and_after_a_filter(client: Any, clf: TabularClassifier) -> None:
    ddf = dealt(FRAME, 3)
    kept = ddf[ddf["z"] > 0]
    answers = client.compute(clf.predict(kept)).result(timeout=60)
    np.testing.assert_array_equal(answers, clf.predict(X[X["z"] > 0]))
