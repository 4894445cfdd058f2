"""The ``numlp`` command: parse, call, print; what it does is in the modules below it."""

import sys


def main() -> None:
    """Run the command line, or say which extra it needs."""
    try:
        from .main import run
    except ModuleNotFoundError as error:
        if error.name not in ("click", "rich", "duckdb"):
            raise
        sys.exit(f"numlp: the command line needs {error.name}: pip install 'numlp[cli]'")
    sys.exit(run(sys.argv[1:]))
