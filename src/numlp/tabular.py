"""TabularClassifier: a table as it is in, a classifier out."""

import math
import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from . import metrics
from .columns import Columns, as_columns
from .errors import DataError
from .estimator import Estimator, check_same_length
from .labels import check_classes, encode_labels
from .metrics import Scores
from .model import Model
from .nn import AdamW, EarlyStopping, Epoch, History, Network, SoftmaxCrossEntropy, mlp, train
from .split import stratified_split
from .table import Table

Callback = Callable[[Epoch], bool | None]


class TabularClassifier(Estimator):
    """A neural net for a table of numbers, words, times and holes.

    The columns are taken as they come: numbers are scaled, missing ones marked, categories coded,
    columns that cannot teach anything set aside (``columns_`` says what was done with each and
    why).  A stratified part of the rows is held out; training stops when the log-loss on it no
    longer falls, and the weights of the best epoch are restored.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int, default (256, 128)
        Units of each hidden layer.
    activation : str, default "selu"
        One of ``numlp.nn.ACTIVATIONS``.
    dropout : float, default 0.1
        Probability of dropping a hidden unit.
    learning_rate_init : float, default 1e-3
        Learning rate of AdamW.
    weight_decay : float, default 0.01
        Decoupled weight decay of the weights, biases excluded.
    batch_size : int or "auto", default "auto"
        Rows of a mini-batch; "auto" is a thirtieth of the rows, from 16 to 256.
    max_epochs : int, default 200
        Most passes over the rows.
    patience : int, default 20
        Epochs without a lower validation log-loss before it stops.
    validation_fraction : float, default 0.2
        Share of the rows held out, between 0 and 1.
    random_state : int, numpy Generator or None, default None
        An int gives the same model every time (on one machine, with one number of threads).
    callbacks : sequence of callables, default ()
        Each is called with the ``Epoch`` after every epoch, and stops the run by returning True.

    Attributes
    ----------
    model_ : Model
        All that predicting needs.
    classes_ : array of shape (n_classes,)
        The labels, sorted.
    columns_ : list of dict
        For each column its name, the kind it was taken for, and why.
    history_ : History
        Losses, validation accuracy, learning rate and seconds of each epoch.
    validation_scores_ : Scores
        Of the restored weights on the rows held out.  These rows chose the epoch, so the scores
        are a little hopeful: judge the model on rows it has never seen.
    n_iter_, best_epoch_ : int
        Epochs run, and the one whose weights were restored.
    stop_reason_ : str
        Why training ended.
    n_features_in_ : int
    feature_names_in_ : array of str, where the table has names

    Raises
    ------
    DataError
        The table or the labels cannot be learned from; the message says where and what to do.
    DivergenceError
        The loss exploded; lower the learning rate.

    Examples
    --------
    >>> table = {"size": [1.0, 1.2, None, 3.1, 3.3, 2.9] * 20, "hue": list("rrgbbg") * 20}
    >>> species = ["wren", "wren", "wren", "rook", "rook", "rook"] * 20
    >>> clf = TabularClassifier(random_state=0).fit(table, species)
    >>> clf.predict({"size": [1.1, 3.0], "hue": ["r", "b"]})
    array(['wren', 'rook'], dtype='<U4')
    """

    model_: Model
    classes_: NDArray[Any]
    columns_: list[dict[str, str]]
    history_: History
    validation_scores_: Scores
    n_iter_: int
    best_epoch_: int
    stop_reason_: str
    n_features_in_: int
    feature_names_in_: NDArray[Any]

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int] = (256, 128),
        activation: str = "selu",
        *,
        dropout: float = 0.1,
        learning_rate_init: float = 1e-3,
        weight_decay: float = 0.01,
        batch_size: int | str = "auto",
        max_epochs: int = 200,
        patience: int = 20,
        validation_fraction: float = 0.2,
        random_state: int | np.random.Generator | None = None,
        callbacks: Iterable[Callback] = (),
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.dropout = dropout
        self.learning_rate_init = learning_rate_init
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.random_state = random_state
        self.callbacks = callbacks

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn to tell the classes y of the rows of X apart.

        Parameters
        ----------
        X : DataFrame, dict of columns, or array of shape (n, n_columns)
        y : labels of shape (n,)
        sample_weight : array of shape (n,), optional
            Weight of each row in the training loss and in the validation loss.
        """
        self._check_parameters()
        columns = as_columns(X)
        self.classes_, codes = encode_labels(y)
        check_same_length(columns.n_rows, len(codes))
        check_classes(self.classes_, len(codes))
        weight = _check_weight(sample_weight, len(codes))
        rng = np.random.default_rng(self.random_state)
        training, validation = stratified_split(codes, self.validation_fraction, rng)
        if not validation.size:  # a class of one row stays in training: so few rows, all are used
            validation = training

        table = Table.fit(_rows(columns, training))
        matrix = table.transform(columns)
        n_classes = len(self.classes_)
        network = mlp(
            [table.width, *self.hidden_layer_sizes, n_classes],
            activation=self.activation,
            dropout=self.dropout,
            loss=SoftmaxCrossEntropy(),
        )
        network.init(rng)
        self._train(network, matrix, codes, weight, training, validation, rng)

        P = network.predict(matrix[validation]).astype(np.float64)
        self.validation_scores_ = metrics.evaluate(codes[validation], P)
        self.model_ = Model(table, network, self.classes_, info=self._info())
        self.columns_ = table.audit()
        self.n_features_in_ = len(table.parts)
        if table.named:
            self.feature_names_in_ = np.array(table.names, dtype=object)
        self._warn(table, metrics.prior_entropy(codes[training], n_classes))
        return self

    def _train(
        self,
        network: Network,
        X: NDArray[np.float32],
        codes: NDArray[np.intp],
        weight: NDArray[np.float32] | None,
        training: NDArray[np.intp],
        validation: NDArray[np.intp],
        rng: np.random.Generator,
    ) -> None:
        """Run epochs until the validation loss says enough; restore the best weights."""
        X_val, y_val = X[validation], codes[validation]
        w_val = None if weight is None else weight[validation]
        optimizer = AdamW(
            self.learning_rate_init, weight_decay=self.weight_decay, n_decayed=network.n_decayed
        )
        stopping = EarlyStopping(self.patience)
        self.history_ = History()
        self.stop_reason_ = f"it reached max_epochs={self.max_epochs}"
        for epoch in train(
            network,
            optimizer,
            X[training],
            codes[training],
            weight=None if weight is None else weight[training],
            batch_size=self._batch_size(len(training)),
            rng=rng,
        ):
            loss = network.evaluate(X_val, y_val, w_val)
            epoch = replace(epoch, validation_loss=loss)
            self.history_.append(
                epoch=epoch.number,
                train_loss=epoch.train_loss,
                validation_loss=loss,
                lr=epoch.lr,
                seconds=epoch.seconds,
            )
            stopping.update(loss, network.theta)
            answers = [callback(epoch) for callback in self.callbacks]
            if any(answers):
                self.stop_reason_ = "a callback asked for it"
                break
            if stopping.should_stop:
                self.stop_reason_ = f"no lower validation loss in {self.patience} epochs"
                break
            if epoch.number >= self.max_epochs:
                break
        stopping.restore(network.theta)
        self.n_iter_, self.best_epoch_ = epoch.number, stopping.best_epoch

    def _batch_size(self, n_rows: int) -> int:
        if isinstance(self.batch_size, str):
            return min(256, max(16, n_rows // 30))
        return self.batch_size

    def _check_parameters(self) -> None:
        checks = [
            ("max_epochs", self.max_epochs >= 1, "1 or more"),
            ("patience", self.patience >= 1, "1 or more"),
            ("learning_rate_init", self.learning_rate_init > 0, "positive"),
            ("weight_decay", self.weight_decay >= 0, "0 or more"),
            ("validation_fraction", 0 < self.validation_fraction < 1, "between 0 and 1"),
            (
                "batch_size",
                self.batch_size == "auto"
                or (not isinstance(self.batch_size, str) and self.batch_size >= 1),
                "1 or more, or 'auto'",
            ),
        ]
        for name, allowed, what in checks:
            if not allowed:
                raise ValueError(f"{name}={getattr(self, name)!r}, but it has to be {what}")

    def _info(self) -> dict[str, Any]:
        """What the model file tells of how the model came to be; no times, so it is repeatable."""
        from . import __version__

        scores = self.validation_scores_
        settings = {k: v for k, v in self.get_params().items() if k != "callbacks"}
        settings["hidden_layer_sizes"] = [int(n) for n in self.hidden_layer_sizes]
        if not isinstance(settings["random_state"], int):
            settings["random_state"] = None
        return {
            "estimator": type(self).__name__,
            "settings": settings,
            "versions": {"numlp": __version__, "numpy": np.__version__},
            "epochs": self.n_iter_,
            "best_epoch": self.best_epoch_,
            "stop_reason": self.stop_reason_,
            "validation": {
                "rows": scores.n_rows,
                "accuracy": scores.accuracy,
                "log_loss": scores.log_loss,
                "majority": scores.majority,
            },
            "history": {
                name: values
                for name, values in self.history_.to_dict().items()
                if name != "seconds"
            },
        }

    def _warn(self, table: Table, guess: float) -> None:
        if table.features == ["(nothing)"]:
            warnings.warn(
                "no column can teach anything (each is constant, empty or names the rows): the "
                "model answers the majority class",
                stacklevel=3,
            )
        elif min(self.history_["train_loss"]) > guess:
            warnings.warn(
                f"the net did not learn: its best training loss, "
                f"{min(self.history_['train_loss']):.4g}, is above {guess:.4g}, what answering the "
                "classes' shares costs. Try another learning_rate_init",
                stacklevel=3,
            )

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probability of each class, (n, n_classes), in the order of ``classes_``."""
        self._check_fitted()
        return self.model_.predict_proba(X)

    def predict(self, X: Any) -> NDArray[Any]:
        """The most probable class of each row, (n,)."""
        self._check_fitted()
        return self.model_.predict(X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Accuracy on rows whose classes are known: the share, by weight, predicted right."""
        right = np.asarray(self.predict(X)) == np.asarray(y)
        return float(np.average(right, weights=sample_weight))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one file; ``numlp.load`` opens it with NumPy alone."""
        self._check_fitted()
        self.model_.save(path)

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(),
            input_tags=InputTags(allow_nan=True, string=True, categorical=True, sparse=True),
        )


def _rows(columns: Columns, rows: NDArray[np.intp]) -> Columns:
    taken = {name: cells[rows] for name, cells in columns.columns.items()}
    return Columns(taken, len(rows), columns.named)


def _check_weight(sample_weight: Any, n_rows: int) -> NDArray[np.float32] | None:
    if sample_weight is None:
        return None
    weight = np.asarray(sample_weight, dtype=np.float64)
    if weight.shape != (n_rows,):
        raise DataError(
            f"sample_weight has shape {weight.shape}, but {n_rows:,} rows need ({n_rows},)"
        )
    wrong = ~(np.isfinite(weight) & (weight >= 0))
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(
            f"sample_weight has {weight[row]} in row {row + 1}: weights are 0 or more, and finite"
        )
    total = float(weight.sum())
    if not total or not math.isfinite(total):
        raise DataError(f"the sample weights add up to {total:g}: there is nothing to learn from")
    return (weight * (n_rows / total)).astype(np.float32)
