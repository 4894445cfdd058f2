"""The training half of MLPClassifier: epochs, when to stop, and what they leave behind."""

import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import Estimator, sklearn_class
from ..data.features import Features, SparseRows
from ..data.samples import Samples
from ..data.splits import stratified_split
from ..data.targets import Targets
from ..errors import DataError
from ..metrics.scores import prior_entropy
from ..models.live import LiveCurve, in_notebook
from ..nn import (
    LBFGS,
    Constant,
    DivergenceError,
    Epoch,
    Network,
    Optimizer,
    train,
    train_full_batch,
)
from . import settings
from .building import (
    Metric,
    RowOrders,
    Validation,
    make_lbfgs,
    make_optimizer,
    make_schedule,
)

Callback = Callable[[Epoch], bool | None]

# Results that a file keeps.
CURVES = ("loss_curve_", "validation_scores_", "validation_loss_curve_")
NUMBERS = ("loss_", "best_loss_", "best_validation_score_")  # None or infinite, for some


class MLPTraining(Estimator):
    """Runs the epochs of an estimator that has the arguments of MLPClassifier.

    Between two runs it keeps what going on needs: optimizer, order of the rows, random state, the
    rows held out, the best weights.
    """

    # Arguments
    loss: str
    solver: str
    batch_size: int | str
    learning_rate: str
    learning_rate_init: float
    max_iter: int
    shuffle: bool
    tol: float
    verbose: bool | int | str
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: float
    max_fun: int
    max_grad_norm: float | None
    validation_metric: str | Metric
    callbacks: Callback | Iterable[Callback]

    # Set before the first run
    _network: Network
    _targets: Targets
    _names: list[str] | None  # of the columns
    _random_state: np.random.RandomState
    _net_settings: dict[str, Any]
    _no_improvement_count: int

    # Results
    classes_: NDArray[Any]
    loss_: float
    loss_curve_: list[float]
    best_loss_: float | None
    validation_scores_: list[float] | None
    validation_loss_curve_: list[float] | None
    best_validation_score_: float | None
    n_iter_: int
    t_: int
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    n_layers_: int
    n_outputs_: int
    out_activation_: str

    def _start(self, rows: Features, names: list[str] | None, targets: Targets) -> None:
        """Make a fresh network, and the attributes of a fit that has not begun."""
        raise NotImplementedError

    def _forget_optimizer(self) -> None:
        """Keep what predicting needs: a pickle is then about as large as the weights."""
        self._optimizer: Optimizer | LBFGS | None = None
        self._orders: RowOrders | None = None
        self._base_lr: Constant | None = None
        self._held_out: NDArray[np.intp] | None = None
        self._best_theta: NDArray[Any] | None = None
        self._last_theta: NDArray[Any] | None = None
        self._optimizer_settings: dict[str, Any] = {}

    def _hold_out(self, samples: Samples) -> tuple[Samples, Validation]:
        """Part of the rows for validation, stratified; the same part when training goes on."""
        n = len(samples)
        if self._held_out is None or len(self._held_out) != n:
            multilabel = self._targets.kind == "multilabel"
            codes = np.zeros(n, np.intp) if multilabel else samples.y
            _, held = stratified_split(codes, self.validation_fraction, self._random_state)
            if len(held) < 2:
                raise DataError(
                    f"The validation set is too small: {len(held)} of {n} rows. Increase "
                    "'validation_fraction' or the size of your dataset."
                )
            self._held_out = np.zeros(n, bool)
            self._held_out[held] = True
        held_out = self._held_out
        validation = samples[np.flatnonzero(held_out)]
        training = samples[np.flatnonzero(~held_out)]
        for part, what in ((validation, "held out"), (training, "to train on")):
            if part.weight is not None and not part.weight.any():
                raise DataError(f"every row {what} has a weight of zero")
        return training, Validation(validation, self._targets, self.validation_metric)

    def _epochs(self, samples: Samples, partial: bool, resumed: bool) -> Iterator[Epoch]:
        """The training loop of the solver, one epoch per iteration."""
        params, network = self.get_params(), self._network
        n = len(samples)
        if self._optimizer_settings != settings.of_the_optimizer(params):
            self._optimizer = self._base_lr = None
            self._optimizer_settings = settings.of_the_optimizer(params)
        if self.solver == "lbfgs":
            X = samples.X[0:n] if isinstance(samples.X, SparseRows) else samples.X
            self._optimizer = make_lbfgs(params)
            return train_full_batch(network, self._optimizer, X, samples.y, weight=samples.weight)
        batch_size = min(200, n) if isinstance(self.batch_size, str) else int(self.batch_size)
        if batch_size > n:
            warnings.warn(
                f"Got `batch_size` larger than sample size ({batch_size} > {n}). It is going to "
                "be clipped",
                stacklevel=5,
            )
            batch_size = n
        if not isinstance(self._optimizer, Optimizer):
            self._optimizer = make_optimizer(params)
        if self._base_lr is None:
            self._base_lr = Constant(self.learning_rate_init)
        if self._orders is None or len(self._orders.order) != n:
            self._orders = RowOrders(n, self._random_state, shuffle=bool(self.shuffle))
        return train(
            network,
            self._optimizer,
            samples.X,
            samples.y,
            batch_size=batch_size,
            orders=self._orders,
            weight=samples.weight,
            schedule=make_schedule(
                params,
                self._base_lr,
                n,
                batch_size,
                step=0 if resumed else self._optimizer.t,
                seen=0 if resumed else self.t_,
                partial=partial,
            ),
            max_grad_norm=self.max_grad_norm,
            past=tuple(self.loss_curve_) if resumed else (),
        )

    def _run(
        self,
        samples: Samples,
        validation: Validation | None,
        partial: bool = False,
        keep: Callable[[bool], None] | None = None,
        resumed: bool = False,
    ) -> None:
        """Epochs until one of the reasons to stop; whole epochs only, whatever happens.

        ``keep`` is called after each, with whether it was the last, to write the run down; one
        that was ``resumed`` has had its first epochs.
        """
        curve = LiveCurve(on=self.verbose == "plot" and not partial and in_notebook())
        theta = self._network.theta
        last, best = self._last_theta, self._best_theta
        if last is not None and best is not None and np.array_equal(theta, best):
            np.copyto(theta, last)  # go on where training stood, not from the best
        last_whole_epoch = theta.copy()
        if validation is not None and self.validation_scores_ is None:
            self.best_validation_score_ = -np.inf
        if not resumed:
            self.n_iter_ = 0
        try:
            for epoch in () if self._is_over() else self._epochs(samples, partial, resumed):
                np.copyto(last_whole_epoch, theta)
                is_last = self._after_epoch(epoch, samples, validation, partial)
                curve.update(self)
                if keep is not None:
                    keep(is_last)
                if is_last:
                    break
        except DivergenceError:
            np.copyto(theta, last_whole_epoch)
            self._optimizer = None  # what it remembers has exploded too
            raise
        except KeyboardInterrupt:
            np.copyto(theta, last_whole_epoch)
            warnings.warn(
                f"Training interrupted by user: the weights are those after {self.n_iter_} epochs",
                stacklevel=3,
            )
        finally:
            curve.finish(self)
            if self._verbosity > 1:
                print(file=sys.stderr)  # noqa: T201 - ends the live line
        if self.early_stopping and self._best_theta is not None:
            # A copy is put back, and the copy is kept apart: going on does not change it.
            self._last_theta = theta.copy()
            np.copyto(theta, self._best_theta)

    def _warn_of_nothing_learned(self, samples: Samples) -> None:
        """Say where a run that ended by itself has a loss over that of the classes' shares."""
        if self.loss != "log_loss" or self._targets.kind == "multilabel":
            return
        codes = samples.y.reshape(len(samples)).astype(np.intp)
        guess = prior_entropy(codes, len(self._targets.classes), samples.weight)
        if self.loss_ > guess:
            warnings.warn(
                f"the net did not learn: its training loss is {self.loss_:.4g}, above {guess:.4g}, "
                "what answering the classes' shares costs. Scale the features, or try another "
                "learning_rate_init or a smaller alpha",
                sklearn_class("sklearn.exceptions", "ConvergenceWarning", UserWarning),
                stacklevel=5,
            )

    def _is_over(self) -> bool:
        """Whether a run that goes on had come to its end."""
        on_plateau = self._no_improvement_count > self.n_iter_no_change
        return bool(self.n_iter_) and (self.n_iter_ >= self.max_iter or on_plateau)

    def _after_epoch(
        self, epoch: Epoch, samples: Samples, validation: Validation | None, partial: bool
    ) -> bool:
        """Note what the epoch brought; return whether to stop."""
        self.n_iter_ += 1
        self.t_ += len(samples)
        self.loss_ = epoch.train_loss
        self.loss_curve_.append(self.loss_)
        self._say(f"Iteration {self.n_iter_}, loss = {self.loss_:.8f}")
        if validation is not None:
            loss = validation.loss(self._network)
            self._note_validation(validation, loss)
            epoch = replace(epoch, validation_loss=loss)
        self._show_live_line()
        self._count_progress()
        callbacks = [self.callbacks] if callable(self.callbacks) else self.callbacks
        answers = [callback(replace(epoch, number=self.n_iter_)) for callback in callbacks]
        if any(answers):
            return True
        if self._no_improvement_count > self.n_iter_no_change and self._on_plateau():
            self._warn_of_nothing_learned(samples)
            return True
        if partial:
            return True
        if self.n_iter_ < self.max_iter and not self._lbfgs_spent():
            return False
        if self.solver != "lbfgs" and self.learning_rate in settings.PLANNED:
            self._warn_of_nothing_learned(samples)  # max_iter is where it was to end
        elif not self._converged():
            warnings.warn(
                f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the "
                "optimization hasn't converged yet."
                if self.solver != "lbfgs"
                else f"lbfgs failed to converge after {self.n_iter_} iteration(s): increase "
                "max_iter or max_fun, or scale the data",
                sklearn_class("sklearn.exceptions", "ConvergenceWarning", UserWarning),
                stacklevel=5,
            )
        return True

    def _note_validation(self, validation: Validation, loss: float) -> None:
        score = validation.score(self._network)
        self.validation_scores_ = [*(self.validation_scores_ or []), score]
        self.validation_loss_curve_ = [*(self.validation_loss_curve_ or []), loss]
        self._say(f"Validation score: {score:f}")

    @property
    def _verbosity(self) -> int:
        """What ``verbose`` prints: of "plot" the lines, where no notebook shows its curve."""
        if isinstance(self.verbose, str):
            return int(not in_notebook())
        return int(self.verbose)

    def _say(self, text: str) -> None:
        """Print a line, as scikit-learn does, with ``verbose=True``."""
        if self._verbosity == 1:
            print(text)  # noqa: T201 - what verbose is for

    def _show_live_line(self) -> None:
        """Rewrite one line on stderr, with ``verbose=2``."""
        if self._verbosity < 2:
            return
        text = f"epoch {self.n_iter_} of {self.max_iter}  loss {self.loss_:.4f}"
        if self.validation_scores_:
            text += f"  validation score {self.validation_scores_[-1]:.4f}"
        print(f"\r{text:<60}", end="", file=sys.stderr, flush=True)  # noqa: T201

    def _count_progress(self) -> None:
        """Epochs in a row without progress by more than tol, in the score or in the loss."""
        best_loss = np.inf if self.best_loss_ is None else self.best_loss_
        progress = not self.loss_ > best_loss - self.tol
        if not self.early_stopping:
            self.best_loss_ = min(best_loss, self.loss_)
        if self.validation_scores_ and self.best_validation_score_ is not None:
            score, best = self.validation_scores_[-1], self.best_validation_score_
            self.best_validation_score_ = max(best, score)
            if self.early_stopping:
                progress = not score < best + self.tol
                if score > best:
                    self._best_theta = self._network.theta.copy()
        self._no_improvement_count = 0 if progress else self._no_improvement_count + 1

    def _on_plateau(self) -> bool:
        """Cut an adaptive learning rate, or say that it is time to stop."""
        if self.solver == "lbfgs" and not self.early_stopping:
            return False  # it has its own tests of convergence
        what = "Validation score" if self.early_stopping else "Training loss"
        message = (
            f"{what} did not improve more than tol={self.tol:f} for {self.n_iter_no_change} "
            "consecutive epochs."
        )
        base = self._base_lr
        cut = self.learning_rate == "adaptive" and base is not None and base.lr > 1e-6
        if cut and base is not None:
            base.lr /= 5
            self._no_improvement_count = 0
            message += f" Setting learning rate to {base.lr:f}"
        else:
            message += " Stopping."
        self._say(message)
        return not cut

    def _lbfgs_spent(self) -> bool:
        return isinstance(self._optimizer, LBFGS) and self._optimizer.n_evaluations >= self.max_fun

    def _repr_html_(self) -> str:
        from ..models import notebook  # here, as training does without

        return notebook.of_classifier(self, self._changed())

    def _converged(self) -> bool:
        return isinstance(self._optimizer, LBFGS) and bool(self._optimizer.finished)
