"""Table files (CSV, Parquet, JSON, Excel) -> named NumPy columns; nothing here knows of nets.

Several files are one table: what a column is, its cells in all of them decide.  A long table is
read in blocks of rows, each cell as it would be in one piece.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Collection, Generator, Iterator, Sequence
from pathlib import Path

from ...common.unfinished import unfinished
from .joined import Joined, Sheet, all_of, from_tuple
from .relation import (
    import_duckdb,
    open_relation,
    reading,
    regular_file,
)
from .text_file import Lone

__all__ = ["Lone", "Sheet", "read", "read_blocks"]

AnyPath = str | os.PathLike[str]


def read(
    path: AnyPath | Sequence[AnyPath],
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    text: Collection[str] = (),
    words: Collection[str] = (),
    decimal: str | None = None,
    called: str | None = None,
    lone: Lone = False,
    sheet: str | None = None,
) -> Sheet:
    r"""Read CSV, Parquet, JSON or an Excel workbook, told apart by its bytes.

    CSV and JSON may be gzipped.

    Parameters
    ----------
    path : str or path-like, or a sequence of them
        The name of a file: a pattern, an address or a query is not taken for one.  Several files
        are one table, one below the other; their columns may stand in any order.
    delimiter : str, optional
        One character, or ``"tab"``; by default the one of comma, semicolon, tab and bar that fits.
    encoding : str, optional
        A codec of Python; by default UTF-8, or what the byte order mark says.
    text : collection of str, default ()
        Columns whose cells stay as they are spelled, whatever they hold: labels, for instance.
    words : collection of str, default ()
        Columns of a text file that stay words although all of their cells spell numbers, since
        1.234 in them may be another number than it looks like.
    decimal : "," or ".", optional
        The decimal sign of the table, if it is known: with a comma, columns with points are such
        words, and else those in which each could part thousands, beside decimal commas in others.
    called : str, optional
        What messages call the file, if not by its path.
    lone : collection of str or bool, default False
        Names that the only column of a CSV may have, or True for any name; otherwise such a file is
        read where a delimiter is given.  In it a blank line is a row whose cell is missing.
    sheet : str, optional
        The name of the sheet of an Excel workbook; by default the first that is not hidden.

    Returns
    -------
    Sheet

    Raises
    ------
    numlp.errors.DataError
        A file is not a table that can be read, or its columns are not those of the first file:
        the message is one line with the place and the remedy.
    ModuleNotFoundError
        duckdb is not installed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "pets.csv")
    ...     _ = path.write_text("size;kind\n1;cat\n;NA\n")
    ...     sheet = read(path)
    >>> sheet.columns
    {'size': array([ 1., nan]), 'kind': array(['cat', 'NA'], dtype=object)}
    >>> sheet.notes
    ["delimiter ';'"]
    """
    with _opened(path, delimiter, encoding, called, lone, sheet) as table:
        table.decide(text, words, decimal)
        return table.sheet(*table.fetch())


def read_blocks(
    path: AnyPath | Sequence[AnyPath],
    rows: int,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    only: Collection[str] = (),
    spelled: Collection[str] = (),
    words: Collection[str] = (),
    called: str | None = None,
    lone: Lone = False,
    sheet: str | None = None,
) -> Generator[Sheet, None, None]:
    """Read as ``read`` does, in blocks of so many rows; the last one may be shorter.

    What a column is, is decided before the first block, by all rows.  The whole table is never in
    memory.

    Parameters
    ----------
    path, delimiter, encoding, words, called, lone, sheet
        As for ``read``, which says what is raised too.
    rows : int
        Rows of a block.
    only : collection of str, default ()
        Columns to read; where one of them is not there, all columns are read.
    spelled : collection of str, default ()
        Columns to give as they are spelled in the file too, whatever they hold: ``Sheet.spelled``.

    Yields
    ------
    Sheet
        A block of rows; the first block has the notes.

    Raises
    ------
    numlp.errors.DataError
        As for ``read``; or there is no such column to spell.
    """
    with _opened(path, delimiter, encoding, called, lone, sheet, keep=True) as table:
        table.decide((), words)
        table.keep(only, spelled)
        first = 0
        for records in table.records(rows):
            n_rows, cells = len(records), list(zip(*records, strict=True))[:-1]  # without z
            records.clear()
            found = zip(cells, table.kinds, strict=True)
            arrays = {i: from_tuple(own, kind) for i, (own, kind) in enumerate(found)}
            del cells
            yield table.sheet(n_rows, arrays, first)
            first += n_rows
        if not first:
            table.sheet(0, {})  # which says so


@contextlib.contextmanager
def _opened(
    path: AnyPath | Sequence[AnyPath],
    delimiter: str | None,
    encoding: str | None,
    called: str | None,
    lone: Lone,
    sheet: str | None,
    *,
    keep: bool = False,
) -> Iterator[Joined]:
    """Look at each file as a whole; copies that duckdb needed are removed afterwards.

    ``keep`` says that the cells are fetched by the block, by the connection that has looked at the
    file, if it is small and the only one.
    """
    import_duckdb()
    paths = [path] if isinstance(path, str | os.PathLike) else list(path)
    with (
        tempfile.TemporaryDirectory(prefix="numlp-", ignore_cleanup_errors=True) as scratch,
        unfinished(Path(scratch)),
        contextlib.ExitStack() as stack,
    ):
        kept = stack if keep and len(paths) == 1 else None
        relations = []
        for number, each in enumerate(paths):
            source, folder = called or os.fspath(each), Path(scratch, str(number))
            with reading(source):
                file = regular_file(source, Path(each))
                folder.mkdir()
                relations.append(
                    open_relation(source, file, delimiter, encoding, folder, lone, sheet, kept)
                )
        with reading(all_of(relations)):
            yield Joined(relations, Path(scratch))
