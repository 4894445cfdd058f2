"""The order of categories in a Parquet file.

That a column has an order stands in the schema; the order itself does not, but in the pages of the
column, which duckdb decodes and drops.  polars notes it down in the schema too; for files of others
pyarrow reads it, where that is installed.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path

from ...common.wording import name_list
from .arrow_schema import Meanings

Levels = dict[str, tuple[str, ...]]


def levels_in(file: Path, told: Meanings, names: Sequence[str]) -> tuple[Levels, list[str]]:
    """The categories of columns that have an order, and a note on those whose order is not known.

    Parameters
    ----------
    file : Path
    told : Meanings
        What the metadata of the file say.
    names : sequence of str
        The names of the columns.
    """
    found = {name: levels for name, levels in told.levels.items() if name in names}
    sought = [name for name in names if name in told.ordered and name not in found]
    if not sought:
        return found, []
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ModuleNotFoundError:
        why = "which pyarrow reads: install it"
    else:
        found |= _by_pyarrow(parquet, file, sought)
        why = "which is not in the file"
    lacking = [name for name in sought if name not in found]
    if not lacking:
        return found, []
    do = "or say --column NAME=ordered:LOW,...,HIGH"
    return found, [f"the categories of {name_list(lacking)} have an order, {why}, {do}"]


def _by_pyarrow(parquet: object, file: Path, names: Sequence[str]) -> Levels:
    """The dictionaries of columns, which stand in the file in the order of the categories."""
    found = {}
    with parquet.ParquetFile(file) as opened:  # type: ignore[attr-defined]
        for name in names:
            for batch in opened.iter_batches(batch_size=1, columns=[name]):
                cells = batch.column(0)
                if getattr(cells.type, "ordered", False):
                    found[name] = tuple(map(str, cells.dictionary.to_pylist()))
                break
    return found
