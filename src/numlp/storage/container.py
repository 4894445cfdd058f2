"""The file on disk: named arrays and one JSON document, for models and for checkpoints.

A file is a valid safetensors file, so other tools open it too::

    bytes 0 to 8        n, the length of the header: unsigned, little-endian
    bytes 8 to 8 + n    the header: ASCII JSON, padded with spaces until 8 + n = 0 (mod 64)
    bytes 8 + n on      the arrays: little-endian, C order, one after the other without a gap

The header always starts with ``__metadata__``, whose values are strings, in this order::

    {"__metadata__":{"format":"numlp","version":"1","sha256":"<64 hex digits>","kind":"model",
     "document":"<JSON>"},"W":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},...}

``sha256`` covers every byte of the file, its own 64 digits taken as zeros. Arrays with the widest
items come first, then they go by name, so every array is aligned and equal contents make equal
bytes.

The checksum proves that the file is whole. It does not prove who made it: whoever changes a file
can write a new checksum. So the reader believes nothing it has not compared with the bytes at
hand, and nothing in a file is ever run. Open only files whose source you trust to be right.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import re
import stat
from collections.abc import Iterator, Mapping
from io import BufferedReader
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from ..common.wording import escaped
from ..errors import ModelFileError
from .source import HEAD_SIZE, MAGIC, Contents, Source, Target, file_name, looks_like, put, taken
from .whole_file import atomic_write

__all__ = ["Head", "from_bytes", "head", "read", "reading_document", "to_bytes", "write"]

VERSION = 2  # the newest format that is read; a file is written in the oldest that can hold it
MAX_HEADER = 4 << 20  # bytes; longer lists belong in an array
MAX_MARKS = 500_000  # quotes, commas, brackets in one JSON text: bounds what parsing takes
MAX_DEPTH = 32
MAX_ARRAYS = 10_000
MAX_DIMENSIONS = 8
MAX_ITEMS = 1 << 48  # in one array

Array = NDArray[Any]
_DTYPES = {"F64": "<f8", "I64": "<i8", "F32": "<f4", "I32": "<i4", "U8": "|u1", "BOOL": "|b1"}
_SHAPES = f"and up to {MAX_DIMENSIONS} dimensions and {MAX_ITEMS:,} items are allowed"
_CODES = {dtype: code for code, dtype in _DTYPES.items()}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,99}")
_HEAD = re.compile(
    re.escape(MAGIC)
    + rb'([1-9][0-9]{0,8})"(?:,"sha256":"[0-9a-f]{64}","kind":"([A-Za-z0-9_.-]{1,100})")?'
)
_DIGEST_AT = 8 + len(MAGIC + b'1","sha256":"')
_DIGEST = slice(_DIGEST_AT, _DIGEST_AT + 64)
_NO_MARKS = bytes(set(range(256)) - set(b'",[]{}'))
_AGAIN = "Copy or download it again from where it was saved."


def write(
    path: Target,
    arrays: Mapping[str, Array],
    document: Mapping[str, Any],
    *,
    kind: str,
    version: int = 1,
) -> None:
    """Save arrays and a document as one file, whole or not at all.

    Parameters
    ----------
    path : str, path or open binary file
        Where to write. An old file stays as it was until the new one is on the disk; an open file
        is written to from where it stands.
    arrays : mapping of str to array
        float64, int64, float32, int32, uint8 or bool, in any memory layout and byte order.
        Names are up to 100 of ``A-Z a-z 0-9 _ . -`` and start with a letter. They must not
        change while they are written.
    document : mapping
        What JSON can hold: dict with str keys, list or tuple (comes back as a list), str, bool,
        None, finite float, int below 2**128 in size.
    kind : str
        What the file is, for instance "model". A model has finite numbers only.
    version : int, default 1
        The oldest format whose readers know all that the document has.

    Raises
    ------
    ValueError
        An array or the document is not as described above; nothing has been written.
    OSError
        The file could not be written; an old file is whole.
    """
    chunks = _encode(arrays, document, kind, version)
    if isinstance(path, str | os.PathLike):
        atomic_write(path, chunks)
    else:
        put(path, chunks)


def to_bytes(arrays: Mapping[str, Array], document: Mapping[str, Any], *, kind: str) -> bytes:
    """Return the bytes that `write` would write.

    Examples
    --------
    >>> data = to_bytes({"b": np.arange(3.0)}, {"classes": ["no", "yes"]}, kind="model")
    >>> from_bytes(data, kind="model")
    ({'classes': ['no', 'yes']}, {'b': array([0., 1., 2.])})
    """
    return b"".join(_encode(arrays, document, kind))


def read(path: Source | Contents, *, kind: str) -> tuple[dict[str, Any], dict[str, Array]]:
    """Open a file of this kind and return its document and its arrays.

    The arrays are writable, aligned and in the machine's byte order; they share one block of
    memory, which is theirs alone.

    Parameters
    ----------
    path : str, path, bytes or open binary file
        The file.
    kind : str
        What it has to be, for instance "model".

    Raises
    ------
    ModelFileError
        The file is not of this kind, is damaged, or is from a newer numlp.
    OSError
        The file could not be read: it does not exist, is a folder, or may not be opened.
    """
    source = taken(path)
    name = file_name(source)
    if isinstance(source, Contents):
        return _decode(source.data, kind, name)
    with _open(source) as file:
        size = os.fstat(file.fileno()).st_size
        # Before any memory is taken for the whole file.
        _check_head(file.read(HEAD_SIZE), size, kind, name)
        try:
            buffer = np.empty(size, np.uint8)
        except MemoryError:
            raise _refusal(
                name, f"has {size:,} bytes, more than fit into memory here", _AGAIN
            ) from None
        file.seek(0)
        count = file.readinto(buffer.data)
    return _decode(buffer[:count], kind, name)


class Head(NamedTuple):
    """What a file says it is.

    Attributes
    ----------
    kind : str
        For instance "model".
    version : int
        Version of the file format.
    size : int
        Number of bytes of the whole file.
    """

    kind: str
    version: int
    size: int


def head(path: Source | Contents) -> Head:
    """Tell from its first bytes what a file is; `read` tells whether it is whole.

    Raises
    ------
    ModelFileError
        The file does not start like one of this format, or is from a newer numlp.
    OSError
        The file could not be read.
    """
    source = taken(path)
    if isinstance(source, Contents):
        size, start = len(source.data), source.data[:HEAD_SIZE].tobytes()
    else:
        with _open(source) as file:
            size = os.fstat(file.fileno()).st_size
            start = file.read(HEAD_SIZE)
    _, kind = _check_head(start, size, "model or checkpoint", file_name(source))
    found = _HEAD.match(start, 8)
    assert found is not None  # noqa: S101 - or it had been refused
    return Head(kind, int(found[1]), size)


def _open(path: str | os.PathLike[str]) -> BufferedReader:
    """Open a file for reading, unless it is one that could keep its reader waiting."""
    mode = Path(path).stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise _refusal(os.fspath(path), "is not a regular file", "Save it to a file and give that.")
    return Path(path).open("rb")


MOST_SHOWN, MOST_PATH = 60, 5000  # characters of what a file holds, and of its name
# The errors that reading a document sets off which numlp did not write.
MALFORMED = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


def reason(error: BaseException) -> str:
    """What an error of ``MALFORMED`` says, in short."""
    return (f"{error} is missing" if isinstance(error, KeyError) else str(error))[:200]


@contextlib.contextmanager
def reading_document(path: Source | Contents, what: str) -> Iterator[None]:
    """Raise a ModelFileError for the errors of a malformed document in a file that is whole."""
    try:
        yield
    except MALFORMED as error:
        raise ModelFileError(
            f"{file_name(path)} is not a valid {what}: {reason(error)!r}. "
            "Its checksum fits, so it was made like this: save it again with numlp."
        ) from error


def from_bytes(
    data: bytes | bytearray | memoryview, *, kind: str, name: str = "<bytes>"
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Do what `read` does with the bytes of a file; errors call the file ``name``."""
    return _decode(np.array(memoryview(data).cast("B"), np.uint8), kind, name)


def _encode(
    arrays: Mapping[str, Array], document: Mapping[str, Any], kind: str, version: int = 1
) -> list[bytes | memoryview]:
    """Return the header and the buffers of the arrays; `_decode` accepts all that this accepts."""
    document = dict(document)
    _check_plain(document)
    text = json.dumps(document, separators=(",", ":"))
    _parse(text.encode())
    if not _NAME.fullmatch(kind):
        _refuse(f"the kind {kind!r} is not of the form {_NAME.pattern}")
    if len(arrays) > MAX_ARRAYS:
        _refuse(f"{len(arrays):,} arrays, and {MAX_ARRAYS:,} are allowed")
    metadata = {
        "format": "numlp",
        "version": str(version),
        "sha256": "0" * 64,
        "kind": kind,
        "document": text,
    }
    header: dict[str, Any] = {"__metadata__": metadata}
    chunks: list[bytes | memoryview] = []
    begin = 0
    named = [(name, np.asarray(array)) for name, array in arrays.items()]
    for name, array in sorted(named, key=lambda pair: (-pair[1].itemsize, pair[0])):
        dtype = array.dtype.str.replace(">", "<")
        if dtype not in _CODES:
            _refuse(f"the array {name!r} is of dtype {array.dtype}, not {', '.join(_DTYPES)}")
        if not _is_shape(list(array.shape)):
            _refuse(f"the array {name!r} has the shape {array.shape}, {_SHAPES}")
        flat = np.ascontiguousarray(array, dtype).reshape(-1)
        _check_array(name, flat, kind)
        end = begin + flat.nbytes
        header[name] = {
            "dtype": _CODES[dtype],
            "shape": array.shape,
            "data_offsets": (begin, end),
        }
        chunks.append(flat.view(np.uint8).data)
        begin = end
    raw = json.dumps(header, separators=(",", ":")).encode()
    raw += b" " * (-(8 + len(raw)) % 64)
    if len(raw) > MAX_HEADER:
        _refuse(f"a header of {len(raw):,} bytes, over {MAX_HEADER:,}: put lists in arrays")
    raw = len(raw).to_bytes(8, "little") + raw
    digest = hashlib.sha256(raw)
    for chunk in chunks:
        digest.update(chunk)
    raw = raw[: _DIGEST.start] + digest.hexdigest().encode() + raw[_DIGEST.stop :]
    return [raw, *chunks]


def _decode(
    buffer: NDArray[np.uint8], kind: str, name: str
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Check the bytes of a file, the cheapest property first, and take them apart."""
    end, found = _check_head(buffer[:HEAD_SIZE].tobytes(), len(buffer), kind, name)
    digest = hashlib.sha256(buffer[: _DIGEST.start].data)
    digest.update(b"0" * 64)
    digest.update(buffer[_DIGEST.stop :].data)
    if digest.hexdigest().encode() != buffer[_DIGEST].tobytes():
        raise _refusal(name, "is damaged or cut short: its checksum does not fit", _AGAIN)
    if found != kind:
        raise _refusal(name, f"is a numlp {found}, not a numlp {kind}", f"Give a {kind} instead.")
    try:
        header = _parse(buffer[8:end].tobytes())
        document = _document(header.pop("__metadata__"))
        return document, _arrays(header, buffer[end:], kind)
    except ValueError as error:
        raise _refusal(
            name,
            f"is not a valid numlp {kind}: {error}",
            "Its checksum fits, so it was made like this: save it again with numlp.",
        ) from None


def _check_head(head: bytes, size: int, kind: str, name: str) -> tuple[int, str]:
    """Return where the header ends and the kind, if a file of this size may start like this."""
    if size == 0:
        raise _refusal(name, "is empty", _AGAIN)
    if not head.startswith(MAGIC, 8):
        if size > 8 and MAGIC.startswith(head[8:]):
            raise _refusal(name, f"is cut short after {size} bytes", _AGAIN)
        raise _refusal(
            name,
            f"looks like {looks_like(head)}, not like a numlp {kind}",
            "Give a file numlp saved.",
        )
    start = _HEAD.match(head, 8)
    if start and int(start[1]) > VERSION:
        raise _refusal(
            name,
            f"is in file format {int(start[1])}, and this numlp reads formats up to {VERSION}",
            "Update it: pip install --upgrade numlp",
        )
    if not start or not start[2]:
        raise _refusal(name, "is damaged or cut short in its first bytes", _AGAIN)
    n = int.from_bytes(head[:8], "little")
    if n > size - 8:
        raise _refusal(
            name, f"is cut short or damaged: a header of {n:,} bytes in a file of {size:,}", _AGAIN
        )
    if n > MAX_HEADER or n % 64 != 56:
        raise _refusal(name, f"is damaged: no header has a length of {n:,} bytes", _AGAIN)
    return 8 + n, start[2].decode()


def _parse(raw: bytes) -> dict[str, Any]:
    """Parse a JSON object whose depth and number of values are bounded before it is parsed."""
    text = raw.decode("ascii")
    if not text.startswith("{"):
        _refuse("the JSON text is not an object")
    # Without escapes every quote begins or ends a string, so every second piece between quotes is
    # outside of strings. A backslash outside of strings misleads this, but parsing stops there.
    marks = raw.replace(rb"\\", b"").replace(rb"\"", b"").translate(None, _NO_MARKS)
    if len(marks) > MAX_MARKS:
        _refuse(f"more than {MAX_MARKS:,} quotes, commas and brackets; long lists belong in arrays")
    brackets = b"".join(marks.split(b'"')[::2]).replace(b",", b"")
    if max(accumulate(1 if mark in b"[{" else -1 for mark in brackets), default=0) > MAX_DEPTH:
        _refuse(f"the JSON text is nested deeper than {MAX_DEPTH} levels")
    value: dict[str, Any] = json.loads(text, object_pairs_hook=_unique, parse_int=_integer)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            _refuse(f"the key {_shown(key)!r} is there twice")
        result[key] = value
    return result


def _integer(digits: str) -> int:
    if len(digits) > 40:  # 2**128 has 39; int() takes quadratic time
        _refuse(f"a number of {len(digits):,} digits")
    return int(digits)


def _check_plain(value: object, path: tuple[str | int, ...] = ()) -> None:
    """Refuse what JSON cannot hold, or would give back as something else."""
    problem = ""
    if len(path) > MAX_DEPTH:
        problem = f"is nested deeper than {MAX_DEPTH} levels"
    elif isinstance(value, str):
        # Half of a surrogate pair is not text: printing it would fail.
        if not value.isascii() and re.search(r"[\ud800-\udfff]", value):
            problem = f"is not valid Unicode: {_shown(value)!r}"
    elif isinstance(value, int):
        if abs(value) >= 1 << 128:
            problem = f"is an integer of {value.bit_length()} bits, over 128"
    elif isinstance(value, float):
        if not math.isfinite(value):
            problem = f"is {value}, which is not a finite number"
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            _check_plain(item, (*path, i))
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                problem = f"has the key {key!r}, which is not a str"
                break
            _check_plain(key, path)
            _check_plain(item, (*path, key))
    elif value is not None:
        problem = f"is of type {type(value).__name__}, which JSON does not have"
    if problem:
        _refuse(f"document{_shown(''.join(f'[{step!r}]' for step in path))} {problem}")


def _document(metadata: object) -> dict[str, Any]:
    keys = ["format", "version", "sha256", "kind", "document"]
    if not isinstance(metadata, dict) or list(metadata) != keys:
        _refuse(f"__metadata__ does not hold {', '.join(keys)}")
    if not all(isinstance(value, str) for value in metadata.values()):
        _refuse("a value of __metadata__ is not a string")
    document = _parse(metadata["document"].encode())
    _check_plain(document)
    return document


def _arrays(header: dict[str, Any], data: NDArray[np.uint8], kind: str) -> dict[str, Array]:
    """Return views onto the data, if they cover it in order, without a gap or an overlap."""
    if len(header) > MAX_ARRAYS:
        _refuse(f"{len(header):,} arrays, and {MAX_ARRAYS:,} are allowed")
    arrays = {}
    begin = 0
    for name, entry in header.items():
        quoted = f"the array {_shown(name)!r}"
        if not isinstance(entry, dict) or list(entry) != ["dtype", "shape", "data_offsets"]:
            _refuse(f"{quoted} is not given by dtype, shape and data_offsets")
        code, shape, offsets = entry.values()
        if not isinstance(code, str) or code not in _DTYPES:
            _refuse(f"{quoted} is of dtype {_shown(code)}, not {', '.join(_DTYPES)}")
        if not _is_shape(shape):
            _refuse(f"{quoted} has the shape {_shown(shape)}, {_SHAPES}")
        dtype = np.dtype(_DTYPES[code])
        end = begin + math.prod(shape) * dtype.itemsize
        if offsets != [begin, end] or not all(type(offset) is int for offset in offsets):
            _refuse(f"{quoted} is at {_shown(offsets)}, and belongs at {[begin, end]}")
        if end > len(data):
            _refuse(f"{quoted} ends at {end:,}, and the data at {len(data):,}")
        if begin % dtype.itemsize:
            _refuse(f"{quoted} is not aligned: wider items come first")
        flat = data[begin:end].view(dtype)
        _check_array(name, flat, kind)
        # Nothing is copied where the machine is little-endian.
        arrays[name] = flat.astype(dtype.newbyteorder("="), copy=False).reshape(shape)
        begin = end
    if begin != len(data):
        _refuse(f"{len(data) - begin:,} bytes belong to no array")
    return arrays


def _is_shape(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MAX_DIMENSIONS
        and all(type(n) is int and n >= 0 for n in value)
        # Zeros do not count: else a shape such as [0, 2**70] would pass, and break NumPy.
        and math.prod(n or 1 for n in value) <= MAX_ITEMS
    )


def _check_array(name: str, flat: Array, kind: str) -> None:
    """Refuse a name or values that a file of this kind cannot hold."""
    if not _NAME.fullmatch(name):
        _refuse(f"the array name {_shown(name)!r} is not of the form {_NAME.pattern}")
    # NumPy counts on a bool being the byte 0 or 1.
    if flat.dtype == bool and flat.size and flat.view(np.uint8).max() > 1:
        _refuse(f"the array {name!r} is of bool and has other bytes than 0 and 1")
    if kind != "checkpoint" and flat.dtype.kind == "f" and not np.isfinite(flat).all():
        _refuse(f"the array {name!r} has NaN or infinity, which no model may have")


def _shown(value: object) -> str:
    """A value out of a file as messages show it: short, without control characters."""
    return escaped(value, MOST_SHOWN)


def _refuse(problem: str) -> NoReturn:
    raise ValueError(problem)


def _refusal(name: str, what: str, remedy: str) -> ModelFileError:
    return ModelFileError(f"{escaped(name, MOST_PATH)} {what}. {remedy}")
