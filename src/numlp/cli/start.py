"""The start of the ``numlp`` command, before anything is imported that takes time."""

import contextlib
import gc
import os
import signal
import sys

INTERRUPTED = 130  # exit code


def main() -> None:
    """Run the command line, or say which extra it needs."""
    try:
        # Before the modules are imported, which takes time, and after the command is over.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _end)
        gc.disable()  # modules stay: what looks for garbage among them takes a tenth of the start
        from .main import run

        code = run(sys.argv[1:])
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or not there
                stream.flush()
        os._exit(code)  # Python's own end takes a moment, in which a signal changes the code
    except ModuleNotFoundError as error:
        if error.name not in ("click", "rich", "duckdb"):
            raise
        sys.exit(f"numlp: the command line needs {error.name}: pip install 'numlp[cli]'")


def _end(*_: object) -> None:
    """End the process at a signal: nothing is being worked at."""
    os.write(2, b"numlp: interrupted\n")
    os._exit(INTERRUPTED)
