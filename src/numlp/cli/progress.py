"""The line that shows progress while nets are trained, or a long table is read."""

import sys
import time
from collections import deque
from types import TracebackType
from typing import Any, Self

from ..nn import Epoch

PLAIN_SECONDS = 5.0  # between two lines where stderr is not a terminal
RECENT = 8  # epochs from which the time left is estimated; the first ones of a fit are slower
END = 0.03  # share of the time for mixing and scoring after the epochs; 1 to 5 % were measured


class Progress:
    """A bar on a terminal, a line now and then in a log, nothing when quiet.  All on stderr.

    The number of epochs is known from the first epoch on, since a time limit can make it smaller.

    Parameters
    ----------
    quiet : bool
    rows : int, optional
        Number of rows that an epoch visits, if it is known.
    fits : int, default 1
        Number of models that are trained one after the other; ``begin`` announces each.
    """

    def __init__(self, *, quiet: bool, rows: int | None = None, fits: int = 1) -> None:
        self.live = not quiet and sys.stderr.isatty()
        self.plain = not quiet and not self.live
        self._rows, self._fits = rows, fits
        self._bar: Any = None
        self._next_line = 0.0
        self._name, self._fit, self._counted = "", 1, 0
        self._recent: deque[float] = deque(maxlen=RECENT)

    def begin(self, fit: int, name: str, rows: int | None = None) -> None:
        """Announce a fit; fits are counted from 1."""
        self._fit, self._name, self._rows = fit, f"{name}  ", rows

    def __enter__(self) -> Self:
        self._start = time.monotonic()
        if self.live:
            self._bar = _bar()
            self._task = self._bar.add_task("", total=None, status="getting ready", left="")
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    @property
    def seconds(self) -> float:
        """Wall time since the start."""
        return time.monotonic() - self._start

    def update(self, epoch: Epoch) -> None:
        """Show an epoch; an ``Epoch`` callback."""
        self._recent.append(epoch.seconds)
        status = f"{self._name}epoch {epoch.number}"
        if epoch.planned is not None:
            status += f" of {epoch.planned}"
        status += f"  train {epoch.train_loss:.4f}"
        if epoch.validation_loss is not None:  # None before the first snapshot
            status += f"  held out {epoch.validation_loss:.4f}"
        if self._rows is not None:
            status += f"  {self._rows / max(epoch.seconds, 1e-9):,.0f} rows/s"
        if epoch.planned is None:
            self._show(status)
            return
        done = (self._fit - 1) * epoch.planned + epoch.number
        left = self._left(epoch.number, epoch.planned)
        self._show(status, left, done, self._fits * epoch.planned)

    def count(self, rows: int) -> None:
        """Show that more rows are done, of a table whose length is not known."""
        if not self._counted:
            self._next_line = PLAIN_SECONDS  # nothing is shown for a short table
        self._counted += rows
        rate = self._counted / max(self.seconds, 1e-9)
        self._show(f"{self._counted:,} rows  {rate:,.0f} rows/s")

    def _show(
        self, status: str, left: str = "", done: int | None = None, of: int | None = None
    ) -> None:
        try:
            if self._bar is not None:
                self._bar.update(self._task, completed=done, total=of, status=status, left=left)
            elif self.plain and self.seconds >= self._next_line:
                self._next_line = self.seconds + PLAIN_SECONDS
                print(f"{status}  {left}".rstrip(), file=sys.stderr, flush=True)  # noqa: T201
        except OSError:  # the terminal was closed: go on working
            self._bar, self.plain = None, False

    def _left(self, number: int, planned: int) -> str:
        """The time that is left, estimated from the last epochs."""
        each = sum(self._recent) / len(self._recent)
        fits = self._fits - self._fit
        if number >= planned and not fits:
            return "mixing the nets"
        epochs = planned - number + fits * planned
        return f"{about(each * (epochs + END * planned * (fits + 1)))} left"


def about(seconds: float) -> str:
    """A duration, rounded, in words.

    >>> about(4.4), about(100), about(200), about(9000)
    ('4 s', '100 s', '3 min', '2 h 30 min')
    """
    if seconds < 119.5:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as RichProgress

    return RichProgress(
        BarColumn(bar_width=12),
        # The time left comes first, since a narrow terminal cuts the end off.
        TextColumn("{task.fields[left]}", style="dim"),
        TextColumn("{task.fields[status]}"),
        console=Console(stderr=True),
        transient=True,
    )
