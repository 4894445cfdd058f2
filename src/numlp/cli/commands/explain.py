"""``numlp explain``: which columns a model goes by, and what one answer rests on."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import numpy as np

from ...common.wording import count, escaped, printable, shortened
from ...errors import DataError
from ...explain import Contribution, Explanation, Importance, explain_row, permutation_importance
from ...models import FittedModel, open_model
from ...table.words import shown
from .. import say
from ..data import (
    read_known,
    read_sheet,
    target_of,
    target_option,
)
from ..figures import labelled
from ..options import (
    FILE,
    Reading,
    debug_option,
    files_argument,
    known_missing_option,
    known_target_option,
    reading_options,
)
from ..outputs import check_stdout
from ..progress import Progress
from ..sources import expanded, named, told
from ..tables import lone_of, table_of, words_of
from ..typed import typed

MOST_COLUMNS = 30  # in the text; JSON has them all
MOST_WORDS = 10  # of a text; JSON has them all
MOST_TEXT = 30  # characters of a name, a cell or a word
MOST_OTHERS = 10_000  # rows of the file, spread over it, that some are drawn from to compare with


@click.command()
@click.argument("model", type=FILE)
@files_argument
@click.option(
    "--row",
    type=click.IntRange(min=1),
    metavar="N",
    help="Explain the answer for this row; the first below the header is 1.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@known_target_option
@known_missing_option
@reading_options
@debug_option
def explain(
    model: Path,
    files: tuple[Path, ...],
    row: int | None,
    as_json: bool,
    target: str | None,
    missing: tuple[str, ...],
    reading: Reading,
) -> None:
    """Show which columns of FILE matter to MODEL: how much worse it is when each is shuffled.

    \b
    numlp explain animals.numlp more.csv
    numlp explain animals.numlp more.csv --row 3

    FILE has the target column too; give rows that the model did not learn from.  With --row,
    explain shows how much each cell of that row moved the probability of the answer, compared
    with the other rows of FILE, and which words of a text speak for the answer and against it; no
    target is needed then.
    """  # noqa: D301 - the backslash marks lines that click must not wrap
    check_stdout({"the model": [model], "a table to read": expanded(files)})
    loaded = open_model(model)
    loaded.check_single_label("explain")
    if row is not None:
        if missing:
            say.note("--missing changes nothing with --row, where no label is read")
        _explain_row(loaded, model, files, row, target, as_json, reading)
        return
    target = target_of(loaded, target)
    with Progress(trains=False):
        columns, y, _ = read_known(files, target, reading, loaded, missing)
        found = permutation_importance(loaded, columns, loaded.classes[y])
    if as_json:
        _print_json({"file": told(files), "columns": [_facts(c) for c in found]})
        return
    _print_importances(found, loaded.n_features, named(files))
    asked = [] if loaded.named else target_option(loaded, target)
    following = typed("explain", model, *files, *asked, "--row", 1, *reading.options())
    click.echo(labelled("next", printable(following)))


def _explain_row(
    model: FittedModel,
    path: Path,
    files: tuple[Path, ...],
    row: int,
    target: str | None,
    as_json: bool,
    reading: Reading,
) -> None:
    with Progress(trains=False):
        sheet = read_sheet(files, reading, target, lone_of(model), words=words_of(model))
        say.how_read(sheet.notes)
        n_rows = sheet.n_rows
        if row > n_rows:
            raise DataError(f"{told(files)} has {n_rows:,} rows, so there is no row {row:,}")
        if n_rows < 2:
            raise DataError(
                f"{told(files)} has one row alone: others to compare it with are needed"
            )
        # A model of columns without names takes just those that it learned from.
        table = table_of(sheet, [name for name in sheet.columns if name != target])
        others = np.linspace(0, n_rows - 1, min(n_rows, MOST_OTHERS)).astype(np.intp)
        others = others[others != row - 1]
        found = explain_row(model, table.rows(np.array([row - 1])), table.rows(others))
    if as_json:
        facts = asdict(found)
        for contribution in facts["contributions"]:
            contribution["cell"] = _as_json(contribution["cell"])
        _print_json({"file": told(files), "row": row, **facts})
        return
    _print_explanation(found, f"row {row:,} of {named(files)}")
    asked = [] if target is None else ["--target", target]
    another = row % n_rows + 1
    following = typed("explain", path, *files, *asked, "--row", another, *reading.options())
    click.echo(labelled("next", printable(following)))


def _facts(column: Importance) -> dict[str, Any]:
    return {**asdict(column), "values": column.values.tolist()}


def _as_json(cell: object) -> object:
    return cell if cell is None or isinstance(cell, str | int | float | list) else str(cell)


def _print_json(facts: Mapping[str, Any]) -> None:
    """Print facts as JSON in ASCII, without a control character but the ends of the lines."""
    click.echo(json.dumps(facts, indent=2))


def _print_importances(found: list[Importance], n_columns: int, file: str) -> None:
    if not found:
        click.echo("no column is learned from, so there is none to shuffle")
        return
    first = found[0]
    click.echo(
        f"on {first.n_rows:,} rows of {printable(file)}, each column shuffled {len(first.values)} "
        "times:"
    )
    best = found[:MOST_COLUMNS]
    width = max([6, *(len(shortened(column.name, MOST_TEXT)) for column in best)])
    click.echo(f"{'column':<{width}}  {'log-loss':>8}  {'95% interval':>18}  accuracy lost")
    for c in best:
        interval = f"{c.low:z.4f} to {c.high:z.4f}"
        click.echo(
            f"{shortened(c.name, MOST_TEXT):<{width}}  {c.mean:>z8.4f}  {interval:>18}  "
            f"{100 * c.accuracy:>z13.1f}"
        )
    if len(found) > len(best):
        click.echo(f"... and {len(found) - len(best):,} less important, which --json shows")
    if n_columns > len(found):
        left_out = n_columns - len(found)
        click.echo(
            f"not shuffled, as they teach nothing or matter less: {count(left_out, 'column')}"
        )
    click.echo("log-loss rises, and accuracy falls by points, when a column says nothing; columns")
    click.echo("that carry much the same share what they are worth")


def _print_explanation(found: Explanation, where: str) -> None:
    click.echo(
        f"{printable(where)}: {printable(str(found.label))!r} with a probability of "
        f"{found.probability:.1%};"
    )
    click.echo(f"in {found.n_background:,} other rows it is {found.base:.1%} on average")
    strongest = found.contributions[:MOST_COLUMNS]
    names = [shortened(c.name, MOST_TEXT) for c in strongest]
    cells = [shown(c.cell, MOST_TEXT) for c in strongest]
    width, wide = max([6, *map(len, names)]), max([4, *map(len, cells)])
    click.echo(f"{'column':<{width}}  {'cell':<{wide}}  moves it by points")
    for c, name, cell in zip(strongest, names, cells, strict=True):
        sure = "" if c.low == c.high else f"  ({100 * c.low:+z.1f} to {100 * c.high:+z.1f})"
        click.echo(f"{name:<{width}}  {cell:<{wide}}  {100 * c.mean:>+z6.1f}{sure}")
    left_out = found.contributions[MOST_COLUMNS:]
    if left_out:
        rest = 100 * sum(c.mean for c in left_out)
        click.echo(f"... and {len(left_out):,} more columns, {rest:+z.1f} together")
    click.echo(
        f"{'in all':<{width}}  {'':<{wide}}  {100 * (found.probability - found.base):>+z6.1f}"
    )
    for c in strongest:
        if c.words:
            _print_words(c, found.label)


def _print_words(text: Contribution, label: object) -> None:
    click.echo(
        f"words of {shortened(text.name, MOST_TEXT)}, and how much each speaks for "
        f"{shortened(str(label), MOST_TEXT)!r} (log-odds: +0.7 doubles the odds, -0.7 halves them):"
    )
    best = text.words[:MOST_WORDS]
    words = [escaped(word.word, MOST_TEXT) for word in best]
    width = max(map(len, words))
    for word, name in zip(best, words, strict=True):
        click.echo(f"  {name:<{width}}  {word.log_odds:>+z6.2f}")
    if left_out := text.words[MOST_WORDS:]:
        rest = sum(word.log_odds for word in left_out)
        click.echo(f"  ... and {count(len(left_out), 'word')} more, {rest:+z.2f} together")
