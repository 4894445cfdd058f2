"""One table file as duckdb reads it: the SQL for it, its columns' names, and what they hold.

duckdb parses and converts, millions of cells a second. What it lets pass is caught here, and
Python's csv module, slower but counting lines, says where a file is broken. The traps that the
comments name were met with duckdb 1.4 and 2.0.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from ...common.signals import signals_waiting
from .cells import BLANK, identifier, literal
from .text_file import (
    BLOCK,
    Lone,
    TextFile,
    check_names,
    fault,
    find_dialect,
    first_bytes,
    is_json,
    is_workbook,
    open_text,
    show,
    undecodable,
)

_CSV_BUFFER = 4_000_000  # bytes that duckdb reads at a time
# Bytes of a line of CSV, and of one JSON record: duckdb takes buffers as large, or twice as large,
# so the larger is for those who need it.
CSV_LINES = (2_000_000, 1 << 27)
JSON_RECORDS = (1 << 22, 1 << 27)
# How many rows are looked at before all others, and how many bytes a column must have for that to
# be worth its time.
FIRST_ROWS, LONG_COLUMN = 50, 100_000

# Each kind of cell has a bit; bit_or over the cells (@) of a column is the set of their kinds.
TEXT, INT, FLOAT, HUGE, ZERO, NAN, DATE, BOOL, COMMA, THREE, VECTOR = (1 << i for i in range(11))
NUMBER = INT | FLOAT | HUGE | NAN | THREE
# The casts take too much: 1_000 and +-1 as a number, 1.5 as a BIGINT, 'epoch', 2020/1/2, the year 0
# and 24:00 as a TIMESTAMP, and the offset +02:00 they drop without applying it. What parse_number
# and parse_time refuse is text. Commonest cells come first. A text such as 1,5 has the bit COMMA
# too; a number such as 1.234, which beside decimal commas may be 1234, has THREE and not FLOAT.
# A dear test has a cheap one in front of it: blanks alone, less than a minus, stand before +-.
# What has THREE is a number to the cast too, which it is spared.
_THREE = f"""WHEN strlen(@) BETWEEN 5 AND 8 AND @[-4] = '.'
        AND regexp_full_match(@, '[+-]?[1-9]\\d{{0,2}}[.]\\d{{3}}') THEN {THREE}"""
_KIND = f"""CASE WHEN @ IS NULL THEN 0 {_THREE}
    WHEN TRY_CAST(@ AS DOUBLE) IS NULL OR contains(@, '_') OR (@ < '-' AND contains(@, '+-')) THEN
        CASE WHEN strlen(@) > 9
            AND regexp_full_match(@, '\\d{{4}}-\\d\\d-\\d\\d([ T]([01]\\d|2[0-3]):\\d\\d'
            || '(:\\d\\d([.]\\d{{1,6}})?)?Z?)?') AND TRY_CAST(@ AS TIMESTAMP) IS NOT NULL
            AND NOT starts_with(@, '0000')
        THEN {DATE} WHEN {BLANK} THEN 0
        WHEN contains(@, ',') AND regexp_full_match(@, '\\s*[+-]?[\\d. ]*\\d,\\d+[^\\d,.]{{0,5}}')
        THEN {TEXT | COMMA} ELSE {TEXT} END
    WHEN contains(@, '.') THEN {FLOAT}
    WHEN isnan(TRY_CAST(@ AS DOUBLE)) THEN {NAN}
    WHEN NOT regexp_full_match(@, '\\s*[+-]?\\d+\\s*') THEN {FLOAT}
    WHEN regexp_full_match(@, '\\s*[+-]?0\\d+\\s*') THEN {ZERO}
    WHEN TRY_CAST(@ AS BIGINT) IS NOT NULL THEN {INT}
    WHEN isinf(TRY_CAST(@ AS DOUBLE)) THEN {FLOAT} ELSE {HUGE} END"""
_HELD_BY_TYPE = {
    r"BOOLEAN": BOOL,
    r"U?(TINY|SMALL)INT|U?INTEGER|BIGINT|DECIMAL\((\d|1[0-8]),0\)": INT,
    r"UBIGINT|U?HUGEINT|DECIMAL\((19|[23]\d),0\)": HUGE,
    r"FLOAT|DOUBLE|DECIMAL\(\d+,\d+\)": FLOAT,
    r"(DATE|TIMESTAMP[A-Z_ ]*)": DATE,
    r"(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\))\[\d*\]": VECTOR,
    r"VARCHAR|UUID|TIME[A-Z_ ]*|INTERVAL|JSON|\"NULL\"": TEXT,
}


@dataclass(frozen=True)
class Relation:
    """A file that duckdb can read.

    Attributes
    ----------
    source : str
        What messages call the file.
    path : Path
        The file that duckdb opens: the file itself, or a copy of it.
    sql : str
        The relation that a query selects from.
    names : list of str
        The names of the columns; "" where a column of a CSV has no name.
    cells : list of str
        The names of the columns in SQL.
    holds : list of int
        The kinds of cells in each column, a set of bits; beside FLOAT, THREE may be left out.
    n_rows : int
        Rows of data.
    notes : list of str
        What was decided on the way.
    text : TextFile or None
        The text of a CSV, which knows its lines; None for Parquet and JSON.
    categories : frozenset of str
        The names of the columns whose type says that they hold categories.
    levels : mapping of str to tuple of str
        Of those among them that have an order, all categories, the lowest first.
    opened : duckdb connection or None
        What has looked at a small CSV, and can read it too, where it was kept.
    """

    source: str
    path: Path
    sql: str
    names: list[str]
    cells: list[str]
    holds: list[int]
    n_rows: int
    notes: list[str]
    text: TextFile | None = None
    categories: frozenset[str] = frozenset()
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    opened: Any = None


def open_relation(
    source: str,
    file: Path,
    delimiter: str | None,
    encoding: str | None,
    scratch: Path,
    lone: Lone = False,
    sheet: str | None = None,
    kept: ExitStack | None = None,
) -> Relation:
    """Look at a file as a whole: its format, whether it is sound, and what its columns hold.

    Parameters
    ----------
    source : str
    file : Path
        As ``regular_file`` gives it.
    delimiter, encoding : str, optional
        Found by looking at the file where they are not given.
    scratch : Path
        An empty folder, for a copy where duckdb cannot read the file as it is.
    lone : collection of str or bool, default False
        Names that the only column of a file may have, or True for any name.
    sheet : str, optional
        The name of the sheet of an Excel workbook.
    kept : ExitStack, optional
        Gets the connection to a small CSV, which takes longer to open than the file to read.
    """
    if is_workbook(file):
        from .workbook import open_sheet  # here, as the other formats do without

        text, notes = open_sheet(source, file, sheet, scratch)
        return _open_parted(text, notes, scratch, kept)
    if sheet is not None:
        raise fault(source, f"is not an Excel workbook, and --sheet {show(sheet)} names a sheet")
    if first_bytes(file).startswith(b"PAR1"):
        return _open_parquet(source, file, scratch)
    text, notes = open_text(source, file, encoding)
    try:
        if is_json(text):
            found = _open_json(text, scratch)
        else:
            found = _open_csv(text, delimiter, scratch, lone, kept)
    except UnicodeError:
        raise undecodable(text) from None
    return replace(found, notes=notes + found.notes)


@contextlib.contextmanager
def reading(source: str) -> Iterator[None]:
    """Turn every error that reading a file can raise into a DataError of one line."""
    try:
        yield
    except import_duckdb().Error as error:
        what = re.sub(r"^[\w ]+ Error: ", "", str(error)).split("\n")[0].strip()
        if isinstance(error, import_duckdb().OutOfMemoryException):
            what = f"not enough memory to read it: {what}"
        raise fault(source, re.sub(r"""(in )?file ["'][^"']*["'],? ?""", "", what)) from None
    except (EOFError, zlib.error) as error:
        raise fault(source, f"gzip data damaged or cut short ({error})") from None
    except OSError as error:  # without strerror: the bytes are not gzip data
        raise fault(source, f"cannot be read: {error.strerror or error}") from None


def import_duckdb() -> Any:
    """Import duckdb, or say how to install it."""
    try:
        with signals_waiting():  # a signal while duckdb is imported aborts the process
            return importlib.import_module("duckdb")
    except ModuleNotFoundError as error:
        error.msg = "table files are read with duckdb: pip install 'numlp[cli]'"
        raise


def regular_file(source: str, file: Path) -> Path:
    """The file, resolved; a DataError, in which it is called ``source``, if it cannot be read."""
    if "\0" in str(file) or not file.exists():
        raise fault(source, "no such file")
    if not file.is_file():
        raise fault(source, "is a directory, a pipe or a device; give a file")
    if file.stat().st_size == 0:
        raise fault(source, "is empty (0 bytes)")
    file = file.resolve()
    if re.search("[\ud800-\udfff]", str(file)):  # what Python makes of other bytes in a path
        raise fault(ascii(source), "duckdb opens only paths in UTF-8; rename the file")
    return file


@contextlib.contextmanager
def connection(paths: Iterable[Path], scratch: Path) -> Iterator[Any]:
    """Open a database of its own that can read these files, and write into a folder for it."""
    config = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "temp_directory": "",
    }
    opened = import_duckdb().connect(":memory:", config=config)
    allowed = ", ".join(f"{literal(str(path))}, {_pattern(path)}" for path in paths)
    try:
        opened.execute(f"SET allowed_paths = [{allowed}]")
        opened.execute(f"SET allowed_directories = [{literal(str(scratch))}]")
        opened.execute("SET TimeZone = 'UTC'")  # a time with a zone is spelled alike everywhere
        opened.execute("SET enable_external_access = false")
        opened.execute("SET enable_progress_bar = false")
        yield opened
    except RuntimeError as error:  # what duckdb makes of Ctrl-C
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from None
        raise
    finally:
        opened.close()


def _pattern(path: Path) -> str:
    """The pattern, as a literal, of this path alone: duckdb expands *, ? and [ in names."""
    return literal(re.sub(r"([*?\[])", r"[\1]", str(path)))


def _open_csv(
    text: TextFile, delimiter: str | None, scratch: Path, lone: Lone, kept: ExitStack | None
) -> Relation:
    return _open_parted(*find_dialect(text, delimiter, lone), scratch, kept)


def _open_parted(
    text: TextFile, notes: list[str], scratch: Path, kept: ExitStack | None
) -> Relation:
    """Look at a CSV as a whole whose delimiter is known."""
    names, more = check_names(text.source, next(text.records())[1])
    notes += more
    path = text.path if text.is_plain() else text.copied(scratch)
    odd = _oddities(path, text.delimiter.encode())
    if odd.longest > CSV_LINES[1]:
        what = f"a line has more than {CSV_LINES[1] >> 20} MiB, the most that is read"
        raise fault(text.source, f"{what}; shorten its cells, or leave them out")
    if odd.ends_with_delimiter:
        text.check()
    if odd.lone_cr:
        if odd.lf:
            notes += text.check_returns()
        path = text.copied(scratch)
    elif any("\n" in name for name in names):  # of lines that end with CRLF duckdb finds none then
        path = text.copied(scratch)
    error = import_duckdb().Error
    # Of a line longer than its buffer duckdb says something else, and nothing where it is the last.
    for longest in CSV_LINES if odd.longest <= CSV_LINES[0] else CSV_LINES[1:]:
        with contextlib.suppress(error):
            return _tallied(text, path, names, notes, scratch, longest, kept)
        if path.stat().st_size <= longest:
            break
    text.check()  # tells the line; silent, it was the mixture of line ends
    return _tallied(text, text.copied(scratch), names, notes, scratch, CSV_LINES[0], kept)


class _Oddities(NamedTuple):
    """What in a CSV duckdb reads otherwise than Python, or not at all.

    Attributes
    ----------
    lone_cr : bool
        Whether there is a CR without LF: duckdb may lose the character after it.
    lf : bool
        Whether there is any LF.
    ends_with_delimiter : bool
        Whether a line ends with a delimiter: duckdb lets any number of them pass.
    longest : int
        Bytes of the longest line, where that is over ``2 * BLOCK``; else fewer.
    """

    lone_cr: bool
    lf: bool
    ends_with_delimiter: bool
    longest: int


def _oddities(path: Path, delimiter: bytes) -> _Oddities:
    lone_cr = lf = ends = False
    longest = begun = 0  # bytes of the line at hand that stood in the blocks before
    with path.open("rb") as stream:
        # Blocks end with a line, unless it is long, so that nothing looked for lies across two.
        for block in iter(lambda: stream.read(BLOCK) + stream.readline(BLOCK), b""):
            returns = b"\r" in block  # one byte is looked for ten times as fast as two
            lone_cr |= returns and block.count(b"\r") != block.count(b"\r\n")
            lf |= b"\n" in block
            ends |= delimiter + b"\n" in block or (returns and delimiter + b"\r" in block)
            ends |= block.endswith(delimiter)
            last = max(block.rfind(b"\n"), block.rfind(b"\r"))
            first = last if last < 0 else len(re.split(rb"[\r\n]", block, maxsplit=1)[0])
            longest = max(longest, begun + (len(block) if last < 0 else first))
            begun = begun + len(block) if last < 0 else len(block) - 1 - last
    return _Oddities(lone_cr, lf, ends, longest)


def _tallied(
    text: TextFile,
    path: Path,
    names: list[str],
    notes: list[str],
    scratch: Path,
    longest: int,
    kept: ExitStack | None,
) -> Relation:
    """Read all of the file once: whether it can be, and what its columns hold."""
    cells = [f"c{i}" for i in range(len(names))]
    size = path.stat().st_size
    # For a large file memory counts, for a small one the time to read it in one piece.
    large = size > _CSV_BUFFER or longest > _CSV_BUFFER
    buffer = f"buffer_size={max(_CSV_BUFFER, longest)}," if large else ""
    relation = f"""read_csv({_pattern(path)}, auto_detect=false, header=true, strict_mode=true,
        null_padding=false, ignore_errors=false, compression='none', hive_partitioning=false,
        delim={literal(text.delimiter)}, quote='"', escape='"', nullstr='', {buffer}
        max_line_size={longest},
        columns={{{", ".join(f"'{cell}': 'VARCHAR'" for cell in cells)}}})"""
    kept = None if large else kept
    with ExitStack() as own:
        opened = (own if kept is None else kept).enter_context(connection([path], scratch))
        floats: set[str] = set()
        if size > LONG_COLUMN * len(cells):
            first = f"SELECT {_kinds(cells, _KIND)} FROM (FROM {relation} LIMIT {FIRST_ROWS})"  # noqa: S608 - our own names
            for (kinds,) in opened.execute(first).fetchall():
                floats.update(c for c, bits in zip(cells, kinds, strict=True) if bits & FLOAT)
        # Nobody asks whether a column with FLOAT has THREE too, which takes long to find out.
        lists = [c for c in cells if c in floats], [c for c in cells if c not in floats]
        each = [_kinds(lists[0], _KIND.replace(_THREE, "")), _kinds(lists[1], _KIND)]
        bits = ", ".join(f"bit_or(k{n}[{i + 1}])" for n in (0, 1) for i in range(len(lists[n])))
        rows = f"SELECT {each[0]} AS k0, {each[1]} AS k1 FROM {relation}"  # noqa: S608 - our own names
        tally = f"SELECT [{bits}], count(*) FROM ({rows})"  # noqa: S608 - our own names
        found, n_rows = opened.execute(tally).fetchone()
    held = dict(zip(lists[0] + lists[1], found, strict=True))
    holds = [held[cell] or 0 for cell in cells]
    again = None if kept is None else opened
    return Relation(
        text.source, path, relation, names, cells, holds, n_rows, notes, text, opened=again
    )


def _kinds(cells: list[str], kind: str) -> str:
    """The SQL for the list of the kinds of these cells of a row."""
    # One lambda for all columns: with an expression for each, 5,000 columns took 16 s, not 2 s.
    return f"list_transform([{', '.join(cells)}]::VARCHAR[], lambda v: {kind.replace('@', 'v')})"


def kind_of(bits: int) -> str:
    """The kind of a column, a key of ``SELECT``, by the set of bits of its cells."""
    if bits in (DATE, BOOL, VECTOR):
        return {DATE: "date", BOOL: "bool", VECTOR: "vector"}[bits]
    if bits in (0, NAN) or bits & ~NUMBER:
        return "text"
    return "float" if bits & (FLOAT | THREE) else "huge" if bits & HUGE else "int"


def parquet_names(file: Path, scratch: Path) -> list[str]:
    """The names of the columns of a Parquet file, as they stand in it."""
    with connection([file], scratch) as opened:
        return _parquet_names(opened, file)


def _parquet_names(opened: Any, file: Path) -> list[str]:
    schema = f"SELECT name, num_children FROM parquet_schema({_pattern(file)})"  # noqa: S608 - a quoted literal
    names, n_below = [], 0
    for name, n_children in opened.execute(schema).fetchall()[1:]:
        if n_below:  # a part of the column before, such as the numbers of a list
            n_below -= 1
        else:
            names.append(name)
        n_below += n_children or 0
    return names


def _open_parquet(source: str, file: Path, scratch: Path) -> Relation:
    from .arrow_schema import meanings_of  # here, as the other formats do without
    from .parquet_levels import levels_in

    relation = f"read_parquet({_pattern(file)}, hive_partitioning=false, binary_as_string=true)"
    with connection([file], scratch) as opened:
        types = _types(opened, source, relation)
        metadata = f"SELECT key, value FROM parquet_kv_metadata({_pattern(file)})"  # noqa: S608 - a quoted literal
        told = meanings_of(opened.execute(metadata).fetchall())
        names, notes = check_names(source, _parquet_names(opened, file))
        (n_rows,) = opened.execute(f"SELECT count(*) FROM {relation}").fetchone()  # noqa: S608 - our own SQL
    cells = [identifier(name) for name in types]
    holds = [held for _, held in types.values()]
    for i, name in enumerate(names):
        if name in told.durations and holds[i] == INT:  # of nanoseconds, for instance
            cells[i] = f"({cells[i]} / {told.durations[name]}::DOUBLE)"
            holds[i] = FLOAT
    levels, more = levels_in(file, told, names)
    return Relation(
        source,
        file,
        relation,
        names,
        cells,
        holds,
        n_rows,
        ["Parquet", *notes, *more],
        categories=frozenset(told.categories.intersection(names)),
        levels=levels,
    )


def _open_json(text: TextFile, scratch: Path) -> Relation:
    path = text.copied(scratch)  # also says where a byte is not UTF-8
    usual, largest = JSON_RECORDS
    try:
        return _typed(text, path, scratch, usual)
    except import_duckdb().Error as error:
        if "maximum_object_size" not in str(error):
            raise
    return _typed(text, path, scratch, largest)


def _typed(text: TextFile, path: Path, scratch: Path, record: int) -> Relation:
    """The relation of a JSON file whose records have so many bytes at most."""
    place = f"{_pattern(path)}, maximum_object_size={record}"
    keys = f"SELECT DISTINCT unnest(json_keys(json)) FROM read_json_objects({place})"  # noqa: S608 - a quoted literal
    with connection([path], scratch) as opened:
        folded = Counter(key.lower() for (key,) in opened.execute(keys).fetchall())
        twice = [key for key, count in folded.items() if count > 1]
        if twice or not folded:  # duckdb would leave one of the two columns empty
            what = f"names that differ by case alone: {show(*twice)}" if twice else "no records"
            raise fault(text.source, f'JSON with {what}; write records such as {{"a": 1}}')
        relation = f"read_json({place}, sample_size=-1, map_inference_threshold=-1)"
        types = _types(opened, text.source, relation)
        # Text as text: duckdb would make a TIME of '5:10', and print it as '05:10:00', and a
        # TIMESTAMP of '2024-3-1' and 'epoch', but only where no other cell speaks against it.
        types = {
            name: ("VARCHAR", TEXT) if held & (TEXT | DATE) else (type_, held)
            for name, (type_, held) in types.items()
        }
        columns = ", ".join(
            f"{literal(name)}: {literal(type_)}" for name, (type_, _) in types.items()
        )
        relation = f"read_json({place}, columns={{{columns}}})"
        cells = [identifier(name) for name in types]
        counts = ", ".join(f"count({cell})" for cell in cells)
        query = f"SELECT [{counts}], count(*) FROM {relation}"  # noqa: S608 - quoted names
        n_given, n_rows = opened.execute(query).fetchone()
    names, notes = check_names(text.source, list(types))
    # A column that is null throughout holds nothing: another file may say what it is.
    holds = [held if n else 0 for (_, held), n in zip(types.values(), n_given, strict=True)]
    return Relation(text.source, path, relation, names, cells, holds, n_rows, ["JSON", *notes])


def _types(opened: Any, source: str, relation: str) -> dict[str, tuple[str, int]]:
    """For each column, by name, its type as duckdb calls it, and the bit of such cells."""
    types: dict[str, tuple[str, int]] = {}
    nested = []
    for name, type_, *_ in opened.execute(f"DESCRIBE FROM {relation}").fetchall():
        held = [bit for pattern, bit in _HELD_BY_TYPE.items() if re.fullmatch(pattern, type_)]
        types[name] = (type_, held[0] if held else TEXT)
        nested += [] if held else [name]
    if nested:
        what = f"lists or records in column {show(*nested)}, where only lists of numbers are read"
        raise fault(source, f"{what}; flatten or drop it")
    return types
