"""Every warning comes once, and names the line of the user's that led to it."""

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from numlp import MLPClassifier, TabularClassifier
from numlp.common.warning import warn
from numlp.tabular import cross_validate

pandas = pytest.importorskip("pandas")
X = np.random.default_rng(0).normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int)
FRAME = pandas.DataFrame(X, columns=list("abc"))


def net(**arguments: Any) -> MLPClassifier:
    return MLPClassifier((4,), **{"max_iter": 2, "random_state": 0, **arguments})


def trained(data: Any = X) -> MLPClassifier:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return net().fit(data, Y)


def small() -> TabularClassifier:
    return TabularClassifier("fast", epochs=2, hidden_layer_sizes=4, random_state=0)


def stopped(_: Any) -> None:
    raise KeyboardInterrupt


ON_ARRAY, ON_FRAME = trained(), trained(FRAME)
LATE = "Maximum iterations"
NAMES = "feature names"
COLUMN = "column-vector"
CASES: dict[str, tuple[str, Callable[[], Any]]] = {
    "fit": (LATE, lambda: net().fit(X, Y)),
    "fit with a checkpoint's rows": (LATE, lambda: net(early_stopping=True).fit(X, Y)),
    "lbfgs": ("lbfgs failed", lambda: net(solver="lbfgs", max_iter=1).fit(X, Y)),
    "a batch too large": ("batch_size", lambda: net(batch_size=99).fit(X, Y)),
    "interrupted": ("interrupted", lambda: net(callbacks=[stopped]).fit(X, Y)),
    "predict": (NAMES, lambda: ON_FRAME.predict(X)),
    "predict_proba": (NAMES, lambda: ON_FRAME.predict_proba(X)),
    "predict_log_proba": (NAMES, lambda: ON_FRAME.predict_log_proba(X)),
    "score": (NAMES, lambda: ON_ARRAY.score(FRAME, Y)),
    "partial_fit": (NAMES, lambda: trained().partial_fit(FRAME, Y)),
    "rows to validate on": (NAMES, lambda: net().fit(X, Y, X_val=FRAME, y_val=Y)),
    "a column for y": (COLUMN, lambda: net().fit(X, Y[:, None])),
    "a column for y again": (COLUMN, lambda: trained().partial_fit(X, Y[:, None])),
    "a column for y of a table": (COLUMN, lambda: small().fit(FRAME, Y[:, None])),
    "a table that teaches nothing": ("no column", lambda: small().fit({"a": [1] * 60}, Y)),
    "a class of one row": ("a single row", lambda: small().fit(X, np.append(Y[1:], 2))),
    "cross-validation": (
        "no column",
        lambda: [*cross_validate(lambda *_: small(), {"a": [1] * 60}, Y, folds=2)],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_warning_names_this_file_and_comes_once(case: str) -> None:
    what, call = CASES[case]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    told = [w for w in caught if what in str(w.message)]
    assert len(told) == (2 if case == "cross-validation" else 1)
    source, first = inspect.getsourcelines(call)
    for warning in told:
        assert warning.filename == __file__
        assert first <= warning.lineno < first + len(source)


def test_a_stream_of_rows_of_one_class_is_learned_without_a_word() -> None:
    clf = net(learning_rate_init=0.02).partial_fit(X, Y, classes=[0, 1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for i in range(200):
            clf.partial_fit(X[i % 60 : i % 60 + 1], Y[i % 60 : i % 60 + 1])


def test_a_warning_of_the_callers_own_names_its_line() -> None:
    with pytest.warns(UserWarning, match="look here") as caught:
        warn("look here")
    assert caught[0].filename == __file__
