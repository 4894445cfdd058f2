"""Writing a file whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from numlp.storage import whole_file
from numlp.storage.whole_file import FORGOTTEN, atomic_write, real_path, remove_leftovers

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX files")

OLD, NEW = b"the old contents", [b"the new", b"", b" contents"]


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_bytes_and_buffers_in_order_are_written(tmp_path: Path) -> None:
    for data in (
        b"abc",
        bytearray(b"abc"),
        memoryview(b"abc"),
        [b"a", memoryview(b"bc")],
        iter([b"abc"]),
    ):
        atomic_write(tmp_path / "x", data)
        assert (tmp_path / "x").read_bytes() == b"abc"
    atomic_write(str(tmp_path / "empty"), [])
    assert (tmp_path / "empty").read_bytes() == b""
    assert names(tmp_path) == ["empty", "x"]


def test_a_path_without_a_folder_is_in_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    atomic_write("x", b"abc")
    assert names(tmp_path) == ["x"]


def test_a_write_that_takes_only_some_bytes_is_continued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:3]))
    atomic_write(tmp_path / "x", NEW)
    assert (tmp_path / "x").read_bytes() == b"".join(NEW)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
@pytest.mark.parametrize("old", [OLD, None])
@pytest.mark.parametrize(
    ("call", "count"),
    [("open", 1), ("write", 1), ("write", 2), ("fsync", 1), ("close", 1), ("replace", 1)],
)
def test_whatever_fails_the_old_file_is_whole_and_no_other_stays(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    old: bytes | None,
    call: str,
    count: int,
) -> None:
    path = tmp_path / "model"
    if old is not None:
        path.write_bytes(old)
    real, calls = getattr(os, call), []

    def failing(*args: object, **kwargs: object) -> object:
        calls.append(args)
        if len(calls) == count:
            if call == "close":
                real(*args, **kwargs)
            raise error
        return real(*args, **kwargs)

    monkeypatch.setattr(os, call, failing)
    with pytest.raises(type(error)) as caught:
        atomic_write(path, NEW)
    monkeypatch.undo()
    assert len(calls) >= count
    assert names(tmp_path) == ([] if old is None else ["model"])
    if old is not None:
        assert path.read_bytes() == old
    if isinstance(error, OSError):
        assert caught.value.filename == str(path)


def test_data_that_fails_on_its_way_leaves_the_old_file(tmp_path: Path) -> None:
    def data() -> Iterator[bytes]:
        yield b"some"
        raise ZeroDivisionError

    (tmp_path / "x").write_bytes(OLD)
    with pytest.raises(ZeroDivisionError):
        atomic_write(tmp_path / "x", data())
    assert names(tmp_path) == ["x"]
    assert (tmp_path / "x").read_bytes() == OLD


def test_an_error_of_the_data_keeps_its_own_file_name(tmp_path: Path) -> None:
    def data() -> Iterator[bytes]:
        yield (tmp_path / "source").read_bytes()

    with pytest.raises(FileNotFoundError) as caught:
        atomic_write(tmp_path / "x", data())
    assert str(caught.value.filename) == str(tmp_path / "source")


@posix
def test_the_contents_are_on_the_disk_before_the_rename_and_the_rename_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log: list[str] = []
    fsync, replace = os.fsync, os.replace

    def logged_fsync(fd: int) -> None:
        fsync(fd)
        log.append("folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "file")

    def logged_replace(*args: str) -> None:
        replace(*args)
        log.append("rename")

    monkeypatch.setattr(os, "fsync", logged_fsync)
    monkeypatch.setattr(os, "replace", logged_replace)
    atomic_write(tmp_path / "x", NEW)
    assert log == ["file", "rename", "folder"]


def test_a_folder_that_cannot_be_synced_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def refusing(fd: int) -> None:
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(fd)

    monkeypatch.setattr(os, "fsync", refusing)
    atomic_write(tmp_path / "x", NEW)
    assert (tmp_path / "x").read_bytes() == b"".join(NEW)


def test_the_temporary_file_is_new_hidden_and_not_to_be_guessed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Path, int]] = []
    real = os.open

    def spy(path: Path, flags: int, *args: int) -> int:
        seen.append((Path(path), flags))
        return real(path, flags, *args)

    monkeypatch.setattr(os, "open", spy)
    for _ in range(2):
        atomic_write(tmp_path / "x", NEW)
    files = [entry for entry in seen if entry[1] & os.O_CREAT]
    assert len({path for path, _ in files}) == 2
    for path, flags in files:
        assert path.parent == tmp_path
        assert path.name.startswith(".x.")
        assert flags & os.O_EXCL


@posix
def test_the_mode_of_the_old_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "x"
    for mode in (0o600, 0o640, 0o666, 0o755):
        path.write_bytes(OLD)
        path.chmod(mode)
        atomic_write(path, NEW)
        assert stat.S_IMODE(path.stat().st_mode) == mode


@posix
def test_a_private_file_is_private_from_its_creation_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x"
    path.write_bytes(OLD)
    path.chmod(0o600)
    real, modes = os.open, []

    def spy(path: Path, flags: int, *args: int) -> int:
        descriptor = real(path, flags, *args)
        modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return descriptor

    monkeypatch.setattr(os, "open", spy)
    atomic_write(path, NEW)
    assert modes[0] == 0o600


@posix
@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_new_file_has_the_mode_of_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        atomic_write(tmp_path / "x", NEW)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o666 & ~umask


@posix
@pytest.mark.parametrize("exists", [True, False])
def test_a_symbolic_link_stays_and_its_target_is_replaced(tmp_path: Path, exists: bool) -> None:
    (tmp_path / "there").mkdir()
    target = tmp_path / "there" / "x"
    if exists:
        target.write_bytes(OLD)
    (tmp_path / "link").symlink_to("there/x")
    (tmp_path / "link to the link").symlink_to("link")
    atomic_write(tmp_path / "link to the link", NEW)
    assert (tmp_path / "link to the link").is_symlink()
    assert (tmp_path / "link").is_symlink()
    assert target.read_bytes() == b"".join(NEW)
    assert names(tmp_path / "there") == ["x"]


@posix
def test_a_link_that_leads_to_itself_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "x").symlink_to("x")
    with pytest.raises(OSError, match="symbolic links"):
        atomic_write(tmp_path / "x", NEW)


def test_other_names_of_the_old_file_keep_the_old_contents(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(OLD)
    os.link(tmp_path / "x", tmp_path / "y")
    atomic_write(tmp_path / "x", NEW)
    assert (tmp_path / "y").read_bytes() == OLD


def test_a_file_protected_from_writing_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x").write_bytes(OLD)
    # What the system says to anyone but root, as whom the tests may run.
    monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.W_OK)
    with pytest.raises(PermissionError) as caught:
        atomic_write(tmp_path / "x", NEW)
    assert caught.value.filename == str(tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == OLD


@contextlib.contextmanager
def not_root() -> Iterator[None]:
    if (user := os.geteuid()) == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@posix
def test_a_folder_that_takes_no_file_is_an_error_that_names_the_file() -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "x")
        path.write_bytes(OLD)
        path.parent.chmod(0o555)
        with not_root(), pytest.raises(PermissionError) as caught:
            atomic_write(path, NEW)
        path.parent.chmod(0o755)
        assert caught.value.filename == str(path)
        assert path.read_bytes() == OLD
        assert names(path.parent) == ["x"]


def test_a_folder_that_is_not_there_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        atomic_write(tmp_path / "nowhere" / "x", NEW)
    assert caught.value.filename == str(tmp_path / "nowhere" / "x")


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises((IsADirectoryError, PermissionError)):
        atomic_write(tmp_path / "x", NEW)
    assert names(tmp_path) == ["x"]


def test_the_longest_name_that_the_file_system_takes_is_written(tmp_path: Path) -> None:
    for name in ("x" * 255, "\u00fc" * 127, "\U0001f600" * 63):
        atomic_write(tmp_path / name, NEW)
        assert (tmp_path / name).read_bytes() == b"".join(NEW)


@posix
def test_what_is_no_regular_file_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    atomic_write(pipe, NEW)
    reader.join()
    assert got == [b"".join(NEW)]
    assert names(tmp_path) == ["pipe"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_device_is_an_error() -> None:
    with pytest.raises(OSError, match="No space left"):
        atomic_write("/dev/full", NEW)


KILLED = """
import os, signal, sys
from numlp.storage.whole_file import atomic_write
os.fsync = lambda fd: os.kill(os.getpid(), signal.SIGKILL)
atomic_write(sys.argv[1], b"new")
"""


@posix
def test_what_a_killed_writer_leaves_is_removed_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a [model] (1).x"
    path.write_bytes(OLD)
    stem, token = ".a [model] (1).x.", "0" * 16
    others = [
        ".y",
        f"{stem}tmp",
        f"{stem}{token}.tmp.old",
        f"b{stem}{token}.tmp",
        f".b.{token}.tmp",
        f".aomaaaa1aaxa{token}.tmp",
        f"{stem[1:]}{token}.tmp",
    ]
    for name in others:
        (tmp_path / name).write_bytes(b"")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert path.read_bytes() == OLD
    assert len(names(tmp_path)) == len(others) + 2
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "link").symlink_to(path)
    remove_leftovers(tmp_path / "there" / "link")
    assert names(tmp_path) == sorted([*others, path.name, "there"])
    assert path.read_bytes() == OLD


def test_the_file_of_a_writer_that_lives_is_not_removed(tmp_path: Path) -> None:
    def data() -> Iterator[bytes]:
        yield b"the first half, "
        remove_leftovers(tmp_path / "x")  # as another run does, before it writes
        atomic_write(tmp_path / "x", b"of the other")
        yield b"the second half"

    atomic_write(tmp_path / "x", data())
    assert (tmp_path / "x").read_bytes() == b"the first half, the second half"
    assert names(tmp_path) == ["x"]


ANOTHER = """
import sys
from numlp.storage.whole_file import remove_leftovers
remove_leftovers(sys.argv[1])
"""


@posix
def test_another_process_leaves_the_file_of_a_writer_that_lives(tmp_path: Path) -> None:
    def data() -> Iterator[bytes]:
        yield b"a"
        subprocess.run([sys.executable, "-c", ANOTHER, str(tmp_path / "x")], check=True)
        yield b"b"

    atomic_write(tmp_path / "x", data())
    assert (tmp_path / "x").read_bytes() == b"ab"


def test_of_another_machine_only_a_file_that_is_a_day_old_is_removed(tmp_path: Path) -> None:
    (tmp_path / "now").write_bytes(b"")
    now = (tmp_path / "now").stat().st_mtime
    (tmp_path / "now").unlink()
    files = {".x.deadbeef." + "1" * 16 + ".tmp": 0.9, ".x." + "2" * 16 + ".tmp": 0.9}
    files |= {name.replace("1", "3").replace("2", "4"): 1.1 for name in files}
    for name, days in files.items():
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (now, now - days * FORGOTTEN))
    remove_leftovers(tmp_path / "x")
    assert names(tmp_path) == sorted(name for name, days in files.items() if days < 1)


@posix
def test_where_there_are_no_locks_a_file_is_written_and_none_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_lock(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(whole_file.fcntl, "flock", no_lock)

    def data() -> Iterator[bytes]:
        yield b"a"
        remove_leftovers(tmp_path / "x")
        yield b"b"

    atomic_write(tmp_path / "x", data())
    assert (tmp_path / "x").read_bytes() == b"ab"
    assert names(tmp_path) == ["x"]


@posix
def test_a_file_that_was_removed_before_it_was_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = whole_file.fcntl.flock, []

    def late(descriptor: int, operation: int) -> None:
        calls.append(descriptor)
        if len(calls) == 1:
            next(tmp_path.glob(".x.*.tmp")).unlink()
        real(descriptor, operation)

    monkeypatch.setattr(whole_file.fcntl, "flock", late)
    atomic_write(tmp_path / "x", NEW)
    assert (tmp_path / "x").read_bytes() == b"".join(NEW)
    assert names(tmp_path) == ["x"]


@posix
def test_a_circle_of_links_is_an_error_of_the_system_wherever_it_is_met(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    for call in (
        lambda: atomic_write(tmp_path / "a", NEW),
        lambda: remove_leftovers(tmp_path / "a"),
        lambda: real_path(tmp_path / "missing" / ".." / "a"),
    ):
        with pytest.raises(OSError, match="symbolic links"):
            call()


@posix
def test_a_pipe_whose_reader_goes_away_is_an_error_that_names_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: pipe.open("rb").close())
    reader.start()
    with pytest.raises(OSError, match=r"its reader closed it.*pipe") as caught:
        atomic_write(pipe, iter([b"x" * 1024] * 1024))
    reader.join()
    assert not isinstance(caught.value, BrokenPipeError)
