"""MLPModel: what a fit of MLPClassifier leaves behind, and the file that it lives in.

The file is as safe to open as the model of a table: nothing in it is run, and what it declares is
compared with the arrays that are there before any memory is taken for it.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.wording import name_list, shortened
from ..data.columns import Column, Columns, as_columns
from ..data.features import Features, SparseRows, as_matrix, put_in_order
from ..data.rows import by_column
from ..data.targets import Targets
from ..decisions.prediction_sets import check_coverage
from ..errors import DataError, ModelFileError
from ..metrics.aim import Aim
from ..nn.network import Network
from ..storage import container
from ..storage.json_values import from_json, mapping, number_or_none, to_json
from ..storage.source import Contents, Source
from ..table.table import Audit
from ..table.words import read_number, read_words
from .classes import classes_from_state, classes_state
from .facts import shared_facts
from .fitted_model import BLOCK, Encoded, FittedModel
from .mlp_network import (
    OWNER,
    RULES,
    blank_network,
    check_declared,
    check_net,
    log_probabilities,
    probabilities,
)
from .networks import fill

# The results in a file, by their names in MLPClassifier.
COUNTS = ("n_iter_", "t_")
CURVES = ("loss_curve_", "validation_scores_", "validation_loss_curve_")
NUMBERS = ("loss_", "best_loss_", "best_validation_score_")  # None or infinite, for some
OPTIONAL = ("validation_rows_",)  # counts that older files lack
MOST_TEXT = 60  # characters of a cell, in a message


class MLPModel(FittedModel):
    """The network of an MLPClassifier, the labels it tells apart, and the columns it takes.

    Parameters
    ----------
    network : Network
        With an output for each class, or one for two classes.
    targets : Targets
        What the labels of training were.
    names : list of str, optional
        Names of the columns; without them the columns go by position.
    made_with : mapping, optional
        The arguments of MLPClassifier that the network was made with (``mlp_network.RULES``); a
        file needs them.
    info : mapping, optional
        How the model came to be: ``settings`` are the arguments of MLPClassifier, ``results`` its
        counts and losses, ``versions`` the versions of numlp and NumPy, ``metric`` the name of
        what scored the rows held out.

    Attributes
    ----------
    targets : Targets
    names : list of str or None
    made_with : dict

    Notes
    -----
    The answer is the likeliest class: no rows were held out to choose another threshold by, or to
    learn prediction sets from.  The file does not name a target.
    """

    kind = "mlp"

    def __init__(
        self,
        network: Network,
        targets: Targets,
        *,
        names: list[str] | None = None,
        made_with: Mapping[str, Any] | None = None,
        info: Mapping[str, Any] | None = None,
    ) -> None:
        if network.n_out != targets.n_outputs:
            raise ValueError(
                f"the network has {network.n_out} outputs, and the labels need {targets.n_outputs}"
            )
        self.targets, self.names, self.made_with = targets, names, dict(made_with or {})
        self.multilabel = targets.kind == "multilabel"
        factors = [1.0] * len(targets.classes)
        super().__init__(network, targets.classes, factors=factors, aim=Aim(), target="", info=info)

    @property
    def named(self) -> bool:
        return self.names is not None

    @property
    def feature_names(self) -> list[str]:
        return [f"x{j}" for j in range(self.n_features)] if self.names is None else self.names

    @property
    def n_features(self) -> int:
        return self.network.n_in

    @property
    def matrix_names(self) -> list[str]:
        return self.feature_names

    def matrix_columns(self) -> dict[str, NDArray[np.intp]]:
        return {name: np.array([j]) for j, name in enumerate(self.feature_names)}

    def audit(self, most: int | None = None) -> Audit:
        # Without names there may be as many columns as weights: no name is made that is not told.
        names = (f"x{j}" for j in range(self.n_features)) if self.names is None else self.names
        return Audit(
            {"name": name, "kind": "number", "features": 1, "why": "a number, taken as it is"}
            for name in itertools.islice(names, most)
        )

    def encode(self, X: Any, notes: list[str] | None = None) -> Encoded:
        """The rows of X with the columns in the order of training, of the network's type.

        Sparse rows stay sparse.  In a dict of columns, or a table that was read from a file,
        columns that the network does not know are ignored.

        Raises
        ------
        DataError
            Columns are missing or too many, or a cell is not a finite number.
        """
        X = by_column(X)
        if isinstance(X, Mapping):
            X = as_columns(X)
        if isinstance(X, Columns):
            return self._from_columns(X)
        rows, names = as_matrix(X, OWNER)
        rows = self._in_order(rows, names)
        if isinstance(rows, SparseRows):
            return rows
        encoded: NDArray[Any] = rows.astype(self.network.dtype, copy=False)
        return encoded

    def _in_order(self, rows: Features, names: list[str] | None) -> Features:
        rows = put_in_order(rows, names, self.names, OWNER)
        if rows.shape[1] != self.n_features:
            raise DataError(
                f"X has {rows.shape[1]} features, but {OWNER} is expecting {self.n_features} "
                "features as input."
            )
        return rows

    def _from_columns(self, X: Columns) -> NDArray[Any]:
        chosen = X.names
        if self.names is not None and X.named:
            chosen = self.names
            if missing := [name for name in chosen if name not in X.columns]:
                raise DataError(
                    f"the net learned from {name_list(missing)}, which the table does not have: "
                    f"it has {name_list([*X.names, *X.unread]) or 'no column'}"
                )
        elif len(chosen) != self.n_features:
            raise DataError(
                f"the table has {len(chosen)} columns, and the net takes {self.n_features}: it "
                "learned from columns without names, so they go by position; give a table of "
                f"these {self.n_features} alone"
            )
        matrix = np.empty((X.n_rows, self.n_features), self.network.dtype)
        for j, name in enumerate(chosen):
            matrix[:, j] = _as_numbers(name, X[name])
        return matrix

    def probabilities(self, matrix: Encoded) -> NDArray[Any]:
        """Probability of each class for the rows of a matrix from ``encode``, (n, n_classes).

        Raises
        ------
        DataError
            A row, or a weight, is so large that its probabilities are not finite.
        """
        return self._probabilities(matrix, 0)

    def _probabilities(self, matrix: Encoded, first: int) -> NDArray[Any]:
        """The probabilities of rows whose numbers begin at ``first``."""
        # What overflows is found below, in one place.
        with np.errstate(over="ignore", invalid="ignore"):
            P = self._by_block(self.thread_network.predict, matrix)
        if not math.isfinite(P.sum()):
            row = first + int(np.isfinite(P).all(axis=1).argmin()) + 1
            raise DataError(
                f"the net gives no finite probabilities for row {row:,}: the numbers in the row, "
                "or its own weights, are too large"
            )
        return probabilities(P, self.targets)

    def _by_block(self, run: Callable[[Any], NDArray[Any]], matrix: Encoded) -> NDArray[Any]:
        """What ``run`` gives for the rows; a wide net is asked in blocks."""
        size = self.block_rows
        if size == BLOCK or len(matrix) <= size:
            return run(matrix)
        return np.concatenate([run(matrix[rows]) for rows in self.blocks(len(matrix))])

    def log_probabilities(self, matrix: Encoded) -> NDArray[Any]:
        """Logarithms of the probabilities, from the logits: finite where a probability is 0."""
        Z = self._by_block(self.thread_network.logits, matrix)
        return log_probabilities(Z, self.targets)

    def probability_blocks(self, matrix: Encoded) -> Iterator[tuple[slice, NDArray[Any]]]:
        """Blocks of rows and their probabilities, (rows, P): P need not be in memory as a whole."""
        for rows in self.blocks(len(matrix)):
            yield rows, self._probabilities(matrix[rows], rows.start)

    def decide(self, P: NDArray[Any], threshold: float | None = None) -> NDArray[np.intp]:
        """The number in ``classes`` of each row's answer, (n,); for multilabel 0 or 1 a label.

        Parameters and errors are those of ``FittedModel.decide``.
        """
        if threshold is not None:
            return super().decide(P, threshold)
        # Every factor is 1, so the products need not be made.
        return (P > 0.5).astype(np.intp) if self.multilabel else P.argmax(axis=1)

    def answers(self, matrix: Encoded) -> NDArray[np.intp]:
        """The numbers that ``decide`` gives for the rows of a matrix from ``encode``."""
        if self.targets.kind != "binary":
            return self.decide(self.probabilities(matrix))
        P = self._by_block(self.thread_network.predict, matrix)
        return (P[:, 0] > 0.5).astype(np.intp)  # without a column for each of the two classes

    def predict(self, X: Any, notes: list[str] | None = None) -> Any:
        """The answer for each row, (n,), as the labels were in training.

        A multilabel model gives the indicator matrix, (n, n_labels), sparse where y was.
        """
        if not self.multilabel:
            return super().predict(X, notes)
        chosen = self.answers(self.encode(X, notes))
        if self.targets.sparse:
            from scipy.sparse import csr_matrix  # y was one of its matrices: it is there

            return csr_matrix(chosen)
        return chosen

    def set_threshold(self, coverage: float) -> float:
        """Raise a ModelFileError: the model has no prediction sets."""
        check_coverage(coverage)
        raise ModelFileError(
            f"an {OWNER} has no prediction sets, as it keeps no answers for rows held out: train "
            "a TabularClassifier"
        )

    def why_full(self, coverage: float) -> str:
        """An empty text, as the model has no prediction sets."""
        return ""

    # The file

    def document(self) -> dict[str, Any]:
        """What the file says beside the arrays, as JSON takes it.

        Raises
        ------
        ValueError
            A label or a setting is of a kind that no file can hold.
        """
        settings, results = self.info.get("settings"), self.info.get("results")
        if settings is None or results is None or not self.made_with:
            raise ValueError(
                f"the model has no settings or results of an {OWNER}: a file is of a fitted one"
            )
        # Arguments that were set anew since would make another net.
        settings = {name: self.made_with.get(name, value) for name, value in settings.items()}
        return {
            "settings": {name: to_json(name, value) for name, value in settings.items()},
            "targets": {
                "kind": self.targets.kind,
                "sparse": self.targets.sparse,
                "classes": classes_state(self.classes),
            },
            "columns": {"n": self.n_features, "names": self.names},
            "results": {name: to_json(name, results[name]) for name in (*COUNTS, *CURVES, *NUMBERS)}
            | {name: results[name] for name in OPTIONAL if results.get(name) is not None},
            "versions": self.info.get("versions", {}),
        }

    @classmethod
    def load(cls, path: Source | Contents) -> "MLPModel":
        """Open a file that ``save`` wrote, given as for ``numlp.load``.  Nothing in it is executed.

        Raises
        ------
        ModelFileError
            The file is damaged, is not of an MLPClassifier, or needs a newer version.
        OSError
            The file could not be read.
        """
        document, arrays = container.read(path, kind=cls.kind)
        with container.reading_document(path, f"file of an {OWNER}"):
            return cls._from_document(document, arrays)

    @classmethod
    def _from_document(
        cls, document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
    ) -> "MLPModel":
        settings = {name: from_json(value) for name, value in document["settings"].items()}
        check_net(settings)
        entry, n, names = (
            document["targets"],
            document["columns"]["n"],
            document["columns"]["names"],
        )
        classes = classes_from_state(entry["classes"])
        targets = Targets.restored(entry["kind"], classes, entry["sparse"])
        _check_columns(n, names)
        check_declared(settings, n, targets, arrays)
        (dtype,) = {array.dtype for array in arrays.values()}
        single = dtype == np.float32
        kind = np.float32 if single else np.float64
        network = blank_network(settings, n, targets, kind, max_batch=1)
        fill(network, arrays)
        results = _checked_results(document["results"])
        info = {
            "settings": settings,
            "results": results,
            "versions": dict(mapping(document.get("versions"))),
        }
        made_with = {name: settings[name] for name in RULES}
        return cls(network, targets, names=names, made_with=made_with, info=info)

    def facts(self) -> dict[str, Any]:
        """What the model is and how it came to be, as JSON takes it."""
        settings, results = (mapping(self.info.get(part)) for part in ("settings", "results"))
        return shared_facts(self) | {
            "estimator": OWNER,
            "settings": {name: _as_json(name, value) for name, value in settings.items()},
            "epochs": results.get("n_iter_"),
            "stop_reason": None,
            "validation": None,
            "held_out": _held_out(results),
        }


def _held_out(results: Mapping[str, Any]) -> bool | None:
    """Whether training held rows out; None where the results do not tell."""
    if not results.get("loss_curve_"):
        return None
    return any(results.get(name) for name in ("validation_loss_curve_", "validation_scores_"))


def _as_numbers(name: str, cells: Column) -> Column:
    """The numbers in a column, each cell of which has to be a number.

    Raises
    ------
    DataError
        A cell is missing, or has a word or a time; the message names the column and what it has.
    """
    if cells.dtype.kind == "O":
        found = read_words(cells)
        numbers = np.array([read_number(word) for word in found.words] + [np.nan])
        if (wrong := np.isnan(numbers[:-1])).any():
            word = shortened(found.chosen(wrong)[0], MOST_TEXT)
            raise DataError(
                f"column {name!r} has {word!r}, which is not a number: an {OWNER} takes numbers "
                "alone. Encode the column as for training, or train a TabularClassifier, which "
                "takes words as they are"
            )
        cells = numbers[found.codes]  # -1, where a cell is missing, is the last of them
    if cells.dtype.kind == "M":
        raise DataError(
            f"column {name!r} has times: an {OWNER} takes numbers alone. Encode the column as for "
            "training, or train a TabularClassifier, which takes times as they are"
        )
    if cells.ndim == 2:
        raise DataError(
            f"column {name!r} has vectors: an {OWNER} takes one number in a cell. Give each number "
            "of the vectors as a column, or train a TabularClassifier, which takes vectors"
        )
    if n_missing := int(np.isnan(cells).sum()):
        raise DataError(
            f"column {name!r} has {n_missing:,} of {len(cells):,} cells without a number: an "
            f"{OWNER} takes no gaps. Fill them as for training, or train a TabularClassifier, "
            "which takes missing cells as they are"
        )
    return cells


def _as_json(name: str, value: Any) -> Any:
    """A setting as JSON takes it, or what Python prints of one that no file can hold."""
    try:
        return to_json(name, value)
    except ValueError:
        return repr(value)


def _check_columns(n: Any, names: Any) -> None:
    if type(n) is not int or n < 1:
        raise ValueError(f"{n!r} columns")
    if names is not None and not (
        isinstance(names, list)
        and all(isinstance(name, str) for name in names)
        and len(names) == len(set(names)) == n
    ):
        raise ValueError(f"the names of the columns are not a list of {n} different texts")


def _checked_results(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The results in a document, or a ValueError where training cannot have left them."""
    results: dict[str, Any] = {}
    for name in COUNTS:
        if type(entry[name]) is not int or entry[name] < 0:
            raise ValueError(f"{name}={entry[name]!r}")
        results[name] = entry[name]
    for name in CURVES:
        curve = entry[name]
        if curve is not None:
            curve = [number_or_none(name, loss) for loss in curve]
            if None in curve:
                raise ValueError(f"{name} is not a list of numbers")
        results[name] = curve
    if not results["loss_curve_"]:
        raise ValueError("it is of a classifier that has not learned")
    if any(len(results[name] or ()) > len(results["loss_curve_"]) for name in CURVES):
        raise ValueError("a curve has more epochs than loss_curve_")
    for name in NUMBERS:
        results[name] = number_or_none(name, entry[name])
    for name in OPTIONAL:
        results[name] = rows = entry.get(name)
        if rows is not None and (type(rows) is not int or not 0 < rows < 1 << 53):
            raise ValueError(f"{name}={rows!r}")
    return results
