"""TabularClassifier: it takes a table as it is, and learns to classify its rows."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..common.estimator import check_fitted
from ..common.routing import Requests
from ..data.columns import is_dask
from ..ensemble.conclusion import Conclusion, conclude
from ..ensemble.holding_out import OWN_ROWS
from ..ensemble.learning import Learned, learn
from ..ensemble.preparation import Prepared, prepare
from ..ensemble.recipe import Recipe
from ..ensemble.run import Callback, Run
from ..metrics.scores import Estimate, Scores
from ..nn import History
from ..storage.checkpoint import CheckpointFile
from ..table.table import Audit
from . import fit_warnings
from . import settings as tabular_settings
from .answering import TabularAnswers


class TabularClassifier(TabularAnswers):
    """A neural-net classifier for tables of numbers, text and dates, with missing cells.

    The columns are taken as they come: numbers are scaled and embedded, missing cells marked,
    categories and dates encoded, and columns that cannot teach anything set aside (``columns_``
    says what was done with each and why).  An ensemble of nets learns, each net without a part of
    the rows.  On those parts the snapshots of the nets to mix are chosen, the probabilities are
    calibrated, and it is measured how good the model is.  There is nothing to tune.

    Parameters
    ----------
    quality : "fast", "balanced" or "best", default "balanced"
        How much work to put in: two nets that hold out a tenth of the rows (below 1,500 rows ten
        small ones, which hold out half of the rows between them), ten nets that hold out a fifth
        each, or twenty larger nets that hold out a tenth.
    time_limit : float, optional
        Seconds of wall time that ``fit`` may take.  To keep to it, ``fit`` gives up epochs, then
        nets, so the result depends on the machine.
    hidden_layer_sizes : int, sequence of int or "auto", default "auto"
        Units of each hidden layer; an int is one layer.
    epochs : int or "auto", default "auto"
        Passes over the rows.
    ensemble_size : int or "auto", default "auto"
        Number of nets.
    validation : int, float or "auto", default "auto"
        An int is the number of folds; each net holds one out.  A share, up to 0.5 and rounded to
        a half, a third, a quarter, ..., is held out by a single net, by which the snapshots are
        chosen, while the other nets learn from all rows.
    recipe : dict, optional
        Numbers to train with in place of the usual ones: any of ``learning_rate``,
        ``weight_decay``, ``dropout`` and ``label_smoothing``, as in
        ``numlp.ensemble.recipe.Recipe``.  ``numlp tune`` searches for numbers that suit a table.
    class_weight : dict, "balanced" or None, default None
        Weight of each class in training; the weights of the rows are multiplied by it.
    metric : "accuracy", "balanced_accuracy" or "f1", default "accuracy"
        What ``predict`` is to be good at: the threshold is chosen for this metric, on rows held
        out.  For two classes "f1" means the F1 of the positive class, for more the mean.
    cost_fp, cost_fn : float, optional
        For two classes, the cost of answering the positive class wrongly (a false positive) and of
        missing it (a false negative), in any unit: ``predict`` then gives the answers that cost
        least.  Where only one of them is given, the other is 1.
    pos_label : label, optional
        The positive class of two; by default the second in ``classes_``.
    n_jobs : int, optional
        Number of threads; None and -1 stand for one for each core.  The model does not depend on
        it.
    random_state : int, numpy Generator or None, default None
        An int gives the same model every time (on one machine).
    verbose : bool or "plot", default False
        True prints a line for each epoch; "plot" draws the losses live in a notebook, and prints
        lines where no notebook shows them.
    callbacks : sequence of callables, default ()
        Each is called with the ``Epoch`` after every epoch; one that returns True stops the run.

    Attributes
    ----------
    model_ : Model
        All that predicting needs.  ``model_.target`` is the name of y, where y is a Series or a
        frame of one column.
    classes_ : array of shape (n_classes,)
        The labels, sorted.
    columns_ : Audit
        For each column its name, the kind it was taken for, how many features it became, and why.
        It prints as a table.
    score_ : Estimate
        Accuracy, its interval and log-loss on the rows held out.
    oof_proba_ : array of shape (n, n_classes)
        Probabilities of each training row by the nets that had not seen it (out of fold); NaN for
        rows that no net predicted.  With thousands of classes, or more than 100,000 rows, only a
        random part of the rows is predicted.  Where X_val was given, it is of the rows of X_val.
        The array is built when it is asked for.  Of a Dask DataFrame it is not kept.
    validation_scores_ : Scores
        All scores on the same rows: AUC, Brier score, calibration, confusion, precision, recall.
    threshold_ : float
        For two classes, the probability of the positive class above which ``predict`` answers it.
    temperature_ : float
        How much the probabilities were softened (above 1) or sharpened (below 1).
    mixture_ : dict of int to float
        The epochs whose weights are mixed, and their shares.
    recipe_ : Recipe
        Which nets there are and how they were trained (``numlp.ensemble.recipe``).
    history_ : History
        Columns ``epoch``, ``train_loss``, ``validation_loss``, ``lr`` and ``seconds``; means over
        the nets.  The log-loss of ``score_`` is usually lower than any ``validation_loss``: it is
        of the mixture of several epochs, after calibration.  ``train_loss`` may lie above, since it
        is counted with dropout and smoothed labels.
    n_iter_ : int
        Number of epochs run.
    stop_reason_ : str
        Why training ended.
    n_samples_fit_ : int
        Number of rows given to ``fit``.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : array of str, of shape (n_columns,)
        Their names, where the table has such.

    Raises
    ------
    DataError
        The table or the labels cannot be learned from; the message says where and what to do.
    DivergenceError
        The loss exploded.  Where there were snapshots of the nets before that, the classifier is
        fitted with them.

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

    columns_: Audit
    score_: Estimate
    validation_scores_: Scores
    threshold_: float
    temperature_: float
    mixture_: dict[int, float]
    recipe_: Recipe
    history_: History
    n_iter_: int
    stop_reason_: str
    n_samples_fit_: int
    n_features_in_: int
    feature_names_in_: NDArray[Any]

    # Weights that ``fit`` was to be given count in ``score`` too, unless the user says otherwise.
    _requests_at_first = Requests(score={"sample_weight": True})

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
        decimal: str | None = None,
        groups: Any = None,
        time: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: float | None = None,
    ) -> Self:
        """Learn to predict the class y of each row of X.

        A column of X that ``groups``, ``time`` or ``sample_weight`` names is not learned from,
        unless ``columns`` gives it a kind.

        Parameters
        ----------
        X : DataFrame, dict of columns, or array of shape (n, n_columns)
            The table, with missing cells, words and times as they are; a Dask DataFrame is
            learned from on its cluster.
        y : array of labels, of shape (n,)
            Text, booleans or whole numbers, none missing.  A quantity, such as a price, is refused:
            ranges of it are classes.  The name of a Series, or of the column of a frame, becomes
            ``model_.target``.
        sample_weight : array of shape (n,), or name of a column of X, optional
            Weight of each row in training, mixing and calibration; a row of weight 0 is treated as
            if it were not there.
        columns : mapping of column to kind, optional
            What a column is, where the guess is wrong: ``{"zip": "category"}``.  A kind is
            "number", "category", "date", "text", "ordered", "vector" or "ignore"; "date:%d/%m/%Y"
            says how dates are written, "ordered:S,M,L" names the levels of an ordered category, the
            lowest first, and "text:length" keeps the words of a text from being read.  Columns of
            an array are given by position.
        decimal : "," or ".", optional
            The decimal sign of numbers in columns of words, such as ``"1.234,50"``, where the guess
            is wrong.
        groups : array of shape (n,), or name of a column of X, optional
            Which rows belong together, such as those of one customer: words, numbers or times.
            Rows of a group are never both learned from and held out, so that what is measured
            holds for new groups.  A class that no other group has is not in the scores.
        time : array of shape (n,), or name of a column of X, optional
            When each row was: times, or numbers in their order.  Rows held out are then later than
            those learned from: the last two fifths of the rows are held out, a fifth by each of two
            nets of a kind (by one net a fifth, with quality "fast" from 1,500 rows on), and the
            model is made of nets beside them that learn from all rows.  Coverage of prediction
            sets is not promised.
        X_val, y_val : table and labels, optional
            Rows to choose by, which all nets hold out, while all learn from all rows of X.
            ``score_`` and ``oof_proba_`` are then of these rows.
        checkpoint : path, optional
            A file for the state of the run, written between epochs.  If it exists, the run is
            resumed from it, and ends in the same model as if it had never been stopped.
        checkpoint_every : float, optional
            Least number of seconds between two writes of the checkpoint; 0 writes after every
            epoch.  By default writing takes at most a tenth of the time.

        Returns
        -------
        TabularClassifier
            The classifier itself.

        Raises
        ------
        DataError
            X, y, groups, times or weights cannot be learned from; the message says where.
        ValueError
            More than one of groups, time and X_val is given, or an argument may not have its value.
        CheckpointError
            The checkpoint is of another table, other settings or another version of numlp.
        ModelFileError
            The checkpoint is damaged, or the file is not a checkpoint.
        DivergenceError
            The loss exploded; where there were snapshots before that, the classifier is fitted.
        ClusterError
            Of a Dask DataFrame: the cluster has no workers, or fails for good.
        """
        settings = tabular_settings.of(self)
        tabular_settings.check(settings)
        file = None if checkpoint is None else CheckpointFile(checkpoint, checkpoint_every)
        run = Run(self.random_state, self.time_limit, file)
        if is_dask(X):
            return self._fit_partitions(
                X, y, settings, run, sample_weight=sample_weight, columns=columns, decimal=decimal,
                groups=groups, time=time, X_val=X_val, y_val=y_val,
            )  # fmt: skip
        prepared = prepare(
            X, y, settings, sample_weight=sample_weight, columns=columns, decimal=decimal,
            groups=groups, time=time, X_val=X_val, y_val=y_val,
        )  # fmt: skip
        fit_warnings.of_rare(prepared)
        fit_warnings.of_few_groups(prepared, settings)
        fit_warnings.of_dates(prepared)
        fit_warnings.of_unread_words(prepared)
        learned = learn(prepared, settings, run, estimator=type(self).__name__)
        return self._end(prepared, learned, conclude(prepared, learned), decimal)

    def _fit_partitions(
        self,
        X: Any,
        y: Any,
        settings: dict[str, Any],
        run: Run,
        *,
        X_val: Any,
        y_val: Any,
        decimal: str | None,
        **others: Any,
    ) -> Self:
        """Learn from a Dask DataFrame on the cluster of the active client."""
        from ..scale.fit import fit  # here, as a fit in memory does without

        if X_val is not None or y_val is not None:
            raise ValueError(
                "X_val and y_val are given, and X is a Dask DataFrame: rows of its own are held "
                "out to choose by; leave them out"
            )
        fitted = fit(X, y, settings, run, estimator=type(self).__name__, decimal=decimal, **others)
        return self._end(fitted.prepared, fitted.learned, fitted.concluded, decimal)

    def _end(
        self, prepared: Prepared, learned: Learned, concluded: Conclusion, decimal: str | None
    ) -> Self:
        """Take over what was learned, and warn of what it lacks."""
        run = learned.run
        if decimal is not None:
            concluded.model.info["settings"]["decimal"] = decimal
        self._take(prepared, learned, concluded)
        if run.fault:
            raise run.fault
        fit_warnings.of_training(prepared, concluded)
        fit_warnings.of_absent(prepared, concluded)
        fit_warnings.of_neutral(prepared, concluded)
        return self

    def _take(self, prepared: Prepared, learned: Learned, concluded: Conclusion) -> None:
        """Set the attributes of a fitted classifier, all at once."""
        model, table, run = concluded.model, prepared.table, learned.run
        self.model_, self.classes_, self.columns_ = model, model.classes, table.audit()
        self.score_, self.validation_scores_ = concluded.estimate, concluded.scores
        self.temperature_, self.mixture_ = model.temperature, concluded.mixture
        self.__dict__.pop("threshold_", None)  # of an earlier fit
        if model.threshold is not None:
            self.threshold_ = model.threshold
        self.recipe_ = learned.ensemble.recipe
        self.history_, self.n_iter_ = run.history, len(run.history)
        self.stop_reason_ = run.stop_reason
        self.n_samples_fit_, self.n_features_in_ = prepared.n_given, len(table.encoders)
        self.__dict__.pop("feature_names_in_", None)
        if table.named:
            self.feature_names_in_ = np.array(table.names, dtype=object)
        held_out = learned.ensemble.held_out
        self.__dict__.pop("_n_own", None)
        if prepared.holding is not None and prepared.holding.by == OWN_ROWS:
            n_own = int(prepared.holding.numbers.sum())
            self._n_own, held_out = n_own, held_out - (len(prepared.samples) - n_own)
        elif prepared.kept_rows is not None:
            held_out = prepared.kept_rows[held_out]
        self._held_out = held_out

    @property
    def oof_proba_(self) -> NDArray[np.float32]:
        check_fitted(self)
        if "partitions" in self.model_.info:
            raise AttributeError(
                "oof_proba_ is not kept of a Dask DataFrame, whose rows have no numbers: "
                "validation_scores_ has the scores of the rows held out"
            )
        P = self.validation_scores_.P
        n = vars(self).get("_n_own", self.n_samples_fit_)  # which pickles of before have not
        whole = np.full((n, P.shape[1]), np.nan, np.float32)
        whole[self._held_out] = P
        return whole
