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

from ..common.wording import name_list
from ..data.columns import Columns, as_columns
from ..data.features import Features, SparseRows, as_matrix, put_in_order
from ..data.rows import by_column
from ..data.targets import Targets
from ..decisions.prediction_sets import check_coverage
from ..errors import DataError, ModelFileError
from ..metrics.aim import Aim
from ..nn.network import Network
from ..storage import container
from ..storage.json_values import from_json, mapping, to_json
from ..storage.source import Contents, Source
from ..table.table import Audit
from .classes import classes_from_state, classes_state
from .facts import shared_facts
from .fitted_model import BLOCK, Encoded, FittedModel
from .mlp_columns import as_numbers, check_columns
from .mlp_network import (
    OWNER,
    RULES,
    blank_network,
    check_declared,
    check_net,
    log_probabilities,
    probabilities,
)
from .mlp_results import COUNTS, CURVES, NUMBERS, OPTIONAL, checked_results, held_out
from .networks import fill


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
        What the labels of training were.
    names : list of str or None
        Names of the columns, if they have such.
    made_with : dict
        The arguments that the network was made with.

    Raises
    ------
    ValueError
        The network has another number of outputs than the labels need.

    Notes
    -----
    The answer is the likeliest class: no rows were held out to choose another threshold by, or to
    learn prediction sets from.  The file does not name a target.

    Examples
    --------
    >>> import numlp
    >>> clf = numlp.MLPClassifier(max_iter=300, learning_rate_init=0.01, random_state=0)
    >>> model = clf.fit([[0.0], [1.0]] * 20, ["low", "high"] * 20).model_
    >>> model.classes[model.decide(model.probabilities(model.encode([[0.0], [1.0]])))]
    array(['low', 'high'], dtype='<U4')
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
        """The rows with the columns in the order of training, of the network's type.

        Sparse rows stay sparse.  In a dict of columns, or a table that was read from a file,
        columns that the network does not know are ignored.

        Parameters
        ----------
        X : array, sparse matrix, DataFrame or dict of columns, of shape (n, n_features)
            Rows with the columns that training had.
        notes : list of str, optional
            Stays as it is: every cell has to be a number.

        Returns
        -------
        array or sparse rows, of shape (n, n_features)
            What the network takes.

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
            matrix[:, j] = as_numbers(name, X[name])
        return matrix

    def probabilities(self, matrix: Encoded) -> NDArray[Any]:
        """Probability of each class for the rows of a matrix from ``encode``.

        Parameters
        ----------
        matrix : array or sparse rows, of shape (n, n_features)
            As ``encode`` gives it.

        Returns
        -------
        array of shape (n, n_classes)
            In the order of ``classes``.

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
        """Logarithms of the probabilities, in nats, from the logits.

        Parameters
        ----------
        matrix : array or sparse rows, of shape (n, n_features)
            As ``encode`` gives it.

        Returns
        -------
        array of shape (n, n_classes)
            In the order of ``classes``; finite where a probability is 0.
        """
        Z = self._by_block(self.thread_network.logits, matrix)
        return log_probabilities(Z, self.targets)

    def probability_blocks(self, matrix: Encoded) -> Iterator[tuple[slice, NDArray[Any]]]:
        """Probabilities block by block, so that P need not be in memory as a whole.

        Parameters
        ----------
        matrix : array or sparse rows, of shape (n, n_features)
            As ``encode`` gives it.

        Yields
        ------
        rows : slice
            The rows of the block.
        P : array of shape (n_block, n_classes)
            Their probabilities, in the order of ``classes``.

        Raises
        ------
        DataError
            As for ``probabilities``.
        """
        for rows in self.blocks(len(matrix)):
            yield rows, self._probabilities(matrix[rows], rows.start)

    def decide(self, P: NDArray[Any], threshold: float | None = None) -> NDArray[np.intp]:
        """The number in ``classes`` of each row's answer; for multilabel 0 or 1 a label.

        Parameters
        ----------
        P : array of shape (n, n_classes)
            As ``probabilities`` gives them.
        threshold : float, optional
            As for ``Model.decide``.

        Returns
        -------
        array of int, of shape (n,), or for multilabel (n, n_labels)
            The likeliest class, or which labels are likelier than not.

        Raises
        ------
        ValueError
            As for ``Model.decide``.
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
        """The answer for each row, as the labels were in training.

        Parameters
        ----------
        X : array, sparse matrix, DataFrame or dict of columns, of shape (n, n_features)
            Rows with the columns that training had.
        notes : list of str, optional
            Stays as it is: every cell has to be a number.

        Returns
        -------
        array of shape (n,), or for multilabel (n, n_labels)
            Labels; for multilabel the indicator matrix, sparse where y was.

        Raises
        ------
        DataError
            Columns are missing or too many, a cell is not a finite number, or a row or a weight is
            so large that its probabilities are not finite.
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
        """Open a file that ``save`` wrote.  Nothing in it is executed.

        Parameters
        ----------
        path : str, path, bytes or open binary file
            As for ``numlp.load``.

        Returns
        -------
        MLPModel
            The model alone; ``MLPClassifier.load`` gives the classifier.

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
        check_columns(n, names)
        check_declared(settings, n, targets, arrays)
        (dtype,) = {array.dtype for array in arrays.values()}
        single = dtype == np.float32
        kind = np.float32 if single else np.float64
        network = blank_network(settings, n, targets, kind, max_batch=1)
        fill(network, arrays)
        results = checked_results(document["results"])
        info = {
            "settings": settings,
            "results": results,
            "versions": dict(mapping(document.get("versions"))),
        }
        made_with = {name: settings[name] for name in RULES}
        return cls(network, targets, names=names, made_with=made_with, info=info)

    def facts(self) -> dict[str, Any]:
        """What the model is and how it came to be, as JSON takes it.

        Returns
        -------
        dict
            What ``numlp inspect --json`` tells of it: columns, classes, net, settings and so on.
        """
        settings, results = (mapping(self.info.get(part)) for part in ("settings", "results"))
        return shared_facts(self) | {
            "estimator": OWNER,
            "settings": {name: _as_json(name, value) for name, value in settings.items()},
            "epochs": results.get("n_iter_"),
            "stop_reason": None,
            "validation": None,
            "held_out": held_out(results),
        }


def _as_json(name: str, value: Any) -> Any:
    """A setting as JSON takes it, or what Python prints of one that no file can hold."""
    try:
        return to_json(name, value)
    except ValueError:
        return repr(value)
