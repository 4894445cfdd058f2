"""MLPClassifier: scikit-learn's class of that name, faster, and with what it has always refused."""

import copy
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import available_if, check_fitted, check_same_length
from ..common.weights import check_sample_weight
from ..data.features import Features, as_matrix
from ..data.samples import Samples
from ..data.targets import Targets, as_targets
from ..errors import DataError
from ..models.mlp_model import MLPModel
from ..models.mlp_network import OWNER, RULES
from ..storage import container
from ..storage.source import Contents, Source, Target
from . import settings
from .answering import MLPAnswers
from .building import Metric, Validation, class_weights, make_network
from .preparation import (
    check_same_net,
    check_stochastic,
    check_targets,
    first_targets,
    random_state_of,
    state_of_loaded,
)
from .state import TrainingState, put_back_on_error
from .training import Callback, Training, told_of


class MLPClassifier(MLPAnswers):
    """Multilayer perceptron, with scikit-learn's arguments, attributes and results.

    The arguments up to ``max_fun`` are scikit-learn's: same names, defaults and meanings, and with
    the same ``random_state`` the same weights, but for what ``docs/scikit-learn.md`` lists.  The
    arguments after ``max_fun`` are numlp's own.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default (100,)
        Units of each hidden layer.
    activation : str or sequence of str, default "relu"
        The activation of all hidden layers, or one for each: "identity", "logistic" (or "sigmoid"),
        "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "gelu_tanh", "silu", "mish".
    solver : {"adam", "sgd", "lbfgs", "adamw", "rmsprop"}, default "adam"
        The optimizer, by its class in ``numlp.nn``.
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
        The learning rate at first, above 0; not for "lbfgs".
    power_t : float, default 0.5
        The exponent of "invscaling".
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
        ``fit`` live in a notebook, and prints the lines elsewhere.
    warm_start : bool, default False
        Whether ``fit`` goes on from the last fit, optimizer and random state included, so that 5
        and 5 epochs are 10 (with a learning rate that does not depend on ``max_iter``).
    momentum : float, default 0.9
        For "sgd": the share of the last step that is added to the next, from 0 to 1.
    nesterovs_momentum : bool, default True
        For "sgd": whether to look ahead along the momentum.
    early_stopping : bool, default False
        Whether to hold rows out and stop when ``validation_metric`` on them does not improve; a
        copy of the best epoch's weights is restored.  The split is stratified.
    validation_fraction : float, default 0.1
        Share of the rows held out.
    beta_1, beta_2, epsilon : float, default 0.9, 0.999, 1e-8
        For "adam" and "adamw": how slowly the two running means forget, and what is added to the
        divisor, as for "rmsprop" too.
    n_iter_no_change : int or inf, default 10
        Epochs without progress that are allowed.
    max_fun : int, default 15000
        Evaluations of the loss by "lbfgs" after which no new step begins; one that has begun is
        finished.
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
    callbacks : callable or sequence of callables, default ()
        Each is called with the ``Epoch`` after every epoch, and stops training by returning True.

    Attributes
    ----------
    model_ : MLPModel
        The model, which predicts and is saved.
    classes_ : array of shape (n_classes,)
        The labels, sorted; for multilabel their positions.
    coefs_, intercepts_ : lists of arrays
        Weights (n_in, n_out) and biases (n_out,) of each layer, as views: writing to them changes
        the net.
    loss_ : float
        Training loss of the last epoch.
    best_loss_ : float or None
        The lowest training loss; None with early stopping.
    loss_curve_ : list of float
        Training loss of each epoch.
    validation_scores_, validation_loss_curve_ : list of float, or None
        Score and loss of each epoch on the rows held out; None where no rows were.
    best_validation_score_ : float or None
        The highest of these scores.
    validation_rows_ : int or None
        Rows held out; of weighted rows, as many as tell as much: ``(Σ w)² / Σ w²``.  None where no
        rows were, or not as many in each fit that was gone on from.
    n_iter_, t_ : int
        Epochs of the last fit; samples seen in all.
    n_features_in_, n_layers_, n_outputs_ : int
        Numbers of columns of X, of layers with the input, and of outputs of the net.
    feature_names_in_ : array of str, of shape (n_features,)
        Names of the columns of X, where they have such.
    out_activation_ : str
        "softmax" for more than two classes, else "logistic".

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

    classes_: NDArray[Any]
    loss_: float
    loss_curve_: list[float]
    best_loss_: float | None
    validation_scores_: list[float] | None
    validation_loss_curve_: list[float] | None
    best_validation_score_: float | None
    validation_rows_: int | None
    n_iter_: int
    t_: int
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    n_layers_: int
    n_outputs_: int
    out_activation_: str
    _state: TrainingState

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
        callbacks: Callback | Iterable[Callback] = (),
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
        X : array, sparse matrix or DataFrame of shape (n, n_features)
            Finite numbers, a sample a row.
        y : labels of shape (n,), or indicator matrix of shape (n, n_labels)
            The label, or the labels, of each row.
        sample_weight : array of shape (n,), optional
            Weight of each row, 0 or more; by default each row counts once.
        X_val, y_val : rows and their labels, with shapes as X and y, optional
            Rows to validate on, in place of a part of X.
        checkpoint : path, optional
            A file for the state of the run, written between epochs.  If it exists, the run is
            resumed from it, as if it had never been stopped; ``max_iter`` may be larger
            than it was.  Not for "lbfgs".
        checkpoint_every : float, optional
            Least number of seconds between two writes of the checkpoint; 0 writes after every
            epoch.  By default writing takes at most a tenth of the time.

        Returns
        -------
        MLPClassifier
            The classifier itself.

        Raises
        ------
        ValueError
            An argument may not have its value, or one of X_val and y_val is missing.
        DataError
            X or y cannot be learned from; the message says where and what to do.
        CheckpointError
            The checkpoint is of other rows, other settings or another version of numlp.
        ModelFileError
            The file is damaged, or is not a checkpoint.
        DivergenceError
            The loss exploded or became NaN.  The weights of the last whole epoch are kept.
        """
        keep, resumed = None, False
        with put_back_on_error(vars(self)):
            samples = self._prepare(X, y, sample_weight, go_on=self.warm_start, classes=None)
            training = Training(self, self.model_, self._state)
            validation = self._validation(X_val, y_val)
            if checkpoint is not None:
                from ..storage.checkpoint import CheckpointFile
                from .checkpoint import keep_in  # here, so that predicting does without

                file = CheckpointFile(checkpoint, checkpoint_every)
                keep, resumed = keep_in(file, self, self.model_, self._state, samples, validation)
            if validation is None and self.early_stopping:
                samples, validation = training.hold_out(samples)
        training.run(samples, validation, keep=keep, resumed=resumed)
        if not self.warm_start:
            self._state = self._state.without_memory()
        return self

    @available_if(check_stochastic)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Train for one epoch.  Not for "lbfgs".

        Parameters
        ----------
        X : array, sparse matrix or DataFrame of shape (n, n_features)
            The rows to learn from.
        y : labels of shape (n,), or indicator matrix of shape (n, n_labels)
            The label, or the labels, of each row.
        sample_weight : array of shape (n,), optional
            Weight of each row, 0 or more; by default each row counts once.
        classes : array of labels, of shape (n_classes,), optional
            All the classes there will be, which the first call needs.

        Returns
        -------
        MLPClassifier
            The classifier itself.

        Raises
        ------
        ValueError
            ``early_stopping`` is True, or an argument may not have its value.
        DataError
            X or y cannot be learned from; the message says where and what to do.
        DivergenceError
            The loss exploded or became NaN.
        """
        if self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        with put_back_on_error(vars(self)):
            samples = self._prepare(X, y, sample_weight, go_on=True, classes=classes, partial=True)
        Training(self, self.model_, self._state, partial=True).run(samples, None)
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
        settings.check(settings.of(self))
        first = not (go_on and self.__sklearn_is_fitted__())
        if not first and not self.model_.network.theta.flags.writeable:  # joblib's mmap_mode="r"
            model, state = copy.deepcopy((self.model_, vars(self).get("_state")))
            self._take(model)
            vars(self)["_state"] = state
        names = None
        if first:
            rows, names = as_matrix(X, OWNER)
            labels = as_targets(y)  # once, since it may warn
            targets = first_targets(labels, classes, partial=partial)
            targets.sparse = hasattr(y, "toarray")
        else:
            rows, targets = self.model_.encode(X), self.model_.targets
            check_same_net(self.model_, settings.of(self))
            labels = as_targets(y)
            check_targets(self.model_, labels, classes, partial=partial)
        encoded = targets.encode(labels)
        check_same_length(len(rows), len(encoded))
        weight = check_sample_weight(sample_weight, len(rows))
        weight = class_weights(self.class_weight, targets, encoded, weight)
        if weight is not None and not weight.any():
            raise DataError("every sample weight is zero: there is nothing to learn from")
        if first:
            self._start(rows, names, targets)
        elif vars(self).get("_state") is None:
            self._state = state_of_loaded(self.model_)
        network = self.model_.network
        network.l2 = self.alpha
        if isinstance(rows, np.ndarray):
            rows = rows.astype(network.dtype, copy=False)
        return Samples(rows, encoded, None if weight is None else weight.astype(network.dtype))

    def _start(self, rows: Features, names: list[str] | None, targets: Targets) -> None:
        """Make a fresh net, and the attributes of a fit that has not begun."""
        self._state = TrainingState(random_state_of(self.random_state))
        dtype = np.float32 if rows.dtype == np.float32 else np.float64
        network = make_network(
            settings.of(self), rows.shape[1], targets, dtype, self._state.random_state
        )
        made_with = {name: getattr(self, name) for name in RULES}
        self._take(MLPModel(network, targets, names=names, made_with=made_with))
        self.n_iter_ = self.t_ = 0
        self.loss_curve_ = []
        self.best_loss_ = None if self.early_stopping else np.inf
        self.validation_scores_ = self.validation_loss_curve_ = None
        self.best_validation_score_ = self.validation_rows_ = None

    def _take(self, model: MLPModel) -> None:
        """Set the model, and the attributes that say what it is."""
        self.model_, self.classes_ = model, model.classes
        self.n_features_in_ = model.n_features
        if model.named:
            self.feature_names_in_ = np.array(model.feature_names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        self.n_layers_ = len(self.coefs_) + 1
        self.n_outputs_ = model.targets.n_outputs
        self.out_activation_ = "softmax" if model.targets.kind == "multiclass" else "logistic"

    def _validation(self, X_val: Any, y_val: Any) -> Validation | None:
        if X_val is None and y_val is None:
            return None
        if X_val is None or y_val is None:
            raise ValueError("X_val and y_val belong together: give both or neither")
        rows, targets = self.model_.encode(X_val), self.model_.targets
        encoded = targets.encode(y_val)
        check_same_length(len(rows), len(encoded))
        return Validation(Samples(rows, encoded, None), targets, self.validation_metric)

    # The file

    def save(self, path: Target) -> None:
        """Write to one file, which ``numlp.load`` opens with NumPy alone.

        The opened classifier predicts the same to the bit; callables and the state of training
        are not kept.

        Parameters
        ----------
        path : str, path or open binary file
            As for ``MLPModel.save``.

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
        model = copy.copy(self.model_)
        model.info = model.info | told_of(self)  # with what was set since the fit
        model.save(path)

    @classmethod
    def load(cls, path: Source | Contents) -> Self:
        """Open a file that ``save`` wrote.  Nothing in it is run.

        Parameters
        ----------
        path : str, path, bytes or open binary file
            As for ``numlp.load``.

        Returns
        -------
        MLPClassifier
            A fitted classifier, with the arguments that it was made with.

        Raises
        ------
        ModelFileError
            The file is damaged, is not of an MLPClassifier, or needs a newer version.
        OSError
            The file could not be read.
        """
        model = MLPModel.load(path)
        with container.reading_document(path, f"file of an {OWNER}"):
            clf = cls(**model.info["settings"])
            settings.check(settings.of(clf))
        clf._take(model)
        for name, value in model.info["results"].items():
            setattr(clf, name, value)
        return clf

    def __sklearn_is_fitted__(self) -> bool:
        # Not by classes_: a fit that ends in an error before its first epoch has those.
        return bool(vars(self).get("loss_curve_"))
