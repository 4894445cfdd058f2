"""Answers for Parquet files, as a folder of Parquet files that is written whole or not at all."""

import secrets
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..common.blas import one_blas_thread
from ..common.unfinished import unfinished
from ..common.wording import CellNote, name_list, nearest
from ..errors import DataError
from ..models.fitted_model import FittedModel
from ..storage.whole_file import real_path
from . import rounds
from .cluster import check_workers, submit
from .files import ParquetTable, Piece, as_frame, read_piece


class Asked(NamedTuple):
    """What is to be written of each row.

    Attributes
    ----------
    kept : tuple of str
        Columns of the files, in front of the answers.
    target : str
        The name of the column of classes.
    with_proba : bool
        Whether there is a column for the probability of each class.
    threshold : float or None
        As for ``FittedModel.decide``.
    """

    kept: tuple[str, ...]
    target: str
    with_proba: bool
    threshold: float | None


def write_answers(
    client: Any,
    model: FittedModel,
    table: ParquetTable,
    asked: Asked,
    folder: Path,
    told: Callable[[int], None],
) -> list[str]:
    """Write a file of answers for each partition into a new folder, on the workers.

    Parameters
    ----------
    client : Client
    model : FittedModel
    table : ParquetTable
    asked : Asked
    folder : Path
        It is not there, or empty.  All workers write beside it; it gets its name at the end.
    told : callable
        Gets the number of rows of each partition that is answered.

    Returns
    -------
    list of str
        Notes on cells that could not be read as in training.

    Raises
    ------
    DataError
        A column is missing, or a cell cannot be read; the message names the file.
    ClusterError
        The cluster was lost.
    OSError
        The folder cannot be written.
    """
    names = names_read(model, table, asked)
    check_workers(client)
    target = real_path(folder)
    unnamed = target.with_name(f".{target.name[:48]}.{secrets.token_hex(8)}.tmp")
    with unfinished(unnamed):
        unnamed.mkdir()
        try:
            notes = _written(client, model, table, names, asked, unnamed, told)
            _move(unnamed, target)
        except BaseException:
            _remove(unnamed)
            raise
    return notes


def _move(unnamed: Path, target: Path) -> None:
    if target.is_dir():
        target.rmdir()  # it is empty, or this says so
    unnamed.rename(target)


def _remove(folder: Path) -> None:
    """Remove a folder into which workers may be writing yet: by its name they find it no more."""
    elsewhere = folder.with_suffix(".gone.tmp")
    with unfinished(elsewhere):
        folder.rename(elsewhere)
        shutil.rmtree(elsewhere, ignore_errors=True)


def names_read(model: FittedModel, table: ParquetTable, asked: Asked) -> list[str]:
    """The columns that the model takes.

    Raises
    ------
    DataError
        One of them, or of those to keep, is not there.
    """
    names = [*model.matrix_columns()] if model.named else table.names
    for name in asked.kept:
        if name not in table.names:
            raise DataError(f"the files have no column {name!r}: {nearest(name, table.names)}")
    if missing := [name for name in names if name not in table.names]:
        raise DataError(f"the files lack columns that the model needs: {name_list(missing)}")
    return names


def _written(
    client: Any,
    model: FittedModel,
    table: ParquetTable,
    names: Sequence[str],
    asked: Asked,
    folder: Path,
    told: Callable[[int], None],
) -> list[str]:
    shared = submit(client, rounds.same, model)
    digits = max(5, len(str(len(table.pieces))))
    tasks = [
        submit(
            client,
            answer_piece,
            piece,
            shared,
            tuple(names),
            asked,
            str(folder / f"part-{number:0{digits}}.parquet"),
        )
        for number, piece in enumerate(table.pieces)
    ]
    notes: list[str] = []
    for number, future in enumerate(tasks):
        own = table.result(client, number, future)
        notes = CellNote.added([*notes, *(CellNote(**note) for note in own)])
        told(table.pieces[number].n_rows)
    return notes


def answer_piece(
    piece: Piece, model: FittedModel, names: tuple[str, ...], asked: Asked, file: str
) -> list[dict[str, Any]]:
    """Answer the rows of a partition, and write a file of that; notes on its cells: a task.

    Once more is as good as once: the file gets its name when it is whole.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    read = read_piece(piece, list(dict.fromkeys([*names, *asked.kept])))
    notes: list[str] = []
    P = np.zeros((0, len(model.classes)))
    answers = model.classes[:0]
    if read.num_rows:
        with one_blas_thread():
            P = model.predict_proba(as_frame(read.select(list(names))), notes)
        answers = model.classes[model.decide(P, asked.threshold)]
    columns = {name: read.column(name) for name in asked.kept}
    columns[asked.target] = pa.array(answers.tolist(), pa.array(model.classes.tolist()).type)
    if asked.with_proba:
        for place, label in enumerate(model.classes.tolist()):
            columns[f"proba_{label}"] = pa.array(P[:, place])
    unnamed = Path(f"{file}.{secrets.token_hex(8)}.tmp")
    try:
        pq.write_table(pa.table(columns), unnamed)
        unnamed.replace(file)
    except FileNotFoundError as error:
        raise DataError(
            f"the folder {Path(file).parent.parent} is not there on a worker: every machine of the "
            "cluster has to find it under the same path"
        ) from error
    finally:
        unnamed.unlink(missing_ok=True)
    kept = ("column", "n_cells", "what", "words", "usual", "cause")
    return [
        {name: getattr(note, name) for name in kept} for note in notes if isinstance(note, CellNote)
    ]
