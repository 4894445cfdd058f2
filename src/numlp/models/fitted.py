"""What was fitted, whichever class it is of: its labels, its network, its losses, its scores."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import not_fitted
from ..metrics.scores import wilson_interval
from ..nn import History, Network
from ..storage.json_values import is_json_number, mapping


def classes_of(fitted: Any) -> NDArray[Any]:
    """The labels, in the order of the probabilities, of a classifier or a Model."""
    for name in ("classes_", "classes"):
        if hasattr(fitted, name):
            return np.asarray(getattr(fitted, name))
    raise _lacking(fitted, "no classes_: give a fitted classifier")


def network_of(fitted: Any) -> Network:
    """The network itself, or that of a classifier or a Model of this package."""
    if isinstance(fitted, Network):
        return fitted
    model = getattr(fitted, "model_", fitted)  # of a TabularClassifier
    for name in ("network", "_network"):
        network = getattr(model, name, None)
        if isinstance(network, Network):
            return network
    raise _lacking(fitted, "no network: give a Network or what has one")


def history_of(fitted: Any) -> History:
    """The losses of a run, as a History with ``train_loss`` and, if known, ``validation_loss``.

    Parameters
    ----------
    fitted : History, mapping, sequence of float, or what was fitted
        A mapping has the columns of a History, a sequence is the training loss.  A Model tells
        what its file says, and an empty History where that is nothing that training can have left.
    """
    if isinstance(fitted, History):
        return fitted
    if isinstance(fitted, Mapping):
        return History({str(name): list(values) for name, values in fitted.items()})
    if hasattr(fitted, "history_"):
        return history_of(fitted.history_)
    if hasattr(fitted, "info"):
        return _told(fitted.info)
    if hasattr(fitted, "loss_curve_"):
        columns = {"train_loss": list(fitted.loss_curve_)}
        held_out = getattr(fitted, "validation_loss_curve_", None)
        if held_out:
            before = len(fitted.loss_curve_) - len(held_out)  # epochs of a warm start without
            columns["validation_loss"] = [np.nan] * before + list(held_out)
        return History(columns)
    if isinstance(fitted, Sequence | np.ndarray):
        return History({"train_loss": [float(loss) for loss in fitted]})
    raise _lacking(fitted, "no history: give a History, or what was fitted")


def _lacking(fitted: Any, what: str) -> Exception:
    if hasattr(fitted, "fit") and not hasattr(fitted, "classes_"):
        return not_fitted(fitted)
    return TypeError(f"{type(fitted).__name__} has {what}")


def _told(info: Mapping[str, Any]) -> History:
    """The history in the document of a model file, as far as it is one."""
    columns = mapping(info.get("history"))
    lists = {
        name: [np.nan if value is None else value for value in values]
        for name, values in columns.items()
        if isinstance(values, list)
        and all(value is None or is_json_number(value) for value in values)
    }
    return History(lists if len({len(values) for values in lists.values()}) == 1 else {})


def validation_of(info: Mapping[str, Any]) -> dict[str, Any] | None:
    """The scores in the document of a model file, if they are such as training can have found."""
    validation = mapping(info.get("validation"))
    n_rows, log_loss = validation.get("n_rows"), validation.get("log_loss")
    accuracy: Any = validation.get("accuracy")
    majority: Any = validation.get("majority")
    if (
        type(n_rows) is not int
        or not 0 < n_rows < 1 << 53
        or not is_json_number(log_loss)
        or not (_is_share(accuracy) and _is_share(majority))
    ):
        return None
    low, high = wilson_interval(float(accuracy), n_rows)
    return {
        "accuracy": accuracy,
        "low": low,
        "high": high,
        "majority": majority,
        "log_loss": log_loss,
        "rows": n_rows,
    }


def _is_share(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 1
