"""A raw table -> a float32 matrix: what is learned from the training rows, and how it is applied.

The matrix has its columns by role::

    [ numbers | plain | flags | codes ]

*numbers* are continuous and scaled, *plain* are the numbers of vectors, scaled too, which the net
takes as they are and does not embed, *flags* are 0 and 1, or -1 and 1, and a *code* is the number
of a category in a list, from 1, as a whole number to look up in an embedding; 0 is missing,
unknown or rare.  A column of the table may fill columns of several roles: a number with holes is
a number and a flag.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..common.stage import each
from ..common.wording import CellNote, escaped, name_list
from ..data.columns import Column, Columns, as_columns
from ..errors import DataError
from .encoders import ONE_HOT_MAX, Encoder, Matrix, Number, SetAside, Slots, TwoValues
from .number_forms import COMMA

if TYPE_CHECKING:  # what fits alone needs
    from .summary import ColumnSummary

BLOCK = 1 << 16  # rows encoded at a time
MOST_SHOWN = 150  # characters of a cell of the audit
MOST_IN_NAMES = 1 << 25  # characters of the names of all features, each of which has its column's


class Table:
    """The fitted preprocessing of a table.

    Attributes
    ----------
    encoders : list of Encoder
        One for each column of the training table, in its order.
    named : bool
        Whether columns are found by name; else by position.
    n_numbers, n_plain, n_flags : int
        Columns of the matrix that are continuous, those that follow them, of vectors, and those
        that follow these, of flags.
    cardinalities : list of int
        For each column of codes, the last of the matrix, how many codes there are: 0 to
        cardinality - 1.
    width : int
        How many columns the matrix has.  Where nothing is left to learn from, it has one flag,
        always 0.

    Examples
    --------
    >>> table = Table.fit({"age": [31, 45, None, 27], "city": ["Bern", "Rome", "Bern", "Rome"]})
    >>> table.features
    ['age', 'age is missing', 'city=Rome']
    >>> table.transform({"city": ["Bern", "Oslo"], "age": [31, None]})
    array([[ 0.,  0., -1.],
           [ 0.,  1.,  0.]], dtype=float32)
    >>> print(table.audit())
    name  kind      features  why
    age   number           2  numbers; 1 cell missing in all
    city  category         1  2 distinct words
    """

    def __init__(self, encoders: Sequence[Encoder], *, named: bool) -> None:
        self.encoders, self.named = list(encoders), named
        widths = [encoder.widths for encoder in self.encoders]
        self.n_numbers, self.n_plain, n_flags = (sum(w[role] for w in widths) for role in range(3))
        self.cardinalities = [
            encoder.cardinality for encoder in self.encoders if encoder.cardinality
        ]
        self.n_flags = n_flags if n_flags or self.teaches else 1
        self.width = self.n_numbers + self.n_plain + self.n_flags + len(self.cardinalities)

    @classmethod
    def fit(
        cls,
        X: Any,
        columns: Mapping[Any, str] | None = None,
        *,
        decimal: str | None = None,
        one_hot_max: int = ONE_HOT_MAX,
        few_as_flags: bool = True,
        labels: Sequence[str] = (),
        aside: Mapping[str, str] | None = None,
    ) -> "Table":
        """Learn what each column is from the training rows.

        Parameters
        ----------
        X : as for ``as_columns``
            The table: n rows, at least one column.
        columns : mapping from column to kind, optional
            What to take a column for, in place of the guess: "number", "category", "date", "text",
            "ordered", "vector" or "ignore"; "date:%d/%m/%Y", "ordered:S,M,L" and "text:length" say
            more (``asked``).  A column is given by its name, or, in an array, by its position,
            from 0.
        decimal : "," or ".", optional
            The decimal sign of numbers in columns of words, in place of the guess.
        one_hot_max : int, default 24
            Most words of a category that get a flag each; of more, a code is looked up.
        few_as_flags : bool, default True
            Whether a column of a few distinct whole numbers gets a flag for each of them too.
        labels : sequence of str, default ()
            The classes that the words of a text may speak for, in order; without any, a text
            counts by its length alone.  What the words say is learned later (``ensemble.texts``).
        aside : mapping of str to str, optional
            Columns to set aside without a look at their cells, by name, and why.

        Returns
        -------
        Table

        Raises
        ------
        DataError
            There is no row or no column, a column that ``columns`` names is not there, it
            cannot be what was asked, or its numbers have another sign than ``decimal``.
        ValueError
            ``columns`` asks for an unknown kind, or an option has a value that is not allowed.

        Examples
        --------
        >>> zips = {"zip": [8001, 8002, 8001, 8002, 3011, 3011], "note": [3, 1, 2, 5, 4, 6]}
        >>> Table.fit(zips, {"zip": "category", "note": "ignore"}).features
        ['zip=3011', 'zip=8001', 'zip=8002']
        """
        from .fitting import Wishes, fitted_encoders  # here, as predicting does without

        X = as_columns(X)
        wishes = Wishes(columns, decimal, one_hot_max, few_as_flags, aside or {}, labels)
        return cls(fitted_encoders(X, wishes), named=X.named)

    @classmethod
    def of_summaries(
        cls,
        summaries: "Mapping[str, ColumnSummary]",
        sample: Columns,
        columns: Mapping[Any, str] | None = None,
        *,
        decimal: str | None = None,
        one_hot_max: int = ONE_HOT_MAX,
        few_as_flags: bool = True,
        aside: Mapping[str, str] | None = None,
    ) -> "Table":
        """Learn what each column is from summaries, where the rows lie elsewhere.

        Texts count by their length alone.

        Parameters
        ----------
        summaries : mapping of str to ColumnSummary
            What each column holds in all rows, by name: see ``table.sketches``.
        sample : Columns
            Some of the rows, with the same columns.  Their order, their types and the decimal sign
            are taken from it, and columns that repeat another are found in it.
        columns, decimal, one_hot_max, few_as_flags, aside
            As for ``fit``.

        Returns
        -------
        Table

        Raises
        ------
        DataError, ValueError
            As in ``fit``; a ValueError too where a column has no summary, and a DataError where
            vectors that are written as text were asked for.

        Examples
        --------
        >>> from .summary import summarize
        >>> rows = as_columns({"age": [31, 45, None], "city": ["Bern", "Rome", "Bern"]})
        >>> summaries = {name: summarize(name, rows[name]) for name in rows.names}
        >>> Table.of_summaries(summaries, rows).state() == Table.fit(rows).state()
        True
        """
        from .fitting import Wishes, encoders_of_summaries  # here, as predicting does without

        wishes = Wishes(columns, decimal, one_hot_max, few_as_flags, aside or {})
        return cls(encoders_of_summaries(summaries, sample, wishes), named=sample.named)

    @property
    def names(self) -> list[str]:
        """The names of the columns of the table."""
        return [encoder.name for encoder in self.encoders]

    @property
    def features(self) -> list[str]:
        """A name for each column of the matrix: numbers, plain, flags, codes."""
        numbers = [name for encoder in self.encoders for name in encoder.numbers]
        plain = [name for encoder in self.encoders for name in encoder.plain]
        flags = [name for encoder in self.encoders for name in encoder.flags]
        codes = [encoder.name for encoder in self.encoders if encoder.cardinality]
        return numbers + plain + flags + codes or ["(nothing)"]

    @property
    def with_commas(self) -> list[str]:
        """The names of the columns of numbers in whose words a comma is the decimal sign."""
        forms = {e.name: e.written for e in self.encoders if isinstance(e, Number | TwoValues)}
        return [name for name, form in forms.items() if form and form["decimal"] == COMMA]

    @property
    def teaches(self) -> bool:
        """Whether any column is learned from."""
        return any(encoder.width for encoder in self.encoders)

    def transform(self, X: Any, notes: list[str] | None = None) -> Matrix:
        """The matrix, (n, width), of a table with the same columns.

        Parameters
        ----------
        X : as for ``as_columns``
            Columns are found by name, in any order, where the training table had names; others
            are ignored.
        notes : list of str, optional
            Gets a line for each column with cells that could not be read as in training.

        Returns
        -------
        array of float32, of shape (n, width)

        Raises
        ------
        DataError
            Columns are missing, or times stand where numbers stood in training, or numbers where
            times did, or vectors have another length than in training.

        Examples
        --------
        >>> notes = []
        >>> Table.fit({"hue": ["red", "blue"] * 2}).transform({"hue": ["red", "pink"]}, notes)
        array([[1.],
               [0.]], dtype=float32)
        >>> notes
        ['hue: 1 cell with a word that was rare in training, or never seen there']
        """
        X = self.columns_of(X)
        columns = self._match(X, self._learned)
        matrix = np.zeros((X.n_rows, self.width), np.float32)
        slots_of = each("encoding column", self.slots(matrix), len(self.encoders))
        for (encoder, slots), cells in zip(slots_of, columns, strict=True):
            if not encoder.width:
                continue
            own: list[str] = []
            if cells.ndim == 2 and encoder.tag != "vector":
                raise DataError(
                    f"column {encoder.name!r} was of the kind {encoder.kind!r} in training, and "
                    "has vectors now"
                )
            read = encoder.read(cells, own)
            doubts = [] if notes is None else encoder.doubts(cells, read)
            cells, unknown, missing = read, 0, 0
            for start in range(0, X.n_rows, BLOCK):  # what encoding needs on its way is bounded
                rows = slice(start, start + BLOCK)
                odd = encoder.encode(cells[rows], Slots(*(slot[rows] for slot in slots)))
                unknown, missing = unknown + odd.unknown, missing + odd.missing
            if notes is not None:
                notes += [*own, *doubts]
                notes += _odd_cells(encoder, X.n_rows, unknown, missing - _n_cells(own))
        return matrix

    @property
    def _learned(self) -> set[str]:
        """The names of the columns that are learned from."""
        return {encoder.name for encoder in self.encoders if encoder.width}

    def columns_of(self, X: Any) -> Columns:
        """A table taken apart, as ``as_columns`` does; columns that teach nothing are not read."""
        learned = self._learned
        return as_columns(X, learned if self.named and learned else None)

    def slots(self, matrix: Matrix) -> Iterator[tuple[Encoder, Slots]]:
        """Each encoder with the views of its columns in a matrix."""
        ends = np.cumsum([self.n_numbers, self.n_plain, self.n_flags])
        blocks = np.split(matrix, ends, axis=1)
        starts = [0, 0, 0, 0]
        for encoder in self.encoders:
            stops = [start + width for start, width in zip(starts, encoder.widths, strict=True)]
            own = (b[:, i:j] for b, i, j in zip(blocks, starts, stops, strict=True))
            yield encoder, Slots(*own)
            starts = stops

    def _match(self, X: Columns, learned: set[str]) -> Iterator[Column]:
        """The column of X for each encoder, one after the other."""
        if self.named and X.named:
            lacking = [name for name in self.names if name in learned and name not in X.columns]
            if lacking:
                raise DataError(
                    f"The feature names should match those that were passed during fit: "
                    f"{name_list(lacking)} {'is' if len(lacking) == 1 else 'are'} missing; the "
                    f"table has {name_list([*X.names, *X.unread]) or 'no column'}"
                )
            return (X[n] if n in learned else np.empty(0) for n in self.names)
        if len(X.columns) != len(self.encoders):
            raise DataError(
                f"X has {len(X.columns)} features, but numlp is expecting {len(self.encoders)} "
                f"features as input: {name_list(self.names)}"
            )
        return iter(X.columns.values())

    def audit(self) -> "Audit":
        """What each column was taken for, and why: a row for each, which prints as a table.

        Returns
        -------
        list of dict
            With the keys name, kind, features (how many columns of the matrix it fills) and why.
        """
        return Audit(
            {
                "name": encoder.name,
                "kind": encoder.kind,
                "features": encoder.width,
                "why": encoder.why,
            }
            for encoder in self.encoders
        )

    # The model file

    def check_names(self) -> None:
        """Raise a ValueError where the names of all features, written out, are too long."""
        long = max(self.encoders, key=lambda encoder: len(encoder.name) * encoder.width)
        total = sum(len(encoder.name) * encoder.width for encoder in self.encoders)
        if total > MOST_IN_NAMES:
            raise ValueError(
                f"the names of the features have {total:,} characters, and {MOST_IN_NAMES:,} are "
                f"allowed: the name of a column has {len(long.name):,}, and {long.width:,} "
                "features begin with it"
            )

    @property
    def file_format(self) -> int:
        """The oldest format of model files whose readers know all encoders."""
        return max(encoder.file_format for encoder in self.encoders)

    def state(self) -> dict[str, Any]:
        """All that was learned, as JSON takes it."""
        return {"named": self.named, "columns": [encoder.state() for encoder in self.encoders]}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What a model file keeps beside ``state``: the arrays of each encoder, by its number."""
        return {
            f"table.{i}.{name}": array
            for i, encoder in enumerate(self.encoders)
            for name, array in encoder.arrays().items()
        }

    @classmethod
    def from_state(
        cls, state: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]] | None = None
    ) -> "Table":
        """The table that ``state`` and ``arrays`` describe.

        Raises
        ------
        KeyError, TypeError, ValueError
            The state was not made by ``Table.state``.
        """
        encoders = []
        by_column: dict[str, dict[str, NDArray[Any]]] = {}
        for name, array in ({} if arrays is None else arrays).items():
            column, _, own_name = name.removeprefix("table.").partition(".")
            by_column.setdefault(column, {})[own_name] = array
        for i, entry in enumerate(state["columns"]):
            settings = dict(entry)
            own = by_column.pop(f"{i}", {})
            encoder = _encoder_class(settings.pop("kind")).from_state(settings, own)
            encoder.check()
            encoders.append(encoder)
        if by_column:
            raise ValueError(f"arrays of columns that are not there: {sorted(by_column)[:3]}")
        if not encoders or len({encoder.name for encoder in encoders}) < len(encoders):
            raise ValueError("there is no column, or two columns have one name")
        if not isinstance(state["named"], bool):
            raise TypeError("named is neither true nor false")
        table = cls(encoders, named=state["named"])
        table.check_names()
        return table


def _encoder_class(tag: str) -> type[Encoder]:
    """The kind of encoder with this tag, loaded here: a table without dates does without theirs."""
    if tag == "category":
        from .category import Category

        return Category
    if tag == "ordered":
        from .ordered import Ordered

        return Ordered
    if tag == "date":
        from .dates import Date

        return Date
    if tag == "text":
        from .text import Text

        return Text
    if tag == "vector":
        from .vectors import Vector

        return Vector
    kinds: tuple[type[Encoder], ...] = (Number, TwoValues, SetAside)
    return {kind.tag: kind for kind in kinds}[tag]


class Audit(list[dict[str, Any]]):
    """What each column was taken for, and why: a list of dicts that prints as a table.

    >>> print(Audit([{"name": "id", "kind": "set aside", "features": 0, "why": "names the rows"}]))
    name  kind       features  why
    id    set aside         0  names the rows
    """

    def __str__(self) -> str:
        if not self:
            return "(no column)"
        rows = [_HEAD, *([_cell(row[key]) for key in _HEAD] for row in self)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        aligned = [
            f"{name:{widths[0]}}  {kind:{widths[1]}}  {features:>{widths[2]}}  {why}"
            for name, kind, features, why in rows
        ]
        return "\n".join(line.rstrip() for line in aligned)

    def _repr_html_(self) -> str:
        """The table as a notebook shows it."""
        from html import escape  # here, as predicting does without

        left = 'style="text-align:left"'  # or a notebook puts words at the right
        head = "".join(f"<th {left}>{key}</th>" for key in _HEAD)
        body = "".join(
            "<tr>"
            + "".join(f"<td {left}>{escape(_cell(row[key]))}</td>" for key in _HEAD)
            + "</tr>"
            for row in self
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


_HEAD = ["name", "kind", "features", "why"]


def _cell(value: object) -> str:
    return escaped(value, MOST_SHOWN)


def _n_cells(notes: Sequence[str]) -> int:
    return sum(note.n_cells for note in notes if isinstance(note, CellNote))


def _odd_cells(encoder: Encoder, n_rows: int, unknown: int, missing: int) -> Iterator[CellNote]:
    """Notes on cells that are unlike those of training; ``missing`` are those that had no word."""
    if unknown:
        usual = encoder.is_usual(unknown, n_rows - missing)
        yield CellNote(encoder.name, unknown, encoder.unknown, usual=usual)
    if missing and not encoder.had_holes:
        yield CellNote(encoder.name, missing, "missing, where none was in training")
