"""What a fitted MLPClassifier answers, its weights, and how it is shown."""

import os
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import Estimator, changed_params, check_fitted
from ..common.routing import Routed
from ..common.weights import check_sample_weight
from ..models.mlp_model import MLPModel
from ..models.mlp_network import OWNER
from ..nn import Dense


class MLPAnswers(Routed, Estimator):
    """A classifier that answers by ``model_``, which the subclass's ``fit`` makes."""

    model_: MLPModel

    @property
    def coefs_(self) -> list[NDArray[Any]]:
        """The weight matrices, (n_in, n_out) each, as views into the net."""
        return [layer.W for layer in self._dense()]

    @coefs_.setter
    def coefs_(self, values: Iterable[Any]) -> None:
        for W, value in zip(self.coefs_, values, strict=True):
            W[...] = value

    @property
    def intercepts_(self) -> list[NDArray[Any]]:
        """The biases, (n_out,) each, as views into the net."""
        return [layer.b for layer in self._dense()]

    @intercepts_.setter
    def intercepts_(self, values: Iterable[Any]) -> None:
        for b, value in zip(self.intercepts_, values, strict=True):
            b[...] = value

    def _dense(self) -> list[Dense]:
        model: MLPModel | None = vars(self).get("model_")
        if model is None:
            raise AttributeError(f"this {OWNER} is not fitted yet: it has no weights")
        return [layer for layer in model.network.layers if isinstance(layer, Dense)]

    def predict(self, X: Any) -> Any:
        """The class of each row: the likeliest.

        Parameters
        ----------
        X : array, sparse matrix or DataFrame of shape (n, n_features)
            Rows with the columns that training had.

        Returns
        -------
        array of shape (n,), or for multilabel (n, n_labels)
            Labels as they were in training; for multilabel the indicator matrix, sparse where y
            was.

        Raises
        ------
        NotFittedError
            There was no ``fit`` yet.
        DataError
            Columns are missing or too many, or a cell is not a finite number.
        """
        check_fitted(self)
        return self.model_.predict(X)

    def predict_proba(self, X: Any) -> NDArray[Any]:
        """Probability of each class.

        Parameters
        ----------
        X : array, sparse matrix or DataFrame of shape (n, n_features)
            As for ``predict``.

        Returns
        -------
        array of shape (n, n_classes)
            In the order of ``classes_``.  A row adds up to 1, but for multilabel, where each
            label has a probability of its own.

        Raises
        ------
        NotFittedError, DataError
            As for ``predict``.
        """
        check_fitted(self)
        return self.model_.predict_proba(X)

    def predict_log_proba(self, X: Any) -> NDArray[Any]:
        """Logarithm of each probability, in nats, from the logits.

        Parameters
        ----------
        X : array, sparse matrix or DataFrame of shape (n, n_features)
            As for ``predict``.

        Returns
        -------
        array of shape (n, n_classes)
            In the order of ``classes_``; finite where a probability is 0.

        Raises
        ------
        NotFittedError, DataError
            As for ``predict``.
        """
        check_fitted(self)
        return self.model_.log_probabilities(self.model_.encode(X))

    def report(self, path: str | os.PathLike[str], X: Any, y: Any) -> None:
        """Write a page of HTML on how good the answers for some rows are.

        The page needs jinja2, and a classifier that gives each row one class;
        ``numlp.report.write_report`` has more arguments.

        Parameters
        ----------
        path : str or path
            The file to write, whole or not at all.
        X : array or DataFrame of shape (n, n_features)
            Rows that were not learned from: training rows flatter.
        y : array of labels, of shape (n,)
            The class of each row.

        Raises
        ------
        DataError
            The table does not fit the model, a label is not one of its classes, or a row may have
            several labels.
        ImportError
            jinja2 is missing: ``pip install 'numlp[report]'``.
        OSError
            The file could not be written.
        """
        from ..report import write_report  # here, as fitting does without

        write_report(self, X, y, path)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Share of the rows, by weight, whose label (for multilabel: all labels) is right.

        A label that training did not see is wrong.  True is the number 1, as in NumPy, and the word
        "True" where the classes are that and "False".

        Parameters
        ----------
        X : array, sparse matrix or DataFrame of shape (n, n_features)
            As for ``predict``.
        y : labels of shape (n,), or indicator matrix of shape (n, n_labels)
            The label, or the labels, of each row.
        sample_weight : array of shape (n,), optional
            Weight of each row, 0 or more; by default each row counts once.

        Returns
        -------
        float
            From 0 to 1.

        Raises
        ------
        DataError
            A label is missing, or of another type than in training, a weight is negative or
            not finite, or all weights are 0; or as for ``predict``.
        NotFittedError
            There was no ``fit`` yet.
        """
        answers = self.predict(X)  # first, since it tells whether there was a fit
        right = self.model_.targets.right(answers, y)
        return float(np.average(right, weights=check_sample_weight(sample_weight, len(right))))

    def _repr_html_(self) -> str:
        from ..models import notebook  # here, as training does without

        return notebook.of_classifier(self, changed_params(self))

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True, multi_output=False),
            classifier_tags=ClassifierTags(multi_label=True),
            input_tags=InputTags(sparse=True),
        )
