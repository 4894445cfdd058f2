"""``python -m tests.programs.as_on_windows train ...``: the command without what Windows lacks.

It takes away what Python's ``os`` and ``signal`` do not have there, once the libraries beneath are
loaded, so that numlp's own branches for Windows are the ones that run, on any system.
"""

import os
import signal
import sys

import click  # noqa: F401  (loaded before the system changes its name, as are those below)
import duckdb  # noqa: F401
import jinja2  # noqa: F401
import narwhals  # noqa: F401
import numpy as np  # noqa: F401
import rich.console  # noqa: F401
import threadpoolctl  # noqa: F401

ABSENT = {
    os: ("fork", "register_at_fork", "sched_getaffinity", "set_blocking", "sysconf", "uname"),
    signal: ("SIGALRM", "SIGHUP", "SIGKILL", "SIGPIPE", "SIG_BLOCK", "pthread_kill",
             "pthread_sigmask"),
}  # fmt: skip


def main() -> None:
    for module, names in ABSENT.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    sys.modules["fcntl"] = None  # type: ignore[assignment]  # to import it is an error
    sys.platform = "win32"
    from numlp.cli.start import main as start

    start()


if __name__ == "__main__":
    main()
