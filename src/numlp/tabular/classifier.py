"""TabularClassifier: a table as it is in, a classifier out."""

import os
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import Estimator, check_same_length
from ..common.weights import check_sample_weight, weights_by_class
from ..common.wording import name_list
from ..data.columns import as_columns
from ..data.labels import as_labels, check_classes, encode_labels
from ..data.samples import Samples
from ..decisions.thresholds import aim_of, threshold_of
from ..ensemble.budget import fit_to_time
from ..ensemble.conclusion import Conclusion, conclude
from ..ensemble.ensemble import Ensemble, measure_speed, share_rows
from ..ensemble.recipe import Recipe, as_settings, build_network
from ..ensemble.run import Callback, Run
from ..errors import DataError
from ..metrics import scores as metrics
from ..metrics.scores import Estimate, Scores
from ..models.live import Watch
from ..models.model import Model
from ..nn import History
from ..storage.checkpoint import CheckpointFile, fingerprint
from ..table.table import Audit, Table
from ..version import __version__
from . import settings as tabular_settings


class TabularClassifier(Estimator):
    """A neural net for a table of numbers, words, times and holes.

    The columns are taken as they come: numbers are scaled and embedded, missing ones marked,
    categories and dates coded, columns that cannot teach anything set aside (``columns_`` says
    what was done with each and why).  An ensemble of nets learns, each without a part of the
    rows; those parts choose which moments of the runs to mix, calibrate the probabilities, and
    say how good the model is.  There is nothing to tune.

    Parameters
    ----------
    quality : "fast", "balanced" or "best", default "balanced"
        How much work to put in: two nets that hold out a tenth of the rows, ten that hold out a
        fifth each, or twenty larger ones that hold out a tenth.
    time_limit : float, optional
        Seconds of wall time that ``fit`` may take.  It gives up epochs, then nets, to keep to it,
        so the result depends on the machine.
    hidden_layer_sizes : int, sequence of int or "auto", default "auto"
        Units of each hidden layer; an int is one layer.
    epochs : int or "auto", default "auto"
        Passes over the rows.
    ensemble_size : int or "auto", default "auto"
        Number of nets.
    validation : int, float or "auto", default "auto"
        An int is the number of folds; each net holds out one.  A share, up to 0.5 and rounded to
        a half, a third, a quarter, ..., is held out by one net alone, which chooses, while the
        others learn from all rows.
    recipe : dict, optional
        Numbers to train with in place of the usual ones: any of ``learning_rate``,
        ``weight_decay``, ``dropout`` and ``label_smoothing``, as in
        ``numlp.ensemble.recipe.Recipe``.
        ``numlp tune`` looks for better ones.
    class_weight : dict, "balanced" or None, default None
        Weight of each class in training, times the weights of its rows.
    metric : "accuracy", "balanced_accuracy" or "f1", default "accuracy"
        What ``predict`` is to be good at: its threshold is chosen for it, on rows held out.  Of two
        classes f1 is that of the positive one, of more the mean.
    cost_fp, cost_fn : float, optional
        Of two classes, what it costs to answer the positive one wrongly (a false positive) and to
        miss it (a false negative), in any unit: ``predict`` then gives the answers that cost least.
        Where one alone is given, the other is 1.
    pos_label : label, optional
        The positive one of two classes; by default the second in ``classes_``.
    n_jobs : int, optional
        Threads; None and -1 are one for each core.  The model does not depend on it.
    random_state : int, numpy Generator or None, default None
        An int gives the same model every time (on one machine).
    verbose : bool or "plot", default False
        True prints a line an epoch; "plot" draws the losses live in a notebook, and prints where
        there is none.
    callbacks : sequence of callables, default ()
        Each is called with the ``Epoch`` after every epoch, and stops the run by returning True.

    Attributes
    ----------
    model_ : Model
        All that predicting needs.
    classes_ : array of shape (n_classes,)
        The labels, sorted.
    columns_ : Audit
        For each column its name, the kind it was taken for, how many features it became, and why;
        prints as a table.
    score_ : Estimate
        Accuracy, its interval and log-loss on the rows held out.
    oof_proba_ : array of shape (n, n_classes)
        Probabilities of each training row from the nets that had not seen it (out of fold), NaN
        for rows that no net held out.  It is built when asked for, since with thousands of classes
        it is large; there, and of more than 100,000 rows, the nets are asked for a random part.
    validation_scores_ : Scores
        The same rows in detail: AUC, Brier score, calibration, confusion, precision and recall.
    threshold_ : float
        Of two classes, the probability of the positive one from which ``predict`` answers it.
    temperature_ : float
        By which the probabilities were softened (above 1) or sharpened.
    mixture_ : dict of int to float
        The epochs whose weights are mixed, and their shares.
    history_ : History
        Columns ``epoch``, ``train_loss``, ``validation_loss``, ``lr`` and ``seconds``; means over
        the nets.
    n_iter_ : int
        Epochs run.
    stop_reason_ : str
        Why training ended.
    n_features_in_ : int
    feature_names_in_ : array of str, where the table has names

    Raises
    ------
    DataError
        The table or the labels cannot be learned from; the message says where and what to do.
    DivergenceError
        The loss exploded.  Where all went well before, the classifier is fitted with the nets of
        that time.

    References
    ----------
    Holzmüller, Grinsztajn & Steinwart (2024), "Better by default: strong pre-tuned MLPs and
    boosted trees on tabular data".

    Examples
    --------
    >>> table = {"size": [1.0, 1.2, None, 3.1, 3.3, 2.9] * 20, "hue": list("rrgbbg") * 20}
    >>> species = ["wren", "wren", "wren", "rook", "rook", "rook"] * 20
    >>> clf = TabularClassifier("fast", random_state=0).fit(table, species)
    >>> clf.predict({"size": [1.1, 3.0], "hue": ["r", "b"]})
    array(['wren', 'rook'], dtype='<U4')
    >>> print(clf.columns_)
    name  kind      features  why
    size  number           2  numbers; 20 cells missing in all
    hue   category         3  3 distinct words
    """

    model_: Model
    classes_: NDArray[Any]
    columns_: Audit
    score_: Estimate
    validation_scores_: Scores
    threshold_: float
    temperature_: float
    mixture_: dict[int, float]
    history_: History
    n_iter_: int
    stop_reason_: str
    n_features_in_: int
    feature_names_in_: NDArray[Any]

    def __init__(
        self,
        quality: str = "balanced",
        *,
        time_limit: float | None = None,
        hidden_layer_sizes: int | Sequence[int] | str = "auto",
        epochs: int | str = "auto",
        ensemble_size: int | str = "auto",
        validation: int | float | str = "auto",
        recipe: Mapping[str, float] | None = None,
        class_weight: Mapping[Any, float] | str | None = None,
        metric: str = "accuracy",
        cost_fp: float | None = None,
        cost_fn: float | None = None,
        pos_label: Any = None,
        n_jobs: int | None = None,
        random_state: int | np.random.Generator | None = None,
        verbose: bool | str = False,
        callbacks: Sequence[Callback] = (),
    ) -> None:
        self.quality = quality
        self.time_limit = time_limit
        self.hidden_layer_sizes = hidden_layer_sizes
        self.epochs = epochs
        self.ensemble_size = ensemble_size
        self.validation = validation
        self.recipe = recipe
        self.class_weight = class_weight
        self.metric = metric
        self.cost_fp = cost_fp
        self.cost_fn = cost_fn
        self.pos_label = pos_label
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose
        self.callbacks = callbacks

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        columns: Mapping[Any, str] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: float | None = None,
    ) -> Self:
        """Learn to tell the classes y of the rows of X apart.

        Parameters
        ----------
        X : DataFrame, dict of columns, or array of shape (n, n_columns)
        y : labels of shape (n,)
        sample_weight : array of shape (n,), optional
            Weight of each row in training, mixing and calibration; a row of weight 0 is as if it
            were not there.
        columns : mapping of column to kind, optional
            What a column is, where the guess is wrong: ``{"zip": "category"}``.  A kind is
            "number", "category", "date", "text" or "ignore"; columns of an array go by position.
        checkpoint : path, optional
            A file for the state of the run, written between epochs.  Where it is there already,
            the run goes on from it, to the same model as if it had never been stopped.
        checkpoint_every : float, optional
            Seconds that are to lie between two writes of it at least; 0 writes after every epoch.
            By default so many that writing takes a tenth of the time at most.

        Raises
        ------
        CheckpointError
            The checkpoint is of another table, other settings or another version of numlp.
        ModelFileError
            It is damaged, or no checkpoint.
        """
        tabular_settings.check(self.get_params())
        file = None if checkpoint is None else CheckpointFile(checkpoint, checkpoint_every)
        run = Run(self.random_state, self.time_limit, file)
        data = as_columns(X)
        classes, codes = encode_labels(y)
        check_same_length(data.n_rows, len(codes))
        weight = self._weight(classes, codes, sample_weight)
        n_given = len(codes)
        learned = None  # all rows
        if weight is not None and not weight.all():
            learned = np.flatnonzero(weight)
            data, codes, weight = data.rows(learned), codes[learned], weight[learned]
        check_classes(classes[np.unique(codes)], len(codes))
        tabular_settings.check_two_classes(self.get_params(), classes.tolist())
        aim = aim_of(self.get_params(), classes.tolist())
        counts = np.bincount(codes, minlength=len(classes))
        # Here and not at the end, when there is a matrix beside what this takes.
        guess = metrics.prior_entropy(codes, len(classes), weight)
        recipe = tabular_settings.find_recipe(self.get_params(), counts)
        table = Table.fit(
            data, columns, one_hot_max=recipe.one_hot_max, few_as_flags=recipe.few_as_flags
        )
        samples = Samples(table.transform(data), codes, weight)
        # Of no use beside the matrix, and twice its size; so a caller's own Columns are used up.
        data.columns.clear()
        network = build_network(recipe, table, len(classes))
        Model(table, network, classes, info=self._settings(recipe)).check_savable()
        _warn_of_rare(classes, counts)

        n_threads = self._n_threads()
        found = None
        if file is not None:
            found = run.find(
                {
                    "settings": self._arguments(),
                    "data": fingerprint(table, samples.X, codes, weight, classes),
                },
                recipe,
            )
        if found is not None:
            recipe = found
        elif self.time_limit is not None:
            recipe = fit_to_time(
                recipe,
                run.seconds_left,
                len(codes) - len(codes) // recipe.n_folds,
                lambda recipe: measure_speed(recipe, table, len(classes), samples, n_threads),
            )
        rng = np.random.default_rng(run.seed)
        members = share_rows(samples, len(classes), recipe, rng)
        ensemble = Ensemble(recipe, table, len(classes), samples, members, n_threads)
        with Watch(self.verbose, run.history) as watch:
            run.train(ensemble, [*self.callbacks, watch])
        concluded = conclude(ensemble, table, classes, aim, run, self._settings(recipe))
        self._take(concluded, table, run)
        held_out = ensemble.held_out
        self._held_out = held_out if learned is None else learned[held_out]
        self._n_given = n_given
        if run.fault:
            raise run.fault
        _warn_of_training(table, guess, concluded.loss)
        return self

    def _weight(
        self, classes: NDArray[Any], codes: NDArray[np.intp], sample_weight: Any
    ) -> NDArray[np.float32] | None:
        """Weight of each row, its own times that of its class; those above 0 with a mean of 1."""
        weight = check_sample_weight(sample_weight, len(codes))
        if weight is not None:
            weight = weight / weight.max()  # first, so that their sum is finite
        if self.class_weight is not None:
            by_row = weights_by_class(self.class_weight, codes, classes.tolist(), weight)
            if not by_row.any():
                raise DataError(
                    f"class_weight={self.class_weight!r} leaves nothing to learn from: the weight "
                    "of every row is zero"
                )
            by_row = by_row / by_row.max()
            weight = by_row if weight is None else weight * by_row
        return None if weight is None else _scaled(weight)

    def _n_threads(self) -> int:
        if self.n_jobs is None or self.n_jobs == -1:
            # Not the cores of the machine: those that this process may use.
            return (
                len(os.sched_getaffinity(0))
                if hasattr(os, "sched_getaffinity")
                else (os.cpu_count() or 1)
            )
        return self.n_jobs

    def _take(self, concluded: Conclusion, table: Table, run: Run) -> None:
        """Become a fitted classifier: set its attributes, all at once."""
        model, aim = concluded.model, concluded.scores.aim
        self.model_, self.classes_, self.columns_ = model, model.classes, table.audit()
        self.score_, self.validation_scores_ = concluded.estimate, concluded.scores
        self.temperature_, self.mixture_ = model.temperature, concluded.mixture
        self.__dict__.pop("threshold_", None)  # of an earlier fit
        if len(model.classes) == 2:
            self.threshold_ = threshold_of(np.array(model.factors), aim.positive)
        self.history_, self.n_iter_ = run.history, len(run.history)
        self.stop_reason_ = run.stop_reason
        self.n_features_in_ = len(table.encoders)
        self.__dict__.pop("feature_names_in_", None)
        if table.named:
            self.feature_names_in_ = np.array(table.names, dtype=object)

    def _settings(self, recipe: Recipe) -> dict[str, Any]:
        """What the model file tells of how the model came to be; no times, so it is repeatable."""
        return {
            "estimator": type(self).__name__,
            "settings": self._arguments(),
            "recipe": as_settings(recipe),
            "versions": {"numlp": __version__, "numpy": np.__version__},
        }

    def _arguments(self) -> dict[str, Any]:
        """Those that the model depends on, as JSON takes them."""
        free = ("callbacks", "n_jobs", "verbose")
        settings = {k: v for k, v in self.get_params().items() if k not in free}
        if isinstance(self.random_state, np.random.Generator):
            settings["random_state"] = None
        return {name: _plain(value) for name, value in settings.items()}

    @property
    def oof_proba_(self) -> NDArray[np.float32]:
        self._check_fitted()
        P = self.validation_scores_.P
        whole = np.full((self._n_given, P.shape[1]), np.nan, np.float32)
        whole[self._held_out] = P
        return whole

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probability of each class, (n, n_classes), in the order of ``classes_``."""
        self._check_fitted()
        return self.model_.predict_proba(X)

    def predict(self, X: Any) -> NDArray[Any]:
        """The class of each row, (n,): the likeliest, unless a metric or costs ask for another."""
        self._check_fitted()
        return self.model_.predict(X)

    def predict_set(self, X: Any, coverage: float = 0.9) -> NDArray[np.bool_]:
        """Which classes each row may have, (n, n_classes): `Model.predict_set`."""
        self._check_fitted()
        return self.model_.predict_set(X, coverage)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Accuracy on rows whose classes are known: the share, by weight, predicted right."""
        predicted, labels = self.predict(X), as_labels(y)
        check_same_length(len(predicted), len(labels))
        if not len(labels):
            raise DataError("there is no row to score")
        weight = check_sample_weight(sample_weight, len(labels))
        return float(np.average(predicted == labels, weights=weight))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to one file; ``numlp.load`` opens it with NumPy alone."""
        self._check_fitted()
        self.model_.save(path)

    def report(self, path: str | os.PathLike[str], X: Any, y: Any) -> None:
        """Write a page of HTML on how good the answers for X are, whose classes are y.

        Best of rows that were not learned from.  It needs jinja2; ``numlp.report.write_report``
        does the same for a ``Model``.
        """
        from ..report import write_report  # here, as fitting does without

        write_report(self, X, y, path)

    def _repr_html_(self) -> str:
        from ..models import notebook  # here, as training does without

        return notebook.of_classifier(self, self._changed())

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(),
            input_tags=InputTags(allow_nan=True, string=True, categorical=True, sparse=True),
        )


def _plain(value: Any) -> Any:
    """A setting as JSON takes it."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return [[_plain(k), _plain(v)] for k, v in value.items()]
    if isinstance(value, Sequence | np.ndarray) and not isinstance(value, str):
        return [_plain(v) for v in value]
    return value


def _scaled(weight: NDArray[np.float64]) -> NDArray[np.float32]:
    """The weights as float32; those that are more than 0 there have a mean of 1."""
    if not weight.any():
        raise DataError("every row has a weight of zero, its own or that of its class")
    weight = (weight / weight.max()).astype(np.float32).astype(np.float64)
    return np.asarray(weight / weight[weight > 0].mean(), dtype=np.float32)


def _warn_of_training(table: Table, guess: float, found: float) -> None:
    """Say where nothing could be learned, or the loss on rows held out is above that of a guess."""
    if not table.teaches:
        warnings.warn(
            "no column can teach anything (each is constant, empty or names the rows): the "
            "model answers the majority class",
            stacklevel=3,
        )
    elif found > guess:
        warnings.warn(
            f"the net did not learn anything that holds: on rows held out its log-loss is "
            f"{found:.4g}, above {guess:.4g}, what answering the classes' shares costs",
            stacklevel=3,
        )


def _warn_of_rare(classes: NDArray[Any], counts: NDArray[np.intp]) -> None:
    """Name the classes that no net can hold out."""
    single = classes[counts == 1].tolist()
    if single:
        warnings.warn(
            f"{len(single):,} of {len(classes):,} classes have a single row, which is learned from "
            f"and never held out, so they are not in the scores: {name_list(single)}",
            stacklevel=3,
        )
