"""Labels, network, losses and scores of what was fitted, whichever class it is of."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import not_fitted
from ..common.wording import shortened
from ..data.quantity import Ranges
from ..nn.more.history import History
from ..nn.network import Network
from ..storage.json_values import is_json_number, is_share, mapping

MOST_LETTERS = 40  # of the name of a column


def classes_of(fitted: Any) -> NDArray[Any]:
    """The labels, in the order of the probabilities, of a classifier or a model."""
    for name in ("classes_", "classes"):
        if hasattr(fitted, name):
            return np.asarray(getattr(fitted, name))
    raise _lacking(fitted, "no classes_: give a fitted classifier")


def ranges_of(fitted: Any) -> Ranges | None:
    """The ranges of a quantity that the classes of a model are; None where they are not."""
    ranges: Ranges | None = getattr(getattr(fitted, "model_", fitted), "ranges", None)
    return ranges


def network_of(fitted: Any) -> Network:
    """The network itself, or the one of a fitted classifier or a model of this package."""
    if isinstance(fitted, Network):
        return fitted
    network = getattr(getattr(fitted, "model_", fitted), "network", None)
    if isinstance(network, Network):
        return network
    raise _lacking(fitted, "no network: give a Network or what has one")


def history_of(fitted: Any) -> History:
    """The losses of a run, as a History with ``train_loss`` and, if known, ``validation_loss``.

    Parameters
    ----------
    fitted : History, mapping, sequence of float, or what was fitted
        A mapping has the columns of a History, a sequence is the training loss.  A model tells
        what its file says, and an empty History where training cannot have left that.
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
        return _of_curves(fitted.loss_curve_, getattr(fitted, "validation_loss_curve_", None))
    if isinstance(fitted, Sequence | np.ndarray):
        try:
            return History({"train_loss": [float(loss) for loss in fitted]})
        except (TypeError, ValueError) as error:
            raise TypeError(
                "a history is a sequence of losses, one number for each epoch"
            ) from error
    raise _lacking(fitted, "no history: give a History, or what was fitted")


def _lacking(fitted: Any, what: str) -> Exception:
    if hasattr(fitted, "fit") and not hasattr(fitted, "classes_"):
        return not_fitted(fitted)
    return TypeError(f"{type(fitted).__name__} has {what}")


def _of_curves(losses: Sequence[float], held_out: Sequence[float] | None) -> History:
    """The losses by epoch; there are fewer where rows were held out from a later fit on."""
    columns = {"train_loss": list(losses)}
    if held_out:
        columns["validation_loss"] = [np.nan] * (len(losses) - len(held_out)) + list(held_out)
    return History(columns)


def _told(info: Mapping[str, Any]) -> History:
    """The history in the document of a model file, as far as it is a valid one."""
    results = mapping(info.get("results"))  # of an MLPClassifier
    losses, held_out = (_numbers(results.get(f"{name}loss_curve_")) for name in ("", "validation_"))
    if losses:
        return _of_curves(losses, held_out if len(held_out) <= len(losses) else [])
    columns = mapping(info.get("history"))
    lists = {
        name: [np.nan if value is None else value for value in values]
        for name, values in columns.items()
        if isinstance(values, list)
        and all(value is None or is_json_number(value) for value in values)
    }
    return History(lists if len({len(values) for values in lists.values()}) == 1 else {})


def _numbers(values: Any) -> list[float]:
    """The list, if it is one of numbers, else an empty one."""
    is_curve = isinstance(values, list) and all(type(v) in (int, float) for v in values)
    return list(values) if is_curve else []


def validation_of(info: Mapping[str, Any]) -> dict[str, Any] | None:
    """The scores in the document of a model file, or None where training cannot have found them."""
    validation = mapping(info.get("validation"))
    n_rows, log_loss = validation.get("n_rows"), validation.get("log_loss")
    accuracy: Any = validation.get("accuracy")
    majority: Any = validation.get("majority")
    if (
        type(n_rows) is not int
        or not 0 < n_rows < 1 << 53
        or not is_json_number(log_loss)
        or not (is_share(accuracy) and is_share(majority))
    ):
        return None
    from ..metrics.scores import wilson_interval  # here, as predicting scores nothing

    effective = validation.get("effective_rows", n_rows)
    if not is_json_number(effective) or not 1 <= effective <= n_rows:
        effective = n_rows
    low, high = wilson_interval(float(accuracy), effective)
    return {
        "accuracy": accuracy,
        "low": low,
        "high": high,
        "majority": majority,
        "log_loss": log_loss,
        "rows": n_rows,
        "class_rows": _counts(validation.get("class_rows"), n_rows),
    }


def held_out_of(info: Mapping[str, Any]) -> dict[str, Any] | None:
    """How rows were held out, in the document of a model file; None where they were dealt singly.

    Returns
    -------
    dict
        by : "group", "time" or "X_val"
        column : str or None
            The name of the column of groups or times, if it has one.
        n : int or None
            How many groups or times there were.
    """
    told = mapping(info.get("held_out"))
    by, column = told.get("by"), told.get("column")
    if by not in ("group", "time", "X_val"):
        return None
    n = told.get("n_groups", told.get("n_times"))
    return {
        "by": by,
        "column": column if isinstance(column, str) and column else None,
        "n": n if type(n) is int and 1 < n < 1 << 53 else None,
    }


def held_out_told(info: Mapping[str, Any]) -> str:
    """How rows were held out, in words that follow "rows"; the name in it is one short line.

    >>> held_out_told({}), held_out_told({"held_out": {"by": "group", "column": "customer"}})
    ('held out', 'held out by customer')
    >>> held_out_told({"held_out": {"by": "time", "column": "sent"}})
    'held out, later by sent than those learned from'
    >>> held_out_told({"held_out": {"by": "X_val"}})
    'held out, which were given to choose by'
    """
    told = held_out_of(info)
    if told is None:
        return "held out"
    if told["by"] == "X_val":
        return "held out, which were given to choose by"
    column = None if told["column"] is None else shortened(told["column"], MOST_LETTERS)
    if told["by"] == "group":
        return f"held out by {column or 'group'}"
    return f"held out, later {f'by {column} ' if column else ''}than those learned from"


def _counts(values: Any, total: int) -> list[int] | None:
    """The numbers of rows, if they are such and add up; files of numlp 0.1 have none."""
    if isinstance(values, list) and all(type(n) is int and n >= 0 for n in values):
        return values if sum(values) == total else None
    return None
