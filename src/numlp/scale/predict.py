"""Predictions for a Dask DataFrame: lazy, partition by partition, where the partitions are."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..data.columns import is_dask
from ..errors import DataError
from .partitions import is_frame


def predict(model: Any, X: Any) -> Any:
    """The class of each row of a Dask DataFrame, as a lazy Dask Series.

    Parameters
    ----------
    model : Model, MLPModel or a fitted classifier
        It goes to the workers with the tasks.
    X : Dask DataFrame
        Its columns are found by name, as in ``Model.predict``; an empty partition gives no rows.

    Returns
    -------
    Dask Series
        With the partitions and the index of X, named for the target.  Nothing is computed until it
        is asked for.

    Raises
    ------
    DataError
        X is not a Dask DataFrame.  When it is computed: as ``Model.predict``.

    Examples
    --------
    >>> import dask.dataframe as dd, numlp, pandas as pd
    >>> pets = pd.DataFrame({"kilos": [4, 30] * 50, "pet": ["cat", "dog"] * 50})
    >>> clf = numlp.TabularClassifier("fast", random_state=0).fit(pets[["kilos"]], pets["pet"])
    >>> answers = predict(clf.model_, dd.from_pandas(pets, npartitions=2))
    >>> answers.compute(scheduler="sync").head(2).tolist()
    ['cat', 'dog']
    """
    name = _of(model).target or None
    meta = _no_answers(_of(model), name)
    return _mapped(_predicted, model, X, meta, name)


def predict_proba(model: Any, X: Any) -> Any:
    """The probability of each class for each row, as a lazy Dask DataFrame.

    Parameters
    ----------
    model : Model, MLPModel or a fitted classifier
        It goes to the workers with the tasks.
    X : Dask DataFrame
        As for ``predict``.

    Returns
    -------
    Dask DataFrame
        A column for each class, named for it, with the partitions and the index of X.

    Raises
    ------
    DataError
        X is not a Dask DataFrame.  When it is computed: as ``Model.predict_proba``.

    Examples
    --------
    >>> import dask.dataframe as dd, numlp, pandas as pd
    >>> pets = pd.DataFrame({"kilos": [4, 30] * 50, "pet": ["cat", "dog"] * 50})
    >>> clf = numlp.TabularClassifier("fast", random_state=0).fit(pets[["kilos"]], pets["pet"])
    >>> P = predict_proba(clf, dd.from_pandas(pets, npartitions=2))
    >>> P.columns.tolist(), len(P.compute(scheduler="sync"))
    (['cat', 'dog'], 100)
    """
    import pandas as pd

    classes = _of(model).classes
    meta = pd.DataFrame(np.zeros((0, len(classes))), columns=classes.tolist())
    return _mapped(_probabilities, model, X, meta, classes.tolist())


def _of(model: Any) -> Any:
    """The model of a classifier, or the model itself."""
    return getattr(model, "model_", model)


def _mapped(function: Callable[..., Any], model: Any, X: Any, meta: Any, name: Any) -> Any:
    if not is_frame(X):
        raise DataError(
            f"X is {type(X).__name__}{' of Dask' * is_dask(X)}, and numlp.scale predicts for a "
            "Dask DataFrame: a table in memory goes to the model's own predict"
        )
    return X.map_partitions(function, _of(model), name, meta=meta, enforce_metadata=False)


def _predicted(frame: Any, model: Any, name: str | None) -> Any:
    import pandas as pd

    if not len(frame):
        return _no_answers(model, name).set_axis(frame.index)
    return pd.Series(model.predict(frame), index=frame.index, name=name)


def _no_answers(model: Any, name: str | None) -> Any:
    """A Series of no rows, of the type that pandas gives to answers."""
    import pandas as pd

    return pd.Series(model.classes[:1], name=name).iloc[:0]


def _probabilities(frame: Any, model: Any, names: list[Any]) -> Any:
    import pandas as pd

    P = model.predict_proba(frame) if len(frame) else np.zeros((0, len(names)))
    return pd.DataFrame(P, index=frame.index, columns=names)
