"""What the commands say: results on stdout, notes and faults on stderr."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from ..metrics import Scores
from ..tabular import TabularClassifier

MOST_CLASSES = 20  # in the table by class


def printable(text: str) -> str:
    r"""The text in one line, without the control characters that could steer a terminal.

    >>> printable("a\x1b[2Jb\nc")
    'a[2Jb c'
    """
    return "".join(c for c in " ".join(text.split()) if c.isprintable())


def note(text: str) -> None:
    """One line on stderr; a terminal that has gone away is no reason to stop."""
    with contextlib.suppress(OSError):
        click.echo(f"numlp: {printable(text)}", err=True)


def notes(texts: Sequence[str]) -> None:
    """A line on stderr for each."""
    for text in texts:
        note(text)


def fault(error: BaseException) -> None:
    """The one line that says what went wrong."""
    if isinstance(error, KeyboardInterrupt | click.Abort):
        note("interrupted; nothing was written")
    elif isinstance(error, click.UsageError):
        note(f"{error.format_message()} See 'numlp --help'.")
    elif isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        note(f"{where}{error.strerror}")
    else:
        note(str(error))


def _out(text: str = "") -> None:
    """A line of a report; the model is saved already, so a closed pipe costs only the words."""
    with contextlib.suppress(BrokenPipeError):
        click.echo(text)


def trained(clf: TabularClassifier, n_rows: int, output: Path) -> None:
    """The report at the end of training."""
    held_out = clf.validation_scores_.n_rows
    aside = [column for column in clf.columns_ if column["kind"] == "set aside"]
    used = len(clf.columns_) - len(aside)
    _out(f"{n_rows - held_out:,} rows trained on, {held_out:,} held out; {used} columns used")
    for column in aside:
        _out(f"  not used: {printable(column['name'])}: {printable(column['why'])}")
    _out()
    scores(
        clf.validation_scores_,
        clf.classes_.tolist(),
        f"the {held_out:,} held-out rows (they also chose the epoch)",
    )
    _out()
    _out(f"stopped    {clf.stop_reason_}; kept epoch {clf.best_epoch_} of {clf.n_iter_}")
    _out(f"model      {printable(str(output))}, {output.stat().st_size / 1024:,.0f} KiB")
    _out(f"next       numlp predict {printable(str(output))} NEW_ROWS.csv")


def scores(result: Scores, classes: Sequence[object], where: str) -> None:
    """Accuracy against the majority class, log-loss, a table by class, the worst confusion."""
    names = [printable(str(c)) for c in classes]
    majority = names[int(result.confusion.sum(axis=1).argmax())]
    _out(f"on {printable(where)}:")
    _out(
        f"accuracy   {result.accuracy:.1%}   (always answering {majority!r}: {result.majority:.1%})"
    )
    if result.accuracy <= result.majority:
        _out(f"           no better than always answering {majority!r}")
    _out(f"log-loss   {result.log_loss:.3f}")
    _out()
    width = max(5, *map(len, names))
    _out(f"{'class':<{width}}  {'rows':>7}  {'precision':>9}  {'recall':>6}")
    counts = result.confusion.sum(axis=1)
    precision, recall = result.precision, result.recall
    shown = np.sort(np.argsort(-counts, kind="stable")[:MOST_CLASSES])
    for k in shown:
        _out(
            f"{names[k]:<{width}}  {counts[k]:>7,}  {_share(precision[k]):>9}  "
            f"{_share(recall[k]):>6}"
        )
    if len(names) > len(shown):
        _out(f"... and {len(names) - len(shown):,} rarer classes")
    wrong = result.confusion - np.diag(np.diag(result.confusion))
    if wrong.any():
        i, j = np.unravel_index(wrong.argmax(), wrong.shape)
        _out(f"most often mistaken: {names[i]} for {names[j]}, {wrong[i, j]:,} of {counts[i]:,}")


def _share(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.1%}"
