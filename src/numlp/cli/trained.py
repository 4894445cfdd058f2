"""The report of ``numlp train``: what was learned, how good it is, and what to type next."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ..check.remarks import remarks, told_remark, told_why
from ..common.wording import count, printable
from ..ensemble.recipe import recipe_for
from ..models.facts import unit_of
from ..models.fitted import held_out_of, held_out_told
from ..table.table import Audit
from ..tabular.classifier import TabularClassifier
from . import show
from .advice import AS_OPTIONS
from .figures import Figures
from .options import Reading, roles_as_options
from .progress import Progress
from .proposals import Proposal, role_of
from .rare_class import rare_lines
from .typed import again, typed

MOST_COLUMNS = 20  # columns of which something is told
MOST_EPOCHS = 5  # epochs of a mixture that are named
FRACTIONS = {
    2: "half", 3: "a third", 4: "a quarter", 5: "a fifth", 8: "an eighth", 10: "a tenth",
}  # fmt: skip


def report_training(
    clf: TabularClassifier,
    n_rows: int,
    found: Figures,
    progress: Progress,
    output: Path,
    reading: Reading,
    *,
    arguments: Sequence[str],
    split: Sequence[Proposal],
    unnamed: bool,
    verbose: bool = False,
    replaced: bool = False,
) -> None:
    """Write the report at the end of training.

    ``found`` are the figures of the rows held out, ``arguments`` those of this command, ``split``
    columns to hold rows out by; ``unnamed`` says whether the positive class was not named.
    """
    _columns(clf, n_rows, verbose=verbose)
    show.out()
    held_out = found.scores.n_rows
    how = held_out_told(clf.model_.info)
    where = f"{held_out:,} rows {how}, each answered by the nets that had not seen it"
    show.scores(found, where)
    show.out()
    show.line("nets", _nets(clf))
    show.line("mixture", _mixture(clf))
    if clf.time_limit is not None:
        show.line("limit", _limit(clf, n_rows))
    show.line("stopped", f"{clf.stop_reason_}; {show.duration(progress.seconds)} in all")
    size = show.size(output.stat().st_size)
    show.line("model", f"{printable(str(output))}, {size}{show.REPLACED * replaced}")
    predict = typed("predict", output, "NEW_ROWS.csv", *reading.options())
    rare, options = rare_lines(found, unnamed=unnamed)
    for label, line in zip(["rare", "", ""], rare, strict=False):
        show.line(label, printable(line))
    for each in split:
        show.line("estimate", printable(each.told))
    options += roles_as_options(role_of(split))
    if options:
        show.line("next", printable(again(arguments, options)))
        show.line("", printable(f"or {predict}"))
    else:
        show.line("next", printable(predict))


def _columns(clf: TabularClassifier, n_rows: int, *, verbose: bool) -> None:
    """Write what the columns were taken for: all of it, or what the user has to know."""
    audit = clf.columns_
    kinds = Counter(column["kind"] for column in audit if column["features"])
    told = ", ".join(count(n, kind) for kind, n in kinds.items()) or "no column to learn from"
    show.out(f"{count(n_rows, 'row')}; {told}{'' if verbose else ' (--verbose says why)'}")
    if verbose:
        show.out()
        advised = ({**column, "why": told_why(column["why"], AS_OPTIONS)} for column in audit)
        show.out(str(Audit(advised)))
        return
    lines = []
    for remark in remarks(audit):
        aside = "set aside: " if remark.kind == "set aside" else ""
        lines.append(f"{aside}{remark.column}: {told_remark(remark, AS_OPTIONS)}")
    for line in lines[:MOST_COLUMNS]:
        show.out(f"  {printable(line)}")
    if len(lines) > MOST_COLUMNS:
        show.out(f"  ... and {len(lines) - MOST_COLUMNS:,} more, which --verbose shows")


def _nets(clf: TabularClassifier) -> str:
    """How many nets there are, and what each learned from."""
    recipe, how = clf.recipe_, held_out_of(clf.model_.info)
    n_bands, n_folds = len(recipe.frequency_bands), recipe.n_folds
    n_bagged, n_refit = n_bands * recipe.n_bagged, n_bands * recipe.n_refit
    part = f"{FRACTIONS.get(n_folds, f'1/{n_folds}')} of the rows"
    if how is not None and how["by"] == "time":
        told = f"{n_refit}, trained on all rows to the latest; {n_bagged} others, each answering"
        return f"{told} {part}, tell how good they are"
    if how is not None:
        part = f"{FRACTIONS.get(n_folds, f'1/{n_folds}')} of the groups"
    if n_refit:
        return f"{n_bagged + n_refit}: {n_bagged} trained without {part}, {n_refit} on all rows"
    return f"{n_bagged}, {'each ' * (n_bagged > 1)}trained without {part}"


def _mixture(clf: TabularClassifier) -> str:
    """What the model is made of: snapshots of the nets after some epochs, or rounds."""
    epochs, unit = [str(epoch) for epoch in clf.mixture_], unit_of(clf.model_.info)
    if len(epochs) == 1:
        after = f"after {unit} {epochs[0]}"
    elif len(epochs) <= MOST_EPOCHS:
        after = f"after one of the {unit}s {', '.join(epochs[:-1])} and {epochs[-1]}"
    else:
        after = f"after one of {len(epochs)} {unit}s"
    told = count(len(clf.model_.shares), "snapshot")
    return f"{told}, each a net as it was {after}, chosen on the rows held out"


def _limit(clf: TabularClassifier, n_rows: int) -> str:
    """What the time limit cost."""
    if unit_of(clf.model_.info) == "round":
        what = f"{count(clf.recipe_.n_members, 'net')} and {count(clf.n_iter_, 'round')}"
        return f"{clf.time_limit:g} s were enough for {what}"
    usual, had = recipe_for(clf.quality, n_rows), clf.recipe_
    epochs = usual.epochs if clf.epochs == "auto" else clf.epochs
    # By time there are others beside those of the model, which nobody counts on.
    how = held_out_of(clf.model_.info)
    by_time = how is not None and how["by"] == "time"
    nets = had.n_refit * len(had.frequency_bands) if by_time else had.n_members
    told = f"{clf.time_limit:g} s"
    in_time = clf.n_iter_ if clf.stop_reason_.startswith("its time") else had.epochs
    if nets == usual.n_members and in_time == epochs and had.epoch_rows is None:
        return f"{told} were enough for all {nets} nets and {epochs} epochs"
    told += f" were enough for {nets} of {usual.n_members} nets and {in_time} of {epochs} epochs"
    return told + (f", each of {had.epoch_rows:,} rows" if had.epoch_rows else "")
