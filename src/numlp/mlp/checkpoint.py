"""The run of an MLPClassifier in a file: what a checkpoint holds, and how it is resumed."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ..data.features import Features, SparseRows
from ..data.samples import Samples
from ..models.mlp_model import MLPModel
from ..models.mlp_results import COUNTS, CURVES, NUMBERS
from ..nn import Constant, Dropout, Network, Optimizer
from ..storage.checkpoint import CheckpointFile, State, digest
from ..storage.json_values import number_or_none, to_json
from ..storage.stored_names import NO_IMPROVEMENT
from . import settings
from .building import RowOrders, Validation, make_optimizer
from .state import TrainingState
from .training import Learner

MT19937_WORDS = 624  # of its state
# Arguments that do not change what a run comes to; a schedule with an end depends on max_iter.
FREE = ("callbacks", "verbose", "warm_start", "max_iter")


def identity(
    clf: Learner, model: MLPModel, samples: Samples, validation: Validation | None
) -> dict[str, Any]:
    """What the run is, as ``CheckpointFile.open`` compares it.

    Raises
    ------
    ValueError
        The run is of a kind that cannot be kept in a file.
    """
    params, names = settings.of(clf), model.feature_names if model.named else None
    if params["solver"] == "lbfgs":
        raise ValueError("checkpoint is for the solvers 'sgd' and 'adam', not for 'lbfgs'")
    if params["warm_start"]:
        raise ValueError(
            "warm_start=True goes on from the last fit, a checkpoint from its file: choose one"
        )
    if isinstance(params["random_state"], np.random.RandomState):
        raise ValueError("random_state is a RandomState, but a checkpoint needs a number or None")
    free = [*FREE]
    if params["learning_rate"] in settings.PLANNED:
        free.remove("max_iter")
    compared = {k: to_json(k, _named(v)) for k, v in params.items() if k not in free}
    rows, given = samples.X, None if validation is None else validation.samples
    if isinstance(rows, SparseRows):
        columns = {"(sparse)": digest(*rows.arrays)}
    else:
        columns = {
            str(j) if names is None else names[j]: digest(rows[:, j]) for j in range(rows.shape[1])
        }
    return {
        "settings": compared,
        "data": {
            "rows": len(samples),
            "columns": columns,
            "labels": digest(samples.y, repr(model.classes.tolist())),
            "weights": None if samples.weight is None else digest(samples.weight),
            "validation rows": None if given is None else digest(*_arrays(given.X), given.y),
        },
    }


def _arrays(rows: Features) -> tuple[NDArray[Any], ...]:
    """The arrays that the rows consist of."""
    return rows.arrays if isinstance(rows, SparseRows) else (rows,)


def keep_in(
    file: CheckpointFile,
    clf: Learner,
    model: MLPModel,
    state: TrainingState,
    samples: Samples,
    validation: Validation | None,
) -> tuple[Callable[[bool], None], bool]:
    """Resume the run that the file holds, if there is a file.

    Parameters
    ----------
    file : CheckpointFile
    clf : Learner
        Its results are restored, and written.
    model : MLPModel
        It has a fresh net.
    state : TrainingState
        A fresh one.
    samples : Samples
        All rows.
    validation : Validation, optional
        Rows that were given to judge the epochs by.

    Returns
    -------
    keep : callable
        Writes the run to the file after an epoch, given whether that was the last.
    resumed : bool

    Raises
    ------
    CheckpointError
        The file is of another run, or has a state that no run of ours has.
    """
    found = file.open(identity(clf, model, samples, validation))
    if found is not None:
        with file.restoring():
            _restore(clf, model.network, state, len(samples), *found)

    def keep(is_last: bool) -> None:
        if is_last or file.due:
            file.save(stored(clf, model.network, state))

    return keep, found is not None


def stored(clf: Learner, network: Network, state: TrainingState) -> State:
    """All that is needed to resume a run that is under way: document, arrays."""
    optimizer, orders = cast(Optimizer, state.optimizer), cast(RowOrders, state.orders)
    base = cast(Constant, state.base_lr)
    generator = state.random_state.get_state(legacy=False)
    key = generator["state"]["key"]
    document: dict[str, Any] = {count: getattr(clf, count) for count in COUNTS}
    document[NO_IMPROVEMENT] = state.no_improvement_count
    document |= {name: to_json(name, getattr(clf, name)) for name in NUMBERS}
    document["curves"] = [name for name in CURVES if getattr(clf, name) is not None]
    document["steps"], document["base_lr"] = optimizer.t, base.lr
    document["random_state"] = [
        int(generator["state"]["pos"]),
        int(generator["has_gauss"]),
        float(generator["gauss"]),
    ]
    document["generators"] = [
        dict(rng.bit_generator.state) for layer in _dropouts(network) for rng in layer.rngs
    ]
    arrays = {"theta": network.theta, "order": orders.order.astype(np.int64)}
    arrays["key"] = key.astype(np.int64)
    arrays |= {f"moment.{name}": moment for name, moment in optimizer.state.items()}
    arrays |= {name: np.array(getattr(clf, name), float) for name in document["curves"]}
    vectors: dict[str, NDArray[Any] | None] = {
        "best_theta": state.best_theta,
        "last_theta": state.last_theta,
        "held_out": state.held_out,
    }
    arrays |= {name: vector for name, vector in vectors.items() if vector is not None}
    return document, arrays


def _restore(
    clf: Learner,
    network: Network,
    state: TrainingState,
    n: int,
    document: dict[str, Any],
    arrays: dict[str, NDArray[Any]],
) -> None:
    """Put everything back as it was in a run on n rows, some of them held out."""
    for name in (*COUNTS, NO_IMPROVEMENT, "steps"):
        if type(document[name]) is not int or document[name] < 0:
            raise ValueError(f"{name}={document[name]!r}")
    params, theta = settings.of(clf), network.theta
    _check_like(theta, arrays["theta"])
    position, has_gauss, gauss = document["random_state"]
    key = arrays["key"]
    if key.shape != (MT19937_WORDS,) or key.dtype != np.int64:
        raise ValueError(f"key of {key.dtype} and shape {key.shape}")
    state.random_state.set_state(("MT19937", key.astype(np.uint32), position, has_gauss, gauss))
    generators = [rng for layer in _dropouts(network) for rng in layer.rngs]
    for rng, generator in zip(generators, document["generators"], strict=True):
        rng.bit_generator.state = generator
    optimizer = make_optimizer(params)
    optimizer.t = document["steps"]
    for moment in optimizer.moments:
        optimizer.state[moment] = _check_like(theta, arrays[f"moment.{moment}"])
    order = arrays["order"]
    if order.dtype != np.int64 or not np.array_equal(np.sort(order), np.arange(len(order))):
        raise ValueError("order is not a permutation")
    for curve in CURVES:
        values = arrays[curve] if curve in document["curves"] else None
        if values is not None and (
            values.shape != (document["n_iter_"],) or values.dtype != np.float64
        ):
            raise ValueError(f"{curve} of {values.dtype} and shape {values.shape}")
        setattr(clf, curve, None if values is None else values.tolist())
    if not clf.loss_curve_:
        raise ValueError("no epoch")
    for count in COUNTS:
        setattr(clf, count, document[count])
    for number in NUMBERS:
        setattr(clf, number, number_or_none(number, document[number]))
    best, last = (arrays.get(name) for name in ("best_theta", "last_theta"))
    held_out = arrays.get("held_out")
    n_held_out = 0 if held_out is None else int(held_out.sum())
    if held_out is not None and (held_out.dtype != bool or held_out.shape != (n,)):
        raise ValueError(f"held_out of {held_out.dtype} and shape {held_out.shape}")
    if len(order) + n_held_out != n:
        raise ValueError("held_out does not go with order")
    state.no_improvement_count = document[NO_IMPROVEMENT]
    state.best_theta = None if best is None else _check_like(theta, best)
    state.last_theta = None if last is None else _check_like(theta, last)
    state.held_out = held_out
    state.optimizer, state.optimizer_arguments = optimizer, settings.optimizer_arguments(params)
    state.base_lr = Constant(float(document["base_lr"]))
    state.orders = RowOrders(len(order), state.random_state, shuffle=bool(params["shuffle"]))
    state.orders.order = order.astype(np.intp)
    np.copyto(theta, arrays["theta"])


def _dropouts(network: Network) -> list[Dropout]:
    return [layer for layer in network.layers if isinstance(layer, Dropout)]


def _check_like(theta: NDArray[Any], vector: NDArray[Any]) -> NDArray[Any]:
    if vector.shape != theta.shape or vector.dtype != theta.dtype:
        raise ValueError(f"parameters of {vector.dtype} and shape {vector.shape}")
    return vector


def _named(value: Any) -> Any:
    """The argument, or the name of a callable, by which another run is told from this one."""
    return getattr(value, "__qualname__", type(value).__qualname__) if callable(value) else value
