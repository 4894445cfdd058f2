"""A model on new rows beside what its training found: whether it is much worse, and likely why."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..common.estimator import check_same_length
from ..common.wording import CellNote, count, name_list
from ..data.columns import as_columns
from ..errors import DataError
from ..metrics.evaluation import evaluate_blocks
from ..metrics.scores import Z95, Scores, prior_entropy, wilson_interval
from ..models import FittedModel, MLPModel, Model, model_of, warn_of_cells
from ..models.fitted import validation_of
from ..models.predictions import class_numbers
from ..storage.json_values import is_json_number, is_share, mapping
from ..table.encoders import Number

UNREAD = 0.05  # share of a column's cells that matter where they cannot be read as in training
MOVED = 1.0  # distances of the quartiles by which a column's median may move
OTHER_SHARE = 0.05  # by which the share of a class may move
NEARLY_PERFECT = 0.99  # an accuracy in training that a leak may have given
DEVIATIONS = 3.0  # of a log-loss, whose tail is long
LOSS_DEVIATION = 2.0  # the deviation of the losses of rows held out, in shares of their mean
LOSS_RATIO = 1.25  # of log-losses, up to which rows may be those that a net learned from
FEW = 3  # rows of a class, below which a log-loss of training tells too little
MOST_NAMED = 3  # columns or classes in a reason

Facts = dict[str, Any]


class HeldOut(NamedTuple):
    """What training found on rows held out.

    Attributes
    ----------
    accuracy : float
    low, high : float
        Its 95 % interval.
    rows : int
    log_loss : float or None
        None of an MLPClassifier, which does not keep it.
    """

    accuracy: float
    low: float
    high: float
    rows: int
    log_loss: float | None


class SinceTraining(NamedTuple):
    """How a model does on some rows, beside what its training found on rows held out.

    Attributes
    ----------
    verdict : str
        "much worse", where the accuracy on these rows is below the interval of training by more
        than chance, or the log-loss above that of training, if that is of 3 rows or more of two
        classes, and of a guess; "as in training";
        "better", where the accuracy is above the interval, as on rows that were learned from; or
        "unknown", where the model does not tell how good it was on rows held out.  Such a model is
        "much worse" where a guess by the classes' shares has a lower log-loss than the model, and
        had a higher one in training.
    held_out : HeldOut or None
        None where no rows were held out, or the model does not tell.
    training_loss : float or None
        The loss on the rows that were learned from, of an MLPClassifier.
    reasons : list of str
        What is likely behind "much worse", the surest first; else empty.

    Examples
    --------
    >>> found = SinceTraining("much worse", None, 0.1, ["the cells are in another unit"])
    >>> found.is_worse
    True
    """

    verdict: str
    held_out: HeldOut | None
    training_loss: float | None
    reasons: list[str]

    @property
    def is_worse(self) -> bool:
        """Whether the verdict is "much worse"."""
        return self.verdict == "much worse"

    def as_dict(self) -> Facts:
        """All of it as JSON takes it.

        Returns
        -------
        dict
            The attributes by name; ``held_out`` is a dict, or None.
        """
        held_out = None if self.held_out is None else self.held_out._asdict()
        return {**self._asdict(), "held_out": held_out}


def compare_with_training(model: Any, X: Any, y: Any) -> SinceTraining:
    """Compare a model on rows whose classes are known with what its training found.

    Parameters
    ----------
    model : fitted classifier of numlp, or its model
        The model that answers.
    X : table with the columns of the training table
        Rows that were not learned from.
    y : array of labels, of shape (n,)
        The class of each row; of a model of ranges also its numbers.

    Returns
    -------
    SinceTraining
        The verdict, what it rests on, and likely reasons.

    Raises
    ------
    DataError
        The table does not fit the model, a label is not one of its classes, or there is no row; or
        a row may have several labels.

    Examples
    --------
    >>> from numlp import TabularClassifier
    >>> size = np.arange(120) % 60
    >>> y = np.where(size < 30, "wren", "rook")
    >>> clf = TabularClassifier("fast", epochs=20, random_state=0).fit({"mm": size}, y)
    >>> found = compare_with_training(clf, {"mm": size / 10}, y)
    >>> found.verdict, len(found.reasons) > 0
    ('much worse', True)
    """
    model = model_of(model)
    model.check_single_label("a comparison with training")
    columns = as_columns(X)
    true = class_numbers(y, model.classes, model.ranges)
    check_same_length(columns.n_rows, len(true))
    if not len(true):
        raise DataError("there is no row to compare")
    notes: list[str] = []
    matrix = model.encode(columns, notes)
    blocks = model.probability_blocks(matrix)
    scores = evaluate_blocks(true, blocks, len(model.classes), np.array(model.factors), model.aim)
    warn_of_cells(notes)
    return since_training(model, scores, matrix, notes)


def since_training(
    model: FittedModel, scores: Scores, matrix: Any, notes: Sequence[str]
) -> SinceTraining:
    """Compare scores that are known already; ``compare_with_training`` says with what.

    Parameters
    ----------
    model : FittedModel
    scores : Scores
        Of the rows.
    matrix : what ``model.encode`` gave for the rows
    notes : sequence of str
        What ``model.encode`` said of their cells.
    """
    held_out = _held_out(model)
    loss = mapping(model.info.get("results")).get("loss_") if isinstance(model, MLPModel) else None
    loss = loss if is_json_number(loss) else None
    by_loss = _is_loss_sure(model, held_out)
    verdict = _verdict(scores, held_out, loss, by_loss=by_loss)
    is_worse = verdict == "much worse"
    reasons = [*_reasons(model, scores, held_out, matrix, notes)] if is_worse else []
    return SinceTraining(verdict, held_out, loss, reasons)


def _held_out(model: FittedModel) -> HeldOut | None:
    """What training found on rows held out, as far as the model tells."""
    if isinstance(model, Model):
        found = validation_of(model.info)
        return None if found is None else HeldOut(**{key: found[key] for key in HeldOut._fields})
    settings, results = (mapping(model.info.get(part)) for part in ("settings", "results"))
    accuracy: Any = results.get("best_validation_score_")
    rows = results.get("validation_rows_")
    if settings.get("early_stopping") is not True or type(rows) is not int or rows < 1:
        return None  # files of numlp 0.1 do not tell the rows
    if settings.get("validation_metric") != "accuracy" or not is_share(accuracy):
        return None
    low, high = wilson_interval(accuracy, rows)
    return HeldOut(accuracy, low, high, rows, None)


def _class_rows(model: FittedModel) -> list[int] | None:
    """How many rows of each class training held out, if the model tells."""
    validation = validation_of(model.info)
    return None if validation is None else validation["class_rows"]


def _is_loss_sure(model: FittedModel, held_out: HeldOut | None) -> bool:
    """Whether training had rows enough for its log-loss to be compared.

    That of a few rows may be small by luck, as where a rare class had none among them.
    """
    if held_out is None or held_out.log_loss is None:
        return False
    rows = _class_rows(model)
    if rows is None:  # in files of numlp 0.1
        rows = [held_out.rows // 2] * 2
    return sum(int(n) >= FEW for n in rows) >= 2


def _verdict(scores: Scores, held_out: HeldOut | None, loss: float | None, *, by_loss: bool) -> str:
    if held_out is None:
        # A training loss flatters.  But where a guess knows more, what was learned is of no use.
        margin = Z95 * float(scores.losses.std()) / math.sqrt(scores.n_rows)
        guess = _guess(scores)
        return (
            "much worse"
            if loss is not None and scores.log_loss - margin > guess > loss
            else "unknown"
        )
    if loss is not None and scores.log_loss <= LOSS_RATIO * loss:
        return "as in training"  # such as the rows that an MLPClassifier learned from
    here, there = scores.accuracy, held_out.accuracy
    n, n_there = scores.n_rows, held_out.rows
    together = (here * n + there * n_there) / (n + n_there)
    chance = Z95 * math.sqrt(together * (1 - together) * (1 / n + 1 / n_there))
    is_loss_worse = by_loss and _is_loss_worse(scores, held_out)
    if (here < held_out.low and there - here > chance) or is_loss_worse:
        return "much worse"
    return "better" if here > held_out.high and here - there > chance else "as in training"


def _is_loss_worse(scores: Scores, held_out: HeldOut) -> bool:
    """Whether the probabilities say less than a guess, as those of training did not.

    With one frequent class the accuracy may stay as it was where nothing is known any more.
    """
    before = held_out.log_loss
    if before is None:
        return False
    here = float(scores.losses.var()) / scores.n_rows
    there = (LOSS_DEVIATION * before) ** 2 / held_out.rows
    least = before + DEVIATIONS * math.sqrt(here + there)
    return scores.log_loss > max(least, _guess(scores))


def _guess(scores: Scores) -> float:
    """The log-loss of always answering the classes' shares."""
    return prior_entropy(scores.y, scores.n_classes)


def _reasons(
    model: FittedModel,
    scores: Scores,
    held_out: HeldOut | None,
    matrix: Any,
    notes: Sequence[str],
) -> Iterator[str]:
    yield from _unread_cells(scores.n_rows, notes)
    if isinstance(model, Model):
        yield from _moved_columns(model, np.asarray(matrix))
        yield from _other_shares(model, scores)
    if held_out is None:
        yield "the net may have learned its training rows by heart: no rows held out tell of that"
    elif held_out.accuracy >= NEARLY_PERFECT:
        yield (
            "nearly every answer was right in training: a column may have given the class away "
            "there that does not do so here (numlp check names such columns)"
        )
    yield (
        "these may be rows of another time, place or source than those of training, or columns may "
        "mean something else now"
    )


def _unread_cells(n_rows: int, notes: Sequence[str]) -> Iterator[str]:
    cells = [n for n in notes if isinstance(n, CellNote) and n.n_cells >= UNREAD * n_rows]
    if cells:
        cells.sort(key=lambda note: -note.n_cells)
        told = "; ".join(
            f"{note.column!r}: {note.n_cells:,} of {n_rows:,} cells {note.said}"
            for note in cells[:MOST_NAMED]
        )
        more = len(cells) - MOST_NAMED
        also = f"; and {count(more, 'column')} more" if more > 0 else ""
        yield f"cells are not as they were in training: {told}{also}"


def _moved_columns(model: Model, matrix: Any) -> Iterator[str]:
    """Columns of numbers of which half lies beyond the quartiles that training saw."""
    moved = []
    places = model.matrix_columns()
    for encoder in model.table.encoders:
        # Where one number has half of the cells, the others alone decide the scale.
        if isinstance(encoder, Number) and encoder.scale and len(encoder.values) != 1:
            middle = float(np.median(matrix[:, places[encoder.name][0]]))
            if abs(middle) > MOVED:
                moved.append((abs(middle), encoder.name, "higher" if middle > 0 else "lower"))
    moved.sort(reverse=True)
    for where in ("higher", "lower"):
        names = [name for *_, name, side in moved if side == where]
        if names:
            yield (
                f"numbers are much {where} than in training in {name_list(names, MOST_NAMED)}: is "
                "it another unit, or another column under that name?"
            )


def _other_shares(model: Model, scores: Scores) -> Iterator[str]:
    """The classes, where their shares are others than among the rows held out in training."""
    rows = _class_rows(model)
    if rows is None or len(rows) != scores.n_classes:
        return
    then, now = np.array(rows) / sum(rows), scores.counts.true / scores.n_rows
    either = (np.array(rows) + scores.counts.true) / (sum(rows) + scores.n_rows)
    chance = Z95 * np.sqrt(either * (1 - either) * (1 / sum(rows) + 1 / scores.n_rows))
    moved = np.abs(now - then)
    most = np.argsort(-moved, kind="stable")[:MOST_NAMED]
    labels = model.classes.tolist()
    told = [
        f"{labels[k]!r} {then[k]:.1%} then and {now[k]:.1%} now"
        for k in most
        if moved[k] > max(OTHER_SHARE, chance[k])
    ]
    if told:
        yield f"the classes have other shares: {', '.join(told)}"
