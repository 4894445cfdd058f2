"""TabularClassifier: a table as it is in, a classifier out."""

import math
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from . import metrics
from .columns import as_columns
from .errors import DataError, DivergenceError
from .estimator import Estimator, check_same_length
from .labels import as_labels, check_classes, encode_labels
from .metrics import Scores
from .model import Model
from .nn import ACTIVATIONS, AdamW, EarlyStopping, Epoch, History, Network, mlp, train
from .split import stratified_split
from .table import Matrix, Table, name_list

Callback = Callable[[Epoch], bool | None]


class _Samples(NamedTuple):
    """Rows to learn from or to validate on."""

    X: Matrix
    codes: NDArray[np.intp]
    weight: NDArray[np.float32] | None

    def rows(self, rows: NDArray[np.intp]) -> "_Samples":
        weight = None if self.weight is None else self.weight[rows]
        return _Samples(self.X[rows], self.codes[rows], weight)


@dataclass(frozen=True)
class _Run:
    """What training did; ``fault`` is set where it diverged, with good weights to go back to."""

    history: History
    best_epoch: int
    stop_reason: str
    fault: DivergenceError | None


class TabularClassifier(Estimator):
    """A neural net for a table of numbers, words, times and holes.

    The columns are taken as they come: numbers are scaled, missing ones marked, categories coded,
    columns that cannot teach anything set aside (``columns_`` says what was done with each and
    why).  A stratified part of the rows is held out; training stops when the log-loss on it no
    longer falls, and the weights of the best epoch are restored.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default (256, 128)
        Units of each hidden layer; an int is one layer.
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
        Columns ``epoch``, ``train_loss``, ``validation_loss``, ``lr`` and ``seconds``.
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
        The loss exploded; lower the learning rate.  Where an epoch had gone well before, the
        classifier is fitted with the weights of the best one.

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
        hidden_layer_sizes: int | Sequence[int] = (256, 128),
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
        callbacks: Sequence[Callback] = (),
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
            Weight of each row in the training loss and in the validation loss; a row of weight 0
            is as if it were not there.
        """
        self._check_parameters()
        columns = as_columns(X)
        classes, codes = encode_labels(y)
        check_same_length(columns.n_rows, len(codes))
        weight = _check_weight(sample_weight, len(codes))
        if weight is not None and not weight.all():
            given = np.flatnonzero(weight)
            columns, codes, weight = columns.rows(given), codes[given], weight[given]
        check_classes(classes[np.unique(codes)], len(codes))
        rng = np.random.default_rng(self.random_state)
        training, validation = stratified_split(codes, self.validation_fraction, rng)
        self._warn_of_split(classes, codes, validation)
        if not validation.size:
            validation = training

        table = Table.fit(columns.rows(training))
        network = mlp(
            [table.width, *self._hidden_layers(), len(classes)],
            activation=self.activation,
            dropout=_plain(self.dropout),
        )
        model = Model(table, network, classes, info=self._settings())
        model.check_savable()
        samples = _Samples(table.transform(columns), codes, weight)
        learned, held_out = samples.rows(training), samples.rows(validation)
        network.init(rng)
        run = self._train(network, learned, held_out, rng)
        self._keep(model, run, _scores(model, held_out))
        if run.fault:
            raise run.fault
        self._warn_of_training(table, learned)
        return self

    def _train(
        self,
        network: Network,
        training: _Samples,
        validation: _Samples,
        rng: np.random.Generator,
    ) -> _Run:
        """Run epochs until the validation loss says enough; restore the best weights."""
        stopping = EarlyStopping(self.patience)
        history, stop_reason, fault = History(), f"it reached max_epochs={self.max_epochs}", None
        try:
            for epoch, loss in self._epochs(network, training, validation, rng):
                history.append(
                    epoch=epoch.number,
                    train_loss=epoch.train_loss,
                    validation_loss=loss,
                    lr=epoch.lr,
                    seconds=epoch.seconds,
                )
                stopping.update(loss, network.theta)
                answers = [callback(epoch) for callback in self.callbacks]
                if any(answers):
                    stop_reason = "a callback asked for it"
                    break
                if stopping.should_stop:
                    stop_reason = f"no lower validation loss in {self.patience} epochs"
                    break
                if epoch.number >= self.max_epochs:
                    break
        except DivergenceError as error:
            if not stopping.best_epoch:
                raise
            stop_reason, fault = str(error), error
        stopping.restore(network.theta)
        return _Run(history, stopping.best_epoch, stop_reason, fault)

    def _epochs(
        self,
        network: Network,
        training: _Samples,
        validation: _Samples,
        rng: np.random.Generator,
    ) -> Iterator[tuple[Epoch, float]]:
        """Train for ever; each epoch comes with its validation loss, in it and beside it."""
        batch_size = self._batch_size(len(training.X))
        optimizer = AdamW(
            self.learning_rate_init, weight_decay=self.weight_decay, n_decayed=network.n_decayed
        )
        for epoch in train(
            network,
            optimizer,
            training.X,
            training.codes,
            weight=training.weight,
            batch_size=batch_size,
            rng=rng,
        ):
            with np.errstate(over="ignore", invalid="ignore"):  # looked at in the next line
                loss = network.evaluate(*validation)
            if not math.isfinite(loss):
                what, batch = (
                    f"the validation loss became {loss}",
                    -(-len(training.X) // batch_size),
                )
                raise DivergenceError(what, epoch.number, batch, epoch.lr, epoch.train_loss)
            yield replace(epoch, validation_loss=loss), loss

    def _keep(self, model: Model, run: _Run, scores: Scores) -> None:
        """Set the attributes of a fitted classifier, all of them at once."""
        model.info |= _results(run, scores)
        self.model_, self.classes_, self.columns_ = model, model.classes, model.table.audit()
        self.history_, self.validation_scores_ = run.history, scores
        self.n_iter_, self.best_epoch_ = len(run.history), run.best_epoch
        self.stop_reason_ = run.stop_reason
        self.n_features_in_ = len(model.table.parts)
        self.__dict__.pop("feature_names_in_", None)  # of an earlier fit
        if model.table.named:
            self.feature_names_in_ = np.array(model.table.names, dtype=object)

    def _hidden_layers(self) -> list[Any]:
        sizes = self.hidden_layer_sizes
        sizes = sizes if isinstance(sizes, Sequence | np.ndarray) else [sizes]
        return [_plain(n) for n in sizes]

    def _batch_size(self, n_rows: int) -> int:
        if isinstance(self.batch_size, str):
            return min(256, max(16, n_rows // 30))
        return self.batch_size

    def _check_parameters(self) -> None:
        """Raise a ValueError that names the argument, its value and what is allowed."""
        numpy_state = isinstance(self.random_state, np.random.Generator)
        self._check(
            "hidden_layer_sizes",
            all(_is_whole(n, 1) for n in self._hidden_layers()),
            "a whole number, 1 or more, for each hidden layer",
        )
        self._check(
            "activation",
            isinstance(self.activation, str) and self.activation in ACTIVATIONS,
            f"one of {', '.join(ACTIVATIONS)}",
        )
        self._check(
            "batch_size",
            _is_whole(self.batch_size, 1) or self.batch_size == "auto",
            "a whole number, 1 or more, or 'auto'",
        )
        self._check(
            "random_state",
            self.random_state is None or numpy_state or _is_whole(self.random_state, 0),
            "None, a whole number, 0 or more, or a numpy Generator",
        )
        self._check(
            "callbacks",
            isinstance(self.callbacks, Sequence) and all(map(callable, self.callbacks)),
            "a list of callables",
        )
        for name in ("max_epochs", "patience"):
            self._check(name, _is_whole(getattr(self, name), 1), "a whole number, 1 or more")
        for name, low, high, what in _REALS:
            self._check(name, _is_real(getattr(self, name), low, high), what)

    def _check(self, name: str, allowed: bool, what: str) -> None:
        if not allowed:
            raise ValueError(f"{name}={getattr(self, name)!r}, but it has to be {what}")

    def _settings(self) -> dict[str, Any]:
        """What the model file tells of how the model came to be; no times, so it is repeatable."""
        from . import __version__

        settings = {k: v for k, v in self.get_params().items() if k != "callbacks"}
        settings["hidden_layer_sizes"] = self._hidden_layers()
        if isinstance(self.random_state, np.random.Generator):
            settings["random_state"] = None
        return {
            "estimator": type(self).__name__,
            "settings": {name: _plain(value) for name, value in settings.items()},
            "versions": {"numlp": __version__, "numpy": np.__version__},
        }

    def _warn_of_split(
        self, classes: NDArray[Any], codes: NDArray[np.intp], validation: NDArray[np.intp]
    ) -> None:
        """Say which classes the rows held out know nothing of."""
        counts = np.bincount(codes, minlength=len(classes))
        held_out = np.bincount(codes[validation], minlength=len(classes))
        absent = classes[(counts > 0) & (held_out == 0)].tolist()
        if not validation.size:
            warnings.warn(
                f"{len(codes)} rows are too few to hold any out: the rows trained on decide when "
                "to stop too, and the scores are those of rows already seen",
                stacklevel=3,
            )
        elif absent:
            warnings.warn(
                f"{len(absent):,} of {len(classes):,} classes have too few rows to hold one out, "
                f"and are not in the validation scores: {name_list(absent)}",
                stacklevel=3,
            )

    def _warn_of_training(self, table: Table, training: _Samples) -> None:
        if not table.teaches:
            warnings.warn(
                "no column can teach anything (each is constant, empty or names the rows): the "
                "model answers the majority class",
                stacklevel=3,
            )
            return
        guess = metrics.prior_entropy(training.codes, len(self.classes_), training.weight)
        best = float(self.history_["train_loss"].min())
        if best > guess:
            warnings.warn(
                f"the net did not learn: its best training loss, {best:.4g}, is above {guess:.4g}, "
                "what answering the classes' shares costs. Try another learning_rate_init, or more "
                "epochs",
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
        predicted, labels = self.predict(X), as_labels(y)
        check_same_length(len(predicted), len(labels))
        if not len(labels):
            raise DataError("there is no row to score")
        weight = _check_weight(sample_weight, len(labels))
        return float(np.average(predicted == labels, weights=weight))

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


# Arguments that are real numbers: the smallest and the largest value, and both in words.
_ABOVE_0, _BELOW_1 = float(np.nextafter(0, 1)), float(np.nextafter(1, 0))
_MAX = float(np.finfo(np.float32).max)
_REALS = [
    ("dropout", 0.0, _BELOW_1, "a number from 0 to below 1"),
    ("learning_rate_init", _ABOVE_0, _MAX, "a positive number"),
    ("weight_decay", 0.0, _MAX, "a number, 0 or more"),
    ("validation_fraction", _ABOVE_0, _BELOW_1, "a number between 0 and 1"),
]


def _is_whole(value: Any, low: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= low


def _is_real(value: Any, low: float, high: float) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and low <= float(value) <= high


def _plain(value: Any) -> Any:
    """A setting as JSON takes it: a number of NumPy's as Python's own."""
    return value.item() if isinstance(value, np.generic) else value


def _scores(model: Model, samples: _Samples) -> Scores:
    blocks = model.probabilities(samples.X)
    return metrics.evaluate_blocks(samples.codes, blocks, len(model.classes))


def _results(run: _Run, scores: Scores) -> dict[str, Any]:
    history = run.history.to_dict()
    del history["seconds"]
    return {
        "epochs": len(run.history),
        "best_epoch": run.best_epoch,
        "stop_reason": run.stop_reason,
        "validation": {
            "rows": scores.n_rows,
            "accuracy": scores.accuracy,
            "log_loss": scores.log_loss,
            "majority": scores.majority,
        },
        "history": history,
    }


def _check_weight(sample_weight: Any, n_rows: int) -> NDArray[np.float32] | None:
    """Weights with a mean of 1, or None."""
    if sample_weight is None:
        return None
    try:
        weight = np.array(sample_weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"sample_weight holds what is no number: {error}") from error
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
    if not weight.any():
        raise DataError("the sample weights are all zero: there is nothing to learn from")
    weight /= weight.max()  # first, so that their sum is finite
    weight /= weight.mean()
    return weight.astype(np.float32)
