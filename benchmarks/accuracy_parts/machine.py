"""The machine that a benchmark ran on, and the command that ran it."""

import platform
import re
import shlex
import sys
from pathlib import Path


def processor() -> str:
    """Name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(": ")[2] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def command() -> str:
    """The command as typed, but with the last part alone of every path."""
    words = [re.sub(r"[^=]*/", "", word.rstrip("/")) for word in sys.argv[1:]]
    return shlex.join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *words])
