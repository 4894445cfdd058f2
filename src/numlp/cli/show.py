"""The reports of the commands, on stdout."""

import contextlib
import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ..check.remarks import remarks, told_remark, told_why
from ..common.wording import count, printable
from ..ensemble.recipe import recipe_for
from ..models.fitted import held_out_of, held_out_told
from ..table.table import Audit
from ..tabular.classifier import TabularClassifier
from .advice import AS_OPTIONS
from .figures import Figures, labelled
from .options import ROLES
from .progress import Progress
from .proposals import Proposal, role_of
from .rare_class import again, rare_lines

MOST_COLUMNS = 20  # columns of which something is told
MOST_EPOCHS = 5  # epochs of a mixture that are named
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # a spreadsheet runs text that begins so
REPLACED = "; replaced the model that was there"
FRACTIONS = {
    2: "half", 3: "a third", 4: "a quarter", 5: "a fifth", 8: "an eighth", 10: "a tenth",
}  # fmt: skip


def no_formula(cell: Any) -> Any:
    """The cell, with an apostrophe before text that a spreadsheet would run as a formula.

    A number is not a formula, whatever its sign.

    >>> no_formula("=1+1"), no_formula("-1.5"), no_formula("-x"), no_formula(-1)
    ("'=1+1", '-1.5', "'-x", -1)
    """
    if not isinstance(cell, str) or not cell.startswith(FORMULA):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def _out(text: str = "") -> None:
    """Write a line of a report; a closed pipe is ignored, since the model is saved already."""
    with contextlib.suppress(BrokenPipeError):
        click.echo(text)


def _line(label: str, text: str) -> None:
    _out(labelled(label, text))


def trained(
    clf: TabularClassifier,
    n_rows: int,
    found: Figures,
    progress: Progress,
    output: Path,
    read_as: str,
    *,
    arguments: Sequence[str],
    split: Sequence[Proposal],
    unnamed: bool,
    verbose: bool = False,
    replaced: bool = False,
) -> None:
    """Write the report at the end of training.

    ``found`` are the figures of the rows held out, ``read_as`` the options by which the next
    command reads a file as this one did, ``arguments`` those of this command, ``split`` columns
    to hold rows out by; ``unnamed`` says whether the positive class was not named.
    """
    _columns(clf, n_rows, verbose=verbose)
    _out()
    held_out = found.scores.n_rows
    how = held_out_told(clf.model_.info)
    where = f"{held_out:,} rows {how}, each answered by the nets that had not seen it"
    scores(found, where)
    _out()
    _line("nets", _nets(clf))
    _line("mixture", _mixture(clf))
    if clf.time_limit is not None:
        _line("limit", _limit(clf, n_rows))
    _line("stopped", f"{clf.stop_reason_}; {duration(progress.seconds)} in all")
    size = _size(output.stat().st_size)
    _line("model", f"{printable(str(output))}, {size}{REPLACED * replaced}")
    predict = f"numlp predict {shlex.quote(str(output))} NEW_ROWS.csv{read_as}"
    rare, options = rare_lines(found, unnamed=unnamed)
    for label, line in zip(["rare", "", ""], rare, strict=False):
        _line(label, printable(line))
    for each in split:
        _line("estimate", printable(each.told))
    options += (word for role, name in role_of(split).items() for word in (ROLES[role], name))
    if options:
        _line("next", printable(again(arguments, options)))
        _line("", printable(f"or {predict}"))
    else:
        _line("next", printable(predict))


def evaluated(found: Figures, where: str, command: str, by_group: Sequence[str] = ()) -> None:
    """Write how good a model is on rows of a file, lines on groups of them, and what is next."""
    scores(found, where)
    for line in by_group:
        _out(line)
    _out()
    _line("next", printable(command))


def written(page: Path, where: str) -> None:
    """Write where the page of a report is, and how to open it."""
    _out(f"on {printable(where)}:")
    _line("report", f"{printable(str(page))}, {_size(page.stat().st_size)}")
    _line("next", f"open {printable(shlex.quote(str(page)))} in a browser")


def exported(model: Any, output: Path) -> None:
    """Write the inputs and outputs of an ONNX model, where it is, and how to run it."""
    puts = [("input", put) for put in model.graph.input]
    n_inputs = len(puts)
    puts = puts[:MOST_COLUMNS] + [("output", put) for put in model.graph.output]
    rows = [(what, printable(put.name), _tensor(put), put.doc_string) for what, put in puts]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    for i, (what, name, tensor, doc) in enumerate(rows):
        line = f"{what:{widths[0]}}  {name:{widths[1]}}  {tensor:{widths[2]}}  {doc}"
        if i == MOST_COLUMNS and n_inputs > MOST_COLUMNS:
            _out(f"        ... and {n_inputs - MOST_COLUMNS:,} more inputs")
        _out(line.rstrip())
    _out()
    where = printable(str(output))
    _line("model", f"{where}, {_size(output.stat().st_size)}; for onnxruntime 1.17 or newer")
    names = ", ".join(printable(put.name) for put in model.graph.output)
    _line("next", f"{names} = onnxruntime.InferenceSession({where!r}).run(None, inputs)")


def _tensor(put: Any) -> str:
    """The type and shape of an input or output of an ONNX model."""
    from onnx import TensorProto

    of = put.type.tensor_type
    shape = ", ".join(d.dim_param or str(d.dim_value) for d in of.shape.dim)
    return f"{TensorProto.DataType.Name(of.elem_type).lower()} [{shape}]"


def scores(found: Figures, where: str) -> None:
    """Write how good a model is on some rows."""
    _out(f"on {printable(where)}:")
    for line in found.lines():
        _out(line)


def _columns(clf: TabularClassifier, n_rows: int, *, verbose: bool) -> None:
    """Write what the columns were taken for: all of it, or what the user has to know."""
    audit = clf.columns_
    kinds = Counter(column["kind"] for column in audit if column["features"])
    told = ", ".join(count(n, kind) for kind, n in kinds.items()) or "no column to learn from"
    _out(f"{count(n_rows, 'row')}; {told}{'' if verbose else ' (--verbose says why)'}")
    if verbose:
        _out()
        advised = ({**column, "why": told_why(column["why"], AS_OPTIONS)} for column in audit)
        _out(str(Audit(advised)))
        return
    lines = []
    for remark in remarks(audit):
        aside = "set aside: " if remark.kind == "set aside" else ""
        lines.append(f"{aside}{remark.column}: {told_remark(remark, AS_OPTIONS)}")
    for line in lines[:MOST_COLUMNS]:
        _out(f"  {printable(line)}")
    if len(lines) > MOST_COLUMNS:
        _out(f"  ... and {len(lines) - MOST_COLUMNS:,} more, which --verbose shows")


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
    """What the model is made of: snapshots of the nets after some epochs."""
    epochs = [str(epoch) for epoch in clf.mixture_]
    if len(epochs) == 1:
        after = f"after epoch {epochs[0]}"
    elif len(epochs) <= MOST_EPOCHS:
        after = f"after one of the epochs {', '.join(epochs[:-1])} and {epochs[-1]}"
    else:
        after = f"after one of {len(epochs)} epochs"
    told = count(len(clf.model_.shares), "snapshot")
    return f"{told}, each a net as it was {after}, chosen on the rows held out"


def _limit(clf: TabularClassifier, n_rows: int) -> str:
    """What the time limit cost."""
    usual, had = recipe_for(clf.quality, n_rows), clf.recipe_
    epochs = usual.epochs if clf.epochs == "auto" else clf.epochs
    # By time there are others beside those of the model, which nobody counts on.
    how = held_out_of(clf.model_.info)
    by_time = how is not None and how["by"] == "time"
    nets = had.n_refit * len(had.frequency_bands) if by_time else had.n_members
    told = f"{clf.time_limit:g} s"
    if nets == usual.n_members and clf.n_iter_ == epochs and had.epoch_rows is None:
        return f"{told} were enough for all {nets} nets and {epochs} epochs"
    told += (
        f" were enough for {nets} of {usual.n_members} nets and {clf.n_iter_} of {epochs} epochs"
    )
    return told + (f", each of {had.epoch_rows:,} rows" if had.epoch_rows else "")


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 2**20:,.1f} MiB" if n_bytes >= 2**20 else f"{n_bytes / 1024:,.0f} KiB"


def duration(seconds: float) -> str:
    """A duration in words.

    >>> duration(2.34), duration(75)
    ('2.3 s', '1 min 15 s')
    """
    whole = round(seconds)
    return f"{seconds:.1f} s" if seconds < 60 else f"{whole // 60} min {whole % 60} s"
