"""``numlp inspect``: what a model file or a checkpoint holds."""

from pathlib import Path

import click

from ...models.opening import facts_of_file
from .. import facts
from ..options import FILE, debug_option
from ..outputs import check_stdout


@click.command()
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@debug_option
def inspect(file: Path, as_json: bool) -> None:
    """Show what FILE, a model or a checkpoint, is and holds.

    \b
    numlp inspect animals.numlp
    numlp inspect run.ckpt --json

    The checksum and the sizes in FILE are verified first.  Nothing in FILE is run.
    """  # noqa: D301 - the backslash marks lines that click must not wrap
    check_stdout({"the file to show": [file]})
    found = facts_of_file(file)
    click.echo(facts.as_json(found) if as_json else facts.as_text(found))
