"""What a file of ours is given as: a path, its bytes, or an open binary file."""

import codecs
import contextlib
import io
import os
import re
from collections.abc import Iterable
from typing import BinaryIO, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelFileError

MAGIC = b'{"__metadata__":{"format":"numlp","version":"'  # bytes 8 on of each file of ours
HEAD_SIZE = 512  # bytes at the start of a file that tell what it is
CHUNK = 1 << 20  # bytes that are read at a time

_LOOKALIKES = [
    (rb"\x80[\x02-\x05]", "a pickle, which can run any code when it is opened"),
    (rb"PK(\x03\x04|\x05\x06)", "a zip archive (.npz, .pt, .keras)"),
    (rb"\x89HDF\r\n", "an HDF5 file (.h5)"),
    (rb"\x93NUMPY", "a NumPy array (.npy)"),
    (rb"\x1f\x8b", "a gzip file, which has to be unpacked first"),
    (rb"PAR1", "a Parquet table"),
    (rb"version https://git-lfs", "a Git LFS pointer, for which 'git lfs pull' gets the file"),
    (rb"\s*<(!|[Hh])", "a web page, as a download that failed leaves behind"),
    (rb"(?s).{8}\{", "a safetensors file of another program"),
]

Path = str | os.PathLike[str]
Source = Path | bytes | bytearray | memoryview | BinaryIO
Target = Path | BinaryIO


class Contents(NamedTuple):
    """The bytes of a file, in memory.

    Attributes
    ----------
    name : str
        What messages call the file.
    data : array of uint8
        Its bytes, which nothing else holds; of a file of another format the first alone.
    """

    name: str
    data: NDArray[np.uint8]


def taken(source: Source | Contents) -> Path | Contents:
    """The path, or the contents of what is given otherwise.

    An open file is read from where it stands to its end, once, and need not be seekable.

    Raises
    ------
    TypeError
        It is given as something else.
    ModelFileError
        The open file has been read to its end before.
    OSError
        It cannot be read.
    """
    if isinstance(source, Contents | str | os.PathLike):
        return source
    name = file_name(source)
    if isinstance(source, bytes | bytearray | memoryview):
        view = memoryview(source)
        whole = view.cast("B") if view.c_contiguous else memoryview(view.tobytes())
        ours = bytes(whole[8:HEAD_SIZE]).startswith(MAGIC)
        return Contents(name, np.array(whole if ours else whole[:HEAD_SIZE], np.uint8))
    if not callable(getattr(source, "read", None)):
        _refuse(source, "loaded from", "bytes, or an open binary file")
    data = bytearray()
    # As soon as it is clear that the file is another program's, no more of it is read.
    while len(data) < HEAD_SIZE or data.startswith(MAGIC, 8):
        chunk = source.read(CHUNK if data.startswith(MAGIC, 8) else HEAD_SIZE - len(data))
        if isinstance(chunk, str):
            _refuse(source, "loaded from", "bytes, or an open binary file")
        if chunk is None:
            raise BlockingIOError(f"{name} has no bytes yet: give a file that waits for them")
        if not chunk:
            break
        data += chunk
    if not data:
        _check_unread(source, name)
    return Contents(name, np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8))


def put(target: BinaryIO, chunks: Iterable[bytes | memoryview]) -> None:
    """Write to an open binary file, from where it stands.

    Raises
    ------
    TypeError
        It is not an open binary file.
    OSError
        It could not be written; it may hold a part.
    """
    if isinstance(target, io.TextIOBase) or not callable(getattr(target, "write", None)):
        _refuse(target, "saved to", "or an open binary file")
    for chunk in chunks:
        rest = memoryview(chunk).cast("B")
        while rest.nbytes:
            written = target.write(rest)
            rest = rest[rest.nbytes if written is None else written :]


def file_name(source: Source | Contents) -> str:
    """What messages call a file, however it is given."""
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    name = getattr(source, "name", None)
    return name if isinstance(name, str) else f"<{type(source).__name__}>"


def looks_like(head: bytes) -> str:
    """Say what the start of a file looks like."""
    for pattern, what in _LOOKALIKES:
        if re.match(pattern, head):
            return what
    try:  # incremental: the last character may be cut
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "nothing known"
    return "text" if all(c.isprintable() or c.isspace() for c in text) else "nothing known"


def _check_unread(source: BinaryIO, name: str) -> None:
    """Raise a ModelFileError for an open file that stands at the end of what it holds."""
    position = 0
    with contextlib.suppress(OSError, ValueError, AttributeError):
        position = source.tell()
    if position:
        raise ModelFileError(f"{name} stands at its end, byte {position:,}: call seek(0) first")


def _refuse(given: object, what: str, allowed: str) -> NoReturn:
    text = isinstance(given, io.TextIOBase) or hasattr(given, "read")
    raise TypeError(
        f"a model cannot be {what} {type(given).__name__}: give a path, {allowed}"
        + ", such as open(path, 'rb') or io.BytesIO" * text
    )
