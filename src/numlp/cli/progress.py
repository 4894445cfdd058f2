"""The line that shows what a command is at: reading, encoding, training, answering."""

import contextlib
import sys
import threading
import time
from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ..common import stage
from ..common.signals import signals_waiting
from ..common.wording import printable

if TYPE_CHECKING:
    from ..nn import Epoch  # the line is there before NumPy is

PLAIN_SECONDS = 5.0  # between two lines where stderr is not a terminal
WAIT = 1.0  # seconds until it is looked whether a line is due
RECENT = 8  # epochs from which the time left is estimated; the first ones of a fit are slower
END = 0.03  # share of the time for mixing and scoring after the epochs; 1 to 5 % were measured


class Progress:
    """A bar on a terminal, a line now and then in a log, nothing when quiet.  All on stderr.

    It shows whatever ``common.stage`` tells of in its ``with`` block, and the epochs and rows that
    it is given.  In a log a command that trains has a line at once and one for the first epoch;
    from then on, and for other commands, lines are some seconds apart.

    The number of epochs is known from the first epoch on, since a time limit can make it smaller.

    Parameters
    ----------
    quiet : bool
    rows : int, optional
        Number of rows that an epoch visits, if it is known; the attribute may be set later, and so
        may ``rows_of_all``, that of all epochs, and ``unit``, what an epoch is called.
    fits : int, default 1
        Number of models that are trained one after the other; ``begin`` announces each.
    trains : bool, default True
        Whether the command trains.
    began : float, optional
        When the command began, by ``time.monotonic``; by default now.
    """

    def __init__(
        self,
        *,
        quiet: bool = False,
        rows: int | None = None,
        fits: int = 1,
        trains: bool = True,
        began: float | None = None,
    ) -> None:
        self.unit = "epoch"
        self.rows_of_all: float | None = None
        self._start = time.monotonic() if began is None else began
        self.live = not quiet and sys.stderr.isatty()
        self.plain = not quiet and not self.live
        self.rows, self._fits = rows, fits
        self._bar: Any = None
        self._next_line = 0.0 if trains else PLAIN_SECONDS
        self._seen_epoch = not trains
        self._stack = contextlib.ExitStack()
        self._over, self._unsaid = threading.Event(), ""
        self._teller: threading.Thread | None = None
        self._name, self._fit, self._counted = "", 1, 0
        self._done = 0
        self._of: int | None = None
        self._recent: deque[float] = deque(maxlen=RECENT)

    def begin(self, fit: int, name: str, rows: int | None = None) -> None:
        """Announce a fit; fits are counted from 1."""
        self._fit, self._name, self.rows = fit, f"{name}, ", rows

    def __enter__(self) -> Self:
        if self.live:
            self._bar = _bar()
            self._task = self._bar.add_task("", total=None, status="getting ready", left="")
            self._bar.start()
        if self.plain:
            self._teller = threading.Thread(target=self._say_in_time, daemon=True)
            with signals_waiting():  # the signals are for the main thread
                self._teller.start()
        self._stack.enter_context(stage.listening(self.stage))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
        self._over.set()
        if self._teller is not None:
            self._teller.join()
        if self._bar is not None:
            self._bar.stop()

    @property
    def seconds(self) -> float:
        """Wall time since the start."""
        return time.monotonic() - self._start

    def stage(self, what: str, done: int, of: int) -> None:
        """Show what is being done, and how much of it is done; a listener of ``common.stage``."""
        if self._counted:  # rows are counted, and each block of them is read, encoded, answered
            return
        told = f", {min(done + 1, of):,} of {of:,}" if of else ""
        status = f"{self._name}{printable(what)}{told}"  # it may name a file
        if self._fits > 1:  # the bar is that of all fits
            self._show(status, done=self._done, of=self._of)
        else:
            self._show(status, done=done, of=of or None)

    def update(self, epoch: "Epoch") -> None:
        """Show an epoch; an ``Epoch`` callback."""
        if not self._seen_epoch:
            self._seen_epoch, self._next_line = True, 0.0
        self._recent.append(epoch.seconds)
        status = f"{self._name}{self.unit} {epoch.number}"
        if epoch.planned is not None:
            status += f" of {epoch.planned}"
        status += f", train {epoch.train_loss:.4f}"
        if epoch.validation_loss is not None:  # None before the first snapshot
            status += f", held out {epoch.validation_loss:.4f}"
        rows: float | None = self.rows
        if rows is None and self.rows_of_all is not None and epoch.planned is not None:
            rows = self.rows_of_all / epoch.planned
        if rows is not None:
            status += f", {rows / max(epoch.seconds, 1e-9):,.0f} rows/s"
        if epoch.planned is None:
            self._show(status)
            return
        self._done = (self._fit - 1) * epoch.planned + epoch.number
        self._of = self._fits * epoch.planned
        self._show(status, self._left(epoch.number, epoch.planned), self._done, self._of)

    def count(self, rows: int) -> None:
        """Show that more rows are done, of a table whose length is not known."""
        if not self._counted:
            self._next_line = max(self._next_line, PLAIN_SECONDS)  # nothing of a short table
        self._counted += rows
        rate = self._counted / max(self.seconds, 1e-9)
        self._show(f"{self._counted:,} rows, {rate:,.0f} rows/s")

    def _show(
        self, status: str, left: str = "", done: int | None = None, of: int | None = None
    ) -> None:
        try:
            if self._bar is not None:
                self._bar.tasks[0].total = of  # None too, which ``update`` takes for "as before"
                self._bar.update(self._task, completed=done, status=status, left=left)
            elif self.plain:
                self._unsaid = f"{status}, {left}" if left else status
                self._say()
        except OSError:  # the terminal was closed: go on working
            self._bar, self.plain = None, False

    def _say(self) -> None:
        """Write the line that is to be said, unless another was written just before."""
        if self._unsaid and self.seconds >= self._next_line:
            line, self._unsaid = self._unsaid, ""
            self._next_line = self.seconds + PLAIN_SECONDS
            print(line, file=sys.stderr, flush=True)  # noqa: T201

    def _say_in_time(self) -> None:
        """Write what was told too early for a line of its own, while nothing new is told."""
        with contextlib.suppress(OSError):
            while not self._over.wait(WAIT):
                self._say()

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
