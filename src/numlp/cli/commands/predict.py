"""``numlp predict``: a class for each row."""

import contextlib
import csv
import io
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from ... import files as table_files
from ...atomic import atomic_write, remove_leftovers
from ...model import BLOCK, Model
from ...words import CellNote
from .. import say, show
from ..config import config_option
from ..data import check_writable
from ..options import FILE, debug_option, files_argument, quiet_option, reading_options
from ..progress import Progress
from ..sources import Source, opened

BLOCK_CELLS = 1 << 20  # read at a time, about
MOST_ROWS = 1 << 16


@click.command()
@click.argument("model", type=FILE)
@files_argument
@click.option("--proba", is_flag=True, help="Add the probability of each class.")
@click.option(
    "--output", "-o", type=FILE, help="Write to this file, whole or not at all.  [default: stdout]"
)
@click.option(
    "--raw",
    is_flag=True,
    help="Write text that a spreadsheet would run, such as =1+1, without an apostrophe before it.",
)
@quiet_option
@reading_options
@config_option
@debug_option
def predict(
    model: Path,
    files: tuple[Path, ...],
    proba: bool,
    output: Path | None,
    raw: bool,
    quiet: bool,
    delimiter: str | None,
    encoding: str | None,
) -> None:
    """Predict the class of each row of FILE; writes CSV, a line for each row, in its order.

    \b
    numlp predict animals.numlp new.csv > answers.csv
    numlp predict animals.numlp new.csv --proba -o answers.csv
    numlp predict animals.numlp 'day-*.parquet'        many files, one table
    zcat new.csv.gz | numlp predict animals.numlp -    standard input

    The columns are found by name, in any order; others are ignored.  A table larger than memory is
    read in blocks.  The whole of it is looked at before the first answer, so that a broken line is
    found in time.
    """  # noqa: D301 - the backslash marks lines that click must not wrap
    loaded = Model.load(model)
    if output is not None:
        check_writable(output, "-o")
    # Where the answers are on the terminal, nothing may live between them.
    unseen = quiet or (output is None and sys.stdout.isatty())
    with opened(files) as source, Progress(quiet=unseen) as progress:
        lines = _lines(loaded, source, progress, proba, raw, delimiter, encoding)
        if output is None:
            for text in lines:
                sys.stdout.write(text)
        else:
            remove_leftovers(output)
            atomic_write(output, (text.encode() for text in lines))
    if not quiet:
        known = f"{shlex.quote(str(model))} ROWS_WITH_THEIR_CLASS.csv"
        say.next_command(f"numlp evaluate {known}  (how far to trust these answers)")


def _lines(
    model: Model,
    source: Source,
    progress: Progress,
    proba: bool,
    raw: bool,
    delimiter: str | None,
    encoding: str | None,
) -> Iterator[str]:
    """The text of the answers: the header with the first block of rows, then block by block."""
    table = model.table
    learned = [part.name for part in table.parts if part.width] if table.named else []
    notes: list[str] = []
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_header(model, proba, raw))
    spelled = [label if raw else show.no_formula(label) for label in model.classes.tolist()]
    # Multiples of a block of the network's: the last bits depend on how many rows it has.
    rows = max(BLOCK, min(MOST_ROWS, BLOCK_CELLS // len(table.parts) // BLOCK * BLOCK))
    blocks = table_files.read_blocks(
        source.paths,
        rows,
        delimiter=delimiter,
        encoding=encoding,
        only=learned,
        called=source.called,
    )
    with contextlib.closing(blocks):
        for sheet in blocks:
            say.notes(sheet.notes)
            P = model.predict_proba(sheet.columns, notes)
            for code, row in zip(model.decide(P).tolist(), P.tolist(), strict=True):
                writer.writerow([spelled[code]] + [f"{p:.6g}" for p in row] * proba)
            progress.count(len(P))
            yield text.getvalue()
            text.seek(0)
            text.truncate()
            notes = CellNote.added(notes)
    say.notes(notes)


def _header(model: Model, proba: bool, raw: bool) -> Sequence[str]:
    target = model.target or "prediction"
    return [
        target if raw else show.no_formula(target),
        *[f"proba_{label}" for label in model.classes.tolist()] * proba,
    ]
