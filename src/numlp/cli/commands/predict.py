"""``numlp predict``: a class for each row."""

import contextlib
import csv
import io
import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from ...common.stage import at
from ...common.wording import CellNote
from ...data.files import sheet as table_files
from ...decisions.prediction_sets import are_all_full, prediction_sets
from ...models import FittedModel, open_model, warn_of_cells
from ...storage.whole_file import atomic_write, remove_leftovers
from .. import interrupt, say
from ..cells import no_formula
from ..clustered import client_of, cluster_option, parquet_of, refuse_on_cluster
from ..complete import complete_column
from ..config import config_option
from ..options import (
    FILE,
    Reading,
    debug_option,
    files_argument,
    quiet_option,
    reading_options,
)
from ..outputs import answers, check_output, check_stdout, checked_folder
from ..progress import Progress
from ..sources import Opened, expanded, named, opened
from ..tables import lone_of, table_of, words_of
from ..typed import typed

BLOCK_CELLS = 1 << 20  # read at a time, about
MATRIX_CELLS = 1 << 24  # most of the matrix of these rows, which may be wider than they are
MOST_ROWS = 1 << 16
UNNAMED = ["--target", "NAME"]


def _share(_: click.Context, param: click.Parameter, value: float | None) -> float | None:
    if value is not None and not 0 < value < 1:
        raise click.BadParameter(f"{value:g} is not between 0 and 1", param=param)
    return value


@click.command()
@click.argument("model", type=FILE)
@files_argument
@click.option("--proba", is_flag=True, help="Add the probability of each class.")
@click.option(
    "--threshold",
    type=float,
    callback=_share,
    metavar="P",
    help="Answer the positive one of two classes above this probability.  [default: the model's]",
)
@click.option(
    "--coverage",
    type=float,
    callback=_share,
    metavar="SHARE",
    help="Add the classes that the row may have, likeliest first, as a JSON list: such lists have "
    "the true class in this share of rows.",
)
@click.option(
    "--keep",
    multiple=True,
    shell_complete=complete_column,
    metavar="COLUMN",
    help="Write this column of FILE in front of the answers, such as the ID of each row, each cell "
    "as it is spelled in FILE.  Repeatable.",
)
@click.option(
    "--output",
    "-o",
    type=FILE,
    help="Write to this file, or with --cluster to this folder, whole or not at all.  [default: "
    "stdout]",
)
@click.option(
    "--raw",
    is_flag=True,
    help="Write text that a spreadsheet would run, such as =1+1, without an apostrophe before it.",
)
@cluster_option
@quiet_option
@reading_options
@config_option
@debug_option
@click.pass_context
def predict(
    context: click.Context,
    /,
    model: Path,
    files: tuple[Path, ...],
    proba: bool,
    threshold: float | None,
    coverage: float | None,
    keep: tuple[str, ...],
    output: Path | None,
    raw: bool,
    cluster: str | None,
    quiet: bool,
    reading: Reading,
) -> None:
    """Predict the class of each row of FILE; writes CSV, a line for each row, in its order.

    \b
    numlp predict animals.numlp new.csv > answers.csv
    numlp predict animals.numlp new.csv --proba -o answers.csv
    numlp predict animals.numlp new.csv --keep id      in front of each answer
    numlp predict animals.numlp 'day-*.parquet'        many files, one table
    zcat new.csv.gz | numlp predict animals.numlp -    standard input
    numlp predict animals.numlp 'day-*.parquet' --cluster local -o answers

    The columns are found by name, in any order; others are ignored.  A table larger than memory is
    read in blocks.  The whole of it is looked at before the first answer, so that a broken line is
    found in time.
    """  # noqa: D301 - the backslash marks lines that click must not wrap
    if cluster is not None:
        refuse_on_cluster(context)
    kept = list(dict.fromkeys(keep))
    inputs = {"the model": [model], "a table to read": expanded(files)}
    if cluster is not None:
        output = checked_folder(output, inputs)
    elif output is None:
        check_stdout(inputs)
    else:
        check_output(output, "-o", inputs)
    loaded = open_model(model)
    loaded.check_single_label("predict")
    _check_kept(kept, _header(loaded, proba, raw=True) + ["set"] * (coverage is not None))
    if threshold is not None and loaded.threshold is None:
        raise click.UsageError(
            f"--threshold is for two classes, and this model tells {len(loaded.classes):,} apart."
        )
    if cluster is not None and output is not None:
        _on_cluster(cluster, loaded, files, output, kept, proba, threshold, quiet=quiet)
        if not quiet:
            _name_next(model, loaded, reading)
        return
    if output is not None:
        check_output(output, "-o", inputs, answers(_target(loaded), kept))
    sets = None if coverage is None else Sets(loaded, coverage)
    # Where the answers are on the terminal, nothing may live between them.
    unseen = quiet or (output is None and sys.stdout.isatty())
    with opened(files) as source, Progress(quiet=unseen, trains=False) as progress:
        lines = _lines(loaded, source, progress, proba, threshold, sets, kept, raw, reading)
        if output is None:
            asked: interrupt.Interrupt = context.obj["interrupt"]
            for text in lines:
                asked.told = "the answers are not complete"
                sys.stdout.write(text)
        else:
            remove_leftovers(output)
            atomic_write(output, (text.encode() for text in lines))
    if not quiet:
        _name_next(model, loaded, reading)


def _name_next(path: Path, model: FittedModel, reading: Reading) -> None:
    """Name the command that scores the model."""
    known = [path, "ROWS_WITH_THEIR_CLASS.csv", *([] if model.target else UNNAMED)]
    following = typed("evaluate", *known, *reading.options())
    say.next_command(f"{following}  (how far to trust these answers)")


def _on_cluster(
    address: str,
    model: FittedModel,
    files: Sequence[Path],
    folder: Path,
    kept: Sequence[str],
    proba: bool,
    threshold: float | None,
    *,
    quiet: bool,
) -> None:
    """Write the answers on a cluster, as a folder of Parquet files."""
    with contextlib.ExitStack() as stack:
        progress = stack.enter_context(Progress(quiet=quiet, trains=False))
        at(f"looking at {named(files)}")
        table = parquet_of(files)
        from ...scale.answers import Asked, names_read, write_answers

        asked = Asked(tuple(kept), _target(model), proba, threshold)
        names_read(model, table, asked)
        client = stack.enter_context(client_of(address, quiet=quiet))
        at(f"answering {table}")
        notes = write_answers(client, model, table, asked, folder, progress.count)
    warn_of_cells(notes)


def _lines(
    model: FittedModel,
    source: Opened,
    progress: Progress,
    proba: bool,
    threshold: float | None,
    sets: "Sets | None",
    kept: list[str],
    raw: bool,
    reading: Reading,
) -> Iterator[str]:
    """The text of the answers: the header with the first block of rows, then block by block."""
    learned = [*model.matrix_columns()] if model.named else []
    notes: list[str] = []
    text = io.StringIO()
    labels = model.classes.tolist()
    # Before Python 3.13 a carriage return alone sets off no quotes, and would part the line.
    parts = any("\r" in str(cell) for cell in (_target(model), *labels, *kept))
    quoted = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer = quoted if parts else csv.writer(text, lineterminator="\n")
    writer.writerow(kept + _header(model, proba, raw) + ["set"] * (sets is not None))
    spelled = [label if raw else no_formula(label) for label in labels]
    # Multiples of a block of the model's: the last bits depend on how many rows it has.
    block = model.block_rows
    n_read = model.n_features + len(kept)
    most = min(MOST_ROWS, BLOCK_CELLS // n_read, MATRIX_CELLS // model.network.n_in)
    rows = max(block, most // block * block)
    at(f"reading {named(source.paths)}")
    blocks = table_files.read_blocks(
        source.paths,
        rows,
        **reading._asdict(),
        only=learned,
        spelled=kept,
        words=words_of(model),
        called=source.called,
        lone=lone_of(model),
    )
    with contextlib.closing(blocks):
        for sheet in blocks:
            say.how_read(sheet.notes)
            P = model.predict_proba(table_of(sheet), notes)
            answers = zip(model.decide(P, threshold).tolist(), P, strict=True)
            for (code, row), cells in zip(answers, _cells(sheet, kept), strict=True):
                own = quoted if any("\r" in cell for cell in cells) else writer
                own.writerow(
                    [*cells, spelled[code]]
                    + [f"{p:.6g}" for p in row.tolist()] * proba
                    + ([] if sets is None else [sets.spelled(row)])
                )
            progress.count(len(P))
            yield text.getvalue()
            text.seek(0)
            text.truncate()
            notes = CellNote.added(notes)
    warn_of_cells(notes)
    if sets is not None:
        sets.tell()


def _cells(sheet: table_files.Sheet, kept: list[str]) -> Iterator[Sequence[str]]:
    """The cells of each row that are kept."""
    if not kept:
        return itertools.repeat((), sheet.n_rows)
    columns = (
        ["" if cell is None else cell for cell in sheet.spelled[name].tolist()] for name in kept
    )
    return zip(*columns, strict=True)


def _check_kept(kept: list[str], header: list[str]) -> None:
    """Raise a UsageError for a column to keep that is called as a column of the answers is."""
    for name in kept:
        if name in header:
            raise click.UsageError(
                f"--keep {name}: the answers have a column of that name; rename it in the file."
            )


def _target(model: FittedModel) -> str:
    """The name of the column of answers."""
    return model.target or "prediction"


def _header(model: FittedModel, proba: bool, raw: bool) -> list[str]:
    target = _target(model)
    return [
        target if raw else no_formula(target),
        *[f"proba_{label}" for label in model.classes.tolist()] * proba,
    ]


class Sets:
    """The prediction sets of a model's answers, as they are written.

    Parameters
    ----------
    model : FittedModel
    coverage : float
    """

    def __init__(self, model: FittedModel, coverage: float) -> None:
        self.model, self.coverage = model, coverage
        self.cut = model.set_threshold(coverage)
        self.n_full = self.n_rows = 0
        if not self.cut:  # known before the first row
            self._warn()

    def spelled(self, p: NDArray[np.float64]) -> str:
        """The classes in the set of a row, likeliest first, as a JSON list.

        It begins with a bracket, so no spreadsheet takes it for a formula, and its quotes part
        labels whatever they hold.
        """
        there = np.flatnonzero(prediction_sets(p[None], self.cut)[0])
        self.n_rows += 1
        self.n_full += len(there) == len(p)
        order = there[np.argsort(-p[there], kind="stable")]
        return json.dumps(self.model.classes[order].tolist(), ensure_ascii=False)

    def tell(self) -> None:
        """Warn after the last row where every set was full, although none had to be."""
        if self.cut and are_all_full(self.cut, self.n_full, self.n_rows):
            self._warn()

    def _warn(self) -> None:
        say.note(f"warning: {self.model.why_full(self.coverage)}")
