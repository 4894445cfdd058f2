"""The face that every fitted model has, whichever classifier left it behind."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import Estimator, check_fitted
from ..common.warning import warn
from ..data.features import SparseRows
from ..data.quantity import Ranges
from ..decisions.prediction_sets import are_all_full, prediction_sets
from ..decisions.thresholds import factors_of, threshold_of
from ..errors import DataError
from ..metrics.aim import Aim
from ..nn.network import Network
from ..storage import container
from ..storage.source import Target
from ..table.table import Audit
from .cells import warn_of_cells
from .facts import told_in_a_line
from .networks import bytes_of_rows, parameters

BLOCK = 1024  # rows predicted at a time
BLOCK_CELLS = 1 << 24  # most of their probabilities, of all nets: of many classes fewer rows
BLOCK_BYTES = 1 << 26  # most of their matrix, and of what the net needs for them: of a wide net too
MADE_AGAIN = ("_of_thread", "_row_bytes")  # attributes that are not copied

Encoded = NDArray[Any] | SparseRows


class FittedModel(ABC):
    """A model that predicts, lives in a file and shows itself: ``Model`` or ``MLPModel``.

    A prediction is four steps, each of which can be called alone::

        matrix  = encode(X)                 checked, in order, scaled: what the network takes
        P       = probabilities(matrix)     or block by block, by probability_blocks
        answers = decide(P)                 numbers of classes
        labels  = classes[answers]

    Parameters
    ----------
    network : Network
    classes : array of shape (n_classes,)
    factors : sequence of float
    aim : Aim
    target : str
    info : mapping, optional

    Attributes
    ----------
    kind : str
        The kind that the model's file names.
    network : Network
    classes : array of shape (n_classes,)
        The labels, in the order of the probabilities; of a multilabel model their positions.
    multilabel : bool
        Whether a row may have several of the labels.
    factors : list of float
        The factor of each class: the class with the largest ``factor · P`` is the answer.
    aim : Aim
        What the answers are to be good at.
    threshold : float or None
        The probability of the positive one of two classes above which it is the answer; at it the
        answer is the first class.
    target : str
        Name of the column that is predicted; empty if it has no name.
    info : dict
        How the model came to be: settings, losses, versions.
    ranges : Ranges or None
        Where the classes are ranges of a quantity: the ranges.

    Notes
    -----
    Predicting is safe from several threads, also beside a fit and after a fork.
    """

    kind: ClassVar[str]
    multilabel: bool = False
    ranges: Ranges | None = None

    def __init__(
        self,
        network: Network,
        classes: NDArray[Any],
        *,
        factors: Sequence[float],
        aim: Aim,
        target: str,
        info: Mapping[str, Any] | None,
    ) -> None:
        self.network, self.classes = network, classes
        self.factors, self.aim, self.target = list(factors), aim, target
        self.threshold: float | None = None
        if len(classes) == 2 and not self.multilabel:
            self.threshold = threshold_of(np.array(self.factors), aim.positive)
        self.info = dict(info or {})
        self._of_thread = threading.local()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in MADE_AGAIN}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._of_thread = threading.local()

    @property
    def thread_network(self) -> Network:
        """The network with a workspace of this thread's own, so that no other writes over it.

        Another thread may predict, train the network further, or have been forked away from.
        """
        own: Network | None = getattr(self._of_thread, "network", None)
        if own is None:
            own = self._of_thread.network = self.network.replica()
        return own

    # The columns

    @property
    @abstractmethod
    def named(self) -> bool:
        """Whether the columns have names of their own; else they go by position."""

    @property
    @abstractmethod
    def feature_names(self) -> list[str]:
        """Names of the columns of X; those of an array are x0, x1, ...."""

    @property
    def n_features(self) -> int:
        """How many columns X has."""
        return len(self.feature_names)

    @property
    @abstractmethod
    def matrix_names(self) -> list[str]:
        """A name for each column of the matrix that ``encode`` gives."""

    @abstractmethod
    def matrix_columns(self) -> dict[str, NDArray[np.intp]]:
        """For each column that is learned from, by name, the columns of the matrix it fills."""

    @abstractmethod
    def audit(self, most: int | None = None) -> Audit:
        """What each column, or the first ``most``, was taken for in training, and why."""

    # Predicting

    @abstractmethod
    def encode(self, X: Any, notes: list[str] | None = None) -> Encoded:
        """The matrix, (n, width), that the network takes: X checked, in order and scaled.

        Parameters
        ----------
        X : table with the columns of the training table
        notes : list of str, optional
            Gets a line for each column with cells that could not be read as in training.  Without
            it the lines are one warning (``warn_of_cells``).

        Raises
        ------
        DataError
            Columns are missing, or a cell is not a number, text or time, or is infinite.
        """

    def prepared(self, X: Any, notes: list[str] | None = None) -> Any:
        """What ``encode`` gives; of a wide model its rows may be made when they are asked for."""
        return self.encode(X, notes)

    @abstractmethod
    def probabilities(self, matrix: Encoded) -> NDArray[Any]:
        """Probability of each class for the rows of a matrix from ``encode``, (n, n_classes)."""

    def log_probabilities(self, matrix: Encoded) -> NDArray[Any]:
        """Logarithms of the probabilities, in nats.

        Parameters
        ----------
        matrix : matrix of shape (n, width)
            As ``encode`` gives it.

        Returns
        -------
        array of shape (n, n_classes)
            In the order of ``classes``; -inf where a probability is 0.
        """
        P = self.probabilities(matrix)
        with np.errstate(divide="ignore"):
            np.log(P, out=P)
        return P

    @abstractmethod
    def probability_blocks(self, matrix: Encoded) -> Iterator[tuple[slice, NDArray[Any]]]:
        """Blocks of rows and their probabilities, (rows, P): P need not be in memory as a whole."""

    @property
    def block_rows(self) -> int:
        """Rows of a block: 1,024, or fewer where their probabilities or their pass take much."""
        size = BLOCK  # halved, so that larger blocks of rows are made of whole ones
        n_cells = len(self.classes) * self.network.n_nets  # of a row
        of_net = next(self.network.blocks(size)).stop  # the net takes so many rows of it at a time
        while size > 1 and (
            size * n_cells > BLOCK_CELLS
            or size * self.network.n_in * 8 > BLOCK_BYTES
            or min(size, of_net) * self._row_bytes > BLOCK_BYTES
        ):
            size //= 2
        return size

    @cached_property
    def _row_bytes(self) -> int:
        """Bytes that one more row adds to a pass of the network, which every call needs to know."""
        return bytes_of_rows(self.network)[1]

    def blocks(self, n_rows: int) -> Iterator[slice]:
        """The rows of each block, of ``block_rows`` rows."""
        size = self.block_rows
        for start in range(0, n_rows, size):
            yield slice(start, start + size)

    def decide(self, P: NDArray[Any], threshold: float | None = None) -> NDArray[np.intp]:
        """The number in ``classes`` of each row's answer.

        Parameters
        ----------
        P : array of shape (n, n_classes)
            As ``probabilities`` gives them.
        threshold : float, optional
            Answer the positive one of two classes above this probability, in place of the model's
            own threshold; at it, the first of the two.

        Returns
        -------
        array of int, of shape (n,)
            The class with the largest ``factor · P``.

        Raises
        ------
        ValueError
            A threshold is given, and it is not between 0 and 1, or there are not two classes.
        """
        factors = self.factors
        if threshold is not None:
            if len(self.classes) != 2 or self.multilabel:
                raise ValueError(
                    f"threshold={threshold!r} is for one of two classes, and this model has "
                    f"{len(self.classes):,} {'labels' if self.multilabel else 'classes'}"
                )
            if not 0 < threshold < 1:
                raise ValueError(f"threshold={threshold!r}, but it has to be between 0 and 1")
            factors = factors_of(threshold, self.aim.positive).tolist()
        return np.asarray((P * factors).argmax(axis=1))

    def answers(self, matrix: Encoded) -> NDArray[np.intp]:
        """What ``decide`` gives for the rows of a matrix from ``encode``, block by block."""
        answers = np.empty(len(matrix), np.intp)
        for rows, P in self.probability_blocks(matrix):
            answers[rows] = self.decide(P)
        return answers

    def predict_proba(self, X: Any, notes: list[str] | None = None) -> NDArray[Any]:
        """Probability of each class.

        Parameters
        ----------
        X : table with the columns of the training table
            DataFrame, dict of columns, or array of shape (n, n_columns).
        notes : list of str, optional
            Gets a line for each column with cells that could not be read as in training.  Without
            it the lines are one warning.

        Returns
        -------
        array of shape (n, n_classes)
            In the order of ``classes``.

        Raises
        ------
        DataError
            Columns are missing, or a cell is not a number, text or time, or is infinite.
        """
        return self._answered(self.probabilities, X, notes)

    def _answered(
        self, answer: Callable[[Any], NDArray[Any]], X: Any, notes: list[str] | None
    ) -> NDArray[Any]:
        """What ``answer`` gives for the matrix of X; without ``notes`` one warning of its cells."""
        told: list[str] = [] if notes is None else notes
        answers = answer(self.prepared(X, told))  # a wide table is read while it is answered
        if notes is None:
            warn_of_cells(told)
        return answers

    def predict_log_proba(self, X: Any, notes: list[str] | None = None) -> NDArray[Any]:
        """Logarithm of each probability, in nats.

        Parameters
        ----------
        X : table with the columns of the training table
            As for ``predict_proba``.
        notes : list of str, optional
            As for ``predict_proba``.

        Returns
        -------
        array of shape (n, n_classes)
            In the order of ``classes``.  A mixture of nets gives -inf where a probability is 0,
            without a warning; an MLPModel gives it from its logits, finite where it rounds to 0.

        Raises
        ------
        DataError
            As for ``predict_proba``.
        """
        return self._answered(self.log_probabilities, X, notes)

    def predict(self, X: Any, notes: list[str] | None = None) -> Any:
        """The answer for each row: the likeliest class, unless a metric or costs ask for another.

        Parameters
        ----------
        X : table with the columns of the training table
            As for ``predict_proba``.
        notes : list of str, optional
            As for ``predict_proba``.

        Returns
        -------
        array of labels, of shape (n,)
            Labels as they were in training.

        Raises
        ------
        DataError
            As for ``predict_proba``.
        """
        return self.classes[self._answered(self.answers, X, notes)]

    def predict_set(
        self, X: Any, coverage: float = 0.9, notes: list[str] | None = None
    ) -> NDArray[np.bool_]:
        """Which classes each row may have.

        A share of ``coverage`` or more of the rows of the kind that was trained on have their true
        class in the set (split conformal prediction), on the average over rows: a sort of row that
        is hard may have less.  Where the model is unsure a set has several classes; the most
        probable one is always in it.

        Parameters
        ----------
        X : table with the columns of the training table
            As for ``predict_proba``.
        coverage : float, default 0.9
            Above 0 and below 1.  Where the rows held out are fewer than ``coverage / (1 -
            coverage)``, each set has all classes, which a warning tells.
        notes : list of str, optional
            As for ``predict_proba``.

        Returns
        -------
        array of bool, of shape (n, n_classes)
            In the order of ``classes``; True where the class is in the set.

        Raises
        ------
        DataError
            As for ``predict_proba``.
        ModelFileError
            The model has no prediction sets: the message says why.
        ValueError
            The coverage is not above 0 and below 1.

        Examples
        --------
        >>> import numlp
        >>> table, kind = {"x": [1.0, 2, 5, 6] * 20}, ["low", "low", "high", "high"] * 20
        >>> clf = numlp.TabularClassifier(epochs=10, random_state=0).fit(table, kind)
        >>> clf.predict_set({"x": [1.0, 6.0]}, coverage=0.8)
        array([[False,  True],
               [ True, False]])
        """
        threshold = self.set_threshold(coverage)

        def sets_of(matrix: Encoded) -> NDArray[np.bool_]:
            sets = np.empty((len(matrix), len(self.classes)), bool)
            for rows, P in self.probability_blocks(matrix):
                sets[rows] = prediction_sets(P, threshold)
            return sets

        sets = self._answered(sets_of, X, notes)
        if are_all_full(threshold, int(sets.all(axis=1).sum()), len(sets)):
            warn(self.why_full(coverage))
        return sets

    @abstractmethod
    def set_threshold(self, coverage: float) -> float:
        """The probability from which on a class is in a set of this coverage."""

    @abstractmethod
    def why_full(self, coverage: float) -> str:
        """Why sets of this coverage have all classes, where they do."""

    def check_single_label(self, what: str) -> None:
        """Raise a DataError where a row may have several labels, which ``what`` cannot show."""
        if self.multilabel:
            raise DataError(
                f"the classifier is multilabel: {what} is for classifiers that give each row one "
                "of the classes; in Python, numlp.load(FILE).predict(X) gives the labels"
            )

    # The file

    @abstractmethod
    def document(self) -> dict[str, Any]:
        """What the file says beside the arrays, as JSON takes it."""

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What the file says in arrays, by name."""
        return dict(parameters(self.network))

    def save(self, path: Target) -> None:
        """Write the model to one file, whole or not at all; ``numlp.load`` opens it.

        Parameters
        ----------
        path : str, path or open binary file
            An open file is written to from where it stands; where that fails it may hold a part.

        Raises
        ------
        TypeError
            ``path`` is neither a path nor an open binary file.
        ValueError
            A label or a setting is of a kind that no file can hold.
        OSError
            The file could not be written; one that was there before is whole.
        """
        container.write(
            path,
            self.arrays(),
            self.document(),
            kind=self.kind,
            version=self.file_format,
        )

    @property
    def file_format(self) -> int:
        """The oldest format of files whose readers know all of the model."""
        return 1

    # What the model says of itself

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """What the model is and how it came to be, as JSON takes it."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {told_in_a_line(self)}>"

    def _repr_html_(self) -> str:
        from . import notebook  # here, as serving does without

        return notebook.of_model(self)


def model_of(fitted: Any) -> FittedModel:
    """The model itself, or the one that a fitted classifier has as ``model_``.

    Raises
    ------
    ValueError
        The classifier is not fitted yet.
    TypeError
        ``fitted`` has no model: another program's classifier, or something else.

    Examples
    --------
    >>> model_of("penguins.numlp")
    Traceback (most recent call last):
    TypeError: str is not a model: give a fitted classifier of numlp, or what numlp.load opens
    """
    if isinstance(fitted, Estimator):
        check_fitted(fitted)
    model = getattr(fitted, "model_", fitted)
    if not isinstance(model, FittedModel):
        raise TypeError(
            f"{type(fitted).__name__} is not a model: give a fitted classifier of numlp, or what "
            "numlp.load opens"
        )
    return model
