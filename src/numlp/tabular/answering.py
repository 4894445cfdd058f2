"""What a fitted TabularClassifier answers, and how it is kept and shown."""

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import Estimator, changed_params, check_fitted
from ..common.routing import Routed
from ..common.weights import check_sample_weight
from ..data.columns import is_dask
from ..data.labels import labels_right
from ..errors import DataError
from ..models.facts import told_in_a_line
from ..models.model import Model
from ..storage.source import Target


class TabularAnswers(Routed, Estimator):
    """A classifier that answers by ``model_``, which the subclass's ``fit`` makes."""

    model_: Model
    classes_: NDArray[Any]

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probability of each class.

        Parameters
        ----------
        X : DataFrame, dict of columns, or array of shape (n, n_columns)
            A table with the columns that training had.  Of a Dask DataFrame the answer is a lazy
            one (``numlp.scale.predict_proba``).

        Returns
        -------
        array of shape (n, n_classes)
            In the order of ``classes_``; each row adds up to 1.

        Raises
        ------
        NotFittedError
            There was no ``fit`` yet.
        DataError
            Columns are missing, or a cell is not a number, text or time, or is infinite.
        """
        check_fitted(self)
        if is_dask(X):
            from ..scale import predict_proba  # here, as a table in memory does without

            lazy: NDArray[np.float64] = predict_proba(self.model_, X)
            return lazy
        return self.model_.predict_proba(X)

    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """Logarithm of each probability, in nats.

        Parameters
        ----------
        X : DataFrame, dict of columns, or array of shape (n, n_columns)
            As for ``predict_proba``, but in memory.

        Returns
        -------
        array of shape (n, n_classes)
            In the order of ``classes_``: -inf where a probability is 0, without a warning.

        Raises
        ------
        NotFittedError, DataError
            As for ``predict_proba``.
        """
        check_fitted(self)
        return self.model_.predict_log_proba(X)

    def predict(self, X: Any) -> NDArray[Any]:
        """The class of each row: the likeliest, unless metric or costs ask for another.

        Parameters
        ----------
        X : DataFrame, dict of columns, or array of shape (n, n_columns)
            As for ``predict_proba``; of a Dask DataFrame the answer is a lazy Series
            (``numlp.scale.predict``).

        Returns
        -------
        array of labels, of shape (n,)
            Labels as they were in training.

        Raises
        ------
        NotFittedError, DataError
            As for ``predict_proba``.
        """
        check_fitted(self)
        if is_dask(X):
            from ..scale import predict  # here, as a table in memory does without

            lazy: NDArray[Any] = predict(self.model_, X)
            return lazy
        predicted: NDArray[Any] = self.model_.predict(X)
        return predicted

    def predict_set(self, X: Any, coverage: float = 0.9) -> NDArray[np.bool_]:
        """Which classes each row may have, as ``Model.predict_set`` tells.

        Parameters
        ----------
        X : DataFrame, dict of columns, or array of shape (n, n_columns)
            As for ``predict_proba``, but in memory.
        coverage : float, default 0.9
            The share of rows whose true class is to be in their set, above 0 and below 1.

        Returns
        -------
        array of bool, of shape (n, n_classes)
            In the order of ``classes_``; True where the class is in the set.

        Raises
        ------
        ValueError
            The coverage is not above 0 and below 1.
        NotFittedError, DataError
            As for ``predict_proba``.
        """
        check_fitted(self)
        return self.model_.predict_set(X, coverage)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Accuracy on rows whose classes are known: the share, by weight, predicted right.

        A label that training did not see counts as wrong; True is the number 1, as in NumPy, and
        the word "True" where the classes are that and "False".

        Parameters
        ----------
        X : DataFrame, dict of columns, or array of shape (n, n_columns)
            As for ``predict_proba``, but in memory.
        y : array of labels, of shape (n,)
            The class of each row.
        sample_weight : array of shape (n,), optional
            Weight of each row, 0 or more; by default each row counts once.

        Returns
        -------
        float
            From 0 to 1.

        Raises
        ------
        DataError
            A label is missing, or of another type than the labels of training, a weight is negative
            or not finite, all weights are 0, or X or y is of Dask; or as for ``predict_proba``.
        NotFittedError
            There was no ``fit`` yet.
        """
        if is_dask(X) or is_dask(y):
            raise DataError(
                "score takes a table in memory, and X or y is of Dask: (clf.predict(X) == y).mean()"
                ".compute() is the accuracy, with y a Series of Dask such as X['target']"
            )
        right = labels_right(self.predict(X), y, self.classes_)
        return float(np.average(right, weights=check_sample_weight(sample_weight, len(right))))

    def save(self, path: Target) -> None:
        """Write the model to one file, which ``numlp.load`` opens with NumPy alone.

        Parameters
        ----------
        path : str, path or open binary file
            As for ``Model.save``.

        Raises
        ------
        NotFittedError
            There was no ``fit`` yet.
        ValueError
            A label or a setting is of a kind that no file can hold.
        OSError
            The file could not be written; one that was there before is whole.
        """
        check_fitted(self)
        self.model_.save(path)

    def report(self, path: str | os.PathLike[str], X: Any, y: Any) -> None:
        """Write a page of HTML on how good the predictions for some rows are.

        The page needs jinja2; ``numlp.report.write_report`` has more arguments.

        Parameters
        ----------
        path : str or path
            The file to write, whole or not at all.
        X : DataFrame, dict of columns, or array of shape (n, n_columns)
            Rows that were not learned from: training rows flatter.
        y : array of labels, of shape (n,)
            The class of each row.

        Raises
        ------
        DataError
            The table does not fit the model, or a label is not one of its classes.
        ImportError
            jinja2 is missing: ``pip install 'numlp[report]'``.
        OSError
            The file could not be written.
        """
        from ..report import write_report  # here, as fitting does without

        write_report(self, X, y, path)

    def __str__(self) -> str:
        fitted = self.__sklearn_is_fitted__()
        return f"{self!r}: {told_in_a_line(self.model_)}" if fitted else repr(self)

    def _repr_html_(self) -> str:
        from ..models import notebook  # here, as training does without

        return notebook.of_classifier(self, changed_params(self))

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(),
            input_tags=InputTags(allow_nan=True, string=True, categorical=True, sparse=True),
        )
