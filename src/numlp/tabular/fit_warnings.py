"""What a fit warns of: nothing learned, classes that no score covers, groups that are few."""

from collections.abc import Mapping
from typing import Any

from ..common.warning import warn
from ..common.wording import name_list
from ..decisions.thresholds import MIN_ROWS
from ..ensemble.conclusion import Conclusion
from ..ensemble.holding_out import GROUP, TIME
from ..ensemble.preparation import Prepared
from ..ensemble.recipe import recipe_of
from ..table.reasons import LengthAlone, UnsureDates, reasons_of
from ..table.text import MOST_LABELS

MOST_NAMED = 5  # classes in a warning


_DO = {  # where no row held out is of a class
    None: "give more of them, or hold out more rows, as quality='balanced' does",
    GROUP: "give rows of them in several groups",
    TIME: "they come too late to be learned from and held out, or too early to be held out",
}


def of_training(prepared: Prepared, concluded: Conclusion) -> None:
    """Warn where nothing could be learned, or a guess has a lower loss on the rows held out."""
    if not prepared.table.teaches:
        warn(
            "no column can teach anything (each is constant, empty or names the rows): the "
            "model answers the majority class",
        )
    elif concluded.loss > prepared.prior_loss:
        warn(
            f"the net did not learn anything that holds: on rows held out its log-loss is "
            f"{concluded.loss:.4g}, above {prepared.prior_loss:.4g}, the log-loss of always "
            "answering the classes' shares",
        )


def of_absent(prepared: Prepared, concluded: Conclusion) -> None:
    """Warn of classes that the scores do not cover."""
    scores, classes, by = concluded.scores, prepared.classes, _held_out_by(prepared)
    # Classes of a single row have been told before training.
    absent = [k for k in scores.absent if by is not None or prepared.counts[k] > 1]
    if absent:
        warn(
            f"none of the {scores.n_rows:,} rows held out is of "
            f"{'class' if len(absent) == 1 else 'the classes'} "
            f"{name_list(classes[absent].tolist())}, so the scores say nothing of such rows: "
            f"{_DO.get(by, _DO[None])}",
        )


def of_neutral(prepared: Prepared, concluded: Conclusion) -> None:
    """Warn of classes whose factor is neutral, since too few of their rows were held out."""
    scores, classes = concluded.scores, prepared.classes
    if not len(concluded.few):
        return
    held = [
        f"{scores.counts.true[k]:,} of class {label!r}"
        for k, label in zip(concluded.few, classes[concluded.few].tolist(), strict=True)
    ]
    told = ", ".join(held[:MOST_NAMED])
    more = f" and of {len(held) - MOST_NAMED:,} more" if len(held) > MOST_NAMED else ""
    one = len(held) == 1
    what = "the threshold stays at 0.5"
    if len(classes) > 2:
        which = f"class {classes[concluded.few[0]].item()!r} is" if one else "they are"
        what = f"{which} answered by {'its' if one else 'their'} probability alone"
    do = f"give more of {'its' if one else 'their'} rows"
    are_all_held_out = scores.n_rows >= prepared.counts[prepared.counts > 1].sum()
    if _held_out_by(prepared) is None and not are_all_held_out:
        do += ", or hold out more, as quality='balanced' does"
    warn(
        f"too few rows were held out to choose decisions for metric={prepared.aim.metric!r}: {told}"
        f"{more}, where {MIN_ROWS} rows of a class are needed; so {what}: {do}",
    )


def _held_out_by(prepared: Prepared) -> str | None:
    """How rows are held out; None where they are dealt one by one."""
    return None if prepared.holding is None else prepared.holding.by


def of_few_groups(prepared: Prepared, settings: Mapping[str, Any]) -> None:
    """Warn where there are fewer groups than folds."""
    holding = prepared.holding
    if holding is None or holding.by != GROUP:
        return
    usual, n_groups = recipe_of(settings, prepared.counts).n_folds, holding.n_different
    if n_groups < usual:
        named = f" of {holding.column!r}" if holding.column else ""
        warn(
            f"{n_groups} groups{named} are fewer than the {usual} folds: rows are held out in "
            f"{n_groups} folds, a group each, and the scores rest on {n_groups} groups alone",
        )


def of_rare(prepared: Prepared) -> None:
    """Warn of classes that no net can hold out, and name them."""
    classes = prepared.classes
    if prepared.holding is not None:  # such rows are held out with their group, or their time
        return
    single = classes[prepared.counts == 1].tolist()
    if single:
        warn(
            f"{len(single):,} of {len(classes):,} classes have a single row, which is learned from "
            f"and never held out, so they are not in the scores: {name_list(single)}",
        )


def of_unread_words(prepared: Prepared) -> None:
    """Warn of texts whose words are not read since there are too many classes."""
    n_classes = len(prepared.classes)
    unread = [
        repr(encoder.name)
        for encoder in prepared.table.encoders
        if any(isinstance(why, LengthAlone) and why.because for why in reasons_of(encoder.why))
    ]
    if n_classes > MOST_LABELS and unread:
        warn(
            f"the words of {', '.join(unread)} are not read, since there are {n_classes:,} classes "
            f"and {MOST_LABELS} are allowed: join rare classes, or make numbers of the texts by an "
            "embedding of your own",
        )


def of_dates(prepared: Prepared) -> None:
    """Warn of columns that look like dates, where the cells do not say which dates they are."""
    for encoder in prepared.table.encoders:
        for reason in reasons_of(encoder.why):
            if isinstance(reason, UnsureDates):
                kinds = " or ".join(map(repr, reason.kinds))
                what = f"column {reason.column!r} is not read as dates"
                warn(f"{what}: {reason.found}. Ask for {kinds}")
