"""What MLPClassifier puts together from its arguments: network, optimizer, schedule, orders."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from ..common.arguments import hidden_sizes
from ..common.weights import balanced, weights_by_class
from ..data.samples import Samples
from ..data.targets import Targets
from ..models.mlp_network import (
    activation_names,
    blank_network,
    log_probabilities,
    probabilities,
)
from ..nn import (
    LBFGS,
    SGD,
    Adam,
    Constant,
    Cosine,
    Dense,
    Dropout,
    Network,
    OneCycle,
    Optimizer,
    RMSprop,
    Schedule,
    WarmUp,
)
from . import settings

Params = dict[str, Any]


def make_network(
    params: Params, n_features: int, targets: Targets, dtype: Any, rng: np.random.RandomState
) -> Network:
    """The net with its starting weights, drawn as scikit-learn draws them."""
    network = blank_network(params, n_features, targets, dtype)
    network.l2 = params["alpha"]
    draw_weights(network, params, rng)
    return network


def draw_weights(network: Network, params: Params, rng: np.random.RandomState) -> None:
    """Give a net of these arguments its starting weights.

    W1, b1, W2, b2, ... each uniform within √(6 / (n_in + n_out)), or √(2 / ...) for the logistic
    activation, in float64 and then cast (Glorot & Bengio 2010).
    """
    hidden = hidden_sizes(params["hidden_layer_sizes"])
    names = activation_names(params["activation"], len(hidden))
    last = names[-1] if names else activation_names(params["activation"], 1)[0]
    after = iter([*names, last])  # the activation that each Dense is drawn for
    for layer in network.layers:
        if isinstance(layer, Dense):
            factor = 2.0 if next(after) == "sigmoid" else 6.0
            bound = math.sqrt(factor / (layer.n_in + layer.n_out))
            layer.W[:] = rng.uniform(-bound, bound, layer.W.shape)
            layer.b[:] = rng.uniform(-bound, bound, layer.b.shape)
        elif isinstance(layer, Dropout):
            # From a copy, so that the weights and orders are those without dropout.
            seed = copy.deepcopy(rng).randint(2**31 - 1, size=4)
            layer.init(np.random.default_rng(seed))
        else:
            layer.init(np.random.default_rng())  # draws nothing: scales to 1, shifts to 0


def make_optimizer(params: Params) -> Optimizer:
    """The optimizer of a stochastic solver."""
    lr, solver = params["learning_rate_init"], params["solver"]
    decay = params["weight_decay"]
    if decay is None:
        decay = 0.01 if solver == "adamw" else 0.0
    if solver == "sgd":
        return SGD(lr, params["momentum"], params["nesterovs_momentum"], decay)
    if solver == "rmsprop":
        return RMSprop(lr, eps=params["epsilon"], weight_decay=decay)
    return Adam(
        lr,
        params["beta_1"],
        params["beta_2"],
        params["epsilon"],
        decay,
        correct_eps=False,
    )


def make_lbfgs(params: Params) -> LBFGS:
    """L-BFGS with the tolerances of scipy's, as scikit-learn calls it."""
    return LBFGS(tol_grad=params["tol"], tol_loss=1e7 * float(np.finfo(np.float64).eps))


@dataclass
class SampleInverseScaling(Schedule):
    """``lr / (samples seen at the start of the epoch + 1) ** power``.

    ``seen`` counts the samples before update ``start``, the first of an epoch.
    """

    lr: float
    power: float
    n_samples: int
    steps_per_epoch: int
    start: int
    seen: int

    def __call__(self, step: int) -> float:
        epochs = (step - self.start) // self.steps_per_epoch
        seen = max(0, self.seen + epochs * self.n_samples)  # epochs < 0 under a warm-up
        return self.lr / math.pow(seen + 1, self.power)


@dataclass
class From(Schedule):
    """Another schedule, whose first step is number ``start``."""

    start: int
    schedule: Schedule

    def __call__(self, step: int) -> float:
        return self.schedule(step - self.start)


def make_schedule(
    params: Params,
    base: Constant,
    n: int,
    batch_size: int,
    *,
    step: int,
    seen: int,
    partial: bool,
) -> Schedule:
    """The learning rate of each update; ``base.lr`` is what "adaptive" has made of it.

    Training goes on at update ``step``, after ``seen`` samples.  A schedule with an end ("cosine",
    "one_cycle") starts anew with each ``fit``; the calls of ``partial_fit`` are one run.
    """
    kind, per_epoch = params["learning_rate"], math.ceil(n / batch_size)
    length = params["max_iter"] * per_epoch
    warm = params["warm_up"] * per_epoch
    lr = params["learning_rate_init"]
    schedule: Schedule = base
    if kind == "invscaling":
        schedule = SampleInverseScaling(lr, params["power_t"], n, per_epoch, step, seen)
    elif kind == "cosine":
        schedule = Cosine(lr, max(1, length - warm))
    elif kind == "one_cycle":
        schedule = OneCycle(lr, max(1, length - warm))
    if warm:
        schedule = WarmUp(schedule, warm)
    return From(step, schedule) if kind in settings.PLANNED and not partial else schedule


class RowOrders:
    """The order of the rows in each epoch; it can be copied and resumed.

    Each order is a permutation of the one before, drawn as scikit-learn draws it.
    """

    def __init__(self, n: int, rng: np.random.RandomState, *, shuffle: bool) -> None:
        self.order, self.rng, self.shuffle = np.arange(n), rng, shuffle

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> NDArray[np.intp]:
        if self.shuffle:
            permutation = np.arange(len(self.order))
            self.rng.shuffle(permutation)
            self.order = self.order[permutation]
        return self.order


Metric = Callable[[Any, NDArray[Any]], float]


class Validation:
    """Rows held out: the score and the loss of a network on them."""

    def __init__(self, samples: Samples, targets: Targets, metric: str | Metric) -> None:
        if metric == "balanced_accuracy" and targets.kind == "multilabel":
            raise ValueError("validation_metric='balanced_accuracy' is not for a multilabel y")
        self.samples, self.targets, self.metric = samples, targets, metric

    @property
    def n_rows(self) -> int:
        """How many rows of one weight tell as much as these: (Σ w)² / Σ w²."""
        weight = self.samples.weight
        if weight is None:
            return len(self.samples)
        w = weight.astype(np.float64) / weight.max()  # so that no square is 0 or infinite
        return round(float(w.sum() ** 2 / (w**2).sum()))

    def loss(self, network: Network) -> float:
        """Mean training loss, without the L2 penalty."""
        return network.evaluate(cast(Any, self.samples.X), self.samples.y, self.samples.weight)

    def score(self, network: Network) -> float:
        """The metric; greater is better."""
        samples = self.samples
        if self.metric == "neg_log_loss":
            return float(np.average(self._log_likelihoods(network), weights=samples.weight))
        P = network.predict(cast(Any, samples.X))
        if callable(self.metric):
            score = float(self.metric(self._labels(samples.y), probabilities(P, self.targets)))
            if math.isnan(score):
                raise ValueError("validation_metric gave NaN, which is neither better nor worse")
            return score
        right = self._right(P)
        if self.metric == "accuracy":
            return float(np.average(right, weights=samples.weight))
        weight = np.ones(len(right)) if samples.weight is None else samples.weight
        by_class = np.bincount(samples.y, weights=weight)
        hits = np.bincount(samples.y, weights=weight * right, minlength=len(by_class))
        return float(np.mean(hits[by_class > 0] / by_class[by_class > 0]))

    def _log_likelihoods(self, network: Network) -> NDArray[Any]:
        """The log-likelihood of each row's labels, whatever loss is trained on."""
        Z, y = network.logits(cast(Any, self.samples.X)), self.samples.y
        if self.targets.kind == "multilabel":
            return np.asarray(-np.logaddexp(0, np.where(y, -Z, Z)).sum(axis=1))
        return np.asarray(log_probabilities(Z, self.targets)[np.arange(len(y)), y])

    def _labels(self, y: NDArray[Any]) -> Any:
        return y.astype(int) if self.targets.kind == "multilabel" else self.targets.classes[y]

    def _right(self, P: NDArray[Any]) -> NDArray[np.bool_]:
        if self.targets.kind == "multilabel":
            return np.asarray(((P > 0.5) == self.samples.y).all(axis=1))
        answers = P[:, 0] > 0.5 if self.targets.kind == "binary" else P.argmax(axis=1)
        return np.asarray(answers == self.samples.y)


def class_weights(
    class_weight: Any, targets: Targets, y: NDArray[Any], weight: NDArray[Any] | None
) -> NDArray[Any] | None:
    """Sample weights times the weight of each sample's class.

    "balanced" gives every class the same total; for multilabel it does so for each label, and the
    weights of a row's labels are multiplied.
    """
    if class_weight is None:
        return weight
    if targets.kind == "multilabel":
        if not isinstance(class_weight, str):
            raise ValueError(
                f"class_weight={class_weight!r}: for a multilabel y only 'balanced' is supported"
            )
        by_row = np.prod([balanced(column.astype(int), 2, weight) for column in y.T], axis=0)
    else:
        by_row = weights_by_class(class_weight, y, targets.classes.tolist(), weight)
    return np.asarray(by_row if weight is None else weight * by_row)
