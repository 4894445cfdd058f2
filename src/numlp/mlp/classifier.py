"""MLPClassifier: scikit-learn's class of that name, faster, and with what it has always refused."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import check_same_length
from ..common.routing import Routed
from ..common.weights import check_sample_weight
from ..data.features import Features, SparseRows, as_matrix, put_in_order
from ..data.samples import Samples
from ..data.targets import Targets
from ..errors import DataError
from ..nn import Dense, Network
from . import settings
from .building import (
    Metric,
    Validation,
    class_weights,
    log_probabilities,
    make_network,
    probabilities,
)
from .training import Callback, MLPTraining

OWNER = "MLPClassifier"


class MLPClassifier(Routed, MLPTraining):
    """Multilayer perceptron, with scikit-learn's arguments, attributes and results.

    The arguments up to ``max_fun`` are scikit-learn's: same names, defaults and meanings, and with
    the same ``random_state`` the same weights, but for what ``docs/scikit-learn.md`` lists.  Those
    after it are what that class does not have.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int, default (100,)
        Units of each hidden layer.
    activation : str or sequence of str, default "relu"
        Of the hidden layers, or of each: "identity", "logistic" (or "sigmoid"), "tanh", "relu",
        "leaky_relu", "elu", "selu", "gelu", "gelu_tanh", "silu", "mish".
    solver : {"adam", "sgd", "lbfgs", "adamw", "rmsprop"}, default "adam"
    alpha : float, default 1e-4
        L2 penalty ``alpha/2 Σ W²``, added to the *sum* of a batch's losses, biases excluded: it
        weakens as batches grow.  ``weight_decay`` does not depend on the batch.
    batch_size : int or "auto", default "auto"
        Rows of a mini-batch; "auto" is min(200, n_samples).  "lbfgs" takes all rows at once.
    learning_rate : str, default "constant"
        "invscaling": ``learning_rate_init / (samples seen + 1) ** power_t``, anew each epoch;
        "adaptive": a fifth after every ``n_iter_no_change`` epochs without progress; "cosine" and
        "one_cycle" over ``max_iter`` epochs.  It holds for every solver but "lbfgs".
    learning_rate_init : float, default 1e-3
    power_t : float, default 0.5
    max_iter : int, default 200
        Most epochs, or steps of "lbfgs".
    shuffle : bool, default True
        Whether to visit the rows in a new order each epoch.
    random_state : int, RandomState or None, default None
        Draws the starting weights, the orders, the validation split and dropout.  It is applied
        when training starts afresh; ``warm_start`` and ``partial_fit`` go on from where it stands.
    tol : float, default 1e-4
        An epoch is progress when loss or score improve by more than this.
    verbose : bool, int or "plot", default False
        True prints a line an epoch; 2 keeps one live line on stderr; "plot" draws the losses of
        ``fit`` live in a notebook, and prints where there is none.
    warm_start : bool, default False
        Whether ``fit`` goes on from the last fit, optimizer and random state included, so that 5
        and 5 epochs are 10 (with a learning rate that does not depend on ``max_iter``).
    momentum, nesterovs_momentum : default 0.9, True
        For "sgd".
    early_stopping : bool, default False
        Whether to hold rows out and stop when ``validation_metric`` on them does not improve; a
        copy of the best epoch's weights is restored.  The split is stratified.
    validation_fraction : float, default 0.1
        Share of the rows held out.
    beta_1, beta_2, epsilon : default 0.9, 0.999, 1e-8
        For "adam" and "adamw".
    n_iter_no_change : int or inf, default 10
        Epochs without progress that are allowed.
    max_fun : int, default 15000
        Most evaluations of the loss by "lbfgs".
    class_weight : dict, "balanced" or None, default None
        Weight of each class; "balanced" is ``n_samples / (n_classes * count)``.
    dropout : float, default 0.0
        Probability of dropping a hidden unit; not for "lbfgs".
    batch_norm, layer_norm : bool, default False
        Normalise before each activation.
    loss : {"log_loss", "mse", "focal"}, default "log_loss"
        "mse" is the squared error of the probabilities (the Brier score), "focal" the focal loss
        with gamma 2.
    label_smoothing : float, default 0.0
        How far targets move from 0 and 1 towards equal shares.
    weight_decay : float or None, default None
        Decoupled weight decay, biases excluded; None is 0.01 for "adamw", else 0.
    warm_up : int, default 0
        Epochs over which the learning rate rises to ``learning_rate_init``.
    max_grad_norm : float or None, default None
        Longest gradient: longer ones are scaled down to it.
    validation_metric : str or callable, default "accuracy"
        "accuracy", "balanced_accuracy", "neg_log_loss", or ``metric(y, P) -> float`` of the labels
        and the probabilities; greater is better.
    callbacks : sequence of callables, default ()
        Each is called with the ``Epoch`` after every epoch, and stops training by returning True.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
    coefs_, intercepts_ : lists of arrays
        Weights (n_in, n_out) and biases (n_out,) of each layer, as views: writing to them changes
        the net.
    loss_, loss_curve_, best_loss_
        Training loss of the last epoch, of each, and the lowest (None with early stopping).
    validation_scores_, best_validation_score_, validation_loss_curve_
        Of each epoch on the rows held out; None without.
    n_iter_, t_ : int
        Epochs of the last fit; samples seen in all.
    n_features_in_, feature_names_in_, n_layers_, n_outputs_, out_activation_

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((200, 2))
    >>> y = np.where(X[:, 0] * X[:, 1] > 0, "same", "different")
    >>> clf = MLPClassifier(random_state=0, learning_rate_init=0.01, max_iter=1000).fit(X, y)
    >>> clf.score(X, y) > 0.95
    True
    >>> clf.predict([[1.0, 1.0], [1.0, -1.0]]).tolist()
    ['same', 'different']
    """

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str | Sequence[str] = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 1e-4,
        verbose: bool | int | str = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        class_weight: Mapping[Any, float] | str | None = None,
        dropout: float = 0.0,
        batch_norm: bool = False,
        layer_norm: bool = False,
        loss: str = "log_loss",
        label_smoothing: float = 0.0,
        weight_decay: float | None = None,
        warm_up: int = 0,
        max_grad_norm: float | None = None,
        validation_metric: str | Metric = "accuracy",
        callbacks: Iterable[Callback] = (),
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.class_weight = class_weight
        self.dropout = dropout
        self.batch_norm = batch_norm
        self.layer_norm = layer_norm
        self.loss = loss
        self.label_smoothing = label_smoothing
        self.weight_decay = weight_decay
        self.warm_up = warm_up
        self.max_grad_norm = max_grad_norm
        self.validation_metric = validation_metric
        self.callbacks = callbacks

    # Fitting

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: float | None = None,
    ) -> Self:
        """Train on the rows of X and their labels y.

        Parameters
        ----------
        X : array, sparse matrix or DataFrame of shape (n_samples, n_features)
        y : labels of shape (n_samples,), or indicator matrix of shape (n_samples, n_labels)
        sample_weight : array of shape (n_samples,), optional
        X_val, y_val : optional
            Rows to validate on, in place of a part of X.
        checkpoint : path, optional
            A file for the state of the run, written between epochs.  Where it is there already,
            the run goes on from it, as if it had never been stopped; ``max_iter`` may be larger
            than it was.  Not for "lbfgs".
        checkpoint_every : float, optional
            Seconds that are to lie between two writes of it at least; 0 writes after every epoch.
            By default so many that writing takes a tenth of the time at most.

        Raises
        ------
        DataError
            X or y cannot be learned from; the message says where and what to do.
        CheckpointError
            The checkpoint is of other rows, other settings or another version of numlp.
        ModelFileError
            It is damaged, or no checkpoint.
        DivergenceError
            The loss exploded or became NaN.  The weights of the last whole epoch are kept.
        """
        samples = self._prepare(X, y, sample_weight, go_on=self.warm_start, classes=None)
        validation = self._validation(X_val, y_val)
        keep, resumed = None, False
        if checkpoint is not None:
            from ..storage.checkpoint import CheckpointFile
            from . import checkpoint as mlp_checkpoint  # here, so that predicting does without

            file = CheckpointFile(checkpoint, checkpoint_every)
            keep, resumed = mlp_checkpoint.keep_in(file, self, samples, validation, self._names)
        if validation is None and self.early_stopping:
            samples, validation = self._hold_out(samples)
        self._run(samples, validation, keep=keep, resumed=resumed)
        if not self.warm_start:
            self._forget_optimizer()
        return self

    @property
    def partial_fit(self) -> Callable[..., Self]:
        """Train for one epoch: ``partial_fit(X, y, sample_weight=None, classes=None)``.

        The first call needs all the classes there will be.  Not for "lbfgs".
        """
        if self.solver == "lbfgs":
            raise AttributeError(
                "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic."
            )
        return self._partial_fit

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        if self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        samples = self._prepare(X, y, sample_weight, go_on=True, classes=classes, partial=True)
        self._run(samples, None, partial=True)
        return self

    def _prepare(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        *,
        go_on: bool,
        classes: Any,
        partial: bool = False,
    ) -> Samples:
        """Check the arguments; make the network unless training goes on with the one there is."""
        settings.check(self.get_params())
        first = not (go_on and self.__sklearn_is_fitted__())
        rows, names = as_matrix(X, OWNER)
        if first:
            targets = self._first_targets(y, classes, partial)
        else:
            rows = self._match(rows, names)
            self._check_same_net()
            self._check_targets(y, classes, partial)
            targets = self._targets
        codes = targets.encode(y)
        check_same_length(len(rows), len(codes))
        weight = check_sample_weight(sample_weight, len(rows))
        weight = class_weights(self.class_weight, targets, codes, weight)
        if weight is not None and not weight.any():
            raise DataError("every sample weight is zero: there is nothing to learn from")
        if first:  # only now, so that after an error the last fit still stands
            self._start(rows, names, targets)
        self._network.l2 = self.alpha
        dtype = self._network.dtype
        if isinstance(rows, np.ndarray):
            rows = rows.astype(dtype, copy=False)
        return Samples(rows, codes, None if weight is None else weight.astype(dtype))

    def _first_targets(self, y: Any, classes: Any, partial: bool) -> Targets:
        if partial and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        targets, what = Targets(y), "y has"
        if partial and targets.kind != "multilabel":
            targets, what = Targets(classes), "classes are"
        if len(targets.classes) < 2 and targets.kind != "multilabel":
            raise DataError(
                f"{what} one class only, {targets.classes.tolist()[0]!r}: a classifier needs rows "
                "of at least two classes"
            )
        return targets

    def _check_targets(self, y: Any, classes: Any, partial: bool) -> None:
        if classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"`classes={classes!r}` is not the same as on last call to partial_fit, was: "
                f"{self.classes_!r}"
            )
        if partial or self._targets.kind == "multilabel":
            return
        found = Targets(y).classes
        if set(found.tolist()) != set(self.classes_.tolist()):
            raise DataError(
                "warm_start can only be used where `y` has the same classes as in the previous "
                f"call to fit. Previously got {self.classes_}, `y` has {found}"
            )

    def _check_same_net(self) -> None:
        for name, value in settings.of_the_net(self.get_params()).items():
            made_with = self._net_settings[name]
            if value != made_with:
                raise DataError(
                    f"{name}={getattr(self, name)!r}, but training goes on with a net made with "
                    f"{made_with!r}: set warm_start=False to start afresh"
                )

    def _start(self, rows: Features, names: list[str] | None, targets: Targets) -> None:
        self._targets, self._names = targets, names
        self._net_settings = settings.of_the_net(self.get_params())
        self._random_state = (
            self.random_state
            if isinstance(self.random_state, np.random.RandomState)
            else np.random.RandomState(self.random_state)
        )
        n_features = rows.shape[1]
        dtype = np.float32 if rows.dtype == np.float32 else np.float64
        self._network = make_network(
            self.get_params(), n_features, self._targets, dtype, self._random_state
        )
        self._forget_optimizer()
        self.classes_ = self._targets.classes
        self.n_features_in_ = n_features
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        self.n_layers_ = len(self._dense()) + 1
        self.n_outputs_ = self._targets.n_outputs
        self.out_activation_ = "softmax" if self._targets.kind == "multiclass" else "logistic"
        self.n_iter_ = self.t_ = 0
        self.loss_curve_ = []
        self._no_improvement_count = 0
        self.best_loss_ = None if self.early_stopping else np.inf
        self.validation_scores_ = self.validation_loss_curve_ = None
        self.best_validation_score_ = None

    def _validation(self, X_val: Any, y_val: Any) -> Validation | None:
        if X_val is None and y_val is None:
            return None
        if X_val is None or y_val is None:
            raise ValueError("X_val and y_val belong together: give both or neither")
        rows = self._match(*as_matrix(X_val, OWNER))
        if isinstance(rows, np.ndarray):
            rows = rows.astype(self._network.dtype, copy=False)
        codes = self._targets.encode(y_val)
        check_same_length(len(rows), len(codes))
        return Validation(Samples(rows, codes, None), self._targets, self.validation_metric)

    # Predicting

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
        network: Network | None = vars(self).get("_network")
        if network is None:
            raise AttributeError(f"this {OWNER} is not fitted yet: it has no weights")
        return [layer for layer in network.layers if isinstance(layer, Dense)]

    def predict(self, X: Any) -> Any:
        """The class of each row, (n,); for multilabel the indicator matrix."""
        rows = self._rows(X)
        return self._targets.decode(self._network.predict(rows))

    def predict_proba(self, X: Any) -> NDArray[Any]:
        """Probability of each class, (n, n_classes), in the order of ``classes_``."""
        rows = self._rows(X)
        return probabilities(self._network.predict(rows), self._targets)

    def predict_log_proba(self, X: Any) -> NDArray[Any]:
        """Logarithm of each probability, from the logits: finite where a probability is 0."""
        rows = self._rows(X)
        return log_probabilities(self._network.logits(rows), self._targets)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the classifier to one file; ``numlp.load`` opens it with NumPy alone.

        It predicts the same to the bit; callables and the state of training are not kept.
        """
        from . import file as mlp_file  # here, as fitting does without

        self._check_fitted()
        mlp_file.save(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Open a file that ``save`` wrote, or raise a ModelFileError.  Nothing in it is run."""
        from . import file as mlp_file

        return mlp_file.load(cls, path)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Share of the rows, by weight, whose label (for multilabel: all labels) is right."""
        predicted = self.predict(X)
        if hasattr(predicted, "toarray"):
            predicted = predicted.toarray()
        given = np.asarray(y.toarray() if hasattr(y, "toarray") else y)
        check_same_length(len(predicted), len(given))
        right = predicted == given.reshape(predicted.shape)
        if right.ndim == 2:
            right = right.all(axis=1)
        return float(np.average(right, weights=check_sample_weight(sample_weight, len(right))))

    def _rows(self, X: Any) -> Any:
        self._check_fitted()
        rows = self._match(*as_matrix(X, OWNER))
        return (
            rows if isinstance(rows, SparseRows) else rows.astype(self._network.dtype, copy=False)
        )

    def _match(self, rows: Features, names: list[str] | None) -> Features:
        rows = put_in_order(rows, names, self._names, OWNER)
        if rows.shape[1] != self.n_features_in_:
            raise DataError(
                f"X has {rows.shape[1]} features, but {OWNER} is expecting {self.n_features_in_} "
                "features as input."
            )
        return rows

    def __sklearn_is_fitted__(self) -> bool:
        # Not by classes_: a fit that ends in an error before its first epoch has those.
        return bool(vars(self).get("loss_curve_"))

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True, multi_output=False),
            classifier_tags=ClassifierTags(multi_label=True),
            input_tags=InputTags(sparse=True),
        )
