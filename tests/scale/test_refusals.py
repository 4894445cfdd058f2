"""What a table in partitions cannot be used for is refused by name, in one line."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from numlp import ClusterError, DataError, MLPClassifier, explain
from numlp.scale import predict
from numlp.tabular import cross_validate
from numlp.tabular.tuning import Search

from .tables import dealt, plain, small, table

pytestmark = pytest.mark.timeout(60)
FRAME = plain(300)
DDF = dealt(FRAME, 3)
LABELS = FRAME["target"]


def array() -> Any:
    from dask import array

    return array.ones((10, 2))


def bag() -> Any:
    from dask import bag

    return bag.from_sequence([{"x": 1}])


def weightless() -> Any:
    return dealt(table(90).assign(weight=0))


def fit(X: Any = DDF, y: Any = "target", *weight: Any, **more: Any) -> Any:
    return small().fit(X, y, *weight, **more)


IN_FIT: dict[str, tuple[type[Exception], Callable[[], Any], str]] = {
    "an array of Dask": (DataError, lambda: fit(array()), "X is Array of Dask, and a table in"),
    "a bag of Dask": (DataError, lambda: fit(bag()), "X is Bag of Dask, and a table in"),
    "a series of Dask": (DataError, lambda: fit(DDF["x"]), "X is Series of Dask, and"),
    "something delayed": (DataError, lambda: fit(DDF.to_delayed()[0]), "X is Delayed of Dask"),
    "labels in an array": (DataError, lambda: fit(y=LABELS.to_numpy()), "y is ndarray of numpy"),
    "labels in memory": (DataError, lambda: fit(y=LABELS), "y is Series of pandas: give the name"),
    "a frame of labels": (DataError, lambda: fit(y=DDF[["target"]]), "y is DataFrame of dask"),
    "an array of labels": (DataError, lambda: fit(y=array()), "y is Array of dask"),
    "no such target": (DataError, lambda: fit(y="targt"), "no column 'targt': did you mean"),
    "rows to choose by": (ValueError, lambda: fit(X_val=FRAME, y_val=LABELS), "X_val and y_val"),
    "groups in an array": (DataError, lambda: fit(groups=np.ones(300)), "groups is ndarray, and X"),
    "groups in a series": (DataError, lambda: fit(groups=DDF["hue"]), "groups is Series, and X"),
    "times in an array": (DataError, lambda: fit(time=np.ones(300)), "time is ndarray, and X is"),
    "weights in an array": (DataError, lambda: fit(DDF, "target", np.ones(300)), "sample_weight"),
    "no such group": (DataError, lambda: fit(groups="nobody"), "groups='nobody' names a column"),
    "the target as group": (DataError, lambda: fit(groups="target"), "groups='target' names a"),
    "times in words": (DataError, lambda: fit(time="hue"), "time='hue' names a column of"),
    "groups and times": (ValueError, lambda: fit(groups="hue", time="z"), "groups and time are"),
    "no such column": (DataError, lambda: fit(columns={"y": "category"}), "no such column"),
    "a class of no row": (ValueError, lambda: small(class_weight={"ye": 1}).fit(DDF, "target"),
                          "class_weight has 'ye', which is not a class"),
    "weights of words": (DataError, lambda: fit(DDF, "target", "hue"), "does not hold numbers"),
    "weights of zero": (DataError, lambda: fit(weightless(), "target", "weight"),
                        "no partition has a row of a weight above 0"),
}  # fmt: skip


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(("error", "act", "told"), IN_FIT.values(), ids=IN_FIT)
def test_fit_refuses(error: type[Exception], act: Callable[[], Any], told: str) -> None:
    with pytest.raises(error, match=told) as raised:
        act()
    assert "\n" not in str(raised.value)


@pytest.fixture(scope="module")
def fitted(shared_client: Any) -> Any:
    with shared_client.as_current():
        return small().fit(DDF, "target")


GATHERED = "is a collection of Dask, whose rows are not gathered in silence"
ELSEWHERE: dict[str, Callable[[Any], Any]] = {
    "Model.predict": lambda clf: clf.model_.predict(DDF),
    "Model.predict_proba": lambda clf: clf.model_.predict_proba(DDF),
    "predict_log_proba": lambda clf: clf.predict_log_proba(DDF),
    "predict_set": lambda clf: clf.predict_set(DDF),
    "report": lambda clf: clf.report("never.html", DDF, LABELS),
    "importance": lambda clf: explain.permutation_importance(clf, DDF, LABELS),
    "compare": lambda clf: explain.compare_with_training(clf, DDF, LABELS),
    "cross_validate": lambda _: next(cross_validate(lambda *_: small(), DDF, LABELS)),
    "Search": lambda _: Search(DDF, LABELS, seconds=1),
    "fit in memory": lambda _: small().fit(FRAME, DDF["target"]),
    "MLPClassifier.fit": lambda _: MLPClassifier().fit(DDF[["z"]], LABELS),
    "MLPClassifier.fit, array": lambda _: MLPClassifier().fit(array(), np.arange(10)),
    "MLPClassifier.fit, y": lambda _: MLPClassifier().fit(FRAME[["z"]], DDF["target"]),
    "MLPClassifier.predict": lambda _: mlp().predict(DDF[["z"]]),
    "MLPClassifier.predict_proba": lambda _: mlp().predict_proba(DDF[["z"]]),
    "MLPClassifier.score": lambda _: mlp().score(FRAME[["z"]], DDF["target"]),
}


def mlp() -> MLPClassifier:
    return MLPClassifier(hidden_layer_sizes=2, max_iter=1).fit(FRAME[["z"]], LABELS)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer. Maximum iterations")
@pytest.mark.parametrize("act", ELSEWHERE.values(), ids=ELSEWHERE)
def test_rows_are_not_gathered_in_silence(fitted: Any, act: Callable[[Any], Any]) -> None:
    with pytest.raises(DataError, match=GATHERED) as raised:
        act(fitted)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("role", ["groups", "time", "sample_weight"])
def test_roles_are_not_gathered_in_silence(role: str) -> None:
    with pytest.raises(DataError, match=f"column '{role}' is a collection of Dask, which is not"):
        small().fit(FRAME[["z"]], LABELS, **{role: DDF["z"]})


def test_a_dict_of_columns_of_dask_is_refused() -> None:
    with pytest.raises(DataError, match="column 'z' is a collection of Dask, which is not gather"):
        small().fit({"z": DDF["z"]}, LABELS)


def test_score_names_what_gives_the_same(fitted: Any) -> None:
    for X, y in ((DDF, DDF["target"]), (FRAME, DDF["target"]), (DDF, LABELS)):
        with pytest.raises(DataError, match=r"\(clf.predict\(X\) == y\).mean\(\).compute\(\)"):
            fitted.score(X, y)
    X, y, clf = DDF, DDF["target"], fitted
    accuracy = (clf.predict(X) == y).mean().compute()
    assert accuracy == pytest.approx(clf.score(FRAME, LABELS))


def test_predict_takes_a_dask_dataframe_alone(fitted: Any) -> None:
    for X in (FRAME, array(), DDF["x"], DDF.to_delayed()[0]):
        with pytest.raises(DataError, match=r"numlp.scale predicts for a Dask DataFrame"):
            predict(fitted.model_, X)


def test_probabilities_out_of_fold_are_not_kept(fitted: Any) -> None:
    with pytest.raises(AttributeError, match="oof_proba_ is not kept of a Dask DataFrame"):
        _ = fitted.oof_proba_
    assert not hasattr(fitted, "oof_proba_")
    # A classifier fitted again in memory has them.
    again = small().fit(FRAME.drop(columns="target"), LABELS)
    assert again.oof_proba_.shape == (300, 2)


def test_without_a_client_there_is_no_fit() -> None:
    with pytest.raises(ClusterError, match="no client of Dask is active here: connect to a"):
        fit()


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r"pip install 'numlp\[scale\]'"):
        fit()
