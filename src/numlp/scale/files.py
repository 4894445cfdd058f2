"""Parquet files as a table in partitions: looked at by their footers, read where they are needed.

Which rows are a partition is told by the files alone: some row groups of one file that follow each
other.  So a table has the same partitions on any cluster and with any version of Dask.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.wording import count, name_list, nearest, shortened
from ..data.columns import floats_of
from ..data.labels import EncodedLabels
from ..errors import DataError
from .cluster import EXTRA, PartitionError, results, submit
from .look import MOST_LABELS

PIECE_BYTES = 1 << 26  # of the cells of a partition, before they are packed: row groups up to that
MAKE_PARQUET = (
    "a cluster reads Parquet alone; python -c \"import duckdb; duckdb.sql(\\\"copy (from '{}') to "
    "'{}'\\\")\" makes it"
)


class Piece(NamedTuple):
    """The rows of one partition.

    Attributes
    ----------
    file : str
        The path, from the root.
    groups : tuple of int
        The numbers of its row groups.
    n_rows : int
    """

    file: str
    groups: tuple[int, ...]
    n_rows: int


@dataclass(frozen=True)
class ParquetTable:
    """Files that are one table.

    Attributes
    ----------
    pieces : list of Piece
        In the order of the files.
    schema : Schema of pyarrow
        The columns of the first file, without what pandas says of them.
    """

    pieces: list[Piece]
    schema: Any

    def __str__(self) -> str:
        return f"{count(self.n_rows, 'row')} in {count(len(self.pieces), 'partition')}"

    @property
    def names(self) -> list[str]:
        """The columns, in the order of the first file."""
        return list(self.schema.names)

    @property
    def n_rows(self) -> int:
        """Rows of all files."""
        return sum(piece.n_rows for piece in self.pieces)

    def told(self, number: int) -> str:
        """What a message calls a partition."""
        piece = self.pieces[number]
        whole = sum(other.file == piece.file for other in self.pieces) == 1
        first, last = piece.groups[0], piece.groups[-1]
        return piece.file if whole else f"{piece.file}, row groups {first} to {last}"

    def frame(self, target: str | None = None, classes: Mapping[str, Any] | None = None) -> Any:
        """The table as a lazy Dask DataFrame, a partition for each piece.

        Parameters
        ----------
        target : str, optional
            The column of labels, which ``classes`` are for.
        classes : mapping of word to class, optional
            What each label stands for; rows without a label are left out.
        """
        from dask.dataframe import from_map

        reading = _Frames(tuple(self.names), target, classes)
        empty = self.schema.empty_table()
        meta = reading.frame_of(empty)
        return from_map(reading, self.pieces, meta=meta, label="parquet")  # type: ignore[no-untyped-call]

    def result(self, client: Any, number: int, future: Any) -> Any:
        """What a task on a partition comes to; a fault of its rows names the file."""
        try:
            (found,) = results(client, [future])
        except DataError as error:
            raise DataError(f"{self.told(number)}: {error}") from error
        return found

    @contextmanager
    def naming_files(self) -> Iterator[None]:
        """Name the file in place of the number of the partition, where one of them is at fault."""
        try:
            yield
        except PartitionError as error:
            raise DataError(f"{self.told(error.number)}: {error.what}") from error


@dataclass(frozen=True)
class _Frames:
    """A reader of pieces, as frames of pandas: a function that goes to the workers."""

    names: tuple[str, ...]
    target: str | None
    classes: Mapping[str, Any] | None

    def __call__(self, piece: Piece) -> Any:
        return self.frame_of(read_piece(piece, self.names))

    def frame_of(self, table: Any) -> Any:
        """A table of pyarrow as a frame, its labels as classes."""
        if self.target is None or self.classes is None:
            return as_frame(table)
        words, places = _words_of(table.column(self.target))
        is_class = np.array([word in self.classes for word in words] + [False])
        labelled = is_class[places]  # the last place is that of a missing label
        rows = table.drop_columns([self.target]).filter(labelled)
        frame = as_frame(rows)
        known = [self.classes.get(word) for word in words]
        labels = np.array([*known, None], object)[places[labelled]]
        if known and all(isinstance(label, bool | None) for label in known):
            labels = labels.astype(bool)
        frame.insert(len(frame.columns), self.target, labels)
        return frame


def parquet_table(files: Sequence[Path]) -> ParquetTable:
    """Look at the footers of some files, which have to be one table.

    Raises
    ------
    DataError
        A file is not Parquet, lacks a column that the first one has or has one more, or a column
        has another type in it.
    ImportError
        Dask or pyarrow is not installed.
    """
    try:
        import dask.dataframe  # noqa: F401 - asked for now, before anything is read
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ImportError(f"{EXTRA} ({error})") from error
    pieces: list[Piece] = []
    first: Any = None
    for file in files:
        _check_parquet(file)
        try:
            with pq.ParquetFile(file) as opened:
                schema = opened.schema_arrow.remove_metadata()
                footer = opened.metadata
        except (OSError, ValueError) as error:  # the errors of Arrow are of these
            raise DataError(f"{file} is damaged: {_line(error)}") from error
        if first is None:
            twice = {name for name in schema.names if schema.names.count(name) > 1}
            if twice:
                raise DataError(f"{file}: several columns are called {name_list(sorted(twice))}")
            first = schema
        _check_same(file, schema, files[0], first)
        sizes = [
            (footer.row_group(i).num_rows, footer.row_group(i).total_byte_size)
            for i in range(footer.num_row_groups)
        ]
        pieces += _pieces_of(str(file.absolute()), sizes)
    if not sum(piece.n_rows for piece in pieces):
        raise DataError(f"{files[0]}{' and the others' * (len(files) > 1)} have no rows")
    return ParquetTable(pieces, first)


def _check_parquet(file: Path) -> None:
    if file.is_dir():
        raise DataError(f"{file} is a folder: give its files, as by '{file}/*.parquet'")
    with file.open("rb") as stream:
        start = stream.read(4)
    if start != b"PAR1":
        made = MAKE_PARQUET.format(file, file.with_suffix(".parquet"))
        raise DataError(f"{file} is not a Parquet file: {made}")


def _check_same(file: Path, schema: Any, first_file: Path, first: Any) -> None:
    """Raise a DataError where the columns of a file are not those of the first."""
    for name in first.names:
        if name not in schema.names:
            near = nearest(name, schema.names)
            raise DataError(f"{file} has no column {name!r}, which {first_file} has: {near}")
    for name in schema.names:
        if name not in first.names:
            near = nearest(name, first.names)
            raise DataError(f"{file} has a column {name!r}, which {first_file} has not: {near}")
        own, known = _kind(schema.field(name).type), _kind(first.field(name).type)
        if own != known and own and known:
            raise DataError(
                f"column {name!r} has {own} in {file}, and {known} in {first_file}: give it one "
                "type in all files"
            )


def _kind(type_: Any) -> str:
    """What cells of a type are; empty where all of them are missing."""
    from pyarrow import types

    if types.is_dictionary(type_):
        return _kind(type_.value_type)
    if types.is_null(type_):
        return ""
    if types.is_integer(type_) or types.is_floating(type_) or types.is_decimal(type_):
        return "numbers"
    if types.is_string(type_) or types.is_large_string(type_) or types.is_string_view(type_):
        return "words"
    if types.is_timestamp(type_) or types.is_date(type_):
        return "times"
    if types.is_list(type_) or types.is_large_list(type_) or types.is_fixed_size_list(type_):
        return f"lists of {_kind(type_.value_type)}"
    return str(type_)


def _pieces_of(file: str, sizes: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    """Row groups that follow each other, together up to ``PIECE_BYTES``, as partitions."""
    groups: list[int] = []
    n_rows = n_bytes = 0
    for number, (rows, size) in enumerate(sizes):
        if groups and n_bytes + size > PIECE_BYTES:
            yield Piece(file, tuple(groups), n_rows)
            groups, n_rows, n_bytes = [], 0, 0
        groups.append(number)
        n_rows, n_bytes = n_rows + rows, n_bytes + size
    if groups:
        yield Piece(file, tuple(groups), n_rows)


def read_piece(piece: Piece, names: Sequence[str]) -> Any:
    """Some columns of a partition as a table of pyarrow, in this order.

    Raises
    ------
    DataError
        The file is not there, or cannot be read.
    """
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(piece.file) as opened:
            # A name also stands for columns within one of that name: what is read is chosen again.
            table = opened.read_row_groups(piece.groups, [*names], use_threads=False)
    except FileNotFoundError as error:
        raise DataError(
            "it is not there on a worker: every machine of the cluster has to find the files under "
            "the same path"
        ) from error
    except (OSError, ValueError) as error:
        raise DataError(f"it cannot be read: {_line(error)}") from error
    return table.select([*names]).replace_schema_metadata(None)


def as_frame(table: Any) -> Any:
    """A table of pyarrow as a frame of pandas: dates are times, and decimals numbers."""
    import narwhals as nw
    import pyarrow as pa
    from pyarrow import types

    for place, field in enumerate(table.schema):
        if types.is_decimal(field.type):
            column = table.column(place)
            if field.type.scale == 0 and field.type.precision <= 18:  # an int64 has as many digits
                column = column.cast(pa.int64())
            else:
                column = pa.array(floats_of(nw.from_native(column, series_only=True)))
            table = table.set_column(place, field.name, column)
    return table.to_pandas(date_as_object=False, use_threads=False)


class FoundLabels(NamedTuple):
    """The labels of a table.

    Attributes
    ----------
    labels : EncodedLabels
        The different words, sorted, each once.
    counts : array of shape (n_words,)
        How many rows have each.
    n_blank : int
        How many rows have none.
    n_stripped : int
        Of how many labels blanks around the word were removed.
    """

    labels: EncodedLabels
    counts: NDArray[np.int64]
    n_blank: int
    n_stripped: int


def labels_of(client: Any, table: ParquetTable, target: str) -> FoundLabels:
    """Find the different labels of a table on a cluster, by reading that column alone.

    Raises
    ------
    DataError
        There is no such column, it is blank in every row, or it has too many different values.
    ClusterError
        The cluster was lost.
    """
    rows: dict[str, int] = {}
    n_blank = n_stripped = 0
    found = [submit(client, _labels_of_piece, piece, target) for piece in table.pieces]
    for number, future in enumerate(found):
        # One by one, as nobody knows how many there are.
        own, blank, stripped = table.result(client, number, future)
        n_blank, n_stripped = n_blank + blank, n_stripped + stripped
        for word, n in own.items():
            rows[word] = rows.get(word, 0) + n
        if len(rows) > MOST_LABELS:
            raise DataError(
                f"the target {target!r} has over {MOST_LABELS:,} different values, which are no "
                "classes: name another column, or make ranges of it in the files"
            )
    if not rows:
        raise DataError(f"every cell of the target column {target!r} is blank")
    words = sorted(rows)
    labels = EncodedLabels(np.array(words, object), np.arange(len(words)), target)
    return FoundLabels(labels, np.array([rows[word] for word in words]), n_blank, n_stripped)


def _labels_of_piece(piece: Piece, target: str) -> tuple[dict[str, int], int, int]:
    """How many rows have each label, how many none, and of how many blanks were removed: a task."""
    column = read_piece(piece, [target]).column(target)
    words, places = _words_of(column)
    n_rows = np.bincount(places, minlength=len(words) + 1).tolist()
    if len(words) > MOST_LABELS:  # of them so many are enough
        words = words[: MOST_LABELS + 1]
    found: dict[str, int] = {}
    n_stripped = 0
    for word, raw, n in zip(words, _spelled(column), n_rows, strict=False):
        if word:
            found[word] = found.get(word, 0) + n
            n_stripped += n * (word != raw)
    n_blank = n_rows[-1] + sum(n for word, n in zip(words, n_rows, strict=False) if not word)
    return found, n_blank, n_stripped


def _words_of(column: Any) -> tuple[list[str], NDArray[np.intp]]:
    """The words of a column without blanks around them, and which one each row has.

    A row without one has the place after the last; words of blanks alone are empty.
    """
    encoded = _encoded(column)
    words = [word.strip() for word in _spelled(column)]
    places = encoded.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)
    return words, places.astype(np.intp)


def _spelled(column: Any) -> list[str]:
    """The different values as words, as DuckDB spells them; a number that is NaN is missing."""
    return [
        "" if value != value else str(value) for value in _encoded(column).dictionary.to_pylist()
    ]


def _encoded(column: Any) -> Any:
    from pyarrow import types

    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.combine_chunks().dictionary_encode()


def _line(error: BaseException) -> str:
    """An error of Arrow in one line."""
    return shortened(" ".join(str(error).split()), 200)
