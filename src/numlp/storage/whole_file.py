"""Files that are written whole or not at all.

    write a new file beside the old  ->  fsync  ->  rename over the old  ->  fsync the folder

Until the rename the old file is untouched, so a full disk, a crash or Ctrl-C never leaves half a
file under the name. The mode of the old file is kept; its owner, its access lists and its hard
links are not, since the new file is another one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path

from ..common.unfinished import unfinished

__all__ = ["atomic_write", "remove_leftovers"]

Buffer = bytes | bytearray | memoryview
_NO_NEWLINE_CHANGES = getattr(os, "O_BINARY", 0)  # Windows would turn \n into \r\n


def atomic_write(path: str | os.PathLike[str], data: Buffer | Iterable[Buffer]) -> None:
    """Write a file so that anyone who opens it finds the old contents or the new, never a mix.

    Parameters
    ----------
    path : str or path
        Where to write. A symbolic link is kept and its target replaced. A path that is not a
        regular file (``/dev/stdout``, a pipe) cannot be replaced, and is written to directly.
    data : bytes or an iterable of buffers
        What to write, in order.

    Raises
    ------
    OSError
        The file could not be written; the old file is whole, and no temporary file is left.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     atomic_write(Path(folder) / "report.txt", [b"all ", b"or nothing"])
    ...     (Path(folder) / "report.txt").read_text()
    'all or nothing'
    """
    chunks = [data] if isinstance(data, (bytes, bytearray, memoryview)) else data
    path = Path(path)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and not stat.S_ISREG(mode):
        with path.open("wb") as stream:
            stream.writelines(chunks)
        return
    target = path.resolve()
    # A rename needs the permission of the folder alone: without this check it would replace a file
    # that its owner has protected from writing.
    if mode is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    # 64 random bits: nobody else uses this name, so a file of this name may be removed. The name is
    # chosen before the file is made, so that it is known whenever Ctrl-C comes.
    temporary = target.with_name(_stem(target) + secrets.token_hex(8) + ".tmp")
    try:
        with unfinished(temporary):
            _fill(temporary, chunks, mode)
            temporary.replace(target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError) and str(error.filename) in ("None", str(temporary)):
            # An error such as "No space left on device" should name the file that was asked for.
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
    _sync_folder(target.parent)


def remove_leftovers(path: str | os.PathLike[str]) -> None:
    """Remove the temporary files that killed writers of ``path`` have left beside it.

    Call this only where nothing else can be writing ``path`` now.
    """
    target = Path(path).resolve()
    leftover = re.compile(re.escape(_stem(target)) + r"[0-9a-f]{16}\.tmp")
    for neighbour in target.parent.iterdir():
        if leftover.fullmatch(neighbour.name):
            with contextlib.suppress(OSError):
                neighbour.unlink()


def _stem(target: Path) -> str:
    # File systems allow 255 bytes for a name, and a character takes up to four.
    return f".{target.name[:48]}."


def _fill(temporary: Path, chunks: Iterable[Buffer], mode: int | None) -> None:
    """Create the file, which must not exist yet, and wait until its contents are on the disk."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_NEWLINE_CHANGES
    # A new file gets the mode that the umask leaves; one that replaces another starts private.
    descriptor = os.open(temporary, flags, 0o666 if mode is None else 0o600)
    try:
        if mode is not None:
            # Some file systems have no modes: the file then stays private.
            with contextlib.suppress(OSError):
                temporary.chmod(stat.S_IMODE(mode))
        for chunk in chunks:
            rest = memoryview(chunk)
            while rest.nbytes:
                rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)  # before the rename: Windows renames no open file


def _sync_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut, where the platform can (Windows cannot)."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
