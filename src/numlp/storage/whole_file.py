"""Files that are written whole or not at all.

    write a new file beside the old  ->  fsync  ->  rename over the old  ->  fsync the folder

Until the rename the old file is untouched, so a full disk, a crash or Ctrl-C never leaves half a
file under the name. The mode of the old file is kept; its owner, its access lists and its hard
links are not, since the new file is another one.

A writer that is killed leaves its temporary file behind. Whether a writer lives, no process number
tells: it may be in another container, or on another machine that shares the disk. So a writer keeps
its temporary file locked, and names the machine, as it was started, that holds the lock. Who finds
the file of the same machine asks for the lock; of any other machine, a file that nobody wrote to
for a day is taken for one of a dead writer.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import os
import platform
import re
import secrets
import stat
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from ..common.unfinished import unfinished

if sys.platform != "win32":  # which needs no locks, since it removes no open file
    import fcntl

__all__ = ["atomic_write", "machine", "real_path", "remove_leftovers"]

Buffer = bytes | bytearray | memoryview
FORGOTTEN = 86_400.0  # seconds without a write: no writer of another machine pauses for so long
_NO_NEWLINE_CHANGES = getattr(os, "O_BINARY", 0)  # Windows would turn \n into \r\n
_BOOT = Path("/proc/sys/kernel/random/boot_id")  # the same in all containers of a kernel


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
        try:
            with path.open("wb") as stream:
                stream.writelines(chunks)
        except BrokenPipeError as error:  # not of standard output, which may be closed in silence
            told = "its reader closed it before all was written"
            raise OSError(errno.EIO, told, str(path)) from error
        return
    target = real_path(path)
    # A rename needs the permission of the folder alone: without this check it would replace a file
    # that its owner has protected from writing.
    if mode is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    # 64 random bits: nobody else uses this name, so a file of this name may be removed. The name is
    # chosen before the file is made, so that it is known whenever Ctrl-C comes.
    temporary = target.with_name(f"{_stem(target)}{machine()}.{secrets.token_hex(8)}.tmp")
    lock = contextlib.ExitStack()
    try:
        with unfinished(temporary):
            _fill(temporary, chunks, mode, lock)
            temporary.replace(target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError) and str(error.filename) in ("None", str(temporary)):
            # An error such as "No space left on device" should name the file that was asked for.
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
    finally:
        lock.close()
    _sync_folder(target.parent)


def real_path(path: str | os.PathLike[str]) -> Path:
    """The path without symbolic links; an OSError where they lead in a circle."""
    circle = OSError(errno.ELOOP, os.strerror(errno.ELOOP), os.fspath(path))
    try:
        real = Path(path).resolve()
    except RuntimeError as error:  # Python 3.11 and 3.12
        raise circle from error
    if real.is_symlink():  # it leads to itself, of which later versions say nothing
        raise circle
    return real


def remove_leftovers(path: str | os.PathLike[str]) -> None:
    """Remove the temporary files that killed writers of ``path`` have left beside it.

    The file of a writer that lives, in this process or another, stays.
    """
    target = real_path(path)
    leftover = re.compile(re.escape(_stem(target)) + r"(?:([0-9a-f]{8})\.)?[0-9a-f]{16}\.tmp")
    for neighbour in target.parent.iterdir():
        if found := leftover.fullmatch(neighbour.name):
            with contextlib.suppress(OSError):
                _remove_if_dead(neighbour, here=found[1] == machine())


def _remove_if_dead(temporary: Path, *, here: bool) -> None:
    """Remove a temporary file whose writer has ended; ``here`` tells that it was of this machine.

    Raises
    ------
    OSError
        The writer lives, or the file system has no locks.
    """
    if not here and time.time() - temporary.stat().st_mtime < FORGOTTEN:
        return
    if not here or sys.platform == "win32":
        temporary.unlink()
    else:
        descriptor = os.open(temporary, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            temporary.unlink()
        finally:
            os.close(descriptor)


@functools.cache
def machine() -> str:
    """Eight digits for this machine as it was started: on it a lock tells who lives."""
    try:
        name = _BOOT.read_text(encoding="ascii")
    except OSError:
        name = platform.node()
    return hashlib.sha256(name.encode()).hexdigest()[:8]


def _stem(target: Path) -> str:
    # File systems allow 255 bytes for a name, and a character takes up to four.
    return f".{target.name[:48]}."


def _fill(
    temporary: Path, chunks: Iterable[Buffer], mode: int | None, lock: contextlib.ExitStack
) -> None:
    """Create the file, which must not exist yet, and wait until its contents are on the disk.

    The file stays locked until ``lock`` is closed.
    """
    descriptor = _created(temporary, mode, lock)
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


def _created(temporary: Path, mode: int | None, lock: contextlib.ExitStack) -> int:
    """Create the file and lock it, and return a descriptor of it."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_NEWLINE_CHANGES
    while True:
        # A new file gets the mode that the umask leaves; one that replaces another starts private.
        descriptor = os.open(temporary, flags, 0o666 if mode is None else 0o600)
        if sys.platform != "win32":
            try:
                # A second descriptor keeps the lock when the first is closed.
                lock.callback(os.close, os.dup(descriptor))
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            except OSError:  # a file system without locks
                return descriptor
        if temporary.exists():
            return descriptor
        os.close(descriptor)  # it was taken for a leftover before it was locked: make it again


def _sync_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut, where the platform can (Windows cannot)."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
