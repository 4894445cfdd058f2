"""What stands on the disk for a while only: it is removed too where the process ends at once."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

_paths: set[Path] = set()


@contextlib.contextmanager
def unfinished(path: Path) -> Iterator[None]:
    """Know a file or a folder that the block makes and removes, or gives its name."""
    _paths.add(path)
    try:
        yield
    finally:
        _paths.discard(path)


def remove_unfinished() -> None:
    """Remove what is known now; for a process that ends without going through its blocks."""
    import shutil  # here, as nobody else needs it

    for path in [*_paths]:
        with contextlib.suppress(OSError):
            path.unlink() if not path.is_dir() else shutil.rmtree(path, ignore_errors=True)
