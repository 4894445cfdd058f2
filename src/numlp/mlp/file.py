"""The file of an MLPClassifier: its arguments, labels and weights, and no state of training.

Safe to open as a model of a table is: nothing in it is run, and what it declares is compared with
the arrays that are there before any memory is taken for it.
"""

import itertools
import os
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..data.targets import Targets
from ..models.model import classes_from_state, classes_state, parameters
from ..storage import container
from ..storage.json_values import from_json, number_or_none, to_json
from ..version import __version__
from . import settings
from .training import CURVES, NUMBERS, MLPTraining

KIND = "mlp"
Classifier = TypeVar("Classifier", bound=MLPTraining)


def save(clf: MLPTraining, path: str | os.PathLike[str]) -> None:
    """Write a fitted classifier to one file, whole or not at all.

    Raises
    ------
    ValueError
        A label or an argument is of a kind that no file can hold.
    OSError
        It could not be written; a file that was there before is whole.
    """
    targets = clf._targets
    document = {
        "settings": {name: to_json(name, value) for name, value in _arguments(clf).items()},
        "targets": {
            "kind": targets.kind,
            "sparse": targets.sparse,
            "classes": classes_state(targets.classes),
        },
        "columns": {"n": clf.n_features_in_, "names": clf._names},
        "results": {
            "n_iter_": clf.n_iter_,
            "t_": clf.t_,
            **{name: to_json(name, getattr(clf, name)) for name in (*CURVES, *NUMBERS)},
        },
        "versions": {"numlp": __version__, "numpy": np.__version__},
    }
    container.write(path, dict(parameters(clf._network)), document, kind=KIND)


def load(cls: type[Classifier], path: str | os.PathLike[str]) -> Classifier:
    """Open a file that ``save`` wrote, as a classifier of this class.

    Raises
    ------
    ModelFileError
        The file is damaged, is none of an MLPClassifier, or needs a newer version.
    OSError
        It could not be read.
    """
    return restored(cls, path, *container.read(path, kind=KIND))


def restored(
    cls: type[Classifier],
    path: str | os.PathLike[str],
    document: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
) -> Classifier:
    """The classifier of a document and its arrays, which were read from path."""
    with container.reading_document(path, "file of an MLPClassifier"):
        return _restored(cls, document, arrays)


def _arguments(clf: MLPTraining) -> dict[str, Any]:
    """Those that a file can tell: no callables, and no generator."""
    arguments = {k: v for k, v in clf.get_params().items() if k != "callbacks" and not callable(v)}
    if isinstance(arguments["random_state"], np.random.RandomState):
        arguments["random_state"] = None
    return arguments


def _restored(
    cls: type[Classifier], document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> Classifier:
    clf = cls(**{name: from_json(value) for name, value in document["settings"].items()})
    settings.check(clf.get_params())
    entry, n, names = document["targets"], document["columns"]["n"], document["columns"]["names"]
    targets = Targets.restored(entry["kind"], classes_from_state(entry["classes"]), entry["sparse"])
    _check_columns(n, names)
    widths = [n, *settings.hidden_sizes(clf.get_params()["hidden_layer_sizes"]), targets.n_outputs]
    n_weights = sum((a + 1) * b for a, b in itertools.pairwise(widths))
    if n_weights > sum(array.size for array in arrays.values()):
        raise ValueError(
            f"layers of {widths} units have {n_weights:,} weights, more than there are"
        )
    (dtype,) = {array.dtype for array in arrays.values()}
    clf._start(np.empty((0, n), dtype), names, targets)
    declared = dict(parameters(clf._network))
    if declared.keys() != arrays.keys():
        raise ValueError(f"the arrays are {sorted(arrays)}, but the layers have {sorted(declared)}")
    for name, parameter in declared.items():
        if arrays[name].shape != parameter.shape or arrays[name].dtype != parameter.dtype:
            raise ValueError(f"{name} is {arrays[name].dtype} of {arrays[name].shape}")
        parameter[...] = arrays[name]
    _restore_results(clf, document["results"])
    return clf


def _check_columns(n: Any, names: Any) -> None:
    if type(n) is not int or n < 1:
        raise ValueError(f"{n!r} columns")
    if names is not None and not (
        isinstance(names, list) and len(names) == n and all(isinstance(k, str) for k in names)
    ):
        raise ValueError(f"the names of the columns are no list of {n} texts")


def _restore_results(clf: MLPTraining, results: Mapping[str, Any]) -> None:
    for name in ("n_iter_", "t_"):
        if type(results[name]) is not int or results[name] < 0:
            raise ValueError(f"{name}={results[name]!r}")
        setattr(clf, name, results[name])
    for name in CURVES:
        curve = results[name]
        if curve is not None:
            curve = [number_or_none(name, loss) for loss in curve]
            if None in curve:
                raise ValueError(f"{name} is no list of numbers")
        setattr(clf, name, curve)
    if not clf.loss_curve_:
        raise ValueError("it is of a classifier that has not learned")
    for name in NUMBERS:
        setattr(clf, name, number_or_none(name, results[name]))
