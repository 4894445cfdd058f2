"""What to run, and for how long."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Options:
    """The command line, as far as the sections need it.

    Attributes
    ----------
    rounds : how often each contender has its turn
    seconds : how long a turn is
    cases : parts of names; only cases whose name holds one of them are run, or all
    smallest : only the first case of each section, which is its smallest
    data : directory of real tables
    """

    rounds: int
    seconds: float
    cases: tuple[str, ...] = ()
    smallest: bool = False
    data: Path | None = None

    @property
    def threads(self) -> tuple[int, ...]:
        """The numbers of threads that contenders are measured with."""
        return (1,) if self.smallest else (1, 2)

    def choose(self, cases: Mapping[str, T]) -> dict[str, T]:
        """The cases that were asked for, by name."""
        chosen = {
            name: case
            for name, case in cases.items()
            if not self.cases or any(part in name for part in self.cases)
        }
        return dict(list(chosen.items())[:1]) if self.smallest else chosen


def say(text: str) -> None:
    """Tell how far the run is, beside the report."""
    print(text, file=sys.stderr, flush=True)
