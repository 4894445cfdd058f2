"""The start of the ``numlp`` command, before anything is imported that takes time."""

import signal
import sys


def main() -> None:
    """Run the command line, or say which extra it needs."""
    try:
        # Before the modules are imported, which takes time.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        from .main import run

        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        print("numlp: interrupted", file=sys.stderr)  # noqa: T201
        sys.exit(130)
    except ModuleNotFoundError as error:
        if error.name not in ("click", "rich", "duckdb"):
            raise
        sys.exit(f"numlp: the command line needs {error.name}: pip install 'numlp[cli]'")
