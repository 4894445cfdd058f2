"""Completion in a shell: the names of the columns of a file, from its first lines."""

import json
import tempfile
from pathlib import Path

import click
from click.shell_completion import CompletionItem


def complete_column(
    context: click.Context, _: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The columns of the first file on the command line whose names begin with ``incomplete``."""
    # An option without its value ends the parsing: the files are then among the arguments left.
    given = [*(context.params.get("files") or ()), *map(Path, context.args)]
    sheet = context.params.get("sheet")
    found_in = (column_names(file, sheet) for file in given if file.is_file())
    names = next(filter(None, found_in), [])  # a model, which may stand before the table, has none
    # The shell shows them as they are: none with a control character, which could steer a terminal.
    found = [name for name in names if name.startswith(incomplete) and name.isprintable()]
    return [CompletionItem(name) for name in found]


def column_names(file: Path, sheet: str | None = None) -> list[str]:
    """The names in the header; none where it cannot be read, since completion has to be silent."""
    from ..data.files import relation, workbook  # imported here, since help does without NumPy
    from ..data.files import text_file as textfile

    try:
        if textfile.first_bytes(file).startswith(b"PAR1"):
            source = relation.regular_file(str(file), file)
            return relation.parquet_names(source, source.parent)
        if textfile.is_workbook(file):
            with tempfile.TemporaryDirectory(prefix="numlp-") as scratch:
                text, _ = workbook.open_sheet(str(file), file, sheet, Path(scratch))
                return textfile.check_names(str(file), next(text.records())[1])[0]
        text, _ = textfile.open_text(str(file), file, None)
        if textfile.is_json(text):
            with text.open() as stream:
                return list(json.loads(stream.readline().strip().strip("[],")))
        text, _ = textfile.find_dialect(text, None)
        return textfile.check_names(str(file), next(text.records())[1])[0]
    except Exception:  # of any kind: a shell cannot show it
        return []
