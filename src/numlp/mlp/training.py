"""The epochs of MLPClassifier: when to stop, and what they leave behind."""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from ..common.estimator import sklearn_class
from ..common.warning import warn
from ..data.features import SparseRows
from ..data.samples import Samples
from ..data.splits import stratified_split
from ..errors import DataError
from ..metrics.scores import prior_entropy
from ..models.live import LiveCurve, in_notebook
from ..models.mlp_model import MLPModel
from ..models.mlp_results import COUNTS, CURVES, NUMBERS, OPTIONAL
from ..nn import LBFGS, Constant, DivergenceError, Epoch, Optimizer, train, train_full_batch
from ..version import __version__
from . import settings
from .building import (
    Metric,
    RowOrders,
    Validation,
    make_lbfgs,
    make_optimizer,
    make_schedule,
)
from .state import TrainingState

Callback = Callable[[Epoch], bool | None]


class Learner(Protocol):
    """The arguments that an MLPClassifier trains by, and the results that training sets."""

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

    loss_: float
    loss_curve_: list[float]
    best_loss_: float | None
    validation_scores_: list[float] | None
    validation_loss_curve_: list[float] | None
    best_validation_score_: float | None
    validation_rows_: int | None
    n_iter_: int
    t_: int


def told_of(clf: Learner) -> dict[str, Any]:
    """What a model tells of the classifier it is of: its arguments, its results, its metric."""
    metric = clf.validation_metric
    results = {name: getattr(clf, name, None) for name in (*COUNTS, *CURVES, *NUMBERS, *OPTIONAL)}
    return {
        "settings": settings.storable(settings.of(clf)),
        # Training appends to the lists of the classifier.
        "results": {k: [*v] if isinstance(v, list) else v for k, v in results.items()},
        "metric": metric if isinstance(metric, str) else getattr(metric, "__name__", "score"),
    }


class Training:
    """A run of epochs.

    Parameters
    ----------
    clf : Learner
        Its results are set after every epoch, so that callbacks see them.
    model : MLPModel
        The model whose network learns.
    state : TrainingState
        What the run before left; this run changes it.
    partial : bool, default False
        Whether to stop after one epoch, whatever it brought.
    """

    def __init__(
        self, clf: Learner, model: MLPModel, state: TrainingState, *, partial: bool = False
    ) -> None:
        self.clf, self.state, self.partial = clf, state, partial
        self.model, self.network, self.targets = model, model.network, model.targets

    def hold_out(self, samples: Samples) -> tuple[Samples, Validation]:
        """Part of the rows for validation, stratified; the same part when training goes on."""
        clf, state = self.clf, self.state
        n = len(samples)
        if state.held_out is None or len(state.held_out) != n:
            multilabel = self.targets.kind == "multilabel"
            y = np.zeros(n, np.intp) if multilabel else samples.y
            _, held = stratified_split(y, clf.validation_fraction, state.random_state)
            if len(held) < 2:
                raise DataError(
                    f"The validation set is too small: {len(held)} of {n} rows. Increase "
                    "'validation_fraction' or the size of your dataset."
                )
            state.held_out = np.zeros(n, bool)
            state.held_out[held] = True
        held_out = state.held_out
        validation = samples[np.flatnonzero(held_out)]
        training = samples[np.flatnonzero(~held_out)]
        for part, what in ((validation, "held out"), (training, "to train on")):
            if part.weight is not None and not part.weight.any():
                raise DataError(f"every row {what} has a weight of zero")
        return training, Validation(validation, self.targets, clf.validation_metric)

    def _epochs(self, samples: Samples, resumed: bool) -> Iterator[Epoch]:
        """The training loop of the solver, one epoch per iteration."""
        clf, state = self.clf, self.state
        params, network = settings.of(clf), self.network
        n = len(samples)
        if state.optimizer_arguments != settings.optimizer_arguments(params):
            state.optimizer = state.base_lr = None
            state.optimizer_arguments = settings.optimizer_arguments(params)
        if clf.solver == "lbfgs":
            X = samples.X[0:n] if isinstance(samples.X, SparseRows) else samples.X
            state.optimizer = make_lbfgs(params)
            return train_full_batch(network, state.optimizer, X, samples.y, weight=samples.weight)
        batch_size = min(200, n) if isinstance(clf.batch_size, str) else int(clf.batch_size)
        if batch_size > n:
            warn(
                f"Got `batch_size` larger than sample size ({batch_size} > {n}). It is going to "
                "be clipped",
            )
            batch_size = n
        if not isinstance(state.optimizer, Optimizer):
            state.optimizer = make_optimizer(params)
        if state.base_lr is None:
            state.base_lr = Constant(clf.learning_rate_init)
        if state.orders is None or len(state.orders.order) != n:
            state.orders = RowOrders(n, state.random_state, shuffle=bool(clf.shuffle))
        return train(
            network,
            state.optimizer,
            samples.X,
            samples.y,
            batch_size=batch_size,
            orders=state.orders,
            weight=samples.weight,
            schedule=make_schedule(
                params,
                state.base_lr,
                n,
                batch_size,
                step=0 if resumed else state.optimizer.t,
                seen=0 if resumed else clf.t_,
                partial=self.partial,
            ),
            max_grad_norm=clf.max_grad_norm,
            past=tuple(clf.loss_curve_) if resumed else (),
        )

    def run(
        self,
        samples: Samples,
        validation: Validation | None,
        keep: Callable[[bool], None] | None = None,
        resumed: bool = False,
    ) -> None:
        """Run epochs until there is a reason to stop; whole epochs only, whatever happens.

        ``keep`` writes the run down after each epoch, told whether it was the last; a run that is
        ``resumed`` has had its first epochs.
        """
        clf, state = self.clf, self.state
        curve = LiveCurve(on=clf.verbose == "plot" and not self.partial and in_notebook())
        theta = self.network.theta
        last, best = state.last_theta, state.best_theta
        if last is not None and best is not None and np.array_equal(theta, best):
            np.copyto(theta, last)  # go on where training stood, not from the best
        last_whole_epoch = theta.copy()
        rows = None if validation is None else validation.n_rows
        # The best score may be of an earlier fit, which held out other rows.
        is_first = resumed or clf.validation_scores_ is None
        clf.validation_rows_ = rows if is_first or clf.validation_rows_ == rows else None
        if validation is not None and clf.validation_scores_ is None:
            clf.best_validation_score_ = -np.inf
        if not resumed:
            clf.n_iter_ = 0
        try:
            for epoch in () if self._is_over() else self._epochs(samples, resumed):
                np.copyto(last_whole_epoch, theta)
                is_last = self._after_epoch(epoch, samples, validation)
                curve.update(clf)
                if keep is not None:
                    keep(is_last)
                if is_last:
                    break
        except DivergenceError:
            np.copyto(theta, last_whole_epoch)
            state.optimizer = None  # what it remembers has exploded too
            raise
        except KeyboardInterrupt:
            np.copyto(theta, last_whole_epoch)
            warn(
                f"Training interrupted by user: the weights are those after {clf.n_iter_} epochs",
            )
        finally:
            self._note_results()
            curve.finish(clf)
            if self._verbosity > 1:
                print(file=sys.stderr)  # noqa: T201 - ends the live line
        if clf.early_stopping and state.best_theta is not None:
            # A copy is put back, and the copy is kept apart: going on does not change it.
            state.last_theta = theta.copy()
            np.copyto(theta, state.best_theta)

    def _note_results(self) -> None:
        """Note in the model how the run went."""
        versions = {"numlp": __version__, "numpy": np.__version__}
        self.model.info = told_of(self.clf) | {"versions": versions}

    def _warn_of_nothing_learned(self, samples: Samples) -> None:
        """Warn where a run ended by itself with a loss above a guess by the classes' shares."""
        clf = self.clf
        # Rows of partial_fit may all be of one class, whose shares cost nothing.
        if self.partial or clf.loss != "log_loss" or self.targets.kind == "multilabel":
            return
        y = samples.y.reshape(len(samples)).astype(np.intp)
        guess = prior_entropy(y, len(self.targets.classes), samples.weight)
        if clf.loss_ > guess:
            warn(
                f"the net did not learn: its training loss is {clf.loss_:.4g}, above {guess:.4g}, "
                "what answering the classes' shares costs. Scale the features, or try another "
                "learning_rate_init or a smaller alpha",
                sklearn_class("sklearn.exceptions", "ConvergenceWarning", UserWarning),
            )

    def _is_over(self) -> bool:
        """Whether a resumed run had ended already."""
        clf, state = self.clf, self.state
        on_plateau = state.no_improvement_count > clf.n_iter_no_change
        return bool(clf.n_iter_) and (clf.n_iter_ >= clf.max_iter or on_plateau)

    def _after_epoch(self, epoch: Epoch, samples: Samples, validation: Validation | None) -> bool:
        """Note what the epoch brought; return whether to stop."""
        clf, state = self.clf, self.state
        lbfgs = state.optimizer if isinstance(state.optimizer, LBFGS) else None
        clf.n_iter_ = clf.n_iter_ + 1 if lbfgs is None else lbfgs.t  # 0 where it began at a minimum
        clf.t_ += len(samples)
        clf.loss_ = epoch.train_loss
        clf.loss_curve_.append(clf.loss_)
        self._say(f"Iteration {clf.n_iter_}, loss = {clf.loss_:.8f}")
        if validation is not None:
            loss = validation.loss(self.network)
            self._note_validation(validation, loss)
            epoch = replace(epoch, validation_loss=loss)
        self._show_live_line()
        self._count_progress()
        callbacks = [clf.callbacks] if callable(clf.callbacks) else [*clf.callbacks]
        if callbacks:
            self._note_results()  # they may save the model
        answers = [callback(replace(epoch, number=clf.n_iter_)) for callback in callbacks]
        if any(answers):
            return True
        if state.no_improvement_count > clf.n_iter_no_change and self._on_plateau():
            self._warn_of_nothing_learned(samples)
            return True
        if self.partial:
            return True
        # As scipy counts: the step that passes max_fun is finished, and is the last.
        spent = lbfgs is not None and lbfgs.t > 0 and lbfgs.n_evaluations > clf.max_fun
        if clf.n_iter_ < clf.max_iter and not spent:
            return False
        if lbfgs is None and clf.learning_rate in settings.PLANNED:
            self._warn_of_nothing_learned(samples)  # max_iter is where it was to end
        else:
            warn(
                f"Stochastic Optimizer: Maximum iterations ({clf.max_iter}) reached and the "
                "optimization hasn't converged yet."
                if lbfgs is None
                else f"lbfgs failed to converge after {clf.n_iter_} iteration(s): increase "
                "max_iter or max_fun, or scale the data",
                sklearn_class("sklearn.exceptions", "ConvergenceWarning", UserWarning),
            )
        return True

    def _note_validation(self, validation: Validation, loss: float) -> None:
        clf = self.clf
        score = validation.score(self.network)
        clf.validation_scores_ = [*(clf.validation_scores_ or []), score]
        clf.validation_loss_curve_ = [*(clf.validation_loss_curve_ or []), loss]
        self._say(f"Validation score: {score:f}")

    @property
    def _verbosity(self) -> int:
        """1 to print a line an epoch, also for "plot" without a notebook; 2 for one live line."""
        clf = self.clf
        if isinstance(clf.verbose, str):
            return int(not in_notebook())
        return int(clf.verbose)

    def _say(self, text: str) -> None:
        """Print a line, as scikit-learn does, with ``verbose=True``."""
        if self._verbosity == 1:
            print(text)  # noqa: T201 - what verbose is for

    def _show_live_line(self) -> None:
        """Rewrite one line on stderr, with ``verbose=2``."""
        clf = self.clf
        if self._verbosity < 2:
            return
        text = f"epoch {clf.n_iter_} of {clf.max_iter}  loss {clf.loss_:.4f}"
        if clf.validation_scores_:
            text += f"  validation score {clf.validation_scores_[-1]:.4f}"
        print(f"\r{text:<60}", end="", file=sys.stderr, flush=True)  # noqa: T201

    def _count_progress(self) -> None:
        """Epochs in a row without progress by more than tol, in the score or in the loss."""
        clf, state = self.clf, self.state
        best_loss = np.inf if clf.best_loss_ is None else clf.best_loss_
        progress = not clf.loss_ > best_loss - clf.tol
        if not clf.early_stopping:
            clf.best_loss_ = min(best_loss, clf.loss_)
        if clf.validation_scores_ and clf.best_validation_score_ is not None:
            score, best = clf.validation_scores_[-1], clf.best_validation_score_
            clf.best_validation_score_ = max(best, score)
            if clf.early_stopping:
                progress = not score < best + clf.tol
                if score > best:
                    state.best_theta = self.network.theta.copy()
        state.no_improvement_count = 0 if progress else state.no_improvement_count + 1

    def _on_plateau(self) -> bool:
        """Cut an adaptive learning rate, or say that it is time to stop."""
        clf, state = self.clf, self.state
        if clf.solver == "lbfgs" and not clf.early_stopping:
            return False  # it has its own tests of convergence
        what = "Validation score" if clf.early_stopping else "Training loss"
        message = (
            f"{what} did not improve more than tol={clf.tol:f} for {clf.n_iter_no_change} "
            "consecutive epochs."
        )
        base = state.base_lr
        cut = clf.learning_rate == "adaptive" and base is not None and base.lr > 1e-6
        if cut and base is not None:
            base.lr /= 5
            state.no_improvement_count = 0
            message += f" Setting learning rate to {base.lr:f}"
        else:
            message += " Stopping."
        self._say(message)
        return not cut
